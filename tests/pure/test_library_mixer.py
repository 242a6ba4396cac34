# SPDX-License-Identifier: GPL-3.0-or-later
"""Mixer's library: read as it is, and not a byte of it changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("chromadb")

from crossfade_addon.errors import LibraryError, SongNotFound
from crossfade_addon.hearing import lyrics_from_record
from crossfade_addon.library import mixer
from crossfade_addon.library.chroma_store import ChromaStore
from crossfade_addon.library.mixer import song_from_mixer
from crossfade_addon.library.songs import Song

SEGMENTS = [
    {
        "start": 10.0,
        "end": 12.4,
        "text": " Shake it off,",
        "words": [
            {"word": " Shake", "start": 10.0, "end": 10.5, "probability": 0.9},
            {"word": " it", "start": 10.5, "end": 10.7, "probability": 0.9},
            {"word": " off,", "start": 10.7, "end": 12.4, "probability": 0.9},
        ],
    },
    {"start": 14.0, "end": 15.0, "text": " Off!", "words": [{"word": " Off!", "start": 14.0, "end": 15.0}]},
]
SECTIONS = [
    {"section_type": "intro", "start_sec": 0.0, "end_sec": 8.0, "duration_sec": 8.0, "energy_level": 0.2, "themes": []},
    {"section_type": "chorus", "start_sec": 8.0, "end_sec": 30.0, "duration_sec": 22.0, "energy_level": 0.9},
]
METADATA = {
    "source": "youtube",
    "path": "/library_cache/a_singer_shake.wav",
    "bpm": 160.5,
    "key": "Gmaj",
    "camelot": "9B",
    "genres": json.dumps(["Pop", "Dance"]),
    "primary_genre": "Pop",
    "irony_score": 3,
    "mood_summary": "Upbeat and carefree.",
    "energy_level": 8,
    "valence": 9,
    "first_downbeat_sec": 0.523,
    "duration_sec": 215.3,
    "sample_rate": 44100,
    "has_vocals": True,
    "artist": "A Singer",
    "title": "Shake",
    "date_added": "2026-01-18T10:30:00Z",
    "sections": json.dumps(SECTIONS),
    "word_timings": json.dumps(SEGMENTS),
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """What Mixer writes: its collection with its own embedding of 384 numbers, lyrics and mood as documents."""
    import chromadb
    from chromadb.config import Settings

    path = tmp_path / "chroma_db"
    with chromadb.PersistentClient(path=str(path), settings=Settings(anonymized_telemetry=False)) as client:
        songs = client.create_collection("tiki_library", metadata={"hnsw:space": "cosine"}, embedding_function=None)
        songs.add(
            ids=["a_singer_shake", "nobody_hum"],
            embeddings=[[0.1] * 384, [0.2] * 384],
            documents=["Shake it off, Off!\n\n[MOOD]: Upbeat and carefree.", ""],
            metadatas=[METADATA, {"artist": "Nobody", "title": "Hum", "bpm": 90.0}],
        )
    return path


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): (p.read_bytes(), p.stat().st_mtime_ns) for p in files}


def test_songs_come_in_and_the_folder_stays_as_it_was(folder):
    (folder / "song.wav").write_bytes(b"RIFF")
    before = contents(folder)
    shake, hum = mixer.read_library(folder)
    assert contents(folder) == before
    assert (shake.song_id, shake.title, shake.artist) == ("a_singer_shake", "Shake", "A Singer")
    assert (shake.duration_sec, shake.bpm, shake.key) == (215.3, 160.5, "G major")
    assert shake.hints["camelot"] == "9B" and shake.hints["energy_level"] == 0.8
    assert shake.hints["first_downbeat_sec"] == 0.523 and shake.hints["genres"] == ["Pop", "Dance"]
    assert [(s["start_time"], s["section_type"], s["energy_level"]) for s in shake.sections] == [
        (0.0, "intro", 0.2),
        (8.0, "chorus", 0.9),
    ]
    assert [line["text"] for line in shake.lyrics["lines"]] == ["Shake it off,", "Off!"]
    assert shake.lyrics["lines"][0]["words"][1] == {"start": 10.5, "end": 10.7, "text": "it"}
    assert (hum.song_id, hum.lyrics, hum.sections) == ("nobody_hum", {}, [])
    assert hum.hints == {"source": "mixer", "bpm": 90.0}


def test_one_song_is_found_and_an_unknown_one_says_how_to_get_it(folder):
    assert mixer.read_song(folder, "nobody_hum").artist == "Nobody"
    with pytest.raises(SongNotFound) as caught:
        mixer.read_song(folder, "someone")
    assert "python -m mixer analyze someone" in caught.value.hint


def test_a_folder_that_is_not_mixers_is_named(tmp_path):
    with pytest.raises(LibraryError, match="tiki_library"):
        mixer.read_library(tmp_path)


def test_our_library_refuses_to_move_into_mixers_folder(folder):
    before = contents(folder)
    with pytest.raises(LibraryError, match="another program") as caught:
        ChromaStore(folder)
    assert "import --mixer" in caught.value.hint
    assert contents(folder) == before


def test_songs_of_mixer_can_be_kept_and_compared(folder, tmp_path):
    store = ChromaStore(tmp_path / "library")
    store.put_all(mixer.read_library(folder))
    assert store.get("a_singer_shake") == mixer.read_song(folder, "a_singer_shake")
    store.put(Song("slow", bpm=80.5))
    assert store.similar("a_singer_shake")[0].song_id == "slow"
    assert store.check() == ()


def test_words_alone_become_lines_with_pauses_and_length():
    words = [{"word": f"word{k}", "start": k * 0.5, "end": k * 0.5 + 0.4} for k in range(12)]
    words += [{"text": "later.", "start": 20.0, "end": 20.5}, {"text": "End", "start": 20.6, "end": 21.0}]
    lyrics = song_from_mixer("x", {"word_timings": words, "duration_sec": 30.0}).lyrics
    texts = [line["text"] for line in lyrics["lines"]]
    assert " ".join(texts).split() == [f"word{k}" for k in range(12)] + ["later.", "End"]
    assert max(map(len, texts)) <= mixer.LONGEST_LINE
    assert texts[-2:] == ["later.", "End"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [("Cmaj", "C major"), ("Amin", "A minor"), ("F#m", "F# minor"), ("Bb", "A# major"), ("Eb minor", "D# minor"),
     ("Unknown", ""), ("", ""), (7, ""), ("H dur", "")],
)  # fmt: skip
def test_keys_are_read(key, expected):
    assert song_from_mixer("x", {"key": key}).key == expected


@pytest.mark.parametrize(("level", "expected"), [(8, 0.8), (10, 1.0), (0.66, 0.66), (1, 0.1), (11, None), ("x", None)])
def test_levels_go_from_nought_to_one(level, expected):
    assert song_from_mixer("x", {"energy_level": level}).hints.get("energy_level") == expected


def test_nonsense_is_left_out():
    song = song_from_mixer(
        "x",
        {
            "bpm": "fast",
            "duration_sec": float("inf"),
            "first_downbeat_sec": -1,
            "title": 7,
            "sections": '[{"start_sec": 5}, {"start_sec": 9, "end_sec": 3}, "intro", null]',
            "word_timings": '[{"word": "a"}, {"word": "b", "start": 3, "end": 2}, {"words": [null, 7]}, null, {}]',
            "genres": "Pop, Dance",
        },
    )
    assert song == Song("x", hints={"source": "mixer", "genres": ["Pop", "Dance"]})
    assert song_from_mixer("x", {"word_timings": "not json", "sections": "{"}).lyrics == {}


def test_kept_words_are_made_fit_for_the_song():
    lines = [
        {"start": 5.0, "end": 9.0, "text": "second", "words": [{"start": 5.0, "end": 9.0, "text": "second"}]},
        {"start": 1.0, "end": 6.0, "text": " first ", "words": []},
        {"start": 8.0, "end": 30.0, "text": "third"},
        {"start": 12.0, "end": 13.0, "text": "after the end"},
        {"start": 4.0, "end": 3.0, "text": "backwards"},
        {"start": "soon", "end": 3.0, "text": "no time"},
        {"text": "nothing"},
        7,
    ]
    lyrics = lyrics_from_record({"lines": lines, "language": "en"}, 10.0)
    assert [(line.start, line.end, line.text) for line in lyrics.lines] == [
        (1.0, 5.0, "first"),
        (5.0, 8.0, "second"),
        (8.0, 10.0, "third"),
    ]
    assert lyrics.lines[1].words[0].end == 8.0 and lyrics.language == "en"


def test_kept_words_of_a_line_that_the_next_one_ends_are_hurried_and_none_is_lost():
    said = ["hold", "me", "until", "the", "light"]
    words = [{"start": 1 + k, "end": 2 + k, "text": word} for k, word in enumerate(said)]
    lines = [{"start": 1.5, "end": 6, "text": " ".join(said), "words": words}, {"start": 3.5, "end": 7, "text": "ooh"}]
    first = lyrics_from_record({"lines": lines}, 10.0).lines[0]
    assert (first.start, first.end, [word.text for word in first.words]) == (1.5, 3.5, said)
    starts = [word.start for word in first.words]
    assert starts == sorted(starts) and all(1.5 <= w.start < w.end <= 3.5 for w in first.words)


@pytest.mark.parametrize(
    ("hinted", "heard", "edit"),
    [(160.0, 80.2, "x2"), (70.0, 139.8, "/2"), (120.0, 121.0, ""), (120.0, 80.0, ""), (0, 90, "")],
)
def test_another_level_of_the_tempo_is_pointed_out(hinted, heard, edit):
    advice = mixer.bpm_advice(Song("x", hints={"bpm": hinted}), heard)
    assert (f"--grid {edit}" in advice) if edit else advice == ""
