# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the beats of a band's song fall: meter, form, tempo and its drift.

Conventions: positions in beats from the first downbeat (negative for a pickup), times in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .band_harmony import Chord
from .band_styles import Style


@dataclass(slots=True)
class Bar:
    """``beats`` is its length; ``section`` an index into the form; ``last`` tells that a section ends with it."""

    start: int
    beats: int
    section: int
    chords: list[Chord]
    last: bool = False


@dataclass(slots=True)
class Section:
    label: str
    level: float
    layers: frozenset[str]
    bars: list[Bar] = field(default_factory=list)


class Clock:
    """Seconds of positions: ``times`` are those of whole beats from ``-pickup`` on."""

    def __init__(self, times: NDArray[np.float64], pickup: int) -> None:
        self.times = times
        self.pickup = pickup

    def seconds(self, position: float) -> float:
        place = position + self.pickup
        last = len(self.times) - 1
        if place <= 0:
            return float(self.times[0] + place * (self.times[1] - self.times[0]))
        if place >= last:
            return float(self.times[last] + (place - last) * (self.times[last] - self.times[last - 1]))
        low = int(place)
        return float(self.times[low] + (place - low) * (self.times[low + 1] - self.times[low]))


def swung(position: float, ratio: float, fine: bool, grid: int) -> float:
    """``position`` with the first half of every beat (half beat when ``fine``) taking ``ratio`` of it.

    ``grid`` 3 keeps triplets where a ratio of two thirds plays them.
    """
    if abs(ratio - 0.5) < 0.005:
        return position
    unit = 0.5 if fine and grid != 3 else 1.0
    whole, part = divmod(position / unit, 1.0)
    if grid == 3:
        knots, played = (0.0, 1 / 3, 2 / 3, 1.0), (0.0, ratio / 2, ratio, 1.0)
    else:
        knots, played = (0.0, 0.5, 1.0), (0.0, ratio, 1.0)
    return float(whole + np.interp(part, knots, played)) * unit


def choose_tempo(rng: np.random.Generator, style: Style) -> float:
    low, high = style.tempo
    low, high = max(40.0, low * 0.95), min(220.0, high * 1.05)
    bpm = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return round(bpm) if rng.random() < 0.6 else round(bpm, 3)


def beat_lengths(
    rng: np.random.Generator, bpm: float, beats: int, section_starts: list[int], tags: list[str]
) -> NDArray[np.float64]:
    """(beats,) seconds of each beat; adds the tags ``drift`` and ``tempo_change`` where they hold."""
    lengths = np.full(beats, 60.0 / bpm)
    if rng.random() < 0.35:
        tags.append("drift")
        knots = max(3, beats // int(rng.integers(6, 24)))
        walk = np.cumsum(rng.normal(0, 1, knots))
        walk -= np.linspace(walk[0], walk[-1], knots) * rng.uniform(0.3, 1.0)
        walk *= rng.uniform(0.01, 0.03) / (np.abs(walk).max() + 1e-9)
        lengths *= 1 + np.interp(np.linspace(0, knots - 1, beats), np.arange(knots), walk)
        lengths *= 1 + np.clip(rng.normal(0, rng.uniform(0, 0.006), beats), -0.02, 0.02)
    if rng.random() < 0.12:
        tags.append("tempo_change")
        kind = rng.choice(["jump", "accelerando", "ritardando", "jump", "rubato bars"])
        inner = [s for s in section_starts if 8 < s < beats - 8] or [beats // 2]
        at = int(rng.choice(inner))
        if kind == "jump":
            factor = float(rng.choice([0.75, 0.8, 0.88, 1.1, 1.2, 1.33, 0.67, 1.5]))
            if 50 < bpm / factor < 225:
                lengths[at:] *= factor
            else:
                lengths[at:] *= 1 / factor
        elif kind == "rubato bars":
            phase = np.arange(beats) / int(rng.choice([8, 12, 16, 32]))
            lengths *= 1 + rng.uniform(0.02, 0.05) * np.cos(2 * np.pi * phase)
        else:
            span = min(int(rng.integers(8, 33)), beats - at)
            end = rng.uniform(0.78, 0.92) if kind == "accelerando" else rng.uniform(1.1, 1.3)
            lengths[at : at + span] *= np.linspace(1, end, span)
            if rng.random() < 0.6 or kind == "accelerando":
                lengths[at + span :] *= end
    if rng.random() < 0.1:
        lengths[-min(4, beats) :] *= np.linspace(1.05, rng.uniform(1.2, 1.5), min(4, beats))
    return lengths


ALL = frozenset({"drums", "bass", "comp", "comp2", "lead"})
FORMS: tuple[tuple[str, ...], ...] = (
    ("intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"),
    ("verse", "verse", "bridge", "verse", "solo", "verse"),
    ("intro", "verse", "verse", "chorus", "break", "chorus"),
    ("intro", "theme", "solo", "solo", "theme"),
    ("theme", "theme", "bridge", "theme", "break", "theme"),
    ("verse", "chorus", "verse", "chorus", "solo", "chorus"),
    ("intro", "build", "chorus", "break", "build", "chorus", "outro"),
    ("theme", "variation", "theme", "variation", "coda"),
)
LEVELS = {
    "intro": 0.8, "verse": 0.85, "chorus": 1.0, "bridge": 0.82, "solo": 0.95, "break": 0.65, "outro": 0.8,
    "theme": 0.92, "build": 0.85, "variation": 0.9, "coda": 0.8,
}  # fmt: skip


def layers_of(rng: np.random.Generator, label: str) -> frozenset[str]:
    """Who plays in a section."""
    out: set[str] = set()
    if label in ("intro", "outro", "coda") and rng.random() < 0.75:
        out = set(rng.choice(sorted(ALL), int(rng.integers(1, 4)), replace=False))
    elif label == "break":
        out = set(rng.choice(["drums", "bass", "comp", "comp2", "lead"], int(rng.integers(1, 4)), replace=False))
        if rng.random() < 0.5:
            out.discard("drums")
    elif label == "bridge" and rng.random() < 0.4:
        out = {"drums"}
    elif label == "verse" and rng.random() < 0.35:
        out = {"comp2"}
    if label in ("intro", "break", "outro", "coda"):
        return ALL - out if label == "break" and rng.random() < 0.4 else frozenset(out or {"comp"})
    return ALL - out
