# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera plan: cuts on downbeats and a set-up for each shot, by aspect (the moves: ``camera_moves``).

Rules: a close shot holds the breath before a drop; the drop is hero, wide or low; details stay at most a bar or
four seconds and show the hand that plays; each view from behind comes at most once, in both aspects at once; the
film begins from afar and ends wide; the same or a nearly identical set-up never follows itself. Calm music (without
a beat to follow) is cut where its parts begin and every 8 to 12 s between.
"""

from __future__ import annotations

import bisect
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ..setups import BEHIND, alike
from ..themes import Theme
from ..timeline import ASPECTS, SHOTS, CameraPlan, Section, Shot, Trigger
from .camera_moves import plan_moves
from .score import Score, between

Cut = tuple[float, str]
"""When, and why."""

_AHEAD = 32
"""Bar lines looked at for the next cut; the wanted pace is never more than a few."""
_WEIGHTS: dict[str, dict[str, float]] = {
    "intro": {"crane": 3, "wide": 2, "emblem": 2.5, "dolly": 1.5, "hero": 1, "side": 1.5, "orbit": 1, "top": 0.5},
    "verse": {
        "hero": 3,
        "side": 2,
        "close": 2,
        "dolly": 1.6,
        "hand": 1.6,
        "crowd": 1,
        "decks": 1,
        "orbit": 1,
        "wide": 1,
    },
    "build": {"crowd": 2.5, "hero": 2, "dolly": 1.5, "hand": 1.4, "close": 1.5, "face": 1, "side": 1, "decks": 0.8},
    "chorus": {"hero": 3, "wide": 2, "low": 2, "orbit": 1.5, "crowd": 1.5, "dolly": 1.2, "side": 1, "hand": 1.2},
    "drop": {"hero": 3, "low": 2.5, "wide": 2.2, "orbit": 2, "crowd": 1.5, "dolly": 1.2, "top": 1.2, "hand": 1},
    "break": {"close": 3, "face": 2, "side": 2, "hand": 1.6, "orbit": 1.5, "emblem": 1, "wide": 1, "hero": 1},
    "bridge": {"close": 2.5, "orbit": 2, "face": 1.5, "dolly": 1.5, "side": 1.5, "crane": 1, "wide": 1, "hero": 1},
    "outro": {"crane": 2, "wide": 2, "emblem": 1.5, "orbit": 1.5, "hero": 1.5, "crowd": 1, "dolly": 1},
}
_WEIGHTS["verse"] |= {"wide": 1}
_WEIGHTS["chorus"] |= {"decks": 0.8, "top": 0.8, "emblem": 0.8, "close": 0.6}
_WEIGHTS["drop"] |= {"decks": 0.8, "side": 0.8, "emblem": 0.8, "crane": 0.7}
"""How gladly each part takes each set-up; ``hand`` is the deck detail of either side."""
_TASTE: dict[str, dict[str, float]] = {
    "9:16": {"close": 1.3, "face": 1.3, "low": 1.2, "emblem": 0.8},
    "16:9": {"side": 1.3, "orbit": 1.2, "dolly": 1.3, "decks": 1.4, "wide": 1.2},
}
"""What suits a tall picture, and what a wide one."""
_TIRED = (0.0, 0.1, 0.3, 0.5, 0.7, 0.85)
"""How much of its weight a set-up has that was the last, the last but one, ..."""
_DETAILS = frozenset({"decks", "hand_L", "hand_R", "top", "face"})
DETAIL_S = 4.0
_ROOMS = frozenset({"neon", "chaos"})
"""Sets with something to see when the camera looks the other way."""
_SCRATCH = "deck_scratch_"
_PLAIN = tuple(s for s in SHOTS if s not in BEHIND | _DETAILS)
_OPENINGS = {"9:16": ("crane", "wide"), "16:9": ("crane", "wide", "emblem")}
CALM_SHOT_S = (8.0, 12.0)
CALM_LEAST_S = 5.0
OPENING_S, LONGEST_SHOT_S, LONGEST_CALM_S = 4.0, 10.0, 14.0
"""The first cut comes early, to hold whoever has just swiped in; no shot aims to be longer than the second, or the
third in themes that never flash."""


def plan_camera(
    score: Score,
    theme: Theme,
    *,
    mode: str,
    nudge_times: Sequence[float],
    triggers: Sequence[Trigger],
    rng: random.Random,
) -> dict[str, CameraPlan]:
    """One plan per aspect. Both cut at the same moments; each chooses what suits its picture."""
    cuts = _calm_cuts(score) if score.calm else _cuts(score, theme, mode)
    plans: dict[str, CameraPlan] = {}
    behind: dict[int, str] | None = None
    for aspect in ASPECTS:
        dice = random.Random(rng.getrandbits(64))
        shots = _Chooser(score, theme, aspect, triggers, dice).choose(cuts, behind)
        # What only suits cameras in front is hidden for both aspects at once, so the second follows the first.
        behind = {k: shot.shot for k, shot in enumerate(shots) if shot.shot in BEHIND} if behind is None else behind
        plans[aspect] = CameraPlan("hero", shots, plan_moves(score, theme, shots, nudge_times, triggers, dice))
    return plans


def _calm_cuts(score: Score) -> list[Cut]:
    """Where parts begin, and as evenly as can be between."""
    cuts = [(0.0, "the film begins")]
    for part in score.sections[1:]:
        t = part.start_time
        if min(t - cuts[-1][0], score.duration - t) >= CALM_LEAST_S:
            cuts.append((t, f"{part.section_type} begins at {score.place(t)}"))
    whole: list[Cut] = []
    for (start, reason), (end, _) in pairwise([*cuts, (score.duration, "")]):
        pieces = max(1, int((end - start) / sum(CALM_SHOT_S) * 2 + 0.5))
        length = (end - start) / pieces
        whole.append((start, reason))
        for k in range(1, pieces):
            t = round(start + k * length, 2)
            whole.append((t, f"no beat to follow: a new view every {length:.0f} s, at {score.place(t)}"))
    return whole


def _bars_per_shot(part: Section, theme: Theme, mode: str) -> float:
    """Bars from one cut to the next: half as many as the theme's in drops, twice as many in quiet parts."""
    quiet, dropping = part.energy_level < 0.3, part.section_type == "drop" and part.energy_level >= 0.6
    bars = theme.bars_per_shot * (2.0 if quiet else 0.5 if dropping else 1.0)
    return max(1.0, bars if mode != "event" else max(2.0, bars))


def _cuts(score: Score, theme: Theme, mode: str) -> list[Cut]:
    """Cut times: 0, drops, parts and the bar before each drop first; then downbeats at the pace of each part.

    Between those that are near the wanted pace, phrase lines are preferred.
    """
    lines = [t for t in score.downbeats if 0 < t < score.duration]
    longest = LONGEST_SHOT_S if theme.flashes else LONGEST_CALM_S
    least = 2 * score.beat_s
    musts: list[Cut] = []

    def add(t: float, reason: str) -> None:
        if lines:
            k = bisect.bisect_left(lines, t)
            t = min(lines[max(0, k - 1) : k + 1], key=lambda line: abs(line - t))
            if least <= t <= score.duration - least and all(abs(t - other) >= least - 1e-6 for other, _ in musts):
                musts.append((t, reason.format(score.place(t))))

    for drop in score.drops():
        add(drop, score.why("drop", drop))
    for drop in score.drops():
        add(drop - score.bar_s, f"the last bar before the drop at {score.place(drop)}, {{}}")
    for section in score.sections[1:]:
        add(section.start_time, f"{section.section_type} begins at {{}}")
    cuts: list[Cut] = [(0.0, "the film begins")]
    for goal, reason in [*sorted(musts), (score.duration, "")]:
        while True:
            last = cuts[-1][0]
            part = score.section_at(last)
            pace = _bars_per_shot(part, theme, mode) * score.bar_s
            pace = max(score.bar_s, min(pace, OPENING_S if last == 0 else longest))
            options = between(lines, last + 0.75 * pace, goal - max(least, 0.5 * pace) + 1e-6)
            if not options:
                break
            t = min(options[:_AHEAD], key=lambda t: abs(t - last - pace) - (0.26 * pace if score.phrase_bars(t) else 0))
            cuts.append((t, _pace_in_words(score, last, t)))
        if goal < score.duration:
            cuts.append((goal, reason))
    return cuts


def _pace_in_words(score: Score, last: float, t: float) -> str:
    kind, phrase = score.section_at(t).section_type, score.phrase_bars(t)
    if phrase:
        return f"cut on the phrase line, {score.place(t)} (every {phrase} bars in the {kind})"
    bars = round((t - last) / score.bar_s)
    return f"{bars} bar{'s' if bars != 1 else ''} after the last cut, {score.place(t)} of the {kind}"


class _Chooser:
    """Chooses the set-ups of one aspect, shot by shot."""

    def __init__(
        self, score: Score, theme: Theme, aspect: str, triggers: Sequence[Trigger], rng: random.Random
    ) -> None:
        self.score = score
        self.theme = theme
        self.aspect = aspect
        self.triggers = triggers
        self.rng = rng

    def choose(self, cuts: Sequence[Cut], behind: Mapping[int, str] | None) -> tuple[Shot, ...]:
        """Shots for the cuts; ``behind`` says which views from behind are given, None lets them be chosen."""
        starts = [t for t, _ in cuts]
        spans = list(zip(starts, [*starts[1:], self.score.duration], strict=True))
        wanted = [(behind or {}).get(k) or self._asked_for(k, spans) for k in range(len(spans))]
        # The opening pushes in and the last shot pulls back: both bring two framings nearer to each other.
        pushed = [k in (1, len(spans) - 1) for k in range(len(spans) + 1)]
        shots: list[Shot] = []
        for k, (start, end) in enumerate(spans):
            before = [shot.shot for shot in shots]
            name, reason = wanted[k], cuts[k][1]
            neighbours = [(before[-1], pushed[k])] if before else []
            if name is None or not self._fits(name, neighbours):
                coming = wanted[k + 1] if k + 1 < len(spans) else None
                neighbours += [(coming, pushed[k + 1])] if coming else []
                weights = self._weights(start, end, before, may_turn=behind is None and k > 3)
                options = {s: w for s, w in weights.items() if w > 0 and self._fits(s, neighbours)}
                options = options or {s: 1.0 for s in _PLAIN if self._fits(s, neighbours)}
                name = self.rng.choices(list(options), list(options.values()))[0]
            elif name in ("close", "face"):
                reason += f": {name}, to hold the breath"
            elif 0 < k == len(spans) - 1:
                reason += f": {name}, to let go"
            elif k > 0 and name not in BEHIND:
                reason += f": {name}, to give it room"
            shots.append(Shot(start, end, name, reason))
        return tuple(shots)

    def _fits(self, name: str, neighbours: Sequence[tuple[str, bool]]) -> bool:
        """Whether a set-up differs enough from each neighbour (and whether the cut between is out of a push)."""
        return not any(
            name == other or frozenset((name, other)) in alike(self.aspect, pushed=strong)
            for other, strong in neighbours
        )

    def _asked_for(self, k: int, spans: Sequence[tuple[float, float]]) -> str | None:
        """What drops demand of the shot at them and of the one before, and what begins and ends a film."""
        drops = self.score.drops()
        start, end = spans[k]
        if any(abs(start - drop) < 0.02 for drop in drops):
            # The shot before the last leaves the end its wide view.
            ending = [("wide", True)] if k == len(spans) - 2 else []
            return self.rng.choice([s for s in ("hero", "wide", "low") if self._fits(s, ending)])
        if any(abs(end - drop) < 0.02 for drop in drops):
            return self.rng.choice(("close", "close", "face"))
        if len(spans) > 2 and k == len(spans) - 1:
            return "wide"
        if len(spans) > 2 and k == 0 and self.score.sections[0].energy_level < 0.6:
            return self.rng.choice(_OPENINGS[self.aspect])
        return None

    def _weights(self, start: float, end: float, before: list[str], *, may_turn: bool) -> dict[str, float]:
        score = self.score
        weights = dict(_WEIGHTS[score.section_at(start).section_type])
        acts = [trigger.action for trigger in self.triggers if start - 0.3 <= trigger.t < end - 0.3]
        hand = weights.pop("hand", 0.0)
        for side in "LR":
            # A hand is shown when it plays; a face or a detail would miss the arms of a greater gesture.
            weights[f"hand_{side}"] = hand if f"{_SCRATCH}{side}" in acts else 0.04 * hand
        if any(not action.startswith(_SCRATCH) for action in acts):
            weights = {s: w for s, w in weights.items() if s not in _DETAILS}
        if end - start > max(1.05 * score.bar_s, DETAIL_S):
            weights = {s: w for s, w in weights.items() if s not in _DETAILS}
        if end - start > 1.05 * score.bar_s:
            weights.pop("decks", None)
        busy = score.energy_at(start) > 0.6 and end - start <= 2.1 * score.bar_s
        if may_turn and busy and not score.calm and self.theme.set in _ROOMS:
            weights |= dict.fromkeys(sorted(BEHIND - set(before)), 0.35)
        for s in weights:
            weights[s] *= _TASTE[self.aspect].get(s, 1.0)
            if s in _DETAILS and before and before[-1] in _DETAILS:
                weights[s] *= 0.2
            if s in before[-len(_TIRED) :]:
                ago = before[::-1].index(s)
                weights[s] *= _TIRED[ago]
        return weights
