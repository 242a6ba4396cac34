# SPDX-License-Identifier: GPL-3.0-or-later
"""Black, frozen and repeated pictures, found on the decoded pictures of a video.

Pictures are sRGB, uint8, (n, height, width, 3); numbers of pictures count from 0, the film's first. The encoder's
grain and noise change a repeated picture a little, a show changes every picture a lot: of 5000 pictures of five shows
none differed from the one before by less than 0.7 of 255 on average, and of repeated ones none by more than 0.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..timeline import Timeline
from .flashes import LUMA

Spans = tuple[tuple[float, float], ...]
"""(start, end) in seconds."""

BLACK_LUMA, BLACK_TOP = 5.0, 24.0
"""A picture is black when its mean is below the one and nearly all of it below the other."""
STILL_MEAN, STILL_TOP = 0.4, 3.0
FROZEN_S = 0.2
"""Pictures that stand still for so long are a freeze, fewer are repeated ones."""
BREATH_S = 0.35
"""How much longer than its cue a blackout may look, at either side."""
ENDING_S = 1.0
_QUIET = 0.12
_TOP_SHARE = 0.98


@dataclass(frozen=True, slots=True)
class Flow:
    """Numbers of pictures: ``black`` ones, and ``still`` ones, which look like the one before."""

    count: int
    black: tuple[int, ...]
    still: tuple[int, ...]


class FlowMeter:
    """Takes the pictures of a film in pieces."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._black: list[int] = []
        self._still: list[int] = []
        self._count = 0

    def feed(self, frames: NDArray[np.uint8]) -> None:
        """The next frames, (n, height, width, 3)."""
        top = int(frames.shape[1] * frames.shape[2] * _TOP_SHARE)
        for luma in frames.astype(np.float32) @ LUMA:
            if luma.mean() < BLACK_LUMA and np.partition(luma, top, axis=None)[top] < BLACK_TOP:
                self._black.append(self._count)
            if self._before is not None:
                change = np.abs(luma - self._before)
                if change.mean() < STILL_MEAN and np.partition(change, top, axis=None)[top] < STILL_TOP:
                    self._still.append(self._count)
            self._before = luma
            self._count += 1

    def result(self) -> Flow:
        """What was seen so far."""
        return Flow(self._count, tuple(self._black), tuple(self._still))


def runs(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """(first, length) of the stretches of consecutive numbers."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][0] + found[-1][1]:
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((number, 1))
    return tuple(found)


def outside(numbers: Iterable[int], spans: Spans, fps: Fraction, start: float) -> tuple[int, ...]:
    """The pictures of a film from second ``start`` of the song that lie in none of the spans (seconds of the song)."""
    moments = ((number, start + float(number / fps)) for number in numbers)
    return tuple(number for number, moment in moments if not any(a <= moment < b for a, b in spans))


def directed_darkness(timeline: Timeline) -> Spans:
    """Where the script wants darkness: the breath before a drop, hard stops, silence, and the end of the song."""
    spans = [(c.t - BREATH_S, c.t + c.duration + BREATH_S) for c in timeline.lighting.cues if c.look == "blackout"]
    duration = timeline.meta.duration_sec
    resumes = [e.t for e in timeline.events if e.type in ("hard_start", "drop", "section_change", "build")]
    resumes += [s.start_time for s in timeline.audio.sections]
    for stop in (e.t for e in timeline.events if e.type in ("hard_stop", "silence")):
        end = min((t for t in resumes if t > stop + 0.1), default=duration)
        spans.append((stop - BREATH_S, min(end, _heard_again(timeline, stop, duration)) + BREATH_S))
    spans.append((duration - ENDING_S, duration + ENDING_S))
    return tuple(sorted(spans))


def _heard_again(timeline: Timeline, stop: float, duration: float) -> float:
    """When the music comes back after a stop, by its energy."""
    rate = timeline.signals.rate_hz
    energy = np.asarray(timeline.signals.values.get("energy", ()), dtype=float)
    first = int((stop + 0.25) * rate)
    loud = np.flatnonzero(energy[first:] > _QUIET)
    return (first + int(loud[0])) / rate if len(loud) else duration


def uneven(times: tuple[float, ...], fps: Fraction) -> tuple[int, ...]:
    """Pictures that do not follow the one before by one frame's time (half of that is forgiven)."""
    step = float(1 / fps)
    return tuple(k for k, (a, b) in enumerate(pairwise(times), 1) if abs(b - a - step) > step / 2)
