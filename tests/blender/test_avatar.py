# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova and her gear as built: bones, colours, size, names, expressions (metres in the DJ root's space)."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector

from crossfade_addon import themes
from crossfade_addon.studio import avatar, deck_plane, gear, ownership, paint

MIDDLE = ("hips", "spine", "chest", "neck", "head", "jaw", "mouth")
PAIRED = ("shoulder", "upper_arm", "forearm", "hand", "eye", "lid", "brow", "hair", "hair_tip")
DEFORMING = [*MIDDLE, *(f"{name}.{side}" for name in PAIRED for side in "LR")]
CONTROLS = ["root", "ik_hand.L", "ik_hand.R", "ik_elbow.L", "ik_elbow.R"]
KINDS = [name for name in dir(bpy.data) if isinstance(getattr(bpy.data, name), bpy.types.bpy_prop_collection)]


@dataclass
class Built:
    nova: avatar.Avatar
    gear: gear.Gear
    scene: Any
    theme: themes.Theme
    strangers: list[str]


def _blocks() -> set[Any]:
    return {block for kind in KINDS for block in getattr(bpy.data, kind)}


@pytest.fixture(scope="module")
def built() -> Built:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    collection = ownership.tag(bpy.data.collections.new("CF Stage"), "collection")
    scene.collection.children.link(collection)
    shop = ownership.Workshop(collection)
    before = _blocks()
    root = shop.object("DJ")
    root.location, root.scale = (0, 0.62, 0.5), (1.37,) * 3
    theme = themes.load_theme("sponsor_neon")
    nova = avatar.build_nova(shop, theme, scene, root)
    things = gear.build_gear(shop, theme, paint.Palette(shop), root)
    made = _blocks() - before
    strangers = [
        block.name
        for block in made
        if not isinstance(block, bpy.types.Key) and not (ownership.is_ours(block) and block.name.startswith("CF "))
    ]
    bpy.context.view_layer.update()
    return Built(nova, things, scene, theme, strangers)


def test_rig_has_all_bones_and_only_controls_do_not_deform(built: Built) -> None:
    bones = built.nova.rig.data.bones
    assert {b.name for b in bones} == {*DEFORMING, *CONTROLS}
    assert {b.name for b in bones if not b.use_deform} == set(CONTROLS)
    assert built.nova.rig.name == "CF Avatar_Rig"


def test_everything_made_is_named_and_tagged(built: Built) -> None:
    assert built.strangers == []


def test_triangles_stay_under_the_budget(built: Built) -> None:
    total = sum(len(p.vertices) - 2 for ob in built.nova.objects for p in ob.data.polygons)
    assert 12_000 < total < 16_400


def test_meshes_wear_one_material_and_the_themes_colours(built: Built) -> None:
    wanted = {tuple(np.round(paint.linear(value), 4)) for value in built.theme.avatar.values()}
    body, *flat = built.nova.objects
    for ob in built.nova.objects:
        assert [m.name for m in ob.data.materials] == ["CF Baked"]
        attribute = ob.data.color_attributes.active_color
        assert (attribute.name, attribute.domain) == (paint.ATTRIBUTE, "CORNER")
    for ob in flat:
        found = {tuple(float(c) for c in row) for row in np.unique(np.round(painted(ob), 4), axis=0)}
        assert all(any(np.allclose(color, w, atol=2e-4) for w in wanted) for color in found)
    assert len(body.data.color_attributes) == 1


def painted(ob: Any) -> np.ndarray:
    """Colours of a mesh's corners, (n, 3)."""
    rgba = np.empty(len(ob.data.loops) * 4, dtype="f4")
    ob.data.color_attributes.active_color.data.foreach_get("color", rgba)
    return rgba.reshape(-1, 4)[:, :3]


def test_her_body_stands_between_the_lights_of_the_stage(built: Built) -> None:
    """Straight from the front the theme's colours, a little darker; from the sides the accents, each from its own."""
    mesh = built.nova.objects[0].data
    colors = painted(built.nova.objects[0])
    normals = np.empty(len(mesh.loops) * 3, dtype="f4")
    mesh.corner_normals.foreach_get("vector", normals)
    normals = normals.reshape(-1, 3)
    own = np.array([paint.linear(value) for value in built.theme.avatar.values()])
    front = colors[normals[:, 1] < -0.985]
    off = np.abs(front[:, None, None] - np.array([1.0, 0.9])[:, None, None] * own).max(axis=3).min(axis=(1, 2))
    assert np.mean(off < 0.03) > 0.95
    bright = colors.min(axis=1) > 0.02
    sides = [colors[bright & (normals[:, 0] * side > 0.9)].mean(axis=0) for side in (-1, 1)]
    for near, far, key in ((sides[0], sides[1], "A"), (sides[1], sides[0], "P")):
        accent = np.array(built.theme.palette[key])
        assert np.linalg.norm(near - accent) < np.linalg.norm(far - accent) - 0.1, key


def test_every_vertex_follows_a_bone_with_full_weight(built: Built) -> None:
    for ob in built.nova.objects:
        sums = [sum(g.weight for g in v.groups) for v in ob.data.vertices]
        assert min(sums) == pytest.approx(1.0, abs=1e-3)
        assert max(sums) == pytest.approx(1.0, abs=1e-3)


def test_face_decals_look_at_the_audience(built: Built) -> None:
    faces = [p for p in built.nova.objects[1].data.polygons if p.area > 1e-7]
    assert len(faces) > 500
    assert max(p.normal.y for p in faces) < 0


def test_outline_hulls_are_inside_out(built: Built) -> None:
    """The rim's faces point towards its middle, seen from which the whole figure lies outside."""
    mesh = built.nova.rim.data
    volume = 0.0
    for p in mesh.polygons:
        corners = [mesh.vertices[i].co for i in p.vertices]
        volume += sum(corners[0].cross(b).dot(c) for b, c in pairwise(corners)) / 6
    assert volume < -0.05


def test_hands_rest_on_the_platters(built: Built) -> None:
    rig = built.nova.rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    for side, platter in built.gear.platters.items():
        tip = rig.pose.bones[f"hand.{side}"].matrix @ Vector(deck_plane.FINGERTIP.tolist())
        on_platter = platter.matrix_world.inverted() @ rig.matrix_world @ tip
        assert 0.003 < on_platter.z < 0.005
        assert on_platter.xy.length < deck_plane.PLATTER_RADIUS


def test_deck_plane_and_head_are_where_the_stage_expects_them(built: Built) -> None:
    for side, k in (("L", 1), ("R", -1)):
        centre = built.gear.platters[side].matrix_world.translation
        assert centre.x == pytest.approx(k * 0.41 * 1.37, abs=1e-4)
        assert centre.y == pytest.approx(0.62 - 0.45 * 1.37, abs=1e-4)
        assert centre.z == pytest.approx(0.5 + 0.80 * 1.37, abs=1e-4)


def test_platter_spins_in_its_own_tilted_plane(built: Built) -> None:
    platter = built.gear.platters["L"]
    normal = platter.matrix_world.to_3x3() @ Vector((0, 0, 1))
    platter.rotation_euler[2] = 1.0
    bpy.context.view_layer.update()
    turned = platter.matrix_world.to_3x3() @ Vector((0, 0, 1))
    platter.rotation_euler[2] = 0.0
    bpy.context.view_layer.update()
    assert normal.angle(turned) < 1e-3


@pytest.mark.parametrize(
    ("key", "bone", "axis"),
    [
        ("blink.L", "lid.L", 0),
        ("happy.R", "lid.R", 1),
        ("half.L", "lid.L", 2),
        ("mouth_open", "jaw", 0),
        ("mouth_o", "jaw", 1),
        ("smirk", "mouth", 0),
    ],
)
def test_controls_drive_the_expressions(built: Built, key: str, bone: str, axis: int) -> None:
    pose_bone = built.nova.rig.pose.bones[bone]

    def value(control: float) -> float:
        pose_bone.location[axis] = control
        bpy.context.view_layer.update()
        face = built.nova.objects[1].evaluated_get(bpy.context.evaluated_depsgraph_get())
        return face.data.shape_keys.key_blocks[key].value

    assert value(1.0) == pytest.approx(1.0, abs=1e-4)
    assert value(-0.25) == pytest.approx(0.0, abs=1e-4)
    assert value(0.0) == pytest.approx(0.0, abs=1e-4)


def test_eyes_close_when_she_blinks(built: Built) -> None:
    keys = built.nova.objects[1].data.shape_keys.key_blocks
    moved = [(b.co - a.co).length for a, b in zip(keys["Basis"].data, keys["blink.L"].data, strict=True)]
    left = [v.co.x > 0 for v in built.nova.objects[1].data.vertices]
    assert max(m for m, is_left in zip(moved, left, strict=True) if is_left) > 0.1
    assert max(m for m, is_left in zip(moved, left, strict=True) if not is_left) == 0.0


def test_light_channels_are_exposed(built: Built) -> None:
    assert set(built.gear.channels) == {"Platter Ring L", "Platter Ring R", "Fader Slot"}
    for channel in built.gear.channels.values():
        assert len(channel.objects) == 1
        assert not channel.objects[0].data.color_attributes


@pytest.mark.parametrize("name", themes.available())
def test_every_built_in_theme_has_all_colours_of_nova(name: str) -> None:
    assert set(themes.load_theme(name).avatar) >= set(themes.load_theme("sponsor_neon").avatar)


def test_every_process_builds_the_same_bodies():
    """Blender's cutting tools order what they make by addresses in memory, and surfaces that touch are drawn by it."""
    code = (
        "import hashlib, os, bpy\n"
        "from crossfade_addon.studio import bot_body, nova_body\n"
        "for mesh in (*nova_body.build_body(), bot_body.build_body().mesh):\n"
        "    told = repr((mesh.vertices, mesh.faces, mesh.colors))\n"
        "    print(hashlib.sha256(told.encode()).hexdigest(), flush=True)\n"
        "os._exit(0)"
    )
    root = Path(__file__).resolve().parents[2]
    first, second = (
        subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    # Blender may say more than that, and when.
    bodies, again = (re.findall(r"^[0-9a-f]{64}$", said, re.MULTILINE) for said in (first, second))
    assert len(bodies) == 3
    assert bodies == again
