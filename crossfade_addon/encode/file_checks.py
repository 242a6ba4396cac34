# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of everything that is no video: stills, texts, and what lies in the folder (pixels, megabytes)."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from ..jobs import Child, Progress, wait
from .job import EncodeJob
from .platforms import Cover
from .probe import MediaInfo, file_url
from .report import AGAIN, Check
from .written import unfinished

BLACK_LUMA = 1.5
"""Mean of 0..255 below which a picture of a film counts as black: shows may begin in the dark, not in nothing."""


def luma_steps(ffmpeg: str, path: Path, folder: Path) -> Generator[Progress, None, float]:
    """Mean brightness, 0..255, of the first picture of a file; -1 when none could be decoded."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = folder / "luma.gray"
    raw.unlink(missing_ok=True)
    command = [ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-i", file_url(path)]
    command += ["-frames:v", "1", "-vf", "scale=64:64:flags=area,format=gray", "-f", "rawvideo", raw.name]
    progress = Progress("verify", 0.0, f"Looking at {path.name}")
    yield from wait(Child(command, folder, name="FFmpeg"), lambda: progress)
    pixels = raw.read_bytes() if raw.is_file() else b""
    return sum(pixels) / len(pixels) if pixels else -1.0


def format_check(path: Path) -> Check:
    """A still must be a JPEG by its bytes, not only by its name."""
    with path.open("rb") as file:
        head = file.read(12)
    kinds = {b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"RIFF": "WebP", b"GIF8": "GIF"}
    kind = next((name for start, name in kinds.items() if head.startswith(start)), "unknown")
    return Check("Picture format", "JPEG", kind, kind == "JPEG", fix=AGAIN)


def still_file_checks(info: MediaInfo, cover: Cover) -> list[Check]:
    """Size and bytes of a still."""
    megabytes = info.size_bytes / 1e6
    size, found = f"{cover.width}x{cover.height}", f"{info.width}x{info.height}"
    smaller = "Encode again; another program may have saved it larger."
    limit = f"at most {cover.max_mb:g} MB"
    return [
        Check("Picture size", size, found, size == found, fix=AGAIN),
        Check("Picture bytes", limit, f"{megabytes:.2f} MB", megabytes <= cover.max_mb, fix=smaller),
    ]


def first_picture_check(luma: float) -> Check:
    """The first picture is what many apps show before a video plays."""
    text = "none" if luma < 0 else f"mean {luma:.1f} of 255"
    fix = "Start the clip where the show is lit (--clip)."
    return Check("First picture", f"mean over {BLACK_LUMA:g}", text, luma > BLACK_LUMA, fix=fix)


def text_checks(raw: bytes) -> list[Check]:
    """A text file that people or platforms read."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return [Check("Text", "UTF-8", f"byte {error.start} is not UTF-8", False, fix=AGAIN)]
    is_clean = bool(text.strip()) and "\0" not in text
    return [Check("Text", "UTF-8, not empty", f"{len(text)} characters", is_clean, fix=AGAIN)]


def folder_checks(job: EncodeJob) -> list[Check]:
    """Nothing half made may lie beside the finished files."""
    parts = [part.name for part in unfinished(job)]
    fix = "Another job may still be writing; if none is, delete these files."
    return [Check("Leftovers", "no .part files", ", ".join(parts) or "none", not parts, fix=fix)]
