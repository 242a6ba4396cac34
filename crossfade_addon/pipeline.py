# SPDX-License-Identifier: GPL-3.0-or-later
"""The one pipeline: director, studio, encode, verify, as one generator of Progress.

The panel's timer calls ``next()`` on it, the command line and tests drain it, ``close()`` cancels it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from . import __version__, frames, jobs, listening, stills
from . import config as configuration
from .brief import FRAME_SUFFIX, Brief, action_files, avatar_file, check_brief
from .cache import folders as cache
from .cache.busy import Busy
from .checks import BLOCK, WARN, Check
from .director import corrections
from .encode import caption_files, manifest, probe, titles, verify
from .encode import platforms as platform_data
from .encode.frames import FrameSequence
from .encode.movies import MovieSource, Source, open_movie
from .encode.report import read_report
from .encode.reuse import forget_failed
from .encode.run import EncodeJob, encode_steps
from .encode.still_moments import choose_moments
from .encode.stills import aspect_of, covers_of
from .errors import CrossfadeError, ToolMissing, VerifyError
from .ffmpeg import find_ffmpeg
from .frames import FrameRange, RenderedFrames, aspect_folder, needed_ranges, on_disk
from .jobs import Progress
from .names import shown
from .preflight import quick
from .roles import Studio as Studio
from .stills import COUNTS, Moment, Still
from .themes import load_theme
from .timeline import ASPECTS, Timeline

STAGES = ("director", "studio", "encode", "verify")


@dataclass(slots=True)
class Outputs:
    """What a job made: name to path, what people call the platforms' files, and whether all were proven right.

    ``heard`` is the file with what was heard in the song, which is no deliverable.
    """

    paths: dict[str, Path] = field(default_factory=dict)
    heard: Path | None = None
    labels: dict[str, str] = field(default_factory=dict)
    passed: bool = True
    problems: list[str] = field(default_factory=list)


def checked(brief: Brief) -> Brief:
    """The brief, validated, with the library's place filled in.

    Raises
    ------
    BriefError
        When it cannot be made.
    """
    if brief.platforms_file is not None:
        brief = brief.replace(platforms_file=Path(brief.platforms_file).expanduser())
    known = platform_data.load_platforms(brief.platforms_file, brief.platform_changes)
    brief = check_brief(brief, known_platforms=tuple(known))
    for problem in quick.not_taken(brief, known):
        raise problem
    for text in brief.grid:
        corrections.parse(text)
    return brief if brief.library_dir else brief.replace(library_dir=listening.default_library())


def refused(brief: Brief) -> list[Check]:
    """Everything that is wrong with a brief that :func:`checked` refuses; none when its platforms cannot be read."""
    try:
        known = platform_data.load_platforms(brief.platforms_file, brief.platform_changes)
    except CrossfadeError:
        return []
    return quick.refused(brief, known)


P = ParamSpec("P")
T = TypeVar("T")


def _alone(
    steps: Callable[Concatenate[Pipeline, P], Generator[Progress, None, T]],
) -> Callable[Concatenate[Pipeline, P], Generator[Progress, None, T]]:
    """Steps during which no other job works on the song."""

    @functools.wraps(steps)
    def held(pipeline: Pipeline, *args: P.args, **kwargs: P.kwargs) -> Generator[Progress, None, T]:
        with pipeline.busy:
            return (yield from steps(pipeline, *args, **kwargs))

    return held


class Pipeline:
    """One job from song to proven files.

    Parameters
    ----------
    brief : Brief
        What to make; validated here, so a wrong one fails before anything starts.
    studio : Studio or None
        Who builds and renders; None: Blender's, which is asked for only when there is something to render.
    """

    def __init__(self, brief: Brief, studio: Studio | None = None) -> None:
        self.brief = checked(brief)
        self._studio = studio
        known = platform_data.load_platforms(self.brief.platforms_file, self.brief.platform_changes)
        self.platforms = {n: p for n, p in known.items() if n in self.brief.platforms}
        self.sidecars = platform_data.sidecar_names(known.values())
        self.theme = load_theme(self.brief.theme)
        videos = {f"video_{name}": p.label for name, p in self.platforms.items()}
        self.outputs = Outputs(labels=videos | caption_files.labels(self.platforms.values()))
        self.stills: dict[str, tuple[Still, ...]] = {}
        self.checks: list[Check] = []
        self.busy = Busy(self.brief.work_dir)

    @property
    def studio(self) -> Studio:
        """Who builds and renders."""
        if self._studio is None:
            self._studio = blender_studio()
        return self._studio

    @property
    def renders_frames(self) -> bool:
        """Whether the studio is needed: not all pictures are those of an earlier run or of finished movies."""
        given = dict(self.brief.renders)
        return not self.brief.skip_studio and any(p.aspect not in given for p in self.platforms.values())

    def steps(self) -> Generator[Progress, None, Outputs]:
        """Everything, in order; what can be refused is refused before the song is listened to."""
        yield from self.check_steps()
        return (yield from self.work_steps())

    def check_steps(self) -> Generator[Progress, None, None]:
        """Look at what could stop the job, into :attr:`checks`; warnings are said, the first problem is raised.

        Raises
        ------
        CrossfadeError
            What the job would end with.
        """
        self.checks.clear()
        for check in quick.look(self):
            self.checks.append(check)
            if check.level == WARN:
                yield Progress("director", 0.0, check.sentence, notice=True)
            elif check.level == BLOCK:
                raise check.error()
            yield Progress("director", 0.0, "Checking before the work")

    @_alone
    def work_steps(self) -> Generator[Progress, None, Outputs]:
        """Everything but the checks."""
        timeline = yield from self.direct()
        sequences = yield from self.shoot(timeline)
        return (yield from self.encode(timeline, sequences))

    def tool(self) -> str:
        """The FFmpeg to use, known to have everything this job needs.

        Raises
        ------
        ToolMissing
            When there is none, or it lacks a codec or filter.
        """
        return self.tool_info().path

    def tool_info(self, *, sings: bool = False) -> probe.FfmpegInfo:
        """The same with what it can do; ``sings``: the song is known to have words.

        Raises
        ------
        ToolMissing
            As :meth:`tool`.
        """
        ffmpeg = find_ffmpeg(self.brief.ffmpeg)
        sings = sings or bool(self.brief.lyrics or self.brief.transcribe)
        is_burned = any(platform.captions == "burned" for platform in self.platforms.values())
        needs_captions = self.brief.with_captions and sings and is_burned
        return probe.check_ffmpeg(ffmpeg, self.brief.work_dir / "ffmpeg", needs_captions=needs_captions)

    @_alone
    def direct(self) -> Generator[Progress, None, Timeline]:
        """Listen to the song and write its timeline."""
        yield Progress("director", 0.0, "Checking tools")
        if self.brief.config_file is not None:
            yield Progress("director", 0.0, f"Settings of '{self.brief.config_file}' are used", notice=True)
        timeline = yield from listening.listen(self.brief, self.tool())
        self.outputs.paths["timeline"], self.outputs.heard = self.brief.timeline_path, self.brief.heard_path
        self.outputs.paths["timeline_picture"] = self.brief.timeline_path.with_suffix(".png")
        # The library may have given the words: better said now than after the render.
        self.tool_info(sings=bool(timeline.lyrics.lines))
        for name, platform in self.platforms.items():
            seconds = timeline.clips[name].duration
            for text in filter(None, (platform.too_short(seconds), platform.too_long(seconds))):
                yield Progress("director", 1.0, text, notice=True)
        return timeline

    @_alone
    def shoot(self, timeline: Timeline) -> Generator[Progress, None, dict[str, Source]]:
        """Build the show and render it, or find the frames of an earlier run; a finished movie goes before both."""
        brief, given = self.brief, dict(self.brief.renders)
        needed = needed_ranges(timeline, {n: p.aspect for n, p in self.platforms.items()}, brief.fps)
        ranges = {aspect: span for aspect, span in needed.items() if aspect not in given}
        if not ranges:
            yield Progress("studio", 1.0, "Skipped: finished movies are used", notice=True)
            rendered = {}
        elif brief.skip_studio:
            yield Progress("studio", 1.0, "Skipped: frames of an earlier run are used", notice=True)
            rendered = {
                a: on_disk(aspect_folder(brief.work_dir, a), span, FRAME_SUFFIX[brief.quality])
                for a, span in ranges.items()
            }
        else:
            note = listening.brief_to_json(brief)
            moments = {aspect: found for aspect, found in self.moments(timeline).items() if aspect not in given}
            rendered = yield from self.studio.steps(brief, timeline, self.theme, ranges, note, moments)
        yield Progress("studio", 1.0, "All frames are rendered")
        sources: dict[str, Source] = {aspect: self.sequence(r) for aspect, r in rendered.items()}
        for aspect in (aspect for aspect in needed if aspect in given):
            sources[aspect] = yield from self.movie(given[aspect], aspect, needed[aspect])
        for aspect, source in sources.items():
            place = source.file if isinstance(source, MovieSource) else source.folder
            self.outputs.paths[f"raw_video_{aspect.replace(':', 'x')}"] = place
            self.outputs.paths.setdefault("raw_video", place)
        self.stills = {aspect: stills.on_disk(brief.work_dir, aspect) for aspect in ASPECTS if aspect not in given}
        return sources

    def movie(
        self, path: Path, aspect: str, span: FrameRange, *, first_frame: int = 0
    ) -> Generator[Progress, None, MovieSource]:
        """A finished movie, as the encoder takes it; ``first_frame`` as in :func:`.encode.movies.open_movie`."""
        folder = self.brief.work_dir / "movie" / aspect.replace(":", "x")
        ffmpeg = self.tool()
        return (yield from open_movie(ffmpeg, path, aspect, self.brief.fps, span, folder, first_frame=first_frame))

    def assets(self) -> tuple[manifest.Asset, ...]:
        """The user's own files that go into the pictures."""
        brief = self.brief
        own = [("Avatar", avatar_file(brief)), ("Stage", brief.studio), ("Words", brief.lyrics)]
        own += [("Action", path) for path in (action_files(brief.actions).values() if brief.actions else ())]
        own += [("Theme", Path(brief.theme) if brief.theme.endswith(".toml") else None)]
        own += [(f"{manifest.MOVIE} {aspect}", path) for aspect, path in brief.renders]
        return tuple(manifest.Asset(kind, path) for kind, path in own if path is not None)

    def moments(self, timeline: Timeline) -> dict[str, tuple[Moment, ...]]:
        """Moments for thumbnails and covers, by aspect, out of the clips that they go with."""
        if not self.brief.with_thumbnail:
            return {}
        found = {}
        for aspect in sorted({aspect_of(cover) for cover in covers_of(self.platforms.values()).values()}):
            own = [name for name, platform in self.platforms.items() if platform.aspect == aspect]
            clips = dict.fromkeys(timeline.clips[name] for name in own or self.platforms)
            found[aspect] = choose_moments(timeline, aspect, list(clips), self.brief.fps, COUNTS[self.brief.quality])
        return found

    def sequence(self, rendered: RenderedFrames) -> FrameSequence:
        """Frames of the studio, as the encoder takes them."""
        return FrameSequence(
            folder=rendered.folder,
            first_frame=rendered.first_frame,
            count=rendered.count,
            fps=self.brief.fps,
            width=rendered.width,
            height=rendered.height,
            prefix=frames.PREFIX,
            suffix=rendered.suffix,
            digits=frames.DIGITS,
        )

    @_alone
    def encode(self, timeline: Timeline, sequences: Mapping[str, Source]) -> Generator[Progress, None, Outputs]:
        """Encode the platforms whose frames are there, and prove every file."""
        brief = self.brief
        job = EncodeJob(
            timeline=timeline,
            platforms={n: p for n, p in self.platforms.items() if p.aspect in sequences},
            frames=dict(sequences),
            audio=brief.audio,
            output_dir=brief.output_dir,
            song_id=brief.song_id,
            grade=self.theme.grade,
            ffmpeg=self.tool(),
            fps=brief.fps,
            with_captions=brief.with_captions,
            with_thumbnail=brief.with_thumbnail,
            with_grade=brief.with_grade,
            encoder=brief.encoder,
            loudness=brief.loudness,
            stills=self.stills,
            title_style=titles.style_of(self.theme) if brief.with_title else None,
            work=brief.work_dir / "encode",
            is_draft=brief.quality == "draft",
            caption_style=brief.caption_style,
            fresh=brief.fresh,
            lyrics=brief.lyrics,
            sidecars=self.sidecars,
        )
        made = yield from encode_steps(job)
        if brief.mode == "event":
            made |= yield from manifest.manifest_steps(job, made, self.assets())
        self.outputs.paths.update(made)
        yield Progress("verify", 0.0, "Checking every file")
        names = (brief.reports_dir / f"{brief.song_id}.json", brief.reports_dir / f"{brief.song_id}.html")
        earlier = None if brief.fresh else read_report(names[0], brief.output_dir)
        report = yield from verify.verify_steps(made, job, self.facts(timeline), earlier)
        forget_failed(job, report)
        verify.write_report((yield from verify.keep_steps(report, names[0])), *names)
        self.outputs.paths["report"], self.outputs.paths["report_html"] = names
        self.outputs.problems = list(report.failures())
        self.outputs.passed = not self.outputs.problems
        yield from listening.remember(brief, self.outputs.paths, self.outputs.problems)
        yield from self.bound()
        yield Progress("verify", 1.0, "Every file is right" if self.outputs.passed else "Some files are not right")
        return self.outputs

    def bound(self) -> Generator[Progress, None, None]:
        """Keep what can be made again below the brief's limit, in all songs of the output folder."""
        brief, looking = self.brief, Progress("verify", 1.0, "Looking at what is kept")
        steps = cache.bound_steps(brief.output_dir, brief.cache_gb * cache.GB)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                swept: cache.Swept = end.value
                break
            yield looking
        text = ""
        if swept.songs:
            more = f" and {len(swept.songs) - 3} more" if len(swept.songs) > 3 else ""
            text = f"Frames of {', '.join(swept.songs[:3])}{more} were removed ({swept.size / cache.GB:.2f} GB)"
        elif swept.left > brief.cache_gb * cache.GB:
            text = f"{swept.left / cache.GB:.2f} GB are kept because they are in use"
        if text:
            yield Progress("verify", 1.0, f"{text}: at most {brief.cache_gb:g} GB are to be kept", notice=True)

    def facts(self, timeline: Timeline) -> tuple[tuple[str, str], ...]:
        """What the report says about the run: settings and versions."""
        brief = self.brief
        blender = ""
        if "bpy" in sys.modules:
            from .studio.compat import VERSION as blender
        facts = (
            ("Theme", Path(brief.theme).stem),
            ("Mode", brief.mode),
            ("Seed", str(brief.seed)),
            ("Quality", brief.quality),
            ("Engine", brief.engine),
            ("Frame rate", f"{float(brief.fps):.6g} a second"),
            ("Tempo", f"{timeline.beats.bpm:.1f} beats a minute" if timeline.beats.bpm else ""),
            ("Song file", shown(brief.audio.name)),
            ("Settings file", brief.config_file.name if brief.config_file else ""),
            ("Song SHA-256", timeline.meta.audio_sha256),
            ("Crossfade", __version__),
            ("Blender", blender),
        )
        return tuple((name, value) for name, value in facts if value)


class BatchRunner:
    """The Python door: one song, all its videos.

    Parameters
    ----------
    audio_path : str or Path
        The song.
    song_id : str
        Its name in the library and in file names.
    theme, mode, output_dir
        As in :class:`.brief.Brief`; None takes the file's, else ``sponsor_neon``, ``mashup`` and ``outputs``.
    studio : Studio or None
        Who renders; Blender's studio by default.
    config : str, Path or bool
        A file with settings (:mod:`.config`); True looks for ``crossfade.toml`` beside the song, False uses none.
    **settings
        Any other field of :class:`.brief.Brief`.
    """

    def __init__(
        self,
        audio_path: str | Path,
        song_id: str,
        theme: str | None = None,
        mode: str | None = None,
        output_dir: str | Path | None = None,
        *,
        studio: Studio | None = None,
        config: str | Path | bool = True,
        **settings: Any,
    ) -> None:
        given = {"theme": theme, "mode": mode, "output_dir": Path(output_dir) if output_dir is not None else None}
        given = {name: value for name, value in given.items() if value is not None} | settings
        named = None if isinstance(config, bool) else config
        file = configuration.chosen(Path(audio_path), named, ignore=config is False)
        self.brief = Brief(Path(audio_path), song_id, **configuration.layered(file, given))
        self.studio = studio

    def run(
        self,
        platforms: list[str] | None = None,
        with_captions: bool | None = None,
        with_thumbnail: bool | None = None,
        skip_studio: bool | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> dict[str, Path]:
        """Make the videos. What is None is as the runner was made with: all platforms, with captions and thumbnail.

        Returns
        -------
        dict
            Paths by name: ``timeline``, ``raw_video``, ``video_<platform>``, ``captions``,
            ``thumbnail``, ``report`` and more.

        Raises
        ------
        StageError
            The stage that failed; also caught as ``PipelineError``.
        BriefError, ToolMissing
            Wrong request; missing program.
        VerifyError
            Files were made and kept, but not all are what their platform wants.
        """
        given = {
            "platforms": tuple(platforms) if platforms is not None else None,
            "with_captions": with_captions,
            "with_thumbnail": with_thumbnail,
            "skip_studio": skip_studio,
        }
        brief = self.brief.replace(**{name: value for name, value in given.items() if value is not None})
        pipeline = Pipeline(brief, self.studio)
        outputs = jobs.drain(pipeline.steps(), on_progress)
        if not outputs.passed:
            raise verify_error(outputs)
        return outputs.paths


def verify_error(outputs: Outputs) -> VerifyError:
    """The error for deliverables that are not right; what several files have in common is said once."""
    names: dict[str, list[str]] = {}
    for problem in outputs.problems:
        name, _, what = problem.partition(": ")
        names.setdefault(what, []).append(name)
    said = " ".join(f"{', '.join(files)}: {what}" for what, files in list(names.items())[:3])
    return VerifyError(
        f"{len(names)} checks failed: {said}",
        hint=f"The files are kept; see '{outputs.paths.get('report_html', '')}'.",
    )


def blender_studio(*, keep: bool = False, builds: bool = False) -> Studio:
    """Blender's studio, imported only when it is needed; see :class:`.studio.port.BlenderStudio`.

    Raises
    ------
    ToolMissing
        This Python has no Blender.
    """
    try:
        from .studio.port import BlenderStudio
    except ModuleNotFoundError as error:
        if error.name != "bpy":
            raise
        raise ToolMissing(
            "Blender was not found: this Python has no bpy package.",
            hint="Run scripts/setup, or start Crossfade in Blender: blender -c crossfade.",
        ) from error

    return BlenderStudio(keep=keep, builds=builds)
