# SPDX-License-Identifier: GPL-3.0-or-later
"""The song library in ChromaDB: embedded, with explicit embeddings, no model and no telemetry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import LibraryError, ToolMissing
from .songs import Song, embed, not_found, song_from_json, song_to_json

COLLECTION = "crossfade_songs"


class ChromaStore:
    """Songs in a ChromaDB folder.

    Parameters
    ----------
    folder : Path
        Made when missing. One process at a time may write to it.

    Raises
    ------
    ToolMissing
        When the chromadb package is not installed.
    LibraryError
        When the folder cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import chromadb
            from chromadb.config import Settings
        except ImportError as error:
            raise ToolMissing(
                f"The song library needs the chromadb package ({error}).",
                hint="Install the add-on from its zip, or the package with its dependencies.",
            ) from error
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
            # Without an embedding function Chroma cannot fall back to downloading its default model.
            self._songs: Any = client.get_or_create_collection(COLLECTION, embedding_function=None)
        except Exception as error:  # Chroma raises plain Exceptions of its Rust core.
            raise LibraryError(
                f"The song library in '{folder}' cannot be opened: {_first_line(error)}.",
                hint="Choose another folder with --library, or move the damaged one away.",
            ) from error

    def get(self, song_id: str) -> Song:
        """The song, or :class:`SongNotFound`."""
        found = self._call(self._songs.get, ids=[song_id], include=["metadatas", "documents"])
        if not found["ids"]:
            raise not_found(song_id)
        # Libraries of the first version hold the record as the document.
        return song_from_json(found["metadatas"][0].get("record") or found["documents"][0])

    def put(self, song: Song) -> None:
        """Store a song, replacing what was known under its id."""
        sections = song.analysis.get("sections", [])
        means = list(song.analysis.get("signals", {}).get("means", {}).values())
        self._call(
            self._songs.upsert,
            ids=[song.song_id],
            documents=[f"{song.title} {song.artist}"],
            embeddings=[embed(song.bpm, [s.get("energy_level", 0.0) for s in sections], means)],
            metadatas=[
                {
                    "schema": song.schema,
                    "title": song.title,
                    "artist": song.artist,
                    "bpm": song.bpm,
                    "duration_sec": song.duration_sec,
                    "audio_sha256": song.audio_sha256,
                    # Not the document: Chroma indexes every three letters of those, 13 s of CPU for a DJ set.
                    "record": song_to_json(song),
                }
            ],
        )

    def ids(self) -> tuple[str, ...]:
        """All ids in alphabetical order."""
        return tuple(sorted(self._call(self._songs.get, include=[])["ids"]))

    def remove(self, song_id: str) -> None:
        """Forget a song; :class:`SongNotFound` when it is not there."""
        self.get(song_id)
        self._call(self._songs.delete, ids=[song_id])

    def _call(self, method: Any, **arguments: Any) -> Any:
        try:
            return method(**arguments)
        except Exception as error:  # Chroma raises plain Exceptions of its Rust core.
            raise LibraryError(
                f"The song library in '{self.folder}' failed: {_first_line(error)}.",
                hint="Close other programs that use it, or choose another folder with --library.",
            ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
