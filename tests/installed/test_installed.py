# SPDX-License-Identifier: GPL-3.0-or-later
"""Crossfade as users have it: installed from the zip, in Blender applications, by all three doors."""

from __future__ import annotations

import json
from pathlib import Path

import imageio_ffmpeg
import pytest

pytestmark = pytest.mark.installed

FRAMES = 90
"""A clip of 3 s, the least that TikTok takes, at 30 frames per second."""
ENABLED = "bl_ext.user_default.crossfade"
USE_CHROMADB = """
import sys, tempfile, numpy
before = numpy.__file__, numpy.__version__
import chromadb
client = chromadb.PersistentClient(path=tempfile.mkdtemp())
songs = client.get_or_create_collection("songs", embedding_function=None)
songs.upsert(ids=["a", "b"], embeddings=[[1.0, 0.0], [0.0, 1.0]], documents=["x", "y"])
assert songs.query(query_embeddings=[[0.9, 0.1]], n_results=1)["ids"] == [["a"]]
try:
    chromadb.HttpClient(host="127.0.0.1", port=9)
except ValueError as error:
    assert "Could not connect" in str(error), error
assert "extensions/.local" in chromadb.__file__, chromadb.__file__
assert (numpy.__file__, numpy.__version__) == before
assert "extensions/.local" not in numpy.__file__, numpy.__file__
"""
USE_NUMPY = "import numpy; print('NUMPY', numpy.__version__, numpy.__file__)"


def job(song: Path, output: Path, *more: object) -> list[object]:
    """Arguments of a small job."""
    wanted = ["--audio", song, "--song-id", "x", "--clip", "2-5", "--quality", "draft", "--output-dir", output]
    return [*wanted, *more]


def assert_videos(output: Path, *platforms: str) -> None:
    """The platforms' videos are there, whole, as long as the clip, and sized as the platform wants."""
    made = {p.stem.removeprefix("x_") for p in (output / "renders").glob("*.mp4")}
    assert made == set(platforms)
    for platform in platforms:
        path = output / "renders" / f"x_{platform}.mp4"
        reader = imageio_ffmpeg.read_frames(str(path))
        meta = next(reader)
        reader.close()
        assert meta["source_size"] == ((1920, 1080) if platform == "youtube" else (1080, 1920))
        assert imageio_ffmpeg.count_frames_and_secs(str(path))[0] == pytest.approx(FRAMES, abs=1)
    assert list(output.rglob("*.part")) == []


# ------------------------------------------------------------------------------------------ extension


def test_blender_finds_the_zip_valid(bare, zip_path):
    done = bare.run("--command", "extension", "validate", zip_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_extension_is_listed_and_enabled_after_a_restart(extension):
    listed = extension.run("--command", "extension", "list")
    assert "crossfade [installed]" in listed.stdout
    done = extension.python(f"import bpy; assert {ENABLED!r} in bpy.context.preferences.addons")
    assert done.returncode == 0, done.stderr


def test_enabled_extension_starts_quietly_and_loads_nothing_heavy(extension):
    heavy = "{'chromadb', 'librosa', 'scipy', 'numba', 'grpc', 'numpy'}"
    done = extension.python(f"import sys; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)")
    assert done.returncode == 0, done.stderr
    assert extension.complaints(done) == []


def test_chromadb_of_the_zip_works_in_this_blender_with_its_own_numpy(extension):
    done = extension.python(USE_CHROMADB)
    assert done.returncode == 0, done.stdout + done.stderr


def test_numpy_is_the_same_with_and_without_the_extension(extension):
    with_it = extension.python(USE_NUMPY).stdout
    without = extension.run("-b", "--factory-startup", "--python-expr", USE_NUMPY).stdout
    (one,), (other,) = ([li for li in text.splitlines() if li.startswith("NUMPY")] for text in (with_it, without))
    assert one == other


def test_whole_show_by_the_addons_door(extension, song, lyrics, tmp_path):
    arguments = job(song, tmp_path, "--lyrics", lyrics, "--title", "My Song")
    done = extension.run("-b", "--addons", "crossfade", "--", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_videos(tmp_path, "tiktok", "reels", "shorts", "youtube")
    assert (tmp_path / "renders" / "x.vtt").read_text(encoding="utf-8").startswith("WEBVTT")
    assert (tmp_path / "renders" / "x_thumb.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    assert (tmp_path / "timeline" / "x.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    script = json.loads((tmp_path / "timeline" / "x.json").read_text(encoding="utf-8"))
    assert script["meta"]["song_id"] == "x"
    assert script["meta"]["duration_sec"] == pytest.approx(8, abs=0.05)
    assert script["beats"]["bpm"] == pytest.approx(120, rel=0.02)
    assert isinstance(json.loads((tmp_path / "reports" / "x.json").read_text(encoding="utf-8")), dict)


def test_song_is_remembered_by_the_installed_library(extension, song, tmp_path):
    library = tmp_path / "library"
    done = extension.run("-b", "--", *job(song, tmp_path / "out", "--platforms", "tiktok", "--library", library))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "will not be remembered" not in done.stdout
    stored = extension.python(
        f"import chromadb; client = chromadb.PersistentClient(path={str(library)!r})\n"
        "ids = client.get_collection('crossfade_songs', embedding_function=None).get()['ids']\n"
        "assert ids == ['x'], ids"
    )
    assert stored.returncode == 0, stored.stderr


def test_blend_before_addons_is_used_and_left_as_it_was(extension, song, tmp_path):
    blend = tmp_path / "my scene.blend"
    extension.python(f"import bpy; bpy.ops.wm.save_as_mainfile(filepath={str(blend)!r})", "--factory-startup")
    before = blend.read_bytes()
    arguments = job(song, tmp_path / "out", "--platforms", "tiktok")
    done = extension.run("-b", blend, "--addons", "crossfade", "--", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_videos(tmp_path / "out", "tiktok")
    assert blend.read_bytes() == before


def test_command_door(extension, song, tmp_path):
    done = extension.run("-c", "crossfade", *job(song, tmp_path, "--platforms", "tiktok"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert_videos(tmp_path, "tiktok")


@pytest.mark.parametrize(
    "door", [("-b", "--addons", "crossfade", "--"), ("-c", "crossfade")], ids=["addons", "command"]
)
def test_missing_song_is_one_clear_line_and_code_2(extension, tmp_path, door):
    missing = tmp_path / "no such song.wav"
    done = extension.run(*door, *job(missing, tmp_path / "out"))
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = extension.complaints(done)
    assert line == f"crossfade: error: Audio file '{missing}' does not exist. Check the path."


def test_blender_without_a_job_is_left_alone(extension):
    done = extension.run("-b", "--python-expr", "print('STILL HERE')", "--", "--something", "else")
    assert done.returncode == 0
    assert "STILL HERE" in done.stdout


def test_uninstall_leaves_no_file_of_ours(bare, zip_path):
    bare.run("--command", "extension", "install-file", "-r", "user_default", "--enable", zip_path)
    folder = bare.user / "extensions"
    assert (folder / "user_default" / "crossfade" / "__init__.py").is_file()
    done = bare.run("--command", "extension", "remove", "user_default.crossfade")
    assert done.returncode == 0, done.stdout + done.stderr
    left = [p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc" and ".cache" not in p.parts]
    assert left == []


# -------------------------------------------------------------------------------------------- full zip


def test_full_zip_needs_no_ffmpeg_and_no_librosa_of_the_machine(full, song, tmp_path):
    arguments = [str(a) for a in job(song, tmp_path / "out", "--platforms", "tiktok", "--analyser", "librosa")]
    code = (
        "import os, sys, numpy\n"
        "before = numpy.__file__\n"
        f"folder = {str(tmp_path / 'bin')!r}\n"
        "os.mkdir(folder)\n"
        "for name in os.listdir('/usr/bin'):\n"
        "    if not name.startswith('ffmpeg'):\n"
        "        os.symlink(f'/usr/bin/{name}', f'{folder}/{name}')\n"
        "os.environ['PATH'] = folder\n"
        f"from {ENABLED} import ffmpeg, headless\n"
        "assert 'extensions/.local' in ffmpeg.find_ffmpeg(), ffmpeg.find_ffmpeg()\n"
        f"code = headless.main({arguments!r})\n"
        "assert not {'librosa', 'numba', 'scipy', 'chromadb'} & set(sys.modules)\n"
        "assert numpy.__file__ == before and 'extensions/.local' not in before, before\n"
        "sys.stdout.flush()\n"
        "os._exit(code)"
    )
    done = full.python(code)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_videos(tmp_path / "out", "tiktok")
    script = json.loads((tmp_path / "out" / "timeline" / "x.json").read_text(encoding="utf-8"))
    assert script["beats"]["bpm"] == pytest.approx(120, rel=0.03)  # librosa counts whole frames


# -------------------------------------------------------------------------------------- classic folder


def test_classic_folder_by_the_addons_door(classic, song, tmp_path):
    arguments = job(song, tmp_path, "--platforms", "tiktok")
    done = classic.run("-b", "--addons", "crossfade", "--", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_videos(tmp_path, "tiktok")
    # Blender installs wheels for extensions only: without chromadb the show goes on, and that is said.
    assert "chromadb" in done.stdout
    assert "will not be remembered" in done.stdout


def test_classic_folder_by_the_command_door(classic, tmp_path):
    done = classic.run("--addons", "crossfade", "-c", "crossfade", *job(tmp_path / "none.wav", tmp_path / "out"))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "none.wav' does not exist" in done.stderr


@pytest.mark.parametrize(
    "door", [("-b", "--addons", "crossfade", "--"), ("-c", "crossfade")], ids=["addons", "command"]
)
def test_batch_starts_this_blender_again_for_every_song(extension, song, tmp_path, door):
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    table = tmp_path / "night.csv"
    table.write_text(f"audio,song_id\n{song},x\n{tmp_path / 'broken.wav'},broken\n", encoding="utf-8")
    arguments = ["--batch", table, "--clip", "2-5", "--quality", "draft", "--platforms", "tiktok", "--no-thumbnail"]
    arguments += ["--output-dir", tmp_path / "out", "--library", tmp_path / "library"]
    done = extension.run(*door, *arguments)
    assert done.returncode == 8, done.stdout + done.stderr
    assert_videos(tmp_path / "out", "tiktok")
    assert "'broken.wav' is not an audio file" in done.stdout
    done = extension.run(*door, *arguments, "--resume")
    assert done.returncode == 8, done.stdout + done.stderr
    assert "x: done earlier" in done.stdout
