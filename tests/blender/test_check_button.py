# SPDX-License-Identifier: GPL-3.0-or-later
"""Check Before Generating, pressed without a window, and what Generate looks at by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
import scripted_song

from crossfade_addon import jobs, listening, preferences, properties, registry, timeline
from crossfade_addon.checks import OK, WARN
from crossfade_addon.frames import FrameRange, Pace
from crossfade_addon.pipeline import Pipeline
from crossfade_addon.places import Places
from crossfade_addon.preflight import stand_in
from crossfade_addon.studio import engines, pace, port
from crossfade_addon.studio.renderer import Renderer

pytestmark = pytest.mark.blender

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    registry.register()
    yield
    registry.unregister()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return scripted_song.set_up(tmp_path, monkeypatch)


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pace without a render."""

    def steps(_self: Any, _brief: Any, _json: Any, _script: Any, ranges: Any) -> Any:
        return Pace(dict.fromkeys(ranges, 0.25), dict.fromkeys(ranges, 1e5), 5.0, 2, 14)
        yield

    monkeypatch.setattr(port.BlenderStudio, "pace_steps", steps)


def state() -> Any:
    return bpy.context.window_manager.crossfade_preflight


def listed(level: str) -> dict[str, str]:
    return {item.subject: item.said for item in state().checks if item.level == level}


def test_the_button_lists_what_was_found_the_worst_first(settings: Any, timed: None) -> None:
    settings.engine, settings.platforms = "cycles", {"tiktok"}
    brief = properties.to_brief(settings.id_data, preferences.places(bpy.context))
    script = timeline.load(brief.timeline_path)
    song = dataclasses.replace(script.audio, file=str(brief.audio))
    timeline.save(dataclasses.replace(script, audio=song), brief.timeline_path)
    assert OPS.preflight() == {"FINISHED"}
    levels = [item.level for item in state().checks]
    assert levels == sorted(levels, key=["block", "warn", "ok"].index) and "warn" in levels
    assert "Cycles" in listed("warn")["Render"]
    assert listed("ok")["Frames"].startswith("8 in 9:16 (0:00), at 30")
    assert state().verdict == bpy.context.window_manager.crossfade_job.summary
    fix = next(item.fix for item in state().checks if item.subject == "Render")
    assert OPS.fix_check(fix=fix) == {"FINISHED"}
    assert settings.engine == "workbench" and state().outdated
    OPS.preflight()
    assert "Workbench" in listed("ok")["Render"] and not state().outdated


def test_every_wrong_setting_is_listed_and_nothing_is_raised(settings: Any) -> None:
    settings.audio, settings.lyrics = "/nowhere/song.wav", "/nowhere/words.lrc"
    assert OPS.preflight() == {"FINISHED"}
    said = " ".join(item.said for item in state().checks if item.level == "block")
    assert "/nowhere/song.wav" in said and "/nowhere/words.lrc" in said
    assert state().verdict.startswith("2 problems to solve first")


def test_paths_relative_to_a_file_that_is_not_saved_stop_generate(settings: Any) -> None:
    settings.audio = "//song.wav"
    with pytest.raises(RuntimeError, match=r"\.blend is not saved.*Audio '//song.wav'"):
        OPS.generate()
    assert state().checks[0].fix == "save" and state().checks[0].level == "block"
    settings.audio, settings.output_dir = "/nowhere/song.wav", "//outputs"
    OPS.preflight()
    assert "everything goes to" in listed("warn")["File"]


def test_generate_stops_at_a_problem_and_lists_it(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(ffmpeg="/gone/ffmpeg", library_dir="/gone")
    monkeypatch.setattr(preferences, "places", lambda _context: places)
    with pytest.raises(RuntimeError, match="/gone/ffmpeg"):
        OPS.generate()
    assert "/gone/ffmpeg" in listed("block")["FFmpeg"]
    assert bpy.context.window_manager.crossfade_job.error.startswith("FFmpeg '/gone/ffmpeg'")


def test_a_list_of_another_scene_is_not_shown_for_this_one(settings: Any, timed: None) -> None:
    from crossfade_addon.panels.preflight import _is_of

    OPS.preflight()
    other = bpy.data.scenes.new("Other")
    assert _is_of(state(), settings.id_data) and not _is_of(state(), other)
    properties.share(properties.snapshot(settings), [settings.id_data, other])
    assert _is_of(state(), other)


def test_eevee_is_no_warning_on_a_graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    blender = Renderer("/bin/blender", "5.2.0")
    for name, level in (("NVIDIA RTX", OK), ("llvmpipe (LLVM 15)", WARN)):
        monkeypatch.setattr(engines.compat, "graphics_name", lambda name=name: name)
        assert engines.check("eevee", blender).level == level
    assert engines.check("workbench", blender).level == OK
    assert engines.check("cycles", blender).fix == "workbench"


def test_frames_are_timed_in_blenders_of_their_own_and_remembered(settings: Any) -> None:
    pipeline = Pipeline(properties.to_brief(settings.id_data, preferences.places(bpy.context)))
    brief, studio = pipeline.brief, pipeline.studio
    before = {kind: len(getattr(bpy.data, kind)) for kind in ("scenes", "objects", "actions", "meshes")}
    script = stand_in.script(brief, pipeline.platforms)
    ranges = {"9:16": FrameRange(1, 6)}
    measured = jobs.drain(studio.pace_steps(brief, listening.brief_to_json(brief), script, ranges))
    assert measured.processes == 1 and measured.timed == pace.FRAMES - 1
    assert 0.001 < measured.seconds["9:16"] < 60 and measured.bytes_each["9:16"] > 5000
    assert {kind: len(getattr(bpy.data, kind)) for kind in before} == before
    assert [path.name for path in (brief.work_dir / "preflight").rglob("*.jpg")] == []
    again = list(studio.pace_steps(brief, listening.brief_to_json(brief), script, ranges))
    assert again == []  # nothing is started
    changed = brief.replace(quality="preview")
    assert pace._key(changed, 1, "5.0") != pace._key(brief, 1, "5.0")
