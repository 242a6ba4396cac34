# SPDX-License-Identifier: GPL-3.0-or-later
"""The light show: a formula per role of lamp, written as F-curves over the whole song.

Colours are linear RGB. Intensity is first the number of lit lamps, then their brightness, then motion.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from ..themes import Theme
from ..timeline import WALL_FAMILIES, Timeline
from . import beam_modes, led_patterns, light_effects, light_moves
from .light_score import Score, corners, make_score
from .meshes import mix
from .ownership import Workshop
from .stage_model import Lamp, Stage

Formula = Callable[[Lamp, Score, Stage], tuple[np.ndarray, np.ndarray]]
"""Gives colours (n, 3) and alphas (n,) of a lamp."""

KEPT_IN_DARK = {
    "haze": 0.6,
    "floor": 1.0,
    "rear": 0.6,
    "moon": 1.0,
    "star": 1.0,
    "lamp": 0.8,
    "window": 0.9,
    "sky": 1.0,
}
"""Part of the blackout before a drop that a role ignores: air, sky and distance stay."""
UNSEEN = 1 / 1000
"""Alpha below which a lamp is left out of the frame: transparent layers are what a frame costs most."""
TOLERANCE = 1 / 150
"""Largest error of a thinned-out key, as a part of the curve's own maximum."""


def animate_lights(stage: Stage, timeline: Timeline, theme: Theme, fps: Fraction, *, seed: int, shop: Workshop) -> None:
    """Write the F-curves of every lamp and moving part of the stage.

    Parameters
    ----------
    stage : Stage
        From :func:`stage.build_stage`.
    timeline : Timeline
        Beats, sections, events and signals of the whole song; any of them may be empty.
    fps : Fraction
        Frames per second of the scene.
    seed : int
        Where the slow waves of beams and flames start.
    shop : Workshop
        Makes the actions.
    """
    families = stage.wall.families if stage.wall is not None else WALL_FAMILIES
    score = make_score(timeline, theme, fps, seed=seed, families=families)
    for lamp in stage.lamps:
        rgb, alpha = FORMULAS[lamp.role](lamp, score, stage)
        rgba = np.empty((len(score.frames), 4), dtype="f4")
        rgba[:, :3] = rgb
        rgba[:, 3] = alpha
        keep = KEPT_IN_DARK.get(lamp.role, 0.0)
        level = (keep + (1 - keep) * score.dim) * (1 - score.black)
        if lamp.alpha >= 1.0:
            rgba[:, :3] *= level[:, None]
        else:
            rgba[:, 3] *= level
        if lamp.role == "confetti":
            rgba[:, 3] *= 1 - score.black
        np.clip(rgba, 0.0, 1.0, out=rgba)
        kept = corners(rgba.T, np.maximum(rgba.max(axis=0), 1e-3) * TOLERANCE)
        lamp.channel.key(score.frames[kept], rgba[kept], shop)
        lamp.channel.hide(score.frames, rgba[:, 3] < UNSEEN, shop)
    if stage.wall is not None:
        led_patterns.animate_wall(stage, stage.wall, score, shop=shop)
    light_moves.animate_moves(stage, score, shop=shop)


# ------------------------------------------------------------------------------------------ helpers


def _mix(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray, weight: np.ndarray | float) -> np.ndarray:
    w = np.asarray(weight, dtype=float)
    w = w[:, None] if w.ndim == 1 else w
    return np.asarray(a, dtype=float) * (1 - w) + np.asarray(b, dtype=float) * w


def _dimmed(rgb: Sequence[float] | np.ndarray, level: np.ndarray | float) -> np.ndarray:
    level = np.asarray(level, dtype=float)
    return np.asarray(rgb, dtype=float) * (level[:, None] if level.ndim == 1 else level)


def _swing(score: Score, bars: float, phase: float = 0.0) -> np.ndarray:
    return 0.5 + 0.5 * np.sin(2 * math.pi * (score.bar / bars + phase))


def _white(stage: Stage) -> tuple[float, float, float]:
    return stage.colors["W"]


def _pair_on(lamp: Lamp, score: Score) -> np.ndarray:
    """Pair i of n is lit when i/n of the pairs should be."""
    return np.clip((score.pairs - lamp.index / lamp.count) * lamp.count * 3 - 0.2, 0.0, 1.0)


def _chase(lamp: Lamp, score: Score, beats: float, rest: float) -> np.ndarray:
    """1 while it is this lamp's turn, ``rest`` otherwise, with soft changes."""
    turn = np.mod(score.beat / beats - lamp.index, lamp.count)
    near = np.minimum(turn, lamp.count - turn) if lamp.count > 1 else turn
    return rest + (1 - rest) * np.exp(-((near / 0.55) ** 2))


# ------------------------------------------------------------------------------------------ formulas


def _halo(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    kind = stage.theme.set
    e = score.energy
    color = _mix(stage.colors["A"], stage.colors["P"], _swing(score, 4))
    if kind in ("award", "lofi"):
        color = np.tile(np.array(lamp.rgb), (len(e), 1))
    color = _mix(color, _white(stage), 0.06 + 0.12 * score.kick * score.drop)
    alpha = lamp.alpha * (0.15 + 0.45 * e + 0.38 * score.kick * (0.3 + 0.7 * score.drop))
    color = _mix(color, _white(stage), 0.8 * score.flash)
    return color, alpha * (0.15 + 0.85 * score.fade(0.7, 1.0)) + 0.05 * score.flash


def _ring(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    e, d = score.energy, score.drop
    place = lamp.index / lamp.count
    crest = np.exp(-((4 * (place - np.mod(score.bar, 1.0))) ** 2))
    level = 0.18 + 0.38 * e + 0.25 * e * crest + 0.7 * d * (0.25 + 0.75 * crest) + 0.25 * score.kick * (lamp.index == 0)
    # Where letters stand before the rings, these make room.
    level = level * (1 - (0.60 - 0.25 * d) * score.lettered * (lamp.index > 0))
    color = _mix(_dimmed(lamp.rgb, np.minimum(1.1, level)), _white(stage), 0.30 * d * crest + 0.75 * score.flash)
    return _dimmed(color, score.fade(0.55, 0.85)), np.ones(len(e))


def _arch(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    e = score.energy
    wave = 0.5 + 0.5 * np.cos(2 * math.pi * (score.bar / 2 - lamp.index / lamp.count))
    level = 0.30 + 0.55 * e + 0.15 * e * wave + 0.12 * score.kick * score.drop
    return _dimmed(lamp.rgb, level * (0.25 + 0.75 * score.fade(0.55, 0.95))), np.ones(len(e))


def _head(group: str, lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """Colour and level of a moving head: its mode, lit pair by pair, whiter the hotter a build gets."""
    pose = beam_modes.pose(group, lamp.side, lamp.index, lamp.count, score)
    color: np.ndarray = np.tile(np.array(lamp.rgb), (len(score.energy), 1))
    for rgb, share in (
        (stage.colors["A"], pose.left),
        (stage.colors["P"], pose.right),
        (stage.accent(0.5), pose.accent),
        (mix(_white(stage), stage.accent(0.25), 0.55), pose.spark),
        (_white(stage), 0.75 * score.heat**2),
    ):
        color = _mix(color, rgb, share)
    return _mix(color, _white(stage), 0.5 * score.flash), pose.level * _pair_on(lamp, score)


def _beam_top(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    color, level = _head("top", lamp, score, stage)
    alpha = lamp.alpha * score.energy**0.6 * level * (0.62 + 0.5 * score.kick) * (1 + 0.2 * score.drop)
    return color, np.minimum(0.3, alpha * score.fade(0.4, 0.65))


def _beam_floor(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    color, level = _head("floor", lamp, score, stage)
    alpha = lamp.alpha * np.clip(1.6 * (score.energy - 0.3), 0.0, 1.0) * level
    alpha = alpha * (0.58 + 0.5 * score.kick) * (1 + 0.2 * score.drop)
    return color, np.minimum(0.3, alpha * score.fade(0.1, 0.35))


def _flare(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    _, level = _head("top", lamp, score, stage)
    alpha = lamp.alpha * score.energy * level * (0.4 + 0.55 * score.kick)
    return np.array(lamp.rgb), np.minimum(0.2, alpha * score.fade(0.4, 0.65))


def _front(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    e = score.energy
    middle = (lamp.count - 1) / 2
    crest = np.exp(-(((lamp.index - middle - 4.5 * np.sin(math.pi * score.bar)) / 2.2) ** 2))
    rest, base, wave = (0.30, 0.35, 0.25) if stage.theme.set == "award" else (0.16, 0.25, 0.75)
    level = rest + base * e + wave * e * crest
    return _dimmed(lamp.rgb, np.minimum(1.0, level) * (0.12 + 0.88 * score.fade(0.6, 0.95))), np.ones(len(e))


def _tube(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    color = _mix(_dimmed(lamp.rgb, 0.25 + 0.75 * score.energy), _white(stage), 0.35 * score.snare)
    return _dimmed(color, 0.08 + 0.92 * score.fade(0.3, 0.7)), np.ones(len(score.energy))


def _air(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """Light caught by glass and air: grows with energy."""
    return np.array(lamp.rgb), lamp.alpha * (0.2 + 0.7 * score.energy) * score.fade(0.3, 0.8)


def _edge(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    color = _dimmed(lamp.rgb, 0.30 + 0.60 * score.energy)
    color = _mix(color, _white(stage), 0.25 * score.kick * score.drop + 0.6 * score.flash)
    return _dimmed(color, 0.15 + 0.85 * score.fade(0.6, 1.0)), np.ones(len(score.energy))


def _laser(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    on = np.clip((score.drop - 0.35) / 0.3, 0.0, 1.0) * score.drop
    return np.array(lamp.rgb), lamp.alpha * 1.2 * on * (0.35 + 0.65 * score.hats) * score.fade(0.0, 0.2)


def _rays(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    turn = 0.6 + 0.4 * np.cos(math.pi * (score.beat / 4 + lamp.index))
    alpha = lamp.alpha * (0.25 + 0.75 * score.energy) * turn
    return _mix(lamp.rgb, _white(stage), 0.1 * score.kick), alpha * (0.2 + 0.8 * score.fade(0.6, 1.0))


def _haze(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    color = np.tile(np.array(lamp.rgb), (len(score.energy), 1))
    if lamp.index == 0 and stage.theme.set not in ("lofi", "award"):
        color = _mix(stage.accent(0.15), stage.accent(0.85), _swing(score, 4))
    color = _mix(color, _white(stage), 0.8 * score.flash)
    alpha = lamp.alpha * (0.25 + 0.75 * score.energy)
    return color, alpha * (0.3 + 0.7 * score.fade(0.5, 1.0)) + (0.025, 0.03, 0.0)[lamp.index] * score.flash


def _burst(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """Starburst layer: magenta and green change places every two beats once the song is awake."""
    partner = {1: stage.colors["B"], 3: stage.colors["A"]}.get(lamp.index)
    color: np.ndarray = np.tile(np.array(lamp.rgb), (len(score.energy), 1))
    if partner is not None:
        swap = (np.mod(np.floor(score.beat / 2 + 1e-6), 2) > 0) & (score.energy > 0.4)
        color = _mix(color, partner, swap.astype(float))
    level = 0.16 + 0.84 * score.energy**1.1
    color = _dimmed(color, level * (0.12 + 0.88 * score.fade(0.5, 0.95)))
    return _mix(color, _white(stage), 0.5 * score.flash * (lamp.index % 2)), np.ones(len(level))


def _sticker(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    pop = np.exp(-(((np.mod(score.beat - lamp.index, lamp.count)) / 0.8) ** 2))
    level = 0.20 + 0.62 * score.energy + 0.25 * score.energy * pop
    color = _dimmed(lamp.rgb, np.minimum(1.0, level) * (0.1 + 0.9 * score.fade(0.25, 0.6)))
    return color, np.full(len(level), lamp.alpha)


def _glowing(lamp: Lamp, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A bulb gets darker, the glow around it thinner."""
    if lamp.alpha >= 1.0:
        return _dimmed(lamp.rgb, level), np.ones(len(level))
    return np.array(lamp.rgb), lamp.alpha * level**1.6


def _bulb(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    level = _chase(lamp, score, 1.0, 0.6) * (0.55 + 0.45 * score.energy) * (0.3 + 0.7 * score.fade(0.3, 1.0))
    return _glowing(lamp, level)


def _string(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """String lights come on one string after the other, as pairs of beams do elsewhere."""
    lit = np.clip((score.pairs - lamp.side / 3) * 9, 0.0, 1.0)
    level = _chase(lamp, score, 1.0, 0.75) * (0.20 + 0.80 * lit * (0.65 + 0.35 * score.energy))
    return _glowing(lamp, np.minimum(1.0, level) * (0.2 + 0.8 * score.fade(0.2, 0.9)))


def _slow(bars: float, depth: float) -> Formula:
    """Lamps of a group that take turns in getting brighter, each turn lasting some bars."""

    def formula(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
        wave = 0.5 + 0.5 * np.cos(2 * math.pi * (score.bar / bars - lamp.index / max(1, lamp.count)))
        return np.array(lamp.rgb), lamp.alpha * (1 - depth * wave)

    return formula


def _flame(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    t = score.seconds + 3.7 * lamp.index + 10 * score.phase
    flicker = 0.86 + 0.08 * np.sin(t * 5.1) + 0.06 * np.sin(t * 8.3 + 1.0)
    level = flicker * (0.8 + 0.2 * score.energy)
    if lamp.alpha >= 1.0:
        return _dimmed(lamp.rgb, level), np.ones(len(t))
    return np.array(lamp.rgb), lamp.alpha * level


def _moon(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    return np.array(lamp.rgb), lamp.alpha * (0.35 + 0.65 * score.energy) * (1 + 0.12 * score.kick)


def _bokeh(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    wave = 0.5 + 0.5 * np.sin(2 * math.pi * (score.bar / 4 + lamp.index / max(1, lamp.count)))
    return np.array(lamp.rgb), lamp.alpha * (0.25 + 0.75 * score.energy * wave) * score.fade(0.4, 0.9)


def _stick(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    level = 0.18 + 0.75 * score.energy + 0.2 * score.kick
    return _dimmed(lamp.rgb, np.minimum(1.0, level) * (0.2 + 0.8 * score.fade(0.5, 1.0))), np.ones(len(level))


def _still(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    return np.array(lamp.rgb), np.full(len(score.energy), lamp.alpha)


def _floor(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    return _dimmed(lamp.rgb, 0.7 + 0.3 * score.energy), np.full(len(score.energy), lamp.alpha)


def _rear(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    return np.array(lamp.rgb), lamp.alpha * (0.4 + 0.6 * score.energy)


FORMULAS: dict[str, Formula] = {
    "halo": _halo,
    "ring": _ring,
    "arch": _arch,
    "beam_top": _beam_top,
    "beam_floor": _beam_floor,
    "flare": _flare,
    "front": _front,
    "tube": _tube,
    "glass": _air,
    "tube_glow": _air,
    "glow": _air,
    "edge": _edge,
    "laser": _laser,
    "rays": _rays,
    "haze": _haze,
    "burst": _burst,
    "sticker": _sticker,
    "bulb": _bulb,
    "string": _string,
    "window": _slow(16, 0.55),
    "star": _slow(6, 0.7),
    "moon": _moon,
    "sky": _still,
    "lamp": _flame,
    "candle": _flame,
    "bokeh": _bokeh,
    "stick": _stick,
    "floor": _floor,
    "rear": _rear,
    **light_effects.FORMULAS,
}
