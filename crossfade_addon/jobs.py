# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in steps: progress reports and child processes that can be polled and cancelled.

A stage is a generator of :class:`Progress`. A modal timer calls ``next()`` on it, the command line and
the tests drain it, and ``close()`` cancels it. No threads and no pipes: a child writes its output to
files in its job folder, so a full pipe can never block it and the folder is the bug report.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .errors import Cancelled, ToolMissing

T = TypeVar("T")

POLL_S = 0.05
GRACE_S = 3.0
"""How long a child may take to end by itself after a cancel, before it is killed."""
REPEAT_S = 10.0
"""Within this time a second request to stop is the first one again."""
TAIL_BYTES = 16_384
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS")
ONE_THREAD: dict[str, str] = dict.fromkeys(_THREADS, "1")
"""Environment in which numpy's libraries use one thread: less CPU for short work, and sums in one order everywhere.
They read it when they are loaded, so it must be set before numpy is imported."""


CORES = "CROSSFADE_CORES"
"""Environment variable: how many cores this process may keep busy; set for processes that share the machine."""


def core_share() -> int | None:
    """How many cores this process may keep busy when it shares the machine with others like it, else None."""
    text = os.environ.get(CORES, "")
    return max(1, int(text)) if text.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job is.

    ``fraction`` is 0..1 of the stage; ``eta_s`` is the stage's remaining seconds, or None when unknown;
    ``notice`` marks something the user should read (a fallback, a reuse, a warning).
    """

    stage: str
    fraction: float
    message: str = ""
    eta_s: float | None = None
    notice: bool = False

    def says_as(self, other: Progress) -> bool:
        """Whether it says the same, apart from the time left, which changes at every look."""
        return dataclasses.replace(self, eta_s=None) == dataclasses.replace(other, eta_s=None)


class Clock:
    """Remaining time of a stage from its fraction done so far."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def eta(self, fraction: float) -> float | None:
        """Seconds left at the average speed so far; None until 2 % are done."""
        if fraction < 0.02:
            return None
        return (time.monotonic() - self._start) * (1 - fraction) / fraction


class Child:
    """A running child process with its output in files.

    Parameters
    ----------
    command : sequence of str
        Program and arguments; never a shell line.
    folder : Path
        Job folder; receives ``stdout.txt`` and ``stderr.txt``.
    name : str
        What people call the program, for error messages.
    cwd : Path or None
        Working folder, the job folder by default.
    env : mapping or None
        Variables added to the environment.
    grace_s : float
        How long it may take to end by itself when it is stopped.
    leashed : bool
        Give it a standard input that ends when this process does, however it ends; nothing is ever written there.

    Raises
    ------
    ToolMissing
        When the program cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        name: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        grace_s: float = GRACE_S,
        leashed: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._grace_s = grace_s
        self._is_asked = False
        self.command = list(command)
        self.name = name
        self.stdout_path = folder / "stdout.txt"
        self.stderr_path = folder / "stderr.txt"
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
        with self.stdout_path.open("wb") as out, self.stderr_path.open("wb") as err:
            try:
                self._process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.PIPE if leashed else subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    cwd=cwd or folder,
                    env={**os.environ, **(env or {})},
                    creationflags=flags,
                    start_new_session=sys.platform != "win32",
                )
            except OSError as error:
                raise ToolMissing(f"{name} could not be started ({command[0]}): {error.strerror}.") from error

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        return self._process.poll()

    def stderr_tail(self) -> str:
        """The end of what it wrote to standard error."""
        return read_tail(self.stderr_path)

    def stdout(self) -> str:
        """Everything it wrote to standard output."""
        return self.stdout_path.read_text(encoding="utf-8", errors="replace")

    def ask_to_stop(self) -> None:
        """Ask the child and its children to end, once, and do not wait: several can then end at the same time."""
        if self._process.poll() is None and not self._is_asked:
            self._is_asked = True
            self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """End the child and its children: asked first, killed after a grace period."""
        self.ask_to_stop()
        try:
            self._process.wait(self._grace_s)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _signal(self, number: int) -> None:
        if sys.platform == "win32":
            self._process.terminate()
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


class NewLines:
    """The lines that another process adds to a file, each given once and only when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> list[bytes]:
        """Lines since the last call; none when the file is not there yet."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                whole, newline, _ = file.read().rpartition(b"\n")
        except OSError:
            return []
        self._offset += len(whole) + len(newline)
        return whole.splitlines()


def read_tail(path: Path) -> str:
    """The last 16 KiB of a text file that may still be growing; empty when it is not there."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def drain(steps: Generator[Progress, None, T], on_progress: Callable[[Progress], None] | None = None) -> T:
    """Run a stage to its end and return its result, resting while it reports nothing new.

    The stage is closed (cancelled) when ``on_progress`` or an interrupt raises.
    """
    last: Progress | None = None
    try:
        while True:
            try:
                report = next(steps)
            except StopIteration as stop:
                return stop.value
            if last is not None and report.says_as(last):
                pause()
            elif on_progress is not None:
                on_progress(report)
            last = report
    finally:
        steps.close()


def told(steps: Generator[float, None, T], say: Callable[[float], Progress]) -> Generator[Progress, None, T]:
    """Steps that tell only how much of them is done (0..1), as progress in the words of ``say``."""
    while True:
        try:
            part = next(steps)
        except StopIteration as end:
            return end.value
        yield say(part)


def wait(child: Child, on_poll: Callable[[], Progress | None]) -> Generator[Progress, None, int]:
    """Poll a child until it ends, yielding progress at every poll; the child is stopped if we are closed.

    Returns
    -------
    int
        The exit code.
    """
    last: Progress | None = None
    try:
        while (code := child.poll()) is None:
            report = on_poll() or last
            if report is None:
                pause()
                continue
            yield report
            last = last if report.notice else report
        return code
    finally:
        child.stop()


@contextlib.contextmanager
def signals_cancel() -> Generator[None, None, None]:
    """Let Ctrl-C and a termination request raise :class:`.errors.Cancelled`, so that what runs cleans up.

    A second request soon after the first must not interrupt the cleaning up: it is taken for the same.
    """
    asked_at = -math.inf

    def stop(_number: int, _frame: Any) -> None:
        nonlocal asked_at
        if time.monotonic() - asked_at >= REPEAT_S:
            asked_at = time.monotonic()
            raise Cancelled

    previous: dict[int, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError):  # not the main thread: the caller handles signals
            previous[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in previous.items():
            if handler is not None:  # Blender's own handler is not Python's to put back
                signal.signal(number, handler)


def pause() -> None:
    """Rest between two polls."""
    time.sleep(POLL_S)


def run_quietly(
    command: Sequence[str],
    folder: Path,
    *,
    name: str,
    timeout_s: float = 120,
    on_poll: Callable[[Path], None] | None = None,
) -> tuple[int, str, str]:
    """Run a short helper program to its end.

    ``on_poll`` is called with the file of its standard error, which grows, at every look (20 a second).

    Returns
    -------
    (int, str, str)
        Exit code, standard output, standard error.

    Raises
    ------
    ToolMissing
        When it cannot be started or takes longer than ``timeout_s``.
    """
    child = Child(command, folder, name=name)
    deadline = time.monotonic() + timeout_s
    rest = 0.002
    try:
        while (code := child.poll()) is None:
            if time.monotonic() > deadline:
                raise ToolMissing(f"{name} did not answer within {timeout_s:.0f} s.")
            if on_poll is not None:
                on_poll(child.stderr_path)
            time.sleep(rest)
            rest = min(rest * 1.5, POLL_S)
    finally:
        child.stop()
    return code, child.stdout(), child.stderr_path.read_text(encoding="utf-8", errors="replace")


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours; nothing happens when it is not there."""
    shutil.rmtree(folder, ignore_errors=True)
