# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person corrected in what was heard, as plain data: the beat grid, the parts of the song and its moments.

Conventions: times are seconds of the song; a correction of the grid holds for ``[start, end)``, the whole song by
default. A region takes the beats from ``SEAM_S`` before its start to ``SEAM_S`` before its end, so that one whose edges
lie on beats keeps its beats when they are nudged. The list is kept short by :func:`add` and applied in order by
:mod:`.corrected_grid` and :mod:`.corrected_parts`, always to what was heard, never to what is corrected already.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import BriefError
from ..timeline import EVENT_TYPES, SECTION_TYPES
from ..timing import clock
from . import regrid

GRID_ACTIONS = ("double", "halve", "shift", "nudge", "tap", "bar", "bpm", "meter", "reset")
PART_ACTIONS = ("call", "split", "merge", "move", "off")
ACTIONS = GRID_ACTIONS + PART_ACTIONS
SEAM_S = 0.05
BPM_RANGE = (30.0, 300.0)
NUDGE_LIMIT_MS = 500.0
LEAST_TAPS = 4
METERS = range(2, 13)
_SHORTEST_REGION_S = 0.25
_SHORTHAND = {"x2": "double", "/2": "halve"}
_EXAMPLES = (
    "x2, /2, shift=1, nudge=-12, bpm=128, bar=12.5, meter=3, tap=1.0,1.5,2.0,2.5 or reset, with @60-90 for a part; "
    "call=62.5,chorus, split=70, merge=70, move=62.5,64 or off=64,drop"
)
_PLAIN = frozenset({"double", "halve", "reset"})
COUNTING = frozenset({"shift", "bar"})
_NAMING = {"call": SECTION_TYPES, "off": tuple(kind for kind in EVENT_TYPES if kind != "retention_nudge")}
"""Actions that need a name, and what it may be; nudges of attention are no moments of the music."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction; checked when it is made.

    Parameters
    ----------
    action : str
        ``double`` and ``halve`` the tempo; ``shift`` the first beat of the bar by ``value`` beats; ``nudge`` all
        beats by ``value`` milliseconds (later when positive); ``tap``: follow ``taps``; ``bar``: a bar begins at
        ``value`` seconds; ``bpm``: even beats at tempo ``value``, through ``anchor`` (seconds) when given;
        ``meter``: ``value`` beats a bar; ``reset``: what was heard.
        Of parts and moments, always for the whole song: ``call`` the part that holds ``value`` seconds ``name``;
        ``split``: a part begins at ``value``; ``merge`` the parts before and after their border at ``value``;
        ``move`` that border to ``anchor``; ``off``: the moment of type ``name`` at ``value`` is not used.
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
    name: str = ""

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
        if self.action in PART_ACTIONS:
            self._check_part()
        self._check_value()

    def _check_part(self) -> None:
        if self.region != (0.0, None):
            raise _wrong(f"The correction '{self.action}' takes no part of the song.", "Leave the @START-END out.")
        if self.value < 0 or (self.anchor or 0.0) < 0:
            raise _wrong(f"A moment of the correction '{self.action}' is before the song.", "Choose one of the song.")
        if self.action == "move" and self.anchor is None:
            raise _wrong("A part is moved without saying where to.", "Give both moments, as in move=62.5,64.")
        known = _NAMING.get(self.action)
        if known and self.name not in known:
            what = "part" if self.action == "call" else "moment"
            raise _wrong(f"'{self.name}' is no {what} of a song.", f"Choose one of {', '.join(known)}.")

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
    ``shift=1@60-90``, ``bar=1:02.5``, ``tap=1.0,1.5,2.0,2.5``, ``reset``, ``call=62.5,chorus``, ``split=70``,
    ``merge=70``, ``move=62.5,64``, ``off=64,drop``.

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
    two = (2, 2)
    fewest, most = {"tap": (LEAST_TAPS, 10_000), "bpm": (1, 2), "move": two, "call": two, "off": two}.get(
        action, (1, 1)
    )
    if action in _PLAIN:
        fewest = most = 0
    if not fewest <= len(values) <= most:
        several = f"{fewest} values" if fewest == most else f"{fewest} or more values"
        what = {0: "no value", 1: "one value"}.get(most, several)
        raise _wrong(f"The grid correction '{text}' needs {what}.", f"Give {_EXAMPLES}.")
    start, end = 0.0, None
    if mark:
        edges = part.split("-")
        if len(edges) != 2 or not edges[0].strip():
            raise _wrong(f"The part '{part}' of the grid correction '{text}' is not START-END.", "For example @60-90.")
        start = _number(edges[0], text)
        end = _number(edges[1], text) if edges[1].strip() else None
    called = values.pop().strip().lower() if action in _NAMING else ""
    numbers = [_number(v, text) for v in values]
    if action == "tap":
        return Correction(action, taps=tuple(sorted(numbers)), start=start, end=end)
    anchor = numbers[1] if len(numbers) == 2 else None
    return Correction(action, numbers[0] if numbers else 0.0, anchor=anchor, start=start, end=end, name=called)


def _number(text: str, whole: str) -> float:
    """Seconds, ``m:ss`` or a plain signed number."""
    if not re.fullmatch(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+|\d+(:[0-5]?\d){1,2}(\.\d*)?", text.strip()):
        raise _wrong(f"'{text.strip()}' in the grid correction '{whole}' is not a number.", f"Give {_EXAMPLES}.")
    total = 0.0
    for part in text.strip().split(":"):
        total = total * 60 + float(part)
    return total


def text_of(correction: Correction) -> str:
    """A correction as :func:`parse` reads it, to a tenth of a millisecond."""
    head = {action: short for short, action in _SHORTHAND.items()}.get(correction.action, correction.action)
    values = [_plain(tap) for tap in correction.taps]
    if not values and correction.action not in _PLAIN:
        values = [_plain(correction.value)]
    if correction.anchor is not None:
        values.append(_plain(correction.anchor))
    if correction.name:
        values.append(correction.name)
    if correction.region != (0.0, None):
        end = "" if correction.end is None else _plain(correction.end)
        return f"{head}{'=' * bool(values)}{','.join(values)}@{_plain(correction.start)}-{end}"
    return f"{head}{'=' * bool(values)}{','.join(values)}"


def _plain(number: float) -> str:
    """To four decimals, without an exponent and without zeros at the end."""
    return f"{number:.4f}".rstrip("0").rstrip(".")


def describe(correction: Correction) -> str:
    """A correction in words."""
    value, place = f"{correction.value:g}", clock(correction.value)
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
        "call": f"the part at {place} is called {correction.name}",
        "split": f"a part begins at {place}",
        "merge": f"the parts that met at {place} are one",
        "move": f"the part at {place} begins at {clock(correction.anchor or 0.0)}",
        "off": f"the {correction.name.replace('_', ' ')} at {place} is not used",
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
    last = last_moment(correction)
    if last >= duration:
        raise _wrong(
            f"The grid correction '{describe(correction)}' speaks of {last:g} s, but the song ends at {duration:g} s.",
            "Choose a moment of the song.",
        )
    return correction


def last_moment(correction: Correction) -> float:
    """The latest moment of the song that a correction speaks of, in seconds."""
    bar = correction.value if correction.action in ("bar", *PART_ACTIONS) else 0.0
    return max(correction.start, bar, correction.anchor or 0.0, *correction.taps, 0.0)


# ------------------------------------------------------------------------------------------ lists


def add(corrections: Sequence[Correction], new: Correction) -> tuple[Correction, ...]:
    """The list with one more correction, as short as it can be without changing what it means.

    Corrections of the grid go before those of parts and moments, which are found on it; a reset of the whole song
    leaves only the latter. Nudges and shifts of one region add up, doubling and halving cancel, and a tempo, meter, bar
    or tapping replaces the one just before it.
    """
    grid, parts = of_grid(corrections), of_parts(corrections)
    if new.action in PART_ACTIONS:
        return (*grid, *_with_part(parts, new))
    return (*_with_edit(grid, new), *parts)


def _with_edit(corrections: Sequence[Correction], new: Correction) -> tuple[Correction, ...]:
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
        return (*rest, replace(last, value=total)) if total else rest
    return (*rest, new)


def _with_part(corrections: Sequence[Correction], new: Correction) -> tuple[Correction, ...]:
    """A part that is moved on, or called anew, is still one correction; nothing is switched off twice."""
    last = corrections[-1] if corrections else None
    if new.action == "off" and new in corrections:
        return tuple(corrections)
    if last is not None and last.action == new.action == "call" and last.value == new.value:
        return (*corrections[:-1], new)
    if last is not None and last.action == new.action == "move" and last.anchor == new.value:
        return (*corrections[:-1], replace(last, anchor=new.anchor))
    return (*corrections, new)


def shortest(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """The same list as :func:`add` would have built it."""
    result: tuple[Correction, ...] = ()
    for correction in corrections:
        result = add(result, correction)
    return result


def of_grid(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """Those of the beat grid."""
    return tuple(c for c in corrections if c.action in GRID_ACTIONS)


def of_parts(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """Those of parts and moments."""
    return tuple(c for c in corrections if c.action in PART_ACTIONS)
