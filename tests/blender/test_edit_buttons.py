# SPDX-License-Identifier: GPL-3.0-or-later
"""Your Changes: what the buttons of the list do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest
import scripted_song

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]


def listed() -> list[str]:
    return [change.text for change in bpy.data.scenes["Crossfade 9:16"].crossfade_changes.listed]


def test_changes_are_listed_kept_by_another_look_and_taken_back_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = scripted_song.set_up(tmp_path, monkeypatch)
    assert not OPS.refresh_edits.poll()
    OPS.build_show()
    assert listed() == [] and not OPS.reset_edits.poll()
    body, world = bpy.data.objects["CF Avatar_Body"], bpy.data.worlds["CF World"]
    built = body.location.x, tuple(world.color)
    body.location.x += 2
    world.color = (0.5, 0.25, 0.125)
    OPS.refresh_edits()
    assert listed() == ["Avatar_Body: moved", "World: colour changed"]

    now = bpy.context.window.scene.crossfade
    now.theme = "chill_lofi"
    scripted_song.analyse(now, theme="chill_lofi")
    assert OPS.build_show() == {"FINISHED"}
    assert len(listed()) == 2
    body, world = bpy.data.objects["CF Avatar_Body"], bpy.data.worlds["CF World"]
    assert body.location.x == built[0] + 2
    assert tuple(world.color) == (0.5, 0.25, 0.125)
    del settings

    OPS.reset_edits(index=listed().index("World: colour changed"))
    assert listed() == ["Avatar_Body: moved"]
    assert tuple(bpy.data.worlds["CF World"].color) != (0.5, 0.25, 0.125)
    assert bpy.data.objects["CF Avatar_Body"].location.x == built[0] + 2
    OPS.reset_edits()
    assert listed() == []
    assert bpy.data.objects["CF Avatar_Body"].location.x == built[0]
    assert not OPS.reset_edits.poll()
