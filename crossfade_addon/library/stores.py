# SPDX-License-Identifier: GPL-3.0-or-later
"""Where songs live: what every store can do, and the one that lasts as long as the process.

Stores are told apart by nothing but speed and place: every one passes the same tests.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from ..errors import LibraryError
from . import feel
from .songs import Facts, Song, facts_of, not_found, song_from_json, song_to_json, united


class SongStore(Protocol):
    """One :class:`.songs.Song` per id."""

    def get(self, song_id: str) -> Song:
        """The song, or :class:`SongNotFound`."""
        ...

    def put(self, song: Song) -> None:
        """Store a song, replacing what was known under its id; its history is added to what is there."""
        ...

    def put_all(self, songs: Iterable[Song]) -> int:
        """Store many songs as :meth:`put` does, and say how many they were."""
        ...

    def add_render(self, song_id: str, render: dict[str, Any]) -> None:
        """Add a :func:`.songs.render_record` to a song's history; :class:`SongNotFound` when it is not there."""
        ...

    def remove(self, song_id: str) -> None:
        """Forget a song; :class:`SongNotFound` when it is not there."""
        ...

    def ids(self) -> tuple[str, ...]:
        """All ids in alphabetical order."""
        ...

    def facts(self) -> tuple[Facts, ...]:
        """What lists show of all songs, in the order of their ids."""
        ...

    def similar(self, song_id: str, n: int = 10) -> tuple[feel.Similar, ...]:
        """The songs most like one, nearest first, at most ``n``.

        Raises
        ------
        SongNotFound
            When the song is not there.
        LibraryError
            When nothing is known of how it sounds.
        """
        ...

    def check(self) -> tuple[str, ...]:
        """What is wrong with the library, in words; empty when every song is whole and found by its numbers."""
        ...

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Keep the library open over several calls: faster, and nobody else comes between them."""
        ...


class MemoryStore:
    """A store that lasts as long as the process: for one-off jobs and for tests."""

    def __init__(self) -> None:
        self._songs: dict[str, str] = {}

    def get(self, song_id: str) -> Song:
        """See :class:`SongStore`."""
        try:
            return song_from_json(self._songs[song_id])
        except KeyError:
            raise not_found(song_id) from None

    def put(self, song: Song) -> None:
        """See :class:`SongStore`."""
        known = self.get(song.song_id).history if song.song_id in self._songs else []
        self._songs[song.song_id] = song_to_json(song.replace(history=united(known, song.history)))

    def put_all(self, songs: Iterable[Song]) -> int:
        """See :class:`SongStore`."""
        count = 0
        for song in songs:
            self.put(song)
            count += 1
        return count

    def add_render(self, song_id: str, render: dict[str, Any]) -> None:
        """See :class:`SongStore`."""
        song = self.get(song_id)
        self.put(song.replace(history=[*song.history, render]))

    def remove(self, song_id: str) -> None:
        """See :class:`SongStore`."""
        if self._songs.pop(song_id, None) is None:
            raise not_found(song_id)

    def ids(self) -> tuple[str, ...]:
        """See :class:`SongStore`."""
        return tuple(sorted(self._songs))

    def facts(self) -> tuple[Facts, ...]:
        """See :class:`SongStore`."""
        return tuple(facts_of(self.get(name)) for name in self.ids())

    def similar(self, song_id: str, n: int = 10) -> tuple[feel.Similar, ...]:
        """See :class:`SongStore`."""
        song = self.get(song_id)
        here = feel.embed(song)
        check_known(song_id, here)
        others = [self.get(name) for name in self._songs if name != song_id]
        found = [feel.compare(here, feel.embed(other), facts_of(song), facts_of(other)) for other in others]
        return nearest(found, n)

    def check(self) -> tuple[str, ...]:
        """See :class:`SongStore`."""
        problems: list[str] = []
        for name in self._songs:
            try:
                self.get(name)
            except LibraryError as error:
                problems.append(f"'{name}': {error.message}")
        return tuple(problems)

    def held(self) -> contextlib.AbstractContextManager[None]:
        """See :class:`SongStore`."""
        return contextlib.nullcontext()


def every(store: SongStore) -> Iterator[Song]:
    """All songs of a store, one at a time."""
    for name in store.ids():
        yield store.get(name)


def check_known(song_id: str, vector: list[float]) -> None:
    """Raise LibraryError when the numbers say that nothing is known of the song's sound."""
    if vector[-1] >= feel.FAR:
        raise LibraryError(f"Nothing is known of how '{song_id}' sounds.", hint="Analyse it once.")


def nearest(found: Iterable[feel.Similar], n: int) -> tuple[feel.Similar, ...]:
    """The ``n`` nearest, without those of which nothing is known."""
    near = sorted((s for s in found if s.distance < feel.FAR), key=lambda s: (s.distance, s.song_id))
    return tuple(near[: max(0, n)])
