# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotations of many moments at once, as quaternions (pure numpy).

Conventions: arrays (n, 4) in the order w, x, y, z, unit length; degrees; axes as in ``action_keys``.
"""

from __future__ import annotations

import numpy as np

from .action_curves import Array


def from_angles(pitch: Array, roll: Array, yaw: Array) -> Array:
    """Rz(yaw) Rx(pitch) Ry(roll) for (n,) degrees of each."""
    return multiply(multiply(_about(2, yaw), _about(0, pitch)), _about(1, roll))


def from_columns(axes: Array) -> Array:
    """Of (n, 3, 3) rotation matrices."""
    m = axes
    # Four times each component squared; the largest is always far from zero.
    trace = np.stack(
        (
            1 + m[:, 0, 0] + m[:, 1, 1] + m[:, 2, 2],
            1 + m[:, 0, 0] - m[:, 1, 1] - m[:, 2, 2],
            1 - m[:, 0, 0] + m[:, 1, 1] - m[:, 2, 2],
            1 - m[:, 0, 0] - m[:, 1, 1] + m[:, 2, 2],
        ),
        axis=1,
    )
    a, b, c = m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]
    d, e, f = m[:, 1, 0] + m[:, 0, 1], m[:, 0, 2] + m[:, 2, 0], m[:, 2, 1] + m[:, 1, 2]
    rows = np.stack(
        (
            np.stack((trace[:, 0], a, b, c), axis=1),
            np.stack((a, trace[:, 1], d, e), axis=1),
            np.stack((b, d, trace[:, 2], f), axis=1),
            np.stack((c, e, f, trace[:, 3]), axis=1),
        ),
        axis=1,
    )
    best = rows[np.arange(len(m)), np.argmax(trace, axis=1)]
    return best / np.linalg.norm(best, axis=1, keepdims=True)


def from_fingers(fingers: Array, back: Array) -> Array:
    """Of hands whose y axis points along ``fingers`` and whose z axis is ``back`` squared up, each (n, 3)."""
    y = fingers / np.linalg.norm(fingers, axis=1, keepdims=True)
    z = back - y * np.sum(back * y, axis=1, keepdims=True)
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    return from_columns(np.stack((np.cross(y, z), y, z), axis=2))


def multiply(a: Array, b: Array) -> Array:
    """Hamilton products; either may be one quaternion (4,) for all."""
    aw, ax, ay, az = np.moveaxis(np.broadcast_to(a, np.broadcast_shapes(a.shape, b.shape)), -1, 0)
    bw, bx, by, bz = np.moveaxis(np.broadcast_to(b, np.broadcast_shapes(a.shape, b.shape)), -1, 0)
    return np.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ),
        axis=-1,
    )


def inverse(q: Array) -> Array:
    """The opposite rotation."""
    return q * np.array([1.0, -1.0, -1.0, -1.0])


def continuous(q: Array) -> Array:
    """The same rotations with neighbours on one side, the first on that of no turn at all.

    q and -q are equal, but neither what lies between two keys nor a part of the turn is.
    """
    flips = np.where(np.sum(q[1:] * q[:-1], axis=1) < 0, -1.0, 1.0)
    first = -1.0 if q[0, 0] < 0 else 1.0
    return q * (first * np.concatenate(([1.0], np.cumprod(flips))))[:, None]


def _about(axis: int, degrees: Array) -> Array:
    half = np.radians(np.asarray(degrees, dtype=float)) / 2
    q = np.zeros((len(half), 4))
    q[:, 0] = np.cos(half)
    q[:, axis + 1] = np.sin(half)
    return q
