# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside the Blender under test: enables the add-on, then runs the snippets that the test sends as files.

With ``CROSSFADE_ZIP`` it gets the packages of that zip first, as an installed add-on has them.

A snippet ``ask_<n>.py`` sets ``answer``, which goes to ``answer_<n>.json``. A second timer measures how long
Blender's main thread was ever away: ``gaps`` holds the time between its ticks, in seconds.
"""

import contextlib
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
found: list[tuple[int, int] | None] = []
_seen = [time.monotonic()]
_number = [0]


def view_3d():
    """Window, 3D view and its sidebar region."""
    window = bpy.context.window_manager.windows[0]
    area = max((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.width * a.height)
    return window, area, next(r for r in area.regions if r.type == "UI")


def button_under_pointer() -> str:
    """What the sidebar's button under the pointer calls, as Blender copies it for scripts; "" over anything else."""
    window, area, region = view_3d()
    manager = bpy.context.window_manager
    manager.clipboard = ""
    with bpy.context.temp_override(window=window, area=area, region=region), contextlib.suppress(RuntimeError):
        bpy.ops.ui.copy_python_command_button()
    return manager.clipboard


def look_for_button(call: str, columns: int, step: int) -> None:
    """Move the pointer over the sidebar until it is on that button; ``found`` gets its place, or None."""
    window, _, region = view_3d()
    found.clear()
    places = [
        (region.x + region.width * (2 * column + 1) // (2 * columns), region.y + region.height - below)
        for below in range(step, region.height, step)
        for column in range(columns)
    ]
    at: list[tuple[int, int]] = []

    def move() -> float | None:
        if at and button_under_pointer() == call:
            found.append(at[-1])
        elif places:
            at.append(places.pop(0))
            window.event_simulate(type="MOUSEMOVE", value="NOTHING", x=at[-1][0], y=at[-1][1])
            return TICK_S
        else:
            found.append(None)
        return None

    bpy.app.timers.register(move)


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
    scope |= {"look_for_button": look_for_button, "found": found}
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


IS_BARE = "CROSSFADE_BARE" in os.environ
"""Whether the test itself installs the add-on."""
if os.environ.get("CROSSFADE_ZIP") and not IS_BARE:
    unpack(Path(os.environ["CROSSFADE_ZIP"]), FOLDER / "packages")
bpy.context.preferences.view.show_splash = False
bpy.context.preferences.view.ui_scale = 1.0
if os.environ.get("CROSSFADE_OPEN_PANELS"):
    from crossfade_addon import registry

    opened = os.environ["CROSSFADE_OPEN_PANELS"].split(",")  # names of panels, or 1 for all
    for cls in (cls for module in registry.MODULES for cls in module.CLASSES):
        if "1" in opened or cls.__name__ in opened:
            cls.bl_options = getattr(cls, "bl_options", set()) - {"DEFAULT_CLOSED"}
if not IS_BARE:
    addon_utils.enable("crossfade_addon", default_set=True)
bpy.app.timers.register(tick, persistent=True)
bpy.app.timers.register(listen, first_interval=1.0, persistent=True)
