# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies as a source: a finished render in one file, instead of numbered pictures.

A movie's first picture is one scene frame and the rest follow it at the job's rate; what runs at another rate, or
unevenly, is brought to it by FFmpeg's ``fps`` filter.

Conventions: seconds, pixels; frames are scene frames, ``skip`` and ``keys`` count from the movie's first picture.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from ..errors import EncodeError
from ..frames import FrameRange
from ..jobs import Progress
from ..timing import FIRST_FRAME
from .frames import FrameSequence
from .probe import MediaInfo, file_url, probe_steps

STAGE = "encode"
_RATES = (*(Fraction(n * 1000, 1001) for n in (24, 30, 60)), *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 120)))
_SHAPE_TOLERANCE = 0.01
_LEAST_SIDE = 16
_CUT_SHORT = ("moov atom not found", "partial file", "File ended prematurely", "Packet corrupt", "truncated")


@dataclass(frozen=True, slots=True)
class MovieSource:
    """``count`` pictures of a movie from scene frame ``first_frame`` on; ``skip`` pictures come before them.

    The same role as :class:`.frames.FrameSequence`.

    Parameters
    ----------
    fps : Fraction
        The job's rate.
    width, height : int
        Size as it is shown: turned, and with square pixels.
    own_fps : Fraction
        The movie's own rate; 0 when its pictures are not evenly spaced.
    keys : tuple of int
        Key frames, in order of presentation.
    info : MediaInfo
        Everything else about the file.
    """

    file: Path
    first_frame: int
    count: int
    fps: Fraction
    width: int
    height: int
    skip: int
    own_fps: Fraction
    keys: tuple[int, ...] = field(repr=False)
    info: MediaInfo = field(repr=False)

    @property
    def is_straight(self) -> bool:
        """Whether every picture of the movie is one frame of the job."""
        return self.own_fps == self.fps

    @property
    def is_video(self) -> bool:
        """Whether its pictures are 8-bit 4:2:0 BT.709 video, upright and with square pixels, as they are delivered."""
        info = self.info
        tags = (info.pix_fmt, info.colour_range, info.colour_space)
        return tags == ("yuv420p", "tv", "bt709") and not info.rotation and info.sar in ("", "1:1", "0:1")

    def part(self, first_frame: int, count: int) -> MovieSource:
        """The same movie, only these frames.

        Raises
        ------
        EncodeError
            When the movie does not hold all of them.
        """
        end, own_end = first_frame + count, self.first_frame + self.count
        if first_frame < self.first_frame or end > own_end or count < 1:
            raise EncodeError(
                f"Frames {first_frame} to {end - 1} are needed, but {self.file.name} holds "
                f"{self.first_frame} to {own_end - 1}.",
                hint="Render the missing frames, or give a movie of the whole song.",
            )
        return replace(self, first_frame=first_frame, count=count, skip=self.skip + first_frame - self.first_frame)

    def inputs(self) -> list[str]:
        """FFmpeg's arguments that open the movie, at the first picture where it can be sought."""
        seek = []
        if self.skip and self.is_straight:  # half a frame early: no rounding of time stamps can lose the picture
            before = self.info.video_start - self.info.file_start
            seek = ["-ss", f"{max(0.0, before + float((self.skip - Fraction(1, 2)) / self.fps)):.6f}"]
        return [*seek, "-i", file_url(self.file)]

    def first_filters(self) -> list[str]:
        """Filters that make exactly these pictures, counted from 0 at the job's rate, with a known matrix."""
        steps = []
        if self.info.pix_fmt.startswith("yuv") and self.info.colour_space in ("", "unknown"):
            steps.append("setparams=colorspace=bt709")  # FFmpeg would take it for BT.601
        if not self.is_straight:
            # the last picture's own length is not always known: one more of it, should it be missing
            ends = f"tpad=stop_mode=clone:stop=1,trim=start_frame={self.skip}:end_frame={self.skip + self.count}"
            steps.append(f"fps={self.fps},{ends}")
        if self.info.sar not in ("", "1:1", "0:1"):
            steps.append(f"scale={self.width}:{self.height}:flags=lanczos")
        return [*steps, f"setpts=N/({self.fps}*TB)"]


Source = FrameSequence | MovieSource
"""Where pictures come from."""


def open_movie(
    ffmpeg: str, file: Path, aspect: str, fps: Fraction, span: FrameRange, folder: Path, *, first_frame: int = 0
) -> Generator[Progress, None, MovieSource]:
    """Measure a movie and place it in the song.

    Parameters
    ----------
    span : FrameRange
        The frames that are needed.
    first_frame : int
        Scene frame of its first picture. 0: its own length tells whether it is the whole song or just ``span``.

    Raises
    ------
    EncodeError
        When it cannot be read, is cut short, has another shape than ``aspect``, or not the frames that are needed.
    """
    if not file.is_file() or file.stat().st_size == 0:
        raise EncodeError(f"Movie {file} is missing or empty.", hint="Render it again.")
    looking = Progress(STAGE, 0.0, f"Looking at {file.name}")
    yield looking
    try:
        info = yield from probe_steps(ffmpeg, file, folder, lambda: looking)
    except EncodeError as error:
        if _CUT_SHORT[0] in str(error) or _said(folder):
            raise EncodeError(f"Movie {file} is cut short.", hint="Render or export it again.") from error
        raise EncodeError(f"Movie {error}", hint="Render or export it again.") from error
    if cut := _said(folder):
        raise EncodeError(f"Movie {file} is cut short ({cut}).", hint="Render or export it again.")
    width, height = _shown_size(info)
    if not info.video.starts or min(width, height) < _LEAST_SIDE:
        raise EncodeError(f"{file} holds no pictures.", hint="Give a movie.")
    across, down = (int(side) for side in aspect.split(":"))
    if abs(width * down / (height * across) - 1) > _SHAPE_TOLERANCE:
        raise EncodeError(
            f"{file.name} is {width} x {height}, which is not {aspect}.",
            hint=f"Give a {aspect} movie, for example {120 * across} x {120 * down}.",
        )
    starts, base = info.video.starts, info.video.base
    own = even_rate(starts, base, fps)
    ticks = starts[-1] + info.video.last_length - starts[0]
    count = len(starts) if own == fps else max(1, int(float(ticks * base * fps) + 0.5))
    if own != fps:
        runs = f"runs at {_rate(own)} frames a second" if own else "runs unevenly"
        yield Progress(STAGE, 0.0, f"{file.name} {runs}; brought to {_rate(fps)}", notice=True)
    keys = tuple(bisect_left(starts, key) for key in info.video.keys)
    source = MovieSource(file, first_frame or FIRST_FRAME, count, fps, width, height, 0, own, keys, info)
    return source if first_frame else _placed(source, span)


def _placed(source: MovieSource, span: FrameRange) -> MovieSource:
    """The movie as the whole song when it reaches to the last frame that is needed, else as just the needed part."""
    if span.last < FIRST_FRAME + source.count:
        return source
    if 0 <= source.count - span.count <= 1:
        return replace(source, first_frame=span.first)
    raise EncodeError(
        f"{source.file.name} holds {source.count} frames at {_rate(source.fps)} a second. The videos need frames "
        f"{span.first} to {span.last} of the song.",
        hint=f"Give a movie of the whole song up to there, or of just these {span.count} frames.",
    )


def even_rate(starts: Sequence[int], base: Fraction, wanted: Fraction) -> Fraction:
    """The rate of pictures that lie within a tick of it (files that count milliseconds round); 0 when there is none."""
    ticks = starts[-1] - starts[0]
    if ticks <= 0:
        return wanted
    average = (len(starts) - 1) / (ticks * base)
    for rate in dict.fromkeys((wanted, *_RATES, average.limit_denominator(1001))):
        step = float(1 / (rate * base))
        if abs(step * (len(starts) - 1) - ticks) <= 1 and all(
            abs(start - starts[0] - index * step) <= 1 + 1e-6 for index, start in enumerate(starts)
        ):
            return rate
    return Fraction(0)


def _shown_size(info: MediaInfo) -> tuple[int, int]:
    width, height = info.width, info.height
    across, _, down = info.sar.partition(":")
    if across.isdigit() and down.isdigit() and int(across) and int(down):
        width = round(width * int(across) / int(down))
    return (height, width) if info.rotation in (90, 270) else (width, height)


def _said(folder: Path) -> str:
    """What the reader said about a file that ends too early."""
    text = (folder / "stderr.txt").read_text(encoding="utf-8", errors="replace")
    return next((phrase for phrase in _CUT_SHORT if phrase in text), "")


def _rate(fps: Fraction) -> str:
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")
