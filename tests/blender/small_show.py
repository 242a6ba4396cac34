# SPDX-License-Identifier: GPL-3.0-or-later
"""A show with few parts of every kind, quick to build: real builders, less of everything."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from unittest.mock import patch

from crossfade_addon.studio import actions, avatar, bot_body, fixtures, nova_body, stage
from crossfade_addon.studio.led_wall import Design as WallDesign
from crossfade_addon.studio.led_wall import box_frame, build_wall
from crossfade_addon.studio.stage_model import Stage
from crossfade_addon.themes import Theme

WALLS = {"neon": ("bars", "spectrum"), "award": ("rings", "spectrum"), "lofi": ("bars", "waves")}
PITCH = 1.0
BONES = 4


def small(theme: Theme) -> Theme:
    """The theme with two patterns on a wall of few pixels; Bot, who takes longest, plays in one of the looks."""
    wall = dataclasses.replace(theme.wall, families=WALLS[theme.set], pixels="square", pitch=PITCH)
    return dataclasses.replace(theme, wall=wall, dj="bot" if theme.set == "lofi" else "nova")


@contextlib.contextmanager
def small_parts() -> Iterator[None]:
    """Let sets, avatars and performance have few parts; themes have to be :func:`small`, too."""
    full = actions.TABLES["idle_bob"]()
    channels = dict(list(full.channels.items())[:BONES])
    tables = dict.fromkeys(actions.TABLES, lambda: dataclasses.replace(full, channels=channels, hands={}))
    with (
        patch.dict(stage.SETS, {"neon": _neon, "award": _award, "lofi": _lofi}),
        patch.object(stage.hall, "add_hall", _nothing),
        patch.object(stage, "_backdrop", _nothing),
        patch.object(avatar, "build_body", _nova),
        patch.object(bot_body, "build_body", _bot),
        patch.object(actions, "TABLES", tables),
    ):
        yield


def _nothing(_stage: Stage) -> None:
    pass


def _wall(built: Stage, half: float) -> None:
    design = WallDesign((box_frame(0.0, 3.0, half, half),), 4.3)
    built.wall = build_wall(built, design, title="", artist="")


def _neon(built: Stage) -> None:
    fixtures.halo(built, built.colors["A"], 0.013, y=3.9)
    fixtures.top_beams(built, 1, alpha=0.095)
    fixtures.lasers(built, ((0.3, 0.85, 1.0), (0.25, 1.0, 0.8)), rays=2)
    fixtures.confetti(built, [built.colors["A"]], pieces=4)
    _wall(built, 2.0)


def _award(built: Stage) -> None:
    fixtures.haze(built, built.colors["A"], built.colors["P"], built.colors["A"])
    fixtures.top_beams(built, 2, alpha=0.034)
    fixtures.glitter(built, [built.colors["A"], built.colors["W"]], pieces=4)
    _wall(built, 1.5)


def _lofi(built: Stage) -> None:
    fixtures.halo(built, built.colors["B"], 0.008, y=2.3)
    fixtures.floor_beams(built, 1, alpha=0.085)
    _wall(built, 1.0)


def _nova() -> tuple[nova_body.PaintedMesh, nova_body.PaintedMesh]:
    doll = nova_body._Doll()
    nova_body._hand(doll, "L")
    return doll.body, doll.rim


def _bot() -> bot_body.Robot:
    robot = bot_body.Robot()
    bot_body._head(robot)
    return robot
