# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache's own command line, for people and scripts.

Standard output carries the answer (text, or JSON with ``--json``); errors go to standard error as one line. Exit
codes are those of :mod:`..errors`: 0, 1 when a job works on a song that was named, 2 for bad arguments, 130 when
cancelled.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import command_line
from ..command_line import Parser
from ..errors import BriefError
from ..names import json_text, shown
from .folders import GB, SongFolder, clear, look, root_of

PROG = "python -m crossfade_addon.cache"
_DAY_S = 86_400


def run(argv: Sequence[str]) -> int:
    """Run the command and return its exit code; errors are printed, never raised."""
    return command_line.run(_run, argv)


def _run(argv: Sequence[str]) -> int:
    options = _parser().parse_args(list(argv))
    found = list(look(Path(options.output_dir).expanduser()))
    if options.verb == "list":
        answer: Any = [_facts(folder) for folder in found]
        lines = [_row(folder) for folder in found]
        lines.append(f"{sum(folder.size for folder in found) / GB:.2f} GB in {len(found)} songs can be made again.")
    else:
        cleared = [(folder.song_id, clear(folder)) for folder in _chosen(options, found)]
        answer = {"cleared": dict(cleared)}
        lines = [f"{name}: {size / GB:.2f} GB removed" for name, size in cleared] or ["Nothing to remove."]
    if options.json:
        lines = [json_text(answer, indent=1)]
    sys.stdout.writelines(shown(line) + "\n" for line in lines)
    sys.stdout.flush()
    return 0


def _chosen(options: argparse.Namespace, found: list[SongFolder]) -> list[SongFolder]:
    """The folders to clear; those in use are only among them when they were named."""
    if not options.songs and not options.all and options.older_than is None:
        raise BriefError("No song is named.", hint="Name songs, or give --older-than DAYS, or --all.")
    known = {folder.song_id: folder for folder in found}
    for name in options.songs:
        if name not in known:
            raise BriefError(f"'{name}' is not in '{root_of(Path(options.output_dir))}'.", hint="See list.")
    chosen = [known[name] for name in options.songs] or [
        folder for folder in found if folder.size and not folder.is_busy
    ]
    if options.older_than is not None:
        before = time.time() - options.older_than * _DAY_S
        chosen = [folder for folder in chosen if folder.used < before]
    return chosen


def _facts(folder: SongFolder) -> dict[str, Any]:
    return {
        "song_id": folder.song_id,
        "bytes": folder.size,
        "by_hand_bytes": folder.by_hand,
        "used": datetime.datetime.fromtimestamp(folder.used, datetime.UTC).isoformat(timespec="seconds"),
        "in_use": folder.is_busy,
    }


def _row(folder: SongFolder) -> str:
    used = datetime.datetime.fromtimestamp(folder.used).strftime("%Y-%m-%d %H:%M")
    notes = ["in use"] if folder.is_busy else []
    if folder.by_hand:
        notes.append(f"{folder.by_hand / GB:.2f} GB rendered by hand stay")
    return f"{folder.song_id:<32} {folder.size / GB:8.2f} GB  {used}  {', '.join(notes)}".rstrip()


def _parser() -> argparse.ArgumentParser:
    p = Parser(prog=PROG, description="See and clear what can be made again.", allow_abbrev=False)
    p.add_argument("--output-dir", default="outputs", metavar="DIR", help="where the jobs wrote (default outputs)")
    p.add_argument("--json", action="store_true", help="print the answer as JSON")
    verbs = p.add_subparsers(metavar="VERB", required=True, dest="verb", parser_class=Parser)
    verbs.add_parser("list", help="every song: how much, and when it was worked on last", allow_abbrev=False)
    cleared = verbs.add_parser("clear", help="remove frames, stills and job folders", allow_abbrev=False)
    cleared.add_argument("songs", nargs="*", metavar="SONG", help="only these")
    cleared.add_argument("--older-than", type=_days, metavar="DAYS", help="only what was not worked on for so long")
    cleared.add_argument("--all", action="store_true", help="of all songs")
    return p


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of days")
    return days
