# SPDX-License-Identifier: GPL-3.0-or-later
"""The director: from a song to the script of its show, in pure Python and numpy.

``decode.decode`` reads a file, :func:`analyse` hears it, :func:`direct` plans the show, ``lyrics.parse_lyrics``
reads its words and ``picture.draw`` shows the script as a picture.
"""

from __future__ import annotations

from .analysis import DIRECTOR_VERSION, SongAnalysis, analyse
from .plan import SongFacts, direct

__all__ = [
    "DIRECTOR_VERSION",
    "SongAnalysis",
    "SongFacts",
    "analyse",
    "direct",
]
