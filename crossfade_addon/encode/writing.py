# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing systems: which way a row runs, in which order its words stand, and which language's shapes it wants."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from ..timeline import Lyrics

if TYPE_CHECKING:
    from .phrases import Row, Token

_RIGHT = ("R", "AL")
RIGHT_MARK = "\u200f"
"""Makes a row run from the right even when its first word does not."""
_SHAPED = range(0x0590, 0x0E00)
"""Hebrew to Sinhala: letters that join, stack or change their order within a word."""


def is_right_to_left(text: str) -> bool:
    """Whether a row starts from the right: by its first letter, as libass decides it."""
    return _direction(text) == "R"


def whole_words(row: Iterable[Token]) -> Row:
    """The row, its sung syllables put together again where tearing them apart would change the letters."""
    words: list[Token] = []
    for token in row:
        before = words[-1] if words else None
        if before and not token.spaced and any(ord(c) in _SHAPED for c in before.text[-1] + token.text[0]):
            words[-1] = replace(before, end=token.end, text=before.text + token.text)
        else:
            words.append(token)
    return tuple(words)


def visual_order(row: Row, *, right_to_left: bool) -> list[tuple[Token, bool]]:
    """Words from left to right, each with whether a space stands to its left (the bidirectional algorithm on words)."""
    levels = _levels(row, int(right_to_left))
    order = list(range(len(row)))
    for level in range(max(levels, default=0), 0, -1):
        first = 0
        while first < len(order):
            last = first
            while last < len(order) and levels[order[last]] >= level:
                last += 1
            order[first:last] = order[first:last][::-1]
            first = max(last, first + 1)
    placed = []
    for place, index in enumerate(order):
        left = order[place - 1] if place else None
        placed.append((row[index], left is not None and (abs(left - index) != 1 or row[max(left, index)].spaced)))
    return placed


def language_of(lyrics: Lyrics) -> str:
    """The language whose shapes of Chinese characters are meant: ``ja``, ``ko``, ``zh`` (simplified), or "".

    libass knows two letters, so traditional characters keep the font's own (Japanese) shapes.
    """
    text = "".join(line.text or "".join(word.text for word in line.words) for line in lyrics.lines)
    if not any(0x2E80 <= ord(c) < 0xFB00 for c in text):
        return ""
    if any(0x3040 <= ord(c) < 0x3100 for c in text):
        return "ja"
    if any(0xAC00 <= ord(c) < 0xD7A4 for c in text):
        return "ko"
    simple = sum(_in(c, "gb2312") and not _in(c, "big5") for c in text)
    traditional = sum(_in(c, "big5") and not _in(c, "gb2312") for c in text)
    return "zh" if simple >= traditional else ""


def joined_forms(text: str) -> str:
    """Arabic letters as they stand beside each other, for measuring: shown by the presentation forms of Unicode."""
    if not any(0x0620 <= ord(c) < 0x06D4 for c in text):
        return text
    forms, pairs = _arabic()
    letters = [c for c in text if unicodedata.category(c) not in ("Mn", "Cf") or c == "\u200c"]
    shown, index, linked = "", 0, False
    while index < len(letters):
        letter = letters[index]
        step = 1
        if (pair := "".join(letters[index : index + 2])) in pairs:
            letter, step = pair, 2
        kinds = pairs.get(letter) or forms.get(letter, {})
        after = letters[index + step] if index + step < len(letters) else ""
        reaches = "initial" in kinds and "final" in forms.get(after, {})
        name = "medial" if linked and reaches else "initial" if reaches else "final" if linked else "isolated"
        shown += kinds.get(name, letter)
        linked = reaches
        index += step
    return shown


@cache
def _arabic() -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Presentation forms by letter and kind, and those of lam with alef."""
    forms: dict[str, dict[str, str]] = {}
    pairs: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFBB2), *range(0xFBD3, 0xFC00), *range(0xFE80, 0xFEFD)):
        parts = unicodedata.decomposition(chr(code)).split()
        if parts:
            text = "".join(chr(int(part, 16)) for part in parts[1:])
            kinds = forms if len(text) == 1 else pairs
            if len(text) == 1 or text.startswith("\u0644"):
                kinds.setdefault(text, {})[parts[0].strip("<>")] = chr(code)
    return forms, pairs


def _in(character: str, codec: str) -> bool:
    try:
        return len(character.encode(codec)) == 2
    except UnicodeEncodeError:
        return False


def _direction(text: str) -> str:
    """``R``, ``L``, ``1`` for numbers, or nothing for what has no direction of its own."""
    number = ""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in _RIGHT:
            return "R"
        if kind == "L":
            return "L"
        if kind in ("EN", "AN"):
            number = "1"
    return number


def _levels(row: Row, base: int) -> list[int]:
    kinds = [_direction(token.text) for token in row]
    strong = "R" if base else "L"
    for index, kind in enumerate(kinds):
        if kind == "1":  # a number goes with the words before it
            kinds[index] = strong
        elif kind:
            strong = kind
    for index, kind in enumerate(kinds):
        if not kind:
            before = next((k for k in reversed(kinds[:index]) if k), "")
            after = next((k for k in kinds[index + 1 :] if k), "")
            kinds[index] = before if before and before == after else ("R" if base else "L")
    if base:
        return [1 if kind == "R" else 2 for kind in kinds]
    return [1 if kind == "R" else 0 for kind in kinds]
