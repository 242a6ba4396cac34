# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist changes in a show survives every later show, every save, and nothing of the user's is touched."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import edit_world as world
import pytest
import small_show

from crossfade_addon.errors import StudioError
from crossfade_addon.studio import compat, ownership, regenerate, show
from crossfade_addon.studio.edits import leave, places

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


@pytest.mark.parametrize("number", range(FIRST, FIRST + SEQUENCES))
def test_any_sequence_of_changes_builds_and_saves_keeps_everything(number: int, tmp_path: Path) -> None:
    world.run_sequence(number, tmp_path)


@pytest.fixture
def build_small(tmp_path: Path) -> Iterator[Any]:
    """Builds a show of few parts in a new file, or anew."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    world.write_song(tmp_path)
    with small_show.small_parts():
        yield functools.partial(world.build, folder=tmp_path, change=small_show.small)


def test_a_show_without_a_record_becomes_the_users_with_all_that_was_changed_in_it(build_small: Any) -> None:
    build_small(world.LOOKS[0])
    bpy.data.objects["CF Avatar_Body"].location.x = 3.0
    for scene in bpy.data.scenes:
        if ownership.aspect_of(scene):
            del scene[ownership.RECORD]
    assert ownership.lacks_record()
    made = build_small(world.LOOKS[1])
    assert made.edits == () and not ownership.lacks_record()
    assert any("Earlier Crossfade 16:9 and Earlier Crossfade 9:16" in notice for notice in made.notices)
    kept = bpy.data.objects["Earlier Avatar_Body"]
    assert kept.location.x == 3.0 and kept.name in bpy.data.scenes["Earlier Crossfade 9:16"].objects
    assert bpy.data.objects["CF Avatar_Body"].location.x == 0.0
    theirs = earlier()
    leave.remove_show()
    assert earlier() == theirs and len(theirs["objects"]) > 20


def earlier() -> dict[str, list[str]]:
    """What there is of an earlier show, by kind."""
    found = {kind: [name for name in listed if name.startswith("Earlier ")] for kind, listed in world.names().items()}
    return {kind: listed for kind, listed in found.items() if listed}


@pytest.mark.parametrize("has_record", [True, False])
def test_whatever_stops_a_build_the_show_that_stood_stands_again(
    build_small: Any, monkeypatch: pytest.MonkeyPatch, has_record: bool
) -> None:
    build_small(world.LOOKS[0])
    if not has_record:
        for scene in bpy.data.scenes:
            scene.pop(ownership.RECORD, None)
    body, scene = bpy.data.objects["CF Avatar_Body"], bpy.data.scenes["Crossfade 9:16"]
    body.location.x = 3.0
    before = world.names(), cuts(scene)
    with monkeypatch.context() as patch:
        patch.setattr(show.lights, "animate_lights", lambda *_, **__: 1 / len(()))
        with pytest.raises(StudioError, match="division"):
            build_small(world.LOOKS[1])
    monkeypatch.setattr(regenerate.output, "prepare_output", lambda *_: 1 / len(()))
    with pytest.raises(ZeroDivisionError):
        build_small(world.LOOKS[1])
    assert (world.names(), cuts(scene)) == before
    assert body.name == "CF Avatar_Body" and body.location.x == 3.0 and body.name in scene.objects
    assert ownership.lacks_record() != has_record


def cuts(scene: Any) -> list[tuple[str, int, str]]:
    """Markers of a scene that switch the camera."""
    return sorted((m.name, m.frame, m.camera.name) for m in scene.timeline_markers if m.camera)


def test_the_songs_strip_stays_as_the_artist_left_it_also_in_a_saved_file(build_small: Any, tmp_path: Path) -> None:
    made = build_small(world.LOOKS[0])
    if not made.has_sound:
        pytest.skip("this Blender has no sound")
    tall, wide = (bpy.data.scenes[f"Crossfade {aspect}"] for aspect in ("9:16", "16:9"))
    compat.strips_of(tall)["CF Song"].volume = 0.5
    compat.strips_of(tall)["CF Song"].name = "Quieter"
    compat.strips_of(wide).remove(compat.strips_of(wide)["CF Song"])
    path = str(tmp_path / "film.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    for look in world.LOOKS[1], world.LOOKS[0]:
        made = build_small(look)
        tall, wide = (bpy.data.scenes[f"Crossfade {aspect}"] for aspect in ("9:16", "16:9"))
        assert [(strip.name, strip.volume) for strip in compat.strips_of(tall)] == [("Quieter", 0.5)]
        assert len(compat.strips_of(wide)) == 0
        assert [edit.key for edit in made.edits] == ["song"]


def test_tracks_of_one_name_stay_apart_and_a_deleted_one_stays_deleted(build_small: Any) -> None:
    build_small(world.LOOKS[0])
    own = bpy.data.actions.new("Own move")
    tracks = bpy.data.objects["CF Avatar_Rig"].animation_data.nla_tracks
    tracks.remove(tracks["base"])
    for start in (10, 12):
        track = tracks.new()
        track.name = "Mine"
        track.strips.new("own", start, own)
    for look in world.LOOKS[1], world.LOOKS[0]:
        made = build_small(look)
        tracks = bpy.data.objects["CF Avatar_Rig"].animation_data.nla_tracks
        mine = [[strip.frame_start for strip in track.strips] for track in tracks if track.name == "Mine"]
        assert mine == [[10], [12]] and "base" not in tracks
        assert made.edits and all(edit.is_placed for edit in made.edits)


def test_many_objects_that_were_just_deleted_do_not_end_blender() -> None:
    scene = bpy.data.scenes.new("Full")
    layer = scene.view_layers[0]
    many = [bpy.data.objects.new(f"Thing {number}", None) for number in range(400)]
    for ob in many:
        scene.collection.objects.link(ob)
    layer.update()
    many[0].hide_set(True, view_layer=layer)
    for ob in many[1::2]:
        bpy.data.objects.remove(ob)
    assert places.eyes([scene]) == {many[0]: ["Full|ViewLayer"]}


def test_an_object_that_was_just_deleted_stops_no_build(build_small: Any) -> None:
    build_small(world.LOOKS[0])
    scene = bpy.data.scenes["Crossfade 9:16"]
    scene.view_layers[0].update()
    bpy.data.objects.remove(bpy.data.objects["CF Floor"])
    made = build_small(world.LOOKS[1])
    assert [(edit.block[1], edit.key) for edit in made.edits] == [("CF Floor", "deleted")]
