# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked for: one table behind the arguments, ``crossfade.toml`` and the guide (``docs/configuration.md``).

A setting's *raw* value is what the command line gives: text, a list of texts, or a flag. :func:`brief_fields` makes
fields of a :class:`.brief.Brief` from raw values.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .brief import ANALYSERS, CAPTION_STYLES, ENCODERS, ENGINES, LOUDNESS, MODES, QUALITIES
from .brief_values import (
    INTENSITIES,
    parse_cache,
    parse_clips,
    parse_drop_threshold,
    parse_intensity,
    parse_offset,
    parse_render_timeout,
    parse_renders,
)
from .encode.platforms import platform_names
from .errors import BriefError
from .themes import AVATARS, BUILT_IN
from .timing import parse_fps

TEXT = "text"
VALUE = "number or text"
WHOLE = "whole number"
FLAG = "true or false"
TEXTS = "text or list of texts"
FILE = "file"
FOLDER = "folder"
PLACE = "folder or address"
PROGRAM = "program"
NAMED = "name or file"
TABLES = ("", "director", "studio", "encoder")
"""Tables of the file; the nameless one is its top."""


def _same(value: Any) -> Any:
    return value


def _whole(value: Any) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise BriefError(f"'{value}' is not a whole number.") from error


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value)


def _path(value: str) -> Path | None:
    return Path(value) if value else None


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Parameters
    ----------
    name : str
        The key in the file; the argument is the same with ``--`` and ``-`` for ``_`` (a flag has a ``--no-`` as well).
    field : str
        The field of the brief.
    kind : str
        One of the kinds above: what the file may hold.
    table : str
        The table of the file it stands in.
    read : callable
        From a raw value to the field's; raises BriefError.
    choices : tuple of str
        All it may be; empty when there are too many to list.
    also : str
        Its name in the first Crossfade Club's configuration, which the file may use as well.
    """

    name: str
    field: str
    kind: str
    table: str
    help: str
    read: Callable[[Any], Any] = _same
    metavar: str = ""
    choices: tuple[str, ...] = ()
    also: str = ""

    @property
    def place(self) -> str:
        """Where it stands in the file, for people."""
        return f"'{self.name}' under [{self.table}]" if self.table else f"'{self.name}' at the top of the file"


def _choice(name: str, table: str, choices: tuple[str, ...], more: str = "") -> Setting:
    return Setting(name, name, TEXT, table, f"{', '.join(choices)}{more}", choices=choices)


SETTINGS: tuple[Setting, ...] = (
    Setting("platforms", "platforms", TEXTS, "", "some of: {platforms}", _texts, "NAME"),
    Setting(
        "platforms_file",
        "platforms_file",
        FILE,
        "",
        "more platforms, or other values for these, as TOML (docs/platforms.md)",
        _path,
    ),
    Setting("theme", "theme", NAMED, "director", f"{', '.join(BUILT_IN)}, or a .toml file", also="default_theme"),
    _choice("mode", "director", MODES, " (default mashup)"),
    Setting(
        "quality",
        "quality",
        TEXT,
        "studio",
        f"{', '.join(QUALITIES)} (default preview; draft for the demo)",
        choices=QUALITIES,
    ),
    _choice("engine", "studio", ENGINES, " (default workbench)"),
    Setting("fps", "fps", VALUE, "studio", "frames per second (default 30)", parse_fps),
    Setting("seed", "seed", WHOLE, "director", "same seed, same show (default 1)", _whole),
    Setting(
        "intensity",
        "intensity",
        VALUE,
        "director",
        f"{', '.join(INTENSITIES)}, or a number from 0.2 to 1.5 (default normal)",
        parse_intensity,
    ),
    Setting(
        "clip",
        "clip",
        TEXTS,
        "director",
        "make only this part, in seconds or m:ss; with a name for that platform only, again for more",
        parse_clips,
        "[NAME=]START-END",
    ),
    Setting("whole_song", "whole_song", FLAG, "director", "every platform gets the whole song, up to its limit"),
    Setting("lyrics", "lyrics", FILE, "director", "the song's words: LRC, SRT, VTT, or TXT (docs/lyrics.md)", _path),
    Setting(
        "lyrics_offset",
        "lyrics_offset",
        VALUE,
        "director",
        "the words come this much later (or earlier, < 0)",
        parse_offset,
        "SECONDS",
    ),
    Setting(
        "transcribe",
        "transcribe",
        NAMED,
        "director",
        "hear the words from the song with faster-whisper: a model's folder, or the name of one that is here",
        metavar="MODEL",
    ),
    _choice("caption_style", "encoder", CAPTION_STYLES, " (default pop)"),
    Setting("title", "title", TEXT, "director", "song title (default: from the file's tags)"),
    Setting("artist", "artist", TEXT, "director", "artist (default: from the file's tags)"),
    Setting("output_dir", "output_dir", FOLDER, "", "where everything goes (default outputs)", Path),
    Setting("library", "library_dir", PLACE, "", "folder of the song library, or a server's address", _path),
    Setting("mixer", "mixer_dir", FOLDER, "", "Mixer's ChromaDB folder, which is only read", _path),
    Setting("require_known", "require_known", FLAG, "", "refuse a song id that neither the library nor Mixer's knows"),
    _choice("analyser", "director", ANALYSERS, " (default crossfade)"),
    Setting(
        "drop_energy_threshold",
        "drop_energy_threshold",
        VALUE,
        "director",
        "smallest rise of energy that counts as a drop, 0 to 1 (default 0: the director's own rules alone)",
        parse_drop_threshold,
        "RISE",
    ),
    Setting(
        "grid",
        "grid",
        TEXTS,
        "director",
        "correct the beat grid, kept with the song: x2, /2, shift=1, nudge=-12 (ms), bpm=128, bar=12.5, meter=3, "
        "tap=..., with @60-90 for a part; parts and moments: call=62.5,chorus, split=70, merge=70, move=62.5,64, "
        "off=64,drop; again for more; reset forgets all (docs/grid.md)",
        _texts,
        "EDIT",
    ),
    Setting(
        "stems",
        "stems",
        FOLDER,
        "director",
        "folder with kick, drums, bass, vocals, other as files of that name",
        _path,
    ),
    Setting("avatar", "avatar", NAMED, "studio", f"{', '.join(AVATARS)}, or your own .blend", metavar="NAME|FILE"),
    Setting("studio", "studio", FILE, "studio", "your own stage, a .blend (docs/assets.md)", _path),
    Setting(
        "actions", "actions", FOLDER, "studio", "folder with your own actions as <name>.blend (docs/assets.md)", _path
    ),
    Setting(
        "blender_executable",
        "blender_executable",
        PROGRAM,
        "studio",
        "Blender that renders the frames (default: this one)",
    ),
    Setting(
        "render_timeout_sec",
        "render_timeout_sec",
        VALUE,
        "studio",
        "stop a render in which no frame was finished for so long (default: never)",
        parse_render_timeout,
        "SECONDS",
    ),
    Setting("ffmpeg", "ffmpeg", PROGRAM, "", "FFmpeg to use (default: PATH, then imageio-ffmpeg)"),
    _choice("encoder", "encoder", ENCODERS, " (default x264)"),
    _choice("loudness", "encoder", LOUDNESS, " (default gain: one gain, nothing else)"),
    Setting(
        "render",
        "renders",
        TEXTS,
        "studio",
        "a finished movie, taken instead of rendering that aspect (9:16 or 16:9); again for the other",
        parse_renders,
        "ASPECT=FILE",
    ),
    Setting(
        "grade", "with_grade", FLAG, "encoder", "the theme's bloom and grade (default; off when pictures are final)"
    ),
    Setting("skip_studio", "skip_studio", FLAG, "studio", "encode the frames of an earlier run"),
    Setting("captions", "with_captions", FLAG, "encoder", "burn captions (default)"),
    Setting("thumbnail", "with_thumbnail", FLAG, "encoder", "make thumbnail and covers (default)"),
    Setting("title_overlay", "with_title", FLAG, "encoder", "set the title on thumbnail and covers (default)"),
    Setting("fresh", "fresh", FLAG, "", "reuse nothing of an earlier run"),
    Setting(
        "cache_gb",
        "cache_gb",
        VALUE,
        "",
        "keep frames and other work files of all songs up to so many GB (default 40)",
        parse_cache,
        "N",
    ),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
_METAVARS = {FILE: "FILE", FOLDER: "DIR", PLACE: "DIR|URL", PROGRAM: "FILE"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """An argument for each setting; one that is not given is None."""
    platforms = ", ".join(platform_names())
    for setting in SETTINGS:
        flag, about = f"--{setting.name.replace('_', '-')}", setting.help.replace("{platforms}", platforms)
        metavar = setting.metavar or _METAVARS.get(setting.kind)
        if setting.kind == FLAG:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=about)
        elif setting.name == "platforms":
            parser.add_argument(flag, nargs="+", metavar=metavar, help=about)
        elif setting.kind == TEXTS:
            parser.add_argument(flag, action="append", metavar=metavar, help=about)
        elif setting.name == "transcribe":
            parser.add_argument(flag, nargs="?", const="small", metavar=metavar, help=about)
        else:
            parser.add_argument(flag, type=int if setting.kind == WHOLE else str, metavar=metavar, help=about)


def brief_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the brief from raw values by setting; those that are None were not given.

    Raises
    ------
    BriefError
        A value cannot be read.
    """
    fields: dict[str, Any] = {}
    for name, value in raw.items():
        if value is None:
            continue
        setting = BY_NAME[name]
        if name == "clip":
            fields["clip"], fields["clips"] = parse_clips(value)
        else:
            fields[setting.field] = setting.read(value)
    return fields
