# SPDX-License-Identifier: GPL-3.0-or-later
"""React: let a property of the user's own follow the song, and take that back."""

import math
from typing import TYPE_CHECKING, Any, ClassVar

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from .. import properties
from ..errors import CrossfadeError, StudioError
from ..properties.reactions import ReactionSettings
from ._base import SealedOperator, busy

if TYPE_CHECKING:
    from ..studio.react_target import Facts, Target

RANGES = {"ROTATION": ("low_angle", "high_angle"), "LENGTH": ("low_length", "high_length")}
"""Under which names a range is shown in its unit."""
_TURN = math.radians(30)


class CROSSFADE_OT_react(ReactionSettings, SealedOperator, bpy.types.Operator):
    """Let a property follow the song."""

    bl_idname = "crossfade.react"
    bl_label = "React to the Song"
    bl_description = (
        "Let this property follow the song: writes keys for the whole song. Animation that it has is put aside, and "
        "comes back when the reaction is removed"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    target: StringProperty(
        name="Property",
        description="The property's full path: right-click it and choose Copy Full Data Path",
        options={"SKIP_SAVE"},
    )
    whole: BoolProperty(
        name="All Elements", description="Move all elements of the property alike", options={"SKIP_SAVE"}
    )
    label: StringProperty(name="Label", description="What the property is called", options={"HIDDEN", "SKIP_SAVE"})
    unit: StringProperty(name="Unit", description="The property's unit", options={"HIDDEN", "SKIP_SAVE"})
    length: IntProperty(name="Elements", description="How many it has", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A song must have been heard."""
        return busy() or ("" if properties.script_path(context.scene) else "Analyse the song first")

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Take the property under the pointer, and ask how it shall follow."""
        from ..studio.react_target import from_property

        hovered = getattr(context, "property", None)
        if hovered is not None and not self.target:
            block, path, index = hovered
            try:
                target = from_property(block, path, index)
                facts = target.facts()
                target.refuse()
                target.refuse_shared()
                self._suggest(target, facts)
            except CrossfadeError as error:
                return self.fail(context, error)
        return context.window_manager.invoke_props_dialog(self, width=340, confirm_text="React")

    def _suggest(self, target: "Target", facts: "Facts") -> None:
        """Fill in the property, and a range that begins at its value."""
        self.target, self.label = target.text(), target.words(facts)
        self.unit, self.length = facts.unit, facts.length
        if facts.kind == "BOOLEAN" or facts.subtype == "FACTOR":
            self.low, self.high = max(0.0, facts.least), min(1.0, facts.most)
            return
        value = target.read(target.elements(facts)[0])
        reach = _TURN if facts.unit == "ROTATION" else abs(value) or 1.0
        self.low, self.high = value, min(value + reach, facts.most)

    def draw(self, _context: Any) -> None:
        """Which property, then how it follows."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        if self.label:
            layout.label(text=self.label, icon="ANIM")
        else:
            layout.prop(self, "target", placeholder="Copy Full Data Path")
        draw_settings(layout, self)
        if self.length:
            layout.prop(self, "whole")

    def run(self, context: Any) -> set[str]:
        """Write the keys and list the reaction."""
        from ..studio import react
        from ..studio.react_target import Target, from_text
        from ..studio.reaction import Reaction

        target = from_text(self.target)
        if self.whole:
            target = Target(target.owner, target.path)
        wanted = Reaction(self.signal, self.low, self.high, self.gain, self.attack, self.release, self.quantise)
        state = properties.reactions(context.scene)
        rate = properties.frame_rate(context.scene)
        with properties.Quiet():
            item = react.add(state.listed, target, wanted, react.script(properties.script_path(context.scene)), rate)
        state.index, state.fps = len(state.listed) - 1, float(rate)
        self.report({"INFO"}, f"{item.label} follows {item.signal}")
        return {"FINISHED"}


def draw_settings(layout: Any, settings: Any) -> None:
    """How a property follows: of a reaction, or of the operator that makes one."""
    layout.prop(settings, "signal")
    column = layout.column(align=True)
    for name in RANGES.get(settings.unit, ("low", "high")):
        column.prop(settings, name)
    column = layout.column(align=True)
    for name in ("gain", "attack", "release"):
        column.prop(settings, name)
    layout.prop(settings, "quantise")


class _ListOperator(SealedOperator):
    """An operator for which a reaction must be listed."""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Something must be listed."""
        listed = properties.reactions(context.scene).listed
        return busy() or ("" if len(listed) else "Nothing reacts to the song yet")


class CROSSFADE_OT_react_remove(_ListOperator, bpy.types.Operator):
    """Take a reaction back."""

    bl_idname = "crossfade.react_remove"
    bl_label = "Remove Reaction"
    bl_description = "Take this reaction back: its keys go, and the value or the animation from before comes back"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    index: IntProperty(
        name="Number",
        description="Place of the reaction in the list, from 0; -1 is the chosen one",
        default=-1,
        min=-1,
        options={"SKIP_SAVE"},
    )

    def run(self, context: Any) -> set[str]:
        """Remove it."""
        from ..studio import react

        state = properties.reactions(context.scene)
        number = self.index if self.index >= 0 else state.index
        if number >= len(state.listed):
            raise StudioError(f"There is no reaction number {number + 1}.", hint="Choose one of the list.")
        label = state.listed[number].label
        react.remove(state, number)
        self.report({"INFO"}, f"{label} follows the song no more")
        return {"FINISHED"}


class CROSSFADE_OT_react_update(_ListOperator, bpy.types.Operator):
    """Write all reactions anew."""

    bl_idname = "crossfade.react_update"
    bl_label = "Update All"
    bl_description = (
        "Write the keys of all reactions anew, for the song and the frame rate as they are now. Analysing and "
        "building do so by themselves"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A song must have been heard."""
        return super().why_not(context) or ("" if properties.script_path(context.scene) else "Analyse the song first")

    def run(self, context: Any) -> set[str]:
        """Bake, and say what could not be."""
        problems = properties.bake_reactions(context.scene)
        for problem in problems:
            self.report({"WARNING"}, problem)
        if not problems:
            self.report({"INFO"}, "All reactions are up to date")
        return {"FINISHED"}


CLASSES = (CROSSFADE_OT_react, CROSSFADE_OT_react_remove, CROSSFADE_OT_react_update)
