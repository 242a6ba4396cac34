# SPDX-License-Identifier: GPL-3.0-or-later
"""A new user in a real window: *Install from Disk*, the tab, a song, Generate. ``CROSSFADE_PICTURES`` keeps them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from blender_window import JOB, SETTINGS, BlenderWindow, opened

from crossfade_addon.demo_song import write_demo

pytestmark = pytest.mark.installed


@pytest.fixture
def window(tmp_path: Path) -> Iterator[BlenderWindow]:
    """A window of a Blender 5.2 that never had Crossfade; the other doors are tried on every Blender."""
    launcher = os.environ.get("CROSSFADE_BLENDER_52")
    if not launcher or not shutil.which("Xvfb"):
        pytest.skip("no Blender 5.2, or no Xvfb")
    with opened(launcher, tmp_path, has_addon=False) as blender:
        yield blender


def test_a_new_user_installs_from_disk_and_makes_a_video(window: BlenderWindow, zip_path: Path, pictures: Path) -> None:
    # What the file browser of Install from Disk runs.
    install = f"bpy.ops.extensions.package_install_files(filepath={str(zip_path)!r}, repo='user_default')"
    window.ask(install, timeout=180)
    window.wait_for("'bl_ext.user_default.crossfade' in bpy.context.preferences.addons", 60)
    window.open_tab()
    window.picture(pictures / "new_user_1_tab.png")

    # The song, in a file that was never saved, with a job as short as a new user's patience.
    song = write_demo(window.folder / "music")
    window.ask(f"s = {SETTINGS}\ns.audio = {str(song.audio)!r}\nview_3d()[1].tag_redraw()")
    window.picture(pictures / "new_user_2_song.png")
    assert window.ask(f"answer = {SETTINGS}.song_id") == song.audio.stem
    window.ask(
        f"s = {SETTINGS}\ns.platforms, s.quality, s.part = {{'tiktok', 'youtube'}}, 'draft', 'clip'\n"
        "s.clip_start, s.clip_end = 16.0, 19.0\nview_3d()[1].tag_redraw()"
    )
    window.click(*window.button("generate()"))
    window.wait_for(f"{JOB}.running", 30)
    window.picture(pictures / "new_user_3_running.png")
    window.wait_for(f"not {JOB}.running", 900)
    window.picture(pictures / "new_user_4_done.png")
    assert window.ask(f"answer = {JOB}.error") == ""
    made = [path for path in window.folder.rglob("*.mp4") if path.parent.name == "renders"]
    assert {path.stem.rpartition("_")[2] for path in made} >= {"tiktok", "youtube"}
    listed = window.ask(f"answer = [(r.label, r.ok) for r in {JOB}.results]")
    assert listed and all(ok for _, ok in listed)
