# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova, the built-in DJ: a rig with body, face and neon rim, painted in a theme's colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..themes import Theme
from . import nova_rig, paint
from .nova_body import build_body
from .nova_face import build_face
from .ownership import Workshop


@dataclass(frozen=True, slots=True)
class Avatar:
    """The DJ's objects; ``rim`` only suits cameras in front (hide it for side and back shots)."""

    rig: Any
    body: Any
    face: Any
    rim: Any


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
    return Avatar(rig=rig, body=body, face=face, rim=rim)
