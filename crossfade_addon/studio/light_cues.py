# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan's cues for LED wall and moving heads on frames: spans ``[start, end)`` that cover the whole song."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..timeline import Timeline
from ..timing import FIRST_FRAME, frame_at


@dataclass(frozen=True, slots=True)
class WallSpan:
    """A cue of the LED wall over scores' indices ``[start, end)``; ``hit`` where it begins a drop or chorus."""

    start: int
    end: int
    family: str
    variation: float
    hit: bool


@dataclass(frozen=True, slots=True)
class BeamSpan:
    """A cue of the moving heads over scores' indices ``[start, end)``."""

    start: int
    end: int
    mode: str
    colors: str
    snap: bool


def frame_index(seconds: float, fps: Fraction) -> int:
    """Index of a moment's frame in the score's arrays."""
    return frame_at(seconds, fps) - FIRST_FRAME


def wall_spans(timeline: Timeline, count: int, fps: Fraction) -> tuple[WallSpan, ...]:
    """The plan's cues on frames; plain bars where there is no plan."""
    spans = []
    for cue in timeline.lighting.wall:
        start, end = max(0, frame_index(cue.start, fps)), min(count, frame_index(cue.end, fps))
        section = timeline.section_at(cue.start + 1e-3)
        hit = section is not None and section.section_type in ("drop", "chorus")
        if end > start:
            spans.append(WallSpan(start, end, cue.family, cue.variation, hit))
    return _covering(spans or [WallSpan(0, count, "bars", 0.0, False)], count)


def lettered(wall: tuple[WallSpan, ...], count: int, fps: Fraction) -> np.ndarray:
    shown = np.zeros(count)
    for span in wall:
        if span.family == "text":
            shown[span.start : span.end] = 1.0
            if span.start and not span.hit:
                shown[span.start : span.end] = np.minimum(1.0, np.arange(span.end - span.start) / float(fps))
    return shown


def beam_spans(timeline: Timeline, count: int, fps: Fraction) -> tuple[BeamSpan, ...]:
    """The plan's cues on frames; a fan where there is no plan."""
    spans = []
    for cue in timeline.lighting.beams:
        start, end = max(0, frame_index(cue.start, fps)), min(count, frame_index(cue.end, fps))
        if end > start:
            spans.append(BeamSpan(start, end, cue.mode, cue.colors, cue.snap))
    return _covering(spans or [BeamSpan(0, count, "fan", "split", False)], count)


def _covering(spans: list[Any], count: int) -> tuple[Any, ...]:
    spans[0] = replace(spans[0], start=0)
    spans[-1] = replace(spans[-1], end=count)
    return tuple(spans)
