# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts to paste beside the videos: YouTube's chapters, and a title and description with credits.

Conventions: chapters count from the video's start, in whole seconds. YouTube takes chapters when the first is at
0:00, there are three or more, in order, each at least ten seconds long; a title has at most 100 characters and a
description at most 5000 bytes, and neither may hold ``<`` or ``>``.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..content import write_whole
from ..jobs import Progress
from ..timeline import Clip, Section
from . import tags
from .job import Deliverables, EncodeJob
from .platforms import Platform
from .report import Check

STAGE = "encode"
KEYS = ("chapters", "description")
"""The deliverables of this module."""
LEAST_CHAPTERS, SHORTEST_CHAPTER_S, MOST_CHAPTERS = 3, 10, 60
LONGEST_TITLE, LONGEST_DESCRIPTION = 100, 5000
"""Characters; bytes of UTF-8."""
MOST_HASHTAGS = 15
EARLY_S = 0.75
"""A chapter may begin this much before its part: rather early than after the first beat."""
MADE_WITH = "Video made with Crossfade and Blender"
_NAMES = {
    "intro": "Intro",
    "verse": "Verse",
    "build": "Build-up",
    "chorus": "Chorus",
    "drop": "Drop",
    "break": "Break",
    "bridge": "Bridge",
    "outro": "Outro",
}
_CREDITS = (
    ("album", "Album"),
    ("date", "Released"),
    ("composer", "Composed by"),
    ("lyricist", "Lyrics by"),
    ("performer", "Performed by"),
    ("producer", "Produced by"),
    ("remixer", "Remixed by"),
    ("publisher", "Label"),
    ("isrc", "ISRC"),
    ("copyright", "Copyright"),
)
_STAMP = re.compile(r"^(?:(\d+):)?(\d{1,2}):(\d{2}) (.*)$")
_TIME = re.compile(r"(?<=\d):(?=\d\d(?!\d))")
"""The colon of what YouTube reads as a time of the video."""
_BEGINS_WITH_TIME = re.compile(r"\s*(?:\d+:)?\d{1,2}:\d\d(?!\d)")
_MAKE_AGAIN = "Make the files again and paste them unchanged."


@dataclass(frozen=True, slots=True)
class Chapter:
    """Where a chapter begins, in whole seconds of the video, and what it is called."""

    start: int
    name: str


# ------------------------------------------------------------------------------------------------ making


def text_steps(job: EncodeJob, folder: Path) -> Generator[Progress, None, Deliverables]:
    """Write the description, and the chapters where they are possible; ``folder`` is for FFmpeg's output.

    Chapters belong to the video that takes caption files (YouTube's). A job without it leaves those of an earlier
    one as they are.
    """
    said = Progress(STAGE, 1.0, "Writing the texts")
    found = yield from tags.read_steps(job.ffmpeg, job.audio, folder, said)
    made: Deliverables = {}
    chapters_path, taker = text_path(job, "chapters"), chapter_platform(job)
    chapters: tuple[Chapter, ...] = ()
    if taker is not None:
        chapters = plan_chapters(job.timeline.audio.sections, job.clip(taker.name))
        if chapters:
            made["chapters"] = chapters_path
            write_whole(chapters_path, chapters_text(chapters))
        else:
            chapters_path.unlink(missing_ok=True)
    elif chapters_path.is_file():
        chapters = read_chapters(chapters_path.read_text(encoding="utf-8", errors="replace"))
    meta = job.timeline.meta
    made["description"] = text_path(job, "description")
    write_whole(made["description"], description_text(meta.title, meta.artist, chapters, found))
    return made


def text_path(job: EncodeJob, key: str) -> Path:
    """Where one of the :data:`KEYS` goes."""
    return job.renders / f"{job.song_id}_{key}.txt"


def chapter_platform(job: EncodeJob) -> Platform | None:
    """The platform of the job whose video can have chapters, or None."""
    return next((p for p in job.platforms.values() if p.captions == "sidecar" and not p.loop), None)


def plan_chapters(sections: Sequence[Section], clip: Clip) -> tuple[Chapter, ...]:
    """Chapters of a clip: its parts, short ones joined to the one before; empty when there cannot be three."""
    end = int(clip.duration)
    starts = {0: 0.0}
    for section in sections:
        at = section.start_time - clip.start
        second = int(at + 1 - EARLY_S)
        if 0 < second < end:
            starts.setdefault(second, at)
    shortest = SHORTEST_CHAPTER_S
    seconds = _joined(sorted(starts), end, shortest)
    while len(seconds) > MOST_CHAPTERS:
        shortest *= 2
        seconds = _joined(seconds, end, shortest)
    if len(seconds) < LEAST_CHAPTERS:
        return ()
    bounds = [*(starts[s] + clip.start for s in seconds), clip.end]
    kinds = [_main_kind(sections, a, b) for a, b in pairwise(bounds)]
    names = []
    for index, kind in enumerate(kinds):
        name = _NAMES.get(kind, "Music")
        number = kinds[: index + 1].count(kind)
        names.append(f"{name} {number}" if kinds.count(kind) > 1 else name)
    return tuple(Chapter(second, name) for second, name in zip(seconds, names, strict=True))


def _joined(seconds: list[int], end: int, shortest: int) -> list[int]:
    """Starts so that every chapter is long enough: the shortest is joined to the one before, over and over."""
    seconds = list(seconds)
    while len(seconds) > 1:
        lengths = [b - a for a, b in pairwise([*seconds, end])]
        k = min(range(len(lengths)), key=lambda index: (lengths[index], index))
        if lengths[k] >= shortest:
            break
        del seconds[max(k, 1)]  # the first stays at 0:00, whatever follows it
    return seconds


def _main_kind(sections: Sequence[Section], start: float, end: float) -> str:
    """The kind of part that fills most of a stretch."""
    share: dict[str, float] = {}
    for section in sections:
        overlap = min(end, section.end_time) - max(start, section.start_time)
        if overlap > 0:
            share[section.section_type] = share.get(section.section_type, 0.0) + overlap
    return max(share, key=lambda kind: share[kind], default="")


def chapters_text(chapters: Sequence[Chapter]) -> str:
    """The lines to paste into a description."""
    return "".join(f"{_stamp(chapter.start)} {chapter.name}\n" for chapter in chapters)


def description_text(title: str, artist: str, chapters: Sequence[Chapter], found: Mapping[str, str]) -> str:
    """Title on the first line, then the description. ``found`` are the tags of the song's file.

    YouTube takes its chapters from the first times in a description, so that only the chapters may look like them: a
    heading that begins with one stands in quotes, times in the credits have another colon.
    """
    title, artist = clean(title), clean(artist)
    heading = f"{artist} - {title}" if artist else title
    if _BEGINS_WITH_TIME.match(heading):
        heading = f"\u201c{shortened(heading, LONGEST_TITLE - 2)}\u201d"
    heading = shortened(heading, LONGEST_TITLE)
    music = f"Music: {artist}, {title}" if artist else f"Music: {title}"
    credits = [f"{name}: {value}" for key, name in _CREDITS if (value := shortened(clean(found.get(key, "")), 200))]
    blocks = [
        heading,
        chapters_text(chapters).rstrip("\n"),
        _TIME.sub("\u2236", "\n".join([shortened(music, 400), *credits, MADE_WITH])),
        " ".join(hashtags(found)),
    ]
    blocks = [block for block in blocks if block]
    while len(("\n\n".join(blocks) + "\n").encode()) > LONGEST_DESCRIPTION and len(blocks) > 1:
        blocks.pop()
    return "\n\n".join(blocks) + "\n"


def hashtags(found: Mapping[str, str]) -> tuple[str, ...]:
    """The hashtags that the song's own comment or description holds; none are invented."""
    words = " ".join(found.get(key, "") for key in ("description", "comment", "synopsis", "keywords"))
    tags_there = re.findall(r"(?<![\w#&/])#(\w{1,60})", words)
    unique: dict[str, str] = {}
    for tag in tags_there:
        if not tag.isdigit():
            unique.setdefault(tag.lower(), f"#{tag}")
    return tuple(unique.values())[:MOST_HASHTAGS]


def clean(text: str) -> str:
    """One line, with ``<`` and ``>`` (which YouTube refuses) as the typographic ones."""
    return tags.one_line(text.replace("<", "\u2039").replace(">", "\u203a"))


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, an ellipsis where it was cut."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "\u2026"


def _stamp(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


# ---------------------------------------------------------------------------------------------- checking


def read_chapters(text: str) -> tuple[Chapter, ...]:
    """The chapters that lines of a text give; other lines are passed over."""
    found = []
    for line in text.splitlines():
        if match := _STAMP.match(line):
            hours, minutes, seconds, name = match.groups()
            found.append(Chapter(int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds), name.strip()))
    return tuple(found)


def chapter_block(text: str) -> str:
    """The paragraph of a description that lists the chapters, below the title; empty when there is none."""
    paragraphs = text.split("\n\n")[1:]
    return next((block.rstrip("\n") for block in paragraphs if _STAMP.match(block.split("\n", 1)[0])), "")


def chapter_checks(text: str, seconds: float) -> tuple[Check, ...]:
    """YouTube's rules for chapters, on the text of a chapters file for a video of so many seconds."""
    lines = [line for line in text.splitlines() if line.strip()]
    chapters = read_chapters(text)
    starts = [chapter.start for chapter in chapters]
    lengths = [b - a for a, b in pairwise([*starts, int(seconds)])]
    shortest = min(lengths, default=0)
    is_ordered = all(a < b for a, b in pairwise(starts))
    first = _stamp(starts[0]) if starts else "none"
    return (
        _check("Chapter lines", "a time and a name each", f"{len(lines) - len(chapters)} others", _all_named(lines)),
        _check("First chapter", "0:00", first, starts[:1] == [0]),
        _check("Chapters", f"at least {LEAST_CHAPTERS}", str(len(chapters)), len(chapters) >= LEAST_CHAPTERS),
        _check("Chapter order", "ascending", "ascending" if is_ordered else "not ascending", is_ordered),
        _check(
            "Chapter length",
            f"at least {SHORTEST_CHAPTER_S} s each",
            f"shortest {shortest} s",
            is_ordered and shortest >= SHORTEST_CHAPTER_S,
        ),
    )


def description_checks(text: str, seconds: float | None) -> tuple[Check, ...]:
    """YouTube's rules for titles and descriptions, and for the chapters in it where the video's length is known."""
    title = text.split("\n", 1)[0]
    size = len(text.encode())
    brackets = sum(text.count(mark) for mark in "<>")
    checks = [
        _check("Title length", f"1 to {LONGEST_TITLE} characters", str(len(title)), 1 <= len(title) <= LONGEST_TITLE),
        _check("Description size", f"at most {LONGEST_DESCRIPTION} bytes", str(size), size <= LONGEST_DESCRIPTION),
        _check("Angle brackets", "none", str(brackets), brackets == 0),
    ]
    block = chapter_block(text)
    if seconds is not None and block:
        wrong = [check.name for check in chapter_checks(block, seconds) if not check.ok]
        others = text.replace(block, "", 1).splitlines()
        wrong += [f"another time, '{shortened(line, 30)}'" for line in others if _BEGINS_WITH_TIME.match(line)]
        checks.append(_check("Chapters in it", "as YouTube wants", ", ".join(wrong) or "right", not wrong))
    return tuple(checks)


def text_checks(key: str, text: str, job: EncodeJob) -> tuple[Check, ...]:
    """The checks of one of this module's deliverables, by its key (``chapters`` or ``description``)."""
    taker = chapter_platform(job)
    seconds = job.recipe(taker).seconds if taker is not None else None
    if key == "chapters":
        return chapter_checks(text, seconds or 0.0)
    return description_checks(text, seconds)


def _all_named(lines: Sequence[str]) -> bool:
    return all((match := _STAMP.match(line)) and match[4].strip() for line in lines)


def _check(name: str, expected: str, measured: str, ok: bool) -> Check:
    return Check(name, expected, measured, ok, fix=_MAKE_AGAIN)
