# SPDX-License-Identifier: GPL-3.0-or-later
"""The usage manifest of an event says what was used, how it was changed and what has to be cleared."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon import jobs
from crossfade_addon.encode.job import EncodeJob
from crossfade_addon.encode.manifest import Asset, manifest_checks, manifest_steps
from crossfade_addon.encode.platforms import load_platforms
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.themes import Grade
from crossfade_addon.timeline import Audio, Beats, Clip, LyricLine, Lyrics, Meta, Timeline

PLATFORMS = load_platforms()
SONG_S = 100.0


@pytest.fixture
def song(tmp_path) -> Path:
    path = tmp_path / "its 100% song.flac"
    command = [find_ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "sine=d=0.2", "-metadata", "ISRC=QZES12345678"]
    subprocess.run([*command, "-metadata", "composer=J. S. Bach", f"file:{path}"], check=True)
    return path


def make_job(song: Path, *names: str, **changes) -> EncodeJob:
    digest = hashlib.sha256(song.read_bytes()).hexdigest()
    clip = Clip(20.0, 60.0, "", 0.008, 2.0)
    timeline = Timeline(
        meta=Meta("song", "A\nSong", "Artist", "event", "award_elegant", 1, SONG_S, 120, digest, ""),
        audio=Audio(song.name),
        beats=Beats(),
        lyrics=Lyrics((LyricLine(25.0, 27.0, "words"),)),
        clips={"tiktok": clip, "reels": clip, "youtube": Clip(0.0, SONG_S, "")},
    )
    job = EncodeJob(
        timeline=timeline,
        platforms={name: PLATFORMS[name] for name in names},
        frames={},
        audio=song,
        output_dir=song.parent / "out",
        song_id="song",
        grade=Grade(),
        ffmpeg=find_ffmpeg(),
        fps=Fraction(30),
        work=song.parent / "work",
    )
    return dataclasses.replace(job, **changes)


def write(job: EncodeJob, assets=(), sound=None) -> tuple[str, dict]:
    """What the manifest says after the job's videos were made (their bytes do not matter here)."""
    job.renders.mkdir(parents=True, exist_ok=True)
    made = {}
    for name in job.platforms:
        made[f"video_{name}"] = job.video_path(name)
        job.video_path(name).write_bytes(f"video for {name}".encode())
    if sound is not None:
        (job.work / "encode").mkdir(parents=True, exist_ok=True)
        (job.work / "encode" / "sound.json").write_text(json.dumps(sound))
    paths = jobs.drain(manifest_steps(job, made, assets))
    assert paths["manifest"] == job.output_dir / "manifests" / "song_manifest.txt"
    text, data = paths["manifest"].read_text("utf-8"), json.loads(paths["manifest_json"].read_text("utf-8"))
    for key, content in (("manifest", text), ("manifest_json", json.dumps(data))):
        assert all(check.ok for check in manifest_checks(key, content, job))
    return text, data


def test_it_says_what_is_used_of_which_song_and_for_how_long(song):
    text, data = write(make_job(song, "tiktok", "youtube"))
    assert data["song"]["file"] == "its 100% song.flac"
    assert data["song"]["sha256"] == hashlib.sha256(song.read_bytes()).hexdigest()
    assert (data["song"]["isrc"], data["song"]["tags"]["composer"]) == ("QZES12345678", "J. S. Bach")
    tiktok, youtube = data["uses"]
    assert (tiktok["file"], tiktok["from_s"], tiktok["to_s"], tiktok["seconds"]) == ("song_tiktok.mp4", 20, 60, 40)
    assert tiktok["part"] == "0:20.00 to 1:00.00, 40% of the song" and youtube["part"] == "the whole song"
    assert tiktok["sha256"] == hashlib.sha256(b"video for tiktok").hexdigest()
    assert "faded out over 2 s" in tiktok["sound"] and "faded" not in youtube["sound"]
    assert text.startswith("USAGE MANIFEST: A Song by Artist\n")
    for said in ("1:40 (100.00 s)", "QZES12345678", "J. S. Bach", "0:20.00 to 1:00.00", tiktok["sha256"]):
        assert said in text, said
    assert max(len(line) for line in text.splitlines()) <= 100


def test_it_says_what_has_to_be_cleared_with_whom_and_that_it_is_no_advice(song):
    text, data = write(make_job(song, "tiktok"))
    what = [item["what"] for item in data["to_clear"]]
    assert what[:3] == ["Synchronisation licence", "Master licence", "Public performance"]
    assert {"Online use", "Words as captions", "Songs and samples inside"} <= set(what)
    assert "Files of others in the pictures" not in what
    assert all(item["why"] and item["ask"] for item in data["to_clear"])
    assert "not legal advice" in text and text.count("Cleared: [ ]") == len(what)
    silent = make_job(song, "youtube", with_captions=False, output_dir=song.parent / "silent")
    assert "Words as captions" not in [item["what"] for item in write(silent)[1]["to_clear"]]


def test_it_says_what_was_done_to_the_sound(song):
    sound = {"tiktok": {"gain_db": -3.25, "limit_db": None}, "youtube": {"gain_db": 4.0, "limit_db": -1.5}}
    text, data = write(make_job(song, "tiktok", "youtube"), sound=sound)
    assert "one constant gain of -3.2 dB" in data["uses"][0]["sound"]
    assert "peaks limited at -1.5 dB" in data["uses"][1]["sound"]
    assert any("limiter" in change for change in data["changes"])
    plain = make_job(song, "youtube", output_dir=song.parent / "plain")
    _, data = write(plain, sound={"youtube": {"gain_db": 0.0, "limit_db": None}})
    assert data["uses"][0]["sound"].startswith("AAC 384 kb/s, level unchanged")
    assert not any("gain" in change for change in data["changes"][:1])
    assert "peaks limited" in text


def test_the_users_own_files_are_named_with_their_hashes(song, tmp_path):
    own = tmp_path / "my dj.blend"
    own.write_bytes(b"blend")
    text, data = write(make_job(song, "tiktok"), [Asset("Avatar", own), Asset("Movie 9:16", own)])
    digest = hashlib.sha256(b"blend").hexdigest()
    assert data["assets"][0] == {"kind": "Avatar", "file": "my dj.blend", "sha256": digest}
    assert "my dj.blend" in text and digest in text
    assert any("movies that are named below" in change for change in data["changes"])
    assert data["to_clear"][-1]["what"] == "Files of others in the pictures"


def test_a_second_job_keeps_what_the_first_made_as_long_as_it_is_unchanged(song):
    write(make_job(song, "tiktok", "reels"))
    job = make_job(song, "youtube")
    job.video_path("reels").write_bytes(b"changed since")
    _, data = write(job)
    assert [use["file"] for use in data["uses"]] == ["song_tiktok.mp4", "song_youtube.mp4"]
    other = song.with_name("other.flac")
    other.write_bytes(song.read_bytes() + b"x")
    _, data = write(make_job(other, "youtube", output_dir=job.output_dir))
    assert [use["file"] for use in data["uses"]] == ["song_youtube.mp4"]


def test_a_manifest_that_misses_a_video_or_is_of_another_song_is_noticed(song):
    job = make_job(song, "tiktok", "youtube")
    text, data = write(job)
    failed = {c.name for c in manifest_checks("manifest", text.replace("song_tiktok.mp4", "x.mp4"), job) if not c.ok}
    assert failed == {"Videos listed"}
    failed = {c.name for c in manifest_checks("manifest", text.replace(data["song"]["sha256"], "0"), job) if not c.ok}
    assert failed == {"Song identified"}
    assert [c.name for c in manifest_checks("manifest_json", "{", job) if not c.ok] == ["Manifest"]
    assert not list(job.output_dir.rglob("*.part"))
