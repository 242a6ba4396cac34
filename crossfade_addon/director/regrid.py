# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a beat grid as pure functions on arrays: what each correction of :mod:`.corrections` does.

Conventions: ``times`` are beats in ascending seconds, ``bars`` (bool, as long) says which of them begin a bar.
An edit takes a :class:`Stretch` (the beats of one region) and returns the stretch as it should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
Flags = NDArray[np.bool_]

EARLY_S = 0.05
"""A beat may lie this much before the song and still be its first."""
_HOLE = 1.75
"""A gap this much longer than both its neighbours is a hole in the grid, not a slow beat."""
_TAP_RATIOS = ((1, 1), (1, 2), (2, 1), (2, 3), (3, 2), (1, 3), (3, 1), (1, 4), (4, 1))
_TAP_TOLERANCE = 0.04
_TAP_SPREAD_S = 0.045
"""How exactly people tap (standard deviation; about 20 to 30 ms when they try)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The beats at ``start`` <= t < ``end`` (seconds), counted in bars of ``meter``."""

    times: Times
    bars: Flags
    meter: int
    start: float
    end: float

    def __len__(self) -> int:
        return len(self.times)

    @property
    def step(self) -> float:
        """Median seconds from beat to beat; 0 for less than two beats."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.0

    def counted_from(self, index: int) -> Stretch:
        """The same beats, every ``meter``-th of them a bar, one of them the beat at ``index``."""
        bars = np.zeros(len(self), bool)
        if len(self):
            bars[index % self.meter :: self.meter] = True
        return replace(self, bars=bars)


def double(part: Stretch) -> Stretch:
    """A beat between every two; every bar becomes two bars of the same meter."""
    if len(part) < 2:
        return part
    steps = np.append(np.diff(part.times), part.times[-1] - part.times[-2])
    between = part.times + steps / 2
    wanted = ~np.append(_holes(part.times), False) & (between < part.end)
    times = np.concatenate([part.times, between[wanted]])
    order = np.argsort(times, kind="stable")
    bars = np.concatenate([part.bars, np.zeros(int(wanted.sum()), bool)])[order]
    firsts = np.flatnonzero(bars)
    for first, following in zip(firsts, [*firsts[1:], len(bars)], strict=True):
        bars[first : following : part.meter] = True
    return replace(part, times=times[order], bars=bars)


def halve(part: Stretch) -> Stretch:
    """Every second beat, so that the first downbeat of every unbroken run stays; two bars become one."""
    if len(part) < 2:
        return part
    kept, bars = np.zeros(len(part), bool), np.zeros(len(part), bool)
    edges = [0, *(np.flatnonzero(_holes(part.times)) + 1), len(part)]
    for start, end in pairwise(edges):
        firsts = start + np.flatnonzero(part.bars[start:end])
        anchor = int(firsts[0]) if len(firsts) else start
        kept[start + (anchor - start) % 2 : end : 2] = True
        goal = anchor
        for first in firsts:
            if first >= goal:
                at = int(first) + (int(first) - anchor) % 2
                if at < end:
                    bars[at] = True
                goal = int(first) + 2 * part.meter
    return replace(part, times=part.times[kept], bars=bars[kept])


def _holes(times: Times) -> Flags:
    """Which gaps between beats are holes."""
    steps = np.diff(times)
    if len(steps) < 2:
        return np.zeros(len(steps), bool)
    before = np.concatenate([steps[1:2], steps[:-1]])
    after = np.concatenate([steps[1:], steps[-2:-1]])
    return steps > _HOLE * np.maximum(before, after)


def nudge(part: Stretch, seconds: float) -> Stretch:
    """All beats later by some seconds; a beat pushed a hair before the song waits at its start."""
    times = part.times + seconds
    heard = times > -EARLY_S
    return replace(part, times=np.maximum(times[heard], 0.0), bars=part.bars[heard])


def shift(part: Stretch, beats: int) -> Stretch:
    """Bars begin some beats later; a multiple of the meter changes nothing."""
    count, meter = len(part), part.meter
    if not count:
        return part
    if not part.bars.any():
        return part.counted_from(beats)
    by = (beats + meter // 2) % meter - meter // 2
    moved = np.flatnonzero(part.bars) + by
    bars = np.zeros(count, bool)
    bars[moved[(moved >= 0) & (moved < count)]] = True
    # What the shift uncovered at one end is counted on; what was uncounted before (a pickup) stays so.
    if 0 <= moved[0] - meter < by:
        bars[moved[0] - meter] = True
    if count + by <= moved[-1] + meter < count:
        bars[moved[-1] + meter] = True
    return replace(part, bars=bars)


def set_bar(part: Stretch, seconds: float) -> Stretch:
    """The beat nearest to a moment begins a bar, and all others move with it; nothing when no beat is near."""
    if not len(part):
        return part
    index = int(np.abs(part.times - seconds).argmin())
    if part.bars[index] or abs(part.times[index] - seconds) > 0.75 * (part.step or 1.0):
        return part
    firsts = np.flatnonzero(part.bars)
    if len(firsts):
        before = firsts[firsts < index]
        shifted = shift(part, index - int(before[-1] if len(before) else firsts[0]))
        if shifted.bars[index]:
            return shifted
    return part.counted_from(index)


def set_meter(part: Stretch, meter: int) -> Stretch:
    """Bars of ``meter`` beats, counted from the first downbeat there was."""
    firsts = np.flatnonzero(part.bars)
    return replace(part, meter=meter).counted_from(int(firsts[0]) if len(firsts) else 0)


def set_tempo(part: Stretch, bpm: float, anchor: float | None = None) -> Stretch:
    """Even beats through the whole stretch, one of them at ``anchor`` (else as near to the old beats as can be).

    Bars go on where the old ones were, or begin at the anchor.
    """
    period = 60 / bpm
    if anchor is None:
        anchor = _best_phase(part, period)
    first = np.ceil((part.start - 1e-6 - anchor) / period)
    last = np.ceil((part.end - 1e-6 - anchor) / period)
    times = np.maximum(anchor + period * np.arange(first, last), part.start)
    return _with_bars_of(replace(part, times=times, bars=np.zeros(len(times), bool)), part, anchor)


def _best_phase(part: Stretch, period: float) -> float:
    """A downbeat, moved to the middle of where the old beats lie on a grid of this period."""
    if not len(part):
        return part.start
    anchor = float(part.times[part.bars][0] if part.bars.any() else part.times[0])
    turn = np.exp(2j * np.pi * (part.times - anchor) / period).mean()
    # A short vector: the old beats go at another tempo and have no common place on the new grid.
    return anchor + period * float(np.angle(turn)) / (2 * np.pi) if abs(turn) > 0.5 else anchor


def _with_bars_of(part: Stretch, old: Stretch, near: float) -> Stretch:
    """Bars through the old downbeat nearest to a moment that is on the new grid, else through that moment."""
    if not len(part):
        return part
    at = near
    if old.bars.any() and part.step:
        firsts = old.times[old.bars]
        away = np.abs(part.times[None, :] - firsts[:, None]).min(axis=1)
        fitting = firsts[away < 0.3 * part.step]
        if len(fitting):
            at = float(fitting[np.abs(fitting - near).argmin()])
    return part.counted_from(int(np.abs(part.times - at).argmin()))


def tap(part: Stretch, taps: Sequence[float]) -> Stretch:
    """The grid that was tapped.

    Where the tapped tempo is a simple multiple of the tempo that was heard, the heard beats are taken at that
    multiple and only the place of the beat comes from the taps: the music is more exact than fingers are.
    Otherwise the taps alone give tempo and place.
    """
    period, place = tempo_of_taps(taps)
    near = (part.times >= min(taps) - 2 * period) & (part.times <= max(taps) + 2 * period)
    if near.sum() >= 4:
        local = float(np.median(np.diff(part.times[near])))
        for new, old in _TAP_RATIOS:
            if abs(period / local * old / new - 1) <= _TAP_TOLERANCE:
                return _resampled(part, new, old, np.asarray(taps, float))
    return set_tempo(part, 60 / period, place)


def _resampled(part: Stretch, new: int, old: int, taps: Times) -> Stretch:
    """A beat every ``new / old`` heard beats, at the place (of all half steps) that the taps choose."""
    count, ratio = len(part), new / old
    index = np.arange(count, dtype=float)
    reach = 1 + int((part.end - part.start) / min(part.times[1] - part.times[0], part.times[-1] - part.times[-2]))
    long_index = np.concatenate([[-float(reach)], index, [count - 1.0 + reach]])
    long_times = np.concatenate(
        [
            [part.times[0] - reach * (part.times[1] - part.times[0])],
            part.times,
            [part.times[-1] + reach * (part.times[-1] - part.times[-2])],
        ]
    )
    best, chosen = np.inf, part.times
    for place in np.arange(0, new, 0.5) / old:
        at = np.arange(np.ceil((-reach - place) / ratio), (count - 1 + reach - place) / ratio) * ratio + place
        times = np.interp(at, long_index, long_times)
        distance = float(np.median(np.abs(times[None, :] - taps[:, None]).min(axis=1)))
        if distance < best - 1e-9:
            best, chosen = distance, times
    times = chosen[(chosen >= part.start) & (chosen < part.end - 1e-6)]
    if len(times) == count and np.allclose(times, part.times):
        return part
    return _with_bars_of(replace(part, times=times, bars=np.zeros(len(times), bool)), part, float(taps.min()))


def tempo_of_taps(taps: Sequence[float]) -> tuple[float, float]:
    """Beat length and one beat's time (seconds) of tapping that may miss a beat or have one too many.

    Every pair of taps, some beats apart, proposes a tempo; the one wins that explains most taps and leaves fewest
    beats untapped. A line through the taps it explains polishes it.

    Raises
    ------
    ValueError
        Less than three taps are on any common beat.
    """
    at = np.unique(np.asarray(taps, dtype=float))
    usual = float(np.median(np.diff(at)))
    spans = (at[None, :] - at[:, None])[np.triu_indices(len(at), 1)]
    periods = np.unique(np.round(spans / np.maximum(np.round(spans / usual), 1), 5))
    best_value, best = -np.inf, (usual, float(at[0]))
    for period in periods[periods > 0.05]:
        for place in at:
            number = np.round((at - place) / period)
            off = at - place - number * period
            explained = np.exp(-0.5 * (off / _TAP_SPREAD_S) ** 2)
            slots = {int(n): 0.0 for n in range(int(number.min()), int(number.max()) + 1)}
            for n, value in zip(number, explained, strict=True):
                slots[int(n)] = max(slots[int(n)], float(value))
            value = sum(slots.values()) - 0.35 * sum(v < 0.1 for v in slots.values())
            if value > best_value + 1e-9:
                best_value, best = value, (float(period), float(place))
    period, place = best
    number = np.round((at - place) / period)
    good = np.abs(at - place - number * period) < min(2.5 * _TAP_SPREAD_S, 0.2 * period)
    if good.sum() < 3 or len(np.unique(number[good])) < 3:
        raise ValueError("no steady beat in the taps")
    slope, offset = np.polyfit(number[good], at[good], 1)
    return float(slope), float(offset)


def joined(times: Times, bars: Flags, low: int, high: int, part: Stretch) -> tuple[Times, Flags]:
    """The grid with its beats ``low`` to ``high`` replaced by a stretch, without double beats at the seams."""
    left_times, left_bars = times[:low], bars[:low]
    right_times, right_bars = times[high:], bars[high:]
    part_times, part_bars = part.times, part.bars
    least = 0.4 * min((s for s in (part.step, _step(left_times[-9:]), _step(right_times[:9])) if s), default=0.0)
    while len(left_times) and len(part_times) and part_times[0] - left_times[-1] < least:
        if left_bars[-1] and not part_bars[0]:
            part_times, part_bars = part_times[1:], part_bars[1:]
        else:
            left_times, left_bars = left_times[:-1], left_bars[:-1]
    while len(right_times) and len(part_times) and right_times[0] - part_times[-1] < least:
        if right_bars[0] and not part_bars[-1]:
            part_times, part_bars = part_times[:-1], part_bars[:-1]
        else:
            right_times, right_bars = right_times[1:], right_bars[1:]
    return np.concatenate([left_times, part_times, right_times]), np.concatenate([left_bars, part_bars, right_bars])


def _step(times: Times) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0
