# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m crossfade_addon.library VERB``: look into the song library, and keep it well.

Also by file, with Blender's own Python and whatever the add-on is called: ``python library/__main__.py VERB``; the
wheels that Blender installed beside the add-on are found.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from pathlib import Path


def main() -> int:
    """Set the process up, for quiet cancelling and one thread, before anything heavy is imported."""
    # An exception raised between two imports can get lost in Python's import machinery; there is nothing to clean yet.
    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(130))
    package = __package__ or _load_package()
    jobs = importlib.import_module(f"{package.rpartition('.')[0]}.jobs")
    os.environ.update(jobs.ONE_THREAD)
    return importlib.import_module(f"{package}.command").run(sys.argv[1:])


def _load_package() -> str:
    """The add-on's package under a name of its own; returns this room's name in it."""
    folder = Path(__file__).resolve().parents[1]
    # extensions/<repository>/crossfade -> extensions/.local
    wheels = (
        folder.parents[1] / ".local" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    )
    if wheels.is_dir():
        sys.path.append(str(wheels))
    spec = importlib.util.spec_from_file_location(
        "crossfade_library_door", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["crossfade_library_door"] = package
    spec.loader.exec_module(package)
    importlib.import_module("crossfade_library_door.bytecode").keep_tidy([wheels])
    return "crossfade_library_door.library"


if __name__ == "__main__":
    sys.exit(main())
