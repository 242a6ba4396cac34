# SPDX-License-Identifier: GPL-3.0-or-later
"""A library's folder: one process at a time, damage that is seen and mended, contents replaced whole or not at all."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest
from library_songs import end, render, song, start

pytest.importorskip("chromadb")

from crossfade_addon.errors import LibraryError, ToolMissing
from crossfade_addon.library import backup, swap
from crossfade_addon.library.chroma_store import ChromaStore
from crossfade_addon.library.guard import NAME, FolderLock
from crossfade_addon.library.songs import Song

HOLD = """
from pathlib import Path
from crossfade_addon.library.guard import FolderLock
with FolderLock(Path(sys.argv[1]), 5):
    print("held", flush=True)
    sys.stdin.readline()
"""
WRITE = """
from pathlib import Path
from crossfade_addon.library.chroma_store import ChromaStore
from library_songs import song, render
writer, count = int(sys.argv[2]), int(sys.argv[3])
store = ChromaStore(Path(sys.argv[1]), wait_s=120)
for k in range(count):
    store.put(song(f"w{writer}_{k}", 80.0 + k))
    store.add_render("shared", render(60 * writer + k))
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of ``tmp_path``."""
    process = start(HOLD, tmp_path)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# ---------------------------------------------------------------------------------------------- lock


def test_who_holds_the_library_is_named(tmp_path, holder):
    with pytest.raises(LibraryError, match="in use by") as caught:
        ChromaStore(tmp_path, wait_s=0.1)
    assert f"process {holder.pid} " in caught.value.message and str(tmp_path) in caught.value.message


def test_a_library_that_becomes_free_in_time_is_opened(tmp_path, holder):
    timer = threading.Timer(0.5, lambda: (holder.stdin.write("\n"), holder.stdin.flush()))
    timer.start()
    began = time.monotonic()
    with FolderLock(tmp_path, 20):
        assert time.monotonic() - began > 0.3


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_the_lock_of_a_killed_process_blocks_nobody(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert f'"pid": {holder.pid}' in (tmp_path / NAME).read_text()
    with FolderLock(tmp_path, 0):
        assert f'"pid": {os.getpid()}' in (tmp_path / NAME).read_text()
    assert (tmp_path / NAME).read_text() == ""


@pytest.mark.parametrize("text", ["", "{", '{"pid": "x"}', "\x00\xff", "[1]"])
def test_nonsense_in_the_lock_file_is_not_believed(tmp_path, text):
    (tmp_path / NAME).write_text(text, encoding="latin-1")
    with FolderLock(tmp_path, 0), pytest.raises(LibraryError, match="in use by process"):
        FolderLock(tmp_path, 0).__enter__()
    with FolderLock(tmp_path, 0):
        (tmp_path / NAME).write_text(text, encoding="latin-1")
        with pytest.raises(LibraryError, match="in use by another process"):
            FolderLock(tmp_path, 0).__enter__()


def test_four_processes_at_once_lose_and_damage_nothing(tmp_path):
    store = ChromaStore(tmp_path)
    store.put(Song("shared"))
    writers, each = range(4), 4
    for process in [start(WRITE, tmp_path, writer, each) for writer in writers]:
        end(process)
    assert set(store.ids()) == {"shared", *(f"w{w}_{k}" for w in writers for k in range(each))}
    assert all(store.get(f"w{w}_{k}") == song(f"w{w}_{k}", 80.0 + k) for w in writers for k in range(each))
    assert store.get("shared").history == [render(60 * w + k) for w in writers for k in range(each)]
    assert store.check() == ()


# -------------------------------------------------------------------------------------------- damage


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """A library of sixty songs, with its vectors on disk."""
    folder = tmp_path_factory.mktemp("filled")
    store = ChromaStore(folder)
    with store.held():
        store.put_all(song(f"s{k:02d}", 80.0 + k).replace(history=[render(k)]) for k in range(60))
    return folder


@pytest.fixture
def copy(filled, tmp_path) -> Path:
    """A copy of it to be damaged."""
    return Path(shutil.copytree(filled, tmp_path / "copy"))


def nonsense(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 5])


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("data_level0.bin", nonsense),
        ("data_level0.bin", cut_off),
        ("link_lists.bin", nonsense),
        ("header.bin", nonsense),
    ],
)
def test_damaged_vectors_are_named_before_they_can_do_harm_and_repaired(copy, name, harm):
    for path in copy.glob(f"*-*/{name}"):
        harm(path)
    if name == "header.bin" and harm is nonsense:
        # Another version's format is not judged: this one's number is kept.
        for path in copy.glob("*-*/header.bin"):
            path.write_bytes(b"\1\0\0\0" + path.read_bytes()[4:])
    with pytest.raises(LibraryError, match="damaged: the vectors") as caught:
        ChromaStore(copy)
    assert "repair" in caught.value.hint
    assert backup.repair(copy) == (60, ())
    store = ChromaStore(copy)
    assert store.check() == ()
    assert store.get("s07") == song("s07", 87.0).replace(history=[render(7)])


def test_vectors_that_lack_songs_are_seen_at_the_first_opening(copy):
    """What two writers at once leave: counts and records are right, the search finds a part."""
    (path,) = copy.glob("*-*/index_metadata.pickle")
    labels = pickle.loads(path.read_bytes())
    for name in sorted(labels["id_to_label"])[::3]:
        labels["label_to_id"].pop(labels["id_to_label"].pop(name))
    path.write_bytes(pickle.dumps(labels))
    with pytest.raises(LibraryError):
        ChromaStore(copy)
    assert backup.repair(copy) == (60, ())
    assert ChromaStore(copy).check() == ()


def test_songs_that_the_index_lost_are_named_by_a_check(copy):
    import chromadb

    store = ChromaStore(copy)
    with chromadb.PersistentClient(path=str(copy)) as client:
        client.get_collection("crossfade_index_1", embedding_function=None).delete(ids=["s10"])
        client.get_collection("crossfade_songs", embedding_function=None).update(
            ids=["s20"], metadatas=[{"record": "{broken"}]
        )
    problems = ChromaStore(copy, is_trusted=True).check()
    assert any("'s10' is not in the index" in p for p in problems) and any("'s20'" in p for p in problems)
    assert len(problems) == 2
    count, lost = backup.repair(copy)
    assert count == 59 and len(lost) == 1 and "'s20'" in lost[0]
    assert store.check() == () and "s10" in store.ids()


def test_a_database_of_nonsense_is_named_and_left_for_a_restore(copy, filled, tmp_path):
    backup.back_up(ChromaStore(filled), tmp_path / "songs.zip")
    (copy / "chroma.sqlite3").write_bytes(b"no database" * 999)
    with pytest.raises(LibraryError, match="cannot be opened"):
        ChromaStore(copy)
    assert backup.restore(copy, tmp_path / "songs.zip") == 60
    assert ChromaStore(copy).get("s59") == song("s59", 139.0).replace(history=[render(59)])


# -------------------------------------------------------------------------------- backup and restore


@pytest.fixture
def two(tmp_path) -> tuple[Path, Path]:
    """A library that holds ``new``, and the backup of one that holds ``old_1`` and ``old_2``."""
    earlier = ChromaStore(tmp_path / "earlier")
    earlier.put_all([song("old_1").replace(history=[render(1)]), song("old_2", 90.0)])
    assert backup.back_up(earlier, tmp_path / "songs.zip") == 2
    store = ChromaStore(tmp_path / "library")
    store.put(song("new"))
    return tmp_path / "library", tmp_path / "songs.zip"


def test_restoring_makes_the_library_what_the_backup_holds(two):
    folder, archive = two
    (folder / "my notes.txt").write_text("mine")
    assert backup.restore(folder, archive) == 2
    store = ChromaStore(folder)
    assert store.ids() == ("old_1", "old_2")
    assert store.get("old_1") == song("old_1").replace(history=[render(1)])
    assert store.check() == ()
    assert (folder / "my notes.txt").read_text() == "mine"
    assert sorted(p.name for p in folder.iterdir() if "-" not in p.name) == ["chroma.sqlite3", NAME, "my notes.txt"]


def cut(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-40])


def flip(archive: Path) -> None:
    data = bytearray(archive.read_bytes())
    data[len(data) // 3] ^= 0xFF
    archive.write_bytes(bytes(data))


def shorten(archive: Path) -> None:
    """A well-formed archive that lacks a song."""
    with zipfile.ZipFile(archive) as old:
        manifest, lines = old.read("manifest.json"), old.read("songs.jsonl").splitlines(keepends=True)
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("songs.jsonl", lines[0])
        new.writestr("manifest.json", manifest)


def text(archive: Path) -> None:
    archive.write_text("not a zip")


@pytest.mark.parametrize("harm", [cut, flip, shorten, text, Path.unlink])
def test_a_backup_that_is_not_whole_changes_nothing(two, harm):
    folder, archive = two
    harm(archive)
    with pytest.raises(LibraryError):
        backup.restore(folder, archive)
    assert ChromaStore(folder).ids() == ("new",)
    assert ChromaStore(folder).get("new") == song("new")
    assert not (folder / "restoring").exists()


@pytest.mark.parametrize("call", [1, 2, 4])
def test_a_restore_cut_off_after_its_commit_is_finished_at_the_next_opening(two, call, monkeypatch):
    folder, archive = two
    calls = []

    def fails(path: Path) -> None:
        calls.append(path)
        if len(calls) == call:
            raise KeyboardInterrupt
        remove(path)

    remove = swap._remove
    monkeypatch.setattr(swap, "_remove", fails)
    with pytest.raises(KeyboardInterrupt):
        backup.restore(folder, archive)
    monkeypatch.undo()
    store = ChromaStore(folder)
    assert store.ids() == ("old_1", "old_2") and store.check() == ()
    assert not (folder / "restored").exists()


def test_a_restore_waits_for_nobody_forever(tmp_path, two, holder):
    with pytest.raises(LibraryError, match=f"process {holder.pid} "):
        backup.restore(tmp_path, two[1], wait_s=0.1)


def test_a_damaged_library_is_not_backed_up(copy, tmp_path):
    import chromadb

    with chromadb.PersistentClient(path=str(copy)) as client:
        client.get_collection("crossfade_index_1", embedding_function=None).delete(ids=["s10"])
    with pytest.raises(LibraryError, match="damaged"):
        backup.back_up(ChromaStore(copy, is_trusted=True), tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists() and not list(tmp_path.glob("*.part"))


# -------------------------------------------------------------------------------- export and import


def test_an_export_holds_one_song_a_line_and_comes_in_again(two, tmp_path):
    folder, _ = two
    earlier, store = ChromaStore(tmp_path / "earlier"), ChromaStore(folder)
    assert backup.export_lines(earlier, tmp_path / "songs.jsonl") == 2
    assert len((tmp_path / "songs.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    store.put(song("old_1", 99.0).replace(history=[render(2)]))
    assert backup.import_lines(store, tmp_path / "songs.jsonl") == 2
    assert store.ids() == ("new", "old_1", "old_2")
    assert store.get("old_1") == song("old_1").replace(history=[render(1), render(2)])


def test_an_import_with_a_wrong_line_names_it_and_imports_nothing(two, tmp_path):
    folder, _ = two
    path = tmp_path / "songs.jsonl"
    path.write_text('{"song_id":"fine"}\n\n{"song_id":"a","bpm":"fast"}\n', encoding="utf-8")
    with pytest.raises(LibraryError, match=r"Line 3 of .*bpm"):
        backup.import_lines(ChromaStore(folder), path)
    assert ChromaStore(folder).ids() == ("new",)


def test_an_export_that_cannot_be_written_is_named(two, tmp_path):
    with pytest.raises(LibraryError, match="cannot be written"):
        backup.export_lines(ChromaStore(two[0]), tmp_path / "no such folder" / "x.jsonl")


def test_without_the_chromadb_package_no_folder_is_left(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "chromadb", None)
    with pytest.raises(ToolMissing, match="chromadb"):
        ChromaStore(tmp_path / "data" / "library")
    assert list(tmp_path.iterdir()) == []
