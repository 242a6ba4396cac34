# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoding: what is read from files of every kind, and what is said about files that cannot be used."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.director.decode import Samples, decode
from crossfade_addon.director.features import FRAME_RATE, extract, parabolic, peaks
from crossfade_addon.errors import DirectorError

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
RATE = 44100
SECONDS = 2.5
CLICKS = (0.5, 1.0, 1.5, 2.0)
LEVEL = 0.2


@pytest.fixture(scope="module")
def ffmpeg():
    return imageio_ffmpeg.get_ffmpeg_exe()


def burst(rate):
    """A click: 8 ms of 2 kHz, dying away."""
    t = np.arange(int(0.008 * rate)) / rate
    return 0.5 * np.sin(2 * np.pi * 2000 * t) * np.exp(-t / 0.002)


def song(rate=RATE, seconds=SECONDS, clicks=CLICKS):
    """A steady tone with clicks at known times."""
    samples = LEVEL * np.sin(2 * np.pi * 330 * np.arange(round(seconds * rate)) / rate)
    click = burst(rate)
    for t in clicks:
        samples[round(t * rate) :][: len(click)] += click
    return samples


def tone(seconds, hz=441.0, level=0.5):
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


def wav_bytes(samples, rate=RATE):
    """32-bit float WAV, mono or (n, channels)."""
    samples = np.asarray(samples, dtype="<f4")
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    body = samples.tobytes()
    form = struct.pack("<HHIIHH", 3, channels, rate, rate * 4 * channels, 4 * channels, 32)
    riff = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


def write_wav(path, samples, rate=RATE):
    path.write_bytes(wav_bytes(samples, rate))
    return path


def convert(ffmpeg, source, target, *arguments):
    command = [ffmpeg, "-v", "error", "-y", "-i", str(source), *arguments, str(target)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return target


def click_offsets(samples, clicks=CLICKS, rate=22050):
    """How much later than ``clicks`` they are in the samples, in seconds (matched filter)."""
    template, found = burst(rate), []
    for t in clicks:
        start = round((t - 0.07) * rate)
        likeness = np.correlate(np.asarray(samples[start : start + round(0.15 * rate)]), template, "valid")
        found.append((start + parabolic(likeness, np.array([likeness.argmax()]))[0]) / rate - t)
    return np.array(found)


def tone_level(samples, rate=22050):
    """Amplitude of the steady tone, between the clicks."""
    part = np.asarray(samples[round(0.6 * rate) : round(0.9 * rate)], dtype=np.float64)
    turn = np.exp(-2j * np.pi * 330 * np.arange(len(part)) / rate)
    return 2 * abs((part * turn).mean())


def check_song(decoded, *, lossy=False, seconds=SECONDS, level=LEVEL, clicks=CLICKS):
    assert decoded.sample_rate == 22050
    assert decoded.duration_sec == len(decoded.samples) / 22050 == pytest.approx(seconds, abs=0.03)
    assert tone_level(decoded.samples) == pytest.approx(level, rel=0.12 if lossy else 0.01)
    assert np.abs(click_offsets(decoded.samples, clicks)).max() < (0.002 if lossy else 0.0003)
    assert decoded.samples.peak < 1.0


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


@pytest.fixture(scope="module")
def stereo_wav(tmp_path_factory):
    mono = song()
    return write_wav(tmp_path_factory.mktemp("source") / "song.wav", np.stack([mono, mono], axis=1))


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


PICTURE = ("-f", "lavfi", "-i", "testsrc=size=64x64:duration=1:rate=10")
VIDEO = ("-f", "lavfi", "-i", f"testsrc=size=64x64:duration={SECONDS}:rate=10")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.avi"])
def test_the_sound_of_a_video(tmp_path, ffmpeg, stereo_wav, name):
    sound = ["-c:a", "aac" if name.endswith(("mp4", "mkv")) else "pcm_s16le", "-c:v", "mpeg4"]
    path = convert(ffmpeg, stereo_wav, tmp_path / name, *VIDEO, "-map", "1:v", "-map", "0:a", *sound)
    check_song(decode(path, ffmpeg, tmp_path / "job"), lossy=True)


def cover(ffmpeg, sound, folder):
    """Arguments that add cover art to a converted file."""
    picture = convert(ffmpeg, sound, folder / "cover.jpg", *PICTURE, "-map", "1:v", "-frames:v", "1")
    return ["-i", str(picture), "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"]


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


# ------------------------------------------------------------------------------------------- broken headers


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_wav_files_that_were_never_finished(tmp_path, ffmpeg, length):
    whole = bytearray(wav_bytes(song()))
    at = whole.index(b"data") + 4
    whole[4:8] = whole[at : at + 4] = struct.pack("<I", length)
    (tmp_path / "a.wav").write_bytes(whole)
    check_song(decode(tmp_path / "a.wav", ffmpeg, tmp_path / "job"))


def test_a_wav_file_with_a_byte_too_many(tmp_path, ffmpeg):
    (tmp_path / "a.wav").write_bytes(wav_bytes(song()) + b"\1\2\3")
    check_song(decode(tmp_path / "a.wav", ffmpeg, tmp_path / "job"))


CUT = {
    "a.wav": ["-c:a", "pcm_s16le"],
    "a.aiff": [],
    "a.flac": [],
    "a.mp3": ["-c:a", "libmp3lame", "-b:a", "192k"],
    "a.ogg": ["-c:a", "libvorbis"],
    "a.opus": ["-c:a", "libopus"],
    "a.m4a": ["-c:a", "aac", "-movflags", "+faststart"],
    "a.mka": ["-c:a", "flac"],
    "a.caf": [],
}


@pytest.mark.parametrize("name", CUT)
def test_a_file_that_was_cut_off_is_used_as_far_as_it_goes_and_that_is_said(tmp_path, ffmpeg, stereo_wav, name):
    long = write_wav(tmp_path / "long.wav", np.tile(song(), 4))
    path = convert(ffmpeg, long, tmp_path / name, *CUT[name])
    path.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    decoded = decode(path, ffmpeg, tmp_path / "job")
    assert 4.0 < decoded.duration_sec < 8.0
    assert np.abs(click_offsets(decoded.samples)).max() < 0.002
    (notice,) = decoded.notices
    assert name in notice and "cut off" in notice and "\n" not in notice


# ------------------------------------------------------------------------------------------ awkward contents


def test_a_constant_offset_is_no_sound(tmp_path, ffmpeg):
    decoded = decode(write_wav(tmp_path / "a.wav", song() + 0.3), ffmpeg, tmp_path / "job")
    check_song(decoded)
    assert abs(float(np.asarray(decoded.samples).mean())) < 1e-3


def test_samples_that_are_not_numbers_become_silence(tmp_path, ffmpeg):
    samples = song(22050)
    samples[1000:1100], samples[2000], samples[3000] = np.nan, np.inf, -1e30
    decoded = decode(write_wav(tmp_path / "nan.wav", samples, rate=22050), ffmpeg, tmp_path / "job")
    heard = np.asarray(decoded.samples)
    assert np.isfinite(heard).all() and np.abs(heard).max() <= 8
    assert np.abs(click_offsets(heard)).max() < 0.0003


def test_a_quiet_song_is_a_song(tmp_path, ffmpeg):
    assert decode(write_wav(tmp_path / "quiet.wav", tone(2, level=0.002)), ffmpeg, tmp_path / "job").duration_sec > 1


def test_a_second_is_enough(tmp_path, ffmpeg):
    assert decode(write_wav(tmp_path / "a.wav", tone(1.0)), ffmpeg, tmp_path / "job").duration_sec >= 1.0


@pytest.mark.parametrize(("content", "ending"), [("mp3", "wav"), ("wav", "mp3"), ("flac", "ogg"), ("ogg", "")])
def test_a_wrong_ending_does_not_matter(tmp_path, ffmpeg, stereo_wav, content, ending):
    right = convert(ffmpeg, stereo_wav, tmp_path / f"right.{content}")
    wrong = right.rename(tmp_path / f"wrong.{ending}")
    check_song(decode(wrong, ffmpeg, tmp_path / "job"), lossy=True)


NAMES = [
    "a:b.wav",
    'it\'s "so".wav',
    "100%d.wav",
    "-i.wav",
    "\U0001f3a7 дождь.wav",
    "a b;c&d|e.wav",
    "x#y?z=1.wav",
    "[in] a,b\\c.wav",
    "two\nlines.wav",
    " spaces .wav ",
    "con\\\\cat\\'.wav",
]


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot exist there")
@pytest.mark.parametrize("name", NAMES)
def test_awkward_names_decode(tmp_path, ffmpeg, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / name, song())
    check_song(decode(Path(name), ffmpeg, tmp_path / "job"))


def test_a_file_that_may_only_be_read(tmp_path, ffmpeg):
    path = write_wav(tmp_path / "a.wav", song())
    path.chmod(0o400)
    check_song(decode(path, ffmpeg, tmp_path / "job"))


def test_title_and_artist_come_from_tags(tmp_path, ffmpeg, stereo_wav):
    tags = ["-metadata", "title=Rain = Sun; (mix)", "-metadata", "artist=A \\ B"]
    decoded = decode(convert(ffmpeg, stereo_wav, tmp_path / "b.flac", *tags), ffmpeg, tmp_path / "job")
    assert (decoded.title, decoded.artist) == ("Rain = Sun; (mix)", "A \\ B")


def test_a_tag_that_looks_like_a_length_is_none(tmp_path, ffmpeg, stereo_wav):
    path = convert(ffmpeg, stereo_wav, tmp_path / "a.flac", "-metadata", "title=x\n  Duration: 09:00:00.00, y")
    assert decode(path, ffmpeg, tmp_path / "job").notices == ()


# ------------------------------------------------------------------------------------------------- refusals


def refusal(tmp_path, ffmpeg, path):
    with pytest.raises(DirectorError) as caught:
        decode(path, ffmpeg, tmp_path / "job")
    text = str(caught.value)
    assert "\n" not in text and len(text) < 200
    assert "".join(c if c.isprintable() else "?" for c in path.name) in text
    assert caught.value.hint
    assert not list((tmp_path / "job").glob("*.f32")) and not list((tmp_path / "job").glob("tags*"))
    return text


@pytest.mark.parametrize("ending", ["mp3", "wav", "ogg", "m4a", "flac"])
def test_a_text_file_is_not_audio(tmp_path, ffmpeg, ending):
    path = tmp_path / f"notes.{ending}"
    path.write_text("not music at all\n" * 50)
    assert "not an audio file" in refusal(tmp_path, ffmpeg, path)


@pytest.mark.parametrize("ending", ["mp3", "wav"])
def test_an_empty_file_is_called_empty(tmp_path, ffmpeg, ending):
    path = tmp_path / f"nothing.{ending}"
    path.touch()
    assert "empty" in refusal(tmp_path, ffmpeg, path)


def test_a_wav_file_of_nothing_but_a_header_is_empty(tmp_path, ffmpeg):
    assert "empty" in refusal(tmp_path, ffmpeg, write_wav(tmp_path / "none.wav", []))


def test_random_bytes_are_not_audio(tmp_path, ffmpeg):
    path = tmp_path / "noise.m4a"
    path.write_bytes(np.random.default_rng(3).integers(0, 256, 20000, dtype=np.uint8).tobytes())
    refusal(tmp_path, ffmpeg, path)


def test_a_picture_has_no_audio_track(tmp_path, ffmpeg, stereo_wav):
    path = convert(ffmpeg, stereo_wav, tmp_path / "cover.png", *PICTURE, "-map", "1:v", "-frames:v", "1")
    assert "no audio track" in refusal(tmp_path, ffmpeg, path)


def test_a_video_without_sound_has_no_audio_track(tmp_path, ffmpeg, stereo_wav):
    path = convert(ffmpeg, stereo_wav, tmp_path / "mute.mp4", *PICTURE, "-map", "1:v", "-pix_fmt", "yuv420p")
    assert "no audio track" in refusal(tmp_path, ffmpeg, path)


def test_a_cover_without_a_song(tmp_path, ffmpeg, stereo_wav):
    art = [*cover(ffmpeg, stereo_wav, tmp_path), "-id3v2_version", "3"]
    path = convert(ffmpeg, stereo_wav, tmp_path / "cover.mp3", *art)
    content = path.read_bytes()
    size = 0
    for digit in content[6:10]:
        size = size << 7 | digit
    path.write_bytes(content[: 10 + size])
    refusal(tmp_path, ffmpeg, path)


def test_an_m4a_file_without_its_end_is_called_cut_off(tmp_path, ffmpeg, stereo_wav):
    path = convert(ffmpeg, stereo_wav, tmp_path / "a.m4a", "-c:a", "aac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "cut off" in refusal(tmp_path, ffmpeg, path)


@pytest.mark.parametrize("seconds", [0.01, 0.2, 0.99])
def test_less_than_a_second_is_too_short(tmp_path, ffmpeg, seconds):
    path = write_wav(tmp_path / "blip.wav", tone(seconds))
    assert "of audio is too short" in refusal(tmp_path, ffmpeg, path)


@pytest.mark.parametrize("samples", [np.zeros(2 * RATE), tone(2, level=0.0009), np.full(2 * RATE, 0.5)])
def test_silence_is_refused_with_an_offset_too(tmp_path, ffmpeg, samples):
    assert "silent" in refusal(tmp_path, ffmpeg, write_wav(tmp_path / "none.wav", samples))


def test_a_folder_and_a_missing_file_are_called_so(tmp_path, ffmpeg):
    (tmp_path / "songs.mp3").mkdir()
    assert "is a folder" in refusal(tmp_path, ffmpeg, tmp_path / "songs.mp3")
    assert "does not exist" in refusal(tmp_path, ffmpeg, tmp_path / "gone\n.mp3")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_called_so(tmp_path, ffmpeg):
    path = write_wav(tmp_path / "a.wav", song())
    path.chmod(0)
    assert "may not be read" in refusal(tmp_path, ffmpeg, path)


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
