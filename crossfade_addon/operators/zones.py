# SPDX-License-Identifier: GPL-3.0-or-later
"""Safe zones over the camera's view: what a platform's own buttons and texts cover, drawn from the platforms' data."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import bpy

from .. import properties
from ..errors import CrossfadeError
from ..properties.preview import CHOSEN
from ._base import SealedOperator, redraw

if TYPE_CHECKING:
    from ..encode.safe_zones import Rect, Zones

_COLORS = ((0.55, 0.04, 0.06, 0.36), (0.85, 0.5, 0.05, 0.2))
"""Of what is covered, and of what only ordinary posts leave free."""
_STRICT, _ORGANIC = (1.0, 1.0, 1.0, 0.9), (1.0, 0.72, 0.2, 0.75)
_WIDTH_PX = 1.5
_TEXT_PX = 11
_SAME_SHAPE = 0.01
_handle: list[Any] = []


class CROSSFADE_OT_safe_zones(SealedOperator, bpy.types.Operator):
    """Draw safe zones over the camera's view, or stop that."""

    bl_idname = "crossfade.safe_zones"
    bl_label = "Safe Zones"
    bl_description = (
        "Draw over the camera's view what a platform's own buttons and texts cover. Inside the white line is free by "
        "the platform's templates; amber is free in ordinary posts; red is covered. Press again to hide it"
    )
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    def run(self, context: Any) -> set[str]:
        """Switch."""
        if _handle:
            hide()
        else:
            space: Any = bpy.types.SpaceView3D
            _handle.append(space.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))
        context.window_manager.crossfade_preview.show_zones = bool(_handle)
        for window in context.window_manager.windows:
            for area in window.screen.areas:
                if area.type == "VIEW_3D":
                    area.tag_redraw()
        redraw(context)
        return {"FINISHED"}


def hide() -> None:
    """Stop drawing, and forget what was drawn."""
    space: Any = bpy.types.SpaceView3D
    while _handle:
        space.draw_handler_remove(_handle.pop(), "WINDOW")
    _zones.cache_clear()
    _batches.cache_clear()


def camera_frame(matrix: Any, corners: Any, width: float, height: float) -> "Rect | None":
    """Where the camera's picture lies in a view: left, top, right, bottom in pixels from the lower left corner.

    Parameters
    ----------
    matrix : Matrix
        From the camera's space to the view's, -1..1.
    corners : sequence of Vector
        Of the picture, in the camera's space.
    """
    xs, ys = [], []
    for corner in corners:
        x, y, _, w = matrix @ corner.to_4d()
        if w <= 0:
            return None
        xs.append((x / w * 0.5 + 0.5) * width)
        ys.append((y / w * 0.5 + 0.5) * height)
    return min(xs), max(ys), max(xs), min(ys)


def _draw() -> None:
    """Draw the zones of the chosen platform into a 3D view that looks through a camera."""
    context: Any = bpy.context
    space, view, scene = context.space_data, context.region_data, context.scene
    if view is None or view.view_perspective != "CAMERA" or not space.overlay.show_overlays:
        return
    camera = space.camera if space.use_local_camera else scene.camera
    if camera is None or camera.type != "CAMERA":
        return
    region = context.region
    frame = camera_frame(view.window_matrix, camera.data.view_frame(scene=scene), region.width, region.height)
    if frame is None or frame[2] - frame[0] < 8:
        return
    settings, chosen = scene.crossfade, context.window_manager.crossfade_preview.zones_of
    names = tuple(sorted(properties.chosen_platforms(settings))) if chosen == CHOSEN else (chosen,)
    try:
        zones, said = _zones(names, bpy.path.abspath(settings.platforms_file), _shape(scene), chosen == CHOSEN)
    except CrossfadeError as error:
        zones, said = None, error.message
    scale = context.preferences.system.ui_scale
    if zones is not None:
        _draw_zones(zones, frame, (region.width, region.height), scale)
    _write(said, frame, scale)


def _shape(scene: Any) -> float:
    """Width of the picture for each pixel of its height."""
    render = scene.render
    return render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)


@functools.lru_cache(maxsize=16)
def _zones(names: tuple[str, ...], file: str, shape: float, is_choice: bool) -> "tuple[Zones | None, str]":
    """The zones of platforms that are made of a picture of this shape, and what is written beside them."""
    from ..encode.platforms import load_platforms
    from ..encode.safe_zones import zones_of

    known = load_platforms(Path(file) if file else None)
    there = [known[name] for name in names if name in known]
    fitting = [p for p in there if abs(_ratio(p.aspect) / shape - 1) < _SAME_SHAPE]
    if fitting:
        return zones_of(fitting), ", ".join(platform.label for platform in fitting)
    if is_choice or not there:
        return None, "No chosen platform is made of this picture"
    return None, f"{there[0].label} is made of the {there[0].aspect} scene"


def _ratio(aspect: str) -> float:
    across, down = aspect.split(":")
    return int(across) / int(down)


@functools.lru_cache(maxsize=4)
def _batches(zones: "Zones") -> tuple[Any, ...]:
    """What is drawn, in shares of the picture: areas by their level, the strict line, the organic one."""
    import gpu
    from gpu_extras.batch import batch_for_shader

    flat, line = gpu.shader.from_builtin("UNIFORM_COLOR"), gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    areas = []
    for level in range(len(_COLORS)):
        rects = [rect for rect, kind in zones.cells if kind == level]
        places = [p for a, t, r, b in rects for p in ((a, t), (r, t), (r, b), (a, t), (r, b), (a, b))]
        areas.append(batch_for_shader(flat, "TRIS", {"pos": places}) if places else None)
    strict = [(*p, 0.0) for a, t, r, b in zones.strict for p in ((a, t), (r, b))]
    organic = []
    if zones.organic is not None:
        a, t, r, b = zones.organic
        sides = (((a, t), (r, t)), ((r, t), (r, b)), ((r, b), (a, b)), ((a, b), (a, t)))
        organic = [(*p, 0.0) for side in sides for p in side]
    lines = [batch_for_shader(line, "LINES", {"pos": places}) if places else None for places in (strict, organic)]
    return flat, line, areas, lines


def _draw_zones(zones: "Zones", frame: "Rect", size: tuple[int, int], scale: float) -> None:
    import gpu

    pushed: Any = gpu.matrix.push_pop()
    flat, line, areas, lines = _batches(zones)
    left, top, right, bottom = frame
    gpu.state.blend_set("ALPHA")
    try:
        with pushed:
            gpu.matrix.translate((left, top))
            gpu.matrix.scale((right - left, bottom - top))
            flat.bind()
            for batch, color in zip(areas, _COLORS, strict=True):
                if batch is not None:
                    flat.uniform_float("color", color)
                    batch.draw(flat)
            line.bind()
            line.uniform_float("viewportSize", size)
            for batch, color, width in zip(lines, (_STRICT, _ORGANIC), (_WIDTH_PX, 1.0), strict=True):
                if batch is not None:
                    line.uniform_float("lineWidth", width * scale)
                    line.uniform_float("color", color)
                    batch.draw(line)
    finally:
        gpu.state.blend_set("NONE")


def _write(text: str, frame: "Rect", scale: float) -> None:
    """One line in the upper left corner of the picture."""
    import blf

    blf.size(0, _TEXT_PX * scale)
    blf.color(0, 1.0, 1.0, 1.0, 0.9)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 3, 0.0, 0.0, 0.0, 0.8)
    blf.position(0, frame[0] + 8 * scale, frame[1] - 8 * scale - _TEXT_PX * scale, 0)
    blf.draw(0, text)
    blf.disable(0, blf.SHADOW)


CLASSES = (CROSSFADE_OT_safe_zones,)
