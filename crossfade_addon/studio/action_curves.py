# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves between hand-set keys: monotone cubic interpolation (pure numpy; times and values in any unit)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def monotone(times: ArrayLike, values: ArrayLike, at: ArrayLike, *, period: float | None = None) -> Array:
    """Piecewise cubic through the keys that never leaves the range of two neighbouring keys.

    Slopes are the weighted harmonic means of Fritsch & Butland (1984), as in PCHIP: zero at every extreme
    and at both ends, so nothing overshoots but what the keys say.

    Parameters
    ----------
    times : (n,) any order, distinct within one period
    values : (n,) or (n, d)
    at : (m,) where to evaluate; held at the first and last key outside them
    period : float, optional
        Length of a loop; keys are repeated on both sides (a key at ``period`` equals the one at 0).

    Returns
    -------
    (m,) or (m, d), as ``values``.
    """
    t = np.asarray(times, dtype=float)
    v = np.asarray(values, dtype=float)
    flat = v.ndim == 1
    v = v.reshape(len(t), -1)
    order = np.argsort(t, kind="stable")
    t, v = t[order], v[order]
    if period is not None:
        inside = t < period - 1e-9
        t, v = t[inside], v[inside]
        t = np.concatenate((t - period, t, t + period))
        v = np.concatenate((v, v, v))
    x = np.clip(np.atleast_1d(np.asarray(at, dtype=float)), t[0], t[-1])
    if len(t) == 1:
        result = np.repeat(v, len(x), axis=0)
        return result[:, 0] if flat else result
    h = np.diff(t)[:, None]
    secant = np.diff(v, axis=0) / h
    slope = np.zeros_like(v)
    before, after = secant[:-1], secant[1:]
    rising = before * after > 0
    near = h[1:] * 2 + h[:-1]
    far = h[1:] + h[:-1] * 2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (near + far) / (near / before + far / after)
    slope[1:-1] = np.where(rising, mean, 0.0)
    i = np.clip(np.searchsorted(t, x, side="right") - 1, 0, len(t) - 2)
    step = h[i]
    u = (x - t[i])[:, None] / step
    result = (
        (2 * u**3 - 3 * u**2 + 1) * v[i]
        + (u**3 - 2 * u**2 + u) * step * slope[i]
        + (-2 * u**3 + 3 * u**2) * v[i + 1]
        + (u**3 - u**2) * step * slope[i + 1]
    )
    return result[:, 0] if flat else result


def monotone_keys(keys: Sequence[tuple[float, float]], at: ArrayLike, *, period: float | None = None) -> Array:
    """:func:`monotone` for a list of (time, value) keys."""
    return monotone([t for t, _ in keys], [v for _, v in keys], at, period=period)
