# SPDX-License-Identifier: GPL-3.0-or-later
"""The curves of ``CF Signals``: their values on the frames of a song whose beats, parts and drops are written here."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.studio.artist_signals import ABOUT, Curve, artist_curves
from crossfade_addon.timeline import Audio, Beats, Event, Meta, Section, Signals, Timeline

pytestmark = pytest.mark.pure

FPS = Fraction(30)
START = 0.7
"""Of the first beat; then one every half second, bars of four."""
BUILD, DROP, SECOND = 2.0, 6.02, 10.7
DURATION = 24.0


def song(**changes: object) -> Timeline:
    beats = tuple(START + 0.5 * k for k in range(40))
    ramp = tuple(k / 2400 for k in range(2400))
    parts = ((0.0, BUILD, "intro", 0.2), (BUILD, DROP, "build", 0.6), (DROP, DURATION, "drop", 1.0))
    base = Timeline(
        meta=Meta("x", "X", "", "mashup", "", 1, DURATION, 120.0, "", "1"),
        audio=Audio("x.wav", tuple(Section(*part) for part in parts)),
        beats=Beats(beats, beats[::4], 120.0, 4, 1.0),
        events=(Event(BUILD, "build", "", "", ""), Event(DROP, "drop", "", "", ""), Event(SECOND, "drop", "", "", "")),
        signals=Signals(100.0, {"kick": ramp, "energy": ramp}),
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def at(curve: Curve, seconds: float) -> float:
    """The value Blender shows on the frame of a moment."""
    frame = 1 + round(seconds * 30)
    if curve.interpolation == "CONSTANT":
        return float(curve.values[np.searchsorted(curve.frames, frame, side="right") - 1])
    return float(np.interp(frame, curve.frames, curve.values))


def test_levels_are_the_sample_of_the_frame() -> None:
    curves = artist_curves(song(), FPS)
    assert at(curves["kick"], 6.0) == pytest.approx(600 / 2400, abs=1e-6)
    assert at(curves["energy"], 23.9) == pytest.approx(2390 / 2400, abs=1e-6)
    assert at(curves["snare"], 6.0) == 0.0


def test_phases_begin_anew_on_each_beat_and_bar_and_counts_go_on() -> None:
    curves = artist_curves(song(), FPS)
    for number in (0, 1, 7, 20):
        assert at(curves["beat"], START + 0.5 * number) == pytest.approx(0, abs=0.001)
        assert at(curves["beats"], START + 0.5 * number) == pytest.approx(number, abs=0.001)
    assert at(curves["beat"], START + 3.4) == pytest.approx(0.8, abs=0.001)
    assert at(curves["bar"], START + 3.0) == pytest.approx(0.5, abs=0.001)
    assert at(curves["bars"], START + 3.0) == pytest.approx(1.5, abs=0.001)
    assert at(curves["beats"], 0.2) == at(curves["beat"], 0.2) == 0.0
    assert at(curves["beats"], 23.0) == 39.0


def test_sections_step_on_their_frames() -> None:
    curves = artist_curves(song(), FPS)
    frame = 1 / 30
    assert [at(curves["section"], t) for t in (0.0, BUILD - frame, BUILD, DROP, 20.0)] == [0, 0, 1, 2, 2]
    assert at(curves["section_energy"], BUILD + 1) == 0.6


def test_a_build_rises_to_its_drop_and_is_over_on_the_frame_of_the_hit() -> None:
    build = artist_curves(song(), FPS)["build"]
    hit = round(DROP * 30) / 30
    assert at(build, BUILD) == 0.0
    assert at(build, (BUILD + hit) / 2) == pytest.approx(0.5, abs=0.01)
    assert at(build, hit - 1 / 30) > 0.98
    assert at(build, hit) == 0.0


def test_a_build_without_a_drop_rises_to_the_end_of_its_part() -> None:
    build = artist_curves(song(events=(Event(BUILD, "build", "", "", ""),)), FPS)["build"]
    assert at(build, DROP - 1 / 30) > 0.98
    assert at(build, DROP + 1 / 30) == 0.0


def test_a_drop_is_full_on_the_frame_of_its_hit_and_falls_over_eight_bars_or_until_the_next() -> None:
    drop = artist_curves(song(), FPS)["drop"]
    hit = round(DROP * 30) / 30
    assert at(drop, hit - 1 / 30) == 0.0
    assert at(drop, hit) == 1.0
    assert at(drop, hit + 4) == pytest.approx(0.75, abs=0.001)  # two of eight bars
    assert at(drop, round(SECOND * 30) / 30) == 1.0
    assert at(drop, SECOND + 12) == pytest.approx(0.25, abs=0.003)


def test_music_without_a_beat_has_clocks_that_stand_still() -> None:
    curves = artist_curves(song(beats=Beats(), audio=Audio("x.wav"), events=()), FPS)
    for name in ("beat", "bar", "beats", "bars", "section", "section_energy", "build", "drop"):
        assert not curves[name].values.any(), name


def test_stems_add_their_signals_and_nothing_is_without_a_description() -> None:
    plain = artist_curves(song(), FPS)
    assert "vocals" not in plain
    with_stems = artist_curves(song(signals=Signals(100.0, {"vocals": (0.5,) * 2400, "other": (0.25,) * 2400})), FPS)
    assert at(with_stems["vocals"], 3.0) == 0.5
    assert set(with_stems) == set(ABOUT)
    assert list(plain) == [name for name in ABOUT if name in plain]


def test_the_guide_for_artists_names_every_signal() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "signals.md").read_text(encoding="utf-8")
    missing = [name for name in ABOUT if f"| `{name}` |" not in guide]
    assert not missing
