# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab in a real window: seen, clicked, and never in the way. ``CROSSFADE_PICTURES`` keeps pictures of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from blender_window import JOB, SETTINGS, BlenderWindow, choose_song, press, slowdown

pytestmark = pytest.mark.window

GENERATE = 76
"""Pixels from the sidebar's upper edge to the middle of the button, at interface scale 1."""
CANCEL = 143
LONGEST_GAP_S = 3.0
USUAL_GAP_S = 0.3


def test_generate_keeps_the_window_free_and_lists_its_files(blender: BlenderWindow, pictures: Path) -> None:
    out = choose_song(blender, seconds=3.0)
    blender.picture(pictures / "panel_ready.png")
    blender.ask("gaps.clear()")
    blender.click_sidebar(GENERATE)
    blender.wait_for(f"{JOB}.running", 10)
    blender.wait_for(f"{JOB}.stage == 'studio' and {JOB}.fraction > 0.3", 240)
    shown = blender.ask(f"answer = [{JOB}.fraction, {JOB}.message]")
    blender.picture(pictures / "panel_rendering.png")
    assert 0.3 < shown[0] < 1 and shown[1].startswith("Rendering")
    blender.wait_for(f"not {JOB}.running", 400)
    gaps = sorted(blender.ask("answer = list(gaps)"))
    slow = slowdown()
    blender.ask("view_3d()[1].tag_redraw()")
    blender.picture(pictures / "panel_done.png")
    assert blender.ask(f"answer = {JOB}.error") == ""
    results = blender.ask(f"answer = [[r.label, r.ok, r.path] for r in {JOB}.results]")
    assert [label for label, _, path in results if path.endswith(".mp4")] == ["TikTok", "YouTube"]
    assert all(ok for _, ok, _ in results)
    assert (out / "renders").is_dir()
    assert blender.ask(f"answer = len({SETTINGS}.analysis.sections)") > 2
    assert blender.ask("answer = bpy.context.window_manager.windows[0].scene.name") == "Crossfade 9:16"
    assert gaps[-1] < LONGEST_GAP_S * slow, f"{gaps[-5:]}, slowdown {slow:.1f}"
    assert gaps[len(gaps) // 2] < USUAL_GAP_S * slow, f"{gaps[len(gaps) // 2]}, slowdown {slow:.1f}"


def test_cancel_stops_the_job_and_leaves_no_process(blender: BlenderWindow) -> None:
    choose_song(blender, seconds=10.0)
    blender.click_sidebar(GENERATE)
    blender.wait_for(f"{JOB}.stage == 'studio' and {JOB}.message.startswith('Rendering')", 240)
    assert blender.children()
    blender.click_sidebar(CANCEL)
    started = time.monotonic()
    blender.wait_for(f"not {JOB}.running", 10)
    assert time.monotonic() - started < 5 * slowdown()
    assert blender.ask(f"answer = {JOB}.summary") == "Cancelled"
    assert blender.children() == []


def test_an_error_of_the_button_reaches_the_panel(blender: BlenderWindow) -> None:
    choose_song(blender, seconds=2.0)
    blender.ask(f"{SETTINGS}.audio = '//a song that is not there.wav'")
    blender.click_sidebar(GENERATE)
    blender.wait_for(f"'does not exist' in {JOB}.error", 10)
    blender.picture(blender.folder / "error.png")


def test_a_missing_ffmpeg_is_said_before_any_work(blender: BlenderWindow, pictures: Path) -> None:
    choose_song(blender, seconds=2.0)
    blender.ask(
        "bpy.context.preferences.addons['crossfade_addon'].preferences.ffmpeg = '/gone/ffmpeg'\n"
        "from crossfade_addon.panels import make, _panel\n"
        "import builtins\n"
        "builtins.said = []\n"
        "write = make.paragraph\n"
        "make.paragraph = lambda c, l, text, *a, **k: (builtins.said.append(text), write(c, l, text, *a, **k))\n"
        "view_3d()[1].tag_redraw()"
    )
    blender.picture(pictures / "no_ffmpeg.png")
    said = blender.ask("answer = __import__('builtins').said[-1]")
    assert said.startswith("FFmpeg '/gone/ffmpeg' does not exist")
    assert "on the PATH" in said and "in the preferences" in said and "the full zip" in said


def test_build_show_is_one_step_of_undo(blender: BlenderWindow) -> None:
    choose_song(blender, seconds=2.0)
    press(blender, "crossfade.analyse('INVOKE_DEFAULT')")
    blender.wait_for(f"{SETTINGS}.analysis.timeline != '' and not {JOB}.running", 120)
    press(blender, "ed.undo_push(message='before')")
    before = blender.ask("answer = [len(bpy.data.scenes), len(bpy.data.objects), len(bpy.data.actions)]")
    press(blender, "crossfade.build_show('INVOKE_DEFAULT', True)")
    assert blender.ask("answer = len(bpy.data.scenes)") == before[0] + 2
    press(blender, "ed.undo()")
    blender.wait_for(f"[len(bpy.data.scenes), len(bpy.data.objects), len(bpy.data.actions)] == {before}", 10)


def test_render_animation_in_the_window_ends_in_videos(blender: BlenderWindow) -> None:
    out = choose_song(blender, seconds=3.0)
    press(blender, "crossfade.analyse('INVOKE_DEFAULT')")
    blender.wait_for(f"{SETTINGS}.analysis.timeline != '' and not {JOB}.running", 120)
    press(blender, "crossfade.build_show('INVOKE_DEFAULT', True)")
    blender.ask("bpy.context.preferences.view.render_display_type = 'NONE'")
    press(blender, "render.render('INVOKE_DEFAULT', animation=True, scene='Crossfade 9:16')")
    blender.wait_for(f"{JOB}.title == 'Encode' and not {JOB}.running", 240)
    assert blender.ask(f"answer = {JOB}.error") == ""
    assert [p.suffix for p in (out / "renders").glob("*_tiktok.mp4")] == [".mp4"]
