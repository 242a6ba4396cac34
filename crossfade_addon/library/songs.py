# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs and what was learned about them, as plain data that JSON can hold."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import Any, cast

from ..errors import LibraryError, SongNotFound

SCHEMA = 1
MOST_RENDERS = 50
"""Renders that a song remembers; the oldest give way."""
LOOK = ("theme", "mode", "seed", "intensity", "avatar", "studio", "actions")
"""What of a brief makes the look of a show."""
_KINDS = {
    str: "text",
    float: "a finite number",
    int: "a whole number",
    dict: "an object",
    list: "a list",
}


@dataclass(frozen=True, slots=True)
class Song:
    """One song of the library.

    ``analysis`` is the director's own JSON data for exactly the audio whose SHA-256 is ``audio_sha256``.
    ``grid_edits`` are the corrections of the beat grid that a person made, as JSON data, and ``heard_beats`` is the
    grid they start from (empty when it is the analysis' own); ``stems`` are files by kind. ``analysis_key`` says which
    corrections and stems the analysis was made with, empty for none.

    ``lyrics`` are timed words, ``{"lines": [{"start", "end", "text", "words": [{"start", "end", "text"}]}],
    "language"}`` in seconds; ``hints`` what another program said about the song (see :mod:`.mixer`); ``history`` the
    renders made of it, oldest first (:func:`render_record`). A history only grows: stores add to it and drop nothing
    but what is older than the newest :data:`MOST_RENDERS`.

    Versions that do not know a field leave it out when they store the song.
    """

    song_id: str
    title: str = ""
    artist: str = ""
    audio_sha256: str = ""
    duration_sec: float = 0.0
    bpm: float = 0.0
    analyser: str = ""
    director_version: str = ""
    analysis: dict[str, Any] = field(default_factory=dict[str, Any])
    grid_edits: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    heard_beats: dict[str, Any] = field(default_factory=dict[str, Any])
    stems: dict[str, str] = field(default_factory=dict[str, str])
    analysis_key: str = ""
    schema: int = SCHEMA
    isrc: str = ""
    lyrics: dict[str, Any] = field(default_factory=dict[str, Any])
    hints: dict[str, Any] = field(default_factory=dict[str, Any])
    history: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def replace(self, **changes: Any) -> Song:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    @property
    def sections(self) -> list[dict[str, Any]]:
        """Parts of the song: those that were heard, else those that another program found."""
        return self.analysis.get("sections") or self.hints.get("sections") or []

    @property
    def key(self) -> str:
        """The key as ``"A minor"``; empty when unknown."""
        found = self.analysis.get("key")
        heard = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
        if heard.get("tonic"):
            return f"{heard['tonic']} {heard.get('mode', '')}".strip()
        return str(self.hints.get("key", ""))


@dataclass(frozen=True, slots=True)
class Facts:
    """What lists show of a song."""

    song_id: str
    title: str = ""
    artist: str = ""
    isrc: str = ""
    bpm: float = 0.0
    key: str = ""
    duration_sec: float = 0.0
    audio_sha256: str = ""


def facts_of(song: Song) -> Facts:
    """The facts of a whole song."""
    return Facts(
        song.song_id, song.title, song.artist, song.isrc, song.bpm, song.key, song.duration_sec, song.audio_sha256
    )


def not_found(song_id: str) -> SongNotFound:
    """The error for an unknown id."""
    return SongNotFound(f"Song '{song_id}' is not in the library.", hint="Analyse it once to add it.")


# ---------------------------------------------------------------------------------------------- JSON


def song_to_json(song: Song, *, without: tuple[str, ...] = ()) -> str:
    """One line of JSON, with some fields left out."""
    # Not asdict, which copies every number: DJ sets have millions.
    names = (f.name for f in dataclasses.fields(song) if f.name not in without)
    return fit(json.dumps({name: getattr(song, name) for name in names}, ensure_ascii=False, separators=(",", ":")))


def fit(text: str) -> str:
    """Text without the halves of characters that broken tags leave, which no file and no database takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


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
        song = Song(**{k: v for k, v in data.items() if k in known})
        _check_kinds(song)
    except (ValueError, TypeError, AttributeError) as error:
        raise LibraryError(
            f"A song record in the library is damaged: {error}.", hint="Analyse the song again."
        ) from error
    return song


def _check_kinds(song: Song) -> None:
    """Raise ValueError when a field holds something else than it should."""
    for spec in dataclasses.fields(Song):
        value = getattr(song, spec.name)
        blank: Any = spec.default_factory() if spec.default_factory is not dataclasses.MISSING else spec.default
        kind = cast("type[Any]", str if spec.name == "song_id" else type(blank))
        if kind is float:
            is_right = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        else:
            is_right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        if not is_right:
            raise ValueError(f"{spec.name} is not {_KINDS[kind]}")
    if not song.song_id:
        raise ValueError("song_id is empty")
    history: list[Any] = list(song.history)
    if not all(isinstance(render, dict) and "id" in render and isinstance(render["id"], str) for render in history):
        raise ValueError("history holds something that is no render")


# ------------------------------------------------------------------------------------------- renders


def render_record(
    *, at: str, brief: dict[str, Any], outputs: dict[str, dict[str, Any]], passed: bool, problems: list[str]
) -> dict[str, Any]:
    """One render for a song's history.

    Parameters
    ----------
    at : str
        When it ended, ISO 8601 in UTC with microseconds (``2026-11-25T19:04:44.123456+00:00``).
    brief : dict
        What was asked for, as plain data.
    outputs : dict
        Deliverable to ``{"file", "sha256", "bytes"}``.
    passed : bool
        Whether every deliverable was proven right.
    problems : list of str
        What was not right; the first twenty are kept.
    """
    content = {"at": at, "brief": brief, "outputs": outputs, "passed": passed, "problems": problems[:20]}
    # Two machines may end at the same microsecond: what they made tells them apart.
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {"id": f"{at}/{digest[:8]}", **content}


def united(*histories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Histories as one: every render once, oldest first, the newest :data:`MOST_RENDERS`."""
    renders = {str(render.get("id", "")): render for history in histories for render in history}
    return [renders[name] for name in sorted(renders)][-MOST_RENDERS:]


def look_of(song: Song) -> dict[str, Any]:
    """The look of the song's newest show: the fields of :data:`LOOK` from its brief.

    Raises
    ------
    LibraryError
        When nothing was rendered of it yet.
    """
    if not song.history:
        raise LibraryError(
            f"Song '{song.song_id}' has no look yet: nothing was rendered of it.", hint="Choose a song with a render."
        )
    brief = song.history[-1].get("brief")
    if not isinstance(brief, dict):
        raise LibraryError(f"The newest render of '{song.song_id}' is damaged.", hint="Render it again.")
    return {name: brief[name] for name in LOOK if name in brief}


def look_arguments(look: dict[str, Any]) -> list[tuple[str, str]]:
    """A look as options of the command line with their values."""
    return [(f"--{name}", str(value)) for name, value in look.items() if value not in ("", None, "None")]
