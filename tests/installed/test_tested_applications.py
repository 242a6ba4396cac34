# SPDX-License-Identifier: GPL-3.0-or-later
"""What README's table says of the applications that these tests use is so."""

from __future__ import annotations

import json
import os
import re
import tomllib

import pytest

import build_addon

pytestmark = pytest.mark.installed
MATRIX = os.environ.get("CROSSFADE_MATRIX", "")
ASK = (
    "import bpy, json, platform, sys; print('FACTS', json.dumps([bpy.app.version_string, "
    "'%d.%d' % sys.version_info[:2], platform.freedesktop_os_release()['PRETTY_NAME'], platform.machine()]))"
)


@pytest.mark.skipif(not MATRIX, reason="CROSSFADE_MATRIX is not set: only what .ci/run runs has to be in the table")
def test_this_application_its_python_and_system_are_one_row_of_the_table(bare):
    said = bare.python(ASK).stdout
    (facts,) = (line for line in said.splitlines() if line.startswith("FACTS "))
    version, python, system, machine = json.loads(facts.removeprefix("FACTS "))
    rows = tomllib.loads((build_addon.ROOT / MATRIX).read_text(encoding="utf-8"))["run"]
    (row,) = (r for r in rows if r["by"] == "application" and version.startswith(f"{r['blender']}."))
    assert "installed" in row["rings"]
    assert row["python"] == python
    assert set(row["system"].split()) <= set(re.findall(r"\w+", system))
    assert machine == "x86_64"
