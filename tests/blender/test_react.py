# SPDX-License-Identifier: GPL-3.0-or-later
"""React: things of the artist's own follow the song, and are what they were when that is taken back."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import pytest
import scripted_song
from show_fixtures import DROP, make_timeline

from crossfade_addon import properties, registry, timeline
from crossfade_addon.studio import ownership, react
from crossfade_addon.timing import frame_at

pytestmark = pytest.mark.blender

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]
SKIN = 'bpy.data.materials["Material"].node_tree.nodes["Principled BSDF"]'
FPS = Fraction(24)
"""That of Blender's startup file."""


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    registry.register()
    yield
    registry.unregister()


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Blender's startup file, with a song that was heard; the kick falls to a tenth in 0.23 s."""
    bpy.ops.wm.read_factory_settings()
    return hear(tmp_path / "song.json")


def hear(path: Path, **changes: Any) -> Path:
    script = make_timeline(**changes)
    timeline.save(script, path)
    settings = bpy.context.scene.crossfade
    properties.fill_analysis(settings, script, path, properties.script_key(settings))
    return path


def listed() -> Any:
    return properties.reactions(bpy.context.scene).listed


def follow(target: str, **how: Any) -> None:
    assert OPS.react(target=target, **how) == {"FINISHED"}


def refused(target: str, **how: Any) -> str:
    """What the operator says when it cannot."""
    with pytest.raises(RuntimeError) as told:
        OPS.react(target=target, **how)
    return str(told.value)


def shown(block: Any, path: str, seconds: float, fps: Fraction = FPS) -> Any:
    """The evaluated value on the frame of a moment."""
    bpy.context.scene.frame_set(frame_at(seconds, fps))
    return block.evaluated_get(bpy.context.evaluated_depsgraph_get()).path_resolve(path)


def curves_of(block: Any) -> Any:
    from crossfade_addon.studio import compat

    return compat.fcurves_of(block)


def make_things() -> dict[str, str]:
    """Every kind of property of the artist's own, as full paths."""
    cube = bpy.data.objects["Cube"]
    cube.shape_key_add(name="Basis")
    cube.shape_key_add(name='Say "ah"')
    cube["glow"] = 0.5
    nodes = bpy.data.node_groups.new("Nodes", "GeometryNodeTree")
    amount = nodes.interface.new_socket("Amount", in_out="INPUT", socket_type="NodeSocketFloat")
    modifier: Any = cube.modifiers.new("Mod", "NODES")
    modifier.node_group = nodes
    is_new = hasattr(modifier, "properties")
    inside = f".properties.inputs.{amount.identifier}.value" if is_new else f'["{amount.identifier}"]'
    return {
        "object": 'bpy.data.objects["Cube"].location[2]',
        "custom": 'bpy.data.objects["Cube"]["glow"]',
        "shape key": 'bpy.data.shape_keys["Key"].key_blocks["Say \\"ah\\""].value',
        "material": f"{SKIN}.inputs[2].default_value",
        "light": 'bpy.data.lights["Light"].energy',
        "geometry nodes": f'bpy.data.objects["Cube"].modifiers["Mod"]{inside}',
        "world": 'bpy.data.worlds["World"].node_tree.nodes["Background"].inputs[1].default_value',
        "camera": 'bpy.data.cameras["Camera"].lens',
    }


def value_at(target: str, seconds: float) -> float:
    from crossfade_addon.studio.react_target import from_text

    bpy.context.scene.frame_set(frame_at(seconds, FPS))
    found = from_text(target)
    return found.read(found.elements(found.facts())[0])


# ------------------------------------------------------------------------------------------ following


def test_every_kind_of_property_follows_and_is_given_back(song: Path) -> None:
    things = make_things()
    before = {name: value_at(target, DROP) for name, target in things.items()}
    actions = len(bpy.data.actions)
    for target in things.values():
        follow(target, low=2.0, high=12.0)
    kick = make_timeline().signals.values["kick"]
    for name, target in things.items():
        most = 1.0 if name in ("shape key", "material") else 1e9
        for t in (DROP, DROP + 0.25):
            near = kick[round((t - 0.5 / 24) * 100) : round((t + 0.5 / 24) * 100) + 1]
            assert value_at(target, t) == pytest.approx(min(most, 2 + 10 * near.max()), abs=0.15), name
    assert len(listed()) == len(things)
    assert "GN" not in [item.label for item in listed()]
    labels = [item.label for item in listed()]
    assert labels[:4] == ["Cube: Location Z", "Cube: glow", 'Cube: Say "ah"', "Material: Principled BSDF Roughness"]
    assert labels[5] == "Cube: Mod Amount"
    while len(listed()):
        OPS.react_remove()
    assert {name: value_at(target, DROP) for name, target in things.items()} == pytest.approx(before)
    assert len(bpy.data.actions) == actions
    assert bpy.data.objects["Cube"].animation_data is None


def test_all_elements_move_alike_but_not_a_colours_transparency(song: Path) -> None:
    follow('bpy.data.objects["Cube"].scale', low=1.0, high=1.5, signal="section_energy")
    assert tuple(shown(bpy.data.objects["Cube"], "scale", DROP)) == pytest.approx((1.5, 1.5, 1.5))
    follow(f"{SKIN}.inputs[0].default_value", low=0.0, high=1.0, signal="energy")
    tree = bpy.data.materials["Material"].node_tree
    assert sorted(curve.array_index for curve in curves_of(tree)) == [0, 1, 2]


def test_a_switch_is_on_or_off_and_angles_are_shown_as_angles(song: Path) -> None:
    follow('bpy.data.objects["Cube"].hide_render', signal="energy")
    cube = bpy.data.objects["Cube"]
    assert [shown(cube, "hide_render", t) for t in (1.0, DROP + 1)] == [False, True]
    assert {p.interpolation for p in curves_of(cube)[0].keyframe_points} == {"CONSTANT"}
    follow('bpy.data.objects["Cube"].rotation_euler[2]', low=0.0, high=math.radians(90), signal="beats")
    item = listed()[1]
    assert item.unit == "ROTATION" and item.high_angle == pytest.approx(math.radians(90))
    item.high_angle = math.radians(45)
    assert shown(cube, "rotation_euler", 4.0)[2] == pytest.approx(8 * math.radians(45), abs=1e-3)


def test_changing_a_reaction_writes_its_keys_anew(song: Path) -> None:
    follow('bpy.data.lights["Light"].energy', low=10.0, high=20.0)
    item, light = listed()[0], bpy.data.lights["Light"]
    item.signal, item.high = "section_energy", 30.0
    assert shown(light, "energy", DROP) == pytest.approx(30)
    assert len(curves_of(light)[0].keyframe_points) == 5
    item.quantise = "bar"
    item.signal, item.release = "kick", 4.0
    assert item.problem == ""
    assert shown(light, "energy", DROP + 0.4) > 25


def test_keys_are_few(song: Path) -> None:
    follow('bpy.data.lights["Light"].energy', signal="bass")
    assert len(curves_of(bpy.data.lights["Light"])[0].keyframe_points) < 24 * 24 / 2


# ---------------------------------------------------------------------------- what must not be lost


def test_the_artists_own_animation_comes_back(song: Path) -> None:
    cube = bpy.data.objects["Cube"]
    for frame, height in ((1, 0.0), (50, 3.0)):
        cube.location.z = height
        cube.keyframe_insert("location", frame=frame)
    curve = next(c for c in curves_of(cube) if c.array_index == 2)
    curve.keyframe_points[0].interpolation = "BACK"
    curve.modifiers.new("NOISE").strength = 0.25
    bpy.context.view_layer.update()
    moments = [frame / 24 for frame in range(0, 60, 7)]
    seen = [shown(cube, "location", t).z for t in moments]
    follow('bpy.data.objects["Cube"].location[2]', low=5.0, high=6.0)
    assert shown(cube, "location", 0.7).z >= 5.0
    assert sorted(c.array_index for c in curves_of(cube)) == [0, 1, 2]
    OPS.react_remove()
    assert [shown(cube, "location", t).z for t in moments] == pytest.approx(seen, abs=1e-5)
    curve = next(c for c in curves_of(cube) if c.array_index == 2)
    assert curve.keyframe_points[0].interpolation == "BACK"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ('bpy.data.objects["Cube"].name', "cannot follow"),
        ('bpy.data.objects["Cube"].rotation_mode', "cannot follow"),
        ('bpy.data.objects["Cube"].matrix_world', "cannot follow"),
        ('bpy.data.objects["Cube"].nothing', "no 'nothing'"),
        ('bpy.data.objects["Cube"].location[7]', "only 3 elements"),
        ('bpy.data.objects["Nobody"].location', "names no property"),
        ('__import__("os").system("true")', "names no property"),
        ('bpy.data.scenes["Scene"].crossfade.intensity', "Settings of Crossfade"),
    ],
)
def test_what_cannot_follow_is_refused_with_its_name(song: Path, target: str, said: str) -> None:
    assert said in refused(target)
    assert not len(listed()) and not len(bpy.data.actions)


def test_what_something_else_decides_is_refused(song: Path) -> None:
    cube = bpy.data.objects["Cube"]
    cube.driver_add("location", 2)
    assert "A driver decides" in refused('bpy.data.objects["Cube"].location[2]')
    ours = ownership.tag(bpy.data.objects.new("CF Lamp", None), "object")
    assert "belongs to the show" in refused(f'bpy.data.objects["{ours.name}"].location[2]')
    cube.keyframe_insert("rotation_euler")
    twin = cube.copy()
    assert twin.animation_data.action == cube.animation_data.action
    assert "shares its animation" in refused('bpy.data.objects["Cube"].scale[0]')
    assert not len(listed())


def test_one_property_follows_one_signal(song: Path) -> None:
    follow('bpy.data.objects["Cube"].location')
    assert "follows the song already" in refused('bpy.data.objects["Cube"].location[1]')
    follow('bpy.data.objects["Cube"].scale[1]')
    follow('bpy.data.objects["Cube"].scale[0]')
    assert len(listed()) == 3


def test_what_the_song_lacks_changes_nothing(song: Path) -> None:
    light = bpy.data.lights["Light"]
    before = light.energy
    assert "stems" in refused('bpy.data.lights["Light"].energy', signal="vocals")
    assert light.animation_data is None and light.energy == before and not len(listed())


def test_without_a_heard_song_the_button_is_grey() -> None:
    bpy.ops.wm.read_factory_settings()
    assert not OPS.react.poll()


# --------------------------------------------------------------------------------------- other songs


def test_another_song_and_another_rate_move_the_keys(song: Path) -> None:
    follow('bpy.data.lights["Light"].energy', low=0.0, high=100.0, signal="drop")
    light = bpy.data.lights["Light"]
    assert shown(light, "energy", DROP) == pytest.approx(100)
    hear(song.with_name("other.json"), drops=(8.0,))
    assert shown(light, "energy", 8.0) == pytest.approx(100)
    assert shown(light, "energy", 7.8) == pytest.approx(0)
    bpy.context.scene.render.fps = 60
    assert OPS.react_update() == {"FINISHED"}
    assert shown(light, "energy", 8.0, Fraction(60)) == pytest.approx(100)
    assert properties.reactions(bpy.context.scene).fps == 60


def test_a_song_without_the_signal_lets_the_property_rest_and_says_why(song: Path) -> None:
    with_voice = make_timeline()
    values = dict(with_voice.signals.values) | {"vocals": with_voice.signals.values["kick"]}
    sung = dataclasses.replace(with_voice, signals=timeline.Signals(100.0, values))
    timeline.save(sung, song)
    settings = bpy.context.scene.crossfade
    properties.fill_analysis(settings, sung, song, "")
    follow('bpy.data.lights["Light"].energy', low=5.0, high=50.0, signal="vocals")
    hear(song.with_name("other.json"))
    assert "stems" in listed()[0].problem
    assert shown(bpy.data.lights["Light"], "energy", DROP) == pytest.approx(5)
    properties.fill_analysis(settings, sung, song, "")
    assert listed()[0].problem == ""
    assert shown(bpy.data.lights["Light"], "energy", DROP) > 40


def test_reactions_outlive_renames_saving_and_deleted_things(song: Path, tmp_path: Path) -> None:
    things = make_things()
    for name in ("object", "shape key", "light", "material", "geometry nodes"):
        follow(things[name], low=0.0, high=1.0, signal="section_energy")
    cube = bpy.data.objects["Cube"]
    cube.name = "Box"
    cube.data.shape_keys.key_blocks[1].name = "Oh"
    bpy.data.materials["Material"].node_tree.nodes["Principled BSDF"].name = "Skin"
    cube.modifiers["Mod"].name = "Lift"
    path = str(tmp_path / "film.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    hear(song.with_name("other.json"), duration=16.0)
    assert [item.problem for item in listed()] == [""] * 5
    assert shown(bpy.data.objects["Box"], "location", 9.0)[2] == pytest.approx(1)
    assert listed()[1].label == "Cube: Oh"
    assert listed()[4].label == "Box: Lift Amount"
    bpy.data.lights.remove(bpy.data.lights["Light"])
    bpy.context.scene.collection.children[0].objects.unlink(bpy.data.objects["Box"])
    assert OPS.react_update() == {"FINISHED"}
    assert [item.owner is None for item in listed()] == [True, False, True, False, True]
    assert "not in the file any more" in listed()[0].problem
    for _ in range(5):
        assert OPS.react_remove(index=0) == {"FINISHED"}
    assert not len(listed())


def test_animation_that_came_later_is_not_written_over(song: Path) -> None:
    follow('bpy.data.objects["Cube"].location[2]')
    cube = bpy.data.objects["Cube"]
    cube.animation_data.action = None
    cube.location.z = 7.0
    cube.keyframe_insert("location", index=2, frame=1)
    OPS.react_update()
    assert "other animation by now" in listed()[0].problem
    assert shown(cube, "location", DROP)[2] == pytest.approx(7)
    OPS.react_remove()
    assert shown(cube, "location", DROP)[2] == pytest.approx(7)


def test_the_list_lies_where_the_show_does_not_take_it_along(song: Path) -> None:
    show_scene = ownership.tag(bpy.data.scenes.new(ownership.scene_name("9:16")), "scene")
    state = properties.reactions(show_scene)
    assert state.id_data == bpy.data.scenes["Scene"]
    assert next(react.states(), None) is None


def test_clearing_a_show_keeps_the_reactions_that_its_scenes_list(song: Path) -> None:
    show_scene = ownership.tag(bpy.data.scenes.new(ownership.scene_name("9:16")), "scene")
    bpy.context.window.scene = show_scene
    bpy.data.scenes.remove(bpy.data.scenes["Scene"])
    settings = show_scene.crossfade
    properties.fill_analysis(settings, timeline.load(song), song, "")
    follow('bpy.data.lights["Light"].energy', low=2.0, high=3.0, release=0.5)
    assert OPS.clear_show() == {"FINISHED"}
    assert [(i.label, i.owner.name, round(i.release, 3)) for i in listed()] == [("Light: Power", "Light", 0.5)]
    assert OPS.react_remove() == {"FINISHED"}
    assert bpy.data.lights["Light"].animation_data is None


def test_a_show_that_is_built_writes_the_keys_anew_at_its_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = scripted_song.set_up(tmp_path, monkeypatch)
    lamp = bpy.data.lights.new("Lamp", "POINT")
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Lamp", lamp))
    follow('bpy.data.lights["Lamp"].energy', low=0.0, high=10.0, signal="beats")
    assert shown(lamp, "energy", 2.0) == pytest.approx(40)
    settings.fps = "50"
    scripted_song.analyse(settings)
    assert OPS.build_show() == {"FINISHED"}
    assert properties.reactions(bpy.context.scene).fps == 50
    assert shown(lamp, "energy", 2.0, Fraction(50)) == pytest.approx(40)
    assert not len(bpy.data.scenes["Crossfade 9:16"].crossfade_changes.listed)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "nonsense",
        "[]",
        '{"2": 5}',
        '{"2": {"value": 1.5, "curve": {"count": 3}}}',
        '{"3": {"value": 1, "curve": null}}',
    ],
)
def test_a_damaged_note_of_what_was_there_never_keeps_a_reaction_from_going(song: Path, before: str) -> None:
    follow('bpy.data.objects["Cube"].location[2]')
    listed()[0].before = before
    assert OPS.react_remove() == {"FINISHED"}
    assert not len(listed()) and bpy.data.objects["Cube"].animation_data is None
