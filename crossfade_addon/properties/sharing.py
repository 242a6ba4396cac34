# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the scenes that belong to one show are the same: what is changed in one is written into the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from .preflight import outdate

_mirroring = False


def mirror(settings: Any, _context: Any) -> None:
    """Keep the settings of all scenes that belong to one show the same, so that it matters not which is open."""
    outdate()
    if _mirroring or not settings.shared:
        return
    data = snapshot(settings)
    scene: Any
    for scene in bpy.data.scenes:
        if scene.crossfade.shared and scene != settings.id_data:
            restore(scene.crossfade, data)


def is_mirroring() -> bool:
    """Whether a change comes from another scene of the show, and not from the user."""
    return _mirroring


def snapshot(group: Any) -> dict[str, Any]:
    """A property group's values as plain data; None where the user set none, so that defaults stay defaults."""
    data: dict[str, Any] = {}
    for prop in group.bl_rna.properties:
        name = prop.identifier
        if name in ("rna_type", "name"):
            continue
        value = getattr(group, name)
        if prop.type == "POINTER":
            data[name] = snapshot(value)
        elif prop.type == "COLLECTION":
            data[name] = [snapshot(item) for item in value]
        else:
            data[name] = value if group.is_property_set(name) else None
    return data


def restore(group: Any, data: dict[str, Any]) -> None:
    """Write what :func:`snapshot` read into another group of the same kind, telling no other scene."""
    global _mirroring
    outer, _mirroring = _mirroring, True
    try:
        for name, value in data.items():
            if isinstance(value, dict):
                restore(getattr(group, name), value)
            elif isinstance(value, list):
                items = getattr(group, name)
                items.clear()
                for item in value:
                    restore(items.add(), item)
            elif value is None:
                group.property_unset(name)
            else:
                setattr(group, name, value)
    finally:
        _mirroring = outer


def share(data: dict[str, Any], scenes: Iterable[Any]) -> None:
    """Give these scenes the same settings, from now on."""
    for scene in scenes:
        restore(scene.crossfade, {**data, "shared": True})
