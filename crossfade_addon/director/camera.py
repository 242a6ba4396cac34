# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera plan: cuts on downbeats, a set-up for each shot, and moves inside the shots.

Rules: the first second always moves; a close shot holds the breath before a drop; the drop is hero, wide or
low, with a pull-back and a shake; a push-in rides every build; decks stay at most a bar; reverse comes at most
once; the same or a nearly identical set-up never follows itself. Music without a beat is cut every 6 to 8 s.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..themes import Theme
from ..timeline import ASPECTS, CameraPlan, Movement, Section, Shot
from .score import Score

ALIKE = frozenset({frozenset(("hero", "crowd")), frozenset(("side", "orbit"))})
"""Pairs that look nearly the same: cutting between them reads as a jump."""
_WEIGHTS: dict[str, dict[str, float]] = {
    "intro": {"wide": 3, "hero": 2, "side": 1.5, "orbit": 1, "top": 0.5},
    "verse": {"hero": 3, "side": 2, "close": 2, "crowd": 1, "decks": 1.2, "orbit": 1, "wide": 1},
    "build": {"crowd": 3, "hero": 2, "side": 1, "close": 1.5, "decks": 0.8},
    "chorus": {"hero": 3, "wide": 2, "low": 2, "orbit": 1.5, "crowd": 1.5, "side": 1, "decks": 0.8, "top": 0.8},
    "drop": {"hero": 3, "low": 2.5, "wide": 2.5, "orbit": 2, "crowd": 1.5, "decks": 0.8, "top": 1.2, "side": 0.8},
    "break": {"close": 3, "side": 2, "wide": 1.5, "hero": 1, "orbit": 1.5},
    "bridge": {"close": 2.5, "orbit": 2, "wide": 1.5, "side": 1.5, "hero": 1},
    "outro": {"wide": 3, "orbit": 1.5, "hero": 1.5, "crowd": 1},
}
CALM_SHOT_S = (6.0, 8.0)
SHAKE_S = 0.5
OPENING_S, LONGEST_SHOT_S = 4.0, 10.0
"""The first cut comes early, to hold whoever has just swiped in; no shot aims to be longer than the second."""


def plan_camera(
    score: Score, theme: Theme, *, mode: str, nudge_times: Sequence[float], rng: random.Random
) -> dict[str, CameraPlan]:
    """One plan per aspect; both share cuts, set-ups and moves."""
    cuts = _calm_cuts(score, rng) if score.calm else _cuts(score, theme, mode)
    shots = _choose(score, cuts, rng)
    plan = CameraPlan("hero", shots, _movements(score, theme, shots, nudge_times, rng))
    return dict.fromkeys(ASPECTS, plan)


def _calm_cuts(score: Score, rng: random.Random) -> list[float]:
    cuts = [0.0]
    while score.duration - cuts[-1] > CALM_SHOT_S[1]:
        cuts.append(round(cuts[-1] + rng.uniform(*CALM_SHOT_S), 2))
    if len(cuts) > 1 and score.duration - cuts[-1] < 3:
        cuts.pop()
    return cuts


def _bars_per_shot(part: Section, theme: Theme, mode: str) -> float:
    """Bars from one cut to the next: half as many as the theme's in drops, twice as many in quiet parts."""
    quiet, dropping = part.energy_level < 0.3, part.section_type == "drop" and part.energy_level >= 0.6
    bars = theme.bars_per_shot * (2.0 if quiet else 0.5 if dropping else 1.0)
    return max(1.0, bars if mode != "event" else max(2.0, bars))


def _cuts(score: Score, theme: Theme, mode: str) -> list[float]:
    """Cut times: 0, drops, parts and the bar before each drop first; then downbeats at the pace of each part."""
    lines = [t for t in score.downbeats if 0 < t < score.duration]
    least = 2 * score.beat_s
    musts: list[float] = []

    def add(t: float) -> None:
        if lines:
            t = min(lines, key=lambda line: abs(line - t))
            if least <= t <= score.duration - least and all(abs(t - other) >= least - 1e-6 for other in musts):
                musts.append(t)

    for drop in score.times("drop"):
        add(drop)
    for drop in score.times("drop"):
        add(drop - score.bar_s)
    for section in score.sections[1:]:
        add(section.start_time)
    cuts = [0.0]
    for goal in [*sorted(musts), score.duration]:
        while True:
            pace = _bars_per_shot(score.section_at(cuts[-1]), theme, mode) * score.bar_s
            pace = max(score.bar_s, min(pace, OPENING_S if cuts[-1] == 0 else LONGEST_SHOT_S))
            options = [t for t in lines if cuts[-1] + 0.75 * pace <= t <= goal - max(least, 0.5 * pace) + 1e-6]
            if not options:
                break
            cuts.append(min(options, key=lambda t: abs(t - cuts[-1] - pace)))
        if goal < score.duration:
            cuts.append(goal)
    return cuts


def _choose(score: Score, cuts: Sequence[float], rng: random.Random) -> tuple[Shot, ...]:
    drops = score.times("drop")
    ends = [*cuts[1:], score.duration]
    fixed: list[str | None] = [_asked_for(start, end, drops, rng) for start, end in zip(cuts, ends, strict=True)]
    shots: list[Shot] = []
    used_reverse = False
    for k, (start, end) in enumerate(zip(cuts, ends, strict=True)):
        avoid = {shots[-1].shot} if shots else set()
        coming = fixed[k + 1] if k + 1 < len(cuts) else None
        name = fixed[k]
        if name is None or _clash(name, avoid):
            weights = dict(_WEIGHTS[score.section_at(start).section_type])
            if end - start > score.bar_s * 1.05:
                weights.pop("decks", None)
            if not used_reverse and k > 3 and score.energy_at(start) > 0.6 and end - start <= 2.1 * score.bar_s:
                weights["reverse"] = 0.35
            if len(shots) > 1:
                weights[shots[-2].shot] = 0.4 * weights.get(shots[-2].shot, 0.0)
            blocked = avoid | ({coming} if coming else set())
            options = {s: w for s, w in weights.items() if w > 0 and not _clash(s, blocked)}
            options = options or {s: 1.0 for s in ("hero", "wide", "close", "side") if not _clash(s, blocked)}
            name = rng.choices(list(options), list(options.values()))[0]
        used_reverse = used_reverse or name == "reverse"
        shots.append(Shot(start, end, name))
    return tuple(shots)


def _asked_for(start: float, end: float, drops: Sequence[float], rng: random.Random) -> str | None:
    """The set-up a drop demands of the shot at it (hero, wide or low) and of the shot before it (close)."""
    if any(abs(start - drop) < 0.02 for drop in drops):
        return rng.choice(("hero", "wide", "low"))
    if any(abs(end - drop) < 0.02 for drop in drops):
        return "close"
    return None


def _clash(name: str, others: set[str]) -> bool:
    return any(name == other or frozenset((name, other)) in ALIKE for other in others)


def _movements(
    score: Score, theme: Theme, shots: Sequence[Shot], nudge_times: Sequence[float], rng: random.Random
) -> tuple[Movement, ...]:
    """Every shot moves: a push, an arc or a drift; builds, drops and nudges on top. Amounts are 0..1 of the move."""
    drops, builds = score.times("drop"), score.builds()
    moves: list[Movement] = []
    for shot in shots:
        length, energy = shot.end - shot.start, score.energy_at(shot.start)
        if any(abs(shot.start - drop) < 0.02 for drop in drops):
            moves.append(Movement(shot.start, "pull_back", min(length, 2 * score.bar_s), 1.0))
            moves.append(Movement(shot.start, "shake", min(length, SHAKE_S), 1.0 if theme.flashes else 0.4))
        elif any(start - 1e-6 <= shot.start < drop - 1e-6 for start, drop in builds):
            continue  # the push over the whole build moves these
        elif shot.start == 0.0:
            moves.append(Movement(0.0, "push_in", min(length, max(4.0, score.bar_s)), 0.6))
        elif shot.shot == "orbit":
            moves.append(Movement(shot.start, "arc", length, round(0.4 + 0.5 * energy, 2)))
        elif score.calm or shot.shot in ("decks", "top", "reverse"):
            moves.append(Movement(shot.start, "drift", length, 0.5))
        else:
            action = rng.choices(("push_in", "drift", "arc"), (1 + energy, 1.5 - energy, 0.7))[0]
            moves.append(Movement(shot.start, action, length, round(0.25 + 0.35 * energy, 2)))
    moves += [Movement(start, "push_in", drop - start, 1.0) for start, drop in builds]
    moves += [Movement(t, "nudge", min(0.8, score.duration - t), 0.7) for t in nudge_times]
    return tuple(sorted(moves, key=lambda move: (move.t, move.action)))
