# SPDX-License-Identifier: GPL-3.0-or-later
"""The song as the planners read it: beats, bars, parts, drops and builds with quick look-ups."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from ..timeline import Event, Section
from .analysis import SongAnalysis

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

    @property
    def calm(self) -> bool:
        """Whether there is no beat to follow."""
        return not self.beats

    def times(self, kind: str) -> list[float]:
        """Moments of one event type."""
        return [event.t for event in self.events if event.type == kind]

    def builds(self) -> list[tuple[float, float]]:
        """(start, drop) of every build that leads to a drop."""
        drops = self.times("drop")
        found = []
        for start in self.times("build"):
            k = bisect.bisect_right(drops, start)
            if k < len(drops):
                found.append((start, drops[k]))
        return found

    def section_at(self, t: float) -> Section:
        """The part that holds a moment; the last one beyond the end."""
        k = bisect.bisect_right([section.start_time for section in self.sections], t + 1e-6) - 1
        return self.sections[max(0, k)]

    def energy_at(self, t: float) -> float:
        """0..1."""
        return self.section_at(t).energy_level


def read_score(analysis: SongAnalysis) -> Score:
    """The analysis of a song, ready for planning."""
    beats, downbeats = analysis.beats.timestamps, analysis.beats.downbeats
    beat_s = 60 / analysis.beats.bpm if beats and analysis.beats.bpm > 0 else 0.5
    sections = analysis.sections or (Section(0.0, analysis.duration_sec, "verse", 0.5, 0.0),)
    meter = analysis.beats.meter if beats else 4
    return Score(analysis.duration_sec, beats, downbeats, sections, analysis.events, beat_s, meter * beat_s)


def nudges(score: Score, happenings: Sequence[float]) -> list[float]:
    """Bar lines (or moments) at which the film needs a small surprise, because 22 s passed without any."""
    marks = sorted({0.0, *happenings})
    found: list[float] = []
    last = 0.0
    for mark in [*marks[1:], score.duration]:
        while mark - last > NUDGE_AFTER_S + 5:
            target = last + NUDGE_AFTER_S
            lines = [t for t in score.downbeats if last + 20 <= t <= min(last + 30, mark - 3)]
            last = min(lines, key=lambda t: abs(t - target)) if lines else target
            if last > score.duration - 3:
                break
            found.append(last)
        last = max(last, mark)
    return found
