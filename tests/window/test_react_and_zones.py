# SPDX-License-Identifier: GPL-3.0-or-later
"""React by the right-click menu, and safe zones over the camera's view, in a real window."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from blender_window import SETTINGS, SIZE, BlenderWindow, press

pytestmark = pytest.mark.window

WHOLE = (0, 0, *SIZE)

HEARD = """
from pathlib import Path
from crossfade_addon import properties, timeline
from crossfade_addon.timeline import Audio, Beats, Event, Meta, Section, Signals, Timeline
beats = tuple(0.5 * k for k in range(40))
kick = [10 ** (-(k % 50) / 18) for k in range(2000)]
script = Timeline(
    meta=Meta("x", "X", "", "mashup", "", 1, 20.0, 120.0, "", "1"),
    audio=Audio("x.wav", (Section(0.0, 20.0, "drop", 1.0),)),
    beats=Beats(beats, beats[::4], 120.0, 4, 1.0),
    signals=Signals(100.0, {"kick": kick}),
)
path = Path(FOLDER) / "song.json"
timeline.save(script, path)
settings = bpy.context.window_manager.windows[0].scene.crossfade
properties.fill_analysis(settings, script, path, properties.script_key(settings))
"""
LOCATION_Y = 85
"""Pixels from the sidebar's upper edge to the field in the tab Item, at interface scale 1."""
SCENE = "bpy.context.window_manager.windows[0].scene"
LISTED = f"[[r.label, r.signal, r.problem] for r in {SCENE}.crossfade_reactions.listed]"
FRAME = """
from bpy_extras.view3d_utils import location_3d_to_region_2d
window, area, _ = view_3d()
region = next(r for r in area.regions if r.type == "WINDOW")
camera = window.scene.camera
corners = [camera.matrix_world @ c for c in camera.data.view_frame(scene=window.scene)]
places = [location_3d_to_region_2d(region, area.spaces.active.region_3d, c) for c in corners]
xs, ys = [p.x + region.x for p in places], [p.y + region.y for p in places]
answer = [min(xs), min(ys), max(xs), max(ys)]
"""


def key(blender: BlenderWindow, kind: str, x: int, y: int) -> None:
    for value in ("PRESS", "RELEASE"):
        blender._simulate(kind, value, x, y)
    time.sleep(1)


def test_a_property_follows_the_song_by_its_right_click_menu(blender: BlenderWindow, pictures: Path) -> None:
    blender.ask(HEARD.replace("FOLDER", repr(str(blender.folder))))
    blender.ask("view_3d()[2].active_panel_category = 'Item'\nview_3d()[1].tag_redraw()")
    time.sleep(2)
    left, width, top = blender.ask("r = view_3d()[2]\nanswer = [r.x, r.width, r.y + r.height]")
    x, y = left + width // 2 - 20, top - LOCATION_Y
    blender.point(x, y)
    time.sleep(0.5)
    key(blender, "RIGHTMOUSE", x, y)
    blender.picture(pictures / "react_menu.png")
    key(blender, "UP_ARROW", x, y)  # from the first entry to the last
    key(blender, "RET", x, y)
    blender.picture(pictures / "react_dialog.png")
    key(blender, "RET", x, y)
    blender.wait_for(f"{LISTED} == [['Cube: Location Y', 'kick', '']]", 10)
    blender.open_tab()
    blender.picture(pictures / "react_list.png")
    heights = []
    for frame in (13, 24):  # on a beat, and just before the next one
        blender.ask(f"{SCENE}.frame_set({frame})")
        heights.append(blender.ask("answer = bpy.data.objects['Cube'].location.y"))
    assert heights[0] == pytest.approx(1, abs=0.02) and heights[1] < 0.1
    press(blender, "crossfade.react_remove('INVOKE_DEFAULT', True)")
    blender.wait_for(f"{LISTED} == [] and bpy.data.objects['Cube'].animation_data is None", 10)
    press(blender, "ed.undo()")
    blender.wait_for(f"len({LISTED}) == 1 and bpy.data.objects['Cube'].animation_data is not None", 10)


def test_safe_zones_lie_over_the_cameras_picture_at_every_zoom(blender: BlenderWindow, pictures: Path) -> None:
    view = "view_3d()[1].spaces.active.region_3d"
    blender.ask(f"{view}.view_perspective = 'CAMERA'\n{SETTINGS}.platforms = {{'youtube', 'tiktok'}}")
    for zoom, offset in ((0, (0.0, 0.0)), (-15, (0.1, -0.05))):
        blender.ask(f"{view}.view_camera_zoom, {view}.view_camera_offset = {zoom}, {offset}")
        blender.picture(pictures / f"zones_{zoom}_off.png", WHOLE)
        press(blender, "crossfade.safe_zones('INVOKE_DEFAULT')")
        blender.picture(pictures / f"zones_{zoom}_on.png", WHOLE)
        left, bottom, right, top = blender.ask(FRAME)
        # YouTube's margins are a twentieth of each side.
        inner = {(0.5, 0.12), (0.12, 0.5), (0.5, 0.88)}
        outer = {(0.025, 0.5), (0.5, 0.025), (0.5, 0.975)}
        beyond = {(-0.02, 0.5), (0.5, -0.03)}
        shares = sorted(inner | outer | beyond)
        places = [(round(left + x * (right - left)), round(bottom + y * (top - bottom))) for x, y in shares]
        seen = [redness(blender, pictures / f"zones_{zoom}_{how}.png", places) for how in ("off", "on")]
        grew = [after - before > 0.1 for before, after in zip(*seen, strict=True)]
        assert grew == [share in outer for share in shares], (zoom, shares, seen)
        press(blender, "crossfade.safe_zones('INVOKE_DEFAULT')")


def redness(blender: BlenderWindow, path: Path, places: list[tuple[int, int]]) -> list[float]:
    """How much more red than blue there is around places of a picture of the screen, y from its lower edge."""
    return blender.ask(
        f"image = bpy.data.images.load({str(path)!r})\n"
        "import numpy as np\n"
        "values = np.empty(len(image.pixels), np.float32)\n"
        "image.pixels.foreach_get(values)\n"
        "values = values.reshape(image.size[1], image.size[0], -1)\n"
        f"parts = [values[y - 2 : y + 3, x - 2 : x + 3] for x, y in {places}]\n"
        "answer = [float((part[..., 0] - part[..., 2]).mean()) for part in parts]\n"
        "bpy.data.images.remove(image)"
    )
