# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own avatar, studio and actions in a show: where they stand, what they do, and that they go again.

Truth is the example files' own numbers (scripts/make_assets.py) and the built-in skeleton that leads them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import own_assets
import pytest
from mathutils import Matrix, Vector
from show_fixtures import DROP

from crossfade_addon import timing
from crossfade_addon.brief import Brief
from crossfade_addon.studio import compat, deck_plane, own_avatar, own_stage, ownership, paint, show
from crossfade_addon.studio.performance_plan import KINDS
from crossfade_addon.themes import load_theme
from crossfade_addon.timeline import ACTIONS

pytestmark = pytest.mark.blender

FPS = Fraction(30)
THEME = load_theme("sponsor_neon")
ROOT = Matrix.LocRotScale(Vector(show.DJ_LOCATION), None, Vector((show.DJ_SCALE,) * 3))
HEAD_HEIGHT = (1.15 + 1.72) / 2
"""Middle of the built-in head bone, in the DJ's own metres."""
MOST_TURN = 60.0
"""Degrees a bone may turn in one frame, in the world: limbs add up what their parents do."""


@dataclass
class Built:
    show: show.Show
    folder: Path
    before: set[Any]

    def __post_init__(self) -> None:
        self.scene = self.show.scenes["9:16"]

    def at(self, seconds: float) -> None:
        self.scene.frame_set(timing.frame_at(seconds, FPS))

    def eval(self, name: str) -> Any:
        return bpy.data.objects[name].evaluated_get(self.scene.view_layers[0].depsgraph)

    def bone(self, rig: str, name: str) -> Matrix:
        """A bone at the current frame in the DJ's own metres."""
        evaluated = self.eval(rig)
        return ROOT.inverted() @ evaluated.matrix_world @ evaluated.pose.bones[name].matrix


def build(folder: Path, **changes: Any) -> Built:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    for name in ("Avatar_Rig", "Deck.L", "Camera"):  # what the user's file calls its own
        bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, None))
    before = own_assets.everything()
    return Built(show.build(own_assets.script(), THEME, own_assets.brief(**changes)), folder, before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_assets.example_assets(tmp_path_factory.mktemp("assets"))


@pytest.fixture(scope="module")
def all_own(folder: Path) -> Iterator[Built]:
    yield build(
        folder,
        avatar=str(folder / "avatar_base.blend"),
        studio=folder / "studio_default.blend",
        actions=folder / "actions",
    )


def test_own_files_take_the_place_of_the_built_in_ones(all_own: Built) -> None:
    names = {o.name for o in all_own.scene.objects}
    assert {"CF Figure Body", "CF Figure Face", "CF Avatar_Rig", "CF Desk", "CF Deck.L"} <= names
    assert not names & {"CF Avatar_Body", "CF Booth", "CF Backdrop", "CF Floor", "CF Platter L", "CF Mirror"}
    assert any(n.startswith("CF Beam") for n in names)
    zones = bpy.data.collections["CF Sponsor Zones"]
    assert {o.name for o in zones.objects} == {"CF Sponsor.Wall", "CF Sponsor.Desk"}
    assert all_own.show.notices == ()


def test_everything_that_came_in_is_ours_by_name_and_tag(all_own: Built) -> None:
    came = [b for b in own_assets.blocks() if b not in all_own.before]
    strangers = [b for b in came if not (ownership.is_ours(b) and b.name.startswith(("CF ", "Crossfade")))]
    assert strangers == []
    assert not [b for b in came if isinstance(b, bpy.types.Library)]


def test_head_is_at_the_height_of_the_built_in_one_and_faces_the_audience(all_own: Built) -> None:
    fit = bpy.data.objects["CF Avatar Fit"].matrix_basis
    head, tail, _ = own_assets.make_assets.BONES["head"]
    assert (fit @ ((Vector(head) + Vector(tail)) / 2)).z == pytest.approx(HEAD_HEIGHT, abs=1e-4)
    assert (fit.to_3x3() @ Vector((0, -1, 0))).normalized().y == pytest.approx(-1, abs=1e-5)


def test_decks_lie_where_the_hands_expect_them(all_own: Built) -> None:
    all_own.at(1.0)
    for side, place in deck_plane.DECKS.items():
        assert (all_own.eval(f"CF Deck.{side}").matrix_world.translation - ROOT @ Vector(place)).length < 1e-3


def test_decks_spin_in_their_own_plane(all_own: Built) -> None:
    turns, normals = [], []
    for t in (1.0, 1.1):
        all_own.at(t)
        matrix = all_own.eval("CF Deck.L").matrix_world.to_3x3().normalized()
        turns.append(matrix @ Vector((1, 0, 0)))
        normals.append(matrix @ Vector((0, 0, 1)))
    assert math.degrees(turns[0].angle(turns[1])) == pytest.approx(200 * 0.1, abs=0.5)
    assert normals[0].angle(normals[1]) < 1e-3
    assert math.degrees(normals[0].angle(Vector((0, 0, 1)))) == pytest.approx(14, abs=0.1)


def test_crossfader_slides_to_the_other_end_when_it_is_hit(all_own: Built) -> None:
    places = []
    for t in (7.0, 8.2):
        all_own.at(t)
        places.append((ROOT.inverted() @ all_own.eval("CF Crossfader").matrix_world.translation).x)
    assert places == pytest.approx([-deck_plane.FADER_TRAVEL, deck_plane.FADER_TRAVEL], abs=1e-3)


def test_hero_sees_what_the_own_camera_sees_and_still_pushes_in(all_own: Built) -> None:
    place = ROOT @ Vector((0.5, -4.8, 1.45))
    target = ROOT @ Vector((0, -0.1, 1.25))
    for aspect, scene in all_own.show.scenes.items():
        distances = []
        for t in (4.0, 7.9):
            scene.frame_set(timing.frame_at(t, FPS))
            assert scene.camera.name == f"CF {aspect} hero"
            seen = scene.camera.evaluated_get(scene.view_layers[0].depsgraph).matrix_world
            distances.append((seen.translation - target).length)
            if t == 4.0:
                assert (seen.translation - place).length < 0.02
                axis = (seen.to_3x3() @ Vector((0, 0, -1))).normalized()
                assert math.degrees(axis.angle(target - place)) < 0.2
                assert scene.camera.data.lens == pytest.approx(45, abs=0.1)
        assert distances[1] < 0.95 * distances[0]


def test_hands_rest_on_the_decks_while_the_body_bobs(all_own: Built) -> None:
    spines = []
    for t in np.arange(0.5, 2.2, 0.1):
        all_own.at(float(t))
        spines.append(all_own.bone("CF Avatar_Rig", "spine").to_quaternion())
        for side in "LR":
            wrist = all_own.bone("CF Avatar_Rig", f"hand.{side}").translation
            assert (wrist - Vector(deck_plane.home(side)[0].tolist())).length < 0.005
    assert max(math.degrees(spines[0].rotation_difference(s).angle) for s in spines) > 4


def test_own_gesture_plays_as_it_was_made_and_comes_on_time(all_own: Built) -> None:
    """The example throws its arms up 16 frames into drop_reaction, whose hit is half a second in."""
    all_own.at(DROP + 1 / 30)
    for side, k in (("L", 1), ("R", -1)):
        rig = all_own.eval("CF Avatar_Rig")
        head, tail, _ = own_assets.make_assets.BONES[f"upper_arm.{side}"]
        rest = rig.data.bones[f"upper_arm.{side}"].matrix_local.to_quaternion()
        turned = rest @ rig.pose.bones[f"upper_arm.{side}"].matrix_basis.to_quaternion() @ rest.inverted()
        arm = (turned @ (Vector(tail) - Vector(head))).normalized()
        up = Matrix.Rotation(math.radians(-115 * k), 3, "Y") @ (Vector(tail) - Vector(head)).normalized()
        assert math.degrees(arm.angle(up)) < 2
        hand = all_own.bone("CF Avatar_Rig", f"hand.{side}").translation
        assert hand.z > all_own.bone("CF Avatar_Rig", "head").translation.z + 0.15


def test_nothing_pops(all_own: Built) -> None:
    before: dict[str, Matrix] = {}
    worst = ("", 0.0, 0)
    for frame in range(timing.frame_at(2.0, FPS), timing.frame_at(21.5, FPS)):
        all_own.scene.frame_set(frame)
        evaluated = all_own.eval("CF Avatar_Rig")
        for bone in evaluated.pose.bones:
            turn = bone.matrix.to_quaternion()
            if bone.name in before:
                step = math.degrees(before[bone.name].rotation_difference(turn).angle)
                step = min(step, 360 - step)
                worst = max(worst, (bone.name, step, frame), key=lambda w: w[1])
            before[bone.name] = turn
    assert worst[1] < MOST_TURN, worst


def test_own_meshes_wear_their_materials_colours_in_the_stages_light(all_own: Built) -> None:
    mesh = bpy.data.objects["CF Figure Body"].data
    assert [m.name for m in mesh.materials] == ["CF Baked"]
    rgba = np.empty(len(mesh.loops) * 4, dtype="f4")
    mesh.color_attributes[paint.ATTRIBUTE].data.foreach_get("color", rgba)
    colors = rgba.reshape(-1, 4)[:, :3]
    assert colors.std(axis=0).min() > 0.05  # lit, not flat
    eyes = bpy.data.objects["CF Figure Face"].data
    rgba = np.empty(len(eyes.loops) * 4, dtype="f4")
    eyes.color_attributes[paint.ATTRIBUTE].data.foreach_get("color", rgba)
    assert np.allclose(rgba.reshape(-1, 4)[:, :3], own_assets.make_assets.COLORS["eye"], atol=1e-3)  # they glow


def test_shape_keys_with_known_names_follow_the_face(all_own: Built) -> None:
    lead = bpy.data.objects["CF Puppet"]
    values = []
    for frame in range(1, 240):
        all_own.scene.frame_set(frame)
        lid = lead.evaluated_get(all_own.scene.view_layers[0].depsgraph).pose.bones["lid.L"].location.x
        key = all_own.eval("CF Figure Face").data.shape_keys.key_blocks["blink.L"].value
        assert key == pytest.approx(min(1.0, max(0.0, lid)), abs=1e-3)
        values.append(key)
    assert max(values) > 0.9 and min(values) < 0.01


def test_clear_removes_all_of_it_and_nothing_else(all_own: Built) -> None:
    own_names = {"Avatar_Rig", "Deck.L", "Camera"}
    ownership.clear()
    assert own_assets.everything() == all_own.before
    assert {o.name for o in bpy.data.objects} == own_names


# --------------------------------------------------------------------------------- only an avatar


@pytest.fixture(scope="module")
def avatar_only(folder: Path) -> Iterator[Built]:
    yield build(folder, avatar=str(folder / "avatar_base.blend"))


def test_body_follows_the_built_in_performance(avatar_only: Built) -> None:
    pairs = (("head", "head"), ("neck", "neck"), ("spine", "chest"), ("shoulder.L", "shoulder.L"))
    largest = dict.fromkeys((own for own, _ in pairs), 0.0)
    for t in (0.4, 3.1, 8.0, DROP - 0.1, DROP + 0.3, 16.8):
        avatar_only.at(t)
        for own, leader in pairs:
            turns = []
            for rig, bone in (("CF Avatar_Rig", own), ("CF Puppet", leader)):
                rest = bpy.data.objects[rig].data.bones[bone].matrix_local.to_quaternion()
                turns.append(avatar_only.bone(rig, bone).to_quaternion() @ rest.inverted())
            assert math.degrees(turns[0].rotation_difference(turns[1]).angle) < 0.1
            largest[own] = max(largest[own], math.degrees(turns[1].angle))
    assert min(largest.values()) > 4


def test_hands_go_where_the_built_in_hands_go(avatar_only: Built) -> None:
    far = []
    for t in (3.1, 5.1, 8.0, DROP, DROP + 0.2, 16.8):
        avatar_only.at(t)
        for side in "LR":
            own, lead = (avatar_only.bone(rig, f"hand.{side}").translation for rig in ("CF Avatar_Rig", "CF Puppet"))
            far.append((own - lead).length)
    assert max(far) < 0.01
    avatar_only.at(DROP + 0.2)
    head = avatar_only.bone("CF Avatar_Rig", "head").translation
    assert avatar_only.bone("CF Avatar_Rig", "hand.L").translation.z > head.z + 0.2


def test_the_built_in_stage_stays_with_an_own_avatar(avatar_only: Built) -> None:
    assert {"CF Booth", "CF Platter L"} <= {o.name for o in avatar_only.scene.objects}


def test_building_again_gives_the_same_show(avatar_only: Built) -> None:
    def state() -> list[Any]:
        names = sorted(o.name for o in bpy.data.objects)
        poses = []
        for t in (3.1, DROP + 0.2):
            avatar_only.at(t)
            poses += [
                tuple(np.round(np.array(b.matrix).ravel(), 4)) for b in avatar_only.eval("CF Avatar_Rig").pose.bones
            ]
        return [names, poses]

    first = state()
    avatar_only.show = show.build(
        own_assets.script(), THEME, own_assets.brief(avatar=str(avatar_only.folder / "avatar_base.blend"))
    )
    avatar_only.scene = avatar_only.show.scenes["9:16"]
    assert state() == first


# ------------------------------------------------------------------------------ other combinations


def test_own_actions_move_a_built_in_avatar(folder: Path) -> None:
    built = build(folder, avatar="nova", actions=folder / "actions")
    rig = bpy.data.objects["CF Avatar_Rig"]
    action = bpy.data.actions["CF drop_reaction"]
    own = [s for t in rig.animation_data.nla_tracks for s in t.strips if s.action == action]
    assert len(own) == 1
    assert own[0].frame_start == pytest.approx(timing.subframe_at(DROP - 0.5, FPS), abs=0.01)
    assert "drop_reaction stand-in" in {
        s.action.name.removeprefix("CF ") for t in rig.animation_data.nla_tracks for s in t.strips
    }
    (bob,) = {s.action for s in rig.animation_data.nla_tracks["base"].strips}
    keyed = {c.data_path for c in compat.object_fcurves(bob)}
    assert keyed == {f'pose.bones["{bone}"].rotation_quaternion' for bone in ("spine", "head")}
    built.at(DROP + 1 / 30)
    evaluated = built.eval("CF Avatar_Rig")
    reach = evaluated.pose.bones["forearm.L"].constraints["IK"].influence
    assert reach == pytest.approx(0.0, abs=1e-3)
    built.at(1.0)
    assert built.eval("CF Avatar_Rig").pose.bones["forearm.L"].constraints["IK"].influence == pytest.approx(1.0)


def test_some_own_actions_leave_the_other_gestures_built_in(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "idle_bob.blend").write_bytes((folder / "actions" / "idle_bob.blend").read_bytes())
    built = build(folder, avatar=str(folder / "avatar_base.blend"), actions=tmp_path)
    built.at(DROP + 0.2)
    head = built.bone("CF Avatar_Rig", "head").translation
    assert built.bone("CF Avatar_Rig", "hand.L").translation.z > head.z + 0.2


def test_a_rig_of_another_size_turned_away_is_turned_back_and_fitted(tmp_path: Path) -> None:
    def make() -> list[Any]:
        made = own_assets.make_assets.figure()
        rig = made[0]
        rig.location, rig.scale, rig.rotation_euler = (3, 1, 0), (100, 100, 100), (0, 0, math.pi)
        return made

    bpy.ops.wm.read_factory_settings(use_empty=True)
    path = own_assets.asset(tmp_path / "giant.blend", make)
    built = build(tmp_path, avatar=str(path))
    built.at(1.0)
    face = built.eval("CF Avatar_Rig")
    assert (face.matrix_world.to_3x3() @ Vector((0, -1, 0))).normalized().y < -0.99
    for side in "LR":
        wrist = built.bone("CF Avatar_Rig", f"hand.{side}").translation
        assert (wrist - Vector(deck_plane.home(side)[0].tolist())).length < 0.005


def test_straight_arms_rolled_bones_and_euler_angles_reach_the_decks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bones = dict(own_assets.make_assets.BONES)
    for k, side in ((1, "L"), (-1, "R")):
        for part, (a, b) in {"upper_arm": (0.2, 0.5), "forearm": (0.5, 0.8), "hand": (0.8, 0.9)}.items():
            bones[f"{part}.{side}"] = ((a * k, 0, 1.18), (b * k, 0, 1.18), bones[f"{part}.{side}"][2])
    monkeypatch.setattr(own_assets.make_assets, "BONES", bones)

    def make() -> list[Any]:
        made = own_assets.make_assets.figure()
        scene = bpy.data.scenes.new("Edit")
        scene.collection.objects.link(made[0])
        with compat.edit_mode(scene, made[0]):
            for i, bone in enumerate(made[0].data.edit_bones):
                bone.roll = 0.7 * i
        bpy.data.scenes.remove(scene)
        for bone in made[0].pose.bones:
            bone.rotation_mode = "XYZ"
        return made

    bpy.ops.wm.read_factory_settings(use_empty=True)
    built = build(tmp_path, avatar=str(own_assets.asset(tmp_path / "t.blend", make)))
    for t in (1.0, 3.1, DROP + 0.2):
        built.at(t)
        for side, k in (("L", 1), ("R", -1)):
            own, lead = (built.bone(rig, f"hand.{side}") for rig in ("CF Avatar_Rig", "CF Puppet"))
            assert (own.translation - lead.translation).length < 0.01
            # The palm, which looked down from the straight arm, looks where the built-in palm does.
            rest = built.eval("CF Avatar_Rig").data.bones[f"hand.{side}"].matrix_local.to_quaternion()
            palm = own.to_quaternion() @ rest.inverted() @ Vector((0, 0, -1))
            assert math.degrees(palm.angle(lead.to_quaternion() @ Vector((0, 0, -1)))) < 2
            fingers = own.to_quaternion() @ rest.inverted() @ Vector((k, 0, 0))
            assert math.degrees(fingers.angle(lead.to_quaternion() @ Vector((0, 1, 0)))) < 2


def test_a_packed_picture_colours_the_corners_that_it_covers(tmp_path: Path) -> None:
    def make() -> list[Any]:
        made = own_assets.make_assets.figure()
        mesh = bpy.data.meshes.new("Badge")
        mesh.from_pydata([(0, -0.4, 1), (1, -0.4, 1), (1, -0.4, 1.5), (0, -0.4, 1.5)], [], [(0, 1, 2, 3)])
        layer = mesh.uv_layers.new()
        for corner, u in zip(layer.uv, (0.2, 0.8, 0.8, 0.2), strict=True):
            corner.vector = (u, 0.5)
        picture = bpy.data.images.new("Two", 2, 1)
        picture.pixels[:] = (1, 0, 0, 1, 0, 0, 1, 1)
        picture.pack()
        wall = bpy.data.materials.new("Two")
        if wall.node_tree is None:
            wall.use_nodes = True
        nodes = wall.node_tree.nodes
        glow, texture = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeTexImage")
        texture.image = picture
        wall.node_tree.links.new(texture.outputs["Color"], glow.inputs["Color"])
        out = next(n for n in nodes if n.type == "OUTPUT_MATERIAL")
        wall.node_tree.links.new(glow.outputs[0], out.inputs["Surface"])
        mesh.materials.append(wall)
        badge = bpy.data.objects.new("Badge", mesh)
        badge.parent = made[0]
        return [*made, badge]

    bpy.ops.wm.read_factory_settings(use_empty=True)
    built = build(tmp_path, avatar=str(own_assets.asset(tmp_path / "b.blend", make)))
    mesh = bpy.data.objects["CF Badge"].data
    colors = [tuple(round(c) for c in corner.color[:3]) for corner in mesh.color_attributes[paint.ATTRIBUTE].data]
    assert colors == [(1, 0, 0), (0, 0, 1), (0, 0, 1), (1, 0, 0)]
    assert not bpy.data.images and built.show.notices == ()


def test_an_instanced_collection_shows_where_it_is_instanced_only(tmp_path: Path) -> None:
    def make() -> list[Any]:
        lamp = bpy.data.objects.new("Lamp Part", bpy.data.meshes.new("Lamp Part"))
        group = bpy.data.collections.new("Lamps")
        group.objects.link(lamp)
        shown = bpy.data.objects.new("Lamp", None)
        shown.instance_type, shown.instance_collection = "COLLECTION", group
        return [*own_assets.make_assets.room(), shown]

    bpy.ops.wm.read_factory_settings(use_empty=True)
    built = build(tmp_path, studio=own_assets.asset(tmp_path / "s.blend", make))
    assert "CF Lamp" in built.scene.objects and "CF Lamp Part" not in built.scene.objects
    assert [o.name for o in bpy.data.objects["CF Lamp"].instance_collection.objects] == ["CF Lamp Part"]


def test_a_studio_with_lamps_keeps_its_materials(tmp_path: Path) -> None:
    def make() -> list[Any]:
        return [*own_assets.make_assets.room(), bpy.data.objects.new("Key", bpy.data.lights.new("Key", "SUN"))]

    bpy.ops.wm.read_factory_settings(use_empty=True)
    build(tmp_path, studio=own_assets.asset(tmp_path / "s.blend", make))
    assert "CF wood" in {m.name for m in bpy.data.objects["CF Desk"].data.materials}
    ownership.clear()
    assert not bpy.data.lights


def test_locked_decks_and_fader_stand_still(tmp_path: Path) -> None:
    def make() -> list[Any]:
        made = own_assets.make_assets.room()
        for ob in made:
            if ob.name in ("Deck.L", "Crossfader"):
                ob.lock_rotation[2] = ob.lock_location[0] = True
        return made

    bpy.ops.wm.read_factory_settings(use_empty=True)
    built = build(tmp_path, studio=own_assets.asset(tmp_path / "locked.blend", make))
    states = []
    for t in (7.0, 8.2):
        built.at(t)
        states.append([built.eval(f"CF {n}").matrix_world.copy() for n in ("Deck.L", "Crossfader", "Deck.R")])
    moved = [max((a[i] - b[i]).length for i in range(3)) for a, b in zip(*states, strict=True)]
    assert moved[0] < 1e-5 and moved[1] < 1e-5 < 0.1 < moved[2]


def test_key_of_the_show_changes_with_the_content_of_its_files(folder: Path, tmp_path: Path) -> None:
    def key(job: Brief) -> str:
        return show.show_key(own_assets.script(), THEME, job)

    avatar = tmp_path / "a.blend"
    avatar.write_bytes((folder / "avatar_base.blend").read_bytes())
    actions = tmp_path / "actions"
    actions.mkdir()
    (actions / "idle_bob.blend").write_bytes(b"1")
    job = own_assets.brief(avatar=str(avatar), studio=folder / "studio_default.blend", actions=actions)
    first = key(job)
    assert key(job) == first
    moved = tmp_path / "b.blend"
    moved.write_bytes(avatar.read_bytes())
    assert key(job.replace(avatar=str(moved))) == first  # another name, the same avatar
    (actions / "drop_reaction.blend").write_bytes(b"2")
    second = key(job)
    avatar.write_bytes(avatar.read_bytes() + b"x")
    third = key(job)
    assert len({first, second, third, key(own_assets.brief())}) == 4


def test_the_guide_names_all_that_is_looked_for_and_when_hits_come() -> None:
    guide = (own_assets.ROOT / "docs" / "assets.md").read_text(encoding="utf-8")
    for name in (*own_avatar.BONES, *own_stage.REQUIRED, *ACTIONS, *own_avatar.SHAPE_CONTROLS):
        assert name.removesuffix(".L").removesuffix(".R") in guide, name
    for name, kind in KINDS.items():
        if name in ACTIONS:
            row = next(line for line in guide.splitlines() if line.startswith("| `") and f"`{name}`" in line)
            hit, most = (int(cell) for cell in row.split("|")[2:4])
            assert (hit, most) == (round(kind.lead * 30), round(kind.length * 30)), name
