# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens by itself: after Blender's own Render Animation of one of our scenes, its videos are made.

In the window the render handlers run in a worker thread: they only note plain data, and a timer on the
main thread starts the encoder. In background mode there are no timers, and the encoder runs at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.handlers import persistent

from . import preferences
from .errors import CrossfadeError
from .names import shown
from .operators import _job, play, zones
from .operators.encode_frames import Rendered, encode_rendered, waiting
from .properties import grid
from .studio.ownership import aspect_of

if TYPE_CHECKING:
    from .jobs import Progress

LOOK_S = 0.5
"""How often the main thread looks for a finished render."""

_written: dict[int, Path] = {}
_OPS: Any = bpy.ops  # types know no operators of add-ons


def _is_wanted(scene: Any) -> bool:
    """Whether a render is an artist's own, of one of our scenes."""
    if "CROSSFADE_RENDER_JOB" in os.environ or not aspect_of(scene):
        return False
    job = _job.running()
    return job is None or job.by_hand


@persistent
def _on_render_init(_scene: Any, *_rest: Any) -> None:
    _written.clear()


@persistent
def _on_render_write(scene: Any, *_rest: Any) -> None:
    """Note a written frame; a single picture saved under another name is none."""
    if not _is_wanted(scene):
        return
    path = Path(scene.render.frame_path(frame=scene.frame_current))
    if path.is_file():
        if not _written:
            from .studio import output

            output.forget_stamp(path)
        _written[scene.frame_current] = path


@persistent
def _on_render_cancel(_scene: Any, *_rest: Any) -> None:
    _written.clear()


@persistent
def _on_render_complete(scene: Any, *_rest: Any) -> None:
    if not _written:
        return
    waiting.append(Rendered(scene.name, dict(_written)))
    _written.clear()
    if bpy.app.background:
        _encode_now()


def _encode_now() -> None:
    """Encode at once, telling the terminal."""
    from . import jobs

    render = waiting.pop(0)
    try:
        pipeline, steps = encode_rendered(render)
        jobs.drain(steps, _tell)
        for name, path in pipeline.outputs.paths.items():
            sys.stdout.write(shown(f"crossfade: {name}: {path}\n"))
        if not pipeline.outputs.passed:
            from .pipeline import verify_error

            raise verify_error(pipeline.outputs)
    except CrossfadeError as error:
        sys.stdout.flush()
        sys.stderr.write(f"crossfade: error: {error}\n")
        sys.stderr.flush()


def _tell(report: Progress) -> None:
    if report.notice or report.fraction >= 1:
        sys.stdout.write(shown(f"crossfade: {report.stage}: {report.message}\n"))
        sys.stdout.flush()


def _encode_when_free() -> float:
    """On the main thread: start the encoder for a render that waits, when no job and no render runs."""
    if waiting and not _job.running() and not bpy.app.is_job_running("RENDER"):
        windows = bpy.context.window_manager.windows
        if windows:
            # An error is shown in the panel by the operator; raised again here it would end this timer.
            with contextlib.suppress(RuntimeError), bpy.context.temp_override(window=windows[0]):
                _OPS.crossfade.encode_frames("INVOKE_DEFAULT")
    return LOOK_S


@persistent
def _on_load(*_rest: Any) -> None:
    """Another file: what waited belongs to the one before."""
    waiting.clear()
    _written.clear()
    manager: Any
    for manager in bpy.data.window_managers:
        manager.crossfade_job.running = manager.crossfade_job.cancelling = False
        manager.crossfade_preview.show_zones = manager.crossfade_preview.is_playing = False
    zones.hide()
    play.forget()
    _show_icons()


@persistent
def _on_save(*_rest: Any) -> None:
    """Reactions do not bring deleted objects into the file."""
    scenes: Any = bpy.data.scenes
    if any(len(scene.crossfade_reactions.listed) for scene in scenes):
        from .studio import react

        react.forget_deleted()


@persistent
def _on_playback_end(*_rest: Any) -> None:
    play.stopped()


@persistent
def _on_undo(*_rest: Any) -> None:
    if keeping := _used("properties.keeping"):
        keeping.after_undo()
    if song_picture := _used("studio.song_picture"):
        song_picture.show_again()
    _show_icons()


def _show_icons() -> None:
    """What the panels of the open windows show is not in the file, and undo does not know of it."""
    manager: Any
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            grid.show_icon(window.scene.crossfade)


def _used(name: str) -> Any:
    """One of our modules, None when nothing has imported it: then it has nothing to end."""
    return sys.modules.get(f"{__package__}.{name}")


_HANDLERS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("render_init", _on_render_init),
    ("render_write", _on_render_write),
    ("render_cancel", _on_render_cancel),
    ("render_complete", _on_render_complete),
    ("load_post", _on_load),
    ("save_pre", _on_save),
    ("animation_playback_post", _on_playback_end),
    ("undo_post", _on_undo),
    ("redo_post", _on_undo),
)


def attach() -> None:
    """Add the handlers, and the timer where there is a window."""
    grid.ask_places[:] = [lambda: preferences.places(bpy.context)]
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)
    if not bpy.app.background:
        bpy.app.timers.register(_encode_when_free, first_interval=LOOK_S, persistent=True)


def detach() -> None:
    """Take them back, and end a job that runs."""
    _job.end()
    if keeping := _used("properties.keeping"):
        keeping.finish()
    grid.ask_places.clear()
    if song_icon := _used("properties.song_icon"):
        song_icon.forget()
    if bpy.app.timers.is_registered(_encode_when_free):
        bpy.app.timers.unregister(_encode_when_free)
    for name, handler in reversed(_HANDLERS):
        listed = getattr(bpy.app.handlers, name)
        if handler in listed:
            listed.remove(handler)
    zones.hide()
    play.stopped()
    waiting.clear()
