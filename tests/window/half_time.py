# SPDX-License-Identifier: GPL-3.0-or-later
"""A song that is counted at 170 BPM and sounds like 85: kick on one, snare on three, hats with both."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 22050
COUNTED_BPM = 170.0
SECONDS = 40.0


def write_half_time(path: Path) -> Path:
    """Write the song as a WAV file."""
    rng, beat = np.random.default_rng(7), 60 / COUNTED_BPM
    song = 0.001 * rng.standard_normal(int(SECONDS * RATE))
    t = np.arange(int(0.2 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (48 * t + 6 * (1 - np.exp(-30 * t)))) * np.exp(-18 * t)
    snare = (0.6 * rng.standard_normal(len(t)) + np.sin(2 * np.pi * 190 * t)) * np.exp(-22 * t)
    hat = rng.standard_normal(len(t)) * np.exp(-120 * t)
    for k in range(int(SECONDS / beat) - 2):
        sounds = {0: ((kick, 0.8), (hat, 0.2)), 2: ((snare, 0.5), (hat, 0.2))}.get(k % 4, ())
        first = int(k * beat * RATE)
        for sound, level in sounds:
            song[first : first + len(sound)] += level * sound
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(song, -1, 1) * 32767).astype("<i2").tobytes())
    return path
