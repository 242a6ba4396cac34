# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's body: plush parts with cut cel shade, an ink outline in the same mesh, and a neon rim beside it.

Conventions: as in ``nova_rig``; colours are names of the theme's ``[avatar]`` table, ``<name>_sh`` their shade.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bmesh
from mathutils import Matrix, Vector

from . import deck_plane, shapes, skinning
from .nova_face import HEAD_CENTRE, HEAD_EXPONENT, HEAD_RADII, head_front_y
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

LIGHT = (-0.35, -0.45, 0.82)
AUDIENCE = (0.0, -0.8, 0.6)
"""Where the light is for what is seen from behind."""
SHADED = ("skin", "hair", "jacket", "acc", "phones", "glove", "boots")
"""Colours that have a shade of their own."""
CAP = ((0.0, 0.035, 1.455), (0.372, 0.325, 0.315), 2.3)
"""Centre, radii and exponent of the hair's shell."""
_BANGS = (
    # x, z, half width, half height, roll in degrees, how far in front
    (0.17, 1.625, 0.135, 0.08, 28, 0.02),
    (0.02, 1.66, 0.125, 0.085, 10, 0.03),
    (-0.13, 1.63, 0.14, 0.078, -24, 0.022),
    (0.292, 1.53, 0.085, 0.09, 58, 0.0),
    (-0.292, 1.53, 0.09, 0.09, -55, 0.0),
)
_TORSO = (
    # z, half width
    (0.57, 0.10),
    (0.60, 0.175),
    (0.68, 0.205),
    (0.78, 0.185),
    (0.88, 0.175),
    (0.97, 0.185),
    (1.04, 0.175),
    (1.09, 0.13),
    (1.115, 0.08),
)
_SLEEVE_RADII = (0.055, 0.078, 0.078, 0.068, 0.060, 0.058, 0.058, 0.058, 0.061, 0.070, 0.080, 0.084)


class _Doll:
    """Collects the parts of body and rim."""

    def __init__(self) -> None:
        self.body = PaintedMesh()
        self.rim = PaintedMesh()
        self.bones: dict[str, Bone] = skeleton()

    def part(
        self,
        bm: Any,
        weigh: Weigh | str,
        color: str,
        *,
        shade: float | None = None,
        ink: float = 0.0,
        rim: float = 0.0,
        light: Any = LIGHT,
        sheen: Sequence[tuple[float, float, Any]] = (),
        backlit: float | None = None,
    ) -> None:
        """Add a part: ``shade`` and ``backlit`` are cel cuts, the second towards the stage's back.

        ``ink`` and ``rim`` are hull widths, ``sheen`` are bands of highlight (low, high, to).
        """
        for width, mesh, name in ((ink, self.body, "ink"), (rim, self.rim, "rim")):
            if width:
                mesh.add(shapes.inverted_hull(bm, width), (name,), weigh)
        if shade is not None:
            shapes.cel_shade(bm, light, shade, 1)
        if backlit is not None:
            shapes.cel_shade(bm, AUDIENCE, backlit, 1)
        for low, high, towards in sheen:
            shapes.sheen(bm, towards, low, high, 2)
        shade_name = f"{color}_sh" if color in SHADED else color
        self.body.add(bm, (color, shade_name, "hair_hi"), weigh)


def build_body() -> tuple[PaintedMesh, PaintedMesh]:
    """Nova without her face: (body with ink, rim)."""
    doll = _Doll()
    _head(doll)
    _torso(doll)
    for side in "LR":
        _headphone(doll, side)
        _pigtail(doll, side)
        _arm(doll, side)
        _hand(doll, side)
        _leg(doll, side)
    return doll.body, doll.rim


# --------------------------------------------------------------------------------------------- head


def _head(doll: _Doll) -> None:
    skull = superellipsoid(HEAD_CENTRE, HEAD_RADII, 20, 12, HEAD_EXPONENT)
    doll.part(skull, "head", "skin", shade=0.52, ink=0.009)
    bands = ((0.80, 0.87, (-0.25, -0.45, 0.85)), (0.83, 0.89, (0.12, 0.62, 0.78)))
    doll.part(_hair_cap(), "head", "hair", shade=0.35, backlit=0.12, ink=0.009, rim=0.026, sheen=bands)
    _back_hair(doll)
    for x, z, width, height, roll, forward in _BANGS:
        y = head_front_y(max(-0.26, min(0.26, x)), min(z, 1.58)) + 0.005 - forward
        turn = Matrix.Rotation(math.radians(roll), 3, "Y")
        lobe = superellipsoid((x, y, z), (width, 0.06, height), 12, 6, 2.2, turn)
        doll.part(lobe, "head", "hair", shade=0.45, ink=0.010)
    cowlick = loft(
        catmull_rom([(0, -0.03, 1.74), (0.03, -0.05, 1.80), (0.09, -0.06, 1.83), (0.15, -0.06, 1.80)], 8),
        (0.035, 0.04, 0.038, 0.034, 0.028, 0.02, 0.012, 0.004),
        6,
    )
    doll.part(cowlick, "head", "hair", shade=0.30, ink=0.007, rim=0.018)
    band = torus((0, 0, 1.42), (0.385, 0.375), 0.026, 18, 4, arc=(5, 175), flatten=(0.8, 1.5))
    doll.part(band, "head", "phones", ink=0.007, rim=0.020)


def _hair_cap() -> Any:
    """The hair's shell with an opening for the face, cut off below the ears."""
    centre, radii, exponent = CAP
    cap = superellipsoid(centre, radii, 22, 12, exponent)
    front = (Vector((0, -0.06, 0)), Vector((0, -1, 0.05)))
    below = (Vector((0, -0.3, 1.575)), Vector((0, 0, -1)))
    for point, normal in (front, below):
        shapes.cut(cap, point, normal)
    opening = [
        face
        for face in cap.faces
        if all((face.calc_center_median() - point).dot(normal) > 0 for point, normal in (front, below))
    ]
    bmesh.ops.delete(cap, geom=opening, context="FACES")
    shapes.cut(cap, (0, 0, 1.235), (0, 0.35, 1), clear_inner=True)
    return cap


def _on_cap(x: float, z: float, off: float = 0.0) -> tuple[float, float, float]:
    """A point on the back of the hair's shell, ``off`` metres outside it."""
    (cx, cy, cz), (rx, ry, rz), n = CAP
    rest = max(0.0, 1 - abs((x - cx) / rx) ** n - abs((z - cz) / rz) ** n)
    return (x, cy + ry * rest ** (1 / n) + off, z)


def _back_hair(doll: _Doll) -> None:
    """What cameras behind see of the hair: lines that fan out from the crown, and locks over the nape."""
    for x in (-0.27, -0.13, 0.0, 0.13, 0.27):
        line = [_on_cap(x * spread, z, 0.001) for z, spread in ((1.70, 0.35), (1.62, 0.72), (1.48, 0.98), (1.36, 1.0))]
        doll.part(loft(line, (0.002, 0.006, 0.008, 0.002), 4), "head", "ink")
    for x, width, drop in ((-0.25, 0.07, 0.11), (-0.095, 0.09, 0.14), (0.07, 0.095, 0.12), (0.24, 0.075, 0.13)):
        top = _on_cap(x, 1.23, -0.02)
        bend = [top, (x * 1.04, top[1] + 0.026, 1.15), (x * 1.12, top[1] - 0.005, 1.15 - drop)]
        lock = loft(bend, ((width, 0.035), (width * 0.95, 0.042), (0.006, 0.006)), 6)
        doll.part(lock, "head", "hair_sh", ink=0.008)


def _headphone(doll: _Doll, side: str) -> None:
    k = deck_plane.side_sign(side)
    cup = superellipsoid((0.375 * k, -0.01, 1.40), (0.075, 0.125, 0.13), 12, 7, 2.6)
    doll.part(cup, "head", "phones", shade=0.30, ink=0.008)
    ring = torus((0.425 * k, -0.01, 1.40), (0.098, 0.10), 0.022, 14, 4, axis=(1, 0, 0))
    doll.part(ring, "head", "acc", ink=0.006)
    doll.part(superellipsoid((0.437 * k, -0.01, 1.40), (0.022, 0.068, 0.07), 10, 4), "head", "acc2")
    foot = Vector((0.20 * k, 0, 1.755))
    bend = [foot + Vector((x * k, 0, z)) for x, z in ((0, 0), (0.03, 0.05), (0.04, 0.09), (0.03, 0.13))]
    horn = loft(catmull_rom(bend, 8), (0.055, 0.053, 0.049, 0.043, 0.036, 0.028, 0.018, 0.003), 8)
    doll.part(horn, "head", "acc", shade=0.0, ink=0.007, rim=0.018, light=(-0.6, -0.3, 0.7))


def _pigtail(doll: _Doll, side: str) -> None:
    k = deck_plane.side_sign(side)
    bend = (
        (0.30, 0.07, 1.595),
        (0.385, 0.085, 1.63),
        (0.475, 0.09, 1.59),
        (0.52, 0.09, 1.47),
        (0.52, 0.08, 1.33),
        (0.49, 0.06, 1.20),
        (0.55, 0.05, 1.09),
    )
    path = catmull_rom([(x * k, y, z) for x, y, z in bend], 11)
    radii = catmull_rom_values((0.045, 0.080, 0.112, 0.120, 0.102, 0.062, 0.004), 11)
    joint = doll.bones[f"hair_tip.{side}"].head.z

    def weigh(co: Any) -> Weights:
        upper = smoothstep(-0.12, 0.10, co.z - joint)
        return {f"hair.{side}": upper, f"hair_tip.{side}": 1 - upper}

    tail = loft(path, radii, 12)
    doll.part(tail, weigh, "hair", shade=0.25, ink=0.009, rim=0.026, sheen=[(0.45, 0.62, (-0.2, -0.3, 0.93))])
    doll.part(torus((0.335 * k, 0.075, 1.615), (0.055, 0.055), 0.028, 8, 5, axis=(1, 0, 0)), "head", "acc2")


# -------------------------------------------------------------------------------------------- torso


def _torso(doll: _Doll) -> None:
    doll.part(loft([(0, 0, 1.04), (0, 0, 1.19)], (0.07, 0.065), 12), skinning.neck_weights, "skin_sh", ink=0.006)
    heights = catmull_rom_values([z for z, _ in _TORSO], 10)
    widths = catmull_rom_values([r for _, r in _TORSO], 10)
    body = loft([(0, 0, z) for z in heights], [(r, r * 0.78) for r in widths], 14)
    doll.part(body, skinning.torso_weights, "jacket", shade=0.35, ink=0.009, rim=0.026)
    hem = loft(
        [(0, 0, z) for z in (0.575, 0.60, 0.66, 0.685)],
        [(0.165, 0.13), (0.213, 0.168), (0.218, 0.172), (0.185, 0.145)],
        14,
    )
    doll.part(hem, "hips", "acc", shade=0.2, ink=0.007)
    hood = torus((0, 0, 1.095), (0.135, 0.115), 0.055, 14, 6, axis=(0, 0, 1), flatten=(1, 0.85))
    doll.part(hood, lambda co: {"chest": 0.6, "neck": 0.4}, "jacket", shade=0.15, ink=0.008)
    for k in (1, -1):
        string = catmull_rom([(0.045 * k, -0.155, 1.06), (0.05 * k, -0.178, 1.02), (0.052 * k, -0.18, 0.985)], 4)
        doll.part(loft(string, (0.010,) * 4, 4), "chest", "acc")
        doll.part(superellipsoid((0.052 * k, -0.182, 0.975), (0.017, 0.017, 0.022), 6, 4), "chest", "acc2")
        bar = loft([(-0.06 * k, -0.146, 0.82), (0.06 * k, -0.152, 0.93)], (0.017, 0.017), 4)
        doll.part(bar, skinning.torso_weights, "acc2" if k > 0 else "acc", ink=0.004)
    bolt = [(0.055, 0.148, 0.985), (-0.035, 0.150, 0.885), (0.035, 0.148, 0.865), (-0.055, 0.158, 0.745)]
    doll.part(loft(bolt, (0.010, 0.020, 0.020, 0.006), 4), skinning.torso_weights, "acc2", ink=0.005)


# --------------------------------------------------------------------------------------------- limbs


def _arm(doll: _Doll, side: str) -> None:
    arm = skinning.Arm.of(doll.bones, side)
    path = arm.path((-0.05, 0.0, 0.07), (0.5, 0.72, 0.88), (0.12, 0.28, 0.50, 0.72, 0.86))
    sleeve = loft(path, _SLEEVE_RADII, 10, up=(0, -1, 0.01))
    doll.part(sleeve, arm.weigh, "jacket", shade=0.30, ink=0.008, rim=0.026)
    cuff = torus(arm.on_forearm(0.86), (0.073, 0.073), 0.022, 12, 5, axis=arm.lower, flatten=(1, 1.2))
    doll.part(cuff, f"forearm.{side}", "acc", shade=0.2, ink=0.006)
    stripe = torus(arm.shoulder + arm.upper * 0.12, (0.070, 0.070), 0.012, 10, 3, axis=arm.upper, flatten=(0.7, 1.3))
    doll.part(stripe, f"upper_arm.{side}", "acc2")


def _hand(doll: _Doll, side: str) -> None:
    bone = doll.bones[f"hand.{side}"]
    axes = skinning.hand_axes(bone)

    def lobe(at: Any, radii: Any, turn: float, segments: int, rings: int) -> Any:
        rotation = axes @ Matrix.Rotation(math.radians(turn), 3, "Z")
        return superellipsoid(axes @ Vector(at) + bone.head, radii, segments, rings, 2.2, rotation)

    # Shaded by the fingers' direction: with the scene's light whole palms would turn grey as hands rotate.
    palm = lobe((0, 0.035, 0), (0.060, 0.062, 0.042), 0, 12, 6)
    towards_fingers = axes @ Vector((0, 1, 0.15))
    doll.part(palm, bone.name, "glove", shade=0.52, ink=0.006, rim=0.022, light=towards_fingers)
    thumb = deck_plane.side_sign(side)
    for at, radii, turn in (
        ((-0.040, 0.092, -0.006), (0.0235, 0.038, 0.0235), -12),
        ((0, 0.104, -0.006), (0.0235, 0.040, 0.0235), 0),
        ((0.040, 0.092, -0.006), (0.0235, 0.038, 0.0235), 12),
        ((0.064 * thumb, 0.042, -0.008), (0.025, 0.042, 0.025), -42 * thumb),
    ):
        doll.part(lobe(at, radii, turn, 7, 5), bone.name, "glove", ink=0.006)


def _leg(doll: _Doll, side: str) -> None:
    k = deck_plane.side_sign(side)
    path = [(0.09 * k, 0, 0.60), (0.10 * k, 0, 0.42), (0.105 * k, 0, 0.20), (0.105 * k, 0, 0.10)]
    doll.part(loft(path, (0.085, 0.075, 0.066, 0.066), 7), skinning.leg_weights, "phones", shade=0.30)
    boot = superellipsoid((0.11 * k, -0.045, 0.075), (0.10, 0.155, 0.082), 9, 5, 2.4)
    doll.part(boot, "root", "boots", shade=0.3)
