# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the artist's changes into a new show, each on the datablock that was built under the same name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from .. import compat, ownership, scenes
from . import blocks, curves, markers, places, shapes, stacks, strips, values
from .reading import Reading
from .record import Edit

_ORDER = ("shape", "nodes", "curve", "", "slots", "=", "driver", "track", "strip", "marker", "held", "layer", "eyes")
_LAST = ("name", "deleted")
_KEPT_WHOLE = ("shape", "nodes")


def put_all(
    edits: Iterable[Edit], aside: dict[blocks.Identity, Any], built: dict[blocks.Identity, Reading], fps: float
) -> tuple[Edit, ...]:
    """Put every change into the show that stands; returns them, with and without a place.

    Parameters
    ----------
    aside : dict
        What is left of the show before, where meshes and materials that the artist made are taken from; those that
        were taken are taken out of it.
    built : dict
        The new show as it was built.
    fps : float
        Its frames a second.
    """
    lookup = blocks.Lookup()
    return tuple(
        edit.placed(_put(edit, lookup, aside, built, fps, fps / edit.fps if edit.fps else 1.0))
        for edit in sorted(edits, key=_rank)
    )


def _rank(edit: Edit) -> tuple[int, int]:
    if edit.key in _LAST:
        return len(_ORDER) + _LAST.index(edit.key), 0
    head = "=" if edit.key.startswith("=") else edit.key.partition("|")[0]
    if head not in _ORDER:
        return _ORDER.index(""), values.rank(edit.key)
    return _ORDER.index(head), 0


def _put(
    edit: Edit,
    lookup: blocks.Lookup,
    aside: dict[blocks.Identity, Any],
    built: dict[blocks.Identity, Reading],
    fps: float,
    ratio: float,
) -> bool:
    block, key = lookup.ours.get(edit.block), edit.key
    if block is None and key not in _KEPT_WHOLE:
        return False
    try:
        if key in _KEPT_WHOLE:
            return _adopt(edit.block, lookup, aside, built)
        return _put_one(block, edit, lookup, fps, ratio) if key != "deleted" else _delete(edit.block, lookup)
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError, IndexError, ReferenceError):
        return False  # of another Blender, or about something that is not here: kept, and said to have no place


def _put_one(block: Any, edit: Edit, lookup: blocks.Lookup, fps: float, ratio: float) -> bool:
    key, value = edit.key, edit.value
    head, _, rest = key.partition("|")
    if key.startswith("="):
        return stacks.write(block, key[1:], value, lookup)
    if key.endswith("animation_data.action"):
        owner = curves.inner(block, key.removesuffix("animation_data.action"))
        compat.assign_action(owner, lookup.find(value[0]), value[1])
        return True
    if key == "song":
        scenes.remove_song(block)
        return True
    if key == "slots":
        return _put_slots(block, value, lookup)
    if key == "held":
        return places.put(block, value, lookup)
    if key == "eyes":
        return places.put_eyes(block, value, lookup)
    if key == "name":
        block.name = value
        return True
    if head == "curve":
        return curves.put(block, rest, value, lookup, ratio)
    if head == "driver":
        return curves.put_driver(block, rest, value, lookup)
    if head in ("track", "strip"):
        return strips.put(block, edit.was, value, lookup, fps, ratio)
    if head == "marker":
        return markers.put(block, edit.was, value, lookup, fps, ratio)
    if head == "layer":
        return places.put_layer(block, key, value)
    return values.write_one(block, key, value, lookup)


def _put_slots(block: Any, value: list[Any], lookup: blocks.Lookup) -> bool:
    if not isinstance(block, bpy.types.Object):
        found = [lookup.find(reference) for reference in value]
        block.materials.clear()
        for material in found:
            block.materials.append(material)
        return True
    for slot in block.material_slots:
        slot.link = "DATA"
    for number, reference in value:
        block.material_slots[number].link = "OBJECT"
        block.material_slots[number].material = lookup.find(reference)
    return True


def _delete(identity: blocks.Identity, lookup: blocks.Lookup) -> bool:
    block = lookup.ours.pop(identity)
    getattr(bpy.data, identity[0]).remove(block)
    return True


def _adopt(
    identity: blocks.Identity,
    lookup: blocks.Lookup,
    aside: dict[blocks.Identity, Any],
    built: dict[blocks.Identity, Reading],
) -> bool:
    """Let the artist's own datablock take the place of the new one, or wait for a show that has a place for it."""
    old, new = aside.get(identity), lookup.ours.get(identity)
    if old is None:  # taken already
        return new is not None
    kind, name = identity
    if new is None:
        del aside[identity]
        wait(old, name)
        lookup.ours[identity] = old
        return False
    settings = {
        k: v for k, v in built.get(identity, {}).items() if k.isidentifier() and k not in ("name", "shape", "slots")
    }
    shapes.adopt(old, new, settings, lookup)
    del aside[identity]
    what = new[ownership.TAG]
    getattr(bpy.data, kind).remove(new)
    ownership.tag(old, what)
    old.name = name
    if kind != "actions":
        old.use_fake_user = False
    lookup.ours[identity] = old
    return True


def wait(block: Any, name: str) -> None:
    """Keep a datablock for a later show."""
    ownership.tag(block, blocks.WAITING)
    block.name = name
    block.use_fake_user = True
