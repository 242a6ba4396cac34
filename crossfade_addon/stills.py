# SPDX-License-Identifier: GPL-3.0-or-later
"""Stills for thumbnails and covers: plain data between who chooses moments, the studio and the encoder.

Conventions: boxes are (left, top, right, bottom) as shares 0..1 of the picture's width and height, from its left top
corner; scores only compare stills of one aspect with each other.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .content import read_json, write_whole
from .frames import frame_path, is_whole

SUFFIX = ".png"
NOTE = "stills.json"
"""Beside the pictures: which of them belong to the show as it was rendered last, and what they show."""
FRAMINGS = "framings.json"
"""Beside the pictures: how each of them is framed."""
COUNTS = {"draft": 4, "preview": 6, "final": 8}
"""Pictures rendered of each aspect, by the quality of the job."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Moment:
    """A scene frame that may make a good picture, and why the music says so."""

    frame: int
    shot: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Still:
    """One picture.

    Parameters
    ----------
    head : Box or None
        Where the DJ's head is; None where nobody knows (frames of a film, own cameras).
    facing : float
        Cosine between where the face looks and the camera: 1 looks into it.
    eyes, seen : float
        0..1: how far the eyes are open, and how much of the face nothing is in front of.
    """

    path: Path
    frame: int
    width: int
    height: int
    shot: str = ""
    score: float = 0.0
    reason: str = ""
    head: Box | None = None
    facing: float = 1.0
    eyes: float = 1.0
    seen: float = 1.0


def stills_folder(work_dir: Path, aspect: str) -> Path:
    """Where the stills of an aspect go."""
    return work_dir / f"stills_{aspect.replace(':', 'x')}"


def still_path(work_dir: Path, aspect: str, frame: int) -> Path:
    """File of the still of one scene frame."""
    return frame_path(stills_folder(work_dir, aspect), frame, SUFFIX)


def write_note(folder: Path, stills: tuple[Still, ...], asked: str = "") -> None:
    """Note what was rendered, whole or not at all; ``asked`` tells what they were chosen from."""
    rows = []
    for still in stills:
        row = dataclasses.asdict(still)
        row["path"] = still.path.name
        rows.append(row)
    write_whole(folder / NOTE, json.dumps({"asked": asked, "stills": rows}, indent=1))


def on_disk(work_dir: Path, aspect: str) -> tuple[Still, ...]:
    """The stills that were rendered last, as far as they are still there; empty when there is no note of any."""
    return tuple(still for still in noted(stills_folder(work_dir, aspect)) if is_whole(still.path))


def noted(folder: Path) -> tuple[Still, ...]:
    """The stills that the note of a folder names, there or not."""
    note = read_json(folder / NOTE)
    try:
        return tuple(_still(folder, row) for row in note["stills"])
    except (TypeError, KeyError, ValueError):
        return ()


def asked_of(folder: Path) -> str | None:
    """What the stills of a folder were chosen from, as :func:`write_note` was told; None without a note."""
    note = read_json(folder / NOTE)
    return str(note.get("asked")) if isinstance(note, dict) else None


def _still(folder: Path, row: dict[str, Any]) -> Still:
    head = row["head"]
    path = folder / Path(row["path"]).name
    return Still(**{**row, "path": path, "head": None if head is None else tuple(float(v) for v in head)})
