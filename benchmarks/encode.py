# SPDX-License-Identifier: GPL-3.0-or-later
"""What the deliverables cost and how good they are, beside the seed's encoder: CPU, VMAF and the floor.

``python benchmarks/encode.py [--seconds 30] [--pairs 2] [--require]``. The same made-up vertical and 16:9 renders, song
and sixty words go through ``seed_encoder`` and through ``encode_steps``, in turns; processor time is that of the child
processes and of this one. Then VMAF of each side's files against what that side was to encode: the render with that
side's own captions drawn into it, in that side's own geometry, so that only the encoding is scored. The floor is one
bare FFmpeg command for each distinct recipe, captions and AAC included, or the bare copy of the pictures where ours
copies: nothing measured, nothing checked. It makes no thumbnails, so ours goes beside it once more without them;
the ratio to the seed is with thumbnails on both sides.

Conventions: seconds, MB of 10**6 bytes. Unix only (children's processor time); VMAF needs an FFmpeg with libvmaf, such
as the one of imageio-ffmpeg. The sources are made once and kept in the system's temporary folder.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import random
import resource
import shutil
import struct
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import seed_encoder  # noqa: E402
from crossfade_addon.encode import captions, copying  # noqa: E402
from crossfade_addon.encode.command import CAPTIONS, FONTS, Recipe  # noqa: E402
from crossfade_addon.encode.encoders import X264  # noqa: E402
from crossfade_addon.encode.job import EncodeJob  # noqa: E402
from crossfade_addon.encode.movies import open_movie  # noqa: E402
from crossfade_addon.encode.platforms import load_platforms  # noqa: E402
from crossfade_addon.encode.run import encode_steps  # noqa: E402
from crossfade_addon.ffmpeg import find_ffmpeg  # noqa: E402
from crossfade_addon.frames import FrameRange  # noqa: E402
from crossfade_addon.jobs import drain, run_quietly  # noqa: E402
from crossfade_addon.themes import Grade  # noqa: E402
from crossfade_addon.timeline import (  # noqa: E402
    Audio,
    Beats,
    Clip,
    LyricLine,
    Lyrics,
    LyricWord,
    Meta,
    Section,
    Timeline,
)

FPS = Fraction(30)
WORDS = 60
SIZES = {"9:16": (1080, 1920), "16:9": (1920, 1080)}
TIMES_LESS_CPU, VMAF_MORE, FLOOR = 6.0, 5.0, 1.1
_TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


@dataclass(frozen=True, slots=True)
class Sources:
    """The renders by aspect, the song and its length."""

    renders: dict[str, Path]
    audio: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class Side:
    """One side's run: processor and wall seconds, and its files."""

    cpu_s: float
    wall_s: float
    files: dict[str, Path]


def main(argv: Sequence[str]) -> int:
    """Print the tables; 1 when a limit is missed and ``--require`` is given."""
    options = _parser().parse_args(argv)
    ffmpeg, judge = find_ffmpeg(options.ffmpeg), options.vmaf or _with_vmaf()
    cache = Path(tempfile.gettempdir()) / f"crossfade-benchmark-encode-{options.seconds:g}"
    sources = make_sources(ffmpeg, cache, options.seconds, conforms=not options.encode_all)
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        folder = Path(scratch)
        job = make_job(ffmpeg, sources, folder / "ours")
        own = {"output_dir": folder / "films", "work": folder / "films" / "work"}
        films = dataclasses.replace(job, with_thumbnail=False, **own)
        pairs = []
        for number in range(1, options.pairs + 1):
            theirs = timed(lambda: run_seed(ffmpeg, job, sources, folder / "seed"))
            ours = timed(lambda: run_ours(job, sources))
            videos = timed(lambda: run_ours(films, sources))
            bare = timed(lambda: run_floor(job, sources, folder / "floor"))
            pairs.append((theirs, ours, videos, bare))
            _say(
                f"pair {number}: seed {theirs.cpu_s:.1f} CPU s ({theirs.wall_s:.1f} wall), ours {ours.cpu_s:.1f} "
                f"({ours.wall_s:.1f}), without thumbnails {videos.cpu_s:.1f}, floor {bare.cpu_s:.1f}; seed/ours "
                f"{theirs.cpu_s / ours.cpu_s:.2f}, without thumbnails/floor {videos.cpu_s / bare.cpu_s:.3f}"
            )
        theirs, ours, *_ = pairs[-1]
        _say("")
        scores = {} if options.no_vmaf else score(judge, job, sources, theirs, ours, folder / "vmaf", options.every)
        held = _report(pairs, scores)
    return 1 if options.require and not held else 0


# ------------------------------------------------------------------------------------------------- sources


def make_sources(ffmpeg: str, cache: Path, seconds: float, *, conforms: bool) -> Sources:
    """Two renders as Blender writes H.264 (High, GOP 18, no B-frames, quality HIGH), and a song."""
    cache.mkdir(parents=True, exist_ok=True)
    renders = {}
    for aspect, (width, height) in SIZES.items():
        b_frames = 0 if conforms else 3
        path = cache / f"render_{width}x{height}_b{b_frames}.mp4"
        if not path.is_file():
            part = path.with_suffix(".part")
            command = [ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", "-filter_complex"]
            command += [picture(width, height, seconds), "-map", "[out]", "-frames:v", str(round(seconds * FPS))]
            command += ["-c:v", "libx264", "-preset", "faster", "-crf", "20", "-profile:v", "high", "-g", "18"]
            command += ["-bf", str(b_frames), "-pix_fmt", "yuv420p", "-color_range", "tv", "-colorspace", "bt709"]
            command += ["-color_primaries", "bt709", "-color_trc", "bt709", "-f", "mp4", str(part)]
            _check(*run_quietly(command, cache / "log", name="FFmpeg", timeout_s=3600))
            part.replace(path)
        renders[aspect] = path
    audio = cache / "song.wav"
    if not audio.is_file():
        write_song(audio, seconds)
    return Sources(renders, audio, seconds)


def picture(width: int, height: int, seconds: float) -> str:
    """Five pieces of different kinds with hard cuts between them, and fine grain: what club visuals are made of."""
    each, rate = seconds / 5, f"rate={FPS}"
    full, half, third = f"{width}:{height}", f"{width // 2}x{height // 2}", f"{width // 3}x{height // 3}"
    zoom = f"mandelbrot=size={third}:{rate}:end_scale=0.02:end_pts=400,scale={full}:flags=lanczos"
    cells = (
        f"life=size={width // 24}x{height // 24}:{rate}:ratio=0.4:seed=7:mold=25:life_color=#ff40c0:mold_color=#2040ff,"
        f"scale={full}:flags=bicubic"
    )
    colours = "c0=#200040:c1=#ff0080:c2=#00e0ff:c3=#101010:c4=#ffb000"
    drift = f"gradients=size={half}:{rate}:seed=3:n=5:speed=0.03:{colours},scale={full}:flags=bicubic"
    tone = "aevalsrc='.4*sin(2*PI*t*(220+180*sin(t*1.7)))*(.4+.6*pow(1-mod(t*2.1\\,1)\\,3))':s=48000"
    bars = f"{tone},showcqt=size={half}:fps={FPS}:count=2:axis=0,scale={full}:flags=bicubic"
    beams = f"testsrc2=size={half}:{rate},rotate=a='t*.4':c=black,scale={full}:flags=bicubic"
    graph, names = "", ""
    for index, piece in enumerate((zoom, cells, drift, bars, beams)):
        frames = round((index + 1) * each * FPS) - round(index * each * FPS)
        graph += f"{piece},fps={FPS},trim=end_frame={frames},setpts=N/({FPS}*TB),setsar=1,format=yuv420p[p{index}];"
        names += f"[p{index}]"
    return f"{graph}{names}concat=n=5,noise=c0s=2:c0f=t,{_TAGS}[out]"


def write_song(path: Path, seconds: float) -> None:
    """A kick every half second over a chord and a hiss, 48 kHz stereo, about -20 LUFS."""
    rate, rng = 48_000, random.Random("song")
    samples = bytearray()
    for n in range(round(seconds * rate)):
        t = n / rate
        beat = t % 0.5
        kick = math.exp(-beat * 18) * math.sin(2 * math.pi * (50 + 90 * math.exp(-beat * 40)) * beat)
        chord = sum(math.sin(2 * math.pi * f * t) for f in (220.0, 277.2, 329.6)) / 3
        hiss = rng.uniform(-1, 1) * math.exp(-((t + 0.25) % 0.5) * 30)
        left, right = 0.45 * kick + 0.1 * chord + 0.08 * hiss, 0.45 * kick + 0.08 * chord + 0.1 * hiss
        samples += struct.pack("<hh", round(left * 32_000), round(right * 32_000))
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(samples))


def sixty_words(seconds: float) -> Lyrics:
    """Sixty words in lines of five, spread over the song, each with its time."""
    vocabulary = [
        "lights",
        "go",
        "down",
        "and",
        "we",
        "rise",
        "again",
        "hands",
        "up",
        "in",
        "the",
        "neon",
        "rain",
        "tonight",
        "the",
        "city",
        "sings",
    ]
    rng, step = random.Random("words"), seconds / WORDS
    words = [LyricWord(n * step, (n + 0.9) * step, rng.choice(vocabulary)) for n in range(WORDS)]
    lines = []
    for at in range(0, WORDS, 5):
        row = words[at : at + 5]
        lines.append(LyricLine(row[0].start, row[-1].end, " ".join(word.text for word in row), tuple(row)))
    return Lyrics(tuple(lines))


# --------------------------------------------------------------------------------------------------- sides


def make_job(ffmpeg: str, sources: Sources, folder: Path) -> EncodeJob:
    """Our job for the four platforms; the renders are final, so that both sides encode the same pictures."""
    platforms = load_platforms()
    timeline = Timeline(
        meta=Meta("song", "Song", "Artist", "single", "t", 1, sources.seconds, 120, "", ""),
        audio=Audio(str(sources.audio), (Section(0.0, sources.seconds, "drop", 1.0),)),
        beats=Beats(),
        lyrics=sixty_words(sources.seconds),
        clips={name: Clip(0.0, sources.seconds, "") for name in platforms},
    )
    return EncodeJob(
        timeline=timeline,
        platforms=platforms,
        frames={},
        audio=sources.audio,
        output_dir=folder,
        song_id="song",
        grade=Grade(),
        ffmpeg=ffmpeg,
        fps=FPS,
        work=folder / "work",
        with_grade=False,
    )


def with_renders(job: EncodeJob, sources: Sources) -> EncodeJob:
    """The job with its renders opened."""
    span = FrameRange(1, round(sources.seconds * FPS))
    frames = {
        aspect: drain(open_movie(job.ffmpeg, path, aspect, FPS, span, job.work / "movie"))
        for aspect, path in sources.renders.items()
    }
    return dataclasses.replace(job, frames=frames)


def run_ours(job: EncodeJob, sources: Sources) -> dict[str, Path]:
    """Everything of ours, nothing reused from the pair before: opening the renders, sound, videos, stills, captions."""
    made = drain(encode_steps(dataclasses.replace(with_renders(job, sources), fresh=True)))
    return {key.removeprefix("video_"): path for key, path in made.items() if key.startswith("video_")}


def run_seed(ffmpeg: str, job: EncodeJob, sources: Sources, folder: Path) -> dict[str, Path]:
    """The seed's way, from the vertical render and a WebVTT file."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = Clip(0.0, sources.seconds, "")
    text = captions.vtt(job.timeline.lyrics, whole, ())
    (folder / "captions.vtt").write_text(text, encoding="utf-8")
    raw = sources.renders["9:16"]
    return seed_encoder.encode_all(ffmpeg, raw, sources.audio, "captions.vtt", sources.seconds, folder)


def run_floor(job: EncodeJob, sources: Sources, folder: Path) -> dict[str, Path]:
    """One bare encode for each of our recipes, after our run: its options, captions and AAC; or the bare copy."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / FONTS).mkdir(parents=True)
    opened = with_renders(job, sources)
    made = {}
    for number, recipe in enumerate(opened.recipes()):
        source = opened.frames_of(recipe)
        out = folder / f"bare_{number}.mp4"
        how = ["-c:v", "copy"] if not copying.why_not(source, recipe) else X264.options(recipe.target)
        drawn = ["-vf", _our_captions(job, recipe, folder)] if recipe.captions else []
        kbps = recipe.sound.kbps if recipe.sound else 0
        command = [job.ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", *source.inputs()]
        command += ["-i", str(sources.audio), "-map", "0:v:0", "-map", "1:a:0", *drawn, *how, "-c:a", "aac"]
        _check(*run_quietly([*command, "-b:a", f"{kbps}k", str(out)], folder, name="FFmpeg", timeout_s=3600))
        made[out.name] = out
    return made


def timed(work: Callable[[], dict[str, Path]]) -> Side:
    """Run one side; processor time of this process and of its children."""
    before, started = _cpu(), time.perf_counter()
    files = work()
    return Side(_cpu() - before, time.perf_counter() - started, files)


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


# -------------------------------------------------------------------------------------------------- quality


def score(
    judge: str, job: EncodeJob, sources: Sources, theirs: Side, ours: Side, folder: Path, every: int
) -> dict[str, dict[str, float]]:
    """VMAF of both sides' vertical and wide files, each against what that side was to encode."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / FONTS).mkdir(parents=True)
    opened = with_renders(job, sources)
    recipe = next(r for r in opened.recipes() if r.aspect == "9:16")
    drawn = _our_captions(job, recipe, folder)
    vtt = captions.vtt(job.timeline.lyrics, Clip(0.0, sources.seconds, ""), ())
    (folder / "captions.vtt").write_text(vtt, encoding="utf-8")
    tall, wide = sources.renders["9:16"], sources.renders["16:9"]
    return {
        "seed 9:16": vmaf(judge, theirs.files["tiktok"], tall, seed_encoder.burn_filter("captions.vtt"), folder, every),
        "ours 9:16": vmaf(judge, ours.files["tiktok"], tall, drawn, folder, every),
        "seed 16:9": vmaf(judge, theirs.files["youtube"], tall, seed_encoder.fit_filter(1920, 1080), folder, every),
        "ours 16:9": vmaf(judge, ours.files["youtube"], wide, "null", folder, every),
    }


def _our_captions(job: EncodeJob, recipe: Recipe, folder: Path) -> str:
    """The filter that draws what our vertical encode drew, from its own script and fonts."""
    used = next(path.parent for path in (job.work / "encode").glob(f"video_*/{CAPTIONS}"))
    shutil.copytree(used / FONTS, folder / FONTS, dirs_exist_ok=True)
    shutil.copyfile(used / CAPTIONS, folder / CAPTIONS)
    return f"ass={recipe.captions}:fontsdir={FONTS}"


def vmaf(judge: str, video: Path, raw: Path, draw: str, folder: Path, every: int) -> dict[str, float]:
    """VMAF of a file against the render as it was to be encoded, frame by frame (time bases made equal)."""
    same = f"settb=1/{FPS},setpts=N"
    log = folder / "vmaf.json"
    graph = (
        f"[0:v]{same},format=yuv420p[d];[1:v]{same},{draw},format=yuv420p[r];"
        f"[d][r]libvmaf=log_fmt=json:log_path={log.name}:n_threads={os.cpu_count() or 1}:n_subsample={every}"
    )
    command = [judge, "-hide_banner", "-nostdin", "-v", "error", "-i", str(video), "-i", str(raw)]
    _check(*run_quietly([*command, "-lavfi", graph, "-f", "null", "-"], folder, name="FFmpeg", timeout_s=3600))
    values = sorted(f["metrics"]["vmaf"] for f in json.loads(log.read_text(encoding="utf-8"))["frames"])
    return {
        "mean": sum(values) / len(values),
        "p5": values[int(len(values) * 0.05)],
        "min": values[0],
        "MB": video.stat().st_size / 1e6,
    }


# --------------------------------------------------------------------------------------------------- report


def _report(pairs: list[tuple[Side, Side, Side, Side]], scores: dict[str, dict[str, float]]) -> bool:
    ratio = min(theirs.cpu_s / ours.cpu_s for theirs, ours, *_ in pairs)
    over = max(videos.cpu_s / bare.cpu_s for *_, videos, bare in pairs)
    limits = [
        (f"times less CPU than the seed, at least {TIMES_LESS_CPU:g}", ratio, ratio >= TIMES_LESS_CPU),
        (f"times the floor, without thumbnails, at most {FLOOR:g}", over, over <= FLOOR),
    ]
    if scores:
        _say(f"{'':<12}{'VMAF':>8}{'p5':>8}{'min':>8}{'MB':>8}")
        for name, row in scores.items():
            _say(f"{name:<12}{row['mean']:>8.2f}{row['p5']:>8.1f}{row['min']:>8.1f}{row['MB']:>8.1f}")
        _say("")
        tall = scores["ours 9:16"]["mean"] - scores["seed 9:16"]["mean"]
        wide = scores["ours 16:9"]["mean"] - scores["seed 16:9"]["mean"]
        limits.append((f"VMAF 9:16 over the seed's, at least {VMAF_MORE:g}", tall, tall >= VMAF_MORE))
        limits.append(("VMAF 16:9 over the seed's, at least 0", wide, wide >= 0))
    for name, value, holds in limits:
        _say(f"{'PASS' if holds else 'FAIL'}  {name:<44}{value:>8.2f}")
    return all(holds for *_, holds in limits)


def _with_vmaf() -> str:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return find_ffmpeg()


def _check(code: int, _out: str, complaint: str) -> None:
    if code:
        raise SystemExit(f"FFmpeg failed: {complaint.strip()}")


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description="CPU and VMAF of the deliverables, against the seed's encoder.")
    p.add_argument("--seconds", type=float, default=30.0, help="length of the renders (default 30)")
    p.add_argument("--pairs", type=int, default=2, help="runs of each side, in turns (default 2)")
    p.add_argument("--encode-all", action="store_true", help="a 16:9 render that does not conform: ours encodes it too")
    p.add_argument("--no-vmaf", action="store_true", help="leave quality out")
    p.add_argument("--every", type=int, default=1, help="score every n-th frame (default 1)")
    p.add_argument("--require", action="store_true", help="exit code 1 when a limit is missed")
    p.add_argument("--ffmpeg", default="", metavar="FILE", help="FFmpeg to use (default: PATH, then imageio-ffmpeg)")
    p.add_argument("--vmaf", default="", metavar="FILE", help="FFmpeg with libvmaf (default: imageio-ffmpeg's)")
    return p


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
