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
from .features import FRAME_RATE, Features, segment_means

KERNELS = (4, 8)
"""Half widths of the checkerboard kernels, in bars (Foote, ICME 2000)."""
SHORTEST_PART = 4
THRESHOLD = 0.45
PSEUDO_BAR_S = 2.0
"""Bar length where there is no beat."""
_MEL_GROUPS = ((0, 4), (4, 10), (10, 18), (18, 28), (28, 40))


@dataclass(frozen=True, slots=True)
class Bars:
    """One row per bar: ``edges`` (n + 1) in seconds; ``low_db`` is the power at 30 to 140 Hz, ``loud_db`` of all,
    ``energy`` 0..1 joins loudness and onset density; ``rise`` is how much hiss and treble grow within the bar."""

    edges: NDArray[np.float64]
    timbre: NDArray[np.float64]
    low_db: NDArray[np.float64]
    loud_db: NDArray[np.float64]
    high_db: NDArray[np.float64]
    onset_density: NDArray[np.float64]
    energy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.edges) - 1


def measure_bars(features: Features, downbeats: NDArray[np.float64], duration: float) -> Bars:
    """Means over every bar; what lies before the first and after the last downbeat joins as bars of its own."""
    edges = _bar_edges(downbeats, duration)
    edges[:-1] = np.round(edges[:-1], 4)
    frames = np.clip(np.round(edges * FRAME_RATE).astype(int), 0, features.n)
    power = segment_means(features.band_power, frames)
    floor = 1e-4 * float(power.max()) + 1e-20
    low_db, high_db = (10 * np.log10(power[:, band] + floor) for band in (0, 4))
    loud_db = 10 * np.log10(power.sum(axis=1) + floor)
    mel = segment_means(features.log_mel, frames)
    flux = segment_means(features.flux, frames)
    chroma = segment_means(features.chroma, frames)
    groups, busy = _grouped(mel), _grouped(flux)
    timbre = np.concatenate(
        [
            _standard(mel) / np.sqrt(mel.shape[1]),
            1.2 * _standard(busy) / np.sqrt(busy.shape[1]),
            _standard(groups) / np.sqrt(groups.shape[1]),
            0.25 * _standard(chroma) / np.sqrt(12),
        ],
        axis=1,
    )
    density = busy.mean(axis=1)
    density = np.clip(density / (np.percentile(density, 95) + 1e-9), 0, 1)
    loudness = np.clip((loud_db - loud_db.max() + 24) / 24, 0, 1)
    low = np.clip((low_db - low_db.max() + 24) / 24, 0, 1)
    energy = np.clip(0.5 * loudness + 0.2 * low + 0.3 * density, 0, 1)
    return Bars(edges, timbre, np.asarray(low_db, float), loud_db, np.asarray(high_db, float), density, energy)


def _bar_edges(downbeats: NDArray[np.float64], duration: float) -> NDArray[np.float64]:
    inner = downbeats[(downbeats > 1e-3) & (downbeats < duration)] if len(downbeats) >= 4 else np.zeros(0)
    if not len(inner):
        inner = np.arange(PSEUDO_BAR_S, duration, PSEUDO_BAR_S)
    bar = float(np.median(np.diff(inner))) if len(inner) > 1 else PSEUDO_BAR_S
    before = np.arange(inner[0] - bar, 0.25 * bar, -bar)[::-1] if len(inner) else inner
    after = np.arange(inner[-1] + bar, duration - 0.25 * bar, bar) if len(inner) else inner
    whole = np.concatenate([before, inner, after])
    if len(whole) and whole[0] < 0.25 * bar:
        whole = whole[1:]
    if len(whole) and duration - whole[-1] < 0.25 * bar:
        whole = whole[:-1]
    return np.concatenate([[0.0], whole, [duration]])


def _grouped(mel: NDArray) -> NDArray:
    return np.stack([mel[:, a:b].mean(axis=1) for a, b in _MEL_GROUPS], axis=1)


def _standard(rows: NDArray) -> NDArray:
    return (rows - rows.mean(axis=0)) / (rows.std(axis=0) + 1e-9)


def novelty(bars: Bars) -> NDArray[np.float64]:
    """How much the music after each bar line differs from the music before it; boundaries exceed ``THRESHOLD``."""
    rows = bars.timbre
    count = len(rows)
    if count < 8:
        return np.zeros(count)
    squares = (rows * rows).sum(axis=1)
    distance = np.maximum(squares[:, None] + squares[None, :] - 2 * rows @ rows.T, 0)
    likeness = np.exp(-distance / (float(np.median(distance)) + 1e-9))
    contrast = np.zeros(count)
    for half in KERNELS:
        place = np.arange(-half, half) + 0.5
        taper = np.exp(-0.5 * (place / (half * 0.5)) ** 2)
        kernel = np.outer(taper * np.sign(place), taper * np.sign(place))
        kernel /= np.abs(kernel).sum()
        padded = np.pad(likeness, half, mode="edge")
        windows = [(padded[k : k + 2 * half, k : k + 2 * half] * kernel).sum() for k in range(count)]
        contrast += np.maximum(windows, 0) / len(KERNELS)
    step = np.concatenate([[0.0], np.linalg.norm(np.diff(rows, axis=0), axis=1)])
    return contrast / 0.25 + 0.35 * step / (float(step.max()) + 1e-9)


def find_boundaries(
    bars: Bars, curve: NDArray[np.float64], drops: Sequence[int], builds: Sequence[tuple[int, int]]
) -> list[int]:
    """Bars at which parts begin (the first is 0): drops, builds, and where the music changes.

    ``builds`` are (first bar, drop bar); no part begins inside one. Near a drop or build the change must be
    twice as clear.
    """
    kept = sorted({k for k in (*drops, *(first for first, _ in builds)) if k > 0})
    sure = len(kept)
    for k in np.argsort(-curve, kind="stable"):
        if curve[k] < THRESHOLD:
            break
        if any(first < k < drop for first, drop in builds):
            continue
        nearest = min((abs(k - other) for other in kept[:sure]), default=SHORTEST_PART)
        clear = nearest >= SHORTEST_PART or (nearest >= 2 and curve[k] >= 2 * THRESHOLD)
        if clear and 2 <= k <= len(bars) - 2 and all(abs(k - other) >= SHORTEST_PART for other in kept[sure:]):
            kept.append(int(k))
    return [0, *sorted(kept)]


def name_parts(
    bars: Bars, starts: Sequence[int], curve: NDArray[np.float64], drops: Sequence[int], builds: Sequence[int]
) -> tuple[Section, ...]:
    """Sections with a type from their energy, their neighbours and whether they come back.

    ``drops`` are bars at which the bass comes in; ``builds`` are starting bars of parts that rise into a drop.
    """
    ends = [*starts[1:], len(bars)]
    energies = np.array([float(bars.energy[a:b].mean()) for a, b in zip(starts, ends, strict=True)])
    # Percentiles of bars, so that a silent tail does not make everything else look loud.
    low, high = np.percentile(bars.energy, (10, 95))
    level = np.clip((energies - low) / max(high - low, 0.15), 0, 1)
    means = np.array([bars.timbre[a:b].mean(axis=0) for a, b in zip(starts, ends, strict=True)])
    kinds: list[str] = []
    for k, start in enumerate(starts):
        kinds.append(_kind(k, start, level, means, kinds, drops, builds))
    sections = []
    for k, (a, b) in enumerate(zip(starts, ends, strict=True)):
        sure = float(np.clip(curve[a] / (2 * THRESHOLD), 0, 1)) if a else 1.0
        energy = float(0.5 * energies[k] + 0.5 * level[k])
        sections.append(Section(float(bars.edges[a]), float(bars.edges[b]), kinds[k], round(energy, 4), round(sure, 4)))
    return tuple(sections)


def _kind(
    k: int,
    start: int,
    level: NDArray,
    means: NDArray,
    before: Sequence[str],
    drops: Sequence[int],
    builds: Sequence[int],
) -> str:
    last = len(level) - 1
    if start in drops:
        return "drop"
    if start in builds:
        return "build"
    if k == 0 and last > 0 and level[0] < 0.75:
        return "intro"
    if k == last and last > 1 and level[k] < 0.8 and level[k] <= level[k - 1] + 0.05:
        return "outro"
    fall = level[k - 1] - level[k] if k > 0 else 0.0
    if (level[k] < 0.4 and fall > 0.15) or (level[k] < 0.55 and fall > 0.3):
        return "break"
    if last >= 5 and 0.5 * last < k < last and "bridge" not in before and _stands_alone(k, means) and level[k] < 0.75:
        return "bridge"
    if level[k] >= 0.7:
        second_half = k > 0 and before[-1] == "drop" and (k < 2 or before[-2] != "drop")
        return "drop" if second_half else "chorus"
    return "verse"


def _stands_alone(k: int, means: NDArray) -> bool:
    """Whether a part is farther from every other part than parts usually are from their nearest."""
    distance = np.linalg.norm(means[:, None] - means[None, :], axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = distance.min(axis=1)
    return bool(nearest[k] > 1.3 * np.median(nearest))
