# SPDX-License-Identifier: GPL-3.0-or-later
"""Caption files read again, strictly, by a reader that shares nothing with their writer (seconds of the clip).

Where a player would be lenient this reader is not: what it accepts, every player shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from ..timeline import Clip, Lyrics
from .report import Check

FASTEST_CPS = 25.0
"""Characters a second that a practised reader follows; subtitles for films aim at 17 to 20."""
SHORTEST_S = 0.1
"""Lines shorter than this may be left out: nobody could read them."""
SLACK_S = 0.011
"""LRC counts hundredths."""
_VTT_TIME = re.compile(r"((?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}) --> ((?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3})((?: \w+:\S+)*)")
_SRT_TIME = re.compile(r"(\d{2}:[0-5]\d:[0-5]\d,\d{3}) --> (\d{2}:[0-5]\d:[0-5]\d,\d{3})")
_LRC_LINE = re.compile(r"\[(\d{2,}):([0-5]\d\.\d{2})\](.*)")
_LRC_WORD = re.compile(r"<(\d{2,}):([0-5]\d\.\d{2})>")
_LRC_TAG = re.compile(r"\[(ti|ar|al|by|la|re|ve|length|offset|au|lr|#):.*\]")
_VTT_TAG = re.compile(r"</?(?:[cbiu]|ruby|rt|v|lang)(?:\.[\w.-]+)?(?: [^<>]*)?>|<(?:\d{2,}:)?\d{2}:\d{2}\.\d{3}>")
_SRT_TAG = re.compile(r"</?[biu]>")
_LIKE_A_TAG = re.compile(r"<[a-zA-Z/]|\{\\")
_ENTITY = re.compile(r"&(?:amp|lt|gt|nbsp|lrm|rlm|quot|#\d+|#x[\da-fA-F]+);")


@dataclass(frozen=True, slots=True)
class ReadCue:
    """One caption as a player shows it; ``end`` is 0 where the format has none (LRC)."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The captions of a file in its order, and what a strict player would stumble over."""

    cues: tuple[ReadCue, ...]
    problems: tuple[str, ...]


def read_captions(raw: bytes, suffix: str) -> ReadFile:
    """Read ``.vtt``, ``.srt`` or ``.lrc``; never raises, problems are told."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return ReadFile((), (f"byte {error.start} is not UTF-8",))
    if "\0" in text:
        return ReadFile((), ("it holds a zero byte",))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return READERS[suffix](text)


def caption_checks(raw: bytes, suffix: str, lyrics: Lyrics, clip: Clip) -> list[Check]:
    """Checks of one caption file against the song's words in the clip."""
    file = read_captions(raw, suffix)
    cues, seconds = file.cues, clip.end - clip.start
    fix = "Encode again; if it stays, check the times in the lyrics file."
    said = file.problems[0] if file.problems else "reads well"
    starts = [cue.start for cue in cues]
    late = [cue for cue in cues if cue.start > seconds + SLACK_S or cue.end > seconds + SLACK_S or cue.start < 0]
    checks = [
        Check("Caption format", f"strict {suffix[1:].upper()}, UTF-8", said, not file.problems, fix=fix),
        _count("Caption order", "every start after the one before", _falls(starts), fix),
        _count("Caption times", f"within the clip's {seconds:.2f} s", len(late), fix),
        _words_check(cues, lyrics, clip),
    ]
    if suffix != ".lrc":
        ends = [i for i in range(len(cues) - 1) if cues[i].end > cues[i + 1].start + 1e-6]
        checks.insert(2, _count("Caption overlap", "one at a time", len(ends), fix))
        checks.append(_speed_check(cues))
    return checks


def _words_check(cues: tuple[ReadCue, ...], lyrics: Lyrics, clip: Clip) -> Check:
    """Every sung letter of the clip, in order, or at least one caption when nobody sings."""
    lines = [line for line in lyrics.lines if line.start < clip.end and line.end > clip.start]
    fix = "Encode again; if it stays, check the lyrics file for lines of the same time."
    if not lines:
        return Check("Caption words", "at least one caption", f"{len(cues)} captions", bool(cues), fix=fix)
    # what the clip's edges cut may be left out: the lines wholly inside must be there
    needed = [
        _letters(line.text or " ".join(word.text for word in line.words))
        for line in sorted(lines, key=lambda line: (line.start, line.end))
        if line.start >= clip.start and line.end <= clip.end and line.end - line.start >= SHORTEST_S
    ]
    shown, at, missing = _letters("".join(cue.text for cue in cues)), 0, 0
    for text in needed:
        place = shown.find(text, at)
        if place < 0:
            missing += 1
        else:
            at = place + len(text)
    measured = "all there" if not missing else f"{missing} of {len(needed)} lines missing or changed"
    return Check("Caption words", "every sung line, in order", measured, not missing, fix=fix)


def _speed_check(cues: tuple[ReadCue, ...]) -> Check:
    speeds = [len(cue.text) / (cue.end - cue.start) for cue in cues if cue.end > cue.start]
    fastest = max(speeds, default=0.0)
    fix = "Fine when the song is that fast; else give the lines more time in the lyrics file."
    wanted = f"at most {FASTEST_CPS:g} characters a second"
    return Check("Reading speed", wanted, f"{fastest:.0f} a second", fastest <= FASTEST_CPS, advice=True, fix=fix)


def _count(name: str, expected: str, wrong: int, fix: str) -> Check:
    return Check(name, expected, "so" if not wrong else f"{wrong} are not", not wrong, fix=fix)


def _falls(values: list[float]) -> int:
    return sum(values[i] > values[i + 1] + 1e-6 for i in range(len(values) - 1))


def _letters(text: str) -> str:
    """Letters and digits alone: rows, symbols and signs that a font lacks may differ."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _vtt(text: str) -> ReadFile:
    lines = text.split("\n")
    if not re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]):
        return ReadFile((), ("it does not begin with WEBVTT",))
    if len(lines) > 1 and lines[1].strip():
        return ReadFile((), ("no blank line follows WEBVTT",))
    cues, problems = [], []
    for number, block in enumerate(_blocks(lines[1:]), 1):
        if re.match(r"(NOTE|STYLE|REGION)\b", block[0]):
            continue
        rows = block if "-->" in block[0] else block[1:]
        times = _VTT_TIME.fullmatch(rows[0]) if rows else None
        if times is None:
            problems.append(f"block {number} has no valid times")
            continue
        _cue(cues, problems, number, times, rows[1:], _VTT_TAG, "&<")
    return ReadFile(tuple(cues), tuple(problems))


def _srt(text: str) -> ReadFile:
    cues: list[ReadCue] = []
    problems: list[str] = []
    for number, block in enumerate(_blocks(text.split("\n")), 1):
        times = _SRT_TIME.fullmatch(block[1]) if len(block) > 1 else None
        if block[0] != str(number):
            problems.append(f"caption {number} is numbered '{block[0][:12]}'")
        if times is None:
            problems.append(f"caption {number} has no valid times")
            continue
        _cue(cues, problems, number, times, block[2:], _SRT_TAG, "")
    return ReadFile(tuple(cues), tuple(problems))


def _lrc(text: str) -> ReadFile:
    cues, problems = [], []
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip() or _LRC_TAG.fullmatch(row):
            continue
        found = _LRC_LINE.fullmatch(row)
        if found is None:
            problems.append(f"line {number} has no valid time")
            continue
        start = int(found[1]) * 60 + float(found[2])
        words = [int(word[1]) * 60 + float(word[2]) for word in _LRC_WORD.finditer(found[3])]
        if _falls(words) or (words and words[0] < start - SLACK_S):
            problems.append(f"the words of line {number} are out of order")
        cues.append(ReadCue(start, 0.0, _LRC_WORD.sub("", found[3]).strip()))
    return ReadFile(tuple(cues), tuple(problems))


def _cue(
    cues: list[ReadCue],
    problems: list[str],
    number: int,
    times: re.Match[str],
    rows: list[str],
    tag: re.Pattern[str],
    special: str,
) -> None:
    """Add a caption, and what is wrong with it. ``special``: signs that mean something when they stand alone."""
    text = tag.sub("", "\n".join(rows))
    start, end = _seconds(times[1]), _seconds(times[2])
    checks: list[tuple[bool, str]] = [
        (not text.strip(), "is empty"),
        (end <= start, "ends before it starts"),
        ("-->" in text, "has an arrow in its text"),
        ("<" in special and "<" in text, "has a loose '<'"),
        (not special and bool(_LIKE_A_TAG.search(text)), "has what players take for a tag"),
        ("&" in special and "&" in _ENTITY.sub("", text), "has a loose '&'"),
    ]
    problems.extend(f"caption {number} {what}" for is_so, what in checks if is_so)
    cues.append(ReadCue(start, end, unescape(text) if "&" in special else text))


def _blocks(lines: list[str]) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _seconds(stamp: str) -> float:
    parts = stamp.replace(",", ".").split(":")
    return sum(float(part) * 60**power for power, part in enumerate(reversed(parts)))


READERS: dict[str, Callable[[str], ReadFile]] = {".vtt": _vtt, ".srt": _srt, ".lrc": _lrc}
"""Formats that are read, by the ending of the name."""
