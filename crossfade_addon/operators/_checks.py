# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons look at before a job: the pipeline's own checks, and what only the open file can tell."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import bpy

from .. import preferences, properties

if TYPE_CHECKING:
    from ..checks import Check
    from ..jobs import Progress
    from ..pipeline import Pipeline


def of_file(context: Any) -> "list[Check]":
    """What it means for the job that the .blend is not saved; nothing when it is."""
    from ..preflight import quick

    settings = context.scene.crossfade
    if bpy.data.filepath:
        return []
    relative = dict(properties.relative_files(settings))
    writes_beside = settings.output_dir.startswith("//")
    if not relative and not writes_beside:
        return []
    folder = properties.output_folder(settings, preferences.places(context))
    return list(quick.unsaved(relative, folder))


def fill(context: Any, checks: "list[Check]") -> None:
    """Show them in the panel."""
    properties.fill_checks(context.window_manager.crossfade_preflight, context.scene.name, checks)


def refuse(context: Any, checks: "list[Check]") -> None:
    """Show them, and raise the first problem among them, if there is one."""
    from ..checks import first_block

    if (problem := first_block(checks)) is not None:
        fill(context, checks)
        raise problem.error()


def first(context: Any, pipeline: "Pipeline", own: "list[Check]") -> "Generator[Progress, None, None]":
    """The checks of a job as its first steps; the panel lists them, also when a problem ends the job."""
    from ..jobs import Progress

    state, scene_name = context.window_manager.crossfade_preflight, context.scene.name
    for check in own:
        yield Progress("director", 0.0, check.sentence, notice=True)
    try:
        yield from pipeline.check_steps()
    finally:
        properties.fill_checks(state, scene_name, [*own, *pipeline.checks])
