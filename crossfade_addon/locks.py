# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks of the operating system on a file: held by one process at a time, and taken back however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
_BYTE = 1 << 30
"""Windows forbids others to read locked bytes: one far behind the text is locked."""


def open_file(path: Path) -> IO[bytes]:
    """The file of a lock, made when missing.

    Raises
    ------
    OSError
        When it cannot be made.
    """
    return os.fdopen(os.open(path, _FLAGS, 0o666), "r+b", buffering=0)


if sys.platform == "win32":
    import msvcrt

    def try_lock(file: IO[bytes]) -> bool:
        """Take the lock; False when somebody else holds it."""
        file.seek(_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(file: IO[bytes]) -> None:
        """Give the lock back."""
        file.seek(_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(file: IO[bytes]) -> bool:
        """Take the lock; False when somebody else holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(file: IO[bytes]) -> None:
        """Give the lock back."""
        fcntl.flock(file, fcntl.LOCK_UN)
