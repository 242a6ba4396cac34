# SPDX-License-Identifier: GPL-3.0-or-later
"""The menus of presets, in the header of Generate. As in Blender's own, the folder is looked at when a menu opens."""

from __future__ import annotations

from typing import Any

import bpy


class CROSSFADE_MT_presets(bpy.types.Menu):
    """Built-in presets, the user's, and what can be done with them."""

    bl_idname = "CROSSFADE_MT_presets"
    bl_label = "Presets"
    bl_description = "Settings for a purpose, and your own"

    def draw(self, _context: Any) -> None:
        """The names."""
        from ..properties import presets

        layout: Any = self.layout
        own = presets.own()
        for name in presets.BUILT_IN:
            layout.operator("crossfade.use_preset", text=name).preset = name
        if own:
            layout.separator()
            for name in own:
                layout.operator("crossfade.use_preset", text=name, translate=False).preset = name
        layout.separator()
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("crossfade.save_preset", text="Save as Preset...", icon="ADD")
        if own:
            layout.menu("CROSSFADE_MT_remove_preset", icon="REMOVE")


class CROSSFADE_MT_remove_preset(bpy.types.Menu):
    """The user's presets, to delete."""

    bl_idname = "CROSSFADE_MT_remove_preset"
    bl_label = "Delete Preset"
    bl_description = "Delete a preset of yours"

    def draw(self, _context: Any) -> None:
        """The names."""
        from ..properties import presets

        layout: Any = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        for name in presets.own():
            layout.operator("crossfade.remove_preset", text=name, translate=False).preset = name


CLASSES = (CROSSFADE_MT_presets, CROSSFADE_MT_remove_preset)
