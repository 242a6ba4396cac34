# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms: what each one wants of its files, read from TOML (sizes in pixels, lengths in seconds, rates in kb/s)."""

from __future__ import annotations

import contextlib
import datetime
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BriefError
from ..timeline import ASPECTS

FILE = Path(__file__).parents[1] / "data" / "platforms.toml"
CAPTION_WAYS = ("burned", "sidecar", "none")
CAPTION_FILES = ("vtt", "srt", "lrc")
CODECS = ("h264",)
"""What is encoded: every platform takes it, and all that is checked here is of it."""
FITS = ("exact", "crop", "blur")
SOUNDS = ("aac", "none")
LEVELS = ("3.0", "3.1", "3.2", "4.0", "4.1", "4.2", "5.0", "5.1", "5.2")
SAMPLE_RATES = (44_100, 48_000)
LONGEST_NAME = 40
"""Characters of the name of a platform or cover: both go into names of files."""
_NAME = f"at most {LONGEST_NAME} letters, digits and '_'"
_TAKEN = re.compile(
    r"thumb|captions(_srt|_lrc)?|chapters|description|manifest(_json)?|report(_html)?|timeline(_picture)?|folder|"
    r"(raw_)?video(_.*)?"
)
"""What other files of a job are called: no picture may be called so."""


@dataclass(frozen=True, slots=True)
class SafeBox:
    """A rectangle in pixels of the delivered picture; ``right`` and ``bottom`` are the first pixels outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across; 0 or less when empty."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down; 0 or less when empty."""
        return self.bottom - self.top

    def within(self, other: SafeBox) -> bool:
        """Whether every pixel of this one lies in the other."""
        return (
            other.left <= self.left
            and other.top <= self.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )

    def common(self, other: SafeBox) -> SafeBox:
        """The pixels that both hold; may be empty."""
        return SafeBox(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Cover:
    """A still picture that goes with the video. ``crop_width`` x ``crop_height``: its middle that every view shows."""

    name: str
    width: int
    height: int
    max_mb: float
    crop_width: int
    crop_height: int


@dataclass(frozen=True, slots=True)
class Platform:
    """One destination.

    Parameters
    ----------
    aspect : str
        Which render it is made of.
    fit : str
        How that render fills a picture of another shape: ``exact`` (it has the same shape), ``crop`` (its
        middle), ``blur`` (all of it, over a blur of itself).
    codec, profile : str
        Of the video; ``h264`` and ``high`` are what is made here.
    level : str
        Highest H.264 level that is taken.
    gop_s : float
        Longest distance between key frames.
    crf, max_kbps : int
        Quality of the video and the ceiling of its rate.
    lufs, ceiling_dbtp : float
        Loudness to aim at, and the true peak that the finished sound must not exceed.
    window_s : float
        Default length of the chosen part of the song; 0 for the whole song.
    min_s, max_s, max_mb : float
        What the platform accepts.
    advised_s, advised_why
        Over this length (0: none) the platform takes a video, but something happens to it: a clause that says what,
        and by which source.
    loop : bool
        It repeats: whole bars, no fades.
    captions : str
        ``burned`` into the picture, ``sidecar`` (a file beside the video), or ``none``.
    caption_files : tuple of str
        Formats that may be uploaded with the video; they are made where its part of the song is another one than that
        of the files without a platform in their names.
    strict : tuple of SafeBox
        Rectangles whose union no button of the platform covers, by its advertising templates.
    organic : SafeBox
        What ordinary posts leave free in practice.
    sources, checked_on
        Where the facts come from, and when they were last looked up (ISO date).
    """

    name: str
    label: str
    aspect: str
    width: int
    height: int
    fit: str
    fps_low: float
    fps_high: float
    codec: str
    profile: str
    level: str
    gop_s: float
    crf: int
    max_kbps: int
    audio: str
    audio_kbps: int
    sample_rate: int
    lufs: float
    ceiling_dbtp: float
    window_s: float
    min_s: float
    max_s: float
    max_mb: float
    advised_s: float
    advised_why: str
    loop: bool
    captions: str
    caption_files: tuple[str, ...]
    strict: tuple[SafeBox, ...]
    organic: SafeBox
    covers: tuple[Cover, ...]
    sources: tuple[str, ...]
    checked_on: str

    def too_short(self, seconds: float) -> str:
        """What is wrong with a video of this length; empty when nothing is."""
        if seconds >= self.min_s:
            return ""
        return f"{self.label} gets {seconds:.1f} s, but takes {self.min_s:g} s and more"

    def too_long(self, seconds: float) -> str:
        """What happens to a video that is taken, but longer than advised; empty when nothing does."""
        if not self.advised_s or seconds <= self.advised_s + 1e-6:
            return ""
        return f"{self.label} gets {seconds:.1f} s, and over {self.advised_s:g} s {self.advised_why}"


def load_platforms(path: Path | None = None, changes: Iterable[tuple[str, str, int]] = ()) -> dict[str, Platform]:
    """The built-in platforms, then those of a TOML file (which may also change built-in ones), in that order.

    ``changes`` are values that go before those of the file: platform, key, value.

    In the file, ``like = "tiktok"`` takes every value that is not given from another platform; a table with the
    name of a built-in platform is like that one without saying so.

    Raises
    ------
    BriefError
        When the file cannot be read, or a value is missing, unknown, of the wrong kind or out of range.
    """
    tables = _tables(FILE)
    platforms = {name: _checked(name, table, f"in {FILE}") for name, table in tables.items()}
    for name, own in _tables(path).items() if path is not None else ():
        if not isinstance(own, Mapping) or not re.fullmatch(rf"[A-Za-z_]\w{{0,{LONGEST_NAME - 1}}}", name, re.ASCII):
            raise BriefError(f"'{name}' in {path} is no platform.", hint=f"Name each table with {_NAME}.")
        if name not in tables and name.lower() in {known.lower() for known in tables}:
            raise BriefError(
                f"Platform '{name}' in {path} differs from another one only in capital letters.",
                hint="Choose another name: on many disks their files would be the same.",
            )
        table = dict(own)
        base = table.pop("like", name if name in tables else None)
        if base is not None and (not isinstance(base, str) or base not in tables):
            raise BriefError(
                f"Platform '{name}' in {path} is like '{base}', which there is not.",
                hint=f"Choose one of {', '.join(tables)}.",
            )
        tables[name] = _over(tables[base] if base is not None else {}, table)
        platforms[name] = _checked(name, tables[name], f"in {path}")
    asked: dict[str, dict[str, int]] = {}
    for name, key, value in changes:
        asked.setdefault(name, {})[key] = value
    for name, table in asked.items():
        if name not in tables:
            raise BriefError(f"Unknown platform '{name}'.", hint=f"Choose one of {', '.join(tables)}.")
        platforms[name] = _checked(name, _over(tables[name], table), "with the values given for it")
    return platforms


def _over(base: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """A platform's values over those of another."""
    if any(table.get(side, base.get(side)) != base.get(side) for side in ("width", "height")):
        # Rectangles in pixels of another size mean nothing.
        base = {k: v for k, v in base.items() if k not in ("strict", "organic", "covers")}
    return {**base, **table}


def platform_names() -> tuple[str, ...]:
    """Names of the built-in platforms."""
    return tuple(load_platforms())


def sidecar_names(platforms: Iterable[Platform]) -> tuple[str, ...]:
    """Names of the platforms that take captions as a file beside the video."""
    return tuple(platform.name for platform in platforms if platform.captions == "sidecar")


def default_box(width: int, height: int) -> SafeBox:
    """A careful box for a platform that states none: the phones' strict one, or 10 % margins when it is not tall."""
    if height > 1.5 * width:
        left, right = round(width * 120 / 1080), round(width * 780 / 1080)
        return SafeBox(left, round(height * 288 / 1920), right, round(height * 1248 / 1920))
    return SafeBox(round(width / 10), round(height / 10), round(width * 9 / 10), round(height * 9 / 10))


def strict_of(platforms: Iterable[Platform]) -> tuple[SafeBox, ...]:
    """Rectangles that lie inside the strict zone of every one of the platforms, largest first.

    All must have the same picture size. Empty when they leave nothing in common, or there are none.
    """
    common: list[SafeBox] | None = None
    for platform in platforms:
        if common is None:
            common = list(platform.strict)
        else:
            common = [a.common(b) for a in common for b in platform.strict]
            common = [box for box in common if box.width > 0 and box.height > 0]
    boxes = list(dict.fromkeys(common or []))
    boxes = [box for box in boxes if not any(box is not other and box.within(other) for other in boxes)]
    return tuple(sorted(boxes, key=lambda box: -box.width * box.height))


def _tables(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BriefError(f"Platforms file {path} cannot be read: {error}.") from error
    if not data:
        raise BriefError(f"Platforms file {path} names no platform.", hint="Start from docs/platforms.md.")
    return data


_COVER_KEYS = ("name", "width", "height", "max_mb", "crop")
_KEYS = frozenset(Platform.__dataclass_fields__) - {"name", "fps_low", "fps_high"} | {"fps"}


def _checked(name: str, table: Mapping[str, Any], where: str) -> Platform:
    try:
        if unknown := set(table) - _KEYS:
            raise ValueError(f"{', '.join(sorted(unknown))} is unknown; the values are {', '.join(sorted(_KEYS))}")
        return _platform(name, table)
    except KeyError as error:
        raise BriefError(f"Platform '{name}' {where} has no value for {error}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise BriefError(f"Platform '{name}' {where} is not valid: {error}.") from error


def _platform(name: str, table: Mapping[str, Any]) -> Platform:
    width, height = _whole(table, "width", 64, 8192), _whole(table, "height", 64, 8192)
    if width % 2 or height % 2:
        raise ValueError(f"{width}x{height} has an odd side; H.264 4:2:0 needs even ones")
    aspect = _one_of(table, "aspect", ASPECTS)
    across, down = (int(side) for side in aspect.split(":"))
    has_shape = abs(width * down - height * across) <= max(width, height)
    fit = _one_of({"fit": "exact" if has_shape else "blur", **table}, "fit", FITS)
    if fit == "exact" and not has_shape:
        raise ValueError(f"{width}x{height} is not {aspect}: fit must be crop or blur")
    fps = table.get("fps", [10.0, 120.0])
    if not (_are_numbers(fps, 2) and 1 <= fps[0] <= fps[1] <= 240):
        raise ValueError(f"fps = {fps!r} is not [lowest, highest], from 1 to 240")
    min_s, max_s = _number({"min_s": 0, **table}, "min_s", 0, 1e6), _number(table, "max_s", 0.1, 1e6)
    if min_s > max_s:
        raise ValueError(f"min_s = {min_s:g} is over max_s = {max_s:g}")
    box = default_box(width, height)
    strict = tuple(_box(v, width, height, "strict") for v in _list(table, "strict")) if "strict" in table else (box,)
    if not strict:
        raise ValueError("strict = [] leaves no room for captions; leave it out, or give rectangles")
    advised_s = _number({"advised_s": 0, **table}, "advised_s", 0, 1e6)
    return Platform(
        name=name,
        label=_text(table, "label"),
        aspect=aspect,
        width=width,
        height=height,
        fit=fit,
        fps_low=float(fps[0]),
        fps_high=float(fps[1]),
        codec=_one_of({"codec": "h264", **table}, "codec", CODECS),
        profile=_one_of({"profile": "high", **table}, "profile", ("high",)),
        level=_one_of({"level": "4.2", **table}, "level", LEVELS),
        gop_s=_number({"gop_s": 1.0, **table}, "gop_s", 0.1, 10),
        crf=_whole(table, "crf", 0, 51),
        max_kbps=_whole(table, "max_kbps", 100, 200_000),
        audio=_one_of({"audio": "aac", **table}, "audio", SOUNDS),
        audio_kbps=_whole({"audio_kbps": 256, **table}, "audio_kbps", 32, 512),
        sample_rate=int(_one_of({"sample_rate": 48_000, **table}, "sample_rate", SAMPLE_RATES)),
        lufs=_number({"lufs": -14.0, **table}, "lufs", -30, -5),
        ceiling_dbtp=_number({"ceiling_dbtp": -1.0, **table}, "ceiling_dbtp", -10, 0),
        window_s=_number(table, "window_s", 0, 1e6),
        min_s=min_s,
        max_s=max_s,
        max_mb=_number(table, "max_mb", 1, 1e6),
        advised_s=advised_s,
        advised_why=_text(table, "advised_why") if advised_s else "",
        loop=_flag(table, "loop"),
        captions=_one_of(table, "captions", CAPTION_WAYS),
        caption_files=_formats(_list(table, "caption_files")),
        strict=strict,
        organic=_box(table["organic"], width, height, "organic") if "organic" in table else box,
        covers=tuple(_cover(name, row) for row in _list(table, "covers")),
        sources=_texts(_list(table, "sources")),
        checked_on=_date(table),
    )


def _box(values: Any, width: int, height: int, what: str) -> SafeBox:
    if not _are_numbers(values, 4, int):
        raise ValueError(f"{what} box {values!r} is not [left, top, right, bottom] in whole pixels")
    left, top, right, bottom = values
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise ValueError(f"{what} box {list(values)} does not lie within {width}x{height}")
    return SafeBox(left, top, right, bottom)


def _cover(platform: str, row: Any) -> Cover:
    if not isinstance(row, Mapping):
        raise ValueError(f"the cover {row!r} is no table")
    if unknown := set(row) - set(_COVER_KEYS):
        raise ValueError(f"{', '.join(sorted(unknown))} of a cover is unknown; the values are {', '.join(_COVER_KEYS)}")
    name = _cover_name(platform, row["name"])
    width, height = _whole(row, "width", 64, 8192), _whole(row, "height", 64, 8192)
    crop = row.get("crop", [width, height])
    if not _are_numbers(crop, 2, int):
        raise ValueError(f"crop = {crop!r} is not [width, height] in whole pixels")
    crop_width, crop_height = crop
    if not (0 < crop_width <= width and 0 < crop_height <= height):
        raise ValueError(f"crop {crop_width}x{crop_height} does not lie within {width}x{height}")
    return Cover(name, width, height, _number(row, "max_mb", 0.05, 1000), crop_width, crop_height)


def _cover_name(platform: str, name: Any) -> str:
    """The name when files and deliverables can be called so, alone and after the platform's."""
    is_name = isinstance(name, str) and re.fullmatch(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}", name)
    if not is_name or re.search(r"_\d+$", name):
        form = f"{_NAME}, small, a letter first, and no '_' and number at the end (choices are numbered so)"
        raise ValueError(f"the cover name {name!r} is not made of {form}")
    for called in (name, f"{platform}_{name}"):
        if _TAKEN.fullmatch(called):
            raise ValueError(f"the cover name {name!r} is taken: another file of a job is called '{called}'")
    return name


def _formats(values: list[Any]) -> tuple[str, ...]:
    for value in values:
        if value not in CAPTION_FILES:
            raise ValueError(f"caption_files = {values!r} are not some of {', '.join(CAPTION_FILES)}")
    return tuple(values)


def _list(table: Mapping[str, Any], key: str) -> list[Any]:
    values = table.get(key, [])
    if not isinstance(values, list):
        raise ValueError(f"{key} = {values!r} is not a list")
    return values


def _are_numbers(values: Any, count: int, kind: type | tuple[type, ...] = (int, float)) -> bool:
    is_list = isinstance(values, list) and len(values) == count
    return is_list and all(isinstance(v, kind) and not isinstance(v, bool) for v in values)


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} = {value!r} is not a text")
    return value


def _texts(values: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"sources = {values!r} are not texts")
    return tuple(values)


def _flag(table: Mapping[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{key} = {value!r} is neither true nor false")
    return value


def _date(table: Mapping[str, Any]) -> str:
    value = table.get("checked_on", "")
    with contextlib.suppress(ValueError, TypeError):
        return str(value) and datetime.date.fromisoformat(str(value)).isoformat()
    raise ValueError(f"checked_on = {value!r} is not a date such as 2026-08-24")


def _number(table: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{key} = {value!r} is not a number from {low:g} to {high:g}")
    return float(value)


def _whole(table: Mapping[str, Any], key: str, low: int, high: int) -> int:
    value = _number(table, key, low, high)
    if value != int(value):
        raise ValueError(f"{key} = {value!r} is not a whole number")
    return int(value)


def _one_of(table: Mapping[str, Any], key: str, allowed: tuple[Any, ...]) -> str:
    value = table[key]
    if value not in allowed:
        raise ValueError(f"{key} = {value!r} is not one of {', '.join(map(str, allowed))}")
    return str(value)
