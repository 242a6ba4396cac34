# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms: what each one wants of a video, read from TOML (sizes in pixels, lengths in seconds, rates in kb/s)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BriefError
from ..timeline import ASPECTS

FILE = Path(__file__).parents[1] / "data" / "platforms.toml"
CAPTION_WAYS = ("burned", "sidecar")


@dataclass(frozen=True, slots=True)
class SafeBox:
    """The part of the picture that a platform's own buttons leave free, in pixels of the whole picture."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Platform:
    """One destination.

    Parameters
    ----------
    window_s : float
        Default length of the chosen part of the song; 0 for the whole song.
    max_s, max_mb : float
        What the platform accepts at most.
    crf, max_kbps : int
        Quality of the video and the ceiling of its rate.
    captions : str
        ``burned`` into the picture, or ``sidecar`` (a file beside the video).
    """

    name: str
    label: str
    aspect: str
    width: int
    height: int
    window_s: float
    max_s: float
    max_mb: float
    audio_kbps: int
    crf: int
    max_kbps: int
    captions: str
    safe: SafeBox


def load_platforms(path: Path | None = None) -> dict[str, Platform]:
    """The platforms of a TOML file (the built-in one by default), in the file's order.

    Raises
    ------
    BriefError
        When the file cannot be read, or a value is missing, of the wrong kind or out of range.
    """
    path = path or FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BriefError(f"Platforms file {path} cannot be read: {error}.") from error
    if not data:
        raise BriefError(f"Platforms file {path} names no platform.", hint="Start from the built-in file.")
    platforms = {}
    for name, table in data.items():
        try:
            platforms[name] = _platform(name, table)
        except KeyError as error:
            raise BriefError(f"Platform '{name}' in {path} has no value for {error}.") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise BriefError(f"Platform '{name}' in {path} is not valid: {error}.") from error
    return platforms


def platform_names() -> tuple[str, ...]:
    """Names of the built-in platforms."""
    return tuple(load_platforms())


def default_safe_box(width: int, height: int) -> SafeBox:
    """A careful box for a platform that states none: the strict phone box, or 10 % margins when it is wide."""
    if height > width:
        return SafeBox(round(width / 9), round(height * 270 / 1920), round(width * 5 / 6), round(height * 1400 / 1920))
    return SafeBox(round(width / 10), round(height / 10), round(width * 9 / 10), round(height * 9 / 10))


def _platform(name: str, table: dict[str, Any]) -> Platform:
    width, height = _whole(table, "width", 64, 8192), _whole(table, "height", 64, 8192)
    if width % 2 or height % 2:
        raise ValueError(f"{width}x{height} has an odd side; H.264 4:2:0 needs even ones")
    left, top, right, bottom = (int(v) for v in table["safe"]) if "safe" in table else (0, 0, 0, 0)
    safe = SafeBox(left, top, right, bottom) if "safe" in table else default_safe_box(width, height)
    if not (0 <= safe.left < safe.right <= width and 0 <= safe.top < safe.bottom <= height):
        raise ValueError(f"safe box {table.get('safe')} does not lie within {width}x{height}")
    return Platform(
        name=name,
        label=str(table["label"]),
        aspect=_one_of(table, "aspect", ASPECTS),
        width=width,
        height=height,
        window_s=_number(table, "window_s", 0, 1e6),
        max_s=_number(table, "max_s", 0.1, 1e6),
        max_mb=_number(table, "max_mb", 1, 1e6),
        audio_kbps=_whole(table, "audio_kbps", 32, 512),
        crf=_whole(table, "crf", 0, 51),
        max_kbps=_whole(table, "max_kbps", 100, 200_000),
        captions=_one_of(table, "captions", CAPTION_WAYS),
        safe=safe,
    )


def _number(table: dict[str, Any], key: str, low: float, high: float) -> float:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{key} = {value!r} is not a number from {low:g} to {high:g}")
    return float(value)


def _whole(table: dict[str, Any], key: str, low: int, high: int) -> int:
    value = _number(table, key, low, high)
    if value != int(value):
        raise ValueError(f"{key} = {value!r} is not a whole number")
    return int(value)


def _one_of(table: dict[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    value = table[key]
    if value not in allowed:
        raise ValueError(f"{key} = {value!r} is not one of {', '.join(allowed)}")
    return str(value)
