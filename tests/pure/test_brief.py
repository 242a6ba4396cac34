# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be asked for, and how a wrong request is refused."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon import brief as briefs
from crossfade_addon import brief_values
from crossfade_addon.errors import BriefError

PLATFORMS = ("tiktok", "youtube")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "my song's 100%: #1 🎵.wav"
    path.write_bytes(b"RIFF")
    return path


def make(song: Path, **changes: object) -> briefs.Brief:
    base = briefs.Brief(audio=song, song_id="x", platforms=PLATFORMS, output_dir=song.parent / "out")
    return base.replace(**changes)


def test_good_brief_gets_absolute_paths_and_an_output_folder(song, monkeypatch):
    monkeypatch.chdir(song.parent)
    checked = briefs.check_brief(
        make(song, audio=Path(song.name), output_dir=Path("made/here")), known_platforms=PLATFORMS
    )
    assert checked.audio == song
    assert checked.output_dir == song.parent / "made" / "here"
    assert checked.output_dir.is_dir()
    assert list(checked.output_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"audio": Path("/nowhere/at all.wav")}, "/nowhere/at all.wav"),
        ({"theme": "disco"}, "disco"),
        ({"mode": "party"}, "party"),
        ({"quality": "8k"}, "8k"),
        ({"engine": "povray"}, "povray"),
        ({"platforms": ("tiktok", "vine")}, "vine"),
        ({"platforms": ()}, "platform"),
        ({"song_id": "../../x"}, "../../x"),
        ({"mode": "event", "theme": "sponsor_neon"}, "event"),
        ({"intensity": 9.0}, "9.0"),
        ({"fps": 1000}, "1000"),
        ({"lyrics": Path("/nowhere/words.lrc")}, "words.lrc"),
        ({"avatar": "novaa"}, "Unknown avatar 'novaa'"),
        ({"avatar": "/nowhere/me.blend"}, "/nowhere/me.blend"),
        ({"avatar": "/nowhere/me.fbx"}, "me.fbx"),
        ({"studio": Path("/nowhere/club.blend")}, "club.blend"),
        ({"studio": Path("/nowhere/club.obj")}, "is not a .blend file"),
        ({"actions": Path("/nowhere/actions")}, "is not a folder"),
        ({"caption_style": "bounce"}, "Unknown caption style 'bounce'"),
        ({"encoder": "gpu"}, "Unknown encoder 'gpu'"),
        ({"loudness": "max"}, "Unknown loudness 'max'"),
        ({"lyrics_offset": float("nan")}, "Lyrics offset nan"),
        ({"clips": (("vine", 0.0, 9.0),)}, "'vine'"),
        ({"clips": (("tiktok", 9.0, 3.0),)}, "9-3"),
        ({"clips": (("tiktok", 0.0, 3.0), ("tiktok", 5.0, 9.0))}, "same platform"),
        ({"renders": (("9:16", Path("/nowhere/tall.mp4")),)}, "/nowhere/tall.mp4"),
        ({"renders": (("4:3", Path("/nowhere/tall.mp4")),)}, "Unknown aspect '4:3'"),
    ],
)
def test_wrong_request_is_refused_by_name_with_a_remedy(song, changes, named):
    with pytest.raises(BriefError) as caught:
        briefs.check_brief(make(song, **changes), known_platforms=PLATFORMS)
    assert named in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_empty_audio_file_is_refused(song):
    song.write_bytes(b"")
    with pytest.raises(BriefError, match="empty"):
        briefs.check_brief(make(song), known_platforms=PLATFORMS)


def test_own_assets_get_absolute_paths(song, monkeypatch):
    monkeypatch.chdir(song.parent)
    for name in ("me.blend", "club.BLEND", "drop_reaction.blend", "other.blend"):
        Path(name).write_bytes(b"x")
    wanted = make(song, avatar="me.blend", studio=Path("club.BLEND"), actions=Path())
    checked = briefs.check_brief(wanted, known_platforms=PLATFORMS)
    assert briefs.avatar_file(checked) == song.parent / "me.blend"
    assert checked.studio == song.parent / "club.BLEND"
    assert briefs.action_files(checked.actions) == {"drop_reaction": song.parent / "drop_reaction.blend"}
    for built_in in ("", "nova", "bot"):
        checked = briefs.check_brief(make(song, avatar=built_in), known_platforms=PLATFORMS)
        assert (checked.avatar, briefs.avatar_file(checked)) == (built_in, None)


def test_empty_assets_are_refused(song):
    for changes in ({"avatar": str(song.parent / "e.blend")}, {"studio": song.parent / "e.blend"}):
        (song.parent / "e.blend").write_bytes(b"")
        with pytest.raises(BriefError, match=r"e\.blend' is empty"):
            briefs.check_brief(make(song, **changes), known_platforms=PLATFORMS)
    with pytest.raises(BriefError, match="holds no action"):
        briefs.check_brief(make(song, actions=song.parent), known_platforms=PLATFORMS)


def test_output_folder_that_is_a_file_is_refused(song):
    blocked = song.parent / "taken"
    blocked.write_text("mine")
    with pytest.raises(BriefError, match="taken"):
        briefs.check_brief(make(song, output_dir=blocked), known_platforms=PLATFORMS)
    assert blocked.read_text() == "mine"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_output_folder_is_refused(song):
    locked = song.parent / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(BriefError, match="locked"):
        briefs.check_brief(make(song, output_dir=locked), known_platforms=PLATFORMS)


@pytest.mark.parametrize(
    "bad", ["", "../../x", "a/b", "a\\b", "..", ".hidden", "a..b", "con", "NUL.wav", "a" * 81, "a b", "a\x00b", "a:b"]
)
def test_unsafe_song_ids_are_refused(bad):
    with pytest.raises(BriefError):
        brief_values.check_song_id(bad)


@pytest.mark.parametrize("good", ["song_1", "Daft-Punk_around", "v1.2", "夜に駆ける", "ñandú"])
def test_safe_song_ids_pass_unchanged(good):
    assert brief_values.check_song_id(good) == good


@pytest.mark.parametrize(
    ("text", "song_id"),
    [
        ("My Song (Remix) [2024]!!", "my_song_remix_2024"),
        ("  ../../etc/passwd ", "etc_passwd"),
        ("夜に駆ける", "夜に駆ける"),
        ("🎵🎵", "song"),
        ("con", "con_song"),
    ],
)
def test_suggested_ids_are_always_safe(text, song_id):
    assert brief_values.suggest_song_id(text) == song_id
    assert brief_values.check_song_id(brief_values.suggest_song_id(text)) == song_id


def test_long_titles_give_ids_within_the_limit():
    suggestion = brief_values.suggest_song_id("é" * 300)
    assert len(suggestion.encode()) <= brief_values.MAX_ID
    assert brief_values.check_song_id(suggestion)


@pytest.mark.parametrize(
    ("text", "clip"), [("60-70", (60, 70)), ("1:00-1:30.5", (60, 90.5)), (" 0 - 12.5 ", (0, 12.5))]
)
def test_clip_is_read_in_seconds_or_minutes(text, clip):
    assert brief_values.parse_clip(text) == clip


@pytest.mark.parametrize("text", ["", "60", "70-60", "a-b", "60-60.1", "1-2-3", "-5-10", "nan-inf"])
def test_clip_that_is_no_range_is_refused(text):
    with pytest.raises(BriefError, match="Clip"):
        brief_values.parse_clip(text)


def test_fps_is_exact():
    from crossfade_addon.timing import parse_fps

    assert parse_fps("29.97") == Fraction(30000, 1001)
    assert parse_fps(30) == 30
    assert parse_fps("24000/1001") == Fraction(24000, 1001)


@pytest.mark.parametrize(("text", "value"), [("calm", 0.5), ("Normal", 1.0), ("wild", 1.4), ("0.85", 0.85)])
def test_intensity_is_a_level_or_a_number(text, value):
    assert brief_values.parse_intensity(text) == value


@pytest.mark.parametrize("text", ["loud", "", "2", "nan"])
def test_other_intensities_are_refused_with_the_levels_named(text):
    with pytest.raises(BriefError) as caught:
        brief_values.parse_intensity(text)
    assert "calm, normal, wild" in caught.value.hint


def test_clips_for_all_and_for_single_platforms_are_told_apart():
    shared, own = brief_values.parse_clips(["60-70", "tiktok=1:00-1:30", " reels =5-9.5"])
    assert shared == (60, 70)
    assert own == (("tiktok", 60, 90), ("reels", 5, 9.5))
    assert brief_values.parse_clips([]) == (None, ())


@pytest.mark.parametrize(
    "texts", [["tiktok="], ["=5-9"], ["tiktok=9-5"], ["5-9", "6-9"], ["a=5-9", "a=6-9"], ["tiktok:5-9"]]
)
def test_clips_that_cannot_be_understood_are_refused(texts):
    with pytest.raises(BriefError) as caught:
        brief_values.parse_clips(texts)
    assert caught.value.hint


def test_renders_are_read_by_aspect_and_may_have_any_file_name():
    assert brief_values.parse_renders(["9:16=a=b 1:2.mp4", "16x9=/x/wide.mov"]) == (
        ("9:16", Path("a=b 1:2.mp4")),
        ("16:9", Path("/x/wide.mov")),
    )


@pytest.mark.parametrize("texts", [["tall.mp4"], ["9:16="], ["4:3=a.mp4"], ["9:16=a.mp4", "9x16=b.mp4"]])
def test_renders_that_cannot_be_understood_are_refused(texts):
    with pytest.raises(BriefError) as caught:
        brief_values.parse_renders(texts)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["soon", "inf", "nan", "9999", ""])
def test_lyrics_offset_that_is_no_sensible_number_is_refused(text):
    with pytest.raises(BriefError, match="offset"):
        brief_values.parse_offset(text)


def test_finished_renders_get_absolute_paths_and_must_hold_something(song, monkeypatch):
    monkeypatch.chdir(song.parent)
    Path("tall.mp4").write_bytes(b"x")
    checked = briefs.check_brief(make(song, renders=(("9:16", Path("tall.mp4")),)), known_platforms=PLATFORMS)
    assert checked.renders == (("9:16", song.parent / "tall.mp4"),)
    Path("tall.mp4").write_bytes(b"")
    with pytest.raises(BriefError, match="is empty"):
        briefs.check_brief(make(song, renders=(("9:16", Path("tall.mp4")),)), known_platforms=PLATFORMS)
