# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist changes in a show survives every later show, every save, and nothing of the user's is touched."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
import edit_world as world
import pytest

from crossfade_addon.errors import StudioError
from crossfade_addon.studio import show

pytestmark = pytest.mark.blender

FIRST = int(os.environ.get("CROSSFADE_EDIT_FIRST", "0"))
SEQUENCES = int(os.environ.get("CROSSFADE_EDIT_SEQUENCES", "1"))
"""Many take long: benchmarks/edits.py runs as many as are asked for."""


def test_every_kind_of_change_survives_another_look_and_a_reload(tmp_path: Path) -> None:
    world.change_everything(tmp_path)


def test_a_show_that_nobody_changed_has_no_changes() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    world.build(world.LOOKS[0], Path("/"))
    for frame in (40, 1):
        bpy.data.scenes["Crossfade 16:9"].frame_set(frame)
    made = world.build(world.LOOKS[1], Path("/"))
    assert made.edits == ()
    assert made.is_as_written


def test_a_build_that_fails_leaves_the_show_as_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    world.build(world.LOOKS[0], Path("/"))
    body = bpy.data.objects["CF Avatar_Body"]
    body.location.x = 3.0
    scene = bpy.data.scenes["Crossfade 9:16"]
    before = world.names(), sorted((m.name, m.frame, m.camera.name) for m in scene.timeline_markers if m.camera)

    def refuse(*_arguments: object, **_settings: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(show.lights, "animate_lights", refuse)
    with pytest.raises(StudioError, match="no memory"):
        world.build(world.LOOKS[1], Path("/"))
    now = world.names(), sorted((m.name, m.frame, m.camera.name) for m in scene.timeline_markers if m.camera)
    assert now == before
    assert body.name == "CF Avatar_Body" and body.location.x == 3.0
    assert body.name in scene.objects


@pytest.mark.parametrize("number", range(FIRST, FIRST + SEQUENCES))
def test_any_sequence_of_changes_builds_and_saves_keeps_everything(number: int, tmp_path: Path) -> None:
    world.run_sequence(number, tmp_path)
