# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the tab's panels sit, and how they write long texts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

_CHARACTER_PX = 6.4
"""Mean width of a character of the interface font at scale 1."""
_MARGIN_PX = 62
_MAX_LINES = 8


class CrossfadePanel:
    """A panel of the tab Crossfade in the 3D view's sidebar; mixed into Blender's panel class."""

    if TYPE_CHECKING:
        layout: Any

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Crossfade"


def split(layout: Any) -> Any:
    """A column of properties with their names on the left and no animation dots."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def paragraph(context: Any, layout: Any, text: str, icon: str, *, alert: bool = False) -> None:
    """A text over as many lines as the sidebar's width asks for."""
    scale = context.preferences.system.ui_scale
    width = max(16, int((context.region.width / scale - _MARGIN_PX) / _CHARACTER_PX))
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = 0.8
    lines = textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines[:_MAX_LINES]):
        column.label(text=line, icon="BLANK1" if number else icon)
