# SPDX-License-Identifier: GPL-3.0-or-later
"""Stills for thumbnails and covers: which of the proposed moments show the DJ best, and how each is framed.

A still takes the film's own camera, but shifts and narrows its view (as a photographer crops), so that the head is
large and leaves room for a title: beside it in 16:9, below it in 9:16. Scenes stand as before afterwards.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .. import stills as still_files
from ..jobs import Progress
from ..stills import Box, Moment, Still
from . import ownership
from .camera_moves import Array
from .framing import seen_from
from .scenes import SIZES
from .subject import subject_points, view

STAGE = "studio"
_SEE_THROUGH = ("Beams", "Lasers", "Haze", "Lights", "Cameras")
"""Groups of objects that a face shines through."""
_OWN_SURFACE_M = 0.22
"""What is this near to a point of the face is the head itself."""
_LAYERS = 12
"""Sheets of light that a look goes through, at most."""
_FACE = ("eye_L", "eye_R", "mouth", "chin", "head_top")
LEAST_FACING, LEAST_SEEN, LEAST_EYES = 0.84, 0.75, 0.45
"""Below these a still is only taken when there is no better one."""
NOT_GOOD = 3.0
"""What a moment loses that is below them."""
HAND_UP = 0.35
"""What a raised hand adds: a picture of somebody in action says more."""
LEAST_GAP_S = 2.5


@dataclass(frozen=True, slots=True)
class Framing:
    """How a still narrows and shifts its camera's view: ``zoom`` on the sensor, shifts in Blender's camera units."""

    zoom: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Shooting:
    """A still to be rendered; ``head`` is where the head is before the framing."""

    still: Still
    framing: Framing
    head: Box | None = None


@dataclass(frozen=True, slots=True)
class _Wish:
    """Where a still wants the head: its height as a share of the picture's, and its middle."""

    height: float
    x: float
    y: float


_WISHES = {"9:16": _Wish(0.27, 0.5, 0.385), "16:9": _Wish(0.50, 0.70, 0.44)}
_ZOOMS = (0.95, 2.6)
_MOST_SHIFT = 0.30
_CLOSER = (1.0, 1.28, 0.80)
"""How close the best picture comes, the second, the third, and so on in turn: they shall not look alike."""
_HIGHEST = 0.06
"""Share of the picture's height that stays free above the head."""


def plan_steps(
    scenes: dict[str, Any], wanted: dict[str, tuple[Moment, ...]], pictures: int, work_dir: Path, fps: float
) -> Generator[Progress, None, dict[str, tuple[Shooting, ...]]]:
    """Look at every proposed moment through its camera and choose the best.

    Parameters
    ----------
    wanted : dict
        Moments by aspect, best first.
    pictures : int
        How many of each aspect to take.

    Returns
    -------
    dict
        Stills by aspect, best first.
    """
    rig = find_rig()
    chosen: dict[str, tuple[Shooting, ...]] = {}
    stood = {aspect: scene.frame_current for aspect, scene in scenes.items()}
    cameras = {aspect: scene.camera for aspect, scene in scenes.items()}
    try:
        for aspect, moments in wanted.items():
            seen = []
            for moment in moments:
                yield Progress(STAGE, 0.09, f"Looking for the best pictures of {aspect}")
                seen.append(_look(scenes[aspect], rig, aspect, moment, work_dir))
            chosen[aspect] = _varied(_best(seen, pictures, LEAST_GAP_S * fps), aspect)
    finally:
        for aspect, scene in scenes.items():
            scene.frame_set(stood[aspect])
            scene.camera = cameras[aspect]
    return chosen


def find_rig() -> Any:
    """The skeleton that performs in this file's show, or None."""
    ob: Any
    for ob in bpy.data.objects:
        if ob.type == "ARMATURE" and ownership.is_ours(ob) and "head" in ob.pose.bones and "hand.L" in ob.pose.bones:
            return ob
    return None


def _look(scene: Any, rig: Any, aspect: str, moment: Moment, work_dir: Path) -> Shooting:
    """What the camera sees at a moment, and the framing that makes a picture of it."""
    width, height = SIZES[aspect]
    plain = Still(
        still_files.still_path(work_dir, aspect, moment.frame),
        moment.frame,
        width,
        height,
        moment.shot,
        moment.score,
        moment.reason,
    )
    if rig is None or scene.camera is None:
        return Shooting(plain, Framing())
    scene.frame_set(moment.frame)
    points, through = subject_points(scene, rig), view(scene)
    uv = {name: place[0, 0] for name, place in seen_from(through, points, aspect).items()}
    head = _box(uv)
    framing = frame_head(head, aspect)
    eye = through.position[0]
    middle = (points["eye_L"][0] + points["eye_R"][0]) / 2
    facing = _facing(points, middle, eye)
    still = dataclasses.replace(
        plain,
        head=framed_box(head, framing, aspect),
        facing=round(facing, 3),
        eyes=round(_open(scene, rig), 3),
        seen=round(_in_view(scene, eye, [points[name][0] for name in _FACE]), 3),
    )
    worth = _worth(still) + HAND_UP * _hands_up(points)
    return Shooting(dataclasses.replace(still, score=round(worth, 4)), framing, head)


def _varied(shootings: Sequence[Shooting], aspect: str) -> tuple[Shooting, ...]:
    """The same moments framed in turn closer and wider, the head on the one side and on the other."""
    found: list[Shooting] = []
    first = shootings[0].framing.shift_x if shootings else 0.0
    for number, shooting in enumerate(shootings):
        if shooting.head is not None:
            to_right = (first <= 0) == (number % 2 == 0)
            framing = frame_head(shooting.head, aspect, closer=_CLOSER[number % len(_CLOSER)], to_right=to_right)
            still = dataclasses.replace(shooting.still, head=framed_box(shooting.head, framing, aspect))
            shooting = Shooting(still, framing, shooting.head)
        found.append(shooting)
    return tuple(found)


def _box(uv: dict[str, Array]) -> Box:
    """Box round the head, ears and headphones included."""
    names = ("head_top", "chin", "ear_L", "ear_R")
    us = [float(uv[name][0]) for name in names]
    vs = [float(uv[name][1]) for name in names]
    return min(us), min(vs), max(us), max(vs)


def frame_head(head: Box, aspect: str, *, closer: float = 1.0, to_right: bool | None = None) -> Framing:
    """The framing that brings a head to where a title leaves it room, as far as that is sensible.

    Parameters
    ----------
    closer : float
        How much larger than usual the head shall be.
    to_right : bool or None
        In a wide picture, the side for the head; by default the one it is on.
    """
    wish, (width, height) = _WISHES[aspect], SIZES[aspect]
    x, y = (head[0] + head[2]) / 2, (head[1] + head[3]) / 2
    tall = max(head[3] - head[1], 1e-3)
    zoom = float(np.clip(wish.height * closer / tall, *_ZOOMS))
    right = x >= 0.5 if to_right is None else to_right
    side = wish.x if right or wish.x == 0.5 else 1 - wish.x
    # After the zoom the head is at 0.5 + (x - 0.5) * zoom; shifts count in the picture's longer side.
    across = (0.5 + (x - 0.5) * zoom - side) * width / max(width, height)
    top = 0.5 + (y - tall / 2 - 0.5) * zoom
    drop = max(wish.y - (0.5 + (y - 0.5) * zoom), _HIGHEST - top)
    up = drop * height / max(width, height)
    return Framing(
        zoom, float(np.clip(across, -_MOST_SHIFT, _MOST_SHIFT)), float(np.clip(up, -_MOST_SHIFT, _MOST_SHIFT))
    )


def framed_box(box: Box, framing: Framing, aspect: str) -> Box:
    """Where a box of the plain view comes to lie."""
    width, height = SIZES[aspect]
    across = framing.shift_x * max(width, height) / width
    down = framing.shift_y * max(width, height) / height
    left, right = (0.5 + (u - 0.5) * framing.zoom - across for u in (box[0], box[2]))
    top, bottom = (0.5 + (v - 0.5) * framing.zoom + down for v in (box[1], box[3]))
    return tuple(round(v, 4) for v in (left, top, right, bottom))  # type: ignore[return-value]


def _facing(points: dict[str, Array], middle: Array, eye: Array) -> float:
    """Cosine between the face's direction and the way to the camera."""
    across = points["ear_L"][0] - points["ear_R"][0]
    up = points["head_top"][0] - points["chin"][0]
    ahead = np.cross(up, across)
    if np.dot(ahead, middle - (points["ear_L"][0] + points["ear_R"][0]) / 2) < 0:
        ahead = -ahead
    away = eye - middle
    return float(np.dot(ahead, away) / (np.linalg.norm(ahead) * np.linalg.norm(away) + 1e-9))


def _hands_up(points: dict[str, Array]) -> int:
    """How many hands are raised to the chin or higher."""
    return sum(float(points[f"wrist_{side}"][0][2]) > float(points["chin"][0][2]) for side in "LR")


def _open(scene: Any, rig: Any) -> float:
    """How far the more closed eye is open, from the lids' controls."""
    bones = rig.evaluated_get(scene.view_layers[0].depsgraph).pose.bones
    shut = 0.0
    for name in ("lid.L", "lid.R"):
        if name in bones:
            blink, happy, half = bones[name].location
            shut = max(shut, max(0.0, blink) + 0.5 * max(0.0, happy) + 0.45 * max(0.0, half))
    return max(0.0, 1.0 - shut)


def _in_view(scene: Any, eye: Array, points: Sequence[Array]) -> float:
    """Share of points that nothing solid hides from the camera."""
    graph = scene.view_layers[0].depsgraph
    return sum(_is_free(scene, graph, eye, point) for point in points) / len(points)


def _is_free(scene: Any, graph: Any, eye: Array, point: Array) -> bool:
    way = point - eye
    length = float(np.linalg.norm(way)) - _OWN_SURFACE_M
    way = way / np.linalg.norm(way)
    start, done = eye, 0.0
    for _ in range(_LAYERS):
        if length - done <= 0:
            return True
        hit, place, _normal, _index, ob, _matrix = scene.ray_cast(graph, start, way, distance=length - done)
        if not hit:
            return True
        if not _shines(ob):
            return False
        done += float(np.linalg.norm(np.array(place) - start)) + 0.01
        start = eye + way * done
    return True


def _shines(ob: Any) -> bool:
    groups = [name.removeprefix(ownership.PREFIX) for name in (c.name for c in ob.original.users_collection)]
    return ob.hide_render or any(name.split()[0] in _SEE_THROUGH for name in groups if name)


def _worth(still: Still) -> float:
    """The moment's own worth, and what the camera sees of the face."""
    worth = still.score + 0.7 * still.facing + 0.6 * still.eyes + 0.8 * still.seen
    poor = still.facing < LEAST_FACING or still.seen < LEAST_SEEN or still.eyes < LEAST_EYES
    if still.head is not None:
        left, top, right, bottom = still.head
        outside = max(0.0, -left, right - 1, -top, bottom - 1)
        worth -= 4 * outside
        worth -= abs(bottom - top - (0.5 if still.width > still.height else 0.27))
    return worth - NOT_GOOD * poor


def _best(seen: Sequence[Shooting], pictures: int, gap: float) -> tuple[Shooting, ...]:
    """The best, some seconds apart, less in a very short clip; a set-up that was taken counts a little less."""
    left = sorted(seen, key=lambda shooting: (-shooting.still.score, shooting.still.frame))
    frames = [shooting.still.frame for shooting in seen]
    gap = min(gap, (max(frames, default=0) - min(frames, default=0)) / (2 * pictures))
    kept: list[Shooting] = []
    while left and len(kept) < pictures:
        used = [shooting.still.shot for shooting in kept]
        left.sort(key=lambda s: (-(s.still.score - 0.25 * used.count(s.still.shot)), s.still.frame))
        best = left.pop(0)
        kept.append(best)
        left = [s for s in left if abs(s.still.frame - best.still.frame) >= gap]
    return tuple(kept)
