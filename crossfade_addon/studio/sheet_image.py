# SPDX-License-Identifier: GPL-3.0-or-later
"""The contact sheet as an image of this file: read what was rendered, and show the sheet.

Conventions: arrays are (height, width, 3), 8 bits, the first row on top.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..errors import StudioError
from . import ownership

TAG = "drops"
"""What the sheet is, in its mark of ownership."""


def read(path: Path) -> np.ndarray:
    """A picture file as Blender shows it.

    Raises
    ------
    StudioError
        When it is no picture.
    """
    try:
        image: Any = bpy.data.images.load(str(path))
    except RuntimeError as error:
        raise StudioError(f"'{path}' cannot be read.", original_error=error) from error
    try:
        width, height = image.size
        if not width * height:
            raise StudioError(f"'{path}' is no whole picture.", hint="Try again.")
        values = np.empty(width * height * image.channels, dtype=np.float32)
        image.pixels.foreach_get(values)
        rows = values.reshape(height, width, image.channels)[::-1, :, :3]
        return np.ascontiguousarray((rows * 255 + 0.5).astype(np.uint8))
    finally:
        bpy.data.images.remove(image)


def find() -> Any:
    """The sheet of this file, or None."""
    return next((image for image in bpy.data.images if image.get(ownership.TAG) == TAG), None)


def show(sheet: np.ndarray) -> Any:
    """The sheet as an image that is saved with the file; it takes the place of the one before."""
    height, width = sheet.shape[:2]
    image: Any = bpy.data.images.new(f"{ownership.PREFIX}Drops", width, height)
    values = np.ones((height, width, 4), dtype=np.float32)
    values[..., :3] = sheet[::-1] / np.float32(255)
    image.pixels.foreach_set(values.ravel())
    image.update()
    image.pack()
    before = find()
    if before is not None:
        name = before.name
        before.user_remap(image)
        bpy.data.images.remove(before)
        image.name = name
    return ownership.tag(image, TAG)
