# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist's changes in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..ownership import PREFIX
from .record import Edit

_MOVED = frozenset({"location", "rotation_euler", "rotation_quaternion", "scale", "delta_location", "delta_scale"})
_SAID = {
    "name": "renamed",
    "deleted": "deleted",
    "shape": "shape changed",
    "nodes": "nodes changed",
    "slots": "materials changed",
    "held": "moved to another collection",
    "eyes": "shown or hidden",
    "data": "data replaced",
    "hide_render": "shown or hidden",
    "hide_viewport": "shown or hidden",
    "hide_select": "made selectable or not",
    "color": "colour changed",
    "diffuse_color": "colour changed",
    "lens": "lens changed",
    "shift_x": "lens shift changed",
    "shift_y": "lens shift changed",
    "energy": "energy changed",
    "parent": "parent changed",
    "animation_data.action": "action changed",
    "node_tree.animation_data.action": "action of its nodes changed",
    "shape_keys.animation_data.action": "action of its shape keys changed",
    "=modifiers": "modifiers changed",
    "=constraints": "constraints changed",
}
_NAMED = 3


def name_of(edit: Edit) -> str:
    """What people call the datablock."""
    kind, name = edit.block
    name = name.removeprefix(PREFIX)
    return f"camera {name}" if kind == "cameras" else name


def sentence(edit: Edit) -> str:
    """One change, as ``9:16 hero: moved``."""
    return f"{name_of(edit)}: {_what(edit)}"


def sentences(edits: Sequence[Edit]) -> list[str]:
    """What was kept, and what has no place in this show."""
    placed = [edit for edit in edits if edit.is_placed]
    homeless = [edit for edit in edits if not edit.is_placed]
    found = []
    if placed:
        found.append(f"Kept {_count(placed)} of yours: {_listed(placed)}")
    if homeless:
        verb = "has" if len(homeless) == 1 else "have"
        found.append(f"{_count(homeless)} of yours {verb} no place in this show and will wait: {_listed(homeless)}")
    return found


def earlier(scenes: Sequence[str]) -> str:
    """What became of a show without a record, which stays in these scenes."""
    return (
        "The show in this file is of an earlier version, which did not note what you changed. It is yours now, in "
        f"{' and '.join(scenes)}; take over from it what you need, then delete it"
    )


def _count(edits: Sequence[Edit]) -> str:
    return "1 change" if len(edits) == 1 else f"{len(edits)} changes"


def _listed(edits: Iterable[Edit]) -> str:
    said = list(dict.fromkeys(sentence(edit) for edit in edits))
    more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return ", ".join(said[:_NAMED]) + more


def _what(edit: Edit) -> str:
    key, value = edit.key, edit.value
    if key in _SAID:
        return _SAID[key]
    if key in _MOVED:
        return "moved"
    head, _, rest = key.partition("|")
    if head == "curve":
        _, path, _ = rest.split("|")
        return f"curve of {_plain(path)} {'removed' if value is None else 'edited'}"
    if head == "driver":
        return f"driver of {_plain(rest.split('|')[1])} {'removed' if value is None else 'changed'}"
    if head in ("strip", "track", "marker"):
        thing = {"strip": "strip", "track": "track", "marker": "marker"}[head]
        of = edit.was or value or {}
        return f"{thing} {of.get('name', '')} {_fate(edit)}"
    if head == "layer":
        return f"view layer shows {rest.split('|')[-1].removeprefix(PREFIX)} otherwise"
    if "constraints" in key:
        return "constraints changed"
    if key.startswith("pose.bones"):
        return f"bone {key.split(chr(34))[1]} posed"
    if key.startswith("shape_keys.key_blocks"):
        return f"shape key {key.split(chr(34))[1]} changed"
    if key == "song":
        return "song removed from the timeline"
    if key.startswith("node_tree.nodes"):
        return f"node {key.split(chr(34))[1]} changed"
    return f"{_plain(key)} changed"


def _fate(edit: Edit) -> str:
    if edit.was is None:
        return "added"
    if edit.value is None:
        return "deleted"
    if edit.was.get("name") != edit.value.get("name"):
        return f"renamed {edit.value.get('name')}"
    places = ("frame", "frame_start", "frame_end", "track")
    return "moved" if any(edit.was.get(k) != edit.value.get(k) for k in places) else "changed"


def _plain(path: str) -> str:
    """A setting's path as words."""
    return path.rpartition(".")[2].strip('[]"').replace("_", " ")
