# SPDX-License-Identifier: GPL-3.0-or-later
"""The encode stage: frames and song become the platforms' files, whole or not at all.

Each distinct sound is made once, each distinct video once and in one encode; they are made one after another, because
several at once or several in one process measured the same. Every file is written as ``<name>.part`` and renamed when
it is complete, and a ``.part`` never outlives an error or a cancel.

Conventions: a generator of ``Progress`` (stage ``encode``).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import EncodeError
from ..jobs import Child, Progress
from . import caption_job, sound, stills, texts
from .bench import STAGE, Bench, Meter, whole
from .command import Recipe
from .frames import FrameSequence, check
from .job import Deliverables, EncodeJob
from .loudness import Loudness
from .movies import MovieSource
from .platforms import Platform
from .probe import check_ffmpeg
from .sound import Mastered, Sound
from .videos import make_video, most_mb

__all__ = ["Deliverables", "EncodeJob", "encode_steps"]

SOUND_NOTES = "sound.json"
"""In the stage's folder: what was done to the sound of each platform."""
STILL_COST, SOUND_COST = 10, 30
"""Work in units of one video frame, for the progress bar."""
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
    pictures = {recipe: job.frames_of(recipe) for recipe in recipes}
    for source in pictures.values():
        if isinstance(source, FrameSequence):
            check(source)
    _check_names(job)
    job.renders.mkdir(parents=True, exist_ok=True)
    _sweep(job)
    if tight := _check_room(job, recipes):
        yield Progress(STAGE, 0.0, tight, notice=True)
    sounds = list(dict.fromkeys(recipe.sound for recipe in recipes if recipe.sound is not None))
    meter = Meter(sum(recipe.frame_count for recipe in recipes) + SOUND_COST * len(sounds))
    if job.with_thumbnail:
        meter.total += STILL_COST * stills.commands(job)
    bench = Bench(job, folder, meter)
    mastered = yield from _sounds(bench, sounds)
    _note_sounds(folder, recipes, mastered)
    made: Deliverables = {}
    for number, (recipe, platforms) in enumerate(recipes.items(), 1):
        track = mastered[recipe.sound].path if recipe.sound is not None else None
        at = folder / f"video_{number}"
        if recipe.captions and (missing := caption_job.burned(job, recipe, platforms, at)):
            yield bench.notice(missing)
        made |= yield from make_video(bench, recipe, platforms, pictures[recipe], track, at)
    if job.with_thumbnail:
        made |= yield from stills.still_steps(job, folder / "stills", _still_runner(bench))
    made |= _caption_files(job)
    made |= yield from texts.text_steps(job, folder / "texts")
    yield Progress(STAGE, 1.0, f"{len(made)} files in {job.renders}", 0.0)
    return made


def _sweep(job: EncodeJob) -> None:
    """Remove what a killed run of this song left behind."""
    for part in job.renders.iterdir():
        if part.name.startswith((f"{job.song_id}_", f"{job.song_id}.")) and part.suffix == ".part":
            part.unlink(missing_ok=True)


def _check_names(job: EncodeJob) -> None:
    """No file that is read may be one of those that are written."""
    written = {job.video_path(name).resolve() for name in job.platforms}
    read = [job.audio, *(source.file for source in job.frames.values() if isinstance(source, MovieSource))]
    for path in read:
        if path.resolve() in written:
            raise EncodeError(
                f"'{path}' is one of the files that are to be written.", hint="Choose another output folder or song id."
            )


def _check_room(job: EncodeJob, recipes: dict[Recipe, list[Platform]]) -> str:
    """A warning when the disk could become full.

    Raises
    ------
    EncodeError
        When it certainly would.
    """
    needed = sum(most_mb(recipe) for recipe in recipes)
    free = shutil.disk_usage(job.renders).free / 1e6
    if free < needed * LEAST_OF_CAP:
        raise EncodeError(
            f"{job.renders} has only {free:.0f} MB left; the videos need up to {needed:.0f} MB.",
            hint="Free disk space, or choose another output folder.",
        )
    return f"{job.renders} has {free:.0f} MB left; the videos may need up to {needed:.0f} MB" if free < needed else ""


def _sounds(bench: Bench, sounds: list[Sound]) -> Generator[Progress, None, dict[Sound, Mastered]]:
    """Every distinct sound, finished; each part of the song is measured once."""
    measured: dict[tuple[float, float], Loudness] = {}
    mastered: dict[Sound, Mastered] = {}
    told: set[str] = set()
    for number, wanted in enumerate(sounds, 1):
        folder, job = bench.folder / f"sound_{number}", bench.job
        part = (wanted.start, wanted.end)
        if part not in measured:
            measured[part] = yield from sound.measured(job.ffmpeg, job.audio, *part, folder, bench.run)
        made = yield from sound.master(job.ffmpeg, job.audio, wanted, measured[part], folder, bench.run)
        bench.meter.done += SOUND_COST
        mastered[wanted] = made
        complaint = sound.complaint(made, wanted)
        if complaint and complaint not in told:
            told.add(complaint)
            yield bench.notice(complaint)
    return mastered


def _note_sounds(folder: Path, recipes: dict[Recipe, list[Platform]], mastered: dict[Sound, Mastered]) -> None:
    notes: dict[str, Any] = {}
    for recipe, platforms in recipes.items():
        for platform in platforms:
            notes[platform.name] = mastered[recipe.sound].as_json() if recipe.sound is not None else None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SOUND_NOTES).write_text(json.dumps(notes, indent=1), encoding="utf-8")


def _still_runner(bench: Bench) -> stills.Run:
    def run(command: list[str], folder: Path, message: str) -> Generator[Progress, None, tuple[int, Child]]:
        code, child = yield from bench.run(command, folder, message)
        bench.meter.done += STILL_COST
        return code, child

    return run


def _caption_files(job: EncodeJob) -> Deliverables:
    """The caption files; those of an earlier run that this job does not make are removed."""
    files = caption_job.texts(job) if job.with_captions else {}
    caption_job.forget_old(job, (path for path, _ in files.values()))
    for path, text in files.values():
        with whole(path) as part:
            part.write_bytes(text.encode())
    return {key: path for key, (path, _) in files.items()}
