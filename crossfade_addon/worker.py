# SPDX-License-Identifier: GPL-3.0-or-later
"""The child process that listens to songs: the only one that imports chromadb or librosa.

Blender's own process never does, so its window does not freeze and nobody's numpy is disturbed. Run as
``python worker.py job.json`` by file, under whatever name the add-on is installed: the package is loaded
from this file's own folder. Progress goes to ``progress.jsonl`` and the answer to ``result.json`` in the
job's folder; both are read by :mod:`.listening`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import importlib.util
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .brief import Brief
    from .library.songs import Song
    from .library.stores import SongStore
    from .timeline import Lyrics, Timeline


LIBRARY_WAIT_S = 60.0
"""How long to wait for another process that uses the library: an analysis of minutes is not to be lost."""
LOOK_WAIT_S = 10.0
"""How long to wait for it when a person only asks something."""


class Reporter:
    """Writes progress lines and the answer into the job folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._progress = (folder / "progress.jsonl").open("w", encoding="utf-8")

    def progress(self, fraction: float, message: str) -> None:
        """One line: fraction of the stage done, and what is happening."""
        self._line({"fraction": fraction, "message": message})

    def notice(self, message: str) -> None:
        """Something the user should read."""
        self._line({"notice": message})

    def _line(self, data: dict[str, Any]) -> None:
        from .names import json_text

        self._progress.write(json_text(data) + "\n")
        self._progress.flush()

    def result(self, data: dict[str, Any]) -> None:
        """The answer, whole or not at all."""
        from .names import json_text

        part = self.folder / "result.json.part"
        part.write_text(json_text(data), encoding="utf-8")
        part.replace(self.folder / "result.json")


def open_store(brief: Brief, reporter: Reporter, *, quietly: bool = False) -> SongStore:
    """The library, or a store in memory (said aloud, unless ``quietly``) when chromadb is not installed."""
    from .errors import ToolMissing
    from .library.chroma_store import ChromaStore
    from .library.stores import MemoryStore

    assert brief.library_dir is not None
    try:
        return ChromaStore(brief.library_dir, wait_s=LIBRARY_WAIT_S)
    except ToolMissing as error:
        if brief.require_known:
            raise
        if not quietly:
            reporter.notice(f"{error} This song will not be remembered.")
        return MemoryStore()


def remembers(store: SongStore) -> bool:
    """Whether a store outlives this process."""
    from .library.stores import MemoryStore

    return not isinstance(store, MemoryStore)


def recall(brief: Brief, store: SongStore, reporter: Reporter) -> Song | None:
    """What is known of the song: by the library, else by Mixer's; None when it is new.

    Raises
    ------
    LibraryError
        The brief wants a known song: this one is not, or Mixer's library cannot be read.
    """
    from .errors import LibraryError, SongNotFound
    from .library import mixer, places

    with contextlib.suppress(SongNotFound):
        return store.get(brief.song_id)
    folder = brief.mixer_dir or places.mixer_library()
    if folder is None:
        if brief.require_known:
            raise SongNotFound(
                f"Song '{brief.song_id}' is not in the library '{brief.library_dir}', and Mixer's is not named.",
                hint=_how_to_know(brief.song_id),
            )
        return None
    try:
        song = mixer.read_song(folder, brief.song_id)
    except SongNotFound as error:
        if brief.require_known:
            raise SongNotFound(
                f"Song '{brief.song_id}' is neither in the library '{brief.library_dir}' nor in Mixer's '{folder}'.",
                hint=_how_to_know(brief.song_id),
            ) from error
        reporter.notice(str(error))
        return None
    except LibraryError as error:
        if brief.require_known:
            raise
        reporter.notice(str(error))
        return None
    reporter.notice(f"'{brief.song_id}' is in Mixer's library: its title, artist and words are used.")
    return song


def _how_to_know(song_id: str) -> str:
    return (
        f"Analyse it with Mixer (python -m mixer analyze {song_id}) and name its folder with --mixer, "
        "or run once without --require-known: Crossfade then analyses and remembers it."
    )


def direct_song(brief: Brief, ffmpeg: str, folder: Path, reporter: Reporter) -> Timeline:
    """Analyse the song, or take what the library knows, and write its timeline and picture.

    Nothing is done when they lie there already, made from the same.
    """
    from . import director, hearing, script_note, themes, timeline
    from .content import file_sha256
    from .director import decode, heard, lyrics, picture, transcribe
    from .encode.platforms import load_platforms
    from .library import mixer
    from .names import shown

    reporter.progress(0.01, "Opening the library")
    store = open_store(brief, reporter)
    sha256 = file_sha256(brief.audio)
    known = recall(brief, store, reporter)
    if script_note.is_current(brief, sha256, known):
        reporter.notice("The script of an earlier run is reused.")
        return timeline.load(brief.timeline_path)
    reporter.progress(0.05, "Decoding")
    decoded = decode.decode(brief.audio, ffmpeg, folder, lambda done: reporter.progress(0.05 + 0.05 * done, "Decoding"))
    for remark in decoded.notices:
        reporter.notice(remark)
    _words(brief, decoded.duration_sec, reporter)  # a wrong file is named before the long work
    if brief.transcribe:
        transcribe.check()
    title = shown(brief.title or (known.title if known else "") or decoded.title or brief.audio.stem)
    artist = shown(brief.artist or (known.artist if known else "") or decoded.artist)
    session = hearing.Hearing(
        brief=brief,
        decoded=decoded,
        sha256=sha256,
        ffmpeg=ffmpeg,
        folder=folder,
        progress=lambda fraction, message: reporter.progress(0.1 + 0.75 * fraction, message),
        notice=reporter.notice,
    )
    analysis, song = session.hear(known if known is not None and known.analysis else None)
    is_given = brief.lyrics is not None or bool(brief.transcribe)
    kept = timeline.Lyrics() if is_given else session.asked.lyrics(known)
    song = song.replace(title=title, artist=artist, **hearing.carried(known, None if is_given else kept))
    store.put(song)
    if known is not None and (advice := mixer.bpm_advice(known, analysis.beats.bpm)):
        reporter.notice(advice)
    reporter.progress(0.9, "Writing the script of the show")
    if brief.transcribe:
        voice = Path(song.stems.get("vocals") or brief.audio)
        words = transcribe.transcribe(
            voice, brief.transcribe, lambda done: reporter.progress(0.9 + 0.08 * done, "Hearing the words")
        )
        words = lyrics.shifted(words, brief.lyrics_offset)
    elif is_given:
        words = _words(brief, decoded.duration_sec, reporter, lyrics.sung_spans(analysis))
    else:
        words = lyrics.shifted(kept, brief.lyrics_offset)
    if is_given:
        song = song.replace(**hearing.carried(known, words))
        store.put(song)
    script = director.direct(
        analysis,
        director.SongFacts(title, artist, sha256),
        brief,
        themes.load_theme(brief.theme),
        words,
        {n: dataclasses.asdict(p) for n, p in load_platforms(brief.platforms_file, brief.platform_changes).items()},
    )
    if aside := script_note.put_aside(brief):
        reporter.notice(f"The script was changed by hand: that one is kept as '{aside.name}', and a new one written.")
    timeline.save(script, brief.timeline_path)
    chosen = {name: clip for name, clip in script.clips.items() if name in brief.platforms}
    picture.draw(dataclasses.replace(script, clips=chosen), decoded, brief.timeline_path.with_suffix(".png"))
    heard.save(hearing.heard_of(song, decoded), brief.heard_path)
    script_note.write(brief, song)
    return script


def remember(brief: Brief, render: dict[str, Any], reporter: Reporter) -> None:
    """Add what a job made to the song's history; nothing where there is no library, as hearing the song has said."""
    from .content import file_sha256
    from .library.songs import render_record
    from .library.stores import MemoryStore

    store = open_store(brief, reporter, quietly=True)
    if isinstance(store, MemoryStore):
        return

    outputs = {
        name: {"file": path, "bytes": Path(path).stat().st_size, "sha256": file_sha256(Path(path))}
        for name, path in render["outputs"].items()
        if Path(path).is_file()
    }
    record = render_record(
        at=datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
        brief=render["brief"],
        outputs=outputs,
        passed=bool(render["passed"]),
        problems=[str(problem)[:300] for problem in render["problems"]],
    )
    store.add_render(brief.song_id, record)


def look_up(place: str, question: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Ask the library, which must be there; see :mod:`.library.questions`."""
    from .library.chroma_store import ChromaStore
    from .library.questions import Question, answer, check_place

    reporter.progress(0.1, "Opening the library")
    check_place(place)
    store = ChromaStore(place, wait_s=LOOK_WAIT_S)
    reporter.progress(0.5, "Looking")
    return answer(store, Question(**question))


def keep_corrections(place: str, song_id: str, texts: Sequence[str]) -> dict[str, Any]:
    """Replace the corrections of a song that the library knows; see :func:`.listening.keep_corrections`."""
    from .director import corrections
    from .errors import SongNotFound
    from .library.chroma_store import ChromaStore
    from .library.places import server_of

    edits = corrections.shortest(corrections.parse(text) for text in texts)
    if not server_of(place) and not Path(place).expanduser().is_dir():
        return {"kept": False}  # nothing is remembered here: the analysis has said so
    store = ChromaStore(place, wait_s=LIBRARY_WAIT_S)
    with store.held():
        try:
            song = store.get(song_id)
        except SongNotFound:
            return {"kept": False}
        store.put(song.replace(grid_edits=[corrections.to_json(c) for c in edits]))
    return {"kept": True}


def _words(
    brief: Brief, seconds: float, reporter: Reporter, sung: Sequence[tuple[float, float]] | None = None
) -> Lyrics:
    """The brief's lyrics; ``sung``, known after the analysis, is where those without times may go."""
    from . import timeline
    from .director import lyrics

    if brief.lyrics is None:
        return timeline.Lyrics()
    words, notice = lyrics.read_lyrics(brief.lyrics, seconds=seconds, sung=sung or (), offset=brief.lyrics_offset)
    if notice and sung is not None:
        reporter.notice(notice)
    return words


def use_path(entries: Sequence[str]) -> None:
    """Search modules where Blender does and in its order.

    A distribution's Python has packages of its own, and halves of two versions do not fit.
    """
    sys.path[:] = dict.fromkeys([*entries, *sys.path])


def main(job_file: Path) -> int:
    """Run one job; its exit code is 0 even for expected errors, which are in ``result.json``."""
    from . import bytecode
    from .errors import Cancelled, CrossfadeError
    from .listening import brief_from_json

    # A cancel unwinds this process, so that FFmpeg is stopped too and no half-written file stays.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(Cancelled.exit_code))
    job = json.loads(job_file.read_text(encoding="utf-8"))
    use_path(job["sys_path"])
    bytecode.keep_tidy(bytecode.wheel_folders(sys.path))
    reporter = Reporter(job_file.parent)
    answer: dict[str, Any] = {}
    try:
        if "question" in job:
            answer = look_up(job["library"], job["question"], reporter)
        elif "check" in job:
            from .preflight import song

            answer = song.look(brief_from_json(job["brief"]), job["ffmpeg"], job_file.parent, reporter)
        elif "corrections" in job:
            answer = keep_corrections(job["library"], job["song_id"], job["corrections"])
        elif "render" in job:
            remember(brief_from_json(job["brief"]), job["render"], reporter)
        else:
            direct_song(brief_from_json(job["brief"]), job["ffmpeg"], job_file.parent, reporter)
    except CrossfadeError as error:
        reporter.result({"error": type(error).__name__, "message": error.message, "hint": error.hint})
        return 0
    except OSError as error:
        kind, failed = "DirectorError", "The song could not be analysed"
        if "library" in job:
            kind, failed = "LibraryError", "The song library could not be read"
        reporter.result({"error": kind, "message": f"{failed}: {error}.", "hint": ""})
        return 0
    reporter.result({"ok": True, **answer})
    return 0


def _load_package() -> Any:
    """This file's package, imported under a name of its own, whatever the add-on is called."""
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        "crossfade_worker", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["crossfade_worker"] = package
    spec.loader.exec_module(package)
    return importlib.import_module("crossfade_worker.worker")


if __name__ == "__main__":
    sys.exit(_load_package().main(Path(sys.argv[1])))
