# SPDX-License-Identifier: GPL-3.0-or-later
"""The two gestures of the whole body, drop_reaction and spotlight_present, as keys (conventions: ``action_keys``)."""

from __future__ import annotations

from . import deck_plane
from .action_keys import ActionTable, Channel, HandKey, Keys, for_side, hand_key, later, scaled

_HOME = deck_plane.home("L")


_DROP_SECONDS = 2.0


def drop_reaction() -> ActionTable:
    """Crouch with eyes shut and hands to the cheeks, explode on the drop (0.5 s), apex, land, bounce, settle."""
    lean: Keys = [
        (0, 0), (0.08, -0.25), (0.32, 1), (0.48, 1.06), (0.60, -0.55), (0.70, -0.65), (0.92, 0.30), (1.10, -0.28),
        (1.30, 0.12), (1.50, -0.05), (_DROP_SECONDS, 0),
    ]  # fmt: skip
    # The head counters: crouching, or the face would fall into the mixer; leaping, or horns and hair would vanish.
    counter: Keys = [
        (0, 0), (0.14, -1.0), (0.38, -2.4), (0.54, -2.5), (0.67, 6.0), (0.78, 8.5), (0.97, 1.5), (1.15, 4.0),
        (1.36, 1.0), (1.60, 1.5), (_DROP_SECONDS, 0),
    ]  # fmt: skip
    hips: Keys = [
        (0, 0), (0.08, 0.022), (0.30, -0.150), (0.36, -0.158), (0.47, -0.165), (0.60, 0.075), (0.69, 0.120),
        (0.77, 0.100), (0.92, -0.075), (1.10, 0.045), (1.18, 0.035), (1.32, -0.035), (1.48, 0.010), (1.64, -0.006),
        (_DROP_SECONDS, 0),
    ]  # fmt: skip
    channels: dict[Channel, Keys] = {
        ("hips", "dz"): hips,
        ("hips", "dy"): scaled(0.03, lean),
        ("spine", "pitch"): scaled(11, lean),
        ("chest", "pitch"): scaled(9, later(0.025, lean)),
        ("neck", "pitch"): scaled(3, later(0.045, lean)),
        ("head", "pitch"): counter,
        ("head", "roll"): [
            (0, 0), (0.34, 0), (0.5, -3), (0.72, 6), (0.95, 5), (1.14, -4), (1.36, -3), (1.6, 1), (_DROP_SECONDS, 0)
        ],
        ("jaw", "cx"): [(0, 0), (0.50, 0), (0.60, 0.95), (1.25, 0.9), (1.6, 0.45), (_DROP_SECONDS, 0)],
        ("mouth", "cx"): [(0, 0), (0.2, -0.55), (1.2, -0.55), (1.65, -0.2), (_DROP_SECONDS, 0)],
    }  # fmt: skip
    hair: Keys = [
        (0, 0), (0.12, 6), (0.26, -26), (0.42, -6), (0.52, 4), (0.60, 34), (0.70, 22),
        (0.80, -24), (0.90, -34), (1.02, 20), (1.16, -12), (1.30, -16), (1.44, 10), (1.60, -4), (1.75, 2),
        (_DROP_SECONDS, 0),
    ]  # fmt: skip
    tip: Keys = [
        (0, 0), (0.15, 6), (0.30, -30), (0.46, -4), (0.56, 8), (0.65, 40), (0.75, 22),
        (0.85, -30), (0.95, -38), (1.07, 24), (1.21, -14), (1.35, -18), (1.49, 12), (1.66, -5), (1.82, 2),
        (_DROP_SECONDS, 0),
    ]  # fmt: skip
    # Shoulders are lifted and moved out, so that raised hands clear head and pigtails.
    out: Keys = [(0, 0), (0.50, 0), (0.66, 1), (1.45, 0.95), (1.72, 0), (_DROP_SECONDS, 0)]
    lift: Keys = [(0, 0), (0.50, 0), (0.66, 0.115), (0.80, 0.11), (1.45, 0.095), (1.72, 0), (_DROP_SECONDS, 0)]
    brows: Keys = [(0, 0), (0.08, 0.01), (0.30, -0.02), (0.47, -0.02), (0.60, 0.03), (1.5, 0.026), (_DROP_SECONDS, 0)]
    for side in "LR":
        k = deck_plane.side_sign(side)
        channels |= {
            (f"hair.{side}", "roll"): scaled(k, hair),
            (f"hair_tip.{side}", "roll"): scaled(k, tip),
            (f"shoulder.{side}", "roll"): scaled(
                -k, [(0, 0), (0.32, 10), (0.48, 12), (0.62, 20), (1.45, 15), (1.75, 0), (_DROP_SECONDS, 0)]
            ),
            (f"shoulder.{side}", "dx"): scaled(0.055 * k, out),
            (f"shoulder.{side}", "dz"): lift,
            (f"lid.{side}", "cx"): [(0, 0), (0.16, 0), (0.26, 1), (0.47, 1), (0.53, 0), (_DROP_SECONDS, 0)],
            (f"lid.{side}", "cy"): [(0, 0), (0.52, 0), (0.62, 1), (1.50, 1), (1.64, 0), (_DROP_SECONDS, 0)],
            (f"lid.{side}", "cz"): [(0, 0), (0.1, -0.45), (1.7, -0.45), (_DROP_SECONDS, 0)],
            (f"brow.{side}", "dz"): brows,
        }
    return ActionTable(_DROP_SECONDS, channels, {side: for_side(side, _drop_hand()) for side in "LR"})


def _drop_hand() -> list[HandKey]:
    return [
        hand_key(0.0, _HOME),
        hand_key(0.08, _HOME, (0.0, 0.0, 0.035)),
        HandKey(0.20, (0.33, -0.275, 0.965), (0.05, -0.96, 0.27), (0.57, -0.46, 0.67)),
        HandKey(0.32, (0.27, -0.26, 0.965), (-0.2, -0.40, 0.85), (0.75, -0.25, 0.20)),
        HandKey(0.48, (0.255, -0.26, 0.95), (-0.2, -0.40, 0.85), (0.78, -0.20, 0.15)),
        HandKey(0.54, (0.34, -0.31, 1.12), (0.10, -0.45, 0.85), (0.80, 0.15, 0.15)),
        HandKey(0.62, (0.475, -0.19, 1.47), (0.34, -0.25, 0.90), (0.60, 0.60, 0.10)),
        HandKey(0.70, (0.51, -0.095, 1.63), (0.42, 0.02, 0.90), (0.0, 0.95, 0.05)),
        HandKey(0.75, (0.508, -0.098, 1.618), (0.30, -0.06, 0.95), (0.0, 0.95, 0.1)),
        HandKey(0.93, (0.50, -0.155, 1.375), (0.46, -0.18, 0.86), (0.05, 0.9, 0.2)),
        HandKey(1.11, (0.505, -0.11, 1.53), (0.30, -0.04, 0.95), (0.05, 0.95, 0.1)),
        HandKey(1.19, (0.505, -0.11, 1.525), (0.30, -0.05, 0.95), (0.05, 0.95, 0.1)),
        HandKey(1.35, (0.495, -0.16, 1.395), (0.36, -0.20, 0.88), (0.08, 0.9, 0.25)),
        HandKey(1.49, (0.49, -0.18, 1.40), (0.30, -0.28, 0.88), (0.1, 0.88, 0.3)),
        HandKey(1.68, (0.46, -0.315, 1.08), (0.26, -0.85, 0.25), (0.1, 0.25, 0.9)),
        hand_key(1.84, _HOME, (0.0, 0.0, 0.03)),
        hand_key(1.93, _HOME),
        hand_key(_DROP_SECONDS, _HOME),
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
        # The high hand clears the pigtail.
        ("shoulder.L", "dx"): [(0, 0), (0.36, 0), (0.60, 0.04), (1.42, 0.04), (1.75, 0), (2, 0)],
        ("shoulder.L", "dz"): [(0, 0), (0.36, 0), (0.60, 0.05), (1.42, 0.05), (1.75, 0), (2, 0)],
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
        HandKey(0.59, (0.525, -0.17, 1.27), (0.76, -0.25, 0.62), (0.10, 0.80, 0.35)),
        HandKey(0.74, (0.520, -0.18, 1.235), (0.86, -0.30, 0.36), (0.15, 0.88, -0.25)),
        HandKey(1.42, (0.522, -0.18, 1.255), (0.84, -0.25, 0.44), (0.15, 0.90, -0.20)),
        HandKey(1.62, (0.48, -0.335, 1.06), (0.45, -0.85, -0.05), (0.15, 0.25, 0.90)),
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
