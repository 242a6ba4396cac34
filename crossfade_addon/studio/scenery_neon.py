# SPDX-License-Identifier: GPL-3.0-or-later
"""Set "neon": a hexagon portal in front of an LED wall, light tubes, speakers, moving heads and lasers."""

from __future__ import annotations

from . import crowd, fixtures
from .led_wall import Design, Frame, build_wall
from .meshes import MeshBuilder, mix, regular
from .stage_model import Stage

CENTER_Z = 3.05
"""Height of the portal: seen from the hero camera its quiet middle lies behind the DJ's head."""
RINGS = 4


def build(stage: Stage) -> None:
    """Build the set on a stage that has floor, riser and booth."""
    colors = stage.colors
    _portal(stage)
    fixtures.halo(stage, mix(colors["A"], colors["W"], 0.25), 0.013, y=3.9, radius=2.1)
    fixtures.top_beams(stage, 4, alpha=0.095, radius=0.80)
    fixtures.floor_beams(stage, 4, alpha=0.085)
    fixtures.truss(stage, 4)
    fixtures.haze(
        stage,
        stage.accent(0.3),
        stage.accent(0.8),
        stage.accent(0.4),
        strength=0.75,
    )
    stage.wall = build_wall(stage, _wall(), title=stage.title, artist=stage.artist)
    fixtures.lasers(stage, ((0.3, 0.85, 1.0), (0.25, 1.0, 0.8)))
    _tubes(stage)
    _ceiling(stage)
    fixtures.line_arrays(stage)
    fixtures.fountains(stage, (1.0, 0.94, 0.78), ((-1.9, 2.3), (1.9, 2.3), (-3.5, -0.9), (3.5, -0.9)))
    crowd.add_crowd(stage, arms=True, sticks=True)
    fixtures.confetti(stage, [colors[k] for k in ("A", "P", "W", "gold", "B")])


def _wall() -> Design:
    """A hexagon behind the portal with a wing on either side; all three show one picture."""
    wings = [
        tuple((side * x, z) for x, z in ((3.75, -2.35), (6.35, -2.35), (6.35, 2.55), (3.75, 2.55))) for side in (-1, 1)
    ]
    outlines = (tuple(regular(6, 3.36, turn=0)), *wings)
    frame = Frame(0.0, CENTER_Z, 6.35, 2.95, outlines, text=(0.0, 1.2, 3.9, 1.15))
    quiet = tuple(regular(6, 1.75, (0, CENTER_Z), turn=0))
    # The letters stand before the portal's rings, which would cross them.
    return Design((frame,), 4.3, ring_sides=6, ring_turn=0.0, quiet=quiet, gain=0.46, text_y=-1.08)


def _portal(stage: Stage) -> None:
    for k in range(RINGS):
        radius, width = 1.2 + 0.70 * k, 0.11 - 0.01 * k
        ring = MeshBuilder().band(regular(6, radius + width, turn=0), regular(6, radius, turn=0))
        channel = stage.lamp("ring", f"Ring{k}", stage.accent(k / (RINGS - 1)), index=k, count=RINGS)
        stage.show(f"Ring{k}", ring, channel, (0, 3.3 + 0.2 * k, CENTER_Z), mirror=True)


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


def _ceiling(stage: Stage) -> None:
    """Light tubes under the roof, running towards the stage: they fill what a tall picture shows above the truss."""
    for k, x in enumerate((0.9, 2.7, 4.6)):
        builder = MeshBuilder()
        for side in (-1, 1):
            builder.tube((side * x, -1.0, 7.75), (side * x, 11.0, 7.75), 0.03, 0.03, segments=6)
        channel = stage.lamp("tube", f"Ceiling{k}", stage.accent((0.1, 0.5, 0.9)[k]), index=k, count=3)
        stage.show(f"Ceiling{k}", builder, channel)
    far = MeshBuilder()
    for side in (-1, 1):
        for k in range(6):
            x, y = side * (7.0 + 1.5 * k), 4.6 - 0.7 * k
            far.tube((x, y, 0.3), (x, y, 4.6 - 0.25 * k), 0.04, 0.04, segments=6)
            far.rectangle(x, 0.3, 0.5, 0.05, y)
    # Out of the frontal picture: they close the view from the side.
    stage.show("FarTubes", far, stage.lamp("tube", "FarTubes", stage.accent(0.55), index=3, count=4), mirror=True)
