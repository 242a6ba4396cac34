# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a sound file ends where its own structure says it should, for formats where FFmpeg does not tell.

FFmpeg takes the length of WAV and CAF files from their size and of Ogg files from their last page, so a download
that broke off looks complete to it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

_OGG_PAGE, _OGG_LAST = b"OggS", 4
"""Every page begins with the first; this bit of its sixth byte marks a stream's last page (RFC 3533)."""
_LARGEST_OGG_PAGE = 0x11000
_CHUNKED = {b"RIFF": (12, "<I"), b"caff": (8, ">q")}
"""Where the first chunk begins, and how a chunk's length is written."""
_UNKNOWN = 0x7FFF0000
"""Programs that write to a pipe cannot know the length and claim this or more, or nothing."""


def is_cut_off(path: Path) -> bool:
    """Whether the end of a WAV, CAF or Ogg file is missing; False for others and for files nobody finished."""
    with path.open("rb") as file:
        magic = file.read(4)
        if magic == _OGG_PAGE:
            return _is_cut_ogg(file)
        return magic in _CHUNKED and _is_cut_data(file, *_CHUNKED[magic])


def _is_cut_ogg(file: BinaryIO) -> bool:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LARGEST_OGG_PAGE))
    end = file.read()
    last = end.rfind(_OGG_PAGE)
    return last < 0 or last + 5 >= len(end) or not end[last + 5] & _OGG_LAST


def _is_cut_data(file: BinaryIO, start: int, form: str) -> bool:
    whole = file.seek(0, os.SEEK_END)
    head = 4 + struct.calcsize(form)
    while start + head <= whole:
        file.seek(start)
        kind = file.read(4)
        (length,) = struct.unpack(form, file.read(head - 4))
        start += head
        if kind == b"data":
            return 0 < length < _UNKNOWN and start + length > whole
        if length < 0:
            return False
        start += length + (length & 1 if form == "<I" else 0)
    return False
