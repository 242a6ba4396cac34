# SPDX-License-Identifier: GPL-3.0-or-later
"""The small picture of the song in the panel: previews of this session, by what they show, so that undo finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import bpy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..timeline import Timeline

_MOST = 12
_icons: dict[str, int] = {}
_collections: list[Any] = []


def icon(key: str) -> int:
    """The icon of what has this key; 0 when it was not drawn in this session."""
    return _icons.get(key, 0)


def draw(key: str, song: Timeline, levels: Mapping[str, NDArray[Any]]) -> None:
    """Draw it, unless it was drawn before; nothing without a window."""
    if bpy.app.background or icon(key):
        return
    import numpy as np
    from bpy.utils import previews

    from ..director import picture_rows

    if len(_icons) >= _MOST:
        forget()
    if not _collections:
        _collections.append(previews.new())
    pixels = picture_rows.draw_rows(song, levels).pixels
    shown = np.ones((*pixels.shape[:2], 4), np.float32)
    shown[:, :, :3] = pixels[::-1] / np.float32(255)
    preview = _collections[0].new(key)
    preview.image_size = pixels.shape[1::-1]
    preview.image_pixels_float.foreach_set(shown.ravel())
    _icons[key] = preview.icon_id


def forget() -> None:
    """Drop all of them."""
    _icons.clear()
    while _collections:
        from bpy.utils import previews

        previews.remove(_collections.pop())
