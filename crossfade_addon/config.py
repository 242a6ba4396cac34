# SPDX-License-Identifier: GPL-3.0-or-later
"""``crossfade.toml``: settings kept in a file beside the song, or named by ``--config``.

What is given (arguments, or values set in the panel) goes before the file, the file before the built-in defaults.
The file is data: nothing in it runs, and one that was only found beside a song may name neither programs to start nor
servers to talk to, since it may have come with the song.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import options
from .brief import BLEND
from .encode.platforms import load_platforms
from .errors import BriefError
from .library.places import server_of
from .options import BY_NAME, SETTINGS, Setting
from .themes import load_theme

FILE_NAME = "crossfade.toml"
PLATFORM_KEYS = ("resolution", "video_bitrate")
MOST_BYTES = 1_000_000
_RIVALS = (frozenset({"clip", "clips", "whole_song"}), frozenset({"lyrics", "transcribe"}))
"""Fields that say the same thing in different ways: one of them given sets aside what the file says of the others."""
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
_ADVICE = "docs/configuration.md lists every key."


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that was read.

    Parameters
    ----------
    fields : mapping
        Fields of the brief that it sets.
    lines : mapping
        Line of each key, ``table.key``; as far as it can be told.
    """

    path: Path
    fields: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)

    def where(self, key: str = "") -> str:
        """The file, and the line when it is known, for people."""
        return _where(self.path, self.lines, key)

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that it holds, in the order of the guide."""
        held = {setting.name for setting in SETTINGS if setting.field in self.fields}
        held |= {"clip"} if "clips" in self.fields else set()
        changed = dict.fromkeys(name for name, _, _ in self.fields.get("platform_changes", ()))
        return (*(s.name for s in SETTINGS if s.name in held), *changed)


def chosen(audio: Path | None, named: str | Path | None = None, *, ignore: bool = False) -> ConfigFile | None:
    """The file to use: the one that is named, else the one in the song's own folder; None when there is none.

    Raises
    ------
    BriefError
        The file cannot be used; says where and why.
    """
    if named is not None and ignore:
        raise BriefError("A configuration is named and shall be ignored.", hint="Leave out --config or --no-config.")
    if named is not None:
        path = Path(named).expanduser().absolute()
        if not path.is_file():
            raise BriefError(f"Configuration '{named}' does not exist.", hint="Check the path.")
        return read(path, is_named=True)
    if ignore or audio is None:
        return None
    path = audio.expanduser().absolute().parent / FILE_NAME
    try:
        is_there = path.is_file()
    except OSError:  # the song's folder may not be looked into, which is said of the song
        return None
    return read(path) if is_there else None


def layered(file: ConfigFile | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the brief: what is given over what the file holds. Platforms are all there are unless some are named.

    Raises
    ------
    BriefError
        The file speaks of platforms that there are not, or gives them impossible values.
    """
    held = dict(file.fields) if file is not None else {}
    for rivals in _RIVALS:
        if any(given.get(name) for name in rivals):
            held = {name: value for name, value in held.items() if name not in rivals}
    fields: dict[str, Any] = {**held, **given}
    own = fields.get("platforms_file")
    own = Path(own).expanduser() if own else None
    known = load_platforms(own)
    if file is not None:
        fields["config_file"] = file.path
        for name in (*held.get("platforms", ()), *(name for name, _, _ in held.get("platform_changes", ()))):
            if name not in known:
                where = file.where("platforms" if name in held.get("platforms", ()) else f"encoder.platforms.{name}")
                raise BriefError(f"Unknown platform '{name}' in {where}.", hint=_nearest(name, tuple(known)))
        try:
            known = load_platforms(own, fields.get("platform_changes", ()))
        except BriefError as error:
            raise BriefError(f"{error.message} They stand in {file.where('encoder.platforms')}.") from error
    fields.setdefault("platforms", tuple(known))
    return fields


def read(path: Path, *, is_named: bool = False) -> ConfigFile:
    """Read a file; paths in it are relative to it.

    Parameters
    ----------
    is_named : bool
        The user named it, so it may name programs and servers.

    Raises
    ------
    BriefError
        It cannot be read, or has an unknown key or a wrong value; with the line where that can be told.
    """
    hint = "Write it as TOML: docs/configuration.md has an example."
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BriefError(f"Configuration '{path}' is larger than a megabyte: that is none.", hint=hint)
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise BriefError(f"Configuration '{path}' cannot be read: {error}.", hint=hint) from error
    lines = _lines(text)
    reader = _Reader(path, lines, is_named)
    raw: dict[str, Any] = {}
    changes: list[tuple[str, str, int]] = []
    for table, key, value in reader.entries(data):
        if (table, key) == ("encoder", "platforms"):
            changes = reader.platforms(value)
            continue
        setting = reader.setting(table, key)
        if setting.name in raw:
            raise BriefError(f"{reader.named(table, key)} is said twice.", hint=f"Keep only {setting.place}.")
        raw[setting.name] = reader.value(setting, table, key, value)
    fields = options.brief_fields(raw)
    if changes:
        fields["platform_changes"] = tuple(changes)
    return ConfigFile(path, fields, lines)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What all parts of reading a file need for their messages."""

    path: Path
    lines: Mapping[str, int]
    is_named: bool

    def entries(self, data: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        """(table, key, value) of everything in the file."""
        for key, value in data.items():
            if key in options.TABLES and isinstance(value, dict):
                yield from ((key, inner, each) for inner, each in value.items())
            else:
                yield "", key, value

    def named(self, table: str, key: str) -> str:
        """A key and where it stands."""
        return f"'{key}' in {_where(self.path, self.lines, _dotted(table, key))}"

    def setting(self, table: str, key: str) -> Setting:
        """The setting that a key means."""
        own = {name: s for s in SETTINGS if s.table == table for name in (s.name, s.also) if name}
        if key in own:
            return own[key]
        if key in BY_NAME:
            raise BriefError(
                f"{self.named(table, key)} stands in the wrong place.", hint=f"Write {BY_NAME[key].place}."
            )
        spoken = f"Unknown key {self.named(table, key)}."
        near = difflib.get_close_matches(key, own, 1) or difflib.get_close_matches(key, BY_NAME, 1)
        if near:
            raise BriefError(spoken, hint=f"Did you mean {(own.get(near[0]) or BY_NAME[near[0]]).place}?")
        if not table and (tables := difflib.get_close_matches(key, [name for name in options.TABLES if name], 1)):
            raise BriefError(spoken, hint=f"Did you mean [{tables[0]}]?")
        raise BriefError(spoken, hint=_ADVICE)

    def value(self, setting: Setting, table: str, key: str, value: Any) -> Any:
        """The raw value of a setting, proven to be one."""
        raw = self._typed(setting, table, key, value)
        try:
            self._check(setting, raw)
        except BriefError as error:
            raise BriefError(f"{self.named(table, key)}: {error.message}", hint=error.hint) from error
        return raw

    def _typed(self, setting: Setting, table: str, key: str, value: Any) -> Any:
        kind = setting.kind
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if kind == options.FLAG and isinstance(value, bool):
            return value
        if kind == options.WHOLE and isinstance(value, int) and not isinstance(value, bool):
            return value
        if kind == options.VALUE and (is_number or isinstance(value, str)):
            return str(value)
        if kind == options.TEXTS:
            texts = [value] if isinstance(value, str) else value
            if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
                return [self._movie(text) for text in texts] if setting.name == "render" else texts
        elif kind not in (options.FLAG, options.WHOLE, options.VALUE) and isinstance(value, str):
            return self._located(kind, value)
        raise BriefError(f"{self.named(table, key)} is {value!r}: {kind} is wanted.", hint=_ADVICE)

    def _located(self, kind: str, text: str) -> str:
        """A text; what names a file is made relative to this one."""
        if not text or kind == options.TEXT or (kind == options.PLACE and server_of(text)):
            return text
        path = Path(text).expanduser()
        is_name = "/" not in text and os.sep not in text
        if is_name and kind == options.PROGRAM:
            return text  # looked for on the PATH
        if is_name and kind == options.NAMED and path.suffix not in (BLEND, ".toml"):
            return text
        return str(self.path.parent / path)

    def _movie(self, text: str) -> str:
        aspect, given, file = text.partition("=")
        return f"{aspect}={self._located(options.FILE, file)}" if given and file else text

    def _check(self, setting: Setting, raw: Any) -> None:
        if setting.choices and raw not in setting.choices:
            raise BriefError(f"'{raw}' is unknown.", hint=_nearest(raw, setting.choices))
        if not self.is_named and (
            (setting.kind == options.PROGRAM and raw) or (setting.kind == options.PLACE and server_of(raw))
        ):
            what = "programs" if setting.kind == options.PROGRAM else "servers"
            argument = setting.name.replace("_", "-")
            raise BriefError(
                f"A file that was found beside a song may not name {what}.",
                hint=f"Give --{argument}, or name the file with --config.",
            )
        if setting.kind == options.FILE and raw and not Path(raw).is_file():
            raise BriefError(f"File '{raw}' does not exist.", hint="Paths are relative to this file's folder.")
        if setting.name in ("stems", "actions", "mixer") and raw and not Path(raw).is_dir():
            raise BriefError(f"Folder '{raw}' does not exist.", hint="Paths are relative to this file's folder.")
        if setting.name == "theme":
            load_theme(raw)
        options.brief_fields({setting.name: raw})

    def platforms(self, value: Any) -> list[tuple[str, str, int]]:
        """Values of single platforms, from the tables ``[encoder.platforms.NAME]``."""
        if isinstance(value, list) or not isinstance(value, dict):
            raise BriefError(
                f"{self.named('encoder', 'platforms')} is no table.",
                hint="Which platforms are made is said by 'platforms' at the top of the file.",
            )
        changes: list[tuple[str, str, int]] = []
        for name, table in value.items():
            place = f"encoder.platforms.{name}"
            if not isinstance(table, dict):
                raise BriefError(f"{self.named('encoder.platforms', name)} is no table.", hint=f"Write [{place}].")
            for key, each in table.items():
                if key not in PLATFORM_KEYS:
                    more = "A platforms_file can change everything else (docs/platforms.md)."
                    raise BriefError(
                        f"Unknown key {self.named(place, key)}.", hint=f"{_nearest(key, PLATFORM_KEYS)} {more}"
                    )
                try:
                    changes += [(name, *change) for change in _platform_values(key, each)]
                except ValueError as error:
                    raise BriefError(f"{self.named(place, key)} is {each!r}.", hint=str(error)) from error
        return changes


def _platform_values(key: str, value: Any) -> list[tuple[str, int]]:
    """The platform table's values that a key means; raises ValueError with what is wanted."""
    if key == "resolution":
        if isinstance(value, list) and len(value) == 2 and all(type(side) is int for side in value):
            return [("width", value[0]), ("height", value[1])]
        raise ValueError("Give [width, height] in pixels, for example [1080, 1920].")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", value) if isinstance(value, str) else None
    if type(value) is int and value > 0:
        return [("max_kbps", round(value / 1000))]
    if match is None:
        raise ValueError('Give a rate such as "5M" or "5000k".')
    return [("max_kbps", round(float(match[1]) * _UNITS[match[2].lower()] / 1000))]


def _nearest(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(word), words, 1)
    listed = f"Choose one of {', '.join(words)}."
    return f"Did you mean '{near[0]}'? {listed}" if near else listed


def _dotted(table: str, key: str) -> str:
    return f"{table}.{key}" if table else key


def _where(path: Path, lines: Mapping[str, int], key: str) -> str:
    line = lines.get(key)
    return f"'{path}'" + (f", line {line}" if line else "")


def _lines(text: str) -> dict[str, int]:
    """Line of each key and table as people write them; what is written in rarer ways has none."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w.\-\s]+?)\s*\]", line):
            table = re.sub(r"\s+", "", header[1])
            found.setdefault(table, number)
        elif key := re.match(r"\s*([\w\-]+(?:\s*\.\s*[\w\-]+)*)\s*=", line):
            found.setdefault(_dotted(table, re.sub(r"\s+", "", key[1])), number)
    for name in list(found):  # "encoder.platforms.tiktok" also shows where "encoder.platforms" begins
        parts = name.split(".")
        for count in range(1, len(parts)):
            found.setdefault(".".join(parts[:count]), found[name])
    return found
