# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs and what was learned about them.

A store keeps one :class:`Song` per id. Stores are told apart by nothing but speed and place: every one
passes the same tests.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..errors import LibraryError, SongNotFound

SCHEMA = 1
EMBEDDING_SIZE = 16


@dataclass(frozen=True, slots=True)
class Song:
    """One song of the library.

    ``analysis`` is the director's own JSON data for exactly the audio whose SHA-256 is ``audio_sha256``;
    ``embedding`` is computed from it by :func:`embed`. ``grid_edits`` are the corrections of the beat grid that a
    person made, as JSON data, and ``heard_beats`` is the grid they start from (empty when it is the analysis' own);
    ``stems`` are files by kind. ``analysis_key`` says which corrections and stems the analysis was made with, empty
    for none. Versions that do not know a field leave it out when they store the song.
    """

    song_id: str
    title: str = ""
    artist: str = ""
    audio_sha256: str = ""
    duration_sec: float = 0.0
    bpm: float = 0.0
    analyser: str = ""
    director_version: str = ""
    analysis: dict[str, Any] = field(default_factory=dict)
    grid_edits: list[dict[str, Any]] = field(default_factory=list)
    heard_beats: dict[str, Any] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    analysis_key: str = ""
    schema: int = SCHEMA

    def replace(self, **changes: Any) -> Song:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)


class SongStore(Protocol):
    """Where songs live."""

    def get(self, song_id: str) -> Song:
        """The song, or :class:`SongNotFound`."""
        ...

    def put(self, song: Song) -> None:
        """Store a song, replacing what was known under its id."""
        ...

    def ids(self) -> tuple[str, ...]:
        """All ids in alphabetical order."""
        ...

    def remove(self, song_id: str) -> None:
        """Forget a song; :class:`SongNotFound` when it is not there."""
        ...


class MemoryStore:
    """A store that lasts as long as the process: for one-off jobs and for tests."""

    def __init__(self) -> None:
        self._songs: dict[str, str] = {}

    def get(self, song_id: str) -> Song:
        """The song, or :class:`SongNotFound`."""
        try:
            return song_from_json(self._songs[song_id])
        except KeyError:
            raise not_found(song_id) from None

    def put(self, song: Song) -> None:
        """Store a song, replacing what was known under its id."""
        self._songs[song.song_id] = song_to_json(song)

    def ids(self) -> tuple[str, ...]:
        """All ids in alphabetical order."""
        return tuple(sorted(self._songs))

    def remove(self, song_id: str) -> None:
        """Forget a song; :class:`SongNotFound` when it is not there."""
        if self._songs.pop(song_id, None) is None:
            raise not_found(song_id)


def not_found(song_id: str) -> SongNotFound:
    """The error for an unknown id."""
    return SongNotFound(f"Song '{song_id}' is not in the library.", hint="Analyse it once to add it.")


def song_to_json(song: Song) -> str:
    """One line of JSON."""
    # Not asdict, which copies every number: DJ sets have millions.
    fields = {field.name: getattr(song, field.name) for field in dataclasses.fields(song)}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def song_from_json(text: str) -> Song:
    """The song that :func:`song_to_json` wrote; fields a newer version added are ignored.

    Raises
    ------
    LibraryError
        When the record is damaged.
    """
    try:
        data = json.loads(text)
        known = {f.name for f in dataclasses.fields(Song)}
        return Song(**{k: v for k, v in data.items() if k in known})
    except (ValueError, TypeError, AttributeError) as error:
        raise LibraryError(
            f"A song record in the library is damaged: {error}.", hint="Analyse the song again."
        ) from error


def embed(bpm: float, energies: Sequence[float], mean_signals: Sequence[float]) -> list[float]:
    """A small description of how a song feels, for finding similar ones by cosine distance.

    Parameters
    ----------
    bpm : float
        Beats per minute; 0 when there is no beat.
    energies : sequence of float
        Section energies in order, 0..1, resampled to 6 numbers.
    mean_signals : sequence of float
        Mean of up to 8 signals, 0..1.

    Returns
    -------
    list of float (16,)
        Unit length; tempo enters as an angle on the octave circle, so half and double time are near.
    """
    angle = 2 * math.pi * (math.log2(bpm / 60) % 1) if bpm > 0 else 0.0
    tempo = [math.cos(angle), math.sin(angle)] if bpm > 0 else [0.0, 0.0]
    count = len(energies)
    shape = [float(energies[min(count - 1, i * count // 6)]) if count else 0.0 for i in range(6)]
    tone = [float(v) for v in mean_signals[:8]]
    vector = tempo + shape + tone + [0.0] * (8 - len(tone))
    length = math.sqrt(sum(v * v for v in vector))
    return [v / length for v in vector] if length > 0 else [1.0] + [0.0] * (EMBEDDING_SIZE - 1)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
