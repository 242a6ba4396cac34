# SPDX-License-Identifier: GPL-3.0-or-later
"""Paint the user's meshes as ours are painted: the colours of their materials, lit once, in the attribute ``Col``.

The stage has no lamps (the light is painted), so in their own materials they would be flat in Workbench and black
in EEVEE. A mesh that brings ``Col`` itself is shown exactly as it was painted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from mathutils import Matrix

from . import paint
from .ownership import Workshop

Shade = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Lights colours (n, 3) at positions (n, 3) with normals (n, 3), all of the stage."""
_GREY = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class _Coat:
    """A material as far as it can be painted; ``image`` is (height, width, 3), linear, or None."""

    rgb: tuple[float, float, float] = _GREY
    glows: bool = False
    image: Any = None


def repaint(shop: Workshop, ob: Any, world: Matrix, shade: Shade) -> None:
    """Paint a mesh object that stands at ``world``, and give it the one material of painted meshes."""
    mesh = ob.data
    if mesh.color_attributes.get(paint.ATTRIBUTE) is None:
        coats = [_coat(slot.material) for slot in ob.material_slots] or [_Coat()]
        colors = _colors(mesh, coats, world, shade)
        attribute = mesh.color_attributes.new(paint.ATTRIBUTE, "FLOAT_COLOR", "CORNER")
        rgba = np.ones((len(mesh.loops), 4), dtype="f4")
        rgba[:, :3] = np.clip(colors, 0.0, 1.0)
        attribute.data.foreach_set("color", rgba.ravel())
    mesh.color_attributes.active_color = mesh.color_attributes[paint.ATTRIBUTE]
    for slot in ob.material_slots:
        slot.link = "DATA"
    mesh.materials.clear()
    mesh.materials.append(paint.baked_material(shop))
    mesh.polygons.foreach_set("material_index", np.zeros(len(mesh.polygons), dtype="i4"))
    mesh.update()


def _colors(mesh: Any, coats: list[_Coat], world: Matrix, shade: Shade) -> np.ndarray:
    count = len(mesh.loops)
    if not count:
        return np.zeros((0, 3))
    corners = np.empty(count, dtype="i4")
    mesh.loops.foreach_get("vertex_index", corners)
    local = np.empty(len(mesh.vertices) * 3, dtype="f4")
    mesh.vertices.foreach_get("co", local)
    normals = np.empty(count * 3, dtype="f4")
    mesh.corner_normals.foreach_get("vector", normals)
    faces = np.empty(len(mesh.polygons), dtype="i4")
    mesh.polygons.foreach_get("material_index", faces)
    sizes = np.empty(len(mesh.polygons), dtype="i4")
    mesh.polygons.foreach_get("loop_total", sizes)
    slots = np.minimum(np.repeat(faces, sizes), len(coats) - 1)
    matrix = np.array(world)
    places = local.reshape(-1, 3)[corners] @ matrix[:3, :3].T + matrix[:3, 3]
    turned = normals.reshape(-1, 3) @ np.array(world.to_3x3().inverted_safe())
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
    colors = np.empty((count, 3))
    for index, coat in enumerate(coats):
        here = np.flatnonzero(slots == index)
        base = np.tile(np.array(coat.rgb), (len(here), 1))
        if coat.image is not None and mesh.uv_layers.active is not None:
            base = _sampled(coat.image, mesh, here)
        colors[here] = base if coat.glows else shade(base, places[here], turned[here])
    return colors


def _sampled(image: np.ndarray, mesh: Any, corners: np.ndarray) -> np.ndarray:
    uv = np.empty(len(mesh.loops) * 2, dtype="f4")
    mesh.uv_layers.active.uv.foreach_get("vector", uv)
    height, width, _ = image.shape
    at = np.nan_to_num(uv.reshape(-1, 2)[corners]) % 1.0
    x = np.minimum((at[:, 0] * width).astype(int), width - 1)
    y = np.minimum((at[:, 1] * height).astype(int), height - 1)
    return image[y, x]


def _coat(material: Any) -> _Coat:
    if material is None:
        return _Coat()
    plain = _Coat(tuple(material.diffuse_color[:3]))
    tree = material.node_tree
    out = next((n for n in tree.nodes if n.type == "OUTPUT_MATERIAL" and n.is_active_output), None) if tree else None
    links = out.inputs["Surface"].links if out else ()
    if not links:
        return plain
    shader = links[0].from_node
    for name, glows in (("Base Color", False), ("Color", shader.type == "EMISSION")):
        socket = shader.inputs.get(name)
        if socket is None:
            continue
        if not socket.is_linked:
            return _Coat(tuple(socket.default_value[:3]), glows)
        source = socket.links[0].from_node
        if source.type == "TEX_IMAGE" and source.image is not None:
            return _Coat(plain.rgb, glows, _pixels(source.image))
    return plain


def _pixels(image: Any) -> Any:
    """Linear colours of a picture, or None when there are none in it."""
    width, height = image.size
    if not width or not height or not image.channels:
        return None
    flat = np.empty(width * height * image.channels, dtype="f4")
    image.pixels.foreach_get(flat)
    pixels = flat.reshape(height, width, image.channels)
    pixels = pixels[:, :, :3] if image.channels >= 3 else np.repeat(pixels[:, :, :1], 3, axis=2)
    if image.is_float or image.colorspace_settings.name != "sRGB":
        return pixels
    return np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
