# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recording does to the band: distortion, room, equaliser, compression, noise, and a synthetic singer.

Conventions: mono float arrays at ``SAMPLE_RATE``; nothing here moves an onset by more than a filter's delay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from .piece import SAMPLE_RATE

Sound = NDArray[np.float64]

VOWELS: tuple[tuple[float, float, float], ...] = (
    (730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410), (660, 1720, 2410),
    (440, 1020, 2240), (490, 1350, 1690),
)  # fmt: skip
"""Formants 1-3 in Hz of eight vowels (Peterson and Barney 1952, men)."""


def loudness(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound**2)) + 1e-9)


def amplifier(rng: np.random.Generator, sound: Sound) -> Sound:
    """A guitar amplifier: bass cut, clipping, a loudspeaker's low-pass; as loud as it came in."""
    before = loudness(sound)
    low = signal.butter(1, rng.uniform(60, 180), "high", fs=SAMPLE_RATE, output="sos")
    drive = 10 ** rng.uniform(0.5, 2.0)
    wave = signal.sosfilt(low, sound) / (before * 3) * drive
    bias = rng.uniform(0, 0.3)
    wave = np.tanh(wave + bias) - np.tanh(bias)
    speaker = signal.butter(2, rng.uniform(3500, 7000), "low", fs=SAMPLE_RATE, output="sos")
    wave = signal.sosfilt(speaker, wave)
    return wave * (before / loudness(wave)) * rng.uniform(0.5, 1.1)


def room(rng: np.random.Generator, sound: Sound, wet: float, seconds: float) -> Sound:
    """Reverberation by a decaying noise, its highs dying first."""
    size = int(seconds * SAMPLE_RATE)
    time = np.arange(size) / SAMPLE_RATE
    tail = rng.normal(0, 1, size) * np.exp(-6.9 * time / seconds)
    dark = signal.butter(1, rng.uniform(1500, 6000), "low", fs=SAMPLE_RATE, output="sos")
    tail = signal.sosfilt(dark, tail)
    delay = int(rng.uniform(0.005, 0.03) * SAMPLE_RATE)
    tail = np.concatenate([np.zeros(delay), tail / np.sqrt(np.sum(tail**2))])
    return sound + wet * signal.oaconvolve(sound, tail)[: len(sound)]


def shelf_tilt(rng: np.random.Generator, sound: Sound) -> Sound:
    """A tilt of up to 9 dB round a pivot and one bell of up to 8 dB, applied in the spectrum."""
    size = 2048
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(frequency, 30) / rng.uniform(400, 1500))
    gain = octaves * rng.uniform(-2.2, 2.2)
    gain += rng.uniform(-8, 8) * np.exp(-0.5 * ((octaves - rng.uniform(-3, 3)) / rng.uniform(0.4, 1.2)) ** 2)
    spectrum = 10 ** (np.clip(gain, -15, 12) / 20)
    # Minimum phase, so that no echo comes before an onset.
    cepstrum = np.fft.irfft(np.log(spectrum), size)
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    taps = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)[:512]
    return signal.oaconvolve(sound, taps)[: len(sound)]


def compressor(sound: Sound, ratio: float, release: float) -> Sound:
    """Feed-forward compression of a block envelope with instant attack and exponential release."""
    block = 64
    blocks = np.abs(np.pad(sound, (0, -len(sound) % block))).reshape(-1, block).max(1)
    fall = np.exp(-block / (release * SAMPLE_RATE))
    level = np.empty_like(blocks)
    held = 0.0
    for i, value in enumerate(blocks.tolist()):
        held = value if value > held * fall else held * fall
        level[i] = held
    threshold = np.percentile(level, 40) + 1e-6
    gain = np.minimum(1.0, (np.maximum(level, threshold) / threshold) ** (1 / ratio - 1))
    return sound * np.interp(np.arange(len(sound)), np.arange(len(gain)) * block + block / 2, gain)


def noise_bed(rng: np.random.Generator, size: int, kind: str) -> Sound:
    """Unit loudness of ``hiss``, ``crowd``, ``hum`` or ``vinyl``."""
    white = rng.normal(0, 1, size)
    if kind == "hum":
        time = np.arange(size) / SAMPLE_RATE
        base = float(rng.choice([50.0, 60.0]))
        out = sum(np.sin(2 * np.pi * base * n * time) / n for n in (1, 2, 3, 5)) + 0.2 * white
    elif kind == "crowd":
        band = signal.butter(2, (250, 2500), "band", fs=SAMPLE_RATE, output="sos")
        swell = np.interp(np.arange(size), np.linspace(0, size, 20), rng.uniform(0.3, 1.0, 20))
        out = signal.sosfilt(band, white) * swell
    elif kind == "vinyl":
        clicks = (rng.random(size) < 12 / SAMPLE_RATE) * rng.normal(0, 25, size)
        out = signal.sosfilt(signal.butter(1, 300, "high", fs=SAMPLE_RATE, output="sos"), clicks) + 0.5 * white
    else:
        out = white
    return np.asarray(out / loudness(np.asarray(out)))


def sing(rng: np.random.Generator, notes: list[tuple[float, float, int, float]], size: int) -> Sound:
    """A voice with vowels, vibrato, scooped attacks and some breath; ``notes`` are (start, length, key, loudness)."""
    out = np.zeros(size)
    register = int(rng.choice([0, 0, -12, 5]))
    stretch = rng.uniform(0.95, 1.25)
    breath = rng.uniform(0.01, 0.08)
    rate, depth = rng.uniform(4.5, 6.5), rng.uniform(0.1, 0.6)
    for start, length, key, loud in notes:
        first = int(start * SAMPLE_RATE)
        count = min(int(length * SAMPLE_RATE), size - first)
        if count < 600:
            continue
        time = np.arange(count) / SAMPLE_RATE
        bend = -rng.uniform(0, 2.0) * np.exp(-time / 0.04)
        wobble = depth * np.sin(2 * np.pi * rate * time + rng.uniform(0, 6)) * np.clip((time - 0.15) / 0.3, 0, 1)
        pitch = 440 * 2 ** ((key + register - 69 + bend + wobble) / 12)
        turns = np.cumsum(pitch) / SAMPLE_RATE + rng.random()
        pulse = (1 - turns % 1.0) ** 3 - 0.25
        source = pulse + breath * rng.normal(0, 1, count)
        voiced = np.zeros(count)
        for formant, width, share in zip(
            VOWELS[int(rng.integers(len(VOWELS)))], (80, 110, 160), (1.0, 0.6, 0.3), strict=True
        ):
            r = np.exp(-np.pi * width / SAMPLE_RATE)
            poles = [1, -2 * r * np.cos(2 * np.pi * formant * stretch / SAMPLE_RATE), r * r]
            voiced += share * signal.lfilter([1 - r], poles, source)
        rise = rng.uniform(0.015, 0.06)
        envelope = np.clip(time / rise, 0, 1) * np.clip((time[-1] - time) / 0.05, 0, 1) * np.exp(-time * 0.3)
        if rng.random() < 0.35 and first > 1500:
            hiss = int(rng.uniform(0.04, 0.09) * SAMPLE_RATE)
            consonant = rng.normal(0, 0.06, hiss) * np.hanning(hiss)
            out[first - hiss // 2 : first - hiss // 2 + hiss][: size - first] += consonant[
                : len(out[first - hiss // 2 : first - hiss // 2 + hiss])
            ]
        out[first : first + count] += voiced / (np.abs(voiced).max() + 1e-9) * envelope * (0.5 + 0.5 * loud)
    return out


def record(rng: np.random.Generator, sound: Sound, tags: list[str]) -> Sound:
    """The finished recording at peak 0.9: a random chain of effects, named in ``tags`` where they are heavy."""
    if rng.random() < 0.6:
        live = rng.random() < 0.15
        sound = room(rng, sound, rng.uniform(0.4, 1.0) if live else rng.uniform(0.05, 0.4), rng.uniform(0.3, 2.5))
        if live:
            tags.append("live room")
    if rng.random() < 0.7:
        sound = shelf_tilt(rng, sound)
    if rng.random() < 0.45:
        sound = compressor(sound, rng.uniform(1.5, 8), rng.uniform(0.03, 0.3))
    if rng.random() < 0.3:
        drive = 10 ** rng.uniform(-0.3, 0.6)
        sound = np.tanh(sound / (loudness(sound) * 5) * drive)
        tags.append("saturated")
    kind = rng.random()
    if kind < 0.06:
        band = signal.butter(2, (rng.uniform(150, 350), rng.uniform(2800, 5000)), "band", fs=SAMPLE_RATE, output="sos")
        sound = signal.sosfilt(band, sound)
        tags.append("narrow band")
    elif kind < 0.16:
        sound = signal.sosfilt(signal.butter(2, rng.uniform(3000, 9000), "low", fs=SAMPLE_RATE, output="sos"), sound)
    elif kind < 0.2:
        sound = signal.sosfilt(signal.butter(2, rng.uniform(80, 200), "high", fs=SAMPLE_RATE, output="sos"), sound)
    if rng.random() < 0.25:
        bed = str(rng.choice(["hiss", "crowd", "hum", "vinyl"]))
        sound = sound + noise_bed(rng, len(sound), bed) * loudness(sound) * 10 ** rng.uniform(-2.5, -1.0)
        tags.append(bed)
    if rng.random() < 0.08:
        fade = int(rng.uniform(4, 12) * SAMPLE_RATE)
        sound[-fade:] *= np.linspace(1, 0, fade) ** 1.5
        tags.append("fade out")
    return sound / (np.abs(sound).max() + 1e-9) * 0.9
