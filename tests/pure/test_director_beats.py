# SPDX-License-Identifier: GPL-3.0-or-later
"""Beats, bars and honest doubt, on tracks synthesised here with known beats (seconds)."""

import itertools

import numpy as np
import pytest

from crossfade_addon.director import SongAnalysis, analyse
from crossfade_addon.director.decode import Decoded
from crossfade_addon.director.features import SAMPLE_RATE
from crossfade_addon.errors import BriefError, DirectorError, ToolMissing
from crossfade_addon.timeline import SIGNALS


def song(samples):
    samples = np.asarray(samples, dtype=np.float32)
    return Decoded(samples, SAMPLE_RATE, len(samples) / SAMPLE_RATE, "", "")


def drum_track(bpm, seconds=40.0, start=0.31, chords=True):
    """Kick on 1 and 3, snare on 2 and 4, hats in eighths, a new chord each bar; and the true beats."""
    rng = np.random.default_rng(3)
    track = np.zeros(int(seconds * SAMPLE_RATE))
    beats = np.arange(start, seconds - 0.3, 60 / bpm)
    t = np.arange(int(0.3 * SAMPLE_RATE)) / SAMPLE_RATE
    kick = np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.1)
    snare = 0.5 * rng.standard_normal(len(t)) * np.exp(-t / 0.05)
    hat = 0.15 * np.diff(rng.standard_normal(len(t) + 1)) * np.exp(-t / 0.015)

    def put(sound, at):
        first = round(at * SAMPLE_RATE)
        part = track[first : first + len(sound)]
        part += sound[: len(part)]

    for k, at in enumerate(beats):
        put(kick if k % 2 == 0 else snare, at)
        put(hat, at)
        put(hat, at + 30 / bpm)
        if chords and k % 4 == 0:
            bar = np.arange(int(240 / bpm * SAMPLE_RATE)) / SAMPLE_RATE
            root = (220.0, 174.6, 261.6, 196.0)[k // 4 % 4]
            put(0.12 * sum(np.sin(2 * np.pi * root * r * bar) for r in (1, 1.26, 1.5)) * np.exp(-bar), at)
    return song(0.5 * track), beats


def f_measure(truth, found, window):
    found = np.asarray(found)
    hits = sum(bool(len(found)) and np.abs(found - t).min() <= window for t in truth)
    return 2 * hits / (len(truth) + len(found))


@pytest.mark.parametrize("bpm", [92, 124, 174])
def test_beats_of_sequenced_drums_are_within_35_ms(bpm):
    decoded, truth = drum_track(bpm)
    heard = analyse(decoded)
    assert heard.beats.bpm == pytest.approx(bpm, rel=0.002)
    assert f_measure(truth, heard.beats.timestamps, 0.035) >= 0.95
    assert heard.beats.confidence > 0.6


def test_a_song_at_a_whole_tempo_gets_a_grid_that_does_not_drift_from_it():
    decoded, truth = drum_track(124, seconds=90.0)
    found = np.array(analyse(decoded).beats.timestamps)
    errors = found - truth[np.abs(truth[:, None] - found[None, :]).argmin(axis=0)]
    errors = errors[np.abs(errors) < 0.05]  # a beat before the first or after the last stroke has no other beside it
    late = np.polyfit(np.arange(len(errors)), errors, 1)[0] * len(errors)
    assert abs(late) < 0.0002  # timestamps are kept to a tenth of a millisecond


@pytest.mark.parametrize("bpm", [127.6, 128.03])
def test_a_tempo_that_is_heard_beside_a_whole_one_stays_as_it_is(bpm):
    decoded, _ = drum_track(bpm, seconds=60.0)
    assert analyse(decoded).beats.bpm == pytest.approx(bpm, abs=0.006)


def test_downbeats_are_where_kick_and_harmony_begin():
    decoded, truth = drum_track(124)
    heard = analyse(decoded)
    assert heard.beats.meter == 4
    assert f_measure(truth[::4], heard.beats.downbeats, 0.035) >= 0.9


def test_sections_begin_on_bar_lines_and_cover_the_song():
    decoded, _ = drum_track(124)
    heard = analyse(decoded)
    sections = heard.sections
    assert sections[0].start_time == 0.0
    assert sections[-1].end_time == decoded.duration_sec
    for before, after in itertools.pairwise(sections):
        assert before.end_time == after.start_time
        assert after.start_time in heard.beats.downbeats


def noise():
    return 0.1 * np.random.default_rng(1).standard_normal(30 * SAMPLE_RATE)


def pad():
    rng = np.random.default_rng(2)
    t = np.arange(40 * SAMPLE_RATE) / SAMPLE_RATE
    total = np.zeros(len(t))
    for _ in range(10):
        pitch, centre, width = 110 * 2 ** (rng.integers(0, 24) / 12), rng.uniform(0, 40), rng.uniform(4, 12)
        total += np.sin(2 * np.pi * pitch * t) * np.exp(-(((t - centre) / width) ** 2))
    return 0.1 * total


def steady_tone():
    return 0.3 * np.sin(2 * np.pi * 220 * np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE)


def constant():
    return np.full(20 * SAMPLE_RATE, 0.3)


@pytest.mark.parametrize("make", [noise, pad, steady_tone, constant])
def test_music_without_a_beat_gets_no_beats_and_low_confidence(make):
    heard = analyse(song(make()))
    assert heard.beats.confidence < 0.2
    assert heard.beats.timestamps == ()
    assert not any(event.type == "drop" for event in heard.events)
    assert heard.sections[-1].end_time == heard.duration_sec


@pytest.mark.parametrize("seconds", [1.0, 2.0, 5.0])
def test_very_short_songs_are_analysed(seconds):
    decoded, _ = drum_track(124, seconds=seconds, start=0.1)
    heard = analyse(decoded)
    assert heard.sections[0].start_time == 0.0
    assert heard.sections[-1].end_time == pytest.approx(seconds)


def test_signals_have_all_names_the_right_length_and_range():
    decoded, _ = drum_track(124, seconds=10)
    signals = analyse(decoded).signals
    assert set(signals.values) == set(SIGNALS)
    for series in signals.values.values():
        assert len(series) == 1000
        assert min(series) >= 0 and max(series) <= 1


def test_the_kick_signal_jumps_at_the_stroke_and_falls_to_a_tenth_in_180_ms():
    track = np.zeros(20 * SAMPLE_RATE)
    t = np.arange(int(0.3 * SAMPLE_RATE)) / SAMPLE_RATE
    strokes = np.arange(0.5, 19.5, 1.0)
    for at in strokes:
        first = int(at * SAMPLE_RATE)
        track[first : first + len(t)] += 0.7 * np.sin(2 * np.pi * 60 * t) * np.exp(-t / 0.08)
    signals = analyse(song(track)).signals
    kick = np.array(signals.values["kick"])
    for at in strokes[1:-1]:
        around = kick[int(at * 100) - 10 : int(at * 100) + 11]
        assert around[:8].max() < 0.05
        top = int(around.argmax())
        assert abs(top - 10) <= 2
        peak = int(at * 100) - 10 + top
        assert kick[peak + 18] == pytest.approx(0.1 * kick[peak], rel=0.15)


def test_an_analysis_survives_storage():
    decoded, _ = drum_track(124, seconds=12)
    heard = analyse(decoded)
    stored = heard.to_dict()
    again = SongAnalysis.from_dict(stored)
    assert again.to_dict() == stored
    assert len(again.beats.timestamps) == len(heard.beats.timestamps)
    with pytest.raises(DirectorError, match="another version"):
        SongAnalysis.from_dict({**stored, "director_version": "0"})
    with pytest.raises(DirectorError):
        SongAnalysis.from_dict({k: v for k, v in stored.items() if k != "beats"})


def test_progress_rises_from_0_to_1():
    seen = []
    analyse(song(noise()[: 5 * SAMPLE_RATE]), progress=lambda fraction, message: seen.append(fraction))
    assert seen[0] == 0 and seen[-1] == 1 and seen == sorted(seen)


def test_an_unknown_analyser_and_a_missing_librosa_are_named(monkeypatch):
    decoded, _ = drum_track(124, seconds=5)
    with pytest.raises(BriefError, match="Unknown analyser"):
        analyse(decoded, analyser="guess")
    monkeypatch.setitem(__import__("sys").modules, "librosa", None)
    with pytest.raises(ToolMissing, match="librosa"):
        analyse(decoded, analyser="librosa")
