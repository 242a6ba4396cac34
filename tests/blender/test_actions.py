# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova in motion: actions, NLA layers, hands on the gear, and no pops over a whole short show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

from crossfade_addon import themes, timing
from crossfade_addon.studio import actions, avatar, compat, deck_plane, gear, ownership, paint, perform
from crossfade_addon.timeline import ACTIONS, Audio, AvatarPlan, Beats, Event, Meta, Section, Timeline, Trigger

FPS = Fraction(30)
BPM = 128.0
DURATION = 15.0
LIMITS = {
    "hips": 12.0,
    "spine": 12.0,
    "chest": 12.0,
    "neck": 15.0,
    "head": 15.0,
    "upper_arm": 25.0,
    "forearm": 30.0,
    "hand": 48.0,
    "hair": 30.0,
    "hair_tip": 30.0,
}
"""Degrees a bone may turn against its parent in one frame at 30 fps."""
WRIST_LIMIT = 0.20
FINGERTIP = Vector(deck_plane.FINGERTIP.tolist())
BEATS = tuple(0.31 + i * 60 / BPM for i in range(int((DURATION - 0.31) * BPM / 60)))
HITS = (
    (BEATS[3], "deck_scratch_L"),
    (BEATS[6], "deck_scratch_R"),
    (BEATS[9], "crossfader_hit"),
    (BEATS[14], "drop_reaction"),
    (BEATS[19], "spotlight_present"),
    (BEATS[25], "crossfader_hit"),
    (BEATS[27], "deck_scratch_L"),
)


def show(hits: Any = HITS, *, energy: float = 0.7) -> Timeline:
    return Timeline(
        meta=Meta("song", "Song", "Artist", "mashup", "sponsor_neon", 11, DURATION, BPM, "", ""),
        audio=Audio("song.wav", (Section(0, BEATS[14], "build", energy), Section(BEATS[14], DURATION, "drop", 1.0))),
        beats=Beats(timestamps=BEATS, downbeats=BEATS[::4], bpm=BPM),
        events=(Event(BEATS[14], "drop", "high", "flash", "test"),),
        avatar=AvatarPlan(triggers=tuple(Trigger(t, action, 1.0) for t, action in hits)),
    )


@dataclass
class Dj:
    scene: Any
    nova: avatar.Avatar
    gear: gear.Gear
    actions: dict[str, Any]

    def perform(self, timeline: Timeline, fps: Fraction = FPS) -> None:
        perform.perform(self.nova, self.gear, self.actions, timeline, fps)

    def at(self, frame: float) -> Any:
        """The evaluated rig at a scene position that may lie between frames."""
        whole = math.floor(frame)
        self.scene.frame_set(whole, subframe=frame - whole)
        return self.nova.rig.evaluated_get(bpy.context.evaluated_depsgraph_get())

    def bone(self, frame: float, name: str) -> Matrix:
        return self.at(frame).pose.bones[name].matrix.copy()


@pytest.fixture(scope="module")
def dj() -> Dj:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    collection = ownership.tag(bpy.data.collections.new("CF Stage"), "collection")
    scene.collection.children.link(collection)
    shop = ownership.Workshop(collection)
    root = shop.object("DJ")
    root.location, root.scale = (0, 0.62, 0.5), (1.37,) * 3
    theme = themes.load_theme("sponsor_neon")
    nova = avatar.build_nova(shop, theme, scene, root)
    things = gear.build_gear(shop, theme, paint.Palette(shop), root)
    return Dj(scene, nova, things, actions.make_actions(shop, nova.rig))


def test_all_named_actions_exist_and_none_stays_on_the_rig(dj: Dj) -> None:
    assert set(dj.actions) == {*ACTIONS, "blink"}
    for name, action in dj.actions.items():
        assert action.name == f"CF {name}"
        assert ownership.is_ours(action)
    assert dj.nova.rig.animation_data.action is None


def test_idle_bob_never_moves_the_hands_off_the_decks(dj: Dj) -> None:
    dj.perform(show(hits=(), energy=1.0))
    home = {side: dj.nova.rig.data.bones[f"ik_hand.{side}"].head_local for side in "LR"}
    for frame in np.arange(40, 70, 1.3):
        pose = dj.at(frame).pose.bones
        for side in "LR":
            assert (pose[f"hand.{side}"].head - home[side]).length < 0.0005


def test_bob_is_lowest_on_the_beat(dj: Dj) -> None:
    dj.perform(show(hits=()))
    for beat in (BEATS[4], BEATS[9], BEATS[20]):
        centre = timing.subframe_at(beat, FPS)
        offsets = np.arange(-6, 6.01, 0.5)
        heights = [dj.bone(centre + offset, "hips").translation.z for offset in offsets]
        assert abs(offsets[int(np.argmin(heights))]) <= 0.5
        assert max(heights) - min(heights) > 0.02


@pytest.mark.parametrize("side", ["L", "R"])
def test_scratching_hand_stays_on_its_platter_and_turns_with_it(dj: Dj, side: str) -> None:
    dj.perform(show())
    start = next(t for t, action in HITS if action == f"deck_scratch_{side}") - 0.23
    angles = []
    for t in np.linspace(0.15, 0.53, 14):
        rig = dj.at(timing.subframe_at(start + t, FPS))
        platter = dj.gear.platters[side].evaluated_get(bpy.context.evaluated_depsgraph_get())
        tip = rig.matrix_world @ (rig.pose.bones[f"hand.{side}"].matrix @ FINGERTIP)
        local = platter.matrix_world.inverted() @ tip
        assert 0.0 < local.z < 0.005
        assert local.xy.length < deck_plane.PLATTER_RADIUS
        angles.append(math.degrees(math.atan2(local.y, local.x)))
    assert np.ptp(np.unwrap(angles, period=360)) < 4.0


def test_fader_hand_pushes_the_knob(dj: Dj) -> None:
    dj.perform(show())
    start = BEATS[9] - 0.50
    for t in np.linspace(0.42, 0.54, 7):
        rig = dj.at(timing.subframe_at(start + t, FPS))
        knob = dj.gear.knob.evaluated_get(bpy.context.evaluated_depsgraph_get())
        tip = rig.matrix_world @ (rig.pose.bones["hand.R"].matrix @ FINGERTIP)
        local = knob.matrix_world.inverted() @ tip
        assert abs(local.x) < 0.008
        assert abs(local.z - 0.024) < 0.008


def test_knob_returns_without_a_jump(dj: Dj) -> None:
    dj.perform(show())
    places = []
    for frame in range(1, 440):
        dj.scene.frame_set(frame)
        places.append(dj.gear.knob.location.x)
    assert max(places) == pytest.approx(deck_plane.FADER_TRAVEL, abs=1e-4)
    assert min(places) == pytest.approx(-deck_plane.FADER_TRAVEL, abs=1e-4)
    assert np.max(np.abs(np.diff(places))) < 0.09


def _motion(dj: Dj, frames: range) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Degrees per frame against the parent for every watched bone, and the wrists' metres per frame."""
    names = [b.name for b in dj.nova.rig.data.bones if b.name.split(".")[0] in LIMITS]
    turns: dict[str, list[Any]] = {name: [] for name in names}
    wrists = []
    for frame in frames:
        pose = dj.at(frame).pose.bones
        for name in names:
            bone = pose[name]
            turns[name].append((bone.parent.matrix.inverted() @ bone.matrix).to_quaternion())
        wrists.append([(*pose["hand.L"].head, *pose["hand.R"].head)])
    steps = {
        name: np.array([math.degrees(2 * math.acos(min(1.0, abs(a.dot(b))))) for a, b in pairwise(qs)])
        for name, qs in turns.items()
    }
    travel = np.linalg.norm(np.diff(np.array(wrists).reshape(-1, 2, 3), axis=0), axis=2)
    return steps, travel


def _spikes(steps: dict[str, np.ndarray]) -> list[tuple[str, int]]:
    """Frames whose step is above 4 degrees and more than three times both neighbours."""
    return [
        (name, i)
        for name, step in steps.items()
        for i in range(1, len(step) - 1)
        if step[i] > 4 and step[i] > 3 * step[i - 1] and step[i] > 3 * step[i + 1]
    ]


def test_nothing_pops_in_a_short_show(dj: Dj) -> None:
    dj.perform(show())
    steps, travel = _motion(dj, range(1, int(DURATION * 30)))
    for name, step in steps.items():
        assert step.max() < LIMITS[name.split(".")[0]], name
    assert travel.max() < WRIST_LIMIT
    pops = [(name, i) for name, i in _spikes(steps) if not _is_scratch_stroke(name, 1 + i)]
    assert pops == []


def _is_scratch_stroke(bone: str, frame: int) -> bool:
    """Strokes reverse within three frames: on the scratching arm, single fast frames are the gesture itself."""
    if bone.split(".")[0] not in {"upper_arm", "forearm", "hand"}:
        return False
    t = timing.seconds_at(frame + 0.5, FPS)
    return any(hit - 0.1 < t < hit + 0.35 for hit, action in HITS if action == f"deck_scratch_{bone[-1]}")


def test_a_gesture_cut_dead_is_seen_as_a_pop(dj: Dj) -> None:
    """The guard above can fail: end the drop reaction at its apex."""
    dj.perform(show(hits=[HITS[3]]))
    strip = next(t for t in dj.nova.rig.animation_data.nla_tracks if t.name == "hits").strips[0]
    strip.action_frame_end = 22
    first = int(strip.frame_start)
    steps, travel = _motion(dj, range(first, first + 40))
    assert steps["upper_arm.L"].max() > LIMITS["upper_arm"]
    assert travel.max() > WRIST_LIMIT


def _tracks(dj: Dj) -> list[Any]:
    return [
        (t.name, [(s.name, s.blend_type, s.frame_start, s.frame_end, s.scale, s.repeat) for s in t.strips])
        for t in dj.nova.rig.animation_data.nla_tracks
    ]


def test_performing_twice_gives_the_same_tracks_and_no_new_blocks(dj: Dj) -> None:
    dj.perform(show())
    first, count = _tracks(dj), len(bpy.data.actions)
    pose = dj.bone(200, "hand.R")
    dj.perform(show(hits=HITS[:2]))
    assert _tracks(dj) != first
    dj.perform(show())
    assert _tracks(dj) == first
    assert [name for name, _ in first] == ["base", "hits", "hits2", "blinks"]
    assert len(bpy.data.actions) == count
    assert (dj.bone(200, "hand.R").translation - pose.translation).length < 1e-6


def test_jumping_to_a_frame_shows_what_playing_to_it_shows(dj: Dj) -> None:
    dj.perform(show())
    played = {}
    for frame in range(150, 240):
        played[frame] = dj.bone(frame, "head")
    for frame in (230, 151, 212, 180):
        dj.scene.frame_set(1)
        jumped = np.array(dj.bone(frame, "head"))
        assert np.max(np.abs(jumped - np.array(played[frame]))) < 1e-5


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
def test_any_frame_rate_keeps_the_moments(dj: Dj, fps: Fraction) -> None:
    dj.perform(show(), fps)
    strips = next(t for t in dj.nova.rig.animation_data.nla_tracks if t.name == "hits").strips
    drop = next(s for s in strips if s.action == dj.actions["drop_reaction"])
    assert timing.seconds_at(drop.frame_start, fps) == pytest.approx(BEATS[14] - 0.5, abs=1e-4)
    assert timing.seconds_at(drop.frame_end, fps) == pytest.approx(BEATS[14] + 1.0, abs=1e-4)
    hips = [dj.bone(timing.subframe_at(BEATS[14] + dt, fps), "hips").translation.z for dt in (-0.05, 0.2)]
    assert hips[1] - hips[0] > 0.2


def test_hundreds_of_triggers_are_placed_without_overlap(dj: Dj) -> None:
    names = [name for name in ACTIONS if name != "idle_bob"]
    hits = [(0.5 + 0.04 * i, names[i % 5]) for i in range(360)]
    dj.perform(show(hits=hits))
    for track in dj.nova.rig.animation_data.nla_tracks:
        for a, b in zip(track.strips, list(track.strips)[1:], strict=False):
            assert b.frame_start >= a.frame_end - 1e-3
    assert sum(len(t.strips) for t in dj.nova.rig.animation_data.nla_tracks if t.name.startswith("hits")) > 8


def test_platter_keys_lie_on_the_song(dj: Dj) -> None:
    dj.perform(show(hits=()))
    (curve,) = compat.fcurves_of(dj.gear.platters["R"])
    assert math.degrees(curve.evaluate(timing.subframe_at(9.0, FPS))) == pytest.approx(-1800.0, abs=0.1)
