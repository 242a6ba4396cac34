# SPDX-License-Identifier: GPL-3.0-or-later
"""The caption files beside the videos: each is timed to the video it goes with, and no run spoils those of another."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon.encode import caption_files
from crossfade_addon.encode.bench import Bench, Meter
from crossfade_addon.encode.job import EncodeJob
from crossfade_addon.encode.ledger import Ledger
from crossfade_addon.encode.platforms import load_platforms
from crossfade_addon.encode.run import check_lyrics, encode_steps
from crossfade_addon.encode.verify import verify
from crossfade_addon.errors import CrossfadeError, EncodeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import drain
from crossfade_addon.themes import Grade
from crossfade_addon.timeline import Audio, Beats, Clip, LyricLine, Lyrics, Meta, Section, Timeline

PLATFORMS = load_platforms()
EVERY = ("tiktok", "reels", "shorts", "youtube")
PART = Clip(60.0, 120.0, "drop")
LINES = (LyricLine(5, 8, "first line"), LyricLine(70, 74, "in the drop"), LyricLine(150, 154, "last line"))


def make_job(folder: Path, *names: str, lines=LINES, part: Clip = PART, **changes) -> EncodeJob:
    """A job of a song of three minutes whose vertical videos show a part of it."""
    timeline = Timeline(
        meta=Meta("song", "A", "B", "single", "t", 1, 180.0, 120, "", ""),
        audio=Audio("x", (Section(0, 180, "drop", 1.0),)),
        beats=Beats(),
        lyrics=Lyrics(tuple(lines)),
        clips={name: Clip(0.0, 180.0, "") if name == "youtube" else part for name in EVERY},
    )
    job = EncodeJob(
        timeline=timeline,
        platforms={name: PLATFORMS[name] for name in names},
        frames={},
        audio=folder / "song.wav",
        output_dir=folder / "out",
        song_id="song",
        grade=Grade(),
        ffmpeg="",
        fps=Fraction(30),
        work=folder / "work",
    )
    return dataclasses.replace(job, **changes)


def run(job: EncodeJob, *, with_videos: bool = True) -> dict[str, Path]:
    """The caption files of a job whose videos were made before."""
    job.renders.mkdir(parents=True, exist_ok=True)
    for name in job.platforms if with_videos else ():
        job.video_path(name).write_bytes(b"video")
    return told(job)[0]


def told(job: EncodeJob) -> tuple[dict[str, Path], list[str]]:
    """The caption files, and what the user is told."""
    job.renders.mkdir(parents=True, exist_ok=True)
    notices: list[str] = []
    bench = Bench(job, job.work, Meter(1), Ledger(job.work / "made.json", fresh=job.fresh))
    made = drain(caption_files.file_steps(bench), lambda report: notices.append(report.message))
    return made, notices


def text(path: Path) -> str:
    return path.read_text("utf-8")


def names(job: EncodeJob) -> set[str]:
    return {path.name for path in job.renders.iterdir() if path.suffix != ".mp4"}


def test_a_run_of_one_aspect_leaves_the_captions_of_the_standing_wide_video_alone(tmp_path):
    run(make_job(tmp_path, *EVERY))
    before = {path.name: path.read_bytes() for path in (tmp_path / "out/renders").glob("song.*")}
    assert len(before) == 3 and b"00:02:30,000" in before["song.srt"]
    jobs = (make_job(tmp_path, "tiktok"), make_job(tmp_path, "tiktok", lines=()))
    for job in (*jobs, make_job(tmp_path, "tiktok", with_captions=False)):
        made = run(job)
        assert not {"captions", "captions_srt", "captions_lrc"} & set(made)
        assert {path.name: path.read_bytes() for path in (tmp_path / "out/renders").glob("song.*")} == before


def test_without_a_wide_video_the_captions_belong_to_the_first_platform(tmp_path):
    made = run(make_job(tmp_path, "tiktok", "reels"))
    assert set(made) == {"captions", "captions_srt", "captions_lrc"}
    assert "00:00:10,000 --> 00:00:14,000\nin the drop" in text(made["captions_srt"])


def test_a_platform_of_the_users_own_that_takes_files_is_protected_too(tmp_path):
    known = ("cinema",)
    run(make_job(tmp_path, "tiktok", sidecars=known))
    assert "captions" in run(make_job(tmp_path, "tiktok", sidecars=known))
    (tmp_path / "out/renders/song_cinema.mp4").write_bytes(b"video")
    assert "captions" not in run(make_job(tmp_path, "tiktok", sidecars=known))


def test_a_platform_that_shows_a_part_gets_the_formats_it_takes_timed_to_its_part(tmp_path):
    made = run(make_job(tmp_path, *EVERY))
    own = {key for key in made if key not in caption_files.KEYS.values()}
    assert own == {"captions_tiktok_srt", "captions_tiktok_vtt", "captions_shorts_srt"}  # Reels takes none
    assert made["captions_tiktok_srt"].name == "song_tiktok.srt"
    assert text(made["captions_shorts_srt"]) == "1\n00:00:10,000 --> 00:00:14,000\nin the drop\n"
    assert "last line" in text(made["captions_srt"])


def test_rows_of_a_platforms_own_file_suit_its_own_picture(tmp_path):
    said = "a line of words that fits a wide row"
    made = run(make_job(tmp_path, "tiktok", "youtube", lines=[LyricLine(70, 76, said)]))
    assert said in text(made["captions_srt"])
    assert text(made["captions_tiktok_srt"]).count("\n") == 4, "two rows"


def test_where_nobody_sings_or_the_part_is_the_same_there_is_no_file_of_its_own(tmp_path):
    assert set(run(make_job(tmp_path, *EVERY, lines=LINES[:1]))) == set(caption_files.KEYS.values())
    assert set(run(make_job(tmp_path, *EVERY, part=Clip(0.0, 180.0, "all")))) == set(caption_files.KEYS.values())


def test_a_line_that_only_touches_the_part_makes_no_file_of_words(tmp_path):
    touching = (LyricLine(50.0, 60.03, "it ends as the part begins"), LyricLine(119.98, 125, "and so on"))
    assert set(run(make_job(tmp_path, *EVERY, lines=touching))) == set(caption_files.KEYS.values())
    assert set(run(make_job(tmp_path / "other", "tiktok", lines=touching))) == {"captions"}


def test_own_files_that_no_longer_belong_are_removed_and_those_of_other_platforms_stay(tmp_path):
    run(make_job(tmp_path, *EVERY))
    last = make_job(tmp_path, "tiktok", with_captions=False)
    run(last)
    assert names(last) == {"song.vtt", "song.srt", "song.lrc", "song_shorts.srt"}
    run(make_job(tmp_path, *EVERY, lines=()))
    assert names(last) == {"song.vtt"}


def test_the_report_judges_a_platforms_own_file_by_its_own_part(tmp_path):
    try:
        job = make_job(tmp_path, *EVERY, ffmpeg=find_ffmpeg())
    except CrossfadeError:
        pytest.skip("no FFmpeg")
    made = run(job)
    report = verify(made, job)
    assert report.passed, report.failures()
    labels = {file.key: file.label for file in report.files}
    assert labels["captions_tiktok_srt"] == "Captions for TikTok, SubRip" and labels["captions"] == "Captions, WebVTT"
    made["captions_tiktok_srt"].write_bytes(made["captions_srt"].read_bytes())
    failed = {file.key for file in verify(made, job).files if not file.passed}
    assert failed == {"captions_tiktok_srt"}


# -------------------------------------------------------------------------------------- the artist's own work


def test_captions_corrected_by_hand_are_kept_under_another_name_and_said(tmp_path):
    job = make_job(tmp_path, *EVERY)
    run(job)
    lrc, srt = job.renders / "song.lrc", job.renders / "song_tiktok.srt"
    for path in (lrc, srt):
        path.write_text("[00:01.00]my corrected words", "utf-8")
    _, notices = told(make_job(tmp_path, *EVERY, lines=LINES[:2]))  # overwrites song.lrc
    assert text(job.renders / "song.edited.lrc") == "[00:01.00]my corrected words"
    assert text(job.renders / "song_tiktok.edited.srt") == "[00:01.00]my corrected words"
    assert "last line" not in text(lrc) and "in the drop" in text(lrc)
    assert [("song.edited.lrc" in n, "song_tiktok.edited.srt" in n) for n in notices] == [(True, False), (False, True)]
    lrc.write_text("corrected again", "utf-8")
    told(make_job(tmp_path, *EVERY, with_captions=False, fresh=True))  # removes it
    assert not lrc.exists() and text(job.renders / "song.edited_2.lrc") == "corrected again"
    assert text(job.renders / "song.edited.lrc") == "[00:01.00]my corrected words"


def test_captions_as_they_were_written_are_replaced_and_removed_without_a_word(tmp_path):
    run(make_job(tmp_path, *EVERY))
    assert told(make_job(tmp_path, *EVERY, lines=LINES[:2]))[1] == []
    last = make_job(tmp_path, *EVERY, with_captions=False)
    assert told(last)[1] == [] and names(last) == set()


def test_a_file_that_says_what_will_be_written_is_nobodys_edit(tmp_path):
    job = make_job(tmp_path, *EVERY)
    run(job)
    (job.work / "made.json").unlink()  # nothing is remembered
    assert told(job)[1] == [] and not list(job.renders.glob("*.edited*"))


@pytest.mark.parametrize(
    "name", ["song.lrc", "song.srt", "song.vtt", "song_tiktok.srt", "song_description.txt", "song_chapters.txt"]
)
def test_lyrics_that_the_job_would_write_over_are_refused_before_anything_is_touched(tmp_path, name):
    job = make_job(tmp_path, *EVERY)
    with pytest.raises(EncodeError, match=name) as caught:
        check_lyrics(job.renders / name, job.renders, "song", job.platforms)
    assert "Copy it beside the song" in caught.value.hint


def test_taps_count_as_lyrics_and_other_files_are_taken(tmp_path):
    job = make_job(tmp_path, *EVERY)
    job.renders.mkdir(parents=True)
    (tmp_path / "words.txt.taps").symlink_to(job.renders / "song.srt")
    with pytest.raises(EncodeError, match=r"words\.txt\.taps"):
        check_lyrics(tmp_path / "words.txt", job.renders, "song", job.platforms)
    for path in (None, tmp_path / "song.lrc", job.renders / "song.edited.lrc", job.renders / "other.lrc"):
        check_lyrics(path, job.renders, "song", job.platforms)


def test_the_encode_stage_refuses_such_lyrics_whoever_starts_it(tmp_path):
    try:
        job = make_job(tmp_path, "tiktok", ffmpeg=find_ffmpeg())
    except CrossfadeError:
        pytest.skip("no FFmpeg")
    job = dataclasses.replace(job, lyrics=job.renders / "song.lrc")
    with pytest.raises(EncodeError, match=r"song\.lrc"):
        drain(encode_steps(job))
    assert not job.renders.exists()
