# SPDX-License-Identifier: GPL-3.0-or-later
"""From rendered stills to the files: sizes, limits, choices, titles, and what happens without stills."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.encode import stills as still_files
from crossfade_addon.encode import titles
from crossfade_addon.encode.bench import Bench, Meter
from crossfade_addon.encode.job import EncodeJob
from crossfade_addon.encode.ledger import Ledger
from crossfade_addon.encode.platforms import Cover, load_platforms
from crossfade_addon.encode.still_checks import still_look_checks
from crossfade_addon.errors import CrossfadeError, EncodeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.frames import picture_size
from crossfade_addon.jobs import Child, Progress, drain, run_quietly, wait
from crossfade_addon.stills import Still
from crossfade_addon.themes import Grade, load_theme
from crossfade_addon.timeline import Audio, Beats, Meta, Timeline

TITLE = "Dro{p} it \\N 100%"


@pytest.fixture(scope="module")
def ffmpeg():
    try:
        return find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")


def runner(command: list[str], folder: Path, message: str) -> Generator[Progress, None, tuple[int, Child]]:
    child = Child(command, folder, name="FFmpeg")
    code = yield from wait(child, lambda: Progress("encode", 0.0, message))
    return code, child


def painted(ffmpeg, path: Path, size: tuple[int, int], seed: int) -> None:
    """A noisy picture of coloured blocks: hard to pack, different for every seed."""
    dice = np.random.default_rng(seed)
    blocks = np.kron(dice.integers(30, 200, (9, 16, 3)), np.ones((20, 20, 1), dtype=int))
    raw = np.clip(blocks + dice.integers(-20, 20, blocks.shape), 0, 255).astype(np.uint8)
    source = path.with_suffix(".rgb")
    source.write_bytes(raw.tobytes())
    command = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "320x180", "-i", str(source)]
    command += ["-vf", f"scale={size[0]}:{size[1]}", "-update", "1", f"file:{path}"]
    code, _, text = run_quietly(command, path.parent / "paint", name="FFmpeg")
    assert code == 0, text


@pytest.fixture(scope="module")
def job(ffmpeg, tmp_path_factory) -> EncodeJob:
    """Three wide stills and no tall ones, for YouTube with a limit that is hard to keep."""
    folder = tmp_path_factory.mktemp("it's 50% [stills]")
    made = []
    for number in (1, 2, 3):
        path = folder / f"frame_{number:05d}.png"
        painted(ffmpeg, path, (640, 360), number)
        head = (0.55, 0.2, 0.85, 0.7)
        made.append(Still(path, number, 640, 360, f"shot {number}", 3.0 - number, "", head))
    youtube = load_platforms()["youtube"]
    youtube = dataclasses.replace(youtube, covers=(Cover("thumbnail", 640, 360, 0.03, 640, 360),))
    timeline = Timeline(
        meta=Meta("song", TITLE, "Ärtist 夜", "single", "t", 1, 3.0, 120, "", ""), audio=Audio(""), beats=Beats()
    )
    job = EncodeJob(
        timeline=timeline,
        platforms={"youtube": youtube},
        frames={},
        audio=folder / "none.wav",
        output_dir=folder / "out",
        song_id="song",
        grade=Grade(),
        ffmpeg=ffmpeg,
        fps=Fraction(30),
        work=folder / "work",
        stills={"16:9": tuple(made)},
        title_style=titles.style_of(load_theme("sponsor_neon")),
    )
    job.renders.mkdir(parents=True)
    return job


def pictures(job):
    """What the encode stage makes of a job's stills."""
    bench = Bench(job, job.work, Meter(1), Ledger(job.work / "made.json"))
    return drain(still_files.still_steps(bench, job.work, runner, "7.1"))


@pytest.fixture(scope="module")
def made(job):
    return pictures(job)


def test_three_of_each_kind_in_their_sizes_and_under_their_limits(job, made):
    assert list(made) == ["thumbnail", "thumbnail_2", "thumbnail_3", "cover", "cover_2", "cover_3"]
    assert made["thumbnail_2"].name == "song_thumb_2.jpg"
    assert made["cover"].name == "song_cover.jpg"
    assert all(picture_size(made[key]) == (640, 360) for key in made if key.startswith("thumb"))
    assert picture_size(made["cover"]) == (1080, 1920)
    assert all(made[key].stat().st_size <= 30_000 for key in made if key.startswith("thumb"))
    assert not list(job.renders.glob("*.part"))
    assert len({path.read_bytes() for path in made.values()}) == 6


def test_the_title_is_in_the_finished_picture(job, made, tmp_path):
    cover = still_files.covers_of(job.platforms.values())["thumbnail"]
    checks = drain(still_look_checks(job.ffmpeg, made["thumbnail"], cover, job.work / "thumbnail_1", tmp_path))
    assert [check.name for check in checks if not check.ok] == []
    assert any(check.name == "Title stands out" for check in checks)


def test_fewer_stills_leave_no_picture_of_an_earlier_run(job, made, tmp_path):
    fewer = dataclasses.replace(
        job, output_dir=tmp_path, work=tmp_path / "work", stills={"16:9": job.stills["16:9"][:1]}, title_style=None
    )
    fewer.renders.mkdir(parents=True)
    old = fewer.renders / "song_thumb_3.jpg"
    old.write_bytes(b"old")
    again = pictures(fewer)
    assert list(again) == ["thumbnail", "cover"]
    assert not old.exists()
    assert not (fewer.work / "thumbnail_1" / still_files.TITLE).exists()


def test_without_stills_and_frames_the_error_says_so(job):
    with pytest.raises(EncodeError, match="no frames for a thumbnail"):
        still_files.candidates(dataclasses.replace(job, stills={}), "16:9")
