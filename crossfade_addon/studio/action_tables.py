# SPDX-License-Identifier: GPL-3.0-or-later
"""The idle bob, the hits on the gear and the blink, as keys (pure data; conventions: ``action_keys``).

Shapes shared by several channels are written once, -1..1, and scaled.
"""

from __future__ import annotations

import numpy as np

from . import deck_plane
from .action_curves import monotone_keys
from .action_keys import ActionTable, Channel, HandKey, Keys, hand_key, later, scaled
from .deck_plane import Array, hand_rotation, wrist_for

# ----------------------------------------------------------------------------------------- idle bob

BOB_BEATS = 2
_SINK: Keys = [(0, -0.045), (0.16, -0.034), (0.50, 0.010), (0.66, 0.014), (0.80, 0.002)]
_NOD: Keys = [(0, 1), (0.14, 0.72), (0.48, -0.45), (0.66, -0.60), (0.84, 0)]
_SWAY: Keys = [(0, 1), (0.30, 0.92), (0.72, -0.75), (1, -1), (1.30, -0.92), (1.72, 0.75)]
BOUNCE: Keys = [(0, -0.55), (0.14, -1), (0.40, 0.85), (0.60, 0.25), (0.80, -0.1)]


def each_beat(keys: Keys, delay: float = 0.0) -> Keys:
    """One beat's keys on both beats of the bob, later by ``delay`` beats."""
    return sorted(((t + beat + delay) % BOB_BEATS, v) for t, v in keys for beat in range(BOB_BEATS))


def _each_loop(keys: Keys, delay: float = 0.0) -> Keys:
    return sorted(((t + delay) % BOB_BEATS, v) for t, v in keys)


def idle_bob() -> ActionTable:
    """Down on each beat, slow rise, fast fall; weight to her left on even beats. Times in beats."""
    channels: dict[Channel, Keys] = {
        ("hips", "dz"): each_beat(_SINK),
        ("hips", "dx"): scaled(0.030, _SWAY),
        ("hips", "roll"): scaled(-2.5, _SWAY),
        ("hips", "yaw"): scaled(2, _each_loop(_SWAY, 0.05)),
        ("spine", "pitch"): scaled(4, each_beat(_NOD, 0.02)),
        ("spine", "roll"): scaled(3, _each_loop(_SWAY, 0.04)),
        ("chest", "pitch"): scaled(4, each_beat(_NOD, 0.04)),
        ("chest", "roll"): scaled(3.5, _each_loop(_SWAY, 0.08)),
        ("chest", "yaw"): scaled(-4, _each_loop(_SWAY, 0.10)),
        ("neck", "pitch"): scaled(3, each_beat(_NOD, 0.06)),
        ("neck", "roll"): scaled(-3, _each_loop(_SWAY, 0.10)),
        ("head", "pitch"): scaled(7.5, each_beat(_NOD, 0.07)),
        ("head", "roll"): scaled(-5, _each_loop(_SWAY, 0.14)),
        ("head", "yaw"): scaled(4, _each_loop(_SWAY, 0.12)),
        ("mouth", "cx"): [(0, 0.55)],
    }
    for side in "LR":
        k = deck_plane.side_sign(side)
        channels[f"hair.{side}", "roll"] = scaled(9 * k, each_beat(BOUNCE, 0.04))
        channels[f"hair_tip.{side}", "roll"] = scaled(13 * k, each_beat(BOUNCE, 0.13))
        channels[f"shoulder.{side}", "roll"] = scaled(4 * k, each_beat(_NOD, 0.02))
        channels[f"lid.{side}", "cz"] = each_beat([(0, 0.42), (0.3, 0.18), (0.7, 0.12)])
    return ActionTable(BOB_BEATS, channels, loop=True, in_beats=True)


# ------------------------------------------------------------------------------------------ scratch

SCRATCH_CONTACT = (0.15, 0.53)
"""Seconds between which the fingers hold the platter."""
_SCRATCH_SECONDS = 0.8
_SCRATCH_ARC: Keys = [
    (0, 0),
    (0.08, -16),
    (0.15, -32),
    (0.23, 34),
    (0.33, -30),
    (0.42, 36),
    (0.53, -14),
    (0.64, 10),
    (0.73, 2),
    (0.80, 0),
]
_SCRATCH_LIFT: Keys = [(0, 0), (0.08, 0.055), (0.15, 0), (0.53, 0), (0.64, 0.07), (0.73, 0.012), (0.80, 0)]
_SCRATCH_SAMPLES = 49


def scratch_arc(seconds: Array) -> Array:
    """Angle of the scratching hand on its platter (degrees, mirrored for R) at times of the action."""
    return monotone_keys(_SCRATCH_ARC, seconds)


def deck_scratch(side: str) -> ActionTable:
    """Lift, land, push, pull, push, pull, flick off, settle; the eyes go to the deck first."""
    k = deck_plane.side_sign(side)
    push: Keys = [
        (0, 0), (0.09, -0.5), (0.16, 0.6), (0.24, 1), (0.33, 0.45), (0.42, 1), (0.53, 0.6), (0.66, -0.15), (0.80, 0)
    ]  # fmt: skip
    turn: Keys = [(0, 0), (0.09, -0.35), (0.20, 1), (0.50, 1), (0.67, -0.12), (0.80, 0)]
    kick: Keys = [
        (0, 0), (0.10, -0.6), (0.17, 0.3), (0.24, 1), (0.33, -0.5), (0.43, 1), (0.54, -0.3), (0.66, 0.12), (0.80, 0)
    ]  # fmt: skip
    look: Keys = [(0, 0), (0.06, 1), (0.55, 1), (0.7, 0), (0.8, 0)]
    frown: Keys = [(0, 0), (0.2, 1), (0.55, 1), (0.8, 0)]
    swing: Keys = [(0, 0), (0.14, 0.5), (0.31, -1), (0.47, -0.6), (0.63, 0.5), (0.73, -0.1), (0.8, 0)]
    whip: Keys = [(0, 0), (0.18, 0.5), (0.35, -1), (0.51, -0.5), (0.66, 0.5), (0.8, 0)]
    channels: dict[Channel, Keys] = {
        ("hips", "dx"): scaled(0.028 * k, turn),
        ("hips", "dz"): scaled(-0.018, turn),
        ("spine", "pitch"): scaled(5, push),
        ("spine", "roll"): scaled(4 * k, turn),
        ("chest", "pitch"): scaled(4, push),
        ("chest", "yaw"): scaled(7 * k, turn),
        ("chest", "roll"): scaled(3 * k, kick),
        ("neck", "yaw"): scaled(4 * k, turn),
        ("head", "pitch"): scaled(6, later(0.02, push)),
        ("head", "roll"): scaled(-6 * k, later(0.03, kick)),
        ("head", "yaw"): scaled(8 * k, turn),
        ("mouth", "cx"): [(0, 0), (0.12, 0.45), (0.55, 0.45), (0.8, 0)],
        ("jaw", "cx"): [(0, 0), (0.2, 0), (0.26, 0.35), (0.45, 0.35), (0.7, 0), (0.8, 0)],
    }
    for eye in "LR":
        low = -0.016 if eye == side else 0.014
        channels[f"eye.{eye}", "dx"] = scaled(0.016 * k, look)
        channels[f"eye.{eye}", "dz"] = scaled(-0.016, look)
        channels[f"brow.{eye}", "dz"] = [(0, 0), (0.09, 0.012), (0.2, low), (0.55, low), (0.8, 0)]
        channels[f"brow.{eye}", "roll"] = scaled(-10 * deck_plane.side_sign(eye), frown)
        channels[f"hair.{eye}", "roll"] = scaled(6 * k, swing)
        channels[f"hair_tip.{eye}", "roll"] = scaled(9 * k, whip)
    return ActionTable(_SCRATCH_SECONDS, channels, {side: _scratch_hand(side)})


def _scratch_hand(side: str) -> list[HandKey]:
    k = deck_plane.side_sign(side)
    seconds = np.linspace(0.0, _SCRATCH_SECONDS, _SCRATCH_SAMPLES)
    keys = []
    for t, theta, lift in zip(seconds, scratch_arc(seconds), monotone_keys(_SCRATCH_LIFT, seconds), strict=True):
        turn = hand_rotation((18.0 - 0.35 * theta) * k, 30.0 + 120.0 * lift)
        keys.append(hand_key(float(t), (wrist_for(deck_plane.platter_contact(side, theta, lift), turn), turn)))
    return keys


# --------------------------------------------------------------------------------------- crossfader

FADER_MOVE = (0.42, 0.50)
"""Seconds between which the hand slams the knob from one end to the other."""


def crossfader_hit() -> ActionTable:
    """Right hand winds up away from the mixer, pokes the knob, slams it to her left, flicks off laughing."""
    wind: Keys = [
        (0, 0), (0.16, -0.8), (0.30, -0.6), (0.42, -0.9), (0.53, 1.15), (0.60, 0.92), (0.76, 0.80), (0.92, -0.08),
        (1, 0),
    ]  # fmt: skip
    dip: Keys = [(0, 0), (0.14, -0.7), (0.30, 0.2), (0.40, 0.9), (0.51, 1), (0.66, -0.5), (0.84, 0.15), (1, 0)]
    elbow: Keys = [(0, 0), (0.06, 0), (0.32, 1), (0.62, 1), (0.96, 0), (1, 0)]
    swing: Keys = [(0, 0), (0.2, 0.4), (0.44, 0.3), (0.58, -1), (0.70, 0.6), (0.82, -0.25), (1, 0)]
    whip: Keys = [(0, 0), (0.24, 0.4), (0.47, 0.3), (0.62, -1), (0.75, 0.65), (0.87, -0.25), (1, 0)]
    channels: dict[Channel, Keys] = {
        ("hips", "dx"): scaled(0.025, wind),
        ("hips", "dz"): scaled(-0.020, dip),
        ("spine", "pitch"): scaled(6, dip),
        ("spine", "roll"): scaled(3, wind),
        ("chest", "pitch"): scaled(4, later(0.02, dip)),
        ("chest", "yaw"): scaled(9, later(0.01, wind)),
        ("chest", "roll"): scaled(3, wind),
        ("neck", "yaw"): scaled(-3, wind),
        ("head", "pitch"): scaled(7, later(0.04, dip)),
        ("head", "yaw"): scaled(6, later(0.05, wind)),
        ("head", "roll"): scaled(7, later(0.06, wind)),
        ("mouth", "cx"): [(0, 0), (0.2, 0.4), (0.8, 0.4), (1, 0)],
        ("jaw", "cx"): [(0, 0), (0.44, 0), (0.54, 0.75), (0.78, 0.6), (1, 0)],
        # The elbow swings out and up, or the sleeve would fold across the chest.
        ("ik_elbow.R", "dx"): scaled(-0.10, elbow),
        ("ik_elbow.R", "dy"): scaled(-0.30, elbow),
        ("ik_elbow.R", "dz"): scaled(0.34, elbow),
    }
    for side in "LR":
        channels[f"eye.{side}", "dx"] = [(0, 0), (0.10, -0.014), (0.36, -0.010), (0.5, 0.010), (0.6, 0), (1, 0)]
        channels[f"eye.{side}", "dz"] = [(0, 0), (0.10, -0.016), (0.50, -0.018), (0.62, 0), (1, 0)]
        channels[f"brow.{side}", "dz"] = [(0, 0), (0.14, 0.014), (0.40, -0.014), (0.54, 0.018), (0.8, 0.016), (1, 0)]
        channels[f"hair.{side}", "roll"] = scaled(8, swing)
        channels[f"hair_tip.{side}", "roll"] = scaled(12, whip)
    return ActionTable(1.0, channels, {"R": _fader_hand()})


def _fader_hand() -> list[HandKey]:
    touch = deck_plane.plane_z(deck_plane.FADER_Y) + deck_plane.FADER_TOUCH
    travel = deck_plane.FADER_TRAVEL
    poke, back, flick = hand_rotation(-4, 34), hand_rotation(-14, -10), hand_rotation(10, -35, -15)

    def over(t: float, x: float, lift: float, turn: Array = poke) -> HandKey:
        return hand_key(t, (wrist_for(np.array([x, deck_plane.FADER_Y, touch + lift]), turn), turn))

    rest = deck_plane.home("R")
    return [
        hand_key(0.0, rest),
        hand_key(0.14, (wrist_for(np.array([-0.30, -0.33, 1.03]), back), back)),
        over(0.28, -0.075, 0.085),
        over(0.38, -travel, 0.0),
        over(FADER_MOVE[0], -travel, 0.0),
        over(FADER_MOVE[1], travel, 0.0),
        over(0.56, travel, 0.0),
        over(0.66, 0.075, 0.17, flick),
        over(0.72, 0.03, 0.165, flick),
        hand_key(0.89, rest, (0.040, -0.015, 0.045)),
        hand_key(0.95, rest, (0.004, 0.0, 0.012)),
        hand_key(1.0, rest),
    ]


# --------------------------------------------------------------------------------------------- blink


def blink() -> ActionTable:
    """Both lids, a quarter of a second."""
    lids: Keys = [(0, 0), (0.07, 1), (0.10, 1), (0.25, 0)]
    return ActionTable(0.25, {("lid.L", "cx"): lids, ("lid.R", "cx"): list(lids)})
