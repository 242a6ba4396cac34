# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections and moments: what the song consists of, to be called, moved, split, merged and switched off."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..properties.grid import why_no_grid
from ._panel import CrossfadePanel, paragraph, split

_ICONS = {
    "drop": "TRIA_DOWN_BAR",
    "build": "TRIA_UP",
    "breakdown": "TRIA_DOWN",
    "hard_start": "PLAY",
    "hard_stop": "SNAP_FACE",
    "roll": "ALIGN_JUSTIFY",
    "silence": "MUTE_IPO_ON",
    "section_change": "KEYFRAME",
}


class _SongPart(CrossfadePanel):
    """A sub-panel of Song about what was heard."""

    bl_parent_id = "CROSSFADE_PT_song"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}


class CROSSFADE_PT_sections(_SongPart, bpy.types.Panel):
    """The parts of the song."""

    bl_idname = "CROSSFADE_PT_sections"
    bl_label = "Sections"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only for an analysed song."""
        return bool(context.scene.crossfade.analysis.sections)

    def draw(self, context: Any) -> None:
        """One line per section, as long as it is loud; then the chosen one."""
        settings, layout = context.scene.crossfade, self.layout
        grid, sections = settings.grid, settings.analysis.sections
        layout.template_list(
            "CROSSFADE_UL_sections", "", settings.analysis, "sections", grid, "section_index", rows=4, maxrows=12
        )
        if why_no_grid(settings) or not 0 <= grid.section_index < len(sections):
            return
        layout.enabled = not context.window_manager.crossfade_job.running
        column = split(layout)
        column.prop(sections[grid.section_index], "section_type", text="Called")
        row = column.row()
        row.enabled = grid.section_index > 0
        row.prop(sections[grid.section_index], "start")
        row = layout.row(align=True)
        row.operator("crossfade.go_to", icon="NEXT_KEYFRAME").what = "section"
        row.operator("crossfade.merge_section", icon="AUTOMERGE_ON")
        layout.operator("crossfade.split_section", icon="SNAP_EDGE")


class CROSSFADE_UL_sections(bpy.types.UIList):
    """Sections with their energy."""

    bl_idname = "CROSSFADE_UL_sections"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: Any, _active: Any, _property: Any
    ) -> None:
        """When, what, how loud."""
        from .. import timing

        row = layout.split(factor=0.22)
        row.label(text=timing.clock(item.start))
        row.progress(factor=item.energy, text=item.section_type.capitalize())


class CROSSFADE_PT_moments(_SongPart, bpy.types.Panel):
    """What happens in the song."""

    bl_idname = "CROSSFADE_PT_moments"
    bl_label = "Moments"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where some were heard."""
        return bool(context.scene.crossfade.grid.moments)

    def draw(self, context: Any) -> None:
        """One line per moment with its switch; then why the Director thinks so."""
        settings, layout = context.scene.crossfade, self.layout
        grid = settings.grid
        layout.enabled = not context.window_manager.crossfade_job.running
        layout.template_list("CROSSFADE_UL_moments", "", grid, "moments", grid, "moment_index", rows=4, maxrows=12)
        if 0 <= grid.moment_index < len(grid.moments):
            reason = grid.moments[grid.moment_index].reason
            paragraph(context, layout, reason[:1].upper() + reason[1:] if reason else "No reason is known", "INFO")
            layout.operator("crossfade.go_to", icon="NEXT_KEYFRAME").what = "moment"


class CROSSFADE_UL_moments(bpy.types.UIList):
    """Moments with a switch each."""

    bl_idname = "CROSSFADE_UL_moments"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: Any, _active: Any, _property: Any
    ) -> None:
        """On or off, when, what."""
        from .. import timing

        row = layout.row(align=True)
        row.prop(item, "use", text="")
        line = row.split(factor=0.22)
        line.active = item.use
        line.label(text=timing.clock(item.t))
        line.label(text=item.event_type.replace("_", " ").capitalize(), icon=_ICONS.get(item.event_type, "DOT"))


CLASSES = (
    CROSSFADE_PT_sections,
    CROSSFADE_UL_sections,
    CROSSFADE_PT_moments,
    CROSSFADE_UL_moments,
)
