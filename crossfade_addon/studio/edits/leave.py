# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove the show from the file, and leave the user what the user made inside it."""

from __future__ import annotations

from typing import Any

import bpy

from .. import ownership
from . import blocks
from .held import user_data_held

_PLACES = ("objects", "collections", "scenes")


def remove_show() -> int:
    """Remove everything of ours; returns how many datablocks.

    What the user made stays where it is seen: it is taken out of our collections and from our parents, and keeps the
    meshes, materials and actions of ours that it uses.
    """
    blocks.release_copies()
    ours = [block for _, block in blocks.all_tagged()]
    for ob in [ob for ob in bpy.data.objects if not ownership.is_ours(ob)]:
        if ownership.is_ours(ob.parent):
            place = ob.matrix_world.copy()
            ob.parent = None
            ob.matrix_world = place
        _rehouse("objects", ob)
    for collection in [c for c in bpy.data.collections if not ownership.is_ours(c)]:
        _rehouse("children", collection)
    users = bpy.data.user_map(subset=ours) if ours else {}
    given = True
    while given:
        given = [
            block
            for block in ours
            if ownership.is_ours(block)
            and blocks.KINDS.get(block.id_type) not in _PLACES
            and any(not ownership.is_ours(user) for user in users.get(block, ()))
        ]
        for block in given:
            blocks.release(block)
    with user_data_held():
        return ownership.clear()


def _rehouse(part: str, block: Any) -> None:
    """Link what only our collections and scenes hold into a scene of the user's."""
    held = [
        c for c in (*bpy.data.collections, *(s.collection for s in bpy.data.scenes)) if block in set(getattr(c, part))
    ]
    mine = [s.collection for s in bpy.data.scenes if not ownership.is_ours(s)]
    theirs = {s.collection for s in bpy.data.scenes if ownership.is_ours(s)}
    if not held or not all(ownership.is_ours(c) or c in theirs for c in held):
        return
    if not mine:
        mine = [bpy.data.scenes.new("Scene").collection]
    getattr(mine[0], part).link(block)
