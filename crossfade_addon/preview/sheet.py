# SPDX-License-Identifier: GPL-3.0-or-later
"""A contact sheet: pictures of one size side by side, each with a line below it.

Conventions: arrays are (height, width, 3), 8 bits, the first row on top.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..director.bitmap_font import text_mask

Picture = NDArray[np.uint8]
SIZES = {"9:16": (270, 480), "16:9": (480, 270)}
"""Of the pictures, by aspect."""
GAP = 12
_LINE, _SCALE = 34, 2
_SHAPE = 16 / 9
_GROUND, _TEXT = (20, 20, 24), (225, 225, 232)


def compose(pictures: Sequence[Picture], labels: Sequence[str]) -> Picture:
    """Pictures in rows, as near to a wide sheet as their number allows.

    Raises
    ------
    ValueError
        When there are no pictures, not as many labels, or they are not of one size.
    """
    if not pictures or len(pictures) != len(labels) or len({picture.shape for picture in pictures}) != 1:
        raise ValueError("a sheet wants pictures of one size, and a label for each")
    height, width = pictures[0].shape[:2]
    columns = _columns(len(pictures), width + GAP, height + GAP + _LINE)
    rows = math.ceil(len(pictures) / columns)
    sheet = np.empty((rows * (height + _LINE + GAP) + GAP, columns * (width + GAP) + GAP, 3), np.uint8)
    sheet[:] = _GROUND
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        top = GAP + (number // columns) * (height + _LINE + GAP)
        left = GAP + (number % columns) * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
        mask = text_mask(label, _SCALE)[:, :width]
        below = top + height + (_LINE - mask.shape[0]) // 2
        sheet[below : below + mask.shape[0], left : left + mask.shape[1]][mask] = _TEXT
    return sheet


def _columns(count: int, width: int, height: int) -> int:
    def distance(columns: int) -> float:
        rows = math.ceil(count / columns)
        return abs(math.log(columns * width / (rows * height) / _SHAPE))

    return min(range(1, count + 1), key=distance)
