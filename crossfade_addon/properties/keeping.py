# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings corrections into the song library soon after they are made, in a process of its own, while the user works on.

Without a window (no timers) and when the library cannot be had, they wait for the next analysis, which takes them
along; the .blend keeps them in any case.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import bpy

from ..errors import CrossfadeError
from . import grid

if TYPE_CHECKING:
    from ..jobs import Progress

WAIT_S = 1.0
"""After the last correction: they come in rows."""
_TICK_S = 0.2
_LONGEST_END_S = 8.0


class _Wish(NamedTuple):
    """Corrections that a song shall have."""

    place: Path | None
    song_id: str
    texts: tuple[str, ...]


_known: dict[str, tuple[str, ...]] = {}
"""By song id, what the library holds as far as this Blender knows."""
_wishes: dict[str, _Wish] = {}
_due = [0.0]
_work: list[Generator[Progress, None, None]] = []


def is_kept(settings: Any) -> None:
    """The library holds just these corrections."""
    song_id = settings.song_id.strip()
    _known[song_id] = _texts(settings)
    _wishes.pop(song_id, None)


def soon(settings: Any) -> None:
    """Bring the corrections of the settings' song into the library, unless they are there."""
    if not has_timers() or not settings.grid.heard or not grid.ask_places:
        return
    from . import settings as settings_of_scene

    song_id = settings.song_id.strip()
    if _known.get(song_id) == _texts(settings) and song_id not in _wishes and not _work:
        return
    try:
        place = settings_of_scene.library_place(settings, grid.ask_places[0]())
    except CrossfadeError:
        return  # the next analysis says what is wrong with the settings file
    _wishes[song_id] = _Wish(place, song_id, _texts(settings))
    _due[0] = time.monotonic() + WAIT_S
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=_TICK_S, persistent=True)


def after_undo() -> None:
    """Undo and redo change corrections without telling."""
    scene: Any
    for scene in bpy.data.scenes:
        settings = scene.crossfade
        song_id = settings.song_id.strip()
        if settings.grid.heard and song_id in _known and _known[song_id] != _texts(settings):
            soon(settings)


def finish() -> None:
    """The add-on ends, perhaps Blender: bring what waits into the library now, as far as that takes a few seconds."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    until = time.monotonic() + _LONGEST_END_S
    _work.extend(map(_steps, _wishes.values()))
    _wishes.clear()
    while _work:
        steps = _work.pop(0)
        for _ in steps:
            if time.monotonic() > until:
                break
            time.sleep(_TICK_S / 4)
        steps.close()
    _known.clear()


def has_timers() -> bool:
    """Whether anybody calls back: without a window, the next run takes the corrections along."""
    return not bpy.app.background


def _texts(settings: Any) -> tuple[str, ...]:
    return tuple(item.text for item in settings.grid.corrections)


def _tick() -> float | None:
    """One look at the work: begin it, follow it, end the timer when nothing is left."""
    if _work:
        try:
            next(_work[0])
        except StopIteration:
            _work.clear()
    elif _wishes and time.monotonic() >= _due[0] and not _is_busy():
        _work.append(_steps(_wishes.pop(next(iter(_wishes)))))
    return _TICK_S if _work or _wishes else None


def _is_busy() -> bool:
    """A job that listens to the song writes the song's record at its end: this one waits for it."""
    managers: Any = bpy.data.window_managers
    return any(manager.crossfade_job.running for manager in managers)


def _steps(wish: _Wish) -> Generator[Progress, None, None]:
    import tempfile

    from .. import listening

    with tempfile.TemporaryDirectory(prefix="crossfade-", dir=bpy.app.tempdir or None) as folder:
        try:
            kept = yield from listening.keep_corrections(
                wish.place, wish.song_id, wish.texts, Path(folder) / "corrections"
            )
        except CrossfadeError as error:
            _say(f"Your corrections are not in the library yet ({error.message}). The next analysis takes them along.")
            return
    if kept:
        _known[wish.song_id] = wish.texts


def _say(text: str) -> None:
    manager: Any
    for manager in bpy.data.window_managers:
        notices = manager.crossfade_job.notices
        if not any(notice.text == text for notice in notices):
            notices.add().text = text
