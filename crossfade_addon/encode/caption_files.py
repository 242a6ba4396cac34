# SPDX-License-Identifier: GPL-3.0-or-later
"""The caption files of a job: whose they are, where they lie, and what is in them (times in seconds of the song).

``<song>.vtt``, ``.srt`` and ``.lrc`` belong to one video (:meth:`.job.EncodeJob.sidecar_platform`). A platform that
shows another part of the song, and takes files, gets ``<song>_<platform>.<format>`` for its own part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from pathlib import Path

from ..content import file_sha256, put_aside, write_whole
from ..jobs import Progress
from ..timeline import Clip
from . import captions, phrases
from .bench import Bench, unwritten
from .job import Deliverables, EncodeJob
from .platforms import CAPTION_FILES, Platform

KEYS = {"vtt": "captions", "srt": "captions_srt", "lrc": "captions_lrc"}
"""Deliverables without a platform in their names, by format."""
WRITTEN = "written_"
"""How rows of what was written begin in the ledger."""
_NAMES = {"vtt": "WebVTT", "srt": "SubRip", "lrc": "LRC"}


def key_of(platform: str, form: str) -> str:
    """The deliverable of a platform's own file."""
    return f"captions_{platform}_{form}"


def labels(platforms: Iterable[Platform]) -> dict[str, str]:
    """What people call the platforms' own files, by deliverable."""
    return {
        key_of(platform.name, form): f"Captions for {platform.label}, {_NAMES[form]}"
        for platform in platforms
        for form in platform.caption_files
    }


def platform_of(job: EncodeJob, key: str) -> Platform | None:
    """The platform whose video a deliverable's captions go with; None for what is no caption file of this job."""
    if key in KEYS.values():
        return job.sidecar_platform()
    own = {key_of(name, form): platform for name, platform in job.platforms.items() for form in CAPTION_FILES}
    return own.get(key)


def texts(job: EncodeJob) -> dict[str, tuple[Path, str]]:
    """The caption files, path and content by deliverable.

    The one that the files without a platform in their names belong to gets every format when somebody sings, else
    WebVTT alone; the others what they take, when somebody sings.
    """
    owner = job.sidecar_platform()
    made: dict[str, tuple[Path, str]] = {}
    if owner is not None:
        forms = CAPTION_FILES if _sings(job, owner.name) else ("vtt",)
        for form, text in _contents(job, owner, forms).items():
            made[KEYS[form]] = job.renders / f"{job.song_id}.{form}", text
    for name, platform in job.platforms.items():
        if _sings(job, name) and (owner is None or _part(job, name) != _part(job, owner.name)):
            for form, text in _contents(job, platform, platform.caption_files).items():
                made[key_of(name, form)] = job.renders / f"{job.song_id}_{name}.{form}", text
    return made


def _sings(job: EncodeJob, platform: str) -> bool:
    """Whether a platform's part has words that are there long enough to be shown."""
    return job.sings_in(job.clip(platform), phrases.SHORTEST_S)


def _part(job: EncodeJob, platform: str) -> tuple[float, float]:
    clip: Clip = job.clip(platform)
    return clip.start, clip.end


def _contents(job: EncodeJob, platform: Platform, forms: Iterable[str]) -> dict[str, str]:
    """A platform's captions by format."""
    clip, lyrics, meta = job.clip(platform.name), job.timeline.lyrics, job.timeline.meta
    row = captions.row_columns(platform.width, platform.height)
    found = captions.cues(lyrics, clip, job.timeline.audio.sections, row=row)
    write = {
        "vtt": lambda: captions.as_vtt(found),
        "srt": lambda: captions.as_srt(found),
        "lrc": lambda: captions.lrc(lyrics, clip, title=meta.title, artist=meta.artist),
    }
    return {form: write[form]() for form in forms}


def file_steps(bench: Bench) -> Generator[Progress, None, Deliverables]:
    """Write the caption files; those of an earlier run that this job would write and does not are removed.

    What is not as the last run wrote it is somebody's work: it is kept under another name, and said.

    Raises
    ------
    EncodeError
        When one cannot be written.
    """
    job = bench.job
    files = texts(job) if job.with_captions else {}
    made = dict(files.values())
    for path in _own(job):
        try:
            if kept := _kept(bench, path, made.get(path)):
                yield bench.notice(f"'{path.name}' was changed, or is not of this job: it is kept as '{kept.name}'")
            if path in made:
                write_whole(path, made[path])
                sha256 = _sha256(made[path])
                bench.book.put(WRITTEN + path.name, sha256, sha256)
            else:
                path.unlink(missing_ok=True)  # it would belong to other words
        except OSError as error:
            raise unwritten(path, error) from error
    return {key: path for key, (path, _) in files.items()}


def _kept(bench: Bench, path: Path, text: str | None) -> Path | None:
    """Where a file went that is neither what the last run wrote nor what this one will."""
    if not path.is_file():
        return None
    found = file_sha256(path)
    if found == bench.book.bytes_of(WRITTEN + path.name) or (text is not None and found == _sha256(text)):
        return None
    return put_aside(path)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _own(job: EncodeJob) -> list[Path]:
    """Where caption files of this job may lie."""
    found = places(job.renders, job.song_id, job.platforms)
    return found if job.sidecar_platform() is not None else found[len(CAPTION_FILES) :]


def places(renders: Path, song_id: str, platforms: Iterable[str]) -> list[Path]:
    """Where caption files may lie, those without a platform in their names first."""
    stems = [song_id, *(f"{song_id}_{name}" for name in platforms)]
    return [renders / f"{stem}.{form}" for stem in stems for form in CAPTION_FILES]
