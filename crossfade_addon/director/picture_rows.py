# SPDX-License-Identifier: GPL-3.0-or-later
"""What was heard as a square picture for a narrow panel: the song in rows under each other, like lines of text.

Each row has its sections, the sound in their colours, beats (short) and bars (tall), the confidence of the beat as a
line below, and the moments that are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..timeline import Timeline
from ..timing import clock
from .canvas import Canvas, text_width
from .picture import EVENT_LOOKS, SECTION_COLOURS, trust_in_words
from .picture_sheet import BACK, BRIGHT, DIM, LINE, PANEL, TEXT

SIDE = 512
_ROWS = 4
_ROW_H = SIDE // _ROWS
_NAME_H, _WAVE_H, _TICKS_H, _TRUST_H = 24, 66, 18, 5
_FEWEST_PX = 3
"""Beats nearer than this are not drawn: they would be a grey bar."""


def draw_rows(song: Timeline, levels: Mapping[str, NDArray[Any]]) -> Canvas:
    """The picture; ``levels`` as of :func:`.picture.song_levels`."""
    canvas = Canvas(SIDE, SIDE, BACK)
    seconds = max(song.meta.duration_sec, 1e-3) / _ROWS
    for number in range(_ROWS):
        _Row(canvas, number, seconds, song, levels).draw()
    return canvas


class _Row:
    """One row: ``start`` to ``end`` in seconds, ``top`` in pixels."""

    def __init__(
        self, canvas: Canvas, number: int, seconds: float, song: Timeline, levels: Mapping[str, NDArray[Any]]
    ) -> None:
        self.canvas, self.song, self.levels = canvas, song, levels
        self.start, self.end = number * seconds, (number + 1) * seconds
        self.top = number * _ROW_H
        self.column_s = self.start + (np.arange(SIDE) + 0.5) / SIDE * seconds

    def x(self, seconds: float) -> float:
        """Pixel of a moment, inside the row or beside it."""
        return SIDE * (seconds - self.start) / (self.end - self.start)

    def draw(self) -> None:
        """Everything, from the top down."""
        wave = self.top + _NAME_H
        self.canvas.box(0, wave, SIDE, wave + _WAVE_H, PANEL)
        self._sections(wave)
        self._ticks(wave + _WAVE_H)
        self._moments(wave)

    def _sections(self, wave: int) -> None:
        colours = np.full((SIDE, 3), DIM, np.float32)
        for part in self.song.audio.sections:
            if part.start_time >= self.end or part.end_time <= self.start:
                continue
            colour = SECTION_COLOURS.get(part.section_type, DIM)
            x0, x1 = max(0.0, self.x(part.start_time)), min(float(SIDE), self.x(part.end_time))
            self.canvas.box(x0, self.top, x1 - 1, wave - 2, colour)
            if text_width(part.section_type, TEXT) <= x1 - x0 - 10:
                self.canvas.text(x0 + 6, self.top + 4, part.section_type, BRIGHT, scale=TEXT)
            colours[(self.column_s >= part.start_time) & (self.column_s < part.end_time)] = colour
        middle = wave + _WAVE_H / 2
        for name, tint in (("peak", colours * 0.55), ("mean", colours)):
            half = (_WAVE_H / 2 - 2) * self._level(name)
            self.canvas.columns(0, middle - half, middle + half, tint)

    def _level(self, name: str) -> NDArray[np.float64]:
        series = np.asarray(self.levels.get(name, ()), float)
        if not len(series):
            return np.zeros(SIDE)
        at = self.column_s / self.song.meta.duration_sec * len(series) - 0.5
        return np.interp(at, np.arange(len(series)), series)

    def _ticks(self, top: int) -> None:
        beats = self.song.beats
        firsts = np.array(beats.downbeats)
        inside = [np.array(times) for times in (beats.timestamps, firsts)]
        inside = [times[(times >= self.start) & (times < self.end)] for times in inside]
        for times, height, colour in zip(inside, (6, _TICKS_H - 4), (LINE, DIM), strict=True):
            if len(times) and SIDE / len(times) >= _FEWEST_PX:
                for t in times:
                    self.canvas.box(self.x(t), top + 1, self.x(t) + 1, top + height, colour)
        self.canvas.text(2, self.top + _NAME_H + 3, clock(self.start), BRIGHT, scale=TEXT)
        for region in beats.regions:
            if region.start < self.end and region.end > self.start:
                _, colour = trust_in_words(region.confidence, True, beats.edited and region.confidence >= 1)
                x0, x1 = max(0.0, self.x(region.start)), min(float(SIDE), self.x(region.end))
                self.canvas.box(x0, top + _TICKS_H - 3, x1, top + _TICKS_H - 3 + _TRUST_H, colour)

    def _moments(self, wave: int) -> None:
        for event in self.song.events:
            if event.type == "section_change" or not self.start <= event.t < self.end:
                continue
            shape, colour, _ = EVENT_LOOKS.get(event.type, ("diamond", DIM, ""))
            x = min(max(self.x(event.t), 10.0), SIDE - 10.0)
            if event.type == "drop":
                self.canvas.box(self.x(event.t) - 1, wave, self.x(event.t) + 1, wave + _WAVE_H, BRIGHT)
            self.canvas.stamp(x, wave + _WAVE_H - 11, shape, 18, colour)
