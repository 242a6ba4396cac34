# SPDX-License-Identifier: GPL-3.0-or-later
"""Strokes of light lie on the music between frames too: what is seen of them is centred on the hit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from crossfade_addon.director.features import SAMPLE_RATE, extract
from crossfade_addon.director.signals import make_signals
from crossfade_addon.studio.light_score import make_score, pulse_levels
from crossfade_addon.themes import load_theme
from crossfade_addon.timeline import Audio, Beats, Meta, Signals, Timeline

pytestmark = pytest.mark.pure

RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60000, 1001)]
DECAY_S = 0.18


def shown(hits: list[tuple[float, float]], fps: Fraction, count: int = 240) -> np.ndarray:
    return pulse_levels(np.array(hits).reshape(-1, 2), np.arange(count) / float(fps), DECAY_S)


@pytest.mark.parametrize("fps", RATES)
def test_light_comes_neither_early_nor_late_wherever_a_hit_falls_between_frames(fps: Fraction) -> None:
    """The missing part of the first lit frame says when within it the hit was."""
    rate = float(fps)
    for phase in np.linspace(0, 0.95, 20):
        hit = (30 + phase) / rate
        light = shown([(hit, 0.8)], fps)
        first = int(np.flatnonzero(light > 1e-6)[0])
        whole = light[first + 1] * np.exp(1 / rate / DECAY_S)  # as bright as that frame would be, lit from its start
        seen_at = (first + 1 - light[first] / whole) / rate
        assert first == 30
        assert seen_at == pytest.approx(hit, abs=0.002)


def test_a_hit_at_the_beginning_of_a_frame_gives_its_whole_level_and_falls_away() -> None:
    light = shown([(1.0, 0.7)], Fraction(30))
    assert light[29] == 0
    assert light[30] == pytest.approx(0.7)
    assert light[36] == pytest.approx(0.7 * np.exp(-0.2 / DECAY_S))


def test_the_light_of_two_hits_is_the_mean_of_what_each_frame_saw_of_either() -> None:
    fps, hits = Fraction(25), [(1.013, 0.9), (1.391, 0.5)]
    fine = np.arange(0, 3, 1e-5)
    last = np.searchsorted([t for t, _ in hits], fine, side="right") - 1
    level = np.array([h for _, h in hits])[np.maximum(last, 0)]
    at = np.array([t for t, _ in hits])[np.maximum(last, 0)]
    instant = np.where(last >= 0, level * np.exp(-(fine - at) / DECAY_S), 0.0)
    means = instant[: 70 * 4000].reshape(70, 4000).mean(axis=1)
    whole = (1 - np.exp(-0.04 / DECAY_S)) * DECAY_S / 0.04  # what a frame shows of a hit at its beginning
    assert shown(hits, fps)[:70] == pytest.approx(means / whole, abs=2e-3)


def test_no_hits_give_no_light() -> None:
    assert not shown([], Fraction(30)).any()


@pytest.mark.parametrize("fps", RATES)
def test_steps_of_the_beat_are_on_screen_nearest_to_the_beat(fps: Fraction) -> None:
    """A frame stays until the next: what steps on the beat shows on average exactly then, never half a frame off."""
    beats = tuple(0.2 + 0.4637 * k for k in range(60))
    song = Timeline(
        meta=Meta("s", "s", "", "single", "sponsor_neon", 1, 28.0, 129.4, "", ""),
        audio=Audio("s.wav"),
        beats=Beats(beats, beats[::4], 129.4),
    )
    score = make_score(song, load_theme("sponsor_neon"), fps)
    stepped = np.flatnonzero(np.diff(np.floor(score.beat)) > 0) + 1
    late = score.seconds[stepped][:59] - np.array(beats[1:] if score.beat[0] >= 0 else beats)[:59]
    frame_s = float(1 / fps)
    assert np.abs(late).max() <= 0.5 * frame_s + 1e-9
    assert late.mean() == pytest.approx(0, abs=0.15 * frame_s)


def drum(at: list[float], *, falls: bool, seconds: float = 12.0) -> np.ndarray:
    """Kicks over faint noise: a steady 60 Hz thump, or one that falls from 400 to 50 Hz within a twentieth."""
    song = np.random.default_rng(1).standard_normal(int(seconds * SAMPLE_RATE)) * 1e-3
    t = np.arange(int(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 50 * t + 350 * 0.012 * (1 - np.exp(-t / 0.012)) if falls else 60 * t
    thump = np.sin(2 * np.pi * phase) * np.exp(-12 * t) * np.minimum(1, t / 0.002)
    for when in at:
        first = round(when * SAMPLE_RATE)
        song[first : first + len(thump)] += 0.6 * thump
    return song.astype(np.float32)


@pytest.mark.parametrize("falls", [False, True])
def test_strokes_are_lit_within_8_ms_of_the_drum_whatever_falls_between_the_hundredths(falls: bool) -> None:
    at = [1.0 + 0.7134 * k for k in range(14)]
    signals = make_signals(extract(drum(at, falls=falls)), 12.0)
    song = Timeline(
        meta=Meta("s", "s", "", "single", "sponsor_neon", 1, 12.0, 84.1, "", ""),
        audio=Audio("s.wav"),
        beats=Beats(tuple(hit + 0.09 for hit in at), tuple(hit + 0.09 for hit in at[::4]), 84.1),  # no grid to help
        signals=signals,
    )
    fps = 60
    light = make_score(song, load_theme("sponsor_neon"), Fraction(fps)).kick
    late = []
    for hit in at:
        first = int(hit * fps) - 2 + int(np.argmax(np.diff(light[int(hit * fps) - 3 : int(hit * fps) + 4]) > 0.02))
        whole = light[first + 1] * np.exp(1 / fps / DECAY_S)
        late.append((first + 1 - light[first] / whole) / fps - hit)
    assert np.abs(late).max() < 0.008
    assert np.std(late) < 0.0015  # no rounding to hundredths


@pytest.mark.parametrize(("beside", "seen"), [(0.006, 0.0), (-0.006, 0.0), (0.02, 0.02), (-0.02, -0.02)])
def test_a_stroke_all_but_on_a_quarter_of_a_beat_is_lit_with_it_and_others_where_they_are(
    beside: float, seen: float
) -> None:
    beats = [1.0 + 0.48 * k for k in range(20)]
    grid = [beats[4] + 0.25 * 0.48 * k for k in (0, 4, 9, 15)]
    kick = np.zeros(1200)
    for at in grid:
        kick[round(100 * (at + beside)) :] = 0
        early = int(np.floor(100 * (at + beside) + 1e-9))
        share = early + 1 - 100 * (at + beside)
        kick[early : early + 12] = np.concatenate(([share], np.exp(-np.arange(11) / 5)))
    song = Timeline(
        meta=Meta("s", "s", "", "single", "sponsor_neon", 1, 12.0, 125.0, "", ""),
        audio=Audio("s.wav"),
        beats=Beats(tuple(beats), tuple(beats[::4]), 125.0),
        signals=Signals(100.0, {"kick": kick}),
    )
    light = make_score(song, load_theme("sponsor_neon"), Fraction(100)).kick
    for at in grid:
        frame = round(100 * at) + int(np.argmax(np.diff(light[round(100 * at) - 4 : round(100 * at) + 5]) > 0.02)) - 3
        whole = light[frame + 1] * np.exp(0.01 / DECAY_S)
        assert (frame + 1 - light[frame] / whole) / 100 - at == pytest.approx(seen, abs=0.0015)


def test_of_two_strokes_that_are_too_near_to_be_lit_both_the_one_on_the_beat_is() -> None:
    beats = [1.0 + 0.43 * k for k in range(20)]
    kick = np.zeros(1200)
    for beat in beats[4:]:
        kick[round((beat - 0.215) * 100)] = 1.0  # louder, and first
        kick[round(beat * 100)] = 0.7
    song = Timeline(
        meta=Meta("s", "s", "", "single", "sponsor_neon", 1, 12.0, 139.5, "", ""),
        audio=Audio("s.wav"),
        beats=Beats(tuple(beats), tuple(beats[::4]), 139.5),
        signals=Signals(100, {"kick": tuple(kick)}),
    )
    light = make_score(song, load_theme("sponsor_neon"), Fraction(100)).kick
    lit = np.flatnonzero(np.diff(light) > 0.3) + 1
    assert lit / 100 == pytest.approx(beats[4:], abs=0.021)
