# SPDX-License-Identifier: GPL-3.0-or-later
"""``crossfade.toml`` beside the song, as the panel shows it. ``CROSSFADE_PICTURES`` keeps a picture of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_window import SETTINGS, BlenderWindow, choose_song

pytestmark = pytest.mark.window


@pytest.mark.parametrize(("text", "said"), [("[studio]\nfps = 25\n", ""), ("[studio]\nfsp = 25\n", "line 2")])
def test_the_panel_shows_what_comes_from_the_file_or_what_is_wrong_with_it(
    blender: BlenderWindow, pictures: Path, text: str, said: str
) -> None:
    choose_song(blender, seconds=3.0)
    (blender.folder / "crossfade.toml").write_text(text)
    song = blender.ask(f"answer = {SETTINGS}.audio")
    blender.ask(f"{SETTINGS}.audio = {song!r}\nview_3d()[1].tag_redraw()")
    error, held = blender.ask(f"answer = [{SETTINGS}.config.error, {SETTINGS}.config.settings]")
    assert (said in error, held) == (True, "" if said else "fps")
    blender.picture(pictures / f"panel_settings_{'wrong' if said else 'file'}.png")
    assert "crossfade_addon/" not in blender.log.read_text("utf-8", errors="replace")  # no traceback of ours
