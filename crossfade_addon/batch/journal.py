# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a batch: one JSON line for each thing that happened, on the disk before the next one begins.

A crash, a power cut or a kill costs at most the line that was being written; a torn line is cut off, and what it told
of happens again.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..names import json_text
from .digest import FileFacts

NAME = "journal.jsonl"
PREVIOUS = "journal.previous.jsonl"
DONE, FAILED = "done", "failed"


@dataclass(frozen=True, slots=True)
class Finished:
    """The last end of a song that a journal tells of."""

    result: str
    digest: str
    seconds: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict[str, float])
    files: Mapping[str, FileFacts] = field(default_factory=dict[str, FileFacts])


class Journal:
    """The journal in a batch's folder, which must exist."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._folder = folder

    def exists(self) -> bool:
        """Whether an earlier run wrote one."""
        return self.path.is_file()

    def start_anew(self) -> None:
        """Put the journal of an earlier run aside; the one before it is dropped."""
        if self.exists():
            self.path.replace(self._folder / PREVIOUS)

    def finished(self) -> dict[str, Finished]:
        """How each song ended last, by its key; songs that did not end are not in it."""
        found: dict[str, Finished] = {}
        for line in self._lines():
            key, result = line.get("row"), line.get("event")
            if not isinstance(key, str):
                continue
            if result == "start":
                found.pop(key, None)
            elif result in (DONE, FAILED):
                found[key] = Finished(
                    result,
                    str(line.get("digest", "")),
                    float(line.get("seconds", 0)),
                    dict(line.get("stages", {})),
                    dict(line.get("files", {})),
                )
        return found

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            data = self.path.read_bytes()
        except OSError:
            return
        for text in data.splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue  # torn by a kill or a power cut
            if isinstance(line, dict):
                yield line

    def add(self, **line: Any) -> None:
        """One more line, with the time, on the disk when this returns."""
        line["at"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        text = json_text(line).encode("utf-8") + b"\n"
        with self.path.open("ab+") as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":
                    text = b"\n" + text
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
