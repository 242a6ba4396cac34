# SPDX-License-Identifier: GPL-3.0-or-later
"""From an analysis and a brief to the Timeline: who moves, where the camera is, what the lights do, and when."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..brief import Brief
from ..errors import BriefError
from ..names import shown
from ..themes import Theme
from ..timeline import Audio, AvatarPlan, Event, Lyrics, Meta, Timeline
from .analysis import DIRECTOR_VERSION, SongAnalysis
from .camera import plan_camera
from .choreography import plan_triggers
from .clips import plan_clips
from .lighting import plan_lighting
from .score import nudge_reason, nudges, read_score
from .sung import read_lyrics

EVENT_SHORTEST_S = 45.0


@dataclass(frozen=True, slots=True)
class SongFacts:
    """What the file says about itself; the brief's title and artist go before these."""

    title: str = ""
    artist: str = ""
    audio_sha256: str = ""


def check_length(brief: Brief, seconds: float) -> None:
    """See that a song is long enough for its mode.

    Raises
    ------
    BriefError
        Event mode with less than 45 s of song.
    """
    if brief.mode == "event" and seconds < EVENT_SHORTEST_S:
        raise BriefError(
            f"Event mode needs at least 45 s of song, '{brief.audio.name}' has {seconds:.1f} s.",
            hint="Use a longer song, or the mode 'single'.",
        )


def direct(
    analysis: SongAnalysis,
    facts: SongFacts,
    brief: Brief,
    theme: Theme,
    lyrics: Lyrics,
    platforms: Mapping[str, Mapping[str, Any]],
) -> Timeline:
    """The script of the show. The same song, brief and seed give the same Timeline.

    Parameters
    ----------
    platforms : mapping
        The rows of ``data/platforms.toml`` that the brief asks for, by name.

    Raises
    ------
    BriefError
        Event mode with less than 45 s of song, or a clip that starts after the end.
    """
    check_length(brief, analysis.duration_sec)
    score = read_score(analysis)
    nudge_times = nudges(score, [event.t for event in analysis.events])
    nudge_events = [
        Event(t, "retention_nudge", "low", "nudge", f"{nudge_reason(score, t, nudge_times)}, at {score.place(t)}")
        for t in nudge_times
    ]

    def dice(purpose: str) -> random.Random:
        # One generator per planner: a change in one plan leaves the others as they were.
        text = f"{brief.seed}|{facts.audio_sha256}|{brief.mode}|{purpose}"
        return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))

    triggers = plan_triggers(
        score, mode=brief.mode, nudge_times=nudge_times, rng=dice("avatar"), intensity=brief.intensity
    )
    return Timeline(
        meta=Meta(
            song_id=brief.song_id,
            title=shown(brief.title or facts.title or brief.audio.stem),
            artist=shown(brief.artist or facts.artist),
            mode=brief.mode,
            theme=brief.theme,
            seed=brief.seed,
            duration_sec=analysis.duration_sec,
            bpm=analysis.beats.bpm,
            audio_sha256=facts.audio_sha256,
            director_version=DIRECTOR_VERSION,
        ),
        audio=Audio(str(brief.audio), analysis.sections, analysis.key),
        beats=analysis.beats,
        events=tuple(sorted([*analysis.events, *nudge_events], key=lambda event: (event.t, event.type))),
        signals=analysis.signals,
        camera=plan_camera(
            score, theme, mode=brief.mode, nudge_times=nudge_times, triggers=triggers, rng=dice("camera")
        ),
        avatar=AvatarPlan(triggers=triggers),
        lighting=plan_lighting(score, theme, rng=dice("lighting"), sung=read_lyrics(lyrics)),
        lyrics=lyrics,
        clips=plan_clips(score, brief, lyrics, platforms),
    )
