# SPDX-License-Identifier: GPL-3.0-or-later
"""Lyrics with times from LRC (also enhanced), SRT and WebVTT text.

Conventions: lines come out in ascending time, do not overlap and last at least 0.1 s; an LRC line lasts until
the next one, at most ``LONGEST_LINE_S``.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from itertools import pairwise

from ..errors import BriefError
from ..timeline import LyricLine, Lyrics, LyricWord

LONGEST_LINE_S = 6.0
SHORTEST_LINE_S = 0.1
_STAMP = re.compile(r"\[(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)\]")
_WORD = re.compile(r"<(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)>")
_TAG = re.compile(r"\[([A-Za-z#][\w#]*)\s*:(.*)\]")
_CUE = re.compile(r"((?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3})\s*-->\s*((?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3})")
_MARKUP = re.compile(r"<[^>]*>|\{\\[^}]*\}")


def parse_lyrics(text: str, suffix: str) -> Lyrics:
    """Lyrics from the text of a file and its suffix (``.lrc``, ``.srt`` or ``.vtt``).

    Raises
    ------
    BriefError
        Unknown suffix, a broken time (with its line number), or no timed line at all.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    kind = suffix.lower().lstrip(".")
    if kind == "lrc":
        lyrics = _lrc(text)
    elif kind in ("srt", "vtt"):
        lyrics = Lyrics(_in_order(_cues(text)))
    else:
        raise BriefError(f"Lyrics of kind '{suffix}' are not supported.", hint="Give an .lrc, .srt or .vtt file.")
    if not lyrics.lines:
        raise BriefError("The lyrics file holds no line with a time.", hint="Give a timed .lrc, .srt or .vtt file.")
    return lyrics


def shifted(lyrics: Lyrics, seconds: float) -> Lyrics:
    """The lyrics that much later (negative: earlier); what would end before the song begins is left out."""
    lines = []
    for line in (_shifted(line, seconds) for line in lyrics.lines):
        if line.end - line.start >= SHORTEST_LINE_S:
            lines.append(replace(line, words=tuple(word for word in line.words if word.end > 0)))
    return replace(lyrics, lines=tuple(lines))


def _lrc(text: str) -> Lyrics:
    offset, language = 0.0, ""
    starts: list[tuple[float, str, int]] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
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
        elif line.startswith("[") and re.match(r"\[\s*-?\d", line):
            raise BriefError(f"Lyrics line {number}: '{line[:30]}' has no valid time.", hint="Write [mm:ss.xx] text.")
    starts.sort(key=lambda item: item[0])
    lines = []
    for k, (t, words, number) in enumerate(starts):
        following = starts[k + 1][0] if k + 1 < len(starts) else t + LONGEST_LINE_S
        end = min(following, t + LONGEST_LINE_S)
        lines.append(_lrc_line(t, end, words, number, base=starts))
    return Lyrics(_in_order([_shifted(line, offset) for line in lines if line.text]), language)


def _offset(value: str, number: int) -> float:
    """Seconds to add; a positive LRC offset (in ms) makes the lyrics come earlier."""
    try:
        return -float(value) / 1000
    except ValueError as error:
        raise BriefError(f"Lyrics line {number}: offset '{value}' is not a number.", hint="Give ms.") from error


def _lrc_line(start: float, end: float, text: str, number: int, *, base: list[tuple[float, str, int]]) -> LyricLine:
    marks = list(_WORD.finditer(text))
    if not marks:
        return LyricLine(start, end, " ".join(text.split()))
    # A line with several stamps repeats: its word times belong to the first of them.
    first = min(t for t, _, other in base if other == number)
    times = [_minutes(mark, number) + start - first for mark in marks]
    pieces = [text[: marks[0].start()]]
    pieces += [text[a.end() : b.start()] for a, b in pairwise(marks)]
    pieces.append(text[marks[-1].end() :])
    begins = [start, *times]
    words: list[LyricWord] = []
    for k, piece in enumerate(pieces):
        if piece.strip():
            stop = begins[k + 1] if k + 1 < len(begins) else end
            words.append(LyricWord(begins[k], max(stop, begins[k]), " ".join(piece.split())))
    if not pieces[-1].strip():
        end = min(end, max(times[-1], start + SHORTEST_LINE_S))
    return LyricLine(start, end, " ".join(word.text for word in words), tuple(words))


def _minutes(match: re.Match[str], number: int) -> float:
    seconds = float(match[2].replace(":", "."))
    if seconds >= 60:
        raise BriefError(f"Lyrics line {number}: '{match[0]}' has more than 59 seconds.", hint="Write minutes:seconds.")
    return 60 * int(match[1]) + seconds


def _cues(text: str) -> list[LyricLine]:
    """Cues of SRT or WebVTT: a time line, then text until an empty line; everything else is skipped."""
    lines: list[LyricLine] = []
    rows = text.split("\n")
    k = 0
    while k < len(rows):
        row = rows[k]
        k += 1
        if "-->" not in row:
            continue
        match = _CUE.search(row)
        if match is None:
            raise BriefError(
                f"Lyrics line {k}: '{row.strip()[:40]}' has no valid times.",
                hint="Write hh:mm:ss,mmm --> hh:mm:ss,mmm.",
            )
        start, end = _hours(match[1]), _hours(match[2])
        if end <= start:
            raise BriefError(f"Lyrics line {k}: the cue ends before it starts.", hint="Correct its times.")
        said = []
        while k < len(rows) and rows[k].strip():
            said.append(rows[k])
            k += 1
        plain = html.unescape(_MARKUP.sub("", " ".join(said)))
        if plain.strip():
            lines.append(LyricLine(start, end, " ".join(plain.split())))
    return lines


def _hours(text: str) -> float:
    total = 0.0
    for part in text.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total


def _shifted(line: LyricLine, by: float) -> LyricLine:
    if not by:
        return line
    words = tuple(LyricWord(max(0.0, w.start + by), max(0.0, w.end + by), w.text) for w in line.words)
    return LyricLine(max(0.0, line.start + by), max(0.0, line.end + by), line.text, words)


def _in_order(lines: list[LyricLine]) -> tuple[LyricLine, ...]:
    """Ascending, without overlaps; a line squeezed under 0.1 s is dropped."""
    lines = sorted(lines, key=lambda line: (line.start, line.end))
    result = []
    for k, line in enumerate(lines):
        end = min(line.end, lines[k + 1].start) if k + 1 < len(lines) else line.end
        if end - line.start >= SHORTEST_LINE_S:
            words = tuple(LyricWord(w.start, min(w.end, end), w.text) for w in line.words if w.start < end)
            result.append(LyricLine(line.start, end, line.text, words))
    return tuple(result)
