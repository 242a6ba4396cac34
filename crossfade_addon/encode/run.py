# SPDX-License-Identifier: GPL-3.0-or-later
"""The encode stage: frames and song become the platforms' files, whole or not at all.

Conventions: a generator of ``Progress`` (stage ``encode``); every file is written as ``<name>.part`` and
renamed when it is complete, and a ``.part`` never outlives an error or a cancel.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import EncodeError
from ..jobs import Child, Clock, Progress, read_tail, wait
from . import caption_job, loudness, stills, texts
from .command import Recipe, video_command
from .failures import failure
from .frames import FrameSequence, check
from .job import Deliverables, EncodeJob
from .platforms import Platform
from .probe import check_ffmpeg

__all__ = ["Deliverables", "EncodeJob", "encode_steps"]

STAGE = "encode"
STILL_COST, LOUDNESS_COST = 10, 20
"""Work in units of one video frame, for the progress bar."""


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
    for sequence in pictures.values():
        check(sequence)
    job.renders.mkdir(parents=True, exist_ok=True)
    _sweep(job)
    meter = _Meter(sum(recipe.frame_count + LOUDNESS_COST for recipe in recipes))
    if job.with_thumbnail:
        meter.total += STILL_COST * stills.commands(job)
    made: Deliverables = {}
    for number, (recipe, platforms) in enumerate(recipes.items(), 1):
        made |= yield from _video(job, recipe, platforms, pictures[recipe], folder / f"video_{number}", meter)
    if job.with_thumbnail:
        made |= yield from stills.still_steps(job, folder / "stills", _still_runner(meter))
    made |= _caption_files(job)
    made |= yield from texts.text_steps(job, folder / "texts")
    yield Progress(STAGE, 1.0, f"{len(made)} files in {job.renders}", 0.0)
    return made


@dataclass(slots=True)
class _Meter:
    """Work done so far, in frames."""

    total: int
    done: int = 0
    clock: Clock = field(default_factory=Clock)

    def report(self, extra: int, message: str) -> Progress:
        fraction = min(1.0, (self.done + extra) / max(1, self.total))
        return Progress(STAGE, fraction, message, self.clock.eta(fraction))


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A ``.part`` to write to, which becomes ``path`` when the block ends well and is removed when not."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise EncodeError(
            f"{path} could not be written: {error.strerror}.", original_error=error, hint="Check space and permissions."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _sweep(job: EncodeJob) -> None:
    """Remove what a killed run of this song left behind."""
    for part in job.renders.iterdir():
        if part.name.startswith((f"{job.song_id}_", f"{job.song_id}.")) and part.suffix == ".part":
            part.unlink(missing_ok=True)


def _video(
    job: EncodeJob, recipe: Recipe, platforms: list[Platform], frames: FrameSequence, folder: Path, meter: _Meter
) -> Generator[Progress, None, Deliverables]:
    labels = ", ".join(platform.label for platform in platforms)
    level = yield from _loudness(job, recipe, folder / "loudness", meter)
    if recipe.captions and (notice := caption_job.burned(job, recipe, platforms, folder)):
        yield Progress(STAGE, 0.0, notice, notice=True)
    first = job.video_path(platforms[0].name)
    progress = folder / "progress.txt"
    progress.unlink(missing_ok=True)
    meta = job.timeline.meta
    with _whole(first) as part:
        command = video_command(
            job.ffmpeg,
            frames,
            job.audio,
            recipe,
            loudness.linear_gain_db(level),
            part,
            progress,
            title=meta.title,
            artist=meta.artist,
        )
        code, child = yield from _run(
            command, folder, meter, lambda: (_frames_done(progress), f"{labels}: {_frames_done(progress)} frames")
        )
        if code != 0:
            megabytes = (recipe.max_kbps + recipe.audio_kbps) * recipe.seconds / 8000
            raise failure(f"Video for {labels}", code, child.stderr_tail(), needed_mb=megabytes)
        if (count := _frames_done(progress)) != recipe.frame_count:
            raise EncodeError(
                f"Video for {labels} has {count} frames instead of {recipe.frame_count}.",
                hint=f"Check the frames in {frames.folder}.",
            )
    meter.done += recipe.frame_count
    made = {f"video_{platforms[0].name}": first}
    for platform in platforms[1:]:
        path = job.video_path(platform.name)
        with _whole(path) as part:
            _same_file(first, part)
        made[f"video_{platform.name}"] = path
    return made


def _loudness(
    job: EncodeJob, recipe: Recipe, folder: Path, meter: _Meter
) -> Generator[Progress, None, loudness.Loudness]:
    command = loudness.measure_command(job.ffmpeg, job.audio, recipe.start, recipe.end)
    code, child = yield from _run(command, folder, meter, lambda: (0, "Measuring the loudness"))
    text = child.stderr_path.read_text(encoding="utf-8", errors="replace")
    if code != 0:
        raise failure(f"Audio {job.audio}", code, text)
    meter.done += LOUDNESS_COST
    return loudness.parse_summary(text)


def _still_runner(meter: _Meter) -> stills.Run:
    def run(command: list[str], folder: Path, message: str) -> Generator[Progress, None, tuple[int, Child]]:
        code, child = yield from _run(command, folder, meter, lambda: (0, message))
        meter.done += STILL_COST
        return code, child

    return run


def _caption_files(job: EncodeJob) -> Deliverables:
    texts = caption_job.texts(job) if job.with_captions else {}
    caption_job.forget_old(job, (path for path, _ in texts.values()))
    for path, text in texts.values():
        with _whole(path) as part:
            part.write_bytes(text.encode())
    return {key: path for key, (path, _) in texts.items()}


def _run(
    command: list[str], folder: Path, meter: _Meter, where: Callable[[], tuple[int, str]]
) -> Generator[Progress, None, tuple[int, Child]]:
    child = Child(command, folder, name="FFmpeg")
    code = yield from wait(child, lambda: meter.report(*where()))
    return code, child


def _frames_done(progress: Path) -> int:
    found = re.findall(r"^frame=\s*(\d+)", read_tail(progress), flags=re.MULTILINE)
    return int(found[-1]) if found else 0


def _same_file(source: Path, target: Path) -> None:
    """A second name for the same bytes, or a copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
