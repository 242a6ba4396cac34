# SPDX-License-Identifier: GPL-3.0-or-later
"""``scripts/benchmark_pipeline.py``: what it makes of stages whose times are known."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from parity_rows import ROOT

from crossfade_addon import pipeline
from crossfade_addon.brief import Brief
from crossfade_addon.jobs import Progress


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    path.write_bytes(b"x")
    return path


def benchmark() -> Any:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("benchmark_pipeline", ROOT / "scripts" / "benchmark_pipeline.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Paced:
    """A pipeline whose stages take known times, told by a clock that only it moves."""

    seconds = ({"director": 1.0, "studio": 4.0, "encode": 5.0}, {"director": 3.0, "studio": 6.0, "encode": 9.0})

    def __init__(self, brief: Brief, _studio: object) -> None:
        type(self).briefs.append(brief)
        self.outputs = pipeline.Outputs()

    def steps(self):
        for stage, seconds in self.seconds[len(self.briefs) - 1].items():
            yield Progress(stage, 0.0, "begins")
            type(self).now += seconds / 2
            yield Progress(stage, 0.5, "goes on")
            type(self).now += seconds / 2
        return self.outputs


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = benchmark()
    Paced.briefs, Paced.now = [], 100.0
    monkeypatch.setattr(module, "Pipeline", Paced)
    monkeypatch.setattr(module.time, "perf_counter", lambda: Paced.now)
    return module


@pytest.mark.seed("perf-benchmark", "perf-table", "perf-throughput", "perf-bottleneck")
def test_the_benchmark_prints_the_table_it_printed(song, bench, capsys):
    arguments = [
        "--audio",
        str(song),
        "--song-id",
        "test_song",
        "--iterations",
        "2",
        "--platforms",
        "tiktok",
        "reels",
    ]
    assert bench.main([*arguments, "--theme", "chill_lofi"]) == 0
    assert len(Paced.briefs) == 2 and all(brief.fresh and brief.theme == "chill_lofi" for brief in Paced.briefs)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Benchmark Results" and "Iterations: 2" in lines
    rows = {line.split()[0]: [float(n) for n in line.split()[1:]] for line in lines if line.count(".") == 4}
    assert list(rows) == ["total_time", "encode", "studio", "director"]
    assert rows["total_time"] == [14.0, 14.0, 10.0, 18.0]
    assert rows["encode"] == [7.0, 7.0, 5.0, 9.0] and rows["director"] == [2.0, 2.0, 1.0, 3.0]
    assert "  Mean time per video: 7.00s (2 videos a run)" in lines
    assert f"  Videos per minute: {60 / 7:.2f}" in lines
    assert "  Slowest stage: encode (50.0% of total time)" in lines


@pytest.mark.seed("perf-benchmark")
def test_the_benchmark_speaks_json_and_names_wrong_arguments(song, bench, capsys):
    arguments = ["--audio", str(song), "--song-id", "x", "--iterations"]
    assert bench.main([*arguments, "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["stages"]["studio"] == {"mean": 4.0, "median": 4.0, "min": 4.0, "max": 4.0}
    assert result["bottleneck"] == {"stage": "encode", "share": 0.5}
    for wrong in ([*arguments, "0"], [*arguments, "many"], ["--song-id", "x"], [*arguments, "1", "--bogus"]):
        assert bench.main(wrong) == 2
        assert capsys.readouterr().err.startswith("benchmark: error: ")
