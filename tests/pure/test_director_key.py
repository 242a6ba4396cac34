# SPDX-License-Identifier: GPL-3.0-or-later
"""The key: synthesised chord progressions in every key, in and out of tune, with drums; and sound without a key."""

from __future__ import annotations

import numpy as np
import pytest

from crossfade_addon.director.features import SAMPLE_RATE
from crossfade_addon.director.key import find_key
from crossfade_addon.timeline import PITCHES

PROGRESSIONS = {
    "major": ((0, 4), (5, 4), (7, 4), (0, 4), (9, 3), (5, 4), (7, 4), (0, 4)),
    "minor": ((0, 3), (8, 4), (10, 4), (0, 3), (5, 3), (10, 4), (7, 3), (0, 3)),
}
"""(semitones above the tonic, size of the third) of each chord."""
TRUSTED, DOUBTED = 0.6, 0.25


def tone(pitch: float, seconds: float) -> np.ndarray:
    """Six harmonics of a MIDI pitch."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hz = 440 * 2 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * hz * n * t) / n for n in range(1, 7) if hz * n < 9000)
    return np.asarray(wave * np.minimum(1, t / 0.01) * np.minimum(1, (seconds - t) / 0.03))


def progression(tonic: int, mode: str, detune: float) -> np.ndarray:
    chords = []
    for above, third in PROGRESSIONS[mode]:
        root = 48 + (tonic + above) % 12
        notes = [root, root + third, root + 7]
        chords.append(sum(tone(note + detune, 2.0) for note in notes) + 1.5 * tone(root - 12 + detune, 2.0))
    return np.concatenate(chords)


def drums(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    t = np.arange(int(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
    kick = np.sin(2 * np.pi * (50 * t + 2 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.08)
    out = np.zeros(int(seconds * SAMPLE_RATE) + SAMPLE_RATE)
    for k in range(int(seconds / 0.5)):
        at = int(k * 0.5 * SAMPLE_RATE)
        out[at : at + len(t)] += 2 * kick
        if k % 2:
            snare = rng.standard_normal(len(t)) + 0.8 * np.sin(2 * np.pi * 187 * t)
            out[at : at + len(t)] += snare * np.exp(-t / 0.06)
        half = at + SAMPLE_RATE // 4
        out[half : half + len(t)] += 0.4 * rng.standard_normal(len(t)) * np.exp(-t / 0.02)
    return out[: int(seconds * SAMPLE_RATE)]


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_is_found_in_and_out_of_tune_and_under_drums(tonic, mode):
    detune = (0.0, 0.3, -0.3)[tonic % 3]
    music = progression(tonic, mode, detune)
    for sound in (music, music + 3 * drums(len(music) / SAMPLE_RATE)):
        key = find_key(sound.astype(np.float32))
        assert (key.tonic, key.mode) == (PITCHES[tonic], mode)
        assert key.confidence >= TRUSTED


def test_what_has_no_key_is_doubted():
    rng = np.random.default_rng(5)
    count = 20 * SAMPLE_RATE
    rows = np.concatenate([rng.permutation(12) + 48 + 12 * (k % 2) for k in range(7)])
    random_notes = np.concatenate([tone(pitch, 0.25) for pitch in rows])
    sounds = {
        "drums": drums(20),
        "noise": rng.standard_normal(count),
        "one tone": tone(60, 20),
        "a fifth": tone(36, 20) + 0.5 * tone(43, 20),
        "twelve-tone rows": random_notes,
        "a glide": np.sin(2 * np.pi * np.cumsum(np.linspace(100, 900, count)) / SAMPLE_RATE),
    }
    for name, sound in sounds.items():
        assert find_key(sound.astype(np.float32)).confidence <= DOUBTED, name


@pytest.mark.parametrize("count", [1, 500, 20_000])
def test_short_and_silent_sound_has_no_key(count):
    assert find_key(np.zeros(count, np.float32)).tonic == ""
