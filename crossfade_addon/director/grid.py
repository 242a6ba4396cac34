# SPDX-License-Identifier: GPL-3.0-or-later
"""The beat grid: many candidates, one choice, and how far to trust it.

Conventions: beat positions are in frames (``features.FRAME_RATE`` per second) until :func:`find_grid` has
chosen; :class:`Grid` holds seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..timeline import Alternative, Region
from .features import FRAME_RATE, LATENCY_S, Features, local_maximum, moving_average, parabolic, peaks
from .tracker import FAVOURITE_BPM, Beats, candidate_periods, metronome, periodicity, straighten, track

METRONOME_LIMIT_S = 900.0
"""Longer files (DJ mixes) change tempo anyway, and a whole-song metronome would cost time squared."""
_PLACES = (0.0, 0.25, 0.5, 0.75)
NO_BEAT_BELOW = 0.2
"""Confidence under which a song counts as having no beat to follow."""
REGION_BEATS = 16
Rhythm = Callable[[NDArray | float], NDArray]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to hear the beat; ``steady`` when it is one tempo through the whole song."""

    beats: Beats
    steady: bool

    @property
    def period(self) -> float:
        """Median beat length in frames."""
        return float(np.median(np.diff(self.beats)))


@dataclass(frozen=True, slots=True)
class Grid:
    """The chosen beats in seconds; ``beats`` is empty when there is none to follow.

    ``confidence`` 0..1 joins how exactly the onsets lie on the grid's subdivisions, how distinct they are,
    and how clearly this grid beats the next best one.
    """

    beats: NDArray[np.float64]
    bpm: float
    confidence: float
    regions: tuple[Region, ...]
    alternatives: tuple[Alternative, ...]


def find_grid(features: Features) -> Grid:
    """The most convincing beat grid of a song."""
    candidates, rhythm = hypotheses(features)
    if not candidates or not features.onsets.total.any():
        return Grid(np.zeros(0), 0.0, 0.0, (), ())
    scores = np.array([score(features, rhythm, c) for c in candidates])
    order = np.argsort(-scores, kind="stable")
    others, lead = _rivals([candidates[k] for k in order], scores[order])
    return grid_from_beats(features, candidates[order[0]].beats, others, lead)


def grid_from_beats(
    features: Features, beats: Beats, alternatives: tuple[Alternative, ...] = (), lead: float = 0.25
) -> Grid:
    """Trust, regions and seconds for beats in frames, whoever found them.

    ``lead`` is by how much the score of these beats is ahead of the next best way to hear them.
    """
    beats = _to_sounding_part(features, beats)
    if len(beats) < 4:
        return Grid(np.zeros(0), 0.0, 0.0, (), ())
    lock = _lock(features, beats)
    distinct = float(np.clip((np.percentile(features.flux.mean(axis=1), 97) - 0.03) / 0.1, 0, 1))
    steady = np.clip((lock - 0.12) / 0.38, 0, 1)
    confidence = float(np.average(steady) * (0.3 + 0.7 * distinct) * (0.6 + 0.4 * np.clip(lead / 0.5, 0, 1)))
    bpm = 60 * FRAME_RATE / _typical(np.diff(beats))
    if confidence < NO_BEAT_BELOW:
        return Grid(np.zeros(0), 0.0, confidence, (), (Alternative(round(bpm, 2), round(confidence, 3)), *alternatives))
    seconds = np.maximum(beats / FRAME_RATE - LATENCY_S, 0)
    return Grid(seconds, bpm, confidence, _regions(seconds, steady), alternatives)


def hypotheses(features: Features) -> tuple[list[Hypothesis], Rhythm]:
    """All candidate grids, each also shifted by half a beat, and the autocorrelation they came from."""
    strength = features.onsets.total
    rhythm = periodicity(features.onsets)
    periods = candidate_periods(rhythm)
    paths = [straighten(p, strength) for p in track(strength, periods) if len(p) >= 6]
    grids = [Hypothesis(p, False) for p in paths]
    if features.n / FRAME_RATE <= METRONOME_LIMIT_S:
        tried: list[float] = []
        for path in list(grids):
            if all(abs(path.period / other - 1) > 0.01 for other in tried):
                tried.append(path.period)
                beats = metronome(strength, path.period)
                if beats is not None and len(beats) >= 6:
                    grids.append(Hypothesis(beats, True))
    shifted = [Hypothesis(g.beats[:-1] + np.diff(g.beats) / 2, g.steady) for g in grids]
    return grids + shifted, rhythm


def score(features: Features, rhythm: Rhythm, candidate: Hypothesis) -> float:
    """How much a candidate sounds like the beat. Higher is better; differences of 0.3 are clear.

    Terms: onsets on the beat against those halfway and a quarter away (low, mid and high bands), strength
    of the four-beat period, a preference for club tempi and for one tempo throughout. The weights were set by
    hand to one or two digits; the result hardly changes when any of them is changed by a third.
    """
    beats = candidate.beats
    length = np.append(np.diff(beats), beats[-1] - beats[-2])
    onsets = features.onsets
    low, mid, high = (_places(series, beats, length) for series in (onsets.low, onsets.mid, onsets.high))
    period = candidate.period
    octaves = abs(float(np.log2(60 * FRAME_RATE / period / FAVOURITE_BPM)))
    return (
        0.1 * (low[0] - low[2])
        + 0.35 * (mid[0] - mid[2])
        + 0.5 * _against_quarters(low)
        + 0.2 * (_against_quarters(mid) + _against_quarters(high))
        + 0.3 * float(rhythm(4 * period))
        + 0.8 * candidate.steady
        - 0.9 * octaves**2
        - 0.4 * max(0.0, octaves - 0.5)
    )


def _places(onsets: NDArray, beats: Beats, length: Beats) -> list[float]:
    """Mean onset strength at parts of the beat, in units of the overall mean, at most 5."""
    widened = local_maximum(onsets, 3)
    mean = float(widened.mean()) + 1e-6
    last = len(onsets) - 1
    return [
        min(5.0, float(widened[np.clip(np.round(beats + place * length).astype(int), 0, last)].mean()) / mean)
        for place in _PLACES
    ]


def _against_quarters(places: list[float]) -> float:
    return places[0] - (places[1] + places[3]) / 2


def _rivals(ranked: list[Hypothesis], scores: NDArray) -> tuple[tuple[Alternative, ...], float]:
    """The best three other tempi, and the best grid's lead over any grid that contradicts it."""
    best = ranked[0]
    found: list[Alternative] = []
    periods = [best.period]
    lead = 1.0
    for candidate, value in zip(ranked[1:], scores[1:], strict=True):
        behind = float(scores[0] - value)
        if all(abs(candidate.period / other - 1) > 0.03 for other in periods):
            periods.append(candidate.period)
            found.append(Alternative(round(60 * FRAME_RATE / candidate.period, 2), round(float(np.exp(-behind)), 3)))
            lead = min(lead, behind)
        elif abs(candidate.period / best.period - 1) <= 0.03 and _apart(candidate.beats, best) > 0.2:
            lead = min(lead, behind)
    return tuple(found[:3]), lead


def _apart(beats: Beats, grid: Hypothesis) -> float:
    """Median distance of beats from a grid, in parts of its beat."""
    phase = np.interp(beats, grid.beats, np.arange(len(grid.beats)))
    return float(np.median(np.abs(phase - np.round(phase))))


def _to_sounding_part(features: Features, beats: Beats) -> Beats:
    """Beats carried on to the first and last sound, and none outside it."""
    loudness = moving_average(features.band_power.sum(axis=1), int(0.5 * FRAME_RATE))
    sounding = np.flatnonzero(loudness > np.percentile(loudness, 95) * 1e-4)
    if not len(sounding):
        return beats[:0]
    first, last = sounding[0] + 0.25 * FRAME_RATE, sounding[-1] - 0.25 * FRAME_RATE
    first, last = (0.0 if sounding[0] == 0 else first), (features.n if sounding[-1] >= features.n - 1 else last)
    start_step, end_step = _typical(np.diff(beats[:9])), _typical(np.diff(beats[-9:]))
    before = np.arange(beats[0] - start_step, first - 0.1 * FRAME_RATE, -start_step)[::-1]
    after = np.arange(beats[-1] + end_step, last, end_step)
    whole = np.concatenate([before, beats, after])
    return whole[(whole >= first - 0.1 * FRAME_RATE) & (whole <= last) & (whole >= -1)]


def _typical(steps: NDArray) -> float:
    """Mean of the steps within 3 % of their median: finer than frames, deaf to slips."""
    middle = float(np.median(steps))
    alike = steps[np.abs(steps / middle - 1) < 0.03]
    return float(alike.mean()) if len(alike) else middle


def _lock(features: Features, beats: Beats) -> NDArray[np.float64]:
    """For every 16 beats, how exactly the onsets lie on halves, thirds or quarters of the beat: -1..1."""
    strength = features.onsets.total
    at = peaks(strength)
    at = at[strength[at] > 0.5]
    position = parabolic(strength, at)
    inside = (position > beats[0]) & (position < beats[-1])
    phase = np.interp(position[inside], beats, np.arange(len(beats)))
    weight = np.minimum(strength[at][inside], 3.0)
    count = -(-len(beats) // REGION_BEATS)
    index = (phase // REGION_BEATS).astype(int)
    total = np.bincount(index, weight, count) + 2.0
    return np.max(
        [np.bincount(index, weight * np.cos(2 * np.pi * parts * phase), count) / total for parts in (2, 3, 4)], axis=0
    )


def _regions(seconds: NDArray, steady: NDArray) -> tuple[Region, ...]:
    """Neighbouring blocks of 16 beats that are all locked, or all not, as one region."""
    edges = [*seconds[::REGION_BEATS][: len(steady)], float(seconds[-1])]
    held = steady >= 0.5
    cuts = [0, *(np.flatnonzero(held[1:] != held[:-1]) + 1), len(steady)]
    return tuple(
        Region(round(float(edges[a]), 4), round(float(edges[b]), 4), round(float(steady[a:b].mean()), 3), bool(held[a]))
        for a, b in pairwise(cuts)
    )
