# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders that are stuck, and another Blender that renders: with small programs that stand where it would be."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import bpy
import pytest
from scripted_song import write_script

from crossfade_addon import frames, headless, jobs
from crossfade_addon.brief import Brief
from crossfade_addon.errors import StudioError, ToolMissing
from crossfade_addon.frames import FrameRange
from crossfade_addon.studio import compat, render, show
from crossfade_addon.studio.port import BlenderStudio
from crossfade_addon.themes import load_theme

pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts"),
]
OWN = ".".join(map(str, compat.RUNNING))


def program(folder: Path, says: str, does: str = "exit 1") -> str:
    """A stand-in for Blender: what it answers to ``--version``, and what it does with a job."""
    path = folder / "blender-stand-in"
    path.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{says}"; exit 0; fi\n{does}\n')
    path.chmod(0o755)
    return str(path)


def brief(folder: Path, **changes: object) -> Brief:
    made = Brief(Path("/song.wav"), "song", ("tiktok",), output_dir=folder / "out", quality="draft")
    made.work_dir.mkdir(parents=True, exist_ok=True)
    return made.replace(**changes)


def configured(folder: Path, text: str) -> Brief:
    """A brief with what ``[studio]`` says in a file that ``--config`` names."""
    (folder / "song.wav").write_bytes(b"x")
    (folder / "settings.toml").write_text(f"[studio]\n{text}\n")
    words = ["--audio", str(folder / "song.wav"), "--config", str(folder / "settings.toml")]
    said = headless.brief_from(headless.build_parser().parse_args(words), folder)
    return brief(folder, blender_executable=said.blender_executable, render_timeout_sec=said.render_timeout_sec)


def built(job: Brief) -> show.Show:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return show.build(write_script(), load_theme("sponsor_neon"), job)


@pytest.mark.seed("cfg-render-timeout", "trb-timeout", "trb-hang-logs")
def test_a_stuck_render_is_stopped_and_says_how_to_give_it_longer(tmp_path: Path) -> None:
    stuck = program(tmp_path, f"Blender {OWN}.0", "echo $$ > $CROSSFADE_RENDER_JOB.pid; exec sleep 60")
    job = configured(tmp_path, f'blender_executable = "{stuck}"\nrender_timeout_sec = 0.5')
    with pytest.raises(StudioError, match=r"no frame was finished for 0\.5 s, after 0") as caught:
        jobs.drain(render.render_steps(built(job), job, {"9:16": FrameRange(1, 2)}, ("key", "key")))
    assert "render_timeout_sec" in caught.value.hint
    assert str(job.work_dir / "render") in caught.value.hint and (job.work_dir / "render").is_dir()
    started = [int(note.read_text()) for note in job.work_dir.rglob("*.pid")]
    assert started
    for number in started:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


@pytest.mark.seed("cfg-blender-executable")
def test_frames_are_rendered_by_the_blender_that_is_named_and_kept_apart_by_its_version(tmp_path: Path) -> None:
    renders = f'touch {shlex.quote(str(tmp_path / "used"))}; exec {shlex.quote(sys.executable)} -P "$6"'
    named = program(tmp_path, f"Blender {OWN}.77", renders)
    job = configured(tmp_path, f'blender_executable = "{named}"\nrender_timeout_sec = 300')
    scene = built(job)
    jobs.drain(render.render_steps(scene, job, {"9:16": FrameRange(1, 1)}, ("key", "key")))
    frame = job.work_dir / "9x16" / "frame_00001.jpg"
    assert frame.stat().st_size > 1000 and (tmp_path / "used").exists()
    assert f"{OWN}.77" in (job.work_dir / "9x16" / frames.STAMP).read_text()


@pytest.mark.parametrize(
    ("says", "wrong"), [("Blender 4.1.0", "4.1.0"), (f"Blender {compat.RUNNING[0] + 1}.0.0", "cannot render")]
)
def test_a_blender_that_cannot_show_what_was_built_is_refused_before_anything_starts(
    tmp_path: Path, says: str, wrong: str
) -> None:
    with pytest.raises(StudioError, match=wrong) as caught:
        BlenderStudio().check(brief(tmp_path, blender_executable=program(tmp_path, says)))
    assert OWN in caught.value.hint


@pytest.mark.seed("trb-blender-not-found")
@pytest.mark.parametrize("named", ["/nowhere/blender", "no-such-blender"])
def test_a_blender_that_is_not_there_is_missing(tmp_path: Path, named: str) -> None:
    with pytest.raises(ToolMissing, match="Blender was not found") as caught:
        BlenderStudio().check(configured(tmp_path, f'blender_executable = "{named}"'))
    assert "blender_executable under [studio]" in caught.value.hint


def test_a_program_that_is_no_blender_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="does not say that it is Blender"):
        BlenderStudio().check(brief(tmp_path, blender_executable=program(tmp_path, "ffmpeg version 7")))
