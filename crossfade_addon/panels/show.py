# SPDX-License-Identifier: GPL-3.0-or-later
"""Show: how it looks, and the scenes of it in this file."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..choices import LEVELS, OWN_AVATAR, OWN_THEME
from ..studio.ownership import lacks_record
from ..terms import ASPECTS
from ._panel import CrossfadePanel, iface, paragraph, split

_UNKNOWN = (
    "An earlier version built this show: what you changed in it is not known. "
    "Build Show leaves it in the file as yours, beside the new one."
)


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
            row.operator(
                "crossfade.view_show", text=iface("View {aspect}").format(aspect=aspect), icon="CAMERA_DATA"
            ).aspect = aspect
        column.operator("crossfade.render_encode", icon="RENDER_ANIMATION")


class CROSSFADE_UL_changes(bpy.types.UIList):
    """What the artist changed, each with a button that takes it back."""

    bl_idname = "CROSSFADE_UL_changes"

    def draw_item(
        self,
        _context: Any,
        layout: Any,
        _data: Any,
        item: Any,
        _icon: Any,
        _active: Any,
        _property: Any,
        index: int,
        _flag: Any,
    ) -> None:
        """One change; what has no place in this show is grey."""
        row = layout.row(align=True)
        text = row.row()
        text.active = item.is_placed
        text.label(text=item.text, icon="NONE" if item.is_placed else "INFO")
        row.operator("crossfade.reset_edits", text="", icon="LOOP_BACK", emboss=False).index = index


class CROSSFADE_PT_changes(CrossfadePanel, bpy.types.Panel):
    """What was noticed when the show was last built or looked through."""

    bl_idname = "CROSSFADE_PT_changes"
    bl_parent_id = "CROSSFADE_PT_show"
    bl_label = "Your Changes"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """The list, and what can be done with it."""
        layout = self.layout
        scenes: tuple[Any, ...] = (context.scene, *bpy.data.scenes)
        shown = next((scene for scene in scenes if scene.crossfade_changes.listed), None)
        if lacks_record():
            paragraph(context, layout, _UNKNOWN, "ERROR")
        elif shown is None:
            paragraph(context, layout, "Whatever you change in the show is kept when it is built again.", "INFO")
        else:
            state = shown.crossfade_changes
            layout.template_list("CROSSFADE_UL_changes", "", state, "listed", state, "index", rows=3, maxrows=8)
        row = layout.row(align=True)
        row.operator("crossfade.refresh_edits", icon="FILE_REFRESH")
        row.operator("crossfade.reset_edits", text="Reset All", icon="LOOP_BACK")


CLASSES = (CROSSFADE_PT_show, CROSSFADE_UL_changes, CROSSFADE_PT_changes)
