# SPDX-License-Identifier: GPL-3.0-or-later
"""The bound of what is kept: who loses what, and what nobody ever loses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crossfade_addon.cache import command
from crossfade_addon.cache.busy import NAME, Busy, is_busy
from crossfade_addon.cache.folders import bound_steps, look
from crossfade_addon.errors import PipelineError

ROOT = Path(__file__).resolve().parents[2]
PICTURE = b"x" * 1000


def song(out: Path, name: str, used: float, *, stamp: bool = True) -> Path:
    """A song's work folder as jobs leave it: 4 frames, a still, a job folder; last used at a time."""
    folder = out / "blender_temp" / name
    for place in ("9x16", "stills_9x16", "encode/sound_1", "render/0/tmp"):
        (folder / place).mkdir(parents=True)
    for number in range(1, 5):
        (folder / f"9x16/frame_{number:05d}.jpg").write_bytes(PICTURE)
    (folder / "stills_9x16/frame_00001.png").write_bytes(PICTURE)
    (folder / "encode/sound_1/sound.m4a").write_bytes(PICTURE)
    for place in ("9x16", "stills_9x16") if stamp else ():
        (folder / place / "frames.key").write_text("a show")
    (folder / "show.blend").write_bytes(PICTURE)
    (folder / NAME).touch()
    os.utime(folder / NAME, (used, used))
    return folder


def bound(out: Path, most: float):
    steps = bound_steps(out, most)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_songs_that_were_not_worked_on_for_longest_go_first(tmp_path):
    old, middle, new = (song(tmp_path, name, used) for name, used in (("c", 100), ("a", 200), ("b", 300)))
    each = next(look(tmp_path)).size
    assert each == 6 * 1000 + 2 * len("a show")
    swept = bound(tmp_path, 2 * each)
    assert (swept.songs, swept.size, swept.left) == (("c",), each, 2 * each)
    assert files(old) == {"show.blend", NAME}
    assert files(middle) == files(new) >= {"9x16/frame_00001.jpg", "9x16/frames.key"}
    assert bound(tmp_path, 2 * each).songs == ()


def test_what_is_in_use_stays_whatever_the_bound(tmp_path):
    folder = song(tmp_path, "mine", 100)
    with Busy(folder), Busy(tmp_path / "blender_temp/other"):
        assert is_busy(folder)
        assert bound(tmp_path, 0).songs == ()
        with pytest.raises(PipelineError, match="Another job works on 'mine'"):
            Busy(folder).__enter__()
    assert not is_busy(folder)
    assert bound(tmp_path, 0).songs == ("mine",)


def test_a_job_may_enter_its_own_folder_again_and_a_killed_one_frees_it(tmp_path):
    busy = Busy(tmp_path / "x")
    with busy:
        with busy:
            pass
        assert is_busy(tmp_path / "x")
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom crossfade_addon.cache.busy import Busy\n"
        "Busy(Path(sys.argv[1])).__enter__()\nos.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "x")], cwd=ROOT, check=False)
    with busy:
        pass


def test_frames_by_hand_files_of_others_and_links_stay(tmp_path):
    by_hand = song(tmp_path, "hand", 100, stamp=False)
    folder = song(tmp_path, "mixed", 100)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "frame_00001.jpg").write_bytes(PICTURE)
    (folder / "9x16/notes.txt").write_text("mine")
    (folder / "9x16/frame_00009.jpg").symlink_to(elsewhere / "frame_00001.jpg")
    (folder / "16x9").symlink_to(elsewhere)
    (folder / "encode/link").symlink_to(elsewhere)
    (tmp_path / "blender_temp/linked").symlink_to(folder)
    strange = tmp_path / "blender_temp/my things"
    strange.mkdir()
    (strange / "frame_00001.jpg").write_bytes(PICTURE)
    bound(tmp_path, 0)
    assert {f"9x16/frame_{n:05d}.jpg" for n in range(1, 5)} <= files(by_hand)
    assert files(folder) == {"9x16/notes.txt", "9x16/frame_00009.jpg", "show.blend", NAME}
    assert files(elsewhere) == {"frame_00001.jpg"}
    assert files(strange) == {"frame_00001.jpg"}
    assert not (by_hand / "encode").exists()


def test_the_door_lists_and_clears(tmp_path, capsys):
    song(tmp_path, "one", 86_400)
    two = song(tmp_path, "two", 4e9)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = command.run(["--output-dir", str(tmp_path), *arguments])
        return code, *capsys.readouterr()

    code, out, _ = run("--json", "list")
    rows = json.loads(out)
    assert code == 0
    assert [(row["song_id"], row["bytes"], row["in_use"]) for row in rows] == [
        ("one", 6012, False),
        ("two", 6012, False),
    ]
    assert rows[0]["used"].startswith("1970-01-02")
    assert run("clear", "--older-than", "1")[1] == "one: 0.00 GB removed\n"
    assert "9x16/frame_00001.jpg" in files(two)
    with Busy(two):
        assert run("clear", "--all")[:2] == (0, "Nothing to remove.\n")
        code, _, err = run("clear", "two")
        assert (code, "Another job works" in err) == (1, True)
    assert run("clear", "two")[0] == 0
    assert files(two) == {"show.blend", NAME}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["clear"], "No song is named"),
        (["clear", "../x"], "'../x' is not in"),
        (["clear", "--older-than", "soon"], "'soon' is no number of days"),
        (["wipe"], "wipe"),
        ([], "VERB"),
    ],
)
def test_wrong_words_at_the_door_are_one_clear_line(tmp_path, capsys, arguments, said):
    assert command.run(["--output-dir", str(tmp_path), *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_the_door_opens_by_file_whatever_the_package_is_called(tmp_path):
    script = ROOT / "crossfade_addon/cache/__main__.py"
    command_line = [sys.executable, "-P", str(script), "--output-dir", str(tmp_path), "list"]
    done = subprocess.run(command_line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0.00 GB in 0 songs can be made again.\n"), done.stderr
