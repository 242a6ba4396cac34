# SPDX-License-Identifier: GPL-3.0-or-later
"""What the DJ does: one gesture for each thing that happens, and scratches sprinkled by energy.

A trigger's time is the moment the gesture hits; hits are at least ``LEAST_GAP_S`` apart and the weightier one wins.
"""

from __future__ import annotations

import bisect
import random
from dataclasses import replace

from ..timeline import Trigger
from .score import Score, nudge_reason

LEAST_GAP_S = 1.6
DURATIONS = {
    "drop_reaction": 2.0,
    "crossfader_hit": 0.9,
    "spotlight_present": 2.4,
    "deck_scratch_L": 1.2,
    "deck_scratch_R": 1.2,
}
DENSITY = {"mashup": 1.0, "single": 0.6, "event": 0.6}
"""How many of the sprinkled gestures each mode keeps."""
HANDS_UP = ("drop", "chorus")
"""Parts whose phrases of four bars leave room for hands raised to the crowd: gestures come where those end."""
ANSWERS = (0.2, 0.0, 0.2, 1.0)
"""How likely a gesture is on each bar of such a phrase, as a part of what it is elsewhere."""
CALM_ACTION = "spotlight_present"
_DROP, _CHANGE, _NUDGE, _SPRINKLE = range(4)


def plan_triggers(
    score: Score, *, mode: str, nudge_times: list[float], rng: random.Random, intensity: float = 1.0
) -> tuple[Trigger, ...]:
    """Gestures in ascending time, none nearer than 1.6 s to another; intensity, 0.2..1.5, is how densely they come.

    Calm music gets only the open gesture of :data:`CALM_ACTION`, where its parts begin: nothing is scratched to a
    beat that is not there.
    """
    wishes: list[tuple[int, float, str, str]] = [
        (_DROP, t, "drop_reaction", score.why("drop", t)) for t in score.drops()
    ]
    side = rng.choice("LR")
    for section in score.sections[1:]:
        if score.calm:
            action = CALM_ACTION
        elif section.section_type == "chorus":
            action = "crossfader_hit"
        elif section.section_type == "bridge":
            action = "spotlight_present"
        else:
            action, side = f"deck_scratch_{side}", "R" if side == "L" else "L"
        t = section.start_time
        wishes.append((_CHANGE, t, action, f"{section.section_type} begins at {score.place(t)}"))
    opening = score.sections[0].section_type
    if opening in ("chorus", "bridge") and score.beats:
        first, t = "crossfader_hit" if opening == "chorus" else "spotlight_present", max(score.beats[0], 0.5)
        wishes.append((_CHANGE, t, first, f"the song begins with its {opening}, at {score.place(t)}"))
    for t in nudge_times:
        action = CALM_ACTION if score.calm else rng.choice(("crossfader_hit", "spotlight_present"))
        wishes.append((_NUDGE, t, action, f"{nudge_reason(score, t, nudge_times)}, at {score.place(t)}"))
    wishes += [(_SPRINKLE, t, action, reason) for t, action, reason in _sprinkled(score, mode, rng, intensity)]
    kept: list[Trigger] = []
    hits: list[float] = []
    for _, t, action, reason in sorted(wishes):
        k = bisect.bisect_left(hits, t)
        alone = all(abs(t - other) >= LEAST_GAP_S for other in hits[max(0, k - 1) : k + 1])
        if 0 <= t < score.duration and alone:
            hits.insert(k, t)
            kept.append(Trigger(t, action, min(DURATIONS[action], max(0.3, score.duration - t)), reason))
    return _hands_in_turn(sorted(kept, key=lambda trigger: trigger.t))


def _hands_in_turn(triggers: list[Trigger]) -> tuple[Trigger, ...]:
    """Scratches that follow each other change hands."""
    result: list[Trigger] = []
    for trigger in triggers:
        if result and trigger.action.startswith("deck_scratch") and trigger.action == result[-1].action:
            other = "deck_scratch_R" if trigger.action.endswith("L") else "deck_scratch_L"
            trigger = replace(trigger, action=other)
        result.append(trigger)
    return tuple(result)


def _sprinkled(score: Score, mode: str, rng: random.Random, intensity: float) -> list[tuple[float, str, str]]:
    """Scratches and crossfader hits on bars (and on the third beat in dense shows), more where energy is high."""
    found = []
    actions = ("deck_scratch_L", "deck_scratch_R", "deck_scratch_L", "deck_scratch_R", "crossfader_hit")
    last = ""
    for t in score.downbeats:
        energy = score.energy_at(t)
        chance = DENSITY[mode] * (0.15 + 0.75 * energy) * (0.5 + 0.5 * intensity)
        part = score.section_at(t)
        if part.section_type in HANDS_UP:
            chance *= ANSWERS[round((t - part.start_time) / score.bar_s) % len(ANSWERS)]
        if rng.random() < chance:
            last = rng.choice([action for action in actions if action != last])
            when = t + 2 * score.beat_s if mode == "mashup" and rng.random() < 0.15 else t
            if score.is_trusted(when):
                kind = score.section_at(when).section_type
                found.append((when, last, f"plays along on {score.place(when)} of the {kind}, energy {energy:.2f}"))
    return found
