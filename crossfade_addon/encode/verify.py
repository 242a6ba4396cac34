# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify: every deliverable is opened again and measured against what its platform was promised.

A generator of ``Progress``: programs run as children, files are hashed a few megabytes a step. Files that share
their bytes are measured once. What cannot be read is reported and never raised.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from .. import content
from ..errors import CrossfadeError
from ..jobs import Progress, drain, told
from ..themes import Theme, load_theme
from ..timeline import to_dict
from . import caption_files, manifest, pictures, texts
from .caption_reader import READERS, caption_checks
from .command import Recipe
from .evidence import SIDE, choose_moments, sheet_steps, small_steps, thin
from .file_checks import first_picture_check, folder_checks, format_check, luma_steps, still_file_checks, text_checks
from .job import Deliverables, EncodeJob
from .ledger import code
from .platforms import Platform
from .probe import MediaInfo, probe_steps, version_steps
from .report import AGAIN, Check, Evidence, FileReport, Report, kept_steps, to_json
from .report_page import to_html
from .run import STAGE as ENCODE
from .sound_checks import Sound, sound_checks, sound_steps
from .still_checks import still_look_checks
from .stills import Choice, choices_of
from .stream_checks import container_checks, picture_stream_checks

__all__ = ["Check", "FileReport", "Report", "keep_steps", "verify", "verify_steps", "write_report"]

T = TypeVar("T")

STAGE = "verify"
MEASURED = 0.3
"""Part of a file's time that goes by before its pictures are looked at."""
VIDEO_COST = 40
"""Of the time that another file takes."""
PASSES = 2
"""Times that the pictures of a video are gone through: decoded, and looked at."""
FOLDER_KEY = "folder"
STILLS = "stills"
"""Folder of the stills' scripts in that of the encode stage."""
_LABELS = {
    "captions": "Captions, WebVTT",
    "captions_srt": "Captions, SubRip",
    "captions_lrc": "Lyrics, LRC",
    "chapters": "Chapters",
    "description": "Description",
    "manifest": "Usage manifest",
    "manifest_json": "Usage manifest, for programs",
    FOLDER_KEY: "Output folder",
}

Groups = tuple[tuple[str, tuple[Check, ...]], ...]
Steps = Generator[Progress, None, FileReport]


def verify(deliverables: Deliverables, job: EncodeJob) -> Report:
    """Measure every deliverable; never raises for a bad file, the report says what is wrong with it."""
    return drain(verify_steps(deliverables, job))


def verify_steps(
    deliverables: Deliverables,
    job: EncodeJob,
    about: tuple[tuple[str, str], ...] = (),
    earlier: Report | None = None,
) -> Generator[Progress, None, Report]:
    """The same as a generator.

    Parameters
    ----------
    about : tuple of (str, str)
        Facts of the run for the report: versions, settings.
    earlier : Report or None
        What it says of a video or picture that passed is taken over, when the file's bytes and everything that the
        checks compare it with are still the same.
    """
    costs = {key: VIDEO_COST if key.startswith("video_") else 1 for key in deliverables}
    run = _Run(job, sum(costs.values()), pictures=choices_of(job.platforms.values()))
    version = yield from version_steps(job.ffmpeg, run.folder, run.progress)
    run.base = _base_of(job, version)
    if earlier is not None:
        run.earlier = {file.key: file for file in earlier.files if file.basis and file.passed}
        run.evidence = dict(earlier.evidence)
    files: list[FileReport] = []
    for key, path in deliverables.items():
        run.start(costs[key], path)
        yield run.progress()
        files.append((yield from _file(run, key, path)))
    if again := sum(file.earlier for file in files):
        yield Progress(STAGE, 1.0, f"{again} of {len(files)} files are as they were checked before", notice=True)
    shown = {file.sha256 for file in files}
    run.evidence = {digest: evidence for digest, evidence in run.evidence.items() if digest in shown}
    files.append(FileReport(FOLDER_KEY, job.renders, (("Folder", tuple(folder_checks(job))),), _LABELS[FOLDER_KEY]))
    yield Progress(STAGE, 1.0, f"{len(deliverables)} files checked", 0.0)
    meta = job.timeline.meta
    facts = [("Song", meta.title), ("Artist", meta.artist), *about, ("FFmpeg", version)]
    about = tuple((name, value) for name, value in facts if value)
    return Report(job.song_id, tuple(files), job.output_dir, about, run.evidence)


def keep_steps(report: Report, json_path: Path) -> Generator[Progress, None, Report]:
    """The report together with what an earlier one says of other files whose bytes are still the same."""

    def look(_part: float) -> Progress:
        return Progress(STAGE, 1.0, "Comparing with the earlier report")

    return (yield from told(kept_steps(report, json_path), look))


def write_report(report: Report, json_path: Path, html_path: Path) -> None:
    """Write the report twice, each file whole or not at all."""
    for path, text in ((json_path, to_json(report)), (html_path, to_html(report))):
        content.write_whole(path, text)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What one video turned out to be, whatever its names are."""

    info: MediaInfo
    sound: Sound | None
    luma: float


@dataclass(slots=True)
class _Run:
    """What the checks of one job share."""

    job: EncodeJob
    total: int
    done: int = 0
    cost: int = 0
    part: float = 0.0
    message: str = "Checking the files"
    measured: dict[str, _Measured] = field(default_factory=dict)
    seen: dict[tuple[str, Recipe], tuple[Check, ...]] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    pictures: dict[str, Choice] = field(default_factory=dict)
    earlier: dict[str, FileReport] = field(default_factory=dict)
    base: str = ""

    @property
    def folder(self) -> Path:
        return self.job.work / STAGE

    def start(self, cost: int, path: Path) -> None:
        self.done, self.cost, self.message = self.done + self.cost, cost, f"Checking {path.name}"
        self.part = 0.0

    def progress(self, part: float = 0.0) -> Progress:
        return self.at(MEASURED * part)

    def at(self, part: float, message: str = "") -> Progress:
        self.part = max(self.part, min(1.0, part))  # each of the programs starts at 0 again
        fraction = (self.done + self.cost * self.part) / max(1, self.total)
        return Progress(STAGE, fraction, message or self.message)

    def through(self, steps: Generator[Progress, None, T], passes: int) -> Generator[Progress, None, T]:
        """Steps that count from 0 to 1 in each of several passes, as the rest of a file's time."""
        turn, last = 0, 0.0
        while True:
            try:
                report = next(steps)
            except StopIteration as end:
                return end.value
            if report.fraction < last:
                turn = min(turn + 1, passes - 1)
            last = report.fraction
            yield self.at(MEASURED + (1 - MEASURED) * (turn + last) / passes, report.message)


def _file(run: _Run, key: str, path: Path) -> Steps:
    platform = run.job.platforms.get(key.removeprefix("video_")) if key.startswith("video_") else None
    label = platform.label if platform else _label(run, key)
    gone = "Encode again; the file was moved, deleted or never finished."
    if not path.is_file() or path.stat().st_size == 0:
        return FileReport(key, path, _single(Check("File", "present", "missing or empty", False, fix=gone)), label)
    try:
        digest = yield from told(content.sha256_steps(path), run.progress)
        basis, before = _basis(run, key, platform), run.earlier.get(key)
        if before is not None and (before.sha256, before.basis, before.path) == (digest, basis, path):
            return replace(before, earlier=True)
        if platform is not None:
            groups, facts = yield from _video(run, path, digest, platform)
        elif (choice := run.pictures.get(key)) is not None:
            groups, facts = yield from _still(run, path, digest, choice)
        else:
            groups, facts = _text(run.job, key, path)
    except (CrossfadeError, OSError) as error:
        broken = FileReport(key, path, _single(Check("File", "readable", str(error), False, fix=AGAIN)), label)
        return broken
    rules = platform.sources if platform else ()
    dated = (*rules, f"as of {platform.checked_on}") if platform and rules and platform.checked_on else rules
    return FileReport(key, path, groups, label, digest, path.stat().st_size, facts, dated, basis=basis)


def _base_of(job: EncodeJob, version: str) -> str:
    """What the checks of every video and picture have in common."""
    script = to_dict(job.timeline)
    script.pop("clips")
    script["audio"].pop("file")
    try:
        theme: Theme | None = load_theme(job.timeline.meta.theme)
    except CrossfadeError:
        theme = None
    return content.digest(code(), version, script, theme, job.fps)


def _basis(run: _Run, key: str, platform: Platform | None) -> str:
    """Everything that a file is compared with; empty for texts, which are quickly looked at anew."""
    from . import caption_proof  # brings numpy

    job = run.job
    if platform is not None:
        recipe = job.recipe(platform)
        script = caption_proof.find_script(job, recipe)
        drawn = script.read_text(encoding="utf-8") if script else ""
        return content.digest(run.base, key, platform, job.clip(platform.name), recipe, job.recipes()[recipe], drawn)
    choice = run.pictures.get(key)
    return content.digest(run.base, key, choice.cover, job.look, job.title_style) if choice is not None else ""


def _video(
    run: _Run, path: Path, digest: str, platform: Platform
) -> Generator[Progress, None, tuple[Groups, tuple[str, ...]]]:
    job, recipe = run.job, run.job.recipe(platform)
    if digest not in run.measured:
        info = yield from probe_steps(job.ffmpeg, path, run.folder, run.progress)
        sound = None
        if info.audio_codec:
            sound = yield from sound_steps(job.ffmpeg, path, run.folder, run.progress)
        luma = yield from run.through(luma_steps(job.ffmpeg, path, run.folder), 1)
        run.measured[digest] = _Measured(info, sound, luma)
        moments = choose_moments(job.timeline, job.clip(platform.name), info.duration)
        shape = (info.width or 16, info.height or 9)
        sheet = b""
        if moments and info.video_codec:
            sheet = yield from sheet_steps(job.ffmpeg, path, moments, shape, run.folder, run.progress)
        run.evidence[digest] = Evidence(
            sheet,
            SIDE[shape[1] > shape[0]][1],
            moments,
            shape,
            thin(sound.curve) if sound else (),
            platform.lufs,
            platform.ceiling_dbtp,
        )
    known = run.measured[digest]
    info, sound = known.info, known.sound
    if (digest, recipe) not in run.seen:
        looking = pictures.picture_checks(path, recipe, platform, job, run.folder / "pictures")
        run.seen[digest, recipe] = yield from run.through(looking, PASSES)
    is_as_is = job.loudness == "as-is"
    groups = (
        ("Container", container_checks(info, platform, recipe, job.timeline.meta.title)),
        ("Picture", picture_stream_checks(info, platform, recipe)),
        ("Sound", sound_checks(info, sound, platform, recipe.seconds, as_is=is_as_is)),
        ("Show", [first_picture_check(known.luma), *run.seen[digest, recipe]]),
    )
    facts = [
        f"{info.width}x{info.height}",
        f"{float(info.fps):.6g} fps",
        _clock(info.duration),
        _megabytes(info.size_bytes),
    ]
    if sound is not None and sound.lufs > float("-inf"):
        facts += [f"{sound.lufs:.1f} LUFS", f"{sound.true_peak_db:.1f} dBTP"]
    return tuple((name, tuple(checks)) for name, checks in groups), tuple(facts)


def _still(
    run: _Run, path: Path, digest: str, choice: Choice
) -> Generator[Progress, None, tuple[Groups, tuple[str, ...]]]:
    job, cover, kind = run.job, choice.cover, format_check(path)
    if not kind.ok:
        return (("Picture", (kind,)),), ()
    info = yield from probe_steps(job.ffmpeg, path, run.folder, run.progress)
    small = yield from small_steps(job.ffmpeg, path, run.folder, run.progress)
    run.evidence[digest] = Evidence(small, shape=(info.width or 16, info.height or 9))
    checks = [kind, *still_file_checks(info, cover)]
    if all(check.ok for check in checks):
        scripts = job.work / ENCODE / STILLS / f"{choice.name}_{choice.number}"
        checks += yield from run.through(still_look_checks(job.ffmpeg, path, cover, scripts, run.folder / STILLS), 1)
    facts = (f"{info.width}x{info.height}", _megabytes(info.size_bytes))
    return (("Picture", tuple(checks)),), facts


def _text(job: EncodeJob, key: str, path: Path) -> tuple[Groups, tuple[str, ...]]:
    raw = path.read_bytes()
    if path.suffix in READERS and (owner := caption_files.platform_of(job, key)) is not None:
        checks = caption_checks(raw, path.suffix, job.timeline.lyrics, job.clip(owner.name))
        return (("Captions", tuple(checks)),), (f"{len(raw)} bytes",)
    checks = text_checks(raw)
    if all(check.ok for check in checks):
        text = raw.decode("utf-8")
        if key in texts.KEYS:
            checks += texts.text_checks(key, text, job)
        elif key in ("manifest", "manifest_json"):
            checks += manifest.manifest_checks(key, text, job)
    return (("Text", tuple(checks)),), (f"{len(raw)} bytes",)


def _single(check: Check) -> Groups:
    return (("File", (check,)),)


def _label(run: _Run, key: str) -> str:
    choice = run.pictures.get(key)
    if choice is None:
        return (_LABELS | caption_files.labels(run.job.platforms.values())).get(key, key)
    kind = choice.name.replace("_", " ").capitalize()
    return f"{kind} {choice.number}" if choice.number > 1 else kind


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1000:.1f} kB"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
