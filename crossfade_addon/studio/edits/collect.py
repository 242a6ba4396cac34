# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist's changes: what differs from the record, and what was changed before and still is as they left it."""

from __future__ import annotations

from typing import Any

from . import blocks, markers, record
from .reading import Reader, Reading, differs, keep
from .record import Edit

_LISTED = ("objects", "collections")
"""Kinds of which a missing datablock was deleted; others vanish when nothing uses them."""
_REMOVABLE, _CUSTOM = ("curve|", "driver|", "strip|", "track|", "="), '"]'
"""Keys of what the artist can take away; the ending is that of custom properties."""
_WITH_ANOTHER = ("node_tree.nodes", "shape_keys.", "pose.bones", "layer|")
"""Keys of what comes with something else."""


def collect(noted: record.Record | None = None) -> tuple[Edit, ...]:
    """All changes of the artist's in this file, also those that have no place in the show that stands.

    ``noted`` is the record of the show, read from the file when it is not given.
    """
    noted = noted or record.read()
    if noted is None:
        return ()
    standing, reader = blocks.standing(), Reader()
    found: dict[tuple[str, str, str], Edit] = {}
    for identity, was in noted.built.items():
        block = standing.get(identity)
        if block is None:
            edits = [Edit(identity, "deleted", fps=noted.fps)] if identity[0] in _LISTED else []
        else:
            edits = _changes(identity, block, was, reader.read(block), noted.fps)
        found.update({edit.identity: edit for edit in edits})
    for edit in noted.edits:
        if edit.identity not in found and _lasts(edit, standing, reader):
            found[edit.identity] = edit
    return tuple(found.values())


def look_through() -> tuple[Edit, ...]:
    """Collect the artist's changes and note them in the file."""
    found = collect()
    record.write_edits(found)
    return found


def _changes(identity: blocks.Identity, block: Any, was: Reading, now: Reading, fps: float) -> list[Edit]:
    if was == now:
        return []
    found = []
    for key in {**was, **now}:
        before, after = was.get(key), now.get(key)
        is_same = before == after and (key in was) == (key in now)
        if is_same or key.startswith("marker|"):
            continue
        gone = key in was and key not in now and (key.startswith(_REMOVABLE) or key.endswith(_CUSTOM))
        if gone or (key in now and differs(key, before, after) and not _follows(key, was)):
            of = before if key.startswith(("strip|", "track|")) else None
            found.append(Edit(identity, key, keep(block, key, after), of, fps))
    seen = [{k: v for k, v in reading.items() if k.startswith("marker|")} for reading in (was, now)]
    found += [Edit(identity, key, value, of, fps) for key, of, value in markers.paired(*seen)]
    return found


def _follows(key: str, was: Reading) -> bool:
    """Whether something is new only because something else is: a node's settings come with the node."""
    return key not in was and key.startswith(_WITH_ANOTHER) and not key.endswith(_CUSTOM)


def _lasts(edit: Edit, standing: dict[blocks.Identity, Any], reader: Reader) -> bool:
    """Whether a change noted before is still one, although nothing differs from what was built."""
    if not edit.is_placed:
        return True
    if edit.key.startswith(("marker|", "strip|", "track|")) or edit.key in ("deleted", "shape", "nodes"):
        return False
    block = standing.get(edit.block)
    if block is None:
        return True
    now = reader.read(block)
    if edit.value is None:
        return edit.key not in now
    return edit.key in now and keep(block, edit.key, now[edit.key]) == edit.value
