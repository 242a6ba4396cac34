# SPDX-License-Identifier: GPL-3.0-or-later
"""H.264 encoders: libx264 everywhere, graphics hardware where it is asked for and proves that it works.

FFmpeg lists hardware encoders that the machine does not have, so none is trusted before it has encoded two frames with
the very options of the job.

Conventions: pixels, frames per second, kb/s.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

from ..errors import EncodeError
from ..jobs import Progress, core_share
from .probe import file_url, probe
from .sound import Run

B_FRAMES = 2
PRESET, DRAFT_PRESET = "veryfast", "superfast"
_TRIAL_FRAMES = 2

# level, macroblocks of a frame and a second, kb/s and buffer in kb of High profile (ITU-T H.264, table A-1, times 1.25)
_LEVELS = (
    ("3.0", 1620, 40_500, 12_500, 12_500),
    ("3.1", 3600, 108_000, 17_500, 17_500),
    ("3.2", 5120, 216_000, 25_000, 25_000),
    ("4.0", 8192, 245_760, 25_000, 31_250),
    ("4.1", 8192, 245_760, 62_500, 78_125),
    ("4.2", 8704, 522_240, 62_500, 78_125),
    ("5.0", 22_080, 589_824, 168_750, 168_750),
    ("5.1", 36_864, 983_040, 300_000, 300_000),
    ("5.2", 36_864, 2_073_600, 300_000, 300_000),
)


@dataclass(frozen=True, slots=True)
class Target:
    """What an encoder must make: equal targets need one trial."""

    width: int
    height: int
    fps: Fraction
    gop: int
    crf: int
    max_kbps: int
    level: str
    is_draft: bool


@dataclass(frozen=True, slots=True)
class Encoder:
    """One of FFmpeg's H.264 encoders.

    ``first`` are options that stand before the inputs, ``upload`` filters that hand pictures to the hardware.
    """

    name: str
    label: str
    first: tuple[str, ...] = ()
    upload: str = ""

    def options(self, target: Target) -> list[str]:
        """Quality with a ceiling, closed GOPs of one length, High profile, the level, BT.709 tags."""
        rate = ["-maxrate", f"{target.max_kbps}k", "-bufsize", f"{buffer_kb(target)}k"]
        frames = ["-g", str(target.gop), "-bf", str(B_FRAMES)]
        quality = {
            "libx264": ["-preset", DRAFT_PRESET if target.is_draft else PRESET, "-crf", str(target.crf), *_threads()],
            "h264_nvenc": ["-preset", "p5", "-rc", "vbr", "-cq", str(target.crf + 3), "-b:v", "0"],
            "h264_qsv": ["-preset", "slower", "-b:v", _most_of(target)],
            "h264_amf": ["-quality", "quality", "-rc", "vbr_peak", "-b:v", _most_of(target)],
            "h264_vaapi": ["-rc_mode", "VBR", "-b:v", _most_of(target)],
            "h264_videotoolbox": ["-b:v", _most_of(target)],
        }[self.name]
        closed = {
            "libx264": ["-keyint_min", str(target.gop), "-sc_threshold", "0"],
            "h264_nvenc": ["-strict_gop", "1", "-no-scenecut", "1"],
        }.get(self.name, [])
        pixels = [] if self.upload else ["-pix_fmt", "yuv420p"]
        return [
            *("-c:v", self.name, *quality, "-profile:v", "high", "-level:v", target.level, *rate, *frames, *closed),
            *(*pixels, "-flags:v", "+cgop+bitexact", "-color_range", "tv", "-colorspace", "bt709"),
            *("-color_primaries", "bt709", "-color_trc", "bt709"),
        ]


X264 = Encoder("libx264", "x264")
_NVENC = Encoder("h264_nvenc", "NVIDIA NVENC")
_QSV = Encoder("h264_qsv", "Intel Quick Sync")
_AMF = Encoder("h264_amf", "AMD AMF")
_VIDEOTOOLBOX = Encoder("h264_videotoolbox", "Apple VideoToolbox")
_VAAPI = Encoder("h264_vaapi", "VA-API", ("-vaapi_device", "/dev/dri/renderD128"), "format=nv12,hwupload")
ALL = (_NVENC, _QSV, _AMF, _VIDEOTOOLBOX, _VAAPI)
"""Every hardware encoder that is known here."""
HARDWARE = {"darwin": (_VIDEOTOOLBOX,), "win32": (_NVENC, _QSV, _AMF)}.get(sys.platform, (_NVENC, _QSV, _VAAPI))
"""What is tried on this system, in this order."""


def least_level(width: int, height: int, fps: Fraction, max_kbps: int) -> str:
    """The lowest H.264 level that allows such pictures; the highest one when none does."""
    return level_for(width, height, fps, max_kbps) or _LEVELS[-1][0]


def level_for(width: int, height: int, fps: Fraction, max_kbps: int) -> str | None:
    """The lowest H.264 level from 3.0 to 5.2 that allows such pictures; None when none does."""
    blocks = ceil(width / 16) * ceil(height / 16)
    for level, of_frame, of_second, kbps, _ in _LEVELS:
        if blocks <= of_frame and blocks * fps <= of_second and max_kbps <= kbps:
            return level
    return None


def buffer_kb(target: Target) -> int:
    """Two seconds of the ceiling, or what the level allows."""
    allowed = next(buffer for level, *_, buffer in _LEVELS if level == target.level)
    return min(2 * target.max_kbps, allowed)


def choose(
    ffmpeg: str, wanted: str, target: Target, folder: Path, run: Run
) -> Generator[Progress, None, tuple[Encoder, str]]:
    """The encoder for a target, and why it is not the hardware that was asked for (``""`` when it is).

    Parameters
    ----------
    wanted : str
        ``x264``; ``hardware``; or ``auto``, which takes hardware where it works and says nothing where not.
    """
    if wanted == "x264":
        return X264, ""
    reasons = []
    for encoder in HARDWARE:
        why = yield from _trial(ffmpeg, encoder, target, folder, run)
        if not why:
            return encoder, ""
        reasons.append(f"{encoder.label}: {why}")
    return X264, "" if wanted == "auto" else f"No hardware encoder works here, x264 is used ({'; '.join(reasons)})."


def _trial(ffmpeg: str, encoder: Encoder, target: Target, folder: Path, run: Run) -> Generator[Progress, None, str]:
    """Encode two frames; why that is not what is wanted, or ``""``."""
    out = folder / f"{encoder.name}.mp4"
    out.unlink(missing_ok=True)
    graph = f"testsrc2=size={target.width}x{target.height}:rate={target.fps},format=yuv420p"
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y", *encoder.first]
    command += ["-f", "lavfi", "-i", graph, *(("-vf", encoder.upload) if encoder.upload else ())]
    command += ["-frames:v", str(_TRIAL_FRAMES), *encoder.options(target), "-f", "mp4", file_url(out)]
    code, child = yield from run(command, folder, f"Trying {encoder.label}")
    if code != 0 or not out.is_file():
        lines = [line.strip() for line in child.stderr_tail().splitlines() if line.strip()]
        return lines[0][:120] if lines else f"ended with code {code}"
    try:
        info = probe(ffmpeg, out, folder)
    except EncodeError as error:
        return error.message
    made = (info.video_codec, info.profile, info.pix_fmt, info.width, info.height, info.frame_count)
    if made != ("h264", "High", "yuv420p", target.width, target.height, _TRIAL_FRAMES):
        return f"it makes {' '.join(str(value) for value in made)}"
    return ""


def _threads() -> list[str]:
    """x264's own rule, three threads on two cores, for the cores that this process may keep busy."""
    share = core_share()
    return [] if share is None else ["-threads", str(max(1, share * 3 // 2))]


def _most_of(target: Target) -> str:
    """Average rate for encoders without a quality goal: most of the ceiling."""
    return f"{round(target.max_kbps * 0.75)}k"
