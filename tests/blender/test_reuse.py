# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender's studio does not do again: rendering frames that are there, and building a show that nobody needs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import bpy
import pytest
import scripted_song

from crossfade_addon import jobs, stills
from crossfade_addon.brief import Brief
from crossfade_addon.frames import FrameRange, is_whole
from crossfade_addon.stills import Moment
from crossfade_addon.studio import show
from crossfade_addon.studio.port import BlenderStudio
from crossfade_addon.themes import load_theme

pytestmark = pytest.mark.blender

RANGES = {"9:16": FrameRange(2, 4)}
MOMENTS = {"9:16": (Moment(3, "hero", 1.0, "the start"),)}


@pytest.fixture
def brief(tmp_path: Path) -> Brief:
    song = scripted_song.write_song(tmp_path / "song.wav")
    job = Brief(song, "x", ("tiktok",), output_dir=tmp_path / "out", quality="draft")
    job.work_dir.mkdir(parents=True)
    return job


def run(brief: Brief, studio: BlenderStudio | None = None, **changes: Any) -> list[str]:
    """One job in an empty file; returns the notices."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    script, theme = scripted_song.write_script(), load_theme("sponsor_neon")
    if changes:
        script = dataclasses.replace(script, meta=dataclasses.replace(script.meta, **changes))
    said: list[str] = []
    steps = (studio or BlenderStudio()).steps(brief, script, theme, RANGES, {}, MOMENTS)
    made = jobs.drain(steps, lambda report: said.append(report.message) if report.notice else None)
    assert (made["9:16"].first_frame, made["9:16"].count, made["9:16"].width) == (2, 3, 360)
    assert len(stills.on_disk(brief.work_dir, "9:16")) == 1
    return said


def times(brief: Brief) -> dict[str, int]:
    pictures = [*brief.work_dir.glob("9x16/*.jpg"), *brief.work_dir.glob("stills_9x16/*.png")]
    assert all(is_whole(path) for path in pictures)
    return {path.name: path.stat().st_mtime_ns for path in pictures}


def test_only_what_is_missing_is_rendered_and_the_show_built_only_when_needed(brief: Brief) -> None:
    run(brief)
    first = times(brief)
    assert sorted(first) == ["frame_00002.jpg", "frame_00003.jpg", "frame_00003.png", "frame_00004.jpg"]

    assert "All 3 frames of an earlier run are reused" in run(brief)
    assert show.find() is None, "nothing was missing, so nothing was built"
    assert times(brief) == first
    assert "All 3 frames of an earlier run are reused" in run(brief.replace(caption_style="line", loudness="limit"))

    run(brief, BlenderStudio(builds=True))
    assert show.find() is not None, "in the window the artist expects the scene"
    assert times(brief) == first

    cut = brief.work_dir / "9x16" / "frame_00003.jpg"
    cut.write_bytes(cut.read_bytes()[:-500])
    assert "2 frames of an earlier run are reused" in run(brief)
    assert {name for name, time in times(brief).items() if time != first[name]} == {"frame_00003.jpg"}

    second = times(brief)
    run(brief, title="Another")
    assert all(time != second[name] for name, time in times(brief).items())
