# SPDX-License-Identifier: GPL-3.0-or-later
"""The song as the planners read it: beats, bars, parts, drops and builds with quick look-ups."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from ..timeline import Event, Region, Section
from ..timing import clock
from .analysis import SongAnalysis

DOUBTFUL_BELOW = 0.2
"""Confidence of a region under which nobody scratches to its beat."""
NUDGE_AFTER_S = 22.0
"""A retention nudge comes when this long nothing else has happened (20 to 30 s)."""


@dataclass(frozen=True, slots=True)
class Score:
    """Times in seconds; ``beat_s`` and ``bar_s`` are typical lengths (0.5 and 2 s where there is no beat)."""

    duration: float
    beats: Sequence[float]
    downbeats: Sequence[float]
    sections: Sequence[Section]
    events: Sequence[Event]
    beat_s: float
    bar_s: float
    regions: Sequence[Region] = ()

    @property
    def calm(self) -> bool:
        """Whether there is no beat to follow."""
        return not self.beats

    def times(self, kind: str) -> list[float]:
        """Moments of one event type."""
        return [event.t for event in self.events if event.type == kind]

    def drops(self) -> list[float]:
        """Moments of the drops; none where there is no beat, so that nothing flashes to calm music."""
        return [] if self.calm else self.times("drop")

    def why(self, kind: str, t: float) -> str:
        """An event in words: ``drop at bar 33 (bass rises 12 dB)``."""
        words = f"{kind.replace('_', ' ')} at {self.place(t)}"
        for event in self.events:
            if event.type == kind and event.t == t and event.reason:
                # The reason may name the same bar again.
                reason = event.reason.replace(f" at {self.place(t)}", "")
                return f"{words} ({reason})"
        return words

    def builds(self) -> list[tuple[float, float]]:
        """(start, drop) of every build that leads to a drop."""
        drops = self.drops()
        found = []
        for start in self.times("build"):
            k = bisect.bisect_right(drops, start)
            if k < len(drops):
                found.append((start, drops[k]))
        return found

    def section_at(self, t: float) -> Section:
        """The part that holds a moment; the last one beyond the end."""
        k = bisect.bisect_right(self.sections, t + 1e-6, key=lambda section: section.start_time) - 1
        return self.sections[max(0, k)]

    def energy_at(self, t: float) -> float:
        """0..1."""
        return self.section_at(t).energy_level

    def place(self, t: float) -> str:
        """A moment in words: ``bar 33`` (``bar 33, beat 3`` off the bar line), or ``1:04`` where no bars are."""
        k = bisect.bisect_right(self.downbeats, t + 0.02) - 1
        if self.calm or k < 0:
            return clock(t)
        beat = bisect.bisect_right(self.beats, t + 0.02) - bisect.bisect_left(self.beats, self.downbeats[k] - 1e-3)
        return f"bar {k + 1}" + (f", beat {beat}" if beat > 1 else "")

    def is_trusted(self, t: float) -> bool:
        """Whether the beat at a moment is sure enough to play to it."""
        k = bisect.bisect_right(self.regions, t, key=lambda region: region.start) - 1
        known = k >= 0 and t < self.regions[k].end
        return not self.calm and not (known and self.regions[k].confidence < DOUBTFUL_BELOW)

    def phrase_bars(self, t: float) -> int:
        """Bars from phrase line to phrase line, when a phrase line lies at this moment; else 0."""
        part = self.section_at(t)
        if part.phrase_bars <= 0 or self.calm:
            return 0
        bars = round((t - part.start_time) / self.bar_s)
        on_line = abs(t - part.start_time - bars * self.bar_s) < 0.25 * self.bar_s
        return part.phrase_bars if on_line and bars % part.phrase_bars == 0 else 0


def read_score(analysis: SongAnalysis) -> Score:
    """The analysis of a song, ready for planning."""
    beats, downbeats = analysis.beats.timestamps, analysis.beats.downbeats
    beat_s = 60 / analysis.beats.bpm if beats and analysis.beats.bpm > 0 else 0.5
    sections = analysis.sections or (Section(0.0, analysis.duration_sec, "verse", 0.5, 0.0),)
    meter = analysis.beats.meter if beats else 4
    regions = () if analysis.beats.edited else analysis.beats.regions
    return Score(analysis.duration_sec, beats, downbeats, sections, analysis.events, beat_s, meter * beat_s, regions)


def between(times: Sequence[float], first: float, last: float) -> Sequence[float]:
    """The moments of an ascending sequence from ``first`` to ``last``, both included."""
    return times[bisect.bisect_left(times, first) : bisect.bisect_right(times, last)]


def nudge_reason(score: Score, t: float, nudge_times: Sequence[float]) -> str:
    """How long nothing has happened before a nudge, in words."""
    before = max((mark for mark in (*nudge_times, *(e.t for e in score.events)) if mark < t), default=0.0)
    return f"nothing has happened for {t - before:.0f} s"


def nudges(score: Score, happenings: Sequence[float]) -> list[float]:
    """Bar lines (or moments) at which the film needs a small surprise, because 22 s passed without any."""
    marks = sorted({0.0, *happenings})
    found: list[float] = []
    last = 0.0
    for mark in [*marks[1:], score.duration]:
        while mark - last > NUDGE_AFTER_S + 5:
            target = last + NUDGE_AFTER_S
            lines = between(score.downbeats, last + 20, min(last + 30, mark - 3))
            last = min(lines, key=lambda t: abs(t - target)) if lines else target
            if last > score.duration - 3:
                break
            found.append(last)
        last = max(last, mark)
    return found
