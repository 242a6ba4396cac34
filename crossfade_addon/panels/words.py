# SPDX-License-Identifier: GPL-3.0-or-later
"""Lyrics: the song's words."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ._panel import CrossfadePanel, split


class CROSSFADE_PT_lyrics(CrossfadePanel, bpy.types.Panel):
    """Words and captions."""

    bl_idname = "CROSSFADE_PT_lyrics"
    bl_label = "Lyrics"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """File and captions."""
        settings = context.scene.crossfade
        column = split(self.layout)
        column.prop(settings, "lyrics", text="File", placeholder="LRC, SRT, VTT or TXT")
        column.prop(settings, "lyrics_offset")
        column.prop(settings, "with_captions")
        row = column.row()
        row.enabled = settings.with_captions
        row.prop(settings, "caption_style")


CLASSES = (CROSSFADE_PT_lyrics,)
