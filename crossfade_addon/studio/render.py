# SPDX-License-Identifier: GPL-3.0-or-later
"""Show to frames: save a copy of the file and let background Blenders render it.

The window stays free, a cancel takes effect at once, a crash of the graphics driver costs a message
instead of Blender, and two processes keep two cores busy. Frames on disk make it resumable.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy

from .. import frames as frame_files
from .. import jobs
from ..brief import FRAME_SUFFIX, RENDER_SCALE, Brief
from ..errors import StudioError, ToolMissing
from ..frames import FrameRange, RenderedFrames, aspect_folder, frame_path
from ..jobs import Progress
from . import compat, scenes
from .show import Show

STAGE = "studio"
STAMP_NAME = "frames.key"
"""File beside the frames that says which show they belong to."""
_GRAPHICS_HINT = "On Debian or Ubuntu install libegl1, libgl1 and libgl1-mesa-dri; or render with --engine cycles."


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
    show: Show, brief: Brief, ranges: dict[str, FrameRange], key: str
) -> Generator[Progress, None, dict[str, RenderedFrames]]:
    """Render the needed frames of each aspect.

    Parameters
    ----------
    key : str
        Fingerprint of the show; frames rendered under the same key are kept. Empty when the artist may
        have changed the scene: then nothing is reused.

    Raises
    ------
    ToolMissing, StudioError
        Missing graphics libraries; a render process that failed.
    """
    check_graphics(brief.engine)
    wanted: dict[str, list[int]] = {}
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
            stamp = f"{key} {width}x{height} {brief.engine} {brief.quality} {compat.VERSION}" if key else ""
            _prepare(folder, stamp, fresh=brief.fresh)
            todo = [f for f in range(span.first, span.last + 1) if not _is_there(frame_path(folder, f, suffix))]
            reused += span.count - len(todo)
            wanted[aspect] = todo
            rendered[aspect] = RenderedFrames(folder, suffix, span.first, span.count, width, height)
        if reused:
            yield Progress(STAGE, 0.1, f"{reused} frames of an earlier run are reused", notice=True)
        blend = _save_copy(brief)
    finally:
        for scene, (width, height, percentage, path) in restore:
            scene.render.resolution_x, scene.render.resolution_y = width, height
            scene.render.resolution_percentage = percentage
            scene.render.filepath = path
    yield from _run(show, brief, wanted, blend)
    for aspect, frames in rendered.items():
        span = ranges[aspect]
        for frame in range(span.first, span.last + 1):
            if not _is_there(frame_path(frames.folder, frame, suffix)):
                raise StudioError(f"Frame {frame} of {aspect} was not rendered.", hint="Run the job again.")
    return rendered


def _is_there(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _prepare(folder: Path, stamp: str, *, fresh: bool) -> None:
    """Empty the folder unless its frames carry the same stamp."""
    note = folder / STAMP_NAME
    if fresh or not stamp or not note.is_file() or note.read_text(encoding="utf-8") != stamp:
        jobs.remove_tree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if stamp:
        note.write_text(stamp, encoding="utf-8")


def _save_copy(brief: Brief) -> Path:
    blend = brief.work_dir / "show.blend"
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), copy=True, compress=False)
    except RuntimeError as error:
        raise StudioError(
            f"The show could not be saved to '{blend}': {str(error).strip()}", original_error=error
        ) from error
    return blend


def _split(tasks: list[tuple[str, int]], parts: int) -> list[list[tuple[str, int]]]:
    size = -(-len(tasks) // parts)
    return [tasks[i : i + size] for i in range(0, len(tasks), size)]


def _run(show: Show, brief: Brief, wanted: dict[str, list[int]], blend: Path) -> Generator[Progress, None, None]:
    tasks = [(aspect, frame) for aspect, frames in wanted.items() for frame in frames]
    if not tasks:
        return
    processes = 1 if brief.engine == "cycles" else min(2, os.cpu_count() or 1, -(-len(tasks) // 8))
    job_root = brief.work_dir / "render"
    jobs.remove_tree(job_root)
    children: list[tuple[jobs.Child, Path]] = []
    clock = jobs.Clock()
    try:
        for number, chunk in enumerate(_split(tasks, processes)):
            children.append(_start(show, brief, chunk, job_root / str(number), blend))
        while True:
            codes = [child.poll() for child, _ in children]
            done = sum(_count_lines(path) for _, path in children)
            for (child, _), code in zip(children, codes, strict=True):
                if code not in (None, 0):
                    raise _failure(child, int(code or 0))
            fraction = done / len(tasks)
            yield Progress(STAGE, 0.1 + 0.9 * fraction, f"Rendering {done}/{len(tasks)}", clock.eta(fraction))
            if all(code == 0 for code in codes):
                return
    finally:
        for child, _ in children:
            child.stop()


def _start(
    show: Show, brief: Brief, chunk: list[tuple[str, int]], folder: Path, blend: Path
) -> tuple[jobs.Child, Path]:
    suffix = FRAME_SUFFIX[brief.quality]
    by_aspect: dict[str, list[int]] = {}
    for aspect, frame in chunk:
        by_aspect.setdefault(aspect, []).append(frame)
    (folder / "tmp").mkdir(parents=True)
    job = {
        "blend": str(blend),
        "done": str(folder / "done.txt"),
        "prefix": frame_files.PREFIX,
        "digits": frame_files.DIGITS,
        "suffix": suffix,
        "part": str(folder / f"frame{suffix}"),
        "output": compat.literal_path(folder / f"frame{suffix}"),
        "tasks": [
            {"scene": show.scenes[a].name, "folder": str(aspect_folder(brief.work_dir, a)), "frames": f}
            for a, f in by_aspect.items()
        ],
    }
    job_file = folder / "job.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    script = str(Path(__file__).with_name("render_child.py"))
    if bpy.app.binary_path:
        command = [bpy.app.binary_path, "-b", str(blend), "--python-exit-code", "4", "-P", script]
    else:
        command = [sys.executable, "-P", script]
    env = {"CROSSFADE_RENDER_JOB": str(job_file), "TMPDIR": str(folder / "tmp")}
    return jobs.Child(command, folder, name="The render process", env=env), folder / "done.txt"


def _count_lines(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except OSError:
        return 0


def _failure(child: jobs.Child, code: int) -> StudioError:
    lines = [line for line in child.stderr_tail().splitlines() if line.strip()]
    last = lines[-1].strip().rstrip(".") if lines else "no message"
    hint = _GRAPHICS_HINT if "libEGL.so" in child.stderr_tail() else f"Its log is in '{child.stderr_path.parent}'."
    return StudioError(f"The render process stopped with exit code {code}: {last}.", hint=hint)
