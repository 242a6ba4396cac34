# SPDX-License-Identifier: GPL-3.0-or-later
"""What was made of what: the key of every finished file, so that a later job makes only what would come out otherwise.

A row has the ``key`` (a digest of everything that decides the bytes), the ``sha256`` of the file, and facts that go
with it. A file is used again when both are right: the key of what is wanted now, and the bytes as they were made.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator
from pathlib import Path
from typing import Any

from ..content import code_of, mark, read_json, sha256_steps, write_whole
from .frames import FrameSequence
from .movies import Source

NAME = "made.json"
CODE = ("encode", "themes.py", "timing.py", "stills.py")
Row = dict[str, Any]


class Ledger:
    """The rows of one song's files, by name; written at every change, whole or not at all.

    Parameters
    ----------
    path : Path
        Where it lies.
    fresh : bool
        Trust only what is put in from now on.
    """

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        self._path = path
        rows = read_json(path)
        rows = rows if isinstance(rows, dict) else {}
        self._rows: dict[str, Row] = {name: row for name, row in rows.items() if _is_row(row)}
        self._trusted = set() if fresh else set(self._rows)
        self._hashes: dict[tuple[Any, ...], str] = {}

    def row(self, name: str, key: str) -> Row | None:
        """The row of a name when it was made from just this."""
        row = self._rows.get(name) if name in self._trusted else None
        return row if row is not None and row["key"] == key else None

    def bytes_of(self, name: str) -> str:
        """The SHA-256 of what was made under a name, whatever it was made from; ``""`` when nothing is known of it."""
        return self._rows.get(name, {}).get("sha256", "")

    def names(self) -> list[str]:
        """Names of all that was made."""
        return list(self._rows)

    def named(self, key: str) -> list[str]:
        """Names that were made from just this."""
        return [name for name in self._rows if self.row(name, key) is not None]

    def put(self, name: str, key: str, sha256: str, **facts: Any) -> None:
        """Note what was made."""
        self._rows[name] = {"key": key, "sha256": sha256, **facts}
        self._trusted.add(name)
        self._write()

    def forget(self, names: Collection[str]) -> None:
        """Take rows out, and all that were made from the same as one of them."""
        keys = {self._rows[name]["key"] for name in names if name in self._rows}
        if keys:
            self._rows = {name: row for name, row in self._rows.items() if row["key"] not in keys}
            self._write()

    def mentions(self, fact: str) -> set[Any]:
        """All values that rows have for a fact."""
        return {row[fact] for row in self._rows.values() if fact in row}

    def is_whole_steps(self, path: Path, sha256: str) -> Generator[float, None, bool]:
        """Whether a file has the bytes that were noted; files that share their bytes are read once."""
        try:
            found = path.stat()
            place = (found.st_dev, found.st_ino or path, found.st_size, found.st_mtime_ns)
            if place not in self._hashes:
                self._hashes[place] = yield from sha256_steps(path)
        except OSError:
            return False
        return self._hashes[place] == sha256

    def _write(self) -> None:
        write_whole(self._path, json.dumps(self._rows, indent=1) + "\n")


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("key"), str) and isinstance(row.get("sha256"), str)


def source_mark(source: Source) -> list[Any]:
    """What tells pictures from others: how they are read, and size and time of every file."""
    reading = [source.first_frame, source.count, source.fps, source.width, source.height]
    if isinstance(source, FrameSequence):
        paths = [source.path(frame) for frame in range(source.first_frame, source.first_frame + source.count)]
        return [*reading, [(path.name, *mark(path)) for path in paths]]
    return [*reading, source.skip, source.own_fps, source.keys, str(source.file), mark(source.file)]


def code() -> str:
    """Digest of the code that makes the files."""
    return code_of(*CODE)
