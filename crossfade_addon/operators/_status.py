# SPDX-License-Identifier: GPL-3.0-or-later
"""The status bar while a job runs: what it does and how far it is, in every window, whatever workspace is open."""

from typing import TYPE_CHECKING, Any

import bpy

if TYPE_CHECKING:
    from ..jobs import Progress


def say(context: Any, title: str, report: "Progress", left: str) -> None:
    """Show a report; nothing where there is no window."""
    if bpy.app.background:
        return
    parts = (f"Crossfade: {title}", f"{report.fraction:.0%}", report.message, left)
    text = "   ".join(part for part in parts if part)
    for window in context.window_manager.windows:
        window.workspace.status_text_set(text)


def clear() -> None:
    """Give the status bar back to Blender, also in workspaces that were open while the job ran."""
    if bpy.app.background:
        return
    for workspace in bpy.data.workspaces:
        workspace.status_text_set(None)
