# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches for tests: a program that stands where the real one would be, and does what a song's title says."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

from crossfade_addon import headless

ROOT = Path(__file__).resolve().parents[2]
SONG = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
sys.path.insert(0, ROOT)
from crossfade_addon import jobs
from crossfade_addon.batch import leash
from crossfade_addon.errors import Cancelled

given = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
out, song, what = Path(given["output-dir"]), given["song-id"], given.get("title", "")
with open(out / "ran.txt", "a") as log:
    log.write(f"{song} {time.monotonic()}\\n")

def say(**data):
    print(json.dumps(data), flush=True)

def stage(name):
    say(stage=name, fraction=0.5, message="At work", eta_s=1.0, notice=False)

def main():
    print("Blender says something that is no JSON")
    stage("director")
    if what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "fail":
        sys.stderr.write("noise\\ncrossfade: error: The song is broken. Export it again.\\n")
        return 3
    if "deaf" in what:
        leash.LAST_GRACE_S = 0.2
    if what.startswith("orphan"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
        (out / "orphan.pid").write_text(str(child.pid))
        if what == "orphan, killed":
            os.kill(os.getpid(), signal.SIGKILL)
    if what.startswith("hang") or what.startswith("orphan"):
        (out / f"{song}.pid").write_text(str(os.getpid()))
        while True:
            try:
                time.sleep(0.02)
            except Cancelled:
                if "deaf" not in what:
                    raise
    stage("encode")
    if what == "slow":
        time.sleep(0.3)
    say(stage="encode", fraction=0.5, message=f"{song} [bold]is remarked", eta_s=None, notice=True)
    made = out / f"{song}.mp4"
    made.write_text(f"{song} {what} {given.get('theme', '')} {os.environ.get(jobs.CORES, 'all')}")
    say(outputs={"video": str(made), "raw_video": str(out)}, passed=True, problems=[])
    return 0

try:
    with jobs.signals_cancel(), leash.held():
        code = main()
except Cancelled:
    (out / f"{song}.cancelled").write_text("")
    code = 130
sys.stdout.flush()
os._exit(code)
"""


class Batch:
    """A folder with songs, a table and an output folder; songs do what their title says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.home = self.out / "batch" / "night"
        self.program = [sys.executable, str(folder / "song.py")]
        (folder / "song.py").write_text(f"ROOT = {str(ROOT)!r}\n{SONG}")

    def table(self, **titles: str) -> None:
        """A table of songs by id; each has a file of its own unless its title is ``gone``."""
        lines = ["audio,song_id,title"]
        for name, title in titles.items():
            path = self.folder / f"{name}.wav"
            if title != "gone" and not path.exists():
                path.write_bytes(name.encode())
            lines.append(f'{path.name},{name},"{title}"')
        (self.folder / "night.csv").write_text("\n".join(lines) + "\n")

    def arguments(self, *more: str) -> list[str]:
        return ["--batch", str(self.folder / "night.csv"), "--output-dir", str(self.out), *more]

    def run(self, *more: str) -> tuple[int, list[dict]]:
        """Run it here; exit code and JSON lines."""
        text = io.StringIO()
        with redirect_stdout(text):
            code = headless.main(self.arguments("--json", *more), program=self.program)
        return code, [json.loads(line) for line in text.getvalue().splitlines()]

    def start(self, *more: str) -> subprocess.Popen:
        """Run it in a process of its own."""
        code = "import sys; from crossfade_addon import headless; sys.exit(headless.main({}, program={}))"
        words = code.format(self.arguments("--json", *more), self.program)
        return subprocess.Popen(
            [sys.executable, "-c", words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def wait_for(self, name: str) -> str:
        """The text of a file in the output folder, once it is there."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            path = self.out / name
            if path.is_file() and (text := path.read_text()):
                return text
            time.sleep(0.02)
        raise AssertionError(f"no {name}")

    def ran(self) -> list[str]:
        """Songs in the order in which their processes began, over all runs."""
        path = self.out / "ran.txt"
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


def results(lines: list[dict]) -> dict[str, str]:
    """How each song ended, by id."""
    return {line["song_id"]: line["result"] for line in lines if "result" in line}


def is_alive(pid: int) -> bool:
    """Whether a process runs and is not a leftover entry of the process table."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ends(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and is_alive(pid):
        time.sleep(0.02)
    return not is_alive(pid)


def kill(pid: int, number: int) -> None:
    os.kill(pid, number)
