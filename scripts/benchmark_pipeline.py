# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a song takes, stage by stage: fresh runs of the whole pipeline, with mean, median, fastest and slowest.

    python scripts/benchmark_pipeline.py --audio song.wav --song-id my_song --iterations 3

Every other argument goes to Crossfade (``--quality``, ``--platforms``, ...). Nothing is reused between the runs. Unless
``--output-dir`` names a folder, what is made goes to a temporary one and is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crossfade_addon import headless, jobs  # noqa: E402
from crossfade_addon.errors import BriefError, Cancelled, CrossfadeError  # noqa: E402
from crossfade_addon.jobs import Progress  # noqa: E402
from crossfade_addon.pipeline import Pipeline, Studio  # noqa: E402

TOTAL = "total_time"
MOST_ITERATIONS = 1000
_WIDE = 70


class StageClock:
    """Times of the stages, from the reports of a job: a stage lasts until the first report of another one."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._since = self._start = time.perf_counter()

    def show(self, report: Progress) -> None:
        """Take note of one report."""
        if report.stage != self._stage:
            self._close(time.perf_counter())
            self._stage = report.stage

    def stop(self) -> dict[str, float]:
        """The job is over: seconds of each stage, and of all together."""
        now = time.perf_counter()
        self._close(now)
        return {**self.seconds, TOTAL: now - self._start}

    def _close(self, now: float) -> None:
        # What comes before the first report belongs to the first stage.
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
            self._since = now


def main(argv: Sequence[str], studio: Studio | None = None) -> int:
    """Measure and print; the exit code is that of Crossfade when a run fails."""
    try:
        with jobs.signals_cancel():
            result = _measured(argv, studio)
    except Cancelled:
        sys.stderr.write("benchmark: cancelled.\n")
        return Cancelled.exit_code
    except CrossfadeError as error:
        sys.stderr.write(f"benchmark: error: {error}\n")
        return error.exit_code
    if "--json" in argv:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(result)) + "\n")
    return 0


def _measured(argv: Sequence[str], studio: Studio | None) -> dict[str, Any]:
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--iterations", default="3")
    options, rest = own.parse_known_args(argv)
    if not options.iterations.isdecimal() or not 1 <= int(options.iterations) <= MOST_ITERATIONS:
        raise BriefError(
            f"Iterations '{options.iterations}' is not a number from 1 to {MOST_ITERATIONS}.", hint="Give 3."
        )
    count = int(options.iterations)
    runs: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="crossfade-benchmark-") as scratch:
        # The user's own arguments come later, so an output folder of theirs counts.
        arguments = headless.build_parser("benchmark_pipeline.py").parse_args(
            ["--output-dir", str(Path(scratch) / "outputs"), *rest, "--fresh"]
        )
        brief = headless.brief_from(arguments, Path(scratch))
        for number in range(1, count + 1):
            clock = StageClock()
            pipeline = Pipeline(brief, studio)
            outputs = jobs.drain(pipeline.steps(), clock.show)
            runs.append(clock.stop())
            remark = "" if outputs.passed else f"; {len(outputs.problems)} checks failed"
            sys.stderr.write(f"Run {number} of {count}: {runs[-1][TOTAL]:.2f} s{remark}\n")
    return summary(runs, videos=len(brief.platforms))


def summary(runs: Sequence[Mapping[str, float]], *, videos: int) -> dict[str, Any]:
    """What several runs come to.

    Parameters
    ----------
    runs : sequence of mapping
        Seconds by stage, with :data:`TOTAL`.
    videos : int
        How many videos each run makes.
    """
    stages = {}
    for name in dict.fromkeys(name for run in runs for name in run):
        seconds = [run.get(name, 0.0) for run in runs]
        stages[name] = {
            "mean": statistics.fmean(seconds),
            "median": statistics.median(seconds),
            "min": min(seconds),
            "max": max(seconds),
        }
    total = stages[TOTAL]["mean"]
    slowest = max((name for name in stages if name != TOTAL), key=lambda name: stages[name]["mean"])
    return {
        "iterations": len(runs),
        "videos_per_run": videos,
        "stages": stages,
        "throughput": {"mean_time_per_video": total / videos, "videos_per_minute": 60 * videos / total},
        "bottleneck": {"stage": slowest, "share": stages[slowest]["mean"] / total},
    }


def _lines(result: Mapping[str, Any]) -> list[str]:
    rule, stages = "─" * _WIDE, result["stages"]
    ranked = sorted(stages, key=lambda name: -stages[name]["mean"])
    columns = ("mean", "median", "min", "max")
    through, neck, count = result["throughput"], result["bottleneck"], result["videos_per_run"]
    videos = f"{count} video{'s' if count > 1 else ''} a run"
    return [
        "Benchmark Results",
        "═" * _WIDE,
        f"Iterations: {result['iterations']}",
        "",
        "Stage Performance (seconds):",
        rule,
        f"{'Stage':<16}" + "".join(f"{column.capitalize():>11}" for column in columns),
        rule,
        *(f"{name:<16}" + "".join(f"{stages[name][column]:>11.2f}" for column in columns) for name in ranked),
        rule,
        "",
        "Throughput:",
        f"  Mean time per video: {through['mean_time_per_video']:.2f}s ({videos})",
        f"  Videos per minute: {through['videos_per_minute']:.2f}",
        "",
        "Bottleneck Analysis:",
        f"  Slowest stage: {neck['stage']} ({neck['share']:.1%} of total time)",
    ]


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # The bpy package can hang while Python tears it down; everything is written by now.
    os._exit(code)
