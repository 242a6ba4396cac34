# SPDX-License-Identifier: GPL-3.0-or-later
"""How a property follows a signal, against what the formulas of attack, release, range and steps give."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from crossfade_addon.errors import StudioError
from crossfade_addon.studio.artist_signals import Curve
from crossfade_addon.studio.reaction import TOLERANCE, Reaction, react
from crossfade_addon.timeline import Audio, Beats, Event, Meta, Section, Signals, Timeline
from crossfade_addon.timing import frame_at

pytestmark = pytest.mark.pure

RATE = 100.0
DURATION = 16.0
ON, OFF = 4.0, 8.0
"""``energy`` is 0.8 between these, 0 elsewhere."""
BEAT = 0.5
FALL_S = 0.18


def song(**changes: object) -> Timeline:
    """120 BPM from 0 on, bars of four; a kick on every bar line, falling to a tenth in ``FALL_S``."""
    seconds = np.arange(int(DURATION * RATE)) / RATE
    step = np.where((seconds >= ON) & (seconds < OFF), 0.8, 0.0)
    kick = 10 ** (-(seconds % (4 * BEAT)) / FALL_S)
    beats = tuple(BEAT * k for k in range(int(DURATION / BEAT)))
    base = Timeline(
        meta=Meta("x", "X", "", "mashup", "", 1, DURATION, 120.0, "", "1"),
        audio=Audio("x.wav", (Section(0.0, ON, "intro", 0.25), Section(ON, DURATION, "drop", 1.0))),
        beats=Beats(beats, beats[::4], 120.0, 4, 1.0),
        events=(Event(ON, "drop", "", "", ""),),
        signals=Signals(RATE, {"energy": step, "kick": kick}),
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def at(curve: Curve, seconds: float, fps: Fraction) -> float:
    """The value that Blender shows on the frame of a moment."""
    frame = frame_at(seconds, fps)
    if curve.interpolation == "CONSTANT":
        return float(curve.values[np.searchsorted(curve.frames, frame, side="right") - 1])
    return float(np.interp(frame, curve.frames, curve.values))


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001), Fraction(60), Fraction(120)])
def test_attack_reaches_nine_tenths_and_release_a_tenth_in_their_time(fps: Fraction) -> None:
    curve = react(song(), Reaction("energy", attack=0.5, release=1.0), fps)
    frame = 1 / float(fps)
    for since in (0.25, 0.5, 1.0):
        low, high = (0.8 * (1 - 10 ** (-(since + lag) / 0.5)) for lag in (-frame / 2, 1.5 * frame))
        assert low - 0.01 < at(curve, ON + since, fps) < high + 0.01
    for since in (0.5, 1.0, 2.0):
        high, low = (0.8 * 10 ** (-(since + lag) / 1.0) for lag in (-frame / 2, 1.5 * frame))
        assert low - 0.01 < at(curve, OFF + since, fps) < high + 0.01


def test_without_attack_and_release_a_step_is_a_step() -> None:
    fps = Fraction(30)
    curve = react(song(), Reaction("energy", low=10, high=20), fps)
    assert at(curve, ON - 1 / 30, fps) == pytest.approx(10)
    assert at(curve, ON, fps) == pytest.approx(18)
    assert at(curve, OFF - 1 / 30, fps) == pytest.approx(18)
    assert at(curve, OFF + 1 / 30, fps) == pytest.approx(10)
    assert len(curve.frames) < 40


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)])
def test_no_stroke_falls_between_two_frames(fps: Fraction) -> None:
    """At 24 or 25 frames a second a bar line is up to 21 ms from its frame; the stroke is there whole all the same."""
    late = song(signals=Signals(RATE, {"kick": np.roll(song().signals.values["kick"], 1)}))
    for timeline, lag in ((song(), 0.0), (late, 0.01)):
        curve = react(timeline, Reaction("kick"), fps)
        assert all(at(curve, bar + lag, fps) == pytest.approx(1, abs=0.01) for bar in (2.0, 4.0, 10.0))


def test_gain_is_held_within_the_range_and_a_range_may_be_upside_down() -> None:
    fps = Fraction(30)
    curve = react(song(), Reaction("energy", low=3, high=-1, gain=2.0), fps)
    assert at(curve, ON + 1, fps) == pytest.approx(-1)
    half = react(song(), Reaction("energy", low=3, high=-1, gain=0.5), fps)
    assert at(half, ON + 1, fps) == pytest.approx(3 - 4 * 0.4)
    assert at(half, OFF + 1, fps) == pytest.approx(3)


def test_levels_are_held_at_the_highest_of_each_beat_and_bar() -> None:
    fps = Fraction(30)
    by_beat = react(song(), Reaction("kick", quantise="beat"), fps)
    assert by_beat.interpolation == "CONSTANT"
    for bar in (2.0, 6.0):
        values = [at(by_beat, bar + BEAT * k + lag, fps) for k in range(4) for lag in (0.0, 0.25, 0.46)]
        assert values[:3] == pytest.approx([1, 1, 1], abs=0.01)
        assert max(values[3:]) < 0.01
    by_bar = react(song(), Reaction("kick", quantise="bar"), fps)
    assert at(by_bar, 5.9, fps) == pytest.approx(1, abs=0.01)
    assert len(by_bar.frames) <= DURATION / (4 * BEAT) + 1


def test_a_stroke_just_before_the_beat_belongs_to_the_beat() -> None:
    early = song(signals=Signals(RATE, {"kick": np.roll(song().signals.values["kick"], -2)}))
    curve = react(early, Reaction("kick", quantise="beat"), Fraction(60))
    assert at(curve, 4.0 - BEAT / 2, Fraction(60)) < 0.01
    assert at(curve, 4.0 + BEAT / 2, Fraction(60)) == pytest.approx(1, abs=0.01)


def test_clocks_are_held_at_where_a_stretch_begins() -> None:
    fps = Fraction(30)
    turn = react(song(), Reaction("beats", low=0, high=90, quantise="bar"), fps)
    assert [at(turn, t, fps) for t in (0.0, 1.9, 2.0, 3.9, 4.1)] == pytest.approx([0, 0, 360, 360, 720])
    parts = react(song(), Reaction("section_energy", quantise="section"), fps)
    assert [at(parts, t, fps) for t in (0.0, ON - 0.1, ON, DURATION)] == [0.25, 0.25, 1.0, 1.0]
    assert len(parts.frames) == 2


def test_counts_go_on_beyond_the_range() -> None:
    fps = Fraction(30)
    curve = react(song(), Reaction("beats", low=10, high=11), fps)
    assert at(curve, 6.25, fps) == pytest.approx(10 + 12.5, abs=0.1)
    assert len(curve.frames) < 20


def test_switches_and_whole_numbers_have_keys_only_where_they_change() -> None:
    fps = Fraction(30)
    curve = react(song(), Reaction("energy", is_stepped=True), fps)
    assert curve.interpolation == "CONSTANT"
    assert list(zip(curve.frames.tolist(), curve.values.tolist(), strict=True)) == [
        (1, 0),
        (frame_at(ON, fps), 1),
        (frame_at(OFF, fps) + 1, 0),  # half of the frame before still has sound
    ]
    never = react(song(), Reaction("energy", gain=0.5, is_stepped=True), fps)
    assert never.values.tolist() == [0]


def test_few_keys_show_what_a_key_on_every_frame_would() -> None:
    fps = Fraction(30)
    seconds = np.arange(int(DURATION * RATE)) / RATE
    wave = 0.5 + 0.4 * np.sin(2 * np.pi * 0.3 * seconds)
    curve = react(song(signals=Signals(RATE, {"energy": wave})), Reaction("energy", low=0, high=100), fps)
    frames = np.arange(1, int(DURATION * 30))
    shown = np.interp(frames, curve.frames, curve.values)
    true = 50 + 40 * np.sin(2 * np.pi * 0.3 * (frames - 1) / 30)
    assert np.abs(shown - true).max() < 100 * (3 * TOLERANCE + 0.4 * 2 * np.pi * 0.3 / 60)
    assert len(curve.frames) < len(frames) / 4


@pytest.mark.parametrize(
    ("timeline", "reaction", "said"),
    [
        (song(), Reaction("vocals"), "stems"),
        (song(), Reaction("loudness"), "There is no signal 'loudness'"),
        (song(beats=Beats()), Reaction("energy", quantise="bar"), "no beat to hold"),
        (song(), Reaction("energy", quantise="sometimes"), "cannot be held"),
    ],
)
def test_what_a_song_does_not_have_is_said(timeline: Timeline, reaction: Reaction, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        react(timeline, reaction, Fraction(30))
