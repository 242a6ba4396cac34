# SPDX-License-Identifier: GPL-3.0-or-later
"""What an encode job burns in of the lyrics: the script and its fonts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from ..timeline import Clip
from . import word_captions
from .command import CAPTIONS, FONTS, Recipe
from .fonts import caption_fonts
from .job import EncodeJob
from .platforms import Platform

_SHOWN = 12
"""So many missing characters are named in a notice."""


def look_of(job: EncodeJob, recipe: Recipe) -> word_captions.Look:
    """Where and how a recipe's captions are drawn: inside the strict zone of every platform that shares it."""
    accent = job.timeline.lighting.primary_color
    return word_captions.Look(recipe.width, recipe.height, recipe.zones, job.caption_style, accent)


def burned(job: EncodeJob, recipe: Recipe, platforms: Iterable[Platform], folder: Path) -> str:
    """Put the ASS script and the fonts it names where the command looks for them; returns a notice, or "".

    The notice names the characters that no font can draw, and says where nothing at all is drawn.
    """
    clip, lyrics = Clip(recipe.start, recipe.end, ""), job.timeline.lyrics
    script = word_captions.ass(lyrics, clip, look_of(job, recipe))
    shutil.rmtree(folder / FONTS, ignore_errors=True)
    (folder / FONTS).mkdir(parents=True)
    (folder / CAPTIONS).write_text(script, encoding="utf-8")
    fonts = caption_fonts().fonts
    named = {fonts[0].family, *re.findall(r"\\fn([^\\}]*)", script)}
    for font in fonts:
        if font.family in named:
            shutil.copyfile(font.path, folder / FONTS / font.path.name)
    empty = "" if "\nDialogue:" in script else _empty_notice(platforms)
    return ". ".join(filter(None, (empty, missing_notice(word_captions.missing(lyrics, clip)))))


def boxes(job: EncodeJob, recipe: Recipe) -> tuple[word_captions.Drawn, ...]:
    """What :func:`burned` draws into a recipe's video: when, and within which rectangle."""
    clip = Clip(recipe.start, recipe.end, "")
    return word_captions.boxes(job.timeline.lyrics, clip, look_of(job, recipe)) if recipe.captions else ()


def _empty_notice(platforms: Iterable[Platform]) -> str:
    names = ", ".join(platform.label for platform in platforms)
    return f"No words are drawn for {names}: those of this part are too short to be read, or no caption font has them"


def missing_notice(characters: tuple[str, ...]) -> str:
    """What to tell the user about characters that are left out of the burned captions."""
    if not characters:
        return ""
    names = ", ".join(f"{c} (U+{ord(c):04X})" for c in characters[:_SHOWN])
    more = f" and {len(characters) - _SHOWN} more" if len(characters) > _SHOWN else ""
    return f"The caption fonts cannot draw {names}{more}: left out of the picture, kept in the caption files"
