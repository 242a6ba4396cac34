# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job would meet when it hears the song, found by doing the first part of it. Runs in the worker.

The song is decoded, its words are read, the library is opened; nothing is analysed and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import hearing, worker
from ..brief import Brief
from ..checks import WARN, Check, blocking
from ..content import file_sha256
from ..director import clips, decode, lyrics, plan, transcribe
from ..encode.caption_job import missing_notice
from ..encode.platforms import load_platforms
from ..encode.word_captions import missing
from ..errors import CrossfadeError, ToolMissing
from ..library.places import server_of
from ..names import shown
from ..timeline import Clip, Lyrics
from ..timing import clock
from .quick import LIBRARY, SONG

if TYPE_CHECKING:
    from ..library.songs import Song

WORDS = "Lyrics"


def look(brief: Brief, ffmpeg: str, folder: Path, reporter: worker.Reporter) -> dict[str, Any]:
    """Everything that can be told of the song: ``{"checks": [...], "seconds": length or None}``."""
    found: list[Check] = []
    reporter.progress(0.1, "Opening the library")
    known = _known(brief, reporter, found)
    reporter.progress(0.3, "Opening the song")
    seconds = None
    try:
        decoded = decode.decode(
            brief.audio, ffmpeg, folder, lambda done: reporter.progress(0.3 + 0.5 * done, "Decoding")
        )
        seconds = decoded.duration_sec
        found += _song(brief, decoded)
        reporter.progress(0.9, "Reading the words")
        found += _asked(brief, seconds, known)
    except CrossfadeError as error:
        found.append(blocking(SONG, error, where=str(brief.audio)))
    return {"checks": [check.as_json() for check in found], "seconds": seconds}


def _known(brief: Brief, reporter: worker.Reporter, found: list[Check]) -> Song | None:
    """What the library has of the song; a library that is not there yet is not begun."""
    place = brief.library_dir
    assert place is not None
    where = str(place)
    if not server_of(place) and not (place.is_dir() and any(place.iterdir())):
        return None
    try:
        # As the job does, but for a missing chromadb, which the job survives.
        with_memory = worker.open_store(brief, reporter, quietly=True)
        known = worker.recall(brief, with_memory, reporter)
    except ToolMissing as error:
        found.append(blocking(LIBRARY, error, where=where))
        return None
    except CrossfadeError as error:
        found.append(blocking(LIBRARY, error, where=where, fix="preferences"))
        return None
    if not worker.remembers(with_memory):
        found.append(Check(LIBRARY, "ChromaDB is not installed: this song will not be remembered.", WARN, where))
    elif known is None:
        found.append(Check(LIBRARY, f"'{brief.song_id}' is new to the song library.", where=where))
    else:
        heard = "was heard before" if known.analysis else "is known, but was not heard yet"
        found.append(Check(LIBRARY, f"'{brief.song_id}' {heard}.", where=where))
    return known


def _song(brief: Brief, decoded: decode.Decoded) -> Iterator[Check]:
    seconds, where = decoded.duration_sec, str(brief.audio)
    plan.check_length(brief, seconds)
    for start in (*(start for _, start, _ in brief.clips), *([brief.clip[0]] if brief.clip else [])):
        clips.check_start(start, seconds)
    name = " - ".join(filter(None, (decoded.artist, decoded.title))) or shown(brief.audio.name)
    yield Check(SONG, f"'{name}' can be read: {clock(seconds)}.", where=where)
    for remark in decoded.notices:
        yield Check(SONG, remark, WARN, where)


def _asked(brief: Brief, seconds: float, known: Song | None) -> Iterator[Check]:
    """Corrections of the grid, stems and words that belong to the song, or were asked for."""
    remarks: list[str] = []
    asked = hearing.Asked(brief, file_sha256(brief.audio), seconds, remarks.append)
    asked.corrections(known)
    asked.stems(known)
    if brief.transcribe:
        transcribe.check()
        words, where = Lyrics(), ""
    elif brief.lyrics is not None:
        where = str(brief.lyrics)
        try:
            words, notice = lyrics.read_lyrics(brief.lyrics, seconds=seconds, sung=(), offset=brief.lyrics_offset)
        except CrossfadeError as error:
            yield blocking(WORDS, error, where=where)
            return
        remarks += [notice] if notice else []
    else:
        words, where = asked.lyrics(known), ""
    for remark in remarks:
        yield Check(SONG, remark, WARN)
    if words.lines:
        yield Check(WORDS, f"{len(words.lines)} lines.", where=where)
    elif not brief.transcribe:
        yield Check(WORDS, "No words: captions name the parts of the song.")
    burns = any(
        platform.captions == "burned"
        for name, platform in load_platforms(brief.platforms_file, brief.platform_changes).items()
        if name in brief.platforms
    )
    if brief.with_captions and burns:
        lost = missing(words, Clip(0.0, seconds, ""))
        if said := missing_notice(lost):
            yield Check(WORDS, f"{said}.", WARN, where, "Write these characters otherwise to see them.", "no_captions")
