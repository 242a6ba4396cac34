# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments for thumbnails: where the music is strong and the picture is worth having."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction

import pytest

from crossfade_addon.curves import Signals
from crossfade_addon.encode.still_moments import LEAST_GAP_S, PER_PICTURE, choose_moments
from crossfade_addon.timeline import (
    Audio,
    AvatarPlan,
    Beats,
    CameraPlan,
    Clip,
    Event,
    LightCue,
    LightingPlan,
    Meta,
    Section,
    Shot,
    Timeline,
    Trigger,
)
from crossfade_addon.timing import frame_at, seconds_at

FPS = Fraction(30)
WHOLE = Clip(0.0, 32.0, "")


def song(**changes) -> Timeline:
    """32 s at 120 BPM: quiet, a drop at 16 s, four shots of 8 s."""
    energy = [0.3 if t < 1600 else 0.9 for t in range(3200)]
    shots = (Shot(0, 8, "wide"), Shot(8, 16, "hero"), Shot(16, 24, "close"), Shot(24, 32, "shoulder"))
    made = Timeline(
        meta=Meta("s", "S", "A", "single", "t", 1, 32.0, 120, "", ""),
        audio=Audio("", (Section(0, 16, "verse", 0.3), Section(16, 32, "drop", 0.9))),
        beats=Beats(tuple(k * 0.5 for k in range(64))),
        events=(Event(16.0, "drop", "high", "", ""),),
        signals=Signals(100.0, {"energy": tuple(energy)}),
        camera={"9:16": CameraPlan("hero", shots)},
    )
    return dataclasses.replace(made, **changes)


def seconds(moments) -> list[float]:
    return [seconds_at(moment.frame, FPS) for moment in moments]


def test_the_best_moment_comes_soon_after_the_drop_but_not_in_its_flash():
    best = seconds(choose_moments(song(), "9:16", [WHOLE], FPS, 4))[0]
    assert 16.2 <= best <= 18.0


def test_nobody_photographs_the_djs_back_a_cut_or_the_dark_before_a_drop():
    times = seconds(choose_moments(song(), "9:16", [WHOLE], FPS, 8))
    assert times
    assert all(t < 24 for t in times)
    assert all(abs(t - cut) > 0.1 for t in times for cut in (8, 16, 24))
    assert not any(15 < t < 16.2 for t in times)


@pytest.mark.parametrize("look", ["blackout", "flash"])
def test_cues_that_black_out_or_blind_are_avoided(look):
    dark = song(lighting=LightingPlan(cues=(LightCue(16.0, 8.0, look, 1.0),)))
    assert not any(16 <= t <= 24 for t in seconds(choose_moments(dark, "9:16", [WHOLE], FPS, 8)))


def test_a_gesture_is_caught_at_its_height():
    posed = song(avatar=AvatarPlan(triggers=(Trigger(12.3, "spotlight_present", 2.0),)))
    moments = choose_moments(posed, "9:16", [WHOLE], FPS, 8)
    assert frame_at(12.7, FPS) in {moment.frame for moment in moments}
    plain = {m.frame: m.score for m in choose_moments(song(), "9:16", [WHOLE], FPS, 8)}
    assert max(m.score for m in moments if 12 < seconds_at(m.frame, FPS) < 14) > max(
        score for frame, score in plain.items() if 12 < seconds_at(frame, FPS) < 14
    )


def test_moments_lie_in_the_clips_are_apart_and_no_more_than_can_be_looked_at():
    clips = [Clip(2.0, 6.0, ""), Clip(17.0, 23.0, "")]
    times = seconds(choose_moments(song(), "9:16", clips, FPS, 2))
    assert len(times) <= 2 * PER_PICTURE
    assert all(2 <= t < 6 or 17 <= t < 23 for t in times)
    ordered = sorted(times)
    assert all(b - a >= LEAST_GAP_S - 1e-6 for a, b in itertools.pairwise(ordered))


def test_the_same_song_gives_the_same_moments_and_one_without_beats_gives_some():
    assert choose_moments(song(), "9:16", [WHOLE], FPS, 4) == choose_moments(song(), "9:16", [WHOLE], FPS, 4)
    assert choose_moments(song(beats=Beats(), events=()), "9:16", [WHOLE], FPS, 4)


def test_a_clip_with_nothing_to_show_still_gives_its_middle():
    moments = choose_moments(song(), "9:16", [Clip(25.0, 27.0, "")], FPS, 4)
    assert seconds(moments) == [pytest.approx(26.0)]
