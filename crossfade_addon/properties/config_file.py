# SPDX-License-Identifier: GPL-3.0-or-later
"""``crossfade.toml`` beside the panel's song: what it holds counts where the user set nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..errors import BriefError
from .sharing import mirror

if TYPE_CHECKING:
    from .. import config

_SCRIPT_FIELDS = (
    *(
        "title",
        "artist",
        "lyrics",
        "lyrics_offset",
        "transcribe",
        "theme",
        "mode",
        "seed",
        "intensity",
        "clip",
        "clips",
    ),
    *("whole_song", "fps", "platforms_file", "platform_changes", "analyser", "drop_energy_threshold", "grid", "stems"),
)
"""What the script is written from."""
PROPERTIES = {
    "platforms": ("platforms",),
    "platforms_file": ("platforms_file",),
    "theme": ("theme",),
    "mode": ("mode",),
    "quality": ("quality",),
    "engine": ("engine",),
    "fps": ("fps",),
    "seed": ("seed",),
    "intensity": ("intensity",),
    "clip": ("part",),
    "whole_song": ("part",),
    "lyrics": ("lyrics",),
    "lyrics_offset": ("lyrics_offset",),
    "caption_style": ("caption_style",),
    "title": ("title",),
    "artist": ("artist",),
    "output_dir": ("output_dir",),
    "avatar": ("avatar",),
    "studio": ("studio_file",),
    "actions": ("actions_dir",),
    "encoder": ("encoder",),
    "loudness": ("loudness",),
    "render": ("movie_tall", "movie_wide"),
    "grade": ("with_grade",),
    "captions": ("with_captions",),
    "thumbnail": ("with_thumbnail",),
    "title_overlay": ("with_title",),
}
"""The panel's properties behind each setting; those that are not listed the panel does not have."""


def refresh(settings: Any) -> config.ConfigFile | None:
    """Look at the file again, and note what the panel shows of it.

    Raises
    ------
    BriefError
        The file cannot be used.
    """
    from .. import config

    note = settings.config
    audio = bpy.path.abspath(settings.audio)
    before = (note.file, note.settings, note.output_dir, note.script, note.error)
    found, error = None, None
    try:
        found = config.chosen(Path(audio) if audio else None)
    except BriefError as problem:
        error = problem
    fields = found.fields if found is not None else {}
    script = {name: str(fields[name]) for name in _SCRIPT_FIELDS if name in fields}
    now = (
        str(found.path) if found is not None else "",
        " ".join(found.names) if found is not None else "",
        str(fields.get("output_dir", "")),
        str(sorted(script.items())) if script else "",
        str(error) if error is not None else "",
    )
    if now != before:
        note.file, note.settings, note.output_dir, note.script, note.error = now
        mirror(settings, None)
    if not settings.use_config:
        return None
    if error is not None:
        raise error
    return found


def look(settings: Any) -> None:
    """:func:`refresh` for a panel, which shows what is wrong."""
    try:
        refresh(settings)
    except BriefError:
        return


def is_set(settings: Any, setting: str) -> bool:
    """Whether the user set what the panel has of a setting; an empty text is not set."""
    names = PROPERTIES.get(setting, ())
    return any(settings.is_property_set(name) and getattr(settings, name) != "" for name in names)


def used(settings: Any) -> tuple[str, ...]:
    """The settings that come from the file, as it was when last looked at."""
    return tuple(name for name in settings.config.settings.split() if not is_set(settings, name))
