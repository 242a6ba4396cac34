# SPDX-License-Identifier: GPL-3.0-or-later
"""The note of a script: what ``timeline.json`` was made from, so that a job that would write the same need not.

Runs in the worker. The note lies in the song's work folder and names the files by SHA-256, so that a script that was
deleted, damaged or changed by hand is never taken for the Director's.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from . import content, director, hearing, timeline
from .brief import Brief
from .content import code_of, digest, file_sha256, mark, read_json, write_whole
from .director import clips, corrections
from .encode.platforms import load_platforms
from .library.songs import Song
from .themes import load_theme

NAME = "script.json"
_CODE = ("director", "hearing.py", "worker.py", "timeline.py", "themes.py", "curves.py", "setups.py", "timing.py")
_FIELDS = (
    "song_id",
    "audio",
    "platforms",
    "theme",
    "mode",
    "fps",
    "seed",
    "intensity",
    "clip",
    "clips",
    "whole_song",
    "lyrics_offset",
    "transcribe",
    "analyser",
    "drop_energy_threshold",
)
"""Of the brief, what decides the script as it stands; files count by their content."""
_NO_MATTER = ("grade", "label")
"""Of a theme, what is only for the encoder and for people."""


def is_current(brief: Brief, sha256: str, known: Song | None) -> bool:
    """Whether the script that lies there is what the director would write now.

    Parameters
    ----------
    sha256 : str
        Of the audio file.
    known : Song or None
        What the library knows; without the analysis of just this audio a script is written anew.
    """
    note = _read(brief)
    if brief.fresh or note is None or known is None or not known.analysis or known.audio_sha256 != sha256:
        return False
    if (known.analyser, known.director_version) != (brief.analyser, director.DIRECTOR_VERSION):
        return False
    return note["key"] == _key(brief, known) and all(
        note["files"].get(path.name) == _sha256(path) for path in _files(brief)
    )


def put_aside(brief: Brief) -> Path | None:
    """Before a script is written: keep one that was changed by hand under another name, which is returned."""
    note, path = _read(brief), brief.timeline_path
    _path(brief).unlink(missing_ok=True)  # until the new note, nothing is known of what lies there
    written = note["files"].get(path.name) if note is not None else None
    if written is None or _sha256(path) in ("", written):
        return None
    return content.put_aside(path)


def write(brief: Brief, song: Song) -> None:
    """Note what the script that was just written is made from; ``song`` is the record that the library has now."""
    files = {path.name: _sha256(path) for path in _files(brief)}
    write_whole(_path(brief), json.dumps({"key": _key(brief, song), "files": files}, indent=1) + "\n")


def _key(brief: Brief, song: Song) -> str:
    asked = hearing.Asked(brief, song.audio_sha256, song.duration_sec, lambda _text: None)
    stems = {kind: file_sha256(path) for kind, path in asked.stems(song).items()}
    is_given = brief.lyrics is not None or bool(brief.transcribe)
    words = _words(brief) if is_given else dataclasses.asdict(asked.lyrics(song))
    theme = {name: value for name, value in _fields(load_theme(brief.theme)).items() if name not in _NO_MATTER}
    platforms = load_platforms(brief.platforms_file, brief.platform_changes)
    return digest(
        timeline.SCHEMA,
        director.DIRECTOR_VERSION,
        code_of(*_CODE),
        {name: getattr(brief, name) for name in _FIELDS},
        song.audio_sha256,
        song.analysis,
        [corrections.to_json(c) for c in asked.corrections(song)],
        stems,
        words,
        (brief.title or song.title, brief.artist or song.artist),
        theme,
        {name: [getattr(row, field) for field in clips.READ] for name, row in platforms.items()},
    )


def _words(brief: Brief) -> list[Any]:
    """What the words are read from: a file, or a model that hears them."""
    if brief.lyrics is not None:
        return [brief.lyrics.suffix.lower(), _sha256(brief.lyrics)]
    model = Path(brief.transcribe)
    return [brief.transcribe, [(p.name, mark(p)) for p in sorted(model.iterdir())] if model.is_dir() else []]


def _fields(value: Any) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}


def _files(brief: Brief) -> list[Path]:
    """The script, its picture, its signals where they are a file of their own, and what was heard."""
    path = brief.timeline_path
    signals = timeline.signals_path(path)
    return [path, path.with_suffix(".png"), *([signals] if signals.is_file() else []), brief.heard_path]


def _sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError:
        return ""


def _path(brief: Brief) -> Path:
    return brief.work_dir / NAME


def _read(brief: Brief) -> dict[str, Any] | None:
    note = read_json(_path(brief))
    is_note = isinstance(note, dict) and isinstance(note.get("key"), str) and isinstance(note.get("files"), dict)
    return note if is_note else None
