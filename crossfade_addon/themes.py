# SPDX-License-Identifier: GPL-3.0-or-later
"""Themes: palettes, temper and grade of a show, read from TOML (built in, or the user's own file).

Colours in ``[palette]`` are linear RGB, 0..1; colours in ``[avatar]`` are sRGB hex. Everything is data:
no theme can carry code or filter text.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .errors import BriefError
from .terms import AVATARS as AVATARS
from .terms import THEMES as BUILT_IN
from .timeline import WALL_FAMILIES

DIRECTORY = Path(__file__).parent / "data" / "themes"
PIXELS = ("square", "dot", "line")
"""What an LED wall's picture is made of."""
Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Grade:
    """Bloom and colour after the render (FFmpeg ``eq`` and ``colorbalance`` numbers)."""

    bloom: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    gamma: float = 1.0
    red_shadows: float = 0.0
    blue_shadows: float = 0.0
    red_mids: float = 0.0
    blue_mids: float = 0.0
    vignette: float = 0.56


@dataclass(frozen=True, slots=True)
class Wall:
    """The LED wall: which pattern families it may show, its pixels and their pitch, and where it stands.

    ``pitch``, ``shift`` (x, y, z) and ``size`` are metres and a factor on what the set's own wall has; the families
    keep the order of :data:`.timeline.WALL_FAMILIES`.
    """

    families: tuple[str, ...] = WALL_FAMILIES
    pixels: str = "square"
    pitch: float = 0.11
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Theme:
    """One look.

    ``palette`` has the keys A (left), P (right), M (between), W (spark), B (second accent), bg0, bg1,
    bg2, floor, body, head, trim, crowd and gold. ``set`` names the built-in scenery. ``soft`` scales
    kick-driven punches (0..1). ``flashes`` is False where nothing may strobe. ``bars_per_shot`` is the
    pace of cutting, ``dj`` the built-in avatar that plays here unless the user chooses another.
    """

    name: str
    label: str
    set: str
    palette: dict[str, Rgb]
    avatar: dict[str, str]
    grade: Grade
    soft: float = 1.0
    flashes: bool = True
    roll: bool = True
    bars_per_shot: int = 2
    dj: str = "nova"
    event_safe: bool = False
    wall: Wall = Wall()


_PALETTE_KEYS = ("A", "P", "M", "W", "B", "bg0", "bg1", "bg2", "floor", "body", "head", "trim", "crowd", "gold")


def available() -> tuple[str, ...]:
    """Names of the built-in themes."""
    return BUILT_IN


def load_theme(name: str) -> Theme:
    """A built-in theme by name, or the user's own by the path of its ``.toml`` file.

    Raises
    ------
    BriefError
        Unknown name, unreadable file, or a field that is missing or wrong.
    """
    path = DIRECTORY / f"{name}.toml" if name in BUILT_IN else Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise BriefError(f"Unknown theme '{name}'.", hint=f"Choose one of {', '.join(BUILT_IN)}, or give a .toml file.")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _theme(path.stem, data)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BriefError(f"Theme file {path} is not valid: {error}.") from error


def _theme(name: str, data: dict[str, Any]) -> Theme:
    palette = {key: _rgb(key, data["palette"][key]) for key in _PALETTE_KEYS}
    grade = data.get("grade", {})
    unknown = set(grade) - {f.name for f in fields(Grade)}
    if unknown:
        raise ValueError(f"unknown grade field {sorted(unknown)[0]!r}")
    avatar = {str(k): str(v) for k, v in data["avatar"].items()}
    for key, value in avatar.items():
        if len(value) != 6:
            raise ValueError(f"avatar colour {key} = {value!r} is no 6-digit hex colour")
        int(value, 16)
    show = data.get("show", {})
    return Theme(
        name=name,
        label=str(data["label"]),
        set=str(data["set"]),
        palette=palette,
        avatar=avatar,
        grade=Grade(**{k: float(v) for k, v in grade.items()}),
        soft=float(show.get("soft", 1.0)),
        flashes=bool(show.get("flashes", True)),
        roll=bool(show.get("roll", True)),
        bars_per_shot=int(show.get("bars_per_shot", 2)),
        dj=_avatar_name(show.get("dj", "nova")),
        event_safe=bool(show.get("event_safe", False)),
        wall=_wall(data.get("wall", {})),
    )


def _wall(data: dict[str, Any]) -> Wall:
    unknown = set(data) - {f.name for f in fields(Wall)}
    if unknown:
        raise ValueError(f"unknown wall field {sorted(unknown)[0]!r}")
    plain = Wall()
    asked = [str(name) for name in data.get("families", plain.families)]
    for name in asked:
        if name not in WALL_FAMILIES:
            raise ValueError(f"wall family {name!r} is not one of {', '.join(WALL_FAMILIES)}")
    if not set(asked) - {"text"}:
        raise ValueError("the wall needs a family beside 'text'")
    pixels = str(data.get("pixels", plain.pixels))
    if pixels not in PIXELS:
        raise ValueError(f"wall pixels = {pixels!r} is not one of {', '.join(PIXELS)}")
    pitch, size = float(data.get("pitch", plain.pitch)), float(data.get("size", plain.size))
    if not (0.08 <= pitch <= 0.5 and 0.5 <= size <= 1.5):
        raise ValueError(f"wall pitch {pitch} is not within 0.08..0.5, or its size {size} not within 0.5..1.5")
    x, y, z = (float(v) for v in data.get("shift", plain.shift))
    families = tuple(name for name in WALL_FAMILIES if name in asked)
    return Wall(families, pixels, pitch, (x, y, z), size)


def _avatar_name(name: Any) -> str:
    if name not in AVATARS:
        raise ValueError(f"dj = {name!r} is not one of {', '.join(AVATARS)}")
    return str(name)


def _rgb(key: str, value: Any) -> Rgb:
    r, g, b = (float(v) for v in value)
    if not all(0 <= c <= 1 for c in (r, g, b)):
        raise ValueError(f"palette colour {key} = {value!r} is not within 0..1")
    return r, g, b
