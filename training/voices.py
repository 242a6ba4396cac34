# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthesised drums for training songs: every call draws one new instrument.

Conventions: mono float32 at ``SAMPLE_RATE``, the onset at sample 0, peak 1; times in seconds, pitches in Hz.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.piece import SAMPLE_RATE

Sound = NDArray[np.float32]
Rng = np.random.Generator


def seconds(duration: float) -> NDArray[np.float64]:
    """Sample times of a stretch of sound."""
    return np.arange(max(8, int(duration * SAMPLE_RATE))) / SAMPLE_RATE


def fall(t: NDArray, decay: float, attack: float = 0.0005) -> NDArray:
    """Straight rise over ``attack`` and exponential fall with time constant ``decay``, silent at the very end."""
    end = np.clip((t[-1] - t) / 0.008, 0, 1)
    return np.minimum(t / attack, 1) * np.exp(-np.maximum(t - attack, 0) / decay) * end


def band(sound: NDArray, low_hz: float = 0.0, high_hz: float = 0.0, order: int = 2) -> Sound:
    """Zero-phase Butterworth magnitudes over the whole sound: keep what lies between the two frequencies."""
    size = fast_size(len(sound) + 512)
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    gain = np.ones(len(hz))
    if high_hz:
        gain /= np.sqrt(1 + (hz / high_hz) ** (2 * order))
    if low_hz:
        gain /= np.sqrt(1 + (low_hz / np.maximum(hz, 1e-3)) ** (2 * order))
    spectrum = np.fft.rfft(sound.astype(np.float32), size) * gain.astype(np.float32)
    return np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)


def fast_size(least: int) -> int:
    """The smallest length from ``least`` on that the Fourier transform likes: 2, 3 or 5 times a power of two."""
    return min(k << max(0, -(-least // k) - 1).bit_length() for k in (2, 3, 5))


def full(sound: NDArray) -> Sound:
    """Scaled to peak 1, with the first samples faded so that nothing clicks before its time."""
    sound = np.asarray(sound, np.float32)
    return sound / np.float32(np.abs(sound).max() + 1e-9)


def log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _noise(rng: Rng, count: int) -> NDArray:
    return rng.standard_normal(count)


def _metal(rng: Rng, t: NDArray, base: float) -> NDArray:
    """Six square waves at unrelated pitches, as analogue drum machines make cymbals."""
    ratios = np.array([1.0, 1.34, 1.62, 1.98, 2.47, 3.03]) * rng.uniform(0.94, 1.06, 6)
    return np.mean([np.sign(np.sin(2 * np.pi * base * r * t + rng.uniform(0, 6))) for r in ratios], axis=0)


# ------------------------------------------------------------------------------------------- kicks


def kick(rng: Rng, kind: str) -> Sound:
    """``kind``: round, long, click, hard, acoustic, chip, thud or punch."""
    low = log_uniform(rng, 38, 62)
    decay, sweep, depth, click, drive = {
        "round": (rng.uniform(0.1, 0.25), rng.uniform(0.012, 0.04), rng.uniform(2, 6), rng.uniform(0, 0.5), 1.2),
        "long": (rng.uniform(0.3, 0.8), rng.uniform(0.01, 0.04), rng.uniform(1, 4), rng.uniform(0, 0.3), 1.5),
        "click": (rng.uniform(0.04, 0.1), rng.uniform(0.006, 0.015), rng.uniform(5, 14), rng.uniform(0.4, 1.2), 1.2),
        "hard": (rng.uniform(0.18, 0.4), rng.uniform(0.02, 0.07), rng.uniform(4, 12), rng.uniform(0.1, 0.6), 8.0),
        "acoustic": (rng.uniform(0.08, 0.16), rng.uniform(0.008, 0.02), rng.uniform(1, 2.5), rng.uniform(0.4, 1), 1.1),
        "chip": (rng.uniform(0.06, 0.15), rng.uniform(0.02, 0.05), rng.uniform(4, 9), 0.0, 1.0),
        "thud": (rng.uniform(0.06, 0.16), rng.uniform(0.02, 0.04), rng.uniform(0.6, 1.5), 0.0, 1.0),
        "punch": (rng.uniform(0.06, 0.13), rng.uniform(0.01, 0.03), rng.uniform(2, 4), rng.uniform(0.2, 0.8), 2.0),
    }[kind]
    if kind == "punch":
        low *= 1.4
    t = seconds(min(1.4, 4.5 * decay + 0.04))
    hz = low * (1 + depth * np.exp(-t / sweep))
    turn = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
    body = np.sign(np.sin(turn)) if kind == "chip" else np.sin(turn)
    hold = rng.uniform(0, 0.6) * decay if kind in ("hard", "long") else 0.0
    shape = np.minimum(t / 0.0006, 1) * np.exp(-np.maximum(t - hold, 0) / decay)
    sound = np.tanh(body * shape * drive * rng.uniform(0.7, 1.4)) if drive > 1 else body * shape
    if click:
        knock = band(_noise(rng, len(t)), rng.uniform(700, 2500), rng.uniform(4000, 9000)) * fall(
            t, rng.uniform(0.002, 0.006)
        )
        sound = sound + click * knock * 0.6
    if kind == "acoustic":
        air = band(_noise(rng, len(t)), 80, rng.uniform(400, 1500)) * fall(t, 0.05, 0.002)
        sound = sound + rng.uniform(0.05, 0.3) * air
    if kind == "thud":
        sound = band(sound, 0, rng.uniform(120, 400))
    return full(sound * np.clip((t[-1] - t) / 0.01, 0, 1))


# ------------------------------------------------------------------------------------------ snares


def snare(rng: Rng, kind: str) -> Sound:
    """``kind``: analogue, acoustic, gated, chip, snappy, noise or tin."""
    tone = log_uniform(rng, 150, 280)
    ring, decay, blend, low, high = {
        "analogue": (0.06, rng.uniform(0.06, 0.18), rng.uniform(0.4, 0.7), 900, 9000),
        "acoustic": (0.08, rng.uniform(0.07, 0.16), rng.uniform(0.45, 0.75), 500, rng.uniform(4000, 9000)),
        "gated": (0.1, rng.uniform(0.3, 0.6), rng.uniform(0.6, 0.8), 400, 8000),
        "chip": (0.02, rng.uniform(0.05, 0.14), rng.uniform(0.8, 1.0), 300, 10000),
        "snappy": (0.05, rng.uniform(0.05, 0.12), rng.uniform(0.4, 0.65), 1500, 10000),
        "noise": (0.03, rng.uniform(0.04, 0.2), rng.uniform(0.85, 1.0), rng.uniform(600, 3000), 10000),
        "tin": (0.12, rng.uniform(0.05, 0.15), rng.uniform(0.3, 0.6), 2000, 10000),
    }[kind]
    t = seconds(min(0.9, 5 * decay + 0.05))
    if kind == "tin":
        tone *= rng.uniform(1.3, 2.2)
    bend = tone * rng.uniform(0.1, 0.8) * 0.02
    body = np.zeros(len(t))
    for ratio, level in ((1.0, 1.0), (rng.uniform(1.5, 1.9), 0.5), (rng.uniform(2.1, 2.9), 0.2)):
        body += level * np.sin(2 * np.pi * (tone * ratio * t + bend * (1 - np.exp(-t / 0.02))))
    hiss = band(_noise(rng, len(t)), low, high)
    hiss = hiss / (np.abs(hiss).max() + 1e-9)
    if kind == "gated":
        length = rng.uniform(0.14, 0.3)
        hiss_shape = np.where(t < length, np.exp(-t / 0.4), np.exp(-t / 0.4) * np.exp(-(t - length) / 0.01))
    else:
        hiss_shape = fall(t, decay)
    if kind == "chip":
        hold = int(rng.integers(1, 6))
        hiss = np.sign(np.repeat(_noise(rng, len(t) // hold + 1), hold)[: len(t)])
    sound = (1 - blend) * 0.6 * body * fall(t, ring * rng.uniform(0.6, 1.5)) + blend * hiss * hiss_shape
    return full(np.tanh(1.5 * sound) if rng.random() < 0.4 else sound)


def clap(rng: Rng) -> Sound:
    decay = rng.uniform(0.03, 0.16)
    t = seconds(5 * decay + 0.08)
    low, high = rng.uniform(600, 1400), rng.uniform(3500, 9000)
    sound = np.zeros(len(t))
    gap = rng.uniform(0.006, 0.014)
    bursts = int(rng.integers(1, 5))
    for k in range(bursts):
        start = int(k * gap * SAMPLE_RATE)
        last = k == bursts - 1
        burst = band(_noise(rng, len(t)), low, high) * fall(t, decay if last else 0.006)
        sound[start:] += (1.0 if last else rng.uniform(0.7, 1.2)) * burst[: len(sound) - start]
    return full(sound)


def rim(rng: Rng) -> Sound:
    t = seconds(rng.uniform(0.04, 0.12))
    base = log_uniform(rng, 400, 1900)
    decay = rng.uniform(0.004, 0.025)
    tone = np.sin(2 * np.pi * base * t) + 0.6 * np.sin(2 * np.pi * base * rng.uniform(1.3, 2.7) * t)
    knock = band(_noise(rng, len(t)), 1000, 8000) * fall(t, 0.003)
    return full(tone * fall(t, decay) + rng.uniform(0, 1.5) * knock)


def tom(rng: Rng, hz: float | None = None) -> Sound:
    base = hz or log_uniform(rng, 70, 260)
    decay = rng.uniform(0.06, 0.25)
    t = seconds(4.5 * decay)
    turn = 2 * np.pi * np.cumsum(base * (1 + rng.uniform(0.2, 1.2) * np.exp(-t / 0.04))) / SAMPLE_RATE
    skin = band(_noise(rng, len(t)), 200, 3000) * fall(t, 0.02)
    return full(np.sin(turn) * fall(t, decay, 0.001) + rng.uniform(0, 0.5) * skin)


def percussion(rng: Rng) -> Sound:
    """A conga, block, bell, blip, zap or click."""
    kind = rng.choice(["conga", "block", "bell", "blip", "zap", "click", "cowbell"])
    if kind == "conga":
        return tom(rng, log_uniform(rng, 160, 520))
    if kind == "block":
        return rim(rng)
    t = seconds(rng.uniform(0.05, 0.35))
    decay = t[-1] / rng.uniform(3, 7)
    base = log_uniform(rng, 400, 3000)
    if kind == "bell":
        sound = np.sin(2 * np.pi * base * t + 3 * np.exp(-t / decay) * np.sin(2 * np.pi * base * 1.41 * t))
    elif kind == "cowbell":
        sound = np.sign(np.sin(2 * np.pi * 540 * t)) + np.sign(np.sin(2 * np.pi * 800 * rng.uniform(0.9, 1.1) * t))
        sound = band(sound, 400, 5000)
    elif kind == "blip":
        sound = np.sin(2 * np.pi * base * t)
    elif kind == "zap":
        sound = np.sin(2 * np.pi * np.cumsum(80 + 4 * base * np.exp(-t / (decay * 0.6))) / SAMPLE_RATE)
    else:
        sound, decay = band(_noise(rng, len(t)), base, 10000), rng.uniform(0.002, 0.008)
    return full(sound * fall(t, decay))


# ----------------------------------------------------------------------------------------- cymbals


def hat(rng: Rng, opened: bool = False) -> Sound:
    decay = rng.uniform(0.07, 0.28) if opened else log_uniform(rng, 0.008, 0.05)
    t = seconds(min(0.9, 5 * decay + 0.02))
    low = rng.uniform(4500, 8500)
    kind = rng.random()
    if kind < 0.5:
        raw = _noise(rng, len(t))
    elif kind < 0.85:
        raw = _metal(rng, t, rng.uniform(300, 900)) + rng.uniform(0, 0.6) * _noise(rng, len(t))
    else:
        hold = int(rng.integers(1, 4))
        raw = np.sign(np.repeat(_noise(rng, len(t) // hold + 1), hold)[: len(t)])
    return full(band(raw, low, 0, 3) * fall(t, decay))


def shaker(rng: Rng) -> Sound:
    t = seconds(rng.uniform(0.05, 0.12))
    attack = rng.uniform(0.002, 0.02)
    hiss = band(_noise(rng, len(t)), rng.uniform(3000, 6000), 0)
    return full(hiss * fall(t, rng.uniform(0.015, 0.04), attack))


def ride(rng: Rng) -> Sound:
    decay = rng.uniform(0.15, 0.5)
    t = seconds(min(1.5, 4 * decay))
    wash = band(_metal(rng, t, rng.uniform(350, 800)) + 0.5 * _noise(rng, len(t)), rng.uniform(3000, 6000), 0)
    ping = np.sin(2 * np.pi * rng.uniform(2500, 5000) * t) * fall(t, 0.05)
    return full(wash * (0.35 + np.exp(-t / 0.03)) * fall(t, decay) + rng.uniform(0, 0.4) * ping)


def crash(rng: Rng) -> Sound:
    decay = rng.uniform(0.35, 1.1)
    t = seconds(min(3.0, 4 * decay))
    raw = _noise(rng, len(t)) + rng.uniform(0, 1) * _metal(rng, t, rng.uniform(300, 700))
    return full(band(raw, rng.uniform(1800, 4500), 0) * fall(t, decay, 0.001))


# -------------------------------------------------------------------------------------------- kits

KICKS = ("round", "long", "click", "hard", "acoustic", "chip", "thud", "punch")
SNARES = ("analogue", "acoustic", "gated", "chip", "snappy", "noise", "tin")
MAKERS: dict[str, Callable[[Rng], Sound]] = {
    "clap": clap,
    "rim": rim,
    "hat": hat,
    "open": lambda rng: hat(rng, True),
    "shaker": shaker,
    "ride": ride,
    "crash": crash,
    "tom": tom,
    "perc": percussion,
}


def make_kit(rng: Rng, kicks: tuple[str, ...] = KICKS, snares: tuple[str, ...] = SNARES) -> dict[str, list[Sound]]:
    """A drum kit: for every role one to four sounds."""
    kit = {role: [maker(rng)] for role, maker in MAKERS.items()}
    kit["kick"] = [kick(rng, str(rng.choice(kicks)))]
    kit["snare"] = [snare(rng, str(rng.choice(snares)))]
    kit["tom"] = sorted((tom(rng) for _ in range(3)), key=len)
    kit["perc"] = [percussion(rng) for _ in range(4)]
    if rng.random() < 0.3:
        kit["snare"] = [full(_layer(kit["snare"][0], kit["clap"][0], rng.uniform(0.3, 0.9)))]
    if rng.random() < 0.25:
        kit["snare"].append(snare(rng, str(rng.choice(snares))))
    return kit


def _layer(first: Sound, second: Sound, gain: float) -> Sound:
    sound = np.zeros(max(len(first), len(second)), np.float32)
    sound[: len(first)] += first
    sound[: len(second)] += np.float32(gain) * second
    return sound
