# SPDX-License-Identifier: GPL-3.0-or-later
"""Output: for whom, which part, how good, and where to."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from .. import timing
from ..encode.platforms import load_platforms
from ..preferences import places
from ..properties import output_folder
from ._panel import CrossfadePanel, split

_LABELS = {name: platform.label for name, platform in load_platforms().items()}


class CROSSFADE_PT_output(CrossfadePanel, bpy.types.Panel):
    """Platforms, part, quality and folder."""

    bl_idname = "CROSSFADE_PT_output"
    bl_label = "Output"

    def draw(self, context: Any) -> None:
        """Settings, two platforms to a row."""
        settings = context.scene.crossfade
        grid = self.layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        for name, label in _LABELS.items():
            grid.prop_enum(settings, "platforms", name, text=label)
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


class CROSSFADE_PT_render(CrossfadePanel, bpy.types.Panel):
    """What is seldom changed."""

    bl_idname = "CROSSFADE_PT_render"
    bl_parent_id = "CROSSFADE_PT_output"
    bl_label = "Render"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Engine and frame rate."""
        column = split(self.layout)
        column.prop(context.scene.crossfade, "engine")
        column.prop(context.scene.crossfade, "fps")


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
        settings = context.scene.crossfade
        column = self.layout.column(align=True)
        for clip in settings.analysis.clips:
            if clip.platform not in settings.platforms:
                continue
            times = f"{timing.clock(clip.start)} to {timing.clock(clip.end)}"
            column.label(text=f"{_LABELS.get(clip.platform, clip.platform)}: {times}")
            column.label(text=clip.reason, icon="BLANK1")


CLASSES = (CROSSFADE_PT_output, CROSSFADE_PT_render, CROSSFADE_PT_clips)
