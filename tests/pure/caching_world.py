# SPDX-License-Identifier: GPL-3.0-or-later
"""A small finished job to change and run again: what each stage did is seen from outside.

The director and FFmpeg are the real ones. The worker runs in this process, on a library in memory; the studio copies
painted pictures, but decides by the real rules which of them it needs.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import struct
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from delivered import write_song

from crossfade_addon import director, frames, listening, stills, worker
from crossfade_addon.brief import FRAME_SUFFIX, RENDER_SCALE, Brief
from crossfade_addon.director import rehear
from crossfade_addon.encode import encoders
from crossfade_addon.encode import stills as encode_stills
from crossfade_addon.encode.encoders import Encoder
from crossfade_addon.encode.platforms import Cover
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.frames import RenderedFrames, aspect_folder, frame_path
from crossfade_addon.jobs import Progress, drain
from crossfade_addon.library.stores import MemoryStore
from crossfade_addon.pipeline import Pipeline
from crossfade_addon.stills import Still
from crossfade_addon.studio import kept
from crossfade_addon.themes import DIRECTORY

FPS = Fraction(30)
SECONDS = 2.4
VERSION = "painted"
PLATFORMS = """
[tiktok]
width = 180
height = 320
covers = []
min_s = 0.5
[reels]
width = 180
height = 320
covers = []
min_s = 0.5
[youtube]
width = 320
height = 180
covers = []
min_s = 0.5
[tiny]
like = "tiktok"
label = "Tiny"
width = 162
height = 288
"""
CARD = Encoder("libx264", "A card", upload="noise=alls=3,format=yuv420p")
"""Stands for graphics hardware: it works, and makes other bytes."""
STILLS = {"9:16": (540, 960), "16:9": (960, 540)}
WORDS = "[00:00.10]<00:00.10>Hello <00:00.40>there\n[00:00.80]<00:00.80>Again <00:01.10>now\n"
COVERS = (Cover("thumbnail", 640, 360, 2.0, 640, 360), Cover("cover", 360, 640, 2.0, 360, 640))


class Painter:
    """A studio that copies pictures which were painted once, as few as the real one would render."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.frames: list[str] = []
        self.stills: list[str] = []

    def _painted(self, aspect: str, quality: str, frame: int, key: str) -> Path:
        """A frame's picture, another one for another show; all of an aspect are painted when one is asked for."""
        name = f"{aspect.replace(':', 'x')}_{quality}_%d{FRAME_SUFFIX[quality]}"
        count = int(SECONDS * FPS)
        path = self.folder / (name % ((frame + int(key[:4], 16)) % count + 1))
        if not path.is_file():
            self._ffmpeg(frames.scaled(aspect, RENDER_SCALE[quality]), count, name)
        return path

    def _still(self, aspect: str) -> Path:
        path = self.folder / f"still_{aspect.replace(':', 'x')}.png"
        if not path.is_file():
            self._ffmpeg(STILLS[aspect], 1, path.name)
        return path

    def _ffmpeg(self, size: tuple[int, int], count: int, name: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        source = (
            f"testsrc2=s={size[0]}x{size[1]}:r={FPS},lutrgb=r=val*0.4:g=val*0.4:b=val*0.4"  # letters must stand out
        )
        command = [find_ffmpeg(), "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", str(count), "-q:v", "3"]
        subprocess.run([*command, *(["-update", "1"] if count == 1 else []), name], check=True, cwd=self.folder)

    def check(self, brief):
        return ()

    def steps(self, brief, timeline, theme, ranges, brief_json, moments):
        """As :class:`crossfade_addon.studio.port.BlenderStudio`, without Blender."""
        key = kept.picture_key(timeline, theme, brief)
        found = kept.all_there(brief, (key, key), ranges, moments, VERSION)
        if found is not None:
            yield Progress("studio", 1.0, "All frames of an earlier run are reused", notice=True)
            return found
        kept.drop_old_stills(brief, kept.stills_stamp(key, brief, VERSION))
        made, suffix = {}, FRAME_SUFFIX[brief.quality]
        for aspect, span in ranges.items():
            folder, size = aspect_folder(brief.work_dir, aspect), frames.scaled(aspect, RENDER_SCALE[brief.quality])
            kept.prepare(folder, kept.frames_stamp(key, brief, VERSION, size), fresh=brief.fresh)
            for frame in kept.missing_frames(folder, span, suffix):
                shutil.copyfile(self._painted(aspect, brief.quality, frame, key), frame_path(folder, frame, suffix))
                self.frames.append(f"{aspect} {frame}")
            made[aspect] = RenderedFrames(folder, suffix, span.first, span.count, *size)
        (brief.work_dir / kept.SHOW).write_bytes(b"BLENDER")
        (brief.work_dir / kept.SHOW_STAMP).write_text(kept.render_stamp(key, brief, VERSION))
        for aspect, wanted in moments.items():
            self._shoot(brief, aspect, wanted, kept.stills_stamp(key, brief, VERSION))
        return made

    def _shoot(self, brief, aspect, moments, stamp):
        folder, count = stills.stills_folder(brief.work_dir, aspect), stills.COUNTS[brief.quality]
        chosen = moments[:count]
        todo = kept.prepare_stills(folder, stamp, {m.frame: (1.0, 0.0, 0.0) for m in chosen}, fresh=brief.fresh)
        for frame in todo:
            shutil.copyfile(self._still(aspect), frame_path(folder, frame, stills.SUFFIX))
            self.stills.append(f"{aspect} {frame}")
        noted = [
            Still(frame_path(folder, m.frame, stills.SUFFIX), m.frame, *STILLS[aspect], m.shot, m.score) for m in chosen
        ]
        stills.write_note(folder, tuple(noted), kept.asked_for(moments, count))


@dataclasses.dataclass
class Did:
    """What one run did, by stage; names of things that were made anew."""

    hearing: set[str]
    script: bool
    frames: list[str]
    stills: list[str]
    sounds: set[str]
    videos: set[str]
    covers: set[str]
    captions: set[str]
    checked: set[str]
    notices: list[str]


class World:
    """One song's job in a folder that can be put back as it was."""

    def __init__(self, folder: Path, platforms: tuple[str, ...]) -> None:
        self.platforms = platforms
        self.at, self._kept = folder / "world", folder / "kept"
        self.studio = Painter(folder / "painted")
        self.library = MemoryStore()
        self._calls: list[str] = []

    def _record(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the worker run here, and note what it calls."""

        def work(job, folder, first):
            yield first
            folder.mkdir(parents=True, exist_ok=True)
            if "render" in job:
                return
            reporter = worker.Reporter(folder)
            brief = listening.brief_from_json(job["brief"])
            told: list[str] = []
            monkeypatch.setattr(reporter, "notice", told.append)
            worker.direct_song(brief, job["ffmpeg"], folder, reporter)
            yield from (Progress("director", 1.0, text, notice=True) for text in told)

        monkeypatch.setattr(listening, "_work", work)
        monkeypatch.setattr(encoders, "HARDWARE", (CARD,))
        monkeypatch.setattr(encode_stills, "DEFAULT_COVERS", COVERS)
        monkeypatch.setattr(encode_stills, "CHOICES", 1)
        monkeypatch.setitem(stills.COUNTS, "draft", 2)
        monkeypatch.setattr(worker, "open_store", lambda *_a, **_k: self.library)
        for place, name in ((director, "analyse"), (rehear, "rehear"), (director, "direct")):
            monkeypatch.setattr(place, name, self._noted(name, getattr(place, name)))

    def _noted(self, name: str, real: Callable) -> Callable:
        def call(*args, **kwargs):
            self._calls.append(name)
            return real(*args, **kwargs)

        return call

    def begin(self) -> Did:
        """Make everything for the first time, and keep it."""
        self.at.mkdir(parents=True)
        write_song(self.at / "song.wav")
        (self.at / "words.lrc").write_text(WORDS)
        (self.at / "own.toml").write_text((DIRECTORY / "chill_lofi.toml").read_text("utf-8"), "utf-8")
        (self.at / "platforms.toml").write_text(PLATFORMS)
        did = self.run()
        shutil.copytree(self.at, self._kept)
        self._songs = dict(self.library._songs)
        return did

    def back(self) -> None:
        """Put everything back as :meth:`begin` left it, times included."""
        shutil.rmtree(self.at)
        shutil.copytree(self._kept, self.at)
        self.library._songs = dict(self._songs)

    def brief(self, **changes) -> Brief:
        """The job."""
        plain = Brief(
            audio=self.at / "song.wav",
            song_id="x",
            platforms=self.platforms,
            platforms_file=self.at / "platforms.toml",
            theme=str(self.at / "own.toml"),
            lyrics=self.at / "words.lrc",
            output_dir=self.at / "out",
            quality="draft",
            clip=(0.0, SECONDS),
            library_dir=self.at / "library",
        )
        return plain.replace(**changes)

    def run(self, **changes) -> Did:
        """Run the job and tell what was done, from the files it left behind."""
        self._calls.clear()
        self.studio.frames, self.studio.stills = [], []
        before, notices = self._files(), []
        with pytest.MonkeyPatch.context() as monkeypatch:
            self._record(monkeypatch)
            pipeline = Pipeline(self.brief(**changes), self.studio)
            outputs = drain(pipeline.steps(), lambda p: notices.append(p.message) if p.notice else None)
        assert outputs.passed, outputs.problems
        new = {path for path, stamp in self._files().items() if before.get(path) != stamp}
        made = {path for path in new if path.parent.name == "renders"}
        report = json.loads((self.at / "out/reports/x.json").read_text("utf-8"))
        videos = [row for row in report["files"] if row["file"].endswith(".mp4")]
        return Did(
            hearing={name for name in self._calls if name in ("analyse", "rehear")},
            script="direct" in self._calls,
            frames=self.studio.frames,
            stills=self.studio.stills,
            sounds={path.parent.name for path in new if path.name == "sound.m4a"},
            videos={path.stem.removeprefix("x_") for path in made if path.suffix == ".mp4"},
            covers={path.name for path in made if path.suffix == ".jpg"},
            captions={path.suffix for path in made if path.suffix in (".vtt", ".srt", ".lrc")},
            checked={row["key"].removeprefix("video_") for row in videos if not row["earlier"]},
            notices=notices,
        )

    def delivered(self) -> dict[str, bytes]:
        """Script and finished files by name."""
        out = self.at / "out"
        return {path.name: path.read_bytes() for folder in ("timeline", "renders") for path in (out / folder).iterdir()}

    def _files(self) -> dict[Path, tuple[int, int]]:
        found = (path for path in (self.at / "out").rglob("*") if path.is_file())
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def edit(path: Path, old: str, new: str) -> None:
    """Change a text file in place, as an editor does."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def flip(path: Path) -> None:
    """Damage one byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def retag(path: Path) -> None:
    """Give a WAV file a tag: other bytes, the same sound."""
    data = path.read_bytes()
    extra = b"LIST" + struct.pack("<I", 16) + b"INFOICMT" + struct.pack("<I", 4) + b"tags"
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8 + len(extra)) + data[8:] + extra)


def other_song(path: Path) -> None:
    """Other music of the same length."""
    write_song(path, shape=lambda samples, t: samples * np.where(t < 1.5, 0.5, 1.0))
