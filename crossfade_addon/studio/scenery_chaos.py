# SPDX-License-Identifier: GPL-3.0-or-later
"""Set "chaos": layered starbursts, stickers printed with a black offset, paint drips and tilted speakers."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np

from . import crowd, fixtures, led_text
from .led_wall import Design, box_frame, build_wall
from .meshes import Flat, Gradient, MeshBuilder, Rgb, regular, scaled, smoothstep
from .stage_model import Stage

INK: Rgb = (0.004, 0.0, 0.008)
CENTER_Z = 2.95
PURPLE: tuple[Rgb, Rgb] = ((0.09, 0.0, 0.24), (0.07, 0.0, 0.22))
BURSTS = ((19, 3.9, 5.6), (17, 3.0, 4.5), (15, 2.35, 3.5), (14, 2.2, 3.3), (12, 1.82, 2.7), (11, 1.72, 2.55))
"""Points, inner and outer radius of the starbursts, back to front."""

_BOLT = ((0.1, 1), (-0.5, -0.1), (-0.08, -0.05), (-0.25, -1), (0.5, 0.2), (0.08, 0.15), (0.45, 1))
_ARROW = ((-1, -0.2), (0.2, -0.2), (0.2, -0.55), (1, 0), (0.2, 0.55), (0.2, 0.2), (-1, 0.2))
_CROWN = ((-0.8, -0.5), (0.8, -0.5), (1, 0.6), (0.45, 0.05), (0, 0.8), (-0.45, 0.05), (-1, 0.6))
_CROSS = (
    *((-0.9, -0.6), (-0.6, -0.9), (0, -0.3), (0.6, -0.9), (0.9, -0.6), (0.3, 0)),
    *((0.9, 0.6), (0.6, 0.9), (0, 0.3), (-0.6, 0.9), (-0.9, 0.6), (-0.3, 0)),
)
_ZIGZAG = (
    *((-1, -0.3), (-0.6, 0.2), (-0.2, -0.3), (0.2, 0.2), (0.6, -0.3), (1, 0.2)),
    *((1, 0.5), (0.6, 0), (0.2, 0.5), (-0.2, 0), (-0.6, 0.5), (-1, 0)),
)
STICKERS = (
    ("Bolt", _BOLT, "gold", (-2.35, 2.5, 3.35), -0.2, 0.72),
    ("Arrow", _ARROW, "B", (2.6, 2.6, 1.9), -0.5, 0.7),
    ("Crown", _CROWN, "gold", (0.0, 2.5, 5.15), 0.08, 0.6),
    ("Cross", _CROSS, "A", (2.5, 2.5, 3.35), 0.3, 0.42),
    ("Zigzag", _ZIGZAG, "B", (-2.9, 2.8, 1.9), 0.25, 0.8),
    ("CrossFar", _CROSS, "B", (-5.3, 2.5, 3.2), 0.5, 0.6),
    ("BoltFar", _BOLT, "A", (5.4, 2.5, 3.4), 0.35, 0.95),
    ("ZigzagFar", _ZIGZAG, "gold", (4.6, 2.8, 5.4), -0.3, 0.8),
    ("ArrowFar", _ARROW, "gold", (-4.6, 2.8, 3.0), 0.6, 0.7),
)
"""Name, outline, palette colour, place, turn and size of the stickers."""


TAGS = (
    ("LOUD", -6.9, 2.3, 1.15, -0.12, "B"),
    ("BOOM", 6.9, 2.3, 1.15, 0.10, "gold"),
    ("MIX", -7.0, 4.9, 1.0, 0.18, "A"),
    ("YES!", 7.0, 5.0, 1.0, -0.15, "B"),
)
"""Graffiti: word, place (x, z), size, lean and palette colour."""


def build(stage: Stage) -> None:
    """Build the set on a stage that has floor, riser and booth."""
    colors = stage.colors
    _bursts(stage)
    _wheel(stage)
    for index, (name, outline, key, place, turn, size) in enumerate(STICKERS):
        _sticker(stage, f"Sticker{name}", index, outline, colors[key], place, turn, size)
    _graffiti(stage)
    _drips(stage)
    _halftone(stage)
    _speakers(stage)
    stage.wall = build_wall(stage, _screens(stage), title=stage.title, artist=stage.artist)
    fixtures.halo(stage, colors["M"], 0.006, y=3.0)
    fixtures.fountains(stage, colors["gold"], ((-1.9, 2.3), (1.9, 2.3), (-4.6, -0.6), (4.6, -0.6)))
    fixtures.top_beams(stage, 4, alpha=0.026)
    fixtures.floor_beams(stage, 4, alpha=0.026)
    fixtures.truss(stage, 4)
    fixtures.haze(stage, colors["A"], colors["M"], colors["A"], strength=0.4)
    crowd.add_crowd(stage, arms=True, sticks=True)
    fixtures.confetti(stage, [colors[k] for k in ("A", "B", "W", "gold", "M")])


def _screens(stage: Stage) -> Design:
    """Four screens, hung askew as if in a hurry; two of them are out of a tall picture."""
    frames = (
        box_frame(-1.72, 4.55, 0.88, 0.62, turn=0.13, text=(0.0, 0.0, 1.5, 0.8)),
        box_frame(1.78, 4.38, 0.84, 0.70, turn=-0.10, text=(0.0, 0.0, 1.45, 0.8)),
        box_frame(-4.05, 4.15, 1.05, 0.78, turn=-0.09, text=(0.0, 0.0, 1.8, 0.9)),
        box_frame(4.15, 4.35, 1.0, 0.72, turn=0.12, text=(0.0, 0.0, 1.75, 0.85)),
    )
    return Design(
        frames,
        2.72,
        ring_sides=4,
        ring_turn=math.pi / 4,
        panel=(0.012, 0.0, 0.024),
        mask=(0.006, 0.0, 0.012),
        bezel=INK,
        bezel_width=0.10,
        gain=1.5,
        accents=(stage.colors["B"], stage.colors["gold"], stage.colors["A"]),
    )


def _bursts(stage: Stage) -> None:
    rng = stage.random("bursts")
    magenta, green = stage.colors["A"], stage.colors["B"]
    tones = (PURPLE[0], magenta, INK, green, INK, PURPLE[1])
    for k, ((points, inner, outer), rgb) in enumerate(zip(BURSTS, tones, strict=True)):
        corners = []
        for i in range(2 * points):
            radius = (inner if i % 2 else outer) * (1 + 0.34 * (rng.random() - 0.5))
            angle = math.pi / 2 + math.pi * i / points
            corners.append((radius * math.cos(angle), radius * math.sin(angle)))
        channel = stage.lamp("burst", f"Burst{k}", rgb, index=k, count=len(BURSTS))
        ob = stage.show(f"Burst{k}", MeshBuilder().polygon(corners), channel, (0, 4.6 - 0.18 * k, CENTER_Z))
        stage.move(ob, "burst", index=k, count=len(BURSTS))


def _wheel(stage: Stage) -> None:
    for k, rgb in enumerate(((0.16, 0.0, 0.42), (0.05, 0.0, 0.16))):
        builder = MeshBuilder()
        for i in range(9):
            angle, half = 2 * math.pi * (i + 0.5 * k) / 9, math.pi / 18
            arc = [(1.82 * math.cos(angle + d), 1.82 * math.sin(angle + d)) for d in (-half, 0.0, half)]
            builder.polygon([(0, 0), *arc])
        channel = stage.lamp("burst", f"Wheel{k}", rgb, index=6 + 2 * k, count=2)
        ob = stage.show(f"Wheel{k}", builder, channel, (0, 3.6, CENTER_Z))
        stage.move(ob, "wheel", index=k, count=2, side=1)


def _sticker(
    stage: Stage,
    name: str,
    index: int,
    outline: Sequence[tuple[float, float]],
    rgb: Rgb,
    place: tuple[float, float, float],
    turn: float,
    size: float,
) -> None:
    points = [(x * size, z * size) for x, z in outline]
    cx, cz = (sum(p[k] for p in points) / len(points) for k in (0, 1))
    shadow = [(cx + (x - cx) * 1.13 + 0.07 * size, cz + (z - cz) * 1.13 - 0.08 * size) for x, z in points]
    channel = stage.lamp("sticker", name, rgb, index=index, count=len(STICKERS))
    top = stage.show(name, MeshBuilder().polygon(points), channel, place)
    top.rotation_euler = (0, turn, 0)
    stage.move(top, "sticker", index=index, count=len(STICKERS), rest=(0.0, turn, 0.0))
    print_shadow = stage.paint(f"{name}Shadow", MeshBuilder().polygon(shadow, 0.03, Flat(INK)))
    print_shadow.parent = top


def _graffiti(stage: Stage) -> None:
    """A brick wall behind everything with fat letters on it, each with its ink shadow, an outline and running paint."""
    builder = MeshBuilder().rectangle(0, 0, 26, 11, 0.3, Gradient(_wall_paint))
    for row in range(17):
        z = 0.3 + 0.5 * row
        builder.rectangle(0, z, 26, 0.03, 0.29, Flat((0.008, 0.0, 0.016)))
        for column in range(26):
            builder.rectangle(-12.6 + column + 0.5 * (row % 2), z - 0.5, 0.03, 0.5, 0.29, Flat((0.008, 0.0, 0.016)))
    rng = stage.random("graffiti")
    for word, x, z, size, turn, key in TAGS:
        rgb = stage.colors[key]
        for glyph in led_text.glyphs(word, 3.2 * size, 1.1 * size, pieces=len(word)):
            lean, hop = turn + rng.uniform(-0.16, 0.16), rng.uniform(-0.10, 0.10) * size
            c, s = math.cos(lean), math.sin(lean)
            spots = (
                (1.34, 0.07, -0.09, 0.08, INK),
                (1.20, 0.0, 0.0, 0.04, scaled(stage.colors["W"], 0.8)),
                (1.0, 0.0, 0.0, 0.0, rgb),
            )
            for grow, dx, dz, y, tone in spots:
                for polygon in glyph.polygons:
                    placed = [
                        (
                            x + glyph.x * 1.04 + (px * c + pz * s) * grow + dx * size,
                            z + hop + glyph.z + (pz * c - px * s) * grow + dz * size,
                        )
                        for px, pz in polygon
                    ]
                    builder.polygon(placed, y, Flat(tone))
            for _ in range(2):
                drop = rng.uniform(0.2, 0.7) * size
                at = x + glyph.x * 1.04 + rng.uniform(-0.15, 0.15) * size
                builder.rectangle(at, z + hop - 0.3 * size - drop, 0.035, drop, 0.02, Flat(rgb))
    stage.paint("Graffiti", builder, (0, 5.4, 0))


def _wall_paint(co: np.ndarray) -> np.ndarray:
    """Purple bricks, lit from the stage, dark at the sides and above."""
    away = np.hypot(co[:, 0] / 8, (co[:, 2] - 3) / 5)[:, None]
    return np.array((0.075, 0.005, 0.15)) * (1.15 - 0.9 * smoothstep(0.1, 1.2, away))


def _drips(stage: Stage) -> None:
    for k, (rgb, y) in enumerate(((stage.colors["A"], 2.55), (INK, 2.75), (stage.colors["B"], 2.95))):
        rng = stage.random(f"drips{k}")
        top = 7.15 + 0.5 * k  # each coat of paint shows above the one in front of it
        builder = MeshBuilder().rectangle(0, 6.8, 14, top - 6.8)
        x = -7.0
        while x < 7:
            width = rng.uniform(0.10, 0.30)
            z = 6.6 - (rng.random() ** 1.6 * 1.3 + 0.2 * k - 0.25)
            round_end = [
                (x + width / 2 - width / 2 * math.cos(math.pi * i / 8), z - width / 2 * math.sin(math.pi * i / 8))
                for i in range(9)
            ]
            builder.polygon([(x, top), *round_end, (x + width, top)])
            x += width + rng.uniform(0.0, 0.25)
        stage.show(f"Drips{k}", builder, stage.lamp("sticker", f"Drips{k}", rgb, index=k, count=3), (0, y, 0))


def _halftone(stage: Stage) -> None:
    for side, key in ((-1, "B"), (1, "A")):
        builder = MeshBuilder()
        for i in range(9):
            for j in range(12):
                x = side * (3.1 + 0.34 * i + (0.17 if j % 2 else 0.0))
                builder.polygon(regular(8, 0.10 * (1 - j / 13), (x, 0.5 + 0.3 * j)))
        name = f"Halftone{'L' if side < 0 else 'R'}"
        channel = stage.lamp("sticker", name, stage.colors[key], 0.85, index=int(side > 0), count=2)
        stage.show(name, builder, channel, (0, 3.6, 0))


def _speakers(stage: Stage) -> None:
    rng = stage.random("speakers")
    magenta, green = stage.colors["A"], stage.colors["B"]
    for side in (-1, 1):
        builder = MeshBuilder()
        for j in range(3):
            _speaker(builder, 0.62 + 1.02 * j, (magenta, green) if (j + (side > 0)) % 2 else (green, magenta), rng)
        ob = stage.paint(f"Speakers{'L' if side < 0 else 'R'}", builder, (side * 3.35, 0.6, 0), mirror=True)
        ob.rotation_euler = (0, side * -0.05, side * -0.25)


def _speaker(builder: MeshBuilder, z: float, accents: tuple[Rgb, Rgb], rng: random.Random) -> None:
    builder.box((1.2, 0.8, 1.0), (0, 0, z), (0.035, 0.01, 0.06), (0, rng.uniform(-0.05, 0.05), 0), 0.03)
    rings = ((0.40, accents[0]), (0.35, INK), (0.16, accents[1]), (0.11, INK))
    for step, (radius, rgb) in enumerate(rings):
        builder.polygon(regular(28, radius, (0, z)), -0.44 - 0.006 * step, Flat(rgb))
