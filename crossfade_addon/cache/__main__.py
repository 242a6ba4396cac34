# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m crossfade_addon.cache VERB``: see how much can be made again, and clear it.

Also by file, with Blender's own Python and whatever the add-on is called: ``python cache/__main__.py VERB``.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path


def main() -> int:
    """Run the command of the package that this file lies in."""
    return importlib.import_module(f"{__package__ or _load_package()}.command").run(sys.argv[1:])


def _load_package() -> str:
    """The add-on's package under a name of its own; returns this room's name in it."""
    folder = Path(__file__).resolve().parents[1]
    spec = importlib.util.spec_from_file_location(
        "crossfade_cache_door", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["crossfade_cache_door"] = package
    spec.loader.exec_module(package)
    return "crossfade_cache_door.cache"


if __name__ == "__main__":
    sys.exit(main())
