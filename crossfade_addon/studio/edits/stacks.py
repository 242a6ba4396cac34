# SPDX-License-Identifier: GPL-3.0-or-later
"""Modifiers and constraints: a stack is kept whole, as plain data, when the artist changed anything in it."""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat
from . import blocks, values

_STACKS = ("modifiers", "constraints")
_POSE = "pose.bones"
_INPUT, _TARGETS = "input ", "targets"
"""Settings under names of their own: what a node group is given (``input Socket_2``), bones of a constraint."""


def read(ob: Any, moved: values.Moved) -> dict[str, Any]:
    """The stacks of an object and of its bones, by path, empty ones too."""
    found = {name: _items(ob, name, name, moved) for name in _STACKS}
    if ob.pose is not None:
        for bone in ob.pose.bones:
            path = f'{_POSE}["{bpy.utils.escape_identifier(bone.name)}"].constraints'
            if items := _items(bone, "constraints", path, moved):
                found[path] = items
    return found


def differs(was: Any, now: Any) -> bool:
    """Whether the artist changed a stack."""
    was, now = was or [], now or []
    if [(i["name"], i["type"]) for i in was] != [(i["name"], i["type"]) for i in now]:
        return True
    pairs = zip(was, now, strict=True)
    return any(
        values.differs(a["settings"].get(path), value) for a, b in pairs for path, value in b["settings"].items()
    )


def write(ob: Any, path: str, wanted: list[dict[str, Any]] | None, lookup: blocks.Lookup) -> bool:
    """Make a stack the artist's; False when there is none here."""
    try:
        head, _, name = path.rpartition(".")
        stack = getattr(ob.path_resolve(head, False) if head else ob, name)
    except (ValueError, AttributeError):
        return False
    wanted = wanted or []
    names = {(item["name"], item["type"]) for item in wanted}
    for item in [item for item in stack if (item.name, item.type) not in names]:
        stack.remove(item)
    whole = True
    for index, item in enumerate(wanted):
        found = stack.get(item["name"])
        if found is None:
            found = stack.new(item["name"], item["type"]) if name == "modifiers" else stack.new(item["type"])
            found.name = item["name"]
        whole = _write_item(found, item, lookup) and whole
        stack.move(stack.find(found.name), index)
    return whole


def _items(owner: Any, name: str, path: str, moved: values.Moved) -> list[dict[str, Any]]:
    return [_item(item, f'{path}["{bpy.utils.escape_identifier(item.name)}"]', moved) for item in getattr(owner, name)]


def _item(item: Any, path: str, moved: values.Moved) -> dict[str, Any]:
    inside = {(name.removeprefix(path).removeprefix("."), index) for name, index in moved if name.startswith(path)}
    settings = values.read(item, inside)
    if item.type == "NODES":
        for name, place, value in compat.node_inputs(item):
            settings[_INPUT + name] = None if any(place == other for other, _ in inside) else _input(value)
    if hasattr(item, "targets"):
        settings[_TARGETS] = [values.read(target) for target in item.targets]
    return {"name": item.name, "type": item.type, "settings": settings}


def _input(value: Any) -> Any:
    return {"block": blocks.reference(value)} if isinstance(value, bpy.types.ID) else values.plain(value)


def _write_item(item: Any, wanted: dict[str, Any], lookup: blocks.Lookup) -> bool:
    settings = dict(wanted["settings"])
    targets = settings.pop(_TARGETS, None)
    inputs = {name: settings.pop(name) for name in list(settings) if name.startswith(_INPUT)}
    whole = not values.write(item, settings, lookup)
    for name, value in inputs.items():
        found = lookup.find(value["block"]) if isinstance(value, dict) else value
        whole = (found is None or compat.set_node_input(item, name.removeprefix(_INPUT), found)) and whole
    if targets is not None and targets != [values.read(target) for target in item.targets]:
        item.targets.clear()
        for target in targets:
            whole = not values.write(item.targets.new(), target, lookup) and whole
    return whole
