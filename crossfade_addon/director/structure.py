# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a song: where they begin (on bar lines), how loud they are, what to call them.

Conventions: bars are given by their edges in seconds; energies are 0..1 within the song.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..timeline import Section
from .boundaries import certainty
from .features import FRAME_RATE, Features
from .repeats import describe_bars, group_parts, phrase_length

PSEUDO_BAR_S = 2.0
"""Bar length where there is no beat."""
BAR_RANGE_S = (0.95, 3.3)
"""Shorter bars are counted in pairs, longer ones in halves: phrases of 4 and 8 stay what they are."""
SLOTS = 16
"""Parts of a bar in which onsets are counted for its rhythm."""
_EARLY_FRAMES = 1.5
"""A slot opens this much before its place in the bar, for strokes a little early."""
_MEL_GROUPS = ((0, 4), (4, 10), (10, 18), (18, 28), (28, 40))
_FLUX_GROUPS = ((0, 4), (4, 20), (20, 40))


@dataclass(frozen=True, slots=True)
class Bars:
    """One row per bar: ``edges`` (n + 1) in seconds.

    ``timbre`` joins sound, onsets and harmony in standard deviations; ``pattern`` (n, 48) is how much starts in each
    16th of the bar in three bands; ``chroma`` (n, 12) has unit length; ``bands_db`` (n, 5) is power in
    ``features.BAND_EDGES_HZ``, ``low_db`` the first of them (30 to 140 Hz), ``high_db`` the last, ``loud_db`` all
    together; ``onset_density`` and ``energy`` (loudness and density) are 0..1.
    """

    edges: NDArray[np.float64]
    timbre: NDArray[np.float64]
    pattern: NDArray[np.float64]
    chroma: NDArray[np.float64]
    bands_db: NDArray[np.float64]
    loud_db: NDArray[np.float64]
    onset_density: NDArray[np.float64]
    energy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def low_db(self) -> NDArray[np.float64]:
        """Power at 30 to 140 Hz."""
        return self.bands_db[:, 0]

    @property
    def high_db(self) -> NDArray[np.float64]:
        """Power at 5 to 11 kHz."""
        return self.bands_db[:, 4]


def measure_bars(features: Features, downbeats: NDArray[np.float64], duration: float) -> Bars:
    """Means over every bar; what lies before the first and after the last downbeat joins as bars of its own."""
    edges = bar_edges(downbeats, duration)
    edges[:-1] = np.round(edges[:-1], 4)
    frames = np.clip(np.round(edges * FRAME_RATE).astype(int), 0, features.n)
    power = _means(features.band_power, frames)
    floor = 1e-5 * float(np.percentile(power.sum(axis=1), 95)) + 1e-20
    bands_db = np.asarray(10 * np.log10(power + floor), dtype=np.float64)
    loud_db = 10 * np.log10(power.sum(axis=1) + floor)
    mel = _means(features.log_mel, frames)
    flux = _means(features.flux, frames)
    chroma = _means(features.chroma, frames)
    groups, flux_groups = _grouped(mel, _MEL_GROUPS), _grouped(flux, _MEL_GROUPS)
    weighted = ((1.0, mel), (1.2, flux_groups), (1.0, groups), (0.25, chroma))
    timbre = np.concatenate([weight * _standard(rows) for weight, rows in weighted], axis=1)
    harmony = chroma - chroma.mean(axis=1, keepdims=True)
    harmony /= np.linalg.norm(harmony, axis=1, keepdims=True) + 0.3
    density = flux_groups.mean(axis=1)
    density = np.clip(density / (np.percentile(density, 95) + 1e-9), 0, 1)
    loudness = np.clip((loud_db - loud_db.max() + 24) / 24, 0, 1)
    low_db = bands_db[:, 0]
    low = np.clip((low_db - low_db.max() + 24) / 24, 0, 1)
    energy = np.clip(0.5 * loudness + 0.2 * low + 0.3 * density, 0, 1)
    return Bars(edges, timbre, _rhythm(features, edges), harmony, bands_db, loud_db, density, energy)


def _means(rows: NDArray, frames: NDArray[np.intp]) -> NDArray[np.float64]:
    """Means of the rows between consecutive frames, without a running sum as large as the song."""
    lengths = np.diff(frames)
    firsts = np.minimum(frames[:-1], len(rows) - 1)
    sums = np.add.reduceat(rows[: max(int(frames[-1]), 1)], firsts, axis=0).astype(np.float64)
    return np.where(lengths[:, None] > 0, sums / np.maximum(lengths, 1)[:, None], 0.0)


def bar_edges(downbeats: NDArray[np.float64], duration: float) -> NDArray[np.float64]:
    """Bar lines from 0 to ``duration``: the downbeats, and more of the same before, after and in gaps."""
    inner = downbeats[(downbeats > 1e-3) & (downbeats < duration)] if len(downbeats) >= 4 else np.zeros(0)
    if len(inner) < 2:
        inner = np.arange(PSEUDO_BAR_S, duration, PSEUDO_BAR_S)
    bar = float(np.median(np.diff(inner))) if len(inner) > 1 else PSEUDO_BAR_S
    if bar < BAR_RANGE_S[0] and len(inner) > 2:
        inner, bar = inner[::2], 2 * bar
    longest = BAR_RANGE_S[1] if bar > BAR_RANGE_S[1] else 1.6 * bar
    pieces = np.ceil(np.diff(inner) / max(longest, 0.1) - 1e-9).astype(int)
    if len(inner) > 1 and pieces.max() > 1:
        if bar > BAR_RANGE_S[1]:
            bar /= np.ceil(bar / BAR_RANGE_S[1])
        pieces = np.maximum(np.round(np.diff(inner) / bar).astype(int), 1)
        filled = [a + (b - a) * np.arange(n) / n for a, b, n in zip(inner[:-1], inner[1:], pieces, strict=True)]
        inner = np.concatenate([*filled, inner[-1:]])
    before = np.arange(inner[0] - bar, 0.25 * bar, -bar)[::-1] if len(inner) else inner
    after = np.arange(inner[-1] + bar, duration - 0.25 * bar, bar) if len(inner) else inner
    whole = np.concatenate([before, inner, after])
    if len(whole) and whole[0] < 0.25 * bar:
        whole = whole[1:]
    if len(whole) and duration - whole[-1] < 0.25 * bar:
        whole = whole[:-1]
    return np.concatenate([[0.0], whole, [duration]])


def _rhythm(features: Features, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root of the onset strength in every slot of every bar, low, mid and high."""
    place = edges[:-1, None] + np.diff(edges)[:, None] * np.arange(SLOTS + 1) / SLOTS
    frames = np.clip(np.round(place * FRAME_RATE - _EARLY_FRAMES).astype(int), 0, features.n)
    strength = _grouped(features.flux, _FLUX_GROUPS)
    sums = np.concatenate([np.zeros((1, len(_FLUX_GROUPS))), np.cumsum(strength, axis=0, dtype=np.float64)])
    return np.sqrt(np.maximum(np.diff(sums[frames], axis=1), 0)).reshape(len(edges) - 1, -1)


def _grouped(rows: NDArray, groups: Sequence[tuple[int, int]]) -> NDArray:
    return np.stack([rows[:, a:b].mean(axis=1) for a, b in groups], axis=1)


def _standard(rows: NDArray) -> NDArray:
    """In standard deviations, scaled so that the number of columns does not matter."""
    return (rows - rows.mean(axis=0)) / (float(rows.std()) + 1e-9) / np.sqrt(rows.shape[1])


def name_parts(
    bars: Bars,
    starts: Sequence[int],
    evidence: NDArray[np.float64],
    drops: Sequence[int],
    builds: Sequence[int],
    *,
    rhythmic: bool = True,
) -> tuple[Section, ...]:
    """Sections with a type from their energy, their neighbours and whether they come back.

    Parameters
    ----------
    evidence : array
        :func:`boundaries.odds`, from which the confidence comes: the probability that a part begins there.
    drops, builds : sequences of int
        Bars at which the bass comes in; starting bars of parts that rise into a drop.
    rhythmic : bool
        False where bars are only a way of counting seconds: phrases are then unknown (0).
    """
    parts = list(zip(starts, [*starts[1:], len(bars)], strict=True))
    energies = np.array([float(bars.energy[a:b].mean()) for a, b in parts])
    # Percentiles of bars, so that a silent tail does not make everything else look loud.
    low, high = np.percentile(bars.energy, (10, 95))
    level = np.clip((energies - low) / max(high - low, 0.15), 0, 1)
    rows = describe_bars(bars)
    groups = group_parts(rows, parts)
    choruses = _chorus_groups(groups, level, parts)
    first, last = _frame_of_song(bars, parts, level)
    kinds: list[str] = []
    for k, start in enumerate(starts):
        kinds.append(_kind(k, start, level, groups, kinds, drops, builds, choruses, first, last))
    sections = []
    for k, part in enumerate(parts):
        a, b = part
        energy = float(0.5 * energies[k] + 0.5 * level[k])
        phrase = phrase_length(rows, part) if rhythmic else 0
        sure = round(certainty(evidence, a), 4)
        edges = float(bars.edges[a]), float(bars.edges[b])
        sections.append(Section(*edges, kinds[k], round(energy, 4), sure, groups[k], phrase))
    return tuple(sections)


def _frame_of_song(bars: Bars, parts: Sequence[tuple[int, int]], level: NDArray) -> tuple[int, int]:
    """Indices of the parts that open and close the song: short quiet ones outside them belong to them."""
    quiet = [b - a < 4 and level[k] < 0.25 for k, (a, b) in enumerate(parts)]
    first, last = 0, len(parts) - 1
    while first < last and quiet[first]:
        first += 1
    while last > first and quiet[last]:
        last -= 1
    return first, last


def _chorus_groups(groups: Sequence[str], level: NDArray, parts: Sequence[tuple[int, int]]) -> set[str]:
    """Groups loud enough to be choruses: near the loudest one when parts differ; none in music without contrast."""
    loudness = {}
    for name in set(groups):
        mine = [k for k, group in enumerate(groups) if group == name]
        lengths = [parts[k][1] - parts[k][0] for k in mine]
        loudness[name] = float(np.average(level[mine], weights=lengths))
    if len(loudness) < 2:
        return set()
    top = max(loudness.values())
    return {name for name, value in loudness.items() if value >= max(0.7, top - 0.07)}


def _kind(
    k: int,
    start: int,
    level: NDArray,
    groups: Sequence[str],
    before: Sequence[str],
    drops: Sequence[int],
    builds: Sequence[int],
    choruses: set[str],
    first: int,
    last: int,
) -> str:
    if start in drops:
        return "drop"
    if start in builds:
        return "build"
    if k < first or (k == first < last and level[k] < 0.75):
        return "intro"
    if k > last or (k == last > first + 1 and level[k] < 0.8 and level[k] <= level[k - 1] + 0.05):
        return "outro"
    fall = level[k - 1] - level[k] if k > 0 else 0.0
    if (level[k] < 0.4 and fall > 0.15) or (level[k] < 0.55 and fall > 0.3):
        return "break"
    alone = groups.count(groups[k]) == 1
    if last >= 5 and 0.5 * last < k < last and "bridge" not in before and alone and level[k] < 0.75:
        return "bridge"
    if k > 0 and before[-1] == "drop" and level[k] >= 0.7 and (k < 2 or before[-2] != "drop"):
        return "drop"
    return "chorus" if groups[k] in choruses else "verse"
