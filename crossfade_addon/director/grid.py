# SPDX-License-Identifier: GPL-3.0-or-later
"""The beat grid: several ways to hear the song, one choice, and how far to trust it.

Conventions: beat positions are in feature frames (``features.FRAME_RATE`` per second) until
:func:`find_grid` has chosen; :class:`Grid` holds seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..timeline import NO_BEAT_BELOW, Alternative, Region
from . import tempo
from .beat_net import activations, load_weights
from .features import FRAME_RATE, LATENCY_S, Features, Float, local_maximum, moving_average, parabolic, peaks
from .tracker import Beats, follow, metronome, straighten

_HELD_FROM = 0.65
"""Support from which a region's beats count as steady."""
FEWEST_STROKES = 0.2
"""Onsets per second under which nothing can be called a beat."""
REGION_BEATS = 16
TRAITS = ("expected F", "hits in the better half", "onsets on the grid", "sharp onsets", "crisp sound", "lead")
_SHORTEST_STRETCH_S = 8
_SEAM_S = 8.0
_STEADY_BONUS = 0.05
_RELATIVES = (0.5, 2.0, 1.5, 2 / 3)


@dataclass(frozen=True, slots=True)
class Heard:
    """Activations of the network over a song: beats, downbeats (network frames), and the tempogram of the beats."""

    beat: Float
    downbeat: Float
    tempogram: tempo.Tempogram


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to hear the beat; ``steady`` when it is one tempo through the whole song."""

    beats: Beats
    steady: bool
    score: float

    @property
    def period(self) -> float:
        """Median beat length in feature frames."""
        return float(np.median(np.diff(self.beats)))


@dataclass(frozen=True, slots=True)
class Grid:
    """The chosen beats in seconds; ``beats`` is empty when there is none to follow."""

    beats: NDArray[np.float64]
    bpm: float
    confidence: float
    regions: tuple[Region, ...]
    alternatives: tuple[Alternative, ...]


def hear(features: Features) -> Heard:
    """Run the network over a song."""
    beat, downbeat = activations(features)
    return Heard(beat, downbeat, tempo.tempogram(beat))


def find_grid(features: Features, heard: Heard) -> Grid:
    """The most convincing beat grid of a song."""
    strength = features.onsets.total
    strokes = int((strength[peaks(strength)] > 0.5).sum())
    if strokes < max(4, FEWEST_STROKES * features.n / FRAME_RATE):
        return Grid(np.zeros(0), 0.0, 0.0, (), ())
    ranked = hypotheses(features, heard)
    if not ranked:
        return Grid(np.zeros(0), 0.0, 0.0, (), ())
    return grid_from_beats(features, heard, ranked[0].beats, _other_tempi(ranked), lead_of(ranked))


def grid_from_beats(
    features: Features, heard: Heard, beats: Beats, alternatives: tuple[Alternative, ...] = (), lead: float = 0.25
) -> Grid:
    """Trust, regions and seconds for beats in feature frames, whoever found them.

    ``lead`` is by how much the score of these beats is ahead of the next best way to hear them.
    """
    beats = _to_sounding_part(features, beats)
    if len(beats) < 4:
        return Grid(np.zeros(0), 0.0, 0.0, (), ())
    confidence = trust(traits(features, heard, beats, lead))
    bpm = 60 * FRAME_RATE / _typical(np.diff(beats))
    if confidence < NO_BEAT_BELOW:
        return Grid(np.zeros(0), 0.0, confidence, (), (Alternative(round(bpm, 2), round(confidence, 3)), *alternatives))
    seconds = np.maximum(beats / FRAME_RATE - LATENCY_S, 0)
    return Grid(seconds, bpm, confidence, _regions(seconds, _even_odds(_support(heard, beats))), alternatives)


def hypotheses(features: Features, heard: Heard) -> list[Hypothesis]:
    """Ways to hear the beat, best first.

    The two best tempo paths and their relatives (twice, half, three halves, two thirds as fast), each as
    metronomes where the tempo holds, one for the whole song or one per steady stretch; and followed beat by beat
    for the first path and where no tempo holds.
    """
    first = tempo.tempo_path(heard.tempogram)
    curves = [first]
    for ratio in _RELATIVES:
        curves.append(first * ratio)
    curves.append(tempo.tempo_path(heard.tempogram, avoid=curves))
    found: list[Hypothesis] = []
    for way, periods in enumerate(curves):
        inside = (periods > 0.98 * tempo.PERIODS[0]) & (periods < 1.02 * tempo.PERIODS[-1])
        if inside.mean() > 0.9:
            found += _along(features, heard, periods, always_follow=way == 0)
    return sorted(found, key=lambda h: -h.score)


def _along(features: Features, heard: Heard, periods: NDArray[np.float64], *, always_follow: bool) -> list[Hypothesis]:
    strength = features.onsets.total
    found: list[Hypothesis] = []
    stretches = steady_stretches(periods, features.n)
    strict = _metronomes(heard, strength, stretches) if stretches else None
    if strict is not None:
        found.append(_judged(heard, strict, len(stretches) == 1))
    if len(stretches) != 1:
        steady = metronome(heard.beat, strength, 2 * tempo.usual(periods), 0.0, features.n)
        if steady is not None:
            found.append(_judged(heard, steady, True))
    found += [_judged(heard, h.beats[:-1] + np.diff(h.beats) / 2, h.steady) for h in found]
    if always_follow or not found:
        path = follow(heard.beat, periods)
        if len(path) >= 6:
            found.append(_judged(heard, straighten(path, strength), False))
    return found


def steady_stretches(periods: NDArray[np.float64], frames: int) -> list[tuple[float, float, float]]:
    """(period, first frame, last frame) of stretches of one tempo that together cover a song; empty when it drifts.

    A stretch holds its tempo within 2.5 % for at least 8 s; shorter ones go to their neighbours.
    """
    cuts = [0]
    for second in range(1, len(periods)):
        here = periods[cuts[-1] : min(second, cuts[-1] + 30)]
        if abs(np.log(periods[second] / np.median(here))) > 0.025:
            cuts.append(second)
    spans = [(a, b) for a, b in pairwise([*cuts, len(periods)])]
    long = [(a, b) for a, b in spans if b - a >= _SHORTEST_STRETCH_S]
    if len(spans) == 1:
        long = spans
    if sum(b - a for a, b in long) < 0.8 * len(periods):
        return []
    found: list[tuple[float, float, float]] = []
    for k, (a, b) in enumerate(long):
        first = 0.0 if k == 0 else (long[k - 1][1] + a) / 2 * FRAME_RATE
        last = frames if k == len(long) - 1 else (b + long[k + 1][0]) / 2 * FRAME_RATE
        period = 2 * float(np.median(periods[a:b]))
        if found and abs(np.log(period / found[-1][0])) < 0.015:
            found[-1] = (found[-1][0], found[-1][1], last)
        else:
            found.append((period, first, last))
    return found


def _metronomes(heard: Heard, strength: Float, stretches: list[tuple[float, float, float]]) -> Beats | None:
    """One constant tempo per stretch, each changing to the next where both fit best."""
    whole: Beats | None = None
    for period, first, last in stretches:
        beats = metronome(heard.beat, strength, period, first, last)
        if beats is None:
            return None
        whole = beats if whole is None else _change_over(heard, whole, beats, first)
    return whole


def _change_over(heard: Heard, before: Beats, after: Beats, seam: float) -> Beats:
    """Two grids as one: the change comes within 8 s of the seam, where the sum of what both hit is largest."""
    slow, fast = float(np.diff(before).mean()), float(np.diff(after).mean())
    reach = _SEAM_S * FRAME_RATE
    before = np.concatenate([before[before < seam - slow / 2], np.arange(before[-1] + slow, seam + reach, slow)])
    ahead = np.arange(after[0] - fast, max(seam - reach, 0), -fast)[::-1]
    after = np.concatenate([ahead, after])
    moments = np.sort(np.concatenate([before, after])) - 1
    moments = moments[np.abs(moments - seam) <= reach]
    if not len(moments):
        moments = np.array([seam])
    gain_before, gain_after = _hits(heard, before) - 0.2, _hits(heard, after) - 0.2
    sums = np.concatenate([[0], np.cumsum(gain_before)]), np.concatenate([[0], np.cumsum(gain_after)])
    left = sums[0][np.searchsorted(before, moments)]
    right = sums[1][-1] - sums[1][np.searchsorted(after, moments)]
    cut = moments[int((left + right).argmax())]
    first, second = before[before < cut], after[after >= cut]
    if len(first) and len(second) and second[0] - first[-1] < 0.6 * min(slow, fast):
        second = second[1:]
    return np.concatenate([first, second])


def _hits(heard: Heard, beats: Beats) -> NDArray[np.float64]:
    """The activation at every beat, give or take a network frame."""
    frames = np.clip(np.round((beats - 0.5) / 2).astype(int), 0, len(heard.beat) - 1)
    return local_maximum(heard.beat, 1)[frames].astype(np.float64)


def expected_f(heard: Heard, beats: Beats) -> float:
    """The F-measure a grid would get if the activations were true probabilities: 0..1."""
    every = float(heard.beat[peaks(heard.beat)].sum())
    # Beats no one can hear (breaks) are no reason to prefer a grid with fewer of them.
    hit = _hits(heard, beats)
    return 2 * float(hit.sum()) / (len(beats) + every + 1e-6)


def _judged(heard: Heard, beats: Beats, steady: bool) -> Hypothesis:
    return Hypothesis(beats, steady, expected_f(heard, beats) + _STEADY_BONUS * steady)


def traits(features: Features, heard: Heard, beats: Beats, lead: float) -> NDArray[np.float64]:
    """What the confidence is computed from, (len(TRAITS),), each about 0..1."""
    support = np.sort(_support(heard, beats))
    sharp = float(np.percentile(features.flux.mean(axis=1), 97))
    crisp = float(features.flux.mean()) / (float(features.log_mel.mean()) + 1e-6)
    return np.array(
        [
            expected_f(heard, beats),
            float(support[len(support) // 2 :].mean()),
            float(np.clip(_lock(features, beats), 0, 1).mean()),
            float(np.clip(np.log(sharp / 0.03 + 1e-9) / np.log(0.4 / 0.03), 0, 1)),
            float(np.clip(crisp / 0.06, 0, 1)),
            min(2 * lead, 1.0),
        ]
    )


def trust(seen: NDArray[np.float64]) -> float:
    """Probability that a grid with these :func:`traits` is right, 0..1, by the fitted logistic model."""
    model = load_weights()
    return float(1 / (1 + np.exp(-(seen @ model["trust"].astype(np.float64) + float(model["trust.bias"][0])))))


def _support(heard: Heard, beats: Beats) -> NDArray[np.float64]:
    """Mean hit of every 16 beats."""
    hits = _hits(heard, beats)
    starts = np.arange(0, len(hits), REGION_BEATS)
    return np.add.reduceat(hits, starts) / np.diff([*starts, len(hits)])


def _even_odds(probability: NDArray) -> NDArray:
    """What a probability of a beat in a frame is worth where beat and no beat are as likely (one frame in 25 is one).

    Beats heard half of the time by the frame are well supported: 0.5 becomes 0.8.
    """
    return 4 * probability / (1 + 3 * probability)


def _other_tempi(ranked: list[Hypothesis]) -> tuple[Alternative, ...]:
    """The best three other tempi, each with how near its score comes to the best (1 is a tie)."""
    best = ranked[0]
    found: list[Alternative] = []
    periods = [best.period]
    for other in ranked[1:]:
        if all(abs(other.period / known - 1) > 0.03 for known in periods):
            periods.append(other.period)
            score = float(np.exp(-4 * (best.score - other.score)))
            found.append(Alternative(round(60 * FRAME_RATE / other.period, 2), round(score, 3)))
    return tuple(found[:3])


def lead_of(ranked: list[Hypothesis]) -> float:
    """How far the best grid's score is ahead of any grid that contradicts it: another tempo, or another phase."""
    best = ranked[0]
    contradicting = [
        best.score - other.score
        for other in ranked[1:]
        if abs(other.period / best.period - 1) > 0.03 or _apart(other.beats, best) > 0.2
    ]
    return min(contradicting, default=1.0)


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


def _regions(seconds: NDArray, support: NDArray) -> tuple[Region, ...]:
    """Neighbouring blocks of 16 beats that are all supported, or all not, at one tempo, as one region."""
    edges = [*seconds[::REGION_BEATS][: len(support)], float(seconds[-1])]
    held = support >= _HELD_FROM
    steps = np.array(
        [_typical(np.diff(seconds[k : k + REGION_BEATS + 1])) for k in range(0, len(seconds) - 1, REGION_BEATS)]
    )
    steps = np.append(steps, steps[-1:])[: len(support)]
    other_tempo = np.abs(np.log(steps[1:] / steps[:-1])) > 0.02
    cuts = [0, *(np.flatnonzero((held[1:] != held[:-1]) | other_tempo) + 1), len(support)]
    return tuple(
        Region(
            round(float(edges[a]), 4),
            round(float(edges[b]), 4),
            round(float(support[a:b].mean()), 3),
            bool(held[a]),
            round(60 / float(np.median(steps[a:b])), 3),
        )
        for a, b in pairwise(cuts)
    )
