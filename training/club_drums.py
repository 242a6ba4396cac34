# SPDX-License-Identifier: GPL-3.0-or-later
"""The drummer of training songs: grooves, variations, fills, rolls and cymbals.

Conventions: a groove is a list of (step, strength) over one or two bars; strengths from 0 to 1.
"""

from __future__ import annotations

import numpy as np

from training.club_grid import Meter
from training.club_track import Track
from training.voices import Rng, Sound

Groove = list[tuple[float, float]]
STRENGTH = {str(k): k / 9 for k in range(1, 10)} | {"x": 1.0}


def read_groove(text: str, meter: Meter) -> tuple[Groove, int]:
    """A 4/4 groove in another metre, and its length in bars."""
    bars = max(1, len(text) // 16)
    groove: Groove = []
    for k, sign in enumerate(text):
        if sign not in STRENGTH:
            continue
        bar, step = divmod(k, 16)
        beat, part = divmod(step, 4)
        if meter.bar == 12 and meter.beats in (2, 6):  # two groups of three eighths
            place = {0: 0, 2: 6, 1: 4, 3: 10}[beat] if part == 0 else beat * 3 + part
        elif meter.steps == 6:  # triplets
            place = beat * 6 + (0, 2, 4, 5)[part]
        else:
            place = step
        if place >= meter.bar:
            continue
        groove.append((bar * meter.bar + place, STRENGTH[sign]))
        if meter.beats == 5 and step < 4:
            groove.append((bar * meter.bar + 16 + step, STRENGTH[sign]))
    return sorted(set(groove)), bars


def _odd_backbeat(rng: Rng, meter: Meter) -> Groove:
    """Where the snare falls in metres without a usual backbeat."""
    if meter.bar == 12 and meter.beats in (2, 6):
        return [(6.0, 1.0)]
    if meter.beats == 3:
        beats = ((1, 2), (2,), (1,), (2,))[int(rng.integers(4))]
    else:
        beats = ((1, 3), (3,), (2, 4), (1, 4))[int(rng.integers(4))]
    return [(float(beat * meter.steps), 1.0) for beat in beats]


def _mutated(rng: Rng, groove: Groove, length: int, amount: float) -> Groove:
    """The groove with some hits lost (the first one less often) and a few soft ones gained."""
    kept = [(step, power) for step, power in groove if rng.random() > amount * (0.25 if step == 0 else 0.5)]
    for _ in range(rng.poisson(amount * 3)):
        step = float(rng.integers(0, length))
        if all(abs(step - other) > 0.5 for other, _ in kept):
            kept.append((step, rng.uniform(0.2, 0.7)))
    return sorted(kept)


class Drummer:
    """Draws the grooves of one song and plays them."""

    def __init__(self, track: Track, feel: float) -> None:
        """``feel`` is the random timing of hats and percussion in seconds (standard deviation)."""
        rng, style, meter = track.rng, track.style, track.meter
        self.track, self.feel = track, feel
        self.late_snare = rng.uniform(-0.004, 0.01) if feel > 0.0015 else 0.0
        four = meter.beats == 4
        pick = lambda options: str(rng.choice(options))  # noqa: E731
        self.grooves: dict[str, tuple[Groove, int]] = {
            "kick": read_groove(pick(style.kick), meter),
            "snare": read_groove(pick(style.snare), meter) if four else (_odd_backbeat(rng, meter), 1),
            "hat": read_groove(pick(style.hat), meter),
        }
        if not four and meter.beats != 5 and rng.random() < 0.5:
            self.grooves["kick"] = ([(0.0, 1.0)] if rng.random() < 0.5 else [(0.0, 1.0), (meter.bar - 2.0, 0.8)], 1)
        if meter.bar == 12 and meter.beats in (2, 6) and rng.random() < 0.7:
            every = 2 if rng.random() < 0.7 else 1
            self.grooves["hat"] = ([(float(s), 1.0 if s % 6 == 0 else 0.55) for s in range(0, 12, every)], 1)
        if meter.steps == 6 and four and rng.random() < 0.6:
            self.grooves["hat"] = ([(float(s), 1.0 if s % 6 == 0 else 0.5) for s in range(0, 24, 2)], 1)
        if rng.random() < 0.25:
            for role in ("kick", "snare"):
                groove, bars = self.grooves[role]
                self.grooves[role] = (_mutated(rng, groove, bars * meter.bar, 0.35), bars)
        self.grooves["open"] = self._open_hats()
        self.grooves["perc"] = self._percussion()
        self.other = self._other_grooves()
        self.clapping = rng.random() < style.clap
        self.use_clap_alone = rng.random() < 0.35
        self.ride_drops = rng.random() < 0.3
        self.rolling = rng.random() < 0.85
        self.fills = rng.random() < 0.7
        self.balance = {
            role: float(rng.uniform(0.55, 1.2)) for role in ("kick", "snare", "hat", "open", "perc", "clap")
        }

    def _other_grooves(self) -> tuple[str, dict[str, tuple[Groove, int]]]:
        """In some songs one kind of section is played half as fast, twice as fast or in another style."""
        rng, meter = self.track.rng, self.track.meter
        if meter.beats != 4 or rng.random() > 0.22:
            return "", {}
        label = str(rng.choice(["verse", "drop", "chorus", "intro", "break", "build"]))
        kicks = ("x...............", "x.....x.........", "x...x...x...x...", "x.x.x.x.x.x.x.x.", "x.......x.......")
        snares = ("........x.......", "....x.......x...", "..x...x...x...x.", "........x.....3.")
        grooves = {
            "kick": read_groove(str(rng.choice(kicks)), meter),
            "snare": read_groove(str(rng.choice(snares)), meter),
        }
        return label, grooves

    def _open_hats(self) -> tuple[Groove, int]:
        rng, meter = self.track.rng, self.track.meter
        if rng.random() > self.track.style.open_hat:
            return [], 1
        half = meter.steps / 2
        if rng.random() < 0.75:
            return [(beat * meter.steps + half, 1.0) for beat in range(meter.beats)], 1
        return [(float(rng.integers(0, meter.bar)), 1.0)], 1

    def _percussion(self) -> tuple[Groove, int]:
        """Percussion over two bars: scattered hits, or one hit every three or five steps against the metre."""
        rng, meter = self.track.rng, self.track.meter
        if rng.random() > self.track.style.perc:
            return [], 1
        length = 2 * meter.bar
        pick = rng.random()
        if pick < 0.3:
            every = int(rng.choice([3, 3, 3, 5, 6]))
            return [(float(s), 1.0 if s % 2 == 0 else 0.7) for s in range(int(rng.integers(0, 3)), length, every)], 2
        if pick < 0.45:
            pulse = (0, 3, 6, 10, 12) if rng.random() < 0.5 else (0, 3, 7, 10, 12)
            return [(float(s), 0.9) for s in pulse if s < meter.bar], 1
        hits = rng.random(length) < rng.uniform(0.08, 0.4)
        if rng.random() < 0.6:
            hits[meter.bar :] = hits[: meter.bar]
        return [(float(s), float(rng.uniform(0.3, 1.0))) for s in np.flatnonzero(hits)], 2

    # ------------------------------------------------------------------------------------- playing

    def play(self) -> tuple[Sound, Sound]:
        """(kick, everything else); fills in the track's list of kicks."""
        track, rng = self.track, self.track.rng
        kick_bus, rest = track.bus(), track.bus()
        meter = track.meter
        variant = {role: (_mutated(rng, g, n * meter.bar, 0.5), n) for role, (g, n) in self.grooves.items()}
        vary_every = int(rng.choice([2, 4, 4, 8, 1000]))
        for bar in range(track.plan.bars):
            label, first, length = track.plan.section_of(bar)
            last = bar == first + length - 1
            turn = (bar - first) % vary_every == vary_every - 1
            fill_from = 1e9
            if self.fills and last and rng.random() < 0.5:
                fill_from = meter.bar - float(rng.choice([2, 4, 4, 8, meter.bar / 2]))
                self._fill(rest, bar * meter.bar, fill_from)
            for role in self.grooves:
                source = variant if turn and role != "kick" and rng.random() < 0.7 else self.grooves
                groove, bars = source[role]
                if label == self.other[0] and role in self.other[1]:
                    groove, bars = self.other[1][role]
                offset = ((bar - first) % bars) * meter.bar
                for step, power in groove:
                    place = step - offset
                    if 0 <= place < meter.bar and not (place >= fill_from and role in ("snare", "hat", "open")):
                        bus = kick_bus if role == "kick" else rest
                        self._hit(bus, role, bar * meter.bar + place, power, label)
            if label == "build" and self.rolling and track.plan.levels["hat"][bar] + track.plan.levels["pad"][bar] > 0:
                self._roll(rest, bar, first, length)
        self._crashes(rest)
        return kick_bus, rest

    def _hit(self, bus: Sound, role: str, step: float, power: float, label: str) -> None:
        track, rng = self.track, self.track.rng
        part = {"open": "hat"}.get(role, role)
        level = track.level(part, step)
        if not level:
            return
        time = float(track.grid.swung(step))
        sounds = track.kit[role]
        sound = sounds[int(rng.integers(len(sounds)))] if role == "perc" else sounds[0]
        gain = level * self.balance[role] * power
        if role == "kick":
            track.kicks.append(time)
            track.kick_steps.append((step, power))
            track.put(bus, sound, time, gain)
            return
        if role == "snare":
            time += self.late_snare
            if power > 0.6 and self.clapping:
                track.put(bus, track.kit["clap"][0], time, 0.6 * level * self.balance["clap"] * power)
                if self.use_clap_alone:
                    return
            if len(sounds) > 1 and power < 0.6:
                sound = sounds[1]
            track.put(bus, sound, time, 0.75 * gain)
            return
        time += float(rng.normal(0, self.feel))
        gain *= rng.uniform(0.85, 1.1)
        if role == "hat" and track.style.rolls and rng.random() < 0.06 * track.style.rolls:
            self._hat_roll(bus, step, gain)
        if role == "hat" and self.ride_drops and label in ("drop", "chorus") and step % track.meter.steps == 0:
            track.put(bus, track.kit["ride"][0], time, 0.3 * gain)
        track.put(bus, sound, time, gain * {"hat": 0.3, "open": 0.3, "perc": 0.4}[role])

    def _hat_roll(self, bus: Sound, step: float, gain: float) -> None:
        track, rng = self.track, self.track.rng
        length, count = ((2, 3), (2, 4), (4, 6), (4, 8), (2, 6))[int(rng.integers(5))]
        ramp = rng.uniform(-0.5, 0.5)
        for k in range(1, count):
            time = float(track.grid.time(step + length * k / count))
            track.put(bus, track.kit["hat"][0], time, 0.25 * gain * (1 + ramp * (k / count - 0.5)))

    def _fill(self, bus: Sound, start: float, place: float) -> None:
        track, rng, meter = self.track, self.track.rng, self.track.meter
        toms = rng.random() < 0.4
        density = rng.uniform(0.4, 1.0)
        step = place
        level = max(track.level("snare", start), 0.6 * track.level("kick", start))
        if not level:
            return
        while step < meter.bar:
            if rng.random() < density:
                done = (step - place) / max(meter.bar - place, 1)
                sounds = track.kit["tom"] if toms else track.kit["snare"]
                sound = sounds[min(int(done * len(sounds)), len(sounds) - 1)]
                track.put(bus, sound, float(track.grid.swung(start + step)), level * rng.uniform(0.3, 0.7))
            step += 1 if rng.random() < 0.85 else 0.5

    def _roll(self, bus: Sound, bar: int, first: int, length: int) -> None:
        """Snares or claps that double their rate and grow through a build."""
        track, meter = self.track, self.track.meter
        sound = track.kit["clap" if self.use_clap_alone else "snare"][0]
        sound = sound[: int(0.25 * 22050)]
        step = 0.0
        while step < meter.bar:
            done = (bar - first + step / meter.bar) / length
            gap = track.plan.gaps.get(bar, 0.0)
            if gap and step >= (1 - gap) * meter.bar:
                break
            time = float(track.grid.time(bar * meter.bar + step))
            track.put(bus, sound, time, (0.12 + 0.45 * done**1.5) * self.balance["snare"])
            step += meter.steps if done < 0.45 else meter.steps / 2 if done < 0.75 else meter.steps / 4

    def _crashes(self, bus: Sound) -> None:
        track, rng = self.track, self.track.rng
        for label, first, _ in track.plan.sections:
            if rng.random() < (0.7 if label in ("drop", "chorus") else 0.35):
                time = float(track.grid.time(first * track.meter.bar))
                track.put(bus, track.kit["crash"][0], time, rng.uniform(0.15, 0.45))
