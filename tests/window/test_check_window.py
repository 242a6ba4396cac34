# SPDX-License-Identifier: GPL-3.0-or-later
"""Check Before Generating in a real window: the list is seen, and a problem stops Generate."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_window import JOB, BlenderWindow, choose_song, press

pytestmark = pytest.mark.window

GENERATE, UNFOLD = 76, 108
"""Pixels from the sidebar's upper edge to the button and to the header of the list, at interface scale 1."""
CHECKS = "bpy.context.window_manager.crossfade_preflight"
PREFERENCES = "bpy.context.preferences.addons['crossfade_addon'].preferences"


def test_the_list_is_shown_and_a_problem_stops_generate(blender: BlenderWindow, pictures: Path) -> None:
    out = choose_song(blender, seconds=6.0)
    blender.click_sidebar(UNFOLD)
    blender.picture(pictures / "preflight_before.png")
    press(blender, "crossfade.preflight('INVOKE_DEFAULT')")
    blender.wait_for(f"{JOB}.running", 10)
    blender.picture(pictures / "preflight_running.png")
    blender.wait_for(f"not {JOB}.running", 240)
    assert blender.ask(f"answer = {JOB}.error") == ""
    found = blender.ask(f"answer = {{c.subject: [c.level, c.said] for c in {CHECKS}.checks}}")
    assert found["Time"][1].startswith("Rendering takes about") and found["Song"][0] == "ok"
    assert not (out / "renders").exists() and not (out / "timeline").exists()
    blender.picture(pictures / "preflight_ready.png")
    blender.ask(f"{PREFERENCES}.ffmpeg = '/gone/ffmpeg'\nview_3d()[1].tag_redraw()")
    blender.click_sidebar(GENERATE)
    blender.wait_for(f"'/gone/ffmpeg' in {JOB}.error and not {JOB}.running", 30)
    assert blender.ask(f"answer = [{CHECKS}.checks[0].level, {CHECKS}.checks[0].fix]") == ["block", "preferences"]
    blender.picture(pictures / "preflight_problem.png")
    assert blender.children() == []
    lines = blender.log.read_text("utf-8", errors="replace").splitlines()
    # Blender itself logs what operators report.
    assert [line for line in lines if "crossfade" in line.casefold() and "  operator  " not in line] == []


def test_the_panel_speaks_the_language_of_the_interface(blender: BlenderWindow, pictures: Path) -> None:
    choose_song(blender, seconds=3.0)
    blender.click_sidebar(UNFOLD)
    blender.ask("v = bpy.context.preferences.view\nv.language = 'de_DE'\nv.use_translate_interface = True")
    label = "bpy.app.translations.pgettext_iface('Generate Crossfade Videos', 'Operator')"
    assert blender.ask(f"answer = {label}") == "Crossfade-Videos erzeugen"
    panel = "bpy.app.translations.pgettext_iface('Show', bpy.types.CROSSFADE_PT_show.bl_translation_context)"
    assert blender.ask(f"answer = {panel}") == "Show"  # and not Blender's own word for the verb
    blender.ask("view_3d()[1].tag_redraw()")
    blender.picture(pictures / "panel_german.png")
    press(blender, "wm.call_menu(name='CROSSFADE_MT_presets')")
    blender.picture(pictures / "presets.png")
