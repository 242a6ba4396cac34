# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections of the beat grid: their algebra over random grids, their words, and what they refuse."""

from __future__ import annotations

import json
import math
import random
from itertools import pairwise

import pytest

from crossfade_addon.director.corrected_grid import apply
from crossfade_addon.director.corrections import (
    GRID_ACTIONS,
    Correction,
    add,
    check,
    describe,
    from_json,
    parse,
    shortest,
    to_json,
)
from crossfade_addon.director.regrid import tempo_of_taps
from crossfade_addon.errors import BriefError
from crossfade_addon.timeline import Alternative, Beats, Region


def grid(bpm=120.0, meter=4, pickup=0, start=0.2, duration=60.0, wander=0.0, seed=0) -> Beats:
    """Beats by hand: even, or each a little off."""
    rng, times, t = random.Random(seed), [], start
    while t < duration - 0.2:
        times.append(round(t, 4))
        t += 60 / bpm * (1 + rng.uniform(-wander, wander))
    region = Region(times[0], times[-1], 0.9, True, bpm, meter)
    return Beats(
        tuple(times), tuple(times[pickup::meter]), bpm, meter, 0.9, (region,), (Alternative(bpm / 2, 0.5),), False
    )


def random_grid(seed: int) -> tuple[Beats, float, random.Random]:
    rng = random.Random(seed)
    meter = rng.choice((2, 3, 4, 4, 4, 5, 6))
    duration = rng.uniform(20, 90)
    beats = grid(
        rng.uniform(60, 180), meter, rng.randrange(meter), rng.uniform(0.06, 2), duration, rng.uniform(0, 0.04), seed
    )
    return beats, duration, rng


def bare(beats: Beats) -> tuple:
    return beats.timestamps, beats.downbeats, beats.meter


def close(one: Beats, other: Beats) -> bool:
    return (
        bare(one)[2] == bare(other)[2]
        and one.timestamps == pytest.approx(other.timestamps, abs=2e-4)
        and one.downbeats == pytest.approx(other.downbeats, abs=2e-4)
    )


def one_by_one(beats: Beats, duration: float, *corrections: Correction) -> Beats:
    """Each correction on the result of the one before, so that no list can cancel them out."""
    for correction in corrections:
        beats = apply(beats, (correction,), duration)
    return beats


def region_on_beats(beats: Beats, rng: random.Random) -> tuple[float, float]:
    low = rng.randrange(0, len(beats.timestamps) - 8)
    high = rng.randrange(low + 6, len(beats.timestamps))
    return beats.timestamps[low], beats.timestamps[high]


SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_doubling_and_halving_give_the_grid_back(seed):
    beats, duration, rng = random_grid(seed)
    double, halve = Correction("double"), Correction("halve")
    twice = apply(beats, (double,), duration)
    assert len(twice.timestamps) == pytest.approx(2 * len(beats.timestamps), abs=1)
    assert twice.bpm == pytest.approx(2 * beats.bpm, abs=1e-3)
    back = one_by_one(beats, duration, double, halve)
    assert close(back, beats) and back.bpm == pytest.approx(beats.bpm, abs=1e-3) and back.edited
    start, end = region_on_beats(beats, rng)
    part = one_by_one(beats, duration, Correction("double", start=start, end=end))
    again = one_by_one(part, duration, Correction("halve", start=start, end=end))
    assert len(part.timestamps) > len(beats.timestamps)
    assert again.timestamps == pytest.approx(beats.timestamps, abs=2e-4)
    assert again.regions[0].bpm == pytest.approx(beats.bpm) and len(again.regions) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_shifts_turn_round_with_the_meter(seed):
    beats, duration, rng = random_grid(seed)
    by = rng.randrange(1, beats.meter)
    whole = one_by_one(beats, duration, *(Correction("shift", 1) for _ in range(beats.meter)))
    assert set(whole.downbeats) >= set(beats.downbeats) and whole.timestamps == beats.timestamps
    for round_and_round in (beats.meter, beats.meter * (12 // beats.meter), -beats.meter * (12 // beats.meter)):
        assert apply(beats, (Correction("shift", round_and_round),), duration).downbeats == beats.downbeats
    there = apply(beats, (Correction("shift", by),), duration)
    assert not set(there.downbeats) & set(beats.downbeats)
    assert one_by_one(there, duration, Correction("shift", -by)).downbeats == beats.downbeats


@pytest.mark.parametrize("seed", SEEDS)
def test_a_nudge_there_and_back_changes_nothing(seed):
    beats, duration, rng = random_grid(seed)
    start, end = region_on_beats(beats, rng)
    for edges in ((0.0, None), (start, end)):
        by = rng.choice((-1, 1)) * rng.randrange(1, 40)
        there = apply(beats, (Correction("nudge", by, start=edges[0], end=edges[1]),), duration)
        moved = [round(b - a, 4) for a, b in zip(beats.timestamps, there.timestamps, strict=True)]
        assert set(moved) <= {0.0, round(by / 1000, 4)} and moved.count(0.0) < len(moved)
        back = apply(there, (Correction("nudge", -by, start=edges[0], end=edges[1]),), duration)
        assert close(back, beats)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bar_begins_where_it_was_put_and_putting_it_again_changes_nothing(seed):
    beats, duration, rng = random_grid(seed)
    start, end = region_on_beats(beats, rng)
    for edges in ((0.0, None), (start, end)):
        inside = [t for t in beats.timestamps if edges[0] <= t and (edges[1] is None or t < edges[1])]
        at = rng.choice(inside)
        put = Correction("bar", at, start=edges[0], end=edges[1])
        once = apply(beats, (put,), duration)
        assert at in once.downbeats and once.timestamps == beats.timestamps
        assert bare(apply(once, (put,), duration)) == bare(once)
        for a, b in pairwise(t for t in once.downbeats if edges[0] <= t and (edges[1] is None or t < edges[1])):
            assert sum(a <= t < b for t in once.timestamps) == beats.meter


@pytest.mark.parametrize("seed", range(150))
def test_whatever_is_corrected_the_grid_stays_a_grid(seed):
    beats, duration, rng = random_grid(seed)
    if seed % 5 == 0:
        beats = Beats()
    corrections = [random_correction(rng, duration) for _ in range(rng.randrange(1, 7))]
    edited = apply(beats, corrections, duration)
    times = edited.timestamps
    assert all(0 <= a < b < duration for a, b in pairwise(times))
    assert set(edited.downbeats) <= set(times)
    assert list(edited.downbeats) == sorted(edited.downbeats)
    steps = [b - a for a, b in pairwise(times)]
    for k, step in enumerate(steps[1:-1], 1):
        assert step > 0.3 * min(steps[k - 1], steps[k + 1]), f"double beat at {times[k]}: {corrections}"
    if edited.edited and edited.timestamps:
        assert edited.regions[0].start == 0 and edited.regions[-1].end == pytest.approx(duration)
        assert all(a.end == b.start for a, b in pairwise(edited.regions))
    assert apply(beats, corrections, duration) == edited
    assert apply(beats, [from_json(json.loads(json.dumps(to_json(c)))) for c in corrections], duration) == edited


def random_correction(rng: random.Random, duration: float) -> Correction:
    action = rng.choice(GRID_ACTIONS)
    start, end = 0.0, None
    if rng.random() < 0.6:
        start = rng.uniform(0, duration - 5)
        end = rng.uniform(start + 3, duration + 3)
    value, taps = 0.0, ()
    if action == "tap":
        first, period = rng.uniform(start, start + 1), rng.uniform(0.34, 0.9)
        taps = tuple(first + period * k for k in range(8))
    values = {
        "shift": rng.choice((-3, -1, 1, 2)),
        "nudge": rng.choice((-200, -12, 8, 35)),
        "bar": rng.uniform(start, end or duration),
        "bpm": rng.uniform(70, 180),
        "meter": rng.choice((2, 3, 4, 5, 6)),
    }
    value = values.get(action, 0.0)
    anchor = rng.uniform(0, duration) if action == "bpm" and rng.random() < 0.5 else None
    return Correction(action, value, taps, anchor, start, end)


def test_half_time_is_put_right_with_bars_of_the_true_length():
    heard = grid(64, pickup=1, start=0.1)
    fixed = apply(heard, (Correction("double"),), 60.0)
    assert fixed.bpm == 128 and fixed.meter == 4
    assert fixed.downbeats[1] - fixed.downbeats[0] == pytest.approx(4 * 60 / 128, abs=1e-3)
    assert fixed.timestamps[0] == heard.timestamps[0] and fixed.downbeats[0] == heard.downbeats[0]
    assert [a.bpm for a in fixed.alternatives] == [64, 32]


def test_only_the_region_is_corrected_and_its_tempo_is_told():
    heard = grid(120, start=0.0)
    start, end = 20.0, 40.0
    fixed = apply(heard, (Correction("double", start=start, end=end), Correction("meter", 3, start=40.0)), 60.0)
    outside = [t for t in heard.timestamps if not start <= t < end]
    assert [t for t in fixed.timestamps if not start <= t < end] == outside
    assert [(r.start, r.end, r.bpm, r.meter) for r in fixed.regions] == [
        (0, 20, 120, 4),
        (20, 40, 240, 4),
        (40, 60, 120, 3),
    ]
    late = [t for t in fixed.downbeats if t >= 40]
    assert all(b - a == pytest.approx(1.5) for a, b in pairwise(late))
    assert fixed.bpm == 120 and fixed.meter == 4


def test_a_tempo_is_set_where_nothing_was_heard():
    made = apply(Beats(), (Correction("bpm", 128, anchor=1.25),), 30.0)
    assert made.bpm == 128 and made.edited and made.confidence == 1
    assert 1.25 in made.timestamps and 1.25 in made.downbeats
    assert made.timestamps[0] < 60 / 128 and made.timestamps[-1] > 30 - 60 / 128 - 0.01
    assert all(b - a == pytest.approx(60 / 128, abs=2e-4) for a, b in pairwise(made.timestamps))


def test_a_tempo_keeps_the_place_of_the_beat_and_of_the_bar():
    heard = grid(120.06, pickup=2, start=0.3, wander=0.01, seed=3)
    made = apply(heard, (Correction("bpm", 120),), 60.0)
    off = [min(abs(t - u) for u in made.timestamps) for t in heard.timestamps]
    assert sorted(off)[len(off) // 2] < 0.03
    assert min(abs(made.downbeats[3] - t) for t in heard.downbeats) < 0.05


def test_a_missed_and_an_extra_tap_do_not_matter():
    rng = random.Random(5)
    for bpm in (72, 96, 128, 174):
        period = 60 / bpm
        taps = [4 + period * k + rng.gauss(0, 0.015) for k in range(12) if k != 5]
        taps.append(4 + period * 8.4)
        found, place = tempo_of_taps(taps)
        assert found == pytest.approx(period, rel=0.01)
        assert abs((place - 4 + period / 2) % period - period / 2) < 0.02


@pytest.mark.parametrize(("heard_bpm", "place"), [(64.0, 0.0), (128.0, 0.5), (128.0, 0.0), (85.3333, 0.0)])
def test_tapping_takes_its_exactness_from_the_music(heard_bpm, place):
    truth = 60 / 128
    heard = grid(heard_bpm, start=0.1 + place * truth, duration=180.0)
    rng = random.Random(1)
    taps = tuple(10 * truth + 0.1 + truth * k * 1.006 + rng.gauss(0, 0.01) for k in range(8))
    made = apply(heard, (Correction("tap", taps=taps),), 180.0)
    assert made.bpm == pytest.approx(128, abs=0.05)
    late = [t for t in made.timestamps if t > 150]
    assert all(abs((t - 0.1 + truth / 2) % truth - truth / 2) < 0.01 for t in late)


def test_taps_alone_make_a_grid_where_nothing_was_heard():
    made = apply(Beats(), (Correction("tap", taps=tuple(3 + 0.5 * k for k in range(6))),), 20.0)
    assert made.bpm == pytest.approx(120) and len(made.timestamps) == 40
    assert 3.0 in made.downbeats


def test_reset_forgets_everything_before_it():
    heard = grid()
    double, shift = Correction("double"), Correction("shift", 1)
    assert apply(heard, (double, shift, Correction("reset")), 60.0) is heard
    part = apply(heard, (Correction("bpm", 99), Correction("reset", start=20, end=40)), 60.0)
    assert [t for t in part.timestamps if 20 <= t < 39.9] == [t for t in heard.timestamps if 20 <= t < 39.9]
    assert [r.bpm for r in part.regions] == [99, 120, 99]


def test_the_list_stays_short():
    up, down = Correction("nudge", 10), Correction("nudge", -4)
    assert shortest([up, down]) == (Correction("nudge", 6),)
    assert shortest([up, Correction("nudge", -10)]) == ()
    assert shortest([Correction("double"), Correction("halve")]) == ()
    assert shortest([Correction("bpm", 100), Correction("bpm", 128)]) == (Correction("bpm", 128),)
    assert len(shortest([Correction("double"), Correction("double")])) == 2
    assert add((up, Correction("double")), Correction("reset")) == ()
    assert len(add((up,), Correction("nudge", 10, start=5, end=9))) == 2


@pytest.mark.parametrize("seed", range(40))
def test_the_short_list_means_the_same(seed):
    """Cancelling may only lose rounding: nudges, shifts and settings one by one give what the short list gives."""
    beats, duration, rng = random_grid(seed)
    todo = [
        Correction(action, {"shift": 1, "nudge": 7, "bpm": 100, "meter": 3}[action])
        for action in rng.choices(("shift", "nudge", "bpm", "meter"), k=5)
    ]
    assert apply(beats, todo, duration).timestamps == pytest.approx(
        one_by_one(beats, duration, *shortest(todo)).timestamps, abs=2e-4
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x2", Correction("double")),
        ("halve", Correction("halve")),
        ("/2@1:00-1:30", Correction("halve", start=60, end=90)),
        ("bpm=128", Correction("bpm", 128)),
        ("bpm=128.5,0:12.5@10-", Correction("bpm", 128.5, anchor=12.5, start=10)),
        ("shift=-1", Correction("shift", -1)),
        ("nudge=-12.5@3-9", Correction("nudge", -12.5, start=3, end=9)),
        ("BAR = 12.5", Correction("bar", 12.5)),
        ("tap=2.5,1,1.5,2", Correction("tap", taps=(1, 1.5, 2, 2.5))),
        ("reset", Correction("reset")),
    ],
)
def test_corrections_are_read_as_people_write_them(text, expected):
    assert parse(text) == expected
    assert from_json(to_json(expected)) == expected
    assert describe(expected)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "Unknown"),
        ("faster", "faster"),
        ("x2=3", "no value"),
        ("bpm", "one or more values|1 or more values"),
        ("bpm=fast", "'fast'"),
        ("bpm=nan", "'nan'"),
        ("bpm=1e9", "'1e9'"),
        ("bpm=7", "7 BPM"),
        ("bpm=128@90-60", "90-60"),
        ("bpm=128@soon", "'soon'"),
        ("shift=0.5", "0.5 beats"),
        ("shift=99", "99 beats"),
        ("nudge=900", "900 ms"),
        ("meter=1", "1 beats"),
        ("bar=5@10-20", "outside"),
        ("tap=1,2,3", "4 or more"),
        ("tap=1,1,1,1", "too few"),
        ("tap=1,1.05,1.1,1.15", "BPM"),
    ],
)
def test_nonsense_is_refused_by_name(text, named):
    with pytest.raises(BriefError, match=named):
        parse(text)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"action": "polka"},
        {"action": "bpm", "value": "x"},
        {"action": "bpm", "value": math.nan},
        {"action": "tap", "taps": 5},
        {"action": "bpm", "value": 120, "start": [1]},
    ],
)
def test_damaged_records_are_refused(data):
    with pytest.raises(BriefError):
        from_json(data)


def test_fields_of_a_newer_version_are_ignored():
    assert from_json({"action": "bpm", "value": 120, "swing": 0.3}) == Correction("bpm", 120)


@pytest.mark.parametrize("text", ["x2@70-80", "bar=61", "bpm=120,64", "tap=61,62,63,64"])
def test_a_correction_outside_the_song_is_named_and_changes_nothing(text):
    correction = parse(text)
    with pytest.raises(BriefError, match="song ends at 60"):
        check(correction, 60.0)
    heard = grid()
    assert bare(apply(heard, (correction,), 60.0)) == bare(heard)
