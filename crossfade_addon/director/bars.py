# SPDX-License-Identifier: GPL-3.0-or-later
"""Where bars begin: how much each beat sounds like a downbeat, then the best regular counting through the song.

Conventions: beats are in seconds; evidence is in log odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..timeline import Region
from .features import FRAME_RATE, LATENCY_S, Float, local_maximum

METERS = (4, 3, 2, 5, 6, 7)
_RESTART_COST = 9.0
"""What it costs to break the counting or to change the meter."""
_METER_COST = {4: 0.0, 3: 0.10, 2: 0.22, 5: 0.16, 6: 0.16, 7: 0.25}
"""Per beat: how much clearer a rarer meter must be."""
_DOUBT = 0.08


def find_downbeats(
    beat: Float, downbeat: Float, beats: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Downbeats among the beats, and for every beat the beats per bar there.

    ``beat`` and ``downbeat`` are the network's activations.
    """
    if len(beats) < 8:
        return beats[::4], np.full(len(beats), 4, dtype=int)
    position, meter = count_bars(evidence(beat, downbeat, beats))
    return beats[position == 0], meter


def evidence(beat: Float, downbeat: Float, beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds of every beat to be the first of its bar; 0 where nothing is heard."""
    frames = np.round(((beats + LATENCY_S) * FRAME_RATE - 0.5) / 2).astype(int)
    frames = np.clip(frames, 0, len(beat) - 1)
    first, other = local_maximum(downbeat, 1)[frames], local_maximum(beat, 1)[frames]
    return np.log((first + _DOUBT) / (np.maximum(other - first, 0) + _DOUBT))


def count_bars(odds: NDArray[np.float64]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Viterbi path over (beats per bar, position in the bar); both per beat."""
    states = [(meter, position) for meter in METERS for position in range(meter)]
    index = {state: k for k, state in enumerate(states)}
    previous = np.array([index[(meter, (position - 1) % meter)] for meter, position in states])
    sign = np.array([0.5 if position == 0 else -0.5 for _, position in states])
    toll = np.array([-_METER_COST[meter] for meter, _ in states])
    value = odds[0] * sign + toll
    came_from = np.zeros((len(odds), len(states)), int)
    for t in range(1, len(odds)):
        stay = value[previous]
        leap = int(value.argmax())
        leaping = value[leap] - _RESTART_COST > stay
        came_from[t] = np.where(leaping, leap, previous)
        value = np.where(leaping, value[leap] - _RESTART_COST, stay) + odds[t] * sign + toll
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
        for start, end in zip(edges[:-1], edges[1:], strict=True):
            at = int(np.clip(np.searchsorted(beats, start - 1e-3), 0, len(meters) - 1))
            found.append(replace(region, start=start, end=end, meter=int(meters[at])))
    return tuple(found)
