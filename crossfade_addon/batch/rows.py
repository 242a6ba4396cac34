# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a batch: what each song's process is told, checked before the first one starts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..brief import Brief, avatar_file
from ..errors import BriefError, FileMissing
from ..pipeline import checked
from .columns import Column, Settings, Values, arguments, joined
from .table import Table

BriefOf = Callable[[Sequence[str]], Brief]
"""The brief that a command line asks for, not yet checked."""


@dataclass(frozen=True, slots=True)
class Row:
    """One song of a batch.

    Parameters
    ----------
    number : int
        1 for the first.
    place : str
        Where it stands in the table, for people.
    key : str
        Its name in the journal, safe as the name of a folder.
    arguments : tuple of str
        What its process is told.
    brief : Brief
        The same, as the process will see it.
    missing : str
        Why it cannot be made on this machine now (an input file is not there), else ``""``.
    """

    number: int
    place: str
    key: str
    arguments: tuple[str, ...]
    brief: Brief
    missing: str = ""

    @property
    def song_id(self) -> str:
        """The song's name."""
        return self.brief.song_id


def plan(
    table: Table, common: Mapping[str, Values], columns: Mapping[str, Column], brief_of: BriefOf, home: Path | None
) -> tuple[list[Row], Path]:
    """The rows of a table, and the output folder of the batch itself.

    Parameters
    ----------
    common : mapping
        Settings of the command line, for all songs that do not say otherwise.
    home : Path or None
        The output folder that the command line names; None: the one that all rows share.

    Raises
    ------
    BriefError
        Naming everything that is wrong with the table, each with its place. An input file that is missing is not a
        reason: that song fails and the others are made.
    """
    problems = list(table.problems)
    rows: list[Row] = []
    taken: dict[tuple[Path, str], str] = {}
    for number, entry in enumerate(table.entries, 1):
        try:
            row = _row(number, entry.place, joined(common, entry.settings), columns, brief_of)
        except BriefError as error:
            problems.append((entry.place, str(error)))
            continue
        # Names that differ only in case are one file on many systems.
        own = (row.brief.output_dir, row.song_id.casefold())
        if own in taken:
            problems.append(
                (entry.place, f"Song id '{row.song_id}' is that of {taken[own]} too. Give each a song_id of its own.")
            )
        taken.setdefault(own, entry.place)
        rows.append(row)
    if problems:
        raise BriefError(_said(table.name, problems))
    if home is None:
        shared = {row.brief.output_dir for row in rows}
        home = shared.pop() if len(shared) == 1 else Path("outputs").resolve()
    return [replace(row, key=_key(row.brief, home)) for row in rows], home


def _said(name: str, problems: Sequence[tuple[str, str]]) -> str:
    count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
    return "\n  ".join([f"{count} in batch '{name}', nothing was started:", *(f"{p}: {what}" for p, what in problems)])


def _row(
    number: int,
    place: str,
    settings: Settings,
    columns: Mapping[str, Column],
    brief_of: BriefOf,
) -> Row:
    words = arguments(settings, columns)
    brief = brief_of(words)
    # Values first, with a file that is there in the place of the input files: a missing file must hide no wrong value.
    known = checked(_without_files(brief))
    missing = ""
    try:
        known = checked(brief)
    except FileMissing as error:
        missing = str(error)
        known = brief.replace(song_id=known.song_id, output_dir=known.output_dir)
    return Row(number, place, known.song_id, tuple(words), known, missing)


def _without_files(brief: Brief) -> Brief:
    avatar = "" if (own := avatar_file(brief)) is not None and own.suffix.lower() == ".blend" else brief.avatar
    return brief.replace(
        audio=Path(__file__), lyrics=None, stems=None, renders=(), studio=None, actions=None, avatar=avatar
    )


def _key(brief: Brief, home: Path) -> str:
    if brief.output_dir == home:
        return brief.song_id
    return f"{brief.song_id}-{hashlib.sha256(os.fsencode(brief.output_dir)).hexdigest()[:8]}"
