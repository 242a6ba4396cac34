# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a song a preview looks at, and the contact sheet, from grids and pictures written here."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.brief import Brief
from crossfade_addon.errors import PipelineError
from crossfade_addon.preview.parts import eight_bars, pictures, strongest_drop
from crossfade_addon.preview.quick_look import film_path, preview_brief, workplace
from crossfade_addon.preview.sheet import GAP, SIZES, compose
from crossfade_addon.timeline import Audio, Beats, CameraPlan, Event, Meta, Section, Shot, Signals, Timeline
from crossfade_addon.timing import seconds_at

pytestmark = pytest.mark.pure

FPS = Fraction(30)
BAR = 2.0
FIRST = 0.5
"""Of 30 bars of two seconds."""
DURATION = 62.0


def song(drops: tuple[tuple[float, float], ...] = ((20.5, 0.4), (40.5, 0.9), (50.5, 0.9)), bars: int = 30) -> Timeline:
    beats = tuple(FIRST + 0.5 * k for k in range(4 * bars))
    return Timeline(
        meta=Meta("x", "X", "", "mashup", "", 1, DURATION, 120.0, "", "1"),
        audio=Audio("x.wav", (Section(0.0, 20.0, "intro", 0.2), Section(20.0, DURATION, "drop", 1.0))),
        beats=Beats(beats, beats[::4], 120.0 if bars else 0.0, 4, 1.0),
        events=tuple(Event(t, "drop", "high", "", "", strength) for t, strength in drops),
        signals=Signals(100.0, {"energy": np.ones(6200)}),
        camera={"9:16": CameraPlan(shots=(Shot(0.0, 41.2, "hero"), Shot(41.2, DURATION, "face")))},
    )


def test_eight_bars_begin_two_before_the_bar_of_the_moment() -> None:
    clip = eight_bars(song(), 21.3)
    assert (clip.start, clip.end) == (FIRST + 8 * BAR, FIRST + 16 * BAR)


@pytest.mark.parametrize(("around", "start"), [(0.0, FIRST), (3.9, FIRST), (61.9, FIRST + 22 * BAR)])
def test_eight_bars_stay_in_the_song(around: float, start: float) -> None:
    clip = eight_bars(song(), around)
    assert (clip.start, clip.end) == (start, start + 8 * BAR)


def test_a_short_song_is_taken_whole_and_one_without_bars_by_seconds() -> None:
    few = eight_bars(song(bars=3), 3.0)
    assert (few.start, few.end) == (FIRST, FIRST + 3 * BAR)
    none = eight_bars(song(bars=0), 60.0)
    assert (none.start, none.end) == (DURATION - 16.0, DURATION)
    early = eight_bars(dataclasses.replace(song(bars=0), meta=dataclasses.replace(song().meta, duration_sec=5.0)), 1.0)
    assert (early.start, early.end) == (0.0, 5.0)


def test_the_strongest_drop_is_the_first_of_equals() -> None:
    assert strongest_drop(song()) == 40.5
    assert strongest_drop(song(drops=())) is None


def test_every_drop_has_a_picture_after_its_flash_and_before_the_next() -> None:
    found = pictures(song(), "9:16", FPS)
    times = [seconds_at(picture.frame, FPS) for picture in found]
    assert [picture.label for picture in found] == ["1  0:21  drop, high", "2  0:41  drop, high", "3  0:51  drop, high"]
    for (drop, _), t in zip(((20.5, 0), (40.5, 0), (50.5, 0)), times, strict=True):
        assert 0.2 <= t - drop <= 2 * BAR


def test_a_song_without_drops_shows_its_parts() -> None:
    found = pictures(song(drops=()), "9:16", FPS)
    assert [picture.label.split("  ")[2] for picture in found] == ["intro", "drop"]


def test_a_sheet_shows_every_picture_where_its_number_says() -> None:
    width, height = SIZES["9:16"]
    tones = [np.full((height, width, 3), 40 + 30 * k, np.uint8) for k in range(5)]
    sheet = compose(tones, [f"{k + 1}  0:0{k}" for k in range(5)])
    assert sheet.shape[1] == 5 * (width + GAP) + GAP
    assert [int(sheet[GAP + 5, GAP + 5 + k * (width + GAP), 0]) for k in range(5)] == [40, 70, 100, 130, 160]
    below = sheet[GAP + height :]
    assert all((below[:, GAP + k * (width + GAP) :][:, :width] > 200).any() for k in range(5))


def test_many_pictures_make_a_wide_sheet() -> None:
    width, height = SIZES["16:9"]
    sheet = compose([np.zeros((height, width, 3), np.uint8)] * 13, ["x"] * 13)
    assert 1 < sheet.shape[1] / sheet.shape[0] < 2.6


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError):
        compose([np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)], ["a", "b"])


def test_a_preview_leaves_nothing_behind_but_what_it_made_and_never_takes_anothers_folder(tmp_path: Path) -> None:
    brief = preview_brief(Brief(tmp_path / "song.wav", "song", ("tiktok",), output_dir=tmp_path / "out"))
    with pytest.raises(ZeroDivisionError), workplace(brief):
        (brief.work_dir / "frames").mkdir()
        (brief.work_dir / "frames" / "frame_00001.jpg").touch()
        (brief.work_dir / "show.blend").touch()
        raise ZeroDivisionError
    assert not brief.output_dir.exists()
    with workplace(brief):
        (brief.work_dir / "frames").mkdir()
        with pytest.raises(PipelineError, match="Another job"), workplace(brief):
            raise AssertionError
        assert (brief.work_dir / "frames").is_dir()
        film_path(brief, "9:16").touch()
    assert [path.name for path in brief.output_dir.iterdir()] == ["song_9x16.mp4"]
