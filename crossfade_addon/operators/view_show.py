# SPDX-License-Identifier: GPL-3.0-or-later
"""View: open one scene of the show and look through its camera, as it will be rendered."""

from typing import Any, ClassVar

import bpy
from bpy.props import EnumProperty

from ..terms import ASPECTS
from ._base import SealedOperator
from ._stage import no_show, view


class CROSSFADE_OT_view_show(SealedOperator, bpy.types.Operator):
    """Open this scene of the show and look through its camera, shaded as it is rendered."""

    bl_idname = "crossfade.view_show"
    bl_label = "View Show"
    bl_description = "Open this scene of the show and look through its camera, shaded as it is rendered"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    aspect: EnumProperty(
        name="Aspect",
        description="Which scene of the show",
        items=[(aspect, aspect, f"The {aspect} scene") for aspect in ASPECTS],
    )

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A show must stand."""
        return no_show()

    def run(self, context: Any) -> set[str]:
        """Change the scene and this 3D view."""
        from ..studio import show

        built = show.find()
        if built is None:
            return {"CANCELLED"}
        view(context, built.scenes[self.aspect])
        return {"FINISHED"}


CLASSES = (CROSSFADE_OT_view_show,)
