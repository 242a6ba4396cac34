# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs with truth as what the beat network sees and should say.

Conventions: a song is a sound file with ``NAME.json`` beside it (``beats``, ``downbeats`` in seconds, ``meter``,
``tags``); network frames are pairs of feature frames.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crossfade_addon.director import beat_net
from crossfade_addon.director.features import FRAME_RATE, LATENCY_S, SAMPLE_RATE, extract

SOUND = (".wav", ".ogg", ".flac", ".mp3", ".m4a", ".opus")


@dataclass(frozen=True, slots=True)
class Example:
    """``inputs`` (n, beat_net.INPUTS) float16; ``targets`` (n, 2) float16: beat and downbeat, 0..1.

    ``weight`` (2,) switches off the loss where nobody knows the truth.
    """

    name: str
    tags: tuple[str, ...]
    inputs: NDArray[np.float16]
    targets: NDArray[np.float16]
    weight: NDArray[np.float32]


def read_samples(path: Path, ffmpeg: str) -> NDArray[np.float32]:
    """Mono samples at the director's rate."""
    command = [ffmpeg, "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<f4")


def songs(folder: Path) -> list[Path]:
    """Sound files with truth beside them, by name."""
    return [p for p in sorted(folder.iterdir()) if p.suffix in SOUND and p.with_suffix(".json").is_file()]


def example(path: Path, ffmpeg: str, cache: Path, speed: float = 1.0) -> Example:
    """One song, played ``speed`` times as fast (and higher); what was computed once is kept in ``cache``."""
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    stamp = f"{path.resolve()}|{path.stat().st_mtime_ns}|{speed}|3"
    kept = cache / (hashlib.sha256(stamp.encode()).hexdigest()[:20] + ".npy")
    if kept.is_file():
        inputs = np.load(kept)
    else:
        samples = read_samples(path, ffmpeg)
        if speed != 1.0:
            length = int(len(samples) / speed)
            samples = np.interp(np.arange(length) * speed, np.arange(len(samples)), samples).astype(np.float32)
        features = extract(samples)
        inputs = beat_net.inputs(features).astype(np.float16)
        cache.mkdir(parents=True, exist_ok=True)
        np.save(kept, inputs)
    beats = np.asarray(truth["beats"], float) / speed
    downbeats = np.asarray(truth["downbeats"], float) / speed
    targets = np.stack([_marks(beats, len(inputs)), _marks(downbeats, len(inputs))], axis=1)
    unsure = truth.get("trust") in ("none",) or truth.get("trust") == "ambiguous"
    no_bars = unsure or truth.get("trust_down") == "ambiguous"
    silent = not len(beats)
    known = silent or not unsure
    weight = np.array([float(known), float(silent or not no_bars)], np.float32)
    return Example(path.stem, tuple(truth.get("tags", ())), inputs, targets.astype(np.float16), weight)


def _marks(times: NDArray, count: int) -> NDArray[np.float32]:
    """1 at the network frame of every time, a half beside it."""
    series = np.zeros(count + 2, np.float32)
    at = np.round(((times + LATENCY_S) * FRAME_RATE - 0.5) / 2).astype(int)
    at = at[(at >= 0) & (at < count)] + 1
    for shift in (-1, 1):
        series[at + shift] = 0.5
    series[at] = 1.0
    return series[1:-1]


def crops(
    examples: Sequence[Example], length: int, batch: int, rng: np.random.Generator, steps: int
) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """Random stretches: inputs (batch, length, channels), targets (batch, length, 2), weights (batch, length, 2)."""
    share = np.sqrt([min(len(e.inputs), 6 * length) for e in examples])
    share = share / share.sum()
    for _ in range(steps):
        x = np.zeros((batch, length, beat_net.INPUTS), np.float32)
        y = np.zeros((batch, length, 2), np.float32)
        w = np.zeros((batch, length, 2), np.float32)
        for row, k in enumerate(rng.choice(len(examples), batch, p=share)):
            chosen = examples[k]
            start = int(rng.integers(0, max(1, len(chosen.inputs) - length // 2)))
            piece = slice(start, start + length)
            seen = len(chosen.inputs[piece])
            x[row, :seen] = disturbed(chosen.inputs[piece].astype(np.float32), rng)
            y[row, :seen] = chosen.targets[piece]
            w[row, :seen] = chosen.weight
        yield x, y, w


def disturbed(inputs: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The same music through another equaliser, louder or softer, with noise, a lost band, in another key."""
    frames = inputs.reshape(len(inputs), 2, -1)
    mel = np.expm1(frames[..., : beat_net.MELS])
    bands = np.linspace(-1, 1, beat_net.MELS)
    tilt = rng.normal(0, 0.5) * bands + rng.normal(0, 0.5) * (bands**2 - 0.33) + rng.normal(0, 0.4)
    mel = mel * np.exp(np.clip(tilt, -2, 2)).astype(np.float32)
    if rng.random() < 0.3:
        mel = mel + np.float32(rng.uniform(0, 0.5)) * rng.random(mel.shape, np.float32)
    if rng.random() < 0.25:
        if rng.random() < 0.5:
            mel[..., beat_net.MELS - int(rng.integers(1, 18)) :] = 0
        else:
            mel[..., : int(rng.integers(1, 6))] *= 0.05
    chroma = np.roll(frames[..., beat_net.MELS :], int(rng.integers(12)), axis=-1)
    chroma = chroma * np.float32(rng.uniform(0.6, 1.4))
    return np.concatenate([np.log1p(mel), chroma], axis=-1).reshape(len(inputs), -1)
