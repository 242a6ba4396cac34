# SPDX-License-Identifier: GPL-3.0-or-later
"""What is noted in the .blend: the show as built, and the artist's changes that were put into it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .. import ownership
from . import blocks
from .reading import Reading

_RECORD = ownership.RECORD
_EDITS = "crossfade_edits_kept"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of the artist's.

    Parameters
    ----------
    block : (str, str)
        Kind and built name of the datablock.
    key : str
        What was changed, as in :mod:`.reading`; ``deleted`` for the datablock itself.
    value : Any
        As the artist left it, plain data; None when it was removed.
    was : Any
        Markers, tracks and strips: as they were built.
    fps : float
        Frames a second that its frames are counted in.
    is_placed : bool
        Whether it has a place in the show that stands.
    """

    block: blocks.Identity
    key: str
    value: Any = None
    was: Any = None
    fps: float = 0.0
    is_placed: bool = True

    @property
    def identity(self) -> tuple[str, str, str]:
        """What is changed, whatever to."""
        return (*self.block, self.key)

    def placed(self, is_placed: bool) -> Edit:
        """The same change, with or without a place in the show that stands."""
        return replace(self, is_placed=is_placed)


@dataclass(slots=True)
class Record:
    """The show as it was built, by datablock; empty when a show stands that an earlier version built."""

    built: dict[blocks.Identity, Reading]
    edits: tuple[Edit, ...] = ()
    fps: float = 0.0


def _carriers() -> list[Any]:
    """The scenes of ours: each carries all of it, since any of them may be deleted."""
    return [block for (kind, _), block in blocks.standing().items() if kind == "scenes"]


def write(record: Record) -> None:
    """Note the record in the file."""
    built = [[*identity, reading] for identity, reading in record.built.items()]
    packed = _packed({"built": built, "fps": record.fps})
    for scene in _carriers():
        scene[_RECORD] = packed
    write_edits(record.edits)


def write_edits(edits: Iterable[Edit]) -> None:
    """Note only the artist's changes."""
    packed = _packed([[e.block, e.key, e.value, e.was, e.fps, e.is_placed] for e in edits])
    for scene in _carriers():
        scene[_EDITS] = packed


def read() -> Record | None:
    """The record of the file, or None when there is none, or none that can be read."""
    scene = next((scene for scene in _carriers() if scene.get(_RECORD)), None)
    if scene is None:
        return None
    try:
        data = _unpacked(scene[_RECORD])
        built = {(kind, name): reading for kind, name, reading in data["built"]}
        return Record(built, read_edits(), float(data["fps"]))
    except (zlib.error, ValueError, TypeError, KeyError):
        return None


def read_edits() -> tuple[Edit, ...]:
    """The artist's changes as noted when the show was built or they were last looked for."""
    scene = next((scene for scene in _carriers() if scene.get(_EDITS)), None)
    if scene is None:
        return ()
    try:
        return tuple(Edit((b[0], b[1]), key, v, w, fps, ok) for b, key, v, w, fps, ok in _unpacked(scene[_EDITS]))
    except (zlib.error, ValueError, TypeError, KeyError):
        return ()


def _packed(data: Any) -> str:
    """As text: bytes in a custom property end at their first zero."""
    return base64.b85encode(zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 1)).decode("ascii")


def _unpacked(text: Any) -> Any:
    return json.loads(zlib.decompress(base64.b85decode(text)))
