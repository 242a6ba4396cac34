# SPDX-License-Identifier: GPL-3.0-or-later
"""Candidate beat grids: tempo periods, trackers that follow them, and whole-song metronomes.

Conventions: periods and beat positions are in frames (``features.FRAME_RATE`` per second), as floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .features import FRAME_RATE, Float, Onsets, gaussian, parabolic, peaks

SHORTEST, LONGEST = 26.5, 115.0
"""Beat periods considered: 52 to 227 beats per minute."""
FAVOURITE_BPM = 122.0
_SPREAD, _STEPS, _STIFFNESS = 0.10, 13, 12.0
Beats = NDArray[np.float64]


def periodicity(onsets: Onsets) -> Callable[[NDArray | float], NDArray]:
    """Normalised autocorrelation of the onsets as a function of the lag in frames (up to 10 s)."""

    def autocorrelation(series: NDArray) -> NDArray:
        centred = series - series.mean()
        size = 1 << (2 * len(centred) - 1).bit_length()
        raw = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2)[:1000]
        return gaussian(raw / (raw[0] + 1e-9), 0.7)

    curve = 0.6 * autocorrelation(onsets.total) + 0.4 * autocorrelation(onsets.low)
    lags = np.arange(len(curve))
    return lambda lag: np.asarray(np.interp(lag, lags, curve))


def tempo_prior(period: NDArray | float) -> NDArray:
    """0 at the favourite club tempo, falling by the square of the octaves away from it."""
    return -0.5 * (np.log2(60 * FRAME_RATE / np.asarray(period) / FAVOURITE_BPM) / 0.7) ** 2


def candidate_periods(rhythm: Callable[[NDArray | float], NDArray], count: int = 6) -> list[float]:
    """Beat periods worth trying, best first: peaks of a comb over 1, 2, 4 and 8 beats, and octaves of the best."""
    lags = np.exp(np.linspace(np.log(SHORTEST), np.log(LONGEST), 260))
    comb = 0.5 * rhythm(lags) + 0.3 * rhythm(2 * lags) + 0.1 * rhythm(3 * lags)
    comb = comb + 0.4 * rhythm(4 * lags) + 0.2 * rhythm(8 * lags) + 0.25 * tempo_prior(lags)
    found = peaks(np.pad(comb, 1, constant_values=-9.0)) - 1
    best = [float(lags[i]) for i in found[np.argsort(-comb[found])][: count - 2]] or [50.0]
    chosen: list[float] = []
    for period in [*best, best[0] / 2, best[0] * 2, best[0] * 2 / 3, best[0] * 3 / 2]:
        fits = SHORTEST <= period <= LONGEST
        if fits and all(abs(np.log(period / other)) > 0.05 for other in chosen) and len(chosen) < count + 1:
            chosen.append(period)
    return chosen


def track(strength: Float, periods: Sequence[float]) -> list[Beats]:
    """One beat path per period that may wander by 10 %: dynamic programming with a tempo state.

    All trackers run in lockstep in one loop over the frames. A beat scores its onset times its interval
    (so that faster tempi gain nothing), a change of interval costs by its logarithm.
    """
    ladders = [np.unique(np.round(p * np.exp(np.linspace(-_SPREAD, _SPREAD, _STEPS))).astype(int)) for p in periods]
    trackers, states = len(ladders), max(map(len, ladders))
    steps = np.stack([np.pad(x, (0, states - len(x)), mode="edge") for x in ladders])
    usable = np.arange(states)[None, :] < np.array([len(x) for x in ladders])[:, None]
    weight = steps.astype(np.float32)
    change = np.abs(np.log(steps[:, :, None] / steps[:, None, :])) * weight.mean(axis=1)[:, None, None]
    cost = np.where(usable[:, None, :] & usable[:, :, None], -_STIFFNESS * change, -1e9).astype(np.float32)
    n, reach, width = len(strength), int(steps.max()), trackers * states
    best = np.zeros((n + reach, width), np.float32)
    came_from = np.empty((n, trackers, states), np.int8)
    score = np.empty((n, trackers, states), np.float32)
    flat = best.reshape(-1)
    source = (reach - steps.ravel()) * width + np.arange(width)
    row = np.arange(width) * states
    flat_weight, unusable = weight.ravel(), ~usable.ravel()
    for t in range(n):
        here = flat[source + t * width] + flat_weight * strength[t]
        here[unusable] = -1e9
        options = cost + here.reshape(trackers, 1, states)
        choice = options.argmax(axis=2)
        came_from[t], score[t] = choice, here.reshape(trackers, states)
        best[t + reach] = options.reshape(-1)[row + choice.ravel()]
    return [_walk_back(score[:, k], came_from[:, k], steps[k], periods[k]) for k in range(trackers)]


def _walk_back(score: Float, came_from: NDArray[np.int8], steps: NDArray[np.int_], period: float) -> Beats:
    first = max(0, len(score) - int(period * 1.2))
    ahead, state = np.unravel_index(int(score[first:].argmax()), score[first:].shape)
    t, state = first + int(ahead), int(state)
    path = [t]
    while (before := t - int(steps[state])) >= 0:
        state, t = int(came_from[before, state]), before
        path.append(t)
    return np.array(path[::-1], dtype=np.float64)


def straighten(path: Beats, strength: Float, tolerance: float = 2.2) -> Beats:
    """A tracked path as pieces of constant tempo where the music is that steady, gently smoothed elsewhere.

    Each piece is the longest stretch (from 12 beats) whose robust line fit leaves less than ``tolerance``
    frames of slow deviation.
    """
    near = np.clip(path.astype(int)[:, None] + np.arange(-2, 3), 0, len(strength) - 1)
    at = near[np.arange(len(path)), strength[near].argmax(axis=1)]
    heard = strength[at] > 0
    position = np.where(heard, parabolic(strength, at), path)
    weight = np.where(heard, strength[at], 0.0) + 0.05
    result = gaussian(position - path, 1.0) + path
    start, count = 0, len(path)
    while count - start >= 12:
        end, line = start + 12, _steady_line(position, weight, start, start + 12, tolerance)
        if line is None:
            start += 4
            continue
        step = 16
        while end < count and step >= 4:
            longer = min(count, end + step)
            trial = _steady_line(position, weight, start, longer, tolerance)
            if trial is None:
                step //= 2
            else:
                end, line, step = longer, trial, min(step * 2, 256)
        result[start:end] = line
        start = end
    return np.maximum.accumulate(result)


def _steady_line(position: Beats, weight: NDArray, start: int, end: int, tolerance: float) -> Beats | None:
    index, values, strength = np.arange(end - start), position[start:end], weight[start:end]
    trust = strength
    fitted = values
    for _ in range(3):
        fitted = np.asarray(np.polyval(np.polyfit(index, values, 1, w=np.sqrt(trust)), index), dtype=np.float64)
        trust = strength / (1 + ((values - fitted) / 1.2) ** 2)
    window = np.ones(8)
    slow = np.convolve((values - fitted) * strength, window, "same") / np.convolve(strength, window, "same")
    return fitted if float(np.abs(slow).max()) < tolerance else None


def metronome(strength: Float, period: float, width: float = 0.02) -> Beats | None:
    """The best constant tempo near ``period`` through the whole song, or None where there is none.

    A complex comb over the onset peaks finds the period to a fraction of a frame over the whole length;
    regression on the peaks close to the grid polishes it.
    """
    at = peaks(strength)
    at = at[strength[at] > 0.5]
    if len(at) < 20:
        return None
    x, weight, n = parabolic(strength, at), np.minimum(strength[at], 3.0), len(strength)
    step = 0.08 * period / n
    trials = period * (1 + np.arange(-width, width + step, step))
    best_value, best_period = -1.0, period
    for chunk in np.array_split(trials, max(1, len(trials) * len(x) // 200_000)):
        turn = np.exp((2j * np.pi) * (x[None, :] / chunk[:, None]))
        value = np.abs(turn @ weight) + 0.5 * np.abs((turn * turn) @ weight)
        k = int(value.argmax())
        if value[k] > best_value:
            best_value, best_period = float(value[k]), float(chunk[k])
    phases = np.arange(0, 1, 0.01)
    period, offset = best_period, 0.0
    for _ in range(3):
        fraction = (x / period) % 1
        distance = np.abs((fraction[None, :] - phases[:, None] + 0.5) % 1 - 0.5) * period
        phase = phases[int((np.exp(-0.5 * (distance / 1.5) ** 2) @ weight).argmax())]
        close = np.abs((fraction - phase + 0.5) % 1 - 0.5) * period < 3
        if close.sum() < 16:
            return None
        number = np.round(x[close] / period - phase)
        matrix = np.stack([number, np.ones(len(number))], axis=1) * weight[close][:, None]
        slope, offset = np.linalg.lstsq(matrix, x[close] * weight[close], rcond=None)[0]
        if abs(slope / period - 1) > 0.004:
            return None
        period = float(slope)
    return np.arange(offset % period, n, period)
