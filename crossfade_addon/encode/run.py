# SPDX-License-Identifier: GPL-3.0-or-later
"""The encode stage: frames and song become the platforms' files, whole or not at all.

Each distinct sound is made once, each distinct video once and in one encode, and neither when an earlier run has made
just that (:mod:`.reuse`). They are made one after another: several at once or several in one process measured the
same. Every file is written as ``<name>.part`` and renamed when it is complete, and a ``.part`` never outlives an error
or a cancel.

Conventions: a generator of ``Progress`` (stage ``encode``).
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..brief_values import TAPS
from ..content import sha256_steps
from ..errors import EncodeError
from ..jobs import Child, Progress
from . import caption_files, reuse, sound, stills, texts
from .bench import STAGE, Bench, Meter
from .frames import FrameSequence, check
from .job import Deliverables, EncodeJob
from .ledger import NAME as LEDGER
from .ledger import Ledger
from .loudness import Loudness
from .movies import MovieSource
from .probe import check_ffmpeg
from .sound import Sound
from .videos import make_video, most_mb, passing_mb
from .written import unfinished

__all__ = ["Deliverables", "EncodeJob", "encode_steps"]

SOUND_NOTES = "sound.json"
"""In the stage's folder: what was done to the sound of each platform."""
STILL_COST, SOUND_COST = 10, 30
"""Work in units of one video frame, for the progress bar."""
OTHER_PLACE = "Choose another output folder or song id."
LEAST_OF_CAP = 0.1
"""A video is hardly ever smaller than this part of what its ceiling allows: less room than that cannot be enough."""


def encode_steps(job: EncodeJob) -> Generator[Progress, None, Deliverables]:
    """Make every file of the job; close the generator to cancel.

    Raises
    ------
    EncodeError
        Frames or audio are missing or unreadable, the disk is full, or FFmpeg fails for another reason.
    ToolMissing
        The FFmpeg program lacks something that the job needs.
    """
    recipes = job.recipes()
    folder = job.work / STAGE
    needs_captions = any(recipe.captions for recipe in recipes)
    info = check_ffmpeg(job.ffmpeg, folder / "check", needs_captions=needs_captions)
    if job.with_thumbnail and job.title_style is not None and not info.has_libass:
        job = replace(job, title_style=None)
        yield Progress(STAGE, 0.0, "This FFmpeg has no libass: thumbnails and covers have no title", notice=True)
    sources = (source.file for source in job.frames.values() if isinstance(source, MovieSource))
    check_names([job.audio, *sources], [job.video_path(name) for name in job.platforms])
    check_lyrics(job.lyrics, job.renders, job.song_id, job.platforms)
    for place in (job.renders, job.work):
        place.mkdir(parents=True, exist_ok=True)
    _sweep(job)
    bench = Bench(job, folder, Meter(1), Ledger(job.work / LEDGER, fresh=job.fresh))
    films = yield from reuse.plan_steps(bench, info.version)
    todo = [film for film in films if not film.is_kept]
    if kept := reuse.kept_notice(films):
        yield bench.notice(kept)
    for film in todo:
        if isinstance(film.source, FrameSequence):
            check(film.source)
    for tight in _check_room(job, todo):
        yield Progress(STAGE, 0.0, tight, notice=True)
    sounds = list(dict.fromkeys(film.recipe.sound for film in todo if film.recipe.sound is not None))
    bench.meter.total = sum(film.recipe.frame_count for film in todo) + SOUND_COST * len(sounds)
    if job.with_thumbnail:
        bench.meter.total += STILL_COST * stills.commands(job)
    mastered = yield from _sounds(bench, sounds, info.version)
    made: Deliverables = {}
    for film in films:
        if not film.is_kept:
            track = mastered[film.recipe.sound] if film.recipe.sound is not None else None
            film.facts = {"sound": track.path.parent.name, "mastered": track.notes} if track else {}
            path = track.path if track else None
            yield from make_video(bench, film.recipe, film.platforms, film.source, path, film.folder)
            yield from reuse.note_steps(bench, film)
        made |= reuse.deliverables(bench, film)
    reuse.sweep_sounds(bench)
    reuse.write_notes(folder / SOUND_NOTES, films)
    if job.with_thumbnail:
        made |= yield from stills.still_steps(bench, folder / "stills", _still_runner(bench), info.version)
    made |= yield from caption_files.file_steps(bench)
    if job.with_texts:
        made |= yield from texts.text_steps(job, folder / "texts")
    yield Progress(STAGE, 1.0, f"{len(made)} files in {job.renders}", 0.0)
    return made


def _sweep(job: EncodeJob) -> None:
    """Remove what a killed run of this song left behind."""
    for part in unfinished(job):
        part.unlink(missing_ok=True)


def check_names(read: Iterable[Path], written: Iterable[Path], hint: str = OTHER_PLACE) -> None:
    """See that no file that is read is one of those that are written; ``hint`` is what to do else.

    Raises
    ------
    EncodeError
        Naming the file.
    """
    targets = {path.resolve() for path in written}
    for path in read:
        if path.resolve() in targets:
            raise EncodeError(f"'{path}' is one of the files that are to be written.", hint=hint)


def check_lyrics(lyrics: Path | None, renders: Path, song_id: str, platforms: Iterable[str]) -> None:
    """See that the lyrics, and the taps beside them, are none of the texts that jobs of these platforms write.

    Raises
    ------
    EncodeError
        Naming the file.
    """
    if lyrics is not None:
        written = [renders / f"{song_id}_{name}.txt" for name in texts.KEYS]
        written += caption_files.places(renders, song_id, platforms)
        hint = "Copy it beside the song and give the copy: files among the renders are replaced."
        check_names([lyrics, lyrics.with_name(lyrics.name + TAPS)], written, hint)


def _check_room(job: EncodeJob, films: list[reuse.Film]) -> list[str]:
    """Warnings when a disk could become full, by the videos or by what is only there while they are made and checked.

    Raises
    ------
    EncodeError
        When it certainly would.
    """
    needed = sum(most_mb(film.recipe) for film in films)
    passing = max((passing_mb(film.recipe, film.source) for film in films), default=0.0)
    free = shutil.disk_usage(job.renders).free / 1e6
    if free < needed * LEAST_OF_CAP:
        raise EncodeError(
            f"{job.renders} has only {free:.0f} MB left; the videos need up to {needed:.0f} MB.",
            hint="Free disk space, or choose another output folder.",
        )
    tight = []
    shares_disk = job.work.stat().st_dev == job.renders.stat().st_dev
    if free < needed + passing * shares_disk:
        more = f", and {passing:.0f} MB more while they are made and checked" if shares_disk else ""
        tight.append(f"{job.renders} has {free:.0f} MB left; the videos may need up to {needed:.0f} MB{more}")
    if not shares_disk and (free := shutil.disk_usage(job.work).free / 1e6) < passing:
        tight.append(f"{job.work} has {free:.0f} MB left; making and checking the videos takes {passing:.0f} MB there")
    return tight


@dataclass(frozen=True, slots=True)
class _Track:
    """A finished sound: its file, and what was done to it as plain data."""

    path: Path
    notes: dict[str, Any]


def _sounds(bench: Bench, sounds: list[Sound], version: str) -> Generator[Progress, None, dict[Sound, _Track]]:
    """Every distinct sound, finished; each part of the song is measured once."""
    measured: dict[tuple[float, float], Loudness] = {}
    mastered: dict[Sound, _Track] = {}
    told: set[str] = set()
    for wanted in sounds:
        key, job = reuse.sound_key(bench, version, wanted), bench.job
        folder = bench.folder / f"sound_{key[:16]}"
        row = bench.book.row(folder.name, key)
        path = folder / sound.TRACK
        if row and (yield from reuse.hashing(bench, bench.book.is_whole_steps(path, row["sha256"]))):
            notes, complaint = row["mastered"], row["complaint"]
            said = "The sound of an earlier run is reused"
        else:
            part = (wanted.start, wanted.end)
            if part not in measured:
                measured[part] = yield from sound.measured(job.ffmpeg, job.audio, *part, folder, bench.run)
            made = yield from sound.master(job.ffmpeg, job.audio, wanted, measured[part], folder, bench.run)
            notes, complaint, said = made.as_json(), sound.complaint(made, wanted), ""
            sha256 = yield from reuse.hashing(bench, sha256_steps(path))
            bench.book.put(folder.name, key, sha256, mastered=notes, complaint=complaint)
        bench.meter.done += SOUND_COST
        mastered[wanted] = _Track(path, notes)
        for text in (said, complaint):
            if text and text not in told:
                told.add(text)
                yield bench.notice(text)
    return mastered


def _still_runner(bench: Bench) -> stills.Run:
    def run(command: list[str], folder: Path, message: str) -> Generator[Progress, None, tuple[int, Child]]:
        code, child = yield from bench.run(command, folder, message)
        bench.meter.done += STILL_COST
        return code, child

    return run
