# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves on top of the bob: a head bang, and hands raised to the crowd (pure data; conventions: ``action_keys``).

Times are beats. A raised hand rises in the first beat and is back on its deck at the end; between, it falls with
the body on every beat and springs up again after it.
"""

from __future__ import annotations

from itertools import pairwise

from . import deck_plane
from .action_keys import ActionTable, Channel, HandKey, Keys, Vec, for_side, hand_key, scaled
from .action_tables import BOB_BEATS, BOUNCE, each_beat
from .deck_plane import side_sign

# ---------------------------------------------------------------------------------------- head bang

_WHIP: Keys = [(0.03, 1.0), (0.15, 0.55), (0.42, -0.1), (0.60, -0.35), (0.78, -0.45), (0.88, 0.1)]
_SPRING: Keys = [(0.0, -0.35), (0.14, -0.2), (0.45, 1.0), (0.62, 0.9), (0.85, 0.1)]


def head_bang() -> ActionTable:
    """Two beats to add to the bob: head thrown down on the beat and back before it, shoulders bouncing."""
    channels: dict[Channel, Keys] = {
        ("hips", "dz"): scaled(-0.010, each_beat(_WHIP)),
        ("chest", "pitch"): scaled(2.5, each_beat(_WHIP)),
        ("neck", "pitch"): scaled(4.0, each_beat(_WHIP, 0.01)),
        ("head", "pitch"): scaled(9.0, each_beat(_WHIP, 0.02)),
        # A little to each side in turn, so that no two beats look alike.
        ("head", "roll"): [(0.05, 2.5), (0.5, 0.0), (1.05, -2.5), (1.5, 0.0)],
    }
    for side in "LR":
        k = side_sign(side)
        channels[f"shoulder.{side}", "dz"] = scaled(0.014, each_beat(_SPRING))
        channels[f"shoulder.{side}", "roll"] = scaled(-4.0 * k, each_beat(_SPRING))
        channels[f"hair.{side}", "roll"] = scaled(3.0 * k, each_beat(BOUNCE, 0.04))
        channels[f"hair_tip.{side}", "roll"] = scaled(4.0 * k, each_beat(BOUNCE, 0.13))
    return ActionTable(BOB_BEATS, channels, loop=True, in_beats=True)


# -------------------------------------------------------------------------------------- raised hands

_TOP: tuple[Vec, Vec, Vec] = ((0.520, -0.115, 1.470), (0.14, 0.02, 1.0), (0.10, 1.0, 0.0))
_LOW: tuple[Vec, Vec, Vec] = ((0.528, -0.212, 1.360), (0.10, -0.55, 0.85), (0.12, 0.80, 0.52))
_OUT: tuple[Vec, Vec, Vec] = ((0.560, -0.150, 1.370), (0.55, -0.10, 0.82), (0.05, 0.98, 0.10))
_IN: tuple[Vec, Vec, Vec] = ((0.460, -0.140, 1.460), (-0.16, -0.05, 0.98), (0.10, 0.98, 0.06))


def hand_pump(hands: str, beats: int) -> ActionTable:
    """A hand (or both) thrown up, slammed down with the body on each beat, and back to the decks."""
    rise: Keys = [(0, 0), (0.22, -0.35), (0.78, 1.1), (1.0, 1.0)]
    chop: Keys = [(0, 0), (0.74, -0.6)]
    for beat in range(1, beats - 1):
        rise += [(beat + 0.5, 1.05), (beat + 0.98, 1.0)]
        chop += [(beat + 0.02, 1.0), (beat + 0.28, 0.4), (beat + 0.60, -0.7)]
    del rise[-2:], chop[-1:]
    rise += [(beats - 1.6, 1.0), (beats - 0.80, -0.1), (beats - 0.45, 0), (beats, 0)]
    chop += [(beats - 1.4, 0.0), (beats, 0)]
    keys = [_home(0.0), *_way_up(), _pose(0.78, _TOP)]
    for beat in range(1, beats - 1):
        keys.append(_pose(beat + 0.02, _LOW))
        if beat < beats - 2:
            keys += [_pose(beat + 0.16, _LOW, (0.0, 0.004, 0.010)), _pose(beat + 0.58, _TOP), _pose(beat + 0.68, _TOP)]
    keys += _way_down(beats)
    return _raised(hands, beats, rise, scaled(-1.0, chop), keys, sway=[(0, 0), (beats, 0)])


def hand_wave(hands: str, beats: int) -> ActionTable:
    """A hand (or both) up with its palm to the crowd, swaying out and in, a beat each way."""
    rise: Keys = [(0, 0), (0.25, -0.3), (0.85, 1.05), (1.2, 1.0), (beats - 1.6, 1.0)]
    rise += [(beats - 0.80, -0.1), (beats - 0.45, 0), (beats, 0)]
    sway: Keys = [(0, 0), (0.45, 0)]
    keys = [_home(0.0), *_way_up(), _pose(0.76, _IN, (0.02, -0.02, -0.02))]
    for beat in range(1, beats - 1):
        is_out = beat % 2 == 1
        sway.append((beat + 0.06, 1.0 if is_out else -1.0))
        keys.append(_pose(float(beat) + 0.04, _OUT if is_out else _IN))
    sway += [(beats - 0.9, 0.1), (beats, 0)]
    keys += _way_down(beats)
    return _raised(hands, beats, rise, [(0, 0), (beats, 0)], keys, sway=sway)


def _home(t: float, lift: Vec = (0.0, 0.0, 0.0)) -> HandKey:
    return hand_key(t, deck_plane.home("L"), lift)


def _pose(t: float, pose: tuple[Vec, Vec, Vec], by: Vec = (0.0, 0.0, 0.0)) -> HandKey:
    (x, y, z), fingers, back = pose
    return HandKey(t, (x + by[0], y + by[1], z + by[2]), fingers, back)


def _way_up() -> list[HandKey]:
    """The elbow leads and the hand trails; it passes outside the pigtail."""
    return [
        _home(0.20, (0.012, 0.012, 0.03)),
        HandKey(0.42, (0.46, -0.255, 1.12), (0.38, -0.78, 0.30), (0.30, 0.10, 0.95)),
    ]


def _way_down(beats: int) -> list[HandKey]:
    """Back half a beat before the end, so that a gesture on the next bar line finds the hand at home."""
    return [
        HandKey(beats - 1.58, (0.520, -0.200, 1.370), (0.14, -0.40, 0.90), (0.12, 0.90, 0.40)),
        HandKey(beats - 1.12, (0.47, -0.335, 1.09), (0.30, -0.86, 0.10), (0.15, 0.15, 0.95)),
        _home(beats - 0.74, (0.0, 0.0, 0.032)),
        _home(beats - 0.50),
        _home(float(beats)),
    ]


def _raised(hands: str, beats: int, rise: Keys, fall: Keys, keys: list[HandKey], *, sway: Keys) -> ActionTable:
    """Body and shoulders for a raised hand: ``rise`` lifts, ``fall`` follows each stroke, ``sway`` leans aside."""
    k = 0 if hands == "LR" else side_sign(hands)
    channels: dict[Channel, Keys] = {
        ("hips", "dx"): scaled(-0.022 * k, rise),
        ("spine", "roll"): scaled(-3.0 * k, rise),
        ("chest", "pitch"): scaled(-2.0, rise) if not k else scaled(-2.5, fall),
        ("chest", "yaw"): scaled(-3.0 * k, rise),
        ("chest", "roll"): _sum(scaled(-4.0 * k, rise), scaled(3.0 * k, sway)),
        ("head", "roll"): _sum(scaled(5.0 * k, rise), scaled(4.0 * k, sway)),
        ("head", "yaw"): scaled(4.0 * k, rise),
        ("head", "pitch"): scaled(-2.5, fall),
    }
    for side in hands:
        m = side_sign(side)
        up: Keys = [(t, max(0.0, v)) for t, v in rise]
        channels |= {
            (f"shoulder.{side}", "roll"): scaled(-16.0 * m, up),
            (f"shoulder.{side}", "dx"): scaled(0.055 * m, up),
            (f"shoulder.{side}", "dz"): scaled(0.100, up),
            (f"brow.{side}", "dz"): scaled(0.010, up),
            (f"hair.{side}", "roll"): _sum(scaled(-26.0 * m, up), scaled(6.0 * m, fall)),
            (f"hair_tip.{side}", "roll"): scaled(7.0 * m, [(t + 0.05 if 0 < t < beats else t, v) for t, v in fall]),
        }
    return ActionTable(float(beats), channels, {side: for_side(side, keys) for side in hands}, in_beats=True)


def _sum(a: Keys, b: Keys) -> Keys:
    """Both at all their times, straight between keys."""
    times = sorted({t for t, _ in (*a, *b)})
    return [(t, _at(a, t) + _at(b, t)) for t in times]


def _at(keys: Keys, t: float) -> float:
    for (t0, v0), (t1, v1) in pairwise(keys):
        if t <= t1:
            return v0 + (v1 - v0) * max(0.0, t - t0) / (t1 - t0)
    return keys[-1][1]
