# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole show from a script: scenes, cameras, cuts, markers, and frames from the render process."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from show_fixtures import DROP, make_timeline

from crossfade_addon import jobs, timing
from crossfade_addon.brief import Brief
from crossfade_addon.errors import StudioError
from crossfade_addon.frames import FrameRange, frame_path
from crossfade_addon.studio import ownership, render, show
from crossfade_addon.themes import load_theme
from crossfade_addon.timeline import ASPECTS, CameraPlan, Event, Movement, Shot, Timeline

pytestmark = pytest.mark.blender

FPS = Fraction(30)
CUTS = ((0.0, "wide"), (4.0, "hero"), (8.0, "close"), (DROP, "low"), (18.0, "hero"))


def script(**changes: Any) -> Timeline:
    base = make_timeline(theme="sponsor_neon")
    ends = [t for t, _ in CUTS[1:]] + [base.meta.duration_sec]
    plan = CameraPlan(
        "hero",
        tuple(Shot(t, end, name) for (t, name), end in zip(CUTS, ends, strict=True)),
        (Movement(4.0, "push_in", 4.0, 1.0), Movement(DROP, "shake", 0.5, 1.0)),
    )
    return dataclasses.replace(base, camera=dict.fromkeys(ASPECTS, plan), **changes)


def brief(folder: Path) -> Brief:
    return Brief(audio=folder / "none.wav", song_id="x", platforms=(), output_dir=folder, quality="draft")


@pytest.fixture(scope="module")
def built() -> show.Show:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    mesh = bpy.data.meshes.new("Mine")
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Mine", mesh))
    return show.build(script(), load_theme("sponsor_neon"), brief(Path("/")))


def test_cuts_switch_cameras_on_their_frames(built: show.Show) -> None:
    for aspect, scene in built.scenes.items():
        for t, name in CUTS:
            frame = timing.frame_at(t, FPS)
            scene.frame_set(frame)
            assert scene.camera.name == f"CF {aspect} {name}"
            if frame > 1:
                scene.frame_set(frame - 1)
                assert scene.camera.name != f"CF {aspect} {name}"


def test_bars_sections_and_drops_have_markers_on_their_frames(built: show.Show) -> None:
    timeline = script()
    for scene in built.scenes.values():
        at = {(m.name, m.frame) for m in scene.timeline_markers}
        assert {(str(i), timing.frame_at(t, FPS)) for i, t in enumerate(timeline.beats.downbeats, 1)} <= at
        assert ("DROP", timing.frame_at(DROP, FPS)) in at
        assert {(f"[{s.section_type}]", timing.frame_at(s.start_time, FPS)) for s in timeline.audio.sections} <= at


def test_scenes_share_one_stage_but_not_cameras_or_size(built: show.Show) -> None:
    upright, wide = (built.scenes[a] for a in ASPECTS)
    assert set(upright.objects) == set(wide.objects)
    assert upright.camera != wide.camera
    assert upright.render.resolution_x < upright.render.resolution_y
    assert wide.render.resolution_x > wide.render.resolution_y
    assert (upright.render.fps, upright.frame_start, upright.frame_end) == (30, 1, 720)


def test_a_push_in_comes_nearer_and_the_other_shots_stand_where_they_should(built: show.Show) -> None:
    scene = built.scenes["9:16"]
    distances = []
    for t in (4.0, 6.0, 7.9):
        scene.frame_set(timing.frame_at(t, FPS))
        distances.append(-scene.camera.location.y)
    assert distances[0] > distances[1] > distances[2] > 0.7 * distances[0]


def test_signals_can_be_read_by_drivers(built: show.Show) -> None:
    scene = built.scenes["9:16"]
    empty = bpy.data.objects["CF Signals"]
    values = []
    for t in (DROP, DROP + 0.4):
        scene.frame_set(timing.frame_at(t, FPS))
        values.append(empty.evaluated_get(scene.view_layers[0].depsgraph)["kick"])
    kick = script().signals
    assert values == pytest.approx([kick.at("kick", DROP), kick.at("kick", DROP + 0.4)], abs=0.01)
    assert values[0] > 10 * values[1]


def test_building_again_gives_the_same_things_and_keeps_what_is_not_ours(built: show.Show) -> None:
    del built
    mine = bpy.data.objects["Mine"]

    def ours() -> list[str]:
        return sorted(b.name for b in bpy.data.objects if ownership.is_ours(b))

    before = ours()
    again = show.build(script(), load_theme("sponsor_neon"), brief(Path("/")))
    assert ours() == before
    assert bpy.data.objects["Mine"] == mine
    assert show.is_current(again, show.show_key(script(), load_theme("sponsor_neon"), brief(Path("/"))))


def test_another_theme_is_not_the_same_show(built: show.Show) -> None:
    del built
    keys = {show.show_key(script(), load_theme(t), brief(Path("/"))) for t in ("sponsor_neon", "chill_lofi")}
    assert len(keys) == 2


def test_clear_removes_only_what_is_ours() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    mesh = bpy.data.meshes.new("Mine")
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Mine", mesh))
    show.build(script(), load_theme("chill_lofi"), brief(Path("/")))
    ownership.clear()
    assert [s.name for s in bpy.data.scenes] == ["Scene"]
    assert [o.name for o in bpy.data.objects] == ["Mine"]
    assert not [a for a in bpy.data.actions if a.name.startswith("CF ")]
    assert not [m for m in bpy.data.materials if m.name.startswith("CF ")]


def test_a_hard_stop_hides_the_dj() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    base = script()
    silent = {n: tuple(0.0 if i > 2100 else v for i, v in enumerate(s)) for n, s in base.signals.values.items()}
    timeline = script(
        events=(*base.events, Event(21.0, "hard_stop", "high", "black", "")),
        signals=dataclasses.replace(base.signals, values=silent),
    )
    built = show.build(timeline, load_theme("sponsor_neon"), brief(Path("/")))
    body = bpy.data.objects["CF Avatar_Body"]
    scene = built.scenes["9:16"]
    hidden = []
    for t in (20.0, 22.8):
        scene.frame_set(timing.frame_at(t, FPS))
        hidden.append(body.hide_render)
    assert hidden == [False, True]


def test_the_rim_is_hidden_while_a_camera_films_from_behind() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    shots = (Shot(0.0, 8.0, "hero"), Shot(8.0, 10.0, "reverse"), Shot(10.0, 16.0, "side"), Shot(16.0, 24.0, "low"))
    plan = CameraPlan(shots=shots)
    timeline = dataclasses.replace(script(), camera=dict.fromkeys(ASPECTS, plan))
    built = show.build(timeline, load_theme("sponsor_neon"), brief(Path("/")))
    neon, body = bpy.data.objects["CF Avatar_Rim"], bpy.data.objects["CF Avatar_Body"]
    scene = built.scenes["9:16"]
    seen = {}
    for t in (4.0, 8.0, 9.9, 10.0, 20.0):
        scene.frame_set(timing.frame_at(t, FPS))
        seen[t] = (neon.hide_render, neon.hide_viewport, body.hide_render)
    shown, hidden = (False, False, False), (True, True, False)
    assert seen == {4.0: shown, 8.0: hidden, 9.9: hidden, 10.0: shown, 20.0: shown}


def picture(path: Path) -> np.ndarray:
    image: Any = bpy.data.images.load(str(path))
    pixels = np.empty(len(image.pixels), dtype="f4")
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels


def render_frames(built: show.Show, job: Brief, span: FrameRange, key: str) -> list[jobs.Progress]:
    seen: list[jobs.Progress] = []
    jobs.drain(render.render_steps(built, job, {"9:16": span}, (key, key)), seen.append)
    return seen


def test_the_render_process_renders_each_frame_as_itself_and_resumes(tmp_path: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    built = show.build(script(), load_theme("sponsor_neon"), brief(Path("/")))
    job = brief(tmp_path / "a {b} 100%")
    job.work_dir.mkdir(parents=True)
    span = FrameRange(119, 122)  # a cut from wide to hero in the middle
    render_frames(built, job, span, "key")
    folder = job.work_dir / "9x16"
    paths = [frame_path(folder, f, ".jpg") for f in range(119, 123)]
    frames = [picture(p) for p in paths]
    assert np.abs(frames[0] - frames[1]).mean() < 0.02 < np.abs(frames[1] - frames[2]).mean()
    assert all(f.mean() > 0.02 for f in frames)

    paths[1].write_bytes(b"")
    paths[2].unlink()
    kept = paths[0].stat().st_mtime_ns
    seen = render_frames(built, job, span, "key")
    assert any("2 frames of an earlier run are reused" in r.message for r in seen if r.notice)
    assert paths[0].stat().st_mtime_ns == kept
    assert np.abs(picture(paths[1]) - frames[1]).max() < 0.02

    render_frames(built, job, span, "another key")
    assert paths[0].stat().st_mtime_ns != kept


def test_a_render_process_that_fails_is_an_error_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    built = show.build(script(), load_theme("sponsor_neon"), brief(Path("/")))
    job = brief(tmp_path)
    job.work_dir.mkdir(parents=True)
    monkeypatch.setattr(render, "_save_copy", lambda *_arguments: tmp_path / "no such.blend")
    with pytest.raises(StudioError, match="exit code"):
        render_frames(built, job, FrameRange(1, 2), "key")


def test_missing_graphics_libraries_are_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    from crossfade_addon.errors import ToolMissing
    from crossfade_addon.studio import compat

    monkeypatch.setattr(compat, "missing_graphics_library", lambda: "libEGL.so.1")
    with pytest.raises(ToolMissing, match=r"libEGL\.so\.1.*libegl1"):
        render.check_graphics("workbench")
    render.check_graphics("cycles")
