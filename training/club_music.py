# SPDX-License-Identifier: GPL-3.0-or-later
"""The pitched players of training songs: bass, pads, chord stabs, arpeggios, melodies and voices.

Conventions: each player returns one bus; a rhythm is a list of (step, length in steps, strength).
"""

from __future__ import annotations

import numpy as np

from training.club_track import Track
from training.voices import Rng, Sound, fast_size, log_uniform
from training.voices_tonal import VOWELS, Pad, Patch, Singer, make_pad, make_patch, make_singer

Rhythm = list[tuple[float, float, float]]


class Notes:
    """One patch with the notes it has played: every distinct note is rendered once."""

    def __init__(self, patch: Patch) -> None:
        self.patch = patch
        self.cache: dict[tuple, Sound] = {}

    def get(self, note: float, duration: float, from_note: float | None = None, wobble: float = 0.0) -> Sound:
        key = (note, round(duration, 3), from_note, round(wobble, 3))
        if key not in self.cache:
            sound = self.patch.note(note, round(duration, 3), from_note, wobble)
            self.cache[key] = sound / np.float32(np.abs(sound).max() + 1e-6)
        return self.cache[key]

    def chord(self, notes: tuple[int, ...], duration: float) -> Sound:
        key = (notes, round(duration, 3))
        if key not in self.cache:
            sound = np.sum([self.patch.note(note, round(duration, 3)) for note in notes], axis=0)
            self.cache[key] = sound / np.float32(np.abs(sound).max() + 1e-6)
        return self.cache[key]


def even(track: Track, every: float, start: float = 0.0, length: float = 0.9, bars: int = 1) -> Rhythm:
    """Hits every so many steps from ``start``; beats are strongest."""
    steps = np.arange(start, bars * track.meter.bar - 1e-6, every)
    return [(float(s), every * length, 1.0 if s % track.meter.steps == 0 else 0.75) for s in steps]


def syncopated(rng: Rng, track: Track, density: float, bars: int) -> Rhythm:
    """Random sixteenths, eighths likelier; some rhythms avoid the beats altogether."""
    total = bars * track.meter.bar
    steps = np.arange(total)
    chance = np.where(steps % track.meter.steps == 0, rng.uniform(0.1, 0.9), 0.0)
    half = max(1, track.meter.steps // 2)
    chance = np.where((steps % half == 0) & (chance == 0), rng.uniform(0.3, 0.9), chance)
    chance = np.where(chance == 0, rng.uniform(0.05, 0.5), chance)
    places = np.flatnonzero(rng.random(total) < chance * density)
    if len(places) == 0:
        places = np.array([0 if rng.random() < 0.5 else half])
    ends = np.append(places[1:], total)
    short = rng.uniform(0.4, 1.0)
    longest = float(rng.choice([1, 2, 4, 8]))
    return [
        (float(a), float(max(0.4, min((b - a) * short, longest))), float(rng.uniform(0.6, 1)))
        for a, b in zip(places, ends, strict=True)
    ]


def crossing(rng: Rng, track: Track) -> tuple[Rhythm, int]:
    """Hits every three (or five) steps through two or four bars: the pulse runs against the beat."""
    every = float(rng.choice([3, 3, 3, 5, 6, 1.5]))
    bars = int(rng.choice([1, 2, 4]))
    length = every * rng.uniform(0.4, 0.9)
    return [(float(s), length, 0.9) for s in np.arange(0, bars * track.meter.bar - 1, every)], bars


# -------------------------------------------------------------------------------------------- bass


def play_bass(track: Track, kind: str) -> Sound:
    rng, meter = track.rng, track.meter
    bus = track.bus()
    if kind == "none":
        return bus
    role = {"sub": "sub", "reese": "reese", "acid": "acid", "wobble": "wobble", "kick": "sub"}.get(kind, "bass")
    if track.style_name == "chiptune":
        role = "chip"
    notes = Notes(make_patch(rng, role))
    half = meter.steps / 2
    bars = 1
    if kind == "off":
        rhythm = even(track, meter.steps, half, 0.45)
    elif kind in ("eighths", "octave"):
        rhythm = even(track, half, 0, rng.uniform(0.4, 0.95))
    elif kind == "roll":
        rhythm = [(s, 0.8, 0.6 if s % meter.steps == 0 else 1.0) for s, _, _ in even(track, 1)]
    elif kind == "gallop":
        rhythm = [r for r in even(track, 1, 0, 0.8) if r[0] % meter.steps >= half]
    elif kind == "psy":
        rhythm = [r for r in even(track, 1, 0, 0.7) if r[0] % meter.steps != 0]
    elif kind == "reverse":
        rhythm = even(track, meter.steps, half / 2, 0.7)
    elif kind == "tresillo":
        rhythm = [(s, 2.5, 1.0) for s in np.arange(0, meter.bar, 8) for s in (s, s + 3, s + 6) if s < meter.bar]
    elif kind == "rumble":
        rhythm = [r for r in even(track, 1, 0, 1.0) if r[0] % meter.steps >= 1]
    elif kind == "acid":
        rhythm = syncopated(rng, track, rng.uniform(0.8, 1.6), 1)
    elif kind in ("sub", "reese") and rng.random() < 0.5:
        rhythm = [(0.0, meter.bar * 0.97, 1.0)]
    elif kind == "wobble":
        rhythm = [(float(s), meter.bar / 4 * 0.97, 1.0) for s in np.arange(0, meter.bar, meter.bar / 4)]
        rhythm = [r for r in rhythm if rng.random() < 0.8] or rhythm
    else:
        bars = int(rng.choice([1, 1, 2]))
        rhythm = syncopated(rng, track, rng.uniform(0.5, 1.2), bars)
    if kind == "kick":
        return _follow_kick(track, notes, bus)
    octave = {"sub": -12, "kick": -12, "acid": -12}.get(kind, -12 if rng.random() < 0.7 else 0)
    line = (
        [int(rng.choice([0, 0, 0, 7, 12, 3, 10])) for _ in rhythm] if kind in ("acid", "synco") else [0] * len(rhythm)
    )
    slides = rng.random(len(rhythm)) < (0.3 if kind == "acid" else 0.05)
    rates = rng.choice([1, 2, 3, 4, 6, 8], len(rhythm))
    before: float | None = None
    for bar in range(0, track.plan.bars, bars):
        for k, (step, length, power) in enumerate(rhythm):
            place = bar * meter.bar + step
            level = track.level("bass", place) if place < track.end else 0.0
            if not level:
                continue
            root = track.chord_at(place).root + octave - 12
            while root < 28:
                root += 12
            note = root + line[k] + (12 if kind == "octave" and k % 2 else 0)
            duration = length * track.grid.step_seconds(place)
            wobble = float(rates[k]) / (meter.steps * track.grid.step_seconds(place)) if kind == "wobble" else 0.0
            sound = notes.get(note, duration, before if slides[k] else None, wobble)
            track.put(bus, sound, float(track.grid.swung(place)), level * power)
            before = note
    return bus


def _follow_kick(track: Track, notes: Notes, bus: Sound) -> Sound:
    """Long low notes wherever the kick hits, cut by the next one."""
    step_length = track.grid.step_seconds()
    for (step, power), after in zip(track.kick_steps, [*track.kick_steps[1:], (track.end, 0.0)], strict=True):
        if track.level("bass", step):
            root = track.chord_at(step).root - 24
            root += 12 if root < 26 else 0
            duration = min(max(after[0] - step, 1.0) * 0.95, 8.0) * step_length
            track.put(bus, notes.get(root, duration), float(track.grid.swung(step)), power)
    return bus


# ------------------------------------------------------------------------------------------ chords


def play_pad(track: Track) -> Sound:
    """Held chords; sometimes chopped by a gate in sixteenths, sometimes one drone for the whole song."""
    rng = track.rng
    bus = track.bus()
    pad: Pad = make_pad(rng)
    drone = rng.random() < 0.12
    shift = int(rng.choice([-12, 0, 0, 12]))
    cache: dict[tuple, Sound] = {}
    for chord in track.chords:
        level = track.level("pad", chord.start + 0.01)
        if not level:
            continue
        notes = (track.tonic, track.tonic + 7) if drone else chord.notes
        duration = round(chord.length * track.grid.step_seconds(chord.start), 3)
        key = (notes, duration)
        if key not in cache:
            cache[key] = pad.chord([note + shift for note in notes], duration)
        track.put(bus, cache[key], float(track.grid.time(chord.start)), level)
    if rng.random() < 0.2:
        bus *= gate(track)
    elif rng.random() < 0.25:
        rate = float(rng.choice([0.5, 1, 2, 4])) / track.meter.bar
        steps = np.interp(np.arange(track.count), *_step_curve(track))
        bus *= (0.65 + 0.35 * np.cos(2 * np.pi * rate * steps)).astype(np.float32)
    return bus


def _step_curve(track: Track) -> tuple[np.ndarray, np.ndarray]:
    steps = np.arange(0, track.end + 1, track.meter.steps, dtype=float)
    return track.grid.time(steps) * 22050, steps


def gate(track: Track) -> Sound:
    """Open and shut on a random pattern of sixteenths."""
    rng = track.rng
    pattern = rng.random(track.meter.bar) < rng.uniform(0.4, 0.9)
    pattern[0] = True
    gain = np.full(track.count, 0.08, np.float32)
    for bar in range(track.plan.bars):
        for k in np.flatnonzero(pattern):
            start, end = np.round(track.grid.time(bar * track.meter.bar + k + np.array([0.0, 0.85])) * 22050).astype(
                int
            )
            gain[max(start, 0) : max(end, 0)] = 1
    kernel = np.hanning(130).astype(np.float32)
    size = fast_size(len(gain) + 256)
    smooth = np.fft.irfft(np.fft.rfft(gain, size) * np.fft.rfft(kernel / kernel.sum(), size), size)
    return smooth[: track.count].astype(np.float32)


def _loop(track: Track, part: str, rhythm: Rhythm, bars: int):
    """Every (place, index, length in seconds, gain) of a rhythm that repeats through the song where a part plays."""
    for bar in range(0, track.plan.bars, bars):
        for k, (step, length, power) in enumerate(rhythm):
            place = bar * track.meter.bar + step
            level = track.level(part, place) if place < track.end else 0.0
            if level:
                yield place, k, length * track.grid.step_seconds(place), level * power


def play_stabs(track: Track) -> Sound:
    rng, meter = track.rng, track.meter
    bus = track.bus()
    role = str(rng.choice(["stab", "keys", "organ", "pluck"], p=[0.5, 0.25, 0.12, 0.13]))
    notes = Notes(make_patch(rng, "chip" if track.style_name == "chiptune" else role))
    bars = int(rng.choice([1, 1, 2]))
    pick = rng.random()
    if pick < 0.2:
        rhythm = even(track, meter.steps, meter.steps / 2, 0.4)
    elif pick < 0.35:
        rhythm = even(track, meter.steps, 0, rng.uniform(0.3, 0.9))
    elif pick < 0.45:
        rhythm = [(0.0, meter.bar * 0.9, 1.0)]
    elif pick < 0.6:
        rhythm, bars = crossing(rng, track)
    else:
        rhythm = syncopated(rng, track, rng.uniform(0.3, 0.9), bars)
    shift = int(rng.choice([0, 0, 12]))
    parallel = rng.random() < 0.2
    for place, _, duration, gain in _loop(track, "stab", rhythm, bars):
        chord = track.chord_at(place)
        tones = tuple(chord.root + k for k in (0, 3, 7, 10)) if parallel else chord.notes
        sound = notes.chord(tuple(note + shift for note in tones), duration)
        track.put(bus, sound, float(track.grid.swung(place)), gain)
    return bus


def play_arp(track: Track) -> Sound:
    """Chord tones in a running figure, from quarters to thirty-seconds, or across the beat."""
    rng, meter = track.rng, track.meter
    bus = track.bus()
    role = str(rng.choice(["pluck", "bell", "chip", "acid", "keys", "lead"], p=[0.5, 0.12, 0.1, 0.1, 0.12, 0.06]))
    notes = Notes(make_patch(rng, "chip" if track.style_name == "chiptune" else role))
    pick = rng.random()
    bars = 1
    if pick < 0.62:
        every = float(rng.choice([1, 1, 1, 2, 2, meter.steps, 0.5, meter.steps / 3]))
        rhythm = even(track, every, 0, rng.uniform(0.4, 1.0))
        if rng.random() < 0.4:
            rhythm = [r for r in rhythm if rng.random() < 0.75] or rhythm
    elif pick < 0.8:
        rhythm, bars = crossing(rng, track)
    else:
        bars = int(rng.choice([1, 2]))
        rhythm = syncopated(rng, track, rng.uniform(0.6, 1.4), bars)
    order = rng.integers(0, 6, int(rng.choice([3, 4, 5, 6, 8, 16])))
    if rng.random() < 0.4:
        order = np.arange(len(order)) % int(rng.integers(3, 6))
    flat = rng.random() < 0.3
    shift = int(rng.choice([0, 12, 12, 24]))
    for place, k, duration, gain in _loop(track, "arp", rhythm, bars):
        chord = track.chord_at(place)
        octave, index = divmod(int(order[k % len(order)]), len(chord.notes))
        note = chord.notes[index] + 12 * octave + shift
        track.put(bus, notes.get(note, duration), float(track.grid.swung(place)), 1.0 if flat else gain)
    return bus


# ---------------------------------------------------------------------------------------- melodies


def _melody(track: Track, bars: int) -> tuple[Rhythm, list[int]]:
    """A motif of scale degrees that mostly moves by step."""
    rng = track.rng
    rhythm = syncopated(rng, track, rng.uniform(0.25, 0.9), bars)
    degree, degrees = int(rng.integers(0, 7)), []
    for _ in rhythm:
        degree += int(rng.choice([-3, -2, -1, -1, 0, 1, 1, 2, 3]))
        degree = min(max(degree, -3), 10)
        degrees.append(degree)
    return rhythm, degrees


def play_lead(track: Track) -> Sound:
    rng = track.rng
    bus = track.bus()
    role = str(rng.choice(["lead", "pluck", "bell", "keys", "chip"], p=[0.55, 0.17, 0.1, 0.12, 0.06]))
    notes = Notes(make_patch(rng, "chip" if track.style_name == "chiptune" else role))
    bars = int(rng.choice([1, 2, 4]))
    rhythm, degrees = _melody(track, bars)
    answer, answer_degrees = _melody(track, bars)
    glide = rng.random() < 0.3
    loose = rng.uniform(0, 0.012) if rng.random() < 0.3 else 0.0
    shift = int(rng.choice([0, 12]))
    before: float | None = None
    for place, k, duration, gain in _loop(track, "lead", [*rhythm, *answer], bars):
        second = int(place // (bars * track.meter.bar)) % 4 == 3
        if second != (k >= len(rhythm)):
            continue
        degree = [*degrees, *answer_degrees][k]
        note = float(track.scale_note(degree) + shift)
        time = float(track.grid.swung(place)) + float(rng.normal(0, loose) if loose else 0.0)
        track.put(bus, notes.get(note, duration, before if glide else None), time, gain)
        before = note
    return bus


def play_vocal(track: Track) -> Sound:
    """Chopped syllables on the grid, sung phrases that drift around it, or quick spoken ones."""
    rng, meter = track.rng, track.meter
    bus = track.bus()
    singer: Singer = make_singer(rng)
    manner = str(rng.choice(["chop", "sung", "rap"], p=[0.4, 0.4, 0.2]))
    loose = 0.0 if manner == "chop" else rng.uniform(0.008, 0.035)
    bars = int(rng.choice([1, 2] if manner == "chop" else [2, 4]))
    density = {"chop": rng.uniform(0.2, 0.7), "sung": rng.uniform(0.2, 0.6), "rap": rng.uniform(0.9, 1.6)}[manner]
    rhythm = syncopated(rng, track, density, bars)
    if manner != "chop":  # breathe at the end of the phrase
        rhythm = [r for r in rhythm if r[0] < bars * meter.bar * rng.uniform(0.65, 0.95)] or rhythm
    shift = int(rng.choice([0, 12, -12])) if manner == "chop" else int(rng.choice([0, -12]))
    degrees = np.clip(np.cumsum(rng.integers(-2, 3, len(rhythm))), -3, 8)
    words = [(str(rng.choice(list(VOWELS))), str(rng.choice(list(VOWELS)))) for _ in rhythm]
    cache: dict[tuple, Sound] = {}
    attack = log_uniform(rng, 0.004, 0.06)
    for place, k, duration, gain in _loop(track, "vocal", rhythm, bars):
        note = track.tonic + shift + (int(degrees[k]) // 2 if manner == "rap" else 0)
        if manner != "rap":
            note = track.scale_note(int(degrees[k])) + shift
        duration = round(min(duration, 1.6), 2)
        key = (note, duration, words[k])
        if key not in cache:
            cache[key] = singer.syllable(note, duration, words[k], bool(rng.random() < 0.5), attack)
        time = float(track.grid.swung(place)) + (float(rng.normal(0, loose)) if loose else 0.0)
        track.put(bus, cache[key], time, gain)
    return bus
