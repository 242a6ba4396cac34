# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera plan: cuts on downbeats, a set-up for each shot, and moves inside the shots.

Rules: the first second always moves; a close shot holds the breath before a drop; the drop is hero, wide or
low, with a pull-back and a shake; a push-in rides every build; decks stay at most a bar; reverse comes at most
once; the same or a nearly identical set-up never follows itself. Calm music (without a beat to follow) is cut
where its parts begin and every 8 to 12 s between, and the camera only drifts.
"""

from __future__ import annotations

import bisect
import random
from collections.abc import Sequence
from itertools import pairwise

from ..themes import Theme
from ..timeline import ASPECTS, CameraPlan, Movement, Section, Shot
from .score import Score, between, nudge_reason

Cut = tuple[float, str]
"""When, and why."""

ALIKE = frozenset({frozenset(("hero", "crowd")), frozenset(("side", "orbit"))})
"""Pairs that look nearly the same: cutting between them reads as a jump."""
_AHEAD = 32
"""Bar lines looked at for the next cut; the wanted pace is never more than a few."""
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
CALM_SHOT_S = (8.0, 12.0)
CALM_LEAST_S = 5.0
CALM_AMOUNT = 0.35
SHAKE_S = 0.5
OPENING_S, LONGEST_SHOT_S = 4.0, 10.0
"""The first cut comes early, to hold whoever has just swiped in; no shot aims to be longer than the second."""


def plan_camera(
    score: Score, theme: Theme, *, mode: str, nudge_times: Sequence[float], rng: random.Random
) -> dict[str, CameraPlan]:
    """One plan per aspect; both share cuts, set-ups and moves."""
    cuts = _calm_cuts(score) if score.calm else _cuts(score, theme, mode)
    shots = _choose(score, cuts, rng)
    plan = CameraPlan("hero", shots, _movements(score, theme, shots, nudge_times, rng))
    return dict.fromkeys(ASPECTS, plan)


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
            pace = max(score.bar_s, min(pace, OPENING_S if last == 0 else LONGEST_SHOT_S))
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


def _choose(score: Score, cuts: Sequence[Cut], rng: random.Random) -> tuple[Shot, ...]:
    drops = score.drops()
    starts = [t for t, _ in cuts]
    ends = [*starts[1:], score.duration]
    fixed: list[str | None] = [_asked_for(start, end, drops, rng) for start, end in zip(starts, ends, strict=True)]
    shots: list[Shot] = []
    used_reverse = False
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        avoid = {shots[-1].shot} if shots else set()
        coming = fixed[k + 1] if k + 1 < len(cuts) else None
        name, reason = fixed[k], cuts[k][1]
        if name is None or _clash(name, avoid):
            weights = dict(_WEIGHTS[score.section_at(start).section_type])
            if end - start > score.bar_s * 1.05:
                weights.pop("decks", None)
            busy = score.energy_at(start) > 0.6 and end - start <= 2.1 * score.bar_s
            if not used_reverse and k > 3 and busy and not score.calm:
                weights["reverse"] = 0.35
            if len(shots) > 1:
                weights[shots[-2].shot] = 0.4 * weights.get(shots[-2].shot, 0.0)
            blocked = avoid | ({coming} if coming else set())
            options = {s: w for s, w in weights.items() if w > 0 and not _clash(s, blocked)}
            options = options or {s: 1.0 for s in ("hero", "wide", "close", "side") if not _clash(s, blocked)}
            name = rng.choices(list(options), list(options.values()))[0]
        elif name == "close":
            reason += ": close, to hold the breath"
        else:
            reason += f": {name}, to give it room"
        used_reverse = used_reverse or name == "reverse"
        shots.append(Shot(start, end, name, reason))
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
    drops, builds = score.drops(), score.builds()
    moves: list[Movement] = []
    for shot in shots:
        t, length, energy = shot.start, shot.end - shot.start, score.energy_at(shot.start)
        here = f"{score.place(t)} of the {score.section_at(t).section_type}, energy {energy:.2f}"
        if any(abs(t - drop) < 0.02 for drop in drops):
            why = score.why("drop", t)
            moves.append(Movement(t, "pull_back", min(length, 2 * score.bar_s), 1.0, f"{why}: the room opens"))
            shake = 1.0 if theme.flashes else 0.4
            moves.append(Movement(t, "shake", min(length, SHAKE_S), shake, f"{why}: the hit"))
        elif any(start - 1e-6 <= t < drop - 1e-6 for start, drop in builds):
            continue  # the push over the whole build moves these
        elif t == 0.0:
            amount = CALM_AMOUNT if score.calm else 0.6
            why = "the first second must move"
            lasts = length if score.calm else min(length, max(4.0, score.bar_s))
            moves.append(Movement(0.0, "push_in", lasts, amount, why))
        elif shot.shot == "orbit":
            amount = CALM_AMOUNT if score.calm else round(0.4 + 0.5 * energy, 2)
            moves.append(Movement(t, "arc", length, amount, f"the orbit circles: {here}"))
        elif score.calm:
            moves.append(Movement(t, "drift", length, CALM_AMOUNT, f"no beat to follow: a slow drift; {here}"))
        elif shot.shot in ("decks", "top", "reverse"):
            moves.append(Movement(t, "drift", length, 0.5, f"the {shot.shot} shot only drifts: {here}"))
        else:
            action = rng.choices(("push_in", "drift", "arc"), (1 + energy, 1.5 - energy, 0.7))[0]
            moves.append(Movement(t, action, length, round(0.25 + 0.35 * energy, 2), here))
    for start, drop in builds:
        why = f"{score.why('build', start)} up to the drop at {score.place(drop)}"
        moves.append(Movement(start, "push_in", drop - start, 1.0, why))
    amount = CALM_AMOUNT if score.calm else 0.7
    for t in nudge_times:
        why = f"{nudge_reason(score, t, nudge_times)}, at {score.place(t)}"
        moves.append(Movement(t, "nudge", min(0.8, score.duration - t), amount, why))
    return tuple(sorted(moves, key=lambda move: (move.t, move.action)))
