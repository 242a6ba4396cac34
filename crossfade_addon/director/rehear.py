# SPDX-License-Identifier: GPL-3.0-or-later
"""Hearing a song again on a beat grid that is known already: everything but the search for the beat."""

from __future__ import annotations

from collections.abc import Callable

from ..timeline import Beats
from .analysis import SongAnalysis, describe
from .decode import Decoded
from .features import extract


def rehear(
    decoded: Decoded,
    heard: SongAnalysis,
    beats: Beats,
    tell: Callable[[float, str], None] = lambda _f, _m: None,
    *,
    least_drop: float = 0.0,
) -> SongAnalysis:
    """The analysis that ``heard`` would have been on these beats: parts, moments and levels are found anew.

    Parts and key that another analyser than ours found are kept; its parts move to the nearest bar lines.
    """
    features = extract(decoded.samples, lambda fraction: tell(0.8 * fraction, "listening on the corrected grid"))
    ours = heard.analyser == "crossfade"
    return describe(
        features,
        beats,
        heard.duration_sec,
        analyser=heard.analyser,
        tell=tell,
        part_starts=None if ours else [section.start_time for section in heard.sections],
        key=heard.key,
        least_drop=least_drop,
    )
