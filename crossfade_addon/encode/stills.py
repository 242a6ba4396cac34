# SPDX-License-Identifier: GPL-3.0-or-later
"""Thumbnails and covers: the best pictures of a show, graded, with the title set on them, each a JPEG.

They are made of stills that the studio rendered for the purpose; where there are none (a film rendered by hand, a
movie), of the film's own frames. Candidates are measured after the grade, ranked, and the best that do not look alike
are written: ``<song>_thumb.jpg``, ``_thumb_2.jpg``, ``_thumb_3.jpg``, and the same of every cover.

Conventions: pixels of the delivered picture; boxes are shares of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..content import digest, file_sha256, mark
from ..errors import EncodeError
from ..jobs import Child, Progress
from ..stills import Box, Still
from ..themes import Grade
from .bench import Bench, whole
from .failures import failure
from .fonts import Fonts, caption_fonts
from .frames import FrameSequence
from .grading import grade_filters
from .job import Deliverables, EncodeJob
from .ledger import code, source_mark
from .movies import Source
from .platforms import Cover, Platform
from .probe import file_url
from .still_looks import LOOK_SIDE, Look, measure, pick
from .still_moments import choose_moments
from .titles import lay_out, shade_script, title_script

DEFAULT_COVERS = (
    Cover("thumbnail", 1280, 720, 2.0, 1280, 720),
    Cover("cover", 1080, 1920, 2.0, 1080, 1440),
)
"""Made whatever the platforms say; a platform's own of the same name takes the place of one."""
ENDINGS = {"thumbnail": "thumb"}
"""Endings of files whose pictures have another name."""
CHOICES = 3
"""Pictures of each kind, the best first."""
FROM_FILM = 5
"""Frames of a film that are looked at when there are no stills."""
QUALITIES = (2, 3, 5, 8, 12, 18, 26, 31)
"""FFmpeg's JPEG qualities, tried until the file is small enough."""
ROW = "still "
"""How rows of pictures begin."""
TITLE, SHADE, FONTS = "title.ass", "shade.ass", "fonts"
_SAME_SHAPE = 0.01
_MOST_CROP = 2.0
_HEAD_AT = 0.42
"""Where a crop puts the middle of the head, from its top."""

Run = Callable[[list[str], Path, str], Generator[Progress, None, tuple[int, Child]]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that may become a cover, and where FFmpeg finds it."""

    still: Still
    source: Source


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the pictures of a kind: ``name`` of the kind, ``number`` from 1 (the best), and what it must be."""

    name: str
    number: int
    cover: Cover


def covers_of(platforms: Iterable[Platform]) -> dict[str, Cover]:
    """Every kind of picture that goes with the platforms' videos, by its name among the deliverables.

    Platforms that agree in name and size share one, as small a file as the strictest of them takes.
    """
    found = {cover.name: cover for cover in DEFAULT_COVERS}
    asked: set[str] = set()
    for platform in platforms:
        for cover in platform.covers:
            key = cover.name
            known = found.get(key)
            while known is not None and key in asked and (known.width, known.height) != (cover.width, cover.height):
                key = f"{platform.name}_{key}"
                known = found.get(key)
            if key in asked and known is not None:
                cover = replace(
                    known,
                    max_mb=min(known.max_mb, cover.max_mb),
                    crop_width=min(known.crop_width, cover.crop_width),
                    crop_height=min(known.crop_height, cover.crop_height),
                )
            found[key] = cover
            asked.add(key)
    return found


def choices_of(platforms: Iterable[Platform]) -> dict[str, Choice]:
    """Every picture that may be among the deliverables of the platforms, by its name there."""
    numbers = range(1, CHOICES + 1)
    return {_named(name, n): Choice(name, n, cover) for name, cover in covers_of(platforms).items() for n in numbers}


def _named(name: str, number: int) -> str:
    """A picture's name among the deliverables."""
    return f"{name}_{number}" if number > 1 else name


def aspect_of(cover: Cover) -> str:
    """The aspect whose stills a cover is made of."""
    return "16:9" if cover.width > cover.height else "9:16"


def picture_path(job: EncodeJob, key: str, number: int) -> Path:
    """Where the ``number``-th choice (from 1) of a picture goes."""
    return job.renders / f"{job.song_id}_{_named(ENDINGS.get(key, key), number)}.jpg"


def still_steps(bench: Bench, folder: Path, run: Run, version: str) -> Generator[Progress, None, Deliverables]:
    """Make every picture of the job that an earlier run has not made just so.

    Parameters
    ----------
    folder : Path
        Job folder; ``<folder>/<key>_<number>`` keeps the scripts that a title was drawn from.
    run : callable
        Runs a command in a folder and tells what it is for: (command, folder, message).
    version : str
        Of FFmpeg.

    Raises
    ------
    EncodeError
        When there is nothing to make a picture of, or FFmpeg fails.
    """
    job, made, kept = bench.job, Deliverables(), 0
    found: dict[str, list[Candidate]] = {}
    looks: dict[str, list[tuple[Candidate, Look]]] = {}
    for name, cover in covers_of(job.platforms.values()).items():
        aspect = aspect_of(cover)
        if aspect not in found:
            found[aspect] = candidates(job, aspect)
        key = _key(job, cover, found[aspect], version)
        files = yield from _kept(bench, name, key, folder)
        kept += len(files)
        if not files:
            if aspect not in looks:
                place = folder / f"looks_{aspect.replace(':', 'x')}"
                looks[aspect] = yield from _looked_at(job, found[aspect], place, run)
            chosen = pick(looks[aspect], CHOICES)
            for number, candidate in enumerate(chosen, 1):
                path = picture_path(job, name, number)
                yield from _write(job, cover, candidate, path, folder / f"{name}_{number}", run)
                files.append(path)
            sums = [file_sha256(path) for path in files]
            bench.book.put(ROW + name, key, sums[0], files=dict(zip([p.name for p in files], sums, strict=True)))
        made |= {_named(name, number): path for number, path in enumerate(files, 1)}
        for number in range(len(files) + 1, CHOICES + 1):  # of an earlier run, with other pictures
            picture_path(job, name, number).unlink(missing_ok=True)
    if kept:
        share = "All" if kept == len(made) else f"{kept} of"
        yield bench.notice(f"{share} {len(made)} thumbnails and covers of an earlier run are reused")
    return made


def _key(job: EncodeJob, cover: Cover, found: Sequence[Candidate], version: str) -> str:
    """What decides the bytes of a cover and of its further choices."""
    meta = job.timeline.meta
    pictures = [(replace(one.still, path=Path(one.still.path.name)), source_mark(one.source)) for one in found]
    title = (job.title_style, meta.title, meta.artist) if job.title_style is not None else None
    return digest(code(), version, cover, job.look, title, pictures)


def _kept(bench: Bench, name: str, key: str, folder: Path) -> Generator[Progress, None, list[Path]]:
    """The pictures of a cover when an earlier run has made just them, with what their titles were drawn from."""
    row = bench.book.row(ROW + name, key)
    paths = [bench.job.renders / file for file in row["files"]] if row else []
    for number, path in enumerate(paths, 1):
        yield bench.meter.report(0, f"Picture {path.name}")
        if path != picture_path(bench.job, name, number) or not (folder / f"{name}_{number}").is_dir():
            return []
        if mark(path)[0] < 0 or row is None or file_sha256(path) != row["files"][path.name]:
            return []
    return paths


def commands(job: EncodeJob) -> int:
    """About how many commands :func:`still_steps` runs, for a progress bar."""
    covers = covers_of(job.platforms.values())
    looks = sum(len(job.stills.get(aspect, ())) or FROM_FILM for aspect in {aspect_of(c) for c in covers.values()})
    return looks + CHOICES * len(covers)


def candidates(job: EncodeJob, aspect: str) -> list[Candidate]:
    """The stills of an aspect, else frames of its film, else what the other aspect has.

    Raises
    ------
    EncodeError
        When nothing was rendered.
    """
    stills = job.stills.get(aspect, ())
    if stills:
        return [_rendered(still, job) for still in stills]
    owners = [platform for platform in job.platforms.values() if platform.aspect in job.frames]
    own = [platform for platform in owners if platform.aspect == aspect]
    if not own and any(job.stills.values()):
        return [_rendered(still, job) for stills in job.stills.values() for still in stills]
    if not owners:
        raise EncodeError("There are no frames for a thumbnail.", hint="Render at least one aspect.")
    platform = (own or owners)[0]
    film = job.frames_of(job.recipe(platform))
    moments = choose_moments(job.timeline, platform.aspect, [job.clip(platform.name)], job.fps, FROM_FILM)
    frames = dict.fromkeys(min(max(m.frame, film.first_frame), film.first_frame + film.count - 1) for m in moments)
    found = []
    for moment, frame in zip(moments, frames, strict=False):
        name = Path(f"frame {frame}")
        still = Still(name, frame, film.width, film.height, moment.shot, moment.score, moment.reason)
        found.append(Candidate(still, film.part(frame, 1)))
    return found[:FROM_FILM]


def _rendered(still: Still, job: EncodeJob) -> Candidate:
    stem = still.path.stem
    digits = len(stem) - len(stem.rstrip("0123456789"))
    source = FrameSequence(
        still.path.parent,
        still.frame,
        1,
        job.fps,
        still.width,
        still.height,
        prefix=stem[: len(stem) - digits],
        suffix=still.path.suffix,
        digits=digits,
    )
    return Candidate(still, source)


def _looked_at(
    job: EncodeJob, wanted: Sequence[Candidate], folder: Path, run: Run
) -> Generator[Progress, None, list[tuple[Candidate, Look]]]:
    """Every candidate with what its graded picture is like."""
    found = []
    for candidate in wanted:
        raw = folder / "look.rgb"
        raw.unlink(missing_ok=True)
        source = candidate.source
        scale = LOOK_SIDE / max(source.width, source.height)
        size = round(source.width * scale / 2) * 2, round(source.height * scale / 2) * 2
        command = look_command(job.ffmpeg, source, job.look, size, raw)
        code, child = yield from run(command, folder, "Looking at the pictures")
        if code != 0 or not raw.is_file():
            raise failure(f"Picture {candidate.still.path.name}", code, child.stderr_tail())
        found.append((candidate, measure(raw.read_bytes(), *size, candidate.still)))
    return found


def look_command(ffmpeg: str, source: Source, grade: Grade, size: tuple[int, int], raw: Path) -> list[str]:
    """A small graded picture as raw RGB."""
    steps = [*source.first_filters(), f"scale={size[0]}:{size[1]}:flags=area", grade_filters(grade, *size)]
    steps.append("scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=rgb24")
    return [
        *(ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y"),
        *source.inputs(),
        *("-filter_complex", f"[0:v:0]{','.join(steps)}[look]", "-map", "[look]", "-frames:v", "1"),
        *("-f", "rawvideo", file_url(raw)),
    ]


def _write(
    job: EncodeJob, cover: Cover, candidate: Candidate, path: Path, folder: Path, run: Run
) -> Generator[Progress, None, None]:
    """One picture, as good as its file size allows."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    window = crop_of(candidate.still, cover)
    head = seen_in(candidate.still.head, window)
    titled = job.title_style is not None and _set_title(job, cover, head, folder)
    with whole(path) as part:
        for quality in QUALITIES:
            command = picture_command(
                job.ffmpeg, candidate.source, job.look, cover, window, part, quality=quality, titled=titled
            )
            code, child = yield from run(command, folder, f"Picture {path.name}")
            if code != 0 or not part.is_file():
                raise failure(f"Picture {path.name}", code, child.stderr_tail(), needed_mb=cover.max_mb)
            if part.stat().st_size <= cover.max_mb * 1e6:
                break


def _set_title(job: EncodeJob, cover: Cover, head: Box | None, folder: Path) -> bool:
    """Put the scripts and fonts where the command looks for them; False when the song has no name."""
    fonts, style, meta = caption_fonts(), job.title_style, job.timeline.meta
    if style is None:
        return False
    layout = lay_out(meta.title, meta.artist, cover, head, fonts, style)
    if layout is None:
        return False
    (folder / TITLE).write_text(title_script(layout, cover, fonts, style), encoding="utf-8")
    (folder / SHADE).write_text(shade_script(layout, cover, fonts, style), encoding="utf-8")
    copy_fonts([*layout.lines, layout.artist], fonts, folder / FONTS)
    return True


def copy_fonts(texts: Sequence[str], fonts: Fonts, folder: Path) -> None:
    """The fonts that draw these texts, where FFmpeg's ``fontsdir`` points."""
    folder.mkdir(parents=True, exist_ok=True)
    for font in {fonts.fonts[0], *(font for text in texts for font, _ in fonts.runs(text))}:
        shutil.copyfile(font.path, folder / font.path.name)


def crop_of(still: Still, cover: Cover) -> Box | None:
    """The part of a still that fills a cover of another shape, head included; None when it is too different."""
    own, wanted = still.width / still.height, cover.width / cover.height
    if abs(own / wanted - 1) < _SAME_SHAPE:
        return 0.0, 0.0, 1.0, 1.0
    if max(own / wanted, wanted / own) > _MOST_CROP:
        return None
    x, y = (0.5, 0.5) if still.head is None else _middle(still.head)
    if own > wanted:
        wide = wanted / own
        left = min(max(0.0, x - wide / 2), 1 - wide)
        return left, 0.0, left + wide, 1.0
    tall = own / wanted
    top = min(max(0.0, y - tall * _HEAD_AT), 1 - tall)
    return 0.0, top, 1.0, top + tall


def seen_in(box: Box | None, window: Box | None) -> Box | None:
    """Where a box of the still comes to lie in a cover that shows a window of it."""
    if box is None or window is None:
        return None
    left, top, right, bottom = window
    return (
        (box[0] - left) / (right - left),
        (box[1] - top) / (bottom - top),
        (box[2] - left) / (right - left),
        (box[3] - top) / (bottom - top),
    )


def picture_command(
    ffmpeg: str,
    source: Source,
    grade: Grade,
    cover: Cover,
    window: Box | None,
    out_part: Path,
    *,
    quality: int,
    titled: bool,
) -> list[str]:
    """A graded JPEG; run it in the folder that holds the title's scripts and fonts.

    Without a ``window`` the picture is fitted into the middle, over a darkened blur of itself.
    """
    width, height = cover.width, cover.height
    steps = [*source.first_filters(), grade_filters(grade, source.width, source.height)]
    if window is None:
        inside = f"scale={width}:{height}:flags=lanczos:force_original_aspect_ratio=decrease"
        around = f"scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}"
        steps.append(
            f"split=2[fit][fill];[fill]{around},gblur=sigma={width / 40:g},eq=brightness=-0.08[back];"
            f"[fit]{inside}[front];[back][front]overlay=(W-w)/2:(H-h)/2:format=yuv444"
        )
    else:
        left, top, right, bottom = window
        if window != (0.0, 0.0, 1.0, 1.0):
            across, down = round((right - left) * source.width), round((bottom - top) * source.height)
            steps.append(f"crop={across}:{down}:{round(left * source.width)}:{round(top * source.height)}:exact=1")
        steps.append(f"scale={width}:{height}:flags=lanczos")
    steps.append("scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=rgb24")
    if titled:  # drawn in RGB: then libass' colours are exact whatever the matrix
        steps += [f"ass={SHADE}:fontsdir={FONTS}", f"ass={TITLE}:fontsdir={FONTS}"]
    steps.append("scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p,setsar=1")
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y", *source.inputs()]
    command += ["-filter_complex", f"[0:v:0]{','.join(steps)}[still]", "-map", "[still]", "-frames:v", "1"]
    command += ["-c:v", "mjpeg", "-q:v", str(quality), "-color_range", "pc"]
    command += ["-flags:v", "+bitexact", "-fflags", "+bitexact", "-map_metadata", "-1"]
    return [*command, "-f", "image2", "-update", "1", file_url(out_part)]


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
