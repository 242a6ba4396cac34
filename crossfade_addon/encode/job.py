# SPDX-License-Identifier: GPL-3.0-or-later
"""The encode job: what to make of which frames and song, and where the results go (times in seconds of the song)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from ..errors import EncodeError
from ..stills import Still
from ..themes import Grade
from ..timeline import Clip, Timeline
from .caption_place import caption_zones, sharing
from .command import CAPTIONS, FINAL, Recipe, make_recipe
from .movies import Source
from .platforms import Platform, load_platforms, sidecar_names
from .titles import TitleStyle

Deliverables = dict[str, Path]
"""Finished files: ``video_<platform>``, ``captions``, ``captions_srt``, ``captions_lrc``, and
``captions_<platform>_<format>`` where a platform shows another part of the song, ``thumbnail``, ``cover`` and further
choices of these two (``thumbnail_2``), ``chapters``, ``description``."""

RENDERS = "renders"
"""Folder of the finished files, below the output folder."""


def video_file(output_dir: Path, song_id: str, platform: str) -> Path:
    """Where a platform's video of a song goes."""
    return output_dir / RENDERS / f"{song_id}_{platform}.mp4"


@dataclass(frozen=True, slots=True)
class EncodeJob:
    """One song's deliverables.

    Parameters
    ----------
    platforms : dict of str to Platform
        The chosen ones.
    frames : dict of str to Source
        Keyed by aspect; each holds at least the frames of that aspect's clips.
    with_grade : bool
        Give the pictures the grade; False when they are final.
    encoder : str
        ``x264``, ``hardware``, or ``auto`` (hardware where it works).
    loudness : str
        ``gain``, ``limit`` or ``as-is``: :data:`.sound.WAYS`.
    is_draft : bool
        Spend less time on the encode: a faster preset, a lower quality, no grain.
    caption_style : str
        ``pop``, ``karaoke`` or ``line`` (:data:`.word_captions.STYLES`).
    stills : dict of str to tuple of Still
        Pictures that were rendered for thumbnails and covers, by aspect; without them the frames are used.
    title_style : TitleStyle or None
        How the song's title is set on them; None for no title.
    work : Path
        Folder for FFmpeg's job folders; they stay for whoever looks into a failure.
    with_texts : bool
        Write the texts to paste: chapters and description.
    fresh : bool
        Make every file anew, also those of an earlier run that would come out the same.
    lyrics : Path or None
        The file that the words come from: it must not be one of those that are written.
    sidecars : tuple of str
        Names of all platforms, of this job or not, that take captions as a file beside the video.
    """

    timeline: Timeline
    platforms: dict[str, Platform]
    frames: Mapping[str, Source]
    audio: Path
    output_dir: Path
    song_id: str
    grade: Grade
    ffmpeg: str
    fps: Fraction
    work: Path
    with_captions: bool = True
    with_thumbnail: bool = True
    with_grade: bool = True
    encoder: str = "x264"
    loudness: str = "gain"
    is_draft: bool = False
    caption_style: str = "pop"
    stills: dict[str, tuple[Still, ...]] = field(default_factory=dict)
    title_style: TitleStyle | None = None
    fresh: bool = False
    with_texts: bool = True
    lyrics: Path | None = None
    sidecars: tuple[str, ...] = field(default_factory=lambda: sidecar_names(load_platforms().values()))

    @property
    def renders(self) -> Path:
        """Folder of the finished files."""
        return self.output_dir / RENDERS

    def video_path(self, platform: str) -> Path:
        """Where a platform's video goes."""
        return video_file(self.output_dir, self.song_id, platform)

    @property
    def look(self) -> Grade:
        """The grade that pictures get: none when they are final."""
        return self.grade if self.with_grade else FINAL

    def clip(self, platform: str) -> Clip:
        """The part of the song that a platform gets: the Timeline's, or the whole song."""
        whole = Clip(0.0, self.timeline.meta.duration_sec, "whole song")
        return self.timeline.clips.get(platform, whole)

    def recipe(self, platform: Platform) -> Recipe:
        """How a platform's video is made; those with captions share one where all of them leave room for these."""
        made = self._without_zones(platform)
        if made.captions is None:
            return made
        alike = [other for other in self.platforms.values() if self._without_zones(other) == made]
        group = next((group for group in sharing(alike) if platform in group), [platform])
        return replace(made, zones=caption_zones(group))

    def _without_zones(self, platform: Platform) -> Recipe:
        clip = self.clip(platform.name)
        burned = self.with_captions and platform.captions == "burned" and self.sings_in(clip)
        return make_recipe(
            platform,
            clip,
            self.fps,
            self.grade,
            song_seconds=self.timeline.meta.duration_sec,
            captions=CAPTIONS if burned else None,
            loudness=self.loudness,
            with_grade=self.with_grade,
            is_draft=self.is_draft,
        )

    def recipes(self) -> dict[Recipe, list[Platform]]:
        """Every distinct recipe and the platforms that share its video."""
        groups: dict[Recipe, list[Platform]] = {}
        for platform in self.platforms.values():
            groups.setdefault(self.recipe(platform), []).append(platform)
        return groups

    def sings_in(self, clip: Clip, at_least: float = 0.0) -> bool:
        """Whether more than so many seconds of any lyric line fall into a clip."""
        return any(
            min(line.end, clip.end) - max(line.start, clip.start) > at_least for line in self.timeline.lyrics.lines
        )

    def frames_of(self, recipe: Recipe) -> Source:
        """The rendered frames of a recipe.

        Raises
        ------
        EncodeError
            When its aspect was not rendered, not at this frame rate, or not all of it.
        """
        sequence = self.frames.get(recipe.aspect)
        if sequence is None:
            raise EncodeError(f"No {recipe.aspect} frames were rendered.", hint="Render that aspect first.")
        if sequence.fps != recipe.fps:
            raise EncodeError(
                f"The {recipe.aspect} frames run at {sequence.fps} frames per second, the job at {recipe.fps}.",
                hint="Render them again.",
            )
        return sequence.part(recipe.first_frame, recipe.frame_count)

    def sidecar_platform(self) -> Platform | None:
        """Who the caption files without a platform in their names belong to.

        The first platform that takes them beside the video, else the first; None where they stay as they are: they
        belong to a video of an earlier run that is no part of this job.
        """
        takers = [platform for platform in self.platforms.values() if platform.captions == "sidecar"]
        if not takers and any(self.video_path(name).is_file() for name in self.sidecars if name not in self.platforms):
            return None
        return [*takers, *self.platforms.values()][0]
