# SPDX-License-Identifier: GPL-3.0-or-later
"""When the avatar's neon rim shows: it only suits cameras in front.

Conventions: scene frames, half-open stretches ``[start, end)``; metres; degrees off the line from the DJ to the
audience.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from .. import timing
from ..timeline import Timeline
from .cameras import SETUPS

WIDEST_DEG = 55.0
"""Further to the side the rim becomes a thick band, and behind her it covers her."""


def hidden_frames(timeline: Timeline, fps: Fraction, dj: Sequence[float]) -> list[tuple[int, int]]:
    """Stretches in which a camera of any aspect films the DJ at ``dj`` (x, y, z) from the side or from behind.

    Both scenes share one avatar, so where their set-ups differ it goes without a rim in both.
    """
    found = [
        (timing.frame_at(shot.start, fps), timing.frame_at(shot.end, fps))
        for aspect, plan in timeline.camera.items()
        for shot in plan.shots
        if off_axis(SETUPS[aspect][shot.shot].position, dj) > WIDEST_DEG
    ]
    return sorted(set(found))


def off_axis(camera: Sequence[float], dj: Sequence[float]) -> float:
    """0 for a camera straight in front, 90 at the side, 180 behind."""
    return abs(math.degrees(math.atan2(camera[0] - dj[0], dj[1] - camera[1])))
