# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers about pictures: brightness, clipping, how a subject stands out, colours, flashes.

Pictures are sRGB, uint8, (height, width, 3); sequences of them (n, height, width, 3). Masks are bool,
(height, width). Pure numpy.

Flashes are counted as the release report counts them (``crossfade_addon/encode/flashes.py``).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from crossfade_addon.encode.caption_proof import grown
from crossfade_addon.encode.flashes import (
    LUMA,
    MOST_FLASHES,
    flash_rates,
    linear,
    luminance_steps,
    red_steps,
    relative_luminance,
)

__all__ = [
    "MOST_FLASHES",
    "clipped_share",
    "color_histogram",
    "edge_contrasts",
    "flash_rates",
    "histogram_distance",
    "lab",
    "luminance_steps",
    "mean_luma",
    "red_steps",
    "relative_luminance",
]

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

CLIPPED_FROM = 254
HUES, LEVELS = 24, 3
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32)
_D65 = np.array([0.9505, 1.0, 1.089], np.float32)


# --------------------------------------------------------------------------------------- brightness


def mean_luma(picture: Picture) -> float:
    """Mean BT.709 luma of the encoded values, 0..255."""
    return float(picture.reshape(-1, 3).mean(axis=0) @ LUMA)


def clipped_share(picture: Picture) -> float:
    """Share of pixels with every channel at 254 or more."""
    return float((picture >= CLIPPED_FROM).all(axis=-1).mean())


# --------------------------------------------------------------------------------------- separation


def lab(picture: Picture) -> NDArray[np.float32]:
    """CIE L*a*b* (D65): L 0..100."""
    t = linear(picture) @ _XYZ.T / _D65
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.stack((116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])), axis=-1)


def edge_contrasts(picture: Picture, subject: Mask, *, stretches: int = 12) -> NDArray[np.float64]:
    """How far a subject is from what is behind it, along its outline: one CIE76 difference for each stretch of it.

    The subject's longer side is cut into ``stretches``; in every square of that size that the outline crosses, the
    mean colour of a band half as wide inside is compared with that of such a band outside (2 is just visible, 10
    obvious). Returns (k,), empty when there is no outline in the picture.
    """
    rows, columns = np.flatnonzero(subject.any(axis=1)), np.flatnonzero(subject.any(axis=0))
    if not len(rows):
        return np.zeros(0)
    size = max(4, int(max(rows[-1] - rows[0], columns[-1] - columns[0]) / stretches))
    inner = subject & grown(~subject, size // 2)
    outer = ~subject & grown(subject, size // 2)
    colors = lab(picture)
    found = []
    for top in range(0, subject.shape[0], size):
        for left in range(0, subject.shape[1], size):
            square = np.s_[top : top + size, left : left + size]
            inside, outside = colors[square][inner[square]], colors[square][outer[square]]
            if min(len(inside), len(outside)) >= size:
                found.append(float(np.linalg.norm(inside.mean(axis=0) - outside.mean(axis=0))))
    return np.array(found)


# ------------------------------------------------------------------------------------------- colour


def color_histogram(pictures: Iterable[Picture]) -> NDArray[np.float64]:
    """Which hues pictures show, how bright: (HUES * LEVELS,), sum 1. Each pixel weighs as much as it is colourful.

    Grey pixels weigh nothing; pictures without any colour give an even histogram.
    """
    total = np.zeros(HUES * LEVELS)
    for picture in pictures:
        rgb = picture.reshape(-1, 3).astype(np.float32) / 255
        high, low = rgb.max(axis=1), rgb.min(axis=1)
        chroma = high - low
        r, g, b = rgb.T
        with np.errstate(divide="ignore", invalid="ignore"):
            hue = np.where(high == r, (g - b) / chroma, np.where(high == g, 2 + (b - r) / chroma, 4 + (r - g) / chroma))
        hue = np.where(chroma > 0, np.mod(np.nan_to_num(hue) / 6, 1.0), 0.0)
        level = np.minimum((high * LEVELS).astype(int), LEVELS - 1)
        bins = np.minimum((hue * HUES).astype(int), HUES - 1) * LEVELS + level
        total += np.bincount(bins, weights=chroma, minlength=len(total))
    return total / total.sum() if total.sum() > 0 else np.full(len(total), 1 / len(total))


def histogram_distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Jensen-Shannon distance of two histograms (base 2): 0 the same, 1 nothing in common."""
    middle = (a + b) / 2

    def from_middle(p: NDArray[np.float64]) -> float:
        some = p > 0
        return float(np.sum(p[some] * np.log2(p[some] / middle[some])))

    return float(np.sqrt(max(0.0, (from_middle(a) + from_middle(b)) / 2)))
