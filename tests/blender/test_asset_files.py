# SPDX-License-Identifier: GPL-3.0-or-later
"""Asset files as strangers make them: what could run does not, and what is wrong is said before anything is touched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import own_assets
import pytest

from crossfade_addon.errors import StudioError
from crossfade_addon.studio import asset_append, assets, compat, ownership, port, show
from crossfade_addon.studio.performance_plan import KINDS
from crossfade_addon.themes import load_theme

pytestmark = pytest.mark.blender

FIGURE = own_assets.make_assets.figure
ROOM = own_assets.make_assets.room


@pytest.fixture(autouse=True)
def _empty_file() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def scripts_run() -> Iterator[None]:
    """As a user who lets every file run its scripts."""
    bpy.context.preferences.filepaths.use_scripts_auto_execute = True
    yield
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False


def refused(match: str, **changes: Any) -> StudioError:
    """The error of a brief whose assets cannot be used; nothing of them may stay."""
    before = own_assets.everything()
    with pytest.raises(StudioError, match=match) as caught:
        assets.fetch(own_assets.brief(**changes))
    assert own_assets.everything() == before
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    return caught.value


# ------------------------------------------------------------------------------------------- safety


def booby_trapped(marks: Path) -> Callable[[], list[Any]]:
    """A valid avatar that writes a file in every way a .blend knows."""

    def make() -> list[Any]:
        made = FIGURE()
        rig, skin, face = made
        text = bpy.data.texts.new("rig_ui.py")
        text.write(f"open({str(marks / 'text')!r}, 'w').close()")
        text.use_module = True
        rig.data["rig_ui"] = text
        write = f"open({str(marks / 'driver')!r}, 'w') and 0"
        for block, path in ((skin, "location"), (face.data.shape_keys.key_blocks["blink.L"], "value")):
            curve = block.driver_add(path, 0) if path == "location" else block.driver_add(path)
            curve.driver.type, curve.driver.expression = "SCRIPTED", write
        fine = skin.driver_add("location", 1)
        fine.driver.type, fine.driver.expression = "SCRIPTED", "sin(frame) * 0"
        tree = skin.data.materials[0].node_tree
        tree.nodes.new("ShaderNodeScript").script = text
        tree.driver_add(f'nodes["{tree.nodes[0].name}"].location', 0).driver.expression = write
        picture = bpy.data.images.new("outside", 4, 4)
        picture.source, picture.filepath = "FILE", "//../../outside.png"
        tree.nodes.new("ShaderNodeTexImage").image = picture
        skin.modifiers.new("Fluid", "FLUID").fluid_type = "DOMAIN"
        skin.modifiers["Fluid"].domain_settings.cache_directory = str(marks / "fluid")
        return made

    return make


def test_nothing_in_an_asset_ever_runs(tmp_path: Path, scripts_run: None) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    path = own_assets.asset(tmp_path / "trap.blend", booby_trapped(marks))
    built = show.build(own_assets.script(), load_theme("sponsor_neon"), own_assets.brief(avatar=str(path)))
    for scene in built.scenes.values():
        for frame in (1, 2, 50):
            scene.frame_set(frame)
    saved = tmp_path / "show.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(saved))
    bpy.ops.wm.open_mainfile(filepath=str(saved), use_scripts=True)
    bpy.data.scenes["Crossfade 9:16"].frame_set(3)
    assert list(marks.iterdir()) == []
    assert not bpy.data.texts and not bpy.data.images
    skin = bpy.data.objects["CF Figure Body"]
    assert [d.driver.expression for d in skin.animation_data.drivers] == ["sin(frame) * 0"]
    assert [m.type for m in skin.modifiers] == ["ARMATURE"]
    said = " ".join(built.notices)
    for part in ("rig_ui.py", "Python drivers", "script nodes", "simulations", "outside"):
        assert part in said


def test_the_trap_does_go_off_when_nobody_takes_care(tmp_path: Path) -> None:
    """Otherwise the test above would prove nothing."""
    marks = tmp_path / "marks"
    marks.mkdir()
    path = own_assets.asset(tmp_path / "trap.blend", booby_trapped(marks))
    code = (
        "import os, sys, bpy\n"
        "bpy.ops.wm.read_factory_settings(use_empty=True)\n"
        "bpy.context.preferences.filepaths.use_scripts_auto_execute = True\n"
        "with bpy.data.libraries.load(sys.argv[1]) as (source, wanted): wanted.objects = source.objects\n"
        "for ob in wanted.objects: bpy.context.scene.collection.objects.link(ob)\n"
        "for ob in wanted.objects: ob.modifiers.clear()\n"
        "bpy.context.scene.frame_set(2)\n"
        "bpy.ops.wm.save_as_mainfile(filepath=sys.argv[2])\n"
        "bpy.ops.wm.open_mainfile(filepath=sys.argv[2], use_scripts=True)\n"
        "os._exit(0)\n"
    )
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "bad.blend")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert {p.name for p in marks.iterdir()} >= {"text", "driver"}


def test_only_what_belongs_to_the_figure_comes_in(tmp_path: Path) -> None:
    def make() -> list[Any]:
        lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
        prop = bpy.data.objects.new("Prop", bpy.data.meshes.new("Prop"))
        aim = bpy.data.objects.new("Aim", None)
        made = FIGURE()
        made[1].constraints.new("TRACK_TO").target = aim
        made[1].constraints[0].influence = 0.0
        return [*made, lamp, prop, aim]

    path = own_assets.asset(tmp_path / "a.blend", make)
    show.build(own_assets.script(), load_theme("sponsor_neon"), own_assets.brief(avatar=str(path)))
    names = {o.name for o in bpy.data.objects}
    assert "CF Aim" in names and not names & {"CF Lamp", "CF Prop"}
    assert not bpy.data.lights and "CF Prop" not in bpy.data.meshes


def test_a_file_that_needs_other_files_is_refused(tmp_path: Path) -> None:
    other = own_assets.asset(tmp_path / "other.blend", ROOM)

    made = FIGURE()
    with bpy.data.libraries.load(str(other), link=True) as (_source, wanted):
        wanted.materials = ["wood"]
    made[1].data.materials.append(wanted.materials[0])
    for ob in made:
        bpy.context.scene.collection.objects.link(ob)
    path = tmp_path / "a.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    refused("links to another file, 'other.blend'", avatar=str(path))


# -------------------------------------------------------------------------------------- broken files


def test_files_that_are_no_whole_blend_are_each_said_to_be_so(tmp_path: Path) -> None:
    good = own_assets.asset(tmp_path / "good.blend", FIGURE).read_bytes()
    path = tmp_path / "a.blend"
    for content, match in (
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not a Blender file"),
        (b"BLENDER", "damaged, cut short"),
        (good[: len(good) // 2], "damaged, cut short"),
        (good[:-3000], "damaged, cut short"),
        (b"BLENDER-v999" + good[12:], r"saved by Blender 9\.99, which is newer than this one"),
        (b"BLENDER17-01v1203" + good[17:], r"saved by Blender 12\.3, which is newer than this one"),
    ):
        path.write_bytes(content)
        assert "a.blend" in str(refused(match, avatar=str(path)))
        refused(match, studio=path)
    path.unlink()
    refused("cannot be read", avatar=str(path))


def test_an_asset_that_cannot_be_used_leaves_the_show_that_stands(tmp_path: Path) -> None:
    theme = load_theme("sponsor_neon")
    show.build(own_assets.script(), theme, own_assets.brief())
    path = tmp_path / "a.blend"
    path.write_bytes(b"nothing")
    before = own_assets.everything()
    with pytest.raises(StudioError):
        show.build(own_assets.script(), theme, own_assets.brief(avatar=str(path)))
    assert own_assets.everything() == before


def test_a_job_looks_into_its_assets_before_it_does_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "a.blend"
    path.write_bytes(b"nothing")
    before = own_assets.everything()
    with pytest.raises(StudioError, match="not a Blender file"):
        port.BlenderStudio().check(own_assets.brief(avatar=str(path)))
    port.BlenderStudio().check(own_assets.brief(studio=own_assets.asset(tmp_path / "s.blend", ROOM)))
    assert own_assets.everything() == before


def test_the_command_line_says_what_is_wrong_with_an_asset_and_exits_with_4(tmp_path: Path) -> None:
    """In a process of its own, where nothing has imported bpy before."""
    song, avatar = tmp_path / "song.wav", tmp_path / "a.blend"
    song.write_bytes(b"RIFF")
    avatar.write_bytes(b"nothing")
    command = [sys.executable, "-m", "crossfade_addon", "--audio", str(song), "--avatar", str(avatar)]
    command += ["--output-dir", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=own_assets.ROOT, timeout=120, check=False)
    assert done.returncode == 4
    assert f"error: Avatar '{avatar}' is not a Blender file." in done.stderr


# ------------------------------------------------------------------------------------- wrong content


def without(objects: Callable[[], list[Any]], *names: str) -> Callable[[], list[Any]]:
    return lambda: [o for o in objects() if o.name not in names]


def test_missing_bones_are_named_with_those_that_were_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bones = {n: b for n, b in own_assets.make_assets.BONES.items() if n not in ("forearm.L", "hand.L")}
    monkeypatch.setattr(own_assets.make_assets, "BONES", bones)
    rig_only = own_assets.asset(tmp_path / "x.blend", lambda: [own_assets.make_assets.skeleton()])
    error = refused(r"has no bone 'forearm\.L', 'hand\.L' in armature 'Avatar_Rig'", avatar=str(rig_only))
    assert "Avatar 'x.blend'" in str(error) and "bones found: spine, neck, head" in str(error)


def test_missing_objects_are_named_with_those_that_were_found(tmp_path: Path) -> None:
    no_rig = own_assets.asset(tmp_path / "x.blend", ROOM)
    assert "Desk" in str(refused("Avatar 'x.blend' has no armature 'Avatar_Rig'", avatar=str(no_rig)))
    path = own_assets.asset(tmp_path / "y.blend", without(ROOM, "Deck.R", "Camera"))
    error = refused(r"Studio 'y.blend' has no object 'Deck\.R', 'Camera'", studio=path)
    assert "Crossfader" in str(error)


def test_a_figure_that_lies_down_is_refused(tmp_path: Path) -> None:
    def make() -> list[Any]:
        made = FIGURE()
        made[0].rotation_euler = (1.5708, 0, 0)
        return made

    refused("is not above", avatar=str(own_assets.asset(tmp_path / "x.blend", make)))


def test_a_flat_camera_is_refused(tmp_path: Path) -> None:
    def make() -> list[Any]:
        made = ROOM()
        next(o for o in made if o.name == "Camera").data.type = "ORTHO"
        return made

    refused("not a perspective camera", studio=own_assets.asset(tmp_path / "x.blend", make))


def action_folder(folder: Path, make: Callable[[], Any], name: str = "drop_reaction") -> Path:
    folder.mkdir(exist_ok=True)
    own_assets.asset(folder / f"{name}.blend", lambda: [make()])
    return folder


def keyed(bone: str, frames: tuple[int, ...] = (0, 20), name: str = "drop_reaction") -> Any:
    action = bpy.data.actions.new(name)
    rig = bpy.data.objects.new("rig", bpy.data.armatures.new("rig"))
    curves = compat.fcurves_of(rig, action=action)
    path = f'pose.bones["{bone}"].location' if bone else "location"
    compat.write_fcurve(curves, path, 0, frames, [float(f) for f in frames])
    return action


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: bpy.data.objects.new("Empty", None), "has no action in it"),
        (lambda: keyed(""), "keys no bone"),
        (lambda: bpy.data.actions.new("drop_reaction"), "keys no bone"),
        (lambda: keyed("tentacle"), r"keys no bone of the avatar \(it keys: tentacle"),
        (lambda: keyed("head", (5,)), "holds still"),
    ],
)
def test_an_action_that_moves_nothing_is_refused(tmp_path: Path, make: Callable[[], Any], match: str) -> None:
    folder = action_folder(tmp_path / "actions", make)
    assert "drop_reaction.blend" in str(refused(match, actions=folder))


def test_of_several_actions_the_one_of_the_files_name_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "actions"
    folder.mkdir()
    path = own_assets.asset(folder / "drop_reaction.blend", lambda: [keyed("head"), keyed("neck", name="other")])
    assert path.is_file()
    got = assets.fetch(own_assets.brief(actions=folder))
    assert [a.name for a in bpy.data.actions] == ["drop_reaction"] == list(got.own_actions)
    got.discard()
    own_assets.asset(path, lambda: [keyed("head", name="one"), keyed("neck", name="two")])
    assert "one, two" in str(refused("has 2 actions, and none is called 'drop_reaction'", actions=folder))


def test_an_action_that_is_too_long_is_cut_and_that_is_said(tmp_path: Path) -> None:
    folder = action_folder(tmp_path / "actions", lambda: keyed("head", (3, 300)))
    got = assets.fetch(own_assets.brief(actions=folder))
    room = KINDS["drop_reaction"].length * 30
    assert f"297 frames long; only the first {room:g} have room" in got.notices[0]
    assert tuple(bpy.data.actions["drop_reaction"].frame_range) == (3, 3 + room)


def test_appending_makes_copies_of_its_own_each_time(tmp_path: Path) -> None:
    path = own_assets.asset(tmp_path / "a.blend", FIGURE)
    first = asset_append.append(path, "Avatar", "objects")
    second = asset_append.append(path, "Avatar", "objects")
    assert first.objects["Avatar_Rig"] != second.objects["Avatar_Rig"]
    assert not set(first.blocks) & set(second.blocks)
    assert second.objects["Figure Body"].modifiers[0].object == second.objects["Avatar_Rig"]
    first.adopt()
    ownership.clear()
    second.discard()
    assert not bpy.data.objects and not bpy.data.meshes and not bpy.data.armatures
