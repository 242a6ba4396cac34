# SPDX-License-Identifier: GPL-3.0-or-later
"""How an action is written down: channels of keys and paths of hands (pure, no Blender).

Conventions: armature axes at rest; pitch (about +X, positive nods), roll (about +Y, positive tips to her
left) and yaw (about +Z, positive turns to her left) in degrees; dx, dy, dz in metres; cx, cy, cz are raw
control values. Times are seconds or beats. One-shots begin and end at zero offset, so that
they can be added to any pose.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import deck_plane
from .deck_plane import Array

Keys = list[tuple[float, float]]
Channel = tuple[str, str]
"""(bone, kind); kind is pitch, roll, yaw, dx, dy, dz, cx, cy or cz."""
Vec = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class HandKey:
    """Where a wrist is, where its fingers point and where the back of the hand faces."""

    t: float
    wrist: Vec
    fingers: Vec
    back: Vec


@dataclass(frozen=True, slots=True)
class ActionTable:
    """All keys of one action; ``loop``: its end meets its beginning; ``in_beats``: times are beats, not seconds."""

    duration: float
    channels: dict[Channel, Keys]
    hands: dict[str, list[HandKey]] = field(default_factory=dict)
    loop: bool = False
    in_beats: bool = False


def scaled(scale: float, keys: Keys) -> Keys:
    """The same shape, so many times as large."""
    return [(t, v * scale) for t, v in keys]


def later(delay: float, keys: Keys) -> Keys:
    """Lag everything but the first and last key, which stay at the action's ends."""
    end = keys[-1][0]
    latest = end - 0.02
    return [(t if t in (keys[0][0], end) else min(latest, t + delay), v) for t, v in keys]


def hand_key(t: float, pose: tuple[Array, Array], lift: Vec = (0.0, 0.0, 0.0)) -> HandKey:
    """A hand key from a wrist position and the hand's rotation, moved by ``lift``."""
    wrist, turn = pose
    return HandKey(t, _vec(wrist + np.array(lift)), _vec(turn[:, 1]), _vec(turn[:, 2]))


def _vec(values: Array) -> Vec:
    x, y, z = (float(v) for v in values)
    return x, y, z


def for_side(side: str, keys: list[HandKey]) -> list[HandKey]:
    """Keys written for her left hand, mirrored when ``side`` is R."""
    k = deck_plane.side_sign(side)

    def flip(v: Vec) -> Vec:
        return v[0] * k, v[1], v[2]

    return [HandKey(key.t, flip(key.wrist), flip(key.fingers), flip(key.back)) for key in keys]
