# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in DJs on one rig, painted in a theme's colours: Nova (with a neon rim) and Bot, the visor robot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import StudioError
from ..themes import Theme
from . import bot_body, bot_face, nova_rig, paint
from .bot_dress import dress
from .bot_look import look_of
from .nova_body import build_body
from .nova_face import build_face
from .ownership import Workshop


@dataclass(frozen=True, slots=True)
class Avatar:
    """The DJ's rig and everything on it; ``rim`` only suits cameras in front (None when there is none)."""

    rig: Any
    objects: tuple[Any, ...]
    rim: Any = None


def build_avatar(name: str, shop: Workshop, theme: Theme, scene: Any, root: Any) -> Avatar:
    """Build a built-in avatar by its name in :data:`BUILDERS`.

    Raises
    ------
    StudioError
        No built-in avatar has that name.
    """
    if name not in BUILDERS:
        raise StudioError(f"Unknown avatar '{name}'.", hint=f"Choose one of {', '.join(BUILDERS)}.")
    return BUILDERS[name](shop, theme, scene, root)


def build_nova(shop: Workshop, theme: Theme, scene: Any, root: Any) -> Avatar:
    """Build Nova, parented to ``root``, resting with both hands on the decks.

    ``scene`` must hold the workshop's collection (the skeleton is made in its edit mode). Raises KeyError
    when the theme lacks one of the avatar's colours.
    """
    colors = {name: paint.linear(value) for name, value in theme.avatar.items()}
    rig = nova_rig.build_rig(shop, scene, root)
    body_mesh, rim_mesh = build_body()
    body = body_mesh.build(shop, "Avatar_Body", colors, parent=rig)
    rim = rim_mesh.build(shop, "Avatar_Rim", colors, parent=rig)
    face = build_face(shop, colors, rig)
    nova_rig.drive_shapes(face, rig)
    for ob in (body, face, rim):
        ob.modifiers.new("Armature", "ARMATURE").object = rig
    # Pushed away from the camera after deforming, the rim only peeks out around the silhouette.
    behind = rim.modifiers.new("Behind", "DISPLACE")
    behind.direction = "Y"
    behind.space = "LOCAL"
    behind.mid_level = 0.0
    behind.strength = 0.045
    return Avatar(rig, (body, face, rim), rim)


def build_bot(shop: Workshop, theme: Theme, scene: Any, root: Any) -> Avatar:
    """Build Bot, the visor robot, parented to ``root``, resting with both hands on the decks.

    Costume and colours follow the theme's set and palette. ``scene`` is as for :func:`build_nova`.
    """
    look = look_of(theme)
    rig = nova_rig.build_rig(shop, scene, root)
    robot = bot_body.build_body()
    colors = look.coats() | bot_body.gloves(robot, look) | dress(robot, look, theme.set)
    body = robot.mesh.build(shop, "Avatar_Body", colors, parent=rig, shade=look.shade())
    face = bot_face.build_face(shop, look, bot_face.EYES.get(theme.set, bot_face.EyeShape()), rig)
    nova_rig.drive_shapes(face, rig, bot_face.controls(theme.set))
    for ob in (body, face):
        ob.modifiers.new("Armature", "ARMATURE").object = rig
    return Avatar(rig, (body, face))


BUILDERS: dict[str, Callable[[Workshop, Theme, Any, Any], Avatar]] = {"nova": build_nova, "bot": build_bot}
"""The built-in avatars, by the names that themes and briefs use."""
