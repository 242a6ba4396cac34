# SPDX-License-Identifier: GPL-3.0-or-later
"""Child processes and the driver of stages."""

from __future__ import annotations

import os
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon import jobs
from crossfade_addon.encode import encoders
from crossfade_addon.errors import ToolMissing
from crossfade_addon.jobs import Progress

ROOT = Path(__file__).resolve().parents[2]


def python(tmp_path, code: str) -> jobs.Child:
    return jobs.Child([sys.executable, "-c", code], tmp_path / "job", name="Test child")


def test_missing_program_is_named(tmp_path):
    with pytest.raises(ToolMissing, match=r"Frobnicator.*no-such-program"):
        jobs.Child(["no-such-program"], tmp_path, name="Frobnicator")


def test_output_of_any_size_cannot_block_a_child(tmp_path):
    child = python(tmp_path, "import sys; sys.stdout.write('x' * 3_000_000); sys.stderr.write('last words')")
    assert jobs.drain(jobs.wait(child, lambda: None)) == 0
    assert len(child.stdout()) == 3_000_000
    assert child.stderr_tail() == "last words"


def test_exit_code_is_returned(tmp_path):
    assert jobs.drain(jobs.wait(python(tmp_path, "raise SystemExit(5)"), lambda: None)) == 5


def test_closing_a_stage_stops_its_child_and_grandchildren(tmp_path):
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess, sys, time, pathlib;"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(p.pid)); time.sleep(60)"
    )
    child = python(tmp_path, code)
    steps = jobs.wait(child, lambda: Progress("s", 0.5))
    while not pid_file.exists() or not pid_file.read_text():
        next(steps)
        time.sleep(0.01)
    steps.close()
    assert child.poll() is not None
    grandchild = int(pid_file.read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _runs(grandchild):
        time.sleep(0.05)
    assert not _runs(grandchild)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123
            return file.read().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_child_that_ignores_the_request_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "GRACE_S", 0.3)
    ready = tmp_path / "ready"
    child = python(
        tmp_path,
        "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)",
    )
    while not ready.exists():
        time.sleep(0.01)
    child.stop()
    assert child.poll() is not None


def test_drain_returns_the_result_and_closes_on_error():
    closed = []

    def stage():
        try:
            yield Progress("s", 0.1)
            yield Progress("s", 0.2)
        finally:
            closed.append(True)
        return "result"

    assert jobs.drain(stage()) == "result"

    def stop(_report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.drain(stage(), stop)
    assert closed == [True, True]


def test_a_notice_is_reported_once(tmp_path):
    reports = iter([Progress("s", 0, "read me", notice=True)])
    seen: list[Progress] = []
    child = python(tmp_path, "import time; time.sleep(.4)")
    jobs.drain(jobs.wait(child, lambda: next(reports, Progress("s", 0.5))), seen.append)
    assert [r.message for r in seen if r.notice] == ["read me"]


def test_helper_program_that_hangs_is_given_up(tmp_path):
    with pytest.raises(ToolMissing, match="did not answer"):
        jobs.run_quietly([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, name="Sleeper", timeout_s=0.3)


def test_waiting_for_a_child_costs_no_processor_time(tmp_path):
    child = python(tmp_path, "import time; time.sleep(1.0)")
    clock = jobs.Clock()
    before = time.process_time()
    jobs.drain(jobs.wait(child, lambda: Progress("s", 0.5, "busy", clock.eta(0.5))), lambda _report: None)
    assert time.process_time() - before < 0.25


def test_lines_of_a_growing_file_are_given_once_and_whole(tmp_path):
    path = tmp_path / "log.txt"
    lines = jobs.NewLines(path)
    assert lines.read() == []
    path.write_bytes(b"one\ntw")
    assert lines.read() == [b"one"]
    with path.open("ab") as file:
        file.write(b"o\nthree\n")
    assert lines.read() == [b"two", b"three"]
    assert lines.read() == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_second_request_does_not_interrupt_the_cleaning_up(tmp_path):
    code = (
        "import os, signal, time; from crossfade_addon import jobs; from crossfade_addon.errors import Cancelled\n"
        "try:\n"
        "    with jobs.signals_cancel():\n"
        "        try: os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)\n"
        "        finally: os.kill(os.getpid(), signal.SIGINT); print('cleaned up', flush=True)\n"
        "except Cancelled: print('cancelled', flush=True)\n"
    )
    child = jobs.Child([sys.executable, "-c", code], tmp_path / "job", name="Child", cwd=ROOT)
    assert jobs.drain(jobs.wait(child, lambda: None)) == 0
    assert child.stdout().split("\n") == ["cleaned up", "cancelled", ""]


def test_a_leashed_child_can_tell_the_end_of_its_parent(tmp_path):
    inner = "import sys; sys.stdin.read(); open(sys.argv[1], 'w').write('the leash is cut')"
    outer = (
        "import os, sys, pathlib; from crossfade_addon import jobs\n"
        f"child = jobs.Child([sys.executable, '-c', {inner!r}, sys.argv[1]], pathlib.Path(sys.argv[2]), name='C', "
        "leashed=True)\n"
        "os._exit(0 if child.poll() is None else 1)"
    )
    noted, job = tmp_path / "noted", tmp_path / "inner"
    child = jobs.Child([sys.executable, "-c", outer, str(noted), str(job)], tmp_path / "job", name="P", cwd=ROOT)
    assert jobs.drain(jobs.wait(child, lambda: None)) == 0, child.stderr_tail()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not (noted.exists() and noted.read_text()):
        time.sleep(0.02)
    assert noted.read_text() == "the leash is cut"


def test_a_share_of_the_machine_bounds_the_threads_of_x264(monkeypatch):
    target = encoders.Target(1080, 1920, Fraction(30), 60, 23, 8000, "4.2", False)
    monkeypatch.delenv(jobs.CORES, raising=False)
    assert "-threads" not in encoders.X264.options(target)  # x264 takes all cores by itself
    monkeypatch.setenv(jobs.CORES, "4")
    options = encoders.X264.options(target)
    assert options[options.index("-threads") + 1] == "6"
