# SPDX-License-Identifier: GPL-3.0-or-later
"""Loudness: the gain rule, and the meter against a tone whose loudness is known."""

import math
import struct
import wave

import pytest

from crossfade_addon.encode.loudness import Loudness, linear_gain_db, measure, parse_summary
from crossfade_addon.errors import CrossfadeError, EncodeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.timeline import Clip


@pytest.mark.parametrize(
    ("lufs", "peak", "gain"),
    [
        (-20.0, -12.0, 6.0),  # room enough: to -14
        (-20.0, -5.0, 3.5),  # the peaks stop it at -1.5
        (-9.0, 0.5, -5.0),  # a loud master is turned down
        (-13.9, 0.0, -1.5),  # loud enough, but the peaks are too high
        (float("-inf"), float("-inf"), 0.0),
    ],
)
def test_gain_reaches_the_goal_but_never_the_ceiling(lufs, peak, gain):
    assert linear_gain_db(Loudness(lufs, peak)) == pytest.approx(gain)


def test_a_stereo_tone_measures_what_the_standard_says(tmp_path):
    """BS.1770: a 997 Hz sine at 0 dBFS in one channel is -3.01 LUFS; at -20 dBFS in both it is -20.0."""
    try:
        ffmpeg = find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")
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
