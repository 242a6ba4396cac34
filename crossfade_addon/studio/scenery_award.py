# SPDX-License-Identifier: GPL-3.0-or-later
"""Set "award": velvet drapes, a gold arch on a sunburst, warm beams, star trophies and a seated audience."""

from __future__ import annotations

import math

import numpy as np

from . import crowd, fixtures
from .led_wall import Design, Frame, build_wall
from .meshes import Flat, Gradient, MeshBuilder, Rgb, mix, regular, smoothstep, star
from .stage_model import Stage

CENTER_Z = 2.85
VELVET: tuple[Rgb, Rgb] = ((0.035, 0.004, 0.003), (0.56, 0.098, 0.045))
ARCH_RADII = (1.8, 2.12, 2.44)
TROPHY_X = 2.25


def build(stage: Stage) -> None:
    """Build the set on a stage that has floor, riser and booth."""
    colors = stage.colors
    gold, spark = colors["A"], colors["W"]
    _drapes(stage)
    _arch(stage)
    _sunburst(stage)
    stage.wall = build_wall(stage, _screen(), title=stage.title, artist=stage.artist)
    _steps(stage)
    fixtures.halo(stage, mix((1.0, 0.55, 0.14), spark, 0.25), 0.020, y=4.0, radius=2.4)
    fixtures.top_beams(stage, 5, alpha=0.034, radius=0.95, spread=(0.22, 0.16), rgb=(1.0, 0.62, 0.27))
    fixtures.haze(stage, gold, mix(gold, colors["P"], 0.6), gold, strength=0.5)
    _bokeh(stage)
    _trophies(stage)
    crowd.add_crowd(stage, arms=False, sticks=False, rim=0.6, tint=(0.9, 0.36, 0.10), role="seated")
    fixtures.glitter(stage, [gold, spark, colors["gold"], colors["B"]])
    fixtures.confetti(stage, [gold, spark, colors["gold"]], pieces=30)


def _screen() -> Design:
    """A screen of gold dots that fills the arch: warm where nothing is shown, and warmest behind the DJ."""
    radius = ARCH_RADII[-1] + 0.12
    curve = [(radius * math.cos(math.pi * i / 28), radius * math.sin(math.pi * i / 28)) for i in range(29)]
    outline = ((radius, -2.0), *curve, (-radius, -2.0))
    warm, dark = np.array((0.74, 0.37, 0.11)), np.array((0.087, 0.032, 0.009))

    def glow(co: np.ndarray) -> np.ndarray:
        away = np.hypot(co[:, 0], co[:, 2] - CENTER_Z)[:, None]
        return warm + (dark - warm) * smoothstep(0.0, 1.2, away)

    frame = Frame(0.0, CENTER_Z, radius, radius, (outline,), text=(0.0, 1.40, 2.9, 0.60))
    return Design(
        (frame,),
        4.85,
        panel=(0.120, 0.046, 0.012),
        mask=(0.075, 0.027, 0.008),
        bezel=(0.30, 0.13, 0.035),
        quiet=tuple(regular(40, 1.6, (0, CENTER_Z))),
        quiet_coat=Gradient(glow),
        rest=(0.15, 0.058, 0.014),
        gain=0.52,
        text_y=-1.5,
    )


def _steps(stage: Stage) -> None:
    """A show staircase on both sides of the booth, every edge a line of light."""
    builder, edges = MeshBuilder(), MeshBuilder()
    for side in (-1, 1):
        for k in range(5):
            width, top = 1.5, 0.42 + 0.24 * k
            y = 1.5 + 0.42 * k
            x = side * (3.0 + 0.18 * k)
            builder.box((width, 0.44, top), (x, y, top / 2), (0.16, 0.05, 0.02))
            edges.box((width, 0.012, 0.03), (x, y - 0.225, top - 0.02))
    stage.paint("Steps", builder, mirror=True)
    stage.show("StepLights", edges, stage.lamp("edge", "StepLights", stage.colors["W"]), mirror=True)


def _drapes(stage: Stage) -> None:
    _drape(stage, "DrapeBack", (-9, 9), (0, 10), 5.2, 34, ((0.016, 0.002, 0.002), (0.21, 0.036, 0.018)))
    for side in (-1, 1):
        name = f"DrapeSide{'L' if side < 0 else 'R'}"
        _drape(stage, name, (side * 6.6, side * 1.75), (0, 8.8), 3.6, 11, VELVET, amplitude=0.16, pulled=0.62)
        # A further curtain closes the view from the side.
        _drape(stage, name.replace("Side", "Wing"), (side * 14.0, side * 6.3), (0, 8.8), 2.4, 11, VELVET, amplitude=0.2)
    _drape(
        stage, "Valance", (-7, 7), (6.35, 8.8), 2.9, 26, ((0.035, 0.007, 0.004), (0.40, 0.09, 0.035)), amplitude=0.12
    )
    trim = MeshBuilder().rectangle(0, 0, 14, 0.07)
    stage.show("ValanceTrim", trim, stage.lamp("edge", "ValanceTrim", stage.colors["A"]), (0, 2.7, 6.33))


def _drape(
    stage: Stage,
    name: str,
    x: tuple[float, float],
    z: tuple[float, float],
    y: float,
    folds: int,
    tones: tuple[Rgb, Rgb],
    *,
    amplitude: float = 0.14,
    pulled: float = 0.0,
) -> None:
    """Curtain with cosine folds, brightest at 42 % of its height; ``pulled`` gathers it to the side."""
    dark, light = np.array(tones[0]), np.array(tones[1])

    def place(px: float, pz: float, u: float, v: float) -> tuple[float, float, float]:
        gathered = 1 - pulled * 0.55 * math.sin(math.pi * min(1.0, (1 - v) * 1.15)) ** 2
        return x[0] + (px - x[0]) * gathered, y + amplitude * math.cos(2 * math.pi * folds * u), pz

    def cloth(co: np.ndarray) -> np.ndarray:
        fold = smoothstep(-1, 1, (y - co[:, 1]) / amplitude) ** 1.6
        height = (co[:, 2] - z[0]) / (z[1] - z[0])
        level = 0.30 + 0.9 * smoothstep(0.0, 0.9, 1 - np.abs(height - 0.42) * 1.5)
        return (dark + (light - dark) * fold[:, None]) * level[:, None]

    builder = MeshBuilder().grid(x, z, folds * 6, 9, Gradient(cloth), depth=place)
    stage.paint(name, builder)


def _arch(stage: Stage) -> None:
    gold, spark = stage.colors["A"], stage.colors["W"]
    for k, radius in enumerate(ARCH_RADII):
        outlines = []
        for r in (radius, radius - 0.07):
            curve = [(r * math.cos(math.pi * i / 40), r * math.sin(math.pi * i / 40)) for i in range(41)]
            outlines.append([(r, -2.3), *curve, (-r, -2.3)])
        arch = MeshBuilder().band(outlines[0], outlines[1], closed=False)
        channel = stage.lamp("arch", f"Arch{k}", spark if k == 1 else gold, index=k, count=len(ARCH_RADII))
        stage.show(f"Arch{k}", arch, channel, (0, 3.4 + 0.2 * k, CENTER_Z), mirror=True)


def _sunburst(stage: Stage) -> None:
    for k in range(2):
        builder = MeshBuilder()
        for i in range(12):
            angle, half = 2 * math.pi * (i + 0.5 * k) / 12 + 0.13, 0.07
            for length in (1.7, 2.1, 2.5, 2.9):
                inner = [(0.5 * math.cos(angle + d * half), 0.5 * math.sin(angle + d * half)) for d in (-0.6, 0.6)]
                outer = [(length * math.cos(angle + d * half), length * math.sin(angle + d * half)) for d in (1, -1)]
                builder.polygon([*inner, *outer], 0.002 * length)
        channel = stage.lamp(
            "rays", f"Rays{k}", mix((1.0, 0.50, 0.12), stage.colors["W"], 0.15), 0.06, index=k, count=2
        )
        ob = stage.show(f"Rays{k}", builder, channel, (0, 4.6 + 0.1 * k, CENTER_Z))
        stage.move(ob, "wheel", index=k, count=2, side=1 - 2 * k)


def _bokeh(stage: Stage) -> None:
    rng = stage.random("bokeh")
    for k in range(4):
        builder = MeshBuilder()
        for _ in range(7):
            place = (rng.uniform(-6, 6), rng.uniform(-0.9, 0.9), rng.uniform(3.4, 7.5))
            builder.glow(rng.uniform(0.07, 0.2), place, layers=3, first=0.75, power=1.0, segments=18)
        rgb = mix(stage.colors["A"], stage.colors["W"], k / 3)
        channel = stage.lamp("bokeh", f"Bokeh{k}", rgb, 0.12, index=k, count=4)
        stage.show(f"Bokeh{k}", builder, channel, (0, 3.4, 0))


def _trophies(stage: Stage) -> None:
    builder = MeshBuilder()
    for side in (-1, 1):
        x = side * TROPHY_X
        builder.cone(0.30, 0.24, 1.1, (x, -0.3, 0.8), (0.12, 0.06, 0.03), 24)
        builder.cone(0.34, 0.34, 0.07, (x, -0.3, 1.37), (0.5, 0.28, 0.09), 24)
        builder.cone(0.36, 0.36, 0.08, (x, -0.3, 0.29), (0.5, 0.28, 0.09), 24)
        builder.cone(0.16, 0.10, 0.09, (x, -0.3, 1.45), (0.02, 0.012, 0.01))
        builder.cone(0.035, 0.035, 0.16, (x, -0.3, 1.56), (0.8, 0.45, 0.12), 10)
        _faceted_star(builder, x, 1.93)
    stage.paint("Trophies", builder, shade=lambda b, co, n: stage.light.lit(b, co, n, rim=0.8, fill=1.0), mirror=True)
    channel = stage.lamp("glow", "TrophyGlow", (1, 0.55, 0.18), 0.022)
    glow = MeshBuilder()
    for side in (-1, 1):
        glow.glow(0.8, (side * TROPHY_X, -0.25, 1.93), layers=14)
    stage.show("TrophyGlow", glow, channel)


def _faceted_star(builder: MeshBuilder, x: float, z: float) -> None:
    """Ten triangles in light and dark gold, which read as metal, on a dark rim."""
    corners = star(5, 0.145, 0.34, (x, z))
    for q in range(10):
        a, b = corners[q], corners[(q + 1) % 10]
        rim = [(x + (p[0] - x) * 1.14, z + (p[1] - z) * 1.14) for p in (a, b)]
        builder.polygon([(x, z), *rim], -0.325, Flat((0.03, 0.015, 0.008)))
        near_tip = q in (0, 9)
        light, dark = ((1, 0.86, 0.55), (0.72, 0.36, 0.1)) if near_tip else ((1, 0.72, 0.30), (0.50, 0.22, 0.05))
        builder.polygon([(x, z), a, b], -0.34, Flat(dark if q % 2 else light))
