# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by all rings: the package on the path, and a library of its own for every test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
for entry in (ROOT, Path(__file__).resolve().parent):
    if str(entry) not in sys.path:
        sys.path.insert(0, str(entry))


@pytest.fixture(autouse=True)
def _own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's library."""
    monkeypatch.setenv("CROSSFADE_LIBRARY", str(tmp_path / "library"))


@pytest.fixture(scope="module")
def quick_ffmpeg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Puts the package's FFmpeg before the system's, for tests of what is made and when, not of FFmpeg.

    Linked in one piece it starts five times as fast as a distribution's, and a job starts it forty times.
    """
    try:
        import imageio_ffmpeg

        program = Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        yield
        return
    folder = tmp_path_factory.mktemp("ffmpeg")
    (folder / f"ffmpeg{program.suffix if os.name == 'nt' else ''}").symlink_to(program)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        yield
