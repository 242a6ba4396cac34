# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits how far a beat grid is to be trusted: ``trust`` of ``crossfade_addon/director/grid.py``.

``python -m training.fit_confidence --songs DIR... --weights beat_net.npz`` hears every song and calls a grid right when
its F-measure (70 ms window, from 5 s on) is above 0.75 at the best of its octaves, wrong when it is below 0.5 or the
song has no beat. It fits a logistic regression of the grid's traits, writes it into the weights file and prints the
errors at several thresholds.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crossfade_addon.director import beat_net, grid, tempo
from crossfade_addon.director.features import FRAME_RATE, LATENCY_S, extract
from training import dataset

log = logging.getLogger("fit_confidence")
WINDOW_S, SKIPPED_S = 0.07, 5.0


def f_measure(true: NDArray, found: NDArray) -> float:
    """Harmonic mean of precision and recall within 70 ms (MIREX)."""
    true, found = true[true >= SKIPPED_S], found[found >= SKIPPED_S]
    if not len(true) or not len(found):
        return 0.0
    nearest = np.abs(true[:, None] - found[None, :]).min(axis=1)
    hits = float((nearest <= WINDOW_S).sum())
    return 2 * hits / (len(true) + len(found))


def judged(path: Path, ffmpeg: str, weights: Path) -> tuple[str, list[float], float] | None:
    """Name, traits and F-measure (0 without a beat) of a song's best grid."""
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    samples = dataset.read_samples(path, ffmpeg)
    features = extract(samples)
    beat, downbeat = beat_net.activations(features, beat_net.load_weights(weights))
    heard = grid.Heard(beat, downbeat, tempo.tempogram(beat))
    ranked = grid.hypotheses(features, heard)
    if not ranked:
        return None
    seen = grid.traits(features, heard, ranked[0].beats, grid.lead_of(ranked))
    true = np.asarray(truth["beats"], float)
    if truth.get("trust") == "ambiguous":
        return None
    found = ranked[0].beats / FRAME_RATE - LATENCY_S
    middles = (true[1:] + true[:-1]) / 2
    ways = [true, np.sort(np.concatenate([true, middles])), true[::2], true[1::2], middles]
    return path.stem, seen.tolist(), max(f_measure(way, found) for way in ways) if len(true) > 8 else 0.0


def fit(traits: NDArray, right: NDArray, ridge: float = 1e-2) -> NDArray[np.float64]:
    """Logistic regression by Newton's method; the last weight is the bias. Both classes weigh the same."""
    x = np.concatenate([traits, np.ones((len(traits), 1))], axis=1)
    mass = np.where(right, 0.5 / max(right.mean(), 1e-6), 0.5 / max(1 - right.mean(), 1e-6))
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        curve = (x * (mass * p * (1 - p))[:, None]).T @ x + ridge * len(x) * np.eye(len(w)) / 10
        w += np.linalg.solve(curve, x.T @ (mass * (right - p)) - ridge * len(x) / 10 * w)
    return w


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", nargs="+", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--ffmpeg", default=os.environ.get("FFMPEG", "ffmpeg"))
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    paths = [p for folder in options.songs for p in dataset.songs(folder)]
    with ProcessPoolExecutor(options.jobs) as pool:
        rows = [
            r
            for r in pool.map(judged, paths, [options.ffmpeg] * len(paths), [options.weights] * len(paths), chunksize=2)
            if r
        ]
    rows = [r for r in rows if r[2] > 0.75 or r[2] < 0.5]
    traits, right = np.array([r[1] for r in rows]), np.array([r[2] > 0.75 for r in rows])
    weights = fit(traits, right)
    sure = 1 / (1 + np.exp(-(traits @ weights[:-1] + weights[-1])))
    log.info("weights %s", np.round(weights, 2).tolist())
    log.info("%d right, %d wrong or without beat", right.sum(), (~right).sum())
    for limit in (0.2, 0.35, 0.5, 0.65, 0.8):
        log.info("at %.2f: %4.1f %% of the right lost, %4.1f %% of the others kept", limit,
                 100 * (sure[right] < limit).mean(), 100 * (sure[~right] >= limit).mean())  # fmt: skip
    stored = dict(beat_net.load_weights(options.weights))
    stored["trust"], stored["trust.bias"] = weights[:-1].astype(np.float32), weights[-1:].astype(np.float32)
    beat_net.save_weights(options.weights, stored)
    for name, seen, f in sorted(rows, key=lambda r: r[0]):
        value = 1 / (1 + np.exp(-(np.dot(seen, weights[:-1]) + weights[-1])))
        log.info("%-44s F %.2f  trust %.2f  %s", name, f, value, np.round(seen, 2).tolist())


if __name__ == "__main__":
    main()
