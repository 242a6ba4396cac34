# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoding: what is read from files, awkward names, and what is said about files that cannot be used."""

import subprocess
import sys

import numpy as np
import pytest

from crossfade_addon.director.decode import decode
from crossfade_addon.errors import DirectorError

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
RATE = 44100


@pytest.fixture(scope="module")
def ffmpeg():
    return imageio_ffmpeg.get_ffmpeg_exe()


def write_wav(path, samples, rate=RATE):
    """32-bit float WAV, mono or (n, channels)."""
    samples = np.asarray(samples, dtype="<f4")
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    body = samples.tobytes()
    numbers = (3).to_bytes(2, "little") + channels.to_bytes(2, "little") + rate.to_bytes(4, "little")
    numbers += (rate * 4 * channels).to_bytes(4, "little") + (4 * channels).to_bytes(2, "little") + b"\x20\0"
    riff = b"WAVEfmt " + (16).to_bytes(4, "little") + numbers + b"data" + len(body).to_bytes(4, "little") + body
    path.write_bytes(b"RIFF" + len(riff).to_bytes(4, "little") + riff)
    return path


def tone(seconds, hz=441.0, level=0.5):
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


def test_samples_are_mono_at_22050_hz_with_the_exact_length(tmp_path, ffmpeg):
    stereo = np.stack([tone(3), tone(3)], axis=1)
    decoded = decode(write_wav(tmp_path / "a.wav", stereo), ffmpeg, tmp_path / "job")
    assert decoded.sample_rate == 22050
    assert decoded.samples.dtype == np.float32 and decoded.samples.ndim == 1
    assert decoded.duration_sec == len(decoded.samples) / 22050 == pytest.approx(3.0, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(decoded.samples))
    assert spectrum.argmax() / decoded.duration_sec == pytest.approx(441, abs=1)
    assert np.abs(decoded.samples).max() == pytest.approx(0.5, rel=0.02)


def test_the_raw_file_is_removed(tmp_path, ffmpeg):
    decode(write_wav(tmp_path / "a.wav", tone(2)), ffmpeg, tmp_path / "job")
    assert not list((tmp_path / "job").glob("*.f32"))


NAMES = ["a:b.wav", 'it\'s "so".wav', "100%d.wav", "-i.wav", "\U0001f3a7 дождь.wav", "a b;c&d|e.wav", "x#y?z=1.wav"]


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot exist there")
@pytest.mark.parametrize("name", NAMES)
def test_awkward_names_decode(tmp_path, ffmpeg, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / name, tone(1.5))
    from pathlib import Path

    assert decode(Path(name), ffmpeg, tmp_path / "job").duration_sec == pytest.approx(1.5, abs=1e-3)


def test_title_and_artist_come_from_tags(tmp_path, ffmpeg):
    source = write_wav(tmp_path / "a.wav", tone(1.5))
    tagged = tmp_path / "b.flac"
    tags = ["-metadata", "title=Rain = Sun; (mix)", "-metadata", "artist=A \\ B"]
    subprocess.run([ffmpeg, "-v", "error", "-i", str(source), *tags, str(tagged)], check=True)
    decoded = decode(tagged, ffmpeg, tmp_path / "job")
    assert (decoded.title, decoded.artist) == ("Rain = Sun; (mix)", "A \\ B")


def refusal(tmp_path, ffmpeg, path):
    with pytest.raises(DirectorError) as caught:
        decode(path, ffmpeg, tmp_path / "job")
    text = str(caught.value)
    assert "\n" not in text and len(text) < 200
    assert path.name in text
    assert caught.value.hint
    return text


def test_a_text_file_is_not_audio(tmp_path, ffmpeg):
    path = tmp_path / "notes.mp3"
    path.write_text("not music at all\n" * 50)
    assert "not an audio file" in refusal(tmp_path, ffmpeg, path)


def test_a_video_without_sound_has_no_audio_track(tmp_path, ffmpeg):
    path = tmp_path / "mute.mp4"
    source = ["-f", "lavfi", "-i", "color=size=64x64:duration=1:rate=10"]
    subprocess.run([ffmpeg, "-v", "error", *source, "-pix_fmt", "yuv420p", str(path)], check=True)
    assert "no audio track" in refusal(tmp_path, ffmpeg, path)


def test_a_fifth_of_a_second_is_too_short(tmp_path, ffmpeg):
    path = write_wav(tmp_path / "blip.wav", tone(0.2))
    assert "0.2 s of audio is too short" in refusal(tmp_path, ffmpeg, path)


def test_silence_is_refused_and_a_quiet_song_is_not(tmp_path, ffmpeg):
    assert "silent" in refusal(tmp_path, ffmpeg, write_wav(tmp_path / "none.wav", tone(2, level=0.0009)))
    assert decode(write_wav(tmp_path / "quiet.wav", tone(2, level=0.002)), ffmpeg, tmp_path / "job").duration_sec > 1


def test_samples_that_are_not_numbers_become_silence(tmp_path, ffmpeg):
    samples = tone(2)
    samples[1000:1100] = np.nan
    samples[2000] = np.inf
    decoded = decode(write_wav(tmp_path / "nan.wav", samples, rate=22050), ffmpeg, tmp_path / "job")
    assert np.isfinite(decoded.samples).all()
