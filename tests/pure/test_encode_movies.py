# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies as a source: every delivered picture is the movie's picture of that moment, encoded or copied."""

from __future__ import annotations

import dataclasses
import random
import subprocess
from fractions import Fraction

import encode_movies
import pytest
from encode_movies import BT709, H264, make_job, make_movie, numbers, opened, platform

from crossfade_addon.encode.movies import even_rate
from crossfade_addon.encode.probe import probe
from crossfade_addon.encode.run import encode_steps
from crossfade_addon.errors import EncodeError
from crossfade_addon.frames import FrameRange
from crossfade_addon.jobs import drain


@pytest.fixture(params=encode_movies.ffmpegs(), ids=lambda path: "system" if path.startswith("/usr") else "bundled")
def ffmpeg(request):
    return request.param


def run(job):
    seen = []
    made = drain(encode_steps(job), seen.append)
    return made, [report.message for report in seen if report.notice]


@pytest.mark.parametrize(
    ("name", "fps", "first", "last"),
    [("a.mp4", "30", 0, 60), ("a.mkv", "30", 15, 45), ("a.mp4", "30000/1001", 30, 60), ("a.mov", "25", 0, 45)],
)
def test_conforming_pictures_are_copied_frame_by_frame_beside_the_sound(ffmpeg, tmp_path, name, fps, first, last):
    rate = Fraction(fps)
    path = make_movie(ffmpeg, tmp_path / name, fps=rate)
    source, notices = opened(ffmpeg, path, tmp_path / "probe", fps=rate)
    assert notices == []
    clip = (float(first / rate), float(last / rate))
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, clip=clip, fps=rate)
    made, notices = run(job)
    assert any("taken as they are" in notice for notice in notices)
    assert numbers(ffmpeg, made["video_phone"]) == list(range(first, last))
    info = probe(ffmpeg, made["video_phone"], tmp_path / "probe")
    assert (info.frame_count, info.fps, info.video_start, info.audio_start) == (last - first, rate, 0.0, 0.0)
    assert (info.edit_lists, info.faststart) == (0, True)
    assert abs(info.audio_duration - info.duration) < 0.05


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_part_between_key_frames_is_encoded_and_says_why(ffmpeg, tmp_path, name):
    source, _ = opened(ffmpeg, make_movie(ffmpeg, tmp_path / name), tmp_path / "probe")
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, clip=(7 / 30, 41 / 30))
    made, notices = run(job)
    assert numbers(ffmpeg, made["video_phone"]) == list(range(7, 41))
    assert any("encoded anew for phone: the part does not begin with a key frame" in notice for notice in notices)


REASONS = [
    ({"options": [*H264, "-g", "60"]}, {}, "60 frames apart"),
    ({"options": [*H264, "-bf", "3", "-b_strategy", "0"]}, {}, "3 B-frames"),
    ({"options": [*H264, "-profile:v", "main"]}, {}, "profile is Main"),
    ({"options": ["-c:v", "mpeg4", "-q:v", "2"]}, {}, "mpeg4"),
    ({"options": [*H264, "-pix_fmt", "yuv444p", "-profile:v", "high444"]}, {}, "profile is High 4:4:4"),
    ({"size": (180, 320)}, {}, "180x320"),
    ({"filters": f",noise=alls=40:allf=t,{BT709}"}, {"max_kbps": 300}, "kb/s"),
]


@pytest.mark.parametrize(("movie", "changes", "reason"), REASONS, ids=[reason for *_, reason in REASONS])
def test_pictures_that_do_not_conform_are_encoded_and_say_why(tmp_path, movie, changes, reason):
    ffmpeg = encode_movies.ffmpegs()[0]
    source, _ = opened(ffmpeg, make_movie(ffmpeg, tmp_path / "a.mp4", **movie), tmp_path / "probe")
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, platforms=(platform(**changes),))
    made, notices = run(job)
    assert [notice for notice in notices if "encoded anew" in notice and reason in notice], notices
    info = probe(ffmpeg, made["video_phone"], tmp_path / "probe")
    assert (info.width, info.height, info.frame_count, info.profile) == (90, 160, 60, "High")
    assert (info.colour_range, info.colour_space, info.b_frames) == ("tv", "bt709", 2)


def test_a_level_above_the_platforms_is_found_after_the_copy(tmp_path):
    ffmpeg = encode_movies.ffmpegs()[0]
    path = make_movie(ffmpeg, tmp_path / "a.mp4", options=[*H264, "-level:v", "5.1"])
    job = make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, path, tmp_path / "probe")[0]})
    made, notices = run(job)
    assert any("level 5.1" in notice for notice in notices)
    assert probe(ffmpeg, made["video_phone"], tmp_path / "probe").layout.of("vide").level == 30


def test_captions_are_drawn_into_a_movie_in_the_same_encode(tmp_path):
    ffmpeg = encode_movies.ffmpegs()[0]
    source, _ = opened(ffmpeg, make_movie(ffmpeg, tmp_path / "a.mp4"), tmp_path / "probe")
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, lyrics=[(0.0, 2.0, "MMMM")])
    made, _ = run(job)
    raw = [brightest(ffmpeg, path, 5) for path in (tmp_path / "a.mp4", made["video_phone"])]
    assert raw[0] < 60 and raw[1] > 180
    assert len(list((job.work / "encode").glob("video_*"))) == 1


def brightest(ffmpeg, path, frame):
    command = [ffmpeg, "-v", "error", "-i", f"file:{path}", "-vf", f"select=eq(n\\,{frame})", "-frames:v", "1"]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    return max(raw[: 90 * 160])


@pytest.mark.parametrize("first", [0, 11])
def test_a_movie_at_twice_the_rate_is_brought_to_the_jobs(ffmpeg, tmp_path, first):
    path = make_movie(ffmpeg, tmp_path / "a.mp4", fps=60, count=100)
    source, notices = opened(ffmpeg, path, tmp_path / "probe")
    assert source.count == 50
    assert notices == ["a.mp4 runs at 60 frames a second; brought to 30"]
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, clip=(first / 30, (first + 30) / 30))
    made, _ = run(job)
    found = numbers(ffmpeg, made["video_phone"])
    assert len(found) == 30
    assert all(abs(n - 2 * (first + index)) <= 1 for index, n in enumerate(found))


def test_uneven_pictures_are_brought_to_the_jobs_rate_with_a_notice(ffmpeg, tmp_path):
    """Every seventh picture is missing; those before them stay longer."""
    uneven = ",select='mod(n+1\\,7)'"
    path = make_movie(ffmpeg, tmp_path / "a.mkv", options=[*H264, "-fps_mode", "vfr"], filters=uneven, count=51)
    source, notices = opened(ffmpeg, path, tmp_path / "probe")
    assert notices == ["a.mkv runs unevenly; brought to 30 frames a second"] or "unevenly" in notices[0]
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, clip=(0.0, 1.5))
    made, _ = run(job)
    found = numbers(ffmpeg, made["video_phone"])
    assert len(found) == 45
    assert all(abs(n - index) <= 1 for index, n in enumerate(found))


def test_odd_sizes_are_delivered_even(tmp_path):
    ffmpeg = encode_movies.ffmpegs()[0]
    path = make_movie(ffmpeg, tmp_path / "a.mkv", size=(271, 481), options=["-c:v", "ffv1"])
    source, _ = opened(ffmpeg, path, tmp_path / "probe")
    made, _ = run(make_job(tmp_path, ffmpeg, {"9:16": source}))
    info = probe(ffmpeg, made["video_phone"], tmp_path / "probe")
    assert (info.width, info.height, info.frame_count) == (90, 160, 60)
    assert numbers(ffmpeg, made["video_phone"]) == list(range(60))


def test_a_movie_of_just_the_needed_part_begins_there(tmp_path):
    ffmpeg = encode_movies.ffmpegs()[0]
    path = make_movie(ffmpeg, tmp_path / "a.mp4", count=30)
    source, _ = opened(ffmpeg, path, tmp_path / "probe", span=FrameRange(46, 75))
    assert (source.first_frame, source.count) == (46, 30)
    made, _ = run(make_job(tmp_path, ffmpeg, {"9:16": source}, clip=(1.5, 2.5)))
    assert numbers(ffmpeg, made["video_phone"]) == list(range(30))


def test_a_movie_that_is_too_short_names_what_is_needed(tmp_path):
    ffmpeg = encode_movies.ffmpegs()[0]
    path = make_movie(ffmpeg, tmp_path / "a.mp4", count=30)
    with pytest.raises(EncodeError, match=r"holds 30 frames at 30 a second.* need frames 46 to 90"):
        opened(ffmpeg, path, tmp_path / "probe", span=FrameRange(46, 90))


def test_a_movie_of_another_shape_is_refused(tmp_path):
    ffmpeg = encode_movies.ffmpegs()[0]
    path = make_movie(ffmpeg, tmp_path / "a.mp4", size=(160, 120), count=30)
    with pytest.raises(EncodeError, match="160 x 120, which is not 9:16"):
        opened(ffmpeg, path, tmp_path / "probe")


@pytest.mark.parametrize("kind", ["no index", "no end", "text", "empty", "gone", "sound only"])
def test_what_is_no_whole_movie_is_refused_by_name(ffmpeg, tmp_path, kind):
    path = tmp_path / "a.mp4"
    faststart = [*H264, "-movflags", "+faststart"] if kind == "no end" else H264
    make_movie(ffmpeg, path, options=faststart)
    data = path.read_bytes()
    if kind in ("no index", "no end"):
        path.write_bytes(data[: len(data) // 2])
    elif kind == "text":
        path.write_text("hello\n" * 100)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "gone":
        path.unlink()
    else:
        encode_movies.write_tone(path, 0.5)
    with pytest.raises(EncodeError, match=r"a\.mp4") as caught:
        opened(ffmpeg, path, tmp_path / "probe")
    assert caught.value.hint
    if kind in ("no index", "no end"):
        assert "cut short" in str(caught.value)


def test_damage_inside_a_movie_is_an_error_not_a_smear(tmp_path):
    ffmpeg = encode_movies.ffmpegs()[0]
    noisy = f",noise=alls=60:allf=t,{BT709}"
    path = make_movie(ffmpeg, tmp_path / "a.mkv", filters=noisy)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60_000] = random.Random(1).randbytes(60_000)
    path.write_bytes(bytes(data))
    with pytest.raises(EncodeError, match=r"a\.mkv"):
        run(make_job(tmp_path, ffmpeg, {"9:16": opened(ffmpeg, path, tmp_path / "probe")[0]}, clip=(0.1, 1.9)))
    assert not list((tmp_path / "out" / "renders").glob("*.part"))


@pytest.mark.parametrize("rate", ["24", "25", "30", "30000/1001", "50", "60000/1001", "24000/1001"])
def test_rates_are_exact_also_in_files_that_count_milliseconds(rate):
    fps = Fraction(rate)
    starts = [round(1000 * n / fps) for n in range(600)]
    assert even_rate(starts, Fraction(1, 1000), Fraction(30)) == fps
    starts[300] += 5
    assert even_rate(starts, Fraction(1, 1000), Fraction(30)) == 0


def test_square_pictures_come_from_either_aspect_by_cropping_or_over_a_blur(tmp_path):
    """White above and below, black in the middle: cropped it is all black, fitted it shows the white again."""
    ffmpeg = encode_movies.ffmpegs()[0]
    bars = ",drawbox=0:0:iw:20:white:fill,drawbox=0:ih-20:iw:20:white:fill"
    path = make_movie(ffmpeg, tmp_path / "a.mp4", filters=bars, count=30)
    source, _ = opened(ffmpeg, path, tmp_path / "probe")
    square = {"width": 160, "height": 160}
    chosen = (platform("cut", fit="crop", **square), platform("all", fit="blur", **square))
    job = dataclasses.replace(make_job(tmp_path, ffmpeg, {"9:16": source}, platforms=chosen, clip=(0.0, 1.0)))
    made, _ = run(job)
    whole = {name: planes(ffmpeg, made[f"video_{name}"], 160, 160) for name in ("cut", "all")}
    assert max(whole["cut"][80 * 160 + 4 : 80 * 160 + 150]) < 30 > max(whole["cut"][2 * 160 + 4 : 2 * 160 + 150])
    assert whole["all"][2 * 160 + 80] > 200  # the white bar of the fitted picture
    assert whole["all"][80 * 160 + 80] < 30


def planes(ffmpeg, path, width, height):
    command = [ffmpeg, "-v", "error", "-i", f"file:{path}", "-frames:v", "1", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    assert len(raw) == width * height * 3 // 2
    return raw[: width * height]


def test_the_rate_of_the_job_is_kept(tmp_path):
    ffmpeg = encode_movies.ffmpegs()[0]
    rate = Fraction(60000, 1001)
    source, _ = opened(ffmpeg, make_movie(ffmpeg, tmp_path / "a.mp4", fps=rate), tmp_path / "probe", fps=rate)
    job = make_job(tmp_path, ffmpeg, {"9:16": source}, clip=(3 * 1001 / 60000, 33 * 1001 / 60000), fps=rate)
    made, _ = run(job)
    info = probe(ffmpeg, made["video_phone"], tmp_path / "probe")
    assert (info.fps, info.frame_count, info.video_start, info.audio_start) == (rate, 30, 0.0, 0.0)
    assert numbers(ffmpeg, made["video_phone"]) == list(range(3, 33))
