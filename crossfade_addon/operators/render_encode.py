# SPDX-License-Identifier: GPL-3.0-or-later
"""Render & Encode: go on from the show that stands in this file, with everything the artist changed."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from .. import preferences, properties
from ..errors import StudioError
from ..studio.ownership import aspect_of
from . import _job
from ._modal import JobOperator

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
        has_show = any(aspect_of(scene) for scene in bpy.data.scenes)
        return super().why_not(context) or ("" if has_show else "Build the show first")

    def job(self, context: Any) -> _job.Job:
        """Studio, encoder and checks, from the script and settings that the show was built with.

        Raises
        ------
        StudioError
            When the script is not the one that the show was built from: a new show would lose changes.
        """
        import json

        from .. import listening, timeline
        from ..pipeline import Pipeline, blender_studio
        from ..studio import show
        from ..themes import load_theme

        standing = show.find()
        recalled = show.recalled(next(iter(standing.scenes.values()))) if standing else None
        if standing is None or recalled is None:
            raise StudioError("The show in this file is not complete.", hint="Clear it and build it again.")
        path, note = recalled
        now = properties.to_brief(context.scene, preferences.places(context))
        brief = listening.brief_from_json(json.loads(note)).replace(
            platforms=now.platforms,
            platforms_file=now.platforms_file,
            platform_changes=now.platform_changes,
            quality=now.quality,
            engine=now.engine,
            with_captions=now.with_captions,
            caption_style=now.caption_style,
            with_thumbnail=now.with_thumbnail,
            with_grade=now.with_grade,
            encoder=now.encoder,
            loudness=now.loudness,
            renders=now.renders,
            with_title=now.with_title,
            ffmpeg=now.ffmpeg,
            blender_executable=now.blender_executable,
            render_timeout_sec=now.render_timeout_sec,
            config_file=now.config_file,
        )
        script = timeline.load(path)
        if not show.is_current(standing, show.show_key(script, load_theme(brief.theme), brief)):
            raise StudioError(
                f"The script '{path}' was written anew after this show was built.", hint="Build the show again."
            )
        pipeline = Pipeline(brief, blender_studio(keep=True))

        def steps() -> Generator[Progress, None, Any]:
            sequences = yield from pipeline.shoot(script)
            yield from pipeline.encode(script, sequences)

        return _job.Job("Render & Encode", steps(), pipeline.outputs)


CLASSES = (CROSSFADE_OT_render_encode,)
