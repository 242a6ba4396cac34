# SPDX-License-Identifier: GPL-3.0-or-later
"""Where bars begin: evidence per beat, then the best regular counting of 3 or 4 through the song.

Conventions: beats are in seconds; evidence is in standard deviations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .features import FRAME_RATE, Features, local_maximum, segment_means

METERS = (4, 3)
_RESTART_COST = 40.0
"""What it costs to break the counting: about ten bars of clear evidence."""
_WALTZ_COST, _WALTZ_COST_PER_BEAT = 6.0, 0.15


def find_downbeats(features: Features, beats: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Downbeats among the beats, and the beats per bar of most of the song."""
    if len(beats) < 8:
        return beats[::4], 4
    position, meter = _count(evidence(features, beats))
    return beats[position == 0], int(np.bincount(meter).argmax())


def evidence(features: Features, beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each beat sounds like the first of a bar.

    A kick or bass there and no snare, new harmony (over 1, 2 and 4 beats), new and louder sounds over 4 beats.
    The weights were set by hand.
    """
    frames = np.clip(np.round(beats * FRAME_RATE).astype(int), 0, features.n - 1)
    edges = np.append(frames, min(features.n, frames[-1] + int(np.median(np.diff(frames)))))
    timbre = segment_means(features.log_mel, edges)
    harmony = segment_means(features.chroma, edges)
    harmony -= harmony.mean(axis=1, keepdims=True)
    harmony /= np.linalg.norm(harmony, axis=1, keepdims=True) + 1e-6
    low, mid, high = (
        local_maximum(series, 2)[frames] for series in (features.onsets.low, features.onsets.mid, features.onsets.high)
    )
    terms = (
        (1.2, low),
        (-0.7, mid),
        (-0.3, high),
        (0.8, _change(harmony, 1)),
        (1.0, _change(harmony, 2)),
        (0.4, _change(harmony, 4)),
        (1.5, _change(timbre, 4)),
        (1.2, _rise(timbre, 4)),
    )
    return np.sum([weight * _standard(values) for weight, values in terms], axis=0)


def _standard(values: NDArray) -> NDArray[np.float64]:
    return np.clip((values - values.mean()) / (values.std() + 1e-6), -4, 4)


def _before_and_after(rows: NDArray, span: int) -> tuple[NDArray, NDArray]:
    """Means of the ``span`` rows before and from every row, as far as there are any."""
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    here = np.arange(len(rows))
    first, last = np.maximum(here - span, 0), np.minimum(here + span, len(rows))
    before = (sums[here] - sums[first]) / np.maximum(here - first, 1)[:, None]
    return before, (sums[last] - sums[here]) / (last - here)[:, None]


def _change(rows: NDArray, span: int) -> NDArray:
    before, after = _before_and_after(rows, span)
    distance = np.linalg.norm(after - before, axis=1)
    distance[0] = 0
    return distance


def _rise(rows: NDArray, span: int) -> NDArray:
    before, after = _before_and_after(rows, span)
    step = (after - before).mean(axis=1)
    step[0] = 0
    return step


def _count(first_of_bar: NDArray) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Viterbi path over (beats per bar, position in the bar)."""
    states = [(meter, position) for meter in METERS for position in range(meter)]
    index = {state: k for k, state in enumerate(states)}
    previous = np.array([index[(meter, (position - 1) % meter)] for meter, position in states])
    is_first = np.array([position == 0 for _, position in states])
    waltz = np.array([meter == 3 for meter, _ in states])
    start = np.where(waltz, -_WALTZ_COST, 0.0)
    toll = np.where(waltz, -_WALTZ_COST_PER_BEAT, 0.0)
    value = start + first_of_bar[0] * is_first
    came_from = np.zeros((len(first_of_bar), len(states)), int)
    for t in range(1, len(first_of_bar)):
        stay = value[previous]
        leap = int(value.argmax())
        leaping = value[leap] - _RESTART_COST > stay
        came_from[t] = np.where(leaping, leap, previous)
        value = np.where(leaping, value[leap] - _RESTART_COST, stay) + first_of_bar[t] * is_first + toll
    state = int(value.argmax())
    path = [state]
    for t in range(len(first_of_bar) - 1, 0, -1):
        state = int(came_from[t, state])
        path.append(state)
    path.reverse()
    return np.array([states[k][1] for k in path]), np.array([states[k][0] for k in path])
