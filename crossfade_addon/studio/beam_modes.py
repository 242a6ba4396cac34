# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the moving heads point and how bright and wide they are, mode by mode.

A lamp has a ``group`` (top or floor), a side (-1, 1) and a place ``index`` of ``count`` from the middle. Leans are
tangents: ``out`` away from the middle, ``back`` away from the audience.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from .light_score import Score

TOP_X = (1.0, 0.9)
"""x of the inmost hanging lamp and the distance of the next one, metres."""
GLIDE_BEATS = 1.0
"""How long the lamps take from one mode to the next."""
_TURN = 2 * math.pi
_FRONT_LEAN = -0.12
"""How far a hanging lamp leans towards the audience at most: with more its light falls in front of the DJ."""
_DJ_LEAN = 4.9
"""Height of the hanging lamps above the DJ's head, metres."""


@dataclass(slots=True)
class Pose:
    """A lamp over some frames, each (n,): leans, level 0..1, width (1 as built), and shares of other colours.

    ``left``, ``right``, ``accent`` and ``spark`` replace so much of the lamp's own colour by those of the theme.
    """

    out: np.ndarray
    back: np.ndarray
    level: np.ndarray
    zoom: np.ndarray
    left: np.ndarray
    right: np.ndarray
    accent: np.ndarray
    spark: np.ndarray


def pose(group: str, side: int, index: int, count: int, score: Score) -> Pose:
    """The lamp over the whole song: its modes by the plan, gliding at their seams or snapping on a hit."""
    lamp = (group, side, index, count)
    if lamp in score.poses:
        return score.poses[lamp]
    n = len(score.frames)
    whole = score.poses[lamp] = Pose(*(np.zeros(n) for _ in fields(Pose)))
    for span in score.beams:
        part = slice(span.start, span.end)
        cut = score.poses.get(span) or score.poses.setdefault(span, score.cut(part))
        now = _in_mode(span.mode, group, side, index, count, cut)
        if span.colors != "split":
            setattr(now, span.colors, np.ones(len(cut.frames)))
        ease = np.ones(len(cut.frames))
        if span.start and not span.snap:
            ease = np.clip((cut.beat - cut.beat[0]) / GLIDE_BEATS, 0.0, 1.0)
            ease = ease * ease * (3 - 2 * ease)
        for field in fields(Pose):
            series, target = getattr(whole, field.name), getattr(now, field.name)
            before = series[span.start - 1] if span.start else 0.0
            series[part] = before + (target - before) * ease
    return whole


def _in_mode(mode: str, group: str, side: int, index: int, count: int, score: Score) -> Pose:
    n, top = len(score.frames), group == "top"
    place = index / max(1, count - 1)
    w = score.rush + score.phase * 4
    base = 0.10 + 0.16 * index if top else 0.12 + 0.24 * index
    out = np.full(n, base)
    back = np.full(n, -0.06 if top else 0.10)
    level, zoom = np.full(n, 0.85), np.ones(n)
    if mode == "fan":
        out = base * (1.05 + 0.45 * np.sin(_TURN * w / 4))
        back = back + 0.06 * np.cos(_TURN * w / 8 + place)
    elif mode == "cross":
        out = -(0.44 - 0.08 * index) + 0.15 * np.sin(_TURN * w / 4 + 0.5 * index)
        out = out if top else -0.6 * out + 0.05
    elif mode == "sweep":
        swing = 0.42 * np.sin(_TURN * w / 2 + 0.25 * place)
        out = side * (swing if top else -swing)
    elif mode == "chase":
        out = base * (1 + 0.2 * np.sin(_TURN * w / 4))
        turn = np.mod(score.rush * 4 - index, count)
        near = np.minimum(turn, count - turn)
        level = 0.30 + 0.70 * np.exp(-((near / 0.6) ** 2))
    elif mode == "mirror":
        open_ = 0.5 - 0.5 * np.cos(_TURN * w / 2)
        out = 0.02 + 0.07 * index + (0.38 if top else 0.30) * open_
        back = back + 0.1 * open_
    elif mode == "ballyhoo":
        angle = _TURN * w / 2 + 1.7 * index + 0.6 * side
        out = 0.8 * base + 0.24 * np.sin(angle)
        back = back + 0.22 * np.cos(angle) * (1 if top else 0.5)
        level = np.ones(n)
    elif mode == "pulse":
        level = 0.35 + 0.65 * score.kick
        zoom = 0.85 + 0.4 * score.kick
    elif mode == "sky":
        out = (0.05 + 0.07 * index) * (1 + 0.35 * np.sin(_TURN * w / 8 + index))
        back = back * 0.4
        zoom = np.full(n, 0.72)
    elif mode == "down":
        lamp_x = TOP_X[0] + TOP_X[1] * min(index, 1)
        if top:
            out = np.full(n, -lamp_x / _DJ_LEAN) + 0.02 * np.sin(_TURN * w / 4)
            back = np.full(n, -0.30)
        level = np.full(n, (1.0, 0.35)[index] if top and index < 2 else 0.0)
        zoom = np.full(n, 1.35)
    if top and mode != "down":
        back = np.maximum(back, _FRONT_LEAN)
    zeros = np.zeros(n)
    return Pose(out, back, level, zoom, zeros, zeros, zeros, zeros)
