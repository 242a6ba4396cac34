# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of pictures, on pictures whose truth is known by how they were painted."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import frame_measures as measures

pytestmark = pytest.mark.pure

FPS = 30.0
DARK, BRIGHT, RED = (40, 40, 40), (200, 200, 200), (230, 0, 0)


def plain(color: tuple[int, int, int], size: tuple[int, int] = (16, 16)) -> np.ndarray:
    return np.full((*size, 3), color, np.uint8)


def gray_of(luminance: float) -> tuple[int, int, int]:
    """The grey nearest to a relative luminance (sRGB transfer curve)."""
    value = 1.055 * luminance ** (1 / 2.4) - 0.055 if luminance > 0.0031308 else 12.92 * luminance
    return (round(255 * value),) * 3


def film(
    colors: list[tuple[int, int, int]], *, share: float = 1.0, rest: tuple[int, int, int] = DARK, offset: int = 0
) -> np.ndarray:
    """Frames of which a share of the columns (from ``offset``) shows each colour, the others ``rest``."""
    frames = np.stack([plain(rest, (4, 100)) for _ in colors])
    for frame, color in zip(frames, colors, strict=True):
        frame[:, offset : offset + round(100 * share)] = color
    return frames


def strobe(flashes: int, first: tuple[int, int, int], second: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """One second that goes to the second colour and back so many times, then a second of the first."""
    colors = [first] * 60
    for k in range(flashes):
        start = round(30 * k / flashes)
        colors[start + 1 : start + 1 + max(1, 15 // flashes)] = [second] * max(1, 15 // flashes)
    return colors


def most(frames: np.ndarray) -> float:
    return float(measures.flash_rates(measures.luminance_steps(frames), FPS).max())


def most_red(frames: np.ndarray) -> float:
    return float(measures.flash_rates(measures.red_steps(frames), FPS).max())


def test_mean_luma_weighs_the_channels_as_bt709() -> None:
    assert measures.mean_luma(plain((255, 255, 255))) == pytest.approx(255, abs=0.01)
    assert measures.mean_luma(plain((0, 255, 0))) == pytest.approx(0.7152 * 255, abs=0.01)
    half = plain((0, 0, 0))
    half[:8] = 100
    assert measures.mean_luma(half) == pytest.approx(50, abs=0.01)


def test_only_pixels_with_every_channel_at_the_top_are_clipped() -> None:
    picture = plain((255, 255, 100), (10, 10))
    picture[:2, :5] = (254, 255, 254)
    assert measures.clipped_share(picture) == pytest.approx(0.1)


def test_relative_luminance_and_lab_of_known_colors() -> None:
    assert float(measures.relative_luminance(plain((188, 188, 188)))[0, 0]) == pytest.approx(0.503, abs=0.002)
    assert measures.lab(plain((255, 255, 255)))[0, 0] == pytest.approx([100, 0, 0], abs=0.05)
    assert measures.lab(plain((255, 0, 0)))[0, 0] == pytest.approx([53.24, 80.09, 67.20], abs=0.1)


def test_a_subject_separates_as_far_as_its_outline_differs_from_what_is_behind() -> None:
    mask = np.zeros((120, 120), bool)
    mask[33:87, 33:87] = True
    picture = plain((50, 50, 50), (120, 120))
    picture[mask] = (200, 200, 200)
    picture[:, 60:] = np.where(mask[:, 60:, None], 200, 195)
    contrasts = measures.edge_contrasts(picture, mask)
    left, right = np.sort(contrasts)[-8:], np.sort(contrasts)[:8]
    assert left.min() > 50
    assert right.max() < 3
    assert len(measures.edge_contrasts(picture, np.zeros_like(mask))) == 0


def test_histograms_of_other_hues_are_far_and_of_the_same_hues_near() -> None:
    rng = np.random.default_rng(1)

    def scene(hue: tuple[int, int, int]) -> np.ndarray:
        return np.clip(plain(hue, (40, 40)) * rng.uniform(0.6, 1, (40, 40, 1)), 0, 255).astype(np.uint8)

    cyan, again, gold = (measures.color_histogram([scene(c)]) for c in ((0, 180, 255), (0, 180, 255), (255, 190, 80)))
    assert measures.histogram_distance(cyan, again) < 0.1
    assert measures.histogram_distance(cyan, gold) == pytest.approx(1.0, abs=0.01)
    assert measures.histogram_distance(cyan, cyan) == 0.0
    assert measures.color_histogram([plain((9, 9, 9))]).sum() == pytest.approx(1)


@pytest.mark.parametrize("flashes", [1, 2, 3, 5, 7, 15])
def test_flashes_of_a_second_are_counted(flashes: int) -> None:
    assert most(film(strobe(flashes, DARK, BRIGHT))) == flashes


def test_dark_flashes_on_a_bright_picture_count_the_same() -> None:
    assert most(film(strobe(4, BRIGHT, DARK))) == 4


def test_flashes_on_less_than_a_quarter_of_the_picture_do_not_count() -> None:
    assert most(film(strobe(6, DARK, BRIGHT), share=0.24)) == 0
    assert most(film(strobe(6, DARK, BRIGHT), share=0.26)) == 6


def test_changes_below_a_tenth_of_the_luminance_are_no_flash() -> None:
    assert most(film(strobe(6, gray_of(0.10), gray_of(0.19)))) == 0
    assert most(film(strobe(6, gray_of(0.10), gray_of(0.21)))) == 6


def test_changes_between_two_very_bright_pictures_are_no_flash() -> None:
    assert most(film(strobe(6, gray_of(0.82), gray_of(0.97)))) == 0
    assert most(film(strobe(6, gray_of(0.78), gray_of(0.97)))) == 6


def test_a_slow_ramp_is_one_change_and_pulses_that_decay_over_frames_are_flashes() -> None:
    ramp = [gray_of(v) for v in np.linspace(0.0, 0.9, 60)]
    assert most(film(ramp)) == 0.5
    pulses = [gray_of(0.5 * np.exp(-(k % 6) / 2)) for k in range(60)]
    assert most(film(pulses)) == 5


def test_pulses_that_fade_at_another_pace_in_every_corner_are_flashes() -> None:
    heights = np.linspace(0.15, 0.9, 100)
    light = np.array([heights * np.exp(-(k % 7) / 2.5) for k in range(63)])
    encoded = np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    frames = np.repeat(np.round(255 * encoded).astype(np.uint8)[:, None, :, None], 3, axis=3)
    assert most(frames) == 5  # five pulses begin and end in 30 frames that begin with one


def test_a_bright_thing_that_crosses_the_picture_is_no_flash() -> None:
    frames = np.stack([plain(DARK, (4, 100)) for _ in range(60)])
    for k, frame in enumerate(frames):
        place = round(45 + 40 * np.sin(k / 6))  # at most 7 of 100 columns a frame, there and back
        frame[:, place : place + 10] = BRIGHT
    assert most(frames) == 0


def test_steps_too_small_alone_add_up_to_one_change_until_the_picture_turns() -> None:
    slow = [gray_of(0.05 + 0.04 * k) for k in range(6)] + [gray_of(0.25 - 0.04 * k) for k in range(6)]
    steps = measures.luminance_steps(film(slow))[:, 0, 0]
    assert [int(s) for s in steps if s] == [1, -1]


def test_flashes_of_different_quarters_add_up() -> None:
    first, second = strobe(2, DARK, BRIGHT), [DARK] * 4 + strobe(2, DARK, BRIGHT)[:-4]
    frames = film(first, share=0.5)
    frames[:, :, 50:] = film(second, share=1.0)[:, :, 50:]
    assert most(frames) == 4


def test_cuts_within_a_second_count_as_half_a_flash_each() -> None:
    rng = np.random.default_rng(2)
    shots = [np.where(rng.random((20, 20, 1)) < 0.5, 30, 220).astype(np.uint8).repeat(3, axis=2) for _ in range(3)]
    frames = np.stack([shots[k // 10] for k in range(30)])
    assert most(frames) == 1.0
    lights_alone = measures.luminance_steps(frames, cuts=[10, 20])
    assert not lights_alone.any()


def test_light_that_changes_between_cuts_still_counts_without_them() -> None:
    frames = film(strobe(3, DARK, BRIGHT))
    frames[30:] = 255 - frames[30:]  # a cut to something bright
    assert most(frames) == 3.5
    assert measures.flash_rates(measures.luminance_steps(frames, cuts=[30]), FPS).max() == 3


def test_red_flashes_need_saturated_red_in_either_state() -> None:
    assert most_red(film(strobe(4, (0, 0, 0), RED))) == 4
    assert most_red(film(strobe(4, RED, BRIGHT))) == 4
    assert most_red(film(strobe(4, (0, 0, 0), (255, 120, 120)))) == 0
    assert most_red(film(strobe(4, (0, 0, 0), (60, 0, 0)))) == 0  # (R-G-B) x 320 is 14
    assert most_red(film(strobe(4, DARK, BRIGHT))) == 0
