# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a datablock as plain data, by RNA path; numbers that animation moves are None."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from typing import Any

import bpy

from . import blocks, ramps

Moved = Set[tuple[str, int]]
"""RNA path and index of what animation moves."""

_STRUCTURES = (
    "cycles display display_settings dof eevee lineart mist_settings render shading stereo unit_settings view_settings"
)
"""Structures of a datablock that are read, too."""
_LEFT_OUT = (
    # What is told elsewhere, what follows from other settings, and what is a state of the window only.
    "name name_full rna_type use_fake_user tag mode select id_root session_uid matrix_world matrix_local matrix_basis "
    "dimensions angle angle_x angle_y use_nodes camera frame_current frame_float frame_subframe use_extra_user "
    "is_embedded_data wireframe_color_type show_expanded show_in_editmode is_active use_pin_to_last "
    "frame_range "
    # The Output panel's:
    "frame_start frame_end filepath use_file_extension use_overwrite use_placeholder "
    # What the show's own engine settings write again with each job:
    "use_persistent_data"
)
_INTO, _NOT = frozenset(_STRUCTURES.split()), frozenset(_LEFT_OUT.split())
_FIRST = (
    "type",
    "rotation_mode",
    "parent",
    "parent_type",
    "parent_bone",
    "lens_unit",
    "data",
    "slider_min",
    "slider_max",
)
Names = frozenset[str]
_specs: dict[tuple[str, Names | None, Names], list[tuple[str, str]]] = {}


def _spec(struct: Any, only: Names | None, but: Names) -> list[tuple[str, str]]:
    """Name and way of reading of each wanted setting of a kind of structure."""
    kind = struct.bl_rna
    found = _specs.get((kind.identifier, only, but))
    if found is None:
        # Whoever reads a choice of Cycles' makes it look for graphics cards.
        simple = [p for p in kind.properties if not (p.type == "ENUM" and kind.identifier.startswith("Cycles"))]
        wanted = ((prop.identifier, _way(prop)) for prop in simple)
        found = [(name, way) for name, way in wanted if way and name not in _NOT and not name.startswith("active_")]
        found = [(name, way) for name, way in found if name not in but and (only is None or name in only)]
        _specs[kind.identifier, only, but] = found
    return found


def _way(prop: Any) -> str:
    if prop.type == "POINTER":
        target = getattr(bpy.types, prop.fixed_type.identifier, None)
        if target is not None and issubclass(target, bpy.types.ID):
            return "" if prop.is_readonly else "block"
        if prop.fixed_type.identifier in ramps.KINDS:
            return "ramp"
        return "into" if prop.identifier in _INTO else ""
    if prop.is_readonly or prop.type == "COLLECTION":
        return ""
    if prop.type == "ENUM":
        return "set" if prop.is_enum_flag else "plain"
    return "array" if getattr(prop, "is_array", False) else "plain"


def read(
    struct: Any,
    moved: Moved = frozenset(),
    prefix: str = "",
    *,
    only: Names | None = None,
    but: Names = frozenset(),
) -> dict[str, Any]:
    """Settings of a structure and of those inside it.

    Parameters
    ----------
    moved : set
        What animation moves, as paths below the datablock.
    prefix : str
        Path of the structure below its datablock, with a dot at its end.
    only, but : frozenset of str
        Names of the settings that are wanted, None for all, and of those that are not.
    """
    found: dict[str, Any] = {}
    for name, way in _spec(struct, only, but):
        path = prefix + name
        value = getattr(struct, name)
        if way == "into":
            if value is not None:
                found.update(read(value, moved, path + "."))
        elif way == "block":
            found[path] = {"block": blocks.reference(value)}
        elif way == "ramp":
            if value is not None:
                found[path] = ramps.read(value)
        elif way == "set":
            found[path] = sorted(value)
        elif way == "array":
            found[path] = _still(path, plain(value), moved)
        else:
            found[path] = None if (path, 0) in moved else value
    return found


def custom(block: Any, moved: Moved = frozenset(), prefix: str = "") -> dict[str, Any]:
    """The user's custom properties that are plain data; ours and other add-ons' settings are not looked at."""
    found: dict[str, Any] = {}
    registered = block.bl_rna.properties
    for name in block.keys():  # noqa: SIM118
        if name.startswith(("crossfade", "cycles", "_")) or name in registered:
            continue
        path = f'{prefix}["{bpy.utils.escape_identifier(name)}"]'
        value = plain(block[name])
        if isinstance(value, bpy.types.ID):
            found[path] = {"block": blocks.reference(value)}
        elif isinstance(value, (bool, int, float, str, list)) and _is_plain(value):
            found[path] = _still(path, value, moved) if isinstance(value, list) else value
            if (path, 0) in moved and not isinstance(value, list):
                found[path] = None
    return found


def plain(value: Any) -> Any:
    """Vectors, matrices and arrays as lists."""
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if hasattr(value, "to_list"):
        return value.to_list()
    if hasattr(value, "__len__") and not hasattr(value, "keys"):
        return [plain(item) for item in value]
    return value


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _still(path: str, value: list[Any], moved: Moved) -> list[Any]:
    """The components that nothing moves; the others None."""
    if not moved or not any(path == name for name, _ in moved):
        return value
    return [None if (path, index) in moved else item for index, item in enumerate(value)]


def differs(was: Any, now: Any) -> bool:
    """Whether the artist changed a setting: what moves now has no value, what moved before and is still has one."""
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        return any(n is not None and n != w for w, n in zip(was, now, strict=True))
    return now is not None and now != was


def write(block: Any, settings: Mapping[str, Any], lookup: blocks.Lookup) -> list[str]:
    """Set what can be set; returns the paths that could not."""
    return [path for path in sorted(settings, key=rank) if not write_one(block, path, settings[path], lookup)]


def rank(path: str) -> int:
    """Place of a setting in the order of writing: those that change the meaning of others come first."""
    name = path.rpartition(".")[2]
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def write_one(block: Any, path: str, value: Any, lookup: blocks.Lookup) -> bool:
    """Set one setting by its path below the block; False when there is no such thing here."""
    try:
        owner, name = _owner(block, path)
        is_block = isinstance(value, dict) and "block" in value
        target = lookup.find(value["block"]) if is_block else None
        if name.startswith('["'):
            return _write_custom(owner, bpy.utils.unescape_identifier(name[2:-2]), target if is_block else value)
        if is_block:
            if getattr(owner, name) != target:
                setattr(owner, name, target)
            return True
        if isinstance(value, dict):
            ramps.write(getattr(owner, name), value)
            return True
        prop = owner.bl_rna.properties[name]
        if prop.type == "ENUM" and prop.is_enum_flag:
            setattr(owner, name, set(value))
        elif isinstance(value, list):
            old = plain(getattr(owner, name))
            new = [o if n is None else n for o, n in zip(old, value, strict=True)]
            if new != old:
                setattr(owner, name, new)
        elif value is not None and getattr(owner, name) != value:
            setattr(owner, name, value)
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError, IndexError):
        return False
    return True


def _write_custom(owner: Any, name: str, value: Any) -> bool:
    if value is None:
        if name in owner.keys():  # noqa: SIM118
            del owner[name]
        return True
    if isinstance(value, list) and name in owner.keys():  # noqa: SIM118
        old = plain(owner[name])
        if isinstance(old, list) and len(old) == len(value):
            value = [o if n is None else n for o, n in zip(old, value, strict=True)]
    owner[name] = value
    return True


def _owner(block: Any, path: str) -> tuple[Any, str]:
    """The structure that has a setting, and the setting's name or ``["custom"]``."""
    if path.endswith('"]'):
        start = path.rindex('["')
        return (block.path_resolve(path[:start], False) if start else block), path[start:]
    head, _, name = path.rpartition(".")
    return (block.path_resolve(head, False) if head else block), name
