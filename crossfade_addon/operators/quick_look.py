# SPDX-License-Identifier: GPL-3.0-or-later
"""Quick Look: eight bars of the show at half size with sound, shown by the system's own player."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import bpy
from bpy.props import EnumProperty

from ..studio.ownership import aspect_of
from ..terms import ASPECTS
from . import _job
from ._modal import JobOperator
from ._stage import no_show, standing

if TYPE_CHECKING:
    from ..brief import Brief
    from ..jobs import Progress
    from ..pipeline import Outputs
    from ..studio.show import Show
    from ..timeline import Clip, Timeline

_KEY, _LABEL = "quick_look", "Quick Look"


class CROSSFADE_OT_quick_look(JobOperator, bpy.types.Operator):
    """Render eight bars of the show at half size, with sound, and play them."""

    bl_idname = "crossfade.quick_look"
    bl_label = "Quick Look"
    bl_description = (
        "Render eight bars of the show as it stands now, at half size and with sound, into the folder 'preview' of the "
        "output folder, and play them with your system's player. Finished videos are not touched"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    around: EnumProperty(
        name="Around",
        description="Which bars",
        items=(
            ("playhead", "Playhead", "Two bars before the playhead and six from there on"),
            ("drop", "Strongest Drop", "Two bars before the strongest drop and six from there on"),
        ),
        default="playhead",
    )

    @classmethod
    def description(cls, _context: Any, given: Any) -> str:
        """Which bars this button shows."""
        which = given.bl_rna.properties["around"].enum_items[given.around].description
        return f"{cls.bl_description}. {which}"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A show must stand."""
        return super().why_not(context) or no_show()

    def job(self, context: Any) -> _job.Job:
        """The bars in the scene that is open, else in the upright one."""
        from .. import timing
        from ..errors import StudioError
        from ..ffmpeg import find_ffmpeg
        from ..pipeline import Outputs
        from ..preview import parts

        built, brief, script = standing(context)
        moment: float | None = timing.seconds_at(context.scene.frame_current, brief.fps)
        if self.around == "drop":
            moment = parts.strongest_drop(script)
            if moment is None:
                raise StudioError("No drop was heard in this song.", hint="Choose the bars around the playhead.")
        clip = parts.eight_bars(script, moment)
        aspect = aspect_of(context.scene) or ASPECTS[0]
        outputs = Outputs(labels={_KEY: f"{_LABEL} {aspect}"})
        steps = _steps(built, brief, script, aspect, clip, find_ffmpeg(brief.ffmpeg), outputs)
        return _job.Job(_LABEL, steps, outputs)

    def done(self, context: Any) -> None:
        """Play it, where somebody looks."""
        results = context.window_manager.crossfade_job.results
        if not bpy.app.background and context.window is not None and len(results):
            operators: Any = bpy.ops  # types know no operators of add-ons
            with contextlib.suppress(RuntimeError):  # no player: the panel lists the file
                operators.crossfade.open_file(path=results[0].path)


def _steps(
    built: "Show",
    brief: "Brief",
    script: "Timeline",
    aspect: str,
    clip: "Clip",
    ffmpeg: str,
    outputs: "Outputs",
) -> "Generator[Progress, None, None]":
    from ..frames import clip_range, scaled
    from ..jobs import Progress
    from ..preview import quick_look
    from ..studio import render

    brief = quick_look.preview_brief(brief)
    span = clip_range(clip, brief.fps)
    folder: Path = brief.work_dir / "frames"
    yield Progress(render.STAGE, 0.0, f"{_LABEL}: {clip.reason}", notice=True)
    with quick_look.workplace(brief):
        pictures = yield from render.picture_steps(
            built,
            brief,
            aspect,
            range(span.first, span.last + 1),
            folder,
            scaled(aspect, quick_look.SCALE),
            is_draft=True,
        )
        film = yield from quick_look.film_steps(brief, script, aspect, clip, pictures, ffmpeg)
    outputs.paths[_KEY] = film


CLASSES = (CROSSFADE_OT_quick_look,)
