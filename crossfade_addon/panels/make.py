# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate: the song, the one button, its progress and its results.

It comes first, so that the button, the progress and Cancel are in sight however many of the other panels
are open and however short the window is.
"""

from __future__ import annotations

import functools
import time
from typing import Any

import bpy

from .. import preferences
from ._panel import CrossfadePanel, iface, paragraph

_STAGES = {"director": "Listening", "studio": "Rendering", "encode": "Encoding", "verify": "Checking"}
_SHOWN_NOTICES = 4
_LOOK_AGAIN_S = 5
"""How long it takes at most until an FFmpeg that was just installed is seen; the panel is drawn far more often."""


class CROSSFADE_PT_make(CrossfadePanel, bpy.types.Panel):
    """Song in, videos out."""

    bl_idname = "CROSSFADE_PT_make"
    bl_label = "Generate"

    def draw_header_preset(self, _context: Any) -> None:
        """The menu of presets, where Blender has its own."""
        row = self.layout.row()
        row.emboss = "NONE"
        row.menu("CROSSFADE_MT_presets", text="", icon="PRESET")

    def draw(self, context: Any) -> None:
        """The song, then the button or what the job does."""
        layout = self.layout
        job = context.window_manager.crossfade_job
        row = layout.row()
        row.enabled = not job.running
        row.prop(context.scene.crossfade, "audio", text="", icon="FILE_SOUND", placeholder="Choose a song")
        missing = ""
        if job.running:
            _draw_progress(layout, job)
        else:
            row = layout.row()
            row.scale_y = 1.6
            row.operator("crossfade.generate", icon="RENDER_ANIMATION")
            missing = _draw_missing_ffmpeg(context, layout)
        if job.error and job.error != missing:
            paragraph(context, layout.box(), job.error, "ERROR", alert=True)
        for notice in job.notices[-_SHOWN_NOTICES:]:
            paragraph(context, layout, notice.text, "INFO")
        if job.summary:
            layout.label(text=job.summary, icon="CHECKMARK" if job.results else "INFO")
        if job.results:
            _draw_results(layout, job)


def _draw_missing_ffmpeg(context: Any, layout: Any) -> str:
    """Say that nothing can be made yet, before any work, and what to do; returns what was said."""
    if said := _why_missing(preferences.places(context).ffmpeg, int(time.monotonic() / _LOOK_AGAIN_S)):
        box = layout.box()
        paragraph(context, box, said, "ERROR", alert=True)
        show = box.operator("preferences.addon_show", text="Preferences", icon="PREFERENCES")
        show.module = preferences.CrossfadePreferences.bl_idname
    return said


@functools.lru_cache(maxsize=1)
def _why_missing(preferred: str, _moment: int) -> str:
    from .. import ffmpeg

    return ffmpeg.why_missing(preferred)


def _draw_progress(layout: Any, job: Any) -> None:
    names = list(_STAGES)
    number = f"{names.index(job.stage) + 1} of {len(names)}: " if job.stage in _STAGES else ""
    column = layout.column(align=True)
    row = column.row()
    doing = _STAGES.get(str(job.stage), str(job.title))
    row.label(text=f"{number}{iface(doing)}", translate=False)
    left = row.row()
    left.alignment = "RIGHT"
    left.label(text=job.eta)
    column.progress(factor=job.fraction, text=f"{job.fraction:.0%}")
    column.label(text="Stopping" if job.cancelling else job.message)
    row = layout.row()
    row.scale_y = 1.3
    row.enabled = not job.cancelling
    row.operator("crossfade.cancel", icon="CANCEL")


def _draw_results(layout: Any, job: Any) -> None:
    column = layout.box().column(align=True)
    for item in job.results:
        row = column.row(align=True)
        row.alert = not item.ok
        row.label(text=item.label, icon="CHECKMARK" if item.ok else "ERROR")
        row.operator("crossfade.open_file", text="", icon="PLAY").path = item.path
    layout.operator("crossfade.open_folder", icon="FILE_FOLDER")


CLASSES = (CROSSFADE_PT_make,)
