# SPDX-License-Identifier: GPL-3.0-or-later
"""Many rotations at once: against matrices written out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from crossfade_addon.studio import turns


def about(axis: int, degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


def turned(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    w, u = q[0], q[1:]
    return v + 2 * np.cross(u, np.cross(u, v) + w * v)


ANGLES = np.random.default_rng(3).uniform(-175, 175, (40, 3))


def test_angles_become_yaw_after_pitch_after_roll() -> None:
    quaternions = turns.from_angles(*ANGLES.T)
    for (pitch, roll, yaw), q in zip(ANGLES, quaternions, strict=True):
        matrix = about(2, yaw) @ about(0, pitch) @ about(1, roll)
        for v in np.eye(3):
            assert turned(q, v) == pytest.approx(matrix @ v, abs=1e-12)


def test_matrices_of_any_turn_become_their_quaternions() -> None:
    corners = [(180, 0, 0), (0, 180, 0), (0, 0, 180), (0, 0, 0), (120, 60, 170)]
    for pitch, roll, yaw in [*ANGLES.tolist(), *corners]:
        matrix = about(2, yaw) @ about(0, pitch) @ about(1, roll)
        (q,) = turns.from_columns(matrix[None])
        for v in np.eye(3):
            assert turned(q, v) == pytest.approx(matrix @ v, abs=1e-9)


def test_hand_points_along_its_fingers_with_its_back_squared_up() -> None:
    (q,) = turns.from_fingers(np.array([[0.0, -2.0, 0.0]]), np.array([[0.0, -1.0, 3.0]]))
    assert turned(q, np.array([0.0, 1.0, 0.0])) == pytest.approx([0, -1, 0])
    assert turned(q, np.array([0.0, 0.0, 1.0])) == pytest.approx([0, 0, 1])


def test_products_and_inverses_undo_each_other() -> None:
    quaternions = turns.from_angles(*ANGLES.T)
    back = turns.multiply(turns.inverse(quaternions), quaternions)
    assert back == pytest.approx(np.tile((1.0, 0, 0, 0), (len(back), 1)), abs=1e-12)


def test_neighbours_stay_on_one_side() -> None:
    sweep = turns.from_angles(np.zeros(50), np.zeros(50), np.linspace(0, 700, 50))
    flipped = sweep * np.where(np.arange(50) % 3 == 0, -1.0, 1.0)[:, None]
    kept = turns.continuous(flipped)
    assert np.all(np.sum(kept[1:] * kept[:-1], axis=1) > 0)
    assert kept[0, 0] > 0.99  # no turn is no turn, whatever part of it is shown
