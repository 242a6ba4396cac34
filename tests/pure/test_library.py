# SPDX-License-Identifier: GPL-3.0-or-later
"""Every song store behaves the same: in memory, in a folder, on a server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from library_songs import end, render, song, start

from crossfade_addon.errors import LibraryError, SongNotFound
from crossfade_addon.library import songs
from crossfade_addon.library.songs import MOST_RENDERS, Facts, Song
from crossfade_addon.library.stores import MemoryStore

ANALYSIS = {"sections": [{"energy_level": 0.2}, {"energy_level": 0.9}], "signals": {"means": {"kick": 0.5}}}
SONG = Song("夜に駆ける", "Título", "An Artist", "ab12", 187.25, 128.0, "crossfade", "1", ANALYSIS)
LYRICS = {
    "lines": [{"start": 1.5, "end": 3.0, "text": "夜 に", "words": [{"start": 1.5, "end": 2.0, "text": "夜"}]}],
    "language": "ja",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a ChromaDB server that is stopped after the tests of this file."""
    pytest.importorskip("chromadb")
    program = Path(sys.executable).with_name("chroma")
    if not program.exists():
        pytest.skip("the chroma program is not installed")
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "run", "--path", folder / "data", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(params=["memory", "folder", "server"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    pytest.importorskip("chromadb")
    from crossfade_addon.library.chroma_store import ChromaStore

    if request.param == "folder":
        yield ChromaStore(tmp_path / "my library")
        return
    kept = ChromaStore(request.getfixturevalue("server"))
    yield kept
    for name in kept.ids():
        kept.remove(name)


def test_a_song_comes_back_as_it_was_stored(store):
    store.put(SONG)
    assert store.get(SONG.song_id) == SONG


def test_everything_that_a_song_can_hold_comes_back(store):
    full = song("full").replace(
        grid_edits=[{"action": "bpm", "value": 128.0, "start": 3.5}, {"action": "tap", "taps": [1.0, 1.5, 2.0, 2.5]}],
        heard_beats={"timestamps": [0.5, 1.0], "bpm": 120.0},
        stems={"kick": "/music/キック.wav"},
        analysis_key="k",
        isrc="DEUM71900001",
        lyrics=LYRICS,
        hints={"source": "mixer", "sections": [{"start_time": 0.0, "end_time": 9.5}], "genres": ["Pop"]},
        history=[render(1), render(2, "chill_lofi")],
    )
    store.put(full)
    assert store.get("full") == full


def test_unknown_song_is_named(store):
    for ask in (store.get, store.remove, store.similar, lambda name: store.add_render(name, render(1))):
        with pytest.raises(SongNotFound, match="nobody"):
            ask("nobody")
    assert store.ids() == ()


def test_storing_again_replaces(store):
    store.put(SONG.replace(lyrics=LYRICS, isrc="x"))
    store.put(SONG.replace(title="New"))
    assert store.get(SONG.song_id) == SONG.replace(title="New")
    assert store.ids() == (SONG.song_id,)
    assert [facts.title for facts in store.facts()] == ["New"]


def test_ids_and_facts_are_listed_in_order(store):
    assert store.put_all(SONG.replace(song_id=name) for name in ("b", "a", "c")) == 3
    assert store.ids() == ("a", "b", "c")
    assert [facts.song_id for facts in store.facts()] == ["a", "b", "c"]
    store.put(song("d").replace(isrc="DEUM71900001"))
    assert store.facts()[-1] == Facts("d", "Title of d", "An Artist", "DEUM71900001", 124.0, "A minor", 60.0, "ab12")


def test_of_a_song_given_twice_the_later_one_stays(store):
    assert store.put_all([SONG, SONG.replace(title="Later")]) == 2
    assert store.get(SONG.song_id).title == "Later"


def test_removed_song_is_gone_with_its_history(store):
    store.put(SONG.replace(history=[render(1)]))
    store.remove(SONG.song_id)
    assert store.ids() == () and store.facts() == ()
    with pytest.raises(SongNotFound):
        store.remove(SONG.song_id)
    store.put(SONG)
    assert store.get(SONG.song_id).history == []


def test_song_without_analysis_can_be_stored(store):
    store.put(Song("bare"))
    assert store.get("bare") == Song("bare")
    with pytest.raises(LibraryError, match="'bare' sounds"):
        store.similar("bare")


def test_history_only_grows_and_forgets_only_what_is_old(store):
    store.put(SONG)
    store.add_render(SONG.song_id, render(2))
    store.add_render(SONG.song_id, render(1))
    store.put(SONG.replace(title="New", history=[render(3)]))
    store.add_render(SONG.song_id, render(3))
    assert store.get(SONG.song_id).history == [render(1), render(2), render(3)]
    with store.held():
        for second in range(4, MOST_RENDERS + 3):
            store.add_render(SONG.song_id, render(second))
    assert store.get(SONG.song_id).history == [render(s) for s in range(3, MOST_RENDERS + 3)]


def test_songs_that_sound_alike_come_first_and_the_reasons_are_said(store):
    store.put_all(
        [
            song("house"),
            song("house_too", 125.0),
            song("half_time", 62.0),
            song("bright", 124.0, highs=0.9, bass=0.2),
            song("off_beat", 171.0, kick_phase=0.25, bass=0.8),
            Song("never_heard"),
        ]
    )
    found = store.similar("house")
    assert found[0].song_id == "house_too" and found[0].distance < 0.3
    assert {s.song_id for s in found} == {"house_too", "half_time", "bright", "off_beat"}
    assert [s.distance for s in found] == sorted(s.distance for s in found)
    why = {s.song_id: "; ".join(s.why) for s in found}
    assert "the same tempo (125 beside 124 BPM)" in why["house_too"] and "the same tone" in why["house_too"]
    assert "half time" in why["half_time"]
    assert "more highs" in why["bright"] or "more brightness" in why["bright"]
    assert "rhythm" not in why["off_beat"] and "another tempo" in why["off_beat"]
    assert [s.song_id for s in store.similar("house", 1)] == ["house_too"]
    assert store.similar("house", 0) == ()


def test_a_sound_library_has_no_problems(store):
    store.put_all([SONG, song("a"), song("b"), Song("bare")])
    assert store.check() == ()


def test_broken_characters_and_nonsense_in_a_record_are_stored_and_harm_nobody(store):
    broken = song("broken").replace(
        title="Caf\udce9", analysis={"key": 7, "sections": [1], "beats": [], "signals": "x"}
    )
    store.put_all([broken, song("fine"), song("fine_too", 125.0)])
    assert store.get("broken").title == "Caf?"
    assert store.facts()[0].title == "Caf?"
    assert [s.song_id for s in store.similar("fine")] == ["fine_too"]
    assert store.check() == ()


def test_a_held_library_can_be_used_and_held_again(store):
    with store.held(), store.held():
        store.put(SONG)
        assert store.get(SONG.song_id) == SONG
    assert store.ids() == (SONG.song_id,)


# ---------------------------------------------------------------------------------- records as data


def test_records_of_other_versions_are_read():
    old = '{"song_id":"a","title":"t","artist":"","audio_sha256":"x","duration_sec":1.0,"bpm":120.0,"schema":1}'
    assert songs.song_from_json(old) == Song("a", "t", audio_sha256="x", duration_sec=1.0, bpm=120.0)
    newer = songs.song_to_json(SONG)[:-1] + ',"mood":"blue"}'
    assert songs.song_from_json(newer) == SONG


@pytest.mark.parametrize(
    "text", ["{not json", "[]", "{}", '{"song_id":""}', '{"song_id":"a","bpm":"fast"}', '{"song_id":"a","bpm":NaN}',
             '{"song_id":"a","history":{}}', '{"song_id":"a","history":[7]}', '{"song_id":7}']
)  # fmt: skip
def test_damaged_record_is_an_error_not_a_crash(text):
    with pytest.raises(LibraryError, match="damaged"):
        songs.song_from_json(text)


def test_the_look_is_that_of_the_newest_show():
    shown = SONG.replace(history=[render(1), render(2, "chill_lofi", platforms=["tiktok"])])
    assert songs.look_of(shown) == {"theme": "chill_lofi", "seed": 2, "intensity": 1.0, "avatar": "bot"}
    with pytest.raises(LibraryError, match="no look yet"):
        songs.look_of(SONG)


# ------------------------------------------------------------------------------------------- folders


@pytest.fixture
def chroma_store():
    pytest.importorskip("chromadb")
    from crossfade_addon.library.chroma_store import ChromaStore

    return ChromaStore


def test_chroma_remembers_across_processes(tmp_path, chroma_store):
    code = (
        "from pathlib import Path; from crossfade_addon.library.chroma_store import ChromaStore\n"
        "from library_songs import song; ChromaStore(Path(sys.argv[1])).put(song('kept', 120.0))"
    )
    end(start(code, tmp_path))
    assert chroma_store(tmp_path).get("kept") == song("kept", 120.0)


def test_library_folder_that_cannot_be_made_is_named(tmp_path, chroma_store):
    blocked = tmp_path / "taken"
    blocked.write_text("mine")
    with pytest.raises(LibraryError, match="taken"):
        chroma_store(blocked)
    assert blocked.read_text() == "mine"


def as_first_version_stored(folder: Path, stored: Song) -> None:
    """Store a song with the code of the first version: one collection, the record alone, vectors of 16 numbers."""
    import chromadb
    from chromadb.config import Settings

    fields = ("song_id", "title", "artist", "audio_sha256", "duration_sec", "bpm", "analyser", "director_version")
    fields += ("analysis", "grid_edits", "heard_beats", "stems", "analysis_key", "schema")
    record = json.dumps({name: getattr(stored, name) for name in fields}, ensure_ascii=False, separators=(",", ":"))
    with chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False)) as client:
        client.get_or_create_collection("crossfade_songs", embedding_function=None).upsert(
            ids=[stored.song_id],
            documents=[f"{stored.title} {stored.artist}"],
            embeddings=[[1.0] + [0.0] * 15],
            metadatas=[
                {
                    "schema": stored.schema,
                    "title": stored.title,
                    "artist": stored.artist,
                    "bpm": stored.bpm,
                    "duration_sec": stored.duration_sec,
                    "audio_sha256": stored.audio_sha256,
                    "record": record,
                }
            ],
        )


def test_a_library_of_the_first_version_opens_whole_and_is_indexed(tmp_path, chroma_store):
    (tmp_path / "old").mkdir()
    for name, bpm in (("a", 124.0), ("b", 125.0)):
        as_first_version_stored(tmp_path / "old", song(name, bpm))
    store = chroma_store(tmp_path / "old")
    assert store.get("a") == song("a")
    assert [s.song_id for s in store.similar("a")] == ["b"]
    assert store.check() == ()


def test_what_the_first_version_does_not_know_outlives_its_writing(tmp_path, chroma_store):
    store = chroma_store(tmp_path / "shared")
    store.put(song("a").replace(lyrics=LYRICS, isrc="DEUM71900001", hints={"bpm": 62.0}, history=[render(1)]))
    as_first_version_stored(tmp_path / "shared", song("a").replace(title="Written by the old one"))
    as_first_version_stored(tmp_path / "shared", song("new", 90.0))
    kept = store.get("a")
    assert kept.title == "Written by the old one"
    assert (kept.lyrics, kept.isrc, kept.hints, kept.history) == (LYRICS, "DEUM71900001", {"bpm": 62.0}, [render(1)])
    assert [facts.song_id for facts in store.facts()] == ["a", "new"]
    assert store.check() == ()
    assert store.facts()[0].title == "Written by the old one"


def test_an_unreachable_server_is_named(chroma_store):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(LibraryError, match=address) as caught:
            chroma_store(address)
    assert "chroma run" in caught.value.hint


def test_an_address_stays_one_when_it_goes_through_a_path(server, chroma_store):
    assert chroma_store(Path(server)).server == server
