# SPDX-License-Identifier: GPL-3.0-or-later
"""How bones stand and how far shape keys are pushed, where no animation moves them."""

from __future__ import annotations

from typing import Any

import bpy

from . import values

_BONE = frozenset(
    ["location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "rotation_mode", "scale"]
)
_KEY = frozenset(["value", "mute", "slider_min", "slider_max"])


def read(ob: Any, moved: values.Moved) -> dict[str, Any]:
    """Bones of an object, ``pose.bones["head"].location`` and the like."""
    found: dict[str, Any] = {}
    for bone in ob.pose.bones if ob.pose is not None else ():
        prefix = f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"]'
        found.update(values.read(bone, moved, f"{prefix}.", only=_BONE))
        found.update(values.custom(bone, moved, prefix))
    return found


def read_keys(block: Any, moved: values.Moved) -> dict[str, Any]:
    """Shape keys of a mesh and the like, ``shape_keys.key_blocks["Smile"].value``."""
    keys = getattr(block, "shape_keys", None)
    found: dict[str, Any] = {}
    for key in keys.key_blocks if keys is not None else ():
        prefix = f'shape_keys.key_blocks["{bpy.utils.escape_identifier(key.name)}"].'
        found.update(values.read(key, moved, prefix, only=_KEY))
    return found
