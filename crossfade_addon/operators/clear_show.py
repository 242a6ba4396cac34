# SPDX-License-Identifier: GPL-3.0-or-later
"""Clear: remove the show from this file."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from .. import properties
from ..studio import ownership
from ._base import SealedOperator, busy
from ._stage import leave


class CROSSFADE_OT_clear_show(SealedOperator, bpy.types.Operator):
    """Remove the show's scenes and everything Crossfade made in this file."""

    bl_idname = "crossfade.clear_show"
    bl_label = "Clear"
    bl_description = (
        "Remove the show's scenes and everything Crossfade made in this file. Your own scenes, your settings "
        "and finished files are kept"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A show must stand, or something of ours be in the user's scenes."""
        return busy() or ("" if ownership.has_show() or _has_traces() else "There is no Crossfade show in this file")

    def run(self, context: Any) -> set[str]:
        """Remove what is ours; the settings go with the user to the scene that is opened."""
        from ..studio.edits.leave import remove_show

        settings = properties.snapshot(context.scene.crossfade)
        held = properties.take_reactions(scene for scene in bpy.data.scenes if ownership.aspect_of(scene))
        settings["grid"]["show_markers"] = False
        was_ours = bool(ownership.aspect_of(context.scene))
        leave(context)
        _take_traces_out()
        count = remove_show()
        if was_ours:
            scene = context.window.scene if context.window else context.scene
            properties.restore(scene.crossfade, settings)
        if held:
            properties.put_reactions(context.window.scene if context.window else context.scene, held)
        self.report({"INFO"}, f"The show is removed ({count} datablocks)")
        return {"FINISHED"}


def _has_traces() -> bool:
    """Whether the song's picture, sound or beats are in this file without a show."""
    images: Any = bpy.data.images
    scenes: Any = bpy.data.scenes
    return (
        any(ownership.is_ours(image) for image in images)
        or any(ownership.is_ours(sound) for sound in bpy.data.sounds)
        or any(scene.crossfade.grid.show_markers for scene in scenes)
    )


def _take_traces_out() -> None:
    """Take sound and beats out of the user's own scenes."""
    from ..studio import beat_markers, song_place

    scene: Any
    for scene in bpy.data.scenes:
        scene.crossfade.grid.show_markers = False
        beat_markers.remove(scene)
        if not ownership.aspect_of(scene):
            song_place.take_song(scene)


CLASSES = (CROSSFADE_OT_clear_show,)
