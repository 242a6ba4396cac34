# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound without a beat: drones, slow swells, wind, rain, sparse notes at irregular times, babble.

Conventions: mono float32 at ``SAMPLE_RATE``; no event is periodic, gaps are drawn from wide distributions.
"""

from __future__ import annotations

import numpy as np

from training.club_track import SCALES
from training.piece import SAMPLE_RATE
from training.voices import Rng, Sound, band, log_uniform, percussion, tom
from training.voices_effects import echo, room, vinyl
from training.voices_tonal import VOWELS, frame_times, low_pass_gains, make_pad, make_patch, make_singer, shaped

KINDS = ("pads", "drone", "wind", "rain", "notes", "babble", "textures", "hits")


def beatless(rng: Rng, duration: float) -> tuple[Sound, list[str]]:
    """A random mixture of one to three kinds, and their names."""
    count = int(duration * SAMPLE_RATE)
    kinds = [str(kind) for kind in rng.choice(KINDS, int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2])), replace=False)]
    mix = np.zeros(count, np.float32)
    for kind in kinds:
        layer = _MAKERS[kind](rng, count)
        mix += layer / (np.abs(layer).max() + 1e-9) * np.float32(log_uniform(rng, 0.2, 1.0))
    if rng.random() < 0.6:
        mix = room(rng, mix, log_uniform(rng, 0.3, 2.5), rng.uniform(0.2, 1.2))
    ends = np.clip(np.arange(count) / (rng.uniform(0.01, 3) * SAMPLE_RATE), 0, 1)
    return (mix * ends * ends[::-1]).astype(np.float32), kinds


def _moments(rng: Rng, seconds: float, gap: float) -> np.ndarray:
    """Irregular times: gaps are log-normal around ``gap``, so no pulse lasts."""
    gaps = gap * np.exp(rng.normal(0, 0.7, int(3 * seconds / gap) + 8))
    times = np.cumsum(gaps)
    return times[times < seconds]


def _put(bus: Sound, sound: Sound, time: float, gain: float) -> None:
    start = int(time * SAMPLE_RATE)
    count = min(len(sound), len(bus) - start)
    if count > 0:
        bus[start : start + count] += np.float32(gain) * sound[:count]


def _notes_of(rng: Rng, count: int) -> list[float]:
    scale = list(SCALES.values())[int(rng.integers(len(SCALES)))]
    tonic = int(rng.integers(40, 62))
    return [float(tonic + 12 * rng.integers(0, 3) + scale[int(rng.integers(7))]) for _ in range(count)]


def _pads(rng: Rng, count: int) -> Sound:
    bus = np.zeros(count, np.float32)
    pad = make_pad(rng)
    for time in [0.0, *_moments(rng, count / SAMPLE_RATE, rng.uniform(3, 9))]:
        _put(bus, pad.chord(_notes_of(rng, int(rng.integers(2, 5))), rng.uniform(3, 12)), time, rng.uniform(0.3, 1))
    return bus


def _drone(rng: Rng, count: int) -> Sound:
    t = np.arange(count) / SAMPLE_RATE
    base = log_uniform(rng, 35, 160)
    sound = np.zeros(count)
    for k in range(1, 9):
        drift = np.interp(t, np.linspace(0, t[-1], 14), rng.normal(0, 0.006, 14))
        swell = np.interp(t, np.linspace(0, t[-1], 10), rng.random(10))
        sound += swell / k * np.sin(2 * np.pi * np.cumsum(base * k * (1 + drift)) / SAMPLE_RATE)
    return sound.astype(np.float32)


def _swept_noise(rng: Rng, count: int, low: float, high: float, points: int) -> Sound:
    times = frame_times(count)
    where = np.linspace(0, times[-1], points)
    cutoff = np.interp(times, where, np.exp(rng.uniform(np.log(low), np.log(high), points)))
    gain = np.interp(np.arange(count) / SAMPLE_RATE, where, rng.uniform(0.05, 1, points))
    hiss = band(rng.standard_normal(count), 40, 0)
    return (shaped(hiss, low_pass_gains(cutoff, rng.uniform(0, 3))) * gain).astype(np.float32)


def _wind(rng: Rng, count: int) -> Sound:
    return _swept_noise(rng, count, 150, 1500, int(count / SAMPLE_RATE / rng.uniform(1.5, 5)) + 3)


def _rain(rng: Rng, count: int) -> Sound:
    drops = np.zeros(count, np.float32)
    amount = int(log_uniform(rng, 8, 400) * count / SAMPLE_RATE)
    drops[rng.integers(0, count, amount)] = rng.standard_normal(amount) ** 3
    return band(drops, rng.uniform(400, 2000), rng.uniform(3000, 9000)) + 0.3 * vinyl(rng, count)


def _notes(rng: Rng, count: int) -> Sound:
    """Sparse piano, bells or plucks; sometimes two or three close together."""
    bus = np.zeros(count, np.float32)
    patch = make_patch(rng, str(rng.choice(["keys", "bell", "pluck", "lead", "organ"])))
    pool = _notes_of(rng, 9)
    gap = log_uniform(rng, 0.5, 4.0)
    for time in _moments(rng, count / SAMPLE_RATE, gap):
        for _ in range(int(rng.choice([1, 1, 2, 3]))):
            sound = patch.note(pool[int(rng.integers(len(pool)))], rng.uniform(0.3, 2.5))
            _put(bus, sound, time + rng.uniform(0, 0.12), rng.uniform(0.2, 1))
    if rng.random() < 0.3:  # an echo has a period, but nothing a dancer would follow
        bus = echo(bus, rng.uniform(0.3, 0.9), 0.4, 0.35)
    return bus


def _babble(rng: Rng, count: int) -> Sound:
    """Syllables in the rhythm of speech: irregular, with pauses for breath."""
    bus = np.zeros(count, np.float32)
    singer = make_singer(rng)
    vowels = list(VOWELS)
    base = rng.uniform(40, 58)
    time, left, end = 0.3, 6, count / SAMPLE_RATE
    while time < end:
        length = log_uniform(rng, 0.06, 0.35)
        words = (str(rng.choice(vowels)), str(rng.choice(vowels)))
        sound = singer.syllable(
            base + rng.normal(0, 2), length, words, bool(rng.random() < 0.6), rng.uniform(0.005, 0.04)
        )
        _put(bus, sound, time, rng.uniform(0.3, 1))
        time += length * rng.uniform(0.8, 1.5)
        left -= 1
        if left == 0:
            time += log_uniform(rng, 0.2, 2.5)
            left = int(rng.integers(2, 16))
    return bus


def _textures(rng: Rng, count: int) -> Sound:
    bus = _swept_noise(rng, count, 300, 9000, int(rng.integers(4, 30)))
    return (band(bus, rng.uniform(50, 1500)) + 0.5 * _drone(rng, count)).astype(np.float32)


def _hits(rng: Rng, count: int) -> Sound:
    """Knocks and toms now and then, as in a soundscape."""
    bus = np.zeros(count, np.float32)
    sounds = [percussion(rng), percussion(rng), tom(rng)]
    for time in _moments(rng, count / SAMPLE_RATE, log_uniform(rng, 0.6, 5.0)):
        _put(bus, sounds[int(rng.integers(3))], time, rng.uniform(0.1, 1))
    return bus


_MAKERS = {
    "pads": _pads,
    "drone": _drone,
    "wind": _wind,
    "rain": _rain,
    "notes": _notes,
    "babble": _babble,
    "textures": _textures,
    "hits": _hits,
}
