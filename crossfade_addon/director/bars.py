# SPDX-License-Identifier: GPL-3.0-or-later
"""Where bars begin: how much each beat sounds like a downbeat, then the best regular counting through the song.

Conventions: beats are in seconds; evidence is in log odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..timeline import Region
from .beat_net import load_weights
from .features import FRAME_RATE, LATENCY_S, Features, Float, local_maximum, segment_means

METERS = (4, 3, 2, 5, 6, 7)
_RESTART_COST = 20.0
"""What it costs to break the counting or to change the meter."""
_METER_COST = {4: 0.0, 3: 0.05, 2: 0.11, 5: 0.08, 6: 0.12, 7: 0.13}
"""Per beat: how much clearer a rarer meter must be."""
_DOUBT = 0.08
TEMPER = 0.5
"""Neighbouring beats are not independent evidence: their log odds count half."""
_NEIGHBOURS, _BASS_MELS = 3, 6
HARMONY_SPANS, TIMBRE_SPANS, BASS_SPANS, RISE_SPANS = (1, 2, 4, 8), (1, 2, 4, 8, 16), (1, 4), (2, 4, 8, 16)
TRAITS = (
    "network",
    *(f"{band} {lag:+d}" for band in ("low", "mid", "high") for lag in range(-_NEIGHBOURS, _NEIGHBOURS + 1)),
    *(f"harmony {span}" for span in HARMONY_SPANS),
    *(f"timbre {span}" for span in TIMBRE_SPANS),
    *(f"bass {span}" for span in BASS_SPANS),
    *(f"rise {span}" for span in RISE_SPANS),
)


def find_downbeats(
    features: Features, beat: Float, downbeat: Float, beats: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Downbeats among the beats, and for every beat the beats per bar there.

    ``beat`` and ``downbeat`` are the network's activations.
    """
    if len(beats) < 8:
        return beats[::4], np.full(len(beats), 4, dtype=int)
    position, meter = count_bars(downbeat_odds(traits(features, beat, downbeat, beats)))
    return beats[position == 0], meter


def traits(features: Features, beat: Float, downbeat: Float, beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a downbeat is told by, per beat: (n, len(TRAITS)), in standard deviations but for the first.

    The network's opinion; onsets in three bands at this beat and three beats to either side; how much harmony,
    timbre and bass change here over 1 to 16 beats, and how much louder it gets.
    """
    frames = np.clip(np.round(beats * FRAME_RATE).astype(int), 0, features.n - 1)
    edges = np.append(frames, min(features.n, frames[-1] + int(np.median(np.diff(frames)))))
    timbre = segment_means(features.log_mel, edges)
    harmony = segment_means(features.chroma, edges)
    harmony -= harmony.mean(axis=1, keepdims=True)
    harmony /= np.linalg.norm(harmony, axis=1, keepdims=True) + 1e-6
    onsets = features.onsets
    columns = [opinion(beat, downbeat, beats)]
    for series in (onsets.low, onsets.mid, onsets.high):
        strength = _standard(local_maximum(series, 2)[frames])
        padded = np.pad(strength, _NEIGHBOURS)
        columns += [padded[lag : lag + len(beats)] for lag in range(2 * _NEIGHBOURS + 1)]
    columns += [_standard(_change(harmony, span)) for span in HARMONY_SPANS]
    columns += [_standard(_change(timbre, span)) for span in TIMBRE_SPANS]
    columns += [_standard(_change(timbre[:, :_BASS_MELS], span)) for span in BASS_SPANS]
    columns += [_standard(_rise(timbre, span)) for span in RISE_SPANS]
    return np.stack(columns, axis=1)


def opinion(beat: Float, downbeat: Float, beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """The network's log odds of every beat to be the first of its bar; 0 where it hears nothing."""
    frames = np.round(((beats + LATENCY_S) * FRAME_RATE - 0.5) / 2).astype(int)
    frames = np.clip(frames, 0, len(beat) - 1)
    first, other = local_maximum(downbeat, 1)[frames], local_maximum(beat, 1)[frames]
    return np.log((first + _DOUBT) / (np.maximum(other - first, 0) + _DOUBT)).astype(np.float64)


def downbeat_odds(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds of every beat to be a downbeat, by the fitted logistic model."""
    model = load_weights()
    return seen @ model["bars"].astype(np.float64) + float(model["bars.bias"][0])


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


def count_bars(odds: NDArray[np.float64]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Viterbi path over (beats per bar, position in the bar); both per beat."""
    states = [(meter, position) for meter in METERS for position in range(meter)]
    index = {state: k for k, state in enumerate(states)}
    previous = np.array([index[(meter, (position - 1) % meter)] for meter, position in states])
    first = np.array([TEMPER if position == 0 else 0.0 for _, position in states])
    toll = np.array([-_METER_COST[meter] for meter, _ in states])
    value = odds[0] * first + toll
    came_from = np.zeros((len(odds), len(states)), int)
    for t in range(1, len(odds)):
        stay = value[previous]
        leap = int(value.argmax())
        leaping = value[leap] - _RESTART_COST > stay
        came_from[t] = np.where(leaping, leap, previous)
        value = np.where(leaping, value[leap] - _RESTART_COST, stay) + odds[t] * first + toll
    state = int(value.argmax())
    path = [state]
    for t in range(len(odds) - 1, 0, -1):
        state = int(came_from[t, state])
        path.append(state)
    path.reverse()
    return np.array([states[k][1] for k in path]), np.array([states[k][0] for k in path])


def regions_by_meter(
    regions: Sequence[Region], beats: NDArray[np.float64], meters: NDArray[np.int_]
) -> tuple[Region, ...]:
    """The regions with their meter, cut where it changes."""
    changes = beats[1:][meters[1:] != meters[:-1]]
    found: list[Region] = []
    for region in regions:
        inside = [float(t) for t in changes if region.start + 0.01 < t < region.end - 0.01]
        edges = [region.start, *(round(t, 4) for t in inside), region.end]
        for start, end in pairwise(edges):
            at = int(np.clip(np.searchsorted(beats, start - 1e-3), 0, len(meters) - 1))
            found.append(replace(region, start=start, end=end, meter=int(meters[at])))
    return tuple(found)
