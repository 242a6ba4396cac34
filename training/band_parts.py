# SPDX-License-Identifier: GPL-3.0-or-later
"""What drums, bass and chords play: step patterns turned into notes.

Conventions: positions in beats from the first downbeat, already swung; velocities 1-127.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .band_clock import Bar
from .band_harmony import Chord, nearest, voice
from .band_patterns import KEYS

Swing = Callable[[float, int], float]
"""Maps a position and the grid it lies on (3 for triplets) to where it is played."""

STRENGTH = {"X": 114, "x": 92, "o": 52, "?": 62, "r": 100}


@dataclass(frozen=True, slots=True)
class Event:
    """``late`` is seconds after the position (a strum's spread)."""

    part: str
    position: float
    length: float
    key: int
    velocity: float
    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Steps:
    """A line of ``text`` steps, ``per_beat`` of them in a beat, over ``bars`` bars."""

    text: str
    per_beat: float
    bars: int

    def in_bar(self, number: int, beats: int, own_beats: int) -> list[tuple[float, str, float]]:
        """(beat in the bar, step, beats until the step's hold ends) of bar ``number``; a bar of other than
        ``own_beats`` takes the pattern's first beats, repeated if need be."""
        size = len(self.text) // self.bars
        first = number % self.bars * size
        text = self.text[first : first + size]
        wanted = round(beats * self.per_beat)
        if beats != own_beats:
            text = (text * 3)[:wanted]
        out: list[tuple[float, str, float]] = []
        for i, mark in enumerate(text):
            if mark in ".-":
                continue
            hold = 1
            while i + hold < len(text) and text[i + hold] == "-":
                hold += 1
            out.append((i / self.per_beat, mark, hold / self.per_beat))
        return out

    @property
    def grid(self) -> int:
        return 3 if abs(self.per_beat - 3) < 1e-9 or abs(self.per_beat - 6) < 1e-9 else 4


def read_steps(text: str, beats: int) -> Steps:
    bars = 1
    if "|" in text:
        count, text = text.split("|")
        bars = int(count)
    return Steps(text, len(text) / (bars * beats), bars)


def read_kit(text: str, beats: int) -> list[tuple[str, Steps]]:
    """(voice, steps) of a drum pattern."""
    bars, body = text.split("|") if "|" in text else ("1", text)
    out = []
    for line in body.split("/"):
        letter, steps = line.split(":")
        out.append((letter, read_steps(f"{bars}|{steps}", beats)))
    return out


def riff(rng: np.random.Generator, steps: int) -> str:
    """A rhythm for a piece: cells of four sixteenths (or of three, or two) with ``x`` heavy and ``o`` light."""
    fours = [
        "x...", "x.x.", "x.xx", "xxx.", "xooo", "xoox", "x..x", "..x.", ".xx.", "x.o.", "....", "xo..", "..xx", "x-x-",
        "x---", "xoxo", ".x.x",
    ]  # fmt: skip
    threes = ["x..", "x.x", "xoo", "xxx", "..x", "x--", ".x."]
    if steps % 4 == 0 and steps >= 16:
        if rng.random() < 0.2:
            text = (str(rng.choice(threes)) * (steps // 3 + 1))[:steps]
        else:
            text = "".join(rng.choice(fours, steps // 4))
        text = (text[: steps // 2] * 2) if rng.random() < 0.3 else text
    elif steps % 3 == 0:
        text = "".join(rng.choice(threes, steps // 3))
    else:
        text = "".join(rng.choice(["x.", "x-", ".x", "xx", "..", "xo"], steps // 2 + 1))[:steps]
    if rng.random() < 0.75:
        text = "X" + text[1:]
    return text if any(c in "xX" for c in text) else "X" + text[1:]


def invent_kit(rng: np.random.Generator, beats: int, bpm: float) -> str:
    """A backbeat or half-time pattern nobody wrote down: random kicks round a plausible snare and cymbal."""
    steps = beats * 4
    kick = ["X" if i == 0 else "." for i in range(steps)]
    busy = rng.uniform(0.05, 0.4)
    for i in range(2, steps):
        chance = busy * (1.0 if i % 4 == 0 else 0.8 if i % 2 == 0 else 0.35 if bpm < 150 else 0.1)
        kick[i] = "x" if rng.random() < chance else "."
    snare = ["."] * steps
    half = beats == 4 and bpm > 110 and rng.random() < 0.25
    places = [8] if half else [4, 12, 20][: beats // 2] if beats != 3 else [[8], [4], [4, 8]][int(rng.integers(3))]
    if beats == 5:
        places = [[4, 12], [8, 16], [4, 16], [12]][int(rng.integers(4))]
    for i in places:
        snare[i] = "X"
        kick[i] = "." if rng.random() < 0.8 else kick[i]
    for i in range(1, steps):
        if snare[i] == "." and rng.random() < 0.06 and bpm < 150:
            snare[i] = "o"
    unit = str(
        rng.choice(
            ["x.x.", "x...", "xoxo" if bpm < 125 else "x.x.", "X.o.", "..x.", "x.xx" if bpm < 130 else "x.x.", "o.X."]
        )
    )
    top = str(rng.choice(["h", "h", "h", "r", "o", "T", "S", "c", "b", "x"]))
    lines = ["k:" + "".join(kick), str(rng.choice(["s", "s", "s", "s", "H", "x"])) + ":" + "".join(snare)]
    if rng.random() < 0.92:
        lines.append(f"{top}:{unit * beats}")
    return "/".join(lines)


def bar_fill(rng: np.random.Generator, beats: int, grid: int, voices: str = "stmf") -> list[tuple[float, str, float]]:
    """(beat, voice, strength 0-1) of a fill over the last one to ``beats`` beats of a bar."""
    span = int(rng.choice([1, 1, 2, 2, beats]))
    span = min(span, beats)
    steps = span * grid
    kind = rng.choice(["run", "snare", "broken", "flams", "build"])
    out: list[tuple[float, str, float]] = []
    for i in range(steps):
        at = beats - span + i / grid
        if kind == "run":
            out.append((at, voices[min(len(voices) - 1, i * len(voices) // steps)], 0.85 if i % grid else 1.0))
        elif kind in ("snare", "build"):
            out.append((at, "s", 0.4 + 0.6 * i / steps if kind == "build" else 0.7 + 0.3 * (i % grid == 0)))
        elif kind == "broken" and rng.random() < 0.6:
            out.append((at, str(rng.choice(list(voices + "sk"))), float(rng.uniform(0.6, 1.0))))
        elif kind == "flams" and i % max(1, grid // 2) == 0:
            out.append((at, "s", 1.0))
            out.append((at, "f", 0.8))
    return out


def drum_bars(
    rng: np.random.Generator,
    bars: Sequence[Bar],
    kit_text: str,
    own_beats: int,
    level: float,
    fills: float,
    swing: Swing,
    variants: dict[str, int],
    fill_every: int,
) -> list[Event]:
    """Drums over one section. ``variants`` says which key of ``KEYS`` each voice uses."""
    lines = read_kit(kit_text, own_beats)
    grid = 3 if any(s.grid == 3 for _, s in lines) else 4
    dropped: dict[tuple[str, int, int], bool] = {}
    loosen = float(rng.choice([0.0, 0.0, 0.05, 0.12]))
    fast_bar = len(bars) >= 2
    out: list[Event] = []

    def hit(at: float, letter: str, velocity: float, on: int = grid) -> None:
        if letter in KEYS:
            key = KEYS[letter][min(variants.get(letter, 0), len(KEYS[letter]) - 1)]
            out.append(Event("drums", swing(at, on), 0.12, key, velocity * level))

    crash_next = bool(rng.random() < 0.6) and any(v in "skhr" for v, _ in lines)
    for number, bar in enumerate(bars):
        if crash_next:
            hit(bar.start, "c", 105)
            crash_next = False
        filled: list[tuple[float, str, float]] = []
        if fast_bar and ((number + 1) % fill_every == 0 or bar.last) and rng.random() < fills:
            filled = bar_fill(rng, bar.beats, 3 if grid == 3 else int(rng.choice([2, 4, 4])))
            crash_next = bool(rng.random() < 0.65)
        begin = min((f[0] for f in filled), default=99.0)
        for letter, steps in lines:
            for at, mark, _ in steps.in_bar(number, bar.beats, own_beats):
                if at >= begin - 1e-6 and letter not in "p":
                    continue
                if mark == "?" and rng.random() < 0.5:
                    continue
                place = (letter, round(at * 12), number % 2)
                if place not in dropped:
                    dropped[place] = bool(rng.random() < loosen and at % 1 != 0)
                if dropped[place] or (rng.random() < 0.02 and at % 1 != 0):
                    continue
                hit(bar.start + at, letter, STRENGTH.get(mark, 80), steps.grid)
            if letter == "k" and grid == 4 and rng.random() < 0.12 and begin > bar.beats:
                hit(bar.start + bar.beats - float(rng.choice([0.5, 0.25, 1.5])), "k", 84)
            if letter == "s" and grid == 4 and rng.random() < 0.1:
                hit(bar.start + float(rng.integers(1, bar.beats * 4)) / 4, "s", 38)
        for at, letter, strength in filled:
            hit(bar.start + at, letter, 60 + 55 * strength)
    return out


def chord_at(bars: Sequence[Bar], index: int, beat: float, early: float) -> Chord:
    """The chord of beat ``beat`` of a bar; off-beat notes up to ``early`` beats before a change take the next."""
    bar = bars[index]
    ahead = beat + (early if beat % 1 else 0.0)
    if ahead >= bar.beats - 1e-6:
        if index + 1 < len(bars):
            return bars[index + 1].chords[0]
        ahead = bar.beats - 0.01
    return bar.chords[min(len(bar.chords) - 1, int(ahead / bar.beats * len(bar.chords)))]


def bass_bars(
    rng: np.random.Generator, bars: Sequence[Bar], steps: Steps, own_beats: int, level: float, early: float,
    swing: Swing, low: int,
) -> list[Event]:  # fmt: skip
    """The bass line over one section, its roots at ``low`` to ``low + 11``."""
    out: list[Event] = []
    previous = low + 5
    gate = float(rng.choice([0.95, 0.8, 0.55, 0.95]))
    for index, bar in enumerate(bars):
        for at, mark, hold in steps.in_bar(index, bar.beats, own_beats):
            chord = chord_at(bars, index, at, early)
            root = low + (chord.root - low) % 12
            fifth = chord.intervals[2] if len(chord.intervals) > 2 else 7
            following = bars[index + 1].chords[0] if index + 1 < len(bars) else chord
            if mark in "f":
                key = root + fifth - (12 if root + fifth > low + 14 else 0)
            elif mark == "t":
                key = root + chord.intervals[1]
            elif mark == "v":
                key = root + (chord.intervals[3] if len(chord.intervals) > 3 else 9)
            elif mark == "o":
                key = root + 12
            elif mark == "n":
                key = low + (following.root - low) % 12 - 1
            elif mark == "w" and at > 0:
                if at >= bar.beats - 1 and at % 1 == 0:
                    goal = low + (following.root - low) % 12
                    key = goal + int(rng.choice([-1, 1, 2, -2]))
                else:
                    tones = [root + i + o for i in (*chord.intervals[:4], 2, 9) for o in (-12, 0, 12)]
                    tones = [t for t in tones if low - 3 <= t <= low + 19 and t != previous]
                    key = min(tones, key=lambda t: abs(t - previous) + 3 * rng.random())
            else:
                key = root
            previous = key
            velocity = (100 if at == 0 else 88 if at % 1 == 0 else 80) * (0.6 if mark == "o" and hold < 0.3 else 1)
            length = swing(bar.start + at + hold, steps.grid) - swing(bar.start + at, steps.grid)
            out.append(Event("bass", swing(bar.start + at, steps.grid), length * gate, key, velocity * level))
    return out


def comp_bars(
    rng: np.random.Generator, part: str, mode: str, bars: Sequence[Bar], steps: Steps, own_beats: int, level: float,
    early: float, swing: Swing, centre: int,
) -> list[Event]:  # fmt: skip
    """Chords over one section in ``mode``: chord, stab, strum, arp, stride, power or tremolo."""
    out: list[Event] = []
    previous: list[int] = []
    gate = {"stab": float(rng.uniform(0.25, 0.6)), "strum": 1.1, "arp": float(rng.choice([1.0, 2.0, 0.8]))}.get(
        mode, 0.95
    )
    spread = float(rng.uniform(0.004, 0.022)) if mode == "strum" else 0.0
    for index, bar in enumerate(bars):
        for at, mark, hold in steps.in_bar(index, bar.beats, own_beats):
            chord = chord_at(bars, index, at, early)
            position = swing(bar.start + at, steps.grid)
            length = (swing(bar.start + at + hold, steps.grid) - position) * gate
            accent = 1.0 if at == 0 else 0.93 if at % 1 == 0 else 0.86
            velocity = {"X": 108.0, "o": 56.0}.get(mark, 86.0) * accent * level
            root = 40 + (chord.root - 40) % 12
            if mark in "rf" and mode != "power":
                keys = [root + (7 if mark == "f" else 0) - (12 if mark == "f" and root > 46 else 0)]
                if mode == "stride" and root - 12 >= 28 and mark == "r":
                    keys.append(root - 12)
            elif mode == "power":
                light = mark == "o"
                keys = [root] if light else [root, root + 7, root + 12]
                length *= 0.5 if light else 1.0
                velocity = 78 * level if light else velocity
            elif mode == "tremolo":
                keys = (
                    [root + 12 + chord.intervals[0], root + 19] if centre < 60 else voice(chord, centre, previous)[:2]
                )
            else:
                voicing = voice(chord, centre, previous)
                previous = voicing
                if mark.isdigit():
                    octave, tone = divmod(int(mark), len(voicing))
                    keys = [voicing[tone] + 12 * octave]
                elif mode == "arp":
                    keys = voicing[:3]
                else:
                    keys = voicing
            down = int(at * 2) % 2 == 0
            for order, key in enumerate(sorted(keys, reverse=not down)):
                loud = velocity * (1 if order == 0 else 0.92)
                out.append(Event(part, position, max(0.08, length), min(key, 108), loud, order * spread))
    return out


def held_chord(part: str, chord: Chord, position: float, length: float, centre: int, level: float) -> list[Event]:
    """A last chord left to ring."""
    keys = [nearest(chord.root, centre - 20), *voice(chord, centre)]
    return [Event(part, position, length, k, 92 * level) for k in keys]
