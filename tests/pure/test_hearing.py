# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections and stems stay with the song: what the worker hears, stores and hears again, on a drum loop by hand."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon import director, headless
from crossfade_addon.brief import Brief, check_brief
from crossfade_addon.director.decode import Decoded
from crossfade_addon.director.heard import corrected
from crossfade_addon.errors import BriefError
from crossfade_addon.hearing import Hearing, heard_of
from crossfade_addon.library.songs import Song, song_from_json, song_to_json
from crossfade_addon.listening import brief_from_json, brief_to_json

RATE = 22050
BPM, SECONDS = 124.0, 36.0


@pytest.fixture(scope="module")
def decoded() -> Decoded:
    """Kicks on every beat, hats between, a chord that changes every bar."""
    rng, beat = np.random.default_rng(4), 60 / BPM
    song = 0.002 * rng.standard_normal(int(SECONDS * RATE))
    t = np.arange(int(0.12 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-30 * t)))) * np.exp(-25 * t)
    hat = rng.standard_normal(len(t)) * np.exp(-120 * t)
    for k in range(int(SECONDS / beat) - 1):
        for sound, at, level in ((kick, k * beat, 0.8), (hat, (k + 0.5) * beat, 0.2)):
            first = int(at * RATE)
            song[first : first + len(sound)] += level * sound
        if k % 4 == 0:
            bar = np.arange(int(4 * beat * RATE)) / RATE
            note = 220 * 2 ** (((0, 5, 7, 3)[k // 4 % 4]) / 12)
            first = int(k * beat * RATE)
            piece = song[first : first + len(bar)]
            piece += 0.15 * np.sin(2 * np.pi * note * bar[: len(piece)])
    return Decoded(song.astype(np.float32), RATE, SECONDS, "", "")


@pytest.fixture
def hear(decoded, tmp_path):
    """Hear the song once, through JSON like a real library; the notices are collected."""
    notices: list[str] = []

    def run(known: Song | None = None, sha="same", sound=decoded, **brief):
        notices.clear()
        hearing = Hearing(
            Brief(Path("/music/loop.wav"), "loop", ("tiktok",), **brief),
            sound,
            sha,
            "no-ffmpeg",
            tmp_path,
            lambda _f, _m: None,
            notices.append,
        )
        analysis, song = hearing.hear(known)
        return analysis, song_from_json(song_to_json(song))

    run.notices = notices
    return run


def test_a_correction_is_kept_and_made_again_on_every_run(hear):
    first, song = hear()
    assert not first.beats.edited and song.grid_edits == [] and song.analysis_key == ""
    fixed, song = hear(song, grid=("x2", "shift=1"))
    assert fixed.beats.bpm == pytest.approx(2 * first.beats.bpm, rel=1e-3)
    beats = fixed.beats.timestamps
    assert beats[beats.index(first.beats.downbeats[0]) + 1] in fixed.beats.downbeats
    for later in ({}, {"fresh": True}):
        again, stored = hear(song, **later)
        assert again.beats.timestamps == fixed.beats.timestamps and again.beats.edited
        assert again.sections == fixed.sections
        assert stored.grid_edits == song.grid_edits
        assert any("tempo doubled" in text for text in hear.notices)


def test_parts_begin_on_the_corrected_bars(hear):
    first, song = hear()
    fixed, _ = hear(song, grid=("shift=1",))
    assert set(fixed.beats.downbeats).isdisjoint(first.beats.downbeats)
    edges = [s.start_time for s in fixed.sections[1:]]
    bars = [*fixed.beats.downbeats, SECONDS]
    assert all(min(abs(t - bar) for bar in bars) < 1e-3 for t in edges)
    assert fixed.sections[0].start_time == 0 and fixed.sections[-1].end_time == pytest.approx(SECONDS, abs=1e-3)
    assert all(a.end_time == b.start_time for a, b in pairwise(fixed.sections))


def test_the_same_words_again_change_nothing_more(hear):
    _, song = hear(grid=("shift=1",))
    once, song = hear(song, grid=("shift=1",))
    twice, _ = hear(song, grid=("shift=1",))
    assert once.beats == twice.beats


def test_reset_gives_back_what_was_heard(hear):
    first, song = hear()
    _, song = hear(song, grid=("bpm=100",))
    back, song = hear(song, grid=("reset",))
    assert back.beats == first.beats and back.sections == first.sections and back.events == first.events
    assert song.grid_edits == [] and song.heard_beats == {} and song.analysis_key == ""


def test_other_tags_keep_the_corrections_and_other_music_drops_them(hear, decoded):
    _, song = hear(grid=("x2",))
    tagged, _ = hear(song, sha="other bytes")
    assert tagged.beats.edited
    shorter = dataclasses.replace(decoded, samples=decoded.samples[: 30 * RATE], duration_sec=30.0)
    other, stored = hear(song, sha="other music", sound=shorter)
    assert not other.beats.edited and stored.grid_edits == []
    assert any("other music" in text for text in hear.notices)


def test_a_correction_of_a_newer_version_is_left_out_aloud(hear):
    _, song = hear(grid=("x2",))
    strange = song.replace(grid_edits=[{"action": "swing", "value": 1}, *song.grid_edits])
    analysis, _ = hear(strange)
    assert analysis.beats.edited and any("swing" in text for text in hear.notices)


def test_a_correction_outside_the_song_stops_the_run(hear):
    with pytest.raises(BriefError, match="song ends at 36"):
        hear(grid=("x2@50-60",))


def test_another_drop_threshold_is_heard_anew_on_the_same_beats_and_the_default_is_the_first_analysis(hear):
    first, song = hear()
    strict, kept = hear(song, drop_energy_threshold=0.5)
    assert "0.5" in kept.analysis_key and "is in the library" not in "".join(hear.notices)
    assert strict.beats == first.beats
    hear(kept, drop_energy_threshold=0.5)
    assert "is in the library: its analysis is used" in "".join(hear.notices)
    back, again = hear(kept)
    assert again.analysis_key == "" and back.events == first.events and back.sections == first.sections


def test_records_of_older_and_newer_versions_are_read(hear):
    first, song = hear()
    old = {k: v for k, v in dataclasses.asdict(song).items() if k in ("song_id", "title", "audio_sha256", "analysis")}
    assert Song(**old).grid_edits == []
    before = song_to_json(song).replace('"schema"', '"mood":"blue","schema"')
    assert song_from_json(before) == song
    assert director.SongAnalysis.from_dict(song.analysis).beats == first.beats


def test_the_brief_carries_corrections_and_stems_to_the_worker(tmp_path):
    song = tmp_path / "song.wav"
    song.write_bytes(b"x")
    options = headless.build_parser().parse_args(
        ["--audio", str(song), "--grid", "bpm=128", "--grid", "x2@60-90", "--stems", str(tmp_path)]
    )
    brief = headless.brief_from(options, tmp_path)
    brief = check_brief(brief.replace(output_dir=tmp_path / "out"), known_platforms=brief.platforms)
    assert brief.grid == ("bpm=128", "x2@60-90") and brief.stems == tmp_path
    assert brief_from_json(brief_to_json(brief)) == brief


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--grid", "faster"], "faster"), (["--grid", "bpm=9"], "9 BPM"), (["--stems", "/nowhere/stems"], "/nowhere")],
)
def test_wrong_corrections_and_stems_stop_before_anything_starts(capsys, tmp_path, arguments, named):
    song = tmp_path / "song.wav"
    song.write_bytes(b"x")
    code = headless.main(["--audio", str(song), "--output-dir", str(tmp_path / "out"), *arguments], studio=object())
    assert code == 2
    assert named in capsys.readouterr().err


def test_corrected_parts_are_kept_and_cost_no_new_hearing(hear):
    first, song = hear()
    border = first.sections[0].end_time if len(first.sections) > 1 else SECONDS / 2
    moved = first.beats.downbeats[2]
    once, stored = hear(song, grid=(f"call={border / 2},bridge", f"split={moved}"))
    assert any("its analysis is used" in text for text in hear.notices)
    assert once.sections[0].section_type == "bridge" and once.sections[1].start_time == moved
    again, kept = hear(stored)
    assert again.sections == once.sections and kept.grid_edits == stored.grid_edits
    assert stored.analysis["sections"] == song.analysis["sections"] and stored.analysis_key == ""
    back, _ = hear(stored, grid=("reset",))
    assert back.sections == first.sections and back.events == first.events


def test_the_panel_is_told_the_grid_before_corrections_and_the_corrections(hear, decoded):
    first, _ = hear()
    _, song = hear(grid=("x2", "split=12"))
    told = heard_of(song, decoded)
    assert told.song.beats == first.beats and [c.action for c in told.corrections] == ["double", "split"]
    assert told.song.audio.sections == director.SongAnalysis.from_dict(song.analysis).sections
    assert corrected(told, told.corrections).beats.timestamps == hear(song)[0].beats.timestamps
