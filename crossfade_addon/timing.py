# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds and frames: the only rounding in the program.

Conventions: seconds are floats with 0 at the song's first sample; fps is an exact ``Fraction``;
scene frames are integers and the song's first frame is ``FIRST_FRAME``.
"""

from __future__ import annotations

from fractions import Fraction

from .errors import BriefError

FIRST_FRAME = 1
"""Scene frame that shows second 0."""

_BROADCAST = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "59.94": Fraction(60000, 1001),
}


def parse_fps(text: str | int | float | Fraction) -> Fraction:
    """Exact frame rate from ``30``, ``"29.97"`` or ``"30000/1001"``.

    Returns
    -------
    Fraction
        Frames per second, 10..120.

    Raises
    ------
    BriefError
        When it is no number or out of range.
    """
    try:
        fps = _BROADCAST.get(str(text).strip()) or Fraction(str(text).strip()).limit_denominator(1001)
    except (ValueError, ZeroDivisionError) as error:
        raise BriefError(f"'{text}' is not a frame rate.", hint="Give a number such as 30 or 29.97.") from error
    if not 10 <= fps <= 120:
        raise BriefError(f"Frame rate {text} is out of range.", hint="Give 10 to 120 frames per second.")
    return fps


def frame_count(seconds: float, fps: Fraction) -> int:
    """Whole frames nearest to a duration (halves round up), never negative."""
    return max(0, int(seconds * fps.numerator / fps.denominator + 0.5))


def frame_at(seconds: float, fps: Fraction) -> int:
    """Scene frame nearest to a moment of the song."""
    return FIRST_FRAME + frame_count(seconds, fps)


def subframe_at(seconds: float, fps: Fraction) -> float:
    """Scene position of a moment, unrounded: for keyframes and strips that may lie between frames."""
    return FIRST_FRAME + seconds * fps.numerator / fps.denominator


def seconds_at(frame: float, fps: Fraction) -> float:
    """Moment of the song that a scene frame shows."""
    return (frame - FIRST_FRAME) * fps.denominator / fps.numerator


def clock(seconds: float) -> str:
    """``m:ss`` (or ``h:mm:ss``) for people."""
    whole = int(seconds + 0.5)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"
