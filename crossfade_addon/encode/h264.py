# SPDX-License-Identifier: GPL-3.0-or-later
"""H.264: the sequence parameter set (ITU-T H.264, 7.3.2.1.1 and annex E), and what the levels allow (annex A).

Sizes are macroblocks of 16x16 pixels and rates macroblocks a second where not said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

_LEVELS = {
    "3.0": (40_500, 1620),
    "3.1": (108_000, 3600),
    "3.2": (216_000, 5120),
    "4.0": (245_760, 8192),
    "4.1": (245_760, 8192),
    "4.2": (522_240, 8704),
    "5.0": (589_824, 22_080),
    "5.1": (983_040, 36_864),
    "5.2": (2_073_600, 36_864),
    "6.0": (4_177_920, 139_264),
    "6.1": (8_355_840, 139_264),
    "6.2": (16_711_680, 139_264),
}
"""Level to (macroblocks a second, macroblocks of a picture), table A-1; no video of ours is below 3.0."""
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138})
_SAR = (
    *((0, 0), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33)),
    *((18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1)),
)


@dataclass(frozen=True, slots=True)
class Sps:
    """A sequence parameter set.

    ``chroma`` is 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4; ``width`` and ``height`` are pixels after cropping;
    ``sar`` is (0, 0) when it is not said; ``colour`` is (primaries, transfer, matrix) by number, None when not said
    (1 is BT.709); ``full_range`` is None when not said; ``reorder`` is how many pictures may be shown out of
    order, None when not said.
    """

    profile: int
    level: int
    chroma: int
    bits: int
    width: int
    height: int
    progressive: bool
    sar: tuple[int, int]
    colour: tuple[int, int, int] | None
    full_range: bool | None
    reorder: int | None


def level_name(number: int) -> str:
    """``4.2`` for 42."""
    return f"{number // 10}.{number % 10}"


def level_number(name: str) -> int:
    """42 for ``4.2``."""
    whole, _, part = name.partition(".")
    return int(whole) * 10 + int(part or 0)


def least_level(width: int, height: int, fps: Fraction) -> str:
    """The lowest level from 3.0 whose picture size and macroblock rate are enough."""
    picture = -(-width // 16) * -(-height // 16)
    for name, (rate, size) in _LEVELS.items():
        if picture <= size and picture * fps <= rate:
            return name
    return next(reversed(_LEVELS))


def parse_sps(nal: bytes) -> Sps | None:
    """A sequence parameter set from its NAL unit (header byte included); None when it is damaged."""
    try:
        return _parse(_Bits(nal[1:].replace(b"\0\0\3", b"\0\0")))
    except IndexError:
        return None


def _parse(bits: _Bits) -> Sps:
    profile, _, level = bits.u(8), bits.u(8), bits.u(8)
    bits.ue()
    chroma, depth = 1, 8
    if profile in _WITH_CHROMA:
        chroma = bits.ue()
        if chroma == 3:
            bits.u(1)
        depth = 8 + bits.ue()
        bits.ue()
        bits.u(1)
        if bits.u(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.u(1):
                    _skip_scaling(bits, 16 if index < 6 else 64)
    bits.ue()
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.u(1)
        bits.se()
        bits.se()
        for _ in range(bits.ue()):
            bits.se()
    bits.ue()
    bits.u(1)
    columns, rows = bits.ue() + 1, bits.ue() + 1
    progressive = bool(bits.u(1))
    if not progressive:
        bits.u(1)
    bits.u(1)
    width, height = columns * 16, rows * 16 * (1 if progressive else 2)
    if bits.u(1):
        left, right, top, bottom = (bits.ue() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (1 if progressive else 2)
    usability = _parse_vui(bits) if bits.u(1) else ((0, 0), None, None, None)
    return Sps(profile, level, chroma, depth, width, height, progressive, *usability)


def _parse_vui(
    bits: _Bits,
) -> tuple[tuple[int, int], tuple[int, int, int] | None, bool | None, int | None]:
    sar, colour, full_range, reorder = (0, 0), None, None, None
    if bits.u(1):
        index = bits.u(8)
        sar = (bits.u(16), bits.u(16)) if index == 255 else _SAR[index] if index < len(_SAR) else (0, 0)
    if bits.u(1):
        bits.u(1)
    if bits.u(1):
        bits.u(3)
        full_range = bool(bits.u(1))
        if bits.u(1):
            colour = (bits.u(8), bits.u(8), bits.u(8))
    if bits.u(1):
        bits.ue()
        bits.ue()
    if bits.u(1):
        bits.u(65)
    has_hrd = False
    for _ in range(2):
        if bits.u(1):
            has_hrd = True
            count = bits.ue() + 1
            bits.u(8)
            for _ in range(count):
                bits.ue()
                bits.ue()
                bits.u(1)
            bits.u(20)
    if has_hrd:
        bits.u(1)
    bits.u(1)
    if bits.u(1):
        bits.u(1)
        for _ in range(4):
            bits.ue()
        reorder = bits.ue()
    return sar, colour, full_range, reorder


def _skip_scaling(bits: _Bits, size: int) -> None:
    last, following = 8, 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


class _Bits:
    """Reads big-endian bits and Exp-Golomb codes; IndexError at the end."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def u(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self._raw[self._at >> 3] >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def ue(self) -> int:
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise IndexError
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
