# SPDX-License-Identifier: GPL-3.0-or-later
"""The doors inside Blender: ``blender -b [file.blend] --addons crossfade -- --audio ...`` and ``blender -c crossfade``.

Blender may register the add-on before or after it loads the .blend, and with its data hidden behind a
restricted context; the job starts at the first moment when the right file is open.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import bpy

COMMAND = "crossfade"
_command_handles: list[Any] = []
_has_run = False


@contextlib.contextmanager
def unrestricted() -> Iterator[None]:
    """Blender's real data and context, also while an add-on registers."""
    import _bpy

    saved = bpy.data, bpy.context
    bpy.data, bpy.context = _bpy.data, _bpy.context
    try:
        yield
    finally:
        bpy.data, bpy.context = saved


def job_arguments() -> list[str] | None:
    """What follows ``--`` when this Blender was started for a Crossfade job, else None."""
    if not bpy.app.background or "--" not in sys.argv:
        return None
    arguments = sys.argv[sys.argv.index("--") + 1 :]
    ours = any(a.split("=")[0] in ("--audio", "--demo", "--batch") for a in arguments)
    return arguments if ours and "CROSSFADE_RENDER_JOB" not in os.environ else None


def _blend_is_pending() -> bool:
    """Whether the command line names a .blend that is not open yet."""
    import _bpy

    head = sys.argv[1 : sys.argv.index("--")]
    blends = [Path(a).resolve() for a in head if a.lower().endswith(".blend")]
    return bool(blends) and Path(_bpy.data.filepath or "/").resolve() != blends[-1]


def _run_and_exit(arguments: Sequence[str]) -> None:
    global _has_run
    if _has_run:
        return
    _has_run = True
    code = 1
    try:
        with unrestricted():
            code = _main(arguments)
    except Exception as error:
        sys.stderr.write(f"crossfade: internal error: {type(error).__name__}: {error}\n")
    _leave(code)


def _main(arguments: Sequence[str]) -> int:
    from . import headless

    return headless.main(arguments, prog="blender -b --addons crossfade --", program=_program(arguments))


def _program(arguments: Sequence[str]) -> list[str]:
    """What starts this Blender again, with the same file and add-ons, up to the arguments."""
    return [bpy.app.binary_path, *sys.argv[1 : len(sys.argv) - len(arguments)]]


def _leave(code: int) -> NoReturn:
    """End Blender with this exit code, without the noise an exception in a handler would print."""
    import _bpy

    from .jobs import remove_tree

    sys.stdout.flush()
    sys.stderr.flush()
    remove_tree(Path(_bpy.app.tempdir))
    os._exit(code)


@bpy.app.handlers.persistent
def _on_load(*_arguments: Any) -> None:
    arguments = job_arguments()
    if arguments is not None and not _blend_is_pending():
        _run_and_exit(arguments)


def _on_command(arguments: list[str]) -> int:
    from . import headless

    with unrestricted():
        return headless.main(arguments, prog=f"blender -c {COMMAND}", program=_program(arguments))


def on_register() -> None:
    """Offer the ``crossfade`` command, and run the job Blender was started for, if any."""
    _command_handles.append(bpy.utils.register_cli_command(COMMAND, _on_command))
    arguments = job_arguments()
    if arguments is None:
        return
    import _bpy

    if _bpy.context.window is None or _blend_is_pending():
        bpy.app.handlers.load_post.append(_on_load)
    else:
        _run_and_exit(arguments)


def on_unregister() -> None:
    """Take the command and the handler back."""
    while _command_handles:
        bpy.utils.unregister_cli_command(_command_handles.pop())
    if _on_load in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(_on_load)
