# SPDX-License-Identifier: GPL-3.0-or-later
"""The DJ's actions as Blender actions: tables evaluated to dense linear keys, ready for NLA strips.

Conventions: actions are written at 30 frames per second (those in beats at 120 BPM), from frame 0, with a key
every half frame; a strip's scale of fps/30 keeps their speed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import action_tables, compat, gesture_tables, pump_tables, turns
from .action_curves import Array, monotone, monotone_keys
from .action_keys import ActionTable, Channel, HandKey, Keys
from .groove import RAISED_BEATS, raised_action
from .ownership import Workshop

REFERENCE_FPS = 30.0
FRAMES_PER_BEAT = 15.0
"""Frames per beat of actions in beats: 120 BPM at the reference rate."""
MOOD = "mood"
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
    "head_bang": pump_tables.head_bang,
    **{
        raised_action(name, hands, count): functools.partial(table, hands, count)
        for name, table in (("hand_pump", pump_tables.hand_pump), ("hand_wave", pump_tables.hand_wave))
        for hands in ("L", "R", "LR")
        for count in RAISED_BEATS[name]
    },
}


def make_actions(shop: Workshop, rig: Any) -> dict[str, Any]:
    """All actions of :data:`TABLES` by name, and an empty ``mood`` for the song's face (datablocks ``CF <name>``).

    Bones that the rig lacks (another avatar's hair) are left out. No action is left assigned to the rig.
    """
    made = {}
    for name, table in TABLES.items():
        made[name] = shop.action(name)
        _bake(rig, compat.fcurves_of(rig, action=made[name]), table())
    made[MOOD] = shop.action(MOOD)
    rig.animation_data.action = None
    return made


def write_face(rig: Any, action: Any, channels: Mapping[Channel, Keys], frame: Callable[[Array], Array]) -> None:
    """Write channels that change seldom: keys only where something changes, eased between, at ``frame(seconds)``.

    Turns get a few keys on their way, as quaternions cannot be eased by component. Bones that the rig lacks are
    left out. The action does not stay assigned.
    """
    curves = compat.fcurves_of(rig, action=action)
    for curve in list(curves):
        curves.remove(curve)
    for bone in sorted({bone for bone, _ in channels if bone in rig.data.bones}):
        own = {kind: keys for (name, kind), keys in channels.items() if name == bone}
        times = np.array(sorted({t for keys in own.values() for t, _ in keys}))
        values = {kind: monotone_keys(keys, times) for kind, keys in own.items()}
        zero = np.zeros(len(times))
        if any(kind in own for kind in (*_OFFSETS, *_CONTROLS)):
            kinds = _OFFSETS if any(kind in own for kind in _OFFSETS) else _CONTROLS
            offsets = np.stack([values.get(kind, zero) for kind in kinds], axis=1)
            if kinds is _OFFSETS:
                offsets = offsets @ _axes(rig, bone)
            _write(curves, bone, "location", frame(times), offsets, interpolation="BEZIER")
        if any(kind in own for kind in _ANGLES):
            times = _on_the_way(sorted({t for kind in _ANGLES for t, _ in own.get(kind, ())}))
            angles = [monotone_keys(own[kind], times) if kind in own else np.zeros(len(times)) for kind in _ANGLES]
            _write_rotation(rig, curves, bone, frame(times), turns.from_angles(*angles))
    rig.animation_data.action = None


_STEPS_ON_THE_WAY = 5


def _on_the_way(times: Sequence[float]) -> Array:
    at = np.asarray(times, dtype=float)
    parts = np.arange(_STEPS_ON_THE_WAY) / _STEPS_ON_THE_WAY
    return np.append((at[:-1, None] + np.diff(at)[:, None] * parts).ravel(), at[-1])


def _bake(rig: Any, curves: Any, table: ActionTable) -> None:
    per_unit = FRAMES_PER_BEAT if table.in_beats else REFERENCE_FPS
    frames = np.arange(round(table.duration * per_unit / _STEP) + 1) * _STEP
    times = frames / per_unit
    period = table.duration if table.loop else None

    def sample(keys: Keys | None) -> Array:
        return np.zeros(len(times)) if keys is None else monotone_keys(keys, times, period=period)

    for bone in sorted({bone for bone, _ in table.channels if bone in rig.data.bones}):
        values = {kind: sample(table.channels.get((bone, kind))) for kind in (*_ANGLES, *_OFFSETS, *_CONTROLS)}
        if any((bone, kind) in table.channels for kind in _ANGLES):
            _write_rotation(rig, curves, bone, frames, turns.from_angles(*(values[kind] for kind in _ANGLES)))
        if any((bone, kind) in table.channels for kind in _OFFSETS):
            offsets = np.stack([values[kind] for kind in _OFFSETS], axis=1)
            _write(curves, bone, "location", frames, offsets @ _axes(rig, bone))
        elif any((bone, kind) in table.channels for kind in _CONTROLS):
            _write(curves, bone, "location", frames, np.stack([values[kind] for kind in _CONTROLS], axis=1))
    for side, keys in table.hands.items():
        _bake_hand(rig, curves, f"ik_hand.{side}", keys, frames, times)


def _bake_hand(rig: Any, curves: Any, bone: str, keys: Sequence[HandKey], frames: Array, times: Array) -> None:
    """Wrist targets relative to the hand's home; directions are interpolated by component, then squared up."""
    home = np.array(rig.data.bones[bone].head_local)
    at = [key.t for key in keys]
    wrist = monotone(at, [key.wrist for key in keys], times)
    fingers = monotone(at, [key.fingers for key in keys], times)
    back = monotone(at, [key.back for key in keys], times)
    _write(curves, bone, "location", frames, (wrist - home) @ _axes(rig, bone))
    from_rest = turns.inverse(np.array(_rest(rig, bone).to_quaternion()))
    turned = turns.multiply(from_rest, turns.from_fingers(fingers, back))
    _write(curves, bone, "rotation_quaternion", frames, turns.continuous(turned))


def _rest(rig: Any, bone: str) -> Any:
    return rig.data.bones[bone].matrix_local.to_3x3()


def _axes(rig: Any, bone: str) -> Array:
    return np.array(_rest(rig, bone))


def _write_rotation(rig: Any, curves: Any, bone: str, frames: Any, quaternions: Array) -> None:
    """Turns given in armature axes at rest."""
    rest = np.array(_rest(rig, bone).to_quaternion())
    turned = turns.multiply(turns.multiply(turns.inverse(rest), quaternions), rest)
    _write(curves, bone, "rotation_quaternion", frames, turns.continuous(turned))


def _write(curves: Any, bone: str, channel: str, frames: Any, values: Array, *, interpolation: str = "LINEAR") -> None:
    path = f'pose.bones["{bone}"].{channel}'
    for index in range(values.shape[1]):
        compat.write_fcurve(curves, path, index, frames, values[:, index], interpolation=interpolation)
