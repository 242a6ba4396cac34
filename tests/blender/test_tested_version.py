# SPDX-License-Identifier: GPL-3.0-or-later
"""What README's table says of the Blender that runs these tests is so."""

from __future__ import annotations

import os
import platform
import sys
import tomllib
from pathlib import Path

import bpy
import pytest

MATRIX = os.environ.get("CROSSFADE_MATRIX", "")
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not MATRIX, reason="CROSSFADE_MATRIX is not set: only what .ci/run runs has to be in the table")
def test_this_blender_python_and_system_are_one_row_of_the_table():
    rows = tomllib.loads((ROOT / MATRIX).read_text(encoding="utf-8"))["run"]
    (row,) = (row for row in rows if row["blender"] == bpy.app.version_string.split()[0])
    assert "blender" in row["rings"]
    assert row["python"] == ".".join(map(str, sys.version_info[:2]))
    assert set(row["system"].split()) <= set(platform.freedesktop_os_release()["PRETTY_NAME"].split())
