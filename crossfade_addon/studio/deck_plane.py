# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the decks are and how a hand lies on them (pure numpy, no Blender).

Conventions: metres in the DJ root's space, Z up, the DJ faces -Y and her left is +X (``L``); angles in
degrees; rotations are 3x3 with the hand's axes as columns (x, y to the fingers, z out of the back).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DJ_LOCATION = (0.0, 0.62, 0.5)
DJ_SCALE = 1.37
"""Where the DJ's root stands in the world, and its size."""
TILT = math.radians(14.0)
"""Slope of the deck plane: it falls towards the audience, so that the platters can be read from the front."""
DECKS: dict[str, tuple[float, float, float]] = {"L": (0.41, -0.45, 0.80), "R": (-0.41, -0.45, 0.80)}
"""Centres of the two platters, on the deck plane."""
PLATTER_RADIUS = 0.155
CONTACT_RADIUS = 0.10
"""How far from the platter's centre the fingers lie."""
FINGER_GAP = 0.004
FADER_Y = -0.50
FADER_TRAVEL = 0.065
"""The crossfader's knob moves between -FADER_TRAVEL and +FADER_TRAVEL in x."""
FADER_TOUCH = 0.040
"""Height of the knob's top above the deck plane."""
UP_SLOPE = np.array([0.0, math.cos(TILT), math.sin(TILT)])
NORMAL = np.array([0.0, -math.sin(TILT), math.cos(TILT)])
FINGERTIP = np.array([0.0, 0.118, -0.030])
"""The touching point in the hand's axes, from the wrist."""


def side_sign(side: str) -> int:
    """+1 for ``L`` (her left, +X), -1 for ``R``."""
    return 1 if side == "L" else -1


def plane_z(y: float) -> float:
    """Height of the deck plane at a depth."""
    return 0.80 + (y + 0.45) * math.tan(TILT)


def _turn(axis: int, degrees: float) -> Array:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


def hand_rotation(yaw: float, pitch: float, roll: float = 0.0) -> Array:
    """Rotation of a hand that points at the audience; positive pitch lowers the fingers."""
    forward = np.diag([-1.0, -1.0, 1.0])
    return _turn(2, yaw) @ _turn(0, pitch) @ forward @ _turn(1, roll)


def wrist_for(contact: Array, rotation: Array) -> Array:
    """Where the wrist is when the fingertip touches ``contact``."""
    return contact - rotation @ FINGERTIP


def platter_contact(side: str, theta: float = 0.0, lift: float = 0.0) -> Array:
    """A point on the platter's contact circle; ``theta`` 0 is nearest to her, positive turns outwards."""
    angle = math.radians(90.0 + theta * side_sign(side))
    on_plane = CONTACT_RADIUS * (math.cos(angle) * np.array([1.0, 0.0, 0.0]) + math.sin(angle) * UP_SLOPE)
    return np.array(DECKS[side]) + on_plane + np.array([0.0, 0.0, FINGER_GAP + lift])


def home(side: str) -> tuple[Array, Array]:
    """Wrist position and rotation of a hand resting on its platter."""
    rotation = hand_rotation(18.0 * side_sign(side), 30.0)
    return wrist_for(platter_contact(side), rotation), rotation
