# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender 5.2 on a virtual display for each test, or a skip that says what is missing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from blender_window import BlenderWindow, Display


@pytest.fixture
def blender(tmp_path: Path) -> Iterator[BlenderWindow]:
    launcher = os.environ.get("CROSSFADE_BLENDER_52")
    if not launcher:
        pytest.skip("CROSSFADE_BLENDER_52 names no Blender 5.2")
    if not shutil.which("Xvfb"):
        pytest.skip("Xvfb is not installed")
    display = Display(tmp_path)
    try:
        window = BlenderWindow(launcher, tmp_path, display)
        try:
            yield window
        finally:
            window.close()
    finally:
        display.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("CROSSFADE_PICTURES", tmp_path))
