# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a performance by evaluating it: joint steps, pops, bob, and how well hands meet the gear.

Used by ``performance.py`` and by the tests. Conventions: degrees a joint turns against its parent from one frame to
the next and metres (armature space) a wrist travels, both scaled to 30 frames per second; seconds of the song.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from crossfade_addon import timing
from crossfade_addon.studio import deck_plane
from crossfade_addon.studio.action_tables import FADER_MOVE, SCRATCH_CONTACT
from crossfade_addon.studio.performance_plan import Gesture

LIMITS = {
    "hips": 12.0,
    "spine": 12.0,
    "chest": 12.0,
    "neck": 15.0,
    "head": 15.0,
    "upper_arm": 25.0,
    "forearm": 30.0,
    "hand": 48.0,
    "hair": 30.0,
    "hair_tip": 30.0,
}
"""Degrees a bone may turn against its parent in one frame at 30 fps."""
WRIST_LIMIT = 0.20
REACH_LIMIT = 0.012
"""Metres a wrist may fall short of its target: beyond it the elbow is locked straight."""
_SPIKE_DEG, _SPIKE_RATIO = 4.0, 3.0
_KNOB_TOP = 0.024
"""Of the fingertip above the knob's centre when it lies on it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Bone matrices (frames, bones, 4, 4) in armature space, and those of the moving gear in the armature's."""

    positions: np.ndarray
    names: list[str]
    parents: list[int]
    bones: np.ndarray
    gear: dict[str, np.ndarray]

    def bone(self, name: str) -> np.ndarray:
        """(frames, 4, 4) of one bone."""
        return self.bones[:, self.names.index(name)]


def record(scene: Any, rig: Any, gear: Any, positions: Sequence[float]) -> Recording:
    """Evaluate the scene at positions that may lie between frames."""
    import bpy

    names = [bone.name for bone in rig.pose.bones]
    parents = [names.index(bone.parent.name) if bone.parent else -1 for bone in rig.pose.bones]
    things = {**{f"platter {side}": ob for side, ob in gear.platters.items()}, "knob": gear.knob}
    count = len(positions)
    bones = np.empty((count, len(names), 4, 4))
    moved = {name: np.empty((count, 4, 4)) for name in things}
    row = np.empty(len(names) * 16, dtype="f4")
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        graph = bpy.context.evaluated_depsgraph_get()
        for i, position in enumerate(positions):
            whole = math.floor(position)
            scene.frame_set(whole, subframe=float(position - whole))
            evaluated = rig.evaluated_get(graph)
            evaluated.pose.bones.foreach_get("matrix", row)
            # Blender hands matrices over column by column.
            bones[i] = row.reshape(-1, 4, 4).transpose(0, 2, 1)
            inverse = evaluated.matrix_world.inverted()
            for name, ob in things.items():
                moved[name][i] = inverse @ ob.evaluated_get(graph).matrix_world
    return Recording(np.asarray(positions, dtype=float), names, parents, bones, moved)


def joint_steps(recording: Recording, fps: Fraction) -> dict[str, np.ndarray]:
    """Degrees per frame against the parent, of every bone in :data:`LIMITS`, scaled to 30 frames per second."""
    steps = {}
    for index, name in enumerate(recording.names):
        parent = recording.parents[index]
        if name.split(".")[0] in LIMITS and parent >= 0:
            own, above = _turns(recording.bones[:, index]), _turns(recording.bones[:, parent])
            local = np.swapaxes(above, 1, 2) @ own
            change = np.swapaxes(local[:-1], 1, 2) @ local[1:]
            # Of the sine too: the cosine alone is blind to small angles.
            skew = change - np.swapaxes(change, 1, 2)
            sine = np.sqrt(skew[:, 2, 1] ** 2 + skew[:, 0, 2] ** 2 + skew[:, 1, 0] ** 2) / 2
            cosine = (np.trace(change, axis1=1, axis2=2) - 1) / 2
            steps[name] = np.degrees(np.arctan2(sine, cosine)) * float(fps) / 30
    return steps


def _turns(matrices: np.ndarray) -> np.ndarray:
    turns = matrices[:, :3, :3]
    return turns / np.linalg.norm(turns, axis=1, keepdims=True)


def wrist_steps(recording: Recording, fps: Fraction) -> dict[str, np.ndarray]:
    """Metres per frame of both wrists, scaled to 30 frames per second."""
    return {
        side: np.linalg.norm(np.diff(recording.bone(f"hand.{side}")[:, :3, 3], axis=0), axis=1) * float(fps) / 30
        for side in "LR"
    }


def shortfall(recording: Recording) -> dict[str, np.ndarray]:
    """Metres by which each wrist misses its target, at every position."""
    return {
        side: np.linalg.norm(
            recording.bone(f"hand.{side}")[:, :3, 3] - recording.bone(f"ik_hand.{side}")[:, :3, 3], axis=1
        )
        for side in "LR"
    }


def spikes(steps: dict[str, np.ndarray]) -> list[tuple[str, int]]:
    """(bone, index) of steps above 4 degrees and more than three times both neighbours."""
    return [
        (name, int(i) + 1)
        for name, step in steps.items()
        for i in np.flatnonzero(
            (step[1:-1] > _SPIKE_DEG) & (step[1:-1] > _SPIKE_RATIO * step[:-2]) & (step[1:-1] > _SPIKE_RATIO * step[2:])
        )
    ]


def is_stroke(bone: str, t: float, gestures: Sequence[Gesture]) -> bool:
    """Whether an arm is meant to be this sudden: scratches reverse and the crossfader is slammed in two frames.

    A scratch's body kicks along, so it moves both arms; the crossfader's own arm alone slams.
    """
    if bone.split(".")[0] not in {"upper_arm", "forearm", "hand"}:
        return False
    return any(
        -0.23 < t - g.hit < 0.42
        if g.action.startswith("deck_scratch")
        else g.action == "crossfader_hit" and g.hands == bone[-1] and -0.12 < t - g.hit < 0.08
        for g in gestures
    )


def pops(
    steps: dict[str, np.ndarray], positions: np.ndarray, gestures: Sequence[Gesture], fps: Fraction
) -> list[tuple[str, float]]:
    """(bone, seconds) of spikes that are not a gesture's own strokes."""
    found = ((name, timing.seconds_at(float(positions[i]) + 0.5, fps)) for name, i in spikes(steps))
    return [(name, t) for name, t in found if not is_stroke(name, t, gestures)]


def over_limits(steps: dict[str, np.ndarray]) -> dict[str, tuple[float, int]]:
    """Of every kind of bone: its largest step as a part of its limit, and the index of that step."""
    worst: dict[str, tuple[float, int]] = {}
    for name, step in steps.items():
        kind = name.split(".")[0]
        part = float(step.max()) / LIMITS[kind]
        if part > worst.get(kind, (0.0, 0))[0]:
            worst[kind] = (part, int(step.argmax()))
    return worst


def bob_errors(
    heights: np.ndarray, seconds: np.ndarray, beats: Sequence[float], away_from: Sequence[tuple[float, float]]
) -> np.ndarray:
    """Seconds from every lowest point of the hips to the nearest beat.

    Parameters
    ----------
    heights, seconds : (n,)
        Evenly sampled; minima are refined by the parabola through three samples.
    away_from : (start, end) pairs
        Stretches with other reasons to move the hips; they are not looked at.
    """
    low = np.flatnonzero((heights[1:-1] < heights[:-2]) & (heights[1:-1] <= heights[2:])) + 1
    window = max(1, int(0.25 / (seconds[1] - seconds[0])))
    deep = [i for i in low if heights[max(0, i - window) : i + window].max() - heights[i] > 0.004]
    before, at, after = heights[np.array(deep) - 1], heights[deep], heights[np.array(deep) + 1]
    shift = 0.5 * (before - after) / (before - 2 * at + after)
    times = seconds[deep] + shift * (seconds[1] - seconds[0])
    grid = np.asarray(beats)
    times = times[(times > grid[0] - 0.1) & (times < grid[-1] + 0.1)]
    times = np.array([t for t in times if not any(a <= t <= b for a, b in away_from)])
    return np.array([np.min(np.abs(grid - t)) for t in times])


def fingertip_gaps(scene: Any, rig: Any, gear: Any, gestures: Sequence[Gesture], fps: Fraction) -> np.ndarray:
    """(n, 3) over all scratches: height over the platter, distance from its centre (metres), slip (degrees)."""
    rows = []
    for gesture in gestures:
        if not gesture.action.startswith("deck_scratch"):
            continue
        side = gesture.hands
        times = gesture.start + np.linspace(*SCRATCH_CONTACT, 13)
        found = record(scene, rig, gear, [timing.subframe_at(float(t), fps) for t in times])
        tip = _seen_from(found.gear[f"platter {side}"], _fingertip(found, side))
        angle = np.unwrap(np.arctan2(tip[:, 1], tip[:, 0]))
        rows.append(np.stack((tip[:, 2], np.hypot(tip[:, 0], tip[:, 1]), np.degrees(angle - angle[0])), axis=1))
    return np.concatenate(rows) if rows else np.zeros((0, 3))


def knob_gaps(scene: Any, rig: Any, gear: Any, gestures: Sequence[Gesture], fps: Fraction) -> np.ndarray:
    """Metres between fingertip and knob top, sideways and in height, while the crossfader is slammed."""
    rows = []
    for gesture in gestures:
        if gesture.action == "crossfader_hit":
            times = gesture.start + np.linspace(FADER_MOVE[0], FADER_MOVE[1] + 0.04, 9)
            found = record(scene, rig, gear, [timing.subframe_at(float(t), fps) for t in times])
            tip = _seen_from(found.gear["knob"], _fingertip(found, "R"))
            rows.append(np.hypot(tip[:, 0], tip[:, 2] - _KNOB_TOP))
    return np.concatenate(rows) if rows else np.zeros(0)


def _fingertip(recording: Recording, side: str) -> np.ndarray:
    hand = recording.bone(f"hand.{side}")
    return hand[:, :3, :3] @ deck_plane.FINGERTIP + hand[:, :3, 3]


def _seen_from(frames: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points in the axes of (n, 4, 4) frames."""
    return np.einsum("nij,nj->ni", np.linalg.inv(frames), np.concatenate((points, np.ones((len(points), 1))), axis=1))[
        :, :3
    ]
