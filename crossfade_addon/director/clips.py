# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of the song each platform gets, and why."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from typing import Any

from ..brief import Brief
from ..errors import BriefError
from ..timeline import Clip
from ..timing import clock
from .score import Score

PLACE_OF_DROP = 1 / 3
"""Where in the window the strongest drop should fall."""
SHORTEST_CLIP_S = 0.5


def plan_clips(score: Score, brief: Brief, platforms: Mapping[str, Mapping[str, Any]]) -> dict[str, Clip]:
    """One clip per platform of ``platforms`` (rows with ``window_s`` and ``max_s``); the same rule gives the same clip.

    Raises
    ------
    BriefError
        When the asked-for clip starts after the song's end.
    """
    return {
        name: _clip(score, brief, float(row.get("window_s", 0)), float(row.get("max_s", 0)), name)
        for name, row in platforms.items()
    }


def _clip(score: Score, brief: Brief, window: float, longest: float, name: str) -> Clip:
    duration = score.duration
    if brief.clip is not None:
        start, end = brief.clip
        if start > duration - SHORTEST_CLIP_S:
            raise BriefError(
                f"The clip starts at {clock(start)}, but the song ends at {clock(duration)}.",
                hint="Choose an earlier start.",
            )
        return _within(start, min(end, duration), longest, "the part that was asked for", name)
    if brief.whole_song or window <= 0:
        reason = "the whole song, as asked for" if brief.whole_song else "the whole song"
        return _within(0.0, duration, longest, reason, name)
    if duration <= window:
        return _within(0.0, duration, longest, f"the whole song; it fits into {window:.0f} s", name)
    start, end, reason = _window(score, min(window, longest) if longest > 0 else window)
    return Clip(start, end, reason)


def _within(start: float, end: float, longest: float, reason: str, name: str) -> Clip:
    if 0 < longest < end - start:
        return Clip(start, start + longest, f"{reason}, cut to the {longest:.0f} s that {name} takes")
    return Clip(start, end, reason)


def _window(score: Score, window: float) -> tuple[float, float, str]:
    """A window from bar line to bar line, at most ``window`` long, around the strongest drop or the loudest part."""
    lines = [0.0, *(t for t in score.downbeats if 0 < t < score.duration), score.duration]
    if score.calm:
        lines = [*(float(t) for t in range(int(score.duration) + 1)), score.duration]
    drops = [e for e in score.events if e.type == "drop" and e.t < score.duration and not score.calm]
    options = []
    for start in lines:
        end = lines[bisect.bisect_right(lines, start + window + 1e-6) - 1]
        if end > start and end - start >= min(0.75 * window, score.duration - 2 * score.bar_s):
            options.append((start, end))
    if not options:
        start = max(0.0, min(score.duration - window, lines[0]))
        return start, min(score.duration, start + window), "the beginning of the song"
    if drops:
        rank = {"high": 2, "medium": 1, "low": 0}
        best = max(drops, key=lambda e: (rank.get(e.intensity, 0), e.strength, score.energy_at(e.t), -e.t))
        start, end = min(
            options, key=lambda o: abs(best.t - o[0] - PLACE_OF_DROP * window) + 0.2 * (window - o[1] + o[0])
        )
        at = clock(best.t - start)
        return start, end, f"the strongest drop ({clock(best.t)}, {score.place(best.t)}) comes {at} into it; whole bars"
    start, end = max(options, key=lambda o: (round(_mean_energy(score, *o), 3), o[1] - o[0], -o[0]))
    what = f"the most energetic stretch, mean energy {_mean_energy(score, start, end):.2f}"
    return start, end, what + ("" if score.calm else f"; whole bars from {score.place(start)}")


def _mean_energy(score: Score, start: float, end: float) -> float:
    total = 0.0
    for part in score.sections:
        overlap = min(end, part.end_time) - max(start, part.start_time)
        total += max(0.0, overlap) * part.energy_level
    return total / (end - start)
