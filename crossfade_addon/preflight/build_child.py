# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that builds a show to be timed and saves it: a Blender of its own, so nobody's file is touched.

Started by path, by Blender (``blender -b -P build_child.py``) or by Python with the ``bpy`` package; the job file is
named by ``CROSSFADE_RENDER_JOB``.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

_NAME = "crossfade_build"


def build(job: dict[str, Any]) -> None:
    """Build the script's show as the brief asks for, and save it."""
    import bpy

    from .. import listening, timeline
    from ..studio import show
    from ..themes import load_theme

    brief = listening.brief_from_json(job["brief"])
    bpy.ops.wm.read_factory_settings(use_empty=True)
    show.build(timeline.load(Path(job["script"])), load_theme(brief.theme), brief)
    bpy.ops.wm.save_as_mainfile(filepath=job["blend"], compress=False)


def _load_package() -> Any:
    """This file's package, imported under a name of its own, whatever the add-on is called."""
    folder = Path(__file__).resolve().parents[1]
    spec = importlib.util.spec_from_file_location(
        _NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = package
    spec.loader.exec_module(package)
    return importlib.import_module(f"{_NAME}.preflight.build_child")


def main() -> None:
    """Build, and end the process; an error is one line on standard error."""
    import bpy  # noqa: F401  before the path is changed: Blender's scripts, which it names, hold half of that package

    job = json.loads(Path(os.environ["CROSSFADE_RENDER_JOB"]).read_text(encoding="utf-8"))
    sys.path[:] = dict.fromkeys([*job["sys_path"], *sys.path])
    code = 0
    try:
        _load_package().build(job)
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = 4
    sys.stdout.flush()
    sys.stderr.flush()
    # The bpy package can hang while Python tears it down; everything is on disk by now.
    os._exit(code)


if __name__ == "__main__":
    main()
