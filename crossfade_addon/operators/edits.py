# SPDX-License-Identifier: GPL-3.0-or-later
"""Your Changes: look them through, and take one or all of them back."""

from typing import Any, ClassVar

import bpy
from bpy.props import IntProperty

from .. import properties
from ..errors import StudioError
from ..studio.ownership import aspect_of
from ._base import SealedOperator, busy
from ._stage import Before, list_changes, needed_ranges


class _EditsOperator(SealedOperator):
    """Works on the show that stands."""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A show must stand."""
        has_show = any(aspect_of(scene) for scene in bpy.data.scenes)
        return busy() or ("" if has_show else "There is no Crossfade show in this file")

    def rebuild(self, context: Any, forget: frozenset[tuple[str, str, str]]) -> set[str]:
        """Build the show again from the script it was built from, without some of the changes.

        Raises
        ------
        StudioError
            When the show is not complete, or its script is not there or another.
        """
        import json

        from .. import listening, timeline
        from ..studio import regenerate, show
        from ..themes import load_theme

        standing = show.find()
        recalled = show.recalled(next(iter(standing.scenes.values()))) if standing else None
        if standing is None or recalled is None:
            raise StudioError("The show in this file is not complete.", hint="Build it again.")
        brief, script = listening.brief_from_json(json.loads(recalled[1])), timeline.load(recalled[0])
        theme = load_theme(brief.theme)
        key = show.show_key(script, theme, brief)
        if not show.is_current(standing, key):
            raise StudioError(f"The script '{recalled[0]}' is another by now.", hint="Build the show again first.")
        before = Before(context)
        made = regenerate.regenerate(script, theme, brief, needed_ranges(brief, script), forget)
        show.remember(made.show, *recalled)
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

    def run(self, context: Any) -> set[str]:
        """Compare with the record and list what differs."""
        from ..studio.edits import record
        from ..studio.edits.collect import collect

        found = collect()
        record.write_edits(found)
        list_changes(found)
        self.report({"INFO"}, f"Changes of yours: {len(found)}")
        return {"FINISHED"}


class CROSSFADE_OT_reset_edit(_EditsOperator, bpy.types.Operator):
    """Take one change back."""

    bl_idname = "crossfade.reset_edit"
    bl_label = "Reset This Change"
    bl_description = "Take this change of yours back: it is again as Crossfade builds it. The other changes stay"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    index: IntProperty(name="Number", description="Place of the change in the list, from 0", default=-1, min=-1)

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A change must be listed."""
        return super().why_not(context) or _nothing_listed()

    def run(self, context: Any) -> set[str]:
        """Build again without it."""
        listed = _listed()
        number = self.index if self.index >= 0 else _state().index
        if number >= len(listed):
            raise StudioError(f"There is no change number {number + 1}.", hint="Press Look Again.")
        return self.rebuild(context, frozenset({properties.identity_of(listed[number])}))


class CROSSFADE_OT_reset_edits(_EditsOperator, bpy.types.Operator):
    """Take all changes back."""

    bl_idname = "crossfade.reset_edits"
    bl_label = "Reset All Changes"
    bl_description = "Take all your changes back: the show is again as Crossfade builds it. What you made stays"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A change must be listed."""
        return super().why_not(context) or _nothing_listed()

    def run(self, context: Any) -> set[str]:
        """Build again without any."""
        from ..studio.edits.collect import collect

        return self.rebuild(context, frozenset(edit.identity for edit in collect()))


def _state() -> Any:
    ours: list[Any] = [scene for scene in bpy.data.scenes if aspect_of(scene)]
    return ours[0].crossfade_changes


def _listed() -> Any:
    return _state().listed


def _nothing_listed() -> str:
    return "" if len(_listed()) else "No change of yours is listed: press Look Again"


CLASSES = (CROSSFADE_OT_refresh_edits, CROSSFADE_OT_reset_edit, CROSSFADE_OT_reset_edits)
