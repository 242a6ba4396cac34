# SPDX-License-Identifier: GPL-3.0-or-later
"""How the gear follows the hands: platters and crossfader knob over a whole song (pure, no Blender).

Conventions: seconds from the song's first sample; angles in degrees; x in metres of the DJ root's space.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .action_curves import Array, monotone
from .action_tables import FADER_MOVE, SCRATCH_CONTACT, scratch_arc
from .deck_plane import FADER_TRAVEL, side_sign
from .performance_plan import Gesture

PLATTER_SPEED = -200.0
"""Degrees per second at 33 1/3 rpm, clockwise seen from above."""
_SAMPLES_PER_SECOND = 60
"""Actions have a key every half frame at 30 frames per second; the gear follows at the same moments."""


def plan_platter(side: str, gestures: Sequence[Gesture], duration: float) -> tuple[Array, Array]:
    """A platter's angle, linear between the returned times: 33 1/3 rpm, and the hand's arc while it is held."""
    held = _moments(*SCRATCH_CONTACT)
    arc = scratch_arc(held) * side_sign(side)
    times, angles = [0.0], [0.0]
    for gesture in gestures:
        if gesture.action != f"deck_scratch_{side}":
            continue
        caught = angles[-1] + PLATTER_SPEED * (gesture.start + held[0] - times[-1])
        times += (gesture.start + held).tolist()
        angles += (caught + arc - arc[0]).tolist()
    if duration > times[-1]:
        angles.append(angles[-1] + PLATTER_SPEED * (duration - times[-1]))
        times.append(duration)
    return np.array(times), np.array(angles)


def plan_knob(gestures: Sequence[Gesture]) -> tuple[Array, Array]:
    """The crossfader knob's x: slammed over by each hit, gliding back just before the next hand comes."""
    slam = _moments(*FADER_MOVE)
    pushed = monotone(FADER_MOVE, (-FADER_TRAVEL, FADER_TRAVEL), slam)
    glide = np.linspace(-0.10, 0.30, 13)
    returned = monotone((glide[0], glide[-1]), (FADER_TRAVEL, -FADER_TRAVEL), glide)
    times, places = [0.0], [-FADER_TRAVEL]
    for count, gesture in enumerate(g for g in gestures if g.action == "crossfader_hit"):
        if count:
            times += (gesture.start + glide).tolist()
            places += returned.tolist()
        times += (gesture.start + slam).tolist()
        places += pushed.tolist()
    return np.array(times), np.array(places)


def _moments(start: float, end: float) -> Array:
    """Both ends and the half frames between them."""
    first, last = np.ceil(start * _SAMPLES_PER_SECOND + 1e-6), np.floor(end * _SAMPLES_PER_SECOND - 1e-6)
    return np.concatenate(([start], np.arange(first, last + 1) / _SAMPLES_PER_SECOND, [end]))
