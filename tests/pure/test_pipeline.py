# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python door over the whole pipeline, with painted frames where Blender would be."""

from __future__ import annotations

import dataclasses
import math
import struct
import subprocess
import wave
from pathlib import Path

import pytest

from crossfade_addon import pipeline, timeline
from crossfade_addon.brief import Brief
from crossfade_addon.encode import probe
from crossfade_addon.encode import stills as encode_stills
from crossfade_addon.errors import PipelineError, StudioError, ToolMissing
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.frames import RenderedFrames, aspect_folder
from crossfade_addon.jobs import Progress, drain
from crossfade_addon.pipeline import BatchRunner

pytestmark = pytest.mark.usefixtures("quick_ffmpeg")


class PaintedStudio:
    """Delivers test-pattern frames of each aspect instead of a show."""

    def __init__(self) -> None:
        self.calls = 0

    def check(self, brief):
        return ()

    def steps(self, brief, timeline, theme, ranges, brief_json, moments):
        self.calls += 1
        made = {}
        for aspect, span in ranges.items():
            width, height = (180, 320) if aspect == "9:16" else (320, 180)
            folder = aspect_folder(brief.work_dir, aspect)
            folder.mkdir(parents=True, exist_ok=True)
            source = f"testsrc=size={width}x{height}:rate=30"
            command = [find_ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", source, "-frames:v", str(span.count)]
            command += ["-start_number", str(span.first), "frame_%05d.jpg"]
            subprocess.run(command, check=True, cwd=folder)
            made[aspect] = RenderedFrames(folder, ".jpg", span.first, span.count, width, height)
        return made
        yield


class BrokenStudio:
    def check(self, brief):
        return ()

    def steps(self, brief, timeline, theme, ranges, brief_json, moments):
        raise StudioError("The graphics driver fell over.", hint="Try again.")
        yield


SMALL = """
[tiktok]
width = 360
height = 640
[youtube]
width = 640
height = 360
[tiny]
like = "tiktok"
label = "Tiny"
width = 180
height = 320
min_s = 0.5
"""
"""The platforms' rules with small pictures, and one more platform."""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i * 0.06))) for i in range(3 * 22050)))
    return path


def test_batch_runner_returns_the_promised_paths_and_can_skip_the_studio(song, small, tmp_path, monkeypatch):
    monkeypatch.setattr(encode_stills, "CHOICES", 1)
    studio = PaintedStudio()
    settings = {"platforms_file": small, "clip": (0.0, 3.0), "clips": (("tiny", 0.5, 1.5),)}
    runner = BatchRunner(
        song, "x", theme="chill_lofi", output_dir=tmp_path / "out", studio=studio, quality="draft", **settings
    )
    made = runner.run(platforms=["tiktok", "youtube", "tiny"])
    assert {"timeline", "raw_video", "video_tiktok", "video_youtube", "captions", "thumbnail", "report"} <= set(made)
    clips = timeline.load(made["timeline"]).clips
    assert (clips["tiny"].start, clips["tiny"].end, clips["tiktok"].end) == (0.5, 1.5, 3.0)
    assert made["video_tiny"].is_file() and made["description"].is_file()
    assert all(path.exists() for path in made.values()) and "manifest" not in made
    assert not list((tmp_path / "out").rglob("*.part"))
    made["video_tiktok"].unlink()
    again = runner.run(platforms=["tiktok"], with_thumbnail=False, skip_studio=True)
    assert again["video_tiktok"].is_file()
    assert "thumbnail" not in again
    assert studio.calls == 1


class PickyStudio(BrokenStudio):
    def check(self, brief):
        raise StudioError("That is no avatar.", hint="Draw another.")


def test_what_the_studio_refuses_is_refused_before_the_song_is_heard(song, tmp_path):
    runner = BatchRunner(song, "x", output_dir=tmp_path / "out", studio=PickyStudio(), quality="draft")
    with pytest.raises(StudioError, match="no avatar"):
        runner.run()
    assert not [p for p in (tmp_path / "out").rglob("*") if p.is_file()]


def test_a_failed_stage_says_which_and_leaves_no_video(song, tmp_path):
    settings = {"quality": "draft", "clip": (0.0, 2.0), "studio": BrokenStudio(), "output_dir": tmp_path / "out"}
    notices = []
    with pytest.raises(PipelineError) as caught:
        BatchRunner(song, "x", **settings).run(on_progress=lambda p: notices.append(p.message) if p.notice else None)
    assert caught.value.stage == "studio"
    # what the platforms will not take is said before anything is rendered
    assert "TikTok gets 2.0 s, but takes 3 s and more" in notices
    assert not any(text.startswith("YouTube gets") for text in notices)
    assert not list((tmp_path / "out").rglob("*.mp4*"))


def test_an_event_comes_with_a_manifest_of_its_use(small, tmp_path):
    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i * 0.2))) for i in range(46 * 8000)))
    settings = {"quality": "draft", "clip": (1.0, 2.0), "studio": PaintedStudio(), "platforms_file": small}
    made = BatchRunner(path, "x", theme="award_elegant", mode="event", output_dir=tmp_path / "out", **settings).run(
        ["youtube"], with_thumbnail=False
    )
    assert made["manifest"] == tmp_path / "out" / "manifests" / "x_manifest.txt"
    assert "0:01.00 to 0:02.00" in made["manifest"].read_text("utf-8")


def test_a_finished_movie_is_taken_instead_of_a_render(song, small, tmp_path):
    movie = tmp_path / "mine.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=size=180x320:rate=30", "-frames:v", "90"]
    subprocess.run([find_ffmpeg(), "-v", "error", *source, "-pix_fmt", "yuv420p", str(movie)], check=True)
    studio = PaintedStudio()
    settings = {"quality": "draft", "renders": (("9:16", movie),), "platforms_file": small}
    runner = BatchRunner(song, "x", theme="chill_lofi", output_dir=tmp_path / "out", studio=studio, **settings)
    made = runner.run(platforms=["tiktok"], with_thumbnail=False)
    assert made["video_tiktok"].is_file()
    assert made["raw_video"] == movie
    assert studio.calls == 0


def test_words_that_the_library_knows_need_libass_before_anything_is_rendered(song, small, tmp_path, monkeypatch):
    """They come with the song, not with the brief, which names no lyrics file."""
    heard = timeline.Timeline(
        meta=timeline.Meta("x", "X", "", "single", "chill_lofi", 1, 3.0, 120, "0" * 64, ""),
        audio=timeline.Audio(str(song)),
        beats=timeline.Beats(),
        lyrics=timeline.Lyrics((timeline.LyricLine(0.5, 2.0, "Hold on"),)),
        clips=dict.fromkeys(("tiktok", "youtube"), timeline.Clip(0.0, 3.0, "")),
    )

    def listen(*_args):
        yield Progress("director", 1.0, "heard")
        return heard

    known = probe.check_ffmpeg(find_ffmpeg(), tmp_path / "ffmpeg", needs_captions=True)
    monkeypatch.setattr(probe, "_known", dict.fromkeys(probe._known, dataclasses.replace(known, has_libass=False)))
    monkeypatch.setattr(pipeline.listening, "listen", listen)

    def direct(platform: str, **changes):
        brief = Brief(
            audio=song, song_id="x", platforms=(platform,), platforms_file=small, output_dir=tmp_path, **changes
        )
        return drain(pipeline.Pipeline(brief, BrokenStudio()).direct())

    with pytest.raises(ToolMissing, match="libass") as caught:
        direct("tiktok")
    assert "captions off" in caught.value.hint
    assert direct("tiktok", with_captions=False) == heard
    assert direct("youtube") == heard, "its words are in files beside it"
