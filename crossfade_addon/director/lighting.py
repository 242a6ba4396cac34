# SPDX-License-Identifier: GPL-3.0-or-later
"""The lighting plan: one look per part, the blackout, flash and confetti around each drop, LED wall and beams."""

from __future__ import annotations

import random

from ..themes import Theme
from ..timeline import LightCue, LightingPlan
from .light_show import plan_beams, plan_wall
from .score import Score
from .sung import NOTHING, Sung

FLASH_S = 2 / 30
"""Two frames at 30 frames per second."""
CONFETTI_BARS = 4
BLACKOUT_LEVEL = 0.03
CALM_GLIDE_S = 3.0


def plan_lighting(score: Score, theme: Theme, *, rng: random.Random, sung: Sung = NOTHING) -> LightingPlan:
    """Cues in ascending time. Themes without flashes get a cue of level 0.3 that only warms the haze.

    Calm music, without a beat to follow, gets neither blackouts nor flashes.
    """
    cues = [
        LightCue(
            part.start_time,
            part.end_time - part.start_time,
            part.section_type,
            part.energy_level,
            f"{part.section_type} from {score.place(part.start_time)}, energy {part.energy_level:.2f}",
        )
        for part in score.sections
    ]
    for drop in score.drops():
        why = score.why("drop", drop)
        length = min(drop, score.beat_s if score.beat_s < 0.4 else 0.75 * score.beat_s)
        if length > 0.05:
            cues.append(LightCue(drop - length, length, "blackout", BLACKOUT_LEVEL, f"the breath before the {why}"))
        cues.append(LightCue(drop, FLASH_S, "flash", 1.0 if theme.flashes else 0.3, why))
        falling = min(CONFETTI_BARS * score.bar_s, score.duration - drop)
        cues.append(LightCue(drop, falling, "confetti", 1.0, f"{CONFETTI_BARS} bars from the {why}"))
    return LightingPlan(
        preset=theme.name,
        primary_color=theme.palette["A"],
        accent_color=theme.palette["P"],
        cues=tuple(sorted(cues, key=lambda cue: (cue.t, cue.look))),
        wall=plan_wall(score, theme, rng, sung),
        beams=plan_beams(score, theme, rng),
        intensity_curve=_curve(score),
    )


def _curve(score: Score) -> tuple[tuple[float, float], ...]:
    """Level of the whole rig: held through each part, rising through builds, gliding over half a beat at the seams
    (3 s in calm music)."""
    points: list[tuple[float, float]] = []
    glide = CALM_GLIDE_S if score.calm else 0.5 * score.beat_s
    for k, part in enumerate(score.sections):
        start, end = part.start_time, part.end_time
        following = score.sections[k + 1].energy_level if k + 1 < len(score.sections) else part.energy_level
        points.append((start, part.energy_level))
        top = max(part.energy_level, 0.8 * following) if part.section_type == "build" else part.energy_level
        points.append((max(start, end - glide), top))
    points.append((score.duration, 0.0 if score.sections[-1].section_type == "outro" else points[-1][1]))
    ordered: dict[float, float] = {}
    for t, level in points:
        ordered[round(t, 4)] = level
    return tuple(sorted(ordered.items()))
