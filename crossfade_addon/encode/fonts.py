# SPDX-License-Identifier: GPL-3.0-or-later
"""Fonts: the bundled caption font, and text widths read from its tables (OpenType 1.9: head, OS/2, hmtx, cmap, name).

Widths are advances without kerning, in font units or in pixels at a libass font size.
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ..errors import EncodeError

BUNDLED = Path(__file__).parents[1] / "data" / "fonts" / "Inter-Bold.otf"
_WIDE_EM, _NARROW_EM = 1.0, 0.7
"""Advance of a character that the font lacks, for East Asian wide and for other characters."""


@dataclass(frozen=True, slots=True)
class Font:
    """A static font file.

    ``family`` is the name by which libass finds it. ``cell`` is the height, in font units, that libass
    makes as many pixels tall as the font size says: OS/2 winAscent + winDescent (``ass_face_set_size``).
    """

    path: Path
    family: str
    units_per_em: int
    cell: int
    advances: dict[int, int] = field(repr=False, compare=False)

    def has(self, character: str) -> bool:
        """Whether the font can draw a character."""
        return ord(character) in self.advances

    def width(self, text: str, size: float) -> float:
        """Pixels that a line of text takes at a libass font size; estimated for characters the font lacks."""
        return sum(self._advance(c) for c in text) * size / self.cell

    def _advance(self, character: str) -> float:
        known = self.advances.get(ord(character))
        if known is not None:
            return known
        if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn"):
            return 0
        wide = unicodedata.east_asian_width(character) in ("W", "F")
        return self.units_per_em * (_WIDE_EM if wide else _NARROW_EM)


@cache
def bundled_font() -> Font:
    """Inter Bold, which covers Latin, Greek and Cyrillic."""
    return load_font(BUNDLED)


def load_font(path: Path) -> Font:
    """Read an OpenType or TrueType file.

    Raises
    ------
    EncodeError
        When it is missing, or a table that is needed is missing or cut short.
    """
    try:
        data = path.read_bytes()
        tables = _tables(data)
        units = struct.unpack_from(">H", tables["head"], 18)[0]
        ascent, descent = struct.unpack_from(">HH", tables["OS/2"], 74)
        advances = _advances(tables)
        glyphs = _glyphs(tables["cmap"])
        family = _family(tables["name"])
    except (OSError, KeyError, struct.error, IndexError, UnicodeDecodeError) as error:
        raise EncodeError(f"Font {path} cannot be read: {error}.", original_error=error) from error
    if ascent + descent == 0 or not glyphs:
        raise EncodeError(f"Font {path} has no metrics or no characters.")
    widths = {code: advances[min(glyph, len(advances) - 1)] for code, glyph in glyphs.items()}
    return Font(path, family, units, ascent + descent, widths)


def _tables(data: bytes) -> dict[str, bytes]:
    count = struct.unpack_from(">H", data, 4)[0]
    tables = {}
    for index in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", data, 12 + 16 * index)
        tables[tag.decode("latin-1")] = data[offset : offset + length]
    return tables


def _advances(tables: dict[str, bytes]) -> list[int]:
    count = struct.unpack_from(">H", tables["hhea"], 34)[0]
    return [struct.unpack_from(">H", tables["hmtx"], 4 * index)[0] for index in range(count)]


def _glyphs(cmap: bytes) -> dict[int, int]:
    """Character to glyph from the richest Unicode subtable (format 12, else format 4)."""
    best: dict[int, int] = {}
    for index in range(struct.unpack_from(">H", cmap, 2)[0]):
        _, _, offset = struct.unpack_from(">HHI", cmap, 4 + 8 * index)
        kind = struct.unpack_from(">H", cmap, offset)[0]
        glyphs = _format_12(cmap, offset) if kind == 12 else _format_4(cmap, offset) if kind == 4 else {}
        if len(glyphs) > len(best):
            best = glyphs
    return best


def _format_12(cmap: bytes, offset: int) -> dict[int, int]:
    glyphs = {}
    for index in range(struct.unpack_from(">I", cmap, offset + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", cmap, offset + 16 + 12 * index)
        glyphs.update({code: glyph + code - first for code in range(first, last + 1)})
    return glyphs


def _format_4(cmap: bytes, offset: int) -> dict[int, int]:
    double = struct.unpack_from(">H", cmap, offset + 6)[0]
    ends = offset + 14
    starts, deltas, ranges = ends + double + 2, ends + 2 * double + 2, ends + 3 * double + 2
    glyphs = {}
    for segment in range(0, double, 2):
        last, first = (struct.unpack_from(">H", cmap, place + segment)[0] for place in (ends, starts))
        delta, span = (struct.unpack_from(">H", cmap, place + segment)[0] for place in (deltas, ranges))
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if span:
                glyph = struct.unpack_from(">H", cmap, ranges + segment + span + 2 * (code - first))[0]
            if glyph:
                glyphs[code] = (glyph + delta) & 0xFFFF
    return glyphs


def _family(name: bytes) -> str:
    """Name 1 (family) of the Windows platform."""
    _, count, strings = struct.unpack_from(">HHH", name, 0)
    for index in range(count):
        platform, _, language, kind, length, offset = struct.unpack_from(">HHHHHH", name, 6 + 12 * index)
        if (platform, language, kind) == (3, 0x409, 1):
            return name[strings + offset : strings + offset + length].decode("utf-16-be")
    raise KeyError("no family name")
