# SPDX-License-Identifier: GPL-3.0-or-later
"""A 5 by 7 pixel font, so that pictures need no font file and no imaging package.

Each glyph is seven rows of five bits (nine where it hangs below the line), the leftmost pixel is bit 4. Letters
are as wide as they look, digits all alike. Even scales are smoothed by Scale2x (Mazzoleni, AdvanceMAME 2001).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, DEPTH = 5, 7, 2
"""Of a capital letter, and how far letters hang below the line, in pixels at scale 1."""
_SPACE = 3
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
    "a": "00000e010f110f", "b": "10101e1111111e", "c": "00000e1110110e", "d": "01010f1111110f",
    "e": "00000e111f100e", "f": "0609081c080808", "g": "00000f11110f01010e", "h": "10101e11111111",
    "i": "04000c0404040e", "j": "02000602020202120c", "k": "10101214181412", "l": "0c04040404040e",
    "m": "00001a15151515", "n": "00001e11111111", "o": "00000e1111110e", "p": "00001e11111e101010",
    "q": "00000f11110f010101", "r": "00001619101010", "s": "00000f100e011e", "t": "08081c08080906",
    "u": "0000111111110f", "v": "000011110a0a04", "w": "0000111115150a", "x": "0000110a040a11",
    "y": "00001111110f01010e", "z": "00001f0204081f", ".": "00000000000c0c", ",": "00000000000c0c0408",
    ":": "000c0c000c0c00", ";": "000c0c000c0c0408", "-": "0000001f000000", "+": "0004041f040400",
    "/": "00010204081000", "%": "18190204081303", "(": "02040808080402", ")": "08040202020408",
    "[": "0e08080808080e", "]": "0e02020202020e", "'": "0c040800000000", '"': "0a0a0a00000000",
    "!": "04040404000004", "?": "0e110102040004", "&": "0c12140815120d", "#": "0a0a1f0a1f0a0a",
    "_": "0000000000001f", "=": "00001f001f0000", "*": "00150e1f0e1500", "<": "02040810080402",
    ">": "08040201020408", "@": "0e11171517100e", "\u00b7": "00000c0c000000", "\u25a1": "1f11111111111f",
}  # fmt: skip
_LIKE = {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u00d7": "x"}


@lru_cache(maxsize=512)
def _glyph(character: str, scale: int) -> NDArray[np.bool_]:
    """Pixels of one character with the gap after it."""
    if character == " ":
        return np.zeros(((HEIGHT + DEPTH) * scale, _SPACE * scale), bool)
    rows = bytes.fromhex(_ROWS.get(character, _ROWS["\u25a1"])).ljust(HEIGHT + DEPTH, b"\0")
    mask = (np.frombuffer(rows, np.uint8)[:, None] >> np.arange(WIDTH - 1, -1, -1) & 1).astype(bool)
    if not character.isdigit():
        used = np.flatnonzero(mask.any(axis=0))
        mask = mask[:, used[0] : used[-1] + 1]
    mask = np.pad(mask, ((0, 0), (0, 1)))
    while scale % 2 == 0:
        mask, scale = _scale2x(mask), scale // 2
    return np.kron(mask, np.ones((scale, scale), bool)) if scale > 1 else mask


def _scale2x(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Twice the size, with diagonals instead of steps."""
    padded = np.pad(mask, 1)
    up, down, left, right = padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]
    plain = (up != down) & (left != right)
    large = np.empty((2 * mask.shape[0], 2 * mask.shape[1]), bool)
    large[::2, ::2] = np.where(plain & (left == up), left, mask)
    large[::2, 1::2] = np.where(plain & (up == right), right, mask)
    large[1::2, ::2] = np.where(plain & (left == down), left, mask)
    large[1::2, 1::2] = np.where(plain & (down == right), right, mask)
    return large


@lru_cache(maxsize=4096)
def text_mask(text: str, scale: int = 1) -> NDArray[np.bool_]:
    """Pixels of one line of text: (9 * scale, width). Accents are dropped, unknown characters become boxes."""
    text = "".join(_LIKE.get(c, c) for c in text)
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    if not plain:
        return np.zeros(((HEIGHT + DEPTH) * scale, 0), bool)
    return np.concatenate([_glyph(c, scale) for c in plain], axis=1)[:, :-scale]
