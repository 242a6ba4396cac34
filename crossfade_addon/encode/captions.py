# SPDX-License-Identifier: GPL-3.0-or-later
"""Caption files beside a video: WebVTT, SubRip and LRC, all from the Timeline's lyrics.

Conventions: the Timeline's times count from the song's first sample, the files' from the clip's start.
What is shown together and how long is decided in ``phrases``, for these files and for the burned captions alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..timeline import Clip, Lyrics, Section
from . import phrases

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
TALL_COLUMNS, WIDE_COLUMNS = 28, 42
"""Most characters in a row."""
GAP_S = 0.08
"""Two frames without a caption show that there is a new one."""
EMPTY_LINE_S = 0.5
JOINER = "\u2060"


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption; ``start`` and ``end`` are seconds of the clip, ``text`` has one or two rows."""

    start: float
    end: float
    text: str


def row_columns(width: int, height: int) -> int:
    """How many characters a row of a caption file has beside a video of this size."""
    return TALL_COLUMNS if height > width else WIDE_COLUMNS


def cues(lyrics: Lyrics, clip: Clip, sections: Iterable[Section], *, row: int = WIDE_COLUMNS) -> tuple[Cue, ...]:
    """The captions of a clip: its sung lines, or the names of its sections when there are none.

    ``row`` is the most characters in a row; a full-width one counts as two.
    """
    measure = phrases.Measure(phrases.columns, row)
    found = phrases.captions(lyrics, clip, measure, gap_s=GAP_S, merge=True)
    if found:
        return tuple(Cue(caption.start, caption.end, caption.text) for caption in found)
    named = []
    for section in sections:
        start = max(section.start_time, clip.start)
        end = min(section.end_time, start + SECTION_CUE_S, clip.end)
        if end - start >= phrases.SHORTEST_S:
            text = SECTION_TEXT.get(section.section_type, "[Music]")
            named.append(Cue(start - clip.start, end - clip.start, text))
    return tuple(named)


def vtt(lyrics: Lyrics, clip: Clip, sections: Iterable[Section], *, row: int = WIDE_COLUMNS) -> str:
    """WebVTT (W3C). ``& < >`` are written as entities, which also makes ``-->`` harmless inside a text."""
    return as_vtt(cues(lyrics, clip, sections, row=row))


def as_vtt(found: Iterable[Cue]) -> str:
    """Cues as WebVTT."""
    blocks = ["WEBVTT"]
    for cue in found:
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n{text}")
    return "\n\n".join(blocks) + "\n"


def srt(lyrics: Lyrics, clip: Clip, sections: Iterable[Section], *, row: int = WIDE_COLUMNS) -> str:
    """SubRip. The format has no escapes: an arrow becomes a typographic one, and an invisible joiner breaks what
    players would take for a tag (``<i>``, ``{\\an8}``).
    """
    return as_srt(cues(lyrics, clip, sections, row=row))


def as_srt(found: Iterable[Cue]) -> str:
    """Cues as SubRip."""
    blocks = []
    for number, cue in enumerate(found, 1):
        times = f"{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}"
        text = re.sub(r"<(?=[a-zA-Z/])|\{(?=\\)", rf"\g<0>{JOINER}", cue.text.replace("-->", "→"))
        blocks.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(blocks)


def lrc(lyrics: Lyrics, clip: Clip, *, title: str = "", artist: str = "") -> str:
    """LRC of the clip, with word times (enhanced LRC, ``<mm:ss.xx>``) for the lines that have them.

    A line that ends before the next begins is followed by an empty one. Of a timed line that the clip's edges cut, the
    words sung in the clip are left.
    """
    rows = [f"[{key}:{phrases.one_line(value)}]" for key, value in (("ti", title), ("ar", artist)) if value]
    lines = [
        phrases.spelled(line)
        for line in sorted(lyrics.lines, key=lambda line: line.start)
        if line.start < clip.end and min(line.end, clip.end) - max(line.start, clip.start) >= phrases.SHORTEST_S
    ]
    for index, line in enumerate(lines):
        end = min(line.end, clip.end) - clip.start
        stamp = f"[{_minutes(line.start - clip.start)}]"
        if line.words:
            said, is_cut = "", line.start < clip.start or line.end > clip.end
            for token in phrases.tokens(line):
                if is_cut and (token.start >= clip.end or token.end <= clip.start):
                    continue
                space = " " if token.spaced and said else ""
                said += f"{space}<{_minutes(token.start - clip.start)}>{_no_stamps(token.text)}"
            rows.append(f"{stamp}{said}<{_minutes(end)}>")
        else:
            rows.append(stamp + _no_stamps(phrases.one_line(line.text)))
        following = lines[index + 1].start - clip.start if index + 1 < len(lines) else clip.duration
        if following - end >= EMPTY_LINE_S:
            rows.append(f"[{_minutes(end)}]")
    return "\n".join(rows) + "\n"


def _no_stamps(text: str) -> str:
    """What would be read as a time or a tag gets an invisible joiner."""
    return re.sub(r"[\[<](?=\d|[A-Za-z]+\s*:)", rf"\g<0>{JOINER}", text)


def _stamp(seconds: float, mark: str) -> str:
    whole = max(0, int(seconds * 1000 + 0.5))
    rest, ms = divmod(whole, 1000)
    return f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}{mark}{ms:03d}"


def _minutes(seconds: float) -> str:
    whole = max(0, int(seconds * 100 + 0.5))
    return f"{whole // 6000:02d}:{whole // 100 % 60:02d}.{whole % 100:02d}"
