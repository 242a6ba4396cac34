# SPDX-License-Identifier: GPL-3.0-or-later
"""Strings from the built-in skeleton to a rig of the user's own: whatever the one is made to do, the other does.

Conventions: *stage axes* are the DJ root's (metres, Z up, the DJ faces -Y); ``frame`` takes the own rig's space
to them. For each bone that follows, the built-in skeleton gets a *string*: a bone that rests exactly as the own
bone does and hangs on the built-in one, so the sizes and rolls of a rig do not matter. The arms reach by IK for
where the built-in hands are.
"""

from __future__ import annotations

import math
from typing import Any

from mathutils import Matrix, Quaternion, Vector

from . import compat, deck_plane

PREFIX = "CF "
"""Of every constraint that pulls a string."""
_UP = Vector((0, 0, 1))
_LEVEL = 0.9
"""How steeply a resting hand may point before its back is taken to face outwards instead of up."""


def leaders(bones: Any) -> dict[str, str]:
    """Which built-in bone turns which bone of a rig; what a rig lacks of hips and chest, its spine does."""
    pairs = {"spine": "spine" if "chest" in bones else "chest", "neck": "neck", "head": "head"}
    pairs |= {name: name for name in ("hips", "chest", "shoulder.L", "shoulder.R") if name in bones}
    return pairs


def attach(rig: Any, lead: Any, scene: Any, frame: Matrix) -> dict[str, list[tuple[str, str]]]:
    """Let ``rig`` follow the built-in skeleton ``lead``.

    Returns
    -------
    dict
        For each bone that follows, its (bone, constraint) pairs: with their influence at 0 it is free.
    """
    bones = rig.data.bones
    turned = leaders(bones)
    arms = [side for side in "LR" if _can_reach(rig, side)]
    with compat.edit_mode(scene, lead):
        for bone, leader in turned.items():
            _string(lead, bone, leader, frame @ bones[bone].matrix_local)
        for side in arms:
            _string(lead, f"hand.{side}", f"hand.{side}", _held(rig, lead, frame, side))
    strings: dict[str, list[tuple[str, str]]] = {}

    def pull(bone: str, kind: str, target: str) -> Any:
        constraint = rig.pose.bones[bone].constraints.new(kind)
        constraint.name = f"{PREFIX}{kind.replace('_', ' ').title()}"
        constraint.target, constraint.subtarget = lead, target
        strings.setdefault(bone, []).append((bone, constraint.name))
        return constraint

    top = "hips" if "hips" in turned else "spine"
    for bone in turned:
        pull(bone, "COPY_ROTATION", f"own {bone}")
    pull(top, "COPY_LOCATION", f"own {top}")
    for side in arms:
        reach = pull(f"forearm.{side}", "IK", f"own hand.{side}")
        reach.pole_target, reach.pole_subtarget = lead, f"ik_elbow.{side}"
        reach.pole_angle = _bend(rig, lead, frame, side)
        reach.chain_count = 2
        reach.use_stretch = False
        reach.iterations = 200
        # The upper arm is free when the forearm is: one constraint moves both.
        strings[f"upper_arm.{side}"] = list(strings[f"forearm.{side}"])
        pull(f"hand.{side}", "COPY_ROTATION", f"own hand.{side}")
    return strings


def _string(lead: Any, bone: str, leader: str, rest: Matrix) -> None:
    edit = lead.data.edit_bones.new(f"own {bone}")
    edit.head, edit.tail = (0, 0, 0), (0, 0.1, 0)
    edit.matrix = Matrix.LocRotScale(rest.to_translation().to_tuple(), rest.to_quaternion(), None)
    edit.use_deform = False
    edit.parent = lead.data.edit_bones[leader]


def _can_reach(rig: Any, side: str) -> bool:
    """Whether an arm is two bones without an IK of its own."""
    forearm = rig.data.bones[f"forearm.{side}"]
    own = [c for part in ("forearm", "hand") for c in rig.pose.bones[f"{part}.{side}"].constraints]
    return forearm.parent == rig.data.bones[f"upper_arm.{side}"] and not own


# ---------------------------------------------------------------------------------------------- arms


def _held(rig: Any, lead: Any, frame: Matrix, side: str) -> Matrix:
    """Rest of a hand's string: where the built-in hand rests, turned as the own hand lies in its own bone's axes."""
    hand = rig.data.bones[f"hand.{side}"]
    turn = frame.to_quaternion().to_matrix()
    fingers = (turn @ (hand.tail_local - hand.head_local)).normalized()
    outwards = Vector((deck_plane.side_sign(side), 0, 0))
    back = _UP if abs(fingers.z) < _LEVEL else outwards
    back = (back - fingers * back.dot(fingers)).normalized()
    axes: Any = (fingers.cross(back), fingers, back)
    bone_in_hand = Matrix(axes) @ turn @ hand.matrix_local.to_3x3()
    built_in = lead.data.bones[f"hand.{side}"].matrix_local
    return Matrix.LocRotScale(built_in.to_translation(), (built_in.to_3x3() @ bone_in_hand).to_quaternion(), None)


def _home(rig: Any, lead: Any, frame: Matrix, side: str) -> tuple[Matrix, Matrix, Vector]:
    """Upper arm's and forearm's axes with the hand on its deck (stage axes), and where the elbow bends to.

    The elbow by the law of cosines; both bones turn from rest by the shortest way.
    """
    bones = rig.data.bones
    upper, forearm = bones[f"upper_arm.{side}"], bones[f"forearm.{side}"]
    shoulder, elbow, wrist = (frame @ p for p in (upper.head_local, forearm.head_local, forearm.tail_local))
    first, second = (elbow - shoulder).length, (wrist - elbow).length
    goal = Vector(deck_plane.home(side)[0].tolist())
    reach = (goal - shoulder).normalized()
    far = min(max((goal - shoulder).length, abs(first - second) + 1e-4), 0.9995 * (first + second))
    along = (first**2 + far**2 - second**2) / (2 * far)
    away = lead.data.bones[f"ik_elbow.{side}"].head_local - shoulder
    bend = (away - reach * away.dot(reach)).normalized()
    bent = shoulder + reach * along + bend * math.sqrt(max(0.0, first**2 - along**2))
    turn = frame.to_quaternion()
    lift = (elbow - shoulder).rotation_difference(bent - shoulder)
    fold = (lift @ (wrist - elbow)).rotation_difference(shoulder + reach * far - bent)

    def axes(swing: Quaternion, bone: Any) -> Matrix:
        return (swing @ turn @ bone.matrix_local.to_quaternion()).to_matrix()

    return axes(lift, upper), axes(fold @ lift, forearm), bend


def _bend(rig: Any, lead: Any, frame: Matrix, side: str) -> float:
    """The IK's pole angle: from the upper arm's X axis to where its elbow bends, about its length."""
    upper, _, bend = _home(rig, lead, frame, side)
    axes: Any = upper.col
    return math.atan2(bend.dot(axes[2]), bend.dot(axes[0]))


def arm_pose(rig: Any, lead: Any, frame: Matrix) -> dict[str, Quaternion]:
    """Local turns that lay the arms on the decks: the IK starts from there, so it never meets a straight arm."""
    turn = frame.to_quaternion()
    pose = {}
    for side in "LR":
        upper, forearm, _ = _home(rig, lead, frame, side)
        rests = {
            part: (turn @ rig.data.bones[f"{part}.{side}"].matrix_local.to_quaternion())
            for part in ("upper_arm", "forearm")
        }
        own = rests["upper_arm"].inverted() @ upper.to_quaternion()
        pose[f"upper_arm.{side}"] = own
        # The forearm's rest rides on the upper arm's turn (in stage axes).
        ridden = upper.to_quaternion() @ rests["upper_arm"].inverted() @ rests["forearm"]
        pose[f"forearm.{side}"] = ridden.inverted() @ forearm.to_quaternion()
    return pose
