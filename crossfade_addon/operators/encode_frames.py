# SPDX-License-Identifier: GPL-3.0-or-later
"""Encode Frames: after Blender's own Render Animation of one of our scenes, make its platforms' videos."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from ..errors import StudioError
from . import _job
from ._base import busy
from ._modal import JobOperator

if TYPE_CHECKING:
    from ..frames import FrameRange
    from ..jobs import Progress
    from ..pipeline import Pipeline
    from ..timeline import Timeline


class Rendered:
    """One finished Render Animation, as plain data: it is noted in a thread that must not touch Blender.

    Parameters
    ----------
    written : mapping
        Files that this render wrote, by frame; all the same one when it wrote a movie.
    """

    def __init__(self, scene_name: str, written: Mapping[int, Path]) -> None:
        self.scene_name = scene_name
        self.written = written


waiting: list[Rendered] = []
"""Renders that are not encoded yet, oldest first."""


class CROSSFADE_OT_encode_frames(JobOperator, bpy.types.Operator):
    """Make the videos from the frames or the movie that Blender's own Render Animation has just written."""

    bl_idname = "crossfade.encode_frames"
    bl_label = "Encode Frames"
    bl_description = "Make the videos from the frames that Blender's own Render Animation has just written"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A render must be waiting."""
        return busy() or ("" if waiting else "Blender has rendered no Crossfade scene")

    def job(self, context: Any) -> _job.Job:
        """Encoder and checks for the oldest render that waits."""
        pipeline, steps = encode_rendered(waiting.pop(0))
        return _job.Job("Encode", steps, pipeline.outputs, by_hand=True)


def encode_rendered(render: Rendered) -> tuple[Pipeline, Generator[Progress, None, Any]]:
    """The pipeline and its steps that encode what was rendered.

    Raises
    ------
    StudioError
        When the frames or the movie are not all there, or the script is not the one that the scene was built from.
    """
    import json

    from .. import frames, listening, timeline
    from ..pipeline import Pipeline, blender_studio
    from ..studio import output, ownership, show
    from ..themes import load_theme

    scene = bpy.data.scenes.get(render.scene_name)
    recalled = show.recalled(scene) if scene is not None else None
    if scene is None or recalled is None:
        raise StudioError(f"Scene '{render.scene_name}' is no scene of a built show.", hint="Build the show again.")
    path, note = recalled
    brief = listening.brief_from_json(json.loads(note))
    script = timeline.load(path)
    aspect = ownership.aspect_of(scene)
    if not show.is_current(show.Show({aspect: scene}), show.show_key(script, load_theme(brief.theme), brief)):
        raise StudioError(
            f"The script '{path}' was written anew after this show was built.", hint="Build the show again."
        )
    pipeline = Pipeline(brief, blender_studio())
    aspects = {name: p.aspect for name, p in pipeline.platforms.items() if p.aspect == aspect}
    if not aspects:
        raise StudioError(f"No platform for {aspect} is chosen.", hint="Choose one and build the show again.")
    span = frames.needed_ranges(script, aspects, brief.fps)[aspect]
    movie = output.written_movie(render.written)
    if movie is not None:
        output.check_written(aspect, span, render.written)
        return pipeline, _from_movie(pipeline, script, aspect, span, movie, min(render.written))
    found = output.written_frames(brief, aspect, span, render.written)
    return pipeline, pipeline.encode(script, {aspect: pipeline.sequence(found)})


def _from_movie(
    pipeline: Pipeline, script: Timeline, aspect: str, span: FrameRange, movie: Path, first_frame: int
) -> Generator[Progress, None, Any]:
    """Look at the movie that Blender wrote, then encode it."""
    source = yield from pipeline.movie(movie, aspect, span, first_frame=first_frame)
    return (yield from pipeline.encode(script, {aspect: source}))


CLASSES = (CROSSFADE_OT_encode_frames,)
