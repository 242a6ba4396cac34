# SPDX-License-Identifier: GPL-3.0-or-later
"""Chapters, titles and descriptions keep YouTube's rules for any song, and the checks see when they do not."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from crossfade_addon import jobs
from crossfade_addon.encode import tags, texts
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import Progress
from crossfade_addon.timeline import Clip, Section

NASTY = '<b>Ünïcode & "quotes" --> 夜\u202e\x00\x1b[31m {\\an8} 100%: <3' * 4


def song(*parts: tuple[str, float]) -> list[Section]:
    sections, t = [], 0.0
    for kind, seconds in parts:
        sections.append(Section(t, t + seconds, kind, 0.5))
        t += seconds
    return sections


def whole(sections: list[Section]) -> Clip:
    return Clip(0.0, sections[-1].end_time, "")


def listed(text: str) -> list[tuple[int, str]]:
    """(second, name) of every line, read by the rules that YouTube states, not by the program's own reader."""
    found = []
    for line in text.splitlines():
        stamp, name = line.split(" ", 1)
        parts = [int(p) for p in stamp.split(":")]
        assert 2 <= len(parts) <= 3 and all(p < 60 for p in parts[1:]) and re.fullmatch(r"(\d+:)?\d{1,2}:\d\d", stamp)
        found.append((sum(p * 60**k for k, p in enumerate(reversed(parts))), name))
    return found


@pytest.mark.parametrize("seed", range(80))
def test_chapters_of_any_song_keep_the_rules_or_there_are_none(seed):
    dice = random.Random(f"{seed}/chapters")
    kinds = ("intro", "verse", "build", "chorus", "drop", "break", "bridge", "outro")
    sections = song(
        *((dice.choice(kinds), dice.uniform(0.5, dice.choice([12, 60, 400]))) for _ in range(dice.randint(1, 40)))
    )
    clip = Clip(dice.choice([0.0, dice.uniform(0, sections[-1].end_time / 2)]), sections[-1].end_time, "")
    chapters = texts.plan_chapters(sections, clip)
    if not chapters:
        return
    found = listed(texts.chapters_text(chapters))
    starts = [start for start, _ in found]
    assert starts[0] == 0 and 3 <= len(found) <= 60
    assert all(b - a >= 10 for a, b in zip(starts, [*starts[1:], clip.duration], strict=True))
    names = [name for _, name in found]
    assert len(set(names)) == len(names) and all(names)
    edges = [section.start_time - clip.start for section in sections]
    assert all(min(abs(start - edge) for edge in edges) <= 0.75 for start in starts[1:])
    assert all(check.ok for check in texts.chapter_checks(texts.chapters_text(chapters), clip.duration))


def test_short_parts_join_the_one_before_and_repeated_names_are_numbered():
    sections = song(
        ("intro", 4), ("verse", 30), ("build", 8), ("drop", 32.3), ("verse", 30), ("drop", 40), ("outro", 6)
    )
    assert texts.chapters_text(texts.plan_chapters(sections, whole(sections))) == (
        "0:00 Verse 1\n0:42 Drop 1\n1:14 Verse 2\n1:44 Drop 2\n"
    )


def test_a_clip_counts_its_chapters_from_its_own_start_and_an_hour_has_hours():
    sections = song(("intro", 60), ("verse", 1800), ("chorus", 1800), ("verse", 1800), ("outro", 60))
    text = texts.chapters_text(texts.plan_chapters(sections, Clip(30.0, 5520.0, "")))
    assert text == "0:00 Intro\n0:30 Verse 1\n30:30 Chorus\n1:00:30 Verse 2\n1:30:30 Outro\n"


@pytest.mark.parametrize(
    "parts", [(("verse", 60.0),), (("verse", 9.0), ("chorus", 9.0), ("outro", 9.0)), (("a", 15.0), ("b", 14.9))]
)
def test_there_are_no_chapters_where_three_of_ten_seconds_are_impossible(parts):
    sections = song(*parts)
    assert texts.plan_chapters(sections, whole(sections)) == ()


GOOD = "0:00 Intro\n0:10 Verse\n1:00 Chorus\n"


@pytest.mark.parametrize(
    ("text", "seconds", "named"),
    [
        (GOOD.replace("0:00", "0:01"), 90, {"First chapter", "Chapter length"}),
        ("0:00 Intro\n0:10 Verse\n", 90, {"Chapters"}),
        (GOOD.replace("0:10", "0:09"), 90, {"Chapter length"}),
        (GOOD, 69.9, {"Chapter length"}),
        ("0:00 Intro\n1:00 Verse\n0:10 Chorus\n", 90, {"Chapter order", "Chapter length"}),
        (GOOD + "and then some\n", 90, {"Chapter lines"}),
        (GOOD.replace("Verse", " "), 90, {"Chapter lines"}),
        ("", 90, {"First chapter", "Chapters", "Chapter length"}),
    ],
)
def test_broken_chapters_are_named(text, seconds, named):
    failed = {check.name for check in texts.chapter_checks(text, seconds) if not check.ok}
    assert failed == named
    assert all(check.fix for check in texts.chapter_checks(text, seconds))
    assert all(check.ok for check in texts.chapter_checks(GOOD, 90))


def test_a_description_has_title_chapters_credits_and_only_the_songs_own_hashtags():
    found = {
        "composer": "J. S. Bach",
        "publisher": "Label <X>",
        "isrc": "QZES12345678",
        "comment": "#house at 5 #1 a#b #House",
    }
    chapters = texts.read_chapters(GOOD)
    text = texts.description_text("My Song", "An Artist", chapters, found)
    blocks = text.rstrip("\n").split("\n\n")
    assert blocks[0] == "An Artist - My Song"
    assert blocks[1] + "\n" == GOOD
    assert blocks[2].splitlines() == [
        "Music: An Artist, My Song",
        "Composed by: J. S. Bach",
        "Label: Label ‹X›",
        "ISRC: QZES12345678",
        texts.MADE_WITH,
    ]
    assert blocks[3] == "#house"
    assert "#" not in texts.description_text("My Song", "", (), {})


@pytest.mark.parametrize(
    ("title", "artist", "heading"),
    [
        ("3:00 AM", "", "“3:00 AM”"),
        ("12:51 on the clock", "", "“12:51 on the clock”"),
        ("1:23:45", "", "“1:23:45”"),
        ("0:00", "5:55", "“5:55 - 0:00”"),
        ("10:00 " + "x" * 200, "", "“10:00 " + "x" * 91 + "…”"),
        ("3:00 AM", "The Clocks", "The Clocks - 3:00 AM"),
    ],
)
@pytest.mark.parametrize("chapters", [(), texts.read_chapters(GOOD)])
def test_a_song_called_like_a_time_is_no_chapter(title, artist, heading, chapters):
    text = texts.description_text(title, artist, chapters, {"album": "7:30 and 12:00", "composer": "5:55"})
    lines = text.splitlines()
    assert lines[0] == heading
    times = [line for line in lines[1:] if re.search(r"\d:\d\d", line)]
    assert times == (GOOD.splitlines() if chapters else [])
    assert not any(re.match(r"\d+:\d\d", line) for line in lines if line not in times)
    assert all(check.ok for check in texts.description_checks(text, 90.0))


def test_a_time_before_or_after_the_chapters_is_named():
    for text in (f"3:00 AM\n\n{GOOD}\nMusic", f"title\n\n{GOOD}\n1:20 more"):
        (wrong,) = [check for check in texts.description_checks(text, 90.0) if not check.ok]
        assert wrong.name == "Chapters in it" and "another time" in wrong.measured


@pytest.mark.parametrize("title", [NASTY, "x" * 300, "夜" * 300, "", "\x00"])
def test_no_title_or_tag_can_break_the_limits(title):
    found = {key: NASTY * 20 for key, _ in texts._CREDITS} | {"comment": "#" + "#é ".join(map(str, range(500)))}
    chapters = tuple(texts.Chapter(k * 3600, "夜" * 20) for k in range(60))
    text = texts.description_text(title or "song", title, chapters, found)
    assert len(text.encode()) <= 5000
    assert 1 <= len(text.split("\n")[0]) <= 100
    assert not set("<>\x00\x1b\u202e") & set(text)
    assert all(check.ok for check in texts.description_checks(text, None))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("t" * 101 + "\n", {"Title length"}),
        ("\nbody\n", {"Title length"}),
        ("title\n" + "é" * 2500, {"Description size"}),
        ("title\na < b\n", {"Angle brackets"}),
        ("title\n\n" + GOOD.replace("0:10", "0:05"), {"Chapters in it"}),
    ],
)
def test_broken_descriptions_are_named(text, named):
    assert {check.name for check in texts.description_checks(text, 90.0) if not check.ok} == named


# ------------------------------------------------------------------------------------------------- tags


@pytest.fixture(scope="module", params=["mp3", "flac", "opus", "m4a", "ogg"])
def tagged(request, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tags") / f"a song's 100%.{request.param}"
    command = [find_ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "sine=d=0.2:r=48000"]
    for key, value in (
        ("title", "A=B; #1 \\ x"),
        ("artist", "Ünï"),
        ("composer", "Bach"),
        ("comment", "one\ntwo #tag"),
    ):
        command += ["-metadata", f"{key}={value}"]
    subprocess.run([*command, f"file:{path}"], check=True)
    return path


@pytest.mark.parametrize("ffmpeg", [find_ffmpeg(), imageio_ffmpeg.get_ffmpeg_exe()])
def test_tags_are_read_from_every_format_as_one_line_each(tagged, tmp_path, ffmpeg):
    found = jobs.drain(tags.read_steps(ffmpeg, tagged, tmp_path / "tags", Progress("encode", 0.0, "")))
    assert {key: found.get(key) for key in ("title", "artist", "composer")} == {
        "title": "A=B; #1 \\ x",
        "artist": "Ünï",
        "composer": "Bach",
    }
    assert found["comment"] == "one two #tag"
    assert texts.hashtags(found) == ("#tag",)
    assert "encoder" not in found


def test_tags_by_other_names_are_the_same_tags_and_chapters_are_none():
    found = tags.parse(";FFMETADATA1\nTSRC=QZ1\norganization=L\n[CHAPTER]\nTITLE=not a tag\n")
    assert found == {"isrc": "QZ1", "publisher": "L"}


def test_a_file_without_tags_or_sound_has_none(tmp_path):
    path = tmp_path / "noise.wav"
    path.write_bytes(b"nothing")
    assert jobs.drain(tags.read_steps(find_ffmpeg(), path, tmp_path / "t", Progress("encode", 0.0, ""))) == {}
    assert len(tags.parse("title=" + "x" * 9000)["title"]) == tags.LONGEST
