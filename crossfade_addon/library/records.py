# SPDX-License-Identifier: GPL-3.0-or-later
"""A song as ChromaDB's flat metadata, and back.

``record`` is the song's JSON with the fields of the first version, as that version wrote it; later fields have keys of
their own. ChromaDB merges metadata, so a version that does not know a key leaves it alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from typing import Any

from ..errors import LibraryError
from .songs import Facts, Song, fit, song_from_json, song_to_json, united

RENDER = "render:"
"""How the keys of renders begin: one key for each, so that two machines can add theirs at once."""
ANCHOR_SIZE = 16
_APART = ("isrc", "lyrics", "hints", "history")


def metadata_of(song: Song) -> dict[str, Any]:
    """What ChromaDB keeps of a song; None takes away what was there."""
    apart = {name: fit(json.dumps(getattr(song, name), ensure_ascii=False)) for name in ("lyrics", "hints")}
    return {
        "schema": song.schema,
        "title": fit(song.title),
        "artist": fit(song.artist),
        "bpm": song.bpm,
        "duration_sec": song.duration_sec,
        "audio_sha256": song.audio_sha256,
        # Not the document: Chroma indexes every three letters of those, 13 s of CPU for a DJ set.
        "record": song_to_json(song, without=_APART),
        "isrc": song.isrc or None,
        **{name: text if getattr(song, name) else None for name, text in apart.items()},
        **dict(map(render_entry, united(song.history))),
    }


def render_entry(render: dict[str, Any]) -> tuple[str, str]:
    """Key and value of a render."""
    return fit(f"{RENDER}{render['id']}"), fit(json.dumps(render, ensure_ascii=False))


def song_of(metadata: dict[str, Any], document: str | None) -> Song:
    """The song that :func:`metadata_of`, or an older version, wrote."""
    metadata = metadata or {}
    # Libraries of the first version hold the record as the document.
    song = song_from_json(str(metadata.get("record") or document or ""))
    try:
        lyrics, hints = (json.loads(metadata.get(name) or "{}") for name in ("lyrics", "hints"))
        renders = [json.loads(text) for key, text in metadata.items() if key.startswith(RENDER)]
    except (ValueError, TypeError) as error:
        raise LibraryError(
            f"A song record in the library is damaged: {error}.", hint="Analyse the song again."
        ) from error
    return song.replace(isrc=metadata.get("isrc") or "", lyrics=lyrics, hints=hints, history=united(renders))


def facts_from(song_id: str, metadata: dict[str, Any]) -> Facts:
    names = {f.name for f in dataclasses.fields(Facts)} - {"song_id"}
    return Facts(song_id, **{k: v for k, v in metadata.items() if k in names})


def anchor(song_id: str) -> list[float]:
    """A vector of unit length that only this song has: it is found by it, or the index is damaged."""
    digest = hashlib.sha256(song_id.encode()).digest()
    vector = [int.from_bytes(digest[2 * k : 2 * k + 2], "big") / 65535 - 0.5 for k in range(ANCHOR_SIZE)]
    length = math.hypot(*vector) or 1.0
    return [v / length for v in vector]
