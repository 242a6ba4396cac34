# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel remembers: the settings of a show (in the scene) and the state of a job (in the window manager).

Times are seconds of the song. Paths may be relative to the .blend (``//``) until :func:`to_brief`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import choices
from .brief import Brief
from .brief_values import INTENSITIES, LEAST_INTENSITY, MOST_INTENSITY, SHORTEST_CLIP_S, suggest_song_id
from .encode.platforms import load_platforms
from .errors import BriefError
from .studio import compat
from .themes import AVATARS, BUILT_IN, load_theme
from .timeline import Timeline
from .timing import parse_fps

if TYPE_CHECKING:
    from .preferences import Places

OWN_THEME = "own"
_DEFAULT_OUTPUT = "//outputs"
_SAME_INTENSITY = 5e-4
_THEMES = (
    *((name, load_theme(name).label, f"The built-in look '{load_theme(name).label}'") for name in BUILT_IN),
    (OWN_THEME, "Own File", "A theme file (.toml) of your own"),
)
_FPS = tuple((f, f, f"{f} frames per second") for f in ("24", "25", "29.97", "30", "50", "60"))
_PLATFORMS = tuple(
    (p.name, p.label, f"Make a video for {p.label} ({p.aspect}, {p.width} x {p.height})", 1 << i)
    for i, p in enumerate(load_platforms().values())
)
_SCRIPT_FIELDS = (
    "audio",
    "song_id",
    "title",
    "artist",
    "lyrics",
    "theme",
    "theme_file",
    "mode",
    "seed",
    "intensity",
    "part",
    "clip_start",
    "clip_end",
)


_mirroring = False


def _mirror(settings: CrossfadeSettings, _context: Any) -> None:
    """Keep the settings of all scenes that belong to one show the same, so that it matters not which is open."""
    if _mirroring or not settings.shared:
        return
    data = snapshot(settings)
    for scene in bpy.data.scenes:
        if scene.crossfade.shared and scene != settings.id_data:
            restore(scene.crossfade, data)


def _audio_changed(settings: CrossfadeSettings, context: Any) -> None:
    """Suggest a song id for new audio, unless the user chose one."""
    if settings.song_id == settings.suggested_id:
        stem = Path(bpy.path.abspath(settings.audio)).stem
        settings.suggested_id = suggest_song_id(stem) if stem else ""
        settings.song_id = settings.suggested_id
    _mirror(settings, context)


def _level(settings: CrossfadeSettings) -> int:
    """Number of the level that the intensity stands at, or of none."""
    near = (n for name, _, _, n in choices.LEVELS if abs(INTENSITIES[name] - settings.intensity) < _SAME_INTENSITY)
    return next(near, 0)


def _set_level(settings: CrossfadeSettings, value: int) -> None:
    for name, _, _, number in choices.LEVELS:
        if number == value:
            settings.intensity = INTENSITIES[name]


class CrossfadeSection(bpy.types.PropertyGroup):
    """One section of the analysed song."""

    section_type: StringProperty(name="Section", description="What this part of the song is")
    start: FloatProperty(name="Start", description="Where it begins", unit="TIME_ABSOLUTE")
    energy: FloatProperty(name="Energy", description="How much happens in it", min=0, max=1)


class CrossfadeClip(bpy.types.PropertyGroup):
    """The part of the song that one platform gets."""

    platform: StringProperty(name="Platform", description="Whose part this is")
    start: FloatProperty(name="Start", description="Where it begins", unit="TIME_ABSOLUTE")
    end: FloatProperty(name="End", description="Where it ends", unit="TIME_ABSOLUTE")
    reason: StringProperty(name="Reason", description="Why this part was chosen")


class CrossfadeAnalysis(bpy.types.PropertyGroup):
    """What the director heard, for the panel to show. Empty ``timeline`` means: not analysed yet."""

    timeline: StringProperty(name="Script", description="File with the script of the show")
    script_key: StringProperty(name="Script Settings", description="The settings that the script was written for")
    title: StringProperty(name="Title", description="The song's title")
    artist: StringProperty(name="Artist", description="Who made the song")
    bpm: FloatProperty(name="BPM", description="Beats per minute; 0 when there is no beat to follow")
    confidence: FloatProperty(name="Confidence", description="How sure the beat grid is, 0 to 1", min=0, max=1)
    bars: IntProperty(name="Bars", description="Number of bars")
    duration: FloatProperty(name="Duration", description="Length of the song", unit="TIME_ABSOLUTE")
    sections: CollectionProperty(type=CrossfadeSection, name="Sections", description="The parts of the song")
    clips: CollectionProperty(type=CrossfadeClip, name="Clips", description="The part that each platform gets")


class CrossfadeSettings(bpy.types.PropertyGroup):
    """Everything a user can ask for, kept in the scene."""

    audio: StringProperty(
        name="Audio",
        description="The song: any audio or video file that FFmpeg can read",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=_audio_changed,
    )
    song_id: StringProperty(
        name="Song ID",
        description="The song's name in the library and in the names of all files; suggested from the file name",
        update=_mirror,
    )
    suggested_id: StringProperty(
        name="Suggested ID", description="The id that was suggested for the audio file", options={"HIDDEN"}
    )
    title: StringProperty(
        name="Title", description="Title shown in the video; empty takes it from the file's tags", update=_mirror
    )
    artist: StringProperty(
        name="Artist", description="Artist shown in the video; empty takes it from the file's tags", update=_mirror
    )
    theme: EnumProperty(
        name="Theme",
        description="Colours, scenery and temper of the show",
        items=_THEMES,
        default="sponsor_neon",
        update=_mirror,
    )
    theme_file: StringProperty(
        name="Theme File",
        description="Your own theme, a .toml file made from a built-in one",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=_mirror,
    )
    avatar: EnumProperty(name="Avatar", description="Who plays", items=choices.AVATARS, default="theme", update=_mirror)
    avatar_file: StringProperty(
        name="Avatar File",
        description="Your own avatar, a .blend with an armature called Avatar_Rig",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=_mirror,
    )
    studio_file: StringProperty(
        name="Studio File",
        description="Your own stage, a .blend with objects called Deck.L, Deck.R, Crossfader and Camera; empty uses "
        "the theme's",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=_mirror,
    )
    actions_dir: StringProperty(
        name="Actions Folder",
        description="Folder with your own actions as idle_bob.blend, drop_reaction.blend, ...; those that it lacks "
        "are built in",
        subtype="DIR_PATH",
        options=compat.PATH_OPTIONS,
        update=_mirror,
    )
    mode: EnumProperty(
        name="Mode", description="How busy the show is", items=choices.MODES, default="mashup", update=_mirror
    )
    seed: IntProperty(
        name="Seed",
        description="Another number makes another show of the same song; the same number makes the same show",
        default=1,
        min=0,
        update=_mirror,
    )
    intensity: FloatProperty(
        name="Intensity",
        description="How much the DJ and the lights move",
        default=INTENSITIES["normal"],
        min=LEAST_INTENSITY,
        max=MOST_INTENSITY,
        step=10,
        update=_mirror,
    )
    level: EnumProperty(
        name="Level",
        description="The intensity by name",
        items=(choices.NO_LEVEL, *choices.LEVELS),
        get=_level,
        set=_set_level,
        options={"SKIP_SAVE"},
    )
    part: EnumProperty(
        name="Part", description="Which part of the song is made", items=choices.PARTS, default="best", update=_mirror
    )
    clip_start: FloatProperty(
        name="Start",
        description="First second of the part",
        default=0,
        min=0,
        unit="TIME_ABSOLUTE",
        update=_mirror,
    )
    clip_end: FloatProperty(
        name="End", description="Last second of the part", default=30, min=0, unit="TIME_ABSOLUTE", update=_mirror
    )
    lyrics: StringProperty(
        name="Lyrics",
        description="The song's words with their times: LRC, SRT or VTT; burned in as captions",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=_mirror,
    )
    with_captions: BoolProperty(
        name="Captions",
        description="Burn the words into the videos of platforms that show no caption files",
        default=True,
        update=_mirror,
    )
    platforms: EnumProperty(
        name="Platforms",
        description="A video is made for each chosen platform",
        items=_PLATFORMS,
        options={"ENUM_FLAG"},
        default={item[0] for item in _PLATFORMS},
        update=_mirror,
    )
    quality: EnumProperty(
        name="Quality",
        description="Size of the render; finished files always have the platform's size",
        items=choices.QUALITIES,
        default="preview",
        update=_mirror,
    )
    engine: EnumProperty(
        name="Engine", description="Who renders the show", items=choices.ENGINES, default="workbench", update=_mirror
    )
    fps: EnumProperty(
        name="Frame Rate", description="Frames per second of the videos", items=_FPS, default="30", update=_mirror
    )
    output_dir: StringProperty(
        name="Folder",
        description="Where everything goes; '//' is the folder of this .blend, or, before it is saved, the folder "
        "chosen in the add-on's preferences",
        subtype="DIR_PATH",
        options=compat.PATH_OPTIONS,
        default=_DEFAULT_OUTPUT,
        update=_mirror,
    )
    with_thumbnail: BoolProperty(
        name="Thumbnail", description="Make a thumbnail and a cover picture as well", default=True, update=_mirror
    )
    analysis: PointerProperty(type=CrossfadeAnalysis)
    shared: BoolProperty(
        name="Shared",
        description="These settings are kept the same in all scenes of the show",
        options={"HIDDEN"},
    )


class CrossfadeNotice(bpy.types.PropertyGroup):
    """Something the user should read."""

    text: StringProperty(name="Text", description="What happened")


class CrossfadeResult(bpy.types.PropertyGroup):
    """One finished file."""

    label: StringProperty(name="Label", description="What the file is")
    path: StringProperty(name="Path", description="Where it is")
    ok: BoolProperty(name="Right", description="Every check of this file passed")


class CrossfadeJobState(bpy.types.PropertyGroup):
    """What the panel shows of a running or finished job."""

    running: BoolProperty(name="Running", description="A job is running", options={"SKIP_SAVE"})
    cancelling: BoolProperty(name="Cancelling", description="The job was asked to stop", options={"SKIP_SAVE"})
    title: StringProperty(name="Job", description="What the job does", options={"SKIP_SAVE"})
    stage: StringProperty(name="Stage", description="Which stage the job is in", options={"SKIP_SAVE"})
    fraction: FloatProperty(
        name="Progress", description="Part of the stage that is done", min=0, max=1, options={"SKIP_SAVE"}
    )
    message: StringProperty(name="Message", description="What is happening now", options={"SKIP_SAVE"})
    eta: StringProperty(name="Time Left", description="Time left in this stage", options={"SKIP_SAVE"})
    error: StringProperty(name="Error", description="Why the last job stopped", options={"SKIP_SAVE"})
    summary: StringProperty(name="Summary", description="How the last job ended", options={"SKIP_SAVE"})
    notices: CollectionProperty(
        type=CrossfadeNotice, name="Notices", description="What the job wants you to know", options={"SKIP_SAVE"}
    )
    results: CollectionProperty(
        type=CrossfadeResult, name="Results", description="What the job made", options={"SKIP_SAVE"}
    )


CLASSES = (
    CrossfadeSection,
    CrossfadeClip,
    CrossfadeAnalysis,
    CrossfadeSettings,
    CrossfadeNotice,
    CrossfadeResult,
    CrossfadeJobState,
)


def attach() -> None:
    """Give every scene its settings and the window manager its job state."""
    bpy.types.Scene.crossfade = PointerProperty(type=CrossfadeSettings)
    bpy.types.WindowManager.crossfade_job = PointerProperty(type=CrossfadeJobState)


def detach() -> None:
    """Undo :func:`attach`; what scenes hold stays in the file."""
    del bpy.types.WindowManager.crossfade_job
    del bpy.types.Scene.crossfade


def output_folder(settings: CrossfadeSettings, places: Places) -> Path:
    """Where a scene's files go, absolute."""
    text = settings.output_dir or _DEFAULT_OUTPUT
    if text.startswith("//") and not bpy.data.filepath:
        return Path(places.output_dir) if places.output_dir else Path.home() / text.lstrip("/")
    return Path(bpy.path.abspath(text))


def to_brief(scene: Any, places: Places) -> Brief:
    """What a scene's settings ask for, with absolute paths; what :func:`.brief.check_brief` checks is not yet.

    Raises
    ------
    BriefError
        When the user's own part of the song is empty, or no file is chosen for an avatar of their own.
    """
    settings = scene.crossfade
    if settings.part == "clip" and settings.clip_end - settings.clip_start < SHORTEST_CLIP_S:
        raise BriefError(
            f"The part from {settings.clip_start:g} s to {settings.clip_end:g} s is shorter than half a second.",
            hint="Choose a later end.",
        )
    own_theme = settings.theme == OWN_THEME
    if settings.avatar == choices.OWN_AVATAR and not settings.avatar_file:
        raise BriefError("No avatar file is chosen.", hint="Choose your avatar's .blend file, or a built-in avatar.")
    return Brief(
        audio=Path(bpy.path.abspath(settings.audio)),
        song_id=settings.song_id,
        platforms=tuple(name for name, *_ in _PLATFORMS if name in settings.platforms),
        theme=bpy.path.abspath(settings.theme_file) if own_theme else settings.theme,
        mode=settings.mode,
        output_dir=output_folder(settings, places),
        quality=settings.quality,
        engine=settings.engine,
        fps=parse_fps(settings.fps),
        seed=settings.seed,
        intensity=round(settings.intensity, 3),
        clip=(round(settings.clip_start, 3), round(settings.clip_end, 3)) if settings.part == "clip" else None,
        whole_song=settings.part == "whole",
        with_captions=settings.with_captions,
        with_thumbnail=settings.with_thumbnail,
        lyrics=Path(bpy.path.abspath(settings.lyrics)) if settings.lyrics else None,
        title=settings.title,
        artist=settings.artist,
        avatar=_avatar(settings),
        studio=Path(bpy.path.abspath(settings.studio_file)) if settings.studio_file else None,
        actions=Path(bpy.path.abspath(settings.actions_dir)) if settings.actions_dir else None,
        analyser=places.analyser,
        library_dir=Path(places.library_dir) if places.library_dir else None,
        ffmpeg=places.ffmpeg,
    )


def _avatar(settings: CrossfadeSettings) -> str:
    if settings.avatar == choices.OWN_AVATAR:
        return bpy.path.abspath(settings.avatar_file)
    return settings.avatar if settings.avatar in AVATARS else ""


def script_key(settings: CrossfadeSettings) -> str:
    """The settings that decide the script; another key means that the song must be analysed again."""
    return json.dumps([getattr(settings, name) for name in _SCRIPT_FIELDS])


def fill_analysis(settings: CrossfadeSettings, timeline: Timeline, path: Path, key: str) -> None:
    """Show what the director heard, in this scene and in all that share its settings.

    Parameters
    ----------
    key : str
        :func:`script_key` of the settings when the script was asked for.
    """
    analysis = settings.analysis
    analysis.timeline = str(path)
    analysis.script_key = key
    analysis.title, analysis.artist = timeline.meta.title, timeline.meta.artist
    analysis.bpm, analysis.confidence = timeline.beats.bpm, timeline.beats.confidence
    analysis.bars = len(timeline.beats.downbeats)
    analysis.duration = timeline.meta.duration_sec
    analysis.sections.clear()
    for section in timeline.audio.sections:
        item = analysis.sections.add()
        item.section_type, item.start, item.energy = section.section_type, section.start_time, section.energy_level
    analysis.clips.clear()
    for platform, clip in timeline.clips.items():
        item = analysis.clips.add()
        item.platform, item.start, item.end, item.reason = platform, clip.start, clip.end, clip.reason
    _mirror(settings, None)


def snapshot(group: Any) -> dict[str, Any]:
    """A property group's values as plain data."""
    data: dict[str, Any] = {}
    for prop in group.bl_rna.properties:
        name = prop.identifier
        if name in ("rna_type", "name"):
            continue
        value = getattr(group, name)
        if prop.type == "POINTER":
            data[name] = snapshot(value)
        elif prop.type == "COLLECTION":
            data[name] = [snapshot(item) for item in value]
        else:
            data[name] = value
    return data


def restore(group: Any, data: dict[str, Any]) -> None:
    """Write what :func:`snapshot` read into another group of the same kind, telling no other scene."""
    global _mirroring
    outer, _mirroring = _mirroring, True
    try:
        for name, value in data.items():
            if isinstance(value, dict):
                restore(getattr(group, name), value)
            elif isinstance(value, list):
                items = getattr(group, name)
                items.clear()
                for item in value:
                    restore(items.add(), item)
            else:
                setattr(group, name, value)
    finally:
        _mirroring = outer


def share(data: dict[str, Any], scenes: Iterable[Any]) -> None:
    """Give these scenes the same settings, from now on."""
    for scene in scenes:
        restore(scene.crossfade, {**data, "shared": True})
