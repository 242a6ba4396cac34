# SPDX-License-Identifier: GPL-3.0-or-later
"""From lyric lines to captions: what is shown together, in which rows, and how long.

One rule for files and pictures; they differ only in the measure of a row (characters or pixels).
Conventions: times are seconds of the clip; a caption has at most two rows.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ..timeline import Clip, LyricLine, Lyrics, LyricWord
from .fonts import clusters
from .writing import is_right_to_left

MAX_ROWS = 2
SHORTEST_S = 0.05
"""What a clip's edges cut shorter than this is left out."""
READABLE_S, LONGEST_S = 5 / 6, 7.0
"""A caption stands at least and at most this long, where the next one leaves the time."""
CHARACTERS_PER_S, WIDE_PER_S = 20.0, 10.0
"""Reading speed: letters, and East Asian full-width characters."""
CLOSED_GAP_S = 0.3
"""A shorter pause between two captions only flickers, so the first one stays."""
_MANY = 64
"""Longer lines are shared out piece by piece: the best partition of more units would take too long."""
_SMALL_KANA = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ"
_NO_START = frozenset("、。，．・：；？！?!,.:;ー」』）】〉》〕］｝’”)]}>…‥～〜々" + _SMALL_KANA)
_NO_END = frozenset("「『（【〈《〔［｛‘“([{<")
_THAI_LEAD = frozenset("เแโใไ")
_PAUSE = tuple(".,;:!?…、。，！？：；؟،۔।-–—)")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a part of one that is sung by itself.

    ``spaced``: a space stands before it. ``glued``: it may not be parted from the token before it.
    """

    start: float
    end: float
    text: str
    spaced: bool = True
    glued: bool = False


Row = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Caption:
    """What is shown together. ``scale`` <= 1 shrinks letters that would not fit; ``timed``: its words have times.

    ``right_to_left`` is the direction of the whole line, whatever the first word of a row is.
    """

    start: float
    end: float
    rows: tuple[Row, ...]
    timed: bool
    scale: float = 1.0
    right_to_left: bool = False

    @property
    def text(self) -> str:
        """Its rows as lines."""
        return "\n".join(row_text(row) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Measure:
    """How wide a row is and may be.

    Letters may shrink to ``tighter`` to keep a line together, and to ``smallest`` before a word is broken.
    """

    width: Callable[[str], float]
    room: float
    tighter: float = 1.0
    smallest: float = 1.0


def row_text(row: Iterable[Token]) -> str:
    """The row as it is read."""
    return "".join(f" {token.text}" if token.spaced else token.text for token in row).strip()


def one_line(text: str) -> str:
    """No line breaks (an empty line would end a cue), no control characters, single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"[\x00-\x08\x0e-\x1f\x7f]", "", text)).strip()


def columns(text: str) -> int:
    """Characters that a row takes in a text file; full-width ones count as two, marks as none."""
    return len(text) if text.isascii() else sum(_columns(c) for c in text)


def captions(
    lyrics: Lyrics,
    clip: Clip,
    measure: Measure,
    *,
    gap_s: float = 0.0,
    merge: bool = False,
    drawable: Callable[[str], str] | None = None,
) -> tuple[Caption, ...]:
    """The captions of a clip in order; none runs into the next.

    Parameters
    ----------
    gap_s : float
        Time between captions that follow each other.
    merge : bool
        Show two lines that are too short to be read as one caption of two rows.
    drawable : callable or None
        What of a token's text can be shown; tokens of which nothing can are left out.
    """
    found: list[Caption] = []
    for line in map(spelled, sorted(lyrics.lines, key=lambda line: (line.start, line.end))):
        if line.start >= clip.end or line.end <= clip.start:
            continue
        words = tokens(line)
        if drawable is not None:
            words = [replace(t, text=text) for t in words if (text := drawable(t.text))]
        if words:
            found += _of_line(line, words, measure)
    moved = [_moved(caption, clip) for caption in found]
    moved = [caption for caption in moved if caption.end - caption.start >= SHORTEST_S]
    moved.sort(key=lambda caption: (caption.start, caption.end))
    if merge:
        moved = _merged(moved, measure)
    return tuple(_settled(moved, clip.duration, gap_s))


def spelled(line: LyricLine) -> LyricLine:
    """The line, without the times of words that do not spell its text: the text is what the artist wrote."""
    letters = one_line(line.text).replace(" ", "")
    if letters and line.words and len(letters) != sum(len(_letters(word)) for word in line.words):
        return replace(line, words=())
    return line


def tokens(line: LyricLine) -> list[Token]:
    """A :func:`spelled` line's words and where it may be broken; without word times they share its time by length."""
    said = one_line(line.text) or " ".join(one_line(word.text) for word in line.words)
    letters = said.replace(" ", "")
    edges: list[tuple[float, float]] = []  # when each letter begins and ends
    owners: list[int] = []  # the word it belongs to
    for index, word in enumerate(line.words or (LyricWord(line.start, line.end, letters),)):
        count = len(_letters(word))
        step = (word.end - word.start) / max(1, count)
        edges += [(word.start + step * k, word.start + step * (k + 1)) for k in range(count)]
        owners += [index] * count
    done, made = 0, []
    for text, spaced, glued in _pieces(said, owners):
        made.append(Token(edges[done][0], edges[done + len(text) - 1][1], text, spaced, glued))
        done += len(text)
    return made


def _letters(word: LyricWord) -> str:
    return one_line(word.text).replace(" ", "")


def _pieces(said: str, owners: Sequence[int]) -> Iterator[tuple[str, bool, bool]]:
    """(text, a space before it?, glued to the one before?)"""
    done = 0
    for part in said.split():
        if part.isascii() and (not owners or owners[done : done + len(part)].count(owners[done]) == len(part)):
            yield part, True, False  # a whole word, as nearly all are
            done += len(part)
            continue
        current, spaced, glued, before = "", True, False, ""
        for cluster in clusters(part):
            ruled = _may_break(before, cluster) if before else False
            sung_apart = bool(before) and owners[done] != owners[done - 1]
            if before and (ruled or sung_apart):
                yield current, spaced, glued
                current, spaced, glued = "", False, not ruled
            current += cluster
            done += len(cluster)
            before = cluster
        yield current, spaced, glued


def _may_break(before: str, after: str) -> bool:
    if after[0] in _NO_START or before[-1] in _NO_END:
        return False
    if after[0] in _THAI_LEAD:
        return before[-1] not in _THAI_LEAD
    return _is_ideographic(before[0]) or _is_ideographic(after[0])


def _is_ideographic(character: str) -> bool:
    code = ord(character)
    hangul = 0xAC00 <= code < 0xD7A4  # Korean is written with spaces
    return not hangul and code < 0x1F000 and unicodedata.east_asian_width(character) in ("W", "F")


def _of_line(line: LyricLine, words: list[Token], measure: Measure) -> Iterator[Caption]:
    groups = _grouped(words, measure)
    if len(groups) > 1 and measure.tighter < 1:
        wider = replace(measure, room=measure.room / measure.tighter, smallest=measure.smallest / measure.tighter)
        together = _grouped(words, wider)
        groups, used = (together, wider) if len(together) < len(groups) else (groups, measure)
    else:
        used = measure
    starts = [line.start, *(group[0][0].start for group in groups[1:]), line.end]
    if len(groups) > 1 and min(b - a for a, b in pairwise(starts)) < CLOSED_GAP_S:
        starts = _shared_out(line, groups)
    turned = is_right_to_left(" ".join(token.text for token in words))
    for index, group in enumerate(groups):
        rows = _balanced(group, used)
        widest = max(measure.width(row_text(row)) for row in rows)
        scale = min(1.0, measure.room / widest) if widest else 1.0
        yield Caption(starts[index], starts[index + 1], rows, bool(line.words), scale, turned)


def _shared_out(line: LyricLine, groups: Sequence[Sequence[Row]]) -> list[float]:
    """Starts by length of text, for words whose times leave no time to read."""
    sizes = [sum(len(token.text) for unit in group for token in unit) for group in groups]
    done, span = 0, line.end - line.start
    starts = []
    for size in sizes:
        starts.append(line.start + span * done / sum(sizes))
        done += size
    return [*starts, line.end]


def _grouped(words: list[Token], measure: Measure) -> list[list[Row]]:
    units = [part for unit in _units(words) for part in _broken(unit, measure)]
    return [group for part in _chunks(units) for group in _screens(part, measure)]


def _units(words: Iterable[Token]) -> Iterator[Row]:
    unit: list[Token] = []
    for token in words:
        if unit and not token.glued:
            yield tuple(unit)
            unit = []
        unit.append(token)
    if unit:
        yield tuple(unit)


def _broken(unit: Row, measure: Measure) -> Iterator[Row]:
    """The unit itself, or equal pieces of one that would not fit a row even at the smallest size."""
    spaceless = any(0x0E00 <= ord(c) < 0x1100 or 0x1780 <= ord(c) < 0x1800 for token in unit for c in token.text)
    limit = measure.room if spaceless else measure.room / measure.smallest
    if measure.width(row_text(unit)) <= limit:
        yield unit
        return
    for token in unit:
        sizes = [(cluster, measure.width(cluster)) for cluster in clusters(token.text)]
        whole = sum(size for _, size in sizes)
        count = min(len(sizes), math.ceil(whole / limit / 0.93))
        pieces, done = [""] * count, 0.0
        for cluster, size in sizes:
            pieces[min(count - 1, int((done + size / 2) / whole * count))] += cluster
            done += size
        for index, text in enumerate(piece for piece in pieces if piece):
            yield (replace(token, text=text, spaced=token.spaced and index == 0),)


def _chunks(units: list[Row]) -> Iterator[list[Row]]:
    parts = -(-len(units) // _MANY)
    size = -(-len(units) // parts)
    for first in range(0, len(units), size):
        yield units[first : first + size]


def _screens(units: list[Row], measure: Measure) -> list[list[Row]]:
    """The units shared out to as few captions as possible, of about equal length, parted at pauses if there are."""
    least = -(-len(_filled(units, measure)) // MAX_ROWS)
    for count in range(least, len(units)):
        cut = _partition(units, count, measure)
        if all(len(_filled(group, measure)) <= MAX_ROWS for group in cut):
            return cut
    return [[unit] for unit in units]


def _filled(units: Iterable[Row], measure: Measure) -> list[Row]:
    """Rows filled one after the other."""
    rows: list[Row] = []
    for unit in units:
        if rows and measure.width(row_text(rows[-1] + unit)) <= measure.room:
            rows[-1] += unit
        else:
            rows.append(unit)
    return rows


def _partition(units: list[Row], count: int, measure: Measure) -> list[list[Row]]:
    """``count`` groups in order whose longest is as short as possible; a cut after a pause is worth a little."""
    if count <= 1:
        return [units]
    sizes = [measure.width(row_text(unit)) + measure.width(" ") for unit in units]
    sums = [0.0]
    for size in sizes:
        sums.append(sums[-1] + size)
    total = sums[-1]

    def cost(first: int, last: int) -> float:
        pause = 0.0 if last == len(units) or units[last - 1][-1].text.endswith(_PAUSE) else 0.15
        return ((sums[last] - sums[first]) / total) ** 2 + pause / count**2

    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for group in range(1, count + 1):
        row: dict[int, tuple[float, int]] = {}
        for last in range(group, len(units) - (count - group) + 1):
            options = [(v + cost(first, last), first) for first, (v, _) in best[-1].items() if first < last]
            row[last] = min(options)
        best.append(row)
    cuts, place = [], len(units)
    for group in range(count, 0, -1):
        first = best[group][place][1]
        cuts.append(units[first:place])
        place = first
    return cuts[::-1]


def _balanced(units: list[Row], measure: Measure) -> tuple[Row, ...]:
    """One row if it fits, else two of as equal length as possible."""
    whole = tuple(token for unit in units for token in unit)
    if len(units) == 1 or measure.width(row_text(whole)) <= measure.room:
        return (whole,)

    def joined(part: Iterable[Row]) -> Row:
        return tuple(token for unit in part for token in unit)

    def widest(cut: int) -> tuple[bool, float]:
        widths = [measure.width(row_text(joined(part))) for part in (units[:cut], units[cut:])]
        pause = 0.88 if units[cut - 1][-1].text.endswith(_PAUSE) else 1.0
        return max(widths) > measure.room, max(widths) * pause

    cut = min(range(1, len(units)), key=widest)
    return joined(units[:cut]), joined(units[cut:])


def _moved(caption: Caption, clip: Clip) -> Caption:
    rows = tuple(
        tuple(replace(t, start=t.start - clip.start, end=t.end - clip.start) for t in row) for row in caption.rows
    )
    start, end = max(caption.start, clip.start), min(caption.end, clip.end)
    return replace(caption, start=start - clip.start, end=end - clip.start, rows=rows)


def _merged(found: list[Caption], measure: Measure) -> list[Caption]:
    """Lines that follow each other too fast to be read, two by two."""
    result: list[Caption] = []
    for caption in found:
        last = result[-1] if result else None
        if (
            last is not None
            and min(last.end - last.start, caption.end - caption.start) < READABLE_S
            and len(last.rows) == len(caption.rows) == 1
            and last.start < caption.start <= last.end + CLOSED_GAP_S
            and caption.end - last.start <= LONGEST_S
            and max(measure.width(caption.text), measure.width(last.text)) <= measure.room
        ):
            result[-1] = replace(last, end=max(last.end, caption.end), rows=(*last.rows, *caption.rows))
        else:
            result.append(caption)
    return result


def _settled(found: list[Caption], duration: float, gap_s: float) -> Iterator[Caption]:
    """Ends moved so that everything can be read as far as the next caption allows."""
    for index, caption in enumerate(found):
        following = found[index + 1].start if index + 1 < len(found) else None
        wide = 0 if caption.text.isascii() else sum(_columns(c) == 2 for c in caption.text)
        wanted = max(READABLE_S, wide / WIDE_PER_S + (len(caption.text) - wide) / CHARACTERS_PER_S)
        end = max(caption.end, caption.start + wanted)
        last_word = max(t.start for row in caption.rows for t in row) if caption.timed else 0.0
        end = min(end, max(caption.start + LONGEST_S, last_word + READABLE_S))
        if following is not None and following - end < max(CLOSED_GAP_S, gap_s):
            end = following - (gap_s if following - gap_s - caption.start >= 0.5 else 0.0)
        end = min(end, duration)
        if end - caption.start >= SHORTEST_S:
            yield replace(caption, end=end)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
