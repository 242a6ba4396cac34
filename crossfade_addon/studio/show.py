# SPDX-License-Identifier: GPL-3.0-or-later
"""Timeline to show: build the stage, the DJ, the lights and the cameras, or keep what stands."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from .. import timing
from ..brief import Brief
from ..errors import StudioError
from ..themes import Theme
from ..timeline import ASPECTS, Timeline, to_dict
from . import actions, avatar, cameras, compat, gear, light_score, lights, ownership, paint, perform, scenes, stage
from .deck_plane import DJ_LOCATION, DJ_SCALE

STUDIO_VERSION = 2
_KEY = "crossfade_show"
_TIMELINE = "crossfade_timeline"
_BRIEF = "crossfade_brief"


@dataclass(frozen=True, slots=True)
class Show:
    """The scenes of a built show, by aspect."""

    scenes: dict[str, Any]


def show_key(timeline: Timeline, theme: Theme, brief: Brief) -> str:
    """Fingerprint of everything that decides how the frames look (not of how they are cut or encoded)."""
    script = to_dict(timeline)
    script.pop("clips")
    text = json.dumps(
        [STUDIO_VERSION, script, dataclasses.asdict(theme), str(brief.fps), brief.intensity, brief.avatar],
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def find() -> Show | None:
    """The show in this file, or None."""
    found = {scenes.aspect_of(s): s for s in bpy.data.scenes if scenes.aspect_of(s)}
    return Show({a: found[a] for a in ASPECTS}) if set(found) == set(ASPECTS) else None


def is_current(show: Show, key: str) -> bool:
    """Whether a show was built from exactly this script and theme."""
    return all(scene.get(_KEY) == key for scene in show.scenes.values())


def build(timeline: Timeline, theme: Theme, brief: Brief) -> Show:
    """Build the whole show anew, replacing ours and touching nothing else.

    Raises
    ------
    StudioError
        When Blender refuses; what was half built is removed again.
    """
    ownership.clear()
    try:
        return _build(timeline, theme, brief)
    except (RuntimeError, TypeError, AttributeError, KeyError) as error:
        ownership.clear()
        raise StudioError(f"The show could not be built: {error}.", original_error=error) from error


def _build(timeline: Timeline, theme: Theme, brief: Brief) -> Show:
    fps = brief.fps
    collection = ownership.tag(bpy.data.collections.new(ownership.COLLECTION), "collection")
    world = scenes.make_world(theme)
    built = {aspect: scenes.make_scene(aspect, collection, world, theme) for aspect in ASPECTS}
    shop = ownership.Workshop(collection)
    palette = paint.Palette(shop)
    seed = timeline.meta.seed

    set_up = stage.build_stage(shop, palette, theme, seed=seed)
    root = shop.group("DJ").object("DJ")
    root.location = DJ_LOCATION
    root.scale = (DJ_SCALE,) * 3
    first = built[ASPECTS[0]]
    dj = avatar.build_avatar(brief.avatar or theme.dj, shop.group("DJ"), theme, first, root)
    decks = gear.build_gear(shop.group("Decks"), theme, palette, root)
    perform.perform(dj, decks, actions.make_actions(shop, dj.rig), timeline, fps, intensity=brief.intensity)
    lights.animate_lights(set_up, timeline, theme, fps, seed=seed, shop=shop)
    _hide(light_score.hard_stop_frames(timeline, fps), [*dj.objects, *decks.objects], shop)
    scenes.write_signals(shop, timeline, fps)

    key = show_key(timeline, theme, brief)
    whole = timing.frame_count(timeline.meta.duration_sec, fps)
    for aspect, scene in built.items():
        scenes.write_markers(scene, timeline, fps)
        rig = cameras.AspectCameras(shop, aspect, can_roll=theme.roll)
        rig.shoot(scene, timeline.camera[aspect], fps)
        scenes.set_time(scene, fps, timing.FIRST_FRAME, max(timing.FIRST_FRAME, whole))
        scenes.set_engine(scene, brief.engine, brief.quality)
        scenes.set_size(scene, Fraction(1))
        scene[_KEY] = key
    return Show(built)


def _hide(stretches: list[tuple[int, int]], objects: list[Any], shop: ownership.Workshop) -> None:
    """Hide objects from render on stretches of scene frames ``[start, end)``: the song has stopped hard."""
    if not stretches:
        return
    keys = sorted({timing.FIRST_FRAME, *(frame for stretch in stretches for frame in stretch)})
    values = [float(any(a <= frame < b for a, b in stretches)) for frame in keys]
    for ob in objects:
        name = f"{ob.name.removeprefix(ownership.PREFIX)} visibility"
        curves = compat.fcurves_of(ob, action=None if _has_action(ob) else shop.action(name))
        compat.write_fcurve(curves, "hide_render", 0, keys, values, interpolation="CONSTANT")


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
