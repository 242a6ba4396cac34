# SPDX-License-Identifier: GPL-3.0-or-later
"""Analyse: listen to the song and write the script of the show."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from .. import preferences, properties
from . import _job
from ._modal import JobOperator


class CROSSFADE_OT_analyse(JobOperator, bpy.types.Operator):
    """Find beats, bars and sections of the song and write the script of the show."""

    bl_idname = "crossfade.analyse"
    bl_label = "Analyse"
    bl_description = "Find beats, bars and sections of the song and write the script of the show. Nothing is built yet"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    def job(self, context: Any) -> _job.Job:
        """The director's stage alone."""
        from ..pipeline import Pipeline, blender_studio

        pipeline = Pipeline(properties.to_brief(context.scene, preferences.places(context)), blender_studio())
        key = properties.script_key(context.scene.crossfade)
        return _job.Job("Analyse", pipeline.direct(), pipeline.outputs, script_key=key)


CLASSES = (CROSSFADE_OT_analyse,)
