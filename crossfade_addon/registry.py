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

from . import handlers, preferences, properties, translations
from .operators import (
    analyse,
    build_show,
    cancel,
    clear_show,
    drop_sheet,
    edits,
    encode_frames,
    generate,
    grid,
    open_path,
    play,
    preflight,
    presets,
    quick_look,
    react,
    render_encode,
    similar,
    song_tools,
    view_show,
    zones,
)
from .panels import grid as grid_panel
from .panels import make, output, parts, preview, show, song, words
from .panels import preflight as preflight_panel
from .panels import presets as preset_menus
from .panels import react as react_panel
from .studio import compat

MODULES = (
    properties,
    preferences,
    analyse,
    build_show,
    cancel,
    clear_show,
    drop_sheet,
    edits,
    encode_frames,
    generate,
    grid,
    open_path,
    play,
    preflight,
    presets,
    quick_look,
    react,
    render_encode,
    similar,
    song_tools,
    view_show,
    zones,
    preset_menus,
    make,
    preflight_panel,
    song,
    grid_panel,
    parts,
    show,
    react_panel,
    preview,
    words,
    output,
)

_undo: list[Callable[[], None]] = []


def register() -> None:
    """Register every class, the scene's and window manager's properties and the handlers."""
    steps: list[tuple[Callable[[], None], Callable[[], None]]] = [
        *(_class_step(cls) for module in MODULES for cls in module.CLASSES),
        (properties.attach, properties.detach),
        (react_panel.attach, react_panel.detach),
        (handlers.attach, handlers.detach),
        (translations.attach, translations.detach),
    ]
    try:
        for do, undo in steps:
            do()
            _undo.append(undo)
    except Exception:
        with contextlib.suppress(Exception):  # the first error is the one to tell
            unregister()
        raise
    compat.tidy_at_exit(_leave)


def unregister() -> None:
    """Take everything back."""
    while _undo:
        _undo.pop()()


def _leave() -> None:
    """Let go of everything for good: the process ends."""
    unregister()
    for base in {base for module in MODULES for cls in module.CLASSES for base in cls.__mro__}:
        if base.__module__.startswith(f"{__package__}.") and "__annotations__" in vars(base):
            base.__annotations__.clear()


def _class_step(cls: type) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: bpy.utils.register_class(cls), lambda: bpy.utils.unregister_class(cls)
