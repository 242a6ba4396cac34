# SPDX-License-Identifier: GPL-3.0-or-later
"""Check Before Generating: what would stop the job and what it will cost; and one button for each remedy."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar

import bpy
from bpy.props import EnumProperty

from .. import preferences, properties
from . import _checks, _job
from ._base import SealedOperator, busy
from ._modal import JobOperator

if TYPE_CHECKING:
    from ..jobs import Progress
    from ..preflight.full import Findings

_FIXES = (
    ("preferences", "Preferences", "Open Crossfade's preferences, where FFmpeg and the song library are chosen"),
    ("save", "Save File", "Save this .blend, so that paths relative to it lead somewhere"),
    ("workbench", "Use Workbench", "Render with Workbench, which shows the painted look without a graphics card"),
    ("no_captions", "No Captions", "Burn no captions into the videos; caption files are still written"),
    ("draft", "Use Draft", "Render a draft: a third of the size, the quickest to render"),
)
_VALUES = {"workbench": ("engine", "workbench"), "no_captions": ("with_captions", False), "draft": ("quality", "draft")}
"""What a remedy sets."""


class CROSSFADE_OT_preflight(JobOperator, bpy.types.Operator):
    """Look at everything that could stop the job, and time some frames."""

    bl_idname = "crossfade.preflight"
    bl_label = "Check Before Generating"
    bl_description = (
        "Open the song, look at FFmpeg, disk, library and what renders, and time a few frames in a Blender of their "
        "own. Nothing is made, and nothing in this file changes"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    def job(self, context: Any) -> _job.Job:
        """All checks, listed in the panel as they are found."""
        from ..checks import blocking
        from ..errors import BriefError
        from ..pipeline import Pipeline, blender_studio, refused
        from ..preflight import full, quick
        from ..studio import show

        findings = full.Findings(_checks.of_file(context))
        brief = None
        try:
            brief = properties.to_brief(context.scene, preferences.places(context))
            pipeline = Pipeline(brief, blender_studio(keep=show.find() is not None))
        except BriefError as error:
            found = refused(brief) if brief is not None else []
            findings.checks += found or [blocking(quick.SETTINGS, error)]
            steps = full.ended(findings)
        else:
            steps = full.look_steps(pipeline, findings)
        return _job.Job(self.bl_label, self._listed(context, findings, steps))

    def _listed(
        self, context: Any, findings: "Findings", steps: "Generator[Progress, None, None]"
    ) -> "Generator[Progress, None, None]":
        state, scene_name = context.window_manager.crossfade_preflight, context.scene.name
        shown = -1
        for report in steps:
            if len(findings.checks) != shown:
                shown = len(findings.checks)
                properties.fill_checks(state, scene_name, findings.checks)
            yield report
        properties.fill_checks(state, scene_name, findings.checks)


class CROSSFADE_OT_fix_check(SealedOperator, bpy.types.Operator):
    """Do what a check advises."""

    bl_idname = "crossfade.fix_check"
    bl_label = "Do This"
    bl_description = "Do what the check above advises"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    fix: EnumProperty(name="Remedy", description="What is done", items=_FIXES)

    @classmethod
    def description(cls, _context: Any, chosen: Any) -> str:
        """What this button does."""
        return next(about for name, _, about in _FIXES if name == chosen.fix)

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A running job has its settings already."""
        return busy()

    def run(self, context: Any) -> set[str]:
        """Open what is to be chosen, or set it."""
        if self.fix == "preferences":
            bpy.ops.preferences.addon_show(module=preferences.CrossfadePreferences.bl_idname)
        elif self.fix == "save":
            bpy.ops.wm.save_mainfile("INVOKE_DEFAULT")
        else:
            name, value = _VALUES[self.fix]
            setattr(context.scene.crossfade, name, value)
        return {"FINISHED"}


FIX_LABELS = {name: label for name, label, _ in _FIXES}
CLASSES = (CROSSFADE_OT_preflight, CROSSFADE_OT_fix_check)
