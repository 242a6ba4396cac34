# SPDX-License-Identifier: GPL-3.0-or-later
"""The title on a thumbnail or cover: song and artist in a theme's colours, beside or below the DJ's head.

Drawn by libass from a script made here, like captions: every line is broken and sized by measured widths, so no title
can leave its room. Conventions: pixels of the delivered picture (PlayRes = its size), linear RGB colours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from ..stills import Box
from ..themes import Rgb, Theme
from .fonts import Fonts
from .platforms import Cover, SafeBox

MARGIN = 0.045
"""Part of the picture's shorter side that stays free at the crop's edges."""
MAX_LINES_WIDE, MAX_LINES_TALL = 6, 4
LONGEST = 64
"""Characters of a title; what is longer loses its brackets, then its end."""
LONGEST_ARTIST = 40
SMALLEST = 0.075
"""Smallest font size of the title as a part of the picture's height: 4 % of it are still read at 168 x 94 pixels."""
_LARGEST_WIDE, _LARGEST_TALL = 0.31, 0.15
_LEADING = 0.80
"""Distance of two lines in font sizes; capitals have nothing below."""
CAPITALS = (0.17, 0.77)
"""Where capitals begin and end in a line, in font sizes from its top."""
_TRIED = 14
"""With more words than this, not every way to break them is tried."""
_ACCENT, _DESCENDER = 0.02, 0.97
"""Where marks above capitals begin, and where letters with a descender end."""
_DEEP = frozenset("gjpqyQÇçşŞ,;_()[]{}|@ß$&")
_ARTIST_GAP = 0.30
"""Space above the artist's line, in its own font sizes."""
_ARTIST = 0.40
"""Size of the artist's line as a part of the title's."""
_ARTIST_SIZES = (0.052, 0.10)
"""Least and most of it, as a part of the picture's shorter side."""
OUTLINE = 0.055
"""Width of the dark outline in font sizes."""
_STEPS = 64
"""Strips that the shade behind the title is made of."""
_BADGE = 0.12
"""Part of the height at the bottom of a wide picture that players put the duration on."""
_BRACKETS = re.compile(r"\s*[\(\[\{][^\)\]\}]*[\)\]\}]")


@dataclass(frozen=True, slots=True)
class TitleStyle:
    """How a theme sets type.

    ``ink`` and ``last`` are the colours of the title and of its last line, ``edge`` of the rim round its outline,
    ``shade`` of outline and background. ``lean`` shears, ``tilt`` turns (degrees), ``spacing`` is in font sizes.
    """

    ink: Rgb = (1.0, 1.0, 1.0)
    last: Rgb = (1.0, 1.0, 1.0)
    edge: Rgb = (0.0, 0.6, 1.0)
    shade: Rgb = (0.004, 0.002, 0.01)
    capitals: bool = True
    lean: float = 0.0
    tilt: float = 0.0
    spacing: float = 0.0
    rim: float = 0.045
    """Width of the coloured rim in font sizes; 0 for none."""


def style_of(theme: Theme) -> TitleStyle:
    """A theme's type: tilted and loud where it is wild, level and spaced where it is elegant."""
    palette = theme.palette
    bright, accent = _full(palette["W"]), _full(palette["A"])
    second = _full(palette["P"])
    if not theme.roll:  # the themes that never tilt a camera
        calm = TitleStyle(bright, _full(palette["gold"]), accent, _dark(palette["bg1"]), rim=0.0)
        return replace(calm, spacing=0.02) if theme.soft > 0.5 else replace(calm, capitals=False)
    loud = TitleStyle((1.0, 1.0, 1.0), accent, second, _dark(palette["bg1"]), lean=-0.10)
    if theme.bars_per_shot <= 1:
        return replace(loud, last=_full(palette["gold"]), edge=second, tilt=3.0, rim=0.055)
    return loud


@dataclass(frozen=True, slots=True)
class Layout:
    """A title that was set: its lines, their size, where it stands and the room it was given."""

    lines: tuple[str, ...]
    artist: str
    size: float
    artist_size: float
    room: SafeBox
    x: float
    top: float
    align: str
    wide: bool


def lay_out(title: str, artist: str, cover: Cover, head: Box | None, fonts: Fonts, style: TitleStyle) -> Layout | None:
    """Break and size a title for its room; None when there is nothing to set.

    Parameters
    ----------
    head : Box or None
        Where the DJ's head is in the picture; None puts the title where heads rarely are.
    """
    title = _clean(title, LONGEST, fonts)
    artist = _clean(artist, LONGEST_ARTIST, fonts)
    if not title:
        title, artist = artist, ""
    if not title:
        return None
    if style.capitals:
        title, artist = title.upper(), artist.upper()
    wide = cover.width > cover.height
    room, align = _room(cover, head)
    edge = _edge(style)
    largest = cover.height * (_LARGEST_WIDE if wide else _LARGEST_TALL)
    artist_sizes = [share * min(cover.width, cover.height) for share in _ARTIST_SIZES]
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    words = _words(title, fonts, style, room.width / (1 + 2 * edge), cover.height * SMALLEST)
    for count in range(1, min(MAX_LINES_WIDE if wide else MAX_LINES_TALL, len(words)) + 1):
        lines = _broken(words, count, fonts, style)
        widest = max(_width(line, 1.0, fonts, style) for line in lines)
        lean = abs(style.lean) * 0.8 + abs(style.tilt) * 0.02 * count
        size = min(largest, room.width / (widest + 2 * edge + lean))
        below = min(max(_ARTIST * size, artist_sizes[0]), artist_sizes[1]) * 1.25 if artist else 0.0
        slope = room.width * abs(style.tilt) / 57.3
        size = min(size, (room.height - below - slope) / _stack(lines, fonts, edge))
        if size > best[0] * 1.03:
            best = size, tuple(lines)
    size, lines = round(best[0], 1), best[1]
    artist_size = min(max(_ARTIST * size, artist_sizes[0]), artist_sizes[1]) if artist else 0.0
    if artist:
        spaced = _width(artist, 1.0, fonts, _wider(style)) + 2 * edge
        artist_size = round(min(artist_size, room.width / spaced), 1)
    tall = _height(lines, size, artist, artist_size, fonts, edge)
    slope = room.width * abs(style.tilt) / 57.3
    top = room.top + (room.height - tall) / 2 if wide else max(room.top, room.bottom - tall - slope / 2)
    x = {"left": room.left + edge * size, "right": room.right - edge * size}.get(align, (room.left + room.right) / 2)
    return Layout(lines, artist, size, artist_size, room, round(x, 1), round(top, 1), align, wide)


def title_script(layout: Layout, cover: Cover, fonts: Fonts, style: TitleStyle) -> str:
    """The ASS script of the title alone, without what is behind it."""
    number = {"left": 7, "right": 9}.get(layout.align, 8)
    edge, size = _edge(style), layout.size
    events = []
    y = layout.top + edge * size - _extent(layout.lines[0], fonts)[0] * size
    tall = _height(layout.lines, size, layout.artist, layout.artist_size, fonts, edge)
    pivot = (layout.x, round(layout.top + tall / 2, 1))
    rows = []
    for index, line in enumerate(layout.lines):
        last = index == len(layout.lines) - 1 and len(layout.lines) > 1
        rows.append((line, y, size, style.last if last else style.ink, style))
        y += _LEADING * size
    if layout.artist:
        y = layout.top + _stack(layout.lines, fonts, edge) * size
        y += (_ARTIST_GAP - _extent(layout.artist, fonts)[0]) * layout.artist_size
        color = style.last if len(layout.lines) == 1 else style.ink
        rows.append((layout.artist, y, layout.artist_size, color, _wider(style)))
    # Rims first, then outlines, then ink: no line's rim may cover its neighbour.
    for layer, (border, color) in enumerate(_coats(style)):
        for text, top, tall, ink, how in rows:
            if border > OUTLINE and text is layout.artist:
                continue  # small type keeps to its outline
            tags = rf"\an{number}\pos({layout.x:g},{top:g})\fs{tall:g}\fsp{how.spacing * tall:.1f}"
            if how.lean:
                tags += rf"\fax{how.lean:g}"
            if how.tilt:
                tags += rf"\org({pivot[0]:g},{pivot[1]:g})\frz{how.tilt:g}"
            paint = ass_colour(color if color is not None else ink)
            tags += rf"\bord{border * tall:.1f}\3c{paint}\1c{paint}"
            events.append(f"Dialogue: {layer},0:00:00.00,0:00:10.00,T,,0,0,0,,{{{tags}}}{_runs(text, fonts)}")
    return _head(cover, fonts) + "".join(f"{event}\n" for event in events)


def shade_script(layout: Layout, cover: Cover, fonts: Fonts, style: TitleStyle) -> str:
    """The ASS script of the soft darkness behind a title: from the side, or from below, where it stands."""
    width, height, room = cover.width, cover.height, layout.room
    color = ass_colour(style.shade)
    events = []
    along = width if layout.wide else height
    if layout.wide:
        far = min(1.0, (room.right / width if layout.align == "left" else 1 - room.left / width) + 0.16)
    else:
        far = min(1.0, 1 - room.top / height + 0.12)
    for step in range(_STEPS):
        near, end = (round(far * along * (step + k) / _STEPS) for k in (0, 1))
        depth = (step + 0.5) / _STEPS
        dark = 0.80 * (1 - depth * depth * (3 - 2 * depth)) if layout.wide else 0.86 * (1 - depth) ** 0.8
        alpha = f"&H{round(255 * (1 - dark)):02X}&"
        if not layout.wide:
            box = (0, height - end, width, height - near)
        elif layout.align == "left":
            box = (near, 0, end, height)
        else:
            box = (width - end, 0, width - near, height)
        left, top, right, bottom = box
        path = f"m {left} {top} l {right} {top} l {right} {bottom} l {left} {bottom}"
        tags = rf"{{\an7\pos(0,0)\bord0\shad0\1c{color}\1a{alpha}\p1}}"
        events.append(f"Dialogue: 0,0:00:00.00,0:00:10.00,T,,0,0,0,,{tags}{path}")
    return _head(cover, fonts) + "".join(f"{event}\n" for event in events)


def ass_colour(linear: Rgb) -> str:
    """ASS colour ``&HBBGGRR&`` of a linear colour."""
    red, green, blue = (round(255 * _srgb(channel)) for channel in linear)
    return f"&H{blue:02X}{green:02X}{red:02X}&"


# ------------------------------------------------------------------------------------------- layout


def _room(cover: Cover, head: Box | None) -> tuple[SafeBox, str]:
    """The rectangle for the title inside the crop, and where its lines are aligned."""
    width, height = cover.width, cover.height
    edge = round(MARGIN * min(width, height))
    left, right = (width - cover.crop_width) // 2 + edge, (width + cover.crop_width) // 2 - edge
    top, bottom = (height - cover.crop_height) // 2 + edge, (height + cover.crop_height) // 2 - edge
    if width <= height:
        start = 0.60 if head is None else min(0.64, max(0.50, head[3] + 0.035))
        return SafeBox(left, max(top, round(start * height)), right, bottom), "center"
    bottom = min(bottom, round(height * (1 - _BADGE / 2)))
    if head is None:
        return SafeBox(left, round(0.42 * height), left + (right - left) // 2, bottom), "left"
    on_left = (head[0] + head[2]) / 2 > 0.5
    # The hair beside a head may be crossed a little, the face never.
    slack = 0.03
    if on_left:
        end = min(right, max(left + width // 3, round((head[0] - slack) * width)))
        return SafeBox(left, top, min(end, left + round(0.54 * width)), bottom), "left"
    start = max(left, min(right - width // 3, round((head[2] + slack) * width)))
    bottom = min(bottom, round(height * (1 - _BADGE)))
    return SafeBox(max(start, right - round(0.54 * width)), top, right, bottom), "right"


def _words(title: str, fonts: Fonts, style: TitleStyle, room: float, smallest: float) -> list[tuple[str, str]]:
    """(what comes before when they share a line, text): words, single characters where a script has no spaces,
    and pieces of a word that fits at no readable size."""
    found: list[tuple[str, str]] = []
    for word in title.split():
        gap = " "
        for piece in re.findall(
            r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]|[^\u3040-\u30ff\u3400-\u9fff"
            r"\uac00-\ud7af\uff00-\uffef]+",
            word,
        ):
            text = ""
            for character in piece:
                bare = not unicodedata.combining(character)
                if text and bare and _width(text + character, smallest, fonts, style) > room:
                    found.append((gap, text))
                    text, gap = "", ""
                text += character
            found.append((gap, text))
            gap = ""
    return found


def _broken(words: list[tuple[str, str]], count: int, fonts: Fonts, style: TitleStyle) -> list[str]:
    """The words on so many lines, the widest as narrow as possible."""

    def line(first: int, end: int) -> str:
        return "".join(gap + text for gap, text in words[first:end]).strip()

    if count == 1:
        return [line(0, len(words))]
    if len(words) > _TRIED:  # too many ways to try them all: fill line by line
        total = sum(len(text) for _, text in words)
        cuts, done = [], 0
        for index, (_, text) in enumerate(words):
            if done >= total * (len(cuts) + 1) / count and len(cuts) < count - 1 and index:
                cuts.append(index)
            done += len(text)
        edges = [0, *cuts, len(words)]
        return [line(a, b) for a, b in pairwise(edges)]
    widths = [_width(f"{gap}{text}", 1.0, fonts, style) for gap, text in words]

    def unevenness(cuts: tuple[int, ...]) -> tuple[float, float]:
        spans = [sum(widths[a:b]) for a, b in pairwise((0, *cuts, len(words)))]
        return round(max(spans), 2), sum(span * span for span in spans)

    cuts = min(combinations(range(1, len(words)), count - 1), key=unevenness)
    return [line(a, b) for a, b in pairwise((0, *cuts, len(words)))]


def _width(text: str, size: float, fonts: Fonts, style: TitleStyle) -> float:
    return fonts.width(text, size) + style.spacing * size * len(text)


def _height(lines: tuple[str, ...], size: float, artist: str, artist_size: float, fonts: Fonts, edge: float) -> float:
    """From the top of the first line's rim to the bottom of everything."""
    tall = _stack(lines, fonts, edge) * size
    if not artist:
        return tall
    top, bottom = _extent(artist, fonts)
    return tall + (_ARTIST_GAP + bottom - top + OUTLINE) * artist_size


def _stack(lines: Sequence[str], fonts: Fonts, edge: float) -> float:
    """Height of the title's lines with their rims, in font sizes."""
    return _LEADING * (len(lines) - 1) + _extent(lines[-1], fonts)[1] - _extent(lines[0], fonts)[0] + 2 * edge


def _extent(text: str, fonts: Fonts) -> tuple[float, float]:
    """Where the ink of a line begins and ends, in font sizes from its top."""
    first = fonts.fonts[0]
    top, bottom = CAPITALS
    if any(len(unicodedata.normalize("NFD", character)) > 1 for character in text):
        top = _ACCENT
    if any(character in _DEEP for character in text):
        bottom = _DESCENDER
    for font, _ in fonts.runs(text):
        if font is not first:
            top, bottom = min(top, first.ascent - font.above), max(bottom, first.ascent + font.below)
    return top, bottom


def _edge(style: TitleStyle) -> float:
    """Outline and rim together, in font sizes."""
    return max(border for border, _ in _coats(style))


def _coats(style: TitleStyle) -> list[tuple[float, Rgb | None]]:
    """(width of the border in font sizes, its colour) from the back to the front; None is the ink itself."""
    coats: list[tuple[float, Rgb | None]] = [(OUTLINE, style.shade), (0.0, None)]
    if style.rim:
        coats.insert(0, (OUTLINE + style.rim, style.edge))
    return coats


def _wider(style: TitleStyle) -> TitleStyle:
    """The artist's line: small type wants more space between its letters."""
    return replace(style, spacing=style.spacing + 0.05)


def _clean(text: str, longest: int, fonts: Fonts) -> str:
    """One line of drawable text that is not too long."""
    text = re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f]", " ", text)).strip()
    text = fonts.drawable(text)[0]
    if len(text) > longest:
        text = _BRACKETS.sub("", text).strip() or text
    if len(text) > longest:
        cut = text[: longest - 1]
        text = (cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut).rstrip(" ,;:-") + "…"
    return text


# ------------------------------------------------------------------------------------------- script


def _runs(text: str, fonts: Fonts) -> str:
    """Text with the font named wherever it changes."""
    parts = []
    for font, part in fonts.runs(text):
        name = rf"{{\fn{font.family}}}" if font is not fonts.fonts[0] or parts else ""
        parts.append(name + _escape(part))
    return "".join(parts)


def _escape(text: str) -> str:
    r"""Braces would open overrides; libass knows ``\{`` and ``\}``, but a backslash must not meet a letter."""
    return text.replace("\\", "\\\u2060").replace("{", r"\{").replace("}", r"\}")


def _head(cover: Cover, fonts: Fonts) -> str:
    return f"""[Script Info]
ScriptType: v4.00+
PlayResX: {cover.width}
PlayResY: {cover.height}
LayoutResX: {cover.width}
LayoutResY: {cover.height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, \
MarginV, Encoding
Style: T,{fonts.fonts[0].family},40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,-1,0,0,0,100,100,0,0,1,0,0,7,0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def _full(color: Rgb) -> Rgb:
    """The colour as bright as it gets, never so deep that it cannot be read on a dark ground."""
    peak = max(*color, 1e-6)
    red, green, blue = (0.10 + 0.90 * channel / peak for channel in color)
    return red, green, blue


def _dark(color: Rgb) -> Rgb:
    peak = max(*color, 1e-6)
    red, green, blue = (0.004 + 0.012 * channel / peak for channel in color)
    return red, green, blue


def _srgb(linear: float) -> float:
    linear = min(1.0, max(0.0, linear))
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
