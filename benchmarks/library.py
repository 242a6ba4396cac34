# SPDX-License-Identifier: GPL-3.0-or-later
"""The song library under load: processes at once, a large library, and how well similar songs are found.

``python benchmarks/library.py [--only processes server large feel] [--require]``. Everything is made up and lives in a
temporary folder, except that ``feel`` hears the songs of ``--songs``.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from crossfade_addon.curves import Signals  # noqa: E402
from crossfade_addon.library import feel  # noqa: E402
from crossfade_addon.library.chroma_store import ChromaStore  # noqa: E402
from crossfade_addon.library.songs import Song  # noqa: E402

PARTS = ("processes", "server", "large", "feel")
WRITERS = 4
LIMIT_MS = 100.0
LEAST_HALVES, LEAST_KINDS = 0.55, 0.45
Result = tuple[str, bool]


def main(argv: Sequence[str]) -> int:
    """Print what was measured; with ``--require`` 1 when something is not as it must be."""
    if argv[:1] == ["write"]:
        return _write(argv[1], int(argv[2]), int(argv[3]))
    options = _parser().parse_args(argv)
    results: list[Result] = []
    for part in options.only or PARTS:
        results += {"processes": _processes, "server": _server, "large": _large, "feel": _feel}[part](options)
    for text, is_met in results:
        _say(f"{'PASS' if is_met else 'FAIL'}  {text}")
    return 1 if options.require and not all(is_met for _, is_met in results) else 0


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    p.add_argument("--only", nargs="+", choices=PARTS, help="some of the parts")
    p.add_argument("--trials", type=int, default=20, help="with a folder (default 20); on a server 3 at most")
    p.add_argument("--each", type=int, default=25, help="songs of each process with a folder (default 25)")
    p.add_argument("--server-each", type=int, default=1000, help="songs of each process on a server (default 1000)")
    p.add_argument("--count", type=int, default=10_000, help="songs of the large library (default 10000)")
    p.add_argument("--seconds", type=float, default=200.0, help="length of its songs: decides the size of a record")
    p.add_argument("--songs", type=Path, default=ROOT.parent / "shared" / "songs", help="songs to hear for `feel`")
    p.add_argument("--require", action="store_true", help="exit code 1 when something is not as it must be")
    return p


# --------------------------------------------------------------------------------- processes at once


def _write(place: str, writer: int, count: int) -> int:
    store = ChromaStore(place, wait_s=600)
    # One at a time in a folder, where the lock is what is tried; by tens on a server.
    step = 10 if store.server else 1
    for k in range(0, count, step):
        store.put_all(made_up(f"w{writer}_{j}", 20.0) for j in range(k, min(count, k + step)))
    return 0


def _processes(options: argparse.Namespace) -> list[Result]:
    bad: list[str] = []
    began = time.monotonic()
    for trial in range(options.trials):
        with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
            _write_at_once(scratch, options.each)
            bad += [f"trial {trial}: {what}" for what in _wrong(ChromaStore(scratch), options.each)]
    seconds = time.monotonic() - began
    what = (
        f"{WRITERS} processes x {options.each} songs in one folder, {options.trials} trials: {len(bad)} lost or damaged"
    )
    return [(f"{what} ({seconds:.0f} s){_listed(bad)}", not bad)]


def _server(options: argparse.Namespace) -> list[Result]:
    bad: list[str] = []
    began = time.monotonic()
    trials = min(3, options.trials)
    for trial in range(trials):
        with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch, server(Path(scratch)) as address:
            _write_at_once(address, options.server_each)
            bad += [f"trial {trial}: {what}" for what in _wrong(ChromaStore(address), options.server_each)]
    seconds = time.monotonic() - began
    what = (
        f"{WRITERS} writers x {options.server_each} songs on a server, {trials} trials: {len(bad)} not found by query"
    )
    return [(f"{what} ({seconds:.0f} s){_listed(bad)}", not bad)]


def _write_at_once(place: str, each: int) -> None:
    commands = [[sys.executable, __file__, "write", place, str(w), str(each)] for w in range(WRITERS)]
    writers = [subprocess.Popen(command) for command in commands]
    codes = [writer.wait() for writer in writers]
    if any(codes):
        raise SystemExit("a writer failed")


def _wrong(store: ChromaStore, each: int) -> list[str]:
    """Songs that are not there, not as they were stored, or not found by their own vectors."""
    with store.held():
        stored = set(store.ids())
        expected = {f"w{w}_{k}" for w in range(WRITERS) for k in range(each)}
        missing = sorted(expected - stored)
        # On a server every twentieth is compared; all are searched for below.
        compared = sorted(expected & stored)[:: 20 if store.server else 1]
        changed = [name for name in compared if store.get(name) != made_up(name, 20.0)]
        return [*(f"{n} missing" for n in missing), *(f"{n} changed" for n in changed), *store.check()]


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a ChromaDB server that runs meanwhile."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    command = [str(program), "run", "--path", str(folder / "data"), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


# ------------------------------------------------------------------------------------- large library


def _large(options: argparse.Namespace) -> list[Result]:
    rng = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        folder = Path(scratch)
        began = time.monotonic()
        base = made_up("base", options.seconds)
        size = len(json.dumps(base.analysis))
        ChromaStore(folder).put_all(
            base.replace(song_id=f"song_{k}", bpm=60 + 120 * rng.random()) for k in range(options.count)
        )
        gigabytes = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e9
        seconds = time.monotonic() - began
        _say(f"{options.count} songs of {size / 1000:.0f} kB each: {gigabytes:.2f} GB, written in {seconds:.0f} s")
        names = [f"song_{rng.randrange(options.count)}" for _ in range(200)]
        store = ChromaStore(folder)
        with store.held():
            times = {
                "look up": _times(lambda name: store.get(name), names),
                "similar songs": _times(lambda name: store.similar(name), names),
                "list all": _times(lambda _: store.facts(), names[:5]),
            }
        times["open"] = _times(lambda _: ChromaStore(folder), names[:50])
        times["open, look up, close"] = _times(lambda name: store.get(name), names[:50])
    results = []
    for what, values in times.items():
        (p50, _), (p95, cpu) = (np.percentile(values, q, axis=0) for q in (50, 95))
        text = f"{options.count} songs, {what}: p50 {p50:.1f} ms, p95 {p95:.1f} ms ({cpu:.1f} ms of CPU)"
        results.append((text, p95 < LIMIT_MS or what == "list all"))
    return results


def _times(call: Callable[[str], Any], names: Sequence[str]) -> list[tuple[float, float]]:
    """Milliseconds of each call by the clock and of the processor, after a fifth of them to warm up."""
    taken = []
    for name in names:
        began, cpu = time.perf_counter(), time.process_time()
        call(name)
        taken.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu)))
    return taken[len(taken) // 5 :]


def made_up(song_id: str, seconds: float) -> Song:
    """A song with signals as hard to pack as real ones; the same for the same id."""
    rng = np.random.default_rng(list(song_id.encode()))
    count = int(seconds * 100)
    names = ("energy", "kick", "snare", "hats", "bass", "mids", "highs", "brightness")
    bpm = float(rng.uniform(70, 180))
    smooth = np.ones(25) / 25
    curves = {n: np.convolve(rng.random(count), smooth, "same").astype(np.float32).round(3) for n in names}
    beats = np.arange(0, seconds, 60 / bpm).round(4).tolist()
    parts = np.linspace(0, seconds, 9).round(3).tolist()
    analysis = {
        "director_version": "2",
        "duration_sec": seconds,
        "key": {"tonic": "A", "mode": "minor"},
        "beats": {"timestamps": beats, "downbeats": beats[::4], "bpm": bpm, "confidence": 0.9},
        "sections": [
            {"start_time": a, "end_time": b, "energy_level": round(float(rng.random()), 3)} for a, b in pairwise(parts)
        ],
        "signals": Signals(100.0, curves).packed(),
    }
    return Song(song_id, f"Title {song_id}", "Artist", "0" * 64, seconds, bpm, "crossfade", "2", analysis)


# -------------------------------------------------------------------------------------- similar songs


def _feel(options: argparse.Namespace) -> list[Result]:
    """Whether the other half of a song is found among all halves, and songs of its kind among its neighbours."""
    from crossfade_addon import director
    from crossfade_addon.director.decode import decode
    from crossfade_addon.ffmpeg import find_ffmpeg

    ffmpeg, whole, halves, kinds = find_ffmpeg(""), [], [], []
    paths = sorted(options.songs.glob("*.ogg"))
    if not paths:
        raise SystemExit(f"no songs in '{options.songs}': name their folder with --songs")
    for path in paths:
        with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
            decoded = decode(path, ffmpeg, Path(scratch))
            middle = len(decoded.samples) // 2
            for samples in (decoded.samples, decoded.samples[:middle], decoded.samples[middle:]):
                seconds = len(samples) / decoded.sample_rate
                part = dataclasses.replace(decoded, samples=np.asarray(samples), duration_sec=seconds)
                heard = director.analyse(part, analyser="crossfade", progress=lambda _fraction, _message: None)
                song = Song(path.stem, duration_sec=seconds, bpm=heard.beats.bpm, analysis=heard.to_record())
                (whole if samples is decoded.samples else halves).append(feel.embed(song))
        kinds.append(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["tags"][0])
    found = sum(_nearest(halves, k, 1) == [k ^ 1] for k in range(len(halves))) / len(halves)
    shares, chances = [], []
    for k, kind in enumerate(kinds):
        alike = [j for j, other in enumerate(kinds) if other == kind and j != k]
        if alike:
            near = _nearest(whole, k, min(3, len(alike)))
            shares.append(sum(j in alike for j in near) / len(near))
            chances.append(len(alike) / (len(kinds) - 1))
    share, chance = sum(shares) / len(shares), sum(chances) / len(chances)
    return [
        (f"the nearest of {len(halves) - 1} halves is the other half: {found:.0%}", found >= LEAST_HALVES),
        (f"of the nearest three, those of the same kind: {share:.0%} (by chance {chance:.0%})", share >= LEAST_KINDS),
    ]


def _nearest(vectors: list[list[float]], k: int, n: int) -> list[int]:
    others = (j for j in range(len(vectors)) if j != k)
    return sorted(others, key=lambda j: math.dist(vectors[k], vectors[j]))[:n]


def _listed(bad: list[str]) -> str:
    return "".join(f"\n      {what}" for what in bad[:20])


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main(sys.argv[1:]))
