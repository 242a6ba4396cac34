# SPDX-License-Identifier: GPL-3.0-or-later
"""The library as files: JSON lines to exchange songs, backups to bring a library back, and mending a damaged one.

An export is text, one song a line; importing adds its songs. A backup is the same in a zip with a count and a hash;
restoring it makes the library what it was, whole or not at all.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from ..errors import LibraryError
from . import swap
from .chroma import make_folder
from .chroma_store import WAIT_S, ChromaStore
from .guard import FolderLock
from .songs import Song, song_from_json, song_to_json
from .stores import SongStore, every

FORMAT = 1
_SONGS, _MANIFEST = "songs.jsonl", "manifest.json"
_DAMAGE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError)


def export_lines(store: SongStore, path: Path) -> int:
    """Write every song as a line of JSON; the file is there whole or not at all. Returns how many they were."""
    with _written(path) as file, store.held():
        return _write_lines(store, file)[0]


def import_lines(store: SongStore, path: Path) -> int:
    """Add the songs of an export, once all its lines are known to be right. Returns how many they were.

    A song that is there already is replaced; its history is added to.

    Raises
    ------
    LibraryError
        At the first line that is no song, with its number; nothing was imported then.
    """
    for _ in _read_lines(path):
        pass
    return store.put_all(_read_lines(path))


def back_up(store: SongStore, path: Path) -> int:
    """Write a backup of a sound library. Returns how many songs it holds.

    Raises
    ------
    LibraryError
        When the library is damaged, or the file cannot be written.
    """
    with store.held():
        if problems := store.check():
            raise LibraryError(
                f"The song library is damaged and was not backed up: {problems[0]}.",
                hint="Mend it first with: python -m crossfade_addon.library repair.",
            )
        with _written(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            with archive.open(_SONGS, "w", force_zip64=True) as lines:
                count, digest = _write_lines(store, lines)
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            manifest = {"crossfade_library": FORMAT, "made": now, "songs": count, "sha256": digest}
            archive.writestr(_MANIFEST, json.dumps(manifest))
    return count


def restore(folder: Path, path: Path, *, wait_s: float = WAIT_S) -> int:
    """Make a library's folder what a backup holds. Returns how many songs that are.

    Raises
    ------
    LibraryError
        When the backup is not whole, or the folder is in use or cannot be written; the library is then as it was.
    """
    with _opened_backup(path) as (archive, manifest):
        folder = folder.expanduser().resolve()
        make_folder(folder)
        with FolderLock(folder, wait_s):
            count = _replace(folder, _archived(archive, manifest, path), expected=int(manifest["songs"]))
    return count


def repair(folder: Path, *, wait_s: float = WAIT_S) -> tuple[int, tuple[str, ...]]:
    """Make the library anew from its records, which outlive a damaged index.

    Returns
    -------
    (int, tuple of str)
        How many songs it has now, and what could not be read, in words.
    """
    folder = folder.expanduser().resolve()
    make_folder(folder)
    lost: list[str] = []
    with FolderLock(folder, wait_s):
        swap.finish(folder)
        # Without the vector files, which may be what is damaged, ChromaDB still reads the records.
        salvage = folder / "salvage"
        shutil.rmtree(salvage, ignore_errors=True)
        try:
            salvage.mkdir()
            for path in folder.glob(f"{swap.DATABASE}*"):
                shutil.copyfile(path, salvage / path.name)
            old = ChromaStore(salvage, is_trusted=True)
            count = _replace(folder, _readable(old, lost), expected=None)
        except OSError as error:
            raise LibraryError(f"The song library in '{folder}' could not be repaired: {error}.") from error
        finally:
            shutil.rmtree(salvage, ignore_errors=True)
    return count, tuple(lost)


def _readable(store: ChromaStore, lost: list[str]) -> Iterator[Song]:
    for name in store.ids():
        try:
            song = store.get(name)
        except LibraryError as error:
            lost.append(f"'{name}': {error.message}")
            continue
        yield song


def _replace(folder: Path, songs: Iterable[Song], *, expected: int | None) -> int:
    """Build a library of these songs, prove it, and put it in the place of the old one; the caller has the lock."""
    swap.finish(folder)
    others = [name for name in swap.collection_names(folder) if not name.startswith("crossfade_")]
    if others:
        raise LibraryError(
            f"'{folder}' also holds '{others[0]}' of another program, which would be lost.",
            hint="Give Crossfade a folder of its own.",
        )
    try:
        new = ChromaStore(swap.stage(folder))
        count = new.put_all(songs)
        problems = new.check()
        if problems or (expected is not None and (count, len(new.ids())) != (expected, expected)):
            what = problems[0] if problems else f"{len(new.ids())} songs of {expected}"
            raise LibraryError(f"The song library in '{folder}' could not be replaced: {what}; it is as it was.")
    except BaseException:
        swap.abandon(folder)
        raise
    swap.commit(folder)
    return count


# ---------------------------------------------------------------------------------------------- files


def _write_lines(store: SongStore, file: IO[bytes]) -> tuple[int, str]:
    count, digest = 0, hashlib.sha256()
    for song in every(store):
        line = song_to_json(song).encode("utf-8") + b"\n"
        digest.update(line)
        file.write(line)
        count += 1
    return count, digest.hexdigest()


def _read_lines(path: Path) -> Iterator[Song]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from _songs_of(file, f"'{path}'")
    except (OSError, UnicodeDecodeError) as error:
        raise LibraryError(f"'{path}' cannot be read: {error}.", hint="Give a file that export wrote.") from error


def _songs_of(lines: Iterable[str], where: str) -> Iterator[Song]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield song_from_json(line)
        except LibraryError as error:
            raise LibraryError(
                f"Line {number} of {where} is no song: {error.message}", hint="Give a file that export wrote."
            ) from error


@contextlib.contextmanager
def _written(path: Path) -> Generator[IO[bytes], None, None]:
    """A file that appears under its name when it is whole."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise LibraryError(
            f"'{path}' cannot be written: {error.strerror}.", hint="Choose another file, or free some space."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _opened_backup(path: Path) -> Generator[tuple[zipfile.ZipFile, dict[str, Any]], None, None]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise _no_backup(path, error) from error
    with archive:
        try:
            manifest = json.loads(archive.read(_MANIFEST))
            version, _, _ = int(manifest["crossfade_library"]), int(manifest["songs"]), str(manifest["sha256"])
        except _DAMAGE as error:
            raise _no_backup(path, error) from error
        if version > FORMAT:
            raise LibraryError(f"Backup '{path}' is of a newer version.", hint="Use that version to restore it.")
        yield archive, manifest


def _no_backup(path: Path, error: Exception) -> LibraryError:
    return LibraryError(f"'{path}' is no whole backup: {error}.", hint="Give a file that backup wrote.")


def _archived(archive: zipfile.ZipFile, manifest: dict[str, Any], path: Path) -> Iterator[Song]:
    """The songs of a backup; raises LibraryError at the end when they are not those that were written."""
    digest = hashlib.sha256()

    def lines() -> Iterator[str]:
        try:
            with archive.open(_SONGS) as file:
                for line in file:
                    digest.update(line)
                    yield line.decode("utf-8")
        except _DAMAGE as error:
            raise _no_backup(path, error) from error

    yield from _songs_of(lines(), f"backup '{path}'")
    if digest.hexdigest() != manifest["sha256"]:
        raise LibraryError(f"Backup '{path}' is damaged: its songs are not those that were written.")
