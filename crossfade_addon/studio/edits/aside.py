# SPDX-License-Identifier: GPL-3.0-or-later
"""The show that stood, while the next one is built: set aside, handed over to the new one, or put back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import bpy

from .. import ownership
from . import apply, blocks, markers, record, values

_EARLIER = "Earlier "
_PLACES = ("objects", "collections")
_SHOWING = (bpy.types.Screen, bpy.types.WindowManager, bpy.types.WorkSpace)


@dataclass(slots=True)
class _Scene:
    """A scene of ours as it was before the build."""

    scene: Any
    name: str
    settings: dict[str, Any]
    notes: dict[str, Any]
    markers: list[dict[str, Any]]
    children: list[Any]
    world: Any
    camera: Any


@dataclass(slots=True)
class Aside:
    """What stands in the file, out of the way of what is built. The scenes stay: the next show uses them again.

    A show without a record (an earlier version built it) becomes the user's, with its scenes: nobody knows what was
    changed in it. ``earlier`` has the names of those scenes.
    """

    earlier: list[str] = field(default_factory=list)
    blocks: dict[blocks.Identity, Any] = field(default_factory=dict)
    _before: dict[blocks.Identity, tuple[str, str]] = field(default_factory=dict)
    _sounds: list[Any] = field(default_factory=list)
    _given: list[tuple[Any, str, str]] = field(default_factory=list)
    _scenes: list[_Scene] = field(default_factory=list)

    def make(self) -> None:
        """Set everything aside."""
        blocks.release_copies()
        standing = blocks.standing()
        if any(kind == "scenes" for kind, _ in standing) and record.read() is None:
            self._give_away(standing)
            return
        for identity, block in standing.items():
            if identity[0] == "scenes":
                self._scenes.append(_read_scene(block))
                _empty(block)
            elif identity[0] == "sounds":
                self._sounds.append(block)
            else:
                self._before[identity] = (block.name, block[ownership.TAG])
                block[blocks.NAME] = identity[1]
                ownership.tag(block, blocks.ASIDE)
                block.name = f"CF~{len(self.blocks)}"
                self.blocks[identity] = block

    def _give_away(self, standing: dict[blocks.Identity, Any]) -> None:
        for (kind, _), block in standing.items():
            self._given.append((block, block.name, block[ownership.TAG]))
            blocks.release(block)
            block.name = _EARLIER + block.name.removeprefix(ownership.PREFIX)
            if kind == "scenes":
                self.earlier.append(block.name)

    def restore(self) -> None:
        """Remove what was half built, and let the show stand that stood."""
        ownership.clear(but={*self._sounds, *(before.scene for before in self._scenes)})
        for block, name, what in self._given:
            ownership.tag(block, what)
            block.name = name
        for identity, block in self.blocks.items():
            name, what = self._before[identity]
            ownership.tag(block, what)
            block.name = name
        for before in self._scenes:
            _write_scene(before)

    def settle(self) -> None:
        """Let the user's own things point at the new show, and remove the old one.

        What they use and the new show has not: a mesh, a material and the like becomes the user's; an object or a
        collection waits for the next show, out of sight.
        """
        new = blocks.standing()
        self._rehouse(new)
        users = bpy.data.user_map(subset=list(self.blocks.values())) if self.blocks else {}
        names = {block: identity for identity, block in self.blocks.items()}
        needed = {block for block in names if any(_is_foreign(user) for user in users.get(block, ()))}
        stays: set[Any] = set()
        while needed:
            block = needed.pop()
            target = new.get(names[block])
            if target is not None:
                block.user_remap(target)
                if names[block][0] == "objects" and _is_signals(target):
                    _keep_names(block, target)
                continue
            if any(_depends(user) or user in stays for user in users.get(block, ())):
                stays.add(block)
                needed |= {other for other in names if other not in stays and block in users.get(other, ())}
        waiting = set(stays)
        while given := [b for b in waiting if names[b][0] not in _PLACES and any(map(_depends, users[b]))]:
            for block in given:
                blocks.release(block)
                block.name = names[block][1]
            waiting.difference_update(given)
        for block in waiting:
            _leave_scenes(block)
            apply.wait(block, names[block][1])
        ownership.remove([block for block in names if block not in stays])

    def _rehouse(self, new: dict[blocks.Identity, Any]) -> None:
        """Link what the user put into our collections into those of the new show."""
        top = new.get(("collections", ownership.COLLECTION))
        for (kind, name), old in self.blocks.items():
            if kind != "collections":
                continue
            home = new.get((kind, name), top)
            for part in ("objects", "children"):
                for block in getattr(old, part):
                    if home is not None and not ownership.is_ours(block) and block.name not in getattr(home, part):
                        getattr(home, part).link(block)


def _is_foreign(user: Any) -> bool:
    return not ownership.is_ours(user) and not isinstance(user, _SHOWING)


def _depends(user: Any) -> bool:
    """Whether something of the user's needs what it uses, and does not only list it."""
    return _is_foreign(user) and not isinstance(user, bpy.types.Collection | bpy.types.Scene)


def _is_signals(block: Any) -> bool:
    return block[ownership.TAG] == ownership.SIGNALS


def _keep_names(old: Any, new: Any) -> None:
    """Signals that the user's drivers may read, of a song that had more of them, stand still at nothing."""
    for name in set(old.keys()) - set(new.keys()):
        if isinstance(old[name], float):
            new[name] = 0.0


def _leave_scenes(block: Any) -> None:
    if isinstance(block, bpy.types.Object):
        block.animation_data_clear()
        for collection in [c for c in block.users_collection if ownership.is_ours(c)]:
            collection.objects.unlink(block)


def _read_scene(scene: Any) -> _Scene:
    notes = {key: scene[key] for key in scene.keys() if key.startswith("crossfade_") and isinstance(scene[key], str)}  # noqa: SIM118
    return _Scene(
        scene,
        scene.name,
        values.read(scene) | {"frame_start": scene.frame_start, "frame_end": scene.frame_end},
        notes,
        list(markers.read(scene).values()),
        [child for child in scene.collection.children if ownership.is_ours(child)],
        scene.world,
        scene.camera,
    )


def _empty(scene: Any) -> None:
    """Take out of a scene what the next build puts in anew."""
    scene.timeline_markers.clear()
    for child in [c for c in scene.collection.children if ownership.is_ours(c)]:
        scene.collection.children.unlink(child)
    scene.camera = None


def _write_scene(before: _Scene) -> None:
    scene, lookup = before.scene, blocks.Lookup()
    _empty(scene)
    scene.name = before.name
    for child in before.children:
        scene.collection.children.link(child)
    scene.world, scene.camera = before.world, before.camera
    values.write(scene, before.settings, lookup)
    for marker in before.markers:
        made = scene.timeline_markers.new(marker["name"], frame=marker["frame"])
        made.camera = lookup.find(marker["camera"])
    for key, value in before.notes.items():
        scene[key] = value
