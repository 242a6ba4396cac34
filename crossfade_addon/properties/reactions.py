# SPDX-License-Identifier: GPL-3.0-or-later
"""The reactions of a file as the panel lists them: which property follows which signal, and how."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty
from bpy.props import StringProperty as Text

from .. import choices
from ..errors import CrossfadeError
from ..studio.ownership import aspect_of

if TYPE_CHECKING:
    from fractions import Fraction

_is_filling = False


def _changed(item: Any, _context: Any) -> None:
    """Write the F-curves anew as soon as something of the reaction is changed in the panel."""
    if _is_filling or not isinstance(item, CrossfadeReaction):
        return
    from ..studio import react

    scene: Any = item.id_data
    path = script_path(scene)
    if not path:
        return
    try:
        rate = frame_rate(scene)
        react.note(item, react.script(path), rate)
        scene.crossfade_reactions.fps = float(rate)
    except CrossfadeError as error:
        item.problem = str(error)


def _as_is(name: str) -> dict[str, Any]:
    """Access to a value under another unit."""
    return {
        "get": lambda settings: getattr(settings, name),
        "set": lambda settings, value: setattr(settings, name, value),
    }


class ReactionSettings:
    """How a property follows a signal: mixed into an item of the list and into the operator that makes one."""

    signal: EnumProperty(
        name="Signal",
        description="What of the song the property follows",
        items=choices.SIGNALS,
        default="kick",
        update=_changed,
    )
    low: FloatProperty(
        name="Low", description="The property's value where the signal is 0", default=0.0, update=_changed
    )
    high: FloatProperty(
        name="High",
        description="The property's value where the signal is 1 (for signals that count: what one count adds)",
        default=1.0,
        update=_changed,
    )
    low_angle: FloatProperty(
        name="Low",
        description="The angle where the signal is 0",
        unit="ROTATION",
        options={"SKIP_SAVE"},
        **_as_is("low"),
    )
    high_angle: FloatProperty(
        name="High",
        description="The angle where the signal is 1 (for signals that count: what one count adds)",
        unit="ROTATION",
        options={"SKIP_SAVE"},
        **_as_is("high"),
    )
    low_length: FloatProperty(
        name="Low",
        description="The length where the signal is 0",
        unit="LENGTH",
        options={"SKIP_SAVE"},
        **_as_is("low"),
    )
    high_length: FloatProperty(
        name="High",
        description="The length where the signal is 1 (for signals that count: what one count adds)",
        unit="LENGTH",
        options={"SKIP_SAVE"},
        **_as_is("high"),
    )
    gain: FloatProperty(
        name="Gain",
        description="What the signal is multiplied with; what goes beyond the range is held at its end",
        default=1.0,
        min=0.0,
        soft_max=4.0,
        max=100.0,
        step=10,
        update=_changed,
    )
    attack: FloatProperty(
        name="Attack",
        description="Seconds in which the property rises to nine tenths; 0 is at once. Slow attacks leave short "
        "strokes small: raise the gain",
        default=0.0,
        min=0.0,
        soft_max=2.0,
        max=60.0,
        step=1,
        precision=3,
        unit="TIME_ABSOLUTE",
        update=_changed,
    )
    release: FloatProperty(
        name="Release",
        description="Seconds in which the property falls to a tenth; 0 is as the signal falls",
        default=0.0,
        min=0.0,
        soft_max=4.0,
        max=60.0,
        step=1,
        precision=3,
        unit="TIME_ABSOLUTE",
        update=_changed,
    )
    quantise: EnumProperty(
        name="Hold",
        description="How long each value is held",
        items=choices.QUANTISE,
        default="none",
        update=_changed,
    )


class CrossfadeReaction(ReactionSettings, bpy.types.PropertyGroup):
    """One property that follows the song."""

    owner: PointerProperty(
        type=bpy.types.ID, name="Datablock", description="Whose property follows the song; empty when it was deleted"
    )
    path: Text(name="Path", description="Where the property is in its datablock")
    index: IntProperty(name="Element", description="Which element of the property, -1 for all", default=-1, min=-1)
    label: Text(name="Property", description="What follows the song")
    unit: Text(name="Unit", description="The unit that the property's values have", default="NONE")
    is_stepped: BoolProperty(name="Stepped", description="The property is a switch or has whole numbers")
    before: Text(name="Before", description="The value or animation that Remove brings back")
    problem: Text(name="Problem", description="Why the property does not follow the song now")


class CrossfadeReactions(bpy.types.PropertyGroup):
    """Every property that follows the song."""

    listed: CollectionProperty(
        type=CrossfadeReaction, name="Reactions", description="Your properties that follow the song"
    )
    index: IntProperty(name="Chosen", description="The reaction that is chosen in the list")
    fps: FloatProperty(name="Frame Rate", description="The frame rate that the keys were written for")


class Quiet:
    """While a reaction is filled in, nothing is written for it."""

    def __enter__(self) -> None:
        global _is_filling
        self._outer, _is_filling = _is_filling, True

    def __exit__(self, *_exception: object) -> None:
        global _is_filling
        _is_filling = self._outer


def reactions(scene: Any) -> CrossfadeReactions:
    """The list of this file: where there is one already, else that of a scene that outlives the show."""
    scenes: list[Any] = [scene, *bpy.data.scenes]
    filled = next((s for s in scenes if len(s.crossfade_reactions.listed)), None)
    if filled is not None:
        return filled.crossfade_reactions
    return next((s for s in scenes if not aspect_of(s)), scene).crossfade_reactions


def script_path(scene: Any) -> str:
    """File of the script that reactions follow; empty before the song was analysed."""
    scenes: list[Any] = [scene, *bpy.data.scenes]
    return next((s.crossfade.analysis.timeline for s in scenes if s.crossfade.analysis.timeline), "")


def frame_rate(scene: Any) -> "Fraction":
    """For which frame rate keys are written: that of the show where one stands, else that of the scene.

    Raises
    ------
    BriefError
        When it is not 10 to 120 frames a second.
    """
    from ..studio.react import scene_rate

    return scene_rate(next((s for s in bpy.data.scenes if aspect_of(s)), scene))


def bake_reactions(scene: Any) -> list[str]:
    """Write all reactions anew from the script that this scene knows; returns, and notes in them, what could not be."""
    from ..studio import react

    path, states = script_path(scene), list(react.states())
    if not path or not states:
        return []
    try:
        return react.bake_all(react.script(path), frame_rate(scene))
    except CrossfadeError as error:
        for item in (item for state in states for item in state.listed):
            item.problem = str(error)
        return [str(error)]


def take_reactions(scenes: Iterable[Any]) -> list[dict[str, Any]]:
    """What is listed in scenes that are about to be removed, as plain data and datablocks of the user's."""
    names = [prop.identifier for prop in CrossfadeReaction.bl_rna.properties if not prop.is_readonly]
    return [{n: getattr(i, n) for n in names} for scene in scenes for i in scene.crossfade_reactions.listed]


def put_reactions(scene: Any, held: list[dict[str, Any]]) -> None:
    """List again what :func:`take_reactions` took."""
    with Quiet():
        for values in held:
            item = scene.crossfade_reactions.listed.add()
            for name, value in values.items():
                setattr(item, name, value)


CLASSES = (CrossfadeReaction, CrossfadeReactions)
