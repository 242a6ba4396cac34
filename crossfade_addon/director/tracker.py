# SPDX-License-Identifier: GPL-3.0-or-later
"""Beats along a known tempo: a path that may breathe, pieces of constant tempo, whole-song metronomes.

Conventions: beat positions are in feature frames (``features.FRAME_RATE`` per second), as floats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .beat_net import RATE
from .features import FRAME_RATE, Float, gaussian, parabolic, peaks

Beats = NDArray[np.float64]
_LOOSE, _STIFFNESS = 0.16, 60.0
_COMB_SPAN = 30_000.0
"""Frames that a comb looks at in one go: five minutes."""
_SAME_S = 0.0015
"""How far apart the ends of two grids may be that cannot be told apart by ear or by eye."""


def follow(activation: Float, periods: NDArray[np.float64]) -> Beats:
    """The beats that gather the most activation while keeping near the period of their second.

    Dynamic programming over network frames (Ellis, J. New Music Research 2007, with log odds for onset strength).
    """
    n = len(activation)
    odds = np.log((activation + 0.02) / (1.02 - activation)) + 1.5
    gain = np.maximum(odds, -1.0).astype(np.float64)
    wanted = periods[np.minimum((np.arange(n) / round(RATE)).astype(int), len(periods) - 1)]
    longest = int(np.ceil(wanted.max() * (1 + _LOOSE))) + 1
    score = np.zeros(n + longest)
    came_from = np.full(n, -1, np.int64)
    tables: dict[float, tuple[int, int, NDArray]] = {}
    for t in range(n):
        period = float(wanted[t])
        if period not in tables:
            first, last = int(period * (1 - _LOOSE)), int(np.ceil(period * (1 + _LOOSE)))
            lags = np.arange(last, first - 1, -1)
            tables[period] = (last, first, _STIFFNESS * np.log(lags / period) ** 2)
        last, first, toll = tables[period]
        here = t + longest
        options = score[here - last : here - first + 1] - toll
        best = int(options.argmax())
        score[here] = gain[t] + options[best]
        came_from[t] = t - last + best
    t = n - longest + int(score[n:].argmax()) if n > longest else int(score[longest:].argmax())
    path = []
    while t >= 0:
        path.append(t)
        t = int(came_from[t])
    return 2 * np.array(path[::-1], dtype=np.float64) + 0.5


def straighten(path: Beats, strength: Float, tolerance: float = 2.2) -> Beats:
    """A tracked path as pieces of constant tempo where the music is that steady, gently smoothed elsewhere.

    Each piece is the longest stretch (from 12 beats) whose robust line fit leaves less than ``tolerance``
    frames of slow deviation.
    """
    position, weight = _onsets_near(path, strength)
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


def _onsets_near(path: Beats, strength: Float, reach: int = 3) -> tuple[Beats, NDArray]:
    """Where the strongest onset near every beat is, between the frames, and how strong it is."""
    near = np.clip(np.round(path).astype(int)[:, None] + np.arange(-reach, reach + 1), 0, len(strength) - 1)
    at = near[np.arange(len(path)), strength[near].argmax(axis=1)]
    heard = strength[at] > 0
    position = np.where(heard, parabolic(strength, at), path)
    return position, np.where(heard, strength[at], 0.0) + 0.05


def _steady_line(position: Beats, weight: NDArray, start: int, end: int, tolerance: float) -> Beats | None:
    index, values, strength = np.arange(end - start, dtype=float), position[start:end], weight[start:end]
    trust, fitted = strength, values
    for _ in range(3):
        total = trust.sum()
        x, y = index - (trust * index).sum() / total, values - (trust * values).sum() / total
        slope = (trust * x * y).sum() / (trust * x * x).sum()
        fitted = values - y + slope * x
        trust = strength / (1 + ((values - fitted) / 1.2) ** 2)
    window = np.ones(8)
    slow = np.convolve((values - fitted) * strength, window, "same") / np.convolve(strength, window, "same")
    return fitted if float(np.abs(slow).max()) < tolerance else None


def _comb(x: Beats, weight: NDArray, period: float, first: float, last: float, width: float) -> float:
    """The period near ``period`` whose comb gathers most weight from first to last.

    Long stretches are done in doubling spans, each looking only as far as the one before could be wrong: the
    cost of one span grows with its length squared.
    """
    span = min(last - first, _COMB_SPAN)
    heard = np.concatenate([[0], np.cumsum(weight)])
    starts = np.arange(first, last - span + 1, span / 2)
    inside = heard[np.searchsorted(x, starts + span)] - heard[np.searchsorted(x, starts)]
    middle = float(starts[int(inside.argmax())]) + span / 2
    while True:
        low, high = max(first, middle - span / 2), min(last, middle + span / 2)
        part = slice(*np.searchsorted(x, (low, high)))
        step = 0.08 * period / (high - low)
        trials = period * (1 + np.arange(-width, width + step, step))
        best = -1.0
        for chunk in np.array_split(trials, max(1, len(trials) * (part.stop - part.start) // 200_000)):
            turn = np.exp((2j * np.pi) * ((x[None, part] - low) / chunk[:, None]))
            # The second harmonic keeps the period where eighths are as strong as the beats.
            value = np.abs(turn @ weight[part]) + 0.5 * np.abs((turn * turn) @ weight[part])
            if value.max() > best:
                best, period = float(value.max()), float(chunk[int(value.argmax())])
        if low <= first and high >= last:
            return period
        span, width = 2 * span, 6 * step


def metronome(
    activation: Float, strength: Float, period: float, first: float, last: float, width: float = 0.03
) -> Beats | None:
    """The best constant tempo near ``period`` (feature frames) between two moments, or None where there is none.

    A complex comb over the peaks of the beat activation finds the period and the phase over the whole length;
    a line through the onsets near that grid polishes both.
    """
    at = peaks(activation)
    at = at[(activation[at] > 0.15) & (2 * at + 0.5 >= first) & (2 * at + 0.5 < last)]
    if len(at) < 8 or last - first < 8 * period:
        return None
    x, weight = 2 * parabolic(activation, at) + 0.5, activation[at].astype(np.float64)
    best_period = _comb(x, weight, period, first, last, width)
    phases = np.arange(0, 1, 0.01)
    fraction = (x - first) / best_period
    distance = np.abs((fraction[None, :] - phases[:, None] + 0.5) % 1 - 0.5) * best_period
    offset = float(phases[int((np.exp(-0.5 * (distance / 2.0) ** 2) @ weight).argmax())]) * best_period
    grid = first + np.arange(offset, last - first, best_period)
    middle = 0.0
    for _ in range(2):
        if len(grid) < 8:
            return None
        position, trust = _onsets_near(grid, strength)
        miss = position - grid
        trust = trust / (1 + (miss / 1.2) ** 2)
        index = np.arange(len(grid), dtype=float)
        middle = float((trust * index).sum() / trust.sum())
        centred = index - middle
        slope = (trust * centred * miss).sum() / (trust * centred * centred).sum()
        shift = (trust * miss).sum() / trust.sum()
        grid = grid + shift + slope * centred
    step = float(grid[-1] - grid[0]) / (len(grid) - 1)
    start, step = _at_whole_tempo(float(grid[0]), step, middle, len(grid))
    return np.arange(start - np.floor((start - first) / step) * step, last, step)


def _at_whole_tempo(start: float, step: float, middle: float, count: int) -> tuple[float, float]:
    """The first of so many beats and their step, at the whole tempo nearest to it where that cannot be told apart.

    Music made on a computer has a whole number of beats a minute, which a fit through drums misses by a few millionths:
    over a song that is a millisecond. ``middle`` is the beat (from 0) that stays where it is.
    """
    whole = 60 * FRAME_RATE / max(1, round(60 * FRAME_RATE / step))
    reach = max(middle, count - 1 - middle)
    if abs(whole - step) * reach > _SAME_S * FRAME_RATE:
        return start, step
    return start + middle * (step - whole), whole
