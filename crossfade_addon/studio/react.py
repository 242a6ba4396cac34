# SPDX-License-Identifier: GPL-3.0-or-later
"""Reactions: properties of the artist's own that follow the song, as F-curves in their own actions.

What follows what is data in the scenes (:mod:`..properties.reactions`), here only called *item*: ``owner``, ``path``,
``index``, the fields of :class:`.reaction.Reaction`, ``before`` (what was there, as JSON) and ``problem``. The curves
lie in a group of their own, so that they are known from the artist's.
"""

from __future__ import annotations

import contextlib
import functools
import json
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .. import timeline as timelines
from .. import timing
from ..errors import CrossfadeError, StudioError
from ..timeline import Timeline
from . import compat
from .edits import blocks, curves
from .react_target import MOST_ELEMENTS, Target
from .reaction import Reaction, react

GROUP = "Crossfade React"
"""The group of our curves in the artist's actions."""
MADE = "crossfade_react"
"""Custom property of actions that are there only for reactions."""


def states() -> Iterator[Any]:
    """The lists of reactions in this file, one a scene at most; empty ones are left out."""
    for scene in bpy.data.scenes:
        state = getattr(scene, "crossfade_reactions", None) if scene.library is None else None
        if state is not None and len(state.listed):
            yield state


def script(path: str) -> Timeline:
    """The script of the song, kept in memory as long as its file stays the same.

    Raises
    ------
    DirectorError
        When it cannot be read.
    """
    file = Path(path)
    return _script(file, file.stat().st_mtime_ns if file.is_file() else 0)


@functools.lru_cache(maxsize=1)
def _script(file: Path, _written: int) -> Timeline:
    return timelines.load(file)


def scene_rate(scene: Any) -> Fraction:
    """The exact frame rate of a scene.

    Raises
    ------
    BriefError
        When it is not 10 to 120 frames a second.
    """
    render = scene.render
    return timing.parse_fps(render.fps / Fraction(render.fps_base).limit_denominator(1001))


def target_of(item: Any) -> Target:
    """The property that an item moves, also when its node, modifier or shape key was renamed.

    Raises
    ------
    StudioError
        When it is gone.
    """
    if item.owner is None:
        raise StudioError(f"'{item.label}' is not in the file any more.", hint="Remove this reaction.")
    target = Target(item.owner, item.path, item.index)
    try:
        target.facts()
    except StudioError:
        if not (path := _renamed(target)):
            raise
        item.path = path
        target = Target(item.owner, path, item.index)
        item.label = target.words(target.facts())
    return target


def add(items: Any, target: Target, reaction: Reaction, timeline: Timeline, fps: Fraction) -> Any:
    """Let a property follow the song; the animation that it has is put aside until :func:`remove`.

    Raises
    ------
    StudioError
        When it cannot; then nothing has changed.
    """
    facts = target.facts()
    target.refuse()
    target.refuse_shared()
    elements = target.elements(facts)
    for other in [item for state in states() for item in state.listed]:
        if other.owner == target.owner and other.path == target.path:
            known = Target(other.owner, other.path, other.index)
            if set(known.elements(facts)) & set(elements):
                raise StudioError(f"{known.words(facts)} follows the song already.", hint="Change it in the list.")
    react(timeline, reaction, fps)  # raises what would raise below, before anything is changed
    item = items.add()
    item.owner, item.path, item.index = target.owner, target.path, target.index
    item.label, item.unit, item.is_stepped = target.words(facts), facts.unit, facts.kind != "FLOAT"
    for name in ("signal", "low", "high", "gain", "attack", "release", "quantise"):
        setattr(item, name, getattr(reaction, name))
    holder, path = target.holder
    fcurves = _fcurves(holder)
    kept = {}
    for index in elements:
        curve = fcurves.find(path, index=index) if fcurves is not None else None
        kept[str(index)] = {
            "value": target.read(index),
            "curve": curves.keep(curve) if curve is not None else None,
        }
        if fcurves is not None and curve is not None:
            fcurves.remove(curve)
    item.before = json.dumps(kept)
    bake(item, timeline, fps)
    return item


def bake(item: Any, timeline: Timeline, fps: Fraction) -> None:
    """Write an item's F-curves anew.

    Raises
    ------
    StudioError
        When the property is gone, the song lacks what it follows, or something else moves it by now.
    """
    target = target_of(item)
    facts = target.facts()
    target.refuse()
    reaction = reaction_of(item)
    curve = react(timeline, reaction, fps)
    holder, path = target.holder
    elements = target.elements(facts)
    animation = holder.animation_data
    is_new = animation is None or animation.action is None
    fcurves = compat.fcurves_of(holder, name=f"{item.owner.name} React")
    if is_new:
        holder.animation_data.action[MADE] = True
    for index in elements:
        found = fcurves.find(path, index=index)
        if found is not None and not _is_ours(found):
            raise StudioError(
                f"{target.words(facts)} has other animation by now.", hint="Delete its keys, or remove this reaction."
            )
        if found is None:
            compat.grouped_fcurve(fcurves, path, index, GROUP)
        values = np.clip(curve.values, facts.least, facts.most)
        compat.write_fcurve(fcurves, path, index, curve.frames, values, interpolation=curve.interpolation)


def reaction_of(item: Any) -> Reaction:
    """What an item asks for."""
    return Reaction(
        item.signal, item.low, item.high, item.gain, item.attack, item.release, item.quantise, item.is_stepped
    )


def bake_all(timeline: Timeline, fps: Fraction) -> list[str]:
    """Write the F-curves of every item anew; what cannot be is noted in it, and returned."""
    problems = []
    for state in states():
        for item in state.listed:
            note(item, timeline, fps)
            if item.problem:
                problems.append(item.problem)
        state.fps = float(fps)
    return problems


def note(item: Any, timeline: Timeline, fps: Fraction) -> None:
    """Write an item's F-curves anew, or note in it why that cannot be."""
    _release_deleted(item)
    try:
        bake(item, timeline, fps)
        item.problem = ""
    except CrossfadeError as error:
        item.problem = str(error)
        rest(item)


def rest(item: Any) -> None:
    """Let the property stand at the low end of its range: its curves are of another song."""
    fcurves, ours = _ours(item)
    for curve in ours:
        compat.write_fcurve(fcurves, curve.data_path, curve.array_index, [timing.FIRST_FRAME], [item.low])


def remove(state: Any, index: int) -> None:
    """Take an item out of the list, and give the property back the animation or the value that it had."""
    item = state.listed[index]
    with contextlib.suppress(StudioError):  # what is gone needs nothing back
        target = target_of(item)
        kept = _kept(item)
        fcurves, ours = _ours(item)
        for curve in ours:
            fcurves.remove(curve)
        _give_back(target, kept)
    state.listed.remove(index)
    state.index = max(0, min(state.index, len(state.listed) - 1))


def _kept(item: Any) -> dict[int, Any]:
    """What was there before, by element; nothing when the file holds nonsense."""
    try:
        return {
            int(index): {"value": float(was["value"]), "curve": was["curve"]}
            for index, was in json.loads(item.before).items()
            if 0 <= int(index) < MOST_ELEMENTS
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _give_back(target: Target, kept: dict[int, Any]) -> None:
    holder, path = target.holder
    lookup = blocks.Lookup()
    elements = target.elements(target.facts())
    for index, was in kept.items():
        if index not in elements:
            continue
        target.write(index, was["value"])
        if was["curve"] is None:
            continue
        fcurves = compat.fcurves_of(holder, name=f"{target.owner.name} Action")
        if fcurves.find(path, index=index) is None:  # the artist's newer animation goes before the older one
            curve = fcurves.new(path, index=index)
            try:
                curves.fill(curve, was["curve"], lookup)
            except (KeyError, ValueError, TypeError, RuntimeError, zlib.error):  # damaged in the file
                fcurves.remove(curve)
    _tidy(holder)


def _tidy(holder: Any) -> None:
    """Remove the action that was made for reactions, once nothing is in it."""
    animation: Any = holder.animation_data
    action: Any = animation.action if animation is not None else None
    if animation is None or action is None or MADE not in action.keys():  # noqa: SIM118
        return
    if any(len(found) for _, found in compat.action_channels(action)):
        return
    animation.action = None
    if not action.users:
        bpy.data.actions.remove(action)
    if not animation.nla_tracks and not animation.drivers:
        holder.animation_data_clear()


def forget_deleted() -> None:
    """Let go of objects that were deleted: a reaction alone shall not keep them in the file."""
    for state in states():
        for item in state.listed:
            _release_deleted(item)


def _release_deleted(item: Any) -> None:
    owner = item.owner
    if isinstance(owner, bpy.types.Object) and not owner.users_collection and not owner.use_fake_user:
        item.owner = None


def _fcurves(holder: Any) -> Any:
    """The F-curves that a datablock's action has for it, None without any."""
    animation = holder.animation_data
    return compat.fcurves_of(holder) if animation is not None and animation.action is not None else None


def _is_ours(curve: Any) -> bool:
    return curve.group is not None and curve.group.name.startswith(GROUP)


def _ours(item: Any) -> tuple[Any, list[Any]]:
    """The F-curves of an item's action, and which of them are the item's."""
    try:
        holder, path = Target(item.owner, item.path).holder if item.owner is not None else (None, "")
    except StudioError:
        holder, path = None, ""
    fcurves = _fcurves(holder) if holder is not None else None
    if fcurves is None:
        return None, []
    return fcurves, [c for c in fcurves if c.data_path == path and item.index in (-1, c.array_index) and _is_ours(c)]


def _renamed(target: Target) -> str:
    """The path that Blender gave our curve when the thing it moves was renamed; empty when nothing tells."""
    try:
        holder, path = target.holder
    except StudioError:
        return ""
    prefix = target.path.removesuffix(path)
    known = {item.path for state in states() for item in state.listed if item.owner == target.owner}
    fcurves = _fcurves(holder)
    ours = {prefix + curve.data_path for curve in fcurves if _is_ours(curve)} if fcurves is not None else set()
    left = {path for path in ours - known if path.count(".") == target.path.count(".")}
    return left.pop() if len(left) == 1 else ""
