# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by scripts/addon_tester.py inside a Blender in which Crossfade was installed and enabled as a classic add-on."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any

import bpy
import pytest

NAME = "crossfade"


def part(name: str) -> Any:
    """A module of the installed add-on."""
    return importlib.import_module(f"{NAME}.{name}")


def test_the_add_on_is_enabled_and_of_this_checkout():
    addon = importlib.import_module(NAME)
    assert NAME in bpy.context.preferences.addons
    here = Path(__file__).resolve().parents[2]
    assert here not in Path(addon.__file__).resolve().parents
    assert f'"{addon.__version__}"' in (here / "pyproject.toml").read_text(encoding="utf-8")


def test_panel_and_operators_are_registered():
    assert hasattr(bpy.types, "CROSSFADE_PT_make")
    assert {"generate", "build_show", "clear_show"} <= set(dir(bpy.ops.crossfade))
    assert isinstance(bpy.context.scene.crossfade.song_id, str)


def test_a_refused_job_says_what_is_missing(tmp_path, capsys):
    code = part("headless").main(["--audio", str(tmp_path / "none.wav"), "--song-id", "x"])
    assert code == 2
    assert "none.wav' does not exist" in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="there is no FFmpeg on the PATH")
def test_a_video_of_the_demo_song_is_made(tmp_path):
    arguments = ["--demo", "--clip", "2-5", "--quality", "draft", "--platforms", "tiktok", "--no-thumbnail"]
    assert part("headless").main([*arguments, "--output-dir", str(tmp_path)]) == 0
    (video,) = (tmp_path / "renders").glob("*_tiktok.mp4")
    assert video.stat().st_size > 10_000
