# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's .blend files before Blender opens them: are they whole, who wrote them, has one changed? (pure)"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from ..brief import Brief, action_files, avatar_file
from ..content import file_sha256
from ..errors import StudioError

_ZSTD = b"\x28\xb5\x2f\xfd"
_GZIP = b"\x1f\x8b"
_VERSION = re.compile(rb"BLENDER(?:[-_][vV](\d)(\d\d)|\d\d-\d\d[vV](\d\d)(\d\d))")
"""``BLENDER-v402`` up to 4.5, ``BLENDER17-01v0500`` from 5.0."""
_HEADER_BYTES = 64


def fingerprints(brief: Brief) -> list[str]:
    """What the brief's assets are: the avatar's name, and a hash of every file's content (``missing`` without one)."""
    own = avatar_file(brief)
    found = [_sha256(own) if own else brief.avatar]
    if brief.studio is not None:
        found.append(f"studio {_sha256(brief.studio)}")
    if brief.actions is not None:
        found += [f"{name} {_sha256(path)}" for name, path in action_files(brief.actions).items()]
    return found


def _sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError:
        return "missing"


def version_of(path: Path) -> tuple[int, int] | None:
    """Blender version that wrote the file, or None when it is not told (or it is no .blend at all)."""
    found = _VERSION.search(_head(path))
    if found is None:
        return None
    major, minor = (int(digits) for digits in found.groups() if digits is not None)
    return major, minor


def check_blend(path: Path, what: str, running: tuple[int, int]) -> None:
    """Refuse what this Blender cannot read, or would lose parts of, before it has to try.

    Parameters
    ----------
    what : str
        What the file is to the user, for the message (``Avatar``).
    running : (int, int)
        Version of this Blender.

    Raises
    ------
    StudioError
        The file is gone, unreadable, no .blend, or of a newer Blender.
    """
    try:
        head = _head(path)
    except OSError as error:
        raise StudioError(
            f"{what} '{path}' cannot be read: {error.strerror or error}.", hint="Check the path and its permissions."
        ) from error
    # The header of a Zstandard file is compressed: its magic must do.
    if not head.startswith((b"BLENDER", _ZSTD)):
        raise StudioError(f"{what} '{path}' is not a Blender file.", hint="Save it from Blender as .blend.")
    written = version_of(path)
    if written is not None and written > running:
        raise StudioError(
            f"{what} '{path}' was saved by Blender {written[0]}.{written[1]}, which is newer than this one "
            f"({running[0]}.{running[1]}).",
            hint="Save it with this version or an older one; files of Blender 4.2 open everywhere.",
        )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    if head.startswith(_GZIP):
        try:
            with gzip.open(path) as packed:
                return packed.read(_HEADER_BYTES)
        except (OSError, EOFError):
            return b""
    return head
