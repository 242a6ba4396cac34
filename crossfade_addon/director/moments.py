# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments of a song: drops, builds, breakdowns, rolls, silences, hard starts and stops, each with its reason.

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

DROP_RISE_DB, DROP_STEP_DB = 8.0, 6.0
DROP_GONE_S, DROP_GONE_BARS = 3.0, 2
"""How long kick and bass must have been away."""
DROP_PEAK = 0.85
"""A drop is at least this energetic, as a share of the song's most energetic bars."""
FIRST_ENTRY_GROWTH, FIRST_ENTRY_DB = 1.2, 4.0
"""The first bass of a song is a drop only after a clear build, or when everything becomes this much louder."""
BUILD_BARS = (2, 4, 8, 16)
SILENCE_S, SILENCE_DB = 0.35, 45.0
_AWAY_DB = 5.0
_LEAST_GAP_BARS = 4
_ROLL_STROKES = 12


def find_drops(bars: Bars, least_rise: float = 0.0) -> list[int]:
    """Bars at which kick and bass come in after a stretch without them, in ascending order.

    The power at 30 to 140 Hz must rise by 8 dB (medians over up to 4 bars) and by 6 dB at the bar line itself, after
    at least 2 bars and 3 s without it; the music before must have been heard, and the music after must be among the
    bassiest and most energetic of the song.

    Parameters
    ----------
    least_rise : float
        How far the energy (0..1, :func:`energy_rise`) must rise as well; 0 asks for nothing more.
    """
    low, count = bars.low_db, len(bars)
    if count < 4:
        return []
    bassy = float(np.percentile(low, 75)) - 4
    busy = DROP_PEAK * float(np.percentile(bars.energy, 90))
    usual = float(np.percentile(bars.loud_db, 90))
    found = []
    for k in range(2, count - 1):
        after, before = _low_after(bars, k), float(np.median(low[max(0, k - 4) : k]))
        step = float(low[k] - low[k - 1])
        if after - before < DROP_RISE_DB or step < DROP_STEP_DB or low[k] < after - _AWAY_DB or after < bassy:
            continue
        away = _bars_without_bass(bars, k)
        gone_s = float(bars.edges[k] - bars.edges[k - away])
        heard_before = bars.loud_db[:k].max() > usual - 15
        if away < DROP_GONE_BARS or gone_s < DROP_GONE_S or not heard_before:
            continue
        if bars.energy[k : k + 4].mean() < busy:
            continue
        if least_rise > 0 and energy_rise(bars, k) < least_rise:
            continue
        first_entry = np.count_nonzero(low[:k] > after - 6) < 2
        if first_entry and growth_before(bars, k) < FIRST_ENTRY_GROWTH and _louder_by(bars, k) < FIRST_ENTRY_DB:
            continue
        found.append((after - before + 2 * step, k))
    drops: list[int] = []
    for _, k in sorted(found, reverse=True):
        if all(abs(k - other) >= _LEAST_GAP_BARS for other in drops):
            drops.append(k)
    return sorted(drops)


def energy_rise(bars: Bars, k: int) -> float:
    """How far the energy (0..1) rises from the 4 bars before ``k`` to the 4 bars from it; negative when it falls."""
    return float(bars.energy[k : k + 4].mean() - bars.energy[max(0, k - 4) : k].mean())


def _low_after(bars: Bars, k: int) -> float:
    return float(np.median(bars.low_db[k : k + 4]))


def _louder_by(bars: Bars, k: int) -> float:
    """dB between the 4 bars before and the 4 bars from ``k``."""
    return float(bars.loud_db[k : k + 4].mean() - bars.loud_db[max(0, k - 4) : k].mean())


def _bars_without_bass(bars: Bars, k: int) -> int:
    """How many bars just before ``k`` lack the bass that comes then."""
    missing = bars.low_db[:k] < _low_after(bars, k) - _AWAY_DB
    present = np.flatnonzero(~missing)
    return k - (int(present[-1]) + 1 if len(present) else 0)


def growth_before(bars: Bars, k: int) -> float:
    """How clearly onsets thicken and treble grows over the 4, 8 or 16 bars before ``k``: 0 not at all, 3 at most."""
    best = 0.0
    for length in BUILD_BARS[1:]:
        if k >= length:
            quarter = length // 4
            density, treble = bars.onset_density[k - length : k], bars.high_db[k - length : k]
            thicker = float(density[-quarter:].mean() - density[:quarter].mean()) / 0.3
            brighter = float(treble[-quarter:].mean() - treble[:quarter].mean()) / 10
            best = max(best, (min(thicker, 1.5) + min(brighter, 1.5)) * _rising(density, treble))
    return best


def _rising(density: NDArray, treble: NDArray) -> float:
    """Share of bars that are denser or brighter than the one before."""
    return float(np.mean((np.diff(treble) > 0.3) | (np.diff(density) > 0.01)))


def drop_strength(bars: Bars, k: int) -> float:
    """0..1 from how far the bass rises, how much louder it gets, the build before and the energy after."""
    rise = _low_after(bars, k) - float(np.median(bars.low_db[max(0, k - 4) : k]))
    peak = float(bars.energy[k : k + 4].mean() / (bars.energy.max() + 1e-9))
    parts = (
        0.3 * np.clip(rise / 20, 0, 1),
        0.2 * np.clip(_louder_by(bars, k) / 6, 0, 1),
        0.2 * np.clip(growth_before(bars, k) / 1.5, 0, 1),
        0.3 * np.clip((peak - 0.7) / 0.25, 0, 1),
    )
    return float(sum(parts))


def intensity(strength: float) -> str:
    """A strength in a word."""
    return "high" if strength >= 0.65 else "medium" if strength >= 0.35 else "low"


def find_builds(bars: Bars, drops: Sequence[int], evidence: NDArray[np.float64]) -> list[tuple[int, int, str]]:
    """(first bar, drop bar, reason) of the rise into each drop, 2, 4, 8 or 16 bars long; some drops have none.

    Onsets thicken or treble grows bar by bar, from a bar line where the music changes (``evidence``, log odds) but does
    not fall: that would be the break before it.
    """
    found = []
    previous = 0
    for drop in drops:
        options = []
        for first in (drop - length for length in BUILD_BARS):
            if first < previous:
                continue
            density, treble = bars.onset_density[first:drop], bars.high_db[first:drop]
            thicker, brighter = float(density[-1] - density[0]) / 0.3, float(treble[-1] - treble[0]) / 10
            growth = (min(thicker, 1.5) + min(brighter, 1.5)) * _rising(density, treble)
            if growth > 0.6:
                falls = first > 0 and bars.energy[first] < bars.energy[first - 1] - 0.1
                change = 0.0 if falls else float(np.clip(evidence[first] / 4 + 1, 0, 2))
                # Songs have an intro before they build: one that builds from its first bar on is the exception.
                change -= 1.0 if first == 0 else 0.0
                options.append((growth + change, first, thicker > brighter, 10 * brighter))
        if options:
            _, first, by_density, treble_db = max(options)
            what = "onsets thicken" if by_density else f"treble rises {treble_db:.0f} dB"
            found.append((first, drop, f"{what} over {drop - first} bars before the drop"))
        previous = drop + 1
    return found


def find_rolls(features: Features, beats: NDArray[np.float64]) -> list[tuple[float, str, float]]:
    """(start, reason, strength) of drum rolls: 2 to 16 beats with four or more strokes each, 12 in all."""
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
        strokes = float(per_beat[k:end].mean()) if end > k else 0.0
        if 2 <= end - k <= 16 and strokes * (end - k) >= _ROLL_STROKES:
            reason = f"{int(strokes + 0.5)} strokes a beat for {end - k} beats, {int(usual + 0.5)} are usual"
            found.append((float(beats[k]), reason, 0.1 * strokes + 0.05 * min(end - k, 8)))
        k = max(end, k + 1)
    return found


def _level(features: Features) -> NDArray[np.float64]:
    """dB per frame, over 50 ms."""
    return 10.0 * np.log10(moving_average(features.band_power.sum(axis=1), 5) + 1e-12)


def _edges_of_sound(level: NDArray, duration: float) -> list[Event]:
    """A song that starts or stops at full level at once."""
    loud = float(np.percentile(level, 90))
    events = []
    sounding = np.flatnonzero(level > loud - 40)
    first, last = int(sounding[0]), int(sounding[-1])
    soon = level[first : first + int(0.3 * FRAME_RATE)]
    if len(soon) and float(soon.max()) > loud - 4:
        below = loud - float(soon.max())
        reason = f"the first sound is {_near(below)} within 0.3 s"
        events.append(_event(first / FRAME_RATE, "hard_start", "cut", reason, 1 - max(0.0, below) / 12))
    tail = level[max(0, last - int(0.4 * FRAME_RATE)) : last]
    if len(tail) and float(tail.max()) > loud - 4:
        below = loud - float(tail.max())
        end = min(duration, last / FRAME_RATE)
        reason = f"the music is {_near(below)} 0.4 s before it stops"
        events.append(_event(end, "hard_stop", "blackout", reason, 1 - max(0.0, below) / 12))
    return events


def _near(below_db: float) -> str:
    return "at full level" if below_db < 1 else f"{below_db:.0f} dB below full level"


def find_silences(features: Features) -> list[tuple[float, float]]:
    """(start, end) in seconds of pauses inside the song: at least 0.35 s, 45 dB under its usual level."""
    level = _level(features)
    loud = float(np.percentile(level, 90))
    sounding = np.flatnonzero(level > loud - SILENCE_DB)
    gaps = np.diff(sounding)
    at = np.flatnonzero(gaps > SILENCE_S * FRAME_RATE)
    return [(float(sounding[k] + 1) / FRAME_RATE, float(sounding[k + 1]) / FRAME_RATE) for k in at]


def _event(t: float, kind: str, trigger: str, reason: str, strength: float) -> Event:
    strength = round(float(np.clip(strength, 0, 1)), 4)
    return Event(t, kind, intensity(strength), trigger, reason, strength)


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
    events = _edges_of_sound(_level(features), duration)
    for start, end in find_silences(features):
        length = end - start
        events.append(_event(start, "silence", "blackout", f"silent for {length:.1f} s", 0.3 + 0.35 * length))
    taken: list[float] = []
    for k in drops:
        at = float(bars.edges[k])
        rise = _low_after(bars, k) - float(np.median(bars.low_db[max(0, k - 4) : k]))
        number = int(np.searchsorted(downbeats, at + 1e-3))
        away = _bars_without_bass(bars, k)
        reason = f"bass rises {rise:.0f} dB at bar {number} after {away} bars without it"
        events.append(_event(at, "drop", "drop_reaction", reason, drop_strength(bars, k)))
        taken.append(at)
    for first, drop, reason in builds:
        strength = 0.3 + 0.25 * min(growth_before(bars, drop), 1.6) + 0.0375 * min(drop - first, 8)
        events.append(_event(float(bars.edges[first]), "build", "push_in", reason, strength))
        taken.append(float(bars.edges[first]))
    for before, after in pairwise(sections):
        if any(abs(after.start_time - other) < 0.01 for other in taken):
            continue
        events.append(_change_of_part(bars, before, after))
    events += [_event(t, "roll", "decks", reason, strength) for t, reason, strength in find_rolls(features, beats)]
    return tuple(sorted(events, key=lambda event: (event.t, event.type)))


def _change_of_part(bars: Bars, before: Section, after: Section) -> Event:
    step = after.energy_level - before.energy_level
    k = int(np.searchsorted(bars.edges, after.start_time - 1e-3))
    louder = _louder_by(bars, k)
    if after.section_type == "break":
        bars_long = int(np.searchsorted(bars.edges, after.end_time - 1e-3)) - k
        sound = f"{louder:+.0f} dB" if abs(louder) >= 1 else "same loudness"
        reason = (
            f"energy falls from {before.energy_level:.2f} to {after.energy_level:.2f} ({sound}) for {bars_long} bars"
        )
        return _event(after.start_time, "breakdown", "halo_only", reason, 0.25 - 1.5 * step)
    reason = f"{before.section_type} gives way to {after.section_type} ({louder:+.1f} dB)"
    strength = 0.5 * min(abs(step) / 0.35, 1) + 0.4 * after.confidence
    return _event(after.start_time, "section_change", after.section_type, reason, strength)
