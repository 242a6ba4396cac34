# SPDX-License-Identifier: GPL-3.0-or-later
"""One training song in one style: draws its form and players, mixes them, and states what is true about it.

Conventions: times in seconds from the song's first sample, samples mono float32 at ``SAMPLE_RATE``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.club_arrange import PARTS, arrange
from training.club_beatless import beatless
from training.club_drums import Drummer
from training.club_fx import filtered_by_form, play_effects, stuttered, thinned_before_drops
from training.club_grid import Grid, Meter, ramped, steady
from training.club_music import play_arp, play_bass, play_lead, play_pad, play_stabs, play_vocal
from training.club_styles import STYLES, Style
from training.club_track import SCALES, Track, harmony
from training.piece import SAMPLE_RATE
from training.voices import Rng, Sound, band, make_kit
from training.voices_effects import compressed, crush, ducking, echo, flanged, mastered, room
from training.voices_kits import sampled_kit


@dataclass(slots=True)
class Song:
    """Samples and truth; ``hits`` are the times at which the kick was played."""

    samples: Sound
    beats: NDArray[np.float64]
    downbeats: NDArray[np.float64]
    sections: list[tuple[float, str]]
    drops: list[float]
    bpm: float
    meter: int
    tags: list[str] = field(default_factory=list)
    hits: list[float] = field(default_factory=list)
    end: float = 0.0
    low_first: bool = False
    low_last: bool = False

    def cropped(self, start: float, end: float) -> Song:
        """The stretch from ``start`` to ``end``, with short fades."""
        first, last = round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)
        samples = self.samples[first:last].copy()
        fade = min(60, len(samples) // 2)
        samples[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
        samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        start = first / SAMPLE_RATE
        inside = lambda times: [float(t) - start for t in times if start - 1e-3 <= t < end - 1e-3]  # noqa: E731
        named = [(max(0.0, t - start), label) for t, label in self.sections if t < end - 0.5]
        while len(named) > 1 and named[1][0] <= 0.0:
            named.pop(0)
        return Song(
            samples, np.maximum(np.array(inside(self.beats)), 0), np.maximum(np.array(inside(self.downbeats)), 0),
            named, inside(self.drops), self.bpm, self.meter, self.tags, inside(self.hits), end - start,
            self.low_first, self.low_last,
        )  # fmt: skip


DRUMS = {"full": 0.72, "thin": 0.1, "no_kick": 0.08, "none": 0.1}


def make_song(
    rng: Rng, name: str, duration: float, meter: Meter, bpm: float, tempo: str = "steady", kits: Path | None = None
) -> Song:
    """A song of about ``duration`` seconds; ``tempo``: steady, ramp (to another tempo) or drift (as if played)."""
    style = _crossed(rng) if name == "hybrid" else STYLES[name]
    bars = max(4, round(duration / (60.0 / bpm * meter.beats)))
    drums = str(rng.choice(list(DRUMS), p=list(DRUMS.values())))
    if name == "pulse" and rng.random() < 0.5:
        drums = "none"
    present, bass = _orchestra(rng, style, drums)
    plan = arrange(rng, style, bars, present)
    tags = [name, f"drums_{drums}"]
    kit = _kit(rng, style, name, kits, tags)
    knots = _beats(rng, tempo, bpm, plan.bars * meter.beats)
    swing = rng.uniform(*style.swing) if rng.random() < 0.7 and meter.steps == 4 else 0.5
    grid = Grid(meter, knots, 0, swing if swing > 0.51 else 0.5, 2 if swing > 0.53 and rng.random() < 0.15 else 1)
    end = float(grid.time(plan.bars * meter.bar))
    scale = SCALES[str(rng.choice(list(SCALES), p=[0.42, 0.2, 0.12, 0.08, 0.06, 0.06, 0.06]))]
    tonic = int(rng.integers(48, 60))
    chords = harmony(rng, meter, plan, scale, tonic)
    count = int((end + 2.5) * SAMPLE_RATE)
    track = Track(rng, name, style, grid, plan, kit, count, scale, tonic, chords)
    samples = _mix(track, present, bass, drums)
    every = np.arange(plan.bars * meter.beats)
    beats = grid.time(every * meter.steps)
    song = Song(
        samples, beats, beats[:: meter.beats],
        [(float(grid.time(first * meter.bar)), label) for label, first, _ in plan.sections],
        [float(grid.time(bar * meter.bar)) for bar in plan.drops],
        round(60.0 * (len(knots) - 1) / (knots[-1] - knots[0]), 3), meter.beats, tags, track.kicks, end,
        plan.low_end(0), plan.low_end(-1),
    )  # fmt: skip
    if not present["kick"] and drums == "thin":
        tags.append("drums_no_kick")
    if grid.swing > 0.53:
        tags.append("swing")
    return song


def _crossed(rng: Rng) -> Style:
    """A style that takes each part from another one."""
    names = list(STYLES)
    parts = {part: getattr(STYLES[str(rng.choice(names))], part) for part in ("kick", "snare", "hat", "bass", "kicks",
             "snares", "perc", "form", "duck")}  # fmt: skip
    return replace(STYLES["hybrid"], **parts)


def _beats(rng: Rng, tempo: str, bpm: float, beats: int) -> NDArray[np.float64]:
    if tempo == "ramp":
        first, last = np.sort(rng.uniform(0.1, 0.9, 2)) * beats
        target = bpm * float(np.exp(rng.uniform(0.08, 0.35) * rng.choice([-1, 1])))
        tempi = np.interp(np.arange(beats), [first, max(last, first + 4)], [bpm, target])
        return ramped(tempi, 0.0)
    if tempo == "drift":
        walk = np.cumsum(rng.normal(0, 0.003, beats))
        walk -= np.linspace(0, walk[-1], beats)
        return ramped(bpm * (1 + walk + rng.normal(0, 0.002, beats)), 0.0)
    return steady(Meter(4, 4), bpm, beats, 0.0)


def _kit(rng: Rng, style: Style, name: str, kits: Path | None, tags: list[str]) -> dict[str, list[Sound]]:
    """Drawn from its own generator, so that a missing folder of samples changes nothing but the sounds."""
    own = np.random.default_rng(int(rng.integers(1 << 40)))
    recorded = own.random() < style.sampled
    if recorded and kits is not None:
        kit = sampled_kit(own, kits)
        if kit is not None:
            tags.append("recorded_drums")
            return kit
    wide = own.random() < 0.2
    return make_kit(own) if wide else make_kit(own, style.kicks, style.snares)


def _orchestra(rng: Rng, style: Style, drums: str) -> tuple[dict[str, bool], str]:
    present: dict[str, bool] = dict.fromkeys(PARTS, True)
    for part in ("pad", "stab", "arp", "lead", "vocal"):
        present[part] = bool(rng.random() < getattr(style, part))
    bass = str(rng.choice(style.bass))
    if drums == "no_kick":
        present["kick"] = False
    elif drums == "none":
        for part in ("kick", "snare", "hat", "perc"):
            present[part] = False
        present["arp"] = present["arp"] or rng.random() < 0.6
        if bass in ("none", "kick", "wobble", "rumble", "sub"):
            bass = str(rng.choice(["eighths", "synco", "octave", "roll", "off", "sub"]))
    elif drums == "thin":
        for part in rng.choice(["kick", "snare", "hat", "perc"], int(rng.integers(1, 4)), replace=False):
            present[part] = False
    if not present["kick"] and bass == "kick":
        bass = "synco"
    present["bass"] = bass != "none" and (drums == "none" or rng.random() < 0.92)
    if not any(present[part] for part in ("bass", "stab", "arp", "lead")) and rng.random() < 0.8:
        present[str(rng.choice(["bass", "stab", "arp"]))] = True
        bass = "synco" if bass == "none" else bass
    return present, bass


PLAYERS = {"stab": play_stabs, "arp": play_arp, "lead": play_lead, "vocal": play_vocal, "pad": play_pad}
BALANCE = {"kick": (0.7, 1.0), "drums": (0.3, 0.8), "bass": (0.3, 0.75), "pad": (0.1, 0.45), "stab": (0.15, 0.5),
           "arp": (0.12, 0.5), "lead": (0.15, 0.55), "vocal": (0.2, 0.6), "effects": (0.1, 0.5)}  # fmt: skip


def _leveled(rng: Rng, bus: Sound, part: str) -> Sound:
    """A bus at its place in the balance: judged by the loud moments of what it plays."""
    heard = np.abs(bus[::5])
    heard = heard[heard > 1e-4]
    if len(heard) < 50:
        return bus
    low, high = BALANCE[part]
    return bus * np.float32(rng.uniform(low, high) / (np.percentile(heard, 99) + 1e-6))


def _coloured(track: Track, drums: Sound) -> Sound:
    """Drums driven, squeezed, darkened, echoed or phased, now and then."""
    rng = track.rng
    pick = rng.random()
    if pick < 0.12:
        return np.tanh(rng.uniform(1.5, 5) * drums) * np.float32(0.6)
    if pick < 0.22:
        return compressed(drums, rng.uniform(-25, -12), rng.uniform(2, 8), rng.uniform(0.03, 0.3))
    if pick < 0.27:
        return band(drums, 0, rng.uniform(1500, 6000))
    if pick < 0.32:
        return echo(drums, track.grid.step_seconds() * float(rng.choice([1, 2, 3, 3])), 0.5, rng.uniform(0.1, 0.4))
    return flanged(rng, drums) if pick < 0.35 else drums


def _mix(track: Track, present: dict[str, bool], bass: str, drums: str) -> Sound:
    rng, style, grid = track.rng, track.style, track.grid
    feel = rng.uniform(0.001, 0.006) if rng.random() < 0.35 else 0.0
    kick, rest = Drummer(track, feel).play()
    kick, rest = _leveled(rng, kick, "kick"), _leveled(rng, rest, "drums")
    if drums == "thin":
        kick, rest = kick * np.float32(rng.uniform(0.1, 0.6)), rest * np.float32(rng.uniform(0.15, 0.7))
    low = _leveled(rng, play_bass(track, bass), "bass") if present["bass"] else track.bus()
    music = track.bus()
    step = grid.step_seconds()
    for part, player in PLAYERS.items():
        if not present[part]:
            continue
        bus = _leveled(rng, player(track), part)
        if part in ("stab", "arp", "lead") and rng.random() < 0.25:  # a second figure of the same kind
            bus = bus + _leveled(rng, player(track), part) * np.float32(rng.uniform(0.4, 1))
        if part != "pad" and rng.random() < 0.4:
            delay = step * float(rng.choice([2, 3, 3, 4, 6]))
            bus = echo(bus, delay, rng.uniform(0.3, 0.7), rng.uniform(0.15, 0.6), rng.uniform(1500, 7000))
        if rng.random() < 0.06:
            bus = crush(bus, rng.uniform(3, 7), int(rng.integers(1, 6)))
        music += bus
    if rng.random() < 0.65:
        music = room(rng, music, float(np.exp(rng.uniform(np.log(0.1), np.log(1.5)))), rng.uniform(0.05, 0.7))
    if rng.random() < 0.08:
        music = flanged(rng, music)
    rest = _coloured(track, rest)
    if rng.random() < 0.35:
        rest = room(rng, rest, rng.uniform(0.05, 0.6), rng.uniform(0.05, 0.4))
    if bass == "rumble" and present["kick"]:
        low = low * np.float32(0.6) + room(rng, kick, rng.uniform(0.1, 0.25), 0.5) * np.float32(0.5)
    if rng.random() < 0.5:
        music = filtered_by_form(track, music)
    if rng.random() < style.duck:
        pulse = np.array(track.kicks)
        if rng.random() < 0.15:  # pumping without a kick
            pulse = grid.time(np.arange(0, track.end, track.meter.steps))
        beat = step * track.meter.steps
        gain = ducking(track.count, pulse, rng.uniform(0.3, 0.98), beat * rng.uniform(0.25, 0.75))
        music *= gain
        low *= gain if rng.random() < 0.8 else 1
    if rng.random() < 0.6:  # room for the bass, as mixes leave it
        music = band(music, rng.uniform(80, 220))
    effects = _leveled(rng, play_effects(track), "effects")
    rest += effects
    body = rest + music + low
    if rng.random() < 0.25 and track.plan.drops:
        body = thinned_before_drops(track, body)
    mix = kick + body
    if rng.random() < (0.8 if track.style_name in ("glitch", "footwork") else 0.07):
        mix = stuttered(track, mix, rng.uniform(0.05, 0.4))
    if rng.random() < 0.15:  # sections at different levels
        knots = grid.time(np.array([first for _, first, _ in track.plan.sections]) * track.meter.bar)
        levels = rng.uniform(0.35, 1.0, len(knots))
        index = np.searchsorted(knots, np.arange(0, track.count, 64) / SAMPLE_RATE, "right") - 1
        mix *= np.repeat(levels[np.maximum(index, 0)], 64)[: track.count].astype(np.float32)
    if rng.random() < 0.07:  # a voice or noise that does not follow the beat
        layer, _ = beatless(rng, track.count / SAMPLE_RATE)
        layer = layer[: len(mix)] * np.float32(
            rng.uniform(0.05, 0.35) * np.abs(mix).max() / (np.abs(layer).max() + 1e-9)
        )
        mix[: len(layer)] += layer
    return mastered(rng, mix)
