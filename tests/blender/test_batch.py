# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch with real songs' processes: from the table to proven videos."""

from __future__ import annotations

import csv
import json
import math
import struct
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from crossfade_addon.ffmpeg import find_ffmpeg

pytestmark = pytest.mark.blender

ROOT = Path(__file__).resolve().parents[2]
TINY = '[tiny]\nlike = "tiktok"\nlabel = "Tiny"\nwidth = 180\nheight = 320\nmin_s = 0.5\n'


def write_song(path: Path, seconds: float, rate: int = 22050) -> None:
    """Clicks twice a second over a tone."""
    samples = [
        0.3 * math.sin(0.06 * i) + 0.6 * math.exp(-(i % (rate // 2)) / 300) * math.sin(0.9 * i)
        for i in range(int(seconds * rate))
    ]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", int(20000 * value)) for value in samples))


START = "from crossfade_addon.headless import console; console()"


def run(folder: Path, *more: str) -> tuple[int, list[dict], str]:
    words = ["--batch", "night.csv", "--output-dir", "out", "--library", "library", "--platforms", "tiny", "--json"]
    words += ["--platforms-file", "tiny.toml", "--clip", "1-2", "--quality", "draft", "--no-thumbnail", *more]
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {START}", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_songs_of_a_table_become_proven_videos_and_are_made_once(tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY)
    write_song(tmp_path / "one.wav", 3.0)
    # A finished movie spares the render, which other tests try: the rest is what every song goes through.
    film = ["-f", "lavfi", "-i", "testsrc=size=180x320:rate=30", "-frames:v", "30", "-pix_fmt", "yuv420p", "film.mp4"]
    subprocess.run([find_ffmpeg(), "-v", "error", *film], check=True, cwd=tmp_path)
    (tmp_path / "two.wav").write_bytes(b"this is no song")
    (tmp_path / "night.csv").write_text("audio;theme;render\none.wav;chill_lofi;9:16=film.mp4\ntwo.wav;;\n")
    code, lines, said = run(tmp_path, "--jobs", "2")
    assert code == 8, said
    ended = {line["song_id"]: line for line in lines if "result" in line}
    assert ended["one"]["result"] == "done", ended["one"]
    assert (ended["two"]["result"], ended["two"]["exit_code"]) == ("failed", 3)
    assert "two.wav" in ended["two"]["reason"]
    video = tmp_path / "out" / "renders" / "one_tiny.mp4"
    made = video.stat()
    assert ended["one"]["files"]["video_tiny"] == str(video)
    assert not list((tmp_path / "out").rglob("*.part"))
    (tmp_path / "night.csv").write_text("audio;theme;render\none.wav;chill_lofi;9:16=film.mp4\n")
    code, lines, said = run(tmp_path, "--resume")
    assert (code, [line["result"] for line in lines if "result" in line]) == (0, ["skipped"]), said
    assert (video.stat().st_ino, video.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
    with (tmp_path / "out" / "batch" / "night" / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["result"] for row in csv.DictReader(file)] == ["skipped"]
