# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in DJs on one rig, painted in a theme's colours: Nova (with a neon rim) and Bot, the visor robot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import StudioError
from ..themes import Rgb, Theme
from . import bot_body, bot_face, nova_rig, paint
from .bot_dress import dress
from .bot_look import look_of
from .meshes import Shade, smoothstep
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
    body = body_mesh.build(shop, "Avatar_Body", colors, parent=rig, shade=_between_two_lights(theme))
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


_SIDE_LIGHTS: dict[str, tuple[Rgb, Rgb]] = {
    "award": ((1.0, 0.72, 0.36), (0.9, 0.42, 0.12)),
    "chaos": ((1.0, 0.85, 0.15), (0.35, 0.12, 1.0)),
    "lofi": ((0.55, 0.32, 0.85), (1.0, 0.52, 0.22)),
}
"""Light from picture left and right on Nova, where the theme's accents would not suit her."""
_EDGE, _WRAP, _FRONT = 0.50, 0.36, 0.90
"""How much of her own colour the light of a side takes at her edge, how much on her front, and what is left of her
colours before the lights."""
_DARK = 0.05
"""Colours no lighter than this are outlines: they stay as they are."""


def _between_two_lights(theme: Theme) -> Shade:
    """Cel light from both sides: a crisp edge of the left accent on what faces left, of the right one opposite."""
    lights = _SIDE_LIGHTS.get(theme.set, (theme.palette["A"], theme.palette["P"]))

    def shade(base: np.ndarray, co: np.ndarray, normal: np.ndarray) -> np.ndarray:
        solid = smoothstep(_DARK, 3 * _DARK, base.max(axis=1))
        color = base * (1 - (1 - _FRONT) * solid)[:, None]
        for side, light in zip((-1.0, 1.0), lights, strict=True):
            edge = smoothstep(0.50, 0.66, normal @ np.array((0.92 * side, 0.10, 0.38)))
            front = smoothstep(0.42, 0.95, normal @ np.array((0.88 * side, -0.40, 0.25)))
            part = (solid * np.maximum(_EDGE * edge, _WRAP * front))[:, None]
            color = color * (1 - part) + np.array(light) * part
        return np.clip(color, 0.0, 1.0)

    return shade


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
