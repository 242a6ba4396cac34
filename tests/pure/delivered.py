# SPDX-License-Identifier: GPL-3.0-or-later
"""A small finished job for tests of the report: a moving picture, music, captions, and ways to damage the files."""

import dataclasses
import struct
import subprocess
import time
import wave
from fractions import Fraction
from pathlib import Path

from crossfade_addon.encode.frames import FrameSequence
from crossfade_addon.encode.platforms import Cover, SafeBox, load_platforms
from crossfade_addon.encode.run import EncodeJob, encode_steps
from crossfade_addon.themes import Grade
from crossfade_addon.timeline import Audio, Beats, Clip, Event, LyricLine, Lyrics, Meta, Section, Timeline

FPS = Fraction(30)
SONG_S = 3.0
CLIP = Clip(0.5, 2.5, "")
RATE = 48_000
TITLE = "Neon & <Sunrise>"
COVERS = {"9:16": Cover("cover", 90, 160, 2.0, 90, 120), "16:9": Cover("thumbnail", 160, 90, 2.0, 160, 90)}
CODED = ("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "19", "-pix_fmt", "yuv420p")
CLOSED = ("-g", "30", "-keyint_min", "30", "-sc_threshold", "0", "-bf", "2", "-flags:v", "+cgop+bitexact")
TAGGED = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
PACKED = ("-fflags", "+bitexact", "-video_track_timescale", "30000")
NO_EDITS = ("-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0")


def drained(steps):
    """The result of a stage, polled quickly: these jobs take a fraction of a second."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        time.sleep(0.001)


def write_song(path, rate=RATE, channels=2, shape=lambda samples, _t: samples):
    """Three seconds of a chord under a kick at every half second, far from silence and from full scale.

    ``shape`` makes another song of it: from samples (-1..1) and their times to samples.
    """
    import numpy as np

    t = np.arange(int(rate * SONG_S)) / rate
    chord = sum(np.sin(2 * np.pi * pitch * t) for pitch in (220, 277, 330)) * 0.09
    beat = t % 0.5
    kick = 0.5 * np.exp(-beat * 30) * np.sin(2 * np.pi * 60 * beat)
    sides = [shape((chord * level + kick) * 0.6, t) for level in (1.0, 0.9)][:channels]
    samples = (np.clip(np.stack(sides, 1), -1, 1) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def write_frames(ffmpeg, folder, width, height, fps=FPS):
    """Pictures in which everything moves: a test pattern."""
    folder.mkdir(parents=True)
    count = int(SONG_S * fps)
    source = ("-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r={fps}", "-frames:v", count)
    run(ffmpeg, *source, "-q:v", "2", "-start_number", "1", folder / "frame_%04d.jpg")
    return FrameSequence(folder, 1, count, fps, width, height, suffix=".jpg")


def platform(name, aspect, **changes):
    """A platform of tiny pictures."""
    width, height = (90, 160) if aspect == "9:16" else (160, 90)
    zone = SafeBox(4, 8, width - 4, height * 2 // 3)
    like = load_platforms()["tiktok" if aspect == "9:16" else "youtube"]
    values = {"name": name, "label": name.capitalize(), "width": width, "height": height, "min_s": 1.0}
    values |= {"strict": (zone,), "organic": zone, "max_kbps": 4000, "audio_kbps": 128, "covers": (COVERS[aspect],)}
    values["captions"] = "sidecar"  # letters of a few pixels could not be judged
    return dataclasses.replace(like, **{**values, **changes})


def make_job(folder: Path, ffmpeg: str, *, fps: Fraction = FPS, song: dict | None = None, **changes):
    """A job of two platforms that share one video and one of the other aspect.

    ``song`` are arguments of :func:`write_song`.
    """
    folder.mkdir(exist_ok=True)
    audio = folder / "song.wav"
    write_song(audio, **(song or {}))
    lines = (LyricLine(0.7, 1.4, "Hands up"), LyricLine(1.4, 2.4, "We <3 sleep & sing"))
    timeline = Timeline(
        meta=Meta("song", TITLE, "Ärtist", "single", "t", 1, SONG_S, 120, "0" * 64, ""),
        audio=Audio(str(audio), (Section(0.0, SONG_S, "drop", 1.0),)),
        beats=Beats(),
        events=(Event(1.0, "drop", "high", "", ""),),
        lyrics=Lyrics(lines),
        clips=dict.fromkeys(("phone", "twin", "wide"), CLIP),
    )
    chosen = (platform("phone", "9:16"), platform("twin", "9:16"), platform("wide", "16:9"))
    job = EncodeJob(
        timeline=timeline,
        platforms={p.name: p for p in chosen},
        frames={
            "9:16": write_frames(ffmpeg, folder / "tall", 90, 160, fps),
            "16:9": write_frames(ffmpeg, folder / "flat", 160, 90, fps),
        },
        audio=audio,
        output_dir=folder / "out",
        song_id="song",
        grade=Grade(bloom=0.0, vignette=0.0),
        ffmpeg=ffmpeg,
        fps=fps,
        work=folder / "work",
    )
    return dataclasses.replace(job, **changes)


def finished(job):
    """The job's files."""
    return drained(encode_steps(job))


def run(ffmpeg, *arguments):
    subprocess.run([ffmpeg, "-v", "error", "-y", *map(str, arguments)], check=True)


def remade(ffmpeg, good, target, *options, container=NO_EDITS, before=()):
    """The good file once more through FFmpeg; streams are copied unless the options say otherwise."""
    streams = [] if "-c:v" in options else ["-c:v", "copy"]
    streams += [] if "-c:a" in options or "-an" in options else ["-c:a", "copy"]
    run(ffmpeg, *before, "-i", good, *streams, *options, *container, *PACKED, "-f", "mp4", target)


def recoded(ffmpeg, good, target, *options, container=NO_EDITS):
    """The good file with its picture encoded again as Crossfade does it, apart from the options."""
    remade(ffmpeg, good, target, *CODED, *CLOSED, *TAGGED, *options, container=container)


def resounded(ffmpeg, good, target, filters, *options):
    """The good file with its sound encoded again; what AAC adds before it is taken away again."""
    sound = f"atrim=start_sample=1024,asetpts=N/SR/TB,{filters}"
    remade(ffmpeg, good, target, "-af", sound, "-c:a", "aac", "-b:a", "128k", *options)


def boxes(raw, start=0, stop=None):
    """(type, start, end of the whole box) of the boxes of a range, found without Crossfade's own reader."""
    stop = len(raw) if stop is None else stop
    while start + 8 <= stop:
        size, kind = struct.unpack_from(">I4s", raw, start)
        yield kind, start, start + size
        start += size


def patched(good, target, old, new, nth=0):
    """The good file with some bytes of its index replaced."""
    raw = bytearray(good.read_bytes())
    at = -1
    for _ in range(nth + 1):
        at = raw.index(old, at + 1)
    raw[at : at + len(new)] = new
    target.write_bytes(raw)
