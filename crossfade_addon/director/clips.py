# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of the song each platform gets, why, and how its sound fades.

Platforms with the same limit get the same part, so that one render and one encode serve them all.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..brief import Brief
from ..brief_values import SHORTEST_CLIP_S
from ..errors import BriefError
from ..timeline import Clip, Lyrics
from ..timing import clock, frame_at
from .score import Score
from .sung import read_lyrics
from .windows import HOOKS, Windows

FADE_IN_S = 0.008
"""Where the song is cut into: long enough not to click, short enough to leave the first kick its attack."""
LONGEST_FADE_S, SHORTEST_FADE_S = 2.5, 0.12
QUIETER = 0.3
"""A part that is followed by one so much less energetic ends by itself."""
LONGEST_FADE_PART = 0.25
"""A fade takes at most this part of the clip."""
READ = ("window_s", "min_s", "max_s", "loop", "audio")
"""Of a platform's row, what decides its clip."""
_NEAR_S = 0.05


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a platform takes, in seconds; ``window`` 0 is the whole song."""

    name: str
    window: float
    shortest: float
    longest: float
    loop: bool
    silent: bool

    @property
    def limit(self) -> float:
        """The longest part that is chosen by itself."""
        return min(self.window, self.longest) if self.window > 0 else self.longest


def plan_clips(
    score: Score, brief: Brief, lyrics: Lyrics, platforms: Mapping[str, Mapping[str, Any]]
) -> dict[str, Clip]:
    """One clip per platform.

    Parameters
    ----------
    platforms : mapping
        Rows of ``data/platforms.toml`` by name; of each, :data:`READ` is read.

    Raises
    ------
    BriefError
        When an asked-for clip starts after the song's end.
    """
    planner = _Planner(score, brief, lyrics, [_wish(name, row) for name, row in platforms.items()])
    return {wish.name: planner.clip(wish) for wish in planner.wishes}


def _wish(name: str, row: Mapping[str, Any]) -> _Wish:
    return _Wish(
        name=name,
        window=float(row.get("window_s", 0)),
        shortest=float(row.get("min_s", 0)),
        longest=float(row.get("max_s", 0)) or float("inf"),
        loop=bool(row.get("loop", False)),
        silent=row.get("audio", "aac") == "none",
    )


def check_start(start: float, duration: float) -> None:
    """See that a part that is asked for begins within the song.

    Raises
    ------
    BriefError
        When it begins after the end.
    """
    if start > duration - SHORTEST_CLIP_S:
        raise BriefError(
            f"The clip starts at {clock(start)}, but the song ends at {clock(duration)}.",
            hint="Choose an earlier start.",
        )


class _Planner:
    def __init__(self, score: Score, brief: Brief, lyrics: Lyrics, wishes: list[_Wish]) -> None:
        self.score = score
        self.brief = brief
        self.wishes = wishes
        self.sung = read_lyrics(lyrics)
        self.windows = Windows(score, self.sung, self.fits)
        self._own = {name: (start, end) for name, start, end in brief.clips if name in brief.platforms}
        self._chosen: dict[float, Clip] = {}

    def fits(self, start: float, end: float, longest: float) -> bool:
        """Whether a clip's video is at most so long, once its edges are on frames."""
        fps = self.brief.fps
        return frame_at(end, fps) - frame_at(start, fps) <= longest * fps + 1e-6

    def clip(self, wish: _Wish) -> Clip:
        """The part that one platform gets."""
        asked = self._own.get(wish.name, self.brief.clip)
        if asked is not None:
            clip = self._asked(*asked, wish)
        elif wish.loop:
            clip = self._loop(wish, 0.0, self.score.duration)
        elif self.brief.whole_song or wish.window <= 0:
            clip = self._whole("the whole song, as asked for" if self.brief.whole_song else "the whole song", wish)
        elif self.fits(0.0, self.score.duration, wish.limit):
            clip = self._whole(f"the whole song; it fits into {wish.limit:g} s", wish)
        else:
            clip = self._window(wish)
        if clip.duration < wish.shortest - 1e-6:
            clip = replace(clip, reason=f"{clip.reason}; shorter than the {wish.shortest:g} s that {wish.name} takes")
        return clip

    def _asked(self, start: float, end: float, wish: _Wish) -> Clip:
        duration = self.score.duration
        check_start(start, duration)
        end = min(end, duration)
        if wish.loop and not self.fits(start, end, wish.longest):
            return self._loop(wish, start, end)
        return self._within(start, end, "the part that was asked for", wish)

    def _whole(self, reason: str, wish: _Wish) -> Clip:
        return self._within(0.0, self.score.duration, reason, wish)

    def _within(self, start: float, end: float, reason: str, wish: _Wish) -> Clip:
        """A part that was not searched for, cut at a bar line when it is longer than the platform takes."""
        if wish.longest < end - start and not self.fits(start, end, wish.longest):
            end = self.windows.cut(start, wish.longest)
            reason = f"{reason}, cut to the {wish.longest:g} s that {wish.name} takes"
        if wish.loop:
            return Clip(start, end, reason)
        return self._faded(start, end, reason)

    def _window(self, wish: _Wish) -> Clip:
        """The same part for all platforms with this limit."""
        if wish.limit not in self._chosen:
            alike = [w for w in self.wishes if not w.loop and w.window > 0 and w.limit == wish.limit]
            window = self.windows.best(wish.limit, max(w.shortest for w in alike))
            self._chosen[wish.limit] = self._faded(window.start, window.end, window.reason)
        return self._chosen[wish.limit]

    def _faded(self, start: float, end: float, reason: str) -> Clip:
        fade_in = FADE_IN_S if start > 0 else 0.0
        if end >= self.score.duration - 1e-6:
            return Clip(start, end, reason, fade_in, 0.0)
        fade, why = self._fade_out(start, end)
        return Clip(start, end, f"{reason}; {why}", fade_in, fade)

    def _fade_out(self, start: float, end: float) -> tuple[float, str]:
        """How long the sound fades where the song would go on, and why.

        A bar is what a listener takes for an ending. Where the music itself stops or steps back at the edge, a beat
        is enough. The last word stays whole: then the fade begins after it.
        """
        score = self.score
        stops = [e.t for e in score.events if e.type in ("hard_stop", "silence", "breakdown")]
        ends_by_itself = any(abs(t - end) < score.beat_s for t in stops)
        ends_by_itself |= score.energy_at(end - _NEAR_S) - score.energy_at(end + _NEAR_S) >= QUIETER
        wanted = score.beat_s if ends_by_itself else min(score.bar_s, LONGEST_FADE_S)
        wanted = min(wanted, LONGEST_FADE_PART * (end - start))
        room = end - max(self.sung.last_end(end), start)
        if room < wanted:
            return round(max(room, min(SHORTEST_FADE_S, wanted)), 3), "a fade after the last word"
        if ends_by_itself:
            return round(wanted, 3), "a short fade where the music steps back"
        return round(wanted, 3), f"a fade over {wanted:.0f} s" if score.calm else "a fade over a bar"

    def _loop(self, wish: _Wish, low: float, high: float) -> Clip:
        """Whole bars between two moments that can repeat, from the strongest drop or hook there on."""
        inside = [option for option in self._loop_starts() if low - 1e-6 <= option[0] < high]
        for careful in (True, False):
            for start, what in inside:
                for end, bars in self._loop_ends(start, high, wish):
                    cuts = any(self.sung.word_at(t) is not None for t in (start, end))
                    if not (careful and cuts and not wish.silent):
                        return Clip(start, end, f"{bars} bars from {what} that repeat")
        best = max(self.score.sections, key=lambda s: (s.energy_level, -s.start_time))
        start = max(low, min(best.start_time, high - wish.limit))
        end = min(high, self.windows.full(start, wish.limit))
        return Clip(start, end, "the most energetic stretch; it has no bars to repeat")

    def _loop_starts(self) -> Iterator[tuple[float, str]]:
        """Bar lines to begin a loop at, the best first, each with its name."""
        score = self.score
        if score.calm or not score.downbeats:
            return
        for drop in self.windows.drops():
            yield self._line_at(drop.t), f"the drop ({clock(drop.t)}, {score.place(drop.t)})"
        rank = sorted(score.sections, key=lambda s: (s.section_type not in HOOKS, -s.energy_level, s.start_time))
        for part in rank:
            where = f"{clock(part.start_time)}, {score.place(part.start_time)}"
            yield self._line_at(part.start_time), f"the {part.section_type} ({where})"
        for line in score.downbeats:
            yield line, score.place(line)

    def _loop_ends(self, start: float, high: float, wish: _Wish) -> Iterator[tuple[float, int]]:
        """Where a loop may end, with its number of bars: powers of two first, longer ones first."""
        lines = [*self.score.downbeats]
        first = bisect.bisect_left(lines, start - 1e-6)
        found = []
        for bars, line in enumerate(lines[first + 1 :], 1):
            if line > high + 1e-6 or not self.fits(start, line, wish.limit):
                break
            if line - start >= wish.shortest - 1e-6:
                found.append((line, bars))
        yield from sorted(found, key=lambda option: (option[1] & (option[1] - 1) != 0, -option[1]))

    def _line_at(self, t: float) -> float:
        lines = self.score.downbeats
        return min(lines, key=lambda line: abs(line - t))
