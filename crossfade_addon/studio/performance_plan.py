# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Timeline to what the DJ's body does when: gestures that never collide, and blinks (pure, no Blender).

Conventions: seconds from the song's first sample; influence 0..1. What goes on below and beside the gestures is
planned in ``groove`` (bob, raised hands), ``mood`` (face) and ``gear_plan`` (platters, knob).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..timeline import Timeline
from .action_curves import Array


@dataclass(frozen=True, slots=True)
class Kind:
    """A one-shot action: seconds until its hit, its whole length, and which hands it takes."""

    lead: float
    length: float
    hands: str


KINDS: dict[str, Kind] = {
    "deck_scratch_L": Kind(0.23, 0.8, "L"),
    "deck_scratch_R": Kind(0.23, 0.8, "R"),
    "crossfader_hit": Kind(0.50, 1.0, "R"),
    "drop_reaction": Kind(0.50, 2.0, "LR"),
    "spotlight_present": Kind(0.58, 2.0, "LR"),
}
BLINK_LENGTH = 0.25
SPACING = 0.8
"""Bodies add up: two gestures must not start closer together than this."""
MAX_SHIFT = 1.5
"""How far a gesture at the song's very beginning may be moved to a later beat before it is left out."""
DROP_SIZES = {"low": 0.7, "medium": 0.85, "high": 1.0}
"""How much of the drop reaction a drop of each intensity gets."""
_SAME_MOMENT = 0.1

Window = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gesture:
    """One action placed in the song; ``influence`` is how much of it is shown."""

    action: str
    start: float
    influence: float = 1.0

    @property
    def end(self) -> float:
        """When it is over."""
        return self.start + KINDS[self.action].length

    @property
    def hit(self) -> float:
        """The moment it is about."""
        return self.start + KINDS[self.action].lead

    @property
    def hands(self) -> str:
        """The hands it takes: ``L``, ``R`` or ``LR``."""
        return KINDS[self.action].hands

    @property
    def is_big(self) -> bool:
        """Whether it takes both arms."""
        return self.hands == "LR"


def plan_gestures(timeline: Timeline) -> list[Gesture]:
    """The avatar's triggers as non-colliding gestures in order of time; drop reactions go first.

    A drop reaction is as large as its drop (``DROP_SIZES``); all others reach for the gear and are always whole.
    """
    wanted = []
    for trigger in timeline.avatar.triggers:
        if trigger.action in KINDS and trigger.t < timeline.meta.duration_sec:
            start = _start(trigger.t, KINDS[trigger.action].lead, timeline.beats.timestamps)
            if start is not None:
                wanted.append(Gesture(trigger.action, start, _size(timeline, trigger.action, trigger.t)))
    wanted.sort(key=lambda g: (g.action != "drop_reaction", g.start, g.action))
    kept: list[Gesture] = []
    for gesture in wanted:
        if not any(_collide(gesture, other) for other in kept):
            kept.append(gesture)
    return sorted(kept, key=lambda g: g.start)


def _size(timeline: Timeline, action: str, t: float) -> float:
    if action != "drop_reaction":
        return 1.0
    drops = [e for e in timeline.events if e.type == "drop" and abs(e.t - t) < _SAME_MOMENT]
    return DROP_SIZES.get(drops[0].intensity, 1.0) if drops else 1.0


def _start(hit: float, lead: float, beats: Sequence[float]) -> float | None:
    """Start for a hit; when that is before the song, the hit moves to the first beat that leaves time."""
    if hit >= lead:
        return hit - lead
    later = next((beat for beat in beats if beat >= lead), None)
    return later - lead if later is not None and later - hit <= MAX_SHIFT else None


def _collide(a: Gesture, b: Gesture) -> bool:
    if abs(a.start - b.start) < SPACING - 1e-6:
        return True
    return bool(set(a.hands) & set(b.hands)) and a.start < b.end - 1e-6 and b.start < a.end - 1e-6


def plan_blinks(
    gestures: Sequence[Gesture], drops: Sequence[float], shut: Sequence[Window], duration: float, seed: int
) -> list[float]:
    """Starts of blinks, 2.5 to 5 s apart, seeded.

    Eyes stay open at drops and at hits; they are left alone where gestures use them and where they are ``shut``.
    """
    busy = [(g.start - 0.4, g.end) if g.is_big else (g.start, g.hit + 0.2) for g in gestures]
    busy = sorted([*busy, *((t - 0.4, t + 0.4) for t in drops), *shut])
    dice = random.Random(f"{seed}/blinks")
    blinks = []
    t = dice.uniform(1.0, 3.0)
    while t + BLINK_LENGTH < duration:
        for start, end in busy:
            if start < t + BLINK_LENGTH and t < end:
                t = end
        if t + BLINK_LENGTH < duration:
            blinks.append(t)
        t += dice.uniform(2.5, 5.0)
    return blinks


def held_down(curve: tuple[Array, Array], windows: Sequence[Window], most: float, ramp: float) -> tuple[Array, Array]:
    """A curve of straight lines that stays under ``most`` in all windows and ramps there within ``ramp`` seconds.

    Parameters
    ----------
    curve : (times, levels)
        Ascending times; levels 0..1, linear between.
    most : float
        0..1.
    """
    times, levels = curve
    if not windows:
        return times, levels
    edges = np.array([(start - ramp, start, end, end + ramp) for start, end in windows])

    def cap(at: Array) -> Array:
        away = np.maximum(edges[:, 1, None] - at, at - edges[:, 2, None]) / ramp
        return np.min(most + (1 - most) * np.clip(away, 0, None), axis=0)

    at = np.unique(np.concatenate((times, edges.ravel())))
    excess = np.interp(at, times, levels) - cap(at)
    # Between two break points both are straight lines: where they cross, the smaller one changes.
    crossing = np.flatnonzero(excess[:-1] * excess[1:] < 0)
    share = excess[crossing] / (excess[crossing] - excess[crossing + 1])
    at = np.unique(np.concatenate((at, at[crossing] + share * (at[crossing + 1] - at[crossing]))))
    return at, np.minimum(np.interp(at, times, levels), cap(at))
