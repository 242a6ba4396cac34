# SPDX-License-Identifier: GPL-3.0-or-later
"""The two gestures of the whole body, drop_reaction and spotlight_present, as keys (conventions: ``action_keys``)."""

from __future__ import annotations

from . import deck_plane
from .action_keys import ActionTable, Channel, HandKey, Keys, for_side, hand_key, later, scaled

_HOME = deck_plane.home("L")


def drop_reaction() -> ActionTable:
    """Crouch with eyes shut and hands to the cheeks, explode on the drop (0.5 s), apex, land, settle."""
    lean: Keys = [
        (0, 0),
        (0.08, -0.25),
        (0.32, 1),
        (0.48, 1.06),
        (0.60, -0.55),
        (0.70, -0.65),
        (0.90, 0.30),
        (1.04, -0.12),
        (1.18, 0.04),
        (1.5, 0),
    ]
    # The head counters the crouch, or the face would fall into the mixer.
    counter = [(t, v if v < 0 else -0.6 * v) for t, v in lean]
    hips: Keys = [
        (0, 0),
        (0.08, 0.022),
        (0.30, -0.150),
        (0.36, -0.158),
        (0.47, -0.165),
        (0.60, 0.07),
        (0.68, 0.105),
        (0.76, 0.085),
        (0.90, -0.075),
        (1.02, 0.020),
        (1.14, -0.010),
        (1.5, 0),
    ]
    channels: dict[Channel, Keys] = {
        ("hips", "dz"): hips,
        ("hips", "dy"): scaled(0.03, lean),
        ("spine", "pitch"): scaled(11, lean),
        ("chest", "pitch"): scaled(9, later(0.025, lean)),
        ("neck", "pitch"): scaled(3, later(0.045, lean)),
        ("head", "pitch"): scaled(4, later(0.06, counter)),
        ("head", "roll"): [(0, 0), (0.34, 0), (0.5, -3), (0.72, 6), (0.95, 5), (1.2, -1), (1.5, 0)],
        ("jaw", "cx"): [(0, 0), (0.50, 0), (0.60, 0.85), (0.95, 0.9), (1.2, 0.45), (1.5, 0)],
        ("mouth", "cx"): [(0, 0), (0.2, -0.55), (0.48, -0.55), (0.6, -0.55), (1.2, -0.2), (1.5, 0)],
    }
    hair: Keys = [
        (0, 0), (0.12, 6), (0.26, -26), (0.42, -6), (0.52, 4), (0.60, 34), (0.70, 22),
        (0.80, -24), (0.89, -34), (1.0, 22), (1.12, -10), (1.25, 4), (1.5, 0),
    ]  # fmt: skip
    tip: Keys = [
        (0, 0), (0.15, 6), (0.30, -30), (0.46, -4), (0.56, 8), (0.65, 40), (0.75, 22),
        (0.85, -30), (0.94, -38), (1.05, 28), (1.18, -12), (1.32, 5), (1.5, 0),
    ]  # fmt: skip
    # Shoulders are lifted and moved out, so that raised hands clear head and pigtails.
    lift: Keys = [(0, 0), (0.50, 0), (0.66, 0.07), (0.80, 0.0665), (1.02, 0.0595), (1.25, 0), (1.5, 0)]
    brows: Keys = [(0, 0), (0.08, 0.01), (0.30, -0.02), (0.47, -0.02), (0.60, 0.03), (1.1, 0.028), (1.5, 0)]
    for side in "LR":
        k = deck_plane.side_sign(side)
        channels |= {
            (f"hair.{side}", "roll"): scaled(k, hair),
            (f"hair_tip.{side}", "roll"): scaled(k, tip),
            (f"shoulder.{side}", "roll"): scaled(
                -k, [(0, 0), (0.32, 10), (0.48, 12), (0.62, 20), (0.95, 14), (1.3, 0), (1.5, 0)]
            ),
            (f"shoulder.{side}", "dx"): scaled(
                0.05 * k, [(0, 0), (0.50, 0), (0.66, 1), (1.02, 1), (1.25, 0), (1.5, 0)]
            ),
            (f"shoulder.{side}", "dz"): lift,
            (f"lid.{side}", "cx"): [(0, 0), (0.16, 0), (0.26, 1), (0.47, 1), (0.53, 0), (1.5, 0)],
            (f"lid.{side}", "cy"): [(0, 0), (0.52, 0), (0.62, 1), (1.10, 1), (1.22, 0), (1.5, 0)],
            (f"lid.{side}", "cz"): [(0, 0), (0.1, -0.25), (1.3, -0.25), (1.5, 0)],
            (f"brow.{side}", "dz"): brows,
        }
    return ActionTable(1.5, channels, {side: for_side(side, _drop_hand()) for side in "LR"})


def _drop_hand() -> list[HandKey]:
    return [
        hand_key(0.0, _HOME),
        hand_key(0.08, _HOME, (0.0, 0.0, 0.035)),
        HandKey(0.32, (0.27, -0.26, 0.965), (-0.2, -0.40, 0.85), (0.75, -0.25, 0.20)),
        HandKey(0.48, (0.255, -0.26, 0.95), (-0.2, -0.40, 0.85), (0.78, -0.20, 0.15)),
        HandKey(0.54, (0.34, -0.31, 1.12), (0.10, -0.45, 0.85), (0.80, 0.15, 0.15)),
        HandKey(0.62, (0.47, -0.18, 1.46), (0.32, -0.25, 0.90), (0.60, 0.60, 0.10)),
        HandKey(0.70, (0.50, -0.09, 1.60), (0.45, 0.0, 0.90), (0.0, 0.9, 0.1)),
        HandKey(0.78, (0.49, -0.10, 1.575), (0.32, -0.10, 0.93), (0.0, 0.9, 0.1)),
        HandKey(0.89, (0.475, -0.13, 1.40), (0.50, -0.15, 0.85), (0.05, 0.9, 0.2)),
        HandKey(1.0, (0.46, -0.14, 1.38), (0.34, -0.20, 0.90), (0.05, 0.9, 0.2)),
        HandKey(1.10, (0.46, -0.19, 1.33), (0.36, -0.30, 0.85), (0.1, 0.85, 0.3)),
        HandKey(1.25, (0.45, -0.32, 1.08), (0.20, -0.85, 0.35), (0.1, 0.3, 0.9)),
        hand_key(1.40, _HOME, (0.0, 0.0, 0.03)),
        hand_key(1.5, _HOME),
    ]


def spotlight_present() -> ActionTable:
    """Gather across the chest, sweep open (left high, right low), wink with her right eye, hold, return."""
    sweep: Keys = [
        (0, 0), (0.30, -1), (0.36, -1), (0.58, 1.18), (0.74, 0.92), (1.42, 1.05), (1.72, -0.08), (2, 0)
    ]  # fmt: skip
    bow: Keys = [
        (0, 0), (0.10, -0.2), (0.30, 1), (0.36, 1), (0.56, -0.8), (0.72, -0.5), (1.42, -0.65), (1.66, 0.3),
        (1.84, -0.05), (2, 0),
    ]  # fmt: skip
    rise: Keys = [
        (0, 0), (0.10, 0.010), (0.30, -0.045), (0.36, -0.045), (0.56, 0.030), (0.68, 0.014), (1.45, 0.020),
        (1.60, -0.014), (1.78, 0.006), (2, 0),
    ]  # fmt: skip
    blink: Keys = [(0, 0), (0.24, 0), (0.30, 1), (0.36, 1), (0.44, 0), (2, 0)]
    channels: dict[Channel, Keys] = {
        ("hips", "dz"): rise,
        ("hips", "dx"): scaled(-0.035, sweep),
        ("hips", "roll"): scaled(4, sweep),
        ("spine", "pitch"): scaled(7, bow),
        ("spine", "roll"): scaled(3, sweep),
        ("chest", "pitch"): scaled(5, later(0.03, bow)),
        ("chest", "yaw"): scaled(8, later(0.02, sweep)),
        ("chest", "roll"): scaled(3, later(0.03, sweep)),
        ("neck", "roll"): scaled(-3, sweep),
        ("head", "pitch"): scaled(6, later(0.07, bow)),
        ("head", "roll"): scaled(9, later(0.09, sweep)),
        ("head", "yaw"): scaled(5, later(0.06, sweep)),
        ("jaw", "cx"): [(0, 0), (0.36, 0), (0.60, 0.8), (1.4, 0.7), (1.75, 0), (2, 0)],
        ("mouth", "cx"): [(0, 0), (0.3, 0.3), (0.6, 0.2), (1.4, 0.4), (2, 0)],
        ("lid.R", "cy"): [(0, 0), (0.62, 0), (0.70, 1), (1.05, 1), (1.18, 0), (2, 0)],
        ("lid.L", "cx"): blink,
        ("lid.R", "cx"): list(blink),
    }
    for side in "LR":
        k = deck_plane.side_sign(side)
        brow = 0.026 if side == "L" else 0.006
        channels |= {
            (f"lid.{side}", "cz"): [(0, 0), (0.45, 0), (0.6, -0.25), (1.5, -0.25), (2, 0)],
            (f"brow.{side}", "dz"): [(0, 0), (0.3, -0.012), (0.58, brow), (1.4, min(brow, 0.024)), (2, 0)],
            (f"hair.{side}", "roll"): [
                (0, 0), (0.2, 4 * k), (0.34, -7 * k), (0.48, 8), (0.64, -15), (0.80, 8), (0.96, -4),
                (1.12, 0), (1.5, 0), (1.68, 5), (1.84, -2), (2, 0),
            ],
            (f"hair_tip.{side}", "roll"): [
                (0, 0), (0.24, 5 * k), (0.38, -9 * k), (0.53, 10), (0.70, -22), (0.88, 12), (1.04, -6),
                (1.2, 0), (1.55, 0), (1.74, 8), (1.89, -3), (2, 0),
            ],
        }  # fmt: skip
    return ActionTable(2.0, channels, {"L": _spotlight_left(), "R": _spotlight_right()})


def _spotlight_left() -> list[HandKey]:
    return [
        hand_key(0.0, _HOME),
        hand_key(0.10, _HOME, (0.01, -0.01, 0.03)),
        HandKey(0.32, (0.15, -0.32, 1.00), (-0.60, -0.60, 0.45), (0.25, -0.25, 0.85)),
        HandKey(0.37, (0.15, -0.32, 1.00), (-0.60, -0.60, 0.45), (0.25, -0.25, 0.85)),
        HandKey(0.47, (0.37, -0.34, 1.10), (0.30, -0.80, 0.45), (0.30, -0.05, 0.85)),
        HandKey(0.59, (0.485, -0.18, 1.24), (0.76, -0.25, 0.62), (0.10, 0.80, 0.35)),
        HandKey(0.74, (0.480, -0.19, 1.20), (0.86, -0.30, 0.36), (0.15, 0.88, -0.25)),
        HandKey(1.42, (0.482, -0.19, 1.22), (0.84, -0.25, 0.44), (0.15, 0.90, -0.20)),
        HandKey(1.62, (0.47, -0.34, 1.06), (0.45, -0.85, -0.05), (0.15, 0.25, 0.90)),
        hand_key(1.82, _HOME, (0.0, 0.0, 0.02)),
        hand_key(2.0, _HOME),
    ]


def _spotlight_right() -> list[HandKey]:
    rest = deck_plane.home("R")
    return [
        hand_key(0.0, rest),
        hand_key(0.10, rest, (-0.01, -0.01, 0.03)),
        HandKey(0.32, (-0.13, -0.335, 0.96), (0.58, -0.60, 0.30), (-0.25, -0.15, 0.85)),
        HandKey(0.37, (-0.13, -0.335, 0.96), (0.58, -0.60, 0.30), (-0.25, -0.15, 0.85)),
        HandKey(0.48, (-0.36, -0.35, 1.0), (-0.25, -0.85, 0.40), (-0.30, 0.10, 0.85)),
        HandKey(0.61, (-0.50, -0.24, 1.06), (-0.80, -0.40, 0.40), (-0.15, 0.70, 0.45)),
        HandKey(0.78, (-0.49, -0.25, 1.03), (-0.85, -0.42, 0.25), (-0.15, 0.85, 0.0)),
        HandKey(1.42, (-0.49, -0.25, 1.045), (-0.85, -0.40, 0.28), (-0.15, 0.86, 0.0)),
        HandKey(1.64, (-0.48, -0.36, 1.0), (-0.35, -0.90, -0.10), (-0.15, 0.25, 0.90)),
        hand_key(1.84, rest, (0.0, 0.0, 0.02)),
        hand_key(2.0, rest),
    ]
