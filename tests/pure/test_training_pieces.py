# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic training songs: what is written down as true is heard in the samples."""

from __future__ import annotations

import numpy as np
import pytest

from training.club import _joined, _placed, make
from training.club_arrange import PARTS, arrange
from training.club_grid import Grid, Meter, steady
from training.club_song import Song, make_song
from training.club_styles import STYLES
from training.piece import SAMPLE_RATE
from training.voices import KICKS, SNARES, kick, snare

MS = 22


def _rise(samples: np.ndarray) -> np.ndarray:
    """By how much the log energy of the next 8 ms exceeds that of the last 8 ms, for every millisecond."""
    frames = samples[: len(samples) // MS * MS].reshape(-1, MS)
    total = np.cumsum(np.pad(np.log10((frames.astype(float) ** 2).mean(axis=1) + 1e-7), (1, 0)))
    rise = np.zeros(len(frames))
    k = np.arange(8, len(frames) - 8)
    rise[k] = total[k + 8] - 2 * total[k] + total[k - 8]
    return np.maximum(rise, 0)


def _offset_ms(samples: np.ndarray, times: np.ndarray) -> int:
    """Where, around the given times, energy rises most on average."""
    rise, around = _rise(samples), np.arange(-60, 61)
    index = np.round(times * SAMPLE_RATE / MS).astype(int)[:, None] + around
    inside = (index.min(axis=1) >= 0) & (index.max(axis=1) < len(rise))
    return int(around[rise[index[inside]].mean(axis=0).argmax()])


@pytest.mark.parametrize(("style", "bpm", "seed"), [("house", 124.0, 2), ("techno", 137.5, 4), ("hardcore", 171.3, 2)])
def test_energy_rises_on_the_beats_of_four_on_the_floor(style: str, bpm: float, seed: int) -> None:
    song = make_song(np.random.default_rng(seed), style, 16.0, Meter(4, 4), bpm)
    expected = np.arange(len(song.beats)) * 60 / bpm
    assert np.allclose(song.beats, expected, atol=1e-6)
    assert np.allclose(song.downbeats, expected[::4], atol=1e-6)
    assert abs(_offset_ms(song.samples, expected)) <= 3


def test_drums_sound_at_their_first_sample() -> None:
    rng = np.random.default_rng(1)
    for sound in [*(kick(rng, kind) for kind in KICKS), *(snare(rng, kind) for kind in SNARES)]:
        assert np.abs(sound).max() == pytest.approx(1.0)
        loud = int(np.argmax(np.abs(sound) > 0.1))
        assert loud < 0.003 * SAMPLE_RATE


def test_same_seed_gives_same_samples_and_another_seed_does_not() -> None:
    one, two = (make_song(np.random.default_rng(7), "electro", 8.0, Meter(4, 4), 120.0) for _ in range(2))
    other = make_song(np.random.default_rng(8), "electro", 8.0, Meter(4, 4), 120.0)
    assert np.array_equal(one.samples, two.samples)
    assert len(other.samples) != len(one.samples) or not np.array_equal(one.samples, other.samples)


def test_song_without_a_beat_states_none() -> None:
    piece = make(10)
    assert "no_beat" in piece.tags
    assert piece.beats == []
    assert piece.downbeats == []
    assert piece.bpm is None
    assert np.isfinite(piece.samples).all()


def _clicks(bpm: float, beats: int) -> Song:
    times = np.arange(beats) * 60 / bpm
    samples = np.zeros(round((times[-1] + 0.5) * SAMPLE_RATE), np.float32)
    samples[np.round(times * SAMPLE_RATE).astype(int)] = 1.0
    return Song(samples, times, times[::4], [(0.0, "verse")], [float(times[8])], bpm, 4, ["x"], [], times[-1] + 0.5)


@pytest.mark.parametrize("seed", range(12))
def test_truth_moves_with_the_recording_when_it_is_cut_or_delayed(seed: int) -> None:
    song = _placed(np.random.default_rng(seed), _clicks(117.0, 64))
    heard = np.flatnonzero(song.samples > 0) / SAMPLE_RATE
    assert len(song.beats) >= 40
    for time in song.beats[1:-1]:
        assert np.abs(heard - time).min() < 2 / SAMPLE_RATE
    assert set(song.downbeats) <= set(song.beats)


@pytest.mark.parametrize("fade", [0.0, 1.5])
def test_joined_songs_keep_both_grids(fade: float) -> None:
    song = _joined(_clicks(100.0, 24), _clicks(140.0, 32), fade)
    heard = np.flatnonzero(song.samples > 0) / SAMPLE_RATE
    for time in song.beats:
        assert np.abs(heard - time).min() < 2 / SAMPLE_RATE
    steps = np.diff(song.beats)
    assert np.sum(np.abs(steps - 0.6) < 1e-3) >= 20
    assert np.sum(np.abs(steps - 60 / 140) < 1e-3) >= 28


def test_bass_and_kick_come_in_on_every_drop() -> None:
    drops = 0
    for seed in range(60):
        plan = arrange(np.random.default_rng(seed), STYLES["trance"], 40, dict.fromkeys(PARTS, True))
        assert sum(length for _, _, length in plan.sections) == plan.bars
        for bar in plan.drops:
            assert plan.levels["kick"][bar] > 0
            assert plan.levels["bass"][bar] > 0
            assert plan.levels["bass"][bar - 1] == 0
            drops += 1
    assert drops > 40


def test_swing_delays_only_every_second_sixteenth() -> None:
    grid = Grid(Meter(4, 4), steady(Meter(4, 4), 120.0, 8, 1.0), 0, swing=0.6)
    assert grid.swung(np.array([0.0, 2.0, 4.0])) == pytest.approx([1.0, 1.25, 1.5])
    assert grid.swung(np.array([1.0, 3.0])) == pytest.approx([1.15, 1.4])
