# SPDX-License-Identifier: GPL-3.0-or-later
"""How a property of the artist's follows a signal: envelope, steps and range, as the keys of an F-curve.

Pure, no Blender. Times are seconds; keys lie on whole scene frames. ``docs/react.md`` tells it to people.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from .. import timing
from ..errors import StudioError
from ..timeline import Timeline
from .artist_signals import ABOUT, STEM_SIGNALS, Curve, artist_curves
from .light_score import corners

QUANTISE = ("none", "half", "beat", "bar", "section")
"""How long a value is held: not at all, half a beat, a beat, a bar, a part of the song."""
CLOCKS = ("beat", "bar", "beats", "bars", "section", "section_energy", "build", "drop")
"""Signals that lie on frames already; the others are levels of the sound."""
COUNTS = ("beats", "bars", "section")
"""Signals without a highest value: the range is what one count adds."""
EARLY_S = 0.03
"""A stroke this much before a beat is the beat's."""
TOLERANCE = 0.004
"""How far a curve of few keys may be from one with a key on every frame, as a part of the range."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is done to a signal.

    Parameters
    ----------
    low, high : float
        The property's values at 0 and at 1, in its own unit; ``high`` may be below ``low``.
    gain : float
        What the signal is multiplied with after attack and release; more than 1 is held.
    attack, release : float
        Seconds in which it rises to nine tenths of a step, and falls to a tenth; 0 is at once.
    quantise : str
        One of :data:`QUANTISE`. A level is held at the highest that it reaches in the stretch, a clock at where the
        stretch begins.
    is_stepped : bool
        The property has whole numbers or is a switch: values are rounded and stand still between keys.
    """

    signal: str
    low: float = 0.0
    high: float = 1.0
    gain: float = 1.0
    attack: float = 0.0
    release: float = 0.0
    quantise: str = "none"
    is_stepped: bool = False


def react(timeline: Timeline, reaction: Reaction, fps: Fraction) -> Curve:
    """The keys of a property over the whole song, as few as show the same.

    Raises
    ------
    StudioError
        When the song does not have the signal, or no beat to hold values by.
    """
    if reaction.signal not in ABOUT:
        raise StudioError(f"There is no signal '{reaction.signal}'.", hint=f"Choose one of {', '.join(ABOUT)}.")
    if reaction.signal in STEM_SIGNALS and reaction.signal not in timeline.signals.values:
        raise StudioError(
            f"This song has no signal '{reaction.signal}'.",
            hint="It comes with stems: give the folder with the song's separated tracks, and analyse again.",
        )
    starts = stretches(timeline, reaction.quantise, fps)
    count = timing.frame_count(timeline.meta.duration_sec, fps) + 1
    series = follow(_on_frames(timeline, reaction.signal, fps, count), float(fps), reaction.attack, reaction.release)
    series = series * reaction.gain
    if reaction.signal not in COUNTS:
        series = np.clip(series, 0.0, 1.0)
    if len(starts):
        early = round(EARLY_S * float(fps)) if reaction.signal not in CLOCKS else None
        series = hold(series, starts, early)
    values = reaction.low + (reaction.high - reaction.low) * series
    if reaction.is_stepped:
        values = np.floor(values + 0.5)
    frames = np.arange(count) + timing.FIRST_FRAME
    if reaction.is_stepped or len(starts) or _has_steps(reaction):
        kept = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
        return Curve(frames[kept], values[kept], "CONSTANT")
    reach = abs(reaction.high - reaction.low)
    kept = corners(values[None, :], np.array([TOLERANCE * reach]))
    return Curve(frames[kept], values[kept])


def follow(series: np.ndarray, rate_hz: float, attack: float, release: float) -> np.ndarray:
    """A series that rises to nine tenths of a step in ``attack`` seconds and falls to a tenth in ``release``."""
    if attack <= 0 and release <= 0:
        return np.asarray(series, dtype=float)
    left_up, left_down = (10 ** (-1 / (rate_hz * t)) if t > 0 else 0.0 for t in (attack, release))
    level, found = 0.0, []
    for aim in np.asarray(series, dtype=float).tolist():
        level = aim + (level - aim) * (left_up if aim > level else left_down)
        found.append(level)
    return np.array(found)


def hold(series: np.ndarray, starts: np.ndarray, early: int | None) -> np.ndarray:
    """One value from each of ``starts`` (indices, the first 0) to the next.

    It is the highest there, where the last ``early`` samples before a start count to what follows; None takes that at
    the start.
    """
    values = series[starts] if early is None else np.maximum.reduceat(series, np.maximum(starts - early, 0))
    return np.repeat(values, np.diff(starts, append=len(series)))


def stretches(timeline: Timeline, quantise: str, fps: Fraction) -> np.ndarray:
    """Indices of the frames on which a new value may begin, from 0; empty when values are not held.

    Raises
    ------
    StudioError
        When the song has no beat to hold values by, or ``quantise`` is none of :data:`QUANTISE`.
    """
    if quantise not in QUANTISE:
        raise StudioError(f"Values cannot be held by '{quantise}'.", hint=f"Choose one of {', '.join(QUANTISE)}.")
    if quantise == "none":
        return np.array([], dtype=int)
    beats, bars = timeline.beats.timestamps, timeline.beats.downbeats
    if quantise == "section":
        times = [section.start_time for section in timeline.audio.sections]
    elif not beats:
        raise StudioError("This song has no beat to hold values by.", hint="Choose Off or Part of the Song.")
    elif quantise == "half":
        times = [*beats, *((a + b) / 2 for a, b in pairwise(beats))]
    else:
        times = list(bars if quantise == "bar" else beats)
    last = timing.frame_count(timeline.meta.duration_sec, fps)
    found = {timing.frame_at(t, fps) - timing.FIRST_FRAME for t in times}
    return np.array(sorted({0} | {index for index in found if index <= last}))


def _on_frames(timeline: Timeline, name: str, fps: Fraction, count: int) -> np.ndarray:
    """A signal on every frame. A level shows the highest of the frame's own time: no stroke falls between frames."""
    if name not in CLOCKS:
        return _highest(np.asarray(timeline.signals.values.get(name, ()), float), timeline.signals.rate_hz, fps, count)
    curve = artist_curves(timeline, fps)[name]
    if not _is_sparse(name):
        return curve.values
    index = np.searchsorted(curve.frames, np.arange(count) + timing.FIRST_FRAME, side="right") - 1
    return np.where(index < 0, 0.0, curve.values[np.maximum(index, 0)])


def _highest(series: np.ndarray, rate_hz: float, fps: Fraction, count: int) -> np.ndarray:
    """The highest sample nearest to each frame, or the nearest one where frames are closer than samples."""
    found = np.zeros(count)
    if not len(series):
        return found
    nearest = np.floor(np.arange(len(series)) * (float(fps) / rate_hz) + 0.5).astype(int)
    inside = nearest < count
    np.maximum.at(found, nearest[inside], series[inside])
    empty = np.ones(count, dtype=bool)
    empty[nearest[inside]] = False
    if empty.any():
        at = np.rint(np.flatnonzero(empty) * (rate_hz / float(fps))).astype(int)
        found[empty] = series[np.minimum(at, len(series) - 1)]
    return found


def _is_sparse(name: str) -> bool:
    return name in ("section", "section_energy")


def _has_steps(reaction: Reaction) -> bool:
    """Whether the signal itself stands still between its keys, and nothing smooths it."""
    return _is_sparse(reaction.signal) and reaction.attack <= 0 and reaction.release <= 0
