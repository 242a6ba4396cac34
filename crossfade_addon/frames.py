# SPDX-License-Identifier: GPL-3.0-or-later
"""What to render and what was rendered: plain data between the studio and the encoder."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from . import timing
from .errors import EncodeError
from .timeline import Clip, Timeline

PREFIX = "frame_"
DIGITS = 5
SUFFIX = ".png"


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
    first_frame: int
    count: int
    width: int
    height: int


def frame_path(folder: Path, frame: int) -> Path:
    """File of one frame."""
    return folder / f"{PREFIX}{frame:0{DIGITS}d}{SUFFIX}"


def on_disk(folder: Path, span: FrameRange) -> RenderedFrames:
    """The frames of an earlier render, when they are all there and whole.

    Raises
    ------
    EncodeError
        Naming the first missing frame.
    """
    for frame in range(span.first, span.last + 1):
        path = frame_path(folder, frame)
        if not path.is_file() or path.stat().st_size == 0:
            raise EncodeError(f"Frame {frame} is missing in '{folder}'.", hint="Render the show first.")
    width, height = png_size(frame_path(folder, span.first))
    return RenderedFrames(folder, span.first, span.count, width, height)


def png_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels from a PNG's header (ISO/IEC 15948, IHDR).

    Raises
    ------
    EncodeError
        When it is no PNG.
    """
    with path.open("rb") as file:
        header = file.read(24)
    if len(header) < 24 or header[:8] != b"\x89PNG\r\n\x1a\n":
        raise EncodeError(f"'{path}' is not a whole PNG picture.", hint="Render that frame again.")
    width, height = struct.unpack(">II", header[16:24])
    return width, height


def clip_range(clip: Clip, fps: Fraction) -> FrameRange:
    """The frames that show a clip; at least one."""
    first = timing.frame_at(clip.start, fps)
    return FrameRange(first, first + max(1, timing.frame_count(clip.duration, fps)) - 1)


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
