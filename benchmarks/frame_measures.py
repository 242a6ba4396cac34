# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers about pictures: brightness, clipping, how a subject stands out, colours, flashes.

Pictures are sRGB, uint8, (height, width, 3); sequences of them (n, height, width, 3). Masks are bool,
(height, width). Pure numpy.

Flashes follow WCAG 2.1, success criterion 2.3.1: a flash is a pair of opposing changes of relative luminance by a
tenth of its maximum or more, the darker state below .80; a red flash is a pair of opposing changes of (R-G-B) x 320 by
more than 20 with R/(R+G+B) >= .8 in either state. A change is followed from one turning point of a pixel to the next,
however many frames it takes. It counts where it covers a quarter of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""BT.709 weights."""
CLIPPED_FROM = 254
FLASH_STEP = 0.1
FLASH_DARKER = 0.8
RED_STEP = 20 / 320
SATURATED_RED = 0.8
FLASH_AREA = 0.25
MOST_FLASHES = 3.0
"""Flashes allowed in one second."""
HUES, LEVELS = 24, 3
_TO_LINEAR = np.array(
    [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255], np.float32
)
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32)
_D65 = np.array([0.9505, 1.0, 1.089], np.float32)


# --------------------------------------------------------------------------------------- brightness


def mean_luma(picture: Picture) -> float:
    """Mean BT.709 luma of the encoded values, 0..255."""
    return float(picture.reshape(-1, 3).mean(axis=0) @ LUMA)


def clipped_share(picture: Picture) -> float:
    """Share of pixels with every channel at 254 or more."""
    return float((picture >= CLIPPED_FROM).all(axis=-1).mean())


def linear(picture: Picture) -> NDArray[np.float32]:
    """Linear RGB, 0..1."""
    return _TO_LINEAR[picture]


def relative_luminance(picture: Picture) -> NDArray[np.float32]:
    """WCAG relative luminance, 0..1, without the last axis."""
    return linear(picture) @ LUMA


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
    inner = subject & _grown(~subject, size // 2)
    outer = ~subject & _grown(subject, size // 2)
    colors = lab(picture)
    found = []
    for top in range(0, subject.shape[0], size):
        for left in range(0, subject.shape[1], size):
            square = np.s_[top : top + size, left : left + size]
            inside, outside = colors[square][inner[square]], colors[square][outer[square]]
            if min(len(inside), len(outside)) >= size:
                found.append(float(np.linalg.norm(inside.mean(axis=0) - outside.mean(axis=0))))
    return np.array(found)


def _grown(mask: Mask, pixels: int) -> Mask:
    """The mask and all that is at most so many steps (up, down, left, right) away."""
    for _ in range(pixels):
        wider = mask.copy()
        wider[1:] |= mask[:-1]
        wider[:-1] |= mask[1:]
        wider[:, 1:] |= mask[:, :-1]
        wider[:, :-1] |= mask[:, 1:]
        mask = wider
    return mask


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


# ------------------------------------------------------------------------------------------ flashes


def luminance_steps(frames: Picture, *, cuts: Sequence[int] = ()) -> NDArray[np.int8]:
    """+1 or -1 at each pixel and frame in which a change that can be half of a general flash is complete, else 0.

    Changes at the frames ``cuts`` are left out: there the camera changes, not the light.
    """
    values = np.stack([relative_luminance(frame) for frame in frames])
    return _steps(values, FLASH_STEP, values < FLASH_DARKER, of_darker=True, cuts=cuts)


def red_steps(frames: Picture) -> NDArray[np.int8]:
    """As :func:`luminance_steps`, for saturated red."""
    values, saturated = [], []
    for frame in frames:
        rgb = linear(frame)
        total = rgb.sum(axis=-1)
        values.append(np.maximum(rgb[..., 0] - rgb[..., 1] - rgb[..., 2], 0))
        saturated.append((rgb[..., 0] >= SATURATED_RED * total) & (total > 0))
    return _steps(np.stack(values), RED_STEP, np.stack(saturated), of_darker=False)


def _steps(
    values: NDArray, least: float, fits: NDArray[np.bool_], *, of_darker: bool, cuts: Sequence[int] = ()
) -> NDArray[np.int8]:
    """Changes from turning point to turning point of at least ``least``.

    ``fits`` says which states make a change count: that of the lower value (``of_darker``), or either.
    """
    found = np.zeros(values.shape, np.int8)
    low, high = values[0].copy(), values[0].copy()
    low_fits, high_fits = fits[0].copy(), fits[0].copy()
    fresh = set(cuts)
    upwards, downwards = np.ones_like(fits[0]), np.ones_like(fits[0])  # which ways the next change may go
    for k in range(1, len(values)):
        now, now_fits = values[k], fits[k]
        if k in fresh:
            low, high, low_fits, high_fits = now.copy(), now.copy(), now_fits.copy(), now_fits.copy()
            upwards, downwards = np.ones_like(now_fits), np.ones_like(now_fits)
            continue
        lower, higher = now < low, now > high
        low, low_fits = np.where(lower, now, low), np.where(lower, now_fits, low_fits)
        high, high_fits = np.where(higher, now, high), np.where(higher, now_fits, high_fits)
        up = upwards & (now - low >= least)
        down = downwards & ~up & (high - now >= least)
        counts_up = low_fits if of_darker else low_fits | now_fits
        counts_down = now_fits if of_darker else high_fits | now_fits
        found[k] = np.where(up & counts_up, 1, 0) - np.where(down & counts_down, 1, 0)
        turned = up | down
        # After a change the next one starts from here; until then this way on only moves the turning point.
        low, low_fits = np.where(turned, now, low), np.where(turned, now_fits, low_fits)
        high, high_fits = np.where(turned, now, high), np.where(turned, now_fits, high_fits)
        upwards, downwards = np.where(turned, down, upwards), np.where(turned, up, downwards)
    return found


def flash_rates(steps: NDArray[np.int8], fps: float, *, area: float = FLASH_AREA) -> NDArray[np.float64]:
    """Flashes in the second that begins at each frame, (n,): half the number of changes of ``area`` of the picture.

    Pixels change together when they do so within a tenth of a second, in the same direction; a picture that becomes
    lighter here and darker there at once (a cut) has changed once. When the same quarter becomes lighter twice, it
    has become darker in between, however slowly.
    """
    weights = np.zeros(len(steps))
    before: tuple[int, Mask] | None = None
    for frame, direction, pixels in sorted(
        (event for sign in (1, -1) for event in _together(steps == sign, sign, max(1, round(fps / 10)), area)),
        key=lambda event: event[:2],
    ):
        weights[frame] = max(weights[frame], 1)
        if before and before[0] == direction and (before[1] & pixels).mean() >= area:
            weights[frame] = 2
        before = direction, pixels
    sums = np.concatenate(([0.0], np.cumsum(weights)))
    ends = np.minimum(np.arange(len(steps)) + max(1, round(fps)), len(steps))
    return (sums[ends] - sums[:-1]) / 2


def _together(changes: Mask, sign: int, span: int, area: float) -> list[tuple[int, int, Mask]]:
    """(frame, sign, pixels) of each moment at which ``area`` of the picture has changed within ``span`` frames."""
    found: list[tuple[int, int, Mask]] = []
    begin, last = 0, -span - 1
    for k in range(len(changes)):
        if k - last <= span:  # latecomers belong to the change that was just seen
            late = changes[k] & ~found[-1][2]
            found[-1] = (last, sign, found[-1][2] | late)
            changes[k] &= ~late
        pixels = changes[max(begin, k - span + 1) : k + 1].any(axis=0)
        if pixels.mean() >= area:
            found.append((k, sign, pixels))
            begin, last = k + 1, k
    return found
