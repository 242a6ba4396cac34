# SPDX-License-Identifier: GPL-3.0-or-later
"""The render process: opens a saved show and renders a list of frames, each whole or not at all.

Run by Blender itself (``blender -b show.blend -P render_child.py``) or by Python with the ``bpy``
package; the job file is named by ``CROSSFADE_RENDER_JOB``. Stands alone: it is started by path, so it
imports nothing of the add-on.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import bpy


def render_all(job: dict) -> None:
    """Render every task's frames in order, noting each finished one in the ``done`` file."""
    with Path(job["done"]).open("a", encoding="utf-8") as done:
        for task in job["tasks"]:
            scene = bpy.data.scenes[task["scene"]]
            folder = Path(task["folder"])
            for frame in task["frames"]:
                target = folder / f"{job['prefix']}{frame:0{job['digits']}d}{job['suffix']}"
                scene.frame_set(frame)
                scene.render.filepath = job["output"]
                # A still render of a scene named by argument would ignore the scene's current frame.
                with bpy.context.temp_override(scene=scene):
                    bpy.ops.render.render(write_still=True)
                Path(job["part"]).replace(target)
                done.write(f"{frame}\n")
                done.flush()


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
