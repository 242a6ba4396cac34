# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames and stills of an earlier run are those that would be rendered now (pure).

Beside the pictures lies a stamp: everything that decides how they look, and nothing else. Pictures without a stamp were
rendered by hand, or of a scene that somebody changed: they are nobody's to reuse.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import frames, jobs, stills
from ..brief import FRAME_SUFFIX, RENDER_SCALE, Brief
from ..content import code_of, digest, read_json, write_whole
from ..frames import FrameRange, RenderedFrames, aspect_folder, frame_path
from ..stills import Moment
from ..themes import Theme
from ..timeline import ASPECTS, Timeline, to_dict
from . import asset_files

SHOW = "show.blend"
SHOW_STAMP = "show.key"
"""Beside ``show.blend``, which show it is."""
_NO_MATTER = ("name", "label", "grade", "event_safe")
"""What the encoder, people and the brief take from a theme."""
_CODE = ("studio", "curves.py", "setups.py", "stills.py", "timing.py", "themes.py")


def has_show(brief: Brief) -> bool:
    """Whether an earlier run has rendered for this song."""
    return (brief.work_dir / SHOW_STAMP).is_file()


def picture_key(timeline: Timeline, theme: Theme, brief: Brief) -> str:
    """Digest of everything that decides how frames look, whatever engine and size they are rendered in."""
    script = to_dict(timeline)
    for name in ("clips", "lyrics"):
        script.pop(name)
    script["audio"].pop("file")
    script["meta"].pop("theme")
    look = {f.name: getattr(theme, f.name) for f in dataclasses.fields(theme) if f.name not in _NO_MATTER}
    sung = timeline.lyrics.lines
    return digest(code_of(*_CODE), script, sung, look, brief.fps, brief.intensity, asset_files.fingerprints(brief))


def render_stamp(key: str, brief: Brief, version: object) -> str:
    """What else decides the pixels: engine, quality and Blender's version; empty when ``key`` is."""
    return f"{key} {brief.engine} {brief.quality} {version}" if key else ""


def frames_stamp(key: str, brief: Brief, version: object, size: tuple[int, int]) -> str:
    """The stamp of an aspect's frames; empty when ``key`` is."""
    return f"{render_stamp(key, brief, version)} {size[0]}x{size[1]}" if key else ""


def stills_stamp(key: str, brief: Brief, version: object) -> str:
    """The stamp of stills, which are full size whatever the film has; empty when ``key`` is."""
    return f"{key} {brief.engine} {version}" if key else ""


def prepare(folder: Path, stamp: str, *, fresh: bool) -> None:
    """Empty the folder unless its pictures carry the same stamp."""
    if fresh or not stamp or _read(folder / frames.STAMP) != stamp:
        jobs.remove_tree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if stamp:
        write_whole(folder / frames.STAMP, stamp)


def missing_frames(folder: Path, span: FrameRange, suffix: str) -> tuple[int, ...]:
    """Frames of a range that are not there, or not whole."""
    return tuple(f for f in range(span.first, span.last + 1) if not frames.is_whole(frame_path(folder, f, suffix)))


def prepare_stills(folder: Path, stamp: str, framings: Mapping[int, Sequence[float]], *, fresh: bool) -> set[int]:
    """Keep the stills that were taken with the same stamp and framing; returns the frames of those to be taken.

    Parameters
    ----------
    framings : mapping
        Zoom and shifts of each still's view, by frame.
    """
    prepare(folder, stamp, fresh=fresh)
    (folder / stills.NOTE).unlink(missing_ok=True)  # what it names may be on its way out
    before = read_json(folder / stills.FRAMINGS)
    before = before if isinstance(before, dict) else {}
    paths = {frame: frame_path(folder, frame, stills.SUFFIX) for frame in framings}
    for frame, framing in framings.items():
        if before.get(str(frame)) != list(framing):
            paths[frame].unlink(missing_ok=True)
    write_whole(
        folder / stills.FRAMINGS, json.dumps({str(frame): list(framing) for frame, framing in framings.items()})
    )
    return {frame for frame, path in paths.items() if not frames.is_whole(path)}


def drop_old_stills(brief: Brief, stamp: str) -> None:
    """Remove stills of another show, also of aspects of which none are wanted now."""
    for aspect in ASPECTS:
        folder = stills.stills_folder(brief.work_dir, aspect)
        if not stamp or _read(folder / frames.STAMP) != stamp:
            jobs.remove_tree(folder)


def asked_for(moments: tuple[Moment, ...], count: int) -> str:
    """Digest of what a choice of stills is made from, beside the show."""
    return digest(moments, count)


def all_there(
    brief: Brief,
    keys: tuple[str, str],
    ranges: Mapping[str, FrameRange],
    moments: Mapping[str, tuple[Moment, ...]],
    version: object,
) -> dict[str, RenderedFrames] | None:
    """The frames of each aspect when an earlier run left everything: frames, stills and the saved show; else None.

    Parameters
    ----------
    keys : (str, str)
        Of the pictures (:func:`picture_key`) and of the show.
    """
    pictures, show = keys
    if brief.fresh or not (brief.work_dir / SHOW).is_file():
        return None
    if _read(brief.work_dir / SHOW_STAMP) != render_stamp(show, brief, version):
        return None
    suffix, count = FRAME_SUFFIX[brief.quality], stills.COUNTS[brief.quality]
    found = {}
    for aspect, span in ranges.items():
        folder, size = aspect_folder(brief.work_dir, aspect), frames.scaled(aspect, RENDER_SCALE[brief.quality])
        if _read(folder / frames.STAMP) != frames_stamp(pictures, brief, version, size):
            return None
        if missing_frames(folder, span, suffix):
            return None
        found[aspect] = RenderedFrames(folder, suffix, span.first, span.count, *size)
    for aspect, wanted in moments.items():
        folder = stills.stills_folder(brief.work_dir, aspect)
        if _read(folder / frames.STAMP) != stills_stamp(pictures, brief, version):
            return None
        if stills.asked_of(folder) != asked_for(wanted, count):
            return None
        if not all(frames.is_whole(still.path) for still in stills.noted(folder)):
            return None
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
