# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the usage manifest: what has to be cleared with whom, what was changed, and the page for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from ..timing import clock

_WIDTH = 88
WHOLE = "the whole song"
NO_ADVICE = "This list helps the people who clear rights. It is not legal advice, and it may not be complete."
_CLEAR_ALWAYS = (
    (
        "Synchronisation licence",
        "The composition (melody and words) is put to moving pictures.",
        "The publishers of everybody who wrote it.",
    ),
    (
        "Master licence",
        "This very recording is used, not a new performance.",
        "Whoever owns the recording: usually the label, sometimes the artist.",
    ),
    (
        "Public performance",
        "The videos are shown at an event, in a venue or on a public screen.",
        "The performing rights societies of that country, often through the venue's or organiser's own contract; in "
        "many countries also the society for the recording.",
    ),
    (
        "Online use",
        "The song is part of these files. Platforms' own music libraries and agreements cover songs that are added in "
        "the app, mostly not files with music in them, and often not business or sponsored posts. Automatic claims may "
        "mute, block or monetise a video.",
        "The same owners as above: name the platforms, accounts and paid promotion in the request.",
    ),
    (
        "Broadcast and recordings of the event",
        "A live stream, a broadcast or an after-movie contains the videos again.",
        "The same owners: these are uses of their own.",
    ),
    (
        "Songs and samples inside",
        "If the song is a mix, a mashup, a remix or a cover, or holds samples, every piece has owners of its own.",
        "The owners of each piece, as above.",
    ),
    (
        "Names and marks",
        "Title and artist are shown in the pictures; beside a sponsor's name this can look like an endorsement.",
        "The artist's management; the owners of logos that are shown.",
    ),
)
_CLEAR_WORDS = (
    "Words as captions",
    "The song's words are shown or delivered as text.",
    "The publishers: display of lyrics is often a permission of its own.",
)
_CLEAR_ASSETS = (
    "Files of others in the pictures",
    "Avatar, stage, actions, theme or movies that are listed above and not part of Crossfade.",
    "Their makers: check that their licence allows this use.",
)
_USE_ROWS = (
    ("Part", "part"),
    ("Length", "length"),
    ("Picture", "picture"),
    ("Sound", "sound"),
    ("Captions", "captions"),
    ("SHA-256", "sha256"),
)
ASK_FOR = "Territory, period, media (venue, online, broadcast), number of showings, edits, credits, fee"


def to_clear(*, has_words: bool, has_assets: bool) -> list[dict[str, str]]:
    """What has to be cleared, why, and whom to ask."""
    chosen = [*_CLEAR_ALWAYS, *([_CLEAR_WORDS] if has_words else []), *([_CLEAR_ASSETS] if has_assets else [])]
    return [{"what": what, "why": why, "ask": ask} for what, why, ask in chosen]


def changes(uses: Iterable[Mapping[str, Any]], *, has_words: bool, has_movies: bool) -> list[str]:
    """What was done to the song, in sentences."""
    uses = list(uses)
    said = []
    if any(use["part"] != WHOLE for use in uses):
        said.append("Cut: only the parts named above are used. Fades at the cuts are named there.")
    if any(use["gain_db"] != 0 for use in uses):
        said.append("Level: one constant gain for each part, so that platforms need not change it.")
    if any(use["limiter"] for use in uses):
        said.append("Dynamics: a limiter holds the peaks where that is said above.")
    said += [
        "Nothing else was done to the sound: no other music or sound was added, pitch and tempo are as they were. It "
        "was coded as AAC.",
        "Pictures were added: the movies that are named below."
        if has_movies
        else "Pictures were added: an animated DJ show that follows the music, with the song's title and artist in it.",
    ]
    if has_words:
        said.append("The song's words are shown as captions or come as caption files.")
    return said


def manifest_text(data: Mapping[str, Any]) -> str:
    """The manifest for people, from the data of the one for programs."""
    song = data["song"]
    lines = [f"USAGE MANIFEST: {song['title']}" + (f" by {song['artist']}" if song["artist"] else ""), ""]
    lines += _rows("SOURCE", [("File", song["file"]), ("SHA-256", song["sha256"]), ("Length", _length(song))])
    lines += _rows("", [(_tag_name(key), value) for key, value in song["tags"].items()])
    if not song["isrc"]:
        lines.append("  No ISRC in the file: ask the label for it, licences name it.")
    lines += ["", "WHAT IS USED"]
    for use in data["uses"]:
        lines += ["", f"  {use['file']}  ({use['platform']})"]
        lines += _rows("", [(name, use[key]) for name, key in _USE_ROWS if use.get(key)], indent=4)
    lines += ["", "WHAT WAS CHANGED", *_points(data["changes"])]
    lines += ["", "FILES OF OTHERS IN THE PICTURES"]
    if data["assets"]:
        lines += _rows("", [(asset["kind"], f"{asset['file']}  {asset['sha256']}") for asset in data["assets"]])
    else:
        lines += _points(["None: stage, DJ, lights and movements are Crossfade's own."])
    lines += ["", "WHAT HAS TO BE CLEARED, AND WITH WHOM"]
    for number, item in enumerate(data["to_clear"], 1):
        lines += [
            "",
            f"  {number}. {item['what']}",
            *_wrapped(item["why"], "     "),
            *_wrapped(item["ask"], "     Ask: "),
        ]
        lines.append("     Cleared: [ ]   By: ____________   Reference: ____________")
    lines += ["", *_wrapped(f"In every request: {data['ask_for']}.", "  "), "", *_wrapped(NO_ADVICE, "  ")]
    return "\n".join(lines) + "\n"


def _tag_name(key: str) -> str:
    return "ISRC" if key == "isrc" else key.replace("_", " ").capitalize()


def _rows(title: str, rows: Iterable[tuple[str, str]], *, indent: int = 2) -> list[str]:
    lines = [title] if title else []
    for name, value in rows:
        lines += _wrapped(str(value), f"{' ' * indent}{name + ':':<14} ")
    return lines


def _points(sentences: Iterable[str]) -> list[str]:
    return [line for sentence in sentences for line in _wrapped(sentence, "  - ")]


def _wrapped(text: str, first: str) -> list[str]:
    rest = " " * len(first)
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False) or [first]


def _length(song: Mapping[str, Any]) -> str:
    return f"{clock(song['seconds'])} ({song['seconds']:.2f} s)"
