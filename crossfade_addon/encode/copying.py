# SPDX-License-Identifier: GPL-3.0-or-later
"""Stream copy: a render that already is what the platform wants goes into the file as it is, without an encode.

Nothing is taken on trust: the reasons against it are looked for before, and the result is measured after.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from .command import Recipe, container_options, timescale
from .encoders import B_FRAMES
from .movies import MovieSource, Source
from .platforms import Platform
from .probe import MediaInfo, file_url

PEAK_OVER_CAP = 2.0
"""The fullest second of what is copied may have so many times the cap: an encoder's buffer gives as much."""


def why_not(source: Source, recipe: Recipe) -> str:
    """The first reason why a source must be encoded; ``""`` when it may be copied.

    ``source`` is the part that the recipe needs.
    """
    if not isinstance(source, MovieSource):
        return "it is single pictures"
    info, last = source.info, source.skip + source.count
    tags = (info.colour_range, info.colour_space, info.primaries, info.transfer)
    has_cap = info.video_kbps <= recipe.max_kbps and info.peak_kbps <= PEAK_OVER_CAP * recipe.max_kbps
    edges = [*source.keys, info.frame_count]
    longest = max((b - a for a, b in pairwise(edges)), default=0)
    conditions = (
        (not recipe.captions, "captions are drawn into it"),
        (not recipe.with_grade, "it is graded"),
        (source.is_straight, f"it does not run at {recipe.fps} frames a second"),
        ((info.width, info.height) == (recipe.width, recipe.height), f"it is {info.width}x{info.height}"),
        (info.rotation == 0 and info.sar in ("", "1:1", "0:1"), "its pictures are turned or stretched"),
        (info.video_codec == "h264", f"it is {info.video_codec}"),
        (info.profile == "High", f"its profile is {info.profile or 'unknown'}"),
        (info.pix_fmt == "yuv420p", f"its pixels are {info.pix_fmt}"),
        (tags == ("tv", "bt709", "bt709", "bt709"), "its colours are not tagged as BT.709 video"),
        (info.scan in ("", "progressive"), "it is interlaced"),
        (info.open_gops == 0, "its GOPs are open"),
        (longest <= recipe.gop, f"its key frames are up to {longest} frames apart"),
        (info.b_frames <= B_FRAMES, f"it has {info.b_frames} B-frames in a row"),
        (has_cap, f"its rate is {info.video_kbps:.0f} kb/s, at most {info.peak_kbps:.0f}"),
        (source.skip in source.keys, "the part does not begin with a key frame"),
        (last in edges, "the part does not end before a key frame"),
    )
    return next((reason for holds, reason in conditions if not holds), "")


def counts_too_coarsely(source: MovieSource) -> bool:
    """Whether the file's time stamps cannot name every frame exactly, as in Matroska, which counts milliseconds."""
    base = source.info.video.base
    return base.numerator != 1 or (1 / (source.fps * base)).denominator != 1


def finer_command(ffmpeg: str, source: MovieSource, out: Path) -> list[str]:
    """The command that puts such a movie's pictures into a file that counts finely enough, for ``copy_command``."""
    command = [*_quiet(ffmpeg), "-i", file_url(source.file), "-map", "0:v:0", "-c", "copy"]
    return [*command, "-video_track_timescale", str(timescale(source.fps)), "-f", "mp4", file_url(out)]


def copy_command(
    ffmpeg: str,
    source: MovieSource,
    finer: Path | None,
    sound: Path | None,
    recipe: Recipe,
    out_part: Path,
    *,
    title: str = "",
    artist: str = "",
) -> list[str]:
    """The command that copies the pictures, stamped anew from 0 on exact frames, beside the finished sound.

    ``finer`` is what ``finer_command`` made, or None.
    """
    fps = recipe.fps
    command = [*_quiet(ffmpeg), "-i", file_url(finer or source.file)]
    if sound is not None:
        command += ["-i", file_url(sound)]
    command += ["-map", "0:v:0", "-c", "copy"]
    if sound is not None:
        command += ["-map", "1:a:0"]
    # Packets are counted, for no time finds one for certain: -ss goes by a file's index, -t by order of decoding, and
    # -frames:v would end the sound as well. With closed GOPs, key frames are at the same place in either order.
    first, last = source.skip, source.skip + source.count
    drop = f"floor(n/{last})" + (f"+not(floor(n/{first}))" if first else "")
    frame = f"*TB*{fps})/(TB*{fps})"
    stamps = f"pts=round((PTS-STARTPTS){frame}:dts=round((DTS-STARTPTS){frame}:duration=1/(TB*{fps})"
    command += ["-bsf:v", f"noise=drop={drop},setts={stamps}"]
    # the same time base before and after: FFmpeg 5.1 stamps wrongly when this filter stands between two
    ticks = timescale(fps) if finer is not None else source.info.video.base.denominator
    return [*command, *container_options(ticks, out_part, title, artist)]


def _quiet(ffmpeg: str) -> list[str]:
    return [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y"]


def what_is_wrong(info: MediaInfo, recipe: Recipe, platforms: Iterable[Platform]) -> str:
    """What a copied file is not, measured; ``""`` when it is right."""
    track = info.layout.of("vide")
    level = track.level / 10 if track is not None else 0.0
    conditions = (
        (all(0 < level <= float(platform.level) for platform in platforms), f"level {level:g}"),
        (info.frame_count == recipe.frame_count, f"{info.frame_count} frames instead of {recipe.frame_count}"),
        (info.fps == recipe.fps, "uneven frames"),
        (abs(info.video_start) < 1e-6, f"pictures from {info.video_start:.3f} s"),
        (recipe.sound is None or abs(info.audio_start) < 1e-6, f"sound from {info.audio_start:.3f} s"),
        (info.edit_lists == 0, "an edit list"),
        (info.faststart, "the index at the end"),
        (info.video.keys[:1] == info.video.starts[:1], "no key frame at the start"),
    )
    return next((what for holds, what in conditions if not holds), "")
