# SPDX-License-Identifier: GPL-3.0-or-later
"""Set "lofi": a rooftop at dusk with moon, skyline, string lights, plants, candles and a cat; no crowd."""

from __future__ import annotations

import itertools
import math

import numpy as np

from . import fixtures
from .led_wall import Design, box_frame, build_wall
from .meshes import Flat, Gradient, MeshBuilder, Rgb, mix, regular, scaled, smoothstep
from .stage_model import Stage

MOON = (0.35, 9.5, 4.3)
MOON_RADIUS = 1.95
BILLBOARD = (-1.55, 4.05, 4.9, 0.70, 0.46)
"""Middle (x, z), depth and half sizes of the billboard: left of the moon and inside a tall picture."""
CAT = (-0.99, -0.27, 1.49)
"""Where the cat sits: on the booth beside the deck, inside a tall picture."""
FIREFLIES = 6
WIRE = Flat((0.02, 0.012, 0.02))
BULB: Rgb = (1.0, 0.82, 0.5)
BULB_GLOW: Rgb = (1.0, 0.50, 0.18)
LAMP_X = 1.98
LEAF: Rgb = (0.03, 0.07, 0.05)
SHADOW_LEAF: Rgb = (0.006, 0.008, 0.014)
PLANTS = (
    ("PlantL", (-2.15, 0.0, 0.5), 0.95, LEAF, 22, True),
    ("PlantR", (2.55, 0.5, 0.5), 1.25, LEAF, 22, True),
    ("PlantMidL", (-2.35, -0.9, 0.0), 0.8, LEAF, 18, True),
    ("PlantMidR", (1.85, -0.75, 0.0), 0.62, LEAF, 18, True),
    ("PlantNearL", (-1.10, -2.45, 0.12), 1.0, SHADOW_LEAF, 20, False),
    ("PlantNearR", (1.22, -2.5, 0.10), 1.05, SHADOW_LEAF, 20, False),
    ("PlantWideL", (-3.7, -2.2, 0.1), 1.35, SHADOW_LEAF, 26, False),
    ("PlantWideR", (3.1, -2.8, 0.2), 1.35, SHADOW_LEAF, 26, False),
)
"""Name, place, size, leaf colour, leaves, whether it has a pot; the near ones frame the picture."""
SKYLINE = (
    (9.0, (0.30, 0.12, 0.20), (0.42, 0.17, 0.19), 1.5, 2.4, 0.0, (0.95, 0.42, 0.26)),
    (7.6, (0.11, 0.045, 0.13), (0.20, 0.08, 0.14), 0.7, 2.6, 0.22, (0.70, 0.27, 0.30)),
    (6.2, (0.035, 0.016, 0.055), (0.07, 0.03, 0.075), -0.3, 2.5, 0.30, (0.34, 0.12, 0.25)),
)
"""Depth, colours at roof and street, least and extra height, windows, haze colour; far to near."""
STRINGS = (
    ((-5.2, 5.0), (0.9, 6.3), 1.6, 0.55, 11),
    ((0.9, 6.3), (5.2, 4.9), 1.6, 0.60, 11),
    ((-5.2, 4.15), (5.2, 4.45), -0.3, 0.66, 18),
)
"""Both ends (x, z), depth, sag and bulbs of the string lights."""


def build(stage: Stage) -> None:
    """Build the set on a stage that has floor, riser and booth."""
    _moon(stage)
    _skyline(stage)
    _roof(stage)
    _billboard(stage)
    stage.wall = build_wall(stage, _sign(), title=stage.title, artist=stage.artist)
    _fireflies(stage)
    _string_lights(stage)
    _fairy_lights(stage)
    fixtures.halo(stage, mix(stage.colors["B"], stage.colors["W"], 0.4), 0.008, y=2.3, radius=1.7)
    fixtures.haze(stage, (0.9, 0.4, 0.28), (0.7, 0.3, 0.4), (0.45, 0.2, 0.4), height=3.0)
    for name, place, size, rgb, leaves, pot in PLANTS:
        _plant(stage, name, place, size, rgb, leaves, pot)
    _lamp(stage)
    _candles(stage)
    _cat(stage)


def _sign() -> Design:
    """A small glowing billboard on the roof next door, with the song's title."""
    frame = box_frame(*BILLBOARD[:2], *BILLBOARD[3:], text=(0.0, 0.0, 1.28, 0.74))
    return Design(
        (frame,),
        BILLBOARD[2],
        panel=(0.045, 0.018, 0.060),
        mask=(0.022, 0.009, 0.034),
        bezel=(0.10, 0.045, 0.075),
        bezel_width=0.06,
        rest=(0.06, 0.022, 0.06),
        gain=0.55,
        accents=((1.0, 0.36, 0.30), (1.0, 0.50, 0.22), (0.72, 0.30, 0.70)),
    )


def _billboard(stage: Stage) -> None:
    """Posts and struts of the billboard, and its glow on the evening air."""
    x, z, y, half_x, half_z = BILLBOARD
    builder = MeshBuilder()
    for side in (-1, 1):
        builder.tube(
            (x + side * half_x * 0.7, y + 0.06, 0.3), (x + side * half_x * 0.7, y + 0.06, z), 0.04, 0.04, WIRE, 6
        )
        builder.tube(
            (x + side * half_x * 0.7, y + 0.06, z - half_z),
            (x - side * half_x * 0.7, y + 0.06, 1.2),
            0.02,
            0.02,
            WIRE,
            5,
        )
    builder.box((2 * half_x + 0.2, 0.3, 0.04), (x, y - 0.12, z - half_z - 0.14), WIRE)
    stage.paint("Billboard", builder)
    channel = stage.lamp("glow", "BillboardGlow", mix(stage.colors["P"], stage.colors["W"], 0.3), 0.016)
    stage.show("BillboardGlow", MeshBuilder().glow(1.9, layers=20, first=0.25, stretch=0.75), channel, (x, y + 0.2, z))


def _fireflies(stage: Stage) -> None:
    """Six swarms of fireflies between the plants, and a shooting star for the drops."""
    rng = stage.random("fireflies")
    for k in range(FIREFLIES):
        builder = MeshBuilder()
        for _ in range(4):
            side = rng.choice((-1, 1))
            place = (side * rng.uniform(1.0, 4.4), rng.uniform(-2.4, 2.0), rng.uniform(0.7, 3.4))
            builder.glow(rng.uniform(0.06, 0.11), place, layers=12, first=0.12, power=1.6, segments=12)
        channel = stage.lamp("firefly", f"Fireflies{k}", (1.0, 0.90, 0.40), 0.09, index=k, count=FIREFLIES)
        stage.move(stage.show(f"Fireflies{k}", builder, channel), "firefly", index=k, count=FIREFLIES)
    streak = MeshBuilder()
    for k in range(8):
        long, wide = 3.4 * (1 - 0.09 * k), 0.022 + 0.010 * k
        tail = (long * 0.94, long * 0.34)
        streak.polygon(((0.0, -wide), tail, (0.0, wide), (-wide, 0.0)), 0.004 * k)
    channel = stage.lamp("meteor", "ShootingStar", (1.0, 0.90, 0.78), 0.20)
    place = (3.4, 8.6, 9.4)
    stage.move(stage.show("ShootingStar", streak, channel, place), "meteor", rest=place)


def _moon(stage: Stage) -> None:
    pale = np.array(((1.0, 0.70, 0.42), (1.0, 0.88, 0.68)))

    def face(co: np.ndarray) -> np.ndarray:
        return pale[0] + (pale[1] - pale[0]) * smoothstep(-1.6, 1.6, co[:, 2] - MOON[2])[:, None]

    builder = MeshBuilder().polygon(regular(64, MOON_RADIUS), 0, Gradient(face))
    for x, z, r in ((-0.5, 0.4, 0.34), (0.55, -0.35, 0.26), (0.2, 0.95, 0.18), (-0.9, -0.5, 0.22), (1.1, 0.5, 0.18)):
        builder.polygon(regular(24, r, (x, z)), -0.02, Flat((0.93, 0.66, 0.42)))
    stage.paint("Moon", builder, MOON)
    channel = stage.lamp("moon", "MoonHalo", (1, 0.52, 0.33), 0.016)
    glow = MeshBuilder().glow(5.4, layers=26, first=0.3, power=1.2, segments=56)
    stage.show("MoonHalo", glow, channel, (MOON[0], MOON[1] + 0.1, MOON[2]))
    rng = stage.random("stars")
    for k in range(3):
        stars = MeshBuilder()
        for _ in range(26):
            stars.polygon(regular(4, rng.uniform(0.02, 0.05), (rng.uniform(-11, 11), rng.uniform(5.5, 13))))
        stage.show(
            f"Stars{k}", stars, stage.lamp("star", f"Stars{k}", (1, 0.85, 0.75), 0.85, index=k, count=3), (0, 10.5, 0)
        )


def _skyline(stage: Stage) -> None:
    for layer, (y, roof, street, least, extra, windows, air) in enumerate(SKYLINE):
        rng = stage.random(f"skyline{layer}")
        high, low = np.array(roof), np.array(street)

        def wall(co: np.ndarray, high: np.ndarray = high, low: np.ndarray = low) -> np.ndarray:
            return low + (high - low) * smoothstep(0, 2.5, co[:, 2])[:, None]

        houses, lit = MeshBuilder(), [MeshBuilder(), MeshBuilder()]
        coat = Gradient(wall)
        x = -13.0
        while x < 13:
            width = rng.uniform(0.7, 1.6)
            height = least + rng.uniform(0.3, extra) * (1 - 0.55 * math.exp(-((x - 0.4) ** 2) / 5))
            houses.polygon(((x, -0.5), (x + width, -0.5), (x + width, height), (x, height)), 0, coat)
            if rng.random() < 0.35:
                houses.polygon(
                    ((x + width * 0.4, height), (x + width * 0.44, height), (x + width * 0.42, height + 0.7)), 0, coat
                )
            for floor in range(int(max(0.0, height) / 0.26)):
                for room in range(int(width / 0.2)):
                    if rng.random() < windows * 0.6:
                        lit[rng.randrange(2)].rectangle(x + 0.11 + 0.2 * room, 0.1 + 0.26 * floor, 0.085, 0.12, -0.03)
            x += width
        stage.paint(f"Skyline{layer}", houses, (0, y, 0))
        for k, builder in enumerate(lit):
            if builder.faces:
                channel = stage.lamp("window", f"Windows{layer}{k}", (1, 0.62, 0.25), 0.85, index=k, count=2)
                stage.show(f"Windows{layer}{k}", builder, channel, (0, y, 0))
        channel = stage.lamp("sky", f"SkyHaze{layer}", air, 0.022)
        stage.show(f"SkyHaze{layer}", MeshBuilder().haze(60, 2.2, 8), channel, (0, y - 0.5, -0.2))


def _roof(stage: Stage) -> None:
    builder = MeshBuilder().box((14, 0.25, 0.75), (0, 2.7, 0.38), (0.06, 0.028, 0.05))
    builder.box((14.2, 0.36, 0.09), (0, 2.7, 0.79), (0.14, 0.065, 0.075))
    for x in (-5.2, 5.2):
        builder.tube((x, 1.65, 0), (x, 1.65, 5.6), 0.04, 0.035, WIRE, 7)
    builder.box((0.6, 0.45, 0.42), (-1.75, -0.75, 0.21), (0.22, 0.09, 0.05), bevel=0.015)
    rng = stage.random("records")
    for j in range(7):
        sleeve = mix((0.5, 0.25, 0.3), (0.2, 0.12, 0.35), rng.random())
        builder.box((0.05, 0.4, 0.40), (-1.97 + 0.07 * j, -0.75, 0.33), sleeve)
    stage.paint("Roof", builder)


def _bulbs(
    stage: Stage,
    name: str,
    role: str,
    places: list[tuple[float, float, float]],
    groups: int,
    size: float,
    side: int = 0,
) -> None:
    """Bulbs in ``groups`` alternating channels, each with a soft glow around it; ``side`` is the string's turn."""
    for q in range(groups):
        bulbs, glows = MeshBuilder(), MeshBuilder()
        for x, y, z in places[q::groups]:
            bulbs.ball(size, (x, y, z), scale=(1, 1, 1.25), segments=8, rings=6)
            glows.glow(size * 6.4, (x, y - size, z), layers=18, first=0.16, power=1.5, segments=16)
        lamp = stage.lamp(role, f"{name}{q}", BULB, index=q, count=groups, side=side)
        stage.show(f"{name}{q}", bulbs, lamp)
        lamp = stage.lamp(role, f"{name}Glow{q}", BULB_GLOW, 0.026, index=q, count=groups, side=side)
        stage.show(f"{name}Glow{q}", glows, lamp)


def _string_lights(stage: Stage) -> None:
    for k, (start, end, y, sag, count) in enumerate(STRINGS):
        wire = MeshBuilder()
        points = []
        for i in range(count + 1):
            u = i / count
            z = start[1] + (end[1] - start[1]) * u - sag * 4 * u * (1 - u)
            points.append((start[0] + (end[0] - start[0]) * u, y, z))
        for a, b in itertools.pairwise(points):
            wire.tube(a, b, 0.012, 0.012, WIRE, 5)
        stage.paint(f"Wire{k}", wire)
        _bulbs(stage, f"Bulbs{k}", "string", [(x, y, z - 0.08) for x, _, z in points[1:-1]], 2, 0.055, (1, 2, 0)[k])


def _fairy_lights(stage: Stage) -> None:
    count, wire, points = 13, MeshBuilder(), []
    for i in range(count + 1):
        points.append((-1.22 + 2.44 * i / count, -0.46, 1.34 - 0.13 * abs(math.sin(math.pi * i * 3 / count))))
    for a, b in itertools.pairwise(points):
        wire.tube(a, b, 0.008, 0.008, WIRE, 5)
    stage.paint("FairyWire", wire)
    _bulbs(stage, "Fairy", "bulb", [(x, -0.48, z - 0.03) for x, _, z in points], 4, 0.03)


def _plant(
    stage: Stage, name: str, place: tuple[float, float, float], size: float, rgb: Rgb, leaves: int, pot: bool
) -> None:
    rng = stage.random(name)
    builder = MeshBuilder()
    if pot:
        builder.cone(0.20 * size, 0.27 * size, 0.42 * size, (0, 0, 0.21 * size), (0.30, 0.12, 0.07), 14)
    for i in range(leaves):
        angle = -1.25 + 2.5 * i / (leaves - 1) + rng.uniform(-0.1, 0.1)
        length = size * rng.uniform(0.55, 1.15)
        x, z = math.sin(angle) * length * 0.8, math.cos(angle) * length
        wx, wz = math.cos(angle) * 0.055 * size, -math.sin(angle) * 0.055 * size
        root = 0.4 * size
        outline = (
            (0.0, root),
            (x * 0.35 + wx, root + z * 0.45 + wz),
            (x * 0.75 + wx * 0.9, root + z * 0.8 + wz * 0.9),
            (x * 1.12, root + z * 0.92),
            (x * 0.75 - wx * 0.7, root + z * 0.8 - wz * 0.7),
            (x * 0.35 - wx, root + z * 0.45 - wz),
        )
        builder.polygon(outline, rng.uniform(-0.12, 0.12), scaled(rgb, rng.uniform(0.6, 1.3)))

    def dusk(base: np.ndarray, co: np.ndarray, normal: np.ndarray) -> np.ndarray:
        up = smoothstep(place[2], place[2] + 1.3 * size, co[:, 2])[:, None]
        return base * (0.5 + 0.6 * up) + np.array((0.9, 0.42, 0.2)) * 0.10 * up * (1.0 if pot else 0.35)

    stage.paint(name, builder, place, shade=dusk)


def _lamp(stage: Stage) -> None:
    shade = np.array(((1.0, 0.72, 0.38), (1.0, 0.5, 0.2)))

    def paper(co: np.ndarray) -> np.ndarray:
        return shade[0] + (shade[1] - shade[0]) * smoothstep(2.15, 2.45, co[:, 2])[:, None]

    builder = MeshBuilder().tube((LAMP_X, 0.1, 0.5), (LAMP_X, 0.1, 2.2), 0.02, 0.02, Flat((0.03, 0.02, 0.02)), 6)
    builder.cone(0.24, 0.13, 0.30, (LAMP_X, 0.1, 2.28), Gradient(paper))
    stage.paint("FloorLamp", builder)
    channel = stage.lamp("lamp", "LampGlow", (1, 0.45, 0.15), 0.02)
    stage.show("LampGlow", MeshBuilder().glow(1.5, layers=26, first=0.08), channel, (LAMP_X, -0.05, 2.25))


def _candles(stage: Stage) -> None:
    wax, flames, glows = MeshBuilder(), MeshBuilder(), MeshBuilder()
    for x, y, height in ((-0.98, -1.0, 0.20), (-0.78, -1.08, 0.13), (0.92, -1.02, 0.14), (1.12, -0.95, 0.22)):
        wax.cone(0.05, 0.05, height, (x, y, 0.25 + height / 2), (0.75, 0.5, 0.32), 10)
        flames.ball(0.03, (x, y, 0.25 + height + 0.045), scale=(0.8, 0.8, 1.7), segments=8, rings=6)
        glows.glow(0.5, (x, y - 0.06, 0.30 + height), layers=14, first=0.12, power=1.3, segments=24)
    stage.paint("Candles", wax, shade=lambda b, co, n: stage.light.lit(b, co, n, rim=0.2, fill=0.5))
    stage.show("Flames", flames, stage.lamp("candle", "Flames", (1.0, 0.75, 0.35), index=1))
    stage.show("FlameGlow", glows, stage.lamp("candle", "FlameGlow", (1.0, 0.45, 0.15), 0.022, index=1))


def _cat(stage: Stage) -> None:
    """A black cat that sits on the booth with moonlight on its back, its tail over the edge."""
    fur: Rgb = (0.016, 0.010, 0.024)
    builder = MeshBuilder().ball(0.15, (0, 0, 0.13), fur, (1.0, 0.85, 1.1), 14, 9)
    builder.ball(0.105, (0.02, -0.04, 0.24), fur, (1.0, 0.8, 1.25), 12, 8)
    builder.ball(0.105, (0.03, -0.05, 0.385), fur, (1.12, 0.85, 0.92), 14, 9)
    for side in (-1, 1):
        builder.cone(0.045, 0.0, 0.12, (0.03 + side * 0.070, -0.04, 0.485), fur, 8, (0, side * 0.22, 0), caps=False)
        builder.ball(0.04, (0.02 + side * 0.05, -0.12, 0.03), fur, (0.8, 1.3, 0.8), 8, 6)

    def moonlit(base: np.ndarray, co: np.ndarray, normal: np.ndarray) -> np.ndarray:
        return stage.light.lit(base, co, normal, rim=0.42, fill=0.5)

    stage.paint("Cat", builder, CAT, shade=moonlit)
    tail = MeshBuilder().tube((0, 0, 0), (-0.01, -0.03, -0.17), 0.026, 0.024, fur, 8)
    tail.tube((-0.01, -0.03, -0.17), (0.05, -0.03, -0.31), 0.024, 0.013, fur, 8)
    tail.ball(0.026, (0, 0, 0), fur, segments=8, rings=6).tube((0, 0, 0), (0.09, 0.17, 0.03), 0.026, 0.034, fur, 8)
    x, y, z = CAT
    ob = stage.paint("CatTail", tail, (x - 0.17, y - 0.21, z + 0.015), shade=moonlit)
    stage.move(ob, "cat")
    eyes = MeshBuilder().polygon(regular(8, 0.017, (-0.015, 0.395)), -0.152)
    eyes.polygon(regular(8, 0.017, (0.075, 0.395)), -0.152)
    stage.show("CatEyes", eyes, stage.lamp("lamp", "CatEyes", (1, 0.8, 0.3), index=2), CAT)
