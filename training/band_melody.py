# SPDX-License-Identifier: GPL-3.0-or-later
"""Melodies: motifs that repeat, vary and come to rest on strong beats.

Conventions: positions and lengths in beats from the bar (motifs) or from the first downbeat (melodies).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .band_clock import Bar
from .band_harmony import nearest_chord_tone, scale_step


@dataclass(frozen=True, slots=True)
class Tone:
    """``key`` is a MIDI number, ``accent`` 0-1."""

    position: float
    length: float
    key: int
    accent: float


@dataclass(frozen=True, slots=True)
class Taste:
    """``grid`` steps per beat, ``density`` and ``syncopation`` 0-1, ``centre`` the middle key."""

    grid: int
    density: float
    syncopation: float
    centre: int
    tonic: int
    scale: tuple[int, ...]


def rhythm(rng: np.random.Generator, beats: int, taste: Taste, tail: bool = False) -> list[tuple[float, float]]:
    """(onset, length) pairs of one bar; ``tail`` ends the phrase: few notes, the last one long on a strong beat."""
    if tail:
        rest = int(rng.choice([0, 0, beats // 2]))
        onsets = [0.0] if rest == 0 else [0.0, *([float(rest // 2)] if rest > 1 else []), float(rest)]
        end = min(float(beats), onsets[-1] + rng.choice([1.0, 2.0, beats]))
        return [(a, b - a) for a, b in zip(onsets, [*onsets[1:], end], strict=True)]
    onsets = []
    for step in range(beats * taste.grid):
        place = step / taste.grid
        if step % taste.grid == 0:
            chance = 0.9 - 0.5 * taste.syncopation if step == 0 else 0.75 - 0.5 * taste.syncopation
            chance *= 0.6 + 0.6 * taste.density
        elif taste.grid % 2 == 0 and step % (taste.grid // 2) == 0:
            chance = 0.25 + 0.4 * taste.syncopation + 0.3 * (taste.density - 0.5)
        else:
            chance = 0.6 * taste.density * (0.35 + 0.5 * taste.syncopation) * (2.0 if taste.grid == 3 else 1.0)
        if rng.random() < chance:
            onsets.append(place)
    if not onsets:
        onsets = [0.0]
    gap = rng.choice([1.0, 1.0, 0.9, 0.5])
    return [(a, (b - a) * gap) for a, b in zip(onsets, [*onsets[1:], float(beats)], strict=True)]


def contour(rng: np.random.Generator, notes: int) -> list[int]:
    """Scale steps from note to note: mostly neighbours, now and then a leap that is filled again."""
    sizes = [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5]
    kinds = rng.choice(sizes, notes, p=[0.01, 0.03, 0.06, 0.11, 0.23, 0.12, 0.23, 0.11, 0.06, 0.03, 0.01])
    steps = [int(k) for k in kinds]
    for i in range(1, notes):
        if abs(steps[i - 1]) > 2:
            steps[i] = -int(np.sign(steps[i - 1]))
    return steps


def melody(rng: np.random.Generator, bars: Sequence[Bar], taste: Taste, pickup: float = 0.0) -> list[Tone]:
    """A line over ``bars`` in phrases of two or four bars, each begun ``pickup`` beats early."""
    if not bars:
        return []
    length = bars[0].beats
    phrase = int(rng.choice([2, 4, 4, 4])) if len(bars) >= 4 else len(bars)
    motifs = [(r := rhythm(rng, length, taste), contour(rng, len(r) + 8)) for _ in range(3)]
    plan = [[0, 1, 0], [0, 0, 1], [0, 1, 2], [0, 0, 0], [0, 1, 1]][int(rng.integers(5))]
    tail = rhythm(rng, length, taste, tail=True)
    out: list[Tone] = []
    key = taste.centre + int(rng.integers(-4, 5))
    rest_bars = rng.random() < 0.25
    for index, bar in enumerate(bars):
        place = index % phrase
        ends = place == phrase - 1
        if rest_bars and phrase == 4 and place == 3 and index != len(bars) - 1:
            continue
        if ends:
            cells, steps = tail, contour(rng, len(tail) + 8)
        else:
            cells, steps = motifs[plan[place % 3]]
            if rng.random() < 0.2:
                cells = rhythm(rng, length, taste)
                steps = contour(rng, len(cells) + 8)
        if place == 0 and pickup > 0:
            out = [t for t in out if t.position < bar.start - pickup - 1e-6]
            count = max(1, round(pickup * min(2, taste.grid)))
            start = key
            for n in range(count):
                at = bar.start - pickup + n * pickup / count
                start = scale_step(start, 1 if n else -count, taste.tonic, taste.scale)
                out.append(Tone(at, pickup / count * 0.95, start, 0.6))
            key = start
        for (onset, duration), step in zip(cells, steps, strict=False):
            if onset >= bar.beats:
                break
            pull = -1 if key > taste.centre + 9 else 1 if key < taste.centre - 9 else 0
            key = scale_step(key, step + pull * 2, taste.tonic, taste.scale)
            chord = bar.chords[min(len(bar.chords) - 1, int(onset / bar.beats * len(bar.chords)))]
            if ends or (onset % 1 == 0 and (onset == 0 or rng.random() < 0.6)):
                key = nearest_chord_tone(key + float(rng.uniform(-0.4, 0.4)), chord)
            key = int(np.clip(key, taste.centre - 15, taste.centre + 15))
            strong = 1.0 if onset == 0 else 0.8 if onset % 1 == 0 else 0.65
            out.append(Tone(bar.start + onset, min(duration, bar.beats - onset), key, strong))
    return out
