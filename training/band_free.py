# SPDX-License-Identifier: GPL-3.0-or-later
"""Music and speech without a beat: rubato, pads, drones, chimes, talk.

Conventions: times in seconds from the first sample; samples mono at ``SAMPLE_RATE``.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from .band_harmony import SCALES, Chord, scale_step, voice
from .band_styles import INSTRUMENTS
from .gm import EXPRESSION, SUSTAIN, VOLUME, Note, Performance
from .piece import SAMPLE_RATE

KINDS: tuple[tuple[str, float], ...] = (
    ("rubato", 3.0), ("pads", 2.0), ("strings", 1.5), ("drone", 1.0), ("chimes", 1.5), ("noise", 0.7), ("speech", 1.5),
    ("speech over pads", 1.2), ("solo line", 1.5),
)  # fmt: skip
WORDS = (
    "river", "morning", "window", "tomorrow", "engine", "paper", "yellow", "nobody", "mountain", "always", "garden",
    "seven", "winter", "signal", "between", "question", "station", "summer", "people", "number", "island", "quiet",
    "travel", "open", "market", "story", "silver", "under", "water", "evening", "music", "because", "letter", "doctor",
    "simple", "corner", "bridge", "memory", "country", "never", "kitchen", "season", "perhaps", "before", "light",
)  # fmt: skip
VOICES = ("en", "en-us", "en-gb", "de", "fr", "es", "it", "en+f2", "en+f4", "en+m3", "en+m7", "en-us+f3", "en+whisper")


def choose_kind(rng: np.random.Generator) -> str:
    weights = np.array([w for _, w in KINDS])
    return str(rng.choice([k for k, _ in KINDS], p=weights / weights.sum()))


def _chord(rng: np.random.Generator, tonic: int, scale: tuple[int, ...]) -> Chord:
    degree = int(rng.integers(len(scale)))
    intervals = tuple(
        (scale[(degree + s) % len(scale)] - scale[degree]) % 12 for s in (0, 2, 4, 6)[: int(rng.integers(3, 5))]
    )
    return Chord((tonic + scale[degree]) % 12, intervals)


def _sustained(
    rng: np.random.Generator, out: Performance, families: tuple[str, ...], seconds: float, slow: float
) -> None:
    """Chords that change at irregular times and swell, voices entering one after another."""
    tonic, scale = int(rng.integers(12)), SCALES[str(rng.choice(["minor", "major", "lydian", "dorian"]))]
    for channel in range(int(rng.integers(1, 4))):
        out.programs[channel] = int(rng.choice(INSTRUMENTS[str(rng.choice(families))]))
        out.controls.append((0.0, channel, VOLUME, int(rng.integers(70, 115))))
        now, previous = float(rng.uniform(0.1, 3.0)), []
        while now < seconds - 2:
            length = float(rng.gamma(3, slow / 3)) + 1.5
            previous = voice(_chord(rng, tonic, scale), float(rng.uniform(48, 70)), previous)
            for key in previous:
                late = float(rng.uniform(0, 0.8))
                out.notes.append(
                    Note(
                        now + late, length + float(rng.uniform(0, 1.5)) - late, channel, key, int(rng.integers(35, 90))
                    )
                )
            peak = rng.uniform(0.3, 0.7)
            for at in np.linspace(0, 1, 12):
                swell = 50 + 70 * (1 - abs(at - peak) / max(peak, 1 - peak))
                out.controls.append((now + at * length, channel, EXPRESSION, int(swell)))
            now += length


def _rubato(rng: np.random.Generator, out: Performance, seconds: float) -> None:
    """One player who keeps no tempo: gestures of a few notes, each with its own pace, and waits between."""
    family = str(rng.choice(["piano", "piano", "nylon", "harp", "epiano", "mallets", "plucked", "church"]))
    out.programs[0] = int(rng.choice(INSTRUMENTS[family]))
    pedal = family != "church" and rng.random() < 0.7
    tonic, scale = int(rng.integers(12)), SCALES[str(rng.choice(list(SCALES)))]
    now, key = float(rng.uniform(0.2, 3.0)), int(rng.integers(55, 75))
    while now < seconds - 1:
        gap = float(np.exp(rng.uniform(np.log(0.09), np.log(0.9))))
        bend = float(rng.uniform(0.75, 1.35))
        chord = _chord(rng, tonic, scale)
        if pedal:
            out.controls += [(now - 0.02, 0, SUSTAIN, 0), (now + 0.05, 0, SUSTAIN, 127)]
        if rng.random() < 0.6:
            for order, low in enumerate(voice(chord, 50)):
                out.notes.append(
                    Note(now + order * float(rng.uniform(0, 0.09)), 3.0, 0, low, int(rng.integers(35, 85)))
                )
        for _ in range(int(rng.integers(1, 9))):
            key = int(np.clip(scale_step(key, int(rng.integers(-3, 4)), tonic, scale), 48, 92))
            out.notes.append(Note(now, float(rng.uniform(0.3, 2.5)), 0, key, int(rng.integers(35, 105))))
            now += gap * float(rng.lognormal(0, 0.4))
            gap *= bend ** float(rng.uniform(0.3, 1.0))
            gap = min(max(gap, 0.07), 1.6)
        now += float(rng.gamma(1.5, 0.7))


def _chimes(rng: np.random.Generator, out: Performance, seconds: float) -> None:
    """Bells struck at random, in gusts."""
    out.programs[0] = int(rng.choice((9, 10, 11, 14, 8, 98, 112, 108)))
    keys = rng.choice(np.arange(60, 97), int(rng.integers(4, 8)), replace=False)
    now = 0.3
    while now < seconds - 1:
        gust = 0.5 + 0.5 * np.sin(2 * np.pi * now / 17 + 1)
        now += float(rng.exponential(0.15 + 1.6 * (1 - gust)))
        out.notes.append(Note(now, 3.0, 0, int(rng.choice(keys)), int(rng.integers(30, 100))))


def _line(rng: np.random.Generator, out: Performance, seconds: float) -> None:
    """A free melody of one wind or bowed instrument, as in an unmetred prelude."""
    out.programs[0] = int(
        rng.choice(INSTRUMENTS[str(rng.choice(["pipe", "flute", "bowed", "reed", "sax", "horn", "voice"]))])
    )
    tonic, scale = int(rng.integers(12)), SCALES[str(rng.choice(list(SCALES)))]
    now, key = 0.5, int(rng.integers(60, 76))
    while now < seconds - 3:
        for _ in range(int(rng.integers(2, 10))):
            length = float(rng.lognormal(-0.6, 0.8))
            key = int(np.clip(scale_step(key, int(rng.choice([-2, -1, -1, 1, 1, 2, 3])), tonic, scale), 50, 90))
            out.notes.append(Note(now, length, 0, key, int(rng.integers(50, 105))))
            now += length
        now += float(rng.uniform(0.5, 3.0))


def free_performance(rng: np.random.Generator, kind: str, seconds: float) -> Performance:
    """What the synthesiser plays in a piece of ``kind`` (nothing for speech and noise)."""
    out = Performance()
    if kind == "rubato":
        _rubato(rng, out, seconds)
    elif kind in ("pads", "speech over pads"):
        _sustained(rng, out, ("pad", "choir", "strings", "organ"), seconds, float(rng.uniform(3, 9)))
    elif kind == "strings":
        _sustained(rng, out, ("strings", "choir", "horn", "bowed"), seconds, float(rng.uniform(2, 7)))
    elif kind == "drone":
        _sustained(rng, out, ("pad", "church", "cello"), seconds, float(rng.uniform(10, 25)))
    elif kind == "chimes":
        _chimes(rng, out, seconds)
    elif kind == "solo line":
        _line(rng, out, seconds)
    return out


def weather(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Wind, rain or machine noise that swells slowly."""
    out = np.zeros(size)
    for _ in range(int(rng.integers(1, 4))):
        low = float(np.exp(rng.uniform(np.log(60), np.log(2500))))
        band = signal.butter(1, (low, min(low * rng.uniform(1.5, 6), 10000)), "band", fs=SAMPLE_RATE, output="sos")
        knots = int(rng.integers(5, 30))
        swell = np.interp(np.arange(size), np.linspace(0, size, knots), rng.uniform(0.05, 1, knots))
        layer = signal.sosfilt(band, rng.normal(0, 1, size))
        out += layer / layer.std() * swell * rng.uniform(0.3, 1)
    return out * 0.1


def speech(rng: np.random.Generator, seconds: float) -> NDArray[np.float64] | None:
    """Made-up sentences read by the ``espeak-ng`` program; None where it is not installed."""
    if shutil.which("espeak-ng") is None:
        return None
    out = np.zeros(round(seconds * SAMPLE_RATE))
    now = float(rng.uniform(0.2, 3))
    voice_name = str(rng.choice(VOICES))
    while now < seconds - 2:
        if rng.random() < 0.15:
            voice_name = str(rng.choice(VOICES))
        words = [str(w) for w in rng.choice(WORDS, int(rng.integers(3, 16)))]
        if rng.random() < 0.4:
            words[len(words) // 2] += ","
        speed, pitch = int(rng.integers(110, 240)), int(rng.integers(10, 90))
        command = ["espeak-ng", "-v", voice_name, "-s", str(speed), "-p", str(pitch), "--stdout", " ".join(words) + "."]
        data = subprocess.run(command, capture_output=True, check=False, timeout=60).stdout
        if len(data) < 100:
            return None
        with wave.open(io.BytesIO(data)) as file:
            rate = file.getframerate()
        # The length fields of a piped file are placeholders, so everything after the 44-byte header is sound.
        sound = np.frombuffer(data[44 : 44 + (len(data) - 44) // 2 * 2], "<i2") / 32768.0
        if rate != SAMPLE_RATE:
            sound = signal.resample_poly(sound, SAMPLE_RATE, rate)
        first = int(now * SAMPLE_RATE)
        part = sound[: max(0, len(out) - first)]
        out[first : first + len(part)] += part
        now += len(sound) / SAMPLE_RATE + float(rng.gamma(1.5, 0.4))
    return out
