# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist's changes as the panel lists them; they lie in the scenes of the show, so undo knows of them."""

from collections.abc import Iterable
from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, StringProperty


class CrossfadeChange(bpy.types.PropertyGroup):
    """One change of the artist's."""

    text: StringProperty(name="Change", description="What was changed")
    identity: StringProperty(name="Identity", description="Which change it is")
    is_placed: BoolProperty(name="Placed", description="Whether it has a place in this show", default=True)


class CrossfadeChanges(bpy.types.PropertyGroup):
    """All changes that were noticed when the show was last built or looked through."""

    listed: CollectionProperty(type=CrossfadeChange, name="Changes", description="What you changed in the show")
    index: IntProperty(name="Chosen", description="The change that is chosen in the list")


def fill_changes(scenes: Iterable[Any], changes: Iterable[tuple[str, tuple[str, str, str], bool]]) -> None:
    """List changes in these scenes: sentence, identity and whether each has a place in the show."""
    import json

    found = list(changes)
    for scene in scenes:
        state = scene.crossfade_changes
        state.listed.clear()
        for text, identity, is_placed in found:
            item = state.listed.add()
            item.text, item.identity, item.is_placed = text, json.dumps(identity), is_placed
        state.index = 0


def identity_of(change: "CrossfadeChange") -> tuple[str, str, str]:
    """Which change a listed one is."""
    import json

    kind, name, key = json.loads(change.identity)
    return kind, name, key


CLASSES = (CrossfadeChange, CrossfadeChanges)
