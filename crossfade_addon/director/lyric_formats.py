# SPDX-License-Identifier: GPL-3.0-or-later
"""The timed lyric formats: LRC (line and word times), SubRip and WebVTT, as lines with times (seconds)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import pairwise

from ..errors import BriefError
from ..timeline import LyricLine, LyricWord

LONGEST_LINE_S = 6.0
SHORTEST_LINE_S = 0.1
HURRIED_S = 0.02
"""A word whose own time is not in its line's is sung this long at the edge."""
_TIME = r"(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?|\d{1,2}:\d{1,2}\.\d{1,3})"
_STAMP = re.compile(rf"\[{_TIME}\]")
_WORD = re.compile(rf"<{_TIME}>")
_TAG = re.compile(r"\[([A-Za-z#][\w#]*)\s*:(.*)\]")
_CLOCK = r"(?:\d+:)?\d{1,3}:\d{1,2}[.,]\d{1,3}"
_CUE = re.compile(rf"\s*({_CLOCK})\s*-->\s*({_CLOCK})")
_VTT_WORD = re.compile(rf"<({_CLOCK})>")
_VTT_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|</>|<\.[^<>]*>")
_RUBY_TEXT = re.compile(r"<rt\b[^>]*>.*?(</rt>|(?=</ruby>)|$)", flags=re.DOTALL)
_SRT_TAG = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}", flags=re.IGNORECASE)
_VTT_BLOCKS = ("NOTE", "STYLE", "REGION", "WEBVTT")
JOINER = "\u2060"
"""Invisible; written into files where a text would be read as a tag, and taken out again here."""


def lrc(text: str) -> tuple[list[LyricLine], str]:
    """Lines and the language of an LRC text; a line lasts until the next one, at most :data:`LONGEST_LINE_S`.

    Raises
    ------
    BriefError
        When a time or the offset is broken, with the line's number.
    """
    offset, language = 0.0, ""
    starts: list[tuple[float, str, int]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        stamps, rest = [], line
        while match := _STAMP.match(rest):
            stamps.append(_minutes(match, number))
            rest = rest[match.end() :].lstrip()
        if stamps:
            starts += [(t, rest, number) for t in stamps]
        elif match := _TAG.fullmatch(line):
            key, value = match[1].lower(), match[2].strip()
            if key == "offset":
                offset = _offset(value, number)
            elif key in ("la", "lang"):
                language = value
        elif re.match(r"\[\s*-?\d", line):
            raise BriefError(f"Lyrics line {number}: '{line[:30]}' has no valid time.", hint="Write [mm:ss.xx] text.")
    starts.sort(key=lambda item: item[0])
    firsts: dict[int, float] = {}
    for t, _, number in starts:
        firsts.setdefault(number, t)
    later = {}
    following = float("inf")
    for t, _, _ in reversed(starts):  # lines of the same moment last until the next other moment
        if t not in later:
            later[t] = following
        following = t
    lines = []
    for t, words, number in starts:
        end = min(later[t], t + LONGEST_LINE_S)
        lines.append(_lrc_line(t, end, words, number, firsts[number]))
    return [moved(line, offset) for line in lines if line.text], language


def _offset(value: str, number: int) -> float:
    """Seconds to add; a positive LRC offset (in ms) makes the lyrics come earlier."""
    try:
        return -float(value) / 1000
    except ValueError as error:
        raise BriefError(f"Lyrics line {number}: offset '{value}' is not a number.", hint="Give ms.") from error


def _lrc_line(start: float, end: float, text: str, number: int, first: float) -> LyricLine:
    marks = list(_WORD.finditer(text))
    if not marks:
        return LyricLine(start, end, _plain(text))
    # A line with several stamps repeats: its word times belong to the first of them.
    times = [_minutes(mark, number) + start - first for mark in marks]
    pieces = [text[: marks[0].start()]]
    pieces += [text[a.end() : b.start()] for a, b in pairwise(marks)]
    pieces.append(text[marks[-1].end() :])
    if times[-1] > start and not pieces[-1].strip():
        end = max(times[-1], start + SHORTEST_LINE_S)
    return _worded(start, end, [start, *times], pieces)


def _worded(start: float, end: float, begins: list[float], pieces: list[str]) -> LyricLine:
    """A line whose pieces begin at times of their own; what steps back in time waits for the one before."""
    words: list[LyricWord] = []
    said, latest = "", start
    for k, piece in enumerate(pieces):
        begin = latest = max(latest, begins[k])
        text = _plain(piece)
        if text:
            stop = begins[k + 1] if k + 1 < len(begins) else max(end, begin)
            words.append(LyricWord(begin, max(stop, begin), text))
        said += piece
    return LyricLine(start, max(end, start), _plain(said), tuple(words))


def _minutes(match: re.Match[str], number: int) -> float:
    parts = match[2].split(":")
    if len(parts) == 2 and "." in parts[1]:  # hours:minutes:seconds
        whole, seconds = 60 * int(match[1]) + int(parts[0]), float(parts[1])
    else:
        whole, seconds = int(match[1]), float(match[2].replace(":", "."))
    if seconds >= 60:
        raise BriefError(f"Lyrics line {number}: '{match[0]}' has more than 59 seconds.", hint="Write minutes:seconds.")
    return 60 * whole + seconds


def srt(text: str) -> list[LyricLine]:
    """Cues of SubRip; the tags that players know are taken out, everything else is text.

    Raises
    ------
    BriefError
        When a cue's times are broken, with the line's number.
    """
    lines = []
    for _, start, end, rows in _cues(text):
        said = _plain(_SRT_TAG.sub("", " ".join(rows)))
        if said:
            lines.append(LyricLine(start, end, said))
    return lines


def vtt(text: str) -> list[LyricLine]:
    """Cues of WebVTT: entities decoded, tags taken out, time stamps inside a text become words.

    Raises
    ------
    BriefError
        When a cue's times are broken, with the line's number.
    """
    lines = []
    for number, start, end, rows in _cues(text, skip=_VTT_BLOCKS):
        said = _VTT_TAG.sub("", _RUBY_TEXT.sub("", " ".join(rows)))
        marks = list(_VTT_WORD.finditer(said))
        pieces = [html.unescape(part) for part in _VTT_WORD.split(said)[::2]]
        if not _plain("".join(pieces)):
            continue
        begins = [start, *(_hours(mark[1], number) for mark in marks)]
        if marks:
            lines.append(_worded(start, end, begins, pieces))
        else:
            lines.append(LyricLine(start, end, _plain(pieces[0])))
    return lines


def _cues(text: str, skip: tuple[str, ...] = ()) -> Iterator[tuple[int, float, float, list[str]]]:
    """(line number, start, end, rows of text) of each cue; blocks that begin with a word of ``skip`` are left out."""
    rows = text.split("\n")
    k, is_new_block = 0, True
    while k < len(rows):
        row = rows[k]
        k += 1
        if is_new_block and re.split(r"[\s:]", row.strip(), maxsplit=1)[0] in skip:
            while k < len(rows) and rows[k].strip():
                k += 1
            continue
        is_new_block = not row.strip()
        if "-->" not in row:
            continue
        match = _CUE.match(row)
        if match is None:
            raise BriefError(
                f"Lyrics line {k}: '{row.strip()[:40]}' has no valid times.",
                hint="Write hh:mm:ss,mmm --> hh:mm:ss,mmm.",
            )
        number, start, end = k, _hours(match[1], k), _hours(match[2], k)
        if end <= start:
            raise BriefError(f"Lyrics line {k}: the cue ends before it starts.", hint="Correct its times.")
        said = []
        while k < len(rows) and rows[k].strip() and not _CUE.match(rows[k]):
            said.append(rows[k])
            k += 1
        if k < len(rows) and _CUE.match(rows[k]) and said and said[-1].strip().isdigit():
            said.pop()  # no empty line between two cues: this is the next one's number
        yield number, start, end, said
        is_new_block = True


def _hours(text: str, number: int) -> float:
    total = 0.0
    parts = text.replace(",", ".").split(":")
    if float(parts[-1]) >= 60:
        raise BriefError(f"Lyrics line {number}: '{text}' has more than 59 seconds.", hint="Write hh:mm:ss,mmm.")
    for part in parts:
        total = total * 60 + float(part)
    return total


def moved(line: LyricLine, by: float) -> LyricLine:
    """The line that much later; nothing begins before the song does."""
    if not by:
        return line
    words = tuple(LyricWord(max(0.0, w.start + by), max(0.0, w.end + by), w.text) for w in line.words)
    return LyricLine(max(0.0, line.start + by), max(0.0, line.end + by), line.text, words)


def fitted(line: LyricLine, end: float) -> LyricLine:
    """The line ended at ``end`` at the latest, with all its words.

    Those that would come before it begins are sung at its start, those that would come too late at its end: a word that
    is not sung would be lost from the captions, too.
    """
    end = min(line.end, end)
    first, last = line.start + HURRIED_S, end - HURRIED_S
    words = tuple(
        LyricWord(min(max(w.start, line.start), last), min(max(w.end, w.start, first), end), w.text) for w in line.words
    )
    return LyricLine(line.start, end, line.text, words)


def _plain(text: str) -> str:
    return " ".join(text.replace(JOINER, "").split())
