# SPDX-License-Identifier: GPL-3.0-or-later
"""What the moves of a camera do to its set-up, as arrays over time (pure numpy, no Blender).

Conventions: seconds, metres, degrees; lens in millimetres with 36 mm on the picture's longer side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..setups import Setup
from ..timeline import Movement

Array = NDArray[np.float64]
MOST = {
    "push_in": 0.24,
    "pull_back": 0.30,
    "drift": 0.75,
    "arc": 13.0,
    "track": 0.9,
    "rise": 1.5,
    "nudge": 0.08,
    "snap": 0.10,
    "shake": 0.09,
    "handheld": 0.05,
}
"""What a movement of strength 1 does: parts of the distance or of the lens, metres or degrees."""
BUILD_ROLL_DEG = -3.0
"""Where a push that accelerates ends, if the theme lets horizons tilt."""
_SNAP_ATTACK = 0.14


@dataclass(frozen=True, slots=True)
class Poses:
    """A camera at ``n`` moments: ``position`` and ``target`` (n, 3), ``lens`` mm (n,), ``roll`` degrees (n,)."""

    position: Array
    target: Array
    lens: Array
    roll: Array

    def axes(self) -> Array:
        """(n, 3, 3) rotations; the columns are the camera's right, up and back."""
        back = self.position - self.target
        back /= np.linalg.norm(back, axis=1, keepdims=True)
        right = np.cross((0.0, 0.0, 1.0), back)
        right /= np.linalg.norm(right, axis=1, keepdims=True)
        up = np.cross(back, right)
        c, s = np.cos(np.radians(self.roll))[:, None], np.sin(np.radians(self.roll))[:, None]
        return np.stack((right * c + up * s, up * c - right * s, back), axis=2)

    def euler(self) -> Array:
        """(n, 3) radians, order XYZ, without jumps of a whole turn."""
        m = self.axes()
        angles = np.stack(
            (np.arctan2(m[:, 2, 1], m[:, 2, 2]), np.arcsin(-m[:, 2, 0]), np.arctan2(m[:, 1, 0], m[:, 0, 0])), axis=1
        )
        return np.unwrap(angles, axis=0)


def _smooth(x: Array) -> Array:
    return x * x * (3 - 2 * x)


EASES: dict[str, Callable[[Array], Array]] = {
    "smooth": _smooth,
    # Never quite at rest: a cut into or out of a standing picture is a dead cut.
    "glide": lambda x: 0.45 * x + 0.55 * _smooth(x),
    "accelerate": lambda x: x * x * (0.35 + 0.65 * x),
    "settle": lambda x: 1 - (1 - x) ** 2.2,
}
"""How far a move has come (0..1) after a part of its time (0..1)."""


def poses(setup: Setup, movements: Sequence[Movement], times: Array, *, can_roll: bool = True) -> Poses:
    """The set-up with every movement applied, at each moment.

    ``push_in`` goes a part of the way to the target and ``pull_back`` comes from there; ``drift`` slides sideways
    past the target, ``track`` takes most of the target along, ``arc`` swings about it, ``rise`` lifts the camera and
    tilts it up a little (negative amounts of these four go the other way); ``nudge`` pushes in and returns, ``snap``
    is a quick zoom that relaxes, ``shake`` trembles and dies away, ``handheld`` breathes. Before and after its time a
    move holds its first and last state.
    """
    t = np.asarray(times, dtype=float)
    position = np.tile(np.array(setup.position, dtype=float), (len(t), 1))
    target = np.tile(np.array(setup.target, dtype=float), (len(t), 1))
    lens = np.full(len(t), float(setup.lens_mm))
    roll = np.full(len(t), setup.roll_deg if can_roll else 0.0)
    for move in movements:
        amount = move.amount * MOST.get(move.action, 0.0)
        if not amount:
            continue
        x = np.clip((t - move.t) / max(move.duration, 1e-3), 0.0, 1.0)
        eased = EASES.get(move.ease, _smooth)(x)
        away = position - target
        side = np.stack((-away[:, 1], away[:, 0], np.zeros(len(t))), axis=1)
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        if move.action == "push_in":
            position = target + away * (1 - amount * eased)[:, None]
            if move.ease == "accelerate" and can_roll:
                roll = roll + BUILD_ROLL_DEG * abs(move.amount) * eased**2
        elif move.action == "pull_back":
            position = target + away * (1 - amount * (1 - eased))[:, None]
        elif move.action == "nudge":
            position = target + away * (1 - amount * np.sin(np.pi * x) ** 2)[:, None]
        elif move.action == "drift":
            position = position + side * (amount * (eased - 0.5))[:, None]
        elif move.action == "track":
            slide = side * (amount * (eased - 0.5))[:, None]
            position, target = position + slide, target + 0.8 * slide
        elif move.action == "arc":
            position = target + _turned(away, np.radians(amount) * (eased - 0.5))
        elif move.action == "rise":
            lift = np.stack((0 * x, 0 * x, amount * (eased - 0.5)), axis=1)
            position, target = position + lift, target + 0.35 * lift
        elif move.action == "snap":
            lens = lens * (1 + amount * np.minimum(x / _SNAP_ATTACK, 1) * (1 - _smooth(_after(x, _SNAP_ATTACK))))
        elif move.action == "shake":
            trembling = amount * (1 - x) ** 2 * (t >= move.t)
            wobble = _wobble(t - move.t, (47.0, 31.0, 59.0), (0.0, 0.0, 1.0)) * (1.0, 0.4, 1.0) * trembling[:, None]
            position, target = position + wobble, target + 0.6 * wobble
        elif move.action == "handheld":
            sway = 0.65 * _wobble(t, (2.1, 1.3, 2.9), (0.3, 1.1, 2.0)) + 0.35 * _wobble(
                t, (5.3, 4.1, 6.7), (1.7, 0.2, 4.0)
            )
            position, target = position + amount * sway, target + 0.5 * amount * sway[:, (1, 2, 0)]
            if can_roll:
                roll = roll + 8.0 * amount * sway[:, 1]
    return Poses(position, target, lens, roll)


def _after(x: Array, start: float) -> Array:
    return np.clip((x - start) / (1 - start), 0.0, 1.0)


def _turned(vectors: Array, angles: Array) -> Array:
    """Vectors turned about Z."""
    c, s = np.cos(angles), np.sin(angles)
    x, y, z = vectors.T
    return np.stack((c * x - s * y, s * x + c * y, z), axis=1)


def _wobble(t: Array, rates: Sequence[float], phases: Sequence[float]) -> Array:
    """Three sines, -1..1; rates in radians a second."""
    return np.sin(t[:, None] * np.array(rates) + np.array(phases))
