# SPDX-License-Identifier: GPL-3.0-or-later
"""Titles on thumbnails and covers, drawn by FFmpeg and read back from pixels; and damaged pictures that are named."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

from crossfade_addon.encode import stills, titles
from crossfade_addon.encode.fonts import caption_fonts
from crossfade_addon.encode.still_checks import still_look_checks, title_drawn
from crossfade_addon.encode.stills import FONTS, TITLE, copy_fonts, covers_of
from crossfade_addon.errors import CrossfadeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import Progress, drain
from crossfade_addon.themes import BUILT_IN, load_theme

COVERS = covers_of([])
THUMB, COVER = COVERS["thumbnail"], COVERS["cover"]
RIGHT, LEFT, MIDDLE = (0.52, 0.19, 0.88, 0.69), (0.12, 0.19, 0.48, 0.69), (0.18, 0.25, 0.82, 0.52)
LONG = "The Longest Title That Anybody Ever Gave To A Song (Official Extended Remix) [feat. Everyone]"
AWKWARD = (
    ('{\\an1}<3 & "Q" 100% \\N', "a{b}c", "sponsor_neon", THUMB, RIGHT),
    (LONG, "The Artist Formerly Known As Somebody Else Entirely", "award_elegant", THUMB, LEFT),
    ("Supercalifragilisticexpialidocious" * 2, "", "mashup_chaos", COVER, MIDDLE),
    ("夜に駆ける星の歌を聴かせて", "ÅÇÉ ğ", "sponsor_neon", COVER, MIDDLE),
    ("أغنية الحب الأولى", "עברית", "chill_lofi", THUMB, None),
    ("gypsy jig", "", "chill_lofi", COVER, None),
)


@pytest.fixture(scope="module")
def ffmpeg():
    try:
        return find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")


def set_title(folder: Path, title, artist, theme, cover, head):
    fonts, style = caption_fonts(), titles.style_of(load_theme(theme))
    layout = titles.lay_out(title, artist, cover, head, fonts, style)
    assert layout is not None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TITLE).write_text(titles.title_script(layout, cover, fonts, style), encoding="utf-8")
    (folder / stills.SHADE).write_text(titles.shade_script(layout, cover, fonts, style), encoding="utf-8")
    copy_fonts([*layout.lines, layout.artist], fonts, folder / FONTS)
    return layout


@pytest.mark.parametrize(("title", "artist", "theme", "cover", "head"), AWKWARD)
def test_no_title_leaves_the_crop_or_covers_the_face(ffmpeg, tmp_path, title, artist, theme, cover, head):
    set_title(tmp_path, title, artist, theme, cover, head)
    drawn = drain(title_drawn(ffmpeg, cover, tmp_path, tmp_path / "drawn", Progress("verify", 0)))
    assert drawn is not None
    left, top = (cover.width - cover.crop_width) // 2, (cover.height - cover.crop_height) // 2
    box = drawn.box
    assert left <= box.left < box.right <= left + cover.crop_width
    assert top <= box.top < box.bottom <= top + cover.crop_height
    if head is RIGHT:
        assert box.right <= (head[0] + 0.05) * cover.width
    if head is LEFT:
        assert box.left >= (head[2] - 0.05) * cover.width
    if head is MIDDLE:
        assert box.top >= head[3] * cover.height


def test_words_are_drawn_and_not_obeyed():
    fonts, style = caption_fonts(), titles.style_of(load_theme("chill_lofi"))
    layout = titles.lay_out("{\\an1}a\nb", "", THUMB, RIGHT, fonts, style)
    assert layout is not None
    script = titles.title_script(layout, THUMB, fonts, style)
    assert r"\{" in script and "{\\an1}" not in script
    assert all(line.startswith("Dialogue: ") for line in script.split("Text\n")[-1].splitlines())


def test_short_titles_are_large_and_long_ones_stay_readable():
    fonts, style = caption_fonts(), titles.style_of(load_theme("sponsor_neon"))
    short = titles.lay_out("Go", "", THUMB, RIGHT, fonts, style)
    long = titles.lay_out(LONG, "", THUMB, RIGHT, fonts, style)
    assert short is not None and long is not None
    assert short.size > 1.5 * long.size
    assert long.size * 0.6 * 168 / 1280 >= 4, "letters of four pixels in a list"
    assert "REMIX" not in " ".join(long.lines)


def test_without_a_title_the_artist_is_set_and_without_both_nothing():
    fonts, style = caption_fonts(), titles.style_of(load_theme("sponsor_neon"))
    only = titles.lay_out(" \n", "Somebody", THUMB, None, fonts, style)
    assert only is not None and only.lines == ("SOMEBODY",)
    assert titles.lay_out("", "\x00", THUMB, None, fonts, style) is None


def test_every_theme_has_a_type_of_its_own():
    assert len({titles.style_of(load_theme(name)) for name in BUILT_IN}) == len(BUILT_IN)


# ------------------------------------------------------------------------------------ damaged pictures


def paint(ffmpeg, path: Path, source: str, *, scripts: Path | None = None, extra: str = "null") -> Path:
    """A JPEG of 1280 x 720 from a test source, the title of a folder drawn on it."""
    ass = f"format=rgb24,ass={stills.SHADE}:fontsdir=fonts,ass={TITLE}:fontsdir=fonts" if scripts else "null"
    command = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", f"{source}:size=1280x720:rate=1"]
    command += ["-vf", f"{extra},{ass}", "-frames:v", "1", "-q:v", "3", "-update", "1", str(path)]
    subprocess.run(command, check=True, cwd=scripts or path.parent)
    return path


@pytest.fixture(scope="module")
def titled(ffmpeg, tmp_path_factory):
    """The scripts of a title, and a good picture with it."""
    folder = tmp_path_factory.mktemp("titled")
    set_title(folder, "First Light", "Crossfade", "sponsor_neon", THUMB, RIGHT)
    return folder, paint(ffmpeg, folder / "good.jpg", "testsrc2=duration=1", scripts=folder)


def failures(ffmpeg, path, scripts, folder, cover=THUMB):
    return {c.name for c in drain(still_look_checks(ffmpeg, path, cover, scripts, folder)) if not c.ok}


def test_a_good_picture_passes(ffmpeg, titled, tmp_path):
    assert failures(ffmpeg, titled[1], titled[0], tmp_path) == set()
    checks = drain(still_look_checks(ffmpeg, titled[1], THUMB, titled[0], tmp_path))
    assert {"Title in the crop", "Title stands out", "Title size", "Picture light"} <= {c.name for c in checks}


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        ("lutrgb=r=val*0.05:g=val*0.05:b=val*0.05", {"Picture light", "Picture contrast"}),
        ("gblur=sigma=40", {"Picture sharpness"}),
        ("lutrgb=r=120+val*0.05:g=120+val*0.05:b=120+val*0.05", {"Picture contrast"}),
        ("lutrgb=r=255:g=255:b=255", {"Picture light", "Picture contrast", "Picture sharpness"}),
    ],
)
def test_dark_blurred_flat_and_white_pictures_are_named(ffmpeg, tmp_path, extra, names):
    bad = paint(ffmpeg, tmp_path / "bad.jpg", "testsrc2=duration=1", extra=extra)
    assert names <= failures(ffmpeg, bad, None, tmp_path / "w")


def test_a_title_that_is_not_in_the_picture_is_named(ffmpeg, titled, tmp_path):
    bare = paint(ffmpeg, tmp_path / "bare.jpg", "color=gray:duration=1")
    assert "Title stands out" in failures(ffmpeg, bare, titled[0], tmp_path / "w")


def test_a_title_outside_the_crop_or_too_small_is_named(ffmpeg, titled, tmp_path):
    narrow = dataclasses.replace(THUMB, crop_width=900)
    assert failures(ffmpeg, titled[1], titled[0], tmp_path / "w", narrow) == {"Title in the crop"}
    small = tmp_path / "small"
    set_title(small, "First Light", "", "sponsor_neon", THUMB, RIGHT)
    script = (small / TITLE).read_text(encoding="utf-8")
    (small / TITLE).write_text(re.sub(r"\\fs[\d.]+", r"\\fs20", script), encoding="utf-8")
    assert "Title size" in failures(ffmpeg, titled[1], small, tmp_path / "w")


def test_a_picture_of_another_size_or_cut_short_is_named(ffmpeg, titled, tmp_path):
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(titled[1].read_bytes()[:300])
    assert failures(ffmpeg, cut, None, tmp_path / "w") == {"Picture"}
    assert failures(ffmpeg, titled[1], None, tmp_path / "w", COVER) == {"Picture"}
