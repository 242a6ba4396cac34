# SPDX-License-Identifier: GPL-3.0-or-later
"""What the DJ does: one gesture for each thing that happens, and scratches sprinkled by energy.

A trigger's time is the moment the gesture hits; hits are at least ``LEAST_GAP_S`` apart and the weightier one wins.
"""

from __future__ import annotations

import random

from ..timeline import Trigger
from .score import Score

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
_DROP, _CHANGE, _NUDGE, _SPRINKLE = range(4)


def plan_triggers(score: Score, *, mode: str, nudge_times: list[float], rng: random.Random) -> tuple[Trigger, ...]:
    """Gestures in ascending time, none nearer than 1.6 s to another."""
    wishes: list[tuple[int, float, str]] = [(_DROP, t, "drop_reaction") for t in score.times("drop")]
    side = rng.choice("LR")
    for section in score.sections[1:]:
        if section.section_type == "chorus":
            action = "crossfader_hit"
        elif section.section_type == "bridge":
            action = "spotlight_present"
        else:
            action, side = f"deck_scratch_{side}", "R" if side == "L" else "L"
        wishes.append((_CHANGE, section.start_time, action))
    if score.sections[0].section_type in ("chorus", "bridge") and score.beats:
        first = "crossfader_hit" if score.sections[0].section_type == "chorus" else "spotlight_present"
        wishes.append((_CHANGE, max(score.beats[0], 0.5), first))
    wishes += [(_NUDGE, t, rng.choice(("crossfader_hit", "spotlight_present"))) for t in nudge_times]
    wishes += [(_SPRINKLE, t, action) for t, action in _sprinkled(score, mode, rng)]
    kept: list[Trigger] = []
    for _, t, action in sorted(wishes):
        if 0 <= t < score.duration and all(abs(t - other.t) >= LEAST_GAP_S for other in kept):
            kept.append(Trigger(t, action, min(DURATIONS[action], max(0.3, score.duration - t))))
    return _hands_in_turn(sorted(kept, key=lambda trigger: trigger.t))


def _hands_in_turn(triggers: list[Trigger]) -> tuple[Trigger, ...]:
    """Scratches that follow each other change hands."""
    result: list[Trigger] = []
    for trigger in triggers:
        action = trigger.action
        if result and action.startswith("deck_scratch") and action == result[-1].action:
            action = "deck_scratch_R" if action.endswith("L") else "deck_scratch_L"
        result.append(Trigger(trigger.t, action, trigger.duration))
    return tuple(result)


def _sprinkled(score: Score, mode: str, rng: random.Random) -> list[tuple[float, str]]:
    """Scratches and crossfader hits on bars (and on the third beat in dense shows), more where energy is high."""
    found = []
    actions = ("deck_scratch_L", "deck_scratch_R", "deck_scratch_L", "deck_scratch_R", "crossfader_hit")
    last = ""
    for t in score.downbeats:
        energy = score.energy_at(t)
        if rng.random() < DENSITY[mode] * (0.15 + 0.75 * energy):
            last = rng.choice([action for action in actions if action != last])
            when = t + 2 * score.beat_s if mode == "mashup" and rng.random() < 0.15 else t
            found.append((when, last))
    return found
