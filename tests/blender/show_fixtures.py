# SPDX-License-Identifier: GPL-3.0-or-later
"""A synthetic song for stage and light tests: 24 s at 120 BPM with intro, build, drop and break."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from crossfade_addon.timeline import (
    SIGNALS,
    Audio,
    BeamCue,
    Beats,
    Event,
    LightingPlan,
    Meta,
    Section,
    Signals,
    Timeline,
    WallCue,
)

DROP = 12.0
RATE = 100.0


def make_timeline(
    *,
    bpm: float = 120.0,
    duration: float = 24.0,
    beats: bool = True,
    drops: tuple[float, ...] = (DROP,),
    theme: str = "",
) -> Timeline:
    """Sections of a quarter of the song each (the last one half break, half outro), a drop at ``drops``."""
    beat = 60.0 / bpm
    times = tuple(i * beat for i in range(int(duration / beat))) if beats else ()
    count = int(duration * RATE)
    seconds = [i / RATE for i in range(count)]
    since = [t % beat for t in seconds]
    energy = {"intro": 0.25, "build": 0.6, "drop": 1.0, "break": 0.3, "outro": 0.25}
    quarter = duration / 4
    bounds = (0.0, quarter, 2 * quarter, 3 * quarter, 3.5 * quarter, duration)
    names = ("intro", "build", "drop", "break", "outro")
    sections = tuple(
        Section(a, b, name, energy[name]) for a, b, name in zip(bounds[:-1], bounds[1:], names, strict=True)
    )

    def level(t: float) -> float:
        return next(energy[s.section_type] for s in sections if s.start_time <= t < s.end_time + 1e-9)

    kick = [math.exp(-s / 0.1) * level(t) if beats else 0.0 for s, t in zip(since, seconds, strict=True)]
    snare = [k if int(t / beat) % 2 else 0.0 for k, t in zip(kick, seconds, strict=True)]
    values = {name: tuple(level(t) for t in seconds) for name in SIGNALS}
    values |= {"kick": tuple(kick), "snare": tuple(snare)}
    values |= {
        name: tuple(level(t) * (0.5 + 0.5 * math.sin(t * rate)) for t in seconds)
        for name, rate in (("bass", 3.0), ("mids", 5.1), ("highs", 7.7))
    }
    return Timeline(
        meta=Meta("test", "Test", "Nobody", "mashup", theme, 1, duration, bpm, "", "1"),
        audio=Audio("test.wav", sections),
        beats=Beats(times, times[::4], bpm if beats else 0.0, 4, 1.0 if beats else 0.0),
        events=(
            Event(quarter, "build", "medium", "", ""),
            *(Event(t, "drop", "high", "", "") for t in drops),
            Event(3 * quarter, "breakdown", "low", "", ""),
        ),
        signals=Signals(RATE, values),
    )


def with_plan(song: Timeline, families: Sequence[str], modes: Sequence[str], seconds: float = 2.0) -> Timeline:
    """The song with wall families and beam modes that take turns every so many seconds, the last one to the end."""

    def spans(count: int) -> list[tuple[float, float]]:
        ends = [seconds * (k + 1) for k in range(count - 1)] + [song.meta.duration_sec]
        return list(zip([0.0, *ends[:-1]], ends, strict=True))

    plan = LightingPlan(
        wall=tuple(WallCue(a, b, name) for name, (a, b) in zip(families, spans(len(families)), strict=True)),
        beams=tuple(BeamCue(a, b, mode) for mode, (a, b) in zip(modes, spans(len(modes)), strict=True)),
    )
    return dataclasses.replace(song, lighting=plan)
