# SPDX-License-Identifier: GPL-3.0-or-later
"""Your Changes in a real window: taken back by a button, brought back by one undo, seen narrow and wide."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from blender_window import DRAW_S, BlenderWindow, press
from test_show import build

pytestmark = pytest.mark.window

LISTED = "[c.text for c in bpy.data.scenes['Crossfade 9:16'].crossfade_changes.listed]"
PLACE = "round(bpy.data.objects['CF Avatar_Body'].location.x, 3)"
TINT = "[round(c, 3) for c in bpy.data.worlds['CF World'].color]"
BOTH = ["Avatar_Body: moved", "World: colour changed"]
SAID = [
    "Crossfade 9:16: marker [drop] moved",
    "Avatar_Body: moved",
    "Avatar_Rig: strip idle_bob changed",
    "Avatar_Rig: bone upper_arm.L posed",
    "Avatar_Face: shape key smile changed",
    "camera 9:16 hero: lens shift changed",
    "9:16 hero move: curve of location edited",
    "BeamTopL0 light: curve of diffuse color edited",
    "Booth: deleted",
    "Baked: nodes changed",
    "World: colour changed",
    "Crossfade 16:9: song removed from the timeline",
]
WIDER = -160
"""Pixels by which the sidebar's edge is dragged; to the right it cannot go, as narrow as it is at first."""


def test_one_undo_brings_back_what_a_reset_took(blender: BlenderWindow) -> None:
    build(blender)
    built = blender.ask(f"answer = [{PLACE}, {TINT}]")
    blender.ask(
        "bpy.data.objects['CF Avatar_Body'].location.x += 2\n"
        "bpy.data.worlds['CF World'].color = (0.5, 0.25, 0.125)\n"
        "bpy.ops.ed.undo_push(message='Changes')"
    )
    press(blender, "crossfade.refresh_edits('INVOKE_DEFAULT', True)")
    changed = blender.ask(f"answer = [{PLACE}, {TINT}]")
    assert blender.ask(f"answer = {LISTED}") == BOTH

    press(blender, "crossfade.reset_edits('INVOKE_DEFAULT', True, index=0)")
    assert blender.ask(f"answer = [{PLACE}, {TINT}, {LISTED}]") == [built[0], changed[1], BOTH[1:]]
    blender.undo()
    time.sleep(DRAW_S)
    assert blender.ask(f"answer = [{PLACE}, {TINT}, {LISTED}]") == [*changed, BOTH]

    press(blender, "crossfade.reset_edits('INVOKE_DEFAULT', True)")
    assert blender.ask(f"answer = [{PLACE}, {TINT}, {LISTED}]") == [*built, []]
    blender.undo()
    time.sleep(DRAW_S)
    assert blender.ask(f"answer = [{PLACE}, {TINT}, {LISTED}]") == [*changed, BOTH]
    press(blender, "crossfade.refresh_edits('INVOKE_DEFAULT', True)")
    assert blender.ask(f"answer = {LISTED}") == BOTH


def test_the_list_is_readable_with_none_one_and_many_changes(blender: BlenderWindow, pictures: Path) -> None:
    only_changes(blender)
    width = "view_3d()[2].width"
    usual = blender.ask(f"answer = {width}")
    for count, name in ((0, "none"), (1, "one"), (12, "many")):
        blender.ask(
            "from crossfade_addon.properties import fill_changes\n"
            f"listed = [(text, ('objects', text, 'location'), 'posed' not in text) for text in {SAID[:count]}]\n"
            "fill_changes([bpy.context.window_manager.windows[0].scene], listed)"
        )
        picture(blender, pictures / f"changes_{name}.png")
    drag_edge(blender, WIDER)
    picture(blender, pictures / "changes_wide.png")
    assert blender.ask(f"answer = {width}") > usual


def only_changes(blender: BlenderWindow) -> None:
    """Show the panel alone and open, as after scrolling and a click on its title."""
    blender.ask(
        "for name in [n for n in dir(bpy.types) if n.startswith('CROSSFADE_PT_')]:\n"
        "    bpy.utils.unregister_class(getattr(bpy.types, name))\n"
        "from crossfade_addon.panels import show\n"
        "cls = show.CROSSFADE_PT_changes\n"
        "del cls.bl_parent_id\n"
        "cls.bl_options = set()\n"
        "bpy.utils.register_class(cls)\n"
    )
    blender.open_tab()


def picture(blender: BlenderWindow, path: Path) -> None:
    """The sidebar alone."""
    blender.ask("view_3d()[1].tag_redraw()")
    part = blender.ask("r = view_3d()[2]\nanswer = [r.x, r.y, r.width, r.height]")
    blender.picture(path, (part[0], part[1], part[2], part[3]))


def drag_edge(blender: BlenderWindow, pixels: int) -> None:
    """Drag the sidebar's left edge, to the right when ``pixels`` is positive."""
    x, y = blender.ask("r = view_3d()[2]\nanswer = [r.x, r.y + r.height - 40]")  # beside its panels
    moves = [("MOUSEMOVE", "NOTHING", to) for to in (-20, -8, -3, 0)]  # the edge is found on the way to it
    moves += [("LEFTMOUSE", "PRESS", 0)]
    moves += [("MOUSEMOVE", "NOTHING", round(pixels * part)) for part in (0.1, 0.3, 0.6, 1.0)]
    moves += [("LEFTMOUSE", "RELEASE", pixels)]
    window = "bpy.context.window_manager.windows[0]"
    for kind, value, to in moves:
        blender.ask(f"{window}.event_simulate(type='{kind}', value='{value}', x={x + to}, y={y})")
        time.sleep(0.3)
