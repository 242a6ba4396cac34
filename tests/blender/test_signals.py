# SPDX-License-Identifier: GPL-3.0-or-later
"""``CF Signals`` drives things of the artist's own: properties, Geometry Nodes, also after saving and building anew."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import pytest
from show_fixtures import DROP, make_timeline

from crossfade_addon.studio import ownership, scenes
from crossfade_addon.timeline import Timeline
from crossfade_addon.timing import frame_at

pytestmark = pytest.mark.blender

FPS = Fraction(30)
MOMENTS = (DROP, DROP + 0.1, DROP + 0.3)


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    """A file with ``CF Signals``, a lamp whose power and a cube whose nodes follow the kick, saved and opened again."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    script = make_timeline()
    begin(script)
    follow()
    return script


def begin(script: Timeline) -> None:
    """The signals of a song, as a show has them."""
    collection = ownership.tag(bpy.data.collections.new("CF Crossfade"), "collection")
    bpy.context.scene.collection.children.link(collection)
    scenes.write_signals(ownership.Workshop(collection), script, FPS)


def follow() -> None:
    """Things of the artist's own that follow the kick."""
    lamp = bpy.data.lights.new("Lamp", "POINT")
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Lamp", lamp))
    drive(lamp.driver_add("energy"), '["kick"]')
    make_cube()


def drive(curve: Any, path: str) -> None:
    """Follow a property of ``CF Signals`` without Python: the average of one variable."""
    driver = curve.driver
    driver.type = "AVERAGE"
    variable = driver.variables.new()
    variable.type = "SINGLE_PROP"
    variable.targets[0].id = bpy.data.objects["CF Signals"]
    variable.targets[0].data_path = path


def make_cube() -> None:
    """A mesh that its nodes lift by the driven input in Z, and by the place of ``CF Signals`` in X (the kick)."""
    nodes = bpy.data.node_groups.new("Lift", "GeometryNodeTree")
    nodes.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    amount = nodes.interface.new_socket("Amount", in_out="INPUT", socket_type="NodeSocketFloat")
    nodes.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    begin, end = nodes.nodes.new("NodeGroupInput"), nodes.nodes.new("NodeGroupOutput")
    lift, info = nodes.nodes.new("GeometryNodeTransform"), nodes.nodes.new("GeometryNodeObjectInfo")
    split, combine = nodes.nodes.new("ShaderNodeSeparateXYZ"), nodes.nodes.new("ShaderNodeCombineXYZ")
    info.inputs["Object"].default_value = bpy.data.objects["CF Signals"]
    for source, target in (
        (begin.outputs["Geometry"], lift.inputs["Geometry"]),
        (info.outputs["Location"], split.inputs[0]),
        (split.outputs["X"], combine.inputs["X"]),
        (begin.outputs["Amount"], combine.inputs["Z"]),
        (combine.outputs[0], lift.inputs["Translation"]),
        (lift.outputs["Geometry"], end.inputs["Geometry"]),
    ):
        nodes.links.new(source, target)
    mesh = bpy.data.meshes.new("Cube")
    mesh.from_pydata([(0, 0, 0)], [], [])
    cube = bpy.data.objects.new("Cube", mesh)
    bpy.context.scene.collection.objects.link(cube)
    modifier = cube.modifiers.new("Lift", "NODES")
    modifier.node_group = nodes
    if hasattr(modifier, "properties"):  # 5.2 and later
        drive(cube.driver_add(f'modifiers["Lift"].properties.inputs.{amount.identifier}.value'), '["kick"]')
    else:
        modifier[amount.identifier] = 0.0
        drive(cube.driver_add(f'modifiers["Lift"]["{amount.identifier}"]'), '["kick"]')


def shown(seconds: float) -> tuple[float, float, float]:
    """The lamp's power and the vertex's X and Z on the frame of a moment."""
    bpy.context.scene.frame_set(frame_at(seconds, FPS))
    depsgraph = bpy.context.evaluated_depsgraph_get()
    lamp = bpy.data.objects["Lamp"].evaluated_get(depsgraph).data.energy
    vertex = bpy.data.objects["Cube"].evaluated_get(depsgraph).data.vertices[0].co
    return lamp, vertex.x, vertex.z


@pytest.mark.parametrize("reopened", [False, True], ids=["as built", "saved and opened again"])
def test_drivers_and_geometry_nodes_follow_the_kick(timeline: Timeline, tmp_path: Path, reopened: bool) -> None:
    if reopened:
        path = str(tmp_path / "signals.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
    followed = []
    for t in MOMENTS:
        kick = timeline.signals.at("kick", t)
        assert shown(t) == pytest.approx((kick, kick, kick), abs=0.01)
        followed.append(kick)
    assert followed[0] > 1.5 * followed[1] > 6 * followed[2]


def test_signals_say_what_they_are_and_how_far_they_go(timeline: Timeline) -> None:
    empty = bpy.data.objects["CF Signals"]
    for name in (*timeline.signals.values, "beat", "bar", "build", "drop", "section_energy"):
        facts = empty.id_properties_ui(name).as_dict()
        assert (facts["min"], facts["max"]) == (0.0, 1.0)
        assert len(facts["description"]) > 10
    assert empty.id_properties_ui("beats").as_dict()["soft_max"] == pytest.approx(47)


def test_the_clocks_run_in_the_scene(timeline: Timeline) -> None:
    empty = bpy.data.objects["CF Signals"]
    values = {}
    for t in (DROP, DROP + 0.25, DROP + 4.0):
        bpy.context.scene.frame_set(frame_at(t, FPS))
        evaluated = empty.evaluated_get(bpy.context.evaluated_depsgraph_get())
        values[t] = {name: evaluated[name] for name in ("beat", "bars", "section", "drop")}
    assert values[DROP] == pytest.approx({"beat": 0, "bars": 6, "section": 2, "drop": 1}, abs=0.01)
    assert values[DROP + 0.25] == pytest.approx({"beat": 0.5, "bars": 6.125, "section": 2, "drop": 0.984}, abs=0.05)
    assert values[DROP + 4.0]["drop"] == pytest.approx(0.75, abs=0.01)


def test_drivers_outlive_a_new_show_and_a_cleared_one(tmp_path: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    begin(make_timeline())
    follow()
    lamp_before = shown(DROP)[0]
    assert lamp_before > 0.5
    ownership.clear()
    assert [ob.name for ob in bpy.data.objects if ownership.is_ours(ob)] == ["CF Signals"]
    path = str(tmp_path / "cleared.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    begin(make_timeline(drops=(), bpm=60.0))
    assert [ob.name for ob in bpy.data.objects if ownership.is_ours(ob)] == ["CF Signals"]
    assert shown(DROP)[0] == pytest.approx(make_timeline(bpm=60.0).signals.at("kick", DROP), abs=0.01)
    assert shown(DROP + 0.5)[0] < 0.02  # at 120 BPM, as before, there would be a stroke


def test_signals_that_nothing_follows_go_with_the_show() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    begin(make_timeline())
    ownership.clear()
    assert not bpy.data.objects
    assert not bpy.data.actions


def test_the_example_of_the_guide_does_what_it_says() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    script = make_timeline()
    begin(script)
    lamp = bpy.data.lights.new("Lamp", "POINT")
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Lamp", lamp))
    guide = (Path(__file__).parents[2] / "docs" / "signals.md").read_text(encoding="utf-8")
    exec(guide.split("```python")[1].split("```")[0], {})
    for t in MOMENTS:
        bpy.context.scene.frame_set(frame_at(t, FPS))
        power = bpy.data.objects["Lamp"].evaluated_get(bpy.context.evaluated_depsgraph_get()).data.energy
        assert power == pytest.approx(100 + 800 * script.signals.at("kick", t), abs=2)
