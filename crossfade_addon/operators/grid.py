# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections of what was heard: tempo, beats, bars, parts. Each shows at once and is one step of undo."""

from typing import Any, ClassVar

import bpy
from bpy.props import IntProperty, StringProperty

from ..errors import BriefError
from ..properties import grid
from ._base import SealedOperator, busy, redraw

_SAYS = {
    "x2": "Double the tempo: a beat between every two. For a song that was heard at half its tempo",
    "/2": "Halve the tempo: every second beat. For a song that was heard at twice its tempo",
    "shift=-1": "Bars begin one beat earlier",
    "shift=1": "Bars begin one beat later",
    "reset": "Take all corrections of the grid back: beats and bars are again as they were heard. Corrections of parts "
    "and moments stay",
}


class GridOperator(SealedOperator):
    """Corrects what was heard in the song."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """The song must have been heard, and no job may listen to it."""
        return busy() or grid.why_no_grid(context.scene.crossfade)

    def correct(self, context: Any, text: str, *, in_part: bool = False) -> set[str]:
        """Add one correction and show what comes of it."""
        settings = context.scene.crossfade
        context.window_manager.crossfade_job.error = ""
        grid.correct(settings, text, in_part=in_part)
        return self.shown(context)

    def shown(self, context: Any) -> set[str]:
        """The correction is made: draw the panel anew, and say what is new."""
        redraw(context)
        analysis = context.scene.crossfade.analysis
        self.report({"INFO"}, f"{analysis.bpm:.2f} BPM, {analysis.bars} bars, {len(analysis.sections)} sections")
        return {"FINISHED"}


class CROSSFADE_OT_correct_grid(GridOperator, bpy.types.Operator):
    """One correction of the beat grid."""

    bl_idname = "crossfade.correct_grid"
    bl_label = "Correct Grid"
    bl_description = "Correct the beat grid, in the part that is chosen"

    edit: StringProperty(
        name="Correction", description="As --grid takes it, without a part", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def description(cls, _context: Any, given: Any) -> str:
        """What this button does."""
        name, _, value = given.edit.partition("=")
        if name == "nudge":
            later = "later" if not value.startswith("-") else "earlier"
            return f"All beats come {value.lstrip('-')} ms {later}. For lights that are off the sound"
        if name == "bpm":
            return f"Even beats at {value} BPM, another tempo at which this song could be heard"
        return _SAYS.get(given.edit, cls.bl_description)

    def run(self, context: Any) -> set[str]:
        """Make it."""
        in_part = self.edit != "reset" or context.scene.crossfade.grid.part != "song"
        return self.correct(context, self.edit, in_part=in_part)


class CROSSFADE_OT_bar_here(GridOperator, bpy.types.Operator):
    """A bar begins at the playhead."""

    bl_idname = "crossfade.bar_here"
    bl_label = "Bar Starts Here"
    bl_description = "The beat nearest to the playhead begins a bar, and all other bars move with it"

    def run(self, context: Any) -> set[str]:
        """Make it so."""
        at = _playhead(context)
        settings = context.scene.crossfade
        if settings.grid.part == "after":  # a bar just before the playhead would be outside the part
            return self.correct(context, f"bar={at:.4f}")
        return self.correct(context, f"bar={at:.4f}", in_part=True)


class CROSSFADE_OT_remove_correction(GridOperator, bpy.types.Operator):
    """Take one correction back."""

    bl_idname = "crossfade.remove_correction"
    bl_label = "Take Back"
    bl_description = "Take this correction back. The others stay, and are made again from what was heard"

    index: IntProperty(name="Number", description="Place in the list, from 0", min=0, options={"HIDDEN", "SKIP_SAVE"})

    def run(self, context: Any) -> set[str]:
        """Make all but this one."""
        settings = context.scene.crossfade
        listed = settings.grid.corrections
        if self.index >= len(listed):
            raise BriefError(f"There is no correction number {self.index + 1}.", hint="Choose one of the list.")
        listed.remove(self.index)
        grid.set_corrections(settings, grid.corrections_of(settings))
        return self.shown(context)


class CROSSFADE_OT_split_section(GridOperator, bpy.types.Operator):
    """A section begins at the playhead."""

    bl_idname = "crossfade.split_section"
    bl_label = "Split at Playhead"
    bl_description = "A new section begins at the bar line nearest to the playhead"

    def run(self, context: Any) -> set[str]:
        """Split, unless a section begins there already."""
        settings = context.scene.crossfade
        edits, before = grid.corrections_of(settings), len(settings.analysis.sections)
        done = self.correct(context, f"split={_playhead(context):.4f}")
        if len(settings.analysis.sections) == before:
            grid.set_corrections(settings, edits)
            raise BriefError("A section begins or ends right there.", hint="Move the playhead.")
        return done


class CROSSFADE_OT_merge_section(GridOperator, bpy.types.Operator):
    """Make one section of two."""

    bl_idname = "crossfade.merge_section"
    bl_label = "Merge with Next"
    bl_description = "Make one section of the chosen one and the next; it is called as the longer one"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """There must be a next one."""
        settings = context.scene.crossfade
        is_last = settings.grid.section_index >= len(settings.analysis.sections) - 1
        return super().why_not(context) or ("The chosen section is the last one" if is_last else "")

    def run(self, context: Any) -> set[str]:
        """Take the border between them away."""
        settings = context.scene.crossfade
        border = settings.analysis.sections[settings.grid.section_index + 1].heard_start
        return self.correct(context, f"merge={border:.4f}")


class CROSSFADE_OT_go_to(GridOperator, bpy.types.Operator):
    """Move the playhead to a moment of the song."""

    bl_idname = "crossfade.go_to"
    bl_label = "Go There"
    bl_description = "Move the playhead to where the chosen one begins"

    what: StringProperty(name="What", description="section or moment", options={"HIDDEN", "SKIP_SAVE"})

    def run(self, context: Any) -> set[str]:
        """Move it."""
        from ..studio import song_place

        settings = context.scene.crossfade
        is_section = self.what == "section"
        items = settings.analysis.sections if is_section else settings.grid.moments
        index = settings.grid.section_index if is_section else settings.grid.moment_index
        if not 0 <= index < len(items):
            raise BriefError("Nothing is chosen in the list.", hint="Click on one of its lines.")
        seconds = items[index].start if is_section else items[index].t
        context.scene.frame_set(song_place.frame_of(context.scene, grid.audio_of(settings), seconds))
        return {"FINISHED"}


def _playhead(context: Any) -> float:
    """Second of the song at the playhead.

    Raises
    ------
    BriefError
        It is outside the song.
    """
    settings = context.scene.crossfade
    at, duration = grid.playhead(settings), settings.analysis.duration
    if not -0.5 <= at < duration:
        raise BriefError(
            f"The playhead is at {at:.1f} s of the song, which has {duration:.1f} s.", hint="Move it into the song."
        )
    return max(0.0, at)


CLASSES = (
    CROSSFADE_OT_correct_grid,
    CROSSFADE_OT_bar_here,
    CROSSFADE_OT_remove_correction,
    CROSSFADE_OT_split_section,
    CROSSFADE_OT_merge_section,
    CROSSFADE_OT_go_to,
)
