# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs from old disks, whose names are not UTF-8: the file is found, and what is shown and written is readable."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path

import encode_movies
import pytest

from crossfade_addon import headless
from crossfade_addon.brief_values import check_song_id
from crossfade_addon.encode.manifest import Asset, manifest_steps
from crossfade_addon.encode.report import Report
from crossfade_addon.encode.report_page import to_html
from crossfade_addon.errors import BriefError
from crossfade_addon.jobs import drain
from crossfade_addon.names import json_text, shown

pytestmark = pytest.mark.usefixtures("quick_ffmpeg")

BROKEN = "caf\udce9 \udcff"
READABLE = "caf\ufffd \ufffd"
PLATFORM = '[phone]\nlike = "tiktok"\nlabel = "Phone"\nwidth = 90\nheight = 160\nmin_s = 1\nmax_kbps = 4000\n'


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder that is called in Latin-1."""
    if sys.platform != "linux":
        pytest.skip("only Linux has such names")
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfasica"))
    try:
        place.mkdir()
    except OSError:
        pytest.skip("this disk has no such names")
    return place


def test_text_with_halves_of_characters_is_shown_with_replacements_and_other_text_as_it_is():
    assert shown(BROKEN) == READABLE
    assert [shown(text) for text in ("", "plain", "日本 é 🎵")] == ["", "plain", "日本 é 🎵"]


def test_json_keeps_paths_and_can_be_written_as_utf_8():
    data = {"path": f"/disk/{BROKEN}.wav", BROKEN: ["日本 🎵", 1]}
    text = json_text(data)
    assert json.loads(text.encode("utf-8")) == data and "日本 🎵" in text


def test_a_page_of_a_report_and_a_song_id_with_such_a_name_can_be_written():
    page = to_html(Report("x", (), Path(), (("Song file", f"{BROKEN}.wav"),)))
    assert f"{READABLE}.wav".encode() in page.encode("utf-8")
    with pytest.raises(BriefError, match="not a safe name"):
        check_song_id(BROKEN)


def test_the_manifest_names_such_files_readably(folder):
    words = folder / f"{BROKEN}.lrc"
    words.write_text("[00:00.00]words")
    audio = folder / f"{BROKEN}.wav"
    encode_movies.write_tone(audio, 1.0)
    job = encode_movies.make_job(folder, encode_movies.ffmpegs()[0], {}, song_s=1.0)
    made = drain(manifest_steps(dataclasses.replace(job, audio=audio), {}, (Asset("Words", words),)))
    data = json.loads(made["manifest_json"].read_text("utf-8"))
    assert (data["song"]["file"], data["assets"][0]["file"]) == (f"{READABLE}.wav", f"{READABLE}.lrc")
    assert f"{READABLE}.wav" in made["manifest"].read_text("utf-8")


def test_a_song_with_such_a_name_becomes_videos_and_texts_that_name_it_readably(folder, tmp_path, capsys):
    audio, movie = folder / f"{BROKEN}.wav", folder / f"{BROKEN}.mp4"
    encode_movies.write_tone(audio, 3.0)
    plain = encode_movies.make_movie(encode_movies.ffmpegs()[0], tmp_path / "m.mp4", count=90, filters=",negate")
    plain.rename(movie)
    (folder / "p.toml").write_text(PLATFORM)
    arguments = ["--audio", str(audio), "--output-dir", str(folder / "out"), "--library", str(tmp_path / "library")]
    arguments += ["--platforms-file", str(folder / "p.toml"), "--platforms", "phone", "--render", f"9:16={movie}"]
    arguments += ["--no-thumbnail", "--no-config"]
    assert headless.main([*arguments, "--preflight"]) == 0
    code = headless.main([*arguments, "--json"])
    out, err = capsys.readouterr()
    out.encode("utf-8")
    assert code in (0, 6), err  # a plain grey film need not pass every check of its pictures
    (video,) = (folder / "out" / "renders").glob("*_phone.mp4")
    assert video.stat().st_size > 1000
    script = json.loads((folder / "out" / "timeline" / f"{video.stem.removesuffix('_phone')}.json").read_text("utf-8"))
    assert script["meta"]["title"] == READABLE
    assert Path(script["audio"]["file"]) == audio.resolve()
    description = (video.parent / f"{video.stem.removesuffix('_phone')}_description.txt").read_text("utf-8")
    assert description.startswith(READABLE)
