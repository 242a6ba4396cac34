# SPDX-License-Identifier: GPL-3.0-or-later
"""Song: its name, and what was heard in it."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ._panel import CrossfadePanel, paragraph, split, trust

_UNIT_PX = 20
_BESIDE, _LEAST_UNITS, _MOST_UNITS = 3.4, 5.0, 18.0
"""Of a panel's width, in units of the interface: what is beside the picture, and how large that may be."""
_NAME = 0.74
"""How much of a line a song's name gets beside its tempo."""


class CROSSFADE_PT_song(CrossfadePanel, bpy.types.Panel):
    """Name and analysis."""

    bl_idname = "CROSSFADE_PT_song"
    bl_label = "Song"

    def draw(self, context: Any) -> None:
        """Names, Analyse, and the facts."""
        settings = context.scene.crossfade
        column = split(self.layout)
        row = column.row(align=True)
        row.prop(settings, "song_id")
        row.operator("crossfade.list_songs", text="", icon="VIEWZOOM")
        column.prop(settings, "title", placeholder=settings.analysis.title or "From the file")
        column.prop(settings, "artist", placeholder=settings.analysis.artist or "From the file")
        self.layout.operator("crossfade.analyse", icon="SOUND")
        if settings.analysis.timeline:
            _draw_facts(self.layout, settings.analysis)
            _draw_picture(context, self.layout, settings.grid)


class CROSSFADE_PT_similar(CrossfadePanel, bpy.types.Panel):
    """Songs of the library that are like this one, and their looks."""

    bl_idname = "CROSSFADE_PT_similar"
    bl_parent_id = "CROSSFADE_PT_song"
    bl_label = "Similar Songs"
    bl_order = 1  # after what the song consists of
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """The button, then what was found for the song that is chosen now."""
        layout, found = self.layout, context.window_manager.crossfade_library
        layout.operator("crossfade.find_similar", icon="VIEWZOOM")
        if not found.asked or found.asked != context.scene.crossfade.song_id.strip():
            return
        for song in found.similar:
            _draw_similar(context, layout.box().column(align=True), song)
        if not found.similar:
            paragraph(context, layout, "The library holds no other song that was heard.", "INFO")


def _draw_similar(context: Any, layout: Any, song: Any) -> None:
    row = layout.split(factor=_NAME)
    row.label(text=song.label, icon="SOUND")
    right = row.row()
    right.alignment = "RIGHT"
    right.label(text=f"{song.bpm:.0f} BPM" if song.bpm else "")
    paragraph(context, layout, song.why, "BLANK1")
    if song.look:
        layout.operator("crossfade.use_look", icon="BRUSH_DATA").song_id = song.song_id
    else:
        row = layout.row()
        row.active = False
        row.label(text="No look yet: never rendered", icon="BLANK1")


def _draw_picture(context: Any, layout: Any, grid: Any) -> None:
    """The song in rows; as wide as the sidebar is."""
    from ..properties.song_icon import icon

    shown = icon(grid.picture)
    if shown:
        unit = _UNIT_PX * context.preferences.system.ui_scale
        layout.template_icon(shown, scale=min(max(context.region.width / unit - _BESIDE, _LEAST_UNITS), _MOST_UNITS))


def _draw_facts(layout: Any, analysis: Any) -> None:
    from .. import timing

    if analysis.bpm == 0:
        beat, icon = "No steady beat", "INFO"
    else:
        word, icon = trust(analysis.confidence)
        beat = f"Beat: {word}"
    grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    grid.label(text=f"{analysis.bpm:.1f} BPM" if analysis.bpm else "No tempo", icon="TIME")
    grid.label(text=beat, icon=icon)
    grid.label(text=timing.clock(analysis.duration), icon="PREVIEW_RANGE")
    grid.label(text=f"{analysis.bars} bars", icon="ALIGN_JUSTIFY")


CLASSES = (CROSSFADE_PT_song, CROSSFADE_PT_similar)
