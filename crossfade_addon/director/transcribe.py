# SPDX-License-Identifier: GPL-3.0-or-later
"""Lyrics heard from the song itself, by the optional package faster-whisper (seconds of the song).

Nothing is downloaded: the model is a local folder, or one that is already on this machine. What is heard is
a first draft; copy the ``.lrc`` of the renders beside the song, correct it and give it with ``--lyrics`` the next time.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import BriefError, ToolMissing
from ..timeline import LyricLine, Lyrics, LyricWord

PACKAGE = "faster-whisper==1.2.1"
NOT_SPEECH = 0.6
"""Above this likelihood that nobody speaks, a part of the text was imagined."""
LONGEST_WORD_S = 4.0


def check() -> Any:
    """The package's module.

    Raises
    ------
    ToolMissing
        When it is not installed, with the line that installs it.
    """
    try:
        return importlib.import_module("faster_whisper")
    except ImportError as error:
        raise ToolMissing(
            f"The words cannot be transcribed: faster-whisper is not installed ({error}).",
            hint=f'Install it with: "{sys.executable}" -m pip install {PACKAGE}; or give the words with --lyrics.',
        ) from error


def transcribe(audio: Path, model: str, progress: Callable[[float], None] = lambda _: None) -> Lyrics:
    """The words that are sung, with their times.

    Parameters
    ----------
    audio : Path
        The song, or better its vocals alone.
    model : str
        Folder of a model in CTranslate2's format, or the name of one that was downloaded before.
    progress : callable
        Told the part of the song that is done, 0..1.

    Raises
    ------
    ToolMissing
        When the package or the model is not there.
    BriefError
        When no words are heard.
    """
    module = check()
    try:
        whisper = module.WhisperModel(model, device="cpu", compute_type="int8", local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise ToolMissing(
            f"The speech model '{model}' is not on this machine: {error}.",
            hint="Give --transcribe the folder of a downloaded faster-whisper model.",
        ) from error
    parts, facts = whisper.transcribe(str(audio), word_timestamps=True, condition_on_previous_text=False)
    lines = tuple(_lines(parts, float(facts.duration or 0), progress))
    if not lines:
        raise BriefError("No words were heard in the song.", hint="Give them with --lyrics, or leave --transcribe out.")
    return Lyrics(lines, str(facts.language or ""))


def _lines(parts: Iterable[Any], duration: float, progress: Callable[[float], None]) -> Iterator[LyricLine]:
    latest = 0.0
    for part in parts:
        if duration > 0:
            progress(min(1.0, part.end / duration))
        if part.no_speech_prob > NOT_SPEECH:
            continue
        words: list[LyricWord] = []
        for word in part.words or ():
            text = " ".join(word.word.split())
            if not text:
                continue
            start = max(float(word.start), latest)
            latest = max(start, min(float(word.end), start + LONGEST_WORD_S))
            words.append(LyricWord(start, latest, text))
        if words and words[-1].end > words[0].start:
            said = " ".join("".join(word.word for word in part.words).split())
            yield LyricLine(words[0].start, words[-1].end, said, tuple(words))
