# SPDX-License-Identifier: GPL-3.0-or-later
"""What a song's file says about itself: its tags, as FFmpeg reads them from any format.

Tags come from strangers: control characters go, and what is far too long for a tag is cut.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from ..jobs import Child, Progress, wait
from .probe import file_url

LONGEST = 500
"""Characters of one tag."""
MOST = 60
"""Tags of one file."""
_OF_FILE, _OF_STREAM = "file.tags", "stream.tags"
_NOT_ABOUT_THE_SONG = ("encoder", "major_brand", "minor_version", "compatible_brands", "creation_time", "handler_name")
_OTHER_NAMES = {
    "tsrc": "isrc",
    "album artist": "album_artist",
    "albumartist": "album_artist",
    "label": "publisher",
    "organization": "publisher",
    "writer": "lyricist",
    "year": "date",
    "mixartist": "remixer",
}
"""The same tag by the names of other formats."""


def tags_command(ffmpeg: str, audio: Path) -> list[str]:
    """The command that writes the tags of a file and of its sound into its working folder."""
    command = [ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-i", file_url(audio)]
    command += ["-f", "ffmetadata", f"file:{_OF_FILE}"]
    return [*command, "-map_metadata", "0:s:a:0", "-f", "ffmetadata", f"file:{_OF_STREAM}"]


def read_steps(ffmpeg: str, audio: Path, folder: Path, report: Progress) -> Generator[Progress, None, dict[str, str]]:
    """The tags of a song by name in small letters; empty when there are none or they cannot be read.

    ``folder`` receives FFmpeg's output; ``report`` is told while it works.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (_OF_FILE, _OF_STREAM):
        (folder / name).unlink(missing_ok=True)
    child = Child(tags_command(ffmpeg, audio), folder, name="FFmpeg")
    yield from wait(child, lambda: report)
    return read_tags(folder)


def read_tags(folder: Path) -> dict[str, str]:
    """The tags that the command has written to a folder."""
    found: dict[str, str] = {}
    for name in (_OF_FILE, _OF_STREAM):
        try:
            text = (folder / name).read_bytes().decode("utf-8", errors="replace")
        except OSError:
            continue
        for key, value in parse(text).items():
            if len(found) < MOST:
                found.setdefault(key, value)
    return found


def parse(text: str) -> dict[str, str]:
    r"""Tags of FFmpeg's metadata format: ``key=value``, ``\`` before ``= ; # \`` and line ends, ``;`` comments."""
    found: dict[str, str] = {}
    for line in _lines(text):
        if not line or line[0] in ";#[":
            if line.startswith("["):
                break  # chapters, or another stream
            continue
        parts = _split(line)
        if len(parts) < 2:
            continue
        key, value = one_line(parts[0]).lower(), one_line("=".join(parts[1:]))
        key = _OTHER_NAMES.get(key, key)
        if key and value and key not in _NOT_ABOUT_THE_SONG:
            found.setdefault(key[:LONGEST], value[:LONGEST])
    return found


def _lines(text: str) -> list[str]:
    """Lines, those that an escaped line end continues as one."""
    lines, current, escaped = [], "", False
    for character in text:
        if character == "\n" and not escaped:
            lines.append(current)
            current = ""
            continue
        current += character
        escaped = character == "\\" and not escaped
    return [*lines, current]


def _split(line: str) -> list[str]:
    """A line at its unescaped ``=``, without the backslashes."""
    parts, escaped = [""], False
    for character in line:
        if character == "\\" and not escaped:
            escaped = True
        elif character == "=" and not escaped:
            parts.append("")
        else:
            parts[-1] += character
            escaped = False
    return parts


def one_line(text: str) -> str:
    """A text without control characters and line ends."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
