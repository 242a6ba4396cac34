# SPDX-License-Identifier: GPL-3.0-or-later
"""A show that was built in this file: give it the settings, and bring it before the user."""

from __future__ import annotations

from typing import Any

import bpy

from .. import properties
from ..studio.ownership import aspect_of
from ..terms import ASPECTS


def identity() -> tuple[int, ...]:
    """Changes whenever the scenes of the show are made anew."""
    return tuple(scene.as_pointer() for scene in bpy.data.scenes if aspect_of(scene))


class Before:
    """The settings and the open scene as they are before a show may be built (and old scenes removed)."""

    def __init__(self, context: Any) -> None:
        self.identity = identity()
        self.settings = properties.snapshot(context.scene.crossfade)
        self.scene_name = context.scene.name
        self.aspect = aspect_of(context.scene)

    def adopt(self, context: Any) -> bool:
        """When a show was built since then, share the settings with it and open it; False when none was.

        The scene of the aspect that was open before is shown again, the upright one otherwise.
        """
        if identity() == self.identity:
            return False
        from ..studio import show

        built = show.find()
        if built is None:
            return False
        source = bpy.data.scenes.get(self.scene_name)
        properties.share(self.settings, {s.name: s for s in (*built.scenes.values(), source) if s}.values())
        view(context, built.scenes[self.aspect or ASPECTS[0]])
        return True


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
