# SPDX-License-Identifier: GPL-3.0-or-later
"""What things are made of, as SHA-256: of plain data, of files, of this program's own rooms; and files that are whole.

Stages are kept by content: a result is used again when the digest of everything that decided it is the same.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

HASH_BYTES = 8 << 20
"""Bytes that are hashed a step, about 20 ms."""
_PACKAGE = Path(__file__).parent


def digest(*parts: Any) -> str:
    """One SHA-256 over plain data, dataclasses, paths and exact fractions; equal content, equal digest."""
    text = json.dumps(parts, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, (Path, Fraction)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(cast("set[Any]", value))
    raise TypeError(f"{type(value).__name__} has no digest")


def sha256_steps(path: Path) -> Generator[float, None, str]:
    """The SHA-256 of a file, a few megabytes a step; yields the part that is done.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    found, size, done = hashlib.sha256(), path.stat().st_size, 0
    with path.open("rb") as file:
        while chunk := file.read(HASH_BYTES):
            found.update(chunk)
            done += len(chunk)
            yield min(1.0, done / max(1, size))
    return found.hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, at once.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    steps = sha256_steps(path)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def mark(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds; (-1, 0) for a file that is not there."""
    try:
        found = path.stat()
    except OSError:
        return -1, 0
    return found.st_size, found.st_mtime_ns


@functools.cache
def code_of(*names: str) -> str:
    """Digest of this program's own source: rooms (folders) and modules by name, as ``director`` or ``themes.py``.

    A newer version may decide otherwise, so what an older one made is not taken for its own work.
    """
    found = hashlib.sha256()
    for name in names:
        place = _PACKAGE / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found.update(f"{path.relative_to(_PACKAGE).as_posix()}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, making its folder; one that holds just this stays untouched.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    if mark(path)[0] == len(data) and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def put_aside(path: Path) -> Path:
    """Rename a file that somebody edited to ``<stem>.edited<suffix>``, numbered where there is one; its new path.

    Raises
    ------
    OSError
        When it cannot be renamed.
    """
    number, kept = 1, path.with_name(f"{path.stem}.edited{path.suffix}")
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.stem}.edited_{number}{path.suffix}")
    return path.replace(kept)


def read_json(path: Path) -> Any:
    """What a JSON file holds; None when there is none, or it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
