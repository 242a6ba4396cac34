# SPDX-License-Identifier: GPL-3.0-or-later
"""A script that uses the add-on through the ``bpy`` package ends with its own exit code, in every Blender."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.blender

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("goes", ["", "registry.unregister()", "registry.unregister(); registry.register()"])
def test_a_script_that_enabled_the_add_on_ends_with_its_own_exit_code(goes: str) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import bpy\n"
        "from crossfade_addon import registry\n"
        f"registry.register(); {goes}\n"
        "sys.exit(7)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 7, ended.stderr
