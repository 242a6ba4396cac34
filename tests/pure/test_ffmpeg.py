# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the FFmpeg program is looked for, and what is said when it is nowhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from crossfade_addon.errors import ToolMissing
from crossfade_addon.ffmpeg import find_ffmpeg, why_missing

PACKAGE = """
import os
from pathlib import Path
PROGRAM = Path(__file__).with_name("binaries") / "ffmpeg-here-v1"
def get_ffmpeg_exe():
    if not os.access(PROGRAM, os.X_OK):
        raise RuntimeError("No ffmpeg exe could be found.")
    return str(PROGRAM)
"""
WAYS = ("on the PATH", "in the preferences", "the full zip")


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path) -> None:
    """No program on the PATH, and no package."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delitem(sys.modules, "imageio_ffmpeg", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])


def program(path: Path, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


def package(site: Path) -> Path:
    """The package as Blender unpacks it: its program has lost the permission to run."""
    binary = program(site / "imageio_ffmpeg" / "binaries" / "ffmpeg-here-v1", 0o644)
    (site / "imageio_ffmpeg" / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    return binary


def test_the_chosen_one_goes_before_the_path_and_the_path_before_the_package(tmp_path):
    binary = package(tmp_path / "site")
    assert why_missing() == "" and find_ffmpeg() == str(binary)
    on_path = program(tmp_path / "bin" / "ffmpeg")
    assert why_missing() == "" and find_ffmpeg() == str(on_path)
    chosen = program(tmp_path / "mine" / "my ffmpeg")
    assert why_missing(str(chosen)) == "" and find_ffmpeg(str(chosen)) == str(chosen)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permission")
def test_the_packages_program_may_run_however_it_was_unpacked(tmp_path):
    binary = package(tmp_path / "site")
    assert find_ffmpeg() == str(binary)
    assert os.access(binary, os.X_OK)


@pytest.mark.parametrize("preferred", ["", "/gone/ffmpeg"])
def test_a_missing_one_is_said_with_three_ways_to_get_it_and_the_same_before_and_during_work(preferred):
    said = why_missing(preferred)
    assert all(way in said for way in WAYS)
    with pytest.raises(ToolMissing) as caught:
        find_ffmpeg(preferred)
    assert str(caught.value) == said
    assert preferred in said


def test_a_chosen_file_that_is_no_program_is_said_and_nothing_else_taken(tmp_path):
    program(tmp_path / "bin" / "ffmpeg")
    text = program(tmp_path / "notes.txt", 0o644)
    assert f"'{text}' does not exist or is not a program" in why_missing(str(text))
    with pytest.raises(ToolMissing):
        find_ffmpeg(str(text))
