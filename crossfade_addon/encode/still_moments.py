# SPDX-License-Identifier: GPL-3.0-or-later
"""Which moments of a clip may make a good still: chosen from the script alone, before anything is rendered.

Conventions: seconds of the song; scores only compare moments of one aspect. The studio looks at what is proposed
here through the real cameras and keeps the best of it.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from fractions import Fraction

from ..setups import BEHIND
from ..stills import Moment
from ..timeline import Clip, Shot, Timeline
from ..timing import frame_at, seconds_at

AFTER_BEAT_S = 0.07
"""The lights have come up and the body is on its way out of the nod this long after a beat."""
AFTER_DROP_S = 0.25
"""A picture of a drop is taken no earlier: its first frames are a white flash."""
BEFORE_DROP_S = 1.1
"""Lights go out before a drop, and a face is caught in a gasp."""
FROM_CUT_S = 0.12
"""Cameras that snap or nudge at a cut have come to rest after this."""
LEAST_GAP_S = 1.6
"""Distance of two moments, less in a very short clip."""
PER_PICTURE = 5
"""Moments proposed for each picture that is wanted."""
_GRID_S = 0.5
_SHOT_WORTH = {
    "hero": 0.55,
    "low": 0.50,
    "close": 0.60,
    "face": 0.55,
    "dolly": 0.45,
    "orbit": 0.40,
    "side": 0.30,
    "crowd": 0.30,
    "wide": 0.15,
    "decks": 0.10,
    "top": 0.0,
    "crane": 0.0,
    "hand_L": -0.4,
    "hand_R": -0.4,
    "emblem": -0.2,
}
"""How well a set-up shows the DJ's face."""
_SECTION_WORTH = {"drop": 0.45, "chorus": 0.40, "bridge": 0.10, "verse": 0.05, "build": -0.10, "intro": -0.2}
_GESTURES = {"drop_reaction": (0.30, 0.60), "spotlight_present": (0.40, 0.45), "crossfader_hit": (0.12, 0.15)}
"""How long after its hit a gesture is at its fullest, and what it is worth."""
_GESTURE_HOLD_S = 0.9


def choose_moments(
    timeline: Timeline, aspect: str, clips: Sequence[Clip], fps: Fraction, pictures: int
) -> tuple[Moment, ...]:
    """Moments in order of their worth, ``PER_PICTURE`` for each picture that is wanted, fewer in a short clip.

    They lie in the clips (the whole song when there are none), on beats and gestures, away from cuts, blackouts,
    flashes and hard stops, in shots that show the DJ from the front.
    """
    whole = Clip(0.0, timeline.meta.duration_sec, "")
    found = {}
    for clip in clips or (whole,):
        for t in _times(timeline, clip):
            moment = _moment(timeline, aspect, t, clip, fps)
            if moment is not None and moment.frame not in found:
                found[moment.frame] = moment
    ranked = sorted(found.values(), key=lambda moment: (-moment.score, moment.frame))
    kept: list[Moment] = []
    per_shot: dict[str, int] = {}
    seconds = sum(clip.duration for clip in clips or (whole,))
    gap = float(min(LEAST_GAP_S, seconds / (2 * pictures)) * fps)
    for moment in ranked:
        if len(kept) == pictures * PER_PICTURE:
            break
        apart = all(abs(moment.frame - other.frame) >= gap for other in kept)
        # not all of them of one set-up, however well it suits
        if apart and per_shot.get(moment.shot, 0) < 2 * pictures:
            kept.append(moment)
            per_shot[moment.shot] = per_shot.get(moment.shot, 0) + 1
    if not kept:
        clip = (clips or (whole,))[0]
        frame = frame_at((clip.start + clip.end) / 2, fps)
        kept.append(Moment(frame, _shot_name(_shot_at(timeline, aspect, seconds_at(frame, fps))), 0.0, "its middle"))
    return tuple(kept)


def _times(timeline: Timeline, clip: Clip) -> list[float]:
    """Just after beats and drops, and at the height of gestures."""
    beats = timeline.beats.timestamps
    if not beats:
        count = int(clip.duration / _GRID_S)
        beats = tuple(clip.start + _GRID_S * k for k in range(count))
    times = [t + AFTER_BEAT_S for t in beats]
    times += [t + AFTER_DROP_S for t in timeline.drops()]
    for trigger in timeline.avatar.triggers:
        if trigger.action in _GESTURES:
            times.append(trigger.t + _GESTURES[trigger.action][0])
    return sorted(t for t in times if clip.start <= t < clip.end - 0.05)


def _moment(timeline: Timeline, aspect: str, t: float, clip: Clip, fps: Fraction) -> Moment | None:
    """The moment with its worth, or None where no picture should be taken."""
    frame = frame_at(t, fps)
    t = seconds_at(frame, fps)
    shot = _shot_at(timeline, aspect, t)
    if shot is not None:
        if shot.shot in BEHIND:
            return None
        if t - shot.start < FROM_CUT_S or (shot.end - t < FROM_CUT_S and shot.end < timeline.meta.duration_sec):
            return None
    if _is_dark(timeline, t):
        return None
    section = timeline.section_at(t)
    energy = timeline.signals.at("energy", t)
    worth = energy + _SHOT_WORTH.get(_shot_name(shot), 0.0)
    reason = f"energy {energy:.2f}"
    if section is not None:
        worth += _SECTION_WORTH.get(section.section_type, 0.0)
        reason = f"{section.section_type}, {reason}"
    drop = _drop_before(timeline, t)
    if drop is not None:
        since = t - drop[0]
        if since < AFTER_DROP_S - 0.02:
            return None
        worth += (0.3 + 0.4 * drop[1]) * max(0.0, 1.0 - since / 6.0)
        if since < 2.0:
            reason = f"{since:.1f} s after a drop, {reason}"
    for trigger in timeline.avatar.triggers:
        after, value = _GESTURES.get(trigger.action, (0.0, 0.0))
        if value and after - 0.1 <= t - trigger.t <= _GESTURE_HOLD_S:
            worth += value
            reason = f"{trigger.action}, {reason}"
            break
    return Moment(frame, _shot_name(shot), round(worth, 4), reason)


def _is_dark(timeline: Timeline, t: float) -> bool:
    """Whether the lights are out, blind the camera or are about to do either."""
    if any(0 < drop - t < BEFORE_DROP_S for drop in timeline.drops()):
        return True
    for cue in timeline.lighting.cues:
        if cue.look in ("blackout", "flash") and cue.t - 0.05 <= t <= cue.t + cue.duration + 0.1:
            return True
    stops = [event.t for event in timeline.events if event.type in ("hard_stop", "silence")]
    return any(0 <= t - stop < 1.0 for stop in stops)


def _drop_before(timeline: Timeline, t: float) -> tuple[float, float] | None:
    drops = [event for event in timeline.events if event.type == "drop" and event.t <= t]
    if not drops:
        return None
    rank = {"low": 0.3, "medium": 0.6, "high": 1.0}
    return drops[-1].t, max(drops[-1].strength, rank.get(drops[-1].intensity, 0.3))


def _shot_at(timeline: Timeline, aspect: str, t: float) -> Shot | None:
    plan = timeline.camera.get(aspect)
    if plan is None or not plan.shots:
        return None
    index = bisect.bisect_right([shot.start for shot in plan.shots], t) - 1
    return plan.shots[max(0, index)]


def _shot_name(shot: Shot | None) -> str:
    return shot.shot if shot is not None else ""
