# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of what was heard, as an image of the file: for the Image Editor, redrawn after each correction.

It is ours and goes with *Clear*, but no part of a show: no build touches it. Its pixels are a packed PNG, so they are
saved and undone with everything else, and Blender never asks to save it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
from numpy.typing import NDArray

from ..director import picture
from ..timeline import Timeline
from . import ownership

_SONG = "crossfade_song"


def find(song_id: str) -> Any:
    """The picture of a song, or None."""
    images: Any = bpy.data.images
    return next((i for i in images if i.get(ownership.TAG) == ownership.PICTURE and i.get(_SONG) == song_id), None)


def make(song_id: str) -> Any:
    """The picture of a song, an empty one when there is none yet."""
    image = find(song_id)
    if image is None:
        image = ownership.tag(bpy.data.images.new(f"{ownership.PREFIX}Timeline", 1, 1), ownership.PICTURE)
        image[_SONG] = song_id
        image.use_fake_user = True  # an editor that shows it does not count
    return image


def draw(image: Any, song: Timeline, levels: Mapping[str, NDArray[Any]]) -> None:
    """Show this song; arguments as of :func:`..director.picture.draw_song`."""
    data = picture.draw_song(song, levels).png()
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    image.buffers_free()  # what was shown before; reload() would complain of the missing file
