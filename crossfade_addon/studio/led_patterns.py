# SPDX-License-Identifier: GPL-3.0-or-later
"""How bright each part of the LED wall is, frame by frame: a formula per pattern family, driven by the song.

A formula gives a level and a share of white, both (n,) and 0..1. Whatever the tempo, no part comes on more than
2.6 times a second, and families move so that the wall as a whole stays about equally bright.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from . import compat
from .led_wall import LedWall, WallPart
from .light_cues import WallSpan
from .light_score import Score, corners
from .ownership import Workshop
from .stage_model import Stage

Levels = tuple[np.ndarray, np.ndarray]
Formula = Callable[[WallPart, Score, float], Levels]

GAINS = {
    "bars": 1.6,
    "rings": 1.8,
    "waves": 1.45,
    "checker": 1.5,
    "sweep": 1.7,
    "text": 2.2,
    "spectrum": 1.5,
    "noise": 1.4,
}
"""Brightness of the families beside each other: those that fill more of the wall shine less."""
TEXT_GAIN = 0.75
"""Letters are lit at least so much, however quiet the wall is: they must be read on a phone."""
SLAM_S = 0.09
"""How fast the slammed title shrinks to its size."""
SCROLL_BARS = 4.0
_TOLERANCE = 1 / 120
_EASE = 0.16
"""Beats that a change on the beat takes; half of it lies before the beat, so that it is seen on it."""


@dataclass(frozen=True, slots=True)
class _Motion:
    """Where a part stands: offsets in metres from its rest, and its scale along x and z."""

    dx: np.ndarray | None = None
    dz: np.ndarray | None = None
    scale: np.ndarray | None = None
    height: np.ndarray | None = None


def animate_wall(stage: Stage, wall: LedWall, score: Score, *, shop: Workshop) -> None:
    """Write the F-curves of every part: light and motion in its family's spans, hidden outside them."""
    white = np.array(stage.colors["W"])
    rest = np.array(wall.design.rest)
    by_family: dict[str, list[WallSpan]] = {}
    for span in score.wall:
        by_family.setdefault(span.family, []).append(span)
    whole = {span: score.cut(slice(span.start, span.end)) for span in score.wall}
    for part in wall.parts:
        spans = by_family.get(part.family, [])
        frames: list[np.ndarray] = []
        colors: list[np.ndarray] = []
        moves: list[tuple[np.ndarray, _Motion]] = []
        shown = np.zeros(len(score.frames), dtype=bool)
        for span in spans:
            cut = whole[span]
            level, pale = LEVELS[part.family](part, cut, span.variation)
            motion = _motion(part, cut, span)
            if part.family == "text":
                level, pale = _title_light(part, cut, span, motion, stage)
            design_gain = max(TEXT_GAIN, wall.design.gain) if part.family == "text" else wall.design.gain
            gain = design_gain * GAINS[part.family] * (0.38 + 0.62 * cut.energy)
            level = level * gain * cut.fade(0.45, 0.85)
            hue = np.array(wall.design.color(stage, _shifted(part.hue, span.variation, part.family)))
            rgb = hue + (white - hue) * np.clip(0.04 + pale + 0.7 * cut.flash, 0, 1)[:, None]
            level = np.maximum(level, 0.8 * cut.flash) * cut.dim * (1 - cut.black)
            rgb = rgb * level[:, None]
            if part.family != "text":
                rgb = rgb + rest * (cut.dim * (1 - cut.black))[:, None]
            np.clip(rgb, 0.0, 1.0, out=rgb)
            kept = corners(rgb.T.astype("f4"), np.full(3, max(1e-3, float(rgb.max())) * _TOLERANCE, dtype="f4"))
            frames.append(cut.frames[kept])
            colors.append(rgb[kept])
            moves.append((cut.frames, motion))
            shown[span.start : span.end] = (rgb.max(axis=1) > 0.03) | (part.family != "text")
            shown[span.start : span.end] &= cut.black < 0.5
        if frames:
            rgba = np.concatenate([np.vstack(colors), np.ones((sum(map(len, frames)), 1))], axis=1)
            part.channel.key(np.concatenate(frames), rgba, shop)
            _move(part, moves, shop)
        _show(part, shown, score, shop)


def _shifted(hue: float, variation: float, family: str) -> float:
    """Parts of two sections differ by where their colours start; left stays left."""
    if family in ("rings", "waves"):
        turned = (hue + variation) % 1.0
        return 1 - abs(2 * turned - 1)
    return hue


def _show(part: WallPart, shown: np.ndarray, score: Score, shop: Workshop) -> None:
    hidden = (~shown).astype(float)
    change = np.concatenate(([0], np.flatnonzero(np.diff(hidden)) + 1))
    animation = part.object.animation_data
    action = animation.action if animation else None
    curves = compat.fcurves_of(part.object, action=action or shop.action(f"{part.channel.name} visibility"))
    for path in ("hide_render", "hide_viewport"):
        compat.write_fcurve(curves, path, 0, score.frames[change], hidden[change], interpolation="CONSTANT")


def _move(part: WallPart, moves: Sequence[tuple[np.ndarray, _Motion]], shop: Workshop) -> None:
    animation = part.object.animation_data
    action = animation.action if animation else None
    curves = None
    for path, index, rest, factor in (
        ("location", 0, part.rest[0], "dx"),
        ("location", 2, part.rest[2], "dz"),
        ("scale", 0, 0.0, "scale"),
        ("scale", 2, 0.0, "height"),
    ):
        frames, values = [], []
        for at, motion in moves:
            series = getattr(motion, factor)
            if series is None:
                continue
            kept = corners(series[None, :].astype("f4"), np.array([0.004], dtype="f4"))
            # Both ends are keyed, or a span at rest would glide towards the next one.
            kept = np.union1d(kept, [0, len(series) - 1])
            frames.append(at[kept])
            values.append(series[kept] + rest if path == "location" else series[kept] * part.size)
        if frames:
            if curves is None:
                curves = compat.fcurves_of(part.object, action=action or shop.action(f"{part.channel.name} move"))
            compat.write_fcurve(curves, path, index, np.concatenate(frames), np.concatenate(values))


def _motion(part: WallPart, score: Score, span: WallSpan) -> _Motion:
    if part.family == "spectrum":
        level = score.band(part.place, 0.53 * part.index) ** 0.8 * (1 - 0.35 * part.place)
        return _Motion(height=np.clip(0.06 + (0.35 + 0.65 * score.energy) * level, 0.05, 1.0))
    if part.family != "text" or part.place > 0:
        return _Motion()
    since = score.seconds - score.seconds[0]
    still = np.ones(len(since))
    if span.hit:
        if not score.flashes:
            return _Motion(scale=still, height=still)
        size = 1 + 0.55 * np.exp(-since / SLAM_S) + 0.05 * score.kick * (since > 0.3)
        x, z = part.frame.text[:2] if part.frame.text else (0.0, 0.0)
        across, up = part.rest[0] - part.frame.x - x, part.rest[2] - part.frame.z - z
        return _Motion(dx=across * (size - 1), dz=up * (size - 1), scale=size, height=size)
    if not score.flashes:
        return _Motion(scale=still, height=still)
    if not part.runs:
        return _Motion(dx=0 * still, dz=0 * still, scale=still, height=still)
    # The title runs through from right to left; it is half in when the song begins.
    far = 2.0 * part.frame.half_z
    through = np.mod(0.18 + (score.bar - score.bar[0]) / SCROLL_BARS, 1.0)
    return _Motion(dx=far * (1 - 2 * through), dz=0 * still, scale=still, height=still)


def _title_light(part: WallPart, score: Score, span: WallSpan, motion: _Motion, stage: Stage) -> Levels:
    since = score.seconds - score.seconds[0]
    if part.place > 0:
        ago = np.mod(score.step - part.place, 6.0)
        return 0.12 + 0.40 * np.exp(-ago / 1.1) + 0.15 * score.kick, np.zeros(len(since))
    level = np.ones(len(since))
    pale = np.full(len(since), 0.35)
    if span.hit and score.flashes:
        pale = 0.35 + 0.65 * np.exp(-since / 0.25)
    elif motion.dx is not None:
        edge = part.frame.text[2] / 2 if part.frame.text else 2.0
        away = np.abs(part.rest[0] + motion.dx - part.frame.x)
        level = np.clip((edge + 0.25 - away) / 0.5, 0.0, 1.0)
    else:
        # Letters come on one after the other, then a gleam runs over them.
        turn = (score.bar - score.bar[0]) * (2.5 if span.hit else 1.0)
        place = part.index / max(1, part.count)
        level = np.clip((turn - 0.10 - 0.55 * place) / 0.25, 0.0, 1.0)
        bars = score.bar - score.bar[0]
        gleam = np.exp(-(((np.mod(bars / 2 - place * 0.5, 1.0) - 0.5) / 0.09) ** 2))
        level = level * (0.85 + 0.3 * gleam)
        pale = 0.25 + 0.6 * gleam
    return level, pale


# ------------------------------------------------------------------------------------------ families


def _bars(part: WallPart, score: Score, variation: float) -> Levels:
    rank, ranks = part.index // 2, max(1, part.count // 2)
    ago = np.mod(score.step - rank, ranks)
    crest = np.exp(-((ago / (0.9 if score.flashes else 1.6)) ** 1.5))
    # The next bar rises while this one holds, so that nothing pops.
    soon = np.exp(-(((ranks - ago) / (0.12 if score.flashes else 0.7)) ** 2))
    inner = 0.25 * score.kick * (rank == 0)
    return np.minimum(1.0, 0.22 + 0.78 * np.maximum(crest, soon) + inner), 0.22 * crest * score.drop


def _rings(part: WallPart, score: Score, variation: float) -> Levels:
    age = np.mod(score.step - part.index / part.count, 1.0)
    crest = np.exp(-3.0 * age) + np.exp(-(((1 - age) / 0.05) ** 2))
    if not score.flashes:
        crest = 0.5 + 0.5 * np.cos(2 * math.pi * (score.bar - part.index / part.count))
    return 0.12 + 0.88 * np.minimum(1.0, crest), 0.25 * np.minimum(1, crest) * score.drop


def _waves(part: WallPart, score: Score, variation: float) -> Levels:
    phase = score.bar / 2 - 1.4 * part.index / part.count + variation
    crest = 0.5 + 0.5 * np.sin(2 * math.pi * phase)
    return 0.14 + 0.80 * crest**1.6, 0.12 * crest * score.kick


def _checker(part: WallPart, score: Score, variation: float) -> Levels:
    turn = np.mod(score.step + _EASE / 2, 2.0)
    even = part.index % 2 == 0
    into = np.mod(turn, 1.0)
    ease = np.clip(into / _EASE, 0.0, 1.0)
    held = 0.35  # what a square loses while it is lit
    on = np.where((turn < 1.0) == even, ease * (1 - held * into), (1 - ease) * (1 - held))
    return 0.06 + 0.94 * on, 0.15 * on * score.drop


def _sweep(part: WallPart, score: Score, variation: float) -> Levels:
    head = score.rush if score.flashes else score.bar / 2
    behind = np.mod(head - part.index / part.count * 0.94, 1.0)
    crest = np.exp(-6.0 * behind) + np.exp(-(((1 - behind) / 0.03) ** 2))
    crest = np.minimum(1.0, crest)
    return 0.10 + 0.90 * crest, 0.45 * crest**3 * (0.4 + 0.6 * score.energy)


def _spectrum(part: WallPart, score: Score, variation: float) -> Levels:
    return 0.55 + 0.45 * score.band(part.place, 0.53 * part.index), 0.18 * score.kick * (1 - part.place)


def _noise(part: WallPart, score: Score, variation: float) -> Levels:
    clock = score.step + _EASE / 2 if score.flashes else score.step / 4
    table = np.array(
        [math.modf(abs(math.sin(12.9898 * (part.index + 1) + 78.233 * k)) * 43758.5453)[0] for k in range(67)]
    )
    now = np.floor(clock).astype(int)
    into = clock - now
    ease = np.clip(into / (_EASE if score.flashes else 0.9), 0.0, 1.0)
    ease = ease * ease * (3 - 2 * ease)
    value = table[(now - 1) % 67] * (1 - ease) + table[now % 67] * ease
    return 0.08 + 0.92 * value**2, 0.15 * value**4 * score.energy


def _text(part: WallPart, score: Score, variation: float) -> Levels:
    return np.ones(len(score.beat)), np.zeros(len(score.beat))


LEVELS: dict[str, Formula] = {
    "bars": _bars,
    "rings": _rings,
    "waves": _waves,
    "checker": _checker,
    "sweep": _sweep,
    "text": _text,
    "spectrum": _spectrum,
    "noise": _noise,
}
