# SPDX-License-Identifier: GPL-3.0-or-later
"""On a machine that never had Crossfade and reaches nobody: one zip, videos by every door, and no trace after."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from application import OfflineBlender
from extensions import neighbour
from test_installed import assert_videos, job

pytestmark = pytest.mark.installed

REACH_NOBODY = """
import errno, socket
try:
    socket.create_connection(("192.0.2.1", 80), 5)
except OSError as error:
    assert error.errno == errno.ENETUNREACH, error
else:
    raise AssertionError("there is a network")
"""
PRESS_GENERATE = """
import bpy
settings = bpy.context.scene.crossfade
settings.audio, settings.song_id, settings.output_dir = {song!r}, "x", {output!r}
settings.platforms, settings.quality, settings.with_thumbnail = {{"tiktok"}}, "draft", False
settings.part, settings.clip_start, settings.clip_end = "clip", 2, 5
assert bpy.ops.crossfade.generate() == {{"FINISHED"}}
job = bpy.context.window_manager.crossfade_job
assert [item.label for item in job.results if item.path.endswith(".mp4")] == ["TikTok"]
assert all(item.ok for item in job.results) and not job.error, job.error
"""
AS_WITHOUT = """
import bpy, sys
known = [*bpy.context.preferences.addons.keys(), *sys.modules, *dir(bpy.types.Scene)]
assert [name for name in known if "crossfade" in name] == []
assert [name for name in dir(bpy.types) if name.startswith("CROSSFADE_")] == []
"""
USED = """
import bpy
scene = bpy.context.scene
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x = scene.render.resolution_y = 32
scene.render.filepath = {folder!r} + "/picture"
bpy.ops.render.render(write_still=True)
bpy.ops.wm.save_as_mainfile(filepath={folder!r} + "/film.blend")
"""


def files(blender: OfflineBlender) -> set[str]:
    """Every file under home and the folder for temporary files; of a cache only that it is there."""
    found = set()
    for path in blender.user.rglob("*"):
        if path.is_file():
            parts = path.relative_to(blender.user).parts
            found.add("/".join(parts[:3] if parts[:2] == ("home", ".cache") else parts))
    return found


def written_anyway(blender: OfflineBlender, folder: Path) -> set[str]:
    """What a Blender writes that saves, renders, and has another extension for a while."""
    folder.mkdir()
    other = neighbour(folder / "neighbour.zip")
    blender.install(other)
    done = blender.python(USED.format(folder=str(folder)))
    assert done.returncode == 0, done.stderr
    blender.remove("neighbour")
    return files(blender)


def made_anew(output: Path) -> Path:
    """The same folder without its videos, so that the next door must make them."""
    for video in (output / "renders").glob("*.mp4"):
        video.unlink()
    return output


def test_one_zip_makes_videos_by_every_door_without_a_network_and_goes_without_a_trace(
    offline, zip_path, song, tmp_path
):
    bare, blender, classic = offline(), offline(), offline()
    anyway = written_anyway(bare, tmp_path / "bare")
    output = blender.home / "outputs"
    arguments = job(song, output, "--platforms", "tiktok", "--no-thumbnail")

    blender.install(zip_path)
    done = blender.python(REACH_NOBODY)
    assert done.returncode == 0, done.stderr
    for door in (("-b", "--addons", "crossfade", "--"), ("-c", "crossfade")):
        done = blender.run(*door, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "will not be remembered" not in done.stdout
        assert_videos(output, "tiktok")
        made_anew(output)
    done = blender.python(PRESS_GENERATE.format(song=str(song), output=str(output)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert_videos(output, "tiktok")

    blender.remove("crossfade")
    done = blender.python(AS_WITHOUT)
    assert done.returncode == 0, done.stderr
    kept = ("home/outputs/", "home/.local/share/crossfade/library/")
    assert {name for name in files(blender) - anyway if not name.startswith(kept)} == set()
    assert any(name.startswith(kept[1]) for name in files(blender))

    done = classic.run("-b", "--python-expr", "import bpy; bpy.ops.wm.save_userpref()")
    assert done.returncode == 0, done.stderr
    folder = classic.settings / "scripts" / "addons" / "crossfade"
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(folder)
    made_anew(output)
    done = classic.run("-b", "--addons", "crossfade", "--", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_videos(output, "tiktok")
    shutil.rmtree(folder)
    assert files(classic) - anyway == set()
