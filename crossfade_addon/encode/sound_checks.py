# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivered sound, decoded again and measured: loudness over time, true peak, decoding errors.

Conventions: LUFS, dBTP, seconds. EBU R 128 / ITU-R BS.1770, by FFmpeg's ebur128 on the decoded AAC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from ..errors import EncodeError
from ..jobs import Child, Progress, wait
from .loudness import parse_summary
from .platforms import Platform
from .probe import MediaInfo, file_url
from .report import AGAIN, Check

TOLERANCE_LU = 1.0
RATE_TOLERANCE = 1.1
"""How far an AAC encoder may miss its rate."""
PRIMING_S = 1024 / 48_000
_LINE = re.compile(r"\bt:\s*([\d.]+).*?\bM:\s*(\S+)\s+S:\s*(\S+)")
_ERROR = re.compile(r"\[(error|fatal)\]")


@dataclass(frozen=True, slots=True)
class Sound:
    """What the meter heard.

    ``lufs`` and ``true_peak_db`` are of the whole, ``-inf`` for silence. ``curve`` is (second, momentary,
    short-term) ten times a second. ``errors`` counts complaints of the decoder.
    """

    lufs: float
    true_peak_db: float
    curve: tuple[tuple[float, float, float], ...]
    errors: int


def sound_steps(
    ffmpeg: str, path: Path, folder: Path, report: Callable[[], Progress]
) -> Generator[Progress, None, Sound | None]:
    """Decode and measure; None when there is nothing to hear at all."""
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info", "-i", file_url(path)]
    command += ["-map", "0:a:0", "-af", "ebur128=peak=true:dualmono=1", "-f", "null", "-"]
    child = Child(command, folder, name="FFmpeg")
    yield from wait(child, report)
    text = child.stderr_path.read_text(encoding="utf-8", errors="replace")
    try:
        level = parse_summary(text)
    except EncodeError:
        return None
    curve = tuple((float(m[1]), _level(m[2]), _level(m[3])) for m in _LINE.finditer(text))
    return Sound(level.lufs, level.true_peak_db, curve, len(_ERROR.findall(text)))


def sound_checks(
    info: MediaInfo, sound: Sound | None, platform: Platform, seconds: float, *, as_is: bool = False
) -> list[Check]:
    """All checks of a video's sound. ``as_is``: it was asked for at its own level."""
    if platform.audio == "none":
        return [Check("Sound", "none", info.audio_codec or "none", not info.audio_codec, fix=AGAIN)]
    track = info.layout.of("soun")
    kind = f"{info.audio_codec} {info.audio_profile}".strip()
    is_lc = info.audio_codec == "aac" and (track is None or track.object_type in (0, 2))
    highest = platform.audio_kbps * RATE_TOLERANCE
    length_tolerance = max(float(1 / info.fps) if info.fps else 0.0, PRIMING_S)
    checks = [
        Check("Audio codec", "aac LC", kind or "none", is_lc and info.audio_profile == "LC", fix=AGAIN),
        _equal("Sample rate", f"{platform.sample_rate} Hz", f"{info.sample_rate} Hz"),
        _equal("Channels", "2", str(info.channels)),
        Check(
            "Audio rate",
            f"at most {platform.audio_kbps} kb/s (+10 %)",
            f"{info.audio_kbps:.0f} kb/s",
            info.audio_kbps <= highest,
            fix=AGAIN,
        ),
        near("Audio start", 0.0, info.audio_start, 0.001, AGAIN),
        near("Audio length", seconds, info.audio_duration, length_tolerance, AGAIN),
    ]
    errors = sound.errors if sound else 1
    again = f"The file is damaged. {AGAIN}"
    checks.append(
        Check("Sound decodes", "no errors", f"{errors} errors" if errors else "no errors", not errors, fix=again)
    )
    return checks + _level_checks(sound, platform, as_is=as_is)


def _level_checks(sound: Sound | None, platform: Platform, *, as_is: bool) -> list[Check]:
    is_heard = sound is not None and sound.lufs != float("-inf")
    quiet = "The song is silent here: choose another part, or check the audio file."
    checks = [Check("Sound", "not silent", "heard" if is_heard else "silent", is_heard, fix=quiet)]
    if sound is None or not is_heard:
        return checks
    highest, lowest = platform.lufs + TOLERANCE_LU, platform.lufs - TOLERANCE_LU
    # a song that stays quiet because its peaks leave no room is as loud as one gain can make it
    at_ceiling = sound.true_peak_db >= platform.ceiling_dbtp - TOLERANCE_LU
    has_reason = sound.lufs < lowest and at_ceiling
    said = f"{sound.lufs:.1f} LUFS" + (", its peaks leave no more room" if has_reason else "")
    wanted = f"{platform.lufs:g} LUFS ± {TOLERANCE_LU:g}, or as loud as the peaks allow"
    loud = "Encode again with the default loudness; the platform turns louder files down and leaves quieter ones quiet."
    peak = "Encode again with the default loudness: peaks over the ceiling distort when the platform encodes again."
    peak_ok = sound.true_peak_db <= platform.ceiling_dbtp
    measured, ceiling = f"{sound.true_peak_db:.1f} dBTP", f"at most {platform.ceiling_dbtp:g} dBTP"
    return [
        *checks,
        Check("Loudness", wanted, said, lowest <= sound.lufs <= highest or has_reason, advice=as_is, fix=loud),
        Check("True peak", ceiling, measured, peak_ok, advice=as_is, fix=peak),
    ]


def near(name: str, expected: float, measured: float, tolerance: float, fix: str) -> Check:
    """A check of a time in seconds."""
    close = abs(expected - measured) <= tolerance + 1e-9
    return Check(name, f"{expected:.3f} s ± {tolerance * 1000:.0f} ms", f"{measured:.3f} s", close, fix=fix)


def _equal(name: str, expected: str, measured: str) -> Check:
    return Check(name, expected, measured, expected == measured, fix=AGAIN)


def _level(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("-inf")
