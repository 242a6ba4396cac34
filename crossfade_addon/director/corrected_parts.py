# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts and moments as a person corrected them (:mod:`.corrections`): called otherwise, split, merged, moved, off.

Borders of parts go to the nearest bar line. A part that is called a drop, a build or a break gets the moment that goes
with it, and loses it again when it is called something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..timeline import Beats, Event, Section
from .corrections import Correction, of_parts

SHORTEST_PART_S = 1.0
_NEAR_S = 2.0
"""How far a border may lie from where a correction looks for it, where there are no bars to tell."""
_MOMENT_NEAR_S = 0.5
_SAME_S = 0.02
_MOMENT_OF = {"drop": "drop", "build": "build", "break": "breakdown"}
_TRIGGER = {"drop": "drop_reaction", "build": "push_in", "breakdown": "halo_only"}
_BY_HAND = 0.7
"""Strength of a moment that a person set."""


def apply(
    sections: Sequence[Section],
    events: Sequence[Event],
    corrections: Iterable[Correction],
    beats: Beats,
    energy: NDArray[Any] | None = None,
) -> tuple[tuple[Section, ...], tuple[Event, ...]]:
    """Parts and moments after the corrections, in ascending time; what finds no part or moment changes nothing.

    Parameters
    ----------
    sections, events : sequence
        As they were heard on ``beats``, the corrected grid.
    energy : array (n,) or None
        The song's energy, evenly spaced over it, for the levels of parts that are split.
    """
    todo = of_parts(corrections)
    if not todo or not sections:
        return tuple(sections), tuple(events)
    state = _Parts(list(sections), np.array(beats.downbeats), energy)
    for correction in todo:
        state.correct(correction)
    moments = sorted(state.moments(events), key=lambda event: (event.t, event.type))
    return tuple(state.parts), used(moments, todo)


def used(events: Iterable[Event], corrections: Iterable[Correction]) -> tuple[Event, ...]:
    """All moments but those that are switched off."""
    left = list(events)
    for off in (c for c in corrections if c.action == "off"):
        gone = min((event for event in left if is_meant(off, event)), key=lambda e: abs(e.t - off.value), default=None)
        left = [event for event in left if event is not gone]
    return tuple(left)


def is_meant(off: Correction, event: Event) -> bool:
    """Whether a correction that switches a moment off may mean this one, give or take what a new grid moves it by."""
    return event.type == off.name and abs(event.t - off.value) <= _MOMENT_NEAR_S


class _Parts:
    """Parts while they are being corrected; ``origin`` says where each began when it was heard, None for a new one."""

    def __init__(self, parts: list[Section], bars: NDArray[Any], energy: NDArray[Any] | None) -> None:
        self.parts, self.bars, self.energy = parts, bars, energy
        self.heard = {part.start_time: part for part in parts}
        self.origin: list[float | None] = [part.start_time for part in parts]
        self.near = max(_NEAR_S, float(np.median(np.diff(bars)))) if len(bars) > 1 else _NEAR_S

    def correct(self, correction: Correction) -> None:
        """Apply one."""
        value = correction.value
        if correction.action == "call":
            k = self._holding(value)
            self.parts[k] = replace(self.parts[k], section_type=correction.name, confidence=1.0)
        elif correction.action == "split":
            self._split(self._snapped(value))
        elif correction.action == "merge" and (k := self._border(value)):
            self._merge(k)
        elif correction.action == "move" and correction.anchor is not None and (k := self._border(value)):
            self._move(k, self._snapped(correction.anchor))

    def _holding(self, seconds: float) -> int:
        starts = [part.start_time for part in self.parts]
        return max(0, int(np.searchsorted(starts, seconds + _SAME_S, side="right")) - 1)

    def _border(self, seconds: float) -> int:
        """Number of the part that begins near a moment; 0 when none does."""
        away = [abs(part.start_time - seconds) for part in self.parts[1:]]
        if not away or min(away) > self.near:
            return 0
        return 1 + int(np.argmin(away))

    def _snapped(self, seconds: float) -> float:
        if not len(self.bars):
            return round(seconds, 4)
        bar = float(self.bars[np.abs(self.bars - seconds).argmin()])
        return bar if abs(bar - seconds) <= self.near else round(seconds, 4)

    def _split(self, at: float) -> None:
        k = self._holding(at)
        part = self.parts[k]
        if at - part.start_time < SHORTEST_PART_S or part.end_time - at < SHORTEST_PART_S:
            return
        halves = [replace(part, end_time=at), replace(part, start_time=at, confidence=1.0)]
        self.parts[k : k + 1] = [replace(half, energy_level=self._level(half, part)) for half in halves]
        self.origin.insert(k + 1, None)

    def _level(self, half: Section, whole: Section) -> float:
        """The energy of a piece of a part: that of the part, as much more or less as the song's own energy is."""
        inside, around = self._mean(half), self._mean(whole)
        return round(min(1.0, whole.energy_level * inside / around), 4) if around > 0 else whole.energy_level

    def _mean(self, part: Section) -> float:
        if self.energy is None or not len(self.energy):
            return 0.0
        scale = len(self.energy) / self.parts[-1].end_time
        first = int(part.start_time * scale)
        return float(np.mean(self.energy[first : max(first + 1, int(part.end_time * scale))], dtype="f8"))

    def _merge(self, k: int) -> None:
        first, second = self.parts[k - 1 : k + 1]
        lengths = [part.end_time - part.start_time for part in (first, second)]
        like = first if lengths[0] >= lengths[1] else second
        level = float(np.average([first.energy_level, second.energy_level], weights=lengths))
        whole = replace(like, start_time=first.start_time, end_time=second.end_time, energy_level=round(level, 4))
        self.parts[k - 1 : k + 1] = [whole]
        del self.origin[k]

    def _move(self, k: int, to: float) -> None:
        before, part = self.parts[k - 1 : k + 1]
        earliest, latest = before.start_time + SHORTEST_PART_S, part.end_time - SHORTEST_PART_S
        if earliest <= to <= latest:
            self.parts[k - 1 : k + 1] = [replace(before, end_time=to), replace(part, start_time=to)]

    def moments(self, events: Sequence[Event]) -> list[Event]:
        """The moments, those at borders as the borders are now."""
        kept, changed = list(events), []
        for start, was in list(self.heard.items())[1:]:
            now = next((p for p, o in zip(self.parts, self.origin, strict=True) if o == start), None)
            if now is None or (now.start_time, now.section_type) != (start, was.section_type):
                at_border = [e for e in kept if abs(e.t - start) < _SAME_S and e.type in _at_borders(was, now)]
                kept = [event for event in kept if event not in at_border]
                if now is not None:
                    changed.append(_moment(now, at_border))
        new = [_moment(p, ()) for p, origin in zip(self.parts, self.origin, strict=True) if origin is None]
        return [*kept, *changed, *new]


def _at_borders(was: Section, now: Section | None) -> tuple[str, ...]:
    """Types of moments that go with a border: a drop stays a drop of the music when its border only vanishes."""
    if now is None:
        return ("section_change", "breakdown")
    return ("section_change", _MOMENT_OF.get(was.section_type, "section_change"))


def _moment(part: Section, before: Sequence[Event]) -> Event:
    """The moment at the beginning of a part; one that was heard there already keeps what was heard of it."""
    kind = _MOMENT_OF.get(part.section_type, "section_change")
    alike = next((event for event in before if event.type == kind), None)
    if alike is not None and kind != "section_change":
        return replace(alike, t=part.start_time)
    trigger = _TRIGGER.get(kind, part.section_type)
    strength = alike.strength if alike is not None else _BY_HAND
    intensity = alike.intensity if alike is not None else "high"
    return Event(part.start_time, kind, intensity, trigger, f"{part.section_type} set by hand", strength)
