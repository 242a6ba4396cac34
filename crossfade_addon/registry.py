# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender is told about, in order, and taken back in the opposite order.

Blender does this whenever it starts, so what is imported here is only what it needs to draw: operators and handlers
import the studio, the pipeline and numpy when they run. ``benchmarks/cold_start.py`` measures it.

Each module of :data:`MODULES` has ``CLASSES``, the Blender classes it brings. An error while registering
takes back what was registered before and is raised again, so that enabling fails whole and with its reason.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import bpy

from . import handlers, preferences, properties
from .operators import (
    analyse,
    build_show,
    cancel,
    clear_show,
    edits,
    encode_frames,
    generate,
    grid,
    open_path,
    render_encode,
    similar,
    song_tools,
    view_show,
)
from .panels import grid as grid_panel
from .panels import make, output, parts, show, song, words

MODULES = (
    properties,
    preferences,
    analyse,
    build_show,
    cancel,
    clear_show,
    edits,
    encode_frames,
    generate,
    grid,
    open_path,
    render_encode,
    similar,
    song_tools,
    view_show,
    make,
    song,
    grid_panel,
    parts,
    show,
    words,
    output,
)

_undo: list[Callable[[], None]] = []


def register() -> None:
    """Register every class, the scene's and window manager's properties and the handlers."""
    steps: list[tuple[Callable[[], None], Callable[[], None]]] = [
        *(_class_step(cls) for module in MODULES for cls in module.CLASSES),
        (properties.attach, properties.detach),
        (handlers.attach, handlers.detach),
    ]
    try:
        for do, undo in steps:
            do()
            _undo.append(undo)
    except Exception:
        with contextlib.suppress(Exception):  # the first error is the one to tell
            unregister()
        raise


def unregister() -> None:
    """Take everything back."""
    while _undo:
        _undo.pop()()


def _class_step(cls: type) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: bpy.utils.register_class(cls), lambda: bpy.utils.unregister_class(cls)
