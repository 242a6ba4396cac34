# SPDX-License-Identifier: GPL-3.0-or-later
"""MP4 boxes: the little of ISO/IEC 14496-12 that FFmpeg's text output does not tell (sizes in bytes)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_CONTAINERS = (b"moov", b"trak", b"edts")
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """``faststart``: the index (``moov``) precedes the media (``mdat``). ``edit_lists``: number of ``elst`` boxes."""

    faststart: bool
    edit_lists: int


def read_layout(path: Path) -> Layout:
    """Order of the top-level boxes and number of edit lists; ``Layout(False, 0)`` for anything but MP4."""
    order: list[bytes] = []
    edit_lists = 0
    with path.open("rb") as file:
        end = path.stat().st_size
        for kind, start, stop in _boxes(file, 0, end):
            order.append(kind)
            if kind == b"moov":
                edit_lists = _count_edit_lists(file, start, stop, 1)
    faststart = b"moov" in order and b"mdat" in order and order.index(b"moov") < order.index(b"mdat")
    return Layout(faststart, edit_lists)


def _count_edit_lists(file: BinaryIO, start: int, stop: int, depth: int) -> int:
    count = 0
    for kind, inner_start, inner_stop in _boxes(file, start, stop):
        if kind == b"elst":
            count += 1
        elif kind in _CONTAINERS and depth < _MAX_DEPTH:
            count += _count_edit_lists(file, inner_start, inner_stop, depth + 1)
    return count


def _boxes(file: BinaryIO, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start and end of the content) of the boxes in a range; ends at the first that makes no sense."""
    while start + 8 <= stop:
        file.seek(start)
        header = file.read(16)
        size, kind, content = int.from_bytes(header[:4], "big"), header[4:8], start + 8
        if size == 1:  # a 64-bit size follows the type
            size, content = int.from_bytes(header[8:16], "big"), start + 16
        elif size == 0:  # to the end of the file
            size = stop - start
        if size < content - start or start + size > stop:
            return
        yield kind, content, start + size
        start += size
