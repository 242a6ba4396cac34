# SPDX-License-Identifier: GPL-3.0-or-later
"""The song as the lights see it: one number per frame for energy, hits, build-up, drop, blackout and fade.

Every array has one value per scene frame from ``FIRST_FRAME`` to the song's end; levels are 0..1.
"""

from __future__ import annotations

import bisect
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..themes import Theme
from ..timeline import WALL_FAMILIES, Section, Timeline
from ..timing import FIRST_FRAME, frame_at, frame_count
from .light_cues import BeamSpan, WallSpan, beam_spans, frame_index, lettered, wall_spans

LOOKS: dict[str, tuple[float, float]] = {
    "intro": (0.40, 0.50),
    "verse": (0.58, 0.75),
    "build": (0.55, 0.0),
    "chorus": (0.88, 1.0),
    "drop": (1.0, 1.0),
    "break": (0.38, 1.0),
    "bridge": (0.48, 0.75),
    "outro": (0.50, 1.0),
}
"""Energy and share of lit beam pairs of each kind of section."""
FLASH_FRAMES = 2
MIN_PULSE_GAP = 0.35
"""Seconds between pulses of light: at most 3 flashes per second (WCAG 2.3.1) with some margin."""
MAX_STEPS = 2.6
"""Steps of the LED wall's patterns a second, at most."""
ON_GRID_S = 0.008
"""How far a stroke may be from a quarter of a beat and still be meant for it."""
ON_BEAT_S, ON_BEAT_BONUS = 0.03, 0.5
"""How far a stroke may be from a beat to belong to it, and what that counts when only one of two can be lit."""
MIN_DROP_GAP = 2.0
"""Seconds between drops that are lit as drops: each costs a blackout and a flash."""
CALM_BEAT = 2.0
"""Seconds of a made-up beat for music without one."""
CALM_GLOW = 0.35
"""What is left of a stroke's light in music without a beat."""
BLACKOUT_LEVEL = {"neon": 0.035, "chaos": 0.035, "award": 0.12, "lofi": 0.3}
"""What is left of the lights just before a drop."""

_KICK_DECAY = 0.18
_SNARE_DECAY = 0.12
_DROP_BARS = 8.0
_DROP_REST = 0.3
_SILENCE = 0.12


@dataclass(frozen=True, slots=True)
class Score:
    """The song, frame by frame."""

    frames: np.ndarray
    seconds: np.ndarray
    beat: np.ndarray
    """Beats since the first one (fractional, monotonic)."""
    bar: np.ndarray
    """Bars since the first downbeat."""
    rush: np.ndarray
    """Bars as moving lights count them: up to twice as fast towards the end of a build."""
    step: np.ndarray
    """Beats as the LED wall counts them: of so fast a song that they would flash, every second or third one."""
    energy: np.ndarray
    kick: np.ndarray
    snare: np.ndarray
    hats: np.ndarray
    bands: np.ndarray
    """(3, n): bass, mids, highs."""
    pairs: np.ndarray
    """Share of the beam pairs that are lit."""
    drop: np.ndarray
    """1 at a drop, fading to a rest over 8 bars."""
    paper: np.ndarray
    """Bars since the last drop; large before the first."""
    dim: np.ndarray
    """1, or little during the blackout before a drop."""
    flash: np.ndarray
    outro: np.ndarray
    """Progress of the last fade."""
    black: np.ndarray
    """1 where a hard stop puts everything out."""
    heat: np.ndarray
    """Progress of a build, 0 outside of builds."""
    lettered: np.ndarray
    """1 while the LED wall shows the title."""
    phase: float = 0.0
    """0..1, where slow waves start: two seeds give two shows."""
    flashes: bool = True
    """Whether this show may have hard changes of light at all."""
    wall: tuple[WallSpan, ...] = ()
    beams: tuple[BeamSpan, ...] = ()
    poses: dict[Any, Any] = field(default_factory=dict)
    """What :func:`beam_modes.pose` has worked out: lamps, their flares and their motion ask for the same."""

    def cut(self, part: slice) -> Score:
        """The same on a stretch of frames."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        cuts = {k: v[..., part] for k, v in arrays.items() if isinstance(v, np.ndarray)}
        return replace(self, poses={}, **cuts)

    def band(self, place: float, phase: float = 0.0) -> np.ndarray:
        """Level of a spectrum bar: ``place`` 0 is bass, 1 is treble; ``phase`` keeps neighbours apart."""
        at = min(1.0, max(0.0, place)) * 2
        low = min(1, int(at))
        level = self.bands[low] * (1 - (at - low)) + self.bands[low + 1] * (at - low)
        ripple = 0.5 + 0.5 * np.sin(self.beat * math.pi * (1.0 + 0.37 * math.sin(phase * 9.1)) + phase * 5.3)
        return np.clip(level * (0.55 + 0.6 * ripple) + 0.25 * self.kick * (1 - place), 0.0, 1.0)

    def fade(self, start: float, end: float) -> np.ndarray:
        """1 falling to 0 while the outro's progress goes from ``start`` to ``end``."""
        return 1.0 - np.clip((self.outro - start) / (end - start), 0.0, 1.0)


def make_score(
    timeline: Timeline, theme: Theme, fps: Fraction, *, seed: int = 0, families: Sequence[str] = WALL_FAMILIES
) -> Score:
    """Sample a timeline at the frame rate. Works without beats, sections or signals.

    ``families`` are those that the LED wall of this show can show.
    """
    duration = timeline.meta.duration_sec
    count = max(1, frame_count(duration, fps))
    frames = np.arange(count) + FIRST_FRAME
    seconds = np.arange(count) * (fps.denominator / fps.numerator)
    # A frame is seen until the next one comes, so clocks are read in its middle: at its beginning all would lag.
    beat, bar = _clocks(timeline, seconds + 0.5 * fps.denominator / fps.numerator)
    sections = timeline.audio.sections or (Section(0.0, duration, "verse", 0.5),)
    drops = _spaced(sorted({frame_index(t, fps) for t in timeline.drops() if 0 <= t < duration}), fps)
    since = _since(drops, bar, count)
    drop = np.where(since < 1e6, np.maximum(_DROP_REST, 1 - since / _DROP_BARS), 0.0)
    energy, pairs, in_drop, heat = _sections(timeline, sections, drops, seconds, bar, fps)
    speed = 1.0 + heat**1.5
    rush = bar[0] + np.concatenate(([0.0], np.cumsum(np.diff(bar) * speed[1:])))
    pace = timeline.beats.bpm / 60 if timeline.beats.timestamps else 0.5
    drop = drop * in_drop
    energy = np.maximum(energy, np.where(since < _DROP_BARS, 0.6 + 0.4 * drop, 0.0) * in_drop)
    outro = np.zeros(count)
    if sections[-1].section_type == "outro":
        start, end = sections[-1].start_time, min(duration, sections[-1].end_time)
        outro = np.clip((seconds - start) / max(0.5, end - start), 0.0, 1.0)
    wall = wall_spans(timeline, count, fps, families)
    # Without a beat to follow, strokes are glows: weaker, and three times as slow to go.
    level, slower = (theme.soft, 1.0) if timeline.beats.timestamps else (CALM_GLOW * theme.soft, 3.0)
    kick, snare = (
        level * _pulses(timeline, name, seconds, slower * decay, seconds[drops])
        for name, decay in (("kick", _KICK_DECAY), ("snare", _SNARE_DECAY))
    )
    return Score(
        frames=frames,
        seconds=seconds,
        beat=beat,
        bar=bar,
        rush=rush,
        step=beat / max(1, math.ceil(pace / MAX_STEPS)),
        energy=energy,
        kick=kick,
        snare=snare,
        hats=_smooth(_signal(timeline, "hats", seconds, 0.5), fps, 0.25),
        bands=np.array([_smooth(_signal(timeline, n, seconds, 0.5), fps, 0.05) for n in ("bass", "mids", "highs")]),
        pairs=pairs,
        drop=drop,
        paper=since,
        dim=_blackouts(timeline, theme, drops, seconds, fps),
        flash=_flashes(theme, drops, count),
        outro=outro,
        black=_hard_stops(timeline, count, fps),
        heat=heat,
        lettered=lettered(wall, count, fps),
        phase=random.Random(f"{seed}/lights").random(),
        flashes=theme.flashes and bool(timeline.beats.timestamps),
        wall=wall,
        beams=beam_spans(timeline, count, fps),
    )


def hard_stop_frames(timeline: Timeline, fps: Fraction) -> list[tuple[int, int]]:
    """Spans ``[start, end)`` of scene frames where a hard stop puts everything out."""
    duration = timeline.meta.duration_sec
    starts = [e.t for e in timeline.events if e.type == "hard_stop" and e.t < duration]
    resumes = [e.t for e in timeline.events if e.type in ("hard_start", "drop", "section_change", "build")]
    resumes += [s.start_time for s in timeline.audio.sections]
    rate = timeline.signals.rate_hz
    energy = np.asarray(timeline.signals.values.get("energy", ()), dtype=float)
    spans = []
    for start in starts:
        end = min((t for t in resumes if t > start + 0.1), default=duration)
        first = int((start + 0.25) * rate)
        loud = np.flatnonzero(energy[first:] > _SILENCE)
        if len(loud):
            end = min(end, (first + int(loud[0])) / rate)
        spans.append((frame_at(start, fps), frame_at(max(end, start + 0.1), fps)))
    return spans


def corners(curves: np.ndarray, tolerance: np.ndarray) -> np.ndarray:
    """Indices of the keys that give back curves (k, n) by straight lines within about ``tolerance`` (k,).

    Each pass drops every second key that lies on the line between its neighbours; curves that never
    change keep one key. Compared with a greedy search this needs no loop over frames.
    """
    kept = np.arange(curves.shape[1])
    changing = np.ptp(curves, axis=1) > tolerance
    if not changing.any():
        return kept[:1]
    curves, tolerance = curves[changing], tolerance[changing]
    while len(kept) > 2:
        a, i, b = kept[:-2:2], kept[1:-1:2], kept[2::2]
        weight = ((i - a) / (b - a)).astype(curves.dtype)
        needless = b - a <= 256
        for curve, limit in zip(curves, tolerance, strict=True):
            needless &= np.abs(curve[i] - curve[a] - (curve[b] - curve[a]) * weight) <= limit
        if np.count_nonzero(needless) < 0.02 * len(kept):
            break
        keep = np.ones(len(kept), dtype=bool)
        keep[1:-1:2] = ~needless
        kept = kept[keep]
    return kept


# --------------------------------------------------------------------------------------- the arrays


def _spaced(drops: list[int], fps: Fraction) -> list[int]:
    kept: list[int] = []
    for drop in drops:
        if not kept or drop - kept[-1] >= MIN_DROP_GAP * float(fps):
            kept.append(drop)
    return kept


def _clocks(timeline: Timeline, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    times = np.asarray(timeline.beats.timestamps, dtype=float)
    meter = max(1, timeline.beats.meter)
    if len(times) < 2:
        beat = seconds / CALM_BEAT
        return beat, beat / 4
    step_in, step_out = times[1] - times[0], times[-1] - times[-2]
    beat = np.interp(seconds, times, np.arange(len(times)))
    beat = np.where(seconds < times[0], (seconds - times[0]) / max(step_in, 1e-3), beat)
    beat = np.where(seconds > times[-1], len(times) - 1 + (seconds - times[-1]) / max(step_out, 1e-3), beat)
    first = timeline.beats.downbeats[0] if timeline.beats.downbeats else times[0]
    return beat, (beat - np.interp(first, times, np.arange(len(times)))) / meter


def _signal(timeline: Timeline, name: str, seconds: np.ndarray, missing: float) -> np.ndarray:
    values = np.asarray(timeline.signals.values.get(name, ()), dtype=float)
    if not len(values):
        return np.full(len(seconds), missing)
    return np.clip(np.interp(seconds, np.arange(len(values)) / timeline.signals.rate_hz, values), 0.0, 1.0)


def _smooth(values: np.ndarray, fps: Fraction, span: float) -> np.ndarray:
    """Moving mean over about ``span`` seconds."""
    half = int(span * float(fps) / 2)
    if half < 1 or len(values) <= 2 * half:
        return values
    padded = np.concatenate((np.full(half, values[0]), values, np.full(half, values[-1])))
    total = np.concatenate(([0.0], np.cumsum(padded)))
    return (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)


def _pulses(timeline: Timeline, name: str, seconds: np.ndarray, decay: float, drops: np.ndarray) -> np.ndarray:
    """Hits of a signal as clean pulses, instant up and exponential down, never closer than the flash limit.

    A drop is a hit of its own; those around it give way, as hits beside the beat do to those on it.
    """
    values = np.asarray(timeline.signals.values.get(name, ()), dtype=float)
    hits: list[tuple[float, float]] = []
    if len(values) > 2:
        before = np.concatenate(([0.0], values[:-1]))
        after = np.concatenate((values[1:], [0.0]))
        found = np.flatnonzero((values > 0.3) & (values >= after) & (values > before + 1e-6))
        # A stroke between two samples has begun to rise at the earlier one: the sooner, the more.
        risen = np.where(before[found] > np.concatenate(([0.0], before[:-1]))[found] + 1e-6, before[found], 0.0)
        times = (found - risen / values[found]) / timeline.signals.rate_hz
        hits = list(zip(_on_the_grid(timeline, times).tolist(), values[found].tolist(), strict=True))
    elif name == "kick":
        hits = [(t, 0.6) for t in timeline.beats.timestamps]
    first = set(drops.tolist())
    hits = [(t, level) for t, level in hits if not any(abs(t - d) < MIN_PULSE_GAP for d in first)]
    beats = np.asarray(timeline.beats.timestamps, dtype=float)
    kept: list[tuple[float, float]] = [(d, 1.0) for d in sorted(first)]
    for t, level in sorted(hits, key=lambda hit: (-hit[1] - ON_BEAT_BONUS * _is_near(beats, hit[0]), hit[0])):
        at = bisect.bisect(kept, (t, level))
        if all(abs(t - other) >= MIN_PULSE_GAP for other, _ in kept[max(0, at - 1) : at + 1]):
            kept.insert(at, (t, level))
    return pulse_levels(np.array(kept).reshape(-1, 2), seconds, decay)


def _is_near(beats: np.ndarray, seconds: float) -> bool:
    """Whether a hit belongs to a beat."""
    return len(beats) > 0 and float(np.abs(beats - seconds).min()) <= ON_BEAT_S


def _on_the_grid(timeline: Timeline, times: np.ndarray) -> np.ndarray:
    """Strokes that fall on a quarter of a beat all but exactly are put there.

    A stroke is heard to a few milliseconds, later where its drum begins softly; the grid is the mean of many. So lamps
    that follow the drum come together with those that follow the beat.
    """
    beats = np.asarray(timeline.beats.timestamps, dtype=float)
    if len(beats) < 2:
        return times
    count = np.arange(len(beats))
    quarter = np.round(4 * np.interp(times, beats, count)) / 4
    near = np.interp(quarter, count, beats)
    return np.where(np.abs(near - times) <= ON_GRID_S, near, times)


def pulse_levels(hits: np.ndarray, seconds: np.ndarray, decay: float) -> np.ndarray:
    """What evenly spaced frames show of pulses ``hits`` (k, 2: second, level), at least two frames apart.

    A frame shows the mean of its own time, as an open shutter would: a hit late in it lights it a little, the next
    one fully. Sampled at the frames' beginnings, every light would come half a frame late on average. A hit at a
    frame's beginning gives its whole level.
    """
    if not len(hits) or len(seconds) < 2:
        return np.zeros(len(seconds))
    frame_s = seconds[1] - seconds[0]
    times, levels = hits.T
    ends = seconds + frame_s
    last = np.searchsorted(times, ends - 1e-9, side="right") - 1
    total = np.zeros(len(seconds))
    for index in (last, last - 1):  # the newest pulse, and what the frame still saw of the one before
        k = np.maximum(index, 0)
        until = np.where(index == last, np.inf, times[np.minimum(k + 1, len(times) - 1)])
        start, stop = np.maximum(seconds, times[k]), np.minimum(ends, until)
        shown = np.exp(-(start - times[k]) / decay) - np.exp(-(stop - times[k]) / decay)
        total += np.where((index >= 0) & (stop > start), levels[k] * shown, 0.0)
    return total / (1 - math.exp(-frame_s / decay))


def _since(drops: list[int], bar: np.ndarray, count: int) -> np.ndarray:
    since = np.full(count, 1e9)
    for start in drops:
        since[start:] = bar[start:] - bar[min(start, count - 1)]
    return since


def _sections(
    timeline: Timeline,
    sections: tuple[Section, ...],
    drops: list[int],
    seconds: np.ndarray,
    bar: np.ndarray,
    fps: Fraction,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Energy, share of lit pairs, whether a drop's power still holds and how far a build is, per frame."""
    count = len(seconds)
    energy, pairs, heat = np.zeros(count), np.zeros(count), np.zeros(count)
    in_drop = np.ones(count)
    loud = _smooth(_signal(timeline, "energy", seconds, 0.6), fps, 1.0)
    level_before, pairs_before = 0.0, 0.0
    for index, section in enumerate(sections):
        start = 0 if index == 0 else min(count, frame_index(section.start_time, fps))
        end = count if index == len(sections) - 1 else min(count, frame_index(section.end_time, fps))
        if end <= start:
            continue
        look, lit = LOOKS.get(section.section_type, LOOKS["verse"])
        target = 0.7 * look + 0.3 * section.energy_level * (look**0.5)
        part = slice(start, end)
        span = bar[part] - bar[start]
        progress = np.linspace(0.0, 1.0, end - start)
        level, share = np.full(end - start, target), np.full(end - start, lit)
        if section.section_type == "build":
            # It leaves room: the drop must be brighter than what leads to it.
            level = target - 0.06 + 0.20 * progress
            share = lit + (1 - lit) * np.clip(np.ceil(progress * 4) / 4, 0, 1)
            heat[part] = progress
        # A section grows out of the one before it within half a bar; a drop starts at once.
        if index and not any(abs(start - d) <= 2 for d in drops):
            ease = np.exp(-np.maximum(span, 0) / 0.2)
            level = level + (level_before - level) * ease
            share = share + (pairs_before - share) * ease
        energy[part] = level * (0.80 + 0.25 * loud[part])
        pairs[part] = share
        if section.section_type in ("break", "bridge", "intro", "outro"):
            in_drop[part] = np.exp(-np.maximum(span, 0) / 0.2) if not any(start <= d < end for d in drops) else 1.0
        level_before, pairs_before = float(level[-1]), float(share[-1])
    return np.clip(energy, 0.0, 1.0), np.clip(pairs, 0.0, 1.0), in_drop, heat


def _blackouts(timeline: Timeline, theme: Theme, drops: list[int], seconds: np.ndarray, fps: Fraction) -> np.ndarray:
    """Half a beat to a beat of near-darkness before each drop, with a soft edge where nothing may strobe."""
    dim = np.ones(len(seconds))
    floor = BLACKOUT_LEVEL.get(theme.set, 0.05)
    length = 0.45
    if len(timeline.beats.timestamps) > 1:
        step = float(np.median(np.diff(timeline.beats.timestamps)))
        length = step if step <= 0.5 else step / 2
    ramp = 0 if theme.flashes else int(0.3 * float(fps))
    for end in drops:
        start = max(0, end - max(2, int(length * float(fps) + 0.5)))
        dim[start:end] = floor
        lead = max(0, start - ramp)
        if ramp and start > lead:
            dim[lead:start] = np.minimum(dim[lead:start], np.linspace(1.0, floor, start - lead, endpoint=False))
    return dim


def _flashes(theme: Theme, drops: list[int], count: int) -> np.ndarray:
    flash = np.zeros(count)
    if theme.flashes:
        for start in drops:
            flash[start : start + FLASH_FRAMES] = 1.0
    return flash


def _hard_stops(timeline: Timeline, count: int, fps: Fraction) -> np.ndarray:
    black = np.zeros(count)
    for start, end in hard_stop_frames(timeline, fps):
        black[start - FIRST_FRAME : end - FIRST_FRAME] = 1.0
    return black
