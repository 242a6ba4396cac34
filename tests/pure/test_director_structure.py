# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts, repeats and moments of synthesised songs whose form is known bar by bar."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from crossfade_addon.director.boundaries import best_starts, checkerboard, find_boundaries, odds
from crossfade_addon.director.features import SAMPLE_RATE, Features, extract
from crossfade_addon.director.moments import find_builds, find_drops, find_events
from crossfade_addon.director.repeats import group_parts, phrase_length
from crossfade_addon.director.structure import BAR_RANGE_S, bar_edges, measure_bars, name_parts
from crossfade_addon.timeline import EVENT_TYPES, SECTION_TYPES

BAR_S = 2.0
CHORDS = {"A": (0, 5, 7, 0), "B": (9, 4, 5, 2), "C": (3, 10, 8, 1)}


def hit(seconds: float, hz: float, decay: float, noise: float) -> np.ndarray:
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hiss = np.random.default_rng(1).standard_normal(len(t))
    return ((1 - noise) * np.sin(2 * np.pi * hz * t) + noise * hiss) * np.exp(-t / decay)


KICK, SNARE, HAT = hit(0.3, 55, 0.1, 0.0), hit(0.2, 190, 0.06, 0.6), hit(0.05, 8000, 0.02, 1.0)


def bar_of(letter: str, number: int, *, kick: bool = True, riser: float = 0.0, level: float = 1.0) -> np.ndarray:
    """One bar in 4/4 at 120 bpm: chords, drums of its letter, and noise that rises from ``riser``."""
    count = int(BAR_S * SAMPLE_RATE)
    out = np.zeros(count + SAMPLE_RATE)
    root = 48 + CHORDS[letter][number % 4]
    t = np.arange(count) / SAMPLE_RATE
    for pitch in (root, root + 4, root + 7):
        hz = 440 * 2 ** ((pitch - 69) / 12)
        harmonics = {"A": (1,), "B": (1, 2, 3, 4, 5, 6), "C": (1, 3, 9)}[letter]
        out[:count] += 0.15 * sum(np.sin(2 * np.pi * hz * n * t) / n for n in harmonics)
    for beat in range(4):
        at = int(beat * BAR_S / 4 * SAMPLE_RATE)
        if kick:
            out[at : at + len(KICK)] += KICK
            out[at : at + len(SNARE)] += 0.6 * SNARE * (beat % 2) * (letter != "A")
        for eighth in range({"A": 1, "B": 2, "C": 4}[letter]):
            place = at + int(eighth * BAR_S / 4 / {"A": 1, "B": 2, "C": 4}[letter] * SAMPLE_RATE)
            out[place : place + len(HAT)] += 0.3 * HAT
    if riser:
        out[:count] += riser * np.random.default_rng(number).standard_normal(count)
    return level * out[:count]


def song(form: str, bars: int = 8) -> tuple[Features, np.ndarray, float]:
    """A song of equal parts: features, bar lines and duration."""
    sound = np.concatenate([bar_of(letter, k) for letter in form for k in range(bars)])
    return heard(sound)


def heard(sound: np.ndarray) -> tuple[Features, np.ndarray, float]:
    duration = len(sound) / SAMPLE_RATE
    return extract((0.3 * sound).astype(np.float32)), np.arange(0, duration - 0.01, BAR_S), duration


def analyse(features, downbeats, duration):
    bars = measure_bars(features, downbeats, duration)
    evidence = odds(bars)
    drops = find_drops(bars)
    builds = find_builds(bars, drops, evidence)
    starts = find_boundaries(bars, evidence, drops, [(first, drop) for first, drop, _ in builds])
    rhythmic = len(downbeats) > 0
    sections = name_parts(bars, starts, evidence, drops, [first for first, _, _ in builds], rhythmic=rhythmic)
    beats = np.arange(0, duration, BAR_S / 4) if rhythmic else np.zeros(0)
    return sections, find_events(features, bars, sections, drops, builds, beats, downbeats, duration)


def club_song() -> np.ndarray:
    """8 bars full, 8 without kick, 8 that rise, 16 full."""
    full = [bar_of("B", k) for k in range(8)]
    calm = [bar_of("A", k, kick=False, level=0.6) for k in range(8)]
    rising = [bar_of("A", k, kick=False, riser=0.02 * 1.5**k, level=0.6) for k in range(8)]
    return np.concatenate([*full, *calm, *rising, *full, *full])


@pytest.mark.parametrize("form", ["ABAB", "ABCAB"])
def test_parts_begin_where_the_music_changes_and_come_back_as_the_same(form):
    sections, _ = analyse(*song(form))
    assert [s.start_time for s in sections] == pytest.approx([8 * BAR_S * k for k in range(len(form))], abs=0.05)
    assert "".join(s.group for s in sections) == form
    assert all(s.confidence > 0.5 for s in sections)


def test_one_part_is_one_part():
    sections, events = analyse(*song("A", bars=24))
    assert len(sections) == 1
    assert not [e for e in events if e.type in ("drop", "build", "breakdown", "section_change")]


def test_the_counting_of_bars_does_not_decide_the_parts():
    features, downbeats, duration = song("ABCAB")
    truth = [16.0, 32.0, 48.0, 64.0]
    for lines in (downbeats[::2], np.arange(0, duration - 0.01, BAR_S / 2), downbeats + BAR_S / 4):
        found = [s.start_time for s in analyse(features, lines, duration)[0][1:]]
        for moment in truth:
            assert min(abs(moment - other) for other in found) <= BAR_S / 4 + 0.05


def test_a_threshold_of_energy_leaves_only_the_drops_that_rise_so_far():
    features, lines, duration = heard(club_song())
    bars = measure_bars(features, lines, duration)
    assert find_drops(bars) == find_drops(bars, 0.0) == [24]
    rise = float(bars.energy[24:28].mean() - bars.energy[20:24].mean())
    assert 0.05 < rise < 0.95
    assert find_drops(bars, rise - 0.01) == [24]
    assert find_drops(bars, rise + 0.01) == []


def test_a_drop_follows_a_build_and_says_how_far_the_bass_rose():
    sections, events = analyse(*heard(club_song()))
    drops = [e for e in events if e.type == "drop"]
    assert [e.t for e in drops] == pytest.approx([24 * BAR_S], abs=0.05)
    assert drops[0].strength > 0.6 and drops[0].intensity == "high"
    assert "dB" in drops[0].reason and "16 bars" in drops[0].reason
    builds = [e for e in events if e.type == "build"]
    assert len(builds) == 1 and builds[0].t < 24 * BAR_S
    kinds = {round(s.start_time / BAR_S): s.section_type for s in sections}
    assert kinds[24] == "drop" and kinds[8] == "break"
    by_type = {s.section_type: s.energy_level for s in sections}
    assert by_type["break"] < by_type["drop"]


def test_loud_music_without_a_break_has_no_drops():
    loud = [bar_of("ABCB"[k // 8], k, level=0.7 + 0.1 * (k // 8)) for k in range(32)]
    _, events = analyse(*heard(np.concatenate(loud)))
    assert not [e for e in events if e.type in ("drop", "build")]


def test_bass_that_enters_for_the_first_time_without_a_build_is_no_drop():
    quiet = [bar_of("A", k, kick=False) for k in range(8)]
    full = [bar_of("A", k) for k in range(16)]
    _, events = analyse(*heard(np.concatenate([*quiet, *full])))
    assert not [e for e in events if e.type == "drop"]


def test_silence_hard_start_and_hard_stop_are_noticed():
    sound = np.concatenate([bar_of("B", k) for k in range(16)])
    at = int(16.5 * SAMPLE_RATE)
    sound[at : at + int(0.8 * SAMPLE_RATE)] = 0
    _, events = analyse(*heard(sound))
    silences = [e for e in events if e.type == "silence"]
    assert [e.t for e in silences] == pytest.approx([16.5], abs=0.1)
    assert "0.8 s" in silences[0].reason or "0.7 s" in silences[0].reason
    assert {"hard_start", "hard_stop"} <= {e.type for e in events}
    faded = np.concatenate([bar_of("B", k) for k in range(16)]) * np.interp(
        np.arange(16 * int(BAR_S * SAMPLE_RATE)) / SAMPLE_RATE, [0, 6, 26, 32], [0.001, 1, 1, 0.001]
    )
    assert not [e for e in analyse(*heard(faded))[1] if e.type in ("hard_start", "hard_stop", "silence")]


def test_every_event_has_a_reason_and_a_strength():
    _, events = analyse(*heard(club_song()))
    for event in events:
        assert event.type in EVENT_TYPES and event.reason
        assert 0 <= event.strength <= 1
        low, high = {"low": (0, 0.35), "medium": (0.35, 0.65), "high": (0.65, 1.01)}[event.intensity]
        assert low <= event.strength < high


@pytest.mark.parametrize("seconds", [0.5, 1.0, 3.0, 20.0])
@pytest.mark.parametrize("kind", ["noise", "tone", "click", "hole"])
@pytest.mark.parametrize("beating", [False, True])
def test_anything_gets_sections_from_start_to_end(seconds, kind, beating):
    count = int(seconds * SAMPLE_RATE)
    noise = np.random.default_rng(2).standard_normal(count)
    place = np.linspace(0, 1, count)
    sound = {
        "noise": noise,
        "tone": np.sin(np.arange(count) * 0.1),
        "click": np.where(np.arange(count) == count // 2, 1.0, 0.0),
        "hole": np.where(abs(place - 0.5) < 0.2, 0.0, noise),
    }[kind]
    features, downbeats, duration = heard(sound)
    sections, events = analyse(features, downbeats if beating else np.zeros(0), duration)
    assert sections[0].start_time == 0 and sections[-1].end_time == pytest.approx(duration)
    for before, after in pairwise(sections):
        assert before.end_time == after.start_time
    for section in sections:
        assert section.section_type in SECTION_TYPES
        assert 0 <= section.energy_level <= 1 and 0 <= section.confidence <= 1
        assert section.phrase_bars > 0 if beating else section.phrase_bars == 0
    assert all(0 <= e.t <= duration for e in events)


def test_phrases_are_as_long_as_what_repeats():
    rng = np.random.default_rng(4)
    for length in (2, 4, 8, 16):
        loop = rng.standard_normal((length, 20))
        rows = np.tile(loop, (48 // length, 1)) + 0.2 * rng.standard_normal((48, 20))
        assert phrase_length(rows, (0, 48)) == length


def test_groups_are_lettered_in_order_of_appearance():
    rng = np.random.default_rng(6)
    one, two = rng.standard_normal((8, 20)), rng.standard_normal((8, 20))
    rows = np.concatenate([two, one, two, one[:4]]) + 0.1 * rng.standard_normal((28, 20))
    assert group_parts(rows, [(0, 8), (8, 16), (16, 24), (24, 28)]) == ["A", "B", "A", "B"]


def test_regular_phrases_win_over_a_slightly_clearer_change():
    evidence = np.full(33, -4.0)
    evidence[[8, 16, 24]] = 1.0
    evidence[17] = 1.5
    assert best_starts(evidence[:32]) == [0, 8, 16, 24]
    assert 13 in best_starts(evidence[:32], forced=[13])


def test_contrast_peaks_where_rows_change_and_memory_stays_linear():
    rows = np.zeros((4000, 3))
    rows[2000:] = 1
    rows += 0.1 * np.random.default_rng(0).standard_normal(rows.shape)
    assert int(checkerboard(rows, (8,))[0].argmax()) == 2000


def test_bar_lines_fill_gaps_and_keep_to_sensible_lengths():
    edges = bar_edges(np.array([2.0, 4.0, 6.0, 8.0, 16.0, 18.0, 20.0]), 23.0)
    assert edges == pytest.approx([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 23])
    for period in (0.5, 2.0, 4.0, 6.0):
        lengths = np.diff(bar_edges(np.arange(0, 120, period), 120.0))
        assert BAR_RANGE_S[0] - 1e-6 <= np.median(lengths) <= BAR_RANGE_S[1]
