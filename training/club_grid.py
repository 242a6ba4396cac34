# SPDX-License-Identifier: GPL-3.0-or-later
"""Metre and time of a training song: from steps (sixteenths) to seconds.

Conventions: a position counts steps from the first downbeat; it may be negative (a pickup) or fractional.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Meter:
    """``beats`` in a bar, each of ``steps`` steps: (4, 4) is 4/4, (6, 2) 6/8 counted in eighths, (2, 6) in halves."""

    beats: int
    steps: int

    @property
    def bar(self) -> int:
        return self.beats * self.steps


@dataclass(frozen=True, slots=True)
class Grid:
    """``knots`` are times in seconds of every beat from ``first_beat`` on; swing delays every second step."""

    meter: Meter
    knots: NDArray[np.float64]
    first_beat: int
    swing: float = 0.5
    swing_unit: int = 1

    def time(self, position: float | NDArray) -> NDArray[np.float64]:
        """Seconds of positions in steps, straight (no swing)."""
        beat = np.asarray(position, float) / self.meter.steps - self.first_beat
        last = len(self.knots) - 1
        index = np.clip(np.floor(beat).astype(int), 0, last - 1)
        left, right = self.knots[index], self.knots[index + 1]
        return left + (beat - index) * (right - left)

    def swung(self, position: float | NDArray) -> NDArray[np.float64]:
        """Seconds of positions in steps with the song's swing."""
        unit = self.swing_unit
        place = np.asarray(position, float) / unit
        pair = np.floor(place / 2) * 2
        within = place - pair
        bent = np.where(within < 1, within * 2 * self.swing, 2 * self.swing + (within - 1) * (2 - 2 * self.swing))
        return self.time((pair + bent) * unit)

    def step_seconds(self, position: float = 0.0) -> float:
        """Length of one step near a position."""
        first, second = self.time(np.array([position, position + 1.0]))
        return float(second - first)


def steady(meter: Meter, bpm: float, beats: int, start: float, pickup_beats: int = 0) -> NDArray[np.float64]:
    """Beat times at one tempo; the beat after ``pickup_beats`` (the first downbeat) is at ``start`` seconds."""
    return start + (np.arange(-pickup_beats, beats + 1)) * 60.0 / bpm


def ramped(tempi: NDArray, start: float) -> NDArray[np.float64]:
    """Beat times where every beat has its own tempo."""
    return start + np.concatenate([[0.0], np.cumsum(60.0 / np.asarray(tempi))])
