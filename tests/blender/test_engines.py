# SPDX-License-Identifier: GPL-3.0-or-later
"""Painted things look the same in Workbench, EEVEE and Cycles: outlines behind, channels through which one sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from crossfade_addon.studio import compat, ownership, paint, scenes, shapes
from crossfade_addon.studio.meshes import MeshBuilder
from crossfade_addon.themes import load_theme

SIDE = 48
RED, INK, GREEN = (0.6, 0.05, 0.05), (0.01, 0.0, 0.02), (0.05, 0.8, 0.1)
ALPHA = 0.5


def srgb(linear: Any) -> np.ndarray:
    """IEC 61966-2-1, 0..255."""
    c = np.asarray(linear)
    return 255 * np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055)


@pytest.fixture(scope="module")
def scene() -> Any:
    """An outlined red ball left, a half transparent green card before the red of another ball right."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    theme = load_theme("sponsor_neon")
    collection = ownership.tag(bpy.data.collections.new("CF Crossfade"), "collection")
    made = scenes.make_scene("16:9", collection, scenes.make_world(theme), theme)
    shop = ownership.Workshop(collection)
    balls = shapes.PaintedMesh()
    for x in (-1.0, 1.0):
        ball = shapes.superellipsoid((x, 0, 0), (0.8, 0.8, 0.8), 24, 12)
        hull = shapes.inverted_hull(ball, 0.2)
        balls.add(ball, ("red",))
        balls.add(hull, ("ink",))
    balls.build(shop, "Balls", {"red": RED, "ink": INK})
    card = MeshBuilder().rectangle(1.0, -0.5, 1.0, 1.0).plain(shop, "Card", (0, -1.5, 0))
    paint.Palette(shop).channel("Card", GREEN, ALPHA).add(card)
    camera = shop.object("Camera", shop.camera("Camera"))
    camera.location, camera.rotation_euler = (0, -10, 0), (np.pi / 2, 0, 0)
    camera.data.type, camera.data.ortho_scale = "ORTHO", 4.0
    made.camera = camera
    made.render.resolution_x = made.render.resolution_y = SIDE
    return made


@pytest.mark.parametrize("engine", ["workbench", "eevee", "cycles"])
def test_outlines_stay_behind_and_channels_let_through_in_every_engine(engine: str, scene: Any, tmp_path: Path) -> None:
    scenes.set_engine(scene, engine, "preview")
    path = tmp_path / f"{engine}.png"
    compat.set_image_output(scene.render, str(path))
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    pixels = np.empty(SIDE * SIDE * 4, dtype="f4")
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    picture = 255 * pixels.reshape(SIDE, SIDE, 4)[:, :, :3]
    middle, left, right = SIDE // 2, SIDE // 4, 3 * SIDE // 4
    assert np.abs(picture[middle, left] - srgb(RED)).max() < 8
    # The hull of 1.0 reaches from the left border to where the ball of .8 begins, at 2.4 pixels.
    edge = picture[middle, 1]
    assert edge.max() < 0.5 * srgb(RED).max()
    through = ALPHA * np.array(GREEN) + (1 - ALPHA) * np.array(RED)
    assert np.abs(picture[middle, right] - srgb(through)).max() < 20
