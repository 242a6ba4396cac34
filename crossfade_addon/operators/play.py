# SPDX-License-Identifier: GPL-3.0-or-later
"""Play with the Song: playback that keeps step with the sound, and leaves the scene as it was when it stops."""

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import EnumProperty

from .. import properties
from ..errors import StudioError
from ..studio import compat, ownership
from ._base import SealedOperator, redraw

_SETTINGS = (
    "sync_mode",
    "use_audio",
    "use_audio_scrub",
    "use_preview_range",
    "frame_preview_start",
    "frame_preview_end",
)


class _Before:
    """A scene as it was before it was played; no datablock is kept here, as an undo may replace it."""

    def __init__(self, scene: str, settings: dict[str, Any]) -> None:
        self.scene = scene
        self.settings = settings
        self.muted: list[str] = []
        self.adds_strip = False
        self.adds_sequencer = False
        self.adds_sound = ""


_playing: list[_Before] = []


class CROSSFADE_OT_play(SealedOperator, bpy.types.Operator):
    """Play the scene in step with the song, or stop it."""

    bl_idname = "crossfade.play"
    bl_label = "Play with the Song"
    bl_description = (
        "Play this scene in step with the song, audible also while scrubbing; frames are dropped where the view is "
        "slower. Press again to stop: the scene's settings are then as they were"
    )
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    start: EnumProperty(
        name="From",
        description="Where to begin",
        items=(
            ("here", "Playhead", "From where the playhead stands"),
            ("part", "Part", "From the first frame of the part that is rendered"),
            ("song", "Song", "From the beginning of the song"),
        ),
        default="here",
    )

    @classmethod
    def description(cls, _context: Any, given: Any) -> str:
        """Where this button begins."""
        where = given.bl_rna.properties["start"].enum_items[given.start].description
        return f"{cls.bl_description}. {where}"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A song must have been heard, and a timeline be there to play."""
        if context.screen is None:
            return "There is no window to play in"
        return "" if properties.script_path(context.scene) else "Analyse the song first"

    def run(self, context: Any) -> set[str]:
        """Start, or stop."""
        if context.screen.is_animation_playing:
            bpy.ops.screen.animation_cancel(restore_frame=False)
            stopped()
            return {"FINISHED"}
        prepare(context.scene, self.start)
        context.window_manager.crossfade_preview.is_playing = True
        if bpy.ops.screen.animation_play() != {"FINISHED"}:
            stopped()
            raise StudioError("Blender cannot play here.", hint="Open a 3D view or a timeline.")
        redraw(context)
        return {"FINISHED"}


def prepare(scene: Any, start: str) -> None:
    """Make a scene ready to be played with the song; :func:`stopped` takes it back.

    Parameters
    ----------
    start : str
        ``here``, ``part`` or ``song``.
    """
    from .. import timing
    from ..studio import react

    stopped()
    had_sequencer = scene.sequence_editor is not None
    before = _Before(scene.name, {name: getattr(scene, name) for name in _SETTINGS})
    _playing.append(before)
    script = react.script(properties.script_path(scene))
    last = timing.frame_at(script.meta.duration_sec, react.scene_rate(scene)) - 1
    if not any(strip.name == ownership.SONG for strip in compat.strips_of(scene)):
        sounds = set(bpy.data.sounds)
        audio = Path(bpy.path.abspath(scene.crossfade.audio))
        before.adds_strip = compat.add_sound(scene, ownership.SONG, audio, timing.FIRST_FRAME)
        before.adds_sequencer = not had_sequencer
        before.adds_sound = next((sound.name for sound in set(bpy.data.sounds) - sounds), "")
    for strip in compat.strips_of(scene):
        if strip.name == ownership.SONG and strip.mute:
            strip.mute = False
            before.muted.append(strip.name)
    scene.sync_mode, scene.use_audio, scene.use_audio_scrub = "AUDIO_SYNC", True, True
    here = scene.frame_current
    is_part = start == "part" or (start == "here" and scene.frame_start <= here <= scene.frame_end)
    scene.use_preview_range = not is_part
    if not is_part:
        scene.frame_preview_start, scene.frame_preview_end = timing.FIRST_FRAME, max(timing.FIRST_FRAME + 1, last)
    if start != "here":
        scene.frame_set(scene.frame_start if is_part else timing.FIRST_FRAME)


def stopped() -> None:
    """Give the scene back what was changed for playing."""
    scenes: Any = bpy.data.scenes
    while _playing:
        before = _playing.pop()
        scene = scenes.get(before.scene)
        if scene is None:
            continue
        for name, value in before.settings.items():
            setattr(scene, name, value)
        for strip in compat.strips_of(scene):
            if strip.name in before.muted:
                strip.mute = True
        if before.adds_strip:
            strips = compat.strips_of(scene)
            for strip in [strip for strip in strips if strip.name == ownership.SONG]:
                strips.remove(strip)
        if before.adds_sequencer and scene.sequence_editor is not None and not len(compat.strips_of(scene)):
            scene.sequence_editor_clear()
        sound = bpy.data.sounds.get(before.adds_sound)
        if sound is not None and not sound.users:
            bpy.data.sounds.remove(sound)
    managers: Any = bpy.data.window_managers
    for manager in managers:
        manager.crossfade_preview.is_playing = False


def forget() -> None:
    """Another file is open: what was noted belongs to the one before."""
    _playing.clear()


CLASSES = (CROSSFADE_OT_play,)
