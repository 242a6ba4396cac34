# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds to frames and back, and the timeline file."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from crossfade_addon import timeline as tl
from crossfade_addon import timing
from crossfade_addon.errors import DirectorError
from crossfade_addon.frames import clip_range, needed_ranges

NTSC = Fraction(30000, 1001)


def example(signal_length: int = 10) -> tl.Timeline:
    return tl.Timeline(
        meta=tl.Meta("x", "Título", "Artist", "mashup", "sponsor_neon", 1, 12.5, 120.0, "ab", "1"),
        audio=tl.Audio("x.wav", (tl.Section(0, 12.5, "drop", 0.9, 0.5),)),
        beats=tl.Beats((0.0, 0.5), (0.0,), 120.0, 4, 0.9, (tl.Region(0, 12.5, 0.9, True),), (tl.Alternative(60, 0.1),)),
        events=(tl.Event(4.0, "drop", "high", "everything", "bass returns"),),
        signals=tl.Signals(100.0, {"kick": tuple(i / 10 for i in range(signal_length))}),
        camera={"9:16": tl.CameraPlan("hero", (tl.Shot(0, 12.5, "hero"),), (tl.Movement(0, "drift", 2, 0.1),))},
        avatar=tl.AvatarPlan("idle_bob", (tl.Trigger(4.0, "drop_reaction", 1.5),)),
        lighting=tl.LightingPlan("neon", cues=(tl.LightCue(0, 1, "intro", 0.2),), intensity_curve=((0.0, 1.0),)),
        lyrics=tl.Lyrics((tl.LyricLine(1, 2, "héy", (tl.LyricWord(1, 2, "héy"),)),)),
        clips={"tiktok": tl.Clip(0, 10, "all"), "youtube": tl.Clip(2, 12.5, "all")},
    )


def test_one_hour_of_ntsc_frames_does_not_drift():
    assert timing.frame_at(3600, NTSC) == 1 + round(3600 * 30000 / 1001)
    assert timing.seconds_at(timing.frame_at(3600, NTSC), NTSC) == pytest.approx(3600, abs=0.5 / 29)


def test_halves_round_up_everywhere():
    assert [timing.frame_count(k / 60, Fraction(30)) for k in (1, 3, 5)] == [1, 2, 3]


def test_clock_reads_like_a_clock():
    assert [timing.clock(s) for s in (0, 59.6, 75, 3671)] == ["0:00", "1:00", "1:15", "1:01:11"]


def test_timeline_survives_a_round_trip(tmp_path):
    path = tmp_path / "x.json"
    tl.save(example(), path)
    assert tl.load(path) == example()


def test_same_timeline_gives_the_same_bytes(tmp_path):
    tl.save(example(), tmp_path / "a.json")
    tl.save(example(), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_long_signals_go_beside_the_json_and_come_back(tmp_path):
    path = tmp_path / "x.json"
    long = example(tl.INLINE_SIGNAL_VALUES + 1)
    tl.save(long, path)
    assert path.stat().st_size < 10_000
    assert tl.load(path).signals.values["kick"] == pytest.approx(long.signals.values["kick"])
    assert not list(tmp_path.glob("*.part"))


def test_fields_of_a_newer_version_are_ignored(tmp_path):
    data = tl.to_dict(example())
    data["beats"]["groove"] = 3
    assert tl.from_dict(data) == example()


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lambda d: d["meta"].update(schema=99), "schema"),
        (lambda d: d["beats"].update(bpm="fast"), "beats.bpm"),
        (lambda d: d["events"][0].pop("t"), "events[0]"),
        (lambda d: d["lighting"].update(primary_color=[1, 2]), "primary_color"),
    ],
)
def test_damaged_timeline_names_the_field(tmp_path, break_it, named):
    data = tl.to_dict(example())
    break_it(data)
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data))
    with pytest.raises(DirectorError) as caught:
        tl.load(path)
    assert named in str(caught.value)


def test_clip_has_exactly_its_length_in_frames():
    span = clip_range(tl.Clip(60, 70, ""), Fraction(30))
    assert (span.first, span.count) == (1801, 300)


def test_needed_ranges_cover_every_platform_of_an_aspect():
    clips = {"a": tl.Clip(1, 2, ""), "b": tl.Clip(4, 5, ""), "c": tl.Clip(0, 1, "")}
    spans = needed_ranges(
        tl.Timeline(example().meta, example().audio, example().beats, clips=clips),
        {"a": "9:16", "b": "9:16", "c": "16:9"},
        Fraction(10),
    )
    assert (spans["9:16"].first, spans["9:16"].last) == (11, 50)
    assert (spans["16:9"].first, spans["16:9"].last) == (1, 10)
