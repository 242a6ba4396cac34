# SPDX-License-Identifier: GPL-3.0-or-later
"""The field's reference behind our port: beat, onset, chroma and segmentation by librosa's own calls.

The only module that imports librosa, and only when it is asked to (the import takes seconds). What librosa does
is left at its defaults (22050 Hz, hop 512), so that its numbers are those of its documentation. What it does not
do is said where it is done: librosa has no downbeats, no confidence and no names for parts. Bar levels, names,
drops and signals are measured by :mod:`.analysis` for both analysers.

Conventions: beats are librosa's frames of 512 samples until they are written, then seconds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolMissing
from ..timeline import NO_BEAT_BELOW, PITCHES, Alternative, Beats, Key, Region
from .analysis import SongAnalysis, describe
from .features import SAMPLE_RATE, extract

if TYPE_CHECKING:
    from .decode import Decoded

HOP = 512
FRAME_RATE = SAMPLE_RATE / HOP
SECONDS_PER_PART = 20.0
"""``agglomerative`` must be told how many parts there are: one for so many seconds."""
MOST_PARTS = 40
PSEUDO_BEAT_S = 0.5
_FEWEST_BEATS = 8
_SHORTEST_S = 3.0
"""Shorter sounds hold too few frames for a tempo or a chroma; they get no beat, no key and one part."""
_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
"""How well each pitch class fits a key (Krumhansl and Kessler, Psychological Review 89, 1982), tonic first."""

Rows = NDArray[np.floating[Any]]


class LibrosaAnalyser:
    """librosa's ears."""

    name = "librosa"

    def hear(self, decoded: Decoded, tell: Callable[[float, str], None], *, least_drop: float = 0.0) -> SongAnalysis:
        """See :class:`.analyser.Analyser`."""
        librosa = _librosa()
        samples = np.asarray(decoded.samples, dtype=np.float32)
        duration = decoded.duration_sec
        tell(0.0, "listening")
        features = extract(samples, lambda fraction: tell(0.3 * fraction, "listening"))
        beats, starts, key = Beats(), [0.0], Key()
        if duration >= _SHORTEST_S:
            with warnings.catch_warnings():
                # librosa warns about short and silent sounds; both are dealt with here.
                warnings.simplefilter("ignore")
                tell(0.3, "finding the beat")
                strength = librosa.onset.onset_strength(y=samples, sr=SAMPLE_RATE)
                chroma = librosa.feature.chroma_cqt(y=samples, sr=SAMPLE_RATE)
                tell(0.6, "counting bars")
                beats = _beats(librosa, strength, chroma, duration)
                tell(0.7, "finding the parts")
                starts = _part_starts(librosa, samples, chroma, beats, duration)
                key = _key(chroma, strength)
        return describe(
            features,
            beats,
            duration,
            analyser=self.name,
            tell=tell,
            part_starts=starts,
            key=key,
            least_drop=least_drop,
        )


def _librosa() -> Any:
    try:
        import librosa
    except ImportError as error:
        raise ToolMissing(
            "The analyser 'librosa' needs the package librosa, which is not installed.",
            hint="Choose the analyser 'crossfade', or install librosa.",
        ) from error
    return librosa


def _beats(librosa: Any, strength: Rows, chroma: Rows, duration: float) -> Beats:
    """``librosa.beat.beat_track`` (Ellis, J. New Music Research 36, 2007), with bars of four and a confidence.

    The confidence is not librosa's: its tracker finds beats in anything. See :func:`_trust`.
    """
    tempo, found = librosa.beat.beat_track(onset_envelope=strength, sr=SAMPLE_RATE)
    frames = np.unique(np.asarray(found, dtype=np.intp))
    frames = frames[frames / FRAME_RATE < duration]
    if len(frames) < _FEWEST_BEATS:
        return Beats()
    bpm = float(np.atleast_1d(tempo)[0])
    trust = round(_trust(librosa, strength, frames), 3)
    alternatives = _alternatives(librosa, strength, bpm)
    if trust < NO_BEAT_BELOW:
        return Beats(confidence=trust, alternatives=(Alternative(round(bpm, 2), trust), *alternatives))
    times = np.round(frames / FRAME_RATE, 4)
    first = _first_of_bar(strength, chroma, frames)
    return Beats(
        timestamps=tuple(times.tolist()),
        downbeats=tuple(times[first::4].tolist()),
        bpm=round(bpm, 3),
        confidence=trust,
        regions=(Region(float(times[0]), float(times[-1]), trust, trust >= 0.5, round(bpm, 3), 4),),
        alternatives=alternatives,
    )


def _trust(librosa: Any, strength: Rows, frames: NDArray[np.intp]) -> float:
    """How far the beats can be trusted, 0..1: how regular the onsets are, times how distinct.

    Regular is how exactly librosa's detected onsets lie on halves, thirds or quarters of its beats: the mean
    cosine of their places in the beat, weighed by strength. Distinct is whether the strongest 3 % of frames rise
    by more than the 1.2 dB that steady noise does; 3.5 dB is clear. Noise and held tones come out at 0; ambient
    music with soft strokes does not (0.76 to 0.91 on two pieces), because librosa's tracker follows any strokes.
    """
    at = np.asarray(librosa.onset.onset_detect(onset_envelope=strength, sr=SAMPLE_RATE), dtype=np.intp)
    at = at[(at > frames[0]) & (at < frames[-1])]
    place = np.interp(at, frames, np.arange(len(frames)))
    weight = np.minimum(strength[at] / (float(strength.max()) + 1e-9), 0.5)
    total = float(weight.sum()) + 0.02 * len(frames)
    regular = max(0.0, *(float((weight * np.cos(2 * np.pi * parts * place)).sum()) / total for parts in (2, 3, 4)))
    distinct = float(np.clip((np.percentile(strength, 97) - 1.5) / 2, 0, 1))
    return regular * distinct


def _alternatives(librosa: Any, strength: Rows, bpm: float) -> tuple[Alternative, ...]:
    """Up to three other tempi: the highest peaks of the onsets' autocorrelation between 40 and 240 bpm."""
    shortest, longest = int(60 * FRAME_RATE / 240), int(60 * FRAME_RATE / 40)
    echo = librosa.autocorrelate(strength - strength.mean(), max_size=longest + 2)
    lags = np.arange(max(1, shortest), len(echo) - 1)
    peaks = lags[(echo[lags] > echo[lags - 1]) & (echo[lags] >= echo[lags + 1]) & (echo[lags] > 0)]
    ranked = peaks[np.argsort(-echo[peaks], kind="stable")]
    others = [(60 * FRAME_RATE / lag, float(echo[lag] / (echo[0] + 1e-9))) for lag in ranked]
    return tuple(
        Alternative(round(float(tempo), 2), round(score, 3)) for tempo, score in others if abs(tempo / bpm - 1) > 0.04
    )[:3]


def _first_of_bar(strength: Rows, chroma: Rows, frames: NDArray[np.intp]) -> int:
    """Which of the first four beats begins a bar; librosa has no call for it.

    Every fourth beat, counted from where the onsets are strongest and the harmony (chroma over the beat before
    and the beat after) changes most.
    """
    frames = np.minimum(frames, min(len(strength), chroma.shape[1]) - 1)
    harmony = np.array([part.mean(axis=1) for part in np.split(chroma, frames, axis=1)[1:] if part.shape[1]])
    change = np.concatenate([[0.0], np.linalg.norm(np.diff(harmony, axis=0), axis=1)])
    evidence = _standard(change) + _standard(strength[frames[: len(change)]])
    return int(np.argmax([evidence[phase::4].mean() for phase in range(4)]))


def _part_starts(librosa: Any, samples: Rows, chroma: Rows, beats: Beats, duration: float) -> list[float]:
    """Where parts begin: ``librosa.segment.agglomerative`` over chroma and MFCC averaged between the beats.

    It must be told how many parts there are: one for every :data:`SECONDS_PER_PART`.
    """
    times = np.array(beats.timestamps) if beats.timestamps else np.arange(0.0, duration, PSEUDO_BEAT_S)
    timbre = librosa.feature.mfcc(y=samples, sr=SAMPLE_RATE)
    width = min(chroma.shape[1], timbre.shape[1])
    frames = np.unique(np.clip(np.round(times * FRAME_RATE).astype(int), 0, width - 1))
    rows = np.concatenate([chroma[:, :width], _standard(timbre[:, :width], axis=1)])
    # The bounds of the song are added by sync, so column k begins at column_starts[k].
    column_starts = librosa.util.fix_frames(frames, x_min=0, x_max=width)
    columns = librosa.util.sync(rows, frames, aggregate=np.mean)
    parts = min(MOST_PARTS, columns.shape[1], max(1, round(duration / SECONDS_PER_PART)))
    if parts < 2:
        return [0.0]
    found = librosa.segment.agglomerative(columns, parts)
    return [float(column_starts[k]) / FRAME_RATE for k in found]


def _key(chroma: Rows, strength: Rows) -> Key:
    """The key whose profile the chroma of the whole song fits best; empty in silence.

    Confidence is the correlation's lead over the best other key, 0.15 counting as certain.
    """
    heard = chroma.mean(axis=1)
    if float(strength.max()) <= 0 or float(heard.std()) < 1e-6:
        return Key()
    fits = [
        (float(np.corrcoef(np.roll(profile, tonic), heard)[0, 1]), tonic, mode)
        for mode, profile in _PROFILES.items()
        for tonic in range(12)
    ]
    (best, tonic, mode), (second, *_) = sorted(fits, reverse=True)[:2]
    return Key(PITCHES[tonic], mode, round(float(np.clip((best - second) / 0.15, 0, 1)), 3))


def _standard(values: Rows, axis: int | None = None) -> Rows:
    mean, spread = values.mean(axis=axis, keepdims=True), values.std(axis=axis, keepdims=True)
    return (values - mean) / (spread + 1e-9)
