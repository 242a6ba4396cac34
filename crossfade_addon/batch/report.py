# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a batch: the table of its songs as CSV and as JSON, whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ..content import write_whole
from ..names import json_text
from .child import Outcome
from .display import as_json, counts

CSV, JSON = "report.csv", "report.json"
_HEADING = ("row", "place", "song_id", "result", "seconds", "exit_code", "reason", "files", "log")


def write_report(folder: Path, name: str, outcomes: Sequence[Outcome], seconds: float) -> list[Path]:
    """Write both files and name them, the CSV first."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(_HEADING)
    for outcome in outcomes:
        files = "\n".join(str(facts["file"]) for facts in outcome.files.values())
        data = as_json(outcome) | {"place": outcome.row.place, "files": files}
        writer.writerow(["" if data[column] is None else data[column] for column in _HEADING])
    songs = [as_json(outcome) | {"place": outcome.row.place, "stages": outcome.stages} for outcome in outcomes]
    data = {"batch": name, "seconds": round(seconds, 1), "counts": counts(outcomes), "songs": songs}
    # Excel reads a CSV as UTF-8 only when it begins with a mark.
    write_whole(folder / CSV, "\ufeff" + table.getvalue())
    write_whole(folder / JSON, json_text(data, indent=1))
    return [folder / CSV, folder / JSON]
