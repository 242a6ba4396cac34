# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancelling the analysis of a long file: at once, with nothing left running and nothing left behind."""

import subprocess
import time
from pathlib import Path

import pytest

from crossfade_addon import listening
from crossfade_addon.brief import Brief

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def two_hours(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "set.wav"
    sound = "sine=f=330:b=4:r=8000:d=7200"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", sound, "-c:a", "pcm_u8", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def processes_of(folder):
    """Command lines of running programs that name a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


@pytest.mark.parametrize("moment", ["start", "decoding", "features", "beats"])
def test_a_long_analysis_stops_within_a_second_and_leaves_nothing(tmp_path, two_hours, moment):
    fraction = {"start": 0.0, "decoding": 0.06, "features": 0.2, "beats": 0.36}[moment]
    brief = Brief(two_hours, "set", ("tiktok",), output_dir=tmp_path / "out", library_dir=tmp_path / "library")
    steps = listening.listen(brief, imageio_ffmpeg.get_ffmpeg_exe())
    deadline = time.monotonic() + PATIENCE_S
    for report in steps:
        if report.fraction >= fraction:
            break
        assert time.monotonic() < deadline, f"stuck at {report}"
        time.sleep(0.01)
    time.sleep(0.3)
    assert processes_of(brief.work_dir)
    start = time.monotonic()
    steps.close()
    assert time.monotonic() - start < 1.5
    assert processes_of(brief.work_dir) == []
    assert [path for path in brief.output_dir.rglob("*") if path.is_file()] == []
