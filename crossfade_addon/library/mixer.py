# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs of Mixer's library: its ChromaDB collection ``tiki_library``, which is read and never written.

Mixer keeps flat metadata with lists as JSON text: ``artist``, ``title``, ``bpm``, ``key`` (``"Amin"``), ``camelot``,
``energy_level`` (0..10), ``first_downbeat_sec``, ``duration_sec``, ``sections`` (``section_type``, ``start_sec``,
``end_sec``, ``energy_level`` 0..1) and ``word_timings`` (the segments of its transcription with their words, or the
words alone). What cannot be used is left out: none of it is trusted.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from ..errors import SongNotFound
from .chroma import read_copy
from .songs import Song

COLLECTION = "tiki_library"
LONGEST_LINE = 36
"""Letters of a line that is put together from words."""
_PAUSE_S = 0.8
_MOST_WORDS_S = 8.0
_KEY = re.compile(r"([A-G])([#b♯♭]?)\s*[-_ ]?\s*(maj(?:or)?|min(?:or)?|m)?", re.IGNORECASE)
_FLATS = {"Cb": "B", "Db": "C#", "Eb": "D#", "Fb": "E", "Gb": "F#", "Ab": "G#", "Bb": "A#"}


def read_library(folder: Path) -> tuple[Song, ...]:
    """Every song of a Mixer library, in the order of their ids.

    Raises
    ------
    LibraryError
        When the folder holds none.
    """
    ids, metadatas, _ = read_copy(folder, COLLECTION)
    return tuple(sorted(map(song_from_mixer, ids, metadatas), key=lambda song: song.song_id))


def read_song(folder: Path, song_id: str) -> Song:
    """One song of a Mixer library, or :class:`SongNotFound` with how to get it there."""
    for song in read_library(folder):
        if song.song_id == song_id:
            return song
    raise SongNotFound(
        f"Song '{song_id}' is not in Mixer's library '{folder}'.", hint=f"Run: python -m mixer analyze {song_id}."
    )


def song_from_mixer(song_id: str, metadata: dict[str, Any]) -> Song:
    """What Crossfade can use of a song's metadata: title, artist, length, words as lyrics, the rest as hints."""
    duration = _number(metadata.get("duration_sec"), 0, 86_400) or 0.0
    bpm = _number(metadata.get("bpm"), 20, 400)
    hints = {
        "source": "mixer",
        "bpm": bpm,
        "key": _key(metadata.get("key")),
        "camelot": _text(metadata.get("camelot"))[:4],
        "energy_level": _of_ten(metadata.get("energy_level")),
        "first_downbeat_sec": _number(metadata.get("first_downbeat_sec"), 0, duration or 86_400),
        "genres": [_text(g)[:60] for g in _list(metadata.get("genres")) if _text(g)][:8],
        "mood": _text(metadata.get("mood_summary"))[:500],
        "path": _text(metadata.get("path")),
        "sections": list(_sections(_list(metadata.get("sections")))),
    }
    return Song(
        song_id=song_id,
        title=_text(metadata.get("title")),
        artist=_text(metadata.get("artist")),
        duration_sec=duration,
        bpm=bpm or 0.0,
        hints={name: value for name, value in hints.items() if value not in (None, "", [])},
        lyrics=_lyrics(_list(metadata.get("word_timings")), duration, _text(metadata.get("language"))),
    )


def bpm_advice(song: Song, heard_bpm: float) -> str:
    """What to say when Mixer's tempo is twice or half the one that was heard; empty when they agree."""
    hinted = float(song.hints.get("bpm") or 0.0)
    if hinted <= 0 or heard_bpm <= 0:
        return ""
    for ratio, edit in ((2.0, "x2"), (0.5, "/2")):
        if abs(hinted / heard_bpm / ratio - 1) < 0.02:
            return f"Mixer has {hinted:.1f} BPM for this song, {heard_bpm:.1f} were heard: --grid {edit} follows Mixer."
    return ""


# ---------------------------------------------------------------------------------------------- parts


def _sections(items: list[Any]) -> Iterator[dict[str, Any]]:
    """Parts as the director writes them."""
    for item in _objects(items):
        start = _number(_first(item, "start_sec", "start_time", "start"), 0, 86_400)
        end = _number(_first(item, "end_sec", "end_time", "end"), 0, 86_400)
        if start is None or end is None or end <= start:
            continue
        yield {
            "start_time": start,
            "end_time": end,
            "section_type": _text(_first(item, "section_type", "type", "label")) or "verse",
            "energy_level": _number(_first(item, "energy_level", "energy"), 0, 1) or 0.0,
        }


def _lyrics(items: list[Any], duration: float, language: str) -> dict[str, Any]:
    """Timed lines: segments as they are, loose words put together; empty when there are none."""
    end = duration or 86_400.0
    lines: list[dict[str, Any]] = []
    loose: list[dict[str, Any]] = []
    for item in _objects(items):
        words = [w for w in (_word(word, end) for word in _objects(_list(item.get("words")))) if w is not None]
        if words:
            lines += _lines_of(sorted(words, key=lambda w: w["start"]))
        elif "words" not in item and (word := _word(item, end)) is not None:
            if " " in word["text"]:
                lines.append({**word, "words": []})
            else:
                loose.append(word)
    lines += _lines_of(sorted(loose, key=lambda w: w["start"]))
    lines.sort(key=lambda line: line["start"])
    for line, following in pairwise(lines):
        line["end"] = min(line["end"], following["start"])
    lines = [line for line in lines if line["end"] > line["start"]]
    return {"lines": lines, "language": language} if lines else {}


def _word(item: dict[str, Any], end: float) -> dict[str, Any] | None:
    text = " ".join(_text(_first(item, "word", "text")).split())
    start = _number(_first(item, "start", "start_sec", "start_time"), 0, end)
    stop = _number(_first(item, "end", "end_sec", "end_time"), 0, end + 1)
    if not text or start is None or stop is None or stop <= start:
        return None
    return {"start": start, "end": min(stop, end), "text": text}


def _lines_of(words: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Words as lines: a new one after a pause, a sentence's end, or when a line is full."""
    lines: list[list[dict[str, Any]]] = []
    for word in words:
        line = lines[-1] if lines else None
        is_full = line is not None and (
            word["start"] - line[-1]["end"] > _PAUSE_S
            or sum(len(w["text"]) + 1 for w in line) + len(word["text"]) > LONGEST_LINE
            or word["end"] - line[0]["start"] > _MOST_WORDS_S
            or line[-1]["text"][-1] in ".!?。！？"
        )
        if line is None or is_full:
            lines.append([word])
        else:
            line[-1]["end"] = min(line[-1]["end"], word["start"])
            line.append(word)
    return [
        {"start": line[0]["start"], "end": line[-1]["end"], "text": " ".join(w["text"] for w in line), "words": line}
        for line in lines
    ]


def _key(value: Any) -> str:
    """``"Amin"`` as ``"A minor"``; empty when it is none."""
    match = _KEY.fullmatch(_text(value))
    if match is None:
        return ""
    tonic = match[1].upper() + match[2].replace("♯", "#").replace("♭", "b").lower()
    mode = "minor" if (match[3] or "").lower() in ("m", "min", "minor") else "major"
    return f"{_FLATS.get(tonic, tonic)} {mode}"


def _of_ten(value: Any) -> float | None:
    """A level of 0..10 as 0..1; some versions wrote fractions of one instead."""
    number = _number(value, 0, 10)
    if number is None:
        return None
    is_fraction = number < 1 and not number.is_integer()
    return round(number if is_fraction else number / 10, 4)


def _first(item: dict[str, Any], *names: str) -> Any:
    return next((item[name] for name in names if name in item), None)


def _list(value: Any) -> list[Any]:
    """A list, or JSON text of one; a plain text is a list separated by commas."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return [part.strip() for part in value.split(",")]
    if isinstance(value, dict):
        item = cast("dict[str, Any]", value)
        value = item.get("segments") or item.get("words")
    return list(cast("list[Any]", value)) if isinstance(value, (list, tuple)) else []


def _objects(items: list[Any]) -> list[dict[str, Any]]:
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _number(value: Any, low: float, high: float) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if not isinstance(value, bool) and math.isfinite(number) and low <= number <= high else None
