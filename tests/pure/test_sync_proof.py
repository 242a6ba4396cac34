# SPDX-License-Identifier: GPL-3.0-or-later
"""The sync proof on films whose truth is known: drums and flashes painted at the same, or at other, moments."""

from __future__ import annotations

import time
import wave
from fractions import Fraction

import lit_film
import numpy as np
import pytest
from lit_film import DECAY_S, HEIGHT, SECONDS, WIDTH

from crossfade_addon.encode import decoded, sync
from crossfade_addon.errors import CrossfadeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import drain, run_quietly

pytestmark = pytest.mark.pure

RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60000, 1001)]
RATES.append(Fraction(60))
HITS = lit_film.hits_until(SECONDS)[:41]


def paint(fps: Fraction, hits: np.ndarray = HITS, **changes) -> np.ndarray:
    return lit_film.paint(fps, hits, **changes)


@pytest.fixture(scope="module")
def heard():
    return sync.onsets(drain(sync.listen_steps(lit_film.drums(HITS))))


def test_a_drum_whose_click_comes_before_its_body_is_heard_at_the_click_once_and_in_order():
    """Click and body 24 ms apart, the body stronger beside loud hats: one stroke, at its click."""
    rng = np.random.default_rng(3)
    song = rng.normal(0, 1e-3, int(SECONDS * decoded.SOUND_RATE))
    t = np.arange(int(0.2 * decoded.SOUND_RATE)) / decoded.SOUND_RATE
    click = rng.normal(0, 0.3, len(t)) * np.exp(-200 * t)
    body = (np.sin(2 * np.pi * 60 * t) + np.sin(2 * np.pi * 400 * t)) * np.minimum(1, t / 0.008) * np.exp(-10 * t)
    hat = np.diff(rng.normal(0, 0.07, len(t) + 2), n=2) * np.exp(-60 * t)
    for at in HITS:
        for when, sound in ((at, click), (at + 0.024, body), (at + 0.23, hat)):
            first = round(when * decoded.SOUND_RATE)
            piece = song[first : first + len(sound)]
            piece += 0.7 * sound[: len(piece)]
    found = sync.onsets(drain(sync.listen_steps(song.astype(np.float32)))).times
    drums_only = [time for time in found if np.abs(HITS - time).min() < 0.1]
    assert drums_only == pytest.approx(HITS, abs=0.008)


def test_a_stroke_on_the_flank_of_a_faster_rise_is_not_moved_away_from_where_it_was_heard():
    """It has no peak of its own near it: a parabola through the flank has its vertex anywhere."""
    strength, moment = np.zeros(200), np.zeros(200)
    strength[100], strength[111] = 0.4, 1.0
    moment[95], moment[96], moment[97] = 0.5, 2.0, 1.0
    moment[98:114] = np.linspace(0.9, 0.3, 16) - 1e-4 * np.arange(16) ** 2
    found = sync.onsets(sync.Rise(strength, moment)).times
    assert found == pytest.approx([111 * sync.HOP_S], abs=0.003)


def seen(film: np.ndarray, fps: Fraction, cuts: tuple[int, ...] = ()) -> sync.Hits:
    meter = sync.LightMeter()
    for first in range(0, len(film), 50):
        meter.feed(film[first : first + 50])
    return sync.light_hits(meter.blocks(), np.arange(len(film)) / float(fps), cuts=cuts)


@pytest.mark.parametrize("fps", RATES)
def test_light_on_the_beat_is_found_on_the_beat_at_every_frame_rate(fps, heard):
    found = sync.compare(seen(paint(fps), fps), heard, SECONDS)
    assert not found.reason
    assert found.hits >= 30
    assert abs(found.median) < 4
    assert abs(found.worst) < 12
    assert abs(found.drift) - found.drift_error < 2


@pytest.mark.parametrize(("late", "fps"), [(0.040, 25), (-0.080, 30), (0.080, 24), (0.0167, 30)])
def test_an_offset_is_measured_in_milliseconds(late, fps, heard):
    on_the_beat = sync.compare(seen(paint(Fraction(fps)), Fraction(fps)), heard, SECONDS)
    found = sync.compare(seen(paint(Fraction(fps), HITS + late), Fraction(fps)), heard, SECONDS)
    assert found.median - on_the_beat.median == pytest.approx(1000 * late, abs=2.5)
    assert all(part == pytest.approx(found.median, abs=4) for part in found.thirds)


def test_light_that_runs_away_from_the_sound_is_a_drift(heard):
    fps = Fraction(50)
    stretched = sync.compare(seen(paint(fps, HITS * (1 + 0.005 / SECONDS)), fps), heard, SECONDS)
    true = 5 * np.ptp([HITS[:14].mean(), HITS[27:].mean()]) / SECONDS
    assert stretched.drift == pytest.approx(true, abs=1.5)
    assert stretched.drift - stretched.drift_error > 0.5
    faster = sync.compare(seen(paint(fps, HITS * 1.001), fps), heard, SECONDS)
    assert faster.drift - faster.drift_error > 2


@pytest.mark.parametrize("true", [0.0, 5.0, -3.0])
def test_a_drift_is_told_from_beats_that_fall_elsewhere_in_their_frames(true):
    """Hits early in a frame are placed 2 ms too early, late ones too late; the last third has more of the latter."""
    rng = np.random.default_rng(4)
    frame_s, seconds = 1 / 30, 60.0
    when = np.sort(rng.uniform(0, seconds, 180))
    is_late = rng.random(180) < np.where(when < 20, 0.2, np.where(when < 40, 0.5, 0.8))
    heard_at = np.floor(when / frame_s) * frame_s + np.where(is_late, 0.6, 0.1) * frame_s
    errors = np.where(is_late, 2.0, -2.0) + true * (when >= 40) + rng.normal(0, 1.0, 180)
    film = sync.Pairs(heard_at + errors / 1000, errors, 180, frame_s=frame_s)
    found = sync.summary([film], seconds)
    assert found.drift == pytest.approx(true, abs=0.8)
    assert found.drift_error < 1.0


def test_light_beside_a_cut_is_not_taken_for_a_stroke(heard):
    """A wall that brightens before a cut on the beat: its end, and the lamp, are hidden by the cut."""
    fps = Fraction(50)
    cuts = tuple(round(h * fps) for h in HITS[1::2])
    film = paint(fps, HITS, cuts=cuts).astype(np.int16)
    for cut in cuts:
        film[cut - 3 : cut] += np.array([4, 8, 12], dtype=np.int16)[:, None, None, None]
    lit = seen(np.clip(film, 0, 255).astype(np.uint8), fps, cuts)
    distance = np.abs(lit.times[:, None] - np.array([cut / 50 for cut in cuts])[None]).min(axis=1)
    assert len(lit.times) >= 15
    assert distance.min() > 0.07


def test_cuts_on_the_beat_are_not_taken_for_light(heard):
    """Shots that change on every second beat and lamps that never flash: nothing to compare."""
    fps = Fraction(30)
    cuts = tuple(round((h + 0.09) * fps) for h in HITS[::2])
    for known in (cuts, ()):
        found = seen(paint(fps, np.array([1e9]), cuts=cuts), fps, known)
        assert sync.compare(found, heard, SECONDS).reason
    lit = sync.compare(seen(paint(fps, cuts=cuts), fps, cuts), heard, SECONDS)
    assert not lit.reason and abs(lit.median) < 5


def test_what_brightens_slowly_is_no_hit():
    """Half of the lamps come on over a quarter of a second: no frame is their moment."""
    fps, slow = Fraction(60), HITS[::2]
    blocks = np.full((int(SECONDS * fps), 40), 60.0, np.float32)
    t = np.arange(len(blocks)) / float(fps)
    for hit in HITS:
        since = t - hit
        rise = np.clip(since / 0.2, 0, 1) if hit in slow else (since >= 0)
        blocks += (12 * rise * np.exp(-np.maximum(since, 0) / DECAY_S))[:, None].astype(np.float32)
    blocks += np.random.default_rng(3).normal(0, 0.1, blocks.shape).astype(np.float32)
    found = sync.light_hits(blocks, t)
    clear = found.times[found.strengths >= found.clear]
    assert len(clear) >= 18
    assert all(np.abs(HITS[1::2] - time).min() < 1 / 60 for time in clear)


def test_a_pattern_that_leans_towards_a_beat_is_not_taken_for_its_stroke(heard):
    """A quarter of the light 45 ms before a stroke that has no light of its own."""
    fps = Fraction(60)
    t = np.arange(int(SECONDS * fps)) / float(fps)
    blocks = np.random.default_rng(4).normal(60.0, 0.1, (len(t), 40)).astype(np.float32)
    for number, hit in enumerate(HITS):
        at, level = (hit - 0.045, 3.0) if number % 4 == 1 else (hit, 12.0)
        glow = level * (t >= at) * np.exp(-np.maximum(t - at, 0) / DECAY_S)
        blocks += glow[:, None].astype(np.float32)
    found = sync.compare(sync.light_hits(blocks, t), heard, SECONDS)
    assert not found.reason and found.hits >= 28
    assert abs(found.worst) <= 20


def test_songs_of_minutes_full_of_strokes_are_heard_in_a_blink():
    """Every moment of five minutes could be a stroke: looking at each beside all others took a minute."""
    growth = np.random.default_rng(6).uniform(0, 1, round(300 / sync.HOP_S))
    began = time.process_time()
    found = sync.onsets(sync.Rise(growth, growth))
    assert time.process_time() - began < 1.0
    assert len(found.times) > 2000 and np.diff(found.times).min() > 0


def test_a_single_hit_out_of_place_is_the_worst(heard):
    hits = HITS.copy()
    hits[20] += 0.045
    found = sync.compare(seen(paint(Fraction(30), hits), Fraction(30)), heard, SECONDS)
    assert abs(found.median) < 4
    assert found.worst == pytest.approx(45, abs=8)
    assert found.worst_at == pytest.approx(hits[20], abs=0.02)


def test_calm_light_and_other_music_say_nothing_rather_than_something_wrong(heard):
    fps = Fraction(30)
    calm = seen(paint(fps, HITS[::8]), fps)
    assert "hits of light" in sync.compare(calm, heard, SECONDS).reason
    rng = np.random.default_rng(5)
    elsewhere = np.sort(rng.uniform(0.5, SECONDS - 1, 40))
    elsewhere = elsewhere[np.concatenate(([True], np.diff(elsewhere) > 0.2))]
    assert sync.compare(seen(paint(fps, elsewhere), fps), heard, SECONDS).reason
    silence = sync.onsets(drain(sync.listen_steps(np.zeros(22050, np.float32))))
    assert sync.compare(seen(paint(fps), fps), silence, SECONDS).reason


@pytest.fixture(scope="module")
def ffmpeg():
    try:
        return find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")


@pytest.mark.parametrize(("fps", "late_ms"), [(Fraction(30000, 1001), 0), (Fraction(24), 80)])
def test_a_real_file_is_measured_and_late_sound_found_in_it(fps, late_ms, ffmpeg, tmp_path):
    """Sound that begins late only by the file's time stamps is as late as any other."""
    film = paint(fps)
    (tmp_path / "film.rgb").write_bytes(film.tobytes())
    with wave.open(str(tmp_path / "song.wav"), "wb") as file:
        file.setparams((1, 2, decoded.SOUND_RATE, 0, "NONE", ""))
        file.writeframes((lit_film.drums(HITS) * 20_000).astype("<i2").tobytes())
    command = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}"]
    command += ["-r", str(fps), "-i", str(tmp_path / "film.rgb"), "-itsoffset", str(late_ms / 1000)]
    command += ["-i", str(tmp_path / "song.wav"), "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-c:a", "aac", str(tmp_path / "film.mp4")]
    code, _, text = run_quietly(command, tmp_path / "make", name="FFmpeg")
    assert code == 0, text
    steps = decoded.decode_steps(ffmpeg, tmp_path / "film.mp4", (WIDTH, HEIGHT), tmp_path / "out", expected=len(film))
    whole = drain(steps)
    assert (whole.count, whole.packets, whole.complaints) == (len(film), len(film), ())
    meter = sync.LightMeter()
    for frames in whole.pictures(64):
        meter.feed(frames)
    light = sync.light_hits(meter.blocks(), sync.seconds_of(whole, fps))
    found = sync.compare(light, sync.onsets(drain(sync.listen_steps(whole.sound()))), SECONDS)
    assert found.median == pytest.approx(-late_ms, abs=4)
    whole.discard()
    assert not list((tmp_path / "out").glob("*.rgb"))
