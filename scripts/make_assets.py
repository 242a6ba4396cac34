# SPDX-License-Identifier: GPL-3.0-or-later
"""Make example assets of one's own: an avatar, a studio and six actions, simple but valid (see docs/assets.md).

usage: make_assets.py FOLDER

Writes FOLDER/avatar_base.blend, FOLDER/studio_default.blend and FOLDER/actions/<name>.blend. Run it with the
oldest Blender that shall open them (files of 4.2 open everywhere). In a running Blender, ``make(folder)`` leaves
nothing behind; names that are taken there would get a number, so start from an empty file.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
from mathutils import Euler, Matrix, Vector

Vec = tuple[float, float, float]
Turns = Mapping[str, Sequence[tuple[float, Vec]]]
"""Bone -> (frame, degrees about the figure's X, Y and Z)."""

BONES: dict[str, tuple[Vec, Vec, str]] = {
    "spine": ((0, 0, 0.80), (0, 0, 1.15), ""),
    "neck": ((0, 0, 1.22), (0, 0, 1.30), "spine"),
    "head": ((0, 0, 1.30), (0, 0, 1.78), "neck"),
}
for _k, _side in ((1, "L"), (-1, "R")):
    BONES[f"shoulder.{_side}"] = ((0.05 * _k, 0, 1.18), (0.20 * _k, 0, 1.18), "spine")
    BONES[f"upper_arm.{_side}"] = ((0.20 * _k, 0, 1.18), (0.42 * _k, 0.02, 0.96), f"shoulder.{_side}")
    BONES[f"forearm.{_side}"] = ((0.42 * _k, 0.02, 0.96), (0.62 * _k, -0.06, 0.74), f"upper_arm.{_side}")
    BONES[f"hand.{_side}"] = ((0.62 * _k, -0.06, 0.74), (0.68 * _k, -0.09, 0.66), f"forearm.{_side}")
COLORS: dict[str, Vec] = {
    "suit": (0.05, 0.16, 0.42),
    "shell": (0.75, 0.78, 0.85),
    "visor": (0.01, 0.01, 0.02),
    "glove": (0.95, 0.45, 0.08),
    "eye": (0.2, 0.95, 0.8),
    "wood": (0.22, 0.10, 0.05),
    "wall": (0.08, 0.05, 0.14),
    "panel": (0.55, 0.12, 0.30),
    "vinyl": (0.02, 0.02, 0.025),
    "mark": (0.95, 0.65, 0.1),
}
GLOWING = ("eye", "mark")


def make(folder: Path) -> None:
    """Write all files; what they are made of is removed from this Blender again."""
    (folder / "actions").mkdir(parents=True, exist_ok=True)
    with scratch():
        bpy.data.libraries.write(str(folder / "avatar_base.blend"), set(figure()), fake_user=True)
    with scratch():
        bpy.data.libraries.write(str(folder / "studio_default.blend"), set(room()), fake_user=True)
    for name, turns in actions().items():
        with scratch():
            moved = action(name, turns)
            bpy.data.libraries.write(str(folder / "actions" / f"{name}.blend"), {moved}, fake_user=True)


@contextmanager
def scratch() -> Iterator[None]:
    """Remove every datablock made inside."""
    kinds = ("objects", "meshes", "armatures", "cameras", "materials", "actions")
    before = {kind: set(getattr(bpy.data, kind)) for kind in kinds}
    try:
        yield
    finally:
        for kind in kinds:
            bpy.data.batch_remove([b for b in getattr(bpy.data, kind) if b not in before[kind]])


# ------------------------------------------------------------------------------------------- shapes


def material(name: str) -> Any:
    """A plain material, made once a name."""
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    made = bpy.data.materials.new(name)
    if made.node_tree is None:
        made.use_nodes = True
    shader = next(n for n in made.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*COLORS[name], 1.0)
    if name in GLOWING:
        out = next(n for n in made.node_tree.nodes if n.type == "OUTPUT_MATERIAL")
        glow = made.node_tree.nodes.new("ShaderNodeEmission")
        glow.inputs["Color"].default_value = (*COLORS[name], 1.0)
        made.node_tree.links.new(glow.outputs[0], out.inputs["Surface"])
    return made


class Solid:
    """Collects boxes and discs of many colours, each on one bone, and makes one mesh object of them."""

    def __init__(self) -> None:
        self.vertices: list[Vector] = []
        self.faces: list[tuple[int, ...]] = []
        self.colors: list[str] = []
        self.groups: dict[str, list[int]] = {}

    def add(self, points: Sequence[Vector], faces: Sequence[Sequence[int]], color: str, bone: str) -> None:
        """Append faces; indices count from the first of ``points``."""
        start = len(self.vertices)
        self.vertices += points
        self.faces += [tuple(start + i for i in face) for face in faces]
        self.colors += [color] * len(faces)
        self.groups.setdefault(bone, []).extend(range(start, start + len(points)))

    def rod(self, a: Vec, b: Vec, radii: tuple[float, float], color: str, bone: str = "", sides: int = 10) -> None:
        """A tube with rounded ends from ``a`` to ``b``."""
        start, along = Vector(a), Vector(b) - Vector(a)
        turn = along.to_track_quat("Z", "Y").to_matrix()
        rings = [(-0.6, 0.5), (-0.3, 0.85), (0.0, 1.0), (1.0, 1.0), (0.3, 0.85), (0.6, 0.5)]
        points, faces = [], []
        for i, (over, width) in enumerate(rings):
            t, radius = (0.0, radii[0]) if i < 3 else (1.0, radii[1])
            shift = over * radius if i not in (2, 3) else 0.0
            centre = start + along * t + along.normalized() * shift
            for j in range(sides):
                angle = 2 * math.pi * j / sides
                ring = Vector((math.cos(angle), math.sin(angle), 0)) * radius * width
                points.append(centre + turn @ ring)
        for i in range(len(rings) - 1):
            for j in range(sides):
                k = (j + 1) % sides
                faces.append((i * sides + j, i * sides + k, (i + 1) * sides + k, (i + 1) * sides + j))
        faces.append(tuple(reversed(range(sides))))
        faces.append(tuple(range((len(rings) - 1) * sides, len(rings) * sides)))
        self.add(points, faces, color, bone)

    def disc(self, radius: float, top: float, color: str, sides: int = 40) -> None:
        """A flat disc about Z, 2 cm thick."""
        angles = [2 * math.pi * j / sides for j in range(sides)]
        rings = [[Vector((radius * math.cos(a), radius * math.sin(a), z)) for a in angles] for z in (top - 0.02, top)]
        faces: list[tuple[int, ...]] = [tuple(reversed(range(sides))), tuple(range(sides, 2 * sides))]
        faces += [(j, (j + 1) % sides, (j + 1) % sides + sides, j + sides) for j in range(sides)]
        self.add(rings[0] + rings[1], faces, color, "")

    def ball(self, centre: Vec, size: Vec, color: str, bone: str = "", sides: int = 20, rings: int = 12) -> None:
        """A rounded block."""
        points, faces = [], []
        for i in range(rings + 1):
            polar = math.pi * i / rings
            for j in range(sides):
                turn = 2 * math.pi * j / sides
                way = (math.sin(polar) * math.cos(turn), math.sin(polar) * math.sin(turn), math.cos(polar))
                reach = sum(abs(c) ** 3 for c in way) ** (-1 / 3)
                points.append(Vector(centre) + Vector(c * reach * s for c, s in zip(way, size, strict=True)))
        for i in range(rings):
            for j in range(sides):
                k = (j + 1) % sides
                faces.append((i * sides + j, (i + 1) * sides + j, (i + 1) * sides + k, i * sides + k))
        self.add(points, faces, color, bone)

    def box(self, centre: Vec, size: Vec, color: str, bone: str = "", turn: Vec = (0, 0, 0)) -> None:
        """A box, turned about its centre (radians)."""
        matrix = Euler(turn).to_matrix()
        signs = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
        corners = [Vector(c * s / 2 for c, s in zip(sign, size, strict=True)) for sign in signs]
        faces = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
        self.add([Vector(centre) + matrix @ c for c in corners], faces, color, bone)

    def build(self, name: str) -> Any:
        """The object, with a material for each colour and a vertex group for each bone."""
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([tuple(v) for v in self.vertices], [], self.faces)
        used = sorted(set(self.colors))
        for color in used:
            mesh.materials.append(material(color))
        for face, color in zip(mesh.polygons, self.colors, strict=True):
            face.material_index = used.index(color)
            face.use_smooth = len(face.vertices) == 4 and len(self.faces) > 6
        mesh.update()
        ob = bpy.data.objects.new(name, mesh)
        for bone, indices in self.groups.items():
            if bone:
                ob.vertex_groups.new(name=bone).add(indices, 1.0, "REPLACE")
        return ob


# ------------------------------------------------------------------------------------------- avatar


def skeleton() -> Any:
    """The armature object ``Avatar_Rig``: the documented bones and no others."""
    armature = bpy.data.armatures.new("Avatar_Rig")
    rig = bpy.data.objects.new("Avatar_Rig", armature)
    scene = bpy.data.scenes.new("Scratch")
    scene.collection.objects.link(rig)
    layer = scene.view_layers[0]
    layer.objects.active = rig
    with bpy.context.temp_override(scene=scene, view_layer=layer, object=rig, active_object=rig):
        bpy.ops.object.mode_set(mode="EDIT")
        for name, (head, tail, parent) in BONES.items():
            bone = armature.edit_bones.new(name)
            bone.head, bone.tail = head, tail
            if parent:
                bone.parent = armature.edit_bones[parent]
        bpy.ops.object.mode_set(mode="OBJECT")
    for bone in rig.pose.bones:
        bone.rotation_mode = "QUATERNION"
    bpy.data.scenes.remove(scene)
    return rig


def figure() -> list[Any]:
    """A toy robot of 1.8 m in a blue suit, facing -Y."""
    rig = skeleton()
    body = Solid()
    body.ball((0, 0, 1.55), (0.27, 0.24, 0.25), "shell", "head")
    body.ball((0, -0.12, 1.55), (0.21, 0.14, 0.17), "visor", "head")
    body.rod((0, 0, 1.18), (0, 0, 1.32), (0.08, 0.08), "visor", "neck")
    body.rod((0, 0, 0.82), (0, 0, 1.14), (0.17, 0.19), "suit", "spine", 16)
    for k, side in ((1, "L"), (-1, "R")):
        body.rod((0.27 * k, 0, 1.55), (0.31 * k, 0, 1.55), (0.11, 0.09), "glove", "head", 14)
        upper, forearm, hand = (BONES[f"{part}.{side}"] for part in ("upper_arm", "forearm", "hand"))
        body.rod(upper[0], upper[1], (0.075, 0.065), "suit", f"upper_arm.{side}")
        body.rod(forearm[0], forearm[1], (0.065, 0.055), "suit", f"forearm.{side}")
        body.rod(hand[0], hand[1], (0.075, 0.06), "glove", f"hand.{side}")
        body.rod((0.09 * k, 0, 0.75), (0.11 * k, 0, 0.10), (0.09, 0.08), "suit", "spine")
    skin = body.build("Figure Body")
    eyes = Solid()
    for k in (1, -1):
        eyes.box((0.085 * k, -0.262, 1.58), (0.055, 0.012, 0.11), "eye", "head")
    eyes.box((0, -0.262, 1.46), (0.09, 0.012, 0.014), "eye", "head")
    face = eyes.build("Figure Face")
    _expressions(face)
    for ob in (skin, face):
        ob.parent = rig
        ob.modifiers.new("Armature", "ARMATURE").object = rig
    return [rig, skin, face]


def _expressions(face: Any) -> None:
    """Shape keys with the names that the show drives: ``blink.L``, ``blink.R`` and ``mouth_open``."""
    face.shape_key_add(name="Basis")
    squeezes: dict[str, Callable[[Vector], Vector]] = {
        "blink.L": lambda v: Vector((v.x, v.y, 1.57 + 0.1 * (v.z - 1.57))) if v.x > 0.05 else v,
        "blink.R": lambda v: Vector((v.x, v.y, 1.57 + 0.1 * (v.z - 1.57))) if v.x < -0.05 else v,
        "mouth_open": lambda v: Vector((v.x, v.y, 1.46 + 4 * (v.z - 1.46))) if v.z < 1.5 else v,
    }
    for name, squeeze in squeezes.items():
        key = face.shape_key_add(name=name)
        for point, vertex in zip(key.data, face.data.vertices, strict=True):
            point.co = squeeze(vertex.co.copy())


# ------------------------------------------------------------------------------------------- studio


def room() -> list[Any]:
    """A desk with two decks and a crossfader, a wall with a sponsor's place, a floor, and a camera."""
    tilt = math.radians(14)
    desk = Solid()
    desk.box((0, -0.47, 0.38), (1.5, 0.5, 0.76), "suit")
    for i in range(9):
        desk.box((-0.64 + 0.16 * i, -0.725, 0.12 + 0.03 * (4 - abs(i - 4)) + 0.15), (0.06, 0.02, 0.3), "panel")
    desk.box((0, -0.45, 0.765), (1.6, 0.6, 0.03), "wood", turn=(tilt, 0, 0))
    desk.box((0, -2.0, -0.02), (14, 9, 0.04), "wood")
    desk.box((0, 2.2, 3.5), (14, 0.1, 7.2), "wall")
    for i in range(11):
        desk.box((-3.5 + 0.7 * i, 2.12, 2.2), (0.05, 0.05, 4.0 - 0.3 * abs(i - 5)), "mark")
    made = [desk.build("Desk")]
    for k, side in ((1, "L"), (-1, "R")):
        deck = Solid()
        deck.disc(0.165, 0.004, "shell")
        deck.disc(0.155, 0.012, "vinyl")
        deck.disc(0.055, 0.016, "panel")
        deck.box((0, 0.10, 0.012), (0.02, 0.08, 0.008), "mark")
        ob = deck.build(f"Deck.{side}")
        ob.location, ob.rotation_euler = (0.41 * k, -0.45, 0.80), (tilt, 0, 0)
        made.append(ob)
    knob = Solid()
    knob.box((0, 0, 0), (0.032, 0.05, 0.04), "mark")
    fader = knob.build("Crossfader")
    fader.location, fader.rotation_euler = (0, -0.50, 0.81), (tilt, 0, 0)
    lens = bpy.data.cameras.new("Camera")
    lens.lens = 45
    camera = bpy.data.objects.new("Camera", lens)
    camera.location = (0.5, -4.8, 1.45)
    camera.rotation_euler = (Vector((0, -0.1, 1.25)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    zones = [bpy.data.objects.new(f"Sponsor.{name}", None) for name in ("Wall", "Desk")]
    zones[0].location, zones[1].location = (0, 2.1, 3.2), (0, -0.75, 0.45)
    return [*made, fader, camera, *zones]


# ------------------------------------------------------------------------------------------ actions


def actions() -> dict[str, Turns]:
    """The six actions: hits come where docs/assets.md puts them, at 30 frames a second."""

    def scratch_of(k: int) -> Turns:
        return {
            "spine": [(0, (0, 0, 0)), (7, (6, 5 * k, 6 * k)), (16, (4, 5 * k, 6 * k)), (24, (0, 0, 0))],
            "head": [
                (0, (0, 0, 0)),
                (7, (10, 0, 12 * k)),
                (11, (4, 0, 12 * k)),
                (16, (10, 0, 12 * k)),
                (24, (0, 0, 0)),
            ],
        }

    def raised(k: int) -> list[tuple[float, Vec]]:
        return [(0, (0, 0, 0)), (10, (0, 15 * k, 0)), (16, (0, -115 * k, 0)), (34, (0, -105 * k, 0)), (45, (0, 0, 0))]

    return {
        "idle_bob": {
            "spine": [(0, (5, 3, 0)), (8, (-2, 0, 0)), (15, (5, -3, 0)), (23, (-2, 0, 0)), (30, (5, 3, 0))],
            "head": [(0, (8, -4, 0)), (9, (-5, 0, 0)), (15, (8, 4, 0)), (24, (-5, 0, 0)), (30, (8, -4, 0))],
        },
        "deck_scratch_L": scratch_of(1),
        "deck_scratch_R": scratch_of(-1),
        "crossfader_hit": {
            "spine": [(0, (0, 0, 0)), (8, (-6, 0, 8)), (15, (10, 0, -10)), (30, (0, 0, 0))],
            "head": [(0, (0, 0, 0)), (15, (12, 0, 0)), (20, (-8, 6, 0)), (30, (0, 0, 0))],
        },
        "drop_reaction": {
            "spine": [(0, (0, 0, 0)), (12, (14, 0, 0)), (17, (-8, 0, 0)), (45, (0, 0, 0))],
            "head": [(0, (0, 0, 0)), (12, (10, 0, 0)), (17, (-14, 0, 0)), (45, (0, 0, 0))],
            "upper_arm.L": raised(1),
            "upper_arm.R": raised(-1),
        },
        "spotlight_present": {
            "spine": [(0, (0, 0, 0)), (17, (-4, 0, 12)), (44, (-4, 0, 12)), (60, (0, 0, 0))],
            "upper_arm.L": [(0, (0, 0, 0)), (17, (0, -60, 0)), (44, (0, -55, 0)), (60, (0, 0, 0))],
        },
    }


def action(name: str, turns: Turns) -> Any:
    """Key a rig and keep the action only."""
    rig = skeleton()
    for bone, keys in turns.items():
        rest = rig.data.bones[bone].matrix_local.to_3x3()
        for frame, degrees in keys:
            turn = Euler([math.radians(d) for d in degrees]).to_matrix()
            rig.pose.bones[bone].rotation_quaternion = Matrix(rest.transposed() @ turn @ rest).to_quaternion()
            rig.pose.bones[bone].keyframe_insert("rotation_quaternion", frame=frame)
    made = rig.animation_data.action
    made.name = name
    return made


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    make(Path(sys.argv[1]).resolve())
    sys.stdout.flush()
    os._exit(0)  # the bpy package can hang while Python tears it down
