# SPDX-License-Identifier: GPL-3.0-or-later
"""Similar songs in a real window: seen, and a look that is one step of undo."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_window import JOB, SETTINGS, BlenderWindow, choose_song, press

pytestmark = pytest.mark.window

UNFOLD = 277
"""Pixels from the sidebar's upper edge to the header of Similar Songs, at interface scale 1."""
LOOK = {"theme": "chill_lofi", "mode": "single", "seed": 62, "intensity": 1.4, "avatar": "bot"}
SONGS = [
    {
        "song_id": "harbour",
        "name": "Mira Vale - Harbour Lights",
        "bpm": 126.0,
        "distance": 0.4,
        "why": ["a similar tempo (126 beside 124 BPM)", "the same rhythm of the drums", "a similar tone", "more bass"],
        "look": LOOK,
    },
    {
        "song_id": "night",
        "name": "The Long And Winding Name Of A Band - Night Bus To Somewhere Far Away",
        "bpm": 62.0,
        "distance": 1.1,
        "why": ["the same tempo (62 beside 124 BPM, half time)"],
        "look": None,
    },
]


def test_a_look_of_a_similar_song_is_one_step_of_undo(blender: BlenderWindow, pictures: Path) -> None:
    choose_song(blender, seconds=3.0)
    blender.ask(
        "import crossfade_addon.properties as properties\n"
        f"properties.fill_similar(bpy.context.window_manager.crossfade_library, {SETTINGS}.song_id, {SONGS!r})\n"
        "view_3d()[1].tag_redraw()"
    )
    blender.click_sidebar(UNFOLD)
    blender.picture(pictures / "similar_songs.png")
    press(blender, "ed.undo_push(message='before')")
    press(blender, "crossfade.use_look('INVOKE_DEFAULT', True, song_id='harbour')")
    look = f"[{SETTINGS}.theme, {SETTINGS}.mode, {SETTINGS}.seed, {SETTINGS}.avatar]"
    blender.picture(pictures / "similar_songs_used.png")
    assert blender.ask(f"answer = {look}") == [LOOK["theme"], LOOK["mode"], LOOK["seed"], LOOK["avatar"]]
    press(blender, "ed.undo()")
    blender.wait_for(f"{look} == ['sponsor_neon', 'mashup', 1, 'theme']", 10)


def test_finding_similar_songs_without_a_library_says_so(blender: BlenderWindow, pictures: Path) -> None:
    choose_song(blender, seconds=3.0)
    press(blender, "crossfade.find_similar('INVOKE_DEFAULT')")
    blender.wait_for(f"'There is no song library' in {JOB}.error and not {JOB}.running", 30)
    blender.picture(pictures / "similar_songs_none.png")
