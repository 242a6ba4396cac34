# SPDX-License-Identifier: GPL-3.0-or-later
"""Output: for whom, which part, how good, and where to."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..choices import PLATFORMS
from ..preferences import places
from ..properties import chosen_platforms, output_folder
from ._panel import CrossfadePanel, paragraph, split


class CROSSFADE_PT_output(CrossfadePanel, bpy.types.Panel):
    """Platforms, part, quality and folder."""

    bl_idname = "CROSSFADE_PT_output"
    bl_label = "Output"

    def draw(self, context: Any) -> None:
        """Settings, two platforms to a row."""
        settings = context.scene.crossfade
        _draw_config(context, self.layout, settings)
        grid = self.layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        for name, label, *_ in PLATFORMS:
            grid.prop_enum(settings, "platforms", name, text=label)
        for item in settings.own_platforms:
            grid.prop(item, "wanted", text=item.label, toggle=True)
        self.layout.row(align=True).prop(settings, "quality", expand=True)
        column = split(self.layout)
        column.prop(settings, "part")
        if settings.part == "clip":
            column.prop(settings, "clip_start")
            column.prop(settings, "clip_end")
        column.prop(settings, "output_dir")
        if not bpy.data.filepath and settings.output_dir.startswith("//"):
            column.label(text=str(output_folder(settings, places(context))), icon="INFO")
        column.prop(settings, "with_thumbnail")
        title = column.row()
        title.active = settings.with_thumbnail
        title.prop(settings, "with_title")


def _draw_config(context: Any, layout: Any, settings: Any) -> None:
    """The file with settings beside the song: whether it counts, and for what."""
    from ..properties.config_file import used

    note = settings.config
    if not note.file and not note.error:
        return
    layout.prop(settings, "use_config", text="Use crossfade.toml beside the song")
    if not settings.use_config:
        return
    if note.error:
        paragraph(context, layout, note.error, "ERROR", alert=True)
    elif names := used(settings):
        paragraph(context, layout, f"From the file: {', '.join(names).replace('_', ' ')}", "FILE_TEXT")


class CROSSFADE_PT_render(CrossfadePanel, bpy.types.Panel):
    """What is seldom changed."""

    bl_idname = "CROSSFADE_PT_render"
    bl_parent_id = "CROSSFADE_PT_output"
    bl_label = "Render"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Engine, frame rate, and movies that need no render."""
        settings = context.scene.crossfade
        column = split(self.layout)
        column.prop(settings, "engine")
        column.prop(settings, "fps")
        column.prop(settings, "movie_tall", placeholder="Rendered here")
        column.prop(settings, "movie_wide", placeholder="Rendered here")


class CROSSFADE_PT_encode(CrossfadePanel, bpy.types.Panel):
    """How the files are made of the pictures."""

    bl_idname = "CROSSFADE_PT_encode"
    bl_parent_id = "CROSSFADE_PT_output"
    bl_label = "Encode"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Grade, encoder, loudness, and platforms of the user's own."""
        settings = context.scene.crossfade
        column = split(self.layout)
        column.prop(settings, "with_grade")
        column.prop(settings, "encoder")
        column.prop(settings, "loudness")
        column.prop(settings, "platforms_file", text="Platforms", placeholder="Built in")
        if settings.platforms_error:
            paragraph(context, self.layout, settings.platforms_error, "ERROR", alert=True)


class CROSSFADE_PT_clips(CrossfadePanel, bpy.types.Panel):
    """Which part each platform gets."""

    bl_idname = "CROSSFADE_PT_clips"
    bl_parent_id = "CROSSFADE_PT_output"
    bl_label = "Chosen Parts"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only for an analysed song."""
        return bool(context.scene.crossfade.analysis.clips)

    def draw(self, context: Any) -> None:
        """From, to, and why."""
        from .. import timing

        settings = context.scene.crossfade
        labels: dict[str, Any] = {name: label for name, label, *_ in PLATFORMS}
        labels |= {item.platform: item.label for item in settings.own_platforms}
        chosen = chosen_platforms(settings)
        shared: dict[tuple[float, float, str], list[str]] = {}
        for clip in settings.analysis.clips:
            if clip.platform in chosen:
                name = labels.get(clip.platform, clip.platform)
                shared.setdefault((clip.start, clip.end, clip.reason), []).append(name)
        for (start, end, reason), names in shared.items():
            column = self.layout.column(align=True)
            column.label(text=f"{timing.clock(start)} to {timing.clock(end)}", icon="PREVIEW_RANGE")
            paragraph(context, column, ", ".join(names), "BLANK1")
            paragraph(context, column, reason, "BLANK1")


CLASSES = (CROSSFADE_PT_output, CROSSFADE_PT_render, CROSSFADE_PT_encode, CROSSFADE_PT_clips)
