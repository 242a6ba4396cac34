# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the song lies in a scene: frames of the scene and seconds of the song.

The song begins where its sound strip does, and at the first frame in a scene that has none.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy

from .. import timing
from . import compat, ownership


def rate_of(scene: Any) -> float:
    """Frames per second of a scene."""
    return scene.render.fps / scene.render.fps_base


def strip_of(scene: Any, audio: Path) -> Any:
    """The strip that plays this file, whoever put it there, or None."""
    for strip in compat.strips_of(scene):
        if strip.type == "SOUND" and strip.sound is not None:
            path = bpy.path.abspath(strip.sound.filepath, library=strip.sound.library)
            if os.path.normpath(path) == os.path.normpath(audio):
                return strip
    return None


def first_frame(scene: Any, audio: Path) -> float:
    """Scene frame of the song's first sample."""
    strip = strip_of(scene, audio)
    return float(timing.FIRST_FRAME) if strip is None else float(strip.frame_start)


def playhead(scene: Any, audio: Path) -> float:
    """Second of the song at the playhead; negative before the song."""
    return (scene.frame_current_final - first_frame(scene, audio)) / rate_of(scene)


def frame_of(scene: Any, audio: Path, seconds: float) -> int:
    """Scene frame nearest to a second of the song."""
    return round(first_frame(scene, audio) + seconds * rate_of(scene))


def put_song(scene: Any, audio: Path) -> bool:
    """The song as a sound strip of ours from the first frame on; False when this Blender has no sound."""
    before = set(bpy.data.sounds)
    has_sound = compat.add_sound(scene, ownership.SONG, audio, timing.FIRST_FRAME)
    for sound in set(bpy.data.sounds) - before:
        ownership.tag(sound, "sound")
    return has_sound


def take_song(scene: Any) -> None:
    """Take the strip of ours out again."""
    strips = compat.strips_of(scene)
    for strip in [s for s in strips if s.name == ownership.SONG and s.type == "SOUND" and ownership.is_ours(s.sound)]:
        strips.remove(strip)
