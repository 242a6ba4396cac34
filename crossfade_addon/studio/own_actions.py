# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own actions: checked, and laid over the built-in performance wherever it calls for them.

The performance is planned and placed with a *stand-in* for every own action, an action that moves nothing. Where
a stand-in was placed, the own action goes onto the avatar's rig, above everything else. Bones that it keys are
let go of (the constraints that pull them have no influence) for as long as it plays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
from mathutils import Quaternion

from ..brief import action_files
from ..errors import StudioError
from . import compat
from .actions import REFERENCE_FPS
from .asset_append import Appended, append
from .ownership import Workshop
from .performance_plan import KINDS

WHAT = "Action"
LOOP = "idle_bob"
TRACKS = ("follow", "own base", "follow hits", "own hits")
"""Bottom up, on the user's rig: the pull of the built-in one, the own bob, built-in gestures, own gestures."""
EASE_S = 0.15
"""How long an own gesture takes to come in and to go again."""
_TOUCHING = 0.01
"""Frames by which strips may seem to overlap in single precision."""
_BONE = re.compile(r'^pose\.bones\["((?:[^"\\]|\\.)+)"\]\.')


@dataclass(slots=True)
class Follower:
    """A rig that can be let go of: ``strings`` has the (bone, constraint) pairs that pull each bone."""

    rig: Any
    strings: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    arms: dict[str, Quaternion] = field(default_factory=dict)


def built_in(rig: Any) -> Follower:
    """A built-in avatar's rig: only its arms are pulled, by their IK."""
    pulled: dict[str, list[tuple[str, str]]] = {}
    for side in "LR":
        for bone in (f"forearm.{side}", f"hand.{side}"):
            pulled[bone] = [(bone, constraint.name) for constraint in rig.pose.bones[bone].constraints]
        pulled[f"upper_arm.{side}"] = list(pulled[f"forearm.{side}"])
    return Follower(rig, pulled)


def fetch(folder: Path) -> list[Appended]:
    """The actions of a folder's files, one each, not yet checked against a rig.

    Raises
    ------
    StudioError
        A file cannot be used, has no action, or several and none of its own name.
    """
    fetched: list[Appended] = []
    try:
        for name, path in action_files(folder).items():
            appended = append(path, WHAT, "actions")
            fetched.append(appended)
            if not appended.actions:
                raise StudioError(
                    f"{appended} has no action in it.", hint=f"Key the rig, name its action '{name}' and save it again."
                )
            if name not in appended.actions and len(appended.actions) > 1:
                raise StudioError(
                    f"{appended} has {len(appended.actions)} actions, and none is called '{name}' "
                    f"(found: {', '.join(sorted(appended.actions))}).",
                    hint=f"Name the one to use '{name}'.",
                )
            action = appended.actions.get(name) or next(iter(appended.actions.values()))
            appended.actions = {name: action}
            appended.remove([b for b in appended.blocks if b != action])
    except StudioError:
        for appended in fetched:
            appended.discard()
        raise
    return fetched


def check(appended: Appended, bones: Collection[str]) -> None:
    """See that an action moves a rig with these bones, and leave in it only what moves them.

    Raises
    ------
    StudioError
        It keys nothing, none of the bones, or a single pose.
    """
    ((name, action),) = appended.actions.items()
    curves = compat.object_fcurves(action)
    keyed = sorted(_bones_of(curves))
    if not keyed:
        raise StudioError(f"{appended} keys no bone.", hint="Key the bones of 'Avatar_Rig' in Pose Mode.")
    if not set(keyed) & set(bones):
        raise StudioError(
            f"{appended} keys no bone of the avatar (it keys: {', '.join(keyed[:8])}; "
            f"the avatar has: {', '.join(list(bones)[:8])}, ...).",
            hint="Make it with this avatar's rig, or choose the avatar it was made for.",
        )
    for curve in [c for c in curves if _bone_of(c) not in bones]:
        curves.remove(curve)
    times = [p.co.x for c in curves for p in c.keyframe_points]
    start, end = min(times, default=0.0), max(times, default=0.0)
    if end - start < 1:
        raise StudioError(f"{appended} holds still: it has one pose only.", hint="Key at least two frames.")
    if name != LOOP:
        longest = KINDS[name].length * REFERENCE_FPS
        if end - start > longest + 1e-3:
            appended.notices.append(
                f"{appended} is {end - start:g} frames long; only the first {longest:g} have room in the show"
            )
            end = start + longest
    _start_near_rest(curves)
    action.use_frame_range = True
    action.frame_start, action.frame_end = start, end


def _start_near_rest(curves: Any) -> None:
    """Write quaternions that begin on the far side with all signs changed: the same turns (see :func:`_turn_of`)."""
    for w in [c for c in curves if c.array_index == 0 and c.data_path.endswith(".rotation_quaternion")]:
        if w.evaluate(w.range()[0]) >= 0:
            continue
        for curve in [c for c in curves if c.data_path == w.data_path]:
            for point in curve.keyframe_points:
                for handle in (point.co, point.handle_left, point.handle_right):
                    handle.y *= -1
            curve.update()


@dataclass(slots=True)
class Overlay:
    """What :func:`perform` lays over the performance of ``lead``: own actions in place of their stand-ins."""

    lead: Any
    follower: Follower
    own: dict[str, Any]
    stand_ins: dict[str, Any]


def prepare(
    own: dict[str, Any], made: dict[str, Any], shop: Workshop, lead: Any, follower: Follower | None
) -> Overlay | None:
    """Put a stand-in for every own action among the ``made`` ones; None when there is nothing to lay over.

    Parameters
    ----------
    lead : bpy.types.Object
        The rig that the built-in actions move.
    follower : Follower or None
        The user's own rig; None when the DJ is a built-in one.
    """
    if follower is None:
        if not own:
            return None
        follower = built_in(lead)
        if LOOP in own:
            # A built-in avatar's bob goes below its gestures, so it takes the built-in bob's place.
            bpy.data.actions.remove(made[LOOP])
            made[LOOP] = own[LOOP]
            own = {name: action for name, action in own.items() if name != LOOP}
    empty = {}
    for name in own:
        first, last = made[name].frame_range
        bpy.data.actions.remove(made[name])
        empty[name] = made[name] = shop.action(f"{name} stand-in")
        curves = compat.fcurves_of(lead, action=empty[name])
        compat.write_fcurve(curves, 'pose.bones["root"].location', 0, [first, last], [0.0, 0.0])
    lead.animation_data.action = None
    return Overlay(lead, follower, own, empty)


def perform(overlay: Overlay | None, shop: Workshop, fps: float) -> None:
    """Lay the own actions over a performance that was placed with stand-ins (``fps``: of the scenes)."""
    if overlay is None:
        return
    lead, follower, own, empty = overlay.lead, overlay.follower, overlay.own, overlay.stand_ins
    rig = follower.rig
    animation = rig.animation_data or rig.animation_data_create()
    for track in [t for t in animation.nla_tracks if t.name in TRACKS]:
        animation.nla_tracks.remove(track)
    placed = [s for track in lead.animation_data.nla_tracks for s in track.strips]
    tracks = {}
    for name in TRACKS:
        tracks[name] = animation.nla_tracks.new()
        tracks[name].name = name
    pull = _pull(follower, shop)
    if pull is not None:
        hold = tracks["follow"].strips.new("follow", 0, pull)
        compat.assign_strip_slot(hold, pull)
        hold.blend_type, hold.extrapolation = "REPLACE", "HOLD"
    for action in own.values():
        _let_go(follower, action)
    ease = EASE_S * fps
    speed = fps / REFERENCE_FPS
    by_stand_in = {action.name: name for name, action in empty.items()}
    for strip in sorted(placed, key=lambda s: s.frame_start):
        name = by_stand_in.get(strip.action.name if strip.action else "")
        if name == LOOP:
            _lay(tracks["own base"], name, own[name], strip, repeat=strip.repeat)
        elif name is not None:
            _lay(tracks["own hits"], name, own[name], strip, scale=speed, ease=ease)
        elif LOOP in own and pull is not None and strip.action and _uses_hands(strip.action):
            _lay(tracks["follow hits"], "follow", pull, strip, ease=ease)


def _lay(
    track: Any, name: str, action: Any, over: Any, *, repeat: float = 1.0, scale: float = 0.0, ease: float = 0.0
) -> None:
    """A strip that begins where another does: as long as that one, or at a speed of its own and no longer."""
    own = action.frame_range[1] - action.frame_range[0]
    room = over.frame_end - over.frame_start
    if track.strips and track.strips[-1].frame_end - over.frame_start > _TOUCHING:
        return  # two gestures at once: the first one keeps the body
    strip = track.strips.new(name, int(over.frame_start) + 1, action)
    compat.assign_strip_slot(strip, action)
    strip.blend_type, strip.extrapolation, strip.use_auto_blend = "REPLACE", "NOTHING", False
    strip.repeat = repeat
    strip.scale = scale or room / (own * repeat)
    length = min(room, own * repeat * strip.scale)
    strip.frame_end = over.frame_start + length
    strip.frame_start = over.frame_start
    strip.blend_in = strip.blend_out = min(ease, length / 3)


def _pull(follower: Follower, shop: Workshop) -> Any:
    """The action in which every string pulls, and the arms lie on the decks for the IK to start from."""
    pairs = sorted({pair for pairs in follower.strings.values() for pair in pairs})
    if not pairs:
        return None
    pull = shop.action("follow")
    curves = compat.fcurves_of(follower.rig, action=pull)
    for bone, constraint in pairs:
        _hold(curves, f'pose.bones["{bone}"].constraints["{constraint}"].influence', 0, 1.0)
    for bone, turn in follower.arms.items():
        if bone not in follower.strings:
            continue
        channel, values = _turn_of(follower.rig.pose.bones[bone], turn)
        for index, value in enumerate(values):
            _hold(curves, f'pose.bones["{bone}"].{channel}', index, value)
    follower.rig.animation_data.action = None
    return pull


def _let_go(follower: Follower, action: Any) -> None:
    """Take the pull off the bones that an own action keys; an arm is let go whole, and rests where it is not keyed."""
    curves = compat.object_fcurves(action)
    keyed = _bones_of(curves)
    arms = [{f"{part}.{side}" for part in ("upper_arm", "forearm", "hand")} for side in "LR"]
    free = keyed.union(*(arm for arm in arms if arm & keyed and any(b in follower.strings for b in arm)))
    span = action.frame_range
    for bone in sorted(free - keyed):
        channel, values = _turn_of(follower.rig.pose.bones[bone], Quaternion())
        for index, value in enumerate(values):
            _hold(curves, f'pose.bones["{bone}"].{channel}', index, value, *span)
    pairs = {pair for freed in free for pair in follower.strings.get(freed, ())}
    for bone, constraint in sorted(pairs):
        _hold(curves, f'pose.bones["{bone}"].constraints["{constraint}"].influence', 0, 0.0, *span)


def _turn_of(bone: Any, turn: Any) -> tuple[str, tuple[float, ...]]:
    """Channel and values of a turn in a pose bone's own rotation mode.

    Strips are blended by component, so of the two quaternions of a turn all take the one near no turn at all.
    """
    turn = turn if turn.w >= 0 else -turn
    if bone.rotation_mode == "AXIS_ANGLE":
        axis, angle = turn.to_axis_angle()
        return "rotation_axis_angle", (angle, *axis)
    if bone.rotation_mode == "QUATERNION":
        return "rotation_quaternion", tuple(turn)
    return "rotation_euler", tuple(turn.to_euler(bone.rotation_mode))


def _hold(curves: Any, path: str, index: int, value: float, first: float = 0.0, last: float = 1.0) -> None:
    compat.write_fcurve(curves, path, index, [first, last], [value, value])


def _uses_hands(action: Any) -> bool:
    return any(bone.startswith("ik_hand") for bone in _bones_of(compat.object_fcurves(action)))


def _bones_of(curves: Iterable[Any]) -> set[str]:
    return {bone for bone in map(_bone_of, curves) if bone}


def _bone_of(curve: Any) -> str:
    found = _BONE.match(curve.data_path)
    return found[1] if found else ""
