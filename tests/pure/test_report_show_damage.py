# SPDX-License-Identifier: GPL-3.0-or-later
"""A delivered film is damaged in what is seen and heard, and the release report names it, and nothing else."""

from __future__ import annotations

import dataclasses
import re
import wave
from fractions import Fraction

import lit_film
import numpy as np
import pytest
from delivered import drained, finished, make_job, platform, recoded, resounded, run

from crossfade_addon.encode import song_place
from crossfade_addon.encode.decoded import SOUND_RATE
from crossfade_addon.encode.frames import FrameSequence
from crossfade_addon.encode.verify import verify_steps
from crossfade_addon.timeline import Clip

pytestmark = pytest.mark.pure

FPS = Fraction(30)
SECONDS = 11.0
CLIP = Clip(0.5, 10.5, "")
HITS = lit_film.hits_until(SECONDS)


def melody(seconds: float = SECONDS, seed: int = 7) -> np.ndarray:
    """A tone that changes with every beat: drums alone sound the same a beat later."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SOUND_RATE)) / SOUND_RATE
    pitches = rng.uniform(200, 900, int(seconds / lit_film.BEAT_S) + 2)
    pitch = pitches[np.maximum(0, (t - HITS[0]) // lit_film.BEAT_S).astype(int)]
    return (0.12 * np.sin(2 * np.pi * np.cumsum(pitch) / SOUND_RATE)).astype(np.float32)


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SOUND_RATE, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 20_000).astype("<i2").tobytes())


def lit_frames(ffmpeg, folder, film) -> FrameSequence:
    folder.mkdir()
    (folder / "film.rgb").write_bytes(film.tobytes())
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{lit_film.WIDTH}x{lit_film.HEIGHT}", "-r", str(FPS))
    run(ffmpeg, *raw, "-i", folder / "film.rgb", "-vf", "scale=90:160", "-q:v", "2", folder / "frame_%04d.jpg")
    return FrameSequence(folder, 1, len(film), FPS, 90, 160, suffix=".jpg")


@pytest.fixture(scope="module")
def lit(good_job, tmp_path_factory):
    """A job of one video whose lamp flashes with the drums, the video, and the job's folder."""
    folder, ffmpeg = tmp_path_factory.mktemp("lit"), good_job[0].ffmpeg
    job = make_job(folder / "job", ffmpeg, with_thumbnail=False)
    write_wav(job.audio, lit_film.drums(HITS, seconds=SECONDS) + melody())
    meta = dataclasses.replace(job.timeline.meta, duration_sec=SECONDS)
    timeline = dataclasses.replace(job.timeline, meta=meta, clips={"phone": CLIP})
    frames = lit_frames(ffmpeg, folder / "lit", lit_film.paint(FPS, HITS, seconds=SECONDS))
    job = dataclasses.replace(
        job,
        timeline=timeline,
        platforms={"phone": platform("phone", "9:16")},
        frames={"9:16": frames},
    )
    return job, finished(job)["video_phone"]


def failed(job, video) -> set[str]:
    """Names of the checks that fail, those of the way in which the damage was encoded apart."""
    (report, _) = drained(verify_steps({"video_phone": video}, job)).files
    show = dict(report.groups)["Show"]
    return {check.name for check in show if check.verdict == "fail"}


def test_light_and_sound_that_meet_raise_no_alarm_and_are_really_measured(lit):
    job, video = lit
    (report, _) = drained(verify_steps({"video_phone": video}, job)).files
    said = {check.name: check for check in report.checks}
    assert all(check.ok for check in said.values()), [c for c in said.values() if not c.ok]
    assert "hits" in said["Sync"].measured and "±" in said["Sync drift"].measured
    assert re.fullmatch(r"\+0\.0 ms late, (9\d|100) % alike", said[song_place.NAME].measured)


SHIFTED = "adelay={0}:all=1,atrim=end={1}"
LENGTH = CLIP.end - CLIP.start - 1024 / 48_000
FASTER = "asetrate=48000*1.0015,aresample=48000,apad,atrim=end={0}"
LATE_PICTURE = f"tpad=start=3:color=gray,trim=end_frame={round((CLIP.end - CLIP.start) * FPS)},setpts=N/30/TB"
RED = "drawbox=h=ih*0.42:c=0xE60000:t=fill:enable='between(t,3,5)*lt(mod(t*5,1),0.5)'"
BLACK = "drawbox=c=black:t=fill:enable='between(t,3,3.5)'"
TWICE = "split[a][b];[a][b]freezeframes=first=91:last=91:replace=90"

DAMAGE = {
    "sound late by 80 ms within its stream": (
        {"Song in place", "Sync", "Sync, worst hit"},
        lambda f, a, b: resounded(f, a, b, SHIFTED.format(80, LENGTH)),
    ),
    "sound late by a whole beat": (
        {"Song in place"},
        lambda f, a, b: resounded(f, a, b, SHIFTED.format(1000 * lit_film.BEAT_S, LENGTH)),
    ),
    "sound that runs away": (
        {"Song in place", "Sync drift"},
        lambda f, a, b: resounded(f, a, b, FASTER.format(LENGTH)),
    ),
    "pictures late by 100 ms, after grey ones": (
        {"Sync", "Sync, worst hit", "Repeated pictures"},
        lambda f, a, b: recoded(f, a, b, "-vf", LATE_PICTURE),
    ),
    "red flashes": ({"Flashes", "Red flashes"}, lambda f, a, b: recoded(f, a, b, "-vf", RED)),
    "a black gap": ({"Black pictures", "Frozen picture"}, lambda f, a, b: recoded(f, a, b, "-vf", BLACK)),
    "a picture twice": ({"Repeated pictures"}, lambda f, a, b: recoded(f, a, b, "-vf", TWICE)),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damage_to_the_show_is_named(lit, tmp_path, how):
    job, video = lit
    expected, damage = DAMAGE[how]
    damage(job.ffmpeg, video, tmp_path / "bad.mp4")
    assert failed(job, tmp_path / "bad.mp4") == expected
