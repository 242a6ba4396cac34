# SPDX-License-Identifier: GPL-3.0-or-later
"""Show: how it looks, and the scenes of it in this file."""

from __future__ import annotations

from typing import Any

import bpy

from ..choices import LEVELS, OWN_AVATAR, OWN_THEME
from ..terms import ASPECTS
from ._panel import CrossfadePanel, split


class CROSSFADE_PT_show(CrossfadePanel, bpy.types.Panel):
    """Look and scenes."""

    bl_idname = "CROSSFADE_PT_show"
    bl_label = "Show"

    def draw(self, context: Any) -> None:
        """Settings of the show, then what can be done with it."""
        settings = context.scene.crossfade
        column = split(self.layout)
        column.prop(settings, "theme")
        if settings.theme == OWN_THEME:
            column.prop(settings, "theme_file", text="File")
        column.prop(settings, "avatar")
        if settings.avatar == OWN_AVATAR:
            column.prop(settings, "avatar_file", text="File")
        column.prop(settings, "studio_file", text="Studio")
        column.prop(settings, "actions_dir", text="Actions")
        column.prop(settings, "mode")
        row = column.row(align=True)
        row.use_property_split = False
        for name, *_ in LEVELS:
            row.prop_enum(settings, "level", name)
        column.prop(settings, "intensity", slider=True)
        column.prop(settings, "seed")
        column = self.layout.column(align=True)
        row = column.row(align=True)
        row.operator("crossfade.build_show", icon="SCENE_DATA")
        row.operator("crossfade.clear_show", text="", icon="TRASH")
        row = column.row(align=True)
        for aspect in ASPECTS:
            row.operator("crossfade.view_show", text=f"View {aspect}", icon="CAMERA_DATA").aspect = aspect
        column.operator("crossfade.render_encode", icon="RENDER_ANIMATION")


CLASSES = (CROSSFADE_PT_show,)
