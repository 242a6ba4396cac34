# SPDX-License-Identifier: GPL-3.0-or-later
"""Continuous controls for lights and faces: named curves at 100 Hz, 0..1.

Attack is the time from the sound's beginning to nine tenths of the curve's height, release the time from its end
(for strokes: from their peak) down to a tenth; ``tests/pure/test_director_signals.py`` measures both.

====================  ==========================================================  ===========  ===========
signal                what it follows                                             attack       release
====================  ==========================================================  ===========  ===========
``kick``              strokes at 30 to 140 Hz                                     0 (+-15 ms)  180 ms
``snare``             strokes that are strong in the mids and highs at once       0 (+-15 ms)  120 ms
``hats``              strokes in the highs                                        0 (+-15 ms)  80 ms
``bass mids highs``   level of 30-140, 140-1600, 1600-11000 Hz over 24 dB         40 ms        180 ms
``vocals other``      level of that stem over 24 dB; only there with stems        40 ms        180 ms
``energy``            loudness over 24 dB, squared so that quiet parts stay dark  0.7 s        0.7 s
``brightness``        spectral centroid, 200 Hz to 6 kHz, logarithmic             0.3 s        0.3 s
====================  ==========================================================  ===========  ===========

``energy`` and ``brightness`` glide around a change: half of it lies before the sound changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..timeline import Signals
from .features import FRAME_RATE, LATENCY_S, Features, Onsets, gaussian, local_maximum, moving_average, parabolic, peaks

RATE_HZ = 100.0
_RANGE_DB = 24.0
_REACH = 3
"""Frames around an onset in which its exact moment is looked for."""
_KICK_LATENCY_S = -0.001
"""A click is heard before the window's middle reaches it: by 3 ms more than the flux is late (measured on 15 songs)."""
_FAINT = 0.01
"""A band this much weaker (in amplitude, -40 dB) than the whole sound counts as empty, not as quiet music."""


def make_signals(features: Features, duration: float) -> Signals:
    """All of ``timeline.SIGNALS`` over ``ceil(duration * 100)`` samples."""
    count = sample_count(duration)
    power = features.band_power
    whole = power.sum(axis=1)
    return pack(
        {
            "energy": _resample(_level(whole, glide=1.0) ** 2, count),
            **drum_strokes(features, count),
            "bass": _resample(_followed(power[:, 0], whole), count),
            "mids": _resample(_followed(power[:, 1:3].sum(axis=1), whole), count),
            "highs": _resample(_followed(power[:, 3:].sum(axis=1), whole), count),
            "brightness": _resample(_brightness(features), count),
        }
    )


def stem_signals(kind: str, features: Features, duration: float) -> dict[str, NDArray[np.float64]]:
    """The curves that a stem drives better than the mix can: ``kind`` is one of :data:`.stems.KINDS`."""
    count = sample_count(duration)
    if kind in ("drums", "kick"):
        heard = drum_strokes(features, count)
        return heard if kind == "drums" else {"kick": heard["kick"]}
    whole = features.band_power.sum(axis=1)
    return {kind: _resample(_followed(whole, whole), count)}


def pack(curves: dict[str, NDArray]) -> Signals:
    """Curves at :data:`RATE_HZ`, rounded as they are stored."""
    return Signals(RATE_HZ, {name: np.round(curve, 4).astype(np.float32) for name, curve in curves.items()})


def sample_count(duration: float) -> int:
    """Samples of a curve over so many seconds."""
    return int(np.ceil(duration * RATE_HZ))


def drum_strokes(features: Features, count: int) -> dict[str, NDArray[np.float64]]:
    """Kick, snare and hats."""
    onsets = features.onsets
    snare = np.sqrt(onsets.mid * onsets.high)
    return {
        "kick": strokes(
            *_thumps(features.band_power, onsets), count, fall_s=0.18, floor=0.35, latency_s=_KICK_LATENCY_S
        ),
        "snare": strokes(snare, snare, count, fall_s=0.12, floor=1.2),
        "hats": strokes(onsets.high, onsets.high, count, fall_s=0.08, floor=0.8),
    }


def strokes(
    onsets: NDArray, rise: NDArray, count: int, *, fall_s: float, floor: float, latency_s: float = LATENCY_S
) -> NDArray[np.float64]:
    """A curve that jumps to the height of every stroke at its onset and falls to a tenth in ``fall_s``.

    An onset between two samples is not rounded: the earlier one has as much of the height as is left of the
    hundredth, the later one all of it (the studio reads it back).

    Strokes under ``floor`` (in units of the onset curve) do not count; the 90th percentile of the rest is 1. A
    stroke's moment is where ``rise`` is steepest near it, less ``latency_s``.
    """
    at = peaks(onsets)
    at = at[onsets[at] > floor]
    hit = np.full(count, 1e-6)
    if len(at):
        height = np.clip(onsets[at] / (float(np.percentile(onsets[at], 90)) + 1e-9), 0, 1)
        near = np.clip(at[:, None] + np.arange(-_REACH, _REACH + 1), 0, len(rise) - 1)
        steepest = near[np.arange(len(at)), rise[near].argmax(axis=1)]
        when = np.maximum((parabolic(rise, steepest) / FRAME_RATE - latency_s) * RATE_HZ, 0.0)
        early = np.floor(when).astype(int)
        np.maximum.at(hit, np.clip(early, 0, count - 1), height * (early + 1 - when))
        np.maximum.at(hit, np.clip(early + 1, 0, count - 1), height)
    return _falling(hit, fall_s * RATE_HZ)


def _thumps(power: NDArray, onsets: Onsets) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The low onsets, weighed by how much the low band's amplitude really rises there: quiet rumble gives nothing.

    And a curve that is highest at the moment of a stroke. In silence the logarithmic onset curve alone hears a stroke
    as soon as it enters the window, two hundredths early; the low band's amplitude alone rises late where a drum
    begins high and falls. So both must rise, and the click of the beater counts as much as the body.
    """
    amplitude, click = np.sqrt(power[:, 0]), np.sqrt(power[:, 1:4].sum(axis=1))
    rise = _rise(amplitude, 3)
    usual = float(np.percentile(local_maximum(rise, 25), 80))
    least = _FAINT * float(np.sqrt(np.percentile(power.sum(axis=1), 98)))
    weight = np.clip(rise / (max(usual, least) + 1e-9), 0, 1)
    sudden = _leveled(_rise(amplitude, 1)) + _leveled(_rise(click, 1))
    return weight * np.minimum(onsets.low, 1.5), np.sqrt(sudden * np.maximum(onsets.total, 0))


def _leveled(rise: NDArray) -> NDArray[np.float64]:
    return rise / (float(np.quantile(rise, 0.99)) + 1e-9)


def _rise(series: NDArray, reach: int) -> NDArray[np.float64]:
    """How much a series grows from ``reach`` frames before to ``reach`` after; 0 where it falls."""
    padded = np.pad(np.asarray(series, np.float64), reach, mode="edge")
    return np.maximum(padded[2 * reach :] - padded[: -2 * reach], 0)


def _falling(series: NDArray, samples_to_a_tenth: float) -> NDArray[np.float64]:
    """Peak hold with exponential release, as one running maximum of logarithms."""
    slope = np.log(10) / samples_to_a_tenth * np.arange(len(series))
    held = np.exp(np.maximum.accumulate(np.log(np.maximum(series, 1e-6)) + slope) - slope)
    return np.where(held < 2e-3, 0.0, np.clip(held, 0, 1))


def _decibels(power: NDArray, whole: NDArray) -> NDArray[np.float64]:
    """0..1 over the upper 24 dB of a band; a band that never comes near the ``whole`` stays dark."""
    top = max(float(np.percentile(power, 98)), _FAINT**2 * float(np.percentile(whole, 98))) + 1e-20
    return np.clip(1 + 10 * np.log10(power / top + 1e-9) / _RANGE_DB, 0, 1)


def _level(power: NDArray, glide: float) -> NDArray[np.float64]:
    smooth = moving_average(power, max(1, int(glide * FRAME_RATE)))
    return np.clip(gaussian(_decibels(smooth, smooth), 0.25 * glide * FRAME_RATE), 0, 1)


def _followed(power: NDArray, whole: NDArray) -> NDArray[np.float64]:
    held = _falling(_decibels(power, whole), 0.15 * FRAME_RATE)
    return moving_average(held, max(1, int(0.02 * FRAME_RATE)))


def _brightness(features: Features) -> NDArray[np.float64]:
    heard = features.band_power.sum(axis=1)
    weight = moving_average(heard, int(0.5 * FRAME_RATE)) + 1e-12
    centroid = moving_average(heard * features.centroid_hz, int(0.5 * FRAME_RATE)) / weight
    return np.clip(np.log(np.maximum(centroid, 1) / 200) / np.log(6000 / 200), 0, 1)


def _resample(series: NDArray, count: int) -> NDArray[np.float64]:
    return np.interp(np.arange(count) / RATE_HZ * FRAME_RATE, np.arange(len(series)), series)
