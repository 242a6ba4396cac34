# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the caption fonts of ``crossfade_addon/data/fonts``: static, bold, subset, all with one line height.

usage: make_fonts.py NOTO_FOLDER EMOJI_FILE [--out FOLDER] [--only NAME ...]

NOTO_FOLDER holds the files of Debian's packages ``fonts-noto-core`` and ``fonts-noto-cjk`` (any depth);
EMOJI_FILE is Noto Emoji, for example ``datafiles/fonts/NotoEmoji-VariableFont_wght.woff2`` of a Blender.
Needs fonttools and brotli (``pip install .[fonts]``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools import subset
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "crossfade_addon" / "data" / "fonts"
LINE = (2728 / 2816, 680 / 2816)
"""Ascent and descent of Inter in em: every font gets them, so that one font size means one size of letters."""
LICENCE_WORDS = "SIL Open Font License"
SIMPLE = {
    "Hebrew": "NotoSansHebrew-Bold.ttf",
    "Arabic": "NotoSansArabic-Bold.ttf",
    "Devanagari": "NotoSansDevanagari-Bold.ttf",
    "Thai": "NotoSansThai-Bold.ttf",
    "Bengali": "NotoSansBengali-Bold.ttf",
    "Gurmukhi": "NotoSansGurmukhi-Bold.ttf",
    "Gujarati": "NotoSansGujarati-Bold.ttf",
    "Oriya": "NotoSansOriya-Bold.ttf",
    "Tamil": "NotoSansTamil-Bold.ttf",
    "Telugu": "NotoSansTelugu-Bold.ttf",
    "Kannada": "NotoSansKannada-Bold.ttf",
    "Malayalam": "NotoSansMalayalam-Bold.ttf",
    "Sinhala": "NotoSansSinhala-Bold.ttf",
    "Khmer": "NotoSansKhmer-Bold.ttf",
    "Lao": "NotoSansLao-Bold.ttf",
    "Myanmar": "NotoSansMyanmar-Bold.ttf",
    "Ethiopic": "NotoSansEthiopic-Bold.ttf",
    "Georgian": "NotoSansGeorgian-Bold.ttf",
    "Armenian": "NotoSansArmenian-Bold.ttf",
}
"""Taken whole; the family is called ``Crossfade <name>``."""
CJK = "NotoSansCJK-Bold.ttc"
"""Japanese shapes; ``locl`` brings those of Korea and China by the text's language."""
CJK_SHAPES = [f"{script}.{language}" for script in ("hani", "hang", "kana", "latn") for language in ("ZHS", "KOR")]
"""Those of Taiwan cannot be asked for: libass knows languages by two letters, and ``zh`` is China's."""
VERTICAL_ONLY = range(0x3031, 0x3036)
"""Two rows tall."""
JOINER = 0x2060
SPACES = (0x20, 0xA0, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x25CC, JOINER)


def encodable(codec: str, leads: Iterable[int], trails: Iterable[int]) -> Iterator[int]:
    """Characters of a two-byte character set."""
    trails = tuple(trails)
    for lead in leads:
        for trail in trails:
            try:
                text = bytes((lead, trail)).decode(codec)
            except UnicodeDecodeError:
                continue
            yield from map(ord, text)


def cjk_characters() -> set[int]:
    """JIS X 0208, GB 2312, Big5 level 1 and the hangul of KS X 1001, with half- and full-width forms."""
    high = range(0xA1, 0xFF)
    chars = set(encodable("euc_jp", high, high)) | set(encodable("gb2312", high, high))
    chars |= set(encodable("big5", range(0xA1, 0xC7), (*range(0x40, 0x7F), *high)))
    chars |= set(encodable("euc_kr", range(0xB0, 0xC9), high))
    chars |= {*range(0x3000, 0x3100), *range(0x3131, 0x3190), *range(0xFF01, 0xFFEF)}
    chars |= {*range(0x2190, 0x219A), *range(0x2660, 0x2670), *range(0x25A0, 0x2600), *range(0x2600, 0x2610)}
    chars -= set(VERTICAL_ONLY)
    return chars | set(SPACES)


def trimmed(
    font: TTFont, characters: Iterable[int] | None, *, features: list[str], scripts: Iterable[str] = ("*",)
) -> TTFont:
    """The font with only these characters (None: all), without hints."""
    options = subset.Options()
    options.layout_features = features
    options.layout_scripts = list(scripts)
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 13, 14]
    options.name_languages = [0x409]
    options.drop_tables += ["DSIG", "BASE", "vhea", "vmtx", "VORG", "STAT", "meta"]
    options.glyph_names = False
    worker = subset.Subsetter(options)
    worker.populate(unicodes=characters if characters is not None else font.getBestCmap().keys())
    worker.subset(font)
    return font


def dressed(font: TTFont, name: str) -> TTFont:
    """The font under its own family name, with the common line height."""
    family = f"Crossfade {name}"
    table = font["name"]
    table.names = [row for row in table.names if row.platformID == 3 and row.nameID in (0, 13, 14)]
    licence = " ".join(str(row) for row in table.names if row.nameID == 13)
    if LICENCE_WORDS.lower() not in licence.lower():
        raise SystemExit(f"make_fonts: {name} does not say that it is under the {LICENCE_WORDS}: {licence[:80]!r}")
    ours = {1: family, 2: "Bold", 3: f"{family} Bold", 4: f"{family} Bold", 6: f"Crossfade{name}-Bold"}
    for kind, text in ours.items():
        table.setName(text, kind, 3, 1, 0x409)
    em = font["head"].unitsPerEm
    ascent, descent = (round(part * em) for part in LINE)
    os2, hhea = font["OS/2"], font["hhea"]
    os2.usWinAscent, os2.usWinDescent = ascent, descent
    os2.sTypoAscender, os2.sTypoDescender, os2.sTypoLineGap = ascent, -descent, 0
    hhea.ascent, hhea.descent, hhea.lineGap = ascent, -descent, 0
    os2.usWeightClass, os2.fsSelection = 700, 0x20
    font["head"].macStyle = 1
    if "CFF " in font:
        top = font["CFF "].cff
        top.fontNames = [f"Crossfade{name}-Bold"]
        top[0].FamilyName, top[0].FullName, top[0].Weight = family, f"{family} Bold", "Bold"
    _only_full_map(font)
    _note_ink(font)
    return font


def _only_full_map(font: TTFont) -> None:
    """Without the map of 65536 characters where there is one of all: libass 0.17.1 takes the first it sees."""
    tables = font["cmap"].tables
    if any((table.platformID, table.platEncID) == (3, 10) for table in tables):
        font["cmap"].tables = [table for table in tables if (table.platformID, table.platEncID) == (3, 10)]


def _note_ink(font: TTFont) -> None:
    """Write what is really drawn above and below the base line into ``head``; CFF fonts keep no such record."""
    glyphs = font.getGlyphSet()
    low, high = 0, 0
    for glyph in font.getBestCmap().values():
        pen = BoundsPen(glyphs)
        glyphs[glyph].draw(pen)
        if pen.bounds:
            low, high = min(low, pen.bounds[1]), max(high, pen.bounds[3])
    if "CFF " in font:
        font["head"].yMin, font["head"].yMax = round(low), round(high)


def write(font: TTFont, name: str, out: Path) -> None:
    """Save it and say how large it became."""
    path = out / f"Crossfade{name}-Bold.{'otf' if 'CFF ' in font else 'ttf'}"
    font.recalcTimestamp = False
    font.save(path)
    head, em = font["head"], font["head"].unitsPerEm
    sys.stdout.write(
        f"{path.name:<34}{path.stat().st_size:>9} bytes {len(font.getBestCmap()):>6} characters"
        f"  ink {head.yMin / em:+.2f} .. {head.yMax / em:+.2f} em\n"
    )


def write_licence(fonts: Iterable[tuple[str, TTFont]], out: Path) -> None:
    """The licence text, under who holds the copyright of what."""
    text = (out / "Inter-LICENSE.txt").read_text(encoding="utf-8")
    body = text[text.index("This Font Software is licensed") :]
    head = ["The fonts Crossfade*-Bold are subsets of Noto fonts (https://notofonts.github.io), renamed:", ""]
    head += [f"Crossfade {name}: {font['name'].getDebugName(0)}" for name, font in fonts]
    path = out / "Noto-LICENSE.txt"
    path.write_text("\n".join([*head, "", body]), encoding="utf-8")


def main() -> None:
    """Make all of them, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("noto", type=Path)
    parser.add_argument("emoji", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    made: list[tuple[str, TTFont]] = []

    def finish(font: TTFont, name: str) -> None:
        made.append((name, dressed(font, name)))
        write(font, name, options.out)

    found = {path.name: path for path in options.noto.rglob("NotoSans*") if path.is_file()}
    for name, file in SIMPLE.items():
        if not options.only or name in options.only:
            finish(trimmed(TTFont(found[file]), None, features=["*"]), name)
    if not options.only or "CJK" in options.only:
        collection = TTFont(found[CJK], fontNumber=0)
        kept = cjk_characters() & collection.getBestCmap().keys()
        finish(trimmed(collection, kept, features=["locl"], scripts=CJK_SHAPES), "CJK")
    if not options.only or "Emoji" in options.only:
        emoji = instancer.instantiateVariableFont(TTFont(options.emoji), {"wght": 700}, inplace=True)
        emoji.flavor = None
        finish(trimmed(emoji, None, features=["ccmp"]), "Emoji")
    if not options.only:
        write_licence(made, options.out)


if __name__ == "__main__":
    main()
