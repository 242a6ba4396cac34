# SPDX-License-Identifier: GPL-3.0-or-later
"""The song library in ChromaDB, in a folder or on a server, with vectors of our own.

Two collections. ``crossfade_songs`` holds the songs as metadata (:mod:`.records`). ``crossfade_index_<n>`` holds for
each song its :class:`.songs.Facts` and its numbers of :mod:`.feel`, so that lists and searches do not read the large
records; it can be made from the songs at any time.

A folder is open only during a call (or :meth:`ChromaStore.held`), under its lock; see :mod:`.guard`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import LibraryError
from . import feel, swap, vectors
from .chroma import first_line, folder_client, is_chromas, make_folder, server_client
from .guard import FolderLock
from .places import server_of
from .records import RENDER, anchor, facts_from, metadata_of, render_entry, song_of
from .songs import MOST_RENDERS, Facts, Song, facts_of, fit, not_found
from .stores import check_known, nearest

COLLECTION = "crossfade_songs"
INDEX = f"crossfade_index_{feel.VERSION}"
WAIT_S = 10.0
"""How long a call waits for another process that has the folder open."""
_PAGE = 100
_BATCH, _BATCH_CHARS = 50, 8_000_000
_UNWRITTEN = "Nothing found on disk"
_PAUSES_S = (0.1, 0.3, 1.0, 2.0)
"""A server that has taken its first songs says this until it has written their vectors: it is asked again."""
_SAMPLE = 30
"""Songs that are looked for in each collection at the first opening."""
# ChromaDB reads everything that was not written to its index yet at every opening: little of it is left waiting, since
# one record is a quarter of a megabyte.
_SONG_SETTINGS = {"hnsw": {"space": "l2", "batch_size": 10, "sync_threshold": 10}}
_INDEX_SETTINGS = {"hnsw": {"space": "l2", "batch_size": 50, "sync_threshold": 100}}


class ChromaStore:
    """Songs in a ChromaDB folder, or on a server that ``chroma run`` started.

    Parameters
    ----------
    place : Path or str
        A folder, made when missing; or ``http://host:port`` of a server.
    wait_s : float
        How long each call may wait for another process that has the folder open.
    is_trusted : bool
        Open it without asking whether all songs are found: to look into a damaged one.

    Raises
    ------
    ToolMissing
        When the chromadb package, or what it needs to reach a server, is not installed.
    LibraryError
        When the folder or the server cannot be opened, is in use, or is damaged.
    """

    def __init__(self, place: Path | str, *, wait_s: float = WAIT_S, is_trusted: bool = False) -> None:
        self.server = server_of(place)
        self.folder = None if self.server else Path(place).expanduser().resolve()
        self._wait_s = wait_s
        self._mutex = threading.RLock()
        self._depth = 0
        self._client: Any = None
        self._songs: Any = None
        self._index: Any = None
        self._is_trusted = is_trusted
        self._is_readable = False
        self._is_sound = False
        with self.held():
            pass

    @property
    def place(self) -> str:
        """The folder or the server's address, for messages."""
        return self.server or str(self.folder)

    # -------------------------------------------------------------------------------------- opening

    @contextlib.contextmanager
    def held(self) -> Generator[None, None, None]:
        """See :class:`.stores.SongStore`."""
        with self._mutex:
            if self._depth:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                return
            with self._opened():
                self._depth = 1
                try:
                    yield
                finally:
                    self._depth = 0

    @contextlib.contextmanager
    def _opened(self) -> Generator[None, None, None]:
        if self.folder is None:
            if self._client is None:
                client = server_client(self.server)
                self._bind(client)
                self._client = client
            yield
            return
        make_folder(self.folder)
        _refuse_others(self.folder)
        with FolderLock(self.folder, self._wait_s):
            swap.finish(self.folder)
            if not self._is_readable and (wrong := vectors.broken(self.folder)):
                raise _damaged(str(self.folder), wrong)
            self._is_readable = True
            with folder_client(self.folder) as client:
                self._bind(client)
                try:
                    yield
                finally:
                    self._songs = self._index = None

    def _bind(self, client: Any) -> None:
        # Without an embedding function Chroma cannot fall back to downloading its default model.
        names = ((COLLECTION, _SONG_SETTINGS), (INDEX, _INDEX_SETTINGS))
        self._songs, self._index = (
            self._call(client.get_or_create_collection, name=name, embedding_function=None, configuration=settings)
            for name, settings in names
        )
        standing: dict[str, Any] = self._songs.configuration_json or {}
        hnsw: dict[str, Any] = standing.get("hnsw") or {}
        if hnsw.get("sync_threshold", 0) > _SONG_SETTINGS["hnsw"]["sync_threshold"]:
            wanted = {k: v for k, v in _SONG_SETTINGS["hnsw"].items() if k != "space"}
            self._call(self._songs.modify, configuration={"hnsw": wanted})
        if self._is_trusted:
            return
        count = self._call(self._songs.count)
        if count != self._call(self._index.count):
            self._index_songs()
        # A server looks after its own files, and its vectors follow a moment after what others write meanwhile.
        if not self._is_sound and not self.server:
            self._feel_pulse(count)
            self._is_sound = True

    def _index_songs(self) -> None:
        """Give the index what it lacks: all of it after an upgrade, or what an older version stored meanwhile."""
        indexed, stored = self._indexed_and_stored()
        for page in _pages(sorted(stored - indexed), 10):
            found = self._call(self._songs.get, ids=page, include=["metadatas", "documents"])
            songs: list[Song] = []
            for name, metadata, document in zip(found["ids"], found["metadatas"], found["documents"], strict=True):
                try:
                    songs.append(song_of(metadata, document))
                except LibraryError:
                    songs.append(Song(name))
            self._write_index(songs)
        for page in _pages(sorted(indexed - stored), _PAGE):
            self._call(self._index.delete, ids=page)

    def _indexed_and_stored(self) -> tuple[set[str], set[str]]:
        """Ids of both collections. Songs are written before their index, so the index is read first: what another
        program stores on a server meanwhile is then missing in the index at worst, and added once more."""
        indexed, stored = (set(self._call(c.get, include=[])["ids"]) for c in (self._index, self._songs))
        return indexed, stored

    def _feel_pulse(self, count: int) -> None:
        """Raise LibraryError when songs are not found by their own vectors: counts stay right in damaged folders."""
        for collection, place in ((self._songs, 0.5), (self._index, 0.75)):
            offset = max(0, int(place * count) - _SAMPLE // 2)
            sample = self._call(collection.get, include=["embeddings"], limit=_SAMPLE, offset=offset)
            if lost := self._lost(collection, sample):
                raise _damaged(self.place, f"'{lost[0]}' is not found by its own vector")

    def _lost(self, collection: Any, found: dict[str, Any]) -> list[str]:
        """Of the songs that were got, those that a search for their own vectors does not find."""
        if not found["ids"]:
            return []
        vectors = [list(map(float, vector)) for vector in found["embeddings"]]
        answer = self._call(collection.query, query_embeddings=vectors, n_results=10, include=["distances"])
        lost: list[str] = []
        for name, ids, distances in zip(found["ids"], answer["ids"], answer["distances"], strict=True):
            # Many songs may have one and the same vector: then any ten of them are a right answer.
            if name not in ids and not (len(ids) == 10 and max(distances) < 1e-6):
                lost.append(name)
        return lost

    # ---------------------------------------------------------------------------------------- songs

    def get(self, song_id: str) -> Song:
        """See :class:`.stores.SongStore`."""
        with self.held():
            found = self._call(self._songs.get, ids=[song_id], include=["metadatas", "documents"])
        if not found["ids"]:
            raise not_found(song_id)
        return song_of(found["metadatas"][0], found["documents"][0])

    def put(self, song: Song) -> None:
        """See :class:`.stores.SongStore`."""
        self.put_all([song])

    def put_all(self, songs: Iterable[Song]) -> int:
        """See :class:`.stores.SongStore`. Others may use the library between batches, unless it is held."""
        count, chars = 0, 0
        batch: dict[str, tuple[Song, dict[str, Any]]] = {}
        for song in songs:
            if song.song_id in batch or len(batch) >= _BATCH or chars > _BATCH_CHARS:
                self._write(batch)
                batch, chars = {}, 0
            batch[song.song_id] = (song, metadata := metadata_of(song))
            chars += len(metadata["record"])
            count += 1
        self._write(batch)
        return count

    def _write(self, batch: dict[str, tuple[Song, dict[str, Any]]]) -> None:
        if not batch:
            return
        with self.held():
            self._call(
                self._songs.upsert,
                ids=list(batch),
                documents=[fit(f"{song.title} {song.artist}") for song, _ in batch.values()],
                embeddings=[anchor(name) for name in batch],
                metadatas=[metadata for _, metadata in batch.values()],
            )
            self._write_index([song for song, _ in batch.values()])

    def _write_index(self, songs: Sequence[Song]) -> None:
        if not songs:
            return
        facts = [
            {name: fit(value) if isinstance(value, str) else value for name, value in dataclasses.asdict(facts).items()}
            for facts in map(facts_of, songs)
        ]
        self._call(
            self._index.upsert,
            ids=[song.song_id for song in songs],
            embeddings=[feel.embed(song) for song in songs],
            metadatas=[{k: v for k, v in data.items() if k != "song_id"} for data in facts],
        )

    def add_render(self, song_id: str, render: dict[str, Any]) -> None:
        """See :class:`.stores.SongStore`."""
        with self.held():
            found = self._call(self._songs.get, ids=[song_id], include=["metadatas"])
            if not found["ids"]:
                raise not_found(song_id)
            key, text = render_entry(render)
            keys = sorted({key, *(k for k in found["metadatas"][0] if k.startswith(RENDER))})
            # None takes a key away; the others are left as they are.
            change = {**dict.fromkeys(keys[:-MOST_RENDERS]), key: text}
            self._call(self._songs.update, ids=[song_id], metadatas=[change])

    def remove(self, song_id: str) -> None:
        """See :class:`.stores.SongStore`."""
        with self.held():
            if not self._call(self._songs.get, ids=[song_id], include=[])["ids"]:
                raise not_found(song_id)
            self._call(self._songs.delete, ids=[song_id])
            self._call(self._index.delete, ids=[song_id])

    def ids(self) -> tuple[str, ...]:
        """See :class:`.stores.SongStore`."""
        with self.held():
            return tuple(sorted(self._call(self._songs.get, include=[])["ids"]))

    def facts(self) -> tuple[Facts, ...]:
        """See :class:`.stores.SongStore`."""
        with self.held():
            found = self._call(self._index.get, include=["metadatas"])
        pairs = zip(found["ids"], found["metadatas"], strict=True)
        return tuple(sorted((facts_from(name, data) for name, data in pairs), key=lambda facts: facts.song_id))

    def similar(self, song_id: str, n: int = 10) -> tuple[feel.Similar, ...]:
        """See :class:`.stores.SongStore`."""
        include = ["embeddings", "metadatas"]
        with self.held():
            found = self._call(self._index.get, ids=[song_id], include=include)
            if not found["ids"]:
                raise not_found(song_id)
            here = list(map(float, found["embeddings"][0]))
            check_known(song_id, here)
            answer = self._call(self._index.query, query_embeddings=[here], n_results=n + 1, include=include)
        facts = facts_from(song_id, found["metadatas"][0])
        others = zip(answer["ids"][0], answer["embeddings"][0], answer["metadatas"][0], strict=True)
        return nearest(
            (
                feel.compare(here, list(map(float, vector)), facts, facts_from(name, data))
                for name, vector, data in others
                if name != song_id
            ),
            n,
        )

    # --------------------------------------------------------------------------------------- health

    def check(self) -> tuple[str, ...]:
        """See :class:`.stores.SongStore`."""
        with self.held():
            indexed, stored = self._indexed_and_stored()
            problems = [f"'{name}' is not in the index" for name in sorted(stored - indexed)]
            problems += [f"'{name}' is only in the index" for name in sorted(indexed - stored)]
            for page in _pages(sorted(stored), 20):
                problems += self._check_page(page)
        return tuple(problems)

    def _check_page(self, page: list[str]) -> list[str]:
        problems: list[str] = []
        songs: dict[str, Song] = {}
        found = self._call(self._songs.get, ids=page, include=["metadatas", "documents"])
        for name, metadata, document in zip(found["ids"], found["metadatas"], found["documents"], strict=True):
            try:
                songs[name] = song_of(metadata, document)
            except LibraryError as error:
                problems.append(f"'{name}': {error.message}")
        indexed = self._call(self._index.get, ids=page, include=["metadatas"])
        known = {name: facts_from(name, data) for name, data in zip(indexed["ids"], indexed["metadatas"], strict=True)}
        # An older version leaves old facts behind: that is no damage.
        self._write_index([s for n, s in songs.items() if n in known and known[n] != facts_of(s)])
        for what, collection in (("its own vector", self._songs), ("its sound", self._index)):
            try:
                lost = self._lost(collection, self._call(collection.get, ids=page, include=["embeddings"]))
                problems += [f"'{name}' is not found by {what}" for name in lost]
            except LibraryError as error:
                problems.append(f"'{page[0]}' to '{page[-1]}': {error.message}")
        return problems

    def _call(self, method: Any, **arguments: Any) -> Any:
        pauses = list(_PAUSES_S) if self.server else []
        while True:
            try:
                return method(**arguments)
            except BaseException as error:
                if not is_chromas(error):
                    raise
                if pauses and _UNWRITTEN in str(error):
                    time.sleep(pauses.pop(0))
                    continue
                raise LibraryError(
                    f"The song library in '{self.place}' failed: {first_line(error)}.",
                    hint="Check it with: python -m crossfade_addon.library check; or choose another with --library.",
                ) from error


def _damaged(place: str, how: str) -> LibraryError:
    return LibraryError(
        f"The song library in '{place}' is damaged: {how}.",
        hint="Mend it with: python -m crossfade_addon.library repair.",
    )


def _refuse_others(folder: Path) -> None:
    """Raise LibraryError when the folder is another program's: opening it could change it."""
    names = swap.collection_names(folder)
    if names and not any(name.startswith("crossfade_") for name in names):
        raise LibraryError(
            f"'{folder}' is the ChromaDB folder of another program (it holds '{names[0]}').",
            hint="Choose another folder with --library; songs of Mixer come in with: "
            "python -m crossfade_addon.library import --mixer FOLDER.",
        )


def _pages(names: list[str], size: int) -> Iterator[list[str]]:
    return (names[k : k + size] for k in range(0, len(names), size))
