# SPDX-License-Identifier: GPL-3.0-or-later
"""Hear and see the song while it is corrected: its sound in the scene, tapping along, and its picture."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import bpy

from ..errors import BriefError, StudioError
from ..properties import grid
from ._base import SealedOperator, busy, redraw
from .grid import GridOperator

_KEYS = frozenset({"SPACE", "T", "LEFTMOUSE"})
_DONE, _NONE = frozenset({"RET", "NUMPAD_ENTER"}), frozenset({"ESC", "RIGHTMOUSE"})
_LEAST_TAPS = 4
_LONGEST_DRAW_S = 0.25
_OPS: Any = bpy.ops


class CROSSFADE_OT_put_song(SealedOperator, bpy.types.Operator):
    """Put the song into the scene, to be heard when it plays."""

    bl_idname = "crossfade.put_song"
    bl_label = "Put Song in Scene"
    bl_description = (
        "Add the song to this scene's sequencer, from the first frame on, so that it is heard when the scene plays. "
        "Clear takes it out again"
    )
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A song, which must not be there already."""
        settings = context.scene.crossfade
        return busy() or ("" if settings.audio else "Choose an audio file first")

    def run(self, context: Any) -> set[str]:
        """Add the strip."""
        from ..studio import song_place

        audio = grid.audio_of(context.scene.crossfade)
        if not audio.is_file():
            raise BriefError(f"The song '{audio}' does not exist.", hint="Choose an audio file.")
        if song_place.strip_of(context.scene, audio) is None and not song_place.put_song(context.scene, audio):
            raise StudioError("This Blender was built without sound.", hint="Use a Blender of blender.org.")
        context.scene.sync_mode = "AUDIO_SYNC"
        return {"FINISHED"}


class CROSSFADE_OT_tap_tempo(GridOperator, bpy.types.Operator):
    """Tap along while the song plays."""

    bl_idname = "crossfade.tap_tempo"
    bl_label = "Tap Tempo"
    bl_description = (
        "Play the song and tap along: Space, T or a click on every beat, four or more times; Enter takes the taps, Esc "
        "forgets them. Where the taps fit the beats that were heard, those give the exact times"
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Play, and wait for taps."""
        from ..studio import song_place

        audio = grid.audio_of(context.scene.crossfade)
        if song_place.strip_of(context.scene, audio) is None:
            hint = "Press the loudspeaker beside Tap Tempo first."
            return self.fail(context, BriefError("The song is not in this scene: nothing would be heard.", hint=hint))
        self._taps: list[float] = []
        self._rate = song_place.rate_of(context.scene)
        self._first = song_place.first_frame(context.scene, audio)
        self._seen = (context.scene.frame_current, time.perf_counter())
        self._started = not context.screen.is_animation_playing
        if self._started:
            context.scene.sync_mode = "AUDIO_SYNC"
            _OPS.screen.animation_play()
        self._timer = context.window_manager.event_timer_add(1 / 120, window=context.window)
        context.window_manager.modal_handler_add(self)
        self._say(context)
        return {"RUNNING_MODAL"}

    def run(self, _context: Any) -> set[str]:
        """Tapping needs hands."""
        raise BriefError("There is nothing to tap on without a window.", hint="Use --grid tap=1.0,1.5,2.0,2.5.")

    def modal(self, context: Any, event: Any) -> set[str]:
        """A tap, the end, or nothing."""
        frame = context.scene.frame_current
        if frame < self._seen[0]:
            self._taps.clear()  # it begins again at the end of the scene
        if frame != self._seen[0]:
            self._seen = (frame, time.perf_counter())
        if event.type in _NONE and event.value == "PRESS":
            self._end(context)
            return {"CANCELLED"}
        if event.type in _DONE and event.value == "PRESS":
            return self._take(context)
        if event.type in _KEYS:
            if event.value == "PRESS" and not getattr(event, "is_repeat", False):
                # The sound goes on between frames, also where few are drawn; a finger is more exact than a frame.
                since = min(time.perf_counter() - self._seen[1], _LONGEST_DRAW_S)
                self._taps.append((frame - self._first) / self._rate + since)
                self._say(context)
            return {"RUNNING_MODAL"}
        return {"PASS_THROUGH"}

    def cancel(self, context: Any) -> None:
        """Blender ends the operator."""
        self._end(context)

    def _take(self, context: Any) -> set[str]:
        taps = sorted({round(t, 3) for t in self._taps if 0 <= t < context.scene.crossfade.analysis.duration})
        self._end(context)
        try:
            if len(taps) < _LEAST_TAPS:
                raise BriefError(f"{len(taps)} taps are too few for a tempo.", hint=f"Tap {_LEAST_TAPS} beats or more.")
            return self.correct(context, f"tap={','.join(f'{t:.3f}' for t in taps)}", in_part=True)
        except BriefError as error:
            return self.fail(context, error)

    def _say(self, context: Any) -> None:
        from ..director import regrid

        tempo = ""
        if len(self._taps) >= _LEAST_TAPS:
            try:
                tempo = f", {60 / regrid.tempo_of_taps(self._taps)[0]:.1f} BPM"
            except ValueError:
                tempo = ", not steady yet"
        count = f"{len(self._taps)} taps{tempo}"
        context.workspace.status_text_set(f"Tap the beat: Space, T or click ({count})     Enter: use     Esc: cancel")

    def _end(self, context: Any) -> None:
        context.workspace.status_text_set(None)
        context.window_manager.event_timer_remove(self._timer)
        if self._started and context.screen.is_animation_playing:
            _OPS.screen.animation_play()
        redraw(context)


class CROSSFADE_OT_show_picture(GridOperator, bpy.types.Operator):
    """Show the picture of the song."""

    bl_idname = "crossfade.show_picture"
    bl_label = "Show Picture"
    bl_description = (
        "Show waveform, sections, bars, confidence and moments as a picture in an Image Editor, in a new window when "
        "none is open. It is drawn anew after each correction; Clear removes it"
    )

    def run(self, context: Any) -> set[str]:
        """Draw it, and find an editor for it."""
        from ..studio import song_picture

        settings = context.scene.crossfade
        image = song_picture.make(settings.song_id.strip())
        grid.refresh(settings)
        if not bpy.app.background and context.window is not None:
            area = _image_editor(context)
            area.spaces.active.image = image
            area.spaces.active.mode = "VIEW"
            region = next(r for r in area.regions if r.type == "WINDOW")
            with context.temp_override(window=_window_of(context, area), area=area, region=region):
                if region.width > 1:
                    _OPS.image.view_all(fit_view=True)
        return {"FINISHED"}


def _areas(context: Any) -> list[tuple[Any, Any]]:
    return [(window, area) for window in context.window_manager.windows for area in window.screen.areas]


def _window_of(context: Any, area: Any) -> Any:
    return next(window for window, other in _areas(context) if other == area)


def _image_editor(context: Any) -> Any:
    """An Image Editor that shows no render, or one in a new window."""
    for _, area in _areas(context):
        if area.type == "IMAGE_EDITOR" and area.ui_type == "IMAGE_EDITOR":
            return area
    _OPS.wm.window_new()
    window = context.window_manager.windows[-1]
    area = max(window.screen.areas, key=lambda a: a.width * a.height)
    area.ui_type = "IMAGE_EDITOR"
    return area


CLASSES = (CROSSFADE_OT_put_song, CROSSFADE_OT_tap_tempo, CROSSFADE_OT_show_picture)
