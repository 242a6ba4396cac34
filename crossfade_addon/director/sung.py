# SPDX-License-Identifier: GPL-3.0-or-later
"""Where somebody sings: the stretches of the song in which a cut would go through a word."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from ..timeline import Lyrics

BREATH_S = 0.05
"""How far from a word an edge keeps, where the next word leaves room."""
_SAME_S = 1e-6


@dataclass(frozen=True, slots=True)
class Sung:
    """Words and lines as (start, end) in seconds, ascending and disjoint (they may touch).

    A line whose words have no times of their own counts as one word.
    """

    words: tuple[tuple[float, float], ...] = ()
    lines: tuple[tuple[float, float], ...] = ()

    def word_at(self, t: float) -> tuple[float, float] | None:
        """The word that goes on at a moment: one that began before it and ends after it."""
        return _around(self.words, t)

    def is_within_line(self, t: float) -> bool:
        """Whether a line goes on at a moment."""
        return _around(self.lines, t) is not None

    def beside(self, t: float) -> tuple[float, ...]:
        """The moment itself where no word goes on, else one just before the word and one just after it."""
        word = self.word_at(t)
        if word is None:
            return (t,)
        start, end = word
        k = bisect.bisect_left(self.words, word)
        room_before = start - self.words[k - 1][1] if k > 0 else start
        room_after = self.words[k + 1][0] - end if k + 1 < len(self.words) else BREATH_S
        return start - min(BREATH_S, room_before / 2), end + min(BREATH_S, room_after / 2)

    def next_onset(self, t: float) -> float:
        """Seconds until the next word begins; infinite after the last."""
        k = bisect.bisect_left(self.words, (t - _SAME_S, 0.0))
        return self.words[k][0] - t if k < len(self.words) else float("inf")

    def last_end(self, before: float) -> float:
        """Where the last word that ends by a moment ends; ``-inf`` when there is none."""
        k = bisect.bisect_right(self.words, before + _SAME_S, key=lambda word: word[1]) - 1
        return self.words[k][1] if k >= 0 else float("-inf")


NOTHING = Sung()


def read_lyrics(lyrics: Lyrics) -> Sung:
    """The sung stretches of some lyrics."""
    words: list[tuple[float, float]] = []
    for line in lyrics.lines:
        words += [(word.start, word.end) for word in line.words] or [(line.start, line.end)]
    return Sung(_disjoint(words), _disjoint([(line.start, line.end) for line in lyrics.lines]))


def _around(spans: tuple[tuple[float, float], ...], t: float) -> tuple[float, float] | None:
    k = bisect.bisect_left(spans, (t - _SAME_S, 0.0)) - 1
    return spans[k] if k >= 0 and spans[k][1] > t + _SAME_S else None


def _disjoint(spans: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Ascending, those that overlap as one (two voices), those that only touch apart."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if found and start < found[-1][1] - _SAME_S:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)
