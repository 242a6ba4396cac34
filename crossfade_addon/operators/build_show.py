# SPDX-License-Identifier: GPL-3.0-or-later
"""Build Show: the script becomes two scenes that can be played, changed and rendered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from .. import preferences, properties
from ._base import SealedOperator, busy
from ._stage import Before, look_through, needed_ranges

if TYPE_CHECKING:
    from ..brief import Brief
    from ..studio.show import Show
    from ..timeline import Timeline


class CROSSFADE_OT_build_show(SealedOperator, bpy.types.Operator):
    """Build stage, DJ, lights and cameras in two new scenes, 9:16 and 16:9, and open the first."""

    bl_idname = "crossfade.build_show"
    bl_label = "Build Show"
    bl_description = (
        "Build stage, DJ, lights and cameras in two new scenes, 9:16 and 16:9, and open the first, seen "
        "through its camera. A show of the same script is kept as it is; "
        "another one gets every change that you made to this one. Your own scenes are not touched"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A script for these settings is needed."""
        settings = context.scene.crossfade
        if reason := busy():
            return reason
        if not settings.analysis.timeline:
            return "Analyse the song first"
        if not properties.is_script_current(settings):
            return "Settings have changed since the song was analysed: analyse it again"
        return ""

    def run(self, context: Any) -> set[str]:
        """Build, or keep what is current."""
        import json

        from .. import timeline
        from ..listening import brief_to_json
        from ..pipeline import checked
        from ..studio import output, regenerate, show
        from ..themes import load_theme

        context.window_manager.crossfade_job.error = ""
        brief = checked(properties.to_brief(context.scene, preferences.places(context)))
        script = timeline.load(Path(context.scene.crossfade.analysis.timeline))
        theme = load_theme(brief.theme)
        note = json.dumps(brief_to_json(brief))
        standing = show.find()
        if standing is not None and show.is_current(standing, show.show_key(script, theme, brief)):
            recalled = show.recalled(next(iter(standing.scenes.values())))
            if recalled is None or recalled[1] != note:
                _prepare(standing, brief, script, note)
            look_through()
            self.report({"INFO"}, "The show is already built from this script; it is kept with your changes")
            return {"FINISHED"}
        before = Before(context)
        made = regenerate.regenerate(script, theme, brief, needed_ranges(brief, script))
        output.clear_frames(made.show, brief)
        show.remember(made.show, brief.timeline_path, note)
        before.adopt(context)
        for notice in made.notices:
            self.report({"WARNING"}, notice)
        silent = "" if made.has_sound else "; this Blender has no sound, so the scenes have no song strip"
        self.report({"INFO"}, f"The show is built{silent}")
        return {"FINISHED"}


def _prepare(built: Show, brief: Brief, script: Timeline, note: str) -> None:
    """Make scenes that are kept ready for Blender's own Render Animation, and note what they came from."""
    from ..studio import output, regenerate, scenes, show

    with regenerate.settings_kept(built):
        output.prepare_output(built, brief, needed_ranges(brief, script))
        for scene in built.scenes.values():
            scenes.set_engine(scene, brief.engine, brief.quality)
    show.remember(built, brief.timeline_path, note)


CLASSES = (CROSSFADE_OT_build_show,)
