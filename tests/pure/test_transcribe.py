# SPDX-License-Identifier: GPL-3.0-or-later
"""Lyrics heard from the song: what is said when the package or its model is missing, and what becomes of its words."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace as Record

import pytest

from crossfade_addon.director import transcribe
from crossfade_addon.errors import BriefError, ToolMissing


def word(start, end, text):
    return Record(start=start, end=end, word=text, probability=0.9)


def part(*words, silence=0.1):
    return Record(start=words[0].start, end=words[-1].end, words=list(words), no_speech_prob=silence)


@pytest.fixture
def heard(monkeypatch):
    """A stand-in for the package that hears what the test says."""
    calls = {}

    def install(*parts):
        class Model:
            def __init__(self, model, **options):
                calls["model"] = (model, options)
                if model == "missing":
                    raise FileNotFoundError("no such snapshot")

            def transcribe(self, audio, **options):
                calls["audio"] = (audio, options)
                return iter(parts), Record(duration=10.0, language="en")

        monkeypatch.setitem(sys.modules, "faster_whisper", Record(WhisperModel=Model))
        return calls

    return install


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(ToolMissing, match="not installed") as caught:
        transcribe.transcribe(Path("song.wav"), "small")
    assert f"pip install {transcribe.PACKAGE}" in caught.value.hint
    assert sys.executable in caught.value.hint


def test_a_missing_model_is_named_and_nothing_is_downloaded(heard):
    calls = heard()
    with pytest.raises(ToolMissing, match="model 'missing' is not on this machine"):
        transcribe.transcribe(Path("song.wav"), "missing")
    assert calls["model"][1]["local_files_only"] is True


def test_words_and_times_become_lines_in_order(heard):
    calls = heard(
        part(word(1.0, 1.4, " Hold"), word(1.4, 2.0, " the"), word(1.9, 2.6, " night,")),
        part(word(3.0, 3.5, " imagined"), silence=0.9),
        part(word(4.0, 12.0, " Hal"), word(8.0, 8.5, "le"), word(8.5, 9.0, "lu!")),
    )
    done = []
    lyrics = transcribe.transcribe(Path("song.wav"), "small", done.append)
    assert calls["audio"] == ("song.wav", {"word_timestamps": True, "condition_on_previous_text": False})
    assert lyrics.language == "en"
    assert [line.text for line in lyrics.lines] == ["Hold the night,", "Hallelu!"]
    first, second = lyrics.lines
    assert [(w.start, w.end, w.text) for w in first.words] == [
        (1.0, 1.4, "Hold"),
        (1.4, 2.0, "the"),
        (2.0, 2.6, "night,"),
    ]
    assert [(w.start, w.end) for w in second.words] == [(4.0, 8.0), (8.0, 8.5), (8.5, 9.0)]
    assert done == sorted(done) and done[-1] == 0.9


def test_a_song_without_words_is_said(heard):
    heard()
    with pytest.raises(BriefError, match="No words were heard"):
        transcribe.transcribe(Path("song.wav"), "small")
