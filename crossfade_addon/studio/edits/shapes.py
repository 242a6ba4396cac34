# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be told in a few numbers: meshes, armatures and the build of node trees. The datablock itself is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import bpy
import numpy as np

from . import blocks, curves, pose, values

_WIDTHS = {"FLOAT": 1, "INT": 1, "BOOLEAN": 1, "INT8": 1, "FLOAT2": 2, "FLOAT_VECTOR": 3, "INT32_2D": 2}
_WIDTHS |= {"FLOAT_COLOR": 4, "BYTE_COLOR": 4, "QUATERNION": 4, "INT16_2D": 2}
_COLORS = ("FLOAT_COLOR", "BYTE_COLOR")
_VECTORS = ("FLOAT_VECTOR", "FLOAT2")
_WINDOW = (".select", ".hide", ".uv_select", ".pn.", ".es.", ".vs.", ".corner_")
"""Attributes that only say what is selected, hidden or pinned, or that Blender makes for itself."""


def read(block: Any, moved: values.Moved) -> dict[str, Any]:
    """Digest of what a datablock is made of, under ``shape`` or ``nodes``, and the settings inside it."""
    kind = block.id_type
    if kind == "MESH":
        return {"shape": _digest(_mesh(block)), **pose.read_keys(block, moved)}
    if kind == "ARMATURE":
        return {"shape": _digest(_bones(block))}
    tree = getattr(block, "node_tree", None)
    if tree is not None and kind in ("MATERIAL", "WORLD", "LIGHT"):
        return {"nodes": _digest(_nodes(tree, moved, "node_tree.")), **_node_settings(tree, "node_tree.")}
    if kind == "NODETREE":
        settings = {path: value for path, value in _node_settings(block, "").items() if (path, 0) not in moved}
        return {"nodes": _digest((*_nodes(block, moved, ""), repr(sorted(settings.items())).encode()))}
    return {}


def adopt(old: Any, new: Any, settings: dict[str, Any], lookup: blocks.Lookup) -> None:
    """Put what the artist made in the place of what was built: with the settings and the animation of the new one."""
    values.write(old, settings, lookup)
    slots = getattr(new, "materials", None)
    if slots is not None:
        for index, material in enumerate(slots):
            if index < len(old.materials):
                old.materials[index] = material
            else:
                old.materials.append(material)
    _take_animation(old, new)
    for name in curves.INNER:
        if getattr(new, name, None) is not None and getattr(old, name, None) is not None:
            _take_animation(getattr(old, name), getattr(new, name))
    new.user_remap(old)


def _take_animation(old: Any, new: Any) -> None:
    animation = new.animation_data
    if animation is None or animation.action is None:
        return
    own = old.animation_data or old.animation_data_create()
    own.action = animation.action
    if hasattr(own, "action_slot"):
        own.action_slot = animation.action_slot


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _mesh(mesh: Any) -> Iterator[bytes]:
    yield _numbers(mesh.vertices, "co", 3, "f4")
    yield _numbers(mesh.edges, "vertices", 2, "i4")
    yield _numbers(mesh.loops, "vertex_index", 1, "i4")
    yield _numbers(mesh.polygons, "loop_start", 1, "i4")
    yield _numbers(mesh.polygons, "material_index", 1, "i4")
    for attribute in mesh.attributes:
        width = _WIDTHS.get(attribute.data_type, 0)
        if attribute.name in ("position", "material_index") or attribute.name.startswith(_WINDOW):
            continue
        yield f"{attribute.name} {attribute.domain} {attribute.data_type}".encode()
        if width:
            field = "color" if attribute.data_type in _COLORS else "value"
            field = "vector" if attribute.data_type in _VECTORS else field
            whole = attribute.data_type in ("INT", "INT8", "BOOLEAN", "INT32_2D", "INT16_2D")
            yield _numbers(attribute.data, field, width, "i4" if whole else "f4")
    if any(vertex.groups for vertex in mesh.vertices[:1]):
        weights = [(g.group, g.weight) for vertex in mesh.vertices for g in vertex.groups]
        yield np.array(weights, dtype="f4").tobytes()
    keys = mesh.shape_keys
    for key in keys.key_blocks if keys is not None else ():
        yield key.name.encode()
        yield _numbers(key.data, "co", 3, "f4")


def _numbers(data: Any, field: str, width: int, dtype: str) -> bytes:
    values_ = np.empty(len(data) * width, dtype=bool if field == "value" and dtype == "bool" else dtype)
    try:
        data.foreach_get(field, values_)
    except (TypeError, RuntimeError, AttributeError):
        return b""
    return values_.tobytes()


def _bones(armature: Any) -> Iterator[bytes]:
    for bone in armature.bones:
        parent = bone.parent.name if bone.parent is not None else ""
        yield f"{bone.name} {parent} {bone.use_deform} {bone.use_connect}".encode()
        yield np.array([*bone.head_local, *bone.tail_local, *bone.matrix_local.to_quaternion()], dtype="f4").tobytes()


def _nodes(tree: Any, moved: values.Moved, prefix: str) -> Iterator[bytes]:
    for node in sorted(tree.nodes, key=lambda node: node.name):
        path = f'{prefix}nodes["{bpy.utils.escape_identifier(node.name)}"].'
        own = values.read(node, moved, path, but=_ELSEWHERE)
        yield f"{node.name} {node.bl_idname} {own}".encode()
    links = ((k.from_node.name, k.from_socket.identifier, k.to_node.name, k.to_socket.identifier) for k in tree.links)
    yield repr(sorted(links)).encode()


def _node_settings(tree: Any, prefix: str) -> dict[str, Any]:
    """Values of the sockets that nothing is linked to, and each node's own settings."""
    found: dict[str, Any] = {}
    for node in tree.nodes:
        path = f'{prefix}nodes["{bpy.utils.escape_identifier(node.name)}"]'
        found[f"{path}.mute"] = node.mute
        for index, socket in enumerate(node.inputs):
            if not socket.is_linked and hasattr(socket, "default_value") and socket.type not in ("SHADER", "STRING"):
                value = socket.default_value
                if isinstance(value, (bool, int, float)) or hasattr(value, "__len__"):
                    found[f"{path}.inputs[{index}].default_value"] = values.plain(value)
        if node.type in ("ATTRIBUTE", "VALTORGB", "MATH", "MIX", "RGB", "VALUE"):
            found.update(values.read(node, prefix=f"{path}.", only=_TOLD))
        for index, socket in enumerate(node.outputs):
            if node.type in ("RGB", "VALUE") and hasattr(socket, "default_value"):
                found[f"{path}.outputs[{index}].default_value"] = values.plain(socket.default_value)
    return found


_TOLD = frozenset({"mute", "attribute_name", "attribute_type", "operation", "blend_type", "use_clamp", "data_type"})
"""Settings of nodes that are noticed and put back one by one; the others make the tree another one."""
_DESK = (
    "location location_absolute width width_hidden height label color use_custom_color hide select parent "
    "show_options show_preview show_texture warning_propagation is_active_output color_tag"
)
"""How nodes lie on the desk."""
_ELSEWHERE = _TOLD | frozenset(_DESK.split())
