# SPDX-License-Identifier: GPL-3.0-or-later
"""A song's work folder belongs to one job at a time.

Two jobs in one folder would take each other's frames away. The lock is the operating system's, so a crash leaves
nothing to clean up; its file stays and tells by its time when the song was worked on last.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import IO

from .. import locks
from ..errors import PipelineError

NAME = "job.lock"


class Busy:
    """The lock of one song's work folder; a context manager that may be entered again by its holder.

    Raises
    ------
    PipelineError
        When another job works there, or nothing can be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[bytes] | None = None
        self._depth = 0

    def __enter__(self) -> Busy:
        if self._depth == 0:
            self._file = self._taken()
        self._depth += 1
        return self

    def __exit__(self, *_exception: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._file is not None:
            with contextlib.suppress(OSError):
                locks.unlock(self._file)
            self._file.close()
            self._file = None

    def _taken(self) -> IO[bytes]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = locks.open_file(self.folder / NAME)
        except OSError as error:
            raise PipelineError(
                f"Nothing can be written to '{self.folder}': {error.strerror}.", hint="Choose another output folder."
            ) from error
        if not _take(file):
            file.close()
            raise taken(self.folder)
        with contextlib.suppress(OSError):
            os.utime(self.folder / NAME)
        return file


def taken(folder: Path) -> PipelineError:
    """What a job ends with that comes second."""
    return PipelineError(
        f"Another job works on '{folder.name}' in '{folder}'.",
        hint="Wait until it has finished, or choose another output folder or song id.",
    )


def is_busy(folder: Path) -> bool:
    """Whether a job works in a song's folder now."""
    if not (folder / NAME).is_file():
        return False
    try:
        file = locks.open_file(folder / NAME)
    except OSError:
        return True
    with file:
        if not _take(file):
            return True
        locks.unlock(file)
        return False


def _take(file: IO[bytes]) -> bool:
    """Take the lock; where a file system has none, there is nobody to ask and the job goes on."""
    try:
        return locks.try_lock(file)
    except OSError:
        return True
