# SPDX-License-Identifier: GPL-3.0-or-later
"""Bot as built in every theme: bones, size, outline, colours, expressions, and his hands on the decks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector

from crossfade_addon import themes
from crossfade_addon.studio import avatar, deck_plane, gear, ownership, paint

DEFORMING = ("hips", "spine", "chest", "neck", "head")
DEFORMING += tuple(f"{n}.{s}" for n in ("shoulder", "upper_arm", "forearm", "hand", "eye", "hair") for s in "LR")
TIPS = ("hair_tip.L", "hair_tip.R")


@dataclass
class Built:
    bot: avatar.Avatar
    gear: gear.Gear
    theme: themes.Theme
    strangers: list[str]

    @property
    def body(self) -> Any:
        return self.bot.objects[0]

    @property
    def face(self) -> Any:
        return self.bot.objects[1]


def build(name: str) -> Built:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    collection = ownership.tag(bpy.data.collections.new("CF Stage"), "collection")
    scene.collection.children.link(collection)
    shop = ownership.Workshop(collection)
    before = _blocks()
    root = shop.object("DJ")
    root.location, root.scale = (0, 0.62, 0.5), (1.37,) * 3
    theme = themes.load_theme(name)
    bot = avatar.build_avatar("bot", shop, theme, scene, root)
    things = gear.build_gear(shop, theme, paint.Palette(shop), root)
    strangers = [
        block.name
        for block in _blocks() - before
        if not isinstance(block, bpy.types.Key) and not (ownership.is_ours(block) and block.name.startswith("CF "))
    ]
    bpy.context.view_layer.update()
    return Built(bot, things, theme, strangers)


def _blocks() -> set[Any]:
    kinds = [k for k in dir(bpy.data) if isinstance(getattr(bpy.data, k), bpy.types.bpy_prop_collection)]
    return {block for kind in kinds for block in getattr(bpy.data, kind)}


@pytest.fixture(scope="module", params=themes.available())
def built(request: pytest.FixtureRequest) -> Built:
    return build(request.param)


def colors_of(ob: Any) -> np.ndarray:
    """One linear RGB a face: the colour of its first corner."""
    rgba = np.empty(len(ob.data.loops) * 4, dtype="f4")
    ob.data.color_attributes.active_color.data.foreach_get("color", rgba)
    return rgba.reshape(-1, 4)[[p.loop_start for p in ob.data.polygons], :3]


def weights_of(ob: Any) -> dict[str, float]:
    """The most that any vertex follows each bone."""
    names = {group.index: group.name for group in ob.vertex_groups}
    most: dict[str, float] = {}
    for vertex in ob.data.vertices:
        for group in vertex.groups:
            most[names[group.group]] = max(most.get(names[group.group], 0.0), group.weight)
    return most


def corners_posed(built: Built, **controls: float) -> np.ndarray:
    """Positions of the face's vertices while the rig's controls ``bone_axis`` are set."""
    for name, value in controls.items():
        bone, axis = name.rsplit("_", 1)
        built.bot.rig.pose.bones[bone.replace("__", ".")].location["xyz".index(axis)] = value
    bpy.context.view_layer.update()
    mesh = built.face.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    co = np.array([v.co[:] for v in mesh.vertices])
    for bone in built.bot.rig.pose.bones:
        bone.location = (0, 0, 0)
    bpy.context.view_layer.update()
    return co


def lit_area(built: Built, co: np.ndarray, side: int) -> float:
    """Area of one eye's faces that look at the audience, in square metres; ``side`` is the sign of x."""
    area = 0.0
    for polygon in built.face.data.polygons:
        corners = [Vector(co[i]) for i in polygon.vertices]
        rest = [built.face.data.vertices[i] for i in polygon.vertices]
        bones = {built.face.vertex_groups[g.group].name for v in rest for g in v.groups}
        if bones == {f"eye.{'L' if side > 0 else 'R'}"}:
            normal = (corners[2] - corners[0]).cross(corners[3] - corners[1])
            area += max(0.0, -normal.y) / 2
    return area


def test_everything_made_is_named_and_tagged_and_can_be_cleared() -> None:
    built = build("sponsor_neon")
    assert built.strangers == []
    ownership.clear()
    assert not [block.name for block in _blocks() if block.name.startswith("CF ")]


def test_bot_stands_on_novas_rig(built: Built) -> None:
    bones = built.bot.rig.data.bones
    assert bones["head"].head_local.z == pytest.approx(1.15)
    assert bones["hand.L"].length == pytest.approx(0.12, abs=1e-4)
    assert len(bones) == 30


def test_triangles_and_objects_stay_under_the_budget(built: Built) -> None:
    total = sum(len(p.vertices) - 2 for ob in built.bot.objects for p in ob.data.polygons)
    assert 6_000 < total <= 15_000
    assert len(built.bot.objects) <= 4


def test_every_vertex_follows_bones_with_full_weight(built: Built) -> None:
    for ob in built.bot.objects:
        sums = [sum(g.weight for g in v.groups) for v in ob.data.vertices]
        assert min(sums) == pytest.approx(1.0, abs=1e-3)
        assert max(sums) == pytest.approx(1.0, abs=1e-3)


def test_every_bone_of_body_and_swing_carries_something(built: Built) -> None:
    most: dict[str, float] = {}
    for ob in built.bot.objects:
        for bone, weight in weights_of(ob).items():
            most[bone] = max(most.get(bone, 0.0), weight)
    for bone in DEFORMING:
        assert most[bone] > (0.05 if bone.startswith("hair") else 0.9), bone
    assert all(most[tip] > 0.02 for tip in TIPS)


def test_something_on_the_head_swings_with_the_hair_bones(built: Built) -> None:
    def top() -> np.ndarray:
        bpy.context.view_layer.update()
        mesh = built.body.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        return np.array([v.co[:] for v in mesh.vertices])

    rest = top()
    for side, k in (("L", 1), ("R", -1)):
        built.bot.rig.pose.bones[f"hair.{side}"].rotation_quaternion = (0.966, 0, 0, 0.259 * k)
    moved = np.linalg.norm(top() - rest, axis=1)
    for side in "LR":
        built.bot.rig.pose.bones[f"hair.{side}"].rotation_quaternion = (1, 0, 0, 0)
    assert 0.01 < moved.max() < 0.2
    assert rest[moved > 0.005][:, 2].min() > 1.7


def test_every_part_faces_outwards_and_its_outline_inwards(built: Built) -> None:
    """With culling on, a face turned the wrong way is a hole. Outlines wear the colour of the first part added."""
    colors = colors_of(built.body)
    assert colors[0].max() < 0.02
    mesh = built.body.data
    faces_at: dict[Any, list[int]] = {}
    for polygon in mesh.polygons:
        for edge in polygon.edge_keys:
            faces_at.setdefault(edge, []).append(polygon.index)
    waiting = set(range(len(mesh.polygons)))
    closed = {True: 0, False: 0}
    while waiting:
        island = [waiting.pop()]
        has_border = False
        for index in island:  # grows while it is walked
            for edge in mesh.polygons[index].edge_keys:
                has_border |= len(faces_at[edge]) == 1
                fresh = waiting.intersection(faces_at[edge])
                waiting -= fresh
                island += fresh
        part = [mesh.polygons[i] for i in island]
        if has_border and max(p.normal.y for p in part) < 0.3:
            continue  # laid on the chest, facing the audience
        middle = sum((p.center for p in part), Vector()) / len(part)
        volume = 0.0
        for polygon in part:
            corners = [mesh.vertices[i].co - middle for i in polygon.vertices]
            volume += sum(corners[0].cross(b).dot(c) for b, c in pairwise(corners[1:])) / 6
        is_ink = bool(np.allclose(colors[island[0]], colors[0], atol=1e-6))
        assert (volume < 0) == is_ink, (middle, volume)
        closed[is_ink] += 1
    assert closed[True] > 20
    assert closed[False] > 30


def test_the_visor_covers_the_front_of_the_head(built: Built) -> None:
    """A ray from the audience to the face meets a decal or dark glass first, not the shell."""
    mesh, colors = built.body.data, colors_of(built.body)
    for x, z in ((0.0, 1.46), (0.2, 1.46), (-0.2, 1.5), (0.0, 1.32), (0.1, 1.6)):
        hit, _, _, index = built.body.ray_cast(Vector((x, -3, z)), Vector((0, 1, 0)))
        while hit and mesh.polygons[index].normal.y > 0:  # the outline's near side is culled
            start = mesh.polygons[index].center.y
            hit, _, _, index = built.body.ray_cast(Vector((x, start + 0.03, z)), Vector((0, 1, 0)))
        assert hit
        assert colors[index].max() < 0.25


def test_face_decals_look_at_the_audience(built: Built) -> None:
    faces = [p for p in built.face.data.polygons if p.area > 1e-7]
    assert len(faces) > 200
    assert max(p.normal.y for p in faces) < 0


def test_eyes_are_the_brightest_thing_on_a_dark_visor(built: Built) -> None:
    eye = {i for i, g in enumerate(built.face.vertex_groups) if g.name.startswith("eye")}
    vertices = built.face.data.vertices
    is_eye = np.array([vertices[p.vertices[0]].groups[0].group in eye for p in built.face.data.polygons])
    brightness = colors_of(built.face) @ np.array((0.2126, 0.7152, 0.0722))
    assert np.median(brightness[is_eye]) > 0.5


@pytest.mark.parametrize("built", ["sponsor_neon"], indirect=True)
def test_lights_come_from_their_own_sides(built: Built) -> None:
    """The head's edges carry the hue of the theme's lights: A at picture left, P at picture right."""
    mesh, colors = built.body.data, colors_of(built.body)
    head = [
        i
        for i, p in enumerate(mesh.polygons)
        if abs(p.center.z - 1.6) < 0.1 and abs(p.center.x) > 0.2 and p.normal.dot(p.center - Vector((0, 0, 1.475))) > 0
    ]
    left = np.mean([colors[i] for i in head if mesh.polygons[i].center.x < 0], axis=0)
    right = np.mean([colors[i] for i in head if mesh.polygons[i].center.x > 0], axis=0)
    toward_left, toward_right = (np.array(built.theme.palette[key]) for key in "AP")
    assert left @ toward_left / np.linalg.norm(left) > right @ toward_left / np.linalg.norm(right) + 0.1
    assert right @ toward_right / np.linalg.norm(right) > left @ toward_right / np.linalg.norm(left) + 0.1


@pytest.mark.parametrize(
    ("key", "bone", "axis", "sign"),
    [
        ("blink.L", "lid.L", 0, 1.0),
        ("happy.R", "lid.R", 1, 1.0),
        ("half.L", "lid.L", 2, 1.0),
        ("wide.R", "brow.R", 2, 0.03),
        ("mouth_open", "jaw", 0, 1.0),
        ("mouth_o", "jaw", 1, 1.0),
        ("smirk", "mouth", 0, 1.0),
    ],
)
def test_controls_drive_the_expressions(built: Built, key: str, bone: str, axis: int, sign: float) -> None:
    pose_bone = built.bot.rig.pose.bones[bone]

    def value(control: float) -> float:
        pose_bone.location[axis] = control
        bpy.context.view_layer.update()
        face = built.face.evaluated_get(bpy.context.evaluated_depsgraph_get())
        return face.data.shape_keys.key_blocks[key].value

    assert value(sign) == pytest.approx(1.0, abs=0.02)
    assert value(-sign / 4) == pytest.approx(0.0, abs=1e-4)
    assert value(0.0) == pytest.approx(0.0, abs=1e-4)


def test_sinking_brows_slant_the_eyes_and_gently_where_the_set_is_gentle(built: Built) -> None:
    pose_bone = built.bot.rig.pose.bones["brow.R"]
    pose_bone.location[2] = -0.02
    bpy.context.view_layer.update()
    face = built.face.evaluated_get(bpy.context.evaluated_depsgraph_get())
    frown = face.data.shape_keys.key_blocks["frown.R"].value
    pose_bone.location[2] = 0.0
    bpy.context.view_layer.update()
    assert 0.15 < frown < 0.35 if built.theme.set in ("award", "lofi") else 0.5 < frown < 0.9


def test_eyes_close_widen_and_stay_visible(built: Built) -> None:
    rest = lit_area(built, corners_posed(built), 1)
    blink = lit_area(built, corners_posed(built, lid__L_x=1.0), 1)
    asleep = lit_area(built, corners_posed(built, lid__L_z=0.4), 1)
    wide = lit_area(built, corners_posed(built, brow__L_z=0.03), 1)
    assert 0.05 * rest < blink < 0.65 * rest
    assert blink < asleep < 0.95 * rest
    assert wide > 1.05 * rest
    other = lit_area(built, corners_posed(built, lid__L_x=1.0), -1)
    assert other == pytest.approx(rest, rel=0.05)


@pytest.mark.parametrize("mood", [{"lid__L_z": 0.25}, {"brow__L_z": -0.018}, {"brow__L_z": 0.03}, {"lid__L_z": 0.42}])
def test_a_closed_eye_does_not_vanish_under_other_expressions(built: Built, mood: dict[str, float]) -> None:
    rest = lit_area(built, corners_posed(built), 1)
    assert lit_area(built, corners_posed(built, lid__L_x=1.0, **mood), 1) > 0.03 * rest
    assert lit_area(built, corners_posed(built, lid__L_y=1.0, **mood), 1) > 0.15 * rest


def test_the_mouth_opens_downwards(built: Built) -> None:
    mouth = np.array([v.co.z < 1.40 and abs(v.co.x) < 0.12 for v in built.face.data.vertices])
    rest, opened = corners_posed(built)[mouth], corners_posed(built, jaw_x=1.0)[mouth]
    assert np.ptp(opened[:, 2]) > 1.4 * np.ptp(rest[:, 2])
    assert opened[:, 2].min() < rest[:, 2].min() - 0.02


def test_hands_rest_on_the_platters_without_sinking_in(built: Built) -> None:
    graph = bpy.context.evaluated_depsgraph_get()
    rig = built.bot.rig.evaluated_get(graph)
    body = built.body.evaluated_get(graph)
    groups = {g.name: g.index for g in built.body.vertex_groups}
    solid = set()
    ink = colors_of(built.body)[0]
    for polygon, color in zip(built.body.data.polygons, colors_of(built.body), strict=True):
        if not np.allclose(color, ink, atol=1e-5):
            solid.update(polygon.vertices)
    for side, platter in built.gear.platters.items():
        to_platter = platter.matrix_world.inverted()
        tip = rig.pose.bones[f"hand.{side}"].matrix @ Vector(deck_plane.FINGERTIP.tolist())
        assert 0.003 < (to_platter @ rig.matrix_world @ tip).z < 0.005
        hand = [
            (to_platter @ body.matrix_world @ body.data.vertices[i].co).z
            for i in solid
            if any(g.group == groups[f"hand.{side}"] for g in built.body.data.vertices[i].groups)
        ]
        assert -0.004 < min(hand) < 0.008


@pytest.mark.parametrize(("name", "dj"), [("award_elegant", "bot"), ("chill_lofi", "bot"), ("sponsor_neon", "nova")])
def test_themes_choose_their_dj(name: str, dj: str) -> None:
    assert themes.load_theme(name).dj == dj
