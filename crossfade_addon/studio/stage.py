# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage: what all sets share (backdrop, floor, riser, booth), and the order in which a set is built.

World space, metres: the audience is at -Y, the DJ stands at y .62 on the riser (z .5), her decks tilt 14
degrees about (0, 0, 1.6). Sizes are those of the stage plan.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..errors import StudioError
from ..themes import Theme
from . import hall, scenery_award, scenery_chaos, scenery_lofi, scenery_neon
from .meshes import Flat, Gradient, MeshBuilder, PaintedLight, Rgb, scaled, smoothstep
from .ownership import Workshop
from .paint import Palette
from .stage_model import Lamp, Mover, Stage

__all__ = ["SETS", "Lamp", "Mover", "Stage", "build_stage"]

SETS: dict[str, Callable[[Stage], None]] = {
    "neon": scenery_neon.build,
    "award": scenery_award.build,
    "chaos": scenery_chaos.build,
    "lofi": scenery_lofi.build,
}
"""Built-in scenery by the theme's ``set``."""
DECK_TILT = math.radians(14)
SLAB_TOP = 1.55
"""Height of the booth top at y = 0: 5 cm below the deck plane's middle."""
BARS = 11
BAR_HEIGHT = 0.72

_RIMS: dict[str, tuple[Rgb, Rgb]] = {
    "award": ((1.0, 0.8, 0.5), (0.8, 0.42, 0.14)),
    "lofi": ((0.5, 0.28, 0.75), (1.0, 0.55, 0.25)),
}
"""Rim lights where the accents themselves would be too strong or too cold on solid things."""


def build_stage(
    shop: Workshop, palette: Palette, theme: Theme, *, seed: int, title: str = "", artist: str = ""
) -> Stage:
    """Build the set of a theme.

    Parameters
    ----------
    shop : Workshop
        Makes and links the objects.
    palette : Palette
        Gets the set's light channels.
    seed : int
        Places of confetti, people, windows and leaves.
    title, artist : str
        What the LED wall writes.

    Returns
    -------
    Stage
        Lamps and moving parts for :func:`lights.animate_lights`.

    Raises
    ------
    StudioError
        When the theme names a set that does not exist.
    """
    if theme.set not in SETS:
        raise StudioError(f"Unknown set '{theme.set}'.", hint=f"Choose one of {', '.join(SETS)}.")
    colors = theme.palette
    left, right = _RIMS.get(theme.set, (colors["A"], colors["P"]))
    stage = Stage(
        shop=shop,
        palette=palette,
        theme=theme,
        light=PaintedLight(left, right, colors["W"], 1.7 if theme.set == "lofi" else 2.2),
        mirror_collection=shop.collection_under("Mirror", link=False),
        seed=seed,
        title=title,
        artist=artist,
    )
    _void(stage)
    _backdrop(stage)
    hall.add_hall(stage)
    _floor(stage)
    _riser(stage)
    _booth(stage)
    SETS[theme.set](stage)
    mirror = shop.group("Set").object("Mirror")
    mirror.instance_type = "COLLECTION"
    mirror.instance_collection = stage.mirror_collection
    mirror.scale = (1, 1, -1)
    return stage


def _void(stage: Stage) -> None:
    room = MeshBuilder().box((44, 34, 40), (0, -1, 10), Flat((0.0, 0.0, 0.0)))
    room.faces = [tuple(reversed(face)) for face in room.faces]  # seen from inside
    stage.void = room.baked(stage.shop.group("Set"), "Void")
    stage.void.hide_render = stage.void.hide_viewport = True
    stage.objects.append(stage.void)


def _backdrop(stage: Stage) -> None:
    colors, lofi = stage.colors, stage.theme.set == "lofi"
    bottom, middle, top = (np.array(colors[k]) for k in ("bg0", "bg1", "bg2"))
    left, right = np.array(colors["A"]), np.array(colors["P"])
    tall = 11.0 if lofi else 14.0
    glow = 0.16 if stage.theme.set == "award" else 0.20

    def sky(co: np.ndarray) -> np.ndarray:
        h = co[:, 2] / tall
        low = smoothstep(0.0, 0.42, h)[:, None]
        high = smoothstep(0.42, 1.0, h)[:, None]
        color = np.where(h[:, None] < 0.42, bottom + (middle - bottom) * low, middle + (top - middle) * high)
        if lofi:
            return color
        away = np.hypot(co[:, 0] / 9, (co[:, 2] - 3.4) / 6)[:, None]
        side = left + (right - left) * (0.5 + 0.5 * np.tanh(co[:, :1] / 3))
        return color * (1 - 0.75 * smoothstep(0.3, 1.3, away)) + glow * side * (1 - smoothstep(0.0, 1.0, away))

    builder = MeshBuilder().grid((-64, 64), (-3, 17), 80, 20, Gradient(sky))
    stage.paint("Backdrop", builder, (0, 12, 0))


def _floor(stage: Stage) -> None:
    corners = ((-16, -14, 0), (16, -14, 0), (16, 11.5, 0), (-16, 11.5, 0))
    builder = MeshBuilder().add(corners, [(0, 1, 2, 3)], (1, 1, 1))
    stage.show("Floor", builder, stage.lamp("floor", "Floor", stage.colors["floor"], 0.62))


def _riser(stage: Stage) -> None:
    tone = {"award": (0.10, 0.045, 0.02)}.get(stage.theme.set, scaled(stage.colors["floor"], 2.6))
    builder, edge = MeshBuilder(), MeshBuilder()
    for width, depth, z in ((7.2, 4.0, 0.0), (5.4, 3.0, 0.25)):
        builder.box((width, depth, 0.25), (0, 0.9, z + 0.125), tone)
        edge.box((width + 0.02, 0.03, 0.045), (0, 0.9 - depth / 2 - 0.012, z + 0.22))
        for side in (-1, 1):
            edge.box((0.03, depth, 0.045), (side * (width / 2 + 0.005), 0.9, z + 0.22))
        _sheen(builder, stage, width, depth, z + 0.252)
    stage.paint("Riser", builder, mirror=True)
    rgb = (0.30, 0.11, 0.07) if stage.theme.set == "lofi" else stage.colors["A"]
    stage.show("RiserEdge", edge, stage.lamp("edge", "RiserEdge", rgb), mirror=True)


def _sheen(builder: MeshBuilder, stage: Stage, width: float, depth: float, z: float) -> None:
    """A polished top: the sides' colours lie on it, and the emblem's light towards the back."""
    base = np.array(stage.colors["floor"])
    left, right, spark = (np.array(stage.colors[k]) for k in ("A", "P", "M"))
    strength = {"lofi": 0.10, "award": 0.13}.get(stage.theme.set, 0.16)

    def polish(co: np.ndarray) -> np.ndarray:
        x, y = co[:, 0], co[:, 1]
        side = left + (right - left) * (0.5 + 0.5 * np.tanh(x / 0.8))[:, None]
        edge = (0.25 + 0.75 * smoothstep(0.2, 3.4, np.abs(x)))[:, None]
        back = smoothstep(0.4, 2.9, y)[:, None] * (1 - smoothstep(0.3, 2.6, np.abs(x)))[:, None]
        return base + strength * (side * edge + 0.9 * spark * back)

    columns, rows = 16, 8
    corners = [
        (width * (i / columns - 0.5), 0.9 + depth * (j / rows - 0.5), z)
        for i in range(columns + 1)
        for j in range(rows + 1)
    ]
    faces = []
    for i in range(columns):
        for j in range(rows):
            a, b = i * (rows + 1) + j, (i + 1) * (rows + 1) + j
            faces.append((a, b, b + 1, a + 1))
    builder.add(corners, faces, Gradient(polish))


def _booth(stage: Stage) -> None:
    kind = stage.theme.set
    tone = {"award": (0.09, 0.035, 0.015), "lofi": (0.36, 0.145, 0.062)}.get(kind, scaled(stage.colors["floor"], 3.0))
    slope = math.tan(DECK_TILT)
    builder = MeshBuilder()
    under = SLAB_TOP - 0.09
    front, back, half = -0.40, 0.34, 1.25
    sides = [(x, y, z) for y in (front, back) for z in (0.5, under + y * slope) for x in (-half, half)]
    builder.add(sides, [(0, 1, 3, 2), (5, 4, 6, 7), (4, 0, 2, 6), (1, 5, 7, 3)], tone)
    middle = (0, -0.03, SLAB_TOP - 0.03 * slope - 0.035 / math.cos(DECK_TILT))
    builder.box((2.7, 0.92, 0.07), middle, scaled(tone, 1.5), (DECK_TILT, 0, 0), 0.02)
    if kind == "lofi":
        for i in range(1, 9):
            builder.rectangle(-half + 2 * half * i / 9, 0.5, 0.014, 0.84, front - 0.004, Flat((0.05, 0.018, 0.012)))
    stage.paint("Booth", builder, mirror=True)
    if kind == "lofi":
        return
    lip = MeshBuilder().box((2.72, 0.012, 0.03), (0, -0.482, SLAB_TOP - 0.49 * slope - 0.035))
    stage.show(
        "BoothLip",
        lip,
        stage.lamp("edge", "BoothLip", stage.colors["W" if kind == "award" else "M"], index=1),
        mirror=True,
    )
    for i in range(BARS):
        if kind == "chaos":
            points = [(-0.11, 0.0), (0.03, 0.0), (0.11, BAR_HEIGHT), (-0.03, BAR_HEIGHT)]
            bar = MeshBuilder().polygon(points)
            accents = [stage.colors[k] for k in ("A", "B", "gold")]
            rgb = accents[i % 3]
        else:
            bar = MeshBuilder().rectangle(0, 0, 0.06 if kind == "award" else 0.15, BAR_HEIGHT)
            rgb = stage.accent(i / (BARS - 1))
        channel = stage.lamp("front", f"Front{i}", rgb, index=i, count=BARS)
        ob = stage.show(f"Front{i}", bar, channel, (-1.1 + 0.22 * i, front - 0.012, 0.57), mirror=True)
        if kind != "award":
            stage.move(ob, "front", index=i, count=BARS)
