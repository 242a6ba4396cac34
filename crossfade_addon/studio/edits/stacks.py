# SPDX-License-Identifier: GPL-3.0-or-later
"""Modifiers and constraints: a stack is kept whole, as plain data, when the artist changed anything in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import blocks, values

_STACKS = ("modifiers", "constraints")
_POSE = "pose.bones"


def read(ob: Any, moved: values.Moved) -> dict[str, Any]:
    """The stacks of an object and of its bones, by path, empty ones too."""
    found = {name: _items(ob, name, name, moved) for name in _STACKS}
    if ob.pose is not None:
        for bone in ob.pose.bones:
            path = f'{_POSE}["{bone.name}"].constraints'
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
        whole = not values.write(found, item["settings"], lookup) and whole
        stack.move(stack.find(found.name), index)
    return whole


def _items(owner: Any, name: str, path: str, moved: values.Moved) -> list[dict[str, Any]]:
    return [
        {"name": item.name, "type": item.type, "settings": dict(_settings(item, f'{path}["{item.name}"].', moved))}
        for item in getattr(owner, name)
    ]


def _settings(item: Any, prefix: str, moved: values.Moved) -> Iterator[tuple[str, Any]]:
    inside = {(path.removeprefix(prefix), index) for path, index in moved if path.startswith(prefix)}
    yield from values.read(item, inside).items()
    if item.type == "NODES":
        yield from values.custom(item, inside).items()
