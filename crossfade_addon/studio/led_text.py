# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters for the LED wall: a font's outlines as flat triangles, fitted into a box (metres).

The bundled font comes first; what it lacks is taken from Blender's own, which falls back on the fonts that came with
Blender (Chinese, Japanese, Korean, Arabic, Hebrew, Thai, symbols...). What none of them has is never shown: not as a
letter and not as a box.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from mathutils.geometry import delaunay_2d_cdt

from . import compat, led_letters
from .led_letters import LONGEST, shortened

__all__ = ["FONT", "LONGEST", "Glyph", "glyphs", "lines_for", "readable", "shortened"]

FONT = Path(__file__).parent.parent / "data" / "fonts" / "Inter-Bold.otf"
_LINE = 1.0
_LETTER = 0.68
"""Width of a usual capital, in the font's size."""
_CAP = 0.73
_OVERHANG = 0.54
"""How far letters may reach from the middle of their box, as a part of its height."""
_BUNDLED = ("LATIN", "GREEK", "CYRILLIC")
"""Scripts of the bundled font: until 4.2 Blender falls back for every font, so that it seems to have all others."""
_SHIPPED = frozenset(
    (
        *("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "ETHIOPIC", "HEBREW", "ARABIC", "THAI", "COMBINING"),
        *("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "HANGUL"),
        *("IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH"),
    )
)
"""Scripts of the fonts that Blender brings, as far as they can be set."""
_ALIKE = (0.004, 0.02, 0.004, 0.004)
"""How near to each other the boxes (left, right, bottom, top) of two missing letters are."""
_NO_LETTER = "\uffff"
"""Shows what a font draws for letters that it lacks."""
_OWN_SIZE = 0.74
"""Blender's own font beside the bundled one: capitals of the same height."""
_OWN_WEIGHT = 0.013
"""It comes in one weight only: each letter is laid down twice, so far to either side. Fattening the outlines instead
(``curve.offset``) tears the narrow parts of Chinese and Arabic letters."""
_PATIENCE = 5
"""Letters that may be looked for in vain, at a fifth of a second each, before the others count as missing."""
Polygons = list[list[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Glyph:
    """Triangles and quads of some letters, (x, z) about their own middle, and where the middle stands."""

    polygons: Polygons
    x: float
    z: float


def readable(text: str) -> str:
    """:func:`.led_letters.shortened` without the letters that no font has.

    Returns
    -------
    str
        ``""`` when nothing is left of the text, or less than half of its letters.
    """
    asked = led_letters.plain(text)[: 4 * LONGEST]
    if not asked:
        return ""
    with _typewriter() as typewriter:
        kept = "".join(c if c == " " else typewriter.known(c) for c in asked)
    # Letters of scripts that cannot be set count as missing too.
    if 2 * led_letters.weight(kept) < led_letters.weight(text[: 4 * LONGEST]):
        return ""
    return shortened(kept)


def lines_for(text: str, width: float, height: float) -> list[str]:
    """The text on one or two lines, whichever lets the letters be larger in a box of that shape."""
    best, largest = [text], 0.0
    for lines in led_letters.halves(text):
        across = _LETTER * max(len(line) for line in lines)
        size = min(width / across, height / (_CAP + _LINE * (len(lines) - 1)))
        if size > largest:
            best, largest = lines, size
    return best


def glyphs(text: str, width: float, height: float, *, pieces: int, wrap: bool = True) -> list[Glyph]:
    """About ``pieces`` groups of neighbouring letters which together write the text in a box about (0, 0).

    No group goes over a line's end; ``wrap`` allows a second line. Letters that no font has are left out.
    """
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C")
    if not text.strip():
        return []
    with _typewriter() as typewriter:
        lines = [
            led_letters.clusters(led_letters.visual(line, lambda c: bool(typewriter.font(c))))
            for line in (lines_for(text, width, height) if wrap else [text])
        ]
        return _written(typewriter, lines, width, height, pieces)


def _written(typewriter: _Typewriter, lines: list[list[str]], width: float, height: float, pieces: int) -> list[Glyph]:
    widest = max(sum(map(typewriter.advance, line)) for line in lines)
    if widest <= 0:
        return []
    size = min(width / widest, height / (_CAP + _LINE * (len(lines) - 1)))
    letters = sum(not c.isspace() for line in lines for c in line)
    group = max(1, -(-letters // pieces))
    found: list[Glyph] = []
    for row, line in enumerate(lines):
        base = (len(lines) - 1) / 2 * _LINE - row * _LINE - _CAP / 2
        x = -sum(map(typewriter.advance, line)) / 2
        waiting: Polygons = []
        taken = 0
        for k, letter in enumerate(line):
            if not letter.isspace():
                waiting += [[(px + x, pz + base) for px, pz in polygon] for polygon in typewriter.polygons(letter)]
                taken += 1
            x += typewriter.advance(letter)
            if waiting and (taken >= group or k == len(line) - 1):
                found.append(_centred(waiting, size))
                waiting, taken = [], 0
    return _within(found, height)


def _within(glyphs: list[Glyph], height: float) -> list[Glyph]:
    """Scripts that reach far up or down are made smaller, so that no line below is touched."""
    zs = [glyph.z + z for glyph in glyphs for polygon in glyph.polygons for _, z in polygon]
    if not zs or max(max(zs), -min(zs)) <= _OVERHANG * height:
        return glyphs
    middle, scale = (min(zs) + max(zs)) / 2, min(1.0, height / (max(zs) - min(zs)))
    return [
        Glyph(
            [[(x * scale, z * scale) for x, z in polygon] for polygon in glyph.polygons],
            glyph.x * scale,
            (glyph.z - middle) * scale,
        )
        for glyph in glyphs
    ]


def _centred(polygons: Polygons, size: float) -> Glyph:
    xs = [p[0] for polygon in polygons for p in polygon]
    zs = [p[1] for polygon in polygons for p in polygon]
    x, z = (min(xs) + max(xs)) / 2, (min(zs) + max(zs)) / 2
    moved = [[((px - x) * size, (pz - z) * size) for px, pz in polygon] for polygon in polygons]
    return Glyph(moved, x * size, z * size)


# ------------------------------------------------------------------------------------------- fonts


@dataclass(slots=True)
class _Font:
    """A text object in one font; it is asked for letters of ``scripts`` only (of all if empty)."""

    writer: Any
    size: float = 1.0
    weight: float = 0.0
    scripts: tuple[str, ...] = ()
    outlines: dict[str, Polygons] = field(default_factory=dict)

    def polygons(self, body: str) -> Polygons:
        found = self.outlines.get(body)
        if found is None:
            self.writer.data.body = body
            mesh: Any = bpy.data.meshes.new_from_object(self.writer)
            points = [(v.co.x * self.size, v.co.y * self.size) for v in mesh.vertices]
            faces = [tuple(face.vertices) for face in mesh.polygons]
            edges = [tuple(edge.vertices) for edge in mesh.edges]
            bpy.data.meshes.remove(mesh)
            if points and not faces:
                points, faces = _filled(np.array(points), np.array(edges))
            sides = (-self.weight, self.weight) if self.weight else (0.0,)
            found = [[(points[i][0] + dx, points[i][1]) for i in face] for dx in sides for face in faces]
            self.outlines[body] = found
        return found

    def right(self, body: str) -> float:
        return max((p[0] for polygon in self.polygons(body) for p in polygon), default=0.0)

    def has(self, c: str) -> bool:
        """A letter that looks like what is drawn for missing ones is missing.

        Where Blender frames missing letters, nothing is asked for that its fonts might lack: it can crash there.
        """
        is_letter = unicodedata.category(c)[0] == "L"
        if self.scripts and (c > "\uffff" or (is_letter and led_letters.script(c) not in self.scripts)):
            return False
        if compat.FRAMES_MISSING_LETTERS:
            return (bool(self.scripts) or _is_in_blenders_fonts(c)) and bool(self.polygons(c))
        box, none = (_bounds(self.polygons(body)) for body in (c, _NO_LETTER))
        return bool(box) and (not none or any(abs(a - b) > d for a, b, d in zip(box, none, _ALIKE, strict=True)))


def _is_in_blenders_fonts(c: str) -> bool:
    """Whether a sign is of a script (or a symbol) that the fonts shipped with Blender 4.2 to 4.5 have."""
    if unicodedata.category(c)[0] in "LM":
        return led_letters.script(c) in _SHIPPED
    return bool(unicodedata.name(c, ""))


@dataclass(slots=True)
class _Typewriter:
    """The bundled font and Blender's own behind it."""

    fonts: tuple[_Font, ...]
    chosen: dict[str, _Font | None] = field(default_factory=dict)
    advances: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def known(self, c: str) -> str:
        """The letter, or what stands for it (plain letters for fancy ones, a small one); ``""`` where nothing does."""
        bundled = self.fonts[0]
        plain = unicodedata.normalize("NFKC", c).upper().strip()
        if not bundled.has(c) and plain and all(map(bundled.has, plain)):
            return plain
        return next((form for form in (c, c.lower()) if self.font(form)), "")

    def font(self, c: str) -> _Font | None:
        """The first font that has a letter."""
        if c not in self.chosen:
            bundled, own = self.fonts
            if bundled.has(c):
                self.chosen[c] = bundled
            elif self._is_hopeless(c):
                self.chosen[c] = None
            else:
                self.chosen[c] = own if own.has(c) else None
                if self.chosen[c] is None:
                    self.missing.append(c)
        return self.chosen[c]

    def _is_hopeless(self, c: str) -> bool:
        """Blender looks through all its fonts for a letter it lacks: a script of which one is missing is not asked."""
        return len(self.missing) >= _PATIENCE or any(
            led_letters.script(other) == led_letters.script(c) != "CJK" for other in self.missing
        )

    def polygons(self, cluster: str) -> Polygons:
        """Outlines of a letter with its marks, from its left edge on the line; nothing where no font has it."""
        font = self.font(cluster[0])
        return font.polygons(cluster) if font else []

    def advance(self, cluster: str) -> float:
        """How far the next letter stands from this one."""
        if cluster not in self.advances:
            font = self.fonts[0] if cluster.isspace() else self.font(cluster[0])
            self.advances[cluster] = font.right(f"|{cluster}|") - font.right("||") if font else 0.0
        return self.advances[cluster]


def _filled(points: np.ndarray, edges: np.ndarray) -> tuple[list[tuple[float, float]], list[tuple[int, ...]]]:
    """Triangles within outlines that may cross each other (a variable font's do: Blender's own fill tears them).

    What outlines go round at least once is filled (the non-zero rule); edges run along the outlines.
    """
    found = delaunay_2d_cdt([Vector(point) for point in points.tolist()], edges.tolist(), [], 0, 1e-5)
    corners, faces = np.array([v.to_tuple() for v in found[0]]), np.array(found[2], dtype=int).reshape(-1, 3)
    x, z = (corners[faces].mean(axis=1)[:, k, None] for k in (0, 1))
    (ax, az), (bx, bz) = points[edges[:, 0]].T, points[edges[:, 1]].T
    side = (bx - ax) * (z - az) - (x - ax) * (bz - az)
    rounds = ((az <= z) & (bz > z) & (side > 0)).sum(axis=1) - ((bz <= z) & (az > z) & (side < 0)).sum(axis=1)
    return [tuple(point) for point in corners.tolist()], [tuple(face) for face in faces[rounds != 0].tolist()]


def _bounds(polygons: Polygons) -> tuple[float, ...]:
    if not polygons:
        return ()
    xs, zs = zip(*(point for polygon in polygons for point in polygon), strict=True)
    return min(xs), max(xs), min(zs), max(zs)


@contextmanager
def _typewriter() -> Iterator[_Typewriter]:
    known = {font.name for font in bpy.data.fonts}
    writers = []
    try:
        for _ in range(2):
            curve = bpy.data.curves.new("CF Letters", "FONT")
            curve.resolution_u = 3
            writers.append(bpy.data.objects.new("CF Letters", curve))
        bundled, own = writers
        bundled.data.font = bpy.data.fonts.load(str(FONT))
        own.data.fill_mode = "NONE"
        yield _Typewriter((_Font(bundled, scripts=_BUNDLED), _Font(own, _OWN_SIZE, _OWN_WEIGHT)))
    finally:
        for writer in writers:
            curve = writer.data
            bpy.data.objects.remove(writer)
            bpy.data.curves.remove(curve)
        # A new text brings Blender's own font along; neither may stay in the user's file.
        for added in [f for f in bpy.data.fonts if f.name not in known]:
            bpy.data.fonts.remove(added)
