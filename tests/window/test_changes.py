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
    build(blender)
    only_changes(blender)
    picture(blender, pictures / "changes_none.png")
    blender.ask("bpy.data.objects['CF Avatar_Body'].location.x += 2")
    press(blender, "crossfade.refresh_edits('INVOKE_DEFAULT', True)")
    picture(blender, pictures / "changes_one.png")
    blender.ask(
        "rig = bpy.data.objects['CF Avatar_Rig']\n"
        "ours = [o for o in bpy.data.scenes['Crossfade 9:16'].objects if o.name.startswith('CF ')]\n"
        "still = [o for o in ours if o.type == 'MESH' and not (o.animation_data and o.animation_data.action)]\n"
        "for ob in still[:5]:\n"
        "    ob.location.x += 1\n"
        "bpy.data.worlds['CF World'].color = (0.5, 0.25, 0.125)\n"
        "rig.animation_data.nla_tracks['base'].strips[0].mute = True\n"
        "bpy.data.cameras['CF 9:16 hero'].shift_x = 0.2\n"
        "bpy.data.scenes['Crossfade 9:16'].timeline_markers[0].frame += 3\n"
        "bpy.data.materials['CF Baked'].node_tree.nodes.new('ShaderNodeRGB')\n"
        "bpy.data.objects.remove(still[6])\n"
    )
    press(blender, "crossfade.refresh_edits('INVOKE_DEFAULT', True)")
    listed = blender.ask(f"answer = {LISTED}")
    width = "view_3d()[2].width"
    usual = blender.ask(f"answer = {width}")
    assert len(listed) == 12 and len(set(listed)) == 12
    picture(blender, pictures / "changes_many.png")
    drag_edge(blender, WIDER)
    assert blender.ask(f"answer = {width}") > usual
    picture(blender, pictures / "changes_many_wide.png")


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
    """Drag the sidebar's left edge, to the right when ``pixels`` is positive; the empty scene is drawn fast enough."""
    blender.ask("view_3d()[0].scene = bpy.data.scenes['Scene']")
    time.sleep(DRAW_S)
    x, y = blender.ask("r = view_3d()[2]\nanswer = [r.x, r.y + r.height // 3]")
    moves = [("MOUSEMOVE", "NOTHING", to) for to in (-20, -8, -3, 0)]  # the edge is found on the way to it
    moves += [("LEFTMOUSE", "PRESS", 0)]
    moves += [("MOUSEMOVE", "NOTHING", round(pixels * part)) for part in (0.1, 0.3, 0.6, 1.0)]
    moves += [("LEFTMOUSE", "RELEASE", pixels)]
    window = "bpy.context.window_manager.windows[0]"
    for kind, value, to in moves:
        blender.ask(f"{window}.event_simulate(type='{kind}', value='{value}', x={x + to}, y={y})")
        time.sleep(0.3)
    blender.ask("view_3d()[0].scene = bpy.data.scenes['Crossfade 9:16']")
