# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments of a song: drops, builds, breakdowns, hard starts and stops, rolls, each with its reason in words.

Conventions: levels are in dB; bar numbers count from 1 in texts, from 0 in code.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..timeline import Event, Section
from .features import FRAME_RATE, Features, moving_average
from .structure import Bars

DROP_RISE_DB = 6.0
DROP_STEP_DB = 4.0
BUILD_BARS = (2, 4, 8, 16)
HARD_DB = 15.0


def find_drops(bars: Bars, *, least_gap: int = 8) -> list[int]:
    """Bars at which kick and bass come in after at least two bars without them, in ascending order.

    The power at 30 to 140 Hz must rise by 6 dB (medians over up to 4 bars) and by 4 dB at the bar line itself,
    the music before must have been heard, and the music after must be among the bassiest of the song.
    """
    low, count = bars.low_db, len(bars)
    rise = np.full(count, -np.inf)
    for k in range(2, count - 1):
        rise[k] = np.median(low[k : k + 4]) - np.median(low[max(0, k - 4) : k])
    bassy = float(np.percentile(low, 60)) - 4
    drops: list[int] = []
    for k in np.argsort(-rise, kind="stable"):
        if rise[k] < DROP_RISE_DB:
            break
        heard_before = bars.loud_db[:k].max() > bars.loud_db.max() - 15
        step = low[k] - low[k - 1]
        after = float(np.median(low[k : k + 4]))
        strong = step >= DROP_STEP_DB and low[k] >= after - 5 and after >= bassy and heard_before
        louder = bars.energy[k : k + 4].mean() > bars.energy[max(0, k - 4) : k].mean()
        if strong and louder and all(abs(k - other) >= least_gap for other in drops):
            drops.append(int(k))
    return sorted(drops)


def find_builds(bars: Bars, drops: Sequence[int], novelty: NDArray[np.float64]) -> list[tuple[int, int, str]]:
    """(first bar, drop bar, reason) of the rise into each drop, 2, 4, 8 or 16 bars long; some drops have none.

    Onsets thicken or treble grows bar by bar, from a bar line where the music changes (but does not fall: that
    would be the break before it).
    """
    found = []
    previous = 0
    for drop in drops:
        options = []
        for first in (drop - length for length in BUILD_BARS):
            if first < previous:
                continue
            density, treble = bars.onset_density[first:drop], bars.high_db[first:drop]
            rising = float(np.mean((np.diff(treble) > 0.3) | (np.diff(density) > 0.01)))
            thicker, brighter = float(density[-1] - density[0]) / 0.3, float(treble[-1] - treble[0]) / 10
            growth = min(thicker, 1.5) + min(brighter, 1.5)
            if growth * rising > 0.6:
                falls = first > 0 and bars.energy[first] < bars.energy[first - 1] - 0.1
                change = 0.0 if falls else float(novelty[first])
                options.append((growth * rising**2 + change, first, thicker > brighter, 10 * brighter))
        if options:
            _, first, by_density, treble_db = max(options)
            what = "onsets thicken" if by_density else f"treble rises {treble_db:.0f} dB"
            found.append((first, drop, f"{what} over {drop - first} bars before the drop"))
        previous = drop + 1
    return found


def find_rolls(features: Features, beats: NDArray[np.float64]) -> list[tuple[float, str]]:
    """Starts of drum rolls: at least two beats with three or more mid or high onsets each, more than usual."""
    if len(beats) < 16:
        return []
    strength = features.onsets.mid + features.onsets.high
    rising = (strength[1:-1] > strength[:-2]) & (strength[1:-1] >= strength[2:]) & (strength[1:-1] > 1.5)
    at = (np.flatnonzero(rising) + 1) / FRAME_RATE
    per_beat = np.histogram(at, beats)[0]
    usual = float(np.median(per_beat))
    busy = per_beat >= max(4.0, usual + 2)
    found = []
    k = 0
    while k < len(busy):
        end = k
        while end < len(busy) and busy[end]:
            end += 1
        if 2 <= end - k <= 16:
            found.append((float(beats[k]), f"{int(per_beat[k:end].mean() + 0.5)} strokes a beat for {end - k} beats"))
        k = max(end, k + 1)
    return found


def _edges_of_sound(features: Features, duration: float) -> list[Event]:
    """A song that starts or stops at full level at once."""
    level = 10 * np.log10(moving_average(features.band_power.sum(axis=1), 5) + 1e-12)
    loud = float(np.percentile(level, 90))
    events = []
    sounding = np.flatnonzero(level > loud - 40)
    first, last = int(sounding[0]), int(sounding[-1])
    soon = level[first : first + int(0.3 * FRAME_RATE)]
    if len(soon) and float(soon.max()) > loud - 6:
        events.append(Event(first / FRAME_RATE, "hard_start", "medium", "cut", "the first sound is at full level"))
    tail = level[max(0, last - int(0.4 * FRAME_RATE)) : last]
    if len(tail) and float(tail.max()) > loud - 6:
        end = min(duration, last / FRAME_RATE)
        events.append(Event(end, "hard_stop", "medium", "blackout", "the music stops at full level"))
    return events


def find_events(
    features: Features,
    bars: Bars,
    sections: Sequence[Section],
    drops: Sequence[int],
    builds: Sequence[tuple[int, int, str]],
    beats: NDArray[np.float64],
    downbeats: NDArray[np.float64],
    duration: float,
) -> tuple[Event, ...]:
    """Every musical event in ascending time. Section changes that are drops, builds or breakdowns are named as such."""
    events = _edges_of_sound(features, duration)
    taken: list[float] = []
    for k in drops:
        rise = float(np.median(bars.low_db[k : k + 4]) - np.median(bars.low_db[max(0, k - 4) : k]))
        loudest = bars.energy[k : k + 4].mean() >= 0.95 * bars.energy.max()
        strength = "high" if rise > 10 and loudest else "medium"
        number = int(np.searchsorted(downbeats, bars.edges[k] + 1e-3))
        reason = f"bass rises {rise:.0f} dB at bar {number}"
        events.append(Event(float(bars.edges[k]), "drop", strength, "drop_reaction", reason))
        taken.append(float(bars.edges[k]))
    for first, drop, reason in builds:
        strength = "high" if drop - first >= 4 else "medium"
        events.append(Event(float(bars.edges[first]), "build", strength, "push_in", reason))
        taken.append(float(bars.edges[first]))
    for before, after in pairwise(sections):
        t = after.start_time
        if any(abs(t - other) < 0.01 for other in taken):
            continue
        step = after.energy_level - before.energy_level
        strength = "high" if abs(step) > 0.35 else "medium" if abs(step) > 0.15 else "low"
        if after.section_type == "break":
            reason = f"energy falls from {before.energy_level:.2f} to {after.energy_level:.2f}"
            events.append(Event(t, "breakdown", strength, "halo_only", reason))
        else:
            reason = f"{before.section_type} gives way to {after.section_type}"
            events.append(Event(t, "section_change", strength, after.section_type, reason))
    events += [Event(t, "roll", "medium", "decks", reason) for t, reason in find_rolls(features, beats)]
    return tuple(sorted(events, key=lambda event: (event.t, event.type)))
