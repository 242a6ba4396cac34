# SPDX-License-Identifier: GPL-3.0-or-later
"""What the DJ's face says: an expression for every stretch of the song, glances, and singing (pure, no Blender).

Conventions: seconds from the song's first sample; channels as in ``action_keys``, all of them offsets to what the
bob's and the gestures' faces show, so they rest while a gesture uses the face.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from ..timeline import LyricLine, Section, Timeline
from .action_curves import Array, monotone_keys
from .action_keys import Channel, Keys, scaled
from .deck_plane import side_sign
from .performance_plan import Gesture, Window, held_down, plan_blinks
from .singing import mouth_keys


@dataclass(frozen=True, slots=True)
class Face:
    """An expression: controls (1 is full), brows and eyes in metres, frown and head in degrees.

    ``half`` lowers the lids slyly (negative opens them wider than the bob leaves them), ``sleepy`` softly, ``happy``
    arches them shut; ``cock`` lifts her left brow alone, ``frown`` turns the brows' inner ends down, ``up`` lifts
    the eyes.
    """

    half: float = 0.0
    sleepy: float = 0.0
    happy: float = 0.0
    brow: float = 0.0
    cock: float = 0.0
    frown: float = 0.0
    open: float = 0.0
    round: float = 0.0
    smirk: float = 0.0
    up: float = 0.0
    nod: float = 0.0
    tilt: float = 0.0


FACES: dict[str, Face] = {
    "calm": Face(half=-0.30, sleepy=0.48, brow=0.006, frown=-4.0, smirk=0.05, nod=2.0),
    "dreamy": Face(half=-0.30, sleepy=0.40, brow=0.010, frown=-6.0, smirk=0.10, tilt=5.0),
    "dreamy too": Face(half=-0.30, sleepy=0.46, brow=0.008, frown=-5.0, smirk=0.10, tilt=-5.0, nod=1.5),
    "sly": Face(half=0.30, cock=0.016, smirk=0.35, frown=6.0),
    "cheerful": Face(half=-0.12, brow=0.008, open=0.18, smirk=0.05),
    "focus": Face(half=-0.10, brow=-0.014, frown=12.0, smirk=-0.25, nod=2.0),
    "rising": Face(half=-0.50, brow=-0.008, frown=8.0, smirk=-0.35, up=0.013, nod=-5.0),
    "gasp": Face(half=-0.50, brow=0.018, frown=-6.0, round=0.8, smirk=-0.5, up=0.010, nod=-6.0),
    "grin": Face(half=-0.30, brow=0.014, open=0.48, smirk=-0.20),
    "joy": Face(half=-0.50, happy=1.0, brow=0.020, open=0.60, smirk=-0.35, nod=-2.0),
    "hype": Face(half=0.05, brow=-0.012, frown=13.0, open=0.42, smirk=0.15),
}
_POOLS: dict[str, tuple[str, ...]] = {
    "intro": ("calm", "sly"),
    "verse": ("sly", "cheerful", "sly", "calm"),
    "chorus": ("grin", "joy", "hype", "cheerful"),
    "drop": ("grin", "hype", "joy"),
    "break": ("dreamy", "calm", "dreamy too"),
    "bridge": ("dreamy", "sly", "dreamy too"),
    "outro": ("cheerful", "calm"),
}
_LOUD_ENOUGH_TO_GRIN = 0.5
_WILD_TEMPER = 0.7
_GENTLE = {"hype": "cheerful", "sly": "dreamy"}
_PHRASE_BARS = {"drop": 2, "chorus": 2}
_JOY_S = 2.2
_RISING_FROM = 0.55
_GASP_S = 1.3
_NO_BAR_S = 2.0
_LATE_S = 1.5
"""Keys go on this far beyond the song's end, so that its last frame has them too."""
_MOUTH = frozenset(("open", "round", "smirk"))
_MOUTH_UNDER_GESTURE = 0.35
_EASE_S, _QUICK_S = 0.35, 0.16

Spell = tuple[float, float, str]
"""(start, end, name of the face)."""


@dataclass(frozen=True, slots=True)
class Mood:
    """The face of a whole song: channels for ``actions.write_face``, and the starts of blinks."""

    channels: dict[Channel, Keys]
    blinks: list[float]
    spells: list[Spell]


def plan_mood(timeline: Timeline, gestures: Sequence[Gesture], intensity: float, temper: float = 1.0) -> Mood:
    """Expressions by section, glances between gestures, and a mouth that sings the lyrics; seeded."""
    seed, duration = timeline.meta.seed, timeline.meta.duration_sec
    spells = plan_spells(timeline, temper)
    joy = [(start - 0.1, end + 0.2) for start, end, name in spells if FACES[name].happy]
    blinks = plan_blinks(gestures, timeline.drops(), joy, duration, seed)
    strength = min(1.25, 0.55 + 0.45 * intensity)
    wide, narrow, sung = mouth_keys(_not_under(timeline, gestures), seed)

    taken = _free([(g.start, g.end + 0.15) for g in gestures if g.is_big], 0.0, 0.2)
    spoken = _free([(g.start, g.end) for g in gestures if not g.is_big], _MOUTH_UNDER_GESTURE, 0.15)
    silent = _free(sung, 0.0, 0.1)

    def field_keys(name: str) -> Keys:
        keys = _product(_spell_keys(spells, name, 1.0 if name == "happy" else strength), taken)
        if name in _MOUTH:
            keys = _product(keys, spoken)
        if name in ("open", "round"):
            keys = _product(keys, silent)
        return [*keys, (duration + _LATE_S, keys[-1][1])]

    face = {f.name: field_keys(f.name) for f in fields(Face)}
    glances = plan_glances(timeline, gestures, spells)
    channels: dict[Channel, Keys] = {
        ("jaw", "cx"): _total(face["open"], wide),
        ("jaw", "cy"): _total(face["round"], narrow),
        ("mouth", "cx"): face["smirk"],
        ("head", "pitch"): _total(face["nod"], _head_keys(glances, "pitch")),
        ("head", "yaw"): _head_keys(glances, "yaw") or [(0.0, 0.0)],
        ("head", "roll"): face["tilt"],
    }
    looks = _look_keys(glances, gestures)
    for side in "LR":
        channels |= {
            (f"lid.{side}", "cz"): _with_blinks(face["half"], blinks),
            (f"lid.{side}", "cx"): face["sleepy"],
            (f"lid.{side}", "cy"): face["happy"],
            (f"brow.{side}", "dz"): _total(face["brow"], face["cock"] if side == "L" else scaled(-0.6, face["cock"])),
            (f"brow.{side}", "roll"): scaled(-side_sign(side), face["frown"]),
            (f"eye.{side}", "dx"): looks[0],
            (f"eye.{side}", "dz"): _total(face["up"], looks[1]),
        }
    return Mood(channels, blinks, spells)


# ------------------------------------------------------------------------------------------ expressions


def plan_spells(timeline: Timeline, temper: float = 1.0) -> list[Spell]:
    """Which face when, without gaps, from the song's first moment to its last; gentle shows have no wild ones."""
    dice = random.Random(f"{timeline.meta.seed}/mood")
    sections = timeline.audio.sections or (Section(0.0, timeline.meta.duration_sec, "verse", 0.4),)
    spells: list[Spell] = []
    for k, section in enumerate(sections):
        start = 0.0 if k == 0 else section.start_time
        end = timeline.meta.duration_sec if k + 1 == len(sections) else sections[k + 1].start_time
        if section.section_type == "build":
            spells += _build_spells(start, end)
        else:
            pool = _POOLS.get(section.section_type, _POOLS["verse"])
            if section.section_type in ("drop", "chorus") and section.energy_level < _LOUD_ENOUGH_TO_GRIN:
                pool = ("cheerful", "sly")
            if temper < _WILD_TEMPER:
                pool = tuple(_GENTLE.get(name, name) for name in pool)
            spells += _pooled(pool, _phrases(timeline, section.section_type, start, end), dice)
    return [spell for spell in spells if spell[1] - spell[0] > 0.05] or [(0.0, timeline.meta.duration_sec, "calm")]


def _build_spells(start: float, end: float) -> list[Spell]:
    rising = start + _RISING_FROM * (end - start)
    gasp = max(rising, end - _GASP_S)
    return [(start, rising, "focus"), (rising, gasp, "rising"), (gasp, end, "gasp")]


def _pooled(pool: Sequence[str], phrases: Sequence[Window], dice: random.Random) -> list[Spell]:
    spells: list[Spell] = []
    last = ""
    for start, end in phrases:
        last = dice.choice([name for name in pool if name != last] or pool)
        if last == "joy" and end - start > _JOY_S:
            spells += [(start, start + _JOY_S, "joy"), (start + _JOY_S, end, "grin")]
        else:
            spells.append((start, end, last))
    return spells


def _phrases(timeline: Timeline, kind: str, start: float, end: float) -> list[Window]:
    """A part's phrases of four bars (two in drops and choruses); 2 s count as a bar where there is none."""
    bars = [t for t in timeline.beats.downbeats if start + 0.1 < t < end - 0.5]
    bars = bars or np.arange(start + _NO_BAR_S, end - 0.5, _NO_BAR_S).tolist()
    length = _PHRASE_BARS.get(kind, 4)
    return list(pairwise([start, *bars[length - 1 :: length], end]))


def _spell_keys(spells: Sequence[Spell], field: str, strength: float) -> Keys:
    """One face's number after the other, held and then eased; a slow rise where a build goes up."""
    keys: Keys = []
    for start, end, name in spells:
        value = getattr(FACES[name], field) * strength
        ease = min(_QUICK_S if name in ("joy", "grin", "hype", "gasp") else _EASE_S, 0.4 * (end - start))
        if name == "rising":
            ease = 0.8 * (end - start)
        keys += [(start + ease if keys else 0.0, value), (end - 0.02, value)]
    return keys


def _free(windows: Sequence[Window], level: float, ramp: float) -> Keys:
    """1 outside the windows, ``level`` inside, straight over ``ramp`` seconds within their ends."""
    inside = [(start + ramp, max(start + ramp, end - ramp)) for start, end in windows]
    times, levels = held_down((np.zeros(1), np.ones(1)), inside, level, ramp)
    return [(t, v) for t, v in zip(times.tolist(), levels.tolist(), strict=True) if t >= 0]


def _not_under(timeline: Timeline, gestures: Sequence[Gesture]) -> list[LyricLine]:
    """The lyric lines that no gesture with a mouth of its own would shout down."""
    mouthy = [g for g in gestures if g.is_big or g.action == "crossfader_hit"]
    return [
        line for line in timeline.lyrics.lines if not any(g.start < line.end and line.start < g.end for g in mouthy)
    ]


# ---------------------------------------------------------------------------------------------- eyes


@dataclass(frozen=True, slots=True)
class Glance:
    """A look aside: the eyes in metres, the head in degrees."""

    start: float
    end: float
    dx: float
    dz: float
    yaw: float = 0.0
    pitch: float = 0.0


_TARGETS: tuple[tuple[float, tuple[float, float, float, float]], ...] = (
    (3.0, (0.013, -0.013, 6.0, 4.0)),
    (3.0, (-0.013, -0.013, -6.0, 4.0)),
    (2.0, (0.014, -0.003, 9.0, 0.0)),
    (2.0, (-0.014, -0.003, -9.0, 0.0)),
    (1.0, (0.0, 0.012, 0.0, -4.0)),
)
"""Weights, and where she looks: her left deck, her right one, the crowd on both sides, the lights."""
_STRAIGHT_S = 0.8
"""After drops and cuts she looks at the audience this long."""
_BEFORE_SCRATCH_S = 0.32


def plan_glances(timeline: Timeline, gestures: Sequence[Gesture], spells: Sequence[Spell]) -> list[Glance]:
    """Looks aside in ascending time, between gestures, cuts and drops; seeded."""
    dice = random.Random(f"{timeline.meta.seed}/glances")
    duration = timeline.meta.duration_sec
    straight = {*timeline.drops(), *(shot.start for plan in timeline.camera.values() for shot in plan.shots)}
    busy = [(g.start - _BEFORE_SCRATCH_S - 0.1, g.end) for g in gestures]
    busy += [(t - 0.3, t + _STRAIGHT_S) for t in straight]
    busy += [(start, end) for start, end, name in spells if name in ("rising", "gasp", "joy")]
    busy.sort()
    glances: list[Glance] = []
    t = dice.uniform(0.8, 1.6)
    while True:
        end = t + dice.uniform(0.5, 1.2)
        if end + 0.5 >= duration:
            return glances
        hit = next((b for b in busy if b[0] < end + 0.4 and t < b[1]), None)
        if hit:
            t = hit[1] + 0.05
            continue
        weights = [weight for weight, _ in _TARGETS]
        _, (dx, dz, yaw, pitch) = dice.choices(_TARGETS, weights)[0]
        glances.append(Glance(t, end, dx, dz, yaw, pitch))
        t = end + dice.uniform(1.0, 3.0)


def _look_keys(glances: Sequence[Glance], gestures: Sequence[Gesture]) -> tuple[Keys, Keys]:
    """The eyes' dx and dz: quick there, quick back; before a scratch to its deck, until the scratch itself looks."""
    moments: list[tuple[float, float, float]] = [(0.0, 0.0, 0.0)]
    looks = [(g.start, g.end, g.dx, g.dz, 0.12) for g in glances]
    for gesture in gestures:
        if gesture.action.startswith("deck_scratch"):
            aside = 0.015 * side_sign(gesture.hands)
            looks.append((gesture.start - _BEFORE_SCRATCH_S, gesture.start, aside, -0.015, 0.06))
    for start, end, dx, dz, back in sorted(looks):
        if start > moments[-1][0]:
            moments += [(start, 0.0, 0.0), (start + 0.1, dx, dz), (end, dx, dz), (end + back, 0.0, 0.0)]
    return [(t, dx) for t, dx, _ in moments], [(t, dz) for t, _, dz in moments]


def _head_keys(glances: Sequence[Glance], angle: str) -> Keys:
    """The head follows the eyes, later and slower."""
    keys: Keys = [(0.0, 0.0)]
    for g in glances:
        value = getattr(g, angle)
        keys += [(g.start + 0.04, 0.0), (g.start + 0.42, value), (g.end + 0.02, value), (g.end + 0.5, 0.0)]
    return keys


# ---------------------------------------------------------------------------------------------- keys


def _product(a: Keys, b: Keys) -> Keys:
    return _joined(a, b, lambda x, y: x * y)


def _total(a: Keys, b: Keys) -> Keys:
    return _joined(a, b, lambda x, y: x + y) if b else a


def _joined(a: Keys, b: Keys, how: Callable[[Array, Array], Array]) -> Keys:
    times = np.array(sorted({t for t, _ in (*a, *b)}))
    values = how(monotone_keys(a, times), monotone_keys(b, times))
    return list(zip(times.tolist(), values.tolist(), strict=True))


def _with_blinks(half: Keys, blinks: Sequence[float]) -> Keys:
    """Lids that half close no more while they blink: both shapes at once would leave the eye."""
    cancelled = -0.5
    keys = [key for key in half if not any(start <= key[0] <= start + 0.25 for start in blinks)]
    for start in blinks:
        before, after = monotone_keys(half, [start, start + 0.25]).tolist()
        keys += [(start, before), (start + 0.07, cancelled), (start + 0.11, cancelled), (start + 0.25, after)]
    return sorted(keys)
