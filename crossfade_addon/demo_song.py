# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo song "First Light", synthesised from nothing: 24 bars of house at 124 bpm with two drops.

Conventions: stereo arrays are (samples, 2) float32 at 44.1 kHz; positions are in bars or beats from the
song's first sample; every random number comes from one fixed seed, so the bytes are always the same.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 44100
BPM = 124.0
BEAT_S = 60 / BPM
BAR_S = 4 * BEAT_S
PARTS = (("intro", 4), ("build", 4), ("drop", 6), ("break", 2), ("build", 2), ("drop", 4), ("outro", 2))
"""Section types and their lengths in bars."""
BARS = sum(length for _, length in PARTS)
TITLE, ARTIST = "First Light", "Crossfade"
CHORDS = {
    "Am": (57, 60, 64, 67),
    "F": (53, 57, 60, 64),
    "C": (55, 60, 64, 67),
    "G": (55, 59, 62, 67),
}
"""MIDI notes: vi, IV, I and V of C major with added sevenths, close together so that voices move by step."""
_LOOP = ("Am", "F", "C", "G")
PROGRESSION = (*_LOOP, "F", "F", "G", "G", *_LOOP, "F", "G", "Am", "F", "F", "G", *_LOOP, "F", "C")
"""One chord a bar; every drop begins on Am, the song ends at home on C."""
ROOTS = {"Am": 33, "F": 29, "C": 36, "G": 31}
DROP_BARS, BUILDS = (8, 18), ((4, 8), (16, 18))
LINES = (
    (2.0, 3.5, "Hold on to the night"),
    (4.0, 5.0, "Can you feel it rise?"),
    (6.0, 7.0, "Hands up to the sky"),
    (7.0, 7.75, "Here it comes!"),
    (8.0, 9.0, "First light!"),
    (10.0, 11.0, "We are wide awake!"),
    (14.0, 15.5, "Breathe with me"),
    (16.0, 17.0, "One more sunrise"),
    (18.0, 19.0, "First light!"),
    (22.0, 23.5, "Stay until the morning"),
)
"""Lyrics as (first bar, last bar, words), in bars from 0."""
LOUDNESS_GAIN = 0.78
"""Drive into the limiter; set so that the song measures -14 LUFS (EBU R 128)."""
CEILING = 0.8
Stereo = NDArray[np.float32]
Mono = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DemoSong:
    """The files and the exact truth about them, times in seconds."""

    audio: Path
    lyrics: Path
    title: str
    artist: str
    bpm: float
    duration: float
    beats: tuple[float, ...]
    downbeats: tuple[float, ...]
    sections: tuple[tuple[float, str], ...]
    drops: tuple[float, ...]


def write_demo(folder: Path) -> DemoSong:
    """Write ``first_light.wav`` and ``first_light.lrc`` into a folder (made if need be)."""
    folder.mkdir(parents=True, exist_ok=True)
    audio, lyrics = folder / "first_light.wav", folder / "first_light.lrc"
    audio.write_bytes(_wav(np.round(render() * 32767).astype("<i2").tobytes()))
    lyrics.write_text(_lrc(), encoding="utf-8")
    starts = np.cumsum([0, *(length for _, length in PARTS)])
    return DemoSong(
        audio=audio,
        lyrics=lyrics,
        title=TITLE,
        artist=ARTIST,
        bpm=BPM,
        duration=_length() / RATE,
        beats=tuple(k * BEAT_S for k in range(4 * BARS)),
        downbeats=tuple(k * BAR_S for k in range(BARS)),
        sections=tuple((float(bar) * BAR_S, name) for bar, (name, _) in zip(starts, PARTS, strict=False)),
        drops=tuple(bar * BAR_S for bar in DROP_BARS),
    )


def render() -> Stereo:
    """The finished mix, peaks at or below :data:`CEILING`."""
    rng = np.random.default_rng(20)
    duck, duck_soft = _sidechain(0.85), _sidechain(0.55)
    music = 1.15 * _chords() * duck[:, None] + 0.62 * _pads() * duck_soft[:, None]
    music += 0.42 * _arpeggio() * duck_soft[:, None]
    low = 0.3 * _bass() * duck
    drums = _drums(rng)
    effects = 0.5 * _rises(rng) + _impacts(rng)
    mix = _filtered(music + low[:, None] + drums + effects, 0, 15500)
    return _limit(_faded(mix * np.float32(LOUDNESS_GAIN)))


# ------------------------------------------------------------------------------------------- time


def _at(bar: float) -> int:
    """Sample of a position in bars."""
    return round(bar * BAR_S * RATE)


def _length() -> int:
    return _at(BARS)


def _put(track: NDArray, sound: NDArray, bar: float, gain: float = 1.0) -> None:
    """Add a sound to a track, cut at the track's end."""
    start = _at(bar)
    count = min(len(sound), len(track) - start)
    if count > 0:
        track[start : start + count] += np.float32(gain) * sound[:count]


def _part_at(bar: float) -> str:
    first = 0
    for name, length in PARTS:
        if bar < first + length:
            return name
        first += length
    return PARTS[-1][0]


def _seconds(duration: float) -> Mono:
    return (np.arange(int(duration * RATE)) / RATE).astype(np.float32)


def _envelope(duration: float, attack: float, fall: float, release: float = 0.005) -> Mono:
    """Rise over ``attack``, exponential fall with time constant ``fall``, and a short ramp to zero at the end."""
    t = _seconds(duration)
    rise = np.minimum(t / max(attack, 1e-4), 1)
    end = np.clip((duration - t) / release, 0, 1)
    return (rise * np.exp(-np.maximum(t - attack, 0) / fall) * end).astype(np.float32)


# --------------------------------------------------------------------------------------- sources


def _pitch(note: float) -> float:
    return 440 * 2 ** ((note - 69) / 12)


def _saw(hz: float, count: int, phase: float) -> Mono:
    """Sawtooth with rounded steps (PolyBLEP, Valimaki and Huovilainen 2007), nearly free of aliasing."""
    step = hz / RATE
    turn = (phase + step * np.arange(count)) % 1.0
    wave_form = 2 * turn - 1
    start, end = turn < step, turn > 1 - step
    x = turn[start] / step
    wave_form[start] -= 2 * x - x * x - 1
    x = (turn[end] - 1) / step
    wave_form[end] -= x * x + 2 * x + 1
    return wave_form.astype(np.float32)


def _filtered(sound: NDArray, low_hz: float = 0.0, high_hz: float = 0.0) -> NDArray:
    """Keep what lies above ``low_hz`` and below ``high_hz`` (Butterworth magnitudes of 2nd order, zero phase)."""
    size = _fast_size(len(sound) + RATE // 10)
    hz = np.fft.rfftfreq(size, 1 / RATE)
    gain = np.ones(len(hz))
    if high_hz:
        gain /= np.sqrt(1 + (hz / high_hz) ** 4)
    if low_hz:
        gain *= (hz / low_hz) ** 2 / np.sqrt(1 + (hz / low_hz) ** 4)
    shape = gain if sound.ndim == 1 else gain[:, None]
    return np.fft.irfft(np.fft.rfft(sound, size, axis=0) * shape, size, axis=0)[: len(sound)].astype(np.float32)


def _fast_size(least: int) -> int:
    """The smallest length from ``least`` on that the Fourier transform likes: 2, 3 or 5 times a power of two."""
    return min(k << max(0, -(-least // k) - 1).bit_length() for k in (2, 3, 5))


def _noise(rng: np.random.Generator, duration: float, low_hz: float = 0.0, high_hz: float = 0.0) -> Stereo:
    return _filtered(rng.standard_normal((int(duration * RATE), 2)).astype(np.float32), low_hz, high_hz)


def _supersaw(notes: tuple[int, ...], duration: float) -> Stereo:
    """Five detuned saws per note, spread over the stereo picture."""
    count = int(duration * RATE)
    sound = np.zeros((count, 2), np.float32)
    for k, note in enumerate(notes):
        for voice, cents in enumerate((-13, -6, 0, 7, 12)):
            tone = _saw(_pitch(note + cents / 100), count, (0.37 * k + 0.61 * voice) % 1)
            pan = 0.5 + 0.4 * (voice - 2) / 2 * (1 if k % 2 else -1)
            sound[:, 0] += np.float32(np.cos(pan * np.pi / 2)) * tone
            sound[:, 1] += np.float32(np.sin(pan * np.pi / 2)) * tone
    return sound / np.float32(5 * len(notes)) * 2


# ---------------------------------------------------------------------------------------- players


def _chord_bars() -> dict[str, Stereo]:
    return {name: _supersaw((*notes, notes[0] + 12), BAR_S + 0.01) for name, notes in CHORDS.items()}


def _chords() -> Stereo:
    """Bright stabs in the drops (a 3-3-2 figure with the last held), opening slowly through the builds."""
    track = np.zeros((_length(), 2), np.float32)
    raw = _chord_bars()
    bright = {name: _filtered(sound, 180, 9000) for name, sound in raw.items()}
    dark = {name: _filtered(sound, 180, 900) for name, sound in raw.items()}
    for bar, name in enumerate(PROGRESSION):
        part = _part_at(bar)
        if part == "drop":
            for sixteenth, length in ((0, 3), (3, 3), (6, 2), (8, 3), (11, 3), (14, 2)):
                duration = length / 16 * BAR_S * 0.92
                shape = _envelope(duration, 0.004, 0.35, 0.02)[:, None]
                start = int(sixteenth / 16 * BAR_S * RATE)
                _put(track, bright[name][start : start + len(shape)] * shape, bar + sixteenth / 16)
        elif part == "build":
            first, last = next(span for span in BUILDS if span[0] <= bar < span[1])
            opening = np.linspace(bar - first, bar - first + 1, len(dark[name]), dtype=np.float32)[:, None]
            opening = opening / (last - first)
            pulse = _pulse_eighths(len(dark[name]))[:, None]
            sound = (dark[name] * (1 - opening) + bright[name] * opening**2) * pulse
            ends = _envelope(BAR_S, 0.01, 50.0, 0.02)[:, None]
            hold = len(ends) if bar + 1 < last else int(0.75 * len(ends))
            shape = ends[:hold] if hold == len(ends) else _envelope(hold / RATE, 0.01, 50.0, 0.02)[:, None]
            _put(track, sound[: len(shape)] * shape, bar, 0.6 + 0.25 * (bar - first) / (last - first))
    return track


def _pulse_eighths(count: int) -> Mono:
    """Gate in eighth notes, soft edged."""
    turn = (np.arange(count) / (BEAT_S / 2 * RATE)) % 1
    return (0.35 + 0.65 * np.clip(turn / 0.04, 0, 1) * np.exp(-1.8 * turn)).astype(np.float32)


def _pads() -> Stereo:
    """Soft chords in intro, break and outro, one bar each with overlapping ends."""
    track = np.zeros((_length(), 2), np.float32)
    long = {name: _filtered(_supersaw(notes, BAR_S + 0.4), 120, 1400) for name, notes in CHORDS.items()}
    shape = _envelope(BAR_S + 0.4, 0.25, 50.0, 0.4)[:, None]
    for bar, name in enumerate(PROGRESSION):
        part = _part_at(bar)
        if part in ("intro", "break", "outro"):
            _put(track, long[name] * shape, bar, 0.9 if part == "break" else 0.6)
        elif part == "drop":
            _put(track, long[name] * shape, bar, 0.3)
    return track


def _pluck(note: int, bright: bool) -> Mono:
    duration = 0.34
    t = _seconds(duration)
    tone = np.zeros(len(t), np.float32)
    for harmonic in range(1, 10 if bright else 5):
        fall = 0.16 / harmonic**0.7
        tone += np.sin(2 * np.pi * _pitch(note) * harmonic * t) * np.exp(-t / fall) / harmonic**1.2
    return (tone * _envelope(duration, 0.002, 1.0, 0.03)).astype(np.float32)


def _arpeggio() -> Stereo:
    """Sixteenths over the chord tones with a dotted eighth echo that changes sides; sparse in the break."""
    dry = np.zeros((_length(), 2), np.float32)
    order = (0, 2, 1, 3, 2, 4, 3, 1)
    cache: dict[tuple[int, bool], Mono] = {}
    for bar, name in enumerate(PROGRESSION):
        part = _part_at(bar)
        notes = [note + 12 for note in CHORDS[name]]
        notes.append(notes[0] + 12)
        quiet = part in ("intro", "break", "outro")
        for k in range(16):
            if (quiet and k % 2) or (part == "build" and bar + 1 in DROP_BARS and k >= 12):
                continue
            key = (notes[order[k % 8 if not quiet else k // 2]], part == "drop")
            sound = cache.setdefault(key, _pluck(*key))
            accent = 1.0 if k % 4 == 0 else 0.7 if k % 2 == 0 else 0.5
            side = 0.5 + 0.25 * np.sin(2 * np.pi * k / 16)
            stereo = np.stack([sound * (1 - side), sound * side], axis=1)
            _put(dry, stereo, bar + k / 16, accent * (0.8 if quiet else 0.6))
    wet = dry.copy()
    delay = round(0.75 * BEAT_S * RATE)
    echo = dry
    for gain in (0.45, 0.22, 0.1):
        echo = np.concatenate([np.zeros((delay, 2), np.float32), echo[:-delay, ::-1]])
        wet += np.float32(gain) * echo
    return wet


def _bass() -> Mono:
    """Off-beat eighths under the drops: a saw with its octave rolled off, and a sine below."""
    track = np.zeros(_length(), np.float32)
    for bar, name in enumerate(PROGRESSION):
        if _part_at(bar) != "drop":
            continue
        root = ROOTS[name]
        duration = BEAT_S / 2 * 0.95
        count = int(duration * RATE)
        tone = _filtered(_saw(_pitch(root + 12), count, 0.0), 0, 500)
        tone = 0.5 * tone + 0.9 * np.sin(2 * np.pi * _pitch(root if root >= 31 else root + 12) * _seconds(duration))
        note = (tone * _envelope(duration, 0.006, 0.6, 0.02)).astype(np.float32)
        for eighth in range(8):
            _put(track, note, bar + eighth / 8, 1.0 if eighth % 2 else 0.55)
    return track


def _kick_bars() -> list[float]:
    """Positions of all kicks: four on the floor in the drops and the first outro bar."""
    return [bar + beat / 4 for bar in range(BARS) if _part_at(bar) == "drop" or bar == BARS - 2 for beat in range(4)]


def _sidechain(depth: float) -> Mono:
    """Gain that ducks at every kick and is back after most of a beat."""
    gain = np.ones(_length(), np.float32)
    t = _seconds(BEAT_S)
    dip = (1 - depth * np.exp(-((t / 0.16) ** 2))).astype(np.float32)
    dip[:88] = np.linspace(1, dip[88], 88, dtype=np.float32)
    for position in _kick_bars():
        start = _at(position)
        count = min(len(dip), len(gain) - start)
        gain[start : start + count] = np.minimum(gain[start : start + count], dip[:count])
    return gain


def _drums(rng: np.random.Generator) -> Stereo:
    track = np.zeros((_length(), 2), np.float32)
    t = _seconds(0.42)
    sweep = 2 * np.pi * np.cumsum(46 + 170 * np.exp(-t / 0.028)) / RATE
    kick = np.sin(sweep) * _envelope(0.42, 0.0008, 0.15, 0.05)
    knock = _noise(rng, 0.012, 1500, 7000)[:, 0] * _envelope(0.012, 0.0004, 0.003, 0.004)
    kick[: len(knock)] += 0.25 * knock
    kick_stereo = np.repeat(kick.astype(np.float32)[:, None], 2, axis=1)
    for position in _kick_bars():
        _put(track, kick_stereo, position, 0.62)
    clap = _clap(rng)
    closed = _noise(rng, 0.07, 8000) * _envelope(0.07, 0.0005, 0.018)[:, None]
    opened = _noise(rng, 0.24, 7000) * _envelope(0.24, 0.001, 0.09, 0.04)[:, None]
    for bar in range(BARS):
        part = _part_at(bar)
        in_gap = [k >= 12 and bar + 1 in DROP_BARS for k in range(16)]
        for k in range(16):
            if in_gap[k] or part == "break" or (part == "intro" and bar < 2) or bar == BARS - 1:
                continue
            level = 0.2 if k % 4 == 0 else 0.12 if k % 2 else 0.29
            if part in ("intro", "build", "outro") and k % 2 == 0:
                _put(track, closed, bar + k / 16, 0.6 * level)
            elif part == "drop":
                _put(track, opened if k % 4 == 2 else closed, bar + k / 16, level)
        if part == "drop" or bar == BARS - 2:
            for beat in (1, 3):
                _put(track, clap, bar + beat / 4, 0.6)
    _roll(track, rng)
    return track


def _clap(rng: np.random.Generator) -> Stereo:
    sound = np.zeros((int(0.3 * RATE), 2), np.float32)
    for delay, gain in ((0.0, 0.6), (0.010, 0.5), (0.021, 1.0)):
        burst = _noise(rng, 0.27, 900, 6500) * _envelope(0.27, 0.0008, 0.012 if gain < 1 else 0.075, 0.05)[:, None]
        start = int(delay * RATE)
        sound[start : start + len(burst)] += np.float32(gain) * burst[: len(sound) - start]
    return sound


def _roll(track: Stereo, rng: np.random.Generator) -> None:
    """Snares that double their rate through each build and stop a beat before the drop."""
    t = _seconds(0.16)
    body = np.sin(2 * np.pi * (190 * t + 3 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.05)
    snare = _noise(rng, 0.16, 1200, 9000) * _envelope(0.16, 0.0006, 0.055, 0.03)[:, None] + 0.5 * body[:, None]
    snare = _filtered(snare.astype(np.float32), 220)
    for first, last in BUILDS:
        beats = 4 * (last - first)
        position = 0.0
        while position < beats - 1:
            done = position / beats
            _put(track, snare, first + position / 4, 0.18 + 0.26 * done**1.5)
            position += 1.0 if done < 0.5 else 0.5 if done < 0.75 else 0.25


def _rises(rng: np.random.Generator) -> Stereo:
    """Noise that grows brighter and a gliding tone through each build, both cut a beat before the drop."""
    track = np.zeros((_length(), 2), np.float32)
    for first, last in BUILDS:
        duration = (last - first - 0.25) * BAR_S
        done = np.linspace(0, 1, int(duration * RATE), dtype=np.float32)
        end = np.clip((1 - done) * duration / 0.02, 0, 1)
        hiss = _noise(rng, duration)
        bright, dark = _filtered(hiss, 5000), _filtered(hiss, 600, 3000)
        sound = (dark * (1 - done[:, None]) * 0.5 + bright * done[:, None]) * (done**2)[:, None] * 0.45
        glide = np.sin(2 * np.pi * np.cumsum(220 * 2 ** (2 * done.astype(np.float64))) / RATE) * done**2 * 0.12
        _put(track, ((sound + glide[:, None]) * end[:, None]).astype(np.float32), first)
    return track


def _impacts(rng: np.random.Generator) -> Stereo:
    """Boom and crash on each drop, a soft crash where the break and the outro begin, a swell before the break ends."""
    track = np.zeros((_length(), 2), np.float32)
    t = _seconds(1.6)
    boom = np.sin(2 * np.pi * np.cumsum(38 + 60 * np.exp(-t / 0.09)) / RATE) * _envelope(1.6, 0.002, 0.4, 0.2)
    crash = _noise(rng, 2.4, 3500) * _envelope(2.4, 0.001, 0.55, 0.3)[:, None]
    for bar in DROP_BARS:
        _put(track, np.repeat(boom.astype(np.float32)[:, None], 2, axis=1), bar, 0.3)
        _put(track, crash, bar, 0.22)
    for bar in (14, 22):
        _put(track, crash, bar, 0.16)
    return track


# --------------------------------------------------------------------------------------- mastering


def _faded(mix: Stereo) -> Stereo:
    """No click at either end: 2 ms in, the last bar out."""
    count = round(0.002 * RATE)
    mix[:count] *= np.linspace(0, 1, count, dtype=np.float32)[:, None]
    tail = _length() - _at(BARS - 1)
    mix[-tail:] *= np.cos(np.linspace(0, np.pi / 2, tail, dtype=np.float32))[:, None] ** 2
    return mix


def _limit(mix: Stereo) -> Stereo:
    """Soft limiter: straight up to half the ceiling, then bent so that the ceiling is never passed."""
    knee = CEILING / 2
    size = np.abs(mix)
    bent = knee + (CEILING - knee) * np.tanh((size - knee) / (CEILING - knee))
    return (np.sign(mix) * np.where(size > knee, bent, size)).astype(np.float32)


def _wav(samples: bytes) -> bytes:
    """RIFF WAVE of 16-bit stereo, with title and artist in an INFO list before the samples."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    layout = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, RATE, 4 * RATE, 4, 16))
    tags = [chunk(name, text.encode() + b"\0") for name, text in ((b"INAM", TITLE), (b"IART", ARTIST))]
    return chunk(b"RIFF", b"WAVE" + layout + chunk(b"LIST", b"INFO" + b"".join(tags)) + chunk(b"data", samples))


def _stamp(bar: float) -> str:
    minutes, seconds = divmod(bar * BAR_S, 60)
    return f"{int(minutes):02d}:{seconds:05.2f}"


def _timed(first: float, last: float, line: str) -> str:
    """The line with a time before every word, evenly on eighth notes."""
    words = line.split()
    step = max(1, int((last - first) * 8 / len(words))) / 8
    said = " ".join(f"<{_stamp(first + k * step)}>{word}" for k, word in enumerate(words))
    return f"{said}<{_stamp(min(last, first + len(words) * step))}>"


def _lrc() -> str:
    rows = [f"[ti:{TITLE}]", f"[ar:{ARTIST}]", "[la:en]"]
    for k, (first, last, words) in enumerate(LINES):
        rows.append(f"[{_stamp(first)}]{_timed(first, last, words)}")
        if k + 1 == len(LINES) or LINES[k + 1][0] > last:
            rows.append(f"[{_stamp(last)}]")
    return "\n".join(rows) + "\n"
