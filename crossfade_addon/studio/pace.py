# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a show renders here: a few of its frames, rendered as the job would, in as many processes at once.

The show is built in a Blender of its own, so the file that is open stays as it is; a show that stands there is saved
as a copy and taken with all that was changed. What was measured is kept beside the song until what matters changes.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import bpy

from .. import frames, jobs, timeline
from ..brief import FRAME_SUFFIX, Brief
from ..content import code_of, digest, read_json, write_whole
from ..errors import StudioError
from ..frames import FrameRange, Pace
from ..jobs import Progress
from ..themes import load_theme
from ..timeline import Timeline
from . import asset_files, compat, ownership, render, scenes
from .renderer import Renderer, renderer
from .show import Show

FOLDER = "preflight"
"""Below the song's work folder; it holds nothing that cannot be made again."""
STAGE = "studio"
NOTE = "pace.json"
LIMIT_S = 90.0
"""No more time than this is spent; what was rendered until then counts."""
FRAMES = 4
"""Timed frames of each aspect and process; the first of a process also makes the shaders and is not counted."""
_BUILDER = Path(__file__).parents[1] / FOLDER / "build_child.py"


def pace_steps(
    brief: Brief,
    brief_json: dict[str, Any],
    script: Timeline,
    ranges: Mapping[str, FrameRange],
    standing: Show | None,
) -> Generator[Progress, None, Pace]:
    """Render a few frames of each aspect and look at when each was finished.

    Parameters
    ----------
    brief_json : dict
        The brief as plain data, for the process that builds.
    script : Timeline
        The song's own, or one that stands for it.
    ranges : mapping
        Frames that the job would render, by aspect, within the script.
    standing : Show or None
        The show in this file, when that is what would be rendered.

    Raises
    ------
    StudioError
        When the show cannot be built or rendered.
    """
    folder = brief.work_dir / FOLDER
    blender = renderer(brief)
    processes = render.process_count(brief.engine, sum(span.count for span in ranges.values()))
    key = _key(brief, processes, blender.version)
    if standing is None and not brief.fresh and (known := _noted(folder / NOTE, key, ranges)) is not None:
        return known
    jobs.remove_tree(folder)
    folder.mkdir(parents=True)
    blend = folder / "show.blend"
    if standing is not None:
        _copy(blend)
    else:
        yield from _build(brief_json, script, folder, blend)
    render.check_graphics(brief.engine)
    children: list[jobs.Child] = []
    started, wall = time.monotonic(), time.time()
    try:
        for number in range(processes):
            place = folder / str(number)
            tasks = [_task(brief, aspect, span, place, standing) for aspect, span in ranges.items()]
            children.append(_start(tasks, place, blend, blender))
        while time.monotonic() - started < LIMIT_S:
            codes = [child.poll() for child in children]
            for child, code in zip(children, codes, strict=True):
                if code:
                    raise render.failure(child, code)
            if all(code == 0 for code in codes):
                break
            yield Progress(STAGE, 0.5, "Timing some frames")
    finally:
        for child in children:
            child.stop()
    places = [folder / str(number) for number in range(processes)]
    measured = _measured(places, ranges, FRAME_SUFFIX[brief.quality], wall)
    for place in places:
        jobs.remove_tree(place)
    blend.unlink(missing_ok=True)
    if standing is None:
        write_whole(folder / NOTE, json.dumps({"key": key, "pace": dataclasses.asdict(measured)}, indent=1) + "\n")
    return measured


def _key(brief: Brief, processes: int, version: str) -> str:
    """What the pace depends on; hardly on the song."""
    look = dataclasses.asdict(load_theme(brief.theme))
    own = asset_files.fingerprints(brief)
    return digest(code_of("studio"), look, brief.engine, brief.quality, brief.intensity, own, processes, version)


def _noted(path: Path, key: str, ranges: Mapping[str, FrameRange]) -> Pace | None:
    note = read_json(path)
    if not isinstance(note, dict) or note.get("key") != key:
        return None
    try:
        pace = Pace(**note["pace"])
        whole = all(float(pace.seconds[aspect]) > 0 and float(pace.bytes_each[aspect]) > 0 for aspect in ranges)
    except (KeyError, TypeError, ValueError):
        return None
    return pace if whole else None


def _copy(blend: Path) -> None:
    """Save the file that is open as another one."""
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), copy=True, compress=False)
    except RuntimeError as error:
        raise StudioError(f"The show could not be saved to '{blend}': {str(error).strip()}") from error


def _build(brief_json: dict[str, Any], script: Timeline, folder: Path, blend: Path) -> Generator[Progress, None, None]:
    """Let another Blender build the show and save it."""
    timeline.save(script, folder / "script.json")
    paths = [p for p in sys.path if p and Path(p).is_dir()]
    job = {"brief": brief_json, "script": str(folder / "script.json"), "blend": str(blend), "sys_path": paths}
    (folder / "build.json").write_text(json.dumps(job), encoding="utf-8")
    program = bpy.app.binary_path
    head = [program, "-b", "--factory-startup", "--python-exit-code", "4", "-P"] if program else [sys.executable, "-P"]
    (folder / "build").mkdir()
    env = {"CROSSFADE_RENDER_JOB": str(folder / "build.json"), "TMPDIR": str(folder / "build")}
    child = jobs.Child([*head, str(_BUILDER)], folder / "build", name="The Blender that builds", env=env)
    code = yield from jobs.wait(child, lambda: Progress(STAGE, 0.3, "Building a show to time"))
    if code or not blend.is_file():
        raise render.failure(child, code)
    jobs.remove_tree(folder / "build")


def _task(brief: Brief, aspect: str, span: FrameRange, folder: Path, standing: Show | None) -> dict[str, Any]:
    suffix, scene = FRAME_SUFFIX[brief.quality], standing.scenes[aspect] if standing else None
    target, part = frames.aspect_folder(folder, aspect), folder / f"frame{FRAME_SUFFIX[brief.quality]}"
    target.mkdir(parents=True)
    return {
        "scene": scene.name if scene is not None else ownership.scene_name(aspect),
        "folder": str(target),
        "suffix": suffix,
        "part": str(part),
        "output": compat.literal_path(part),
        "frames": spread(span),
        "settings": scenes.job_settings(scene, aspect, brief.engine, brief.quality),
        "framings": {},
    }


def _start(tasks: list[dict[str, Any]], folder: Path, blend: Path, blender: Renderer) -> jobs.Child:
    (folder / "tmp").mkdir()
    job = {"blend": str(blend), "done": str(folder / "done.txt"), "prefix": frames.PREFIX, "digits": frames.DIGITS}
    (folder / "job.json").write_text(json.dumps({**job, "tasks": tasks}), encoding="utf-8")
    env = {"CROSSFADE_RENDER_JOB": str(folder / "job.json"), "TMPDIR": str(folder / "tmp")}
    command = blender.command(blend, Path(__file__).with_name("render_child.py"))
    return jobs.Child(command, folder, name="The render process", env=env)


def spread(span: FrameRange) -> list[int]:
    """Frames from all over a range, in order; at most :data:`FRAMES`."""
    count = min(FRAMES, span.count)
    return [span.first + round((span.count - 1) * (number + 0.5) / count) for number in range(count)]


def _measured(folders: list[Path], ranges: Mapping[str, FrameRange], suffix: str, wall: float) -> Pace:
    """The pace, from the times at which files were written."""
    spent: dict[str, list[float]] = {aspect: [] for aspect in ranges}
    sizes: dict[str, list[int]] = {aspect: [] for aspect in ranges}
    starts: list[float] = []
    for folder in folders:
        made = []
        for aspect in ranges:
            for path in frames.aspect_folder(folder, aspect).glob(f"{frames.PREFIX}*{suffix}"):
                found = path.stat()
                made.append((found.st_mtime, aspect))
                sizes[aspect].append(found.st_size)
        made.sort()
        if made:
            starts.append(made[0][0] - wall)
        for (before, _), (after, aspect) in itertools.pairwise(made):
            spent[aspect].append(after - before)
    timed = sum(map(len, spent.values()))
    every = [value for values in spent.values() for value in values]
    usual = sum(every) / len(every) if every else LIMIT_S
    start = max(0.0, sum(starts) / len(starts)) if starts else LIMIT_S
    seconds = {a: (sum(values) / len(values) if values else usual) / len(folders) for a, values in spent.items()}
    size = [value for values in sizes.values() for value in values]
    typical = sum(size) / len(size) if size else 0.0
    each = {a: sum(values) / len(values) if values else typical for a, values in sizes.items()}
    return Pace(seconds, each, start, len(folders), timed)
