# SPDX-License-Identifier: GPL-3.0-or-later
"""Timeline to show: build the stage, the DJ, the lights and the cameras, or keep what stands."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import bpy

from .. import timing
from ..brief import Brief
from ..errors import CrossfadeError, StudioError
from ..themes import Theme
from ..timeline import ASPECTS, Timeline, to_dict
from . import (
    actions,
    asset_files,
    assets,
    avatar,
    cameras,
    compat,
    gear,
    light_score,
    lights,
    own_actions,
    own_avatar,
    own_stage,
    ownership,
    paint,
    perform,
    rim,
    scenes,
    stage,
)
from .deck_plane import DJ_LOCATION, DJ_SCALE

STUDIO_VERSION = 2
_KEY = "crossfade_show"
_TIMELINE = "crossfade_timeline"
_BRIEF = "crossfade_brief"


@dataclass(frozen=True, slots=True)
class Show:
    """The scenes of a built show, by aspect; ``notices`` say what of the user's files was left out."""

    scenes: dict[str, Any]
    notices: tuple[str, ...] = ()


def show_key(timeline: Timeline, theme: Theme, brief: Brief) -> str:
    """Fingerprint of everything that decides how the frames look (not of how they are cut or encoded)."""
    script = to_dict(timeline)
    script.pop("clips")
    text = json.dumps(
        [
            STUDIO_VERSION,
            script,
            dataclasses.asdict(theme),
            str(brief.fps),
            brief.intensity,
            asset_files.fingerprints(brief),
        ],
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def find() -> Show | None:
    """The show in this file, or None."""
    # A copy of a scene carries the same notes: the one that has its own name counts.
    ours = sorted(bpy.data.scenes, key=lambda s: s.name == s.get(ownership.NAME, s.name))
    found = {ownership.aspect_of(s): s for s in ours if ownership.aspect_of(s)}
    return Show({a: found[a] for a in ASPECTS}) if set(found) == set(ASPECTS) else None


def is_current(show: Show, key: str) -> bool:
    """Whether a show was built from exactly this script and theme."""
    return all(scene.get(_KEY) == key for scene in show.scenes.values())


class Room(Protocol):
    """How room is made for a show in this file."""

    def make(self) -> None:
        """Make room: everything that is needed for the new show is there."""
        ...

    def restore(self) -> None:
        """The new show came to nothing: remove what was half built."""
        ...


class ClearedRoom:
    """Removes the show that stands."""

    def make(self) -> None:
        """Remove it."""
        ownership.clear()

    restore = make


def build(timeline: Timeline, theme: Theme, brief: Brief, room: Room | None = None) -> Show:
    """Build the whole show anew, touching nothing that is not ours.

    Parameters
    ----------
    room : Room or None
        What becomes of the show that stands; None removes it.

    Raises
    ------
    StudioError
        When a file of the user's own cannot be used (then the show that stood before still stands), or when
        Blender refuses; what was half built is removed again.
    """
    room = room or ClearedRoom()
    own = assets.fetch(brief)
    room.make()
    own.adopt()
    try:
        return _build(timeline, theme, brief, own)
    except CrossfadeError:
        room.restore()
        raise
    except Exception as error:  # whatever it is, the show that stood must not be lost
        room.restore()
        raise StudioError(f"The show could not be built: {error}.", original_error=error) from error


def _build(timeline: Timeline, theme: Theme, brief: Brief, own: assets.Assets) -> Show:
    fps = brief.fps
    collection = ownership.tag(bpy.data.collections.new(ownership.COLLECTION), "collection")
    world = scenes.make_world(theme)
    built = {aspect: scenes.make_scene(aspect, collection, world, theme) for aspect in ASPECTS}
    shop = ownership.Workshop(collection)
    palette = paint.Palette(shop)
    seed = timeline.meta.seed

    meta = timeline.meta
    set_up = stage.build_stage(shop, palette, theme, seed=seed, title=meta.title, artist=meta.artist)
    root = shop.group("DJ").object("DJ")
    root.location = DJ_LOCATION
    root.scale = (DJ_SCALE,) * 3
    first = built[ASPECTS[0]]
    follower = None
    if own.avatar:
        dj, follower = own_avatar.build(own.avatar, shop.group("DJ"), first, root, set_up.light.lit)
    else:
        dj = avatar.build_avatar(brief.avatar or theme.dj, shop.group("DJ"), theme, first, root)
    if own.studio:
        decks = own_stage.build(own.studio, shop, root, set_up)
    else:
        decks = gear.build_gear(shop.group("Decks"), theme, palette, root)
    made = actions.make_actions(shop, dj.rig)
    laid = own_actions.prepare(own.own_actions, made, shop, dj.rig, follower)
    perform.perform(dj, decks, made, timeline, fps, intensity=brief.intensity, temper=theme.soft)
    own_actions.perform(laid, shop, float(fps))
    lights.animate_lights(set_up, timeline, theme, fps, seed=seed, shop=shop)
    stops = light_score.hard_stop_frames(timeline, fps)
    _hide(stops, [ob for ob in (*dj.objects, *decks.objects) if ob != dj.rim], shop)
    if dj.rim is not None:
        behind = rim.hidden_frames(timeline, fps, DJ_LOCATION)
        _hide([*stops, *behind], [dj.rim], shop, paths=("hide_render", "hide_viewport"))
    scenes.write_signals(shop, timeline, fps)

    key = show_key(timeline, theme, brief)
    whole = timing.frame_count(timeline.meta.duration_sec, fps)
    for aspect, scene in built.items():
        scenes.write_markers(scene, timeline, fps)
        rig = cameras.AspectCameras(shop, aspect, can_roll=theme.roll)
        rig.shoot(scene, timeline.camera[aspect], fps)
        if own.studio and own_stage.SETUP in rig.objects:
            own_stage.take_over(rig.objects[own_stage.SETUP], own.studio, shop.group("Set"))
        scenes.set_time(scene, fps, timing.FIRST_FRAME, max(timing.FIRST_FRAME, whole))
        scenes.set_engine(scene, brief.engine, brief.quality)
        scenes.set_size(scene, Fraction(1))
        scene[_KEY] = key
    return Show(built, own.notices)


def _hide(
    stretches: list[tuple[int, int]],
    objects: list[Any],
    shop: ownership.Workshop,
    *,
    paths: tuple[str, ...] = ("hide_render",),
) -> None:
    """Hide objects on stretches of scene frames ``[start, end)``, from render or by other ``paths`` too."""
    if not stretches:
        return
    keys = sorted({timing.FIRST_FRAME, *(frame for stretch in stretches for frame in stretch)})
    values = [float(any(a <= frame < b for a, b in stretches)) for frame in keys]
    for ob in objects:
        name = f"{ob.name.removeprefix(ownership.PREFIX)} visibility"
        curves = compat.fcurves_of(ob, action=None if _has_action(ob) else shop.action(name))
        for path in paths:
            compat.write_fcurve(curves, path, 0, keys, values, interpolation="CONSTANT")


def _has_action(ob: Any) -> bool:
    return ob.animation_data is not None and ob.animation_data.action is not None


def remember(show: Show, timeline_path: Path, brief_json: str) -> None:
    """Note in the scenes which script and brief they came from, so that a later render can be encoded."""
    for scene in show.scenes.values():
        scene[_TIMELINE] = str(timeline_path)
        scene[_BRIEF] = brief_json


def recalled(scene: Any) -> tuple[Path, str] | None:
    """What :func:`remember` noted in a scene, or None."""
    if not ownership.is_ours(scene) or _TIMELINE not in scene.keys():  # noqa: SIM118
        return None
    return Path(scene[_TIMELINE]), str(scene[_BRIEF])
