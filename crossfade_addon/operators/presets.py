# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets: use one, save the settings as one, delete one."""

from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from ._base import SealedOperator, busy


class _PresetOperator(SealedOperator):
    """Works on the open scene's settings."""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A running job has its settings already."""
        return busy()


class CROSSFADE_OT_use_preset(_PresetOperator, bpy.types.Operator):
    """Set what the preset holds."""

    bl_idname = "crossfade.use_preset"
    bl_label = "Use Preset"
    bl_description = "Set everything that this preset holds; the song, files and folders stay"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    preset: StringProperty(name="Preset", description="Which one is used", options={"HIDDEN", "SKIP_SAVE"})

    def run(self, context: Any) -> set[str]:
        """Set it, and say what changed."""
        from ..properties import presets

        done = presets.apply(context.scene.crossfade, presets.read(self.preset))
        said = f"Preset '{self.preset}': {', '.join(done.changed) or 'nothing'} changed"
        if done.left_out:
            self.report({"WARNING"}, f"{said}. Left out: {'; '.join(done.left_out)}")
        else:
            self.report({"INFO"}, said)
        return {"FINISHED"}


class CROSSFADE_OT_save_preset(_PresetOperator, bpy.types.Operator):
    """Save the settings as a preset."""

    bl_idname = "crossfade.save_preset"
    bl_label = "Save Preset"
    bl_description = "Save these settings under a name, without song, files and folders; one of that name is replaced"

    preset: StringProperty(name="Name", description="What the preset is called", maxlen=60, options={"SKIP_SAVE"})

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the name."""
        return context.window_manager.invoke_props_dialog(self)

    def run(self, context: Any) -> set[str]:
        """Write it."""
        from ..properties import presets

        path = presets.save(context.scene.crossfade, self.preset)
        self.report({"INFO"}, f"Preset '{path.stem}' is saved")
        return {"FINISHED"}


class CROSSFADE_OT_remove_preset(_PresetOperator, bpy.types.Operator):
    """Delete a preset of one's own."""

    bl_idname = "crossfade.remove_preset"
    bl_label = "Delete Preset"
    bl_description = "Delete this preset of yours; the settings stay as they are"

    preset: StringProperty(name="Preset", description="Which one is deleted", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask whether that is meant."""
        return context.window_manager.invoke_confirm(self, event)

    def run(self, context: Any) -> set[str]:
        """Delete it."""
        from ..properties import presets

        presets.remove(self.preset)
        self.report({"INFO"}, f"Preset '{self.preset}' is deleted")
        return {"FINISHED"}


CLASSES = (CROSSFADE_OT_use_preset, CROSSFADE_OT_save_preset, CROSSFADE_OT_remove_preset)
