# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up song of four dense minutes: what a long, busy analysis looks like, without listening to anything.

128 BPM, 128 bars, three drops behind three builds, a line of words in every second bar, signals at 100 Hz with a
kick on every beat, snares, half-beat hats and restless bands.
"""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crossfade_addon.director import SongAnalysis  # noqa: E402
from crossfade_addon.timeline import (  # noqa: E402
    Beats,
    Event,
    LyricLine,
    Lyrics,
    LyricWord,
    Region,
    Section,
    Signals,
)

BPM = 128.0
METER = 4
BEAT_S = 60 / BPM
BAR_S = METER * BEAT_S
RATE_HZ = 100.0
PARTS = (
    ("intro", 8, 0.25),
    ("verse", 16, 0.5),
    ("build", 8, 0.65),
    ("drop", 16, 1.0),
    ("break", 8, 0.3),
    ("verse", 8, 0.55),
    ("build", 8, 0.7),
    ("drop", 16, 0.95),
    ("bridge", 8, 0.4),
    ("build", 8, 0.7),
    ("drop", 16, 1.0),
    ("outro", 8, 0.3),
)
"""Name, bars and energy of each part."""
BARS = sum(bars for _, bars, _ in PARTS)
DURATION_S = BARS * BAR_S
_QUIET = ("intro", "break", "outro")


def dense_analysis() -> SongAnalysis:
    """The song as the director would hear it."""
    beats = np.round(np.arange(BARS * METER) * BEAT_S, 4)
    sections = _sections()
    return SongAnalysis(
        duration_sec=DURATION_S,
        beats=Beats(
            timestamps=tuple(beats.tolist()),
            downbeats=tuple(beats[::METER].tolist()),
            bpm=BPM,
            meter=METER,
            confidence=1.0,
            regions=(Region(0.0, DURATION_S, 1.0, True, BPM, METER),),
        ),
        sections=sections,
        events=tuple(sorted(_events(sections), key=lambda event: (event.t, event.type))),
        signals=Signals(RATE_HZ, _signals(sections, beats)),
    )


def dense_lyrics() -> Lyrics:
    """Six words in every second bar."""
    lines = []
    for bar in range(0, BARS, 2):
        start = bar * BAR_S
        step = 1.5 * BAR_S / 6
        words = tuple(LyricWord(start + k * step, start + (k + 1) * step, f"word{k}") for k in range(6))
        lines.append(LyricLine(start, words[-1].end, " ".join(w.text for w in words), words))
    return Lyrics(tuple(lines), "en")


def _sections() -> tuple[Section, ...]:
    edges = [0.0, *itertools.accumulate(bars * BAR_S for _, bars, _ in PARTS)]
    names = sorted({name for name, _, _ in PARTS})
    return tuple(
        Section(edges[k], edges[k + 1], name, energy, 1.0, chr(ord("A") + names.index(name)), 4)
        for k, (name, _, energy) in enumerate(PARTS)
    )


def _events(sections: tuple[Section, ...]) -> list[Event]:
    events = [Event(0.0, "hard_start", "medium", "", "the song begins", 0.5)]
    for section in sections:
        start = section.start_time
        if section.section_type == "drop":
            events.append(Event(start, "drop", "high", "drop", "bass rises 12 dB", 1.0))
        elif section.section_type == "build":
            events.append(Event(start, "build", "medium", "build", "rises towards the drop", 0.6))
            events.append(Event(section.end_time - 2 * BAR_S, "roll", "medium", "roll", "strokes double", 0.6))
        elif section.section_type == "break":
            events.append(Event(start, "breakdown", "low", "calm", "the drums stop", 0.4))
        elif start:
            events.append(Event(start, "section_change", "medium", "change", "another part", 0.5))
    return events


def _signals(sections: tuple[Section, ...], beats: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(128)
    count = math.ceil(DURATION_S * RATE_HZ)
    seconds = np.arange(count) / RATE_HZ
    part = np.searchsorted([s.start_time for s in sections], seconds, side="right") - 1
    energy = np.array([s.energy_level for s in sections])[part]
    drums = np.array([s.section_type not in _QUIET for s in sections])[part]

    def strokes(times: np.ndarray, fall_s: float) -> np.ndarray:
        last = np.searchsorted(times, seconds + 1e-9, side="right") - 1
        ago = seconds - times[np.maximum(last, 0)]
        height = rng.uniform(0.7, 1.0, len(times))[np.maximum(last, 0)]
        return np.where(last >= 0, height * np.exp(-ago * math.log(10) / fall_s), 0.0) * drums

    def restless(rate: float) -> np.ndarray:
        wave = 0.5 + 0.5 * np.sin(2 * math.pi * rate * seconds + rng.uniform(0, 6))
        return np.clip(energy * (0.4 + 0.6 * wave) + rng.normal(0, 0.03, count), 0, 1)

    halves = np.arange(len(beats) * 2) * BEAT_S / 2
    return {
        "energy": energy,
        "kick": strokes(beats, 0.18),
        "snare": strokes(beats[1::2], 0.12),
        "hats": strokes(halves, 0.08),
        "bass": restless(1.07),
        "mids": restless(0.71),
        "highs": restless(1.93),
        "brightness": restless(0.11),
    }
