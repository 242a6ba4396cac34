# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound: the meter against a tone whose loudness is known, the gain rule, and AAC that keeps the ceiling."""

import dataclasses
import math
import struct
import wave
from pathlib import Path

import encode_movies
import numpy as np
import pytest

from crossfade_addon.encode import sound
from crossfade_addon.encode.loudness import Loudness, measure, parse_summary
from crossfade_addon.encode.sound import Level, Round, Sound, best_round, first_level, next_level, sound_filters
from crossfade_addon.errors import CrossfadeError, EncodeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import Child, drain, wait
from crossfade_addon.timeline import Clip

SONGS = Path(__file__).resolve().parents[2].parent / "shared" / "songs"
PART = Sound(0.0, 4.0, 4 * 48_000, 48_000, 256, -14.0, -1.0, "gain", 0.0, 0.0)
SILENCE = Loudness(float("-inf"), float("-inf"))


@pytest.mark.parametrize(
    ("lufs", "peak", "gain"),
    [
        (-20.0, -12.0, 6.0),  # room enough: to -14
        (-20.0, -5.0, 3.8),  # the peaks stop it just under -1
        (-9.0, 0.5, -5.0),  # a loud master is turned down
        (-13.9, 0.0, -1.2),  # loud enough, but the peaks are too high
    ],
)
def test_gain_reaches_the_goal_but_never_the_ceiling(lufs, peak, gain):
    assert first_level(Loudness(lufs, peak), PART) == Level(gain)


def test_only_a_limiter_that_was_asked_for_makes_room():
    limited = dataclasses.replace(PART, way="limit")
    assert first_level(Loudness(-20.0, -5.0), limited) == Level(6.0, -1.5)
    assert first_level(Loudness(-20.0, -12.0), limited) == Level(6.0)


def test_silence_and_songs_left_as_they_are_get_no_gain():
    assert first_level(SILENCE, PART) == Level(0.0)
    assert first_level(Loudness(-9.0, 0.5), dataclasses.replace(PART, way="as-is")) == Level(0.0)


def after(level, aac, part=PART):
    """What is tried after one round."""
    return next_level([Round(level, aac)], part)


def test_aac_over_the_ceiling_lowers_the_gain_or_the_limiter_by_the_overshoot():
    assert after(Level(3.8), Loudness(-16.0, -0.4)) == Level(3.1)
    assert after(Level(6.0, -1.5), Loudness(-14.2, -0.7)) == Level(6.0, -1.9)
    assert after(Level(3.8), Loudness(-16.0, -1.0)) is None
    assert after(Level(0.0), Loudness(-9.0, 0.9), dataclasses.replace(PART, way="as-is")) is None


def test_room_that_the_fades_left_is_used_but_no_round_is_spent_on_half_a_decibel():
    assert after(Level(2.0), Loudness(-17.6, -4.3)) == Level(5.1)
    assert after(Level(2.0), Loudness(-15.0, -6.0)) == Level(3.0)
    assert after(Level(2.0), Loudness(-17.0, -1.6)) is None
    assert after(Level(2.0), SILENCE) is None
    assert after(Level(0.0), Loudness(-20.0, -9.0), dataclasses.replace(PART, way="as-is")) is None


def jumping(threshold):
    """An AAC whose peaks jump by 3 dB once the gain passes ``threshold``; the song has -20 LUFS and -8 dBTP."""
    return lambda gain: Loudness(round(-20.0 + gain, 1), round(-8.0 + gain + (3.0 if gain > threshold else 0.0), 1))


@pytest.mark.parametrize("threshold", [1.0, 2.4, 3.3, 4.1, 5.2])
def test_peaks_that_jump_with_the_gain_are_bracketed_and_the_loudest_round_that_keeps_the_ceiling_is_kept(threshold):
    aac = jumping(threshold)
    loudest = max(k / 100 for k in range(700) if aac(k / 100).true_peak_db <= -1.0)
    tried, level = [], first_level(Loudness(-20.0, -8.0), PART)
    while level is not None and len(tried) < sound.ROUNDS:
        tried.append(Round(level, aac(level.gain_db)))
        level = next_level(tried, PART)
    kept = tried[best_round(tried, PART)]
    assert kept.aac.true_peak_db <= -1.0
    assert kept.level.gain_db >= loudest - sound.LEAST_RAISE_DB


def test_of_rounds_that_all_break_the_ceiling_the_one_least_above_it_is_kept():
    tried = [Round(Level(3.0), Loudness(-14.0, 0.4)), Round(Level(1.5), Loudness(-15.5, -0.7))]
    assert best_round(tried, PART) == 1
    assert best_round(tried[::-1], PART) == 0


@pytest.mark.parametrize(("fade_in", "fade_out", "fades"), [(0, 0, []), (0.02, 0, ["in"]), (0.02, 1.5, ["in", "out"])])
def test_edges_fade_only_where_they_are_told_to(fade_in, fade_out, fades):
    text = sound_filters(dataclasses.replace(PART, fade_in_s=fade_in, fade_out_s=fade_out), Level(0.0))
    assert [way for way in ("in", "out") if f"afade=t={way}" in text] == fades


@pytest.fixture
def ffmpeg():
    try:
        return find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")


def mastered(ffmpeg, path, part, folder):
    def run(command, where, _message):
        child = Child(command, where, name="FFmpeg")
        code = yield from wait(child, lambda: None)
        return code, child

    song = drain(sound.measured(ffmpeg, path, part.start, part.end, folder, run))
    return drain(sound.master(ffmpeg, path, part, song, folder, run))


def decoded(ffmpeg, path, folder):
    """An independent look at the AAC: numpy on the decoded samples, four times oversampled."""
    command = [ffmpeg, "-v", "error", "-i", f"file:{path}", "-af", "aresample=192000", "-f", "f32le", "-ac", "2"]
    code, raw = encode_movies.read_raw([*command, "-"])
    assert code == 0
    return np.frombuffer(raw, dtype="<f4").reshape(-1, 2)


def squarish(folder):
    """Clipped to the last: a driven sum of tones, flat at full scale most of the time."""
    n = np.arange(4 * 48_000) / 48_000
    drive = sum(np.sin(2 * np.pi * f * n + f) for f in (55.0, 110.3, 440.7, 3001.0, 7013.0)) * 6
    return folder / "square.wav", np.clip(drive, -1, 1)


def hits(folder):
    """Short single strokes far above a quiet noise: peaks leave no room."""
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.01, 4 * 48_000)
    for at in range(0, 4 * 48_000, 24_000):
        values[at : at + 300] += 0.9 * np.exp(-np.arange(300) / 40) * rng.choice([-1, 1], 300)
    return folder / "hits.wav", np.clip(values, -1, 1)


@pytest.mark.parametrize("make", [squarish, hits])
@pytest.mark.parametrize("way", ["gain", "limit"])
def test_evil_songs_keep_the_ceiling_after_aac(ffmpeg, tmp_path, make, way):
    path, values = make(tmp_path)
    encode_movies.write_wave(path, [round(float(v) * 32_767) for v in values])
    made = mastered(ffmpeg, path, dataclasses.replace(PART, way=way), tmp_path / "job")
    assert made.aac.true_peak_db <= -1.0
    assert 20 * math.log10(np.abs(decoded(ffmpeg, made.path, tmp_path)).max()) <= -0.85
    assert made.rounds <= 3
    if way == "gain" and make is hits:
        assert made.aac.lufs < -15.0
        assert "peaks leave no room" in sound.complaint(made, PART)
    if way == "limit" and make is hits:
        assert made.aac.lufs > mastered(ffmpeg, path, PART, tmp_path / "gain").aac.lufs + 3


def test_a_part_whose_peak_lies_in_its_fade_comes_out_as_loud_as_its_peaks_allow(ffmpeg, tmp_path):
    """A tone whose loudest stretch the fade takes away: the part as it is in the song seems to leave no room."""
    t = np.arange(4 * 48_000) / 48_000
    tone = np.where(t < 3.0, 0.1, 0.85) * np.sin(2 * np.pi * 440 * t)
    encode_movies.write_wave(tmp_path / "song.wav", [round(float(v) * 32_767) for v in tone])
    made = mastered(ffmpeg, tmp_path / "song.wav", dataclasses.replace(PART, fade_out_s=1.5), tmp_path / "job")
    assert made.aac.true_peak_db <= -1.0
    assert made.aac.lufs >= -14.6 or made.aac.true_peak_db >= -2.0
    assert made.rounds > 1


def test_one_gain_changes_nothing_but_the_level(ffmpeg, tmp_path):
    """The sound of the AAC is the song's times one number: the music keeps its dynamics."""
    path, values = hits(tmp_path)
    encode_movies.write_wave(path, [round(float(v) * 32_767) for v in values])
    made = mastered(ffmpeg, path, PART, tmp_path / "job")
    _, raw = encode_movies.read_raw([ffmpeg, "-v", "error", "-i", str(made.path), "-f", "f32le", "-ac", "2", "-"])
    got = np.frombuffer(raw, dtype="<f4").reshape(-1, 2)[:, 0]
    assert len(got) >= len(values)
    blocks = [slice(at, at + 4800) for at in range(4800, len(values) - 4800, 24_000)]
    loud = [np.sqrt(np.mean(got[b] ** 2)) / np.sqrt(np.mean(values[b] ** 2)) for b in blocks]
    decibels = 20 * np.log10(np.array(loud))
    assert decibels == pytest.approx(decibels.mean(), abs=0.15)
    assert decibels.mean() == pytest.approx(made.level.gain_db, abs=1.0)  # AAC leaves the highest treble out


def test_the_song_as_it_is_keeps_its_level_and_says_what_it_is(ffmpeg, tmp_path):
    path, values = squarish(tmp_path)
    encode_movies.write_wave(path, [round(float(v) * 32_767) for v in values])
    part = dataclasses.replace(PART, way="as-is")
    made = mastered(ffmpeg, path, part, tmp_path / "job")
    assert (made.level, made.rounds) == (Level(0.0), 1)
    assert made.aac.lufs == pytest.approx(made.song.lufs, abs=1.0)
    assert "left as it is" in sound.complaint(made, part)


def test_silence_is_said_and_stays_silence(ffmpeg, tmp_path):
    path = tmp_path / "silence.wav"
    encode_movies.write_wave(path, [0] * 48_000 * 4)
    made = mastered(ffmpeg, path, PART, tmp_path / "job")
    assert made.aac.lufs == float("-inf")
    assert "silent" in sound.complaint(made, PART)
    assert made.as_json()["aac"]["lufs"] is None


@pytest.mark.parametrize("way", ["gain", "limit"])
def test_a_click_is_heard_exactly_when_it_was_made(ffmpeg, tmp_path, way):
    """At 2.0 s of the song, in a part from 1.5 s on: after half a second, limiter and AAC notwithstanding."""
    values = [0] * 48_000 * 4
    values[96_000:96_040] = [30_000] * 40
    path = tmp_path / "click.wav"
    encode_movies.write_wave(path, values)
    part = dataclasses.replace(PART, start=1.5, end=3.5, samples=96_000, way=way)
    made = mastered(ffmpeg, path, part, tmp_path / "job")
    _, raw = encode_movies.read_raw([ffmpeg, "-v", "error", "-i", str(made.path), "-f", "f32le", "-ac", "1", "-"])
    heard = np.abs(np.frombuffer(raw, dtype="<f4"))
    first = int(np.argmax(heard > heard.max() / 2))
    assert first == pytest.approx(24_000, abs=24)
    if way == "limit":
        assert made.level.limit_db is not None


@pytest.mark.skipif(not SONGS.is_dir(), reason="the songs are not here")
@pytest.mark.parametrize(
    "name", [*("lmms_DirtyLove", "fof_Metal_madness", "syn_house_pickup_126"), *("amb_Awakening", "lmms_Skiessi-222")]
)
def test_songs_keep_the_ceiling_after_aac_and_are_as_loud_as_it_lets_them(ffmpeg, tmp_path, name):
    part = dataclasses.replace(PART, start=30.0, end=45.0, samples=15 * 48_000)
    made = mastered(ffmpeg, SONGS / f"{name}.ogg", part, tmp_path / "job")
    assert made.aac.true_peak_db <= -1.0
    assert made.aac.lufs <= -13.0
    assert made.aac.lufs >= -15.0 or made.aac.true_peak_db >= -2.0, "quieter only where the peaks leave no room"


def test_a_stereo_tone_measures_what_the_standard_says(ffmpeg, tmp_path):
    """BS.1770: a 997 Hz sine at 0 dBFS in one channel is -3.01 LUFS; at -20 dBFS in both it is -20.0."""
    path = tmp_path / "tone 100%.wav"
    amplitude = 32767 * 10 ** (-20 / 20)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48000, 0, "NONE", ""))
        values = [round(amplitude * math.sin(2 * math.pi * 997 * n / 48000)) for n in range(3 * 48000)]
        silence = struct.pack("<hh", 0, 0) * 48000
        file.writeframes(silence + b"".join(struct.pack("<hh", v, v) for v in values))
    level = measure(ffmpeg, path, Clip(1.0, 4.0, ""), tmp_path / "job")
    assert level.lufs == pytest.approx(-20.0, abs=0.15)
    assert level.true_peak_db == pytest.approx(-20.0, abs=0.15)
    silent = measure(ffmpeg, path, Clip(0.0, 0.9, ""), tmp_path / "job")
    assert silent.lufs == float("-inf")


def test_output_without_a_summary_is_an_error():
    with pytest.raises(EncodeError, match="loudness"):
        parse_summary("Conversion failed!")
