# SPDX-License-Identifier: GPL-3.0-or-later
"""Chords, scales and progressions.

Conventions: keys are MIDI numbers, pitch classes 0-11 above C, degrees Roman numerals over the major scale.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ROMAN = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "mmaj7": (0, 3, 7, 11),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "o": (0, 3, 6),
    "o7": (0, 3, 6, 9),
    "h7": (0, 3, 6, 10),
    "+": (0, 4, 8),
    "sus": (0, 5, 7),
    "sus2": (0, 2, 7),
    "5": (0, 7, 12),
}
SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "spanish": (0, 1, 4, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}

PROGRESSIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pop": (
        ("major", "pentatonic", "mixolydian"),
        (
            "I V vi IV",
            "vi IV I V",
            "I vi IV V",
            "I IV vi V",
            "I iii IV V",
            "IV V iii vi",
            "I I IV V",
            "I V IV IV",
            "I bVII IV I",
            "ii IV I V",
            "I V vi IV,V",
            "Iadd9 V vi7 IVadd9",
            "I IV I V I IV V I",
            "vi V IV V",
            "I ii IV iv",
            "I III7 vi IV",
        ),
    ),
    "minor": (
        ("minor", "harmonic", "dorian", "minor pentatonic"),
        (
            "i bVI bIII bVII",
            "i bVII bVI V7",
            "i iv bVII bIII",
            "i i bVI bVII",
            "i iv i V7",
            "i v bVI bVII",
            "i bIII bVII iv",
            "i bVI iv V7",
            "i bVII i bVII",
            "i iv V7 i",
            "bVI bVII i i",
        ),
    ),
    "rock": (
        ("mixolydian", "minor pentatonic", "blues", "major"),
        (
            "I5 bVII5 IV5 I5",
            "I5 IV5 V5 IV5",
            "I5 I5 bIII5 IV5",
            "I5 bVI5 bVII5 I5",
            "I IV I V",
            "I I IV I",
            "I5,bIII5 IV5 I5,bIII5 IV5,V5",
            "I bVII bVI V",
        ),
    ),
    "metal": (
        ("phrygian", "minor", "harmonic", "minor pentatonic"),
        (
            "I5 I5 bII5 I5",
            "I5 bVI5 bVII5 I5",
            "I5 I5 bVI5 bVII5",
            "I5 bIII5 bII5 bVII5",
            "I5 bV5 IV5 bII5",
            "I5 I5 I5 bII5,bIII5",
            "I5,bVII5 bVI5 IV5,V5 I5",
            "I5 bIII5 bVI5 V5",
            "I5 I5 I5 I5",
        ),
    ),
    "blues": (
        ("blues", "mixolydian", "minor pentatonic"),
        (
            "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",
            "I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 I7",
            "I7 I7 I7 I7 IV7 #IVo7 I7 VI7 ii7 V7 I7,VI7 ii7,V7",
            "i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 i7",
            "I7 I7 IV7 IV7 V7 V7 I7 I7",
        ),
    ),
    "jazz": (
        ("major", "lydian", "mixolydian"),
        (
            "ii7 V7 Imaj7 Imaj7",
            "Imaj7,vi7 ii7,V7 iii7,VI7 ii7,V7",
            "Imaj7 vi7 ii7 V7",
            "iii7 VI7 ii7 V7",
            "Imaj7 Imaj7 II7 II7 ii7 V7 Imaj7 V7",
            "Imaj7 IV7 iii7 VI7 ii7 V7 I6 ii7,V7",
            "vi7 II7 ii7 V7 Imaj7 IVmaj7 viih7 III7",
            "I6 #Io7 ii7 V7 I6 I7 IV6,iv6 I6,V7",
            "Imaj7 bIIImaj7 bVImaj7 bII7",
            "Imaj7 ii7 iii7 bIIIo7 ii7 V7 I6 I6",
        ),
    ),
    "jazz minor": (
        ("harmonic", "dorian", "minor"),
        (
            "i7 iih7 V7 i7",
            "i7 iv7 bVII7 bIIImaj7 bVImaj7 iih7 V7 i6",
            "i7 i7 iv7 iv7 iih7 V7 i7 V7",
            "i6 bVI7 V7 i6",
            "i9 i9 IV9 IV9",
            "i7 bVII7 bVI7 V7",
        ),
    ),
    "vamp": (
        ("dorian", "mixolydian", "minor pentatonic", "blues"),
        ("i7 IV7", "I9 I9 I9 I9", "i9 i9 iv9 i9", "I7 bVII7 IV7 I7", "i7 i7 i7 bVI7,V7", "I9 I9 IV9 I9", "i7,IV7 i7"),
    ),
    "classical": (
        ("major",),
        (
            "I V7 I V7 I IV V7 I",
            "I IV V7 I",
            "I vi ii V7",
            "I ii V7 I",
            "I IV I V I IV V7 I",
            "I V vi iii IV I IV V7",
            "I I V7 V7 V7 V7 I I",
            "I VI7 ii V7 I,vi ii,V7 I I",
            "IV vii iii vi ii V7 I I",
            "I,V I,IV I,V7 I",
        ),
    ),
    "classical minor": (
        ("harmonic", "minor"),
        (
            "i iv V7 i",
            "i V7 i V7 i iv V7 i",
            "i iv bVII bIII bVI iih7 V7 i",
            "i V i bVII bIII bVII i,V7 i",
            "i i iv i V7 V7 i V7",
            "i bVI iv V7",
            "i viio7 i V7",
        ),
    ),
    "folk": (
        ("major", "pentatonic", "mixolydian", "dorian"),
        (
            "I I V I",
            "I IV I V",
            "I I IV I I I V V",
            "I V IV I",
            "i bVII i bVII",
            "i i bVII i",
            "I IV V I",
            "I bVII I bVII",
            "I vi IV V",
            "I,IV I,V I,IV V,I",
        ),
    ),
    "latin": (
        ("major", "minor", "dorian", "harmonic"),
        (
            "ii7 V7 Imaj7 VI7",
            "Imaj7 Imaj7 II7 II7 ii7 bII7 Imaj7 bII7",
            "i7 iv7 V7 i7",
            "I IV V IV",
            "i bVII bVI V",
            "i9 iih7 V7 i6",
            "I7,IV7 V7,IV7",
            "i,iv V7",
            "Imaj7 bVIIo7 vi7 v7,I7 IVmaj7 iv6 iii7,VI7 ii7,V7",
        ),
    ),
    "modal": (
        ("dorian", "lydian", "minor", "mixolydian", "phrygian"),
        (
            "i i i i",
            "Isus2 Isus2 bVIIsus2 bVIIsus2",
            "i IV i IV",
            "I II I II",
            "iadd9 bVI bIII bVII",
            "I bII I bII",
            "i bVI i bVI iv bII V V",
            "i biii bv biii",
            "Iadd9 iii bVI bVII",
        ),
    ),
    "game": (
        ("major", "minor", "dorian", "lydian", "mixolydian"),
        (
            "bVI bVII I I",
            "I bIII IV bVI",
            "IVmaj7 V7 iii7 vi",
            "i bVII bVI bVII",
            "I bVII bVI V7",
            "i bVI bVII V",
            "I v IV iv",
            "I I bVI bVII",
            "vi V IV III7",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Chord:
    """``root`` is a pitch class, ``intervals`` semitones above it."""

    root: int
    intervals: tuple[int, ...]

    def pitch_classes(self) -> tuple[int, ...]:
        return tuple((self.root + i) % 12 for i in self.intervals)


def read_chord(token: str, tonic: int) -> Chord:
    """The chord of a Roman numeral such as ``bVII7`` (lower case is minor) in the key of ``tonic``."""
    match = re.fullmatch(r"([b#]?)([iIvV]+)(.*)", token)
    if match is None or match[2].upper() not in ROMAN:
        raise ValueError(f"no chord: {token!r}")
    shift = {"b": -1, "#": 1, "": 0}[match[1]]
    quality = match[3]
    if match[2].islower() and "m" + quality in QUALITIES and not quality.startswith(("o", "h")):
        quality = "m" + quality
    return Chord((tonic + ROMAN[match[2].upper()] + shift) % 12, QUALITIES[quality])


def read_progression(text: str, tonic: int) -> list[list[Chord]]:
    """One list per bar of the one or two chords that share it."""
    return [[read_chord(token, tonic) for token in bar.split(",")] for bar in text.split()]


def nearest(pitch_class: int, key: float) -> int:
    """The key of ``pitch_class`` nearest to ``key``."""
    return round((key - pitch_class) / 12) * 12 + pitch_class


def voice(chord: Chord, centre: float, previous: Sequence[int] = (), notes: int = 4) -> list[int]:
    """Keys for the chord round ``centre``, near the ``previous`` voicing when there is one."""
    classes = chord.pitch_classes()
    if len(classes) > notes:
        classes = classes[1:] if len(classes) - 1 <= notes else classes[1 : notes + 1]
    goal = float(np.mean(previous)) * 0.6 + centre * 0.4 if len(previous) else centre
    best: list[int] = []
    cost = np.inf
    for turn in range(len(classes)):
        order = classes[turn:] + classes[:turn]
        keys = [nearest(order[0], goal - 5)]
        for pitch_class in order[1:]:
            keys.append(keys[-1] + ((pitch_class - keys[-1]) % 12 or 12))
        distance = abs(float(np.mean(keys)) - goal)
        if distance < cost:
            best, cost = keys, distance
    return best


def scale_step(key: int, steps: int, tonic: int, scale: Sequence[int]) -> int:
    """The key ``steps`` scale degrees above (or below) the scale note nearest ``key``."""
    octave, pitch_class = divmod(key - tonic, 12)
    degree = int(np.argmin([abs(pitch_class - s) for s in scale]))
    extra, degree = divmod(degree + steps, len(scale))
    return tonic + (octave + extra) * 12 + scale[degree]


def nearest_chord_tone(key: float, chord: Chord) -> int:
    return min((nearest(c, key) for c in chord.pitch_classes()), key=lambda k: abs(k - key))
