# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own stage: checked, brought to where the DJ's hands are, and put in place of the built-in set.

Conventions: the decks decide. The stage is moved, turned about Z and evenly scaled so that ``Deck.L`` and
``Deck.R`` lie where the built-in platters do; the DJ, the cameras and the lights in the air stay where they are.
"""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Euler, Matrix, Vector

from ..errors import StudioError
from . import compat, deck_plane
from .asset_append import Appended
from .gear import Gear
from .own_avatar import listed, standing
from .ownership import Workshop
from .repaint import repaint
from .stage_model import GROUPS, Stage

WHAT = "Studio"
DECKS = ("Deck.L", "Deck.R")
FADER = "Crossfader"
CAMERA = "Camera"
SETUP = "hero"
"""The set-up that ``Camera`` takes over, in both aspects."""
REQUIRED = (*DECKS, FADER, CAMERA)
SPONSOR = "Sponsor"
"""Empties whose names begin so are the sponsor zones."""
AIRBORNE = ("Beams", "Lasers", "Haze", "Confetti")
"""Groups of the built-in lights that need no set."""
_SENSOR_MM = 36.0
_SPIN = 2
_NOT_SHOWN = ("CAMERA", "LIGHT")


def check(appended: Appended) -> None:
    """See that a stage has all that is needed.

    Raises
    ------
    StudioError
        Objects are missing, ``Camera`` is no perspective camera, or the decks lie on one another.
    """
    missing = [name for name in REQUIRED if name not in appended.objects]
    if missing:
        raise StudioError(
            f"{appended} has no object {listed(missing, quoted=True)} (objects found: {listed(appended.objects)}).",
            hint="Name its objects as docs/assets.md lists them.",
        )
    camera = appended.objects[CAMERA]
    if camera.type != "CAMERA" or camera.data.type != "PERSP":
        raise StudioError(
            f"{appended}: object '{CAMERA}' is not a perspective camera.", hint="Set its lens to Perspective."
        )
    if _between_decks(appended).xy.length < 0.05:
        raise StudioError(
            f"{appended}: 'Deck.L' and 'Deck.R' are less than 5 cm apart.",
            hint="Put them where the DJ's hands go: Deck.L on her left, which is +X.",
        )


def build(appended: Appended, shop: Workshop, root: Any, stage: Stage) -> Gear:
    """Put a stage that was checked in place of the built-in set.

    Returns
    -------
    Gear
        Its decks and crossfader, for the DJ to play; those that are locked there stand still.
    """
    _clear_set(stage)
    fit = shop.group("Set").object("Studio Fit")
    fit.matrix_basis = _fitted(appended, root)
    has_lamps = any(ob.type == "LIGHT" for ob in appended.objects.values())
    camera = appended.objects[CAMERA]
    for name, ob in appended.placed.items():
        group = "Sponsor Zones" if name.startswith(SPONSOR) else "Set"
        shop.group(group).collection.objects.link(ob)
        if ob.parent is None:
            ob.parent = fit
            ob.matrix_parent_inverse = Matrix.Identity(4)
    painted: set[Any] = set()
    for ob in appended.objects.values():
        if ob.type == "MESH" and ob.data not in painted and not has_lamps:
            painted.add(ob.data)
            repaint(shop, ob, standing(ob), stage.light.prop)
    # What is painted goes out of sight when the song stops hard.
    stage.painted += [ob for ob in appended.placed.values() if ob.type not in _NOT_SHOWN and not ob.hide_render]
    platters = {name[-1]: _platter(appended.objects[name], shop, root) for name in DECKS}
    knob = _knob(appended.objects[FADER], shop, fit)
    for ob in (*platters.values(), knob):
        if ob.animation_data is not None:
            ob.animation_data.action = None
        compat.fcurves_of(ob, action=shop.action(f"{ob.name.removeprefix('CF ')} move"))
    camera.hide_render = True
    appended.remove_unused()
    return Gear(platters, knob, {}, ())


def take_over(camera: Any, appended: Appended, shop: Workshop) -> None:
    """Let a camera of the show see what the stage's own ``Camera`` sees, with every move it makes.

    ``camera`` must stand at its set-up and not have been evaluated since it was keyed.
    """
    own = appended.objects[CAMERA]
    rest = Matrix.LocRotScale(camera.location, camera.rotation_euler, None)
    place = standing(own)
    place = Matrix.LocRotScale(place.to_translation().to_tuple(), place.to_quaternion(), None)
    pivot = shop.object(f"{camera.name.removeprefix('CF ')} pivot")
    pivot.matrix_basis = place @ rest.inverted()
    camera.parent = pivot
    camera.matrix_parent_inverse = Matrix.Identity(4)
    lens = own.data
    side = lens.sensor_height if lens.sensor_fit == "VERTICAL" else lens.sensor_width
    _zoom(camera.data, lens.lens * _SENSOR_MM / side)
    camera.data.shift_x, camera.data.shift_y = lens.shift_x, lens.shift_y


def _zoom(data: Any, lens_mm: float) -> None:
    """Give a camera another lens; where the show zooms with it, the zooms keep their ratio to their beginning."""
    data.lens = lens_mm
    if data.animation_data is None or data.animation_data.action is None:
        return
    for curve in [c for c in compat.fcurves_of(data) if c.data_path == "lens"]:
        ratio = lens_mm / curve.keyframe_points[0].co.y
        for point in curve.keyframe_points:
            point.co.y *= ratio
        curve.update()


# ---------------------------------------------------------------------------------------------- set


def _clear_set(stage: Stage) -> None:
    """Take the built-in set away; what hangs in the air stays, and so does the room that hides a hard stop."""
    mirrors = [ob for ob in bpy.data.objects if ob.instance_collection == stage.mirror_collection]
    kept_lamps = [lamp for lamp in stage.lamps if GROUPS.get(lamp.role) in AIRBORNE]
    kept = {ob for lamp in kept_lamps for ob in lamp.channel.objects} | {stage.void}
    gone = [ob for ob in stage.objects if ob not in kept]
    dark = {lamp.channel.name for lamp in stage.lamps} - {lamp.channel.name for lamp in kept_lamps}
    stage.lamps[:] = kept_lamps
    stage.movers[:] = [m for m in stage.movers if m.object in kept]
    stage.painted[:] = [ob for ob in stage.painted if ob in kept]
    stage.objects[:] = [ob for ob in stage.objects if ob in kept]
    stage.wall = None
    stage.shop.remove([*gone, *mirrors])
    bpy.data.batch_remove([stage.palette.channels.pop(name).material for name in sorted(dark)])


def _between_decks(appended: Appended) -> Vector:
    left, right = (standing(appended.objects[name]).to_translation() for name in DECKS)
    return left - right


def _fitted(appended: Appended, root: Any) -> Matrix:
    across = _between_decks(appended)
    ours = {side: root.matrix_basis @ Vector(place) for side, place in deck_plane.DECKS.items()}
    size = (ours["L"] - ours["R"]).length / across.length
    turn = Euler((0, 0, -math.atan2(across.y, across.x))).to_matrix().to_4x4()
    right = standing(appended.objects["Deck.R"]).to_translation()
    middle = turn @ (right + across / 2) * size
    return Matrix.Translation((ours["L"] + ours["R"]) / 2 - middle) @ Matrix.Scale(size, 4) @ turn


# --------------------------------------------------------------------------------------------- gear


def _platter(ob: Any, shop: Workshop, root: Any) -> Any:
    """The deck itself, ready to spin about its Z; where that is locked, an empty that spins unseen."""
    if ob.lock_rotation[_SPIN]:
        return shop.group("Decks").object(f"{ob.name.removeprefix('CF ')} spin", parent=root)
    turn = ob.matrix_basis.to_quaternion()
    # In this order the spin comes before the tilt, as for the built-in platters.
    ob.rotation_mode = "ZYX"
    ob.rotation_euler = turn.to_euler("ZYX")
    ob.delta_rotation_euler = (0, 0, 0)
    return ob


def _knob(ob: Any, shop: Workshop, fit: Any) -> Any:
    """An empty that slides along the crossfader's own X and takes it along, unless that is locked."""
    decks = shop.group("Decks")
    name = ob.name.removeprefix("CF ")
    slot = decks.object(f"{name} slot", parent=ob.parent or fit)
    place = ob.matrix_basis.copy()
    slot.matrix_parent_inverse = ob.matrix_parent_inverse.copy()
    slot.matrix_basis = Matrix.LocRotScale(place.to_translation(), place.to_quaternion(), None)
    slide = decks.object(f"{name} slide", parent=slot)
    if not ob.lock_location[0]:
        ob.parent, ob.parent_type = slide, "OBJECT"
        ob.matrix_parent_inverse = Matrix.Identity(4)
        ob.matrix_basis = Matrix.LocRotScale(None, None, place.to_scale())
    return slide
