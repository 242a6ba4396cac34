# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of direction, on an analysis written by hand: 128 bars at 120 bpm with two drops (seconds)."""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from crossfade_addon.brief import Brief
from crossfade_addon.director import SongAnalysis, SongFacts, direct
from crossfade_addon.errors import BriefError
from crossfade_addon.setups import BEHIND, SETUPS, near_identical
from crossfade_addon.themes import load_theme
from crossfade_addon.timeline import (
    ACTIONS,
    ASPECTS,
    MOVES,
    SHOTS,
    Beats,
    Event,
    Lyrics,
    Region,
    Section,
    Signals,
    from_dict,
    to_dict,
)

BEAT, BAR = 0.5, 2.0
PARTS = [
    ("intro", 8, 0.2),
    ("verse", 16, 0.5),
    ("build", 8, 0.6),
    ("drop", 16, 1.0),
    ("break", 16, 0.15),
    ("bridge", 8, 0.4),
    ("build", 8, 0.6),
    ("drop", 16, 0.95),
    ("chorus", 16, 0.8),
    ("outro", 16, 0.2),
]
BARS = sum(bars for _, bars, _ in PARTS)
PLATFORMS = {
    "tiktok": {"window_s": 60, "max_s": 600},
    "reels": {"window_s": 60, "max_s": 900},
    "shorts": {"window_s": 60, "max_s": 180},
    "youtube": {"window_s": 0, "max_s": 43200},
}


def analysis(parts=PARTS, beats=True):
    sections, events, at = [], [], 0.0
    for name, bars, energy in parts:
        sections.append(Section(at, at + bars * BAR, name, energy, 1.0))
        if at and name == "drop":
            events.append(Event(at, "drop", "high" if energy == 1.0 else "medium", "drop_reaction", "bass rises"))
        elif name == "build":
            events.append(Event(at, "build", "high", "push_in", "treble rises"))
        elif at:
            events.append(Event(at, "section_change", "medium", name, "changes"))
        at += bars * BAR
    grid = tuple(k * BEAT for k in range(int(at / BEAT)))
    return SongAnalysis(
        duration_sec=at,
        beats=Beats(grid, grid[::4], 120.0, 4, 0.9) if beats else Beats(),
        sections=tuple(sections),
        events=tuple(events) if beats else (),
        signals=Signals(),
    )


def show(heard=None, platforms=PLATFORMS, song="abc", **brief):
    theme = brief.setdefault("theme", "sponsor_neon")
    wanted = Brief(Path("/music/song.wav"), "song", tuple(platforms), **brief)
    facts = SongFacts("Title", "Artist", song)
    return direct(heard or analysis(), facts, wanted, load_theme(theme), Lyrics(), platforms)


THEMES = ("sponsor_neon", "mashup_chaos", "chill_lofi")
EVERY = [(mode, theme, seed) for mode in ("mashup", "single") for theme in THEMES for seed in (1, 2, 3)]


@pytest.mark.parametrize(("mode", "theme", "seed"), EVERY)
def test_cuts_follow_the_rules(mode, theme, seed):
    timeline = show(mode=mode, theme=theme, seed=seed)
    downbeats = set(timeline.beats.downbeats)
    for aspect in ASPECTS:
        shots = timeline.camera[aspect].shots
        assert shots[0].start == 0 and shots[-1].end == timeline.meta.duration_sec
        for before, after in itertools.pairwise(shots):
            assert before.end == after.start
            assert after.start in downbeats
            assert after.start - before.start >= 2 * BEAT
            assert before.shot != after.shot
            pair = SETUPS[aspect][before.shot], SETUPS[aspect][after.shot]
            assert not near_identical(*pair)
        assert all(shot.shot in SHOTS for shot in shots)
        assert all(shot.end - shot.start <= BAR * 1.05 for shot in shots if shot.shot == "decks")
        details = [shot for shot in shots if shot.shot in ("hand_L", "hand_R", "top", "face")]
        held = timeline.drops()
        assert all(shot.end - shot.start <= max(1.05 * BAR, 4.0) or shot.end in held for shot in details)
        assert shots[-1].shot == "wide"
        for drop in timeline.drops():
            at = next(k for k, shot in enumerate(shots) if shot.start == drop)
            assert shots[at].shot in ("hero", "wide", "low")
            assert shots[at - 1].shot in ("close", "face")


@pytest.mark.parametrize("theme", [*THEMES, "award_elegant"])
def test_both_aspects_cut_together_and_turn_round_together(theme):
    seen = 0
    for seed in range(12):
        tall, wide = (show(theme=theme, seed=seed).camera[aspect].shots for aspect in ASPECTS)
        assert [shot.start for shot in tall] == [shot.start for shot in wide]
        assert [shot.shot for shot in tall] != [shot.shot for shot in wide]
        behind = [[(k, s.shot) for k, s in enumerate(shots) if s.shot in BEHIND] for shots in (tall, wide)]
        assert behind[0] == behind[1]
        assert len({name for _, name in behind[0]}) == len(behind[0])
        seen += len(behind[0])
    assert (seen > 0) == (theme in ("sponsor_neon", "mashup_chaos"))


def test_hands_are_shown_when_they_play():
    shown = {True: 0, False: 0}
    for seed in range(20):
        timeline = show(theme="mashup_chaos", seed=seed)
        for aspect in ASPECTS:
            for shot in timeline.camera[aspect].shots:
                if shot.shot in ("hand_L", "hand_R"):
                    acts = [t.action for t in timeline.avatar.triggers if shot.start - 0.3 <= t.t < shot.end]
                    shown[f"deck_scratch_{shot.shot[-1]}" in acts] += 1
    assert shown[True] > 4 * shown[False]


def test_a_film_uses_most_of_its_set_ups():
    for aspect in ASPECTS:
        counts = [len({shot.shot for shot in show(seed=seed).camera[aspect].shots}) for seed in range(6)]
        assert min(counts) >= 9


def test_a_dozen_seeds_make_a_dozen_films():
    films = {
        tuple(shot.shot for shot in show(seed=seed).camera[aspect].shots) for seed in range(12) for aspect in ASPECTS
    }
    assert len(films) == 24


@pytest.mark.parametrize(("mode", "theme", "seed"), EVERY)
def test_moves_follow_the_rules(mode, theme, seed):
    timeline = show(mode=mode, theme=theme, seed=seed)
    plan = timeline.camera["9:16"]
    assert {"rise", "push_in"} & {move.action for move in plan.movements if move.t == 0 and move.duration >= 1}
    assert {move.action for move in plan.movements} <= set(MOVES)
    assert all(-1 <= move.amount <= 1 for move in plan.movements)
    for drop in timeline.drops():
        assert {"pull_back", "shake"} <= {move.action for move in plan.movements if move.t == drop}
    builds = [event.t for event in timeline.events if event.type == "build"]
    for build in builds:
        push = [move for move in plan.movements if move.t == build and move.action == "push_in"]
        assert len(push) == 1 and push[0].duration == 8 * BAR and push[0].ease == "accelerate"
    for shot in plan.shots:
        assert any(move.t < shot.end and move.t + move.duration > shot.start for move in plan.movements)


@pytest.mark.parametrize(("mode", "theme", "seed"), EVERY)
def test_gestures_follow_the_rules(mode, theme, seed):
    timeline = show(mode=mode, theme=theme, seed=seed)
    triggers = timeline.avatar.triggers
    at = {trigger.t: trigger.action for trigger in triggers}
    for drop in timeline.drops():
        assert at[drop] == "drop_reaction"
    assert sum(action == "drop_reaction" for action in at.values()) == 2
    for section in timeline.audio.sections[1:]:
        expected = {"drop": "drop_reaction", "chorus": "crossfader_hit", "bridge": "spotlight_present"}
        assert at[section.start_time].startswith(expected.get(section.section_type, "deck_scratch"))
    times = [trigger.t for trigger in triggers]
    assert all(b - a >= 1.6 for a, b in itertools.pairwise(times))
    assert all(trigger.action in ACTIONS and trigger.duration > 0 for trigger in triggers)


def test_mashup_is_denser_than_single():
    count = {mode: sum(len(show(mode=mode, seed=s).avatar.triggers) for s in range(6)) for mode in ("mashup", "single")}
    assert count["mashup"] > 1.25 * count["single"]


def test_fast_music_is_cut_faster_where_it_is_loud():
    shots = show().camera["9:16"].shots
    drop = [s for s in shots if 64 <= s.start < 96]
    rest = [s for s in shots if 96 <= s.start < 128]
    assert len(drop) >= 2 * len(rest)


def test_elegant_shows_are_cut_slower():
    def cuts(theme):
        return len(show(theme=theme).camera["9:16"].shots)

    assert cuts("award_elegant") < cuts("sponsor_neon")


def test_a_nudge_comes_where_nothing_happens():
    timeline = show(analysis([("verse", 60, 0.5), ("outro", 8, 0.2)]))
    nudges = [event.t for event in timeline.events if event.type == "retention_nudge"]
    marks = [0.0, *nudges, 120.0]
    assert all(b - a <= 30 for a, b in itertools.pairwise(marks))
    assert all(b - a >= 20 for a, b in itertools.pairwise(marks[:-1]))
    moves = {move.t for move in timeline.camera["9:16"].movements if move.action == "nudge"}
    assert moves == set(nudges)


def test_lights_go_out_before_each_drop_and_flash_on_it():
    timeline = show()
    cues = timeline.lighting.cues
    assert sum(cue.look in {s.section_type for s in timeline.audio.sections} for cue in cues) >= len(PARTS)
    for drop in timeline.drops():
        dark = next(cue for cue in cues if cue.look == "blackout" and cue.t < drop <= cue.t + cue.duration + 1e-6)
        assert BEAT / 2 <= dark.duration <= BEAT and dark.level < 0.1
        assert any(cue.look == "flash" and cue.t == drop for cue in cues)
        assert any(cue.look == "confetti" and cue.t == drop and cue.duration == 4 * BAR for cue in cues)
    assert [cue.t for cue in cues] == sorted(cue.t for cue in cues)


CALM_PARTS = [("intro", 10, 0.1), ("verse", 21, 0.4), ("chorus", 15, 0.7), ("outro", 8, 0.1)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("seed", range(4))
def test_music_without_a_beat_is_shown_calmly(theme, seed):
    heard = analysis(CALM_PARTS, beats=False)
    # A swell of the bass that somebody calls a drop must not flash either.
    heard = replace(heard, events=(Event(62.0, "drop", "high", "drop_reaction", "bass rises"),))
    timeline = show(heard, theme=theme, seed=seed)
    shots = timeline.camera["9:16"].shots
    assert all(6 <= shot.end - shot.start <= 16 for shot in shots)
    assert {section.start_time for section in heard.sections} <= {shot.start for shot in shots}
    moves = timeline.camera["9:16"].movements
    assert {move.action for move in moves} <= {"push_in", "drift", "arc", "track", "rise", "nudge"}
    assert moves[0].t == 0 and max(abs(move.amount) for move in moves) < 0.4
    assert {trigger.action for trigger in timeline.avatar.triggers} == {"spotlight_present"}
    assert {cue.look for cue in timeline.lighting.cues} <= {section.section_type for section in heard.sections}
    curve = timeline.lighting.intensity_curve
    steep = [abs(b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.pairwise(curve)]
    assert max(steep) < 0.3
    assert "drop" not in timeline.clips["tiktok"].reason


def test_nobody_scratches_to_a_doubtful_beat():
    heard = analysis()
    doubtful = (Region(0.0, 100.0, 0.05, False), Region(100.0, 256.0, 0.9, True))
    heard = replace(heard, beats=replace(heard.beats, regions=doubtful))
    changes = {section.start_time for section in heard.sections}
    played = [t.t for t in show(heard, theme="mashup_chaos").avatar.triggers if t.t not in changes]
    nudged = {e.t for e in show(heard, theme="mashup_chaos").events if e.type == "retention_nudge"}
    assert [t for t in played if t > 100] and not [t for t in played if t < 100 and t not in nudged]
    corrected = replace(heard, beats=replace(heard.beats, edited=True))
    assert [t.t for t in show(corrected, theme="mashup_chaos").avatar.triggers if t.t < 100 and t.t not in changes]


def reasoned(timeline):
    """(what, moment, reason) of everything that claims one."""
    for event in timeline.events:
        yield event.type, event.t, event.reason
    for shot in timeline.camera["9:16"].shots:
        yield shot.shot, shot.start, shot.reason
    for move in timeline.camera["9:16"].movements:
        yield move.action, move.t, move.reason
    for trigger in timeline.avatar.triggers:
        yield trigger.action, trigger.t, trigger.reason
    for cue in timeline.lighting.cues:
        yield cue.look, cue.t, cue.reason
    for cue in timeline.lighting.wall:
        yield cue.family, cue.start, cue.reason
    for cue in timeline.lighting.beams:
        yield cue.mode, cue.start, cue.reason
    for name, clip in timeline.clips.items():
        yield name, clip.start, clip.reason


@pytest.mark.parametrize("calm", [False, True])
@pytest.mark.parametrize("mode", ["mashup", "single"])
def test_everything_has_a_reason_and_the_reasons_are_true(mode, calm):
    heard = analysis(CALM_PARTS, beats=False) if calm else analysis()
    timeline = show(heard, mode=mode)
    things = list(reasoned(timeline))
    assert all(reason.strip() for _, _, reason in things)
    for what, t, reason in things:
        section = timeline.section_at(t)
        bars = [int(n) for n in re.findall(r"bar (\d+)", reason)]
        clocks = [60 * int(m) + int(s) for m, s in re.findall(r"at (\d+):(\d\d)", reason)]
        assert not (calm and bars) and not (clocks and not calm), reason
        if what in ("blackout", "tiktok", "reels", "shorts"):
            continue
        if bars:
            beat = int((re.findall(r"beat (\d)", reason) or ["1"])[0])
            places = [timeline.beats.downbeats[n - 1] + (beat - 1) * BEAT for n in bars]
            assert min(abs(t - place) for place in places) < 0.03, (what, t, reason)
        if clocks:
            assert min(abs(t - c) for c in clocks) <= 1, (what, t, reason)
        if begun := re.search(r"(\w+) begins at", reason):
            assert section.section_type == begun[1] and section.start_time == t
        if energy := re.search(r"energy (0\.\d+|1\.00)", reason):
            assert float(energy[1]) == pytest.approx(section.energy_level, abs=0.006)
        if quiet := re.search(r"happened for (\d+) s", reason):
            marks = [0.0, *(e.t for e in timeline.events if e.t < t)]
            assert t - max(marks) == pytest.approx(int(quiet[1]), abs=1)
        if "drop at" in reason and "last bar before" not in reason and what != "push_in":
            assert t in timeline.drops()


def test_phrase_lines_are_preferred_and_named():
    heard = analysis()
    parts = tuple(replace(section, phrase_bars=8) for section in heard.sections)
    shots = show(replace(heard, sections=parts)).camera["9:16"].shots
    named = [shot for shot in shots if "phrase line" in shot.reason]
    assert named and all("every 8 bars" in shot.reason for shot in named)
    for shot in named:
        start = next(s.start_time for s in parts if s.start_time <= shot.start < s.end_time)
        assert (shot.start - start) % (8 * BAR) == 0


def test_the_same_seed_gives_the_same_json_and_another_seed_another_film():
    first = json.dumps(to_dict(show(seed=4)))
    assert first == json.dumps(to_dict(show(seed=4)))
    other = show(seed=5)
    assert [s.shot for s in other.camera["9:16"].shots] != [s.shot for s in show(seed=4).camera["9:16"].shots]
    assert [s.shot for s in show(seed=4, song="xyz").camera["9:16"].shots] != [
        s.shot for s in show(seed=4).camera["9:16"].shots
    ]


def test_the_timeline_survives_json():
    data = to_dict(show())
    assert to_dict(from_dict(json.loads(json.dumps(data)))) == data


def test_vertical_platforms_share_a_window_around_the_strongest_drop():
    clips = show().clips
    window = clips["tiktok"]
    assert clips["reels"] == clips["shorts"] == window
    assert window.start in analysis().beats.downbeats and window.end in analysis().beats.downbeats
    assert (window.start, window.end) == (48, 96)  # from its build to the end of its part
    assert "drop" in window.reason
    assert (clips["youtube"].start, clips["youtube"].end) == (0, BARS * BAR)


def test_without_a_drop_the_chorus_is_taken():
    clip = show(analysis([("verse", 40, 0.3), ("chorus", 30, 0.9), ("outro", 40, 0.2)])).clips["tiktok"]
    assert clip.start >= 78 and clip.end <= 142
    assert "the chorus (1:20, bar 41) begins 0:00 into it" in clip.reason


def test_short_songs_are_taken_whole():
    clip = show(analysis([("chorus", 20, 0.7)])).clips["tiktok"]
    assert (clip.start, clip.end) == (0, 40)
    assert (clip.fade_in_s, clip.fade_out_s) == (0, 0)


def test_an_asked_for_clip_is_cut_to_the_song():
    clips = show(clip=(200.0, 300.0)).clips
    assert all((clip.start, clip.end) == (200, 256) for clip in clips.values())
    with pytest.raises(BriefError, match="song ends at"):
        show(clip=(300.0, 310.0))


def test_the_whole_song_is_cut_to_what_a_platform_takes():
    clips = show(whole_song=True).clips
    assert clips["shorts"].end == 180 and "180" in clips["shorts"].reason
    assert clips["tiktok"].end == 256


def test_events_need_45_seconds():
    with pytest.raises(BriefError, match="45 s"):
        show(analysis([("chorus", 20, 0.7)]), mode="event", theme="award_elegant")
    assert show(analysis([("chorus", 23, 0.7)]), mode="event", theme="award_elegant").meta.mode == "event"


@pytest.mark.parametrize("bars", [1, 2, 3])
def test_tiny_songs_get_a_film(bars):
    timeline = show(analysis([("verse", bars, 0.5)]))
    assert timeline.camera["9:16"].shots[-1].end == bars * BAR


def test_wilder_shows_have_more_gestures():
    counts = [sum(len(show(intensity=i, seed=s).avatar.triggers) for s in range(8)) for i in (0.5, 1.0, 1.4)]
    assert counts[0] < counts[1] < counts[2]


@pytest.mark.parametrize("seed", range(6))
def test_loud_parts_leave_two_bars_in_a_row_free_for_raised_hands(seed):
    timeline = show(seed=seed)
    loud = [s for s in timeline.audio.sections if s.section_type in ("drop", "chorus")]
    assert loud
    for section in loud:
        played = [t.t for t in timeline.avatar.triggers if section.start_time <= t.t < section.end_time - 0.1]
        gaps = [b - a for a, b in itertools.pairwise([*played, section.end_time])]
        assert max(gaps) >= 2.5 * BAR
