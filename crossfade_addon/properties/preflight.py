# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found when a job was last looked at before it starts, as the panel lists it."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, StringProperty

if TYPE_CHECKING:
    from ..checks import Check

_ORDER = ("block", "warn", "ok")
_READ = ("audio", "lyrics", "theme_file", "avatar_file", "studio_file", "actions_dir", "platforms_file")
_MOVIES = ("movie_tall", "movie_wide")


class CrossfadeCheck(bpy.types.PropertyGroup):
    """One thing that was looked at."""

    level: StringProperty(name="Level", description="Whether it is well, a warning, or a problem")
    subject: StringProperty(name="Subject", description="What was looked at")
    said: StringProperty(name="Found", description="What was found")
    remedy: StringProperty(name="Remedy", description="What to do about it")
    fix: StringProperty(name="Fix", description="What a button can do about it")


class CrossfadePreflight(bpy.types.PropertyGroup):
    """The list, and for which scene and settings it was made."""

    checks: CollectionProperty(
        type=CrossfadeCheck, name="Checks", description="What was looked at", options={"SKIP_SAVE"}
    )
    verdict: StringProperty(name="Verdict", description="How it stands", options={"SKIP_SAVE"})
    scene: StringProperty(name="Scene", description="The scene whose settings were looked at", options={"SKIP_SAVE"})
    outdated: BoolProperty(
        name="Outdated", description="Settings have changed since the list was made", options={"SKIP_SAVE"}
    )


CLASSES = (CrossfadeCheck, CrossfadePreflight)


def fill_checks(state: Any, scene_name: str, checks: "Iterable[Check]") -> None:
    """List checks, the worst first."""
    from ..checks import verdict

    found = list(checks)
    state.checks.clear()
    for check in sorted(found, key=lambda check: _ORDER.index(check.level)):
        item = state.checks.add()
        item.level, item.subject, item.said = check.level, check.subject, check.said
        item.remedy, item.fix = check.remedy, check.fix
    state.verdict, state.scene, state.outdated = verdict(found), scene_name, False


def outdate() -> None:
    """Settings have changed: the list is of others."""
    manager: Any
    for manager in bpy.data.window_managers:
        if manager.crossfade_preflight.verdict:
            manager.crossfade_preflight.outdated = True


def relative_files(settings: Any) -> Iterator[tuple[str, str]]:
    """Settings that name a file or folder to read relative to the .blend: name and path of each."""
    for name in (*_READ, *_MOVIES):
        path = getattr(settings, name)
        is_used = name not in ("theme_file", "avatar_file") or getattr(settings, name.removesuffix("_file")) == "own"
        if path.startswith("//") and is_used:
            yield settings.bl_rna.properties[name].name, path
