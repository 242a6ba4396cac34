# SPDX-License-Identifier: GPL-3.0-or-later
"""Lyrics with times, from LRC (also enhanced), SRT, WebVTT, or plain text spread over the song or tapped to it.

Conventions: seconds of the song; lines come out in ascending time, do not overlap and last at least 0.1 s. A plain
text takes its times from ``<file>.taps`` beside it: one time per lyric line, in order, as seconds or ``m:ss``.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..brief_values import TAPS
from ..errors import BriefError
from ..timeline import LyricLine, Lyrics
from . import lyric_formats
from .lyric_formats import LONGEST_LINE_S, SHORTEST_LINE_S

if TYPE_CHECKING:
    from .analysis import SongAnalysis

SUFFIXES = (".lrc", ".srt", ".vtt", ".txt")
MOST_BYTES = 8_000_000
SUNG = ("verse", "chorus", "bridge")
"""Types of parts in which somebody sings, as far as anybody can tell without a stem of the voice."""
QUIET = ("intro", "outro")
SUNG_LEVEL = 0.15
"""Level of the voice's own signal (0..1) from which it counts as singing."""
PAUSE_S, LEAST_SUNG_S = 1.5, 1.0
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
Spans = Sequence[tuple[float, float]]


def read_lyrics(path: Path, *, seconds: float, sung: Spans = (), offset: float = 0.0) -> tuple[Lyrics, str]:
    """The lyrics of a file, moved by ``offset``, and a notice about what could not be used, or "".

    Parameters
    ----------
    seconds : float
        Length of the song.
    sung : sequence of (float, float)
        Where somebody sings (:func:`sung_spans`), for texts without times.
    offset : float
        Seconds to add to every time.

    Raises
    ------
    BriefError
        When the file cannot be read, is no text, has a broken time, or nothing of it lies within the song.
    """
    text = decode(_bytes(path), path.name)
    if path.suffix.lower() == ".txt":
        taps = path.with_name(path.name + TAPS)
        times = parse_taps(decode(_bytes(taps), taps.name)) if taps.is_file() else None
        lyrics = from_text(text, seconds, sung, times)
    else:
        lyrics = parse_lyrics(text, path.suffix)
    kept = _within(shifted(lyrics, offset), seconds)
    if not kept.lines:
        raise BriefError(
            f"All lines of '{path.name}' lie outside the song, which is {seconds:.0f} s long.",
            hint="Check that these are this song's lyrics, and the offset.",
        )
    lost = len(lyrics.lines) - len(kept.lines)
    what = "line lies" if lost == 1 else "lines lie"
    return (
        kept,
        f"{lost} {what} outside the song and {'is' if lost == 1 else 'are'} left out: '{path.name}'" if lost else "",
    )


def parse_lyrics(text: str, suffix: str) -> Lyrics:
    """Lyrics from the text of a timed file and its suffix (``.lrc``, ``.srt`` or ``.vtt``).

    Raises
    ------
    BriefError
        Unknown suffix, a broken time (with its line number), or no timed line at all.
    """
    text = _unix(text)
    kind, language = suffix.lower().lstrip("."), ""
    if kind == "lrc":
        lines, language = lyric_formats.lrc(text)
    elif kind == "srt":
        lines = lyric_formats.srt(text)
    elif kind == "vtt":
        lines = lyric_formats.vtt(text)
    else:
        raise BriefError(f"Lyrics of kind '{suffix}' are not supported.", hint=f"Give {', '.join(SUFFIXES)}.")
    found = Lyrics(_in_order(lines), language)
    if not found.lines:
        raise BriefError("The lyrics file holds no line with a time.", hint="Give a timed .lrc, .srt or .vtt file.")
    return found


def decode(data: bytes, name: str) -> str:
    """Text of a file: by its byte order mark, else UTF-8, else UTF-16 if every other byte is zero, else Windows-1252.

    Raises
    ------
    BriefError
        When it is no text.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], codec, name)
    if b"\0" in data[:4096]:
        zeros = [data[side:4096:2].count(0) for side in (0, 1)]
        if max(zeros) < len(data[:4096]) / 8 or min(zeros) > max(zeros) / 4:
            raise BriefError(f"'{name}' is not a text file.", hint="Give lyrics as text.")
        return _strictly(data, "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le", name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Windows-1252 leaves five bytes undefined; Latin-1 has (invisible) characters there.
        return "".join(bytes((b,)).decode("cp1252", errors="ignore") or chr(b) for b in data)


def parse_taps(text: str) -> tuple[float, ...]:
    """Tap times from their text: one a line, seconds or ``m:ss``; ``#`` starts a remark.

    Raises
    ------
    BriefError
        When one is no time or comes before the one above it, with its line number.
    """
    times: list[float] = []
    for number, raw in enumerate(_unix(text).split("\n"), 1):
        row = raw.split("#")[0].strip()
        if not row:
            continue
        try:
            total = 0.0
            for part in row.replace(",", ".").split(":"):
                value = float(part)
                if not 0 <= value < 1e6:
                    raise ValueError(row)
                total = total * 60 + value
        except ValueError as error:
            raise BriefError(
                f"Taps line {number}: '{row[:30]}' is not a time.", hint="Write 12.34 or 0:12.34."
            ) from error
        if times and total < times[-1]:
            raise BriefError(f"Taps line {number}: {row} comes before the tap above it.", hint="Put the taps in order.")
        times.append(total)
    return tuple(times)


def from_text(text: str, seconds: float, sung: Spans = (), taps: Sequence[float] | None = None) -> Lyrics:
    """Lyrics of a plain text: its lines at tap times, or spread evenly (by length) over where somebody sings.

    One tap more than lines says when the last one ends.

    Raises
    ------
    BriefError
        When there is no line, or there are not as many taps as lines.
    """
    rows = [said for row in _unix(text).split("\n") if (said := " ".join(row.split()))]
    if not rows:
        raise BriefError("The lyrics file holds no words.", hint="Write one line of lyrics a row.")
    if taps is None:
        return Lyrics(_in_order(_spread(rows, [span for span in sung if span[1] > span[0]] or [(0.0, seconds)])))
    if len(taps) not in (len(rows), len(rows) + 1):
        raise BriefError(
            f"There are {len(taps)} taps for {len(rows)} lines of lyrics.",
            hint="Give one tap a line (empty lines do not count), and one more for the end if you like.",
        )
    ends = [*taps[1:], taps[-1] + LONGEST_LINE_S][: len(rows)]
    lines = [LyricLine(t, min(end, t + LONGEST_LINE_S), row) for t, end, row in zip(taps, ends, rows, strict=False)]
    return Lyrics(_in_order(lines))


def sung_spans(analysis: SongAnalysis) -> tuple[tuple[float, float], ...]:
    """Where somebody sings: by the voice's own signal when there is a stem of it, else by the parts' types."""
    voice = analysis.signals.values.get("vocals")
    if voice is not None:
        step = 1 / analysis.signals.rate_hz
        loud = [index * step for index, level in enumerate(voice) if level >= SUNG_LEVEL]
        spans: list[tuple[float, float]] = []
        for t in loud:
            if spans and t - spans[-1][1] <= PAUSE_S:
                spans[-1] = (spans[-1][0], t)
            else:
                spans.append((t, t))
        found = tuple(span for span in spans if span[1] - span[0] >= LEAST_SUNG_S)
        if found:
            return found
    parts = [part for part in analysis.sections if part.section_type in SUNG]
    parts = parts or [part for part in analysis.sections if part.section_type not in QUIET]
    return tuple((part.start_time, part.end_time) for part in parts)


def _spread(rows: Sequence[str], spans: Spans) -> list[LyricLine]:
    """Rows laid end to end over the spans, each as long as its share of the letters; none lies across a pause."""
    weights = [max(4, len(row)) for row in rows]
    whole = sum(end - start for start, end in spans)
    lines, done = [], 0
    for row, weight in zip(rows, weights, strict=True):
        first, last = whole * done / sum(weights), whole * (done + weight) / sum(weights)
        done += weight
        pieces, base = [], 0.0
        for start, end in spans:
            low, high = max(first, base), min(last, base + end - start)
            if high > low:
                pieces.append((start + low - base, start + high - base))
            base += end - start
        start, end = max(pieces, key=lambda piece: piece[1] - piece[0])
        lines.append(LyricLine(start, min(end, start + LONGEST_LINE_S), row))
    return lines


def shifted(lyrics: Lyrics, seconds: float) -> Lyrics:
    """The lyrics that much later (negative: earlier); what would end before the song begins is left out."""
    lines = (lyric_formats.moved(line, seconds) for line in lyrics.lines)
    kept = (line for line in lines if line.end - line.start >= SHORTEST_LINE_S)
    return replace(lyrics, lines=tuple(lyric_formats.fitted(line, line.end) for line in kept))


def _within(lyrics: Lyrics, seconds: float) -> Lyrics:
    """Without what lies after the song."""
    kept = (line for line in lyrics.lines if min(line.end, seconds) - line.start >= SHORTEST_LINE_S)
    return replace(lyrics, lines=tuple(lyric_formats.fitted(line, seconds) for line in kept))


def _in_order(lines: Sequence[LyricLine]) -> tuple[LyricLine, ...]:
    """Ascending, without overlaps; lines that start together become one, as one place can show only one."""
    together: list[LyricLine] = []
    for line in sorted(lines, key=lambda line: (line.start, line.end)):
        last = together[-1] if together else None
        if last is not None and line.start - last.start < SHORTEST_LINE_S:
            both = f"{last.text} {line.text}" if line.text != last.text else line.text
            # Two voices have no common order of words: their times go, unless only one of them is sung.
            together[-1] = LyricLine(last.start, max(last.end, line.end), both, last.words if both == last.text else ())
        else:
            together.append(line)
    result = []
    for k, line in enumerate(together):
        end = min(line.end, together[k + 1].start) if k + 1 < len(together) else line.end
        if end - line.start >= SHORTEST_LINE_S:
            result.append(lyric_formats.fitted(line, end))
    return tuple(result)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BriefError(f"'{path.name}' is too long for lyrics.", hint="Give a text of less than 8 MB.")
        return path.read_bytes()
    except OSError as error:
        raise BriefError(f"'{path}' cannot be read: {error.strerror}.", hint="Check the file.") from error


def _strictly(data: bytes, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise BriefError(f"'{name}' is damaged: it is not {codec.upper()}.", hint="Save it again as UTF-8.") from error


def _unix(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
