# SPDX-License-Identifier: GPL-3.0-or-later
"""A bob on the beat, head bangs where the kick is, hands raised where the music is loud and no gesture is near."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from dancing import even, song

from crossfade_addon.studio import action_tables, groove, pump_tables
from crossfade_addon.studio.performance_plan import plan_gestures
from crossfade_addon.timeline import Section, Signals, Timeline

PARTS = (Section(0, 20, "verse", 0.4), Section(20, 60, "drop", 1.0))


@pytest.mark.parametrize(("bpm", "beats_per_loop"), [(60, 1), (74, 1), (76, 2), (120, 2), (149, 2), (151, 4), (180, 4)])
def test_bob_keeps_a_comfortable_tempo(bpm: float, beats_per_loop: int) -> None:
    (bob,) = groove.plan_bob(song(even(bpm)))
    assert (bob.end - bob.start) / bob.loops == pytest.approx(beats_per_loop * 60 / bpm)


def test_bob_covers_the_whole_song_and_loops_begin_on_bars() -> None:
    beats = even(100, first=3.3, duration=50.0)
    stretches = groove.plan_bob(song(beats))
    assert stretches[0].start <= 0
    assert stretches[-1].end >= 60
    loop = (stretches[0].end - stretches[0].start) / stretches[0].loops
    assert ((3.3 - stretches[0].start) / loop) % 1 == pytest.approx(0, abs=1e-6)


def test_bob_follows_a_drifting_tempo_without_gaps() -> None:
    steps = 0.5 + 0.06 * np.sin(np.arange(110) / 9)
    beats = np.cumsum(steps).tolist()
    stretches = groove.plan_bob(song(beats, duration=50.0))
    assert len(stretches) > 5
    for a, b in pairwise(stretches):
        assert a.end == b.start
    lows = np.concatenate([np.linspace(s.start, s.end, 2 * s.loops + 1) for s in stretches])
    heard = [t for t in beats if stretches[0].start < t < min(50.0, stretches[-1].end)]
    assert max(np.min(np.abs(lows - t)) for t in heard) <= groove.STEADY + 1e-9


def test_song_without_beats_gets_a_calm_bob() -> None:
    (bob,) = groove.plan_bob(song([]))
    assert (bob.end - bob.start) / bob.loops == pytest.approx(2.0)
    _, levels = groove.plan_influence(song([]), [], [], 1.0)
    assert levels.max() <= 0.35


def test_influence_rises_with_energy_over_one_beat_and_yields_to_big_gestures() -> None:
    sections = (Section(0, 20, "verse", 0.0), Section(20, 60, "drop", 1.0))
    timeline = song(even(120), [(30.0, "spotlight_present")], sections=sections)
    gestures = plan_gestures(timeline)
    times, levels = groove.plan_influence(timeline, gestures, [], 1.0)

    def at(t: float) -> float:
        return float(np.interp(t, times, levels))

    assert at(10) == pytest.approx(0.3)
    assert at(19.5) == pytest.approx(0.3)
    assert at(19.75) == pytest.approx(0.6, abs=0.01)
    assert at(20.1) == pytest.approx(0.9)
    (spot,) = gestures
    assert max(at(t) for t in np.linspace(spot.start, spot.end, 50)) <= groove.BIG_GESTURE_INFLUENCE + 1e-9
    assert at(spot.end + 0.6) == pytest.approx(0.9)
    assert np.all(np.diff(times) > 0)


def test_wild_bobs_deeper_than_normal_and_normal_deeper_than_calm() -> None:
    timeline = song(even(120), sections=PARTS)
    depths = []
    for intensity in (0.5, 1.0, 1.4):
        times, levels = groove.plan_influence(timeline, [], [], intensity)
        depths.append([float(np.interp(t, times, levels)) for t in (10.0, 40.0)])
    assert depths[0][0] < depths[1][0] < depths[2][0]
    assert depths[0][1] < depths[1][1] < depths[2][1] <= 1.0


def test_gentle_themes_bob_less_deep() -> None:
    timeline = song(even(120), sections=PARTS)
    depths = [float(np.interp(40.0, *groove.plan_influence(timeline, [], [], 1.0, temper))) for temper in (0.4, 1.0)]
    assert 0.6 * depths[1] < depths[0] < 0.85 * depths[1]


def kicks(timeline: Timeline, silent: tuple[float, float]) -> Signals:
    """A kick on every beat but those in the silent stretch."""
    values = np.zeros(int(timeline.meta.duration_sec * 100))
    for beat in timeline.beats.timestamps:
        if not silent[0] <= beat < silent[1]:
            values[int(beat * 100) : int(beat * 100) + 6] = 0.8
    return Signals(100.0, {"kick": values.tolist()})


def test_head_bangs_in_loud_parts_where_the_kick_is_and_yields_to_gestures() -> None:
    bare = song(even(120, first=0.0), [(50.0, "deck_scratch_L")], sections=PARTS)
    timeline = song(even(120, first=0.0), [(50.0, "deck_scratch_L")], sections=PARTS, signals=kicks(bare, (30.0, 38.0)))
    gestures = plan_gestures(timeline)
    times, levels = groove.plan_bang(timeline, gestures, 1.0)

    def at(t: float) -> float:
        return float(np.interp(t, times, levels))

    assert at(10.0) == 0.0
    assert at(25.0) == pytest.approx(0.6)
    assert at(34.0) < 0.5 * at(25.0)
    (scratch,) = gestures
    assert max(at(t) for t in np.linspace(scratch.start, scratch.end, 20)) <= groove.BANG_UNDER_GESTURE + 1e-9
    assert np.interp(25.0, *groove.plan_bang(timeline, gestures, 1.4)) > at(25.0)
    assert np.interp(25.0, *groove.plan_bang(timeline, gestures, 0.5)) < at(25.0)
    assert np.interp(25.0, *groove.plan_bang(timeline, gestures, 1.0, 0.4)) < at(25.0)


@pytest.mark.parametrize("seed", range(8))
def test_hands_go_up_in_loud_parts_from_bar_to_bar_and_never_near_a_gesture(seed: int) -> None:
    beats = even(124)
    bars = beats[::4]
    triggers = [(bars[11], "drop_reaction"), (bars[16], "deck_scratch_L"), (bars[20], "crossfader_hit")]
    timeline = song(beats, triggers, sections=PARTS, seed=seed)
    gestures = plan_gestures(timeline)
    raised = groove.plan_raised(timeline, gestures, 1.0)
    assert raised == groove.plan_raised(timeline, gestures, 1.0)
    assert len(raised) >= 2
    for up in raised:
        assert up.start >= 19.9 and up.end <= 60.1
        assert min(abs(bar - up.start) for bar in bars) < 1e-6
        beat = (up.end - up.start) / round((up.end - up.start) * 124 / 60)
        for gesture in gestures:
            assert gesture.end <= up.start + 0.06 or gesture.start >= up.end - 0.5 * beat - 0.06
    for a, b in pairwise(raised):
        assert b.start >= a.end - 1e-6


def test_hands_go_up_more_often_the_wilder_the_show_and_never_in_quiet_shows() -> None:
    def seconds(intensity: float, temper: float = 1.0) -> float:
        total = 0.0
        for seed in range(20):
            timeline = song(even(124), sections=PARTS, seed=seed)
            total += sum(up.end - up.start for up in groove.plan_raised(timeline, [], intensity, temper))
        return total / 20

    assert seconds(0.5) < seconds(1.0) < seconds(1.4)
    assert 15 < seconds(1.0) < 38
    assert seconds(1.0, 0.4) == 0.0


def test_no_hand_goes_up_in_verses_builds_or_without_beats() -> None:
    quiet = (Section(0, 30, "verse", 0.9), Section(30, 60, "build", 0.9))
    assert groove.plan_raised(song(even(124), sections=quiet), [], 1.4) == []
    assert groove.plan_raised(song([], sections=PARTS), [], 1.4) == []


@pytest.mark.parametrize("beats", [4, 8])
@pytest.mark.parametrize("hands", ["L", "R", "LR"])
@pytest.mark.parametrize("table", [pump_tables.hand_pump, pump_tables.hand_wave])
def test_raised_hands_begin_and_end_at_home_and_are_above_the_shoulder_between(table, hands, beats) -> None:
    made = table(hands, beats)
    assert set(made.hands) == set(hands)
    for keys in made.hands.values():
        assert keys[0].wrist == keys[-1].wrist
        assert keys[0].t == 0.0 and keys[-1].t == beats
        up = [key for key in keys if 1.0 <= key.t <= beats - 1.9]
        assert up and all(key.wrist[2] > 1.3 for key in up)
    for keys in made.channels.values():
        assert keys[0][1] == keys[-1][1] == 0.0
        assert all(b[0] > a[0] for a, b in pairwise(keys))


def test_pumping_hand_is_down_on_the_beats_and_up_between() -> None:
    keys = pump_tables.hand_pump("L", 8).hands["L"]

    def height(t: float) -> float:
        return min(keys, key=lambda key: abs(key.t - t)).wrist[2]

    for beat in range(1, 6):
        assert height(beat + 0.02) < height(beat + 0.6) - 0.08


def test_head_bang_is_a_loop_as_long_as_the_bob() -> None:
    assert pump_tables.head_bang().duration == action_tables.idle_bob().duration
    nod = dict(pump_tables.head_bang().channels["head", "pitch"])
    assert abs(max(nod, key=lambda t: nod[t]) % 1.0) < 0.08
