# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch in plain lines, and as JSON lines for other programs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from .. import timing
from ..jobs import Progress
from ..names import json_text, shown
from .child import CANCELLED, SKIPPED, WAITING, Outcome
from .journal import DONE, FAILED
from .rows import Row
from .run import Total

SAID = {DONE: "done", FAILED: "FAILED", SKIPPED: "done earlier", CANCELLED: "cancelled", WAITING: "not begun"}
_EVERY_S = 60.0
"""How often a song that goes on is mentioned in plain lines, beside every new stage."""


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many songs ended in which way, all ways named."""
    found = Counter(outcome.result for outcome in outcomes)
    return {result: found[result] for result in SAID}


def said_counts(outcomes: Sequence[Outcome]) -> str:
    """The same for people: ``37 done, 3 failed``."""
    found = counts(outcomes)
    done = found[DONE] + found[SKIPPED]
    text = f"{done} done" + (f" ({found[SKIPPED]} of them earlier)" if found[SKIPPED] else "")
    text += f", {found[FAILED]} failed"
    if rest := found[CANCELLED] + found[WAITING]:
        text += f", {rest} not finished"
    return text


def files_said(outcome: Outcome) -> str:
    """How many files a song has, and how large they are together."""
    if not outcome.files:
        return ""
    # Platforms that share a video share one file's bytes under several names; each is a file to upload.
    size = sum(int(facts["bytes"]) for facts in outcome.files.values())
    return f"{len(outcome.files)} file{'s' if len(outcome.files) > 1 else ''}, {size / 1e6:.1f} MB"


class PlainDisplay:
    """Lines for logs and for terminals without *rich*."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._songs = 0
        self._said: dict[str, tuple[str, float]] = {}

    def begin(self, name: str, rows: Sequence[Row], at_once: int, home: Path) -> None:
        """One line."""
        self._songs = len(rows)
        together = f", {at_once} at once" if at_once > 1 else ""
        self._line(f"Batch '{name}': {len(rows)} songs{together}, into {home}")

    def note(self, text: str) -> None:
        """One line."""
        self._line(f"note: {text}")

    def started(self, row: Row) -> None:
        """One line."""
        self._line(f"{self._head(row)} begins")

    def progress(self, row: Row, report: Progress, total: Total) -> None:
        """A line for each stage, each notice, and every minute."""
        if report.notice:
            self._line(f"{self._head(row)} note: {report.message}")
            return
        stage, at = self._said.get(row.key, ("", 0.0))
        if report.stage == stage and time.monotonic() - at < _EVERY_S:
            return
        self._said[row.key] = report.stage, time.monotonic()
        self._line(f"{self._head(row)} {report.stage} {report.fraction:.0%}  {report.message}{total_said(total)}")

    def ended(self, outcome: Outcome, total: Total) -> None:
        """One line."""
        took = "" if outcome.result == SKIPPED else f" in {timing.clock(outcome.seconds)}"
        reason = f": {outcome.reason}" if outcome.reason else ""
        self._line(f"{self._head(outcome.row)} {SAID[outcome.result]}{took}{reason}{total_said(total)}")

    def finish(self, outcomes: Sequence[Outcome], seconds: float, reports: Sequence[Path]) -> None:
        """The table."""
        rows = [("song", "result", "time", "files", "reason"), *(table_row(outcome) for outcome in outcomes)]
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self._line("  ".join([*cells, row[4]]).rstrip())
        self._line(f"{said_counts(outcomes)}, in {timing.clock(seconds)}. Report: {reports[0]}")

    def close(self) -> None:
        """Nothing is open."""

    def _head(self, row: Row) -> str:
        return f"[{row.number:>{len(str(self._songs))}}/{self._songs}] {row.song_id}:"

    def _line(self, text: str) -> None:
        self._out.write(shown(text) + "\n")
        self._out.flush()


def total_said(total: Total) -> str:
    """The whole batch in brackets."""
    left = f", about {timing.clock(total.eta_s)} left" if total.eta_s else ""
    return f"  (batch {total.ended}/{total.songs}, {total.fraction:.0%}{left})"


def table_row(outcome: Outcome) -> tuple[str, str, str, str, str]:
    """Song, result, time, files and reason."""
    took = timing.clock(outcome.seconds) if outcome.seconds else ""
    return outcome.row.song_id, SAID[outcome.result], took, files_said(outcome), outcome.reason


class JsonDisplay:
    """One JSON object a line; ``docs/batch.md`` describes them."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def begin(self, name: str, rows: Sequence[Row], at_once: int, home: Path) -> None:
        """``batch``."""
        self._line({"batch": {"name": name, "songs": len(rows), "jobs": at_once, "output_dir": str(home)}})

    def note(self, text: str) -> None:
        """``note``."""
        self._line({"note": text})

    def started(self, row: Row) -> None:
        """A row with ``started``."""
        self._line({**_of(row), "started": True, "place": row.place})

    def progress(self, row: Row, report: Progress, total: Total) -> None:
        """A row with its stage, and the whole batch."""
        said = {"stage": report.stage, "fraction": round(report.fraction, 4), "message": report.message}
        eta = None if report.eta_s is None else round(report.eta_s, 1)
        self._line({**_of(row), **said, "eta_s": eta, "notice": report.notice, "total": _total(total)})

    def ended(self, outcome: Outcome, total: Total) -> None:
        """A row with its ``result``."""
        self._line({**as_json(outcome), "total": _total(total)})

    def finish(self, outcomes: Sequence[Outcome], seconds: float, reports: Sequence[Path]) -> None:
        """``summary``."""
        files = [str(path) for path in reports]
        self._line({"summary": {**counts(outcomes), "seconds": round(seconds, 1), "reports": files}})

    def close(self) -> None:
        """Nothing is open."""

    def _line(self, data: dict[str, Any]) -> None:
        self._out.write(json_text(data) + "\n")
        self._out.flush()


def _of(row: Row) -> dict[str, Any]:
    return {"row": row.number, "song_id": row.song_id}


def _total(total: Total) -> dict[str, Any]:
    eta = None if total.eta_s is None else round(total.eta_s, 1)
    return {"ended": total.ended, "songs": total.songs, "fraction": round(total.fraction, 4), "eta_s": eta}


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Everything about how a song ended, as plain data."""
    return {
        **_of(outcome.row),
        "result": outcome.result,
        "seconds": round(outcome.seconds, 1),
        "exit_code": outcome.exit_code,
        "reason": outcome.reason,
        "files": {name: facts["file"] for name, facts in outcome.files.items()},
        "log": str(outcome.log) if outcome.log is not None else None,
    }
