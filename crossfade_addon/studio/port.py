# SPDX-License-Identifier: GPL-3.0-or-later
"""The studio as the pipeline sees it: a script goes in, frames come out."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

from ..brief import Brief
from ..checks import Check
from ..errors import StudioError
from ..frames import FrameRange, Pace, RenderedFrames
from ..jobs import Progress
from ..stills import COUNTS, Moment
from ..themes import Theme
from ..timeline import Timeline
from . import assets, engines, kept, pace, regenerate, render, renderer, scenes, show, stills
from .edits import words
from .edits.collect import look_through

STAGE = render.STAGE


class BlenderStudio:
    """Builds and renders in this Blender.

    Parameters
    ----------
    keep : bool
        Render the show that stands in this file, with everything an artist changed, as long as it was
        built from the same script. Its frames are never reused, since nobody knows what changed; nor are those of a
        new show into which changes of the artist's were put.
    builds : bool
        Let the show stand in this file afterwards, also when an earlier run has rendered all of it.
    """

    def __init__(self, *, keep: bool = False, builds: bool = False) -> None:
        self.keep = keep
        self.builds = keep or builds

    def check(self, brief: Brief) -> tuple[Check, ...]:
        """Look into the user's own avatar, studio and actions, and at what shall render.

        Raises
        ------
        StudioError
            One of them cannot be used.
        ToolMissing
            That Blender, or a system library that it needs, is not there.
        """
        blender = renderer.renderer(brief)
        assets.fetch(brief).discard()
        if not kept.has_show(brief):  # frames of an earlier run need no graphics
            render.check_graphics(brief.engine)
        return (engines.check(brief.engine, blender),)

    def pace_steps(
        self, brief: Brief, brief_json: dict[str, Any], script: Timeline, ranges: Mapping[str, FrameRange]
    ) -> Generator[Progress, None, Pace]:
        """Time some frames; see :func:`.pace.pace_steps`."""
        standing = show.find() if self.keep else None
        return (yield from pace.pace_steps(brief, brief_json, script, ranges, standing))

    def steps(
        self,
        brief: Brief,
        timeline: Timeline,
        theme: Theme,
        ranges: dict[str, FrameRange],
        brief_json: dict,
        moments: dict[str, tuple[Moment, ...]],
    ) -> Generator[Progress, None, dict[str, RenderedFrames]]:
        """Build or keep the show, then render the ranges, and the best of the proposed moments as stills.

        Raises
        ------
        ToolMissing, StudioError
            As :func:`render.render_steps` and :func:`show.build`.
        """
        key, pictures = show.show_key(timeline, theme, brief), kept.picture_key(timeline, theme, brief)
        if not self.builds:
            found = kept.all_there(brief, (pictures, key), ranges, moments, renderer.renderer(brief).version)
            if found is not None:
                count = sum(span.count for span in ranges.values())
                yield Progress(STAGE, 1.0, f"All {count} frames of an earlier run are reused", notice=True)
                return found
        render.check_graphics(brief.engine)
        standing = show.find()
        if self.keep and standing is not None and show.is_current(standing, key):
            yield Progress(STAGE, 0.02, "The show in this file is kept as it is", notice=True)
            built, keys = standing, ("", "")
            with regenerate.settings_kept(built):
                said = [scenes.set_engine(scene, brief.engine, brief.quality) for scene in built.scenes.values()]
            for notice in words.sentences(look_through()):
                yield Progress(STAGE, 0.05, notice, notice=True)
            if said[0]:
                yield Progress(STAGE, 0.09, said[0], notice=True)
        else:
            yield Progress(STAGE, 0.02, "Building the show")
            made = regenerate.regenerate(timeline, theme, brief, ranges)
            built, keys = made.show, ((pictures, key) if made.is_as_written else ("", ""))
            for notice in made.notices:
                yield Progress(STAGE, 0.05, notice, notice=True)
            if not made.has_sound:
                yield Progress(STAGE, 0.08, "This Blender has no sound: the scenes have no song strip", notice=True)
            yield Progress(STAGE, 0.08, "The show is built")
        show.remember(built, brief.timeline_path, json.dumps(brief_json))
        taken = yield from stills.plan_steps(
            built.scenes, moments, COUNTS[brief.quality], brief.work_dir, float(brief.fps)
        )
        asked = {aspect: kept.asked_for(found, COUNTS[brief.quality]) for aspect, found in moments.items()}
        try:
            return (yield from render.render_steps(built, brief, ranges, keys, taken, asked))
        except StudioError as error:
            if brief.engine == "workbench":
                raise
            yield Progress(STAGE, 0.1, f"{brief.engine} failed ({error.message}) Workbench is used.", notice=True)
        brief = brief.replace(engine="workbench")
        for scene in built.scenes.values():
            scenes.set_engine(scene, brief.engine, brief.quality)
        return (yield from render.render_steps(built, brief, ranges, keys, taken, asked))
