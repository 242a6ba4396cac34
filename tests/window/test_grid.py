# SPDX-License-Identifier: GPL-3.0-or-later
"""The grid editor in a real window, by its operators and keys. ``CROSSFADE_PICTURES`` keeps pictures of it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from blender_window import JOB, SETTINGS, BlenderWindow, press
from half_time import COUNTED_BPM, write_half_time

pytestmark = pytest.mark.window

BEATS = f"[round({SETTINGS}.analysis.bpm, 2), {SETTINGS}.analysis.bars]"


@pytest.fixture(autouse=True)
def _open_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The grid's panel is open, those above it are closed."""
    monkeypatch.setenv("CROSSFADE_OPEN_PANELS", "CROSSFADE_PT_grid")


def tempo_drawn(blender: BlenderWindow) -> bytes:
    """The pixels of the Image Editor's window where the picture of the song names its tempo."""
    blender.picture(blender.folder / "tempo.ppm", (1040, 590, 520, 60))
    return (blender.folder / "tempo.ppm").read_bytes()


def hear(blender: BlenderWindow) -> None:
    """A saved file beside a song that is heard at half its tempo."""
    song = write_half_time(blender.folder / "half.wav")
    blender.ask(
        f"bpy.ops.wm.save_as_mainfile(filepath={str(blender.folder / 'film.blend')!r})\n"
        f"{SETTINGS}.audio = '//{song.name}'"
    )
    press(blender, "crossfade.analyse('INVOKE_DEFAULT')")
    blender.wait_for(f"{SETTINGS}.analysis.timeline != '' and not {JOB}.running", 180)
    blender.ask(f"{JOB}.notices.clear()\n{JOB}.results.clear()\nview_3d()[1].tag_redraw()")


def test_a_half_tempo_song_is_fixed_by_one_click_and_its_downbeat_set_by_another(
    any_blender: BlenderWindow, pictures: Path
) -> None:
    blender = any_blender
    hear(blender)
    heard = blender.ask(f"answer = {BEATS}")
    assert heard[0] == pytest.approx(COUNTED_BPM / 2, rel=0.01)
    blender.ask(f"{SETTINGS}.grid.show_markers = True")
    press(blender, "crossfade.show_picture(True)")
    press(blender, "ed.undo_push(message='before')")
    blender.picture(pictures / "grid_heard.png")
    look = "import hashlib\ni = bpy.data.images['CF Timeline']\n"
    look += "answer = [hashlib.sha256(bytes(i.packed_file.data)).hexdigest(), i.is_dirty]"
    before, drawn = blender.ask(look), tempo_drawn(blender)
    blender.click(*blender.button('correct_grid(edit="x2")'))
    blender.wait_for(f"{SETTINGS}.analysis.bpm > 150", 10)
    blender.picture(pictures / "grid_fixed.png")
    drawn_fixed = tempo_drawn(blender)
    assert drawn_fixed != drawn
    fixed = blender.ask(f"answer = {BEATS}")
    assert fixed[0] == pytest.approx(COUNTED_BPM, rel=0.01)
    scene = f"{SETTINGS}.id_data"
    beats = blender.ask(f"answer = len({scene}.timeline_markers)")
    assert beats == pytest.approx(2 * fixed[1], abs=4)  # two beats a bar
    after = blender.ask(look)
    assert after[0] != before[0] and not after[1]

    second = f"next(m.frame for m in {scene}.timeline_markers if m.name == '5.2')"
    blender.ask(f"{scene}.frame_set({second})")
    blender.click(*blender.button("bar_here()"))
    blender.wait_for(f"len({SETTINGS}.grid.corrections) == 2", 10)
    first = f"next(m.frame for m in {scene}.timeline_markers if m.frame == {scene}.frame_current)"
    assert blender.ask(f"answer = [m.name for m in {scene}.timeline_markers if m.frame == {first}]")[0].endswith(".1")
    blender.picture(pictures / "grid_downbeat.png")

    blender.undo()
    blender.wait_for(f"{BEATS} == {fixed}", 10)
    assert blender.ask(look) == after
    blender.undo()
    blender.wait_for(f"{BEATS} == {heard}", 10)
    assert blender.ask(look) == before
    assert tempo_drawn(blender) == drawn
    blender.redo()
    blender.wait_for(f"{BEATS} == {fixed}", 10)
    assert tempo_drawn(blender) == drawn_fixed
    blender.undo()
    blender.wait_for(f"{BEATS} == {heard}", 10)
    assert blender.ask(f"answer = len({SETTINGS}.grid.corrections)") == 0
    said = blender.log.read_text("utf-8", errors="replace")
    assert not re.search(r'File ".*crossfade_addon/', said), "no traceback of ours"


def key(blender: BlenderWindow, name: str) -> None:
    """Press and release a key over the sidebar."""
    left, width, top = blender.ask("r = view_3d()[2]\nanswer = [r.x, r.width, r.y + r.height]")
    window = "bpy.context.window_manager.windows[0]"
    for value in ("PRESS", "RELEASE"):
        x, y = left + width // 2, top - 300
        blender.ask(f"{window}.event_simulate(type='{name}', value='{value}', x={x}, y={y})")


def test_tapping_is_taken_by_enter_and_forgotten_by_escape(blender: BlenderWindow, pictures: Path) -> None:
    hear(blender)
    press(blender, "crossfade.put_song('INVOKE_DEFAULT', True)")
    playing = "view_3d()[0].screen.is_animation_playing"
    press(blender, "crossfade.tap_tempo('INVOKE_DEFAULT')")
    blender.wait_for(playing, 10)
    key(blender, "SPACE")
    key(blender, "T")
    blender.picture(pictures / "tapping.png")
    key(blender, "RET")
    blender.wait_for(f"'too few' in {JOB}.error and not {playing}", 10)
    press(blender, "crossfade.tap_tempo('INVOKE_DEFAULT')")
    blender.wait_for(playing, 10)
    for _ in range(5):
        key(blender, "SPACE")
        time.sleep(0.3)
    key(blender, "ESC")
    blender.wait_for(f"not {playing}", 10)
    assert blender.ask(f"answer = len({SETTINGS}.grid.corrections)") == 0
