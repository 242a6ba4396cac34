# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs that cannot be used: a clear error, the right exit code, and nothing left behind."""

from __future__ import annotations

import math
import shutil
import struct
import wave
from pathlib import Path

import pytest

from crossfade_addon import headless, listening
from crossfade_addon.brief import Brief
from crossfade_addon.errors import CrossfadeError
from crossfade_addon.ffmpeg import find_ffmpeg

pytestmark = pytest.mark.usefixtures("quick_ffmpeg")


class NoStudio:
    """Stands where Blender would be; reaching it means a bad song got through."""

    def check(self, brief):
        return ()

    def steps(self, brief, timeline, theme, ranges, brief_json, moments):
        raise CrossfadeError("the studio was reached")
        yield


def write_wav(path: Path, seconds: float, level: float) -> Path:
    rate = 22050
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        values = (int(32767 * level * math.sin(i * 0.06)) for i in range(int(seconds * rate)))
        file.writeframes(b"".join(struct.pack("<h", v) for v in values))
    return path


def run(capsys, audio: Path, *more: str) -> tuple[int, str]:
    arguments = ["--audio", str(audio), "--song-id", "x", "--output-dir", str(audio.parent / "out"), *more]
    code = headless.main(arguments, studio=NoStudio())
    return code, capsys.readouterr().err


def leftovers(folder: Path) -> list[str]:
    out = folder / "out"
    kept = [p for p in out.rglob("*") if p.is_file() and "blender_temp" not in p.parts] if out.exists() else []
    parts = list(out.rglob("*.part")) + list(out.rglob("*.f32")) if out.exists() else []
    return [str(p) for p in kept + parts]


@pytest.mark.parametrize(
    ("make", "code", "named"),
    [
        (lambda p: p.write_bytes(b"this is not audio" * 50), 3, "song.wav"),
        (lambda p: p.write_bytes(b""), 2, "empty"),
        (lambda p: write_wav(p, 0.2, 0.5), 3, "short"),
        (lambda p: write_wav(p, 3.0, 0.0), 3, "silent"),
    ],
    ids=["not audio", "empty", "0.2 s", "silence"],
)
def test_unusable_song_is_one_clear_line(capsys, tmp_path, make, code, named):
    audio = tmp_path / "song.wav"
    make(audio)
    got, err = run(capsys, audio)
    assert got == code
    assert named in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert leftovers(tmp_path) == []


def fake_ffmpeg(folder: Path, *, without: str) -> Path:
    """The real FFmpeg, but its lists of encoders and filters lack one line."""
    script = folder / "ffmpeg"
    script.write_text(
        f"#!/bin/sh\ncase \"$*\" in *-encoders*|*-filters*) '{find_ffmpeg()}' \"$@\" | grep -v -w '{without}';;"
        f" *) exec '{find_ffmpeg()}' \"$@\";; esac\n"
    )
    script.chmod(0o755)
    return script


@pytest.mark.parametrize(("part", "more"), [("libx264", []), ("ass", ["--lyrics", "LRC"])])
def test_ffmpeg_without_a_needed_part_is_exit_code_7(capsys, tmp_path, part, more):
    lyrics = tmp_path / "words.lrc"
    lyrics.write_text("[00:00.50]Hello\n")
    more = [str(lyrics) if m == "LRC" else m for m in more]
    audio = write_wav(tmp_path / "song.wav", 3.0, 0.5)
    code, err = run(capsys, audio, "--ffmpeg", str(fake_ffmpeg(tmp_path, without=part)), *more)
    assert code == 7
    assert part in err
    assert leftovers(tmp_path) == []


def test_no_ffmpeg_names_the_ways_to_get_one(capsys, tmp_path, monkeypatch):
    import sys

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    code, err = run(capsys, write_wav(tmp_path / "song.wav", 3.0, 0.5))
    assert code == 7
    assert "PATH" in err
    assert "imageio-ffmpeg" in err


@pytest.mark.parametrize(
    "name", ["my song.wav", 'it\'s "mine".wav', "a:b;c,[d].wav", "100%d #1 & $HOME.wav", "夜 🎵 é.wav", "-dash.wav"]
)
def test_awkward_file_names_reach_the_studio(capsys, tmp_path, name):
    audio = write_wav(tmp_path / name, 3.0, 0.5)
    code, err = run(capsys, audio)
    assert (code, "the studio was reached" in err) == (1, True), err
    assert (tmp_path / "out" / "timeline" / "x.json").is_file()


def test_a_known_song_is_not_analysed_again(capsys, tmp_path):
    pytest.importorskip("chromadb")
    audio = write_wav(tmp_path / "song.wav", 3.0, 0.5)
    library = str(tmp_path / "lib")
    run(capsys, audio, "--library", library, "--title", "Named Once")
    arguments = ["--audio", str(audio), "--song-id", "x", "--output-dir", str(tmp_path / "out2"), "--library", library]
    headless.main(arguments, studio=NoStudio())
    out = capsys.readouterr().out
    assert "is in the library: its analysis is used" in out
    assert '"title": "Named Once"' in (tmp_path / "out2" / "timeline" / "x.json").read_text()


def test_other_audio_under_a_known_id_is_analysed_anew(capsys, tmp_path):
    pytest.importorskip("chromadb")
    library = str(tmp_path / "lib")
    first = write_wav(tmp_path / "a.wav", 3.0, 0.5)
    second = write_wav(tmp_path / "b.wav", 4.0, 0.4)
    run(capsys, first, "--library", library)
    arguments = ["--audio", str(second), "--song-id", "x", "--output-dir", str(tmp_path / "o"), "--library", library]
    headless.main(arguments, studio=NoStudio())
    assert "other audio" in capsys.readouterr().out
    assert '"duration_sec": 4.0' in (tmp_path / "o" / "timeline" / "x.json").read_text()


def test_missing_chromadb_is_said_aloud_and_the_job_goes_on(capsys, tmp_path, monkeypatch):
    blocked = tmp_path / "blocked" / "chromadb"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ImportError('blocked for the test')")
    monkeypatch.syspath_prepend(str(blocked.parent))
    audio = write_wav(tmp_path / "song.wav", 3.0, 0.5)
    headless.main(["--audio", str(audio), "--song-id", "x", "--output-dir", str(tmp_path / "o")], studio=NoStudio())
    assert capsys.readouterr().out.count("will not be remembered") == 1
    assert (tmp_path / "o" / "timeline" / "x.json").is_file()
    notices = []
    brief = Brief(audio, "x", ("tiktok",), output_dir=tmp_path / "o", library_dir=tmp_path / "l")
    for report in listening.remember(brief, {}, []):
        notices += [report.message] if report.notice else []
    assert notices == [], "it has been said once"
    shutil.rmtree(blocked.parent)
