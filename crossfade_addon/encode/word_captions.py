# SPDX-License-Identifier: GPL-3.0-or-later
"""Burned captions as an ASS script: one or two rows in the safe box, the sung word in the accent colour.

Conventions: pixels of the delivered picture (PlayRes = its size), times in seconds of the clip, colours
linear RGB. Every row is broken here by measured widths (WrapStyle 2), because libass would wrap at the
frame and an animated line could wrap anew; only colours change inside a row, so words never jump.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..timeline import Clip, LyricLine, Lyrics, LyricWord
from .fonts import Font
from .platforms import SafeBox

MAX_ROWS = 2
SIZE_OF_SHORT_SIDE = 0.083
"""Font size (libass cell height) as a part of the picture's shorter side."""
SMALLEST = 0.55
"""A single word may shrink to this before it is broken."""
PLACE_IN_BOX = 0.91
"""Height of the caption's middle within the safe box: y 1298 of 270..1400, below the face in most shots."""
POP_MS = 90
POP_FROM = 88
"""A caption grows from this per cent of its size, never beyond 100, so it stays inside the box."""
TURN_MS = 60
SHORTEST_S = 0.05
_UNDRAWABLE = ("So", "Sk", "Cs", "Co", "Cn", "Cc")
"""Unicode categories left out when the font lacks the character: symbols, surrogates, private, control."""
_EMOJI_SELECTOR = "\ufe0f"
DEFAULT_ACCENT = (0.0, 0.6, 1.0)

_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
LayoutResX: {width}
LayoutResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, \
MarginV, Encoding
Style: Line,{family},{size},&H00FFFFFF,&H00FFFFFF,&H00140A10,&H90000000,-1,0,0,0,100,100,0,0,1,{outline},{shadow},\
5,0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class _Screen:
    """Words shown together; times in seconds of the song. ``timed`` words light up when they are sung."""

    start: float
    end: float
    rows: tuple[tuple[LyricWord, ...], ...]
    size: float
    timed: bool


def ass(
    lyrics: Lyrics,
    clip: Clip,
    *,
    width: int,
    height: int,
    safe: SafeBox,
    font: Font,
    accent: tuple[float, float, float] = DEFAULT_ACCENT,
) -> str:
    """The ASS script of a clip; it has no events when nobody sings in it.

    ``font`` must be in the folder that FFmpeg's ``fontsdir`` names. Pictographs that the font lacks are
    left out, because libass would draw boxes for them.
    """
    size = round(SIZE_OF_SHORT_SIDE * min(width, height))
    outline, shadow = round(size * 0.06, 1), round(size * 0.03, 1)
    middle = min(max(width / 2, safe.left), safe.right)
    half = min(middle - safe.left, safe.right - middle)
    if half < 0.4 * (safe.right - safe.left):  # the frame's middle is too near the box's edge: use the box's own
        middle, half = (safe.left + safe.right) / 2, (safe.right - safe.left) / 2
    room = 2 * (half - outline - shadow) * 0.98  # the rest is for kerning and overhanging glyphs
    lowest = safe.bottom - MAX_ROWS * size / 2 - outline - shadow
    y = min(safe.top + PLACE_IN_BOX * (safe.bottom - safe.top), lowest)
    events = [
        _event(screen, clip, middle, y, size, accent)
        for screen in _screens(lyrics, clip, font, size, room)
        if min(screen.end, clip.end) - max(screen.start, clip.start) >= SHORTEST_S
    ]
    head = _HEAD.format(
        width=width, height=height, family=font.family, size=size, outline=f"{outline:g}", shadow=f"{shadow:g}"
    )
    return head + "".join(f"{event}\n" for event in events)


def _event(screen: _Screen, clip: Clip, x: float, y: float, size: float, accent: tuple[float, float, float]) -> str:
    start, end = max(screen.start, clip.start), min(screen.end, clip.end)
    lit = _colour(accent)
    rows = []
    for row in screen.rows:
        words = []
        for word in row:
            text = _escape(word.text)
            if screen.timed:
                on, off = (round((t - start) * 1000) for t in (word.start, word.end))
                turn = rf"\t({on},{on + TURN_MS},\1c{lit})\t({off},{off + TURN_MS},\1c&HFFFFFF&)"
                text = rf"{{\1c&HFFFFFF&{turn}}}{text}" if off > 0 else text
            words.append(text)
        rows.append(" ".join(words))
    pop = rf"\fscx{POP_FROM}\fscy{POP_FROM}\t(0,{POP_MS},\fscx100\fscy100)"
    smaller = rf"\fs{screen.size:g}" if screen.size != size else ""
    tags = rf"{{\an5\pos({x:g},{y:g}){smaller}{pop}}}"
    times = f"{_stamp(start - clip.start)},{_stamp(end - clip.start)}"
    return f"Dialogue: 0,{times},Line,,0,0,0,,{tags}" + r"\N".join(rows)


def _screens(lyrics: Lyrics, clip: Clip, font: Font, size: float, room: float) -> Iterator[_Screen]:
    lines = sorted((line for line in lyrics.lines if line.end > clip.start), key=lambda line: line.start)
    for index, line in enumerate(lines):
        if line.start >= clip.end:
            return
        end = line.end
        if index + 1 < len(lines) and line.start < lines[index + 1].start:
            end = min(end, lines[index + 1].start)  # two lines never share the place
        yield from _screens_of(line, end, font, size, room)


def _screens_of(line: LyricLine, end: float, font: Font, size: float, room: float) -> Iterator[_Screen]:
    timed = bool(line.words)
    words = [part for word in _words(line, font) for part in _broken(word, font, size, room)]
    rows: list[list[LyricWord]] = []
    for word in words:
        if rows and font.width(_joined([*rows[-1], word]), size) <= room:
            rows[-1].append(word)
        else:
            rows.append([word])
    groups = [rows[first : first + MAX_ROWS] for first in range(0, len(rows), MAX_ROWS)]
    for index, group in enumerate(groups):
        flat = [word for row in group for word in row]
        screen_end = groups[index + 1][0][0].start if index + 1 < len(groups) else end
        screen_start = line.start if index == 0 else flat[0].start
        balanced = _balanced(flat, font, size) if len(group) == 2 else group
        widest = max(font.width(_joined(row), size) for row in balanced)
        fitted = size if widest <= room else int(size * room / widest)
        yield _Screen(screen_start, screen_end, tuple(tuple(row) for row in balanced), fitted, timed)


def _words(line: LyricLine, font: Font) -> list[LyricWord]:
    """The line's words with drawable text; without word times the line's time is shared out by length."""
    if line.words:
        cleaned = [LyricWord(word.start, word.end, _drawable(word.text, font)) for word in line.words]
        return [word for word in cleaned if word.text]
    texts = _drawable(line.text, font).split()
    total = sum(len(text) for text in texts)
    words, done = [], 0
    for text in texts:
        span = line.end - line.start
        words.append(LyricWord(line.start + span * done / total, line.start + span * (done + len(text)) / total, text))
        done += len(text)
    return words


def _broken(word: LyricWord, font: Font, size: float, room: float) -> Iterator[LyricWord]:
    """The word itself, or pieces of one that would not fit a row even at the smallest size."""
    pieces, piece = [], ""
    for character in word.text:
        if piece and font.width(piece + character, size * SMALLEST) > room:
            pieces.append(piece)
            piece = ""
        piece += character
    pieces.append(piece)
    for text in pieces:
        yield LyricWord(word.start, word.end, text)


def _balanced(words: list[LyricWord], font: Font, size: float) -> list[list[LyricWord]]:
    """Two rows of as equal length as possible."""

    def widest(cut: int) -> float:
        return max(font.width(_joined(words[:cut]), size), font.width(_joined(words[cut:]), size))

    cut = min(range(1, len(words)), key=widest)
    return [words[:cut], words[cut:]]


def _joined(words: Sequence[LyricWord]) -> str:
    return " ".join(word.text for word in words)


def _drawable(text: str, font: Font) -> str:
    spaced = " ".join(text.split())
    kept = (c for c in spaced if font.has(c) or unicodedata.category(c) not in _UNDRAWABLE)
    return " ".join("".join(c for c in kept if c != _EMOJI_SELECTOR).split())


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
