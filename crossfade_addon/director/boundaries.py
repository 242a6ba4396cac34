# SPDX-License-Identifier: GPL-3.0-or-later
"""Where parts of a song begin: how much the music changes at every bar line, and the most regular reading of that.

Conventions: one row per bar; boundary ``k`` lies before bar ``k``; evidence is in log odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .structure import Bars

WIDE, WIDEST = 8, 16
"""Half widths of the checkerboard kernels, in bars (Foote, ICME 2000)."""
LONGEST_PART = 160
SILENT_DB = 30.0
"""No part begins where everything after is this far below the song's usual level."""
WEIGHTS = (9.89, -7.594, 2.564, 0.0429)
OFFSET = -3.855
"""Logistic regression over :func:`change`, fitted by ``training/fit_structure.py``; the weights shrunk by a tenth."""
PHRASE = {8: 1.5, 4: 1.0, 2: 0.0, 1: -1.5}
"""Log odds for a part whose length is a multiple of so many bars (the largest counts)."""
SHORT_COST = 1.0
"""For every bar that a part has less than four."""
READINESS = 1.4
"""Added to every bar line's evidence: how readily parts are seen."""
_NEVER = -20.0


def change(bars: Bars) -> NDArray[np.float64]:
    """How the music at every bar line differs from the music before: (bars, 4).

    Contrast of sound and rhythm together over 8 bars; contrast of rhythm over 16; step of the rhythm between two bars
    before and two after; largest step of a frequency band's level in dB.
    """
    count = len(bars)
    if count < 3:
        return np.zeros((count, len(WEIGHTS)))
    sound = checkerboard(bars.timbre, (WIDE,))[0]
    rhythm, long_rhythm = checkerboard(bars.pattern, (WIDE, WIDEST))
    before, after = _around(bars.pattern, 2)
    step = np.sqrt(((after - before) ** 2).mean(axis=1))
    jump = np.concatenate([[0.0], np.abs(np.diff(bars.bands_db, axis=0)).max(axis=1)])
    step[0] = 0.0
    return np.stack([np.sqrt(sound * rhythm), long_rhythm, step, jump], axis=1)


def odds(bars: Bars) -> NDArray[np.float64]:
    """Log odds that a part begins with each bar, by itself."""
    return change(bars) @ np.array(WEIGHTS) + OFFSET


def find_boundaries(
    bars: Bars, evidence: NDArray[np.float64], drops: Sequence[int], builds: Sequence[tuple[int, int]]
) -> list[int]:
    """Bars at which parts begin (the first is 0): drops, builds, and where the music changes at phrase ends.

    ``evidence`` is :func:`odds`; ``builds`` are (first bar, drop bar); no part begins inside one.
    """
    if len(bars) < 3:
        return [0]
    total = evidence + READINESS
    usual = float(np.percentile(bars.loud_db, 90))
    still_to_come = np.maximum.accumulate(bars.loud_db[::-1])[::-1]
    total = np.where(still_to_come < usual - SILENT_DB, _NEVER, total)
    for first, drop in builds:
        total[first + 1 : drop] = _NEVER
    return best_starts(total, [*drops, *(first for first, _ in builds)])


def certainty(evidence: NDArray[np.float64], start: int) -> float:
    """Probability that a part begins there, for a bar line that was chosen; 1 for the start of the song."""
    return 1.0 if start == 0 else float(1 / (1 + np.exp(-(evidence[start] + READINESS + PHRASE[4]))))


def checkerboard(rows: NDArray, halves: Sequence[int]) -> list[NDArray[np.float64]]:
    """Contrast between what is before and what is after each row, for several reaches; 0 or more.

    Mean likeness within both sides minus mean likeness across, with Gaussian weights. Only the band of the
    self-similarity matrix that the kernels touch is computed, so memory grows with the song, not with its square.
    """
    count, width = len(rows), min(2 * max(halves), len(rows)) - 1
    distance = np.full((width + 1, count), np.inf)
    distance[0] = 0
    for lag in range(1, width + 1):
        distance[lag, :-lag] = ((rows[lag:] - rows[:-lag]) ** 2).sum(axis=1)
    heard = distance[1:][np.isfinite(distance[1:])]
    likeness = np.exp(-distance / (float(np.median(heard)) + 1e-9))
    exists = np.isfinite(distance)
    found = []
    for half in halves:
        taper = np.exp(-0.5 * ((np.arange(-half, half) + 0.5) / (half * 0.5)) ** 2)
        sums = np.zeros((2, 2, count))
        for a in range(-half, half):
            for b in range(a + 1, min(half, a + width + 1)):
                across = int(a < 0 <= b)
                first, last = max(0, -a), min(count, count - b)
                if first < last:
                    weight = taper[a + half] * taper[b + half]
                    there = slice(first + a, last + a)
                    sums[across, 0, first:last] += weight * likeness[b - a, there]
                    sums[across, 1, first:last] += weight * exists[b - a, there]
        alike, total = sums[:, 0], sums[:, 1]
        means = alike / np.maximum(total, 1e-9)
        found.append(np.where((total > 0).all(axis=0), np.maximum(means[0] - means[1], 0), 0))
    return found


def _around(rows: NDArray, reach: int) -> tuple[NDArray, NDArray]:
    """Means of the ``reach`` rows before and from every row, as far as there are any."""
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    here = np.arange(len(rows))
    first, last = np.maximum(here - reach, 0), np.minimum(here + reach, len(rows))
    before = (sums[here] - sums[first]) / np.maximum(here - first, 1)[:, None]
    return before, (sums[last] - sums[here]) / (last - here)[:, None]


def phrase_odds(longest: int) -> NDArray[np.float64]:
    """What speaks for a part of 0 to ``longest`` bars because music moves in phrases of 4 and 8 bars."""
    length = np.arange(longest + 1)
    value = np.full(longest + 1, PHRASE[1])
    for unit in (2, 4, 8):
        value[length % unit == 0] = PHRASE[unit]
    return value - SHORT_COST * np.maximum(4 - length, 0)


def best_starts(evidence: NDArray, forced: Sequence[int] = ()) -> list[int]:
    """First bars of the parts (the first is 0): the best sum of evidence and phrase lengths.

    Dynamic programming over the last boundary. ``forced`` bars always begin a part. What is left after the last
    boundary may have any length but one bar, as songs end where they like.
    """
    count = len(evidence)
    lengths = phrase_odds(LONGEST_PART)
    # What leads into a forced boundary (the break before a build, the build before a drop) may be short.
    leading = lengths + SHORT_COST * np.maximum(4 - np.arange(LONGEST_PART + 1), 0)
    tail = np.zeros(LONGEST_PART + 1)
    tail[1] = -3 * SHORT_COST
    value = np.full(count + 1, -np.inf)
    value[0] = 0.0
    source = np.zeros(count + 1, int)
    must = np.zeros(count + 1, int)
    must[[k for k in forced if 0 < k < count]] = 1
    latest = 0
    for end in range(1, count + 1):
        first = max(latest, end - LONGEST_PART)
        phrase = tail if end == count else leading if must[end] else lengths
        total = value[first:end] + phrase[end - first : 0 : -1]
        best = int(total.argmax())
        source[end] = first + best
        value[end] = total[best] + (evidence[end] if end < count else 0.0)
        if must[end]:
            latest = end
    starts = []
    at = int(source[count])
    while at > 0:
        starts.append(at)
        at = int(source[at])
    return [0, *reversed(starts)]
