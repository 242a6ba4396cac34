# SPDX-License-Identifier: GPL-3.0-or-later
"""No false alarm: five songs that are as different as songs are, at seven frame rates, pass every check."""

import dataclasses
from fractions import Fraction

import pytest
from delivered import drained, finished, make_job

from crossfade_addon.encode.verify import verify_steps


def _clipped(samples, _t):
    """A master crushed into the ceiling: nearly square waves at full scale."""
    import numpy as np

    return np.clip(samples * 12, -1, 1)


def _whisper(samples, _t):
    return samples * 0.02


def _one_hit(samples, t):
    """Hardly anything, and one blow at full scale: its peak leaves no room to make the rest louder."""
    return samples * 0.05 + (abs(t - 1.5) < 0.01) * samples / (abs(samples).max() or 1)


def _late(samples, t):
    return samples * (t > 1.0)


SONGS = {
    "a crushed master": (Fraction(24), {"shape": _clipped}),
    "a whisper": (Fraction(25), {"shape": _whisper, "rate": 44_100}),
    "one hit": (Fraction(30000, 1001), {"shape": _one_hit}),
    "a silent beginning": (Fraction(50), {"shape": _late, "channels": 1, "rate": 22_050}),
    "a plain one": (Fraction(60), {}),
    "59.94": (Fraction(60000, 1001), {}),
}
"""Frame rate and song. The seventh rate, 30, is that of every other test of the report."""


@pytest.mark.parametrize("name", SONGS)
def test_good_files_raise_no_alarm(good_job, tmp_path, name):
    fps, song = SONGS[name]
    job = make_job(tmp_path / "job", good_job[0].ffmpeg, fps=fps, song=song, with_thumbnail=False)
    job = dataclasses.replace(job, platforms={"phone": job.platforms["phone"]})
    report = drained(verify_steps(finished(job), job))
    assert report.failures() == ()
    assert len(report.files[0].checks) > 30
