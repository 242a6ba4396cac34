# SPDX-License-Identifier: GPL-3.0-or-later
"""A small RGB canvas and a PNG writer, with numpy and zlib only.

Conventions: pixels are (x, y) from the top left; colours are sRGB triples 0..255; alpha is 0..1.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .bitmap_font import text_mask

Colour = tuple[int, int, int]


class Canvas:
    """An image to draw on."""

    def __init__(self, width: int, height: int, background: Colour) -> None:
        self.width, self.height = width, height
        self.pixels = np.empty((height, width, 3), np.float32)
        self.pixels[:] = background

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, alpha: float = 1.0) -> None:
        """A filled rectangle, at least one pixel wide and high."""
        left, top = round(max(0, x0)), round(max(0, y0))
        right, bottom = min(self.width, max(left + 1, round(x1))), min(self.height, max(top + 1, round(y1)))
        area = self.pixels[top:bottom, left:right]
        area += (np.array(colour, np.float32) - area) * np.float32(alpha)

    def columns(self, x0: int, tops: NDArray, bottoms: NDArray, colours: NDArray, alpha: float = 1.0) -> None:
        """One vertical line per pixel column from ``tops`` to ``bottoms``, softened at its ends; colours (n, 3)."""
        x1 = min(self.width, x0 + len(tops))
        count = x1 - x0
        rows = np.arange(self.height)[:, None]
        cover = np.minimum(rows + 1, bottoms[None, :count]) - np.maximum(rows, tops[None, :count])
        blend = (np.clip(cover, 0, 1) * alpha).astype(np.float32)[:, :, None]
        area = self.pixels[:, x0:x1]
        area += (colours[None, :count].astype(np.float32) - area) * blend

    def text(self, x: float, y: float, words: str, colour: Colour, *, scale: int = 1, alpha: float = 1.0) -> int:
        """One line of text with its top left corner at (x, y); the x at which it ends."""
        mask = text_mask(words, scale)
        left, top = round(x), round(y)
        part = mask[max(0, -top) : self.height - top, max(0, -left) : self.width - left]
        if part.size:
            area = self.pixels[max(0, top) : max(0, top) + part.shape[0], max(0, left) : max(0, left) + part.shape[1]]
            area[part] += (np.array(colour, np.float32) - area[part]) * np.float32(alpha)
        return left + mask.shape[1]

    def save(self, path: Path) -> None:
        """Write a PNG (8 bit RGB, as in the PNG specification, every row with filter 2 "up")."""
        image = np.clip(self.pixels + 0.5, 0, 255).astype(np.uint8).reshape(self.height, -1)
        above = np.concatenate([np.zeros((1, image.shape[1]), np.uint8), image[:-1]])
        rows = np.concatenate([np.full((self.height, 1), 2, np.uint8), image - above], axis=1)
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
        data = b"\x89PNG\r\n\x1a\n"
        for name, body in chunks:
            data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def text_width(words: str, scale: int = 1) -> int:
    """Pixels that a text takes."""
    return text_mask(words, scale).shape[1]
