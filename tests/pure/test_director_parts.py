# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts and moments corrected by hand, and what was heard, kept small: on songs written down here."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest

from crossfade_addon.director import corrected_parts, heard, picture
from crossfade_addon.director.corrections import (
    GRID_ACTIONS,
    PART_ACTIONS,
    Correction,
    add,
    check,
    describe,
    from_json,
    parse,
    shortest,
    text_of,
    to_json,
)
from crossfade_addon.errors import BriefError, DirectorError
from crossfade_addon.timeline import Audio, Beats, Event, Meta, Section, Timeline

DURATION = 64.0
BEATS = Beats(tuple(k * 0.5 for k in range(128)), tuple(k * 2.0 for k in range(32)), 120.0, 4, 0.9)
SECTIONS = (
    Section(0.0, 16.0, "intro", 0.2),
    Section(16.0, 32.0, "build", 0.6, group="A"),
    Section(32.0, 48.0, "drop", 1.0, group="B"),
    Section(48.0, 64.0, "outro", 0.3),
)
EVENTS = (
    Event(16.0, "build", "medium", "push_in", "treble rises", 0.5),
    Event(32.0, "drop", "high", "drop_reaction", "bass rises 12 dB", 0.9),
    Event(48.0, "section_change", "low", "outro", "drop gives way to outro", 0.3),
    Event(56.0, "roll", "low", "decks", "8 strokes a beat", 0.3),
)


def parts(*texts: str, energy: np.ndarray | None = None) -> tuple[list[tuple[float, float, str]], list[tuple]]:
    """Start, end and name of every part, and time and type of every moment, after these corrections."""
    todo = [parse(text) for text in texts]
    sections, events = corrected_parts.apply(SECTIONS, EVENTS, todo, BEATS, energy)
    assert sections[0].start_time == 0 and sections[-1].end_time == DURATION
    assert all(a.end_time == b.start_time for a, b in pairwise(sections))
    return [(s.start_time, s.end_time, s.section_type) for s in sections], [(e.t, e.type) for e in events]


def test_a_border_that_is_moved_goes_to_the_bar_line_and_takes_its_moment_along() -> None:
    now, moments = parts("move=32,35.2")
    assert now[1:3] == [(16.0, 36.0, "build"), (36.0, 48.0, "drop")]
    assert (36.0, "drop") in moments and (32.0, "drop") not in moments
    assert (16.0, "build") in moments and (56.0, "roll") in moments


def test_a_border_cannot_be_moved_past_its_neighbours() -> None:
    assert parts("move=32,60") == parts() and parts("move=32,15.9") == parts()


def test_a_part_that_is_split_has_a_moment_and_the_energy_of_its_own_sound() -> None:
    energy = np.concatenate([np.full(400, 0.8), np.full(80, 0.2), np.full(160, 0.8)])  # low from 40 to 48 s
    todo = [parse("split=40.3")]
    sections, events = corrected_parts.apply(SECTIONS, EVENTS, todo, BEATS, energy)
    first, second = sections[2:4]
    assert (first.start_time, first.end_time, second.end_time) == (32.0, 40.0, 48.0)
    assert first.energy_level == 1.0 and second.energy_level == pytest.approx(0.4, abs=0.01)
    assert [e.type for e in events if e.t == 40.0] == ["drop"]


def test_splitting_at_a_border_changes_nothing() -> None:
    assert parts("split=32.4") == parts()


def test_merged_parts_are_called_as_the_longer_one_and_a_drop_of_the_music_stays() -> None:
    now, moments = parts("move=48,56", "merge=32")
    assert now == [(0.0, 16.0, "intro"), (16.0, 56.0, "drop"), (56.0, 64.0, "outro")]
    assert (32.0, "drop") in moments
    now, moments = parts("merge=48")
    assert (48.0, "section_change") not in moments


def test_a_part_called_a_drop_gets_one_and_loses_it_again() -> None:
    now, moments = parts("call=50,drop")
    assert now[3] == (48.0, 64.0, "drop") and (48.0, "drop") in moments and (48.0, "section_change") not in moments
    now, moments = parts("call=33,chorus")
    assert now[2][2] == "chorus" and (32.0, "drop") not in moments and (32.0, "section_change") in moments


def test_a_moment_that_is_off_is_gone_and_only_that_one() -> None:
    _, moments = parts("off=32.1,drop")
    assert [t for t, _ in moments] == [16.0, 48.0, 56.0]
    assert parts("off=20,drop") == parts()


def test_parts_are_found_again_when_the_grid_moved_them_by_a_bar() -> None:
    moved = [dataclasses.replace(SECTIONS[0], end_time=18.0), dataclasses.replace(SECTIONS[1], start_time=18.0)]
    sections, _ = corrected_parts.apply([*moved, *SECTIONS[2:]], EVENTS, [parse("move=16,20")], BEATS)
    assert sections[1].start_time == 20.0


@pytest.mark.parametrize(
    "text",
    [
        *("x2", "/2", "shift=-1@60-90", "nudge=-12.5", "bpm=128.333,12.5", "bar=12.5", "meter=3@60-", "reset@10-20"),
        *("tap=1,1.5,2,2.5", "call=62.5,chorus", "split=70", "merge=70.0001", "move=62.5,64", "off=64,section_change"),
    ],
)
def test_a_correction_is_read_from_its_own_text_and_its_own_data(text: str) -> None:
    correction = parse(text)
    assert text_of(correction) == text and parse(text_of(correction)) == correction
    assert from_json(json.loads(json.dumps(to_json(correction)))) == correction
    assert describe(correction)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("call=62.5,refrain", "'refrain' is no part"),
        ("off=62.5,retention_nudge", "is no moment"),
        ("call=62.5", "needs 2 values"),
        ("move=62.5", "needs 2 values"),
        ("split=10@20-30", "takes no part"),
        ("split=", "not a number"),
        ("off=nan,drop", "not a number"),
    ],
)
def test_a_correction_of_parts_that_cannot_be_says_why(text: str, said: str) -> None:
    with pytest.raises(BriefError, match=said):
        parse(text)


def test_a_moment_outside_the_song_is_refused() -> None:
    with pytest.raises(BriefError, match="the song ends at 64 s"):
        check(parse("split=64"), DURATION)


def test_the_list_stays_short() -> None:
    texts = ["call=40,verse", "x2", "call=40,chorus", "move=32,34", "/2", "move=34,36", "off=56,roll", "off=56,roll"]
    assert [text_of(c) for c in shortest(map(parse, texts))] == ["call=40,chorus", "move=32,36", "off=56,roll"]
    assert set(GRID_ACTIONS).isdisjoint(PART_ACTIONS)


def test_a_reset_of_the_grid_leaves_parts_and_moments() -> None:
    edits = shortest(map(parse, ["x2", "split=40", "nudge=5"]))
    assert [text_of(c) for c in add(edits, Correction("reset"))] == ["split=40"]


def heard_song() -> heard.Heard:
    meta = Meta("song", "Title", "Artist", "", "", 0, DURATION, 120.0, "sum", "3")
    levels = {"peak": np.linspace(0, 1, 1808), "mean": np.linspace(0, 0.5, 1808), "energy": np.full(640, 0.25)}
    return heard.Heard(Timeline(meta, Audio("", SECTIONS), BEATS, EVENTS), levels, (parse("x2"),))


def test_what_was_heard_is_read_back_as_it_was_written() -> None:
    song = heard_song()
    back = heard.loads(heard.dumps(song), where="test")
    assert (back.song, back.corrections) == (song.song, song.corrections)
    for name, values in song.levels.items():
        assert back.levels[name] == pytest.approx(values, abs=0.003)


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"song": 3, "levels": {}, "corrections": []}'])
def test_what_was_heard_and_is_damaged_says_what_to_do(damage: str) -> None:
    with pytest.raises(DirectorError, match="Analyse the song again"):
        heard.loads(damage, where="heard.json")


def test_corrections_always_start_from_what_was_heard() -> None:
    song = heard_song()
    assert heard.corrected(song, ()).beats == BEATS
    fixed = heard.corrected(song, [parse("x2"), parse("off=32,drop")])
    assert fixed.meta.bpm == fixed.beats.bpm == pytest.approx(240.0)
    assert fixed.drops() == () and len(fixed.beats.timestamps) == pytest.approx(2 * len(BEATS.timestamps), abs=1)


def test_the_picture_of_a_song_shows_what_was_corrected() -> None:
    song = heard_song()
    before = picture.draw_song(song.song, song.levels).pixels
    after = picture.draw_song(heard.corrected(song, [parse("call=40,break")]), song.levels).pixels
    assert before.shape == after.shape and before.shape[1:] == (2000, 3) and before.shape[0] < 600
    lane = slice(92, 150)  # of the parts
    changed = np.flatnonzero((before[lane] != after[lane]).any(axis=(0, 2)))
    first, last = 168 + 1808 // 2, 168 + 3 * 1808 // 4  # the third quarter of the song, right of the lanes' names
    assert first <= changed.min() <= first + 2 and last - 3 <= changed.max() <= last
