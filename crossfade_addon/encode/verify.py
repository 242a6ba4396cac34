# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify: every deliverable is opened again and measured against what its platform was promised.

Conventions: seconds, pixels, LUFS, dBTP. A failed check of advice does not fail the report.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ..errors import EncodeError
from ..jobs import Progress, run_quietly
from ..timeline import Clip
from . import loudness, manifest, texts
from .command import Recipe
from .job import Deliverables, EncodeJob
from .platforms import Platform
from .probe import MediaInfo, file_url, probe
from .report import Check, FileReport, Report, write_report

__all__ = ["Check", "FileReport", "Report", "verify", "verify_steps", "write_report"]

STAGE = "verify"
START_TOLERANCE_S = 0.001
LOUDNESS_TOLERANCE_LU = 1.0
HIGHEST_DBTP = -1.0
BLACK_LUMA = 1.5
"""Mean of 0..255 below which a picture counts as black."""
LARGEST_STILL_MB = 2.0
STILL_SIZES = {"thumbnail": (1280, 720), "cover": (1080, 1920)}


def verify(deliverables: Deliverables, job: EncodeJob) -> Report:
    """Measure every deliverable; never raises for a bad file, the report says what is wrong with it."""
    steps = verify_steps(deliverables, job)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def verify_steps(deliverables: Deliverables, job: EncodeJob) -> Generator[Progress, None, Report]:
    """The same as a generator, one step per file."""
    folder = job.work / STAGE
    known: dict[tuple[int, int], _Measured] = {}
    files = []
    for index, (key, path) in enumerate(deliverables.items()):
        yield Progress(STAGE, index / len(deliverables), f"Checking {path.name}")
        files.append(FileReport(key, path, tuple(_checks(key, path, job, folder, known))))
    yield Progress(STAGE, 1.0, f"{len(files)} files checked", 0.0)
    return Report(job.song_id, tuple(files))


@dataclass(frozen=True, slots=True)
class _Measured:
    """What one video file turned out to be; files that share their bytes are measured once."""

    info: MediaInfo
    level: loudness.Loudness | None
    first_luma: float
    middle_luma: float


def _checks(key: str, path: Path, job: EncodeJob, folder: Path, known: dict[tuple[int, int], _Measured]) -> list[Check]:
    if not path.is_file() or path.stat().st_size == 0:
        return [Check("File", "present", "missing or empty", False)]
    platform = job.platforms.get(key.removeprefix("video_")) if key.startswith("video_") else None
    try:
        if platform is not None:
            status = path.stat()
            identity = (status.st_dev, status.st_ino)
            if identity not in known:
                known[identity] = _measure(job.ffmpeg, path, folder)
            return video_checks(known[identity], platform, job.recipe(platform))
        if key in STILL_SIZES:
            return _still_checks(probe(job.ffmpeg, path, folder), STILL_SIZES[key])
    except EncodeError as error:
        return [Check("File", "readable", str(error), False)]
    text = path.read_bytes().decode("utf-8", errors="replace")
    if key in ("chapters", "description"):
        return list(texts.text_checks(key, text, job))
    if key in ("manifest", "manifest_json"):
        return list(manifest.manifest_checks(key, text, job))
    wanted = "WEBVTT" if path.suffix == ".vtt" else ""
    return [Check("Text", f"UTF-8 {wanted}".strip(), f"{len(text)} characters", text.startswith(wanted))]


def _measure(ffmpeg: str, path: Path, folder: Path) -> _Measured:
    info = probe(ffmpeg, path, folder)
    level = None
    if info.audio_codec:
        with contextlib.suppress(EncodeError):
            level = loudness.measure(ffmpeg, path, Clip(0.0, max(info.audio_duration, 0.1), ""), folder)
    middle = info.video_start + info.duration / 2
    return _Measured(info, level, _mean_luma(ffmpeg, path, 0.0, folder), _mean_luma(ffmpeg, path, middle, folder))


def _mean_luma(ffmpeg: str, path: Path, seconds: float, folder: Path) -> float:
    """Mean brightness, 0..255, of the picture at a moment; -1 when none could be decoded."""
    raw = folder / "luma.gray"
    raw.unlink(missing_ok=True)
    command = [ffmpeg, "-hide_banner", "-nostdin", "-y", "-ss", f"{seconds:.3f}", "-i", file_url(path)]
    command += ["-frames:v", "1", "-vf", "scale=64:64:flags=area,format=gray", "-f", "rawvideo", raw.name]
    run_quietly(command, folder, name="FFmpeg")
    pixels = raw.read_bytes() if raw.is_file() else b""
    return sum(pixels) / len(pixels) if pixels else -1.0


def video_checks(measured: _Measured, platform: Platform, recipe: Recipe) -> list[Check]:
    """All checks of one video."""
    info = measured.info
    frame_s = float(1 / recipe.fps)
    megabytes = info.size_bytes / 1e6
    colours = (info.colour_range, info.colour_space, info.primaries, info.transfer)
    checks = [
        _equal("Frame size", f"{platform.width}x{platform.height}", f"{info.width}x{info.height}"),
        _equal("Frames per second", str(recipe.fps), str(info.fps) if info.fps else "uneven"),
        _equal("Video codec", "h264 High yuv420p", f"{info.video_codec} {info.profile} {info.pix_fmt}"),
        _equal("Colour tags", "tv bt709 bt709 bt709", " ".join(tag or "none" for tag in colours)),
        _equal("Frame count", str(recipe.frame_count), str(info.frame_count)),
        Check("Key frames", "at most 1 s apart", f"{info.gop_s:.3f} s", info.gop_s <= 1 + frame_s),
        _equal(
            "Audio", "aac 48000 Hz, 2 channels", f"{info.audio_codec} {info.sample_rate} Hz, {info.channels} channels"
        ),
        _near("Video start", 0.0, info.video_start, START_TOLERANCE_S),
        _near("Audio start", 0.0, info.audio_start, START_TOLERANCE_S),
        _near("Video length", recipe.seconds, info.duration, frame_s / 2),
        _near("Audio length", recipe.seconds, info.audio_duration, frame_s),
        Check("Index first", "moov before mdat", "yes" if info.faststart else "no", info.faststart),
        _equal("Edit lists", "0", str(info.edit_lists)),
        Check("File size", f"at most {platform.max_mb:g} MB", f"{megabytes:.1f} MB", megabytes <= platform.max_mb),
        Check(
            "Length limit", f"at most {platform.max_s:g} s", f"{info.duration:.1f} s", info.duration <= platform.max_s
        ),
        _not_black("First picture", measured.first_luma),
        _not_black("Middle picture", measured.middle_luma),
    ]
    return checks + _level_checks(measured.level)


def _level_checks(level: loudness.Loudness | None) -> list[Check]:
    if level is None or level.lufs == float("-inf"):
        return [Check("Loudness", f"{loudness.TARGET_LUFS:g} LUFS", "silent", False, advice=True)]
    highest = loudness.TARGET_LUFS + LOUDNESS_TOLERANCE_LU
    lowest = loudness.TARGET_LUFS - LOUDNESS_TOLERANCE_LU
    # a song that stays quiet because its peaks leave no room is as loud as one gain can make it
    at_ceiling = level.true_peak_db >= loudness.CEILING_DBTP - LOUDNESS_TOLERANCE_LU
    loud_enough = lowest <= level.lufs <= highest or (level.lufs < lowest and at_ceiling)
    peak_ok = level.true_peak_db <= HIGHEST_DBTP
    return [
        Check("Loudness", f"{loudness.TARGET_LUFS:g} LUFS", f"{level.lufs:.1f} LUFS", loud_enough, advice=True),
        Check("True peak", f"at most {HIGHEST_DBTP:g} dBTP", f"{level.true_peak_db:.1f} dBTP", peak_ok, advice=True),
    ]


def _still_checks(info: MediaInfo, size: tuple[int, int]) -> list[Check]:
    megabytes = info.size_bytes / 1e6
    return [
        _equal("Picture size", f"{size[0]}x{size[1]}", f"{info.width}x{info.height}"),
        _equal("Format", "mjpeg", info.video_codec),
        Check("File size", f"at most {LARGEST_STILL_MB:g} MB", f"{megabytes:.2f} MB", megabytes <= LARGEST_STILL_MB),
    ]


def _equal(name: str, expected: str, measured: str) -> Check:
    return Check(name, expected, measured, expected == measured)


def _near(name: str, expected: float, measured: float, tolerance: float) -> Check:
    close = abs(expected - measured) <= tolerance + 1e-9
    return Check(name, f"{expected:.3f} s ± {tolerance * 1000:.0f} ms", f"{measured:.3f} s", close)


def _not_black(name: str, luma: float) -> Check:
    text = "none" if luma < 0 else f"mean {luma:.1f} of 255"
    return Check(name, f"mean over {BLACK_LUMA:g}", text, luma > BLACK_LUMA)
