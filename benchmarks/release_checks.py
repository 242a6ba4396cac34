# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the release report raise a false alarm on real songs, and what does it cost?

``python benchmarks/release_checks.py [--songs DIR] [--count N] [--seconds S] [--require]`` encodes a part of each song
over small moving pictures, checks the files and prints loudness, true peak, the longest step (the time the window
would stand still) and every check that is not met. ``--require``: exit 1 when there is one.
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crossfade_addon.encode.frames import FrameSequence  # noqa: E402
from crossfade_addon.encode.platforms import Platform, load_platforms  # noqa: E402
from crossfade_addon.encode.probe import probe  # noqa: E402
from crossfade_addon.encode.report import Report  # noqa: E402
from crossfade_addon.encode.run import EncodeJob, encode_steps  # noqa: E402
from crossfade_addon.encode.verify import verify_steps  # noqa: E402
from crossfade_addon.ffmpeg import find_ffmpeg  # noqa: E402
from crossfade_addon.jobs import drain  # noqa: E402
from crossfade_addon.themes import Grade  # noqa: E402
from crossfade_addon.timeline import Audio, Beats, Clip, Meta, Section, Timeline  # noqa: E402

FPS = Fraction(30)
LONGEST_STEP_S = 0.05


def small(platform: Platform) -> Platform:
    """A platform with pictures of a sixth of the size."""
    width, height = platform.width // 12 * 2, platform.height // 12 * 2
    return dataclasses.replace(platform, width=width, height=height)


def job_for(song: Path, seconds: float, folder: Path) -> EncodeJob:
    """A part of a song from its middle on, for every built-in platform."""
    ffmpeg = find_ffmpeg()
    whole = probe(ffmpeg, song, folder / "probe").audio_duration
    start = max(0.0, (whole - seconds) / 2)
    clip = Clip(start, min(whole, start + seconds), "")
    platforms = {name: small(platform) for name, platform in load_platforms().items()}
    frames = {}
    for platform in platforms.values():
        if platform.aspect not in frames:
            at = folder / platform.aspect.replace(":", "x")
            at.mkdir()
            first, count = int(clip.start * FPS), int((clip.end - clip.start) * FPS) + 3
            source = f"testsrc2=s={platform.width}x{platform.height}:r={FPS}"
            command = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", str(count)]
            subprocess.run([*command, "-start_number", str(first), str(at / "frame_%05d.jpg")], check=True)
            size = (platform.width, platform.height)
            frames[platform.aspect] = FrameSequence(at, first, count, FPS, *size, suffix=".jpg", digits=5)
    timeline = Timeline(
        meta=Meta(song.stem, song.stem, "", "single", "", 1, whole, 120, "", ""),
        audio=Audio(str(song), (Section(0.0, whole, "verse", 0.5),)),
        beats=Beats(),
        clips=dict.fromkeys(platforms, clip),
    )
    return EncodeJob(
        timeline=timeline,
        platforms=platforms,
        frames=frames,
        audio=song,
        output_dir=folder / "out",
        song_id="song",
        grade=Grade(bloom=0.0, vignette=0.0),
        ffmpeg=ffmpeg,
        fps=FPS,
        work=folder / "work",
    )


def timed(job: EncodeJob, made: dict[str, Path]) -> tuple[Report, float, float]:
    """The report, seconds in all, and the longest step."""
    steps, longest, began = verify_steps(made, job), 0.0, time.monotonic()
    while True:
        at = time.monotonic()
        try:
            next(steps)
        except StopIteration as end:
            return end.value, time.monotonic() - began, longest
        longest = max(longest, time.monotonic() - at)
        time.sleep(0.005)


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--songs", type=Path, default=ROOT.parent / "shared" / "songs", help="folder of songs")
    parser.add_argument("--count", type=int, default=5, help="how many of them, spread over the folder")
    parser.add_argument("--seconds", type=float, default=12.0, help="length of the part")
    parser.add_argument("--require", action="store_true", help="exit 1 when a check is not met")
    args = parser.parse_args()
    songs = sorted(path for path in args.songs.glob("*") if path.suffix in (".ogg", ".mp3", ".wav", ".flac"))
    songs = songs[:: max(1, len(songs) // args.count)][: args.count]
    if not songs:
        raise SystemExit(f"'{args.songs}' holds no songs: give a folder with --songs")
    alarms = 0
    sys.stdout.write(f"{'song':44} {'LUFS':>6} {'dBTP':>6} {'checks':>7} {'s':>5} {'longest step ms':>16}\n")
    for song in songs:
        with tempfile.TemporaryDirectory() as name:
            job = job_for(song, args.seconds, Path(name))
            report, seconds, longest = timed(job, drain(encode_steps(job)))
        facts = [fact.split()[0] for file in report.files for fact in file.facts if "LUFS" in fact or "dBTP" in fact]
        checks = sum(len(file.checks) for file in report.files)
        row = f"{song.stem[:44]:44} {facts[0]:>6} {facts[1]:>6} {checks:7} {seconds:5.1f} {longest * 1000:16.0f}"
        sys.stdout.write(row + "\n")
        for failure in report.failures():
            alarms += 1
            sys.stdout.write(f"  {failure}\n")
    sys.stdout.write(f"{alarms} false alarms on {len(songs)} songs\n")
    return 1 if args.require and alarms else 0


if __name__ == "__main__":
    raise SystemExit(main())
