# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m crossfade_addon.director``: what it prints, where, and with which exit code."""

import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.director import DIRECTOR_VERSION, SongAnalysis, analyse, command, decode
from crossfade_addon.errors import ToolMissing
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import ONE_THREAD

ROOT = Path(__file__).resolve().parents[2]
RATE = 22050


@pytest.fixture(scope="module", autouse=True)
def _needs_ffmpeg():
    try:
        find_ffmpeg()
    except ToolMissing as error:
        pytest.skip(str(error))


def write_song(path, seconds=6.0, bpm=120.0):
    """Thumps and hats in a WAV file."""
    rng = np.random.default_rng(4)
    track = np.zeros(int(seconds * RATE))
    t = np.arange(int(0.2 * RATE)) / RATE
    kick = 0.8 * np.sin(2 * np.pi * 55 * t) * np.exp(-t / 0.08)
    hat = 0.1 * rng.standard_normal(len(t)) * np.exp(-t / 0.01)
    for k, at in enumerate(np.arange(0.25, seconds - 0.3, 30 / bpm)):
        first = int(at * RATE)
        track[first : first + len(t)] += hat + kick * (k % 2 == 0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((track * 30000).astype("<i2").tobytes())
    return path


@pytest.fixture
def song(tmp_path):
    return write_song(tmp_path / "thumps.wav")


def run(capsys, *arguments):
    code = command.run([str(a) for a in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_json_holds_what_the_analysis_holds(capsys, song, tmp_path):
    code, out, err = run(capsys, song, "--json")
    assert (code, err) == (0, "")
    (name, entry), *rest = json.loads(out).items()
    assert name == "thumps" and not rest
    decoded = decode.decode(song, find_ffmpeg(), tmp_path / "scratch")
    heard = analyse(decoded)
    assert entry["analysis"] == json.loads(json.dumps(heard.to_dict()))
    assert entry["beats"] == entry["analysis"]["beats"]["timestamps"]
    assert entry["downbeats"] == entry["analysis"]["beats"]["downbeats"]
    assert entry["bpm"] == entry["analysis"]["beats"]["bpm"]
    assert entry["sections"] == [[s.start_time, s.section_type] for s in heard.sections]
    assert entry["drops"] == [e.t for e in heard.events if e.type == "drop"]
    assert entry["wall"] > 0 and entry["cpu"] > 0
    assert SongAnalysis.from_dict(entry["analysis"]).duration_sec == pytest.approx(6.0, abs=0.01)


def test_a_summary_leaves_the_long_part_out(capsys, song):
    _, out, _ = run(capsys, song, "--json", "--summary")
    entry = json.loads(out)["thumps"]
    assert "analysis" not in entry and "beats" in entry and "drops" in entry


def test_without_json_it_is_a_short_table(capsys, song):
    code, out, err = run(capsys, song)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "thumps.wav  0:06"
    assert "bpm" in lines[1] or "no beat to follow" in lines[1]
    assert "confidence" in out
    assert any(line.split()[0] == "0:00.00" for line in lines[2:])


def test_the_table_names_parts_and_drops():
    beats = {"timestamps": [0.0, 1.0, 2.0, 3.0], "downbeats": [0.0, 2.0], "bpm": 60.0, "meter": 2, "confidence": 0.5}
    sections = [
        {"start_time": 0.0, "end_time": 2.0, "section_type": "intro", "energy_level": 0.2},
        {"start_time": 2.0, "end_time": 64.5, "section_type": "drop", "energy_level": 1.0},
    ]
    drop = {"t": 2.0, "type": "drop", "intensity": "high", "visual_trigger": "x", "reason": "bass rises"}
    heard = SongAnalysis.from_dict(
        {
            "director_version": DIRECTOR_VERSION,
            "duration_sec": 64.5,
            "key": {"tonic": "F#", "mode": "minor", "confidence": 0.8},
            "beats": beats,
            "sections": sections,
            "events": [drop],
            "signals": {"rate_hz": 100.0, "values": {}},
        }
    )
    table = command.Heard(Path("x/song.mp3"), heard, 1.0, 0.9).table()
    for said in ("song.mp3  1:05", "60.00 bpm in 2", "F# minor (0.80)", "drop at 0:02.00: bass rises"):
        assert said in table
    assert [line.split()[:2] for line in table.splitlines() if "intro" in line] == [["0:00.00", "intro"]]


def test_a_bad_file_is_named_and_the_others_go_on(capsys, song, tmp_path):
    text = tmp_path / "notes.mp3"
    text.write_text("this is not audio")
    code, out, err = run(capsys, text, tmp_path / "gone.wav", tmp_path, song, "--json", "--summary")
    assert code == 3
    assert list(json.loads(out)) == ["thumps"]
    complaints = err.splitlines()
    assert len(complaints) == 3
    for complaint, name in zip(complaints, ("notes.mp3", "gone.wav", str(tmp_path)), strict=True):
        assert complaint.startswith("crossfade: error: ") and name in complaint


def test_when_no_file_can_be_heard_the_json_is_empty_but_whole(capsys, tmp_path):
    code, out, _ = run(capsys, tmp_path / "gone.wav", "--json")
    assert (code, json.loads(out)) == (3, {})


def test_songs_of_one_name_go_by_their_paths(capsys, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    songs = [str(write_song(tmp_path / folder / "mix.wav", seconds=2)) for folder in "ab"]
    _, out, _ = run(capsys, *songs, "--json", "--summary")
    assert list(json.loads(out)) == songs


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "SONG"),
        (["SONG", "--analyser", "guess"], 2, "crossfade, librosa"),
        (["SONG", "--bogus"], 2, "--bogus"),
        (["SONG", "--ffmpeg", "/no/such/ffmpeg"], 7, "/no/such/ffmpeg"),
        (["SONG", "--out", "/no/such/folder/x.json"], 2, "/no/such/folder/x.json"),
    ],
)
def test_bad_arguments_are_one_line(capsys, song, arguments, code, said):
    got, out, err = run(capsys, *[song if a == "SONG" else a for a in arguments])
    assert (got, out) == (code, "")
    assert said in err
    assert err.startswith("crossfade: error: ") and err.count("\n") == 1


def test_a_missing_librosa_is_a_missing_tool(capsys, song, monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa", None)
    code, out, err = run(capsys, song, "--analyser", "librosa", "--out", song.with_suffix(".json"))
    assert (code, out) == (7, "")
    assert "librosa" in err
    assert not list(song.parent.glob("*.json*"))


def test_out_writes_the_answer_to_a_file(capsys, song, tmp_path):
    code, out, err = run(capsys, song, "--json", "--summary", "--out", tmp_path / "heard.json")
    assert (code, out, err) == (0, "", "")
    assert list(json.loads((tmp_path / "heard.json").read_text(encoding="utf-8"))) == ["thumps"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["heard.json", "thumps.wav"]


def start(*arguments, **settings):
    return subprocess.Popen(
        [sys.executable, "-m", "crossfade_addon.director", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **settings,
    )


def test_as_a_module_it_runs_with_one_thread_and_prints_the_same(capsys, song):
    process = start(song, "--json", env={**os.environ, **dict.fromkeys(ONE_THREAD, "2")})
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    _, here, _ = run(capsys, song, "--json")
    assert json.loads(out)["thumps"]["analysis"] == json.loads(here)["thumps"]["analysis"]


def test_one_thread_is_chosen_before_numpy_is_imported():
    code = (
        "import sys, os, runpy\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'numpy': sys.exit('threads ' + os.environ.get('OPENBLAS_NUM_THREADS', 'unset'))\n"
        "sys.meta_path.insert(0, Watch())\n"
        "runpy.run_module('crossfade_addon.director', run_name='__main__')"
    )
    env = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    done = subprocess.run(
        [sys.executable, "-c", code, "x"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.strip() == "threads 1"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_with_one_line_and_leaves_nothing(tmp_path, number):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    song = write_song(tmp_path / "long.wav", seconds=240)
    process = start(song, "--json", "--out", tmp_path / "heard.json", env={**os.environ, "TMPDIR": str(scratch)})
    deadline = time.monotonic() + 60
    while not list(scratch.iterdir()) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "crossfade: cancelled.\n")
    assert list(scratch.iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.wav", "scratch"]
