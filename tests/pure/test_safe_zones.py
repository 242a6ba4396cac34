# SPDX-License-Identifier: GPL-3.0-or-later
"""Safe zones in the rendered picture: against areas and corners reckoned by hand from the platforms' pixels."""

from __future__ import annotations

import dataclasses

import pytest

from crossfade_addon.encode.platforms import SafeBox, load_platforms
from crossfade_addon.encode.safe_zones import COVERED, FREE, SOMETIMES, Rect, Zones, zones_of

pytestmark = pytest.mark.pure

KNOWN = load_platforms()


def area(zones: Zones, level: int) -> float:
    return sum((r - a) * (b - t) for (a, t, r, b), kind in zones.cells if kind == level)


def level_at(zones: Zones, x: float, y: float) -> int:
    return next(kind for (a, t, r, b), kind in zones.cells if a <= x < r and t <= y < b)


def length(lines: tuple[Rect, ...]) -> float:
    """In pixels of 1080 x 1920."""
    return sum((r - a) * 1080 + (b - t) * 1920 for a, t, r, b in lines)


def test_tiktoks_l_is_one_zone_with_six_sides() -> None:
    zones = zones_of([KNOWN["tiktok"]])
    pixels = (960 - 120) * (840 - 240) + (780 - 120) * (1260 - 840)
    assert area(zones, FREE) * 1080 * 1920 == pytest.approx(pixels)
    assert length(zones.strict) == pytest.approx(840 + 600 + 180 + 420 + 660 + 1020)
    assert level_at(zones, 900 / 1080, 800 / 1920) == FREE
    assert level_at(zones, 850 / 1080, 1000 / 1920) == SOMETIMES
    assert level_at(zones, 0.5, 1500 / 1920) == COVERED


def test_the_cells_are_the_whole_picture_once() -> None:
    for platform in KNOWN.values():
        zones = zones_of([platform])
        assert sum(area(zones, level) for level in (COVERED, SOMETIMES, FREE)) == pytest.approx(1)


def test_several_platforms_have_what_they_have_in_common() -> None:
    tall = [platform for platform in KNOWN.values() if platform.aspect == "9:16"]
    zones = zones_of(tall)
    pixels = (888 - 120) * (840 - 288) + (780 - 120) * (1248 - 840)
    assert area(zones, FREE) * 1080 * 1920 == pytest.approx(pixels)


def test_a_cropped_and_a_blurred_picture_are_reckoned_back_to_the_render() -> None:
    middle = SafeBox(0, 0, 1080, 1080)
    square = dataclasses.replace(KNOWN["tiktok"], height=1080, strict=(middle,), organic=middle, fit="crop")
    cropped = zones_of([square])
    assert cropped.organic == pytest.approx((0, 420 / 1920, 1, 1500 / 1920))
    blurred = zones_of([dataclasses.replace(square, fit="blur")])
    assert blurred.organic == (0, 0, 1, 1)
    half = SafeBox(540, 540, 1080, 1080)
    part = zones_of([dataclasses.replace(square, fit="blur", strict=(half,), organic=half)])
    assert part.organic == pytest.approx((0.5, 0.5, 1, 1))


def test_platforms_with_nothing_in_common_leave_nothing_free() -> None:
    left, right = SafeBox(0, 0, 500, 1920), SafeBox(600, 0, 1080, 1920)
    sides = [dataclasses.replace(KNOWN["tiktok"], strict=(box,), organic=box) for box in (left, right)]
    zones = zones_of(sides)
    assert zones.organic is None and zones.strict == ()
    assert area(zones, COVERED) == 1
