# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Timeline to what the DJ does when (pure, no Blender).

Conventions: seconds from the song's first sample; angles in degrees; influence 0..1.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..timeline import Section, Timeline
from .action_curves import Array, monotone
from .action_tables import BOB_BEATS, FADER_MOVE, SCRATCH_CONTACT, scratch_arc
from .deck_plane import FADER_TRAVEL, side_sign


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
    "drop_reaction": Kind(0.50, 1.5, "LR"),
    "spotlight_present": Kind(0.58, 2.0, "LR"),
}
BLINK_LENGTH = 0.25
SPACING = 0.8
"""Bodies add up: two gestures must not start closer together than this."""
MAX_SHIFT = 1.5
"""How far a gesture at the song's very beginning may be moved to a later beat before it is left out."""
BIG_GESTURE_INFLUENCE = 0.6
"""Most of the bob that fits under a gesture of both arms; with more they run out of reach."""
PLATTER_SPEED = -200.0
"""Degrees per second at 33 1/3 rpm, clockwise seen from above."""
STEADY = 0.015
"""Seconds a beat may be off an even grid within one strip."""
CALM_BPM = 60.0
CALM_INFLUENCE = 0.3
HALF_TIME_ABOVE = 150.0
DOUBLE_TIME_BELOW = 75.0


@dataclass(frozen=True, slots=True)
class Gesture:
    """One action placed in the song."""

    action: str
    start: float

    @property
    def end(self) -> float:
        """When it is over."""
        return self.start + KINDS[self.action].length

    @property
    def hit(self) -> float:
        """The moment it is about."""
        return self.start + KINDS[self.action].lead

    @property
    def is_big(self) -> bool:
        """Whether it takes both arms."""
        return KINDS[self.action].hands == "LR"


@dataclass(frozen=True, slots=True)
class Bob:
    """A stretch of idle bobbing at an even tempo; ``loops`` counts whole turns of the action."""

    start: float
    end: float
    loops: int


# ------------------------------------------------------------------------------------------ gestures


def plan_gestures(timeline: Timeline) -> list[Gesture]:
    """The avatar's triggers as non-colliding gestures in order of time; drop reactions go first."""
    wanted = []
    for trigger in timeline.avatar.triggers:
        if trigger.action in KINDS and trigger.t < timeline.meta.duration_sec:
            start = _start(trigger.t, KINDS[trigger.action].lead, timeline.beats.timestamps)
            if start is not None:
                wanted.append(Gesture(trigger.action, start))
    wanted.sort(key=lambda g: (g.action != "drop_reaction", g.start, g.action))
    kept: list[Gesture] = []
    for gesture in wanted:
        if not any(_collide(gesture, other) for other in kept):
            kept.append(gesture)
    return sorted(kept, key=lambda g: g.start)


def _start(hit: float, lead: float, beats: Sequence[float]) -> float | None:
    """Start for a hit; when that is before the song, the hit moves to the first beat that leaves time."""
    if hit >= lead:
        return hit - lead
    later = next((beat for beat in beats if beat >= lead), None)
    return later - lead if later is not None and later - hit <= MAX_SHIFT else None


def _collide(a: Gesture, b: Gesture) -> bool:
    if abs(a.start - b.start) < SPACING - 1e-6:
        return True
    same_hand = set(KINDS[a.action].hands) & set(KINDS[b.action].hands)
    return bool(same_hand) and a.start < b.end - 1e-6 and b.start < a.end - 1e-6


def plan_blinks(gestures: Sequence[Gesture], drops: Sequence[float], duration: float, seed: int) -> list[float]:
    """Starts of blinks, 2.5 to 5 s apart, seeded: eyes stay open at drops, at hits, and where gestures use them."""
    busy = [(g.start - 0.4, g.end) if g.is_big else (g.start, g.hit + 0.2) for g in gestures]
    busy = sorted([*busy, *((t - 0.4, t + 0.4) for t in drops)])
    dice = random.Random(seed)
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


# ----------------------------------------------------------------------------------------------- bob


def plan_bob(timeline: Timeline) -> list[Bob]:
    """The idle bob from before the first frame to after the last, lowest on the beats.

    One stretch per steady tempo, cut wherever the beats leave an even grid by more than ``STEADY``. Above
    150 BPM she bobs at half time, below 75 at double; with fewer than two beats calmly at 60.
    """
    duration = timeline.meta.duration_sec
    beats = np.asarray(timeline.beats.timestamps, dtype=float)
    if len(beats) < 2:
        length = 60.0 / CALM_BPM * BOB_BEATS
        loops = int(duration / length) + 1
        return [Bob(0.0, loops * length, loops)]
    step = float(np.median(np.diff(beats)))
    tempo = 60.0 / step
    loop = BOB_BEATS * 2 if tempo > HALF_TIME_ABOVE else BOB_BEATS // 2 if tempo < DOUBLE_TIME_BELOW else BOB_BEATS
    grid = _whole_grid(beats, step, duration, loop)
    bar = timeline.beats.downbeats[0] if timeline.beats.downbeats else beats[0]
    first = int(np.argmin(np.abs(grid - bar))) % loop
    while first + loop < len(grid) and grid[first + loop] <= 0:
        first += loop
    stretches = []
    while first + loop < len(grid) and grid[first] < duration:
        last = first + loop
        while last + loop < len(grid) and grid[last] < duration and _is_even(grid[first : last + loop + 1]):
            last += loop
        stretches.append(Bob(float(grid[first]), float(grid[last]), (last - first) // loop))
        first = last
    return stretches


def _whole_grid(beats: Array, step: float, duration: float, loop: int) -> Array:
    """The beats with gaps filled evenly, carried on past both ends of the song by at least one loop."""
    grid = [float(beats[0])]
    for beat in beats[1:]:
        parts = max(1, round((beat - grid[-1]) / step))
        grid += np.linspace(grid[-1], beat, parts + 1)[1:].tolist()
    before = int(max(0.0, grid[0]) / step) + 1 + loop
    after = int(max(0.0, duration - grid[-1]) / step) + 1 + loop
    head = grid[0] - step * np.arange(before, 0, -1)
    tail = grid[-1] + step * np.arange(1, after + 1)
    return np.concatenate((head, grid, tail))


def _is_even(beats: Array) -> bool:
    even = np.linspace(beats[0], beats[-1], len(beats))
    return bool(np.max(np.abs(beats - even)) <= STEADY)


def plan_influence(timeline: Timeline, gestures: Sequence[Gesture], intensity: float) -> tuple[Array, Array]:
    """How strongly she bobs: (times, influence), linear between, following the sections' energy.

    Levels change over the beat before a section starts; under big gestures the influence is held to
    ``BIG_GESTURE_INFLUENCE``, with a beat's ramp on both sides.
    """
    beats = timeline.beats.timestamps
    ramp = float(np.median(np.diff(beats))) if len(beats) > 1 else 1.0
    if len(beats) > 1:
        times, levels = _energy(timeline.audio.sections, ramp, intensity)
    else:
        times, levels = np.zeros(1), np.array([CALM_INFLUENCE * min(1.0, intensity)])
    big = [g for g in gestures if g.is_big]
    if not big:
        return times, levels
    edges = np.array([(g.start - ramp, g.start, g.end, g.end + ramp) for g in big])

    def cap(at: Array) -> Array:
        away = np.maximum(edges[:, 1, None] - at, at - edges[:, 2, None]) / ramp
        return np.min(BIG_GESTURE_INFLUENCE + (1 - BIG_GESTURE_INFLUENCE) * np.clip(away, 0, None), axis=0)

    at = np.unique(np.concatenate((times, edges.ravel())))
    excess = np.interp(at, times, levels) - cap(at)
    # Between two break points both are straight lines: where they cross, the smaller one changes.
    crossing = np.flatnonzero(excess[:-1] * excess[1:] < 0)
    share = excess[crossing] / (excess[crossing] - excess[crossing + 1])
    at = np.unique(np.concatenate((at, at[crossing] + share * (at[crossing + 1] - at[crossing]))))
    return at, np.minimum(np.interp(at, times, levels), cap(at))


def _energy(sections: Sequence[Section], ramp: float, intensity: float) -> tuple[Array, Array]:
    keys: list[tuple[float, float]] = []
    for section in sections or (Section(0.0, 0.0, "verse", 0.5),):
        level = min(1.0, max(0.1, (0.3 + 0.7 * section.energy_level) * intensity))
        if keys:
            keys.append((max(keys[-1][0], section.start_time - ramp), keys[-1][1]))
        keys.append((max(section.start_time, keys[-1][0] + 1e-3) if keys else section.start_time, level))
    return np.array([t for t, _ in keys]), np.array([v for _, v in keys])


# ---------------------------------------------------------------------------------------------- gear

_SAMPLES_PER_SECOND = 60
"""Actions have a key every half frame at 30 frames per second; the gear follows at the same moments."""


def plan_platter(side: str, gestures: Sequence[Gesture], duration: float) -> tuple[Array, Array]:
    """A platter's angle, linear between the returned times: 33 1/3 rpm, and the hand's arc while it is held."""
    held = _moments(*SCRATCH_CONTACT)
    arc = scratch_arc(held) * side_sign(side)
    times, angles = [0.0], [0.0]
    for gesture in gestures:
        if gesture.action != f"deck_scratch_{side}":
            continue
        caught = angles[-1] + PLATTER_SPEED * (gesture.start + held[0] - times[-1])
        times += (gesture.start + held).tolist()
        angles += (caught + arc - arc[0]).tolist()
    if duration > times[-1]:
        angles.append(angles[-1] + PLATTER_SPEED * (duration - times[-1]))
        times.append(duration)
    return np.array(times), np.array(angles)


def plan_knob(gestures: Sequence[Gesture]) -> tuple[Array, Array]:
    """The crossfader knob's x: slammed over by each hit, gliding back just before the next hand comes."""
    slam = _moments(*FADER_MOVE)
    pushed = monotone(FADER_MOVE, (-FADER_TRAVEL, FADER_TRAVEL), slam)
    glide = np.linspace(-0.10, 0.30, 13)
    returned = monotone((glide[0], glide[-1]), (FADER_TRAVEL, -FADER_TRAVEL), glide)
    times, places = [0.0], [-FADER_TRAVEL]
    for count, gesture in enumerate(g for g in gestures if g.action == "crossfader_hit"):
        if count:
            times += (gesture.start + glide).tolist()
            places += returned.tolist()
        times += (gesture.start + slam).tolist()
        places += pushed.tolist()
    return np.array(times), np.array(places)


def _moments(start: float, end: float) -> Array:
    """Both ends and the half frames between them."""
    first, last = np.ceil(start * _SAMPLES_PER_SECOND + 1e-6), np.floor(end * _SAMPLES_PER_SECOND - 1e-6)
    return np.concatenate(([start], np.arange(first, last + 1) / _SAMPLES_PER_SECOND, [end]))
