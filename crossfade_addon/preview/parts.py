# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a song a preview looks at (seconds of the song)."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from fractions import Fraction

from ..encode.still_moments import choose_moments
from ..timeline import Clip, Timeline
from ..timing import clock

BARS, BEFORE = 8, 2
"""Bars of a quick look, and how many of them lie before the moment that it is about."""
NO_BEAT_S, NO_BEAT_BEFORE_S = 16.0, 4.0
"""The same where there are no bars."""
LOOK_BARS, LOOK_S = 2, 4.0
"""How far after a drop its picture is looked for, in bars, and where there are none in seconds."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame to be shown, and what stands below it."""

    frame: int
    label: str


def eight_bars(timeline: Timeline, around: float) -> Clip:
    """Eight bars of the song, two of them before the bar of a moment; moved into the song at its ends.

    A song with fewer bars is taken as a whole.
    """
    bars, whole = timeline.beats.downbeats, timeline.meta.duration_sec
    if len(bars) < 2:
        start = max(0.0, min(around - NO_BEAT_BEFORE_S, whole - NO_BEAT_S))
        return Clip(start, min(whole, start + NO_BEAT_S), "around this moment")
    edges = [*bars, min(whole, bars[-1] + (bars[-1] - bars[-2]))]
    here = max(0, bisect.bisect_right(bars, around) - 1)
    first = max(0, min(here - BEFORE, len(edges) - 1 - BARS))
    last = min(len(edges) - 1, first + BARS)
    return Clip(edges[first], edges[last], f"{last - first} bars around {clock(around)}")


def strongest_drop(timeline: Timeline) -> float | None:
    """The moment of the strongest drop, the first of those that are equal; None without any."""
    drops = [event for event in timeline.events if event.type == "drop"]
    return max(drops, key=lambda event: event.strength).t if drops else None


def pictures(timeline: Timeline, aspect: str, fps: Fraction) -> tuple[Picture, ...]:
    """The best moment just after every drop; after the beginning of every part where there is no drop."""
    drops = [(event.t, f"drop, {event.intensity}" if event.intensity else "drop") for event in timeline.events
             if event.type == "drop"]  # fmt: skip
    marks = drops or [(section.start_time, section.section_type) for section in timeline.audio.sections]
    bars, bpm = timeline.beats.meter or 4, timeline.beats.bpm
    reach = LOOK_BARS * bars * 60 / bpm if bpm else LOOK_S
    found = []
    for number, (t, what) in enumerate(marks):
        following = marks[number + 1][0] if number + 1 < len(marks) else timeline.meta.duration_sec
        clip = Clip(t, max(t + 0.1, min(t + reach, following)), what)
        frame = choose_moments(timeline, aspect, [clip], fps, 1)[0].frame
        found.append(Picture(frame, f"{number + 1}  {clock(t)}  {what}"))
    return tuple(found)
