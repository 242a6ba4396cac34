# SPDX-License-Identifier: GPL-3.0-or-later
"""A small convolutional network that says, for every fiftieth of a second, how much it sounds like a beat.

A temporal convolutional network after Davies and Boeck ("Temporal convolutional networks for musical audio beat
tracking", EUSIPCO 2019), small enough for numpy alone. Its weights are in ``data/beat_net.npz``, fitted by
``training/fit_beats.py``.

Conventions: network frame ``j`` joins feature frames ``2 j`` and ``2 j + 1``; activations are probabilities.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .features import FRAME_RATE, MEL_BANDS, Features, Float

MELS, CHROMA = MEL_BANDS, 12
INPUTS = 2 * (MELS + CHROMA)
RATE = FRAME_RATE / 2
"""Network frames per second."""
WEIGHTS = Path(__file__).parents[1] / "data" / "beat_net.npz"
BLOCK = 12000
"""Frames computed at once (four minutes): bounds the memory of long files."""
Weights = dict[str, NDArray[np.float32]]


def inputs(features: Features, first: int = 0, last: int | None = None) -> Float:
    """What the network sees from frame ``first`` to ``last``: (frames, INPUTS), log mel and chroma of two feature
    frames side by side."""
    stop = features.n // 2 if last is None else last
    rows = slice(2 * first, 2 * stop)
    pair = np.concatenate([features.log_mel[rows], features.chroma[rows]], axis=1, dtype=np.float32)
    return pair.reshape(stop - first, INPUTS)


@lru_cache(maxsize=2)
def load_weights(path: Path = WEIGHTS) -> Weights:
    """The fitted numbers, by name, as float32."""
    with np.load(path) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def save_weights(path: Path, weights: Weights) -> None:
    """Write a weights file, whole or not at all; half precision is enough."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.savez_compressed(file, **{k: v.astype(np.float16) for k, v in weights.items()})
    part.replace(path)


def activations(features: Features, weights: Weights | None = None) -> tuple[Float, Float]:
    """Probability of a beat and of a downbeat per network frame: two arrays (n // 2,)."""
    chosen = load_weights() if weights is None else weights
    count = features.n // 2
    reach = receptive_field(chosen)
    logits = np.empty((count, 2), np.float32)
    for start in range(0, count, BLOCK):
        first, last = max(0, start - reach), min(count, start + BLOCK + reach)
        block = forward(chosen, inputs(features, first, last))
        stop = min(count, start + BLOCK)
        logits[start:stop] = block[start - first : stop - first]
    probability = 1 / (1 + np.exp(-logits))
    return probability[:, 0], probability[:, 1]


def receptive_field(weights: Weights) -> int:
    """How many frames on either side a frame depends on."""
    reach = weights["front.1"].shape[0] // 2
    layer = 0
    while f"block{layer}.conv" in weights:
        reach += 2**layer * (weights[f"block{layer}.conv"].shape[0] // 2)
        layer += 1
    return reach


def forward(weights: Weights, x: Float) -> Float:
    """Logits (n, 2) for inputs (n, INPUTS); zeros are assumed outside."""
    x = _elu((x - weights["mean"]) @ weights["front.0"] + weights["front.0.bias"])
    x = _elu(_convolve(x, weights["front.1"], 1) + weights["front.1.bias"])
    skip = np.zeros_like(x)
    layer = 0
    while f"block{layer}.conv" in weights:
        inner = _elu(_convolve(x, weights[f"block{layer}.conv"], 2**layer) + weights[f"block{layer}.bias"])
        mixed = inner @ weights[f"block{layer}.mix"] + weights[f"block{layer}.mix.bias"]
        x = x + mixed
        skip += mixed
        layer += 1
    return _elu(skip) @ weights["head"] + weights["head.bias"]


def _convolve(x: Float, kernel: Float, dilation: int) -> Float:
    """Same-length convolution along time: ``kernel`` is (taps, channels in, channels out)."""
    taps, n = len(kernel), len(x)
    reach = dilation * (taps // 2)
    padded = np.zeros((n + 2 * reach, x.shape[1]), np.float32)
    padded[reach : reach + n] = x
    total = padded[:n] @ kernel[0]
    for tap in range(1, taps):
        total += padded[tap * dilation : tap * dilation + n] @ kernel[tap]
    return total


def _elu(x: Float) -> Float:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
