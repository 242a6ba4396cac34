# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of all files that a job can write into the folder of finished files.

Songs share that folder, and the name of one may begin like that of another: only whole names tell whose a file is.
"""

from __future__ import annotations

from pathlib import Path

from . import caption_files, stills, texts
from .job import EncodeJob


def unfinished(job: EncodeJob) -> list[Path]:
    """What a job left half made, or another one is writing under the same names, in order of names."""
    names = {f"{path.name}.part" for path in targets(job)}
    return sorted(path for path in job.renders.glob("*.part") if path.name in names)


def targets(job: EncodeJob) -> list[Path]:
    """Every file that the job may write, whatever it is asked to leave out this time."""
    found = [job.video_path(name) for name in job.platforms]
    found += caption_files.places(job.renders, job.song_id, job.platforms)
    found += [texts.text_path(job, key) for key in texts.KEYS]
    pictures = stills.choices_of(job.platforms.values()).values()
    return [*found, *(stills.picture_path(job, picture.name, picture.number) for picture in pictures)]
