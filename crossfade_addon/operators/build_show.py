# SPDX-License-Identifier: GPL-3.0-or-later
"""Build Show: the script becomes two scenes that can be played, changed and rendered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from .. import preferences, properties
from ._base import SealedOperator, busy
from ._stage import Before

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
        "through its camera. A show of the same script is kept as it is. Your own scenes are not touched"
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
        if settings.analysis.script_key != properties.script_key(settings):
            return "Settings have changed since the song was analysed: analyse it again"
        return ""

    def run(self, context: Any) -> set[str]:
        """Build, or keep what is current."""
        from .. import timeline
        from ..listening import brief_to_json
        from ..pipeline import checked
        from ..studio import output, scenes, show
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
            self.report({"INFO"}, "The show is already built from this script; it is kept with your changes")
            return {"FINISHED"}
        before = Before(context)
        built = show.build(script, theme, brief)
        has_sound = scenes.add_song(list(built.scenes.values()), brief.audio)
        output.clear_frames(built, brief)
        _prepare(built, brief, script, note)
        before.adopt(context)
        for notice in built.notices:
            self.report({"WARNING"}, notice)
        silent = "" if has_sound else "; this Blender has no sound, so the scenes have no song strip"
        self.report({"INFO"}, f"The show is built{silent}")
        return {"FINISHED"}


def _prepare(built: Show, brief: Brief, script: Timeline, note: str) -> None:
    """Make the scenes ready for Blender's own Render Animation, and note what they came from."""
    from .. import frames
    from ..encode.platforms import load_platforms
    from ..studio import output, scenes, show

    known = load_platforms(brief.platforms_file, brief.platform_changes)
    aspects = {name: platform.aspect for name, platform in known.items() if name in brief.platforms}
    output.prepare_output(built, brief, frames.needed_ranges(script, aspects, brief.fps))
    for scene in built.scenes.values():
        scenes.set_engine(scene, brief.engine, brief.quality)
    show.remember(built, brief.timeline_path, note)


CLASSES = (CROSSFADE_OT_build_show,)
