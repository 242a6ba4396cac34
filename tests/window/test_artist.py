# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist at work in real windows, by keys: analyses, builds, changes, undoes, chooses another look, takes back."""

from __future__ import annotations

import time
import wave
from pathlib import Path
from typing import Any

import pytest
from blender_window import JOB, SETTINGS, BlenderWindow, choose_song, press, slowdown

pytestmark = pytest.mark.window

FOUND = f"{SETTINGS}.analysis.timeline != '' and not {JOB}.running"
BUILT = "'Crossfade 9:16' in bpy.data.scenes"
LISTED = "bpy.data.scenes['Crossfade 9:16'].crossfade_changes.listed"
SHOW = "bpy.data.scenes['Crossfade 9:16'].get('crossfade_show')"
LONG_S = 900
PARTS = """
from crossfade_addon.studio import compat
ring = bpy.data.materials['CF Platter Ring L']
moves = sorted(a.name for a in bpy.data.actions if a.name.startswith('CF ') and a.name.endswith(' move'))
rig = bpy.data.objects['CF Avatar_Rig']
def key():
    return [c for _, curves in compat.action_channels(bpy.data.actions[moves[0]]) for c in curves][0].keyframe_points[0]
def moods():
    return len(rig.animation_data.nla_tracks['mood'].strips)
"""
"""Things of the show that are there in every look, by name."""
CHANGES = {
    "an F-curve": ("key().co.y += 0.37", "round(key().co.y, 3)"),
    "the colour of a lit ring": ("ring.diffuse_color = (0.25, 1, 0.5, 1)", "[*ring.diffuse_color]"),
    "a mesh": (
        "m = bpy.data.meshes.new('Mine'); m.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)]); "
        "bpy.data.objects['CF Backdrop'].data = m",
        "bpy.data.objects['CF Backdrop'].data.name",
    ),
    "a strip": ("t = rig.animation_data.nla_tracks['mood']; t.strips.remove(t.strips[0])", "moods()"),
}


def start(blender: BlenderWindow, *, seconds: float) -> None:
    """Analyse and build the demo song by keys."""
    for key, name in (("F5", "analyse"), ("F6", "build_show"), ("F7", "cancel"), ("F8", "render_encode")):
        blender.shortcut(key, f"crossfade.{name}")
    choose_song(blender, seconds=seconds)
    blender.key("F5")
    blender.wait_for(f"{JOB}.running or {FOUND}", 20)
    blender.wait_for(FOUND, 240)
    blender.key("F6")
    blender.wait_for(BUILT, 120)


def test_what_an_artist_changes_is_undone_step_by_step_and_stays_in_another_look(
    any_blender: BlenderWindow, pictures: Path
) -> None:
    blender = any_blender
    start(blender, seconds=3.0)
    place = "round(bpy.data.objects['CF Booth'].location.x, 3)"

    def seen(what: str) -> Any:
        return blender.ask(PARTS + f"answer = {what}")

    # One thing is moved with the keys of a modeller, four are changed as their editors do it.
    before = seen(place)
    blender.ask(
        "layer = view_3d()[0].view_layer\n"
        "o = bpy.data.objects['CF Booth']\n"
        "for other in layer.objects:\n    other.select_set(other == o)\n"
        "layer.objects.active = o\nbpy.ops.ed.undo_push(message='Select')\n"
        "answer = [o.name, o.select_get(), o.hide_select]"
    )
    for kind, text in (("G", ""), ("X", ""), ("TWO", "2"), ("RET", "")):
        blender.key(kind, text)
    history = [(place, before, seen(place))]
    assert history[0][2] == pytest.approx(before + 2)
    for what, (change, look) in CHANGES.items():
        was = seen(look)
        blender.ask(PARTS + f"{change}\nbpy.ops.ed.undo_push(message={what!r})")
        history.append((look, was, seen(look)))
        assert history[-1][1] != history[-1][2], what

    for look, was, _ in reversed(history):
        blender.undo()
        assert seen(look) == was
    for look, _, now in history:
        blender.redo()
        assert seen(look) == now

    first_look = blender.ask(f"answer = {SHOW}")
    blender.ask(f"{SETTINGS}.theme, {SETTINGS}.seed = 'chill_lofi', 7\nbpy.ops.ed.undo_push(message='Look')")
    build_again(blender)
    second_look = blender.ask(f"answer = {SHOW}")
    assert second_look != first_look
    assert [seen(look) for look, _, _ in history] == [now for _, _, now in history]
    listed = blender.ask(f"answer = [c.text for c in {LISTED}]")
    assert len(listed) == len(history), listed
    blender.picture(pictures / "your_changes.png")

    blender.undo()
    assert blender.ask(f"answer = {SHOW}") == first_look
    assert [seen(look) for look, _, _ in history] == [now for _, _, now in history]
    blender.redo()
    assert blender.ask(f"answer = {SHOW}") == second_look

    moved = next(index for index, text in enumerate(listed) if "Booth" in text)
    press(blender, f"crossfade.reset_edits('INVOKE_DEFAULT', True, index={moved})")
    assert seen(place) == before
    assert blender.ask(f"answer = len({LISTED})") == len(history) - 1
    blender.undo()
    assert seen(place) == history[0][2]
    assert blender.ask(f"answer = len({LISTED})") == len(history)

    press(blender, "crossfade.clear_show('INVOKE_DEFAULT', True)")
    assert not blender.ask("answer = [o.name for o in bpy.data.objects if o.name.startswith('CF ')]")
    blender.undo()
    assert [seen(look) for look, _, _ in history] == [now for _, _, now in history]

    blender.key("F8")
    blender.wait_for(f"{JOB}.running", 20)
    blender.wait_for(f"not {JOB}.running", 400)
    results = blender.ask(f"answer = [[r.label, r.ok, r.path] for r in {JOB}.results]")
    assert [label for label, _, path in results if path.endswith(".mp4")] == ["TikTok", "YouTube"]
    assert all(ok for _, ok, _ in results), results


def build_again(blender: BlenderWindow) -> None:
    """Hear the song for other settings, and build its show anew, by keys."""
    standing = blender.ask(f"answer = {SHOW}")
    blender.key("F5")
    blender.wait_for(f"not {JOB}.running and bpy.ops.crossfade.build_show.poll()", 60)
    blender.key("F6")
    blender.wait_for(f"{SHOW} != {standing!r}", 120)


def test_an_analysis_is_cancelled_by_a_key_and_nothing_of_it_is_left(any_blender: BlenderWindow) -> None:
    blender = any_blender
    song = blender.folder / "long.wav"
    with wave.open(str(song), "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        noise = bytes(range(256)) * 345
        for _ in range(LONG_S):
            file.writeframes(noise[: 2 * 44100])
    blender.shortcut("F5", "crossfade.analyse")
    blender.shortcut("F7", "crossfade.cancel")
    blender.ask(f"{SETTINGS}.audio = {str(song)!r}")
    blender.key("F5")
    blender.wait_for(f"{JOB}.running and {JOB}.fraction > 0", 60)
    assert blender.children()
    started = time.monotonic()
    blender.key("F7")
    blender.wait_for(f"not {JOB}.running", 20)
    assert time.monotonic() - started < 5 * slowdown()
    assert blender.ask(f"answer = [{JOB}.summary, {SETTINGS}.analysis.timeline]") == ["Cancelled", ""]
    assert blender.children() == []


def test_a_file_that_is_no_music_is_said_in_the_panel(any_blender: BlenderWindow, pictures: Path) -> None:
    blender = any_blender
    wrong = blender.folder / "not music.wav"
    wrong.write_bytes(b"no music at all" * 200)
    blender.shortcut("F5", "crossfade.analyse")
    blender.ask(f"{SETTINGS}.audio = {str(wrong)!r}")
    blender.key("F5")
    blender.wait_for(f"{JOB}.error", 60)
    assert "not music.wav" in blender.ask(f"answer = {JOB}.error")
    blender.picture(pictures / "panel_error.png")
