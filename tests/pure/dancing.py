# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs for tests of the performance: beats, triggers and sections as the test writes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from crossfade_addon.timeline import Audio, AvatarPlan, Beats, Meta, Section, Timeline, Trigger


def song(
    beats: list[float],
    triggers: list[tuple[float, str]] | None = None,
    *,
    duration: float = 60.0,
    sections: tuple[Section, ...] = (),
    seed: int = 7,
    **more: Any,
) -> Timeline:
    """A song of four beats to the bar, the first beat being a downbeat."""
    return Timeline(
        meta=Meta("song", "Song", "Artist", "mashup", "sponsor_neon", seed, duration, 120.0, "", ""),
        audio=Audio("song.wav", sections),
        beats=Beats(timestamps=tuple(beats), downbeats=tuple(beats[::4]), bpm=120.0),
        avatar=AvatarPlan(triggers=tuple(Trigger(t, action, 1.0) for t, action in triggers or [])),
        **more,
    )


def even(bpm: float, first: float = 0.2, duration: float = 60.0) -> list[float]:
    """Beats without a flaw."""
    return np.arange(first, duration, 60.0 / bpm).tolist()
