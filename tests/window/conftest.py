# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender on a virtual display for each test, or a skip that says what is missing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from blender_window import BlenderWindow, opened


@pytest.fixture
def blender(tmp_path: Path) -> Iterator[BlenderWindow]:
    """Blender 5.2."""
    yield from _started("CROSSFADE_BLENDER_52", tmp_path)


@pytest.fixture(params=["CROSSFADE_BLENDER_52", "CROSSFADE_BLENDER_43"])
def any_blender(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlenderWindow]:
    """Each of the tested applications in turn."""
    yield from _started(request.param, tmp_path)


def _started(name: str, folder: Path) -> Iterator[BlenderWindow]:
    launcher = os.environ.get(name)
    if not launcher:
        pytest.skip(f"{name} names no Blender")
    if not shutil.which("Xvfb"):
        pytest.skip("Xvfb is not installed")
    with opened(launcher, folder) as window:
        yield window


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("CROSSFADE_PICTURES", tmp_path))
