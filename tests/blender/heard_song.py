# SPDX-License-Identifier: GPL-3.0-or-later
"""A song that was heard, written down: the panel can correct it without anybody listening."""

from __future__ import annotations

from typing import Any

import numpy as np

from crossfade_addon import properties, timeline
from crossfade_addon.director import corrections, heard
from crossfade_addon.places import Places
from crossfade_addon.timeline import Alternative, Audio, Beats, Event, Meta, Region, Section, Timeline

SECTIONS = ("intro", "build", "drop", "break", "outro")
LEVELS = (0.2, 0.6, 1.0, 0.3, 0.2)


def song(seconds: float = 40.0, bpm: float = 120.0) -> Timeline:
    """Five sections of equal length on bar lines, beats from the first sample on, moments at the borders."""
    beat = 60 / bpm
    count = int(seconds / beat)
    bars = count // 4
    edges = [round(bars // 5 * k * 4 * beat, 4) for k in range(5)] + [seconds]
    times = tuple(round(k * beat, 4) for k in range(count))
    sections = tuple(
        Section(edges[k], edges[k + 1], name, LEVELS[k], 0.8, "ABCDE"[k]) for k, name in enumerate(SECTIONS)
    )
    return Timeline(
        Meta("song", "Song", "Nobody", "", "", 0, seconds, bpm, "sum", "3"),
        Audio("", sections),
        Beats(
            times,
            times[::4],
            bpm,
            4,
            0.62,
            (Region(0.0, edges[3], 0.9, True, bpm), Region(edges[3], seconds, 0.4, False, bpm)),
            (Alternative(bpm * 2, 0.8), Alternative(bpm * 2 / 3, 0.4)),
        ),
        (
            Event(edges[1], "build", "medium", "push_in", "treble rises 9 dB over 4 bars before the drop", 0.5),
            Event(edges[2], "drop", "high", "drop_reaction", "bass rises 12 dB", 0.9),
            Event(edges[3], "breakdown", "low", "halo_only", "energy falls", 0.3),
            Event(edges[4], "section_change", "low", "outro", "break gives way to outro", 0.2),
        ),
    )


def heard_text(of: Timeline, *texts: str) -> str:
    """What the worker would write of it, with the corrections that it used."""
    level = np.repeat(LEVELS, 200)
    levels = {"peak": level, "mean": 0.6 * level, "energy": level}
    return heard.dumps(heard.Heard(of, levels, tuple(corrections.parse(text) for text in texts)))


def analyse(settings: Any, of: Timeline, *texts: str) -> None:
    """What Analyse leaves behind in the panel and in the folder."""
    path = properties.to_brief(settings.id_data, Places()).timeline_path
    timeline.save(of, path)
    properties.fill_analysis(settings, of, path, properties.script_key(settings), heard_text(of, *texts))
