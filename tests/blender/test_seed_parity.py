# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of ``docs/from-crossfade-club.md`` that only a Blender can prove; the others are in ``tests/pure``."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_render_limits import OWN, brief, built, program

from crossfade_addon import headless, jobs
from crossfade_addon.brief import Brief
from crossfade_addon.errors import StudioError, ToolMissing
from crossfade_addon.frames import FrameRange
from crossfade_addon.studio import render
from crossfade_addon.studio.port import BlenderStudio

pytestmark = pytest.mark.blender


def configured(folder: Path, text: str) -> Brief:
    """A brief with what a file says that ``--config`` names."""
    (folder / "song.wav").write_bytes(b"x")
    (folder / "settings.toml").write_text(text)
    words = ["--audio", str(folder / "song.wav"), "--config", str(folder / "settings.toml")]
    said = headless.brief_from(headless.build_parser().parse_args(words), folder)
    return brief(folder, blender_executable=said.blender_executable, render_timeout_sec=said.render_timeout_sec)


@pytest.mark.seed("cfg-blender-executable", "trb-blender-not-found")
def test_the_file_names_the_blender_and_a_wrong_one_is_not_found(tmp_path: Path) -> None:
    named = program(tmp_path, f"Blender {OWN}.3")
    BlenderStudio().check(configured(tmp_path, f'[studio]\nblender_executable = "{named}"\n'))
    with pytest.raises(ToolMissing, match="Blender was not found") as caught:
        BlenderStudio().check(configured(tmp_path, '[studio]\nblender_executable = "/path/to/blender"\n'))
    assert "blender_executable under [studio]" in caught.value.hint


@pytest.mark.seed("cfg-render-timeout", "trb-timeout", "trb-hang-logs")
def test_a_stuck_render_ends_and_names_its_logs_and_the_key(tmp_path: Path) -> None:
    stuck = program(tmp_path, f"Blender {OWN}.0", "exec sleep 60")
    job = configured(tmp_path, f'[studio]\nblender_executable = "{stuck}"\nrender_timeout_sec = 0.3\n')
    with pytest.raises(StudioError, match="stuck") as caught:
        jobs.drain(render.render_steps(built(job), job, {"9:16": FrameRange(1, 2)}, "key"))
    assert "render_timeout_sec" in caught.value.hint
    assert str(job.work_dir / "render") in caught.value.hint and (job.work_dir / "render").is_dir()
