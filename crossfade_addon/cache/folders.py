# SPDX-License-Identifier: GPL-3.0-or-later
"""The work folders of the songs below an output folder: what in them can be made again, and away with it.

Only what Crossfade wrote and can write again counts: frames and stills that carry a stamp, and job folders. Frames
without a stamp were rendered by hand, ``show.blend`` may hold an artist's work, other files are somebody's own: all of
them stay. Links are never followed. Sizes are bytes, times seconds since 1970.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import PipelineError
from ..frames import STAMP, aspect_folder
from ..stills import FRAMINGS, NOTE, stills_folder
from ..timeline import ASPECTS
from . import busy

JOB_FOLDERS = (
    *("blender", "director", "encode", "ffmpeg", "library", "movie", "preflight", "preflight_song", "render"),
)
"""Where child processes work; named by the stages."""
GB = 1e9
_PICTURE = re.compile(r"frame_\d{5,}\.(png|jpg)")
_NOTES = (STAMP, FRAMINGS, NOTE)


@dataclass(frozen=True, slots=True)
class SongFolder:
    """One song's work folder.

    Parameters
    ----------
    size : int
        Of what can be made again.
    by_hand : int
        Of frames that were rendered by hand, which stay.
    used : float
        When it was worked on last.
    """

    song_id: str
    path: Path
    size: int
    by_hand: int
    used: float
    is_busy: bool


def root_of(output_dir: Path) -> Path:
    """Where the work folders are."""
    return output_dir / "blender_temp"


def look(output_dir: Path) -> Iterator[SongFolder]:
    """Every song's work folder, in the order of their names; one at a time, since each may hold thousands of files."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for path in sorted(root_of(output_dir).iterdir()):
            if _is_folder(path) and (found := _look(path)) is not None:
                yield found


def _look(path: Path) -> SongFolder | None:
    """A song's folder; None when nothing in it tells that it is one."""
    folders = [*_picture_folders(path), *(path / name for name in JOB_FOLDERS)]
    there = [folder for folder in folders if _is_folder(folder)]
    if not there and not (path / busy.NAME).is_file():
        return None
    size = sum(_size(file) for folder in there for file in _ours(folder))
    by_hand = sum(
        _size(file)
        for folder in there
        if folder.name not in JOB_FOLDERS and not (folder / STAMP).is_file()
        for file in folder.iterdir()
    )
    lock = path / busy.NAME
    used = lock.stat().st_mtime if lock.is_file() else max(folder.stat().st_mtime for folder in there)
    return SongFolder(path.name, path, size, by_hand, used, busy.is_busy(path))


def clear(folder: SongFolder) -> int:
    """Remove what can be made again; returns how many bytes that were.

    Raises
    ------
    PipelineError
        When a job works there.
    """
    gone = 0
    with busy.Busy(folder.path):
        for place in (*_picture_folders(folder.path), *(folder.path / name for name in JOB_FOLDERS)):
            if not _is_folder(place):
                continue
            for file in sorted(_ours(place), key=lambda file: file.name == STAMP):  # the stamp goes last
                size = _size(file)
                with contextlib.suppress(OSError):
                    file.unlink()
                    gone += size
            if place.name in JOB_FOLDERS:
                shutil.rmtree(place, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    place.rmdir()  # only when nothing else is in it
    return gone


@dataclass(frozen=True, slots=True)
class Swept:
    """What a bound took away: names of songs, their bytes, and what is still there."""

    songs: tuple[str, ...] = ()
    size: int = 0
    left: int = 0


def bound_steps(output_dir: Path, most: float) -> Generator[None, None, Swept]:
    """Remove what can be made again of the songs that were not worked on for longest, until at most so much is left.

    Songs that a job works on now stay. Yields after every song that it looked at.
    """
    found: list[SongFolder] = []
    for folder in look(output_dir):
        found.append(folder)
        yield
    left = sum(folder.size for folder in found)
    songs: list[str] = []
    freed = 0
    for folder in sorted((f for f in found if not f.is_busy and f.size), key=lambda f: f.used):
        if left <= most:
            break
        try:
            gone = clear(folder)
        except PipelineError:
            continue  # somebody has just begun to work there
        songs.append(folder.song_id)
        left, freed = left - gone, freed + gone
        yield
    return Swept(tuple(songs), freed, left)


def _picture_folders(path: Path) -> list[Path]:
    return [place(path, aspect) for aspect in ASPECTS for place in (aspect_folder, stills_folder)]


def _ours(folder: Path) -> Iterator[Path]:
    """Files of a folder that can be made again."""
    if folder.name in JOB_FOLDERS:
        for file in folder.rglob("*"):
            if file.is_symlink() or file.is_file():
                yield file
    elif (folder / STAMP).is_file():
        for file in folder.iterdir():
            if not file.is_symlink() and file.is_file() and (_PICTURE.fullmatch(file.name) or file.name in _NOTES):
                yield file


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
