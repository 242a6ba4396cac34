# SPDX-License-Identifier: GPL-3.0-or-later
"""A short script that stands for a song that was not heard yet, so that its show can be timed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .. import director
from ..brief import Brief
from ..encode.platforms import Platform
from ..themes import load_theme
from ..timeline import SIGNALS, Beats, Event, Lyrics, Section, Signals, Timeline

SECONDS = 16.0
_BPM = 120.0
_RATE_HZ = 100.0
_PARTS = (("intro", 0.25), ("build", 0.6), ("drop", 1.0), ("break", 0.35))


def script(brief: Brief, platforms: Mapping[str, Platform]) -> Timeline:
    """Sixteen seconds at 120 BPM with intro, build, drop and break, directed as the brief asks for."""
    beat, part = 60 / _BPM, SECONDS / len(_PARTS)
    times = tuple(number * beat for number in range(int(SECONDS / beat)))
    energy = [_PARTS[min(int(i / _RATE_HZ / part), len(_PARTS) - 1)][1] for i in range(int(SECONDS * _RATE_HZ))]
    since = [(i / _RATE_HZ) % beat / beat for i in range(len(energy))]
    pulse = [level * (1 - past) for level, past in zip(energy, since, strict=True)]
    levels = {
        name: np.asarray(pulse if name in ("kick", "snare", "hats", "bass") else energy, dtype=np.float32)
        for name in SIGNALS
    }
    analysis = director.SongAnalysis(
        duration_sec=SECONDS,
        beats=Beats(times, times[::4], _BPM, 4, 1.0),
        sections=tuple(
            Section(part * number, part * (number + 1), name, level, 1.0) for number, (name, level) in enumerate(_PARTS)
        ),
        events=(Event(part, "build", "medium", "", ""), Event(2 * part, "drop", "high", "", "", 1.0)),
        signals=Signals(_RATE_HZ, levels),
    )
    # Only the look is timed: no mode refuses so short a song, and no part of it is asked for.
    wish = brief.replace(clip=None, clips=(), whole_song=True, mode="single" if brief.mode == "event" else brief.mode)
    rows = {name: {"window_s": 0.0, "max_s": SECONDS} for name in platforms}
    return director.direct(analysis, director.SongFacts("Crossfade"), wish, load_theme(brief.theme), Lyrics(), rows)
