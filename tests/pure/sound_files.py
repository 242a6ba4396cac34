# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds with known contents for the decoding tests, their files, and what must come back."""

import struct
import subprocess

import numpy as np
import pytest

from crossfade_addon.director.features import parabolic

RATE = 44100
SECONDS = 2.5
CLICKS = (0.5, 1.0, 1.5, 2.0)
LEVEL = 0.2


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


PICTURE = ("-f", "lavfi", "-i", "testsrc=size=64x64:duration=1:rate=10")


def cover(ffmpeg, sound, folder):
    """Arguments that add cover art to a converted file."""
    picture = convert(ffmpeg, sound, folder / "cover.jpg", *PICTURE, "-map", "1:v", "-frames:v", "1")
    return ["-i", str(picture), "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"]
