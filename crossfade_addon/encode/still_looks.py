# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture is like, in numbers: sharp, lit, not clipped, colourful; and which of several to take.

Conventions: levels 0..255 of graded RGB at :data:`LOOK_SIDE` pixels on the longer side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..stills import Still

LOOK_SIDE = 480
APART = 40.0
"""Mean difference of two small pictures from which on they do not look alike at all."""
ALIKE, SAME_SHOT = 1.5, 0.8
"""What it costs to look exactly like a picture that was taken, and to come from the same camera."""
_SMALL = (16, 16)
_LIT = (58.0, 140.0)
"""Mean luma that a picture should have: darker ones look dull in a list, brighter ones washed out."""
_BLOWN, _BLACK = 250, 8
_SHARP_FROM = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """Measures of one picture.

    Parameters
    ----------
    luma, spread : float
        Mean, and the distance from the darkest to the brightest twentieth.
    blown, black : float
        Share of pixels that are clipped at either end.
    sharpness : float
        Variance of the Laplacian of luma.
    colour : float
        Colourfulness (Hasler and Suesstrunk 2003): 0 grey, 50 moderate, 100 vivid.
    small : tuple of int
        The picture at 16 x 16, for telling pictures apart.
    shot : str
        The camera it comes from.
    worth : float
        The still's own score and what these measures add to it.
    """

    luma: float
    spread: float
    blown: float
    black: float
    sharpness: float
    colour: float
    small: tuple[int, ...]
    shot: str = ""
    worth: float = 0.0


def measure(raw: bytes, width: int, height: int, still: Still) -> Look:
    """Measure raw RGB of ``width`` x ``height`` pixels."""
    import numpy as np

    pixels = np.frombuffer(raw[: width * height * 3], dtype=np.uint8).reshape(height, width, 3).astype(np.float32)
    red, green, blue = np.moveaxis(pixels, 2, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    low, high = np.percentile(luma, (5, 95))
    inner = luma[1:-1, 1:-1]
    laplacian = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * inner
    opponent = red - green, (red + green) / 2 - blue
    vivid = np.hypot(*(part.std() for part in opponent)) + 0.3 * np.hypot(*(part.mean() for part in opponent))
    rows = [band.mean(axis=0) for band in np.array_split(pixels, _SMALL[1], axis=0)]
    small = [cell.mean(axis=0) for row in rows for cell in np.array_split(row, _SMALL[0], axis=0)]
    look = Look(
        luma=float(luma.mean()),
        spread=float(high - low),
        blown=float((luma >= _BLOWN).mean()),
        black=float((luma <= _BLACK).mean()),
        sharpness=float(laplacian.var()),
        colour=float(vivid),
        small=tuple(int(v + 0.5) for v in np.array(small).ravel()),
    )
    return _with_worth(look, still)


def _with_worth(look: Look, still: Still) -> Look:
    worth = still.score
    worth -= max(0.0, _LIT[0] - look.luma) / 30 + max(0.0, look.luma - _LIT[1]) / 40
    worth -= 8 * max(0.0, look.blown - 0.02) + 2 * max(0.0, look.black - 0.35)
    worth -= max(0.0, 90 - look.spread) / 45
    worth -= max(0.0, _SHARP_FROM - look.sharpness) / 40
    worth += min(look.colour, 110) / 220
    values: dict[str, Any] = {name: getattr(look, name) for name in Look.__slots__}
    return Look(**{**values, "shot": still.shot, "worth": round(worth, 4)})


def difference(one: Look, other: Look) -> float:
    """Mean difference of two pictures at 16 x 16."""
    return sum(abs(a - b) for a, b in zip(one.small, other.small, strict=True)) / max(1, len(one.small))


def pick(looked_at: Sequence[tuple[T, Look]], count: int) -> list[T]:
    """The best, best first, each as different as can be from those before it."""
    left, kept = list(range(len(looked_at))), list[int]()

    def worth(index: int) -> float:
        look = looked_at[index][1]
        nearest = min((difference(look, looked_at[other][1]) for other in kept), default=APART)
        again = sum(look.shot == looked_at[other][1].shot != "" for other in kept)
        return look.worth - SAME_SHOT * again - ALIKE * max(0.0, 1 - nearest / APART)

    while left and len(kept) < count:
        best = max(left, key=lambda index: (worth(index), -index))
        left.remove(best)
        kept.append(best)
    return [looked_at[index][0] for index in kept]
