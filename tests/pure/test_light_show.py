# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of LED wall and moving heads: the same music looks the same, neighbours differ, drops get the most."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from crossfade_addon.director.light_show import CALM_FAMILIES, FAMILIES, GENTLE, MODES, SLAM_BARS, plan_beams, plan_wall
from crossfade_addon.director.score import Score
from crossfade_addon.director.sung import Sung
from crossfade_addon.errors import BriefError
from crossfade_addon.themes import BUILT_IN, load_theme
from crossfade_addon.timeline import BEAM_COLORS, BEAM_MODES, SECTION_TYPES, WALL_FAMILIES, Event, Section

BEAT = 0.5
BAR = 2.0
SONG = (  # kind, bars, energy, group
    ("intro", 4, 0.2, "A"),
    ("verse", 8, 0.5, "B"),
    ("build", 4, 0.5, "C"),
    ("drop", 16, 1.0, "D"),
    ("verse", 8, 0.5, "B"),
    ("break", 4, 0.2, "E"),
    ("build", 4, 0.5, "C"),
    ("drop", 16, 1.0, "D"),
    ("outro", 4, 0.3, "A"),
)
"""Two verses, builds and drops of the same music; the outro is the intro's."""


def score(song=SONG, *, beats: bool = True) -> Score:
    sections, events, t = [], [], 0.0
    for kind, bars, energy, group in song:
        sections.append(Section(t, t + bars * BAR, kind, energy, 1.0, group, 4))
        if kind == "drop":
            events.append(Event(t, "drop", "high", "drop_reaction", "bass rises"))
        t += bars * BAR
    count = round(t / BEAT) if beats else 0
    times = [k * BEAT for k in range(count)]
    return Score(t, times, times[::4], sections, events, BEAT, BAR)


def wall(theme: str = "sponsor_neon", seed: int = 1, **changes):
    return plan_wall(score(**changes), load_theme(theme), random.Random(seed))


def beams(theme: str = "sponsor_neon", seed: int = 1, **changes):
    return plan_beams(score(**changes), load_theme(theme), random.Random(seed))


def within(cues, start: float, end: float):
    return [cue for cue in cues if start - 1e-6 <= cue.start < end - 1e-6]


def parts():
    t = 0.0
    for kind, bars, _, group in SONG:
        yield kind, group, t, t + bars * BAR
        t += bars * BAR


@pytest.mark.parametrize("theme", BUILT_IN)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("beats", [True, False])
def test_wall_and_beams_cover_the_song_without_a_gap_in_known_words_with_reasons(theme, seed, beats):
    song = score(beats=beats)
    for cues in (wall(theme, seed, beats=beats), beams(theme, seed, beats=beats)):
        assert cues[0].start == 0 and cues[-1].end == song.duration
        assert all(a.end == b.start for a, b in itertools.pairwise(cues))
        assert all(cue.end - cue.start > 0.4 and cue.reason.strip() for cue in cues)
    assert {cue.family for cue in wall(theme, seed)} <= set(load_theme(theme).wall.families)
    assert {cue.mode for cue in beams(theme, seed)} <= set(BEAM_MODES)
    assert {cue.colors for cue in beams(theme, seed)} <= set(BEAM_COLORS)


@pytest.mark.parametrize("theme", BUILT_IN)
@pytest.mark.parametrize("seed", range(8))
def test_neighbouring_parts_show_different_families(theme, seed):
    cues = wall(theme, seed)
    assert all(a.family != b.family for a, b in itertools.pairwise(cues))


@pytest.mark.parametrize("seed", range(8))
def test_the_same_music_looks_the_same_but_for_the_title(seed):
    looks: dict[tuple[str, str], list] = {}
    for kind, group, start, end in parts():
        cues = [cue for cue in within(wall(seed=seed), start, end) if cue.family != "text"]
        modes = [cue.mode for cue in within(beams(seed=seed), start, end)]
        looks.setdefault((kind, group), []).append((cues[-1].family, cues[-1].variation, modes) if cues else None)
    for kind in ("verse", "build", "drop"):
        first, second = (look for (k, _), found in looks.items() if k == kind for look in found)
        assert first == second, kind


def test_two_verses_of_different_music_differ():
    song = (("verse", 8, 0.5, "A"), ("verse", 8, 0.5, "B"), ("verse", 8, 0.5, "A"))
    cues = [cue for cue in wall(song=song) if cue.family != "text"]
    by_start = {cue.end: (cue.family, cue.variation) for cue in cues}
    assert by_start[16.0 * 2] != by_start[16.0 * 3]
    assert by_start[16.0 * 3][0] not in {by_start[16.0 * 2][0]}


@pytest.mark.parametrize("seed", range(8))
def test_drops_get_the_strongest_families_and_snap(seed):
    for kind, _, start, end in parts():
        if kind != "drop":
            continue
        families = [cue.family for cue in within(wall(seed=seed), start, end) if cue.family != "text"]
        assert set(families) <= set(FAMILIES["drop"]) and len(set(families)) == 2
        played = within(beams(seed=seed), start, end)
        assert played[0].start == start and played[0].snap and not any(cue.snap for cue in played[1:])
        assert len(played) == 4 and {cue.mode for cue in played} <= set(MODES["drop"])


def test_title_opens_the_song_and_slams_in_at_the_first_drop_only():
    titles = [cue for cue in wall() if cue.family == "text"]
    drop = next(start for kind, _, start, _ in parts() if kind == "drop")
    assert [(cue.start, cue.end) for cue in titles] == [(0.0, 4 * BAR), (drop, drop + SLAM_BARS * BAR)]


def test_a_song_without_drops_slams_the_title_at_its_first_chorus():
    song = (("chorus", 8, 0.9, "A"), ("verse", 8, 0.5, "B"), ("chorus", 8, 0.9, "A"))
    assert [cue.start for cue in wall(song=song) if cue.family == "text"] == [0.0]


def titles(*lines: tuple[float, float], **changes) -> list[tuple[float, float]]:
    """(start, end) in bars of the wall's titles, where lines are sung from bar to bar."""
    sung = Sung(lines=tuple((first * BAR, last * BAR) for first, last in lines))
    cues = plan_wall(score(**changes), load_theme("sponsor_neon"), random.Random(1), sung)
    assert all(a.end == b.start for a, b in itertools.pairwise(cues)), "the wall has a gap"
    return [(cue.start / BAR, cue.end / BAR) for cue in cues if cue.family == "text"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(20, 24)], [(0, 4), (16, 18)]),  # after the title
        ([(16, 17), (18, 19)], [(0, 4), (17, 18)]),  # the drop's first line, then a bar of room
        ([(15.5, 16.5)], [(0, 4), (17, 19)]),
        ([(16 + k, 16.9 + k) for k in range(16)], [(0, 4), (48, 50)]),  # a drop full of words: the second one
        ([(16 + k, 16.9 + k) for k in range(52)], [(0, 4)]),  # words everywhere
        ([(2.6, 4)], [(0, 2), (16, 18)]),  # ends on the bar line before the first word
        ([(0.3, 2)], [(16, 18)]),
        ([(16, 16.01)], [(0, 4), (17, 19)]),  # a caption stands longer than so short a line
    ],
)
def test_the_wall_keeps_its_title_back_while_captions_stand_before_it(lines, expected):
    assert titles(*lines) == expected


def test_a_title_held_back_by_words_says_so():
    cues = plan_wall(score(), load_theme("sponsor_neon"), random.Random(1), Sung(lines=((32.0, 34.0),)))
    late = [cue for cue in cues if cue.family == "text"][-1]
    assert late.start == 34.0 and "once its words are over, at bar 18" in late.reason


@pytest.mark.parametrize("theme", ["award_elegant", "chill_lofi"])
def test_themes_that_may_not_strobe_get_gentle_modes_only(theme):
    for seed in range(6):
        assert {cue.mode for cue in beams(theme, seed)} <= set(GENTLE)


@pytest.mark.parametrize("theme", BUILT_IN)
def test_music_without_a_beat_gets_slow_patterns_and_beams(theme):
    assert {cue.family for cue in wall(theme, beats=False)} <= {*CALM_FAMILIES, "text"}
    assert {cue.mode for cue in beams(theme, beats=False)} <= {"sky", "fan"}
    assert not any(cue.snap for cue in beams(theme, beats=False))


def test_breaks_are_lit_from_above_the_dj():
    for kind, _, start, end in parts():
        if kind == "break":
            assert [cue.mode for cue in within(beams(), start, end)] == ["down"]


def test_changes_lie_on_bar_lines():
    lines = {k * BAR for k in range(100)}
    for cues in (wall(), beams()):
        assert all(min(abs(cue.start - line) for line in lines) < 1e-6 for cue in cues)


def test_same_seed_same_show_and_another_seed_another():
    assert wall(seed=3) == wall(seed=3) and beams(seed=3) == beams(seed=3)
    assert len({tuple(cue.family for cue in wall(seed=seed)) for seed in range(8)}) > 1
    assert len({tuple(cue.mode for cue in beams(seed=seed)) for seed in range(8)}) > 1


def test_a_theme_may_choose_its_families():
    theme = load_theme("sponsor_neon")
    theme = replace(theme, wall=replace(theme.wall, families=("waves", "spectrum")))
    cues = plan_wall(score(), theme, random.Random(1))
    assert {cue.family for cue in cues} == {"waves", "spectrum"}


def test_every_kind_of_part_has_families_and_modes():
    assert set(FAMILIES) == set(MODES) == set(SECTION_TYPES)
    assert {name for pool in FAMILIES.values() for name in pool} | {"text"} == set(WALL_FAMILIES)
    assert {name for pool in MODES.values() for name in pool} == set(BEAM_MODES)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('families = ["stripes"]', "stripes"),
        ('families = ["text"]', "beside 'text'"),
        ('pixels = "hexagon"', "hexagon"),
        ("pitch = 2.0", "pitch"),
        ("colour = 1", "colour"),
    ],
)
def test_a_wrong_wall_in_a_users_theme_is_an_error_that_names_it(tmp_path, lines, words):
    text = (load_theme.__globals__["DIRECTORY"] / "sponsor_neon.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text + f"\n[wall]\n{lines}\n", encoding="utf-8")
    with pytest.raises(BriefError, match=words):
        load_theme(str(path))
