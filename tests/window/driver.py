# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside the Blender under test: enables the add-on, then runs the snippets that the test sends as files.

With ``CROSSFADE_ZIP`` it gets the packages of that zip first, as an installed add-on has them.

A snippet ``ask_<n>.py`` sets ``answer``, which goes to ``answer_<n>.json``. A second timer measures how long
Blender's main thread was ever away: ``gaps`` holds the time between its ticks, in seconds.
"""

import io
import json
import os
import sys
import time
import traceback
import zipfile
from pathlib import Path

import addon_utils
import bpy

FOLDER = Path(os.environ["CROSSFADE_WINDOW_TEST"])
TICK_S = 0.05
gaps: list[float] = []
_seen = [time.monotonic()]
_number = [0]


def view_3d():
    """Window, 3D view and its sidebar region."""
    window = bpy.context.window_manager.windows[0]
    area = max((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.width * a.height)
    return window, area, next(r for r in area.regions if r.type == "UI")


def tick() -> float:
    """Measure the gap since the last tick."""
    now = time.monotonic()
    gaps.append(now - _seen[0])
    _seen[0] = now
    return TICK_S


def listen() -> float:
    """Run the next snippet, if there is one."""
    path = FOLDER / f"ask_{_number[0]}.py"
    if not path.is_file():
        return TICK_S
    scope = {"bpy": bpy, "view_3d": view_3d, "gaps": gaps, "answer": None}
    try:
        exec(path.read_text(encoding="utf-8"), scope)
        reply = {"answer": scope["answer"]}
    except Exception:
        reply = {"error": traceback.format_exc()}
    part = FOLDER / "answer.part"
    part.write_text(json.dumps(reply), encoding="utf-8")
    part.replace(FOLDER / f"answer_{_number[0]}.json")
    _number[0] += 1
    return TICK_S


def unpack(archive: Path, folder: Path) -> None:
    """Put the wheels of the add-on's zip that fit this Python where it finds them."""
    fitting = {"py3", f"cp{sys.version_info.major}{sys.version_info.minor}"}
    with zipfile.ZipFile(archive) as whole:
        for name in whole.namelist():
            if name.endswith(".whl"):
                python, abi = name.split("-")[-3:-1]
                if abi == "abi3" or fitting & set(python.split(".")):
                    zipfile.ZipFile(io.BytesIO(whole.read(name))).extractall(folder)
    sys.path.append(str(folder))


if os.environ.get("CROSSFADE_ZIP"):
    unpack(Path(os.environ["CROSSFADE_ZIP"]), FOLDER / "packages")
bpy.context.preferences.view.show_splash = False
bpy.context.preferences.view.ui_scale = 1.0
if os.environ.get("CROSSFADE_OPEN_PANELS"):
    from crossfade_addon import registry

    for cls in (cls for module in registry.MODULES for cls in module.CLASSES):
        cls.bl_options = getattr(cls, "bl_options", set()) - {"DEFAULT_CLOSED"}
addon_utils.enable("crossfade_addon", default_set=True)
bpy.app.timers.register(tick, persistent=True)
bpy.app.timers.register(listen, first_interval=1.0, persistent=True)
