# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the weights of ``crossfade_addon/director/beat_net.py`` with PyTorch.

``python -m training.fit_beats --songs DIR... --out FILE`` starts from nothing; with ``--start FILE`` it goes on
from fitted weights. ``--leave-out FOLD/FOLDS`` keeps every FOLDS-th song of the last folder out, so that its
numbers can be told for songs that were never seen.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import nn

from crossfade_addon.director import beat_net
from training import dataset

log = logging.getLogger("fit_beats")
MASS = (4.0, 8.0)
"""How much more a frame with a beat, a downbeat weighs than one without: they are rare. What is written is corrected
for it (the log of it is taken off the logits), so that the activations are probabilities."""


class Network(nn.Module):
    """The same arithmetic as ``beat_net.forward``, for fitting."""

    def __init__(self, channels: int = 32, front: int = 48, layers: int = 10, taps: int = 5, drop: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(beat_net.INPUTS))
        self.front0 = nn.Linear(beat_net.INPUTS, front)
        self.front1 = nn.Conv1d(front, channels, taps, padding=taps // 2)
        self.convs = nn.ModuleList(
            nn.Conv1d(channels, channels, taps, padding=2**k * (taps // 2), dilation=2**k) for k in range(layers)
        )
        self.mixes = nn.ModuleList(nn.Conv1d(channels, channels, 1) for _ in range(layers))
        self.head = nn.Linear(channels, 2)
        self.drop = nn.Dropout1d(drop)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, n, 2) of inputs (batch, n, INPUTS)."""
        act = nn.functional.elu
        x = act(self.front0(x - self.mean)).transpose(1, 2)
        x = act(self.front1(x))
        skip = torch.zeros_like(x)
        for conv, mix in zip(self.convs, self.mixes, strict=True):
            mixed = mix(self.drop(act(conv(x))))
            x = x + mixed
            skip = skip + mixed
        return self.head(act(skip).transpose(1, 2))

    def weights(self) -> dict[str, np.ndarray]:
        """Named as ``beat_net`` reads them."""

        def of(t: torch.Tensor) -> np.ndarray:
            return t.detach().numpy().astype(np.float32)

        out = {
            "mean": of(self.mean),
            "front.0": of(self.front0.weight).T,
            "front.0.bias": of(self.front0.bias),
            "front.1": of(self.front1.weight).transpose(2, 1, 0),
            "front.1.bias": of(self.front1.bias),
            "head": of(self.head.weight).T,
            "head.bias": of(self.head.bias) - np.log(MASS).astype(np.float32),
        }
        for k, (conv, mix) in enumerate(zip(self.convs, self.mixes, strict=True)):
            out[f"block{k}.conv"] = of(conv.weight).transpose(2, 1, 0)
            out[f"block{k}.bias"] = of(conv.bias)
            out[f"block{k}.mix"] = of(mix.weight)[:, :, 0].T
            out[f"block{k}.mix.bias"] = of(mix.bias)
        return {k: np.ascontiguousarray(v) for k, v in out.items()}

    def take(self, stored: beat_net.Weights) -> None:
        """Go on from weights written by :meth:`weights`."""
        with torch.no_grad():
            self.mean.copy_(torch.from_numpy(stored["mean"]))
            self.front0.weight.copy_(torch.from_numpy(stored["front.0"].T))
            self.front0.bias.copy_(torch.from_numpy(stored["front.0.bias"]))
            self.front1.weight.copy_(torch.from_numpy(stored["front.1"].transpose(2, 1, 0)))
            self.front1.bias.copy_(torch.from_numpy(stored["front.1.bias"]))
            self.head.weight.copy_(torch.from_numpy(stored["head"].T))
            self.head.bias.copy_(torch.from_numpy(stored["head.bias"] + np.log(MASS).astype(np.float32)))
            for k, (conv, mix) in enumerate(zip(self.convs, self.mixes, strict=True)):
                conv.weight.copy_(torch.from_numpy(stored[f"block{k}.conv"].transpose(2, 1, 0)))
                conv.bias.copy_(torch.from_numpy(stored[f"block{k}.bias"]))
                mix.weight.copy_(torch.from_numpy(stored[f"block{k}.mix"].T[:, :, None]))
                mix.bias.copy_(torch.from_numpy(stored[f"block{k}.mix.bias"]))


def read(folders: list[Path], ffmpeg: str, cache: Path, speeds: dict[Path, list[float]], jobs: int) -> list:
    """Examples of every song of the folders, by folder and name."""
    work = [(p, s) for folder in folders for p in dataset.songs(folder) for s in speeds.get(folder, [1.0])]
    with ProcessPoolExecutor(jobs) as pool:
        return list(
            pool.map(
                dataset.example,
                [p for p, _ in work],
                [ffmpeg] * len(work),
                [cache] * len(work),
                [s for _, s in work],
                chunksize=4,
            )
        )


def fit(
    network: Network, examples: list, *, minutes: float, rate: float, seed: int, length: int, batch: int, steps: int
) -> None:
    """Adam with a one-cycle learning rate until ``minutes`` or ``steps`` are over, whichever is first."""
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-3)
    network.train()
    began, shown, total = time.monotonic(), time.monotonic(), 0.0
    mass = torch.tensor(MASS)
    count = 0
    for x, y, w in dataset.crops(examples, length, batch, rng, steps):
        done = max((time.monotonic() - began) / (60 * minutes), count / steps)
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, done / 0.05 + 0.02) * 0.5 * (1 + float(np.cos(np.pi * done))) + 1e-6
        optimiser.zero_grad()
        out = network(torch.from_numpy(x))
        target, weight = torch.from_numpy(y), torch.from_numpy(w)
        loss = nn.functional.binary_cross_entropy_with_logits(
            out, target, weight=weight * (1 + (mass - 1) * target), reduction="sum"
        ) / (weight.sum() + 1)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        count += 1
        total = loss.item() if count == 1 else 0.98 * total + 0.02 * loss.item()
        if time.monotonic() - shown > 30:
            shown = time.monotonic()
            log.info("step %d  %.0f s  loss %.4f", count, shown - began, total)
    log.info("%d steps, %.0f s, loss %.4f", count, time.monotonic() - began, total)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", nargs="+", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--leave-out", default="")
    parser.add_argument("--speeds", default="1", help="speeds for the songs of the last folder, with commas")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--length", type=int, default=2048)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=Path(".cache/training"))
    parser.add_argument("--ffmpeg", default=os.environ.get("FFMPEG", "ffmpeg"))
    parser.add_argument("--last-share", type=int, default=1, help="how often the last folder's songs count")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    last = options.songs[-1]
    speeds = {last: [float(s) for s in options.speeds.split(",")]}
    examples = read(options.songs, options.ffmpeg, options.cache, speeds, options.threads)
    names = [p.stem for p in dataset.songs(last)]
    if options.leave_out:
        fold, folds = map(int, options.leave_out.split("/"))
        hidden = set(names[fold::folds])
        examples = [e for e in examples if e.name not in hidden]
    examples += [e for e in examples if e.name in set(names)] * (options.last_share - 1)
    examples = [e for e in examples if len(e.inputs) > 200 and e.weight.any()]
    log.info("%d examples, %.0f min", len(examples), sum(len(e.inputs) for e in examples) / beat_net.RATE / 60)
    network = Network(options.channels)
    if options.start:
        network.take(beat_net.load_weights(options.start))
    else:
        network.mean.copy_(
            torch.from_numpy(np.mean([e.inputs.astype(np.float32).mean(axis=0) for e in examples], axis=0))
        )
    fit(
        network,
        examples,
        minutes=options.minutes,
        rate=options.rate,
        seed=options.seed,
        length=options.length,
        batch=options.batch,
        steps=options.steps,
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    kept = beat_net.load_weights(options.start) if options.start else {}
    beat_net.save_weights(options.out, {**kept, **network.weights()})


if __name__ == "__main__":
    main()
