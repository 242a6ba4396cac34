# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo song: what it promises about itself, and that the director hears exactly that."""

import re
import subprocess
import wave

import numpy as np
import pytest

from crossfade_addon.demo_song import render, write_demo
from crossfade_addon.director import analyse
from crossfade_addon.director.decode import decode
from crossfade_addon.director.lyrics import parse_lyrics

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
    samples = np.asarray(decoded.samples)
    assert abs(samples[0]) < 0.01
    assert np.abs(samples[-200:]).max() < 0.003


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
        assert [word.text for word in line.words] == line.text.split()
        for word in line.words:
            place = word.start / (demo.beats[1] / 2)
            assert abs(place - round(place)) < 0.05  # on eighth notes
