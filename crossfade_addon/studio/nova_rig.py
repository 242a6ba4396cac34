# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's skeleton: bones, two-bone IK for the arms, and which control drives which face shape.

Conventions: metres in armature space, Z up, she faces -Y, ``.L`` is +X. Roll comes from the direction
that the bone's local Z shall face.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mathutils import Vector

from . import compat, deck_plane
from .ownership import Workshop

ARM = 0.25
"""Length of upper arm and of forearm."""


class Control(NamedTuple):
    """A bone's local location as the value of a shape key: ``gain`` times metres, negative counts as 0."""

    bone: str
    channel: str
    gain: float = 1.0


SHAPE_CONTROLS: dict[str, Control] = {
    "blink.L": Control("lid.L", "LOC_X"),
    "blink.R": Control("lid.R", "LOC_X"),
    "happy.L": Control("lid.L", "LOC_Y"),
    "happy.R": Control("lid.R", "LOC_Y"),
    "half.L": Control("lid.L", "LOC_Z"),
    "half.R": Control("lid.R", "LOC_Z"),
    "mouth_open": Control("jaw", "LOC_X"),
    "mouth_o": Control("jaw", "LOC_Y"),
    "smirk": Control("mouth", "LOC_X"),
}
"""What drives which expression: 1.0 is full."""


@dataclass(frozen=True, slots=True)
class Bone:
    """One bone at rest; ``facing`` is where its local Z points."""

    name: str
    head: Vector
    tail: Vector
    parent: str
    facing: Vector

    @property
    def direction(self) -> Vector:
        """Unit vector from head to tail."""
        return (self.tail - self.head).normalized()


def _bone(name: str, head: Any, tail: Any, parent: str, facing: Any = (0, -1, 0)) -> Bone:
    return Bone(name, Vector(head), Vector(tail), parent, Vector(facing))


def _side(side: str) -> list[Bone]:
    k = deck_plane.side_sign(side)
    up = (0, 0, 1)
    shoulder = Vector((0.165 * k, 0, 1.03))
    elbow = shoulder + Vector((0.62 * k, -0.10, -0.74)).normalized() * ARM
    forearm = Vector((0.34 * k, -0.55, -0.70)).normalized()
    wrist = elbow + forearm * ARM
    reach = (wrist - shoulder).normalized()
    # Both arm bones face the rest bend direction, so that local X is the elbow's hinge and the pole angle
    # is a plain 90 degrees.
    bend = ((elbow - shoulder) - reach * (elbow - shoulder).dot(reach)).normalized()
    palm, turn = deck_plane.home(side)
    return [
        _bone(f"shoulder.{side}", (0.04 * k, 0, 1.03), shoulder, "chest", up),
        _bone(f"upper_arm.{side}", shoulder, elbow, f"shoulder.{side}", bend),
        _bone(f"forearm.{side}", elbow, wrist, f"upper_arm.{side}", bend),
        _bone(f"hand.{side}", wrist, wrist + forearm * 0.12, f"forearm.{side}", (0, -0.7, 0.7)),
        _bone(f"eye.{side}", (0.135 * k, -0.20, 1.385), (0.135 * k, -0.32, 1.385), "head", up),
        _bone(f"lid.{side}", (0.135 * k, -0.20, 1.50), (0.135 * k, -0.32, 1.50), "head", up),
        _bone(f"brow.{side}", (0.135 * k, -0.26, 1.525), (0.135 * k, -0.34, 1.525), "head", up),
        _bone(f"hair.{side}", (0.30 * k, 0.07, 1.60), (0.47 * k, 0.09, 1.52), "head"),
        _bone(f"hair_tip.{side}", (0.47 * k, 0.09, 1.52), (0.56 * k, 0.08, 1.27), f"hair.{side}"),
        _bone(f"ik_hand.{side}", palm, palm + 0.12 * turn[:, 1], "root", turn[:, 2]),
        _bone(f"ik_elbow.{side}", (0.62 * k, 0.25, 0.72), (0.62 * k, 0.33, 0.72), "root", up),
    ]


def skeleton() -> dict[str, Bone]:
    """All 30 bones by name, parents first."""
    up = (0, 0, 1)
    bones = [
        _bone("root", (0, 0, 0), (0, 0.2, 0), "", up),
        _bone("hips", (0, 0, 0.66), (0, 0, 0.76), "root"),
        _bone("spine", (0, 0, 0.76), (0, 0, 0.90), "hips"),
        _bone("chest", (0, 0, 0.90), (0, 0, 1.07), "spine"),
        _bone("neck", (0, 0, 1.07), (0, 0, 1.15), "chest"),
        _bone("head", (0, 0, 1.15), (0, 0, 1.72), "neck"),
        _bone("jaw", (0, -0.20, 1.24), (0, -0.30, 1.24), "head", up),
        _bone("mouth", (0, -0.20, 1.27), (0, -0.30, 1.27), "head", up),
        *_side("L"),
        *_side("R"),
    ]
    return {bone.name: bone for bone in bones}


def build_rig(shop: Workshop, scene: Any, root: Any) -> Any:
    """The armature object ``CF Avatar_Rig`` with its constraints, parented to ``root``."""
    armature = shop.armature("Avatar_Rig")
    rig = shop.object("Avatar_Rig", armature, parent=root)
    with compat.edit_mode(scene, rig):
        for bone in skeleton().values():
            edit = armature.edit_bones.new(bone.name)
            edit.head, edit.tail = bone.head, bone.tail
            edit.align_roll(bone.facing)
            edit.use_deform = not bone.name.startswith(("ik_", "root"))
            if bone.parent:
                edit.parent = armature.edit_bones[bone.parent]
    for pose_bone in rig.pose.bones:
        pose_bone.rotation_mode = "QUATERNION"
    for side in "LR":
        forearm = rig.pose.bones[f"forearm.{side}"]
        forearm.lock_ik_y = forearm.lock_ik_z = True
        reach = forearm.constraints.new("IK")
        reach.target, reach.subtarget = rig, f"ik_hand.{side}"
        reach.pole_target, reach.pole_subtarget = rig, f"ik_elbow.{side}"
        reach.pole_angle = math.pi / 2
        reach.chain_count = 2
        reach.use_stretch = False
        reach.iterations = 200
        turn = rig.pose.bones[f"hand.{side}"].constraints.new("COPY_ROTATION")
        turn.target, turn.subtarget = rig, f"ik_hand.{side}"
    rig.show_in_front = True
    return rig


def drive_shapes(face: Any, rig: Any, controls: Mapping[str, Control] = SHAPE_CONTROLS) -> None:
    """Drive the face's shape keys by controls of the rig, without expressions."""
    for key, (bone, channel, gain) in controls.items():
        curve = face.data.shape_keys.key_blocks[key].driver_add("value")
        for modifier in list(curve.modifiers):
            curve.modifiers.remove(modifier)
        if gain != 1.0:
            line = curve.modifiers.new("GENERATOR")
            line.coefficients = (0.0, gain)
        curve.driver.type = "SUM"
        variable = curve.driver.variables.new()
        variable.type = "TRANSFORMS"
        target = variable.targets[0]
        target.id = rig
        target.bone_target = bone
        target.transform_type = channel
        target.transform_space = "LOCAL_SPACE"
