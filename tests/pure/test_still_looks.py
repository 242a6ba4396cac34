# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures in numbers, on synthetic pictures whose every value is known; and which of several is taken."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.encode.platforms import Cover, load_platforms
from crossfade_addon.encode.still_looks import difference, measure, pick
from crossfade_addon.encode.stills import CHOICES, choices_of, covers_of, crop_of, seen_in
from crossfade_addon.stills import Still, on_disk, stills_folder, write_note

WIDE, TALL = 96, 54
STILL = Still(Path("x.png"), 1, WIDE, TALL, score=2.0)


def look(pixels, still=STILL):
    return measure(np.ascontiguousarray(pixels, dtype=np.uint8).tobytes(), WIDE, TALL, still)


def scene(seed=1, low=20, high=200):
    """Coarse coloured blocks: lit, sharp and colourful."""
    blocks = np.random.default_rng(seed).integers(low, high, (9, 16, 3))
    return np.kron(blocks, np.ones((6, 6, 1), dtype=int))


def blurred(pixels):
    smooth = pixels.astype(float)
    for _ in range(30):
        smooth = (smooth + np.roll(smooth, 1, 0) + np.roll(smooth, -1, 0) + np.roll(smooth, 1, 1)) / 4
    return smooth


def test_a_flat_picture_has_its_level_and_nothing_else():
    flat = look(np.full((TALL, WIDE, 3), 100))
    assert flat.luma == pytest.approx(100, abs=0.1)
    assert (flat.sharpness, flat.spread, flat.blown, flat.black) == pytest.approx((0, 0, 0, 0), abs=0.01)


def test_clipped_halves_are_counted():
    half = np.zeros((TALL, WIDE, 3))
    half[:, WIDE // 2 :] = 255
    assert (look(half).blown, look(half).black) == (0.5, 0.5)


def test_a_good_picture_is_worth_more_than_a_damaged_one():
    good = look(scene()).worth
    assert good > look(blurred(scene())).worth
    assert good > look(scene() * 0.1).worth
    assert good > look(np.clip(scene() * 3.0, 0, 255)).worth
    grey = np.repeat(scene().mean(axis=2, keepdims=True), 3, axis=2)
    assert good > look(grey).worth


def test_the_best_are_taken_first_and_look_alikes_last():
    a, b, c = look(scene(1)), look(scene(2)), look(scene(3))
    ranked = [(name, dataclasses.replace(x, worth=w)) for name, x, w in (("a", a, 3), ("twin", a, 2.9), ("b", b, 2))]
    ranked.append(("c", dataclasses.replace(c, worth=1.9)))
    assert difference(a, a) == 0
    assert pick(ranked, 3) == ["a", "b", "c"]
    assert pick(ranked[:2], 3) == ["a", "twin"]


def test_two_pictures_of_one_camera_are_not_taken_while_there_are_others():
    same = [("a", dataclasses.replace(look(scene(1)), worth=3, shot="hero"))]
    same += [("b", dataclasses.replace(look(scene(2)), worth=2.6, shot="hero"))]
    same += [("c", dataclasses.replace(look(scene(3)), worth=2.2, shot="low"))]
    assert pick(same, 2) == ["a", "c"]


def test_covers_of_all_platforms_are_shared_under_the_strictest_limit():
    covers = covers_of(load_platforms().values())
    assert (covers["thumbnail"].width, covers["thumbnail"].height, covers["thumbnail"].max_mb) == (1280, 720, 2.0)
    assert (covers["cover"].width, covers["cover"].height, covers["cover"].max_mb) == (1080, 1920, 2.0)
    assert covers["cover"].crop_height == 1440
    assert set(covers_of([])) == {"thumbnail", "cover"}
    assert CHOICES == 3


def test_platforms_whose_covers_differ_in_size_get_one_each():
    tiktok = load_platforms()["tiktok"]
    square = dataclasses.replace(tiktok, name="feed", covers=(Cover("cover", 1080, 1080, 5.0, 1080, 1080),))
    covers = covers_of([tiktok, square])
    assert (covers["cover"].height, covers["feed_cover"].height) == (1920, 1080)


def test_covers_of_one_name_in_many_sizes_never_take_each_others_place():
    tiktok = load_platforms()["tiktok"]
    sizes = {"tiktok": ("cover", 1920), "feed": ("feed_cover", 700), "other": ("cover", 1080), "more": ("cover", 1350)}
    rows = [
        dataclasses.replace(tiktok, name=platform, covers=(Cover(name, 1080, height, 5.0, 1080, height),))
        for platform, (name, height) in sizes.items()
    ]
    rows += [dataclasses.replace(rows[0], name="feed", covers=(Cover("cover", 1080, 900, 5.0, 1080, 900),))]
    heights = {key: cover.height for key, cover in covers_of(rows).items() if cover.width == 1080}
    assert sorted(heights.values()) == [700, 900, 1080, 1350, 1920]


def test_every_choice_of_a_picture_is_known_by_its_name_among_the_deliverables():
    feed = dataclasses.replace(
        load_platforms()["tiktok"],
        covers=tuple(Cover(name, 8, 8, 5.0, 8, 8) for name in ("cover_1x1", "cover2", "cover")),
    )
    found = {key: (one.name, one.number) for key, one in choices_of([feed]).items()}
    assert found["cover_1x1"] == ("cover_1x1", 1) and found["cover_1x1_3"] == ("cover_1x1", 3)
    assert found["cover2"] == ("cover2", 1) and found["cover_2"] == ("cover", 2)
    assert len(found) == CHOICES * 4


def test_a_square_is_cut_around_the_head_and_what_is_too_wide_is_not_cut():
    tall = dataclasses.replace(STILL, width=1080, height=1920, head=(0.3, 0.25, 0.7, 0.5))
    window = crop_of(tall, Cover("s", 1080, 1080, 2, 1080, 1080))
    assert window is not None
    left, top, right, bottom = window
    assert (left, right) == (0, 1)
    assert bottom - top == pytest.approx(1080 / 1920)
    assert top < 0.25 < 0.5 < bottom
    head = seen_in(tall.head, window)
    assert head is not None
    assert (head[1] + head[3]) / 2 == pytest.approx(0.42, abs=0.01)
    assert crop_of(tall, Cover("t", 1280, 720, 2, 1280, 720)) is None
    assert crop_of(tall, Cover("c", 540, 960, 2, 540, 720)) == (0, 0, 1, 1)


def test_stills_are_found_again_as_far_as_their_pictures_are_there(tmp_path):
    folder = stills_folder(tmp_path, "9:16")
    folder.mkdir()
    for name in ("frame_00001.png", "frame_00002.png"):
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n picture IEND\xaeB`\x82")
    stills = tuple(
        Still(folder / f"frame_0000{n}.png", n, 10, 20, "hero", 1.5, "drop", (0.1, 0.2, 0.3, 0.4), 0.9, 0.8, 0.7)
        for n in (1, 2, 3)
    )
    write_note(folder, stills)
    assert on_disk(tmp_path, "9:16") == stills[:2]
    stills[0].path.write_bytes(stills[0].path.read_bytes()[:-1])
    assert on_disk(tmp_path, "9:16") == stills[1:2], "a picture that was cut short is none"
    assert on_disk(tmp_path, "16:9") == ()
    (folder / "stills.json").write_text("{", encoding="utf-8")
    assert on_disk(tmp_path, "9:16") == ()
