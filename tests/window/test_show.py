# SPDX-License-Identifier: GPL-3.0-or-later
"""The built show in a real window: it plays in step with its sound, and its parts are found in the Outliner."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from blender_window import DRAW_S, JOB, SETTINGS, BlenderWindow, choose_song, press, slowdown

pytestmark = pytest.mark.window

FPS = 30
PLAYED_S = 3.0
IN_STEP = 0.06
"""How far the pace of the frames may be from real time."""
LATE_S = 0.5
"""How far a frame may be behind the clock while the window draws in software."""
FEWEST = 5
"""Frames that are shown at the least, in software and beside other programs."""
PART_S = 28.0
FROM = 490
"""Where it plays from: inside the first drop, the heaviest stretch. The part that is asked for goes on to the end."""
GROUPS = ("CF Set", "CF Lights", "CF Beams", "CF LED Wall", "CF DJ", "CF Decks", "CF Crowd")
OUTLINER_WIDTH = 440
OUTLINER_ROWS, OUTLINER_ARROW = (82, 21), 53
"""Pixels at interface scale 1: from the upper edge to the first group's row, from row to row; from the left edge to the
arrow that unfolds a group."""


def build(blender: BlenderWindow) -> None:
    """Analyse the demo song and build its show, by the operators of the panel."""
    choose_song(blender, seconds=PART_S)
    press(blender, "crossfade.analyse('INVOKE_DEFAULT')")
    blender.wait_for(f"{SETTINGS}.analysis.timeline != '' and not {JOB}.running", 120)
    press(blender, "crossfade.build_show('INVOKE_DEFAULT', True)")
    blender.wait_for("'Crossfade 9:16' in bpy.data.scenes", 30)


def test_the_show_plays_in_step_with_real_time_from_its_sound_strip(blender: BlenderWindow, pictures: Path) -> None:
    build(blender)
    scene = "view_3d()[0].scene"
    assert blender.ask(f"answer = [{scene}.name, {scene}.sync_mode]") == ["Crossfade 9:16", "AUDIO_SYNC"]
    strips = blender.ask(
        f"answer = [[s.type, s.content_start if hasattr(s, 'content_start') else s.frame_start]"
        f" for s in {scene}.sequence_editor.strips]"
    )
    assert strips == [["SOUND", 1]]
    blender.ask(f"{scene}.frame_set({FROM})")
    blender.ask(
        "import builtins, time\n"
        "builtins.seen = []\n"
        "def note(scene, _depsgraph):\n"
        "    builtins.seen.append((time.monotonic(), scene.frame_current))\n"
        "builtins.note = note\n"
        "bpy.app.handlers.frame_change_post.append(note)"
    )
    press(blender, "screen.animation_play(sync=True)")
    enough = f"__import__('builtins').seen and __import__('builtins').seen[-1][1] > {FROM + 30}"
    blender.wait_for(enough, 60)  # shaders are made while the first frames are drawn
    blender.ask("__import__('builtins').seen.clear()")
    time.sleep(PLAYED_S * slowdown())
    seen = blender.ask("answer = __import__('builtins').seen")
    press(blender, "screen.animation_play()")
    blender.ask("bpy.app.handlers.frame_change_post.remove(__import__('builtins').note)")
    seconds = [t - seen[0][0] for t, _ in seen]
    frames = [frame - seen[0][1] for _, frame in seen]
    assert len(seen) >= FEWEST
    assert slope(seconds, frames) / FPS == pytest.approx(1, abs=IN_STEP)
    late = [t - frame / FPS for t, frame in zip(seconds, frames, strict=True)]
    assert max(late) - min(late) < LATE_S * slowdown()
    blender.picture(pictures / "show_in_window.png")


def slope(x: list[float], y: list[float]) -> float:
    """Of the straight line through the points, by least squares."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    across = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return across / sum((a - mean_x) ** 2 for a in x)


def test_the_outliner_shows_the_parts_of_the_show_by_name(blender: BlenderWindow, pictures: Path) -> None:
    build(blender)
    collections = blender.ask("answer = [c.name for c in bpy.data.collections['Crossfade'].children]")
    assert set(GROUPS) | {"CF Cameras 9:16", "CF Cameras 16:9"} <= set(collections)
    named = blender.ask("answer = {c.name: [o.name for o in c.objects] for c in bpy.data.collections}")
    assert "CF Avatar_Rig" in named["CF DJ"]
    assert "CF 9:16 hero" in named["CF Cameras 9:16"]
    assert "CF Signals" in named["Crossfade"]
    assert all(name.startswith("CF ") for group in collections for name in named[group])
    # The biggest area becomes an Outliner that is unfolded down to the groups, with two of them open.
    blender.ask(
        "_, area, _ = view_3d()\n"
        "area.type = 'OUTLINER'\n"
        "area.spaces.active.display_mode = 'VIEW_LAYER'\n"
        "area.tag_redraw()"
    )
    time.sleep(DRAW_S)  # it knows its rows once it has drawn them
    blender.ask(
        "window = bpy.context.window_manager.windows[0]\n"
        "area = max(window.screen.areas, key=lambda a: a.width * a.height)\n"
        "region = next(r for r in area.regions if r.type == 'WINDOW')\n"
        "with bpy.context.temp_override(window=window, area=area, region=region):\n"
        "    for _ in range(8):\n"
        "        bpy.ops.outliner.show_one_level(open=False)\n"
        "    for _ in range(2):\n"
        "        bpy.ops.outliner.show_one_level(open=True)\n"
        "area.tag_redraw()"
    )
    x, y, width, height = blender.ask(
        "area = max(bpy.context.window_manager.windows[0].screen.areas, key=lambda a: a.width * a.height)\n"
        "answer = [area.x, area.y, area.width, area.height]"
    )
    top, step = OUTLINER_ROWS
    rows = len(collections) + len(named["CF Cameras 9:16"]) + 2
    wide, tall = min(width, OUTLINER_WIDTH), min(height, top + step * rows)
    time.sleep(1)
    for group in sorted(("CF DJ", "CF Cameras 9:16"), key=collections.index, reverse=True):
        blender.click(x + OUTLINER_ARROW, y + height - top - step * collections.index(group))
        time.sleep(0.5)
    blender.point(x + wide + 40, y + 40)
    blender.picture(pictures / "outliner.png", (x, y + height - tall, wide, tall))
