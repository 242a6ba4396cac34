# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of what is delivered: platforms, part of the song, words, quality, sound and folder.

Mixed into the scene's settings (Blender registers the properties of a group's plain base classes with it).
"""

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, StringProperty

from .. import choices
from ..errors import BriefError
from ..studio import compat
from .groups import CrossfadeOwnPlatform
from .sharing import is_mirroring, mirror

DEFAULT_OUTPUT = "//outputs"
_FPS_NUMBERS = {"24": 0, "25": 1, "29.97": 2, "30": 3, "50": 4, "59.94": 6, "60": 5}
"""Files keep the numbers, so a new rate gets a new one wherever it stands in the list."""
FPS = tuple((f, f, f"{f} frames per second", number) for f, number in _FPS_NUMBERS.items())


def _platforms_file_changed(settings: Any, context: Any) -> None:
    """List the platforms of the user's own file, or why it cannot be used."""
    from ..encode.platforms import load_platforms

    if is_mirroring():
        return
    unwanted = {item.platform for item in settings.own_platforms if not item.wanted}
    settings.own_platforms.clear()
    settings.platforms_error = ""
    if settings.platforms_file:
        try:
            known = load_platforms(Path(bpy.path.abspath(settings.platforms_file)))
        except BriefError as error:
            settings.platforms_error = str(error)
            known = {}
        for platform in list(known.values())[len(choices.PLATFORMS) :]:
            item = settings.own_platforms.add()
            item.platform, item.label, item.wanted = platform.name, platform.label, platform.name not in unwanted
    mirror(settings, context)


def chosen_platforms(settings: Any) -> tuple[str, ...]:
    """Names of the platforms a video is made for, the built-in ones first."""
    built_in = (name for name, *_ in choices.PLATFORMS if name in settings.platforms)
    return (*built_in, *(item.platform for item in settings.own_platforms if item.wanted))


class LyricSettings:
    """The song's words and how they are shown."""

    lyrics: StringProperty(
        name="Lyrics",
        description="The song's words with their times: LRC, SRT or VTT; burned in as captions",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=mirror,
    )
    lyrics_offset: FloatProperty(
        name="Offset",
        description="The words come this much later than their file says; negative: earlier",
        default=0,
        min=-3600,
        max=3600,
        soft_min=-5,
        soft_max=5,
        step=5,
        precision=2,
        unit="TIME_ABSOLUTE",
        update=mirror,
    )
    with_captions: BoolProperty(
        name="Captions",
        description="Burn the words into the videos of platforms that show no caption files",
        default=True,
        update=mirror,
    )
    caption_style: EnumProperty(
        name="Style",
        description="How burned captions follow the singer",
        items=choices.CAPTION_STYLES,
        default="pop",
        update=mirror,
    )


class DeliverySettings:
    """Platforms, part, quality, folder and what is seldom changed."""

    platforms: EnumProperty(
        name="Platforms",
        description="A video is made for each chosen platform",
        items=choices.PLATFORMS,
        options={"ENUM_FLAG"},
        default={item[0] for item in choices.PLATFORMS},
        update=mirror,
    )
    platforms_file: StringProperty(
        name="More Platforms",
        description="A file (.toml) with platforms of your own, or other values for these; docs/platforms.md",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=_platforms_file_changed,
    )
    platforms_error: StringProperty(
        name="Platforms Error", description="Why the file with more platforms cannot be used", options={"HIDDEN"}
    )
    own_platforms: CollectionProperty(
        type=CrossfadeOwnPlatform, name="Own Platforms", description="The platforms of your own file"
    )
    part: EnumProperty(
        name="Part", description="Which part of the song is made", items=choices.PARTS, default="best", update=mirror
    )
    clip_start: FloatProperty(
        name="Start",
        description="First second of the part",
        default=0,
        min=0,
        unit="TIME_ABSOLUTE",
        update=mirror,
    )
    clip_end: FloatProperty(
        name="End", description="Last second of the part", default=30, min=0, unit="TIME_ABSOLUTE", update=mirror
    )
    quality: EnumProperty(
        name="Quality",
        description="Size of the render; finished files always have the platform's size",
        items=choices.QUALITIES,
        default="preview",
        update=mirror,
    )
    engine: EnumProperty(
        name="Engine", description="Who renders the show", items=choices.ENGINES, default="workbench", update=mirror
    )
    fps: EnumProperty(
        name="Frame Rate", description="Frames per second of the videos", items=FPS, default="30", update=mirror
    )
    output_dir: StringProperty(
        name="Folder",
        description="Where everything goes; '//' is the folder of this .blend, or, before it is saved, the folder "
        "chosen in the add-on's preferences",
        subtype="DIR_PATH",
        options=compat.PATH_OPTIONS,
        default=DEFAULT_OUTPUT,
        update=mirror,
    )
    with_thumbnail: BoolProperty(
        name="Thumbnail", description="Make thumbnails and covers as well, three of each", default=True, update=mirror
    )
    with_title: BoolProperty(
        name="Title on Pictures",
        description="Set the song's title on thumbnails and covers, in the theme's colours",
        default=True,
        update=mirror,
    )
    encoder: EnumProperty(
        name="Encoder", description="Who encodes the videos", items=choices.ENCODERS, default="x264", update=mirror
    )
    loudness: EnumProperty(
        name="Loudness",
        description="What is done to the song's loudness",
        items=choices.LOUDNESS,
        default="gain",
        update=mirror,
    )
    with_grade: BoolProperty(
        name="Bloom and Grade",
        description="Give the pictures the theme's bloom and grade; off when they are final",
        default=True,
        update=mirror,
    )
    movie_tall: StringProperty(
        name="Movie 9:16",
        description="A finished upright movie, taken instead of rendering the scene 9:16",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=mirror,
    )
    movie_wide: StringProperty(
        name="Movie 16:9",
        description="A finished wide movie, taken instead of rendering the scene 16:9",
        subtype="FILE_PATH",
        options=compat.PATH_OPTIONS,
        update=mirror,
    )
