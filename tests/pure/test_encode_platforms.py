# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms file: the built-in one, and what a damaged one says."""

import tomllib

import pytest

from crossfade_addon import choices
from crossfade_addon.encode.platforms import FILE, Platform, SafeBox, load_platforms, platform_names, strict_of
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


def test_the_menu_says_of_the_built_in_platforms_what_their_file_says():
    told = [(p.name, p.label, f"({p.aspect}, {p.width} x {p.height})") for p in load_platforms().values()]
    assert [(name, label, about[about.index("(") :]) for name, label, about, _ in choices.PLATFORMS] == told
    assert [bit for *_, bit in choices.PLATFORMS] == [1 << n for n in range(len(told))]


def test_the_four_built_in_platforms_have_the_sizes_their_aspect_says():
    platforms = load_platforms()
    assert platform_names() == ("tiktok", "reels", "shorts", "youtube") == tuple(platforms)
    for platform in platforms.values():
        across, down = map(int, platform.aspect.split(":"))
        assert platform.width * down == platform.height * across
    assert platforms["reels"].max_mb == 300


def test_the_three_vertical_platforms_differ_in_nothing_that_changes_the_picture():
    vertical = [p for p in load_platforms().values() if p.aspect == "9:16"]
    names = ("width", "height", "fit", "gop_s", "crf", "max_kbps", "audio", "audio_kbps", "sample_rate", "captions")
    assert len({tuple(getattr(p, name) for name in names) for p in vertical}) == 1


def test_the_common_strict_zone_is_the_one_the_advertising_templates_leave():
    vertical = [p for p in load_platforms().values() if p.aspect == "9:16"]
    assert set(strict_of(vertical)) == {SafeBox(120, 288, 888, 840), SafeBox(120, 288, 780, 1248)}


def test_every_pixel_of_the_common_zone_is_free_on_every_platform():
    vertical = [p for p in load_platforms().values() if p.aspect == "9:16"]
    for box in strict_of(vertical):
        for x in (box.left, (box.left + box.right) // 2, box.right - 1):
            for y in (box.top, (box.top + box.bottom) // 2, box.bottom - 1):
                pixel = SafeBox(x, y, x + 1, y + 1)
                assert all(any(pixel.within(zone) for zone in p.strict) for p in vertical)


def test_platforms_without_common_ground_have_no_common_zone(tmp_path):
    path = tmp_path / "p.toml"
    low = GOOD.replace("[phone]", "[low]") + "strict = [[0, 1400, 1080, 1920]]\n"
    high = GOOD.replace("[phone]", "[high]") + "strict = [[0, 0, 1080, 200]]\n"
    path.write_text(low + high)
    platforms = load_platforms(path)
    assert strict_of([platforms["low"], platforms["high"]]) == () == strict_of([])


def test_a_platform_without_zones_gets_a_careful_one(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(GOOD)
    phone = load_platforms(path)["phone"]
    vertical = [p for p in load_platforms().values() if p.aspect == "9:16"]
    assert all(any(box.within(zone) for zone in p.strict) for p in vertical for box in phone.strict)


def test_a_platform_is_added_and_another_changed_by_data_alone(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(
        '[square]\nlike = "reels"\nlabel = "Feed"\nwidth = 1080\nheight = 1080\nfit = "crop"\n[shorts]\nwindow_s = 45\n'
    )
    platforms = load_platforms(path)
    assert tuple(platforms) == ("tiktok", "reels", "shorts", "youtube", "square")
    square = platforms["square"]
    assert (square.width, square.height, square.fit, square.max_mb) == (1080, 1080, "crop", 300)
    assert square.strict[0].within(SafeBox(0, 0, 1080, 1080))
    assert platforms["shorts"].window_s == 45 and platforms["shorts"].max_s == 180


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("width = 1080", "width = 1081", "odd"),
        ("width = 1080", 'width = "wide"', "width"),
        ("height = 1920\n", "", "height"),
        ("height = 1920\n", "height = 1080\nfit = 'exact'\n", "fit"),
        ("width = 1080", "width = 1080\nwindw_s = 3", "windw_s"),
        ("width = 1080", "width = 1080\nlike = 'nobody'", "nobody"),
        ("max_s = 600", "max_s = 600\nmin_s = 700", "min_s"),
        ("crf = 19", "crf = 19\ncaption_files = ['pdf']", "caption_files"),
        ("crf = 19", "crf = 19\nfps = [60, 24]", "fps"),
        ("[phone]", "['../phone']", "phone"),
        ('captions = "burned"', 'captions = "sung"', "captions"),
        ('aspect = "9:16"', 'aspect = "1:1"', "aspect"),
        ("crf = 19", "crf = 19.5", "whole"),
        ("crf = 19", "crf = 99", "crf"),
        ('captions = "burned"', 'captions = "burned"\nstrict = [[0, 0, 2000, 10]]', "strict"),
        ("[phone]", "[phone", "read"),
        ("[phone]", f"[{'p' * 41}]", "40 letters"),
        ("[phone]", "[TikTok]", "capital letters"),
        ("crf = 19", "crf = 19\ncodec = 'hevc'", "codec = 'hevc' is not one of h264"),
        ("crf = 19", "crf = 19\nsample_rate = 46000", "sample_rate = 46000 is not one of 44100, 48000"),
        ("crf = 19", "crf = 19\nloop = 'false'", "loop = 'false' is neither true nor false"),
        ("crf = 19", "crf = 19\nloop = 1", "neither true nor false"),
        ("crf = 19", "crf = 19\nstrict = []", "no room for captions"),
        ("crf = 19", "crf = 19\nstrict = 5", "strict = 5 is not a list"),
        ("crf = 19", "crf = 19\nstrict = [[1, 2, 3]]", "whole pixels"),
        ("crf = 19", "crf = 19\nstrict = [[0.5, 0, 10, 10]]", "whole pixels"),
        ("crf = 19", "crf = 19\norganic = ['0', '0', '9', '9']", "organic box .* whole pixels"),
        ("crf = 19", "crf = 19\nfps = 30", "fps = 30 is not"),
        ("crf = 19", "crf = 19\nfps = ['23', '60']", "fps = .* is not"),
        ("crf = 19", "crf = 19\nfps = [23, 30, 60]", "fps = .* is not"),
        ("crf = 19", "crf = 19\ncaption_files = 'srt'", "caption_files = 'srt' is not a list"),
        ("crf = 19", "crf = 19\ncaption_files = [1]", "caption_files"),
        ('label = "Phone"', "label = 5", "label = 5 is not a text"),
        ('label = "Phone"', 'label = " "', "label"),
        ("crf = 19", "crf = 19\nsources = [5]", "sources"),
        ("crf = 19", "crf = 19\nchecked_on = 'May'", "checked_on = 'May' is not a date"),
        ("crf = 19", "crf = 19\nlufs = nan", "lufs"),
        ("crf = 19", "crf = 19\ncovers = ['cover']", "no table"),
        ("crf = 19", "crf = 19\ncovers = [{ name = 'c', width = 9, hight = 9, max_mb = 1 }]", "hight of a cover"),
        ("crf = 19", "crf = 19\ncovers = [{ name = 'c', width = 90, height = 90, max_mb = 1, crop = 5 }]", "crop = 5"),
        ("crf = 19", "crf = 19\nadvised_s = 60", "no value for 'advised_why'"),
        ("crf = 19", "crf = 19\nlike = ['tiktok']", "like"),
    ],
)
def test_bad_data_is_named(tmp_path, old, new, said):
    path = tmp_path / "p.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(BriefError, match=said):
        load_platforms(path)


def test_every_fact_of_the_built_in_platforms_is_data():
    for name, row in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        known = {*(set(Platform.__dataclass_fields__) - {"name", "fps_low", "fps_high", "fit"}), "fps"}
        left = known - set(row) - {"loop", "advised_s", "advised_why"}
        assert left == set(), name
        assert len(row["sources"]) > 1 and row["checked_on"]


def test_a_platform_says_what_happens_to_longer_videos_than_it_advises():
    platforms = load_platforms()
    assert platforms["shorts"].too_long(60.0) == "" == platforms["reels"].too_long(180.0)
    assert "Content ID claim is blocked worldwide (YouTube help 15424877" in platforms["shorts"].too_long(61.0)
    assert "Instagram Reels gets 200.0 s, and over 180 s a Reel is not recommended" in platforms["reels"].too_long(200)
    assert platforms["tiktok"].too_long(600) == "" == platforms["youtube"].too_long(9000)


def with_cover(name, platform="phone"):
    cover = f"covers = [{{ name = '{name}', width = 1080, height = 1080, max_mb = 2 }}]\n"
    return GOOD.replace("[phone]", f"[{platform}]") + cover


@pytest.mark.parametrize("name", ["../../evil", "", "Cover", "1st", "cover_2", "a b", "é", "c" * 41, "a/b"])
def test_a_cover_name_that_no_file_or_deliverable_could_have_is_refused(tmp_path, name):
    (tmp_path / "p.toml").write_text(with_cover(name))
    with pytest.raises(BriefError, match=r"the cover name .* is not made of"):
        load_platforms(tmp_path / "p.toml")


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("video_tiktok", "phone"),
        ("captions_srt", "phone"),
        ("description", "phone"),
        ("thumb", "phone"),
        ("phone", "video"),
    ],
)
def test_a_cover_may_not_be_called_like_another_deliverable(tmp_path, name, platform):
    (tmp_path / "p.toml").write_text(with_cover(name, platform))
    with pytest.raises(BriefError, match="is taken"):
        load_platforms(tmp_path / "p.toml")


def test_cover_names_may_have_digits(tmp_path):
    for name in ("cover_1x1", "cover2", "square_feed", "c" * 40):
        (tmp_path / "p.toml").write_text(with_cover(name))
        assert [cover.name for cover in load_platforms(tmp_path / "p.toml")["phone"].covers] == [name]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BriefError, match=r"nowhere\.toml"):
        load_platforms(tmp_path / "nowhere.toml")
