# SPDX-License-Identifier: GPL-3.0-or-later
"""A quick look: a few bars of the show at half size, with sound, as a film of its own beside the deliverables."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path

from .. import jobs
from ..brief import Brief
from ..cache import busy
from ..encode.frames import FrameSequence
from ..encode.job import EncodeJob
from ..encode.platforms import Platform, load_platforms
from ..encode.run import encode_steps
from ..errors import EncodeError
from ..frames import DIGITS, PREFIX, clip_range, scaled
from ..jobs import Progress
from ..themes import load_theme
from ..timeline import Clip, Timeline

SCALE = Fraction(1, 2)
FOLDER = "preview"
_NAME = "quick_look"


def preview_brief(brief: Brief) -> Brief:
    """The same job in a folder of its own below the output folder: it takes nothing away from the deliverables."""
    return brief.replace(output_dir=brief.output_dir / FOLDER)


def film_path(brief: Brief, aspect: str) -> Path:
    """Where the film goes; ``brief`` as :func:`preview_brief` makes it."""
    return brief.output_dir / f"{brief.song_id}_{aspect.replace(':', 'x')}.mp4"


@contextlib.contextmanager
def workplace(brief: Brief) -> Iterator[None]:
    """A preview's work folder while nobody else works in it; nothing of it is left behind.

    Raises
    ------
    PipelineError
        When another job works there, whose files stay.
    """
    folder = brief.work_dir
    with contextlib.ExitStack() as after, busy.Busy(folder):
        after.callback(_leave, brief)
        try:
            yield
        finally:
            for path in folder.iterdir():
                if path.is_dir():
                    jobs.remove_tree(path)
                elif path.name != busy.NAME:
                    path.unlink(missing_ok=True)


def _leave(brief: Brief) -> None:
    """Remove the lock, and the folders as far as nothing is in them."""
    with contextlib.suppress(OSError):
        (brief.work_dir / busy.NAME).unlink()
        for folder in (brief.work_dir, brief.work_dir.parent, brief.output_dir):
            folder.rmdir()


def film_steps(
    brief: Brief, timeline: Timeline, aspect: str, clip: Clip, pictures: tuple[Path, ...], ffmpeg: str
) -> Generator[Progress, None, Path]:
    """Encode the pictures of a part of the song with its sound, graded as the deliverables are, without captions.

    Parameters
    ----------
    pictures : tuple of Path
        Every frame of the part, in order and in one folder.

    Raises
    ------
    EncodeError, ToolMissing
        As :func:`.encode.run.encode_steps`.
    """
    span = clip_range(clip, brief.fps)
    width, height = scaled(aspect, SCALE)
    sequence = FrameSequence(
        folder=pictures[0].parent,
        first_frame=span.first,
        count=span.count,
        fps=brief.fps,
        width=width,
        height=height,
        prefix=PREFIX,
        suffix=pictures[0].suffix,
        digits=DIGITS,
    )
    job = EncodeJob(
        timeline=dataclasses.replace(timeline, clips={_NAME: clip}),
        platforms={_NAME: _platform(aspect, width, height)},
        frames={aspect: sequence},
        audio=brief.audio,
        output_dir=brief.work_dir,
        song_id=brief.song_id,
        grade=load_theme(brief.theme).grade,
        ffmpeg=ffmpeg,
        fps=brief.fps,
        work=brief.work_dir / "encode",
        with_captions=False,
        with_thumbnail=False,
        with_texts=False,
        with_grade=brief.with_grade,
        loudness=brief.loudness,
        is_draft=True,
    )
    made = yield from encode_steps(job)
    target = film_path(brief, aspect)
    try:
        made[f"video_{_NAME}"].replace(target)
    except OSError as error:
        raise EncodeError(
            f"'{target}' cannot be written: {error.strerror}.", hint="Close the player that shows it, and try again."
        ) from error
    return target


def _platform(aspect: str, width: int, height: int) -> Platform:
    """Something like the first platform of that aspect, at the size of the pictures."""
    like = next(platform for platform in load_platforms().values() if platform.aspect == aspect)
    return dataclasses.replace(
        like, name=_NAME, label="Quick look", width=width, height=height, captions="none", max_s=like.max_s
    )
