# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches that run: failures, crashes, kills, cancels, and going on where it stopped."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys

import pytest
from batch_songs import Batch, ends, is_alive, kill, results

from crossfade_addon import __version__, headless
from crossfade_addon.batch import digest, leash
from crossfade_addon.batch.child import this_program
from crossfade_addon.batch.journal import Journal
from crossfade_addon.batch.pace import Pace

pytestmark = pytest.mark.usefixtures("quick_ffmpeg")

unix = pytest.mark.skipif(sys.platform == "win32", reason="signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def batch(tmp_path):
    return Batch(tmp_path)


# ------------------------------------------------------------------------------------ rows and results


def test_a_song_starts_this_very_program_whatever_lies_in_the_users_folder(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    (tmp_path / "crossfade_addon").mkdir()
    (tmp_path / "crossfade_addon" / "__init__.py").write_text("raise SystemExit('the wrong program')")
    done = subprocess.run(
        [*this_program(), "--version"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"crossfade {__version__}\n"), done.stderr


@unix
def test_a_failure_costs_one_row_and_all_is_told_at_the_end(batch, capsys):
    batch.table(one="fine", two="fail", three="gone", four="crash", five="fine")
    code, lines = batch.run()
    assert code == 8
    assert results(lines) == {"one": "done", "two": "failed", "three": "failed", "four": "failed", "five": "done"}
    ended = {line["song_id"]: line for line in lines if "result" in line}
    assert ended["two"]["reason"] == "The song is broken. Export it again."
    assert (ended["two"]["exit_code"], ended["three"]["exit_code"], ended["four"]["exit_code"]) == (3, 2, -11)
    assert "three.wav' does not exist" in ended["three"]["reason"]
    assert "SIGSEGV" in ended["four"]["reason"] and "stderr.txt" in ended["four"]["reason"]
    assert ended["one"]["files"] == {"video": str(batch.out / "one.mp4")}
    summary = lines[-1]["summary"]
    assert (summary["done"], summary["failed"], summary["skipped"]) == (2, 3, 0)
    assert "2 done, 3 failed" in capsys.readouterr().err
    with (batch.home / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        told = {row["song_id"]: row for row in csv.DictReader(file)}
    assert {song: row["result"] for song, row in told.items()} == results(lines)
    assert (told["two"]["place"], told["two"]["reason"]) == ("line 3", "The song is broken. Export it again.")
    assert told["one"]["files"] == str(batch.out / "one.mp4")
    written = json.loads((batch.home / "report.json").read_text(encoding="utf-8"))
    assert written["counts"]["failed"] == 3 and set(written["songs"][0]["stages"]) == {"director", "encode"}
    assert not list(batch.out.rglob("*.part")) and not list(batch.home.rglob("tmp"))


def test_progress_is_told_for_each_song_and_for_the_whole(batch):
    batch.table(one="fine", two="fine")
    code, lines = batch.run()
    assert code == 0
    assert lines[0]["batch"] == {"name": "night", "songs": 2, "jobs": 1, "output_dir": str(batch.out)}
    stages = [(line["song_id"], line["stage"]) for line in lines if "stage" in line and not line["notice"]]
    assert stages == [(song, stage) for song in ("one", "two") for stage in ("director", "encode")]
    totals = [line["total"] for line in lines if "total" in line]
    fractions = [total["fraction"] for total in totals]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert [total["ended"] for total in totals] == sorted(total["ended"] for total in totals)
    assert all(total["eta_s"] is not None and total["eta_s"] < 10 for total in totals[3:])


def test_plain_lines_end_with_a_table(batch, capsys):
    batch.table(one="fine", two="gone")
    assert headless.main(batch.arguments(), program=batch.program) == 8
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Batch 'night': 2 songs, into {batch.out}"
    assert any(line.startswith("[1/2] one: encode 50%  At work  (batch 0/2, ") for line in said)
    assert said[-4].split() == ["song", "result", "time", "files", "reason"]
    assert said[-3].split()[:2] == ["one", "done"] and "1 file," in said[-3]
    assert said[-2].startswith("two   FAILED") and said[-2].endswith("Check the path.")


def test_a_terminal_gets_bars_and_the_same_table(batch, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    batch.table(one="fine", two="gone")
    assert headless.main(batch.arguments(), program=batch.program) == 8
    text = out.getvalue()
    assert "2/2 songs" in text and "encode: At work" in text and "━" in text
    assert "one: note: one [bold]is remarked" in text
    table = text[text.rindex("┏") :]
    assert "one" in table and "FAILED" in table and "1 done, 1 failed" in table


def test_two_at_once_share_the_machine_and_overlap(batch):
    batch.table(one="slow", two="fine")
    code, lines = batch.run("--jobs", "2")
    assert code == 0
    order = [
        (line["song_id"], "started" if "started" in line else line.get("result")) for line in lines if "row" in line
    ]
    assert order.index(("two", "started")) < order.index(("one", "done"))
    share = (batch.out / "one.mp4").read_text().split()[-1]
    assert share.isdecimal() and int(share) >= 1
    assert batch.run("--jobs", "1", "--fresh")[0] == 0
    assert (batch.out / "one.mp4").read_text().endswith("all")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--jobs", "0"], "--jobs 0"),
        (["--jobs", "many"], "--jobs many"),
        (["--audio", "x.wav"], "--audio is given beside --batch"),
        (["--song-id", "x"], "--song-id is given beside --batch"),
        (["--theme", "disco"], "disco"),
    ],
)
def test_a_wrong_command_line_starts_nothing(batch, capsys, more, said):
    batch.table(one="fine")
    code, lines = batch.run(*more)
    assert (code, lines, batch.ran()) == (2, [], [])
    assert said in capsys.readouterr().err


def test_a_missing_ffmpeg_is_said_once_before_anything_starts(batch, capsys):
    batch.table(one="fine", two="fine")
    code, lines = batch.run("--ffmpeg", str(batch.folder / "no-ffmpeg"))
    assert (code, lines, batch.ran()) == (7, [], [])
    assert capsys.readouterr().err.count("no-ffmpeg") == 1


def test_jobs_without_a_batch_are_refused(batch, capsys):
    assert headless.main(["--audio", "x.wav", "--jobs", "2"]) == 2
    assert "--jobs is given without --batch" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------- resume


def test_resume_makes_only_what_is_missing_or_was_changed(batch):
    batch.table(kept="fine", other="fine", lost="fine", song="fine", broken="fail", late="gone")
    assert batch.run()[0] == 8
    kept = (batch.out / "kept.mp4").stat()
    first = len(batch.ran())
    (batch.folder / "late.wav").write_bytes(b"here now")
    (batch.folder / "song.wav").write_bytes(b"another song")
    (batch.out / "lost.mp4").unlink()
    batch.table(kept="fine", other="changed", lost="fine", song="fine", broken="fail", late="fine")
    code, lines = batch.run("--resume")
    assert code == 8
    assert batch.ran()[first:] == ["other", "lost", "song", "broken", "late"]
    assert results(lines) == {"kept": "skipped", "broken": "failed"} | dict.fromkeys(
        ["other", "lost", "song", "late"], "done"
    )
    assert ((batch.out / "kept.mp4").stat().st_ino, (batch.out / "kept.mp4").stat().st_mtime_ns) == (
        kept.st_ino,
        kept.st_mtime_ns,
    )
    notes = " ".join(line["note"] for line in lines if "note" in line)
    assert "other is made again: its settings or its input files were changed" in notes
    assert "lost.mp4' is gone" in notes and "kept" not in notes
    code, lines = batch.run("--resume")
    assert batch.ran()[first + 5 :] == ["broken"]


def test_a_damaged_file_is_made_again_and_a_touched_one_is_not(batch):
    batch.table(one="fine", two="fine")
    assert batch.run()[0] == 0
    damaged, touched = batch.out / "one.mp4", batch.out / "two.mp4"
    damaged.write_text("X" + damaged.read_text()[1:])
    touched.write_text(touched.read_text())
    assert results(batch.run("--resume")[1]) == {"one": "done", "two": "skipped"}


def test_without_resume_a_batch_begins_anew_and_keeps_the_old_journal(batch):
    batch.table(one="fine")
    batch.run()
    old = (batch.home / "journal.jsonl").read_bytes()
    code, lines = batch.run()
    assert (code, batch.ran()) == (0, ["one", "one"])
    assert any("--resume would skip" in line.get("note", "") for line in lines)
    assert (batch.home / "journal.previous.jsonl").read_bytes() == old


def test_resume_of_what_never_ran_makes_everything(batch):
    batch.table(one="fine")
    code, lines = batch.run("--resume")
    assert (code, results(lines)) == (0, {"one": "done"})
    assert any("no earlier run" in line.get("note", "") for line in lines)


@unix
def test_a_killed_batch_leaves_nothing_running_and_goes_on(batch):
    batch.table(one="fine", two="hang", three="fine")
    parent = batch.start()
    child = int(batch.wait_for("two.pid"))
    kill(parent.pid, signal.SIGKILL)
    assert parent.wait() == -signal.SIGKILL
    assert ends(child)
    assert (batch.out / "two.cancelled").exists()  # it could clean up behind itself
    (batch.home / "journal.jsonl").open("ab").write(b'{"event": "done", "row": "thr')  # the line that was being written
    batch.table(one="fine", two="fine", three="fine")
    assert results(batch.run("--resume")[1]) == {"one": "skipped", "two": "done", "three": "done"}
    assert batch.ran() == ["one", "two", "two", "three"]
    assert results(batch.run("--resume")[1]) == dict.fromkeys(["one", "two", "three"], "skipped")


@unix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancel_stops_the_songs_and_says_how_to_go_on(batch, number):
    batch.table(one="hang", two="hang", three="fine")
    parent = batch.start("--jobs", "2")
    children = [int(batch.wait_for(f"{song}.pid")) for song in ("one", "two")]
    kill(parent.pid, number)
    _, said = parent.communicate(timeout=30)
    assert parent.returncode == 130
    assert b"--resume" in said and said.count(b"\n") == 1
    assert not any(is_alive(pid) for pid in children)
    assert (batch.out / "one.cancelled").exists() and (batch.out / "two.cancelled").exists()
    told = json.loads((batch.home / "report.json").read_text(encoding="utf-8"))
    assert [song["result"] for song in told["songs"]] == ["cancelled", "cancelled", "waiting"]


@linux
def test_what_a_killed_song_left_running_is_ended_before_the_next(batch):
    batch.table(one="orphan, killed", two="fine")
    code, lines = batch.run()
    assert (code, results(lines)) == (8, {"one": "failed", "two": "done"})
    assert "SIGKILL" in next(line["reason"] for line in lines if line.get("result") == "failed")
    assert not is_alive(int((batch.out / "orphan.pid").read_text()))


@linux
def test_what_a_killed_batch_left_running_is_ended_before_it_goes_on(batch):
    batch.table(one="orphan")
    parent = batch.start()
    orphan, child = int(batch.wait_for("orphan.pid")), int(batch.wait_for("one.pid"))
    kill(child, signal.SIGSTOP)  # it cannot follow the batch's end
    kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert sorted(leash.at_work(batch.home)) == sorted([orphan, child])
    assert leash.sweep(batch.home, 0.1) == 2
    assert not is_alive(orphan) and not is_alive(child)


@linux
def test_a_song_that_does_not_unwind_after_its_batch_was_killed_is_ended_with_all_it_started(batch):
    batch.table(one="orphan, deaf")
    parent = batch.start()
    orphan, child = int(batch.wait_for("orphan.pid")), int(batch.wait_for("one.pid"))
    kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert ends(child) and ends(orphan)


@unix
def test_a_second_batch_in_the_same_output_folder_is_refused(batch, capsys):
    batch.table(one="hang")
    parent = batch.start()
    batch.wait_for("one.pid")
    code, lines = batch.run("--resume")
    assert (code, lines) == (2, [])
    assert f"in use by process {parent.pid}" in capsys.readouterr().err
    kill(parent.pid, signal.SIGTERM)
    parent.communicate(timeout=30)
    batch.table(one="fine")
    assert batch.run("--resume")[0] == 0


# ------------------------------------------------------------------------------ journal, digest, pace


def test_a_torn_journal_loses_only_the_torn_line(tmp_path):
    journal = Journal(tmp_path)
    journal.add(event="start", row="one", digest="d")
    journal.add(event="done", row="one", digest="d", seconds=3.5, files={"v": {"file": "x"}})
    journal.add(event="start", row="two", digest="d")
    whole = journal.path.read_bytes()
    journal.add(event="done", row="two", digest="d")
    torn = journal.path.read_bytes()
    for end in range(len(whole), len(torn) - 1):
        journal.path.write_bytes(torn[:end])
        assert set(journal.finished()) == {"one"}
    journal.add(event="done", row="three", digest="e")
    assert set(journal.finished()) == {"one", "three"}
    assert (journal.finished()["one"].seconds, journal.finished()["one"].files) == (3.5, {"v": {"file": "x"}})
    journal.path.write_bytes(b"\0" * 512 + b"\n" + journal.path.read_bytes())  # a block that a power cut left empty
    assert set(journal.finished()) == {"one", "three"}


def test_a_song_that_began_again_is_not_finished(tmp_path):
    journal = Journal(tmp_path)
    journal.add(event="done", row="one", digest="d")
    journal.add(event="start", row="one", digest="e")
    assert journal.finished() == {}


def test_a_song_is_the_same_wherever_it_is_made_and_another_when_any_input_changed(tmp_path):
    for name in ("a.wav", "w.lrc", "mine.toml", "stems/kick.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[tiny]\nlike = 'tiktok'\nlabel = 'Tiny'" if name == "mine.toml" else name)

    def of(*more: str, folder=tmp_path) -> str:
        words = ["--audio", f"{folder}/a.wav", "--song-id", "x", "--lyrics", f"{folder}/w.lrc"]
        words += ["--platforms-file", f"{folder}/mine.toml", "--stems", f"{folder}/stems", *more]
        return digest.row_digest(headless.brief_from(headless.build_parser().parse_args(words), tmp_path))

    first = of()
    assert of("--output-dir", "/elsewhere", "--fresh", "--library", "/x", "--ffmpeg", "/y") == first
    assert of("--seed", "2") != first and of("--title", "T") != first
    for name in ("a.wav", "w.lrc", "mine.toml", "stems/kick.wav"):
        before = (tmp_path / name).read_text()
        (tmp_path / name).write_text(before + "\n")
        assert of() != first, name
        (tmp_path / name).write_text(before)
    assert of() == first


def test_time_left_comes_from_the_songs_that_are_finished():
    pace = Pace()
    assert pace.left(9, [(0.0, 1.0)], 1) is None
    assert pace.left(3, [(0.5, 10.0)], 1) == pytest.approx(3 * 20 + 10)
    for _ in range(2):
        pace.add({"director": 10.0, "studio": 60.0, "encode": 20.0, "verify": 10.0})
    assert pace.song_s == 100
    assert pace.fraction("encode", 0.5) == pytest.approx(0.8)
    assert pace.left(4, [(0.8, 1.0), (0.0, 1.0)], 2) == pytest.approx((400 + 20 + 100) / 2)
    assert pace.left(0, [(0.1, 1.0), (1.0, 1.0)], 4) == pytest.approx(90)  # more hands make one song no faster
