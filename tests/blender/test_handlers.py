# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own Render Animation of a Crossfade scene ends in finished videos, and nothing else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
import scripted_song

from crossfade_addon import handlers, properties
from crossfade_addon.encode.probe import probe
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.operators import encode_frames

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]

FIRST = "frame_00001.jpg"


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The 9:16 scene of a show for TikTok and YouTube."""
    settings = scripted_song.set_up(tmp_path, monkeypatch)
    settings.platforms = {"tiktok", "youtube"}
    OPS.build_show()
    scene = bpy.data.scenes["Crossfade 9:16"]
    scene.render.resolution_percentage = 25
    return scene


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return tmp_path / "out" / "renders" / "song_tiktok.mp4"


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    return tmp_path / "out" / "blender_temp" / "song" / "9x16"


def render(scene: Any) -> None:
    bpy.ops.render.render(animation=True, scene=scene.name)


def picture(path: Path) -> np.ndarray:
    image: Any = bpy.data.images.load(str(path))
    pixels = np.empty(len(image.pixels), dtype="f4")
    image.pixels.foreach_get(pixels)
    shape = (image.size[1], image.size[0], image.channels)
    bpy.data.images.remove(image)
    return pixels.reshape(shape)


def test_render_animation_makes_the_videos_of_its_aspect(
    show: Any, video: Path, frames: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    render(show)
    assert len(list(frames.glob("frame_*.jpg"))) == scripted_song.CLIP_FRAMES
    assert video.stat().st_size > 1000
    assert not video.with_name("song_youtube.mp4").exists()
    assert str(video) in capfd.readouterr().out


def test_what_the_artist_changed_is_in_the_frames(show: Any, video: Path, frames: Path) -> None:
    show.frame_end = show.frame_start
    render(show)
    before = picture(frames / FIRST)
    mesh = bpy.data.meshes.new("Card")
    mesh.from_pydata([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], [], [(0, 1, 2, 3)])
    card = bpy.data.objects.new("Card", mesh)
    show.collection.objects.link(card)
    card.parent, card.location = show.camera, (0, 0, -0.5)
    show.frame_end = scripted_song.CLIP_FRAMES
    render(show)
    assert np.abs(picture(frames / FIRST) - before).mean() > 0.1
    assert video.is_file()


def test_a_light_that_the_artist_moved_is_moved_in_the_frames(show: Any, video: Path, frames: Path) -> None:
    show.frame_end = show.frame_start
    render(show)
    before = picture(frames / FIRST)
    lit = [ob for ob in show.objects if "BeamTop" in ob.name and not ob.hide_render]
    for beam in lit:
        beam.location.x += 1.5
    show.frame_end = scripted_song.CLIP_FRAMES
    render(show)
    changed = np.abs(picture(frames / FIRST) - before)[..., :3].max(axis=2)
    assert (changed > 0.03).mean() > 0.01
    assert video.is_file()


def test_missing_frames_are_named_and_nothing_is_encoded(
    show: Any, video: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    show.frame_start, show.frame_end = 3, 5
    render(show)
    error = capfd.readouterr().err
    assert "5 of 8 frames of 9:16 were not rendered: 1-2, 6-8." in error
    assert "1-8" in error
    assert not video.exists()


def test_frames_of_an_earlier_render_do_not_fill_the_gap(
    show: Any, video: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    render(show)
    video.unlink()
    show.frame_start = 4
    render(show)
    assert "were not rendered: 1-3" in capfd.readouterr().err
    assert not video.exists()


def test_frames_that_went_elsewhere_are_named(
    show: Any, video: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    show.render.filepath = str(tmp_path / "elsewhere" / "f_####")
    render(show)
    assert f"Frame 1 of 9:16 was written to '{tmp_path / 'elsewhere' / 'f_0001.jpg'}'" in capfd.readouterr().err
    assert not video.exists()


def test_the_artist_may_choose_the_other_picture_format(show: Any, video: Path) -> None:
    show.render.image_settings.file_format = "PNG"
    render(show)
    assert video.is_file()


def set_movie(scene: Any, container: str) -> None:
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    scene.render.ffmpeg.format, scene.render.ffmpeg.codec = container, "H264"


@pytest.mark.parametrize("container", ["MPEG4", "MKV"])
def test_the_artist_may_render_a_movie_instead_of_pictures(
    show: Any, video: Path, frames: Path, container: str, capfd: pytest.CaptureFixture[str]
) -> None:
    set_movie(show, container)
    render(show)
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("crossfade: error")]
    # eight frames of a silent song are no video for TikTok; nothing else may be wrong with it
    assert len(said) == 1 and "2 checks failed" in said[0] and "Length limit" in said[0] and "Sound is" in said[0]
    info = probe(find_ffmpeg(), video, frames)
    assert (info.frame_count, info.width, info.height) == (scripted_song.CLIP_FRAMES, 1080, 1920)


def test_a_movie_without_the_needed_frames_is_refused(
    show: Any, video: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    set_movie(show, "MPEG4")
    show.frame_start, show.frame_end = 3, 5
    render(show)
    assert "5 of 8 frames of 9:16 were not rendered: 1-2, 6-8." in capfd.readouterr().err
    assert not video.exists()


def test_a_format_that_cannot_be_encoded_is_named(show: Any, video: Path, capfd: pytest.CaptureFixture[str]) -> None:
    show.render.image_settings.file_format = "BMP"
    render(show)
    assert "was written as '.bmp'" in capfd.readouterr().err
    assert not video.exists()


def test_a_render_of_another_shape_is_refused(show: Any, video: Path, capfd: pytest.CaptureFixture[str]) -> None:
    show.render.resolution_y = show.render.resolution_x
    render(show)
    side = show.render.resolution_x * 25 // 100
    assert f"The render is {side} x {side}, which is not 9:16." in capfd.readouterr().err
    assert not video.exists()


def test_a_single_picture_starts_nothing(show: Any, video: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bpy.ops.render.render(scene=show.name)
    bpy.ops.render.render(write_still=True, scene=show.name)
    assert "crossfade" not in capfd.readouterr().err
    assert not video.exists()


def test_scenes_of_the_user_start_nothing(show: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mine: Any = bpy.data.scenes["Scene"]
    mine.camera = show.camera
    mine.render.engine, mine.render.filepath = "BLENDER_WORKBENCH", str(tmp_path / "mine_####")
    mine.render.resolution_x = mine.render.resolution_y = 32
    mine.frame_end = 2
    render(mine)
    assert (tmp_path / "mine_0002.png").is_file()
    assert "crossfade:" not in "".join(capfd.readouterr())


def test_our_own_render_process_starts_nothing(show: Any, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSFADE_RENDER_JOB", "job.json")
    render(show)
    assert not video.exists()


def test_frames_rendered_by_hand_lose_the_stamp_of_the_job_before(show: Any, frames: Path) -> None:
    frames.mkdir(parents=True, exist_ok=True)
    stamp = frames / "frames.key"
    stamp.write_text("a show")
    show.frame_end = show.frame_start
    render(show)
    assert not stamp.exists()


def test_a_script_that_is_newer_than_the_show_is_refused(
    show: Any, video: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scripted_song.analyse(show.crossfade, theme="other")
    render(show)
    assert "written anew" in capfd.readouterr().err
    assert not video.exists()


def test_opening_another_file_forgets_renders_that_wait(show: Any, tmp_path: Path) -> None:
    encode_frames.waiting.append(encode_frames.Rendered("Crossfade 9:16", {1: tmp_path / FIRST}))
    bpy.context.window_manager.crossfade_job.running = True
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert not encode_frames.waiting
    assert not bpy.context.window_manager.crossfade_job.running


def test_a_show_is_rendered_and_encoded_after_it_was_saved_and_opened(show: Any, video: Path, tmp_path: Path) -> None:
    blend = str(tmp_path / "show.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=blend)
    scene: Any = bpy.data.scenes["Crossfade 9:16"]
    assert scene.crossfade.platforms == {"tiktok", "youtube"}
    assert scene.crossfade.analysis.script_key == properties.script_key(scene.crossfade)
    render(scene)
    assert video.is_file()


def test_handlers_stay_when_a_file_is_opened() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    for name, handler in handlers._HANDLERS:
        assert handler in getattr(bpy.app.handlers, name)
