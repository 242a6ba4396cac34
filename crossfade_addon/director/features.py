# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be heard in each hundredth of a second: one short-time Fourier transform shared by everything.

Conventions: mono samples at ``SAMPLE_RATE``; one frame every ``HOP`` samples, frame ``i`` is centred on
sample ``i * HOP``; arrays are float32 with frames first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
_BLOCK = 2048
_LOW_MEL, _MID_MEL = 4, 20

Float = NDArray[np.float32]


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
    ``centroid_hz`` (n,) is the spectral centre of gravity.
    """

    n: int
    log_mel: Float
    chroma: Float
    band_power: Float
    flux: Float
    centroid_hz: Float
    onsets: Onsets


def extract(samples: Float, progress: Callable[[float], None] | None = None) -> Features:
    """Features of mono samples at :data:`SAMPLE_RATE`; at least one window long."""
    padded = np.pad(samples.astype(np.float32, copy=False), (WINDOW // 2, WINDOW // 2 + HOP))
    frames = sliding_window_view(padded, WINDOW)[::HOP]
    frequencies = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE).astype(np.float32)
    bank = np.concatenate([_mel_bank(frequencies), _chroma_bank(frequencies)], axis=1)
    bands = np.stack([(frequencies >= a) & (frequencies < b) for a, b in BAND_EDGES_HZ], axis=1).astype(np.float32)
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    n = len(frames)
    mel = np.empty((n, MEL_BANDS), np.float32)
    chroma = np.empty((n, 12), np.float32)
    power = np.empty((n, len(BAND_EDGES_HZ)), np.float32)
    centroid = np.empty(n, np.float32)
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        spectrum = np.abs(np.fft.rfft(frames[block] * window, axis=1)).astype(np.float32, copy=False)
        projected = spectrum @ bank
        mel[block], chroma[block] = projected[:, :MEL_BANDS], projected[:, MEL_BANDS:]
        power[block] = (spectrum * spectrum) @ bands
        centroid[block] = (spectrum @ frequencies) / (spectrum.sum(axis=1) + 1e-6)
        if progress is not None:
            progress(min(1.0, (start + _BLOCK) / n))
    gain = np.float32(20 / (float(np.percentile(mel[:: max(1, n // 20000)], 95)) + 1e-9))
    log_mel = np.log1p(mel * gain)
    flux = _superflux(log_mel)
    return Features(n, log_mel, np.log1p(chroma * gain), power, flux, centroid, _onsets(flux))


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
    flux[2:] = np.maximum(log_mel[2:] - widest[:-2], 0)
    return flux


def _onsets(flux: Float) -> Onsets:
    low = _relative(flux[:, :_LOW_MEL].mean(axis=1))
    mid = _relative(flux[:, _LOW_MEL:_MID_MEL].mean(axis=1))
    high = _relative(flux[:, _MID_MEL:].mean(axis=1))
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
    padded = np.pad(series, reach, mode="edge")
    return sliding_window_view(padded, 2 * reach + 1).max(axis=-1)


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
    """Means of the rows between consecutive edges: (len(edges) - 1, columns)."""
    sums = np.concatenate([np.zeros((1, matrix.shape[1])), np.cumsum(matrix, axis=0, dtype=np.float64)])
    return (sums[edges[1:]] - sums[edges[:-1]]) / np.maximum(np.diff(edges), 1)[:, None]
