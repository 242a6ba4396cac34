# SPDX-License-Identifier: GPL-3.0-or-later
"""The port that every analyser stands behind, and the choice between the two there are.

``crossfade`` is ours and needs numpy only. ``librosa`` is the field's reference, for comparison and for those who
trust it more; it needs the package and takes several times as long. Both answer with a complete
:class:`.analysis.SongAnalysis`, so nothing after them knows which one listened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ..errors import BriefError
from .analysis import CrossfadeAnalyser, SongAnalysis
from .librosa_analyser import LibrosaAnalyser

if TYPE_CHECKING:
    from .decode import Decoded

Tell = Callable[[float, str], None]
"""Called with the fraction done (0..1, never falling) and what is being done."""


class Analyser(Protocol):
    """Hears a song.

    What every analyser keeps (``tests/pure/test_director_analysers.py`` holds both to it): times ascend and lie
    inside the song, downbeats are beats, sections cover the song without a gap, every signal is there with its
    full length in 0..1, and the same samples give the same bytes. Where there is no beat to follow, beats are
    empty and the confidence is low.
    """

    @property
    def name(self) -> str:
        """What people call it: the value of ``--analyser`` and of ``SongAnalysis.analyser``."""
        ...

    def hear(self, decoded: Decoded, tell: Tell, *, least_drop: float = 0.0) -> SongAnalysis:
        """The whole analysis of mono samples at 22050 Hz, half a second or longer.

        ``least_drop`` is the smallest rise of energy that counts as a drop, as in :func:`.moments.find_drops`.

        Raises
        ------
        ToolMissing
            When a package it needs is not installed.
        """
        ...


_ANALYSERS: tuple[Analyser, ...] = (CrossfadeAnalyser(), LibrosaAnalyser())
ANALYSERS = {analyser.name: analyser for analyser in _ANALYSERS}


def find_analyser(name: str) -> Analyser:
    """The analyser of that name.

    Raises
    ------
    BriefError
        When there is none.
    """
    try:
        return ANALYSERS[name]
    except KeyError:
        raise BriefError(f"Unknown analyser '{name}'.", hint=f"Choose one of {', '.join(ANALYSERS)}.") from None


def analyse(
    decoded: Decoded,
    *,
    analyser: str = "crossfade",
    progress: Tell = lambda _f, _m: None,
    least_drop: float = 0.0,
) -> SongAnalysis:
    """Hear a song with the analyser of that name; ``least_drop`` as in :func:`.moments.find_drops`.

    Raises
    ------
    BriefError
        Unknown analyser.
    ToolMissing
        librosa was asked for and is not installed.
    """
    return find_analyser(analyser).hear(decoded, progress, least_drop=least_drop)
