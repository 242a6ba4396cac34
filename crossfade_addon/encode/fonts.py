# SPDX-License-Identifier: GPL-3.0-or-later
"""Fonts: the bundled caption fonts, which of them draws what, and text widths (OpenType 1.9 tables, no outlines).

Widths are advances without kerning, in pixels at a libass font size; for scripts that join or stack their
letters they are careful overestimates. All fonts share one line height, so one size fits them all.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ..errors import EncodeError
from .writing import joined_forms

FOLDER = Path(__file__).parents[1] / "data" / "fonts"
BUNDLED = FOLDER / "Inter-Bold.otf"
EMOJI = "Crossfade Emoji"
_INVISIBLE = frozenset("\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f")
"""Joiners, direction marks, variation selectors: they go to the font of their neighbours."""
_JOINER, _EMOJI_STYLE, _TEXT_STYLE = "\u200d", "\ufe0f", "\ufe0e"
_SKIN = range(0x1F3FB, 0x1F400)
_FLAG = range(0x1F1E6, 0x1F200)
_KEYCAP = "\u20e3"
_WIDE_MARKS = range(0x0900, 0x0E00)
"""Indic vowel signs take room although they are marks."""
_SHAPED = ((range(0x0590, 0x0900), 1.04), (range(0x0900, 0x0E00), 1.07), (range(0x1000, 0x10A0), 1.12))
"""How much wider than the sum of its letters a word of a joining script may come out."""
_RU = re.compile("[\u0930\u09b0\u09f0\u0ab0\u0dbb][\u0941\u0942\u09c1\u09c2\u0ac1\u0ac2\u0dd4\u0dd6]")
_RU_CELLS = 0.3
"""The syllable *ru* of several scripts is drawn much wider than its two letters."""


@dataclass(frozen=True, slots=True)
class Font:
    """A static font file.

    ``family`` is the name by which libass finds it. ``cell`` is the height, in font units, that libass
    makes as many pixels tall as the font size says: OS/2 winAscent + winDescent (``ass_face_set_size``).
    ``above`` and ``below`` are how far ink may reach from the base line, in cells.
    """

    path: Path
    family: str
    units_per_em: int
    cell: int
    ascent: float
    above: float
    below: float
    advances: dict[int, int] = field(repr=False, compare=False)

    def has(self, character: str) -> bool:
        """Whether the font can draw a character."""
        return ord(character) in self.advances

    def width(self, text: str, size: float) -> float:
        """Pixels that a line of text takes at a libass font size; characters that the font lacks take none."""
        if text.isascii():
            return sum(self.advances.get(ord(c), 0) for c in text) * size / self.cell
        return sum(self._advance(c) for c in joined_forms(text)) * size / self.cell

    def _advance(self, character: str) -> float:
        kind = unicodedata.category(character)
        if character in _INVISIBLE or kind == "Cf" or (kind == "Mn" and ord(character) not in _WIDE_MARKS):
            return 0
        return self.advances.get(ord(character), 0)


@dataclass(frozen=True, slots=True)
class Fonts:
    """Several fonts, the first choice first."""

    fonts: tuple[Font, ...]

    def drawable(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text with everything that can be drawn, and the characters that had to go.

        A character that no font has is replaced by its plain form (``𝓐`` by ``A``) where there is one. Invisible
        controls and skin tones go without a word: there is nothing to miss.
        """
        if _is_plain(text):
            return " ".join(text.split()), ()
        kept: list[str] = []
        missing: list[str] = []
        for cluster in clusters(unicodedata.normalize("NFC", text)):
            drawn, lost = self._cluster(cluster)
            kept.append(drawn)
            missing += lost
        return " ".join("".join(kept).split()), tuple(dict.fromkeys(missing))

    def runs(self, text: str) -> list[tuple[Font, str]]:
        """Drawable text cut where the font changes; spaces and signs stay with what is before them."""
        if _is_plain(text):
            return [(self.fonts[0], text)]
        found: list[tuple[Font, str]] = []
        for cluster in clusters(text):
            font = self._font(cluster, found[-1][0] if found else None) or self.fonts[0]
            if found and found[-1][0] is font:
                found[-1] = (font, found[-1][1] + cluster)
            else:
                found.append((font, cluster))
        return found

    def width(self, text: str, size: float) -> float:
        """Pixels that a line of text takes at a libass font size."""
        if _is_plain(text):
            return self.fonts[0].width(text, size)
        total = 0.0
        for font, part in self.runs(text):
            extra = max((factor for codes, factor in _SHAPED if any(ord(c) in codes for c in part)), default=1.0)
            total += font.width(part, size) * extra + len(_RU.findall(part)) * _RU_CELLS * size
        return total

    def _cluster(self, cluster: str) -> tuple[str, list[str]]:
        base, marks = cluster[0], cluster[1:]
        if base in _INVISIBLE:
            return cluster, []
        if base != " " and unicodedata.category(base) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"):
            return ("", [base]) if unicodedata.category(base) in ("Cn", "Co") else ("", [])
        font = self._font(cluster)
        if font is None:
            plain = unicodedata.normalize("NFKC", base)
            if plain != base and all(self._font(c) for c in plain):
                return plain, []
            return "", [base]
        keep, lost = base, []
        for mark in marks:
            if mark in _INVISIBLE or font.has(mark):
                keep += "" if mark == _TEXT_STYLE else mark
            elif ord(mark) not in _SKIN and mark != _KEYCAP:
                lost.append(mark)
        return keep, lost

    def _font(self, cluster: str, before: Font | None = None) -> Font | None:
        base = cluster[0]
        if _EMOJI_STYLE in cluster and base not in "#*0123456789":
            for font in self.fonts:
                if font.family == EMOJI and font.has(base):
                    return font
        if (
            before is not None
            and before.family != EMOJI
            and (base in _INVISIBLE or _is_common(base))
            and before.has(base)
        ):
            return before
        visible = [c for c in cluster if c not in _INVISIBLE and ord(c) not in _SKIN and c != _KEYCAP]
        having = [font for font in self.fonts if font.has(base)]
        return next((font for font in having if all(map(font.has, visible))), having[0] if having else None)


def _is_plain(text: str) -> bool:
    """Whether the first font draws all of it, letter by letter."""
    return text.isascii() and text.isprintable()


def _is_common(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] == "P"


def clusters(text: str) -> Iterator[str]:
    """What must not be torn apart: a character with its marks, selectors and joined companions."""
    if text.isascii():
        yield from text
        return
    current = ""
    for character in text:
        category = unicodedata.category(character)
        sticks = category in ("Mn", "Me", "Mc") or character in _INVISIBLE or ord(character) in _SKIN
        pair = ord(character) in _FLAG and len(current) == 1 and ord(current) in _FLAG
        if current and (sticks or current.endswith(_JOINER) or pair) and current != " ":
            current += character
            continue
        if current:
            yield current
        current = character
    if current:
        yield current


@cache
def bundled_font() -> Font:
    """Inter Bold, which covers Latin, Greek and Cyrillic."""
    return load_font(BUNDLED)


@cache
def caption_fonts() -> Fonts:
    """All bundled fonts: Inter first, CJK and emoji last, because they also hold signs that others draw better."""
    names = sorted(path for path in FOLDER.glob("Crossfade*-Bold.*"))
    last = ("CrossfadeCJK", "CrossfadeEmoji")
    ordered = [path for path in names if not path.name.startswith(last)]
    ordered += [path for start in last for path in names if path.name.startswith(start)]
    return Fonts((bundled_font(), *(load_font(path) for path in ordered)))


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
        low, high = struct.unpack_from(">h2xh", tables["head"], 38)
        ascent, descent = struct.unpack_from(">HH", tables["OS/2"], 74)
        advances = _advances(tables)
        glyphs = _glyphs(tables["cmap"])
        family = _family(tables["name"])
    except (OSError, KeyError, struct.error, IndexError, UnicodeDecodeError) as error:
        raise EncodeError(f"Font {path} cannot be read: {error}.", original_error=error) from error
    cell = ascent + descent
    if cell == 0 or not glyphs:
        raise EncodeError(f"Font {path} has no metrics or no characters.")
    widths = {code: advances[min(glyph, len(advances) - 1)] for code, glyph in glyphs.items()}
    above, below = (ascent, descent) if path == BUNDLED else (high, -low)  # Inter's record is of signs nobody sings
    return Font(path, family, units, cell, ascent / cell, above / cell, below / cell, widths)


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
