# SPDX-License-Identifier: GPL-3.0-or-later
"""One song's process: the same program again, with this song's arguments and ``--json``."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import jobs
from ..jobs import Progress
from . import leash
from .digest import FileFacts, facts_of
from .journal import DONE, FAILED
from .rows import Row

GRACE_S = 20.0
"""A song's process ends its own children first, which may take their grace each."""
_SETTLE_S = 30.0
"""How long the process of an earlier run may take to end before its song begins again."""
_WORD = "crossfade: "
_ERROR = "error: "
SKIPPED, CANCELLED, WAITING = "skipped", "cancelled", "waiting"


@dataclass(slots=True)
class Outcome:
    """How a song ended: ``done``, ``failed``, ``skipped`` (finished by an earlier run), ``cancelled`` or ``waiting``.

    ``seconds`` and ``files`` of a skipped song are those of the run that finished it.
    """

    row: Row
    result: str = WAITING
    seconds: float = 0.0
    exit_code: int | None = None
    reason: str = ""
    files: dict[str, FileFacts] = field(default_factory=dict[str, FileFacts])
    stages: dict[str, float] = field(default_factory=dict[str, float])
    log: Path | None = None


class RowProcess:
    """A song's process while it runs.

    Parameters
    ----------
    digest : str
        Of the song as it is now.
    program : sequence of str
        What starts this program again: words that arguments can follow.
    folder : Path
        The song's folder in the batch: its log, and its temporary files while it runs.
    share : int or None
        Cores it may keep busy, when it shares the machine.

    Raises
    ------
    CrossfadeError
        When it cannot be started, or that of an earlier run does not end.
    OSError
        When its folder cannot be written.
    """

    def __init__(self, row: Row, digest: str, program: Sequence[str], folder: Path, share: int | None) -> None:
        self.row = row
        self.digest = digest
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        leash.sweep(folder)
        with leash.locked(folder, _SETTLE_S):
            pass
        scratch = folder / "tmp"
        jobs.remove_tree(scratch)
        scratch.mkdir()
        command = [*program, *row.arguments, "--json"]
        env = leash.environment(folder) | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
        env["PYTHONIOENCODING"] = "utf-8"
        if share is not None:
            env |= {jobs.CORES: str(share), **dict.fromkeys(jobs.ONE_THREAD, str(share))}
        self.began = time.monotonic()
        self._child = jobs.Child(
            command, folder, name="The song's process", cwd=Path.cwd(), env=env, grace_s=GRACE_S, leashed=True
        )
        self._lines = jobs.NewLines(self._child.stdout_path)
        self._stage = ""
        self._since = self.began
        self._outcome = Outcome(row, log=self._child.stderr_path)
        self._outputs: dict[str, Path] | None = None
        self.latest = Progress("director", 0.0, "Starting")

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.began

    def news(self) -> list[Progress]:
        """Reports since the last call."""
        found: list[Progress] = []
        for line in self._lines.read():
            if not line.startswith(b"{"):
                continue
            try:
                data = json.loads(line)
            except ValueError:
                continue
            if "outputs" in data:
                self._outputs = {name: Path(path) for name, path in data["outputs"].items()}
            elif "stage" in data:
                found.append(self._heard(data))
        return found

    def _heard(self, data: dict[str, Any]) -> Progress:
        report = Progress(
            str(data["stage"]), float(data["fraction"]), str(data["message"]), data.get("eta_s"), bool(data["notice"])
        )
        self._enter(report.stage)
        if not report.notice:
            self.latest = report
        return report

    def _enter(self, stage: str) -> None:
        """Give the time since the last look to the stage that ran."""
        now = time.monotonic()
        if stage != self._stage:
            if self._stage:
                spent = self._outcome.stages
                spent[self._stage] = spent.get(self._stage, 0.0) + now - self._since
            self._stage, self._since = stage, now

    def ended(self) -> Outcome | None:
        """How it ended, with everything that it left running ended too; None while it runs."""
        code = self._child.poll()
        if code is None:
            return None
        self._clear()
        outcome = self._outcome
        outcome.seconds, outcome.exit_code = self.seconds, code
        outcome.files = facts_of(self._outputs or {})
        if code == 0 and self._outputs is not None:
            outcome.result = DONE
        else:
            outcome.result, outcome.reason = FAILED, self._reason(code)
        return outcome

    def ask_to_stop(self) -> None:
        """Ask it to end."""
        self._child.ask_to_stop()

    def cancel(self) -> Outcome:
        """End it and all it started."""
        self._child.stop()
        self._clear()
        self._outcome.seconds, self._outcome.result = self.seconds, CANCELLED
        return self._outcome

    def _clear(self) -> None:
        self.news()
        self._enter("")
        self._child.stop()  # it has ended: this only lets go of its input
        leash.sweep(self.folder)
        jobs.remove_tree(self.folder / "tmp")

    def _reason(self, code: int) -> str:
        """Its own last word, in one line."""
        lines = [line.strip() for line in self._child.stderr_tail().splitlines() if line.strip()]
        for line in reversed(lines):
            if line.startswith(_WORD):
                return line.removeprefix(_WORD).removeprefix(_ERROR)
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            why = "Something outside ended it, often for want of memory." if name == "SIGKILL" else "It crashed."
            return f"The song's process was ended by {name}. {why} Its log is '{self._child.stderr_path}'."
        last = f": {lines[-1][:200]}" if lines else ""
        return f"The song's process stopped with exit code {code}{last}. Its log is '{self._child.stderr_path}'."


def this_program() -> list[str]:
    """What starts this program again under Python with the ``bpy`` package: this very copy, and nothing that happens to
    lie in the folder where the user is."""
    package = __name__.split(".")[0]
    code = (
        "import importlib, sys; sys.path.insert(0, sys.argv.pop(1)); "
        f"importlib.import_module({package!r}); del sys.path[0]; "
        f"importlib.import_module('{package}.headless').console()"
    )
    return [sys.executable, "-P", "-c", code, str(Path(__file__).parents[2])]
