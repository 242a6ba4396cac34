# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of songs: a CSV, a JSON file or a folder, read into settings; what is wrong in them is collected."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ..errors import BriefError
from .columns import Column, Settings, Values, find

SOUNDS = frozenset(
    (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".caf", ".wma", ".wv", ".ape")
)
"""Endings of the files that a folder's batch takes."""
WORDS = (".lrc", ".srt", ".vtt")
"""Endings of lyrics beside a song, the first one that is there goes before."""
_SEPARATORS = (",", ";", "\t")
_MOST_BYTES = 64_000_000
_HINT = "See docs/batch.md."


@dataclass(frozen=True, slots=True)
class Entry:
    """One song of a table: where it stands there, for people, and what it sets."""

    place: str
    settings: Settings


@dataclass(slots=True)
class Table:
    """The songs of a table, and everything that is wrong with it as (place, message)."""

    name: str
    entries: list[Entry] = field(default_factory=list[Entry])
    problems: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def read_table(path: Path, columns: Mapping[str, Column]) -> Table:
    """The songs that a CSV file, a JSON file or a folder names.

    Raises
    ------
    BriefError
        When it cannot be read at all, or holds no song.
    """
    path = path.expanduser().resolve()
    if path.is_dir():
        table = _folder(path)
    elif not path.is_file():
        raise BriefError(f"Batch '{path}' does not exist.", hint="Give a CSV file, a JSON file or a folder.")
    else:
        text = _text(path)
        is_json = path.suffix.lower() == ".json" or text.lstrip()[:1] in ("[", "{")
        table = _json(path, text, columns) if is_json else _csv(path, text, columns)
    if not table.entries and not table.problems:
        what = "no audio file" if path.is_dir() else "no song"
        raise BriefError(f"Batch '{path}' holds {what}.", hint=_HINT)
    return table


def _text(path: Path) -> str:
    """A file's text: UTF-8 or UTF-16 where it says so, UTF-8 where it is that, else Windows' Latin-1."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BriefError(f"Batch '{path}' is too large for a table.", hint=_HINT)
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise BriefError(f"Batch '{path}' is not a text file.", hint="Give a CSV file, a JSON file or a folder.")
    return text


def _unreadable(path: Path, error: OSError) -> BriefError:
    return BriefError(f"Batch '{path}' cannot be read: {error.strerror}.", hint="Check its permissions.")


# ------------------------------------------------------------------------------------------------ CSV


def _csv(path: Path, text: str, columns: Mapping[str, Column]) -> Table:
    table = Table(path.stem)
    skipped = 0
    separator = _separator(text)
    if match := re.match(r"sep=(.)\r?\n", text):  # how Excel is told its separator
        separator, skipped = match[1], 1
        text = text[match.end() :]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    heading: list[Column | None] | None = None
    before = 0
    try:
        for cells in reader:
            place = f"line {before + 1 + skipped}"
            before = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if heading is None:
                heading = _heading(table, place, cells, columns)
            else:
                _row(table, place, heading, cells, path.parent)
    except csv.Error as error:
        table.problems.append((f"line {reader.line_num + skipped}", f"This is no CSV: {error}."))
    return table


def _separator(text: str) -> str:
    """What stands most often between the names of the first line that is not empty."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(_SEPARATORS, key=bare.count)


def _heading(table: Table, place: str, cells: list[str], columns: Mapping[str, Column]) -> list[Column | None]:
    found: list[Column | None] = []
    for cell in cells:
        if not cell.strip():
            found.append(None)
            continue
        try:
            column = find(cell, columns)
            if column.kind != "many" and column in found:
                raise BriefError(f"Column '{cell.strip()}' is there twice.")
            found.append(column)
        except BriefError as error:
            found.append(None)
            table.problems.append((place, str(error)))
    if not {"audio", "demo"} & {column.name for column in found if column is not None}:
        table.problems.append((place, "There is no column 'audio'. The first line must name the columns."))
    return found


def _row(table: Table, place: str, heading: list[Column | None], cells: list[str], base: Path) -> None:
    settings: Settings = {}
    for number, cell in enumerate(cells):
        if not cell.strip():
            continue
        if number >= len(heading):
            table.problems.append(
                (place, f"'{cell.strip()}' stands in no column. Put a cell with separators in quotes.")
            )
            break
        if (column := heading[number]) is not None:
            _add(table, place, settings, column, lambda c=column, text=cell: c.values(text, base))
    table.entries.append(Entry(place, settings))


def _add(table: Table, place: str, settings: Settings, column: Column, values: Any) -> None:
    try:
        new: Values = values()
    except BriefError as error:
        table.problems.append((place, str(error)))
        return
    earlier = settings.get(column.name)
    settings[column.name] = earlier + new if column.kind == "many" and earlier and new else new


# ----------------------------------------------------------------------------------------------- JSON


def _json(path: Path, text: str, columns: Mapping[str, Column]) -> Table:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BriefError(f"Batch '{path}' is not JSON: {error}.", hint=_HINT) from error
    table = Table(path.stem)
    defaults: Settings = {}
    songs: Any = data
    if isinstance(data, dict):
        keys = cast("dict[str, Any]", data)
        if unknown := sorted(set(keys) - {"defaults", "songs"}):
            raise BriefError(f"Batch '{path}': unknown key '{unknown[0]}'.", hint="There are 'defaults' and 'songs'.")
        songs = keys.get("songs")
        defaults = _object(table, "defaults", keys.get("defaults") or {}, columns, path.parent)
    if not isinstance(songs, list):
        raise BriefError(f"Batch '{path}' is not a list of songs.", hint=_HINT)
    for number, song in enumerate(cast("list[Any]", songs), 1):
        own = _object(table, f"song {number}", song, columns, path.parent)
        table.entries.append(Entry(f"song {number}", {**defaults, **own}))
    return table


def _object(table: Table, place: str, data: Any, columns: Mapping[str, Column], base: Path) -> Settings:
    settings: Settings = {}
    if not isinstance(data, dict):
        table.problems.append((place, "This is not an object with settings."))
        return settings
    for name, value in cast("dict[str, Any]", data).items():
        if value is None or value == "":
            continue
        try:
            column = find(name, columns)
        except BriefError as error:
            table.problems.append((place, str(error)))
            continue
        _add(table, place, settings, column, lambda c=column, v=value: _json_values(c, v, base))
    return settings


def _json_values(column: Column, value: Any, base: Path) -> Values:
    if isinstance(value, bool):
        if column.kind not in ("flag", "optional", "switch"):
            raise BriefError(f"{column.name} is {str(value).lower()}, but wants a value.")
        return column.turned(is_on=value)
    if isinstance(value, list):
        if column.kind not in ("list", "many"):
            raise BriefError(f"{column.name} takes one value, not a list.")
        parts = [column.values(_scalar(column, v), base) for v in cast("list[Any]", value)]
        return tuple(text for part in parts if part for text in part)
    return column.values(_scalar(column, value), base)


def _scalar(column: Column, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    raise BriefError(f"{column.name} is no text and no number.")


# --------------------------------------------------------------------------------------------- folder


def _folder(folder: Path) -> Table:
    """Every audio file right in the folder, with the lyrics of the same name, in the order people expect."""
    table = Table(folder.name or "batch")
    try:
        files = [path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file()]
    except OSError as error:
        raise BriefError(
            f"Batch '{folder}' cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from error
    words = {(path.stem, path.suffix.lower()): path for path in files}
    for path in sorted(files, key=lambda p: _natural(p.name)):
        if path.suffix.lower() in SOUNDS:
            settings: Settings = {"audio": (str(path),)}
            if beside := next((words[path.stem, w] for w in WORDS if (path.stem, w) in words), None):
                settings["lyrics"] = (str(beside),)
            table.entries.append(Entry(path.name, settings))
    return table


def _natural(name: str) -> tuple[Any, ...]:
    """``song 2`` before ``song 10``."""
    pieces = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(piece), "") if k % 2 else (1, 0, piece) for k, piece in enumerate(pieces))
