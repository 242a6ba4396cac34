# SPDX-License-Identifier: GPL-3.0-or-later
"""React: properties of the user's own that follow the song, and the entry for them in the right-click menu."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..operators.react import draw_settings
from ..properties import reactions
from ._panel import CrossfadePanel, paragraph, split

_SAME_RATE = 1e-3
_LABEL = 0.68
"""How much of a line the property's name gets beside the signal's."""
_FOLLOWS = ("FLOAT", "INT", "BOOLEAN")


class CROSSFADE_UL_reactions(bpy.types.UIList):
    """What follows the song, each with a button that takes it back."""

    bl_idname = "CROSSFADE_UL_reactions"

    def draw_item(
        self,
        _context: Any,
        layout: Any,
        _data: Any,
        item: Any,
        _icon: Any,
        _active: Any,
        _property: Any,
        index: int,
        _flag: Any,
    ) -> None:
        """One reaction; what cannot follow has a warning."""
        row = layout.row(align=True)
        is_missing = item.owner is None
        both = row.split(factor=_LABEL)
        text = both.row()
        text.active = not is_missing
        text.label(text=item.label, icon="ERROR" if is_missing or item.problem else "ANIM")
        signal = both.row()
        signal.alignment = "RIGHT"
        signal.active = False
        signal.label(text="Missing" if is_missing else signal_name(item))
        row.operator("crossfade.react_remove", text="", icon="X", emboss=False).index = index


def signal_name(item: Any) -> str:
    """What people call the signal that an item follows."""
    return item.bl_rna.properties["signal"].enum_items[item.signal].name


class CROSSFADE_PT_react(CrossfadePanel, bpy.types.Panel):
    """The list, and how the chosen one follows."""

    bl_idname = "CROSSFADE_PT_react"
    bl_parent_id = "CROSSFADE_PT_show"
    bl_label = "React"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """What follows the song."""
        layout, state = self.layout, reactions(context.scene)
        if not len(state.listed):
            text = (
                "Your own objects, materials and lights can follow the song: right-click a property and choose "
                "React to the Song."
            )
            paragraph(context, layout, text, "INFO")
            layout.operator("crossfade.react", text="Add by Path", icon="ADD")
            return
        layout.template_list("CROSSFADE_UL_reactions", "", state, "listed", state, "index", rows=3)
        row = layout.row(align=True)
        row.operator("crossfade.react", text="Add by Path", icon="ADD")
        row.operator("crossfade.react_update", icon="FILE_REFRESH")
        rate = context.scene.render.fps / context.scene.render.fps_base
        if abs(rate - state.fps) > _SAME_RATE:
            text = f"The keys are for {state.fps:.5g} frames a second, this scene has {rate:.5g}: Update All."
            paragraph(context, layout, text, "INFO")
        if state.index < len(state.listed):
            _draw_chosen(context, layout, state.listed[state.index])


def _draw_chosen(context: Any, layout: Any, item: Any) -> None:
    if item.owner is None:
        paragraph(context, layout, f"{item.label} was deleted. Remove this reaction.", "ERROR")
        return
    if item.problem:
        paragraph(context, layout.box(), item.problem, "ERROR", alert=True)
    draw_settings(split(layout), item)


def _draw_menu(menu: Any, context: Any) -> None:
    """The entry of the right-click menu, for what can be animated."""
    pointer: Any = getattr(context, "button_pointer", None)
    prop: Any = getattr(context, "button_prop", None)
    block = getattr(pointer, "id_data", None)
    if prop is None or block is None or not hasattr(block, "animation_data_create"):
        return
    if prop.type in _FOLLOWS and prop.is_animatable and not pointer.bl_rna.identifier.startswith("Crossfade"):
        menu.layout.separator()
        menu.layout.operator("crossfade.react", icon="SOUND")


def attach() -> None:
    """Add the entry to the right-click menu of buttons."""
    menu: Any = bpy.types.UI_MT_button_context_menu
    menu.append(_draw_menu)


def detach() -> None:
    """Take it back."""
    menu: Any = bpy.types.UI_MT_button_context_menu
    menu.remove(_draw_menu)


CLASSES = (CROSSFADE_UL_reactions, CROSSFADE_PT_react)
