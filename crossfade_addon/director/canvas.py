# SPDX-License-Identifier: GPL-3.0-or-later
"""A small RGB canvas and a PNG writer, with numpy and zlib only.

Conventions: pixels are (x, y) from the top left; colours are sRGB triples 0..255; alpha is 0..1.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .bitmap_font import text_mask

Colour = tuple[int, int, int]
SHAPES = ("down", "up", "ramp", "fall", "diamond", "ring", "disc", "bars", "square", "play", "star", "hollow")
_COMPRESSION = 2
"""zlib's level: higher ones take several times as long for a tenth less."""


class Canvas:
    """An image to draw on; ``pixels`` is (height, width, 3) bytes."""

    def __init__(self, width: int, height: int, background: Colour) -> None:
        self.width, self.height = width, height
        self.pixels = np.empty((height, width, 3), np.uint8)
        self.pixels[:] = background

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, alpha: float = 1.0) -> None:
        """A filled rectangle, at least one pixel wide and high."""
        left, top = round(max(0, x0)), round(max(0, y0))
        right, bottom = min(self.width, max(left + 1, round(x1))), min(self.height, max(top + 1, round(y1)))
        area = self.pixels[top:bottom, left:right]
        if alpha >= 1:
            area[:] = colour
        else:
            area[:] = area * np.float32(1 - alpha) + np.array(colour, np.float32) * np.float32(alpha) + np.float32(0.5)

    def columns(self, x0: int, tops: NDArray, bottoms: NDArray, colours: NDArray, alpha: float = 1.0) -> None:
        """One vertical line per pixel column from ``tops`` to ``bottoms``, softened at its ends; colours (n, 3)."""
        x1 = min(self.width, x0 + len(tops))
        tops, bottoms = tops[: x1 - x0].astype(np.float32), bottoms[: x1 - x0].astype(np.float32)
        first, last = max(0, int(tops.min())), min(self.height, int(np.ceil(bottoms.max())))
        if first >= last:
            return
        rows = np.arange(first, last, dtype=np.float32)[:, None]
        cover = np.minimum(rows + 1, bottoms) - np.maximum(rows, tops)
        blend = np.clip(cover, 0, 1)[:, :, None] * np.float32(alpha)
        area = self.pixels[first:last, x0:x1]
        area[:] = area + (colours[None, : x1 - x0].astype(np.float32) - area) * blend + np.float32(0.5)

    def text(self, x: float, y: float, words: str, colour: Colour, *, scale: int = 1) -> int:
        """One line of text, the top left corner of its capitals at (x, y); the x at which it ends."""
        mask = text_mask(words, scale)
        left, top = round(x), round(y)
        part = mask[max(0, -top) : max(0, self.height - top), max(0, -left) : max(0, self.width - left)]
        if part.size:
            top, left = max(0, top), max(0, left)
            self.pixels[top : top + part.shape[0], left : left + part.shape[1]][part] = colour
        return round(x) + mask.shape[1]

    def stamp(self, x: float, y: float, shape: str, size: int, colour: Colour) -> None:
        """One of :data:`SHAPES`, ``size`` pixels wide, centred on (x, y)."""
        mask = _shape(shape, size)
        left, top = round(x - size / 2), round(y - size / 2)
        part = mask[max(0, -top) : max(0, self.height - top), max(0, -left) : max(0, self.width - left)]
        top, left = max(0, top), max(0, left)
        area = self.pixels[top : top + part.shape[0], left : left + part.shape[1]]
        area[:] = area + (np.array(colour, np.float32) - area) * part[:, :, None] + np.float32(0.5)

    def png(self) -> bytes:
        """As a PNG file: 8 bit RGB, as in the PNG specification, every row with filter 2 ("up")."""
        image = self.pixels.reshape(self.height, -1)
        rows = np.empty((self.height, image.shape[1] + 1), np.uint8)
        rows[:, 0] = 2
        rows[0, 1:] = image[0]
        np.subtract(image[1:], image[:-1], out=rows[1:, 1:])
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), _COMPRESSION)), (b"IEND", b""))
        data = b"\x89PNG\r\n\x1a\n"
        for name, body in chunks:
            data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        return data

    def save(self, path: Path) -> None:
        """Write :meth:`png`, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(self.png())
        part.replace(path)


def text_width(words: str, scale: int = 1) -> int:
    """Pixels that a text takes."""
    return text_mask(words, scale).shape[1]


@lru_cache(maxsize=64)
def _shape(name: str, size: int) -> NDArray[np.float32]:
    """How much of every pixel a shape covers, by four by four samples."""
    axis = (np.arange(4 * size) + 0.5) / (2 * size) - 1
    y, x = np.meshgrid(axis, axis, indexing="ij")
    radius = np.hypot(x, y)
    inside = {
        "down": (np.abs(x) <= (0.9 - y) / 2) & (y >= -0.9),
        "up": (np.abs(x) <= (0.9 + y) / 2) & (y <= 0.9),
        "ramp": (y >= -x) & (x <= 0.9) & (y <= 0.9),
        "fall": (y >= x) & (x >= -0.9) & (y <= 0.9),
        "diamond": np.abs(x) + np.abs(y) <= 0.95,
        "ring": (radius <= 0.95) & (radius >= 0.5),
        "disc": (radius <= 0.95) & ~((radius >= 0.4) & (radius <= 0.6)),
        "bars": (np.abs(y) <= 0.9) & (np.abs(x) <= 0.9) & (np.floor((x + 0.9) / 0.36) % 2 == 0),
        "square": (np.abs(x) <= 0.8) & (np.abs(y) <= 0.8),
        "play": (np.abs(y) <= (0.9 - x) / 2) & (x >= -0.9),
        "star": np.abs(x) ** 0.6 + np.abs(y) ** 0.6 <= 0.98,
        "hollow": (np.maximum(np.abs(x), np.abs(y)) <= 0.85) & (np.maximum(np.abs(x), np.abs(y)) >= 0.5),
    }[name]
    return inside.reshape(size, 4, size, 4).mean(axis=(1, 3)).astype(np.float32)
