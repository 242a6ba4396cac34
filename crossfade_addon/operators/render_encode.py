# SPDX-License-Identifier: GPL-3.0-or-later
"""Render & Encode: go on from the show that stands in this file, with everything the artist changed."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from . import _checks, _job
from ._modal import JobOperator
from ._stage import no_show, standing

if TYPE_CHECKING:
    from ..jobs import Progress


class CROSSFADE_OT_render_encode(JobOperator, bpy.types.Operator):
    """Render the show as it stands in this file, with all your changes, and make the videos."""

    bl_idname = "crossfade.render_encode"
    bl_label = "Render & Encode"
    bl_description = "Render the show as it stands in this file, with all your changes, and make the videos"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A show must stand."""
        return super().why_not(context) or no_show()

    def job(self, context: Any) -> _job.Job:
        """Studio, encoder and checks, from the script and settings that the show was built with.

        Raises
        ------
        StudioError
            When the script is not the one that the show was built from: a new show would lose changes.
        """
        from ..pipeline import Pipeline, blender_studio

        _, brief, script = standing(context)
        pipeline = Pipeline(brief, blender_studio(keep=True))

        def steps() -> Generator[Progress, None, Any]:
            yield from _checks.first(context, pipeline, [])
            sequences = yield from pipeline.shoot(script)
            yield from pipeline.encode(script, sequences)

        return _job.Job("Render & Encode", steps(), pipeline.outputs)


CLASSES = (CROSSFADE_OT_render_encode,)
