# SPDX-License-Identifier: GPL-3.0-or-later
"""A song's process ends with the batch that started it, and leaves nothing running.

Three ties, because a killed process cleans nothing up. The song's process has a standard input that ends when the batch
ends, however it ends: then it cancels itself as Ctrl-C would. Meanwhile it holds a lock in its folder, so that the next
run waits for it. And all its descendants carry the folder's name in their environment, by which those that a killed
song process left behind are found (Linux).
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

from ..errors import BatchError, Cancelled
from ..library.guard import FolderLock

ROW = "CROSSFADE_BATCH_ROW"
"""Environment variable: the folder of the song that a process works for."""
_LEASH = "CROSSFADE_BATCH_LEASH"
LAST_GRACE_S = 10.0
"""How long a song may take to unwind after its batch was killed; then its processes are ended as they are."""
_KILL_WAIT_S = 10.0
_POLL_S = 0.05


def environment(folder: Path) -> dict[str, str]:
    """What a song's process is started with."""
    return {ROW: str(folder), _LEASH: "1"}


@contextlib.contextmanager
def held() -> Generator[None, None, None]:
    """In a song's process: hold its lock and follow the batch; nothing in a process that no batch started."""
    if os.environ.pop(_LEASH, None) is None:
        yield
        return
    with locked(Path(os.environ[ROW]), 0.0):
        threading.Thread(target=_follow, name="Crossfade leash", daemon=True).start()
        yield


def locked(folder: Path, wait_s: float) -> FolderLock:
    """The lock that a song's process holds."""
    return FolderLock(folder, wait_s, what="song of a batch", error=BatchError, later="Wait until it has ended.")


def _follow() -> None:
    """Wait for the end of standard input, then cancel this process; end it and its children when it does not unwind."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    _thread.interrupt_main(signal.SIGTERM)
    time.sleep(LAST_GRACE_S)
    sweep(Path(os.environ[ROW]))
    os._exit(Cancelled.exit_code)


def sweep(folder: Path, grace_s: float = 0.0) -> int:
    """End every process that works for a song in this folder; how many there were.

    Parameters
    ----------
    folder : Path
        A song's folder, or one above it.
    grace_s : float
        How long they may take to end by themselves: those of a batch that was killed are on their way.
    """
    deadline = time.monotonic() + grace_s
    found = at_work(folder)
    seen = set(found)
    while found and time.monotonic() < deadline + _KILL_WAIT_S:
        if time.monotonic() >= deadline:
            for pid in found:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_S)
        found = at_work(folder)
        seen.update(found)
    return len(seen)


def at_work(folder: Path) -> list[int]:
    """Processes that work for a song in this folder; none where the system does not tell (it does on Linux)."""
    if sys.platform != "linux":
        return []
    mark = os.fsencode(f"{ROW}={folder}")
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                words = (entry / "environ").read_bytes().split(b"\0")
                if any(word == mark or word.startswith(mark + b"/") for word in words):
                    found.append(int(entry.name))
    return found
