# SPDX-License-Identifier: GPL-3.0-or-later
"""What to render and what was rendered: plain data between the studio and the encoder."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from . import timing
from .errors import EncodeError
from .timeline import Clip, Timeline

PREFIX = "frame_"
DIGITS = 5
STAMP = "frames.key"
"""Beside pictures: which show they belong to. Pictures without it were rendered by hand."""
SIZES = {"9:16": (1080, 1920), "16:9": (1920, 1080)}
"""Full size of each aspect, in pixels."""
_JPEG = (b"\xff\xd8", b"\xff\xd9")
ENDS = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),
}
"""First and last bytes of a whole picture file."""


def aspect_folder(work_dir: Path, aspect: str) -> Path:
    """Where the frames of an aspect go."""
    return work_dir / aspect.replace(":", "x")


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Scene frames ``first .. last``, both included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many frames."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class RenderedFrames:
    """Frames of one aspect on disk: ``folder/frame_00001.png`` and so on, without a gap."""

    folder: Path
    suffix: str
    first_frame: int
    count: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast frames are rendered, as measured on a few of them.

    Parameters
    ----------
    seconds, bytes_each : mapping
        By aspect: seconds a frame while ``processes`` render at once, and the size of its file.
    start_s : float
        Until the first frame is there.
    timed : int
        How many frames were timed; 0 when the time ran out before a second one.
    """

    seconds: Mapping[str, float]
    bytes_each: Mapping[str, float]
    start_s: float
    processes: int
    timed: int


def frame_path(folder: Path, frame: int, suffix: str) -> Path:
    """File of one frame."""
    return folder / f"{PREFIX}{frame:0{DIGITS}d}{suffix}"


def scaled(aspect: str, scale: Fraction) -> tuple[int, int]:
    """Width and height of an aspect at a part of its full size, in pixels (even)."""
    width, height = (int(side * scale) // 2 * 2 for side in SIZES[aspect])
    return width, height


def ends_of(path: Path) -> tuple[int, bytes, bytes]:
    """Size of a picture file, and the bytes at its start and end that tell whether it is whole.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    start, end = ENDS.get(path.suffix.lower(), (b"", b""))
    with path.open("rb") as file:
        head = file.read(len(start))
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(end)))
        return size, head, file.read()


def is_whole(path: Path) -> bool:
    """Whether a picture is there and was written to its end."""
    try:
        size, *ends = ends_of(path)
    except OSError:
        return False
    return size > 0 and tuple(ends) == ENDS.get(path.suffix.lower(), (b"", b""))


def on_disk(folder: Path, span: FrameRange, suffix: str) -> RenderedFrames:
    """The frames of an earlier render, when they are all there and whole.

    Raises
    ------
    EncodeError
        Naming the first missing frame.
    """
    for frame in range(span.first, span.last + 1):
        path = frame_path(folder, frame, suffix)
        if not path.is_file() or path.stat().st_size == 0:
            raise EncodeError(f"Frame {frame} is missing in '{folder}'.", hint="Render the show first.")
        if not is_whole(path):
            raise EncodeError(f"Frame {path} is cut short.", hint="Delete it and render it again.")
    width, height = picture_size(frame_path(folder, span.first, suffix))
    return RenderedFrames(folder, suffix, span.first, span.count, width, height)


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels from the header of a PNG (ISO/IEC 15948) or JPEG (ITU-T T.81).

    Raises
    ------
    EncodeError
        When it is neither.
    """
    data = path.read_bytes()
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    at = 2 if data[:2] == b"\xff\xd8" else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise EncodeError(f"'{path}' is not a whole picture.", hint="Render that frame again.")


def clip_range(clip: Clip, fps: Fraction) -> FrameRange:
    """The frames from a clip's first frame edge up to its last; at least one."""
    first = timing.frame_at(clip.start, fps)
    return FrameRange(first, max(first, timing.frame_at(clip.end, fps) - 1))


def needed_ranges(timeline: Timeline, aspects: dict[str, str], fps: Fraction) -> dict[str, FrameRange]:
    """Per aspect the smallest range that covers all clips of its platforms.

    Parameters
    ----------
    aspects : dict
        Aspect of each platform that is wanted, by platform name.
    """
    ranges: dict[str, FrameRange] = {}
    for platform, aspect in aspects.items():
        one = clip_range(timeline.clips[platform], fps)
        have = ranges.get(aspect, one)
        ranges[aspect] = FrameRange(min(have.first, one.first), max(have.last, one.last))
    return ranges
