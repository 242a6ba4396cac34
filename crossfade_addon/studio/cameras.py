# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras: one per set-up and aspect, moved by keyframes, switched by markers (conventions: ``setups``)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from .. import timing
from ..setups import SENSOR_MM, SETUPS
from ..timeline import CameraPlan, Movement, Shot
from . import compat
from .camera_moves import Array, Poses, poses
from .framing import FRAMING, fitted
from .ownership import Workshop

CAMERA_MARKER = "cam "
"""Prefix of the markers that switch cameras."""
KEYS_A_SECOND = 15
"""Enough for every move but those that tremble, which are keyed on each frame."""
_TREMBLING = frozenset({"shake", "snap", "nudge"})


class AspectCameras:
    """The cameras of one scene.

    Parameters
    ----------
    aspect : str
        ``9:16`` or ``16:9``.
    can_roll : bool
        False keeps every horizon level.
    """

    def __init__(self, shop: Workshop, aspect: str, *, can_roll: bool) -> None:
        self.shop = shop
        self.aspect = aspect
        self.can_roll = can_roll
        self.objects: dict[str, Any] = {}

    def get(self, shot: str) -> Any:
        """The camera object of a set-up, made on first use."""
        found = self.objects.get(shot)
        if found is None:
            shop = self.shop.group(f"Cameras {self.aspect}")
            data = shop.camera(f"{self.aspect} {shot}")
            data.sensor_width = SENSOR_MM
            data.sensor_fit = "AUTO"
            data.clip_start = 0.05
            found = shop.object(f"{self.aspect} {shot}", data)
            found.rotation_mode = "XYZ"
            at_rest = poses(SETUPS[self.aspect][shot], (), np.zeros(1), can_roll=self.can_roll)
            data.lens = at_rest.lens[0]
            found.location = at_rest.position[0]
            found.rotation_euler = at_rest.euler()[0]
            self.objects[shot] = found
        return found

    def shoot(self, scene: Any, plan: CameraPlan, fps: Fraction) -> None:
        """Key every camera for its shots and bind the cuts to ``scene``'s markers.

        A set-up whose moves would break its framing rule gets a wider lens or smaller moves.
        """
        takes: dict[str, list[tuple[Array, Poses]]] = {}
        for shot in plan.shots:
            first, end = timing.frame_at(shot.start, fps), timing.frame_at(shot.end, fps)
            marker = scene.timeline_markers.new(f"{CAMERA_MARKER}{shot.shot}", frame=first)
            marker.camera = self.get(shot.shot)
            # One key beyond both ends: what is between the takes of one camera can never be seen at a cut.
            frames = _key_frames(first - 1, max(first, end), plan, shot, fps)
            takes.setdefault(shot.shot, []).append((frames, self.follow(plan, shot, frames, fps)))
        for name, own in takes.items():
            self._write(name, own)
        if plan.shots:
            scene.camera = self.get(plan.shots[0].shot)

    def follow(self, plan: CameraPlan, shot: Shot, frames: Array, fps: Fraction) -> Poses:
        """Where the camera of a shot is on scene frames."""
        setup, rule = SETUPS[self.aspect][shot.shot], FRAMING[self.aspect][shot.shot]
        inside = _inside(plan, shot)
        grid = np.linspace(shot.start, shot.end, max(7, int((shot.end - shot.start) * 5)))
        setup, moves = fitted(setup, rule, inside, grid, self.aspect, can_roll=self.can_roll)
        times = (frames - timing.FIRST_FRAME) * float(1 / fps)
        return poses(setup, moves, times, can_roll=self.can_roll)

    def _write(self, shot: str, takes: list[tuple[Array, Poses]]) -> None:
        camera = self.get(shot)
        frames = np.concatenate([frames for frames, _ in takes])
        path = Poses(*(np.concatenate([getattr(p, part) for _, p in takes]) for part in Poses.__slots__))
        keep = np.concatenate(([True], np.diff(frames) > 0))
        curves = compat.fcurves_of(camera, action=self.shop.action(f"{self.aspect} {shot} move"))
        turns = path.euler()
        for axis in range(3):
            compat.write_fcurve(curves, "location", axis, frames[keep], path.position[keep, axis])
            compat.write_fcurve(curves, "rotation_euler", axis, frames[keep], turns[keep, axis])
        if np.abs(path.lens - camera.data.lens).max() > 1e-4:
            curves = compat.fcurves_of(camera.data, action=self.shop.action(f"{self.aspect} {shot} zoom"))
            compat.write_fcurve(curves, "lens", 0, frames[keep], path.lens[keep])


def _inside(plan: CameraPlan, shot: Shot) -> list[Movement]:
    return [m for m in plan.movements if m.t < shot.end and m.t + m.duration > shot.start]


def _key_frames(first: int, last: int, plan: CameraPlan, shot: Shot, fps: Fraction) -> Array:
    """Whole frames from first to last that get a key."""
    step = max(1, round(float(fps) / KEYS_A_SECOND))
    wanted = {first, first + 1, last - 1, last, *range(first, last, step)}
    for move in _inside(plan, shot):
        a, b = timing.frame_at(move.t, fps), timing.frame_at(move.t + move.duration, fps)
        wanted.update(range(a, b + 1) if move.action in _TREMBLING else (a, b))
    return np.array(sorted(frame for frame in wanted if first <= frame <= last), dtype=float)
