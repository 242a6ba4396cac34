# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers of a scene: found again in a new show by name and time, since many have the same name."""

from __future__ import annotations

from typing import Any

from .. import beat_markers
from . import blocks
from .strips import NEAR_S


def read(scene: Any) -> dict[str, dict[str, Any]]:
    """Every marker but those of the beats, by name, frame and number among those alike."""
    found: dict[str, dict[str, Any]] = {}
    beats = set(beat_markers.noted(scene))
    for marker in scene.timeline_markers:
        if (marker.name, marker.frame) in beats:
            continue
        base = f"marker|{marker.name}|{marker.frame}"
        number = sum(key.rpartition("|")[0] == base for key in found) if f"{base}|0" in found else 0
        camera = blocks.reference(marker.camera)
        found[f"{base}|{number}"] = {"name": marker.name, "frame": marker.frame, "camera": camera}
    return found


def paired(was: dict[str, dict], now: dict[str, dict]) -> list[tuple[str, dict | None, dict | None]]:
    """What changed: key, marker as built and as it is now. One that is gone and a new one alike are the same, moved."""
    gone = {key: marker for key, marker in was.items() if key not in now}
    new = {key: marker for key, marker in now.items() if key not in was}
    found: list[tuple[str, dict | None, dict | None]] = [
        (key, was[key], marker) for key, marker in now.items() if key in was and was[key] != marker
    ]
    for alike in ("name", "frame"):
        for key, marker in list(gone.items()):
            like = [other for other in new if new[other][alike] == marker[alike]]
            if like:
                nearest = min(like, key=lambda other: abs(new[other]["frame"] - marker["frame"]))
                found.append((key, gone.pop(key), new.pop(nearest)))
    found += [(key, marker, None) for key, marker in gone.items()]
    found += [(key, None, marker) for key, marker in new.items()]
    return found


def put(
    scene: Any,
    was: dict[str, Any] | None,
    value: dict[str, Any] | None,
    lookup: blocks.Lookup,
    fps: float,
    ratio: float,
) -> bool:
    """Change, remove or add a marker; arguments as of :func:`.strips.put`."""
    markers = scene.timeline_markers
    marker = None
    if was is not None:
        place = 1 + (was["frame"] - 1) * ratio
        alike = [m for m in markers if m.name == was["name"]]
        marker = min(alike, key=lambda m: abs(m.frame - place), default=None)
        if marker is None or (len(alike) > 1 and abs(marker.frame - place) > NEAR_S * fps):
            return False
        if value is None:
            markers.remove(marker)
            return True
    if value is None:
        return False
    try:
        camera = lookup.find(value["camera"])
    except KeyError:
        return False
    if marker is None:
        marker = markers.new(value["name"], frame=round(1 + (value["frame"] - 1) * ratio))
    if was is None or value["frame"] != was["frame"]:
        marker.frame = round(1 + (value["frame"] - 1) * ratio)
    marker.name = value["name"]
    if was is None or value["camera"] != was["camera"]:
        marker.camera = camera
    return True
