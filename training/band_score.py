# SPDX-License-Identifier: GPL-3.0-or-later
"""A composed song before it sounds: its notes, and where its beats are.

Conventions: times in seconds from the first sample. The same seed gives the same score.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import band_clock, band_parts
from .band_clock import Bar, Clock, Section
from .band_harmony import PROGRESSIONS, SCALES, Chord, read_progression, scale_step
from .band_melody import Taste, Tone, melody
from .band_parts import Event, Steps
from .band_patterns import DRUMS
from .band_styles import BY_METER, INSTRUMENTS, METER_SHARES, STYLES, Style
from .gm import DRUM_CHANNEL, MODULATION, SUSTAIN, VOLUME, Note, Performance

LONGEST = 92.0
"""Seconds after which a piece is cut off."""

CHANNELS = {"bass": 0, "comp": 1, "comp2": 2, "lead": 3, "lead2": 4, "choir": 5, "drums": DRUM_CHANNEL}


@dataclass(slots=True)
class Score:
    """``driven`` are channels to distort, ``sung`` (start, length, key, loudness) of a voice, ``end`` the length."""

    style: str
    performance: Performance
    beats: list[float]
    downbeats: list[float]
    bpm: float
    meter: int
    tags: list[str]
    sections: list[tuple[float, str]] | None
    end: float
    driven: tuple[int, ...] = ()
    sung: list[tuple[float, float, int, float]] = field(default_factory=list)


def choose_style(rng: np.random.Generator) -> Style:
    meters = list(METER_SHARES)
    shares = np.array([METER_SHARES[m] for m in meters])
    meter = meters[int(rng.choice(len(meters), p=shares / shares.sum()))]
    pool = [s for s in STYLES if s.name in BY_METER[meter]]
    weights = np.array([s.weight for s in pool])
    return pool[int(rng.choice(len(pool), p=weights / weights.sum()))]


def instrument(rng: np.random.Generator, family: str) -> int:
    """A GM program; one time in twelve from anywhere, as odd arrangements do."""
    if rng.random() < 0.08:
        return int(rng.integers(0, 112))
    return int(rng.choice(INSTRUMENTS[family]))


class Composer:
    """Writes one score; every choice comes from one generator."""

    def __init__(self, seed: int, style: Style | None = None) -> None:
        self.rng = np.random.default_rng([seed, 0xBA4D])
        rng = self.rng
        self.style = style or choose_style(rng)
        self.tags: list[str] = [self.style.name]
        self.bpm = band_clock.choose_tempo(rng, self.style)
        self.ratio = float(rng.uniform(*self.style.swing))
        if self.style.swing[1] > 0.6:
            self.ratio -= max(0.0, (self.bpm - 170) / 50 * 0.06)
        self.harmony = str(rng.choice(self.style.harmony))
        scales, _ = PROGRESSIONS[self.harmony]
        self.tonic = int(rng.integers(0, 12))
        self.scale = SCALES[str(rng.choice(scales))]
        self.early = 0.5 if rng.random() < 0.18 and self.style.beats > 2 else 0.0
        self.sections: list[Section] = []
        self.bars: list[Bar] = []
        self.events: list[Event] = []
        self.sung: list[Tone] = []
        self.drumless = bool(rng.random() < self.style.drumless) or not self.style.drums
        self.riff = band_parts.riff(
            rng, self.style.beats * (3 if self.style.grid == 3 else 4 if self.style.grid == 4 else 2)
        )
        self.counted = bool(not self.drumless and rng.random() < 0.1)
        self.pickup = self._choose_pickup()

    def swing(self, position: float, grid: int) -> float:
        if grid == 3 and self.ratio < 0.57:
            return position
        return band_clock.swung(position, self.ratio, self.style.fine, grid)

    def _choose_pickup(self) -> float:
        rng = self.rng
        if self.counted or rng.random() > 0.3 or self.style.name == "drumloop":
            return 0.0
        choices = [1 / 3, 2 / 3, 1.0] if self.style.grid == 3 else [0.5, 1.0, 1.0, 1.5, 2.0, 3.0]
        return float(rng.choice([c for c in choices if c < self.style.beats]))

    def layout(self) -> None:
        """Sections, bars and chords."""
        rng, style = self.rng, self.style
        seconds = float(rng.uniform(40, 76))
        total = int(seconds * self.bpm / 60)
        form = band_clock.FORMS[int(rng.integers(len(band_clock.FORMS)))]
        _, texts = PROGRESSIONS[self.harmony]
        progressions: dict[str, list[list[Chord]]] = {}
        stretch = float(rng.choice([1.0, 1.0, 1.0, 2.0, 0.5])) if style.beats > 2 else float(rng.choice([1.0, 2.0]))
        changing = rng.random() < 0.033
        change = int(rng.choice([b for b in (2, 3, 4, 5) if b != style.beats]))
        change_kind = str(rng.choice(["section", "every four", "some"]))
        position = 0
        if self.counted:
            bar = Bar(0, style.beats, 0, [Chord(self.tonic, (0, 4, 7))], last=True)
            self.sections.append(Section("intro", 0.8, frozenset({"count"}), [bar]))
            position = style.beats
        number = 0
        while position < total:
            label = form[number % len(form)]
            if label not in progressions:
                name = self.harmony if rng.random() < 0.8 else str(rng.choice(style.harmony))
                bars = read_progression(
                    str(rng.choice(PROGRESSIONS[name][1] if name != self.harmony else texts)), self.tonic
                )
                if stretch == 2.0 and len(bars) <= 4:
                    bars = [b for b in bars for _ in range(2)]
                elif stretch == 0.5 and len(bars) % 2 == 0 and all(len(b) == 1 for b in bars) and len(bars) <= 8:
                    bars = [[*a, *b] for a, b in zip(bars[::2], bars[1::2], strict=True)]
                if label in ("chorus", "bridge") and rng.random() < 0.05:
                    bars = [[Chord((c.root + 2) % 12, c.intervals) for c in b] for b in bars]
                progressions[label] = bars
            chords = progressions[label]
            cycle = len(chords) if len(chords) in (8, 12) else 8
            short = label in ("intro", "break", "build", "outro", "coda", "bridge")
            wanted = max(4, round((9 if short else 17) * self.bpm / 60 / style.beats / cycle) * cycle or cycle // 2)
            section = Section(label, band_clock.LEVELS[label], band_clock.layers_of(rng, label))
            if not section.layers & {"drums", "bass"}:
                wanted = min(wanted, max(4, cycle // 2))
            different = changing and change_kind == "section" and number % 2 == 1
            for index in range(wanted):
                if position >= total and index >= 2:
                    break
                beats = change if different else style.beats
                if changing and (
                    (change_kind == "every four" and index % 4 == 3) or (change_kind == "some" and rng.random() < 0.15)
                ):
                    beats = change
                section.bars.append(Bar(position, beats, len(self.sections), chords[index % len(chords)]))
                position += beats
            section.bars[-1].last = True
            self.sections.append(section)
            number += 1
        self.bars = [bar for section in self.sections for bar in section.bars]
        if len({b.beats for b in self.bars}) > 1:
            self.tags.append("meter_change")

    def choose_band(self) -> dict[str, int]:
        """Programs of the parts."""
        rng, style = self.rng, self.style
        programs = {"drums": int(rng.choice(style.kits))}
        self.bass_line: Steps | None = None
        self.comp_lines: dict[str, tuple[str, Steps]] = {}
        if style.bass:
            family, text = str(rng.choice(style.bass)).split(" ")
            programs["bass"] = instrument(rng, family)
            self.low = 36 if family in ("cello", "tuba", "harpsichord", "church", "reed", "pizzicato") else 28
            if text == "*":
                own = self.riff if rng.random() < 0.6 else band_parts.riff(rng, len(self.riff))
                marks = {"X": "r", "x": "r", "o": str(rng.choice(["r", "o", "f"]))}
                text = "".join(marks.get(c, c) for c in own)
            self.bass_line = band_parts.read_steps(self._playable(text), style.beats)
        chosen = rng.choice(len(style.comps), min(2, len(style.comps)), replace=False) if style.comps else []
        for part, index in zip(("comp", "comp2"), chosen, strict=False):
            mode, family, text = style.comps[int(index)].split(" ")
            if text == "*":
                text = self.riff if mode == "power" or rng.random() < 0.4 else band_parts.riff(rng, len(self.riff))
            programs[part] = instrument(rng, family)
            self.comp_lines[part] = (mode, band_parts.read_steps(self._playable(text), style.beats))
            if part == "comp" and not style.bass and rng.random() < 0.75:
                break
        if style.leads:
            programs["lead"] = instrument(rng, str(rng.choice(style.leads)))
            programs["lead2"] = (
                programs["lead"] if rng.random() < 0.5 else instrument(rng, str(rng.choice(style.leads)))
            )
        programs["choir"] = int(rng.choice(INSTRUMENTS["voice"]))
        return programs

    def _playable(self, text: str) -> str:
        """``text`` with every second step left out where it would be a blur at this tempo."""
        body = text.split("|")[-1]
        per_beat = band_parts.read_steps(text, self.style.beats).per_beat
        busy = sum(c not in ".-" for c in body) > 0.55 * len(body)
        if per_beat * self.bpm < 660 or not busy or per_beat % 2:
            return text
        thin = "".join(c if i % 2 == 0 else "-" if body[i - 1] != "." else "." for i, c in enumerate(body))
        return text[: len(text) - len(body)] + thin

    def _stop_time(self) -> None:
        """In some songs the band stops in the last bar of a section, or the whole bar but its first beat is silent."""
        rng = self.rng
        if rng.random() > 0.14:
            return
        gaps = []
        for section in self.sections:
            if len(section.bars) >= 4 and rng.random() < 0.6:
                bar = section.bars[-1]
                keep = float(rng.choice([0.4, 0.4, 0.9, bar.beats / 2]))
                gaps.append((bar.start + keep, bar.start + bar.beats - float(rng.choice([0.0, 0.0, 1.0]))))
        self.events = [
            e for e in self.events if e.part in ("lead", "lead2") or not any(a < e.position < b - 0.01 for a, b in gaps)
        ]
        self.events = [
            Event(
                e.part,
                e.position,
                min([e.length, *(a - e.position for a, b in gaps if e.position <= a < e.position + e.length)]),
                e.key,
                e.velocity,
                e.late,
            )
            for e in self.events
        ]
        self.tags.append("stops")

    def kits(self) -> dict[str, str]:
        """The drum pattern of each section label."""
        rng, style = self.rng, self.style
        pool = [DRUMS[str(name)] for name in style.drums]
        family = pool[int(rng.integers(len(pool)))]
        picked = [str(rng.choice(family)) for _ in range(2)]
        straight = style.swing[1] < 0.6 and style.beats in (3, 4, 5)
        if (
            straight
            and style.name not in ("march", "tango", "salsa", "samba", "reggae", "dembow", "waltz")
            and rng.random() < 0.3
        ):
            picked = [band_parts.invent_kit(rng, style.beats, self.bpm) for _ in range(2)]
        if rng.random() < 0.4:
            picked[1] = str(rng.choice(pool[int(rng.integers(len(pool)))]))
        bare = rng.random() < (0.25 if style.name == "drumloop" else 0.06)
        locked = style.drive >= 0.9 and rng.random() < 0.4
        out: dict[str, str] = {}
        for section in self.sections:
            if section.label in out:
                continue
            text = picked[0 if section.label in ("verse", "theme", "intro", "outro", "variation") else 1]
            lines = text.split("/")
            if section.label in ("chorus", "solo") and rng.random() < 0.5:
                swap = str(rng.choice(["r", "o", "c", "b", "h"]))
                lines = [swap + x[1:] if x[0] in "hr" else x for x in lines]
            if bare:
                lines = [x for x in lines if x.split("|")[-1][0] not in "hropbc"] or lines
            if locked and style.beats * 4 == len(self.riff) and "|" not in text:
                kick = self.riff.replace("-", ".").replace("o", "x")
                lines = ["k:" + kick, *[x for x in lines if x[0] != "k"]]
            if style.beats == 4 and "|" not in text and rng.random() < 0.15:
                extra = [
                    "T:....x.......x...",
                    "S:x.x.x.x.x.x.x.x.",
                    "q:..x..x....x..x..",
                    "H:....X.......X...",
                    "w:x...x...x...x...",
                ]
                lines.append(str(rng.choice(extra)))
            prefix = text.split("|")[0] + "|" if "|" in text else ""
            out[section.label] = prefix + "/".join(x.split("|")[-1] for x in lines)
        return out

    def write_parts(self) -> dict[str, int]:
        rng, style = self.rng, self.style
        programs = self.choose_band()
        kits = {} if self.drumless else self.kits()
        variants = {letter: int(rng.integers(0, 2)) for letter in "skrctmfS"}
        every = int(rng.choice([4, 4, 8, 8, 2]))
        centre = int(rng.integers(56, 66))
        voice_lead = style.leads and rng.random() < style.vocal
        lead_rate = float(rng.uniform(0.55, 1.0))
        line_density = float(np.clip(style.density + rng.normal(0, 0.2), 0.1, 1.0))
        line_syncopation = float(np.clip(style.syncopation + rng.normal(0, 0.2), 0.0, 0.9))
        if self.bpm > 150:
            line_density *= 0.7
        taste = Taste(style.grid, line_density, line_syncopation, int(rng.integers(64, 80)), self.tonic, self.scale)
        if style.name in ("pianosolo", "guitarsolo", "harp"):
            lead_rate = float(rng.choice([0.0, 0.6, 0.9]))
        tunes: dict[str, list[Tone]] = {}
        for section in self.sections:
            layers = set(section.layers)
            if "count" in layers:
                letter = str(rng.choice(["x", "h", "W", "w"]))
                keys = {"x": 37, "h": 42, "W": 76, "w": 56}
                self.events += [Event("drums", float(b), 0.1, keys[letter], 95) for b in range(style.beats)]
                continue
            playing = {p for p in layers if p in programs and (p != "drums" or kits)}
            if not playing - {"lead"}:
                layers |= {"comp", "drums", "bass"}
            dynamic = section.level * float(rng.uniform(0.93, 1.05))
            if kits and "drums" in layers:
                self.events += band_parts.drum_bars(
                    rng,
                    section.bars,
                    kits[section.label],
                    style.beats,
                    dynamic,
                    style.fills,
                    self.swing,
                    variants,
                    every,
                )
            if self.bass_line is not None and "bass" in layers:
                self.events += band_parts.bass_bars(
                    rng, section.bars, self.bass_line, style.beats, dynamic, self.early, self.swing, self.low
                )
            for part, (mode, steps) in self.comp_lines.items():
                if part in layers:
                    self.events += band_parts.comp_bars(
                        rng,
                        part,
                        mode,
                        section.bars,
                        steps,
                        style.beats,
                        dynamic * (0.85 if part == "comp2" else 1),
                        self.early,
                        self.swing,
                        centre + (5 if part == "comp2" else 0),
                    )
            if style.leads and "lead" in layers and rng.random() < lead_rate:
                self._write_lead(
                    section, taste, tunes, dynamic, voice_lead and section.label in ("verse", "chorus", "theme")
                )
        return programs

    def _write_lead(
        self, section: Section, taste: Taste, tunes: dict[str, list[Tone]], level: float, sung: bool
    ) -> None:
        """The tune of the section, the same again where the label comes back."""
        rng = self.rng
        first = section.bars[0].start
        known = tunes.get(section.label)
        if known is None or rng.random() < 0.15 or "meter_change" in self.tags:
            pickup = self.pickup if self.pickup or rng.random() < 0.6 else float(rng.choice([0.5, 1.0]))
            taste = Taste(
                taste.grid,
                taste.density * (1.3 if section.label == "solo" else 1),
                taste.syncopation,
                taste.centre,
                taste.tonic,
                taste.scale,
            )
            line = melody(rng, section.bars, taste, pickup if self.style.grid != 3 or pickup != 0.5 else 0.0)
            known = [Tone(t.position - first, t.length, t.key, t.accent) for t in line]
            tunes[section.label] = known
        end = section.bars[-1].start + section.bars[-1].beats
        harmony = rng.random() < 0.2
        for tone in known:
            at = tone.position + first
            if at >= end or at < -self.pickup - 1e-6:
                continue
            if sung:
                self.sung.append(Tone(self.swing(at, taste.grid), tone.length, tone.key, tone.accent))
                continue
            played = self.swing(at, taste.grid)
            length = max(0.1, self.swing(at + tone.length, taste.grid) - played) * 0.95
            self.events.append(Event("lead", played, length, tone.key, (70 + 40 * tone.accent) * level))
            if harmony:
                third = scale_step(tone.key, -2, self.tonic, self.scale)
                self.events.append(Event("lead2", played, length, third, (60 + 35 * tone.accent) * level))

    def score(self) -> Score:
        rng, style = self.rng, self.style
        self.layout()
        programs = self.write_parts()
        self._stop_time()
        total = self.bars[-1].start + self.bars[-1].beats
        ending = style.name != "drumloop" and rng.random() < 0.55
        before = int(np.ceil(self.pickup))
        starts = [s.bars[0].start + before for s in self.sections]
        lengths = band_clock.beat_lengths(rng, self.bpm, total + before, starts, self.tags)
        times = np.concatenate([[0.0], np.cumsum(lengths)])
        lead_in = float(rng.uniform(0.03, 0.5)) if rng.random() < 0.5 else float(rng.uniform(0.5, 4.0))
        clock = Clock(times, before)
        clock.times = times + lead_in - clock.seconds(-self.pickup)
        if ending:
            chord = self.bars[0 if not self.counted else -1].chords[0]
            part = "comp" if "comp" in programs else "lead"
            hold = float(rng.uniform(1.5, 3.5)) * self.bpm / 60
            self.events += band_parts.held_chord(part, chord, float(total), hold, 60, 1.0)
            if not self.drumless and rng.random() < 0.8:
                self.events += [Event("drums", float(total), 0.2, key, 105) for key in (36, 49)]
        tail = float(rng.uniform(2.0, 4.5)) if ending else float(rng.uniform(0.3, 2.5))
        end = clock.seconds(total) + tail
        performance, sung = self._perform(programs, clock)
        cut = end > LONGEST
        if cut:
            end, ending = LONGEST, False
            performance.notes = [n for n in performance.notes if n.start < end]
            sung = [tone for tone in sung if tone[0] < end - 0.5]
        subdivided = style.eighths and self.bpm * 3 < 200 and rng.random() < 0.8
        heard = min((n.start for n in performance.notes), default=0.0)
        per = 3 if subdivided else 1
        beats = [clock.seconds(i / per) for i in range(-before * per, total * per + (1 if ending else 0))]
        beats = [t for t in beats if t > heard - 0.06]
        downbeats = [clock.seconds(b.start) for b in self.bars] + ([clock.seconds(total)] if ending else [])
        downbeats = [t for t in downbeats if t > heard - 0.06]
        if cut:
            beats, downbeats = ([t for t in line if t < end - 0.05] for line in (beats, downbeats))
        sections = None
        if len({s.label for s in self.sections}) > 1 and style.name not in ("harp", "guitarsolo"):
            sections = [(round(clock.seconds(s.bars[0].start), 5), s.label) for s in self.sections]
            sections = [(max(0.0, at), label) for at, label in sections if at < end - 1]
        meter = 0 if "meter_change" in self.tags else 6 if subdivided else style.beats
        bpm = round(60.0 / float(np.median(np.diff(beats))), 3)
        if self.pickup:
            self.tags.append("pickup")
        if subdivided:
            self.tags.append("eighths")
        if self.drumless:
            self.tags.append("no_drums")
        driven = ()
        if rng.random() < style.drive:
            driven = tuple(CHANNELS[p] for p, (mode, _) in self.comp_lines.items() if mode in ("power", "tremolo"))
            if driven and rng.random() < 0.4:
                driven += (CHANNELS["lead"],)
        return Score(style.name, performance, beats, downbeats, bpm, meter, self.tags, sections, end, driven, sung)

    def _perform(
        self, programs: dict[str, int], clock: Clock
    ) -> tuple[Performance, list[tuple[float, float, int, float]]]:
        """Notes in seconds with the players' timing and touch."""
        rng = self.rng
        loose = 0.0 if rng.random() < 0.45 else float(rng.uniform(0.002, 0.007))
        flat = rng.random() < 0.25
        self.tags.append("human" if loose else "quantised")
        shift = dict.fromkeys(CHANNELS, 0.0)
        if loose and rng.random() < 0.4:
            shift |= {p: float(rng.uniform(-0.008, 0.012)) for p in ("bass", "comp", "comp2", "lead", "lead2")}
        out = Performance(programs={CHANNELS[p]: n for p, n in programs.items()})
        ranges = {
            "drums": (70, 127),
            "bass": (75, 122),
            "comp": (62, 112),
            "comp2": (48, 100),
            "lead": (70, 118),
            "lead2": (50, 90),
            "choir": (80, 120),
        }
        for part, channel in CHANNELS.items():
            out.controls.append((0.0, channel, VOLUME, int(rng.integers(*ranges[part]))))
        for event in self.events:
            start = clock.seconds(event.position)
            length = clock.seconds(event.position + event.length) - start
            if loose:
                start += float(np.clip(rng.normal(shift[event.part], loose), -0.015, 0.017))
            velocity = 100 if flat and event.velocity > 60 else event.velocity + float(rng.normal(0, 5 if loose else 2))
            key = int(np.clip(event.key, 0, 127))
            out.notes.append(
                Note(max(0.0, start + event.late), length, CHANNELS[event.part], key, int(np.clip(velocity, 8, 127)))
            )
        if rng.random() < 0.35 and programs.get("comp", 99) < 6:
            for bar in self.bars:
                out.controls.append((clock.seconds(bar.start) - 0.02, CHANNELS["comp"], SUSTAIN, 0))
                out.controls.append((clock.seconds(bar.start) + 0.03, CHANNELS["comp"], SUSTAIN, 127))
        if rng.random() < 0.4:
            out.controls.append((0.0, CHANNELS["lead"], MODULATION, int(rng.integers(10, 70))))
        sung = []
        for tone in self.sung:
            start = clock.seconds(tone.position) + float(np.clip(rng.normal(0.012, 0.022), -0.05, 0.08))
            length = max(0.12, clock.seconds(tone.position + tone.length) - clock.seconds(tone.position))
            sung.append((max(0.0, start), length, tone.key - 7, tone.accent))
        if sung and rng.random() < 0.35:
            out.notes += [Note(s, n * 0.97, CHANNELS["choir"], k, int(70 + 40 * a)) for s, n, k, a in sung]
            sung = []
            self.tags.append("choir lead")
        elif sung:
            self.tags.append("vocal")
        return out, sung


def compose(seed: int, style: str | None = None) -> Score:
    """The score of ``seed``; ``style`` names one of ``STYLES`` or leaves it to chance."""
    chosen = next(s for s in STYLES if s.name == style) if style else None
    return Composer(seed, chosen).score()
