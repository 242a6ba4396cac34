# SPDX-License-Identifier: GPL-3.0-or-later
"""The hall as the DJ sees it: more people, balconies with their lights, beams from the far truss (metres).

All of it is flat and faces +Y, so that no camera in front of the stage sees (or pays for) any of it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np

from .meshes import Flat, Gradient, MeshBuilder, mix, regular, scaled, smoothstep
from .stage_model import Stage

FLOOR_ROWS = ((-5.3, 0.74), (-6.2, 0.66), (-7.3, 0.58), (-8.6, 0.50), (-10.2, 0.44), (-12.0, 0.40))
"""Depth y and light of the rows of people on the floor, near to far; each is spread over what cameras see."""
BALCONIES = ((-14.4, 3.1, 0.30), (-16.2, 5.6, 0.20))
"""Depth y, height of the rail and light of the people on the balconies."""
WALL_Y = -18.0
TRUSSES = ((-13.8, 9.2), (-9.6, 9.9))
"""Depth y and height of the bars that lamps hang from."""
_HALF = 17.0
"""Half the width of the hall."""


def add_hall(stage: Stage) -> None:
    """Build the far side of the hall; sets without a dancing crowd get the plain wall and its lights only."""
    rng = stage.random("hall")
    painted, lights = MeshBuilder(), MeshBuilder()
    _wall(stage, painted)
    if stage.theme.set in ("award", "lofi"):
        _specks(lights, rng, 90, (0.5, 2.8), WALL_Y + 0.1)
    else:
        for y, z, light in reversed(BALCONIES):
            _balcony(stage, painted, lights, rng, y, z, light)
        for y, z in TRUSSES:
            _truss(painted, y, z, Flat(scaled(stage.colors["bg2"], 0.9)))
        for y, light in reversed(FLOOR_ROWS):
            _row(stage, painted, rng, y, 0.0, light, 0.62 + 0.012 * -y)
        _phones(lights, rng)
        _exits(lights)
    stage.paint("BackdropRear", painted)
    channel = stage.lamp("rear", "RearLights", mix(stage.colors["W"], stage.colors["A"], 0.3), 0.8)
    stage.show("RearLights", lights, channel)
    if stage.theme.set not in ("award", "lofi"):
        _air(stage)
        _beams(stage)


def _sides(stage: Stage, x: np.ndarray, width: float = 3.0) -> np.ndarray:
    """The theme's colour of each side, with the middle one between, (n, 3)."""
    left, middle, right = (np.array(stage.colors[k]) for k in ("A", "M", "P"))
    across = np.tanh(x / width)[:, None]
    return middle + (left - middle) * np.maximum(0, -across) + (right - middle) * np.maximum(0, across)


def _wall(stage: Stage, builder: MeshBuilder) -> None:
    colors = stage.colors
    low, high = np.array(colors["bg1"]), np.array(mix(colors["bg2"], colors["bg1"], 0.3))

    def tone(co: np.ndarray) -> np.ndarray:
        up = smoothstep(0, 9, co[:, 2])[:, None]
        dark = (1 - 0.8 * smoothstep(6, 15, co[:, 2]))[:, None]
        glow = np.exp(-(((co[:, 2] - 2.2) / 2.6) ** 2))[:, None]
        return (low + (high - low) * up) * dark + 0.10 * glow * _sides(stage, co[:, 0], 6.0)

    builder.grid((-60, 60), (-2, 42), 24, 28, Gradient(tone), lambda x, z, u, v: (x, WALL_Y, z), rear=True)


def _balcony(
    stage: Stage, painted: MeshBuilder, lights: MeshBuilder, rng: random.Random, y: float, z: float, light: float
) -> None:
    """People leaning over a rail, the dark front below it and a line of light along its edge."""
    _row(stage, painted, rng, y, z - 0.95, light, 0.95)
    front = scaled(stage.colors["bg1"], 0.35)
    painted.polygon(((-40, z - 1.2), (40, z - 1.2), (40, z), (-40, z)), y + 0.2, Flat(front), rear=True)
    for k in range(-20, 21):
        x = 1.9 * k
        lights.polygon(
            ((x - 0.78, z - 0.62), (x + 0.78, z - 0.62), (x + 0.78, z - 0.55), (x - 0.78, z - 0.55)),
            y + 0.25,
            rear=True,
        )


def _row(
    stage: Stage, builder: MeshBuilder, rng: random.Random, y: float, z: float, light: float, spacing: float
) -> None:
    """A row of people as flat shapes: faces and hands in the stage's light, bodies in each other's shade."""

    def tone(lit: float) -> Callable[[np.ndarray], np.ndarray]:
        def of(co: np.ndarray) -> np.ndarray:
            up = (0.10 + 0.90 * smoothstep(0.85, 1.75, co[:, 2] - z))[:, None]
            return light * lit * up * _sides(stage, co[:, 0])

        return of

    body, skin = Gradient(tone(0.42)), Gradient(tone(0.80))
    half = min(_HALF, 3.2 - 1.25 * y)
    for i in range(int(2 * half / spacing)):
        x = -half + (i + rng.uniform(0.15, 0.85)) * spacing
        tall = z + rng.uniform(1.25, 1.55)
        depth = y + rng.uniform(-0.2, 0.2)
        shoulders = ((-0.30, -1.3), (0.30, -1.3), (0.27, -0.33), (0.15, -0.17), (-0.15, -0.17), (-0.27, -0.33))
        builder.polygon([(x + a, tall + b) for a, b in shoulders], depth, body, rear=True)
        builder.polygon(regular(7, 0.145, (x, tall)), depth + 0.01, body, rear=True)
        builder.polygon(regular(6, 0.105, (x, tall - 0.03)), depth + 0.02, skin, rear=True)
        for side in (-1, 1):
            if rng.random() < 0.42:
                _arm(builder, skin, x, tall, depth, side, rng)


def _arm(builder: MeshBuilder, coat: Gradient, x: float, tall: float, y: float, side: int, rng: random.Random) -> None:
    a = (x + side * 0.24, tall - 0.30)
    b = (x + side * rng.uniform(0.14, 0.40), tall + rng.uniform(0.28, 0.52))
    builder.polygon(
        ((a[0] - 0.05, a[1]), (a[0] + 0.05, a[1]), (b[0] + 0.035, b[1]), (b[0] - 0.035, b[1])), y, coat, rear=True
    )
    builder.polygon(regular(5, 0.065, (b[0], b[1] + 0.04)), y, coat, rear=True)


def _truss(builder: MeshBuilder, y: float, z: float, coat: Flat) -> None:
    for low in (0.12, 0.62):
        builder.polygon(
            ((-24, z + low), (24, z + low), (24, z + low + 0.07), (-24, z + low + 0.07)), y, coat, rear=True
        )
    for k in range(-40, 40):
        a, b = 0.6 * k, 0.6 * (k + 1)
        low, high = (z + 0.16, z + 0.65) if k % 2 else (z + 0.65, z + 0.16)
        builder.polygon(((a, low), (a + 0.05, low), (b + 0.05, high), (b, high)), y, coat, rear=True)


def _specks(builder: MeshBuilder, rng: random.Random, count: int, z: tuple[float, float], y: float) -> None:
    for _ in range(count):
        middle = (rng.uniform(-12, 12), rng.uniform(*z))
        builder.polygon(regular(6, rng.uniform(0.02, 0.06), middle), y, rear=True)


def _phones(builder: MeshBuilder, rng: random.Random) -> None:
    """Phones held up with their lights on: more of them further away, where they are small."""
    for y, _ in FLOOR_ROWS[1:]:
        for _ in range(7):
            x, z = rng.uniform(-1, 1) * min(_HALF, 2.0 - 1.1 * y), rng.uniform(1.75, 2.15)
            builder.polygon(regular(6, rng.uniform(0.018, 0.04), (x, z)), y + 0.05, rear=True)


def _exits(builder: MeshBuilder) -> None:
    for x in (-10.5, -3.6, 3.6, 10.5):
        builder.polygon(((x - 0.42, 2.0), (x + 0.42, 2.0), (x + 0.42, 2.2), (x - 0.42, 2.2)), WALL_Y + 0.1, rear=True)


def _soft(builder: MeshBuilder, outline: Callable[[float], list[tuple[float, float]]], y: float, layers: int) -> None:
    """Stacked copies of an outline that grows from 0 to 1: dense inside, soft at the edge."""
    for k in range(layers):
        builder.polygon(outline((k + 1) / layers), y - 0.004 * k, rear=True)


def _air(stage: Stage) -> None:
    """Haze over the heads, one card behind every few rows, and the glow of the far lamps."""
    haze = MeshBuilder()
    for y, tall in ((-6.8, 2.2), (-9.4, 2.8), (-12.9, 4.4), (-15.3, 6.0)):
        _soft(haze, lambda s, h=tall: [(-40, 0), (40, 0), (40, h * s**1.5), (-40, h * s**1.5)], y, 7)
    stage.show("RearHaze", haze, stage.lamp("glow", "RearHaze", stage.accent(0.5), 0.014))
    glow = MeshBuilder()
    for x, y, z, _ in _lamps():
        _soft(glow, lambda s, x=x, z=z: regular(16, 0.50 * (0.05 + 0.95 * s**2.6), (x, z)), y + 0.3, 16)
    stage.show(
        "RearFlares", glow, stage.lamp("glow", "RearFlares", mix(stage.colors["W"], stage.colors["M"], 0.72), 0.032)
    )


def _lamps() -> list[tuple[float, float, float, int]]:
    """Where the lamps of the trusses hang (x, y, z), and their side."""
    return [(side * (1.3 + 2.5 * k), y, z, side) for y, z in TRUSSES for side in (-1, 1) for k in range(4)]


def _beams(stage: Stage) -> None:
    """Two fans of light from the trusses over the people, which take turns."""
    for index, side in enumerate((-1, 1)):
        builder = MeshBuilder()
        for k, (x, y, z, of) in enumerate(_lamps()):
            if of == side:
                lean = -side * 0.34 + 0.22 * side * (k % 4)
                _soft(builder, lambda s, x=x, z=z, lean=lean: _cone(x, z, lean, s), y + 0.2, 9)
        name = f"RearBeams{'L' if side < 0 else 'R'}"
        channel = stage.lamp("rays", name, stage.side_color(side), 0.062, index=index, count=2, side=side)
        stage.show(name, builder, channel)


def _cone(x: float, z: float, lean: float, grown: float) -> list[tuple[float, float]]:
    length, half = (z - 0.4) * (0.35 + 0.65 * grown), math.tan(0.10) * (0.25 + 0.75 * grown)
    end, across = x + lean * length, 0.05 + half * length
    return [(x - 0.05, z), (x + 0.05, z), (end + across, z - length), (end - across, z - length)]
