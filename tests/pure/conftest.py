# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the tests of the release report: one small finished job."""

import pytest
from delivered import finished, make_job

from crossfade_addon.errors import CrossfadeError
from crossfade_addon.ffmpeg import find_ffmpeg


@pytest.fixture(scope="session")
def good_job(tmp_path_factory):
    """A job and its files, all as they should be; tests damage copies."""
    try:
        ffmpeg = find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")
    job = make_job(tmp_path_factory.mktemp("report"), ffmpeg)
    return job, finished(job)
