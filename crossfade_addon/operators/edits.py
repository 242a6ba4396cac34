# SPDX-License-Identifier: GPL-3.0-or-later
"""Your Changes: look them through, and take one or all of them back."""

from typing import Any, ClassVar

import bpy
from bpy.props import IntProperty

from .. import properties
from ..errors import StudioError
from ..studio.ownership import aspect_of, has_show, lacks_record
from ._base import SealedOperator, busy
from ._stage import Before, as_built, look_through, needed_ranges


class _EditsOperator(SealedOperator):
    """Works on the show that stands."""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A show must stand."""
        return busy() or ("" if has_show() else "There is no Crossfade show in this file")

    def rebuild(self, context: Any, forget: frozenset[tuple[str, str, str]]) -> set[str]:
        """Build the show again from the script it was built from, without some of the changes.

        Raises
        ------
        StudioError
            When the show is not complete, or its script is not there or another.
        """
        from ..studio import regenerate, show
        from ..themes import load_theme

        _, brief, script, noted = as_built()
        before = Before(context)
        made = regenerate.regenerate(script, load_theme(brief.theme), brief, needed_ranges(brief, script), forget)
        show.remember(made.show, *noted)
        before.adopt(context)
        for notice in made.notices:
            self.report({"INFO"}, notice)
        return {"FINISHED"}


class CROSSFADE_OT_refresh_edits(_EditsOperator, bpy.types.Operator):
    """Look through the show for what you changed since it was built."""

    bl_idname = "crossfade.refresh_edits"
    bl_label = "Look Again"
    bl_description = "Look through the show for what you changed since it was built"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """There must be a record to compare with."""
        unknown = "An earlier version built this show: nobody noted how, so changes cannot be found"
        return super().why_not(context) or (unknown if lacks_record() else "")

    def run(self, context: Any) -> set[str]:
        """Compare with the record and list what differs."""
        self.report({"INFO"}, f"Changes of yours: {len(look_through())}")
        return {"FINISHED"}


class CROSSFADE_OT_reset_edits(_EditsOperator, bpy.types.Operator):
    """Take one change back, or all of them."""

    bl_idname = "crossfade.reset_edits"
    bl_label = "Reset Changes"
    bl_description = "Take your changes back: the show is again as Crossfade builds it. What you made stays"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    index: IntProperty(
        name="Number",
        description="Place of the change in the list, from 0; -1 for all",
        default=-1,
        options={"SKIP_SAVE"},  # else the button for all would remember the last one
    )

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """What a button does: the one beside a change, or the one for all."""
        if properties.index < 0:
            return "Take all your changes back: the show is again as Crossfade builds it. What you made stays"
        return "Take this change of yours back: it is again as Crossfade builds it. The other changes stay"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A change must be listed."""
        return super().why_not(context) or ("" if _listed() else "No change of yours is listed: press Look Again")

    def run(self, context: Any) -> set[str]:
        """Build again without what is taken back."""
        from ..studio.edits.collect import collect

        if self.index < 0:
            return self.rebuild(context, frozenset(edit.identity for edit in collect()))
        listed = _listed()
        if self.index >= len(listed):
            raise StudioError(f"There is no change number {self.index + 1}.", hint="Press Look Again.")
        return self.rebuild(context, frozenset({properties.identity_of(listed[self.index])}))


def _listed() -> Any:
    """The changes that are listed, in a show that stands."""
    ours: list[Any] = [scene for scene in bpy.data.scenes if aspect_of(scene)]
    return ours[0].crossfade_changes.listed


CLASSES = (CROSSFADE_OT_refresh_edits, CROSSFADE_OT_reset_edits)
