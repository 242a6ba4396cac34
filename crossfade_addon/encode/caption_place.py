# SPDX-License-Identifier: GPL-3.0-or-later
"""Where burned captions stand: in the strict safe zone, clear of the DJ's face (pixels of the delivered picture)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..errors import EncodeError
from .phrases import MAX_ROWS
from .platforms import Platform, SafeBox, default_box, strict_of

SIZE_OF_SHORT_SIDE = 0.088
"""Font size (libass cell height) as a part of the picture's shorter side."""
OUTLINE, HALO, BLUR = 0.062, 0.11, 0.10
"""Outline, halo around it and the halo's softness, as parts of the font size."""
FACES = (0.28, 0.66)
"""Between these shares of the height the DJ's face is in nearly all set-ups of both aspects."""
CENTRED = 0.75
"""The block stands in the picture's middle when that costs no more than a quarter of the zone's width."""
SIZES = (1.0, 0.85, 0.7, 0.55, 0.4)
"""Parts of the size that are tried in a narrow zone, and how many letter heights a row must hold."""
LEAST_ROOM = 3
_SPARE = 0.985
"""Part of the room that rows may take: the rest is for kerning and overhanging letters."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a picture's captions.

    ``band`` is where two rows of full size stand with all their ink, within ``zone``; ``middle`` is x of their
    middle, ``room`` the longest row, ``edge`` how far outline and halo reach beyond the letters.
    """

    zone: SafeBox
    band: tuple[float, float]
    middle: float
    room: float
    size: float
    outline: float
    halo_border: float
    edge: float

    def top_of(self, rows: int, size: float, above: float, below: float) -> float:
        """y of the first row's upper edge; ``above`` and ``below`` are how far ink sticks out of the rows."""
        top = (self.band[0] + self.band[1]) / 2 - rows * size / 2
        top = min(top, self.zone.bottom - self.edge - max(0.0, below) - rows * size)
        return max(top, self.zone.top + self.edge + max(0.0, above))


def place(width: int, height: int, zones: Sequence[SafeBox]) -> Place:
    """The best place in a union of rectangles: clear of faces first, then low, then wide.

    Raises
    ------
    EncodeError
        When the zones leave no room for captions.
    """
    for part in SIZES:
        if options := list(_options(width, height, zones, round(part * SIZE_OF_SHORT_SIDE * min(width, height)))):
            return max(options, key=lambda option: option[:3])[3]
    raise EncodeError(
        f"The safe zones leave no room for captions in a picture of {width}x{height}.",
        hint="Widen 'strict' in the platforms file, or set captions = \"sidecar\".",
    )


def caption_zones(platforms: Sequence[Platform]) -> tuple[SafeBox, ...]:
    """Where captions of a video for all of these platforms may stand; they have one picture size.

    Empty when the strict zones have nothing in common. Platforms without one leave the choice to the others.
    """
    zoned = [platform for platform in platforms if platform.strict]
    return strict_of(zoned) if zoned else (default_box(platforms[0].width, platforms[0].height),)


def sharing(platforms: Iterable[Platform]) -> list[list[Platform]]:
    """Platforms of one picture size in groups that can share captions; each goes to the first that has room for it.

    One whose own zone has no room stands alone.
    """
    groups: list[list[Platform]] = []
    for platform in platforms:
        for group in groups:
            if _has_room([*group, platform]):
                group.append(platform)
                break
        else:
            groups.append([platform])
    return groups


def _has_room(platforms: Sequence[Platform]) -> bool:
    try:
        place(platforms[0].width, platforms[0].height, caption_zones(platforms))
    except EncodeError:
        return False
    return True


def _options(
    width: int, height: int, zones: Sequence[SafeBox], size: int
) -> Iterator[tuple[float, bool, float, Place]]:
    outline, halo = round(size * OUTLINE, 1), round(size * HALO, 1)
    edge = halo + 1.2 * BLUR * size
    tall = MAX_ROWS * size + 2 * edge
    low, high = FACES[0] * height, FACES[1] * height
    for zone in zones:
        middle, half = width / 2, min(width / 2 - zone.left, zone.right - width / 2)
        if 2 * half < CENTRED * zone.width:
            middle, half = (zone.left + zone.right) / 2, zone.width / 2
        room = (2 * half - 2 * edge) * _SPARE
        if room < LEAST_ROOM * size or zone.height < tall:
            continue
        for top in (float(zone.top), zone.bottom - tall):
            covered = max(0.0, min(top + tall, high) - max(top, low))
            yield -covered, top > high, room, Place(zone, (top, top + tall), middle, room, size, outline, halo, edge)
