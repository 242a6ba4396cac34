# SPDX-License-Identifier: GPL-3.0-or-later
"""A 5 by 7 pixel capital font, so that pictures need no font file and no imaging package.

Each glyph is seven rows of five bits, the leftmost pixel is bit 4.
"""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 5, 7
ADVANCE = 6
_ROWS = {
    "A": "0e11111f111111", "B": "1e11111e11111e", "C": "0e11101010110e", "D": "1e11111111111e",
    "E": "1f10101e10101f", "F": "1f10101e101010", "G": "0e11101713110f", "H": "1111111f111111",
    "I": "0e04040404040e", "J": "0702020202120c", "K": "11121418141211", "L": "1010101010101f",
    "M": "111b1515111111", "N": "11111915131111", "O": "0e11111111110e", "P": "1e11111e101010",
    "Q": "0e11111115120d", "R": "1e11111e141211", "S": "0f10100e01011e", "T": "1f040404040404",
    "U": "1111111111110e", "V": "11111111110a04", "W": "1111111515150a", "X": "11110a040a1111",
    "Y": "1111110a040404", "Z": "1f01020408101f", "0": "0e11131519110e", "1": "040c040404040e",
    "2": "0e11010204081f", "3": "1f02040201110e", "4": "02060a121f0202", "5": "1f101e0101110e",
    "6": "0608101e11110e", "7": "1f010204080808", "8": "0e11110e11110e", "9": "0e11110f01020c",
    " ": "00000000000000", ".": "00000000000c0c", ",": "000000000c0408", ":": "000c0c000c0c00",
    "-": "0000001f000000", "+": "0004041f040400", "/": "00010204081000", "%": "18190204081303",
    "(": "02040808080402", ")": "08040202020408", "'": "0c040800000000", "!": "04040404000004",
    "?": "0e110102040004", "&": "0c12140815120d", "#": "0a0a1f0a1f0a0a", "_": "0000000000001f",
    "=": "00001f001f0000",
}  # fmt: skip


def text_mask(text: str, scale: int = 1) -> NDArray[np.bool_]:
    """Pixels of one line of text: (7 * scale, width). Accents are dropped, unknown characters become ``?``."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.upper()) if not unicodedata.combining(c))
    mask = np.zeros((HEIGHT, max(1, ADVANCE * len(plain) - 1)), bool)
    for k, character in enumerate(plain):
        rows = bytes.fromhex(_ROWS.get(character, _ROWS["?"]))
        for y, row in enumerate(rows):
            for x in range(WIDTH):
                if row >> (WIDTH - 1 - x) & 1:
                    mask[y, k * ADVANCE + x] = True
    return np.kron(mask, np.ones((scale, scale), bool))
