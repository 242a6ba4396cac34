# SPDX-License-Identifier: GPL-3.0-or-later
"""The encoder that this project set out to beat, written anew from its description: the other side of ``encode.py``.

One platform after another, each from the vertical render: TikTok, Reels and Shorts get their captions burned in by a
first whole encode (FFmpeg's ``subtitles`` filter on a WebVTT file, with ``force_style``), then scaled and encoded again
at 5 Mb/s; YouTube is the vertical picture between black bars at 8 Mb/s, without captions; both with preset medium. A
thumbnail is grabbed. Where the description is silent, the choice is kind to it: the first encode has x264's own quality
(CRF 23) rather than 5 Mb/s, and the thumbnail, which failed at the end of a clip, is taken in its middle.
"""

from __future__ import annotations

from pathlib import Path

from crossfade_addon.jobs import run_quietly

STYLE = (
    "FontName=Montserrat,FontSize=72,PrimaryColour=&H00FFFFFF,OutlineColour=&H00000000,Outline=3,Shadow=0,"
    "Bold=1,Alignment=2,MarginV=80"
)
VERTICAL = ("tiktok", "reels", "shorts")
VERTICAL_RATE, WIDE_RATE = "5M", "8M"


def burn_filter(vtt: str) -> str:
    """The filter that draws the captions of a file in the working folder."""
    return f"subtitles={vtt}:force_style='{STYLE}'"


def fit_filter(width: int, height: int) -> str:
    """Scale into the picture, black bars around."""
    return f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2"


def encode_all(ffmpeg: str, raw: Path, audio: Path, vtt: str, seconds: float, folder: Path) -> dict[str, Path]:
    """Make the four videos and the thumbnail in ``folder``, which holds ``vtt``; paths by platform.

    Raises
    ------
    SystemExit
        When FFmpeg fails.
    """
    made = {}
    for platform in VERTICAL:
        burned = folder / f"temp_{platform}.mp4"
        _run(ffmpeg, folder, "-i", raw, "-vf", burn_filter(vtt), "-c:v", "libx264", "-preset", "medium", "-an", burned)
        made[platform] = folder / f"seed_{platform}.mp4"
        _variant(ffmpeg, burned, audio, seconds, fit_filter(1080, 1920), VERTICAL_RATE, made[platform], folder)
        burned.unlink()
    made["youtube"] = folder / "seed_youtube.mp4"
    _variant(ffmpeg, raw, audio, seconds, fit_filter(1920, 1080), WIDE_RATE, made["youtube"], folder)
    thumb = folder / "seed_thumb.jpg"
    _run(ffmpeg, folder, "-ss", f"{seconds / 2:.3f}", "-i", raw, "-frames:v", "1", "-q:v", "2", thumb)
    return made


def _variant(
    ffmpeg: str, source: Path, audio: Path, seconds: float, fit: str, rate: str, out: Path, folder: Path
) -> None:
    inputs = ["-i", source, "-i", audio, "-map", "0:v", "-map", "1:a", "-vf", fit]
    video = ["-c:v", "libx264", "-preset", "medium", "-b:v", rate, "-pix_fmt", "yuv420p"]
    sound = ["-c:a", "aac", "-b:a", "192k", "-t", f"{seconds:.3f}", "-movflags", "+faststart"]
    _run(ffmpeg, folder, *inputs, *video, *sound, out)


def _run(ffmpeg: str, folder: Path, *arguments: str | Path) -> None:
    command = [ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    code, _, complaint = run_quietly(command, folder, name="FFmpeg", timeout_s=3600)
    if code:
        raise SystemExit(f"FFmpeg failed: {complaint.strip()}")
