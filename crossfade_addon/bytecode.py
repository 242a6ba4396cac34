# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled modules of the wheels that Blender installs: none where Blender would leave them behind.

Blender removes of a wheel what the wheel itself names. What Python compiles of a module that is one file
(``typing_extensions.py``) goes to ``__pycache__`` in the folder of all wheels, is named nowhere, and would stay.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from typing import Any


class _TidyLoader(SourceFileLoader):
    """Keeps what it compiled of packages only: that lies in their own folders."""

    def set_data(self, path: str, data: Any, **more: Any) -> None:
        """Write a compiled module, or not."""
        if self.is_package(self.name):
            super().set_data(path, data, **more)


def keep_tidy(folders: Iterable[Path]) -> None:
    """From now on, importing from these folders writes nothing into their own ``__pycache__``."""
    tidy = {str(folder) for folder in folders}
    loaders = (ExtensionFileLoader, EXTENSION_SUFFIXES), (_TidyLoader, SOURCE_SUFFIXES)

    def finder(path: str) -> FileFinder:
        if path not in tidy:
            raise ImportError(path)
        return FileFinder(path, *loaders)

    sys.path_hooks.insert(0, finder)
    for folder in tidy:
        sys.path_importer_cache.pop(folder, None)


def wheel_folders(entries: Iterable[str]) -> list[Path]:
    """Which entries of ``sys.path`` are folders of wheels: ``extensions/.local/lib/python3.11/site-packages``."""
    return [path for path in map(Path, entries) if path.name == "site-packages" and path.parts[-4:-3] == (".local",)]
