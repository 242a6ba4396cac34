# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs of bands and acoustic players, composed and rendered with exactly known beats.

``python -m training.band --count 300 --seed 0 --out FOLDER --soundfont FILE [--soundfont FILE]``
Conventions: those of ``piece``. The same seed and soundfonts give the same piece.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from . import band_free, band_sound
from .band_score import Score, compose
from .gm import DRUM_CHANNEL, Note, Performance, render
from .piece import SAMPLE_RATE, Piece

NO_BEAT_SHARE = 0.1


def is_free(seed: int) -> bool:
    """Whether the piece of ``seed`` has no beat."""
    return bool(np.random.default_rng([seed, 0xF4EE]).random() < NO_BEAT_SHARE)


def make(seed: int, soundfonts: Sequence[Path], style: str | None = None) -> Piece:
    """The piece of ``seed``, 40 to 95 s. ``style`` (a name of ``band_styles.STYLES``) overrides the choice.

    Raises ``gm.RenderError`` where fluidsynth cannot play, ``ValueError`` without soundfonts.
    """
    if not soundfonts:
        raise ValueError("no soundfont given")
    rng = np.random.default_rng([seed, 0x50ED])
    soundfont = soundfonts[int(rng.integers(len(soundfonts)))]
    if style is None and is_free(seed):
        return _free(seed, rng, soundfont)
    score = compose(seed, style)
    sound = _play(rng, score, soundfont)
    tags = [*score.tags, soundfont.stem]
    sound = band_sound.record(rng, sound, tags)
    return Piece(
        f"band_{score.style}_{seed:05d}",
        sound.astype(np.float32),
        score.beats,
        score.downbeats,
        score.bpm,
        score.meter,
        tags,
        score.sections,
    )


def _free(seed: int, rng: np.random.Generator, soundfont: Path) -> Piece:
    kind = band_free.choose_kind(rng)
    seconds = float(rng.uniform(40, 80))
    performance = band_free.free_performance(rng, kind, seconds)
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    if performance.notes:
        sound = render(performance, soundfont, seconds).astype(np.float64)
        sound *= 0.1 / band_sound.loudness(sound)
    if "speech" in kind:
        talk = band_free.speech(rng, seconds)
        if talk is None:
            kind, talk = "noise", band_free.weather(rng, len(sound))
        sound = sound * rng.uniform(0.1, 0.7) + talk
    elif kind == "noise":
        sound = band_free.weather(rng, len(sound))
    tags = ["no_beat", kind, soundfont.stem]
    sound = band_sound.record(rng, sound, tags)
    name = f"band_free-{kind.replace(' ', '-')}_{seed:05d}"
    return Piece(name, sound.astype(np.float32), [], [], None, None, tags)


def _play(rng: np.random.Generator, score: Score, soundfont: Path) -> NDArray[np.float64]:
    """The score rendered, its guitars through an amplifier and its singer added."""
    everyone = {n.channel for n in score.performance.notes}
    driven = everyone & set(score.driven)
    options: dict[str, str | float | int] = {"synth.gain": 0.4}
    if not driven and rng.random() < 0.4:
        options |= {
            "synth.reverb.active": 1,
            "synth.reverb.room-size": float(rng.uniform(0.2, 0.9)),
            "synth.reverb.level": float(rng.uniform(0.2, 0.9)),
            "synth.chorus.active": int(rng.random() < 0.4),
        }
    size = round(score.end * SAMPLE_RATE)
    sound = np.zeros(size)
    rest = everyone - driven
    if DRUM_CHANNEL in rest and rng.random() < 0.3:
        sound += _tuned_drums(rng, score, soundfont)
        rest -= {DRUM_CHANNEL}
    if rest:
        sound += render(score.performance.only(rest), soundfont, score.end, options)
    base = band_sound.loudness(sound) if sound.any() else 0.05
    if driven:
        guitars = render(score.performance.only(driven), soundfont, score.end, options).astype(np.float64)
        guitars = band_sound.amplifier(rng, guitars)
        sound += guitars * (base / band_sound.loudness(guitars)) * rng.uniform(0.4, 1.4)
    if score.sung:
        voice = band_sound.sing(rng, score.sung, size)
        voice = band_sound.room(rng, voice, rng.uniform(0.05, 0.3), rng.uniform(0.4, 1.5))
        sound += voice * (base / band_sound.loudness(voice)) * rng.uniform(0.4, 1.3)
    return sound


def _tuned_drums(rng: np.random.Generator, score: Score, soundfont: Path) -> NDArray[np.float64]:
    """The drums of another kit: played in stretched time and resampled, with their own room and compression."""
    up = int(rng.choice([16, 17, 18, 19, 21, 22, 23, 24, 25]))
    stretch = up / 20
    drums = score.performance.only({DRUM_CHANNEL})
    slowed = Performance(
        [Note(n.start * stretch, n.length, n.channel, n.key, n.velocity) for n in drums.notes],
        drums.programs,
        drums.controls,
    )
    # The latency in the render is stretched back with the rest; the difference, under 1.3 ms, is left.
    sound = signal.resample_poly(render(slowed, soundfont, score.end * stretch).astype(np.float64), 20, up)
    size = round(score.end * SAMPLE_RATE)
    sound = np.pad(sound, (0, max(0, size - len(sound))))[:size]
    if rng.random() < 0.6:
        sound = band_sound.room(rng, sound, rng.uniform(0.1, 0.6), rng.uniform(0.2, 0.8))
    if rng.random() < 0.5:
        sound = band_sound.compressor(sound, rng.uniform(2, 6), rng.uniform(0.05, 0.2))
    if rng.random() < 0.3:
        sound = np.tanh(sound / (np.abs(sound).max() + 1e-9) * rng.uniform(1, 6))
    return sound * (10 ** rng.uniform(-1.4, -0.8) / band_sound.loudness(sound))


def _exists(folder: Path, seed: int) -> bool:
    return any(folder.glob(f"band_*_{seed:05d}.json"))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--soundfont", type=Path, action="append", required=True)
    parser.add_argument("--style", help="only this style")
    given = parser.parse_args(arguments)
    begun, heard = time.process_time(), 0.0
    for seed in range(given.seed, given.seed + given.count):
        if _exists(given.out, seed):
            continue
        piece = make(seed, given.soundfont, given.style)
        piece.write(given.out)
        heard += len(piece.samples) / SAMPLE_RATE
        sys.stderr.write(f"{piece.name} {piece.bpm} {piece.meter} {' '.join(piece.tags)}\n")
    sys.stderr.write(f"{heard:.0f} s of music, {time.process_time() - begun:.0f} CPU s without the synthesiser's\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
