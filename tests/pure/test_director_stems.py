# SPDX-License-Identifier: GPL-3.0-or-later
"""Stems are found by their names, drive their signals, and never stop a job."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.director.features import SAMPLE_RATE, extract
from crossfade_addon.director.signals import make_signals
from crossfade_addon.director.stems import KINDS, find_stems, hear_stems, with_stems
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.timeline import SIGNALS

SECONDS = 8.0


def write(path: Path, samples: np.ndarray, rate: int = 44100) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def strokes(times, hz=60.0, rate=44100, seconds=SECONDS):
    song = np.zeros(int(seconds * rate))
    t = np.arange(int(0.1 * rate)) / rate
    for at in times:
        first = int(at * rate)
        song[first : first + len(t)] += 0.8 * np.sin(2 * np.pi * hz * t) * np.exp(-30 * t)
    return song


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["kick.wav", "bass.wav", "vocals.wav", "other.wav", "drums.wav"], set(KINDS)),
        (["Song - Bass.flac", "Song - Vocals.flac"], {"bass", "vocals"}),
        (["01_KICK.mp3", "02_VOX.mp3"], {"kick", "vocals"}),
        (["All About That Bass - vocals.wav", "All About That Bass - drums.wav"], {"vocals", "drums"}),
        (["Kick Drum.wav", "bass-drum.wav.txt", "LeadVocals.wav"], {"kick", "vocals"}),
    ],
)
def test_names_say_what_a_stem_is(tmp_path, names, expected):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    found, notices = find_stems(tmp_path, tmp_path / "song.wav")
    assert set(found) == expected and notices == []


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["vocals and bass.wav"], "could be"),
        (["kick.wav", "kick.flac", "bass.wav"], "both called kick"),
        (["guitar solo.wav"], "not named like a stem"),
        (["readme.txt"], "no sound file"),
        ([], "no sound file"),
    ],
)
def test_what_is_unclear_is_said_and_left_out(tmp_path, names, said):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    found, notices = find_stems(tmp_path, tmp_path / "song.wav")
    assert len(notices) == 1 and said in notices[0]
    assert set(found) <= {"bass"}


def test_the_song_itself_is_no_stem(tmp_path):
    (tmp_path / "drum and bass anthem.wav").write_bytes(b"")
    (tmp_path / "vocals.wav").write_bytes(b"")
    found, notices = find_stems(tmp_path, tmp_path / "drum and bass anthem.wav")
    assert set(found) == {"vocals"} and notices == []


def hear(stems, tmp_path, seconds=SECONDS):
    notices: list[str] = []
    return hear_stems(stems, seconds, find_ffmpeg(), tmp_path / "work", notices.append), notices


def test_the_kick_stem_finds_kicks_that_the_mix_hides(tmp_path):
    truth = np.arange(0.5, 7.5, 0.5)
    rng = np.random.default_rng(2)
    t = np.arange(int(SECONDS * 44100)) / 44100
    rumble = 0.5 * np.sin(2 * np.pi * 55 * t) * (1 + 0.6 * np.sin(2 * np.pi * 3.1 * t))
    rumble += 0.1 * rng.standard_normal(len(t))
    kick = write(tmp_path / "kick.wav", 0.25 * strokes(truth))
    mix = make_signals(extract((0.25 * strokes(truth, rate=SAMPLE_RATE) + rumble[::2]).astype(np.float32)), SECONDS)
    curves, notices = hear({"kick": kick}, tmp_path)

    def hits(curve):
        curve = np.asarray(curve)
        return {round(float(t), 2) for t in np.flatnonzero(np.diff(curve) > 0.3) / 100 + 0.01}

    def found(curve):
        return sum(any(abs(h - t) <= 0.02 for h in hits(curve)) for t in truth)

    assert notices == []
    assert found(curves["kick"]) == len(truth) and len(hits(curves["kick"])) == len(truth)
    assert found(mix.values["kick"]) < len(truth) or len(hits(mix.values["kick"])) > len(truth)
    both = with_stems(mix, curves)
    assert both.values["bass"] is mix.values["bass"]
    assert set(both.values) == set(SIGNALS)


def test_stems_of_other_rates_and_lengths_are_fitted(tmp_path):
    truth = np.arange(0.5, 5, 0.5)
    short = write(tmp_path / "vocals.wav", strokes(truth, 600, 32000, 5.0), 32000)
    long = write(tmp_path / "bass.wav", strokes(np.arange(0.5, 11, 1), 70, 48000, 12.0), 48000)
    curves, notices = hear({"vocals": short, "bass": long}, tmp_path)
    assert {len(curve) for curve in curves.values()} == {800}
    assert curves["vocals"][600:].max() < 0.05 and curves["vocals"][51:60].max() > 0.9
    assert [("3.0 s shorter" in n, "4.0 s longer" in n) for n in notices] == [(False, True), (True, False)]


@pytest.mark.parametrize("content", ["text", "silence", "missing"])
def test_a_stem_that_cannot_be_used_leaves_the_mix(tmp_path, content):
    path = tmp_path / "vocals.wav"
    if content == "text":
        path.write_text("la la la")
    elif content == "silence":
        write(path, np.zeros(44100 * 3))
    curves, notices = hear({"vocals": path}, tmp_path)
    assert len(notices) == 1 and "vocals" in notices[0] and "mix" in notices[0]
    assert "vocals" not in curves
