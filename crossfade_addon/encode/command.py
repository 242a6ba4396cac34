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
from .frames import FrameSequence
from .grading import TAGS, enlarge_filters, grade_filters
from .loudness import SAMPLE_RATE, stereo_part
from .platforms import Platform
from .probe import file_url

CAPTIONS = "captions.ass"
FONTS = "fonts"
FADE_S = 0.020
PRIMING = 1024
"""Samples that AAC-LC adds before the sound. No edit list hides them, so the song is taken that much later
and every beat is heard on its frame; what is lost is the first 21 ms, most of it inside the fade."""
PRESET, DRAFT_PRESET = "veryfast", "superfast"
DRAFT_CRF = 5
"""How much coarser a draft is."""
B_FRAMES = 2
LEAST_TIMESCALE = 10_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the bytes of a video, apart from its inputs: equal recipes are encoded once.

    ``start`` and ``end`` are seconds of the song on frame edges; ``cuts_start`` and ``cuts_end`` say whether
    the song goes on beyond them. ``captions`` names an ASS file in the job folder, or is None.
    """

    aspect: str
    width: int
    height: int
    fps: Fraction
    start: float
    end: float
    cuts_start: bool
    cuts_end: bool
    crf: int
    max_kbps: int
    audio_kbps: int
    captions: str | None
    grade: Grade
    is_draft: bool = False

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


def make_recipe(
    platform: Platform,
    clip: Clip,
    fps: Fraction,
    grade: Grade,
    *,
    song_seconds: float,
    captions: str | None,
    is_draft: bool = False,
) -> Recipe:
    """The recipe of a platform's clip, its edges moved to the nearest frame edges."""
    first, last = frame_at(clip.start, fps), frame_at(clip.end, fps)
    start, end = seconds_at(first, fps), seconds_at(max(last, first + 1), fps)
    half_a_frame = float(0.5 / fps)
    return Recipe(
        aspect=platform.aspect,
        width=platform.width,
        height=platform.height,
        fps=fps,
        start=start,
        end=end,
        cuts_start=first > FIRST_FRAME,
        cuts_end=end < song_seconds - half_a_frame,
        crf=platform.crf + (DRAFT_CRF if is_draft else 0),
        max_kbps=platform.max_kbps,
        audio_kbps=platform.audio_kbps,
        captions=captions,
        grade=grade,
        is_draft=is_draft,
    )


def picture_filters(recipe: Recipe, width: int, height: int) -> str:
    """From renders of ``width`` x ``height`` to the delivered pictures, captions included."""
    steps = [
        grade_filters(recipe.grade, width, height),
        enlarge_filters(recipe.width, recipe.height, with_grain=not recipe.is_draft),
    ]
    if recipe.captions:
        steps.append(f"ass={recipe.captions}:fontsdir={FONTS}")
    return ",".join([*steps, TAGS])


def sound_filters(recipe: Recipe, gain_db: float) -> str:
    """From the whole song to the clip's sound, exactly as long as the pictures together with AAC's priming."""
    samples = int(recipe.frame_count * SAMPLE_RATE / recipe.fps) - PRIMING
    shift = PRIMING / SAMPLE_RATE
    steps = [stereo_part(recipe.start + shift, recipe.end)]
    if gain_db:
        steps.append(f"volume={gain_db:.2f}dB")
    if recipe.cuts_start:
        steps.append(f"afade=t=in:d={FADE_S:g}")
    if recipe.cuts_end:
        steps.append(f"afade=t=out:st={max(0.0, recipe.seconds - shift - FADE_S):.6f}:d={FADE_S:g}")
    steps.append(f"apad=whole_len={samples},atrim=end_sample={samples}")
    return ",".join(steps)


def video_command(
    ffmpeg: str,
    frames: FrameSequence,
    audio: Path,
    recipe: Recipe,
    gain_db: float,
    out_part: Path,
    progress: Path,
    *,
    title: str = "",
    artist: str = "",
) -> list[str]:
    """The one command that makes a video; run it in the folder that holds the captions and the fonts.

    ``frames`` must hold exactly the recipe's frames. The MP4 follows what the platforms ask for: H.264 High
    4:2:0 BT.709, closed GOP of one second, two B-frames, index first, no edit list, both streams from 0.
    """
    gop = max(1, round(recipe.fps))
    timescale = recipe.fps.numerator
    while timescale < LEAST_TIMESCALE:
        timescale *= 10
    graph = f"[0:v:0]{picture_filters(recipe, frames.width, frames.height)}[picture];"
    graph += f"[1:a:0]{sound_filters(recipe, gain_db)}[sound]"
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y"]
    command += ["-progress", file_url(progress)]
    command += [*("-f", "image2", "-framerate", str(recipe.fps)), "-start_number", str(frames.first_frame)]
    command += ["-i", frames.pattern(), "-i", file_url(audio)]
    command += ["-filter_complex", graph, "-map", "[picture]", "-map", "[sound]"]
    command += ["-frames:v", str(recipe.frame_count), "-fps_mode", "cfr", "-r", str(recipe.fps)]
    command += [
        "-c:v",
        "libx264",
        "-preset",
        DRAFT_PRESET if recipe.is_draft else PRESET,
        "-profile:v",
        "high",
        "-crf",
        str(recipe.crf),
    ]
    command += ["-maxrate", f"{recipe.max_kbps}k", "-bufsize", f"{2 * recipe.max_kbps}k"]
    command += ["-g", str(gop), "-keyint_min", str(gop), "-sc_threshold", "0", "-bf", str(B_FRAMES)]
    command += ["-pix_fmt", "yuv420p", "-color_range", "tv", "-colorspace", "bt709"]
    command += ["-color_primaries", "bt709", "-color_trc", "bt709"]
    command += ["-c:a", "aac", "-b:a", f"{recipe.audio_kbps}k"]
    command += ["-flags:v", "+cgop+bitexact", "-flags:a", "+bitexact", "-fflags", "+bitexact"]
    command += ["-map_metadata", "-1", "-map_chapters", "-1"]
    for key, value in (("title", title), ("artist", artist)):
        if value:
            command += ["-metadata", f"{key}={value}"]
    command += ["-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0"]
    command += ["-video_track_timescale", str(timescale), "-f", "mp4", file_url(out_part)]
    return command
