# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies as a source: every delivered picture is the movie's picture of that moment, encoded or copied."""

from __future__ import annotations

import shutil
from fractions import Fraction

import pytest

FPS = Fraction(30)
RATE = 48_000
SONG_S = 3.0
WIDTH, HEIGHT = 90, 160
TAGS = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
CONFORMING = ["-c:v", "libx264", "-preset", "fast", "-crf", "4", "-profile:v", "high", "-bf", "2", "-g", "15"]
CONFORMING += ["-pix_fmt", "yuv420p", *TAGS]


def ffmpegs():
    found = [shutil.which("ffmpeg")]
    try:
        import imageio_ffmpeg

        found.append(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        pass
    return [path for path in found if path]


@pytest.fixture(params=ffmpegs() or [pytest.param("", marks=pytest.mark.skip("no FFmpeg"))], ids=["a", "b"].__getitem__)
def ffmpeg(request):
    return request.param
