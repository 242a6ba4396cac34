# SPDX-License-Identifier: GPL-3.0-or-later
"""What is ours: every datablock Crossfade makes is named ``CF ...``, tagged, and can be removed again.

The tag is the custom property ``crossfade_made`` (what the block is). Nothing without it is ever touched.
It must not be called like the settings, ``Scene.crossfade``: below 5.0 those are a custom property, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import bpy

from ..terms import ASPECTS

PREFIX = "CF "
TAG = "crossfade_made"
NAME = "crossfade_name"
"""Custom property: the name that a datablock of ours was built with, whatever the artist calls it now."""
ASIDE = "aside"
"""The tag of what is left of the standing show while the next one is built; only whoever set it aside removes it."""
PICTURE = "song picture"
"""The tag of the picture of the song: ours, but no part of a show."""
RECORD = "crossfade_record"
"""Custom property of our scenes: the show as it was built. Shows of earlier versions have none."""
BUILD = "crossfade_build"
"""Custom property of our scenes: another one after each build."""
SONG = f"{PREFIX}Song"
"""The strip of the song in a sequencer."""
COLLECTION = "Crossfade"
SIGNALS = "signals"
"""The tag of the object that carries the signals."""
KINDS = (
    "scenes",
    "collections",
    "objects",
    "meshes",
    "armatures",
    "cameras",
    "materials",
    "worlds",
    "actions",
    "sounds",
    # What only the user's own assets bring:
    "curves",
    "hair_curves",
    "lattices",
    "metaballs",
    "pointclouds",
    "fonts",
    "lights",
    "node_groups",
    "textures",
    "images",
)


GROUP_COLORS = {
    "DJ": "COLOR_07",
    "Decks": "COLOR_06",
    "Cameras": "COLOR_05",
    "Crowd": "COLOR_04",
    "Lights": "COLOR_03",
    "Beams": "COLOR_03",
    "Lasers": "COLOR_03",
    "LED": "COLOR_03",
    "Haze": "COLOR_03",
    "Confetti": "COLOR_02",
    "Set": "COLOR_08",
}
"""Colours of groups in the Outliner, by the first word of their names: whatever gives light is yellow."""
_SHOWING = (bpy.types.Scene, bpy.types.Collection, bpy.types.Screen, bpy.types.WorkSpace, bpy.types.WindowManager)
"""Kinds of datablocks that show an object without depending on it."""


def tag(block: Any, what: str) -> Any:
    """Mark a datablock as ours and return it."""
    block[TAG] = what
    return block


def is_ours(block: Any) -> bool:
    """Whether Crossfade made this datablock."""
    return block is not None and TAG in block.keys()  # noqa: SIM118  bpy IDs are no mappings


def scene_name(aspect: str) -> str:
    """Name of the scene of an aspect."""
    return f"Crossfade {aspect}"


def aspect_of(scene: Any) -> str:
    """Aspect of one of our scenes, whatever it is called now, ``""`` for any other."""
    if not is_ours(scene):
        return ""
    name = str(scene.get(NAME, scene.name))
    return next((a for a in ASPECTS if name.startswith(scene_name(a))), "")


def has_show() -> bool:
    """Whether a scene of a show is in this file."""
    return any(aspect_of(scene) for scene in bpy.data.scenes)


def lacks_record() -> bool:
    """Whether a show stands of which nobody can say what was changed in it, as an earlier version built it."""
    ours = [scene for scene in bpy.data.scenes if aspect_of(scene)]
    return bool(ours) and not any(RECORD in scene.keys() for scene in ours)  # noqa: SIM118


def clear(but: Collection[Any] = ()) -> int:
    """Remove every datablock of ours from the file, except signals that drivers of the user's read; returns how many.

    Those are left without animation and in no collection: the next show moves them again. What is set aside stays,
    and so does what is in ``but``.
    """
    kept = _followed_signals() | set(but)
    ours = [b for kind in KINDS for b in getattr(bpy.data, kind, ()) if is_ours(b) and b[TAG] != ASIDE]
    return remove([block for block in ours if block not in kept])


def remove(unwanted: Collection[Any]) -> int:
    """Remove datablocks of ours from the file; returns how many."""
    gone = set(unwanted)
    if gone and all(scene in gone for scene in bpy.data.scenes):
        bpy.data.scenes.new("Scene")
    for scene in [block for block in gone if isinstance(block, bpy.types.Scene)]:
        bpy.data.scenes.remove(scene)
    bpy.data.batch_remove([block for block in unwanted if not isinstance(block, bpy.types.Scene)])
    return len(gone)


def signals() -> Any:
    """The object that carries the signals of this file's show, or None."""
    return next((ob for ob in bpy.data.objects if ob.get(TAG) == SIGNALS), None)


def _followed_signals() -> set[Any]:
    """The signals' object when something that is not ours points at it, made ready to outlive the show."""
    found = signals()
    users = bpy.data.user_map(subset=[found])[found] if found else ()
    if all(is_ours(user) or isinstance(user, _SHOWING) for user in users):
        return set()
    found.animation_data_clear()
    found.use_fake_user = True  # a driver alone would not bring it into the saved file
    return {found}


class Workshop:
    """Makes owned datablocks and links objects into one collection.

    Parameters
    ----------
    collection : bpy.types.Collection
        Where objects go; one of ours.
    """

    def __init__(self, collection: Any, groups: dict[str, Workshop] | None = None) -> None:
        self.collection = collection
        self._groups = {} if groups is None else groups

    def group(self, name: str) -> Workshop:
        """The workshop that links into the sub-collection ``CF <name>``, made on first use.

        All groups of a show share one list, whichever of their workshops is asked.
        """
        found = self._groups.get(name)
        if found is None:
            found = self._groups[name] = Workshop(self.collection_under(name), self._groups)
            found.collection.color_tag = GROUP_COLORS.get(name.split()[0], "NONE")
        return found

    def object(self, name: str, data: Any = None, *, parent: Any = None, collection: Any = None) -> Any:
        """New object ``CF <name>`` in our collection; an empty when ``data`` is None."""
        ob = bpy.data.objects.new(PREFIX + name, data)
        tag(ob, "object")
        (collection or self.collection).objects.link(ob)
        if parent is not None:
            ob.parent = parent
        return ob

    def remove(self, objects: Sequence[Any]) -> None:
        """Remove objects of ours again, and the data that nothing else uses."""
        data = {ob.data for ob in objects if ob.data is not None}
        bpy.data.batch_remove(list(objects))
        bpy.data.batch_remove([block for block in data if block.users == 0])

    def mesh(self, name: str) -> Any:
        """New, empty mesh datablock."""
        return tag(bpy.data.meshes.new(PREFIX + name), "mesh")

    def armature(self, name: str) -> Any:
        """New, empty armature datablock."""
        return tag(bpy.data.armatures.new(PREFIX + name), "armature")

    def camera(self, name: str) -> Any:
        """New camera datablock."""
        return tag(bpy.data.cameras.new(PREFIX + name), "camera")

    def action(self, name: str) -> Any:
        """New action, kept in the file even when nothing uses it."""
        act = tag(bpy.data.actions.new(PREFIX + name), "action")
        act.use_fake_user = True
        return act

    def material(self, name: str) -> Any:
        """New material."""
        return tag(bpy.data.materials.new(PREFIX + name), "material")

    def collection_under(self, name: str, *, link: bool = True) -> Any:
        """New collection, below ours unless ``link`` is False (for instancing only)."""
        sub = tag(bpy.data.collections.new(PREFIX + name), "collection")
        if link:
            self.collection.children.link(sub)
        return sub
