# SPDX-License-Identifier: GPL-3.0-or-later
"""What platforms do not take, told before anything is heard or rendered (frames per second, pixels, kb/s)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from ..errors import BriefError
from .encoders import level_for
from .h264 import level_number
from .platforms import Platform


def refusals(platforms: Iterable[Platform], fps: Fraction) -> Iterator[BriefError]:
    """Every reason why videos of this frame rate could only fail, whatever they show."""
    chosen = list(platforms)
    rates: dict[tuple[float, float], list[str]] = {}
    for platform in chosen:
        if not platform.fps_low <= fps <= platform.fps_high:
            rates.setdefault((platform.fps_low, platform.fps_high), []).append(platform.label)
    for (low, high), labels in rates.items():
        takes = "takes" if len(labels) == 1 else "take"
        yield BriefError(
            f"{float(fps):.6g} frames per second is no rate that {', '.join(labels)} {takes}: {low:g} to {high:g}.",
            hint="Choose another frame rate (--fps), or leave that platform out.",
        )
    for platform in chosen:
        if platform.fps_low <= fps <= platform.fps_high and (above := _above_level(platform, fps)):
            yield BriefError(
                above,
                hint="Choose a smaller size, frame rate or bitrate; or, where that platform does take it, set its "
                "level in a platforms file (--platforms-file).",
            )


def _above_level(platform: Platform, fps: Fraction) -> str:
    """What is wrong with the size and rates of a platform's videos, by H.264's levels; empty when nothing is."""
    least = level_for(platform.width, platform.height, fps, platform.max_kbps)
    if least is not None and level_number(least) <= level_number(platform.level):
        return ""
    size = f"{platform.width}x{platform.height} at {float(fps):.6g} frames per second and {platform.max_kbps} kb/s"
    needs = f"H.264 level {least}" if least is not None else "more than any level of H.264 allows here"
    return f"{size} needs {needs}, and {platform.label} takes level {platform.level} at most."
