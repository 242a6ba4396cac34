# SPDX-License-Identifier: GPL-3.0-or-later
"""A face that follows the song: calm, focused, grinning; glances; a mouth that sings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from dancing import even, song

from crossfade_addon.studio import mood, singing
from crossfade_addon.studio.action_curves import monotone_keys
from crossfade_addon.studio.performance_plan import plan_gestures
from crossfade_addon.timeline import (
    CameraPlan,
    Event,
    LyricLine,
    Lyrics,
    LyricWord,
    Section,
    Shot,
    Timeline,
)

PARTS = (
    Section(0.0, 8.2, "intro", 0.2),
    Section(8.2, 20.2, "build", 0.5),
    Section(20.2, 40.2, "drop", 1.0),
    Section(40.2, 52.2, "break", 0.2),
    Section(52.2, 60.0, "outro", 0.3),
)
DROP = Event(20.2, "drop", "high", "", "")


def show(triggers: list[tuple[float, str]] | None = None, **more) -> Timeline:
    return song(even(120), triggers, sections=PARTS, events=(DROP,), **more)


def planned(timeline: Timeline, intensity: float = 1.0) -> mood.Mood:
    return mood.plan_mood(timeline, plan_gestures(timeline), intensity)


def at(made: mood.Mood, bone: str, kind: str, t: float) -> float:
    return float(monotone_keys(made.channels[bone, kind], [t])[0])


@pytest.mark.parametrize("seed", range(6))
def test_faces_suit_the_parts(seed: int) -> None:
    spells = mood.plan_spells(show(seed=seed))
    assert spells[0][0] == 0.0 and spells[-1][1] == 60.0
    for a, b in pairwise(spells):
        assert a[1] == pytest.approx(b[0])

    def names(start: float, end: float) -> set[str]:
        return {name for a, b, name in spells if a < end - 0.1 and b > start + 0.1}

    assert names(8.2, 20.2) == {"focus", "rising", "gasp"}
    assert names(20.2, 40.2) <= {"grin", "joy", "hype"} and len(names(20.2, 40.2)) >= 2
    assert names(40.2, 52.2) <= {"calm", "dreamy", "dreamy too"}


def test_eyes_are_half_shut_in_a_break_wide_before_the_drop_and_she_looks_up() -> None:
    made = planned(show())
    assert at(made, "lid.L", "cx", 46.0) > 0.3
    assert at(made, "lid.L", "cz", 19.0) < -0.2
    assert at(made, "eye.L", "dz", 19.3) > 0.006
    assert at(made, "head", "pitch", 19.3) < -3
    assert at(made, "brow.L", "dz", 11.0) < -0.005
    assert max(at(made, "jaw", "cx", t) for t in np.arange(24, 40, 0.25)) > 0.3


def test_gentle_shows_have_no_wild_faces() -> None:
    for seed in range(6):
        assert not {"hype", "sly"} & {name for _, _, name in mood.plan_spells(show(seed=seed), 0.4)}


def test_the_same_seed_gives_the_same_face_and_another_seed_another() -> None:
    assert planned(show()) == planned(show())
    assert planned(show(seed=1)).channels != planned(show(seed=2)).channels


def test_stronger_shows_make_stronger_faces() -> None:
    strength = [at(planned(show(), intensity), "lid.L", "cx", 46.0) for intensity in (0.5, 1.0, 1.4)]
    assert strength[0] < strength[1] < strength[2]


def test_face_rests_while_a_big_gesture_uses_it() -> None:
    triggers = [(20.2, "drop_reaction"), (46.2, "spotlight_present")]
    made = planned(show(triggers))
    for gesture in plan_gestures(show(triggers)):
        for t in np.linspace(gesture.start + 0.25, gesture.end - 0.1, 12):
            for bone, kind in (("jaw", "cx"), ("mouth", "cx"), ("lid.L", "cy"), ("brow.R", "dz")):
                assert abs(at(made, bone, kind, t)) < 1e-6, (gesture.action, bone, t)


def test_eyes_go_to_the_deck_just_before_a_scratch_and_leave_it_to_the_scratch() -> None:
    made = planned(show([(30.2, "deck_scratch_R")]))
    start = 30.2 - 0.23
    assert at(made, "eye.L", "dx", start - 0.1) < -0.012
    assert at(made, "eye.L", "dz", start - 0.1) < -0.012
    for t in np.linspace(start + 0.07, start + 0.8, 9):
        assert at(made, "eye.L", "dx", t) == pytest.approx(0.0, abs=1e-6)


def test_she_looks_at_the_audience_on_drops_and_cuts_and_aside_between() -> None:
    shots = tuple(Shot(t, t + 4.0, "hero") for t in np.arange(0.2, 60.0, 4.0).tolist())
    timeline = show([(44.2, "deck_scratch_L")], camera={"9:16": CameraPlan("hero", shots)})
    gestures = plan_gestures(timeline)
    glances = mood.plan_glances(timeline, gestures, mood.plan_spells(timeline))
    assert 4 <= len(glances) <= 30
    for glance in glances:
        for t in (DROP.t, *(shot.start for shot in shots)):
            assert glance.end + 0.1 < t or glance.start > t + 0.5
        for gesture in gestures:
            assert glance.end < gesture.start or glance.start > gesture.end
    assert {glance.dx > 0 for glance in glances if glance.dx} == {True, False}


@pytest.mark.parametrize("seed", range(12))
def test_eyes_never_leave_their_sockets(seed: int) -> None:
    triggers = [(t, f"deck_scratch_{side}") for t, side in ((4.2, "L"), (24.2, "R"), (33.2, "L"), (47.2, "R"))]
    made = planned(show(triggers, seed=seed), 1.4)
    for t in np.arange(0, 60, 1 / 15):
        assert abs(at(made, "eye.L", "dx", t)) <= 0.018
        assert abs(at(made, "eye.L", "dz", t)) <= 0.020


@pytest.mark.parametrize("seed", range(4))
def test_lids_do_not_half_close_while_they_blink_nor_blink_while_they_laugh(seed: int) -> None:
    made = planned(show(seed=seed))
    assert len(made.blinks) > 8
    for start in made.blinks:
        assert at(made, "lid.R", "cz", start + 0.09) == pytest.approx(-0.5)
        assert at(made, "lid.R", "cy", start + 0.09) < 0.05


def test_every_channel_has_keys_in_order_over_the_whole_song() -> None:
    made = planned(show([(20.2, "drop_reaction"), (30.2, "crossfader_hit"), (31.2, "deck_scratch_L")]))
    for channel, keys in made.channels.items():
        times = [t for t, _ in keys]
        assert all(b > a for a, b in pairwise(times)), channel
        assert times[0] >= 0
        assert times[-1] < 70


# ------------------------------------------------------------------------------------------- singing


def opening(lines: list[LyricLine], t: float) -> float:
    wide, _, _ = singing.mouth_keys(lines, 1)
    return float(monotone_keys(wide, [t])[0])


def test_mouth_opens_on_every_word_with_a_time_and_closes_between() -> None:
    words = tuple(LyricWord(t, t + 0.3, "la") for t in (10.0, 11.0, 12.0))
    line = LyricLine(10.0, 12.5, "la la la", words)
    for word in words:
        assert max(opening([line], t) for t in np.linspace(word.start, word.end, 10)) > 0.4
    for t in (10.6, 11.9):
        assert opening([line], t) < 0.15
    for t in (0.0, 9.9, 13.0):
        assert opening([line], t) == 0.0


def test_a_line_without_word_times_gets_one_opening_for_each_syllable() -> None:
    line = LyricLine(5.0, 9.0, "We are dancing in the light")  # seven syllables
    curve = np.array([opening([line], t) for t in np.arange(4.9, 9.5, 0.01)])
    peaks = np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:]) & (curve[1:-1] > 0.3))
    assert len(peaks) == 7


def test_round_vowels_make_a_round_mouth() -> None:
    _, narrow, _ = singing.mouth_keys([LyricLine(5.0, 6.0, "you")], 1)
    assert max(v for _, v in narrow) > 0.4
    _, narrow, _ = singing.mouth_keys([LyricLine(5.0, 6.0, "yeah")], 1)
    assert max(v for _, v in narrow) == 0.0


def test_words_of_other_scripts_are_sung_and_signs_without_sound_are_not() -> None:
    assert singing.mouth_keys([LyricLine(1.0, 3.0, "愛している")], 1)[2] == [(1.0, pytest.approx(2.17, abs=0.3))]
    assert len(singing.mouth_keys([LyricLine(1.0, 3.0, "любовь моя")], 1)[0]) > 4
    assert singing.mouth_keys([LyricLine(1.0, 3.0, "♪")], 1)[0]
    assert singing.mouth_keys([], 1) == ([], [], [])


def test_singing_replaces_the_mouth_of_the_mood_but_not_of_a_gesture() -> None:
    lyrics = Lyrics((LyricLine(24.2, 26.2, "la la la la"), LyricLine(30.0, 31.0, "la la")))
    timeline = show([(30.2, "crossfader_hit")], lyrics=lyrics)
    made = planned(timeline)
    sung = [at(made, "jaw", "cx", t) for t in np.arange(24.3, 25.1, 0.02)]
    assert max(sung) > 0.4 and min(sung) < 0.15
    quiet = planned(show([(30.2, "crossfader_hit")]))
    for t in np.arange(30.0, 31.0, 0.1):
        assert at(made, "jaw", "cx", t) == pytest.approx(at(quiet, "jaw", "cx", t), abs=0.02)
