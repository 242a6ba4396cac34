# SPDX-License-Identifier: GPL-3.0-or-later
"""The one pipeline: director, studio, encode, verify, as one generator of Progress.

The panel's timer calls ``next()`` on it, the command line and tests drain it, ``close()`` cancels it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from . import frames, jobs, listening
from .brief import FRAME_SUFFIX, Brief, check_brief
from .director import corrections
from .encode import platforms as platform_data
from .encode import probe, verify
from .encode.frames import FrameSequence
from .encode.run import EncodeJob, encode_steps
from .errors import VerifyError
from .ffmpeg import find_ffmpeg
from .frames import FrameRange, RenderedFrames, aspect_folder, needed_ranges, on_disk
from .jobs import Progress
from .themes import Theme, load_theme
from .timeline import Timeline

STAGES = ("director", "studio", "encode", "verify")


class Studio(Protocol):
    """Builds and renders a show: Blender's in real life."""

    def check(self, brief: Brief) -> None:
        """Raise :class:`.errors.StudioError` when the show cannot be built, as far as that can be told at once."""
        ...

    def steps(
        self, brief: Brief, timeline: Timeline, theme: Theme, ranges: dict[str, FrameRange], brief_json: dict
    ) -> Generator[Progress, None, dict[str, RenderedFrames]]:
        """Render the ranges; returns the frames of each aspect."""
        ...


@dataclass(slots=True)
class Outputs:
    """What a job made: name to path, and whether every deliverable was proven right."""

    paths: dict[str, Path] = field(default_factory=dict)
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
    brief = check_brief(brief, known_platforms=tuple(platform_data.load_platforms(brief.platforms_file)))
    for text in brief.grid:
        corrections.parse(text)
    return brief if brief.library_dir else brief.replace(library_dir=listening.default_library())


class Pipeline:
    """One job from song to proven files.

    Parameters
    ----------
    brief : Brief
        What to make; validated here, so a wrong one fails before anything starts.
    studio : Studio
        Who builds and renders.
    """

    def __init__(self, brief: Brief, studio: Studio) -> None:
        self.brief = checked(brief)
        self.studio = studio
        known = platform_data.load_platforms(self.brief.platforms_file)
        self.platforms = {n: p for n, p in known.items() if n in self.brief.platforms}
        self.theme = load_theme(self.brief.theme)
        self.outputs = Outputs()

    def steps(self) -> Generator[Progress, None, Outputs]:
        """Everything, in order; what the studio would refuse is refused before the song is listened to."""
        if not self.brief.skip_studio:
            self.studio.check(self.brief)
        timeline = yield from self.direct()
        sequences = yield from self.shoot(timeline)
        yield from self.encode(timeline, sequences)
        return self.outputs

    def tool(self) -> str:
        """The FFmpeg to use, known to have everything this job needs.

        Raises
        ------
        ToolMissing
            When there is none, or it lacks a codec or filter.
        """
        ffmpeg = find_ffmpeg(self.brief.ffmpeg)
        needs_captions = self.brief.with_captions and self.brief.lyrics is not None
        probe.check_ffmpeg(ffmpeg, self.brief.work_dir / "ffmpeg", needs_captions=needs_captions)
        return ffmpeg

    def direct(self) -> Generator[Progress, None, Timeline]:
        """Listen to the song and write its timeline."""
        yield Progress("director", 0.0, "Checking tools")
        timeline = yield from listening.listen(self.brief, self.tool())
        self.outputs.paths["timeline"] = self.brief.timeline_path
        self.outputs.paths["timeline_picture"] = self.brief.timeline_path.with_suffix(".png")
        return timeline

    def shoot(self, timeline: Timeline) -> Generator[Progress, None, dict[str, FrameSequence]]:
        """Build the show and render it, or find the frames of an earlier run."""
        brief = self.brief
        ranges = needed_ranges(timeline, {n: p.aspect for n, p in self.platforms.items()}, brief.fps)
        if brief.skip_studio:
            yield Progress("studio", 1.0, "Skipped: frames of an earlier run are used", notice=True)
            rendered = {
                a: on_disk(aspect_folder(brief.work_dir, a), span, FRAME_SUFFIX[brief.quality])
                for a, span in ranges.items()
            }
        else:
            rendered = yield from self.studio.steps(brief, timeline, self.theme, ranges, listening.brief_to_json(brief))
        yield Progress("studio", 1.0, "All frames are rendered")
        sequences = {aspect: self.sequence(r) for aspect, r in rendered.items()}
        for aspect, sequence in sequences.items():
            self.outputs.paths[f"raw_video_{aspect.replace(':', 'x')}"] = sequence.folder
        if sequences:
            self.outputs.paths["raw_video"] = next(iter(sequences.values())).folder
        return sequences

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

    def encode(self, timeline: Timeline, sequences: dict[str, FrameSequence]) -> Generator[Progress, None, Outputs]:
        """Encode the platforms whose frames are there, and prove every file."""
        brief = self.brief
        job = EncodeJob(
            timeline=timeline,
            platforms={n: p for n, p in self.platforms.items() if p.aspect in sequences},
            frames=sequences,
            audio=brief.audio,
            output_dir=brief.output_dir,
            song_id=brief.song_id,
            grade=self.theme.grade,
            ffmpeg=self.tool(),
            fps=brief.fps,
            with_captions=brief.with_captions,
            with_thumbnail=brief.with_thumbnail,
            work=brief.work_dir / "encode",
            is_draft=brief.quality == "draft",
        )
        made = yield from encode_steps(job)
        self.outputs.paths.update(made)
        yield Progress("verify", 0.0, "Checking every file")
        report = yield from verify.verify_steps(made, job)
        names = (brief.reports_dir / f"{brief.song_id}.json", brief.reports_dir / f"{brief.song_id}.html")
        verify.write_report(report, *names)
        self.outputs.paths["report"], self.outputs.paths["report_html"] = names
        self.outputs.problems = list(report.failures())
        self.outputs.passed = not self.outputs.problems
        yield from listening.remember(brief, self.outputs.paths, self.outputs.problems)
        yield Progress("verify", 1.0, "Every file is right" if self.outputs.passed else "Some files are not right")
        return self.outputs


class BatchRunner:
    """The Python door: one song, all its videos.

    Parameters
    ----------
    audio_path : str or Path
        The song.
    song_id : str
        Its name in the library and in file names.
    theme, mode, output_dir
        As in :class:`.brief.Brief`.
    studio : Studio or None
        Who renders; Blender's studio by default.
    **settings
        Any other field of :class:`.brief.Brief`.
    """

    def __init__(
        self,
        audio_path: str | Path,
        song_id: str,
        theme: str = "sponsor_neon",
        mode: str = "mashup",
        output_dir: str | Path = "./outputs",
        *,
        studio: Studio | None = None,
        **settings: Any,
    ) -> None:
        own_platforms = settings.get("platforms_file")
        self.brief = Brief(
            audio=Path(audio_path),
            song_id=song_id,
            platforms=tuple(platform_data.load_platforms(Path(own_platforms).expanduser() if own_platforms else None)),
            theme=theme,
            mode=mode,
            output_dir=Path(output_dir),
            **settings,
        )
        self.studio = studio

    def run(
        self,
        platforms: list[str] | None = None,
        with_captions: bool = True,
        with_thumbnail: bool = True,
        skip_studio: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> dict[str, Path]:
        """Make the videos.

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
        brief = self.brief.replace(
            platforms=tuple(platforms) if platforms is not None else self.brief.platforms,
            with_captions=with_captions,
            with_thumbnail=with_thumbnail,
            skip_studio=skip_studio,
        )
        pipeline = Pipeline(brief, self.studio or blender_studio())
        outputs = jobs.drain(pipeline.steps(), on_progress)
        if not outputs.passed:
            raise verify_error(outputs)
        return outputs.paths


def verify_error(outputs: Outputs) -> VerifyError:
    """The error for deliverables that are not right."""
    return VerifyError(
        f"{len(outputs.problems)} checks failed: {'; '.join(outputs.problems[:3])}.",
        hint=f"The files are kept; see '{outputs.paths.get('report_html', '')}'.",
    )


def blender_studio(*, keep: bool = False) -> Studio:
    """Blender's studio, imported only when it is needed."""
    from .studio.port import BlenderStudio

    return BlenderStudio(keep=keep)
