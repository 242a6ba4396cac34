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
_told = [0]


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
    _show(image)


def show_again() -> None:
    """After undo and redo: up to 4.3 open Image Editors go on showing what was undone."""
    for image in bpy.data.images:
        if image.get(ownership.TAG) == ownership.PICTURE:
            _show(image)


def _show(image: Any) -> None:
    """Make it known to open Image Editors, which up to 4.3 do not notice by themselves."""
    image.buffers_free()  # what was shown before; reload() would complain of the missing file
    # They count the changes that they have seen of an image, and undo begins the image's own count again: told once
    # more than ever before, they see a change in any case.
    _told[0] += 1
    for _ in range(_told[0]):
        image.update()
