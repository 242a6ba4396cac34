# SPDX-License-Identifier: GPL-3.0-or-later
"""Framing rules per shot and aspect, and the projection that proves them (pure numpy, no Blender).

Picture coordinates are shares of the picture's width and height from its left top corner. A margin is how far
inside a rule a shot stays, in the same shares; a negative margin breaks the rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..setups import SENSOR_MM, Setup
from ..timeline import Movement
from .camera_moves import Poses, poses
from .deck_plane import DECKS, DJ_LOCATION, DJ_SCALE, PLATTER_RADIUS, UP_SLOPE, side_sign

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]

SIZES: dict[str, tuple[int, int]] = {"9:16": (1080, 1920), "16:9": (1920, 1080)}
"""Pixels of the pictures that platforms take."""
SAFE: dict[str, Box] = {
    "9:16": (120 / 1080, 270 / 1920, 900 / 1080, 1400 / 1920),
    "16:9": (0.05, 0.05, 0.95, 0.95),
}
"""Left, top, right, bottom of what every platform of an aspect leaves free (the strictest of all)."""

GROUPS: dict[str, tuple[str, ...]] = {
    "head": ("head_top", "chin", "ear_L", "ear_R"),
    "face": ("eye_L", "eye_R", "mouth"),
    "hands": ("wrist_L", "wrist_R", "tip_L", "tip_R"),
    "decks": ("deck_L_out", "deck_R_out", "deck_L_near", "deck_R_near"),
    "deck_L": ("deck_L_out", "deck_L_in", "deck_L_near", "deck_L_far"),
    "deck_R": ("deck_R_out", "deck_R_in", "deck_R_near", "deck_R_far"),
    "emblem": ("emblem",),
}
"""Parts of the subject that rules speak of, and their points."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a shot must show.

    Parameters
    ----------
    safe, frame : tuple of str
        :data:`GROUPS` inside the platforms' safe box, and inside the picture.
    height : (float, float)
        Least and most of the head, chin to top, as a share of the picture's height.
    headroom : (float, float)
        Least and most of the picture's height above the head; not asked of details.
    """

    safe: tuple[str, ...]
    frame: tuple[str, ...]
    height: tuple[float, float]
    headroom: tuple[float, float] | None


_WHOLE = ("head", "hands", "decks")
FRAMING: dict[str, dict[str, Rule]] = {
    "9:16": {
        "hero": Rule(_WHOLE, (), (0.13, 0.26), (0.20, 0.50)),
        "wide": Rule(_WHOLE, (), (0.08, 0.17), (0.30, 0.60)),
        "low": Rule(("face",), ("head_top", "chin"), (0.12, 0.36), (0.14, 0.62)),
        "close": Rule(("face",), ("head_top", "chin"), (0.22, 0.44), (0.10, 0.50)),
        "face": Rule(("face",), ("head_top", "chin"), (0.24, 0.52), (0.06, 0.48)),
        "side": Rule(_WHOLE, (), (0.11, 0.26), (0.20, 0.52)),
        "orbit": Rule(_WHOLE, (), (0.11, 0.25), (0.20, 0.52)),
        "crowd": Rule(_WHOLE, (), (0.09, 0.20), (0.25, 0.58)),
        "top": Rule(_WHOLE, (), (0.09, 0.24), (0.18, 0.52)),
        "crane": Rule(_WHOLE, (), (0.07, 0.18), (0.22, 0.58)),
        "decks": Rule(("face",), ("decks", "head_top", "chin"), (0.13, 0.36), (0.05, 0.45)),
        "hand_L": Rule(("deck_L",), ("face",), (0.2, 0.7), None),
        "hand_R": Rule(("deck_R",), ("face",), (0.2, 0.7), None),
        "dolly": Rule(("head", "decks"), ("hands",), (0.13, 0.30), (0.16, 0.50)),
        "emblem": Rule(("head", "hands", "emblem"), ("decks",), (0.04, 0.12), (0.35, 0.66)),
        "shoulder": Rule((), ("chin", "deck_L"), (0.16, 0.38), (0.06, 0.90)),
        "reverse": Rule((), ("chin", "deck_R"), (0.16, 0.38), (0.06, 0.86)),
    },
    "16:9": {
        "hero": Rule(_WHOLE, (), (0.17, 0.34), (0.10, 0.48)),
        "wide": Rule(_WHOLE, (), (0.09, 0.19), (0.24, 0.58)),
        "low": Rule(("face",), ("head_top", "chin"), (0.20, 0.50), (0.08, 0.58)),
        "close": Rule(("face",), ("head_top", "chin"), (0.28, 0.56), (0.03, 0.50)),
        "face": Rule(("face",), ("head_top", "chin"), (0.38, 0.68), (0.01, 0.46)),
        "side": Rule(_WHOLE, (), (0.15, 0.33), (0.10, 0.46)),
        "orbit": Rule(_WHOLE, (), (0.14, 0.32), (0.10, 0.50)),
        "crowd": Rule(_WHOLE, (), (0.13, 0.28), (0.14, 0.52)),
        "top": Rule(_WHOLE, (), (0.12, 0.32), (0.08, 0.44)),
        "crane": Rule(_WHOLE, (), (0.09, 0.22), (0.16, 0.64)),
        "decks": Rule(("face",), ("decks", "head_top", "chin"), (0.18, 0.46), (0.02, 0.48)),
        "hand_L": Rule(("deck_L",), ("face",), (0.25, 0.9), None),
        "hand_R": Rule(("deck_R",), ("face",), (0.25, 0.9), None),
        "dolly": Rule(("head", "decks"), ("hands",), (0.16, 0.38), (0.08, 0.44)),
        "emblem": Rule(("head", "hands", "emblem"), ("decks",), (0.05, 0.16), (0.32, 0.66)),
        "shoulder": Rule((), ("chin", "deck_L"), (0.30, 0.62), (0.02, 0.94)),
        "reverse": Rule((), ("chin", "deck_R"), (0.28, 0.60), (0.02, 0.90)),
    },
}
"""The rules, by aspect and set-up."""
_EDGE = PLATTER_RADIUS + 0.006
DECK_POINTS: dict[str, tuple[float, float, float]] = {
    f"deck_{side}_{name}": (
        x + side_sign(side) * across * _EDGE,
        y + along * _EDGE * UP_SLOPE[1],
        z + along * _EDGE * UP_SLOPE[2],
    )
    for side, (x, y, z) in DECKS.items()
    for name, across, along in (("out", 1, 0), ("in", -1, 0), ("near", 0, -1), ("far", 0, 1))
}
"""Edges of the platters in the DJ root's space."""
EMBLEM = (0.0, 3.8, 2.95)
"""The middle of every theme's emblem, give or take."""

_REACH: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "head_top": ((-0.30, 0.0, 2.52), (0.34, 1.0, 3.10)),
    "chin": ((-0.22, 0.15, 1.60), (0.28, 0.40, 2.32)),
    "ear_L": ((0.36, 0.15, 2.05), (0.82, 0.9, 2.62)),
    "ear_R": ((-0.78, 0.10, 2.05), (-0.36, 0.9, 2.62)),
    "eye_L": ((-0.05, -0.02, 1.88), (0.48, 0.46, 2.64)),
    "eye_R": ((-0.43, -0.02, 1.88), (0.10, 0.46, 2.64)),
    "mouth": ((-0.24, -0.02, 1.70), (0.30, 0.46, 2.46)),
    "wrist_L": ((0.10, 0.10, 1.72), (0.85, 0.60, 2.80)),
    "wrist_R": ((-0.85, 0.02, 1.72), (0.16, 0.60, 2.80)),
    "tip_L": ((0.05, -0.12, 1.63), (0.88, 0.60, 2.98)),
    "tip_R": ((-0.88, -0.16, 1.63), (0.20, 0.60, 2.98)),
    "emblem": (EMBLEM, EMBLEM),
}
"""World box that each point stays in whatever the DJ does (measured over all actions), least and greatest corner."""
_REST = {"head_top": np.array([(0.0, 0.6, 2.93)]), "chin": np.array([(0.0, 0.29, 2.06)])}
NEARER, FURTHER = 1.12, 0.94
"""How much taller and smaller the head gets in the picture as the DJ leans."""
WIDEST = 1.12
"""How much shorter than its own a set-up's lens may be, to give a move room."""
_ACCENTS = frozenset({"shake", "snap", "nudge", "handheld"})
HEAD_M = 0.87
"""Height of the head, chin to top, in the world."""


def rule_of(aspect: str, shot: str) -> Rule:
    """The rule of a set-up."""
    return FRAMING[aspect][shot]


def project(cameras: Poses, points: Array, aspect: str) -> tuple[Array, Array]:
    """Where points appear.

    Parameters
    ----------
    points : (m, 3) or (n, m, 3) world points, the same for all of the n poses or one set for each.

    Returns
    -------
    uv (n, m, 2) from the left top corner, depth (n, m) in metres (negative behind the camera).
    """
    away = np.asarray(points, dtype=float) - cameras.position[:, None, :]
    right, up, back = np.moveaxis(np.einsum("nmi,nij->nmj", away, cameras.axes()), 2, 0)
    depth = -back
    width, height = SIZES[aspect]
    scale = (cameras.lens / SENSOR_MM)[:, None] * max(width, height) / np.maximum(depth, 1e-6)
    return np.stack((0.5 + right * scale / width, 0.5 - up * scale / height), axis=2), depth


def head_height(cameras: Poses, places: Mapping[str, Array], aspect: str) -> Array:
    """How tall the head would be if it stood upright where it is, (n,) as a share of the picture's height."""
    middle = (places["head_top"] + places["chin"])[..., 0, :] / 2
    ahead = cameras.target - cameras.position
    depth = np.einsum("ni,ni->n", middle - cameras.position, ahead) / np.linalg.norm(ahead, axis=1)
    width, height = SIZES[aspect]
    return HEAD_M * cameras.lens / SENSOR_MM * max(width, height) / height / depth


def margins(rule: Rule, seen: Mapping[str, Array], aspect: str, height: Array) -> dict[str, float]:
    """The worst margin of each part of a rule.

    Parameters
    ----------
    seen : mapping of str to (n, k, 2)
        Picture coordinates of every point the rule names (k places it may be in), at n moments. Points behind the
        camera must lie far outside.
    height : (n,)
        From :func:`head_height`.
    """
    found = {}
    for kind, groups, box in (("safe", rule.safe, SAFE[aspect]), ("frame", rule.frame, (0.0, 0.0, 1.0, 1.0))):
        for group in groups:
            uv = np.concatenate([seen[name] for name in GROUPS.get(group, (group,))], axis=1)
            inside = np.concatenate((uv - box[:2], np.array(box[2:]) - uv), axis=2)
            found[f"{group} {kind}"] = float(inside.min())
    tops = seen["head_top"][..., 1]
    found["height"] = float(min((height - rule.height[0]).min(), (rule.height[1] - height).min()))
    if rule.headroom is not None:
        found["headroom"] = float(min((tops - rule.headroom[0]).min(), (rule.headroom[1] - tops).min()))
    return found


def seen_from(cameras: Poses, places: Mapping[str, Array], aspect: str) -> dict[str, Array]:
    """Picture coordinates of named points, (m, 3) or (n, m, 3) each; what is behind the camera is far outside."""
    names = list(places)
    stacked = np.concatenate([places[name] for name in names], axis=-2)
    uv, depth = project(cameras, stacked, aspect)
    uv = np.where((depth > 0.05)[..., None], uv, 99.0)
    ends = np.cumsum([places[name].shape[-2] for name in names])
    return dict(zip(names, np.split(uv, ends[:-1], axis=1), strict=True))


def _corners(box: tuple[Sequence[float], Sequence[float]]) -> Array:
    low, high = np.array(box[0]), np.array(box[1])
    if np.allclose(low, high):
        return low[None, :]
    return np.array([[(low, high)[(i >> k) & 1][k] for k in range(3)] for i in range(8)])


_PLACES = {name: _corners(box) for name, box in _REACH.items()}
_PLACES |= {name: np.array([DJ_LOCATION]) + DJ_SCALE * np.array([point]) for name, point in DECK_POINTS.items()}


def reach_margins(rule: Rule, cameras: Poses, aspect: str) -> dict[str, float]:
    """:func:`margins` for everything the DJ may do at any of the poses."""
    names = {"head_top", *(name for group in (*rule.safe, *rule.frame) for name in GROUPS.get(group, (group,)))}
    seen = seen_from(cameras, {name: _PLACES[name] for name in sorted(names)}, aspect)
    height = head_height(cameras, _REST, aspect)
    # The head comes nearer and goes away again.
    return margins(rule, seen, aspect, np.concatenate((height * NEARER, height * FURTHER)))


def fitted(
    setup: Setup, rule: Rule, movements: Sequence[Movement], times: Array, aspect: str, *, can_roll: bool
) -> tuple[Setup, list[Movement]]:
    """A set-up and its movements as the rule allows them, in the order they were checked in.

    First the lens gives room (at most :data:`WIDEST`), then moves become smaller; accents, which are small, keep
    their strength before the others.
    """
    small_first = sorted(movements, key=lambda m: (m.action not in _ACCENTS, m.t))

    def holds(through: Setup, moves: Sequence[Movement]) -> bool:
        return min(reach_margins(rule, poses(through, moves, times, can_roll=can_roll), aspect).values()) >= 0

    best = setup
    for wider in (1.0, (1 + WIDEST) / 2, WIDEST):
        through = dataclasses.replace(setup, lens_mm=setup.lens_mm / wider)
        if holds(through, small_first):
            return through, small_first
        best = through if holds(through, ()) else best
    accepted: list[Movement] = []
    for move in small_first:
        factor, low, high = 1.0, 0.0, 2.0
        for _ in range(6):
            if holds(best, [*accepted, _scaled(move, factor)]):
                low = factor
            else:
                high = factor
            if low >= 1.0:
                break
            factor = (low + high) / 2
        accepted.append(_scaled(move, low))
    return best, accepted


def _scaled(move: Movement, factor: float) -> Movement:
    return dataclasses.replace(move, amount=move.amount * factor)
