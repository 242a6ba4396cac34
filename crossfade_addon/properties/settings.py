# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a show, kept in the scene, and the brief that they ask for."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from .. import choices
from ..brief_values import INTENSITIES, LEAST_INTENSITY, MOST_INTENSITY, SHORTEST_CLIP_S, suggest_song_id
from ..errors import BriefError
from ..studio import compat
from ..terms import AVATARS, TRANSLATION_CONTEXT
from . import grid
from .changes import CLASSES as CHANGES
from .changes import CrossfadeChanges
from .delivery import DEFAULT_OUTPUT, DeliverySettings, LyricSettings, chosen_platforms
from .grid import given_corrections
from .groups import (
    CrossfadeAnalysis,
    CrossfadeClip,
    CrossfadeConfig,
    CrossfadeJobState,
    CrossfadeNotice,
    CrossfadeOwnPlatform,
    CrossfadeResult,
)
from .heard_groups import CLASSES as HEARD
from .heard_groups import CrossfadeGrid
from .library import CrossfadeLibraryState, CrossfadeSimilarSong, suggest_songs
from .preflight import CLASSES as PREFLIGHT
from .preflight import CrossfadePreflight
from .preview import CrossfadePreview
from .reactions import CLASSES as REACTIONS
from .reactions import CrossfadeReactions, bake_reactions
from .sharing import is_mirroring, mirror

if TYPE_CHECKING:
    from ..brief import Brief
    from ..places import Places
    from ..timeline import Timeline

_SAME_INTENSITY = 5e-4
_SCRIPT_FIELDS = (
    "audio",
    "song_id",
    "title",
    "artist",
    "lyrics",
    "lyrics_offset",
    "theme",
    "theme_file",
    "mode",
    "seed",
    "intensity",
    "part",
    "clip_start",
    "clip_end",
    "fps",
    "platforms_file",
)
"""What the script is written from; clips have whole frames, so the rate is part of it."""


def _audio_changed(settings: "CrossfadeSettings", context: Any) -> None:
    """Suggest a song id for new audio, unless the user chose one."""
    if settings.song_id == settings.suggested_id:
        stem = Path(bpy.path.abspath(settings.audio)).stem
        settings.suggested_id = suggest_song_id(stem) if stem else ""
        settings.song_id = settings.suggested_id
    if not is_mirroring():
        from . import config_file

        config_file.look(settings)
    mirror(settings, context)


def _level(settings: "CrossfadeSettings") -> int:
    """Number of the level that the intensity stands at, or of none."""
    near = (n for name, _, _, n in choices.LEVELS if abs(INTENSITIES[name] - settings.intensity) < _SAME_INTENSITY)
    return next(near, 0)


def _set_level(settings: "CrossfadeSettings", value: int) -> None:
    for name, _, _, number in choices.LEVELS:
        if number == value:
            settings.intensity = INTENSITIES[name]


class CrossfadeSettings(DeliverySettings, LyricSettings, bpy.types.PropertyGroup):
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
        search=suggest_songs,
        search_options={"SUGGESTION"},
        update=mirror,
    )
    suggested_id: StringProperty(
        name="Suggested ID", description="The id that was suggested for the audio file", options={"HIDDEN"}
    )
    title: StringProperty(
        name="Title", description="Title shown in the video; empty takes it from the file's tags", update=mirror
    )
    artist: StringProperty(
        name="Artist", description="Artist shown in the video; empty takes it from the file's tags", update=mirror
    )
    theme: EnumProperty(
        name="Theme",
        description="Colours, scenery and temper of the show",
        items=choices.THEMES,
        default="sponsor_neon",
        update=mirror,
    )
    theme_file: StringProperty(
        name="Theme File",
        description="Your own theme, a .toml file made from a built-in one",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=mirror,
    )
    avatar: EnumProperty(name="Avatar", description="Who plays", items=choices.AVATARS, default="theme", update=mirror)
    avatar_file: StringProperty(
        name="Avatar File",
        description="Your own avatar, a .blend with an armature called Avatar_Rig",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=mirror,
    )
    studio_file: StringProperty(
        name="Studio File",
        description="Your own stage, a .blend with objects called Deck.L, Deck.R, Crossfader and Camera; empty uses "
        "the theme's",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=mirror,
    )
    actions_dir: StringProperty(
        name="Actions Folder",
        description="Folder with your own actions as idle_bob.blend, drop_reaction.blend, ...; those that it lacks "
        "are built in",
        subtype="DIR_PATH",
        options=compat.PATH_OPTIONS,
        update=mirror,
    )
    mode: EnumProperty(
        name="Mode", description="How busy the show is", items=choices.MODES, default="mashup", update=mirror
    )
    seed: IntProperty(
        name="Seed",
        description="Another number makes another show of the same song; the same number makes the same show",
        default=1,
        min=0,
        update=mirror,
    )
    intensity: FloatProperty(
        name="Intensity",
        description="How much the DJ and the lights move",
        default=INTENSITIES["normal"],
        min=LEAST_INTENSITY,
        max=MOST_INTENSITY,
        step=10,
        update=mirror,
    )
    level: EnumProperty(
        name="Level",
        description="The intensity by name",
        items=(choices.NO_LEVEL, *choices.LEVELS),
        translation_context=TRANSLATION_CONTEXT,
        get=_level,
        set=_set_level,
        options={"SKIP_SAVE"},
    )
    analysis: PointerProperty(type=CrossfadeAnalysis)
    grid: PointerProperty(type=CrossfadeGrid)
    use_config: BoolProperty(
        name="Use Settings File",
        description="Take what is not set here from the file crossfade.toml beside the song",
        default=True,
        update=mirror,
    )
    config: PointerProperty(type=CrossfadeConfig)
    shared: BoolProperty(
        name="Shared",
        description="These settings are kept the same in all scenes of the show",
        options={"HIDDEN"},
    )


CLASSES = (
    *CHANGES,
    *PREFLIGHT,
    *REACTIONS,
    *HEARD,
    CrossfadeClip,
    CrossfadeAnalysis,
    CrossfadeOwnPlatform,
    CrossfadeConfig,
    CrossfadeSettings,
    CrossfadeNotice,
    CrossfadeResult,
    CrossfadeJobState,
    CrossfadeSimilarSong,
    CrossfadeLibraryState,
    CrossfadePreview,
)
# Types know no properties of add-ons.
_SCENE: Any = bpy.types.Scene
_MANAGER: Any = bpy.types.WindowManager


def attach() -> None:
    """Give every scene its settings and the window manager its states of jobs and library."""
    _SCENE.crossfade = PointerProperty(type=CrossfadeSettings)
    _SCENE.crossfade_changes = PointerProperty(type=CrossfadeChanges)
    _SCENE.crossfade_reactions = PointerProperty(type=CrossfadeReactions)
    _MANAGER.crossfade_job = PointerProperty(type=CrossfadeJobState)
    _MANAGER.crossfade_preview = PointerProperty(type=CrossfadePreview)
    _MANAGER.crossfade_library = PointerProperty(type=CrossfadeLibraryState)
    _MANAGER.crossfade_preflight = PointerProperty(type=CrossfadePreflight)


def detach() -> None:
    """Undo :func:`attach`; what scenes hold stays in the file."""
    del _MANAGER.crossfade_preflight
    del _MANAGER.crossfade_library
    del _MANAGER.crossfade_preview
    del _MANAGER.crossfade_job
    del _SCENE.crossfade_reactions
    del _SCENE.crossfade_changes
    del _SCENE.crossfade


def output_folder(settings: "CrossfadeSettings", places: "Places") -> Path:
    """Where a scene's files go, absolute."""
    from . import config_file

    if settings.use_config and settings.config.output_dir and not config_file.is_set(settings, "output_dir"):
        return Path(settings.config.output_dir)
    text = settings.output_dir or DEFAULT_OUTPUT
    if text.startswith("//") and not bpy.data.filepath:
        return Path(places.output_dir) if places.output_dir else Path.home() / text.lstrip("/")
    return Path(bpy.path.abspath(text))


def to_brief(scene: Any, places: "Places") -> "Brief":
    """What a scene's settings ask for, with absolute paths; what :func:`.brief.check_brief` checks is not yet.

    What the user never set is taken from ``crossfade.toml`` beside the song, where there is one.

    Raises
    ------
    BriefError
        When the user's own part of the song is empty, no file is chosen for an avatar of their own, or the
        ``crossfade.toml`` cannot be used.
    """
    from .. import config
    from ..brief import Brief
    from . import config_file

    settings = scene.crossfade
    if settings.part == "clip" and settings.clip_end - settings.clip_start < SHORTEST_CLIP_S:
        raise BriefError(
            f"The part from {settings.clip_start:g} s to {settings.clip_end:g} s is shorter than half a second.",
            hint="Choose a later end.",
        )
    if settings.avatar == choices.OWN_AVATAR and not settings.avatar_file:
        raise BriefError("No avatar file is chosen.", hint="Choose your avatar's .blend file, or a built-in avatar.")
    file = config_file.refresh(settings)
    fields = config.layered(file, _given(settings, places))
    fields.setdefault("output_dir", output_folder(settings, places))
    for name, value in own_assets(places).items():
        fields.setdefault(name, value)
    return Brief(audio=Path(bpy.path.abspath(settings.audio)), song_id=settings.song_id, **fields)


def own_assets(places: "Places") -> dict[str, Any]:
    """Fields of the brief for what lies in the preferences' folder of own assets."""
    if not places.assets_dir:
        return {}
    folder = Path(places.assets_dir)
    avatar, studio, actions = folder / "avatar_base.blend", folder / "studio_default.blend", folder / "actions"
    found: dict[str, Any] = {"avatar": str(avatar)} if avatar.is_file() else {}
    found |= {"studio": studio} if studio.is_file() else {}
    return found | ({"actions": actions} if actions.is_dir() else {})


def library_place(settings: "CrossfadeSettings", places: "Places") -> Path | None:
    """The song library that the preferences or ``crossfade.toml`` name; None for the user's own.

    Raises
    ------
    BriefError
        When the ``crossfade.toml`` cannot be used.
    """
    from . import config_file

    file = config_file.refresh(settings)
    if places.library_dir:
        return Path(places.library_dir)
    return file.fields.get("library_dir") if file is not None else None


def _given(settings: "CrossfadeSettings", places: "Places") -> dict[str, Any]:
    """Fields of the brief that the user set, in the panel or in the preferences."""
    from ..options import BY_NAME
    from ..timing import parse_fps
    from . import config_file

    is_clip = settings.part == "clip"
    movies = (("9:16", _path(settings.movie_tall)), ("16:9", _path(settings.movie_wide)))
    own_theme = settings.theme == choices.OWN_THEME
    values = {
        "platforms": {"platforms": chosen_platforms(settings)},
        "platforms_file": {"platforms_file": _path(settings.platforms_file)},
        "theme": {"theme": bpy.path.abspath(settings.theme_file) if own_theme else settings.theme},
        "fps": {"fps": parse_fps(settings.fps)},
        "intensity": {"intensity": round(settings.intensity, 3)},
        "clip": {
            "clip": (round(settings.clip_start, 3), round(settings.clip_end, 3)) if is_clip else None,
            "clips": (),
            "whole_song": settings.part == "whole",
        },
        "whole_song": {},  # said with the clip
        "lyrics": {"lyrics": _path(settings.lyrics)},
        "lyrics_offset": {"lyrics_offset": round(settings.lyrics_offset, 3)},
        "output_dir": {"output_dir": output_folder(settings, places)},
        "avatar": {"avatar": _avatar(settings)},
        "studio": {"studio": _path(settings.studio_file)},
        "actions": {"actions": _path(settings.actions_dir)},
        "render": {"renders": tuple((aspect, path) for aspect, path in movies if path is not None)},
    }
    for name, properties in config_file.PROPERTIES.items():
        values.setdefault(name, {BY_NAME[name].field: getattr(settings, properties[0])})
    given: dict[str, Any] = {}
    for name, fields in values.items():
        if config_file.is_set(settings, name):
            given |= fields
    if corrections := given_corrections(settings):
        given["grid"] = corrections
    if not all(item.wanted for item in settings.own_platforms):
        given["platforms"] = chosen_platforms(settings)
    if places.library_dir:
        given["library_dir"] = Path(places.library_dir)
    if places.mixer_dir:
        given["mixer_dir"] = Path(places.mixer_dir)
    given |= {name: value for name, value in (("ffmpeg", places.ffmpeg), ("analyser", places.analyser)) if value}
    return given


def _path(text: str) -> Path | None:
    return Path(bpy.path.abspath(text)) if text else None


def _avatar(settings: "CrossfadeSettings") -> str:
    if settings.avatar == choices.OWN_AVATAR:
        return bpy.path.abspath(settings.avatar_file)
    return settings.avatar if settings.avatar in AVATARS else ""


def script_key(settings: "CrossfadeSettings") -> str:
    """The settings that decide the script; another key means that the song must be analysed again."""
    import json

    values = [getattr(settings, name) for name in _SCRIPT_FIELDS]
    if settings.use_config and settings.config.script:
        values.append(settings.config.script)
    return json.dumps(values)


def is_script_current(settings: "CrossfadeSettings") -> bool:
    """Whether the script is what the director would write now, as far as the panel can tell."""
    return settings.analysis.script_key == script_key(settings) and not grid.is_pending(settings)


def fill_analysis(settings: "CrossfadeSettings", timeline: "Timeline", path: Path, key: str, heard: str = "") -> None:
    """Show what the director heard, in this scene and in all that share its settings.

    Parameters
    ----------
    key : str
        :func:`script_key` of the settings when the script was asked for.
    heard : str
        What the director's run wrote of the song as it was heard; without it nothing can be corrected.
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
        grid.fill_section(analysis.sections.add(), section)
    analysis.clips.clear()
    for platform, clip in timeline.clips.items():
        item = analysis.clips.add()
        item.platform, item.start, item.end, item.reason = platform, clip.start, clip.end, clip.reason
    if not (heard and grid.take_over(settings, heard)):
        settings.grid.heard = ""
        mirror(settings, None)
    bake_reactions(settings.id_data)
