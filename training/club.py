# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic electronic songs whose beats, bars, sections and drops are known exactly.

Conventions: ``make(seed)`` is a function of its seed (and of the recorded drum kits, if given). Beats of the grid
go on through quiet intros and breaks, as in a project file. Tags: the style, how much of a drum kit there is, and
``no_beat``, ``tempo_change``, ``drift``, ``compound``, ``triplets``, ``swing``, ``recorded_drums``.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from training.club_beatless import beatless
from training.club_grid import Meter
from training.club_song import Song, make_song
from training.club_styles import STYLES
from training.piece import SAMPLE_RATE, Piece
from training.voices import Rng
from training.voices_effects import mastered

ODD_STYLES = ("hybrid", "downtempo", "pulse", "synthpop", "hiphop", "glitch", "chiptune", "techno", "trance", "breaks",
              "synthwave", "lofi", "house", "dnb", "minimal")  # fmt: skip


def make(seed: int, kits: Path | None = None) -> Piece:
    """The piece of a seed; ``kits`` is a folder of Hydrogen drum kits that half of the songs then draw from."""
    rng = np.random.default_rng([seed, 20])
    duration = float(np.clip(rng.gamma(12, 5.0), 38, 105)) if rng.random() < 0.97 else rng.uniform(120, 160)
    pick = rng.random()
    if pick < 0.08:
        samples, kinds = beatless(rng, min(duration, 80))
        return Piece(f"club_nobeat_{seed}", mastered(rng, samples), [], [], None, None, ["no_beat", *kinds])
    if pick < 0.16:
        song = _set_of_songs(rng, duration, kits)
    else:
        tempo = "ramp" if pick < 0.2 else "drift" if pick < 0.26 else "steady"
        song = _song(rng, duration, tempo, kits)
    song = _placed(rng, song)
    return Piece(
        f"club_{song.tags[0]}_{seed}",
        song.samples.astype(np.float32),
        [float(t) for t in song.beats],
        [float(t) for t in song.downbeats],
        song.bpm,
        song.meter,
        song.tags,
        [(float(t), label) for t, label in song.sections],
        None if "drums_no_kick" in song.tags or "drums_none" in song.tags else [float(t) for t in song.drops],
    )


def _song(rng: Rng, duration: float, tempo: str, kits: Path | None, four_only: bool = False) -> Song:
    names = list(STYLES)
    shares = np.array([STYLES[name].share for name in names])
    name = str(rng.choice(names, p=shares / shares.sum()))
    meter, tag = Meter(4, 4), ""
    pick = 1.0 if four_only else rng.random()
    if pick < 0.13:
        name = str(rng.choice(ODD_STYLES))
        meter = Meter(3, 4) if pick < 0.06 else Meter(5, 4) if pick < 0.09 else Meter(2, 6)
        tag = "compound" if meter.steps == 6 else ""
    elif pick < 0.17:
        meter, tag = Meter(4, 6), "triplets"
    bpm = float(np.exp(rng.uniform(*np.log(STYLES[name].bpm))))
    if rng.random() < 0.08:
        bpm *= rng.uniform(0.88, 1.12)
    if tag == "compound":
        bpm = rng.uniform(45, 130)
        if bpm * 3 < 200:  # slow enough for the eighths to be counted
            meter, bpm = Meter(6, 2), bpm * 3
    if rng.random() < 0.6:
        bpm = round(bpm)
    song = make_song(rng, name, duration, meter, bpm, tempo, kits)
    if tag:
        song.tags.append(tag)
    if tempo != "steady":
        song.tags.append("tempo_change" if tempo == "ramp" else "drift")
    return song


def _set_of_songs(rng: Rng, duration: float, kits: Path | None) -> Song:
    """Two or three songs at different tempi, cut or faded into each other; the beat of the louder one counts."""
    amount = int(rng.choice([2, 2, 3]))
    songs = [
        _song(rng, max(16.0, duration / amount), "steady", kits, four_only=rng.random() < 0.85) for _ in range(amount)
    ]
    mix = songs[0].cropped(0.0, songs[0].end)
    mix.tags.append("tempo_change")
    longest = max(songs, key=lambda song: song.end)
    for song in songs[1:]:
        entry = float(song.beats[int(rng.integers(0, min(8, len(song.beats))))]) if rng.random() < 0.4 else 0.0
        song = song.cropped(entry, song.end)
        fade = rng.uniform(0.3, 5.0) if rng.random() < 0.5 else 0.0
        mix = _joined(mix, song, min(fade, 0.3 * song.end, 0.3 * mix.end))
    mix.bpm = longest.bpm
    mix.meter = songs[0].meter if all(song.meter == songs[0].meter for song in songs) else 0
    return mix


def _joined(first: Song, second: Song, fade: float) -> Song:
    start = round((first.end - fade) * SAMPLE_RATE)
    overlap = len(first.samples) - start
    samples = np.zeros(start + len(second.samples), np.float32)
    samples[: len(first.samples)] = first.samples
    if overlap > 0:
        samples[start : len(first.samples)] *= np.linspace(1, 0, overlap, dtype=np.float32)
    entering = second.samples.copy()
    if overlap > 0:
        entering[:overlap] *= np.linspace(0, 1, overlap, dtype=np.float32)
    samples[start:] += entering
    shift = start / SAMPLE_RATE
    middle = shift + fade / 2

    def both(a, b):
        early = [float(t) for t in a if t < middle - 0.1]
        return np.array(early + [float(t) + shift for t in b if t + shift >= middle - 1e-6])

    drops = list(both(first.drops, second.drops))
    if second.low_first and not first.low_last and fade < 1.0:  # kick and bass come in with the cut
        drops = sorted([*drops, middle])
    sections = [item for item in first.sections if item[0] < middle - 0.5]
    sections += [(max(t + shift, middle), label) for t, label in second.sections if t + shift > middle - 2.0]
    if not any(abs(t - middle) < 2.0 for t, _ in sections):
        sections.append((middle, second.sections[0][1]))
    return Song(
        samples,
        both(first.beats, second.beats),
        both(first.downbeats, second.downbeats),
        sorted(sections),
        drops,
        first.bpm,
        first.meter,
        [*first.tags, *(tag for tag in second.tags if tag not in first.tags)],
        list(both(first.hits, second.hits)),
        shift + second.end,
        first.low_first,
        second.low_last,
    )


def _placed(rng: Rng, song: Song) -> Song:
    """Where the recording begins and ends: on the downbeat, with a pickup, in mid-air, after silence."""
    pick, start = rng.random(), 0.0
    tail = rng.uniform(0.0, 2.4)
    end = min(song.end + tail, len(song.samples) / SAMPLE_RATE)
    if pick < 0.18 and len(song.downbeats) > 5:
        start = float(song.beats[int(rng.integers(1, 4))])
    elif pick < 0.28:
        start = rng.uniform(0.0, 4.0)
    if rng.random() < 0.25:
        end -= rng.uniform(0.0, 8.0)
    elif rng.random() < 0.3:
        end = song.end
    song = song.cropped(start, end)
    pick = rng.random()
    silence = (
        0.0
        if pick < 0.25
        else rng.uniform(0, 0.3)
        if pick < 0.6
        else rng.uniform(0.3, 2)
        if pick < 0.85
        else rng.uniform(2, 5)
    )
    count = round(silence * SAMPLE_RATE)
    shift = count / SAMPLE_RATE
    if rng.random() < 0.12:
        fade = rng.uniform(1, 8)
        song.samples *= np.clip(np.arange(len(song.samples)) / (fade * SAMPLE_RATE), 0, 1).astype(np.float32)
    if rng.random() < 0.15:
        fade = rng.uniform(1, 8)
        song.samples *= np.clip((len(song.samples) - np.arange(len(song.samples))) / (fade * SAMPLE_RATE), 0, 1).astype(
            np.float32
        )
    song.samples = np.concatenate([np.zeros(count, np.float32), song.samples])
    song.beats, song.downbeats = song.beats + shift, song.downbeats + shift
    song.sections = [(t + shift, label) for t, label in song.sections]
    song.drops = [t + shift for t in song.drops]
    song.hits = [t + shift for t in song.hits]
    return song


# --------------------------------------------------------------------------------------------- CLI


def _write(job: tuple[int, Path, Path | None]) -> str:
    seed, folder, kits = job
    piece = make(seed, kits)
    piece.write(folder)
    return piece.name


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make synthetic electronic songs with known beats.")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--samples", type=Path, help="a folder of Hydrogen drum kits")
    options = parser.parse_args(arguments)
    done = {path.stem.rsplit("_", 1)[1] for path in options.out.glob("club_*.json")}
    seeds = range(options.seed, options.seed + options.count)
    jobs = [(seed, options.out, options.samples) for seed in seeds if str(seed) not in done]
    if options.jobs == 1:
        for job in jobs:
            sys.stdout.write(_write(job) + "\n")
    else:
        with ProcessPoolExecutor(options.jobs) as pool:
            for name in pool.map(_write, jobs):
                sys.stdout.write(name + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
