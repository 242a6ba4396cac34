# SPDX-License-Identifier: GPL-3.0-or-later
"""What Bot wears on each set: hoodie, tuxedo and top hat, mohawk and spikes, or beanie.

Conventions: as in ``bot_body``; patches are flat pieces laid on the chest, corners as (x, z) in metres.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import bmesh
import numpy as np
from mathutils import Matrix, Vector

from . import skinning
from .bot_body import HEAD, Robot, antennae, chest_y, collar, headband, swinging
from .bot_look import Look
from .meshes import Coat, Flat, Form, Rgb, mix, regular, smoothstep
from .shapes import catmull_rom, cut, loft, superellipsoid

Corners = Sequence[tuple[float, float]]


def dress(robot: Robot, look: Look, name: str) -> dict[str, Coat]:
    """Put a set's costume on a robot; returns the colours that only the costume has."""
    return _COSTUMES.get(name, _neon)(robot, look)


# ------------------------------------------------------------------------------------------- pieces


def _patch(corners: Corners, offset: float) -> Any:
    """A polygon on the chest, star-shaped about its middle, ``offset`` metres in front of it."""
    bm = bmesh.new()
    area = sum(p[0] * q[1] - q[0] * p[1] for p, q in zip(corners, [*corners[1:], corners[0]], strict=True))
    ordered = [Vector(c) for c in (corners if area > 0 else reversed(corners))]
    centre = sum(ordered, Vector((0, 0))) / len(ordered)
    outline = []
    for here, there in zip(ordered, [*ordered[1:], ordered[0]], strict=True):
        pieces = max(1, round((there - here).length / 0.025))
        outline += [here.lerp(there, i / pieces) for i in range(pieces)]

    def vertex(place: Vector) -> Any:
        return bm.verts.new((place.x, chest_y(place.x, place.y) - offset, place.y))

    inner, outer = ([vertex(centre.lerp(place, level)) for place in outline] for level in (0.5, 1.0))
    middle = vertex(centre)
    for i in range(len(outline)):
        k = (i + 1) % len(outline)
        bm.faces.new((middle, inner[i], inner[k]))
        bm.faces.new((inner[i], outer[i], outer[k], inner[k]))
    return bm


def _grown(corners: Corners, metres: float) -> list[tuple[float, float]]:
    """The corners moved away from their middle."""
    cx, cz = (sum(c[i] for c in corners) / len(corners) for i in (0, 1))
    out = []
    for x, z in corners:
        reach = math.hypot(x - cx, z - cz)
        out.append((cx + (x - cx) * (1 + metres / reach), cz + (z - cz) * (1 + metres / reach)))
    return out


def _emblem(robot: Robot, corners: Corners, color: str, border: float = 0.020) -> None:
    """A lit badge on a dark, larger one."""
    robot.part(_patch(_grown(corners, border), 0.010), skinning.torso_weights, "ink", ink=0)
    robot.part(_patch(corners, 0.016), skinning.torso_weights, color, ink=0)


def _strip(place: Callable[[float], tuple[float, float, float]], offset: float, rows: int = 8) -> Any:
    """A band down the chest; ``place(t)`` gives left x, right x and z for t from 0 (top) to 1."""
    bm = bmesh.new()
    previous = None
    for i in range(rows + 1):
        left, right, z = place(i / rows)
        row = [bm.verts.new((x, chest_y(x, z) - offset, z)) for x in (left, (left + right) / 2, right)]
        if previous:
            for j in range(2):
                bm.faces.new((row[j], row[j + 1], previous[j + 1], previous[j]))
        previous = row
    return bm


def _drawstrings(robot: Robot) -> None:
    for side, k in (("L", 1), ("R", -1)):
        string = [(0.055 * k, z) for z in (1.075, 1.03, 0.985)]
        path = catmull_rom([(x, chest_y(x, z) - 0.028, z) for x, z in string], 5)
        robot.part(loft(path, (0.010,) * 5, 6), "chest", f"glow.{side}", ink=0)
        bead = superellipsoid((0.055 * k, chest_y(0.055, 0.965) - 0.028, 0.965), (0.016, 0.016, 0.024), 8, 6)
        robot.part(bead, "chest", "trim", ink=0.007)


# --------------------------------------------------------------------------------------------- neon


def _neon(robot: Robot, look: Look) -> dict[str, Coat]:
    headband(robot)
    antennae(robot)
    collar(robot)
    triangle = regular(3, 0.085, (0.0, 0.955), -math.pi / 2)
    _emblem(robot, triangle, "emblem", 0.024)
    inner = regular(3, 0.036, (0.0, 0.955), -math.pi / 2)
    robot.part(_patch(inner, 0.020), skinning.torso_weights, "emblem_core", ink=0)
    return {"emblem": Flat(look.right), "emblem_core": Flat(mix(look.left, look.spark, 0.4))}


# -------------------------------------------------------------------------------------------- award


def _award(robot: Robot, look: Look) -> dict[str, Coat]:
    headband(robot)
    collar(robot, "shirt", 1.118, 0.034)
    _tuxedo(robot)
    _bow_tie(robot)
    _top_hat(robot)
    shirt: Rgb = (0.86, 0.80, 0.70)
    return {
        "shirt": shirt,
        "satin": (0.055, 0.038, 0.038),
        "felt": (0.010, 0.008, 0.010),
        "ribbon": look.trim,
        "stud": Flat(look.trim),
    }


def _tuxedo(robot: Robot) -> None:
    top, point = 1.085, 0.740

    def edge(t: float) -> float:
        return 0.125 * (1 - t) ** 0.8

    def height(t: float) -> float:
        return top + (point - top) * t

    shirt = _strip(lambda t: (-edge(t), edge(t), height(t)), 0.008)
    robot.part(shirt, skinning.torso_weights, "shirt", ink=0)
    for k in (1, -1):

        def lapel(t: float, k: int = k, width: float = 0.052, inside: float = 0.0) -> tuple[float, float, float]:
            broad = width * min(1.0, 0.35 + 2.2 * t) * min(1.0, 3.2 * (1 - t) + 0.12)
            near, far = (edge(t) - inside) * k, (edge(t) + broad) * k
            return min(near, far), max(near, far), height(t)

        robot.part(_strip(lapel, 0.018, 10), skinning.torso_weights, "satin", ink=0)
        piping = _strip(lambda t, k=k, lapel=lapel: lapel(t, k, 0.007, 0.004), 0.022, 10)
        robot.part(piping, skinning.torso_weights, "ribbon", ink=0)
    for z in (0.985, 0.920, 0.855):
        stud = superellipsoid((0, chest_y(0, z) - 0.012, z), (0.011, 0.008, 0.011), 10, 6)
        robot.part(stud, skinning.torso_weights, "stud", ink=0)
    handkerchief = ((0.118, 0.925), (0.162, 0.935), (0.158, 0.965), (0.140, 0.985), (0.128, 0.962))
    robot.part(_patch(handkerchief, 0.012), skinning.torso_weights, "shirt", ink=0)


def _bow_tie(robot: Robot) -> None:
    y, z = chest_y(0, 1.06) - 0.050, 1.072
    for k in (1, -1):
        path = [(x * k, y, z) for x in (0.008, 0.034, 0.074, 0.094)]
        wing = loft(path, ((0.018, 0.018), (0.030, 0.024), (0.049, 0.024), (0.042, 0.013)), 10)
        robot.part(wing, "chest", "ribbon", ink=0.010)
    robot.part(superellipsoid((0, y - 0.006, z), (0.024, 0.028, 0.030), 12, 8, 2.8), "chest", "ribbon", ink=0.008)


def _top_hat(robot: Robot) -> None:
    """A small silk hat, worn at an angle, which bounces on its own."""
    weigh = swinging(1.80, 0.16, 0.04)
    lean = Matrix.Rotation(math.radians(13), 3, "Y")
    foot = Vector((0.085, -0.02, 1.795))

    def along(heights: Sequence[float]) -> list[Vector]:
        return [foot + lean @ Vector((0, 0, h)) for h in heights]

    brim = loft(along((0.0, 0.014, 0.024)), ((0.165, 0.150), (0.172, 0.156), (0.160, 0.145)), 24)
    robot.part(brim, weigh, "felt", ink=0.012)
    crown = loft(
        along((0.015, 0.055, 0.105, 0.160, 0.171)),
        ((0.108, 0.100), (0.106, 0.098), (0.110, 0.102), (0.122, 0.113), (0.112, 0.104)),
        24,
    )
    robot.part(crown, weigh, "felt", ink=0.013)
    band = loft(along((0.020, 0.055)), ((0.113, 0.105), (0.110, 0.102)), 24)
    robot.part(band, weigh, "ribbon", ink=0)


# -------------------------------------------------------------------------------------------- chaos


def _chaos(robot: Robot, look: Look) -> dict[str, Coat]:
    headband(robot)
    collar(robot)
    _mohawk(robot)
    for angle in range(-150, -29, 20):
        a = math.radians(angle)
        out = Vector((math.cos(a), math.sin(a), 0.25)).normalized()
        foot = Vector((0.178 * math.cos(a), 0.160 * math.sin(a), 1.105))
        spike = loft([foot, foot + out * 0.035, foot + out * 0.072], (0.024, 0.015, 0.002), 8, up=(0, 0.1, 1))
        robot.part(spike, "chest", "trim", ink=0.008)
    bolt = ((0.030, 0.985), (-0.058, 0.885), (-0.012, 0.888), (-0.034, 0.800), (0.058, 0.912), (0.010, 0.908))
    _emblem(robot, bolt, "emblem", 0.018)
    return {"hair": (0.95, 0.0, 0.30), "emblem": Flat(look.trim)}


def _mohawk(robot: Robot) -> None:
    weigh = swinging(1.82, 0.16, 0.05)
    spikes = ((67, 0.17, -8), (79, 0.23, 14), (91, 0.275, -3), (105, 0.25, -18), (119, 0.22, 13), (140, 0.16, 0))
    for angle, height, lean in spikes:
        a = math.radians(angle)
        out = Vector((0, -math.cos(a), math.sin(a)))
        reach = (abs(out.y) ** 2.7 + abs(out.z) ** 2.7) ** (-1 / 2.7)
        foot = Vector((0, out.y * reach * HEAD.radii[1], HEAD.centre[2] + out.z * reach * HEAD.radii[2]))
        up = Matrix.Rotation(math.radians(lean), 3, "Y") @ (out + Vector((0, 0, 0.9))).normalized()
        back = Vector((0, 0.05, 0))
        path = catmull_rom([foot - up * 0.03, foot + up * height * 0.5, foot + up * height + back], 6)
        radii = [
            (w, d)
            for w, d in zip(
                (0.064, 0.060, 0.050, 0.036, 0.020, 0.002), (0.085, 0.078, 0.062, 0.044, 0.024, 0.002), strict=True
            )
        ]
        robot.part(loft(path, radii, 8, up=(0, 1, 0.001)), weigh, "hair", ink=0.013)


# --------------------------------------------------------------------------------------------- lofi


def _lofi(robot: Robot, look: Look) -> dict[str, Coat]:
    _beanie(robot)
    headband(robot, 0.064)
    collar(robot)
    _drawstrings(robot)
    moon = _crescent(0.072, (0.0, 0.905))
    robot.part(_patch(regular(24, 0.094, (0.0, 0.905)), 0.010), skinning.torso_weights, "suit_deep", ink=0)
    for piece in moon:
        robot.part(_patch(piece, 0.016), skinning.torso_weights, "emblem", ink=0)
    return {
        "wool": _knitted(look, (0.46, 0.085, 0.045), 24),
        "wool_fold": _knitted(look, (0.72, 0.24, 0.07), 24),
        "pompom": (0.95, 0.78, 0.58),
        "emblem": Flat(look.spark),
    }


def _crescent(radius: float, center: tuple[float, float]) -> list[Corners]:
    """A crescent moon in slices, each of them convex."""
    outer, inner = [], []
    for i in range(9):
        a = math.radians(40 + 280 * i / 8)
        outer.append((center[0] + radius * math.cos(a), center[1] + radius * math.sin(a)))
        b = math.radians(68 + 224 * i / 8)
        inner.append((center[0] + radius * (0.42 + 0.82 * math.cos(b)), center[1] + radius * 0.82 * math.sin(b)))
    return [(outer[i], outer[i + 1], inner[i + 1], inner[i]) for i in range(8)]


def _beanie(robot: Robot) -> None:
    slope = 0.10  # how much the rim rises towards the face

    def rim(y: float) -> float:
        return 1.672 - slope * y

    def around(rx: float, ry: float, count: int) -> list[tuple[float, float]]:
        out = []
        for i in range(count):
            c, s = math.cos(2 * math.pi * i / count), math.sin(2 * math.pi * i / count)
            reach = (abs(c) ** 2.5 + abs(s) ** 2.5) ** (-1 / 2.5)
            out.append((rx * reach * c, ry * reach * s))
        return out

    def cap(segments: int, rings: int) -> Any:
        bm = superellipsoid((0, 0.012, 1.60), (0.346, 0.314, 0.275), segments, rings, 2.15)
        cut(bm, (0, 0, rim(0) - 0.01), (0, slope, 1), clear_inner=True)
        return bm

    def fold(count: int, sides: int, lift: float = 0.0) -> Any:
        path = [(x, y, rim(y) + lift) for x, y in around(0.322, 0.286, count)]
        return loft(path, [(0.034 if i % 2 else 0.029, 0.050) for i in range(count)], sides, up=(0, 0, 1), closed=True)

    robot.part(cap(48, 11), "head", "wool", ink=0.014, coarse=cap(24, 10))
    robot.part(fold(48, 6), "head", "wool_fold", ink=0.015, coarse=fold(24, 6, 0.007))
    weigh = swinging(1.84, 0.13, 0.03)
    middle = Vector((0, 0.015, 1.925))
    bobble, outline = (superellipsoid(middle, (0.090, 0.090, 0.084), *size) for size in ((18, 10), (14, 8)))
    for index, vertex in enumerate(bobble.verts):
        vertex.co += (vertex.co - middle) * (0.10 if index % 2 else 0.0)
    robot.part(bobble, weigh, "pompom", ink=0.019, coarse=outline)


def _knitted(look: Look, color: Rgb, ribs: int) -> Form:
    """Wool: painted like the rest, in ribs around the head."""
    shade = look.shade()

    def of(co: np.ndarray, normal: np.ndarray) -> np.ndarray:
        angle = np.arctan2(co[:, 1], co[:, 0])
        rib = 0.62 + 0.38 * smoothstep(-0.4, 0.6, np.cos(ribs * angle))
        return shade(np.array(color) * rib[:, None], co, normal)

    return Form(of)


_COSTUMES: dict[str, Callable[[Robot, Look], dict[str, Coat]]] = {
    "neon": _neon,
    "award": _award,
    "chaos": _chaos,
    "lofi": _lofi,
}
