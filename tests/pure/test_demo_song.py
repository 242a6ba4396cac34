# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo song: what it promises about itself, and that the director hears exactly that; and its picture."""

import re
import subprocess
import wave
import zlib
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.brief import Brief
from crossfade_addon.demo_song import render, write_demo
from crossfade_addon.director import SongFacts, analyse, direct
from crossfade_addon.director.decode import decode
from crossfade_addon.director.lyrics import parse_lyrics
from crossfade_addon.director.picture import draw
from crossfade_addon.library.songs import file_sha256
from crossfade_addon.themes import load_theme

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def decoded(demo, tmp_path_factory):
    return decode(demo.audio, imageio_ffmpeg.get_ffmpeg_exe(), tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def heard(decoded):
    return analyse(decoded)


def test_the_file_is_stereo_16_bit_44100_with_tags(demo, decoded):
    with wave.open(str(demo.audio)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 44100)
        assert file.getnframes() / 44100 == pytest.approx(demo.duration)
    assert 43 <= demo.duration <= 48
    assert demo.duration == pytest.approx(len(demo.downbeats) * 240 / demo.bpm, abs=1e-3)
    assert (decoded.title, decoded.artist) == ("First Light", "Crossfade")


def test_the_bytes_are_always_the_same(demo):
    samples = np.round(render() * 32767).astype("<i2").tobytes()
    assert demo.audio.read_bytes().endswith(samples)


def test_it_is_mastered_to_minus_14_lufs_without_overs(demo):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-i", str(demo.audio)]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    report = subprocess.run(command, capture_output=True, text=True).stderr.split("Summary:")[1]
    loudness = float(re.search(r"I:\s+(-?[\d.]+) LUFS", report)[1])
    peak = float(re.search(r"Peak:\s+(-?[\d.]+) dBFS", report)[1])
    assert -15 <= loudness <= -13
    assert peak <= -1.0


def test_it_neither_clicks_in_nor_out(demo, decoded):
    assert abs(decoded.samples[0]) < 0.01
    assert np.abs(decoded.samples[-200:]).max() < 0.003


def test_the_beats_are_found_within_10_ms(demo, heard):
    found = np.array(heard.beats.timestamps)
    assert len(found) == len(demo.beats)
    assert np.abs(found - np.array(demo.beats)).max() < 0.010
    assert heard.beats.confidence > 0.7


def test_the_bars_are_found(demo, heard):
    assert np.abs(np.array(heard.beats.downbeats) - np.array(demo.downbeats)).max() < 0.010


def test_both_drops_are_found_on_the_bar(demo, heard):
    drops = [event.t for event in heard.events if event.type == "drop"]
    assert drops == pytest.approx(demo.drops, abs=0.010)


def test_the_parts_are_found(demo, heard):
    found = [(section.start_time, section.section_type) for section in heard.sections]
    assert [name for _, name in found] == [name for _, name in demo.sections]
    assert [t for t, _ in found] == pytest.approx([t for t, _ in demo.sections], abs=0.010)


def test_the_kick_signal_is_quiet_until_the_drop(demo, heard):
    kick = np.array(heard.signals.values["kick"])
    drop = int(demo.drops[0] * 100)
    assert kick[: drop - 5].max() < 0.2
    for beat in demo.beats[32:50]:
        assert kick[int(beat * 100) - 3 : int(beat * 100) + 4].max() > 0.6


def test_the_lyrics_lie_on_beats(demo):
    lyrics = parse_lyrics(demo.lyrics.read_text(encoding="utf-8"), ".lrc")
    assert 8 <= len(lyrics.lines) <= 12
    for line in lyrics.lines:
        assert min(abs(line.start - beat) for beat in demo.beats) < 0.01
        assert line.end <= demo.duration


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


@pytest.mark.parametrize("with_sound", [True, False])
def test_the_picture_shows_parts_waveform_and_drops(demo, decoded, heard, tmp_path, with_sound):
    brief = Brief(demo.audio, "demo", ("youtube",))
    platforms = {"youtube": {"window_s": 0, "max_s": 43200}}
    facts = SongFacts(decoded.title, decoded.artist, file_sha256(demo.audio))
    lyrics = parse_lyrics(Path(demo.lyrics).read_text(encoding="utf-8"), ".lrc")
    timeline = direct(heard, facts, brief, load_theme("sponsor_neon"), lyrics, platforms)
    draw(timeline, decoded if with_sound else None, tmp_path / "song.png")
    image = png_pixels(tmp_path / "song.png").astype(int)
    assert image.shape[1] == 1800
    assert len(np.unique(image @ np.array([65536, 256, 1]))) > 100
    wave_band = image[124:280]
    quiet = (wave_band[:, 100:400].sum(axis=2) > 200).mean()
    loud = (wave_band[:, 660:1050].sum(axis=2) > 200).mean()
    assert loud > 1.5 * quiet
    for drop in demo.drops:
        x = int(78 + (1800 - 78 - 24) * drop / demo.duration)
        assert image[124:280, x - 2 : x + 5].min(axis=2).max(axis=1).mean() > 150
