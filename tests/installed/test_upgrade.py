# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer version over an older one in use, then disabled, enabled and gone, all in one Blender session."""

from __future__ import annotations

import pytest
from extensions import older

import build_addon

pytestmark = pytest.mark.installed

SESSION = """
import gc, os, sys
import bpy

NAME = "bl_ext.user_default.crossfade"
START = {handler: len(getattr(bpy.app.handlers, handler)) for handler in dir(bpy.app.handlers)
         if isinstance(getattr(bpy.app.handlers, handler), list)}


def modules():
    return {name: module for name, module in sys.modules.items() if name.startswith(NAME)}


def grown():
    # How many functions of each handler came since the start.
    counts = {handler: len(getattr(bpy.app.handlers, handler)) - n for handler, n in START.items()}
    return {handler: n for handler, n in counts.items() if n}


def classes():
    return sorted(name for name in dir(bpy.types) if name.startswith("CROSSFADE_"))


def wheels():
    (folder,) = (path for path in sys.path if "extensions/.local" in path)
    return set(os.listdir(folder))


def install(path):
    assert bpy.ops.extensions.package_install_files(filepath=path, repo="user_default") == {"FINISHED"}


install(OLD)
assert sys.modules[NAME].__version__ == "0.0.1"
assert NAME + ".gone_later" in sys.modules and "gone_later" in wheels()
was, handlers, shown = modules(), grown(), classes()
assert len(shown) > 10 and handlers["render_write"] == 1, (shown, handlers)
scene = bpy.context.scene
scene.crossfade.song_id, scene.crossfade.seed = "kept", 7

ended = []


def work():
    try:
        while True:
            yield
    finally:
        ended.append(True)


job = sys.modules[NAME + ".operators._job"]
steps = work()
next(steps)
job.start(job.Job("Work", steps))

install(NEW)
assert ended == [True], "the job of the old version went on"
assert sys.modules[NAME].__version__ == VERSION
assert [name for name, module in modules().items() if was.get(name) is module] == []
assert NAME + ".gone_later" not in sys.modules and "gone_later" not in wheels()
assert (grown(), classes()) == (handlers, shown)
assert (scene.crossfade.song_id, scene.crossfade.seed) == ("kept", 7)
was.clear()
del job, steps
gc.collect()
old = [c for c in bpy.types.Panel.__subclasses__() if c.__module__.startswith(NAME)]
assert len(old) == len({c.__name__ for c in old}), "panels of the old version are still held"

for _ in range(2):
    assert bpy.ops.preferences.addon_disable(module=NAME) == {"FINISHED"}
    assert (grown(), classes()) == ({}, [])
    assert not hasattr(bpy.types.Scene, "crossfade") and not hasattr(bpy.types.WindowManager, "crossfade_job")
    assert bpy.ops.preferences.addon_enable(module=NAME) == {"FINISHED"}
    assert (grown(), classes()) == (handlers, shown)
    assert (scene.crossfade.song_id, scene.crossfade.seed) == ("kept", 7)

repos = [repo.module for repo in bpy.context.preferences.extensions.repos]
done = bpy.ops.extensions.package_uninstall(repo_index=repos.index("user_default"), pkg_id="crossfade")
assert done == {"FINISHED"}
assert (grown(), classes(), modules()) == ({}, [], {})
assert NAME not in bpy.context.preferences.addons
assert wheels() - {"__pycache__"} == set()
print("ALL", "WELL")
"""


def test_upgrade_disable_enable_and_uninstall_in_one_session(fresh, zip_path, tmp_path):
    blender = fresh()
    old = older(zip_path, tmp_path / "older.zip")
    version = build_addon.read_version()
    done = blender.python(f"OLD, NEW, VERSION = {str(old)!r}, {str(zip_path)!r}, {version!r}\n{SESSION}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ALL WELL" in done.stdout
    assert not [line for line in blender.complaints(done) if "Traceback" in line or "Error" in line], done.stderr
