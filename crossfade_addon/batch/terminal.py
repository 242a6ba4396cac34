# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch in a terminal: bars for the whole and for each song that runs, drawn by *rich*."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from .. import timing
from ..jobs import Progress
from ..names import shown
from .child import SKIPPED, Outcome
from .display import SAID, PlainDisplay, said_counts, table_row
from .journal import DONE, FAILED
from .pace import STAGES
from .rows import Row
from .run import Display, Total

_STYLES = {DONE: "green", SKIPPED: "green", FAILED: "bold red"}


def display_for(out: TextIO) -> Display:
    """Bars where there is a terminal and *rich*, else plain lines."""
    if not out.isatty() or os.environ.get("TERM") == "dumb":
        return PlainDisplay(out)
    try:
        return TerminalDisplay(out)
    except ImportError:
        return PlainDisplay(out)


class TerminalDisplay:
    """Bars and a table.

    Raises
    ------
    ImportError
        When *rich* is not installed.
    """

    def __init__(self, out: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as Bars

        self._console = Console(file=out, highlight=False)
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}", markup=False),
            TextColumn("{task.fields[said]}", markup=False),
            console=self._console,
        )
        self._whole: Any = None
        self._tasks: dict[str, Any] = {}
        self._stages: dict[str, str] = {}

    def begin(self, name: str, rows: Sequence[Row], at_once: int, home: Path) -> None:
        """A line and the bar of the whole."""
        together = f", {at_once} at once" if at_once > 1 else ""
        self._say(f"Batch '{name}': {len(rows)} songs{together}, into {home}")
        self._whole = self._bars.add_task(f"0/{len(rows)} songs", total=1.0, left="", said="")
        self._bars.start()

    def note(self, text: str) -> None:
        """A line above the bars."""
        self._say(f"note: {text}")

    def started(self, row: Row) -> None:
        """A bar for the song."""
        self._tasks[row.key] = self._bars.add_task(row.song_id, total=float(len(STAGES)), left="", said="")

    def progress(self, row: Row, report: Progress, total: Total) -> None:
        """Move the bars."""
        if report.notice:
            self._say(f"{row.song_id}: note: {report.message}")
        elif row.key in self._tasks and report.stage in STAGES:
            done = STAGES.index(report.stage) + report.fraction
            left = timing.clock(report.eta_s) if report.eta_s else ""
            said = f"{report.stage}: {report.message}"
            # Drawn ten times a second, and at once where a stage begins: none is too short to be seen.
            is_new = self._stages.get(row.key) != report.stage
            self._stages[row.key] = report.stage
            self._bars.update(self._tasks[row.key], completed=done, left=left, said=said, refresh=is_new)
        self._show(total)

    def ended(self, outcome: Outcome, total: Total) -> None:
        """A line above the bars."""
        if (task := self._tasks.pop(outcome.row.key, None)) is not None:
            self._bars.remove_task(task)
        reason = f": {outcome.reason}" if outcome.reason else ""
        said = f"{outcome.row.song_id}: {SAID[outcome.result]}{reason}"
        self._say(said, style=_STYLES.get(outcome.result))
        self._show(total)

    def finish(self, outcomes: Sequence[Outcome], seconds: float, reports: Sequence[Path]) -> None:
        """The table."""
        from rich.table import Table
        from rich.text import Text

        self.close()
        table = Table("song", "result", "time", "files", "reason")
        for outcome in outcomes:
            style = _STYLES.get(outcome.result, "")
            table.add_row(*(Text(cell, style=style if k == 1 else "") for k, cell in enumerate(table_row(outcome))))
        self._console.print(table)
        self._say(f"{said_counts(outcomes)}, in {timing.clock(seconds)}. Report: {reports[0]}")

    def close(self) -> None:
        """Take the bars away, and give the cursor back."""
        self._bars.stop()
        for task in self._bars.task_ids:
            self._bars.remove_task(task)

    def _show(self, total: Total) -> None:
        left = f"about {timing.clock(total.eta_s)} left" if total.eta_s else ""
        self._bars.update(
            self._whole, description=f"{total.ended}/{total.songs} songs", completed=total.fraction, left=left
        )

    def _say(self, text: str, style: str | None = None) -> None:
        # Song ids and reasons hold brackets that are no markup.
        self._console.print(shown(text), style=style, markup=False, emoji=False, soft_wrap=True)
