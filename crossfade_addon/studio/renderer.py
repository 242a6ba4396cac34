# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Blender renders the frames: this one, or another program that the user names."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import bpy

from .. import jobs
from ..brief import Brief
from ..errors import StudioError, ToolMissing
from . import compat

_VERSION = re.compile(r"^Blender (\d+)\.(\d+)\S*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Renderer:
    """A Blender application (or, with an empty ``program``, the ``bpy`` package) and its version."""

    program: str
    version: str

    def command(self, blend: Path, script: Path) -> list[str]:
        """What runs a script on a saved show."""
        if self.program:
            return [self.program, "-b", str(blend), "--python-exit-code", "4", "-P", str(script)]
        return [sys.executable, "-P", str(script)]


def renderer(brief: Brief) -> Renderer:
    """The Blender that renders this brief's frames.

    Raises
    ------
    ToolMissing
        The program that was named is not there, or is no Blender.
    StudioError
        It is older than this Blender, or of another major version: it would not show what was built.
    """
    name = brief.blender_executable
    if not name:
        return Renderer(bpy.app.binary_path, compat.VERSION)
    hint = "Give the program's path with --blender-executable, or as blender_executable under [studio]."
    program = shutil.which(str(Path(name).expanduser()))
    if program is None:
        raise ToolMissing(f"Blender was not found: '{name}' is no program.", hint=hint)
    program = str(Path(program).absolute())
    _, said, _ = jobs.run_quietly([program, "--version"], brief.work_dir / "blender", name="Blender")
    found = _VERSION.search(said)
    if found is None:
        raise ToolMissing(f"'{program}' does not say that it is Blender.", hint=hint)
    version = found[0].removeprefix("Blender ")
    major, minor = int(found[1]), int(found[2])
    if (major, minor) < compat.RUNNING or major != compat.RUNNING[0]:
        raise StudioError(
            f"Blender {version} ('{program}') cannot render a show that Blender {compat.VERSION} built.",
            hint=f"Give {compat.RUNNING[0]}.{compat.RUNNING[1]} or a newer {compat.RUNNING[0]}.",
        )
    return Renderer(program, version)
