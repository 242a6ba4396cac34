# SPDX-License-Identifier: GPL-3.0-or-later
"""A library's folder gets other contents, whole or not at all.

The new contents are made in ``restoring``, proven, and renamed to ``restored``: that is the moment at which the library
changes. :func:`finish` then moves them to their place; whoever opens the library next does so when the process or the
power fails in between. Only ChromaDB's own files are replaced.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sqlite3
from pathlib import Path

from ..errors import LibraryError

DATABASE = "chroma.sqlite3"
_STAGED, _READY, _LIST = "restoring", "restored", "contents.json"
_SEGMENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def collection_names(folder: Path) -> tuple[str, ...]:
    """Names of the collections in a ChromaDB folder, read without changing a byte; empty when there are none."""
    database = folder.resolve() / DATABASE
    if not database.is_file():
        return ()
    try:
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return tuple(row[0] for row in connection.execute("SELECT name FROM collections ORDER BY name"))
    except sqlite3.Error:
        return ()


def stage(folder: Path) -> Path:
    """An empty folder in which the new contents are to be made."""
    staged = folder / _STAGED
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    return staged


def commit(folder: Path) -> None:
    """Make the staged contents the library's. To be called under the lock, with the library closed.

    Raises
    ------
    LibraryError
        When they could not be written out; the library is then as it was.
    """
    staged = folder / _STAGED
    names = sorted(p.name for p in staged.iterdir() if is_chromas(p.name))
    try:
        (staged / _LIST).write_text(json.dumps(names), encoding="utf-8")
        for path in staged.rglob("*"):
            if path.is_file():
                _to_disk(path)
        staged.rename(folder / _READY)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        raise LibraryError(
            f"The song library in '{folder}' could not be replaced: {error.strerror}; it is as it was.",
            hint="Check the free space and try again.",
        ) from error
    finish(folder)


def abandon(folder: Path) -> None:
    """Forget contents that were not committed."""
    shutil.rmtree(folder / _STAGED, ignore_errors=True)


def finish(folder: Path) -> None:
    """Move committed contents to their place; nothing happens when there are none. May be cut off and done again."""
    ready = folder / _READY
    if not ready.is_dir():
        return
    names = json.loads((ready / _LIST).read_text(encoding="utf-8"))
    for path in folder.iterdir():
        if is_chromas(path.name) and path.name not in names:
            _remove(path)
    for name in names:
        if (ready / name).exists():
            _remove(folder / name)
            (ready / name).rename(folder / name)
    shutil.rmtree(ready)


def is_chromas(name: str) -> bool:
    """Whether an entry of a ChromaDB folder is ChromaDB's own."""
    return name.startswith(DATABASE) or _SEGMENT.fullmatch(name) is not None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())
