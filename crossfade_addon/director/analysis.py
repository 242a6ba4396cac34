# SPDX-License-Identifier: GPL-3.0-or-later
"""From samples to what the song is: beats, bars, parts, moments and signals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BriefError, DirectorError
from ..timeline import SCHEMA, Audio, Beats, Event, Meta, Section, Signals, Timeline, from_dict, to_dict
from . import grid as grids
from . import librosa_analyser
from .bars import find_downbeats
from .decode import Decoded
from .features import extract
from .moments import find_builds, find_drops, find_events
from .signals import make_signals
from .structure import find_boundaries, measure_bars, name_parts, novelty

DIRECTOR_VERSION = "1"


@dataclass(frozen=True, slots=True)
class SongAnalysis:
    """Everything heard in a song; times in seconds. Independent of any show."""

    duration_sec: float
    beats: Beats
    sections: tuple[Section, ...]
    events: tuple[Event, ...]
    signals: Signals
    analyser: str = "crossfade"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data, numbers rounded to 4 decimals."""
        whole = to_dict(self._as_timeline())
        return {
            "director_version": DIRECTOR_VERSION,
            "analyser": self.analyser,
            "duration_sec": whole["meta"]["duration_sec"],
            "beats": whole["beats"],
            "sections": whole["audio"]["sections"],
            "events": whole["events"],
            "signals": whole["signals"],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any], *, where: str = "analysis") -> SongAnalysis:
        """What :meth:`to_dict` wrote.

        Raises
        ------
        DirectorError
            When a field is missing or wrong, or another version of the director wrote it.
        """
        if not isinstance(data, dict) or data.get("director_version") != DIRECTOR_VERSION:
            raise DirectorError(
                f"The stored {where} was made by another version.", hint="Analyse the song again (--fresh)."
            )
        try:
            timeline = from_dict(
                {
                    "meta": {**_blank_meta(), "duration_sec": data["duration_sec"]},
                    "audio": {"file": "", "sections": data["sections"]},
                    "beats": data["beats"],
                    "events": data["events"],
                    "signals": data["signals"],
                },
                where=where,
            )
        except KeyError as error:
            raise DirectorError(
                f"The stored {where} lacks {error}.", original_error=error, hint="Analyse the song again (--fresh)."
            ) from error
        return cls(
            duration_sec=timeline.meta.duration_sec,
            beats=timeline.beats,
            sections=timeline.audio.sections,
            events=timeline.events,
            signals=timeline.signals,
            analyser=str(data.get("analyser", "crossfade")),
        )

    def _as_timeline(self) -> Timeline:
        meta = Meta(**{**_blank_meta(), "duration_sec": self.duration_sec})
        return Timeline(meta, Audio("", self.sections), self.beats, self.events, self.signals)


def _blank_meta() -> dict[str, Any]:
    texts = ("song_id", "title", "artist", "mode", "theme", "audio_sha256", "director_version")
    return {**dict.fromkeys(texts, ""), "seed": 0, "duration_sec": 0.0, "bpm": 0.0, "schema": SCHEMA}


def analyse(
    decoded: Decoded, *, analyser: str = "crossfade", progress: Callable[[float, str], None] = lambda _f, _m: None
) -> SongAnalysis:
    """Hear a song.

    Parameters
    ----------
    analyser : str
        ``crossfade`` or ``librosa`` (beats by librosa, the rest ours).
    progress : callable
        Called with the fraction done (0..1) and what is being done.

    Raises
    ------
    BriefError
        Unknown analyser.
    ToolMissing
        librosa was asked for and is not installed.
    """
    if analyser not in ("crossfade", "librosa"):
        raise BriefError(f"Unknown analyser '{analyser}'.", hint="Choose crossfade or librosa.")
    duration = decoded.duration_sec
    progress(0.0, "listening")
    features = extract(decoded.samples, lambda fraction: progress(0.35 * fraction, "listening"))
    progress(0.35, "finding the beat")
    ours = analyser == "crossfade"
    grid = grids.find_grid(features) if ours else librosa_analyser.find_grid(decoded.samples, features)
    times = np.round(grid.beats[grid.beats < duration], 4)
    progress(0.8, "counting bars")
    downbeats, meter = find_downbeats(features, times) if len(times) else (np.zeros(0), 4)
    progress(0.85, "finding the parts")
    bars = measure_bars(features, downbeats, duration)
    drops = find_drops(bars) if len(times) else []
    contrast = novelty(bars)
    builds = find_builds(bars, drops, contrast)
    starts = find_boundaries(bars, contrast, drops, [(first, drop) for first, drop, _ in builds])
    sections = name_parts(bars, starts, contrast, drops, [first for first, _, _ in builds])
    events = find_events(features, bars, sections, drops, builds, times, downbeats, duration)
    progress(0.95, "following the levels")
    beats = Beats(
        timestamps=tuple(times.tolist()),
        downbeats=tuple(downbeats.tolist()),
        bpm=round(grid.bpm, 3),
        meter=meter,
        confidence=round(grid.confidence, 3),
        regions=grid.regions,
        alternatives=grid.alternatives,
    )
    signals = make_signals(features, duration)
    progress(1.0, "heard")
    return SongAnalysis(duration, beats, sections, events, signals, analyser)
