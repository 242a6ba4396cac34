# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn what an FFmpeg can do, and measure media files with it (no ffprobe: it is often not there).

Conventions: times are seconds, sizes bytes; a file is always handed over as ``file:<absolute path>`` so
that no character of its name means anything to FFmpeg.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..content import mark
from ..errors import EncodeError, ToolMissing
from ..ffmpeg import HOW_TO_GET
from ..jobs import Child, Progress, run_quietly, wait
from .boxes import Layout, read_layout
from .packets import Packets, read_packets

OLDEST = (5, 1)
"""First release with ``-fps_mode``."""
FULL_BUILD = "Use a full build, for example the one in the Python package imageio-ffmpeg."


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
    between key frames, ``open_gops`` how many key frames have pictures that follow them in the file and are
    shown before them, ``b_frames`` the longest run of B-frames. ``peak_kbps`` is the highest video rate of any
    second. ``scan`` is ``progressive``, another field order or ``""``, ``sar`` the shape of a pixel as ``1:1``.
    ``streams`` are the kinds of all streams in order. ``faststart``, ``edit_lists`` and the ``layout`` are read
    from the MP4 boxes. ``rotation`` is how far players turn the picture, in degrees, ``file_start`` the earliest
    moment of any stream, ``video`` the packets of the pictures.
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
    scan: str
    sar: str
    frame_count: int
    video_start: float
    duration: float
    gop_s: float
    open_gops: int
    b_frames: int
    video_kbps: float
    peak_kbps: float
    audio_codec: str
    audio_profile: str
    sample_rate: int
    channels: int
    audio_start: float
    audio_duration: float
    audio_kbps: float
    streams: tuple[str, ...]
    size_bytes: int
    faststart: bool
    edit_lists: int
    layout: Layout
    rotation: int
    file_start: float
    video: Packets


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
    program = (ffmpeg, *mark(Path(ffmpeg)))
    info = _known.get(program)
    if info is None:
        info = _known[program] = _asked(ffmpeg, folder)
    version = info.version
    needs = [
        (info.has_libx264, "the H.264 encoder libx264"),
        (info.has_aac, "the AAC encoder"),
        (info.has_ebur128, "the loudness meter ebur128"),
    ]
    if needs_captions:
        needs.append((info.has_libass, "libass, which draws captions"))
    for there, part in needs:
        if not there:
            hint = f"{FULL_BUILD} Or switch captions off." if "libass" in part else FULL_BUILD
            raise ToolMissing(f"FFmpeg {version} ({ffmpeg}) was built without {part}.", hint=hint)
    return info


_known: dict[tuple[str, int, int], FfmpegInfo] = {}
"""Programs that were asked, by path, size and time: every stage of every job wants to know."""


def _asked(ffmpeg: str, folder: Path) -> FfmpegInfo:
    version = _version(ffmpeg, folder)
    encoders = _names(ffmpeg, "-encoders", folder)
    filters = _names(ffmpeg, "-filters", folder)
    return FfmpegInfo(
        path=ffmpeg,
        version=version,
        has_libx264="libx264" in encoders,
        has_aac="aac" in encoders,
        has_libass="ass" in filters,
        has_ebur128="ebur128" in filters,
    )


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


def version_steps(ffmpeg: str, folder: Path, report: Callable[[], Progress]) -> Generator[Progress, None, str]:
    """What FFmpeg calls its version, in steps; empty when it says none."""
    child = Child([ffmpeg, "-hide_banner", "-version"], folder, name="FFmpeg")
    yield from wait(child, report)
    found = re.match(r"ffmpeg version (\S+)", child.stdout())
    return found[1] if found else ""


def probe(ffmpeg: str, file: Path, folder: Path) -> MediaInfo:
    """Measure a media file by reading all its packets without decoding them.

    Raises
    ------
    EncodeError
        When FFmpeg cannot read it.
    """
    code, packets, text = run_quietly(_command(ffmpeg, file), folder, name="FFmpeg", timeout_s=600)
    reading = read_packets(packets)
    while True:
        try:
            next(reading)
        except StopIteration as end:
            return _media_info(file, code, text, end.value)


def probe_steps(
    ffmpeg: str, file: Path, folder: Path, report: Callable[[], Progress]
) -> Generator[Progress, None, MediaInfo]:
    """The same in steps, while the child process runs and its packets are read.

    Raises
    ------
    EncodeError
        When FFmpeg cannot read it.
    """
    child = Child(_command(ffmpeg, file), folder, name="FFmpeg")
    code = yield from wait(child, report)
    reading = read_packets(child.stdout())
    while True:
        try:
            next(reading)
        except StopIteration as end:
            text = child.stderr_path.read_text(encoding="utf-8", errors="replace")
            return _media_info(file, code, text, end.value)
        yield report()


def _command(ffmpeg: str, file: Path) -> list[str]:
    # the reader that FFmpeg picks for pictures would take a % in the name for a frame number
    reader = ["-f", "jpeg_pipe"] if file.suffix.lower() in (".jpg", ".jpeg") else []
    command = [ffmpeg, "-hide_banner", "-nostdin", "-copyts", *reader, "-i", file_url(file)]
    return [*command, "-map", "0:v:0?", "-map", "0:a:0?", "-c", "copy", "-f", "framecrc", "-"]


def _media_info(file: Path, code: int, text: str, streams: dict[str, Packets]) -> MediaInfo:
    if code != 0:
        lines = [line for line in text.splitlines() if line.strip()]
        raise EncodeError(f"{file} cannot be read: {lines[-1] if lines else 'no output'}.")
    text = text.split("Output #0")[0]
    video_line, audio_line = _stream_line(text, "Video"), _stream_line(text, "Audio")
    video, audio = streams.get("video", _NOTHING), streams.get("audio", _NOTHING)
    layout = read_layout(file)
    container = re.search(r"Input #0, (\S+), from", text)
    size = re.search(r", (\d+)x(\d+)", video_line)
    shape = re.search(r"\[SAR (\d+:\d+) ", video_line)
    pix_fmt, colour, scan = _pixels(video_line)
    codec = re.match(r"(\w+)(?: \(([^)]*)\))?", video_line)
    sound = re.match(r"(\w+)(?: \(([^)]*)\))?", audio_line)
    rate = re.search(r"(\d+) Hz, ([^,]+)", audio_line)
    turned = re.search(r"displaymatrix: rotation of (-?[\d.]+)", text)
    file_start = re.search(r"Duration: .*?, start: (-?[\d.]+)", text)
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
        scan=scan,
        sar=shape[1] if shape else "",
        frame_count=len(video.starts),
        video_start=video.start(),
        duration=video.duration(),
        gop_s=video.gop(),
        open_gops=video.open_gops,
        b_frames=video.b_frames,
        video_kbps=video.kbps(),
        peak_kbps=video.peak_kbps(),
        audio_codec=sound[1] if sound else "",
        audio_profile=sound[2] or "" if sound else "",
        sample_rate=int(rate[1]) if rate else 0,
        channels=_channels(rate[2]) if rate else 0,
        audio_start=audio.start(),
        audio_duration=audio.duration(),
        audio_kbps=audio.kbps(),
        streams=tuple(kind.lower() for kind in re.findall(r"^\s*Stream #0:\d.*?: (\w+): ", text, re.MULTILINE)),
        size_bytes=file.stat().st_size,
        faststart=layout.faststart,
        edit_lists=layout.edit_lists,
        layout=layout,
        rotation=round(float(turned[1])) % 360 if turned else 0,
        file_start=float(file_start[1]) if file_start else 0.0,
        video=video,
    )


_NOTHING = Packets(Fraction(1), (), (), 0, (), 0, 0)


def _stream_line(text: str, kind: str) -> str:
    match = re.search(rf"^\s*Stream #0:\d.*?: {kind}: (.*)$", text, flags=re.MULTILINE)
    return match[1] if match else ""


def _pixels(line: str) -> tuple[str, tuple[str, str, str, str], str]:
    """Pixel format, (range, space, primaries, transfer) and field order from FFmpeg's line about a video stream.

    FFmpeg writes ``yuv420p(tv, bt709, progressive)``, and ``space/primaries/transfer`` when those differ.
    """
    match = re.search(r", (\w+)\(([^)]*)\), \d+x\d+", line) or re.search(r", (\w+)(), \d+x\d+", line)
    if match is None:
        return "", ("", "", "", ""), ""
    notes = [note.strip() for note in match[2].split(",")]
    colour_range = next((note for note in notes if note in ("tv", "pc")), "")
    orders = ("progressive", "top first", "bottom first", "top coded first (swapped)", "bottom coded first (swapped)")
    scan = next((note for note in notes if note in orders), "")
    rest = [note for note in notes if note and note != colour_range and note not in orders]
    names = rest[0].split("/") if rest else []
    if len(names) == 1:
        names *= 3
    space, primaries, transfer = names if len(names) == 3 else ("", "", "")
    return match[1], (colour_range, space, primaries, transfer), scan


def _channels(layout: str) -> int:
    named = {"mono": 1, "stereo": 2, "5.1": 6, "5.1(side)": 6, "7.1": 8, "quad": 4}
    layout = layout.strip()
    number = re.match(r"(\d+) channels", layout)
    return int(number[1]) if number else named.get(layout, 0)
