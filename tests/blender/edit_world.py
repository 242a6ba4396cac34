# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist at work on a short show: changes, builds, saves and reloads, and what must be there afterwards."""

from __future__ import annotations

import dataclasses
import random
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import edit_foreign
import small_show
from edit_changes import CHANGES, Seen
from show_fixtures import make_timeline

from crossfade_addon.brief import Brief
from crossfade_addon.studio import compat, regenerate
from crossfade_addon.studio.edits.leave import remove_show
from crossfade_addon.themes import Theme, load_theme
from crossfade_addon.timeline import ASPECTS, CameraPlan, Shot

SECONDS = 3.0
LOOKS = ("sponsor_neon", "chill_lofi", "award_elegant")
Wanted = dict[str, tuple[Seen, Any, str]]
"""What must be there, by the name of the change: how to see it, what is seen then, and the look it was made in."""


def build(
    theme: str,
    folder: Path,
    *,
    seed: int = 1,
    intensity: float = 1.0,
    seconds: float = SECONDS,
    change: Callable[[Theme], Theme] = lambda theme: theme,
) -> Any:
    """Build the show of a short song in this file, of a theme that may be changed."""
    song = make_timeline(theme=theme, duration=seconds, drops=(seconds / 2,))
    shots = (Shot(0.0, seconds / 2, "wide"), Shot(seconds / 2, seconds, "hero"))
    song = dataclasses.replace(
        song,
        meta=dataclasses.replace(song.meta, seed=seed),
        camera=dict.fromkeys(ASPECTS, CameraPlan("hero", shots)),
    )
    brief = Brief(folder / "song.wav", "x", platforms=(), output_dir=folder, quality="draft", intensity=intensity)
    return regenerate.regenerate(song, change(load_theme(theme)), brief, {})


def write_song(folder: Path) -> None:
    """A second of silence, for the song's strip."""
    with wave.open(str(folder / "song.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))


def change_everything(folder: Path) -> None:
    """Every kind of change in one show, then another look, a reload and the first look again; asserts and clears."""
    rng = random.Random(11)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    make_own_things()
    start = names()
    build(LOOKS[0], folder)
    tie_to_the_show()
    done = [change(rng) for change in CHANGES]
    wanted = {said: (seen, seen(), LOOKS[0]) for said, seen in done}
    theirs = edit_foreign.snapshot()
    build(LOOKS[1], folder, seed=2)
    _check(wanted, theirs, LOOKS[1], LOOKS[1])
    path = str(folder / "show.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    made = build(LOOKS[0], folder, intensity=1.4)
    _check(wanted, theirs, LOOKS[0], "reloaded")
    lost = [edit for edit in made.edits if not edit.is_placed]
    assert not lost and not made.is_as_written
    _clear(start, "every kind of change")


def _clear(start: dict[str, list[str]], when: str) -> None:
    """Remove the show; the file has what it had, and what the user made since."""
    bpy.data.lights["My lamp"].animation_data_clear()  # signals that somebody follows would stay
    remove_show()
    left, first = _without_own(names()), _without_own(start)
    assert left == first, f"{when}: cleared, but { ({k: v for k, v in left.items() if v != first.get(k)}) }"
    assert all(name in bpy.data.objects for name in ("Mine", "My camera", "My lamp", "CF Copy"))


def run_sequence(number: int, folder: Path) -> None:
    """A random sequence of changes, builds, saves and reloads; asserts that everything survives, then clears.

    The shows are small (:mod:`small_show`). One that is built already is opened from ``folder`` when a sequence before
    this one began with it.
    """
    rng = random.Random(number)
    with small_show.small_parts():
        look = rng.choice(LOOKS)
        start = _begin(look, folder)
        wanted: Wanted = {}
        for _ in range(rng.randint(1, 2)):
            for change in rng.sample(CHANGES, rng.randint(3, 7)):
                there = [said for said, (seen, *_) in wanted.items() if seen() is not None]
                said, seen = change(rng)
                for other in there:
                    if wanted[other][0]() is None:  # the artist deleted what carried it
                        del wanted[other]
                wanted[said] = (seen, None, look)
            for said, (seen, last, made_in) in wanted.items():
                now = seen()
                wanted[said] = (seen, last if now is None else now, made_in)
            look = _next(rng, rng.choice(LOOKS), folder, wanted, f"sequence {number}")
        for made_in in sorted({made_in for _, _, made_in in wanted.values()} - {look}):
            look = _next(rng, made_in, folder, wanted, f"sequence {number}, back")
        _clear(start, f"sequence {number}")


def _begin(look: str, folder: Path) -> dict[str, list[str]]:
    """A file with the user's own things and a show; returns what was in it before the show."""
    path = folder / f"begun {look}.blend"
    bpy.ops.wm.read_factory_settings(use_empty=True)
    make_own_things()
    start = names()
    if path.is_file():
        bpy.ops.wm.open_mainfile(filepath=str(path))
        return start
    write_song(folder)
    build(look, folder, change=small_show.small)
    tie_to_the_show()
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    return start


def _next(rng: random.Random, look: str, folder: Path, wanted: Wanted, when: str) -> str:
    """Build a look of another script, perhaps save and open the file, and check everything."""
    theirs = edit_foreign.snapshot()
    build(look, folder, seed=rng.randint(1, 5), intensity=rng.choice((0.5, 1.0, 1.4)), change=small_show.small)
    if rng.random() < 0.5:
        path = str(folder / "show.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
    _check(wanted, theirs, look, when)
    return look


def _check(wanted: Wanted, theirs: dict[str, Any], look: str, when: str) -> None:
    """Every change is there, unless it was made in another look and has no place here; so is all of the user's."""
    for said, (seen, value, made_in) in wanted.items():
        found = seen()
        may_wait = look != made_in and found is None
        assert found == value or may_wait, f"{when}, {look}: {said} is {found}, not {value}"
    now = edit_foreign.snapshot()
    changed = [d for name, was in theirs.items() for d in edit_foreign.differences(was, now.get(name), name)]
    assert not changed, f"{when}, {look}: of the user's: {changed}"


def _without_own(listed: dict[str, list[str]]) -> dict[str, list[str]]:
    """The lists without what was made after the show was first built."""
    kept = {k: [n for n in found if not n.startswith(("Mine", "My lamp", "CF Copy"))] for k, found in listed.items()}
    return {kind: found for kind, found in kept.items() if found}


# ------------------------------------------------------------------------------------- what is the user's


def make_own_things() -> None:
    """The user's own file before any show: an object with all there is, a camera, an action, a collection."""
    scene = bpy.context.scene
    mesh = bpy.data.meshes.new("My mesh")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    mesh.materials.append(bpy.data.materials.new("My material"))
    mine = bpy.data.objects.new("Mine", mesh)
    scene.collection.objects.link(mine)
    own = bpy.data.collections.new("My collection")
    scene.collection.children.link(own)
    own.objects.link(bpy.data.objects.new("My camera", bpy.data.cameras.new("My camera")))
    group = bpy.data.node_groups.new("My nodes", "GeometryNodeTree")
    group.use_fake_user = True
    for name, way in (("Geometry", "OUTPUT"), ("Geometry", "INPUT")):
        group.interface.new_socket(name, in_out=way, socket_type="NodeSocketGeometry")
    for name, kind in (("Number", "NodeSocketFloat"), ("Target", "NodeSocketObject")):
        group.interface.new_socket(name, in_out="INPUT", socket_type=kind)
    action = bpy.data.actions.new("Own move")
    action.use_fake_user = True
    mine.keyframe_insert("location", frame=1)
    probe = bpy.data.objects.new("Probe", None)
    compat.write_fcurve(compat.fcurves_of(probe, action=action), "location", 0, [1, 20], [0, 1])
    bpy.data.objects.remove(probe)
    scene.timeline_markers.new("Mine", frame=7)


def tie_to_the_show() -> None:
    """The user's own things in the middle of ours: linked, parented, following, sharing a material."""
    child = bpy.data.objects.new("My lamp", bpy.data.lights.new("My lamp", "POINT"))
    bpy.data.collections["CF Set"].objects.link(child)
    child.parent = bpy.data.objects["CF DJ"]
    child.location = (1, 2, 3)
    follow = child.constraints.new("TRACK_TO")
    follow.target = bpy.data.objects["CF Avatar_Body"]
    copy = bpy.data.objects["CF DJ"].copy()
    copy.name = "CF Copy"
    bpy.data.scenes["Crossfade 9:16"].collection.objects.link(copy)
    curve = child.data.driver_add("energy").driver
    variable = curve.variables.new()
    variable.targets[0].id = bpy.data.objects["CF Signals"]
    variable.targets[0].data_path = '["kick"]'


def names() -> dict[str, list[str]]:
    """Every datablock of the file, by kind."""
    found = {kind: sorted(b.name for b in getattr(bpy.data, kind)) for kind in edit_foreign.kinds()}
    return {kind: listed for kind, listed in found.items() if listed}
