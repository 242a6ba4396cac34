# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is not Crossfade's in a file, datablock by datablock, read from RNA without the program's help."""

from __future__ import annotations

import hashlib
from typing import Any

import bpy
import numpy as np

TAG = "crossfade_made"
_WINDOWS = ("all_ids", "window_managers", "screens", "workspaces", "libraries", "palettes", "brushes", "texts")
_SKIPPED = (
    # What Blender counts, evaluates or keeps for a window only.
    "rna_type users original session_uid is_evaluated tag matrix_world matrix_local bound_box dimensions "
    "use_nodes depsgraph preview evaluated_depsgraph is_runtime_data is_missing id_data tool_settings statusvis window "
    "active_object active_action filepath_raw execution_time node_warnings is_library_indirect "
    "library_weak_reference use_extra_user name_full all_objects objects children_recursive use_fake_user "
    "is_embedded_data asset_data override_library library fixed_type wireframe_color_type instance_parent "
    "active persistent_uid storage_type collection_objects collection_children"
)
_PASSING = frozenset(_SKIPPED.split())
_DEEPEST = 5
_BIG = {"vertices": ("co", 3), "keyframe_points": ("co", 2)}


def kinds() -> list[str]:
    """Names of the lists of ``bpy.data`` that hold what belongs to a film, not to a window."""
    found = [n for n in dir(bpy.data) if isinstance(getattr(bpy.data, n), bpy.types.bpy_prop_collection)]
    return [n for n in found if n not in _WINDOWS]


def snapshot() -> dict[str, Any]:
    """What every datablock of the user's is, by kind and name."""
    found = [(kind, block) for kind in kinds() for block in getattr(bpy.data, kind)]
    blocks = [(kind, block) for kind, block in found if block.users and not _is_ours(block)]  # others are not saved
    return {f"{kind} {block.name}": _struct(block, 0) for kind, block in blocks}


def _is_ours(block: Any) -> bool:
    return TAG in block.keys() or (block.id_type == "KEY" and TAG in block.user.keys())  # noqa: SIM118


def _struct(struct: Any, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if name in _PASSING or (prop.type == "ENUM" and struct.bl_rna.identifier.startswith("Cycles")):
            continue
        value = getattr(struct, name)
        if prop.type == "COLLECTION":
            found[name] = _list(name, value, depth)
        elif isinstance(value, bpy.types.ID):
            # A tree inside a material has no name of its own to be found by.
            inside = value.is_embedded_data and depth < _DEEPEST
            found[name] = _struct(value, depth + 1) if inside else (value.id_type, value.name)
        elif isinstance(value, bpy.types.ColorManagedInputColorspaceSettings):
            continue
        elif isinstance(value, bpy.types.bpy_struct):
            found[name] = _struct(value, depth + 1) if depth < _DEEPEST else None
        else:
            found[name] = _plain(value)
    if depth == 0:
        found["own"] = {key: _plain(struct[key]) for key in struct.keys() if _is_own(struct, key)}  # noqa: SIM118
    if isinstance(struct, bpy.types.Object):
        found["held"] = sorted(c.name for c in struct.users_collection)
    if isinstance(struct, bpy.types.Collection):
        found["holds"] = sorted(ob.name for ob in struct.objects if not _is_ours(ob))
    return found


def _is_own(struct: Any, key: str) -> bool:
    return not key.startswith("crossfade") and key not in struct.bl_rna.properties and key != "cycles"


def _list(name: str, items: Any, depth: int) -> Any:
    if name in _BIG and len(items):
        field, width = _BIG[name]
        numbers = np.empty(len(items) * width, "f4")
        items.foreach_get(field, numbers)
        return hashlib.blake2b(numbers.tobytes(), digest_size=8).hexdigest()
    if depth >= _DEEPEST:
        return len(items)
    return [
        (item.id_type, item.name) if isinstance(item, bpy.types.ID) else _struct(item, depth + 1)
        for item in items
        if isinstance(item, bpy.types.bpy_struct) and not (isinstance(item, bpy.types.ID) and _is_ours(item))
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, bpy.types.ID):
        return value.id_type, value.name
    if hasattr(value, "__len__") and not hasattr(value, "keys"):
        return [_plain(item) for item in value]
    return str(type(value))


def differences(was: Any, now: Any, path: str = "") -> list[str]:
    """Where two snapshots differ, as sentences."""
    if was == now:
        return []
    if isinstance(was, dict) and isinstance(now, dict):
        return [d for key in {**was, **now} for d in differences(was.get(key), now.get(key), f"{path}/{key}")]
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        return [d for n, pair in enumerate(zip(was, now, strict=True)) for d in differences(*pair, f"{path}[{n}]")]
    return [f"{path}: {was} became {now}"]
