# SPDX-License-Identifier: GPL-3.0-or-later
"""One recipe's video: copied from a render that already is right, else made in one encode."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ..errors import EncodeError
from ..jobs import Progress, read_tail
from . import copying, encoders
from .bench import Bench, whole
from .command import Recipe, video_command
from .decoded import decoded_mb
from .encoders import Encoder, Target
from .failures import failure
from .job import Deliverables
from .movies import MovieSource, Source
from .platforms import Platform
from .probe import probe_steps

PROGRESS = "progress.txt"
FINER = "pictures.mp4"
_DAMAGE = re.compile(r"error while decoding|Invalid NAL unit|corrupt decoded frame|concealing \d+ DC")
"""What a decoder says about pictures that it had to make up."""


def most_mb(recipe: Recipe) -> float:
    """Largest size that a video can get."""
    return (recipe.max_kbps + (recipe.sound.kbps if recipe.sound else 0)) * recipe.seconds / 8000


def passing_mb(recipe: Recipe, source: Source) -> float:
    """MB in the work folder for what a video needs while it is made or checked, and is removed then."""
    finer = 0.0
    if isinstance(source, MovieSource) and not copying.why_not(source, recipe) and copying.counts_too_coarsely(source):
        finer = source.file.stat().st_size / 1e6
    return max(finer, decoded_mb(recipe.width, recipe.height, recipe.frame_count, recipe.seconds))


@dataclass(frozen=True, slots=True)
class _Task:
    """One recipe's video: for whom, of which pictures and finished sound, made in which folder, written where."""

    recipe: Recipe
    platforms: list[Platform]
    source: Source
    track: Path | None
    folder: Path
    part: Path

    @property
    def labels(self) -> str:
        return ", ".join(platform.label for platform in self.platforms)

    @property
    def source_name(self) -> str:
        return self.source.file.name if isinstance(self.source, MovieSource) else str(self.source.folder)


def make_video(
    bench: Bench, recipe: Recipe, platforms: list[Platform], source: Source, track: Path | None, folder: Path
) -> Generator[Progress, None, Deliverables]:
    """One recipe's video, copied from the source where that is enough, under the names of all its platforms.

    Parameters
    ----------
    source : Source
        Exactly the recipe's frames.
    track : Path or None
        The finished sound.
    folder : Path
        Working folder; holds the captions' script and fonts already.

    Raises
    ------
    EncodeError
        When it cannot be made.
    """
    job = bench.job
    folder.mkdir(parents=True, exist_ok=True)
    first = job.video_path(platforms[0].name)
    with whole(first) as part:
        task = _Task(recipe, platforms, source, track, folder, part)
        reason = copying.why_not(source, recipe)
        if not reason and isinstance(source, MovieSource):
            reason = yield from _copy(bench, task, source)
        if not reason:
            yield bench.notice(f"{task.labels}: the pictures of {task.source_name} are taken as they are")
        else:
            if isinstance(source, MovieSource) and not recipe.captions and not recipe.with_grade:
                yield bench.notice(f"{task.source_name} is encoded anew for {task.labels}: {reason}")
            yield from _encode(bench, task)
    bench.meter.done += recipe.frame_count
    made = {f"video_{platforms[0].name}": first}
    for platform in platforms[1:]:
        path = job.video_path(platform.name)
        with whole(path) as part:
            same_file(first, part)
        made[f"video_{platform.name}"] = path
    return made


def _copy(bench: Bench, task: _Task, source: MovieSource) -> Generator[Progress, None, str]:
    """Copy the pictures; why the result is not right, or ``""``."""
    meta, ffmpeg = bench.job.timeline.meta, bench.job.ffmpeg
    finer = task.folder / FINER if copying.counts_too_coarsely(source) else None
    try:
        if finer is not None:
            command = copying.finer_command(ffmpeg, source, finer)
            code, child = yield from bench.run(command, task.folder, f"Reading {source.file.name}")
            if code != 0:
                return str(failure("the copy", code, child.stderr_tail()))
        command = copying.copy_command(
            ffmpeg, source, finer, task.track, task.recipe, task.part, title=meta.title, artist=meta.artist
        )
        code, child = yield from bench.run(command, task.folder, f"Copying {source.file.name}")
    finally:
        if finer is not None:
            finer.unlink(missing_ok=True)
    if code != 0:
        return str(failure("the copy", code, child.stderr_tail()))
    looking = bench.meter.report(0, f"Checking the copy of {source.file.name}")
    try:
        info = yield from probe_steps(ffmpeg, task.part, task.folder / "copy", lambda: looking)
    except EncodeError as error:
        return error.message
    wrong = copying.what_is_wrong(info, task.recipe, task.platforms)
    return f"a copy of it has {wrong}" if wrong else ""


def _encode(bench: Bench, task: _Task) -> Generator[Progress, None, None]:
    """The one encode; hardware that fails after a good trial is replaced by x264."""
    target = task.recipe.target
    encoder = yield from encoder_steps(bench, target, task.folder)
    error = yield from _encode_with(bench, encoder, task)
    if error is not None and encoder is not encoders.X264:
        bench.encoders[target] = encoders.X264
        yield bench.notice(f"{encoder.label} failed, x264 is used ({error.message})")
        error = yield from _encode_with(bench, encoders.X264, task)
    if error is not None:
        raise error


def _encode_with(bench: Bench, encoder: Encoder, task: _Task) -> Generator[Progress, None, EncodeError | None]:
    """Encode; what went wrong, or None."""
    recipe, source, meta = task.recipe, task.source, bench.job.timeline.meta
    progress = task.folder / PROGRESS
    progress.unlink(missing_ok=True)
    command = video_command(
        bench.job.ffmpeg,
        source,
        task.track,
        recipe,
        encoder,
        task.part,
        progress,
        title=meta.title,
        artist=meta.artist,
    )
    message = f"{task.labels}: {recipe.frame_count} frames"
    code, child = yield from bench.run(command, task.folder, message, lambda: _frames_done(progress))
    if code != 0:
        return failure(f"Video for {task.labels}", code, child.stderr_tail(), needed_mb=most_mb(recipe))
    if (count := _frames_done(progress)) != recipe.frame_count:
        return EncodeError(
            f"Video for {task.labels} has {count} frames instead of {recipe.frame_count}.",
            hint=f"Check {task.source_name}.",
        )
    if isinstance(source, MovieSource) and _DAMAGE.search(child.stderr_tail()):
        return EncodeError(f"{source.file} is damaged: some pictures cannot be read.", hint="Render it again.")
    return None


def encoder_steps(bench: Bench, target: Target, folder: Path) -> Generator[Progress, None, Encoder]:
    """The encoder for a target, tried once a job."""
    if target not in bench.encoders:
        job = bench.job
        chosen, why = yield from encoders.choose(job.ffmpeg, job.encoder, target, folder / "trial", bench.run)
        if why and encoders.X264 not in bench.encoders.values():
            yield bench.notice(why)
        bench.encoders[target] = chosen
    return bench.encoders[target]


def _frames_done(progress: Path) -> int:
    found = re.findall(r"^frame=\s*(\d+)", read_tail(progress), flags=re.MULTILINE)
    return int(found[-1]) if found else 0


def same_file(source: Path, target: Path) -> None:
    """A second name for the same bytes, or a copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
