# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be asked for, and how a wrong request is refused."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon import brief as briefs
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
        briefs.check_song_id(bad)


@pytest.mark.parametrize("good", ["song_1", "Daft-Punk_around", "v1.2", "夜に駆ける", "ñandú"])
def test_safe_song_ids_pass_unchanged(good):
    assert briefs.check_song_id(good) == good


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
    assert briefs.suggest_song_id(text) == song_id
    assert briefs.check_song_id(briefs.suggest_song_id(text)) == song_id


def test_long_titles_give_ids_within_the_limit():
    suggestion = briefs.suggest_song_id("é" * 300)
    assert len(suggestion.encode()) <= briefs.MAX_ID
    assert briefs.check_song_id(suggestion)


@pytest.mark.parametrize(
    ("text", "clip"), [("60-70", (60, 70)), ("1:00-1:30.5", (60, 90.5)), (" 0 - 12.5 ", (0, 12.5))]
)
def test_clip_is_read_in_seconds_or_minutes(text, clip):
    assert briefs.parse_clip(text) == clip


@pytest.mark.parametrize("text", ["", "60", "70-60", "a-b", "60-60.1", "1-2-3", "-5-10", "nan-inf"])
def test_clip_that_is_no_range_is_refused(text):
    with pytest.raises(BriefError, match="Clip"):
        briefs.parse_clip(text)


def test_fps_is_exact():
    from crossfade_addon.timing import parse_fps

    assert parse_fps("29.97") == Fraction(30000, 1001)
    assert parse_fps(30) == 30
    assert parse_fps("24000/1001") == Fraction(24000, 1001)


@pytest.mark.parametrize(("text", "value"), [("calm", 0.5), ("Normal", 1.0), ("wild", 1.4), ("0.85", 0.85)])
def test_intensity_is_a_level_or_a_number(text, value):
    assert briefs.parse_intensity(text) == value


@pytest.mark.parametrize("text", ["loud", "", "2", "nan"])
def test_other_intensities_are_refused_with_the_levels_named(text):
    with pytest.raises(BriefError) as caught:
        briefs.parse_intensity(text)
    assert "calm, normal, wild" in caught.value.hint
