# SPDX-License-Identifier: GPL-3.0-or-later
"""What every job looks at before it starts: nothing here opens the song, talks to a server or renders.

It is one list for the panel, the command line and Python: what blocks ends a job with its error, what warns is said.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..brief import Brief, problems
from ..cache import busy
from ..checks import WARN, Check, blocking
from ..encode import probe
from ..encode.job import RENDERS, video_file
from ..encode.limits import refusals
from ..encode.platforms import Platform
from ..encode.reuse import noted_videos
from ..encode.run import check_lyrics, check_names
from ..errors import BriefError, CrossfadeError, LibraryError
from ..ffmpeg import find_ffmpeg
from ..library.places import server_of
from ..names import shown
from ..timing import parse_fps
from . import amounts
from .amounts import existing

if TYPE_CHECKING:
    from ..pipeline import Pipeline

SONG, FFMPEG, STUDIO, LIBRARY, FILES, SETTINGS = "Song", "FFmpeg", "Render", "Library", "Files", "Settings"


def refused(brief: Brief, known_platforms: Mapping[str, Platform]) -> list[Check]:
    """Everything that is wrong with a brief that cannot be made, and with FFmpeg."""
    found = [blocking(SETTINGS, problem) for problem in problems(brief, known_platforms=tuple(known_platforms))]
    with contextlib.suppress(BriefError):  # of a frame rate that is none, told already
        found += [blocking(SETTINGS, problem) for problem in not_taken(brief, known_platforms)]
    try:
        find_ffmpeg(brief.ffmpeg)
    except CrossfadeError as error:
        found.append(blocking(FFMPEG, error, fix="preferences"))
    return found


def not_taken(brief: Brief, known_platforms: Mapping[str, Platform]) -> Iterator[BriefError]:
    """What the chosen platforms do not take of the frame rate and of their own sizes.

    Raises
    ------
    BriefError
        When the frame rate is none.
    """
    chosen = [platform for name, platform in known_platforms.items() if name in brief.platforms]
    return refusals(chosen, parse_fps(brief.fps))


def look(pipeline: Pipeline) -> Iterator[Check]:
    """Look at one thing after the other; last at FFmpeg, which is asked in the song's folder."""
    brief = pipeline.brief
    megabytes = brief.audio.stat().st_size / amounts.MB
    yield Check(SONG, f"'{shown(brief.audio.name)}', {megabytes:.1f} MB.", where=str(brief.audio))
    yield from _files(brief, pipeline.platforms)
    yield _library(brief)
    if pipeline.renders_frames:
        yield from _studio(pipeline)
    yield _tool(pipeline)
    script = amounts.written_script(brief)
    yield from amounts.room_checks(brief, pipeline.platforms, amounts.count(brief, pipeline.platforms, script), {})


def _tool(pipeline: Pipeline) -> Check:
    try:
        info = pipeline.tool_info()
    except CrossfadeError as error:
        fix = "no_captions" if "libass" in error.message else "preferences"
        return blocking(FFMPEG, error, where=pipeline.brief.ffmpeg, fix=fix)
    if not info.has_libass:
        return Check(
            FFMPEG,
            f"FFmpeg {info.version} has no libass: no captions are burned, thumbnails and covers have no title.",
            WARN,
            info.path,
            probe.FULL_BUILD,
            "preferences",
        )
    return Check(FFMPEG, f"FFmpeg {info.version} has everything that is needed.", where=info.path)


def _library(brief: Brief) -> Check:
    place = brief.library_dir
    assert place is not None
    if server := server_of(place):
        return Check(LIBRARY, f"The server {server} is asked when the song is heard.", where=server)
    folder = existing(place)
    if not os.access(folder, os.W_OK | os.X_OK):
        error = LibraryError(
            f"The song library in '{place}' cannot be written.",
            hint="Choose another folder: --library, or the add-on's preferences.",
        )
        return blocking(LIBRARY, error, where=str(place), fix="preferences")
    said = "The song library is there." if folder == place else "A song library will be begun."
    return Check(LIBRARY, said, where=str(place))


def _files(brief: Brief, platforms: Mapping[str, Platform]) -> Iterator[Check]:
    """Where the files go, and what of an earlier run lies there."""
    if busy.is_busy(brief.work_dir):
        yield blocking(FILES, busy.taken(brief.work_dir), where=str(brief.work_dir))
    written = {name: video_file(brief.output_dir, brief.song_id, name) for name in platforms}
    try:
        check_names([brief.audio, *(path for _, path in brief.renders)], written.values())
        check_lyrics(brief.lyrics, brief.output_dir / RENDERS, brief.song_id, platforms)
    except CrossfadeError as error:
        yield blocking(FILES, error, where=str(brief.output_dir))
        return
    there = {name: path for name, path in written.items() if path.is_file()}
    own = noted_videos(brief.work_dir / "encode")
    strange = [path.name for name, path in there.items() if name not in own]
    if strange:
        yield Check(
            FILES,
            f"{', '.join(strange)} will be replaced, and no job of this song that is remembered here made "
            f"{'it' if len(strange) == 1 else 'them'}.",
            WARN,
            str(brief.output_dir / RENDERS),
            "To keep what is there, choose another song id or output folder.",
        )
    kept = [platforms[name].label for name in there if name in own]
    if kept:
        rest = "made anew" if brief.fresh else "kept where they would come out the same, else replaced"
        yield Check(FILES, f"Videos of an earlier run are {rest}: {', '.join(kept)}.", where=str(brief.output_dir))
    elif not strange:
        yield Check(FILES, f"Everything goes to '{brief.output_dir}'.", where=str(brief.output_dir))


def _studio(pipeline: Pipeline) -> Iterator[Check]:
    try:
        yield from pipeline.studio.check(pipeline.brief)
    except CrossfadeError as error:
        yield blocking(STUDIO, error, where=pipeline.brief.blender_executable)


def unsaved(relative: Mapping[str, str], output_dir: Path) -> Iterator[Check]:
    """What it means that the .blend was never saved, for paths that are relative to it (``//``).

    Parameters
    ----------
    relative : mapping
        Such paths by the name of their setting; files that are read.
    """
    if relative:
        names = ", ".join(f"{name} '{path}'" for name, path in relative.items())
        error = BriefError(
            f"This .blend is not saved, so a path relative to it leads nowhere: {names}.",
            hint="Save the file, or choose the path again.",
        )
        yield blocking("File", error, fix="save")
    else:
        yield Check(
            "File",
            f"This .blend is not saved: everything goes to '{output_dir}'.",
            WARN,
            str(output_dir),
            "Save it first to have the files beside it, or choose a folder.",
            "save",
        )
