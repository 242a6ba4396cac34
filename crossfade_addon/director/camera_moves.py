# SPDX-License-Identifier: GPL-3.0-or-later
"""How the camera moves inside its shots: what for, when and how strongly (set-ups and cuts: ``camera``).

Rules: the first second always moves; a push-in that accelerates rides every build; a drop pulls back and shakes; big
hits punch the lens where the theme may flash; orbits circle, cranes rise and sink, the dolly runs along the booth,
the crowd's camera is held by hand; every other shot drifts, pushes or swings. Calm music only drifts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..themes import Theme
from ..timeline import Movement, Shot, Trigger
from .score import Score, nudge_reason

CALM_AMOUNT = 0.35
SHAKE_S, SNAP_S, NUDGE_S = 0.5, 0.45, 0.8
_OWN = {"orbit": "arc", "crane": "rise", "dolly": "track", "shoulder": "track"}
"""Set-ups made for one move."""
_WORDS = {"arc": "circles", "rise": "rises", "track": "runs along the booth"}
_STILL = frozenset({"decks", "top", "reverse", "hand_L", "hand_R"})
"""Set-ups that only drift."""
_FAR = frozenset({"wide", "emblem"})
"""Set-ups that stay far, or a nearer one after them would look the same."""


def plan_moves(
    score: Score,
    theme: Theme,
    shots: Sequence[Shot],
    nudge_times: Sequence[float],
    triggers: Sequence[Trigger],
    rng: random.Random,
) -> tuple[Movement, ...]:
    """The moves of one aspect in ascending time. Amounts are strengths, -1..1, of what each move may do at most."""
    drops, builds = score.drops(), score.builds()
    moves: list[Movement] = []
    for k, shot in enumerate(shots):
        t, length = shot.start, shot.end - shot.start
        here = f"{score.place(t)} of the {score.section_at(t).section_type}, energy {score.energy_at(t):.2f}"
        if shot.shot == "crowd" and not score.calm:
            amount = 1.0 if theme.flashes else 0.3
            moves.append(Movement(t, "handheld", length, amount, f"held by hand in the crowd: {here}"))
        if any(abs(t - drop) < 0.02 for drop in drops):
            moves += _drop(score, theme, shot)
        elif any(start - 1e-6 <= t < drop - 1e-6 for start, drop in builds):
            continue  # the push over the whole build moves these
        elif t == 0.0:
            moves += _opening(score, shot, rng)
        elif k == len(shots) - 1 and shot.shot in ("wide", "crane"):
            amount = CALM_AMOUNT if score.calm else 0.8
            action = "drift" if score.calm else "pull_back"
            moves.append(Movement(t, action, length, amount, f"the film lets go: {here}", "settle"))
        else:
            moves.append(_usual(score, shot, here, rng))
    for start, drop in builds:
        why = f"{score.why('build', start)} up to the drop at {score.place(drop)}"
        moves.append(Movement(start, "push_in", drop - start, 1.0, why, "accelerate"))
    if theme.flashes and not score.calm:
        moves += _snaps(score, shots, triggers)
    amount = CALM_AMOUNT if score.calm else 0.7
    for t in nudge_times:
        why = f"{nudge_reason(score, t, nudge_times)}, at {score.place(t)}"
        moves.append(Movement(t, "nudge", min(NUDGE_S, score.duration - t), amount, why))
    return tuple(sorted(moves, key=lambda move: (move.t, move.action)))


def _drop(score: Score, theme: Theme, shot: Shot) -> list[Movement]:
    t, length, why = shot.start, shot.end - shot.start, score.why("drop", shot.start)
    shake = 1.0 if theme.flashes else 0.4
    return [
        Movement(t, "pull_back", min(length, 2 * score.bar_s), 1.0, f"{why}: the room opens", "settle"),
        Movement(t, "shake", min(length, SHAKE_S), shake, f"{why}: the hit"),
    ]


def _opening(score: Score, shot: Shot, rng: random.Random) -> list[Movement]:
    """Quickest at its start, so that whoever has just swiped in sees it move."""
    length, amount = shot.end - shot.start, CALM_AMOUNT if score.calm else 1.0
    lasts, why = min(length, 3.0 if score.calm else max(4.0, score.bar_s)), "the first second must move"
    moves = [Movement(0.0, "rise", lasts, -amount, f"the camera comes down: {why}", "settle")]
    if shot.shot != "crane":
        moves.append(Movement(0.0, "push_in", lasts, 0.9 * amount, f"and nearer: {why}", "settle"))
    if lasts < length:
        way = rng.choice((-1, 1))
        moves.append(Movement(0.0, "drift", length, way * 0.3, "and on, as nothing else happens", "glide"))
    return moves


def _usual(score: Score, shot: Shot, here: str, rng: random.Random) -> Movement:
    t, length, energy = shot.start, shot.end - shot.start, score.energy_at(shot.start)
    way = rng.choice((-1, 1))
    if shot.shot in _OWN:
        action = _OWN[shot.shot]
        amount = CALM_AMOUNT if score.calm else round(0.45 + 0.5 * energy, 2)
        return Movement(t, action, length, way * amount, f"the {shot.shot} {_WORDS[action]}: {here}", "glide")
    if score.calm:
        return Movement(t, "drift", length, way * CALM_AMOUNT, f"no beat to follow: a slow drift; {here}", "glide")
    if shot.shot in _STILL:
        return Movement(t, "drift", length, way * 0.4, f"the {shot.shot} shot only drifts: {here}", "glide")
    push = 0.0 if shot.shot in _FAR else 1 + energy
    action = rng.choices(("push_in", "drift", "arc"), (push, 1.6 - energy, 0.7))[0]
    amount = round(0.3 + 0.35 * energy, 2)
    return Movement(t, action, length, amount if action == "push_in" else way * amount, here, "glide")


def _snaps(score: Score, shots: Sequence[Shot], triggers: Sequence[Trigger]) -> list[Movement]:
    """A punch of the lens with each crossfader hit that a shot holds with room before and after."""
    found = []
    for trigger in triggers:
        if trigger.action != "crossfader_hit" or score.energy_at(trigger.t) < 0.5:
            continue
        if any(shot.start + 0.3 < trigger.t < shot.end - SNAP_S for shot in shots):
            why = f"the crossfader is hit at {score.place(trigger.t)}"
            found.append(Movement(trigger.t, "snap", SNAP_S, round(0.5 + 0.5 * score.energy_at(trigger.t), 2), why))
    return found
