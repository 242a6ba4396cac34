# SPDX-License-Identifier: GPL-3.0-or-later
"""Every beat as a marker of a scene, named by bar and beat (``12.3``), and taken away again.

Markers carry no custom properties from Blender 5.0 on: which of them are ours is noted in the scene, by name and
frame. One that the user renamed or moved is the user's from then on.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np

from ..timeline import Beats

_NOTE = "crossfade_beats"


def draw(scene: Any, beats: Beats, fps: float, first_frame: float) -> int:
    """Replace the scene's beat markers by those of a grid; returns how many there are now.

    Parameters
    ----------
    first_frame : float
        Scene frame of the song's first sample.
    """
    remove(scene)
    markers, made = scene.timeline_markers, []
    for name, seconds in zip(names(beats), beats.timestamps, strict=True):
        frame = round(first_frame + seconds * fps)
        markers.new(name, frame=frame)
        made.append([name, frame])
    if made:
        scene[_NOTE] = json.dumps(made, separators=(",", ":"))
    return len(made)


def remove(scene: Any) -> None:
    """Take the scene's beat markers away; those of the user's stay."""
    ours = Counter(noted(scene))
    if _NOTE in scene.keys():  # noqa: SIM118  bpy IDs are no mappings
        del scene[_NOTE]
    if not ours:
        return
    gone = []
    for marker in scene.timeline_markers:
        key = (marker.name, marker.frame)
        if ours[key] > 0 and marker.camera is None:
            ours[key] -= 1
            gone.append(marker)
    for marker in reversed(gone):
        scene.timeline_markers.remove(marker)


def noted(scene: Any) -> list[tuple[str, int]]:
    """Name and frame of the markers that :func:`draw` made."""
    try:
        return [(str(name), int(frame)) for name, frame in json.loads(scene.get(_NOTE, "[]"))]
    except (ValueError, TypeError):
        return []


def names(beats: Beats) -> list[str]:
    """Bar and beat in the bar of every beat, from 1; the bar before the first downbeat is 0."""
    bars = np.isin(np.round(beats.timestamps, 4), np.round(beats.downbeats, 4))
    bar = np.cumsum(bars)
    firsts = np.flatnonzero(bars)
    index = np.arange(len(bar))
    begun = np.concatenate([[0], firsts])[np.searchsorted(firsts, index, side="right")] if len(bar) else index
    return [f"{b}.{k - first + 1}" for b, k, first in zip(bar, index, begun, strict=True)]
