# SPDX-License-Identifier: GPL-3.0-or-later
"""When the DJ does what: gestures that never collide, a bob on the beat, gear that follows the hands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from crossfade_addon.studio import performance_plan as plan
from crossfade_addon.studio.deck_plane import FADER_TRAVEL
from crossfade_addon.timeline import Audio, AvatarPlan, Beats, Meta, Section, Timeline, Trigger


def song(
    beats: list[float],
    triggers: list[tuple[float, str]] | None = None,
    *,
    duration: float = 60.0,
    sections: tuple[Section, ...] = (),
) -> Timeline:
    return Timeline(
        meta=Meta("song", "Song", "Artist", "mashup", "sponsor_neon", 7, duration, 120.0, "", ""),
        audio=Audio("song.wav", sections),
        beats=Beats(timestamps=tuple(beats), downbeats=tuple(beats[::4]), bpm=120.0),
        avatar=AvatarPlan(triggers=tuple(Trigger(t, action, 1.0) for t, action in triggers or [])),
    )


def even(bpm: float, first: float = 0.2, duration: float = 60.0) -> list[float]:
    return np.arange(first, duration, 60.0 / bpm).tolist()


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


@pytest.mark.parametrize(("bpm", "beats_per_loop"), [(60, 1), (74, 1), (76, 2), (120, 2), (149, 2), (151, 4), (180, 4)])
def test_bob_keeps_a_comfortable_tempo(bpm: float, beats_per_loop: int) -> None:
    (bob,) = plan.plan_bob(song(even(bpm)))
    assert (bob.end - bob.start) / bob.loops == pytest.approx(beats_per_loop * 60 / bpm)


def test_bob_covers_the_whole_song_and_loops_begin_on_bars() -> None:
    beats = even(100, first=3.3, duration=50.0)
    stretches = plan.plan_bob(song(beats))
    assert stretches[0].start <= 0
    assert stretches[-1].end >= 60
    loop = (stretches[0].end - stretches[0].start) / stretches[0].loops
    assert ((3.3 - stretches[0].start) / loop) % 1 == pytest.approx(0, abs=1e-6)


def test_bob_follows_a_drifting_tempo_without_gaps() -> None:
    steps = 0.5 + 0.06 * np.sin(np.arange(110) / 9)
    beats = np.cumsum(steps).tolist()
    stretches = plan.plan_bob(song(beats, duration=50.0))
    assert len(stretches) > 5
    for a, b in pairwise(stretches):
        assert a.end == b.start
    lows = np.concatenate([np.linspace(s.start, s.end, 2 * s.loops + 1) for s in stretches])
    heard = [t for t in beats if stretches[0].start < t < min(50.0, stretches[-1].end)]
    assert max(np.min(np.abs(lows - t)) for t in heard) <= plan.STEADY + 1e-9


def test_song_without_beats_gets_a_calm_bob() -> None:
    (bob,) = plan.plan_bob(song([]))
    assert (bob.end - bob.start) / bob.loops == pytest.approx(2.0)
    _, levels = plan.plan_influence(song([]), [], 1.0)
    assert levels.max() <= 0.35


def test_influence_rises_with_energy_over_one_beat_and_yields_to_big_gestures() -> None:
    sections = (Section(0, 20, "verse", 0.0), Section(20, 60, "drop", 1.0))
    timeline = song(even(120), [(30.0, "spotlight_present")], sections=sections)
    gestures = plan.plan_gestures(timeline)
    times, levels = plan.plan_influence(timeline, gestures, 1.0)

    def at(t: float) -> float:
        return float(np.interp(t, times, levels))

    assert at(10) == pytest.approx(0.3)
    assert at(19.5) == pytest.approx(0.3)
    assert at(19.75) == pytest.approx(0.65, abs=0.01)
    assert at(20.1) == pytest.approx(1.0)
    (spot,) = gestures
    assert max(at(t) for t in np.linspace(spot.start, spot.end, 50)) <= 0.6 + 1e-9
    assert at(spot.start - 0.25) == pytest.approx(0.8)
    assert at(spot.end + 0.6) == pytest.approx(1.0)
    assert np.all(np.diff(times) > 0)


def test_blinks_repeat_for_a_seed_and_keep_clear_of_drops_and_winks() -> None:
    timeline = song(even(120), [(15.0, "drop_reaction"), (30.0, "spotlight_present"), (40.0, "crossfader_hit")])
    gestures = plan.plan_gestures(timeline)
    blinks = plan.plan_blinks(gestures, [15.0, 50.0], 60.0, 5)
    assert blinks == plan.plan_blinks(gestures, [15.0, 50.0], 60.0, 5)
    assert blinks != plan.plan_blinks(gestures, [15.0, 50.0], 60.0, 6)
    assert 10 <= len(blinks) <= 26
    for seed in range(60):
        for t in plan.plan_blinks(gestures, [15.0, 50.0], 60.0, seed):
            assert not 14.6 - plan.BLINK_LENGTH < t < 15.4
            assert not 49.6 - plan.BLINK_LENGTH < t < 50.4
            assert not 29.42 - plan.BLINK_LENGTH < t < 31.42
            assert not 39.9 < t < 40.2


def test_platter_turns_at_33_and_a_third_and_follows_the_scratching_hand() -> None:
    gestures = plan.plan_gestures(song(even(120), [(10.0, "deck_scratch_L"), (20.0, "deck_scratch_R")]))
    times, angles = plan.plan_platter("L", gestures, 60.0)

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
    times, places = plan.plan_knob(gestures)
    assert np.all(np.diff(times) > 0)
    for gesture in gestures:
        assert np.interp(gesture.start + 0.40, times, places) == pytest.approx(-FADER_TRAVEL)
        assert np.interp(gesture.start + 0.55, times, places) == pytest.approx(FADER_TRAVEL)
    every_frame = np.interp(np.arange(0, 25, 1 / 30), times, places)
    assert np.max(np.abs(np.diff(every_frame))) < 0.09
