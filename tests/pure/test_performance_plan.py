# SPDX-License-Identifier: GPL-3.0-or-later
"""When the DJ does what: gestures that never collide, blinks, gear that follows the hands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from dancing import even, song

from crossfade_addon.studio import gear_plan
from crossfade_addon.studio import performance_plan as plan
from crossfade_addon.studio.deck_plane import FADER_TRAVEL
from crossfade_addon.timeline import Event


@pytest.mark.parametrize(
    ("action", "lead"),
    [("deck_scratch_L", 0.23), ("crossfader_hit", 0.50), ("drop_reaction", 0.50), ("spotlight_present", 0.58)],
)
def test_gestures_start_early_enough_to_hit_on_time(action: str, lead: float) -> None:
    (gesture,) = plan.plan_gestures(song(even(120), [(20.0, action)]))
    assert gesture.start == pytest.approx(20.0 - lead)


def test_gestures_never_share_a_hand_or_start_too_close() -> None:
    names = list(plan.KINDS)
    triggers = [(2.0 + 0.37 * i, names[i % len(names)]) for i in range(150)]
    gestures = plan.plan_gestures(song(even(120), triggers))
    assert len(gestures) > 20
    for a, b in pairwise(gestures):
        assert b.start - a.start >= plan.SPACING - 1e-6
        if set(plan.KINDS[a.action].hands) & set(plan.KINDS[b.action].hands):
            assert b.start >= a.end - 1e-6


def test_drop_reaction_wins_over_an_earlier_neighbour() -> None:
    kept = plan.plan_gestures(
        song(even(120), [(9.7, "crossfader_hit"), (10.0, "drop_reaction"), (10.4, "deck_scratch_L")])
    )
    assert [g.action for g in kept] == ["drop_reaction"]


def test_the_earlier_of_two_equals_wins() -> None:
    kept = plan.plan_gestures(song(even(120), [(10.0, "deck_scratch_R"), (10.5, "crossfader_hit")]))
    assert [g.action for g in kept] == ["deck_scratch_R"]


def test_gesture_at_the_first_sample_moves_to_a_beat_or_is_left_out() -> None:
    (moved,) = plan.plan_gestures(song(even(120, first=0.1), [(0.0, "drop_reaction")]))
    assert moved.hit == pytest.approx(0.6)
    assert moved.start >= 0
    assert plan.plan_gestures(song([], [(0.0, "drop_reaction")])) == []


def test_blinks_repeat_for_a_seed_and_keep_clear_of_drops_winks_and_shut_eyes() -> None:
    timeline = song(even(120), [(15.0, "drop_reaction"), (30.0, "spotlight_present"), (40.0, "crossfader_hit")])
    gestures = plan.plan_gestures(timeline)
    shut = [(44.0, 46.0)]

    def blinks(seed: int) -> list[float]:
        return plan.plan_blinks(gestures, [15.0, 50.0], shut, 60.0, seed)

    assert blinks(5) == blinks(5)
    assert blinks(5) != blinks(6)
    assert 10 <= len(blinks(5)) <= 26
    for seed in range(60):
        for t in blinks(seed):
            assert not 14.6 - plan.BLINK_LENGTH < t < 15.4
            assert not 49.6 - plan.BLINK_LENGTH < t < 50.4
            assert not 29.42 - plan.BLINK_LENGTH < t < 31.42
            assert not 39.9 < t < 40.2
            assert not 44.0 - plan.BLINK_LENGTH < t < 46.0


@pytest.mark.parametrize(("intensity", "size"), [("low", 0.7), ("medium", 0.85), ("high", 1.0)])
def test_drop_reaction_is_as_large_as_its_drop(intensity: str, size: float) -> None:
    events = (Event(20.0, "drop", intensity, "", ""), Event(40.0, "drop", "low", "", ""))
    (gesture,) = plan.plan_gestures(song(even(120), [(20.0, "drop_reaction")], events=events))
    assert gesture.influence == size


def test_gestures_that_reach_for_the_gear_are_always_whole() -> None:
    events = (Event(20.0, "drop", "low", "", ""),)
    (gesture,) = plan.plan_gestures(song(even(120), [(20.0, "crossfader_hit")], events=events))
    assert gesture.influence == 1.0


def test_held_down_curve_stays_under_its_cap_and_is_untouched_elsewhere() -> None:
    times, levels = np.array([0.0, 10.0, 20.0, 30.0]), np.array([0.2, 0.9, 0.9, 0.1])
    at, held = plan.held_down((times, levels), [(12.0, 14.0)], 0.5, 1.0)
    for t in np.linspace(12, 14, 9):
        assert np.interp(t, at, held) <= 0.5 + 1e-9
    for t in (3.0, 10.5, 15.5, 25.0):
        assert np.interp(t, at, held) == pytest.approx(np.interp(t, times, levels))


def test_platter_turns_at_33_and_a_third_and_follows_the_scratching_hand() -> None:
    gestures = plan.plan_gestures(song(even(120), [(10.0, "deck_scratch_L"), (20.0, "deck_scratch_R")]))
    times, angles = gear_plan.plan_platter("L", gestures, 60.0)

    def at(t: float) -> float:
        return float(np.interp(t, times, angles))

    assert at(1.8) == pytest.approx(-360.0)
    start = 10.0 - 0.23
    # The hand's own keys: 66 degrees out from .15 to .23 s, 64 back to .33 (peaks fall between half frames).
    assert at(start + 0.23) - at(start + 0.15) == pytest.approx(66.0, abs=2.5)
    assert at(start + 0.33) - at(start + 0.23) == pytest.approx(-64.0, abs=2.5)
    assert at(20.5) - at(19.5) == pytest.approx(-200.0)
    assert np.all(np.diff(times) > 0)


def test_crossfader_never_jumps_and_is_at_its_end_when_a_hit_comes() -> None:
    gestures = plan.plan_gestures(song(even(120), [(t, "crossfader_hit") for t in (5.0, 6.1, 20.0)]))
    assert len(gestures) == 3
    times, places = gear_plan.plan_knob(gestures)
    assert np.all(np.diff(times) > 0)
    for gesture in gestures:
        assert np.interp(gesture.start + 0.40, times, places) == pytest.approx(-FADER_TRAVEL)
        assert np.interp(gesture.start + 0.55, times, places) == pytest.approx(FADER_TRAVEL)
    every_frame = np.interp(np.arange(0, 25, 1 / 30), times, places)
    assert np.max(np.abs(np.diff(every_frame))) < 0.09
