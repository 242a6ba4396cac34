# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan's cues for LED wall and moving heads on frames: spans ``[start, end)`` that cover the whole song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..timeline import WALL_FAMILIES, Timeline, WallCue
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


def wall_spans(
    timeline: Timeline, count: int, fps: Fraction, families: Sequence[str] = WALL_FAMILIES
) -> tuple[WallSpan, ...]:
    """The plan's cues on frames; plain bars where there is no plan.

    ``families`` are what the built wall can show: where a cue wants something else (a title in letters that no font
    has), what is planned after it in the same part of the song begins early, or another family takes its place.
    """
    spans = []
    for cue in _possible(timeline, families):
        start, end = max(0, frame_index(cue.start, fps)), min(count, frame_index(cue.end, fps))
        section = timeline.section_at(cue.start + 1e-3)
        hit = section is not None and section.section_type in ("drop", "chorus")
        if end > start:
            spans.append(WallSpan(start, end, cue.family, cue.variation, hit))
    plain = "bars" if "bars" in families else next((name for name in families if name != "text"), "bars")
    return _covering(spans or [WallSpan(0, count, plain, 0.0, False)], count)


def _possible(timeline: Timeline, families: Sequence[str]) -> list[WallCue]:
    cues = list(timeline.lighting.wall)
    # From the end, so that a cue can take over what replaced the one after it.
    for k in reversed(range(len(cues))):
        if cues[k].family in families:
            continue
        after = cues[k + 1] if k + 1 < len(cues) else None
        beside = {cue.family for cue in (*cues[max(0, k - 1) : k], *cues[k + 1 : k + 2])}
        if after and timeline.section_at(cues[k].start + 1e-3) is timeline.section_at(after.start + 1e-3):
            cues[k] = replace(cues[k], family=after.family, variation=after.variation)
        else:
            others = [name for name in families if name != "text"] or [cues[k].family]
            family = next((name for name in others if name not in beside), others[0])
            cues[k] = replace(cues[k], family=family)
    return cues


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
