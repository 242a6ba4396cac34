# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview: see the show before it is rendered."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ._panel import CrossfadePanel


class CROSSFADE_PT_preview(CrossfadePanel, bpy.types.Panel):
    """Play, safe zones, drops, quick look."""

    bl_idname = "CROSSFADE_PT_preview"
    bl_parent_id = "CROSSFADE_PT_show"
    bl_label = "Preview"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """What can be looked at."""
        layout, state = self.layout, context.window_manager.crossfade_preview
        if state.is_playing:
            layout.operator("crossfade.play", text="Stop", icon="PAUSE", depress=True)
        else:
            row = layout.row(align=True)
            row.operator("crossfade.play", text="Play", icon="PLAY").start = "here"
            row.operator("crossfade.play", text="Part").start = "part"
            row.operator("crossfade.play", text="Song").start = "song"
        row = layout.row(align=True)
        row.operator(
            "crossfade.safe_zones",
            depress=state.show_zones,
            icon="HIDE_OFF" if state.show_zones else "HIDE_ON",
        )
        row.prop(state, "zones_of", text="")
        layout.operator("crossfade.drop_sheet", icon="IMAGE_REFERENCE")
        row = layout.row(align=True)
        row.operator("crossfade.quick_look", text="Quick Look", icon="RENDER_ANIMATION").around = "playhead"
        row.operator("crossfade.quick_look", text="At Drop").around = "drop"


CLASSES = (CROSSFADE_PT_preview,)
