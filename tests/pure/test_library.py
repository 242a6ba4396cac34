# SPDX-License-Identifier: GPL-3.0-or-later
"""Every song store behaves the same."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from crossfade_addon.errors import LibraryError, SongNotFound
from crossfade_addon.library import songs
from crossfade_addon.library.songs import MemoryStore, Song

ANALYSIS = {"sections": [{"energy_level": 0.2}, {"energy_level": 0.9}], "signals": {"means": {"kick": 0.5}}}
SONG = Song("夜に駆ける", "Título", "An Artist", "ab12", 187.25, 128.0, "crossfade", "1", ANALYSIS)


@pytest.fixture(params=["memory", "chroma"])
def store(request, tmp_path):
    if request.param == "memory":
        return MemoryStore()
    pytest.importorskip("chromadb")
    from crossfade_addon.library.chroma import ChromaStore

    return ChromaStore(tmp_path / "my library")


def test_a_song_comes_back_as_it_was_stored(store):
    store.put(SONG)
    assert store.get(SONG.song_id) == SONG


def test_corrections_and_stems_come_back_with_the_song(store):
    edits = [{"action": "bpm", "value": 128.0, "start": 3.5}, {"action": "tap", "taps": [1.0, 1.5, 2.0, 2.5]}]
    song = SONG.replace(
        grid_edits=edits,
        heard_beats={"timestamps": [0.5, 1.0], "bpm": 120.0},
        stems={"kick": "/music/キック.wav"},
        analysis_key="k",
    )
    store.put(song)
    assert store.get(SONG.song_id) == song


def test_records_of_other_versions_are_read():
    old = '{"song_id":"a","title":"t","artist":"","audio_sha256":"x","duration_sec":1.0,"bpm":120.0,"schema":1}'
    assert songs.song_from_json(old) == Song("a", "t", audio_sha256="x", duration_sec=1.0, bpm=120.0)
    newer = songs.song_to_json(SONG)[:-1] + ',"mood":"blue"}'
    assert songs.song_from_json(newer) == SONG


def test_unknown_song_is_named(store):
    with pytest.raises(SongNotFound, match="nobody"):
        store.get("nobody")


def test_storing_again_replaces(store):
    store.put(SONG)
    store.put(SONG.replace(title="New"))
    assert store.get(SONG.song_id).title == "New"
    assert store.ids() == (SONG.song_id,)


def test_ids_are_listed_in_order(store):
    for name in ("b", "a", "c"):
        store.put(SONG.replace(song_id=name))
    assert store.ids() == ("a", "b", "c")


def test_removed_song_is_gone(store):
    store.put(SONG)
    store.remove(SONG.song_id)
    with pytest.raises(SongNotFound):
        store.get(SONG.song_id)
    with pytest.raises(SongNotFound):
        store.remove(SONG.song_id)


def test_song_without_analysis_can_be_stored(store):
    store.put(Song("bare"))
    assert store.get("bare") == Song("bare")


def test_chroma_remembers_across_processes(tmp_path):
    pytest.importorskip("chromadb")
    from crossfade_addon.library.chroma import ChromaStore

    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from crossfade_addon.library.chroma import ChromaStore; from crossfade_addon.library.songs import Song;"
        "ChromaStore(Path(sys.argv[1])).put(Song('kept', bpm=120.0))"
    )
    root = Path(__file__).resolve().parents[2]

    subprocess.run([sys.executable, "-c", code, str(tmp_path), str(root)], check=True, timeout=120)
    assert ChromaStore(tmp_path).get("kept").bpm == 120.0


def test_library_folder_that_cannot_be_made_is_named(tmp_path):
    pytest.importorskip("chromadb")
    from crossfade_addon.library.chroma import ChromaStore

    blocked = tmp_path / "taken"
    blocked.write_text("mine")
    with pytest.raises(LibraryError, match="taken"):
        ChromaStore(blocked)
    assert blocked.read_text() == "mine"


def test_damaged_record_is_an_error_not_a_crash():
    with pytest.raises(LibraryError, match="damaged"):
        songs.song_from_json("{not json")


def test_half_and_double_time_feel_the_same():
    slow, fast = (songs.embed(bpm, [0.2, 0.8], [0.5] * 8) for bpm in (70, 140))
    other = songs.embed(100, [0.2, 0.8], [0.5] * 8)
    assert slow == pytest.approx(fast)
    assert math.dist(slow, other) > 0.3


@pytest.mark.parametrize("arguments", [(0, [], []), (128, [1.0], [0.3] * 12), (1e-3, [0.0] * 40, [])])
def test_embedding_always_has_unit_length_and_sixteen_numbers(arguments):
    vector = songs.embed(*arguments)
    assert len(vector) == songs.EMBEDDING_SIZE
    assert math.hypot(*vector) == pytest.approx(1)
