# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate: song to finished files, in one job."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from .. import preferences, properties
from . import _job
from ._modal import JobOperator


class CROSSFADE_OT_generate(JobOperator, bpy.types.Operator):
    """Analyse the song, build the show, render it and make a finished video for each platform."""

    bl_idname = "crossfade.generate"
    bl_label = "Generate Crossfade Videos"
    bl_description = (
        "Analyse the song, build the show, render it and make a finished video for each platform. A show that "
        "stands in this file is kept with your changes as long as the song's script is the same"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Also needs a platform."""
        return super().why_not(context) or (
            "" if properties.chosen_platforms(context.scene.crossfade) else "Choose a platform first"
        )

    def job(self, context: Any) -> _job.Job:
        """The whole pipeline."""
        from ..pipeline import Pipeline, blender_studio
        from ..studio import show

        brief = properties.to_brief(context.scene, preferences.places(context))
        pipeline = Pipeline(brief, blender_studio(keep=show.find() is not None, builds=True))
        key = properties.script_key(context.scene.crossfade)
        return _job.Job("Generate", pipeline.steps(), pipeline.outputs, script_key=key)


CLASSES = (CROSSFADE_OT_generate,)
