# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens between the sections of a training song: risers, falls, impacts, textures, filters and stutters.

Conventions: times in seconds, positions in steps; each player returns one bus or changes a whole mix.
"""

from __future__ import annotations

import numpy as np

from training.club_track import Track
from training.piece import SAMPLE_RATE
from training.voices import Rng, Sound, band, fall, seconds
from training.voices_effects import vinyl
from training.voices_tonal import frame_times, high_pass_gains, low_pass_gains, shaped


def riser(rng: Rng, duration: float) -> Sound:
    """Noise, a gliding tone or both, that grow and open; ends abruptly."""
    t = seconds(duration)
    done = t / t[-1]
    times = frame_times(len(t)) / t[-1]
    curve = rng.uniform(1, 3)
    sound = np.zeros(len(t))
    if rng.random() < 0.8:
        hiss = rng.standard_normal(len(t))
        centre = 300 * (rng.uniform(15, 30) ** np.clip(times, 0, 1))
        sound += shaped(hiss, high_pass_gains(centre)) * 0.6
    if rng.random() < 0.5:
        hz = rng.uniform(80, 400) * 2 ** (rng.uniform(1, 3) * done)
        sound += 0.5 * np.sign(np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE)) * 0.5
    return (sound * done**curve * np.clip((1 - done) * duration / 0.01, 0, 1)).astype(np.float32)


def faller(rng: Rng, duration: float) -> Sound:
    t = seconds(duration)
    times = frame_times(len(t)) / t[-1]
    hiss = rng.standard_normal(len(t))
    sound = shaped(hiss, low_pass_gains(9000 * rng.uniform(0.02, 0.2) ** times))
    return (sound * (1 - t / t[-1]) ** rng.uniform(1, 3)).astype(np.float32)


def impact(rng: Rng) -> Sound:
    t = seconds(rng.uniform(0.8, 2.5))
    hz = rng.uniform(28, 50) + rng.uniform(30, 120) * np.exp(-t / 0.08)
    boom = np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE) * fall(t, t[-1] / 4, 0.002)
    burst = band(rng.standard_normal(len(t)), 100, rng.uniform(1000, 6000)) * fall(t, t[-1] / 6, 0.001)
    return (np.tanh(1.5 * boom) + rng.uniform(0, 0.6) * burst).astype(np.float32)


def play_effects(track: Track) -> Sound:
    rng, meter = track.rng, track.meter
    bus = track.bus()
    eager = rng.uniform(0.1, 1.0)
    for label, first, length in track.plan.sections:
        start = float(track.grid.time(first * meter.bar))
        end = float(track.grid.time((first + length) * meter.bar))
        if label == "build" and rng.random() < 0.85:
            gap = track.plan.gaps.get(first + length - 1, 0.0) * (end - start) / length
            track.put(bus, riser(rng, max(0.3, end - start - gap)), start, rng.uniform(0.2, 0.6))
        elif rng.random() < 0.35 * eager:
            long = min(end - start, float(rng.choice([1, 2, 4])) * (end - start) / length)
            track.put(bus, riser(rng, long), end - long, rng.uniform(0.1, 0.4))
        if first and rng.random() < 0.5 * eager:
            reverse = track.kit["crash"][0][::-1] * np.float32(0.25)
            track.put(bus, reverse, start - len(reverse) / SAMPLE_RATE)
        if label in ("drop", "chorus", "break") and rng.random() < 0.6 * eager:
            track.put(bus, impact(rng), start, rng.uniform(0.15, 0.6))
        if rng.random() < 0.4 * eager:
            track.put(bus, faller(rng, min(3.0, end - start)), start, rng.uniform(0.1, 0.35))
    for _ in range(rng.poisson(3) if rng.random() < 0.4 else 0):  # odd sounds anywhere
        sound = riser(rng, rng.uniform(0.2, 1.0)) if rng.random() < 0.5 else track.kit["perc"][-1]
        track.put(bus, sound, rng.uniform(0, track.count / SAMPLE_RATE), rng.uniform(0.05, 0.3))
    if rng.random() < track.style.texture:
        bus += _texture(rng, track.count)
    return bus


def _texture(rng: Rng, count: int) -> Sound:
    """Record crackle, rain or a low drone under the whole song."""
    pick = rng.random()
    if pick < 0.45:
        return vinyl(rng, count) * np.float32(rng.uniform(0.1, 0.6))
    if pick < 0.75:
        hiss = band(rng.standard_normal(count), rng.uniform(100, 3000), rng.uniform(3500, 9000))
        swell = np.interp(np.arange(count), np.linspace(0, count, 12), rng.uniform(0.2, 1, 12))
        return (hiss * swell * rng.uniform(0.01, 0.06)).astype(np.float32)
    t = np.arange(count) / SAMPLE_RATE
    hz = rng.uniform(40, 120)
    beating = np.sin(2 * np.pi * hz * t) + np.sin(2 * np.pi * (hz + rng.uniform(0.1, 0.8)) * t)
    return (beating * rng.uniform(0.02, 0.1)).astype(np.float32)


def filtered_by_form(track: Track, bus: Sound) -> Sound:
    """Low-pass that opens through intros, builds and breaks and closes in outros; sections keep their own course."""
    rng = track.rng
    knots, values = [0.0], [11000.0]
    for label, first, length in track.plan.sections:
        start, end = track.grid.time(np.array([first, first + length]) * track.meter.bar)
        if label in ("intro", "build", "break", "bridge") and rng.random() < 0.6:
            low = rng.uniform(250, 2500)
            course = (low, rng.uniform(3000, 11000))
        elif label == "outro" and rng.random() < 0.5:
            course = (11000.0, rng.uniform(300, 2000))
        else:
            course = (11000.0, 11000.0)
        knots += [float(start) + 1e-3, float(end) - 1e-3]
        values += list(course)
    times = frame_times(len(bus))
    cutoff = np.exp(np.interp(times, knots, np.log(values)))
    return shaped(bus, low_pass_gains(cutoff, rng.uniform(0, 1.5)))


def thinned_before_drops(track: Track, mix: Sound) -> Sound:
    """High-pass that rises through the bars before drops and lets go on the drop."""
    times = frame_times(len(mix))
    cutoff = np.full(len(times), 1.0)
    for label, first, length in track.plan.sections:
        if label == "build":
            start, end = track.grid.time(np.array([first, first + length]) * track.meter.bar)
            inside = (times >= start) & (times < end - 0.01)
            done = (times[inside] - start) / max(end - start, 0.1)
            cutoff[inside] = 20 * (track.rng.uniform(8, 40) ** done)
    return shaped(mix, high_pass_gains(cutoff))


def stuttered(track: Track, mix: Sound, rate: float) -> Sound:
    """In some bars the last beats repeat one short slice; the grid goes on."""
    rng, meter = track.rng, track.meter
    out = mix.copy()
    for bar in range(track.plan.bars):
        if rng.random() > rate:
            continue
        span = meter.steps * int(rng.choice([1, 1, 2]))
        first = int(rng.integers(0, meter.bar - span + 1)) if rng.random() < 0.3 else meter.bar - span
        grain = float(rng.choice([0.5, 1, 1, 2, 4 / 3]))
        start, end, after = np.round(
            track.grid.time(bar * meter.bar + np.array([first, first + span, first + grain])) * SAMPLE_RATE
        ).astype(int)
        end = min(end, len(mix))
        size = after - start
        if start < 0 or size < 50 or after > len(mix):
            continue
        slice_ = mix[start:after].copy()
        slice_[-30:] *= np.linspace(1, 0, 30, dtype=np.float32)
        out[start:end] = np.resize(slice_, end - start)
    return out
