# SPDX-License-Identifier: GPL-3.0-or-later
"""Loudness: measured by EBU R 128 / ITU-R BS.1770 (FFmpeg's ebur128); ``sound.py`` corrects it.

Conventions: LUFS, dBTP and dB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import EncodeError
from ..jobs import run_quietly
from ..timeline import Clip
from .probe import file_url

SILENCE_LUFS = -69.9
"""The meter's absolute gate: nothing above it was heard."""
SAMPLE_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness and true peak; both are ``-inf`` for silence."""

    lufs: float
    true_peak_db: float


def stereo_part(start: float, end: float, rate: int = SAMPLE_RATE) -> str:
    """Filters that cut a part of the song, counted from its first sample, as stereo floats of ``rate`` Hz."""
    return (
        f"asetpts=N/SR/TB,atrim=start={start:.6f}:end={end:.6f},"
        f"aformat=sample_fmts=fltp:sample_rates={rate}:channel_layouts=stereo,asetpts=N/SR/TB"
    )


def measure_command(ffmpeg: str, audio: Path, start: float, end: float) -> list[str]:
    """The command whose standard error :func:`parse_summary` reads."""
    graph = f"{stereo_part(start, end)},ebur128=peak=true:framelog=verbose"
    return [
        *(ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-i", file_url(audio)),
        *("-map", "0:a:0", "-af", graph, "-f", "null", "-"),
    ]


def parse_summary(text: str) -> Loudness:
    """The numbers in the meter's summary.

    Raises
    ------
    EncodeError
        When there is no summary.
    """
    lufs = re.findall(r"I:\s+(-?[\d.]+|-inf|nan) LUFS", text)
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf|nan) dBFS", text)
    if not lufs or not peak:
        raise EncodeError("The loudness of the song could not be measured.", hint="Check that the audio file plays.")
    level = float(lufs[-1])
    if not level > SILENCE_LUFS:  # also for nan
        return Loudness(float("-inf"), float("-inf"))
    return Loudness(level, float(peak[-1]))


def measure(ffmpeg: str, audio: Path, clip: Clip, folder: Path) -> Loudness:
    """Loudness of a part of the song. ``folder`` receives FFmpeg's output.

    Raises
    ------
    EncodeError
        When the audio cannot be read.
    """
    command = measure_command(ffmpeg, audio, clip.start, clip.end)
    code, _, text = run_quietly(command, folder, name="FFmpeg", timeout_s=900)
    if code != 0:
        lines = [line for line in text.splitlines() if line.strip()]
        raise EncodeError(f"Audio {audio} cannot be read: {lines[-1] if lines else 'no output'}.")
    return parse_summary(text)
