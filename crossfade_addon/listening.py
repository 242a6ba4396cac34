# SPDX-License-Identifier: GPL-3.0-or-later
"""The parent's side of the worker: start it, follow it, read its answer."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections.abc import Generator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import errors, jobs, timeline
from .brief import Brief
from .errors import CrossfadeError, DirectorError, ToolMissing
from .jobs import Progress
from .library.places import OFFLINE
from .library.places import default_library as default_library
from .library.questions import Question

STAGE = "director"
_PATHS = (
    *("audio", "output_dir", "platforms_file", "lyrics", "library_dir", "stems", "studio", "actions"),
    *("mixer_dir", "config_file"),
)


def brief_to_json(brief: Brief) -> dict[str, Any]:
    """Plain data for the job file."""
    data = {f.name: getattr(brief, f.name) for f in dataclasses.fields(brief)}
    data["renders"] = [(aspect, str(path)) for aspect, path in brief.renders]
    return {k: str(v) if isinstance(v, (Path, Fraction)) else v for k, v in data.items()}


def brief_from_json(data: dict[str, Any]) -> Brief:
    """The brief that :func:`brief_to_json` wrote; what an older version did not write has its default."""
    values = dict(data)
    for name in _PATHS:
        values[name] = Path(values[name]) if values.get(name) is not None else None
    values["fps"] = Fraction(values["fps"])
    values["platforms"], values["grid"] = tuple(values["platforms"]), tuple(values["grid"])
    values["clip"] = tuple(values["clip"]) if values["clip"] is not None else None
    values["clips"] = tuple((name, start, end) for name, start, end in values.get("clips", ()))
    changes = values.get("platform_changes", ())
    values["platform_changes"] = tuple((name, key, value) for name, key, value in changes)
    values["renders"] = tuple((aspect, Path(path)) for aspect, path in values.get("renders", ()))
    return Brief(**values)


def python_executable() -> str:
    """The interpreter that runs the worker: this Blender's own Python.

    Raises
    ------
    ToolMissing
        When it cannot be found.
    """
    if "python" in Path(sys.executable).name.lower():
        return sys.executable
    names = (f"python{sys.version_info[0]}.{sys.version_info[1]}", "python3", "python", "python.exe")
    for folder in (Path(sys.prefix) / "bin", Path(sys.prefix)):
        for name in names:
            if (folder / name).is_file():
                return str(folder / name)
    if found := shutil.which(names[0]):
        return found
    raise ToolMissing("Blender's own Python interpreter was not found.", hint="Install Blender again.")


def listen(brief: Brief, ffmpeg: str) -> Generator[Progress, None, timeline.Timeline]:
    """Run the worker for one song and return the timeline it wrote.

    Raises
    ------
    CrossfadeError
        What the worker reported, as the same class.
    DirectorError
        When the worker died.
    """
    first = Progress(STAGE, 0.0, "Starting to listen")
    job = {"brief": brief_to_json(brief), "ffmpeg": ffmpeg}
    yield from _work(job, brief.work_dir / "director", first)
    yield Progress(STAGE, 1.0, "The script of the show is written")
    return timeline.load(brief.timeline_path)


def look_at(brief: Brief, ffmpeg: str) -> Generator[Progress, None, dict[str, Any]]:
    """Open the song, its words and the library in the worker; the answer is :func:`.preflight.song.look`'s.

    Raises
    ------
    CrossfadeError
        When the worker died.
    """
    job = {"check": True, "brief": brief_to_json(brief), "ffmpeg": ffmpeg}
    return (yield from _work(job, brief.work_dir / "preflight_song", Progress(STAGE, 0.0, "Opening the song")))


def remember(
    brief: Brief, outputs: Mapping[str, Path], problems: Sequence[str], stage: str = "verify"
) -> Generator[Progress, None, None]:
    """Add what a job made to the song's history in the library; a library that fails costs a notice, not the job.

    Parameters
    ----------
    outputs : mapping
        Deliverables by name; those that are files are remembered with size and SHA-256.
    problems : sequence of str
        Checks that failed; none when everything was proven right.
    """
    render = {
        "brief": brief_to_json(brief),
        "outputs": {name: str(path) for name, path in outputs.items() if path.is_file()},
        "passed": not problems,
        "problems": list(problems),
    }
    try:
        first = Progress(stage, 1.0, "Remembering what was made")
        job = {"brief": brief_to_json(brief), "render": render}
        yield from _work(job, brief.work_dir / "library", first)
    except CrossfadeError as error:
        yield Progress(stage, 1.0, f"This render is not in the song's history: {error.message}", notice=True)


def ask(place: Path | None, question: Question, folder: Path) -> Generator[Progress, None, dict[str, Any]]:
    """Ask a song library, the user's own by default, and return its answer as :mod:`.library.questions` gives it.

    Parameters
    ----------
    folder : Path
        Job folder of the worker, made anew.

    Raises
    ------
    CrossfadeError
        When there is no library, it is empty, in use or damaged, its server does not answer, or chromadb is missing.
    """
    job = {"library": str(place or default_library()), "question": dataclasses.asdict(question)}
    answer = yield from _work(job, folder, Progress("library", 0.0, "Starting"))
    jobs.remove_tree(folder)
    return answer


def keep_corrections(
    place: Path | None, song_id: str, texts: Sequence[str], folder: Path
) -> Generator[Progress, None, bool]:
    """Replace the corrections that a library keeps with a song; False when there is none, or it does not know the song.

    The song is not listened to: its next run makes them.

    Parameters
    ----------
    place : Path or None
        The library, the user's own by default.
    texts : sequence of str
        Corrections as ``--grid`` takes them.
    folder : Path
        Job folder of the worker, made anew.

    Raises
    ------
    CrossfadeError
        As :func:`ask`.
    """
    job = {"library": str(place or default_library()), "song_id": song_id, "corrections": list(texts)}
    answer = yield from _work(job, folder, Progress("library", 0.0, "Starting"))
    return bool(answer["kept"])


def _work(job: dict[str, Any], folder: Path, first: Progress) -> Generator[Progress, None, dict[str, Any]]:
    """Run the worker on a job in a folder of its own, return its result and raise what it reports.

    ``first`` is said once it runs.
    """
    jobs.remove_tree(folder)
    folder.mkdir(parents=True)
    job_file = folder / "job.json"
    paths = [p for p in sys.path if p and Path(p).is_dir()]
    job_file.write_text(json.dumps({"sys_path": paths, **job}), encoding="utf-8")
    script = Path(__file__).with_name("worker.py")
    command = [python_executable(), "-P", str(script), str(job_file)]
    child = jobs.Child(command, folder, name="The song worker", env=jobs.ONE_THREAD | _offline())
    follower = _Follower(folder / "progress.jsonl", first.stage)
    try:
        yield first
        code = yield from jobs.wait(child, follower.poll)
        yield from follower.rest()
    except GeneratorExit:
        child.stop()
        jobs.remove_tree(folder)
        raise
    try:
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        last = (child.stderr_tail().strip().splitlines() or ["no message"])[-1]
        raise DirectorError(
            f"The song worker stopped with exit code {code}: {last}.", hint=f"Its log is in '{folder}'."
        ) from None
    if "error" in result:
        raise errors.BY_NAME.get(result["error"], DirectorError)(result["message"], hint=result["hint"])
    return result


def _offline() -> dict[str, str]:
    """What tells the worker that Blender's settings allow no connection to other machines.

    The ``bpy`` package (no program of its own, ``binary_path``) has no such settings.
    """
    bpy: Any = sys.modules.get("bpy")
    if bpy is None or not bpy.app.binary_path or bpy.app.online_access:
        return {}
    return {OFFLINE: "1"}


class _Follower:
    """Reads new lines of the worker's progress file."""

    def __init__(self, path: Path, stage: str) -> None:
        self._lines = jobs.NewLines(path)
        self._stage = stage
        self._clock = jobs.Clock()
        self._latest: Progress | None = None
        self._notices: list[Progress] = []

    def poll(self) -> Progress | None:
        """A notice that was not shown yet, else the newest progress."""
        self._read()
        return self._notices.pop(0) if self._notices else self._latest

    def rest(self) -> list[Progress]:
        """Notices that were never polled."""
        self._read()
        return self._notices

    def _read(self) -> None:
        for line in self._lines.read():
            data = json.loads(line)
            if "notice" in data:
                self._notices.append(Progress(self._stage, 0.0, data["notice"], notice=True))
            else:
                fraction = float(data["fraction"])
                self._latest = Progress(self._stage, fraction, data["message"], self._clock.eta(fraction))
