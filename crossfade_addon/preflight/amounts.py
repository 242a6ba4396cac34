# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a job makes: frames by aspect, seconds by platform, and what that takes of the disk.

Conventions: seconds of the song, sizes in bytes (GB and MB are 10^9 and 10^6). What is not known yet is estimated, and
said to be.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from .. import stills, timeline, timing
from ..brief import FRAME_SUFFIX, RENDER_SCALE, Brief
from ..checks import WARN, Check, blocking
from ..encode.job import RENDERS, video_file
from ..encode.platforms import Platform
from ..encode.run import LEAST_OF_CAP
from ..errors import CrossfadeError, EncodeError
from ..frames import FrameRange, aspect_folder, clip_range, scaled
from ..timeline import Clip, Timeline

SUBJECT = "Disk"
PIXEL_BYTES = {".jpg": 0.65, ".png": 1.2}
"""Bytes of a pixel in a frame's file, measured on the built-in themes."""
UNKNOWN_S = 240.0
"""A song of unknown length is counted as this long."""
LEAST_OF_FRAMES = 0.5
"""Frames hardly ever take less than this part of what is estimated."""
GB, MB = 1e9, 1e6
_TRUSTED = 1.5
"""A clip of an earlier script that is so much longer than the platform's own length was asked for otherwise."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a job renders and encodes.

    Parameters
    ----------
    ranges : mapping
        Scene frames by aspect; finished movies need none.
    seconds : mapping
        Length of each platform's video.
    is_exact : bool
        Whether the parts are known, and not only how long they usually are.
    """

    ranges: Mapping[str, FrameRange]
    seconds: Mapping[str, float]
    is_exact: bool


def written_script(brief: Brief) -> Timeline | None:
    """The script that an earlier job wrote for this song file, or None."""
    if not brief.timeline_path.is_file():
        return None
    with contextlib.suppress(CrossfadeError):
        script = timeline.load(brief.timeline_path)
        if Path(script.audio.file) == brief.audio:
            return script
    return None


def count(
    brief: Brief, platforms: Mapping[str, Platform], script: Timeline | None, duration: float | None = None
) -> Amounts:
    """What the job will make, as far as it can be told before the song is heard.

    Parameters
    ----------
    duration : float or None
        Length of the song, where it is known.
    """
    if script is not None:
        duration = script.meta.duration_sec
    own = {name: (start, end) for name, start, end in brief.clips}
    clips, exact = {}, True
    for name, platform in platforms.items():
        clip, is_known = _clip(brief, platform, own.get(name, brief.clip), script, duration)
        clips[name] = clip
        exact &= is_known
    given = dict(brief.renders)
    aspects = {name: p.aspect for name, p in platforms.items() if p.aspect not in given and not brief.skip_studio}
    ranges: dict[str, FrameRange] = {}
    for name, aspect in aspects.items():
        one = clip_range(clips[name], brief.fps)
        have = ranges.get(aspect, one)
        ranges[aspect] = FrameRange(min(have.first, one.first), max(have.last, one.last))
    return Amounts(ranges, {name: clip.duration for name, clip in clips.items()}, exact)


def _clip(
    brief: Brief, platform: Platform, asked: tuple[float, float] | None, script: Timeline | None, duration: float | None
) -> tuple[Clip, bool]:
    """The part that a platform gets, and whether that is known."""
    whole = duration if duration is not None else UNKNOWN_S
    most = platform.max_s or float("inf")
    if asked is not None:
        start, end = asked
        end = min(end, start + most, whole if duration is not None else end)
        return Clip(start, max(end, start), ""), duration is not None and not platform.loop
    window = 0.0 if brief.whole_song else platform.window_s
    length = min(whole, most, window or whole)
    written = script.clips.get(platform.name) if script is not None else None
    if written is not None and written.duration <= length * _TRUSTED and (window or written.duration > length / 2):
        return written, True
    return Clip(0.0, length, ""), duration is not None and not window


def frames_check(amounts: Amounts, fps: Fraction) -> Check:
    """How many frames are to be rendered."""
    if not amounts.ranges:
        return Check("Frames", "None: those of an earlier run or finished movies are used.")
    parts = [
        f"{span.count} in {aspect} ({timing.clock(span.count / float(fps))})" for aspect, span in amounts.ranges.items()
    ]
    about = "" if amounts.is_exact else "About "
    rate = f"at {float(fps):.6g} a second"
    return Check("Frames", f"{about}{', '.join(parts)}, {rate}.")


def frame_bytes(brief: Brief, aspect: str, measured: Mapping[str, float]) -> float:
    """Size of one frame's file: as measured, else as usual for its size and format."""
    width, height = scaled(aspect, RENDER_SCALE[brief.quality])
    return measured.get(aspect) or width * height * PIXEL_BYTES[FRAME_SUFFIX[brief.quality]]


def still_count(brief: Brief) -> int:
    """Pictures in full size that are rendered of each aspect for thumbnails and covers."""
    return stills.COUNTS[brief.quality] if brief.with_thumbnail else 0


def room_checks(
    brief: Brief, platforms: Mapping[str, Platform], amounts: Amounts, measured: Mapping[str, float]
) -> Iterator[Check]:
    """Whether the disks have room for the frames and for the videos, which may lie on different ones."""
    pictures = sum(span.count * frame_bytes(brief, aspect, measured) for aspect, span in amounts.ranges.items())
    for aspect in amounts.ranges:
        width, height = scaled(aspect, Fraction(1))
        pictures += still_count(brief) * width * height * PIXEL_BYTES[stills.SUFFIX]
    shared = {
        (p.aspect, p.width, p.height, p.fit, p.max_kbps, p.audio_kbps, amounts.seconds[name])
        for name, p in platforms.items()
    }
    videos = sum((kbps + audio_kbps) * 1000 / 8 * seconds for *_, kbps, audio_kbps, seconds in shared)
    renders = brief.output_dir / RENDERS
    there = sum(_size(aspect_folder(brief.work_dir, aspect)) for aspect in amounts.ranges)
    old = sum(_file_size(video_file(brief.output_dir, brief.song_id, name)) for name in platforms)
    wanted = {
        "frames": (brief.work_dir, pictures, pictures * LEAST_OF_FRAMES, there),
        "videos": (renders, videos, videos * LEAST_OF_CAP, old),
    }
    places: dict[int, list[str]] = {}
    for name, (folder, *_) in wanted.items():
        places.setdefault(existing(folder).stat().st_dev, []).append(name)
    for names in places.values():
        folder = wanted[names[0]][0]
        needed = sum(wanted[name][1] for name in names)
        least = sum(wanted[name][2] for name in names)
        free = shutil.disk_usage(existing(folder)).free + sum(wanted[name][3] for name in names)
        yield _room_check(brief, " and ".join(names), existing(folder), needed, least, free)
    if pictures > brief.cache_gb * GB:
        yield Check(
            SUBJECT,
            f"The frames take about {_shown(pictures)}; at most {brief.cache_gb:g} GB are kept of all songs.",
            WARN,
            str(brief.work_dir),
            "The next run renders again what was removed; a larger cache_gb keeps it.",
        )


def quicker(brief: Brief) -> tuple[str, str]:
    """What makes a job smaller and quicker, and the button that does it."""
    if brief.engine != "workbench":
        return "Workbench renders the same look many times faster.", "workbench"
    if brief.quality != "draft":
        return "Render a draft first.", "draft"
    return "Choose a shorter part of the song, or fewer platforms.", ""


def _room_check(brief: Brief, what: str, folder: Path, needed: float, least: float, free: float) -> Check:
    said = f"Up to {_shown(needed)} for {what}, {_shown(free)} free."
    fix = "" if brief.quality == "draft" else "draft"
    smaller = ", or render a draft" if fix else ""
    remedy = f"Free disk space, choose another output folder{smaller}."
    if free < least:
        error = EncodeError(
            f"The disk of '{folder}' has only {_shown(free)} left; {what} need up to {_shown(needed)}.", hint=remedy
        )
        return blocking(SUBJECT, error, where=str(folder), fix=fix)
    if free < needed:
        return Check(SUBJECT, said, WARN, str(folder), remedy, fix)
    return Check(SUBJECT, said, where=str(folder))


def _shown(size: float) -> str:
    return f"{size / GB:.1f} GB" if size >= GB else f"{size / MB:.0f} MB"


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def _size(folder: Path) -> int:
    """Bytes of the files right in a folder."""
    with contextlib.suppress(OSError):
        return sum(_file_size(path) for path in folder.iterdir())
    return 0


def _file_size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0
