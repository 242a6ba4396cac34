# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the tab's panels sit, and how they write long texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import blf
import bpy

from ..terms import FAIR_FROM, SURE_FROM, TRANSLATION_CONTEXT

_MARGIN_PX = 100
"""What the sidebar's tabs, the box and the icon take of its width at scale 1."""
_LEAST, _MOST = 16, 60
"""Characters of a line."""
_MAX_LINES = 12


class CrossfadePanel:
    """A panel of the tab Crossfade in the 3D view's sidebar; mixed into Blender's panel class."""

    if TYPE_CHECKING:
        layout: Any

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Crossfade"
    bl_translation_context = TRANSLATION_CONTEXT


def iface(text: str) -> str:
    """The text in the language of the interface: for what is put together, since Blender looks up whole texts only."""
    return bpy.app.translations.pgettext_iface(text)


def trust(confidence: float) -> tuple[str, str]:
    """How sure a beat is, as a word and as a light: green, yellow or red."""
    if confidence >= SURE_FROM:
        return "sure", "COLLECTION_COLOR_04"
    if confidence >= FAIR_FROM:
        return "fairly sure", "COLLECTION_COLOR_03"
    return "unsure", "COLLECTION_COLOR_01"


def split(layout: Any) -> Any:
    """A column of properties with their names on the left and no animation dots."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def paragraph(context: Any, layout: Any, text: str, icon: str, *, alert: bool = False) -> None:
    """A text over as many lines as the sidebar's width asks for, in the user's language where it is known."""
    text = iface(text)
    width = context.region.width / context.preferences.system.ui_scale - _MARGIN_PX
    blf.size(0, context.preferences.ui_styles[0].widget.points)  # font 0 is the interface's
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = 0.8
    lines = _wrapped(text, width)
    for number, line in enumerate(lines[:_MAX_LINES]):
        column.label(text=line, icon="BLANK1" if number else icon, translate=False)


def _wrapped(text: str, width: float) -> list[str]:
    """Lines that are as long as they may be."""
    import textwrap

    lines = [text]
    for characters in range(_MOST, _LEAST - 1, -1):
        lines = textwrap.wrap(text, characters, break_on_hyphens=False) or [""]
        if max(blf.dimensions(0, line)[0] for line in lines) <= width:
            break
    return lines
