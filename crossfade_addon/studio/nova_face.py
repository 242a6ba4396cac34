# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's face: decals laid on the front of the head, with one shape key per expression.

Conventions: as in ``nova_rig``; ``u`` runs -1..1 across a feature from her right (-X) to her left; heights
``v`` run 0..1 from its lower to its upper edge; every decal faces -Y and floats in front of the skull by an
offset in metres, which alone decides what covers what.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import deck_plane
from .decals import Decals, Front
from .ownership import Workshop
from .shapes import PaintedMesh, Rgb

HEAD_CENTRE = (0.0, 0.0, 1.42)
HEAD_RADII = (0.345, 0.295, 0.285)
HEAD_EXPONENT = 2.35
HEAD = Front(HEAD_CENTRE, HEAD_RADII, HEAD_EXPONENT)

_EYE_X, _EYE_Z = 0.135, 1.385
_EYE_W, _EYE_H = 0.080, 0.106
_MOUTH_Z = 1.252
_MOUTH_W = 0.072
_LID_EDGE, _LID_RIM = 1.04, 1.22
"""Widths of a lid's moving edge and of its fixed rim, in eye widths: together both lids frame the eye, or its
white would show beside them when the head turns."""

Curve = Callable[[float], float]


def head_front_y(x: float, z: float, offset: float = 0.0) -> float:
    """Depth of the head's front surface, ``offset`` metres in front of it."""
    return HEAD.y(x, z, offset)


@dataclass(frozen=True, slots=True)
class Expression:
    """How far each shape is on, 0..1; ``L`` and ``R`` are her left and right eye."""

    blink_L: float = 0.0
    blink_R: float = 0.0
    happy_L: float = 0.0
    happy_R: float = 0.0
    half_L: float = 0.0
    half_R: float = 0.0
    mouth_open: float = 0.0
    mouth_o: float = 0.0
    smirk: float = 0.0


def build_face(shop: Workshop, colors: dict[str, Rgb], rig: Any) -> Any:
    """The object ``CF Avatar_Face`` with its nine shape keys, not yet driven."""
    neutral = Expression()
    face = _decals(neutral).build(shop, "Avatar_Face", colors, parent=rig)
    face.shape_key_add(name="Basis")
    for name in Expression.__dataclass_fields__:
        co = np.array(_decals(replace(neutral, **{name: 1.0})).vertices, dtype="f4")
        key = face.shape_key_add(name=name.replace("_L", ".L").replace("_R", ".R"))
        key.data.foreach_set("co", co.ravel())
    face.data.shape_keys.name = "CF Avatar_Face"
    return face


def _decals(expression: Expression) -> PaintedMesh:
    decals = Decals(PaintedMesh(), HEAD)
    for side in "LR":
        _eye(decals, side, expression)
    _mouth(decals, expression)
    decals.disc((0.0, 1.316), (0.019, 0.013), 0.003, "skin_sh", "head", 12, bulge=0.009)
    return decals.mesh


def _mix(a: float, b: float, amount: float) -> float:
    return a + (b - a) * amount


# ---------------------------------------------------------------------------------------------- eyes


def _top(u: float) -> float:
    return _EYE_H * math.sqrt(max(0.0, 1 - abs(u) ** 2.3))


def _bottom(u: float) -> float:
    return -_top(u)


def _happy(u: float) -> float:
    """The arched line of an eye closed by laughing."""
    return max(_bottom(u), min(_top(u), -0.030 + 0.075 * (1 - u * u)))


def _lid_lines(side: str, expression: Expression) -> tuple[Curve, Curve]:
    """Lower edge of the upper lid and upper edge of the lower lid, relative to the eye's centre."""
    k = deck_plane.side_sign(side)
    blink = getattr(expression, f"blink_{side}")
    happy = getattr(expression, f"happy_{side}")
    half = getattr(expression, f"half_{side}")

    def upper(u: float) -> float:
        line = 0.9 * _top(u)
        line = _mix(line, min(line, 0.30 * _EYE_H + 0.02 * u * k), half)
        line = _mix(line, 0.62 * _bottom(u), blink)
        return _mix(line, _happy(u), happy)

    def lower(u: float) -> float:
        line = _mix(_bottom(u), 0.62 * _bottom(u), blink)
        line = _mix(line, 0.72 * _bottom(u), 0.25 * half)
        return _mix(line, _happy(u), happy)

    return upper, lower


def _eye(decals: Decals, side: str, expression: Expression) -> None:
    k = deck_plane.side_sign(side)
    cx = _EYE_X * k
    upper, lower = _lid_lines(side, expression)
    happy = getattr(expression, f"happy_{side}")

    def at(u: float, z: float, width: float = 1.0) -> tuple[float, float]:
        return cx + _EYE_W * width * u, _EYE_Z + z + 0.012 * u * k

    decals.grid(lambda u, v: at(u, _mix(_bottom(u), _top(u), v)), 18, 2, 0.004, "white")
    ball = f"eye.{side}"
    ix = cx - 0.008 * k
    decals.disc((ix, _EYE_Z - 0.006), (0.059, 0.078), 0.007, "pupil", ball)
    decals.disc((ix, _EYE_Z - 0.016), (0.049, 0.062), 0.0095, "iris", ball)
    decals.disc((ix, _EYE_Z), (0.031, 0.042), 0.012, "pupil", ball)
    decals.disc((ix - 0.022, _EYE_Z + 0.036), (0.020, 0.026), 0.0145, "white", ball, 14)
    decals.disc((ix + 0.024, _EYE_Z - 0.036), (0.011, 0.013), 0.0145, "white", ball, 10)

    def upper_lid(u: float, v: float) -> tuple[float, float]:
        rim = _top(u) * 1.06 + 0.004
        return at(u, _mix(min(upper(u), rim), rim, v), _mix(_LID_EDGE, _LID_RIM, v))

    def lower_lid(u: float, v: float) -> tuple[float, float]:
        rim = _bottom(u) * 1.06 - 0.004
        return at(u, _mix(rim, max(lower(u), rim), v), _mix(_LID_RIM, _LID_EDGE, v))

    def lash(u: float, v: float) -> tuple[float, float]:
        outer = u * k
        along = 0.96 * u
        thickness = (0.012 + 0.012 * max(0.0, outer)) * (0.15 + 0.85 * math.sqrt(max(0.0, 1 - abs(u) ** 3)))
        flick = 0.030 * max(0.0, (outer - 0.72) / 0.28) ** 1.5
        x, _ = at(along, 0.0)
        z = _EYE_Z + upper(along) + thickness * (v - 0.25) + 0.012 * u * k
        return x + flick * k * 0.6, z + flick * (1 - 0.6 * happy)

    def brow(u: float, v: float) -> tuple[float, float]:
        thickness = (0.026 - 0.008 * u * k) * math.sqrt(max(0.05, 1 - u**4))
        return cx + 0.058 * u + 0.006 * k, 1.518 + 0.016 * (1 - u * u) + 0.010 * u * k + thickness * (v - 0.5)

    decals.grid(upper_lid, 18, 2, 0.024, "skin")
    decals.grid(lower_lid, 18, 2, 0.023, "skin")
    decals.grid(lash, 20, 1, 0.028, "ink")
    decals.grid(brow, 12, 2, 0.022, "hair_sh", f"brow.{side}")
    decals.disc((0.215 * k, 1.268), (0.048, 0.027), 0.004, "blush", "head", 16)


# --------------------------------------------------------------------------------------------- mouth


def _mouth(decals: Decals, expression: Expression) -> None:
    wide, round_, smirk = expression.mouth_open, expression.mouth_o, expression.smirk
    width = _MOUTH_W * (1 - 0.10 * wide) * (1 - 0.45 * round_) + 0.012 * wide

    def upper(u: float) -> float:
        smile = 0.030 * (1 - 0.75 * round_) * u * u
        corner = -0.015 * smirk * u * (1.0 if u < 0 else 0.4)
        return smile + corner + 0.012 * wide + 0.020 * round_ * (1 - u * u)

    def thickness(u: float) -> float:
        inner = 1 - u * u
        opening = 0.011 + 0.100 * wide * inner**0.6 + 0.052 * round_ * inner**0.5
        return opening * math.sqrt(max(0.0, 1 - u**6) + 0.02)

    def lower(u: float) -> float:
        return upper(u) - thickness(u) - 0.004 * wide

    def line(u: float, v: float) -> tuple[float, float]:
        return (width + 0.008) * u, _MOUTH_Z + _mix(lower(u) - 0.006, upper(u) + 0.006, v)

    def inside(u: float, v: float) -> tuple[float, float]:
        return width * u, _MOUTH_Z + _mix(lower(u), upper(u), v)

    def tongue(u: float, v: float) -> tuple[float, float]:
        w = 0.8 * u
        floor = lower(w) + 0.004 * wide
        top = lower(w) + thickness(w) * 0.45 * (1 - w * w) * min(1.0, 1.5 * wide + round_) * 0.95
        return width * w, _MOUTH_Z + _mix(floor, max(floor, top), v)

    def teeth(u: float, v: float) -> tuple[float, float]:
        w = 0.86 * u
        return width * w, _MOUTH_Z + upper(w) - 0.001 - 0.022 * wide * math.sqrt(1 - min(1.0, u * u)) * (1 - v)

    # A half-opened mouth lies on the chord between two places of a convex chin: lift it, or the chin swallows it.
    lift = 0.010 * wide + 0.005 * round_
    decals.grid(line, 14, 3, 0.003 + lift, "ink")
    decals.grid(inside, 14, 3, 0.005 + lift, "mouth")
    decals.grid(tongue, 12, 3, 0.0075 + lift, "tongue")
    decals.grid(teeth, 12, 2, 0.008 + lift, "white")
    _fang(decals, upper(min(0.9, 0.036 / width)), lift)


def _fang(decals: Decals, lip: float, lift: float) -> None:
    """The one tooth that always shows, with an ink edge below."""
    x, z = 0.036, _MOUTH_Z + lip
    for width, tip, offset, color in ((0.016, 0.027, 0.0088, "ink"), (0.011, 0.020, 0.0095, "white")):
        corners = ((x + 0.002, z - tip), (x + width, z + 0.003), (x - width, z + 0.001))
        decals.mesh.add_faces(
            [(cx, HEAD.y(cx, cz, offset + lift), cz) for cx, cz in corners], [(0, 1, 2)], color, "head"
        )
