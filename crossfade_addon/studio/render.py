# SPDX-License-Identifier: GPL-3.0-or-later
"""Show to frames: save a copy of the file and let background Blenders render it.

The window stays free, a cancel takes effect at once, a crash of the graphics driver costs a message
instead of Blender, and two processes keep two cores busy. Frames on disk make it resumable.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from .. import frames as frame_files
from .. import jobs
from .. import stills as still_files
from ..brief import FRAME_SUFFIX, RENDER_SCALE, Brief
from ..content import write_whole
from ..errors import StudioError, ToolMissing
from ..frames import FrameRange, RenderedFrames, aspect_folder
from ..jobs import Progress
from . import compat, kept, scenes
from .renderer import Renderer, renderer
from .show import Show
from .stills import Framing, Shooting

STAGE = "studio"
_GRAPHICS_HINT = "On Debian or Ubuntu install libegl1, libgl1 and libgl1-mesa-dri; or render with --engine cycles."


@dataclass(frozen=True, slots=True)
class _Take:
    """Frames of one scene that go to one folder; ``settings`` are paths below the scene and their values."""

    aspect: str
    folder: Path
    suffix: str
    frames: tuple[int, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    framings: Mapping[int, Framing] = field(default_factory=dict)


def check_graphics(engine: str) -> None:
    """Refuse to start a render that would abort the process.

    Raises
    ------
    ToolMissing
        When the system's OpenGL libraries are missing.
    """
    if engine == "cycles":
        return
    if missing := compat.missing_graphics_library():
        raise ToolMissing(f"Rendering needs the system library {missing}, which is missing.", hint=_GRAPHICS_HINT)


def render_steps(
    show: Show,
    brief: Brief,
    ranges: dict[str, FrameRange],
    keys: tuple[str, str],
    stills: Mapping[str, tuple[Shooting, ...]] | None = None,
    asked: Mapping[str, str] | None = None,
) -> Generator[Progress, None, dict[str, RenderedFrames]]:
    """Render the needed frames of each aspect.

    Parameters
    ----------
    keys : (str, str)
        Of the pictures and of the show (:mod:`.kept`); frames rendered under the same key are kept. Both are empty
        when the artist may have changed the scene: then nothing is reused.
    stills : mapping or None
        Pictures to take beside the film, by aspect; :func:`.stills.on_disk` finds them afterwards.
    asked : mapping or None
        What the stills were chosen from, by aspect (:func:`.kept.asked_for`).

    Raises
    ------
    ToolMissing, StudioError
        Missing graphics libraries; a render process that failed.
    """
    check_graphics(brief.engine)
    blender = renderer(brief)
    stills, key, version = stills or {}, keys[0], blender.version
    still_stamp = kept.stills_stamp(key, brief, version)
    kept.drop_old_stills(brief, still_stamp)
    wanted: list[_Take] = []
    rendered: dict[str, RenderedFrames] = {}
    restore: list[tuple[Any, tuple[int, int, int, str]]] = []
    reused = 0
    suffix = FRAME_SUFFIX[brief.quality]
    try:
        for aspect, span in ranges.items():
            scene = show.scenes[aspect]
            render = scene.render
            restore.append(
                (scene, (render.resolution_x, render.resolution_y, render.resolution_percentage, render.filepath))
            )
            width, height = scenes.set_size(scene, RENDER_SCALE[brief.quality])
            compat.set_image_output(render, "", jpeg=suffix == ".jpg")
            folder = aspect_folder(brief.work_dir, aspect)
            kept.prepare(folder, kept.frames_stamp(key, brief, version, (width, height)), fresh=brief.fresh)
            todo = kept.missing_frames(folder, span, suffix)
            reused += span.count - len(todo)
            wanted.append(_Take(aspect, folder, suffix, todo))
            rendered[aspect] = RenderedFrames(folder, suffix, span.first, span.count, width, height)
        if reused:
            yield Progress(STAGE, 0.1, f"{reused} frames of an earlier run are reused", notice=True)
        wanted += [_still_take(brief, aspect, shootings, still_stamp) for aspect, shootings in stills.items()]
        blend = _save_copy(brief, kept.render_stamp(keys[1], brief, version))
    finally:
        for scene, (width, height, percentage, path) in restore:
            scene.render.resolution_x, scene.render.resolution_y = width, height
            scene.render.resolution_percentage = percentage
            scene.render.filepath = path
    yield from _run(show, brief, wanted, blend, blender)
    for aspect, frames in rendered.items():
        if lost := kept.missing_frames(frames.folder, ranges[aspect], suffix):
            raise StudioError(f"Frame {lost[0]} of {aspect} was not rendered.", hint="Run the job again.")
    for aspect, shootings in stills.items():
        folder, taken = still_files.stills_folder(brief.work_dir, aspect), tuple(s.still for s in shootings)
        still_files.write_note(folder, taken, (asked or {}).get(aspect, ""))
    return rendered


def picture_steps(
    show: Show,
    brief: Brief,
    aspect: str,
    frames: Sequence[int],
    folder: Path,
    size: tuple[int, int],
    *,
    is_draft: bool = False,
) -> Generator[Progress, None, tuple[Path, ...]]:
    """Render single frames of a show into an emptied folder, as pictures of another size; the scene stays as it is.

    Parameters
    ----------
    size : (int, int)
        Width and height of the pictures, in pixels.
    is_draft : bool
        As quick as may be: JPEG files with hard edges, instead of PNG with smooth ones.

    Raises
    ------
    ToolMissing, StudioError
        As :func:`render_steps`.
    """
    check_graphics(brief.engine)
    blender = renderer(brief)
    jobs.remove_tree(folder)
    folder.mkdir(parents=True)
    suffix = FRAME_SUFFIX["draft"] if is_draft else still_files.SUFFIX
    settings = {
        "render.resolution_x": size[0],
        "render.resolution_y": size[1],
        "render.resolution_percentage": 100,
        "display.render_aa": "OFF" if is_draft else "FXAA",
        **compat.image_settings(jpeg=suffix == ".jpg"),
    }
    take = _Take(aspect, folder, suffix, tuple(frames), settings)
    yield from _run(show, brief, [take], _save_copy(brief, ""), blender)
    return tuple(frame_files.frame_path(folder, frame, suffix) for frame in frames)


def _still_take(brief: Brief, aspect: str, shootings: tuple[Shooting, ...], stamp: str) -> _Take:
    """The stills of an aspect that are not there yet: full size and quality, whatever the film has."""
    folder = still_files.stills_folder(brief.work_dir, aspect)
    framings = {s.still.frame: (s.framing.zoom, s.framing.shift_x, s.framing.shift_y) for s in shootings}
    todo = kept.prepare_stills(folder, stamp, framings, fresh=brief.fresh)
    missing = [shooting for shooting in shootings if shooting.still.frame in todo]
    return _Take(
        aspect,
        folder,
        still_files.SUFFIX,
        tuple(shooting.still.frame for shooting in missing),
        scenes.still_settings(aspect, brief.engine),
        {shooting.still.frame: shooting.framing for shooting in missing},
    )


def _save_copy(brief: Brief, stamp: str) -> Path:
    """Save the show beside its frames, and note under which stamp (none: somebody may have changed it)."""
    blend, note = brief.work_dir / kept.SHOW, brief.work_dir / kept.SHOW_STAMP
    note.unlink(missing_ok=True)
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), copy=True, compress=False)
    except RuntimeError as error:
        raise StudioError(
            f"The show could not be saved to '{blend}': {str(error).strip()}", original_error=error
        ) from error
    if stamp:
        write_whole(note, stamp)
    return blend


def _split(tasks: list[tuple[_Take, int]], parts: int) -> list[list[tuple[_Take, int]]]:
    """Equal shares, each in the order of the takes; every share gets its part of the stills, which take longest."""
    return [share for number in range(parts) if (share := _share(tasks, number, parts))]


def _share(tasks: list[tuple[_Take, int]], number: int, parts: int) -> list[tuple[_Take, int]]:
    film = [task for task in tasks if not task[0].framings]
    stills = [task for task in tasks if task[0].framings]
    size = -(-len(film) // parts)
    return film[number * size : (number + 1) * size] + stills[number::parts]


def process_count(engine: str, frames: int) -> int:
    """How many Blenders share so many frames."""
    return 1 if engine == "cycles" else min(2, jobs.core_share() or os.cpu_count() or 1, -(-frames // 8))


def _run(
    show: Show, brief: Brief, wanted: list[_Take], blend: Path, blender: Renderer
) -> Generator[Progress, None, None]:
    tasks = [(take, frame) for take in wanted for frame in take.frames]
    if not tasks:
        return
    processes = process_count(brief.engine, len(tasks))
    job_root = brief.work_dir / "render"
    jobs.remove_tree(job_root)
    children: list[tuple[jobs.Child, Path]] = []
    clock = jobs.Clock()
    watch = _Watch(brief.render_timeout_sec, job_root)
    try:
        for number, chunk in enumerate(_split(tasks, processes)):
            children.append(_start(show, chunk, job_root / str(number), blend, blender))
        while True:
            codes = [child.poll() for child, _ in children]
            done = sum(_count_lines(path) for _, path in children)
            for (child, _), code in zip(children, codes, strict=True):
                if code not in (None, 0):
                    raise failure(child, int(code or 0))
            watch.look(done)
            fraction = done / len(tasks)
            yield Progress(STAGE, 0.1 + 0.9 * fraction, f"Rendering {done}/{len(tasks)}", clock.eta(fraction))
            if all(code == 0 for code in codes):
                return
    finally:
        for child, _ in children:
            child.stop()


class _Watch:
    """Stops a render in which no frame was finished for too long."""

    def __init__(self, limit_s: float, folder: Path) -> None:
        self._limit_s = limit_s
        self._folder = folder
        self._done = 0
        self._since = time.monotonic()

    def look(self, done: int) -> None:
        """Take note of how many frames are done; StudioError when there was no new one for longer than the limit."""
        now = time.monotonic()
        if done != self._done:
            self._done, self._since = done, now
        elif self._limit_s and now - self._since > self._limit_s:
            raise StudioError(
                f"The render is stuck: no frame was finished for {self._limit_s:g} s, after {done}.",
                hint=f"Its log is in '{self._folder}'. Slow frames need a longer render_timeout_sec under [studio] "
                "(--render-timeout-sec).",
            )


def _start(
    show: Show, chunk: list[tuple[_Take, int]], folder: Path, blend: Path, blender: Renderer
) -> tuple[jobs.Child, Path]:
    by_take: dict[int, tuple[_Take, list[int]]] = {}
    for take, frame in chunk:
        by_take.setdefault(id(take), (take, []))[1].append(frame)
    (folder / "tmp").mkdir(parents=True)
    job = {
        "blend": str(blend),
        "done": str(folder / "done.txt"),
        "prefix": frame_files.PREFIX,
        "digits": frame_files.DIGITS,
        "tasks": [_task(show, take, frames, folder) for take, frames in by_take.values()],
    }
    job_file = folder / "job.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    command = blender.command(blend, Path(__file__).with_name("render_child.py"))
    env = {"CROSSFADE_RENDER_JOB": str(job_file), "TMPDIR": str(folder / "tmp")}
    return jobs.Child(command, folder, name="The render process", env=env), folder / "done.txt"


def _task(show: Show, take: _Take, frames: list[int], folder: Path) -> dict[str, Any]:
    part = folder / f"frame{take.suffix}"
    return {
        "scene": show.scenes[take.aspect].name,
        "folder": str(take.folder),
        "suffix": take.suffix,
        "part": str(part),
        "output": compat.literal_path(part),
        "frames": frames,
        "settings": dict(take.settings),
        "framings": {frame: [f.zoom, f.shift_x, f.shift_y] for frame, f in take.framings.items() if frame in frames},
    }


def _count_lines(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except OSError:
        return 0


def failure(child: jobs.Child, code: int) -> StudioError:
    lines = [line for line in child.stderr_tail().splitlines() if line.strip()]
    last = lines[-1].strip().rstrip(".") if lines else "no message"
    hint = _GRAPHICS_HINT if "libEGL.so" in child.stderr_tail() else f"Its log is in '{child.stderr_path.parent}'."
    return StudioError(f"The render process stopped with exit code {code}: {last}.", hint=hint)
