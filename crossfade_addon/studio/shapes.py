# SPDX-License-Identifier: GPL-3.0-or-later
"""Mesh primitives, cel-shading by cutting, and one painted mesh object made of many parts.

Conventions: metres; every closed shape has outward normals (both engines cull back faces); a face's
``material_index`` stands for its place in the part's list of colour names until it is painted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import bmesh
import numpy as np
from mathutils import Matrix, Vector

from . import paint
from .meshes import Coat, Shade, paint_corners
from .ownership import Workshop

Point = Any
"""A Vector, or a sequence of three numbers."""
Weights = dict[str, float]
Weigh = Callable[[Any], Weights]
Rgb = tuple[float, float, float]
FORWARD = (0.0, -1.0, 0.0)


def smoothstep(low: float, high: float, x: float) -> float:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)


def catmull_rom(points: Sequence[Point], count: int) -> list[Point]:
    """``count`` points evenly spread in parameter over a uniform Catmull-Rom curve through ``points``."""
    p = np.array(points, dtype=float)
    out = []
    for t in np.linspace(0, len(p) - 1, count):
        i = min(int(t), len(p) - 2)
        u = t - i
        a, b, c, d = p[max(i - 1, 0)], p[i], p[i + 1], p[min(i + 2, len(p) - 1)]
        out.append(0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3))
    return [Vector(q) for q in out]


def catmull_rom_values(values: Sequence[float], count: int) -> list[float]:
    """:func:`catmull_rom` for single numbers, such as radii."""
    return [q[0] for q in catmull_rom([(v, 0.0, 0.0) for v in values], count)]


# ---------------------------------------------------------------------------------------- primitives


def superellipsoid(
    centre: Point,
    radii: Sequence[float],
    segments: int,
    rings: int,
    exponent: float = 2.0,
    rotation: Any = None,
) -> Any:
    """UV sphere pushed onto |x/rx|^n + |y/ry|^n + |z/rz|^n = 1, then turned and moved."""
    bm = bmesh.new()
    bmesh.ops.create_uvsphere(bm, u_segments=segments, v_segments=rings, radius=1)
    turn = rotation or Matrix.Identity(3)
    for vertex in bm.verts:
        d: Any = vertex.co.normalized()
        scale = sum(abs(c) ** exponent for c in d) ** (-1 / exponent)
        vertex.co = turn @ Vector([c * scale * r for c, r in zip(d, radii, strict=True)]) + Vector(centre)
    return bm


def loft(
    points: Sequence[Point], radii: Sequence[Any], sides: int, up: Point = FORWARD, *, closed: bool = False
) -> Any:
    """Capped tube along a path, or ring along a ``closed`` one; a radius is a number or (across, along ``up``)."""
    bm = bmesh.new()
    path = [Vector(p) for p in points]
    rings = []
    for i, point in enumerate(path):
        ahead, behind = (i + 1) % len(path), i - 1
        if not closed:
            ahead, behind = min(i + 1, len(path) - 1), max(i - 1, 0)
        along: Any = (path[ahead] - path[behind]).normalized()
        x = along.cross(Vector(up)).normalized()
        y = x.cross(along)
        rx, ry = radii[i] if isinstance(radii[i], (tuple, list)) else (radii[i], radii[i])
        angles = [2 * math.pi * j / sides for j in range(sides)]
        rings.append([bm.verts.new(point + x * rx * math.cos(a) + y * ry * math.sin(a)) for a in angles])
    _skin(bm, [*rings, rings[0]] if closed else rings, sides)
    if not closed:
        bm.faces.new(rings[0][::-1])
        bm.faces.new(rings[-1])
    bmesh.ops.recalc_face_normals(bm, faces=list(bm.faces))
    return bm


def torus(
    centre: Point,
    radii: tuple[float, float],
    tube: float,
    segments: int,
    sides: int,
    *,
    axis: Point = (0, 1, 0),
    arc: tuple[float, float] | None = None,
    flatten: tuple[float, float] = (1.0, 1.0),
) -> Any:
    """Ring about ``axis``; ``arc`` (degrees) leaves a part of it, ``flatten`` scales the tube (out, along axis)."""
    bm = bmesh.new()
    turn = Vector((0, 1, 0)).rotation_difference(Vector(axis)).to_matrix()
    start, stop = (math.radians(a) for a in arc) if arc else (0.0, 2 * math.pi)
    rings = []
    for i in range(segments + 1 if arc else segments):
        a = start + (stop - start) * i / segments
        out = Vector((math.cos(a), 0, math.sin(a)))
        middle = Vector((out.x * radii[0], 0, out.z * radii[1]))
        ring = []
        for j in range(sides):
            b = 2 * math.pi * j / sides
            offset = out * tube * flatten[0] * math.cos(b) + Vector((0, tube * flatten[1] * math.sin(b), 0))
            place: Any = turn @ (middle + offset) + Vector(centre)
            ring.append(bm.verts.new(place))
        rings.append(ring)
    _skin(bm, rings if arc else [*rings, rings[0]], sides)
    bmesh.ops.recalc_face_normals(bm, faces=list(bm.faces))
    return bm


def _skin(bm: Any, rings: Sequence[Sequence[Any]], sides: int) -> None:
    for a, b in pairwise(rings):
        for j in range(sides):
            k = (j + 1) % sides
            bm.faces.new((a[j], a[k], b[k], b[j]))


def box(centre: Point, size: Sequence[float]) -> Any:
    """Axis-aligned box."""
    bm = bmesh.new()
    bmesh.ops.create_cube(bm, size=1)
    for vertex in bm.verts:
        corner: Any = vertex.co
        vertex.co = Vector([c * s for c, s in zip(corner, size, strict=True)]) + Vector(centre)
    return bm


def cylinder(centre: Point, radius: float, height: float, sides: int, top: float | None = None) -> Any:
    """Upright cylinder, or a cone's stump with another radius on ``top``."""
    bm = bmesh.new()
    bmesh.ops.create_cone(
        bm, segments=sides, radius1=radius, radius2=radius if top is None else top, depth=height, cap_ends=True
    )
    bmesh.ops.translate(bm, verts=list(bm.verts), vec=centre)
    return bm


# ----------------------------------------------------------------------------------------- cutting


def cut(bm: Any, point: Point, normal: Point, *, clear_inner: bool = False) -> None:
    """Split all faces along a plane (and drop what lies behind it)."""
    bmesh.ops.bisect_plane(
        bm,
        geom=[*bm.verts, *bm.edges, *bm.faces],
        plane_co=point,
        plane_no=normal,
        dist=1e-5,
        clear_inner=clear_inner,
    )
    settle(bm)


def settle(bm: Any) -> None:
    """Vertices and faces in an order of their own, on a grid of a hundredth of a millimetre.

    Blender's own tools leave them in that of addresses in memory, another in every process; surfaces that touch are
    drawn by it, so without this no two renders of a show would be the same to the bit.
    """
    for vertex in bm.verts:
        vertex.co = [round(c, 5) for c in vertex.co]
    places = {v: k for k, v in enumerate(sorted(bm.verts, key=lambda v: tuple(v.co)))}
    corners = {f: sorted(places[v] for v in f.verts) for f in bm.faces}
    ranks = {f: k for k, f in enumerate(sorted(bm.faces, key=corners.__getitem__))}
    bm.verts.sort(key=places.__getitem__)
    bm.faces.sort(key=ranks.__getitem__)


def _centre(bm: Any) -> Vector:
    return sum((v.co for v in bm.verts), Vector()) / len(bm.verts)


def cel_shade(bm: Any, light: Any, amount: float, index: int) -> None:
    """Cut a clean terminator: faces away from ``light`` get colour ``index``.

    ``amount`` is where, from 0 (through the middle) to 1 (at the far end, nothing in shade).
    """
    direction = Vector(light).normalized()
    centre = _centre(bm)
    point = centre + direction * min((v.co - centre).dot(direction) for v in bm.verts) * amount
    cut(bm, point, direction)
    for face in bm.faces:
        if (face.calc_center_median() - point).dot(direction) < 0:
            face.material_index = index


def sheen(bm: Any, direction: Any, low: float, high: float, index: int) -> None:
    """Cut a band of highlight, at ``low``..``high`` of the way from the middle to the far end."""
    towards = Vector(direction).normalized()
    centre = _centre(bm)
    reach = max((v.co - centre).dot(towards) for v in bm.verts)
    for level in (low, high):
        cut(bm, centre + towards * reach * level, towards)
    for face in bm.faces:
        if low < (face.calc_center_median() - centre).dot(towards) / reach < high:
            face.material_index = index


def inverted_hull(bm: Any, thickness: float) -> Any:
    """A copy grown along its normals and turned inside out: with culling on, only its outline shows."""
    hull = bm.copy()
    hull.normal_update()
    normals = [v.normal.copy() for v in hull.verts]
    for vertex, normal in zip(hull.verts, normals, strict=True):
        vertex.co += normal * thickness
    bmesh.ops.reverse_faces(hull, faces=hull.faces)
    for face in hull.faces:
        face.material_index = 0
    return hull


# ----------------------------------------------------------------------------------------- painting


class PaintedMesh:
    """Parts collected into one mesh whose colours are baked into the corner attribute ``Col``."""

    def __init__(self) -> None:
        self.vertices: list[tuple[float, float, float]] = []
        self.faces: list[tuple[int, ...]] = []
        self.colors: list[str] = []
        self.weights: list[Weights] = []

    @property
    def triangles(self) -> int:
        """How many triangles the faces make."""
        return sum(len(face) - 2 for face in self.faces)

    def add(self, bm: Any, colors: Sequence[str], weigh: Weigh | str = "") -> None:
        """Take over a bmesh (and free it); ``weigh`` is one bone's name or weights by position."""
        first = len(self.vertices)
        settle(bm)
        bm.verts.index_update()
        for vertex in bm.verts:
            self.vertices.append(tuple(vertex.co))
            self.weights.append({weigh: 1.0} if isinstance(weigh, str) else weigh(vertex.co))
        for face in bm.faces:
            corners = [first + v.index for v in face.verts]
            start = corners.index(min(corners))
            self.faces.append((*corners[start:], *corners[:start]))
            self.colors.append(colors[int(face.material_index)])
        bm.free()

    def add_faces(
        self, vertices: Sequence[Sequence[float]], faces: Sequence[Sequence[int]], color: str, bone: str
    ) -> None:
        """Take over plain vertices and faces of one colour, all on one bone."""
        first = len(self.vertices)
        self.vertices += [(float(x), float(y), float(z)) for x, y, z in vertices]
        self.weights += [{bone: 1.0}] * len(vertices)
        self.faces += [tuple(first + i for i in face) for face in faces]
        self.colors += [color] * len(faces)

    def build(
        self, shop: Workshop, name: str, colors: Mapping[str, Coat], *, parent: Any = None, shade: Shade | None = None
    ) -> Any:
        """The object ``CF <name>`` with its colours painted and one vertex group a bone.

        ``colors`` are linear RGB (or coats) by name; ``shade`` lights the plain ones, else they stay flat.
        """
        mesh = shop.mesh(name)
        mesh.from_pydata(self.vertices, [], self.faces)
        mesh.polygons.foreach_set("use_smooth", np.ones(len(self.faces), dtype=bool))
        mesh.update()
        names = sorted(set(self.colors))
        place = {color: index for index, color in enumerate(names)}
        paint_corners(mesh, [colors[color] for color in names], [place[color] for color in self.colors], shade)
        mesh.materials.append(paint.baked_material(shop))
        ob = shop.object(name, mesh, parent=parent)
        groups: dict[str, dict[float, list[int]]] = {}
        for index, weights in enumerate(self.weights):
            for bone, weight in weights.items():
                if bone and weight > 1e-4:
                    groups.setdefault(bone, {}).setdefault(round(weight, 4), []).append(index)
        for bone, levels in groups.items():
            group = ob.vertex_groups.new(name=bone)
            for weight, indices in levels.items():
                group.add(indices, weight, "REPLACE")
        return ob
