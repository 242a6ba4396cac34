# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of the settings: built-in ones, and the user's own as small JSON files that may be shared.

Blender's own presets are Python files, and using one runs it. These are data: nothing in them runs, only the settings
of :data:`HELD` are read, and a value that a setting does not take is left out and named. No paths are kept.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from ..errors import BriefError

SUFFIX = ".json"
MOST_BYTES = 20_000
HELD = (
    *("theme", "mode", "intensity", "seed", "avatar"),
    *("platforms", "part", "clip_start", "clip_end", "quality", "engine", "fps"),
    *("with_captions", "caption_style", "with_thumbnail", "with_title", "encoder", "loudness", "with_grade"),
)
"""Settings that a preset may hold."""
_FILES = ("own",)
"""Values that need a file, which a preset has not."""
_NAME = re.compile(r"[^\W_][\w \-().+&']{0,59}")
BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "Draft": {"quality": "draft", "engine": "workbench", "with_thumbnail": False},
    "Draft, Ten Seconds": {
        "quality": "draft",
        "engine": "workbench",
        "with_thumbnail": False,
        "part": "clip",
        "clip_start": 30.0,
        "clip_end": 40.0,
    },
    "Final": {
        "quality": "final",
        "part": "best",
        "with_captions": True,
        "with_thumbnail": True,
        "with_title": True,
        "with_grade": True,
    },
    "Vertical Only": {"platforms": ["tiktok", "reels", "shorts"]},
    "Event": {"mode": "event", "theme": "award_elegant", "quality": "final", "part": "best"},
}


class Applied(NamedTuple):
    """What a preset did: labels of the settings that changed, and what was left out and why."""

    changed: list[str]
    left_out: list[str]


def folder() -> Path:
    """Where the user's presets are."""
    return Path(bpy.utils.user_resource("SCRIPTS", path="presets")) / "crossfade"


def own() -> dict[str, Path]:
    """The user's presets by name."""
    try:
        found = sorted(path for path in folder().glob(f"*{SUFFIX}") if path.is_file())
    except OSError:
        return {}
    return {path.stem: path for path in found if _NAME.fullmatch(path.stem)}


def check_name(name: str) -> str:
    """The name, when a preset of the user's may have it.

    Raises
    ------
    BriefError
        It is empty, has characters that a file's name may not have everywhere, or is a built-in one's.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise BriefError(
            f"'{name}' is no name for a preset." if name else "The preset has no name.",
            hint="Use up to 60 letters, digits, spaces and - ( ) + & '.",
        )
    if name.casefold() in map(str.casefold, BUILT_IN):
        raise BriefError(f"'{name}' is a built-in preset.", hint="Choose another name.")
    return name


def save(settings: Any, name: str) -> Path:
    """Write the settings as a preset, whole or not at all, over one of that name.

    Raises
    ------
    BriefError
        The name cannot be used, or nothing can be written.
    """
    import json

    from ..content import write_whole

    path = folder() / f"{check_name(name)}{SUFFIX}"
    values = {held: _plain(settings, held) for held in HELD}
    values = {held: value for held, value in values.items() if value not in _FILES}
    try:
        write_whole(path, json.dumps(values, indent=1) + "\n")
    except OSError as error:
        raise BriefError(f"The preset '{path}' cannot be written: {error.strerror}.") from error
    return path


def read(name: str) -> Mapping[str, Any]:
    """A preset's values, as they stand there.

    Raises
    ------
    BriefError
        There is none of that name, or its file is no preset.
    """
    import json

    if name in BUILT_IN:
        return BUILT_IN[name]
    path = own().get(name)
    if path is None:
        raise BriefError(f"There is no preset '{name}'.", hint="It may have been removed.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("it is too large")
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("it holds no settings")
    except (OSError, ValueError, RecursionError) as error:
        raise BriefError(f"The preset '{path}' cannot be read: {error}.", hint="Save it anew.") from error
    return values


def remove(name: str) -> None:
    """Delete a preset of the user's.

    Raises
    ------
    BriefError
        There is none of that name, or it cannot be deleted.
    """
    path = own().get(name)
    if path is None:
        raise BriefError(f"There is no preset '{name}' of yours.", hint="Built-in presets stay.")
    try:
        path.unlink()
    except OSError as error:
        raise BriefError(f"The preset '{path}' cannot be deleted: {error.strerror}.") from error


def apply(settings: Any, values: Mapping[str, Any]) -> Applied:
    """Set what a preset holds; what no setting takes is left as it was."""
    changed: list[str] = []
    left_out = [f"{name}: unknown" for name in values if name not in HELD]
    for name in HELD:
        if name not in values:
            continue
        prop = settings.bl_rna.properties[name]
        try:
            value = _checked(prop, values[name])
        except ValueError as error:
            left_out.append(f"{prop.name}: {error}")
            continue
        if _plain(settings, name) != values[name]:
            changed.append(prop.name)
        setattr(settings, name, value)
    return Applied(changed, left_out)


def _plain(settings: Any, name: str) -> Any:
    """A setting's value as JSON has it."""
    value = getattr(settings, name)
    if isinstance(value, set):
        return [item.identifier for item in settings.bl_rna.properties[name].enum_items if item.identifier in value]
    return round(value, 4) if isinstance(value, float) else value


def _checked(prop: Any, value: Any) -> Any:
    """The value as the property takes it; ValueError when it does not."""
    if prop.type == "ENUM":
        known = {item.identifier for item in prop.enum_items} - set(_FILES)
        chosen = value if prop.is_enum_flag and isinstance(value, list) else [value]
        if not all(isinstance(one, str) and one in known for one in chosen):
            raise ValueError(f"{str(value)[:40]!r} is not known")
        return set(chosen) if prop.is_enum_flag else value
    if prop.type == "BOOLEAN":
        if not isinstance(value, bool):
            raise ValueError("it is neither true nor false")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float) if prop.type == "FLOAT" else int):
        raise ValueError("it is no number")
    if not prop.hard_min <= value <= prop.hard_max:
        raise ValueError(f"{value} is out of range")
    return value
