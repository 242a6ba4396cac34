# SPDX-License-Identifier: GPL-3.0-or-later
"""A song of which the script is written by the test, so that operators can be tested without listening."""

from __future__ import annotations

import dataclasses
import wave
from pathlib import Path
from typing import Any

import bpy
import imageio_ffmpeg
import numpy as np
from show_fixtures import make_timeline

from crossfade_addon import preferences, properties, timeline
from crossfade_addon.places import Places
from crossfade_addon.timeline import ASPECTS, AvatarPlan, CameraPlan, Clip, Shot, Timeline

RATE = 22050
SECONDS = 4.0
CLIP_FRAMES = 8
PLATFORMS = ("tiktok", "reels", "shorts", "youtube")


def write_song(path: Path, seconds: float = SECONDS) -> Path:
    """A kick at 120 BPM, as a WAV file."""
    time = np.arange(int(seconds * RATE)) / RATE
    since = time % 0.5
    samples = 0.7 * np.sin(2 * np.pi * 55 * since) * np.exp(-since / 0.08)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def write_script(theme: str = "sponsor_neon") -> Timeline:
    """One hero shot; every platform gets the first eight frames at 30 frames per second."""
    plan = CameraPlan(shots=(Shot(0.0, SECONDS, "hero"),))
    base = make_timeline(duration=SECONDS, drops=(), theme=theme)
    return dataclasses.replace(
        base,
        avatar=AvatarPlan(),
        camera=dict.fromkeys(ASPECTS, plan),
        clips=dict.fromkeys(PLATFORMS, Clip(0.0, CLIP_FRAMES / 30, "the start")),
    )


def set_up(folder: Path, monkeypatch: Any) -> Any:
    """A new file whose scene asks for a draft of the song in ``folder``, analysed; returns the settings."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    places = Places(ffmpeg=imageio_ffmpeg.get_ffmpeg_exe(), library_dir=str(folder / "library"))
    monkeypatch.setattr(preferences, "places", lambda _context: places)
    settings = bpy.context.scene.crossfade
    settings.audio = str(write_song(folder / "song.wav"))
    settings.output_dir = str(folder / "out")
    settings.quality = "draft"
    settings.with_thumbnail = False
    analyse(settings)
    return settings


def analyse(settings: Any, theme: str = "sponsor_neon") -> Timeline:
    """What the operator Analyse leaves behind."""
    script = write_script(theme)
    path = properties.to_brief(settings.id_data, preferences.places(bpy.context)).timeline_path
    timeline.save(script, path)
    properties.fill_analysis(settings, script, path, properties.script_key(settings))
    return script
