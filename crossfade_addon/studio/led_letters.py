# SPDX-License-Identifier: GPL-3.0-or-later
"""Titles in any script as letters that can be set one beside the other: cleaned, cut, joined and put in order.

Blender sets letters as they are stored: it joins no Arabic, turns nothing round and builds no Indic syllables. The
first two are done here; what only a shaping engine can write is left out, as wrong spelling is worse than none.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterator, Sequence

LONGEST = 34
"""Letters of a title that fit a wall; the rest gives way to an ellipsis."""
ELLIPSIS = "\u2026"

_INDIC = ("DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM")
_SHAPED = (*_INDIC, "SINHALA", "KHMER", "MYANMAR", "JAVANESE", "BALINESE", "TIBETAN", "SYRIAC", "NKO", "MONGOLIAN")
"""Scripts whose letters change with their neighbours in ways that no table here knows."""
_FLAGS = ("\U0001f1e6", "\U0001f1ff")
_FORMS = {"<isolated>": 0, "<final>": 1, "<initial>": 2, "<medial>": 3}
_TATWEEL = "\u0640"


def plain(text: str) -> str:
    """The text on one line in capitals, without control characters, loose marks and scripts that must be shaped."""
    kept: list[str] = []
    for c in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(c)
        # Skin tones and flags change the emoji around them; Thai marks stand in place by themselves.
        is_loose = kind in ("Cf", "Me", "Mc") or (kind == "Mn" and (script(c) != "THAI" or not kept))
        is_modifier = (kind == "Sk" and ord(c) > 127) or _FLAGS[0] <= c <= _FLAGS[1]
        if c.isspace() or kind in ("Cc", "Cs", "Co", "Cn"):
            kept.append(" ")
        elif not is_loose and not is_modifier and script(c) not in _SHAPED:
            kept.append(c)
    # Georgian has capitals on paper only.
    return " ".join("".join(c if script(c) == "GEORGIAN" else c.upper() for c in kept).split())


def shortened(text: str) -> str:
    """:func:`plain`, cut at a word to at most :data:`LONGEST` letters."""
    kept = plain(text)
    if len(kept) <= LONGEST:
        return kept
    cut = kept[: LONGEST - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[LONGEST // 2 :] else cut).rstrip(" -,.(") + ELLIPSIS


def script(c: str) -> str:
    """First word of a letter's Unicode name, which is its script's: ``LATIN``, ``CJK``, ``THAI``."""
    return unicodedata.name(c, "").split(" ")[0]


def weight(text: str) -> int:
    """How many letters, digits and symbols a text has: what a reader would miss."""
    return sum(unicodedata.category(c)[0] in "LNS" for c in unicodedata.normalize("NFC", text))


def is_wide(text: str) -> bool:
    """Whether a text is of letters that may be parted anywhere, as Chinese and Japanese ones."""
    return sum(unicodedata.east_asian_width(c) in "WF" for c in text) > len(text) / 2


def clusters(line: str) -> list[str]:
    """Letters with the marks that belong to them."""
    found: list[str] = []
    for c in line:
        if found and unicodedata.category(c) == "Mn":
            found[-1] += c
        else:
            found.append(c)
    return found


# ------------------------------------------------------------------------------ from right to left


def visual(line: str, knows: Callable[[str], bool]) -> str:
    """A line in the order in which it is set from left to right, Arabic letters joined.

    Parameters
    ----------
    line : str
        As it is stored and spoken.
    knows : callable
        Says whether a font has a letter; where the joined form is missing the plain one stays.
    """
    ways = _ways(line)
    if "R" not in ways:
        return line
    base = next(way for way in ways if way in ("L", "R"))
    runs: list[tuple[str, str]] = []
    for k, c in enumerate(line):
        # What has no direction goes with its neighbours where they agree; numbers are part of what goes left.
        before, after = (
            next((way.replace("N", "R") for way in side if way), base) for side in (reversed(ways[:k]), ways[k:])
        )
        way = ways[k] or (before if before == after else base)
        if runs and runs[-1][0] == way:
            runs[-1] = way, runs[-1][1] + c
        else:
            runs.append((way, c))
    parts = [_turned(_joined(run, knows)) if way == "R" else run for way, run in runs]
    return "".join(reversed(parts) if base == "R" else parts)


def _ways(line: str) -> list[str]:
    """Where each letter goes: left ``R``, right ``L``, right within what goes left ``N``, ``""`` as its neighbours."""
    kinds = [unicodedata.bidirectional(c) for c in line]
    last = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    ways: list[str] = []
    for k, kind in enumerate(kinds):
        last = kind if kind in ("L", "R", "AL") else last
        if kind in ("EN", "AN"):
            ways.append("L" if last == "L" else "N")
        elif kind in ("ES", "CS") and ways[-1:] == ["N"] and kinds[k + 1 : k + 2] in (["EN"], ["AN"]):
            ways.append("N")  # as in 24:7
        else:
            ways.append({"L": "L", "R": "R", "AL": "R"}.get(kind, ""))
    return ways


def _turned(run: str) -> str:
    pairs = str.maketrans("()[]{}<>\u00ab\u00bb", ")(][}{><\u00bb\u00ab")
    return "".join(reversed(clusters(run))).translate(pairs)


def _joined(run: str, knows: Callable[[str], bool]) -> str:
    """Arabic letters in the forms they have beside each other."""
    table = _arabic()
    tokens = list(_tokens(run, table))
    found = []
    for k, token in enumerate(tokens):
        joins_before = k > 0 and _joins_on(tokens[k - 1], table) and 1 in table.get(token, {})
        joins_after = _joins_on(token, table) and k + 1 < len(tokens) and _takes(tokens[k + 1], table)
        form = table.get(token, {}).get((1 if joins_before else 0) + (2 if joins_after else 0), "")
        if form and knows(form):
            found.append(form)
        else:
            found.append(token)
    return "".join(found)


def _tokens(run: str, table: dict[str, dict[int, str]]) -> Iterator[str]:
    k = 0
    while k < len(run):
        width = 2 if run[k : k + 2] in table else 1
        yield run[k : k + width]
        k += width


def _joins_on(token: str, table: dict[str, dict[int, str]]) -> bool:
    return token == _TATWEEL or 2 in table.get(token, {})


def _takes(token: str, table: dict[str, dict[int, str]]) -> bool:
    return token == _TATWEEL or 1 in table.get(token, {})


@functools.cache
def _arabic() -> dict[str, dict[int, str]]:
    """Letter (or lam with alef) to its forms: 0 alone, 1 joined to the one before, 2 to the one after, 3 to both."""
    table: dict[str, dict[int, str]] = {}
    for code in (*range(0xFB50, 0xFC00), *range(0xFE80, 0xFEFD)):
        form, *letters = unicodedata.decomposition(chr(code)).split(" ")
        text = "".join(chr(int(letter, 16)) for letter in letters)
        if form in _FORMS and (len(text) == 1 or (len(text) == 2 and text[0] == "\u0644" and code >= 0xFEF5)):
            table.setdefault(text, {}).setdefault(_FORMS[form], chr(code))
    return table


# ---------------------------------------------------------------------------------------- two lines


def halves(text: str) -> Sequence[list[str]]:
    """The ways in which a text may stand on one line or two."""
    if " " not in text and is_wide(text):
        middle = (len(text) + 1) // 2
        return [[text], [text[:middle], text[middle:]]] if len(text) > 3 else [[text]]
    words = text.split()
    return [[text], *([" ".join(words[:cut]), " ".join(words[cut:])] for cut in range(1, len(words)))]
