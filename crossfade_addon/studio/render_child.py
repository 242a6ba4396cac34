# SPDX-License-Identifier: GPL-3.0-or-later
"""The render process: opens a saved show and renders a list of frames, each whole or not at all.

Run by Blender itself (``blender -b show.blend -P render_child.py``) or by Python with the ``bpy``
package; the job file is named by ``CROSSFADE_RENDER_JOB``. Stands alone: it is started by path, so it
imports nothing of the add-on.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy


def render_all(job: dict) -> None:
    """Render every task's frames in order, noting each finished one in the ``done`` file."""
    with Path(job["done"]).open("a", encoding="utf-8") as done:
        for task in job["tasks"]:
            scene = bpy.data.scenes[task["scene"]]
            for name, value in task["settings"].items():
                _set(scene, name, value)
            for frame in task["frames"]:
                target = Path(task["folder"]) / f"{job['prefix']}{frame:0{job['digits']}d}{task['suffix']}"
                scene.frame_set(frame)
                scene.render.filepath = task["output"]
                # A still render of a scene named by argument would ignore the scene's current frame.
                with _framed(scene, task["framings"].get(str(frame))), bpy.context.temp_override(scene=scene):
                    bpy.ops.render.render(write_still=True)
                Path(task["part"]).replace(target)
                done.write(f"{frame}\n")
                done.flush()


def _set(scene: Any, name: str, value: Any) -> None:
    """Set what a dotted path below the scene names."""
    *owners, last = name.split(".")
    owner = scene
    for part in owners:
        owner = getattr(owner, part)
    setattr(owner, last, value)


@contextlib.contextmanager
def _framed(scene: Any, framing: list[float] | None) -> Iterator[None]:
    """The camera's view narrowed and shifted: [zoom, shift x, shift y]. None of the three is ever animated by us."""
    if framing is None or scene.camera is None or scene.camera.type != "CAMERA":
        yield
        return
    lens = scene.camera.data
    before = lens.sensor_width, lens.sensor_height, lens.shift_x, lens.shift_y
    zoom, across, up = framing
    lens.sensor_width, lens.sensor_height = before[0] / zoom, before[1] / zoom
    lens.shift_x, lens.shift_y = before[2] * zoom + across, before[3] * zoom + up
    try:
        yield
    finally:
        lens.sensor_width, lens.sensor_height, lens.shift_x, lens.shift_y = before


def main() -> None:
    """Open the show (unless Blender has already) and render."""
    job = json.loads(Path(os.environ["CROSSFADE_RENDER_JOB"]).read_text(encoding="utf-8"))
    if not bpy.app.binary_path:
        bpy.ops.wm.open_mainfile(filepath=job["blend"], use_scripts=False)
    render_all(job)
    sys.stdout.flush()
    sys.stderr.flush()
    # The bpy package can hang while Python tears it down; everything is on disk by now.
    os._exit(0)


if __name__ == "__main__":
    main()
