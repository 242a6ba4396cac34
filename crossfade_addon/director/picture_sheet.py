# SPDX-License-Identifier: GPL-3.0-or-later
"""The sheet that the timeline picture is drawn on: lanes over one time axis, with names on the left.

Conventions: x is time, y runs down in pixels; :attr:`Sheet.y` is where the next lane begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .canvas import Canvas, Colour, text_width

WIDTH = 2000
LEFT, RIGHT = 168, 24
SPAN = WIDTH - LEFT - RIGHT
"""Pixel columns of the song."""
GAP = 10
TEXT = 2
"""Scale of all text but the title: capitals of 14 pixels, legible when the picture is shown at half its size."""
LINE_HEIGHT = 14
HEADING_H = 34
KEY_H = 24
BACK: Colour = (14, 15, 24)
PANEL: Colour = (24, 26, 40)
LINE: Colour = (66, 70, 98)
DIM: Colour = (150, 156, 186)
BRIGHT: Colour = (240, 242, 252)
_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


class Sheet:
    """Lanes under each other; the height is known beforehand."""

    def __init__(self, duration: float, height: int) -> None:
        self.duration = max(duration, 1e-3)
        self.canvas = Canvas(WIDTH, height, BACK)
        self.span = SPAN
        self.column_s: NDArray[np.float64] = (np.arange(self.span) + 0.5) / self.span * self.duration
        self.y = 0

    def x(self, seconds: float) -> float:
        """Pixel of a moment."""
        return LEFT + self.span * min(max(seconds / self.duration, 0.0), 1.0)

    def lane(self, name: str, height: int, *, panel: bool = True, gap: int = GAP) -> tuple[int, int]:
        """Top and bottom of the next lane, ``gap`` below the last, with its name on the left and its ground drawn."""
        top = self.y + gap - GAP
        self.y = top + height + GAP
        if panel:
            self.canvas.box(LEFT, top, WIDTH - RIGHT, top + height, PANEL)
        if name:
            x = LEFT - 14 - text_width(name, TEXT)
            self.canvas.text(x, top + (min(height, 60) - LINE_HEIGHT) / 2, name, DIM, scale=TEXT)
        return top, top + height

    def fitting(self, x0: float, x1: float, y: float, words: Sequence[str], colour: Colour) -> bool:
        """The first of some wordings that fits between two pixels; whether one did."""
        for text in words:
            if text and text_width(text, TEXT) <= x1 - x0:
                self.canvas.text(x0, y, text, colour, scale=TEXT)
                return True
        return False

    def heading(self, words: str) -> None:
        """A line across the sheet with a few words in it."""
        y = self.y + 8
        end = self.canvas.text(24, y, words, BRIGHT, scale=TEXT)
        self.canvas.box(end + 14, y + LINE_HEIGHT / 2, WIDTH - RIGHT, y + LINE_HEIGHT / 2 + 1, LINE)
        self.y += HEADING_H

    def block(
        self,
        start: float,
        end: float,
        top: float,
        bottom: float,
        colour: Colour,
        words: Sequence[str] = (),
        *,
        alpha: float = 1.0,
    ) -> None:
        """A stretch of time as a box, named by the first of some wordings that fits."""
        x0, x1 = self.x(start), self.x(end)
        wide = x1 - x0 >= 4
        self.canvas.box(x0, top, x1 - (1 if wide else 0), bottom, colour, alpha)
        if wide:
            self.fitting(x0 + 6, x1 - 5, (top + bottom - LINE_HEIGHT) / 2, words, BRIGHT)

    def curve(self, top: float, bottom: float, level: NDArray, colours: NDArray | Colour, alpha: float = 1.0) -> None:
        """Columns from the bottom up, one per pixel, ``level`` 0..1."""
        tint = np.asarray(colours, np.float32)
        if tint.ndim == 1:
            tint = np.broadcast_to(tint, (self.span, 3))
        self.canvas.columns(LEFT, bottom - (bottom - top) * level, np.full(self.span, bottom), tint, alpha)

    def density(self, times: Sequence[float], top: float, bottom: float, colour: Colour) -> float:
        """How dense some moments are along the song, as a curve; the most per minute."""
        bins = min(self.span // 8, max(1, int(self.duration / 20)))
        count = np.histogram(times, bins, (0.0, self.duration))[0] / (self.duration / bins / 60)
        most = float(count.max()) if len(times) else 0.0
        level = np.interp(self.column_s, (np.arange(bins) + 0.5) * self.duration / bins, count / max(most, 1e-9))
        self.curve(top, bottom, level, colour, 0.7)
        return most

    def peak_of(self, series: NDArray) -> NDArray[np.float64]:
        """The highest sample of an evenly spaced series in every pixel column."""
        if not len(series):
            return np.zeros(self.span)
        edges = np.linspace(0, len(series), self.span + 1).astype(int)
        return np.maximum.reduceat(series, np.minimum(edges[:-1], len(series) - 1))

    def mean_of(self, series: NDArray) -> NDArray[np.float64]:
        """The mean of an evenly spaced series in every pixel column, over ten columns where they are long."""
        if not len(series):
            return np.zeros(self.span)
        sums = np.concatenate([[0.0], np.cumsum(series, dtype=np.float64)])
        reach = 5 if self.duration / self.span > 1 else 0
        edges = np.linspace(0, len(series), self.span + 1).astype(int)
        index = np.arange(self.span)
        first = edges[np.maximum(index - reach, 0)]
        last = np.maximum(edges[np.minimum(index + reach + 1, self.span)], first + 1)
        last = np.minimum(last, len(series))
        return (sums[last] - sums[first]) / np.maximum(last - first, 1)

    def tick_step(self, least_pixels: float = 90.0) -> int:
        """Seconds between labels of the clock."""
        return next((s for s in _TICKS_S if self.span * s / self.duration >= least_pixels), _TICKS_S[-1])

    def key(self, groups: Mapping[str, Iterable[tuple[str, Colour, str]]]) -> None:
        """One line of what shapes and colours mean, by lane; the shape ``box`` is a patch of colour."""
        x = 24
        for lane, items in groups.items():
            x = self.canvas.text(x, self.y, lane, BRIGHT, scale=TEXT) + 14
            for shape, colour, name in items:
                if shape == "box":
                    self.canvas.box(x, self.y, x + 14, self.y + LINE_HEIGHT, colour)
                else:
                    self.canvas.stamp(x + 8, self.y + LINE_HEIGHT / 2, shape, 16, colour)
                x = self.canvas.text(x + 20, self.y, name, DIM, scale=TEXT) + 16
            x += 14
        self.y += KEY_H

    def save(self, path: Path) -> None:
        """Write the PNG."""
        self.canvas.save(path)
