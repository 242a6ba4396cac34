# SPDX-License-Identifier: GPL-3.0-or-later
"""Check Before Generating: what was found, the worst first, each with what to do about it."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..operators.preflight import FIX_LABELS
from ._panel import CrossfadePanel, paragraph

_ICONS = {"block": "CANCEL", "warn": "ERROR", "ok": "CHECKMARK"}


class CROSSFADE_PT_preflight(CrossfadePanel, bpy.types.Panel):
    """The list of what was looked at."""

    bl_idname = "CROSSFADE_PT_preflight"
    bl_parent_id = "CROSSFADE_PT_make"
    bl_label = "Check Before Generating"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """The button, then the list of the last look at this scene."""
        layout, state = self.layout, context.window_manager.crossfade_preflight
        layout.operator("crossfade.preflight", text="Check Now", icon="VIEWZOOM")
        if not state.verdict or not _is_of(state, context.scene):
            paragraph(context, layout, "Says what would stop the job, and how long it will take.", "INFO")
            return
        if state.outdated:
            paragraph(context, layout, "Settings have changed since then: check again.", "FILE_REFRESH")
        column = layout.column()
        column.active = not state.outdated
        for check in state.checks:
            _draw_check(context, column, check)


def _is_of(state: Any, scene: Any) -> bool:
    """Whether the list was made for this scene's settings."""
    if state.scene == scene.name:
        return True
    other = bpy.data.scenes.get(state.scene)
    return bool(other is not None and other.crossfade.shared and scene.crossfade.shared)


def _draw_check(context: Any, layout: Any, check: Any) -> None:
    said = check.said if check.said.startswith(check.subject) else f"{check.subject}: {check.said}"
    if check.level == "ok":
        paragraph(context, layout, said, _ICONS[check.level])
        return
    box = layout.box()
    paragraph(context, box, said, _ICONS[check.level], alert=check.level == "block")
    if check.remedy:
        paragraph(context, box, check.remedy, "BLANK1")
    if check.fix:
        box.operator("crossfade.fix_check", text=FIX_LABELS[check.fix]).fix = check.fix


CLASSES = (CROSSFADE_PT_preflight,)
