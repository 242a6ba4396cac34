# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions that are not Crossfade, or not this version of it: made for tests."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

NEIGHBOUR = "bl_ext.user_default.neighbour"


def neighbour(path: Path, code: str = "", wheels: Sequence[Path] = ()) -> Path:
    """A small extension of somebody else's, with wheels of its own; ``code`` stands in its module."""
    named = "".join(f'    "./wheels/{wheel.name}",\n' for wheel in wheels)
    manifest = (
        'schema_version = "1.0.0"\nid = "neighbour"\nversion = "1.0.0"\nname = "Neighbour"\n'
        'tagline = "Another extension"\nmaintainer = "Somebody"\ntype = "add-on"\nblender_version_min = "4.2.0"\n'
        f'license = ["SPDX:GPL-3.0-or-later"]\nwheels = [\n{named}]\n'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("blender_manifest.toml", manifest)
        archive.writestr("__init__.py", f"{code}\ndef register(): pass\ndef unregister(): pass\n")
        for wheel in wheels:
            archive.write(wheel, f"wheels/{wheel.name}")
    return path


def older(zip_path: Path, path: Path) -> Path:
    """The same extension as version 0.0.1, with one module and one wheel that the newer one has no more."""
    wheel = path.with_name("gone_later-1.0-py3-none-any.whl")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("gone_later/__init__.py", "")
        archive.writestr("gone_later-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: gone_later\nVersion: 1.0\n")
        archive.writestr("gone_later-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("gone_later-1.0.dist-info/RECORD", "gone_later/__init__.py,,\n")
    with zipfile.ZipFile(zip_path) as new, zipfile.ZipFile(path, "w") as old:
        for item in new.infolist():
            data = new.read(item)
            if item.filename == "blender_manifest.toml":
                lines = data.decode("utf-8").splitlines()
                lines = ['version = "0.0.1"' if line.startswith("version =") else line for line in lines]
                at = lines.index("wheels = [") + 1
                data = "\n".join([*lines[:at], f'    "./wheels/{wheel.name}",', *lines[at:], ""]).encode()
            elif item.filename == "__init__.py":
                lines = data.decode("utf-8").splitlines()
                lines = ['__version__ = "0.0.1"' if line.startswith("__version__") else line for line in lines]
                data = "\n".join([*lines, "from . import gone_later", ""]).encode()
            old.writestr(item, data)
        old.writestr("gone_later.py", '"""Only in the old version."""\n')
        old.write(wheel, f"wheels/{wheel.name}")
    return path
