# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person corrected in the beat grid, as plain data, and the grid that comes of it.

Conventions: times are seconds of the song; a correction holds for ``[start, end)``, the whole song by default.
A region takes the beats from ``SEAM_S`` before its start to ``SEAM_S`` before its end, so that one whose edges lie
on beats keeps its beats when they are nudged. The list is kept short by :func:`add` and applied in order by
:func:`apply`, always to the grid that was heard, never to one that is corrected already.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import BriefError
from ..timeline import Alternative, Beats, Region
from ..timing import clock
from . import regrid
from .regrid import Flags, Stretch, Times

ACTIONS = ("double", "halve", "shift", "nudge", "tap", "bar", "bpm", "meter", "reset")
SEAM_S = 0.05
BPM_RANGE = (30.0, 300.0)
NUDGE_LIMIT_MS = 500.0
LEAST_TAPS = 4
METERS = range(2, 13)
_SHORTEST_REGION_S = 0.25
_SHORTHAND = {"x2": "double", "/2": "halve"}
_EXAMPLES = (
    "x2, /2, shift=1, nudge=-12, bpm=128, bar=12.5, meter=3, tap=1.0,1.5,2.0,2.5 or reset, with @60-90 for a part"
)
_PLAIN = frozenset({"double", "halve", "reset"})
_COUNTING = frozenset({"shift", "bar"})


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction of the beat grid; checked when it is made.

    Parameters
    ----------
    action : str
        ``double`` and ``halve`` the tempo; ``shift`` the first beat of the bar by ``value`` beats; ``nudge`` all
        beats by ``value`` milliseconds (later when positive); ``tap``: follow ``taps``; ``bar``: a bar begins at
        ``value`` seconds; ``bpm``: even beats at tempo ``value``, through ``anchor`` (seconds) when given;
        ``meter``: ``value`` beats a bar; ``reset``: what was heard.
    start, end : float, float or None
        The region in seconds; None is the end of the song.

    Raises
    ------
    BriefError
        When a number is missing, not finite or out of range.
    """

    action: str
    value: float = 0.0
    taps: tuple[float, ...] = ()
    anchor: float | None = None
    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise _wrong(f"Unknown grid correction '{self.action}'.", f"Choose one of {', '.join(ACTIONS)}.")
        numbers = [self.value, self.start, *self.taps, *(x for x in (self.anchor, self.end) if x is not None)]
        if not all(math.isfinite(number) for number in numbers):
            raise _wrong(f"A number of the grid correction '{self.action}' is not finite.", "Give plain numbers.")
        if self.start < 0 or (self.end is not None and self.end - self.start < _SHORTEST_REGION_S):
            raise _wrong(
                f"The part {_span(self.start, self.end)} of the grid correction '{self.action}' is empty.",
                "Give START-END in seconds, with END later.",
            )
        self._check_value()

    def _check_value(self) -> None:
        value = self.value
        if self.action == "bpm" and not BPM_RANGE[0] <= value <= BPM_RANGE[1]:
            raise _wrong(f"{value:g} BPM is not a tempo of beats.", "Give {:g} to {:g}.".format(*BPM_RANGE))
        if self.action == "meter" and value not in METERS:
            raise _wrong(f"{value:g} beats a bar is not a meter.", f"Give {METERS[0]} to {METERS[-1]}.")
        if self.action == "shift" and (value != int(value) or not 0 < abs(value) <= METERS[-1]):
            raise _wrong(f"The downbeat cannot be shifted by {value:g} beats.", f"Give 1 to {METERS[-1]}, or -1 down.")
        if self.action == "nudge" and not 0 < abs(value) <= NUDGE_LIMIT_MS:
            raise _wrong(f"Beats cannot be nudged by {value:g} ms.", f"Give up to {NUDGE_LIMIT_MS:g} either way.")
        if self.action == "bar" and not self._holds(value):
            raise _wrong(
                f"A bar at {value:g} s is outside the part {_span(self.start, self.end)}.", "Choose one inside."
            )
        if self.action == "bpm" and self.anchor is not None and self.anchor < 0:
            raise _wrong(f"The beat at {self.anchor:g} s is before the song.", "Give a moment of the song.")
        if self.action == "tap":
            self._check_taps()

    def _check_taps(self) -> None:
        if len(set(self.taps)) < LEAST_TAPS:
            raise _wrong(f"{len(set(self.taps))} taps are too few for a tempo.", f"Tap at least {LEAST_TAPS} beats.")
        if min(self.taps) < 0:
            raise _wrong(f"A tap at {min(self.taps):g} s is before the song.", "Tap while the song plays.")
        try:
            period, _ = regrid.tempo_of_taps(self.taps)
        except ValueError:
            raise _wrong("The taps have no steady beat.", "Tap along again, evenly.") from None
        if not BPM_RANGE[0] <= 60 / period <= BPM_RANGE[1]:
            raise _wrong(f"The taps make {60 / period:.0f} BPM.", "Tap between {:g} and {:g}.".format(*BPM_RANGE))

    def _holds(self, seconds: float) -> bool:
        return self.start <= seconds and (self.end is None or seconds < self.end)

    @property
    def region(self) -> tuple[float, float | None]:
        """Start and end."""
        return self.start, self.end


def _wrong(message: str, hint: str) -> BriefError:
    return BriefError(message, hint=hint)


def _span(start: float, end: float | None) -> str:
    return f"{start:g}-{'end' if end is None else f'{end:g}'}"


# ------------------------------------------------------------------------------------------ text and JSON


def parse(text: str) -> Correction:
    """A correction as people write it: ``x2``, ``/2``, ``bpm=128``, ``bpm=128,12.5`` (a beat at 12.5 s),
    ``shift=1@60-90``, ``bar=1:02.5``, ``tap=1.0,1.5,2.0,2.5``, ``reset``.

    Raises
    ------
    BriefError
        Naming what could not be read.
    """
    head, mark, part = text.strip().partition("@")
    name, equals, given = head.strip().partition("=")
    action = _SHORTHAND.get(name.strip().lower(), name.strip().lower())
    if action not in ACTIONS:
        raise _wrong(f"Unknown grid correction '{text}'.", f"Give {_EXAMPLES}.")
    values = given.split(",") if equals else []
    fewest, most = {"tap": (LEAST_TAPS, 10_000), "bpm": (1, 2)}.get(action, (1, 1))
    if action in _PLAIN:
        fewest = most = 0
    if not fewest <= len(values) <= most:
        what = "no value" if most == 0 else "one value" if most == 1 else f"{fewest} or more values"
        raise _wrong(f"The grid correction '{text}' needs {what}.", f"Give {_EXAMPLES}.")
    start, end = 0.0, None
    if mark:
        edges = part.split("-")
        if len(edges) != 2 or not edges[0].strip():
            raise _wrong(f"The part '{part}' of the grid correction '{text}' is not START-END.", "For example @60-90.")
        start = _number(edges[0], text)
        end = _number(edges[1], text) if edges[1].strip() else None
    numbers = [_number(v, text) for v in values]
    if action == "tap":
        return Correction(action, taps=tuple(sorted(numbers)), start=start, end=end)
    anchor = numbers[1] if len(numbers) == 2 else None
    return Correction(action, numbers[0] if numbers else 0.0, anchor=anchor, start=start, end=end)


def _number(text: str, whole: str) -> float:
    """Seconds, ``m:ss`` or a plain signed number."""
    if not re.fullmatch(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+|\d+(:[0-5]?\d){1,2}(\.\d*)?", text.strip()):
        raise _wrong(f"'{text.strip()}' in the grid correction '{whole}' is not a number.", f"Give {_EXAMPLES}.")
    total = 0.0
    for part in text.strip().split(":"):
        total = total * 60 + float(part)
    return total


def describe(correction: Correction) -> str:
    """A correction in words."""
    value = f"{correction.value:g}"
    words = {
        "double": "tempo doubled",
        "halve": "tempo halved",
        "shift": f"bars moved by {correction.value:+g} beats",
        "nudge": f"beats moved by {correction.value:+g} ms",
        "tap": f"{len(correction.taps)} taps followed",
        "bar": f"a bar begins at {value} s",
        "bpm": f"tempo set to {value} BPM",
        "meter": f"{value} beats a bar",
        "reset": "back to what was heard",
    }[correction.action]
    if correction.region == (0.0, None):
        return words
    end = "the end" if correction.end is None else clock(correction.end)
    return f"{words} from {clock(correction.start)} to {end}"


def to_json(correction: Correction) -> dict[str, Any]:
    """JSON-ready data; what has its default is left out."""
    data = {f.name: getattr(correction, f.name) for f in dataclasses.fields(correction)}
    blank = Correction("double")
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in data.items() if v != getattr(blank, k)}
    return {**plain, "action": correction.action}


def from_json(data: Any) -> Correction:
    """What :func:`to_json` wrote; fields of a newer version are ignored.

    Raises
    ------
    BriefError
        When it is no correction this version knows.
    """
    try:
        known = {f.name for f in dataclasses.fields(Correction)}
        values = {k: v for k, v in data.items() if k in known}
        for name in ("value", "start", "end", "anchor"):
            if values.get(name) is not None:
                values[name] = float(values[name])
        return Correction(**{**values, "taps": tuple(float(t) for t in values.get("taps", ()))})
    except (TypeError, ValueError, AttributeError) as error:
        raise _wrong(f"A grid correction is damaged: {error}.", "Remove it and correct the grid again.") from error


def check(correction: Correction, duration: float) -> Correction:
    """The correction itself, when it lies within a song of that many seconds.

    Raises
    ------
    BriefError
        When its region or one of its moments is outside the song.
    """
    last = _last_moment(correction)
    if last >= duration:
        raise _wrong(
            f"The grid correction '{describe(correction)}' speaks of {last:g} s, but the song ends at {duration:g} s.",
            "Choose a moment of the song.",
        )
    return correction


def _last_moment(correction: Correction) -> float:
    bar = correction.value if correction.action == "bar" else 0.0
    return max(correction.start, bar, correction.anchor or 0.0, *correction.taps, 0.0)


# ------------------------------------------------------------------------------------------ lists


def add(corrections: Sequence[Correction], new: Correction) -> tuple[Correction, ...]:
    """The list with one more correction, as short as it can be without changing what it means.

    A reset of the whole song empties it. Nudges and shifts of one region add up, doubling and halving cancel, and a
    tempo, meter, bar or tapping replaces the one just before it.
    """
    if new.action == "reset" and new.region == (0.0, None):
        return ()
    if not corrections or corrections[-1].region != new.region:
        return (*corrections, new)
    rest, last = tuple(corrections[:-1]), corrections[-1]
    if {last.action, new.action} == {"double", "halve"}:
        return rest
    if last.action != new.action or new.action in ("double", "halve"):
        return (*corrections, new)
    if new.action in ("nudge", "shift"):
        total = round(last.value + new.value, 4)
        limit = NUDGE_LIMIT_MS if new.action == "nudge" else METERS[-1]
        if abs(total) > limit:
            return (*corrections, new)
        return (*rest, replace(new, value=total)) if total else rest
    return (*rest, new)


def shortest(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """The same list as :func:`add` would have built it."""
    result: tuple[Correction, ...] = ()
    for correction in corrections:
        result = add(result, correction)
    return result


# ------------------------------------------------------------------------------------------ the grid


def apply(heard: Beats, corrections: Iterable[Correction], duration: float) -> Beats:
    """The grid as corrected: beats ascending inside the song, downbeats among them, regions and tempo to match.

    Parameters
    ----------
    heard : Beats
        The grid as the analyser heard it; it may be empty.
    duration : float
        Seconds of the song. Corrections outside it change nothing.
    """
    todo = shortest(corrections)
    if not todo:
        return heard
    state = _State(heard, duration)
    for correction in todo:
        if _last_moment(correction) < duration:
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
        elif correction.action in _COUNTING:
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
