# SPDX-License-Identifier: GPL-3.0-or-later
"""Grid: how sure the beat is, and everything that corrects it."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..properties.grid import is_pending, why_no_grid
from ._panel import CrossfadePanel, paragraph, split, trust

_MOST_REGIONS = 12
_SURE_ENOUGH = 0.999
"""Confidence that only a person gives."""


class CROSSFADE_PT_grid(CrossfadePanel, bpy.types.Panel):
    """The beat grid, to be trusted or corrected."""

    bl_idname = "CROSSFADE_PT_grid"
    bl_parent_id = "CROSSFADE_PT_song"
    bl_label = "Grid"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only for an analysed song."""
        return bool(context.scene.crossfade.analysis.timeline)

    def draw(self, context: Any) -> None:
        """Tempo, bars, tools, trust, and what was corrected."""
        settings, layout = context.scene.crossfade, self.layout
        if why_no_grid(settings):
            paragraph(context, layout, "Analyse this song to correct its grid.", "INFO")
            return
        layout.enabled = not context.window_manager.crossfade_job.running
        _draw_tempo(layout, settings.grid)
        _draw_bars(layout, settings.grid)
        _draw_listening(layout)
        _draw_regions(layout, settings.grid)
        row = layout.row(align=True)
        row.prop(settings.grid, "show_markers", toggle=True, icon="PMARKER_ACT")
        row.operator("crossfade.show_picture", icon="IMAGE_DATA")


class CROSSFADE_PT_corrections(CrossfadePanel, bpy.types.Panel):
    """What the user corrected."""

    bl_idname = "CROSSFADE_PT_corrections"
    bl_parent_id = "CROSSFADE_PT_song"
    bl_label = "Your Corrections"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where there are some, or the script still has some that were taken back."""
        settings = context.scene.crossfade
        return bool(settings.grid.corrections) or is_pending(settings)

    def draw(self, context: Any) -> None:
        """The list, and what the script knows of it."""
        settings, layout = context.scene.crossfade, self.layout
        grid = settings.grid
        layout.enabled = not context.window_manager.crossfade_job.running
        layout.template_list("CROSSFADE_UL_corrections", "", grid, "corrections", grid, "index", rows=2, maxrows=5)
        layout.operator("crossfade.correct_grid", text="Reset to Detected", icon="LOOP_BACK").edit = "reset"
        if is_pending(settings):
            box = layout.box()
            paragraph(context, box, "The script of the show was written before these corrections.", "INFO")
            box.operator("crossfade.analyse", text="Write Script Again", icon="FILE_REFRESH")


class CROSSFADE_UL_corrections(bpy.types.UIList):
    """Corrections in order, each with a button that takes it back."""

    bl_idname = "CROSSFADE_UL_corrections"

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
        """One correction in words."""
        row = layout.row(align=True)
        row.label(text=item.label)
        row.operator("crossfade.remove_correction", text="", icon="X", emboss=False).index = index


def _draw_tempo(layout: Any, grid: Any) -> None:
    row = layout.row(align=True)
    row.operator("crossfade.correct_grid", text="/2").edit = "/2"
    row.operator("crossfade.correct_grid", text="x2").edit = "x2"
    column = split(layout)
    column.prop(grid, "bpm")
    if grid.tempi:
        row = layout.row(align=True)
        row.label(text="Or")
        for other in grid.tempi:
            row.operator("crossfade.correct_grid", text=f"{other.bpm:.1f}").edit = f"bpm={other.bpm:.2f}"


def _draw_bars(layout: Any, grid: Any) -> None:
    split(layout).prop(grid, "meter")
    row = layout.row(align=True)
    row.operator("crossfade.correct_grid", text="", icon="TRIA_LEFT").edit = "shift=-1"
    row.operator("crossfade.bar_here", icon="MARKER_HLT")
    row.operator("crossfade.correct_grid", text="", icon="TRIA_RIGHT").edit = "shift=1"
    row = layout.row(align=True)
    row.operator("crossfade.correct_grid", text="", icon="TRIA_LEFT").edit = f"nudge=-{grid.nudge_ms}"
    row.prop(grid, "nudge_ms", text="Nudge (ms)")
    row.operator("crossfade.correct_grid", text="", icon="TRIA_RIGHT").edit = f"nudge={grid.nudge_ms}"
    layout.row(align=True).prop(grid, "part", expand=True)


def _draw_listening(layout: Any) -> None:
    row = layout.row(align=True)
    row.operator("crossfade.tap_tempo", icon="PLAY")
    row.operator("crossfade.put_song", text="", icon="SPEAKER")


def _draw_regions(layout: Any, grid: Any) -> None:
    """How sure the beat is, stretch by stretch; one stretch is said in the panel above."""
    from .. import timing

    if len(grid.regions) < 2:
        return
    column = layout.column(align=True)
    for region in grid.regions[:_MOST_REGIONS]:
        word, icon = trust(region.confidence)
        row = column.split(factor=0.45)
        row.label(text=f"{timing.clock(region.start)} to {timing.clock(region.end)}", icon=icon)
        word = "by hand" if region.confidence >= _SURE_ENOUGH else word
        row.label(text=f"{region.bpm:.1f} BPM, {word}" if region.bpm else word)
    if len(grid.regions) > _MOST_REGIONS:
        column.label(text=f"and {len(grid.regions) - _MOST_REGIONS} more", icon="BLANK1")


CLASSES = (CROSSFADE_PT_grid, CROSSFADE_PT_corrections, CROSSFADE_UL_corrections)
