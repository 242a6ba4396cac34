# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on real machines: awkward names, full disks, killed programs, songs and frames of the wrong length.

Every fault ends in a right file or in one clear error, and never in half a file under a finished name.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import encode_movies
import pytest
from encode_movies import BT709, FPS, H264, make_job, make_movie, numbers, opened, platform

from crossfade_addon.brief_values import MAX_ID, check_song_id
from crossfade_addon.encode import run as run_module
from crossfade_addon.encode.frames import FrameSequence
from crossfade_addon.encode.platforms import load_platforms
from crossfade_addon.encode.probe import probe
from crossfade_addon.encode.run import encode_steps
from crossfade_addon.errors import BriefError, EncodeError, ToolMissing
from crossfade_addon.jobs import drain

NAMES = (
    "plain",
    "it's",
    "a:b",
    "50%20d",
    "a,b;c",
    "[x]=y",
    "sp ace",
    "back\\slash",
    "日本語é🎵",
    "mix'd: 50%, [v1]; \\ é",
    "C:\\Users\\O'Neil\\song",
    'dq"uote',
    "tab\tnew",
    "-lead",
)
"""Folders and files are called so; every one broke FFmpeg's filters or file names somewhere."""


@pytest.fixture(scope="module")
def ffmpeg():
    found = encode_movies.ffmpegs()[0]
    return found if isinstance(found, str) else pytest.skip("no FFmpeg")


@pytest.fixture(scope="module")
def movie(ffmpeg, tmp_path_factory):
    return make_movie(ffmpeg, tmp_path_factory.mktemp("movie") / "a.mp4")


@pytest.fixture(scope="module")
def pictures(ffmpeg, movie, tmp_path_factory):
    """The same pictures as numbered files from 601 on."""
    folder = tmp_path_factory.mktemp("pictures")
    command = [ffmpeg, "-v", "error", "-i", str(movie), "-start_number", "601", str(folder / "frame_%05d.png")]
    subprocess.run(command, check=True)
    return folder


def frames(folder, first=601, count=60):
    return FrameSequence(folder, first, count, FPS, 90, 160, suffix=".png", digits=5)


def leftovers(job):
    return sorted(path.name for path in job.renders.iterdir()) if job.renders.is_dir() else []


@pytest.mark.skipif(sys.platform == "win32", reason="these names are not allowed there")
@pytest.mark.parametrize(
    ("name", "which"), [*((name, 0) for name in NAMES), ("mix'd: 50%, [v1]; \\ é", -1), ("日本語é🎵", -1)]
)
def test_awkward_names_of_folders_song_and_movie_change_nothing(ffmpeg, movie, tmp_path, name, which):
    tool = encode_movies.ffmpegs()[which]
    folder = tmp_path / name
    folder.mkdir()
    path = Path(shutil.copyfile(movie, folder / f"{name}.mp4"))
    source, _ = opened(tool, path, folder / "probe")
    song = folder / f"{name}.wav"
    encode_movies.write_tone(song, 1.0)
    job = make_job(folder, tool, {"9:16": source}, clip=(0.0, 0.5), lyrics=[(0.0, 0.5, name)], audio=song)
    made = drain(encode_steps(job))
    info = probe(tool, made["video_phone"], folder / "probe")
    assert (info.frame_count, info.audio_codec) == (15, "aac")
    assert not [name for name in leftovers(job) if name.endswith(".part")]


def test_a_sequence_that_starts_late_shows_its_own_pictures(ffmpeg, pictures, tmp_path):
    job = make_job(tmp_path, ffmpeg, {"9:16": frames(pictures)}, clip=(20.0, 21.0), song_s=25.0)
    assert numbers(ffmpeg, drain(encode_steps(job))["video_phone"]) == pytest.approx(list(range(30)), abs=1)


@pytest.mark.parametrize("song_s", [0.7, 9.0])
def test_sound_is_as_long_as_the_pictures_however_long_the_song_is(ffmpeg, movie, tmp_path, song_s):
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, movie, tmp_path / "probe")[0]}, song_s=song_s)
    info = probe(ffmpeg, drain(encode_steps(job))["video_phone"], tmp_path / "probe")
    assert info.duration == 2.0
    assert info.audio_duration == pytest.approx(2.0, abs=1024 / 48_000)


def test_a_gap_in_the_pictures_is_named_before_anything_is_made(ffmpeg, pictures, tmp_path):
    folder = Path(shutil.copytree(pictures, tmp_path / "frames"))
    (folder / "frame_00609.png").unlink()
    job = make_job(tmp_path, ffmpeg, {"9:16": frames(folder)}, clip=(20.0, 21.0), song_s=25.0)
    with pytest.raises(EncodeError, match=r"frame_00609\.png"):
        drain(encode_steps(job))
    assert leftovers(job) == []


def test_a_finished_video_is_replaced_whole(ffmpeg, movie, tmp_path):
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, movie, tmp_path / "probe")[0]})
    job.renders.mkdir(parents=True)
    job.video_path("phone").write_bytes(b"an older video")
    assert numbers(ffmpeg, drain(encode_steps(job))["video_phone"]) == list(range(60))


def test_what_is_read_is_never_written_over(ffmpeg, movie, tmp_path):
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, movie, tmp_path / "probe")[0]})
    job.renders.mkdir(parents=True)
    own = job.video_path("phone")
    encode_movies.write_tone(own, 2.0)
    before = own.read_bytes()
    with pytest.raises(EncodeError, match="is one of the files that are to be written") as caught:
        drain(encode_steps(dataclasses.replace(job, audio=own)))
    assert caught.value.hint
    assert own.read_bytes() == before


SICK = """#!{python}
import os, signal, sys
arguments = sys.argv[1:]
if arguments and arguments[-1].endswith(".part") and "-progress" in arguments:
    with open(arguments[-1].removeprefix("file:"), "wb") as file:
        file.write(bytes(48))
    with open(arguments[arguments.index("-progress") + 1].removeprefix("file:"), "w") as file:
        file.write("frame=17\\nprogress=end\\n")
    if {ending!r} == "short":
        sys.exit(0)
    os.kill(os.getpid(), getattr(signal, {ending!r}))
os.execv({ffmpeg!r}, [{ffmpeg!r}, *arguments])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
@pytest.mark.parametrize(
    ("ending", "says"), [("SIGTERM", "signal 15"), ("SIGKILL", "signal 9"), ("short", "17 frames instead of 60")]
)
def test_an_encoder_that_is_killed_or_stops_early_leaves_no_file(ffmpeg, movie, tmp_path, ending, says):
    tool = tmp_path / "ffmpeg"
    tool.write_text(SICK.format(python=sys.executable, ending=ending, ffmpeg=ffmpeg))
    tool.chmod(0o755)
    source, _ = opened(ffmpeg, movie, tmp_path / "probe")
    job = make_job(tmp_path, str(tool), {"9:16": source}, lyrics=[(0.0, 2.0, "words")])
    with pytest.raises(EncodeError, match=says):
        drain(encode_steps(job))
    assert leftovers(job) == []


def test_closing_the_job_during_the_copy_or_the_sound_leaves_no_file(ffmpeg, movie, tmp_path):
    for wanted in ("Making the sound", "Copying", "Checking the copy"):
        job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, movie, tmp_path / "probe")[0]})
        steps = encode_steps(job)
        with contextlib.suppress(StopIteration):
            while wanted not in next(steps).message:
                pass
        steps.close()
        assert not [name for name in leftovers(job) if name.endswith(".part")]


def test_closing_the_job_while_a_coarse_movie_is_copied_leaves_no_copy_in_its_folder(ffmpeg, tmp_path):
    coarse = make_movie(ffmpeg, tmp_path / "a.mkv")
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, coarse, tmp_path / "probe")[0]})
    for wanted in ("Reading a.mkv", "Copying a.mkv"):
        steps = encode_steps(job)
        while wanted not in next(steps).message:
            pass
        assert wanted.startswith("Reading") or list(job.work.rglob("pictures.mp4"))
        steps.close()
        assert list(job.work.rglob("pictures.mp4")) == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 KiB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("no mount is allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_says_how_much_is_needed_and_leaves_no_file(ffmpeg, tmp_path, small_disk):
    noisy = make_movie(
        ffmpeg, tmp_path / "a.mkv", options=[*H264, "-g", "99"], filters=f",noise=alls=80:allf=t,{BT709}"
    )
    source, _ = opened(ffmpeg, noisy, tmp_path / "probe")
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, platforms=(platform(crf=10, max_kbps=9000),))
    job = dataclasses.replace(job, output_dir=small_disk)
    with pytest.raises(EncodeError, match="No space left on device") as caught:
        drain(encode_steps(job))
    assert "The file may need up to 2 MB" in caught.value.hint
    assert leftovers(job) == []


def test_a_disk_that_cannot_hold_the_videos_is_found_before_the_work(ffmpeg, movie, tmp_path, small_disk):
    source, _ = opened(ffmpeg, movie, tmp_path / "probe")
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, platforms=(platform(max_kbps=20_000),))
    job = dataclasses.replace(job, output_dir=small_disk)
    with pytest.raises(EncodeError, match="MB left; the videos need up to 5 MB"):
        drain(encode_steps(job))
    assert not list((job.work / "encode").glob("sound_*"))


def test_little_room_is_a_notice(ffmpeg, movie, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(run_module.shutil, "disk_usage", lambda _path: usage._replace(free=500_000))
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, movie, tmp_path / "probe")[0]})
    seen = []
    drain(encode_steps(job), seen.append)
    assert any("the videos may need up to 1 MB" in r.message and r.notice for r in seen)


def test_room_for_what_is_only_there_meanwhile_is_counted_as_well(ffmpeg, movie, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(run_module.shutil, "disk_usage", lambda _path: usage._replace(free=3_000_000))
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, movie, tmp_path / "probe")[0]})
    seen = []
    drain(encode_steps(job), seen.append)
    assert any("the videos may need up to 1 MB, and 3 MB more while they" in r.message for r in seen if r.notice)


def test_room_for_a_work_folder_on_another_disk_is_looked_at_there(ffmpeg, movie, tmp_path, small_disk):
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, movie, tmp_path / "probe")[0]}, work=small_disk / "work")
    steps = encode_steps(job)
    said = next(report.message for report in steps if report.notice)
    steps.close()
    assert f"{job.work} has 0 MB left; making and checking the videos takes 3 MB there" in said


def test_names_never_grow_beyond_what_file_systems_take():
    with pytest.raises(BriefError, match="longer than"):
        check_song_id("é" * MAX_ID)
    longest = max(len(f"{'x' * MAX_ID}_{name}.mp4.part".encode()) for name in load_platforms())
    assert longest < 255


def test_a_missing_program_is_named(movie, ffmpeg, tmp_path):
    source, _ = opened(ffmpeg, movie, tmp_path / "probe")
    job = make_job(tmp_path, str(tmp_path / "no-ffmpeg"), {"9:16": source})
    with pytest.raises(ToolMissing, match="no-ffmpeg"):
        drain(encode_steps(job))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root and Windows ignore the permission")
def test_a_folder_that_cannot_be_written_is_named(ffmpeg, movie, tmp_path):
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, movie, tmp_path / "probe")[0]})
    job.renders.mkdir(parents=True)
    job.renders.chmod(0o500)
    with pytest.raises(EncodeError, match="renders"):
        drain(encode_steps(job))
