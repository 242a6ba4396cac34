# SPDX-License-Identifier: GPL-3.0-or-later
"""The director: from a song to the script of its show, in pure Python and numpy.

``decode.decode`` reads a file, :func:`analyse` hears it, :func:`direct` plans the show, ``lyrics.parse_lyrics``
reads its words and ``picture.draw`` shows the script as a picture. ``python -m crossfade_addon.director`` prints
what it hears.

The names below are imported when they are first used (PEP 562), so that ``__main__`` can still set up the
process before numpy is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analyser import ANALYSERS, Analyser, analyse
    from .analysis import DIRECTOR_VERSION, SongAnalysis
    from .plan import SongFacts, direct

__all__ = [
    "ANALYSERS",
    "DIRECTOR_VERSION",
    "Analyser",
    "SongAnalysis",
    "SongFacts",
    "analyse",
    "direct",
]
_HOME = {
    "ANALYSERS": "analyser",
    "Analyser": "analyser",
    "analyse": "analyser",
    "DIRECTOR_VERSION": "analysis",
    "SongAnalysis": "analysis",
    "SongFacts": "plan",
    "direct": "plan",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOME[name]}", __name__), name)
    return value
