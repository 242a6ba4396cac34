# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline picture: things are where they belong, nothing written is covered, and it costs little."""

from __future__ import annotations

import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.brief import Brief
from crossfade_addon.director import SongAnalysis, SongFacts, direct
from crossfade_addon.director.bitmap_font import text_mask
from crossfade_addon.director.canvas import SHAPES, Canvas
from crossfade_addon.director.decode import Decoded
from crossfade_addon.director.picture import EVENT_LOOKS, FAIR, SECTION_COLOURS, SURE, UNSURE, draw
from crossfade_addon.director.picture_sheet import LEFT, RIGHT, WIDTH
from crossfade_addon.themes import load_theme
from crossfade_addon.timeline import (
    ACTIONS,
    EVENT_TYPES,
    SECTION_TYPES,
    SIGNALS,
    Beats,
    Event,
    Key,
    LyricLine,
    Lyrics,
    Region,
    Section,
    Signals,
    Timeline,
)

PLATFORMS = {"tiktok": {"window_s": 60, "max_s": 600}, "youtube": {"window_s": 0, "max_s": 43200}}
BAR = 2.0
KINDS = ("intro", "verse", "build", "drop", "break", "build", "drop", "outro")


def png_pixels(path):
    """Decode the PNG by the specification (8-bit RGB, filters 0 and 2)."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, size = 8, b"", None
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + content) == int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        if kind == b"IHDR":
            size = int.from_bytes(content[:4], "big"), int.from_bytes(content[4:8], "big")
            assert content[8:] == bytes((8, 2, 0, 0, 0))
        elif kind == b"IDAT":
            body += content
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(body), np.uint8).reshape(size[1], 1 + 3 * size[0])
    image, above = np.zeros((size[1], 3 * size[0]), np.uint8), np.zeros(3 * size[0], np.uint8)
    for y, row in enumerate(rows):
        assert row[0] in (0, 2)
        above = row[1:] + (above if row[0] == 2 else 0)
        image[y] = above
    return image.reshape(size[1], size[0], 3)


def script(seconds: float, *, calm: bool = False, title: str = "A Song", edited: bool = False) -> Timeline:
    """A show of a song by hand: eight parts of even length at 120 bpm, two drops, an unsure beginning."""
    bars = int(seconds / BAR)
    edges = [round(k * bars / 8) * BAR for k in range(8)] + [seconds]
    energy = dict(zip(SECTION_TYPES, (0.2, 0.4, 0.6, 0.8, 1.0, 0.3, 0.5, 0.1), strict=True))
    sections = tuple(
        Section(a, b, kind, energy[kind], 1.0, "ABCDEFGH"[k], 8)
        for k, (a, b, kind) in enumerate(zip(edges[:-1], edges[1:], KINDS, strict=True))
        if b > a
    )
    events = []
    for section in sections[1:]:
        kind = {"drop": "drop", "build": "build", "break": "breakdown"}.get(section.section_type, "section_change")
        events.append(
            Event(section.start_time, kind, "high", kind, f"something heard at {section.start_time:.0f} s", 0.8)
        )
    grid = () if calm else tuple(k * 0.5 for k in range(int(seconds * 2)))
    regions = (Region(0, edges[1], 0.2, False, 120), Region(edges[1], edges[2], 0.5, True, 120))
    regions += (Region(edges[2], seconds, 0.95, True, 120),)
    count = int(seconds * 100)
    wave = 0.5 + 0.5 * np.sin(np.arange(count) / 300)
    analysis = SongAnalysis(
        duration_sec=seconds,
        beats=Beats() if calm else Beats(grid, grid[::4], 120.0, 4, 0.85, regions, edited=edited),
        sections=sections,
        events=tuple(events),
        signals=Signals(100.0, {name: tuple(np.round(wave, 3).tolist()) for name in (*SIGNALS, "vocals")}),
        key=Key("F#", "minor", 0.8),
    )
    lines = tuple(
        LyricLine(t, t + 1.8, f"line number {t:.0f} of the song") for t in np.arange(2, seconds - 3, 6.0).tolist()
    )
    brief = Brief(Path("/music/song.wav"), "song", tuple(PLATFORMS))
    theme = load_theme("sponsor_neon")
    return direct(analysis, SongFacts(title, "An Artist"), brief, theme, Lyrics(lines), PLATFORMS)


def noise(seconds: float) -> Decoded:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, int(seconds * 22050)).astype(np.float32)
    return Decoded(samples, 22050, seconds, "", "")


def x_of(seconds: float, duration: float) -> int:
    return int(LEFT + (WIDTH - LEFT - RIGHT) * seconds / duration)


def near(pixels: np.ndarray, colour: tuple, tolerance: int = 40) -> np.ndarray:
    return np.abs(pixels.astype(int) - np.array(colour)).max(axis=-1) <= tolerance


@pytest.mark.parametrize("sound", [True, False])
def test_parts_waveform_drops_and_trust_are_where_they_belong(tmp_path, sound):
    timeline = script(192.0)
    draw(timeline, noise(192.0) if sound else None, tmp_path / "song.png")
    image = png_pixels(tmp_path / "song.png")
    assert image.shape[1] == WIDTH
    for part in timeline.audio.sections:
        middle = x_of((part.start_time + part.end_time) / 2, 192.0)
        column = image[90:330, middle + 30]
        assert near(column, SECTION_COLOURS[part.section_type]).sum() >= 30, part.section_type
    for drop in timeline.drops():
        x = x_of(drop, 192.0)
        assert (image[165:325, x - 2 : x + 3].min(axis=2).max(axis=1) > 200).mean() > 0.95
    strip = image[340:440]
    for seconds, colour in ((12, UNSURE), (36, FAIR), (150, SURE)):
        tints = {name: near(strip[:, x_of(seconds, 192.0)], name, 60).sum() for name in (UNSURE, FAIR, SURE)}
        assert max(tints, key=tints.get) == colour


def test_wall_and_beams_stand_below_each_other_where_they_are_planned(tmp_path):
    """Along the song the two lanes change colour where the plan's cues begin, and nowhere else."""
    from crossfade_addon.director.picture_show import BEAM_COLOUR, SNAP_COLOUR, WALL_COLOURS

    timeline = script(192.0)
    draw(timeline, None, tmp_path / "song.png")
    image = png_pixels(tmp_path / "song.png")
    first = timeline.lighting.wall[0]
    at = [x_of(cue.end, 192.0) - 3 for cue in timeline.lighting.wall]
    drawn = [row for row in range(len(image)) if near(image[row, at[0]], WALL_COLOURS[first.family], 3)]
    row = drawn[len(drawn) // 2]
    for x, cue in zip(at, timeline.lighting.wall, strict=True):
        assert near(image[row, x], WALL_COLOURS[cue.family], 3), cue
    for cue in timeline.lighting.beams:
        tint = SNAP_COLOUR if cue.snap else BEAM_COLOUR
        assert near(image[row + 21, x_of(cue.end, 192.0) - 3], tint, 3), cue
    assert any(cue.snap for cue in timeline.lighting.beams)


class Writing:
    """Records where every text is put, and where shapes stand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boxes: list[tuple[float, float, float, float, str]] = []
        self.size = (0, 0)
        plain = Canvas.text

        def text(canvas, x, y, words, colour, *, scale=1):
            mask = text_mask(words, scale)
            self.size = (canvas.width, canvas.height)
            if words:
                self.boxes.append((x, y, x + mask.shape[1], y + 7 * scale, words))
            return plain(canvas, x, y, words, colour, scale=scale)

        monkeypatch.setattr(Canvas, "text", text)

    def said(self) -> str:
        return " | ".join(box[4] for box in self.boxes)


@pytest.mark.parametrize("calm", [False, True])
@pytest.mark.parametrize("seconds", [1.5, 8.0, 30.0, 192.0, 1200.0, 7200.0])
def test_no_text_covers_another_or_leaves_the_picture(tmp_path, monkeypatch, seconds, calm):
    writing = Writing(monkeypatch)
    draw(script(seconds, calm=calm), None, tmp_path / "song.png")
    width, height = writing.size
    for x0, y0, x1, y1, words in writing.boxes:
        assert x0 >= 0 and x1 <= width and y0 >= 0 and y1 <= height, words
    for k, (a0, b0, a1, b1, words) in enumerate(writing.boxes):
        for c0, d0, c1, d1, other in writing.boxes[k + 1 :]:
            assert a1 <= c0 or c1 <= a0 or b1 <= d0 or d1 <= b0, f"'{words}' and '{other}'"


def test_it_says_what_matters_in_words(tmp_path, monkeypatch):
    writing = Writing(monkeypatch)
    timeline = script(192.0)
    draw(timeline, None, tmp_path / "song.png")
    said = writing.said()
    wanted = ["A Song", "An Artist", "120.0 BPM", "F# minor", "3:12", "sure, 85%", "drop: something heard at 72 s"]
    wanted += ["verse B", "12 bars", "kick", "vocals", "camera", "tiktok", "youtube", "line..."]
    assert [text for text in wanted if text not in said] == []
    assert timeline.clips["tiktok"].reason.split(";")[0] in said


def test_calm_and_corrected_grids_are_told(tmp_path, monkeypatch):
    writing = Writing(monkeypatch)
    draw(script(60.0, calm=True), None, tmp_path / "calm.png")
    assert "no beat to follow" in writing.said() and "BPM" not in writing.said()
    draw(script(60.0, edited=True), None, tmp_path / "edited.png")
    assert "corrected by hand" in writing.said()


def test_the_picture_costs_little(tmp_path):
    timeline, sound = script(180.0), noise(180.0)
    spent = []
    for _ in range(3):
        start = time.process_time()
        draw(timeline, sound, tmp_path / "song.png")
        spent.append(time.process_time() - start)
    assert min(spent) < 0.25


@pytest.mark.parametrize("title", ["夜に駆ける", "x" * 300, "", "Ünïcödé — “quoted”"])
def test_any_title_can_be_drawn(tmp_path, title):
    timeline = script(20.0)
    draw(replace(timeline, meta=replace(timeline.meta, title=title)), None, tmp_path / "song.png")
    assert (tmp_path / "song.png").stat().st_size > 5000
    assert not list(tmp_path.glob("*.part"))


def test_a_bare_timeline_can_be_drawn(tmp_path):
    full = script(20.0)
    draw(Timeline(full.meta, replace(full.audio, sections=()), Beats()), None, tmp_path / "song.png")
    assert png_pixels(tmp_path / "song.png").shape[1] == WIDTH


def test_everything_has_a_look_of_its_own():
    from crossfade_addon.director.picture_show import ACTION_LOOKS, SHOT_COLOURS, WALL_COLOURS
    from crossfade_addon.timeline import SHOTS, WALL_FAMILIES

    assert set(EVENT_LOOKS) == set(EVENT_TYPES) and set(SECTION_COLOURS) == set(SECTION_TYPES)
    assert set(ACTION_LOOKS) == set(ACTIONS) - {"idle_bob"} and set(SHOT_COLOURS) == set(SHOTS)
    assert set(WALL_COLOURS) == set(WALL_FAMILIES)
    assert len({shape for shape, _, _ in EVENT_LOOKS.values()}) == len(EVENT_LOOKS)
    canvas = Canvas(400, 40, (0, 0, 0))
    for k, shape in enumerate(SHAPES):
        canvas.stamp(20 + 30 * k, 20, shape, 16, (255, 255, 255))
        patch = canvas.pixels[12:28, 12 + 30 * k : 28 + 30 * k, 0]
        assert 20 < (patch > 128).sum() < 250


def test_glyphs_of_all_letters_differ():
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    assert len({text_mask(c, 2).tobytes() + bytes(text_mask(c, 2).shape) for c in letters}) == len(letters)
