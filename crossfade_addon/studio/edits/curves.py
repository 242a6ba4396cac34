# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves and drivers: a curve is kept whole when the artist changed anything in it."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .. import compat
from . import blocks, values

_PARTS = {"co": ("f4", 2), "handle_left": ("f4", 2), "handle_right": ("f4", 2)}
_CHOICES = ("interpolation", "easing", "handle_left_type", "handle_right_type")
_LINEAR, _BEZIER = 1, 2
_EASED = ("amplitude", "back", "period")
"""How far elastic and overshooting keys go."""
INNER = ("node_tree", "shape_keys")
"""Datablocks that belong to another one, and are animated on their own."""
_FLAGS = ("mute", "extrapolation", "auto_smoothing")


def channels(action: Any) -> Iterator[tuple[str, Any]]:
    """F-curves of an action with their keys, ``OBJECT|location|0``."""
    for kind, fcurves in compat.action_channels(action):
        for curve in fcurves:
            yield f"{kind}|{curve.data_path}|{curve.array_index}", curve


def fingerprint(curve: Any) -> str:
    """Short digest of everything that the artist can change in a curve."""
    digest = hashlib.blake2b(digest_size=8)
    keys = _arrays(curve, ("co", "interpolation"))
    if (keys["interpolation"] > _LINEAR).any():  # else nothing reads handles and easings
        keys = _arrays(curve)
    for part in keys.values():
        digest.update(part.tobytes())
    digest.update(repr((_flags(curve), _modifiers(curve))).encode())
    return digest.hexdigest()


def keep(curve: Any) -> dict[str, Any]:
    """A curve as plain data."""
    return {
        "count": len(curve.keyframe_points),
        "keys": {name: _packed(part) for name, part in _arrays(curve).items()} if len(curve.keyframe_points) else {},
        "flags": _flags(curve),
        "modifiers": _modifiers(curve),
        "eased": _eased(curve),
    }


def put(action: Any, key: str, value: dict[str, Any] | None, lookup: blocks.Lookup, ratio: float = 1.0) -> bool:
    """Write a curve into an action, or remove it when there is no value.

    Parameters
    ----------
    ratio : float
        Frames a second now by those when the curve was kept.
    """
    kind, _, rest = key.partition("|")
    path, _, index = rest.rpartition("|")
    found = next((fcurves for target, fcurves in compat.action_channels(action) if target == kind), None)
    if found is None:
        return value is None
    curve = found.find(path, index=int(index))
    if value is None:
        if curve is not None:
            found.remove(curve)
        return True
    fill(curve or found.new(path, index=int(index)), value, lookup, ratio)
    return True


def fill(curve: Any, value: dict[str, Any], lookup: blocks.Lookup, ratio: float = 1.0) -> None:
    """Make a curve what :func:`keep` read."""
    points, count = curve.keyframe_points, value["count"]
    points.clear()
    points.add(count)
    for name in (*_CHOICES, *_PARTS) if count else ():
        dtype, width = _PARTS.get(name, ("i4", 1))
        part = np.frombuffer(zlib.decompress(base64.b85decode(value["keys"][name])), dtype=dtype).copy()
        if width == 2:
            part[0::2] = 1 + (part[0::2] - 1) * ratio if ratio != 1 else part[0::2]
        points.foreach_set(name, part)
    for name, eased in value.get("eased", {}).items():
        points.foreach_set(name, eased)
    for name, flag in value["flags"].items():
        setattr(curve, name, flag)
    while curve.modifiers:
        curve.modifiers.remove(curve.modifiers[0])
    for item in value["modifiers"]:
        values.write(curve.modifiers.new(item["type"]), item["settings"], lookup)
    curve.update()


def moved(block: Any) -> set[tuple[str, int]]:
    """What F-curves, NLA strips and drivers move of a datablock and of what is inside it."""
    found: set[tuple[str, int]] = set()
    for owner, prefix in animated(block):
        animation = owner.animation_data
        if animation is None:
            continue
        strips = [strip for track in animation.nla_tracks for strip in track.strips]
        for action in {animation.action, *(strip.action for strip in strips)} - {None}:
            found.update(
                (prefix + c.data_path, c.array_index) for _, each in compat.action_channels(action) for c in each
            )
        found.update((prefix + curve.data_path, curve.array_index) for curve in animation.drivers)
    return found


def animated(block: Any) -> Iterator[tuple[Any, str]]:
    """The datablock, and the node tree and the shape keys inside it, with the path to each."""
    if not hasattr(block, "animation_data"):
        return
    yield block, ""
    for name in INNER:
        inner = getattr(block, name, None)
        if inner is not None:
            yield inner, f"{name}."


def inner(block: Any, prefix: str) -> Any:
    """What :func:`animated` gives with that path."""
    return getattr(block, prefix.removesuffix(".")) if prefix else block


def drivers(block: Any) -> dict[str, Any]:
    """Drivers of a datablock and of what is inside it, by path and index."""
    found = {}
    for owner, prefix in animated(block):
        for curve in owner.animation_data.drivers if owner.animation_data else ():
            found[f"{prefix}|{curve.data_path}|{curve.array_index}"] = _driver(curve)
    return found


def put_driver(block: Any, key: str, value: dict[str, Any] | None, lookup: blocks.Lookup) -> bool:
    """Write a driver, or remove it when there is no value."""
    prefix, path, index = key.split("|")
    owner = inner(block, prefix)
    animation = owner.animation_data or owner.animation_data_create()
    curve = animation.drivers.find(path, index=int(index))
    if curve is not None:
        animation.drivers.remove(curve)
    if value is None:
        return True
    curve = animation.drivers.new(path, index=int(index))
    driver = curve.driver
    driver.type, driver.expression, driver.use_self = value["type"], value["expression"], value["use_self"]
    whole = True
    for wanted in value["variables"]:
        variable = driver.variables.new()
        variable.name, variable.type = wanted["name"], wanted["type"]
        for target, settings in zip(variable.targets, wanted["targets"], strict=False):
            whole = not values.write(target, settings, lookup) and whole
    fill(curve, value["curve"], lookup)
    return whole


def _driver(curve: Any) -> dict[str, Any]:
    driver = curve.driver
    return {
        "type": driver.type,
        "expression": driver.expression,
        "use_self": driver.use_self,
        "variables": [
            {"name": v.name, "type": v.type, "targets": [values.read(target) for target in v.targets]}
            for v in driver.variables
        ],
        "curve": keep(curve),
    }


def _arrays(curve: Any, names: Iterable[str] = (*_PARTS, *_CHOICES)) -> dict[str, np.ndarray]:
    points = curve.keyframe_points
    found = {}
    for name in names:
        dtype, width = _PARTS.get(name, ("i4", 1))
        found[name] = part = np.empty(len(points) * width, dtype=dtype)
        points.foreach_get(name, part)
    return found


def _eased(curve: Any) -> dict[str, list[float]]:
    if (_arrays(curve, ("interpolation",))["interpolation"] <= _BEZIER).all():
        return {}
    return {name: [getattr(key, name) for key in curve.keyframe_points] for name in _EASED}


def _flags(curve: Any) -> dict[str, Any]:
    return {name: getattr(curve, name) for name in _FLAGS}


def _modifiers(curve: Any) -> list[dict[str, Any]]:
    return [{"type": m.type, "settings": values.read(m)} for m in curve.modifiers]


def _packed(part: np.ndarray) -> str:
    return base64.b85encode(zlib.compress(part.tobytes(), 1)).decode("ascii")
