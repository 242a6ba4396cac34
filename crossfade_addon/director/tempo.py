# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the music goes, second by second: the most convincing path through a tempogram.

Conventions: periods are in network frames (``beat_net.RATE`` per second); one tempogram column a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .beat_net import RATE
from .features import Float

SLOWEST_BPM, FASTEST_BPM = 50.0, 232.0
_STEP = 0.006
_WINDOW_S = 10.0
_MULTIPLES = 4
_BLOCK = 512
PERIODS = np.exp(np.arange(np.log(60 * RATE / FASTEST_BPM), np.log(60 * RATE / SLOWEST_BPM), _STEP))
FAVOURITE_BPM = 122.0


@dataclass(frozen=True, slots=True)
class Tempogram:
    """``salience`` (seconds, periods): how regular the beats are at each period, about -0.5..1; ``weight`` (seconds,)
    is how much there is to hear, 0..1."""

    salience: Float
    weight: Float


def prior(periods: NDArray | float) -> NDArray:
    """0 at the favourite club tempo, falling by the square of the octaves away from it."""
    return -(np.log2(60 * RATE / np.asarray(periods) / FAVOURITE_BPM) ** 2)


def tempogram(activation: Float) -> Tempogram:
    """Autocorrelation of the beat activation in windows of 10 s, as a comb that also listens between the beats.

    A period scores the mean autocorrelation at its multiples less half of that at its odd halves and at its
    thirds: multiples of the true pulse, which share its autocorrelation, then fall behind it.
    """
    hop, length = round(RATE), round(_WINDOW_S * RATE)
    padded = np.pad(activation, (length // 2, length))
    columns = max(1, -(-len(activation) // hop))
    size = 1 << (2 * length - 1).bit_length()
    whole = np.arange(1, _MULTIPLES + 1)
    offsets = (0.0, 0.5, 1 / 3, 2 / 3)
    lags = np.concatenate([np.outer(whole - offset, PERIODS) for offset in offsets])
    low = np.minimum(lags.astype(int), length - 2)
    part = (lags - low).astype(np.float32).clip(0, 1)
    usable = (lags < 0.75 * length).astype(np.float32).reshape(len(offsets), _MULTIPLES, -1)
    share = usable / usable.sum(axis=1, keepdims=True)
    signed = (share * np.array([1, -0.5, -0.25, -0.25], np.float32)[:, None, None]).reshape(lags.shape)
    # A window sees fewer pairs at long lags.
    signed = signed * (length / np.maximum(length - lags, 1)).astype(np.float32)
    salience = np.empty((columns, len(PERIODS)), np.float32)
    weight = np.empty(columns, np.float32)
    for first in range(0, columns, _BLOCK):
        rows = np.arange(first, min(columns, first + _BLOCK))
        windows = padded[rows[:, None] * hop + np.arange(length)[None, :]]
        power = np.abs(np.fft.rfft(windows, size, axis=1)) ** 2
        raw = np.fft.irfft(power, axis=1)[:, :length].astype(np.float32)
        energy = raw[:, :1] + 1e-3
        # Peaks are about three frames wide: blurred to that, off-grid periods still score.
        blurred = (raw[:, :-2] + 2 * raw[:, 1:-1] + raw[:, 2:]) / 4
        blurred = np.concatenate([raw[:, :1], blurred, raw[:, -1:]], axis=1) / energy
        comb = np.zeros((len(rows), len(PERIODS)), np.float32)
        for k in range(len(lags)):
            comb += signed[k] * (blurred[:, low[k]] * (1 - part[k]) + blurred[:, low[k] + 1] * part[k])
        salience[rows] = comb
        weight[rows] = np.sqrt(np.minimum(1.0, energy[:, 0] / (0.25 * length * 2 / 25)))
    return Tempogram(salience, weight)


def tempo_path(
    heard: Tempogram,
    *,
    jump_cost: float = 6.0,
    drift_cost: float = 0.35,
    prior_weight: float = 0.10,
    avoid: Sequence[NDArray] = (),
) -> NDArray[np.float64]:
    """Period in network frames for every second.

    Viterbi: a drift costs by its size, a jump at most ``jump_cost``. Periods within 6 % of the paths in ``avoid``
    are left out: that finds the next best way to hear the song.
    """
    emission = heard.salience * heard.weight[:, None] * 4 + prior_weight * prior(PERIODS).astype(np.float32)
    for path in avoid:
        emission = emission - 50 * (np.abs(np.log(PERIODS[None, :] / path[:, None])) < 0.06)
    steps = np.abs(np.arange(len(PERIODS))[:, None] - np.arange(len(PERIODS))[None, :])
    cost = np.minimum(drift_cost * steps, jump_cost).astype(np.float32)
    value = emission[0]
    came_from = np.empty(emission.shape, np.int16)
    for t in range(1, len(emission)):
        options = value[None, :] - cost
        choice = options.argmax(axis=1)
        came_from[t] = choice
        value = options[np.arange(len(PERIODS)), choice] + emission[t]
    state = int(value.argmax())
    states = [state]
    for t in range(len(emission) - 1, 0, -1):
        state = int(came_from[t, state])
        states.append(state)
    return PERIODS[states[::-1]]


def usual(periods: NDArray[np.float64]) -> float:
    """The period held for the longest time."""
    values, counts = np.unique(periods, return_counts=True)
    near = np.abs(np.log(values[:, None] / values[None, :])) < 0.02
    best = int((near @ counts).argmax())
    return float(np.average(values[near[best]], weights=counts[near[best]]))
