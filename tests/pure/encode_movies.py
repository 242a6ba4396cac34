# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up movies, songs and jobs for the tests of the encoder: every picture says which one it is."""

from __future__ import annotations

import dataclasses
import math
import shutil
import struct
import subprocess
import wave
from fractions import Fraction

import pytest

from crossfade_addon.encode.job import EncodeJob
from crossfade_addon.encode.movies import open_movie
from crossfade_addon.encode.platforms import SafeBox, load_platforms
from crossfade_addon.frames import FrameRange
from crossfade_addon.jobs import drain
from crossfade_addon.themes import Grade
from crossfade_addon.timeline import Audio, Beats, Clip, LyricLine, Lyrics, Meta, Section, Timeline

FPS = Fraction(30)
RATE = 48_000
WIDTH, HEIGHT = 90, 160
BT709 = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
TAGS = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
H264 = ["-c:v", "libx264", "-preset", "fast", "-crf", "4", "-profile:v", "high", "-bf", "2", "-g", "15", *TAGS]


def ffmpegs():
    """The FFmpegs that are here: the one on the path, and imageio-ffmpeg's."""
    found = [shutil.which("ffmpeg")]
    try:
        import imageio_ffmpeg

        found.append(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        pass
    return [path for path in found if path] or [pytest.param("", marks=pytest.mark.skip("no FFmpeg"))]


def make_movie(ffmpeg, path, *, fps=FPS, count=60, size=(WIDTH, HEIGHT), options=H264, filters=""):
    """A movie whose picture n has luma 16 + 2 n."""
    width, height = size
    graph = f"color=black:s={width}x{height}:r={fps},geq=lum='16+2*N':cb=128:cr=128,format=yuv420p,{BT709}{filters}"
    command = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", graph, "-frames:v", str(count), *options]
    subprocess.run([*command, str(path)], check=True)
    return path


def numbers(ffmpeg, path):
    """Which picture each picture of a made movie is, from its luma."""
    filters = ["-vf", "crop=trunc(iw/4)*2:trunc(ih/4)*2,scale=2:2", "-fps_mode", "passthrough"]
    command = [ffmpeg, "-v", "error", "-i", f"file:{path}", *filters, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return [round((raw[at] - 16) / 2) for at in range(0, len(raw), 6)]


def read_raw(command):
    """Exit code and standard output of a program."""
    done = subprocess.run(command, capture_output=True)
    return done.returncode, done.stdout


def write_tone(path, seconds=3.0, amplitude=8000):
    """A quiet stereo tone."""
    values = [round(amplitude * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(int(seconds * RATE))]
    write_wave(path, values)


def write_wave(path, values):
    """Stereo, both sides the same; 16-bit samples at 48 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<hh", v, v) for v in values))


def platform(name="phone", **changes):
    """A tiny phone."""
    zone = SafeBox(4, 4, 80, 140)
    size = {"width": WIDTH, "height": HEIGHT, "max_mb": 50, "audio_kbps": 128, "max_kbps": 4000, "min_s": 0.1}
    extra = {"strict": (zone,), "organic": zone, "covers": ()}
    return dataclasses.replace(load_platforms()["tiktok"], name=name, label=name, **{**size, **extra, **changes})


def make_job(folder, ffmpeg, frames, *, platforms=None, clip=(0.0, 2.0), fps=FPS, lyrics=(), song_s=3.0, **changes):
    """A job for tiny phones; the song is a tone unless ``audio`` is given."""
    folder.mkdir(parents=True, exist_ok=True)
    audio = folder / "song.wav"
    if not audio.exists():
        write_tone(audio, song_s)
    chosen = platforms or (platform(),)
    timeline = Timeline(
        meta=Meta("song", "Song", "Artist", "single", "t", 1, song_s, 120, "", ""),
        audio=Audio(str(audio), (Section(0.0, song_s, "drop", 1.0),)),
        beats=Beats(),
        lyrics=Lyrics(tuple(LyricLine(*line) for line in lyrics)),
        clips={p.name: Clip(*clip, "") for p in chosen},
    )
    job = EncodeJob(
        timeline=timeline,
        platforms={p.name: p for p in chosen},
        frames=frames,
        audio=audio,
        output_dir=folder / "out",
        song_id="song",
        grade=Grade(bloom=0.0, vignette=0.0),
        ffmpeg=ffmpeg,
        fps=fps,
        work=folder / "work",
        with_thumbnail=False,
        with_grade=False,
    )
    return dataclasses.replace(job, **changes)


def opened(ffmpeg, path, folder, *, fps=FPS, span=None, first_frame=0, aspect="9:16"):
    """A movie as a source, and the notices."""
    seen = []
    steps = open_movie(ffmpeg, path, aspect, fps, span or FrameRange(1, 30), folder, first_frame=first_frame)
    source = drain(steps, seen.append)
    return source, [report.message for report in seen if report.notice]
