# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of songs: what they may look like, and what is said when they are wrong."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from crossfade_addon import headless
from crossfade_addon.batch import columns
from crossfade_addon.batch.rows import plan
from crossfade_addon.batch.table import read_table
from crossfade_addon.errors import BriefError

COLUMNS = columns.columns_of(headless.build_parser())


def table(tmp_path: Path, text: str | bytes, name: str = "songs.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, COLUMNS)


def planned(tmp_path: Path, read, *common: str, home: Path | None = None):
    def brief_of(words):
        return headless.brief_from(headless.build_parser().parse_args(list(words)), tmp_path)

    given = columns.given_by(headless.build_parser(), ["--output-dir", str(tmp_path / "out"), *common])
    return plan(read, given, COLUMNS, brief_of, home or tmp_path / "out")[0]


@pytest.fixture
def songs(tmp_path):
    for name in ("a.wav", "b.wav", "Ö c.wav"):
        (tmp_path / name).write_bytes(b"sound")
    return tmp_path


@pytest.mark.parametrize(
    "data",
    [
        "audio,Song ID,theme\na.wav,one,chill_lofi\nÖ c.wav,two,\n".encode(),
        "\ufeff--audio;song_id;THEME\r\na.wav;one;chill_lofi\r\n\r\nÖ c.wav;two;\r\n".encode(),
        "audio\tsong-id\ttheme\na.wav\tone\tchill_lofi\nÖ c.wav\ttwo\t\n".encode("utf-16"),
        "sep=;\naudio;song id;theme\na.wav;one;chill_lofi\nÖ c.wav;two;\n".encode("latin-1"),
        b'"audio","song_id","theme"\n"a.wav","one","chill_lofi"\n"\xd6 c.wav","two",""\n',
        "theme,audio,,song_id\n chill_lofi , a.wav ,,one\n,Ö c.wav,,two".encode(),
    ],
    ids=[
        "plain",
        "Excel in Europe",
        "UTF-16 with tabs",
        "sep= and Latin-1",
        "quotes",
        "another order, an empty column",
    ],
)
def test_the_same_table_is_read_however_a_program_writes_it(songs, data):
    read = table(songs, data)
    assert read.problems == []
    assert [entry.settings for entry in read.entries] == [
        {"audio": (str(songs / "a.wav"),), "song-id": ("one",), "theme": ("chill_lofi",)},
        {"audio": (str(songs / "Ö c.wav"),), "song-id": ("two",)},
    ]


def test_places_are_lines_of_the_file_also_after_line_breaks_in_quotes(songs):
    read = table(songs, 'audio,title\n"a.wav","two\nlines"\n\nb.wav,x\n')
    assert [entry.place for entry in read.entries] == ["line 2", "line 5"]


def test_values_mean_what_they_mean_on_the_command_line(songs):
    text = (
        "audio,platforms,clip,clip,lyrics_offset,no_captions,whole-song,transcribe,grid,render\n"
        'a.wav,tiktok youtube,1-4,tiktok=2-5,-0.5,yes,no,,"x2 shift=1",9:16=film.mp4\n'
    )
    (songs / "film.mp4").write_bytes(b"film")
    (row,) = planned(songs, table(songs, text), "--whole-song", "--clip", "7-9", "--seed", "4")
    brief = row.brief
    assert (brief.platforms, brief.clip, brief.clips) == (("tiktok", "youtube"), (1.0, 4.0), (("tiktok", 2.0, 5.0),))
    assert (brief.lyrics_offset, brief.with_captions, brief.whole_song, brief.seed) == (-0.5, False, False, 4)
    assert (brief.grid, brief.renders) == (("x2", "shift=1"), (("9:16", songs / "film.mp4"),))
    assert headless.brief_from(headless.build_parser().parse_args(list(row.arguments)), songs).seed == 4


def test_json_takes_numbers_lists_and_defaults(songs):
    data = {
        "defaults": {"theme": "chill_lofi", "seed": 7, "no_title_overlay": True},
        "songs": [
            {"audio": "a.wav", "platforms": ["tiktok"], "clip": ["1-3", "tiktok=1-4"], "lyrics": None},
            {"audio": "b.wav", "theme": "award_elegant", "lyrics_offset": -1.5, "no_title_overlay": False},
        ],
    }
    first, second = planned(songs, table(songs, json.dumps(data), "s.json"))
    assert (first.brief.theme, first.brief.seed, first.brief.with_title) == ("chill_lofi", 7, False)
    assert (first.brief.clip, first.brief.clips) == ((1.0, 3.0), (("tiktok", 1.0, 4.0),))
    assert (second.brief.theme, second.brief.lyrics_offset, second.brief.with_title) == ("award_elegant", -1.5, True)
    assert (first.song_id, second.song_id, first.place) == ("a", "b", "song 1")


def test_a_folder_gives_its_songs_as_people_count_them_with_the_words_beside(tmp_path):
    for name in ("Song 10.mp3", "song 2.WAV", "._song 2.wav", "song 2.srt", "song 2.LRC", "notes.txt", "cover.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "stems").mkdir()
    (tmp_path / "stems" / "kick.wav").write_bytes(b"x")
    read = read_table(tmp_path, COLUMNS)
    assert [entry.settings for entry in read.entries] == [
        {"audio": (str(tmp_path / "song 2.WAV"),), "lyrics": (str(tmp_path / "song 2.LRC"),)},
        {"audio": (str(tmp_path / "Song 10.mp3"),)},
    ]


def test_everything_that_is_wrong_is_said_at_once_with_its_place(songs):
    text = (
        "audio,song_id,theem,seed,no_captions,ffmpeg\n"
        "a.wav,one,,x,,\n"
        "b.wav,../up,,1,perhaps,\n"
        "b.wav,ONE,,1,,\n"
        "b.wav,One,,1,,\n"
        ",five,,,,\n"
        "b.wav,six,,1,,,more\n"
    )
    with pytest.raises(BriefError) as caught:
        planned(songs, table(songs, text))
    said = str(caught.value).splitlines()
    assert said[0].startswith("8 problems in batch 'songs', nothing was started")
    for place, words in (
        ("line 1", "Unknown column 'theem'. Do you mean 'theme'?"),
        ("line 1", "'ffmpeg' belongs on the command line"),
        ("line 2", "invalid int value: 'x'"),
        ("line 3", "'perhaps' in "),
        ("line 3", "'../up' is not a safe name"),
        ("line 5", "Song id 'One' is that of line 4 too"),
        ("line 6", "No song is given"),
        ("line 7", "'more' stands in no column"),
    ):
        assert any(line.strip().startswith(f"{place}: ") and words in line for line in said), (place, words, said)


def test_a_missing_file_fails_its_song_only_and_hides_no_wrong_value(songs):
    good = table(songs, "audio,lyrics\na.wav,no.lrc\ngone.wav,\nb.wav,\n")
    rows = planned(songs, good)
    assert [bool(row.missing) for row in rows] == [True, True, False]
    assert "no.lrc" in rows[0].missing and "gone.wav" in rows[1].missing
    with pytest.raises(BriefError, match=r"line 2: .*disco"):
        planned(songs, table(songs, "audio,theme\ngone.wav,disco\n"))


def test_rows_with_output_folders_of_their_own_may_share_a_song_id(songs):
    rows = planned(songs, table(songs, "audio,song_id,output_dir\na.wav,x,\nb.wav,x,elsewhere\n"))
    assert [row.brief.output_dir for row in rows] == [songs / "out", songs / "elsewhere"]
    assert rows[0].key == "x" != rows[1].key
    with pytest.raises(BriefError, match="line 3: Song id 'x' is that of line 2 too"):
        planned(songs, table(songs, "audio,song_id,output_dir\na.wav,x,elsewhere\nb.wav,x,elsewhere/../elsewhere\n"))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "", "holds no song"),
        ("a.csv", "audio\n", "holds no song"),
        ("a.csv", b"\0\1\2", "not a text file"),
        ("a.json", "[1, 2", "is not JSON"),
        ("a.json", '{"song": []}', "unknown key 'song'"),
        ("a.json", '"x"', "is not a list of songs"),
        ("a.json", "[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, name, text, said):
    with pytest.raises(BriefError, match=said):
        table(tmp_path, text, name)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", 'audio\n"a.wav', "This is no CSV"),
        ("a.csv", "a.wav\nb.wav\n", "There is no column 'audio'"),
        ("a.csv", "audio,theme,theme\na.wav,,\n", "is there twice"),
        ("a.csv", "audio,platforms\na.wav,-x\n", "cannot begin with '-'"),
        ("a.json", "[5]", "not an object"),
        ("a.json", '[{"audio": ["a", "b"]}]', "takes one value"),
        ("a.json", '[{"audio": {"a": 1}}]', "no text and no number"),
        ("a.json", '[{"seed": NaN}]', "no text and no number"),
        ("a.json", '[{"theme": true}]', "wants a value"),
        ("a.json", '[{"library": "http://else.where"}]', "belongs on the command line"),
    ],
)
def test_what_is_wrong_in_a_table_is_named(tmp_path, name, text, said):
    assert any(said in problem for _, problem in table(tmp_path, text, name).problems)


def test_missing_tables_and_empty_folders_are_named(tmp_path):
    with pytest.raises(BriefError, match=r"nowhere\.csv' does not exist"):
        read_table(tmp_path / "nowhere.csv", COLUMNS)
    with pytest.raises(BriefError, match="holds no audio file"):
        read_table(tmp_path, COLUMNS)


def test_every_argument_that_names_a_file_is_relative_to_the_table(tmp_path):
    """An argument that is new on the command line must not be forgotten here."""
    examples = {"render": "9:16=x.mp4", "theme": "x.toml", "avatar": "x.blend"}
    for action in headless.build_parser()._actions:
        metavar = str(action.metavar or "")
        name = action.option_strings[-1].lstrip("-")
        if name in columns.NOT_IN_A_TABLE or not {"FILE", "DIR"} & set(metavar.replace("=", "|").split("|")):
            continue
        (value,) = COLUMNS[name].values(examples.get(name, "x.wav"), tmp_path)
        assert str(tmp_path / "x") in value, f"--{name} is not relative to the table"


def test_settings_become_the_words_they_came_from():
    words = ["--audio=a b.wav", "--platforms", "tiktok", "youtube", "--clip=1-3", "--clip=tiktok=1-4", "--fresh"]
    words += ["--lyrics-offset=-0.5", "--transcribe"]
    given = columns.given_by(headless.build_parser(), words)
    parse = headless.build_parser().parse_args
    assert vars(parse(columns.arguments(given, COLUMNS))) == vars(parse(words))
    assert set(given) == {"audio", "platforms", "clip", "fresh", "lyrics-offset", "transcribe"}


def test_a_flag_with_an_opposite_is_turned_on_and_off(tmp_path):
    def parser():
        p = argparse.ArgumentParser()
        p.add_argument("--captions", action=argparse.BooleanOptionalAction, default=None)
        return p

    known = columns.columns_of(parser())

    def words(common: list[str], heading: str, cell: str) -> list[str]:
        column = columns.find(heading, known)
        own = {column.name: column.values(cell, tmp_path)}
        return columns.arguments(columns.joined(columns.given_by(parser(), common), own), known)

    assert words([], "captions", "no") == ["--no-captions"]
    assert words(["--no-captions"], "Captions", "yes") == ["--captions"]
    assert words(["--captions"], "no captions", "yes") == ["--no-captions"]
    assert words(["--no-captions"], "no_captions", "no") == ["--captions"]
    assert columns.arguments(columns.given_by(parser(), ["--no-captions"]), known) == ["--no-captions"]
