# SPDX-License-Identifier: GPL-3.0-or-later
"""The script of a show as one picture: what was heard above, what will be shown below, over one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..timeline import FAIR_FROM, SURE_FROM, Event, Timeline
from ..timing import clock
from .canvas import Canvas, Colour, text_width
from .picture_sheet import BRIGHT, DIM, GAP, HEADING_H, KEY_H, LEFT, LINE, RIGHT, SPAN, TEXT, WIDTH, Sheet
from .picture_show import draw_show, show_height, show_key

if TYPE_CHECKING:
    from .decode import Decoded

SECTION_COLOURS: dict[str, Colour] = {
    "intro": (92, 112, 190),
    "verse": (58, 142, 206),
    "build": (228, 148, 40),
    "chorus": (206, 76, 158),
    "drop": (236, 48, 100),
    "break": (48, 156, 140),
    "bridge": (138, 102, 214),
    "outro": (106, 112, 150),
}
SURE, FAIR, UNSURE = (70, 186, 110), (222, 166, 50), (206, 70, 70)
_KEY_FROM = 0.4
"""Confidence under which the key gets a question mark."""
EVENT_LOOKS: dict[str, tuple[str, Colour, str]] = {
    "drop": ("down", (255, 62, 118), "drop"),
    "build": ("ramp", (240, 168, 58), "build"),
    "breakdown": ("fall", (72, 190, 168), "breakdown"),
    "hard_start": ("play", (150, 220, 130), "start"),
    "hard_stop": ("square", (240, 110, 100), "stop"),
    "roll": ("bars", (226, 214, 110), "roll"),
    "silence": ("hollow", (150, 156, 186), "silence"),
    "section_change": ("diamond", (150, 156, 186), "new part"),
    "retention_nudge": ("ring", (120, 200, 255), "nudge"),
}
"""Shape, colour and name of each event type, the most telling first."""
SIGNAL_COLOURS: dict[str, Colour] = {
    "kick": (255, 92, 120),
    "snare": (255, 190, 92),
    "hats": (240, 236, 130),
    "bass": (170, 120, 255),
    "mids": (96, 200, 150),
    "highs": (120, 214, 255),
    "brightness": (200, 204, 224),
    "vocals": (255, 140, 210),
    "other": (140, 190, 230),
}
_TITLE_H, _PARTS_H, _WAVE_H, _BARS_H, _TRUST_H, _CLOCK_H = 92, 58, 170, 26, 22, 20
_EVENT_ROWS, _EVENT_ROW_H, _SIGNAL_H = 5, 22, 22
_CLOSE = 4
_LOOK = 4096
_MANY_DROPS = 24
_ENERGY: Colour = (255, 232, 150)
_PALE: Colour = (214, 218, 236)


_SONG_H = _TITLE_H + _PARTS_H + _WAVE_H + _BARS_H + _TRUST_H + _CLOCK_H + _EVENT_ROWS * _EVENT_ROW_H


def draw(timeline: Timeline, decoded: Decoded | None, path: Path) -> None:
    """Write the picture (PNG, 2000 pixels wide). Without samples the energy signal stands in for the waveform."""
    signals = [name for name in SIGNAL_COLOURS if name in timeline.signals.values]
    lanes = _SONG_H + len(signals) * (_SIGNAL_H + _CLOSE) + show_height(timeline)
    height = lanes + 2 * HEADING_H + (1 + len(show_key())) * KEY_H + 7 * GAP
    sheet = Sheet(timeline.meta.duration_sec, height)
    energy = timeline.signals.values.get("energy", ())
    _draw_song(sheet, timeline, song_levels(decoded, energy))
    for name in signals:
        _signal(sheet, timeline, name)
    sheet.heading("the show")
    draw_show(sheet, timeline, SECTION_COLOURS)
    sheet.heading("what it means")
    parts = [("box", colour, name) for name, colour in SECTION_COLOURS.items()]
    sheet.key({"moments": EVENT_LOOKS.values(), "parts": parts})
    for line in show_key():
        sheet.key(line)
    sheet.save(path)


def draw_song(timeline: Timeline, levels: Mapping[str, NDArray[Any]]) -> Canvas:
    """The upper part of the picture, what was heard, 2000 pixels wide.

    Parameters
    ----------
    levels : mapping of arrays (n,)
        As :func:`song_levels` gives them; what is missing is drawn as silence.
    """
    sheet = Sheet(timeline.meta.duration_sec, _SONG_H + 7 * GAP)
    _draw_song(sheet, timeline, levels)
    return sheet.canvas


def _draw_song(sheet: Sheet, timeline: Timeline, levels: Mapping[str, NDArray[Any]]) -> None:
    _title(sheet, timeline)
    _parts(sheet, timeline)
    _waveform(sheet, timeline, levels)
    _bars(sheet, timeline)
    _trust(sheet, timeline)
    _clock(sheet)
    _events(sheet, timeline)


def _title(sheet: Sheet, timeline: Timeline) -> None:
    meta, beats, key = timeline.meta, timeline.beats, timeline.audio.key
    facts: list[tuple[str, str, Colour]] = [("length", clock(meta.duration_sec), BRIGHT)]
    if key.tonic:
        unsure = "" if key.confidence >= _KEY_FROM else "?"
        facts.insert(0, ("key", f"{key.tonic} {key.mode}{unsure}", BRIGHT))
    if beats.timestamps:
        facts.insert(0, ("beats a bar", str(beats.meter), BRIGHT))
        facts.insert(0, ("tempo", f"{beats.bpm:.1f} BPM", BRIGHT))
    word, colour = trust_in_words(beats.confidence, bool(beats.timestamps), beats.edited)
    facts.append(("beat", word, colour))
    x = WIDTH - RIGHT
    for label, value, colour in reversed(facts):
        x -= max(text_width(value, 3), text_width(label, TEXT))
        sheet.canvas.text(x, 18, label, DIM, scale=TEXT)
        sheet.canvas.text(x, 44, value, colour, scale=3)
        x -= 40
    name = meta.title or meta.song_id
    while name and text_width(name, 4) > x - 24 and len(name) > 8:
        name = name[:-4].rstrip() + "..."
    sheet.canvas.text(24, 16, name, BRIGHT, scale=4)
    show = f"{meta.mode}, {meta.theme.replace('_', ' ')}, seed {meta.seed}" if meta.theme else ""
    sheet.canvas.text(24, 60, "   ".join(filter(None, (meta.artist, show))), DIM, scale=TEXT)
    sheet.y = _TITLE_H


def trust_in_words(confidence: float, has_beat: bool, edited: bool = False) -> tuple[str, Colour]:
    """How sure the beat is, and the colour that says the same."""
    if not has_beat:
        return "none to follow", DIM
    if edited:
        return "corrected by hand", SURE
    percent = f"{100 * confidence:.0f}%"
    if confidence >= SURE_FROM:
        return f"sure, {percent}", SURE
    if confidence >= FAIR_FROM:
        return f"fairly sure, {percent}", FAIR
    return f"a guess, {percent}", UNSURE


def _parts(sheet: Sheet, timeline: Timeline) -> None:
    top, bottom = sheet.lane("parts", _PARTS_H, panel=False)
    bars = np.array(timeline.beats.downbeats)
    for part in timeline.audio.sections:
        colour = SECTION_COLOURS.get(part.section_type, DIM)
        sheet.block(part.start_time, part.end_time, top, bottom, colour, alpha=0.85)
        x0, x1 = sheet.x(part.start_time) + 7, sheet.x(part.end_time) - 5
        name, group = part.section_type, part.group
        sheet.fitting(x0, x1, top + 10, (f"{name} {group}".strip(), name, group), BRIGHT)
        count = int(((bars >= part.start_time - 0.02) & (bars < part.end_time - 0.02)).sum())
        length = f"{count} bars" if count else clock(part.end_time - part.start_time)
        sheet.fitting(x0, x1, top + 34, (length, str(count or "")), (18, 18, 28))


def _waveform(sheet: Sheet, timeline: Timeline, levels: Mapping[str, NDArray[Any]]) -> None:
    top, bottom = sheet.lane("sound", _WAVE_H)
    middle, half = (top + bottom) / 2, _WAVE_H / 2 - 4
    colours = _colours_over_time(sheet, timeline)
    for name, tint in (("peak", colours * 0.55), ("mean", colours)):
        level = sheet.peak_of(np.asarray(levels.get(name, ())))
        sheet.canvas.columns(LEFT, middle - half * level, middle + half * level, np.minimum(tint, 255))
    line = bottom - 4 - (2 * half - 4) * sheet.mean_of(np.asarray(levels.get("energy", ())))
    upper, lower = np.minimum(line, np.roll(line, 1)), np.maximum(line, np.roll(line, 1))
    upper[0] = lower[0] = line[0]
    tint = np.broadcast_to(np.array(_ENERGY, np.float32), (sheet.span, 3))
    sheet.canvas.columns(LEFT, upper - 1.2, lower + 1.2, tint, 0.95)
    label = "energy"
    sheet.canvas.text(LEFT - 14 - text_width(label, TEXT), top + 50, label, _ENERGY, scale=TEXT)


def song_levels(decoded: Decoded | None, energy: NDArray[Any] | Sequence[float]) -> dict[str, NDArray[Any]]:
    """``peak`` and ``mean`` (loudness) of every pixel column and the ``energy``, 0..1.

    Without samples the energy stands in for the sound.
    """
    series = np.asarray(energy, np.float32)
    if decoded is None or not len(decoded.samples):
        return {"peak": series, "mean": 0.6 * series, "energy": series}
    samples = decoded.samples
    edges = np.linspace(0, len(samples), SPAN + 1).astype(int)
    peak, power = np.zeros(SPAN), np.zeros(SPAN)
    for k, (start, end) in enumerate(pairwise(edges)):
        # Four looks say enough about a column, however long the song is.
        step = max(_LOOK, (end - start) // 4)
        for first in range(start, max(end, start + 1), step):
            piece = samples[first : max(min(first + _LOOK, end), first + 1)]
            peak[k] = max(peak[k], float(np.abs(piece).max(initial=0.0)))
            power[k] = max(power[k], float(np.dot(piece, piece)) / max(len(piece), 1))
    top = float(np.percentile(peak, 99.5)) + 1e-9
    loud = {"peak": np.clip(peak / top, 0.006, 1), "mean": np.clip(np.sqrt(power) / top, 0.003, 1)}
    return {**loud, "energy": series}


def _colours_over_time(sheet: Sheet, timeline: Timeline) -> NDArray[np.float32]:
    colours = np.full((sheet.span, 3), DIM, np.float32)
    for part in timeline.audio.sections:
        inside = (sheet.column_s >= part.start_time) & (sheet.column_s < part.end_time)
        colours[inside] = SECTION_COLOURS.get(part.section_type, DIM)
    return colours


def _bars(sheet: Sheet, timeline: Timeline) -> None:
    top, _ = sheet.lane("bars", _BARS_H, panel=False, gap=2)
    beats, downbeats = timeline.beats.timestamps, timeline.beats.downbeats
    if not downbeats:
        words = "no beat to follow: a calm show, planned from the parts and their energy"
        sheet.canvas.text(LEFT, top + 8, words, DIM, scale=TEXT)
        return
    if sheet.span / len(beats) >= 4:
        for t in beats:
            sheet.canvas.box(sheet.x(t), top, sheet.x(t) + 1, top + 4, LINE)
    room = sheet.span / len(downbeats)
    widest = text_width(str(len(downbeats)), TEXT) + 14
    step = next(s for s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 100_000) if room * s >= widest)
    for k, t in enumerate(downbeats):
        numbered = k % step == 0
        if numbered or room >= 5:
            sheet.canvas.box(sheet.x(t), top, sheet.x(t) + (2 if numbered else 1), top + (22 if numbered else 8), DIM)
        if numbered and sheet.x(t) + widest < WIDTH - RIGHT + 8:
            sheet.canvas.text(sheet.x(t) + 5, top + 10, str(k + 1), BRIGHT, scale=TEXT)


def _trust(sheet: Sheet, timeline: Timeline) -> None:
    """The beat's confidence as a strip: green where it is sure, amber, red, dark where there is none."""
    top, bottom = sheet.lane("beat", _TRUST_H, gap=_CLOSE)
    beats = timeline.beats
    last_bpm = 0.0
    for region in beats.regions:
        word, colour = trust_in_words(region.confidence, True, beats.edited and region.confidence >= 1)
        bpm = region.bpm if abs(region.bpm - last_bpm) > 0.5 else 0.0
        tempo = f"{region.bpm:.0f} BPM" if bpm else ""
        last_bpm = region.bpm or last_bpm
        words = (f"{tempo}{', ' if tempo else ''}{word}", tempo)
        sheet.block(region.start, region.end, top, bottom, colour, words, alpha=0.75)
    if not beats.regions:
        word, _ = trust_in_words(beats.confidence, bool(beats.timestamps), beats.edited)
        sheet.canvas.text(LEFT + 6, top + 4, word, DIM, scale=TEXT)


def _clock(sheet: Sheet) -> None:
    top, _ = sheet.lane("time", _CLOCK_H, panel=False, gap=_CLOSE)
    step = sheet.tick_step()
    for t in np.arange(0, sheet.duration, step):
        x = sheet.x(float(t))
        sheet.canvas.box(x, top, x + 1, top + 16, DIM)
        if x + 70 < WIDTH:
            sheet.canvas.text(x + 5, top + 2, clock(float(t)), DIM, scale=TEXT)


def _events(sheet: Sheet, timeline: Timeline) -> None:
    """Shapes with their reasons on five rows, the most telling type first.

    All events of a type are worded alike: with reasons when there is room for all of them, else by name, else as
    shapes only, as many as fit.
    """
    top, _ = sheet.lane("moments", _EVENT_ROWS * _EVENT_ROW_H, panel=False)
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_EVENT_ROWS)]
    drops = timeline.drops()
    wave, width, alpha = _TITLE_H + _PARTS_H + GAP, *((1, 0.45) if len(drops) > _MANY_DROPS else (3, 0.9))
    for t in drops:
        sheet.canvas.box(sheet.x(t) - width // 2, wave, sheet.x(t) + width / 2 + 0.5, wave + _WAVE_H, BRIGHT, alpha)
    for kind, (shape, colour, name) in EVENT_LOOKS.items():
        alike = sorted((e for e in timeline.events if e.type == kind), key=lambda e: e.t)
        wordings = ([_in_words(e, name) for e in alike], [name] * len(alike), [""] * len(alike))
        for texts in wordings:
            places, spans = _places(sheet, alike, texts, taken)
            if len(places) == len(alike) or not texts[0]:
                break
        taken = spans
        for event, text, at, row in places:
            x, y = sheet.x(event.t), top + row * _EVENT_ROW_H
            sheet.canvas.stamp(x, y + 8, shape, 16, colour)
            sheet.canvas.text(at, y + 1, text, BRIGHT if kind == "drop" else _PALE, scale=TEXT)


_Spans = list[list[tuple[float, float]]]


def _places(
    sheet: Sheet, events: Sequence[Event], texts: Sequence[str], taken: _Spans
) -> tuple[list[tuple[Event, str, float, int]], _Spans]:
    """Where events with these texts find room: (event, text, x of the text, row), and what is taken then.

    The shape stands on its moment; the text follows it, or goes before it near the right edge.
    """
    spans = [list(row) for row in taken]
    places = []
    for event, text in zip(events, texts, strict=True):
        width = text_width(text, TEXT) if text else 0
        x = sheet.x(event.t)
        at = x + 13 if x + 13 + width <= WIDTH - RIGHT else x - 13 - width
        left, right = min(x - 9, at), max(x + 9, at + width)
        free = (k for k, row in enumerate(spans) if all(right + 10 < a or left - 10 > b for a, b in row))
        k = next(free, None)
        if k is not None:
            spans[k].append((left, right))
            places.append((event, text, at, k))
    return places, spans


def _in_words(event: Event, name: str) -> str:
    return event.reason if event.reason.startswith(name) else f"{name}: {event.reason}" if event.reason else name


def _signal(sheet: Sheet, timeline: Timeline, name: str) -> None:
    top, bottom = sheet.lane(name, _SIGNAL_H, gap=_CLOSE)
    level = sheet.peak_of(np.asarray(timeline.signals.values[name]))
    sheet.curve(top + 1, bottom, level, SIGNAL_COLOURS[name], 0.9)
