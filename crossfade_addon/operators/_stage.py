# SPDX-License-Identifier: GPL-3.0-or-later
"""A show that was built in this file: give it the settings, and bring it before the user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import bpy

from .. import preferences, properties
from ..errors import StudioError
from ..properties import grid
from ..studio import ownership
from ..studio.ownership import aspect_of
from ..terms import ASPECTS

if TYPE_CHECKING:
    from pathlib import Path

    from ..brief import Brief
    from ..frames import FrameRange
    from ..studio.edits.record import Edit
    from ..studio.show import Show
    from ..timeline import Timeline


def identity() -> tuple[str, ...]:
    """Changes whenever a show is built."""
    return tuple(str(scene.get(ownership.BUILD, "")) for scene in bpy.data.scenes if aspect_of(scene))


class Before:
    """The settings and the open scene as they are before a show may be built (and old scenes removed).

    Parameters
    ----------
    scene : Scene or None
        Whose settings they are; by default the open one's.
    """

    def __init__(self, context: Any, scene: Any = None) -> None:
        scene = scene or context.scene
        self.identity = identity()
        self.settings = properties.snapshot(scene.crossfade)
        self.scene_name = scene.name
        self.aspect = aspect_of(context.scene)

    def adopt(self, context: Any) -> bool:
        """When a show was built since then, share the settings with it and open it; False when none was.

        The scene of the aspect that was open before is shown again, the upright one otherwise.
        """
        if identity() == self.identity:
            return False
        from ..studio import show
        from ..studio.edits import record

        built = show.find()
        if built is None:
            return False
        source = bpy.data.scenes.get(self.scene_name)
        list_changes(record.read_edits())
        properties.share(self.settings, {s.name: s for s in (*built.scenes.values(), source) if s}.values())
        view(context, built.scenes[self.aspect or ASPECTS[0]])
        grid.show_markers(built.scenes[ASPECTS[0]].crossfade)
        return True


def no_show() -> str:
    """Why a button that works on the show is grey; nothing when one stands."""
    return "" if ownership.has_show() else "Build the show first"


def as_built() -> tuple[Show, Brief, Timeline, tuple[Path, str]]:
    """The show that stands in this file, with brief and script that it was built from, and the note of both.

    Raises
    ------
    StudioError
        When there is none, or its script is another by now: a new show would lose changes.
    """
    import json

    from .. import listening, timeline
    from ..studio import show
    from ..themes import load_theme

    found = show.find()
    recalled = show.recalled(next(iter(found.scenes.values()))) if found else None
    if found is None or recalled is None:
        raise StudioError("The show in this file is not complete.", hint="Clear it and build it again.")
    path, note = recalled
    brief, script = listening.brief_from_json(json.loads(note)), timeline.load(path)
    if not show.is_current(found, show.show_key(script, load_theme(brief.theme), brief)):
        raise StudioError(
            f"The script '{path}' was written anew after this show was built.", hint="Build the show again."
        )
    return found, brief, script, recalled


def standing(context: Any) -> tuple[Show, Brief, Timeline]:
    """As :func:`as_built`, but what does not change the show is in the brief as the panel has it now."""
    found, brief, script, _ = as_built()
    now = properties.to_brief(context.scene, preferences.places(context))
    brief = brief.replace(
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
    return found, brief, script


def needed_ranges(brief: Brief, script: Timeline) -> dict[str, FrameRange]:
    """Frames that the chosen platforms need, by aspect."""
    from .. import frames
    from ..encode.platforms import load_platforms

    known = load_platforms(brief.platforms_file, brief.platform_changes)
    aspects = {name: platform.aspect for name, platform in known.items() if name in brief.platforms}
    return frames.needed_ranges(script, aspects, brief.fps)


def look_through() -> tuple[Edit, ...]:
    """Notice what the artist changed in the show that stands, and list it in the panel."""
    from ..studio.edits import collect

    found = collect.look_through()
    list_changes(found)
    return found


def list_changes(edits: Iterable[Edit]) -> None:
    """Show the artist's changes in the panel."""
    from ..studio.edits import words

    ours = [scene for scene in bpy.data.scenes if aspect_of(scene)]
    properties.fill_changes(ours, [(words.sentence(edit), edit.identity, edit.is_placed) for edit in edits])


def view(context: Any, scene: Any) -> None:
    """Open a scene in this window and look through its camera in this 3D view, without bones and camera wires."""
    if context.window is None:
        return
    context.window.scene = scene
    area = context.area
    if area is not None and area.type == "VIEW_3D":
        space = area.spaces.active
        space.shading.type = "RENDERED"
        space.region_3d.view_perspective = "CAMERA"
        space.overlay.show_bones = space.overlay.show_extras = space.overlay.show_relationship_lines = False


def leave(context: Any) -> None:
    """Open the scene the show was built from (or any other), since the show's own are about to be removed."""
    if context.window is None or not aspect_of(context.scene):
        return
    others: list[Any] = [s for s in bpy.data.scenes if not aspect_of(s)]
    if others:
        context.window.scene = next((s for s in others if s.crossfade.shared), others[0])
