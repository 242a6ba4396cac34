# SPDX-License-Identifier: GPL-3.0-or-later
"""The beat grid that comes of the heard one and a person's corrections (:mod:`.corrections`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from ..timeline import Alternative, Beats, Region
from . import regrid
from .corrections import COUNTING, PART_ACTIONS, SEAM_S, Correction, last_moment, shortest
from .regrid import Flags, Stretch, Times


def apply(heard: Beats, corrections: Iterable[Correction], duration: float) -> Beats:
    """The grid as corrected: beats ascending inside the song, downbeats among them, regions and tempo to match.

    Parameters
    ----------
    heard : Beats
        The grid as the analyser heard it; it may be empty.
    duration : float
        Seconds of the song. Corrections outside it, and those of parts and moments, change nothing.
    """
    todo = shortest(c for c in corrections if c.action not in PART_ACTIONS)
    if not todo:
        return heard
    state = _State(heard, duration)
    for correction in todo:
        if last_moment(correction) < duration:
            state.correct(correction)
    return state.beats()


class _State:
    """A grid while it is being corrected."""

    def __init__(self, heard: Beats, duration: float) -> None:
        self.heard, self.duration = heard, duration
        self.times: Times = np.array(heard.timestamps, dtype=float)
        self.bars: Flags = np.isin(np.round(self.times, 4), np.round(np.array(heard.downbeats, dtype=float), 4))
        self.regions = _filled(heard, duration)
        self._tempo = _main_tempo(self.regions)

    def correct(self, correction: Correction) -> None:
        """Apply one."""
        start, end = correction.start, self.duration if correction.end is None else min(correction.end, self.duration)
        if correction.action == "reset":
            self._reset(start, end)
        elif correction.action in COUNTING:
            for part_start, part_end in self._stretches_of_one_meter(start, end):
                if correction.action == "shift" or part_start <= correction.value < part_end:
                    self._edit(correction, part_start, part_end)
        else:
            self._edit(correction, start, end)

    def beats(self) -> Beats:
        """What came of it."""
        times = np.round(self.times, 4)
        inside = np.concatenate([np.diff(times) > 0, [True]]) & (times < self.duration) if len(times) else times > 0
        times, bars = times[inside], self.bars[inside]
        if not len(times):
            return replace(self.heard, timestamps=(), downbeats=(), bpm=0.0, edited=True)
        tempo, regions = _main_tempo(self.regions), tuple(self.regions)
        bpm = self.heard.bpm if self.heard.bpm and abs(tempo - self._tempo) < 1e-6 else round(tempo, 3)
        others = [a for a in self.heard.alternatives if abs(a.bpm / bpm - 1) > 0.03]
        if self.heard.bpm and abs(self.heard.bpm / bpm - 1) > 0.03:
            others.insert(0, Alternative(self.heard.bpm, 1.0))
        weight = [r.end - r.start for r in regions]
        same = [r.confidence for r in regions] == [r.confidence for r in _filled(self.heard, self.duration)]
        sure = self.heard.confidence if same else float(np.average([r.confidence for r in regions], weights=weight))
        return Beats(
            timestamps=tuple(times.tolist()),
            downbeats=tuple(times[bars].tolist()),
            bpm=bpm,
            meter=_main_meter(regions),
            confidence=round(sure, 3),
            regions=regions,
            alternatives=tuple(others),
            edited=True,
        )

    def _range(self, start: float, end: float) -> tuple[int, int]:
        low = int(np.searchsorted(self.times, start - SEAM_S)) if start > 0 else 0
        high = int(np.searchsorted(self.times, end - SEAM_S)) if end < self.duration else len(self.times)
        return low, max(low, high)

    def _stretch(self, start: float, end: float) -> Stretch:
        low, high = self._range(start, end)
        inside = [r for r in self.regions if r.start < end and r.end > start]
        meter = _main_meter(inside) if inside else self.heard.meter
        return Stretch(
            self.times[low:high],
            self.bars[low:high],
            meter,
            max(0.0, start - SEAM_S) if start > 0 else 0.0,
            end - SEAM_S if end < self.duration else self.duration,
        )

    def _stretches_of_one_meter(self, start: float, end: float) -> list[tuple[float, float]]:
        edges = [start]
        for before, after in zip(self.regions[:-1], self.regions[1:], strict=True):
            if before.meter != after.meter and start < after.start < end:
                edges.append(after.start)
        return list(zip(edges, [*edges[1:], end], strict=True))

    def _edit(self, correction: Correction, start: float, end: float) -> None:
        before = self._stretch(start, end)
        after, changes = _edited(before, correction)
        low, high = self._range(start, end)
        self.times, self.bars = regrid.joined(self.times, self.bars, low, high, after)
        if changes:
            self._mark(start, end, changes)

    def _mark(self, start: float, end: float, changes: dict[str, Any]) -> None:
        """Tell the regions between two moments what is true of them now."""
        factor = changes.pop("factor", 1.0)
        new: list[Region] = []
        for region in self.regions:
            a, b = max(region.start, start), min(region.end, end)
            if a >= b:
                new.append(region)
                continue
            if region.start < a:
                new.append(replace(region, end=a))
            new.append(replace(region, start=a, end=b, **{"bpm": region.bpm * factor, **changes}))
            if b < region.end:
                new.append(replace(region, start=b))
        self.regions = _merged(new)

    def _reset(self, start: float, end: float) -> None:
        low, high = self._range(start, end)
        fresh = _State(self.heard, self.duration)
        self.times, self.bars = regrid.joined(self.times, self.bars, low, high, fresh._stretch(start, end))
        outside = [r for r in self._cut(start, end) if r.end <= start or r.start >= end]
        inside = [r for r in fresh._cut(start, end) if start <= r.start and r.end <= end]
        self.regions = _merged(sorted([*outside, *inside], key=lambda region: region.start))

    def _cut(self, start: float, end: float) -> list[Region]:
        """The regions, cut at two moments."""
        pieces = []
        for region in self.regions:
            edges = [region.start, *(t for t in (start, end) if region.start < t < region.end), region.end]
            pieces += [replace(region, start=a, end=b) for a, b in pairwise(edges)]
        return pieces


def _edited(part: Stretch, correction: Correction) -> tuple[Stretch, dict[str, Any]]:
    """The stretch after a correction, and what it changes about its regions."""
    value = correction.value
    match correction.action:
        case "double":
            return regrid.double(part), {"factor": 2.0}
        case "halve":
            return regrid.halve(part), {"factor": 0.5}
        case "shift":
            return regrid.shift(part, int(value)), {}
        case "nudge":
            return regrid.nudge(part, value / 1000), {}
        case "bar":
            return regrid.set_bar(part, value), {}
        case "meter":
            return regrid.set_meter(part, int(value)), {"meter": int(value)}
        case "bpm":
            told = {"bpm": value, "confidence": 1.0, "steady": True}
            return regrid.set_tempo(part, value, correction.anchor), told
        case _:
            tapped = regrid.tap(part, correction.taps)
            told = {"bpm": round(60 / tapped.step, 3), "confidence": 1.0, "steady": True} if tapped.step else {}
            return tapped, told


def _filled(heard: Beats, duration: float) -> list[Region]:
    """The regions of a grid with tempo and meter in each, and with the stretches between them, over the whole song."""
    if not heard.timestamps:
        return [Region(0.0, duration, 0.0, False, 0.0, heard.meter)]
    given = heard.regions or (Region(0.0, duration, heard.confidence, True, heard.bpm, heard.meter),)
    times = np.array(heard.timestamps)
    whole: list[Region] = []
    for k, region in enumerate(given):
        start = 0.0 if k == 0 else region.start
        end = duration if k == len(given) - 1 else given[k + 1].start
        inside = times[(times >= start) & (times < end)]
        bpm = region.bpm or (60 / float(np.median(np.diff(inside))) if len(inside) > 2 else heard.bpm)
        whole.append(replace(region, start=start, end=end, bpm=bpm))
    return whole


def _merged(regions: Sequence[Region]) -> list[Region]:
    """Neighbours that say the same become one."""
    result: list[Region] = []
    for region in regions:
        last = result[-1] if result else None
        if last is not None and replace(last, start=0.0, end=0.0) == replace(region, start=0.0, end=0.0):
            result[-1] = replace(last, end=region.end)
        else:
            result.append(region)
    return result


def _main_tempo(regions: Sequence[Region]) -> float:
    """The tempo that holds for most of the time."""
    held: dict[float, float] = {}
    for region in regions:
        if region.bpm > 0:
            held[region.bpm] = held.get(region.bpm, 0.0) + region.end - region.start
    return max(held, key=lambda bpm: (held[bpm], -bpm), default=0.0)


def _main_meter(regions: Sequence[Region]) -> int:
    """The meter that holds for most of the time."""
    held: dict[int, float] = {}
    for region in regions:
        held[region.meter] = held.get(region.meter, 0.0) + region.end - region.start
    return max(held, key=lambda meter: (held[meter], -meter), default=4)
