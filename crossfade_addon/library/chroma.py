# SPDX-License-Identifier: GPL-3.0-or-later
"""ChromaDB itself: clients of folders and servers, without models, telemetry or settings from elsewhere."""

from __future__ import annotations

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import LibraryError, ToolMissing
from . import swap
from .places import may_reach


def _chromadb() -> tuple[Any, Any]:
    """The package, and settings without telemetry."""
    try:
        import chromadb
    except ImportError as error:
        raise ToolMissing(
            f"The song library needs the chromadb package ({error}).",
            hint="Install the add-on from its zip, or the package with its dependencies.",
        ) from error
    return chromadb, _settings().model_copy()


@functools.cache
def _settings() -> Any:
    """Made once: half of the time of an opening went into it. No .env file of some folder has a say."""
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False, _env_file=None)  # type: ignore[call-arg]


def server_client(address: str) -> Any:
    """A client of a server; nothing else is ever asked for over the network."""
    chromadb, settings = _chromadb()
    hint = "Start one with: chroma run --path FOLDER --port 8000; or give a folder."
    try:
        parts = urlsplit(address)
        host, port, is_secure = parts.hostname, parts.port, parts.scheme == "https"
    except ValueError:
        host, port, is_secure = None, None, False
    if not host:
        raise LibraryError(f"'{address}' is not the address of a song library.", hint="Write http://HOST:PORT.")
    if not may_reach(host):
        raise LibraryError(
            f"The song library at '{address}' was not asked: this Blender may not go online.",
            hint="Switch on Preferences > System > Network > Allow Online Access, or start Blender with --online-mode.",
        )
    try:
        return chromadb.HttpClient(
            host=host, port=port or (443 if is_secure else 8000), ssl=is_secure, settings=settings
        )
    except ImportError as error:
        raise ToolMissing(f"A song library on a server needs one more package ({error}).", hint=hint) from error
    except Exception as error:
        raise LibraryError(
            f"The song library at '{address}' cannot be reached: {first_line(error)}.", hint=hint
        ) from error


@contextlib.contextmanager
def folder_client(folder: Path) -> Generator[Any, None, None]:
    """A client of a folder, closed at the end; the caller holds the folder's lock."""
    chromadb, settings = _chromadb()
    try:
        client = chromadb.PersistentClient(path=str(folder), settings=settings)
    except BaseException as error:
        if not is_chromas(error):
            raise
        # Chroma would give the half-made client to whoever opens the folder next.
        chromadb.api.client.SharedSystemClient.clear_system_cache()
        raise LibraryError(
            f"The song library in '{folder}' cannot be opened: {first_line(_root(error))}.",
            hint="Choose another folder with --library, or restore a backup into it.",
        ) from error
    try:
        yield client
    finally:
        client.close()


def read_copy(folder: Path, collection: str) -> tuple[list[str], list[dict[str, Any]], list[str]]:
    """Ids, metadata and documents of a collection in another program's folder, of which no byte is changed.

    ChromaDB may upgrade what it opens, so a copy is opened.

    Raises
    ------
    LibraryError
        When the folder holds no such collection or cannot be read.
    ToolMissing
        When the chromadb package is not installed.
    """
    if collection not in swap.collection_names(folder):
        raise LibraryError(
            f"'{folder}' holds no ChromaDB collection '{collection}'.", hint="Give the folder with chroma.sqlite3."
        )
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        copy = Path(scratch) / "copy"
        try:
            shutil.copytree(folder, copy, ignore=lambda at, names: _not_chromas(names) if Path(at) == folder else ())
        except (OSError, shutil.Error) as error:
            raise LibraryError(f"'{folder}' cannot be read: {first_line(error)}.") from error
        with folder_client(copy) as client:
            try:
                found = client.get_collection(collection, embedding_function=None).get(
                    include=["metadatas", "documents"]
                )
            except BaseException as error:
                if not is_chromas(error):
                    raise
                raise LibraryError(f"'{folder}' cannot be read: {first_line(error)}.") from error
    metadatas: list[dict[str, Any] | None] = found["metadatas"] or []
    texts: list[str | None] = found["documents"] or []
    return found["ids"], [data or {} for data in metadatas], [text or "" for text in texts]


def _not_chromas(names: list[str]) -> list[str]:
    """What else lies in a folder: audio, perhaps, which need not be copied."""
    return [name for name in names if not swap.is_chromas(name)]


def make_folder(folder: Path) -> None:
    """Make the library's folder, or raise LibraryError; without the chromadb package, ToolMissing, and no folder."""
    _chromadb()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(
            f"The song library in '{folder}' cannot be opened: {error.strerror}.",
            hint="Choose another folder with --library.",
        ) from error


def is_chromas(error: BaseException) -> bool:
    """Chroma raises plain Exceptions of its Rust core, and panics that are not even Exceptions."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def first_line(error: BaseException) -> str:
    """What an error says, for the middle of a sentence."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _root(error: BaseException) -> BaseException:
    """What went wrong first."""
    while error.__context__ is not None:
        error = error.__context__
    return error
