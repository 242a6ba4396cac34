# SPDX-License-Identifier: GPL-3.0-or-later
"""Colour ramps and curve mappings, which are settings of many points."""

from __future__ import annotations

from typing import Any

KINDS = frozenset({"ColorRamp", "CurveMapping"})
_RAMP = ("color_mode", "interpolation", "hue_interpolation")
_MAPPING = ("use_clip", "clip_min_x", "clip_min_y", "clip_max_x", "clip_max_y", "extend", "tone")
_FEWEST = 2
"""Points that a curve always has; a ramp has one at the least."""


def read(struct: Any) -> dict[str, Any]:
    """All points and settings, as plain data."""
    if hasattr(struct, "elements"):
        settings = {name: getattr(struct, name) for name in _RAMP}
        return {"settings": settings, "stops": [[e.position, *e.color] for e in struct.elements]}
    settings = {name: getattr(struct, name) for name in _MAPPING}
    curves = [[[*point.location, point.handle_type] for point in curve.points] for curve in struct.curves]
    return {"settings": settings, "curves": curves}


def write(struct: Any, value: dict[str, Any]) -> None:
    """Make a ramp or a mapping what :func:`read` read."""
    for name, setting in value["settings"].items():
        setattr(struct, name, setting)
    if "stops" in value:
        elements = struct.elements
        while len(elements) > 1:
            elements.remove(elements[-1])
        for number, (position, *color) in enumerate(value["stops"]):
            element = elements[0] if number == 0 else elements.new(position)
            element.position, element.color = position, color
        return
    for curve, wanted in zip(struct.curves, value["curves"], strict=True):
        while len(curve.points) > max(len(wanted), _FEWEST):
            curve.points.remove(curve.points[-1])
        while len(curve.points) < len(wanted):
            curve.points.new(0.0, 0.0)
        for point, (x, y, handle) in zip(curve.points, wanted, strict=True):
            point.location, point.handle_type = (x, y), handle
    struct.update()
