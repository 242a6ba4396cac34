# SPDX-License-Identifier: GPL-3.0-or-later
"""Recipes, frame sequences, error lines, and how far the grade reaches."""

import dataclasses
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon.encode.command import make_recipe, picture_filters, timescale, video_command
from crossfade_addon.encode.encoders import X264, buffer_kb, least_level
from crossfade_addon.encode.failures import failure
from crossfade_addon.encode.frames import FrameSequence, check
from crossfade_addon.encode.grading import grade_filters
from crossfade_addon.encode.platforms import load_platforms
from crossfade_addon.errors import CrossfadeError, EncodeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.themes import Grade
from crossfade_addon.timeline import Clip

FPS = Fraction(30)
PLATFORMS = load_platforms()


def recipe(name="tiktok", start=10.0, end=20.0, fps=FPS, song=60.0):
    return make_recipe(PLATFORMS[name], Clip(start, end, ""), fps, Grade(), song_seconds=song, captions=None)


def frames(folder, count=3, first=1):
    return FrameSequence(folder, first, count, FPS, 54, 96)


def test_platforms_that_want_the_same_share_one_recipe():
    assert recipe("tiktok") == recipe("reels") == recipe("shorts")
    assert recipe("tiktok") != recipe("youtube")
    assert recipe("tiktok") != recipe("tiktok", start=11.0)


def test_clip_edges_move_to_the_frames_that_show_them():
    made = recipe(start=10.02, end=12.01, fps=Fraction(30000, 1001))
    assert made.first_frame == 1 + round(10.02 * 30000 / 1001)
    assert made.start == pytest.approx(300 * 1001 / 30000)
    assert made.frame_count == 60
    assert made.seconds == pytest.approx(60 * 1001 / 30000)


@pytest.mark.parametrize(
    ("start", "end", "fades"),
    [(0.0, 60.0, []), (0.0, 20.0, ["out"]), (10.0, 60.0, ["in"]), (10.0, 20.0, ["in", "out"])],
)
def test_only_edges_that_cut_the_song_fade(start, end, fades):
    made = recipe(start=start, end=end).sound
    assert [way for way, length in (("in", made.fade_in_s), ("out", made.fade_out_s)) if length] == fades


def test_a_clip_may_ask_for_longer_fades_but_a_loop_never_fades():
    clip = Clip(10.0, 20.0, "", fade_in_s=0.5, fade_out_s=2.0)
    phone = PLATFORMS["tiktok"]
    given = {"song_seconds": 60.0, "captions": None}
    made = make_recipe(phone, clip, FPS, Grade(), **given).sound
    assert (made.fade_in_s, made.fade_out_s) == (0.5, 2.0)
    looped = make_recipe(dataclasses.replace(phone, loop=True), clip, FPS, Grade(), **given).sound
    assert (looped.fade_in_s, looped.fade_out_s) == (0.0, 0.0)


def test_a_platform_without_sound_gets_none():
    silent = dataclasses.replace(PLATFORMS["tiktok"], audio="none")
    made = make_recipe(silent, Clip(0, 8, ""), FPS, Grade(), song_seconds=60, captions=None)
    assert made.sound is None
    command = video_command("ffmpeg", frames(Path("/f")), None, made, X264, Path("/o"), Path("/p"))
    assert command.count("-i") == 1 and "-c:a" not in command


@pytest.mark.parametrize(
    ("size", "fps", "kbps", "level"),
    [
        ((1080, 1920), 30, 15_000, "4.0"),
        ((1080, 1920), Fraction(30000, 1001), 15_000, "4.0"),
        ((1920, 1080), 60, 16_000, "4.2"),
        ((1920, 1080), 50, 16_000, "4.2"),
        ((1920, 1080), 30, 30_000, "4.1"),
        ((1080, 1080), 30, 15_000, "3.2"),
        ((3840, 2160), 30, 60_000, "5.1"),
    ],
)
def test_the_level_is_the_lowest_that_the_standard_allows(size, fps, kbps, level):
    """ITU-T H.264 table A-1: 8160 macroblocks 30 times a second fit level 4.0, 60 times they need 4.2."""
    assert least_level(*size, Fraction(fps), kbps) == level


def test_the_buffer_is_two_seconds_unless_the_level_allows_less():
    assert buffer_kb(recipe("tiktok").target) == 30_000
    assert buffer_kb(recipe("youtube").target) == 31_250


@pytest.mark.parametrize(("gop_s", "fps", "gop"), [(1.0, 30, 30), (0.5, 30, 15), (1.0, Fraction(30000, 1001), 29)])
def test_key_frames_are_never_farther_apart_than_the_platform_says(gop_s, fps, gop):
    made = make_recipe(
        dataclasses.replace(PLATFORMS["youtube"], gop_s=gop_s),
        *(Clip(0, 8, ""), Fraction(fps), Grade()),
        song_seconds=60,
        captions=None,
    )
    assert made.gop == gop


@pytest.mark.parametrize("fps", ["24", "25", "30", "50", "60", "30000/1001", "24000/1001"])
def test_every_frame_lies_on_a_tick_of_the_files_clock(fps):
    assert (timescale(Fraction(fps)) / Fraction(fps)).denominator == 1
    assert timescale(Fraction(fps)) >= 10_000


def test_neutral_grades_cost_no_filters():
    neutral = Grade(bloom=0, vignette=0)
    plain = make_recipe(PLATFORMS["tiktok"], Clip(0, 1, ""), FPS, neutral, song_seconds=1, captions=None)
    text = picture_filters(plain, 54, 96)
    for name in ("blend", "eq=", "vignette", "colorbalance", "ass="):
        assert name not in text


def test_paths_reach_ffmpeg_only_as_whole_arguments():
    folder = Path("/a 'b' [c]: 100%; \\ 🎵")
    made = video_command(
        "ffmpeg", frames(folder), folder / "song.m4a", recipe(), X264, folder / "o.mp4.part", folder / "p.txt"
    )
    inputs = [made[i + 1] for i, word in enumerate(made) if word == "-i"]
    assert inputs == [
        "file:/a 'b' [c]: 100%%; \\ 🎵/frame_%04d.jpg",
        "file:/a 'b' [c]: 100%; \\ 🎵/song.m4a",
    ]
    assert "🎵" not in made[made.index("-filter_complex") + 1]


def test_the_first_missing_damaged_or_empty_frame_is_named(tmp_path):
    for number in (1, 2, 4):
        (tmp_path / f"frame_{number:04d}.jpg").write_bytes(b"\xff\xd8 picture \xff\xd9")
    check(frames(tmp_path, 2))
    with pytest.raises(EncodeError, match=r"frame_0003\.jpg is missing"):
        check(frames(tmp_path, 4))
    (tmp_path / "frame_0003.jpg").write_bytes(b"\xff\xd8 pict")
    with pytest.raises(EncodeError, match=r"frame_0003\.jpg is damaged"):
        check(frames(tmp_path, 4))
    (tmp_path / "frame_0003.jpg").write_bytes(b"")
    with pytest.raises(EncodeError, match=r"frame_0003\.jpg is empty"):
        check(frames(tmp_path, 4))


def test_frame_numbers_grow_beyond_their_digits_as_blender_writes_them(tmp_path):
    assert frames(tmp_path).path(12345).name == "frame_12345.jpg"


def test_frames_outside_a_sequence_are_refused(tmp_path):
    sequence = frames(tmp_path, count=10, first=5)
    assert sequence.part(6, 9).count == 9
    for first, count in ((4, 2), (6, 10), (5, 0)):
        with pytest.raises(EncodeError):
            sequence.part(first, count)


FULL_NEW = """[vost#0:0/libx264 @ 0x55] Error submitting a packet to the muxer: No space left on device
    Last message repeated 1 times
[out#0/mp4 @ 0x55] Error muxing a packet
[out#0/mp4 @ 0x55] Terminating thread with return code -28 (No space left on device)
"""
FULL_OLD = (
    "av_interleaved_write_frame(): No space left on device\nError closing file file:/x: No space left on device\n"
)
UNKNOWN = "[libx264 @ 0x5] something odd happened\nError while filtering: x\nConversion failed!\n"


@pytest.mark.parametrize("text", [FULL_NEW, FULL_OLD])
def test_a_full_disk_says_so_and_how_much_is_needed(text):
    error = failure("Video for TikTok", 1, text, needed_mb=112)
    assert str(error).startswith("Video for TikTok failed: No space left on device.")
    assert "112 MB" in error.hint


def test_the_last_line_that_says_something_is_the_reason():
    assert "failed: something odd happened." in str(failure("Video", 1, UNKNOWN))
    assert "signal 9" in str(failure("Video", -9, ""))
    assert "code 3" in str(failure("Video", 3, ""))


@pytest.mark.parametrize("width", [90, 180, 360, 540, 1080])
def test_the_grade_reaches_the_right_edge_of_420_pictures(tmp_path, width):
    try:
        ffmpeg = find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")
    source = f"color=c=0xc0c0c0:s={width}x32:r=30:d=0.03,format=yuv420p"
    graph = f"[0:v]{grade_filters(Grade(bloom=0.0, vignette=0.0), width, 32)},format=gray[out]"
    command = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", source, "-filter_complex", graph, "-map", "[out]"]
    subprocess.run([*command, "-f", "rawvideo", str(tmp_path / "row")], check=True)
    row = (tmp_path / "row").read_bytes()[:width]
    assert max(row) - min(row) <= 2
