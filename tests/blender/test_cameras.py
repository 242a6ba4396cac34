# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras of a built show: Blender's own projection agrees, the framing rules hold at every beat, nothing steps."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from show_fixtures import DROP, make_timeline

from crossfade_addon import timing
from crossfade_addon.brief import Brief
from crossfade_addon.studio import framing, show, subject
from crossfade_addon.themes import load_theme
from crossfade_addon.timeline import ASPECTS, SHOTS, AvatarPlan, CameraPlan, Movement, Shot, Timeline, Trigger

pytestmark = pytest.mark.blender

FPS = Fraction(30)
BAR = 2.0
NAMES = (*(s for s in SHOTS if s != "hero"), "hero")
LENGTH = BAR * (len(NAMES) + 1)
"""Every set-up for a bar; the first comes back at the end."""


def script() -> Timeline:
    base = make_timeline(duration=LENGTH, drops=(DROP,))
    shots = tuple(Shot(k * BAR, (k + 1) * BAR, name) for k, name in enumerate((*NAMES, NAMES[0])))
    moves = [
        Movement(shot.start, ("push_in", "pull_back", "arc", "track", "rise", "drift")[k % 6], BAR, (1.0, -1.0)[k % 2])
        for k, shot in enumerate(shots)
        if k % 6 > 1 or k % 2 == 0
    ]
    moves += [Movement(shot.start, "handheld", BAR, 1.0) for shot in shots if shot.shot == "crowd"]
    moves += [Movement(DROP, "shake", 0.5, 1.0), Movement(DROP + 2.5, "snap", 0.45, 1.0)]
    triggers = [Trigger(t + 0.5, "drop_reaction", 2.0) for t in np.arange(1.0, LENGTH - 3, 6.0).tolist()]
    triggers += [Trigger(t + 2.5, "crossfader_hit", 0.9) for t in np.arange(1.0, LENGTH - 5, 6.0).tolist()]
    triggers += [Trigger(t + 4.0, "spotlight_present", 2.4) for t in np.arange(1.0, LENGTH - 7, 6.0).tolist()]
    plan = CameraPlan("hero", shots, tuple(sorted(moves, key=lambda m: m.t)))
    return dataclasses.replace(
        base,
        camera=dict.fromkeys(ASPECTS, plan),
        avatar=AvatarPlan(triggers=tuple(sorted(triggers, key=lambda trigger: trigger.t))),
    )


@pytest.fixture(scope="module")
def built() -> show.Show:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    job = Brief(audio=Path("/none.wav"), song_id="x", platforms=(), output_dir=Path("/"), quality="draft")
    return show.build(script(), load_theme("sponsor_neon"), job)


def rig_of() -> Any:
    return next(ob for ob in bpy.data.objects if ob.type == "ARMATURE")


@pytest.mark.parametrize("aspect", ASPECTS)
def test_blender_sees_every_point_where_we_do(built: show.Show, aspect: str) -> None:
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    scene = built.scenes[aspect]
    for t in (0.9, 6.5, 12.1, 20.7, 33.0):
        scene.frame_set(timing.frame_at(t, FPS))
        places = subject.subject_points(scene, rig_of())
        seen = framing.seen_from(subject.view(scene), places, aspect)
        camera = scene.camera.evaluated_get(scene.view_layers[0].depsgraph)
        for name, place in places.items():
            x, y, depth = world_to_camera_view(scene, camera, Vector(place[0].tolist()))
            if depth > 0.05:
                assert seen[name][0, 0] == pytest.approx((x, 1 - y), abs=2e-4), (scene.camera.name, name)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_the_rule_of_every_shot_holds_at_every_beat(built: show.Show, aspect: str) -> None:
    scene, timeline = built.scenes[aspect], script()
    broken = []
    for t in timeline.beats.timestamps:
        scene.frame_set(timing.frame_at(t, FPS))
        name = timeline.camera[aspect].shots[int(t / BAR + 1e-6)].shot
        assert scene.camera.name == f"CF {aspect} {name}"
        margins = subject.check(scene, rig_of(), aspect, name)
        broken += [(name, t, rule, margin) for rule, margin in margins.items() if margin < 0]
    assert not broken


@pytest.mark.parametrize("aspect", ASPECTS)
def test_no_camera_steps_inside_a_shot(built: show.Show, aspect: str) -> None:
    for shot in script().camera[aspect].shots:
        camera = built.scenes[aspect].objects[f"CF {aspect} {shot.shot}"]
        first, end = (timing.frame_at(t, FPS) for t in (shot.start, shot.end))
        curves = {(c.data_path, c.array_index): c for c in curves_of(camera)}
        path = np.array([[curves["location", i].evaluate(f) for i in range(3)] for f in range(first, end)])
        turn = np.array([[curves["rotation_euler", i].evaluate(f) for i in range(3)] for f in range(first, end)])
        shaken = shot.start == DROP
        assert np.abs(np.diff(path, axis=0)).max() < (0.25 if shaken else 0.12), shot
        assert np.abs(np.diff(turn, axis=0)).max() < np.radians(5 if shaken else 1.5), shot
        speed = np.linalg.norm(np.diff(path, axis=0), axis=1) + np.linalg.norm(np.diff(turn, axis=0), axis=1)
        if any(m.t <= shot.start < m.t + m.duration for m in script().camera[aspect].movements):
            assert speed.max() > 1e-4, f"{shot.shot} stands still"


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_camera_that_comes_back_is_on_its_new_way_from_the_first_frame(built: show.Show, aspect: str) -> None:
    camera = built.scenes[aspect].objects[f"CF {aspect} {NAMES[0]}"]
    back = timing.frame_at(LENGTH - BAR, FPS)
    for curve in curves_of(camera):
        near = [curve.evaluate(back + step) for step in (-1, 0, 1, 2)]
        assert abs((near[1] - near[0]) - (near[2] - near[1])) < 0.02
        assert all(key.interpolation == "LINEAR" for key in curve.keyframe_points)


def test_the_zoom_of_a_set_up_is_on_its_lens(built: show.Show) -> None:
    zoomed = 0
    for aspect, scene in built.scenes.items():
        del scene
        for name in SHOTS:
            data = bpy.data.objects[f"CF {aspect} {name}"].data
            if data.animation_data:
                values = [k.co[1] for c in curves_of(data) for k in c.keyframe_points]
                assert min(values) > 10
                zoomed += 1
    assert zoomed >= 2


def test_level_horizons_where_the_theme_says_so() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    job = Brief(audio=Path("/none.wav"), song_id="x", platforms=(), output_dir=Path("/"), quality="draft")
    level = show.build(script(), load_theme("chill_lofi"), job)
    for scene in level.scenes.values():
        for t in np.arange(0.5, LENGTH, 2.0).tolist():
            scene.frame_set(timing.frame_at(t, FPS))
            assert abs(float(subject.view(scene).roll[0])) < 0.01


def curves_of(block: Any) -> list[Any]:
    action = block.animation_data.action
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    bags = itertools.chain.from_iterable(s.channelbags for layer in action.layers for s in layer.strips)
    return [curve for bag in bags for curve in bag.fcurves]
