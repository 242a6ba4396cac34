# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoding: broken files, awkward contents and names, and what is said about files that cannot be used."""

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from sound_files import PICTURE, RATE, check_song, click_offsets, convert, cover, song, tone, wav_bytes, write_wav

from crossfade_addon.director.decode import decode
from crossfade_addon.errors import DirectorError

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")


@pytest.fixture(scope="module")
def ffmpeg():
    return imageio_ffmpeg.get_ffmpeg_exe()


@pytest.fixture(scope="module")
def stereo_wav(tmp_path_factory):
    mono = song()
    return write_wav(tmp_path_factory.mktemp("source") / "song.wav", np.stack([mono, mono], axis=1))


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
