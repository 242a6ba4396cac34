# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn what an FFmpeg can do, and measure media files with it (no ffprobe: it is often not there).

Conventions: times are seconds, sizes bytes; a file is always handed over as ``file:<absolute path>`` so
that no character of its name means anything to FFmpeg.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from ..errors import EncodeError, ToolMissing
from ..ffmpeg import HOW_TO_GET
from ..jobs import run_quietly
from .boxes import read_layout

OLDEST = (5, 1)
"""First release with ``-fps_mode``."""
_FULL_BUILD = "Use a full build, for example the one in the Python package imageio-ffmpeg."


@dataclass(frozen=True, slots=True)
class FfmpegInfo:
    """One FFmpeg program and the parts of it that matter here."""

    path: str
    version: str
    has_libx264: bool
    has_aac: bool
    has_libass: bool
    has_ebur128: bool


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file is. Fields of a stream that is not there are ``""``, 0 or ``Fraction(0)``.

    ``fps`` is exact, and 0 when the frames are not evenly spaced. ``gop_s`` is the longest distance
    between key frames. ``faststart`` and ``edit_lists`` are read from the MP4 boxes.
    """

    container: str
    video_codec: str
    profile: str
    pix_fmt: str
    width: int
    height: int
    fps: Fraction
    colour_range: str
    colour_space: str
    primaries: str
    transfer: str
    frame_count: int
    video_start: float
    duration: float
    gop_s: float
    audio_codec: str
    sample_rate: int
    channels: int
    audio_start: float
    audio_duration: float
    size_bytes: int
    faststart: bool
    edit_lists: int


def file_url(path: Path) -> str:
    """The name under which FFmpeg opens a path, whatever characters it holds."""
    return f"file:{path.absolute()}"


def check_ffmpeg(ffmpeg: str, folder: Path, *, needs_captions: bool) -> FfmpegInfo:
    """What this FFmpeg can do, when that is enough for the job. ``folder`` receives its output.

    Raises
    ------
    ToolMissing
        When it is not FFmpeg, is too old, or lacks a part; names the part and the remedy.
    """
    version = _version(ffmpeg, folder)
    encoders = _names(ffmpeg, "-encoders", folder)
    filters = _names(ffmpeg, "-filters", folder)
    info = FfmpegInfo(
        path=ffmpeg,
        version=version,
        has_libx264="libx264" in encoders,
        has_aac="aac" in encoders,
        has_libass="ass" in filters,
        has_ebur128="ebur128" in filters,
    )
    needs = [
        (info.has_libx264, "the H.264 encoder libx264"),
        (info.has_aac, "the AAC encoder"),
        (info.has_ebur128, "the loudness meter ebur128"),
    ]
    if needs_captions:
        needs.append((info.has_libass, "libass, which draws captions"))
    for there, part in needs:
        if not there:
            hint = f"{_FULL_BUILD} Or switch captions off." if "libass" in part else _FULL_BUILD
            raise ToolMissing(f"FFmpeg {version} ({ffmpeg}) was built without {part}.", hint=hint)
    return info


def _version(ffmpeg: str, folder: Path) -> str:
    code, out, _ = run_quietly([ffmpeg, "-hide_banner", "-version"], folder, name="FFmpeg", timeout_s=30)
    match = re.match(r"ffmpeg version (\S+)", out)
    if code != 0 or match is None:
        raise ToolMissing(f"'{ffmpeg}' is not FFmpeg, or cannot run here.", hint=HOW_TO_GET)
    version = match[1]
    number = re.match(r"n?(\d+)\.(\d+)", version)
    if number and (int(number[1]), int(number[2])) < OLDEST:  # builds from a revision carry no such number
        wanted = ".".join(map(str, OLDEST))
        raise ToolMissing(f"FFmpeg {version} ({ffmpeg}) is too old; {wanted} or newer is needed.", hint=HOW_TO_GET)
    return version


def _names(ffmpeg: str, what: str, folder: Path) -> set[str]:
    """Second column of FFmpeg's tables of encoders and filters."""
    _, out, _ = run_quietly([ffmpeg, "-hide_banner", what], folder, name="FFmpeg", timeout_s=30)
    return {fields[1] for line in out.splitlines() if len(fields := line.split()) > 1}


def probe(ffmpeg: str, file: Path, folder: Path) -> MediaInfo:
    """Measure a media file by reading all its packets without decoding them.

    Raises
    ------
    EncodeError
        When FFmpeg cannot read it.
    """
    # the reader that FFmpeg picks for pictures would take a % in the name for a frame number
    reader = ["-f", "jpeg_pipe"] if file.suffix.lower() in (".jpg", ".jpeg") else []
    command = [ffmpeg, "-hide_banner", "-nostdin", "-copyts", *reader, "-i", file_url(file)]
    command += ["-map", "0:v:0?", "-map", "0:a:0?", "-c", "copy", "-f", "framecrc", "-"]
    code, packets, text = run_quietly(command, folder, name="FFmpeg", timeout_s=600)
    if code != 0:
        lines = [line for line in text.splitlines() if line.strip()]
        raise EncodeError(f"{file} cannot be read: {lines[-1] if lines else 'no output'}.")
    text = text.split("Output #0")[0]
    video_line, audio_line = _stream_line(text, "Video"), _stream_line(text, "Audio")
    streams = _streams(packets)
    video, audio = streams.get("video", _NOTHING), streams.get("audio", _NOTHING)
    layout = read_layout(file)
    container = re.search(r"Input #0, (\S+), from", text)
    size = re.search(r", (\d+)x(\d+)", video_line)
    pix_fmt, colour = _pixels(video_line)
    codec = re.match(r"(\w+)(?: \(([^)]*)\))?", video_line)
    rate = re.search(r"(\d+) Hz, ([^,]+)", audio_line)
    return MediaInfo(
        container=container[1] if container else "",
        video_codec=codec[1] if codec else "",
        profile=codec[2] or "" if codec else "",
        pix_fmt=pix_fmt,
        width=int(size[1]) if size else 0,
        height=int(size[2]) if size else 0,
        fps=video.rate(),
        colour_range=colour[0],
        colour_space=colour[1],
        primaries=colour[2],
        transfer=colour[3],
        frame_count=len(video.starts),
        video_start=video.start(),
        duration=video.duration(),
        gop_s=video.gop(),
        audio_codec=audio_line.split(",")[0].split(" (")[0],
        sample_rate=int(rate[1]) if rate else 0,
        channels=_channels(rate[2]) if rate else 0,
        audio_start=audio.start(),
        audio_duration=audio.duration(),
        size_bytes=file.stat().st_size,
        faststart=layout.faststart,
        edit_lists=layout.edit_lists,
    )


@dataclass(frozen=True, slots=True)
class _Packets:
    """Packets of one stream in order of presentation; starts and lengths in units of ``base`` seconds."""

    base: Fraction
    starts: tuple[int, ...]
    last_length: int
    keys: tuple[int, ...]

    def start(self) -> float:
        return float(self.starts[0] * self.base) if self.starts else 0.0

    def duration(self) -> float:
        return float((self.starts[-1] + self.last_length - self.starts[0]) * self.base) if self.starts else 0.0

    def rate(self) -> Fraction:
        steps = {b - a for a, b in pairwise(self.starts)} or {self.last_length}
        return 1 / (steps.pop() * self.base) if len(steps) == 1 and self.starts and 0 not in steps else Fraction(0)

    def gop(self) -> float:
        edges = [*self.keys, self.starts[-1] + self.last_length] if self.starts else []
        return float(max((b - a for a, b in pairwise(edges)), default=0) * self.base)


_NOTHING = _Packets(Fraction(1), (), 0, ())


def _streams(packets: str) -> dict[str, _Packets]:
    """Video and audio packets from the text of FFmpeg's framecrc writer.

    A line is ``stream, dts, pts, duration, size, checksum``, and ``F=0x0`` follows when it is no key frame.
    """
    bases: dict[str, Fraction] = {}
    kinds: dict[str, str] = {}
    rows: dict[str, list[tuple[int, int, bool]]] = {}
    for line in packets.splitlines():
        if head := re.match(r"#(tb|media_type) (\d+): (\S+)", line):
            if head[1] == "tb":
                bases[head[2]] = Fraction(head[3])
            else:
                kinds[head[2]] = head[3]
        elif not line.startswith("#"):
            fields = [field.strip() for field in line.split(",")]
            if len(fields) >= 6:
                is_key = "F=0x0" not in fields[6:]
                rows.setdefault(fields[0], []).append((int(fields[2]), int(fields[3]), is_key))
    streams = {}
    for stream, packets_of in rows.items():
        packets_of.sort()
        keys = tuple(start for start, _, is_key in packets_of if is_key)
        starts = tuple(start for start, _, _ in packets_of)
        streams[kinds.get(stream, "")] = _Packets(bases[stream], starts, packets_of[-1][1], keys)
    return streams


def _stream_line(text: str, kind: str) -> str:
    match = re.search(rf"^\s*Stream #0:\d.*?: {kind}: (.*)$", text, flags=re.MULTILINE)
    return match[1] if match else ""


def _pixels(line: str) -> tuple[str, tuple[str, str, str, str]]:
    """Pixel format and (range, space, primaries, transfer) from FFmpeg's line about a video stream.

    FFmpeg writes ``yuv420p(tv, bt709, progressive)``, and ``space/primaries/transfer`` when those differ.
    """
    match = re.search(r", (\w+)\(([^)]*)\), \d+x\d+", line) or re.search(r", (\w+)(), \d+x\d+", line)
    if match is None:
        return "", ("", "", "", "")
    notes = [note.strip() for note in match[2].split(",")]
    colour_range = next((note for note in notes if note in ("tv", "pc")), "")
    fields = ("progressive", "top first", "bottom first", "top coded first (swapped)", "bottom coded first (swapped)")
    rest = [note for note in notes if note and note != colour_range and note not in fields]
    names = rest[0].split("/") if rest else []
    if len(names) == 1:
        names *= 3
    space, primaries, transfer = names if len(names) == 3 else ("", "", "")
    return match[1], (colour_range, space, primaries, transfer)


def _channels(layout: str) -> int:
    named = {"mono": 1, "stereo": 2, "5.1": 6, "5.1(side)": 6, "7.1": 8, "quad": 4}
    layout = layout.strip()
    number = re.match(r"(\d+) channels", layout)
    return int(number[1]) if number else named.get(layout, 0)
