# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab in a real window: seen, clicked, and never in the way. ``CROSSFADE_PICTURES`` keeps pictures of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from blender_window import BlenderWindow

from crossfade_addon.demo_song import write_demo

pytestmark = pytest.mark.window

GENERATE = 76
"""Pixels from the sidebar's upper edge to the middle of the button, at interface scale 1."""
CANCEL = 143
JOB = "bpy.context.window_manager.crossfade_job"
SETTINGS = "bpy.context.window_manager.windows[0].scene.crossfade"
LONGEST_GAP_S = 3.0
USUAL_GAP_S = 0.3


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("CROSSFADE_PICTURES", tmp_path))


def choose_song(blender: BlenderWindow, *, seconds: float) -> Path:
    """A saved file beside the demo song, for TikTok and YouTube, from the drop on; returns the output folder."""
    song = write_demo(blender.folder)
    blender.ask(
        f"bpy.ops.wm.save_as_mainfile(filepath={str(blender.folder / 'film.blend')!r})\n"
        f"s = {SETTINGS}\n"
        f"s.audio, s.lyrics = '//{song.audio.name}', '//{song.lyrics.name}'\n"
        f"s.platforms, s.quality, s.part = {{'tiktok', 'youtube'}}, 'draft', 'clip'\n"
        f"s.clip_start, s.clip_end = 16.0, {16.0 + seconds}\n"
        "view_3d()[1].tag_redraw()"
    )
    time.sleep(0.5)
    return blender.folder / "outputs"


def press(blender: BlenderWindow, call: str) -> None:
    """Call an operator as if a button of the sidebar was pressed."""
    where = "with bpy.context.temp_override(window=view_3d()[0], area=view_3d()[1], region=view_3d()[2]):"
    blender.ask(f"{where}\n    bpy.ops.{call}")


def slowdown() -> float:
    """How many programs share one core of this machine: limits of time are for a machine of our own."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_generate_keeps_the_window_free_and_lists_its_files(blender: BlenderWindow, pictures: Path) -> None:
    out = choose_song(blender, seconds=2.0)
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
    out = choose_song(blender, seconds=0.5)
    press(blender, "crossfade.analyse('INVOKE_DEFAULT')")
    blender.wait_for(f"{SETTINGS}.analysis.timeline != '' and not {JOB}.running", 120)
    press(blender, "crossfade.build_show('INVOKE_DEFAULT', True)")
    blender.ask("bpy.context.preferences.view.render_display_type = 'NONE'")
    press(blender, "render.render('INVOKE_DEFAULT', animation=True, scene='Crossfade 9:16')")
    blender.wait_for(f"{JOB}.title == 'Encode' and not {JOB}.running", 240)
    assert blender.ask(f"answer = {JOB}.error") == ""
    assert [p.suffix for p in (out / "renders").glob("*_tiktok.mp4")] == [".mp4"]
