# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of an LED wall's patterns as flat polygons, and what cuts them to the wall's outline.

Points are (x, z) in metres from the middle of a frame; every polygon is convex. A pattern is a list of parts:
all the polygons of one part shine together.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Polygon = Sequence[tuple[float, float]]

CELL = 0.84
"""Size of the squares of ``checker`` in metres on a wall 6 m wide."""


@dataclass(frozen=True, slots=True)
class Part:
    """Polygons that shine together; ``hue`` 0..1 is their place between the theme's accents."""

    polygons: list[Polygon]
    hue: float


@dataclass(frozen=True, slots=True)
class Box:
    """Half width and half height of a frame, and its ring: outline of the given radius about the middle."""

    half_x: float
    half_z: float
    ring: Callable[[float], Polygon]
    reach: float
    """Radius of the largest ring that still touches the frame."""


def clipped(polygon: Polygon, outline: Polygon) -> list[tuple[float, float]]:
    """What of a convex polygon lies within a convex outline (both wound either way); empty if nothing."""
    result = [(float(x), float(z)) for x, z in polygon]
    turn = 1.0 if _area(outline) > 0 else -1.0
    for i in range(len(outline)):
        (ax, az), (bx, bz) = outline[i], outline[(i + 1) % len(outline)]

        def inside(p: tuple[float, float], ax=ax, az=az, bx=bx, bz=bz) -> float:
            return turn * ((bx - ax) * (p[1] - az) - (bz - az) * (p[0] - ax))

        kept: list[tuple[float, float]] = []
        for k, point in enumerate(result):
            before = result[k - 1]
            d, d_before = inside(point), inside(before)
            if (d > 0) != (d_before > 0):
                t = d_before / (d_before - d)
                kept.append((before[0] + (point[0] - before[0]) * t, before[1] + (point[1] - before[1]) * t))
            if d > 0:
                kept.append(point)
        result = kept
        if len(result) < 3:
            return []
    return result if abs(_area(result)) > 1e-5 else []


def is_within(points: Polygon, outline: Polygon) -> bool:
    """Whether all points lie in a convex outline."""
    turn = 1.0 if _area(outline) > 0 else -1.0
    edges = zip(outline, [*outline[1:], outline[0]], strict=True)
    return all(
        turn * ((bx - ax) * (z - az) - (bz - az) * (x - ax)) > 0 for (ax, az), (bx, bz) in edges for x, z in points
    )


def _area(polygon: Polygon) -> float:
    pairs = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    return 0.5 * sum(p[0] * q[1] - q[0] * p[1] for p, q in pairs)


def pattern(family: str, box: Box, rng: random.Random) -> list[Part]:
    """The parts of a pattern family over a whole frame."""
    return _SHAPES[family](box, rng)


def _rectangle(x0: float, z0: float, x1: float, z1: float) -> Polygon:
    return ((x0, z0), (x1, z0), (x1, z1), (x0, z1))


def _bars(box: Box, rng: random.Random) -> list[Part]:
    """Leaning bars, mirrored: part k is the k-th from the middle on both sides; none crosses the middle."""
    count = 6
    step = (box.half_x + 0.3 * box.half_z) / count
    parts = []
    for k in range(count):
        polygons = []
        for side in (-1, 1):
            own_half = _rectangle(side * 0.06 * step, -box.half_z, side * 2 * box.half_x, box.half_z)
            lean = side * 0.25 * box.half_z
            low, high = side * step * (k + 0.12), side * step * (k + 0.88)
            foot, head = -box.half_z, box.half_z
            bar = ((low - lean, foot), (high - lean, foot), (high + lean, head), (low + lean, head))
            polygons.append(clipped(bar, own_half))
        parts.append(Part(polygons, 0.5 + 0.5 * (k + 0.5) / count))
    # Left bars carry the left accent: each half is a part of its own.
    return [Part([part.polygons[side]], part.hue if side else 1 - part.hue) for part in parts for side in (0, 1)]


def _rings(box: Box, rng: random.Random) -> list[Part]:
    count = 8
    parts = []
    for k in range(count):
        inner = box.ring(box.reach * (k + 0.16) / count)
        outer = box.ring(box.reach * (k + 0.84) / count)
        n = len(inner)
        polygons: list[Polygon] = [(outer[i], outer[(i + 1) % n], inner[(i + 1) % n], inner[i]) for i in range(n)]
        parts.append(Part(polygons, k / (count - 1)))
    return parts


def _waves(box: Box, rng: random.Random) -> list[Part]:
    count, across = 8, 28
    height = 2 * box.half_z / count
    parts = []
    for k in range(count + 1):
        polygons = []
        for i in range(across):
            x = [box.half_x * (2 * j / across - 1) for j in (i, i + 1)]
            z = [-box.half_z + height * (k - 0.1 + 0.55 * math.sin(2.2 * px / max(1.0, box.half_z))) for px in x]
            half = 0.36 * height
            polygons.append(((x[0], z[0] - half), (x[1], z[1] - half), (x[1], z[1] + half), (x[0], z[0] + half)))
        parts.append(Part(polygons, k / count))
    return parts


def _cells(box: Box, size: float) -> Iterator[tuple[int, int, float, Polygon]]:
    """Column, row, place across (0..1) and square of each cell."""
    columns, rows = math.ceil(2 * box.half_x / size), math.ceil(2 * box.half_z / size)
    for i in range(columns):
        for j in range(rows):
            x, z = (i - columns / 2) * size, (j - rows / 2) * size
            gap = 0.06 * size
            yield i, j, (i + 0.5) / columns, _rectangle(x + gap, z + gap, x + size - gap, z + size - gap)


def _cell_size(box: Box) -> float:
    return CELL * min(1.0, max(0.3, box.half_x / 3.0))


def _checker(box: Box, rng: random.Random) -> list[Part]:
    """Parts 0 and 2 are the even squares, left and right; 1 and 3 the odd ones."""
    squares: list[list[Polygon]] = [[] for _ in range(4)]
    for i, j, across, square in _cells(box, _cell_size(box)):
        squares[(i + j) % 2 + (2 if across > 0.5 else 0)].append(square)
    return [Part(polygons, hue) for polygons, hue in zip(squares, (0.0, 0.22, 0.78, 1.0), strict=True)]


def _sweep(box: Box, rng: random.Random) -> list[Part]:
    count = 12
    step = 2 * box.half_x / count
    return [
        Part(
            [_rectangle(-box.half_x + step * (k + 0.07), -box.half_z, -box.half_x + step * (k + 0.93), box.half_z)],
            k / (count - 1),
        )
        for k in range(count)
    ]


def _noise(box: Box, rng: random.Random) -> list[Part]:
    sets: list[list[Polygon]] = [[] for _ in range(8)]
    for _, _, across, square in _cells(box, 0.75 * _cell_size(box)):
        # Each cell joins a set of its own half, so that left stays left-coloured.
        sets[rng.randrange(4) + (4 if across > 0.5 else 0)].append(square)
    return [Part(polygons, 0.08 * k if k < 4 else 0.68 + 0.08 * (k - 3)) for k, polygons in enumerate(sets)]


_SHAPES: dict[str, Callable[[Box, random.Random], list[Part]]] = {
    "bars": _bars,
    "rings": _rings,
    "waves": _waves,
    "checker": _checker,
    "sweep": _sweep,
    "noise": _noise,
}


def columns(box: Box, outlines: Sequence[Polygon]) -> list[tuple[Part, float, float]]:
    """Columns of the spectrum from left to right: polygon standing on z = 0, the height of its foot, its place.

    ``place`` is 0 (bass) in the middle and 1 (treble) at the sides. Columns end where the outline does.
    """
    count = 2 * max(2, min(8, round(box.half_x / 0.5)))
    step = 2 * box.half_x / count
    found = []
    for k in range(count):
        left, right = -box.half_x + step * (k + 0.1), -box.half_x + step * (k + 0.9)
        spans = [_column_span(left, right, outline) for outline in outlines]
        for span in spans:
            if span is None or span[1] - span[0] < 0.3:
                continue
            shape = _rectangle(left, 0.0, right, span[1] - span[0])
            middle = (left + right) / 2
            found.append((Part([shape], 0.5 + 0.5 * middle / box.half_x), span[0], abs(middle) / box.half_x))
    return found


def _column_span(left: float, right: float, outline: Polygon) -> tuple[float, float] | None:
    """Lowest and highest z of the upright strip that is wholly within the outline."""
    spans = []
    for x in (left, right):
        heights = []
        for (ax, az), (bx, bz) in zip(outline, [*outline[1:], outline[0]], strict=True):
            if (ax - x) * (bx - x) <= 0 and ax != bx:
                heights.append(az + (bz - az) * (x - ax) / (bx - ax))
        if len(heights) < 2:
            return None
        spans.append((min(heights), max(heights)))
    return max(s[0] for s in spans), min(s[1] for s in spans)
