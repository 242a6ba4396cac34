# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera set-ups as data: where each camera stands in each aspect, and which pairs look nearly the same.

Conventions: metres, the DJ faces -Y, +X is right in the picture seen from the front, Z up; lens in millimetres
with 36 mm on the picture's longer side; roll in degrees about the view axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import combinations

Point = tuple[float, float, float]
SENSOR_MM = 36.0
HEAD: Point = (0.0, 0.5, 2.5)
"""The middle of the DJ's head: what size and angle of a framing are measured at."""
ALIKE_DEG, ALIKE_SIZE = 20.0, 1.35
"""Two framings nearer than this in angle *and* in the ratio of sizes are near-identical: a cut between would jump."""

MOVES_DEG, MOVES_SIZE, PUSHED_SIZE = 7.0, 1.15, 1.25
"""How much nearer than at rest moves may bring two framings where one is cut to the other."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Where a camera stands, what it looks at, through which lens."""

    position: Point
    target: Point
    lens_mm: float
    roll_deg: float = 0.0


SETUPS: dict[str, dict[str, Setup]] = {
    "9:16": {
        "hero": Setup((0.05, -6.4, 1.9), (0.10, 0.4, 2.30), 44),
        "wide": Setup((0.10, -7.6, 2.2), (0.18, 0.6, 2.95), 35.5),
        "low": Setup((-0.85, -1.95, 1.15), (0.12, 0.5, 2.7), 24, -4),
        "close": Setup((0.6, -3.4, 2.3), (0.06, 0.4, 2.26), 43),
        "face": Setup((-0.95, -2.9, 2.6), (0.065, 0.3, 2.24), 43),
        "side": Setup((-4.3, -4.3, 2.75), (0.05, 0.3, 2.3), 45),
        "orbit": Setup((3.9, -4.9, 2.7), (0.15, 0.4, 2.35), 42, 3),
        "crowd": Setup((0.85, -7.3, 1.65), (0.14, 0.5, 2.66), 40, 2),
        "top": Setup((-0.1, -4.9, 6.1), (0.10, 0.4, 2.1), 42),
        "crane": Setup((0.6, -7.2, 4.4), (0.14, 0.6, 2.75), 38),
        "decks": Setup((0.8, -2.3, 3.6), (0.08, 0.2, 2.12), 30, 4),
        "hand_L": Setup((1.45, -1.45, 2.0), (0.32, 0.15, 2.02), 26, 3),
        "hand_R": Setup((-1.45, -1.45, 2.0), (-0.22, 0.15, 2.02), 26, -3),
        "dolly": Setup((-1.6, -4.6, 2.45), (0.10, 0.3, 2.2), 38),
        "emblem": Setup((0.10, -11.2, 2.45), (0.22, 2.5, 3.4), 41),
        "shoulder": Setup((1.25, 1.15, 3.25), (-0.8, -2.6, 1.65), 15.5, -2),
        "reverse": Setup((-1.25, 1.2, 3.05), (0.58, -2.6, 1.85), 14, 2),
    },
    "16:9": {
        "hero": Setup((0.0, -7.1, 1.85), (0, 0.4, 2.36), 41),
        "wide": Setup((0.0, -9.8, 2.2), (0, 1, 2.95), 32),
        "low": Setup((-1.1, -1.95, 1.15), (0.15, 0.5, 2.5), 23, -5),
        "close": Setup((0.75, -3.6, 2.35), (0.3, 0.4, 2.38), 42),
        "face": Setup((-1.2, -3.0, 2.6), (-0.15, 0.3, 2.38), 41),
        "side": Setup((-4.6, -4.9, 2.6), (0.35, 0.4, 2.28), 44),
        "orbit": Setup((4.3, -5.8, 2.45), (-0.25, 0.5, 2.33), 41, 4),
        "crowd": Setup((0.9, -7.6, 1.3), (0, 0.5, 2.35), 36, 3),
        "top": Setup((0, -5.4, 5.9), (0, 0.4, 1.95), 38),
        "crane": Setup((0.9, -8.6, 4.6), (0, 0.6, 2.7), 32),
        "decks": Setup((1.0, -2.5, 3.5), (0.0, 0.2, 2.22), 26, 5),
        "hand_L": Setup((1.75, -1.5, 2.0), (0.25, 0.15, 2.1), 24, 3),
        "hand_R": Setup((-1.75, -1.5, 2.0), (-0.25, 0.15, 2.1), 24, -3),
        "dolly": Setup((-2.0, -4.8, 2.4), (0.0, 0.3, 2.2), 36),
        "emblem": Setup((4.2, -10.4, 2.4), (-0.5, 2.5, 3.0), 36),
        "shoulder": Setup((1.5, 1.3, 3.05), (0.0, -3, 1.75), 15.5, -2),
        "reverse": Setup((-1.5, 1.32, 2.85), (-0.1, -3.0, 2.05), 13.5, 2),
    },
}
"""Set-ups by aspect and name; the names are those of ``timeline.SHOTS``."""
BEHIND = frozenset({"shoulder", "reverse"})
"""Set-ups that see the DJ's back: whatever only suits cameras in front is hidden for them, in both aspects at once.

They stand where the hanging lamps' beams come down behind or beside them; nearer to the emblem these flood the picture.
"""


def size(setup: Setup) -> float:
    """How large the head appears: its share of the picture's longer side, per metre of it."""
    return setup.lens_mm / SENSOR_MM / math.dist(setup.position, HEAD)


def angle_deg(one: Setup, other: Setup) -> float:
    """Angle at the DJ's head between two cameras, 0..180."""
    ways: list[list[float]] = []
    for setup in (one, other):
        away = [a - b for a, b in zip(setup.position, HEAD, strict=True)]
        length = math.hypot(*away)
        ways.append([a / length for a in away])
    return math.degrees(math.acos(max(-1.0, min(1.0, sum(a * b for a, b in zip(*ways, strict=True))))))


@cache
def alike(aspect: str, *, pushed: bool = False) -> frozenset[frozenset[str]]:
    """Pairs of set-ups of an aspect between which a cut would read as a jump, whatever moves they make.

    ``pushed`` is for a cut out of a strong push-in, which takes more of the difference.
    """
    more = MOVES_SIZE * (PUSHED_SIZE if pushed else 1.0)
    return frozenset(
        frozenset((a, b))
        for (a, one), (b, other) in combinations(SETUPS[aspect].items(), 2)
        if near_identical(one, other, more_deg=MOVES_DEG, more_size=more)
    )


def near_identical(one: Setup, other: Setup, *, more_deg: float = 0.0, more_size: float = 1.0) -> bool:
    """Whether two framings are near-identical; the limits may be widened."""
    sizes = size(one), size(other)
    return angle_deg(one, other) < ALIKE_DEG + more_deg and max(sizes) / min(sizes) < ALIKE_SIZE * more_size
