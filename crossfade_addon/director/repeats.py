# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes back in a song: parts that hold the same music, and the phrases that parts are made of.

Conventions: parts are (first bar, bar after the last).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .structure import Bars

ALIKE = 0.2
"""Parts are the same when their bars are nearer than this share of the distance of unrelated bars: the same part comes
back at 0.02 to 0.15, other parts of a song are at 0.25 to 2."""
PHRASES = (2, 4, 8, 16)
_SLIDE = 4
"""The shorter of two parts may begin this many bars into the longer one."""
_COMPARED = 32
_CLEARLY = 0.8


def describe_bars(bars: Bars) -> NDArray[np.float64]:
    """Sound, rhythm and harmony of every bar, each with a mean square of 1 over the song."""
    parts = []
    for rows in (bars.timbre, bars.pattern, bars.chroma):
        rows = rows - rows.mean(axis=0)
        spread = float(np.sqrt((rows * rows).sum(axis=1).mean()))
        parts.append(rows / spread if spread > 1e-6 else np.zeros_like(rows))
    return np.concatenate(parts, axis=1) / np.sqrt(len(parts))


def group_parts(rows: NDArray, parts: Sequence[tuple[int, int]]) -> list[str]:
    """A letter per part, the same for parts that hold the same music, in order of appearance.

    Each part joins the nearest earlier group when it is near enough. Bars are compared in order, so the same chords in
    another order are other music.
    """
    unrelated = 2 * float((rows * rows).sum(axis=1).mean())
    limit = ALIKE * unrelated
    means = {(a, b): rows[a:b].mean(axis=0) for a, b in parts}
    members: list[list[tuple[int, int]]] = []
    found = []

    def apart(part: tuple[int, int], other: tuple[int, int]) -> float:
        # Means are nearer than bars: a cheap look at them settles most pairs of a long mix.
        rough = means[part] - means[other]
        return _distance(rows, part, other) if float(rough @ rough) < 2 * limit else np.inf

    for part in parts:
        distances = [min(apart(part, group[0]), apart(part, group[-1])) for group in members]
        best = int(np.argmin(distances)) if distances else -1
        if best >= 0 and distances[best] <= limit:
            members[best].append(part)
        else:
            best = len(members)
            members.append([part])
        found.append(_letters(best))
    return found


def _letters(index: int) -> str:
    """A to Z, then AA, AB, ..."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _distance(rows: NDArray, one: tuple[int, int], other: tuple[int, int]) -> float:
    """Mean squared distance of bars at the same place, at the best alignment."""
    short, long = sorted((one, other), key=lambda part: part[1] - part[0])
    length = min(short[1] - short[0], _COMPARED)
    a = rows[short[0] : short[0] + length]
    slides = range(min(_SLIDE, long[1] - long[0] - length) + 1)
    return min(float(((a - rows[long[0] + s : long[0] + s + length]) ** 2).sum(axis=1).mean()) for s in slides)


def phrase_length(rows: NDArray, part: tuple[int, int]) -> int:
    """Bars per phrase: the shortest of 2, 4, 8 and 16 after which the part clearly repeats itself.

    Where it does not, the longest of 8, 4 and 2 that divides the part's length.
    """
    inside = rows[part[0] : min(part[1], part[0] + 4 * PHRASES[-1])]
    length = part[1] - part[0]
    options = [lag for lag in PHRASES if lag + max(2, lag // 2) <= len(inside)]
    if options:
        apart = {lag: _at_lag(inside, lag) for lag in options}
        usual = float(np.mean([_at_lag(inside, lag) for lag in range(1, 2 * options[-1]) if lag < len(inside)]))
        best = min(apart.values())
        if best < _CLEARLY * usual:
            return next(lag for lag in options if apart[lag] <= 1.15 * best + 0.02 * usual)
    return next((lag for lag in (8, 4, 2) if length % lag == 0), 4 if length > 4 else 2)


def _at_lag(rows: NDArray, lag: int) -> float:
    return float(((rows[lag:] - rows[:-lag]) ** 2).sum(axis=1).mean())
