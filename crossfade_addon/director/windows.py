# SPDX-License-Identifier: GPL-3.0-or-later
"""The best stretch of a song that is no longer than asked: from bar line to bar line, around its drop or hook.

Every possible pair of edges has a price in points; the cheapest is taken. Conventions: seconds of the song.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..timeline import Event, Section
from ..timing import clock
from .score import Score
from .sung import Sung

PLACE_OF_DROP = 1 / 3
"""Where in the window the strongest drop should fall: late enough for its build to work."""
MISPLACED = 20.0
"""Points for a drop at the very end; also for a window in which nothing happens."""
SHORTER = 8.0
"""Points for a window of no length at all: more of the song is better."""
WEAKER = 6.0
"""Points for a silent window around the right drop."""
LATE_HOOK = 10.0
"""The same for a hook, which is not a single moment."""
UNFINISHED = 10.0
"""Points for leaving the hook out."""
FIRST_EDGE = 2.5
"""How much more the first edge matters than the last: people leave in the first seconds."""
IN_A_LINE = 1.5
"""Points for an edge between two words of one line."""
OFF_THE_LINE = 4.0
"""Points for an edge that had to leave its bar line because somebody sings a word over it."""
ONSET = 1.5
ONSET_S = 0.04
"""A word that begins within this after the start would lose its first sound in the fade."""
NO_BARS = 2.0
"""Points for an edge between parts of music that has no bars."""
HOOKS = ("chorus", "drop")
_RANK = {"high": 2, "medium": 1, "low": 0}
_PHRASE = 4
"""Phrases of fewer bars are too short to begin or end with."""
_NEAR_S, _STEP_S = 0.03, 0.01
_RELAXED = (0.75, 0.5, 0.0)
"""How short a window may be, as a part of what is asked for: the first that leaves a choice is taken."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a clip may begin or end, and how many points that costs. ``on_line`` is False for one beside a word."""

    t: float
    cost: float
    on_line: bool


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the song and why it was chosen."""

    start: float
    end: float
    reason: str


class Windows:
    """Finds windows of one song.

    Parameters
    ----------
    fits : callable
        Whether a stretch from a moment to another is at most so many seconds long, in whole frames.
    """

    def __init__(self, score: Score, sung: Sung, fits: Callable[[float, float, float], bool]) -> None:
        self.score = score
        self.sung = sung
        self.fits = fits
        self.edges = _edges(score, sung)
        self._times = [edge.t for edge in self.edges]
        self._value = _Value(score)

    def best(self, longest: float, shortest: float) -> Window:
        """The best window, at most ``longest`` and where the song allows it at least ``shortest`` seconds long."""
        drop = self.strongest_drop(min(8 * self.score.bar_s, longest / 4))
        hook = None if drop is not None else self.hook(longest)
        for part in _RELAXED:
            least = max(shortest, part * longest)
            options = [
                (self._price(first, last, longest, drop, hook), first.t, last.t)
                for first, last in self._pairs(longest, least)
                if drop is None or first.t <= drop.t <= last.t - min(self.score.bar_s, least / 4)
            ]
            if options:
                _, start, end = min(options)
                return Window(start, end, self._why(start, end, drop, hook))
        end = self.cut(0.0, longest)
        return Window(0.0, end, "the beginning of the song")

    def cut(self, start: float, longest: float) -> float:
        """The latest moment at which a stretch from ``start`` can end within ``longest`` seconds, on a bar line if
        one is in its last half, and never within a word if that can be."""
        last = bisect.bisect_right(self._times, start + longest + _NEAR_S)
        late = [e for e in self.edges[:last] if e.t >= start + longest / 2 and self.fits(start, e.t, longest)]
        for edges in ([e for e in late if e.on_line], late):
            if edges:
                return edges[-1].t
        full = self.full(start, longest)
        return max((t for t in self.sung.beside(full) if start < t <= full), default=full)

    def full(self, start: float, longest: float) -> float:
        """The end of a stretch that takes all that is allowed, or a frame less where frames do not divide it."""
        end = start + longest
        while not self.fits(start, end, longest):
            end -= _STEP_S
        return end

    def strongest_drop(self, room_after: float) -> Event | None:
        """The strongest drop, one with ``room_after`` seconds of song behind it if there is one."""
        if self.score.calm:
            return None
        drops = [e for e in self.score.events if e.type == "drop" and e.t < self.score.duration]
        drops = [e for e in drops if e.t + room_after <= self.score.duration] or drops
        return max(drops, key=self._strength, default=None)

    def drops(self) -> list[Event]:
        """All drops, the strongest first."""
        found = [] if self.score.calm else [e for e in self.score.events if e.type == "drop"]
        return sorted(found, key=self._strength, reverse=True)

    def hook(self, longest: float) -> Section | None:
        """The chorus (or drop) that stands most for the song: loud, and coming again."""
        hooks = [s for s in self.score.sections if s.section_type in HOOKS and s.end_time - s.start_time <= longest]
        return max(hooks, key=lambda s: (self._value.of(s), -s.start_time), default=None)

    def _strength(self, event: Event) -> tuple[float, ...]:
        return _RANK.get(event.intensity, 0), event.strength, self.score.energy_at(event.t), -event.t

    def _pairs(self, longest: float, least: float) -> Iterator[tuple[Edge, Edge]]:
        for first in self.edges:
            low = bisect.bisect_left(self._times, first.t + least)
            high = bisect.bisect_right(self._times, first.t + longest + _NEAR_S)
            for last in self.edges[low:high]:
                if last.t > first.t and self.fits(first.t, last.t, longest):
                    yield first, last

    def _price(self, first: Edge, last: Edge, longest: float, drop: Event | None, hook: Section | None) -> float:
        start, end = first.t, last.t
        price = FIRST_EDGE * first.cost + last.cost + SHORTER * (1 - (end - start) / longest)
        if start > 0 and self.sung.next_onset(start) < ONSET_S:
            price += ONSET
        weak = 1 - self._value.mean(start, end)
        if drop is not None:
            return price + MISPLACED * abs((drop.t - start) / longest - PLACE_OF_DROP) + WEAKER * weak
        if hook is not None:
            shared = max(0.0, min(end, hook.end_time) - max(start, hook.start_time))
            price += UNFINISHED * (1 - shared / (hook.end_time - hook.start_time))
            price += LATE_HOOK * abs((hook.start_time - start) / longest - PLACE_OF_DROP)
        return price + MISPLACED * weak

    def _why(self, start: float, end: float, drop: Event | None, hook: Section | None) -> str:
        score = self.score
        inside = hook is not None and start <= hook.start_time + _NEAR_S and hook.end_time <= end + _NEAR_S
        if drop is not None:
            what = f"the strongest drop ({clock(drop.t)}, {score.place(drop.t)}) comes {clock(drop.t - start)} into it"
        elif hook is not None and inside:
            times = self._value.times(hook)
            often = f", which comes {times} times," if times > 1 else ""
            place = f"({clock(hook.start_time)}, {score.place(hook.start_time)})"
            what = f"the {hook.section_type} {place}{often} begins {clock(hook.start_time - start)} into it"
        else:
            what = f"the most energetic stretch, mean energy {self._value.energy(start, end):.2f}"
        on_lines = {edge.t for edge in self.edges if edge.on_line}
        if score.calm:
            return what
        return what + ("; whole bars" if {start, end} <= on_lines else "; cut beside a word, not through it")


class _Value:
    """How much each part of a song is worth showing, 0..1."""

    def __init__(self, score: Score) -> None:
        self._sections = score.sections
        self._counts = _counts(score.sections)
        raw = [self._raw(section) for section in score.sections]
        self._most = max(max(raw, default=0.0), 1e-6)
        self._worth = _Integral(score.sections, [value / self._most for value in raw])
        self._energy = _Integral(score.sections, [section.energy_level for section in score.sections])

    def of(self, section: Section) -> float:
        return self._raw(section) / self._most

    def times(self, section: Section) -> int:
        """How often the music of a part comes."""
        return self._counts.get(section.group, 1)

    def mean(self, start: float, end: float) -> float:
        return self._worth.mean(start, end)

    def energy(self, start: float, end: float) -> float:
        return self._energy.mean(start, end)

    def _raw(self, section: Section) -> float:
        if section.section_type not in HOOKS:
            return section.energy_level
        return section.energy_level + 0.25 + 0.1 * min(self.times(section) - 1, 3)


class _Integral:
    """Means of a value that is constant in each part."""

    def __init__(self, sections: Sequence[Section], values: Sequence[float]) -> None:
        self._starts = [section.start_time for section in sections]
        self._ends = [section.end_time for section in sections]
        self._values = values
        areas = ((s.end_time - s.start_time) * v for s, v in zip(sections, values, strict=True))
        self._before = [0.0, *itertools.accumulate(areas)]

    def mean(self, start: float, end: float) -> float:
        return (self._until(end) - self._until(start)) / max(end - start, 1e-6)

    def _until(self, t: float) -> float:
        k = bisect.bisect_right(self._starts, t) - 1
        if k < 0:
            return 0.0
        return self._before[k] + (min(t, self._ends[k]) - self._starts[k]) * self._values[k]


def _counts(sections: Sequence[Section]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for section in sections:
        if section.group:
            counts[section.group] = counts.get(section.group, 0) + 1
    return counts


def _edges(score: Score, sung: Sung) -> list[Edge]:
    """Every moment where a clip may begin or end, in ascending order: bar lines (whole seconds and the starts of parts
    where there are no bars), and for those that lie within a word the moments just before and after it."""
    duration = score.duration
    if score.calm:
        lines = {float(t) for t in range(int(duration) + 1)} | {s.start_time for s in score.sections}
    else:
        lines = {t for t in score.downbeats if 0 < t < duration}
    found = {0.0: Edge(0.0, 0.0, True), duration: Edge(duration, 0.0, True)}
    for line in sorted(t for t in lines if 0 < t < duration):
        spots = sung.beside(line)
        for t in spots:
            if not 0 < t < duration or (t in found and found[t].on_line):
                continue
            price = _musical(score, line) + (IN_A_LINE if sung.is_within_line(t) else 0.0)
            found[t] = Edge(t, price if len(spots) == 1 else price + OFF_THE_LINE, len(spots) == 1)
    return sorted(found.values(), key=lambda edge: edge.t)


def _musical(score: Score, line: float) -> float:
    """Points for beginning or ending at a bar line: none between parts, three in the middle of a phrase."""
    part = score.section_at(line + _NEAR_S)
    if abs(line - part.start_time) <= _NEAR_S:
        return 0.0
    if score.calm:
        return NO_BARS
    if score.phrase_bars(line) >= _PHRASE:
        return 0.5
    bars = round((line - part.start_time) / score.bar_s)
    return 1.0 if bars % 4 == 0 else 2.0 if bars % 2 == 0 else 3.0
