# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a show on the DJ: NLA strips on the rig, keys on platters and crossfader.

Conventions: scene frames from ``timing.subframe_at``, strips begin between frames where beats do. Tracks,
bottom up: ``base`` (REPLACE: the bob, its influence is the energy), ``groove`` (head bangs on the same beats,
their influence follows the kick), ``hands`` (raised to the crowd), ``hits`` and ``hits2`` (gestures), ``mood``
(the song's face, one strip) and ``blinks``. All but ``base`` are COMBINE: offsets that begin and end at nothing,
so the bob goes on below and no edge can pop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from mathutils import Matrix

from .. import timing
from ..timeline import Timeline
from . import compat
from .actions import REFERENCE_FPS, write_face
from .avatar import Avatar
from .gear import Gear
from .gear_plan import plan_knob, plan_platter
from .groove import plan_bang, plan_bob, plan_influence, plan_raised
from .mood import plan_mood
from .performance_plan import Gesture, plan_gestures

TRACKS = ("base", "groove", "hands", "hits", "hits2", "mood", "blinks")


def perform(
    avatar: Avatar,
    gear: Gear,
    actions: dict[str, Any],
    timeline: Timeline,
    fps: Fraction,
    *,
    intensity: float = 1.0,
    temper: float = 1.0,
) -> None:
    """Animate avatar and gear for a whole song, replacing what an earlier call did.

    Parameters
    ----------
    actions : dict
        From ``actions.make_actions``.
    intensity : float
        0.2..1.5; scales bob, head bangs, raised hands and expressions (not the gestures, which must reach the gear).
    temper : float
        0..1, the theme's ``soft``: how far bob, head bangs, raised hands and wild faces may go.
    """
    rig = avatar.rig
    clear_performance(rig)
    gestures = plan_gestures(timeline)
    raised = plan_raised(timeline, gestures, intensity, temper)
    mood = plan_mood(timeline, gestures, intensity, temper)
    tracks = {}
    for name in TRACKS:
        tracks[name] = rig.animation_data.nla_tracks.new()
        tracks[name].name = name
    stage = _Tracks(actions, fps)
    influence = plan_influence(timeline, gestures, raised, intensity, temper)
    bang = plan_bang(timeline, gestures, intensity, temper)
    for bob in plan_bob(timeline):
        strip = stage.place(tracks["base"], "idle_bob", bob.start, bob.end, repeat=bob.loops, blend="REPLACE")
        _animate_influence(strip, influence, bob.start, bob.end, stage.frame)
        if bang[1].any():
            strip = stage.place(tracks["groove"], "head_bang", bob.start, bob.end, repeat=bob.loops)
            _animate_influence(strip, bang, bob.start, bob.end, stage.frame)
    for up in raised:
        stage.place(tracks["hands"], up.action, up.start, up.end)
    for name, layer in zip(("hits", "hits2"), _layers(gestures), strict=True):
        for gesture in layer:
            strip = stage.place(tracks[name], gesture.action, gesture.start)
            if gesture.influence < 1:
                constant = np.zeros(1), np.full(1, gesture.influence)
                _animate_influence(strip, constant, gesture.start, gesture.end, stage.frame)
    write_face(rig, actions["mood"], mood.channels, lambda seconds: np.array(stage.frames(seconds)))
    stage.place_whole(tracks["mood"], "mood")
    for start in mood.blinks:
        stage.place(tracks["blinks"], "blink", start)
    for side, platter in gear.platters.items():
        times, angles = plan_platter(side, gestures, timeline.meta.duration_sec)
        _write(platter, "rotation_euler", 2, stage.frames(times), np.radians(angles))
    times, places = plan_knob(gestures)
    _write(gear.knob, "location", 0, stage.frames(times), places)


def clear_performance(rig: Any) -> None:
    """Remove our NLA tracks and put every bone back to rest (a removed track leaves its last pose behind)."""
    animation = rig.animation_data or rig.animation_data_create()
    animation.action = None
    for track in [t for t in animation.nla_tracks if t.name in TRACKS]:
        animation.nla_tracks.remove(track)
    for bone in rig.pose.bones:
        bone.matrix_basis = Matrix.Identity(4)


def _layers(gestures: Sequence[Gesture]) -> tuple[list[Gesture], list[Gesture]]:
    """Gestures split so that none overlaps another on the same track."""
    lower: list[Gesture] = []
    upper: list[Gesture] = []
    for gesture in gestures:
        (upper if lower and gesture.start < lower[-1].end - 1e-6 else lower).append(gesture)
    return lower, upper


class _Tracks:
    def __init__(self, actions: dict[str, Any], fps: Fraction) -> None:
        self.actions = actions
        self.fps = fps

    def frame(self, seconds: float) -> float:
        return timing.subframe_at(float(seconds), self.fps)

    def frames(self, seconds: Any) -> list[float]:
        return [self.frame(t) for t in seconds]

    def place(
        self,
        track: Any,
        name: str,
        start: float,
        end: float | None = None,
        *,
        repeat: int = 1,
        blend: str = "COMBINE",
    ) -> Any:
        """Add a strip behind all others of its track; without ``end`` the action keeps its own speed."""
        action = self.actions[name]
        first = self.frame(start)
        own = action.frame_range[1] - action.frame_range[0]
        scale = (self.frame(end) - first) / (own * repeat) if end is not None else float(self.fps) / REFERENCE_FPS
        # A new strip must not touch its predecessor, so it is made on the next whole frame and then moved.
        # The order matters: a strip's start or end alone would change its scale.
        strip = track.strips.new(name, math.ceil(first), action)
        compat.assign_strip_slot(strip, action)
        strip.blend_type = blend
        strip.extrapolation = "NOTHING"
        strip.use_auto_blend = False
        strip.blend_in = strip.blend_out = 0.0
        strip.repeat = repeat
        strip.scale = scale
        strip.frame_end = first + own * repeat * scale
        strip.frame_start = first
        return strip

    def place_whole(self, track: Any, name: str) -> Any:
        """Add an action whose keys already lie on scene frames."""
        action = self.actions[name]
        strip = track.strips.new(name, int(action.frame_range[0]), action)
        compat.assign_strip_slot(strip, action)
        strip.blend_type = "COMBINE"
        strip.extrapolation = "NOTHING"
        strip.use_auto_blend = False
        return strip


def _animate_influence(
    strip: Any, curve: tuple[np.ndarray, np.ndarray], start: float, end: float, frame: Callable[[float], float]
) -> None:
    """Give a strip its part of the influence curve (without a key Blender would read it as 0)."""
    times, levels = curve
    inside = times[(times > start) & (times < end)]
    at = np.concatenate(([start], inside, [end]))
    values = np.interp(at, times, levels)
    strip.use_animated_influence = True
    points = strip.fcurves.find("influence").keyframe_points
    points.clear()
    points.add(len(at))
    co = np.empty(len(at) * 2, dtype="f4")
    co[0::2] = [frame(t) for t in at]
    co[1::2] = values
    points.foreach_set("co", co)
    points.foreach_set("interpolation", np.ones(len(at), dtype="i4"))
    strip.fcurves.find("influence").update()


def _write(ob: Any, path: str, index: int, frames: Sequence[float], values: Any) -> None:
    compat.write_fcurve(compat.fcurves_of(ob), path, index, frames, values)
