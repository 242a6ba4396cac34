# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the logistic model of ``crossfade_addon/director/bars.py``: which beats are the first of their bar.

``python -m training.fit_bars --songs DIR[:SHARE]... --weights beat_net.npz`` reads the true beats of every song
(only ``SHARE`` of the songs of a folder weigh as much as one of the others), fits, and writes the model into the
weights file. ``--folds N`` also tells the F-measure of the downbeats of the last folder's songs, fitted without them.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossfade_addon.director import bars, beat_net
from crossfade_addon.director.features import extract
from training import dataset
from training.fit_confidence import f_measure

log = logging.getLogger("fit_bars")


def observed(path: Path, ffmpeg: str, weights: Path) -> dict[str, Any] | None:
    """Traits and truth of one song; None where nobody knows its bars."""
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    beats = np.asarray(truth["beats"], float)
    if len(beats) < 12 or truth.get("trust_down") == "ambiguous" or truth.get("trust") == "none":
        return None
    features = extract(dataset.read_samples(path, ffmpeg))
    beat, downbeat = beat_net.activations(features, beat_net.load_weights(weights))
    downbeats = np.asarray(truth["downbeats"], float)
    first = np.abs(beats[:, None] - downbeats[None, :]).min(axis=1) < 0.02
    seen = bars.traits(features, beat, downbeat, beats)
    return {"name": path.stem, "seen": seen, "first": first, "beats": beats, "downbeats": downbeats}


def fit(songs: list[dict[str, Any]], shares: list[float], ridge: float = 3e-4) -> tuple[NDArray, float]:
    """Logistic regression by Newton's method; every song weighs its share, whatever its length."""
    x = np.concatenate([s["seen"] for s in songs])
    y = np.concatenate([s["first"] for s in songs]).astype(float)
    mass = np.concatenate(
        [np.full(len(s["first"]), share / len(s["first"])) for s, share in zip(songs, shares, strict=True)]
    )
    mass /= mass.sum()
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        curve = (x * (mass * p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(w))
        w += np.linalg.solve(curve, x.T @ (mass * (y - p)) - ridge * w)
    return w[:-1], float(w[-1])


def score(song: dict[str, Any], weights: NDArray, bias: float) -> float:
    """F-measure of the downbeats found among the true beats."""
    position, _ = bars.count_bars(song["seen"] @ weights + bias)
    return f_measure(song["downbeats"], song["beats"][position == 0])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", nargs="+", required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--ffmpeg", default=os.environ.get("FFMPEG", "ffmpeg"))
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    work, shares = [], []
    for text in options.songs:
        folder, _, share = text.partition(":")
        found = dataset.songs(Path(folder))
        work += found
        shares += [float(share or 1)] * len(found)
    last = {p.stem for p in dataset.songs(Path(options.songs[-1].partition(":")[0]))}
    with ProcessPoolExecutor(options.jobs) as pool:
        seen = list(pool.map(observed, work, [options.ffmpeg] * len(work), [options.weights] * len(work), chunksize=4))
    pairs = [(s, share) for s, share in zip(seen, shares, strict=True) if s is not None]
    weights, bias = fit([s for s, _ in pairs], [share for _, share in pairs])
    mine = [s for s, _ in pairs if s["name"] in last]
    others = [s for s, _ in pairs if s["name"] not in last]
    log.info("fitted on %d songs: F %.3f on the last folder's %d, %.3f on the others", len(pairs),
             np.mean([score(s, weights, bias) for s in mine]), len(mine),
             np.mean([score(s, weights, bias) for s in others] or [0]))  # fmt: skip
    held: list[float] = []
    for fold in range(options.folds):
        hidden = {s["name"] for s in mine[fold :: options.folds]}
        known = [(s, share) for s, share in pairs if s["name"] not in hidden]
        w, b = fit([s for s, _ in known], [share for _, share in known])
        held += [score(s, w, b) for s in mine if s["name"] in hidden]
    if held:
        log.info("held out in %d folds: F %.3f", options.folds, np.mean(held))
        w, b = fit(others, [share for s, share in pairs if s["name"] not in last])
        log.info("fitted on the others alone: F %.3f", np.mean([score(s, w, b) for s in mine]))
    for name, value in zip(bars.TRAITS, weights, strict=True):
        log.info("%-12s %+.2f", name, value)
    stored = dict(beat_net.load_weights(options.weights))
    stored["bars"], stored["bars.bias"] = weights.astype(np.float32), np.array([bias], np.float32)
    beat_net.save_weights(options.weights, stored)


if __name__ == "__main__":
    main()
