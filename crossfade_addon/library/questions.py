# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel and the command line ask the library, answered as plain data by the worker.

=======  ==================================================================================================
ask      answer
=======  ==================================================================================================
songs    ``{"songs": [[id, "Artist - Title"], ...]}``, in the order of their ids
similar  that, and ``"similar": [{"song_id", "name", "bpm", "distance", "why": [...], "look"}, ...]``, nearest
         first; ``look`` as :func:`.songs.look_of` gives it, None for a song that was never rendered
look     ``{"look": {...}}``
=======  ==================================================================================================
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from ..errors import LibraryError
from .places import server_of
from .songs import Facts, look_of
from .stores import SongStore

ASKS = ("songs", "similar", "look")


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Parameters
    ----------
    ask : str
        One of :data:`ASKS`.
    song_id : str
        The song that it is about, for all but ``songs``.
    n : int
        How many similar songs.
    """

    ask: str
    song_id: str = ""
    n: int = 5


def check_place(place: Path | str) -> None:
    """Raise LibraryError for a folder that is not there: opening would make it, and a wrong path would hide."""
    folder = Path(place).expanduser()
    if not server_of(place) and not folder.is_dir():
        raise LibraryError(
            f"There is no song library in '{folder}'.",
            hint="Analyse a song to begin one, or give its folder: --library, or the add-on's preferences.",
        )


def answer(store: SongStore, question: Question) -> dict[str, Any]:
    """The answer, from an open library.

    Raises
    ------
    LibraryError
        When the library is empty, does not know the song or nothing of its sound, or a look is asked for that is none.
    """
    if question.ask == "look":
        return {"look": look_of(store.get(question.song_id))}
    with store.held():
        facts = store.facts()
        if not facts:
            raise LibraryError("The song library is empty.", hint="Analyse songs to fill it.")
        songs = [[f.song_id, name_of(f)] for f in facts]
        if question.ask == "songs":
            return {"songs": songs}
        known = {f.song_id: f for f in facts}
        similar = [
            {
                "song_id": found.song_id,
                "name": name_of(known[found.song_id]),
                "bpm": known[found.song_id].bpm,
                "distance": found.distance,
                "why": list(found.why),
                "look": _look(store, found.song_id),
            }
            for found in store.similar(question.song_id, question.n)
            if found.song_id in known  # on a server, others may add songs meanwhile
        ]
    return {"songs": songs, "similar": similar}


def name_of(facts: Facts) -> str:
    """``Artist - Title``, as far as they are known; empty when neither is."""
    return " - ".join(filter(None, (facts.artist, facts.title)))


def _look(store: SongStore, song_id: str) -> dict[str, Any] | None:
    """The song's look; None when there is none, also because its record is damaged."""
    try:
        return look_of(store.get(song_id))
    except LibraryError:
        return None
