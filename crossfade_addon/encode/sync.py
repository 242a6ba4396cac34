# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that light and music meet: onsets of the delivered sound against hits of light in the delivered pictures.

Nothing is taken from the plan but the camera's cuts, which are not hits. Conventions: seconds of the file; an error
is light minus sound, positive when the light is late.

*Light.* The picture's luma is averaged in blocks; a hit is a moment at which the picture as a whole brightens more
than in the moments around it, each block's change being limited so that no dancer counts for a lamp. A lamp shows the
mean of each frame's time, so a hit within a frame lights that frame partly and the next one fully: the share of the
rise that comes with the first one tells when within it the hit was. What brightens for longer has no such moment.

*Sound.* Amplitudes in three bands, every 4 ms, from windows centred on their moment; a stroke is a rise of the lower
two, and its onset the moment near it at which all three together rise fastest.

*Together.* The hits' correlation with the onsets over lags of up to 0.3 s gives the offset as a whole,
which a beat cannot hide unless it is as dense as that; then every clear hit is compared with the clear onset beside
it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..jobs import Progress
from .decoded import SOUND_RATE, STAGE, Decoded
from .flashes import LUMA

Series = NDArray[np.float64]

BLOCK = 5
"""Side of a block in pixels of the small picture."""
HOP_S = 0.004
FARTHEST_S = 0.3
MATCH_S = 0.05
"""How far a hit may be from where the offset of all hits puts it, to be taken for the same stroke."""
LEAST_HITS, LEAST_IN_THIRD = 10, 4
LEAST_SHARPNESS = 2.5
"""Times the mean of the correlation that its peak must reach for the offset to be certain."""
_LIMIT = 4.0
_NOISY = 5.0
_LEAST_RISE = 0.2
_APART_S = 0.12
_STROKE_S = 0.08
_AROUND_S = 0.13
_CUT_LIKENESS = 0.5
_CLEAR_LIGHT, _CLEAR_SOUND = 1.2, 0.4
_OF_USUAL = 0.6
"""Strength of a hit beyond doubt, in that of the usual one."""
_PLACE_BIAS = 0.06
"""Of a frame: by how much a hit may be placed wrongly for where in its frame it is."""
_SUDDEN, _SUDDEN_S = 0.6, 0.07
"""How much of what brightens within so many seconds of a hit comes with the hit's own two frames."""
_LONG_S, _SUDDEN_LONG = 0.03, 0.8
"""The same where frames are so long that two of them see most of a wave of light, too."""
_BANDS = ((1024, 30, 150, 3), (256, 150, 2000, 1), (256, 2000, 10_000, 1))
"""Window in samples, lowest and highest frequency in Hz, hops before and after over which the growth is taken."""
_REACH = 10
"""Hops around a stroke in which its moment is looked for."""
_NEARLY = 0.7
"""Of the highest peak of growth near a stroke: an earlier one of so much is the drum's click, the later its body."""
_BLUR_S = 0.008
_WINDOWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Hits:
    """Moments in seconds in order, and how strong they are; those of at least ``clear`` are beyond doubt.

    ``frame_s`` is how long a picture stays, for hits of light.
    """

    times: Series
    strengths: Series
    clear: float = 0.0
    frame_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Sync:
    """What was measured; milliseconds. ``reason`` says why nothing can be said, and is empty otherwise.

    ``worst`` is the largest error and ``second`` the size of the next one: a single one may be a mistake of the
    measurement. ``thirds`` are the medians of first, middle and last third (nan where there are too few hits),
    ``drift`` is how much later light comes in the last third than in the first, and ``drift_error`` twice its
    standard error.
    """

    hits: int
    median: float
    worst: float
    worst_at: float
    second: float
    thirds: tuple[float, float, float]
    drift: float
    drift_error: float
    sharpness: float
    reason: str = ""


_NAN = float("nan")
NOTHING = Hits(np.zeros(0), np.zeros(0))


def unknown(reason: str, hits: int = 0, sharpness: float = 0.0) -> Sync:
    """A measurement that says nothing."""
    return Sync(hits, _NAN, _NAN, _NAN, _NAN, (_NAN, _NAN, _NAN), _NAN, _NAN, sharpness, reason)


def seconds_of(seen: Decoded, fps: Fraction) -> Series:
    """When each decoded picture is on the screen; evenly spaced where the file does not say it for all of them."""
    if seen.packets == seen.count:
        return np.array(seen.times)
    return (seen.times[0] if seen.times else 0.0) + np.arange(seen.count) / float(fps)


# ------------------------------------------------------------------------------------------- light


class LightMeter:
    """Takes the pictures of a film in pieces and keeps their block means."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.float32]] = []

    def feed(self, frames: NDArray[np.uint8]) -> None:
        """The next frames, (n, height, width, 3)."""
        self._blocks.append(block_means(frames))

    def blocks(self) -> NDArray[np.float32]:
        """Mean luma of every block of every frame, (n, blocks)."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros((0, 1), np.float32)


def block_means(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean luma of the blocks of each picture, (n, blocks); what is left over at the edges is not looked at."""
    n, height, width, _ = frames.shape
    down, across = max(1, height // BLOCK), max(1, width // BLOCK)
    tall, wide = min(height, BLOCK), min(width, BLOCK)
    inner = frames[:, : down * tall, : across * wide].reshape(n, down, tall, across, wide, 3)
    return (inner.mean(axis=(2, 4), dtype=np.float32) @ LUMA).reshape(n, -1)


def light_hits(blocks: NDArray[np.float32], times: Series, *, cuts: Collection[int] = ()) -> Hits:
    """Hits of light. ``times`` (n,) are the frames' seconds on the screen, ``cuts`` those that begin a shot."""
    n = len(blocks)
    if n < 12:
        return NOTHING
    frame_s = float(np.median(np.diff(times)))
    change = np.diff(blocks, axis=0, prepend=blocks[:1])
    unseen = _near_cuts(blocks, change, cuts)
    # A flash over the whole picture may be as large as it is: what is limited is what moves in a part of it.
    limit = np.maximum(_LIMIT, 2 * np.median(np.abs(change), axis=1))[:, None]
    rise = np.clip(change, -limit, limit).mean(axis=1).astype(np.float64)
    rise[unseen] = 0.0
    rise -= _running_median(rise, max(4, round(_AROUND_S / frame_s)))
    noise = 1.4826 * float(np.median(np.abs(rise[~unseen]))) if (~unseen).any() else 0.0
    upwards: Series = np.where(unseen, 0.0, np.maximum(rise, 0.0)).astype(np.float64)
    both: Series = upwards[:-1] + upwards[1:]  # a hit may be shared by two frames
    least = max(_LEAST_RISE, _NOISY * noise)
    found = _separate(both, _APART_S / frame_s, least)
    reach = max(1, round(_SUDDEN_S / frame_s))
    # Beside a cut only a part of what brightens is seen, and it may be the part that leads to the stroke.
    found = found[_around(unseen.astype(np.float64), reach)[found] == 0]
    sudden = _SUDDEN if frame_s < _LONG_S else _SUDDEN_LONG
    found = found[both[found] >= sudden * _around(upwards, reach)[found]]
    share = upwards[found + 1] / both[found]
    clear = _CLEAR_LIGHT * least
    # Patterns that lean towards a beat brighten a little before its stroke: only what is as strong as strokes is one.
    strong = both[found][both[found] >= clear]
    clear = max(clear, _OF_USUAL * float(np.median(strong))) if len(strong) else clear
    return Hits(times[found] + share * (times[found + 1] - times[found]), both[found], clear, frame_s)


def _near_cuts(blocks: NDArray, change: NDArray, cuts: Collection[int]) -> NDArray[np.bool_]:
    """Frames at which a cut would hide or feign a hit: known cuts, pictures unlike the one before, and the ends."""
    n = len(blocks)
    unseen = np.zeros(n, dtype=bool)
    unseen[:2] = unseen[-2:] = True
    centred = blocks - blocks.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=1))
    likeness = (centred[1:] * centred[:-1]).sum(axis=1) / np.maximum(spread[1:] * spread[:-1], 1e-6)
    structured = (spread[1:] > blocks.shape[1] ** 0.5) & (spread[:-1] > blocks.shape[1] ** 0.5)
    found = np.flatnonzero(structured & (likeness < _CUT_LIKENESS)) + 1
    for cut in {*cuts, *found.tolist()}:
        if 0 < cut < n:
            unseen[max(0, cut - 1) : cut + 2] = True
    return unseen


def _around(series: Series, reach: int) -> Series:
    """Sum of each value, the next one, and ``reach`` values on both sides of the two."""
    return np.convolve(np.pad(series, (reach, reach + 1)), np.ones(2 * reach + 2), mode="valid")


def _running_median(series: Series, half: int) -> Series:
    padded = np.pad(series, half, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)


def _separate(series: Series, apart: float, least: float) -> NDArray[np.intp]:
    """Indices of the peaks of at least ``least``, the stronger of two that are nearer than ``apart``; ascending."""
    kept: list[int] = []
    reach, is_taken = math.ceil(apart) - 1, np.zeros(len(series), dtype=bool)
    candidates = np.flatnonzero(series >= least)
    for index in candidates[np.argsort(-series[candidates], kind="stable")].tolist():
        if not is_taken[index]:
            kept.append(index)
            is_taken[max(0, index - reach) : index + reach + 1] = True
    return np.array(sorted(kept), dtype=np.intp)


# ------------------------------------------------------------------------------------------- sound


@dataclass(frozen=True, slots=True)
class Rise:
    """How fast a sound grows, every ``HOP_S`` from second 0, about 0..2.

    ``strength`` is that of drums and basses, which lights follow; ``moment`` hears all of the spectrum, and with it
    the click with which a deep drum begins.
    """

    strength: Series
    moment: Series


def listen_steps(sound: NDArray[np.float32]) -> Generator[Progress, None, Rise]:
    """Find the rise of a sound (n,) at ``SOUND_RATE``."""
    count = int(len(sound) / SOUND_RATE / HOP_S) + 1
    centres = np.round(np.arange(count) * HOP_S * SOUND_RATE).astype(int)
    grown = []
    for window, bottom, top, reach in _BANDS:
        padded = np.pad(sound.astype(np.float64), (window // 2, window))
        views = np.lib.stride_tricks.sliding_window_view(padded, window)
        shape = np.hanning(window + 1)[:-1]
        frequencies = np.fft.rfftfreq(window, 1 / SOUND_RATE)
        inside = (frequencies >= bottom) & (frequencies < top)
        amplitude = np.zeros(count)
        for start in range(0, count, _WINDOWS_AT_ONCE):
            part = slice(start, start + _WINDOWS_AT_ONCE)
            spectrum = np.abs(np.fft.rfft(views[centres[part]] * shape, axis=1))[:, inside]
            amplitude[part] = np.sqrt((spectrum**2).sum(axis=1))
            yield Progress(STAGE, 1.0, "Listening to the sound")
        grown.append(_growth(amplitude, reach))
    low, mid, high = grown
    return Rise(low + 0.5 * mid, low + mid + high)


def _growth(amplitude: Series, reach: int) -> Series:
    loud = max(float(np.quantile(amplitude, 0.98)), 0.3 * float(amplitude.max()), 1e-6)
    padded = np.pad(amplitude / loud, reach, mode="edge")
    return np.maximum(padded[2 * reach :] - padded[: -2 * reach], 0.0)


def onsets(rise: Rise) -> Hits:
    """The strokes of a sound, each at the moment near it at which the sound as a whole grows fastest."""
    strength, moment = rise.strength, rise.moment
    if len(strength) < 2 * _REACH or strength.max() <= 0:
        return NOTHING
    found = _separate(strength, 0.04 / HOP_S, 0.15 * float(np.quantile(strength, 0.995)))
    sudden = np.array([_moment_of(moment, index) for index in found], dtype=np.intp)
    within = _vertex(moment[sudden - 1], moment[sudden], moment[sudden + 1])
    times = (sudden + within) * HOP_S
    order = np.argsort(times, kind="stable")
    return _strokes(times[order], strength[found][order])


def _moment_of(moment: Series, stroke: int) -> int:
    """Where near a stroke the sound begins: at the first peak of its growth that is nearly as high as the highest."""
    first = max(1, stroke - _REACH)
    near = moment[first - 1 : min(len(moment), stroke + _REACH + 2)]
    peaks = np.flatnonzero((near[1:-1] >= near[:-2]) & (near[1:-1] > near[2:]))
    if not len(peaks):
        return min(max(1, stroke), len(moment) - 2)
    heights = near[1:-1][peaks]
    return first + int(peaks[np.flatnonzero(heights >= _NEARLY * heights.max())[0]])


def _strokes(times: Series, strengths: Series) -> Hits:
    """Click and body of one drum are one stroke: it begins with the first rise of at least half the strongest's."""
    kept: list[tuple[float, float]] = []
    ends = np.searchsorted(times, times + _STROKE_S)
    index = 0
    while index < len(times):
        together = range(index, int(ends[index]))
        strongest = max(strengths[k] for k in together)
        first = next(k for k in together if strengths[k] >= 0.5 * strongest)
        if first == index:
            kept.append((float(times[index]), float(strongest)))
            index = together[-1] + 1
        else:
            index = first
    return Hits(np.array([time for time, _ in kept]), np.array([strength for _, strength in kept]))


def _vertex(before: Series, at: Series, after: Series) -> Series:
    """Where the parabola through three neighbours is highest, from the middle one, -0.5..0.5."""
    bend = before - 2 * at + after
    return np.clip(np.where(bend < 0, 0.5 * (before - after) / np.minimum(bend, -1e-12), 0.0), -0.5, 0.5)


# ---------------------------------------------------------------------------------------- together


@dataclass(frozen=True, slots=True)
class Pairs:
    """Clear hits of light with the onsets beside them: seconds of the film, and errors in ms (n,).

    ``frame_s`` is how long a picture stays. ``reason`` says why there are none. ``sharpness``: how far the offset
    stands out of all lags.
    """

    when: Series
    errors: Series
    hits: int
    sharpness: float = 0.0
    reason: str = ""
    frame_s: float = 0.0


def compare(light: Hits, heard: Hits, seconds: float) -> Sync:
    """Light against sound over a film of so many seconds."""
    return summary([pairs(light, heard)], seconds)


def pairs(light: Hits, heard: Hits) -> Pairs:
    """The clear hits of a film, each with the clear onset where the offset of all of them expects it."""
    none, total = np.zeros(0), len(light.times)
    if total < LEAST_HITS:
        return Pairs(none, none, total, 0.0, f"only {total} clear hits of light")
    if len(heard.times) < LEAST_HITS:
        return Pairs(none, none, total, 0.0, f"only {len(heard.times)} clear onsets of the sound")
    offset, sharpness = _offset(light, heard)
    if sharpness < LEAST_SHARPNESS:
        return Pairs(none, none, total, sharpness, "light and sound have too little in common")
    when, errors = _errors(light, heard, offset)
    if len(errors) < LEAST_HITS:
        reason = f"only {len(errors)} hits of light have a clear onset beside them"
        return Pairs(none, none, len(errors), sharpness, reason)
    return Pairs(when, errors, len(errors), sharpness, frame_s=light.frame_s)


def summary(films: Sequence[Pairs], seconds: float) -> Sync:
    """What the pairs of one film say, or of several films of the same stretch of so many seconds."""
    if failed := next((film for film in films if film.reason), None):
        return unknown(failed.reason, failed.hits, failed.sharpness)
    when, errors = (np.concatenate([getattr(film, name) for film in films]) for name in ("when", "errors"))
    edges = np.linspace(0.0, seconds, 4)
    parts = [errors[(when >= a) & (when < b)] for a, b in pairwise(edges)]
    medians = [float(np.median(part)) if len(part) >= LEAST_IN_THIRD else _NAN for part in parts]
    drift, drift_error = _drift(when, errors, edges, films[0].frame_s)
    worst = int(np.abs(errors).argmax())
    return Sync(
        hits=len(errors),
        median=float(np.median(errors)),
        worst=float(errors[worst]),
        worst_at=float(when[worst]),
        second=float(np.sort(np.abs(errors))[-2]),
        thirds=(medians[0], medians[1], medians[2]),
        drift=drift,
        drift_error=drift_error,
        sharpness=min(film.sharpness for film in films),
    )


def _offset(light: Hits, heard: Hits) -> tuple[float, float]:
    """Lag in seconds at which light and sound agree best, and how far that stands out of all lags."""
    lags = np.arange(-round(FARTHEST_S / HOP_S), round(FARTHEST_S / HOP_S) + 1) * HOP_S
    weights = np.minimum(light.strengths, np.quantile(light.strengths, 0.8))
    loud = np.minimum(heard.strengths, np.quantile(heard.strengths, 0.8))
    agreement = np.zeros(len(lags))
    for time, weight in zip(light.times, weights, strict=True):
        near = np.abs(heard.times - time) < FARTHEST_S + 4 * _BLUR_S
        apart = (lags[:, None] - (time - heard.times[near])) / _BLUR_S
        agreement += weight * (np.exp(-0.5 * apart**2) @ loud[near])
    # Music repeats itself: of lags that are nearly as good the nearest to none is meant.
    good = np.flatnonzero(agreement >= 0.9 * agreement.max())
    best = int(good[np.abs(lags[good]).argmin()])
    while 0 < best < len(lags) - 1 and max(agreement[best - 1], agreement[best + 1]) > agreement[best]:
        best += 1 if agreement[best + 1] > agreement[best - 1] else -1
    return float(lags[best]), float(agreement[best] / max(agreement.mean(), 1e-9))


def _errors(light: Hits, heard: Hits, offset: float) -> tuple[Series, Series]:
    """(seconds, errors in ms) of the clear hits of light that have a clear onset where the offset expects it."""
    least_sound = _CLEAR_SOUND * float(np.quantile(heard.strengths, 0.8))
    when, errors = [], []
    for time, strength in zip(light.times, light.strengths, strict=True):
        if strength < light.clear:
            continue
        distance = np.abs(heard.times - (time - offset))
        nearest = int(distance.argmin())
        if distance[nearest] <= MATCH_S and heard.strengths[nearest] >= least_sound:
            when.append(time)
            errors.append(1000 * (time - heard.times[nearest]))
    return np.array(when), np.array(errors)


def _drift(when: Series, errors: Series, edges: Series, frame_s: float) -> tuple[float, float]:
    """How much larger the errors (ms) of the last third are than those of the first, and twice its standard error.

    Outliers are pulled in. A hit is placed within its frame from how much of it the frame shows, which errs a little
    with where in the frame it is; that part is found with the rest, or thirds whose beats fall differently would seem
    to drift. The place is the sound's, so light that is late stays late.
    """
    thirds = [(when >= a) & (when < b) for a, b in pairwise(edges)]
    if min(thirds[0].sum(), thirds[-1].sum()) < LEAST_IN_THIRD:
        return _NAN, _NAN
    middle = float(np.median(errors))
    spread = max(1.4826 * float(np.median(np.abs(errors - middle))), 0.1)
    tamed = np.clip(errors, middle - 2 * spread, middle + 2 * spread)
    turn = 2 * np.pi * (when - errors / 1000) / max(frame_s, 1e-3)
    parts = np.stack([*thirds, np.cos(turn), np.sin(turn)], axis=1).astype(np.float64)
    bias = max(_PLACE_BIAS * 1000 * frame_s, 1e-3)
    little = np.diag([1e-9, 1e-9, 1e-9, 1.0, 1.0]) * float(tamed.var()) / bias**2 + 1e-9 * np.eye(5)
    uncertainty = np.linalg.inv(parts.T @ parts + little)
    found = uncertainty @ (parts.T @ tamed)
    noise = float(((tamed - parts @ found) ** 2).sum()) / max(1, len(tamed) - 5)
    across = np.array([-1.0, 0.0, 1.0, 0.0, 0.0])
    return float(across @ found), 2 * float(np.sqrt(noise * (across @ uncertainty @ across)))
