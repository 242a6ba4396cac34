# SPDX-License-Identifier: GPL-3.0-or-later
"""Burned captions as an ASS script, in three styles, always inside the strict safe zone.

``pop``: every word comes up in the accent colour when it is sung, and turns white. ``karaoke``: the line
stands in white and the accent colour sweeps over it. ``line``: the line, plainly. Lines without word times
are shown plainly in every style: sweeping over guessed times would be wrong on every word.

Conventions: pixels of the delivered picture (PlayRes = its size), times in seconds of the clip, colours
linear RGB. Every row is broken by measured widths (WrapStyle 2) and every word has its own place, so
libass never wraps anything and no word moves another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..timeline import Clip, Lyrics
from .caption_place import BLUR, Place, place
from .fonts import Fonts, caption_fonts
from .phrases import Caption, Measure, Row, captions, row_text
from .platforms import SafeBox
from .writing import RIGHT_MARK, language_of, visual_order, whole_words

STYLES = ("pop", "karaoke", "line")
TIGHTER = 0.86
"""Letters may shrink this much to keep a line in one caption."""
SMALLEST = 0.55
"""A single word may shrink to this before it is broken."""
POP_MS = 110
POP_FROM = 76
"""A word grows from this per cent of its size, never beyond 100, so it stays inside the box."""
TURN_MS = 70
FADE_MS = 90
DEFAULT_ACCENT = (0.0, 0.6, 1.0)
HALO_ALPHA = "&H70&"
_WHITE = "&HFFFFFF&"
_EXACT = 1e-6

_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
LayoutResX: {width}
LayoutResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709
Kerning: yes
Language: {language}

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, \
MarginV, Encoding
Style: Text,{family},{size:g},&H00FFFFFF,&H00FFFFFF,&H00140A10,&H00000000,-1,0,0,0,100,100,0,0,1,{outline:g},0,\
5,0,0,0,-1
Style: Halo,{family},{size:g},&H70140A10,&H70140A10,&H70140A10,&H00000000,-1,0,0,0,100,100,0,0,1,{halo:g},0,\
5,0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One caption and the rectangle that its ink, outline and halo never leave; seconds of the clip."""

    start: float
    end: float
    box: SafeBox
    text: str


@dataclass(frozen=True, slots=True)
class Look:
    """Where and how captions are drawn; ``zones`` are rectangles as of :func:`.platforms.strict_of`."""

    width: int
    height: int
    zones: tuple[SafeBox, ...]
    style: str = "pop"
    accent: tuple[float, float, float] = DEFAULT_ACCENT


@dataclass(frozen=True, slots=True)
class _Word:
    """Text at its place: ``x`` is its middle, ``y`` the middle of its line."""

    text: str
    start: float
    end: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Screen:
    """A caption with everything placed; ``size`` is the libass font size."""

    caption: Caption
    size: float
    rows: tuple[tuple[float, float, Row], ...]
    """x of the middle, y of the middle, tokens in reading order."""
    words: tuple[_Word, ...]
    box: SafeBox


def ass(lyrics: Lyrics, clip: Clip, look: Look, fonts: Fonts | None = None) -> str:
    """The ASS script of a clip; it has no events when nobody sings in it.

    The fonts must be in the folder that FFmpeg's ``fontsdir`` names. What none of them can draw is left out:
    :func:`missing` says what that is.
    """
    fonts = fonts or caption_fonts()
    spot = place(look.width, look.height, look.zones)
    events = []
    for screen in _screens(lyrics, clip, spot, fonts):
        events += _events(screen, look, fonts)
    head = _HEAD.format(
        width=look.width,
        height=look.height,
        language=language_of(lyrics),
        family=fonts.fonts[0].family,
        size=spot.size,
        outline=spot.outline,
        halo=spot.halo_border,
    )
    return head.replace("Language: \n", "") + "".join(f"{event}\n" for event in events)


def boxes(lyrics: Lyrics, clip: Clip, look: Look, fonts: Fonts | None = None) -> tuple[Drawn, ...]:
    """What :func:`ass` draws: when, and within which rectangle."""
    spot = place(look.width, look.height, look.zones)
    return tuple(
        Drawn(screen.caption.start, screen.caption.end, screen.box, screen.caption.text)
        for screen in _screens(lyrics, clip, spot, fonts or caption_fonts())
    )


def missing(lyrics: Lyrics, clip: Clip, fonts: Fonts | None = None) -> tuple[str, ...]:
    """Characters of a clip's lyrics that no bundled font can draw, in order of appearance."""
    fonts = fonts or caption_fonts()
    found: dict[str, None] = {}
    for line in lyrics.lines:
        if line.start < clip.end and line.end > clip.start:
            said = " ".join((line.text, *(word.text for word in line.words)))
            found |= dict.fromkeys(fonts.drawable(said)[1])
    return tuple(found)


def _screens(lyrics: Lyrics, clip: Clip, spot: Place, fonts: Fonts) -> Iterator[_Screen]:
    @lru_cache(maxsize=4096)
    def width(text: str) -> float:
        return fonts.width(text, spot.size)

    @lru_cache(maxsize=4096)
    def drawable(text: str) -> str:
        return fonts.drawable(text)[0]

    measure = Measure(width, spot.room, TIGHTER, SMALLEST)
    for caption in captions(lyrics, clip, measure, drawable=drawable):
        size = math.floor(spot.size * caption.scale * 2) / 2
        yield _placed(caption, size, spot, fonts)


def _placed(caption: Caption, size: float, spot: Place, fonts: Fonts) -> _Screen:
    first = fonts.fonts[0]
    runs = [[font for font, _ in fonts.runs(row_text(row))] for row in caption.rows]
    above = max(max(font.above, first.above) for font in runs[0]) - first.ascent
    below = max(max(font.below, first.below) for font in runs[-1]) - (1 - first.ascent)
    count = len(caption.rows)
    top = spot.top_of(count, size, above * size, below * size)
    rows, words, widest = [], [], 0.0
    for index, tokens in enumerate(caption.rows):
        row = whole_words(tokens)
        y = top + (index + 0.5) * size
        wide = fonts.width(row_text(row), size)
        widest = max(widest, wide)
        rows.append((spot.middle, y, row))
        x = spot.middle - wide / 2
        for token, space in visual_order(row, right_to_left=caption.right_to_left):
            x += fonts.width(" ", size) if space else 0.0
            span = fonts.width(token.text, size)
            words.append(_Word(token.text, token.start, token.end, x + span / 2, y))
            x += span
    edge = spot.edge
    box = SafeBox(
        math.floor(spot.middle - widest / 2 - edge + _EXACT),
        math.floor(top - max(0.0, above) * size - edge + _EXACT),
        math.ceil(spot.middle + widest / 2 + edge - _EXACT),
        math.ceil(top + (count + max(0.0, below)) * size + edge - _EXACT),
    )
    return _Screen(caption, size, tuple(rows), tuple(words), box)


def _events(screen: _Screen, look: Look, fonts: Fonts) -> Iterator[str]:
    caption = screen.caption
    shrunk = rf"\fs{screen.size:g}"
    blur = rf"\blur{BLUR * screen.size:.1f}"
    lit = _colour(look.accent)
    if look.style == "pop" and caption.timed:
        for word in screen.words:
            start = min(max(word.start, caption.start), caption.end - 0.02)
            off = max(POP_MS, round((word.end - start) * 1000))
            tags = rf"\an5\pos({word.x:.1f},{word.y:.1f}){shrunk}\fscx{POP_FROM}\fscy{POP_FROM}\alpha&HFF&"
            grow = rf"\t(0,{POP_MS},0.6,\fscx100\fscy100)"
            text = _text(word.text, fonts)
            halo = rf"{blur}{grow}\t(0,60,\alpha{HALO_ALPHA})"
            yield _event(0, start, caption.end, "Halo", rf"{{{tags}{halo}}}{text}")
            turn = rf"\1c{lit}\t(0,50,\alpha&H00&)\t({off},{off + TURN_MS},\1c{_WHITE})"
            yield _event(1, start, caption.end, "Text", rf"{{{tags}{grow}{turn}}}{text}")
        return
    for x, y, row in screen.rows:
        tags = rf"\an5\pos({x:g},{y:.1f}){shrunk}\fad({FADE_MS},{FADE_MS})"
        mark = RIGHT_MARK if caption.right_to_left else ""
        text = mark + _text(row_text(row), fonts)
        yield _event(0, caption.start, caption.end, "Halo", rf"{{{tags}{blur}}}{text}")
        if look.style == "karaoke" and caption.timed:
            text = mark + _sweep(row, caption, lit, fonts)
            tags += "" if caption.right_to_left else rf"\1c{lit}\2c{_WHITE}"
        yield _event(1, caption.start, caption.end, "Text", rf"{{{tags}}}{text}")


def _sweep(row: Row, caption: Caption, lit: str, fonts: Fonts) -> str:
    r"""The row with the accent colour running over it as it is sung.

    libass sweeps from left to right whatever the script, so words of a row from right to left turn one by one.
    """
    said, done = "", 0
    for index, token in enumerate(row):
        on, off = (max(0, round((t - caption.start) * 100)) for t in (token.start, token.end))
        text = _text(token.text, fonts)
        space = " " if token.spaced and index else ""
        if caption.right_to_left:
            said += rf"{space}{{\1c{_WHITE}\t({on * 10},{on * 10 + TURN_MS},\1c{lit})}}{text}"
            continue
        if on > done:
            said += rf"{{\k{on - done}}}"
            done = on
        said += rf"{space}{{\kf{max(1, off - done)}}}{text}"
        done = max(done + 1, off)
    return said


def _event(layer: int, start: float, end: float, style: str, text: str) -> str:
    return f"Dialogue: {layer},{_stamp(start)},{_stamp(end)},{style},,0,0,0,,{text}"


def _text(text: str, fonts: Fonts) -> str:
    """Escaped text with the font named wherever it is not the first one."""
    first = fonts.fonts[0]
    said, current = "", first
    for font, part in fonts.runs(text):
        if font is not current:
            said += rf"{{\fn{font.family}}}"
            current = font
        said += _escape(part)
    return said if current is first else rf"{said}{{\fn{first.family}}}"


def _escape(text: str) -> str:
    r"""Braces would open overrides and ``\N`` would break the row.

    libass knows ``\{`` and ``\}``, but no escape for a backslash: a word joiner after it keeps it a character.
    """
    return text.replace("\\", "\\\u2060").replace("{", r"\{").replace("}", r"\}")


def _colour(linear: tuple[float, float, float]) -> str:
    """ASS colour ``&HBBGGRR&`` of a linear colour at full brightness, lightened until it reads on a dark picture."""
    peak = max(*linear, 1e-6)
    levels = []
    for channel in linear:
        value = 0.15 + 0.85 * channel / peak
        levels.append(round(255 * (1.055 * value ** (1 / 2.4) - 0.055)))
    red, green, blue = levels
    return f"&H{blue:02X}{green:02X}{red:02X}&"


def _stamp(seconds: float) -> str:
    whole = max(0, int(seconds * 100 + 0.5))
    return f"{whole // 360000}:{whole // 6000 % 60:02d}:{whole // 100 % 60:02d}.{whole % 100:02d}"
