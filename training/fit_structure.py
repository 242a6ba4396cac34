# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the weights of ``director/boundaries.py`` on songs with known parts, and tells how well they do.

``python -m training.fit_structure FOLDER[:WEIGHT] ... --ffmpeg FFMPEG``: every folder holds sound files with
``NAME.json`` beside them (``downbeats``, ``sections``, ``drops``). Bars are the true ones. Printed per folder: F at
0.5 s and 3 s of all boundaries, and F of the drops at 0.5 s, with weights fitted on all songs and with weights fitted
without the song's sixth of its folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crossfade_addon.director.boundaries import change, find_boundaries
from crossfade_addon.director.features import extract
from crossfade_addon.director.moments import find_builds, find_drops
from crossfade_addon.director.structure import Bars, measure_bars
from training.dataset import SOUND, read_samples

FOLDS = 6
RIDGE = 3.0
TOLERANCE_S = 0.5
EARLIEST_S = 1.0
"""A part that begins earlier is the song's start, which everyone knows."""


@dataclass(frozen=True, slots=True)
class Song:
    """``starts`` and ``drops`` in seconds; ``begins`` says for every bar whether a part begins there."""

    folder: str
    weight: float
    bars: Bars
    evidence: NDArray[np.float64]
    begins: NDArray[np.bool_]
    starts: NDArray[np.float64]
    drops: NDArray[np.float64]


def read_songs(folder: Path, weight: float, ffmpeg: str) -> list[Song]:
    """Songs of a folder with three parts or more whose truth can be trusted."""
    songs = []
    for path in sorted(folder.glob("*.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        sound = next((path.with_suffix(end) for end in SOUND if path.with_suffix(end).exists()), None)
        parts = truth.get("sections") or []
        if sound is None or len(parts) < 3 or truth.get("trust") == "ambiguous":
            continue
        samples = read_samples(sound, ffmpeg)
        duration = len(samples) / 22050
        bars = measure_bars(extract(samples), np.array(truth["downbeats"]), duration)
        starts = np.array([float(part[0]) for part in parts])
        apart = np.abs(bars.edges[:-1, None] - starts[None, :])
        begins = np.zeros(len(bars), bool)
        begins[apart.argmin(axis=0)[apart.min(axis=0) < TOLERANCE_S]] = True
        drops = np.array(truth.get("drops") or [], float)
        songs.append(Song(folder.name, weight, bars, change(bars), begins, starts, drops))
    return songs


def fit(songs: list[Song]) -> NDArray[np.float64]:
    """Weights and offset (last) by logistic regression with a ridge, in Newton steps; long songs do not count more."""
    rows = np.concatenate([song.evidence[1:] for song in songs])
    truth = np.concatenate([song.begins[1:] for song in songs]).astype(float)
    each = np.concatenate([np.full(len(s.bars) - 1, s.weight / np.sqrt(len(s.bars))) for s in songs])
    each /= each.mean()
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    table = np.concatenate([(rows - mean) / spread, np.ones((len(rows), 1))], axis=1)
    ridge = np.diag([RIDGE] * rows.shape[1] + [0.0])
    answer = np.zeros(table.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-table @ answer))
        slope = table.T @ (each * (truth - chance)) - ridge @ answer
        bend = (table * (each * chance * (1 - chance))[:, None]).T @ table + ridge
        answer += np.linalg.solve(bend, slope)
    weights = answer[:-1] / spread
    return np.append(weights, answer[-1] - float(weights @ mean))


def f_measure(truth: NDArray, found: NDArray, window: float) -> float:
    """F of two ascending lists of moments, each matched once."""
    if not len(truth) or not len(found):
        return 0.0
    i = j = hits = 0
    while i < len(truth) and j < len(found):
        apart = found[j] - truth[i]
        hits += abs(apart) <= window
        i += apart >= -window
        j += apart <= window
    return 2 * hits / (len(truth) + len(found))


def score(song: Song, answer: NDArray) -> tuple[float, float, float]:
    """F of the parts at 0.5 s and at 3 s, and of the drops (nan where there are none)."""
    evidence = song.evidence @ answer[:-1] + answer[-1]
    drops = find_drops(song.bars)
    builds = [(first, drop) for first, drop, _ in find_builds(song.bars, drops, evidence)]
    found = song.bars.edges[find_boundaries(song.bars, evidence, drops, builds)]
    found, truth = found[found > EARLIEST_S], np.sort(song.starts[song.starts > EARLIEST_S])
    drop_f = f_measure(np.sort(song.drops), song.bars.edges[drops], 0.5) if len(song.drops) else np.nan
    return f_measure(truth, found, 0.5), f_measure(truth, found, 3.0), drop_f


def main() -> int:
    """Fit, and print weights and scores."""
    parser = argparse.ArgumentParser(description="Fit where parts of songs begin.")
    parser.add_argument("folders", nargs="+", help="FOLDER or FOLDER:WEIGHT")
    parser.add_argument("--ffmpeg", default="ffmpeg")
    options = parser.parse_args()
    songs: list[Song] = []
    for text in options.folders:
        folder, _, weight = text.partition(":")
        songs += read_songs(Path(folder), float(weight or 1), options.ffmpeg)
    answer = fit(songs)
    lines = [f"WEIGHTS = ({', '.join(f'{value:.4g}' for value in answer[:-1])})", f"OFFSET = {answer[-1]:.4g}"]
    folders = sorted({song.folder for song in songs})
    fold = {id(s): k % FOLDS for name in folders for k, s in enumerate(s for s in songs if s.folder == name)}
    without = [fit([song for song in songs if fold[id(song)] != k]) for k in range(FOLDS)]
    for name in folders:
        mine = [song for song in songs if song.folder == name]
        for kind, scores in (
            ("fit", [score(song, answer) for song in mine]),
            ("held out", [score(song, without[fold[id(song)]]) for song in mine]),
        ):
            means = np.nanmean(np.array(scores), axis=0)
            lines.append(
                f"{name:12} {len(mine):4} songs, {kind:8}: F.5 {means[0]:.3f}  F3 {means[1]:.3f}  drops {means[2]:.3f}"
            )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
