# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``CF Signals`` offers to an artist's drivers: the levels of the sound, the clocks, and where in the song we are.

Pure, no Blender. Keys lie on whole scene frames; ``docs/signals.md`` tells it to people.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .. import timing
from ..timeline import SIGNALS, Timeline

STEM_SIGNALS = ("vocals", "other")
"""Only there when the song came with stems."""
DROP_BARS = 8.0
"""Bars in which ``drop`` falls from 1 to 0."""
TOUCHING_S = 0.003
"""How near to a beat a frame counts as on it."""
ABOUT: dict[str, str] = {
    "energy": "Loudness of the whole song, gliding over 0.7 s",
    "kick": "Kick drum: 1 at a stroke, gone in 0.18 s",
    "snare": "Snare or clap: 1 at a stroke, gone in 0.12 s",
    "hats": "Hi-hats: 1 at a stroke, gone in 0.08 s",
    "bass": "Level of the bass, 30 to 140 Hz",
    "mids": "Level of the mids, 140 to 1600 Hz",
    "highs": "Level of the highs, from 1600 Hz",
    "brightness": "How bright the sound is, from dull to shrill",
    "vocals": "Level of the voice (from its stem)",
    "other": "Level of all that is neither drums, bass nor voice (from its stem)",
    "beat": "0 on each beat, rising to 1 at the next",
    "bar": "0 on each bar line, rising to 1 at the next",
    "beats": "Beats since the first one, counting on between them",
    "bars": "Bars since the first one, counting on between them",
    "section": "Number of the part: 0 is the first",
    "section_energy": "Energy of the part",
    "build": "Rises from 0 to 1 through a build, to the drop",
    "drop": "1 at a drop, falling to 0 over 8 bars",
}
"""Every signal there can be, in the order of the panel, and what it means."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Keys of one signal: scene frames (ascending), values, and how to go from one to the next."""

    frames: np.ndarray
    values: np.ndarray
    interpolation: str = "LINEAR"


def artist_curves(timeline: Timeline, fps: Fraction) -> dict[str, Curve]:
    """Every signal of a song by name, with a key on every frame; what needs a beat that is not there stays 0.

    The signals of stems are left out when there were none.
    """
    count = timing.frame_count(timeline.meta.duration_sec, fps) + 1
    frames = np.arange(count) + timing.FIRST_FRAME
    seconds = np.arange(count) * float(1 / fps)
    heard = {*SIGNALS, *(name for name in STEM_SIGNALS if name in timeline.signals.values)}
    values = {name: _level(timeline, name, seconds) for name in ABOUT if name in heard}
    for one, many, marks in (
        ("beat", "beats", timeline.beats.timestamps),
        ("bar", "bars", timeline.beats.downbeats),
    ):
        values[many] = _count(np.asarray(marks, dtype=float), seconds)
        values[one] = np.mod(values[many], 1.0)
    values["build"] = _builds(timeline, fps, count)
    values["drop"] = _drops(timeline, fps, count)
    curves = {name: Curve(frames, series) for name, series in values.items()}
    sections = timeline.audio.sections
    starts = np.array([timing.frame_at(section.start_time, fps) for section in sections] or [timing.FIRST_FRAME])
    energies = [section.energy_level for section in sections] or [0.0]
    curves["section"] = Curve(starts, np.arange(len(starts), dtype=float), "CONSTANT")
    curves["section_energy"] = Curve(starts, np.array(energies), "CONSTANT")
    return {name: curves[name] for name in ABOUT if name in curves}


def _level(timeline: Timeline, name: str, seconds: np.ndarray) -> np.ndarray:
    """The nearest sample on every frame."""
    series = np.asarray(timeline.signals.values.get(name, ()), dtype=float)
    if not len(series):
        return np.zeros(len(seconds))
    return series[np.clip(np.rint(seconds * timeline.signals.rate_hz).astype(int), 0, len(series) - 1)]


def _count(marks: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Marks passed so far, counting on between them; still before the first and after the last."""
    if len(marks) < 2:
        return np.zeros(len(seconds))
    count = np.interp(seconds, marks, np.arange(len(marks)))
    # A frame that all but touches a beat shows it as reached: else it would show the end of the beat before.
    nearest = np.rint(count)
    return np.where(np.abs(np.interp(nearest, np.arange(len(marks)), marks) - seconds) < TOUCHING_S, nearest, count)


def _builds(timeline: Timeline, fps: Fraction, count: int) -> np.ndarray:
    """From each build's event to the drop that follows it, or to the end of its part where none does."""
    series = np.zeros(count)
    drops = sorted(timeline.drops())
    starts = sorted(event.t for event in timeline.events if event.type == "build")
    for k, start in enumerate(starts):
        following = starts[k + 1] if k + 1 < len(starts) else timeline.meta.duration_sec
        section = timeline.section_at(start)
        end = next((t for t in drops if t > start), section.end_time if section else following)
        first, last = (timing.frame_at(t, fps) - timing.FIRST_FRAME for t in (start, min(end, following)))
        series[first:last] = (np.arange(last - first) / (last - first))[: max(0, count - first)]
    return series


def _drops(timeline: Timeline, fps: Fraction, count: int) -> np.ndarray:
    series = np.zeros(count)
    bpm, meter = timeline.beats.bpm or 120.0, timeline.beats.meter or 4
    length = DROP_BARS * meter * 60 / bpm * float(fps)
    for t in sorted(timeline.drops()):
        first = timing.frame_at(t, fps) - timing.FIRST_FRAME
        if first < count:
            series[first:] = np.maximum(0.0, 1 - np.arange(count - first) / length)
    return series
