# SPDX-License-Identifier: GPL-3.0-or-later
"""Echo, room, pumping, colour and mastering for training songs.

Conventions: mono float32 at ``SAMPLE_RATE``; every function returns a new array as long as the one it got.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.piece import SAMPLE_RATE
from training.voices import Rng, Sound, band, fast_size, log_uniform


def echo(sound: Sound, delay: float, feedback: float, level: float, dark_hz: float = 4000.0) -> Sound:
    """The sound and up to six repeats, each ``feedback`` as loud as the one before and darker than the sound."""
    step = max(1, round(delay * SAMPLE_RATE))
    wet = band(sound, 150, dark_hz)
    out = sound.copy()
    gain = level
    for k in range(1, 7):
        if gain < 0.03 or k * step >= len(sound):
            break
        out[k * step :] += np.float32(gain) * wet[: len(sound) - k * step]
        gain *= feedback
    return out


def room(rng: Rng, sound: Sound, decay: float, level: float) -> Sound:
    """The sound with a reverberation that falls with time constant ``decay`` seconds, after 0 to 25 ms."""
    t = np.arange(int(min(5 * decay, 4.0) * SAMPLE_RATE)) / SAMPLE_RATE
    tail = band(rng.standard_normal(len(t)), 150, log_uniform(rng, 1800, 9000)) * np.exp(-t / decay)
    tail[: int(rng.uniform(0, 0.025) * SAMPLE_RATE)] = 0
    tail /= np.sqrt(np.sum(tail**2)) + 1e-9
    size = fast_size(len(sound) + len(tail))
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(tail.astype(np.float32), size)
    return sound + np.float32(level) * np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)


def ducking(count: int, times: NDArray, depth: float, back: float) -> Sound:
    """Gain that falls to 1 - ``depth`` at every time and is back after about ``back`` seconds."""
    gain = np.ones(count, np.float32)
    t = np.arange(int(2.2 * back * SAMPLE_RATE)) / SAMPLE_RATE
    dip = (1 - depth * np.exp(-((t / back) ** 2) * 1.5)).astype(np.float32)
    dip[:60] = np.linspace(1, dip[60], 60)
    for start in np.round(np.asarray(times) * SAMPLE_RATE).astype(int):
        if 0 <= start < count:
            part = gain[start : start + len(dip)]
            np.minimum(part, dip[: len(part)], out=part)
    return gain


def crush(sound: Sound, bits: float, hold: int) -> Sound:
    peak = float(np.abs(sound).max()) + 1e-9
    levels = 2 ** (bits - 1)
    out = np.round(sound / peak * levels) / levels * peak
    return (np.repeat(out[::hold], hold)[: len(sound)] if hold > 1 else out).astype(np.float32)


def tilted(rng: Rng, sound: Sound, amount_db: float) -> Sound:
    """A random smooth equaliser curve through eight points, each within ``amount_db``."""
    points = np.geomspace(40, 11000, 8)
    size = fast_size(len(sound) + 2048)
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    db = np.interp(np.log(np.maximum(hz, 20)), np.log(points), rng.uniform(-1, 1, 8) * amount_db)
    spectrum = np.fft.rfft(sound, size) * (10 ** (db / 20)).astype(np.float32)
    return np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)


def compressed(sound: Sound, threshold_db: float, ratio: float, release: float) -> Sound:
    """Level the sound: whatever its loudness (over 6 ms) exceeds, below its peak, is divided by ``ratio``."""
    hop = 128
    frames = -(-len(sound) // hop)
    padded = np.zeros(frames * hop, np.float32)
    padded[: len(sound)] = sound
    power = 10 * np.log10(np.mean(padded.reshape(frames, hop) ** 2, axis=1) + 1e-9)
    over = np.maximum(power - (power.max() + threshold_db), 0) * (1 - 1 / ratio)
    # The release is a decaying maximum, found by comparing with itself shifted by 1, 2, 4, ... frames.
    fall_db = 8.0 * hop / SAMPLE_RATE / release
    shift = 1
    while shift * fall_db < 40 and shift < frames:
        over[shift:] = np.maximum(over[shift:], over[:-shift] - shift * fall_db)
        shift *= 2
    gain = np.interp(np.arange(len(sound)), np.arange(frames) * hop + hop / 2, 10 ** (-over / 20))
    return (sound * gain).astype(np.float32)


def limited(sound: Sound, drive: float) -> Sound:
    """Loud: scaled so that the loudest percent of samples reaches ``drive``, then bent below 1."""
    loud = float(np.percentile(np.abs(sound[::7]), 99)) + 1e-9
    return np.tanh(sound * np.float32(drive / loud)).astype(np.float32)


def flanged(rng: Rng, sound: Sound) -> Sound:
    """The sound and a copy whose delay (0.3 to 12 ms) swings slowly: flanger, chorus or a fixed comb."""
    t = np.arange(len(sound)) / SAMPLE_RATE
    middle = log_uniform(rng, 0.0006, 0.008)
    depth = middle * rng.uniform(0, 0.5)
    delay = (middle + depth * np.sin(2 * np.pi * log_uniform(rng, 0.05, 1.5) * t)) * SAMPLE_RATE
    copy = np.interp(np.arange(len(sound)) - delay, np.arange(len(sound)), sound, left=0.0)
    return (sound + np.float32(rng.uniform(-0.8, 0.8)) * copy).astype(np.float32)


def vinyl(rng: Rng, count: int) -> Sound:
    """Crackle and hiss."""
    out = np.zeros(count, np.float32)
    clicks = rng.poisson(log_uniform(rng, 2, 40) * count / SAMPLE_RATE)
    out[rng.integers(0, count, clicks)] = rng.standard_normal(clicks) * rng.random(clicks) ** 3
    return band(out, 800, 7000) * 2 + 0.01 * band(rng.standard_normal(count), 500, 5000)


def mastered(rng: Rng, sound: Sound) -> Sound:
    """A random finish: equaliser, compressor, drive, narrow band or bits lost, and a random level."""
    if rng.random() < 0.7:
        sound = tilted(rng, sound, rng.uniform(1, 7))
    if rng.random() < 0.5:
        sound = compressed(sound, rng.uniform(-24, -8), rng.uniform(1.5, 6), log_uniform(rng, 0.04, 0.4))
    sound = limited(sound, log_uniform(rng, 0.3, 1.6))
    if rng.random() < 0.04:
        sound = crush(sound, rng.uniform(5, 9), int(rng.integers(1, 4)))
    pick = rng.random()
    if pick < 0.2:
        sound = band(sound, 0, rng.uniform(6000, 10500), 8)
    elif pick < 0.25:
        sound = band(sound, rng.uniform(60, 250), rng.uniform(3000, 6000), 3)
    if rng.random() < 0.1:
        sound = sound + np.float32(log_uniform(rng, 0.0005, 0.01)) * rng.standard_normal(len(sound), np.float32)
    return sound * np.float32(rng.uniform(0.25, 0.95))
