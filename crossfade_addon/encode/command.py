# SPDX-License-Identifier: GPL-3.0-or-later
"""The FFmpeg commands, as pure functions from what is wanted to an argument list.

Conventions: the command runs with the job folder as its working folder, so that filters name only plain
files in it (``captions.ass``, ``fonts``); every path from outside is an input or output ``file:`` URL.
Nothing is quoted for a shell, because there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..themes import Grade
from ..timeline import Clip
from ..timing import FIRST_FRAME, frame_at, seconds_at
from .encoders import Encoder, Target, least_level
from .grading import TAGS, TO_VIDEO_RANGE, enlarge_filters, grade_filters
from .movies import Source
from .platforms import Platform, SafeBox
from .probe import file_url
from .sound import FADE_S, Sound

CAPTIONS = "captions.ass"
FONTS = "fonts"
DRAFT_CRF = 5
"""How much coarser a draft is."""
LEAST_TIMESCALE = 10_000
FINAL = Grade(bloom=0.0, vignette=0.0)
"""No grade at all, for pictures that are final."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the bytes of a video, apart from its inputs: equal recipes are encoded once.

    ``start`` and ``end`` are seconds of the song on frame edges; ``cuts_start`` and ``cuts_end`` say whether the song
    goes on beyond them. ``captions`` names an ASS file in the job folder, or is None; ``zones`` are where they may
    stand. ``sound`` is None for a silent video. ``with_grade`` is False where the pictures are final.
    """

    aspect: str
    width: int
    height: int
    fit: str
    fps: Fraction
    start: float
    end: float
    cuts_start: bool
    cuts_end: bool
    crf: int
    max_kbps: int
    gop_s: float
    level: str
    captions: str | None
    grade: Grade
    sound: Sound | None
    with_grade: bool = True
    is_draft: bool = False
    zones: tuple[SafeBox, ...] = ()

    @property
    def first_frame(self) -> int:
        """Scene frame of the first picture."""
        return frame_at(self.start, self.fps)

    @property
    def frame_count(self) -> int:
        """Pictures in the video."""
        return frame_at(self.end, self.fps) - self.first_frame

    @property
    def seconds(self) -> float:
        """Exact length of the video."""
        return float(self.frame_count / self.fps)

    @property
    def gop(self) -> int:
        """Frames from one key frame to the next."""
        return max(1, int(self.fps * Fraction(self.gop_s).limit_denominator(1000)))

    @property
    def target(self) -> Target:
        """What the H.264 encoder must make."""
        return Target(self.width, self.height, self.fps, self.gop, self.crf, self.max_kbps, self.level, self.is_draft)


def make_recipe(
    platform: Platform,
    clip: Clip,
    fps: Fraction,
    grade: Grade,
    *,
    song_seconds: float,
    captions: str | None,
    loudness: str = "gain",
    with_grade: bool = True,
    is_draft: bool = False,
) -> Recipe:
    """The recipe of a platform's clip, its edges moved to the nearest frame edges."""
    first, last = frame_at(clip.start, fps), frame_at(clip.end, fps)
    start, end = seconds_at(first, fps), seconds_at(max(last, first + 1), fps)
    cuts_start, cuts_end = first > FIRST_FRAME, end < song_seconds - float(0.5 / fps)
    return Recipe(
        aspect=platform.aspect,
        width=platform.width,
        height=platform.height,
        fit=platform.fit,
        fps=fps,
        start=start,
        end=end,
        cuts_start=cuts_start,
        cuts_end=cuts_end,
        crf=platform.crf + (DRAFT_CRF if is_draft else 0),
        max_kbps=platform.max_kbps,
        gop_s=platform.gop_s,
        level=least_level(platform.width, platform.height, fps, platform.max_kbps),
        captions=captions,
        grade=grade if with_grade else FINAL,
        sound=_sound(platform, clip, (start, end), (cuts_start, cuts_end), fps, loudness),
        with_grade=with_grade,
        is_draft=is_draft,
    )


def _sound(
    platform: Platform, clip: Clip, edges: tuple[float, float], cuts: tuple[bool, bool], fps: Fraction, loudness: str
) -> Sound | None:
    """The sound of a part; what loops has no fades, and neither has an edge that is the song's own."""
    if platform.audio == "none":
        return None
    start, end = edges
    fades_in, fades_out = (cut and not platform.loop for cut in cuts)
    frames = frame_at(end, fps) - frame_at(start, fps)
    return Sound(
        start=start,
        end=end,
        samples=int(frames * platform.sample_rate / fps),
        rate=platform.sample_rate,
        kbps=platform.audio_kbps,
        lufs=platform.lufs,
        ceiling_dbtp=platform.ceiling_dbtp,
        way=loudness,
        fade_in_s=(clip.fade_in_s or FADE_S) if fades_in else 0.0,
        fade_out_s=(clip.fade_out_s or FADE_S) if fades_out else 0.0,
    )


def picture_filters(recipe: Recipe, width: int, height: int, *, is_video: bool = False) -> str:
    """From renders of ``width`` x ``height`` to the delivered pictures, captions included.

    ``is_video``: they are 8-bit 4:2:0 BT.709 video already, so that final ones of the right size need nothing more.
    """
    size = f"{recipe.width}:{recipe.height}"
    has_shape = recipe.fit == "exact" or width * recipe.height == height * recipe.width
    steps = [grade_filters(recipe.grade, width, height)] if recipe.with_grade else []
    matrix = f":in_color_matrix=bt709:in_range=tv:{TO_VIDEO_RANGE}" if recipe.with_grade else f":{TO_VIDEO_RANGE}"
    if not has_shape:
        steps.append(fit_filters(recipe.width, recipe.height, crops=recipe.fit == "crop", matrix=matrix))
    if recipe.with_grade:
        steps.append(enlarge_filters(recipe.width, recipe.height, with_grain=not recipe.is_draft))
    elif not (is_video and (width, height) == (recipe.width, recipe.height)):
        steps.append(f"scale={size}:flags=lanczos+accurate_rnd:{TO_VIDEO_RANGE},format=yuv420p,setsar=1")
    if recipe.captions:
        steps.append(f"ass={recipe.captions}:fontsdir={FONTS}")
    return ",".join([*steps, TAGS])


def fit_filters(width: int, height: int, *, crops: bool, matrix: str = "") -> str:
    """Filters that fill a picture of another shape: the middle of the render, or all of it over a dark blur of itself.

    The blur is made at a twelfth of the size, where it costs next to nothing.
    """
    cover = f"scale={width}:{height}:force_original_aspect_ratio=increase:force_divisible_by=2:flags=lanczos{matrix}"
    if crops:
        return f"{cover},crop={width}:{height}"
    small_w, small_h = max(2, width // 24 * 2), max(2, height // 24 * 2)
    small = (
        f"scale={small_w}:{small_h}:force_original_aspect_ratio=increase:flags=area{matrix},crop={small_w}:{small_h}"
    )
    fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=lanczos{matrix}"
    return (
        f"split=2[fit][fill];[fill]{small},format=yuv444p,gblur=sigma={small_w / 24:.2f},eq=brightness=-0.08,"
        f"scale={width}:{height}:flags=bicubic[back];[fit]{fit},format=yuv444p[front];"
        f"[back][front]overlay=(W-w)/2:(H-h)/2:format=yuv444"
    )


def video_command(
    ffmpeg: str,
    source: Source,
    sound: Path | None,
    recipe: Recipe,
    encoder: Encoder,
    out_part: Path,
    progress: Path,
    *,
    title: str = "",
    artist: str = "",
) -> list[str]:
    """The one command that makes a video; run it in the folder that holds the captions and the fonts.

    ``source`` must hold exactly the recipe's frames; ``sound`` is finished AAC and goes in as it is. The MP4 follows
    what the platforms ask for: H.264 High 4:2:0 BT.709, closed GOPs, two B-frames, index first, no edit list, both
    streams from 0.
    """
    # the graph ends the pictures, not -frames:v, which would end the copied sound with them
    ends = f"trim=end_frame={recipe.frame_count}"
    pictures = picture_filters(recipe, source.width, source.height, is_video=source.is_video)
    graph = ",".join([*source.first_filters(), ends, pictures])
    if encoder.upload:
        graph += f",{encoder.upload}"
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y", *encoder.first]
    command += ["-progress", file_url(progress), *source.inputs()]
    if sound is not None:
        command += ["-i", file_url(sound)]
    command += ["-filter_complex", f"[0:v:0]{graph}[picture]", "-map", "[picture]"]
    if sound is not None:
        command += ["-map", "1:a:0", "-c:a", "copy"]
    command += ["-fps_mode", "cfr", "-r", str(recipe.fps)]
    return [
        *command,
        *encoder.options(recipe.target),
        *container_options(timescale(recipe.fps), out_part, title, artist),
    ]


def container_options(ticks: int, out_part: Path, title: str, artist: str) -> list[str]:
    """The MP4 file: index first, no edit list, ``ticks`` a second of the pictures' clock, title and artist."""
    command = ["-fflags", "+bitexact", "-map_metadata", "-1", "-map_chapters", "-1"]
    for key, value in (("title", title), ("artist", artist)):
        if value:
            command += ["-metadata", f"{key}={value}"]
    command += ["-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0"]
    return [*command, "-video_track_timescale", str(ticks), "-f", "mp4", file_url(out_part)]


def timescale(fps: Fraction) -> int:
    """Ticks a second that name every frame exactly."""
    ticks = fps.numerator
    while ticks < LEAST_TIMESCALE:
        ticks *= 10
    return ticks
