# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks into ChromaDB's vector files before ChromaDB does: nonsense in them ends the whole process.

Each ``<uuid>`` folder is an hnswlib graph: ``header.bin`` has its sizes, ``data_level0.bin`` the neighbours of every
element (ids below the count) with its vector, ``link_lists.bin`` those of the upper levels. Formats of other versions
are not judged.
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = struct.Struct("<i6QiIQQ")
_VERSION = 1


def broken(folder: Path) -> str:
    """What is wrong with the vector files of a library, in words; empty when ChromaDB can read them."""
    for header in sorted(folder.glob("*-*/header.bin")):
        try:
            wrong = _broken_graph(header.parent)
        except OSError as error:
            wrong = f"cannot be read ({error.strerror})"
        if wrong:
            return f"the vectors in '{header.parent.name}' {wrong}"
    return ""


def _broken_graph(graph: Path) -> str:
    import numpy as np

    header = (graph / "header.bin").read_bytes()
    if len(header) < _HEADER.size:
        return "have no whole header"
    version, _, most, count, size, _, links_end, top, entry, upper_links, links = _HEADER.unpack_from(header)
    if version != _VERSION:
        return ""
    if count > most or links_end != 4 * (links + 1) or size < links_end:
        return "have a header that cannot be"
    if not count:
        return ""
    data = np.fromfile(graph / "data_level0.bin", dtype=np.uint8, count=count * size)
    if len(data) < count * size:
        return f"are not {count}, as their header says"
    if entry >= count or top < 0:
        return "begin nowhere"
    table = data.reshape(count, size)[:, :links_end].copy().view("<u4").reshape(count, links + 1)
    # The third byte marks what was deleted.
    lengths = table[:, 0] & 0xFFFF
    used = np.arange(int(links))[None, :] < lengths[:, None]
    if lengths.max() > links or (table[:, 1:][used] >= count).any():
        return "lead nowhere"
    return _broken_levels((graph / "link_lists.bin").read_bytes(), count, 4 * (upper_links + 1))


def _broken_levels(data: bytes, count: int, level_size: int) -> str:
    """Each element has a size and that many bytes of levels; most have none."""
    import numpy as np

    if len(data) % 4:
        return "lack upper levels"
    array = np.frombuffer(data, dtype="<u4")
    words, step = array.tolist(), level_size // 4
    starts: list[int] = []
    at = 0
    for _ in range(count):
        if at >= len(words):
            return "lack upper levels"
        size = words[at]
        at += 1
        if size:
            if size % level_size or at + size // 4 > len(words):
                return "have upper levels that cannot be"
            starts.extend(range(at, at + size // 4, step))
            at += size // 4
    if not starts:
        return ""
    levels = array[np.add.outer(np.array(starts), np.arange(step))]
    lengths = levels[:, 0] & 0xFFFF
    if lengths.max() >= step:
        return "have upper levels that cannot be"
    used = np.arange(step - 1)[None, :] < lengths[:, None]
    return "have upper levels that lead nowhere" if (levels[:, 1:][used] >= count).any() else ""
