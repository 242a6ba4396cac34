# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms file: the built-in one, and what a damaged one says."""

import pytest

from crossfade_addon.encode.platforms import load_platforms, platform_names
from crossfade_addon.errors import BriefError

GOOD = """
[phone]
label = "Phone"
aspect = "9:16"
width = 1080
height = 1920
window_s = 60
max_s = 600
max_mb = 500
audio_kbps = 256
crf = 19
max_kbps = 15000
captions = "burned"
"""


def test_the_four_built_in_platforms_have_the_sizes_their_aspect_says():
    platforms = load_platforms()
    assert platform_names() == ("tiktok", "reels", "shorts", "youtube") == tuple(platforms)
    for platform in platforms.values():
        across, down = map(int, platform.aspect.split(":"))
        assert platform.width * down == platform.height * across
    assert platforms["reels"].max_mb == 300


def test_the_three_vertical_platforms_differ_in_nothing_that_changes_the_picture():
    vertical = [p for p in load_platforms().values() if p.aspect == "9:16"]
    assert len({(p.width, p.height, p.crf, p.max_kbps, p.audio_kbps, p.captions, p.safe) for p in vertical}) == 1
    safe = vertical[0].safe
    assert (safe.left, safe.top, safe.right, safe.bottom) == (120, 270, 900, 1400)


def test_a_platform_without_a_safe_box_gets_the_strict_one(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(GOOD)
    safe = load_platforms(path)["phone"].safe
    assert (safe.left, safe.top, safe.right, safe.bottom) == (120, 270, 900, 1400)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("width = 1080", "width = 1081", "odd"),
        ("width = 1080", 'width = "wide"', "width"),
        ("height = 1920\n", "", "height"),
        ('captions = "burned"', 'captions = "none"', "captions"),
        ('aspect = "9:16"', 'aspect = "1:1"', "aspect"),
        ("crf = 19", "crf = 19.5", "whole"),
        ("crf = 19", "crf = 99", "crf"),
        ('captions = "burned"', 'captions = "burned"\nsafe = [0, 0, 2000, 10]', "safe"),
        ("[phone]", "[phone", "read"),
    ],
)
def test_bad_data_is_named(tmp_path, old, new, said):
    path = tmp_path / "p.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(BriefError, match=said):
        load_platforms(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BriefError, match=r"nowhere\.toml"):
        load_platforms(tmp_path / "nowhere.toml")
