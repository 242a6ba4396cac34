# SPDX-License-Identifier: GPL-3.0-or-later
"""The encode stage: frames and song become the platforms' files, whole or not at all.

Each distinct sound is made once, each distinct video once and in one encode; they are made one after another, because
several at once or several in one process measured the same. Every file is written as ``<name>.part`` and renamed when
it is complete, and a ``.part`` never outlives an error or a cancel.

Conventions: a generator of ``Progress`` (stage ``encode``).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import EncodeError
from ..jobs import Child, Clock, Progress, read_tail, wait
from ..timeline import Clip
from . import captions, copying, encoders, sound
from .command import CAPTIONS, FONTS, Recipe, still_command, video_command
from .encoders import Encoder, Target
from .failures import failure
from .fonts import bundled_font
from .frames import FrameSequence, check
from .job import Deliverables, EncodeJob
from .loudness import Loudness
from .movies import MovieSource, Source
from .platforms import Platform, default_box, strict_of
from .probe import check_ffmpeg, probe_steps
from .sound import Mastered, Sound

__all__ = ["Deliverables", "EncodeJob", "encode_steps"]

STAGE = "encode"
SOUND_NOTES = "sound.json"
"""In the stage's folder: what was done to the sound of each platform."""
STILLS = (("thumbnail", "thumb", "16:9", (1280, 720)), ("cover", "cover", "9:16", (1080, 1920)))
"""Deliverable, ending of the file's name, aspect, size in pixels."""
STILL_COST, SOUND_COST = 10, 30
"""Work in units of one video frame, for the progress bar."""
LEAST_OF_CAP = 0.1
"""A video is hardly ever smaller than this part of what its ceiling allows: less room than that cannot be enough."""
_DAMAGE = re.compile(r"error while decoding|Invalid NAL unit|corrupt decoded frame|concealing \d+ DC")
"""What a decoder says about pictures that it had to make up."""

Steps = Generator[Progress, None, None]


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
    check_ffmpeg(job.ffmpeg, folder / "check", needs_captions=needs_captions)
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
    meter = _Meter(sum(recipe.frame_count for recipe in recipes) + SOUND_COST * len(sounds))
    if job.with_thumbnail:
        meter.total += STILL_COST * len(STILLS)
    studio = _Room(job, folder, meter)
    mastered = yield from _sounds(studio, sounds)
    _note_sounds(folder, recipes, mastered)
    made: Deliverables = {}
    for number, (recipe, platforms) in enumerate(recipes.items(), 1):
        track = mastered[recipe.sound].path if recipe.sound is not None else None
        made |= yield from _video(studio, recipe, platforms, pictures[recipe], track, folder / f"video_{number}")
    if job.with_thumbnail:
        for key, ending, aspect, size in STILLS:
            path = job.renders / f"{job.song_id}_{ending}.jpg"
            yield from _still(studio, aspect, size, path, folder / ending)
            made[key] = path
    if job.with_captions:
        made |= _caption_files(job)
    yield Progress(STAGE, 1.0, f"{len(made)} files in {job.renders}", 0.0)
    return made


@dataclass(slots=True)
class _Meter:
    """Work done so far, in frames."""

    total: int
    done: int = 0
    clock: Clock = field(default_factory=Clock)

    def report(self, extra: int, message: str, *, notice: bool = False) -> Progress:
        fraction = min(1.0, (self.done + extra) / max(1, self.total))
        return Progress(STAGE, fraction, message, self.clock.eta(fraction), notice)


@dataclass(slots=True)
class _Room:
    """What every step of one job needs."""

    job: EncodeJob
    folder: Path
    meter: _Meter
    encoders: dict[Target, Encoder] = field(default_factory=dict)

    def run(
        self, command: list[str], folder: Path, message: str, where: Callable[[], int] = lambda: 0
    ) -> Generator[Progress, None, tuple[int, Child]]:
        """Run a command to its end; ``where`` tells how many units of work it has done."""
        child = Child(command, folder, name="FFmpeg")
        code = yield from wait(child, lambda: self.meter.report(where(), message))
        return code, child

    def notice(self, message: str) -> Progress:
        return self.meter.report(0, message, notice=True)


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
    needed = sum(_most_mb(recipe) for recipe in recipes)
    free = shutil.disk_usage(job.renders).free / 1e6
    if free < needed * LEAST_OF_CAP:
        raise EncodeError(
            f"{job.renders} has only {free:.0f} MB left; the videos need up to {needed:.0f} MB.",
            hint="Free disk space, or choose another output folder.",
        )
    return f"{job.renders} has {free:.0f} MB left; the videos may need up to {needed:.0f} MB" if free < needed else ""


def _most_mb(recipe: Recipe) -> float:
    """Largest size that a video can get."""
    return (recipe.max_kbps + (recipe.sound.kbps if recipe.sound else 0)) * recipe.seconds / 8000


def _sounds(room: _Room, sounds: list[Sound]) -> Generator[Progress, None, dict[Sound, Mastered]]:
    """Every distinct sound, finished; each part of the song is measured once."""
    measured: dict[tuple[float, float], Loudness] = {}
    mastered: dict[Sound, Mastered] = {}
    told: set[str] = set()
    for number, wanted in enumerate(sounds, 1):
        folder, job = room.folder / f"sound_{number}", room.job
        part = (wanted.start, wanted.end)
        if part not in measured:
            measured[part] = yield from sound.measured(job.ffmpeg, job.audio, *part, folder, room.run)
        made = yield from sound.master(job.ffmpeg, job.audio, wanted, measured[part], folder, room.run)
        room.meter.done += SOUND_COST
        mastered[wanted] = made
        complaint = sound.complaint(made, wanted)
        if complaint and complaint not in told:
            told.add(complaint)
            yield room.notice(complaint)
    return mastered


def _note_sounds(folder: Path, recipes: dict[Recipe, list[Platform]], mastered: dict[Sound, Mastered]) -> None:
    notes: dict[str, Any] = {}
    for recipe, platforms in recipes.items():
        for platform in platforms:
            notes[platform.name] = mastered[recipe.sound].as_json() if recipe.sound is not None else None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SOUND_NOTES).write_text(json.dumps(notes, indent=1), encoding="utf-8")


def _video(
    room: _Room, recipe: Recipe, platforms: list[Platform], source: Source, track: Path | None, folder: Path
) -> Generator[Progress, None, Deliverables]:
    """One recipe's video, copied from the source where that is enough, under the names of all its platforms."""
    job = room.job
    labels = ", ".join(platform.label for platform in platforms)
    folder.mkdir(parents=True, exist_ok=True)
    if recipe.captions:
        _burned_captions(job, recipe, platforms, folder)
    first = job.video_path(platforms[0].name)
    with _whole(first) as part:
        reason = copying.why_not(source, recipe)
        if not reason and isinstance(source, MovieSource):
            reason = yield from _copy(room, recipe, platforms, source, track, folder, part)
        if reason:
            if isinstance(source, MovieSource) and not recipe.captions and not recipe.with_grade:
                yield room.notice(f"{source.file.name} is encoded anew for {labels}: {reason}")
            yield from _encode(room, recipe, labels, source, track, folder, part)
        else:
            yield room.notice(f"{labels}: the pictures of {source_name(source)} are taken as they are")
    room.meter.done += recipe.frame_count
    made = {f"video_{platforms[0].name}": first}
    for platform in platforms[1:]:
        path = job.video_path(platform.name)
        with _whole(path) as part:
            _same_file(first, part)
        made[f"video_{platform.name}"] = path
    return made


def source_name(source: Source) -> str:
    """What people call a source."""
    return source.file.name if isinstance(source, MovieSource) else str(source.folder)


def _copy(
    room: _Room,
    recipe: Recipe,
    platforms: list[Platform],
    source: MovieSource,
    track: Path | None,
    folder: Path,
    part: Path,
) -> Generator[Progress, None, str]:
    """Copy the pictures; why the result is not right, or ``""``."""
    job, meta = room.job, room.job.timeline.meta
    progress = folder / "progress.txt"
    command = copying.copy_command(
        job.ffmpeg, source, track, recipe, part, progress, title=meta.title, artist=meta.artist
    )
    code, child = yield from room.run(command, folder, f"Copying {source.file.name}")
    if code != 0:
        return str(failure("the copy", code, child.stderr_tail()))
    looking = room.meter.report(0, f"Checking the copy of {source.file.name}")
    try:
        info = yield from probe_steps(job.ffmpeg, part, folder / "copy", lambda: looking)
    except EncodeError as error:
        return error.message
    wrong = copying.what_is_wrong(info, recipe, platforms)
    return f"the copy has {wrong}" if wrong else ""


def _encode(
    room: _Room, recipe: Recipe, labels: str, source: Source, track: Path | None, folder: Path, part: Path
) -> Steps:
    """The one encode; hardware that fails after a good trial is replaced by x264."""
    encoder = yield from _encoder(room, recipe.target, folder)
    error = yield from _encode_with(room, encoder, recipe, labels, source, track, folder, part)
    if error is not None and encoder is not encoders.X264:
        room.encoders[recipe.target] = encoders.X264
        yield room.notice(f"{encoder.label} failed ({error.message}) x264 is used.")
        error = yield from _encode_with(room, encoders.X264, recipe, labels, source, track, folder, part)
    if error is not None:
        raise error


def _encode_with(
    room: _Room,
    encoder: Encoder,
    recipe: Recipe,
    labels: str,
    source: Source,
    track: Path | None,
    folder: Path,
    part: Path,
) -> Generator[Progress, None, EncodeError | None]:
    """Encode; what went wrong, or None."""
    job, meta = room.job, room.job.timeline.meta
    progress = folder / "progress.txt"
    progress.unlink(missing_ok=True)
    command = video_command(
        job.ffmpeg, source, track, recipe, encoder, part, progress, title=meta.title, artist=meta.artist
    )
    code, child = yield from room.run(
        command, folder, f"{labels}: {recipe.frame_count} frames", lambda: _frames_done(progress)
    )
    if code != 0:
        return failure(f"Video for {labels}", code, child.stderr_tail(), needed_mb=_most_mb(recipe))
    if (count := _frames_done(progress)) != recipe.frame_count:
        return EncodeError(
            f"Video for {labels} has {count} frames instead of {recipe.frame_count}.",
            hint=f"Check the frames in {source_name(source)}.",
        )
    if isinstance(source, MovieSource) and re.search(r"error while decoding|Invalid NAL unit", child.stderr_tail()):
        return EncodeError(
            f"{source.file.name} is damaged: some of its pictures cannot be read.", hint="Render it again."
        )
    return None


def _encoder(room: _Room, target: Target, folder: Path) -> Generator[Progress, None, Encoder]:
    """The encoder for a target, tried once a job."""
    if target not in room.encoders:
        job = room.job
        chosen, why = yield from encoders.choose(job.ffmpeg, job.encoder, target, folder / "trial", room.run)
        if why and encoders.X264 not in room.encoders.values():
            yield room.notice(why)
        room.encoders[target] = chosen
    return room.encoders[target]


def _burned_captions(job: EncodeJob, recipe: Recipe, platforms: list[Platform], folder: Path) -> None:
    """Put the ASS script and its font where the command looks for them."""
    font = bundled_font()
    (folder / FONTS).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(font.path, folder / FONTS / font.path.name)
    script = captions.ass(
        job.timeline.lyrics,
        Clip(recipe.start, recipe.end, ""),
        width=recipe.width,
        height=recipe.height,
        safe=next(iter(strict_of(platforms)), default_box(recipe.width, recipe.height)),
        font=font,
        accent=job.timeline.lighting.primary_color,
    )
    (folder / CAPTIONS).write_text(script, encoding="utf-8")


def _still(room: _Room, aspect: str, size: tuple[int, int], path: Path, folder: Path) -> Steps:
    job = room.job
    sequence, frame = job.still_frame(aspect)
    with _whole(path) as part:
        command = still_command(job.ffmpeg, sequence, frame, job.look, size, part)
        code, child = yield from room.run(command, folder, f"Picture {path.name}")
        if code != 0 or not part.is_file():
            raise failure(f"Picture {path.name}", code, child.stderr_tail(), needed_mb=1)
    room.meter.done += STILL_COST


def _caption_files(job: EncodeJob) -> Deliverables:
    """The caption files; every format when somebody sings, WebVTT with the sections' names when not."""
    clip, lyrics, sections = job.sidecar_clip(), job.timeline.lyrics, job.timeline.audio.sections
    texts = {"captions": (".vtt", captions.vtt(lyrics, clip, sections))}
    if job.sings_in(clip):
        meta = job.timeline.meta
        texts["captions_srt"] = (".srt", captions.srt(lyrics, clip, sections))
        texts["captions_lrc"] = (".lrc", captions.lrc(lyrics, clip, title=meta.title, artist=meta.artist))
    made = {}
    for key, (suffix, text) in texts.items():
        made[key] = job.renders / f"{job.song_id}{suffix}"
        with _whole(made[key]) as part:
            part.write_bytes(text.encode())
    return made


def _frames_done(progress: Path) -> int:
    found = re.findall(r"^frame=\s*(\d+)", read_tail(progress), flags=re.MULTILINE)
    return int(found[-1]) if found else 0


def _same_file(source: Path, target: Path) -> None:
    """A second name for the same bytes, or a copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
