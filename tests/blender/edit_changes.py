# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that an artist can make to a show: each is made on what stands, and says what to see of it afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import bpy

from crossfade_addon.studio import compat
from crossfade_addon.timeline import ASPECTS

Seen = Callable[[], Any]
"""Reads what an artist changed; None when the show has no such thing."""


def named(kind: str, name: str) -> Any:
    """A datablock by the name that it was built with, whatever it is called now."""
    listed = getattr(bpy.data, kind)
    return listed.get(name) or next((block for block in listed if block.get("crossfade_name") == name), None)


def _of(kind: str, name: str, read: Callable[[Any], Any]) -> Seen:
    def seen() -> Any:
        block = named(kind, name)
        return None if block is None else read(block)

    return seen


def _round(values: Any) -> Any:
    return tuple(round(float(v), 4) for v in values)


def _still_objects(rng: random.Random) -> Any:
    """An object in the show that no action moves."""
    found = [ob for ob in bpy.data.scenes["Crossfade 9:16"].objects if ob.name.startswith("CF ") and ob.type == "MESH"]
    return rng.choice([ob for ob in found if ob.animation_data is None or ob.animation_data.action is None])


def move(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    ob.location.x += rng.uniform(0.5, 2)
    ob.rotation_euler.z += 0.25
    return f"move {ob.name}", _of("objects", ob.name, lambda o: _round([*o.location, *o.rotation_euler]))


def hide(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    ob.hide_viewport = not ob.hide_viewport
    return f"hide {ob.name}", _of("objects", ob.name, lambda o: o.hide_viewport)


def delete_object(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    name = ob.name
    bpy.data.objects.remove(ob)
    return f"delete {name}", lambda: name in bpy.data.objects


def curve_keys(rng: random.Random) -> tuple[str, Seen]:
    name = rng.choice([a.name for a in bpy.data.actions if a.name.startswith("CF ") and _curves(a)])
    curve = rng.choice(_curves(bpy.data.actions[name]))
    kind = rng.choice(("value", "handles", "add"))
    point = rng.choice(list(curve.keyframe_points))
    if kind == "value":
        point.co.y += 0.37
    elif kind == "handles":
        point.interpolation = "BEZIER"
        point.handle_right_type = "FREE"
        point.handle_right = (point.co.x + 1.5, point.co.y + 0.5)
    else:
        curve.keyframe_points.insert(rng.uniform(5, 60), rng.uniform(0, 1))
    curve.update()
    path, index = curve.data_path, curve.array_index

    def read(action: Any) -> Any:
        found = next((c for c in _curves(action) if (c.data_path, c.array_index) == (path, index)), None)
        return found and [(_round([*p.co, *p.handle_right]), p.interpolation) for p in found.keyframe_points]

    return f"curve {kind} {name} {path}", _of("actions", name, read)


def remove_curve(rng: random.Random) -> tuple[str, Seen]:
    cameras = [a for a in bpy.data.actions if a.name.startswith("CF ") and a.name.endswith(" move") and _curves(a)]
    action = rng.choice(cameras)
    _, curves = compat.action_channels(action)[0]
    curve = rng.choice(list(curves))
    name, path, index = action.name, curve.data_path, curve.array_index
    curves.remove(curve)

    def read(block: Any) -> Any:
        return not any((c.data_path, c.array_index) == (path, index) for c in _curves(block))

    return f"remove curve {name} {path}", _of("actions", name, read)


def _curves(action: Any) -> list[Any]:
    return [curve for _, curves in compat.action_channels(action) for curve in curves]


def material(rng: random.Random) -> tuple[str, Seen]:
    found = [m for m in bpy.data.materials if m.name.startswith("CF ") and m.animation_data is None]
    block = rng.choice(found)
    block.diffuse_color = (rng.random(), rng.random(), rng.random(), 1)
    block.use_backface_culling = not block.use_backface_culling
    return (
        f"material {block.name}",
        _of("materials", block.name, lambda m: (_round(m.diffuse_color), m.use_backface_culling)),
    )


def nodes(rng: random.Random) -> tuple[str, Seen]:
    block = rng.choice([m for m in bpy.data.materials if m.name.startswith("CF ")])
    node = block.node_tree.nodes.new("ShaderNodeRGB")
    node.name = "Artist's"
    node.outputs[0].default_value = (rng.random(), 0.5, 0.25, 1)
    shader = next(n for n in block.node_tree.nodes if n.type == "EMISSION")
    block.node_tree.links.new(node.outputs[0], shader.inputs[0])

    def read(m: Any) -> Any:
        own = m.node_tree.nodes.get("Artist's")
        linked = [(k.from_node.name, k.to_node.type) for k in m.node_tree.links if k.from_node == own]
        return own and (_round(own.outputs[0].default_value), linked)

    return f"nodes {block.name}", _of("materials", block.name, read)


def ramp(rng: random.Random) -> tuple[str, Seen]:
    tree = bpy.data.worlds["CF World"].node_tree
    node = tree.nodes.get("My ramp") or tree.nodes.new("ShaderNodeValToRGB")
    node.name = "My ramp"
    node.color_ramp.elements[0].color = (rng.random(), 0.1, 0.2, 1)
    node.color_ramp.elements[-1].position = rng.uniform(0.6, 0.9)
    tree.links.new(node.outputs[0], tree.nodes["Background"].inputs[0])

    def read(w: Any) -> Any:
        own = w.node_tree.nodes.get("My ramp")
        stops = own and [(round(e.position, 4), _round(e.color)) for e in own.color_ramp.elements]
        return own and (stops, w.node_tree.nodes["Background"].inputs[0].is_linked)

    return "ramp", _of("worlds", "CF World", read)


def pose(rng: random.Random) -> tuple[str, Seen]:
    rig = bpy.data.objects["CF Avatar_Rig"]
    bone = rng.choice([b for b in rig.pose.bones if not _is_moved(b)])
    bone.location.x += rng.uniform(0.01, 0.1)
    bone.rotation_mode = "XYZ"
    bone.rotation_euler.z += rng.uniform(0.1, 0.5)
    bone["mine"] = rng.randint(1, 99)
    name = bone.name

    def read(o: Any) -> Any:
        b = o.pose.bones[name]
        return None if _is_moved(b) else (_round([*b.location, *b.rotation_euler]), b.rotation_mode, b.get("mine"))

    return f"pose {name}", _of("objects", rig.name, read)


def _is_moved(bone: Any) -> bool:
    path = f'pose.bones["{bone.name}"]'
    return any(curve.data_path.startswith(path) for action in bpy.data.actions for curve in _curves(action))


def shape_key(rng: random.Random) -> tuple[str, Seen]:
    face = named("objects", "CF Avatar_Face")
    if face is None or face.data.shape_keys is None:
        return hide(rng)
    keys = face.data.shape_keys
    key = rng.choice(list(keys.key_blocks)[1:])
    name = key.name
    keys.driver_remove(f'key_blocks["{name}"].value')
    key.slider_max = 2
    key.value = rng.uniform(1, 2)
    key.mute = not key.mute

    def read(o: Any) -> Any:
        if o.data.shape_keys is None:  # the mesh was replaced since
            return None
        k = o.data.shape_keys.key_blocks.get(name)
        driven = o.data.shape_keys.animation_data.drivers.find(f'key_blocks["{name}"].value') is not None
        return k and (round(k.value, 4), k.slider_max, k.mute, driven)

    return f"shape key {name}", _of("objects", "CF Avatar_Face", read)


def song(rng: random.Random) -> tuple[str, Seen]:
    scene = bpy.data.scenes[f"Crossfade {rng.choice(ASPECTS)}"]
    strips = compat.strips_of(scene)
    if not len(strips):  # this Blender has no sound, or it is deleted already
        return hide(rng)
    kind = rng.choice(("delete", "volume"))
    if kind == "delete":
        strips.remove(strips["CF Song"])
    else:
        strips["CF Song"].volume = rng.uniform(0.1, 0.9)

    def read(s: Any) -> Any:
        return [(strip.name, round(strip.volume, 4)) for strip in compat.strips_of(s)]

    return f"song {kind} in {scene.name}", _of("scenes", scene.name, read)


def node_inputs(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    made = ob.modifiers.new("My nodes", "NODES")
    made.node_group = bpy.data.node_groups["My nodes"]
    names = {name for name, _, _ in compat.node_inputs(made)}
    number, target = sorted(n for n in names if n.removeprefix("Socket_").isdigit())[-2:]
    compat.set_node_input(made, number, rng.uniform(1, 2))
    compat.set_node_input(made, target, bpy.data.objects["Mine"])
    bound = ob.constraints.new("ARMATURE")
    bound.targets.new().target = bpy.data.objects["CF Avatar_Rig"]
    bound.targets[0].subtarget = "head"

    def read(o: Any) -> Any:
        mine = [m for m in o.modifiers if m.type == "NODES"]
        given = [(n, v.name if hasattr(v, "name") else v) for m in mine for n, _, v in compat.node_inputs(m)]
        ties = [(t.target.name, t.subtarget) for c in o.constraints if c.type == "ARMATURE" for t in c.targets]
        return [m.node_group.name for m in mine], given, ties

    return f"node inputs of {ob.name}", _of("objects", ob.name, read)


def rename(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    was, ob.name = ob.name, f"Renamed {rng.randint(0, 9999)}"
    name = ob.name
    return f"rename {was}", lambda: name if name in bpy.data.objects else None


def lens(rng: random.Random) -> tuple[str, Seen]:
    block = rng.choice([c for c in bpy.data.cameras if c.name.startswith("CF ")])
    block.shift_x = rng.uniform(0.1, 0.3)
    block.dof.use_dof = not block.dof.use_dof
    return f"lens {block.name}", _of("cameras", block.name, lambda c: (round(c.shift_x, 4), c.dof.use_dof))


def vertices(rng: random.Random) -> tuple[str, Seen]:
    ob = rng.choice(
        [o for o in bpy.data.objects if o.name.startswith("CF ") and o.type == "MESH" and len(o.data.vertices)]
    )
    block = ob.data
    block.vertices[0].co.z += rng.uniform(0.5, 1)
    block.update()
    return f"vertices {ob.name}", _of("objects", ob.name, lambda o: o.type == "MESH" and _round(o.data.vertices[0].co))


def replace_mesh(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    mine = bpy.data.meshes.new("Mine")
    mine.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    ob.data = mine
    return f"replace mesh of {ob.name}", _of("objects", ob.name, lambda o: o.data.name)


def modifier(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    made = ob.modifiers.new("Artist's", "ARRAY")
    made.count = rng.randint(3, 9)
    bound = ob.constraints.new("LIMIT_DISTANCE")
    bound.distance = rng.uniform(1, 2)
    bound.target = bpy.data.objects["Mine"]

    def read(o: Any) -> Any:
        stack = [(m.name, m.count) for m in o.modifiers if m.type == "ARRAY"]
        bounds = [c for c in o.constraints if c.type == "LIMIT_DISTANCE"]
        return stack, [(round(c.distance, 4), c.target.name) for c in bounds]

    return f"modifier on {ob.name}", _of("objects", ob.name, read)


def strip(rng: random.Random) -> tuple[str, Seen]:
    rig = bpy.data.objects["CF Avatar_Rig"]
    tracks = [t for t in rig.animation_data.nla_tracks if t.name == "base" and len(t.strips)]
    if not tracks:
        return move(rng)
    kind = rng.choice(("mute", "delete"))
    found = rng.choice(tracks).strips[0]
    start = found.frame_start
    if kind == "mute":
        found.mute = True
    else:
        tracks[0].strips.remove(found)

    def seen() -> Any:
        base = bpy.data.objects["CF Avatar_Rig"].animation_data.nla_tracks["base"]
        near = [s for s in base.strips if abs(s.frame_start - start) < 2]
        return [s.mute for s in near] if kind == "mute" else not near

    return f"strip {kind}", seen


def own_track(rng: random.Random) -> tuple[str, Seen]:
    rig = bpy.data.objects["CF Avatar_Rig"]
    track = rig.animation_data.nla_tracks.new()
    track.name = "Artist's"
    made = track.strips.new("own", 10, bpy.data.actions["Own move"])
    made.influence = 0.5

    def read(o: Any) -> Any:
        return [
            (s.name, s.action.name, s.frame_start, s.influence)
            for t in o.animation_data.nla_tracks
            if t.name == "Artist's"
            for s in t.strips
        ]

    return "own track", _of("objects", rig.name, read)


def marker(rng: random.Random) -> tuple[str, Seen]:
    scene = bpy.data.scenes[f"Crossfade {rng.choice(ASPECTS)}"]
    name = f"Mine {rng.randint(0, 999)}"
    made = scene.timeline_markers.new(name, frame=rng.randint(1, 80))
    made.camera = bpy.data.objects["My camera"]

    def read(s: Any) -> Any:
        return sorted((m.frame, m.camera.name) for m in s.timeline_markers if m.name == name)

    return f"marker {name}", _of("scenes", scene.name, read)


def move_marker(rng: random.Random) -> tuple[str, Seen]:
    scene = bpy.data.scenes[f"Crossfade {rng.choice(ASPECTS)}"]
    found = scene.timeline_markers["[drop]"]
    found.frame += rng.randint(1, 9)
    return f"move marker in {scene.name}", _of("scenes", scene.name, lambda s: s.timeline_markers["[drop]"].frame)


def world(rng: random.Random) -> tuple[str, Seen]:
    block = bpy.data.worlds["CF World"]
    block.node_tree.nodes["Background"].inputs[0].default_value = (rng.random(), 0.1, 0.2, 1)
    block.color = (0.25, rng.random(), 0.5)

    def read(w: Any) -> Any:
        return _round(w.color), _round(w.node_tree.nodes["Background"].inputs[0].default_value)

    return "world", _of("worlds", block.name, read)


def scene_settings(rng: random.Random) -> tuple[str, Seen]:
    scene = bpy.data.scenes[f"Crossfade {rng.choice(ASPECTS)}"]
    scene.render.resolution_x = rng.choice((400, 512, 640))
    scene.render.engine = "CYCLES"
    scene.view_settings.exposure = rng.uniform(0.1, 1)

    def read(s: Any) -> Any:
        return s.render.resolution_x, s.render.engine, round(s.view_settings.exposure, 4)

    return f"settings of {scene.name}", _of("scenes", scene.name, read)


def collection(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    for held in list(ob.users_collection):
        held.objects.unlink(ob)
    bpy.data.collections["My collection"].objects.link(ob)
    return f"collection of {ob.name}", _of("objects", ob.name, lambda o: sorted(c.name for c in o.users_collection))


def colour_of_object(rng: random.Random) -> tuple[str, Seen]:
    ob = _still_objects(rng)
    ob["mine"] = rng.randint(1, 99)
    ob.show_wire = True
    return f"flags of {ob.name}", _of("objects", ob.name, lambda o: (o.get("mine"), o.show_wire))


CHANGES = (
    move,
    hide,
    delete_object,
    curve_keys,
    remove_curve,
    material,
    nodes,
    lens,
    vertices,
    replace_mesh,
    modifier,
    strip,
    own_track,
    marker,
    move_marker,
    world,
    scene_settings,
    ramp,
    pose,
    shape_key,
    song,
    node_inputs,
    rename,
    collection,
    colour_of_object,
)

Change = Callable[[random.Random], tuple[str, Seen]]
"""Makes a change, and returns a name for it and how to see it."""
