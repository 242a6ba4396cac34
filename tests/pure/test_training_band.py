# SPDX-License-Identifier: GPL-3.0-or-later
"""Composed training songs: their truth follows from the meter, and their MIDI files say what was composed."""

from __future__ import annotations

import struct
from functools import cache

import numpy as np
import pytest

from training.band_clock import swung
from training.band_parts import read_kit, read_steps
from training.band_patterns import DRUMS, KEYS
from training.band_score import LONGEST, Score, compose
from training.band_styles import INSTRUMENTS, STYLES
from training.gm import Note, Performance, midi_bytes

SEEDS = range(10)
WHOLE_STEPS = {1, 2, 3, 4, 6}


@cache
def song(seed: int, style: str | None = None) -> Score:
    return compose(seed, style)


def read_midi(data: bytes) -> tuple[float, list[tuple[float, bytes]]]:
    """(ticks per second, [(seconds, message)]) of a one-track file; written from the file format, not the writer."""
    assert data[:4] == b"MThd"
    length, kind, tracks, division = struct.unpack(">IHHH", data[4:14])
    assert (length, kind, tracks) == (6, 0, 1)
    assert data[14:18] == b"MTrk"
    assert struct.unpack(">I", data[18:22])[0] == len(data) - 22
    place, tick, tempo, out = 22, 0, 500_000, []
    while place < len(data):
        wait = 0
        while True:
            byte = data[place]
            place += 1
            wait = wait << 7 | byte & 127
            if byte < 128:
                break
        tick += wait
        status = data[place]
        if status == 0xFF:
            size = data[place + 2]
            if data[place + 1] == 0x51:
                tempo = int.from_bytes(data[place + 3 : place + 3 + size], "big")
            place += 3 + size
        else:
            size = 2 if status >> 4 == 0xC else 3
            out.append((tick * tempo / 1e6 / division, data[place : place + size]))
            place += size
    return division * 1e6 / tempo, out


def test_midi_file_parses_back_to_the_notes_within_half_a_millisecond():
    notes = [Note(0.5123, 0.25, 0, 60, 90), Note(3.75, 20.0, 9, 36, 127), Note(200.0004, 0.1, 3, 72, 1)]
    _, messages = read_midi(midi_bytes(Performance(notes, {0: 24, 3: 73})))
    begun = {(m[0] & 15, m[1]): (t, m[2]) for t, m in messages if m[0] >> 4 == 9}
    for note in notes:
        time, velocity = begun[note.channel, note.key]
        assert time == pytest.approx(note.start, abs=0.0006)
        assert velocity == note.velocity
    assert {(m[0] & 15, m[1]) for _, m in messages if m[0] >> 4 == 0xC} == {(0, 24), (3, 73)}


def test_repeated_note_ends_before_its_successor_begins():
    _, messages = read_midi(midi_bytes(Performance([Note(1.0, 5.0, 0, 60, 90), Note(2.0, 1.0, 0, 60, 90)])))
    kinds = [m[0] >> 4 for _, m in messages]
    assert kinds == [9, 8, 9, 8]
    assert messages[1][0] < messages[2][0]


@pytest.mark.parametrize("seed", SEEDS)
def test_downbeats_come_every_meter_beats(seed: int):
    score = song(seed)
    beats = np.array(score.beats)
    places = [int(np.argmin(np.abs(beats - t))) for t in score.downbeats]
    assert np.abs(beats[places] - score.downbeats).max() < 1e-6
    assert np.all(np.diff(beats) > 0.15)
    if score.meter:
        assert set(np.diff(places)) == {score.meter}
    else:
        assert len(set(np.diff(places))) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_truth_and_notes_lie_inside_the_piece(seed: int):
    score = song(seed)
    assert score.beats[0] >= 0
    assert score.beats[-1] < score.end <= LONGEST
    assert min(n.start for n in score.performance.notes) >= 0
    assert all(0 <= n.key <= 127 and 1 <= n.velocity <= 127 for n in score.performance.notes)


def test_pickup_sounds_before_the_first_downbeat():
    early = [s for s in map(song, range(20)) if "pickup" in s.tags]
    assert early
    before = [min(n.start for n in s.performance.notes) < s.downbeats[0] - 0.05 for s in early]
    assert np.mean(before) > 0.3


def test_quantised_song_has_most_drum_hits_on_a_sixteenth_or_triplet_of_the_beat():
    score = next(s for s in (song(i, "punk") for i in range(30)) if "quantised" in s.tags and s.meter == 4)
    hits = np.array([n.start for n in score.performance.notes if n.channel == 9])
    place = np.interp(hits, score.beats, np.arange(len(score.beats))) * 12
    inside = (hits > score.beats[0]) & (hits < score.beats[-1])
    assert len(hits) > 100
    assert np.mean(np.abs(place - np.round(place))[inside] < 0.05) > 0.98


def test_same_seed_gives_the_same_score_and_another_seed_another():
    assert compose(5) == compose(5)
    assert compose(5) != compose(6)


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.name)
def test_patterns_of_a_style_fit_its_bar(style):
    for entry in (*style.bass, *style.comps):
        *_, family, text = entry.split(" ")
        assert family in INSTRUMENTS
        assert text == "*" or read_steps(text, style.beats).per_beat in WHOLE_STEPS
    for kit in style.drums:
        for text in DRUMS[kit]:
            for letter, steps in read_kit(text, style.beats):
                assert letter in KEYS
                assert steps.per_beat in WHOLE_STEPS


def test_swing_moves_the_off_beat_and_never_the_beat():
    assert swung(3.0, 2 / 3, False, 4) == 3.0
    assert swung(3.5, 2 / 3, False, 4) == pytest.approx(3 + 2 / 3)
    assert swung(3 + 2 / 3, 2 / 3, False, 3) == pytest.approx(3 + 2 / 3)
    assert swung(3.25, 0.6, True, 4) == pytest.approx(3.3)


def test_eighth_note_pieces_have_six_beats_a_bar_below_200_a_minute():
    counted = [s for s in (song(i, "six") for i in range(14)) if "eighths" in s.tags]
    assert counted
    assert all(s.meter in (6, 0) for s in counted)
    assert all(s.bpm < 205 for s in counted if "tempo_change" not in s.tags)
