# SPDX-License-Identifier: GPL-3.0-or-later
"""Equipment shared by the sets: halo, haze, moving heads, truss, lasers, speakers, sparks, confetti (metres)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mathutils import Euler, Vector

from .beam_modes import TOP_X
from .meshes import PLAIN, MeshBuilder, Rgb, mix, scaled
from .stage_model import Stage

FOUNTAIN_SHEAVES = 4
"""Sheaves of sparks that take turns in rising."""
HEAD_COLUMN = (0.85, 0.75)
"""Half width of the space around the DJ, and the depth up to which confetti must stay out of it: a piece
of paper over a face reads as a fault."""


def halo(stage: Stage, rgb: Rgb, alpha: float, *, y: float, z: float = 2.75, radius: float = 3.2) -> None:
    """Soft round light behind the DJ."""
    channel = stage.lamp("halo", "Halo", rgb, alpha)
    stage.show("Halo", MeshBuilder().glow(radius, layers=26, power=1.25, segments=40), channel, (0, y, z))


def haze(stage: Stage, back: Rgb, middle: Rgb, front: Rgb, *, strength: float = 1.0, height: float = 7.0) -> None:
    """One haze card between every two depth planes: the whole aerial perspective of the show.

    ``height`` is how far up the one at the back reaches: its upper edge must not lie before anything dark.
    """
    cards = (
        ("HazeBack", back, 0.016, 56, height, 3.95, 0.0, 12),
        ("HazeMid", middle, 0.015, 56, 2.6, 1.9, 0.2, 8),
        ("HazeFront", front, 0.006, 56, 1.15, -1.55, 0.0, 8),
    )
    for index, (name, rgb, alpha, width, height, y, z, layers) in enumerate(cards):
        channel = stage.lamp("haze", name, rgb, alpha * strength, index=index, count=len(cards))
        stage.show(name, MeshBuilder().haze(width, height, layers), channel, (0, y, z))


def _beam(
    stage: Stage,
    name: str,
    role: str,
    index: int,
    count: int,
    side: int,
    rgb: Rgb,
    alpha: float,
    place: Sequence[float],
    direction: tuple[float, float, float],
    size: tuple[float, float],
) -> None:
    # Alphas are given for 14 shells; fewer shells must each show more.
    channel = stage.lamp(role, name, rgb, alpha * 1.4, index=index, count=count, side=side)
    ob = stage.show(name, MeshBuilder().beam(*size), channel, place)
    ob.rotation_euler = Vector(direction).to_track_quat("Z", "Y").to_euler()
    stage.move(ob, role, index=index, count=count, side=side, rest=direction)


def top_beams(
    stage: Stage,
    pairs: int,
    *,
    alpha: float,
    radius: float = 0.62,
    length: float = 7.5,
    spread: tuple[float, float] = (0.10, 0.15),
    rgb: Rgb | None = None,
    z: float = 6.9,
) -> None:
    """Pairs of moving heads hanging at x = +-(1.0 + .9 i), each with a flare on its lens."""
    for side in (-1, 1):
        for i in range(pairs):
            color = rgb or stage.side_color(side)
            x = side * (TOP_X[0] + TOP_X[1] * i)
            name = f"{'L' if side < 0 else 'R'}{i}"
            direction = (-side * (spread[0] + spread[1] * i), -0.22, -1.0)
            _beam(
                stage,
                f"BeamTop{name}",
                "beam_top",
                i,
                pairs,
                side,
                color,
                alpha,
                (x, 2.2, z),
                direction,
                (length, radius),
            )
            flare = stage.lamp(
                "flare",
                f"Flare{name}",
                mix(color, (1, 1, 1), 0.0 if rgb else 0.3),
                0.034,
                index=i,
                count=pairs,
                side=side,
            )
            glow = MeshBuilder().glow(0.62, layers=26, first=0.05, power=2.1, segments=20)
            stage.show(f"Flare{name}", glow, flare, (x, 2.0, z - 0.15))


def floor_beams(stage: Stage, pairs: int, *, alpha: float) -> None:
    """Pairs of moving heads on the floor behind the emblem, in the other side's colour."""
    for side in (-1, 1):
        for i in range(pairs):
            name = f"BeamFloor{'L' if side < 0 else 'R'}{i}"
            place = (side * (1.9 + 0.55 * i), 3.98, 0.3)
            direction = (side * (0.12 + 0.26 * i), 0.12, 1.0)
            color = stage.side_color(side)
            _beam(stage, name, "beam_floor", i, pairs, side, color, alpha, place, direction, (8.0, 0.5))


def truss(stage: Stage, pairs: int, rgb: Rgb = (0.03, 0.035, 0.05)) -> None:
    """Lattice girder that the moving heads hang from."""
    builder = MeshBuilder()
    for dz in (0.0, 0.32):
        for dy in (0.0, 0.32):
            builder.box((13, 0.045, 0.045), (0, 2.2 + dy, 7.0 + dz), rgb)
    for i in range(32):
        x = -6.4 + 0.4 * i
        builder.tube((x, 2.2, 7.0), (x + 0.4, 2.2, 7.32), 0.016, 0.016, rgb, 4)
        builder.tube((x + 0.4, 2.2, 7.0), (x, 2.2, 7.32), 0.016, 0.016, rgb, 4)
    for side in (-1, 1):
        for i in range(pairs):
            x = side * (TOP_X[0] + TOP_X[1] * i)
            builder.box((0.26, 0.05, 0.16), (x, 2.2, 6.97), (0.05, 0.055, 0.075))
            builder.cone(0.16, 0.09, 0.3, (x, 2.15, 6.84), (0.04, 0.045, 0.06), 12)
    stage.paint(
        "Truss",
        builder,
        shade=lambda base, co, n: stage.light.lit(base, co, n, rim=0.5, fill=0.8),
        group="Beams",
    )


def lasers(stage: Stage, colors: tuple[Rgb, Rgb], *, rays: int = 7) -> None:
    """Two fans of thin rays which cross behind the DJ; each turns about its own source."""
    for side in (-1, 1):
        builder = MeshBuilder()
        for i in range(rays):
            angle = math.radians(14 + 10 * i)
            x, z = side * math.cos(angle), math.sin(angle)
            across = (-z * 0.011, x * 0.011)
            tip = (x * 14, z * 14)
            builder.polygon(
                (
                    (across[0] / 2, across[1] / 2),
                    (tip[0] + across[0], tip[1] + across[1]),
                    (tip[0] - across[0], tip[1] - across[1]),
                    (-across[0], -across[1]),
                )
            )
        channel = stage.lamp("laser", f"Laser{'L' if side < 0 else 'R'}", colors[side > 0], 0.5, side=side)
        ob = stage.show(f"Laser{'L' if side < 0 else 'R'}", builder, channel, (-side * 3.1, 2.6, 0.7))
        stage.move(ob, "laser", side=side)


def confetti(stage: Stage, colors: Sequence[Rgb], *, pieces: int = 44) -> None:
    """Blocks of paper scraps that fall after a drop, none of them in front of the DJ's face."""
    rng = stage.random("confetti")
    for k, rgb in enumerate(colors):
        builder = MeshBuilder()
        made = 0
        while made < pieces:
            x, y, z = rng.uniform(-5, 5), rng.uniform(-2.5, 2.2), rng.uniform(0.8, 8.5)
            turn = Euler((rng.random() * 6, rng.random() * 6, rng.random() * 6)).to_matrix()
            if abs(x) < HEAD_COLUMN[0] and y < HEAD_COLUMN[1]:
                continue
            size = rng.uniform(0.028, 0.06)
            corners = [
                (turn @ Vector((u * size, 0, v * size * 0.55)) + Vector((x, y, z))).to_tuple()
                for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))
            ]
            builder.add(corners, [(0, 1, 2, 3), (3, 2, 1, 0)], PLAIN)
            made += 1
        channel = stage.lamp("confetti", f"Confetti{k}", rgb, index=k, count=len(colors))
        ob = stage.show(f"Confetti{k}", builder, channel)
        stage.move(ob, "confetti", index=k, count=len(colors))


def line_arrays(stage: Stage, rgb: Rgb = (0.03, 0.035, 0.06)) -> None:
    """Hanging speakers on both sides, each a curve of boxes, and a stack of bass boxes below."""
    builder = MeshBuilder()
    for side in (-1, 1):
        for k in range(8):
            tilt = 0.02 + 0.045 * k
            place = (side * 5.15, 1.7 - 0.07 * k, 6.1 - 0.34 * k)
            builder.box((0.95, 0.5, 0.29), place, rgb, (tilt, 0, side * -0.12), 0.02)
        for k in range(2):
            builder.box((1.25, 0.8, 0.72), (side * 5.1, 1.2, 0.38 + 0.76 * k), rgb, (0, 0, side * -0.15), 0.03)
            for dx in (-0.3, 0.3):
                builder.cone(
                    0.26, 0.20, 0.03, (side * 5.1 + dx, 0.77, 0.38 + 0.76 * k), scaled(rgb, 0.3), 18, (1.57, 0, 0)
                )
    stage.paint("LineArrays", builder, shade=lambda b, co, n: stage.light.lit(b, co, n, rim=0.4, fill=0.8), mirror=True)


def fountains(stage: Stage, rgb: Rgb, places: Sequence[tuple[float, float]], *, z: float = 0.45) -> None:
    """Cold fireworks at (x, y): four sheaves of rising sparks that take turns, and their glow."""
    rng = stage.random("fountains")
    for k in range(FOUNTAIN_SHEAVES):
        builder = MeshBuilder()
        for x, y in places:
            for _ in range(26):
                # Fewer and further spread the higher they are; a spark is a thin upright diamond.
                height = rng.uniform(0.25, 2.7)
                spread = rng.gauss(0.0, 0.045 + 0.075 * height)
                long, wide = rng.uniform(0.12, 0.32), rng.uniform(0.008, 0.016)
                lean = spread / max(0.4, height) * long
                cx = x + spread
                builder.polygon(
                    ((cx - wide, height), (cx - lean, height - long), (cx + wide, height), (cx + lean, height + long)),
                    y + rng.uniform(-0.25, 0.25),
                )
        channel = stage.lamp("spark", f"Sparks{k}", rgb, 0.95, index=k, count=FOUNTAIN_SHEAVES)
        ob = stage.show(f"Sparks{k}", builder, channel, (0, 0, z))
        stage.move(ob, "spark", index=k, count=FOUNTAIN_SHEAVES, rest=(0.0, 0.0, z))
    glow = MeshBuilder()
    for x, y in places:
        glow.glow(0.42, (x, y + 0.1, 1.1), layers=14, first=0.12, power=1.4, segments=16, stretch=2.6)
    stage.show("SparkGlow", glow, stage.lamp("spark_glow", "SparkGlow", rgb, 0.042), (0, 0, z))


def glitter(stage: Stage, colors: Sequence[Rgb], *, pieces: int = 90) -> None:
    """Tiny flakes in front of the whole set that fall slowly and twinkle in turns."""
    rng = stage.random("glitter")
    for k, rgb in enumerate(colors):
        builder = MeshBuilder()
        made = 0
        while made < pieces:
            x, y, z = rng.uniform(-5.5, 5.5), rng.uniform(-2.2, 2.6), rng.uniform(0.9, 9.0)
            if abs(x) < HEAD_COLUMN[0] and y < HEAD_COLUMN[1]:
                continue
            size = rng.uniform(0.012, 0.03)
            builder.polygon(((x - size, z), (x, z - 1.4 * size), (x + size, z), (x, z + 1.4 * size)), y)
            made += 1
        channel = stage.lamp("glitter", f"Glitter{k}", rgb, 0.95, index=k, count=len(colors))
        ob = stage.show(f"Glitter{k}", builder, channel)
        stage.move(ob, "glitter", index=k, count=len(colors))
