# SPDX-License-Identifier: GPL-3.0-or-later
"""What the styles of training songs have in common and where they differ: tempo, grooves and instruments.

Conventions: a groove is a string of sixteenths, 16 or 32 to a 4/4 pattern; ``.`` is silence, 1 to 9 a strength,
``x`` full strength. Tempi are the ones a disc jockey or the project file would state.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """``share`` weighs how often it is drawn; grooves and instruments are drawn one per song."""

    share: float
    bpm: tuple[float, float]
    kick: tuple[str, ...]
    snare: tuple[str, ...]
    hat: tuple[str, ...]
    bass: tuple[str, ...]
    kicks: tuple[str, ...] = ("round", "punch", "click")
    snares: tuple[str, ...] = ("analogue", "snappy", "noise")
    swing: tuple[float, float] = (0.5, 0.5)
    perc: float = 0.4
    pad: float = 0.6
    stab: float = 0.45
    arp: float = 0.4
    lead: float = 0.45
    vocal: float = 0.3
    duck: float = 0.6
    form: str = "club"
    open_hat: float = 0.5
    clap: float = 0.6
    rolls: float = 0.0
    sampled: float = 0.5
    texture: float = 0.15


FOUR = "x...x...x...x..."
BACK = "....x.......x..."
HALF = "........x......."
OFF = "..x...x...x...x."
EIGHTHS = "x.6.x.6.x.6.x.6."
SIXTEENTHS = "x3638363x3638363"
RUN = "7464746474647464"
HATS = (OFF, EIGHTHS, SIXTEENTHS, RUN, "..x...x...x..3x.", "x.x4x.x.x.x4x.xx", "................", "..x3..x3..x3..x3")
BROKEN = (
    "x.........x.....", "x.....x...x.....", "x..x......x.....", "x.x.......xx....", "x..x..x...x..x..",
    "x.......x.x.....", "x.....x.....x...", "x.x...x.x.x.....", "x..........x....", "x.........x..x..",
)  # fmt: skip
BREAKS = (
    "x.x.......xx....",
    "x.x......xx...x.",
    "x..x..x...x.....",
    "x.x.......x..x..",
    "x.x.......xx....x.x.......x...x.",
)
BREAK_SNARES = ("....x..3.3..x..3", "....x.3.....x..x", "....x..2.4..x...", "....x..x.x....x.", "....x.......x.4.")
BOOM = (
    "x.......x.x.....",
    "x......xx.......",
    "x..x....x.......",
    "x.....x.x.......",
    "x.x.....x..x....",
    "x......x.xx.....",
)
TRAP = (
    "x.....x...x.....",
    "x..x..x.........",
    "x.........x..x..",
    "x.......... x...".replace(" ", "."),
    "x......x..x..x..",
)
DRILL_SNARES = ("......x.......x.", "...... x.....x..".replace(" ", "."), "......x......x..")
NONE = "................"

STYLES: dict[str, Style] = {
    "house": Style(5, (115, 130), (FOUR,), (BACK, BACK, NONE), HATS, ("off", "synco", "eighths", "octave"),
                   swing=(0.5, 0.6), stab=0.7, vocal=0.45),
    "deephouse": Style(3, (112, 125), (FOUR,), (BACK, NONE), HATS, ("synco", "sub", "off"), swing=(0.5, 0.6),
                       stab=0.7,
                       pad=0.8),
    "afrohouse": Style(2, (112, 124), (FOUR, "x...x...x...x.3."), (NONE, "......x.....x...", BACK), HATS,
                       ("synco", "tresillo"), perc=0.95, swing=(0.5, 0.56)),
    "amapiano": Style(2, (106, 116), (FOUR, NONE, "x...x...x..x...."), ("....x.....x.....", "......x.....x...", NONE),
                      (EIGHTHS, SIXTEENTHS, OFF), ("synco", "tresillo"), perc=0.8, swing=(0.5, 0.58)),
    "techno": Style(5, (125, 150), (FOUR,), (BACK, NONE, NONE, HALF), HATS, ("rumble", "roll", "off", "acid", "none"),
                    kicks=("round", "hard", "thud", "punch"), perc=0.8, pad=0.4, stab=0.5, arp=0.4, lead=0.15,
                    texture=0.4),
    "minimal": Style(2, (120, 130), (FOUR, "x.......x......."), (NONE, BACK, "....3.......3..."), HATS, ("synco",
                     "sub"),
                     kicks=("thud", "click", "round"), perc=0.95, pad=0.3, lead=0.1, swing=(0.5, 0.58)),
    "dubtechno": Style(2, (115, 130), (FOUR, NONE), (NONE, HALF), HATS, ("sub", "none"), kicks=("thud", "round"),
                       stab=0.95, pad=0.9, lead=0.05, texture=0.7),
    "acid": Style(2, (120, 140), (FOUR,), (BACK, NONE), HATS, ("acid",), perc=0.6, pad=0.3, lead=0.1),
    "trance": Style(4, (128, 145), (FOUR,), (BACK, NONE), HATS, ("off", "roll", "gallop"), arp=0.8, lead=0.7, pad=0.8,
                    stab=0.5, duck=0.8),
    "psytrance": Style(4, (136, 150), (FOUR,), (NONE, BACK), HATS, ("psy", "psy", "gallop"), kicks=("click", "round"),
                       arp=0.8, stab=0.15, lead=0.4, pad=0.4, perc=0.5, duck=0.3),
    "hardtechno": Style(3, (140, 165), (FOUR,), (NONE, BACK), HATS, ("rumble", "off", "roll", "none"),
                        kicks=("hard", "hard", "round"), perc=0.6, pad=0.3),
    "hardstyle": Style(2, (148, 162), (FOUR,), (NONE, BACK), (NONE, OFF, EIGHTHS), ("reverse", "none", "off"),
                       kicks=("hard", "long"), lead=0.9, pad=0.5, stab=0.4),
    "hardcore": Style(2, (160, 195), (FOUR, "x...x...x.x.x..."), (NONE, BACK), HATS, ("off", "none", "roll"),
                      kicks=("hard",), lead=0.5),
    "eurodance": Style(2, (125, 150), (FOUR,), (BACK,), HATS, ("off", "octave", "gallop"), lead=0.8, vocal=0.6,
                       form="song"),
    "bigroom": Style(2, (124, 132), (FOUR,), (BACK, NONE), HATS, ("kick", "off"), kicks=("hard", "punch", "long"),
                     lead=0.9, duck=0.8),
    "dnb": Style(5, (165, 180), ("x.........x.....", "x.........x..x..", "x..x......x.....", "x.....x...x....."),
                 (BACK, "....x..2....x..2", "....x.......x.2."), (EIGHTHS, SIXTEENTHS, OFF, RUN), ("reese", "sub",
                 "synco"),
                 kicks=("punch", "click", "acoustic"), snares=("snappy", "acoustic"), pad=0.7, texture=0.3),
    "jungle": Style(2, (155, 175), BREAKS, BREAK_SNARES, (EIGHTHS, SIXTEENTHS), ("sub", "reese", "synco"),
                    kicks=("acoustic", "punch"), snares=("acoustic", "snappy"), sampled=0.8, vocal=0.4),
    "breaks": Style(3, (122, 142), (*BREAKS, *BROKEN), BREAK_SNARES, (EIGHTHS, SIXTEENTHS, OFF),
                    ("synco", "acid", "reese", "sub"), kicks=("acoustic", "punch", "round"),
                    snares=("acoustic", "snappy"), sampled=0.7, swing=(0.5, 0.57)),
    "dubstep": Style(4, (136, 146), ("x...............", "x.....x.........", "x..x............", "x.........x.....",
                     "x..............x", "x.............x.x.....x........."), (HALF,), (EIGHTHS, OFF, SIXTEENTHS,
                     NONE),
                     ("wobble", "wobble", "sub", "reese"), kicks=("punch", "round", "hard"), lead=0.3, vocal=0.4),
    "futurebass": Style(2, (135, 160), TRAP, (HALF,), HATS, ("kick", "sub"), stab=0.95, vocal=0.6, duck=0.9,
                        rolls=0.4),
    "trap": Style(4, (130, 160), TRAP, (HALF, HALF, "........x.....x."), (EIGHTHS, RUN, "x.xxx.x.x.xxx.x."),
                  ("kick",),
                  kicks=("long", "long", "punch"), snares=("snappy", "noise"), rolls=0.8, duck=0.2, form="song",
                  swing=(0.5, 0.54), vocal=0.5),
    "drill": Style(1.5, (138, 148), ("x.....x...x.....", "x..x......x....."), DRILL_SNARES, ("x..x..x.x..x..x.",
                   "x..x..x...x..x.."),
                   ("kick", "sub"), kicks=("long", "punch"), rolls=0.5, form="song", vocal=0.6, duck=0.2),
    "phonk": Style(1.5, (120, 160), (FOUR, "x.....x...x.....", "x..x..x...x....."), (BACK, HALF), (EIGHTHS, RUN),
                   ("kick", "synco"),
                   kicks=("hard", "long"), perc=0.95, vocal=0.4),
    "hiphop": Style(4, (75, 105), BOOM, (BACK,), (EIGHTHS, SIXTEENTHS), ("synco", "sub", "kick"),
                    kicks=("acoustic", "punch", "thud"), snares=("acoustic", "snappy"), swing=(0.5, 0.64),
                    form="song",
                    vocal=0.8, duck=0.1, sampled=0.7, texture=0.4),
    "lofi": Style(3, (62, 92), BOOM, (BACK,), (EIGHTHS, OFF, SIXTEENTHS), ("sub", "synco"), kicks=("thud",
                  "acoustic"),
                  snares=("acoustic", "noise"), swing=(0.52, 0.66), form="loop", stab=0.8, texture=0.9, duck=0.3),
    "reggaeton": Style(4, (82, 108), (FOUR, "x...x...x...x.x."), ("...x..x....x..x.", "...x..x....x..x2"),
                       (EIGHTHS, RUN, NONE), ("synco", "kick", "tresillo"), form="song", vocal=0.6, perc=0.6),
    "moombahton": Style(1.5, (106, 114), (FOUR, "x..x..x.x..x..x."), ("...x..x....x..x.", "...x..x....x.xx."), HATS,
                        ("synco",),
                        perc=0.7),
    "dancehall": Style(1.5, (88, 112), ("x..x..x.x..x..x.", "x..x..x.........", "x..x....x..x...."),
                       ("......x.......x.", NONE),
                       HATS, ("tresillo", "sub"), form="song", vocal=0.6, perc=0.6),
    "synthwave": Style(3, (80, 120), ("x.......x.......", FOUR, "x.......x.x....."), (BACK,), (EIGHTHS, SIXTEENTHS,
                       NONE),
                       ("eighths", "octave", "roll"), snares=("gated", "analogue"), lead=0.8, pad=0.9, arp=0.6,
                       form="song"),
    "synthpop": Style(3, (95, 135), (FOUR, "x.......x.......", "x.....x.x......."), (BACK,), HATS,
                      ("eighths", "octave", "synco"), lead=0.8, vocal=0.7, form="song"),
    "disco": Style(2, (108, 130), (FOUR,), (BACK,), (OFF, SIXTEENTHS, EIGHTHS), ("octave", "synco"), sampled=0.8,
                   kicks=("acoustic", "thud"), snares=("acoustic",), stab=0.8, form="song", vocal=0.6, duck=0.2),
    "electro": Style(3, (105, 138), ("x.....x...x.....", "x..x..x...x.....", "x.....x....x.x..",
                     "x.......x.x....."), (BACK,),
                     (SIXTEENTHS, EIGHTHS, RUN), ("synco", "acid", "octave", "roll"), perc=0.6),
    "ebm": Style(1.5, (108, 135), (FOUR,), (BACK,), (EIGHTHS, OFF, NONE), ("roll", "gallop", "eighths"),
                 kicks=("punch", "hard"),
                 form="song", vocal=0.4),
    "garage": Style(3, (126, 137), ("x.........x.....", "x.........x..3..", "x.....4...x....."), (BACK,
                    "....x..2....x.2."),
                    (OFF, SIXTEENTHS, "..x..x2...x..x.2"), ("synco", "reese", "sub"), swing=(0.54, 0.66), stab=0.7,
                    vocal=0.6),
    "footwork": Style(2, (152, 165), ("x..x..x.x..x..x.", "x..x..x...x..x..", "x..x..x.x.x.x.x.", "x.....x...x..x.."),
                      ("............x...", HALF, "....x.......x..."), (NONE, EIGHTHS, RUN), ("sub", "kick"),
                      perc=0.8, vocal=0.7),
    "jersey": Style(1.5, (130, 145), ("x...x...x..x.x..", "x...x...x.xx..x."), (NONE, BACK), (EIGHTHS, OFF, NONE),
                    ("kick", "sub"),
                    vocal=0.7),
    "bailefunk": Style(1.5, (125, 140), ("x..x..x...x.....", "x..x..x....x...."), ("......x.....x...",
                       "...x..x....x..x."), (NONE, EIGHTHS),
                       ("kick", "none", "tresillo"), perc=0.9, vocal=0.8, pad=0.2),
    "chiptune": Style(3, (100, 180), (FOUR, "x.......x.......", *BROKEN[:4]), (BACK, HALF), (EIGHTHS, NONE,
                      SIXTEENTHS),
                      ("octave", "eighths", "roll", "synco"), kicks=("chip",), snares=("chip",), arp=0.9, lead=0.9,
                      pad=0.1, duck=0.0, form="song", sampled=0.1),
    "downtempo": Style(3, (68, 108), BROKEN, (BACK, HALF, "....x..2.2..x..."), HATS, ("sub", "synco"),
                       swing=(0.5, 0.6), pad=0.9, texture=0.5, form="loop", sampled=0.7),
    "glitch": Style(3, (85, 150), BROKEN, (BACK, HALF, "...x......x.....", NONE), HATS, ("synco", "none", "sub"),
                    kicks=("click", "thud", "punch"), snares=("noise", "tin", "chip"), perc=0.95, rolls=0.6,
                    texture=0.6),
    "pulse": Style(4, (62, 140), (NONE, NONE, "x...............", "x.......x......."), (NONE,), (NONE, OFF, EIGHTHS),
                   ("sub", "none", "eighths"), kicks=("thud", "long"), arp=0.85, pad=0.9, form="loop", open_hat=0.1,
                   clap=0.1, texture=0.4, lead=0.5),
    "tropical": Style(1.5, (95, 115), (FOUR, "x..x..x.x..x..x."), (BACK, "....x..x....x..."), HATS, ("off",
                      "synco"), stab=0.7, vocal=0.5,
                      perc=0.6),
    "hybrid": Style(4, (70, 180), (FOUR, *BROKEN, NONE), (BACK, HALF, NONE, *BREAK_SNARES), HATS,
                    ("off", "roll", "synco", "sub", "eighths", "octave", "reese", "acid", "none", "tresillo"),
                    swing=(0.5, 0.6), form="loop"),
}  # fmt: skip


def half_time(name: str) -> bool:
    """Whether the style's snare falls on the third beat, so that it sounds half as fast as its label."""
    return name in ("dubstep", "futurebass", "trap")
