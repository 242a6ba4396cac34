# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of what was heard, as an image of the file: for the Image Editor, redrawn after each correction.

It is ours and goes with *Clear*, but no part of a show: no build touches it. Its pixels are a packed PNG, so they are
saved and undone with everything else, and Blender never asks to save it.
"""

from __future__ import annotations

from typing import Any

import bpy

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


def draw(image: Any, png: bytes) -> None:
    """Show this picture, a PNG file."""
    image.pack(data=png, data_len=len(png))
    image.source = "FILE"
    image.buffers_free()  # what was shown before; reload() would complain of the missing file
