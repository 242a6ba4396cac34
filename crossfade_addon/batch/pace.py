# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a batch will still take, from the songs that are finished."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

STAGES = ("director", "studio", "encode", "verify")
_GUESS = {"director": 0.1, "studio": 0.55, "encode": 0.25, "verify": 0.1}
"""Shares of a song's time until one is finished."""


class Pace:
    """Seconds that songs take, stage by stage; songs count alike."""

    def __init__(self) -> None:
        self._stages = dict.fromkeys(STAGES, 0.0)
        self._songs = 0

    def add(self, stages: Mapping[str, float]) -> None:
        """Learn from a finished song: seconds of each stage."""
        self._songs += 1
        for stage in STAGES:
            self._stages[stage] += stages.get(stage, 0.0)

    @property
    def song_s(self) -> float | None:
        """Seconds of a song on average, or None before the first one."""
        total = sum(self._stages.values())
        return total / self._songs if self._songs and total > 0 else None

    def fraction(self, stage: str, fraction: float) -> float:
        """How much of a song is done (0..1) when this much of a stage is."""
        total = sum(self._stages.values())
        shares = {s: seconds / total for s, seconds in self._stages.items()} if total > 0 else _GUESS
        if stage not in STAGES:
            return 0.0
        at = STAGES.index(stage)
        return sum(shares[s] for s in STAGES[:at]) + shares[stage] * min(1.0, max(0.0, fraction))

    def left(self, waiting: int, running: Iterable[tuple[float, float]], jobs: int) -> float | None:
        """Seconds until all songs are finished, or None while nothing is known.

        Parameters
        ----------
        waiting : int
            Songs that have not begun.
        running : iterable of (float, float)
            Of each song that runs: how much of it is done (0..1), and its seconds so far.
        jobs : int
            How many run at once.
        """
        running = list(running)
        each = self.song_s
        if each is None:
            guesses = [seconds / done for done, seconds in running if done >= 0.05]
            if not guesses:
                return None
            each = sum(guesses) / len(guesses)
        rest = [each * (1 - done) for done, _ in running]
        return max([(waiting * each + sum(rest)) / jobs, *rest])
