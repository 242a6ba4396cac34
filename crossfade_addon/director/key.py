# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of a song: its spectral peaks, fine enough to tell the lowest semitones apart, against key profiles.

Conventions: pitch classes count from C; pitches are MIDI note numbers with fractions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..timeline import PITCHES, Key
from .features import SAMPLE_RATE, Sound

WINDOW = 16384
MOST_WINDOWS = 160
"""Windows of 0.74 s, evenly spread: enough for any song."""
LOWEST_HZ, HIGHEST_HZ = 45.0, 1800.0
BASS_HZ = 180.0
BASS_SHARE = 0.3
"""What the bass counts in the chroma: its notes are mostly roots."""
PROMINENCE = 2.5
"""A peak stands this far above the spectrum around it; noise and drums have few such."""
_AROUND = 32
_IN_TUNE = 0.22
"""Spread of pitches around a note of the scale, in semitones."""
_BATCH = 24
_IN_ONE_TUNING = (0.22, 0.42)
"""How well all pitches agree on one tuning (length of their mean direction): drums reach 0.22, songs begin at 0.24."""
_CLASSES = (3.0, 5.0)
"""Pitch classes heard (exponential of the entropy): a tone and its overtones are no key."""
LEAST_CONFIDENCE = 0.1
"""Below, no key is named."""
_FIT = (0.45, 0.8)
_CLEAR_MARGIN = 0.1
"""Correlation with the best profile, and its lead over the next."""
MAJOR = (6.6, 2.0, 3.5, 2.3, 4.6, 4.0, 2.5, 5.2, 2.4, 3.7, 2.3, 3.4)
MINOR = (6.5, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 5.2, 4.0, 2.7, 4.3, 3.2)
"""Key profiles of Sha'ath, Estimation of Key in Digital Music Recordings (2011): Krumhansl and Kessler's probe tone
ratings (Psychological Review 89, 1982) adjusted to dance and pop music."""


def find_key(samples: Sound) -> Key:
    """Key of mono samples at :data:`features.SAMPLE_RATE`, empty when nothing tonal is heard.

    Confidence is near 0 for drums, noise and single tones, and above 0.5 where most of the music keeps to one scale
    and its tonic is clear.
    """
    pitch, weight, window = _peaks(samples)
    if len(pitch) < 8:
        return Key()
    direction = complex(np.sum(weight * np.exp(2j * np.pi * pitch)) / weight.sum())
    tuning = float(np.angle(direction)) / (2 * np.pi)
    tuned = pitch - tuning
    weight = weight * np.exp(-0.5 * ((tuned - np.round(tuned)) / _IN_TUNE) ** 2)
    slot = np.round(tuned).astype(int) % 12
    low = pitch < 69 + 12 * np.log2(BASS_HZ / 440)
    count = int(window.max()) + 1
    everything, bass = (_chroma(slot[k], weight[k], window[k], count) for k in (slice(None), low))
    chroma = (1 - BASS_SHARE) * everything + BASS_SHARE * bass
    profiles = (MAJOR, MINOR)
    fits = np.array([[_correlation(np.roll(profile, shift), chroma) for shift in range(12)] for profile in profiles])
    mode, tonic = np.unravel_index(int(fits.argmax()), fits.shape)
    best = float(fits[mode, tonic])
    rivals = fits.copy()
    rivals[mode, tonic] = -1
    margin = best - float(rivals.max())
    classes_heard = float(np.exp(-np.sum(chroma * np.log(chroma + 1e-9))))
    tonal = _ramp(abs(direction), *_IN_ONE_TUNING) * _ramp(classes_heard, *_CLASSES)
    clear = _ramp(best, *_FIT) * (0.5 + 0.5 * _ramp(margin, 0.0, _CLEAR_MARGIN))
    confidence = round(tonal * clear, 4)
    if confidence < LEAST_CONFIDENCE:
        return Key(confidence=confidence)
    return Key(PITCHES[int(tonic)], ("major", "minor")[int(mode)], confidence)


def _ramp(value: float, low: float, high: float) -> float:
    """0 up to ``low``, 1 from ``high``."""
    return float(np.clip((value - low) / (high - low), 0, 1))


def _peaks(samples: Sound) -> tuple[NDArray, NDArray, NDArray]:
    """Pitch, weight and window of every spectral peak that stands out."""
    if len(samples) < WINDOW:
        samples = np.pad(np.asarray(samples), (0, WINDOW - len(samples)))
    count = int(np.clip(len(samples) // WINDOW, 1, MOST_WINDOWS))
    starts = np.linspace(0, len(samples) - WINDOW, count).astype(int)
    taper = np.hanning(WINDOW).astype(np.float32)
    hz = SAMPLE_RATE / WINDOW
    first, last = int(LOWEST_HZ / hz), int(HIGHEST_HZ / hz)
    pitches, weights, windows = [], [], []
    for k in range(0, count, _BATCH):
        part = starts[k : k + _BATCH]
        frames = np.stack([samples[s : s + WINDOW] for s in part]) * taper
        spectrum = np.abs(np.fft.rfft(frames, axis=1)[:, first - _AROUND : last + _AROUND + 1])
        sums = np.cumsum(spectrum, axis=1)
        around = (sums[:, 2 * _AROUND :] - sums[:, : -2 * _AROUND]) / (2 * _AROUND)
        middle = spectrum[:, _AROUND:-_AROUND]
        left, right = (
            spectrum[:, _AROUND - 1 : -_AROUND - 1],
            spectrum[:, _AROUND + 1 : spectrum.shape[1] - _AROUND + 1],
        )
        row, at = np.nonzero((middle > left) & (middle >= right) & (middle > PROMINENCE * around))
        a, b, c = (np.log(side[row, at] + 1e-12) for side in (left, middle, right))
        shift = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
        pitches.append(69 + 12 * np.log2((first + at + np.clip(shift, -0.5, 0.5)) * hz / 440))
        weights.append(middle[row, at] - around[row, at])
        windows.append(row + k)
    return np.concatenate(pitches), np.sqrt(np.concatenate(weights)), np.concatenate(windows)


def _chroma(slot: NDArray, weight: NDArray, window: NDArray, count: int) -> NDArray[np.float64]:
    """Pitch classes of the whole song, sum 1; every window counts by the root of its strength."""
    rows = np.bincount(window * 12 + slot, weight, minlength=12 * count).reshape(count, 12).astype(np.float64)
    rows /= np.sqrt(rows.sum(axis=1, keepdims=True)) + 1e-9
    chroma = rows.sum(axis=0)
    return np.asarray(chroma / (chroma.sum() + 1e-9))


def _correlation(profile: NDArray, chroma: NDArray) -> float:
    a, b = profile - profile.mean(), chroma - chroma.mean()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-12))
