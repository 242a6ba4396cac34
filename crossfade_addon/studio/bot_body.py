# SPDX-License-Identifier: GPL-3.0-or-later
"""Bot's body: a glossy toy robot with a dark visor, headphones and a suit, inside a dark outline.

Conventions: as in ``nova_rig``; colours are names of ``bot_look.Look.coats`` and of the costume's own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from mathutils import Matrix, Vector

from . import deck_plane, shapes, skinning
from .bot_look import Look
from .decals import Front
from .meshes import Coat
from .nova_rig import Bone, skeleton
from .shapes import (
    PaintedMesh,
    Weigh,
    Weights,
    catmull_rom,
    catmull_rom_values,
    loft,
    smoothstep,
    superellipsoid,
    torus,
)

HEAD = Front((0.0, 0.0, 1.475), (0.350, 0.310, 0.300), 2.7)
VISOR = Front((0.0, -0.060, 1.460), (0.288, 0.286, 0.224), 3.0)
_BEZEL = (0.259, 0.179)
_INK = 0.016
_TORSO = (
    # z, half width
    (0.56, 0.13),
    (0.60, 0.19),
    (0.68, 0.225),
    (0.78, 0.228),
    (0.88, 0.220),
    (0.97, 0.208),
    (1.04, 0.185),
    (1.09, 0.140),
    (1.12, 0.080),
)
_DEPTH = 0.80
"""Depth of the torso as a part of its width."""
_SLEEVE_RADII = (0.060, 0.086, 0.092, 0.086, 0.080, 0.076, 0.074, 0.073, 0.072, 0.072, 0.074, 0.078)


class Robot:
    """Collects the parts of body and outline in one mesh."""

    def __init__(self) -> None:
        self.mesh = PaintedMesh()
        self.bones: dict[str, Bone] = skeleton()

    def part(self, bm: Any, weigh: Weigh | str, color: str, *, ink: float = _INK, coarse: Any = None) -> None:
        """Add a part (and free it), with an outline ``ink`` metres wide; 0 leaves it away.

        ``coarse`` is the same form with fewer faces, enough for the outline.
        """
        if ink:
            self.mesh.add(shapes.inverted_hull(coarse or bm, ink), ("ink",), weigh)
        if coarse:
            coarse.free()
        self.mesh.add(bm, (color,), weigh)


def swinging(head: float, middle: float, tip: float) -> Weigh:
    """Weights that hand over from the head to the swinging bones of both sides, from low to high.

    Below ``head`` a place follows the head alone. At the middle of both sides their swings cancel out sideways:
    what hangs there bounces. ``middle`` and ``tip`` are the parts that follow hair and hair_tip high up.
    """

    def weigh(co: Any) -> Weights:
        free = smoothstep(head, head + 0.16, co.z)
        left = smoothstep(-0.12, 0.12, co.x)
        weights = {"head": 1 - free * (middle + tip)}
        for side, part in (("L", left), ("R", 1 - left)):
            weights[f"hair.{side}"] = free * middle * part
            weights[f"hair_tip.{side}"] = free * tip * part
        return weights

    return weigh


def chest_y(x: float, z: float) -> float:
    """Depth of the torso's front surface."""
    width = float(np.interp(z, [h for h, _ in _TORSO], [w for _, w in _TORSO]))
    return -width * _DEPTH * math.sqrt(max(0.0, 1 - (x / width) ** 2))


def build_body() -> Robot:
    """Bot without costume and face."""
    robot = Robot()
    _head(robot)
    _torso(robot)
    for side in "LR":
        _ear(robot, side)
        _arm(robot, side)
        _hand(robot, side)
        _leg(robot, side)
    return robot


# --------------------------------------------------------------------------------------------- head


def _head(robot: Robot) -> None:
    skull, outline = (superellipsoid(HEAD.centre, HEAD.radii, *size, HEAD.exponent) for size in ((32, 18), (24, 12)))
    robot.part(skull, "head", "shell", ink=0.019, coarse=outline)
    glass = superellipsoid(VISOR.centre, VISOR.radii, 32, 20, VISOR.exponent)
    shapes.cut(glass, (0, -0.17, 0), (0, -1, 0), clear_inner=True)
    robot.part(glass, "head", "visor", ink=0)
    robot.part(_bezel(0.015), "head", "phones", ink=0)
    # A port at the back, for the camera behind.
    for radius, tube, color in ((0.075, 0.014, "phones"), (0.045, 0.010, "glow")):
        ring = torus((0, 0.302, 1.47), (radius, radius), tube, 16, 4)
        robot.part(ring, "head", color, ink=0)


def _bezel(tube: float) -> Any:
    """A frame around the visor, lying on the head."""
    path = []
    for i in range(36):
        a = 2 * math.pi * i / 36
        c, s = math.cos(a), math.sin(a)
        reach = (abs(c) ** 3.2 + abs(s) ** 3.2) ** (-1 / 3.2)
        x, z = VISOR.centre[0] + _BEZEL[0] * reach * c, VISOR.centre[2] + _BEZEL[1] * reach * s
        path.append((x, min(HEAD.y(x, z), VISOR.y(x, z)), z))
    return loft(path, [tube] * len(path), 5, closed=True)


def _ear(robot: Robot, side: str) -> None:
    k = deck_plane.side_sign(side)
    place, radii = (0.385 * k, 0.0, 1.455), (0.070, 0.135, 0.145)
    cup, outline = (superellipsoid(place, radii, *size, 2.8) for size in ((16, 8), (12, 7)))
    robot.part(cup, "head", "phones", coarse=outline)
    equator = torus((0.402 * k, 0.0, 1.455), (0.134, 0.144), 0.014, 26, 4, axis=(1, 0, 0))
    robot.part(equator, "head", f"glow.{side}", ink=0)
    ring = torus((0.449 * k, 0.0, 1.455), (0.072, 0.077), 0.014, 20, 4, axis=(1, 0, 0))
    robot.part(ring, "head", f"glow.{side}", ink=0)


def gloves(robot: Robot, look: Look) -> dict[str, Coat]:
    """The colours of both hands."""
    coats: dict[str, Coat] = {}
    for side, glow in (("L", look.glow[2]), ("R", look.glow[0])):
        bone = robot.bones[f"hand.{side}"]
        coats[f"glove.{side}"] = look.glove_coat(bone.head.to_tuple(), np.array(skinning.hand_axes(bone)), glow)
    return coats


def headband(robot: Robot, height: float = 0.0) -> None:
    """The headphones' bow over the head, ``height`` metres higher than over the bare shell, with a lit line."""
    bow = torus((0, 0.02, 1.475), (0.385, 0.328 + height), 0.028, 24, 5, arc=(4, 176), flatten=(0.75, 1.7))
    robot.part(bow, "head", "phones", ink=0.014)
    line = torus((0, 0.02, 1.475), (0.400, 0.343 + height), 0.013, 24, 4, arc=(28, 152), flatten=(1, 1.3))
    robot.part(line, "head", "glow", ink=0)


# -------------------------------------------------------------------------------------------- torso


def _torso(robot: Robot) -> None:
    heights = catmull_rom_values([z for z, _ in _TORSO], 12)
    widths = catmull_rom_values([r for _, r in _TORSO], 12)
    body, outline = (loft([(0, 0, z) for z in heights], [(r, r * _DEPTH) for r in widths], sides) for sides in (20, 16))
    robot.part(body, skinning.torso_weights, "suit", coarse=outline)
    for z, radius in ((1.150, 0.108), (1.190, 0.122)):
        robot.part(torus((0, 0, z), (radius, radius), 0.025, 16, 5, axis=(0, 0, 1)), "neck", "phones", ink=0)
    hem = torus((0, 0, 0.615), (0.205, 0.165), 0.035, 20, 5, axis=(0, 0, 1))
    robot.part(hem, "hips", "suit_deep", ink=0)


# --------------------------------------------------------------------------------------------- limbs


def _arm(robot: Robot, side: str) -> None:
    arm = skinning.Arm.of(robot.bones, side)
    path = arm.path((-0.05, 0.0, 0.07), (0.5, 0.72, 0.88), (0.12, 0.28, 0.50, 0.70, 0.84))
    robot.part(loft(path, _SLEEVE_RADII, 12, up=(0, -1, 0.01)), arm.weigh, f"sleeve.{side}", ink=0.015)
    cuff = torus(arm.on_forearm(0.86), (0.070, 0.070), 0.022, 16, 5, axis=arm.lower, flatten=(1, 1.3))
    robot.part(cuff, f"forearm.{side}", f"glow.{side}", ink=0.012)
    stripe = torus(arm.shoulder + arm.upper * 0.125, (0.090, 0.090), 0.012, 18, 4, axis=arm.upper, flatten=(0.8, 1.4))
    robot.part(stripe, f"upper_arm.{side}", f"glow.{side}", ink=0)


def _hand(robot: Robot, side: str) -> None:
    bone = robot.bones[f"hand.{side}"]
    axes = skinning.hand_axes(bone)

    def lobe(at: Any, radii: Any, turn: float, segments: int, rings: int) -> Any:
        rotation = axes @ Matrix.Rotation(math.radians(turn), 3, "Z")
        return superellipsoid(axes @ Vector(at) + bone.head, radii, segments, rings, 2.3, rotation)

    robot.part(lobe((0, 0.030, 0.004), (0.083, 0.070, 0.054), 0, 14, 8), bone.name, f"glove.{side}", ink=0.012)
    thumb = deck_plane.side_sign(side)
    for at, radii, turn in (
        ((-0.053, 0.095, 0.003), (0.032, 0.045, 0.032), -14),
        ((0, 0.104, 0.003), (0.033, 0.048, 0.033), 0),
        ((0.053, 0.095, 0.003), (0.032, 0.045, 0.032), 14),
        ((0.087 * thumb, 0.038, -0.002), (0.033, 0.050, 0.032), -44 * thumb),
    ):
        robot.part(lobe(at, radii, turn, 9, 5), bone.name, f"glove.{side}", ink=0.010)


def _leg(robot: Robot, side: str) -> None:
    k = deck_plane.side_sign(side)
    path = [(0.10 * k, 0, 0.62), (0.11 * k, 0, 0.42), (0.115 * k, 0, 0.22), (0.115 * k, 0, 0.10)]
    robot.part(loft(path, (0.095, 0.085, 0.075, 0.075), 10), skinning.leg_weights, "suit_deep", ink=0)
    boot = superellipsoid((0.12 * k, -0.045, 0.080), (0.115, 0.165, 0.090), 12, 6, 2.6)
    robot.part(boot, "root", "boot", ink=0.012)
    sole = superellipsoid((0.12 * k, -0.045, 0.020), (0.120, 0.172, 0.022), 12, 4, 3.0)
    robot.part(sole, "root", f"glow.{side}", ink=0)


def collar(robot: Robot, color: str = "suit", height: float = 1.105, tube: float = 0.052) -> None:
    """A roll around the neck."""
    roll = torus((0, 0, height), (0.135, 0.118), tube, 22, 7, axis=(0, 0, 1), flatten=(1, 0.85))
    robot.part(roll, lambda co: {"chest": 0.6, "neck": 0.4}, color, ink=0)


def antennae(robot: Robot) -> None:
    """Two sprung antennae with lit tips on the headphones' bow."""
    weigh = swinging(1.80, 0.42, 0.30)
    for side in "LR":
        k = deck_plane.side_sign(side)
        foot = (0.165 * k, 0.02, 1.795)
        robot.part(superellipsoid(foot, (0.040, 0.045, 0.034), 12, 5, 2.4), "head", "phones", ink=0)
        rod = catmull_rom([foot, (0.195 * k, 0.02, 1.87), (0.255 * k, 0.02, 1.945)], 6)
        robot.part(loft(rod, (0.017, 0.015, 0.013, 0.012, 0.012, 0.012), 6), weigh, "phones", ink=0.009)
        tip = superellipsoid((0.265 * k, 0.02, 1.965), (0.046, 0.046, 0.046), 14, 8)
        robot.part(tip, weigh, f"tip.{side}", ink=0.011)
