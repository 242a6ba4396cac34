# SPDX-License-Identifier: GPL-3.0-or-later
"""One process at a time in a folder: a library's, or a batch's.

ChromaDB's embedded folders are silently damaged when two processes write to them, and a reader may see half of a
write. So whoever opens the folder, also only to read, holds a lock of the operating system on ``crossfade.lock``.
The system takes it back when its holder ends, however it ends: a crash leaves nothing to clean up. The file says who
holds it, for the message; that text is never trusted for anything else.
"""

from __future__ import annotations

import datetime
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import IO

from ..errors import CrossfadeError, LibraryError

NAME = "crossfade.lock"
POLL_S = 0.02
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
_BYTE = 1 << 30
"""Windows forbids others to read locked bytes: one far behind the text is locked."""


class FolderLock:
    """The lock of one folder; use it as a context manager.

    Parameters
    ----------
    folder : Path
        Must exist.
    wait_s : float
        How long to wait for another holder.
    what : str
        What people call the folder's contents.
    error : type
        Class of the error when it cannot be had.
    elsewhere, later : str
        Hints: when the file cannot be made, and when another process holds the lock.

    Raises
    ------
    LibraryError
        When another process holds it for longer, naming it; or when the file cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        wait_s: float,
        *,
        what: str = "song library",
        error: type[CrossfadeError] = LibraryError,
        elsewhere: str = "Choose another folder with --library.",
        later: str = "Wait until it has finished, or close it; for many at once use a server.",
    ) -> None:
        self.path = folder / NAME
        self._what, self._error, self._elsewhere, self._later = what, error, elsewhere, later
        self._folder = folder
        self._wait_s = wait_s
        self._file: IO[bytes] | None = None

    def __enter__(self) -> FolderLock:
        try:
            file = os.fdopen(os.open(self.path, _FLAGS, 0o666), "r+b", buffering=0)
        except OSError as error:
            raise self._error(
                f"The {self._what} in '{self._folder}' cannot be opened: {error.strerror}.", hint=self._elsewhere
            ) from error
        deadline = time.monotonic() + self._wait_s
        try:
            while not _try_lock(file):
                if time.monotonic() >= deadline:
                    raise self._error(
                        f"The {self._what} in '{self._folder}' is in use by {self._holder(file)}.", hint=self._later
                    )
                time.sleep(POLL_S)
            _write_holder(file)
        except BaseException:
            file.close()
            raise
        self._file = file
        return self

    def __exit__(self, *_exception: object) -> None:
        assert self._file is not None
        # Emptied first: a name left behind would accuse a process that has nothing to do with it any more.
        self._file.truncate(0)
        _unlock(self._file)
        self._file.close()
        self._file = None

    @staticmethod
    def _holder(file: IO[bytes]) -> str:
        try:
            file.seek(0)
            data = json.loads(file.read(4096).decode("utf-8"))
            return f"process {int(data['pid'])} ({str(data['program'])[:60]}) on {data['host']}, since {data['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"


def _write_holder(file: IO[bytes]) -> None:
    now = datetime.datetime.now(datetime.UTC).strftime("%H:%M:%S UTC")
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else Path(sys.executable).name
    data = {"pid": os.getpid(), "program": program, "host": socket.gethostname(), "since": now}
    file.seek(0)
    file.truncate(0)
    file.write(json.dumps(data).encode("utf-8"))


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
