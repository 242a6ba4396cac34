# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthesised pitched instruments for training songs: basses, plucks, leads, keys, pads and voices.

Conventions: mono float32 at ``SAMPLE_RATE``; pitches in Hz or MIDI notes; times in seconds. A ``Patch`` is one
instrument: the same patch renders every note it plays, and rendering draws no random numbers but its own phase.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.piece import SAMPLE_RATE
from training.voices import Rng, Sound, band, fall, fast_size, full, log_uniform, seconds

WINDOW, HOP = 512, 128
_HZ = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE).astype(np.float32)
VOWELS = {
    "a": ((800, 1.0), (1150, 0.6), (2900, 0.15), (3900, 0.08)),
    "e": ((400, 1.0), (1700, 0.4), (2600, 0.2), (3200, 0.1)),
    "i": ((300, 1.0), (2200, 0.3), (2950, 0.25), (3900, 0.1)),
    "o": ((450, 1.0), (800, 0.6), (2830, 0.08), (3800, 0.05)),
    "u": ((325, 1.0), (700, 0.4), (2530, 0.05), (3500, 0.03)),
}
"""Formants in Hz with their levels, rounded from tables of sung vowels."""


def pitch(note: float) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


# ------------------------------------------------------------------------------------------ filter


def shaped(sound: NDArray, gains: NDArray) -> Sound:
    """Filter with gains that change in time: (frames, WINDOW // 2 + 1), one frame every ``HOP`` samples."""
    count = len(sound)
    frames = -(-count // HOP) + 3
    padded = np.zeros((frames + 3) * HOP, np.float32)
    padded[3 * HOP : 3 * HOP + count] = sound
    window = np.sqrt(np.hanning(WINDOW + 1)[:-1]).astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:frames]
    rows = np.minimum(np.maximum(np.arange(len(pieces)) - 1, 0), len(gains) - 1)
    spectrum = np.fft.rfft(pieces * window, axis=1) * gains[rows]
    pieces = np.fft.irfft(spectrum, WINDOW, axis=1).astype(np.float32) * (window * 0.5)
    out = np.zeros((len(pieces) + 3, HOP), np.float32)
    for k in range(4):
        out[k : k + len(pieces)] += pieces[:, k * HOP : (k + 1) * HOP]
    return out.ravel()[3 * HOP : 3 * HOP + count]


def frame_times(count: int) -> NDArray[np.float64]:
    return np.arange(-(-count // HOP) + 1) * HOP / SAMPLE_RATE


def low_pass_gains(cutoff: NDArray, resonance: float = 0.0, order: int = 2) -> NDArray[np.float32]:
    """Gains for :func:`shaped` of a low-pass whose cutoff in Hz is given for every frame."""
    ratio = _HZ[None, :] / np.maximum(cutoff, 30.0)[:, None].astype(np.float32)
    gains = 1 / np.sqrt(1 + ratio ** (2 * order))
    if resonance:
        gains *= 1 + resonance * np.exp(-(((ratio - 1) / 0.22) ** 2))
    return gains.astype(np.float32)


def high_pass_gains(cutoff: NDArray) -> NDArray[np.float32]:
    ratio = np.maximum(cutoff, 1.0)[:, None] / np.maximum(_HZ[None, :], 1.0)
    return (1 / np.sqrt(1 + ratio**4)).astype(np.float32)


def vowel_gains(first: str, second: str, times: NDArray, size: float, sharp: float) -> NDArray[np.float32]:
    """Gains for :func:`shaped` that glide from one vowel to another; ``size`` scales all formants."""
    weight = np.clip(times / max(times[-1], 1e-3), 0, 1)[:, None]
    gains = np.full((len(times), len(_HZ)), 0.01, np.float32)
    for (hz_a, level_a), (hz_b, level_b) in zip(VOWELS[first], VOWELS[second], strict=True):
        centre = (hz_a * (1 - weight) + hz_b * weight) * size
        level = level_a * (1 - weight) + level_b * weight
        gains += level * np.exp(-(((_HZ[None, :] - centre) / (centre * sharp + 40)) ** 2))
    return gains


# ------------------------------------------------------------------------------------- oscillators


def saw(step: NDArray, phase: float) -> NDArray:
    """Sawtooth with rounded steps (PolyBLEP, Valimaki and Huovilainen 2007); ``step`` is turns per sample."""
    turn = (phase + np.cumsum(step)) % 1.0
    form = 2 * turn - 1
    start, end = turn < step, turn > 1 - step
    x = turn[start] / step[start]
    form[start] -= 2 * x - x * x - 1
    x = (turn[end] - 1) / step[end]
    form[end] -= x * x + 2 * x + 1
    return form


@dataclass(frozen=True, slots=True)
class Patch:
    """One instrument; cutoffs in Hz (0: open), ``detune`` in cents, ``seed`` fixes its phases."""

    wave: str = "saw"
    voices: int = 1
    detune: float = 10.0
    attack: float = 0.002
    decay: float = 0.3
    sustain: float = 0.7
    release: float = 0.03
    cutoff: float = 0.0
    opening: float = 0.0
    filter_decay: float = 0.15
    resonance: float = 0.0
    drive: float = 0.0
    vibrato: float = 0.0
    sub: float = 0.0
    ratio: float = 2.0
    index: float = 2.0
    width: float = 0.5
    partials: tuple[float, ...] = (1.0,)
    stretch: float = 0.0
    seed: int = 0

    def note(self, note: float, duration: float, from_note: float | None = None, wobble_hz: float = 0.0) -> Sound:
        """A note held for ``duration`` and its release; gliding from another note, its filter wobbling."""
        t = seconds(duration + self.release)
        hz = np.full(len(t), pitch(note))
        if from_note is not None and from_note != note:
            hz = hz * (pitch(from_note) / pitch(note)) ** np.exp(-t / 0.02)
        if self.vibrato:
            hz = hz * 2 ** (self.vibrato / 1200 * np.sin(2 * np.pi * 5.6 * t) * np.clip((t - 0.15) / 0.3, 0, 1))
        sound = self._oscillate(t, hz)
        if self.sub:
            sound = sound + self.sub * np.sin(np.pi * np.cumsum(hz) / SAMPLE_RATE)
        if self.cutoff:
            times = frame_times(len(t))
            cutoff = self.cutoff * (1 + self.opening * np.exp(-times / self.filter_decay))
            if wobble_hz:
                cutoff = self.cutoff * (1 + 1.5 * self.opening * (0.5 - 0.5 * np.cos(2 * np.pi * wobble_hz * times)))
            sound = shaped(sound, low_pass_gains(np.minimum(cutoff, 11000), self.resonance))
        if self.drive:
            sound = np.tanh(self.drive * sound)
        return (sound * self._envelope(t, duration)).astype(np.float32)

    def _envelope(self, t: NDArray, duration: float) -> NDArray:
        rise = np.clip(t / self.attack, 0, 1)
        held = self.sustain + (1 - self.sustain) * np.exp(-np.maximum(t - self.attack, 0) / self.decay)
        end = np.clip((duration + self.release - t) / self.release, 0, 1)
        return rise * held * np.where(t > duration, end**1.5, 1.0)

    def _oscillate(self, t: NDArray, hz: NDArray) -> NDArray:
        rng = np.random.default_rng(self.seed)
        sound = np.zeros(len(t))
        if self.wave in ("partials", "fm", "noise"):
            return self._single(t, hz, rng)
        for k in range(self.voices):
            spread = 0.0 if self.voices == 1 else (2 * k / (self.voices - 1) - 1) * self.detune
            step = np.minimum(hz * 2 ** (spread / 1200) / SAMPLE_RATE, 0.45)
            phase = float(rng.random()) if self.voices > 1 else 0.0
            if self.wave == "saw":
                sound += saw(step, phase)
            elif self.wave == "pulse":
                sound += saw(step, phase) - saw(step, phase + self.width)
            elif self.wave == "triangle":
                sound += 4 * np.abs((phase + 0.25 + np.cumsum(step)) % 1 - 0.5) - 1
            else:
                sound += np.sin(2 * np.pi * (phase + np.cumsum(step)))
        return sound / np.sqrt(self.voices)

    def _single(self, t: NDArray, hz: NDArray, rng: Rng) -> NDArray:
        turn = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
        if self.wave == "fm":
            index = self.index * (0.25 + 0.75 * np.exp(-t / self.filter_decay))
            return np.sin(turn + index * np.sin(self.ratio * turn))
        if self.wave == "noise":
            return band(rng.standard_normal(len(t)), hz[0] * 0.9, hz[0] * 1.1) * 2
        sound = np.zeros(len(t))
        for k, level in enumerate(self.partials, 1):
            number = k * np.sqrt(1 + self.stretch * k * k)
            if level and number * hz[0] < 10500:
                sound += level * np.sin(number * turn) * np.exp(-t / (2.5 * self.decay / k**0.6))
        return sound


# ----------------------------------------------------------------------------------------- patches


def make_patch(rng: Rng, role: str) -> Patch:
    """A random instrument for a role: bass, sub, reese, acid, wobble, pluck, stab, lead, keys, bell, chip or organ."""
    base = Patch(seed=int(rng.integers(1 << 30)))
    pick = rng.random()
    if role == "sub":
        wave = "sine" if pick < 0.7 else "triangle"
        return replace(base, wave=wave, sustain=1.0, attack=0.004, drive=float(rng.choice([0, 0, 1.5, 3])))
    if role == "reese":
        return replace(
            base, voices=3, detune=rng.uniform(12, 40), cutoff=log_uniform(rng, 250, 1500), sustain=1.0, sub=0.6
        )
    if role == "acid":
        return replace(
            base, wave=str(rng.choice(["saw", "pulse"])), cutoff=log_uniform(rng, 150, 700), decay=0.2, sustain=0.3,
            opening=rng.uniform(2, 12), filter_decay=rng.uniform(0.04, 0.2), resonance=rng.uniform(2, 7),
            drive=rng.uniform(0, 3),
        )  # fmt: skip
    if role == "wobble":
        return replace(
            base, wave=str(rng.choice(["saw", "pulse"])), voices=2, detune=15, cutoff=log_uniform(rng, 100, 300),
            opening=rng.uniform(4, 20), resonance=rng.uniform(0, 3), sustain=1.0, drive=rng.uniform(0.5, 4), sub=0.7,
        )  # fmt: skip
    if role == "bass":
        wave = str(rng.choice(["saw", "pulse", "triangle", "sine", "fm"], p=[0.35, 0.2, 0.15, 0.1, 0.2]))
        return replace(
            base, wave=wave, voices=1 if pick < 0.7 else 2, cutoff=log_uniform(rng, 150, 1600),
            opening=rng.uniform(0, 6), filter_decay=rng.uniform(0.03, 0.2), resonance=rng.uniform(0, 2),
            decay=log_uniform(rng, 0.06, 0.6), sustain=rng.uniform(0, 0.9), index=rng.uniform(0.5, 4),
            ratio=float(rng.choice([1, 2, 3])), drive=float(rng.choice([0, 0, 1.5, 4])), sub=rng.uniform(0, 0.6),
            attack=rng.uniform(0.001, 0.008),
        )  # fmt: skip
    if role == "chip":
        return replace(
            base, wave=str(rng.choice(["pulse", "triangle"], p=[0.75, 0.25])), sustain=rng.uniform(0.3, 1), decay=0.1,
            width=float(rng.choice([0.125, 0.25, 0.5])), release=0.008, attack=0.001,
        )  # fmt: skip
    if role == "bell":
        return replace(
            base, wave="fm", ratio=float(rng.choice([1.41, 2.76, 3.5, 4, 7])), index=rng.uniform(1, 4), sustain=0.0,
            decay=rng.uniform(0.2, 0.9), filter_decay=rng.uniform(0.05, 0.5), release=0.2,
        )  # fmt: skip
    if role == "keys":
        count = int(rng.integers(4, 14))
        partials = tuple(
            float(x) for x in np.exp(-rng.uniform(0.25, 0.9) * np.arange(count)) * rng.uniform(0.4, 1, count)
        )
        return replace(
            base, wave="partials", partials=partials, stretch=rng.uniform(0, 6e-4), decay=rng.uniform(0.15, 0.7),
            sustain=0.6, release=0.08,
        )  # fmt: skip
    if role == "organ":
        partials = tuple(float(x) for x in rng.choice([0, 0.3, 0.6, 1.0], 8))
        return replace(base, wave="partials", partials=(1.0, *partials), decay=3.0, sustain=1.0, attack=0.006)
    wave = str(rng.choice(["saw", "pulse", "fm", "triangle", "sine"], p=[0.5, 0.2, 0.15, 0.1, 0.05]))
    voices = int(rng.choice([1, 2, 3, 5, 7], p=[0.3, 0.2, 0.2, 0.2, 0.1]))
    common = replace(
        base, wave=wave, voices=voices, detune=rng.uniform(4, 25), width=rng.uniform(0.15, 0.5),
        ratio=float(rng.choice([0.5, 1, 2, 3])), index=rng.uniform(0.5, 4), resonance=rng.uniform(0, 2.5),
    )  # fmt: skip
    if role == "lead":
        return replace(
            common, cutoff=log_uniform(rng, 900, 8000), opening=rng.uniform(0, 3), sustain=rng.uniform(0.5, 1),
            vibrato=rng.uniform(0, 30), attack=rng.uniform(0.002, 0.03), release=rng.uniform(0.03, 0.2),
            drive=float(rng.choice([0, 0, 0, 3])),
        )  # fmt: skip
    if role == "stab":
        return replace(
            common, cutoff=log_uniform(rng, 600, 6000), opening=rng.uniform(0, 5), decay=rng.uniform(0.06, 0.4),
            sustain=rng.uniform(0, 0.6), filter_decay=rng.uniform(0.04, 0.3),
        )  # fmt: skip
    return replace(  # pluck
        common, voices=min(voices, 3), cutoff=log_uniform(rng, 300, 3000), opening=rng.uniform(1, 8),
        decay=log_uniform(rng, 0.04, 0.3), sustain=float(rng.choice([0, 0, 0.15])),
        filter_decay=log_uniform(rng, 0.02, 0.2),
    )  # fmt: skip


# -------------------------------------------------------------------------------------------- pads


@dataclass(frozen=True, slots=True)
class Pad:
    """A slow instrument made in one inverse Fourier transform (Paul Nasca's PADsynth)."""

    slope: float
    width: float
    cutoff: float
    formants: tuple[float, ...]
    attack: float
    release: float
    hollow: bool
    seed: int

    def chord(self, notes: list[float], duration: float) -> Sound:
        rng = np.random.default_rng(self.seed)
        count = int((duration + self.release) * SAMPLE_RATE)
        size = fast_size(count + 256)
        hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
        level = np.zeros(len(hz))
        for note in notes:
            base = pitch(note)
            for k in range(1, 40):
                centre = base * k
                if centre > 9000 or centre > 6 * self.cutoff:
                    break
                if self.hollow and k % 2 == 0:
                    continue
                spread = centre * self.width
                low, high = np.searchsorted(hz, [centre - 3 * spread, centre + 3 * spread])
                near = hz[low:high] - centre
                level[low:high] += k**-self.slope / np.sqrt(spread) * np.exp(-((near / spread) ** 2))
        level /= np.sqrt(1 + (hz / self.cutoff) ** 4)
        for formant in self.formants:
            level *= 0.5 + 2 * np.exp(-(((hz - formant) / 250) ** 2))
        spectrum = level * np.exp(2j * np.pi * rng.random(len(hz)))
        sound = np.fft.irfft(spectrum, size)[:count]
        sound /= np.sqrt(np.mean(sound**2)) * 4 + 1e-9
        t = np.arange(count) / SAMPLE_RATE
        ends = np.clip(t / self.attack, 0, 1) * np.clip((t[-1] - t) / self.release, 0, 1)
        return (sound * ends).astype(np.float32)


def make_pad(rng: Rng) -> Pad:
    return Pad(
        slope=rng.uniform(0.6, 2.0),
        width=log_uniform(rng, 0.001, 0.012),
        cutoff=log_uniform(rng, 400, 6000),
        formants=tuple(float(x) for x in rng.uniform(300, 3000, int(rng.choice([0, 0, 2, 3])))),
        attack=log_uniform(rng, 0.01, 0.6),
        release=log_uniform(rng, 0.05, 0.8),
        hollow=bool(rng.random() < 0.25),
        seed=int(rng.integers(1 << 30)),
    )


# ------------------------------------------------------------------------------------------ voices


@dataclass(frozen=True, slots=True)
class Singer:
    """A voice: ``size`` scales its formants (a small head has high ones), ``breath`` is its share of noise."""

    size: float
    sharp: float
    breath: float
    vibrato: float
    seed: int

    def syllable(self, note: float, duration: float, vowels: tuple[str, str], hiss: bool, attack: float) -> Sound:
        """One sung syllable; with ``hiss`` a consonant comes before the vowel, at the sound's start."""
        rng = np.random.default_rng([self.seed, round(note * 10), int(duration * 1000)])
        t = seconds(duration + 0.04)
        wander = np.cumsum(rng.standard_normal(len(t))) * 0.02
        cents = wander - np.linspace(wander[0], wander[-1], len(t)) - 120 * np.exp(-t / 0.04)
        cents += self.vibrato * np.sin(2 * np.pi * 5.3 * t) * np.clip((t - 0.2) / 0.3, 0, 1)
        tone = saw(pitch(note) * 2 ** (cents / 1200) / SAMPLE_RATE, float(rng.random()))
        tone = tone + self.breath * rng.standard_normal(len(t))
        sound = shaped(tone, vowel_gains(*vowels, frame_times(len(t)), self.size, self.sharp))
        sound *= np.clip(t / attack, 0, 1) * np.clip((t[-1] - t) / 0.05, 0, 1)
        sound = full(sound)
        if hiss:
            burst = band(rng.standard_normal(len(t)), rng.uniform(1500, 5000), 0)
            burst = full(burst) * fall(t, rng.uniform(0.015, 0.05), rng.uniform(0.003, 0.02))
            sound = sound + np.float32(0.4) * burst.astype(np.float32)
        return sound


def make_singer(rng: Rng) -> Singer:
    return Singer(
        size=rng.uniform(0.85, 1.35),
        sharp=rng.uniform(0.06, 0.14),
        breath=rng.uniform(0.02, 0.3),
        vibrato=rng.uniform(0, 50),
        seed=int(rng.integers(1 << 30)),
    )
