# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a song of a batch is still the same song, and whether its finished files are still there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..brief import Brief, avatar_file
from ..content import file_sha256
from ..listening import brief_to_json

_NOT_THE_SONG = frozenset(
    {"output_dir", "library_dir", "mixer_dir", "require_known", "ffmpeg", "blender_executable", "render_timeout_sec"}
    | {"fresh", "cache_gb", "config_file"}
)
"""Where and by whom a song is made changes nothing of what is made."""
FileFacts = dict[str, Any]
"""``file``, ``bytes``, ``mtime_ns``, ``sha256`` of a finished file."""


def row_digest(brief: Brief) -> str:
    """SHA-256 of everything that a song's files depend on: the settings, and the contents of every file they name.

    Files count by name and content, not by folder, so a batch may move together with its songs.

    Raises
    ------
    OSError
        When an input file cannot be read.
    """
    data = {name: value for name, value in brief_to_json(brief).items() if name not in _NOT_THE_SONG}
    data["audio"] = _file(brief.audio)
    for name in ("lyrics", "platforms_file", "studio"):
        path = getattr(brief, name)
        data[name] = _file(path) if path is not None else None
    for name in ("stems", "actions"):
        folder = getattr(brief, name)
        data[name] = _files(folder.iterdir()) if folder is not None else None
    if (own := avatar_file(brief)) is not None:
        data["avatar"] = _file(own)
    if brief.theme.endswith(".toml"):
        data["theme"] = _file(Path(brief.theme).expanduser())
    data["renders"] = [(aspect, _file(path)) for aspect, path in brief.renders]
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()


def _file(path: Path) -> list[str]:
    return [path.name, file_sha256(path)]


def _files(paths: Iterable[Path]) -> list[list[str]]:
    return [_file(path) for path in sorted(paths) if path.is_file()]


def facts_of(paths: Mapping[str, Path]) -> dict[str, FileFacts]:
    """Size, date and SHA-256 of finished files by name, once they are safely on the disk; folders are left out."""
    found: dict[str, FileFacts] = {}
    for name, path in paths.items():
        if path.is_file():
            _settle(path)
            stat = path.stat()
            found[name] = {
                "file": str(path),
                "bytes": stat.st_size,
                "mtime_ns": stat.st_mtime_ns,
                "sha256": file_sha256(path),
            }
    return found


def changed(files: Mapping[str, FileFacts]) -> str:
    """The first finished file that is not as it was recorded, as ``'path' is gone``; ``""`` when all are.

    A file of the same size and date is taken for the same; the date alone decides nothing.
    """
    for facts in files.values():
        path = Path(facts["file"])
        try:
            stat = path.stat()
        except OSError:
            return f"'{path}' is gone"
        if stat.st_size != facts["bytes"]:
            return f"'{path}' was changed"
        if stat.st_mtime_ns != facts["mtime_ns"] and file_sha256(path) != facts["sha256"]:
            return f"'{path}' was changed"
    return ""


def _settle(path: Path) -> None:
    """Have the system write the file out: a journal that outlives a power cut must not promise what did not."""
    with contextlib.suppress(OSError), path.open("rb+") as file:
        os.fsync(file.fileno())
