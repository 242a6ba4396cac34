# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage: size limits, ownership, what faces the audience, and that every lamp has a light formula."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest

from crossfade_addon.errors import StudioError
from crossfade_addon.studio import light_moves, lights, ownership, paint
from crossfade_addon.studio.meshes import Flat, MeshBuilder, PaintedLight, regular
from crossfade_addon.studio.stage import Stage, build_stage
from crossfade_addon.themes import BUILT_IN, load_theme

OBJECTS = 225
"""250 for the whole show; the DJ, her decks and the cameras take about 25."""
TRIANGLES = 64_000
"""80 000 for the whole show, of which the DJ and her decks take about 16 000."""


@pytest.fixture
def shop() -> ownership.Workshop:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    collection = ownership.tag(bpy.data.collections.new("CF Crossfade"), "collection")
    bpy.context.scene.collection.children.link(collection)
    return ownership.Workshop(collection)


def built(shop: ownership.Workshop, theme: str, seed: int = 1) -> Stage:
    return build_stage(
        shop, paint.Palette(shop), load_theme(theme), seed=seed, title="A Title Of Some Length", artist="Somebody"
    )


def colors_of(ob: Any) -> np.ndarray:
    data = ob.data.color_attributes[paint.ATTRIBUTE].data
    values = np.empty(len(data) * 4, dtype="f4")
    data.foreach_get("color", values)
    return values.reshape(-1, 4)


@pytest.mark.parametrize("theme", BUILT_IN)
def test_set_stays_within_object_and_triangle_limits(shop: ownership.Workshop, theme: str) -> None:
    built(shop, theme)
    objects = list(shop.collection.all_objects)
    triangles = sum(len(p.vertices) - 2 for ob in objects if ob.type == "MESH" for p in ob.data.polygons)
    assert 40 < len(objects) <= OBJECTS
    assert 10_000 < triangles <= TRIANGLES


@pytest.mark.parametrize("theme", BUILT_IN)
def test_every_datablock_is_ours_and_named_so(shop: ownership.Workshop, theme: str) -> None:
    built(shop, theme)
    for kind in ("objects", "meshes", "materials", "collections", "actions"):
        for block in getattr(bpy.data, kind):
            assert ownership.is_ours(block), block
            assert block.name.startswith(ownership.PREFIX), block
    ownership.clear()
    assert not bpy.data.objects and not bpy.data.meshes and not bpy.data.materials


@pytest.mark.parametrize("theme", BUILT_IN)
def test_meshes_are_either_painted_or_on_one_channel(shop: ownership.Workshop, theme: str) -> None:
    stage = built(shop, theme)
    on_channel = {ob.name for channel in stage.palette.channels.values() for ob in channel.objects}
    for ob in shop.collection.all_objects:
        if ob.type != "MESH":
            continue
        painted = paint.ATTRIBUTE in ob.data.color_attributes
        assert painted != (ob.name in on_channel), ob.name
        assert painted == (ob.data.color_attributes.active_color is not None), ob.name


@pytest.mark.parametrize("theme", BUILT_IN)
def test_lamps_and_movers_have_roles_that_the_lights_know(shop: ownership.Workshop, theme: str) -> None:
    stage = built(shop, theme)
    assert {lamp.role for lamp in stage.lamps} <= set(lights.FORMULAS)
    assert {mover.role for mover in stage.movers} <= set(light_moves.MOVES)
    driven = {lamp.channel.name for lamp in stage.lamps} | {part.channel.name for part in stage.wall.parts}
    assert driven == set(stage.palette.channels)


@pytest.mark.parametrize("theme", BUILT_IN)
def test_what_moves_is_alone_on_its_channel(shop: ownership.Workshop, theme: str) -> None:
    stage = built(shop, theme)
    moving = {mover.object.name for mover in stage.movers} | {part.object.name for part in stage.wall.parts}
    for channel in stage.palette.channels.values():
        if any(ob.name in moving for ob in channel.objects):
            assert len(channel.objects) == 1, channel.name


def test_same_seed_gives_the_same_stage_and_another_seed_another(shop: ownership.Workshop) -> None:
    def paper(seed: int) -> list[tuple[float, ...]]:
        stage = built(shop, "sponsor_neon", seed)
        return [tuple(v.co) for v in stage.palette.channels["Confetti0"].objects[0].data.vertices]

    first, second, third = paper(1), paper(1), paper(2)
    assert first == second != third


def test_no_confetti_in_front_of_the_djs_face(shop: ownership.Workshop) -> None:
    stage = built(shop, "sponsor_neon")
    for k in range(5):
        for vertex in stage.palette.channels[f"Confetti{k}"].objects[0].data.vertices:
            x, y, _ = vertex.co
            assert abs(x) > 0.7 or y > 0.6


def test_booth_top_lies_under_the_tilted_decks(shop: ownership.Workshop) -> None:
    built(shop, "sponsor_neon")
    slope = np.tan(np.radians(14))
    vertices = bpy.data.objects["CF Booth"].data.vertices
    above = [v.co.z - (1.6 + v.co.y * slope) for v in vertices if abs(v.co.x) < 1.4]
    assert -0.07 < max(above) < -0.02


def test_unknown_set_is_an_error_with_a_hint(shop: ownership.Workshop) -> None:
    import dataclasses

    theme = dataclasses.replace(load_theme("sponsor_neon"), set="moonbase")
    with pytest.raises(StudioError, match="moonbase"):
        build_stage(shop, paint.Palette(shop), theme, seed=1)


def test_flat_shapes_face_the_audience_whatever_their_winding(shop: ownership.Workshop) -> None:
    outline = regular(6, 1.0)
    for points in (outline, outline[::-1]):
        mesh = MeshBuilder().polygon(points).mesh(shop, "Face")
        assert mesh.polygons[0].normal.y == pytest.approx(-1)
    assert MeshBuilder().polygon(outline, rear=True).mesh(shop, "Rear").polygons[0].normal.y == pytest.approx(1)


@pytest.mark.parametrize("solid", ["box", "ball", "cone", "tube"])
def test_solids_face_outwards(shop: ownership.Workshop, solid: str) -> None:
    builder = MeshBuilder()
    if solid == "box":
        builder.box((1, 2, 3), (5, 0, 0), bevel=0.05)
    elif solid == "ball":
        builder.ball(1, (5, 0, 0), scale=(1, 2, 3))
    elif solid == "cone":
        builder.cone(1, 0.5, 2, (5, 0, 0))
    else:
        builder.tube((5, -1, 0), (5, 1, 0), 0.5, 0.5)
    for face in builder.mesh(shop, solid).polygons:
        assert face.normal.dot(face.center - type(face.center)((5, 0, 0))) > 0


def test_painted_light_is_left_colored_on_the_left_and_spares_flat_coats(shop: ownership.Workshop) -> None:
    light = PaintedLight((0, 0.6, 1), (1, 0.06, 0.38), (1, 1, 1))
    ball = MeshBuilder().ball(1, (0, 0, 0), (0.1, 0.1, 0.1)).baked(shop, "Ball", light.lit)
    x = np.array([ball.data.vertices[loop.vertex_index].co.x for loop in ball.data.loops])
    colors = colors_of(ball)
    left, right = colors[x < -0.9].mean(axis=0), colors[x > 0.9].mean(axis=0)
    assert left[2] > 2 * left[0] and right[0] > 2 * right[2]
    flat = MeshBuilder().ball(1, (0, 0, 0), Flat((0.2, 0.4, 0.6))).baked(shop, "FlatBall", light.lit)
    assert np.allclose(colors_of(flat)[:, :3], (0.2, 0.4, 0.6), atol=1e-6)


@pytest.mark.parametrize("theme", ["sponsor_neon", "mashup_chaos"])
def test_the_hall_behind_the_audience_shows_only_to_those_on_the_stage(shop: ownership.Workshop, theme: str) -> None:
    built(shop, theme)
    hall = [ob for ob in shop.collection.all_objects if "Rear" in ob.name]
    assert 3 <= len(hall) <= 6
    for ob in hall:
        normals = np.empty(len(ob.data.polygons) * 3, dtype="f4")
        ob.data.polygons.foreach_get("normal", normals)
        assert normals.reshape(-1, 3)[:, 1].min() > 0.99, ob.name


def test_the_audience_has_light_on_its_faces_and_none_on_its_backs(shop: ownership.Workshop) -> None:
    built(shop, "sponsor_neon")
    row = next(ob for ob in shop.collection.all_objects if ob.name == "CF Crowd00")
    light = colors_of(row)[:, :3].sum(axis=1)
    normals = np.empty(len(row.data.loops) * 3, dtype="f4")
    row.data.corner_normals.foreach_get("vector", normals)
    corners = np.empty(len(row.data.loops), dtype="i4")
    row.data.loops.foreach_get("vertex_index", corners)
    height = np.array([v.co.z for v in row.data.vertices])[corners]
    towards = normals.reshape(-1, 3)[:, 1]
    heads = height > 1.08
    assert light[heads & (towards > 0.9)].mean() > 4 * light[heads & (towards < -0.9)].mean()
    # Not one flat tone: bodies are darker in the middle than along their flanks.
    across = np.abs(normals.reshape(-1, 3)[:, 0])
    bodies = (height > 0.6) & (height < 1.0) & (towards > 0.2)
    assert light[bodies & (across > 0.75)].mean() > 1.3 * light[bodies & (across < 0.3)].mean()
