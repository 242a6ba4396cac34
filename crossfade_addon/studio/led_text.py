# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters for the LED wall: the bundled font's outlines as flat triangles, fitted into a box (metres)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

FONT = Path(__file__).parent.parent / "data" / "fonts" / "Inter-Bold.otf"
LONGEST = 34
"""Letters of a title that fit a wall; the rest gives way to an ellipsis."""
_LINE = 1.0
_LETTER = 0.68
"""Width of a usual capital, in the font's size."""
_CAP = 0.73


@dataclass(frozen=True, slots=True)
class Glyph:
    """Triangles and quads of some letters, (x, z) about their own middle, and where the middle stands."""

    polygons: list[list[tuple[float, float]]]
    x: float
    z: float


def shortened(text: str) -> str:
    """The text on one line in capitals, without what a font cannot show, at most :data:`LONGEST` letters."""
    kept = "".join(c if c.isprintable() and unicodedata.category(c)[0] not in "CS" else " " for c in text)
    kept = " ".join(kept.upper().split())
    if len(kept) <= LONGEST:
        return kept
    cut = kept[: LONGEST - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[LONGEST // 2 :] else cut).rstrip(" -,.(") + "\u2026"


def lines_for(text: str, width: float, height: float) -> list[str]:
    """The text on one or two lines, whichever lets the letters be larger in a box of that shape."""
    words = text.split()
    best, largest = [text], 0.0
    for cut in range(len(words)):
        lines = [" ".join(words[:cut]), " ".join(words[cut:])] if cut else [text]
        across = _LETTER * max(len(line) for line in lines)
        size = min(width / across, height / (_CAP + _LINE * (len(lines) - 1)))
        if size > largest:
            best, largest = lines, size
    return best


def glyphs(text: str, width: float, height: float, *, pieces: int, wrap: bool = True) -> list[Glyph]:
    """About ``pieces`` groups of neighbouring letters which together write the text in a box about (0, 0).

    No group goes over a line's end; ``wrap`` allows a second line.
    """
    if not text:
        return []
    known = {font.name for font in bpy.data.fonts}
    font = bpy.data.fonts.load(str(FONT))
    curve = bpy.data.curves.new("CF Letters", "FONT")
    curve.font, curve.resolution_u = font, 3
    writer = bpy.data.objects.new("CF Letters", curve)
    try:
        lines = lines_for(text, width, height) if wrap else [text]
        return _written(curve, writer, lines, width, height, pieces)
    finally:
        bpy.data.objects.remove(writer)
        bpy.data.curves.remove(curve)
        # A new text brings Blender's own font along; neither may stay in the user's file.
        for added in [f for f in bpy.data.fonts if f.name not in known]:
            bpy.data.fonts.remove(added)


def _written(curve: Any, writer: Any, lines: list[str], width: float, height: float, pieces: int) -> list[Glyph]:
    def mesh_of(body: str) -> list[list[tuple[float, float]]]:
        curve.body = body
        mesh = bpy.data.meshes.new_from_object(writer)
        points = [(v.co.x, v.co.y) for v in mesh.vertices]
        polygons = [[points[i] for i in face.vertices] for face in mesh.polygons]
        bpy.data.meshes.remove(mesh)
        return polygons

    def right(body: str) -> float:
        return max((p[0] for polygon in mesh_of(body) for p in polygon), default=0.0)

    bare = right("||")
    advance = {c: right(f"|{c}|") - bare for c in set("".join(lines))}
    widest = max(sum(advance[c] for c in line) for line in lines)
    size = min(width / widest, height / (_CAP + _LINE * (len(lines) - 1)))
    letters = sum(not c.isspace() for line in lines for c in line)
    group = max(1, -(-letters // pieces))
    found: list[Glyph] = []
    for row, line in enumerate(lines):
        base = (len(lines) - 1) / 2 * _LINE - row * _LINE - _CAP / 2
        x = -sum(advance[c] for c in line) / 2
        waiting: list[list[tuple[float, float]]] = []
        taken = 0
        for k, letter in enumerate(line):
            if not letter.isspace():
                waiting += [[(px + x, pz + base) for px, pz in polygon] for polygon in mesh_of(letter)]
                taken += 1
            x += advance[letter]
            if waiting and (taken >= group or k == len(line) - 1):
                found.append(_centred(waiting, size))
                waiting, taken = [], 0
    return found


def _centred(polygons: list[list[tuple[float, float]]], size: float) -> Glyph:
    xs = [p[0] for polygon in polygons for p in polygon]
    zs = [p[1] for polygon in polygons for p in polygon]
    x, z = (min(xs) + max(xs)) / 2, (min(zs) + max(zs)) / 2
    moved = [[((px - x) * size, (pz - z) * size) for px, pz in polygon] for polygon in polygons]
    return Glyph(moved, x * size, z * size)
