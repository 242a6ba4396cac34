# SPDX-License-Identifier: GPL-3.0-or-later
"""Thumbnails of Every Drop: small pictures of the show, side by side in an Image Editor."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from ..studio.ownership import aspect_of
from ..terms import ASPECTS
from . import _job
from ._modal import JobOperator
from ._stage import no_show, standing

if TYPE_CHECKING:
    from ..brief import Brief
    from ..jobs import Progress
    from ..studio.show import Show
    from ..timeline import Timeline


class CROSSFADE_OT_drop_sheet(JobOperator, bpy.types.Operator):
    """Render a small picture of every drop and show them side by side."""

    bl_idname = "crossfade.drop_sheet"
    bl_label = "Thumbnails of Every Drop"
    bl_description = (
        "Render a small picture of every drop (of every part, in a song without one) as the show stands now, and "
        "show them side by side in an Image Editor"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A show must stand."""
        return super().why_not(context) or no_show()

    def job(self, context: Any) -> _job.Job:
        """Pictures of the scene that is open, else of the upright one."""
        built, brief, script = standing(context)
        return _job.Job("Thumbnails", _steps(built, brief, script, aspect_of(context.scene) or ASPECTS[0]))

    def done(self, context: Any) -> None:
        """Open the sheet."""
        from ..studio import sheet_image

        image = sheet_image.find()
        if image is None or bpy.app.background or context.window is None:
            return
        bpy.ops.ed.undo_push(message="Crossfade: Thumbnails of Every Drop")
        _open(context, image)


def _steps(built: "Show", brief: "Brief", script: "Timeline", aspect: str) -> "Generator[Progress, None, None]":
    from ..jobs import Progress
    from ..preview import parts, sheet
    from ..preview.quick_look import preview_brief, workplace
    from ..studio import render, sheet_image

    brief = preview_brief(brief)
    wanted = parts.pictures(script, aspect, brief.fps)
    frames = [picture.frame for picture in wanted]
    with workplace(brief):
        folder = brief.work_dir / "drops"
        paths = yield from render.picture_steps(built, brief, aspect, frames, folder, sheet.SIZES[aspect])
        read = [sheet_image.read(path) for path in paths]
    image = sheet_image.show(sheet.compose(read, [picture.label for picture in wanted]))
    what = "drops" if script.drops() else "parts, as no drop was heard"
    yield Progress(render.STAGE, 1.0, f"{len(wanted)} {what}: image '{image.name}'")


def _open(context: Any, image: Any) -> None:
    """Show an image in an Image Editor that is open; in a new window when there is none."""
    manager = context.window_manager
    areas = [(w, a) for w in manager.windows for a in w.screen.areas if a.type == "IMAGE_EDITOR"]
    if not areas:
        bpy.ops.wm.window_new()
        window = manager.windows[-1]
        area = max(window.screen.areas, key=lambda area: area.width * area.height)
        area.ui_type = "IMAGE_EDITOR"
        areas = [(window, area)]
    window, area = areas[0]
    area.spaces.active.image = image
    region = next(region for region in area.regions if region.type == "WINDOW")
    with context.temp_override(window=window, area=area, region=region):
        bpy.ops.image.view_all(fit_view=True)


CLASSES = (CROSSFADE_OT_drop_sheet,)
