# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the DJ is and what a camera sees of them at the frame a scene stands on (for checks, not for building)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .camera_moves import Array, Poses
from .framing import DECK_POINTS, EMBLEM, head_height, margins, rule_of, seen_from

_ON_HEAD = {
    "head_top": (0.0, -0.02, 1.77),
    "chin": (0.0, -0.25, 1.14),
    "ear_L": (0.44, 0.0, 1.42),
    "ear_R": (-0.44, 0.0, 1.42),
    "eye_L": (0.135, -0.29, 1.385),
    "eye_R": (-0.135, -0.29, 1.385),
    "mouth": (0.0, -0.29, 1.25),
}
"""Points of the head in the rig's space at rest; both built-in avatars have them."""
_FINGERS = (0.0, 0.14, 0.0)


def subject_points(scene: Any, rig: Any) -> dict[str, Array]:
    """World places of every point that framing rules name, (1, 3) each, for the evaluated rig."""
    ready = rig.evaluated_get(scene.view_layers[0].depsgraph)
    world = np.array(ready.matrix_world)
    bones = ready.pose.bones
    head = bones["head"]
    head_now = world @ np.array(head.matrix) @ np.linalg.inv(np.array(head.bone.matrix_local))
    found = {name: _moved(head_now, point) for name, point in _ON_HEAD.items()}
    for side in "LR":
        hand: Any = world @ np.array(bones[f"hand.{side}"].matrix)
        found[f"wrist_{side}"], found[f"tip_{side}"] = _moved(hand, (0.0, 0.0, 0.0)), _moved(hand, _FINGERS)
    found |= {name: _moved(world, point) for name, point in DECK_POINTS.items()}
    found["emblem"] = np.array([EMBLEM])
    return found


def view(scene: Any) -> Poses:
    """The scene's camera as it is evaluated now (one pose; the target is a point ahead of it)."""
    camera = scene.camera.evaluated_get(scene.view_layers[0].depsgraph)
    matrix = np.array(camera.matrix_world)
    back, up = matrix[:3, 2], matrix[:3, 1]
    level = np.cross(back, np.cross((0.0, 0.0, 1.0), back))
    level /= np.linalg.norm(level)
    right = np.cross(level, back)
    roll = np.degrees(np.arctan2(-float(up @ right), float(up @ level)))
    position: Array = matrix[:3, 3]
    return Poses(position[None], (position - 5 * back)[None], np.array([camera.data.lens]), np.array([roll]))


def check(scene: Any, rig: Any, aspect: str, shot: str) -> dict[str, float]:
    """Margins of a shot's rule at the scene's current frame; the rule holds where none is negative."""
    places, through = subject_points(scene, rig), view(scene)
    seen = seen_from(through, places, aspect)
    return margins(rule_of(aspect, shot), seen, aspect, head_height(through, places, aspect))


def _moved(matrix: Array, point: tuple[float, float, float]) -> Array:
    return (matrix @ np.array((*point, 1.0)))[None, :3]
