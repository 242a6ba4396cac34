# SPDX-License-Identifier: GPL-3.0-or-later
"""How a mouth follows lyric lines: syllables as keys of an opening jaw (pure).

Conventions: seconds from the song's first sample; openings 0..1.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence

from ..timeline import LyricLine
from .action_keys import Keys

SYLLABLE_S = 0.26
"""Longest that one syllable is taken to last when only the line's time is known."""
_SHORTEST_S = 0.09
_LEAST_GAP_S = 0.015
_AJAR = 0.08
"""How open the mouth stays between two syllables."""
_SHUT_S = 0.06
_ROUND = frozenset("ouwoу")
_VOWELS = re.compile(r"[aeiouyаеёиоуыэюя]+")
_NOT_SOUNDED = re.compile(r"y(?=[aeiou])|(?<=[aeiouy][b-df-hj-np-tv-xz])e\b")
"""The y of ``you`` and the last letter of ``are``."""
_WIDE_SCRIPT = re.compile(r"[぀-ヿ㐀-鿿가-힯]")
_LAST_SHARE = 0.9
"""A line's syllables end a little before it does, for a breath."""


def mouth_keys(lines: Sequence[LyricLine], seed: int) -> tuple[Keys, Keys, list[tuple[float, float]]]:
    """Keys of an open and of a round mouth, and when she sings.

    Words with times are sung at their times; a line without them is sung evenly, as fast as its syllables need.
    """
    dice = random.Random(f"{seed}/singing")
    keys: list[tuple[float, float, float]] = [(0.0, 0.0, 0.0)]
    sung: list[tuple[float, float]] = []

    def add(t: float, wide: float, narrow: float) -> None:
        if t > keys[-1][0] + _LEAST_GAP_S:
            keys.append((t, wide, narrow))

    for line in lines:
        syllables = list(_syllables(line))
        if not syllables:
            continue
        add(syllables[0][0] - _SHUT_S, 0.0, 0.0)
        for start, end, is_round in syllables:
            size = dice.uniform(0.45, 0.8)
            add(start, _AJAR, 0.0)
            add(start + 0.4 * (end - start), size * (0.35 if is_round else 1.0), size if is_round else 0.0)
            add(end, _AJAR, 0.0)
        add(keys[-1][0] + _SHUT_S, 0.0, 0.0)
        sung.append((syllables[0][0], syllables[-1][1]))
    if not sung:
        return [], [], []
    return [(t, wide) for t, wide, _ in keys], [(t, narrow) for t, _, narrow in keys], sung


def _syllables(line: LyricLine) -> Iterator[tuple[float, float, bool]]:
    """(start, end, with a round mouth?) of every syllable of a line."""
    if line.words:
        for word in line.words:
            yield from _spread(_shapes(word.text), word.start, word.end)
    else:
        shapes = _shapes(line.text)
        end = min(line.end, line.start + len(shapes) * SYLLABLE_S)
        yield from _spread(shapes, line.start, line.start + (end - line.start) * _LAST_SHARE)


def _spread(shapes: list[bool], start: float, end: float) -> Iterator[tuple[float, float, bool]]:
    if not shapes:
        return
    count = max(1, min(len(shapes), int((end - start) / _SHORTEST_S)))
    for k in range(count):
        yield start + (end - start) * k / count, start + (end - start) * (k + 1) / count, shapes[k]


def _shapes(text: str) -> list[bool]:
    """One entry per syllable: whether its vowel makes the mouth round; every sign of a syllabic script is one."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    found = [match[0][0] in _ROUND for match in _VOWELS.finditer(_NOT_SOUNDED.sub("", plain))]
    found += [False] * len(_WIDE_SCRIPT.findall(unicodedata.normalize("NFC", text)))
    return found or [False] * bool(plain.strip())
