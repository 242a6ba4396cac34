# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be heard in each hundredth of a second: one short-time Fourier transform shared by everything.

Conventions: mono samples at ``SAMPLE_RATE``; one frame every ``HOP`` samples, frame ``i`` is centred on
sample ``i * HOP``; arrays are float32 with frames first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

SAMPLE_RATE = 22050
HOP = 220
WINDOW = 1024
FRAME_RATE = SAMPLE_RATE / HOP
LATENCY_S = 0.002
"""How much later than the true onset the flux peaks (measured on synthetic clicks and kicks)."""
MEL_BANDS = 40
BAND_EDGES_HZ = ((30, 140), (140, 400), (400, 1600), (1600, 5000), (5000, 11000))
"""Low, low mid, mid, high mid, high: the bands of :attr:`Features.band_power`."""
LONG_FRAMES = 150_000
"""Above this many frames (25 minutes) the wide features are kept as float16, to half the memory of DJ sets."""
_FRAMES_AT_ONCE = 96
"""The spectra of this many frames stay in the processor's cache; larger blocks took twice the time."""
_FRAMES_PER_READ = 96 * 40
_HALF = WINDOW // 4
_LOW_MEL, _MID_MEL = 4, 20
_BAND_MEANS = np.zeros((MEL_BANDS, 3), np.float32)
_BAND_MEANS[:_LOW_MEL, 0] = 1 / _LOW_MEL
_BAND_MEANS[_LOW_MEL:_MID_MEL, 1] = 1 / (_MID_MEL - _LOW_MEL)
_BAND_MEANS[_MID_MEL:, 2] = 1 / (MEL_BANDS - _MID_MEL)

Float = NDArray[np.float32]


class Sound(Protocol):
    """Mono samples (n,) that are read piece by piece: an array, or :class:`.decode.Samples` on disk."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Onsets:
    """How strongly something starts, per frame, in three bands; about 0..6 with mean near 0.5.

    ``total`` weighs them together: kicks and basses count most, hats least.
    """

    low: Float
    mid: Float
    high: Float
    total: Float


@dataclass(frozen=True, slots=True)
class Features:
    """Spectral description of a song of ``n`` frames.

    ``log_mel`` (n, 40) is ``log(1 + 20 m / m95)``; ``chroma`` (n, 12) likewise, C first;
    ``band_power`` (n, 5) is linear power in ``BAND_EDGES_HZ``; ``flux`` (n, 40) is the rise of ``log_mel``
    over two frames after a maximum filter across bands (SuperFlux, Boeck and Widmer, DAFx 2013);
    ``centroid_hz`` (n,) is the spectral centre of gravity. ``log_mel``, ``chroma`` and ``flux`` are float16 in
    songs of more than ``LONG_FRAMES``: compute with blocks of them as float32.
    """

    n: int
    log_mel: NDArray[Any]
    chroma: NDArray[Any]
    band_power: Float
    flux: NDArray[Any]
    centroid_hz: Float
    onsets: Onsets


def extract(samples: Sound, progress: Callable[[float], None] | None = None, *, length: int | None = None) -> Features:
    """Features of mono samples at :data:`SAMPLE_RATE`.

    Parameters
    ----------
    progress : callable or None
        Called with the fraction done, 0..1.
    length : int or None
        How many samples count, their own number by default; fewer are cut, more are silence.
    """
    total = len(samples) if length is None else length
    n = (total + HOP) // HOP + 1
    mel, chroma, power, centroid = _spectra(samples, total, n, progress)
    # In float64, because numpy 1 and 2 interpolate float32 differently.
    loud = float(np.percentile(mel[:: max(1, n // 20000)].astype(np.float64), 95))
    gain = np.float32(20 / (loud + 1e-9))
    kept = np.dtype(np.float16 if n > LONG_FRAMES else np.float32)
    log_mel = mel if mel.dtype == kept else np.empty(mel.shape, kept)
    flux = np.empty(mel.shape, kept)
    rises = np.empty((n, 3), np.float32)
    before = np.zeros((0, MEL_BANDS), np.float32)
    for start in range(0, n, _FRAMES_PER_READ):
        rows = slice(start, start + _FRAMES_PER_READ)
        block = np.log1p(mel[rows] * gain)
        log_mel[rows] = block
        joined = np.concatenate([before, block])
        rise = _superflux(joined)[len(before) :]
        flux[rows], rises[rows] = rise, rise @ _BAND_MEANS
        before = joined[-2:]
    log_chroma = np.log1p(chroma * gain).astype(kept, copy=False)
    return Features(n, log_mel, log_chroma, power, flux, centroid, _onsets(rises))


def _spectra(
    samples: Sound, total: int, n: int, progress: Callable[[float], None] | None
) -> tuple[Float, Float, Float, Float]:
    """Mel bands (n, 40), pitch classes (n, 12), band powers (n, 5) and centroids (n,), of amplitudes as they are."""
    frequencies = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE).astype(np.float32)
    bands = np.stack([(frequencies >= a) & (frequencies < b) for a, b in BAND_EDGES_HZ], axis=1).astype(np.float32)
    moments = np.stack([frequencies, np.ones_like(frequencies)], axis=1)
    bank = np.concatenate([_mel_bank(frequencies), _chroma_bank(frequencies), moments], axis=1)
    pitches, moment = slice(MEL_BANDS, MEL_BANDS + 12), MEL_BANDS + 12
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32).astype(np.float64)
    mel, chroma = np.empty((n, MEL_BANDS), np.float32), np.empty((n, 12), np.float32)
    power, centroid = np.empty((n, len(BAND_EDGES_HZ)), np.float32), np.empty(n, np.float32)
    windowed = np.empty((_FRAMES_AT_ONCE, WINDOW))
    for first in range(0, n, _FRAMES_PER_READ):
        last = min(n, first + _FRAMES_PER_READ)
        frames = sliding_window_view(_around(samples, total, first, last), WINDOW)[::HOP]
        for start in range(0, last - first, _FRAMES_AT_ONCE):
            block = frames[start : start + _FRAMES_AT_ONCE]
            rows = slice(first + start, first + start + len(block))
            # numpy 1 transforms in float64 only; doing so everywhere gives the same numbers on all versions.
            inside = np.multiply(block, window, out=windowed[: len(block)])
            spectrum = np.abs(np.fft.rfft(inside, axis=1)).astype(np.float32)
            # In halves: OpenBLAS cuts longer sums at another place when it has several threads.
            projected = spectrum[:, :_HALF] @ bank[:_HALF] + spectrum[:, _HALF:] @ bank[_HALF:]
            mel[rows], chroma[rows] = projected[:, :MEL_BANDS], projected[:, pitches]
            centroid[rows] = projected[:, moment] / (projected[:, moment + 1] + 1e-6)
            power[rows] = np.multiply(spectrum, spectrum, out=spectrum) @ bands
        if progress is not None:
            progress(last / n)
    return mel, chroma, power, centroid


def _around(samples: Sound, total: int, first: int, last: int) -> NDArray[Any]:
    """The samples that frames ``first`` to ``last`` (excluded) look at, with silence outside the song."""
    start, stop = first * HOP - WINDOW // 2, (last - 1) * HOP + WINDOW // 2
    inside = samples[max(0, start) : max(0, min(stop, total, len(samples)))]
    return np.pad(inside, (max(0, -start), stop - max(0, start) - len(inside)))


def _mel_bank(frequencies: Float, low_hz: float = 30.0, high_hz: float = 10500.0) -> Float:
    """Triangular mel filters as (bins, MEL_BANDS), each summing to 1; none narrower than one bin."""

    def to_mel(hz: float) -> float:
        return 2595 * float(np.log10(1 + hz / 700))

    edges = 700 * (10 ** (np.linspace(to_mel(low_hz), to_mel(high_hz), MEL_BANDS + 2) / 2595) - 1)
    bin_hz = float(frequencies[1])
    bank = np.zeros((len(frequencies), MEL_BANDS), np.float32)
    for band in range(MEL_BANDS):
        left, centre, right = edges[band : band + 3]
        rising = (frequencies - left) / max(centre - left, bin_hz)
        falling = (right - frequencies) / max(right - centre, bin_hz)
        bank[:, band] = np.maximum(np.minimum(rising, falling), 0)
        if not bank[:, band].any():
            bank[np.abs(frequencies - centre).argmin(), band] = 1
    return bank / bank.sum(axis=0)


def _chroma_bank(frequencies: Float) -> Float:
    """Pitch classes between 110 and 2200 Hz as (bins, 12), a Gaussian of half a semitone each."""
    bank = np.zeros((len(frequencies), 12), np.float32)
    heard = np.flatnonzero((frequencies > 110) & (frequencies < 2200))
    pitch = (69 + 12 * np.log2(frequencies[heard] / 440)) % 12
    distance = np.abs(pitch[:, None] - np.arange(12)[None, :])
    bank[heard] = np.exp(-0.5 * (np.minimum(distance, 12 - distance) / 0.5) ** 2)
    return bank


def _superflux(log_mel: Float) -> Float:
    widest = log_mel.copy()
    np.maximum(widest[:, 1:], log_mel[:, :-1], out=widest[:, 1:])
    np.maximum(widest[:, :-1], log_mel[:, 1:], out=widest[:, :-1])
    flux = np.zeros_like(log_mel)
    np.maximum(log_mel[2:] - widest[:-2], 0, out=flux[2:])
    return flux


def _onsets(rises: Float) -> Onsets:
    low, mid, high = (_relative(rises[:, band]) for band in range(3))
    total = 1.6 * low + mid + 0.5 * high
    total = np.minimum(total / (total.std() + 1e-9), 4).astype(np.float32)
    return Onsets(low, mid, high, total)


def _relative(envelope: Float) -> Float:
    """An envelope above its own neighbourhood of 6 s, in units of the local and global loudness."""
    smooth = gaussian(envelope, 0.8)
    span = int(6 * FRAME_RATE)
    level = moving_average(smooth, span)
    spread = np.sqrt(np.maximum(moving_average(smooth * smooth, span), 0))
    overall = float(np.sqrt((smooth * smooth).mean())) + 1e-9
    return (np.maximum(smooth - 0.6 * level, 0) / (0.6 * spread + 0.4 * overall)).astype(np.float32)


def gaussian(series: NDArray, sigma: float) -> NDArray:
    """A 1-D series smoothed by a Gaussian of ``sigma`` samples, edges repeated."""
    reach = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(np.pad(series, reach, mode="edge"), kernel / kernel.sum(), "valid")


def moving_average(series: NDArray, length: int) -> NDArray:
    """Centred mean over ``length`` samples along the first axis, edges repeated."""
    before = length // 2
    pad = [(before, length - 1 - before)] + [(0, 0)] * (series.ndim - 1)
    sums = np.cumsum(np.pad(series.astype(np.float64), pad, mode="edge"), axis=0)
    sums = np.concatenate([np.zeros_like(sums[:1]), sums])
    return (sums[length:] - sums[:-length]) / length


def local_maximum(series: NDArray, reach: int) -> NDArray:
    """Largest value within ``reach`` samples on either side."""
    widest, width, whole = np.pad(series, reach, mode="edge"), 1, 2 * reach + 1
    while width < whole:
        step = min(width, whole - width)
        widest = np.maximum(widest[:-step], widest[step:])
        width += step
    return widest


def peaks(series: NDArray) -> NDArray[np.intp]:
    """Indices of local maxima."""
    return np.flatnonzero((series[1:-1] > series[:-2]) & (series[1:-1] >= series[2:])) + 1


def parabolic(series: NDArray, at: NDArray[np.intp]) -> NDArray[np.float64]:
    """Positions of peaks between the samples, by a parabola through three of them."""
    at = np.clip(at, 1, len(series) - 2)
    left, middle, right = series[at - 1], series[at], series[at + 1]
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1), 0.0)
    return np.asarray(at + np.clip(shift, -0.5, 0.5), dtype=np.float64)


def segment_means(matrix: NDArray, edges: NDArray[np.intp]) -> NDArray[np.float64]:
    """Means of the rows between consecutive edges: (len(edges) - 1, columns); 0 where there are none."""
    counts = np.diff(edges)
    some = counts > 0
    means = np.zeros((len(counts), matrix.shape[1]))
    if some.any():
        sums = np.add.reduceat(matrix[: edges[-1]], edges[:-1][some], axis=0, dtype=np.float64)
        means[some] = sums / counts[some, None]
    return means
