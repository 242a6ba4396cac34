# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are listed: collections that hold an object or a collection, and what view layers hide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from . import blocks

_LAYER_FLAGS = ("exclude", "hide_viewport", "holdout", "indirect_only")


class Holders:
    """Which collections and scenes hold what, read once."""

    def __init__(self) -> None:
        self.of: dict[Any, list[list[Any] | None]] = {}
        for scene in bpy.data.scenes:
            self._hold(scene.collection, blocks.reference(scene))
        for collection in bpy.data.collections:
            self._hold(collection, blocks.reference(collection))

    def _hold(self, collection: Any, reference: list[Any] | None) -> None:
        for held in (*collection.objects, *collection.children):
            self.of.setdefault(held, []).append(reference)

    def read(self, block: Any) -> list[Any]:
        """References of what holds an object or a collection, in order of name."""
        return sorted(self.of.get(block, ()), key=repr)


def put(block: Any, wanted: list[Any], lookup: blocks.Lookup) -> bool:
    """Hold an object or a collection where the artist has it, and nowhere else; False when a place is missing."""
    whole, targets = True, []
    for reference in wanted:
        try:
            holder = lookup.find(reference)
        except KeyError:
            whole = False
            continue
        targets.append(holder.collection if isinstance(holder, bpy.types.Scene) else holder)
    if wanted and not targets:
        return False
    name = "objects" if isinstance(block, bpy.types.Object) else "children"
    every = [scene.collection for scene in bpy.data.scenes] + list(bpy.data.collections)
    for collection in every:
        held, wants = getattr(collection, name), collection in targets
        is_in = block.name in held and held[block.name] == block
        if wants and not is_in:
            held.link(block)
        elif is_in and not wants:
            held.unlink(block)
    return whole


def eyes(scenes: list[Any]) -> dict[Any, list[str]]:
    """Objects that are hidden by the eye, with the view layers that hide them."""
    found: dict[Any, list[str]] = {}
    for scene in scenes:
        for layer in scene.view_layers:
            # All are noted before any is asked: up to 4.2 the place of an object that was just deleted is empty, and
            # the first question clears such places away, under the hands of whoever goes through them.
            for ob in list(layer.objects):
                if ob is not None and ob.hide_get(view_layer=layer):
                    found.setdefault(ob, []).append(f"{blocks.built_name(scene)}|{layer.name}")
    return found


def put_eyes(ob: Any, hidden: list[str], lookup: blocks.Lookup) -> bool:
    """Hide an object by the eye in these view layers of ours, and in no others."""
    for (kind, name), scene in lookup.ours.items():
        if kind == "scenes":
            for layer in scene.view_layers:
                if ob.name in layer.objects:
                    ob.hide_set(f"{name}|{layer.name}" in hidden, view_layer=layer)
    return True


def layers(scene: Any) -> dict[str, list[bool]]:
    """What the view layers of a scene do with each collection: ``layer|View Layer|built name``."""
    return {
        f"layer|{layer.name}|{blocks.built_name(entry.collection)}": [getattr(entry, flag) for flag in _LAYER_FLAGS]
        for layer in scene.view_layers
        for entry in _entries(layer.layer_collection)
    }


def put_layer(scene: Any, key: str, flags: list[bool]) -> bool:
    """Set the flags of one collection in one view layer."""
    _, layer_name, name = key.split("|", 2)
    layer = scene.view_layers.get(layer_name)
    entries = [e for e in _entries(layer.layer_collection) if blocks.built_name(e.collection) == name] if layer else []
    for entry in entries:
        for flag, value in zip(_LAYER_FLAGS, flags, strict=True):
            setattr(entry, flag, value)
    return bool(entries)


def _entries(parent: Any) -> Iterator[Any]:
    for entry in parent.children:
        yield entry
        yield from _entries(entry)
