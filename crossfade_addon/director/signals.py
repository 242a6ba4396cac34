# SPDX-License-Identifier: GPL-3.0-or-later
"""Continuous controls for lights and faces: eight named curves at 100 Hz, 0..1.

====================  ======================================================================================
``energy``            loudness, 1 s glide both ways, 24 dB range, squared so that quiet parts stay dark
``kick``              strokes at 30 to 140 Hz: attack 0, falls to a tenth in 180 ms
``snare``             strokes that are strong in the mids and highs at once: attack 0, to a tenth in 120 ms
``hats``              strokes in the highs: attack 0, to a tenth in 80 ms
``bass mids highs``   level of the band, 24 dB range: attack 20 ms, to a tenth in 150 ms
``brightness``        spectral centroid from 200 Hz to 6 kHz on a logarithmic scale, 0.5 s glide
====================  ======================================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..timeline import Signals
from .features import FRAME_RATE, LATENCY_S, Features, gaussian, local_maximum, moving_average, parabolic, peaks

RATE_HZ = 100.0
_RANGE_DB = 24.0


def make_signals(features: Features, duration: float) -> Signals:
    """All of ``timeline.SIGNALS`` over ``ceil(duration * 100)`` samples."""
    count = int(np.ceil(duration * RATE_HZ))
    onsets, power = features.onsets, features.band_power
    snare = np.sqrt(onsets.mid * onsets.high)
    curves = {
        "energy": _resample(_level(power.sum(axis=1), glide=1.0) ** 2, count),
        "kick": strokes(_thumps(power[:, 0], onsets.low), count, fall_s=0.18, floor=0.35),
        "snare": strokes(snare, count, fall_s=0.12, floor=1.2),
        "hats": strokes(onsets.high, count, fall_s=0.08, floor=0.8),
        "bass": _resample(_followed(power[:, 0]), count),
        "mids": _resample(_followed(power[:, 1:3].sum(axis=1)), count),
        "highs": _resample(_followed(power[:, 3:].sum(axis=1)), count),
        "brightness": _resample(_brightness(features), count),
    }
    return Signals(RATE_HZ, {name: tuple(np.round(curve, 4).tolist()) for name, curve in curves.items()})


def strokes(onsets: NDArray, count: int, *, fall_s: float, floor: float) -> NDArray[np.float64]:
    """A curve that jumps to the height of every stroke at its onset and falls to a tenth in ``fall_s``.

    Strokes under ``floor`` (in units of the onset curve) do not count; the 90th percentile of the rest is 1.
    """
    at = peaks(onsets)
    at = at[onsets[at] > floor]
    hit = np.full(count, 1e-6)
    if len(at):
        height = np.clip(onsets[at] / (float(np.percentile(onsets[at], 90)) + 1e-9), 0, 1)
        when = np.round((parabolic(onsets, at) / FRAME_RATE - LATENCY_S) * RATE_HZ).astype(int)
        np.maximum.at(hit, np.clip(when, 0, count - 1), height)
    return _falling(hit, fall_s * RATE_HZ)


def _thumps(low_power: NDArray, low_onsets: NDArray) -> NDArray[np.float64]:
    """The low onsets, weighed by how much the low band's amplitude really rises there: quiet rumble gives nothing."""
    amplitude = np.sqrt(low_power)
    behind = np.concatenate([np.repeat(amplitude[:1], 3), amplitude[:-3]])
    ahead = np.concatenate([amplitude[3:], np.repeat(amplitude[-1:], 3)])
    rise = np.maximum(ahead - behind, 0)
    return np.clip(rise / (float(np.percentile(local_maximum(rise, 25), 80)) + 1e-9), 0, 1) * np.minimum(
        low_onsets, 1.5
    )


def _falling(series: NDArray, samples_to_a_tenth: float) -> NDArray[np.float64]:
    """Peak hold with exponential release, as one running maximum of logarithms."""
    slope = np.log(10) / samples_to_a_tenth * np.arange(len(series))
    held = np.exp(np.maximum.accumulate(np.log(np.maximum(series, 1e-6)) + slope) - slope)
    return np.where(held < 2e-3, 0.0, np.clip(held, 0, 1))


def _decibels(power: NDArray) -> NDArray[np.float64]:
    top = float(np.percentile(power, 98)) + 1e-20
    return np.clip(1 + 10 * np.log10(power / top + 1e-9) / _RANGE_DB, 0, 1)


def _level(power: NDArray, glide: float) -> NDArray[np.float64]:
    smooth = moving_average(power, max(1, int(glide * FRAME_RATE)))
    return np.clip(gaussian(_decibels(smooth), 0.25 * glide * FRAME_RATE), 0, 1)


def _followed(power: NDArray) -> NDArray[np.float64]:
    return moving_average(_falling(_decibels(power), 0.15 * FRAME_RATE), max(1, int(0.02 * FRAME_RATE)))


def _brightness(features: Features) -> NDArray[np.float64]:
    heard = features.band_power.sum(axis=1)
    weight = moving_average(heard, int(0.5 * FRAME_RATE)) + 1e-12
    centroid = moving_average(heard * features.centroid_hz, int(0.5 * FRAME_RATE)) / weight
    return np.clip(np.log(np.maximum(centroid, 1) / 200) / np.log(6000 / 200), 0, 1)


def _resample(series: NDArray, count: int) -> NDArray[np.float64]:
    return np.interp(np.arange(count) / RATE_HZ * FRAME_RATE, np.arange(len(series)), series)
