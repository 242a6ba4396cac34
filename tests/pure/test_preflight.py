# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at before a job: each problem is found, said with its remedy, and stops the job with its own error."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import struct
import wave
from collections import namedtuple
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon import headless, jobs
from crossfade_addon.brief import Brief
from crossfade_addon.cache.busy import Busy
from crossfade_addon.checks import BLOCK, OK, WARN, Check, blocking, first_block, verdict
from crossfade_addon.errors import BriefError, StudioError, ToolMissing
from crossfade_addon.frames import FrameRange, Pace
from crossfade_addon.pipeline import Pipeline, refused
from crossfade_addon.preflight import amounts, full, quick, stand_in

RATE = 8000
Disk = namedtuple("Disk", "total used free")


class TimedStudio:
    """Renders nothing, but says how fast it would: a quarter of a second and 100 kB a frame."""

    def __init__(self, refuses: Exception | None = None) -> None:
        self.refuses = refuses
        self.timed: dict[str, FrameRange] = {}

    def check(self, brief):
        if self.refuses is not None:
            raise self.refuses
        return (Check("Render", "EEVEE is slow here.", WARN, fix="workbench"),)

    def pace_steps(self, brief, brief_json, script, ranges):
        self.timed = dict(ranges)
        assert script.meta.duration_sec > 0
        return Pace(dict.fromkeys(ranges, 0.25), dict.fromkeys(ranges, 1e5), 5.0, 2, 14)
        yield

    def steps(self, *_arguments):
        raise AssertionError("the studio was reached")
        yield


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i * 0.2))) for i in range(20 * RATE)))
    return path


@pytest.fixture
def brief(song: Path, tmp_path: Path) -> Brief:
    return Brief(song, "x", ("tiktok", "youtube"), output_dir=tmp_path / "out", quality="draft")


def found(brief: Brief, studio: TimedStudio | None = None) -> full.Findings:
    findings = full.Findings()
    jobs.drain(full.look_steps(Pipeline(brief, studio or TimedStudio()), findings))
    return findings


def of(checks: list[Check], subject: str, level: str = "") -> str:
    return " / ".join(c.sentence for c in checks if c.subject == subject and level in ("", c.level))


# ------------------------------------------------------------------------------------------------ the list


def test_a_check_carries_the_error_that_the_job_would_end_with():
    check = blocking("FFmpeg", ToolMissing("No FFmpeg.", hint="Get one."))
    again = Check(**json.loads(json.dumps(check.as_json())))
    error = again.error()
    assert (type(error), error.message, error.hint, error.exit_code) == (ToolMissing, "No FFmpeg.", "Get one.", 7)


def test_the_verdict_counts_problems_and_warnings():
    ok, warn, block = (Check("A", "b", level) for level in (OK, WARN, BLOCK))
    assert verdict([ok]) == "Ready"
    assert verdict([ok, warn]) == "Ready, with 1 warning"
    assert verdict([block, warn, block]) == "2 problems to solve first, 1 warning"
    assert first_block([ok, warn, block]) is block and first_block([ok, warn]) is None


def test_everything_that_is_wrong_with_a_brief_is_told_at_once(brief, tmp_path):
    wrong = brief.replace(audio=tmp_path / "none.wav", song_id="../x", theme="disco", engine="ray", ffmpeg="/no/ffmpeg")
    said = [check.said for check in refused(wrong)]
    assert [any(word in text for text in said) for word in ("none.wav", "../x", "disco", "ray", "/no/ffmpeg")] == [
        True
    ] * 5
    assert {check.level for check in refused(wrong)} == {BLOCK}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fps": Fraction(12)}, "12 frames per second is no rate that TikTok, YouTube take: 23 to 60."),
        ({"fps": Fraction(120), "platforms": ("reels",)}, "no rate that Instagram Reels takes: 23 to 60."),
        (
            {"platform_changes": (("tiktok", "width", 2160), ("tiktok", "height", 3840))},
            "2160x3840 at 30 frames per second and 15000 kb/s needs H.264 level 5.1, and TikTok takes level 4.2",
        ),
        (
            {"platform_changes": (("youtube", "width", 7680), ("youtube", "height", 4320))},
            "more than any level of H.264 allows here, and YouTube takes level 5.2",
        ),
        ({"platform_changes": (("tiktok", "max_kbps", 100_000),)}, "needs H.264 level 5.0"),
    ],
)
def test_what_a_platform_never_takes_is_refused_before_the_song_is_heard_and_told_alike(brief, changes, said):
    wrong = brief.replace(**changes)
    with pytest.raises(BriefError) as caught:
        Pipeline(wrong, TimedStudio())
    (check,) = [check for check in refused(wrong) if check.subject == quick.SETTINGS]
    assert said in caught.value.message and caught.value.hint
    assert (check.said, check.remedy) == (caught.value.message, caught.value.hint)


def test_a_rate_that_is_only_wrong_for_platforms_that_are_not_chosen_is_taken(brief, tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('[wall]\nlike = "youtube"\nlabel = "Wall"\nfps = [10, 120]\n')
    assert Pipeline(brief.replace(platforms=("wall",), platforms_file=own, fps=Fraction(12)), TimedStudio())


def test_four_k_at_sixty_is_taken_for_youtube(brief):
    size = (("youtube", "width", 3840), ("youtube", "height", 2160), ("youtube", "max_kbps", 60_000))
    assert Pipeline(brief.replace(platform_changes=size, fps=Fraction(60)), TimedStudio())


# ----------------------------------------------------------------------------------------- before each job


def test_a_warning_is_said_and_a_problem_stops_the_job_before_the_song_is_heard(brief):
    said = []
    pipeline = Pipeline(brief, TimedStudio())
    jobs.drain(pipeline.check_steps(), lambda p: said.append(p.message) if p.notice else None)
    assert "EEVEE is slow here." in said
    stopped = Pipeline(brief, TimedStudio(StudioError("That is no avatar.", hint="Draw another.")))
    with pytest.raises(StudioError, match="no avatar"):
        jobs.drain(stopped.steps())
    assert stopped.checks[-1].level == BLOCK and stopped.checks[-1].remedy == "Draw another."
    assert not brief.timeline_path.exists()


def test_another_job_in_the_songs_folder_is_a_problem(brief):
    pipeline = Pipeline(brief, TimedStudio())
    with Busy(pipeline.brief.work_dir):
        checks = list(quick.look(Pipeline(brief, TimedStudio())))
    assert "Another job works on 'x'" in of(checks, quick.FILES, BLOCK)


def test_a_song_that_would_be_overwritten_is_a_problem(brief, song, tmp_path):
    target = tmp_path / "out" / "renders" / "x_tiktok.mp4"
    target.parent.mkdir(parents=True)
    shutil.copyfile(song, target)
    checks = list(quick.look(Pipeline(brief.replace(audio=target), TimedStudio())))
    assert "is one of the files that are to be written" in of(checks, quick.FILES, BLOCK)


def test_videos_that_nobody_remembers_are_named_before_they_are_replaced(brief, tmp_path):
    target = tmp_path / "out" / "renders" / "x_tiktok.mp4"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"mine")
    assert "x_tiktok.mp4 will be replaced" in of(list(quick.look(Pipeline(brief, TimedStudio()))), quick.FILES, WARN)
    note = tmp_path / "out" / "blender_temp" / "x" / "encode" / "made.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"video_tiktok": {"key": "k", "sha256": "s"}}))
    checks = list(quick.look(Pipeline(brief, TimedStudio())))
    assert not of(checks, quick.FILES, WARN)
    assert "kept where they would come out the same, else replaced: TikTok" in of(checks, quick.FILES, OK)


@pytest.mark.parametrize(("free_mb", "level"), [(1e6, OK), (150, WARN), (5, BLOCK)])
def test_a_full_disk_warns_or_stops(brief, monkeypatch, free_mb, level):
    monkeypatch.setattr(amounts.shutil, "disk_usage", lambda _path: Disk(0, 0, free_mb * 1e6))
    checked = Pipeline(brief, TimedStudio())
    wanted = amounts.count(checked.brief, checked.platforms, None, 20.0)
    assert [c.level for c in amounts.room_checks(checked.brief, checked.platforms, wanted, {})] == [level]


def test_frames_that_are_there_already_need_no_more_room(brief, monkeypatch):
    checked = Pipeline(brief, TimedStudio())
    wanted = amounts.count(checked.brief, checked.platforms, None, 20.0)
    monkeypatch.setattr(amounts.shutil, "disk_usage", lambda _path: Disk(0, 0, 150e6))
    folder = checked.brief.work_dir / "9x16"
    folder.mkdir(parents=True)
    with (folder / "frame_00001.jpg").open("wb") as file:
        file.truncate(10**9)  # a hole: it takes no room in truth
    assert [c.level for c in amounts.room_checks(checked.brief, checked.platforms, wanted, {})] == [OK]


# ---------------------------------------------------------------------------------------------- what it costs


@pytest.mark.parametrize(
    ("changes", "expected", "exact"),
    [
        ({"clip": (2.0, 5.0)}, {"9:16": 90, "16:9": 90}, True),
        ({"clip": (2.0, 5.0), "clips": (("youtube", 0.0, 10.0),)}, {"9:16": 90, "16:9": 300}, True),
        ({"clip": (15.0, 99.0)}, {"9:16": 150, "16:9": 150}, True),
        ({"whole_song": True, "fps": Fraction(25)}, {"9:16": 500, "16:9": 500}, True),
        ({}, {"9:16": 600, "16:9": 600}, False),
    ],
)
def test_frames_are_counted_by_aspect_from_what_is_asked_for(brief, changes, expected, exact):
    checked = Pipeline(brief.replace(**changes), TimedStudio())
    wanted = amounts.count(checked.brief, checked.platforms, None, 20.0)
    assert {aspect: span.count for aspect, span in wanted.ranges.items()} == expected
    assert wanted.is_exact == exact


def test_a_finished_movie_needs_no_frames_of_its_aspect(brief, tmp_path):
    movie = tmp_path / "tall.mp4"
    movie.write_bytes(b"x")
    checked = Pipeline(brief.replace(renders=(("9:16", movie),), clip=(0.0, 2.0)), TimedStudio())
    wanted = amounts.count(checked.brief, checked.platforms, None, 20.0)
    assert {aspect: span.count for aspect, span in wanted.ranges.items()} == {"16:9": 60}
    skipped = amounts.count(checked.brief.replace(skip_studio=True), checked.platforms, None, 20.0)
    assert skipped.ranges == {} and set(skipped.seconds) == {"tiktok", "youtube"}


def test_the_time_is_all_frames_at_the_measured_pace_and_the_stills_at_full_size(brief):
    wanted = amounts.Amounts({"9:16": FrameRange(1, 100), "16:9": FrameRange(1, 50)}, {}, True)
    pace = Pace({"9:16": 0.5, "16:9": 2.0}, {}, 4.0, 2, 14)
    plain = dataclasses.replace(brief, with_thumbnail=False)
    assert full.render_seconds(plain, wanted, pace) == pytest.approx(4 + 50 + 100)
    with_stills = full.render_seconds(brief, wanted, pace)  # a draft has a ninth of the pixels, and four stills
    assert with_stills == pytest.approx(154 + 4 * 9 * (0.5 + 2.0))


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (7.4, "7 s"), (42, "40 s"), (58, "1 min"), (730, "12 min"), (9000, "2.5 h")]
)
def test_time_is_said_as_roughly_as_it_is_known(seconds, said):
    assert full.spoken(seconds) == said


def test_the_stand_in_has_a_show_for_every_theme(brief):
    for theme in ("sponsor_neon", "award_elegant", "mashup_chaos", "chill_lofi"):
        checked = Pipeline(brief.replace(theme=theme, mode="event" if theme == "award_elegant" else "mashup"))
        script = stand_in.script(checked.brief, checked.platforms)
        assert script.camera["9:16"].shots and script.lighting.wall and script.meta.theme == theme


# ------------------------------------------------------------------------------------------------ all of it


def test_a_whole_preflight_opens_the_song_and_makes_nothing(brief, tmp_path):
    lyrics = tmp_path / "words.lrc"
    lyrics.write_text("[00:01.00]Plain words\n[00:03.00]Missing \U0001f9ff? \u16a0\n", encoding="utf-8")
    studio = TimedStudio()
    findings = found(brief.replace(lyrics=lyrics, clip=(0.0, 4.0)), studio)
    assert "can be read: 0:20" in of(findings.checks, "Song", OK)
    assert "cannot draw" in of(findings.checks, "Lyrics", WARN) and "U+16A0" in of(findings.checks, "Lyrics", WARN)
    assert findings.frames == {"9:16": 120, "16:9": 120}
    assert studio.timed["9:16"].count == 480  # sixteen seconds that stand for the song
    assert findings.render_s == pytest.approx(5 + 240 * 0.25 + 2 * 4 * 9 * 0.25)
    assert findings.as_json()["ready"] is True
    assert not (tmp_path / "out" / "timeline").exists() and not (tmp_path / "library").exists()
    assert not list((tmp_path / "out" / "renders").glob("*")) if (tmp_path / "out" / "renders").exists() else True


def test_lyrics_among_the_files_to_be_written_are_a_problem_before_the_song_is_heard(brief):
    lyrics = brief.output_dir / "renders" / "x.lrc"
    lyrics.parent.mkdir(parents=True)
    lyrics.write_text("[00:01.00]Corrected words\n", encoding="utf-8")
    checks = list(quick.look(Pipeline(brief.replace(lyrics=lyrics), TimedStudio())))
    assert "x.lrc" in of(checks, "Files", BLOCK) and "Copy it beside the song" in of(checks, "Files", BLOCK)
    assert lyrics.read_text("utf-8") == "[00:01.00]Corrected words\n"


def test_a_file_that_is_no_song_is_a_problem_and_the_rest_is_still_looked_at(brief, song):
    song.write_bytes(b"no song at all, only text" * 9)
    findings = found(brief)
    assert "is not an audio file that FFmpeg can read" in of(findings.checks, "Song", BLOCK)
    assert of(findings.checks, "FFmpeg", OK) and of(findings.checks, "Frames")


def test_a_short_that_content_id_may_block_is_told_before_it_is_rendered(brief):
    long = brief.replace(platforms=("shorts",), clip=(0.0, 61.0))
    pipeline = Pipeline(long, TimedStudio())
    wanted = amounts.Amounts({}, {"shorts": 61.0}, True)
    (check,) = full._lengths(pipeline, wanted)
    assert check.level == WARN and "over 60 s a Short with a Content ID claim is blocked worldwide" in check.said
    assert not full._lengths(pipeline, amounts.Amounts({}, {"shorts": 60.0}, True))


def test_the_job_says_what_happens_to_longer_videos_than_advised(brief, tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('[shorts]\nmin_s = 1\nadvised_s = 5\nadvised_why = "it is hidden (their help)"\n')
    job = Pipeline(brief.replace(platforms=("shorts",), platforms_file=own, clip=(0.0, 8.0)), TimedStudio())
    said = []
    jobs.drain(job.direct(), lambda report: said.append(report.message) if report.notice else None)
    assert any("YouTube Shorts gets" in text and "over 5 s it is hidden (their help)" in text for text in said)


# --------------------------------------------------------------------------------------- the command line


def test_the_command_line_prints_the_list_and_ends_with_the_errors_code(capsys, brief, song):
    studio = TimedStudio(StudioError("That is no avatar.", hint="Draw another."))
    arguments = ["--audio", str(song), "--song-id", "x", "--output-dir", str(brief.output_dir), "--clip", "0-2"]
    code = headless.main([*arguments, "--preflight", "--json", "--platforms", "tiktok"], studio=studio)
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    checks = [row["check"] for row in rows if "check" in row]
    assert code == 4 and err.startswith("crossfade: error: That is no avatar.")
    assert [c["said"] for c in checks if c["level"] == BLOCK] == ["That is no avatar."]
    assert rows[-1]["preflight"] == {
        "ready": False,
        "problems": 1,
        "warnings": 1,
        "frames": {"9:16": 60},
        "render_s": None,
    }


def test_the_command_line_lists_all_that_is_wrong_with_the_arguments(capsys, song, tmp_path):
    arguments = ["--audio", str(song), "--theme", "disco", "--mode", "event", "--output-dir", str(tmp_path / "out")]
    code = headless.main([*arguments, "--engine", "ray", "--preflight"], studio=TimedStudio())
    out, err = capsys.readouterr()
    assert code == 2 and "disco" in out and "ray" in out and err.count("\n") == 1
    assert headless.main([*arguments, "--engine", "ray", "--fps", "12", "--preflight"], studio=TimedStudio()) == 2
    assert "12 frames per second is no rate" in capsys.readouterr().out
    assert headless.main(["--preflight", "--batch", "songs.csv"]) == 2
