# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardware encoders: none is believed before it has made two right frames; x264 steps in, with a word."""

from __future__ import annotations

import sys
from pathlib import Path

import encode_movies
import pytest
from encode_movies import H264, make_job, make_movie, numbers, opened

from crossfade_addon.encode import encoders
from crossfade_addon.encode.encoders import HARDWARE, X264
from crossfade_addon.encode.probe import probe
from crossfade_addon.encode.run import encode_steps
from crossfade_addon.jobs import drain

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts")

STAND_IN = """#!{python}
import os, sys
arguments = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(" ".join(arguments) + "\\n")
name = arguments[arguments.index("-c:v") + 1] if "-c:v" in arguments else ""
if name.startswith("h264_"):
    trial = "lavfi" in arguments
    if name != {works!r} or ({fails_later!r} and not trial):
        sys.exit("[" + name + "] No capable devices found")
    at = arguments.index("-c:v")
    end = arguments.index("-profile:v")
    arguments[at + 1:end] = ["libx264", "-preset", "veryfast", "-crf", "10"]
    for flag in ("-strict_gop", "-no-scenecut"):
        if flag in arguments:
            del arguments[arguments.index(flag):arguments.index(flag) + 2]
    if {wrong!r}:
        arguments[arguments.index("-profile:v") + 1] = "baseline"
os.execv({ffmpeg!r}, [{ffmpeg!r}, *arguments])
"""


def stand_in(folder: Path, ffmpeg: str, works: str = "", *, fails_later: bool = False, wrong: bool = False) -> str:
    """An FFmpeg that has one hardware encoder: x264 under another name."""
    path = folder / "ffmpeg"
    log = str(folder / "log.txt")
    values = {"python": sys.executable, "log": log, "works": works, "fails_later": fails_later, "wrong": wrong}
    path.write_text(STAND_IN.format(**values, ffmpeg=ffmpeg))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def ffmpeg():
    found = encode_movies.ffmpegs()[0]
    return found if isinstance(found, str) else pytest.skip("no FFmpeg")


def run(folder, ffmpeg, tool, encoder):
    movie = make_movie(ffmpeg, folder / "a.mp4", options=[*H264, "-g", "90"])
    source, _ = opened(ffmpeg, movie, folder / "probe")
    job = make_job(folder, tool, {"9:16": source}, encoder=encoder)
    seen = []
    made = drain(encode_steps(job), seen.append)
    assert numbers(ffmpeg, made["video_phone"]) == list(range(60))
    log = folder / "log.txt"
    return [r.message for r in seen if r.notice], log.read_text() if log.exists() else "", made["video_phone"]


def test_hardware_that_works_is_used_with_the_options_it_was_tried_with(ffmpeg, tmp_path):
    chosen = HARDWARE[0].name
    notices, log, made = run(tmp_path, ffmpeg, stand_in(tmp_path, ffmpeg, chosen), "hardware")
    assert not [notice for notice in notices if "x264" in notice]
    used = [line for line in log.splitlines() if f"-c:v {chosen}" in line]
    assert len(used) == 2 and "lavfi" in used[0] and "lavfi" not in used[1]
    for option in ("-maxrate 4000k", "-profile:v high", "-level:v 3.0", "-g 30"):
        assert all(option in line for line in used)
    assert probe(ffmpeg, made, tmp_path / "probe").profile == "High"


@pytest.mark.skipif(len(HARDWARE) < 2, reason="only one is known on this system")
def test_the_second_encoder_is_tried_when_the_first_is_not_there(ffmpeg, tmp_path):
    chosen = HARDWARE[1].name
    _, log, _ = run(tmp_path, ffmpeg, stand_in(tmp_path, ffmpeg, chosen), "auto")
    assert [line for line in log.splitlines() if f"-c:v {chosen}" in line and "lavfi" not in line]


@pytest.mark.parametrize(("wanted", "says"), [("hardware", 1), ("auto", 0)])
def test_without_hardware_x264_is_used_and_only_who_asked_is_told(ffmpeg, tmp_path, wanted, says):
    notices, log, _ = run(tmp_path, ffmpeg, stand_in(tmp_path, ffmpeg), wanted)
    told = [notice for notice in notices if "x264 is used" in notice]
    assert len(told) == says
    assert not told or "No capable devices found" in told[0]
    assert "-c:v libx264" in log


def test_hardware_that_makes_something_else_is_not_used(ffmpeg, tmp_path):
    tool = stand_in(tmp_path, ffmpeg, HARDWARE[0].name, wrong=True)
    notices, _, made = run(tmp_path, ffmpeg, tool, "hardware")
    assert any("it makes h264" in notice and "x264 is used" in notice for notice in notices)
    assert probe(ffmpeg, made, tmp_path / "probe").profile == "High"


def test_hardware_that_fails_in_the_middle_is_replaced(ffmpeg, tmp_path):
    tool = stand_in(tmp_path, ffmpeg, HARDWARE[0].name, fails_later=True)
    notices, _, _ = run(tmp_path, ffmpeg, tool, "hardware")
    assert any("failed, x264 is used" in notice for notice in notices)


def test_the_real_ffmpeg_is_not_believed_either(ffmpeg, tmp_path):
    """On a machine without such hardware this falls back; with it, the result is the same pictures."""
    notices, _, _ = run(tmp_path, ffmpeg, ffmpeg, "hardware")
    assert all("x264" in notice or "encoded anew" in notice for notice in notices)


@pytest.mark.parametrize("encoder", [X264, *encoders.ALL], ids=lambda encoder: encoder.name)
def test_every_encoder_is_told_profile_level_ceiling_and_colours(encoder):
    job_target = encoders.Target(1080, 1920, encode_movies.FPS, 30, 19, 15_000, "4.0", False)
    options = encoder.options(job_target)
    for name, value in (("-profile:v", "high"), ("-level:v", "4.0"), ("-maxrate", "15000k"), ("-g", "30")):
        assert options[options.index(name) + 1] == value
    assert options[options.index("-colorspace") + 1] == "bt709"
