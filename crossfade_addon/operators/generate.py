# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate: song to finished files, in one job."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from .. import preferences, properties
from . import _checks, _job
from ._modal import JobOperator

if TYPE_CHECKING:
    from ..jobs import Progress


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

        own = _checks.of_file(context)
        _checks.refuse(context, own)
        brief = properties.to_brief(context.scene, preferences.places(context))
        pipeline = Pipeline(brief, blender_studio(keep=show.find() is not None, builds=True))
        key = properties.script_key(context.scene.crossfade)

        def steps() -> Generator[Progress, None, Any]:
            yield from _checks.first(context, pipeline, own)
            return (yield from pipeline.work_steps())

        return _job.Job("Generate", steps(), pipeline.outputs, script_key=key)


CLASSES = (CROSSFADE_OT_generate,)
