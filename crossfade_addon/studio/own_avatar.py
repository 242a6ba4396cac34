# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own avatar: checked, fitted to the booth, painted, and tied to the built-in skeleton that performs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import bpy
from mathutils import Euler, Matrix, Vector

from ..errors import StudioError
from . import nova_rig, puppet
from .asset_append import Appended, instanced
from .avatar import Avatar
from .own_actions import Follower
from .ownership import Workshop
from .repaint import Shade, repaint

WHAT = "Avatar"
RIG = "Avatar_Rig"
BONES = ("head", "neck", "spine", *(f"{p}.{s}" for p in ("shoulder", "upper_arm", "forearm", "hand") for s in "LR"))
"""What the armature must have; hips and chest are used when it has them."""
_PARTS = ("ARMATURE", "CURVE", "EMPTY", "FONT", "LATTICE", "MESH", "META", "SURFACE")
_HEAD = Vector((0, 0, 1.435))
"""Middle of the built-in head bone in stage axes: where every avatar's face goes."""
SHAPE_CONTROLS = {
    **{f"blink.{s}": (f"lid.{s}", "LOC_X") for s in "LR"},
    **{f"happy.{s}": (f"lid.{s}", "LOC_Y") for s in "LR"},
    **{f"half.{s}": (f"lid.{s}", "LOC_Z") for s in "LR"},
    "mouth_open": ("jaw", "LOC_X"),
    "mouth_o": ("jaw", "LOC_Y"),
    "smirk": ("mouth", "LOC_X"),
}
"""Shape keys of these names on the user's meshes follow the built-in face: bone and its local location."""


def check(appended: Appended) -> Any:
    """The armature object of an avatar's file.

    Raises
    ------
    StudioError
        There is none of that name, bones are missing, or it does not stand on the floor.
    """
    rig = appended.objects.get(RIG) or next(
        (o for o in appended.objects.values() if o.type == "ARMATURE" and o.data.name.split(".")[0] == RIG), None
    )
    if rig is None or rig.type != "ARMATURE":
        raise StudioError(
            f"{appended} has no armature '{RIG}' (objects found: {listed(appended.objects)}).",
            hint=f"Name its armature object '{RIG}'.",
        )
    found = [bone.name for bone in rig.data.bones]
    missing = [bone for bone in BONES if bone not in found]
    if missing:
        raise StudioError(
            f"{appended} has no bone {listed(missing, quoted=True)} in armature '{RIG}' "
            f"(bones found: {listed(found)}).",
            hint="Name the bones as docs/assets.md lists them.",
        )
    place = standing(rig)
    bones = rig.data.bones
    height = (place @ _middle(bones["head"])).z
    if height <= (place @ bones["spine"].head_local).z or height <= 0:
        raise StudioError(
            f"{appended}: bone 'head' is not above bone 'spine' and the floor (its height is {height:.2f} m).",
            hint="It must stand upright: Z up, feet at Z = 0.",
        )
    return rig


def listed(names: Iterable[str], *, quoted: bool = False, most: int = 12) -> str:
    """Names for a message, the first few of many."""
    wanted = [f"'{n}'" if quoted else n for n in names]
    return (", ".join(wanted[:most]) + (", ..." if len(wanted) > most else "")) or "none"


def build(appended: Appended, shop: Workshop, scene: Any, root: Any, shade: Shade) -> tuple[Avatar, Follower]:
    """Put an avatar that was checked into the show.

    Parameters
    ----------
    root : bpy.types.Object
        The DJ's place; the avatar is turned to the audience and scaled so that its head is where it should be.
    shade : Shade
        The stage's painted light, in world space.

    Returns
    -------
    Avatar, Follower
        The built-in skeleton, which performs, with the user's objects on it; and the rig that follows it.
    """
    rig = check(appended)
    _keep_figure(appended, rig)
    _lay_to_rest(rig)
    fit = shop.object("Avatar Fit", parent=root)
    fit.matrix_basis = _fitted(rig)
    frame = fit.matrix_basis @ standing(rig)
    for ob in appended.placed.values():
        shop.collection.objects.link(ob)
        if ob.parent is None:
            ob.parent = fit
            ob.matrix_parent_inverse = Matrix.Identity(4)
    lead = nova_rig.build_rig(shop, scene, root)
    lead.name = lead.data.name = "CF Puppet"
    lead.show_in_front = False
    strings = puppet.attach(rig, lead, scene, frame)
    visible = [o for o in appended.placed.values() if o.type != "ARMATURE" and not o.hide_render]
    painted: set[Any] = set()
    for ob in appended.objects.values():
        if ob.type == "MESH" and ob.data not in painted:
            painted.add(ob.data)
            repaint(shop, ob, standing(ob), shade)
            _drive_face(ob, lead)
    appended.remove_unused()
    return Avatar(lead, tuple(visible)), Follower(rig, strings, puppet.arm_pose(rig, lead, frame))


# ------------------------------------------------------------------------------------------- figure


def _keep_figure(appended: Appended, rig: Any) -> None:
    """Remove every object that is neither the rig, nor on it, nor used by what is."""
    for bone in rig.pose.bones:
        bone.custom_shape = None
    everything = list(appended.objects.values())
    kept = {o for o in everything if o.type in _PARTS and (_hangs_on(o, rig) or _deformed_by(o, rig))}
    users = bpy.data.user_map(subset=everything)
    waiting = True
    while waiting:
        needed = {o for o in everything if o not in kept and o.type in _PARTS and users.get(o, set()) & kept}
        needed |= {part for o in kept for part in instanced(o)} - kept
        waiting = bool(needed)
        kept |= needed
    gone = [o for o in everything if o not in kept]
    groups = [b for b in appended.blocks if isinstance(b, bpy.types.Collection)]
    shown = {o.instance_collection for o in kept if o.instance_type == "COLLECTION"}
    appended.remove([*gone, *(g for g in groups if g not in shown)])
    appended.remove_unused()


def _hangs_on(ob: Any, rig: Any) -> bool:
    while ob is not None and ob != rig:
        ob = ob.parent
    return ob is not None


def _deformed_by(ob: Any, rig: Any) -> bool:
    return any(m.type == "ARMATURE" and m.object == rig for m in ob.modifiers)


def _lay_to_rest(rig: Any) -> None:
    """Take the rig's own animation off: the show gives it another."""
    rig.data.pose_position = "POSE"
    rig.hide_viewport = rig.hide_render = rig.hide_select = False
    animation = rig.animation_data
    if animation is not None:
        animation.action = None
        for track in list(animation.nla_tracks):
            animation.nla_tracks.remove(track)
    for bone in rig.pose.bones:
        bone.matrix_basis = Matrix.Identity(4)


def standing(ob: Any) -> Matrix:
    """Where an object stands at rest, worked out from its parents: it may never have been in a scene."""
    place = ob.matrix_basis.copy()
    while ob.parent is not None:
        place = ob.matrix_parent_inverse @ place
        if ob.parent_type == "BONE" and ob.parent_bone in ob.parent.data.bones:
            bone = ob.parent.data.bones[ob.parent_bone]
            place = bone.matrix_local @ Matrix.Translation((0, bone.length, 0)) @ place
        ob = ob.parent
        place = ob.matrix_basis @ place
    return place


def _middle(bone: Any) -> Vector:
    return (bone.head_local + bone.tail_local) / 2


def _fitted(rig: Any) -> Matrix:
    """Turn, size and place that bring the rig's head to ours: quarter turns about Z, even scale, feet on the floor."""
    place, bones = standing(rig), rig.data.bones
    left = place @ bones["shoulder.L"].tail_local - place @ bones["shoulder.R"].tail_local
    quarter = round(math.atan2(left.y, left.x) / (math.pi / 2)) * math.pi / 2
    turn = Euler((0, 0, -quarter)).to_matrix().to_4x4()
    size = _HEAD.z / (place @ _middle(bones["head"])).z
    spine = turn @ place @ bones["spine"].head_local * size
    return Matrix.Translation((-spine.x, -spine.y, 0)) @ Matrix.Scale(size, 4) @ turn


def _drive_face(ob: Any, lead: Any) -> None:
    """Let shape keys with the names of the built-in expressions follow the built-in face."""
    keys = ob.data.shape_keys
    for name in [n for n in SHAPE_CONTROLS if keys and n in keys.key_blocks]:
        bone, channel = SHAPE_CONTROLS[name]
        keys.key_blocks[name].driver_remove("value")
        curve = keys.key_blocks[name].driver_add("value")
        for modifier in list(curve.modifiers):
            curve.modifiers.remove(modifier)
        curve.driver.type = "SUM"
        variable = curve.driver.variables.new()
        variable.type = "TRANSFORMS"
        target = variable.targets[0]
        target.id, target.bone_target = lead, bone
        target.transform_type, target.transform_space = channel, "LOCAL_SPACE"
