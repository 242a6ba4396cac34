# SPDX-License-Identifier: GPL-3.0-or-later
"""Caption files beside a video: WebVTT, SubRip and LRC, all from the Timeline's lyrics.

Conventions: the Timeline's times count from the song's first sample, the files' from the clip's start.
The burned captions are made in ``word_captions`` (``ass`` is re-exported here).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from ..timeline import Clip, LyricLine, Lyrics, Section
from .word_captions import ass

__all__ = ["Cue", "ass", "cues", "lrc", "srt", "vtt"]

SECTION_TEXT = {
    "intro": "[Intro music]",
    "verse": "[Music]",
    "build": "[Music builds]",
    "chorus": "[Chorus]",
    "drop": "[Drop]",
    "break": "[Music softens]",
    "bridge": "[Bridge]",
    "outro": "[Music fades]",
}
"""What a viewer who cannot hear reads where nobody sings."""
SECTION_CUE_S = 4.0
SHORTEST_S = 0.05
"""Cues that a clip's edges cut shorter than this are left out."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption; ``start`` and ``end`` are seconds of the clip."""

    start: float
    end: float
    text: str


def cues(lyrics: Lyrics, clip: Clip, sections: Iterable[Section]) -> tuple[Cue, ...]:
    """The captions of a clip: its sung lines, or the names of its sections when there are none."""
    spoken = [Cue(line.start, line.end, _one_line(_text_of(line))) for line in lyrics.lines]
    found = _within(clip, (cue for cue in spoken if cue.text))
    if found:
        return found
    named = []
    for section in sections:
        start = max(section.start_time, clip.start)
        text = SECTION_TEXT.get(section.section_type, "[Music]")
        named.append(Cue(start, min(section.end_time, start + SECTION_CUE_S), text))
    return _within(clip, named)


def vtt(lyrics: Lyrics, clip: Clip, sections: Iterable[Section]) -> str:
    """WebVTT (W3C). ``& < >`` are written as entities, which also makes ``-->`` harmless inside a text."""
    blocks = ["WEBVTT"]
    for cue in cues(lyrics, clip, sections):
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n{text}")
    return "\n\n".join(blocks) + "\n"


def srt(lyrics: Lyrics, clip: Clip, sections: Iterable[Section]) -> str:
    """SubRip. The format has no escapes: an arrow inside a text becomes a typographic one."""
    blocks = []
    for number, cue in enumerate(cues(lyrics, clip, sections), 1):
        times = f"{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}"
        blocks.append(f"{number}\n{times}\n{cue.text.replace('-->', '→')}\n")
    return "\n".join(blocks)


def lrc(lyrics: Lyrics, clip: Clip, *, title: str = "", artist: str = "") -> str:
    """LRC of the clip, with word times (enhanced LRC, ``<mm:ss.xx>``) for the lines that have them."""
    lines = [f"[{key}:{_one_line(value)}]" for key, value in (("ti", title), ("ar", artist)) if value]
    for line in lyrics.lines:
        if not clip.start <= line.start < clip.end:
            continue
        stamp = f"[{_minutes(line.start - clip.start)}]"
        if line.words:
            words = (
                f"<{_minutes(max(0.0, word.start - clip.start))}>{_one_line(word.text)}"
                for word in line.words
                if word.start < clip.end
            )
            lines.append(stamp + " ".join(words))
        else:
            lines.append(stamp + _one_line(line.text))
    return "\n".join(lines) + "\n"


def _text_of(line: LyricLine) -> str:
    return line.text or " ".join(word.text for word in line.words)


def _within(clip: Clip, songs: Iterable[Cue]) -> tuple[Cue, ...]:
    """Cues moved to the clip's time and cut at its edges, in order, none running into the next."""
    moved = []
    for cue in songs:
        start, end = max(cue.start, clip.start) - clip.start, min(cue.end, clip.end) - clip.start
        if end - start >= SHORTEST_S:
            moved.append(replace(cue, start=start, end=end))
    moved.sort(key=lambda cue: (cue.start, cue.end))
    for index, (cue, following) in enumerate(pairwise(moved)):
        if cue.start + SHORTEST_S <= following.start < cue.end:
            moved[index] = replace(cue, end=following.start)
    return tuple(moved)


def _one_line(text: str) -> str:
    """No line breaks (an empty line would end a cue), no control characters, single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"[\x00-\x08\x0e-\x1f\x7f]", "", text)).strip()


def _stamp(seconds: float, mark: str) -> str:
    whole = max(0, int(seconds * 1000 + 0.5))
    rest, ms = divmod(whole, 1000)
    return f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}{mark}{ms:03d}"


def _minutes(seconds: float) -> str:
    whole = int(seconds * 100 + 0.5)
    return f"{whole // 6000:02d}:{whole // 100 % 60:02d}.{whole % 100:02d}"
