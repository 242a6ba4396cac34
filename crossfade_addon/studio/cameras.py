# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras: one per set-up and aspect, moved by sparse keyframes, switched by markers.

Conventions: metres, +Y away from the audience, Z up; lens in millimetres on a 36 mm sensor
(``sensor_fit`` AUTO); roll in degrees about the view axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mathutils import Euler, Vector

from .. import timing
from ..timeline import CameraPlan, Movement, Timeline
from . import compat
from .ownership import Workshop

SENSOR_MM = 36.0
MOST = {"push_in": 0.24, "pull_back": 0.3, "drift": 0.7, "arc": 14.0, "nudge": 0.08, "shake": 0.09}
"""What a movement of strength 1 does: parts of the distance, metres or degrees."""
CAMERA_MARKER = "cam "
"""Prefix of the markers that switch cameras."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Where a camera stands, what it looks at, through which lens."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    lens_mm: float
    roll_deg: float = 0.0


SETUPS: dict[str, dict[str, Setup]] = {
    "9:16": {
        "hero": Setup((0.1, -7.2, 1.75), (0.1, 0.5, 2.35), 46),
        "wide": Setup((0.05, -8.8, 2.1), (0.05, 1, 2.95), 38),
        "low": Setup((-0.8, -2.0, 1.2), (0.08, 0.6, 2.5), 22, -5),
        "close": Setup((0.4, -3.4, 2.45), (0.08, 0.7, 2.35), 40),
        "side": Setup((-4.2, -4.6, 2.1), (0, 0.6, 2.25), 44),
        "decks": Setup((0.75, -2.3, 3.5), (0.1, 0.12, 1.82), 34, 6),
        "crowd": Setup((0.5, -7.2, 1.35), (0.1, 0.5, 2.5), 42, 3),
        "top": Setup((0, -5.2, 6.0), (0, 0.5, 1.95), 40),
        "orbit": Setup((3.6, -5.6, 2.6), (0, 0.7, 2.35), 42, 4),
        "reverse": Setup((0.6, 3.9, 3.3), (-0.15, -3, 2.2), 34, -3),
    },
    "16:9": {
        "hero": Setup((0, -7.4, 1.6), (0, 0.5, 2.3), 38),
        "wide": Setup((0, -10.5, 2.3), (0, 1, 2.85), 32),
        "low": Setup((-1.25, -2.0, 1.2), (0.1, 0.6, 2.25), 24, -6),
        "close": Setup((0.5, -3.6, 2.35), (0.25, 0.7, 2.3), 42),
        "side": Setup((-5, -4.2, 2), (0.5, 0.7, 2.15), 38),
        "decks": Setup((1.1, -2.3, 3.2), (0.0, 0.15, 1.92), 32, 6),
        "crowd": Setup((0.6, -7.4, 1.2), (0, 0.5, 2.1), 40, 3),
        "top": Setup((0, -5.6, 5.6), (0, 0.6, 1.8), 34),
        "orbit": Setup((4.6, -5.6, 2.4), (-0.2, 0.7, 2.2), 38, 4),
        "reverse": Setup((1.3, 4.0, 3.3), (-0.4, -3, 1.4), 30, -3),
    },
}


def rotation(position: Vector, target: Vector, roll_deg: float) -> Euler:
    """Euler XYZ of a camera at ``position`` that looks at ``target``, rolled about its axis."""
    look = (target - position).to_track_quat("-Z", "Y").to_matrix()
    return (look @ Euler((0, 0, math.radians(roll_deg))).to_matrix()).to_euler("XYZ")


def _smooth(x: float) -> float:
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


@dataclass(frozen=True, slots=True)
class Pose:
    """A camera at one moment."""

    position: Vector
    target: Vector
    lens_mm: float


def moved(setup: Setup, movements: list[Movement], t: float) -> Pose:
    """The set-up with every running movement applied.

    Amounts are strengths, 0..1, of the most each move may do (``MOST``): ``push_in`` goes that part of the
    way to the target and ``pull_back`` comes from there; ``drift`` slides sideways in metres; ``arc``
    swings about the target in degrees; ``nudge`` pushes in and returns; ``shake`` trembles in metres,
    dying away.
    """
    position, target = Vector(setup.position), Vector(setup.target)
    lens = setup.lens_mm
    for move in movements:
        if t < move.t:
            continue
        x = min(1.0, (t - move.t) / max(move.duration, 1e-3))
        eased = _smooth(x)
        away = position - target
        amount = move.amount * MOST.get(move.action, 0.0)
        if move.action == "push_in":
            position = target + away * (1 - amount * eased)
        elif move.action == "pull_back":
            position = target + away * (1 - amount * (1 - eased))
        elif move.action == "drift":
            side = Vector((-away.y, away.x, 0)).normalized()
            position = position + side * amount * (x - 0.5)
        elif move.action == "arc":
            turn = Euler((0, 0, math.radians(amount) * (x - 0.5))).to_matrix()
            position = target + turn @ away
        elif move.action == "nudge":
            position = target + away * (1 - amount * math.sin(math.pi * x))
        elif move.action == "shake" and x < 1:
            decay = amount * (1 - x) ** 2
            wobble = Vector(
                (math.sin(47 * (t - move.t)), 0.4 * math.sin(31 * (t - move.t)), math.sin(59 * (t - move.t) + 1))
            )
            position = position + wobble * decay
            target = target + wobble * decay * 0.6
    return Pose(position, target, lens)


def _key_times(start: float, end: float, movements: list[Movement], frame_s: float) -> list[float]:
    """Moments that need a key inside one shot: its ends, every move's ends and middle, shakes densely."""
    last = max(start, end - frame_s)
    times = {start, last}
    for move in movements:
        a, b = max(start, move.t), min(last, move.t + move.duration)
        if b <= a:
            continue
        steps = max(4, int((b - a) / frame_s)) if move.action == "shake" else 8
        times.update(a + (b - a) * i / steps for i in range(steps + 1))
    return sorted(times)


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
            setup = SETUPS[self.aspect][shot]
            shop = self.shop.group(f"Cameras {self.aspect}")
            data = shop.camera(f"{self.aspect} {shot}")
            data.lens = setup.lens_mm
            data.sensor_width = SENSOR_MM
            data.sensor_fit = "AUTO"
            data.clip_start = 0.05
            found = shop.object(f"{self.aspect} {shot}", data)
            found.rotation_mode = "XYZ"
            found.location = setup.position
            roll = setup.roll_deg if self.can_roll else 0.0
            found.rotation_euler = rotation(Vector(setup.position), Vector(setup.target), roll)
            self.objects[shot] = found
        return found

    def shoot(self, scene: Any, plan: CameraPlan, timeline: Timeline, fps: Fraction) -> None:
        """Key every camera for its shots and bind the cuts to ``scene``'s markers."""
        keys: dict[str, list[tuple[float, Pose]]] = {}
        frame_s = float(1 / fps)
        for shot in plan.shots:
            inside = [m for m in plan.movements if m.t < shot.end and m.t + m.duration > shot.start]
            own = keys.setdefault(shot.shot, [])
            for t in _key_times(shot.start, shot.end, inside, frame_s):
                own.append((t, moved(SETUPS[self.aspect][shot.shot], inside, t)))
            marker = scene.timeline_markers.new(f"{CAMERA_MARKER}{shot.shot}", frame=timing.frame_at(shot.start, fps))
            marker.camera = self.get(shot.shot)
        for name, poses in keys.items():
            self._write(name, poses, lambda t: timing.subframe_at(t, fps))
        if plan.shots:
            scene.camera = self.get(plan.shots[0].shot)

    def _write(self, shot: str, poses: list[tuple[float, Pose]], frame_of: Callable[[float], float]) -> None:
        camera = self.get(shot)
        roll = SETUPS[self.aspect][shot].roll_deg if self.can_roll else 0.0
        frames = [frame_of(t) for t, _ in poses]
        curves = compat.fcurves_of(camera, action=self.shop.action(f"{self.aspect} {shot} move"))
        turns: list[Euler] = []
        for _, pose in poses:
            turn = rotation(pose.position, pose.target, roll)
            if turns:
                turn.make_compatible(turns[-1])
            turns.append(turn)
        for axis in range(3):
            compat.write_fcurve(curves, "location", axis, frames, [p.position[axis] for _, p in poses])
            compat.write_fcurve(curves, "rotation_euler", axis, frames, [e[axis] for e in turns])
