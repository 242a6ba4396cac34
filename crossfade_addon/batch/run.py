# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a batch: so many songs at once, each in a process of its own, with a journal to go on from."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .. import jobs
from ..errors import BriefError, CrossfadeError, FileMissing
from ..jobs import Progress
from ..library.guard import FolderLock
from . import leash
from .child import CANCELLED, SKIPPED, Outcome, RowProcess
from .digest import FileFacts, changed, row_digest
from .journal import DONE, FAILED, Journal
from .pace import Pace
from .rows import Row

LEFTOVER_GRACE_S = 10.0
"""How long the songs' processes of a killed batch may take to end by themselves."""
FOLDER = "batch"
SONGS = "songs"
"""Folder in a batch's own one with a folder for each song."""


@dataclass(frozen=True, slots=True)
class Total:
    """Where a batch is: songs ended of all, the part of the work that is done (0..1), and seconds left if known."""

    ended: int
    songs: int
    fraction: float
    eta_s: float | None


class Display(Protocol):
    """Shows a batch: to people in a terminal, in plain lines, or to programs."""

    def begin(self, name: str, rows: Sequence[Row], at_once: int, home: Path) -> None:
        """The batch begins."""
        ...

    def note(self, text: str) -> None:
        """Something about the whole batch that the user should read."""
        ...

    def started(self, row: Row) -> None:
        """A song begins."""
        ...

    def progress(self, row: Row, report: Progress, total: Total) -> None:
        """A song goes on."""
        ...

    def ended(self, outcome: Outcome, total: Total) -> None:
        """A song has ended, or was skipped."""
        ...

    def finish(self, outcomes: Sequence[Outcome], seconds: float, reports: Sequence[Path]) -> None:
        """The batch has ended: the table of all songs."""
        ...

    def close(self) -> None:
        """Nothing more will be shown."""
        ...


class BatchRun:
    """One run of a batch.

    Parameters
    ----------
    folder : Path
        The batch's own folder, for journal, logs and report.
    program : sequence of str
        What starts this program again, as in :class:`.child.RowProcess`.
    at_once : int
        How many songs run at the same time.
    """

    def __init__(
        self, rows: Sequence[Row], folder: Path, program: Sequence[str], at_once: int, display: Display
    ) -> None:
        self.rows = rows
        self.folder = folder
        self.program = program
        self.at_once = at_once
        self.display = display
        self.outcomes = {row.key: Outcome(row) for row in rows}
        self._journal = Journal(folder)
        self._pace = Pace()
        self._running: list[RowProcess] = []
        self._waiting: list[Row] = []
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._share = max(1, cores // at_once) if at_once > 1 else None

    def run(self, *, resume: bool) -> None:
        """Run every song that is not finished; :attr:`outcomes` says how each ended.

        Raises
        ------
        Cancelled, KeyboardInterrupt
            After every song's process was ended; the journal is kept.
        """
        self._prepare(resume=resume)
        try:
            while self._waiting or self._running:
                while self._waiting and len(self._running) < self.at_once:
                    self._start(self._waiting.pop(0))
                self._look()
                jobs.pause()
        finally:
            self._stop()

    def total(self) -> Total:
        """Where the batch is."""
        running = [(self._pace.fraction(p.latest.stage, p.latest.fraction), p.seconds) for p in self._running]
        ended = len(self.rows) - len(self._running) - len(self._waiting)
        fraction = (ended + sum(done for done, _ in running)) / len(self.rows)
        eta = self._pace.left(len(self._waiting), running, self.at_once) if running or self._waiting else 0.0
        return Total(ended, len(self.rows), min(1.0, fraction), eta)

    def _prepare(self, *, resume: bool) -> None:
        """End what a killed run left behind, and find out which songs are finished."""
        if self._journal.exists() and (count := leash.sweep(self.folder, LEFTOVER_GRACE_S)):
            self.display.note(f"{count} processes of an earlier run were still at work; they have ended.")
        if not resume and self._journal.exists():
            self._journal.start_anew()
            self.display.note("An earlier run of this batch is begun anew; --resume would skip its finished songs.")
        elif resume and not self._journal.exists():
            self.display.note("There is no earlier run of this batch: every song is made.")
        finished = self._journal.finished()
        self._waiting = list(self.rows)
        self._journal.add(event="batch", songs=len(self.rows), jobs=self.at_once, resume=resume)
        for row in self.rows:
            before = finished.get(row.key)
            if before is None or before.result != DONE or row.missing:
                continue
            if why := self._stale(row, before.digest, before.files):
                self.display.note(f"{row.song_id} is made again: {why}.")
                continue
            self._waiting.remove(row)
            self._pace.add(before.stages)
            outcome = self.outcomes[row.key]
            outcome.result, outcome.seconds, outcome.files = SKIPPED, before.seconds, dict(before.files)
            outcome.stages = dict(before.stages)
            self.display.ended(outcome, self.total())

    def _stale(self, row: Row, digest: str, files: Mapping[str, FileFacts]) -> str:
        """Why what an earlier run finished does not count any more, or ``""``."""
        try:
            if row_digest(row.brief) != digest:
                return "its settings or its input files were changed"
        except OSError as error:
            return f"an input file cannot be read ({error})"
        return changed(files)

    def _start(self, row: Row) -> None:
        self.display.started(row)
        if row.missing:
            self._end(Outcome(row, FAILED, exit_code=FileMissing.exit_code, reason=row.missing), "")
            return
        try:
            digest = row_digest(row.brief)
            self._journal.add(event="start", row=row.key, digest=digest)
            self._running.append(RowProcess(row, digest, self.program, self.folder / SONGS / row.key, self._share))
        except (CrossfadeError, OSError) as error:
            code = error.exit_code if isinstance(error, CrossfadeError) else 1
            self._end(Outcome(row, FAILED, exit_code=code, reason=str(error)), "")

    def _look(self) -> None:
        for process in list(self._running):
            for report in process.news():
                self.display.progress(process.row, report, self.total())
            if (outcome := process.ended()) is not None:
                self._running.remove(process)
                self._end(outcome, process.digest)

    def _end(self, outcome: Outcome, digest: str) -> None:
        self.outcomes[outcome.row.key] = outcome
        if outcome.result == DONE:
            self._pace.add(outcome.stages)
        self._journal.add(
            event=outcome.result,
            row=outcome.row.key,
            digest=digest,
            seconds=round(outcome.seconds, 3),
            stages={stage: round(seconds, 3) for stage, seconds in outcome.stages.items()},
            files=outcome.files,
            exit_code=outcome.exit_code,
            reason=outcome.reason,
        )
        self.display.ended(outcome, self.total())

    def _stop(self) -> None:
        """End what still runs: nothing, unless the batch was cancelled or failed itself."""
        for process in self._running:
            process.ask_to_stop()
        while self._running:
            outcome = self._running.pop().cancel()
            self.outcomes[outcome.row.key] = outcome
            self._journal.add(event=CANCELLED, row=outcome.row.key)


@contextlib.contextmanager
def guarded(rows: Sequence[Row], home: Path) -> Generator[None, None, None]:
    """Keep other batches out of every output folder of this one.

    Raises
    ------
    BriefError
        When another batch is at work in one of them.
    """
    with contextlib.ExitStack() as stack:
        for place in sorted({home, *(row.brief.output_dir for row in rows)}):
            folder = place / FOLDER
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(
                FolderLock(
                    folder,
                    0.0,
                    what="batch",
                    error=BriefError,
                    elsewhere="Choose another folder with --output-dir.",
                    later="Wait until it has finished, or choose another --output-dir.",
                )
            )
        yield
