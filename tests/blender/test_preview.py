# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview: what the buttons make of a show that stands, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
import scripted_song
from mathutils import Matrix, Vector

from crossfade_addon import preferences, properties, registry
from crossfade_addon.encode import probe
from crossfade_addon.jobs import Progress
from crossfade_addon.operators import play, zones
from crossfade_addon.preview import parts
from crossfade_addon.studio import compat, ownership, render
from crossfade_addon.studio.edits.collect import collect
from crossfade_addon.timeline import Clip

pytestmark = pytest.mark.blender

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    registry.register()
    yield
    registry.unregister()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the song of a built show lies; the show stands in the file."""
    path = tmp_path_factory.mktemp("song")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSFADE_LIBRARY", str(path / "library"))
        scripted_song.set_up(path, patch)
        assert OPS.build_show() == {"FINISHED"}
        yield path


def job() -> Any:
    return bpy.context.window_manager.crossfade_job


def painted(tone: float) -> Any:
    """A stand-in for the render process that paints every picture in one tone, and a corner in another."""

    def steps(_built: Any, _brief: Any, _aspect: str, frames: Any, folder: Path, size: tuple[int, int]) -> Any:
        folder.mkdir(parents=True)
        yield Progress("studio", 0.5, "Rendering")
        image: Any = bpy.data.images.new("Picture", *size)
        values = np.full((size[1], size[0], 4), tone, np.float32)
        values[-20:, :20] = 1.0  # the upper left corner
        values[..., 3] = 1.0
        image.pixels.foreach_set(values.ravel())
        paths = [folder / f"{frame}.png" for frame in frames]
        for path in paths:
            image.save(filepath=str(path))
        bpy.data.images.remove(image)
        return tuple(paths)

    return steps


def test_thumbnails_are_one_image_that_clear_takes_along(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for tone in (0.25, 0.5):
        monkeypatch.setattr(render, "picture_steps", painted(tone))
        assert OPS.drop_sheet() == {"FINISHED"}
    sheets = [image for image in bpy.data.images if ownership.is_ours(image) and image.name.startswith("CF Drops")]
    assert [image.name for image in sheets] == ["CF Drops"] and sheets[0].packed_file is not None
    values = np.empty(len(sheets[0].pixels), np.float32)
    sheets[0].pixels.foreach_get(values)
    seen = values.reshape(sheets[0].size[1], sheets[0].size[0], 4)[::-1, :, :3]
    assert sheets[0].size[0] == 5 * 282 + 12  # no drop: a picture of each of the five parts
    for k in range(5):
        left = 12 + 282 * k
        assert np.allclose(seen[12 + 25 : 12 + 480, left : left + 270], 0.5, atol=0.01)
        assert np.allclose(seen[12 : 12 + 18, left : left + 18], 1.0, atol=0.01)
    assert "5 parts, as no drop was heard" in job().summary
    assert not (folder / "out" / "preview").exists()
    assert collect() == ()


def test_a_quick_look_is_a_film_of_half_size_with_sound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "eight_bars", lambda _script, _around: Clip(1.0, 1.2, "a few frames"))
    assert OPS.quick_look() == {"FINISHED"}
    film = folder / "out" / "preview" / "song_9x16.mp4"
    assert [(item.label, item.path, item.ok) for item in job().results] == [("Quick Look 9:16", str(film), True)]
    ffmpeg = preferences.places(bpy.context).ffmpeg
    steps = probe.probe_steps(ffmpeg, film, folder / "probe", lambda: None)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            info = end.value
            break
    assert (info.width, info.height, info.fps) == (540, 960, Fraction(30))
    assert info.audio_codec == "aac"
    assert [p.name for p in (folder / "out" / "preview").rglob("*") if p.is_file()] == ["song_9x16.mp4"]
    assert not list((folder / "out").glob("renders/*"))


def test_a_quick_look_at_a_drop_that_is_not_there_says_so(folder: Path) -> None:
    with pytest.raises(RuntimeError, match="No drop was heard"):
        OPS.quick_look(around="drop")
    assert "No drop was heard" in job().error


def settings_of(scene: Any) -> dict[str, Any]:
    names = ("sync_mode", "use_audio", "use_audio_scrub", "use_preview_range", "frame_preview_start", "frame_start")
    strips = [(strip.name, strip.mute) for strip in compat.strips_of(scene)]
    return {name: getattr(scene, name) for name in names} | {
        "strips": strips,
        "sequencer": scene.sequence_editor is not None,
        "sounds": len(bpy.data.sounds),
    }


@pytest.mark.parametrize("where", ["Crossfade 16:9", "Scene"])
def test_playing_keeps_step_and_leaves_the_scene_as_it_was(folder: Path, where: str) -> None:
    scene = bpy.data.scenes.get(where) or bpy.data.scenes.new(where)
    scene.crossfade.audio = str(folder / "song.wav")
    scene.sync_mode, scene.frame_start = "NONE", 5
    for strip in compat.strips_of(scene):
        strip.mute = True
    before = settings_of(scene)
    for start, frame, has_range in (("song", 1, True), ("part", 5, False)):
        play.prepare(scene, start)
        assert (scene.sync_mode, scene.use_audio_scrub, scene.use_preview_range) == ("AUDIO_SYNC", True, has_range)
        assert scene.frame_current == frame
        assert not any(strip.mute for strip in compat.strips_of(scene))
        play.stopped()
        assert settings_of(scene) == before


# -------------------------------------------------------------------------------------------- zones


def test_the_frame_is_where_the_camera_sees_its_edges() -> None:
    corners = [Vector((0.5, 0.25, -1)), Vector((0.5, -0.25, -1)), Vector((-0.5, -0.25, -1)), Vector((-0.5, 0.25, -1))]
    lens = Matrix(((1, 0, 0, 0), (0, 2, 0, 0), (0, 0, 1, 0), (0, 0, -1, 0)))
    assert zones.camera_frame(lens, corners, 400, 300) == pytest.approx((100, 225, 300, 75))
    assert zones.camera_frame(lens, [Vector((0, 0, 1))] * 4, 400, 300) is None


def test_zones_are_those_of_platforms_that_take_the_picture() -> None:
    chosen, said = zones._zones(("tiktok", "youtube"), "", 9 / 16, True)
    assert said == "TikTok" and chosen is not None and chosen.strict
    none, said = zones._zones(("youtube",), "", 9 / 16, False)
    assert none is None and said == "YouTube is made of the 16:9 scene"


def test_zones_are_shown_and_hidden_by_the_same_button_and_by_another_file() -> None:
    state = bpy.context.window_manager.crossfade_preview
    for is_shown in (True, False, True):
        assert OPS.safe_zones() == {"FINISHED"}
        assert state.show_zones is is_shown
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert not bpy.context.window_manager.crossfade_preview.show_zones
    assert zones._handle == []
    assert properties.chosen_platforms(bpy.context.scene.crossfade)


def test_buttons_of_one_operator_say_what_each_of_them_does() -> None:
    for name, given in (("play", "song"), ("play", "part"), ("quick_look", "drop"), ("quick_look", "playhead")):
        operator, rna = getattr(bpy.types, f"CROSSFADE_OT_{name}"), getattr(OPS, name).get_rna_type()
        (key,) = {"start", "around"} & set(rna.properties.keys())
        item = rna.properties[key].enum_items[given]
        said = operator.description(bpy.context, SimpleNamespace(**{key: given}, bl_rna=rna))
        assert said.endswith(item.description) and not said.endswith(".")
