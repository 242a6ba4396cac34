# SPDX-License-Identifier: GPL-3.0-or-later
"""The two scenes of a show: same stage, own cameras, markers, frame range, size and sound."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from .. import timing
from ..brief import FRAME_SUFFIX, RENDER_SCALE
from ..frames import SIZES as SIZES
from ..frames import scaled
from ..themes import Theme
from ..timeline import Timeline
from . import artist_signals, compat, ownership, song_place
from .ownership import Workshop, aspect_of, scene_name

_EEVEE_SAMPLES = {"draft": 4, "preview": 4, "final": 16}
_CYCLES_SAMPLES = {"draft": 4, "preview": 8, "final": 32}


def make_scene(aspect: str, collection: Any, world: Any, theme: Theme) -> Any:
    """A scene that shows the collection, with the painted look switched on; that of the show before, if it stands."""
    name = scene_name(aspect)
    scene: Any = next((s for s in bpy.data.scenes if aspect_of(s) == aspect), None)
    if scene is None:
        scene = ownership.tag(bpy.data.scenes.new(name), "scene")
    scene.name = name
    scene.collection.children.link(collection)
    scene.world = world
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"
    scene.view_settings.exposure = 0
    scene.view_settings.gamma = 1
    scene.render.resolution_x, scene.render.resolution_y = SIZES[aspect]
    scene.sync_mode = "AUDIO_SYNC"
    shading = scene.display.shading
    shading.light = "FLAT"
    shading.color_type = "VERTEX"
    shading.show_backface_culling = True
    shading.show_cavity = False
    shading.show_shadows = False
    shading.show_object_outline = False
    shading.show_specular_highlight = False
    shading.background_type = "WORLD"
    return scene


def make_world(theme: Theme) -> Any:
    """The darkness around the stage, the same colour in every engine."""
    world = ownership.tag(bpy.data.worlds.new(ownership.PREFIX + "World"), "world")
    # Above a roof the sky goes on in the colour in which the backdrop ends; indoors it is dark all around.
    color = theme.palette["bg2" if theme.set == "lofi" else "bg1"]
    world.color = color
    tree = compat.node_tree_of(world)
    background = next((n for n in tree.nodes if n.type == "BACKGROUND"), None)
    if background is None:
        background = tree.nodes.new("ShaderNodeBackground")
        out = tree.nodes.new("ShaderNodeOutputWorld")
        tree.links.new(background.outputs[0], out.inputs[0])
    background.inputs[0].default_value = (*color, 1.0)
    return world


def set_time(scene: Any, fps: Fraction, first: int, last: int) -> None:
    """Exact frame rate and frame range."""
    whole = round(float(fps))
    scene.render.fps = whole
    scene.render.fps_base = float(whole / fps)
    scene.frame_start, scene.frame_end = first, last
    scene.frame_set(first)


def set_engine(scene: Any, engine: str, quality: str) -> str:
    """Choose the render engine; returns a sentence when something could not be had, else ``""``."""
    scene.render.engine = compat.ENGINES[engine]
    # Smoothing edges takes half of a Workbench frame's time; a draft is sharper without it at a larger size.
    scene.display.render_aa = "OFF" if quality == "draft" else "FXAA"
    if engine == "eevee":
        scene.eevee.taa_render_samples = _EEVEE_SAMPLES[quality]
        scene.eevee.use_raytracing = False
        scene.eevee.use_shadows = False
    if engine == "cycles":
        cycles = scene.cycles
        cycles.samples = _CYCLES_SAMPLES[quality]
        cycles.use_adaptive_sampling = True
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 3, 1, 2
        cycles.transparent_max_bounces = 64
        scene.render.use_persistent_data = True
        if not compat.cycles_denoiser(scene):
            return "This Blender has no OpenImageDenoise: Cycles frames stay a little noisy."
    return ""


def still_settings(aspect: str, engine: str) -> dict[str, Any]:
    """What a still is rendered with, as paths below a scene: full size and the quality of ``final``."""
    width, height = SIZES[aspect]
    settings: dict[str, Any] = {
        "render.resolution_x": width,
        "render.resolution_y": height,
        "render.resolution_percentage": 100,
        "render.image_settings.file_format": "PNG",
        "display.render_aa": "FXAA",
    }
    if engine == "eevee":
        settings["eevee.taa_render_samples"] = _EEVEE_SAMPLES["final"]
    if engine == "cycles":
        settings["cycles.samples"] = _CYCLES_SAMPLES["final"]
    return settings


def job_settings(scene: Any, aspect: str, engine: str, quality: str) -> dict[str, Any]:
    """What a job of this engine and quality sets in a scene, as paths below it; samples stay where the engine does."""
    width, height = scaled(aspect, RENDER_SCALE[quality])
    settings: dict[str, Any] = {
        "render.resolution_x": width,
        "render.resolution_y": height,
        "render.resolution_percentage": 100,
        "render.use_file_extension": True,
        **compat.image_settings(jpeg=FRAME_SUFFIX[quality] == ".jpg"),
    }
    if scene is None or scene.render.engine != compat.ENGINES[engine]:
        settings["render.engine"] = compat.ENGINES[engine]
        if engine == "eevee":
            settings["eevee.taa_render_samples"] = _EEVEE_SAMPLES[quality]
        if engine == "cycles":
            settings["cycles.samples"] = _CYCLES_SAMPLES[quality]
    return settings


def set_size(scene: Any, scale: Fraction) -> tuple[int, int]:
    """Render at a part of the full size; returns width and height in pixels (even)."""
    width, height = scaled(aspect_of(scene), scale)
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.resolution_percentage = 100
    return width, height


def write_markers(scene: Any, timeline: Timeline, fps: Fraction) -> None:
    """Markers for bars (numbers), sections and events; cuts are added by the cameras."""
    markers = scene.timeline_markers
    for number, t in enumerate(timeline.beats.downbeats, start=1):
        markers.new(str(number), frame=timing.frame_at(t, fps))
    for section in timeline.audio.sections:
        markers.new(f"[{section.section_type}]", frame=timing.frame_at(section.start_time, fps))
    for event in timeline.events:
        if event.type == "drop":
            markers.new("DROP", frame=timing.frame_at(event.t, fps))


def add_song(scenes: Sequence[Any], audio: Path) -> bool:
    """The song as a sound strip in each scene; False when this Blender has no sound."""
    heard = [_add_song(scene, audio) for scene in scenes]
    return all(heard)


def _add_song(scene: Any, audio: Path) -> bool:
    if not audio.is_file():
        return False
    sounds = [strip.sound for strip in song_strips(scene) if strip.sound is not None]
    # Saving makes a path relative to the file.
    if any(Path(bpy.path.abspath(sound.filepath)).resolve() == audio.resolve() for sound in sounds):
        return True  # as the artist left it
    remove_song(scene)
    return song_place.put_song(scene, audio)


def song_strips(scene: Any) -> list[Any]:
    """The song in a scene's sequencer, whatever it is called now."""
    sounds = [strip for strip in compat.strips_of(scene) if strip.type == "SOUND"]
    named = [strip for strip in sounds if strip.name == ownership.SONG]
    return named or [strip for strip in sounds if ownership.is_ours(strip.sound)][:1]


def remove_song(scene: Any) -> None:
    """Take the song out of a scene's sequencer."""
    for strip in song_strips(scene):
        compat.strips_of(scene).remove(strip)


def write_signals(shop: Workshop, timeline: Timeline, fps: Fraction) -> Any:
    """The empty ``CF Signals``: every signal as an animated custom property, on the object that drivers know already.

    Its place is (kick, snare, hats) metres, so that Geometry Nodes can read these three by an Object Info node alone.
    """
    empty = ownership.signals()
    if empty is None:
        empty = ownership.tag(shop.object("Signals"), ownership.SIGNALS)
    else:
        shop.collection.objects.link(empty)
    empty.use_fake_user = False
    empty.empty_display_size = 0.2
    empty.hide_render = True
    curves = compat.fcurves_of(empty, action=shop.action("Signals"))
    signals = artist_signals.artist_curves(timeline, fps)
    for name in set(artist_signals.ABOUT) & set(empty.keys()) - set(signals):
        empty[name] = 0.0  # of a song with stems, before this one
    for name, curve in signals.items():
        empty[name] = float(curve.values[0])
        highest = {"soft_max": float(curve.values.max())} if name in ("beats", "bars", "section") else {"max": 1.0}
        empty.id_properties_ui(name).update(min=0.0, description=artist_signals.ABOUT[name], **highest)
        path, how = f'["{name}"]', curve.interpolation
        compat.write_fcurve(curves, path, 0, curve.frames, curve.values, interpolation=how)
    for axis, name in enumerate(("kick", "snare", "hats")):
        compat.write_fcurve(curves, "location", axis, signals[name].frames, signals[name].values)
    return empty
