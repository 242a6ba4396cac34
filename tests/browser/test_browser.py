# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of others agree: vtt.js and Chromium read our captions, Chromium plays our video with them."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from test_caption_cases import CASES, WHOLE, read

from crossfade_addon import jobs
from crossfade_addon.encode import captions
from crossfade_addon.encode.frames import FrameSequence
from crossfade_addon.encode.platforms import SafeBox, load_platforms
from crossfade_addon.encode.run import EncodeJob, encode_steps
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.themes import Grade
from crossfade_addon.timeline import Audio, Beats, Clip, LyricLine, Lyrics, LyricWord, Meta, Section, Timeline

pytestmark = pytest.mark.browser
FPS = Fraction(30)
SONG_S, SIZE = 4.0, (360, 640)


@pytest.fixture(scope="module")
def read_by_others(see, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for index, case in enumerate(CASES):
        (folder / f"{index}.vtt").write_bytes(captions.vtt(read(case), WHOLE, (), row=28).encode())
    return see(folder, {"files": [f"{index}.vtt" for index in range(len(CASES))]})["files"]


@pytest.mark.parametrize("reader", ["reference", "browser"])
@pytest.mark.parametrize("index", range(len(CASES)), ids=[case.name for case in CASES])
def test_every_cue_arrives_with_its_text_and_times(read_by_others, index, reader):
    seen = read_by_others[f"{index}.vtt"][reader]
    expected = captions.cues(read(CASES[index]), WHOLE, (), row=28)
    assert seen["errors"] == []
    texts = [cue.text for cue in expected]
    if reader == "reference":  # vtt.js 0.13.0 decodes what is written &amp;amp; twice; Chromium is right
        texts = [text.replace("&amp;", "&") for text in texts]
    assert [cue["text"] for cue in seen["cues"]] == texts
    for cue, ours in zip(seen["cues"], expected, strict=True):
        assert cue["start"] == pytest.approx(ours.start, abs=0.0006)
        assert cue["end"] == pytest.approx(ours.end, abs=0.0006)


def make_video(folder: Path):
    """A real encode of four seconds, with a song that clicks and words in three scripts."""
    ffmpeg = find_ffmpeg()
    pictures = folder / "frames"
    pictures.mkdir()
    size = f"{SIZE[0]}x{SIZE[1]}"
    run = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i"]
    subprocess.run([*run, f"testsrc2=s={size}:r=30:d={SONG_S}", str(pictures / "frame_%04d.png")], check=True)
    subprocess.run([*run, f"sine=f=220:b=4:d={SONG_S}", str(folder / "song.wav")], check=True)
    words = (LyricWord(0.5, 0.9, "Rock"), LyricWord(0.9, 1.1, "&"), LyricWord(1.1, 1.8, "roll"))
    lines = (LyricLine(0.5, 1.8, "Rock & roll", words), LyricLine(2.0, 3.0, "I <3 夜 --> שלום"))
    timeline = Timeline(
        meta=Meta("song", "Song", "Artist", "single", "t", 1, SONG_S, 120, "", ""),
        audio=Audio("song.wav", (Section(0.0, SONG_S, "drop", 1.0),)),
        beats=Beats(),
        lyrics=Lyrics(lines),
        clips={"tiktok": Clip(0.0, SONG_S, "")},
    )
    zone = SafeBox(36, 96, 324, 416)
    platform = dataclasses.replace(load_platforms()["tiktok"], width=SIZE[0], height=SIZE[1], strict=(zone,), min_s=0)
    job = EncodeJob(
        timeline=timeline,
        platforms={"tiktok": platform},
        frames={"9:16": FrameSequence(pictures, 1, int(SONG_S * FPS), FPS, *SIZE, suffix=".png")},
        audio=folder / "song.wav",
        output_dir=folder / "out",
        song_id="song",
        grade=Grade(bloom=0.0, vignette=0.0),
        ffmpeg=ffmpeg,
        fps=FPS,
        work=folder / "work",
        with_thumbnail=False,
    )
    return jobs.drain(encode_steps(job)), lines


def test_chromium_plays_a_delivered_video_with_its_captions(see, tmp_path):
    made, lines = make_video(tmp_path)
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copyfile(made["video_tiktok"], folder / "video.mp4")
    shutil.copyfile(made["captions"], folder / "captions.vtt")
    played = see(folder, {"video": "video.mp4", "captions": "captions.vtt"})["played"]
    assert not played["error"]
    assert (played["width"], played["height"]) == SIZE
    assert played["duration"] == pytest.approx(SONG_S, abs=0.05)
    assert played["at"] == pytest.approx(played["duration"], abs=0.05)
    assert played["frames"] >= 0.5 * SONG_S * FPS  # a slow machine may drop some
    assert played["soundBytes"] > 10_000
    shown = [(event["at"], event["text"][0]) for event in played["shown"] if event["text"]]
    assert [text for _, text in shown] == [line.text for line in lines]
    for (at, _), line in zip(shown, lines, strict=True):
        assert line.start - 0.05 <= at <= line.start + 0.4
