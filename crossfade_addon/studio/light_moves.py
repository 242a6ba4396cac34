# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion of the stage: panning beams, LED bars, dancing crowd, falling confetti (world space, radians)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import beam_modes, compat
from .light_score import Score, corners
from .ownership import Workshop
from .stage_model import Mover, Stage

CONFETTI_BARS = 4.0
"""How long confetti is in the air after a drop."""
SPARK_BARS = 2.0
"""How long the fountains burn after a drop."""
GLITTER_BARS = 8.0
METEOR_BARS = (0.5, 0.75)
"""When a shooting star starts after a drop, and how long it flies."""
HANDS_DOWN = 0.62
"""Metres that raised hands sink where the music is quiet."""
Curves = dict[tuple[str, int], np.ndarray]
"""Values per frame by data path and index."""

_TOLERANCE = 0.004


def animate_moves(stage: Stage, score: Score, *, shop: Workshop) -> None:
    """Write the F-curves of every moving part, and hide the painted parts where a hard stop leaves nothing."""
    for mover in stage.movers:
        _write(mover.object, MOVES[mover.role](mover, score), score, shop)
    if score.black.any():
        for ob in stage.painted:
            _hide(ob, score.black, score, shop)
        _hide(stage.void, 1.0 - score.black, score, shop)


def _curves_of(ob: Any, shop: Workshop) -> Any:
    """The object's own F-curves: in the action of its light where it has one."""
    action = ob.animation_data.action if ob.animation_data else None
    return compat.fcurves_of(ob, action=action or shop.action(f"{ob.name.removeprefix('CF ')} move"))


def _write(ob: Any, curves: Curves, score: Score, shop: Workshop) -> None:
    target = _curves_of(ob, shop)
    for (path, index), values in curves.items():
        kept = corners(values[None, :].astype("f4"), np.array([_TOLERANCE], dtype="f4"))
        compat.write_fcurve(target, path, index, score.frames[kept], values[kept])


def _hide(ob: Any, hidden: np.ndarray, score: Score, shop: Workshop) -> None:
    change = np.flatnonzero(np.diff(hidden)) + 1
    kept = np.concatenate(([0], change))
    target = _curves_of(ob, shop)
    for path in ("hide_render", "hide_viewport"):
        compat.write_fcurve(target, path, 0, score.frames[kept], hidden[kept], interpolation="CONSTANT")


def _aimed(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> Curves:
    """Euler angles that turn +Z towards (x, y, z): tilt about X, then pan about Y."""
    length = np.sqrt(x * x + y * y + z * z)
    tilt = -np.arcsin(np.clip(y / length, -1, 1))
    pan = np.unwrap(np.arctan2(x, z))
    return {("rotation_euler", 0): tilt, ("rotation_euler", 1): pan, ("rotation_euler", 2): np.zeros(len(x))}


def _beam(group: str) -> Callable[[Mover, Score], Curves]:
    def curves(mover: Mover, score: Score) -> Curves:
        pose = beam_modes.pose(group, mover.side, mover.index, mover.count, score)
        up = np.full(len(score.frames), -1.0 if group == "top" else 1.0)
        return {
            **_aimed(mover.side * pose.out, pose.back, up),
            ("scale", 0): pose.zoom,
            ("scale", 1): pose.zoom,
        }

    return curves


def _laser(mover: Mover, score: Score) -> Curves:
    swing = 0.10 * np.sin(2 * math.pi * score.bar / 2) + 0.03 * np.sin(2 * math.pi * score.bar)
    return {("rotation_euler", 1): mover.side * swing}


def _front(mover: Mover, score: Score) -> Curves:
    middle = (mover.count - 1) / 2
    away = abs(mover.index - middle) / middle
    height = 0.14 + 0.86 * score.band(away, mover.index * 0.37) ** 0.6 * (0.35 + 0.65 * score.energy)
    return {("scale", 2): np.clip(height, 0.08, 1.0)}


def _crowd(mover: Mover, score: Score) -> Curves:
    height = 0.06 * score.energy * (1 + 0.8 * score.drop)
    hop = np.abs(np.sin(math.pi * (score.beat + mover.index / mover.count)))
    sway = 0.02 * np.sin(math.pi * score.beat + mover.index)
    return {("location", 2): height * hop, ("location", 0): sway * score.energy}


def _seated(mover: Mover, score: Score) -> Curves:
    sway = np.sin(math.pi * (score.beat / 2 + mover.index / mover.count))
    return {("location", 0): 0.018 * sway, ("location", 2): 0.012 * score.energy * np.abs(sway)}


def _hands(mover: Mover, score: Score) -> Curves:
    """Hands come up with the energy and pump on the beat, each block a little apart."""
    up = np.clip((score.energy - 0.28) / 0.5, 0.0, 1.0)
    pump = np.abs(np.sin(math.pi * (score.beat + 0.12 * mover.index)))
    lift = -HANDS_DOWN * (1 - up) + (0.05 + 0.13 * score.drop) * up * pump + 0.05 * score.kick * up
    return {("location", 2): lift, ("location", 0): 0.05 * up * np.sin(math.pi * score.beat / 2 + 0.8 * mover.index)}


def spark_age(score: Score, index: int, count: int) -> np.ndarray:
    """0 at the nozzle, 1 where a sheaf of sparks goes out: each lives for two thirds of a second."""
    return np.mod(score.seconds / 0.66 + index / count, 1.0)


def _spark(mover: Mover, score: Score) -> Curves:
    age = spark_age(score, mover.index, mover.count)
    return {("scale", 2): 0.10 + 1.0 * (1 - (1 - age) ** 1.8)}


def meteor_age(score: Score) -> np.ndarray:
    """0..1 on its way, above 1 where there is none."""
    age = (score.paper - METEOR_BARS[0]) / METEOR_BARS[1]
    return np.where((age >= 0) & (age < 1) & (score.drop > 0.05), age, 2.0)


def _meteor(mover: Mover, score: Score) -> Curves:
    age = np.clip(meteor_age(score), 0.0, 1.0)
    x, _, z = mover.rest
    return {("location", 0): x - 6.5 * age, ("location", 2): z - 2.3 * age}


def _glitter(mover: Mover, score: Score) -> Curves:
    fall = np.clip(score.paper, 0.0, GLITTER_BARS) / GLITTER_BARS
    sway = 0.22 * np.sin(2 * math.pi * (score.bar / 3 + mover.index / mover.count))
    return {("location", 2): 1.2 - 3.6 * fall, ("location", 0): sway}


def _firefly(mover: Mover, score: Score) -> Curves:
    angle = 2 * math.pi * (score.bar / 8 + mover.index / mover.count)
    return {
        ("location", 0): 0.35 * np.sin(angle),
        ("location", 2): 0.22 * np.sin(2 * angle + mover.index),
    }


def _confetti(mover: Mover, score: Score) -> Curves:
    fall = np.clip(score.paper, 0.0, CONFETTI_BARS) / CONFETTI_BARS
    drift = 0.12 * np.sin(2 * math.pi * (score.bar / 2 + mover.index / mover.count))
    return {
        ("location", 2): 2.5 - (7.5 + 0.7 * mover.index) * fall,
        ("location", 0): drift,
        ("rotation_euler", 1): 0.05 * np.sin(2 * math.pi * score.bar / 4 + mover.index),
    }


def _burst(mover: Mover, score: Score) -> Curves:
    turn = 1 if mover.index % 2 else -1
    odd = mover.index % 2
    size = 1 + 0.10 * score.kick * odd + 0.05 * score.drop
    return {("rotation_euler", 1): turn * 0.12 * score.beat, ("scale", 0): size, ("scale", 2): size}


def _wheel(mover: Mover, score: Score) -> Curves:
    return {("rotation_euler", 1): mover.side * 0.06 * score.beat}


def _sticker(mover: Mover, score: Score) -> Curves:
    base = mover.rest[1]
    wobble = 0.10 * np.sin(math.pi * score.beat + 1.7 * mover.index) * (0.3 + 0.7 * score.energy)
    size = 1 + 0.10 * score.kick
    return {("rotation_euler", 1): base + wobble, ("scale", 0): size, ("scale", 2): size}


def _cat(mover: Mover, score: Score) -> Curves:
    return {("rotation_euler", 1): 0.10 * np.sin(math.pi * score.beat / 2)}


MOVES: dict[str, Callable[[Mover, Score], Curves]] = {
    "beam_top": _beam("top"),
    "beam_floor": _beam("floor"),
    "laser": _laser,
    "front": _front,
    "crowd": _crowd,
    "seated": _seated,
    "confetti": _confetti,
    "hands": _hands,
    "spark": _spark,
    "glitter": _glitter,
    "firefly": _firefly,
    "meteor": _meteor,
    "burst": _burst,
    "wheel": _wheel,
    "sticker": _sticker,
    "cat": _cat,
}
