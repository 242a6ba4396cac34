# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preview shows: of the window, not of the file."""

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty

from .. import choices

CHOSEN = "chosen"
_items: list[tuple[str, str, str, int]] = []
"""What the menu offers now; Blender needs the texts to live on."""


def _platforms(_state: Any, context: Any) -> list[tuple[str, str, str, int]]:
    """All platforms chosen in the Output panel together, each of the built-in ones, each of the user's own."""
    own = context.scene.crossfade.own_platforms if context is not None else ()
    _items[:] = [
        (CHOSEN, "Chosen Platforms", "What is free on every platform that is chosen in the Output panel", 0),
        *((name, label, f"What {label} leaves free", number) for name, label, _, number in choices.PLATFORMS),
        *((p.platform, p.label, f"What {p.label} leaves free", 100 + n) for n, p in enumerate(own)),
    ]
    return _items


def _redraw(_state: Any, context: Any) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


class CrossfadePreview(bpy.types.PropertyGroup):
    """How the preview looks."""

    show_zones: BoolProperty(
        name="Safe Zones", description="Safe zones are drawn over the camera's view", options={"SKIP_SAVE"}
    )
    zones_of: EnumProperty(
        name="Platform",
        description="Whose safe zones are drawn",
        items=_platforms,
        update=_redraw,
        options={"SKIP_SAVE"},
    )
    is_playing: BoolProperty(name="Playing", description="The preview plays with the song", options={"SKIP_SAVE"})


CLASSES = (CrossfadePreview,)
