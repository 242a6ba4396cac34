# SPDX-License-Identifier: GPL-3.0-or-later
"""What a table of songs may set: the command line's own arguments, read from its parser.

Settings are ``{name: values}``: the argument's name without dashes, and its values as text. A flag that is on has no
values; None takes back what the command line gave.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..errors import BriefError

Values = tuple[str, ...] | None
Settings = dict[str, Values]

OF_THE_BATCH = ("batch", "resume", "jobs", "json")
"""Arguments that a song's own process never gets."""
NOT_IN_A_TABLE = frozenset(
    {*OF_THE_BATCH, "help", "version", "debug", "config", "no-config"}
    | {"ffmpeg", "blender-executable", "library", "mixer", "cache-gb"}
)
"""A table comes from anywhere: it names no program to start and no place that the songs' data goes to."""
SONGS_OWN = ("audio", "song-id", "demo")
"""What a batch's command line cannot say for all songs."""
_FILES = frozenset({"audio", "lyrics", "platforms-file", "stems", "studio", "actions", "output-dir"})
_FILE_SUFFIXES = {"theme": ".toml", "avatar": ".blend"}
"""Arguments that are a name, or a file with this suffix."""
_YES = frozenset({"yes", "y", "true", "1", "on", "x"})
_NO = frozenset({"no", "n", "false", "0", "off"})
_ON, _OFF = "yes", "no"


@dataclass(frozen=True, slots=True)
class Column:
    """One argument: a ``flag``, a flag that has an opposite (``switch``), ``one`` value, one value that may be left out
    (``optional``), several at once (``list``), or one each time it is given (``many``). ``is_opposite``: the heading
    is that of the opposite, as in ``no_captions`` of ``captions``."""

    name: str
    kind: str
    is_opposite: bool = False

    def values(self, cell: str, base: Path) -> Values:
        """What a cell of a table means; paths in it are relative to ``base``.

        Raises
        ------
        BriefError
            When a flag is neither on nor off, or a value would be taken for an argument.
        """
        text = cell.strip()
        low = text.lower()
        if self.kind in ("flag", "optional", "switch") and low in _YES | _NO:
            return self.turned(is_on=low in _YES)
        if self.kind in ("flag", "switch"):
            raise BriefError(f"'{text}' in {self.name} is neither yes nor no.")
        pieces = text.replace(",", " ").split() if self.kind == "list" or self.name in ("clip", "grid") else [text]
        return self.checked([_placed(self.name, piece, base) for piece in pieces])

    def turned(self, *, is_on: bool) -> Values:
        """What *yes* and *no* mean."""
        if self.kind == "switch":
            return (_ON if is_on != self.is_opposite else _OFF,)
        return () if is_on else None

    def checked(self, values: Sequence[str]) -> Values:
        """The values, when they can be told from arguments."""
        if self.kind == "list" and any(value.startswith("-") for value in values):
            raise BriefError(f"'{' '.join(values)}' in {self.name} cannot begin with '-'.")
        return tuple(values)

    def arguments(self, values: tuple[str, ...]) -> list[str]:
        """The command line's words for these values."""
        option = f"--{self.name}"
        if self.kind == "switch":
            return [option if values == (_ON,) else f"--no-{self.name}"]
        if self.kind == "list":
            return [option, *values]
        return [f"{option}={value}" for value in values] or [option]


def columns_of(parser: argparse.ArgumentParser) -> dict[str, Column]:
    """Every argument of a parser, by its name without dashes."""
    found: dict[str, Column] = {}
    for action in parser._actions:
        names = [option[2:] for option in action.option_strings if option.startswith("--")]
        for name in names:
            is_opposite = _kind(action) == "switch" and name == f"no-{names[0]}"
            found[name] = Column(names[0] if is_opposite else name, _kind(action), is_opposite)
    return found


def _kind(action: argparse.Action) -> str:
    if isinstance(action, argparse.BooleanOptionalAction):
        return "switch"
    if action.nargs == 0:
        return "flag"
    if action.nargs == "?":
        return "optional"
    if action.nargs in ("+", "*"):
        return "list"
    # argparse has no public name for it.
    return "many" if isinstance(action, argparse._AppendAction) else "one"  # pyright: ignore[reportPrivateUsage]


def given_by(parser: argparse.ArgumentParser, argv: Iterable[str]) -> Settings:
    """What a command line really says, without defaults; the parser is used up.

    Raises
    ------
    BriefError
        When the parser does not understand it.
    """
    names: dict[str, str] = {}
    for action in parser._actions:
        action.default = argparse.SUPPRESS
        names.setdefault(action.dest, next((o[2:] for o in action.option_strings if o.startswith("--")), action.dest))
    constants = {action.dest: action.const for action in parser._actions if action.nargs == "?"}
    switches = {action.dest for action in parser._actions if _kind(action) == "switch"}
    settings: Settings = {}
    for dest, value in vars(parser.parse_args(list(argv))).items():
        if dest in switches:
            settings[names[dest]] = (_ON if value else _OFF,)
        elif value is True or (dest in constants and value == constants[dest]):
            settings[names[dest]] = ()
        else:
            values = cast("list[Any]", value) if isinstance(value, list) else [value]
            settings[names[dest]] = tuple(str(v) for v in values)
    return settings


def joined(common: Mapping[str, Values], own: Mapping[str, Values]) -> Settings:
    """Settings of all songs and of one song, whose own go before."""
    return {**common, **own}


def arguments(settings: Mapping[str, Values], columns: Mapping[str, Column]) -> list[str]:
    """Settings as a command line."""
    return [word for name, values in settings.items() if values is not None for word in columns[name].arguments(values)]


def find(name: str, columns: Mapping[str, Column]) -> Column:
    """The column that a table's heading means: case, spaces, underscores and dashes in front do not matter.

    Raises
    ------
    BriefError
        When there is none, naming the nearest; or when it may not be in a table.
    """
    key = "-".join(name.strip().lower().lstrip("-").replace("_", " ").replace("-", " ").split())
    if key in columns and key not in NOT_IN_A_TABLE:
        return columns[key]
    if key in columns:
        raise BriefError(f"'{name.strip()}' belongs on the command line, not in a table.")
    allowed = sorted(set(columns) - NOT_IN_A_TABLE)
    near = difflib.get_close_matches(key, allowed, 1)
    advice = f"Do you mean '{near[0]}'?" if near else f"There are {', '.join(allowed)}."
    raise BriefError(f"Unknown column '{name.strip()}'.", hint=advice)


def _placed(name: str, value: str, base: Path) -> str:
    """A value with its path, if it is one, relative to the table's folder."""
    if name == "render":
        aspect, given, file = value.partition("=")
        return f"{aspect}={base / Path(file).expanduser()}" if given and file else value
    suffix = _FILE_SUFFIXES.get(name)
    is_file = name in _FILES or (suffix is not None and value.lower().endswith(suffix))
    return str(base / Path(value).expanduser()) if is_file else value
