# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel knows of the song library: its songs, and those that are like this one. A worker finds it out."""

from collections.abc import Iterable, Iterator
from typing import Any

import bpy
from bpy.props import CollectionProperty, FloatProperty, StringProperty

MOST_SUGGESTIONS = 200
"""More would fill the menu and not help: the user types on."""

_songs: list[tuple[str, str]] = []
"""(id, "Artist - Title") of all songs as last asked for. Not in Blender's data, so that searching stays instant."""


class CrossfadeSimilarSong(bpy.types.PropertyGroup):
    """A song of the library that is like the one at hand."""

    song_id: StringProperty(name="Song ID", description="Its name in the library")
    label: StringProperty(name="Song", description="Artist and title")
    bpm: FloatProperty(name="BPM", description="Its beats per minute; 0 when there is no beat to follow")
    why: StringProperty(name="Why", description="What is alike, and what is not")
    look: StringProperty(name="Look", description="The look of its newest show, as JSON; empty when it has none")


class CrossfadeLibraryState(bpy.types.PropertyGroup):
    """What the last look into the library found."""

    asked: StringProperty(
        name="Asked", description="The id of the song whose similar songs were found", options={"SKIP_SAVE"}
    )
    similar: CollectionProperty(
        type=CrossfadeSimilarSong, name="Similar Songs", description="Nearest first", options={"SKIP_SAVE"}
    )


def fill_songs(songs: Iterable[tuple[str, str]]) -> None:
    """Take over which songs there are, for :func:`suggest_songs`."""
    _songs[:] = [(song_id, name) for song_id, name in songs]


def fill_similar(state: Any, asked: str, similar: Iterable[dict[str, Any]]) -> None:
    """List the songs that are like the one asked for, as :mod:`..library.questions` describes them."""
    import json

    state.asked = asked
    state.similar.clear()
    for found in similar:
        item = state.similar.add()
        item.song_id, item.label = found["song_id"], found["name"] or found["song_id"]
        item.bpm, item.why = found["bpm"], "; ".join(found["why"])
        item.look = json.dumps(found["look"]) if found["look"] is not None else ""


def suggest_songs(settings: Any, _context: Any, text: str) -> Iterator[tuple[str, str]]:
    """Ids of the library's songs with this text in id, artist or title; all while the id is as it was."""
    wanted, left = "" if text == settings.song_id else text.casefold(), MOST_SUGGESTIONS
    for song_id, name in _songs:
        if wanted in song_id.casefold() or wanted in name.casefold():
            yield song_id, name
            left -= 1
            if not left:
                return
