# SPDX-License-Identifier: GPL-3.0-or-later
"""The library's command line, and what the worker stores of a job and finds again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import wave
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from library_songs import ROOT, render, song

pytest.importorskip("chromadb")

from crossfade_addon import headless, hearing, listening, worker
from crossfade_addon.brief import Brief, check_brief
from crossfade_addon.errors import BriefError, LibraryError, SongNotFound
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import drain
from crossfade_addon.library import command
from crossfade_addon.library.chroma_store import ChromaStore
from crossfade_addon.library.guard import FolderLock
from crossfade_addon.library.places import OFFLINE, may_reach, server_of
from crossfade_addon.library.questions import Question
from crossfade_addon.library.songs import Song
from crossfade_addon.library.stores import MemoryStore
from crossfade_addon.timeline import LyricLine, Lyrics

pytestmark = pytest.mark.usefixtures("quick_ffmpeg")

WORDS = [{"word": "hello", "start": 1.0, "end": 1.5}, {"word": "there", "start": 1.5, "end": 2.5}]


@pytest.fixture
def library(tmp_path) -> ChromaStore:
    store = ChromaStore(tmp_path / "library")
    one = song("one").replace(
        isrc="DEUM71900001", stems={"kick": "/k.wav"}, history=[render(1), render(62, "chill_lofi")]
    )
    store.put_all([one, song("two", 125.0), Song("never heard", title="Hum")])
    return store


@pytest.fixture
def door(capsys, library):
    """Run the command on the library; returns exit code, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = command.run(["--library", str(library.place), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_songs_are_listed_and_searched(door):
    code, out, _ = door("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["never", "one", "two"]
    assert "124.0 BPM" in out and "A minor" in out and "An Artist - Title of one" in out
    assert [line.split()[0] for line in door("list", "TITLE OF T")[1].splitlines()] == ["two"]
    assert door("list", "zzz")[1] == "No songs.\n"


def test_a_song_is_shown_with_what_was_rendered(door):
    code, out, _ = door("show", "one")
    assert code == 0
    assert "DEUM71900001" in out and "kick stem: /k.wav" in out and "chorus" in out
    assert "2026-11-25T19:01  chill_lofi, passed: video_tiktok" in out
    assert "not analysed yet" in door("show", "never heard")[1]


def test_answers_come_as_json(door):
    _, out, _ = door("--json", "show", "one")
    shown = json.loads(out)
    assert shown["song_id"] == "one" and len(shown["history"]) == 2 and shown["sections"][1]["section_type"] == "chorus"
    _, out, _ = door("--json", "similar", "one", "-n", 1)
    (found,) = json.loads(out)
    assert found["song_id"] == "two" and found["why"][0].startswith("the same tempo")


def test_similar_songs_say_why_and_a_look_comes_as_arguments(door):
    assert "the same tempo (125 beside 124 BPM)" in door("similar", "one")[1]
    assert door("look", "one")[1] == "--theme chill_lofi --seed 62 --intensity 1.0 --avatar bot\n"
    code, _, err = door("look", "two")
    assert code == 3 and "no look yet" in err


@pytest.mark.parametrize("ask", ["similar", "look"])
def test_the_worker_answers_questions(library, ask, tmp_path):
    answer = drain(listening.ask(Path(library.place), Question(ask, "one"), tmp_path / "job"))
    name = "An Artist - Title of"
    assert not (tmp_path / "job").exists()
    if ask == "look":
        assert answer["look"] == {"theme": "chill_lofi", "seed": 62, "intensity": 1.0, "avatar": "bot"}
    else:
        assert answer["songs"] == [["never heard", "Hum"], ["one", f"{name} one"], ["two", f"{name} two"]]
    if ask == "similar":
        (found,) = answer["similar"]
        assert (found["song_id"], found["name"], found["bpm"], found["look"]) == ("two", f"{name} two", 125.0, None)
        assert found["why"][0].startswith("the same tempo")


def test_a_question_to_an_empty_missing_or_busy_library_says_so(library, tmp_path, monkeypatch):
    question = {"ask": "similar", "song_id": "one"}
    with pytest.raises(LibraryError, match=r"There is no song library in .* Analyse a song to begin"):
        worker.look_up(str(tmp_path / "typo"), question, Told())
    assert not (tmp_path / "typo").exists()
    ChromaStore(tmp_path / "new")
    with pytest.raises(LibraryError, match="The song library is empty"):
        worker.look_up(str(tmp_path / "new"), question, Told())
    with pytest.raises(LibraryError, match="Nothing is known of how 'never heard' sounds"):
        worker.look_up(library.place, {"ask": "similar", "song_id": "never heard"}, Told())
    monkeypatch.setattr(worker, "LOOK_WAIT_S", 0.0)
    with FolderLock(Path(library.place), 0), pytest.raises(LibraryError, match="is in use by process"):
        worker.look_up(library.place, question, Told())


def test_like_takes_the_look_of_a_song_as_far_as_none_is_given(library, tmp_path, monkeypatch):
    briefs = []

    class Pipe:
        def __init__(self, brief, studio):
            briefs.append(brief)
            raise BriefError("far enough")

    monkeypatch.setattr(headless, "Pipeline", Pipe)
    (tmp_path / "new.wav").write_bytes(b"RIFF")
    arguments = ["--audio", str(tmp_path / "new.wav"), "--library", library.place, "--like"]
    assert headless.main([*arguments, "one", "--seed", "7"], studio=object()) == 2
    (brief,) = briefs
    assert (brief.theme, brief.seed, brief.avatar, brief.intensity) == ("chill_lofi", 7, "bot", 1.0)
    assert brief.song_id == "new"


def test_backup_forget_and_restore(door, tmp_path):
    assert door("backup", tmp_path / "b.zip")[0] == 0
    assert door("forget", "one", "two")[0] == 0
    assert door("list")[1].count("\n") == 1
    code, out, _ = door("restore", tmp_path / "b.zip")
    assert code == 0 and "3 songs" in out
    assert door("list")[1].count("\n") == 3
    assert door("check")[1] == "All 3 songs are whole and found.\n"
    assert "3 songs" in door("repair")[1]


def test_nothing_is_forgotten_when_one_of_them_is_unknown(door):
    code, _, err = door("forget", "one", "nobody")
    assert code == 3 and "'nobody' is not in the library" in err
    assert door("list")[1].count("\n") == 3


def test_export_and_import(door, capsys, tmp_path):
    assert door("export", tmp_path / "songs.jsonl")[0] == 0
    other = tmp_path / "another" / "library"
    assert command.run(["--library", str(other), "import", str(tmp_path / "songs.jsonl")]) == 0
    assert ChromaStore(other).get("one").history == [render(1), render(62, "chill_lofi")]
    assert "3 songs were imported" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "nobody"], 3, "Song 'nobody' is not in the library."),
        (["shew"], 2, "invalid choice"),
        ([], 2, "required"),
        (["import"], 2, "required"),
        (["import", "/no/such/file"], 3, "cannot be read"),
        (["import", "--mixer", "/no/such/folder"], 3, "tiki_library"),
        (["restore", "/no/such/file"], 3, "no whole backup"),
    ],
)
def test_errors_are_one_line_with_the_documented_code(door, arguments, code, said):
    got, out, err = door(*arguments)
    assert (got, out) == (code, "")
    assert err.startswith("crossfade: error: ") and said in err and err.count("\n") == 1


def test_looking_makes_no_library(capsys, tmp_path):
    assert command.run(["--library", str(tmp_path / "typo"), "list"]) == 3
    assert "There is no song library" in capsys.readouterr().err
    assert not (tmp_path / "typo").exists()


def test_the_door_opens_by_file_whatever_the_add_on_is_called(library, tmp_path):
    renamed = tmp_path / "extensions" / "user_default" / "show_maker"
    shutil.copytree(ROOT / "crossfade_addon", renamed, ignore=shutil.ignore_patterns("__pycache__"))
    script = renamed / "library" / "__main__.py"
    arguments = [sys.executable, "-P", str(script), "--library", str(library.place), "list", "two"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("two ")


# -------------------------------------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("place", "server"),
    [
        ("http://host:8000", "http://host:8000"),
        (Path("http://host:8000"), "http://host:8000"),
        ("https://h", "https://h"),
        ("/music/library", ""),
        (Path("relative"), ""),
    ],
)
def test_servers_and_folders_are_told_apart(place, server):
    assert server_of(place) == server


def test_a_brief_leaves_an_address_alone_and_makes_a_folder_absolute(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    brief = Brief(tmp_path / "a.wav", "a", ("tiktok",), output_dir=tmp_path / "out", library_dir=Path("http://h:8000"))
    checked = check_brief(brief, known_platforms=("tiktok",))
    assert checked.library_dir is not None and server_of(checked.library_dir) == "http://h:8000"
    folder = check_brief(brief.replace(library_dir=Path("lib")), known_platforms=("tiktok",)).library_dir
    assert folder == Path("lib").resolve()


# ---------------------------------------------------------------------------------------- the worker


class Told:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def progress(self, fraction, message):
        pass

    def notice(self, message):
        self.notices.append(message)


def test_modules_are_searched_in_blenders_order_before_that_of_its_bare_python(monkeypatch):
    monkeypatch.setattr(sys, "path", ["/usr/lib/python3.13", "/usr/lib/python3/dist-packages"])
    worker.use_path(
        ["/blender/modules", "/usr/lib/python3.13", "/extensions/site-packages", "/usr/lib/python3/dist-packages"]
    )
    assert sys.path == [
        "/blender/modules",
        "/usr/lib/python3.13",
        "/extensions/site-packages",
        "/usr/lib/python3/dist-packages",
    ]


@pytest.fixture
def mixer_folder(tmp_path, monkeypatch) -> Path:
    import chromadb
    from chromadb.config import Settings

    folder = tmp_path / "chroma_db"
    with chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False)) as client:
        client.create_collection("tiki_library", embedding_function=None).add(
            ids=["song_a_x_auto"],
            embeddings=[[0.1] * 384],
            metadatas=[{"artist": "A x B", "title": "Auto", "bpm": 240.0, "word_timings": json.dumps(WORDS)}],
        )
    monkeypatch.setenv("CROSSFADE_MIXER", str(folder))
    return folder


def test_a_song_that_only_mixer_knows_is_recalled(mixer_folder, tmp_path):
    told, brief = Told(), Brief(tmp_path / "a.wav", "song_a_x_auto", ("tiktok",))
    known = worker.recall(brief, MemoryStore(), told)
    assert known is not None and (known.artist, known.title, known.bpm) == ("A x B", "Auto", 240.0)
    assert "Mixer's library" in told.notices[0]
    store = MemoryStore()
    store.put(Song("song_a_x_auto", title="Ours"))
    assert worker.recall(brief, store, told).title == "Ours"


def test_an_unknown_song_is_new_and_mixer_says_how_it_would_know_it(mixer_folder, tmp_path):
    told = Told()
    assert worker.recall(Brief(tmp_path / "a.wav", "other", ("tiktok",)), MemoryStore(), told) is None
    assert "python -m mixer analyze other" in told.notices[0]


def test_what_does_not_come_from_hearing_is_carried_over():
    known = song("a").replace(isrc="X", hints={"bpm": 62.0}, lyrics={"lines": [1]})
    words = Lyrics((LyricLine(1.0, 2.0, "la"),), "en")
    assert hearing.carried(known, words) == {
        "isrc": "X",
        "hints": {"bpm": 62.0},
        "lyrics": {"lines": ({"start": 1.0, "end": 2.0, "text": "la", "words": ()},), "language": "en"},
    }
    assert hearing.carried(known, None)["lyrics"] == {"lines": [1]}
    assert hearing.carried(None, Lyrics()) == {"isrc": "", "hints": {}, "lyrics": {}}


def test_a_finished_job_joins_the_history_of_its_song(library, tmp_path):
    (tmp_path / "video.mp4").write_bytes(b"film")
    brief = Brief(tmp_path / "a.wav", "two", ("tiktok",), theme="award_elegant", seed=7, output_dir=tmp_path / "out",
                  library_dir=Path(library.place))  # fmt: skip
    outputs = {"video_tiktok": tmp_path / "video.mp4", "raw_video": tmp_path}
    drain(listening.remember(brief, outputs, ["tiktok: too loud"]))
    (kept,) = library.get("two").history
    assert kept["brief"]["theme"] == "award_elegant" and kept["brief"]["seed"] == 7
    assert kept["outputs"] == {
        "video_tiktok": {
            "file": str(tmp_path / "video.mp4"),
            "bytes": 4,
            "sha256": "d0607f7ad2628b2af9158dfba06ce87166e66b15bf68f8f358f9aa27ccb7c321",
        }
    }
    assert kept["passed"] is False and kept["problems"] == ["tiktok: too loud"]


def test_a_library_that_fails_costs_a_notice_and_not_the_job(library, tmp_path):
    brief = Brief(
        tmp_path / "a.wav", "nobody", ("tiktok",), output_dir=tmp_path / "out", library_dir=Path(library.place)
    )
    reports = []
    drain(listening.remember(brief, {}, []), reports.append)
    assert any(r.notice and "'nobody' is not in the library" in r.message for r in reports)
    with pytest.raises(SongNotFound):
        library.get("nobody")


def clicks(path: Path) -> Path:
    """Eight seconds of kicks at 120 BPM."""
    t = np.arange(8 * 22050) / 22050
    kick = np.sin(2 * np.pi * 60 * t) * np.exp(-12 * (t % 0.5))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes((kick * 20000).astype("<i2").tobytes())
    return path


def test_mixers_words_reach_the_show_and_stay_in_the_library(mixer_folder, tmp_path, monkeypatch):
    place = tmp_path / "library"
    brief = Brief(
        clicks(tmp_path / "a.wav"),
        "song_a_x_auto",
        ("tiktok",),
        output_dir=tmp_path / "out",
        library_dir=place,
    )
    told = []
    script = drain(listening.listen(brief, find_ffmpeg("")), told.append)
    assert (script.meta.title, script.meta.artist) == ("Auto", "A x B")
    assert [(line.start, line.end, line.text) for line in script.lyrics.lines] == [(1.0, 2.5, "hello there")]
    assert any("--grid x2" in r.message for r in told if r.notice)
    kept = ChromaStore(place).get("song_a_x_auto")
    assert kept.hints["bpm"] == 240.0 and kept.bpm == pytest.approx(120, rel=0.02)
    monkeypatch.delenv("CROSSFADE_MIXER")
    again = drain(listening.listen(brief.replace(lyrics_offset=0.5), find_ffmpeg("")))
    assert [(line.start, line.end) for line in again.lyrics.lines] == [(1.5, 3.0)]
    assert ChromaStore(place).get("song_a_x_auto").lyrics == kept.lyrics


# -------------------------------------------------------------------------------- online access in Blender


@pytest.fixture
def blender(monkeypatch) -> SimpleNamespace:
    """Stands in for an application whose settings do not allow to go online."""
    app = SimpleNamespace(binary_path="/usr/bin/blender", online_access=False)
    monkeypatch.setitem(sys.modules, "bpy", SimpleNamespace(app=app))
    return app


def test_a_blender_that_may_not_go_online_asks_no_other_machine(blender, tmp_path):
    place = Path("http://192.0.2.1:8000")  # kept for examples: nothing is there
    with pytest.raises(LibraryError, match="was not asked: this Blender may not go online") as caught:
        drain(listening.ask(place, Question("songs"), tmp_path / "ask"))
    assert "Allow Online Access" in caught.value.hint and "--online-mode" in caught.value.hint


def test_the_settings_of_blender_count_only_in_an_application(blender, monkeypatch):
    assert listening._offline() == {OFFLINE: "1"}
    blender.online_access = True
    assert listening._offline() == {}
    blender.online_access, blender.binary_path = False, ""  # the bpy package
    assert listening._offline() == {}
    monkeypatch.delitem(sys.modules, "bpy")
    assert listening._offline() == {}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"])
def test_a_server_on_this_machine_may_always_be_asked(monkeypatch, host):
    monkeypatch.setenv(OFFLINE, "1")
    assert may_reach(host)


@pytest.mark.parametrize("host", ["studio-server", "10.0.0.1", "127.0.0.1.example.org", "localhost.example.org", ""])
def test_other_machines_may_be_asked_only_online(monkeypatch, host):
    monkeypatch.delenv(OFFLINE, raising=False)
    assert may_reach(host)
    monkeypatch.setenv(OFFLINE, "1")
    assert not may_reach(host)


def test_the_worker_keeps_corrections_without_listening_again(library):
    place, store = library.place, library
    known = store.get("one")
    assert worker.keep_corrections(str(place), "one", ["x2", "off=16,drop"]) == {"kept": True}
    kept = store.get("one")
    assert [correction["action"] for correction in kept.grid_edits] == ["double", "off"]
    assert kept.replace(grid_edits=known.grid_edits) == known
    assert worker.keep_corrections(str(place), "never seen", ["x2"]) == {"kept": False}
    with pytest.raises(BriefError, match="Unknown grid correction"):
        worker.keep_corrections(str(place), "one", ["faster"])


def test_corrections_are_kept_in_a_process_of_its_own_and_open_no_new_library(library, tmp_path):
    store = library
    keep = listening.keep_corrections(Path(library.place), "one", ["nudge=12"], tmp_path / "job")
    assert drain(keep) is True
    assert [correction["value"] for correction in store.get("one").grid_edits] == [12.0]
    assert worker.keep_corrections(str(tmp_path / "none"), "one", ["x2"]) == {"kept": False}
    assert not (tmp_path / "none").exists()
