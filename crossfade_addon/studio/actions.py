# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's actions as Blender actions: tables evaluated to dense linear keys, ready for NLA strips.

Conventions: actions are written at 30 frames per second (the idle bob at 120 BPM), from frame 0, with a key
every half frame; a strip's scale of fps/30 keeps their speed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from mathutils import Matrix, Vector

from . import action_tables, compat, gesture_tables
from .action_curves import Array, monotone, monotone_keys
from .action_keys import ActionTable, HandKey, Keys
from .ownership import Workshop

REFERENCE_FPS = 30.0
BOB_FRAMES_PER_BEAT = 15.0
"""The idle bob's frames per beat: 120 BPM at the reference rate."""
_STEP = 0.5
_ANGLES = ("pitch", "roll", "yaw")
_OFFSETS = ("dx", "dy", "dz")
_CONTROLS = ("cx", "cy", "cz")

TABLES: dict[str, Callable[[], ActionTable]] = {
    "idle_bob": action_tables.idle_bob,
    "deck_scratch_L": lambda: action_tables.deck_scratch("L"),
    "deck_scratch_R": lambda: action_tables.deck_scratch("R"),
    "crossfader_hit": action_tables.crossfader_hit,
    "drop_reaction": gesture_tables.drop_reaction,
    "spotlight_present": gesture_tables.spotlight_present,
    "blink": action_tables.blink,
}


def make_actions(shop: Workshop, rig: Any) -> dict[str, Any]:
    """All seven actions by name (datablocks ``CF <name>``), none of them left assigned to the rig."""
    made = {}
    for name, table in TABLES.items():
        made[name] = shop.action(name)
        _bake(rig, compat.fcurves_of(rig, action=made[name]), table())
    rig.animation_data.action = None
    return made


def _bake(rig: Any, curves: Any, table: ActionTable) -> None:
    per_unit = BOB_FRAMES_PER_BEAT if table.loop else REFERENCE_FPS
    frames = np.arange(round(table.duration * per_unit / _STEP) + 1) * _STEP
    times = frames / per_unit
    period = table.duration if table.loop else None

    def sample(keys: Keys | None) -> Array:
        return np.zeros(len(times)) if keys is None else monotone_keys(keys, times, period=period)

    for bone in sorted({bone for bone, _ in table.channels}):
        rest = _rest(rig, bone)
        values = {kind: sample(table.channels.get((bone, kind))) for kind in (*_ANGLES, *_OFFSETS, *_CONTROLS)}
        if any((bone, kind) in table.channels for kind in _ANGLES):
            turns = [_rotation(*angles) for angles in zip(*(values[kind] for kind in _ANGLES), strict=True)]
            _write_rotation(curves, bone, frames, [rest.transposed() @ turn @ rest for turn in turns])
        if any((bone, kind) in table.channels for kind in _OFFSETS):
            offsets = np.stack([values[kind] for kind in _OFFSETS], axis=1)
            _write_location(curves, bone, frames, offsets @ np.array(rest))
        elif any((bone, kind) in table.channels for kind in _CONTROLS):
            _write_location(curves, bone, frames, np.stack([values[kind] for kind in _CONTROLS], axis=1))
    for side, keys in table.hands.items():
        _bake_hand(rig, curves, f"ik_hand.{side}", keys, frames, times)


def _bake_hand(rig: Any, curves: Any, bone: str, keys: Sequence[HandKey], frames: Array, times: Array) -> None:
    """Wrist targets relative to the hand's home; directions are interpolated by component, then squared up."""
    rest = _rest(rig, bone)
    home = np.array(rig.data.bones[bone].head_local)
    at = [key.t for key in keys]
    wrist = monotone(at, [key.wrist for key in keys], times)
    fingers = monotone(at, [key.fingers for key in keys], times)
    back = monotone(at, [key.back for key in keys], times)
    _write_location(curves, bone, frames, (wrist - home) @ np.array(rest))
    turns = []
    for forward, up in zip(fingers, back, strict=True):
        y = Vector(forward).normalized()
        z = Vector(up)
        z = (z - y * z.dot(y)).normalized()
        axes: Any = (y.cross(z), y, z)
        turns.append(rest.transposed() @ Matrix(axes).transposed())
    _write_rotation(curves, bone, frames, turns)


def _rest(rig: Any, bone: str) -> Matrix:
    return rig.data.bones[bone].matrix_local.to_3x3()


def _rotation(pitch: float, roll: float, yaw: float) -> Matrix:
    """Rz(yaw) Rx(pitch) Ry(roll), degrees."""
    return (
        Matrix.Rotation(math.radians(yaw), 3, "Z")
        @ Matrix.Rotation(math.radians(pitch), 3, "X")
        @ Matrix.Rotation(math.radians(roll), 3, "Y")
    )


def _write_location(curves: Any, bone: str, frames: Any, values: Any) -> None:
    for index in range(3):
        compat.write_fcurve(curves, f'pose.bones["{bone}"].location', index, frames, values[:, index])


def _write_rotation(curves: Any, bone: str, frames: Any, turns: Sequence[Matrix]) -> None:
    quaternions: Any = np.array([turn.to_quaternion() for turn in turns])
    # q and -q are the same rotation: keep neighbours on one side, so that linear keys take the short way.
    for i in range(1, len(quaternions)):
        if quaternions[i] @ quaternions[i - 1] < 0:
            quaternions[i] *= -1
    for index in range(4):
        compat.write_fcurve(curves, f'pose.bones["{bone}"].rotation_quaternion', index, frames, quaternions[:, index])
