# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces made of decals: flat shapes laid on the rounded front of a head.

Conventions: metres in armature space, the DJ faces -Y; every decal faces -Y and floats in front of the surface by
an offset, which alone decides what covers what; ``u`` runs -1..1 across a feature from -X to +X, heights ``v`` run
0..1 from its lower to its upper edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .shapes import PaintedMesh

Place = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Front:
    """The front half of a superellipsoid, as a depth over (x, z)."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    exponent: float

    def y(self, x: float, z: float, offset: float = 0.0) -> float:
        """Depth of the surface, ``offset`` metres in front of it; beyond its outline it goes straight back."""
        rx, ry, rz = self.radii
        cx, cy, cz = self.centre
        rest = 1 - abs((x - cx) / rx) ** self.exponent - abs((z - cz) / rz) ** self.exponent
        return cy - ry * max(rest, 0.02) ** (1 / self.exponent) - offset


@dataclass(frozen=True, slots=True)
class Decals:
    """Lays decals on a surface and collects them in a mesh."""

    mesh: PaintedMesh
    front: Front

    def grid(self, place: Place, columns: int, rows: int, offset: float, color: str, bone: str = "head") -> None:
        """A decal whose (x, z) is ``place(u, v)``; columns crowd towards both ends, where outlines bend most."""
        vertices = []
        for j in range(rows + 1):
            for i in range(columns + 1):
                x, z = place(-math.cos(math.pi * i / columns), j / rows)
                vertices.append((x, self.front.y(x, z, offset), z))
        width = columns + 1
        starts = (j * width for j in range(rows))
        faces = [(a, a + 1, a + width + 1, a + width) for first in starts for a in range(first, first + columns)]
        self.mesh.add_faces(vertices, faces, color, bone)

    def disc(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        offset: float,
        color: str,
        bone: str,
        sides: int = 18,
        *,
        bulge: float = 0.0,
    ) -> None:
        """An elliptic decal; an inner ring lets it follow the surface, ``bulge`` lifts its middle."""
        cx, cz = centre
        vertices = [(cx, self.front.y(cx, cz, offset + bulge), cz)]
        for level in (0.6, 1.0):
            for i in range(sides):
                a = 2 * math.pi * i / sides
                x, z = cx + radii[0] * level * math.cos(a), cz + radii[1] * level * math.sin(a)
                vertices.append((x, self.front.y(x, z, offset + bulge * (1 - level)), z))
        faces: list[tuple[int, ...]] = []
        for i in range(sides):
            k = (i + 1) % sides
            faces += [(0, 1 + i, 1 + k), (1 + i, 1 + sides + i, 1 + sides + k, 1 + k)]
        self.mesh.add_faces(vertices, faces, color, bone)
