# SPDX-License-Identifier: GPL-3.0-or-later
"""Painted light: the two kinds of material that look the same in Workbench FLAT and in EEVEE.

*Baked* meshes carry a colour attribute ``Col`` (corner, linear RGB) and never change. *Channel* meshes
carry none: one channel is one colour with alpha that can be animated, shared by every mesh on it.
Workbench reads the channel from the material from 5.0 and from the object before; EEVEE reads the very
same number through an Attribute node, so there is one F-curve per component.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np

from . import compat
from .ownership import Workshop

ATTRIBUTE = "Col"


def linear(hex_color: str) -> tuple[float, float, float]:
    """Linear RGB from an sRGB hex string such as ``FF4FB0`` (IEC 61966-2-1)."""
    values = [int(hex_color.lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return r, g, b


def _emission(material: Any, kind: str, attribute: str, *, blended: bool) -> None:
    material.use_backface_culling = True
    tree = compat.node_tree_of(material)
    tree.nodes.clear()
    emission = tree.nodes.new("ShaderNodeEmission")
    source = tree.nodes.new("ShaderNodeAttribute")
    source.attribute_type = kind
    source.attribute_name = attribute
    tree.links.new(source.outputs["Color"], emission.inputs[0])
    shown = emission.outputs[0]
    if blended:
        material.surface_render_method = "BLENDED"
        shown = _mixed(tree, source.outputs["Alpha"], tree.nodes.new("ShaderNodeBsdfTransparent").outputs[0], shown)
    _output(tree, "EEVEE", shown)
    # Cycles knows no culling: it must see through the backs of faces itself, or every outline, which is a hull
    # turned inside out, covers what it outlines.
    back = tree.nodes.new("ShaderNodeNewGeometry").outputs["Backfacing"]
    _output(tree, "CYCLES", _mixed(tree, back, shown, tree.nodes.new("ShaderNodeBsdfTransparent").outputs[0]))


def _mixed(tree: Any, factor: Any, at_zero: Any, at_one: Any) -> Any:
    """Output socket of a mix of two shaders."""
    mix = tree.nodes.new("ShaderNodeMixShader")
    for socket, source in zip(mix.inputs, (factor, at_zero, at_one), strict=True):
        tree.links.new(source, socket)
    return mix.outputs[0]


def _output(tree: Any, engine: str, surface: Any) -> None:
    """Material output of one engine."""
    out = tree.nodes.new("ShaderNodeOutputMaterial")
    out.target = engine
    tree.links.new(surface, out.inputs[0])


def baked_material(shop: Workshop) -> Any:
    """The one material of all baked meshes."""
    found = bpy.data.materials.get("CF Baked")
    if found is None:
        found = shop.material("Baked")
        _emission(found, "GEOMETRY", ATTRIBUTE, blended=False)
    return found


@dataclass(slots=True)
class Channel:
    """One animatable colour and everything that shows it."""

    name: str
    material: Any
    rgba: tuple[float, float, float, float]
    objects: list[Any] = field(default_factory=list)

    def add(self, ob: Any) -> Any:
        """Put an object on this channel and return it."""
        ob.data.materials.clear()
        ob.data.materials.append(self.material)
        ob.color = self.rgba
        self.objects.append(ob)
        return ob

    def key(self, frames: Sequence[float] | np.ndarray, rgba: Sequence[Any] | np.ndarray, shop: Workshop) -> None:
        """Animate the channel: ``rgba`` is (n, 4), linear, 0..1; keys are linear."""
        times, columns = np.asarray(frames, dtype="f4"), np.asarray(rgba, dtype="f4").T
        if compat.IS_5_0:
            curves = compat.fcurves_of(self.material, action=shop.action(f"{self.name} light"))
            targets = [curves]
        else:
            action = shop.action(f"{self.name} light")
            targets = [compat.fcurves_of(ob, action=action) for ob in self.objects[:1]]
            for ob in self.objects[1:]:
                compat.fcurves_of(ob, action=action)
        for curves in targets:
            for index, column in enumerate(columns):
                still = column.min() == column.max()
                keys, values = (times[:1], column[:1]) if still else (times, column)
                compat.write_fcurve(curves, compat.CHANNEL_COLOR_PATH, index, keys, values)

    def hide(self, frames: np.ndarray, is_dark: np.ndarray, shop: Workshop) -> None:
        """Leave the channel's objects out of the render on frames where they would show nothing."""
        if not is_dark.any():
            return
        changes = np.concatenate(([0], np.flatnonzero(is_dark[1:] != is_dark[:-1]) + 1))
        shared = None
        for ob in self.objects:
            has_action = ob.animation_data is not None and ob.animation_data.action is not None
            if not has_action and shared is None:
                shared = shop.action(f"{self.name} visibility")
            curves = compat.fcurves_of(ob, action=None if has_action else shared)
            compat.write_fcurve(
                curves,
                "hide_render",
                0,
                frames[changes],
                is_dark[changes].astype("f4"),
                interpolation="CONSTANT",
            )


class Palette:
    """All channels of one show, by name."""

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self.channels: dict[str, Channel] = {}

    def channel(self, name: str, rgb: Sequence[float], alpha: float = 1.0) -> Channel:
        """The channel of that name, made on first use with this resting colour (clamped to 0..1)."""
        found = self.channels.get(name)
        if found is None:
            r, g, b = (min(1.0, max(0.0, float(c))) for c in rgb)
            material = self.shop.material(name)
            # Before 5.0 Workbench shows the object's colour, so that is what gets animated; EEVEE must
            # follow the same number.
            source = "active_material.diffuse_color" if compat.IS_5_0 else "color"
            _emission(material, "OBJECT", source, blended=True)
            material.diffuse_color = (r, g, b, alpha)
            found = self.channels[name] = Channel(name, material, (r, g, b, alpha))
        return found
