# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report shows of a file: a sheet of moments or the still made small, and the loudness over time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from ..jobs import Child, Progress, wait
from ..timeline import Clip, Timeline
from .probe import file_url

MOMENTS = 8
NEAREST = 0.4
"""Moments are at least this part of an eighth of the video apart."""
AFTER_S = 0.3
"""A part or a drop is shown this long after it begins."""
CURVE_POINTS = 600
SIDE = {True: (180, 8), False: (320, 4)}
"""Width of a moment in pixels and moments a row, for tall pictures and for others."""
STILL_WIDTH = 480

Steps = Generator[Progress, None, bytes]


def choose_moments(timeline: Timeline, clip: Clip, seconds: float) -> tuple[tuple[float, str], ...]:
    """Eight moments of a clip, in its own seconds: drops, then parts (both named), then what fills the gaps."""
    named = [(event.t - clip.start + AFTER_S, "Drop") for event in timeline.events if event.type == "drop"]
    for section in timeline.audio.sections:
        if section.end_time <= clip.start + AFTER_S:
            continue
        name = section.section_type.capitalize()
        named.append((max(0.0, section.start_time - clip.start) + AFTER_S, name))
    evenly = [(seconds * (index + 0.5) / MOMENTS, "") for index in range(MOMENTS)]
    chosen: list[tuple[float, str]] = []
    for moment in (*named, *evenly):
        apart = NEAREST * seconds / MOMENTS
        inside = 0 <= moment[0] < seconds - 1e-3
        if len(chosen) < MOMENTS and inside and all(abs(moment[0] - other) >= apart for other, _ in chosen):
            chosen.append(moment)
    return tuple(sorted(chosen))


def sheet_steps(
    ffmpeg: str,
    path: Path,
    moments: tuple[tuple[float, str], ...],
    shape: tuple[int, int],
    folder: Path,
    report: Callable[[], Progress],
) -> Steps:
    """A JPEG with the moments of a video, row by row; empty when they cannot be decoded.

    ``shape`` is the width and height of the video. Every moment is looked up on its own, so that a long video
    costs no more than a short one.
    """
    width, columns = SIDE[shape[1] > shape[0]]
    height = max(2, round(width * shape[1] / shape[0] / 2) * 2)
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y"]
    for second, _ in moments:
        command += ["-ss", f"{second:.3f}", "-i", file_url(path)]
    one = f"trim=end_frame=1,scale={width}:{height}:flags=area,setsar=1,setpts=N"
    graph = ";".join(f"[{i}:v:0]{one}[m{i}]" for i in range(len(moments)))
    joined = "".join(f"[m{i}]" for i in range(len(moments)))
    tiles = f"concat=n={len(moments)},tile={columns}x{-(-len(moments) // columns)}"
    graph += f";{joined}{tiles},scale=in_color_matrix=bt709:out_color_matrix=bt601:out_range=pc,format=yuvj420p[sheet]"
    command += ["-filter_complex", graph, "-map", "[sheet]"]
    return (yield from _jpeg(command, folder, report))


def small_steps(ffmpeg: str, path: Path, folder: Path, report: Callable[[], Progress]) -> Steps:
    """A still picture made small, as JPEG; empty when it cannot be decoded."""
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y"]
    command += ["-f", "jpeg_pipe", "-i", file_url(path), "-vf", f"scale={STILL_WIDTH}:-2:flags=area"]
    return (yield from _jpeg(command, folder, report))


def thin(curve: tuple[tuple[float, float, float], ...]) -> tuple[tuple[float, float, float], ...]:
    """At most :data:`CURVE_POINTS` points: of neighbours the loudest is kept."""
    step = -(-len(curve) // CURVE_POINTS) or 1
    return tuple(max(curve[i : i + step], key=lambda point: point[1]) for i in range(0, len(curve), step))


def _jpeg(command: list[str], folder: Path, report: Callable[[], Progress]) -> Steps:
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "picture.jpg"
    made.unlink(missing_ok=True)
    command = [*command, "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "5", "-flags:v", "+bitexact"]
    command += ["-fflags", "+bitexact", "-f", "image2", "-update", "1", made.name]
    code = yield from wait(Child(command, folder, name="FFmpeg"), report)
    return made.read_bytes() if code == 0 and made.is_file() else b""
