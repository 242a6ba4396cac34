# SPDX-License-Identifier: GPL-3.0-or-later
"""The script of a show as one picture: parts, waveform, bars, moments, shots, gestures and signals over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..timeline import Event, Timeline
from ..timing import clock
from .canvas import Canvas, Colour, text_width
from .decode import Decoded

WIDTH, HEIGHT = 1800, 560
_LEFT, _RIGHT = 78, 24
_BACK: Colour = (13, 13, 22)
_PANEL: Colour = (21, 21, 34)
_LINE: Colour = (58, 60, 84)
_DIM: Colour = (128, 132, 158)
_BRIGHT: Colour = (236, 238, 250)
SECTION_COLOURS: dict[str, Colour] = {
    "intro": (86, 108, 178),
    "verse": (64, 150, 210),
    "build": (240, 168, 58),
    "chorus": (232, 92, 176),
    "drop": (255, 62, 118),
    "break": (72, 178, 160),
    "bridge": (150, 112, 222),
    "outro": (108, 112, 150),
}
_EVENT_COLOURS: dict[str, Colour] = {
    "drop": (255, 62, 118),
    "build": (240, 168, 58),
    "breakdown": (72, 178, 160),
    "roll": (216, 216, 120),
    "retention_nudge": (120, 200, 255),
}
_PARTS_Y, _WAVE_Y, _BEAT_Y, _EVENT_Y, _SHOT_Y, _SIGNAL_Y, _AXIS_Y = 58, 120, 284, 304, 366, 430, 528
_ABOVE = 54
_SIGNAL_ROWS = (("energy", (255, 196, 84)), ("kick", (255, 92, 120)), ("snare", (120, 214, 255)))


def draw(timeline: Timeline, decoded: Decoded | None, path: Path) -> None:
    """Write the picture (PNG, 1800 by 560). Without samples the energy signal stands in for the waveform."""
    Drawing(timeline, decoded).save(path)


class Drawing:
    """The picture while it is made; x is time."""

    def __init__(self, timeline: Timeline, decoded: Decoded | None) -> None:
        self.timeline = timeline
        self.canvas = Canvas(WIDTH, HEIGHT, _BACK)
        self.span = WIDTH - _LEFT - _RIGHT
        self.duration = max(timeline.meta.duration_sec, 1e-3)
        self.column_s = (np.arange(self.span) + 0.5) / self.span * self.duration
        self._title()
        self._sections()
        self._waveform(decoded)
        self._bars()
        self._events()
        self._shots()
        self._signals()
        self._axis()

    def save(self, path: Path) -> None:
        """Write the PNG."""
        self.canvas.save(path)

    def x(self, seconds: float) -> float:
        """Pixel of a moment."""
        return _LEFT + self.span * min(max(seconds / self.duration, 0.0), 1.0)

    def _label(self, y: float, words: str) -> None:
        self.canvas.text(_LEFT - 10 - text_width(words), y, words, _DIM)

    def _title(self) -> None:
        meta, beats = self.timeline.meta, self.timeline.beats
        name = meta.title or meta.song_id
        end = self.canvas.text(_LEFT, 18, name[:44], _BRIGHT, scale=3)
        if meta.artist:
            self.canvas.text(end + 22, 25, meta.artist[:40], _DIM, scale=2)
        tempo = f"{beats.bpm:.1f} BPM" if beats.timestamps else "NO BEAT"
        trust = beats.confidence
        light = (96, 210, 130) if trust >= 0.7 else (240, 190, 70) if trust >= 0.4 else (240, 90, 80)
        facts = f"{tempo}  {clock(meta.duration_sec)}  CONFIDENCE {100 * trust:.0f}%"
        start = WIDTH - _RIGHT - text_width(facts, 2)
        self.canvas.box(start - 24, 24, start - 10, 38, light)
        self.canvas.text(start, 24, facts, _BRIGHT, scale=2)

    def _sections(self) -> None:
        self._label(_PARTS_Y + _ABOVE - 12, "PARTS")
        for part in self.timeline.audio.sections:
            x0, x1 = self.x(part.start_time), self.x(part.end_time) - 2
            colour = SECTION_COLOURS.get(part.section_type, _DIM)
            top = _PARTS_Y + _ABOVE - (14 + (_ABOVE - 14) * part.energy_level)
            self.canvas.box(x0, _PARTS_Y, x1, _PARTS_Y + _ABOVE, colour, 0.10)
            self.canvas.box(x0, top, x1, _PARTS_Y + _ABOVE, colour, 0.55)
            self.canvas.box(x0, top, x1, top + 2, colour)
            self._fitting(x0 + 6, _PARTS_Y + _ABOVE - 18, x1 - x0 - 10, part.section_type, _BRIGHT)

    def _fitting(self, x: float, y: float, room: float, words: str, colour: Colour) -> None:
        """Text at the largest size that fits, cut to its beginning when nothing does."""
        for scale, text in ((2, words), (1, words), (1, words[:3]), (1, words[:1])):
            if text_width(text, scale) <= room:
                self.canvas.text(x, y + (0 if scale == 2 else 5), text, colour, scale=scale)
                return

    def _waveform(self, decoded: Decoded | None) -> None:
        middle, half = (_WAVE_Y + _BEAT_Y) / 2, (_BEAT_Y - _WAVE_Y) / 2 - 6
        self.canvas.box(_LEFT, _WAVE_Y, WIDTH - _RIGHT, _BEAT_Y, _PANEL)
        self._label(middle - 3, "SOUND")
        peak, mean = self._levels(decoded)
        colours = np.array([self._colour_at(t) for t in self.column_s], np.float32)
        self.canvas.columns(_LEFT, middle - half * peak, middle + half * peak, colours * 0.62)
        self.canvas.columns(_LEFT, middle - half * mean, middle + half * mean, np.minimum(colours * 1.15, 255))

    def _levels(self, decoded: Decoded | None) -> tuple[NDArray, NDArray]:
        """Peak and loudness of every pixel column, 0..1."""
        if decoded is None:
            energy = np.array([self.timeline.signals.at("energy", t) for t in self.column_s])
            return energy, 0.6 * energy
        edges = np.linspace(0, len(decoded.samples), self.span + 1).astype(int)
        size = np.abs(decoded.samples)
        starts = np.minimum(edges[:-1], len(size) - 1)
        peak = np.maximum.reduceat(size, starts)
        power = np.add.reduceat(size.astype(np.float64) ** 2, starts) / np.maximum(np.diff(edges), 1)
        top = float(np.percentile(peak, 99.5)) + 1e-9
        return np.clip(peak / top, 0.004, 1), np.clip(np.sqrt(power) / top, 0.002, 1)

    def _colour_at(self, seconds: float) -> Colour:
        part = self.timeline.section_at(seconds)
        return SECTION_COLOURS.get(part.section_type, _DIM) if part else _DIM

    def _bars(self) -> None:
        self._label(_BEAT_Y + 5, "BARS")
        beats, downbeats = self.timeline.beats.timestamps, self.timeline.beats.downbeats
        if len(beats) > 1 and self.span / self.duration * (beats[1] - beats[0]) >= 3:
            for t in beats:
                self.canvas.box(self.x(t), _BEAT_Y + 2, self.x(t) + 1, _BEAT_Y + 6, _LINE)
        if not downbeats:
            return
        pixels_per_bar = self.span / max(len(downbeats), 1)
        step = next(s for s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 4096) if pixels_per_bar * s >= 26)
        for k, t in enumerate(downbeats):
            numbered = k % step == 0
            if numbered or pixels_per_bar >= 5:
                self.canvas.box(self.x(t), _BEAT_Y + 2, self.x(t) + 1, _BEAT_Y + (12 if numbered else 9), _DIM)
            if numbered:
                self.canvas.text(self.x(t) + 4, _BEAT_Y + 6, str(k + 1), _DIM)

    def _events(self) -> None:
        """Marks through the waveform with labels on three rows below; drops first, labels never overlap."""
        self._label(_EVENT_Y + 3, "EVENTS")
        taken: list[list[tuple[float, float]]] = [[], [], []]
        rank = {"drop": 0, "build": 1, "breakdown": 2, "hard_start": 3, "hard_stop": 3, "roll": 4}
        for event in sorted(self.timeline.events, key=lambda e: (rank.get(e.type, 5), e.t)):
            self._event(event, taken)

    def _event(self, event: Event, taken: list[list[tuple[float, float]]]) -> None:
        x, colour = self.x(event.t), _EVENT_COLOURS.get(event.type, _DIM)
        strong = event.type == "drop"
        self.canvas.box(x, _WAVE_Y, x + (3 if strong else 1), _BEAT_Y, (255, 255, 255) if strong else colour, 0.85)
        name = {"retention_nudge": "nudge", "section_change": "change"}.get(event.type, event.type.replace("_", " "))
        if strong:
            name = f"drop: {event.reason.split(' at ')[0]}"
        width = text_width(name)
        at = min(x + 4, WIDTH - _RIGHT - width)
        for row, spans in enumerate(taken):
            if all(at + width + 8 < a or at - 8 > b for a, b in spans):
                spans.append((at, at + width))
                y = _EVENT_Y + 3 + 17 * row
                self.canvas.box(x, _BEAT_Y, x + 1, y + 7, colour, 0.5)
                self.canvas.box(x - 1, y, x + 2, y + 7, colour)
                self.canvas.text(at, y, name, colour if not strong else _BRIGHT)
                return

    def _shots(self) -> None:
        self._label(_SHOT_Y + 8, "CAMERA")
        self._label(_SHOT_Y + 37, "DJ")
        plans = list(self.timeline.camera.values())
        for k, shot in enumerate(plans[0].shots if plans else ()):
            x0, x1 = self.x(shot.start), self.x(shot.end) - 1
            self.canvas.box(x0, _SHOT_Y, x1, _SHOT_Y + 22, (48, 52, 82) if k % 2 else (38, 41, 66))
            name = shot.shot if text_width(shot.shot) <= x1 - x0 - 6 else shot.shot[: max(0, int((x1 - x0 - 5) // 6))]
            if name:
                self.canvas.text(x0 + 4, _SHOT_Y + 8, name, (198, 202, 226))
        for trigger in self.timeline.avatar.triggers:
            x = self.x(trigger.t)
            colour = {"drop_reaction": (255, 62, 118), "crossfader_hit": (255, 196, 84)}.get(
                trigger.action, (150, 112, 222) if trigger.action == "spotlight_present" else (110, 190, 240)
            )
            high = 20 if trigger.action == "drop_reaction" else 13
            self.canvas.box(x - 1, _SHOT_Y + 48 - high, x + 3, _SHOT_Y + 48, colour)

    def _signals(self) -> None:
        room = (_AXIS_Y - _SIGNAL_Y - 6) / len(_SIGNAL_ROWS)
        for row, (name, colour) in enumerate(_SIGNAL_ROWS):
            bottom = _SIGNAL_Y + room * (row + 1) - 4
            high = room - 7
            self._label(bottom - high / 2 - 3, name)
            self.canvas.box(_LEFT, bottom - high, WIDTH - _RIGHT, bottom, _PANEL)
            values = np.asarray(self.timeline.signals.values.get(name, (0.0,)))
            edges = np.linspace(0, len(values), self.span + 1).astype(int)
            level = np.maximum.reduceat(values, np.minimum(edges[:-1], len(values) - 1))
            colours = np.repeat(np.array([colour], np.float32), self.span, axis=0)
            self.canvas.columns(_LEFT, bottom - high * level, np.full(self.span, bottom), colours, 0.85)

    def _axis(self) -> None:
        self.canvas.box(_LEFT, _AXIS_Y, WIDTH - _RIGHT, _AXIS_Y + 1, _LINE)
        step = next(s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600) if self.duration / s <= 24)
        for t in np.arange(0, self.duration, step):
            self.canvas.box(self.x(t), _AXIS_Y, self.x(t) + 1, _AXIS_Y + 6, _DIM)
            self.canvas.text(self.x(t) + 3, _AXIS_Y + 9, clock(float(t)), _DIM)
