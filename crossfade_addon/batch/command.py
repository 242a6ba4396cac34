# SPDX-License-Identifier: GPL-3.0-or-later
"""``--batch TABLE [--jobs N] [--resume]``: from the command line to the exit code."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..brief import Brief
from ..brief_values import suggest_song_id
from ..errors import BatchError, BriefError, Cancelled
from ..ffmpeg import find_ffmpeg
from .child import this_program
from .columns import OF_THE_BATCH, SONGS_OWN, columns_of, given_by
from .display import JsonDisplay, said_counts
from .journal import FAILED
from .report import write_report
from .rows import plan
from .run import FOLDER, BatchRun, Display, guarded
from .table import read_table
from .terminal import display_for

MOST_JOBS = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The batch's own arguments."""
    parser.add_argument(
        "--batch", metavar="TABLE", help="many songs: a CSV or JSON file, or a folder of songs (docs/batch.md)"
    )
    parser.add_argument("--jobs", metavar="N", help="songs of a batch that are made at once (default 1)")
    parser.add_argument("--resume", action="store_true", help="go on with a batch: finished songs are skipped")


def run(
    argv: Sequence[str],
    options: argparse.Namespace,
    parser_of: Callable[[], argparse.ArgumentParser],
    brief_of: Callable[[argparse.Namespace, Path], Brief],
    program: Sequence[str],
) -> None:
    """Run the batch that a command line asks for.

    Parameters
    ----------
    argv, options
        The command line, as words and as parsed.
    parser_of, brief_of
        A fresh parser of the command line, and what makes a brief of its options and a scratch folder.
    program : sequence of str
        What starts this program again; empty: Python with the ``bpy`` package.

    Raises
    ------
    BriefError, ToolMissing
        When anything is wrong with the request, or there is no FFmpeg; nothing was started.
    BatchError
        When some songs failed.
    """
    at_once = _jobs(options.jobs)
    columns = columns_of(parser_of())
    common = given_by(parser_of(), argv)
    for name in SONGS_OWN:
        if name in common:
            raise BriefError(f"--{name} is given beside --batch.", hint="The table says it for each song.")
    table = read_table(Path(options.batch), columns)
    settings = {name: values for name, values in common.items() if name not in OF_THE_BATCH}
    own_home = Path(options.output_dir).expanduser().resolve() if "output-dir" in common else None
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        rows, home = plan(
            table,
            settings,
            columns,
            lambda words: brief_of(parser_of().parse_args(list(words)), Path(scratch)),
            own_home,
        )
        for tool in dict.fromkeys(row.brief.ffmpeg for row in rows):
            find_ffmpeg(tool)  # without it every song would fail
        with guarded(rows, home):
            name = suggest_song_id(table.name)
            display = JsonDisplay(sys.stdout) if options.json else display_for(sys.stdout)
            batch = BatchRun(rows, home / FOLDER / name, program or this_program(), at_once, display)
            _run(name, home, batch, resume=options.resume)


def _run(name: str, home: Path, batch: BatchRun, *, resume: bool) -> None:
    began = time.monotonic()
    display: Display = batch.display
    try:
        batch.folder.mkdir(parents=True, exist_ok=True)
        display.begin(name, batch.rows, batch.at_once, home)
        try:
            batch.run(resume=resume)
        finally:
            display.close()
            outcomes = list(batch.outcomes.values())
            seconds = time.monotonic() - began
            reports = write_report(batch.folder, name, outcomes, seconds)
            display.finish(outcomes, seconds, reports)
    except (Cancelled, KeyboardInterrupt) as error:
        raise Cancelled("the batch is cancelled; go on with the same command and --resume.") from error
    except OSError as error:
        raise BatchError(
            f"The batch's folder '{batch.folder}' cannot be written: {error}.",
            hint="Make room or mend its permissions, then go on with the same command and --resume.",
        ) from error
    if any(outcome.result == FAILED for outcome in outcomes):
        raise BatchError(
            f"{said_counts(outcomes)}.",
            hint=f"Reasons are in '{reports[0]}'; the same command with --resume tries them again.",
        )


def _jobs(text: str | None) -> int:
    if text is None:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= MOST_JOBS:
        raise BriefError(f"--jobs {text} is no number of songs at once.", hint=f"Give 1 to {MOST_JOBS}.")
    return int(text)
