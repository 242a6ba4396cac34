# SPDX-License-Identifier: GPL-3.0-or-later
"""Another song's look, taken over into the settings. What the library keeps may be old, or written by others."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from .. import choices
from ..brief_values import LEAST_INTENSITY, MOST_INTENSITY
from ..choices import OWN_THEME
from ..terms import AVATARS, THEMES

_MOST_SEED = 2**31 - 1
_MODES = tuple(name for name, *_ in choices.MODES)
_NAMES = {
    "theme": "theme",
    "theme_file": "theme",
    "mode": "mode",
    "seed": "seed",
    "intensity": "intensity",
    "avatar": "avatar",
    "avatar_file": "avatar",
    "studio_file": "studio",
    "actions_dir": "actions",
}
"""Settings that make a look, and what messages call them."""


def use_look(settings: Any, look: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Set theme, mode, seed, intensity, avatar, studio and actions as another show had them.

    Parameters
    ----------
    look : dict
        As :func:`..library.songs.look_of` gives it; what it does not name stays.

    Returns
    -------
    (list of str, list of str)
        What changed, and what could not be taken over and why.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, read in _READERS.items():
        if name in look:
            try:
                values |= read(look[name])
            except (ValueError, TypeError, OverflowError) as error:
                problems.append(f"{name}: {error}")
    changed = {name: value for name, value in values.items() if not _is_same(getattr(settings, name), value)}
    for name, value in values.items():  # also what is the same: chosen by the user now, it goes before a settings file
        setattr(settings, name, value)
    parts = dict.fromkeys(_NAMES[name] for name in changed)
    return [f"{part} {_shown(settings, part)}" for part in parts], problems


def _is_same(one: Any, other: Any) -> bool:
    return math.isclose(one, other, abs_tol=1e-6) if isinstance(one, float) else one == other


def _shown(settings: Any, part: str) -> str:
    """The value of a part of the look, as the panel writes it."""
    if part in ("theme", "avatar", "mode"):
        value = getattr(settings, part)
        if value in (OWN_THEME, choices.OWN_AVATAR):
            return Path(getattr(settings, f"{part}_file")).name
        return settings.bl_rna.properties[part].enum_items[value].name
    if part in ("studio", "actions"):
        path = settings.studio_file if part == "studio" else settings.actions_dir
        return Path(path).name if path else "built-in"
    return f"{getattr(settings, part):g}"


# ------------------------------------------------------------- settings by the fields of a brief


def _theme(value: Any) -> dict[str, Any]:
    if value in THEMES:
        return {"theme": value}
    return {"theme": OWN_THEME, "theme_file": _there(value)}


def _avatar(value: Any) -> dict[str, Any]:
    if not value:
        return {"avatar": "theme"}
    if value in AVATARS:
        return {"avatar": value}
    return {"avatar": choices.OWN_AVATAR, "avatar_file": _there(value)}


def _mode(value: Any) -> dict[str, Any]:
    if value not in _MODES:
        raise ValueError(f"'{value}' is not known")
    return {"mode": value}


def _seed(value: Any) -> dict[str, Any]:
    if isinstance(value, bool) or not 0 <= int(value) <= _MOST_SEED:
        raise ValueError(f"{value} is out of range")
    return {"seed": int(value)}


def _intensity(value: Any) -> dict[str, Any]:
    if not LEAST_INTENSITY <= float(value) <= MOST_INTENSITY:
        raise ValueError(f"{value} is out of range")
    return {"intensity": float(value)}


def _studio(value: Any) -> dict[str, Any]:
    return {"studio_file": _there(value) if value else ""}


def _actions(value: Any) -> dict[str, Any]:
    return {"actions_dir": _there(value) if value else ""}


def _there(value: Any) -> str:
    """The path, when something is there."""
    if not Path(value).exists():
        raise ValueError(f"'{value}' is not there any more")
    return str(value)


_READERS = {
    "theme": _theme,
    "mode": _mode,
    "seed": _seed,
    "intensity": _intensity,
    "avatar": _avatar,
    "studio": _studio,
    "actions": _actions,
}
