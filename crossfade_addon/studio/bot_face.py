# SPDX-License-Identifier: GPL-3.0-or-later
"""Bot's face: light on a dark visor (eyes, cheeks, a mouth of equaliser bars), one shape key per expression.

Conventions: as in ``decals`` and ``nova_rig``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import deck_plane
from .bot_body import VISOR
from .bot_look import Look
from .decals import Decals
from .meshes import Coat, Flat, Gradient, Rgb, mix, smoothstep
from .nova_rig import SHAPE_CONTROLS, Control
from .ownership import Workshop
from .shapes import PaintedMesh

FROWN, GENTLE_FROWN = -34.0, -12.0
"""Slant of the eyes per metre that the brows sink: on a visor a full frown looks evil, which is not for every set."""
_GENTLE_SETS = ("award", "lofi")


def controls(set_name: str) -> dict[str, Control]:
    """Nova's controls, and the brows' height: there are none to raise, so the eyes widen or slant."""
    frown = GENTLE_FROWN if set_name in _GENTLE_SETS else FROWN
    brows = {
        f"{name}.{s}": Control(f"brow.{s}", "LOC_Z", gain)
        for name, gain in (("wide", 33.0), ("frown", frown))
        for s in "LR"
    }
    return SHAPE_CONTROLS | brows


_EYE_X, _EYE_Z = 0.114, 1.485
_MOUTH_Z = 1.350
_BARS = 7
_PITCH = 0.0270

Curve = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class EyeShape:
    """An eye at rest: half ``width`` and ``height``, superellipse ``exponent`` (below 1: a star), ``turn`` in degrees
    towards the middle, and the height of a sagging ``lid`` as a part of the half height (1: none)."""

    width: float = 0.046
    height: float = 0.074
    exponent: float = 2.25
    turn: float = 0.0
    lid: float = 1.0


EYES: dict[str, EyeShape] = {
    "chaos": EyeShape(0.074, 0.092, 0.72, 12.0),
    "lofi": EyeShape(0.066, 0.064, 2.0, 0.0, 0.05),
}
"""Eyes by set, where they are not the plain ones."""


@dataclass(frozen=True, slots=True)
class Expression:
    """How far each shape is on, 0..1; ``L`` and ``R`` are the robot's left and right eye."""

    blink_L: float = 0.0
    blink_R: float = 0.0
    happy_L: float = 0.0
    happy_R: float = 0.0
    half_L: float = 0.0
    half_R: float = 0.0
    wide_L: float = 0.0
    wide_R: float = 0.0
    frown_L: float = 0.0
    frown_R: float = 0.0
    mouth_open: float = 0.0
    mouth_o: float = 0.0
    smirk: float = 0.0


def build_face(shop: Workshop, look: Look, eyes: EyeShape, rig: Any) -> Any:
    """The object ``CF Avatar_Face`` with its shape keys, not yet driven."""
    neutral = Expression()
    face = _decals(neutral, eyes).build(shop, "Avatar_Face", _coats(look, eyes), parent=rig)
    face.shape_key_add(name="Basis")
    for name in Expression.__dataclass_fields__:
        co = np.array(_decals(replace(neutral, **{name: 1.0}), eyes).vertices, dtype="f4")
        key = face.shape_key_add(name=name.replace("_L", ".L").replace("_R", ".R"))
        key.data.foreach_set("co", co.ravel())
    face.data.shape_keys.name = "CF Avatar_Face"
    return face


def _coats(look: Look, eyes: EyeShape) -> dict[str, Coat]:
    coats = look.coats()
    for side in "LR":
        centre = np.array((_EYE_X * deck_plane.side_sign(side), _EYE_Z))

        def lit(co: np.ndarray, centre: np.ndarray = centre) -> np.ndarray:
            reach = (co[:, (0, 2)] - centre) / (eyes.width, eyes.height)
            away = np.hypot(0.8 * reach[:, 0], reach[:, 1] - 0.35)[:, None]
            core, edge = np.array(look.eye), np.array(look.eye_edge)
            return core + (edge - core) * smoothstep(0.45, 1.35, away)

        coats[f"eye.{side}"] = Gradient(lit)
    for bar in range(_BARS):
        at = np.array([bar / (_BARS - 1) * 2 - 1])
        r, g, b = look.sweep(at, 1.0)[0]
        coats[f"bar{bar}"] = Flat(mix((float(r), float(g), float(b)), look.eye, 0.35))
    dim: Rgb = tuple(0.5 * c for c in look.blush)  # type: ignore[assignment]
    coats["blush"] = Flat(dim)
    return coats


def _decals(expression: Expression, eyes: EyeShape) -> PaintedMesh:
    decals = Decals(PaintedMesh(), VISOR)
    _gleams(decals)
    for side in "LR":
        _eye(decals, side, expression, eyes)
    _mouth(decals, expression)
    return decals.mesh


def _mix(a: float, b: float, amount: float) -> float:
    return a + (b - a) * amount


# ------------------------------------------------------------------------------------------- visor


def _gleams(decals: Decals) -> None:
    """The window mirrored in the glass: a long bow and a dot along the visor's upper left edge."""
    for middle, half, thick in ((124.0, 20.0, 0.13), (153.0, 4.0, 0.13)):

        def place(u: float, v: float, middle: float = middle, half: float = half, thick: float = thick) -> Any:
            a = math.radians(middle - half * u)
            c, s = math.cos(a), math.sin(a)
            outline = (abs(c) ** 3.0 + abs(s) ** 3.0) ** (-1 / 3.0)
            level = 0.86 - thick * (1 - v) * math.sqrt(max(0.0, 1 - u**4))
            return VISOR.radii[0] * outline * level * c, VISOR.centre[2] + VISOR.radii[2] * outline * level * s

        decals.grid(place, 16, 3, 0.0035, "gleam")


# -------------------------------------------------------------------------------------------- eyes


def _lines(side: str, expression: Expression, eyes: EyeShape) -> tuple[Curve, Curve, float]:
    """Lower and upper edge of an eye about its centre, and how wide it is drawn."""
    k = deck_plane.side_sign(side)
    blink, happy, half, wide, frown = (
        getattr(expression, f"{name}_{side}") for name in ("blink", "happy", "half", "wide", "frown")
    )
    height, exponent = eyes.height, eyes.exponent

    def outline(u: float) -> float:
        return height * max(0.0, 1 - abs(u) ** exponent) ** (1 / exponent)

    # Shapes add up, so whatever may meet a closed eye must not move its two edges past each other.
    def upper(u: float) -> float:
        top = outline(u)
        line = top if eyes.lid == 1 else min(top, height * (eyes.lid + 0.40 * u * u))
        low = 0.25 if eyes.lid == 1 else -0.35 + 0.40 * u * u
        line = _mix(line, min(line, low * height + 0.010 * u * k), half)
        line = _mix(line, 1.16 * top if eyes.lid == 1 else max(line, min(top, 0.62 * height)), wide)
        line += frown * (0.42 * height * u * k - 0.20 * top)
        line = _mix(line, -0.10 * height + 0.015 * math.sqrt(max(0.0, 1 - u**4)), blink)
        return _mix(line, 0.048 - 0.086 * u * u, happy)

    def lower(u: float) -> float:
        line = -outline(u)
        line = _mix(line, 1.10 * line, wide) + frown * 0.20 * height * u * k
        line = _mix(line, -0.10 * height - 0.015 * math.sqrt(max(0.0, 1 - u**4)), blink)
        return _mix(line, 0.048 - 0.086 * u * u - 0.036 * math.sqrt(max(0.0, 1 - u**6)), happy)

    width = eyes.width * (1 + 0.10 * wide)
    width = _mix(width, max(eyes.width, 0.056), blink)
    return lower, upper, _mix(width, 0.070, happy)


def _eye(decals: Decals, side: str, expression: Expression, eyes: EyeShape) -> None:
    k = deck_plane.side_sign(side)
    lower, upper, width = _lines(side, expression, eyes)
    closed = max(getattr(expression, f"{name}_{side}") for name in ("blink", "happy"))
    turn = math.radians(eyes.turn * k) * (1 - closed)
    c, s = math.cos(turn), math.sin(turn)

    def at(x: float, z: float) -> tuple[float, float]:
        return _EYE_X * k + x * c - z * s, _EYE_Z + x * s + z * c

    def light(u: float, v: float) -> tuple[float, float]:
        low, high = lower(u), upper(u)
        return at(width * u, _mix(low, max(low, high), v))

    bone = f"eye.{side}"
    decals.grid(light, 18, 4, 0.007, f"eye.{side}", bone)
    happy = getattr(expression, f"happy_{side}")
    lift = 0.012 * happy
    decals.disc((0.190 * k, 1.388 + lift), (0.026 + 0.004 * happy, 0.013), 0.004, "blush", "head", 14)


# ------------------------------------------------------------------------------------------- mouth


def _mouth(decals: Decals, expression: Expression) -> None:
    """Equaliser bars in a row that smiles; they grow downwards as the jaw opens."""
    wide, round_, smirk = expression.mouth_open, expression.mouth_o, expression.smirk
    spread = _PITCH * (1 + 0.10 * wide - 0.30 * round_)
    half = 0.0123 * (1 + 0.15 * wide - 0.28 * round_)

    def line(t: float) -> float:
        """The smile's height across the mouth, -1..1."""
        corner = 0.016 * smirk * t * (1.0 if t < 0 else 0.3)
        return 0.036 * t * t * (1 - 0.9 * round_) * (1 - 0.45 * wide) - corner + 0.018 * wide

    def height(t: float) -> float:
        arch = max(0.0, 1 - t * t)
        return 0.021 + wide * (0.004 + 0.080 * arch**0.7) + round_ * 0.062 * arch

    reach = spread * (_BARS - 1) / 2 + half
    for bar in range(_BARS):
        x = (bar - (_BARS - 1) / 2) * spread

        def place(u: float, v: float, x: float = x) -> tuple[float, float]:
            across = x + half * u
            t = across / reach
            corner = 0.3 * half * (1 - math.sqrt(max(0.0, 1 - u * u)))
            top = _MOUTH_Z + line(t) + 0.008 + round_ * 0.028 * (1 - t * t)
            return across, _mix(top - height(t) + corner, top - corner, v)

        decals.grid(place, 8, 3, 0.006, f"bar{bar}")
