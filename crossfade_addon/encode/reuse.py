# SPDX-License-Identifier: GPL-3.0-or-later
"""Which videos and sounds of an earlier run are what this job would make, byte by byte.

Conventions: a generator of ``Progress`` (stage ``encode``); keys as in :mod:`.ledger`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from ..content import digest, file_sha256, sha256_steps, write_whole
from ..jobs import Progress, told
from . import caption_job, copying, videos
from .bench import Bench, whole
from .command import CAPTIONS, FONTS, Recipe
from .job import Deliverables, EncodeJob
from .ledger import NAME, Ledger, code, source_mark
from .movies import MovieSource, Source
from .platforms import Platform
from .report import Report
from .sound import Sound
from .stills import ROW, choices_of

T = TypeVar("T")
LOOKING = "Looking for what can be reused"
VIDEO = "video_"
"""How rows of videos begin, and deliverables."""


@dataclass(slots=True)
class Film:
    """One recipe's video: for whom, of which pictures, made in which folder; ``key`` is what decides its bytes.

    ``facts`` are those of its row once it is there: ``sound``, the row of its sound, and ``mastered``, what was done
    to it.
    """

    recipe: Recipe
    platforms: list[Platform]
    source: Source
    folder: Path
    key: str = ""
    is_kept: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """What people call its platforms."""
        return [platform.label for platform in self.platforms]


def hashing(bench: Bench, steps: Generator[float, None, T]) -> Generator[Progress, None, T]:
    """Steps of reading a file, as progress."""
    return told(steps, lambda _: bench.meter.report(0, LOOKING))


def plan_steps(bench: Bench, version: str) -> Generator[Progress, None, list[Film]]:
    """Every film of the job with its key, and whether it is there already; captions are laid out on the way.

    Parameters
    ----------
    version : str
        Of FFmpeg.
    """
    job = bench.job
    films = []
    for number, (recipe, platforms) in enumerate(job.recipes().items(), 1):
        film = Film(recipe, platforms, job.frames_of(recipe), bench.folder / f"video_{number}")
        if recipe.captions and (missing := caption_job.burned(job, recipe, platforms, film.folder)):
            yield bench.notice(missing)
        yield bench.meter.report(0, LOOKING)
        encoder = yield from _encoder(bench, film)
        if recipe.sound is not None and not bench.song_sha256:
            bench.song_sha256 = yield from hashing(bench, sha256_steps(job.audio))
        film.key = digest(
            code(),
            version,
            replace(recipe, zones=()),  # the captions' script says where they stand
            source_mark(film.source),
            bench.song_sha256 if recipe.sound is not None else "",
            _drawn(film.folder) if recipe.captions else [],
            encoder,
            (job.timeline.meta.title, job.timeline.meta.artist),
        )
        film.is_kept = yield from _find(bench, film)
        films.append(film)
    return films


def _encoder(bench: Bench, film: Film) -> Generator[Progress, None, list[Any]]:
    """Who encodes a film; a movie that may be copied is only encoded when the copy turns out wrong."""
    if isinstance(film.source, MovieSource) and not copying.why_not(film.source, film.recipe):
        return ["copy", bench.job.encoder, *sorted({platform.level for platform in film.platforms})]
    encoder = yield from videos.encoder_steps(bench, film.recipe.target, film.folder)
    return [encoder]


def _drawn(folder: Path) -> list[Any]:
    """The captions' script and the fonts that draw it."""
    fonts = sorted((folder / FONTS).iterdir())
    return [(folder / CAPTIONS).read_text(encoding="utf-8"), [(font.name, file_sha256(font)) for font in fonts]]


def _find(bench: Bench, film: Film) -> Generator[Progress, None, bool]:
    """Whether the film is there, under any name; then it gets all its names."""
    job, book = bench.job, bench.book
    for name in book.named(film.key):
        row = book.row(name, film.key)
        good = job.video_path(name.removeprefix(VIDEO))
        if row is not None and (yield from hashing(bench, book.is_whole_steps(good, row["sha256"]))):
            break
    else:
        return False
    film.facts = {fact: row[fact] for fact in ("sound", "mastered") if fact in row}
    for platform in film.platforms:
        path = job.video_path(platform.name)
        if not (yield from hashing(bench, book.is_whole_steps(path, row["sha256"]))):
            with whole(path) as part:
                videos.same_file(good, part)
        book.put(VIDEO + platform.name, film.key, row["sha256"], **film.facts)
    return True


def note_steps(bench: Bench, film: Film) -> Generator[Progress, None, None]:
    """Note a film that was just made, under all its names."""
    path = bench.job.video_path(film.platforms[0].name)
    sha256 = yield from hashing(bench, sha256_steps(path))
    for platform in film.platforms:
        bench.book.put(VIDEO + platform.name, film.key, sha256, **film.facts)


def noted_videos(work: Path) -> set[str]:
    """Platforms whose video was made by a job that left its notes in this folder (:attr:`.job.EncodeJob.work`)."""
    return {name.removeprefix(VIDEO) for name in Ledger(work / NAME).names() if name.startswith(VIDEO)}


def kept_notice(films: Iterable[Film]) -> str:
    """What is reused, for people; ``""`` when nothing is."""
    films = list(films)
    kept = [label for film in films if film.is_kept for label in film.labels]
    total = sum(len(film.platforms) for film in films)
    if not kept:
        return ""
    if len(kept) == total:
        what = f"All {total} videos" if total > 1 else "The video"
        return f"{what} of an earlier run {'are' if total > 1 else 'is'} reused"
    are = "is" if len(kept) == 1 else "are"
    return f"{len(kept)} of {total} videos {are} reused from an earlier run: {', '.join(kept)}"


def deliverables(bench: Bench, film: Film) -> Deliverables:
    """A film's files by name."""
    return {VIDEO + platform.name: bench.job.video_path(platform.name) for platform in film.platforms}


def sound_key(bench: Bench, version: str, sound: Sound) -> str:
    """What decides the bytes of a sound."""
    return digest(code(), version, bench.song_sha256, sound)


def sweep_sounds(bench: Bench) -> None:
    """Remove sounds that no video has any more."""
    used = bench.book.mentions("sound")
    for folder in bench.folder.glob("sound_*"):
        if folder.name not in used and folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
            bench.book.forget([folder.name])


def write_notes(path: Path, films: Iterable[Film]) -> None:
    """What was done to the sound of each platform, for the manifest."""
    notes = {platform.name: film.facts.get("mastered") for film in films for platform in film.platforms}
    write_whole(path, json.dumps(notes, indent=1))


def forget_failed(job: EncodeJob, report: Report) -> None:
    """Let what the report finds wrong be made anew by the next run."""
    wrong = [file.key for file in report.files if not file.passed]
    known = choices_of(job.platforms.values())
    Ledger(job.work / NAME).forget([*wrong, *(ROW + known[key].name for key in wrong if key in known)])
