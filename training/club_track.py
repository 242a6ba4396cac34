# SPDX-License-Identifier: GPL-3.0-or-later
"""What every player of a training song needs: the grid, the form, the harmony and a place to put sounds.

Conventions: positions in steps from the first downbeat, times in seconds, samples mono float32.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from training.club_arrange import Plan
from training.club_grid import Grid, Meter
from training.club_styles import Style
from training.piece import SAMPLE_RATE
from training.voices import Rng, Sound

SCALES = {
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dominant": (0, 1, 4, 5, 7, 8, 10),
}
LOOPS = (
    (0, 5, 2, 6), (0, 3, 4, 0), (5, 3, 0, 4), (0, 4, 5, 3), (0, 6, 5, 6), (0, 5), (0, 3), (0, 6), (0,), (0, 1),
    (0, 2, 5, 3), (3, 4, 5, 5), (0, 5, 3, 4), (0, 3, 6, 2), (5, 4, 0, 0), (0, 0, 3, 5), (0, 2, 3, 6, 0, 2, 5, 6),
)  # fmt: skip
"""Chord progressions as degrees of the scale from 0."""


@dataclass(frozen=True, slots=True)
class Chord:
    start: float
    length: float
    root: int
    notes: tuple[int, ...]


@dataclass(slots=True)
class Track:
    """One song being made; ``cuts`` are the spans of steps in which nothing but effects plays."""

    rng: Rng
    style_name: str
    style: Style
    grid: Grid
    plan: Plan
    kit: dict[str, list[Sound]]
    count: int
    scale: tuple[int, ...]
    tonic: int
    chords: list[Chord]
    kicks: list[float] = field(default_factory=list)
    kick_steps: list[tuple[float, float]] = field(default_factory=list)

    @property
    def meter(self) -> Meter:
        return self.grid.meter

    @property
    def end(self) -> int:
        """The step at which the song ends."""
        return self.plan.bars * self.meter.bar

    def bus(self) -> Sound:
        return np.zeros(self.count, np.float32)

    def put(self, bus: Sound, sound: Sound, time: float, gain: float = 1.0) -> None:
        start = round(time * SAMPLE_RATE)
        if start < 0:
            sound, start = sound[-start:], 0
        count = min(len(sound), len(bus) - start)
        if count > 0:
            bus[start : start + count] += np.float32(gain) * sound[:count]

    def level(self, part: str, step: float) -> float:
        """Gain of a part at a step; 0 in the gaps before drops."""
        bar = int(step // self.meter.bar)
        if not 0 <= bar < self.plan.bars:
            return 0.0
        gap = self.plan.gaps.get(bar, 0.0)
        if gap and step - bar * self.meter.bar >= (1 - gap) * self.meter.bar - 1e-6:
            return 0.0
        return float(self.plan.levels[part][bar])

    def chord_at(self, step: float) -> Chord:
        low, high = 0, len(self.chords) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.chords[middle].start <= step + 1e-6:
                low = middle
            else:
                high = middle - 1
        return self.chords[low]

    def scale_note(self, degree: int) -> int:
        octave, index = divmod(degree, len(self.scale))
        return self.tonic + 12 * octave + self.scale[index]


def harmony(rng: Rng, meter: Meter, plan: Plan, scale: tuple[int, ...], tonic: int) -> list[Chord]:
    """Chords through the song: a loop of degrees, each lasting half a bar to four bars; some songs change the loop
    in breaks, start it anew in every section, or end a whole tone higher."""
    bars = plan.bars
    other = LOOPS[int(rng.integers(len(LOOPS)))] if rng.random() < 0.25 else None
    anew = rng.random() < 0.5
    lifted = int(rng.integers(bars // 2, bars + 1)) if rng.random() < 0.04 else bars
    loop = LOOPS[int(rng.integers(len(LOOPS)))]
    length = meter.bar * float(rng.choice([0.5, 1, 1, 1, 2, 2, 4]))
    if length != int(length):
        length = float(meter.bar)
    tones = [(0, 2, 4), (0, 2, 4, 6), (0, 2, 4, 8), (0, 4), (0, 3, 4), (0, 2, 4, 6, 8)][
        int(rng.choice(6, p=[0.45, 0.25, 0.08, 0.07, 0.05, 0.1]))
    ]
    early = 2.0 if rng.random() < 0.08 and length >= meter.bar else 0.0
    chords, start, k = [], 0.0, 0
    place = -1
    while start < bars * meter.bar:
        label, first, _ = plan.section_of(int(start // meter.bar))
        if first != place:
            place, k = first, 0 if anew else k
        lift = 2 if start >= lifted * meter.bar else 0
        used = other if other and label in ("break", "bridge", "intro") else loop
        degree = used[k % len(used)]
        notes = []
        for tone in tones:
            octave, index = divmod(degree + tone, 7)
            note = tonic + 12 * octave + scale[index]
            while note > tonic + 15:
                note -= 12
            notes.append(note + lift)
        octave, index = divmod(degree, 7)
        begin = max(0.0, start - early)
        chords.append(Chord(begin, length, tonic + scale[index] + lift, tuple(sorted(set(notes)))))
        start += length
        k += 1
    return chords
