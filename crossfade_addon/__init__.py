# SPDX-License-Identifier: GPL-3.0-or-later
"""Crossfade: turn a song into finished, ready-to-post music videos.

Importing this package does nothing; :func:`register` is where Blender comes in.
"""

bl_info = {
    "name": "Crossfade",
    "author": "Crossfade contributors",
    "version": (0, 1, 0),
    "blender": (4, 2, 0),
    "location": "3D View > Sidebar > Crossfade",
    "description": "Turn a song into finished, ready-to-post music videos",
    "category": "Animation",
}
__version__ = "0.1.0"


def register() -> None:
    """Register everything, then run the command line's job if Blender was started for one."""
    import gc

    had_collector = gc.isenabled()
    gc.disable()  # classes are no garbage: going through all of Blender's objects in between would cost its start 6 ms
    try:
        from . import headless_entry, registry

        registry.register()
    finally:
        if had_collector:
            gc.enable()
    headless_entry.on_register()


def unregister() -> None:
    """Undo :func:`register`."""
    from . import headless_entry, registry

    headless_entry.on_unregister()
    registry.unregister()
