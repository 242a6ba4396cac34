# SPDX-License-Identifier: GPL-3.0-or-later
"""Safe zones as they lie in the rendered picture, cut into rectangles that can be drawn.

Conventions: shares 0..1 of the render's width and height, from its left top corner. Platforms that crop the render or
set it into a blur of itself are reckoned back to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .platforms import Platform, SafeBox

Rect = tuple[float, float, float, float]
"""Left, top, right, bottom."""
COVERED, SOMETIMES, FREE = 0, 1, 2
"""Under the platform's buttons and texts; free in ordinary posts only; free by the platform's own templates."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Where a platform's own interface lies over the picture.

    Parameters
    ----------
    cells : tuple of (Rect, int)
        The whole picture in rectangles, each :data:`COVERED`, :data:`SOMETIMES` or :data:`FREE`.
    strict : tuple of Rect
        The outline of what is free by the platform's templates, as lines from (left, top) to (right, bottom).
    organic : Rect or None
        What ordinary posts leave free; None when platforms that are drawn together have nothing in common.
    """

    cells: tuple[tuple[Rect, int], ...]
    strict: tuple[Rect, ...]
    organic: Rect | None


def zones_of(platforms: Sequence[Platform]) -> Zones:
    """The zones that all of these platforms have in common; they must be made of the same render."""
    strict: list[Rect] = [(0.0, 0.0, 1.0, 1.0)]
    organic: Rect | None = (0.0, 0.0, 1.0, 1.0)
    for platform in platforms:
        own = [_in_render(platform, box) for box in platform.strict]
        strict = [rect for a in strict for b in own if (rect := _common(a, b)) is not None]
        organic = _common(organic, _in_render(platform, platform.organic)) if organic is not None else None
    xs, ys = _edges([*strict, *([organic] if organic else [])])
    levels = [
        [_level(((a + b) / 2, (top + bottom) / 2), strict, organic) for a, b in pairwise(xs)]
        for top, bottom in pairwise(ys)
    ]
    return Zones(tuple(_cells(xs, ys, levels)), tuple(_outline(xs, ys, levels)), organic)


def _in_render(platform: Platform, box: SafeBox) -> Rect:
    """A box of the delivered picture as shares of the render it is made of."""
    across, down = (int(side) for side in platform.aspect.split(":"))
    width, height = float(platform.width), float(platform.height)
    if platform.fit != "exact":
        # The render is enlarged until it covers the picture (crop), or until it fits into it (blur).
        is_taller = width * down / across > height
        if is_taller == (platform.fit == "crop"):
            height = width * down / across
        else:
            width = height * across / down
    x, y = (platform.width - width) / 2, (platform.height - height) / 2
    shares = ((box.left - x) / width, (box.top - y) / height, (box.right - x) / width, (box.bottom - y) / height)
    left, top, right, bottom = (min(1.0, max(0.0, share)) for share in shares)
    return left, top, right, bottom


def _common(a: Rect, b: Rect) -> Rect | None:
    found = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
    return found if found[0] < found[2] and found[1] < found[3] else None


def _edges(rects: Iterable[Rect]) -> tuple[list[float], list[float]]:
    rects = list(rects)
    xs = {0.0, 1.0, *(x for rect in rects for x in (rect[0], rect[2]))}
    ys = {0.0, 1.0, *(y for rect in rects for y in (rect[1], rect[3]))}
    return sorted(xs), sorted(ys)


def _level(point: tuple[float, float], strict: Sequence[Rect], organic: Rect | None) -> int:
    x, y = point
    by_template = any(left < x < right and top < y < bottom for left, top, right, bottom in strict)
    by_habit = organic is not None and organic[0] < x < organic[2] and organic[1] < y < organic[3]
    return FREE if by_template else SOMETIMES if by_habit else COVERED


def _cells(xs: list[float], ys: list[float], levels: list[list[int]]) -> Iterable[tuple[Rect, int]]:
    """Rows of equal neighbours as one rectangle each."""
    for row, kinds in enumerate(levels):
        start = 0
        for column in range(1, len(kinds) + 1):
            if column == len(kinds) or kinds[column] != kinds[start]:
                yield (xs[start], ys[row], xs[column], ys[row + 1]), kinds[start]
                start = column


def _outline(xs: list[float], ys: list[float], levels: list[list[int]]) -> Iterable[Rect]:
    """Lines between what is free and what is not, the picture's own edges left out."""
    free = [[kind == FREE for kind in row] for row in levels]
    for row, kinds in enumerate(free):
        for column, is_free in enumerate(kinds):
            if column and is_free != kinds[column - 1]:
                yield xs[column], ys[row], xs[column], ys[row + 1]
            if row and is_free != free[row - 1][column]:
                yield xs[column], ys[row], xs[column + 1], ys[row]
