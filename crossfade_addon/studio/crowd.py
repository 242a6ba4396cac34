# SPDX-License-Identifier: GPL-3.0-or-later
"""The audience: three rows of flat silhouettes, lighter and more coloured the further away (metres)."""

from __future__ import annotations

import random

import numpy as np

from .meshes import Coat, Form, MeshBuilder, Rgb, Shade, smoothstep
from .stage_model import Stage

ROWS = ((-2.6, 0.90, 13, 0.72), (-3.5, 0.84, 12, 0.80), (-4.4, 0.74, 11, 0.90))
"""Depth y, body scale, people and spacing of each row, far to near."""
BLOCKS = 3
"""Every third person of a row shares a mesh, so that a row can bob out of step."""
AISLE = (0.75, 0.45, 0.3)
"""Nobody in a row raises arms within this |x|: they would cover the decks."""

_TINT = (0.050, 0.018, 0.0)
_RIM = (1.0, 0.55, 0.22)
_FROM_BEHIND = np.array((0.0, 0.55, 0.835))
_FROM_ABOVE = np.array((0.0, 0.30, 0.954))
_FROM_SIDE = np.array((0.88, 0.36, 0.31))
_FACING = np.array((0.0, 0.985, 0.17))


def add_crowd(
    stage: Stage, *, arms: bool, sticks: bool, rim: float = 1.0, tint: Rgb | None = None, role: str = "crowd"
) -> None:
    """Build the three rows.

    ``arms`` raises hands beside the aisle (meshes of their own, which come up with the music),
    ``sticks`` gives some of them light sticks, ``tint`` replaces
    the colours of the sides, ``role`` says how they move (``crowd`` hops, ``seated`` sways).
    """
    rng = stage.random("crowd")
    for row, (y, scale, people, spacing) in enumerate(ROWS):
        shade = _silhouette(stage, row, rim, tint)
        head = _head(stage.colors["crowd"], shade, *_sides(stage, tint))
        bodies = [MeshBuilder() for _ in range(BLOCKS)]
        hands = [MeshBuilder() for _ in range(BLOCKS)]
        lights = {(block, side): MeshBuilder() for block in range(BLOCKS) for side in (-1, 1)}
        for i in range(people):
            x = (i - (people - 1) / 2) * spacing + rng.uniform(-0.15, 0.15) + (0.36 if row % 2 else 0)
            size = rng.uniform(0.92, 1.08) * scale * (0.94 if abs(x) < 1.0 else 1.0)
            depth = y + rng.uniform(-0.15, 0.15)
            builder = bodies[i % BLOCKS]
            _person(builder, stage.colors["crowd"], head, x, depth, size, rng, horns=arms)
            raises = arms and abs(x) >= AISLE[row]
            for side in (-1, 1):
                if not raises or rng.random() > (0.6 if row < 2 else 0.4):
                    _sleeve(builder, stage.colors["crowd"], x, depth, size, side)
                    continue
                hand = _arm(hands[i % BLOCKS], stage.colors["crowd"], x, depth, size, side, rng)
                if sticks and rng.random() < 0.3:
                    lean = rng.uniform(-0.12, 0.12)
                    top = (hand[0] + lean, hand[1], hand[2] + 0.26)
                    stick = lights[i % BLOCKS, -1 if x < 0 else 1]
                    stick.tube(hand, top, 0.016, 0.016, segments=6)
        for block, builder in enumerate(bodies):
            ob = stage.paint(f"Crowd{row}{block}", builder, shade=shade, group="Crowd")
            stage.move(ob, role, index=block, count=BLOCKS, side=row)
            raised = ob
            if hands[block].faces:
                raised = stage.paint(f"Hands{row}{block}", hands[block], shade=shade, group="Crowd")
                raised.parent = ob
                stage.move(raised, "hands", index=block + BLOCKS * row, count=BLOCKS, side=row)
            for side in (-1, 1):
                if lights[block, side].faces:
                    name = f"Stick{'L' if side < 0 else 'R'}"
                    channel = stage.lamp("stick", name, stage.side_color(side), side=side)
                    stage.show(f"{name}{row}{block}", lights[block, side], channel).parent = raised


def _person(
    builder: MeshBuilder, rgb: Rgb, head: Coat, x: float, y: float, k: float, rng: random.Random, *, horns: bool
) -> None:
    top = 1.32 * k
    builder.ball(0.15, (x, y, top), head, (1, 1, 1.15), 12, 8)
    builder.ball(0.27, (x, y, 0.92 * k), rgb, (1.1, 0.6, 1), 12, 7)
    builder.cone(0.28, 0.24, 0.95 * k, (x, y, 0.45 * k), rgb, 10, caps=False)
    style = rng.random()
    if style < 0.22 and horns:  # fans of the DJ wear her horns
        for side in (-1, 1):
            builder.cone(0.045, 0.0, 0.15, (x + side * 0.09, y, top + 0.21), rgb, 6, (0, side * 0.3, 0), caps=False)
    elif style < 0.42:
        builder.ball(0.085, (x + rng.uniform(-0.03, 0.03), y, top + 0.19), rgb, segments=8, rings=5)
    elif style < 0.58:  # long hair
        builder.ball(0.18, (x, y, top - 0.10), rgb, (1, 0.8, 1.5), 10, 7)
    elif style < 0.70:  # cap, worn sideways
        brim = rng.choice((-1, 1))
        builder.ball(0.16, (x + brim * 0.10, y, top + 0.08), rgb, (1.1, 1, 0.22), 10, 5)


def _arm(
    builder: MeshBuilder, rgb: Rgb, x: float, y: float, k: float, side: int, rng: random.Random
) -> tuple[float, float, float]:
    elbow = (x + side * 0.30, y, 1.28 * k)
    hand = (x + side * rng.uniform(0.16, 0.36), y, rng.uniform(1.62, 1.95) * k)
    builder.tube((x + side * 0.22, y, 1.05 * k), elbow, 0.062, 0.055, rgb, 6)
    builder.ball(0.058, elbow, rgb, segments=6, rings=4)
    builder.tube(elbow, hand, 0.052, 0.042, rgb, 6)
    builder.ball(0.062, (hand[0], y, hand[2] + 0.05), rgb, (1, 0.7, 1.2), 8, 5)
    return hand


def _sleeve(builder: MeshBuilder, rgb: Rgb, x: float, y: float, k: float, side: int) -> None:
    """An arm that hangs down."""
    builder.tube((x + side * 0.16, y, 1.10 * k), (x + side * 0.325, y + 0.05, 0.66 * k), 0.085, 0.06, rgb, 6)


def _sides(stage: Stage, tint: Rgb | None) -> tuple[np.ndarray, np.ndarray]:
    return np.array(tint or stage.colors["A"]), np.array(tint or stage.colors["P"])


def _silhouette(stage: Stage, row: int, rim: float, tint: Rgb | None) -> Shade:
    """Dark with a rim from above for cameras in front; the stage's light lies on what faces the stage."""
    left, right = _sides(stage, tint)

    def shade(base: np.ndarray, co: np.ndarray, normal: np.ndarray) -> np.ndarray:
        across = smoothstep(-0.35, 0.35, co[:, 0])[:, None]
        side = left + (right - left) * across
        height = smoothstep(-0.2, 1.4, co[:, 2])[:, None]
        above = smoothstep(0.5, 1.5, co[:, 2])[:, None]
        edge = smoothstep(0.30, 0.95, normal @ _FROM_BEHIND)[:, None] * above
        facing = smoothstep(0.02, 0.30, normal[:, 1])[:, None]
        return base + side * (
            _TINT[row] * height + (1 - facing) * rim * _RIM[row] * edge + facing * rim * _lit(normal, above)
        )

    return shade


def _lit(normal: np.ndarray, above: np.ndarray) -> np.ndarray:
    """How bright a form is as the DJ sees it: tops and both flanks are edged, the middle stays dark, (n, 1)."""
    top = smoothstep(0.55, 0.97, normal @ _FROM_ABOVE)
    flank = smoothstep(0.62, 0.98, np.abs(normal) @ _FROM_SIDE)
    return (0.04 + 0.60 * top + 0.40 * flank)[:, None] * (0.05 + 0.95 * above)


def _head(rgb: Rgb, shade: Shade, left: np.ndarray, right: np.ndarray) -> Form:
    """A head with hair in the crowd's tone and a face that looks up into the light of the stage."""

    def of(co: np.ndarray, normal: np.ndarray) -> np.ndarray:
        face = smoothstep(0.62, 0.76, normal @ _FACING)[:, None]
        warm = 0.55 * (left + (right - left) * smoothstep(-0.35, 0.35, co[:, 0])[:, None]) + 0.10
        return shade(np.tile(np.array(rgb), (len(co), 1)), co, normal) * (1 - face) + warm * face

    return Form(of)
