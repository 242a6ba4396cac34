# SPDX-License-Identifier: GPL-3.0-or-later
"""Stills: chosen through the real cameras, framed for a title, rendered whole, kept as long as the show is the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
from show_fixtures import make_timeline

from crossfade_addon import jobs, stills
from crossfade_addon.brief import Brief
from crossfade_addon.frames import FrameRange, picture_size
from crossfade_addon.stills import Moment
from crossfade_addon.studio import compat, render, show, subject
from crossfade_addon.studio import stills as studio_stills
from crossfade_addon.themes import load_theme
from crossfade_addon.timeline import CameraPlan, Shot, Timeline

pytestmark = pytest.mark.blender

FPS = 30
HERO, BACK = 100, 250
MOMENTS = (Moment(HERO, "hero", 1.0, "drop"), Moment(BACK, "reverse", 1.0, "drop"))


def script() -> Timeline:
    """Six seconds from the front, six from behind."""
    plan = CameraPlan(shots=(Shot(0, 6, "hero"), Shot(6, 12, "reverse")))
    return dataclasses.replace(make_timeline(duration=12.0, drops=()), camera={"9:16": plan, "16:9": plan})


@pytest.fixture(scope="module")
def built() -> Iterator[Any]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    yield show.build(script(), load_theme("sponsor_neon"), brief(Path("/")))


def brief(folder: Path) -> Brief:
    return Brief(Path("x.wav"), "test", ("tiktok",), output_dir=folder, quality="draft")


def plan(built: Any, folder: Path, *, pictures: int = 2) -> dict[str, Any]:
    wanted = dict.fromkeys(built.scenes, MOMENTS)
    return jobs.drain(studio_stills.plan_steps(built.scenes, wanted, pictures, folder, FPS))


def test_faces_come_before_backs_and_scenes_stand_as_before(built: Any, tmp_path: Path) -> None:
    for scene in built.scenes.values():
        scene.frame_set(7)
    taken = plan(built, tmp_path)
    for shootings in taken.values():
        assert [s.still.frame for s in shootings] == [HERO, BACK]
        assert shootings[0].still.facing > 0.8
        assert shootings[1].still.facing < 0
        assert shootings[0].still.seen >= 0.8
    assert [scene.frame_current for scene in built.scenes.values()] == [7, 7]


@pytest.mark.parametrize(("aspect", "places"), [("16:9", ((0.3, 0.7), 0.44)), ("9:16", ((0.5,), 0.385))])
def test_the_head_comes_to_where_a_title_leaves_it_room(
    built: Any, tmp_path: Path, aspect: str, places: tuple[tuple[float, ...], float]
) -> None:
    """Blender's own projection through the narrowed and shifted camera says where the head is."""
    shooting = plan(built, tmp_path, pictures=1)[aspect][0]
    scene = built.scenes[aspect]
    scene.frame_set(HERO)
    points = subject.subject_points(scene, studio_stills.find_rig())
    with framed(scene, shooting.framing):
        seen = [world_to_camera_view(scene, scene.camera, Vector(points[n][0])) for n in ("head_top", "chin", "ear_L")]
    assert shooting.still.head is not None
    left, top, right, bottom = shooting.still.head
    assert 1 - seen[0].y == pytest.approx(top, abs=0.01)
    assert 1 - seen[1].y == pytest.approx(bottom, abs=0.01)
    assert seen[2].x == pytest.approx(right, abs=0.01)
    assert min(abs((left + right) / 2 - x) for x in places[0]) < 0.03
    assert (top + bottom) / 2 == pytest.approx(places[1], abs=0.06)


def test_a_board_in_front_of_the_face_is_noticed(built: Any, tmp_path: Path) -> None:
    scene = built.scenes["9:16"]
    before = plan(built, tmp_path, pictures=1)["9:16"][0].still
    mesh = bpy.data.meshes.new("Board")
    mesh.from_pydata([(-2, 0, 0), (2, 0, 0), (2, 0, 4), (-2, 0, 4)], [], [(0, 1, 2, 3)])
    board = bpy.data.objects.new("Board", mesh)
    board.location.y = -1.5
    scene.collection.objects.link(board)
    try:
        behind = plan(built, tmp_path, pictures=1)["9:16"][0].still
    finally:
        bpy.data.objects.remove(board)
    assert behind.seen == 0
    assert behind.score < before.score - 2


class framed:
    """The camera's view as the render process narrows and shifts it, written a second time."""

    def __init__(self, scene: Any, framing: studio_stills.Framing) -> None:
        self.lens, self.framing = scene.camera.data, framing

    def __enter__(self) -> None:
        self.width = self.lens.sensor_width
        self.lens.sensor_width = self.width / self.framing.zoom
        self.lens.shift_x, self.lens.shift_y = self.framing.shift_x, self.framing.shift_y

    def __exit__(self, *_error: object) -> None:
        self.lens.sensor_width, self.lens.shift_x, self.lens.shift_y = self.width, 0.0, 0.0


def picture(path: Path, size: tuple[int, int]) -> np.ndarray:
    image: Any = bpy.data.images.load(str(path))
    image.scale(*size)
    pixels = np.empty(len(image.pixels), dtype="f4")
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(size[1], size[0], 4)[:, :, :3]


def test_a_still_is_rendered_whole_kept_and_thrown_away_with_its_show(built: Any, tmp_path: Path) -> None:
    job = brief(tmp_path)
    job.work_dir.mkdir(parents=True)
    taken = {"9:16": plan(built, job.work_dir, pictures=1)["9:16"]}
    span = {"9:16": FrameRange(HERO, HERO)}
    jobs.drain(render.render_steps(built, job, span, ("key", "show"), taken))
    found = stills.on_disk(job.work_dir, "9:16")
    assert found == (taken["9:16"][0].still,)
    path = found[0].path
    assert picture_size(path) == (1080, 1920)
    assert picture_size(job.work_dir / "9x16" / f"frame_{HERO:05d}.jpg") == (360, 640)

    scene = built.scenes["9:16"]
    scene.frame_set(HERO)
    scene.render.resolution_x, scene.render.resolution_y = 270, 480
    compat.set_image_output(scene.render, str(tmp_path / "here.png"))
    with framed(scene, taken["9:16"][0].framing), bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    here = picture(tmp_path / "here.png", (270, 480))
    assert np.abs(picture(path, (270, 480)) - here).mean() < 0.03
    assert np.abs(np.roll(here, 20, axis=1) - here).mean() > 0.03, "a picture that is elsewhere would be noticed"

    written = path.stat().st_mtime_ns
    jobs.drain(render.render_steps(built, job, span, ("key", "show"), taken))
    assert path.stat().st_mtime_ns == written

    jobs.drain(render.render_steps(built, job, span, ("another key", "show")))
    assert not path.exists()
    assert stills.on_disk(job.work_dir, "9:16") == ()
