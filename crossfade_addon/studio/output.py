# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own Render Animation on our scenes: where it writes, and what it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .. import frames, jobs, stills
from ..brief import FRAME_SUFFIX, RENDER_SCALE, Brief
from ..errors import StudioError
from ..frames import FrameRange, RenderedFrames
from . import compat, scenes
from .show import Show

_SHAPE_TOLERANCE = 0.01
_NAMED_RUNS = 5
_MOVIES = (".mp4", ".mkv", ".mov", ".avi", ".webm", ".ogv", ".flv", ".mpg", ".dvd", ".ts")
"""Endings that Blender's FFmpeg output gives."""


def prepare_output(show: Show, brief: Brief, ranges: Mapping[str, FrameRange]) -> None:
    """Set size, path and frame range of each scene so that Render Animation writes what the encoder reads.

    Parameters
    ----------
    ranges : mapping
        Frames that the chosen platforms need, by aspect; other aspects keep their frame range.
    """
    for aspect, scene in show.scenes.items():
        folder = frames.aspect_folder(brief.work_dir, aspect)
        scenes.set_size(scene, RENDER_SCALE[brief.quality])
        path = compat.literal_path(folder / (frames.PREFIX + "#" * frames.DIGITS))
        compat.set_image_output(scene.render, path, jpeg=FRAME_SUFFIX[brief.quality] == ".jpg")
        if aspect in ranges:
            scene.frame_start, scene.frame_end = ranges[aspect].first, ranges[aspect].last
            scene.frame_set(scene.frame_start)


def clear_frames(show: Show, brief: Brief) -> None:
    """Remove frames and stills of an earlier show, so that they can never be mixed with those of this one."""
    for aspect in show.scenes:
        jobs.remove_tree(frames.aspect_folder(brief.work_dir, aspect))
        jobs.remove_tree(stills.stills_folder(brief.work_dir, aspect))


def forget_stamp(frame_file: Path) -> None:
    """Note that frames beside this one were rendered by hand: the next job must not take them for its own."""
    (frame_file.parent / frames.STAMP).unlink(missing_ok=True)


def written_movie(written: Mapping[int, Path]) -> Path | None:
    """The one movie that a Render Animation wrote, or None when it wrote pictures."""
    paths = set(written.values())
    path = next(iter(paths)) if len(paths) == 1 else None
    return path if path is not None and path.suffix.lower() in _MOVIES else None


def check_written(aspect: str, span: FrameRange, written: Mapping[int, Path]) -> None:
    """Make sure that one Render Animation wrote all frames that the platforms need.

    Raises
    ------
    StudioError
        Naming those that are missing.
    """
    missing = [frame for frame in range(span.first, span.last + 1) if frame not in written]
    if missing:
        raise StudioError(
            f"{len(missing)} of {span.count} frames of {aspect} were not rendered: {_runs(missing)}.",
            hint=f"Set the frame range to {span.first}-{span.last} and render again, or use Render & Encode.",
        )


def written_frames(brief: Brief, aspect: str, span: FrameRange, written: Mapping[int, Path]) -> RenderedFrames:
    """The frames that one Render Animation wrote, when they are all that the platforms need.

    Parameters
    ----------
    written : mapping
        Files written in this render, by frame. Files of earlier renders do not count.

    Raises
    ------
    StudioError
        When frames are missing, went elsewhere, or have the wrong shape.
    EncodeError
        When a file is gone again, or is no whole picture.
    """
    folder = frames.aspect_folder(brief.work_dir, aspect)
    wanted = range(span.first, span.last + 1)
    check_written(aspect, span, written)
    suffix = written[span.first].suffix
    if suffix not in FRAME_SUFFIX.values():
        raise StudioError(
            f"Frame {span.first} of {aspect} was written as '{suffix}', which cannot be encoded.",
            hint="Set the output format to PNG, JPEG or FFmpeg Video, or build the show again.",
        )
    for frame in wanted:
        expected = frames.frame_path(folder, frame, suffix)
        if written[frame].resolve() != expected.resolve():
            raise StudioError(
                f"Frame {frame} of {aspect} was written to '{written[frame]}', not to '{expected}'.",
                hint="Set the output path back, or build the show again.",
            )
    found = frames.on_disk(folder, span, suffix)
    full_width, full_height = scenes.SIZES[aspect]
    if abs(found.width * full_height / (found.height * full_width) - 1) > _SHAPE_TOLERANCE:
        raise StudioError(
            f"The render is {found.width} x {found.height}, which is not {aspect}.",
            hint="Set the resolution back, or build the show again.",
        )
    return found


def _runs(numbers: list[int]) -> str:
    """``1-3, 7, 9-12``: the first few runs of frames."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    names = [f"{first}-{last}" if last > first else str(first) for first, last in runs]
    return ", ".join(names[:_NAMED_RUNS]) + (" ..." if len(names) > _NAMED_RUNS else "")
