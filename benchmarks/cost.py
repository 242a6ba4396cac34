# SPDX-License-Identifier: GPL-3.0-or-later
"""What hearing costs: CPU and memory of whole processes, a song's and a DJ set's, beside librosa's default script.

``python benchmarks/cost.py [--song FILE] [--runs N]``. A three-minute song goes to JSON in a fresh process, ours and
librosa's in turns, and the cheapest run of each counts (noise only ever adds); then the song is looped to two hours.
CPU is user plus system time of the process and of its FFmpeg; memory is the largest resident set of any of them.
Both get one thread. Unix only: Windows counts neither for children.

Conventions: seconds, and MB of 10**6 bytes. numpy is never imported here: a child's peak starts at its parent's.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crossfade_addon.ffmpeg import find_ffmpeg  # noqa: E402
from crossfade_addon.jobs import ONE_THREAD, run_quietly  # noqa: E402

SONG_S, SET_S = 180.0, 7200.0
TIMES_LESS_CPU = 4.0
SONG_CPU_S, SONG_MB = 1.5, 200.0
SET_CPU_S, SET_MB = 45.0, 600.0
DEFAULT_SONG = ROOT.parent / "shared" / "songs" / "syn_house_pickup_126.ogg"


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process with its children."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 when something costs too much."""
    options = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        folder = Path(scratch)
        ffmpeg = find_ffmpeg(options.ffmpeg)
        song = loop(options.song, SONG_S, folder / f"song{options.song.suffix}", ffmpeg)
        ours = [options.python, "-m", "crossfade_addon.director", str(song), "--json", "--ffmpeg", ffmpeg]
        theirs = [options.python, str(ROOT / "benchmarks" / "references.py"), "default", str(song)]
        if not options.no_librosa:
            measure(theirs, folder)  # numba compiles once and keeps the result
        runs = [
            (measure(ours, folder), None if options.no_librosa else measure(theirs, folder))
            for _ in range(options.runs)
        ]
        best = _least([mine for mine, _ in runs])
        least = _least([reference for _, reference in runs if reference])
        dj_set = None
        if not options.no_set:
            long = loop(options.song, SET_S, folder / f"set{options.song.suffix}", ffmpeg)
            dj_set = measure([*ours[:3], str(long), *ours[4:]], folder)
    return 0 if _report(best, least, dj_set) else 1


def loop(song: Path, seconds: float, target: Path, ffmpeg: str) -> Path:
    """The song again and again without a new encoding, cut at ``seconds``."""
    command = [ffmpeg, "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(song.absolute())]
    command += ["-map", "0:a:0", "-t", str(seconds), "-c", "copy", str(target)]
    code, _, complaint = run_quietly(command, target.parent, name="FFmpeg", timeout_s=600)
    if code:
        raise SystemExit(f"FFmpeg could not loop '{song}': {complaint.strip()}")
    return target


def measure(command: Sequence[str], folder: Path) -> Cost:
    """What a program costs from its start to its end."""
    with (folder / "answer.json").open("wb") as out:
        started = time.perf_counter()
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1)]
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
        child = os.posix_spawnp(command[0], list(command), environment, file_actions=actions)
        _, status, used = os.wait4(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"'{' '.join(command)}' stopped with exit code {code}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - started, used.ru_maxrss * unit / 1e6)


def _least(costs: Sequence[Cost]) -> Cost | None:
    """The least of each number."""
    if not costs:
        return None
    return Cost(min(c.cpu_s for c in costs), min(c.wall_s for c in costs), min(c.peak_mb for c in costs))


def _report(ours: Cost | None, theirs: Cost | None, dj_set: Cost | None) -> bool:
    rows = (("ours, 3 minutes", ours), ("librosa default, 3 minutes", theirs), ("ours, 2 hours", dj_set))
    _say(f"{'':<28}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    for name, cost in rows:
        if cost is not None:
            _say(f"{name:<28}{cost.cpu_s:>8.2f}{cost.wall_s:>8.2f}{cost.peak_mb:>9.0f}")
    _say("")
    limits: list[tuple[str, float, float, bool]] = []
    if ours and theirs:
        ratio = theirs.cpu_s / ours.cpu_s
        limits.append(("times less CPU than librosa, at least", ratio, TIMES_LESS_CPU, ratio >= TIMES_LESS_CPU))
    for what, cost, cpu, memory in (("song", ours, SONG_CPU_S, SONG_MB), ("set", dj_set, SET_CPU_S, SET_MB)):
        if cost:
            limits.append((f"{what}: CPU s, at most", cost.cpu_s, cpu, cost.cpu_s <= cpu))
            limits.append((f"{what}: peak MB, at most", cost.peak_mb, memory, cost.peak_mb <= memory))
    for name, value, limit, holds in limits:
        _say(f"{'PASS' if holds else 'FAIL'}  {name:<40}{limit:>8g}{value:>9.2f}")
    return all(holds for *_, holds in limits)


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description="CPU and memory of hearing a song and a DJ set, against librosa.")
    p.add_argument("--song", type=Path, default=DEFAULT_SONG, help="any song; it is looped and cut to length")
    p.add_argument("--runs", type=int, default=5, help="of each, in turns (default 5)")
    p.add_argument("--no-set", action="store_true", help="leave the two hours out")
    p.add_argument("--no-librosa", action="store_true", help="leave librosa out")
    p.add_argument("--ffmpeg", default="", metavar="FILE", help="FFmpeg to use (default: PATH, then imageio-ffmpeg)")
    p.add_argument("--python", default=sys.executable, help="the Python whose packages are used")
    return p


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
