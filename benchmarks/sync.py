# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether light and music meet in delivered videos: rendered, encoded, decoded and measured at seven frame rates.

usage: sync.py [--songs FILE ...] [--fps RATE ...] [--theme NAME] [--frames N] [--jobs N] [--work DIR] [--require]

For every song and rate so many frames (by default 5000) are rendered in 9:16 at 60 pixels, made into videos by the
encode stage at 180x320, and measured by the release report's own sync proof (``crossfade_addon/encode/sync.py``): the
onsets of the decoded sound against the hits of light in the decoded pictures. A hit is placed to about an eighth of a
frame, so it takes a hundred of them to tell a drift of 2 ms: the stretch is as long as the frames reach, or the song,
with many strokes in both its first and its last third. It is filmed again as other shows (with other seeds), and their
hits are taken together, where it is short, and until it is clear on which side of its limit the drift lies, at most
four times. Needs bpy and FFmpeg; seven rates of four songs take one to two hours on two idle cores. ``--work`` keeps
the videos, and measures those that are there without making them again.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "benchmarks")]

import darkroom  # noqa: E402
import numpy as np  # noqa: E402
import stage_door as door  # noqa: E402

from crossfade_addon import jobs, themes, timing  # noqa: E402
from crossfade_addon.brief import Brief  # noqa: E402
from crossfade_addon.encode import decoded, pictures, sync  # noqa: E402
from crossfade_addon.encode.frames import FrameSequence  # noqa: E402
from crossfade_addon.encode.platforms import load_platforms  # noqa: E402
from crossfade_addon.encode.run import EncodeJob, encode_steps  # noqa: E402
from crossfade_addon.ffmpeg import find_ffmpeg  # noqa: E402
from crossfade_addon.jobs import drain  # noqa: E402
from crossfade_addon.timeline import Clip, Timeline  # noqa: E402

DEFAULT_SONGS = ROOT.parent / "shared" / "songs"
DEFAULT_NAMES = ("lmms_Skiessi-Onion", "lmms_TameAnderson-MakeMe", "lmms_Impulslogik-Zen")
RATES = ("24", "25", "29.97", "30", "50", "59.94", "60")
RENDER_SIDE, DELIVERED = 60, (180, 320)
LEAST_S = 20.0
STRONG = 0.5
"""Level of the kick signal from which a stroke counts for the busiest stretch."""
MOST_MEDIAN, MOST_DRIFT = 10.0, 2.0
PRECISE_MS, MOST_TIMES = 1.0, 4
"""Twice the standard error of a drift at which no more is filmed whatever it says, and how much more at most."""
MARK = "measured: "


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 when something is missed and ``--require`` was given."""
    options = _parser().parse_args(argv)
    songs = options.songs or [door.demo_audio(), *(DEFAULT_SONGS / f"{name}.ogg" for name in DEFAULT_NAMES)]
    if options.worker:
        for fps in options.fps:
            say_result(options.worker, fps, options)
        return 0
    rows = gather([Path(song).resolve() for song in songs], options)
    held = report(rows)
    return 0 if held or not options.require else 1


def gather(songs: Sequence[Path], options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure the songs in as many processes as wanted; rows in the order of the songs."""
    common = ["--theme", options.theme, "--frames", str(options.frames), "--seed", str(options.seed), "--fps"]
    common += options.fps
    if options.work:
        common += ["--work", str(options.work.resolve())]
    waiting, running, found = list(songs), [], []
    with tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                song = waiting.pop(0)
                out = Path(folder) / f"{len(waiting)}.txt"  # Blender says so much that a pipe would be full
                command = [sys.executable, __file__, *common, "--worker", str(song)]
                with out.open("wb") as file:
                    running.append((song, out, subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)))
            time.sleep(1.0)
            done = [item for item in running if item[2].poll() is not None]
            running = [item for item in running if item not in done]
            for song, out, _ in done:
                lines = out.read_text(encoding="utf-8").splitlines()
                rows = [json.loads(line[len(MARK) :]) for line in lines if line.startswith(MARK)]
                door.say(f"{song.stem} measured at {len(rows)} of {len(options.fps)} rates")
                found += rows
                if len(rows) < len(options.fps):
                    raise SystemExit(f"sync: {song} could not be measured at every rate")
    return sorted(found, key=lambda row: [s.stem for s in songs].index(row["song"]))


def say_result(song: Path, fps_text: str, options: argparse.Namespace) -> None:
    """Measure one song at one rate and print the result as a line for the process that waits for it."""
    with tempfile.TemporaryDirectory() as folder:
        work = (options.work / song.stem / fps_text) if options.work else Path(folder)
        found = measure(song, timing.parse_fps(fps_text), options, work)
    door.say(MARK + json.dumps({"song": song.stem, "fps": fps_text} | dataclasses.asdict(found)))


def measure(song: Path, fps: Fraction, options: argparse.Namespace, work: Path) -> sync.Sync:
    """Films of a stretch of a song until there are enough frames, and what they say together."""
    brief = door.brief_for(song, options.theme, seed=options.seed, fps=fps)
    script = door.script_of(brief)
    start, end = busiest(script, min(float(options.frames / fps), script.meta.duration_sec))
    least = max(1, round(options.frames / ((end - start) * float(fps))))
    clip = Clip(start, end, "the busiest stretch")
    pairs: list[sync.Pairs] = []
    while True:
        pairs.append(film(brief.replace(seed=options.seed + len(pairs)), clip, work / str(len(pairs))))
        found = sync.summary(pairs, end - start)
        if len(pairs) >= least and (is_clear(found) or len(pairs) >= MOST_TIMES * least):
            return found


def is_clear(found: sync.Sync) -> bool:
    """Whether more films would hardly change what a row says: twice its error does not reach across the limit."""
    if found.reason or not found.drift_error > PRECISE_MS:  # nan, too, when nothing can be said
        return True
    return abs(abs(found.drift) - MOST_DRIFT) >= found.drift_error


def film(brief: Brief, clip: Clip, work: Path) -> sync.Pairs:
    """Render, encode, decode and compare a stretch of a show."""
    script, fps = door.script_of(brief), brief.fps
    first, last = timing.frame_at(clip.start, fps), timing.frame_at(clip.end, fps)
    size = darkroom.size_of("9:16", RENDER_SIDE)
    platform = dataclasses.replace(load_platforms()["tiktok"], width=DELIVERED[0], height=DELIVERED[1])
    job = EncodeJob(
        timeline=dataclasses.replace(script, clips={platform.name: clip}),
        platforms={platform.name: platform},
        frames={"9:16": FrameSequence(work / "frames", first, last - first, fps, *size, suffix=".png", digits=6)},
        audio=brief.audio,
        output_dir=work,
        song_id="sync",
        grade=themes.load_theme(brief.theme).grade,
        ffmpeg=find_ffmpeg(),
        fps=fps,
        work=work / "jobs",
        with_captions=False,
        with_thumbnail=False,
    )
    path = job.video_path(platform.name)
    if not path.is_file():
        darkroom.film(door.build(script, brief).scenes["9:16"], first, last - 1, size, work / "frames")
        drain(encode_steps(job))
    recipe = job.recipe(platform)
    seen = drain(decoded.decode_steps(job.ffmpeg, path, (90, 160), work / "seen", expected=recipe.frame_count))
    light = sync.LightMeter()
    for frames in seen.pictures(64):
        light.feed(frames)
    cuts = pictures.camera_cuts(job.timeline, recipe)
    hits = sync.light_hits(light.blocks(), sync.seconds_of(seen, fps), cuts=cuts)
    found = sync.pairs(hits, sync.onsets(drain(sync.listen_steps(seen.sound()))))
    seen.discard()
    jobs.remove_tree(work / "frames")
    return found


def busiest(script: Timeline, most_seconds: float) -> tuple[float, float]:
    """Start and end of the stretch with the most strong kicks in its first or last third, whichever has fewer."""
    kick = np.asarray(script.signals.values.get("kick", ()), dtype=float)
    rises = (kick[1:-1] > STRONG) & (kick[1:-1] >= kick[2:]) & (kick[1:-1] > kick[:-2] + 1e-6)
    counts = np.concatenate(([0], np.cumsum(rises)))
    best = (-1, 0.0, most_seconds)
    for seconds in np.linspace(most_seconds, min(LEAST_S, most_seconds), 12):
        third = int(seconds * script.signals.rate_hz / 3)
        starts = np.arange(max(1, len(counts) - 3 * third))
        at = [counts[np.minimum(starts + k * third, len(counts) - 1)] for k in range(4)]
        fewer = np.minimum(at[1] - at[0], at[3] - at[2])
        if fewer.max(initial=-1) > best[0]:
            start = float(fewer.argmax()) / script.signals.rate_hz
            best = (int(fewer.max()), start, min(start + float(seconds), script.meta.duration_sec))
    return best[1], best[2]


# ------------------------------------------------------------------------------------------- report


def report(rows: Sequence[dict[str, Any]]) -> bool:
    """Print what was measured and whether it keeps to the limits."""
    door.say(f"\n{'song':<28}{'fps':>7}{'hits':>6}{'median':>8}{'worst':>8}{'frame':>7}{'thirds':>22}{'drift':>16}")
    held = True
    for row in rows:
        frame_ms = float(1000 / timing.parse_fps(row["fps"]))
        head = f"{row['song'][:27]:<28}{row['fps']:>7}{row['hits']:>6}"
        if row["reason"]:
            door.say(f"{head}  FAIL  {row['reason']}")
            held = False
            continue
        thirds = " ".join(f"{value:+6.1f}" for value in row["thirds"])
        drift = f"{row['drift']:+.1f} ± {row['drift_error']:.1f}"
        good = abs(row["median"]) <= MOST_MEDIAN and abs(row["worst"]) <= frame_ms
        good = good and abs(row["drift"]) <= MOST_DRIFT
        held = held and good
        text = f"{head}{row['median']:>+8.1f}{row['worst']:>+8.1f}{frame_ms:>7.1f}{thirds:>22}{drift:>16}"
        door.say(f"{text}  {'PASS' if good else 'FAIL'}")
    door.say(
        f"\nms, light minus sound; median within {MOST_MEDIAN:g}, worst within a frame, drift from first to last third"
        f" within {MOST_DRIFT:g} (after it twice its standard error)"
    )
    return held


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--songs", nargs="+", type=Path, help="audio files (default: the demo song and three of the songs)")
    p.add_argument("--fps", nargs="+", default=list(RATES))
    p.add_argument("--theme", default="sponsor_neon")
    p.add_argument("--frames", type=int, default=5000, help="how many to film a row (default 5000)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=2, help="songs that are measured at the same time")
    p.add_argument("--work", type=Path, help="keep videos in this folder, and measure those that are there")
    p.add_argument("--require", action="store_true", help="exit code 1 when a limit is missed")
    p.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    return p


if __name__ == "__main__":
    code = main(sys.argv[1:])
    door.leave(code)
