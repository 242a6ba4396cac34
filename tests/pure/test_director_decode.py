# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoding: what is read from sound files of every kind."""

import sys

import numpy as np
import pytest
from sound_files import (
    CLICKS,
    LEVEL,
    RATE,
    SECONDS,
    burst,
    check_song,
    click_offsets,
    convert,
    cover,
    song,
    tone,
    tone_level,
    write_wav,
)

from crossfade_addon.director.decode import Samples, decode
from crossfade_addon.director.features import FRAME_RATE, extract, parabolic, peaks

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")


@pytest.fixture(scope="module")
def ffmpeg():
    return imageio_ffmpeg.get_ffmpeg_exe()


@pytest.fixture(scope="module")
def stereo_wav(tmp_path_factory):
    mono = song()
    return write_wav(tmp_path_factory.mktemp("source") / "song.wav", np.stack([mono, mono], axis=1))


# ------------------------------------------------------------------------------------------------- formats

LOSSLESS = {
    "u8.wav": ["-c:a", "pcm_u8"],
    "s16.wav": ["-c:a", "pcm_s16le"],
    "s24.wav": ["-c:a", "pcm_s24le"],
    "s32.wav": ["-c:a", "pcm_s32le"],
    "f32.wav": ["-c:a", "pcm_f32le"],
    "f64.wav": ["-c:a", "pcm_f64le"],
    "alaw.wav": ["-c:a", "pcm_alaw"],
    "rf64.wav": ["-rf64", "always"],
    "a.w64": [],
    "s16.aiff": ["-c:a", "pcm_s16be"],
    "s24.aif": ["-c:a", "pcm_s24be"],
    "a.caf": ["-c:a", "pcm_s16le"],
    "a.au": ["-c:a", "pcm_s16be"],
    "s16.flac": ["-sample_fmt", "s16"],
    "s24.flac": ["-sample_fmt", "s32"],
    "a.wv": [],
    "a.tta": [],
    "alac.m4a": ["-c:a", "alac"],
    "pcm.mov": ["-c:a", "pcm_s16le"],
    "flac.mkv": ["-c:a", "flac"],
    "flac.ogg": ["-c:a", "flac"],
}
LOSSY = {
    "cbr.mp3": ["-c:a", "libmp3lame", "-b:a", "192k"],
    "vbr.mp3": ["-c:a", "libmp3lame", "-q:a", "2"],
    "aac.m4a": ["-c:a", "aac", "-b:a", "192k"],
    "faststart.m4a": ["-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart"],
    "aac.mkv": ["-c:a", "aac", "-b:a", "192k"],
    "vorbis.ogg": ["-c:a", "libvorbis", "-q:a", "6"],
    "vorbis.webm": ["-c:a", "libvorbis", "-q:a", "6"],
    "a.opus": ["-c:a", "libopus", "-b:a", "128k"],
    "opus.webm": ["-c:a", "libopus", "-b:a", "128k"],
    "opus.mp4": ["-c:a", "libopus", "-b:a", "128k"],
}
UNCOUNTED = {
    "adts.aac": ["-c:a", "aac", "-b:a", "192k"],
    "a.wma": ["-c:a", "wmav2", "-b:a", "192k"],
    "a.ac3": ["-c:a", "ac3", "-b:a", "192k"],
    "a.mp2": ["-c:a", "mp2", "-b:a", "256k"],
    "headerless.mp3": ["-c:a", "libmp3lame", "-b:a", "192k", "-write_xing", "0", "-id3v2_version", "0"],
}
"""Formats that do not say how much of their beginning is the encoder's delay."""


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_give_the_song(tmp_path, ffmpeg, stereo_wav, name):
    decoded = decode(convert(ffmpeg, stereo_wav, tmp_path / name, *LOSSLESS[name]), ffmpeg, tmp_path / "job")
    check_song(decoded)
    assert decoded.notices == ()


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_formats_give_the_song_without_their_delay(tmp_path, ffmpeg, stereo_wav, name):
    decoded = decode(convert(ffmpeg, stereo_wav, tmp_path / name, *LOSSY[name]), ffmpeg, tmp_path / "job")
    check_song(decoded, lossy=True)
    assert decoded.notices == ()


@pytest.mark.parametrize("name", UNCOUNTED)
def test_formats_without_a_count_of_their_delay_are_off_by_it_at_most(tmp_path, ffmpeg, stereo_wav, name):
    decoded = decode(convert(ffmpeg, stereo_wav, tmp_path / name, *UNCOUNTED[name]), ffmpeg, tmp_path / "job")
    late = click_offsets(decoded.samples)
    assert np.ptp(late) < 0.002 and abs(late.mean()) < 0.055
    assert decoded.duration_sec == pytest.approx(SECONDS, abs=0.12)
    assert tone_level(decoded.samples) == pytest.approx(LEVEL, rel=0.12)
    assert decoded.notices == ()


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 32000, 48000, 88200, 96000, 192000])
def test_rates(tmp_path, ffmpeg, rate):
    check_song(decode(write_wav(tmp_path / "a.wav", song(rate), rate), ffmpeg, tmp_path / "job"), lossy=rate < 22050)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6, 8])
def test_the_same_sound_on_all_channels_keeps_its_level(tmp_path, ffmpeg, channels):
    path = write_wav(tmp_path / "a.wav", np.stack([song()] * channels, axis=1))
    check_song(decode(path, ffmpeg, tmp_path / "job"))


@pytest.mark.parametrize("codec", ["ac3", "aac", "flac"])
def test_surround_sound_in_compressed_files(tmp_path, ffmpeg, codec):
    source = write_wav(tmp_path / "a.wav", np.stack([song()] * 6, axis=1))
    path = convert(ffmpeg, source, tmp_path / "b.mkv", "-c:a", codec, "-b:a", "448k")
    samples = decode(path, ffmpeg, tmp_path / "job").samples
    assert tone_level(samples) == pytest.approx(LEVEL, rel=0.15)
    assert samples.peak < 1


def test_a_sound_on_one_side_has_half_the_level(tmp_path, ffmpeg):
    left = np.stack([song(), np.zeros(round(SECONDS * RATE))], axis=1)
    check_song(decode(write_wav(tmp_path / "a.wav", left), ffmpeg, tmp_path / "job"), level=LEVEL / 2)


def test_samples_beyond_full_scale_are_kept_as_they_are(tmp_path, ffmpeg):
    decoded = decode(write_wav(tmp_path / "a.wav", tone(2, level=1.8)), ffmpeg, tmp_path / "job")
    assert decoded.samples.peak == pytest.approx(1.8, rel=0.02)


# ------------------------------------------------------------------------------------- several streams, video


VIDEO = ("-f", "lavfi", "-i", f"testsrc=size=64x64:duration={SECONDS}:rate=10")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.avi"])
def test_the_sound_of_a_video(tmp_path, ffmpeg, stereo_wav, name):
    sound = ["-c:a", "aac" if name.endswith(("mp4", "mkv")) else "pcm_s16le", "-c:v", "mpeg4"]
    path = convert(ffmpeg, stereo_wav, tmp_path / name, *VIDEO, "-map", "1:v", "-map", "0:a", *sound)
    check_song(decode(path, ffmpeg, tmp_path / "job"), lossy=True)


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.flac"])
def test_cover_art_is_not_in_the_way(tmp_path, ffmpeg, stereo_wav, name):
    tags = ["-metadata", "title=With a cover", "-metadata", "artist=Someone"]
    path = convert(ffmpeg, stereo_wav, tmp_path / name, *cover(ffmpeg, stereo_wav, tmp_path), *tags)
    decoded = decode(path, ffmpeg, tmp_path / "job")
    check_song(decoded, lossy=True)
    assert (decoded.title, decoded.artist) == ("With a cover", "Someone")


def test_the_first_of_several_audio_streams_is_taken(tmp_path, ffmpeg, stereo_wav):
    other = write_wav(tmp_path / "other.wav", np.stack([tone(SECONDS)] * 6, axis=1))
    streams = ["-i", str(other), "-map", "0:a", "-map", "1:a", "-c:a", "flac", "-disposition:a:1", "default"]
    path = convert(ffmpeg, stereo_wav, tmp_path / "a.mka", *streams)
    check_song(decode(path, ffmpeg, tmp_path / "job"))


def test_chained_ogg_files_are_heard_to_their_end(tmp_path, ffmpeg, stereo_wav):
    part = convert(ffmpeg, stereo_wav, tmp_path / "part.ogg", "-c:a", "libvorbis", "-q:a", "6").read_bytes()
    (tmp_path / "two.ogg").write_bytes(part + part)
    decoded = decode(tmp_path / "two.ogg", ffmpeg, tmp_path / "job")
    clicks = (*CLICKS, *(t + SECONDS for t in CLICKS))
    # FFmpeg does not trim the end of the first part to its exact length, here by 13 ms.
    assert decoded.duration_sec == pytest.approx(2 * SECONDS, abs=0.03)
    assert np.abs(click_offsets(decoded.samples, clicks)).max() < 0.015
    assert decoded.notices == ()


@pytest.mark.parametrize("change", [["-ar", "32000"], ["-ac", "1"]])
def test_a_chain_that_changes_is_heard_to_its_end_or_its_end_is_said(tmp_path, ffmpeg, stereo_wav, change):
    arguments = ["-c:a", "libvorbis", "-q:a", "6"]
    first = convert(ffmpeg, stereo_wav, tmp_path / "1.ogg", *arguments).read_bytes()
    second = convert(ffmpeg, stereo_wav, tmp_path / "2.ogg", *change, *arguments).read_bytes()
    (tmp_path / "two.ogg").write_bytes(first + second)
    decoded = decode(tmp_path / "two.ogg", ffmpeg, tmp_path / "job")
    assert np.abs(click_offsets(decoded.samples)).max() < 0.002
    if decoded.notices:
        assert decoded.duration_sec == pytest.approx(SECONDS, abs=0.03)
    else:
        assert decoded.duration_sec == pytest.approx(2 * SECONDS, abs=0.03)
        assert np.abs(click_offsets(decoded.samples, [t + SECONDS for t in CLICKS])).max() < 0.015


@pytest.mark.parametrize("change", [["-ar", "32000"], ["-ac", "1"]])
def test_joined_files_that_change_are_heard_to_their_end(tmp_path, ffmpeg, stereo_wav, change):
    arguments = ["-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "0", "-id3v2_version", "0"]
    first = convert(ffmpeg, stereo_wav, tmp_path / "1.mp3", *arguments).read_bytes()
    second = convert(ffmpeg, stereo_wav, tmp_path / "2.mp3", *change, *arguments).read_bytes()
    (tmp_path / "two.mp3").write_bytes(first + second)
    decoded = decode(tmp_path / "two.mp3", ffmpeg, tmp_path / "job")
    assert decoded.duration_sec == pytest.approx(2 * SECONDS, abs=0.15)
    assert np.ptp(click_offsets(decoded.samples, [t + SECONDS + 0.07 for t in CLICKS])) < 0.002
    assert decoded.notices == ()


# ------------------------------------------------------------------------------------ beats across formats

SAME = {
    "a.flac": [],
    "cbr.mp3": ["-c:a", "libmp3lame", "-b:a", "192k"],
    "vbr.mp3": ["-c:a", "libmp3lame", "-q:a", "2"],
    "a.m4a": ["-c:a", "aac", "-b:a", "192k"],
    "a.ogg": ["-c:a", "libvorbis", "-q:a", "5"],
    "a.opus": ["-c:a", "libopus", "-b:a", "128k"],
}
BEATS = 0.25 + 0.5 * np.arange(23)


@pytest.fixture(scope="module")
def click_track(tmp_path_factory):
    samples = 0.001 * np.random.default_rng(1).standard_normal(12 * RATE)
    click = burst(RATE)
    for t in BEATS:
        samples[round(t * RATE) :][: len(click)] += click
    return write_wav(tmp_path_factory.mktemp("clicks") / "clicks.wav", np.stack([samples, samples], axis=1))


def found_clicks(decoded):
    """Moments of the strongest onsets near the clicks."""
    strength = extract(decoded.samples).onsets.total
    at = peaks(strength)
    at = at[strength[at] > 0.5 * strength.max()]
    moments = parabolic(strength, at) / FRAME_RATE
    return moments[np.abs(moments[:, None] - BEATS).argmin(axis=0)]


@pytest.mark.parametrize("name", SAME)
def test_clicks_are_heard_at_the_same_time_in_every_format(tmp_path, ffmpeg, click_track, name):
    path = convert(ffmpeg, click_track, tmp_path / name, *SAME[name])
    expected = found_clicks(decode(click_track, ffmpeg, tmp_path / "job"))
    found = found_clicks(decode(path, ffmpeg, tmp_path / "job"))
    assert np.abs(expected - BEATS).max() < 0.012
    assert np.abs(found - expected).max() <= 0.003


# ------------------------------------------------------------------------------------------ samples on disk


def test_samples_are_read_piece_by_piece_and_leave_no_file(tmp_path, ffmpeg):
    decoded = decode(write_wav(tmp_path / "a.wav", song()), ffmpeg, tmp_path / "job")
    assert not list((tmp_path / "job").glob("*.f32")) and not list((tmp_path / "job").glob("tags*"))
    whole = np.asarray(decoded.samples)
    assert whole.dtype == np.float32 and whole.shape == (len(decoded.samples),)
    assert np.array_equal(decoded.samples[1000:3000], whole[1000:3000])
    assert np.array_equal(decoded.samples[-50:], whole[-50:])
    assert np.array_equal(decoded.samples[10:5000:7], whole[10:5000:7])
    assert len(decoded.samples[len(whole) :]) == 0
    assert np.array_equal(np.concatenate(list(decoded.samples.blocks())), whole)


def test_samples_own_their_file(tmp_path):
    path = tmp_path / "a.f32"
    np.arange(5, dtype="<f4").tofile(path)
    assert np.asarray(Samples(path)).tolist() == [-2, -1, 0, 1, 2]  # the offset of 2 is taken out
    assert not path.exists()


def test_an_ffmpeg_without_filter_inputs_decodes_too(tmp_path, ffmpeg, stereo_wav):
    if sys.platform == "win32":
        pytest.skip("needs a shell script as a program")
    plain = tmp_path / "ffmpeg"
    plain.write_text(f'#!/bin/sh\ncase "$*" in *lavfi*) exit 1;; esac\nexec "{ffmpeg}" "$@"\n')
    plain.chmod(0o755)
    check_song(decode(stereo_wav, str(plain), tmp_path / "job"))


def test_progress_rises_to_the_end(tmp_path, ffmpeg):
    path = convert(ffmpeg, write_wav(tmp_path / "a.wav", tone(240)), tmp_path / "a.flac")
    told = []
    decode(path, ffmpeg, tmp_path / "job", told.append)
    assert told and told == sorted(told) and told[0] >= 0 and told[-1] <= 1
