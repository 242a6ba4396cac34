# SPDX-License-Identifier: GPL-3.0-or-later
"""From samples to what the song is: beats, bars, parts, moments and signals."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DirectorError
from ..timeline import SCHEMA, Audio, Beats, Event, Key, Meta, Section, Signals, Timeline, from_dict, to_dict
from . import grid as grids
from .bars import find_downbeats, regions_by_meter
from .boundaries import find_boundaries, odds
from .decode import Decoded
from .features import Features, extract
from .key import find_key
from .moments import find_builds, find_drops, find_events
from .signals import make_signals
from .structure import Bars, measure_bars, name_parts

DIRECTOR_VERSION = "4"


@dataclass(frozen=True, slots=True)
class SongAnalysis:
    """Everything heard in a song; times in seconds. Independent of any show."""

    duration_sec: float
    beats: Beats
    sections: tuple[Section, ...]
    events: tuple[Event, ...]
    signals: Signals
    analyser: str = "crossfade"
    key: Key = field(default_factory=Key)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data, numbers rounded to 4 decimals."""
        return {**self._facts(), "signals": self.signals.to_dict()}

    def to_record(self) -> dict[str, Any]:
        """JSON-ready data for the library, with packed signals; :meth:`from_dict` reads both."""
        return {**self._facts(), "signals": self.signals.packed()}

    def to_json(self) -> str:
        """What ``json.dumps`` makes of :meth:`to_dict`, for DJ sets, whose signals are millions of numbers."""
        facts = json.dumps(self._facts(), ensure_ascii=False, allow_nan=False)
        return f'{facts[:-1]}, "signals": {self.signals.to_json()}}}'

    def _facts(self) -> dict[str, Any]:
        """Everything but the signals."""
        whole = to_dict(dataclasses.replace(self._as_timeline(), signals=Signals()))
        return {
            "director_version": DIRECTOR_VERSION,
            "analyser": self.analyser,
            "duration_sec": whole["meta"]["duration_sec"],
            "key": whole["audio"]["key"],
            "beats": whole["beats"],
            "sections": whole["audio"]["sections"],
            "events": whole["events"],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any], *, where: str = "analysis") -> SongAnalysis:
        """What :meth:`to_dict` or :meth:`to_record` wrote.

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
                    "audio": {"file": "", "sections": data["sections"], "key": data.get("key", {})},
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
            key=timeline.audio.key,
        )

    def _as_timeline(self) -> Timeline:
        meta = Meta(**{**_blank_meta(), "duration_sec": self.duration_sec})
        return Timeline(meta, Audio("", self.sections, self.key), self.beats, self.events, self.signals)


def _blank_meta() -> dict[str, Any]:
    texts = ("song_id", "title", "artist", "mode", "theme", "audio_sha256", "director_version")
    return {**dict.fromkeys(texts, ""), "seed": 0, "duration_sec": 0.0, "bpm": 0.0, "schema": SCHEMA}


class CrossfadeAnalyser:
    """Our own ears: numpy only."""

    name = "crossfade"

    def hear(self, decoded: Decoded, tell: Callable[[float, str], None], *, least_drop: float = 0.0) -> SongAnalysis:
        """See :class:`.analyser.Analyser`."""
        tell(0.0, "listening")
        features = extract(decoded.samples, lambda fraction: tell(0.35 * fraction, "listening"))
        tell(0.35, "finding the beat")
        heard = grids.hear(features)
        grid = grids.find_grid(features, heard)
        times = np.round(grid.beats[grid.beats < decoded.duration_sec], 4)
        tell(0.8, "counting bars")
        downbeats, meters = find_downbeats(features, heard.beat, heard.downbeat, times)
        beats = Beats(
            timestamps=tuple(times.tolist()),
            downbeats=tuple(downbeats.tolist()),
            bpm=round(grid.bpm, 3),
            meter=int(np.bincount(meters).argmax()) if len(meters) else 4,
            confidence=round(grid.confidence, 3),
            regions=regions_by_meter(grid.regions, times, meters),
            alternatives=grid.alternatives,
        )
        tell(0.83, "finding the key")
        key = find_key(decoded.samples)
        duration = decoded.duration_sec
        return describe(features, beats, duration, tell=tell, analyser=self.name, key=key, least_drop=least_drop)


def describe(
    features: Features,
    beats: Beats,
    duration: float,
    *,
    analyser: str,
    tell: Callable[[float, str], None],
    part_starts: Sequence[float] | None = None,
    key: Key | None = None,
    least_drop: float = 0.0,
) -> SongAnalysis:
    """Everything that follows once the beat is known: parts with their names, moments, levels and key.

    Parameters
    ----------
    part_starts : sequence of float or None
        Where parts begin, in seconds, when the analyser found them itself; moved to the nearest bar line.
    key : Key or None
        The key, when it is known (it does not depend on the beat).
    least_drop : float
        Smallest rise of energy that counts as a drop, as in :func:`.moments.find_drops`.
    """
    times, downbeats = np.array(beats.timestamps), np.array(beats.downbeats)
    tell(0.85, "finding the parts")
    bars = measure_bars(features, downbeats, duration)
    drops = find_drops(bars, least_drop) if len(times) else []
    evidence = odds(bars)
    builds = find_builds(bars, drops, evidence)
    if part_starts is None:
        starts = find_boundaries(bars, evidence, drops, [(first, drop) for first, drop, _ in builds])
    else:
        starts = nearest_bars(bars, part_starts)
    build_starts = [first for first, _, _ in builds]
    sections = name_parts(bars, starts, evidence, drops, build_starts, rhythmic=len(times) > 0)
    events = find_events(features, bars, sections, drops, builds, times, downbeats, duration)
    tell(0.95, "following the levels")
    signals = make_signals(features, duration)
    tell(1.0, "heard")
    return SongAnalysis(duration, beats, sections, events, signals, analyser, key or Key())


def nearest_bars(bars: Bars, seconds: Sequence[float]) -> list[int]:
    """The bars that begin nearest to some moments, ascending, each once, always with the first."""
    edges = bars.edges[:-1]
    found = {int(np.abs(edges - moment).argmin()) for moment in seconds}
    return sorted(found | {0})
