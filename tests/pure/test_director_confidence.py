# SPDX-License-Identifier: GPL-3.0-or-later
"""Confidence separates club music from sound without a beat: songs and seeds the weights were not fitted on.

The thresholds are ``timeline.FAIR_FROM`` and ``timeline.SURE_FROM``; their error rates, and what they were measured on,
are in ``training/README.md``.
"""

from __future__ import annotations

import numpy as np
import pytest

from crossfade_addon.director.analyser import analyse
from crossfade_addon.director.decode import Decoded
from crossfade_addon.timeline import FAIR_FROM, NO_BEAT_BELOW, SURE_FROM
from training.club_beatless import _babble, _drone, _pads, _rain, _wind, beatless
from training.club_grid import Meter
from training.club_song import make_song
from training.piece import SAMPLE_RATE

SECONDS = 30.0
FRESH = 900_000


def confidence(samples) -> tuple[float, int]:
    peak = float(np.abs(samples).max()) + 1e-9
    sound = (0.7 / peak * samples).astype(np.float32)
    beats = analyse(Decoded(sound, SAMPLE_RATE, len(sound) / SAMPLE_RATE, "", "")).beats
    return beats.confidence, len(beats.timestamps)


@pytest.mark.parametrize("make", [_babble, _drone, _pads, _rain, _wind])
def test_noise_drones_pads_and_speech_like_sound_are_calm(make):
    sure, beats = confidence(make(np.random.default_rng(FRESH), int(SECONDS * SAMPLE_RATE)))
    assert sure < NO_BEAT_BELOW
    assert beats == 0


@pytest.mark.parametrize("seed", range(6))
def test_mixtures_without_a_beat_are_never_trusted(seed):
    samples, _ = beatless(np.random.default_rng(FRESH + seed), SECONDS)
    assert confidence(samples)[0] < FAIR_FROM


@pytest.mark.parametrize(
    ("style", "bpm"),
    [
        ("house", 124.0),
        ("techno", 134.0),
        ("trance", 138.0),
        ("disco", 118.0),
        ("hardstyle", 154.0),
        ("psytrance", 145.0),
    ],
)
def test_club_music_is_trusted(style, bpm):
    # With this seed the half minute holds an intro and two drops, not only a break.
    song = make_song(np.random.default_rng(FRESH + 3), style, SECONDS, Meter(4, 4), bpm)
    sure, beats = confidence(song.samples)
    assert sure >= SURE_FROM
    assert beats > 0.8 * len(song.beats)
