# SPDX-License-Identifier: GPL-3.0-or-later
"""How a song feels, as numbers: what makes two songs alike, without any model.

:func:`embed` turns an analysis into 31 numbers in four groups; the Euclidean distance of two songs is how unlike they
are. Each group is scaled so that typical songs lie about its weight from the average (0):

=========  =======  ====================================================================================
group      numbers  what
=========  =======  ====================================================================================
tempo      2        angle on the octave circle (half and double time are the same), times the confidence
energy     8        level of the parts in each eighth of the song
tone       8        mean and spread of bass, mids, highs and brightness
rhythm     12       how strong kick, snare and hats are on the beat and a quarter, half, three quarters on
unknown    1        0 for a song that was heard; how little is known of one that was not
=========  =======  ====================================================================================

``benchmarks/library.py --feel`` measures it on real songs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..curves import Signals
from .songs import Facts, Song

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
"""Raised when the numbers mean something else: stores then embed their songs anew."""
SIZE = 31
TEMPO, ENERGY, TONE, RHYTHM = slice(0, 2), slice(2, 10), slice(10, 18), slice(18, 30)
_GROUPS = {"tempo": TEMPO, "energy": ENERGY, "tone": TONE, "rhythm": RHYTHM}
_WEIGHTS = {"tempo": 0.7, "energy": 0.3, "tone": 1.2, "rhythm": 1.0}
# Mean and spread over 36 pieces of many kinds.
_ENERGY_MEAN, _ENERGY_SPREAD = 0.65, 0.2
_TONES = ("bass", "mids", "highs", "brightness")
_TONE_MEAN = (0.49, 0.29, 0.56, 0.24, 0.47, 0.26, 0.61, 0.13)
_TONE_SPREAD = (0.13, 0.05, 0.16, 0.05, 0.14, 0.03, 0.14, 0.05)
_DRUMS = ("kick", "snare", "hats")
_PHASES = (0.0, 0.25, 0.5, 0.75)
_RHYTHM_MEAN = (0.271, 0.114, 0.137, 0.073, 0.391, 0.057, 0.180, 0.054, 0.434, 0.041, 0.245, 0.073)
_RHYTHM_SPREAD = (0.150, 0.052, 0.090, 0.054, 0.135, 0.025, 0.137, 0.049, 0.140, 0.026, 0.155, 0.070)
_GROUP_WORDS = {"energy": "rise and fall of energy", "tone": "tone", "rhythm": "rhythm of the drums"}
_HINTED, _UNKNOWN = 1.0, 10.0
FAR = 8.0
"""Songs farther away than this are not worth naming: nothing is known of one of them."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A song like another: how far it is (0 is the same; under about 1 is close), and in words why."""

    song_id: str
    title: str
    artist: str
    distance: float
    why: tuple[str, ...]


def embed(song: Song) -> list[float]:
    """How the song feels, as :data:`SIZE` numbers; 0 is average or unknown. Nonsense in a record counts as unknown."""
    try:
        vector = _embed(song)
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError):
        vector = []
    return vector if vector and all(map(math.isfinite, vector)) else [0.0] * (SIZE - 1) + [_UNKNOWN]


def _embed(song: Song) -> list[float]:
    import numpy as np

    vector = np.zeros(SIZE)
    bpm, confidence = song.bpm, float(song.analysis.get("beats", {}).get("confidence", 1.0))
    if bpm > 0:
        angle = 2 * math.pi * (math.log2(bpm / 60) % 1)
        vector[TEMPO] = confidence * np.array([math.cos(angle), math.sin(angle)])
    levels = _levels(song)
    if levels is not None:
        vector[ENERGY] = (levels - _ENERGY_MEAN) / _ENERGY_SPREAD / math.sqrt(8)
    signals = _signals(song)
    if signals is not None:
        vector[TONE] = _scaled(_tone(signals), _TONE_MEAN, _TONE_SPREAD)
        rhythm = _rhythm(signals, song.analysis.get("beats", {}).get("timestamps", []))
        vector[RHYTHM] = _scaled(rhythm, _RHYTHM_MEAN, _RHYTHM_SPREAD)
    for name, group in _GROUPS.items():
        vector[group] *= _WEIGHTS[name]
    vector[SIZE - 1] = 0.0 if signals is not None else _HINTED if bpm > 0 else _UNKNOWN
    return [round(float(v), 5) for v in vector]


def _levels(song: Song) -> NDArray[np.float64] | None:
    """Mean energy of each eighth of the song, 0..1."""
    import numpy as np

    parts = [p for p in song.sections if p.get("end_time", 0) > p.get("start_time", 0)]
    end = song.duration_sec or max((p["end_time"] for p in parts), default=0.0)
    if not parts or end <= 0:
        level = song.hints.get("energy_level")
        return None if level is None else np.full(8, float(level))
    edges = np.linspace(0, end, 9)
    levels = np.zeros(8)
    for part in parts:
        overlap = np.minimum(edges[1:], part["end_time"]) - np.maximum(edges[:-1], part["start_time"])
        levels += np.maximum(overlap, 0) * float(part.get("energy_level", _ENERGY_MEAN)) / (end / 8)
    return levels


def _signals(song: Song) -> Signals | None:
    try:
        signals = Signals.from_json(song.analysis["signals"])
        values = signals.values
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    whole = all(name in values and len(values[name]) for name in (*_TONES, *_DRUMS))
    return signals if whole else None


def _tone(signals: Signals) -> NDArray[np.float64]:
    import numpy as np

    curves = [signals.values[name] for name in _TONES]
    return np.array([x for curve in curves for x in (curve.mean(), curve.std())])


def _rhythm(signals: Signals, beats: list[float]) -> NDArray[np.float64]:
    """How strong each drum is at each quarter of a beat, on the whole; its mean where there is no beat."""
    import numpy as np

    if len(beats) < 8:
        return np.repeat([signals.values[name].mean() for name in _DRUMS], len(_PHASES))
    times = np.array(beats)
    steps = np.diff(times)
    strengths: list[float] = []
    for name in _DRUMS:
        curve = signals.values[name]
        for phase in _PHASES:
            # A stroke is at its height one sample after it begins.
            at = ((times[:-1] + phase * steps) * signals.rate_hz + 1).astype(int)
            strengths.append(curve[np.clip(at, 0, len(curve) - 1)].mean())
    return np.array(strengths)


def _scaled(values: NDArray[np.float64], mean: tuple[float, ...], spread: tuple[float, ...]) -> NDArray[np.float64]:
    import numpy as np

    return (values - np.array(mean)) / np.array(spread) / math.sqrt(len(mean))


# ------------------------------------------------------------------------------------------ in words


def compare(one: list[float], other: list[float], here: Facts, there: Facts) -> Similar:
    """The other song as it is beside the first, with the reasons in words: tempo first, then what is alike."""
    why = [_tempo_words(here.bpm, there.bpm)]
    if max(abs(one[SIZE - 1]), abs(other[SIZE - 1])) < _HINTED:
        why += [_alike(name, one, other) for name in ("rhythm", "tone", "energy")]
        why.append(_tone_words(one, other))
    if here.key and here.key == there.key:
        why.append(f"the same key, {there.key}")
    return Similar(there.song_id, there.title, there.artist, round(math.dist(one, other), 3), tuple(filter(None, why)))


def _tempo_words(here: float, there: float) -> str:
    if here <= 0 or there <= 0:
        return "no beat in either" if here <= 0 and there <= 0 else ""
    octaves = round(math.log2(there / here))
    apart = abs(there / here / 2**octaves - 1)
    name = {0: "", 1: ", double time", -1: ", half time"}.get(octaves, ", another level")
    nearness = "the same tempo" if apart < 0.01 else "a similar tempo" if apart < 0.06 else "another tempo"
    return f"{nearness} ({there:.0f} beside {here:.0f} BPM{name})"


def _alike(name: str, one: list[float], other: list[float]) -> str:
    """What is alike in this group; empty when it is not. Two songs at random are 1.4 apart."""
    distance = math.dist(one[_GROUPS[name]], other[_GROUPS[name]]) / _WEIGHTS[name]
    if distance >= 1.0:
        return ""
    nearness = "the same" if distance < 0.5 else "a similar"
    return f"{nearness} {_GROUP_WORDS[name]}"


def _tone_words(one: list[float], other: list[float]) -> str:
    """The largest differences of bass, mids, highs and brightness; empty when they are small."""
    weight = _WEIGHTS["tone"] / math.sqrt(8)
    steps = {name: (other[TONE.start + 2 * k] - one[TONE.start + 2 * k]) / weight for k, name in enumerate(_TONES)}
    large = sorted((name for name in steps if abs(steps[name]) >= 1.0), key=lambda name: -abs(steps[name]))[:2]
    return " and ".join(f"{'more' if steps[name] > 0 else 'less'} {name}" for name in large)
