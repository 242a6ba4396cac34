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
        """A show must stand."""
        has_show = any(ownership.aspect_of(scene) for scene in bpy.data.scenes)
        return busy() or ("" if has_show else "There is no Crossfade show in this file")

    def run(self, context: Any) -> set[str]:
        """Remove what is ours; the settings go with the user to the scene that is opened."""
        from ..studio.edits.leave import remove_show

        settings = properties.snapshot(context.scene.crossfade)
        held = properties.take_reactions(scene for scene in bpy.data.scenes if ownership.aspect_of(scene))
        was_ours = bool(ownership.aspect_of(context.scene))
        leave(context)
        count = remove_show()
        if was_ours:
            scene = context.window.scene if context.window else context.scene
            properties.restore(scene.crossfade, settings)
        if held:
            properties.put_reactions(context.window.scene if context.window else context.scene, held)
        self.report({"INFO"}, f"The show is removed ({count} datablocks)")
        return {"FINISHED"}


CLASSES = (CROSSFADE_OT_clear_show,)
