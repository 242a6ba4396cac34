# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gallery and the proof of the look share: twelve moments of a song, stills, films and labelled sheets."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stage_door as door

from crossfade_addon import timing
from crossfade_addon.timeline import Section, Timeline

FONT = door.ROOT / "crossfade_addon" / "data" / "fonts" / "Inter-Bold.otf"
SHAPES = {"9:16": (9, 16), "16:9": (16, 9)}
COUNT = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment worth a picture."""

    label: str
    seconds: float


def size_of(aspect: str, short: int) -> tuple[int, int]:
    """Width and height (even) of an aspect whose shorter side has so many pixels."""
    across, up = SHAPES[aspect]
    least = min(across, up)
    return short * across // least // 2 * 2, short * up // least // 2 * 2


def key_moments(script: Timeline) -> list[Moment]:
    """Twelve moments in order of time, from the intro over the first drop to the outro.

    What a song lacks is replaced by moments from its longest gaps, so there are always twelve.
    """
    beat = 60 / script.beats.bpm if script.beats.bpm else 0.5
    bar = beat * script.beats.meter
    length = script.meta.duration_sec
    found: list[Moment] = []

    def add(label: str, seconds: float) -> None:
        if 0 <= seconds < length - 0.05 and all(abs(seconds - m.seconds) > 0.02 for m in found):
            found.append(Moment(label, seconds))

    def part(*kinds: str, after: float = 0.0) -> Section | None:
        return next((s for s in script.audio.sections if s.section_type in kinds and s.start_time >= after), None)

    if intro := part("intro"):
        add("intro", min(intro.start_time + 1.5 * bar, intro.end_time - beat))
    if verse := part("verse", "chorus", "bridge"):
        add(verse.section_type, verse.start_time + bar)
    if drops := script.drops():
        drop = drops[0]
        builds = [e.t for e in script.events if e.type == "build" and e.t < drop]
        if builds:
            add("build begins", builds[-1] + beat)
            add("build ends", drop - 1.5 * beat)
        breath = [c for c in script.lighting.cues if c.look == "blackout" and c.t <= drop <= c.t + c.duration + 0.1]
        add("breath", breath[0].t + 0.6 * breath[0].duration if breath else drop - 0.5 * beat)
        add("hit", drop)
        add("hit + 1 beat", drop + beat)
        add("hit + 1 bar", drop + bar)
        add("hit + 3 bars", drop + 3 * bar)
        if pause := part("break", "bridge", after=drop):
            add(pause.section_type, pause.start_time + bar)
        if len(drops) > 1:
            add("second drop", drops[1] + 2.5 * beat)
    if outro := part("outro"):
        add("outro", (outro.start_time + outro.end_time) / 2)
    while len(found) < COUNT:
        edges = sorted([0.0, length, *(m.seconds for m in found)])
        gap, start = max((b - a, a) for a, b in itertools.pairwise(edges))
        middle = start + gap / 2
        section = script.section_at(middle)
        add(section.section_type if section else "song", middle)
    return sorted(found, key=lambda moment: moment.seconds)[:COUNT]


def snap(scene: Any, size: tuple[int, int], path: Path) -> Path:
    """Render a scene as it stands, whatever its frame (ungraded PNG)."""
    import bpy

    _write_to(scene, size, path)
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True, scene=scene.name)
    return path


def film(scene: Any, first: int, last: int, size: tuple[int, int], folder: Path) -> str:
    """Render the scene frames ``first`` to ``last``; returns FFmpeg's pattern of the PNG files."""
    import bpy

    _write_to(scene, size, folder / "frame_######")
    span = scene.frame_start, scene.frame_end
    scene.frame_start, scene.frame_end = first, last
    bpy.ops.render.render(animation=True, scene=scene.name)
    scene.frame_start, scene.frame_end = span
    return str(folder / "frame_%06d.png")


def _write_to(scene: Any, size: tuple[int, int], path: Path) -> None:
    from crossfade_addon.studio import compat

    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    path.parent.mkdir(parents=True, exist_ok=True)
    compat.set_image_output(scene.render, compat.literal_path(path), jpeg=False)


def scene_of(name: str, objects: Sequence[Any], like: Any, *, background: tuple[float, float, float]) -> Any:
    """A scene of its own that shows some objects of a show with another scene's look, rate and camera."""
    import bpy

    scene = bpy.data.scenes.new(name)
    for ob in objects:
        scene.collection.objects.link(ob)
    scene.world = bpy.data.worlds.new(name)
    scene.world.color = background
    copy_look(like, scene)
    scene.render.fps, scene.render.fps_base = like.render.fps, like.render.fps_base
    scene.frame_start, scene.frame_end = like.frame_start, like.frame_end
    scene.camera = like.camera
    return scene


def copy_look(like: Any, scene: Any) -> None:
    """Engine, colour management and shading of another scene."""
    shading = ("light", "color_type", "background_type")
    switches = ("backface_culling", "cavity", "shadows", "object_outline", "specular_highlight")
    for source, target, names in (
        (like.view_settings, scene.view_settings, ("view_transform", "look", "exposure", "gamma")),
        (like.render, scene.render, ("engine",)),
        (like.display, scene.display, ("render_aa",)),
        (like.display.shading, scene.display.shading, (*shading, *(f"show_{name}" for name in switches))),
    ):
        for name in names:
            setattr(target, name, getattr(source, name))


def label(moment: Moment) -> str:
    """A moment's words under its picture."""
    return f"{moment.label}   {timing.clock(moment.seconds - 0.5)}.{int(moment.seconds % 1 * 10)}"


def sheet(pictures: Sequence[Path], labels: Sequence[str], out: Path, *, columns: int, width: int) -> None:
    """Pictures of one size in rows, each with its label below; ``out`` may be JPEG or PNG."""
    inputs = [part for picture in pictures for part in ("-i", str(picture))]
    band = max(18, width // 12)
    chains = []
    for k, text in enumerate(labels):
        words = (
            f",pad=iw:ih+{band}:0:0:0x0a0a10,drawtext=fontfile='{FONT}':text='{_plain(text)}':expansion=none:"
            f"fontcolor=0xc8c8d8:fontsize={round(0.6 * band)}:x=6:y=h-{band}+{round(0.2 * band)}"
        )
        chains.append(f"[{k}]scale={width}:-2:flags=lanczos{words}[p{k}]")
    joined = "".join(f"[p{k}]" for k in range(len(pictures)))
    rows = -(-len(pictures) // columns)
    layout = (
        f"{';'.join(chains)};{joined}concat=n={len(pictures)}:v=1[all];"
        f"[all]tile={columns}x{rows}:padding=6:margin=6:color=0x0a0a10"
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    quality = ("-q:v", "5") if out.suffix == ".jpg" else ()
    door.run_ffmpeg(*inputs, "-filter_complex", layout, "-frames:v", "1", *quality, out)


def _plain(text: str) -> str:
    """Text without the signs that mean something in an FFmpeg filter."""
    return text.replace("\\", "/").replace("'", "").replace(":", "\\:")
