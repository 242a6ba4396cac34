# SPDX-License-Identifier: GPL-3.0-or-later
"""What was heard in a song before any correction, kept small, so that a correction shows at once in any process.

The worker writes it beside the song's job files; the panel takes it into the .blend. :func:`corrected` makes of it,
without the sound, what the next run hears anew from the sound: the grid exactly so, and parts and moments as they were
last found.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..content import write_whole
from ..errors import BriefError, DirectorError
from ..names import json_text
from ..timeline import Audio, Beats, Meta, Timeline, from_dict, to_dict
from . import corrected_grid, corrected_parts, corrections
from .corrections import Correction

if TYPE_CHECKING:
    from .analysis import SongAnalysis

_MOST_LEVELS = 10_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A song as it was heard.

    Parameters
    ----------
    song : Timeline
        Who it is, beats without corrections, and parts and moments as found on the corrected beats of the last run.
    levels : dict of arrays (n,)
        As :func:`.picture.song_levels` gives them.
    corrections : tuple of Correction
        Those that the last run used.
    """

    song: Timeline
    levels: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    corrections: tuple[Correction, ...] = ()


def heard_in(
    analysis: SongAnalysis, beats: Beats, meta: Meta, levels: dict[str, NDArray[Any]], used: Iterable[Correction]
) -> Heard:
    """What is kept of an analysis; ``beats`` is the grid before corrections."""
    return Heard(
        Timeline(meta, Audio("", analysis.sections, analysis.key), beats, analysis.events), dict(levels), tuple(used)
    )


def corrected(heard: Heard, edits: Iterable[Correction]) -> Timeline:
    """The song with these corrections (all of them: not on top of those of the last run)."""
    todo, song = tuple(edits), heard.song
    beats = corrected_grid.apply(song.beats, todo, song.meta.duration_sec)
    sections, events = corrected_parts.apply(song.audio.sections, song.events, todo, beats, heard.levels.get("energy"))
    return dataclasses.replace(
        song,
        meta=dataclasses.replace(song.meta, bpm=beats.bpm),
        audio=dataclasses.replace(song.audio, sections=sections),
        beats=beats,
        events=events,
    )


def dumps(heard: Heard) -> str:
    """As JSON text."""
    song = to_dict(heard.song)
    for name in ("signals", "camera", "avatar", "lighting", "lyrics", "clips"):
        del song[name]
    levels = {name: _packed(values) for name, values in heard.levels.items()}
    return json_text(
        {"song": song, "levels": levels, "corrections": [corrections.to_json(c) for c in heard.corrections]},
        separators=(",", ":"),
    )


def loads(text: str, *, where: str) -> Heard:
    """What :func:`dumps` wrote; a correction of a newer version is left out.

    Raises
    ------
    DirectorError
        When it is damaged, or of a newer version.
    """
    try:
        data = json.loads(text)
        song = from_dict(data["song"], where=where)
        levels = {str(name): _unpacked(values) for name, values in data["levels"].items()}
        used = [_readable(item) for item in data["corrections"]]
    except (DirectorError, ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise DirectorError(
            f"What was heard in the song ({where}) cannot be read: {error}", hint="Analyse the song again."
        ) from error
    return Heard(song, levels, tuple(c for c in used if c is not None))


def _readable(data: Any) -> Correction | None:
    try:
        return corrections.from_json(data)
    except BriefError:
        return None


def _packed(values: NDArray[Any]) -> str:
    small = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return base64.b64encode(zlib.compress(small.tobytes())).decode("ascii")


def _unpacked(text: str) -> NDArray[np.float32]:
    # Bounded: a file of the user's may come from anyone.
    data = zlib.decompressobj().decompress(base64.b64decode(text), _MOST_LEVELS)
    return np.frombuffer(data, np.uint8).astype(np.float32) / 255


def save(heard: Heard, path: Path) -> None:
    """Write the file, whole or not at all."""
    write_whole(path, dumps(heard) + "\n")
