# SPDX-License-Identifier: GPL-3.0-or-later
"""A film and a song whose truth is known: a lamp that flashes, and drums, both at given moments."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from crossfade_addon.encode.decoded import SOUND_RATE

HEIGHT, WIDTH = 90, 50
DECAY_S = 0.18
BEAT_S = 0.4637
SECONDS = 20.0


def hits_until(seconds: float) -> np.ndarray:
    """Moments of the strokes, none in the last second."""
    return 0.61 + BEAT_S * np.arange(int((seconds - 1.0) / BEAT_S))


def paint(
    fps: Fraction,
    hits: np.ndarray,
    *,
    seed: int = 1,
    cuts: tuple[int, ...] = (),
    seconds: float = SECONDS,
) -> np.ndarray:
    """A film with something dark moving through it and a lamp that flashes, each frame the mean of its own time."""
    rng = np.random.default_rng(seed)
    n, rate, fine = int(seconds * fps), float(fps), 16
    t = (np.arange(n * fine) + 0.5) / (rate * fine)
    last = np.searchsorted(hits, t, side="right") - 1
    pulse = np.where(last >= 0, np.exp(-np.maximum(t - hits[np.maximum(last, 0)], 0) / DECAY_S), 0.0)
    lamp = 60 * pulse.reshape(n, fine).mean(axis=1)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    halo = np.exp(-((rows - 30) ** 2 + (columns - 25) ** 2) / 300)
    shot = np.searchsorted(np.array(sorted(cuts)), np.arange(n), side="right")
    film = np.empty((n, HEIGHT, WIDTH, 3), np.uint8)
    for k in range(n):
        walls = 70 + 40 * np.sin(rows / (7 + 5 * (shot[k] % 3)) + 2.1 * shot[k]) * np.cos(columns / 9)
        turn = 3.1 * k / rate  # in circles: never at rest
        dancer = np.abs(columns - 25 - 15 * np.sin(turn)) + np.abs(rows - 60 - 8 * np.cos(turn)) < 12
        level = np.where(dancer, 20.0, walls + lamp[k] * halo) + rng.normal(0, 1.5, rows.shape)
        film[k] = np.clip(level, 0, 255)[..., None]
    return film


def drums(hits: np.ndarray, *, seconds: float = SECONDS) -> np.ndarray:
    """Kicks at the hits and quiet ticks between them, at the rate of the decoded sound."""
    rng = np.random.default_rng(2)
    song = rng.normal(0, 1e-3, int(seconds * SOUND_RATE))
    t = np.arange(int(0.2 * SOUND_RATE)) / SOUND_RATE
    kick = np.sin(2 * np.pi * (55 * t + 3 * (1 - np.exp(-t / 0.01)))) * np.exp(-14 * t)
    tick = rng.normal(0, 0.1, len(t)) * np.exp(-80 * t)
    for at, sound in [(h, kick) for h in hits] + [(h + BEAT_S / 2, tick) for h in hits]:
        first = round(at * SOUND_RATE)
        piece = song[first : first + len(sound)]
        piece += 0.7 * sound[: len(piece)]
    return song.astype(np.float32)
