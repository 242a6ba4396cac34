# SPDX-License-Identifier: GPL-3.0-or-later
"""Mesh builder with light painted into vertex colours (metres, Z up, flat shapes face -Y, linear RGB)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import bmesh
import numpy as np
from mathutils import Euler, Matrix, Vector

from . import paint
from .ownership import Workshop

Rgb = tuple[float, float, float]
Point = Sequence[float]
Shade = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Maps base colours, world positions and normals, each (n, 3), to painted colours (n, 3)."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A colour that no painted light changes."""

    rgb: Rgb


@dataclass(frozen=True, slots=True)
class Gradient:
    """A colour that depends on the world position: ``of`` maps (n, 3) metres to (n, 3) linear RGB."""

    of: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Form:
    """A colour of its own shading: ``of`` maps positions and normals, each (n, 3), to (n, 3) linear RGB."""

    of: Callable[[np.ndarray, np.ndarray], np.ndarray]


Coat = Rgb | Flat | Gradient | Form
PLAIN: Coat = (1.0, 1.0, 1.0)
"""Coat of meshes whose colour is a channel's."""


def smoothstep(low: float, high: float, value: Any) -> Any:
    """Hermite step from 0 at ``low`` to 1 at ``high``; works on numbers and arrays."""
    t = np.clip((np.asarray(value, dtype=float) - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def mix(a: Sequence[float], b: Sequence[float], weight: float) -> Rgb:
    """Colour between ``a`` (weight 0) and ``b`` (weight 1)."""
    return tuple(float(x + (y - x) * weight) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def scaled(color: Sequence[float], factor: float) -> Rgb:
    """Colour times a number."""
    return tuple(float(c * factor) for c in color)  # type: ignore[return-value]


def regular(count: int, radius: float, center: Point = (0.0, 0.0), turn: float = math.pi / 2) -> list[tuple]:
    """Corners (x, z) of a regular polygon."""
    angles = [turn + 2 * math.pi * i / count for i in range(count)]
    return [(center[0] + radius * math.cos(a), center[1] + radius * math.sin(a)) for a in angles]


def star(count: int, inner: float, outer: float, center: Point = (0.0, 0.0), turn: float = math.pi / 2) -> list[tuple]:
    """Corners (x, z) of a star with ``count`` points."""
    corners = []
    for i in range(2 * count):
        radius = inner if i % 2 else outer
        angle = turn + math.pi * i / count
        corners.append((center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)))
    return corners


def _unit(x: float, y: float, z: float) -> np.ndarray:
    return np.array((x, y, z)) / math.sqrt(x * x + y * y + z * z)


_FROM_FRONT = _unit(-0.25, -0.9, 0.35)
_FROM_LEFT = _unit(-0.85, 0.1, 0.35)
_FROM_RIGHT = _unit(0.85, 0.1, 0.3)
_FROM_TOP = _unit(0.0, 0.55, 0.85)


@dataclass(frozen=True, slots=True)
class PaintedLight:
    """Soft front light, coloured rims from both sides and a spark from above and behind."""

    left: Rgb
    right: Rgb
    top: Rgb
    sink: float = 2.2
    """Height in metres at which props reach full brightness."""

    def lit(
        self, base: np.ndarray, co: np.ndarray, normal: np.ndarray, *, rim: float = 1.0, fill: float = 0.75
    ) -> np.ndarray:
        """Painted colour (n, 3), clipped to 0..1; ``rim`` scales the three coloured lights."""
        front = np.maximum(0.0, normal @ _FROM_FRONT)[:, None]
        left = smoothstep(0.25, 0.95, normal @ _FROM_LEFT)[:, None]
        right = smoothstep(0.25, 0.95, normal @ _FROM_RIGHT)[:, None]
        top = (smoothstep(0.55, 1.0, normal @ _FROM_TOP) * np.maximum(0.0, normal[:, 2]))[:, None]
        color = base * (0.28 + fill * front)
        color = color + rim * (0.75 * left * self.left + 0.75 * right * self.right + 0.35 * top * np.array(self.top))
        return np.clip(color, 0.0, 1.0)

    def prop(self, base: np.ndarray, co: np.ndarray, normal: np.ndarray) -> np.ndarray:
        """As :meth:`lit` with weak rims, darker towards the floor so that things stand on it."""
        color = self.lit(base, co, normal, rim=0.28, fill=0.6)
        return color * (0.45 + 0.55 * smoothstep(0.0, self.sink, co[:, 2]))[:, None]


def paint_corners(
    mesh: Any,
    coats: Sequence[Coat],
    coat_of_face: Sequence[int],
    shade: Shade | None = None,
    origin: Point = (0, 0, 0),
) -> None:
    """Bake a mesh's colours into its corners.

    Parameters
    ----------
    mesh : bpy.types.Mesh
        Gets the colour attribute ``Col``, made active.
    coats, coat_of_face
        The colours in use, and for each face the index of its own.
    shade : Shade, optional
        Lights the plain coats; without it they stay as they are.
    origin : Point
        Where the mesh's origin is, for coats and light that depend on the place.
    """
    count = len(mesh.loops)
    corners = np.empty(count, dtype="i4")
    mesh.loops.foreach_get("vertex_index", corners)
    vertices = np.empty(len(mesh.vertices) * 3, dtype="f4")
    mesh.vertices.foreach_get("co", vertices)
    normals = np.empty(count * 3, dtype="f4")
    mesh.corner_normals.foreach_get("vector", normals)
    normals = normals.reshape(-1, 3).astype(float)
    positions = vertices.reshape(-1, 3).astype(float)[corners] + np.array(origin, dtype=float)
    sizes = np.empty(len(mesh.polygons), dtype="i4")
    mesh.polygons.foreach_get("loop_total", sizes)
    coat_of_corner = np.repeat(np.asarray(coat_of_face), sizes)
    colors = np.ones((count, 4))
    for index, coat in enumerate(coats):
        where = np.flatnonzero(coat_of_corner == index)
        if isinstance(coat, Gradient):
            colors[where, :3] = coat.of(positions[where])
        elif isinstance(coat, Form):
            colors[where, :3] = coat.of(positions[where], normals[where])
        elif isinstance(coat, Flat):
            colors[where, :3] = coat.rgb
        else:
            base = np.tile(np.array(coat, dtype=float), (len(where), 1))
            colors[where, :3] = shade(base, positions[where], normals[where]) if shade else base
    attribute = mesh.color_attributes.new(paint.ATTRIBUTE, "FLOAT_COLOR", "CORNER")
    attribute.data.foreach_set("color", np.clip(colors, 0, 1).astype("f4").ravel())
    mesh.color_attributes.active_color = attribute


class MeshBuilder:
    """Collects coated faces, then makes one mesh of them. Every shape method returns the builder."""

    def __init__(self) -> None:
        self.vertices: list[tuple[float, float, float]] = []
        self.faces: list[tuple[int, ...]] = []
        self._coats: list[Coat] = []
        self._coat_of_face: list[int] = []
        self._smooth: list[bool] = []

    def add(self, vertices: Sequence[Point], faces: Sequence[Sequence[int]], coat: Coat, smooth: bool = False) -> Any:
        """Append faces; their indices count from the first of ``vertices``."""
        start = len(self.vertices)
        self.vertices.extend((float(v[0]), float(v[1]), float(v[2])) for v in vertices)
        if not self._coats or self._coats[-1] is not coat:
            self._coats.append(coat)
        for face in faces:
            self.faces.append(tuple(start + i for i in face))
            self._coat_of_face.append(len(self._coats) - 1)
            self._smooth.append(smooth)
        return self

    # ------------------------------------------------------------------------------------- solids

    def box(
        self, size: Point, center: Point, coat: Coat = PLAIN, rotation: Point = (0, 0, 0), bevel: float = 0.0
    ) -> Any:
        """Box; ``bevel`` chamfers its edges by so many metres."""
        bm = bmesh.new()
        matrix = Matrix.LocRotScale(center, Euler(rotation), size)
        bmesh.ops.create_cube(bm, size=1, matrix=matrix)
        if bevel:
            edges: list[Any] = bm.edges[:]
            bmesh.ops.bevel(bm, geom=edges, offset=bevel, segments=2, affect="EDGES")
        bm.verts.index_update()
        self.add([v.co[:] for v in bm.verts], [[v.index for v in f.verts] for f in bm.faces], coat)
        bm.free()
        return self

    def ball(
        self,
        radius: float,
        center: Point,
        coat: Coat = PLAIN,
        scale: Point = (1, 1, 1),
        segments: int = 14,
        rings: int = 8,
    ) -> Any:
        """Ellipsoid with ``segments`` x ``rings`` faces."""
        vertices = [(0.0, 0.0, 1.0)]
        for j in range(1, rings):
            polar = math.pi * j / rings
            for i in range(segments):
                around = 2 * math.pi * i / segments
                vertices.append(
                    (math.sin(polar) * math.cos(around), math.sin(polar) * math.sin(around), math.cos(polar))
                )
        vertices.append((0.0, 0.0, -1.0))
        last = len(vertices) - 1
        faces: list[tuple[int, ...]] = []
        for i in range(segments):
            n = (i + 1) % segments
            faces.append((0, 1 + i, 1 + n))
            faces.append((last, last - segments + n, last - segments + i))
            for j in range(rings - 2):
                row = 1 + j * segments
                faces.append((row + i, row + segments + i, row + segments + n, row + n))
        placed = [[radius * v[k] * scale[k] + center[k] for k in range(3)] for v in vertices]
        return self.add(placed, faces, coat, smooth=True)

    def cone(
        self,
        bottom: float,
        top: float,
        height: float,
        center: Point,
        coat: Coat = PLAIN,
        segments: int = 20,
        rotation: Point = (0, 0, 0),
        caps: bool = True,
    ) -> Any:
        """Cylinder or cone along Z around ``center``."""
        spin = Euler(rotation).to_matrix()
        vertices = []
        for z, radius in ((-height / 2, bottom), (height / 2, top)):
            for x, y in regular(segments, radius):
                vertices.append(spin @ Vector((x, y, z)) + Vector(center))
        sides = [(i, (i + 1) % segments, segments + (i + 1) % segments, segments + i) for i in range(segments)]
        self.add(vertices, sides, coat, smooth=True)
        if caps:
            if bottom > 0:
                self.add(vertices[:segments], [tuple(reversed(range(segments)))], coat)
            if top > 0:
                self.add(vertices[segments:], [tuple(range(segments))], coat)
        return self

    def tube(
        self, start: Point, end: Point, radius: float, end_radius: float, coat: Coat = PLAIN, segments: int = 8
    ) -> Any:
        """Open cylinder from one point to another."""
        a, b = Vector(start), Vector(end)
        turn = (b - a).to_track_quat("Z", "Y").to_euler()
        rotation, center = (turn.x, turn.y, turn.z), ((a + b) / 2).to_tuple()
        return self.cone(radius, end_radius, (b - a).length, center, coat, segments, rotation, caps=False)

    # ------------------------------------------------------------------------------- flat, facing -Y

    def polygon(self, points: Sequence[Point], y: float = 0.0, coat: Coat = PLAIN, rear: bool = False) -> Any:
        """Face through the (x, z) points at depth ``y``, seen from -Y (from +Y when ``rear``)."""
        area = sum(
            p[0] * q[1] - q[0] * p[1] for p, q in zip(points, [*points[1:], points[0]], strict=True)
        )  # twice the signed area: positive is anticlockwise as seen from -Y
        ordered = list(points) if (area > 0) != rear else list(reversed(points))
        return self.add([(p[0], y, p[1]) for p in ordered], [range(len(ordered))], coat)

    def band(
        self, outer: Sequence[Point], inner: Sequence[Point], y: float = 0.0, coat: Coat = PLAIN, closed: bool = True
    ) -> Any:
        """Flat ribbon between two outlines of as many (x, z) points."""
        count = len(outer)
        for i in range(count if closed else count - 1):
            n = (i + 1) % count
            self.polygon((outer[i], outer[n], inner[n], inner[i]), y, coat)
        return self

    def rectangle(self, x: float, z: float, width: float, height: float, y: float = 0.0, coat: Coat = PLAIN) -> Any:
        """Upright rectangle with (x, z) in the middle of its lower edge."""
        half = width / 2
        return self.polygon(((x - half, z), (x + half, z), (x + half, z + height), (x - half, z + height)), y, coat)

    def grid(
        self,
        x: tuple[float, float],
        z: tuple[float, float],
        columns: int,
        rows: int,
        coat: Coat,
        depth: Callable[[float, float, float, float], Point] | None = None,
        rear: bool = False,
    ) -> Any:
        """Upright sheet of quads; ``depth(x, z, u, v)`` may bend it (u, v are 0..1 across and up)."""
        vertices = []
        for i in range(columns + 1):
            for j in range(rows + 1):
                u, v = i / columns, j / rows
                px, pz = x[0] + (x[1] - x[0]) * u, z[0] + (z[1] - z[0]) * v
                vertices.append(depth(px, pz, u, v) if depth else (px, 0.0, pz))
        flip = rear != (x[1] < x[0])
        faces = []
        for i in range(columns):
            for j in range(rows):
                a, b = i * (rows + 1) + j, (i + 1) * (rows + 1) + j
                faces.append((a, a + 1, b + 1, b) if flip else (a, b, b + 1, a + 1))
        return self.add(vertices, faces, coat, smooth=depth is not None)

    # ------------------------------------------------------- stacked shells: a gradient of transparency

    def glow(
        self,
        radius: float,
        center: Point = (0, 0, 0),
        layers: int = 24,
        first: float = 0.1,
        power: float = 1.3,
        segments: int = 32,
        stretch: float = 1.0,
    ) -> Any:
        """Concentric discs, each 4 mm further back; with a small alpha they add up to a soft light."""
        for k in range(layers):
            r = radius * (first + (1 - first) * ((k + 1) / layers) ** power)
            points = [(center[0] + x, center[2] + z * stretch) for x, z in regular(segments, r)]
            self.polygon(points, center[1] + 0.004 * k)
        return self

    def beam(self, length: float, radius: float, shells: int = 10, segments: int = 18, lens: float = 0.04) -> Any:
        """Nested open cones along +Z from the origin: bright at the lamp, soft at the edge."""
        for k in range(1, shells + 1):
            inward = (k - 1) / (shells - 1)
            reach = length * (k / shells) ** 1.15
            end = radius * (reach / length) * (1 - 0.55 * inward)
            self.cone(lens * (1 - 0.5 * inward), end, reach, (0, 0, reach / 2), PLAIN, segments, caps=False)
        return self

    def haze(self, width: float, height: float, layers: int = 10, power: float = 1.5) -> Any:
        """Stacked cards on one base line: dense at the floor, gone at ``height``."""
        for k in range(layers):
            self.rectangle(0.0, 0.0, width, height * ((k + 1) / layers) ** power, 0.004 * k)
        return self

    # ------------------------------------------------------------------------------------- to Blender

    def mesh(self, shop: Workshop, name: str) -> Any:
        """New mesh datablock with these faces."""
        mesh = shop.mesh(name)
        mesh.from_pydata(self.vertices, [], self.faces)
        mesh.polygons.foreach_set("use_smooth", np.array(self._smooth, dtype=bool))
        mesh.update()
        return mesh

    def plain(self, shop: Workshop, name: str, location: Point = (0, 0, 0)) -> Any:
        """Object without vertex colours, to be put on a channel."""
        ob = shop.object(name, self.mesh(shop, name))
        ob.location = location
        return ob

    def baked(self, shop: Workshop, name: str, shade: Shade | None = None, location: Point = (0, 0, 0)) -> Any:
        """Object with its colours painted: ``shade`` lights the plain coats, the others stay as they are."""
        mesh = self.mesh(shop, name)
        paint_corners(mesh, self._coats, self._coat_of_face, shade, location)
        mesh.materials.append(paint.baked_material(shop))
        ob = shop.object(name, mesh)
        ob.location = location
        return ob
