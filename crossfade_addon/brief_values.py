# SPDX-License-Identifier: GPL-3.0-or-later
"""Single values of a brief, read from text: song ids, levels, parts of the song, rendered files."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from .errors import BriefError
from .terms import ASPECTS

INTENSITIES = {"calm": 0.5, "normal": 1.0, "wild": 1.4}
"""Named levels of intensity."""
LEAST_INTENSITY, MOST_INTENSITY = 0.2, 1.5
MAX_ID = 80
TAPS = ".taps"
"""What a lyrics file's name is followed by in that of its taps."""
SHORTEST_CLIP_S = 0.5
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}
_CLIP_HINT = "Give seconds or m:ss, for example 60-90 or 1:00-1:30; for one platform tiktok=60-90."


def suggest_song_id(text: str) -> str:
    """A safe song id made from a title or file name; ``"song"`` when nothing usable is left.

    Letters and digits of any script are kept, everything else becomes ``_``.
    """
    text = unicodedata.normalize("NFC", text).strip().lower()
    text = re.sub(r"[^\w]+", "_", text, flags=re.UNICODE)
    text = re.sub(r"_+", "_", text).strip("_")
    while len(text.encode()) > MAX_ID:
        text = text[:-1]
    text = text.strip("_") or "song"
    return f"{text}_song" if text in _RESERVED else text


def check_song_id(song_id: str) -> str:
    """The id itself when it is safe as a name on every file system.

    Raises
    ------
    BriefError
        When it is empty, too long, or holds anything but letters, digits, ``_``, ``-`` and inner dots.
    """
    advice = f"Use letters, digits, '_' and '-', for example '{suggest_song_id(song_id)}'."
    normal = unicodedata.normalize("NFC", song_id)
    if not normal:
        raise BriefError("The song id is empty.", hint="Give one with --song-id.")
    if len(normal.encode("utf-8", "replace")) > MAX_ID:
        raise BriefError(f"Song id '{normal[:24]}...' is longer than {MAX_ID} bytes.", hint=advice)
    if not re.fullmatch(r"\w[\w\-]*(\.[\w\-]+)*", normal, flags=re.UNICODE):
        raise BriefError(f"Song id '{normal}' is not a safe name.", hint=advice)
    if normal.split(".")[0].lower() in _RESERVED:
        raise BriefError(f"Song id '{normal}' is a reserved name.", hint=advice)
    return normal


def parse_intensity(text: str) -> float:
    """A level's name (``calm``, ``normal``, ``wild``) or a number, as a number.

    Raises
    ------
    BriefError
        When it is neither, or out of range.
    """
    hint = f"Give {', '.join(INTENSITIES)}, or a number from {LEAST_INTENSITY} to {MOST_INTENSITY}."
    try:
        value = INTENSITIES.get(text.strip().lower())
        value = float(text) if value is None else value
    except ValueError as error:
        raise BriefError(f"Intensity '{text}' is neither a level nor a number.", hint=hint) from error
    if not LEAST_INTENSITY <= value <= MOST_INTENSITY:
        raise BriefError(f"Intensity {text} is out of range.", hint=hint)
    return value


def parse_clip(text: str) -> tuple[float, float]:
    """``START-END`` in seconds or ``m:ss``, as seconds.

    Raises
    ------
    BriefError
        When it is not two times in order.
    """
    parts = text.split("-")
    try:
        if len(parts) != 2:
            raise ValueError
        start, end = (_seconds(p) for p in parts)
    except ValueError as error:
        raise BriefError(f"Clip '{text}' is not START-END.", hint=_CLIP_HINT) from error
    if end - start < SHORTEST_CLIP_S:
        raise BriefError(f"Clip '{text}' is shorter than half a second.", hint="Give START-END with END later.")
    return start, end


def parse_clips(
    texts: Iterable[str],
) -> tuple[tuple[float, float] | None, tuple[tuple[str, float, float], ...]]:
    """The part for all platforms (or None) and those for one (name, start, end), from ``[NAME=]START-END`` each.

    Raises
    ------
    BriefError
        When one is not a part, or two are for the same.
    """
    shared: tuple[float, float] | None = None
    own: dict[str, tuple[float, float]] = {}
    for text in texts:
        name, named, part = text.rpartition("=")
        name = name.strip()
        if (named and name in own) or (not named and shared is not None):
            raise BriefError(
                f"Two clips are given for {name or 'all platforms'}, the second is '{text}'.", hint="Give only one."
            )
        if not named:
            shared = parse_clip(part)
        elif name:
            own[name] = parse_clip(part)
        else:
            raise BriefError(f"Clip '{text}' names no platform.", hint=_CLIP_HINT)
    return shared, tuple((name, *part) for name, part in own.items())


def parse_renders(texts: Iterable[str]) -> tuple[tuple[str, Path], ...]:
    """Finished movies by aspect, from ``ASPECT=FILE`` each; the aspect may be written ``9x16``.

    Raises
    ------
    BriefError
        When one is not of that form, or two are of the same aspect.
    """
    found: dict[str, Path] = {}
    for text in texts:
        name, given, file = text.partition("=")
        aspect = name.strip().replace("x", ":")
        if not given or not file or aspect not in ASPECTS:
            raise BriefError(f"Render '{text}' is not ASPECT=FILE.", hint=f"Give for example {ASPECTS[0]}=movie.mp4.")
        if aspect in found:
            raise BriefError(f"Two renders are given for {aspect}, the second is '{file}'.", hint="Give only one.")
        found[aspect] = Path(file)
    return tuple(found.items())


def parse_offset(text: str) -> float:
    """Seconds by which lyrics come later (negative: earlier).

    Raises
    ------
    BriefError
        When it is no number, or more than an hour.
    """
    hint = "Give seconds, for example 0.25, or -1.5 to have the words earlier."
    try:
        value = float(text)
    except ValueError as error:
        raise BriefError(f"Lyrics offset '{text}' is not a number.", hint=hint) from error
    if not math.isfinite(value) or abs(value) > 3600:
        raise BriefError(f"Lyrics offset {text} s is out of range.", hint=hint)
    return value


def parse_drop_threshold(text: str) -> float:
    """Smallest rise of energy (0..1) that counts as a drop; 0 leaves it to the director's own rules.

    Raises
    ------
    BriefError
        When it is no number from 0 to 1.
    """
    return _number(text, "Drop energy threshold", 0, 1, "Give a number from 0 to 1, for example 0.2.")


def parse_render_timeout(text: str) -> float:
    """Seconds without a finished frame after which a render is stopped; 0 for never.

    Raises
    ------
    BriefError
        When it is no number from 0 to a day.
    """
    return _number(text, "Render timeout", 0, 86_400, "Give seconds, for example 600, or 0 for never.")


def parse_cache(text: str) -> float:
    """How much that can be made again is kept, in GB (10^9 bytes).

    Raises
    ------
    BriefError
        When it is no number from 0 to a million.
    """
    return _number(text, "Cache size", 0, 1e6, "Give GB, for example 40.")


def _number(text: str, what: str, low: float, high: float, hint: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise BriefError(f"{what} '{text}' is not a number.", hint=hint) from error
    if not low <= value <= high:
        raise BriefError(f"{what} {text} is out of range.", hint=hint)
    return value


def _seconds(text: str) -> float:
    total = 0.0
    for part in text.strip().split(":"):
        value = float(part)
        if not 0 <= value < 1e6:
            raise ValueError(text)
        total = total * 60 + value
    return total
