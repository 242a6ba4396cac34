# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes on under the gestures: the bob, head bangs on the kicks, hands raised to the crowd (pure, no Blender).

Conventions: seconds from the song's first sample; levels and influence 0..1; intensity as in the brief, 0.2..1.5;
temper is the theme's, 0..1: how far everything may go.
"""

from __future__ import annotations

import bisect
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..timeline import Section, Timeline
from .action_curves import Array
from .action_tables import BOB_BEATS
from .performance_plan import Gesture, held_down

BIG_GESTURE_INFLUENCE = 0.45
"""Most of the bob that fits under a gesture of both arms; with more they run out of reach."""
RAISED_INFLUENCE = 0.7
"""Most of the bob that fits under a raised hand."""
STEADY = 0.015
"""Seconds a beat may be off an even grid within one strip."""
CALM_BPM = 60.0
CALM_INFLUENCE = 0.3
HALF_TIME_ABOVE = 150.0
DOUBLE_TIME_BELOW = 75.0
LOUD = 0.55
"""Energy from which a drop or chorus makes her bang her head and raise her hands."""
BANG_IN = {"drop": 1.0, "chorus": 0.8}
"""How hard she bangs her head in each kind of part."""
BANG_UNDER_GESTURE = 0.3
RAISED_BEATS = {"hand_pump": (8, 4), "hand_wave": (8,)}
"""Raised hands and how many beats they may last, the most wanted first."""
_CHOICES = [(count, name) for name, counts in RAISED_BEATS.items() for count in counts]
_UNEVEN = 0.05
"""Seconds a beat under a raised hand may be off an even grid."""
_LEAST_DRIVE = 0.45
_KICK_HEARD = 0.05
_SLACK = 0.05


@dataclass(frozen=True, slots=True)
class Bob:
    """A stretch of bobbing at an even tempo; ``loops`` counts whole turns of the action."""

    start: float
    end: float
    loops: int


@dataclass(frozen=True, slots=True)
class Raised:
    """One or both hands up for a while; the action's beats are stretched from ``start`` to ``end``."""

    action: str
    start: float
    end: float
    hands: str


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
        while last + loop < len(grid) and grid[last] < duration and _is_even(grid[first : last + loop + 1], STEADY):
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


def _is_even(beats: Array, most: float) -> bool:
    even = np.linspace(beats[0], beats[-1], len(beats))
    return bool(np.max(np.abs(beats - even)) <= most)


def plan_influence(
    timeline: Timeline, gestures: Sequence[Gesture], raised: Sequence[Raised], intensity: float, temper: float = 1.0
) -> tuple[Array, Array]:
    """How deep she bobs: (times, influence), linear between, following the sections' energy.

    Levels change over the beat before a section starts; under big gestures and raised hands they are held down,
    with a beat's ramp on both sides.
    """
    beats = timeline.beats.timestamps
    if len(beats) > 1:
        ramp = _beat(beats)
        depth = intensity * (0.6 + 0.4 * temper)
        curve = _by_section(timeline.audio.sections, ramp, lambda s: (0.3 + 0.6 * s.energy_level) * depth, least=0.1)
    else:
        ramp = 1.0
        curve = np.zeros(1), np.array([CALM_INFLUENCE * min(1.0, intensity)])
    curve = held_down(curve, [(r.start, r.end) for r in raised], RAISED_INFLUENCE, ramp)
    return held_down(curve, [(g.start, g.end) for g in gestures if g.is_big], BIG_GESTURE_INFLUENCE, ramp)


def plan_bang(
    timeline: Timeline, gestures: Sequence[Gesture], intensity: float, temper: float = 1.0
) -> tuple[Array, Array]:
    """How hard she bangs her head on the beats of loud parts: (times, influence), linear between.

    A bar's level follows how clearly the kick is heard on its beats; under gestures there is little of it.
    """
    beats = timeline.beats.timestamps
    if len(beats) < 2:
        return np.zeros(1), np.zeros(1)
    ramp = _beat(beats)
    drive = min(1.0, 0.6 * intensity * temper)

    def level(section: Section) -> float:
        return drive * BANG_IN.get(section.section_type, 0.0) if section.energy_level >= LOUD else 0.0

    times, levels = _by_section(timeline.audio.sections, ramp, level)
    if levels.max() > 0 and len(timeline.beats.downbeats) > 1:
        bars, heard = _steps(timeline.beats.downbeats, _kicks(timeline), ramp)
        at = np.union1d(times, bars)
        times, levels = at, np.interp(at, times, levels) * np.interp(at, bars, heard)
    for big, most in ((False, BANG_UNDER_GESTURE), (True, 0.0)):
        windows = [(g.start, g.end) for g in gestures if g.is_big == big]
        times, levels = held_down((times, levels), windows, most, ramp)
    return times, levels


def _kicks(timeline: Timeline) -> Sequence[float]:
    """0.35..1 for every bar: how strong the kick is at its beats, compared with the song's strong ones."""
    beats, bars = np.asarray(timeline.beats.timestamps), np.asarray(timeline.beats.downbeats)
    heard = np.array([max(timeline.signals.at("kick", t + late) for late in (0.0, 0.02, 0.04)) for t in beats])
    owner = np.clip(np.searchsorted(bars, beats + 1e-3) - 1, 0, len(bars) - 1)
    means = np.bincount(owner, weights=heard, minlength=len(bars)) / np.maximum(1, np.bincount(owner))
    strong = float(np.percentile(means, 90))
    return np.clip(means / strong, 0.35, 1.0).tolist() if strong > _KICK_HEARD else [1.0] * len(bars)


def _by_section(
    sections: Sequence[Section], ramp: float, level_of: Callable[[Section], float], *, least: float = 0.0
) -> tuple[Array, Array]:
    """One level per section, reached within the last ``ramp`` seconds before it starts."""
    sections = sections or (Section(0.0, 0.0, "verse", 0.5),)
    levels = [min(1.0, max(least, level_of(section))) for section in sections]
    return _steps([section.start_time for section in sections], levels, ramp)


def _steps(starts: Sequence[float], levels: Sequence[float], ramp: float) -> tuple[Array, Array]:
    """A curve that holds each level from its start and goes to the next within the last ``ramp`` seconds."""
    keys: list[tuple[float, float]] = []
    for start, level in zip(starts, levels, strict=True):
        if keys:
            keys.append((max(keys[-1][0], start - ramp), keys[-1][1]))
        keys.append((max(start, keys[-1][0] + 1e-3) if keys else start, level))
    return np.array([t for t, _ in keys]), np.array([v for _, v in keys])


def _beat(beats: Sequence[float]) -> float:
    return float(np.median(np.diff(beats)))


# ---------------------------------------------------------------------------------------- raised hands


def plan_raised(timeline: Timeline, gestures: Sequence[Gesture], intensity: float, temper: float = 1.0) -> list[Raised]:
    """Hands raised in drops and choruses, from bar line to bar line, wherever no gesture needs the body.

    Seeded by the timeline. How often follows intensity and temper; the quietest shows keep both hands on the decks.
    """
    beats, bars = timeline.beats.timestamps, timeline.beats.downbeats
    drive = intensity * temper
    if len(beats) < 8 or drive < _LEAST_DRIVE:
        return []
    dice = random.Random(f"{timeline.meta.seed}/hands")
    step = 2 if 60 / _beat(beats) > HALF_TIME_ABOVE else 1
    density = min(1.0, 0.45 + 0.35 * drive)
    found: list[Raised] = []
    last = dice.choice("LR")
    for section in timeline.audio.sections:
        if section.section_type not in BANG_IN or section.energy_level < LOUD:
            continue
        end = min(section.end_time, timeline.meta.duration_sec) + _SLACK
        free_from = section.start_time - _SLACK
        for bar in between(bars, free_from, end):
            if bar < free_from:
                continue
            wave_first, both, is_wanted = dice.random() < 0.35, dice.random() < 0.25 * drive, dice.random() < density
            for count, name in sorted(_CHOICES, key=lambda c: (-c[0], (c[1] == "hand_wave") != wave_first)):
                span = _span(beats, bar, count, step)
                if span and span[1] <= end and _is_free(gestures, span, count):
                    hands = "LR" if both else "R" if last == "L" else "L"
                    if is_wanted:
                        found.append(Raised(raised_action(name, hands, count), *span, hands))
                        last = hands[0]
                    free_from = span[1] - _SLACK  # raised or not, this stretch is decided
                    break
    return found


def between(times: Sequence[float], first: float, last: float) -> Sequence[float]:
    """The moments of an ascending sequence from ``first`` to ``last``."""
    return times[bisect.bisect_left(times, first) : bisect.bisect_right(times, last)]


def _span(beats: Sequence[float], start: float, count: int, step: int) -> tuple[float, float] | None:
    """``count`` times ``step`` even beats from a bar line, or None."""
    first = bisect.bisect_left(beats, start - 0.02)
    last = first + count * step
    if last >= len(beats) or not _is_even(np.asarray(beats[first : last + 1]), _UNEVEN):
        return None
    return float(beats[first]), float(beats[last])


def _is_free(gestures: Sequence[Gesture], span: tuple[float, float], count: int) -> bool:
    """Whether no gesture needs the body; hands are home half a beat before a raised hand's end."""
    home = span[1] - 0.5 * (span[1] - span[0]) / count
    return not any(g.start < home - _SLACK and g.end > span[0] + _SLACK for g in gestures)


def raised_action(name: str, hands: str, count: int) -> str:
    """Name of the action of a raised hand: ``hand_pump_L``, shorter than the longest ``hand_pump_L_4``."""
    return f"{name}_{hands}" + ("" if count == RAISED_BEATS[name][0] else f"_{count}")
