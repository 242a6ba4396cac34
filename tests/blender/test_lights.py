# SPDX-License-Identifier: GPL-3.0-or-later
"""The light show on a synthetic song: what is lit when, what moves, how often it flashes, what it looks like."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector
from show_fixtures import DROP, RATE, make_timeline, with_plan

from crossfade_addon.studio import compat, lights, ownership, paint
from crossfade_addon.studio.light_score import corners, hard_stop_frames, make_score
from crossfade_addon.studio.stage import Stage, build_stage
from crossfade_addon.themes import BUILT_IN, load_theme
from crossfade_addon.timeline import BEAM_MODES, Audio, BeamCue, Beats, Event, LightingPlan, Section, Signals, Timeline
from crossfade_addon.timing import frame_at

FPS = Fraction(30)
PRE_DROP = frame_at(DROP, FPS) - 4
AT_DROP = frame_at(DROP, FPS)
IN_DROP = AT_DROP + 4


def lit_stage(theme: str, timeline: Timeline, fps: Fraction = FPS) -> Stage:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    collection = ownership.tag(bpy.data.collections.new("CF Crossfade"), "collection")
    bpy.context.scene.collection.children.link(collection)
    shop = ownership.Workshop(collection)
    stage = build_stage(shop, paint.Palette(shop), load_theme(theme), seed=1)
    lights.animate_lights(stage, timeline, stage.theme, fps, seed=1, shop=shop)
    return stage


@pytest.fixture(scope="module")
def neon() -> Stage:
    return lit_stage("sponsor_neon", make_timeline())


def curves_of(channel: paint.Channel) -> list[Any]:
    target = channel.material if compat.IS_5_0 else channel.objects[0]
    assert target.animation_data and target.animation_data.action, channel.name
    found = compat.fcurves_of(target)
    return [found.find(compat.CHANNEL_COLOR_PATH, index=i) for i in range(4)]


def light_of(channel: paint.Channel, frame: float) -> float:
    """Relative luminance times opacity."""
    r, g, b, a = (curve.evaluate(frame) for curve in curves_of(channel))
    return (0.2126 * r + 0.7152 * g + 0.0722 * b) * a


def total_light(stage: Stage, roles: set[str], frames: range) -> np.ndarray:
    sum_of = np.zeros(len(frames))
    for lamp in stage.lamps:
        if lamp.role in roles:
            peak = max(1e-6, lamp.alpha)
            sum_of += [light_of(lamp.channel, f) / peak for f in frames]
    return sum_of


def lamps_of(stage: Stage, *roles: str) -> list[Any]:
    return [lamp for lamp in stage.lamps if lamp.role in roles]


def test_every_neon_lamp_is_animated_and_brighter_in_the_drop_than_before(neon: Stage) -> None:
    for lamp in neon.lamps:
        bright = max(light_of(lamp.channel, frame) for frame in range(AT_DROP, AT_DROP + 30))
        assert bright > light_of(lamp.channel, PRE_DROP), lamp.channel.name


def test_lamps_nearly_go_out_before_the_drop(neon: Stage) -> None:
    for role, share in (("ring", 0.1), ("beam_top", 0.1), ("front", 0.1), ("haze", 0.8)):
        frames = range(PRE_DROP, PRE_DROP + 2)
        dark = total_light(neon, {role}, frames).max()
        full = total_light(neon, {role}, range(IN_DROP, IN_DROP + 2)).max()
        assert dark < share * full, role


@pytest.mark.parametrize("role", ["ring", "beam_top", "beam_floor", "front", "edge", "flare", "spark_glow", "confetti"])
def test_the_drop_hits_within_one_frame(neon: Stage, role: str) -> None:
    light = total_light(neon, {role}, range(AT_DROP - 1, AT_DROP + 16))
    # What is lit a frame after the drop is most of what it will be in the next half second.
    assert light[2] > 0.6 * light.max() > 0 and light[0] < 0.12 * light.max()


def test_more_beams_are_lit_the_further_the_build_goes(neon: Stage) -> None:
    beams = [lamp.channel for lamp in lamps_of(neon, "beam_top")]

    def lit(seconds: float) -> int:
        return sum(light_of(c, frame_at(seconds, FPS)) > 1e-4 for c in beams)

    counts = [lit(t) for t in (7.4, 8.0, 9.2, 10.7, 13.0)]
    assert counts == sorted(counts) and counts[0] == 2 and counts[-1] == 8 and set(counts) == {2, 4, 6, 8}


def test_beams_turn_white_and_move_twice_as_fast_at_the_end_of_a_build(neon: Stage) -> None:
    score = make_score(make_timeline(), load_theme("sponsor_neon"), FPS)

    def speed(seconds: float) -> float:
        at = frame_at(seconds, FPS)
        return float(np.diff(score.rush)[at] / np.diff(score.bar)[at])

    assert speed(3.0) == pytest.approx(1.0, abs=0.02) and speed(11.9) == pytest.approx(2.0, abs=0.05)
    for lamp in lamps_of(neon, "beam_top"):
        r, g, b, _ = (curve.evaluate(PRE_DROP) for curve in curves_of(lamp.channel))
        early = [curve.evaluate(frame_at(6.2, FPS)) for curve in curves_of(lamp.channel)][:3]
        assert max(r, g, b) - min(r, g, b) < 0.7 * (max(early) - min(early)), lamp.channel.name


def test_hands_come_up_with_the_energy_and_pump_on_the_beat(neon: Stage) -> None:
    hands = [mover.object for mover in neon.movers if mover.role == "hands"]
    assert len(hands) >= 6
    for ob in hands:
        lift = compat.fcurves_of(ob).find("location", index=2)
        quiet = max(lift.evaluate(frame_at(t, FPS)) for t in np.arange(2.0, 4.0, 0.1))
        loud = [lift.evaluate(frame_at(t, FPS)) for t in np.arange(13.0, 15.0, 1 / 30)]
        assert quiet < -0.3 and min(loud) > -0.1 and max(loud) - min(loud) > 0.08, ob.name


def test_outro_puts_rings_out_before_the_halo(neon: Stage) -> None:
    last = frame_at(24.0, FPS) - 2
    assert total_light(neon, {"ring", "beam_top", "laser"}, range(last, last + 1))[0] < 0.01
    assert total_light(neon, {"halo"}, range(last, last + 1))[0] > 0.0


def test_beams_turn_within_four_bars(neon: Stage) -> None:
    for mover in neon.movers:
        if mover.role.startswith("beam"):
            pan = compat.fcurves_of(mover.object).find("rotation_euler", index=1)
            values = [pan.evaluate(frame_at(t, FPS)) for t in np.arange(12.0, 18.0, 0.25)]
            assert 0.05 < max(values) - min(values) < 1.5, mover.object.name


def aims(stage: Stage, seconds: float, role: str) -> dict[tuple[int, int], Vector]:
    """Where each lamp of a role points, by side and place."""
    bpy.context.scene.frame_set(frame_at(seconds, FPS))
    return {
        (m.side, m.index): m.object.matrix_basis.to_quaternion() @ Vector((0, 0, 1))
        for m in stage.movers
        if m.role == role
    }


@pytest.fixture(scope="module")
def moded() -> Stage:
    """Every mode for two seconds, from a song at full power throughout."""
    song = with_plan(make_timeline(), ("bars",), BEAM_MODES, seconds=2.0)
    parts = (Section(0.0, 24.0, "chorus", 1.0),)
    return lit_stage("sponsor_neon", dataclasses.replace(song, audio=Audio("x.wav", parts), events=()))


@pytest.mark.parametrize("mode", BEAM_MODES)
def test_hanging_beams_point_down_and_standing_ones_up_in_every_mode(moded: Stage, mode: str) -> None:
    for t in (1.1, 1.5, 1.9):
        seconds = 2.0 * BEAM_MODES.index(mode) + t
        assert all(aim.z < -0.75 for aim in aims(moded, seconds, "beam_top").values())
        assert all(aim.z > 0.6 for aim in aims(moded, seconds, "beam_floor").values())


def test_modes_differ_in_how_the_beams_stand(moded: Stage) -> None:
    fan, cross, sweep = (aims(moded, 2.0 * BEAM_MODES.index(m) + 1.6, "beam_top") for m in ("fan", "cross", "sweep"))
    assert all(side * aim.x > 0 for (side, _), aim in fan.items()), "a fan opens outwards"
    assert all(side * aim.x < 0 for (side, place), aim in cross.items() if place < 2), "crossing beams lean inwards"
    assert len({round(aim.x, 1) for aim in sweep.values()}) <= 2, "all beams swing side by side"
    mirror = aims(moded, 2.0 * BEAM_MODES.index("mirror") + 1.6, "beam_top")
    assert all(mirror[-1, k].x == pytest.approx(-mirror[1, k].x, abs=0.02) for k in range(4))


def test_down_lights_meet_over_the_dj_and_the_others_are_off(moded: Stage) -> None:
    seconds = 2.0 * BEAM_MODES.index("down") + 4.0
    for (side, place), aim in aims(moded, seconds, "beam_top").items():
        if place == 0:
            lamp = Vector((side * 1.0, 2.2, 6.9))
            at_head = lamp + aim * ((2.3 - lamp.z) / aim.z)
            assert abs(at_head.x) < 0.4 and abs(at_head.y - 0.7) < 0.5
    lit = [lamp.index for lamp in lamps_of(moded, "beam_top") if light_of(lamp.channel, frame_at(seconds, FPS)) > 1e-3]
    assert set(lit) == {0, 1}
    floor = lamps_of(moded, "beam_floor")
    assert max(light_of(lamp.channel, frame_at(seconds, FPS)) for lamp in floor) < 1e-3


def test_a_narrow_beam_is_narrower_than_a_wide_one(moded: Stage) -> None:
    def width(mode: str) -> float:
        bpy.context.scene.frame_set(frame_at(2.0 * BEAM_MODES.index(mode) + 1.8, FPS))
        return min(m.object.scale.x for m in moded.movers if m.role == "beam_top")

    assert width("sky") < 0.8 < 1.2 < width("down")


def test_beams_glide_from_mode_to_mode_and_snap_on_a_hit() -> None:
    song = make_timeline()
    cues = (BeamCue(0.0, DROP, "cross"), BeamCue(DROP, 16.0, "fan", "split", True), BeamCue(16.0, 24.0, "cross"))
    song = dataclasses.replace(song, lighting=LightingPlan(beams=cues))
    stage = lit_stage("sponsor_neon", song)
    lamp = next(m.object for m in stage.movers if m.role == "beam_top" and m.index == 0)
    pan = compat.fcurves_of(lamp).find("rotation_euler", index=1)
    values = np.array([pan.evaluate(f) for f in range(1, 700)])
    steps = np.abs(np.diff(values))
    hit, seam = frame_at(DROP, FPS) - 1, frame_at(16.0, FPS) - 1
    assert steps[hit - 1] > 0.25, "on the hit the lamp is elsewhere a frame later"
    assert steps[seam - 2 : seam + 20].max() < 0.12 and abs(values[seam + 20] - values[seam - 1]) > 0.25


def rises_per_second(light: np.ndarray, fps: int) -> int:
    """Most flashes within a second: a flash is a rise and fall of a tenth of the maximum (WCAG 2.3.1)."""
    step = 0.1 * light.max()
    low, high, rising, starts = light[0], light[0], False, []
    for i, value in enumerate(light):
        if not rising and value > low + step:
            rising, high = True, value
            starts.append(i)
        elif rising and value < high - step:
            rising, low = False, value
        low, high = min(low, value), max(high, value)
    return max((sum(s <= t < s + fps for t in starts) for s in starts), default=0)


def frantic() -> Timeline:
    """Ten kicks a second, and drops four times a second."""
    song = make_timeline(bpm=240.0, drops=(12.0, 12.25, 12.5, 12.75, 13.0))
    hits = tuple(1.0 if i % 10 == 0 else 0.2 for i in range(int(24 * RATE)))
    values = song.signals.values | {"kick": hits, "snare": hits}
    return dataclasses.replace(song, signals=Signals(RATE, values))


def test_flash_counter_counts() -> None:
    blink = np.tile([0.0, 0.0, 1.0, 1.0, 0.0, 0.0], 20)
    assert rises_per_second(blink, 30) == 5


@pytest.mark.parametrize("theme", BUILT_IN)
def test_at_most_three_flashes_a_second_whatever_the_song_does(theme: str) -> None:
    stage = lit_stage(theme, frantic())
    for roles in ({"halo", "haze"}, {"beam_top", "beam_floor", "flare"}, {"ring", "arch", "burst", "tube"}):
        light = total_light(stage, roles, range(frame_at(10.0, FPS), frame_at(15.0, FPS)))
        if light.max() > 0:
            assert rises_per_second(light, 30) <= 3, roles


def test_only_themes_that_may_flash_do(neon: Stage) -> None:
    assert make_score(make_timeline(), load_theme("sponsor_neon"), FPS).flash.sum() == 2
    for theme in ("award_elegant", "chill_lofi"):
        assert not make_score(make_timeline(), load_theme(theme), FPS).flash.any()


def test_hard_stop_is_black_and_the_music_brings_the_lights_back() -> None:
    song = make_timeline()
    energy = tuple(0.0 if 14.0 <= i / RATE < 15.0 else v for i, v in enumerate(song.signals.values["energy"]))
    song = dataclasses.replace(
        song,
        events=(*song.events, Event(14.0, "hard_stop", "high", "", "")),
        signals=Signals(RATE, song.signals.values | {"energy": energy}),
    )
    assert hard_stop_frames(song, FPS) == [(frame_at(14.0, FPS), frame_at(15.0, FPS))]
    stage = lit_stage("sponsor_neon", song)
    middle = frame_at(14.5, FPS)
    for lamp in stage.lamps:
        assert light_of(lamp.channel, middle) < 1e-4, lamp.channel.name
    bpy.context.scene.frame_set(middle)
    assert all(part.object.hide_render for part in stage.wall.parts)
    for frame, hidden in ((frame_at(13.9, FPS), False), (middle, True), (frame_at(15.1, FPS), False)):
        bpy.context.scene.frame_set(frame)
        assert {ob.hide_render for ob in stage.painted} == {hidden}
        assert stage.void.hide_render != hidden


@pytest.mark.parametrize("theme", BUILT_IN)
def test_song_without_beats_sections_or_signals_has_calm_moving_lights(theme: str) -> None:
    song = make_timeline()
    empty = Timeline(meta=song.meta, audio=Audio("x.wav"), beats=Beats())
    stage = lit_stage(theme, empty, Fraction(30000, 1001))
    frames = range(30, 690, 15)
    light = total_light(stage, {lamp.role for lamp in stage.lamps}, frames)
    assert light.min() > 0 and np.ptp(light) > 0


def test_strokes_only_glow_where_there_is_no_beat() -> None:
    theme = load_theme("sponsor_neon")
    song = make_timeline(drops=())
    danced = make_score(song, theme, FPS).kick
    calm = make_score(dataclasses.replace(song, beats=Beats()), theme, FPS).kick
    assert 0 < calm.max() < 0.5 * danced.max()
    assert np.abs(np.diff(calm)).max() < 0.5 * np.abs(np.diff(danced)).max()


def test_keys_are_thinned_without_changing_the_curve() -> None:
    x = np.arange(3000)
    curves = np.array([np.exp(-(x % 15) / 5.4), np.sin(x / 300), np.full(3000, 0.4)], dtype="f4")
    kept = corners(curves, np.full(3, 0.005, dtype="f4"))
    assert len(kept) < 2500
    for curve in curves:
        assert np.abs(np.interp(x, x[kept], curve[kept]) - curve).max() < 0.02
    assert len(corners(curves[2:], np.full(1, 0.005, dtype="f4"))) == 1


def test_components_that_never_change_have_a_single_key() -> None:
    stage = lit_stage("sponsor_neon", make_timeline())
    rings = [curves_of(lamp.channel) for lamp in stage.lamps if lamp.role == "ring"]
    assert all(len(curves[3].keyframe_points) == 1 < len(curves[0].keyframe_points) for curves in rings)


def mean_luminance(path: Path) -> float:
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    pixels = np.empty(len(image.pixels), dtype="f4")
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return float((pixels.reshape(-1, 4)[:, :3] @ (0.2126, 0.7152, 0.0722)).mean())


def rendered(theme: str, timeline: Timeline, frames: tuple[int, ...], folder: Path) -> list[float]:
    """Mean luminance of 270x480 hero pictures, as shown, without a DJ."""
    lit_stage(theme, timeline)
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("World")
    scene.world.color = load_theme(theme).palette["bg1"]
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    camera.location = (0, -7.4, 1.75)
    camera.rotation_euler = (Vector((0, 0.5, 2.42)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.lens = 46
    scene.render.engine = compat.ENGINES["workbench"]
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 270, 480, 100
    scene.view_settings.view_transform = "Standard"
    shading = scene.display.shading
    shading.light, shading.color_type, shading.background_type = "FLAT", "VERTEX", "WORLD"
    shading.show_backface_culling = True
    levels = []
    for frame in frames:
        scene.frame_set(frame)
        path = folder / f"{frame}.png"
        compat.set_image_output(scene.render, str(path))
        bpy.ops.render.render(write_still=True)
        levels.append(mean_luminance(path))
    return levels


@pytest.mark.parametrize(
    ("theme", "floor", "dark"),
    [("sponsor_neon", 0.12, 0.5), ("award_elegant", 0.17, 0.7), ("mashup_chaos", 0.17, 0.5), ("chill_lofi", 0.3, 0.97)],
)
def test_rendered_drop_is_bright_and_the_moment_before_is_darker(
    theme: str, floor: float, dark: float, tmp_path: Path
) -> None:
    quiet, before, full = rendered(theme, make_timeline(), (frame_at(3.0, FPS), PRE_DROP, IN_DROP), tmp_path)
    assert quiet > 12 / 255, "no near-black picture in an intro"
    assert full > floor
    assert 0.005 < before < dark * full


def test_rendered_hard_stop_is_black(tmp_path: Path) -> None:
    song = make_timeline()
    song = dataclasses.replace(song, events=(*song.events, Event(22.0, "hard_stop", "high", "", "")))
    quiet = song.signals.values | {"energy": song.signals.values["energy"][: int(22 * RATE)]}
    song = dataclasses.replace(song, signals=Signals(RATE, quiet))
    stopped = rendered("chill_lofi", song, (frame_at(23.0, FPS),), tmp_path)[0]
    # Blender 4.2's Workbench shows a black mesh as 2 of 255, so black is what the black room alone renders as.
    for ob in list(bpy.data.objects):
        if ob.type != "CAMERA" and ob.name != "CF Void":
            bpy.data.objects.remove(ob)
    path = tmp_path / "black.png"
    compat.set_image_output(bpy.context.scene.render, str(path))
    bpy.ops.render.render(write_still=True)
    darkest = mean_luminance(path)
    assert darkest < 2.5 / 255
    assert stopped < darkest + 0.002
