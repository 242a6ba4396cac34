# SPDX-License-Identifier: GPL-3.0-or-later
"""What every analyser behind the port keeps, held against both, on sounds synthesised here (seconds)."""

import functools
import itertools
import json

import numpy as np
import pytest

from crossfade_addon import brief
from crossfade_addon.director import ANALYSERS, SongAnalysis, analyse
from crossfade_addon.director.decode import Decoded
from crossfade_addon.director.features import SAMPLE_RATE
from crossfade_addon.errors import BriefError, ToolMissing
from crossfade_addon.timeline import PITCHES, SECTION_TYPES, SIGNALS

BPM, START = 124.0, 0.31
CLUB_BARS = (4, 8, 4, 8)
"""Bars without, with, without and with kick and bass."""


def decoded(samples):
    samples = np.asarray(samples, dtype=np.float32)
    return Decoded(samples, SAMPLE_RATE, len(samples) / SAMPLE_RATE, "", "")


def time_axis(seconds):
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def club():
    """House: pads and hats, then kick and bass too, twice; a chord a bar."""
    rng = np.random.default_rng(7)
    beat = 60 / BPM
    with_kick = np.repeat([k % 2 == 1 for k in range(len(CLUB_BARS))], CLUB_BARS)
    track = np.zeros(int((START + len(with_kick) * 4 * beat + 0.5) * SAMPLE_RATE))
    t = time_axis(0.3)
    kick = np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.1)
    clap = 0.4 * rng.standard_normal(len(t)) * np.exp(-t / 0.04)
    hat = 0.15 * np.diff(rng.standard_normal(len(t) + 1)) * np.exp(-t / 0.015)
    bar_axis = time_axis(4 * beat)

    def put(sound, at):
        first = round(at * SAMPLE_RATE)
        part = track[first : first + len(sound)]
        part += sound[: len(part)]

    for bar, loud in enumerate(with_kick):
        root = (220.0, 174.6, 261.6, 196.0)[bar % 4]
        first = START + 4 * beat * bar
        put(0.1 * sum(np.sin(2 * np.pi * root * r * bar_axis) for r in (1, 1.26, 1.5)) * np.exp(-0.3 * bar_axis), first)
        for k in range(4):
            put(hat, first + k * beat)
            put(hat, first + (k + 0.5) * beat)
            if loud:
                put(kick, first + k * beat)
                put(0.25 * np.sin(2 * np.pi * root / 4 * t) * np.exp(-t / 0.15), first + (k + 0.5) * beat)
                if k % 2:
                    put(clap, first + k * beat)
    return 0.5 * track


def ambient():
    rng = np.random.default_rng(2)
    t = time_axis(24)
    total = np.zeros(len(t))
    for _ in range(8):
        pitch, centre, width = 110 * 2 ** (rng.integers(0, 24) / 12), rng.uniform(0, 24), rng.uniform(4, 9)
        total += np.sin(2 * np.pi * pitch * t) * np.exp(-(((t - centre) / width) ** 2))
    return 0.1 * total


SOUNDS = {
    "club": club,
    "ambient": ambient,
    "noise": lambda: 0.1 * np.random.default_rng(1).standard_normal(12 * SAMPLE_RATE),
    "tone": lambda: 0.3 * np.sin(2 * np.pi * 220 * time_axis(10)),
    "silence": lambda: np.zeros(6 * SAMPLE_RATE),
    "constant": lambda: np.full(6 * SAMPLE_RATE, 0.3),
    "one_second": lambda: club()[: SAMPLE_RATE + 1],
    "three_seconds": lambda: club()[12 * SAMPLE_RATE : 15 * SAMPLE_RATE + 77],
    "one_click": lambda: np.concatenate([np.zeros(2 * SAMPLE_RATE), [1.0], np.zeros(2 * SAMPLE_RATE)]),
}
BEATLESS = ("noise", "tone", "silence", "constant")


@pytest.fixture(params=["crossfade", "librosa"])
def analyser(request):
    if request.param == "librosa":
        pytest.importorskip("librosa")
    return request.param


@functools.cache
def heard(analyser, sound):
    return analyse(decoded(SOUNDS[sound]()), analyser=analyser)


def ascends(times):
    return all(a < b for a, b in itertools.pairwise(times))


def test_the_brief_offers_exactly_the_analysers_there_are():
    assert set(brief.ANALYSERS) == set(ANALYSERS) == {"crossfade", "librosa"}
    assert all(name == analyser.name for name, analyser in ANALYSERS.items())


@pytest.mark.parametrize("sound", SOUNDS)
def test_beats_ascend_inside_the_song_and_downbeats_are_beats(analyser, sound):
    song = heard(analyser, sound)
    beats = song.beats
    assert ascends(beats.timestamps)
    assert all(0 <= t < song.duration_sec for t in beats.timestamps)
    assert set(beats.downbeats) <= set(beats.timestamps)
    assert ascends(beats.downbeats)
    assert 0 <= beats.confidence <= 1
    assert (beats.bpm > 0) == bool(beats.timestamps)
    for region in beats.regions:
        assert 0 <= region.start <= region.end <= song.duration_sec
        assert 0 <= region.confidence <= 1
    assert ascends([region.start for region in beats.regions])
    assert len(beats.alternatives) <= 4 and all(other.bpm > 0 for other in beats.alternatives)


@pytest.mark.parametrize("sound", SOUNDS)
def test_sections_cover_the_song_without_a_gap(analyser, sound):
    song = heard(analyser, sound)
    assert song.sections[0].start_time == 0.0
    assert song.sections[-1].end_time == song.duration_sec
    for before, after in itertools.pairwise(song.sections):
        assert before.end_time == after.start_time
    for part in song.sections:
        assert part.start_time < part.end_time
        assert part.section_type in SECTION_TYPES
        assert 0 <= part.energy_level <= 1 and 0 <= part.confidence <= 1


@pytest.mark.parametrize("sound", SOUNDS)
def test_every_signal_is_there_with_its_full_length_in_0_to_1(analyser, sound):
    song = heard(analyser, sound)
    assert set(song.signals.values) >= set(SIGNALS)
    for name, curve in song.signals.values.items():
        assert len(curve) == int(np.ceil(song.duration_sec * song.signals.rate_hz)), name
        assert np.isfinite(curve).all() and min(curve) >= 0 and max(curve) <= 1, name


@pytest.mark.parametrize("sound", SOUNDS)
def test_events_ascend_inside_the_song_and_say_why(analyser, sound):
    song = heard(analyser, sound)
    times = [event.t for event in song.events]
    assert times == sorted(times)
    assert all(0 <= t <= song.duration_sec for t in times)
    assert all(event.reason for event in song.events)


@pytest.mark.parametrize("sound", SOUNDS)
def test_the_key_is_a_pitch_with_a_mode_or_nothing(analyser, sound):
    key = heard(analyser, sound).key
    assert (key.tonic in PITCHES and key.mode in ("major", "minor")) or (key.tonic, key.mode) == ("", "")
    assert 0 <= key.confidence <= 1


@pytest.mark.parametrize("sound", BEATLESS)
def test_where_nothing_happens_there_are_no_beats_and_no_drops(analyser, sound):
    song = heard(analyser, sound)
    assert song.beats.timestamps == ()
    assert song.beats.confidence < 0.2
    assert not any(event.type == "drop" for event in song.events)


def test_the_beat_of_house_is_found_and_trusted(analyser):
    song = heard(analyser, "club")
    beats = np.array(song.beats.timestamps)
    truth = START + 60 / BPM * np.arange(4 * sum(CLUB_BARS))
    # librosa's tempo comes from a table whose steps are 4.5 % here.
    assert song.beats.bpm == pytest.approx(BPM, rel=0.05)
    assert np.mean([np.abs(beats - t).min() <= 0.07 for t in truth]) > 0.9
    assert song.beats.confidence > 0.5


def test_parts_begin_where_kick_and_bass_come_and_go(analyser):
    starts = [part.start_time for part in heard(analyser, "club").sections]
    bar = 240 / BPM
    changes = START + bar * np.cumsum(CLUB_BARS)[:-1]
    found = [min(abs(t - start) for start in starts) < 0.5 * bar for t in changes]
    # librosa is told to find one part in 20 s, so it must leave some out.
    assert sum(found) >= (3 if analyser == "crossfade" else 1)


def test_the_same_samples_give_the_same_bytes(analyser):
    again = analyse(decoded(SOUNDS["club"]()), analyser=analyser)
    assert json.dumps(again.to_dict()) == json.dumps(heard(analyser, "club").to_dict())


def test_an_analysis_names_its_analyser_and_survives_storage(analyser):
    stored = json.loads(json.dumps(heard(analyser, "club").to_dict()))
    again = SongAnalysis.from_dict(stored)
    assert again.analyser == analyser
    assert again.key.tonic == heard(analyser, "club").key.tonic
    assert again.to_dict() == stored


def test_progress_rises_from_0_to_1(analyser):
    seen = []
    analyse(
        decoded(SOUNDS["three_seconds"]()),
        analyser=analyser,
        progress=lambda fraction, message: seen.append((fraction, message)),
    )
    fractions = [fraction for fraction, _ in seen]
    assert fractions[0] == 0 and fractions[-1] == 1 and fractions == sorted(fractions)
    assert all(message for _, message in seen)


def test_what_is_raised_while_reporting_progress_stops_the_analysis(analyser):
    class Stop(Exception):
        pass

    def stop(fraction, _message):
        if fraction > 0.3:
            raise Stop

    with pytest.raises(Stop):
        analyse(decoded(SOUNDS["three_seconds"]()), analyser=analyser, progress=stop)


def test_an_unknown_analyser_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(BriefError, match="guess") as caught:
        analyse(decoded(SOUNDS["one_second"]()), analyser="guess")
    assert "crossfade" in caught.value.hint and "librosa" in caught.value.hint


def test_without_librosa_its_analyser_is_a_missing_tool_and_ours_still_hears(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "librosa", None)
    with pytest.raises(ToolMissing, match="librosa") as caught:
        analyse(decoded(SOUNDS["one_second"]()), analyser="librosa")
    assert "crossfade" in caught.value.hint
    assert analyse(decoded(SOUNDS["one_second"]())).analyser == "crossfade"
