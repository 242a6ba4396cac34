# SPDX-License-Identifier: GPL-3.0-or-later
"""What the LED wall shows and how the moving heads play, part by part: structure decides, the seed varies.

Parts with the same music (group letter) and the same weight look the same; neighbours differ; drops get the strongest.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..themes import Theme
from ..timeline import BeamCue, Section, WallCue
from .score import Score, between
from .sung import NOTHING, Sung

FAMILIES: dict[str, tuple[str, ...]] = {
    "intro": ("noise", "waves", "bars"),
    "verse": ("bars", "waves", "noise", "sweep"),
    "build": ("sweep", "bars", "spectrum"),
    "chorus": ("spectrum", "rings", "checker"),
    "drop": ("rings", "checker", "spectrum"),
    "break": ("waves", "noise"),
    "bridge": ("waves", "sweep", "noise"),
    "outro": ("noise", "waves", "bars"),
}
"""Wall families of each kind of part, the most fitting first."""
MODES: dict[str, tuple[str, ...]] = {
    "intro": ("sky", "fan"),
    "verse": ("fan", "mirror", "sweep"),
    "build": ("chase", "cross"),
    "chorus": ("mirror", "sweep", "cross"),
    "drop": ("ballyhoo", "cross", "mirror", "pulse"),
    "break": ("down",),
    "bridge": ("down", "sky"),
    "outro": ("fan", "sky"),
}
"""Beam modes of each kind of part, in the order in which they take turns."""
COLORS: dict[str, tuple[str, ...]] = {
    "intro": ("left", "accent"),
    "verse": ("split", "accent"),
    "build": ("split",),
    "chorus": ("split", "right"),
    "drop": ("split",),
    "break": ("spark",),
    "bridge": ("accent", "spark"),
    "outro": ("left", "split"),
}
WEIGHTS = {"chorus": "strong", "drop": "strong", "build": "rising"}
"""Parts of one group look the same as long as they weigh the same; all others are quiet."""
GENTLE = ("fan", "mirror", "sweep", "sky", "down", "cross")
"""Beam modes where nothing may strobe, and without a beat."""
CALM_MODES = ("sky", "fan")
CALM_FAMILIES = ("waves", "noise", "bars", "rings", "sweep")
TITLE_BARS = 4
"""Longest title in an intro."""
SLAM_BARS, LEAST_SLAM_BARS = 2, 0.9
"""How long the title stands at the first drop or chorus, and at least where words leave it little room."""
READ_S = 0.84
"""A caption stands so long at least, however short its line is."""
PHRASE_BARS = {"strong": 4, "rising": 4, "quiet": 8}
"""After so many bars the beams change their mode."""

_SHOWS = {
    "bars": "bars step outwards on the beat",
    "rings": "a ring leaves the DJ on every beat",
    "waves": "slow waves",
    "checker": "squares change places on the beat",
    "sweep": "a column of light crosses once a bar",
    "spectrum": "the spectrum of the song",
    "noise": "cells change on the beat",
}
_PLAYS = {
    "fan": "a fan breathing over four bars",
    "cross": "left and right beams crossing",
    "sweep": "all beams swinging side by side",
    "chase": "one pair after the other",
    "mirror": "both sides opening and closing",
    "ballyhoo": "every lamp on its own circle",
    "pulse": "standing beams that swell with the kick",
    "sky": "narrow beams standing up",
    "down": "two soft lamps on the DJ",
}
Key = tuple[str, str]
"""Group letter (or kind of part) and weight."""


def plan_wall(score: Score, theme: Theme, rng: random.Random, sung: Sung = NOTHING) -> tuple[WallCue, ...]:
    """One family for each part (two in turns where it is strong), the title over a quiet beginning and a first hit.

    While a line is ``sung`` the wall keeps its title back: captions stand in front of it, and neither could be read.
    """
    families = _families(score, theme, rng)
    seed = rng.random()
    cues: list[WallCue] = []
    for part in score.sections:
        key = _key(part)
        # Found by key, so that equal groups look equal.
        shade = round(random.Random(f"{seed}/{key}").random(), 4)
        turns = _phrases(part, score) if len(families[key]) > 1 else [(part.start_time, part.end_time)]
        for (start, end), family in zip(turns, itertools.cycle(families[key]), strict=False):
            why = f"{_SHOWS[family]}: {part.section_type}, energy {part.energy_level:.2f}"
            cues.append(WallCue(start, end, family, shade, why))
    if "text" in theme.wall.families:
        for start, end, why in _titles(score, sung):
            cues = list(_laid_over(cues, WallCue(start, end, "text", 0.0, why)))
    # Places come last: a title may have moved a start.
    return tuple(
        cue if cue.family == "text" else replace(cue, reason=f"{cue.reason}, at {score.place(cue.start)}")
        for cue in cues
    )


def plan_beams(score: Score, theme: Theme, rng: random.Random) -> tuple[BeamCue, ...]:
    """Modes taking turns at phrase lines; a drop snaps into place, everything else glides."""
    seed, drops = rng.random(), score.drops()
    cues: list[BeamCue] = []
    for part in score.sections:
        key = _key(part)
        dice = random.Random(f"{seed}/{key}")
        modes = _modes(part, score, theme)
        first, colors = dice.randrange(len(modes)), dice.choice(COLORS[part.section_type])
        for k, (start, end) in enumerate(_phrases(part, score)):
            mode = modes[(first + k) % len(modes)]
            why = f"{_PLAYS[mode]}: {part.section_type}, energy {part.energy_level:.2f}, at {score.place(start)}"
            snap = any(abs(start - drop) < 0.02 for drop in drops)
            cues.append(BeamCue(start, end, mode, colors, snap, why))
    return tuple(cues)


# ------------------------------------------------------------------------------------------- the wall


def _key(part: Section) -> Key:
    return part.group or part.section_type, WEIGHTS.get(part.section_type, "quiet")


def _families(score: Score, theme: Theme, rng: random.Random) -> dict[Key, tuple[str, ...]]:
    """The families of every kind of part (two for strong ones), none of them a neighbour's if there are enough."""
    allowed = [name for name in theme.wall.families if name != "text"]
    if score.calm:
        allowed = [name for name in allowed if name in CALM_FAMILIES] or allowed
    parts = [(_key(part), part.section_type) for part in score.sections]
    beside: dict[Key, set[Key]] = {key: set() for key, _ in parts}
    for (a, _), (b, _) in itertools.pairwise(parts):
        if a != b:
            beside[a].add(b)
            beside[b].add(a)
    chosen: dict[Key, tuple[str, ...]] = {}
    # Strong parts choose first: the best of the wall is theirs.
    for key, kind in sorted(parts, key=lambda pair: pair[0][1] != "strong"):
        if key in chosen:
            continue
        pool = CALM_FAMILIES if score.calm else FAMILIES[kind]
        taken = {name for other in beside[key] for name in chosen.get(other, ())}
        wanted = [name for name in pool if name in allowed and name not in taken][:2]
        wanted = wanted or [name for name in allowed if name not in taken] or [*allowed]
        rng.shuffle(wanted)
        chosen[key] = tuple(wanted[: 2 if key[1] == "strong" else 1])
    return chosen


def _titles(score: Score, sung: Sung) -> Iterator[tuple[float, float, str]]:
    """Where the title stands: over a quiet beginning, and slammed in at the first drop or chorus with room for it."""
    first = score.sections[0]
    if WEIGHTS.get(first.section_type, "quiet") == "quiet" and score.duration > 2 * score.bar_s:
        end = min(first.end_time, _bars_on(score, first.start_time, TITLE_BARS))
        end = _until_sung(score, sung, first.start_time, end)
        if end - first.start_time > score.beat_s:
            yield first.start_time, end, f"the title scrolls over the first {first.section_type}"
    if score.calm:
        return
    choruses = [part.start_time for part in score.sections if part.section_type == "chorus"]
    hits = [(t, score.why("drop", t)) for t in score.drops()]
    for t, why in hits or [(t, f"first chorus at {score.place(t)}") for t in choruses[:1]]:
        part_end = score.section_at(t).end_time
        for start in (t, *between(score.downbeats, t + 0.5 * score.bar_s, part_end)):
            end = _until_sung(score, sung, start, min(part_end, _bars_on(score, start, SLAM_BARS)))
            if end - start > LEAST_SLAM_BARS * score.bar_s:
                late = "" if start == t else f", once its words are over, at {score.place(start)}"
                yield start, end, f"the title slams in with the {why}{late}"
                return


def _until_sung(score: Score, sung: Sung, start: float, end: float) -> float:
    """The last bar line by ``end`` up to which no caption can stand; ``start`` when one stands there already."""
    for first, last in sung.lines:
        if first < end - 1e-6 and max(last, first + READ_S) > start + 1e-6:
            lines = between(score.downbeats, start, first + 1e-6)
            return max(start, lines[-1]) if lines else start
    return end


def _bars_on(score: Score, t: float, bars: int) -> float:
    """The bar line ``bars`` bars after a moment."""
    target = t + bars * score.bar_s
    lines = between(score.downbeats, target - 0.5 * score.bar_s, target + 0.5 * score.bar_s)
    return min(lines, key=lambda line: abs(line - target)) if lines else min(target, score.duration)


def _laid_over(cues: Sequence[WallCue], top: WallCue) -> Iterator[WallCue]:
    """The cues with one laid over them; what is left of a cue under half a second goes to the one on top."""
    least = 0.5
    for cue in cues:
        if cue.end <= top.start or cue.start >= top.end:
            yield cue
            continue
        if top.start - cue.start > least:
            yield replace(cue, end=top.start)
        if cue.start <= top.start < cue.end:
            yield top
        if cue.end - top.end > least:
            yield replace(cue, start=top.end)


# ------------------------------------------------------------------------------------------ the beams


def _modes(part: Section, score: Score, theme: Theme) -> tuple[str, ...]:
    if score.calm:
        return CALM_MODES
    modes = MODES[part.section_type]
    return modes if theme.flashes else tuple(mode for mode in modes if mode in GENTLE) or ("cross", "fan")


def _phrases(part: Section, score: Score) -> Iterator[tuple[float, float]]:
    """(start, end) of a part's stretches of some bars, cut at bar lines; a short rest joins the one before it."""
    bars = PHRASE_BARS[WEIGHTS.get(part.section_type, "quiet")]
    start = part.start_time
    while start < part.end_time - 1e-6:
        end = _bars_on(score, start, bars)
        if part.end_time - end < 1.5 * score.bar_s or end <= start:
            end = part.end_time
        yield start, end
        start = end
