# SPDX-License-Identifier: GPL-3.0-or-later
"""From Mixer to the director: a mashup's words and names are used, its folder stays as it was; ids must be known."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("chromadb")

from crossfade_addon import headless, timeline
from crossfade_addon.brief import Brief
from crossfade_addon.errors import LibraryError, SongNotFound, StudioError
from crossfade_addon.library.chroma_store import ChromaStore
from crossfade_addon.library.songs import Song
from crossfade_addon.library.stores import MemoryStore
from crossfade_addon.worker import Reporter, recall

SONG_ID = "song_a_x_auto"
SECONDS = 6.0
WORDS = [
    {"word": "Hello", "start": 1.0, "end": 1.5},
    {"word": "mashup", "start": 1.5, "end": 2.2},
    {"word": "again.", "start": 3.2, "end": 3.8},
]


class StopsBeforeRendering:
    """Ends the job once the song is heard."""

    def check(self, brief):
        return ()

    def steps(self, *_arguments):
        raise StudioError("Far enough.")
        yield


@pytest.fixture
def folder(tmp_path) -> Path:
    """What Mixer leaves behind: its collection with the mashup's row, and the mashup itself."""
    import chromadb
    from chromadb.config import Settings

    folder = tmp_path / "mixer"
    folder.mkdir()
    path = folder / "chroma_db"
    row = {
        "artist": "Song A",
        "title": "A x Auto",
        "bpm": 120.0,
        "key": "Amin",
        "camelot": "8A",
        "energy_level": 7,
        "first_downbeat_sec": 0.0,
        "duration_sec": SECONDS,
        "sections": json.dumps([{"section_type": "verse", "start_sec": 0.0, "end_sec": 6.0, "energy_level": 0.7}]),
        "word_timings": json.dumps(WORDS),
    }
    with chromadb.PersistentClient(path=str(path), settings=Settings(anonymized_telemetry=False)) as client:
        songs = client.create_collection("tiki_library", metadata={"hnsw:space": "cosine"}, embedding_function=None)
        songs.add(ids=[SONG_ID], embeddings=[[0.1] * 384], documents=["Hello mashup again."], metadatas=[row])
    mashups = folder / "mashups"
    mashups.mkdir()
    t = np.arange(int(SECONDS * 22050)) / 22050
    with wave.open(str(mashups / f"{SONG_ID}.wav"), "wb") as file:
        file.setparams((1, 2, 22050, 0, "NONE", ""))
        file.writeframes((20_000 * np.sin(t * 700) * np.exp(-(t % 0.5) / 0.1)).astype("<i2").tobytes())
    return folder


def contents(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes() if path.is_file() else b"",
            path.stat().st_mtime_ns,
            path.stat().st_mode,
        )
        for path in (folder, *folder.rglob("*"))
    }


def job(folder: Path, out: Path, *arguments: str) -> int:
    song = folder / "mashups" / f"{SONG_ID}.wav"
    common = ["--audio", str(song), "--quality", "draft", "--output-dir", str(out), *arguments]
    return headless.main(common, studio=StopsBeforeRendering())


def test_a_mashup_is_taken_straight_from_mixer_and_not_a_byte_of_its_folder_changes(folder, tmp_path, capsys):
    (folder / "mashups" / "crossfade.toml").write_text('mixer = "../chroma_db"\n')
    before = contents(folder)
    out = tmp_path / "out"
    assert job(folder, out, "--song-id", SONG_ID, "--require-known") == StudioError.exit_code
    said = capsys.readouterr()
    assert "Far enough." in said.err and "is in Mixer's library" in said.out
    script = timeline.load(out / "timeline" / f"{SONG_ID}.json")
    assert (script.meta.title, script.meta.artist) == ("A x Auto", "Song A")
    assert [line.text for line in script.lyrics.lines] == ["Hello mashup", "again."]
    assert contents(folder) == before
    assert ChromaStore(tmp_path / "library").get(SONG_ID).hints["camelot"] == "8A"


@pytest.mark.parametrize("by", ["brief", "environment"])
def test_mixers_folder_is_named_by_the_brief_or_by_the_environment(folder, tmp_path, monkeypatch, by):
    library = folder / "chroma_db"
    monkeypatch.setenv("CROSSFADE_MIXER", str(library if by == "environment" else tmp_path / "elsewhere"))
    brief = Brief(Path("a.wav"), SONG_ID, (), mixer_dir=library if by == "brief" else None, require_known=True)
    before = contents(folder)
    found = recall(brief, MemoryStore(), Reporter(tmp_path))
    assert found is not None and found.artist == "Song A"
    assert contents(folder) == before


def test_an_unknown_id_is_refused_and_told_both_ways_to_know_it(folder, tmp_path):
    library = folder / "chroma_db"
    brief = Brief(Path("a.wav"), "nobody", (), mixer_dir=library, library_dir=tmp_path / "own", require_known=True)
    with pytest.raises(SongNotFound) as caught:
        recall(brief, MemoryStore(), Reporter(tmp_path))
    for part in ("'nobody'", str(library), str(tmp_path / "own"), "python -m mixer analyze nobody", "--require-known"):
        assert part in str(caught.value)


def test_without_mixer_an_unknown_id_is_refused_and_a_known_one_is_not(tmp_path, monkeypatch):
    monkeypatch.delenv("CROSSFADE_MIXER", raising=False)
    store, reporter = MemoryStore(), Reporter(tmp_path)
    brief = Brief(Path("a.wav"), "mine", (), require_known=True)
    with pytest.raises(SongNotFound, match="Mixer's is not named"):
        recall(brief, store, reporter)
    assert recall(brief.replace(require_known=False), store, reporter) is None
    store.put(Song("mine", "Mine"))
    found = recall(brief, store, reporter)
    assert found is not None and found.title == "Mine"


def test_a_mixer_folder_that_cannot_be_read_is_an_error_only_where_songs_must_be_known(tmp_path):
    brief = Brief(Path("a.wav"), "mine", (), mixer_dir=tmp_path, require_known=True)
    with pytest.raises(LibraryError, match="tiki_library"):
        recall(brief, MemoryStore(), Reporter(tmp_path))
    assert recall(brief.replace(require_known=False), MemoryStore(), Reporter(tmp_path)) is None
