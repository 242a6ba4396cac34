# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a song each platform gets: rules that must hold for any song, tried on many made-up ones (seconds)."""

from __future__ import annotations

import dataclasses
import itertools
import random
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon.brief import Brief
from crossfade_addon.director.clips import FADE_IN_S, LONGEST_FADE_S, plan_clips
from crossfade_addon.director.score import Score
from crossfade_addon.director.sung import read_lyrics
from crossfade_addon.encode.platforms import load_platforms
from crossfade_addon.errors import BriefError
from crossfade_addon.timeline import Event, LyricLine, Lyrics, LyricWord, Section
from crossfade_addon.timing import frame_at

ROWS = {name: dataclasses.asdict(platform) for name, platform in load_platforms().items()}
CANVAS = {"window_s": 8.0, "min_s": 3.0, "max_s": 8.0, "loop": True, "audio": "none"}
ROWS |= {"square": {**ROWS["reels"], "label": "Square"}, "status": {"window_s": 30.0, "min_s": 5.0, "max_s": 30.0}}
ROWS |= {"canvas": CANVAS, "loud_loop": {**CANVAS, "audio": "aac", "max_s": 12.0, "window_s": 12.0}}
KINDS = ("intro", "verse", "build", "chorus", "drop", "break", "bridge", "outro")
SEEDS = range(30)
RATES = (Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60000, 1001), Fraction(60))


def song(seed: int, *, calm: bool = False) -> tuple[Score, Lyrics]:
    """A song nobody wrote: 20 to 360 s, drifting bars, parts of odd lengths, drops or none, words or none."""
    dice = random.Random(f"{seed}/song")
    bar = 60 / dice.uniform(60, 180) * dice.choice([3, 4, 4, 4, 5])
    wanted, t = dice.uniform(20, 360), dice.uniform(0, bar)
    downbeats = []
    while t < wanted:
        downbeats.append(t)
        t += bar * dice.uniform(0.98, 1.02)
    duration = t + dice.uniform(0, 3)
    marks = sorted({0, *(dice.randrange(len(downbeats)) for _ in range(dice.randint(0, 12)))})
    bounds = [0.0, *(downbeats[m] for m in marks[1:]), duration]
    sections = [
        Section(a, b, dice.choice(KINDS), dice.random(), 1.0, dice.choice("ABC"), dice.choice([0, 4, 8]))
        for a, b in itertools.pairwise(bounds)
    ]
    events = [
        Event(s.start_time, "drop", dice.choice(["low", "medium", "high"]), "", "", dice.random())
        for s in sections
        if s.section_type == "drop" and dice.random() < 0.8
    ]
    beats = [] if calm else [b + k * bar / 4 for b in downbeats for k in range(4)]
    lines = [] if calm else downbeats
    return Score(duration, beats, lines, sections, events, bar / 4, bar), words(dice, duration)


def words(dice: random.Random, duration: float) -> Lyrics:
    """Words without pause, with pauses, in lines without word times, of two voices at once, or none at all."""
    style = dice.choice(["none", "sparse", "dense", "lines", "duet"])
    lines, t = [], dice.uniform(0, 10)
    while style != "none" and t < duration - 1:
        gap, count = (0.0, 8) if style == "dense" else (dice.uniform(0, 4), dice.randint(1, 9))
        if style == "lines":
            lines.append(LyricLine(t, t + count * 0.5, "la " * count))
            t = lines[-1].end + dice.choice([0.0, gap])
            continue
        sung = []
        for _ in range(count):
            length = dice.uniform(0.1, 0.9)
            sung.append(LyricWord(t, t + length, "la"))
            t += length + (0.0 if style == "dense" else dice.choice([0.0, 0.02, 0.3]))
        lines.append(LyricLine(sung[0].start, sung[-1].end, "la", tuple(sung)))
        if style == "duet":
            shifted = tuple(LyricWord(w.start + 0.37, w.end + 0.37, "oh") for w in sung)
            lines.append(LyricLine(shifted[0].start, shifted[-1].end, "oh", shifted))
        t += gap
    return Lyrics(tuple(lines))


def clips(score: Score, lyrics: Lyrics, rows=ROWS, **brief):
    wanted = Brief(Path("/music/song.wav"), "song", tuple(rows), **brief)
    return plan_clips(score, wanted, lyrics, rows)


def cut_words(lyrics: Lyrics, t: float) -> list[str]:
    spans = [(w.start, w.end) for line in lyrics.lines for w in (line.words or [line])]
    return [f"{a}-{b}" for a, b in spans if a < t - 1e-6 and t + 1e-6 < b]


@pytest.mark.parametrize("calm", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_chosen_part_never_cuts_a_word_and_keeps_every_limit(seed, calm):
    score, lyrics = song(seed, calm=calm)
    fps = RATES[seed % len(RATES)]
    for name, clip in clips(score, lyrics, fps=fps).items():
        row = ROWS[name]
        limit = min(row["window_s"] or row["max_s"], row["max_s"])
        assert 0 <= clip.start < clip.end <= score.duration + 1e-9, name
        assert frame_at(clip.end, fps) - frame_at(clip.start, fps) <= limit * fps, name
        assert clip.duration >= min(row["min_s"], score.duration) - 1e-6, name
        if not row.get("loop"):
            assert not [t for t in (clip.start, clip.end) if 0 < t < score.duration and cut_words(lyrics, t)], name


@pytest.mark.parametrize("seed", SEEDS)
def test_edges_are_bar_lines_unless_somebody_sings_there(seed):
    score, lyrics = song(seed)
    lines = [0.0, *score.downbeats, score.duration]
    for name in ("tiktok", "status"):
        clip = clips(score, lyrics)[name]
        for t in (clip.start, clip.end):
            near = min(lines, key=lambda line: abs(line - t))
            if abs(near - t) > 1e-9:
                beside = [w for line in lyrics.lines for w in (line.words or [line])]
                assert min(min(abs(t - w.start), abs(t - w.end)) for w in beside) <= 0.05 + 1e-9, (name, t)
                assert "beside a word" in clip.reason


@pytest.mark.parametrize("seed", SEEDS)
def test_without_words_every_window_has_whole_bars(seed):
    score, _ = song(seed)
    for name in ("tiktok", "status"):
        clip = clips(score, Lyrics())[name]
        assert {clip.start, clip.end} <= {0.0, *score.downbeats, score.duration}


@pytest.mark.parametrize("seed", SEEDS)
def test_upright_platforms_share_one_part_whichever_are_chosen(seed):
    score, lyrics = song(seed)
    every = clips(score, lyrics)
    assert every["tiktok"] == every["reels"] == every["shorts"] == every["square"]
    assert clips(score, lyrics, {"reels": ROWS["reels"]})["reels"] == every["reels"]
    assert every == clips(score, lyrics)
    assert (every["youtube"].start, every["youtube"].end) == (0.0, score.duration)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_strongest_drop_lies_in_the_window_with_music_after_it(seed):
    score, lyrics = song(seed)
    drops = [e for e in score.events if e.t + 15 <= score.duration]
    if not drops:
        return
    rank = {"low": 0, "medium": 1, "high": 2}
    best = max(drops, key=lambda e: (rank[e.intensity], e.strength))
    late = [e for e in score.events if e not in drops and rank[e.intensity] >= rank[best.intensity]]
    clip = clips(score, lyrics)["tiktok"]
    if not late:
        assert clip.start <= best.t < clip.end - 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loop_has_whole_bars_from_a_bar_line_and_no_fades(seed):
    score, lyrics = song(seed)
    for name in ("canvas", "loud_loop"):
        clip = clips(score, lyrics)[name]
        assert (clip.fade_in_s, clip.fade_out_s) == (0.0, 0.0)
        if "repeat" in clip.reason and "no bars" not in clip.reason:
            assert clip.start in score.downbeats and clip.end in score.downbeats
            bars = score.downbeats.index(clip.end) - score.downbeats.index(clip.start)
            assert f"{bars} bar" in clip.reason
        else:
            assert min(b - a for a, b in itertools.pairwise(score.downbeats)) > 4


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sound_fades_only_where_the_song_goes_on_and_never_over_the_last_word(seed):
    score, lyrics = song(seed)
    for name in ("tiktok", "status", "youtube"):
        clip = clips(score, lyrics)[name]
        assert clip.fade_in_s == (FADE_IN_S if clip.start > 0 else 0)
        if clip.end == score.duration:
            assert clip.fade_out_s == 0
            continue
        assert 0.05 <= clip.fade_out_s <= min(LONGEST_FADE_S, clip.duration / 4) + 1e-3
        ends = [e for _, e in read_lyrics(lyrics).words if clip.start < e <= clip.end + 1e-6]
        assert clip.fade_out_s <= max(0.12, clip.end - max(ends, default=clip.start)) + 1e-3


def plain(parts, *, bar=2.0, drops=()) -> Score:
    sections, t = [], 0.0
    for kind, bars, energy, group in parts:
        sections.append(Section(t, t + bars * bar, kind, energy, 1.0, group, 4))
        t += bars * bar
    lines = [k * bar for k in range(round(t / bar))]
    events = [Event(d, "drop", "high", "", "", 1.0) for d in drops]
    return Score(t, [k * bar / 4 for k in range(4 * len(lines))], lines, sections, events, bar / 4, bar)


SONG = [("intro", 8, 0.2, "A"), ("verse", 16, 0.5, "B"), ("chorus", 8, 0.9, "C"), ("verse", 16, 0.5, "B")]
SONG += [("chorus", 8, 0.9, "C"), ("bridge", 8, 0.4, "D"), ("chorus", 12, 1.0, "C"), ("outro", 10, 0.2, "A")]


def test_a_song_without_drops_shows_the_chorus_that_comes_again():
    clip = clips(plain(SONG), Lyrics())["tiktok"]
    loudest = plain(SONG).sections[6]
    assert clip.start <= loudest.start_time and loudest.end_time <= clip.end
    assert "chorus" in clip.reason and "comes 3 times" in clip.reason
    assert 10 <= loudest.start_time - clip.start <= 40


def test_an_edge_leaves_a_bar_line_where_a_long_word_is_held_over_it():
    score = plain([("drop", 60, 1.0, "A")], drops=[40.0])
    held = tuple(LyricWord(t - 0.3, t + 0.3, "aah") for t in score.downbeats[1:])
    clip = clips(score, Lyrics((LyricLine(held[0].start, held[-1].end, "aah", held),)))["tiktok"]
    assert not cut_words(Lyrics((LyricLine(0, 1, "", held),)), clip.start)
    assert 0 < min(abs(clip.end - line) for line in score.downbeats) <= 0.36
    assert "beside a word" in clip.reason


def test_a_loop_begins_on_the_drop_and_has_a_power_of_two_of_bars():
    clip = clips(plain(SONG, bar=1.5, drops=[36.0, 72.0]), Lyrics())["canvas"]
    assert (clip.start, clip.end) == (36.0, 42.0)  # five bars would fit, four repeat better


def test_a_loop_is_looked_for_in_the_part_that_was_asked_for():
    clip = clips(plain(SONG, drops=[48.0, 96.0]), Lyrics(), clip=(90.5, 130.0))["canvas"]
    assert (clip.start, clip.end) == (96.0, 104.0)
    clip = clips(plain(SONG, drops=[48.0]), Lyrics(), clip=(90.5, 95.0))["canvas"]
    assert (clip.start, clip.end) == (90.5, 95.0)


def test_music_without_a_beat_still_gets_parts_within_the_limits():
    score, _ = song(3, calm=True)
    found = clips(score, Lyrics())
    assert "bars" not in found["tiktok"].reason
    assert found["canvas"].duration <= 8 and "no bars to repeat" in found["canvas"].reason


def test_one_platform_may_have_a_part_of_its_own():
    score = plain(SONG)
    found = clips(score, Lyrics(), clip=(10.0, 40.0), clips=(("reels", 50.0, 60.5),))
    assert (found["reels"].start, found["reels"].end) == (50.0, 60.5)
    assert (
        (found["tiktok"].start, found["tiktok"].end) == (10.0, 40.0) == (found["youtube"].start, found["youtube"].end)
    )
    with pytest.raises(BriefError, match="song ends at"):
        clips(score, Lyrics(), clips=(("reels", 500.0, 510.0),))


def test_what_is_asked_for_is_cut_at_a_bar_line_when_it_is_too_long():
    score = plain(SONG, bar=1.9)
    clip = clips(score, Lyrics(), clip=(3.3, 150.0))["status"]
    assert clip.start == 3.3 and clip.end in score.downbeats and 28 <= clip.duration <= 30
    assert "cut to the 30 s that status takes" in clip.reason


def test_a_part_under_the_shortest_that_a_platform_takes_says_so():
    clip = clips(plain(SONG), Lyrics(), clip=(3.0, 5.0))["tiktok"]
    assert (clip.start, clip.end) == (3.0, 5.0)
    assert "shorter than the 3 s that tiktok takes" in clip.reason


def test_the_fade_is_a_bar_long_where_the_music_goes_on_and_a_beat_where_it_steps_back():
    level = plain([("drop", 100, 1.0, "A")], drops=[40.0])
    assert clips(level, Lyrics())["tiktok"].fade_out_s == 2.0
    ends = plain([("build", 20, 0.6, "A"), ("drop", 20, 1.0, "B"), ("break", 40, 0.1, "C")], drops=[40.0])
    clip = clips(ends, Lyrics())["tiktok"]
    assert (clip.end, clip.fade_out_s) == (80.0, 0.5)
