# SPDX-License-Identifier: GPL-3.0-or-later
"""What renders, and how well that suits this machine."""

from __future__ import annotations

import sys
from pathlib import Path

from ..checks import WARN, Check
from . import compat
from .renderer import Renderer

SUBJECT = "Render"
_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "software", "basic render")
"""Drivers that draw on the processor."""
_DEVICES = ("/dev/dri/renderD128", "/dev/nvidia0")
_SLOW = {
    "eevee": "EEVEE without a graphics card is about ten times slower than Workbench and looks the same.",
    "cycles": "Cycles renders on the processor here: expect seconds to minutes a frame.",
}
_FASTER = "Workbench shows the same painted look in a fraction of a second a frame."


def check(engine: str, blender: Renderer) -> Check:
    """Which engine renders, with what, and whether another would do the same faster."""
    where = blender.program or "bpy"
    if engine == "workbench":
        return Check(SUBJECT, f"Workbench of Blender {blender.version}; it needs no graphics card.", where=where)
    if engine == "eevee" and (card := graphics_card()):
        return Check(SUBJECT, f"EEVEE of Blender {blender.version} on {card}.", where=where)
    return Check(SUBJECT, _SLOW[engine], WARN, where, _FASTER, "workbench")


def graphics_card() -> str:
    """What people call the graphics card; empty when there is none, or nobody can tell.

    Without a window Blender does not say what it would draw with; on Linux the system's devices tell.
    """
    name = compat.graphics_name()
    if name:
        return "" if any(word in name.lower() for word in _SOFTWARE) else name
    if sys.platform.startswith("linux"):
        return "the graphics card" if any(Path(device).exists() for device in _DEVICES) else ""
    return ""
