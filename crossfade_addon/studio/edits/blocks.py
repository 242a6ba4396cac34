# SPDX-License-Identifier: GPL-3.0-or-later
"""Which datablocks are ours, under the names they were built with, whatever the artist calls them now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from .. import ownership

NAME = ownership.NAME
ASIDE = ownership.ASIDE
WAITING = "waiting"
"""The tag of what has no place in this show, but is used by the user or was changed by the artist."""
Identity = tuple[str, str]
"""Kind (``objects``) and built name of a datablock of ours."""

KINDS = {
    "ACTION": "actions",
    "ARMATURE": "armatures",
    "CAMERA": "cameras",
    "COLLECTION": "collections",
    "CURVE": "curves",
    "CURVES": "hair_curves",
    "FONT": "fonts",
    "IMAGE": "images",
    "LATTICE": "lattices",
    "LIGHT": "lights",
    "MATERIAL": "materials",
    "MESH": "meshes",
    "META": "metaballs",
    "NODETREE": "node_groups",
    "OBJECT": "objects",
    "PARTICLE": "particles",
    "POINTCLOUD": "pointclouds",
    "SCENE": "scenes",
    "SOUND": "sounds",
    "SPEAKER": "speakers",
    "TEXT": "texts",
    "TEXTURE": "textures",
    "VOLUME": "volumes",
    "WORLD": "worlds",
}
"""Where ``bpy.data`` lists a kind of datablock, by ``ID.id_type``."""


def tagged(kind: str) -> list[Any]:
    """Datablocks of a kind that carry our tag."""
    return [block for block in getattr(bpy.data, kind, ()) if ownership.is_ours(block)]


def all_tagged() -> Iterator[tuple[str, Any]]:
    """Every datablock that carries our tag, with its kind."""
    for kind in ownership.KINDS:
        for block in tagged(kind):
            yield kind, block


def built_name(block: Any) -> str:
    """The name that a datablock was built with."""
    return str(block.get(NAME, block.name))


def standing() -> dict[Identity, Any]:
    """The datablocks of the show that stands, and what waits for a place in one."""
    apart = (ASIDE, ownership.PICTURE)
    return {(kind, built_name(b)): b for kind, b in all_tagged() if b[ownership.TAG] not in apart}


def note_names() -> None:
    """Note in each datablock of the standing show the name that it has now."""
    for (_, name), block in standing().items():
        if NAME not in block.keys():  # noqa: SIM118  bpy IDs are no mappings
            block[NAME] = name


def release_copies() -> None:
    """Give the user what was made by duplicating ours: a copy carries our tag, but another's built name."""
    seen: dict[Identity, list[Any]] = {}
    for kind, block in all_tagged():
        if NAME in block.keys():  # noqa: SIM118
            seen.setdefault((kind, block[NAME]), []).append(block)
    for (_, name), alike in seen.items():
        original = next((block for block in alike if block.name == name), alike[0])
        for block in alike:
            if block != original:
                release(block)


def release(block: Any) -> None:
    """Make a datablock the user's own."""
    for key in (NAME, ownership.TAG):
        if key in block.keys():  # noqa: SIM118
            del block[key]


def reference(block: Any) -> list[Any] | None:
    """A datablock as plain data: kind, name (the built one for ours) and whether it is ours."""
    if block is None:
        return None
    ours = ownership.is_ours(block)
    return [KINDS.get(block.id_type, ""), built_name(block) if ours else block.name, ours]


class Lookup:
    """Finds datablocks by reference in the show that stands."""

    def __init__(self) -> None:
        self.ours = standing()

    def find(self, reference: Any) -> Any:
        """The datablock, or None when the reference is None.

        Raises
        ------
        KeyError
            There is no such datablock.
        """
        if reference is None:
            return None
        kind, name, ours = reference
        if ours and (kind, name) in self.ours:
            return self.ours[kind, name]
        found = getattr(bpy.data, kind, {}).get(name)
        if found is None or (ours and ownership.is_ours(found) and found[ownership.TAG] == ASIDE):
            raise KeyError(name)
        return found
