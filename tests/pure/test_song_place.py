# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivered sound is found in the song at its place, to the sample, and another sound is not found at all."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from crossfade_addon.encode import song_place, sound
from crossfade_addon.encode.decoded import SOUND_RATE
from crossfade_addon.errors import CrossfadeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import drain, run_quietly

pytestmark = pytest.mark.pure

SECONDS = 40.0


def music(seed: int = 1, seconds: float = SECONDS) -> np.ndarray:
    """Notes of a quarter of a second over a kick twice a second: no part is like another."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SOUND_RATE)) / SOUND_RATE
    pitch = rng.uniform(150, 1500, int(seconds * 4) + 1)[(t * 4).astype(int)]
    beat = t % 0.5
    kick = np.exp(-beat * 30) * np.sin(2 * np.pi * 60 * beat)
    return (0.3 * np.sin(2 * np.pi * np.cumsum(pitch) / SOUND_RATE) + 0.5 * kick).astype(np.float32)


def late(samples: np.ndarray, seconds: float) -> np.ndarray:
    shift = round(seconds * SOUND_RATE)
    return np.concatenate((np.zeros(max(0, shift), np.float32), samples[max(0, -shift) :]))[: len(samples)]


def found(delivered: np.ndarray, song: np.ndarray) -> list[song_place.Stretch]:
    return [song_place.found_at(*stretch, delivered, song) for stretch in song_place.stretches(delivered)]


@pytest.mark.parametrize("seconds", [0.0, 0.004, -0.012, 0.08, 0.5, -0.9])
def test_a_delay_is_measured_to_the_sample(seconds):
    song = music()
    stretches = found(late(song, seconds), song)
    assert len(stretches) == 3
    assert [s.late for s in stretches] == pytest.approx([1000 * seconds] * 3, abs=1000 / SOUND_RATE)
    assert min(s.alike for s in stretches) > 0.98
    assert song_place.place_check(stretches).ok == (abs(seconds) <= 0.005)


@pytest.mark.parametrize(
    "delivered",
    [music(2), late(music(), 9.0), music()[::-1].copy(), np.concatenate((music()[: 20 * SOUND_RATE], music(3)))],
    ids=["another song", "another part", "backwards", "another song from the middle on"],
)
def test_what_is_not_the_planned_part_is_named(delivered):
    check = song_place.place_check(found(delivered[: len(music())], music()))
    assert not check.ok and "not the song's part" in check.measured and check.fix


def test_a_speed_that_is_a_little_off_is_named():
    song = music()
    faster = np.interp(np.arange(len(song)) * 1.001, np.arange(len(song)), song).astype(np.float32)
    assert not song_place.place_check(found(faster, song)).ok


def test_a_beat_that_repeats_itself_exactly_is_not_taken_for_its_neighbour():
    clicks = np.zeros(int(SECONDS * SOUND_RATE), np.float32)
    clicks[:: SOUND_RATE // 2] = 0.8
    assert [s.late for s in found(clicks, clicks)] == [0.0, 0.0, 0.0]


def test_a_steady_tone_that_fades_away_is_at_its_place():
    """Where it fades it is more like itself a few periods earlier, and beyond the song's end there is nothing."""
    t = np.arange(3 * SOUND_RATE) / SOUND_RATE
    tone = (0.3 * np.sin(2 * np.pi * 210.6 * t)).astype(np.float32)
    faded = tone * np.minimum(1, (3.0 - t) / 1.5).astype(np.float32)
    ((first, last),) = song_place.stretches(faded, 0.0, 1.5)
    assert last <= 1.5 * SOUND_RATE
    assert song_place.found_at(first, last, faded, tone).late == pytest.approx(0.0, abs=0.1)


def test_silence_is_left_to_the_other_checks_and_short_sounds_are_found_as_a_whole():
    assert song_place.stretches(np.zeros(SOUND_RATE * 30, np.float32)) == []
    song = music(seconds=1.5)
    assert song_place.place_check(found(late(song, 0.02), song)).measured.startswith("+20.0 ms")
    half_silent = music()
    half_silent[: 14 * SOUND_RATE] = 0
    assert len(found(half_silent, music())) == 2


@pytest.mark.parametrize(("way", "kbps"), [("gain", 256), ("limit", 96)])
def test_a_part_made_by_the_sound_stage_is_at_its_place(tmp_path, way, kbps):
    """Through AAC, fades, gain and limiter, as mono of a stereo file at another rate."""
    try:
        ffmpeg = find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")
    song = music()
    with wave.open(str(tmp_path / "song.wav"), "wb") as file:
        file.setparams((2, 2, SOUND_RATE, 0, "NONE", ""))
        file.writeframes((np.stack((song, 0.5 * song), 1) * 20_000).astype("<i2").tobytes())
    part = sound.Sound(5.25, 35.25, 30 * 48_000, 48_000, kbps, -14.0, -1.0, way, 0.02, 1.5)
    level = sound.Level(6.0, -3.0 if way == "limit" else None)
    made = sound.sound_command(ffmpeg, tmp_path / "song.wav", part, level, tmp_path / "made.m4a")
    heard = [ffmpeg, "-v", "error", "-i", str(tmp_path / "made.m4a"), "-ac", "1", "-ar", str(SOUND_RATE)]
    for command in (made, [*heard, "-f", "f32le", str(tmp_path / "made.f32")]):
        code, _, text = run_quietly(command, tmp_path / "make", name="FFmpeg")
        assert code == 0, text
    delivered = np.fromfile(tmp_path / "made.f32", np.float32)
    steps = song_place.place_steps(ffmpeg, tmp_path / "song.wav", part, delivered, tmp_path)
    (check,) = drain(steps)
    assert check.ok and check.measured.startswith("+0.0, +0.0, +0.0 ms late"), check
    assert not (tmp_path / "song.f32").exists()


def test_a_song_that_is_gone_is_said(tmp_path):
    part = sound.Sound(0.0, 10.0, 480_000, 48_000, 256, -14.0, -1.0, "gain", 0.0, 0.0)
    (check,) = drain(song_place.place_steps(find_ffmpeg(), tmp_path / "gone.wav", part, music(seconds=10.0), tmp_path))
    assert not check.ok and "could not be read" in check.measured
