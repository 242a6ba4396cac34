# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender versions: the only module that knows how 4.2 to 5.2 differ.

What differs, from which version and where it is handled: ``docs/blender_versions.md``. Its tables are tested.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

if TYPE_CHECKING:
    import numpy as np

IS_5_0 = bpy.app.version >= (5, 0, 0)
VERSION = bpy.app.version_string
"""The running Blender, for telling apart what two versions rendered."""
RUNNING: tuple[int, int] = (bpy.app.version[0], bpy.app.version[1])
"""Major and minor version, as .blend files note it."""
EEVEE = "BLENDER_EEVEE" if IS_5_0 else "BLENDER_EEVEE_NEXT"
ENGINES = {"workbench": "BLENDER_WORKBENCH", "eevee": EEVEE, "cycles": "CYCLES"}
"""Engine names of the brief and Blender's own."""
CHANNEL_COLOR_PATH = "diffuse_color" if IS_5_0 else "color"
"""Where a channel's visible colour is animated: on its material from 5.0, on its objects before."""
PATH_OPTIONS: set[Any] = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
"""Options for FILE_PATH and DIR_PATH properties."""

FRAMES_MISSING_LETTERS = not IS_5_0
"""Whether text objects draw a frame for a letter that no font has; 4.2 has been seen to crash on one."""

_INTERPOLATION = {"CONSTANT": 0, "LINEAR": 1, "BEZIER": 2}


def tidy_at_exit(leave: Callable[[], None]) -> None:
    """Have the ``bpy`` package up to 4.5 call ``leave`` before Python ends; nothing in other Blenders.

    There property groups outlive their unregistering, and the callbacks of their properties keep ``bpy``: Blender would
    then be taken down after Python. 4.2 crashes in that, turning every exit code into 139, and 4.5 never ends.
    ``leave`` unregisters and drops those callbacks.
    """
    if not bpy.app.binary_path and not IS_5_0:
        import atexit

        atexit.unregister(leave)  # once, however often the add-on is registered
        atexit.register(leave)


# ---------------------------------------------------------------------------------------- animation


def fcurves_of(id_data: Any, *, action: Any = None, name: str = "") -> Any:
    """F-curve collection of a datablock's action, made (and assigned) when there is none.

    ``action`` assigns that action; otherwise the current one is used, or a new one called ``name``.
    """
    animation = id_data.animation_data or id_data.animation_data_create()
    act: Any = action or animation.action or bpy.data.actions.new(name or f"{id_data.name} Action")
    if animation.action != act:
        animation.action = act
    if not hasattr(act, "slots"):
        return act.fcurves
    slot = animation.action_slot
    if slot is None:
        slot = next((s for s in act.slots if s.target_id_type in {id_data.id_type, "UNSPECIFIED"}), None)
        slot = slot or act.slots.new(id_data.id_type, id_data.name)
        animation.action_slot = slot
    layer = act.layers[0] if act.layers else act.layers.new("Layer")
    strip: Any = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True).fcurves


def write_fcurve(
    fcurves: Any,
    path: str,
    index: int,
    frames: Sequence[float] | np.ndarray,
    values: Sequence[float] | np.ndarray,
    *,
    interpolation: str = "LINEAR",
) -> Any:
    """Replace one F-curve's keys in bulk.

    Parameters
    ----------
    frames, values : sequence of float (n,)
        Key positions in scene frames (may be fractional) and their values.
    interpolation : str
        CONSTANT, LINEAR or BEZIER (auto-clamped handles).
    """
    import numpy as np

    curve = fcurves.find(path, index=index) or fcurves.new(path, index=index)
    points = curve.keyframe_points
    points.clear()
    count = len(frames)
    points.add(count)
    co = np.empty(count * 2, dtype="f4")
    co[0::2] = frames
    co[1::2] = values
    points.foreach_set("co", co)
    points.foreach_set("interpolation", np.full(count, _INTERPOLATION[interpolation], dtype="i4"))
    curve.update()
    return curve


def grouped_fcurve(fcurves: Any, path: str, index: int, group: str) -> Any:
    """A new F-curve in a group of that name, made when the action (its slot, where there are slots) has none."""
    parameters = fcurves.bl_rna.functions["new"].parameters
    if "action_group" in parameters:
        return fcurves.new(path, index=index, action_group=group)
    if "group_name" in parameters:
        return fcurves.new(path, index=index, group_name=group)
    curve = fcurves.new(path, index=index)  # 4.4 and 4.5 take no group here
    owner = _channelbag_of(curve)
    curve.group = owner.groups.get(group) or owner.groups.new(group)
    return curve


def _channelbag_of(curve: Any) -> Any:
    """The channelbag that holds an F-curve of a slotted action: Blender gives no way up but its path."""
    return curve.id_data.path_resolve(curve.path_from_id().rpartition(".fcurves")[0])


def moved_by_action_of(id_data: Any) -> set[Any]:
    """Every datablock that the F-curves of a datablock's action (and slot) move, itself included; empty without one.

    A node tree inside a material or a light is named by what it is in, where there are no slots.
    """
    animation = id_data.animation_data
    if animation is None or animation.action is None:
        return set()
    if hasattr(animation, "action_slot"):
        return set(animation.action_slot.users()) if animation.action_slot is not None else set()
    return set(bpy.data.user_map(subset=[animation.action])[animation.action])


def assign_strip_slot(strip: Any, action: Any) -> None:
    """Give an NLA strip its action's slot for objects where slots exist and none was chosen."""
    if hasattr(strip, "action_slot") and strip.action_slot is None and action.slots:
        strip.action_slot = _object_slot(action) or action.slots[0]


def _object_slot(action: Any) -> Any:
    return next((s for s in action.slots if s.target_id_type in {"OBJECT", "UNSPECIFIED"}), None)


def object_fcurves(action: Any) -> Any:
    """F-curves that an action has for an object, as a collection; empty when it has none."""
    if not hasattr(action, "slots"):
        return action.fcurves
    slot = _object_slot(action)
    if slot is None:
        return ()
    bags = (strip.channelbag(slot) for layer in action.layers for strip in layer.strips)
    return next((bag.fcurves for bag in bags if bag is not None), ())


def action_channels(action: Any) -> list[tuple[str, Any]]:
    """F-curve collections of an action, each with the kind of datablock that it moves (``OBJECT``, ``MATERIAL``)."""
    if not hasattr(action, "slots"):
        return [(action.id_root, action.fcurves)]
    strips = [strip for layer in action.layers for strip in layer.strips]
    found = [(slot.target_id_type, strip.channelbag(slot)) for slot in action.slots for strip in strips]
    return [(kind, bag.fcurves) for kind, bag in found if bag is not None]


def slot_name(animation: Any) -> str:
    """Identifier of the action slot that a datablock or an NLA strip uses; empty when it has none."""
    slot = getattr(animation, "action_slot", None)
    return slot.identifier if slot is not None else ""


def assign_action(id_data: Any, action: Any, slot: str = "") -> None:
    """Give a datablock an action and the slot of that identifier, where slots exist; None takes its action away."""
    animation = id_data.animation_data or id_data.animation_data_create()
    animation.action = action
    if action is not None and hasattr(action, "slots"):
        found = next((s for s in action.slots if s.identifier == slot), None)
        if found is not None:
            animation.action_slot = found


@contextlib.contextmanager
def edit_mode(scene: Any, ob: Any) -> Iterator[None]:
    """Edit mode of one object of ``scene``, left again whatever happens."""
    layer = scene.view_layers[0]
    layer.update()
    layer.objects.active = ob
    with bpy.context.temp_override(
        scene=scene, view_layer=layer, object=ob, active_object=ob, selected_objects=[ob], edit_object=None
    ):
        bpy.ops.object.mode_set(mode="EDIT")
    try:
        yield
    finally:
        with bpy.context.temp_override(
            scene=scene, view_layer=layer, object=ob, active_object=ob, selected_objects=[ob], edit_object=ob
        ):
            bpy.ops.object.mode_set(mode="OBJECT")


# ------------------------------------------------------------------------------- materials and world


def node_tree_of(id_data: Any) -> Any:
    """Node tree of a material or world, switched on where that is still needed."""
    if not IS_5_0:
        id_data.use_nodes = True
    return id_data.node_tree


def compositor_of(scene: Any) -> Any:
    """Node tree of a scene's compositor, or None when none is in use."""
    if IS_5_0:
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


# -------------------------------------------------------------------------------------------- render


def set_image_output(render: Any, path: str, *, jpeg: bool = False) -> None:
    """Write still images (RGB, no alpha) to ``path`` with Blender's frame number appended."""
    settings = render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "JPEG" if jpeg else "PNG"
    settings.color_mode = "RGB"
    settings.compression = 15
    settings.quality = 98
    render.filepath = path
    render.use_file_extension = True
    render.use_overwrite = True


def image_settings(*, jpeg: bool) -> dict[str, Any]:
    """What :func:`set_image_output` sets but the path, as dotted paths below a scene, in order."""
    has_kinds = "media_type" in bpy.types.ImageFormatSettings.bl_rna.properties
    kind = {"media_type": "IMAGE"} if has_kinds else {}
    values = {**kind, "file_format": "JPEG" if jpeg else "PNG", "color_mode": "RGB", "compression": 15, "quality": 98}
    return {f"render.image_settings.{name}": value for name, value in values.items()}


def literal_path(path: Path) -> str:
    """A path as an output setting takes it: from 4.5 on braces there are template expressions and are doubled."""
    text = str(path)
    return text.replace("{", "{{").replace("}", "}}") if bpy.app.version >= (4, 5, 0) else text


def cycles_denoiser(scene: Any) -> bool:
    """Switch Cycles' OpenImageDenoise on where the build has it; True when it has."""
    try:
        scene.cycles.denoiser = "OPENIMAGEDENOISE"
    except TypeError:
        scene.cycles.use_denoising = False
        return False
    scene.cycles.use_denoising = True
    return True


def missing_graphics_library() -> str:
    """Name of the library without which the first Workbench or EEVEE render would abort, or ``""``.

    Blender on Linux loads libEGL at the first off-screen render and aborts the process without it, so
    it is looked for first.
    """
    import ctypes.util

    if not sys.platform.startswith("linux"):
        return ""
    for name, file in (("EGL", "libEGL.so.1"), ("GL", "libGL.so.1")):
        if ctypes.util.find_library(name):
            continue
        try:
            ctypes.CDLL(file)
        except OSError:
            return file
    return ""


def graphics_name() -> str:
    """What draws this Blender's windows, as its driver calls it; empty in background mode, where nothing draws."""
    if bpy.app.background:
        return ""
    import gpu

    return str(gpu.platform.renderer_get())


# ----------------------------------------------------------------------------------------- sequencer


def node_inputs(modifier: Any) -> list[tuple[str, str, Any]]:
    """What a Geometry Nodes modifier gives its node group: name, path below the modifier and value.

    Beside each socket's own value (``Socket_2``) stand ``Socket_2_use_attribute`` and ``Socket_2_attribute_name``,
    where the socket may take an attribute.
    """
    if not hasattr(modifier, "properties"):
        return [(name, f'["{name}"]', modifier[name]) for name in modifier.keys()]  # noqa: SIM118
    found: list[tuple[str, str, Any]] = []
    inputs = modifier.properties.inputs
    for name in [p.identifier for p in inputs.bl_rna.properties if p.type == "POINTER" and p.identifier != "rna_type"]:
        socket, path = getattr(inputs, name), f"properties.inputs.{name}"
        if hasattr(socket, "value"):
            found.append((name, f"{path}.value", socket.value))
        if hasattr(socket, "attribute_name"):
            found.append((f"{name}_use_attribute", f"{path}.type", socket.type == "ATTRIBUTE"))
            found.append((f"{name}_attribute_name", f"{path}.attribute_name", socket.attribute_name))
    return found


def set_node_input(modifier: Any, name: str, value: Any) -> bool:
    """Give a node group one of :func:`node_inputs`; False when it has no such input."""
    path = next((path for known, path, _ in node_inputs(modifier) if known == name), None)
    if path is None:
        return False
    if path.startswith("["):
        # What was a bool is an int in an opened file; a number of another type would make Blender start all anew.
        there = modifier[name]
        modifier[name] = type(there)(value) if isinstance(there, (bool, int, float)) else value
        return True
    _, _, socket, setting = path.split(".")
    if setting == "type":
        value = "ATTRIBUTE" if value else "VALUE"
    setattr(getattr(modifier.properties.inputs, socket), setting, value)
    return True


def strips_of(scene: Any) -> Any:
    """The scene's strips in the sequencer; empty when it has no sequencer."""
    editor = scene.sequence_editor
    if editor is None:
        return ()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def add_sound(scene: Any, name: str, path: Path, frame_start: int) -> bool:
    """Put a sound strip on channel 1; False when this Blender was built without sound."""
    if scene.sequence_editor is None:
        scene.sequence_editor_create()
    try:
        strips_of(scene).new_sound(name, str(path), channel=1, frame_start=frame_start)
    except RuntimeError:
        return False
    return True
