# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nova plays: two decks with spinning platters and a mixer with a crossfader.

Conventions: metres in the DJ root's space, on the tilted plane of ``deck_plane``; meshes are modelled flat
(Z out of the plane) and tilted by their object's rotation. Platters use rotation order ZYX, so that their
spin (Euler Z) comes before the tilt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mathutils import Vector

from ..themes import Theme
from . import compat, deck_plane, paint, shapes
from .deck_plane import DECKS, FADER_TRAVEL, FADER_Y, NORMAL, PLATTER_RADIUS, TILT, plane_z
from .ownership import Workshop
from .shapes import PaintedMesh, Point, Rgb

_CASE_FLOOR = 0.70
"""Height down to which deck and mixer cases reach, to sink into whatever they stand on."""


@dataclass(frozen=True, slots=True)
class Gear:
    """Moving parts by side, and the light channels ``Platter Ring L``, ``Platter Ring R``, ``Fader Slot``."""

    platters: dict[str, Any]
    knob: Any
    channels: dict[str, paint.Channel]
    objects: tuple[Any, ...]


def build_gear(shop: Workshop, theme: Theme, palette: paint.Palette, root: Any) -> Gear:
    """Build decks and mixer, parented to ``root``; platters and knob get an empty action each."""
    builder = _Builder(shop, _colors(theme), palette, root)
    platters = {side: builder.deck(side) for side in "LR"}
    knob = builder.mixer()
    for ob in (*platters.values(), knob):
        compat.fcurves_of(ob, action=shop.action(ob.name.removeprefix("CF ")))
    return Gear(platters, knob, builder.channels, tuple(builder.objects))


def _colors(theme: Theme) -> dict[str, Rgb]:
    colors = {name: paint.linear(value) for name, value in theme.avatar.items()}
    body, glow = theme.palette["body"], theme.palette["M"]

    def tinted(base: float, tint: float) -> Rgb:
        r, g, b = (min(1.0, base * c + tint * m) for c, m in zip(body, glow, strict=True))
        return r, g, b

    colors["vinyl"] = tinted(0.10, 0.004)
    colors["groove"] = tinted(0.35, 0.022)
    colors["case"] = tinted(0.9, 0.020)
    colors["plate"] = tinted(1.1, 0.055)
    return colors


class _Builder:
    def __init__(self, shop: Workshop, colors: dict[str, Rgb], palette: paint.Palette, root: Any) -> None:
        self.shop = shop
        self.colors = colors
        self.palette = palette
        self.root = root
        self.channels: dict[str, paint.Channel] = {}
        self.objects: list[Any] = []

    # ------------------------------------------------------------------------------------- placing

    def _place(self, ob: Any, point: Point) -> Any:
        ob.location = point
        ob.rotation_mode = "ZYX"
        ob.rotation_euler = (TILT, 0.0, 0.0)
        self.objects.append(ob)
        return ob

    def _painted(self, name: str, mesh: PaintedMesh, point: Point) -> Any:
        return self._place(mesh.build(self.shop, name, self.colors, parent=self.root), point)

    def _glowing(self, name: str, bm: Any, color: str, point: Point) -> None:
        data = self.shop.mesh(name)
        bm.to_mesh(data)
        bm.free()
        channel = self.palette.channel(name, self.colors[color])
        self.channels[name] = channel
        channel.add(self._place(self.shop.object(name, data, parent=self.root), point))

    def _case(self, mesh: PaintedMesh, centre: Sequence[float], width: float, depth: float) -> None:
        """A wedge: flush with the tilted plane above, level with ``_CASE_FLOOR`` below."""
        body = shapes.box((0, 0, -0.012), (width, depth, 0.010))
        upright = Vector((0, math.sin(TILT), math.cos(TILT)))
        for vertex in body.verts:
            if vertex.co.z < -0.012:
                vertex.co += upright * (_CASE_FLOOR - centre[2] - math.sin(TILT) * vertex.co.y)
        mesh.add(body, ("case",))
        rim = 0.012
        mesh.add(shapes.box((0, 0, -0.0065), (width - rim, depth - rim, 0.003)), ("plate",))

    # --------------------------------------------------------------------------------------- parts

    def deck(self, side: str) -> Any:
        """One deck; returns its platter."""
        centre = DECKS[side]
        k = deck_plane.side_sign(side)
        plate = PaintedMesh()
        self._case(plate, centre, 0.40, 0.40)
        # Tone arm at the outer far corner as the audience sees it: nearest to them, clear of her hand.
        pivot = Vector((0.172 * k, -0.135, 0.0))
        plate.add(shapes.cylinder(pivot + Vector((0, 0, 0.006)), 0.022, 0.022, 14), ("acc_sh",))
        arm = [pivot + Vector(p) for p in ((0, 0, 0.022), (-0.004 * k, 0.10, 0.022), (-0.052 * k, 0.155, 0.016))]
        plate.add(shapes.loft(arm, (0.0055, 0.0055, 0.0045), 6, up=(0, 0, 1)), ("glove_sh",))
        plate.add(shapes.box(arm[-1], (0.020, 0.026, 0.012)), ("acc2",))
        plate.add(shapes.cylinder((-0.170 * k, -0.165, -0.002), 0.016, 0.012, 12), ("acc2",))
        self._painted(f"Deck {side}", plate, centre)
        radius = PLATTER_RADIUS + 0.006
        ring = shapes.torus((0, 0, 0), (radius, radius), 0.008, 40, 6, axis=(0, 0, 1), flatten=(1, 0.8))
        self._glowing(f"Platter Ring {side}", ring, "acc", [c - 0.004 * n for c, n in zip(centre, NORMAL, strict=True)])
        platter = PaintedMesh()
        platter.add(shapes.cylinder((0, 0, -0.006), PLATTER_RADIUS, 0.012, 40), ("vinyl",))
        platter.add(shapes.torus((0, 0, 0), (0.108, 0.108), 0.0025, 32, 4, axis=(0, 0, 1)), ("groove",))
        platter.add(shapes.cylinder((0, 0, 0.002), 0.058, 0.004, 28), ("hair",))
        platter.add(shapes.cylinder((0, 0, 0.004), 0.010, 0.012, 10), ("acc2",))
        platter.add(shapes.box((0, 0.098, 0.001), (0.020, 0.082, 0.005)), ("acc2",))
        return self._painted(f"Platter {side}", platter, centre)

    def mixer(self) -> Any:
        """The mixer between the decks; returns the crossfader's knob."""
        centre = (0.0, -0.46, plane_z(-0.46))
        body = PaintedMesh()
        self._case(body, centre, 0.26, 0.40)
        for row, y in enumerate((0.155, 0.085)):
            for column, x in enumerate((-0.075, 0.0, 0.075)):
                color = ("hair", "acc", "acc2")[(row + column) % 3]
                body.add(shapes.cylinder((x, y, 0.010), 0.019, 0.030, 12, top=0.015), (color,))
                body.add(shapes.box((x, y + 0.010, 0.0255), (0.005, 0.014, 0.003)), ("white",))
        for x in (-0.075, 0.075):
            body.add(shapes.box((x, 0.015, -0.003), (0.008, 0.075, 0.004)), ("groove",))
            body.add(shapes.box((x, 0.020 + 0.1 * x, 0.006), (0.026, 0.016, 0.018)), ("glove_sh",))
        self._painted("Mixer", body, centre)
        slot_at = (0.0, FADER_Y, plane_z(FADER_Y))
        slot = shapes.box((0, 0, -0.003), (2 * FADER_TRAVEL + 0.06, 0.016, 0.004))
        self._glowing("Fader Slot", slot, "acc", slot_at)
        cap = PaintedMesh()
        cap.add(shapes.box((0, 0, 0), (0.032, 0.05, 0.04)), ("acc2",))
        cap.add(shapes.box((0, 0, 0.0205), (0.006, 0.044, 0.002)), ("ink",))
        return self._painted("Fader Knob", cap, (-FADER_TRAVEL, FADER_Y, plane_z(FADER_Y) + 0.016))
