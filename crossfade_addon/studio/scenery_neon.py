# SPDX-License-Identifier: GPL-3.0-or-later
"""Set "neon": a hexagon portal in front of an LED wall, light tubes, moving heads and lasers."""

from __future__ import annotations

from . import crowd, fixtures
from .meshes import Flat, MeshBuilder, mix, regular
from .stage_model import Stage

CENTER_Z = 3.05
"""Height of the portal: seen from the hero camera its quiet middle lies behind the DJ's head."""
RINGS = 6


def build(stage: Stage) -> None:
    """Build the set on a stage that has floor, riser and booth."""
    colors = stage.colors
    _portal(stage)
    fixtures.halo(stage, mix(colors["A"], colors["W"], 0.25), 0.026, y=4.0)
    fixtures.top_beams(stage, 4, alpha=0.052)
    fixtures.floor_beams(stage, 4, alpha=0.048)
    fixtures.truss(stage, 4)
    fixtures.haze(
        stage,
        stage.accent(0.3),
        stage.accent(0.8),
        stage.accent(0.4),
    )
    grille = (0.002, 0.004, 0.010)
    fixtures.led_wall(stage, 7, inner=3.25, pitch=0.46, width=0.32, height=4.6, y=4.3, base=0.6, grille=grille)
    # The wings are out of a portrait picture: a lower wall inside the portal stands in for them.
    fixtures.led_wall(
        stage,
        6,
        inner=0.42,
        pitch=0.36,
        width=0.27,
        height=2.4,
        y=4.02,
        base=0.9,
        grille=grille,
        prefix="Core",
        glare=0.55,
        rise=0.5,
    )
    fixtures.lasers(stage, ((0.3, 0.85, 1.0), (0.25, 1.0, 0.8)))
    _tubes(stage)
    crowd.add_crowd(stage, arms=True, sticks=True)
    fixtures.confetti(stage, [colors[k] for k in ("A", "P", "W", "gold", "B")])


def _portal(stage: Stage) -> None:
    panel = MeshBuilder().polygon(regular(6, 3.3, turn=0), 0, Flat((0.003, 0.005, 0.013)))
    stage.paint("Panel", panel, (0, 4.05, CENTER_Z))
    for k in range(RINGS):
        radius, width = 1.12 + 0.39 * k, 0.11 - 0.007 * k
        ring = MeshBuilder().band(regular(6, radius + width, turn=0), regular(6, radius, turn=0))
        channel = stage.lamp("ring", f"Ring{k}", stage.accent(k / (RINGS - 1)), index=k, count=RINGS)
        stage.show(f"Ring{k}", ring, channel, (0, 3.3 + 0.12 * k, CENTER_Z), mirror=True)


def _tubes(stage: Stage) -> None:
    for k in range(4):
        y, x = -1.0 + 1.5 * k, 3.5 + 0.25 * k
        tube, glass, glow = MeshBuilder(), MeshBuilder(), MeshBuilder()
        for side in (-1, 1):
            tube.tube((side * x, y, 0.1), (side * x, y, 5.6), 0.035, 0.035)
            glass.rectangle(side * (x + 0.5), 0.3, 0.84, 4.4, y + 0.1)
            glow.glow(0.5, (side * x, y + 0.05, 2.9), layers=8, power=1.5, segments=20, stretch=6.0)
        for role, builder, alpha in (("tube", tube, 1.0), ("glass", glass, 0.08), ("tube_glow", glow, 0.022)):
            name = f"{role.title().replace('_', '')}{k}"
            channel = stage.lamp(role, name, stage.accent(k / 3), alpha, index=k, count=4)
            stage.show(name, builder, channel, mirror=role == "tube")
