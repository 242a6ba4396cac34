# SPDX-License-Identifier: GPL-3.0-or-later
"""What kinds of band there are: tempo, drums, bass, chords and lead of each.

Conventions: tempi in beats per minute of the beat that is labelled; ``bass`` and ``comps`` entries are
``[MODE] INSTRUMENTS PATTERN`` where a pattern fills a bar of ``beats`` evenly (``2|`` two bars).
Comp steps: ``x X o`` chord, ``r`` low root, ``f`` low fifth, digits the n-th chord note, ``-`` hold, ``.`` rest.
Bass steps: ``r`` root, ``f`` fifth, ``o`` octave, ``t`` third, ``v`` seventh, ``n`` a semitone below the next
root, ``w`` walk, ``-`` hold, ``.`` rest. ``*`` stands for a rhythm made up for the piece.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

INSTRUMENTS: dict[str, tuple[int, ...]] = {
    "piano": (0, 0, 1, 2, 3),
    "honky": (3, 3, 0, 1),
    "epiano": (4, 5, 4, 2),
    "harpsichord": (6,),
    "clav": (7,),
    "bells": (8, 9, 10, 14, 98, 112),
    "mallets": (11, 12, 13, 108, 114),
    "organ": (16, 17, 18, 19, 20),
    "rockorgan": (16, 17, 18),
    "church": (19, 19, 20),
    "accordion": (21, 23, 22),
    "nylon": (24,),
    "acoustic": (24, 25, 25),
    "steel": (25,),
    "jazzguitar": (26, 26, 27),
    "clean": (27, 27, 26, 28),
    "muted": (28,),
    "drive": (29, 30, 30, 27),
    "heavy": (30, 30, 29, 81),
    "bass": (33, 33, 34, 35),
    "pick": (34, 33),
    "slap": (36, 37, 33),
    "upright": (32, 32, 32, 35),
    "synthbass": (38, 39),
    "tuba": (58,),
    "anybass": (32, 33, 34, 35, 36, 38, 39),
    "cello": (42, 43, 48),
    "strings": (48, 49, 50, 48),
    "bowed": (40, 41, 42),
    "fiddle": (40, 110),
    "pizzicato": (45,),
    "tremolo": (44,),
    "harp": (46,),
    "choir": (52, 53, 54),
    "trumpet": (56, 59, 56),
    "brass": (61, 62, 61, 63),
    "lowbrass": (57, 58, 60),
    "horn": (60,),
    "sax": (64, 65, 66, 67),
    "reed": (68, 69, 70, 71),
    "clarinet": (71,),
    "flute": (72, 73, 73, 74),
    "pipe": (75, 77, 78, 79),
    "synth": (80, 81, 82, 84, 87),
    "pad": (88, 89, 90, 91, 92, 94, 95, 99),
    "plucked": (104, 105, 106, 107, 15),
    "banjo": (105,),
    "kalimba": (108,),
    "timpani": (47,),
    "musicbox": (10,),
    "celesta": (8, 9),
    "voice": (52, 53, 54, 85),
    "lead": (0, 11, 22, 27, 40, 56, 64, 65, 66, 71, 73, 80, 81, 4, 26, 68, 12, 75, 110),
}


@dataclass(frozen=True, slots=True)
class Style:
    """``grid`` is steps per beat of the melody; ``swing`` the range of the first eighth's share (0.5 is even) and
    ``fine`` tells that sixteenths swing instead; ``fills`` how likely drum fills are, ``drive`` that guitars are
    distorted, ``vocal`` how likely a voice sings, ``drumless`` how likely the drummer stays at home."""

    name: str
    tempo: tuple[float, float]
    drums: tuple[str, ...] = ()
    bass: tuple[str, ...] = ()
    comps: tuple[str, ...] = ()
    leads: tuple[str, ...] = ("lead",)
    harmony: tuple[str, ...] = ("pop", "minor")
    beats: int = 4
    grid: int = 4
    swing: tuple[float, float] = (0.5, 0.5)
    fine: bool = False
    kits: tuple[int, ...] = (0, 0, 8, 16)
    fills: float = 0.8
    density: float = 0.5
    syncopation: float = 0.3
    drive: float = 0.0
    vocal: float = 0.3
    drumless: float = 0.05
    weight: float = 1.0
    eighths: bool = False


def _read(file: str) -> tuple[Style, ...]:
    """The styles of a TOML file beside this module, one table each."""
    tables = tomllib.loads((Path(__file__).parent / file).read_text(encoding="utf-8"))
    return tuple(
        Style(name, **{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()})
        for name, table in tables.items()
    )


STYLES: tuple[Style, ...] = tuple(
    style for kind in ("four", "jazz", "other") for style in _read(f"band_styles_{kind}.toml")
)
BY_METER: dict[str, tuple[str, ...]] = {
    "4/4": tuple(s.name for s in STYLES if s.beats == 4),
    "3/4": tuple(s.name for s in STYLES if s.beats == 3),
    "2/4": tuple(s.name for s in STYLES if s.beats == 2 and s.grid != 3),
    "5/4": tuple(s.name for s in STYLES if s.beats == 5),
    "6/8": tuple(s.name for s in STYLES if s.beats == 2 and s.grid == 3),
}
METER_SHARES = {"4/4": 0.70, "3/4": 0.125, "2/4": 0.05, "5/4": 0.05, "6/8": 0.075}
"""Shares of the meters among pieces that have a beat."""
